"""Contenders that go array by array: a network for digits, XOR, deep networks, and operations so small that only
their administration costs. Every maker gives the same gradient, flat, in the order W1, b1, W2, b2, ...
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
from measure import Contender

from bplib.engine.tensor import Tensor, checkpoint
from bplib.nn import data
from bplib.nn.layers import Linear, ReLU, Sequential, Sigmoid
from bplib.nn.losses import MSE, CrossEntropy
from bplib.nn.optim import SGD
from bplib.nn.training import fit

SIZES = (784, 16, 16, 10)


def flat(arrays) -> np.ndarray:
    return np.concatenate([np.asarray(a, float).ravel() for a in arrays])


def weights(sizes: tuple[int, ...]) -> list[np.ndarray]:
    """W1, b1, W2, b2, ...: the same for every contender. Biases are not zero, or a lost one would not be noticed."""
    rng = np.random.default_rng(0)
    return [p for n, m in pairwise(sizes) for p in (rng.normal(0, n**-0.5, (n, m)), rng.normal(0, 0.1, m))]


def pairs(params: list) -> list[tuple]:
    return list(zip(params[::2], params[1::2], strict=True))


# ---------------------------------------------------------------- digits 784-16-16-10
# net is "sigmoid" (sigmoid everywhere, mean squared error) or "relu" (ReLU inside, softmax and cross-entropy)


def digits(batch: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (batch, 784), classes t (batch,), and T (batch, 10) with a 1 for the class."""
    X, t = data.digits(28)
    return X[:batch].copy(), t[:batch].copy(), np.eye(10)[t[:batch]]


def layers(sizes: tuple[int, ...], net: str) -> Sequential:
    inside = []
    for n, m in pairwise(sizes):
        inside += [Linear(n, m, init="zeros"), Sigmoid() if net == "sigmoid" else ReLU()]
    made = Sequential(*(inside if net == "sigmoid" else inside[:-1]))
    for mine, given in zip(made.params(), weights(sizes), strict=True):
        mine[...] = given
    return made


def digits_layers(net: str, batch: int) -> Contender:
    X, t, T = digits(batch)
    model = layers(SIZES, net)
    loss, target = (MSE(), T) if net == "sigmoid" else (CrossEntropy(), t)

    def step() -> None:
        loss.forward(model.forward(X), target)
        model.backward(loss.backward(), to_input=False)

    return Contender(step, lambda: (step(), flat(model.grads()))[1])


def digits_forward(net: str, batch: int) -> Contender:
    X, t, T = digits(batch)
    model = layers(SIZES, net)
    loss, target = (MSE(), T) if net == "sigmoid" else (CrossEntropy(), t)
    return Contender(lambda: loss.forward(model.forward(X), target))


def digits_nudged(net: str, batch: int) -> Contender:
    """Central differences, as a gradient check takes them: two forward passes for each of the 13,002 parameters."""
    X, t, T = digits(batch)
    model, h = layers(SIZES, net), 1e-5
    loss, target = (MSE(), T) if net == "sigmoid" else (CrossEntropy(), t)

    def step() -> np.ndarray:
        slopes = []
        for p in model.params():
            numbers = p.ravel()  # a view: a nudge here is a nudge in the network
            for i, old in enumerate(numbers.tolist()):
                numbers[i] = old + h
                above = loss.forward(model.forward(X), target)
                numbers[i] = old - h
                slopes.append((above - loss.forward(model.forward(X), target)) / (2 * h))
                numbers[i] = old
        return np.array(slopes)

    return Contender(step, step)


def digits_tape(net: str, batch: int) -> Contender:
    X, _, T = digits(batch)
    params = [Tensor(p) for p in weights(SIZES)]
    (W1, b1), (W2, b2), (W3, b3) = pairs(params)

    def step() -> None:
        for p in params:
            p.grad = None
        if net == "sigmoid":
            A = ((X @ W1 + b1).sigmoid() @ W2 + b2).sigmoid()
            loss = (((A @ W3 + b3).sigmoid() - T) ** 2).mean()
        else:
            A = ((X @ W1 + b1).relu() @ W2 + b2).relu()
            loss = -((A @ W3 + b3).log_softmax() * T).sum() / batch
        loss.backward()

    return Contender(step, lambda: (step(), flat(p.grad for p in params))[1])


