"""Training is one loop: forward, loss, backward, update, for every minibatch, and again for every epoch.

`fit` runs the loop and keeps a `History` of what happened on the way.
"""

from __future__ import annotations

import math
import os
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec

import numpy as np

from .layers import Layer
from .losses import Loss
from .optim import Optimizer, clip_by_norm

Metric = Callable[[np.ndarray, np.ndarray], float]


@dataclass
class History:
    """What `fit` saw. Lists have one number for each epoch.

    losses                the mean loss over the epoch's minibatches, each before its own step
    metrics               the metric on the training set after the epoch, if there is one
    validation_losses     loss and metric on the validation set after the epoch, if there is one
    validation_metrics
    layers                the layers that learn, by number and name: "0 Linear(784, 16)"
    gradient_norms        (steps, layers): the length of each layer's gradient at every step, before clipping
    interrupted           whether Ctrl-C, or the notebook's stop button, ended it before the last epoch
    """

    layers: list[str] = field(default_factory=list)
    losses: list[float] = field(default_factory=list)
    metrics: list[float] = field(default_factory=list)
    validation_losses: list[float] = field(default_factory=list)
    validation_metrics: list[float] = field(default_factory=list)
    gradient_norms: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    interrupted: bool = False

    def __repr__(self) -> str:
        told = [f"{len(self.losses)} epochs, {len(self.gradient_norms)} steps"]
        for name in ("losses", "metrics", "validation_losses", "validation_metrics"):
            if numbers := getattr(self, name):
                told.append(f"{name} {numbers[0]:.3g} -> {numbers[-1]:.3g}")
        return f"History({'; '.join(told)}{'; interrupted' if self.interrupted else ''})"


def fit(net: Layer, loss: Loss, X: np.ndarray, T: np.ndarray, *, optimizer: Optimizer, epochs: int,
        batch_size: int | None = None, rng: np.random.Generator | None = None, metric: Metric | None = None,
        validation: tuple[np.ndarray, np.ndarray] | None = None, clip: float | None = None,
        progress: bool | None = None) -> History:  # fmt: skip
    """Train `net` in place on inputs X and targets T, one row for each example.

    batch_size    examples to a step, in a new order each epoch, drawn from `rng`; None takes all at once
    metric        ``metric(Y, T)`` is called after each epoch on the outputs for the training and the validation set
    validation    (X, T) that are never learned from
    clip          the largest joint length of a step's gradient; see `clip_by_norm`
    progress      a bar: True, False, or None for what `wants_progress()` says

    Warns once if the loss stops being a finite number, and goes on, so that the History shows how it spreads.
    Ctrl-C, or the notebook's stop button, ends it with a warning, and returns the History of the epochs that were
    finished; the network keeps what it has learned.
    """
    _refuse_what_cannot_be(X, T, epochs, batch_size, rng)
    X, T = np.asarray(X), np.asarray(T)
    learners = [layer for layer in net.walk() if layer.learns]
    history, norms = History([f"{i} {layer}" for i, layer in enumerate(learners)]), []

    def learn(x: np.ndarray, t: np.ndarray) -> float:
        """One step; returns the loss before it."""
        before = loss.forward(net.forward(x), t)
        net.backward(loss.backward(), to_input=False)
        grads = net.grads()
        # no vdot: from 10,000 numbers on, BLAS shares it among threads, and waiting for them takes longer than the sum
        norms.append([math.sqrt(sum(np.square(g).sum() for g in layer.grads())) for layer in learners])
        if clip is not None:
            clip_by_norm(grads, clip)
        optimizer.step(net.params(), grads)
        return before

    try:
        with np.errstate(over="ignore", invalid="ignore"):  # said below, once and in words
            for _ in _rounds(epochs, progress):
                batches = minibatches(X, T, batch_size or len(X), rng=rng if batch_size else None)
                seen = {"losses": sum(learn(x, t) * len(x) for x, t in batches) / len(X)}
                seen |= _look(net, loss, X, T, metric, validation)
                for name, number in seen.items():  # all at once, or an interruption would leave some lists longer
                    getattr(history, name).append(number)
                _warn_once(history.losses)
    except KeyboardInterrupt:  # to stop is no mistake: what was seen so far is what the reader wants to look at
        history.interrupted = True
        warnings.warn(f"stopped in epoch {len(history.losses) + 1} of {epochs}: the network keeps what it has learned, "
                      f"and the History has the {len(history.losses)} epochs before", stacklevel=2)  # fmt: skip
    history.gradient_norms = np.array(norms).reshape(len(norms), len(learners))
    return history


