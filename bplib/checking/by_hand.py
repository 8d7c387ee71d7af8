"""Answers that are a few numbers, done by hand: the kind `ByHand`, and the help for a wrong one.

Nothing is stored that can be computed: the right answer and every wrong one come from running a pass, right or
altered, on the exercise's numbers. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from ..engine.trace_table import fmt
from ..engine.value import Value
from ..mistakes import Mistake
from ..mistakes.scalar import MISTAKES, Outcome, Pass, true_outcome
from . import answers, general_slips
from .base import (
    BOOK,
    EXERCISES,
    NO_ANSWER,
    RIGHT,
    TOLERANCES_APART,
    UNANSWERED,
    Sampled,
    Verdict,
    asked,
    credit,
    listed,
    partly,
    refused,
    story,
    together,
)
from .general_slips import Guess, guesses
from .kits import Words, kit_of
from .kits import numbers as as_json
from .rounding import LAST_ROUNDING, rounding_error

Answer = tuple[float, ...]


@dataclass(frozen=True)
class Slip:
    """One way to a wrong answer: the mistake, what it yields here, and where on the way back it first shows."""

    mistake: Mistake
    answer: Answer
    last_right: str | None = None
    first_wrong: str | None = None


@dataclass(frozen=True)
class Task:
    """An exercise with its numbers filled in."""

    numbers: dict[str, float]
    prompt: str
    answer: Answer
    tolerance: Answer
    slips: tuple[Slip, ...]


@dataclass(frozen=True)
class ByHand(Sampled):
    """A pass through a small graph, done by hand to three decimals.

    outputs    what each entry of the answer is, in order: ("dL/dw1", "dL/db1")
    build      (**numbers) -> (loss, {name: Value}): the graph
    prompt     (numbers) -> Markdown
    answer_of  (outcome, nodes, numbers) -> the answer that somebody with this outcome gives; run on the right outcome
               it yields the right answer, run on a mistake's it yields the slip. Without it, the outputs say what is
               read: "dL/dw1" the gradient of w1, "z1" or "L" the value of this node
    tolerance  (numbers) -> how far an honest rounding may lie off, one number for each entry. Without it, the worst
               case of rounding every number on the way to three decimals, and the answer once more
    lr         the learning rate that the exercise speaks of, for the mistakes that use one
    mistakes   slips of this exercise alone: (mistake, answer_of), as above but given the right outcome
    family     ids of the exercises that share one variant's numbers, this one among them
    words      mistakes of the table as they are called in this exercise (see `Mistake.worded`)
    signs      whether only signs are asked for: 1, -1 or 0
    A mistake of the table must give another answer than the right one and than each other mistake, or be named in
    `indistinguishable` with a reason. Two kinds see to themselves: what changes only numbers that are not asked for
    gives the right answer on all numbers, and is no slip here; what gives the same wrong answer on all numbers is
    told together.
    """

    outputs: tuple[str, ...] = ()
    build: Callable[..., tuple[Value, dict[str, Value]]] | None = None
    prompt: Callable[[dict[str, float]], str] | None = None
    answer_of: Callable[[Outcome, dict[str, Value], dict[str, float]], Sequence[float]] | None = None
    tolerance: Callable[[dict[str, float]], Sequence[float]] | None = None
    lr: float = 0.1
    mistakes: tuple[tuple[Mistake, Callable], ...] = ()
    family: tuple[str, ...] = ()
    words: tuple[Mistake, ...] = ()
    signs: bool = False

    def show(self, variant: str = BOOK) -> str:
        return self.task(variant).prompt

    def task(self, variant: str = BOOK) -> Task:
        """The exercise with the book's numbers, or with those that belong to the token `variant`."""
        if (self.id, variant) not in _TASKS:
            _TASKS[self.id, variant] = self.with_numbers(self.numbers(variant))
        return _TASKS[self.id, variant]

    def _together(self) -> list[Sampled]:
        return [EXERCISES[id] for id in self.family] or [self]

    def clashes(self, numbers: dict[str, float]) -> list[str]:
        return clashes(self.with_numbers(numbers), self.alike)

    def gives(self, outcome: Outcome, nodes: dict[str, Value], numbers: dict[str, float]) -> Answer:
        """The answer of somebody with this outcome."""
        if self.answer_of is not None:
            return tuple(self.answer_of(outcome, nodes, numbers))
        return tuple((outcome.grads if back else outcome.values)[node] for node, back in self._asked(nodes))

    def tolerances(self, numbers: dict[str, float]) -> Answer:
        """How far each entry may lie off."""
        if self.tolerance is not None:
            return tuple(self.tolerance(numbers))
        loss, nodes = self.build(**numbers)
        found = rounding_error(loss)
        return tuple(
            (found[node].grad if back else found[node].data) + LAST_ROUNDING for node, back in self._asked(nodes)
        )

    def _asked(self, nodes: dict[str, Value]) -> list[tuple[Value, bool]]:
        """The node of each output, and whether its gradient is asked for, or its value."""
        unknown = [label for label in self.outputs if label.removeprefix("dL/d") not in nodes]
        if unknown:
            raise ValueError(
                f"exercise {self.id}: expected outputs such as 'dL/dw' or 'w', for nodes of its graph ({', '.join(nodes)}); "
                f"got {unknown[0]!r}. For anything else, give answer_of and tolerance"
            )
        return [(nodes[label.removeprefix("dL/d")], label.startswith("dL/d")) for label in self.outputs]

    @cached_property
    def not_told(self) -> frozenset[str]:
        """Slugs of the table's mistakes that are no slips here: indistinguishable, or right on all numbers."""
        given = self.on_all_numbers
        own = {mistake.slug for mistake, _ in self.mistakes}
        right = {slug for slug, answers in given.items() if answers == given[RIGHT]} - {RIGHT} - own
        return frozenset(right | set(self.indistinguishable))

    def _given(self, numbers: dict[str, float]) -> Iterator[tuple[str, Answer]]:
        loss, nodes = self.build(**numbers)
        yield RIGHT, _digits(self.gives(true_outcome(loss), nodes, numbers))
        yield from ((slip.mistake.slug, _digits(slip.answer)) for slip in self.slips(numbers, self.indistinguishable))

    def with_numbers(self, numbers: dict[str, float]) -> Task:
        """The task that these numbers make."""
        loss, nodes = self.build(**numbers)
        answer, tolerance = self.gives(true_outcome(loss), nodes, numbers), self.tolerances(numbers)
        return Task(numbers, self.prompt(numbers), answer, tolerance, tuple(self.slips(numbers, self.not_told)))

    def slips(self, numbers: dict[str, float], not_told: Collection[str]) -> Iterator[Slip]:
        """What each mistake gives with these numbers: the table's that change anything, but for those not told, and its own."""
        loss, nodes = self.build(**numbers)
        right = true_outcome(loss)
        for mistake in MISTAKES.values():
            outcome = mistake.run(loss, self.lr)
            if mistake.slug not in not_told and not _same(outcome, right):
                answer = self.gives(outcome, nodes, numbers)
                yield Slip(self.called(mistake), answer, *_turning_point(outcome, right, loss, self._told(nodes)))
        for mistake, answer_of in self.mistakes:
            yield Slip(mistake, tuple(answer_of(right, nodes, numbers)))

    def called(self, mistake: Mistake) -> Mistake:
        """The mistake in the words of this exercise, if it has its own."""
        return next((m for m in self.words if m.original == mistake), mistake)

    def _told(self, nodes: dict[str, Value]) -> dict[Value, str]:
        """The nodes that stand on the learner's page: those in between, and the parameters asked about."""
        asked = {label.split("dL/d")[-1].split()[-1] for label in self.outputs}
        return {node: name for name, node in nodes.items() if node.parents or name in asked}

    def guesses(self, variant: str, pairs: bool = False) -> list[Guess]:
        """What slips give that can happen on any graph: one of them, or two together."""
        if (self.id, variant, pairs) not in _GUESSES:
            task = self.task(variant)
            found = (_two_slips if pairs else _one_slip)(self, task)
            found = [guess._replace(answer=_short(guess.answer, task.tolerance)) for guess in found]
            _GUESSES[self.id, variant, pairs] = found
        return _GUESSES[self.id, variant, pairs]

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        numbers, refusal = _numbers(raw, self.outputs, self.signs)
        if not numbers:
            return refusal
        task = self.task(variant)
        hits = [x is not None and abs(x - want) <= tolerance for x, want, tolerance in _rows(numbers, task)]
        still_open = [label for label, x in zip(self.outputs, numbers, strict=True) if x is None]
        lead = credit(self.points, dict(zip(self.outputs, hits, strict=True)), still_open, refusal)
        if not lead.counts_as_try:
            return lead
        hints, slips = _help(self, task, numbers, hits, variant)
        first = 1 if len(self.outputs) == 1 < len(hints) else 0  # of one number, where to look says nothing
        return replace(lead, hints=hints[first:], slips=slips)

    def kit(self, variant: str = BOOK, words: Words | None = None) -> dict:
        """What judges an answer without Python (see `kits`).

        outputs, want, tolerance   as in `Task`
        own     [[mistake, last quantity right, first one wrong, *answer], ...]; quantities are places in `say`, or null
        one     the same, for slips of any graph
        two     pairs of slips (see `_packed`)
        signs   as in `ByHand`; left out where they are not
        other_order, partly   mistakes: the right numbers in another order; [mistake, how it is called in some entries only]
        """
        task, words = self.task(variant), words or Words()
        own, one = (
            [[words.mistake(g.mistakes[0], self.id), words.place(g.last_right), words.place(g.first_wrong), *as_json(g.answer)]
             for g in found] for found in (_listed_slips(task), self.guesses(variant))
        )  # fmt: skip
        both = self.guesses(variant, pairs=True) if words.pairs else []
        pairs = [(*(words.mistake(m, self.id) for m in g.mistakes), g.answer) for g in both]
        mistakes = dict.fromkeys(g.mistakes[0] for g in [*_listed_slips(task), *self.guesses(variant)])
        called = [(mistake, partly([mistake])[0]) for mistake in mistakes]
        return kit_of(self, "ByHand", variant, **({"signs": True} if self.signs else {}), outputs=self.outputs, want=task.answer, tolerance=task.tolerance,
                      own=own, one=one, two=_packed(pairs, [*own, *one], task),
                      other_order=words.mistake(general_slips.other_order(self.outputs), self.id),
                      partly=[[words.mistake(m, self.id) for m in pair] for pair in called if pair[0] != pair[1]], words=words)  # fmt: skip


