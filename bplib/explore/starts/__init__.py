"""Starts: two hundred starts of the network of `xor` learn at once, each a cell, or get stuck before one's eyes."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import traitlets as t

from ...nn.data import xor
from .. import module
from ..base import Explorable, finite, one_of, show
from ..xor import initial
from .still import still

COUNT = 200
# What each program sends back from one of the four cases, and what it makes of the biases' sum.
PROGRAMS = {
    "cross-entropy": (lambda P, T: (P - T) / 4, 1.0),
    "squared error": (lambda P, T: 2 * (P - T) * P * (1 - P) / 4, 1.0),
    "four faults": (lambda P, T: P - T, 0.25),
}
SEEN = 2_000  # steps that the still has made, where nobody says how many


class Starts(Explorable):
    """XOR from the two hundred starts that `Xor(seed=1)` to `Xor(seed=200)` begin with, by full-batch gradient descent.

    program    "cross-entropy", the mean, or "squared error", the mean; or "four faults", chapter 12's faulty program
    lr         the learning rate: 0.1, 0.3, 1, 3 or 10, or any other number
    start      the one that is looked at closely, from 1 to 200
    steps      how many have been made; in a live notebook, where the training stands
    note       one sentence after "Try:"
    """

    _tag = "bp-starts"
    _esm = module("starts")

    program = t.Enum(list(PROGRAMS), "cross-entropy").tag(sync=True)
    lr = t.Float(1.0).tag(sync=True)
    start = t.Int(1, min=1, max=COUNT).tag(sync=True)
    steps = t.Int(0, min=0).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, program: str = "cross-entropy", *, lr: float = 1.0, start: int = 1, steps: int = 0,
                 note: str = "") -> None:  # fmt: skip
        one_of(program, list(PROGRAMS), "program")
        for name, value, least, most in (("start", start, 1, COUNT), ("steps", steps, 0, 100_000)):
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
                raise ValueError(f"{name} wants a whole number from {least} to {most}, got {value!r}")
        super().__init__(program=program, lr=finite(lr, "lr"), start=start, steps=steps, note=note)

    def outputs(self, steps: int | None = None) -> np.ndarray:
        """The four outputs of each start, (200, 4), after so many steps; None: after those that have been made."""
        return trained(self.program, self.lr, self.steps if steps is None else steps)[1]

    def _data(self) -> dict:
        said = {key: getattr(self, key) for key in ("steps", "note") if getattr(self, key)}
        return {"program": self.program, "lr": self.lr, "start": self.start} | said

    def _fallback(self) -> str:
        steps = self.steps or SEEN
        hidden, P = trained(self.program, self.lr, steps)
        return still(P, hidden[self.start - 1], self.start, f"after {steps:,} steps at rate {show(self.lr)}", self.note)

    def __repr__(self) -> str:
        found = solved(self.outputs()).sum()
        return f"Starts({self.program}, rate {show(self.lr)}, after {self.steps} steps: {found} of {COUNT} solved)"


@lru_cache(maxsize=8)
def trained(program: str, lr: float, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The hidden activations (200, 4, 2) and the outputs (200, 4) after so many steps."""
    (error, share), (X, T) = PROGRAMS[program], xor()
    numbers = np.array([initial(seed) for seed in range(1, COUNT + 1)])
    W1, b1 = numbers[:, :4].reshape(-1, 2, 2), numbers[:, 4:6].reshape(-1, 1, 2)
    W2, b2 = numbers[:, 6:8].reshape(-1, 2, 1), numbers[:, 8:].reshape(-1, 1, 1)
    for step in range(steps + 1):
        A1 = 1 / (1 + np.exp(-(X @ W1 + b1)))
        P = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
        if step == steps:
            return A1, P[..., 0]
        dZ2 = error(P, T)
        dZ1 = dZ2 @ W2.swapaxes(1, 2) * A1 * (1 - A1)
        W1, b1 = W1 - lr * X.T @ dZ1, b1 - lr * share * dZ1.sum(axis=1, keepdims=True)
        W2, b2 = W2 - lr * A1.swapaxes(1, 2) @ dZ2, b2 - lr * share * dZ2.sum(axis=1, keepdims=True)


def solved(P: np.ndarray) -> np.ndarray:
    """Which starts have all four outputs on the right side of a half."""
    return (abs(P - xor()[1][:, 0]) < 0.5).all(axis=1)
