"""Two programs that learn to read digits, A and B, which differ in one line of the backward pass; one of them is wrong.

Chapter 10 trains both, and then hunts the line down. (So does this file: read it afterwards.)
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from ...nn.data import digits, split
from ...nn.losses import CrossEntropy

SIZES = (64, 32, 32, 10)


def start(seed: int, sizes: tuple[int, ...] = SIZES) -> dict[str, np.ndarray]:
    """He's random weights and biases of 0, by name, the first layer first."""
    rng, params = np.random.default_rng(seed), {}
    for k, (n, m) in enumerate(pairwise(sizes), 1):
        params |= {f"W{k}": rng.normal(size=(n, m)) * np.sqrt(2 / n), f"b{k}": np.zeros(m)}
    return params


def backward(program: str, X, t, W1, b1, W2, b2, W3, b3) -> tuple[float, dict[str, np.ndarray]]:
    """The loss, and the gradient of every quantity by its name, in the order of the pass."""
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    A2 = np.maximum(Z2, 0)
    loss = CrossEntropy()
    L = loss.forward(A2 @ W3 + b3, t)
    dZ3 = loss.backward()
    dA2 = dZ3 @ W3.T
    dZ2 = dA2 * (Z2 > 0)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * (Z1 > 0) if program == "A" else dA1
    return L, {"Z3": dZ3, "W3": A2.T @ dZ3, "b3": dZ3.sum(axis=0), "A2": dA2, "Z2": dZ2, "W2": A1.T @ dZ2,
               "b2": dZ2.sum(axis=0), "A1": dA1, "Z1": dZ1, "W1": X.T @ dZ1, "b1": dZ1.sum(axis=0)}  # fmt: skip


@cache
def train(program: str, seed: int, rate: float, epochs: int = 10) -> tuple[list[float], float]:
    """The mean loss of each epoch, and the share of held-out digits that are read correctly in the end."""
    (X, t), (X_new, t_new) = split(*digits())
    params, order, losses = start(seed), np.random.default_rng(1), []
    for _ in range(epochs):
        seen = []
        for rows in np.array_split(order.permutation(len(X)), 45):
            L, grads = backward(program, X[rows], t[rows], **params)
            seen.append(L)
            for name in params:
                params[name] -= rate * grads[name]
        losses.append(float(np.mean(seen)))
    A = np.maximum(X_new @ params["W1"] + params["b1"], 0)
    A = np.maximum(A @ params["W2"] + params["b2"], 0)
    return losses, float(((A @ params["W3"] + params["b3"]).argmax(axis=1) == t_new).mean())
