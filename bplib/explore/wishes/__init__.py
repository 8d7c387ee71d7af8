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
from ..base import Explorable, one_of, table
from .still import article, draw

LEVELS = (16, 16, 10)  # neurons of layer 1, of layer 2, and outputs
OUTPUTS = len(LEVELS)
ASKS = ["neurons", "weights"]


class Wishes(Explorable):
    """A trained 784-16-16-10 network of sigmoids, its wishes for one picture of a digit, and their average over many.

    A wish is the negative gradient of the squared error, summed over the ten outputs: up or down, and how strongly.
    The figure opens with the wishes of all neurons, or with one of them followed, if you choose a neuron.

    image       which of the pictures, from 0; none of them was used for training
    target      the digit that counts as right; None: what the picture shows
    layer       of the chosen neuron: 1 and 2 are hidden, 3 the outputs
    neuron      the chosen neuron, from 0; None: in layer 3 none yet, else the first
    asks        what is shown of a chosen one: what it asks of the "neurons" before it, or of its "weights"
    averaged    show the average over n pictures, this one and those that follow it, instead of this one alone
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
    asks = t.Enum(ASKS, "neurons").tag(sync=True)
    averaged = t.Bool(False).tag(sync=True)
    n = t.Int(1, min=1).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, image: int = 0, *, target: int | None = None, layer: int = OUTPUTS, neuron: int | None = None,
                 asks: str = "neurons", averaged: bool = False, n: int | None = None, note: str = "") -> None:  # fmt: skip
        count = len(stored()["labels"])
        _whole(image, 0, count - 1, "image")
        _whole(layer, 1, OUTPUTS, "layer")
        if target is not None:
            _whole(target, 0, 9, "target")
        if neuron is not None:
            _whole(neuron, 0, LEVELS[layer - 1] - 1, f"neuron of layer {layer}")
        elif layer < OUTPUTS:
            neuron = 0
        one_of(asks, ASKS, "asks")
        n = count if n is None else _whole(n, 1, count, "n")
        super().__init__(network=stored(), image=image, target=target, layer=layer, neuron=neuron,
                         asks=asks, averaged=bool(averaged), n=n, note=note)  # fmt: skip

    @t.validate("image")
    def _there(self, proposal) -> int:
        return _whole(proposal.value, 0, len(stored()["labels"]) - 1, "image")

    def _data(self) -> dict:
        names = ("network", "image", "target", "layer", "neuron", "asks", "averaged", "n", "note")
        return {name: value for name in names if (value := getattr(self, name)) not in (None, "")}

    def _right(self) -> int:
        return self._label() if self.target is None else self.target

    def _outputs(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Of the ten outputs: activation, wish about it, wish about the bias."""
        net, X, _ = network()
        Y, wishes = wishes_for(net, X[self.image], self._right())
        return Y[0], -2 * (Y[0] - np.eye(10)[self._right()]), wishes[-1]

    def _label(self) -> int:
        return stored()["labels"][self.image]

    def _still(self) -> str:
        """The network, and what the right output asks: of hidden 2, and through it of the pixels."""
        (net, X, _), right = network(), self._right()
        _, wish, bias = self._outputs()
        asking = bias * (np.arange(10) == right)  # the wishes about the sums of the outputs, of the right one alone
        net.forward(X[[self.image]])
        levels = [X[self.image], *(layer.Y[0] for layer in net.layers[1::2])]
        asked = asking @ net.layers[4].W.T
        return draw(levels, asked, wish, followed(net, asking), target=right, label=self._label())

    def _fallback(self) -> str:
        data, (Y, wish, bias) = stored(), self._outputs()
        rows = [[str(k), ("forward", f"{Y[k]:.3f}"), _signed(wish[k]), _signed(bias[k])] for k in range(10)]
        about = (
            f"The picture is {article(self._label())}. The fuller a disc, the more active a neuron; output {self._right()} "
            "asks for more where a line is green, for less where it is purple and dashed. The network reads "
            f"{data['right']} of {data['held']} digits rightly that it never saw."
        )
        caption = "What each output says and wishes"
        numbers = table(caption, ["output", "activation", "wish", "wish for its bias"], rows, self.note)
        return f"{self._still()}\n<p>{about}</p>\n{numbers}"

    def __repr__(self) -> str:
        Y, wish, _ = self._outputs()
        right = self._right()
        at = f"output {right} is at {Y[right]:.3f} and wishes {_signed(wish[right])}"
        return f"Wishes(picture {self.image}, {article(self._label())}, read as {Y.argmax()}: {at})"


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


def followed(net: Sequential, wish: np.ndarray) -> np.ndarray:
    """What wishes about the outputs' sums (10,) ask of the pixels (784,), after a forward pass of one picture."""
    asked = wish[np.newaxis]
    for layer in reversed(net.layers[:-1]):
        asked = layer.backward(asked)
    return asked[0]


def _signed(value: float) -> str:
    """A wish with its sign and three decimals, or as many as it takes."""
    if value == 0:
        return "0"
    text = f"{value:+.2e}".replace("e-0", "e-") if abs(value) < 0.0005 else f"{value:+.3f}"
    return text.replace("-", "\N{MINUS SIGN}")


def _whole(given, low: int, high: int, what: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not low <= given <= high:
        raise ValueError(f"{what} wants a whole number from {low} to {high}, got {given!r}")
    return int(given)
