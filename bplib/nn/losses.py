"""A loss is one number that says how far the outputs Y are from the targets T, and the place where backward begins.

`forward(Y, T)` returns the number and `backward()` returns dY = dL/dY, shaped like Y. Every loss here is a mean, and
the mean is taken once, here: no layer divides by the batch again.
"""

from __future__ import annotations

import numpy as np


class Loss:
    """What all losses share: the checks. A loss of your own writes `_forward(Y, T) -> float` and `_backward() -> dY`."""

    _open = False

    def forward(self, Y: np.ndarray, T: np.ndarray) -> float:
        """The loss of a batch. Raises TypeError for outputs that are not floats, ValueError for shapes or targets
        that do not fit."""
        self._open = False
        Y, T = np.asarray(Y), np.asarray(T)
        if Y.dtype.kind != "f":
            raise TypeError(f"{self} wants the outputs as floats, got {Y.dtype}: use Y.astype(float)")
        if T.dtype.kind not in "fiub":
            raise TypeError(f"{self} wants the targets as numbers, got {T.dtype}")
        if Y.size == 0:
            raise ValueError(f"{self} wants at least one example, got outputs of shape {Y.shape}")
        loss = float(self._forward(Y, self._targets(Y, T)))
        self._open = True
        return loss

    def __call__(self, Y: np.ndarray, T: np.ndarray) -> float:
        """`loss(Y, T)` is `loss.forward(Y, T)`."""
        return self.forward(Y, T)

    def backward(self) -> np.ndarray:
        """dY for the latest forward pass, once: a second call without a new forward pass raises RuntimeError."""
        if not self._open:
            raise RuntimeError(f"{self} wants a forward pass before each backward pass, and there was none")
        self._open = False
        return self._backward()

    def _targets(self, Y: np.ndarray, T: np.ndarray) -> np.ndarray:
        """T as `_forward` wants it: here, one target for each output."""
        if Y.shape == T.shape:
            return T
        wanted = f"{self} wants targets shaped like the outputs, {Y.shape}, got {T.shape}"
        try:
            together = np.broadcast_shapes(Y.shape, T.shape)
        except ValueError:
            raise ValueError(wanted) from None
        fix = f": use T.reshape{Y.shape}" if T.size == Y.size else ""
        raise ValueError(f"{wanted}. NumPy would broadcast the two to {together}, comparing outputs with targets that "
                         f"are not theirs{fix}")  # fmt: skip

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class MSE(Loss):
    """The mean squared error: a mean over *all* entries, examples and outputs alike."""

    def _forward(self, Y, T):
        self.E = Y - T
        return np.mean(self.E * self.E)

    def _backward(self):
        return 2 * self.E / self.E.size


class BCEWithLogits(Loss):
    """Binary cross-entropy of sigmoid(Y) for targets between 0 and 1; the mean over all entries.

    Y are logits, before the sigmoid: together, -T log sigmoid(Y) - (1 - T) log(1 - sigmoid(Y)) becomes
    max(Y, 0) - T Y + log(1 + exp(-|Y|)), where nothing overflows, and dY becomes sigmoid(Y) - T.
    """

    def _targets(self, Y, T):
        T = super()._targets(Y, T)
        if not ((T >= 0) & (T <= 1)).all():
            raise ValueError(f"{self} wants targets between 0 and 1, got some from {T.min():g} to {T.max():g}")
        return T

    def _forward(self, Y, T):
        e = np.exp(-np.abs(Y))
        self.E = np.where(Y >= 0, 1, e) / (1 + e) - T  # sigmoid(Y) - T
        return np.mean(np.maximum(Y, 0) - T * Y + np.log1p(e))

    def _backward(self):
        return self.E / self.E.size


class CrossEntropy(Loss):
    """Softmax and cross-entropy in one, -log P[class], with P = softmax(Y) over each row; the mean over the batch.

    Y    (batch, classes), logits: before the softmax. Together the two have the gradient P - T, and stay exact where
         softmax alone would round to 0 and its logarithm become infinite
    T    (batch,) whole numbers from 0 to classes - 1, or (batch, classes) with a 1 for the class (or probabilities)
    """

    def _targets(self, Y, T):
        if Y.ndim != 2:
            raise ValueError(f"{self} wants outputs of shape (batch, classes), got {Y.shape}")
        N, K = Y.shape
        if T.shape == Y.shape:
            if not (T >= 0).all() or not np.allclose(T.sum(axis=1), 1):
                raise ValueError(f"{self} wants rows of targets that are probabilities: none below 0, sum 1")
            return T
        if T.shape != (N,):
            fix = ": use T.reshape(-1)" if T.shape == (N, 1) else ""
            raise ValueError(f"{self} wants targets of shape ({N},) or {Y.shape}, got {T.shape}{fix}")
        if T.dtype.kind not in "iu":
            raise TypeError(f"{self} wants classes as whole numbers, got {T.dtype}: use T.astype(int)")
        if T.min() < 0 or T.max() >= K:
            raise ValueError(f"{self} wants classes from 0 to {K - 1}, one for each output, "
                             f"got some from {T.min()} to {T.max()}")  # fmt: skip
        return T

    def _forward(self, Y, T):
        self.T, rows = T, np.arange(len(Y))
        Y = Y - Y.max(axis=1, keepdims=True)  # the same for all classes: it cancels, and exp cannot overflow
        self.P = np.exp(Y)
        total = self.P.sum(axis=1, keepdims=True)
        self.P /= total
        right = Y[rows, T] if T.ndim == 1 else np.sum(T * Y, axis=1)
        return (np.log(total).sum() - right.sum()) / len(Y)

    def _backward(self):
        dY = self.P
        if self.T.ndim == 1:
            dY[np.arange(len(dY)), self.T] -= 1
        else:
            dY -= self.T
        dY /= len(dY)
        return dY