_TASKS: dict[tuple[str, str], Task] = {}  # made once for each exercise and variant
_GUESSES: dict[tuple[str, str, bool], list[Guess]] = {}


def _one_slip(entry: ByHand, task: Task) -> Iterator[Guess]:
    """Slips that the exercise does not list; what is one of its own on all of the page is left out."""
    loss, nodes = entry.build(**task.numbers)
    exact, told = true_outcome(loss), entry._told(nodes)
    table = [m.run(loss, entry.lr) for m in MISTAKES.values() if m.slug not in entry.not_told]
    seen = {_on_the_page(outcome, told) for outcome in [exact, *table]}
    own = [slip.answer for slip in task.slips if slip.mistake.slug not in MISTAKES]
    for mistake, run in general_slips.everywhere(loss, {node: name for name, node in nodes.items()}):
        outcome, answer = _read(entry, run, loss, nodes, task)
        if answer is None or _on_the_page(outcome, told) in seen or _near(answer, task.answer, task.tolerance):
            continue
        if mistake.slug == "rounded-early" and any(want and not x for x, want in zip(answer, task.answer, strict=True)):
            continue  # who finds 0 has another reason than rounding
        seen.add(_on_the_page(outcome, told))
        if not any(_near(answer, other, (1e-9,) * len(answer)) for other in own):
            yield Guess((mistake,), answer, *_turning_point(outcome, exact, loss, told))


