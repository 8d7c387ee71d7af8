"""Answers that are arrays, or only their shapes: the kinds `Arrays` and `Shapes`.

The right answer and every wrong one come from programs, right and wrong, that run on the exercise's numbers. Here they
are compared as plain lists: NumPy is the chapter's business. Standard library only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations
from typing import NamedTuple

from ..engine.trace_table import fmt
from ..mistakes import Mistake
from ..rng import Rng
from . import answers
from .base import (
    BOOK,
    RIGHT,
    TOLERANCES_APART,
    UNANSWERED,
    Exercise,
    Program,
    Sampled,
    Verdict,
    asked,
    credit,
    listed,
    partly,
    refused,
    right,
    story,
    together,
)
from .general_slips import MOST, other_order, slip
from .kits import Words, kit_of
from .kits import numbers as as_json

RELATIVE = 1e-4  # of the largest entry: room for float32, and for sums taken in another order


class Grid(NamedTuple):
    """An array without NumPy: its shape, and its numbers row by row."""

    shape: tuple[int, ...]
    cells: tuple[float, ...]

    def transposed(self) -> Grid:
        """Rows for columns; anything but a matrix stays as it is."""
        if len(self.shape) != 2:
            return self
        n, m = self.shape
        return Grid((m, n), tuple(self.cells[i * m + j] for j in range(m) for i in range(n)))

    def place(self, k: int) -> str:
        """The index of number k, as it is written behind a name: [0, 1]."""
        index = []
        for n in reversed(self.shape):
            k, here = divmod(k, n)
            index.append(here)
        return f"[{', '.join(map(str, reversed(index)))}]" if index else ""


Grids = dict[str, Grid]
Tolerances = dict[str, tuple[float, ...]]  # how far each number may lie off


def grid(raw) -> Grid | None:
    """The array that a raw form stands for; None if it is none: ragged, or not all numbers."""
    if not isinstance(raw, list):
        number = answers.number(raw)
        return None if number is None else Grid((), (number,))
    parts = [grid(part) for part in raw]
    if not all(parts) or len({part.shape for part in parts}) > 1:
        return None
    inner = parts[0].shape if parts else ()
    return Grid((len(parts), *inner), tuple(cell for part in parts for cell in part.cells))


def grids(outputs: Mapping) -> Grids:
    """What a program gave, by name."""
    return {name: grid(answers.to_json(value)) for name, value in outputs.items()}


def relative(wanted: Grids, fraction: float = RELATIVE) -> Tolerances:
    """A tolerance that goes with the largest number of each array."""
    sizes = {name: max((abs(c) for c in want.cells), default=0.0) for name, want in wanted.items()}
    return {name: (fraction * (sizes[name] or 1.0),) * len(want.cells) for name, want in wanted.items()}


def near(a: Grid, b: Grid, tolerance: tuple[float, ...], times: float = 1.0) -> bool:
    """Whether two arrays are the same within the tolerance; inf and nan are the same as themselves."""
    if a.shape != b.shape:
        return False
    widths = tolerance if len(tolerance) == len(a.cells) else (max(tolerance, default=0.0),) * len(a.cells)
    same = (
        (x == y or (x != x and y != y), abs(x - y) <= times * r)
        for x, y, r in zip(a.cells, b.cells, widths, strict=True)
    )
    return all(map(any, same))


def alike(a: Grids, b: Grids, tolerances: Tolerances, times: float = 1.0) -> bool:
    """Whether all arrays of `a` are near those of `b`."""
    return all(near(a[name], b[name], tolerances[name], times) for name in a)


def _shown(arrays: Grids) -> str:
    """Arrays for a message to those who write exercises: the first numbers of each."""
    parts = [f"{name} {', '.join(fmt(c, 3) for c in a.cells[:6])}" for name, a in arrays.items() if a is not None]
    return "; ".join(parts)


class Known(NamedTuple):
    """What an answer is compared with: the right one and its room, each slip's, and other right ones with their notes."""

    want: Grids
    tolerances: Tolerances
    wrong: list[tuple[Mistake, Grids]]
    alternatives: list[tuple[str, Grids]]


_KNOWN: dict[tuple[str, str], Known] = {}  # worked out once for each exercise and variant


def known(exercise, variant: str) -> Known:
    """What exercise (an `Arrays` or a `Functions`) has to compare with."""
    if (exercise.id, variant) not in _KNOWN:
        numbers = exercise.numbers(variant)
        alternatives = [(note, exercise.gives(program, numbers)) for note, program in exercise.alternatives]
        _KNOWN[exercise.id, variant] = Known(
            exercise.gives(exercise.solve, numbers), exercise.tolerances(numbers), exercise.wrong(numbers), alternatives
        )
    return _KNOWN[exercise.id, variant]


