"""A Value is a number that remembers how it was computed, so that derivatives can flow back to what it was made from.

Reading order: the table of local derivatives (`RULES`), the node (`Value`), the chain rule (`Value.backward`).
A node of more than two parents is a `WideValue`.
Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import count
from numbers import Real
from operator import attrgetter, eq, ge, gt, le, lt, ne


def _divide(a: float, b: float) -> tuple[float, tuple[float, float]]:
    if b == 0:
        raise ZeroDivisionError(f"{a!r} / {b!r} divides by zero")
    return a / b, (1 / b, -a / b / b)


def _power(a: float, n: float) -> tuple[float, tuple[float, float]]:
    """a ** n, with n a ** (n - 1) for the base and a ** n log a for the exponent."""
    if a == 0 and n < 0:
        raise ZeroDivisionError(f"{a!r} ** {n!r} divides by zero")
    try:
        power = a**n
    except OverflowError:
        raise OverflowError(f"({a!r}) ** {n!r} is larger than any float64, 1.8e308") from None
    if isinstance(power, complex):
        raise ValueError(f"a negative base wants a whole exponent, got ({a!r}) ** {n!r}")
    if a > 0:
        to_exponent = power * math.log(a)
    else:  # 0 ** n stays 0 when n moves; below 0 there is nothing between the whole exponents
        to_exponent = 0.0 if a == 0 and n >= 0 else math.nan
    return power, (0.0 if n == 0 else n * _steep(a, n - 1), to_exponent)


def _steep(a: float, n: float) -> float:
    """a ** n, infinite where that is too large: a slope may be, as that of sqrt at 0, where the value is not."""
    try:
        return a**n
    except (OverflowError, ZeroDivisionError):
        return math.copysign(math.inf, a if n % 2 == 1 else 1)


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


def _sin(a: float) -> tuple[float, tuple[float]]:
    if math.isinf(a):
        raise ValueError(f"sin and cos want a finite number, got {a!r}")
    return math.sin(a), (math.cos(a),)


def _cos(a: float) -> tuple[float, tuple[float]]:
    sine, (cosine,) = _sin(a)
    return cosine, (-sine,)


def _sigmoid(a: float) -> tuple[float, tuple[float]]:
    e = math.exp(-abs(a))  # never overflows, whichever side of zero a lies on
    s = 1 / (1 + e) if a >= 0 else e / (1 + e)
    return s, (s * (1 - s),)


def _tanh(a: float) -> tuple[float, tuple[float]]:
    t = math.tanh(a)
    return t, (1 - t * t,)


def _max(a: float, b: float) -> tuple[float, tuple[float, float]]:
    return (a if a > b or a != a else b), (share(b, a), share(a, b))  # a != a: only NaN differs from itself


def _min(a: float, b: float) -> tuple[float, tuple[float, float]]:
    return (a if a < b or a != a else b), (share(a, b), share(b, a))


def share(low: float, high: float) -> float:
    """What `high` gets for being the larger: nothing if it is not, half of a tie."""
    return 0.0 if high < low else 0.5 if high == low else 1.0


# What each operation gives, and how fast that changes when one input moves: (value, (local derivatives)).
# This table is all the calculus there is. At a kink and at NaN we follow PyTorch: relu'(0) = abs'(0) = 0, max and min
# share a tie. Where Python's own floats and `math` raise, so does an operation (see `Value`).
RULES: dict[str, Callable] = {
    "+": lambda a, b: (a + b, (1.0, 1.0)),
    "-": lambda a, b: (a - b, (1.0, -1.0)),
    "*": lambda a, b: (a * b, (b, a)),
    "/": _divide,
    "**": _power,
    "neg": lambda a: (-a, (-1.0,)),
    "abs": lambda a: (abs(a), (float((a > 0) - (a < 0)),)),
    "relu": lambda a: (0.0, (0.0,)) if a <= 0 else (a, (1.0,)),
    "sigmoid": _sigmoid,
    "tanh": _tanh,
    "exp": _exp,
    "log": _log,
    "sin": _sin,
    "cos": _cos,
    "max": _max,
    "min": _min,
}
ACTIVATIONS = ("relu", "sigmoid", "tanh")

_next_birth, _new = count(1).__next__, object.__new__


def _node(data: float, op: str, left: Value, dleft: float, right: Value | None = None, dright: float = 0.0) -> Value:
    """What an operation makes: `Value(data, None, op, parents, local_grads)`, without the tuples and the checks."""
    node = _new(Value)
    node.data, node.grad = data, 0.0
    node.op, node.name = op, None
    node.left, node.dleft = left, dleft
    node.right, node.dright = right, dright
    node._birth, node._seen = _next_birth(), 0
    return node


def _constant(number: float, op: str) -> Value:
    return Value(as_float(number, f"the other side of {op!r}"), None, "const")


def _one_sided(op: str, doc: str) -> Callable[[Value], Value]:
    """The method that applies a rule to one Value."""
    rule = RULES[op]

    def method(self: Value) -> Value:
        data, (slope,) = rule(self.data)
        return _node(data, op, self, slope)

    method.__doc__ = doc
    return method


def _two_sided(op: str, doc: str | None = None) -> tuple[Callable, Callable]:
    """The methods for `self op other` and `other op self`; a plain number becomes a constant node."""
    rule = RULES[op]

    def method(self: Value, other: Value | float) -> Value:
        if not isinstance(other, Value):
            other = _constant(other, op)
        data, (dleft, dright) = rule(self.data, other.data)
        return _node(data, op, self, dleft, other, dright)

    def reflected(self: Value, other: float) -> Value:
        return method(_constant(other, op), self)

    method.__doc__ = doc
    return method, reflected


def _compare(compare: Callable) -> Callable:
    """The method that compares the number with another Value's, or with a plain one."""

    def method(self: Value, other: Value | float) -> bool:
        if isinstance(other, Value):
            return compare(self.data, other.data)
        return compare(self.data, other) if isinstance(other, Real) else NotImplemented

    return method