def _two_slips(entry: ByHand, task: Task) -> Iterator[Guess]:
    """Pairs that give something else than either slip alone."""
    loss, nodes = entry.build(**task.numbers)
    ways = general_slips.everywhere(loss, {node: name for name, node in nodes.items()})
    alone = [task.answer, *(slip.answer for slip in task.slips)]
    seen = {_digits(answer) for answer in alone} | {_digits(guess.answer) for guess in _one_slip(entry, task)}
    for mistakes, run in general_slips.pairs(loss, ways, tuple(entry.not_told)):
        _, answer = _read(entry, run, loss, nodes, task)
        if answer is not None and _digits(answer) not in seen:
            seen.add(_digits(answer))
            yield Guess(tuple(map(entry.called, mistakes)), answer)


def _read(entry: ByHand, run: Pass, loss: Value, nodes, task: Task) -> tuple[Outcome | None, Answer | None]:
    """What somebody writes down after this pass; nothing where it cannot be gone through, or leads nowhere."""
    try:
        outcome = run(loss, entry.lr)
        answer = entry.gives(outcome, nodes, task.numbers)
    except (ArithmeticError, ValueError):
        return None, None
    return (outcome, answer) if all(map(math.isfinite, answer)) else (None, None)


def _on_the_page(outcome: Outcome, told: dict[Value, str]) -> Answer:
    return tuple(round(part[node], 9) for node in told for part in outcome)


