"""Flow: how far apart inputs still are in each layer of a deep network, and how long the gradient is, computed live."""

from __future__ import annotations

import math
from html import escape

import numpy as np
import traitlets as t

from ...nn.layers import SPREAD, BatchNorm, Layer, Linear, ReLU, Residual, Sequential, Sigmoid, Tanh
from ...nn.losses import MSE
from ...rng import Rng
from .. import module
from ..base import Explorable, finite, one_of, table
from .still import still

ACTIVATIONS = {"sigmoid": (Sigmoid, 0.25), "tanh": (Tanh, 1.0), "relu": (ReLU, 1.0), "none": (None, 1.0)}
INITS = ("normal", "xavier", "he")
BATCH = 32
ROUNDING = 1e-14  # of the activations: what differs by less does not differ


class Flow(Explorable):
    """The length of dL/dZ and the spread of the activations in each layer of a deep network, for one random batch.

    A layer is Linear, then batch norm if there is any, then the activation; with `residual`, what came in is added to
    what goes out. All layers are equally wide, and the loss is the mean squared error of the last one's outputs.

    depth         how many layers, 1 to 50
    width         how many neurons in each, 2 to 64
    activation    "sigmoid", "tanh", "relu" or "none"
    init          how the weights are drawn, as in `bplib.Linear`: "normal", "xavier" or "he"
    scale         the weights are multiplied by it
    norm          with batch norm
    residual      with a way round each layer
    seed          which draw of weights, inputs and targets
    layer         the layer whose activations and gradient are counted in histograms, or the last where there are fewer
    weights       with the length of dL/dW as well
    note          one sentence after "Try:"

    Afterwards, in a live notebook: all of these are what the reader set, and can be set.
    """

    _tag = "bp-flow"
    _esm = module("flow")

    depth = t.Int(20, min=1, max=50).tag(sync=True)
    width = t.Int(32, min=2, max=64).tag(sync=True)
    activation = t.Enum(tuple(ACTIVATIONS), "sigmoid").tag(sync=True)
    init = t.Enum(INITS, "xavier").tag(sync=True)
    scale = t.Float(1.0).tag(sync=True)
    norm = t.Bool(False).tag(sync=True)
    residual = t.Bool(False).tag(sync=True)
    seed = t.Int(1).tag(sync=True)
    layer = t.Int(10, min=1).tag(sync=True)
    weights = t.Bool(False).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, depth: int = 20, width: int = 32, activation: str = "sigmoid", init: str = "xavier", *,
                 scale: float = 1.0, norm: bool = False, residual: bool = False, seed: int = 1,
                 layer: int = 10, weights: bool = False, note: str = "") -> None:  # fmt: skip
        super().__init__(
            depth=_whole(depth, 1, 50, "depth"), width=_whole(width, 2, 64, "width"),
            activation=one_of(activation, ACTIVATIONS, "activation"), init=one_of(init, INITS, "init"),
            scale=finite(scale, "scale"), norm=bool(norm), residual=bool(residual),
            seed=_whole(seed, -(2**31), 2**31, "seed"), layer=_whole(layer, 1, 50, "layer"), weights=bool(weights), note=note,
        )  # fmt: skip

    @t.validate("scale")
    def _finite(self, proposal) -> float:
        return finite(proposal.value, "scale")

    def _config(self) -> dict:
        names = ("depth", "width", "activation", "init", "scale", "norm", "residual", "seed")
        return {name: getattr(self, name) for name in names}

    def _data(self) -> dict:
        shown = {"layer": self.layer} if self.layer != 10 else {}
        shown |= {"weights": True} if self.weights else {}
        return self._config() | shown | ({"note": self.note} if self.note else {})

    def _fallback(self) -> str:
        made = flow(**self._config())
        columns = (made["spreads"], made["gradients"], made["weights"], made["stuck"])
        rows = [
            [str(layer), ("forward", _rough(spread)), ("backward", _rough(gradient)), ("backward", _rough(to_weights)),
             f"{share:.0%}"]
            for layer, (spread, gradient, to_weights, share) in enumerate(zip(*columns, strict=True), 1)
        ]  # fmt: skip
        stuck = "dead units" if self.activation == "relu" else "saturated slopes"
        head = ["layer", "spread of the activations", "length of dL/dZ", "length of dL/dW", stuck]
        numbers = table(f"{self._named()}: one forward and one backward pass.", head, rows)
        tip = f"\n<p>Try: {escape(self.note)}</p>" if self.note else ""
        picture = still(made["spreads"], made["gradients"], self._ends(made))
        return f"{picture}\n<details><summary>Numbers</summary>\n{numbers}\n</details>{tip}"

    def _ends(self, made: dict) -> str:
        first, last = (_rough(made["gradients"][layer]) for layer in (0, -1))
        return f"the length of dL/dZ is {first} in layer 1, {last} in layer {self.depth}"

    def _named(self) -> str:
        extras = [name for name, there in (("batch norm", self.norm), ("residual", self.residual)) if there]
        scaled = "" if self.scale == 1 else f" times {self.scale:g}"
        kind = [f"{self.depth} {'layer' if self.depth == 1 else 'layers'} of {self.width}", self.activation]
        return ", ".join([*kind, self.init + scaled, *extras])

    def __repr__(self) -> str:
        return f"Flow({self._named()}: {self._ends(flow(**self._config()))})"


