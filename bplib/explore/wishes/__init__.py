"""Wishes: a network that has learned to read digits, and what each of its neurons wishes for one picture or many."""

from __future__ import annotations

import base64
import json
from functools import cache
from pathlib import Path

import numpy as np
import traitlets as t

from ...nn.data import enlarging
from ...nn.layers import Linear, Sequential, Sigmoid
from ...nn.losses import MSE
from .. import module
from ..base import Explorable, table

LEVELS = (16, 16, 10)  # neurons of layer 1, of layer 2, and outputs
OUTPUTS = len(LEVELS)


class Wishes(Explorable):
    """A trained 784-16-16-10 network of sigmoids, its wishes for one picture of a digit, and their average over many.

    A wish is the negative gradient of the squared error, summed over the ten outputs: up or down, and how strongly.

    image       which of the pictures, from 0; none of them was used for training
    target      the digit that counts as right; None: what the picture shows
    layer       of the chosen neuron: 1 and 2 are hidden, 3 the outputs
    neuron      the chosen neuron, from 0; None: in layer 3 the output for the picture's digit, else the first
    averaged    show the average over the first n pictures instead of one picture
    n           over how many; None: all
    note        one sentence after "Try:"

    Afterwards, in a live notebook: all of these are what the reader set, and can be set. `network()` in this module
    gives the network itself, and the pictures.
    """

    _tag = "bp-wishes"
    _esm = module("wishes")

    network = t.Dict().tag(sync=True)
    image = t.Int(0, min=0).tag(sync=True)
    target = t.Int(None, allow_none=True, min=0, max=9).tag(sync=True)
    layer = t.Int(OUTPUTS, min=1, max=OUTPUTS).tag(sync=True)
    neuron = t.Int(None, allow_none=True, min=0, max=max(LEVELS) - 1).tag(sync=True)
    averaged = t.Bool(False).tag(sync=True)
    n = t.Int(1, min=1).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, image: int = 0, *, target: int | None = None, layer: int = OUTPUTS, neuron: int | None = None,
                 averaged: bool = False, n: int | None = None, note: str = "") -> None:  # fmt: skip
        count = len(stored()["labels"])
        _whole(image, 0, count - 1, "image")
        _whole(layer, 1, OUTPUTS, "layer")
        if target is not None:
            _whole(target, 0, 9, "target")
        if neuron is not None:
            _whole(neuron, 0, LEVELS[layer - 1] - 1, f"neuron of layer {layer}")
        elif layer < OUTPUTS:
            neuron = 0
        n = count if n is None else _whole(n, 1, count, "n")
        super().__init__(network=stored(), image=image, target=target, layer=layer, neuron=neuron,
                         averaged=bool(averaged), n=n, note=note)  # fmt: skip

    @t.validate("image")
    def _there(self, proposal) -> int:
        return _whole(proposal.value, 0, len(stored()["labels"]) - 1, "image")

    def _data(self) -> dict:
        names = ("network", "image", "target", "layer", "neuron", "averaged", "n", "note")
        return {name: value for name in names if (value := getattr(self, name)) not in (None, "")}

    def _outputs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the ten outputs: activation, wish about it, wish about the bias."""
        net, X, labels = network()
        right = labels[self.image] if self.target is None else self.target
        Y, wishes = wishes_for(net, X[self.image], right)
        return Y[0], -2 * (Y[0] - np.eye(10)[right]), wishes[-1]

    def _label(self) -> int:
        return stored()["labels"][self.image]

    def _fallback(self) -> str:
        data, (Y, wish, bias) = stored(), self._outputs()
        rows = [[str(k), ("forward", f"{Y[k]:.3f}"), _signed(wish[k]), _signed(bias[k])] for k in range(10)]
        caption = (
            f"The picture is a {self._label()}. What each output of the network says, and what it wishes: the "
            f"negative gradient. The network reads {data['right']} of {data['held']} digits rightly that it never saw."
        )
        return table(caption, ["output", "activation", "wish", "wish for its bias"], rows, self.note)

    def __repr__(self) -> str:
        Y, wish, _ = self._outputs()
        right = self._label() if self.target is None else self.target
        at = f"output {right} is at {Y[right]:.3f} and wishes {_signed(wish[right])}"
        return f"Wishes(picture {self.image}, a {self._label()}, read as {Y.argmax()}: {at})"


@cache
def stored() -> dict:
    """What tools/make_wishes.py wrote: weights and pictures, as text."""
    return json.loads(Path(__file__).with_name("wishes.json").read_text("utf-8"))


def network() -> tuple[Sequential, np.ndarray, np.ndarray]:
    """The trained network; the pictures X (n, 784), none of which it was trained on; their digits (n,)."""
    layers, data = [], stored()
    for given in data["layers"]:
        whole = np.frombuffer(base64.b64decode(given["rows"]), "<i2")
        rows = whole.reshape(-1, given["shape"][1]) * given["scale"]
        layer = Linear(*given["shape"], init="zeros")
        layer.W[...], layer.b[...] = rows[:-1], rows[-1]
        layers += [layer, Sigmoid()]
    small = np.array([[int(c, 17) / 16 for c in text] for text in data["images"]]).reshape(-1, 8, 8)
    A = enlarging(8, 28)
    return Sequential(*layers), (A @ small @ A.T).reshape(len(small), -1), np.array(data["labels"])


def wishes_for(net: Sequential, x: np.ndarray, target: int) -> tuple[np.ndarray, list[np.ndarray]]:
    """The outputs Y (1, 10) for one picture, and the wishes for W, b, W, b, W, b: what training would add, lr being 1.

    The loss is the squared error summed over the outputs, ten times their mean.
    """
    loss = MSE()
    Y = net.forward(x[np.newaxis])
    loss.forward(Y, np.eye(10)[[target]])
    net.backward(Y.shape[1] * loss.backward(), to_input=False)
    return Y, [-grad for grad in net.grads()]


def _signed(value: float) -> str:
    return f"{value:+.3f}".replace("-", "\N{MINUS SIGN}")


def _whole(given, low: int, high: int, what: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not low <= given <= high:
        raise ValueError(f"{what} wants a whole number from {low} to {high}, got {given!r}")
    return int(given)