def _near(a: Answer, b: Sequence[float | None], tolerance: Sequence[float]) -> bool:
    """Whether these are the numbers b, as far as there are any."""
    return all(y is None or abs(x - y) <= t for x, y, t in zip(a, b, tolerance, strict=True))


def _digits(answer: Answer) -> Answer:
    return tuple(round(x, 9) for x in answer)


def _decimals(tolerance: Answer) -> list[int]:
    """How many decimals of each entry of a wrong answer tell anything: to a hundredth of the tolerance."""
    return [max(0, math.ceil(-math.log10(t / 50))) for t in tolerance]


def _short(answer: Answer, tolerance: Answer) -> Answer:
    """A wrong answer with as many decimals as tell."""
    return tuple(round(x, decimals) for x, decimals in zip(answer, _decimals(tolerance), strict=True))


def _listed_slips(task: Task) -> list[Guess]:
    """The exercise's own slips, as an answer is compared with them."""
    slips = ((_short(slip.answer, task.tolerance), slip) for slip in task.slips)
    return [Guess((slip.mistake,), answer, slip.last_right, slip.first_wrong) for answer, slip in slips]


def _packed(pairs: Sequence[tuple[int, int, Answer]], singles: Sequence[list], task: Task) -> dict:
    """Pairs of slips as columns of small whole numbers, since there are hundreds of them.

    first, second   the two mistakes, each as the difference to the one before
    scales          for each entry of the answer: 1 is this many units
    off             for each entry, in units: the answer, less the product of what the two slips do alone (see `_expected`)
    """
    alone: dict[int, list] = {}
    for mistake, _, _, *answer in singles:
        alone.setdefault(mistake, answer)
    first, second = ([pair[i] - before[i] for before, pair in pairwise([(0, 0), *pairs])] for i in (0, 1))
    scales, off = [10**decimals for decimals in _decimals(task.tolerance)], []
    for k, (want, scale) in enumerate(zip(task.answer, scales, strict=True)):
        expected = [[alone[m][k] if m in alone else want for m in pair[:2]] for pair in pairs]
        units = [math.floor(_expected(*both, want) * scale + 0.5) for both in expected]
        off.append([round(answer[k] * scale) - unit for (*_, answer), unit in zip(pairs, units, strict=True)])
    return {"first": first, "second": second, "scales": scales, "off": off}


def _expected(one: float, other: float, want: float) -> float:
    """What two slips give together if each multiplies the right answer by a factor; the right one where that is no number."""
    product = float(one) * float(other) / want if want else math.nan
    return product if math.isfinite(product) else want


def clashes(task: Task, alike: Collection[frozenset[str]] = ()) -> list[str]:
    """Pairs among the right answer and all slips that lie closer than four tolerances: what a check could confuse.

    alike    pairs of slugs that agree on all numbers, and are told together
    """
    answers = [(RIGHT, task.answer)] + [(slip.mistake.slug, slip.answer) for slip in task.slips]
    return [
        f"{name} {_listed(a)} and {other} {_listed(b)}"
        for i, (name, a) in enumerate(answers)
        for other, b in answers[i + 1 :]
        if frozenset((name, other)) not in alike
        and all(abs(x - y) < TOLERANCES_APART * t for x, y, t in zip(a, b, task.tolerance, strict=True))
    ]


def _listed(answer: Sequence[float]) -> str:
    return f"({', '.join(fmt(x, 3) for x in answer)})"


def _same(a: Outcome, b: Outcome) -> bool:
    """Whether a mistake changes nothing at all in this graph."""
    pairs = [(a.values[n], b.values[n]) for n in b.values] + [
        (a.grads[n], b.grads[n]) for n in b.grads if n.op != "const"
    ]
    return all(math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12) for x, y in pairs)


