"""A layer is a function with two sides: `forward` computes and remembers, `backward` hands the gradient back.

The letters are those of the matrix chapter. X goes in, one row for each example of the batch; Y comes out (Z where it
is a pre-activation); dY is the upstream gradient dL/dY, shaped like Y; dX = dL/dX goes back to the layer before.
A parameter W has its gradient in dW, and a layer has the gradient of its output in dY, both from the latest backward
pass. Every gradient is an array shaped like what it belongs to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np


class Layer:
    """What all layers share: the checks, and the order of the two passes.

    A layer of your own names its parameters in `learns` and writes two or three methods: `_forward(X, train) -> Y`,
    `_to_params(dY)` if it has parameters (store dW for each parameter W), and `_to_input(dY) -> dX`.
    It never writes into an array that it was given.

    dY    dL/d(output), shaped like the output, as it came in with the latest backward pass; None before the first.
          The array itself, not a copy: the dX of the layer behind is the dY of the layer in front
    """

    learns: tuple[str, ...] = ()  # names of the parameters: for "W" the gradient is called "dW"
    n_in: int | None = None  # how many columns X must have; None where any shape will do
    _made_of: tuple = ()  # what `repr` shows between the brackets
    _due: tuple[int, ...] | None = None  # the shape of the dY that may come back; None when no pass is open
    dY: np.ndarray | None = None

    def forward(self, X: np.ndarray, train: bool = True) -> np.ndarray:
        """Y for a batch X, keeping what `backward` will need: X itself, not a copy, so change neither it nor W before.

        train    False when the network is used, not taught: Dropout lets all through, BatchNorm uses what it remembers
        Raises TypeError for integers, ValueError for an empty batch or a shape that does not fit.
        """
        self._due = None
        X = self._floats("X", X)
        if self.n_in is not None and (X.ndim != 2 or X.shape[1] != self.n_in):
            hint = ": one example is a batch of one, X[np.newaxis]" if X.shape == (self.n_in,) else ""
            raise ValueError(f"{self} wants X of shape (batch, {self.n_in}), got {X.shape}{hint}")
        if X.size == 0:
            raise ValueError(f"{self} wants at least one example, got X of shape {X.shape}")
        Y = self._forward(X, train)
        self._due = Y.shape
        return Y

    def __call__(self, X: np.ndarray, train: bool = True) -> np.ndarray:
        """`net(X)` is `net.forward(X)`."""
        return self.forward(X, train)

    def backward(self, dY: np.ndarray, to_input: bool = True) -> np.ndarray | None:
        """dX for the upstream gradient dY, after the gradients of the parameters (the old ones are overwritten).

        to_input    False leaves dX out: nobody is there to use that of the first layer, and it is the dearest one

        Each forward pass pays for one backward pass, through what the *latest* forward pass remembered. A second
        one without a forward pass between raises RuntimeError: it would use a batch that has been dealt with.
        """
        if self._due is None:
            raise RuntimeError(f"{self} wants a forward pass before each backward pass, and there was none")
        dY = self._floats("dY", dY)
        if dY.shape != self._due:
            raise ValueError(f"{self} wants dY shaped like its latest output, {self._due}, got {dY.shape}")
        self._due, self.dY = None, dY
        self._to_params(dY)
        return self._to_input(dY) if to_input else None

    def _to_params(self, dY: np.ndarray) -> None:
        """Parameters are leaves: what arrives there goes no further. Most layers have none."""

    def params(self) -> list[np.ndarray]:
        """The parameters themselves, not copies: an optimiser changes them in place."""
        return [getattr(layer, name) for layer, name in self._learned]

    def grads(self) -> list[np.ndarray]:
        """The gradients of the latest backward pass, in the order of `params()`.

        There is nothing to zero between steps: each backward pass overwrites, it never adds.
        """
        for layer, name in self._learned:
            if not hasattr(layer, "d" + name):
                raise RuntimeError(f"{layer} has no gradient yet: it wants a forward and a backward pass")
        return [getattr(layer, "d" + name) for layer, name in self._learned]

    def walk(self) -> Iterator[Layer]:
        """This layer and all layers inside it, in forward order."""
        yield self

    @cached_property
    def _learned(self) -> list[tuple[Layer, str]]:
        return [(layer, name) for layer in self.walk() for name in layer.learns]

    def _floats(self, name: str, array: np.ndarray) -> np.ndarray:
        array = np.asarray(array)
        if array.dtype.kind != "f":
            raise TypeError(f"{self} wants {name} as floats, got {array.dtype}: use {name}.astype(float)")
        return array

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self._made_of))})"


def _generator(rng: np.random.Generator | None, who: str) -> np.random.Generator:
    if not isinstance(rng, np.random.Generator):
        given = "none" if rng is None else repr(rng)
        raise TypeError(f"{who} wants a source of randomness, got {given}: pass rng=np.random.default_rng(0)")
    return rng


# The standard deviation that keeps signals about as large from layer to layer: He et al. (2015) for ReLU,
# Glorot and Bengio (2010), named after Xavier Glorot, for tanh.
SPREAD: dict[str, Callable[[int, int], float]] = {
    "he": lambda n_in, n_out: (2 / n_in) ** 0.5,
    "xavier": lambda n_in, n_out: (2 / (n_in + n_out)) ** 0.5,
    "normal": lambda n_in, n_out: 1.0,
    "zeros": lambda n_in, n_out: 0.0,
}


class Linear(Layer):
    """Z = X @ W + b: each column of W is one neuron.

    W        (n_in, n_out), drawn from `rng`
    b        (n_out,), zeros at first
    init     how W is drawn: "he" (normal, variance 2 / n_in), "xavier" (2 / (n_in + n_out)), "normal" (1), "zeros",
             or a function ``init(rng, (n_in, n_out))`` that returns W
    scale    W is multiplied by it at the start
    """

    learns = ("W", "b")

    def __init__(self, n_in: int, n_out: int, *, rng: np.random.Generator | None = None,
                 init: str | Callable = "he", scale: float = 1.0) -> None:  # fmt: skip
        if n_in < 1 or n_out < 1:
            raise ValueError(f"Linear wants at least one input and one output, got {n_in} and {n_out}")
        if not callable(init) and init not in SPREAD:
            raise ValueError(f"Linear knows init {', '.join(SPREAD)} or a function, got {init!r}")
        self.n_in, self.n_out = self._made_of = n_in, n_out
        if init == "zeros":
            W = np.zeros((n_in, n_out))
        elif callable(init):
            W = np.array(init(_generator(rng, str(self)), (n_in, n_out)), dtype=float)
        else:
            W = SPREAD[init](n_in, n_out) * _generator(rng, str(self)).standard_normal((n_in, n_out))
        if W.shape != (n_in, n_out):
            raise ValueError(f"{self} wants W of shape {(n_in, n_out)}, got {W.shape} from init")
        self.W, self.b = scale * W, np.zeros(n_out)

    def _forward(self, X, train):
        self.X = X
        return X @ self.W + self.b

    def _to_params(self, dZ):
        # Every example used W, so their gradients add up: over the batch inside the product, and by hand for b.
        self.dW = np.dot(self.X.T, dZ)  # X.T @ dZ; for a batch of one, np.dot is the quicker by far
        self.db = dZ.sum(axis=0)

    def _to_input(self, dZ):
        return dZ @ self.W.T


class Sigmoid(Layer):
    """Y = 1 / (1 + exp(-X)), entry by entry."""

    def _forward(self, X, train):
        with np.errstate(over="ignore"):  # far below 0 exp(-X) is infinite, and Y rightly 0
            self.Y = 1 / (1 + np.exp(-X))
        return self.Y

    def _to_input(self, dY):
        return dY * self.Y * (1 - self.Y)  # the slope Y (1 - Y), from the output alone


class Tanh(Layer):
    """Y = tanh(X), entry by entry."""

    def _forward(self, X, train):
        self.Y = np.tanh(X)
        return self.Y

    def _to_input(self, dY):
        return dY * (1 - self.Y**2)


class ReLU(Layer):
    """Y = max(0, X), entry by entry; the slope at 0 is taken as 0, as in PyTorch."""

    def _forward(self, X, train):
        self.Y = np.maximum(X, 0)
        return self.Y

    def _to_input(self, dY):
        return np.where(self.Y <= 0, 0.0, dY)  # a closed gate lets nothing through; 0 * dY would be NaN for infinity


class LeakyReLU(Layer):
    """Y = X where X > 0, slope * X elsewhere: a unit that is off still learns."""

    def __init__(self, slope: float = 0.01) -> None:
        if not 0 <= slope < 1:
            raise ValueError(f"LeakyReLU wants 0 <= slope < 1, got {slope!r}")
        self.slope, self._made_of = slope, (slope,)

    def _forward(self, X, train):
        self.X = X
        return np.where(X > 0, X, self.slope * X)

    def _to_input(self, dY):
        return np.where(self.X > 0, dY, self.slope * dY)


class Dropout(Layer):
    """In training, each entry is dropped with probability p, and the others grow by 1 / (1 - p).

    Because they grow (*inverted* dropout), the mean of an entry stays what it was, and nothing is left to do when the
    network is used.
    Source: Srivastava et al., Dropout (2014).
    """

    def __init__(self, p: float = 0.5, *, rng: np.random.Generator | None = None) -> None:
        if not 0 <= p < 1:
            raise ValueError(f"Dropout wants 0 <= p < 1, got {p!r}")
        self.p, self._made_of = p, (p,)
        self.rng = _generator(rng, str(self))

    def _forward(self, X, train):
        self.mask = (self.rng.random(X.shape) >= self.p) / (1 - self.p) if train else None
        return X * self.mask if train else X

    def _to_input(self, dY):
        return dY if self.mask is None else dY * self.mask


class _Norm(Layer):
    """Y = gamma * N + beta, where N is X moved to mean 0 and stretched to variance 1 along `axis`."""

    learns = ("gamma", "beta")
    axis: int

    def __init__(self, n_in: int, *, eps: float = 1e-5) -> None:
        self.n_in, self.eps, self._made_of = n_in, eps, (n_in,)
        self.gamma, self.beta = np.ones(n_in), np.zeros(n_in)

    def _statistics(self, X: np.ndarray, train: bool) -> tuple[np.ndarray, np.ndarray]:
        """The mean and the variance to use; `moving` says whether they depend on X."""
        self.moving = True
        return X.mean(self.axis, keepdims=True), X.var(self.axis, keepdims=True)

    def _forward(self, X, train):
        mean, variance = self._statistics(X, train)
        self.stretch = 1 / np.sqrt(variance + self.eps)  # eps: a feature that never varies would divide by zero
        self.N = (X - mean) * self.stretch
        return self.N * self.gamma + self.beta

    def _to_params(self, dY):
        self.dgamma = (dY * self.N).sum(axis=0)
        self.dbeta = dY.sum(axis=0)

    def _to_input(self, dY):
        dN = dY * self.gamma
        if self.moving:
            # Each entry of X also moved the mean and the variance, and through them all its neighbours along the
            # axis. Those two paths take away the part of dN that is constant and the part that is parallel to N.
            along = (dN * self.N).mean(self.axis, keepdims=True)
            dN = dN - dN.mean(self.axis, keepdims=True) - self.N * along
        return dN * self.stretch


class BatchNorm(_Norm):
    """Each *feature* (column) gets mean 0 and variance 1 over the batch, then its own scale gamma and shift beta.

    n_in        number of features
    momentum    how much each batch counts in the running mean and variance, which stand in when `train=False`
    eps         added to the variance
    Like PyTorch's: the running variance is the unbiased one (divided by N - 1), the batch's own is divided by N.
    Source: Ioffe and Szegedy, Batch Normalization (2015).
    """

    axis = 0

    def __init__(self, n_in: int, *, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__(n_in, eps=eps)
        self.momentum, self.running_mean, self.running_variance = momentum, np.zeros(n_in), np.ones(n_in)

    def _statistics(self, X, train):
        if not train:
            self.moving = False
            return self.running_mean, self.running_variance
        if len(X) == 1:
            raise ValueError(f"{self} wants two examples or more in training, got 1, which is its own mean: choose a "
                             "batch_size that leaves no single one over")  # fmt: skip
        mean, variance = super()._statistics(X, train)
        self.running_mean += self.momentum * (mean[0] - self.running_mean)
        self.running_variance += self.momentum * (variance[0] * len(X) / (len(X) - 1) - self.running_variance)
        return mean, variance


class LayerNorm(_Norm):
    """Each *example* (row) gets mean 0 and variance 1 over its features; no example sees another.

    Source: Ba, Kiros and Hinton, Layer Normalization (2016).
    """

    axis = 1


class Sequential(Layer):
    """Layers one after the other: what one puts out, the next takes in."""

    def __init__(self, *layers: Layer) -> None:
        if not layers:
            raise ValueError(f"{type(self).__name__} wants at least one layer, got none")
        for layer in layers:
            if not isinstance(layer, Layer):
                raise TypeError(f"{type(self).__name__} wants layers such as Linear(2, 3, rng=rng), got {layer!r:.60}")
        self.layers = self._made_of = layers
        inside = [id(layer) for layer in self.walk()]
        if len(set(inside)) < len(inside):
            raise ValueError(f"{self} has the same layer twice, but a layer remembers one pass only: make two")

    def forward(self, X, train=True):
        for layer in self.layers:
            X = layer.forward(X, train)
        return X

    def backward(self, dY, to_input=True):
        for layer in reversed(self.layers[1:]):
            dY = layer.backward(dY)
        dX = self.layers[0].backward(dY, to_input)
        self.dY = self.layers[-1].dY
        return dX

    def walk(self):
        yield self
        for layer in self.layers:
            yield from layer.walk()


class Residual(Sequential):
    """Y = X + layers(X): a way round the layers, on which the gradient comes back undiminished.

    Source: He et al., Deep Residual Learning (2016).
    """

    def forward(self, X, train=True):
        inner = super().forward(X, train)
        if inner.shape != np.shape(X):
            raise ValueError(f"{self} wants its layers to keep the shape {np.shape(X)}, got {inner.shape}")
        return X + inner

    def backward(self, dY, to_input=True):
        # X was used twice, on the way round and on the way through: its gradient is the sum.
        through = super().backward(dY, to_input)
        return dY + through if to_input else None
