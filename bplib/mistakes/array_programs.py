"""The right programs on arrays that mistakes alter: small, and without a class.

A network of two layers, line by line; losses, dropout, pooling, convolution, training, gradient checks. Each takes arrays
and gives its quantities by name, in the order of the pass.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np

Arrays = dict[str, np.ndarray]


def sigmoid(Z: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-Z)), entry by entry."""
    return 1 / (1 + np.exp(-Z))


def softmax(Z: np.ndarray) -> np.ndarray:
    """Each row as shares that sum to 1."""
    E = np.exp(Z - Z.max(axis=-1, keepdims=True))
    return E / E.sum(axis=-1, keepdims=True)


# name -> (the function, its slope at Z)
ACTIVATIONS = {
    "relu": (lambda Z: np.maximum(Z, 0), lambda Z: (Z > 0) * 1.0),
    "sigmoid": (sigmoid, lambda Z: sigmoid(Z) * (1 - sigmoid(Z))),
    "tanh": (np.tanh, lambda Z: 1 - np.tanh(Z) ** 2),
}

# The steps of a network's backward pass, which both layers share. A slip replaces one.
STEPS: dict[str, Callable] = {
    "begin": lambda Y, T: 2 * (Y - T) / Y.size,  # the loss is a mean over all entries
    "to_weight": lambda A, dZ: A.T @ dZ,
    "to_bias": lambda dZ: dZ.sum(axis=0),
    "to_input": lambda dZ, W, dW: dZ @ W.T,
    "through": lambda dA, Z, A, after, slope: dA * slope(Z),  # `after` is the pre-activation of the next layer
}

# What a network computes, in the order of the pass, from v: what there is so far, by name. A slip may replace these too.
LINES: dict[str, Callable] = {
    "Z1": lambda v: v.X @ v.W1 + v.b1,
    "A1": lambda v: v.f(v.Z1),
    "Z2": lambda v: v.A1 @ v.W2 + v.b2,
    "L": lambda v: np.mean((v.Z2 - v.T) ** 2),
    "dZ2": lambda v: v.begin(v.Z2, v.T),
    "dW2": lambda v: v.to_weight(v.A1, v.dZ2),
    "db2": lambda v: v.to_bias(v.dZ2),
    "dA1": lambda v: v.to_input(v.dZ2, v.W2, v.dW2),
    "dZ1": lambda v: v.through(v.dA1, v.Z1, v.A1, v.Z2, v.slope),
    "dW1": lambda v: v.to_weight(v.X, v.dZ1),
    "db1": lambda v: v.to_bias(v.dZ1),
}


def network(X, W1, b1, W2, b2, T, activation: str = "relu", **altered: Callable) -> Arrays:
    """Two layers and the mean squared error: Z1 = X W1 + b1, A1 = f(Z1), Z2 = A1 W2 + b2, L = mean((Z2 - T)^2).

    X (N, n), W1 (n, h), b1 (h,), W2 (h, k), b2 (k,), T (N, k); what comes out stands in the order of the pass.
    altered   other steps than those in STEPS, or other lines than those in LINES
    """
    given = {"X": X, "W1": W1, "b1": b1, "W2": W2, "b2": b2, "T": T}
    f, slope = ACTIVATIONS[activation]
    v = SimpleNamespace(**{name: np.asarray(a, dtype=float) for name, a in given.items()}, f=f, slope=slope)
    v.__dict__.update(STEPS | altered)
    for name, line in LINES.items():
        setattr(v, name, altered.get(name, line)(v))
    return {name: getattr(v, name) for name in LINES}


def linear(X, W, b, dY, **altered: Callable) -> Arrays:
    """One layer, Y = X W + b: X (N, n), W (n, m), b (m,), and the upstream gradient dY (N, m)."""
    X, W, b, dY = (np.asarray(a, dtype=float) for a in (X, W, b, dY))
    step = STEPS | altered
    dW = step["to_weight"](X, dY)
    return {"Y": X @ W + b, "dW": dW, "db": step["to_bias"](dY), "dX": step["to_input"](dY, W, dW)}


def one_example(x, W, dy, outer: Callable = np.outer) -> Arrays:
    """One layer on one example without a batch: x (n,), W (n, m), dy (m,)."""
    x, W, dy = (np.asarray(a, dtype=float) for a in (x, W, dy))
    return {"y": x @ W, "dW": outer(x, dy), "dx": W @ dy}


def cross_entropy(Z, T, shares: Callable = softmax, begin: Callable = lambda P, T: (P - T) / len(P)) -> Arrays:
    """Softmax and cross-entropy, a mean over the batch: logits Z and one-hot targets T, both (N, k)."""
    Z, T = np.asarray(Z, dtype=float), np.asarray(T, dtype=float)
    P = shares(Z)
    return {"P": P, "L": -np.sum(T * np.log(P)) / len(P), "dZ": begin(P, T)}


def sigmoid_mse(Z, T, begin: Callable = lambda P, T: 2 * (P - T) / P.size * P * (1 - P)) -> Arrays:
    """A sigmoid at the output, and the mean squared error: Z and T (N, k)."""
    Z, T = np.asarray(Z, dtype=float), np.asarray(T, dtype=float)
    P = sigmoid(Z)
    return {"P": P, "L": np.mean((P - T) ** 2), "dZ": begin(P, T)}