def _turning_point(
    wrong: Outcome, right: Outcome, loss: Value, told: dict[Value, str]
) -> tuple[str | None, str | None]:
    """The last quantity told that is right, and the first that is wrong: values forward, then gradients backward."""
    order = [node for node in loss.graph() if node in told]
    back = [n for n in order[::-1] if n.parents and n is not loss] + [n for n in order[::-1] if not n.parents]
    steps = [(told[n], wrong.values[n], right.values[n]) for n in order]
    steps += [(f"dL/d{told[n]}", wrong.grads[n], right.grads[n]) for n in back]  # what is read off it comes last
    good = None
    for name, x, y in steps:
        if not math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-12):
            return good, name
        good = name
    return good, None


# ---------------------------------------------------------------- reading the answer


def _rows(numbers, task: Task):
    return zip(numbers, task.answer, task.tolerance, strict=True)


def _numbers(raw, outputs: tuple[str, ...], signs: bool = False) -> tuple[list[float | None], Verdict | None]:
    """The answer as one number (or None) for each entry asked for, and what is wrong with it; [] if nothing can be read."""
    many = f"{len(outputs)} numbers in the order {', '.join(outputs)}"
    wanted = f"Expected {many if len(outputs) > 1 else f'one number, {outputs[0]}'}; "
    if len(outputs) > 1 and isinstance(raw, list) and len(raw) == 1 and isinstance(raw[0], list):
        raw = raw[0]  # a row where a list was wanted
    inside = answers.by_name(raw, outputs)
    if fault := _misfit(raw, inside, outputs):
        return [], refused(f"{wanted}{fault}.")
    items = [inside.get(label) for label in outputs]
    numbers = [answers.number(item) for item in items]
    for label, item, number in zip(outputs, items, numbers, strict=True):
        odd = number is None and not answers.is_open(item)
        if signs and (odd or (number is not None and math.isfinite(number) and number not in (1, -1, 0))):
            return numbers, Verdict(0, NO_ANSWER + _no_sign(label, item, number))
        if odd:
            return numbers, Verdict(0, NO_ANSWER + answers.problem(item, label))
    return (numbers, None) if any(number is not None for number in numbers) else ([], UNANSWERED)


def _no_sign(label: str, item, number: float | None) -> str:
    """What to type where only a sign is asked for."""
    wanted = f"{label} should be 1, -1 or 0, only the sign"
    if number is None:
        return f"{wanted}, without quotes; got {answers.describe_json(item)}."
    return f"{wanted}: for {fmt(number)} that is {(number > 0) - (number < 0)}."


def _misfit(raw, inside: dict | None, outputs: tuple[str, ...]) -> str:
    """Why an answer does not hold one thing for each entry asked for; nothing if it does."""
    if answers.named(raw) is not None:
        unknown = answers.unknown(inside, outputs)
        return f"there is no {unknown} among them" if unknown else ""
    if isinstance(raw, list):
        return f"got {_too_many(raw)}" if len(raw) != len(outputs) else ""
    if isinstance(raw, dict) and len(outputs) > 1 and ("text" in raw or raw.get("is") == "set"):
        return f"got {_one_thing(raw, outputs)}"
    if inside is None or (isinstance(raw, dict) and "shape" in raw):
        return f"got {answers.describe_json(raw)}"
    return ""


def _one_thing(raw: dict, outputs: tuple[str, ...]) -> str:
    """What was given where several numbers were asked, and how to write them."""
    if "text" not in raw:
        return "a set, which has no order"
    return f"one text. Write the numbers in brackets, without quotes, such as {[k + 0.5 for k in range(len(outputs))]}"


def _too_many(items: list) -> str:
    """How many there are; and what 2,5 is to Python, where 2.5 may have been meant."""
    whole = [int(x) for x in items if isinstance(x, int | float) and math.isfinite(x) and x == int(x)]
    if len(whole) < len(items) or len(items) % 2:
        return f"{len(items)} numbers"
    point = ", ".join(f"{x}.{abs(y)}" for x, y in zip(whole[::2], whole[1::2], strict=True))
    return f"{len(items)} numbers, {' and '.join(map(str, whole))}. If you mean {point}, write a decimal point, not a comma"


# ---------------------------------------------------------------- help for a wrong one


