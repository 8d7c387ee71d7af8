"""A checkup takes readings of a training program that does not learn, the cheap ones first.

It never looks inside the program. All it uses are four things that any training program has: its parameters, its loss,
its gradient, and its own step. So it also sees what happens *after* the gradient, where a gradient check sees nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import wrap
from typing import Protocol

import numpy as np

from .training import minibatches

SMALL, RATIO_STEPS, OVERFIT_STEPS, EPOCHS = 100, 20, 200, 3
ROUNDINGS = 50  # a promised fall of fewer rounding errors of the loss cannot be told from them
EXAMPLES = 256  # of the training set, for the loss at the start and for what the hidden units do


class Program(Protocol):
    """What a program must offer to be examined; X is (N, inputs), t is (N,) or (N, outputs).

    params                 the arrays that it learns, at least one
    loss(X, t)             the loss of these examples, a number
    gradients(X, t)        one array for each parameter, shaped like it: the gradient of this batch alone
    step(X, t, lr)         one step of its own at the rate lr, whatever it does there
    hidden(X)              if it has that: a list of the activations of each hidden layer, (N, units)
    """

    params: list[np.ndarray]

    def loss(self, X: np.ndarray, t: np.ndarray) -> float: ...
    def gradients(self, X: np.ndarray, t: np.ndarray) -> list[np.ndarray]: ...
    def step(self, X: np.ndarray, t: np.ndarray, lr: float) -> None: ...


def promise(program: Program, X: np.ndarray, t: np.ndarray, lr: float) -> float:
    """How much the loss of (X, t) falls in one step of the program, over lr |g|^2, the fall that its gradient promises.

    1 for a small step of gradient descent, whatever the network and the loss: L(w - lr g) = L(w) - lr |g|^2 + O(lr^2).
    The program takes that step. Minus infinity if the loss is finite before the step, and no longer after it. NaN where
    nothing can be seen: the gradient is 0 or not finite, or the fall is so small that it drowns in rounding, as it does
    soon in 32 bits. Raises TypeError or ValueError if the loss is no number, if the gradients do not pair with the
    parameters, or without examples.
    """
    if not len(X):
        raise ValueError("promise wants a batch of at least one example, got none")
    with np.errstate(all="ignore"):
        before, grads = _loss(program, X, t), _gradients(program, X, t)
        promised = lr * sum(float(np.vdot(g, g)) for g in grads)
        lost = ROUNDINGS * _rounding(program.params) * abs(before)
        program.step(X, t, lr)
        after = _loss(program, X, t)
    if not (math.isfinite(before) and lost < promised < math.inf):
        return math.nan
    return (before - after) / promised if math.isfinite(after) else -math.inf


def _loss(program: Program, X, t) -> float:
    loss = program.loss(X, t)
    if loss is None or np.ndim(loss):
        got = "None" if loss is None else f"an array of shape {np.shape(loss)}"
        raise TypeError(f"loss(X, t) must return one number, the loss of all examples given, got {got}")
    return float(loss)


def _gradients(program: Program, X, t) -> list[np.ndarray]:
    """The program's gradients, which pair with its parameters."""
    params, grads = program.params, program.gradients(X, t)
    for what, found in (("params", params), ("gradients(X, t)", grads)):
        if not isinstance(found, list | tuple) or not all(isinstance(a, np.ndarray | np.generic) for a in found):
            kinds = type(found).__name__
            if isinstance(found, list | tuple):
                kinds += f" with {', '.join(sorted({type(a).__name__ for a in found}))} in it"
            raise TypeError(f"{what} must be a list of NumPy arrays, got {kinds}")
    wanted, shapes = ([np.shape(a) for a in both] for both in (params, grads))
    if shapes != wanted or not wanted:
        raise ValueError(f"gradients(X, t) must return one array for each parameter, shaped {wanted}, got {shapes}")
    return grads


def _rounding(params) -> float:
    """The relative rounding error of the coarsest floating-point numbers among the parameters."""
    return max(float(np.finfo(W.dtype).eps) if W.dtype.kind == "f" else 0.0 for W in params)


