"""Answers that are a few numbers, done by hand: the kind `ByHand`, and the help for a wrong one.

Nothing is stored that can be computed: the right answer and every wrong one come from running a pass, right or
altered, on the exercise's numbers. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ..mistakes import MISTAKES, Mistake, Outcome, truth
from ..tracing import fmt
from ..value import Value
from . import raw as raws
from .base import BOOK, EXERCISES, NO_ANSWER, TOLERANCES_APART, UNANSWERED, Drawn, Verdict, refused, right, story

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
class ByHand(Drawn):
    """A pass through a small graph, done by hand to three decimals.

    asks     what each entry of the answer is, in order: ("dL/dw1", "dL/db1")
    build    (**numbers) -> (loss, {name: Value}): the graph
    prompt   (numbers) -> Markdown
    read     (outcome, nodes, numbers) -> the answer that somebody with this outcome gives; run on the right outcome
             it yields the right answer, run on a mistake's it yields the slip
    slack    (numbers) -> how far an honest rounding may lie off, one number for each entry
    lr       the learning rate that the exercise speaks of, for the mistakes that use one
    own      slips of this exercise alone: (mistake, read), read as above but given the right outcome
    family   ids of the exercises that share one variant's numbers, this one among them
    A mistake that changes anything in the graph must show in the answer, or be named in `blind` with a reason.
    """

    asks: tuple[str, ...] = ()
    build: Callable[..., tuple[Value, dict[str, Value]]] | None = None
    prompt: Callable[[dict[str, float]], str] | None = None
    read: Callable[[Outcome, dict[str, Value], dict[str, float]], Sequence[float]] | None = None
    slack: Callable[[dict[str, float]], Sequence[float]] | None = None
    lr: float = 0.1
    own: tuple[tuple[Mistake, Callable], ...] = ()
    family: tuple[str, ...] = ()

    def show(self, variant: str = BOOK) -> str:
        return self.task(variant).prompt

    def task(self, variant: str = BOOK) -> Task:
        """The exercise with the book's numbers, or with those that belong to the token `variant`."""
        if (self.id, variant) not in _TASKS:
            _TASKS[self.id, variant] = self.with_numbers(self.numbers(variant))
        return _TASKS[self.id, variant]

    def _together(self) -> list[Drawn]:
        return [EXERCISES[id] for id in self.family] or [self]

    def clashes(self, numbers: dict[str, float]) -> list[str]:
        return clashes(self.with_numbers(numbers))

    def with_numbers(self, numbers: dict[str, float]) -> Task:
        """The task that these numbers make."""
        loss, nodes = self.build(**numbers)
        right = truth(loss)
        slips = []
        for mistake in MISTAKES.values():
            outcome = mistake.run(loss, self.lr)
            if mistake.slug not in self.blind and not _same(outcome, right):
                answer = tuple(self.read(outcome, nodes, numbers))
                slips.append(Slip(mistake, answer, *_turning_point(outcome, right, loss, self._told(nodes))))
        slips += [Slip(mistake, tuple(read(right, nodes, numbers))) for mistake, read in self.own]
        answer = tuple(self.read(right, nodes, numbers))
        return Task(numbers, self.prompt(numbers), answer, tuple(self.slack(numbers)), tuple(slips))

    def _told(self, nodes: dict[str, Value]) -> dict[Value, str]:
        """The nodes that stand on the learner's page: those in between, and the parameters asked about."""
        asked = {label.split("dL/d")[-1].split()[-1] for label in self.asks}
        return {node: name for name, node in nodes.items() if node.parents or name in asked}

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        numbers, refusal = _numbers(raw, self.asks)
        if not numbers:
            return refusal
        task = self.task(variant)
        hits = [x is not None and abs(x - want) <= room for x, want, room in _rows(numbers, task)]
        points = round(self.points * sum(hits) / len(hits), 4)
        if all(hits):
            return right(self.points)
        got = f"{sum(hits)} of {len(hits)} right. " if len(hits) > 1 else ""
        if refusal:
            return replace(refusal, points=points, lead=f"{refusal.lead} {got}".strip())
        still = [label for label, x in zip(self.asks, numbers, strict=True) if x is None]
        if sum(hits) + len(still) == len(hits):
            return Verdict(points, f"**Not finished yet.** {got}Still open: {', '.join(still)}.")
        help, slips = _help(self, task, numbers, hits, variant)
        return Verdict(points, f"**Not yet.** {got}", help, True, slips)