def difference(label: str, got: Grid, want: Grid, tolerance: tuple[float, ...]) -> str:
    """How an array differs from the one wanted, as a sentence: in its shape, by a factor, or most of all where."""
    if got.shape != want.shape:
        says = f"{label}: expected shape {want.shape}, got {got.shape}"
        if got.shape != want.shape[::-1] or len(got.shape) != 2:
            return f"{says}."
        return f"{says}: its transpose is {'right' if near(got.transposed(), want, tolerance) else 'not right either'}."
    gaps = [abs(x - y) for x, y in zip(got.cells, want.cells, strict=True)]
    bad = next((k for k, gap in enumerate(gaps) if not math.isfinite(gap)), None)
    if bad is not None:
        return f"{label}{got.place(bad)} is not a finite number. Was something divided by zero?"
    if len(got.cells) > 1 and near(got.transposed(), want, tolerance):
        return f"{label} is right, but for rows and columns: it is the transpose of what is wanted."
    if factor := common_factor([(got, want, tolerance)]):
        return f"{label} {times(factor)}."
    whole = want.cells[0] and want.cells[0] == round(want.cells[0])  # a gradient of 0 is no count
    if not want.shape and whole and max(tolerance) < 1:
        return f"Your count of {label} is {fmt(gaps[0], 3)} too {'large' if got.cells[0] > want.cells[0] else 'small'}."
    worst = gaps.index(max(gaps))
    most = " differs most: it" if len(gaps) > 1 else ""
    return f"{label}{got.place(worst)}{most} is off by {fmt(gaps[worst], 3)}."


Triple = tuple[Grid, Grid, tuple[float, ...]]  # what was got, what was wanted, and how far it may lie off


def common_factor(triples: Sequence[Triple], least: int = 2) -> float | None:
    """The factor between what was got and what was wanted, where at least so many numbers agree on it; 1 is none."""
    if any(got.shape != want.shape for got, want, _ in triples):
        return None
    cells = [cell for got, want, tolerance in triples for cell in zip(got.cells, want.cells, tolerance, strict=True)]
    ratios = [x / y for x, y, r in cells if abs(y) > r]
    if len(ratios) < least or not all(abs(x) <= r for x, y, r in cells if abs(y) <= r):
        return None
    factor = sum(ratios) / len(ratios)
    agree = all(abs(ratio - factor) <= 0.005 * abs(factor) for ratio in ratios)
    return factor if agree and abs(factor) > 0.005 and abs(factor - 1) > 0.005 else None


def times(factor: float) -> str:
    """How a quantity compares with the one wanted: the words after its name."""
    if abs(factor + 1) < 0.005:
        return "has the right size and the wrong sign"
    return f"is {fmt(factor, 2 if abs(factor) >= 0.1 else 4)} times what it should be"


def composed(a: Grids, b: Grids, want: Grids, tolerances: Tolerances) -> Grids | None:
    """What two slips give together, where that can be told from what each gives alone.

    Each output is what the slip that alters it gives. Where both do, one of them has to be a factor, or both are counts.
    """
    made = {}
    for name, right_one in want.items():
        one, other = a[name], b[name]
        if near(one, right_one, tolerances[name]):
            made[name] = other
        elif near(other, right_one, tolerances[name]):
            made[name] = one
        elif one.shape != right_one.shape or other.shape != right_one.shape:
            return None
        elif not right_one.shape and all(c % 1 == 0 for c in (*one.cells, *other.cells, *right_one.cells)):
            made[name] = right_one._replace(cells=(one.cells[0] + other.cells[0] - right_one.cells[0],))
        elif factor := common_factor([(one, right_one, tolerances[name])], least=1):
            made[name] = other._replace(cells=tuple(factor * c for c in other.cells))
        elif factor := common_factor([(other, right_one, tolerances[name])], least=1):
            made[name] = one._replace(cells=tuple(factor * c for c in one.cells))
        else:
            return None
    return made