@dataclass(frozen=True)
class Reading:
    """One kind of reading: its name, what it costs in training steps, and the range in which healthy networks lie.

    log    whether it is a ratio, which belongs on a logarithmic scale
    """

    name: str
    cost: int
    low: float
    high: float
    log: bool = False

    def healthy(self, value: float) -> bool:
        """Whether it lies in the range; NaN does not."""
        return self.low <= value <= self.high

    def place(self, value: float) -> float:
        """Where it stands: from 0 to 1 in the healthy range, below it down to -1, above it up to 2; NaN at 2."""
        low, high = self.low, self.high
        if math.isnan(value) or value == math.inf:
            return 2.0
        if self.log:
            value, low, high = (math.log10(max(v, 1e-12)) for v in (value, low, high))
        u = (value - low) / (high - low) if high > low else 0.5 + (value > high) - (value < low)
        return u if 0 <= u <= 1 else math.tanh(u) if u < 0 else 1 + math.tanh(u - 1)


# The ranges are those of five healthy networks (digits, 64-32-32-10, ReLU, He, batches of 32, rate 0.1), widened to what
# other healthy ones need that learn the same digits; they are no sharp limits. The losses are told in units of ln K.
READINGS = {
    "unfinite": Reading("NaN or infinite inputs", 0, 0, 0),
    "start": Reading("loss before training / ln K", 1, 0.9, 1.6),
    "idle": Reading("idle hidden units", 1, 0, 0.4),
    "promise": Reading("promise of a small step", 1, 0.9, 1.05),
    "second": Reading("promise of the step after it", 2, 0.9, 1.05),
    "at_rate": Reading("promise at the full rate", 1, 0.3, 1.3),
    "ratio": Reading("largest update ratio", 20, 4e-4, 0.3, log=True),
    "first_last": Reading("update ratio, first / last", 20, 0.03, 30, log=True),
    "recount": Reading("recounted - printed / ln K", 135, -0.3, 0.1),
    "overfit": Reading("batch after 200 steps / ln K", 200, 0, 0.15),
    "zeros": Reading("gain over inputs of 0 / ln K", 270, 0.1, 1.1),
}
# What a checkup does not take, since it is dearer, or comes too late.
OUTCOMES = {
    "gradcheck": Reading("gradient check, relative error", 2300, 1e-12, 1e-6, log=True),
    "held_out": Reading("new examples classified rightly", 450, 0.9, 1),
}
VERDICTS = {
    "data": "a number in the data is NaN or infinite",
    "nan": "the loss is NaN or infinite before any training: look for log(0), 0 / 0 or an overflow in it",
    "scale": "the loss starts far above ln K: inputs or last weights are too large, or the loss is a sum over the batch",
    "units": "hidden units are dead, or copies of each other: look at how weights and biases begin",
    "flat": "the gradient is 0, or so small that its promise is lost in rounding: look where it stops, and use 64 bits",
    "sign": "the loss rises by what it should fall: a wrong sign",
    "copy": "nothing changes: the step does not reach the network's parameters",
    "part": "too little changes, and some weights do not move at all: the step misses some of the parameters",
    "backward": "the step does not do what the gradient says, however small it is: check the gradient, and what the step adds to it",
    "zeroed": "the second step is too long: the first one's gradient is still in it",
    "large": "the step promises a fall, and at the full rate it overshoots: the rate is too large for this network",
    "small": "all is as promised, but nearly nothing moves: the rate is too small",
    "faint": "the weights get nearly no gradient, though the step is no small one: the inputs are too faint",
    "vanishing": "the first layer moves far less than the last: its gradient vanishes on the way",
    "order": "the loss that is printed while training flatters: look at the order of the examples",
    "model": "200 steps do not suffice to learn one batch by heart: look between the last layer and the loss, or raise the rate",
    "labels": "it learns one batch, but of all examples no more than without inputs: do the labels belong to them?",
    "nothing": "all readings are within the healthy ranges",
}


