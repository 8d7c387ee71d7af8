"""How far an honest trace by hand may lie from the exact one, when every number in it is rounded.

Each rounded number carries an error of at most half a unit in its last decimal, and hands it on. This module adds
up the worst case, so that a check can accept every honest rounding and nothing more. Standard library only.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple

from ..engine.value import RULES, Value
from ..mistakes.scalar import backward_pass

LAST_ROUNDING = 0.0005  # half a unit in the third decimal: the last rounding, of the answer itself


class Slack(NamedTuple):
    """The largest honest error of a node's value and of its gradient."""

    data: float
    grad: float


def rounding_error(loss: Value, decimals: int = 3) -> dict[Value, Slack]:
    """The worst case for every node, when values, local derivatives and gradients are each rounded to `decimals`.

    Leaves and constants are given exactly. Errors are carried on to first order for values and products, and the
    local derivatives are tried at every corner of what their inputs may be.
    """
    half = 0.5 * 10.0**-decimals
    order = loss.graph()
    data = dict.fromkeys(order, 0.0)
    locals_: dict[Value, list[float]] = {}
    for node in order:
        if node.parents:
            pairs = zip(node.parents, node.local_grads, strict=True)
            carried = sum(abs(local) * data[p] for p, local in pairs if data[p])
            data[node] = carried + half
            locals_[node] = [error + half for error in _local_errors(node, data)]
    grad, upstream = dict.fromkeys(order, 0.0), backward_pass(loss)
    for node in reversed(order):
        for parent, local, error in zip(node.parents, node.local_grads, locals_.get(node, ()), strict=True):
            exact = node.op in ("+", "-", "neg")  # their local derivatives are 1 or -1: nothing to round
            fraction = abs(local) * grad[node] + (0.0 if exact else abs(upstream[node]) * error + half)
            grad[parent] += fraction
    return {node: Slack(data[node], grad[node]) for node in order}


def _local_errors(node: Value, data: dict[Value, float]) -> list[float]:
    """How far each local derivative moves when the inputs move by as much as they may."""
    inputs = [[p.data - data[p], p.data + data[p]] if data[p] else [p.data] for p in node.parents]
    corners = [RULES[node.op](*corner)[1] for corner in product(*inputs)]
    return [max(abs(c[i] - local) for c in corners) for i, local in enumerate(node.local_grads)]
