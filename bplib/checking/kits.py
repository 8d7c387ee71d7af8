"""What it takes to judge an answer where no Python runs: the kit of an exercise, plain JSON.

`entry.kit(variant)` makes it, and `explore/_shared/judge.js` judges with it, to the same points and the same words as
`entry.judge`. A kit holds what depends on the exercise and its numbers: right values, how far an answer may lie off, and
every wrong value with its words. Each kind's `kit` says what it holds; all have kind, id, variant and points.

What speaks of mistakes has their words once. `say` lists them, and where they are used stands their place in that list:

    mistakes   [[slug, says, because, question, where the book explains it, how common], ...]; all but the first and the
               last are places in `say`. How common: 2 is looked for first, 1 too where it comes alone, 0 later

A mistake is named by its place in `mistakes`. A number that is not finite stands as "nan", "inf" or "-inf".
Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from ..mistakes import Mistake
from ..mistakes.scalar import MISTAKES
from .base import EXERCISES, Exercise, where
from .general_slips import CORE, NATURAL


class Words:
    """The words of one kit, or of several: each stored once, and found by its place.

    pairs   whether two slips together are to be told too (`ByHand`): most of a kit, and of the time that it takes
    """

    def __init__(self, pairs: bool = True) -> None:
        self.pairs = pairs
        self._say: dict[str, int] = {}
        self._mistakes: dict[tuple, int] = {}

    def place(self, text: str | None) -> int | None:
        """Where this text stands."""
        return None if text is None else self._say.setdefault(text, len(self._say))

    def mistake(self, mistake: Mistake, id: str) -> int:
        """Where this mistake stands, as it is told at the exercise of this id."""
        said = mistake.says, mistake.because, mistake.question, where(mistake, id)
        common = 2 if mistake.slug in CORE else 1 if mistake.slug in NATURAL or mistake.slug in MISTAKES else 0
        return self._mistakes.setdefault((mistake.slug, *map(self.place, said), common), len(self._mistakes))

    def collected(self) -> dict:
        """What a kit holds of them."""
        return {"say": list(self._say), "mistakes": [list(row) for row in self._mistakes]}


def kit_of(exercise: Exercise, kind: str, variant: str, **tables) -> dict:
    """A kit of this kind. `words`, if it is among the tables, gives its lists once everything else has been looked up."""
    words = tables.pop("words", None)
    head = {"kind": kind, "id": exercise.id, "variant": variant, "points": exercise.points}
    return {**head, **tables, **(words.collected() if words else {})}


def numbers(values: Iterable[float]) -> list[float | str]:
    """Numbers as JSON."""
    return [x if math.isfinite(x) else str(x) for x in values]


def pool(asked: Iterable[tuple[str, str]], pairs: bool = True) -> dict:
    """The kits of several exercises and variants, with the words of all of them once: {"say", "mistakes", "kits"}.

    asked    (id, variant), each one. The whole kit of pair k is {**kits[k], "say": say, "mistakes": mistakes}
    pairs    as in `Words`
    """
    words = Words(pairs)
    kits = [EXERCISES[id].kit(variant, words) for id, variant in asked]
    alone = [{key: part for key, part in kit.items() if key not in ("say", "mistakes")} for kit in kits]
    return {**words.collected(), "kits": alone}