_TASKS: dict[tuple[str, str], Task] = {}  # made once for each exercise and variant


def clashes(task: Task) -> list[str]:
    """Pairs among the right answer and all slips that lie closer than four tolerances: what a check could confuse."""
    answers = [("the right answer", task.answer)] + [(slip.mistake.slug, slip.answer) for slip in task.slips]
    return [
        f"{name} and {other}"
        for i, (name, a) in enumerate(answers)
        for other, b in answers[i + 1 :]
        if all(abs(x - y) < TOLERANCES_APART * t for x, y, t in zip(a, b, task.tolerance, strict=True))
    ]


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


def _numbers(raw, asks: tuple[str, ...]) -> tuple[list[float | None], Verdict | None]:
    """The answer as one number (or None) for each entry asked for, and what is wrong with it; [] if nothing can be read."""
    wanted = f"{len(asks)} numbers in the order {', '.join(asks)}" if len(asks) > 1 else f"one number, {asks[0]}"
    wanted = f"Wanted: {wanted}; "
    inside = raws.named(raw)
    if inside is not None:
        unknown = [str(key) for key in inside if key not in asks]
        if unknown:
            return [], refused(f"{wanted}there is no {unknown[0][:40]!r} among them.")
        raw = [inside.get(label) for label in asks]
    if isinstance(raw, dict) and "shape" in raw:
        return [], refused(f"{wanted}got {raws.words(raw)}.")
    if len(asks) > 1 and isinstance(raw, dict) and ("text" in raw or raw.get("is") == "set"):
        return [], refused(f"{wanted}got {'one text' if 'text' in raw else 'a set, which has no order'}.")
    items = raw if isinstance(raw, list) else [raw]
    if len(items) == 1 and len(asks) > 1 and isinstance(items[0], list):
        items = items[0]  # a row where a list was wanted
    if len(items) != len(asks):
        return [], refused(f"{wanted}got {len(items) if isinstance(raw, list) else raws.words(raw)}.")
    numbers = [raws.number(item) for item in items]
    for label, item, number in zip(asks, items, numbers, strict=True):
        if number is None and not raws.is_open(item):
            return numbers, Verdict(0, NO_ANSWER + raws.problem(item, label))
    return (numbers, None) if any(number is not None for number in numbers) else ([], UNANSWERED)


# ---------------------------------------------------------------- help for a wrong one


def _help(
    entry: ByHand, task: Task, numbers, hits, variant: str
) -> tuple[tuple[str, str, str] | tuple[str], tuple[str, ...]]:
    """What to say about a wrong answer at each step, and the slugs of the slips that explain it."""
    slips = sorted((s for s in task.slips if _explains(s, numbers, task)), key=lambda s: _distance(s, numbers))
    if not slips:
        return _unexplained(entry, task, numbers, hits, variant)
    mistakes = [slip.mistake for slip in slips]
    help = (
        _first_wrong(entry, slips[0], hits),
        mistakes[0].question,
        f"This is what you get when {story(mistakes, entry.id)}",
    )
    return help, tuple(mistake.slug for mistake in mistakes)


def _explains(slip: Slip, numbers, task: Task, hits=None) -> bool:
    """Whether all that was answered is what the slip gives; with `hits`, whether all that is wrong in it is."""
    entries = zip(numbers, slip.answer, task.tolerance, hits or [False] * len(numbers), strict=True)
    return all(x is None or hit or abs(x - wrong) <= room for x, wrong, room, hit in entries)


