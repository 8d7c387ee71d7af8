"""Contenders that go number by number: micrograd's moons demo, and a chain as deep as one likes."""

from __future__ import annotations

import gc
import math
import random
from collections.abc import Callable
from itertools import pairwise

import numpy as np
from measure import Contender

from bplib.engine.steps import Taped, write_down
from bplib.engine.straightline import emit
from bplib.engine.value import Value, WideValue
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

    def score(self, row: list):
        a = [self.kind(x) for x in row]
        for layer in self.net:
            z = [self.neuron(w, a, b) for w, b in layer]
            a = [n.relu() for n in z]
        return z[0]  # the last layer is linear

    @staticmethod
    def neuron(w: list, a: list, b):
        return sum((wi * ai for wi, ai in zip(w, a, strict=True)), b)

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


# ---------------------------------------------------------------- chapter 17's ladder: the same gradient, step by step


class Tuples:
    """A number as chapter 14 builds it, with its parents and slopes in tuples, and no more operations than the demo needs."""

    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = data, 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Tuples) else Tuples(other)
        return Tuples(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Tuples) else Tuples(other)
        return Tuples(self.data * other.data, (self, other), (other.data, self.data))

    __radd__, __rmul__ = __add__, __mul__

    def relu(self):
        return Tuples(max(0.0, self.data), (self,), (float(self.data > 0),))

    def order(self) -> list:
        found, seen, waiting = [], set(), [(self, False)]
        while waiting:
            node, complete = waiting.pop()
            if complete:
                found.append(node)
            elif node not in seen:
                seen.add(node)
                waiting.append((node, True))
                waiting += [(parent, False) for parent in node.parents]
        return found[::-1]

    def backward(self):
        nodes = self.order()
        for node in nodes:
            if node.parents:
                node.grad = 0.0
        self.grad = 1.0
        for node in nodes:
            for parent, slope in zip(node.parents, node.slopes, strict=True):
                parent.grad += node.grad * slope


class Closures:
    """A number with closures, as in micrograd: its result encloses how to go back, and is itself enclosed there."""

    def __init__(self, data, parents=()):
        self.data, self.grad, self.back = data, 0.0, None
        self.parents = set(parents)

    def __add__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)
        out = Closures(self.data + other.data, (self, other))

        def back():
            self.grad += out.grad
            other.grad += out.grad

        out.back = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Closures) else Closures(other)
        out = Closures(self.data * other.data, (self, other))

        def back():
            self.grad += out.grad * other.data
            other.grad += out.grad * self.data

        out.back = back
        return out

    def relu(self):
        out = Closures(max(0.0, self.data), (self,))

        def back():
            self.grad += out.grad * (out.data > 0)

        out.back = back
        return out

    __radd__, __rmul__, order = __add__, __mul__, Tuples.order

    def backward(self):
        self.grad = 1.0
        for node in self.order():
            if node.back:
                node.back()


class Uncircled:
    """The same, but a closure is handed its gradient and does not enclose its result: nothing refers back to itself."""

    def __init__(self, data, parents=()):
        self.data, self.grad, self.back = data, 0.0, None
        self.parents = set(parents)

    def __add__(self, other):
        other = other if isinstance(other, Uncircled) else Uncircled(other)
        out = Uncircled(self.data + other.data, (self, other))

        def back(grad):
            self.grad += grad
            other.grad += grad

        out.back = back
        return out

    def __mul__(self, other):
        other = other if isinstance(other, Uncircled) else Uncircled(other)
        out = Uncircled(self.data * other.data, (self, other))

        def back(grad):
            self.grad += grad * other.data
            other.grad += grad * self.data

        out.back = back
        return out

    def relu(self):
        out = Uncircled(max(0.0, self.data), (self,))

        def back(grad):
            self.grad += grad * (self.data > 0)

        out.back = back
        return out

    __radd__, __rmul__, order = __add__, __mul__, Tuples.order

    def backward(self):
        self.grad = 1.0
        for node in self.order():
            if node.back:
                node.back(node.grad)


class Dots(Moons):
    """The demo with one line changed: a neuron's sum is one node."""

    @staticmethod
    def neuron(w: list, a: list, b):
        value = b.data
        for wi, ai in zip(w, a, strict=True):
            value += wi.data * ai.data
        slopes = [*[ai.data for ai in a], *[wi.data for wi in w], 1.0]
        return WideValue(value, None, "dot", [*w, *a, b], slopes)


def tuples(points: int) -> Contender:
    moons = Moons(Tuples, points)
    return Contender(moons.gradient, moons.answer)


def closures(points: int) -> Contender:
    moons = Moons(Closures, points)
    return Contender(moons.gradient, moons.answer)


def uncircled(points: int) -> Contender:
    moons = Moons(Uncircled, points)
    return Contender(moons.gradient, moons.answer)


def tape(points: int) -> Contender:
    moons = Moons(Taped, points)
    return Contender(moons.gradient, moons.answer)


def dots(points: int) -> Contender:
    moons = Dots(Value, points)
    return Contender(moons.gradient, moons.answer)