@dataclass(frozen=True)
class Wrong:
    """A wrong answer: what was asked, what was given (None: left open), and which entries are right."""

    entry: ByHand
    task: Task
    variant: str
    numbers: list[float | None]
    hits: list[bool]

    @property
    def bad(self) -> list[float | None]:
        """The wrong numbers alone, in their places."""
        return [None if hit else x for x, hit in zip(self.numbers, self.hits, strict=True)]

    @property
    def rows(self) -> list[tuple[str, float, float, float]]:
        """(label, given, wanted, tolerance) of each wrong number."""
        rows = zip(self.entry.outputs, self.bad, self.task.answer, self.task.tolerance, strict=True)
        return [row for row in rows if row[1] is not None]

    @property
    def label(self) -> str:
        """The wrong entry that comes first on the way: the values, then the gradients from the loss back."""
        wrong = [row[0] for row in self.rows]
        return next((label for label in wrong if "dL" not in label), wrong[-1])

    def whole(self) -> list[Guess]:
        """Each single slip that gives this answer, the exercise's own before those of any graph."""
        own = self.listed()
        more = guesses(self.entry.guesses(self.variant), self.numbers, self.task.tolerance)
        found = own + [guess for guess in more if not own or general_slips.common(guess)]
        if len(self.numbers) > 1 and None not in self.numbers:
            answer, tolerance = zip(*sorted(zip(self.task.answer, self.task.tolerance, strict=True)), strict=True)
            if _near(answer, sorted(self.numbers), tolerance):
                found.append(Guess((general_slips.other_order(self.entry.outputs),), self.task.answer))
        return found[: general_slips.MOST]

    def listed(self, times: float = 1) -> list[Guess]:
        """The exercise's own slips that give this answer, up to so many tolerances, the nearest first."""
        own = [g for g in self._own() if _near(g.answer, self.numbers, [times * t for t in self.task.tolerance])]
        return sorted(own, key=lambda g: sum(abs(x - y) for x, y in zip(self.numbers, g.answer, strict=True) if x is not None))  # fmt: skip

    def part(self) -> list[Guess]:
        """Each single slip that gives the wrong entries, though it would have changed others too."""
        return guesses([*self._own(), *self.entry.guesses(self.variant)], self.bad, self.task.tolerance)

    def _own(self) -> list[Guess]:
        return _listed_slips(self.task)


def _bare(label: str) -> str:
    return label.removeprefix("the ")


Help = tuple[tuple[str, ...], tuple[str, ...]]  # what to say at each step, and the slugs of the slips


def _help(entry: ByHand, task: Task, numbers, hits, variant: str) -> Help:
    """What to say about a wrong answer at each step, and the slugs of the slips that explain it."""
    wrong = Wrong(entry, task, variant, numbers, hits)
    if all(_cut_short(*row[1:]) for row in wrong.rows) and not wrong.listed():
        return (f"{_places(wrong)} {'have' if len(wrong.rows) > 1 else 'has'} too few decimals: give three.",), ()
    if found := wrong.whole():
        return _named("This is what you get if", _first_wrong(wrong, found), found, entry)
    return _described(wrong) or _partly(wrong, wrong.part()) or _loosely(wrong) or _twice(wrong) or _unexplained(wrong)


def _cut_short(x: float, want: float, tolerance: float) -> bool:
    """Whether this is what is wanted, rounded to two decimals or one, or a large number to none."""
    units = (1, 0.1, 0.01) if abs(x) >= 10 else (0.1, 0.01)
    return any(x and abs(x - want) <= u / 2 + tolerance and abs(x / u - round(x / u)) < 1e-6 for u in units)


def _named(begin: str, look: str, found: Sequence[Guess], entry: ByHand) -> Help:
    mistakes = list({guess.mistakes[0].says: guess.mistakes[0] for guess in reversed(found)}.values())[::-1]
    slugs = tuple(dict.fromkeys(mistake.slug for mistake in mistakes))
    return (look, asked(mistakes), f"{begin} {story(mistakes, entry.id)}"), slugs


