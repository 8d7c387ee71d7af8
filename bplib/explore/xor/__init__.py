"""Xor: a network of two inputs, two hidden neurons and one output that learns XOR, or fails to, before one's eyes."""

from __future__ import annotations

import numpy as np
import traitlets as t

from ...nn.data import xor
from ...nn.layers import Linear, ReLU, Sequential, Sigmoid, Tanh
from ...nn.losses import BCEWithLogits
from ...rng import Rng
from .. import module
from ..base import Explorable, finite, one_of, show, table
from .still import still

NAMES = ["w11", "w12", "w21", "w22", "b1", "b2", "v1", "v2", "c"]
ACTIVATIONS = {"sigmoid": Sigmoid, "tanh": Tanh, "relu": ReLU}
# Starts that still had some of the four cases wrong after 20,000 steps at a rate of 1: first one where the two hidden
# lines fall together, then one where two cases with different targets end up on the same side of both.
STUCK = {"sigmoid": [240, 2], "tanh": [415, 2], "relu": [20, 4]}


class Xor(Explorable):
    """XOR learned live by full-batch gradient descent on the mean cross-entropy, from the start that the seed draws.

    seed        a whole number; the same start on every machine, weights from the normal distribution, biases 0
    activation  of the hidden neurons: "sigmoid", "tanh" or "relu"
    lr          the learning rate to begin with
    weights     nine numbers to begin with instead: w11 w12 w21 w22 (from input i to hidden neuron j), b1 b2, v1 v2, c
    epochs      how many steps those have behind them
    note        one sentence after "Try:"

    Afterwards, in a live notebook: `weights` and `epochs` are where the training stands, `network()` the same as layers.
    """

    _tag = "bp-xor"
    _esm = module("xor")

    seed = t.Int(1).tag(sync=True)
    activation = t.Enum(list(ACTIVATIONS), "sigmoid").tag(sync=True)
    lr = t.Float(1.0).tag(sync=True)
    epochs = t.Int(0, min=0).tag(sync=True)
    weights = t.List(t.Float()).tag(sync=True)
    stuck = t.Dict(STUCK).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, seed: int = 1, activation: str = "sigmoid", *, lr: float = 1.0, weights=(), epochs: int = 0,
                 note: str = "") -> None:  # fmt: skip
        one_of(activation, list(ACTIVATIONS), "activation")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError(f"seed wants a whole number, got {seed!r}")
        given = [finite(w, "weights") for w in weights]
        super().__init__(seed=seed, activation=activation, lr=finite(lr, "lr"), weights=given, epochs=epochs, note=note)

    @t.validate("weights")
    def _nine(self, proposal) -> list[float]:
        if len(proposal.value) not in (0, len(NAMES)):
            raise ValueError(f"weights wants {', '.join(NAMES)}, or nothing, got {len(proposal.value)} numbers")
        return [finite(w, "weights") for w in proposal.value]

    def network(self) -> Sequential:
        """Linear(2, 2), the activation, Linear(2, 1), with the numbers shown; its output is the logit."""
        numbers = np.array(self.weights or initial(self.seed))
        hidden, out = Linear(2, 2, init="zeros"), Linear(2, 1, init="zeros")
        hidden.W[:], hidden.b[:] = numbers[:4].reshape(2, 2), numbers[4:6]
        out.W[:], out.b[:] = numbers[6:8].reshape(2, 1), numbers[8:]
        return Sequential(hidden, ACTIVATIONS[self.activation](), out)

    def gradient(self) -> tuple[float, list[float]]:
        """The loss, and its gradient for each of the nine numbers."""
        X, T = xor()
        network, loss = self.network(), BCEWithLogits()
        value = loss.forward(network.forward(X), T)
        network.backward(loss.backward())
        return float(value), [float(g) for part in network.grads() for g in part.ravel()]

    def _data(self) -> dict:
        said = {key: getattr(self, key) for key in ("weights", "epochs", "note") if getattr(self, key)}
        return {"seed": self.seed, "activation": self.activation, "lr": self.lr, "stuck": self.stuck} | said

    def _fallback(self) -> str:
        loss, grads = self.gradient()
        numbers = self.weights or initial(self.seed)
        rows = [[n, ("forward", show(w)), ("backward", show(g))] for n, w, g in zip(NAMES, numbers, grads, strict=True)]
        caption = f"Start {self.seed} after {self.epochs} steps: the loss is {show(loss)}."
        told = table(caption, ["name", "value", "gradient"], rows, self.note)
        return f"{still(numbers, grads, self.network())}\n{told}"

    def __repr__(self) -> str:
        return f"Xor(seed={self.seed}, {self.activation}, after {self.epochs} steps: loss {show(self.gradient()[0])})"


def initial(seed: int) -> list[float]:
    """The nine numbers that a seed starts from."""
    draw = Rng(f"xor {seed}")
    return [0.0 if name[0] in "bc" else draw.normal() for name in NAMES]
