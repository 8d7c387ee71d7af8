"""Quiz: questions with feedback for each wrong answer, and a tally of the mistakes behind the answers."""

from __future__ import annotations

import json
import math
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, field
from html import escape
from typing import ClassVar, NamedTuple

import traitlets as t

from ...mistakes.scalar import MISTAKES
from ...rng import Rng
from .. import module
from ..base import Explorable, finite

_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


class Score(NamedTuple):
    """How many items were answered right, how many of them at the first try, how many were tried, and of how many."""

    right: int
    first: int
    tried: int
    of: int


@dataclass(frozen=True)
class _Item:
    """What all items share: a text, why the answer is right, an id (its place in the quiz if left out), and where the
    book explains it, as "chapter: heading".
    """

    text: str
    _: KW_ONLY
    why: str = ""
    id: str = ""
    see: str = ""
    kind: ClassVar[str] = ""

    def data(self) -> dict:
        """The item as the page reads it; `wrong` lists [what, feedback, slip] for each known wrong answer."""
        data = {"kind": self.kind, "id": str(self.id), "text": _text(self.text, "an item"), **self._own()}
        if self.why:
            data["why"] = _text(self.why, "why")
        if self.see:
            data["see"] = _see(self.see)
        return data


@dataclass(frozen=True)
class Choose(_Item):
    """One right answer among wrong ones, each with its feedback: wrong={answer: feedback}.

    A feedback is a text, (text, slip), or only the slug of a mistake, which then speaks in its own words.
    """

    _: KW_ONLY
    right: str
    wrong: Mapping = field(default_factory=dict)
    kind: ClassVar[str] = "choose"

    def _own(self) -> dict:
        texts = [_text(text, "a choice") for text in (self.right, *self.wrong)]
        if len(texts) < 2 or self.right in self.wrong:
            raise ValueError(f"Choose wants a right choice and others that are wrong, got {texts}")
        return {"right": self.right, "wrong": _wrong(self.wrong)}


@dataclass(frozen=True)
class Number(_Item):
    """A number to within a tolerance; wrong={value: feedback} names the wrong values that are known.

    A feedback is a text, (text, slip), or only the slug of a mistake, which then speaks in its own words.
    """

    right: float
    _: KW_ONLY
    within: float
    wrong: Mapping = field(default_factory=dict)
    kind: ClassVar[str] = "number"

    def _own(self) -> dict:
        right, within = _steady(self.right, "the right number"), finite(self.within, "within")
        if within <= 0:
            raise ValueError(f"within wants a number above 0, got {within!r}")
        known = {_steady(value, "a wrong number"): feedback for value, feedback in self.wrong.items()}
        for value in known:
            if abs(value - right) <= within:
                raise ValueError(f"the wrong number {value!r} lies within {within!r} of the right one, {right!r}")
        return {"right": right, "within": within, "wrong": _wrong(known)}


@dataclass(frozen=True)
class Match(_Item):
    """Left items to be matched with right ones: {left: right}; spare ones on the right belong to nobody.

    wrong={(left, right): feedback}: a text, (text, slip), or only the slug of a mistake.
    """

    pairs: Mapping
    _: KW_ONLY
    spare: Iterable[str] = ()
    wrong: Mapping = field(default_factory=dict)
    kind: ClassVar[str] = "match"

    def _own(self) -> dict:
        spare = list(self.spare)
        rights = [*self.pairs.values(), *spare]
        for text in (*self.pairs, *rights):
            _text(text, "a side of a pair")
        if len(self.pairs) < 2 or len(set(rights)) < len(rights):
            raise ValueError(f"Match wants two pairs or more, each right side once, got {dict(self.pairs)}")
        for pair in self.wrong:
            if not (isinstance(pair, tuple) and len(pair) == 2 and pair[0] in self.pairs and pair[1] in rights):
                raise ValueError(f"wrong wants pairs (left, right) of this item, got {pair!r}")
            if self.pairs[pair[0]] == pair[1]:
                raise ValueError(f"the pair {pair!r} is right, and stands among the wrong ones")
        wrong = _wrong({tuple(pair): feedback for pair, feedback in self.wrong.items()})
        pairs = [list(pair) for pair in self.pairs.items()]
        return {"pairs": pairs, "spare": spare, "wrong": [[list(w[0]), *w[1:]] for w in wrong]}


