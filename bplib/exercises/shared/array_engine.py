"""Chapter 15's engine on arrays, in parts, so that one of them can be replaced by a wrong one (`array_engine`)."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

from .ladder import newest_first


def unbroadcast(g, to) -> np.ndarray:
    """g, summed over the axes along which an array of shape `to` was repeated."""
    if g.shape == to:
        return g
    new = g.ndim - len(to)
    stretched = [new + i for i, n in enumerate(to) if n == 1]
    return g.sum(axis=(*range(new), *stretched)).reshape(to)


def ties(a) -> np.ndarray:
    """Which entries of each row are its maximum; the k entries of a tie get 1/k each."""
    hit = (a == a.max(axis=-1, keepdims=True)) * 1.0
    return hit / hit.sum(axis=-1, keepdims=True)


def scatter(g, rows, to) -> np.ndarray:
    """Zeros of shape `to`, with each row of g added in where it was taken from."""
    out = np.zeros(to)
    np.add.at(out, rows, g)
    return out


def spread(g, axis, to) -> np.ndarray:
    """What a sum along an axis sends back: g, once for each number that was added up."""
    return (g if axis is None else np.expand_dims(g, axis)) * np.ones(to)


RULES: dict[str, Callable] = {  # what an operation gives, and for each parent a VJP
    "add": lambda a, b: (a + b, (lambda g: g, lambda g: g)),
    "mul": lambda a, b: (a * b, (lambda g: g * b, lambda g: g * a)),
    "matmul": lambda a, b: (a @ b, (lambda g: g @ b.T, lambda g: a.T @ g)),
    "sum": lambda a, axis=None: (a.sum(axis), (lambda g: spread(g, axis, a.shape),)),
    "max": lambda a: (a.max(axis=-1), (lambda g: g[..., None] * ties(a),)),
    "relu": lambda a: (np.maximum(a, 0), (lambda g: g * (a > 0),)),
    "getitem": lambda a, rows: (a[rows], (lambda g: scatter(g, rows, a.shape),)),
}


def add_up(parent, share) -> None:
    parent.grad = parent.grad + share


def last_only(parent, share) -> None:
    parent.grad = share


def uncopied(parent, share) -> None:
    """The first share becomes the gradient itself, and the next is added into that very array."""
    if parent.grad is parent.nothing:
        parent.grad = share
    else:
        parent.grad += share


def reset_inner(order) -> None:
    for node in order:
        if node.parents:
            node.nothing = node.grad = np.zeros_like(node.data)


PARTS: dict[str, Callable] = {
    "data": lambda data: np.array(data, float),
    "undo": unbroadcast,
    "arrive": add_up,
    "reset": reset_inner,
    "order": newest_first,
    "seed": lambda self: np.ones(self.data.shape),
}


def array_engine(rules: dict | None = None, **parts) -> type:
    """An engine on arrays with some of its RULES and PARTS replaced."""
    p, table = SimpleNamespace(**(PARTS | parts)), RULES | (rules or {})

    class Value:
        def __init__(self, data, parents=(), vjps=()):
            self.data = p.data(data)
            self.nothing = self.grad = np.zeros_like(self.data)
            self.parents, self.vjps = parents, vjps

        def backward(self):
            order = p.order(self)
            p.reset(order)
            self.grad = p.seed(self)
            for node in order:
                for parent, vjp in zip(node.parents, node.vjps, strict=True):
                    p.arrive(parent, p.undo(vjp(node.grad), parent.data.shape))

    def binary(name: str) -> Callable:
        def operation(self, other):
            other = other if isinstance(other, Value) else Value(other)
            data, vjps = table[name](self.data, other.data)
            return Value(data, (self, other), vjps)

        return operation

    def unary(name: str) -> Callable:
        def operation(self, *settings):
            data, vjps = table[name](self.data, *settings)
            return Value(data, (self,), vjps)

        return operation

    for name in ("add", "mul", "matmul"):
        setattr(Value, f"__{name}__", binary(name))
    for name in ("sum", "max", "relu"):
        setattr(Value, name, unary(name))
    Value.__getitem__ = unary("getitem")
    return Value
