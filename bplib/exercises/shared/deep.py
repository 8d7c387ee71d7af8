"""What deep networks of layers do to pictures on their way forward, and to the gradient on its way back (chapter 19)."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from ...nn.layers import Layer, Linear, Residual, Sequential
from ...nn.losses import CrossEntropy


def profile(net: Sequential, X: np.ndarray, t: np.ndarray) -> dict[str, list[float]]:
    """`spread` and `dA`: what goes into the hidden Linears and blocks of the main line and into the last layer, how much it
    differs from picture to picture, and how long its gradient is; `dW`: how long the gradient of each Linear's weights is."""
    loss = CrossEntropy()
    loss.forward(net.forward(X), t)
    net.backward(loss.backward())
    spread, back = [], []
    for before, part in pairwise(net.layers):
        if isinstance(part, Linear | Residual):
            spread.append(float(np.sqrt(entering(part).var(axis=0).mean())))
            back.append(float(np.linalg.norm(before.dY)))
    dW = [float(np.linalg.norm(part.dW)) for part in net.walk() if isinstance(part, Linear)]
    return {"spread": spread, "dA": back, "dW": dW}


def entering(part: Layer) -> np.ndarray:
    """What went into a Linear, or into a block that begins with one."""
    return next(inner for inner in part.walk() if isinstance(inner, Linear)).X


def likeness(A: np.ndarray) -> float:
    """The mean cosine between two rows: 1 where all pictures look the same."""
    rows = A / np.maximum(np.linalg.norm(A, axis=1, keepdims=True), 1e-300)
    n = len(rows)
    return float((np.square(rows.sum(axis=0)).sum() - n) / (n * (n - 1)))