@dataclass(frozen=True)
class Checkup:
    """What a checkup found. Losses are divided by ln K, the loss of guessing among K classes.

    unfinite      how many numbers in X are NaN or infinite
    start         the loss before training, of up to 256 examples
    idle          share of hidden units that give all examples the same, or the same as another unit; NaN: no `hidden`
    promise       fall of the loss in one step at a hundredth of the rate, over lr |g|^2
    second        the same for the step after it
    at_rate       the same for one step at the full rate
    ratios        for each weight matrix |change| / |W| of one step, median of the first 20
    recount       loss of all examples after 3 epochs, minus the mean of the losses during the third
    overfit       the loss of one batch after 200 steps on it
    zeros         how much lower the loss is after 3 epochs than after 3 epochs on inputs of 0
    """

    unfinite: int
    start: float
    idle: float
    promise: float
    second: float
    at_rate: float
    ratios: tuple[float, ...]
    recount: float
    overfit: float
    zeros: float

    @property
    def ratio(self) -> float:
        """The largest of `ratios`."""
        return max(self.ratios, key=lambda r: math.inf if math.isnan(r) else r)

    @property
    def first_last(self) -> float:
        """The first layer's ratio over the last's; NaN if the last one does not move."""
        return self.ratios[0] / self.ratios[-1] if self.ratios[-1] else math.nan

    def outside(self) -> list[str]:
        """The readings that are not within what healthy networks show, in the order of `READINGS`."""

        def healthy(key: str) -> bool:
            value, kind = getattr(self, key), READINGS[key]
            silent = math.isnan(value) and key in ("idle", "first_last")  # there is nothing to read
            return silent or kind.healthy(value)

        return [key for key in READINGS if not healthy(key)]

    @property
    def verdict(self) -> str:
        """What to think of first, a key of `VERDICTS`: the first reading that is outside decides."""
        first = next(iter(self.outside()), None)
        if first == "start" and not math.isfinite(self.start):
            return "nan"
        if first in ("promise", "second", "at_rate"):
            return self._broken_promise()
        if first == "ratio":
            return "large" if self.ratio > READINGS["ratio"].high else "small" if self.at_rate > 0.98 else "faint"
        named = {None: "nothing", "unfinite": "data", "start": "scale", "idle": "units", "first_last": "vanishing",
                 "recount": "order", "overfit": "model", "zeros": "labels"}  # fmt: skip
        return named[first]

    def _broken_promise(self) -> str:
        if math.isnan(self.promise):
            return "flat"
        if self.promise == -math.inf:
            return "large"
        if self.promise < -0.5:
            return "sign"
        if abs(self.promise) < 0.01:
            return "copy"
        if self.promise > READINGS["promise"].high:  # no overshooting makes a small step gain more
            return "backward"
        if self.at_rate < self.promise - 0.3:  # better kept by smaller steps: curvature, not a wrong gradient
            return "large"
        if self.promise < READINGS["promise"].low:
            return "backward" if all(self.ratios) else "part"
        return "zeroed" if self.second > 1.5 else "large"

    def __repr__(self) -> str:
        found = self.outside()
        lines = [f"{'>' if key in found else ' '} {kind.name:28} {short(getattr(self, key)):>6}   healthy: {_range(kind)}"
                 for key, kind in READINGS.items()]  # fmt: skip
        return "\n".join([*lines, *wrap(VERDICTS[self.verdict], 40)])


def short(number: float) -> str:
    """A reading in few characters: two or three decimals, or one digit and its power of ten."""
    size = abs(number)
    if not size or math.isnan(size) or 0.1 <= size < 1000:
        return f"{number:.2f}"
    return f"{number:.3f}" if 0.001 <= size < 0.1 else f"{number:.0e}"


def _range(kind: Reading) -> str:
    return short(kind.low) if kind.low == kind.high else f"{short(kind.low)} to {short(kind.high)}"


