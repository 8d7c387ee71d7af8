"""The two moons, learnt by a network whose numbers belong to any class of Values, as in chapter 14."""

from __future__ import annotations

import numpy as np

from ...nn.data import two_moons


def answer(net, x1: float, x2: float):
    """What the network 2-6-1 says about a point."""
    hidden, last = net
    h = [(x1 * w + x2 * v + b).tanh() for w, v, b in hidden]
    return sum([w * a for w, a in zip(last, h, strict=False)]) + last[6]


def train(kind, seed: int = 0, steps: int = 12, lr: float = 0.2) -> list[float]:
    """The mean squared error before each step of gradient descent, with weights that are objects of `kind`."""
    X, T = two_moons(40, 0.1, rng=np.random.default_rng(1))
    draw = np.random.default_rng(seed).standard_normal
    net = [[kind(w) for w in draw(3)] for _ in range(6)], [kind(w) for w in draw(7)]
    losses = []
    for _ in range(steps):
        errors = [-t + answer(net, *x) for x, t in zip(X.tolist(), (2 * T - 1).ravel().tolist(), strict=True)]
        loss = (1 / 40) * sum([e * e for e in errors])
        losses.append(loss.data)
        loss.backward()
        for w in [w for neuron in (*net[0], net[1]) for w in neuron]:
            w.data -= lr * w.grad
            w.grad = 0.0
    return losses
