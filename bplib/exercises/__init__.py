"""An exercise is one entry: its numbers, its prompt, the way to its answer, and the slips that lead elsewhere.

The entries live by chapter in `ch07.py` and so on, and are imported on first use. Nothing is stored that can be
computed: the right answer and every wrong one come from running a pass, right or altered, on the exercise's numbers.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ..draw import Draw
from ..mistakes import MISTAKES, Mistake, Outcome, truth
from ..value import Value

TOLERANCES_APART = 4  # the right answer and all slips must lie at least this many tolerances from each other
BOOK = "book"  # the variant that everybody has who was given no token

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
class Exercise:
    """What all exercises have in common. Ids are never renumbered, only appended.

    id         chapter and number, "7.2"
    title      a few words
    points     for a wholly right answer; entries earn equal shares
    objective  what it tests, as "the reader can ..."
    asks       what each entry of the answer is, in order: ("dL/dw1", "dL/db1")
    """

    id: str
    title: str
    points: float
    objective: str
    asks: tuple[str, ...] = ()

    def task(self, variant: str = BOOK) -> Task:
        """The exercise with the book's numbers, or with those that belong to the token `variant`."""
        raise NotImplementedError(f"exercise {self.id} is one of a kind that does not say how its task is made")


@dataclass(frozen=True)
class ByHand(Exercise):
    """A pass through a small graph, done by hand to three decimals.

    book     the numbers printed in the book
    draw     Draw -> other numbers of the same kind
    build    (**numbers) -> (loss, {name: Value}): the graph
    prompt   (numbers) -> Markdown
    read     (outcome, nodes, numbers) -> the answer that somebody with this outcome gives; run on the right outcome
             it yields the right answer, run on a mistake's it yields the slip
    slack    (numbers) -> how far an honest rounding may lie off, one number for each entry
    lr       the learning rate that the exercise speaks of, for the mistakes that use one
    blind    slug -> why this mistake cannot be told here although it changes something in the graph
    own      slips of this exercise alone: (mistake, read), read as above but given the right outcome
    family   ids of the exercises that share one variant's numbers, this one among them
    """

    book: dict[str, float] = field(default_factory=dict)
    draw: Callable[[Draw], dict[str, float]] | None = None
    build: Callable[..., tuple[Value, dict[str, Value]]] | None = None
    prompt: Callable[[dict[str, float]], str] | None = None
    read: Callable[[Outcome, dict[str, Value], dict[str, float]], Sequence[float]] | None = None
    slack: Callable[[dict[str, float]], Sequence[float]] | None = None
    lr: float = 0.1
    blind: dict[str, str] = field(default_factory=dict)
    own: tuple[tuple[Mistake, Callable], ...] = ()
    family: tuple[str, ...] = ()

    def task(self, variant: str = BOOK) -> Task:
        if (self.id, variant) not in _TASKS:
            _TASKS[self.id, variant] = self.with_numbers(self._numbers(variant))
        return _TASKS[self.id, variant]

    def _numbers(self, variant: str) -> dict[str, float]:
        """The variant's numbers: drawn again until every mistake shows, in all exercises of the family."""
        if variant == BOOK:
            return self.book
        family = [EXERCISES[id] for id in self.family or (self.id,)]
        draw = Draw(f"{variant}/{family[0].id}")
        for _ in range(1000):
            numbers = self.draw(draw)
            if not any(clashes(member.with_numbers(numbers)) for member in family):
                return numbers
        raise RuntimeError(f"exercise {self.id} found no numbers that show every mistake for variant {variant!r}")

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


_TASKS: dict[tuple[str, str], Task] = {}  # made once for each exercise and variant


@dataclass(frozen=True)
class Choice(Exercise):
    """One letter out of a few; every wrong one has its own word.

    choose   (Draw or None) -> (prompt, letter of the right one, {wrong letter: what to say}); None is the book's
    """

    choose: Callable[[Draw | None], tuple[str, str, dict[str, str]]] | None = None

    def options(self, variant: str = BOOK) -> tuple[str, str, dict[str, str]]:
        return self.choose(None if variant == BOOK else Draw(f"{variant}/{self.id}"))


@dataclass(frozen=True)
class ByPerson(Exercise):
    """An answer in words, graded by a person with the rubric."""

    text: str = ""
    rubric: tuple[str, ...] = ()


class _Shelf(dict):
    """The exercises by id; a chapter's file is imported when its first id is asked for."""

    def __missing__(self, id: str) -> Exercise:
        match = re.fullmatch(r"(\d{1,2})\.\d{1,2}", id) if isinstance(id, str) else None
        if not match:
            raise KeyError(f"an exercise id is chapter and number, like '7.2'; got {id!r}")
        name = f"{__name__}.ch{int(match[1]):02d}"
        try:
            chapter = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise KeyError(f"there is no exercise {id!r}: chapter {match[1]} has none yet") from None
        self.update({exercise.id: exercise for exercise in chapter.EXERCISES})
        if id not in self:
            raise KeyError(
                f"there is no exercise {id!r}; chapter {match[1]} has {', '.join(e.id for e in chapter.EXERCISES)}"
            )
        return self[id]


EXERCISES = _Shelf()


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