def digits_torch(net: str, batch: int) -> Contender:
    import torch
    from torch.nn import functional as F

    torch.set_num_threads(1)
    X, t, T = (torch.from_numpy(a) for a in digits(batch))
    params = [torch.from_numpy(p).requires_grad_() for p in weights(SIZES)]
    (W1, b1), (W2, b2), (W3, b3) = pairs(params)
    act = torch.sigmoid if net == "sigmoid" else torch.relu

    def step() -> None:
        for p in params:
            p.grad = None
        Y = act(act(X @ W1 + b1) @ W2 + b2) @ W3 + b3
        (F.mse_loss(act(Y), T) if net == "sigmoid" else F.cross_entropy(Y, t)).backward()

    return Contender(step, lambda: (step(), flat(p.grad for p in params))[1])


def _loss_with(xp, net: str, X, T) -> Callable:
    """The loss as a function of the parameters, in the dialect of NumPy that autograd and jax share."""

    def loss(params):
        A = X
        for i, (W, b) in enumerate(pairs(params)):
            Z = xp.dot(A, W) + b
            last = i == len(params) // 2 - 1
            A = 1 / (1 + xp.exp(-Z)) if net == "sigmoid" else Z if last else xp.maximum(Z, 0)
        if net == "sigmoid":
            return xp.mean((A - T) ** 2)
        A = A - xp.max(A, axis=1, keepdims=True)
        return -xp.sum(T * (A - xp.log(xp.sum(xp.exp(A), axis=1, keepdims=True)))) / len(X)

    return loss


def digits_autograd(net: str, batch: int) -> Contender:
    import autograd
    import autograd.numpy as xp

    X, _, T = digits(batch)
    params = weights(SIZES)
    gradient = autograd.value_and_grad(_loss_with(xp, net, X, T))
    return Contender(lambda: gradient(params), lambda: flat(gradient(params)[1]))


def digits_jax(net: str, batch: int) -> Contender:
    import jax

    jax.config.update("jax_enable_x64", True)
    X, _, T = (jax.numpy.asarray(a) for a in digits(batch))
    params = [jax.numpy.asarray(p) for p in weights(SIZES)]
    gradient = jax.jit(lambda X, T, params: jax.value_and_grad(_loss_with(jax.numpy, net, X, T))(params))
    return Contender(lambda: jax.block_until_ready(gradient(X, T, params)), lambda: flat(gradient(X, T, params)[1]))


def digits_tinygrad(net: str, batch: int) -> Contender:
    import tinygrad

    X, _, T = (tinygrad.Tensor(a).realize() for a in digits(batch))
    params = [tinygrad.Tensor(p, requires_grad=True).realize() for p in weights(SIZES)]
    (W1, b1), (W2, b2), (W3, b3) = pairs(params)

    @tinygrad.TinyJit  # without it, every step would be compiled anew
    def gradient():
        if net == "sigmoid":
            A = ((X @ W1 + b1).sigmoid() @ W2 + b2).sigmoid()
            loss = (((A @ W3 + b3).sigmoid() - T) ** 2).mean()
        else:
            A = ((X @ W1 + b1).relu() @ W2 + b2).relu()
            loss = -((A @ W3 + b3).log_softmax() * T).sum() / batch
        return [g.realize() for g in loss.gradient(*params)]

    def step():
        return [g.numpy() for g in gradient()]  # to NumPy: nothing else waits until it is there

    return Contender(step, lambda: flat(step()))


