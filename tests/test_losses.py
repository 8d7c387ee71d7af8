"""The losses: their numbers, their gradients, how far out they hold, and what they refuse."""

import math

import numpy as np
import pytest

from bplib.engine.differences import gradcheck
from bplib.nn.losses import MSE, BCEWithLogits, CrossEntropy

RNG = np.random.default_rng(0)
Y43 = RNG.standard_normal((4, 3))
T43 = RNG.random((4, 3))
CLASSES = np.array([2, 0, 1, 1])
CASES = {
    "MSE": (MSE(), Y43, T43),
    "MSE of a flat batch": (MSE(), Y43[:, 0], T43[:, 0]),
    "BCE": (BCEWithLogits(), Y43, T43),
    "BCE of 0 and 1": (BCEWithLogits(), Y43[:, :1], np.array([[0], [1], [1], [0]])),
    "CrossEntropy of classes": (CrossEntropy(), Y43, CLASSES),
    "CrossEntropy of one-hot rows": (CrossEntropy(), Y43, np.eye(3, dtype=int)[CLASSES]),
    "CrossEntropy of probabilities": (CrossEntropy(), Y43, T43 / T43.sum(axis=1, keepdims=True)),
}


def checked(loss, Y, T):
    loss.forward(Y, T)
    return gradcheck(lambda Y: loss.forward(Y, T), {"Y": Y}, {"Y": loss.backward()}, tolerance=1e-7)


@pytest.mark.parametrize("name", CASES)
def test_gradients_agree_with_central_differences(name):
    loss, Y, T = CASES[name]
    assert loss.forward(Y, T).__class__ is float
    found = checked(loss, Y, T)
    assert found, found


@pytest.mark.parametrize("where", [MSE, BCEWithLogits, CrossEntropy])
def test_a_slip_in_a_loss_is_caught(where, monkeypatch):
    """A sum for the mean: three times, or four times, too long."""
    right = where._backward
    monkeypatch.setattr(where, "_backward", lambda self: right(self) * 4)
    assert not checked(*next(case for case in CASES.values() if type(case[0]) is where))


def test_mse_is_a_mean():
    assert MSE().forward(np.array([[3.0, 1.0], [0.0, 0.0]]), np.zeros((2, 2))) == 10 / 4
    loss = MSE()
    loss.forward(np.array([[4.2]]), np.array([[3.0]]))
    assert loss.backward()[0, 0] == pytest.approx(2.4)


def test_cross_entropy_is_the_logarithm_that_it_says():
    P = np.exp(Y43) / np.exp(Y43).sum(axis=1, keepdims=True)
    wanted = -np.log(P[np.arange(4), CLASSES]).mean()
    loss = CrossEntropy()
    assert loss.forward(Y43, CLASSES) == pytest.approx(wanted, rel=1e-14)
    np.testing.assert_allclose(loss.backward(), (P - np.eye(3)[CLASSES]) / 4, rtol=1e-13)
    assert loss.forward(Y43, np.eye(3)[CLASSES]) == pytest.approx(wanted, rel=1e-14)
    assert loss.forward(np.log([[0.082, 0.8, 0.118]]), [0]) == pytest.approx(2.5, abs=0.005)  # a 7 read as a 3 at 80%


def test_binary_cross_entropy_is_the_logarithm_that_it_says():
    S = 1 / (1 + np.exp(-Y43))
    wanted = -(T43 * np.log(S) + (1 - T43) * np.log(1 - S)).mean()
    assert BCEWithLogits().forward(Y43, T43) == pytest.approx(wanted, rel=1e-13)


def test_two_classes_are_one_logit():
    """Softmax of (0, y) is the sigmoid of y."""
    Y, T = RNG.standard_normal((5, 1)), np.array([0, 1, 1, 0, 1])
    two = np.hstack([np.zeros_like(Y), Y])
    assert CrossEntropy().forward(two, T) == pytest.approx(BCEWithLogits().forward(Y, T[:, np.newaxis]), rel=1e-13)


@pytest.mark.parametrize("far", [1000.0, 1e300])
def test_far_out_nothing_overflows(far):
    """At logits of +-1000, where exp alone is infinite. Warnings are errors here."""
    cross, binary = CrossEntropy(), BCEWithLogits()
    Y = np.array([[far, 0.0, -far], [-far, far, 0.0]])
    assert cross.forward(Y, [0, 1]) == 0.0
    assert (cross.backward() == 0).all()
    assert cross.forward(Y, [2, 2]) == pytest.approx(1.5 * far)  # 2 far in one row, far in the other
    assert binary.forward(np.array([[far], [-far]]), [[1], [0]]) == 0.0
    assert binary.forward(np.array([[far], [-far]]), [[0], [1]]) == pytest.approx(far)
    np.testing.assert_allclose(binary.backward(), [[0.5], [-0.5]])


