"""A program that learns to read digits, and 22 ways to spoil it: each is one line of code, planted."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np

from ...nn.data import digits, split
from ...nn.diagnosis import READINGS, Checkup, checkup
from ...nn.layers import BatchNorm, Layer, Linear, ReLU, Sequential, Sigmoid, Tanh
from ...nn.losses import CrossEntropy
from ...nn.training import accuracy, minibatches


@cache
def _data():
    return split(*digits())


class Reader:
    """A network that learns digits by gradient descent, as a learner would write it; all that a fault changes is here.

    X, t           1,438 digits of 8 x 8 pixels to learn from; X_new, t_new are 359 others
    lr, batch      the learning rate, and how many examples a step takes
    shuffle        whether each epoch takes the examples in another order
    """

    def __init__(self, seed: int = 0, *, widths: tuple[int, ...] = (64, 32, 32, 10), activation: type[Layer] = ReLU,
                 init: str = "he", lr: float = 0.1, batch: int = 32) -> None:  # fmt: skip
        (X, t), (X_new, t_new) = _data()
        self.X, self.t, self.X_new, self.t_new = X.copy(), t.copy(), X_new.copy(), t_new
        self.lr, self.batch, self.shuffle, self.cross_entropy = lr, batch, True, CrossEntropy()
        rng, layers = np.random.default_rng(seed), []
        for n_in, n_out in pairwise(widths):
            layers += [Linear(n_in, n_out, rng=rng, init=init), activation()]
        self.net = Sequential(*layers[:-1])

    @property
    def params(self) -> list[np.ndarray]:
        return self.net.params()

    def loss(self, X, t) -> float:
        return self.cross_entropy(self.net(X), t)

    def gradients(self, X, t) -> list[np.ndarray]:
        self.loss(X, t)
        self.net.backward(self.cross_entropy.backward())
        return [g.copy() for g in self.net.grads()]

    def update(self, params, grads, lr) -> None:
        for W, dW in zip(params, grads, strict=True):
            W -= lr * dW

    def step(self, X, t, lr=None) -> None:
        self.update(self.params, self.gradients(X, t), self.lr if lr is None else lr)

    def hidden(self, X) -> list[np.ndarray]:
        self.net(X)
        return [layer.Y for layer in self.net.layers if not isinstance(layer, Linear)]

    def train(self, epochs: int) -> list[float]:
        """The mean loss of each epoch's batches, each before its step: what a training loop prints."""
        rng, losses = np.random.default_rng(1) if self.shuffle else None, []
        with np.errstate(all="ignore"):
            for _ in range(epochs):
                seen = []
                for x, y in minibatches(self.X, self.t, self.batch, rng=rng):
                    seen.append(self.loss(x, y))
                    self.step(x, y)
                losses.append(float(np.mean(seen)))
        return losses

    def named(self) -> np.ndarray:
        """Which digit the network names for each of the new pictures; NaN counts as the class that argmax gives it."""
        with np.errstate(all="ignore"):
            return self.net(self.X_new).argmax(axis=1)


@dataclass(frozen=True)
class Fault:
    """One way to spoil a Reader.

    line      the line that does it, as it would stand in a program
    right     what should stand there
    family    the verdict of a checkup that is right, a key of bplib.nn.diagnosis.VERDICTS
    spoil     changes a Reader, or returns another made of `settings`
    why       why the cheapest reading that sees it has the value it has
    """

    line: str
    right: str
    family: str
    spoil: Callable
    why: str


FAULTS: dict[str, Fault] = {}


def _fault(name: str, family: str, line: str, right: str, why: str):
    def keep(spoil):
        FAULTS[name] = Fault(line, right, family, spoil, why)
        return spoil

    return keep


def spoiled(name: str, seed: int = 0, **settings) -> Reader:
    """The program with this fault, or "healthy"; settings are those of Reader."""
    if name == "healthy":
        return Reader(seed, **settings)
    if name not in FAULTS:
        raise ValueError(f"no fault is called {name!r}; there are healthy, {', '.join(FAULTS)}")
    made = FAULTS[name].spoil(Reader(seed, **settings), seed, settings)
    return made


def examined(name: str, seed: int = 0, **settings) -> Checkup:
    """The checkup of the program with this fault."""
    return examine(lambda: spoiled(name, seed, **settings))


def examine(make: Callable[[], Reader]) -> Checkup:
    """The checkup of any Reader, with its own data."""
    it = make()
    return checkup(make, it.X, it.t, lr=it.lr, batch_size=it.batch, classes=10, shuffle=it.shuffle)


@dataclass(frozen=True)
class Outcome:
    """After training: the share of new and of learned digits that are read correctly, and of the digit named most."""

    held_out: float
    trained: float
    top: float
    losses: tuple[float, ...]


