"""Mistakes on arrays: each is a wrong program beside a right one, with the same inputs and the same names for what it gives.

`PROGRAMS` are the right ones, small and without a class: a network of two layers, losses, dropout, pooling, convolution,
training, gradient checks. `SLIPS` are `Mistake`s whose `on` names the program that they alter, and whose `run` takes that
program's inputs. Those of scalar graphs are in `mistakes`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from .mistakes import MISTAKES, Mistake, Outcome, truth
from .value import Value

Arrays = dict[str, np.ndarray]

# ---------------------------------------------------------------- the right programs


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

# The steps of a network's backward pass. A slip replaces one.
STEPS: dict[str, Callable] = {
    "begin": lambda Y, T: 2 * (Y - T) / Y.size,  # the loss is a mean over all entries
    "to_weight": lambda A, dZ: A.T @ dZ,
    "to_bias": lambda dZ: dZ.sum(axis=0),
    "to_input": lambda dZ, W, dW: dZ @ W.T,
    "through": lambda dA, Z, A, after, slope: dA * slope(Z),  # `after` is the pre-activation of the next layer
}


def network(X, W1, b1, W2, b2, T, activation: str = "relu", **altered: Callable) -> Arrays:
    """Two layers and the mean squared error: Z1 = X W1 + b1, A1 = f(Z1), Z2 = A1 W2 + b2, L = mean((Z2 - T)^2).

    X (N, n), W1 (n, h), b1 (h,), W2 (h, k), b2 (k,), T (N, k); what comes out stands in the order of the pass.
    altered   other steps than those in STEPS
    """
    X, W1, b1, W2, b2, T = (np.asarray(a, dtype=float) for a in (X, W1, b1, W2, b2, T))
    step, (f, slope) = STEPS | altered, ACTIVATIONS[activation]
    Z1 = X @ W1 + b1
    A1 = f(Z1)
    Z2 = A1 @ W2 + b2
    dZ2 = step["begin"](Z2, T)
    dW2, db2 = step["to_weight"](A1, dZ2), step["to_bias"](dZ2)
    dA1 = step["to_input"](dZ2, W2, dW2)
    dZ1 = step["through"](dA1, Z1, A1, Z2, slope)
    dW1, db1 = step["to_weight"](X, dZ1), step["to_bias"](dZ1)
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "L": np.mean((Z2 - T) ** 2), "dZ2": dZ2, "dW2": dW2, "db2": db2,
            "dA1": dA1, "dZ1": dZ1, "dW1": dW1, "db1": db1}  # fmt: skip


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

# ---------------------------------------------------------------- the wrong ones


def _too_early(loss: Value, lr: float) -> Outcome:
    """Each node hands on what it has when it is first met, and no more: there is no topological order."""
    values, right = truth(loss)
    grads, waiting, met = dict.fromkeys(right, 0.0) | {loss: 1.0}, [loss], {loss}
    for node in waiting:
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            grads[parent] += grads[node] * local
            if parent not in met:
                met.add(parent)
                waiting.append(parent)
    return Outcome(values, grads)


def _altered(**steps: Callable) -> Callable[..., Arrays]:
    """The network with other steps."""
    return lambda *args, **inputs: network(*args, **inputs, **steps)


def _known(slug: str, on: str, run: Callable) -> Mistake:
    """The array form of a mistake that `mistakes` has for scalar graphs: the same slug, the same words."""
    return replace(MISTAKES[slug], on=on, run=run)


def _first(window: np.ndarray) -> int:
    return 0


def _by_examples(dZ: np.ndarray) -> np.ndarray:
    return np.full(dZ.shape[1], dZ.sum())


_ALL = (
    _known("no-activation-slope", "network", _altered(through=lambda dA, Z, A, after, slope: dA)),
    _known("slope-at-a", "network", _altered(through=lambda dA, Z, A, after, slope: dA * slope(A))),
    _known("no-factor-two", "network", _altered(begin=lambda Y, T: (Y - T) / Y.size)),
    _known("sign-of-error", "network", _altered(begin=lambda Y, T: 2 * (T - Y) / Y.size)),
    _known("updated-weight", "network", _altered(to_input=lambda dZ, W, dW: dZ @ (W - 0.1 * dW).T)),
    _known("no-bias-gradient", "network", _altered(to_bias=lambda dZ: 0 * dZ.sum(axis=0))),
    Mistake(
        "transpose-missing",
        "the transpose is left out of dW = X.T @ dY; with square shapes nothing complains",
        "The shapes fit without it when the batch is as large as the layer is wide.",
        "Which example's input meets which example's gradient in your product?",
        "8: Shapes that must fit",
        lambda X, W, b, dY: linear(X, W, b, dY, to_weight=lambda A, dZ: A @ dZ),
        "linear",
    ),
    Mistake(
        "weight-not-transposed",
        "the gradient is passed back through W, not through its transpose",
        "Forward it was X @ W, and W looks the same on the way back.",
        "W[i, j] leads from input i to output j. Which way does the gradient come?",
        "8: Backward, index by index",
        _altered(to_input=lambda dZ, W, dW: dZ @ W),
        "network",
    ),
    Mistake(
        "indices-swapped",
        "rows and columns are exchanged: dW is made as dZ.T @ A, the transpose of what it should be",
        "Both products have the same numbers in them, and for a square W the same shape.",
        "W has a row for each input. Has your dW?",
        "8: Shapes that must fit",
        _altered(to_weight=lambda A, dZ: dZ.T @ A),
        "network",
    ),
    Mistake(
        "transpose-of-vector",
        ".T is taken of an array with one axis, where it does nothing: x.T @ dy is one number, not a matrix",
        "On paper a row turns into a column. A NumPy array with one axis is neither.",
        "What is x.T.shape?",
        "8: Pitfalls",
        lambda x, W, dy: one_example(x, W, dy, outer=lambda x, dy: x.T @ dy),
        "one example",
    ),
    Mistake(
        "bias-averaged",
        "the gradient of the bias is averaged over the batch, where those of the weights are summed",
        "The batch has to be averaged somewhere. The loss did it already.",
        "The 1/N is in dZ. How often is it in your db?",
        "8: Pitfalls",
        _altered(to_bias=lambda dZ: dZ.mean(axis=0)),
        "network",
    ),
    Mistake(
        "bias-summed-over-all",
        "the gradient of the bias is summed over everything, so that all biases of a layer get the same",
        "dZ.sum() runs, and NumPy spreads one number over the whole bias.",
        "Which entries of dZ does one bias reach: a column, or all?",
        "8: Pitfalls",
        _altered(to_bias=_by_examples),
        "network",
    ),
    Mistake(
        "mean-twice",
        "the gradient is divided by the number of examples twice",
        "The loss is a mean, and the formula for dW in many books has a 1/N of its own.",
        "Where was the mean taken: in the loss, in the weights, or in both?",
        "8: Pitfalls",
        _altered(begin=lambda Y, T: 2 * (Y - T) / Y.size / len(Y)),
        "network",
    ),
    Mistake(
        "mean-never",
        "the gradient is that of the sum of squares, not of their mean",
        "The slope of a square is what one thinks of; the mean in front is easily lost.",
        "If every example came twice, what would become of the loss? And of your gradient?",
        "8: Backward, index by index",
        _altered(begin=lambda Y, T: 2 * (Y - T)),
        "network",
    ),
    Mistake(
        "mean-over-examples-only",
        "the mean is taken over the examples alone, where this loss takes it over all entries",
        "N is the number of examples, and it stands in every formula.",
        "How many squares does the mean run over?",
        "8: Backward, index by index",
        _altered(begin=lambda Y, T: 2 * (Y - T) / len(Y)),
        "network",
    ),
    Mistake(
        "last-example-only",
        "only the last example counts: the others were overwritten, with = for +=",
        "A loop over the examples computes the right thing for each, and keeps one.",
        "Every example used W. In how many of them does your dW have a part?",
        "8: Backward, index by index",
        _altered(to_weight=lambda A, dZ: np.outer(A[-1], dZ[-1]), to_bias=lambda dZ: dZ[-1]),
        "network",
    ),
    Mistake(
        "mask-of-next-layer",
        "the ReLU's mask is taken from the wrong layer: where Z2 is positive, not where Z1 is",
        "Both are at hand, and here they have the same shape.",
        "Which ReLU does the gradient pass on its way from dA1 to dZ1?",
        "8: Pitfalls",
        _altered(through=lambda dA, Z, A, after, slope: dA * slope(after)),
        "network",
    ),
    Mistake(
        "relu-at-zero",
        "the slope of ReLU at exactly 0 is taken as 1",
        "It is a convention: 0 and 1 are both slopes that touch the corner. This book takes 0, as PyTorch does.",
        "What is your slope where Z1 is exactly 0?",
        "7: Backward, one factor at a time",
        _altered(through=lambda dA, Z, A, after, slope: dA * (Z >= 0)),
        "network",
    ),
    Mistake(
        "elementwise-for-product",
        "the two are multiplied entry by entry (*), where the matrix product (@) belongs",
        "One sign apart, and where the shapes agree both run.",
        "W is used by every example. Where does your dW add up over the batch?",
        "8: Links and leaves",
        _altered(to_weight=lambda A, dZ: A * dZ),
        "network",
    ),
    Mistake(
        "delta-not-through-weights",
        "the gradient goes back to the layer before without passing through W2",
        "dZ2 and dZ1 are both called delta, and here they have the same shape.",
        "If A1[0, 0] grows a little, which entries of Z2 move, and by how much?",
        "8: Links and leaves",
        _altered(to_input=lambda dZ, W, dW: dZ * 1.0),
        "network",
    ),
    Mistake(
        "softmax-diagonal",
        "only the diagonal of softmax's Jacobian is used: each share is taken to depend on its own logit alone",
        "It is so for the sigmoid, whose formula p(1 - p) is the same.",
        "When one logit rises, what becomes of the shares of the others?",
        None,
        lambda Z, T: cross_entropy(Z, T, begin=lambda P, T: -T / P / len(P) * P * (1 - P)),
        "cross-entropy",
    ),
    Mistake(
        "softmax-slope-twice",
        "P - T is multiplied by p(1 - p) once more, although it is already the gradient of the logits",
        "Every activation has had a slope so far. This one is in P - T.",
        "Is P - T the gradient before the softmax, or behind it?",
        None,
        lambda Z, T: cross_entropy(Z, T, begin=lambda P, T: (P - T) * P * (1 - P) / len(P)),
        "cross-entropy",
    ),
    Mistake(
        "softmax-twice",
        "softmax is applied twice: by the network, and by the loss once more",
        "Many a library's cross-entropy contains the softmax without its name saying so.",
        "Does your loss want logits, or shares?",
        None,
        lambda Z, T: cross_entropy(Z, T, shares=lambda Z: softmax(softmax(Z))),
        "cross-entropy",
    ),
    Mistake(
        "batch-not-averaged",
        "the gradient is not divided by the number of examples, although the loss is",
        "P - T looks complete.",
        "If every example came twice, what would become of the loss? And of your gradient?",
        None,
        lambda Z, T: cross_entropy(Z, T, begin=lambda P, T: P - T),
        "cross-entropy",
    ),
    Mistake(
        "delta-of-other-loss",
        "the gradient is that of cross-entropy, P - T, while the loss printed is the mean squared error",
        "P - T is short, and it trains well. It is another loss's slope.",
        "Which loss has the slope that you use?",
        None,
        lambda Z, T: sigmoid_mse(Z, T, begin=lambda P, T: (P - T) / len(P)),
        "sigmoid and MSE",
    ),
    Mistake(
        "no-output-slope",
        "the derivative of the output's activation is left out",
        "The output is where the backward pass begins, so nothing seems to come before it.",
        "Between dL/dP and dL/dZ stands a function. What is its slope?",
        None,
        lambda Z, T: sigmoid_mse(Z, T, begin=lambda P, T: 2 * (P - T) / P.size),
        "sigmoid and MSE",
    ),
    Mistake(
        "broadcast-error",
        "outputs of shape (N,) and targets of shape (N, 1) are subtracted: NumPy makes (N, N) of it, everybody with everybody",
        "The two look alike when printed, and no error is raised.",
        "What is the shape of Y - T?",
        "8: Pitfalls",
        lambda Y, T: mse(Y, T, error=lambda Y, T: Y - T.reshape(-1, 1)),
        "MSE",
    ),
    Mistake(
        "exp-slope-is-x",
        "the derivative of exp(x) is taken as x",
        "By analogy with squares, something seems to come down from the exponent.",
        "How steep is exp at 0?",
        "4: Pitfalls",
        lambda x, dy: exponential(x, dy, slope=lambda x: x),
        "exp",
    ),
    Mistake(
        "mask-forgotten",
        "dropout's mask is left out of the backward pass",
        "It was random, so it seems to have no derivative.",
        "Can an entry that was dropped still move the loss?",
        None,
        lambda X, mask, dY: dropout(X, mask, dY, back=lambda dY, mask: dY),
        "dropout",
    ),
    Mistake(
        "pool-to-first",
        "max pooling's gradient goes to the first entry of each window, not to the largest",
        "It reaches the right window, and the network still learns something.",
        "Which entry of the window did the output come from?",
        None,
        lambda X, dY: max_pool(X, dY, chosen=_first),
        "max pool",
    ),
    Mistake(
        "kernel-not-turned",
        "the kernel is not turned round on the way back to the input",
        "Forward it is laid on as it is. Backward, what was to the right now comes from the left.",
        "Which outputs did X[0, 0] reach, and with which entry of the kernel?",
        None,
        lambda X, K, dY: convolution(X, K, dY, turned=lambda K: K),
        "convolution",
    ),
    Mistake(
        "gradients-not-reset",
        "the gradients are not reset: the second step uses the sum of both",
        "Adding is right within one pass, where a value is used twice. Between steps it is not.",
        "Which gradients does the second step use?",
        None,
        lambda *args, **inputs: training(*args, **inputs, keep=1.0),
        "training",
    ),
    Mistake(
        "bias-never-updated",
        "the bias is never updated",
        "A well-known worked example leaves its biases alone.",
        "How many parameters have you moved?",
        "7: All four at once",
        lambda *args, **inputs: training(*args, **inputs, fixed_bias=True),
        "training",
    ),
    Mistake(
        "steps-uphill",
        "the step is added where it is subtracted, so that the loss rises",
        "Gradient descent is called after the gradient, and the minus sign is in the other word.",
        "Where does the gradient point: up, or down?",
        "7: One step, and too far",
        lambda *args, **inputs: training(*args, **inputs, uphill=True),
        "training",
    ),
    Mistake(
        "value-clipped",
        "the parameters are clipped, where the gradient should be",
        "Both are one line with the same name.",
        "What may be as large as it likes, and what may not?",
        None,
        lambda *args, **inputs: training(*args, **inputs, clip_value=True),
        "training",
    ),
    Mistake(
        "zero-initialisation",
        "all weights begin at 0, so that the hidden units stay alike, and here nothing moves at all",
        "0 favours nobody. That is the trouble: no unit has a reason to become another than its neighbour.",
        "What is the gradient of W1 when W2 is 0?",
        None,
        lambda X, W1, W2, T, lr=0.1: hidden_units(X, 0 * np.asarray(W1), 0 * np.asarray(W2), T, lr),
        "hidden units",
    ),
    Mistake(
        "output-nudged-for-loss",
        "the check measures how the output changes, and compares that with the gradient of the loss",
        "The output is what the program prints.",
        "Of which number is your gradient the slope?",
        None,
        lambda f, loss, w, h=1e-5: central_difference(f, lambda y: y, w, h),
        "central difference",
    ),
    Mistake(
        "nudge-too-small",
        "the nudge h is so small that rounding eats the difference (here 1e-7, with 32-bit numbers)",
        "A limit for h to 0 suggests: the smaller the better.",
        "How many digits do the two losses have in common, and how many are left of the difference?",
        "4: Two lines that check everything",
        lambda f, loss, w, h=1e-7: central_difference(f, loss, w, h, np.float32),
        "central difference",
    ),
    Mistake(
        "all-ones-upstream",
        "the backward pass is checked with an upstream gradient of ones, for which rows and columns are the same",
        "Summing the outputs up is the quickest way to get one number.",
        "Which mistakes does a matrix of ones forgive?",
        None,
        lambda X, dY, backward, truth: gradient_check(X, np.ones_like(np.asarray(dY, dtype=float)), backward, truth),
        "gradient check",
    ),
    Mistake(
        "no-topological-order",
        "a node hands its gradient on before all that used it have paid in: there is no topological order",
        "On a chain every order is right. It shows where paths of different length meet again.",
        "Which nodes must have been visited before this one can hand on its gradient?",
        "5: In which order?",
        _too_early,
        "graph",
    ),
)  # fmt: skip

SLIPS: dict[str, Mistake] = {mistake.slug: mistake for mistake in _ALL}


def slips_of(on: str) -> tuple[tuple[Mistake, Callable], ...]:
    """All mistakes on this program, each with the wrong program: what an exercise takes as `slips`."""
    if on not in PROGRAMS:
        raise KeyError(f"slips are on the programs {', '.join(PROGRAMS)}; got {on!r}")
    return tuple((mistake, mistake.run) for mistake in SLIPS.values() if mistake.on == on)
