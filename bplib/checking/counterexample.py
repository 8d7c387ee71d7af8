"""Answers that are inputs: on which a wrong program gives itself away. The kind `Witness`.

Such an answer is a test that tells the bug from the truth, as data: anybody can run our two programs on it, and nobody
has to run the learner's. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from ..mistakes import Mistake
from . import answers
from .arrays import Grids, difference, grids, named_arrays, near, relative
from .base import BOOK, Exercise, Program, Verdict, refused, right

LARGEST = 400  # numbers in all inputs together: our programs run on them
FARTHEST = 1e6  # how large a number may be, so that they do not overflow
FIRST = "first"
LATER = Mistake(
    "consequence-for-cause",
    "a quantity is named that is wrong only because an earlier one is",
    "It is tempting because the largest difference catches the eye.",
    "Is everything that this quantity is computed from still right?",
    None,
)
STILL_RIGHT = Mistake(
    "right-for-wrong",
    "a quantity is named as wrong that is still right",
    "It is tempting because the wrong line follows it closely.",
    "Does the wrong program give another number here?",
    None,
)


@dataclass(frozen=True)
class Witness(Exercise):
    """Inputs on which a buggy program's output differs from the right one's, and the quantity that differs first.

    text       the prompt, in Markdown; it shows the buggy program
    arguments  the names of the inputs
    solve      (**inputs) -> {name: quantity} in the order of the pass: the right program
    bug        (mistake, program): the buggy one
    validate   (inputs) -> a sentence about what is wrong with them, or "": shapes, ranges
    hint       what to try when both give the same, or (inputs) -> it, where that depends on them
    to_arrays  (nested lists by name) -> the inputs as the programs take them
    The answer is a dict of inputs, with the name of the quantity under "first". Inputs that tell earn half of the
    points, and the right quantity the other half.
    """

    text: str = ""
    arguments: tuple[str, ...] = ()
    solve: Program | None = None
    bug: tuple[Mistake, Program] | None = None
    validate: Callable[[dict], str] = lambda inputs: ""
    hint: str | Callable[[dict], str] = ""
    to_arrays: Callable[[dict], dict] = lambda lists: lists

    def show(self, variant: str = BOOK) -> str:
        return self.text

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        inside = answers.named(raw)
        if inside is None:
            return refused(
                f"Expected a dict with {', '.join(self.arguments)} and {FIRST!r}; got {answers.describe_json(raw)}."
            )
        said = answers.text(inside.get(FIRST))
        given = {name: part for name, part in inside.items() if name != FIRST}
        found, refusal = named_arrays({"named": given}, self.arguments)
        if refusal:
            return refusal
        missing = [name for name, a in found.items() if a is None]
        if missing:
            return Verdict(0, f"**Not finished yet.** Still open: {', '.join(missing)}.")
        if sum(len(a.cells) for a in found.values()) > LARGEST:
            return refused(f"A small example tells as much: at most {LARGEST} numbers in all.")
        if not all(abs(cell) <= FARTHEST for a in found.values() for cell in a.cells):
            return refused("Use numbers that are finite, and not larger than a million.")
        try:
            inputs = self.to_arrays({name: given[name] for name in self.arguments})
            unfit = self.validate(inputs)
            if unfit:
                return refused(unfit)
            true, wrong = grids(self.solve(**inputs)), grids(self.bug[1](**inputs))
        except Exception as error:  # inputs that fits() let through; the program's own words say why
            return refused(f"The programs cannot run on these inputs: {type(error).__name__}: {str(error)[:120]}.")
        vague = next((name for name, a in true.items() if not all(map(math.isfinite, a.cells))), None)
        if vague:
            return refused(
                f"On these inputs {vague} is not a finite number, even in the right program: use smaller numbers."
            )
        return self._verdict(true, wrong, said, self.hint if isinstance(self.hint, str) else self.hint(inputs))

    def _verdict(self, true: Grids, wrong: Grids, said: str | None, hint: str) -> Verdict:
        tolerances = relative(true, 1e-6)
        tells = [name for name in true if wrong[name] is None or not near(wrong[name], true[name], tolerances[name])]
        mistake = self.bug[0]
        if not tells:
            same = "On these inputs both programs give the same in every quantity, so they do not show the bug."
            return Verdict(0, "**Not yet.** ", (same, f"{same} {hint}"), True, (mistake.slug,))
        first, half = tells[0], self.points / 2
        if said is None:
            return Verdict(
                half,
                f"**Not finished yet.** These inputs show the bug. Which quantity differs first? Put it under {FIRST!r}.",
            )
        if said.strip() == first:
            shown = difference(first, wrong[first], true[first], tolerances[first]) if wrong[first] else ""
            return right(self.points, f" The bug: {mistake.says}. {shown}")
        lead = "**Not yet.** These inputs show the bug, but "
        if said.strip() not in true:
            return Verdict(half, lead, (f"{said[:40]!r} is none of the quantities {', '.join(true)}.",), True)
        other, mistake = f"{said.strip()} is not the first that differs", LATER
        if said.strip() not in tells:
            other, mistake = f"{said.strip()} does not differ", STILL_RIGHT
        help = f"{other}.", f"{other}: go through {', '.join(true)} in this order."
        return Verdict(half, lead, help, True, (mistake.slug,))
