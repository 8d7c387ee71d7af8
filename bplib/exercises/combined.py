"""Slips made from others: the right results in a wrong order, and two slips at once.

Standard library only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ..mistakes import Mistake


def in_another_order(asks: Sequence[str], solve: Callable) -> tuple[tuple[Mistake, Callable], ...]:
    """The right outputs in every wrong order, as an exercise takes them for `slips`; `solve` gives them by name."""
    mistake = Mistake(
        "another-order",
        "the right results are returned in another order than the one asked for",
        "It is tempting because the pass finds them in an order of its own.",
        "In which order does the exercise ask for the results?",
        None,
    )

    def program(order):
        def run(*inputs):
            right = solve(*inputs)
            return {name: right[other] for name, other in zip(asks, order, strict=True)}

        return run

    return tuple((mistake, program(order)) for order in itertools.permutations(asks) if order != tuple(asks))


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


def at_once(a: Mistake, b: Mistake) -> Mistake:
    """Two mistakes made at once; the same one twice is one."""
    return a if a == b else replace(a, slug=f"{a.slug}-and-{b.slug}", says=f"{a.says}, and {b.says}")