def test_small_probabilities_keep_their_digits():
    cross, binary = CrossEntropy(), BCEWithLogits()
    assert cross.forward(np.array([[40.0, 0.0]]), [0]) == pytest.approx(math.log1p(math.exp(-40)), abs=1e-16)
    assert binary.forward(np.array([[40.0]]), [[1.0]]) == pytest.approx(math.log1p(math.exp(-40)), rel=1e-12, abs=0)
    binary.forward(np.array([[-700.0]]), [[0.0]])
    assert binary.backward()[0, 0] == pytest.approx(math.exp(-700), rel=1e-12, abs=0)


def test_what_was_given_is_left_alone():
    for loss, Y, T in CASES.values():
        kept_Y, kept_T = Y.copy(), T.copy()
        loss.forward(Y, T)
        loss.backward()
        assert np.array_equal(Y, kept_Y)
        assert np.array_equal(T, kept_T)


def backward_twice(loss):
    loss.forward(Y43, T43)
    loss.backward()
    loss.backward()


def stale(loss):
    loss.forward(Y43, T43)
    with pytest.raises(ValueError, match="shaped like"):
        loss.forward(Y43, T43.T)
    loss.backward()


# Mistakes, met with words.
column, flat = np.zeros((4, 1)), np.zeros(4)
SAID = {
    "backward first": (lambda: MSE().backward(), RuntimeError, "forward pass before each backward"),
    "backward twice": (lambda: backward_twice(MSE()), RuntimeError, "forward pass before each backward"),
    "a stale pass": (lambda: stale(MSE()), RuntimeError, "forward pass before each backward"),
    "(N, 1) against (N,)": (
        lambda: MSE().forward(column, flat), ValueError,
        r"\(4, 1\), got \(4,\). NumPy would broadcast the two to \(4, 4\).* use T.reshape\(4, 1\)"),
    "(N,) against (N, 1)": (
        lambda: BCEWithLogits().forward(flat, column), ValueError, r"\(4,\), got \(4, 1\).*\(4, 4\).*T.reshape\(4,\)"),
    "one row for all": (lambda: MSE().forward(Y43, T43[:1]), ValueError, r"\(4, 3\), got \(1, 3\).*not theirs$"),
    "another shape": (lambda: MSE().forward(Y43, T43.T), ValueError, r"shaped like the outputs, \(4, 3\), got \(3, 4\)$"),
    "no examples": (lambda: MSE().forward(Y43[:0], T43[:0]), ValueError, r"at least one example.*\(0, 3\)"),
    "whole outputs": (lambda: MSE().forward(np.ones(3, int), np.ones(3)), TypeError, r"int64: use Y.astype\(float\)"),
    "words for targets": (lambda: MSE().forward(flat, np.array(list("abcd"))), TypeError, "targets as numbers, got <U1"),
    "2 for a probability": (lambda: BCEWithLogits().forward(flat, flat + 2), ValueError, "between 0 and 1, got .* 2 to 2"),
    "NaN for a probability": (lambda: BCEWithLogits().forward(flat, flat + np.nan), ValueError, "between 0 and 1"),
    "-1 and 1 for classes": (lambda: BCEWithLogits().forward(flat, flat - 1), ValueError, "from -1 to -1"),
    "class 3 of 3": (lambda: CrossEntropy().forward(Y43, CLASSES + 1), ValueError, "classes from 0 to 2.* from 1 to 3"),
    "class -1": (lambda: CrossEntropy().forward(Y43, CLASSES - 1), ValueError, "from -1 to 1"),
    "half a class": (lambda: CrossEntropy().forward(Y43, CLASSES + 0.5), TypeError, r"float64: use T.astype\(int\)"),
    "classes in a column": (
        lambda: CrossEntropy().forward(Y43, CLASSES[:, np.newaxis]), ValueError, r"got \(4, 1\): use T.reshape\(-1\)"),
    "too few classes": (lambda: CrossEntropy().forward(Y43, CLASSES[:2]), ValueError, r"\(4,\) or \(4, 3\), got \(2,\)"),
    "flat logits": (lambda: CrossEntropy().forward(flat, CLASSES), ValueError, r"\(batch, classes\), got \(4,\)"),
    "rows that sum to 2": (lambda: CrossEntropy().forward(Y43, np.eye(3)[CLASSES] * 2), ValueError, "sum 1"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SAID)
def test_mistakes_are_met_with_words(mistake):
    do, error, words = SAID[mistake]
    with pytest.raises(error, match=words):
        do()


def test_a_loss_can_be_called():
    loss, Y, T = MSE(), np.array([[1.0, 4.0]]), np.array([[0.0, 2.0]])
    assert loss(Y, T) == 2.5
    np.testing.assert_array_equal(loss.backward(), [[1, 2]])


def test_repr():
    assert repr(CrossEntropy()) == "CrossEntropy()"
