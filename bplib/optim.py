"""An optimiser turns gradients into a step: it changes the parameters in place, and never looks at the network.

`step(params, grads)` takes two lists that pair in order, as `net.params()` and `net.grads()` do.
"""

from __future__ import annotations

import math

import numpy as np


class Optimizer:
    """What all optimisers share: the checks, and the memory of earlier steps.

    One of your own writes `_update(param, grad, *memory)`, which changes param and memory in place.
    """

    memories = 0  # how many arrays like the parameter `_update` wants

    def __init__(self, lr: float) -> None:
        if not 0 < lr < math.inf:
            raise ValueError(f"{type(self).__name__} wants a learning rate lr > 0, got {lr!r}")
        self.lr, self.steps = lr, 0
        self._params: list[np.ndarray] = []
        self._memory: list[list[np.ndarray]] = []

    def step(self, params: list[np.ndarray], grads: list[np.ndarray]) -> None:
        """One step downhill, in place. Raises ValueError where the two lists do not pair, or are another network's."""
        shapes, wanted = [g.shape for g in grads], [p.shape for p in params]
        if shapes != wanted:
            raise ValueError(f"step wants one gradient for each parameter, shaped {wanted}, got {shapes}")
        if not self.steps:
            self._params = list(params)
            self._memory = [[np.zeros_like(p) for _ in range(self.memories)] for p in params]
        if self.memories and [id(p) for p in params] != [id(p) for p in self._params]:
            raise ValueError(f"{self} has stepped other arrays before, and remembers theirs: make a new one")
        self.steps += 1
        for param, grad, memory in zip(params, grads, self._memory, strict=True):
            self._update(param, grad, *memory)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(lr={self.lr:g})"


class SGD(Optimizer):
    """Gradient descent: param -= lr * grad. *Stochastic* when the gradient comes from a minibatch."""

    def _update(self, param, grad):
        param -= self.lr * grad


class Momentum(Optimizer):
    """Gradient descent of a heavy ball: velocity = momentum * velocity + grad; param -= lr * velocity.

    Where gradients keep pointing one way, steps grow up to 1 / (1 - momentum) times as long.
    """

    memories = 1

    def __init__(self, lr: float, momentum: float = 0.9) -> None:
        super().__init__(lr)
        if not 0 <= momentum < 1:
            raise ValueError(f"Momentum wants 0 <= momentum < 1, got {momentum!r}")
        self.momentum = momentum

    def _update(self, param, grad, velocity):
        velocity *= self.momentum
        velocity += grad
        param -= self.lr * velocity

    def __repr__(self) -> str:
        return f"Momentum(lr={self.lr:g}, momentum={self.momentum:g})"


class Adam(Optimizer):
    """Steps of about lr for every parameter, whatever the size of its gradient.

    Divides the running mean of the gradient by the root of the running mean of its square, both corrected for having
    started at 0.
    Source: Kingma and Ba, Adam (2015), algorithm 1.
    """

    memories = 2

    def __init__(self, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(lr)
        if not all(0 <= beta < 1 for beta in betas):
            raise ValueError(f"Adam wants each of betas in 0 <= beta < 1, got {betas!r}")
        self.betas, self.eps = betas, eps

    def _update(self, param, grad, mean, square):
        beta1, beta2 = self.betas
        mean += (1 - beta1) * (grad - mean)
        square += (1 - beta2) * (grad * grad - square)
        unbiased_mean = mean / (1 - beta1**self.steps)
        unbiased_square = square / (1 - beta2**self.steps)
        param -= self.lr * unbiased_mean / (np.sqrt(unbiased_square) + self.eps)


def clip_by_norm(grads: list[np.ndarray], max_norm: float) -> float:
    """Shorten `grads`, in place and together, so that their joint length is at most `max_norm`.

    Returns the length they had. All are multiplied by one number: the direction of the step stays what it was.
    """
    if not max_norm > 0:
        raise ValueError(f"clip_by_norm wants max_norm > 0, got {max_norm!r}")
    length = math.sqrt(sum(float(np.vdot(g, g)) for g in grads))
    if max_norm < length < math.inf:  # what is infinite or NaN stays so, for all to see
        for grad in grads:
            grad *= max_norm / length
    return length