def two_slips(got: Grids, known: Known) -> list[tuple[Mistake, Mistake]]:
    """The pairs of slips that give this answer together, each once, if they are few; none for one small number."""
    if sum(len(array.cells) for array in got.values()) < 2:
        return []
    want, tolerances, wrong, _ = known
    singles = [(mistake, gives) for mistake, gives in wrong if "+" not in mistake.slug]
    found = {}
    for i, (one, a) in enumerate(singles):
        for other, b in singles[i + 1 :]:
            made = composed(a, b, want, tolerances)
            if one.says != other.says and made and alike(got, made, tolerances) and not alike(made, want, tolerances):
                found.setdefault(frozenset((one.says, other.says)), (one, other))
    return list(found.values()) if len(found) <= MOST else []


def told(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Those that are said: each sentence once, and not too many."""
    return list({mistake.says: mistake for mistake in reversed(mistakes)}.values())[::-1][:MOST]


def reshaped(label: str, triples: Sequence[Triple]) -> Mistake | None:
    """The right numbers in another shape, in each run: as rows for columns, with an axis too many, or not yet summed."""
    got, want, _ = triples[0]
    shapes = f": expected shape {want.shape}, got {got.shape}" if got.shape != want.shape else ""
    if any(got.shape == want.shape and len(set(want.shape)) > 1 for got, want, _ in triples):
        return None
    for slug, change in CHANGES.items():
        changed = [change(got, want) for got, want, _ in triples]
        if all(near(other, want, tolerance) for other, (_, want, tolerance) in zip(changed, triples, strict=True)):
            return _reshaped_as(slug, label, shapes)
    return None


def _reshaped_as(slug: str, label: str, shapes: str = "") -> Mistake:
    """One of CHANGES, in words; shapes: what was expected, and got."""
    says, because = {
        "transposed": ("rows and columns are exchanged", "both products hold the same numbers"),
        "axis-too-many": ("the right numbers are given with another number of axes", "NumPy fits such shapes to each other without a word"),
        "not-summed": ("the rows are not summed", "each row has a gradient of its own, and that looks like the answer"),
    }[slug]  # fmt: skip
    return slip(slug, f"{says}{shapes}", because, f"Which shape should {label} have, and which one has yours?")


def _flat_as(got: Grid, want: Grid) -> Grid:
    """The same numbers in the shape that was wanted, if that has another number of axes."""
    validate = len(got.cells) == len(want.cells) and len(got.shape) != len(want.shape)
    return want._replace(cells=got.cells) if validate else got


def _summed(array: Grid) -> Grid:
    """The sum over the rows of a matrix."""
    if len(array.shape) != 2:
        return array
    n, m = array.shape
    return Grid((m,), tuple(sum(array.cells[i * m + j] for i in range(n)) for j in range(m)))


CHANGES: dict[str, Callable[[Grid, Grid], Grid]] = {  # (what was got, what was wanted) -> the same numbers, put right
    "transposed": lambda got, want: got.transposed(),
    "axis-too-many": lambda got, want: _flat_as(got, want),
    "not-summed": lambda got, want: _summed(got),
}


def exchanged(got: Grids, want: Grids, tolerances: Tolerances, names: Sequence[str]) -> Mistake | None:
    """The right arrays under each other's names, if that is what they are. names: those asked for, in order."""
    for order in permutations(names):
        pairs = [(key, key.replace(name, other, 1)) for name, other in zip(names, order, strict=True)
                 for key in got if key == name or key.startswith(f"{name} in run")]  # fmt: skip
        if (
            order != tuple(names)
            and len(got) == len(want)
            and all(near(got[a], want[b], tolerances[b]) for a, b in pairs)
        ):
            return other_order(names)
    return None


def named_arrays(raw, outputs: tuple[str, ...]) -> tuple[dict[str, Grid | None], Verdict | None]:
    """The arrays of an answer by name (None: left open, or no array), and what is wrong with it; {} if nothing can be read."""
    wanted = f"Expected {listed(outputs)}, "
    inside = answers.by_name(raw, outputs)
    if inside is None:
        got = f"{len(raw)} things" if isinstance(raw, list) else answers.describe_json(raw)
        return {}, refused(f"{wanted}as a dict or in this order; got {got}.")
    if unknown := answers.unknown(inside, outputs):
        return {}, refused(f"{wanted}by these names; there is no {unknown} among them.")
    arrays = {name: None if answers.is_open(inside.get(name)) else grid(inside.get(name)) for name in outputs}
    for name, array in arrays.items():
        if array is None and not answers.is_open(inside.get(name)):
            return arrays, refused(_no_array(name, inside[name]))
    return (arrays, None) if any(arrays.values()) else ({}, UNANSWERED)


def _no_array(name: str, raw) -> str:
    if isinstance(raw, dict) and "named" not in raw:
        return answers.problem(raw, name).replace("one real number", "an array of real numbers")
    if odd := _odd(raw):
        return f"{name} should hold numbers only; somewhere in it is {answers.describe_json(odd[0])}."
    return f"{name} should be an array of numbers; its rows differ in length, or are not rows."


def _odd(raw) -> list:
    """Whatever in a nested list is no number."""
    if isinstance(raw, list):
        return [odd for part in raw for odd in _odd(part)]
    return [raw] if answers.number(raw) is None else []


@dataclass(frozen=True)
class Compared(Sampled):
    """What `Arrays` and `Functions` share: the right program's arrays, and each mistake's, side by side."""

    def wrong(self, numbers: dict) -> list[tuple[Mistake, Grids]]:
        """Each mistake that can be told here, and what it gives."""
        return [
            (m, self.gives(program, numbers)) for m, program in self.mistakes if m.slug not in self.indistinguishable
        ]

    def candidates(self, numbers: dict) -> list[tuple[str, Grids]]:
        """What can be answered, rightly first, and what it gives."""
        return [(RIGHT, self.gives(self.solve, numbers)), *((m.slug, found) for m, found in self.wrong(numbers))]

    def clashes(self, numbers: dict) -> list[str]:
        """Pairs of answers closer than four tolerances: what a check could confuse.

        Mistakes that agree on all numbers are no such pair: both are told.
        """
        tolerances = self.tolerances(numbers)
        return [
            f"{one} ({_shown(a)}) and {other} ({_shown(b)})"
            for (one, a), (other, b) in combinations(self.candidates(numbers), 2)
            if alike(a, b, tolerances, TOLERANCES_APART) and frozenset((one, other)) not in self.alike
        ]

    def _given(self, numbers: dict) -> Iterator[tuple[str, tuple]]:
        for slug, found in self.candidates(numbers):
            yield (
                slug,
                tuple((name, a and a.shape, a and tuple(round(c, 9) for c in a.cells)) for name, a in found.items()),
            )


@dataclass(frozen=True)
class Arrays(Compared):
    """One or more arrays by name, each a share of the points.

    outputs       their names, in the order in which the pass comes to them: ("dW2", "dW1")
    solve         (**numbers) -> {name: array}: the right program; it may give more than is asked
    mistakes      (mistake, program) pairs: wrong programs with the same inputs
    alternatives  (note, program) pairs: other right answers, accepted with a note
    prompt        (numbers) -> Markdown
    tolerance     (numbers) -> {name: how far each number may lie off, as an array}, for what is traced by hand. Without it,
                  answers count as computed, and may differ by 1e-4 of the largest entry (float32, order of operations)
    """

    outputs: tuple[str, ...] = ()
    solve: Program | None = None
    mistakes: tuple[tuple[Mistake, Program], ...] = ()
    alternatives: tuple[tuple[str, Program], ...] = ()
    prompt: Callable[[dict], str] | None = None
    tolerance: Callable[[dict], Mapping] | None = None

    def show(self, variant: str = BOOK) -> str:
        return self.prompt(self.numbers(variant))

    def gives(self, program: Program, numbers: dict) -> Grids:
        """What is asked, as this program has it."""
        outputs = program(**numbers)
        return grids({name: outputs[name] for name in self.outputs})

    def tolerances(self, numbers: dict) -> Tolerances:
        """How far each number may lie off."""
        if self.tolerance is None:
            return relative(self.gives(self.solve, numbers))
        return {name: found.cells for name, found in grids(self.tolerance(numbers)).items()}

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        got, refusal = named_arrays(raw, self.outputs)
        if not got:
            return refusal
        want, tolerances, _, alternatives = known(self, variant)
        hits = {name: a is not None and near(a, want[name], tolerances[name]) for name, a in got.items()}
        for note, other in alternatives:
            if not all(hits.values()) and all(got.values()) and alike(got, other, tolerances):
                return right(self.points, f" {note}")
        lead = credit(self.points, hits, [name for name, a in got.items() if a is None], refusal)
        if not lead.counts_as_try:
            return lead
        bad = {name: a for name, a in got.items() if a is not None and not hits[name]}
        help = self._help(lead, bad, got, known(self, variant))
        if len(self.outputs) == 1 and help.slips:  # the question comes first: where to look says nothing
            help = replace(help, hints=help.hints[1:])
        return help

    def _help(self, lead: Verdict, bad: Grids, got, known: Known) -> Verdict:
        """The verdict with its help: the slip that gives all that was answered, or all that is wrong in it, or where."""
        want, tolerances, wrong, _ = known
        first = next(iter(bad))
        before = [name for name in got if name not in bad and got[name] is not None]
        look = f"Look at {first} first{f': {before[0]} is right' if before else ''}."
        answered = {name: a for name, a in got.items() if a is not None}
        whole = [m for m, gives in wrong if alike(answered, gives, tolerances)]
        if order := len(answered) <= 4 and exchanged(answered, want, tolerances, self.outputs):
            whole.append(order)
        part = [m for m, gives in wrong if alike(bad, gives, tolerances)] if before else []
        if not whole and not part and (turned := reshaped(first, [(bad[first], want[first], tolerances[first])])):
            bad, part = {first: bad[first]}, [turned]
        if mistakes := told(whole or partly(part)):
            name = "This is what you get if" if whole else f"In {listed(list(bad))} this is what you get if"
            help = look, asked(mistakes), f"{name} {story(mistakes, self.id)}"
            return replace(lead, hints=help, slips=tuple(m.slug for m in mistakes))
        where = difference(first, bad[first], want[first], tolerances[first])
        if len(self.outputs) == 1 and where.startswith("Your count"):
            look = f"Your count of {first} is too {where.split()[-1]}"
        if pairs := two_slips(answered, known):
            help = look, where, " Or: ".join(map(together, pairs))
            return replace(lead, hints=help, slips=tuple(dict.fromkeys(m.slug for pair in pairs for m in pair)))
        return replace(lead, hints=(look, where))

    def kit(self, variant: str = BOOK, words: Words | None = None) -> dict:
        """What judges an answer without Python (see `kits`). An array is [shape, its numbers row by row].

        outputs, want, tolerance   by name, in order
        wrong         [[mistake, {name: array}], ...]; where it gives the right array, that is left out
        alternatives  [[note, {name: array}], ...]
        reshaped      {name: mistakes for rows and columns exchanged, another number of axes, rows not summed}
        other_order, partly   as in `ByHand.kit`
        """
        want, tolerances, wrong, alternatives = known(self, variant)
        words = words or Words()

        def changed(arrays: Grids) -> dict:
            return {name: _as_json(a) for name, a in arrays.items() if a != want[name]}

        called = [(mistake, partly([mistake])[0]) for mistake, _ in wrong]
        return kit_of(
            self, "Arrays", variant, outputs=self.outputs, want={name: _as_json(a) for name, a in want.items()},
            tolerance=tolerances, wrong=[(words.mistake(mistake, self.id), changed(arrays)) for mistake, arrays in wrong],
            alternatives=[(note, changed(arrays)) for note, arrays in alternatives],
            reshaped={name: [words.mistake(_reshaped_as(slug, name), self.id) for slug in CHANGES] for name in self.outputs},
            other_order=words.mistake(other_order(self.outputs), self.id),
            partly=[[words.mistake(m, self.id) for m in pair] for pair in called if pair[0] != pair[1]], words=words,
        )  # fmt: skip


def _as_json(array: Grid) -> tuple:
    return array.shape, as_json(array.cells)


# ---------------------------------------------------------------- shapes


@dataclass(frozen=True)
class Shapes(Exercise):
    """The shapes of some arrays: tuples, lists, or the arrays themselves.

    shapes    (Rng or None) -> (prompt, {name: shape}, {name: a question that leads to it}); None is the book's
    mistakes  (Rng or None) -> {name: (mistake, shape) pairs}: the shapes that people give it
    habits    (Rng or None) -> (mistake, {name: shape}) pairs: one idea that gives several of them their shape
    """

    shapes: Callable[[Rng | None], tuple[str, dict[str, tuple[int, ...]], dict[str, str]]] | None = None
    mistakes: Callable[[Rng | None], dict[str, list[tuple[Mistake, tuple[int, ...]]]]] = lambda rng: {}
    habits: Callable[[Rng | None], list[tuple[Mistake, dict[str, tuple[int, ...]]]]] = lambda rng: []

    def show(self, variant: str = BOOK) -> str:
        return self.shapes(self.rng_for(variant))[0]

    def collect(self, answer, variant: str = BOOK) -> object:
        if isinstance(answer, Mapping):
            return {
                "named": {answers.clean(str(name), 40): _shape(value) for name, value in list(answer.items())[:100]}
            }
        if isinstance(answer, list | tuple) and not all(isinstance(part, int) for part in answer):
            return [_shape(part) for part in answer[:100]]
        return _shape(answer)

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        _, want, questions = self.shapes(self.rng_for(variant))
        outputs = tuple(want)
        inside = answers.by_name(raw, outputs)
        wanted = f"Expected a shape such as (2, 3) for each of {', '.join(outputs)}, as a dict or in this order"
        if inside is None:
            return refused(
                f"{wanted}; got {f'{len(raw)} things' if isinstance(raw, list) else answers.describe_json(raw)}."
            )
        if unknown := answers.unknown(inside, outputs):
            return refused(f"{wanted}; there is no {unknown} among them.")
        got = {name: grid(inside.get(name)) for name in outputs}
        if not any(got.values()) and all(answers.is_open(inside.get(name)) for name in outputs):
            return UNANSWERED
        hits = {name: a is not None and tuple(a.cells) == tuple(want[name]) for name, a in got.items()}
        still = [name for name in outputs if answers.is_open(inside.get(name))]
        first = next((name for name in outputs if not hits[name] and name not in still), None)
        no_shape = first is not None and got[first] is None
        refusal = (
            refused(f"{first} should be a shape such as (2, 3); got {answers.describe_json(inside[first])}.")
            if no_shape
            else None
        )
        lead = credit(self.points, hits, still, refusal)
        if not lead.counts_as_try:
            return lead
        bad = {name: _whole(got[name]) for name in outputs if not hits[name] and got[name] is not None}
        return self._help(lead, bad, want, questions, variant)

    def _help(self, lead: Verdict, bad: dict, want: dict, questions: dict[str, str], variant: str) -> Verdict:
        """The verdict with its help: an idea that gives several shapes, said once; then each shape that is left."""
        known, fits, ask, last, slugs = self.mistakes(self.rng_for(variant)), [], [], [], []
        for habit, shapes in self.habits(self.rng_for(variant)):
            same = [name for name in bad if shapes.get(name) == bad[name]]
            if len(same) > 1 and not fits:
                begin = "This" if len(same) == len(bad) else f"In {listed(same)} this"
                fits, ask, slugs = same, [habit.question], [habit.slug]
                last = [f"{begin} is what you get if {story([habit], self.id)}"]
        for name in (name for name in bad if name not in fits):
            found = [m for m, wrong in known.get(name, ()) if wrong == bad[name]]
            ask.append(f"{name}: {found[0].question if found else questions[name]}")
            last.append(_misshapen(name, bad[name], want[name], found))
            slugs += [m.slug for m in found]
        hints = (f"Look again at {listed(list(bad))}.", " ".join(ask), " ".join(last))
        return replace(lead, hints=hints, slips=tuple(dict.fromkeys(slugs)))

    def kit(self, variant: str = BOOK, words: Words | None = None) -> dict:
        """What judges an answer without Python (see `kits`): {name: shape}, {name: question}, {name: [[mistake, shape], ...]},
        and [[mistake, {name: shape}], ...]."""
        _, want, questions = self.shapes(self.rng_for(variant))
        words, known = words or Words(), self.mistakes(self.rng_for(variant))
        wrong = {name: [(words.mistake(m, self.id), shape) for m, shape in known.get(name, ())] for name in want}
        habits = [(words.mistake(m, self.id), shapes) for m, shapes in self.habits(self.rng_for(variant))]
        return kit_of(self, "Shapes", variant, want=want, questions=questions, wrong=wrong, habits=habits, words=words)


def _whole(shape: Grid) -> tuple[float, ...]:
    """The lengths of a shape, as whole numbers where they are."""
    return tuple(int(n) if math.isfinite(n) and n == int(n) else n for n in shape.cells)


def _misshapen(name: str, shape: tuple, want: tuple, mistakes: Sequence[Mistake]) -> str:
    """The right shape beside the one given, and all that leads to that one."""
    says = "; and also if ".join(mistake.says for mistake in mistakes)
    return f"{name} has the shape {tuple(want)}. Yours is {shape}{f': this is what you get if {says}' if says else ''}."


def _shape(value) -> object:
    """A shape in raw form, from a tuple, a list, a number, a text like "2 x 3", or an array that has one."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and shape != ():
        numbers = value.tolist() if len(shape) == 1 and shape[0] < 5 else [0.5]
        return [*numbers] if all(isinstance(n, int) for n in numbers) else [int(n) for n in shape][:10]
    if isinstance(value, str):
        return [float(n) for n in re.findall(r"\d{1,6}", value)][:10] or answers.to_json(value)
    raw = answers.to_json(value)
    return [raw] if answers.number(raw) is not None else raw