def checkup(make: Callable[[], Program], X: np.ndarray, t: np.ndarray, *, lr: float, batch_size: int = 32,
            classes: int | None = None, shuffle: bool = True) -> Checkup:  # fmt: skip
    """Examine a program that classifies: X (N, inputs), t (N,) whole numbers from 0.

    make        gives the program as it is before training, new each time, so that no reading disturbs the next
    lr          the rate it trains at
    batch_size  examples to a step
    classes     K; None takes the largest target + 1
    shuffle     False if the program takes the examples in their order
    Raises TypeError or ValueError if the program's gradients do not pair with its parameters, if its loss is no number,
    or if there is too little to examine.
    """
    _refuse(make, X, t, lr, batch_size)
    chance = math.log(classes or int(np.max(t)) + 1)
    order = np.random.default_rng(0).permutation(len(X)) if shuffle else np.arange(len(X))
    x, y = X[order[:batch_size]], t[order[:batch_size]]
    some = np.random.default_rng(1).permutation(len(X))[:EXAMPLES]
    with np.errstate(all="ignore"):
        program = make()
        start, idle = _loss(program, X[some], t[some]), _idle(program, X[some])
        small = promise(program, x, y, lr / SMALL)
        second = promise(program, x, y, lr / SMALL)
        trained, running = _trained(make(), X, t, lr, batch_size, shuffle)
        blind, _ = _trained(make(), np.zeros_like(X), t, lr, batch_size, shuffle)
        return Checkup(int((~np.isfinite(X)).sum()), start / chance, idle, small, second, promise(make(), x, y, lr),
                       _ratios(make(), X[order], t[order], lr, batch_size), round((trained - running) / chance, 9),
                       _overfit(make(), x, y, lr) / chance, round((blind - trained) / chance, 9))  # fmt: skip


def _idle(program: Program, X: np.ndarray) -> float:
    """The share of hidden units that give all examples the same, or the same as another unit, up to rounding."""
    layers = program.hidden(X) if hasattr(program, "hidden") else []
    if not layers:
        return math.nan
    kinds = sum(np.unique(A[:, np.ptp(A, axis=0) > 1e-9].round(9), axis=1).shape[1] for A in layers)
    return 1 - kinds / sum(A.shape[1] for A in layers)


def _ratios(program: Program, X, t, lr: float, batch_size: int) -> tuple[float, ...]:
    """For each weight matrix |change| / |W|, the median of the first steps."""
    seen = []
    for (x, y), _ in zip(minibatches(X, t, batch_size), range(RATIO_STEPS), strict=False):
        before = [W.copy() for W in program.params if W.ndim > 1]
        program.step(x, y, lr)
        after = [W for W in program.params if W.ndim > 1]
        seen.append([_share(W, V) for W, V in zip(after, before, strict=True)])
    return tuple(float(r) for r in np.median(seen, axis=0))


def _share(after: np.ndarray, before: np.ndarray) -> float:
    moved = float(np.linalg.norm(after - before))
    return moved and float(np.divide(moved, np.linalg.norm(before)))  # infinite for weights that begin at 0


def _overfit(program: Program, x, y, lr: float) -> float:
    for _ in range(OVERFIT_STEPS):
        program.step(x, y, lr)
    return float(program.loss(x, y))


def _trained(program: Program, X, t, lr: float, batch_size: int, shuffle: bool) -> tuple[float, float]:
    """(the loss of all examples after three epochs, the mean loss of the third one's batches, each before its step)."""
    rng = np.random.default_rng(1) if shuffle else None
    for _ in range(EPOCHS):
        running = 0.0
        for x, y in minibatches(X, t, batch_size, rng=rng):
            running += program.loss(x, y) * len(x) / len(X)
            program.step(x, y, lr)
    return float(program.loss(X, t)), float(running)


def _refuse(make, X, t, lr, batch_size) -> None:
    if not callable(make):
        raise TypeError(
            f"checkup wants a function that makes the program anew, such as its class, got {type(make).__name__}"
        )
    if len(X) != len(t) or len(X) < batch_size or batch_size < 1:
        raise ValueError(f"checkup wants one target for each example and at least a batch of them, got X {np.shape(X)}, "
                         f"t {np.shape(t)} and batch_size={batch_size!r}")  # fmt: skip
    if not 0 < lr < math.inf:
        raise ValueError(f"checkup wants a rate lr > 0, got {lr!r}")
    program = make()
    for name in ("params", "loss", "gradients", "step"):
        if not hasattr(program, name):
            raise TypeError(
                f"checkup wants a program with params, loss, gradients and step; {type(program).__name__} has no {name}"
            )
    with np.errstate(all="ignore"):
        _loss(program, X[:batch_size], t[:batch_size])
        _gradients(program, X[:batch_size], t[:batch_size])
    if not any(np.ndim(W) > 1 for W in program.params):
        shapes = [np.shape(W) for W in program.params]
        raise ValueError(f"checkup wants at least one matrix among the parameters, got shapes {shapes}")