def _distance(slip: Slip, numbers) -> float:
    """How far the answer lies from what the slip gives: of two that are near, the nearer one is meant."""
    return sum(abs(x - wrong) for x, wrong in zip(numbers, slip.answer, strict=True) if x is not None)


def _first_wrong(entry: ByHand, slip: Slip, hits) -> str:
    """Where on the way the slip first shows; for an answer of signs, only which entry is wrong."""
    if slip.first_wrong and slip.last_right:
        return f"{slip.last_right} can still be right with this answer; {slip.first_wrong} is the first that is not."
    if slip.first_wrong:
        return f"Already {slip.first_wrong}, the first quantity of the trace, is not right with this answer."
    return f"Look again at {_entry_named(entry, hits)}."


def _entry_named(entry: ByHand, hits) -> str:
    """The wrong entry that comes first on the way: the values, then the gradients from the loss back."""
    wrong = [label for label, hit in zip(entry.asks, hits, strict=True) if not hit]
    return next((label for label in wrong if "dL" not in label), wrong[-1])


def _unexplained(entry: ByHand, task: Task, numbers, hits, variant: str):
    """Help for a wrong answer that no known slip gives: rounding, sign, factor, or which entry and by how much."""
    wrong = [(x, want, room) for (x, want, room), hit in zip(_rows(numbers, task), hits, strict=True)
             if not hit and x is not None]  # fmt: skip
    label = _entry_named(entry, [hit or x is None for hit, x in zip(hits, numbers, strict=True)])
    if any(not math.isfinite(x) for x, _, _ in wrong):
        return (f"{label} is not a finite number. Was something divided by zero, or did an exponential overflow?",), ()
    if all(abs(x - want) <= 4 * room for x, want, room in wrong):
        close = f"{_capital(label)} is close, but further off than rounding to three decimals explains. "
        return (f"{close}Compute it once more with four decimals on the way.",), ()
    look = f"Look again at {label}."
    if _same_in_another_order(numbers, task):
        return (look, f"These are the right numbers in another order. Wanted is {', '.join(entry.asks)}."), ()
    ratios = [x / want if want else math.nan for x, want, _ in wrong]
    for factor, word in ((-1, "has the right size and the wrong sign"), (2, "is twice as large as it should be"),
                         (0.5, "is half of what it should be")):  # fmt: skip
        if all(abs(ratio - factor) < 0.01 for ratio in ratios):
            return (look, f"{_capital(label)} {word}."), ()
    partly = [slip.mistake for slip in task.slips if _explains(slip, numbers, task, hits)][:1]
    if partly:  # one entry went wrong as with a slip that would have changed others too
        named = f"In {label} this is what you get when {story(partly, entry.id)}"
        return (look, partly[0].question, named), (partly[0].slug,)
    way = f": which factors lie on the way from the loss to {label.split('dL/d')[-1]}?" if "dL/d" in label else "."
    x, want, _ = next(row for row, name in zip(_rows(numbers, task), entry.asks, strict=True) if name == label)
    last = (
        f"{_capital(label)} is off by {fmt(abs(x - want), 3)}, and no single slip that we know of gives this. "
        "The solution shows every step. If you think that your answer is right, or that the slip should have "
        f"a name, please report it with this line: `{entry.id} | {variant} | {numbers}`"
    )
    return (look, f"No single slip that we know of gives this. Go over {label} first{way}", last), ()


def _same_in_another_order(numbers, task: Task) -> bool:
    if None in numbers or len(numbers) < 2:
        return False
    pairs = zip(sorted(numbers), sorted(zip(task.answer, task.tolerance, strict=True)), strict=True)
    return all(abs(x - want) <= room for x, (want, room) in pairs)


def _capital(label: str) -> str:
    """A label at the beginning of a sentence; dL/dw1 stays as it is."""
    return label if label.startswith("dL") else label[0].upper() + label[1:]
