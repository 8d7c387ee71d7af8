"""An optimiser turns gradients into a step: it changes the parameters in place, and never looks at the network.

`step(params, grads)` takes two lists that pair in order, as `net.params()` and `net.grads()` do.
"""

from __future__ import annotations

import math

import numpy as np


class Optimizer:
    """What all optimisers share: the checks, and the memory of earlier steps.

    lr, weight_decay    may be changed between steps
    steps               how many there were
    state               what is remembered from step to step: name -> arrays, one for each parameter. Empty before the
                        first step. Pickle it together with the network, in one tuple, to go on later

    Weight decay is the coupled L2 penalty of PyTorch's SGD and Adam: weight_decay * param is added to each gradient, as
    if the loss had weight_decay / 2 times the sum of all squared parameters (biases too) in it. In Adam that part is
    divided like the rest of the gradient; AdamW, which keeps it out of that, is not here.
    One of your own names its memories, arrays like the parameter that begin as zeros, and writes
    `_update(param, grad, *memories)`, which changes param and memories in place.
    """

    memories: tuple[str, ...] = ()

    def __init__(self, lr: float, *, weight_decay: float = 0.0) -> None:
        if not 0 < lr < math.inf:
            raise ValueError(f"{type(self).__name__} wants a learning rate lr > 0, got {lr!r}")
        if not 0 <= weight_decay < math.inf:
            raise ValueError(f"{type(self).__name__} wants weight_decay >= 0, got {weight_decay!r}")
        self.lr, self.weight_decay, self.steps = lr, weight_decay, 0
        self.state: dict[str, list[np.ndarray]] = {}
        self._params: list[np.ndarray] = []
        self._shown: dict[str, float] = {}  # in `repr`, after the learning rate

    def step(self, params: list[np.ndarray], grads: list[np.ndarray]) -> None:
        """One step downhill, in place. Raises ValueError where the two lists do not pair, or are another network's."""
        shapes, wanted = [g.shape for g in grads], [p.shape for p in params]
        if shapes != wanted:
            raise ValueError(f"step wants one gradient for each parameter, shaped {wanted}, got {shapes}")
        if not self.steps:
            self._params = list(params)
            self.state = {name: [np.zeros_like(p) for p in params] for name in self.memories}
        if self.memories and [id(p) for p in params] != [id(p) for p in self._params]:
            raise ValueError(f"{self} has stepped other arrays before, and remembers theirs: make a new one")
        self.steps += 1
        for i, (param, grad) in enumerate(zip(params, grads, strict=True)):
            if self.weight_decay:
                grad = grad + self.weight_decay * param  # not in place: the gradient is the network's
            self._update(param, grad, *(arrays[i] for arrays in self.state.values()))

    def __repr__(self) -> str:
        shown = {"lr": self.lr} | self._shown | ({"weight_decay": self.weight_decay} if self.weight_decay else {})
        return f"{type(self).__name__}({', '.join(f'{name}={value:g}' for name, value in shown.items())})"


class SGD(Optimizer):
    """Gradient descent: param -= lr * grad. *Stochastic* when the gradient comes from a minibatch."""

    def _update(self, param, grad):
        param -= self.lr * grad


class Momentum(Optimizer):
    """Gradient descent of a heavy ball: velocity = momentum * velocity + grad; param -= lr * velocity.

    Where gradients keep pointing one way, steps grow up to 1 / (1 - momentum) times as long.
    """

    memories = ("velocity",)

    def __init__(self, lr: float, momentum: float = 0.9, *, weight_decay: float = 0.0) -> None:
        super().__init__(lr, weight_decay=weight_decay)
        if not 0 <= momentum < 1:
            raise ValueError(f"Momentum wants 0 <= momentum < 1, got {momentum!r}")
        self.momentum, self._shown = momentum, {"momentum": momentum}

    def _update(self, param, grad, velocity):
        velocity *= self.momentum
        velocity += grad
        param -= self.lr * velocity


class Adam(Optimizer):
    """Steps of about lr for every parameter, whatever the size of its gradient.

    Divides the running mean of the gradient by the root of the running mean of its square, both corrected for having
    started at 0.
    Source: Kingma and Ba, Adam (2015), algorithm 1.
    """

    memories = ("mean", "square")

    def __init__(self, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8, *,
                 weight_decay: float = 0.0) -> None:  # fmt: skip
        super().__init__(lr, weight_decay=weight_decay)
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