def one_example(moons: Moons) -> Callable:
    """The text of a single hinge, made from a graph of one example; the penalty is added by those who call it."""
    x1, x2, sign = (Value(number) for number in (0.5, 0.5, -1.0))
    moons.kind = lambda x: x  # the inputs are nodes already
    return write_down((1 + sign * moons.score([x1, x2])).relu(), moons.params, [x1, x2, sign])


def written(points: int) -> Contender:
    """One example written down, and run on each row; writing and compiling are not timed."""
    moons = Moons(Value, points)
    gradient, numbers = one_example(moons), [p.data for p in moons.params]
    rows = [(*row, -t) for row, t in zip(moons.X, moons.t, strict=True)]

    def step() -> list[float]:
        return [d / points + 2e-4 * w for d, w in zip(gradient(rows, *numbers), numbers, strict=True)]

    return Contender(step, lambda: np.array(step()))


def columns(points: int) -> Contender:
    """The same text, run once on whole columns."""
    moons = Moons(Value, points)
    gradient, numbers = one_example(moons), [p.data for p in moons.params]
    table, weights = [(*np.array(moons.X).T, -np.array(moons.t))], np.array(numbers)

    def step() -> np.ndarray:
        return np.array(gradient(table, *numbers)).sum(axis=1) / points + 2e-4 * weights

    return Contender(step, step)


def _arrays(points: int) -> tuple:
    """X (points, 2), t (points, 1), and W1, b1, W2, ... of the demo; `flat` puts gradients in the order of the demo."""
    moons = Moons(float, points)
    layers = [(np.array([w for w, _ in layer]).T, np.array([b for _, b in layer])) for layer in moons.net]
    return np.array(moons.X), np.array(moons.t)[:, None], layers


def _flat(grads: list[tuple]) -> np.ndarray:
    return np.concatenate([np.vstack([np.asarray(dW), np.asarray(db)[None]]).T.ravel() for dW, db in grads])


def batch(points: int) -> Contender:
    """The demo on arrays, written by hand as in chapter 8."""
    X, t, layers = _arrays(points)

    def step() -> list[tuple]:
        A = [X]
        for W, b in layers[:-1]:
            A.append(np.maximum(A[-1] @ W + b, 0))
        W, b = layers[-1]
        dZ, grads = -t * (t * (A[-1] @ W + b) < 1) / points, []
        for W, b in reversed(layers):
            grads.append((A[-1].T @ dZ + 2e-4 * W, dZ.sum(axis=0) + 2e-4 * b))
            dZ = (dZ @ W.T) * (A.pop() > 0)
        return grads[::-1]

    return Contender(step, lambda: _flat(step()))


def _loss(xp, layers, X, t):
    A = X
    for i, (W, b) in enumerate(layers):
        A = A @ W + b
        A = xp.maximum(A, 0 * A) if i < len(layers) - 1 else A
    hinge = 1 - t * A
    return xp.maximum(hinge, 0 * hinge).mean() + 1e-4 * sum((W * W).sum() + (b * b).sum() for W, b in layers)


def batch_torch(points: int) -> Contender:
    import torch

    torch.set_num_threads(1)
    X, t, layers = _arrays(points)
    X, t = torch.from_numpy(X), torch.from_numpy(t)
    layers = [(torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)) for W, b in layers]

    def step() -> None:
        for pair in layers:
            for p in pair:
                p.grad = None
        A = X
        for W, b in layers[:-1]:
            A = torch.relu(A @ W + b)
        W, b = layers[-1]
        penalty = sum((W * W).sum() + (b * b).sum() for W, b in layers)
        (torch.relu(1 - t * (A @ W + b)).mean() + 1e-4 * penalty).backward()

    return Contender(step, lambda: (step(), _flat([(W.grad, b.grad) for W, b in layers]))[1])


def batch_jax(points: int) -> Contender:
    import jax

    jax.config.update("jax_enable_x64", True)
    X, t, layers = jax.tree.map(jax.numpy.asarray, _arrays(points))
    gradient = jax.jit(jax.grad(lambda layers, X, t: _loss(jax.numpy, layers, X, t)))
    return Contender(lambda: jax.block_until_ready(gradient(layers, X, t)), lambda: _flat(gradient(layers, X, t)))


def torch_numbers(points: int) -> Contender:
    """The demo's own lines, with a torch tensor for each number."""
    import torch

    torch.set_num_threads(1)
    moons = Moons(lambda x: torch.tensor(x, dtype=torch.float64), points)
    for p in moons.params:
        p.requires_grad_()

    def step() -> None:
        for p in moons.params:
            p.grad = None
        moons.loss().backward()

    return Contender(step, lambda: (step(), np.array([float(p.grad) for p in moons.params]))[1])


def without_collector(maker: Callable[[int], Contender], points: int) -> Contender:
    """The same contender, during whose steps nobody looks for garbage. What it leaves is collected between its turns."""
    made = maker(points)

    def step() -> None:
        gc.disable()
        made.step()
        gc.enable()

    return Contender(step, made.answer)


def lines_written(points: int) -> dict[str, int]:
    """How many lines the gradient has as text: of the whole graph, and of one example."""
    moons = Moons(Value, points)
    whole = emit(moons.loss(), *moons.params).source
    return {"whole graph": whole.count("\n"), "one example": one_example(moons).source.count("\n")}


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