class Value:
    """A number in a computational graph, which remembers what it was computed from.

    data         the number itself (float)
    grad         d(output)/d(this), filled in by `output.backward()`; starts at 0.0
    left, right  the Values this one was computed from: None for a leaf, `left` alone after exp(left)
    dleft, dright   the local derivatives d(this)/d(left) and d(this)/d(right)
    parents      left and right as a tuple of 0 to 2; a `WideValue` has any number
    local_grads  d(this)/d(parent), one number for each parent
    op           which of `RULES` made it: "leaf" for an input or parameter, "const" for a plain number
    name         what to call it in a trace, or None

    Numbers: where Python's floats and `math` raise (1 / 0, 1e200 ** 2, (-8) ** 0.5, log(0), exp(800), sin(inf)), an
    operation raises too, for a NaN or an infinity would be met only many steps later; tensors, like PyTorch's, give
    these. NaN and infinity themselves go through.
    Comparisons (==, <, ...), bool() and formats as in `f"{loss:.3f}"` ask the number. As with PyTorch's tensors, sets
    and dicts tell nodes apart, not numbers: two Values that are == may both be in a set. `x in list` uses ==.
    float(), int(), round() and the functions of `math` are refused: their result would have no past, and no gradient
    would flow back; `.data` says that this is meant. `w -= 0.1 * w.grad` makes a new node called w, as in micrograd,
    and leaves the old one as it was, in a list for instance; a step in place is `w.data -= 0.1 * w.grad`.
    Leaves can be copied and pickled; a node on the way cannot: save its leaves, and compute it again.
    Of micrograd's `Value`, the operators, relu, tanh, exp, log, `data`, `grad` and `backward()` are here under the same
    names. Different: no `_prev`, `_op`, `label` (here `parents`, `op`, `name`); the second argument is the name; nodes on
    the way start afresh in each `backward()`, which does not recurse.
    """

    # Slots, one object a node: with tuples of parents and derivatives Python's garbage collector has three to look at.
    __slots__ = ("_birth", "_seen", "data", "dleft", "dright", "grad", "left", "name", "op", "right")

    def __init__(self, data: float, name: str | None = None, op="leaf", parents=(), local_grads=()) -> None:
        if name is not None and not isinstance(name, str):  # micrograd's second argument are the parents
            raise TypeError(f"the name of a Value wants to be a string, got {type(name).__name__}: {str(name)[:60]!r}")
        self.data = data if type(data) is float else as_float(data)
        if len(parents) != len(local_grads):
            raise ValueError(
                f"expected one local derivative for each parent, got {len(local_grads)} for {len(parents)}"
            )
        self.grad, self.op, self.name = 0.0, op, name
        self._birth, self._seen = _next_birth(), 0
        self._keep(parents, local_grads)

    def _keep(self, parents, local_grads) -> None:
        if len(parents) > 2:
            raise ValueError(f"expected at most two parents, got {len(parents)}: WideValue takes any number")
        self.left, self.right = (*parents, None, None)[:2]
        self.dleft, self.dright = (*local_grads, 0.0, 0.0)[:2]

    @property
    def parents(self) -> tuple[Value, ...]:
        """The Values this one was computed from."""
        return () if self.left is None else (self.left,) if self.right is None else (self.left, self.right)

    @property
    def local_grads(self) -> tuple[float, ...]:
        """d(this)/d(parent), one number for each parent."""
        return (self.dleft, self.dright)[: len(self.parents)]

    def backward(self, seed: float = 1.0) -> None:
        """Fill `grad` with d(self)/d(node), times `seed`, for every node that self was computed from.

        Leaves accumulate: a second call adds to what is there, so reset theirs between training steps.
        Nodes in between start afresh in each call, or the old pass would be counted again on its way back.
        An infinite upstream gradient times a slope of 0 is NaN, as in any product of floats.
        """
        order = self.graph()
        for node in order:
            if node.left is not None or node.parents:
                node.grad = 0.0
        self.grad += as_float(seed, "the seed of backward")
        # Why newest first? A node may hand its gradient on only when it is complete, that is, after all
        # nodes that used it have paid in. Those are younger than it is: they could not be made before it.
        for node in reversed(order):
            left, right, upstream = node.left, node.right, node.grad
            if left is not None:
                left.grad += upstream * node.dleft  # the chain rule; += because all paths count
                if right is not None:
                    right.grad += upstream * node.dright
            else:  # a leaf, which has no parents, or a WideValue
                for parent, local in zip(node.parents, node.local_grads, strict=True):
                    parent.grad += upstream * local

    def graph(self) -> list[Value]:
        """All nodes that this one was computed from, itself included, oldest first (a topological order).

        Nodes are marked on the way, so two threads must not walk one graph at the same time.
        """
        mark = self._seen = _next_birth()  # a number that no other walk has
        found, waiting = [], [self]
        while waiting:  # a list, not recursion: Python stops recursing near depth 1,000
            node = waiting.pop()
            found.append(node)
            left, right = node.left, node.right
            for parent in (left, right) if left is not None else node.parents:
                if parent is not None and parent._seen != mark:
                    parent._seen = mark
                    waiting.append(parent)
        found.reverse()  # nearly sorted by now, which makes sorting cheap
        found.sort(key=attrgetter("_birth"))
        return found

    # Sums and products are most of any graph, so they are written out; all others go by the table.

    def __add__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            other = _constant(other, "+")
        return _node(self.data + other.data, "+", self, 1.0, other, 1.0)

    def __mul__(self, other: Value | float) -> Value:
        if not isinstance(other, Value):
            other = _constant(other, "*")
        return _node(self.data * other.data, "*", self, other.data, other, self.data)

    def __radd__(self, other: float) -> Value:
        return _constant(other, "+") + self

    def __rmul__(self, other: float) -> Value:
        return _constant(other, "*") * self

    __sub__, __rsub__ = _two_sided("-")
    __truediv__, __rtruediv__ = _two_sided("/")
    __pow__, __rpow__ = _two_sided("**")
    __neg__ = _one_sided("neg", "-self")
    abs = __abs__ = _one_sided("abs", "The distance from 0; the slope at 0 is taken as 0.")
    relu = _one_sided("relu", "max(0, self); the slope at 0 is taken as 0.")
    sigmoid = _one_sided("sigmoid", "1 / (1 + exp(-self)), computed so that neither side overflows.")
    tanh = _one_sided("tanh", "Hyperbolic tangent.")
    exp = _one_sided("exp", "e ** self; raises OverflowError above 709.78.")
    log = _one_sided("log", "Natural logarithm; raises ValueError at 0 and below.")
    sin = _one_sided("sin", "Sine of an angle in radians; raises ValueError at infinity.")
    cos = _one_sided("cos", "Cosine of an angle in radians; raises ValueError at infinity.")
    max, _ = _two_sided("max", "The larger of the two; a tie shares the gradient, half each.")
    min, _ = _two_sided("min", "The smaller of the two; a tie shares the gradient, half each.")

    __eq__, __ne__, __lt__, __le__, __gt__, __ge__ = map(_compare, (eq, ne, lt, le, gt, ge))
    __hash__ = object.__hash__  # by node: graphs are sets of nodes, whatever their numbers are

    def __bool__(self) -> bool:
        return bool(self.data)

    def __format__(self, form: str) -> str:
        return format(self.data, form) if form else repr(self)

    def __float__(self):
        raise TypeError("a Value does not turn into a plain number by itself, for no gradient would flow back: "
                        "write v.data if that is meant, and v.exp() for math.exp(v)")  # fmt: skip

    __int__ = __round__ = __float__

    def __reduce__(self):
        """What `copy` and `pickle` need: a leaf is its number, its name and its gradient."""
        if self.parents:
            raise TypeError(f"only leaves can be copied and pickled, and {self!r} was computed by {self.op!r}: "
                            "save its leaves, and compute it again")  # fmt: skip
        return Value, (self.data, self.name, self.op), (None, {"grad": self.grad})

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Value(data={self.data:.6g}, grad={self.grad:.6g}{name})"