def outcome(name: str, seed: int = 0, epochs: int = 10, **settings) -> Outcome:
    return trained(spoiled(name, seed, **settings), epochs)


def trained(it: Reader, epochs: int = 10) -> Outcome:
    losses = it.train(epochs)
    with np.errstate(all="ignore"):
        named, learned = it.named(), accuracy(it.net(it.X), it.t)
    return Outcome(
        float(np.mean(named == it.t_new)), float(learned), float(np.bincount(named).max() / len(named)), tuple(losses)
    )


def gradient_error(make: Callable[[], Reader], h: float = 1e-5, entries: int = 40) -> float:
    """A gradient check on one batch: |claimed - measured| / (|claimed| + |measured|), over entries of all arrays together."""
    it, rng = make(), np.random.default_rng(0)
    rows = rng.permutation(len(it.X))[: it.batch] if it.shuffle else slice(it.batch)
    x, y = it.X[rows], it.t[rows]
    claimed, measured = [], []
    for W, dW in zip(it.params, it.gradients(x, y), strict=True):
        at = rng.permutation(W.size)[:entries]
        claimed += list(dW.reshape(-1)[at])
        measured += [_slope(it, x, y, W.reshape(-1), i, h) for i in at]
    claimed, measured = np.array(claimed), np.array(measured)
    return float(np.linalg.norm(claimed - measured) / (np.linalg.norm(claimed) + np.linalg.norm(measured)))


def _slope(it: Reader, x, y, flat: np.ndarray, i: int, h: float) -> float:
    was = flat[i]
    flat[i] = was + h
    up = it.loss(x, y)
    flat[i] = was - h
    down = it.loss(x, y)
    flat[i] = was
    return (up - down) / (2 * h)


STORED = Path(__file__).parents[2] / "nn" / "datasets" / "symptoms.json"


@cache
def stored() -> dict:
    """What `tools/make_symptoms.py` has measured: {part: {program: rows}}, each row {column: number}."""
    made = json.loads(STORED.read_text("utf-8"))

    def named(row):
        return {key: math.nan if v is None else v for key, v in zip(made["columns"], row, strict=True)}

    return {part: {name: [named(row) for row in rows] for name, rows in made[part].items()}
            for part in ("chosen", "fresh", "patients", "others")}  # fmt: skip


def as_checkup(row: dict) -> Checkup:
    """The checkup that a stored row was made from, with three of its update ratios: first, largest, last."""
    ratios = row["first"], row["ratio"], row["last"]
    return Checkup(ratios=ratios, **{key: row[key] for key in READINGS if key not in ("ratio", "first_last")})


def linears(it: Reader) -> list[Linear]:
    return [layer for layer in it.net.layers if isinstance(layer, Linear)]


def _set(what: Callable[[Reader], None]) -> Callable:
    """A fault that changes the Reader it is given."""

    def spoil(it: Reader, seed: int, settings: dict) -> Reader:
        what(it)
        return it

    return spoil


def _times(layers: list[Linear], factor: float) -> None:
    for layer in layers:
        layer.W *= factor


# ---------------------------------------------------------------- other networks that learn


class Rolling(Reader):
    """The same with momentum 0.9."""

    def __init__(self, *args, **settings) -> None:
        super().__init__(*args, **settings)
        self.velocity = [np.zeros_like(W) for W in self.params]

    def update(self, params, grads, lr) -> None:
        for v, g in zip(self.velocity, grads, strict=True):
            v *= 0.9
            v += g
        super().update(params, self.velocity, lr)


class Normed(Reader):
    """The same with batch normalisation before each activation."""

    def __init__(self, seed: int = 0, **settings) -> None:
        super().__init__(seed, **settings)
        layers = []
        for layer in self.net.layers:
            layers += [BatchNorm(layers[-1].W.shape[1]), layer] if isinstance(layer, ReLU) else [layer]
        self.net = Sequential(*layers)

    def hidden(self, X):
        self.net(X)
        return [layer.Y for layer in self.net.layers if isinstance(layer, ReLU)]


class Cautious(Reader):
    """The same with a last layer that begins at 0."""

    def __init__(self, *args, **settings) -> None:
        super().__init__(*args, **settings)
        linears(self)[-1].W[...] = 0