def _first_wrong(wrong: Wrong, found: Sequence[Guess]) -> str:
    """Where on the way it first shows, if all explanations agree on that; for an answer of signs, which entry is wrong."""
    places = {(guess.last_right, guess.first_wrong) for guess in found}
    last_right, first = places.pop() if len(places) == 1 else (None, None)
    if not first:
        return f"Look again at {wrong.label}."
    before = f"Your numbers are consistent with a correct {last_right}. " if last_right else ""
    return f"{before}The first quantity that must be off is {first}."


def _partly(wrong: Wrong, found: Sequence[Guess]) -> Help | None:
    """One entry, or some, went wrong as with a slip that would have changed others too."""
    if not found or not any(wrong.hits):
        return None
    places = listed([label for label, *_ in wrong.rows])
    found = [guess._replace(mistakes=tuple(partly(guess.mistakes))) for guess in found]
    return _named(f"In {places} this is what you get if", f"Look again at {wrong.label}.", found, wrong.entry)


LOOSE = 8  # tolerances: a slip may make the rounding before it that much larger


def _loosely(wrong: Wrong) -> Help | None:
    """The one slip of the exercise that several numbers are near to, where no other slip is near, nor the right answer."""
    found = wrong.listed(LOOSE) if len(wrong.rows) > 1 else []
    near = {guess.mistakes[0].says for guess in wrong.listed(general_slips.WINDOW)}
    if not found or len(near) > 1 or all(abs(x - want) <= general_slips.WINDOW * t for _, x, want, t in wrong.rows):
        return None
    return _named("This is what you get if", _first_wrong(wrong, found), found, wrong.entry)


ENOUGH = 500  # tolerances in a single number for two slips to be looked for: about four digits


def _twice(wrong: Wrong) -> Help | None:
    """Two slips at once, where the answer says enough to tell."""
    given = [(x, t) for x, t in zip(wrong.numbers, wrong.task.tolerance, strict=True) if x is not None]
    if len(given) < 2 and abs(given[0][0]) < ENOUGH * given[0][1]:
        return None
    found = guesses(wrong.entry.guesses(wrong.variant, pairs=True), wrong.numbers, wrong.task.tolerance)
    if not found:
        return None
    last = " Or: ".join(together(guess.mistakes) for guess in found)
    slugs = tuple(dict.fromkeys(mistake.slug for guess in found for mistake in guess.mistakes))
    return (f"Look again at {wrong.label}.", found[0].mistakes[0].question, last), slugs


def _places(wrong: Wrong) -> str:
    places = listed([f"your {_bare(name)}" for name, *_ in wrong.rows])
    return places[0].upper() + places[1:]


def _described(wrong: Wrong) -> Help | None:
    """Not a number, nearly right, or a factor on which several numbers agree."""
    label = wrong.label
    if any(not math.isfinite(x) for _, x, _, _ in wrong.rows):
        return (f"{label} is not a finite number. Was something divided by zero, or did an exponential overflow?",), ()
    if all(abs(x - want) <= 4 * tolerance for _, x, want, tolerance in wrong.rows):
        close = f"Your {_bare(label)} is close, but further off than rounding to three decimals explains. "
        return (f"{close}Compute it once more with four decimals on the way.",), ()
    ratios = [x / want if want else math.nan for _, x, want, _ in wrong.rows]
    places = _places(wrong)
    have, are, it = ("have", "are", "they") if len(ratios) > 1 else ("has", "is", "it")
    for factor, word in ((-1, f"{have} the right size and the wrong sign"),
                         (2, f"{are} twice as large as {it} should be"),
                         (0.5, f"{are} half of what {it} should be")):  # fmt: skip
        if all(abs(ratio - factor) < 0.01 for ratio in ratios):
            return (f"Look again at {label}.", f"{places} {word}."), ()
    return None


def _unexplained(wrong: Wrong) -> Help:
    """Which entry is off and by how much; and a line to report it with."""
    label, x, want, _ = next(row for row in wrong.rows if row[0] == wrong.label)
    way = f": which factors lie on the way from the loss to {label.split('dL/d')[-1]}?" if "dL/d" in label else "."
    last = (
        f"Your {_bare(label)} is off by {fmt(abs(x - want), 3)}, and no slip that we know of gives this. "
        "The solution shows every step. If you think that your answer is right, or that the slip should have "
        f"a name, please report it with this line: `{wrong.entry.id} | {wrong.variant} | {wrong.numbers}`"
    )
    return (f"Look again at {label}.", f"No slip that we know of gives this. Go over {label} first{way}", last), ()
