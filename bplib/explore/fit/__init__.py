"""Fit: one step of gradient descent moves a function: a few points, the curve that a small model draws, and the push."""

from __future__ import annotations

import math

import numpy as np
import traitlets as t

from ...nn.layers import Linear, ReLU, Sequential, Tanh
from ...nn.losses import MSE
from ...rng import Rng
from .. import module
from ..base import Explorable, finite, one_of
from .still import still

MODELS = ("line", "tanh", "relu")
ACTIVATIONS = {"tanh": Tanh, "relu": ReLU}
POINTS = ((-2.0, -1.0), (-1.0, -0.6), (0.0, 0.9), (1.0, 1.4), (2.0, 1.1))
MOST = {"points": 12, "hidden": 8}  # as in fit.js


class Fit(Explorable):
    """What one step of gradient descent does to the function that a model computes.

    points   (x, y) pairs, 1 to 12: for x the model should say y; left out, five points
    model    "line": w x + b; "tanh" or "relu": a network of one input, one hidden layer and one output
    weights  the numbers to begin with, in the order of `names`; None: the line lies at 0, a network's are drawn
    hidden   neurons in the hidden layer, 1 to 8, where `weights` do not say it
    seed     which start is drawn: a whole number, the same numbers on every machine
    lr       the learning rate to begin with
    one      the index of the only point that counts, from 0; None: the loss is the mean over all
    learns   names of the parameters that move, the others are held still; None: all
    xlim     (from, to): what the axes show; None: what the points need. The same for `ylim`
    note     one sentence after "Try:"

    Afterwards, in a live notebook: `weights` is where the model stands after `steps` steps, `before` where the latest
    step began; all can be set. `network()` is the same as layers, `gradient()` its loss and slopes.
    """

    _tag = "bp-fit"
    _esm = module("fit")

    points = t.List(t.List(t.Float())).tag(sync=True)
    model = t.Enum(MODELS, "line").tag(sync=True)
    weights = t.List(t.Float()).tag(sync=True)
    before = t.List(t.Float()).tag(sync=True)
    hidden = t.Int(3, min=1, max=MOST["hidden"]).tag(sync=True)
    seed = t.Int(1).tag(sync=True)
    lr = t.Float(0.1).tag(sync=True)
    one = t.Int(None, allow_none=True).tag(sync=True)
    learns = t.List(t.Unicode(), None, allow_none=True).tag(sync=True)
    xlim = t.List(t.Float()).tag(sync=True)
    ylim = t.List(t.Float()).tag(sync=True)
    steps = t.Int(0, min=0).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, points=POINTS, model: str = "line", *, weights=None, hidden: int = 3, seed: int = 1,
                 lr: float = 0.1, one: int | None = None, learns=None, xlim=None, ylim=None, note: str = "") -> None:  # fmt: skip
        one_of(model, MODELS, "model")
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError(f"seed wants a whole number, got {seed!r}")
        if weights is not None:
            weights = _numbers(weights, model)
            hidden = len(weights) // 3 or hidden
        if isinstance(hidden, bool) or not isinstance(hidden, int) or not 1 <= hidden <= MOST["hidden"]:
            raise ValueError(f"hidden wants a whole number from 1 to {MOST['hidden']}, got {hidden!r}")
        weights = initial(model, hidden, seed) if weights is None else weights
        super().__init__(points=_pairs(points), model=model, weights=weights, hidden=hidden, seed=seed,
                         lr=finite(lr, "lr"), one=one, learns=learns if learns is None else list(learns),
                         xlim=_limits(xlim, "xlim"), ylim=_limits(ylim, "ylim"), note=note)  # fmt: skip
        self.observe(self._start_afresh, ["model", "hidden", "seed"])
        self.observe(self._let_all_pull, ["points"])

    @t.validate("points")
    def _some_points(self, proposal) -> list:
        return _pairs(proposal.value)

    @t.validate("weights", "before")
    def _as_many_as_names(self, proposal) -> list[float]:
        if not proposal.value and proposal.trait.name == "before":
            return []
        return _numbers(proposal.value, self.model, self.hidden)

    @t.validate("lr")
    def _rate(self, proposal) -> float:
        if finite(proposal.value, "lr") < 0:
            raise ValueError(f"lr wants a number that is not below 0, got {proposal.value!r}")
        return proposal.value

    @t.validate("one")
    def _known_point(self, proposal) -> int | None:
        if proposal.value is None:
            return None
        return one_of(proposal.value, range(len(self.points)), "one")

    @t.validate("learns")
    def _known_names(self, proposal) -> list[str] | None:
        return proposal.value and [one_of(name, self.names, "learns") for name in proposal.value]

    def _start_afresh(self, change) -> None:
        """Another model, and another seed, begins at its own start; what came from the page with one keeps it."""
        if change.name == "seed" or len(self.weights) != len(self.names):
            self.learns, self.before, self.steps = None, [], 0
            self.weights = initial(self.model, self.hidden, self.seed)

    def _let_all_pull(self, change) -> None:
        """Other points: the one that counted may not be among them."""
        if self.one is not None and self.one >= len(self.points):
            self.one = None

    @property
    def names(self) -> list[str]:
        """The parameters, in the order of `weights`."""
        return names(self.model, self.hidden)

    def network(self, weights=None) -> Sequential:
        """The model as layers, with the numbers shown, or with others."""
        numbers = np.array(self.weights if weights is None else weights)
        if self.model == "line":
            line = Linear(1, 1, init="zeros")
            line.W[:], line.b[:] = numbers[0], numbers[1]
            return Sequential(line)
        n = self.hidden
        w, b, v, c = np.split(numbers, [n, 2 * n, 3 * n])
        first, out = Linear(1, n, init="zeros"), Linear(n, 1, init="zeros")
        first.W[:], first.b[:], out.W[:], out.b[:] = w, b, v[:, np.newaxis], c
        return Sequential(first, ACTIVATIONS[self.model](), out)

    def predict(self, xs, weights=None) -> list[float]:
        """What the model says for each x."""
        X = np.array([[float(x)] for x in xs])
        return [float(y) for y in self.network(weights).forward(X)[:, 0]]

    def gradient(self, weights=None) -> tuple[float, list[float]]:
        """The loss, and its gradient for each parameter, those that are held still too."""
        points = self.points if self.one is None else [self.points[self.one]]
        X, Y = (np.array(column)[:, np.newaxis] for column in zip(*points, strict=True))
        network, loss = self.network(weights), MSE()
        value = loss.forward(network.forward(X), Y)
        network.backward(loss.backward())
        return float(value), _flat(network)

    def stepped(self, weights=None) -> list[float]:
        """The numbers after one more step."""
        now = self.weights if weights is None else weights
        _, grads = self.gradient(now)
        return [w - self.lr * g * self._moves(name) for w, g, name in zip(now, grads, self.names, strict=True)]

    def _moves(self, name: str) -> bool:
        return self.learns is None or name in self.learns

    def compare(self) -> dict[str, float]:
        """The change of the loss that the slopes promise for the next step, and the change that it brings."""
        loss, grads = self.gradient()
        promised = -self.lr * sum(g * g for g, name in zip(grads, self.names, strict=True) if self._moves(name))
        return {"promised": promised, "actual": self.gradient(self.stepped())[0] - loss}

    def pushes(self, xs, weights=None) -> list[float]:
        """How far the next step should move the curve at each x, by the slopes of the curve for each parameter."""
        _, grads = self.gradient(weights)
        moves = [-self.lr * g * self._moves(name) for g, name in zip(grads, self.names, strict=True)]
        found = []
        for x in xs:
            network = self.network(weights)
            network.forward(np.array([[float(x)]]))
            network.backward(np.ones((1, 1)))
            found.append(math.fsum(m * s for m, s in zip(moves, _flat(network), strict=True)))
        return found

    def _data(self) -> dict:
        said = {key: getattr(self, key) for key in ("before", "xlim", "ylim", "steps", "note") if getattr(self, key)}
        said |= {key: getattr(self, key) for key in ("one", "learns") if getattr(self, key) is not None}
        keys = ("points", "model", "weights", "hidden", "seed", "lr")
        return {key: getattr(self, key) for key in keys} | said

    def _fallback(self) -> str:
        return still(self)

    def __repr__(self) -> str:
        return (
            f"Fit({self.model} to {len(self.points)} points, after {self.steps} steps: loss {self.gradient()[0]:.4g})"
        )