OTHERS: dict[str, Callable[[int], Reader]] = {
    "tanh, Xavier": lambda seed: Reader(seed, activation=Tanh, init="xavier"),
    "sigmoid, one hidden layer, rate 1": lambda seed: Reader(
        seed, widths=(64, 32, 10), activation=Sigmoid, init="xavier", lr=1.0
    ),
    "no hidden layer": lambda seed: Reader(seed, widths=(64, 10), init="xavier"),
    "128 wide": lambda seed: Reader(seed, widths=(64, 128, 128, 10)),
    "six layers, rate 0.05": lambda seed: Reader(seed, widths=(64, 32, 32, 32, 32, 32, 10), lr=0.05),
    "rate 0.3": lambda seed: Reader(seed, lr=0.3),
    "batches of 8, rate 0.03": lambda seed: Reader(seed, batch=8, lr=0.03),
    "last layer 0": Cautious,
    "momentum 0.9, rate 0.02": lambda seed: Rolling(seed, lr=0.02),
    "batch normalisation": Normed,
}


# ---------------------------------------------------------------- the step


@_fault("wrong sign", "sign", "W += lr * dW", "W -= lr * dW", "the loss rises by as much as it should fall")
@_set
def _(it):
    it.update = lambda params, grads, lr: Reader.update(it, params, grads, -lr)


@_fault(
    "step goes to a copy",
    "copy",
    "params = [W.copy() for W in net.params()]",
    "params = net.params()",
    "the arrays that move are not those of the network, so the loss does not change at all",
)
@_set
def _(it):
    it.update = lambda params, grads, lr: Reader.update(it, [W.copy() for W in params], grads, lr)


@_fault(
    "only biases learn",
    "part",
    "params = [b1, b2, b3]",
    "params = [W1, b1, W2, b2, W3, b3]",
    "the fall comes from the biases alone, while most of the gradient's length belongs to the weights",
)
@_set
def _(it):
    it.update = lambda params, grads, lr: Reader.update(it, params[1::2], grads[1::2], lr)


@_fault(
    "gradients not zeroed",
    "zeroed",
    "grads += new      # never set back to 0",
    "grads = new",
    "the second step takes the first one's gradient along, so it is twice as long as its own gradient promises",
)
@_set
def _(it):
    total = [np.zeros_like(W) for W in it.params]

    def update(params, grads, lr):
        for sum_, g in zip(total, grads, strict=True):
            sum_ += g
        Reader.update(it, params, total, lr)

    it.update = update


class OpenReLU(ReLU):
    """A ReLU whose backward pass lets everything through: its slope of 0 or 1 is forgotten."""

    def _to_input(self, dY):
        return dY


@_fault(
    "ReLU's slope missing",
    "backward",
    "dZ1 = dA1",
    "dZ1 = dA1 * (Z1 > 0)",
    "the gradient is too long, since parts of it belong to closed units, and those keep no promise",
)
@_set
def _(it):
    it.net = Sequential(*(OpenReLU() if isinstance(layer, ReLU) else layer for layer in it.net.layers))


# ---------------------------------------------------------------- the rate


@_fault(
    "rate x 30",
    "large",
    "lr = 3.0",
    "lr = 0.1",
    "a small step is fine; at the full rate the loss falls by a fraction of what was promised, or rises",
)
@_set
def _(it):
    it.lr *= 30


@_fault(
    "rate x 300",
    "large",
    "lr = 30.0",
    "lr = 0.1",
    "even a hundredth of the rate is too far, and the full rate makes the loss rise by a multiple",
)
@_set
def _(it):
    it.lr *= 300


@_fault(
    "rate / 10,000",
    "small",
    "lr = 0.00001",
    "lr = 0.1",
    "each step keeps its promise perfectly, because it hardly moves anything",
)
@_set
def _(it):
    it.lr /= 10_000


@_fault(
    "sum instead of mean",
    "scale",
    "loss = -np.log(P[rows, t]).sum()",
    "loss = -np.log(P[rows, t]).mean()",
    "the loss counts all examples of the batch, and so does the step: it is as long as with a rate 32 times as large",
)
@_set
def _(it):
    it.loss = lambda X, t: len(X) * Reader.loss(it, X, t)
    mean = it.gradients
    it.gradients = lambda X, t: [len(X) * g for g in mean(X, t)]


# ---------------------------------------------------------------- the start


@_fault(
    "inputs x 255",
    "scale",
    "X = pixels.astype(float)",
    "X = pixels / 255",
    "every pixel is 255 times too large, so the outputs are too, and wrong answers are given with great confidence",
)
@_set
def _(it):
    it.X *= 255
    it.X_new *= 255


@_fault(
    "last layer x 30",
    "scale",
    "W3 = 30 * he(rng, 32, 10)",
    "W3 = he(rng, 32, 10)",
    "the outputs are 30 times too large before anything was learned, and wrong answers are given with confidence",
)
@_set
def _(it):
    _times(linears(it)[-1:], 30)


