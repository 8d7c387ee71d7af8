"""Slips made from others: in one of two numbers, or in both.

Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..mistakes import Mistake, at_once


def alone_and_together(solve: Callable, parts: Mapping[str, Sequence]) -> tuple[tuple[Mistake, Callable], ...]:
    """Slips in one of two numbers, and in both at once, as an exercise takes them for `slips`.

    solve   (**numbers) -> {name: right number}, for the two names in `parts`
    parts   name of a number -> (mistake, (**numbers) -> what it gives for this number) pairs. A mistake that stands
            in both is one mistake, where both numbers show it
    """

    def program(**wrong):
        return lambda **numbers: solve(**numbers) | {name: found(**numbers) for name, found in wrong.items()}

    (one, first), (other, second) = parts.items()
    singles = [(m, program(**{name: found})) for name, pairs in parts.items() for m, found in pairs]
    both = [(at_once(a, b), program(**{one: x, other: y})) for a, x in first for b, y in second]
    return (*singles, *both)