class WideValue(Value):
    """A Value of any number of parents, say a dot product as one node: ``WideValue(data, None, "dot", parents, slopes)``.

    It keeps `parents` and `local_grads` as tuples, in place of left, right, dleft and dright.
    """

    __slots__ = ("local_grads", "parents")

    def _keep(self, parents, local_grads) -> None:
        self.left = self.right = self.dleft = self.dright = None
        self.parents, self.local_grads = tuple(parents), tuple(local_grads)


def as_float(number, role: str = "a Value") -> float:
    """`number` as a float, or a TypeError that says what was given (bool and str are refused)."""
    if type(number) is float or type(number) is int:  # the usual case, kept quick
        return float(number)
    if isinstance(number, Real) and not isinstance(number, bool):
        return float(number)
    if getattr(number, "shape", None) == () and hasattr(number, "item") and not getattr(number, "requires_grad", False):
        # a 0-d array, or a tensor from which no gradient could be lost
        return as_float(number.item(), role)
    raise TypeError(f"{role} wants one real number, got {type(number).__name__}: {str(number)[:60]!r}")


def values(**named: float) -> tuple[Value, ...]:
    """Leaves with names, in the order given: ``w1, b1 = values(w1=0.5, b1=0.0)``."""
    if not named:
        raise TypeError("values wants at least one name=number, as in values(w1=0.5, b1=0.0)")
    return tuple(Value(as_float(number, name), name=name) for name, number in named.items())