def flow(*, seed: int, activation: str, **config) -> dict[str, list]:
    """For each layer: `gradients`, the length of dL/dZ, and `weights`, that of dL/dW; `activations`, the root mean square
    of what leaves it, and `spreads`, by how much that differs from input to input; and `stuck`, the share of its slopes
    below 1% of the steepest (relu: of its units that are 0 for the whole batch). `A` and `dZ` are the arrays themselves.
    """
    layers, acts, X, T = network(seed=seed, activation=activation, **config)
    leaving, loss = [X], MSE()
    with np.errstate(all="ignore"):  # a network that overflows is shown as it is
        for layer in layers:
            leaving.append(layer.forward(leaving[-1]))
        loss.forward(leaving[-1], T)
        dY = loss.backward()
        for layer in reversed(layers):
            dY = layer.backward(dY)
        weights = [next(part for part in layer.walk() if isinstance(part, Linear)) for layer in layers]
        return {
            "gradients": [_length(linear.dY) for linear in weights],
            "weights": [_length(linear.dW) for linear in weights],
            "activations": [_length(Y) / math.sqrt(Y.size) for Y in leaving[1:]],
            "spreads": [_spread(Y) for Y in leaving[1:]],
            "stuck": [_stuck(act, activation) for act in acts],
            "A": leaving[1:],
            "dZ": [linear.dY for linear in weights],
        }


def network(*, depth: int, width: int, activation: str, init: str, scale: float, norm: bool, residual: bool,
            seed: int, batch: int = BATCH) -> tuple[list[Sequential], list[Layer | None], np.ndarray, np.ndarray]:  # fmt: skip
    """The layers, their activations, inputs X and targets T (batch, width); X, T, W, W, ... drawn in this order."""
    draw = Rng(f"flow {seed}")

    def normals(n: int) -> np.ndarray:
        return np.array([draw.normal() for _ in range(n * width)]).reshape(n, width)

    X, T = normals(batch), normals(batch)
    layers, acts = [], []
    for _ in range(depth):
        spread = scale * SPREAD[init](width, width)
        linear = Linear(width, width, init="zeros")
        linear.W[...] = spread * normals(width)
        kind, _steepest = ACTIVATIONS[activation]
        acts.append(kind and kind())
        parts = [linear, *([BatchNorm(width)] if norm else []), *([acts[-1]] if kind else [])]
        layers.append((Residual if residual else Sequential)(*parts))
    return layers, acts, X, T


def _stuck(act: Layer | None, activation: str) -> float:
    if act is None:
        return 0.0
    Y = act.Y
    if activation == "relu":
        return float(np.mean(~((Y > 0) | np.isnan(Y)).any(axis=0)))
    slope = Y * (1 - Y) if activation == "sigmoid" else 1 - Y * Y
    return float(np.mean(slope < 0.01 * ACTIVATIONS[activation][1]))


def _length(array: np.ndarray) -> float:
    """Divided by the largest before squaring, so that only what overflows itself is infinite."""
    most = float(np.abs(array).max())
    return most * float(np.linalg.norm(array / most)) if 0 < most < math.inf else most


def _spread(Y: np.ndarray) -> float:
    """The root of the units' mean variance over the batch; 0 where it is no more than rounding."""
    size = _length(Y) / math.sqrt(Y.size)
    spread = _length(Y - Y.mean(axis=0)) / math.sqrt(Y.size)
    return 0.0 if spread < ROUNDING * size else spread


def _rough(number: float) -> str:
    """Three digits: all processors agree on them."""
    text = "\N{INFINITY}" if math.isinf(number) else "NaN" if math.isnan(number) else f"{number:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _whole(given, low: int, high: int, what: str) -> int:
    if isinstance(given, bool) or not isinstance(given, int | np.integer) or not low <= given <= high:
        raise ValueError(f"{what} wants a whole number from {low} to {high}, got {given!r}")
    return int(given)