def names(model: str, hidden: int) -> list[str]:
    """The parameters of a model; those of a single hidden neuron are called as in chapter 7."""
    if model == "line":
        return ["w", "b"]
    if hidden == 1:
        return ["w1", "b1", "w2", "b2"]
    return [f"{letter}{j}" for letter in "wbv" for j in range(1, hidden + 1)] + ["c"]


def initial(model: str, hidden: int, seed: int) -> list[float]:
    """The numbers that a model starts from."""
    draw = Rng(f"fit {seed}")
    return [0.0 if model == "line" or name == "c" else draw.normal() for name in names(model, hidden)]


def _flat(network: Sequential) -> list[float]:
    """The gradients of a network in the order of `names`."""
    return [float(g) for part in network.grads() for g in part.ravel()]


def _numbers(given, model: str, hidden: int | None = None) -> list[float]:
    """`given` as the weights of a model; of any network, if its hidden neurons are not known yet."""
    numbers = [finite(w, "weights") for w in given]
    if model == "line":
        wanted, fits = "2 numbers (w, b)", len(numbers) == 2
    elif hidden:
        wanted, fits = f"{3 * hidden + 1} numbers ({', '.join(names(model, hidden))})", len(numbers) == 3 * hidden + 1
    else:
        wanted = f"3 numbers for each hidden neuron, of which there are at most {MOST['hidden']}, and one more"
        fits = len(numbers) % 3 == 1 and 1 <= len(numbers) // 3 <= MOST["hidden"]
    if not fits:
        raise ValueError(f"weights wants {wanted}, got {len(numbers)} numbers")
    return numbers


def _pairs(given) -> list[list[float]]:
    """[[x, y], ...], as they came."""
    pairs = [list(pair) if isinstance(pair, tuple | list) else [] for pair in given]
    if not 1 <= len(pairs) <= MOST["points"] or not all(len(pair) == 2 for pair in pairs):
        raise ValueError(f"points wants 1 to {MOST['points']} pairs (x, y), got {given!r}")
    return [[finite(number, "points") for number in pair] for pair in pairs]


def _limits(given, what: str) -> list[float]:
    """[from, to], or nothing."""
    if given is None:
        return []
    if not isinstance(given, tuple | list) or len(given) != 2 or not given[0] < given[1]:
        raise ValueError(f"{what} wants (from, to) with from < to, got {given!r}")
    return [finite(number, what) for number in given]
