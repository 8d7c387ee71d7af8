"""Contenders that go number by number: micrograd's moons demo, and a chain as deep as one likes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from measure import Contender

from bplib.engine.straightline import emit
from bplib.engine.value import Value
from bplib.nn.data import two_moons

SIZES = (2, 16, 16, 1)


def _micrograd():
    from micrograd.engine import Value  # a peer, optional: imported where it is used

    return Value


class Moons:
    """The demo with either engine: the same lines of Python, so that only the engine differs."""

    def __init__(self, kind: Callable, points: int) -> None:
        X, T = two_moons(points, rng=np.random.default_rng(1))
        self.kind, self.X, self.t = kind, X.tolist(), (2 * T[:, 0] - 1).tolist()
        draw = random.Random(1337)
        self.net = [[([kind(draw.uniform(-1, 1)) for _ in range(n)], kind(0.0)) for _ in range(m)]
                    for n, m in pairwise(SIZES)]  # fmt: skip
        self.params = [p for layer in self.net for w, b in layer for p in (*w, b)]

    def score(self, row: list[float]):
        a = [self.kind(x) for x in row]
        for layer in self.net:
            z = [sum((wi * ai for wi, ai in zip(w, a, strict=True)), b) for w, b in layer]
            a = [n.relu() for n in z]
        return z[0]  # the last layer is linear

    def loss(self):
        """The hinge loss with a penalty on large weights, as in the demo."""
        hinges = [(1 + -t * self.score(row)).relu() for row, t in zip(self.X, self.t, strict=True)]
        return sum(hinges) * (1 / len(hinges)) + 1e-4 * sum(p * p for p in self.params)

    def gradient(self) -> None:
        for p in self.params:
            p.grad = 0.0
        self.loss().backward()

    def answer(self) -> np.ndarray:
        self.gradient()
        return np.array([p.grad for p in self.params])


def value(points: int) -> Contender:
    moons = Moons(Value, points)
    return Contender(moons.gradient, moons.answer)


def value_forward(points: int) -> Contender:
    return Contender(Moons(Value, points).loss)


def emitted(points: int) -> Contender:
    """The same graph written out once as plain Python; only running it is timed. The points are constants in it."""
    moons = Moons(Value, points)
    gradient = emit(moons.loss(), *moons.params)
    numbers = [p.data for p in moons.params]
    return Contender(lambda: gradient(*numbers), lambda: np.array(gradient(*numbers)[1]))


def micrograd(points: int) -> Contender:
    moons = Moons(_micrograd(), points)
    return Contender(moons.gradient, moons.answer)


def nodes(points: int) -> int:
    """How many nodes the demo's graph has."""
    return len(Moons(Value, points).loss().graph())


def value_chain(depth: int) -> Contender:
    """A chain of neurons: as long as it is deep, so that the cost should grow in proportion."""
    x, w, b = Value(0.5), Value(0.9), Value(0.1)

    def gradient() -> None:
        x.grad = w.grad = b.grad = 0.0
        a = x
        for _ in range(depth):
            a = (w * a + b).tanh()
        a.backward()

    def answer() -> np.ndarray:
        gradient()
        return np.array([w.grad, b.grad])

    return Contender(gradient, answer)


def floats_chain(depth: int) -> Contender:
    """The same chain without an engine: forward and backward written out, in plain floats."""

    def gradient() -> np.ndarray:
        w, b, a = 0.9, 0.1, [0.5]
        for _ in range(depth):
            a.append(math.tanh(w * a[-1] + b))
        up, dw, db = 1.0, 0.0, 0.0
        for i in range(depth, 0, -1):
            dz = up * (1 - a[i] * a[i])
            dw, db, up = dw + dz * a[i - 1], db + dz, dz * w
        return np.array([dw, db])

    return Contender(gradient, gradient)


def deepest(engine: str, up_to: int) -> int:
    """The longest chain of sums, of the lengths up_to / 10^k and then by halving, whose backward pass succeeds."""
    kind = Value if engine == "bplib" else _micrograd()

    def survives(depth: int) -> bool:
        x = total = kind(1.0)
        for _ in range(depth):
            total = total + 1.0
        try:
            total.backward()
        except RecursionError:
            return False
        return x.grad == 1.0

    low, high = 0, up_to
    if survives(up_to):
        return up_to
    while not survives(high // 10):
        high //= 10
    low = high // 10
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if survives(middle) else (low, middle)
    return low