@dataclass(frozen=True)
class Order(_Item):
    """Steps to be put in their one right order; wrong={step: hint} speaks when that step is the first misplaced one.

    A hint is a text, (text, slip), or only the slug of a mistake.
    """

    steps: Iterable[str]
    _: KW_ONLY
    wrong: Mapping = field(default_factory=dict)
    kind: ClassVar[str] = "order"

    def _own(self) -> dict:
        steps = [_text(step, "a step") for step in self.steps]
        if len(steps) < 2 or len(set(steps)) < len(steps):
            raise ValueError(f"Order wants two steps or more, all different, got {steps}")
        for step in self.wrong:
            if step not in steps:
                raise ValueError(f"wrong wants steps of this item, got {step!r}")
        return {"steps": steps, "wrong": _wrong(self.wrong)}


class Quiz(Explorable):
    """Questions with feedback for every wrong answer, as often as the reader likes; nothing is sent anywhere.

    items   Choose, Number, Match and Order, or dicts as their `.data()` gives them
    test    True: no feedback until all is handed in, then the score and the mistakes behind it
    on_request   True: in a test, what is handed in is noted, and the rest is told only when the reader asks for it
    slips   slug -> what was done, for slips that `bp.MISTAKES` does not know
    note    one sentence after "Try:"

    In texts, `code` stands in backticks and *italic* between stars; w1 gets its subscript.
    Afterwards, in a live notebook: `answers` (item id -> list of attempts) can be read, and set, `score` counts what
    is right, and `slips()` counts the mistakes behind the wrong answers.
    """

    _tag = "bp-quiz"
    _esm = module("quiz")

    items = t.List().tag(sync=True)
    names = t.Dict().tag(sync=True)
    test = t.Bool().tag(sync=True)
    on_request = t.Bool().tag(sync=True)
    note = t.Unicode().tag(sync=True)
    answers = t.Dict().tag(sync=True)
    drafts = t.Dict().tag(sync=True)
    shown = t.List(t.Unicode()).tag(sync=True)
    finished = t.Bool().tag(sync=True)
    asked = t.Bool().tag(sync=True)
    again = t.Bool().tag(sync=True)

    def __init__(
        self, *items, test: bool = False, on_request: bool = False, slips: Mapping | None = None, note: str = ""
    ) -> None:
        if len(items) == 1 and isinstance(items[0], list | tuple):
            items = tuple(items[0])
        if not items:
            raise ValueError("Quiz wants one item at least: Choose, Number, Match or Order")
        data = [_numbered(item, place) for place, item in enumerate(items, 1)]
        if len({item["id"] for item in data}) < len(data):
            raise ValueError(f"every item wants an id of its own, got {', '.join(item['id'] for item in data)}")
        if on_request and not test:
            raise ValueError("on_request=True wants test=True: without a test, each answer is judged at once")
        names = _names(data, slips or {})
        super().__init__(items=data, names=names, test=bool(test), on_request=bool(on_request), note=note)

    @t.validate("answers")
    def _known_items(self, proposal) -> dict:
        items = {item["id"]: item for item in self.items}
        for id, attempts in proposal.value.items():
            try:
                item = items[id]
                for given in [*attempts]:
                    faults(item, given)
            except (TypeError, ValueError, KeyError, AttributeError):
                wanted = f"answers wants lists of attempts for {', '.join(items)}"
                raise ValueError(f"{wanted}, got {id!r}: {attempts!r}") from None
        return {id: list(attempts) for id, attempts in proposal.value.items()}

    @property
    def score(self) -> Score:
        """How many of the items were answered right, and how many of them at the first try."""
        tries = [[not faults(item, given) for given in self.answers.get(item["id"], [])] for item in self.items]
        first = sum(attempts[0] for attempts in tries if attempts)
        return Score(sum(map(any, tries)), first, sum(map(bool, tries)), len(tries))

    def slips(self) -> dict[str, int]:
        """How often each mistake explains a wrong answer, the most frequent first."""
        found = Counter(
            slip
            for item in self.items
            for given in self.answers.get(item["id"], [])
            for _, _, slip in faults(item, given)
            if slip
        )
        return dict(found.most_common())

    def _data(self) -> dict:
        rest = {"test": self.test, "note": self.note, "answers": self.answers}
        rest |= {"shown": self.shown, "finished": self.finished, "on_request": self.on_request, "asked": self.asked}
        said = {"items": self.items} | ({"names": self.names} if self.names else {})
        if self.on_request:  # packed, so that nobody reads the key in the page by accident
            said = {"sealed": b64encode(json.dumps(said, ensure_ascii=False).encode()).decode()}
        return said | {key: value for key, value in rest.items() if value}

    def _fallback(self) -> str:
        asked = "".join(f"<li>{_prose(item['text'])}{_offered(item)}</li>\n" for item in self.items)
        told = "".join(f"<li>{_prose(_answer(item))} {_prose(item.get('why', ''))}</li>\n" for item in self.items)
        tip = f"<p>Try: {escape(self.note)}</p>\n" if self.note else ""
        if self.on_request:  # a key that stands below the questions is read before they are answered
            return f"<ol>\n{asked}</ol>\n{tip}".rstrip()
        return f"<ol>\n{asked}</ol>\n<details><summary>Answers</summary>\n<ol>\n{told}</ol>\n</details>\n{tip}".rstrip()

    def __repr__(self) -> str:
        right, first, _, of = self.score
        return f"Quiz({of} item{'s' * (of > 1)}: {right} right, {first} at first try)"


