"""Shapes: a two-layer network on a batch, forward and backward as products of matrices whose shapes must fit."""

from __future__ import annotations

from html import escape

import numpy as np
import traitlets as t

from ...nn.data import TRACE_C
from .. import module
from ..base import Explorable, one_of, show, table
from .still import shape_of, still

LEAVES = tuple(TRACE_C)

# name -> what the sum of the squared errors is multiplied by, for N examples and K outputs; as in shapes.js
LOSSES = {"mean": lambda N, K: 1 / (N * K), "half mean": lambda N, K: 1 / (2 * N), "sum": lambda N, K: 1.0}

BELOW = ("", "matrices", "jacobian", "none")
PAIRS = ("Z1/X", "Z1/W1", "A1/Z1", "Z2/A1", "Z2/W2")


class Shapes(Explorable):
    """Z1 = X W1 + b1, A1 = relu(Z1), Z2 = A1 W2 + b2, a loss of squared errors, and the way back, matrix by matrix.

    X, W1, b1, W2, b2, T   arrays or lists: the batch (one row for each example), the parameters, the targets. What is
                           left out comes from Trace C, a 2-2-2 network on three examples
    loss    "mean" of the squared errors over all entries (as `bplib.MSE`), "half mean" (half their sum, divided by the
            number of examples), or "sum"
    step    the equation told first, from 0; -1 shows everything
    below   what is open below the equation: "matrices", "jacobian", "none", or "" for what the page has room for
    pair    of which matrix by which the Jacobian is: "Z1/X", "Z1/W1", "A1/Z1", "Z2/A1" or "Z2/W2"
    note    one sentence after "Try:"

    Afterwards, in a live notebook: `values` (name -> rows of numbers; a bias is one row) is what the reader set, and
    can be set; `passes()` gives every matrix of both passes as NumPy arrays, by name.
    """

    _tag = "bp-shapes"
    _esm = module("shapes")

    values = t.Dict().tag(sync=True)
    loss = t.Unicode("mean").tag(sync=True)
    step = t.Int(-1, min=-1).tag(sync=True)
    chosen = t.Unicode().tag(sync=True)
    spot = t.List(default_value=["dW1", 0, 1]).tag(sync=True)
    cell = t.List(default_value=["X", 0, 0]).tag(sync=True)
    below = t.Enum(BELOW, "").tag(sync=True)
    pair = t.Enum(PAIRS, "Z1/X").tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, X=None, W1=None, b1=None, W2=None, b2=None, T=None, *, loss: str = "mean", step: int = -1,
                 below: str = "", pair: str = "Z1/X", note: str = "") -> None:  # fmt: skip
        given = dict(zip(LEAVES, (X, W1, b1, W2, b2, T), strict=True))
        values = {name: TRACE_C[name] if rows is None else rows for name, rows in given.items()}
        loss = one_of(loss, tuple(LOSSES), "loss")
        below, pair = one_of(below, BELOW, "below"), one_of(pair, PAIRS, "pair")
        super().__init__(values=_checked(values), loss=loss, step=step, below=below, pair=pair, note=note)

    @t.validate("values")
    def _fitting(self, proposal) -> dict:
        return _checked(self.values | proposal.value)

    def passes(self) -> dict[str, np.ndarray]:
        """Every matrix of the forward and the backward pass, by name; biases as vectors, the loss as a number."""
        X, W1, b1, W2, b2, T = (np.array(self.values[name]) for name in LEAVES)
        b1, b2, part = b1[0], b2[0], LOSSES[self.loss](*T.shape)
        Z1 = X @ W1 + b1
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ W2 + b2
        dZ2 = 2 * part * (Z2 - T)
        dA1 = dZ2 @ W2.T
        dZ1 = dA1 * (Z1 > 0)
        forward = {"X": X, "W1": W1, "b1": b1, "Z1": Z1, "A1": A1, "W2": W2, "b2": b2, "Z2": Z2, "T": T,
                   "L": part * np.sum((Z2 - T) ** 2)}  # fmt: skip
        back = {"dZ2": dZ2, "dW2": A1.T @ dZ2, "db2": dZ2.sum(axis=0), "dA1": dA1, "dZ1": dZ1, "dW1": X.T @ dZ1,
                "db1": dZ1.sum(axis=0), "dX": dZ1 @ W1.T}  # fmt: skip
        return forward | back

    def _data(self) -> dict:
        step = {"step": self.step} if self.step >= 0 else {}
        shown = {"below": self.below} if self.below else {}
        shown |= {"pair": self.pair} if self.pair != "Z1/X" else {}
        return {"values": self.values, "loss": self.loss} | step | shown | ({"note": self.note} if self.note else {})

    def _fallback(self) -> str:
        rows = []
        for name, matrix in self.passes().items():
            full = np.atleast_2d(matrix)
            text = "; ".join(", ".join(map(show, row)) for row in full.tolist())
            rows.append([name, shape_of(full), ("backward" if name.startswith("d") else "forward", text)])
        caption = "Every matrix of the forward and the backward pass, row by row."
        numbers = table(caption, ["matrix", "shape", "numbers"], rows)
        tip = f"\n<p>Try: {escape(self.note)}</p>" if self.note else ""
        return f"{still(self.passes(), self.loss)}\n<details><summary>Numbers</summary>\n{numbers}\n</details>{tip}"

    def __repr__(self) -> str:
        all_ = self.passes()
        shapes = ", ".join(f"{name} {'x'.join(map(str, all_[name].shape))}" for name in ("X", "W1", "W2"))
        dW1 = "; ".join(", ".join(map(show, row)) for row in all_["dW1"].tolist())
        return f"Shapes({shapes}: L = {show(float(all_['L']))}, dW1 = [{dW1}])"


def _checked(values: dict) -> dict[str, list]:
    """Every matrix as rows of floats, a bias as one row; ValueError where one does not fit the others."""
    unknown = set(values) - set(LEAVES)
    if unknown:
        raise ValueError(f"values wants the matrices {', '.join(LEAVES)}, got {', '.join(sorted(unknown))}")
    arrays = {}
    for name in LEAVES:
        try:
            array = np.array(values[name], dtype=float)
        except (TypeError, ValueError):
            raise ValueError(f"{name} wants rows of numbers, got {values[name]!r}") from None
        arrays[name] = array[np.newaxis] if name.startswith("b") and array.ndim == 1 else array
    for name in ("X", "W1", "W2"):
        if arrays[name].ndim != 2 or arrays[name].size == 0:
            raise ValueError(f"{name} wants rows and columns, got an array of shape {arrays[name].shape}")
    (N, n_in), hidden, out = arrays["X"].shape, arrays["W1"].shape[1], arrays["W2"].shape[1]
    wanted = {"W1": (n_in, hidden), "b1": (1, hidden), "W2": (hidden, out), "b2": (1, out), "T": (N, out)}
    for name, shape in wanted.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} wants the shape {shape}, got {arrays[name].shape}")
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise ValueError(f"{name} wants finite numbers, got {array.tolist()}")
    return {name: array.tolist() for name, array in arrays.items()}
