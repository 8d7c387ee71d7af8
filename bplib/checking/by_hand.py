"""Answers that are a few numbers, done by hand: the kind `ByHand`, and the help for a wrong one.

Nothing is stored that can be computed: the right answer and every wrong one come from running a pass, right or
altered, on the exercise's numbers. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from ..engine.trace_table import fmt
from ..engine.value import Value
from ..mistakes import Mistake
from ..mistakes.scalar import MISTAKES, Outcome, Pass, true_outcome
from . import answers, general_slips
from .base import (
    BOOK,
    EXERCISES,
    NO_ANSWER,
    TOLERANCES_APART,
    UNANSWERED,
    Sampled,
    Verdict,
    listed,
    partly,
    refused,
    right,
    story,
    together,
)
from .general_slips import Guess, guesses

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
               it yields the right answer, run on a mistake's it yields the slip
    tolerance  (numbers) -> how far an honest rounding may lie off, one number for each entry
    lr         the learning rate that the exercise speaks of, for the mistakes that use one
    mistakes   slips of this exercise alone: (mistake, answer_of), as above but given the right outcome
    family     ids of the exercises that share one variant's numbers, this one among them
    words      mistakes of the table as they are called in this exercise (see `Mistake.worded`)
    A mistake that changes anything in the graph must show in the answer, or be named in `indistinguishable` with a reason.
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
        return clashes(self.with_numbers(numbers))

    def with_numbers(self, numbers: dict[str, float]) -> Task:
        """The task that these numbers make."""
        loss, nodes = self.build(**numbers)
        right = true_outcome(loss)
        slips = []
        for mistake in MISTAKES.values():
            outcome = mistake.run(loss, self.lr)
            if mistake.slug not in self.indistinguishable and not _same(outcome, right):
                answer = tuple(self.answer_of(outcome, nodes, numbers))
                slips.append(
                    Slip(self.called(mistake), answer, *_turning_point(outcome, right, loss, self._told(nodes)))
                )
        slips += [Slip(mistake, tuple(answer_of(right, nodes, numbers))) for mistake, answer_of in self.mistakes]
        answer = tuple(self.answer_of(right, nodes, numbers))
        return Task(numbers, self.prompt(numbers), answer, tuple(self.tolerance(numbers)), tuple(slips))

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
            _GUESSES[self.id, variant, pairs] = list((_two_slips if pairs else _one_slip)(self, self.task(variant)))
        return _GUESSES[self.id, variant, pairs]

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        numbers, refusal = _numbers(raw, self.outputs)
        if not numbers:
            return refusal
        task = self.task(variant)
        hits = [x is not None and abs(x - want) <= tolerance for x, want, tolerance in _rows(numbers, task)]
        points = round(self.points * sum(hits) / len(hits), 4)
        if all(hits):
            return right(self.points)
        got = f"{sum(hits)} of {len(hits)} right. " if len(hits) > 1 else ""
        if refusal:
            return replace(refusal, points=points, summary=f"{refusal.summary} {got}".strip())
        still = [label for label, x in zip(self.outputs, numbers, strict=True) if x is None]
        if sum(hits) + len(still) == len(hits):
            return Verdict(points, f"**Not finished yet.** {got}Still open: {', '.join(still)}.")
        help, slips = _help(self, task, numbers, hits, variant)
        return Verdict(points, f"**Not yet.** {got}", help, True, slips)


_TASKS: dict[tuple[str, str], Task] = {}  # made once for each exercise and variant
_GUESSES: dict[tuple[str, str, bool], list[Guess]] = {}


def _one_slip(entry: ByHand, task: Task) -> Iterator[Guess]:
    """Slips that the exercise does not list; what is one of its own on all of the page is left out."""
    loss, nodes = entry.build(**task.numbers)
    exact, told = true_outcome(loss), entry._told(nodes)
    table = [m.run(loss, entry.lr) for m in MISTAKES.values() if m.slug not in entry.indistinguishable]
    seen = {_on_the_page(outcome, told) for outcome in [exact, *table]}
    own = [slip.answer for slip in task.slips if slip.mistake.slug not in MISTAKES]
    for mistake, run in general_slips.everywhere(loss, {node: name for name, node in nodes.items()}):
        outcome, answer = _read(entry, run, loss, nodes, task)
        if answer is None or _on_the_page(outcome, told) in seen or _near(answer, task.answer, task.tolerance):
            continue
        seen.add(_on_the_page(outcome, told))
        if not any(_near(answer, other, (1e-9,) * len(answer)) for other in own):
            yield Guess((mistake,), answer, *_turning_point(outcome, exact, loss, told))


def _two_slips(entry: ByHand, task: Task) -> Iterator[Guess]:
    """Pairs that give something else than either slip alone."""
    loss, nodes = entry.build(**task.numbers)
    ways = general_slips.everywhere(loss, {node: name for name, node in nodes.items()})
    alone = [task.answer, *(slip.answer for slip in task.slips)]
    seen = {_digits(answer) for answer in alone} | {_digits(guess.answer) for guess in _one_slip(entry, task)}
    for mistakes, run in general_slips.pairs(loss, ways, tuple(entry.indistinguishable)):
        _, answer = _read(entry, run, loss, nodes, task)
        if answer is not None and _digits(answer) not in seen:
            seen.add(_digits(answer))
            yield Guess(tuple(map(entry.called, mistakes)), answer)


def _read(entry: ByHand, run: Pass, loss: Value, nodes, task: Task) -> tuple[Outcome | None, Answer | None]:
    """What somebody writes down after this pass; nothing where it cannot be gone through, or leads nowhere."""
    try:
        outcome = run(loss, entry.lr)
        answer = tuple(entry.answer_of(outcome, nodes, task.numbers))
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


def clashes(task: Task) -> list[str]:
    """Pairs among the right answer and all slips that lie closer than four tolerances: what a check could confuse."""
    answers = [("the right answer", task.answer)] + [(slip.mistake.slug, slip.answer) for slip in task.slips]
    return [
        f"{name} {_listed(a)} and {other} {_listed(b)}"
        for i, (name, a) in enumerate(answers)
        for other, b in answers[i + 1 :]
        if all(abs(x - y) < TOLERANCES_APART * t for x, y, t in zip(a, b, task.tolerance, strict=True))
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


def _numbers(raw, outputs: tuple[str, ...]) -> tuple[list[float | None], Verdict | None]:
    """The answer as one number (or None) for each entry asked for, and what is wrong with it; [] if nothing can be read."""
    wanted = (
        f"{len(outputs)} numbers in the order {', '.join(outputs)}" if len(outputs) > 1 else f"one number, {outputs[0]}"
    )
    wanted = f"Expected {wanted}; "
    inside = answers.named(raw)
    if inside is not None:
        unknown = [str(key) for key in inside if key not in outputs]
        if unknown:
            return [], refused(f"{wanted}there is no {unknown[0][:40]!r} among them.")
        raw = [inside.get(label) for label in outputs]
    if isinstance(raw, dict) and "shape" in raw:
        return [], refused(f"{wanted}got {answers.describe_json(raw)}.")
    if len(outputs) > 1 and isinstance(raw, dict) and ("text" in raw or raw.get("is") == "set"):
        return [], refused(f"{wanted}got {_one_thing(raw, outputs)}.")
    items = raw if isinstance(raw, list) else [raw]
    if len(items) == 1 and len(outputs) > 1 and isinstance(items[0], list):
        items = items[0]  # a row where a list was wanted
    if len(items) != len(outputs):
        return [], refused(f"{wanted}got {_too_many(items) if isinstance(raw, list) else answers.describe_json(raw)}.")
    numbers = [answers.number(item) for item in items]
    for label, item, number in zip(outputs, items, numbers, strict=True):
        if number is None and not answers.is_open(item):
            return numbers, Verdict(0, NO_ANSWER + answers.problem(item, label))
    return (numbers, None) if any(number is not None for number in numbers) else ([], UNANSWERED)


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
        own = [g for g in self._own() if _near(g.answer, self.numbers, self.task.tolerance)]
        own.sort(key=lambda g: sum(abs(x - y) for x, y in zip(self.numbers, g.answer, strict=True) if x is not None))
        more = guesses(self.entry.guesses(self.variant), self.numbers, self.task.tolerance)
        found = own + [guess for guess in more if not own or general_slips.common(guess)]
        if len(self.numbers) > 1 and None not in self.numbers:
            answer, tolerance = zip(*sorted(zip(self.task.answer, self.task.tolerance, strict=True)), strict=True)
            if _near(answer, sorted(self.numbers), tolerance):
                found.append(Guess((general_slips.other_order(self.entry.outputs),), self.task.answer))
        return found[: general_slips.MOST]

    def part(self) -> list[Guess]:
        """Each single slip that gives the wrong entries, though it would have changed others too."""
        return guesses([*self._own(), *self.entry.guesses(self.variant)], self.bad, self.task.tolerance)

    def _own(self) -> list[Guess]:
        return [Guess((s.mistake,), s.answer, s.last_right, s.first_wrong) for s in self.task.slips]


def _bare(label: str) -> str:
    return label.removeprefix("the ")


Help = tuple[tuple[str, ...], tuple[str, ...]]  # what to say at each step, and the slugs of the slips


def _help(entry: ByHand, task: Task, numbers, hits, variant: str) -> Help:
    """What to say about a wrong answer at each step, and the slugs of the slips that explain it."""
    wrong = Wrong(entry, task, variant, numbers, hits)
    if found := wrong.whole():
        return _named("This is what you get if", _first_wrong(wrong, found), found, entry)
    return _described(wrong) or _partly(wrong, wrong.part()) or _twice(wrong) or _unexplained(wrong)


def _named(begin: str, look: str, found: Sequence[Guess], entry: ByHand) -> Help:
    mistakes = list({guess.mistakes[0].says: guess.mistakes[0] for guess in reversed(found)}.values())[::-1]
    slugs = tuple(dict.fromkeys(mistake.slug for mistake in mistakes))
    return (look, mistakes[0].question, f"{begin} {story(mistakes, entry.id)}"), slugs


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


def _described(wrong: Wrong) -> Help | None:
    """Not a number, nearly right, or a factor on which several numbers agree."""
    label = wrong.label
    if any(not math.isfinite(x) for _, x, _, _ in wrong.rows):
        return (f"{label} is not a finite number. Was something divided by zero, or did an exponential overflow?",), ()
    if all(abs(x - want) <= 4 * tolerance for _, x, want, tolerance in wrong.rows):
        close = f"Your {_bare(label)} is close, but further off than rounding to three decimals explains. "
        return (f"{close}Compute it once more with four decimals on the way.",), ()
    ratios = [x / want if want else math.nan for _, x, want, _ in wrong.rows]
    places = listed([f"your {_bare(name)}" for name, *_ in wrong.rows])
    have, are, it = ("have", "are", "they") if len(ratios) > 1 else ("has", "is", "it")
    for factor, word in ((-1, f"{have} the right size and the wrong sign"),
                         (2, f"{are} twice as large as {it} should be"),
                         (0.5, f"{are} half of what {it} should be")):  # fmt: skip
        if all(abs(ratio - factor) < 0.01 for ratio in ratios):
            return (f"Look again at {label}.", f"{places[0].upper()}{places[1:]} {word}."), ()
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