def faults(item: dict, given) -> list[tuple]:
    """What is wrong with an answer: (what, feedback, slip) for each fault; nothing if it is right.

    The page judges by the same rules; a test compares the two.
    """

    def fault(key):
        known = next((entry for entry in item["wrong"] if entry[0] == key), None)
        return tuple(known) if known else (key, "", "")

    if item["kind"] == "choose":
        return [] if given == item["right"] else [fault(given)]
    if item["kind"] == "number":
        room = item["within"] * (1 + 1e-9)  # 0.255 is within 0.005 of 0.25, whatever is left of it in binary
        if abs(given - item["right"]) <= room:
            return []
        near = [entry for entry in item["wrong"] if abs(given - entry[0]) <= room]
        near.sort(key=lambda entry: abs(given - entry[0]))
        return [tuple(near[0]) if near else (given, "", "")]
    if item["kind"] == "match":
        return [fault([left, given.get(left)]) for left, right in item["pairs"] if given.get(left) != right]
    misplaced = [got for got, want in zip(given, item["steps"], strict=True) if got != want]
    return [fault(step) for step in misplaced[:1]]


def _numbered(item, place: int) -> dict:
    """An item's data, with an id; a dict is read as the item that it describes, so that its errors are found too."""
    if isinstance(item, Mapping):
        item = _from_data(item)
    if not isinstance(item, _Item):
        raise TypeError(f"item {place} wants to be Choose, Number, Match or Order, got {type(item).__name__}")
    try:
        data = item.data()
    except ValueError as error:
        raise ValueError(f"item {place}: {error}") from None
    return data | {"id": data["id"] or str(place)}