def mse(Y, T, error: Callable = np.subtract) -> Arrays:
    """The mean squared error of outputs Y and targets T, both (N,)."""
    E = error(np.asarray(Y, dtype=float), np.asarray(T, dtype=float))
    return {"E": E, "L": np.mean(E**2), "dY": 2 * E / E.size}


def exponential(x, dy, slope: Callable = np.exp) -> Arrays:
    """y = exp(x), entry by entry."""
    x = np.asarray(x, dtype=float)
    return {"y": np.exp(x), "dx": dy * slope(x)}


def dropout(X, mask, dY, back: Callable = np.multiply) -> Arrays:
    """Y = X times a mask of zeros and 1 / (1 - p)."""
    X, mask, dY = (np.asarray(a, dtype=float) for a in (X, mask, dY))
    return {"Y": X * mask, "dX": back(dY, mask)}


def max_pool(X, dY, chosen: Callable = np.argmax) -> Arrays:
    """The largest of each 2 by 2 window: X (2n, 2m), dY (n, m)."""
    X, dY = np.asarray(X, dtype=float), np.asarray(dY, dtype=float)
    Y, dX = np.zeros(dY.shape), np.zeros(X.shape)
    for i, j in np.ndindex(dY.shape):
        window = X[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        row, column = divmod(int(chosen(window)), 2)
        Y[i, j] = window.max()
        dX[2 * i + row, 2 * j + column] = dY[i, j]
    return {"Y": Y, "dX": dX}


def correlate(X: np.ndarray, K: np.ndarray) -> np.ndarray:
    """K laid over every place of X where it fits, products summed."""
    n, m = K.shape
    shape = X.shape[0] - n + 1, X.shape[1] - m + 1
    return np.array([[np.sum(X[i : i + n, j : j + m] * K) for j in range(shape[1])] for i in range(shape[0])])


def convolution(X, K, dY, turned: Callable = lambda K: K[::-1, ::-1]) -> Arrays:
    """Y = correlate(X, K), as deep learning's convolution is defined: X (n, m), K (a, b), dY shaped like Y."""
    X, K, dY = (np.asarray(a, dtype=float) for a in (X, K, dY))
    a, b = K.shape
    wide = np.pad(dY, ((a - 1, a - 1), (b - 1, b - 1)))
    return {"Y": correlate(X, K), "dK": correlate(X, dY), "dX": correlate(wide, turned(K))}


def training(X, w, b, T, lr=0.1, limit=1.0, *, keep=0.0, uphill=False, fixed_bias=False, clip_value=False) -> Arrays:
    """Two steps of gradient descent for Y = X w + b and the mean squared error, each step clipped to length `limit`.

    X (N, n), w (n,), b a number, T (N,). The keywords after `*` are the slips: the share of the old gradient that is
    kept, steps uphill, a bias that stands still, and parameters clipped in place of gradients.
    """
    X, w, T = (np.asarray(a, dtype=float) for a in (X, w, T))
    p, dp = np.append(w, b), np.zeros(len(w) + 1)
    ones, told = np.column_stack([X, np.ones(len(X))]), {}  # the bias is a weight whose input is 1
    for step in (1, 2):
        dp = keep * dp + 2 * ones.T @ (ones @ p - T) / len(T)
        length = np.linalg.norm(dp)
        short = dp if clip_value or length <= limit else dp * limit / length
        p = p + lr * short * (1 if uphill else -1) * np.append(np.ones(len(w)), 0.0 if fixed_bias else 1.0)
        p = np.clip(p, -limit, limit) if clip_value else p
        told |= {f"dw after {step - 1}": dp[:-1], f"db after {step - 1}": dp[-1], f"w{step}": p[:-1], f"b{step}": p[-1]}
    return told


def hidden_units(X, W1, W2, T, lr=0.1) -> Arrays:
    """One step of a network of two layers with tanh and no biases, from these weights."""
    X, W1, W2, T = (np.asarray(a, dtype=float) for a in (X, W1, W2, T))
    out = network(X, W1, np.zeros(W1.shape[1]), W2, np.zeros(W2.shape[1]), T, "tanh")
    return {"W1": W1 - lr * out["dW1"], "W2": W2 - lr * out["dW2"]}


def central_difference(f: Callable, loss: Callable, w, h=1e-5, number: type = np.float64) -> Arrays:
    """The slope of loss(f(w)) at w, from two more forward passes."""
    w, h = number(w), number(h)
    return {"slope": (loss(f(w + h)) - loss(f(w - h))) / (2 * h)}


def gradient_check(X, dY, backward: Callable, truth: Callable) -> Arrays:
    """By how much a backward pass differs from the truth for the upstream gradient dY."""
    X, dY = np.asarray(X, dtype=float), np.asarray(dY, dtype=float)
    return {"difference": np.max(np.abs(backward(X, dY) - truth(X, dY)))}


PROGRAMS: dict[str, Callable[..., Arrays]] = {
    "network": network,
    "linear": linear,
    "one example": one_example,
    "cross-entropy": cross_entropy,
    "sigmoid and MSE": sigmoid_mse,
    "MSE": mse,
    "exp": exponential,
    "dropout": dropout,
    "max pool": max_pool,
    "convolution": convolution,
    "training": training,
    "hidden units": hidden_units,
    "central difference": central_difference,
    "gradient check": gradient_check,
}