@_fault(
    "inputs / 255 twice",
    "faint",
    "X = (pixels / 255) / 255",
    "X = pixels / 255",
    "the pictures are 255 times too faint, so the first layer's gradient is 255 times too small, and its update with it",
)
@_set
def _(it):
    it.X /= 255
    it.X_new /= 255


@_fault(
    "all weights 0",
    "units",
    "W1 = np.zeros((64, 32))",
    "W1 = he(rng, 64, 32)",
    "every gradient but the last bias's has a factor of 0 in it",
)
@_set
def _(it):
    _times(linears(it), 0)


@_fault(
    "all weights 0.1",
    "units",
    "W1 = np.full((64, 32), 0.1)",
    "W1 = he(rng, 64, 32)",
    "all units of a layer begin alike and get the same gradient, so they stay alike: the layer is one unit wide",
)
@_set
def _(it):
    for layer in linears(it):
        layer.W[...] = 0.1


# ---------------------------------------------------------------- the layers


@_fault(
    "dead ReLUs",
    "units",
    "b1 = np.full(32, -10.0)",
    "b1 = np.zeros(32)",
    "no sum gets above 0, so every unit gives 0 to every picture and lets no gradient through",
)
@_set
def _(it):
    for layer in linears(it)[:-1]:
        layer.b -= 10


@_fault(
    "saturated sigmoids",
    "vanishing",
    "W1 = 30 * xavier(rng, 64, 32)   # sigmoid",
    "W1 = xavier(rng, 64, 32)",
    "the sums are so large that the sigmoids' slopes are near 0, and the first layer's gradient has two of these in it",
)
def _(it, seed, settings):
    made = Reader(seed, **{**settings, "activation": Sigmoid, "init": "xavier"})
    _times(linears(made)[:-1], 30)
    return made


@_fault(
    "20 sigmoid layers",
    "vanishing",
    "for _ in range(19): layers += [Linear(32, 32), Sigmoid()]",
    "a scaled residual path, or batch normalisation (chapter 19)",
    "each sigmoid layer makes the gradient about four times shorter, and after 19 of them nothing is left",
)
def _(it, seed, settings):
    hidden = settings.get("widths", (64, 32, 32, 10))[1]
    deep = {"widths": (64, *[hidden] * 19, 10), "activation": Sigmoid, "init": "xavier"}
    return Reader(seed, **{**settings, **deep})


@_fault(
    "softmax twice",
    "model",
    "loss = cross_entropy(softmax(Y), t)",
    "loss = cross_entropy(Y, t)",
    "the second softmax is given numbers between 0 and 1, so it can never be sure: the loss cannot go below ln(1 + 9/e) = 1.46",
)
@_set
def _(it):
    def again(Y):
        P = np.exp(Y - Y.max(axis=1, keepdims=True))
        return P / P.sum(axis=1, keepdims=True)

    def gradients(X, t):
        P = again(it.net(X))
        it.cross_entropy(P, t)
        dP = it.cross_entropy.backward()
        it.net.backward(P * (dP - (dP * P).sum(axis=1, keepdims=True)))
        return [g.copy() for g in it.net.grads()]

    it.loss, it.gradients = lambda X, t: it.cross_entropy(again(it.net(X)), t), gradients


@_fault(
    "ReLU on the outputs",
    "model",
    "Y = relu(A2 @ W3 + b3)",
    "Y = A2 @ W3 + b3",
    "an output whose sum is below 0 gives 0 and gets no gradient, so some classes are never named",
)
@_set
def _(it):
    it.net = Sequential(*it.net.layers, ReLU())
    it.hidden = lambda X: Reader.hidden(it, X)[:-1]


# ---------------------------------------------------------------- the data


@_fault(
    "one NaN in the data",
    "data",
    "X[700, 20] = np.nan",
    "assert np.isfinite(X).all()",
    "the first batch that has this picture turns every weight into NaN, and argmax of NaN is class 0",
)
@_set
def _(it):
    it.X[700, 20] = math.nan


@_fault(
    "labels of other pictures",
    "labels",
    "rng.shuffle(t)",
    "order = rng.permutation(len(X)); X, t = X[order], t[order]",
    "there is nothing to learn about all pictures, but 32 of them can be learned by heart with any labels",
)
@_set
def _(it):
    it.t = np.random.default_rng(7).permutation(it.t)


@_fault(
    "sorted by label",
    "order",
    "for i in range(0, N, 32): step(X[i:i + 32], t[i:i + 32])   # 0, 0, ..., 9, 9",
    "a new order in each epoch",
    "each batch has one digit in it, which is easy to say, and the next digit overwrites what was learned",
)
@_set
def _(it):
    order = np.argsort(it.t, kind="stable")
    it.X, it.t, it.shuffle = it.X[order], it.t[order], False
