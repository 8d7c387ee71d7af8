"""A Value is a number that remembers how it was computed, so that derivatives can flow back to what it was made from.

Reading order: the table of local derivatives (`RULES`), the node (`Value`), the chain rule (`Value.backward`).
Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from numbers import Real
from operator import attrgetter


def _power(a: float, n: float) -> tuple[float, tuple[float, float]]:
    """a ** n, with n a ** (n - 1) for the base and a ** n log a for the exponent."""
    if a < 0 and not float(n).is_integer():
        raise ValueError(f"a negative base wants a whole exponent, got ({a!r}) ** {n!r}")
    if a == 0 and n < 0:
        raise ZeroDivisionError(f"0 ** {n!r} divides by zero")
    power = a**n
    if a != 0:
        to_base = n * a ** (n - 1)
    else:  # the slope at 0: none for n = 0, 1 for n = 1, infinite below 1, 0 above
        to_base = {0: 0.0, 1: 1.0}.get(n, math.inf if n < 1 else 0.0)
    return power, (to_base, power * math.log(a) if a > 0 else math.nan)


def _exp(a: float) -> tuple[float, tuple[float]]:
    try:
        e = math.exp(a)
    except OverflowError:
        raise OverflowError(f"exp({a!r}) is larger than any float64: exp wants at most 709.78") from None
    return e, (e,)


def _log(a: float) -> tuple[float, tuple[float]]:
    if a <= 0:
        raise ValueError(f"log wants a positive number, got {a!r}")
    return math.log(a), (1 / a,)


def _sigmoid(a: float) -> tuple[float, tuple[float]]:
    e = math.exp(-abs(a))  # never overflows, whichever side of zero a lies on
    s = 1 / (1 + e) if a >= 0 else e / (1 + e)
    return s, (s * (1 - s),)


def _tanh(a: float) -> tuple[float, tuple[float]]:
    t = math.tanh(a)
    return t, (1 - t * t,)


# What each operation gives, and how fast that changes when one input moves: (value, (local derivatives)).
# This table is all the calculus there is. At a kink we follow PyTorch: relu'(0) = 0, and max shares a tie.
RULES: dict[str, Callable] = {
    "+": lambda a, b: (a + b, (1.0, 1.0)),
    "-": lambda a, b: (a - b, (1.0, -1.0)),
    "*": lambda a, b: (a * b, (b, a)),
    "/": lambda a, b: (a / b, (1 / b, -a / b / b)),
    "**": _power,
    "neg": lambda a: (-a, (-1.0,)),
    "relu": lambda a: (a, (1.0,)) if a > 0 else (0.0, (0.0,)),
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "exp": _exp,
    "log": _log,
    "max": lambda a, b: (max(a, b), ((a > b) + (a == b) / 2, (b > a) + (a == b) / 2)),
}
ACTIVATIONS = ("relu", "sigmoid", "tanh")

_next_birth = count().__next__


def _one_sided(op: str, doc: str) -> Callable[[Value], Value]:
    """The method that applies a rule to one Value."""
    rule = RULES[op]

    def method(self: Value) -> Value:
        data, local_grads = rule(self.data)
        return Value(data, None, op, (self,), local_grads)

    method.__doc__ = doc
    return method


def _two_sided(op: str, doc: str | None = None) -> tuple[Callable, Callable]:
    """The methods for `self op other` and `other op self`; a plain number becomes a constant node."""
    rule = RULES[op]

    def method(self: Value, other: Value | float) -> Value:
        if not isinstance(other, Value):
            other = Value(as_float(other, f"the other side of {op!r}"), None, "const")
        data, local_grads = rule(self.data, other.data)
        return Value(data, None, op, (self, other), local_grads)

    def reflected(self: Value, other: float) -> Value:
        return method(Value(as_float(other, f"the other side of {op!r}"), None, "const"), self)

    method.__doc__ = doc
    return method, reflected


class Value:
    """A scalar node of a computational graph: compatible with micrograd's `Value`, without its recursion.

    data         the number itself (float)
    grad         d(output)/d(this), filled in by `output.backward()`; starts at 0.0
    parents      the Values this one was computed from
    local_grads  d(this)/d(parent), one number for each parent
    op           which of `RULES` made it: "leaf" for an input or parameter, "const" for a plain number
    name         what to call it in a trace, or None
    """

    __slots__ = ("_birth", "data", "grad", "local_grads", "name", "op", "parents")

    def __init__(self, data: float, name: str | None = None, op="leaf", parents=(), local_grads=()) -> None:
        self.data = data if type(data) is float else as_float(data)
        self.grad = 0.0
        self.op = op
        self.parents = parents
        self.local_grads = local_grads
        self.name = name
        self._birth = _next_birth()

    def backward(self, seed: float = 1.0) -> None:
        """Fill `grad` with d(self)/d(node), times `seed`, for every node that self was computed from.

        Leaves accumulate: a second call adds to what is there, so reset theirs between training steps.
        Nodes in between start afresh in each call, or the old pass would be counted again on its way back.
        """
        order = self.graph()
        for node in order:
            if node.parents:
                node.grad = 0.0
        self.grad += seed
        # Why newest first? A node may hand its gradient on only when it is complete, that is, after all
        # nodes that used it have paid in. Those are younger than it is: they could not be made before it.
        for node in reversed(order):
            upstream = node.grad
            for parent, local in zip(node.parents, node.local_grads):  # noqa: B905 (strict costs a tenth)
                parent.grad += upstream * local  # the chain rule; += because all paths count

    def graph(self) -> list[Value]:
        """All nodes that this one was computed from, itself included, oldest first (a topological order)."""
        found, waiting = {self}, [self]
        while waiting:  # a list, not recursion: Python stops recursing near depth 1,000
            for parent in waiting.pop().parents:
                if parent not in found:
                    found.add(parent)
                    waiting.append(parent)
        return sorted(found, key=attrgetter("_birth"))

    __add__, __radd__ = _two_sided("+")
    __sub__, __rsub__ = _two_sided("-")
    __mul__, __rmul__ = _two_sided("*")
    __truediv__, __rtruediv__ = _two_sided("/")
    __pow__, __rpow__ = _two_sided("**")
    __neg__ = _one_sided("neg", "-self")
    relu = _one_sided("relu", "max(0, self); the slope at 0 is taken as 0.")
    sigmoid = _one_sided("sigmoid", "1 / (1 + exp(-self)), computed so that neither side overflows.")
    tanh = _one_sided("tanh", "Hyperbolic tangent.")
    exp = _one_sided("exp", "e ** self; raises OverflowError above 709.78.")
    log = _one_sided("log", "Natural logarithm; raises ValueError at 0 and below.")
    max, _ = _two_sided("max", "The larger of the two; a tie shares the gradient, half each.")

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g}{name})"


def as_float(number, role: str = "a Value") -> float:
    """`number` as a float, or a TypeError that says what was given (bool and str are refused)."""
    if type(number) is float or type(number) is int:  # the usual case, kept quick
        return float(number)
    if isinstance(number, Real) and not isinstance(number, bool):
        return float(number)
    if getattr(number, "shape", None) == () and hasattr(number, "item"):  # a 0-d array or tensor
        return as_float(number.item(), role)
    raise TypeError(f"{role} wants one real number, got {type(number).__name__}: {str(number)[:60]!r}")


def values(**named: float) -> tuple[Value, ...]:
    """Leaves with names, in the order given: ``w1, b1 = values(w1=0.5, b1=0.0)``."""
    if not named:
        raise TypeError("values wants at least one name=number, as in values(w1=0.5, b1=0.0)")
    return tuple(Value(as_float(number, name), name=name) for name, number in named.items())
