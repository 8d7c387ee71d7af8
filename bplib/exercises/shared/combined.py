"""Slips made from others: in one of two numbers, or in both.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from ...mistakes import Mistake, at_once


def alone_and_together(
    solve: Callable, parts: Mapping[str, Sequence], words: Mapping[str, str] = MappingProxyType({})
) -> tuple[tuple[Mistake, Callable], ...]:
    """Slips in one of two numbers, and in both at once, as an exercise takes them for `slips`.

    solve   (**numbers) -> {name: right number}, for the two names in `parts`
    parts   name of a number -> (mistake, (**numbers) -> what it gives for this number) pairs. A mistake that stands
            in both is one mistake, where both numbers show it
    words   slug of two slips at once -> what is said of them, where the two clauses one after the other will not do
    """

    def program(**wrong):
        return lambda **numbers: solve(**numbers) | {name: found(**numbers) for name, found in wrong.items()}

    (one, first), (other, second) = parts.items()
    singles = [(m, program(**{name: found})) for name, pairs in parts.items() for m, found in pairs]

    def pair(a: Mistake, b: Mistake) -> Mistake:
        found = at_once(a, b)
        return found.worded(words[found.slug]) if found.slug in words else found

    both = [(pair(a, b), program(**{one: x, other: y})) for a, x in first for b, y in second]
    return (*singles, *both)