def digits_products(net: str, batch: int, rows: int | None = None) -> Contender:
    """The eight matrix products of the gradient and nothing else: no gradient can be had for less.

    rows    compute the first, large product in blocks of so many rows, which OpenBLAS does faster
    """
    rng = np.random.default_rng(0)  # ordinary numbers: some are slow, such as those next to 0 in unused memory
    A = [rng.standard_normal((batch, n)) for n in SIZES]
    dZ = [rng.standard_normal((batch, n)) for n in SIZES]
    W = [rng.standard_normal(shape) for shape in pairwise(SIZES)]
    Z, dA, dW = ([np.zeros_like(a) for a in arrays] for arrays in (A, dZ, W))
    whole = batch // rows * rows if rows else 0

    def step() -> None:
        if whole:
            np.matmul(A[0][:whole].reshape(-1, rows, SIZES[0]), W[0], out=Z[1][:whole].reshape(-1, rows, SIZES[1]))
        if whole < batch:
            np.dot(A[0][whole:], W[0], out=Z[1][whole:])
        for i in (1, 2):
            np.dot(A[i], W[i], out=Z[i + 1])
        for i in (2, 1, 0):
            np.dot(A[i].T, dZ[i + 1], out=dW[i])
            if i:
                np.dot(dZ[i + 1], W[i].T, out=dA[i])

    return Contender(step)


digits_products_blocked = partial(digits_products, rows=64)


# ---------------------------------------------------------------- XOR 2-4-1, sigmoid, mean squared error, all four at once


def xor_layers(epochs: int, by_fit: bool = False) -> Contender:
    X, T = data.xor()
    model, loss, start = layers((2, 4, 1), "sigmoid"), MSE(), weights((2, 4, 1))

    def step() -> None:
        for p, first in zip(model.params(), start, strict=True):
            p[...] = first
        optimizer = SGD(1.0)
        if by_fit:
            fit(model, loss, X, T, optimizer=optimizer, epochs=epochs, progress=False)
            return
        for _ in range(epochs):
            loss.forward(model.forward(X), T)
            model.backward(loss.backward(), to_input=False)
            optimizer.step(model.params(), model.grads())

    return Contender(step, lambda: (step(), flat(model.params()))[1])


xor_fit = partial(xor_layers, by_fit=True)


def xor_jax(epochs: int) -> Contender:
    """One compiled call for each step, as a training loop in Python makes them."""
    import jax

    jax.config.update("jax_enable_x64", True)
    X, T = (jax.numpy.asarray(a) for a in data.xor())
    start = [jax.numpy.asarray(p) for p in weights((2, 4, 1))]
    gradient = jax.value_and_grad(_loss_with(jax.numpy, "sigmoid", X, T))

    @jax.jit
    def one(params):
        loss, grads = gradient(params)
        return loss, [p - g for p, g in zip(params, grads, strict=True)]

    def step() -> list:
        params = start
        for _ in range(epochs):
            _, params = one(params)
        return jax.block_until_ready(params)

    return Contender(step, lambda: flat(step()))


def xor_torch(epochs: int) -> Contender:
    import torch

    torch.set_num_threads(1)
    X, T = (torch.from_numpy(a) for a in data.xor())
    start = [torch.from_numpy(p) for p in weights((2, 4, 1))]

    def step() -> list:
        params = [p.clone().requires_grad_() for p in start]
        (W1, b1), (W2, b2) = pairs(params)
        optimizer = torch.optim.SGD(params, 1.0)
        for _ in range(epochs):
            optimizer.zero_grad()
            torch.nn.functional.mse_loss(torch.sigmoid(torch.sigmoid(X @ W1 + b1) @ W2 + b2), T).backward()
            optimizer.step()
        return params

    return Contender(step, lambda: flat(p.detach() for p in step()))


# ---------------------------------------------------------------- deep: tanh layers of equal width, mean squared error