def _from_data(given: Mapping) -> _Item:
    kinds = {made.kind: made for made in (Choose, Number, Match, Order)}
    kind = given.get("kind")
    if kind not in kinds:
        raise ValueError(f"an item wants a kind of {', '.join(kinds)}, got {kind!r}")
    rest = {key: value for key, value in given.items() if key != "kind"}
    if "pairs" in rest:
        rest["pairs"] = dict(rest["pairs"])
    if isinstance(rest.get("wrong"), list | tuple):
        keys = [tuple(key) if isinstance(key, list) else key for key, *_ in rest["wrong"]]
        rest["wrong"] = {key: (says, slip) for key, (_, says, slip) in zip(keys, rest["wrong"], strict=True)}
    return kinds[kind](**rest)


def _wrong(known: Mapping) -> list[list]:
    """[what, feedback, slip] for each known wrong answer."""
    return [[key, *_feedback(given)] for key, given in known.items()]


def _feedback(given) -> tuple[str, str]:
    text, slip = given if isinstance(given, tuple) and len(given) == 2 else (given, "")
    if slip and not _SLUG.fullmatch(slip):
        raise ValueError(f"a slip wants a slug such as no-factor-two, got {slip!r}")
    if not slip and text in MISTAKES:
        mistake = MISTAKES[text]
        return f"This is what you get if {mistake.says}. {mistake.because}", text
    return _text(text, "a feedback"), slip


def _names(items: list[dict], own: Mapping) -> dict[str, str]:
    """What each slip in the quiz is, in words."""
    used = dict.fromkeys(slip for item in items for _, _, slip in item["wrong"] if slip)
    known = {slug: mistake.says for slug, mistake in MISTAKES.items()} | dict(own)
    unknown = [slug for slug in used if slug not in known]
    if unknown:
        raise ValueError(f"the slip {unknown[0]!r} is not in bp.MISTAKES: say in slips= what it is")
    return {slug: known[slug] for slug in used}


def _text(given, what: str) -> str:
    if not isinstance(given, str) or not given.strip():
        raise ValueError(f"{what} wants a text, got {given!r}")
    return given


def _see(given) -> str:
    if not re.fullmatch(r"\d+: \S.*", _text(given, "see")):
        raise ValueError(f'see wants "chapter: heading", such as "7: Pitfalls", got {given!r}')
    return given


def _steady(given, what: str) -> float:
    """Without the last digits, in which processors differ."""
    return float(f"{finite(given, what):.12g}")


def shuffled(item: dict) -> list[str]:
    """What is to choose from, in the order in which the page shows it: it depends on the item, not on the reader."""
    texts = {
        "choose": lambda: [item["right"], *(entry[0] for entry in item["wrong"])],
        "match": lambda: [right for _, right in item["pairs"]] + item["spare"],
        "order": lambda: item["steps"],
    }.get(item["kind"], list)()
    order = Rng(f"{item['id']} {item['text']}").shuffled(texts)
    return order[1:] + order[:1] if item["kind"] != "choose" and order == list(texts) else order


def _prose(text: str) -> str:
    text = re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
    return re.sub(r"\*(?! )([^*<]+?)(?<! )\*", r"<em>\1</em>", text)


def _offered(item: dict) -> str:
    """The choices, in a list; for pairs, both sides."""
    entries = shuffled(item)
    if item["kind"] == "match":
        lefts = ", ".join(_prose(left) for left, _ in item["pairs"])
        return f"\n<p>{lefts}: which of these belongs to which?</p>\n<ul>{_listed(entries)}</ul>\n"
    return f"\n<ul>{_listed(entries)}</ul>\n" if entries else ""


def _listed(texts: list[str]) -> str:
    return "".join(f"<li>{_prose(text)}</li>" for text in texts)


def _answer(item: dict) -> str:
    if item["kind"] == "number":
        digits = max(0, 1 - math.floor(math.log10(item["within"])))
        return f"{item['right']:.{digits}f}".replace("-", "\N{MINUS SIGN}") + "."
    if item["kind"] == "match":
        return "; ".join(f"{left}: {right}" for left, right in item["pairs"]) + "."
    return item["right"] if item["kind"] == "choose" else "; ".join(item["steps"]) + "."
