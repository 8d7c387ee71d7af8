"""What exercises on scalar graphs share: reading gradients off a graph, and writing numbers as mathematics.

Standard library only.
"""

from __future__ import annotations

from functools import wraps

from ...engine.trace_table import fmt
from ...engine.value import Value, values
from ...mistakes.scalar import MISTAKES, true_outcome


def graph(program):
    """A graph builder from a program on Values: its arguments are the leaves, and it returns {name: node}, the loss last.

        @graph
        def parabola(x, c):
            return {"L": (x - c) ** 2}

    What comes out takes the exercise's numbers by name, and gives (loss, {name: Value}), leaves included.
    """
    names = program.__code__.co_varnames[: program.__code__.co_argcount]

    @wraps(program)
    def build(**numbers: float) -> tuple[Value, dict[str, Value]]:
        leaves = dict(zip(names, values(**{name: numbers[name] for name in names}), strict=True))
        made = program(**leaves)
        return list(made.values())[-1], leaves | made

    return build


def gradients(*names: str):
    """A reader of the gradients of these nodes."""
    return lambda outcome, nodes, numbers: [outcome.grads[nodes[name]] for name in names]


def symbol(name: str) -> str:
    """w1 as mathematics: w_1; what has its line already, such as w_p, stays as it is."""
    return f"{name[0]}_{name[1:]}" if name[1:] and "_" not in name else name


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