def deep_explicit(depth: int, width: int, batch: int) -> Contender:
    """Forward and backward written out: what a tape is compared with. An activation is dropped when it was used."""
    X, T, params = _deep(depth, width, batch)
    layered, grads = pairs(params), {}

    def step() -> None:
        grads.clear()
        A = [X]
        for W, b in layered:
            A.append(np.tanh(A[-1] @ W + b))
        dA = 2 * (A[-1] - T) / T.size
        for i, (W, _) in reversed(list(enumerate(layered))):
            Y = A.pop()
            dZ = dA * (1 - Y * Y)
            grads[i] = A[-1].T @ dZ, dZ.sum(axis=0)
            if i:
                dA = dZ @ W.T

    return Contender(step, lambda: (step(), flat(g for i in range(depth) for g in grads[i]))[1])


def deep_tape(depth: int, width: int, batch: int, release: bool = False) -> Contender:
    X, T, numbers = _deep(depth, width, batch)
    params = [Tensor(p) for p in numbers]

    def step() -> None:
        for p in params:
            p.grad = None
        A = X
        for W, b in pairs(params):
            A = (A @ W + b).tanh()
        ((A - T) ** 2).mean().backward(release=release)

    return Contender(step, lambda: (step(), flat(p.grad for p in params))[1])


deep_tape_release = partial(deep_tape, release=True)


def deep_tape_checkpointed(depth: int, width: int, batch: int, group: int = 8) -> Contender:
    """The same, of which only every eighth layer's input is kept."""
    X, T, numbers = _deep(depth, width, batch)
    params = [Tensor(p) for p in numbers]

    def block(A, *layered):
        for W, b in pairs(layered):
            A = (A @ W + b).tanh()
        return A

    def step() -> None:
        for p in params:
            p.grad = None
        A = X
        for i in range(0, len(params), 2 * group):
            A = checkpoint(block, A, *params[i : i + 2 * group])
        ((A - T) ** 2).mean().backward(release=True)

    return Contender(step, lambda: (step(), flat(p.grad for p in params))[1])


def _deep(depth: int, width: int, batch: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rng = np.random.default_rng(1)
    X, T = rng.standard_normal((2, batch, width))
    return X, T, weights((width,) * (depth + 1))


# ---------------------------------------------------------------- overhead: many operations on arrays of 16 numbers


def small_explicit(ops: int) -> Contender:
    x, w, b = _small()

    def gradient() -> np.ndarray:
        A = [x]
        for _ in range(ops // 3):
            A.append(np.tanh(A[-1] * w + b))
        g, dw, db = np.ones_like(x), np.zeros_like(w), np.zeros_like(b)
        while len(A) > 1:
            Y = A.pop()
            g = g * (1 - Y * Y)
            dw = dw + g * A[-1]
            db = db + g
            g = g * w
        return flat((dw, db))

    return Contender(gradient, gradient)


def small_tape(ops: int) -> Contender:
    x, w, b = _small()
    w, b = Tensor(w), Tensor(b)

    def step() -> None:
        w.grad = b.grad = None
        a = x
        for _ in range(ops // 3):
            a = (a * w + b).tanh()
        a.backward(np.ones(16))

    return Contender(step, lambda: (step(), flat((w.grad, b.grad)))[1])


def small_torch(ops: int) -> Contender:
    import torch

    torch.set_num_threads(1)
    x, w, b = (torch.from_numpy(a) for a in _small())
    ones = torch.ones_like(x)
    w.requires_grad_()
    b.requires_grad_()

    def step() -> None:
        w.grad = b.grad = None
        a = x
        for _ in range(ops // 3):
            a = torch.tanh(a * w + b)
        a.backward(ones)

    return Contender(step, lambda: (step(), flat((w.grad, b.grad)))[1])


def small_autograd(ops: int) -> Contender:
    import autograd
    import autograd.numpy as xp

    x, w, b = _small()

    def total(params):
        a = x
        for _ in range(ops // 3):
            a = xp.tanh(a * params[0] + params[1])
        return xp.sum(a)

    gradient = autograd.grad(total)
    return Contender(lambda: gradient((w, b)), lambda: flat(gradient((w, b))))


def _small() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(2)
    return rng.standard_normal(16), rng.uniform(0.5, 1.2, 16), rng.normal(0, 0.1, 16)