def _look(net: Layer, loss: Loss, X, T, metric: Metric | None, validation: tuple | None) -> dict[str, float]:
    """What there is to see after an epoch, by the names that `History` has for it."""
    seen = {} if metric is None else {"metrics": float(metric(net.forward(X, train=False), T))}
    if validation is not None:
        Y, t = net.forward(validation[0], train=False), validation[1]
        seen["validation_losses"] = loss.forward(Y, t)
        if metric is not None:
            seen["validation_metrics"] = float(metric(Y, t))
    return seen


def minibatches(X: np.ndarray, T: np.ndarray, batch_size: int, *, rng: np.random.Generator | None = None
                ) -> Iterator[tuple[np.ndarray, np.ndarray]]:  # fmt: skip
    """One epoch: every example once, in pairs (x, t) of at most `batch_size` rows, in an order drawn from `rng`.

    The last pair has what is left over. Without `rng` the order is as given, which only one batch of all can afford.
    """
    if len(X) != len(T) or batch_size < 1:
        raise ValueError(f"minibatches wants one target for each example and a batch_size from 1, got X {np.shape(X)}, "
                         f"T {np.shape(T)} and {batch_size!r}")  # fmt: skip
    order = None if rng is None else rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = slice(start, start + batch_size)  # a slice is a view; only a shuffled batch is a copy
        if order is not None:
            rows = order[rows]
        yield X[rows], T[rows]


def accuracy(Y: np.ndarray, T: np.ndarray, *, threshold: float = 0.0) -> float:
    """The share of examples that are classified rightly.

    Y            (batch, classes): the largest output names the class. (batch, 1) or (batch,): above `threshold` is
                 class 1, and the default 0 is right for logits; after a Sigmoid layer it would be 0.5
    T            classes as whole numbers (batch,), a 1 in the column of the class (batch, classes), or 0 and 1 (batch, 1)
    """
    Y, T = np.asarray(Y), np.asarray(T)
    if Y.ndim == 2 and Y.shape[1] > 1:
        said, right = Y.argmax(axis=1), T.argmax(axis=1) if T.shape == Y.shape else T
    else:
        said, right = np.greater(Y, threshold), T
    if said.shape != right.shape or said.size == 0:
        raise ValueError(f"accuracy wants one target for each example, got outputs {Y.shape} and targets {T.shape}")
    return float(np.mean(said == right))


def wants_progress() -> bool:
    """Is somebody watching? Yes where stderr is a terminal, or a Jupyter server started this kernel for a notebook.

    Not when a notebook is executed unattended, and never with the environment variable BPLIB_QUIET.
    """
    watched = sys.stderr is not None and sys.stderr.isatty()
    wanted = not os.environ.get("BPLIB_QUIET") and (watched or "JPY_SESSION_NAME" in os.environ)
    return bool(wanted and find_spec("tqdm"))  # without tqdm, training goes on without a bar


def _rounds(epochs: int, progress: bool | None) -> Iterable[int]:
    if not (wants_progress() if progress is None else progress):
        return range(epochs)
    from tqdm.auto import tqdm  # on use: who sees no bar need not wait for it

    return tqdm(range(epochs), unit="epoch")


def _warn_once(losses: list[float]) -> None:
    if not math.isfinite(losses[-1]) and all(map(math.isfinite, losses[:-1])):
        warnings.warn(f"the loss became {losses[-1]} in epoch {len(losses)}: try a lower learning rate, or clip; if it "
                      "is so from the first epoch, look for NaN or huge numbers in the inputs", stacklevel=3)  # fmt: skip


def _refuse_what_cannot_be(X, T, epochs, batch_size, rng) -> None:
    if len(X) != len(T):
        raise ValueError(f"fit wants one target for each example, got X {np.shape(X)} and T {np.shape(T)}")
    if len(X) == 0:
        raise ValueError(f"fit wants at least one example, got X {np.shape(X)}")
    for name, number in {"epochs": epochs, "batch_size": 1 if batch_size is None else batch_size}.items():
        if isinstance(number, bool) or not isinstance(number, int | np.integer) or number < 1:
            raise ValueError(f"fit wants {name} as a whole number from 1, got {number!r}")
    if batch_size is not None and not isinstance(rng, np.random.Generator):
        raise TypeError("fit with a batch_size wants a source of randomness for the order: "
                        f"pass rng=np.random.default_rng(0), got {rng!r}")  # fmt: skip
