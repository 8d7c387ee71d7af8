"""What exercises on scalar graphs share: reading gradients off a graph, and writing numbers as mathematics.

Standard library only.
"""

from __future__ import annotations

from ...checking.rounding import LAST_ROUNDING, rounding_error
from ...engine.trace_table import fmt
from ...mistakes.scalar import MISTAKES, true_outcome


def gradients(*names: str):
    """A reader of the gradients of these nodes."""
    return lambda outcome, nodes, numbers: [outcome.grads[nodes[name]] for name in names]


def tolerance_of(build, *wanted: str):
    """How far honest rounding may shift each of these: "dL/dw1" is a gradient, "L" a value."""

    def tolerance(numbers):
        loss, nodes = build(**numbers)
        found = rounding_error(loss)
        return [found[nodes[w.removeprefix("dL/d")]].grad if "/" in w else found[nodes[w]].data for w in wanted]

    return lambda numbers: [r + LAST_ROUNDING for r in tolerance(numbers)]


def symbol(name: str) -> str:
    """w1 as mathematics: w_1."""
    return f"{name[0]}_{name[1:]}" if name[1:] else name


def listed(numbers: dict[str, float]) -> str:
    """The numbers as a line of mathematics: $x = 2.5$, $w_1 = 0.5$."""
    return ", ".join(f"${symbol(name)} = {fmt(value)}$" for name, value in numbers.items())


def partial_derivative(name: str) -> str:
    return f"\\partial L/\\partial {symbol(name)}"


def slips_on(build, numbers, name: str, slugs) -> tuple[float, list]:
    """The gradient of this value, and for each slip (what it does, what it gives, its slug)."""
    loss, nodes = build(**numbers)
    return true_outcome(loss).grads[nodes[name]], [
        (MISTAKES[slug].says, MISTAKES[slug].run(loss, 0.1).grads[nodes[name]], slug) for slug in slugs
    ]
