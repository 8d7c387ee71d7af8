"""Training: optimisers by hand, the loop, what it records, and whether networks learn."""

import io
import math
import pickle
import sys
import types
import warnings
from itertools import pairwise

import numpy as np
import pytest

from bplib.nn import training
from bplib.nn.data import digits, split, two_moons, xor
from bplib.nn.layers import BatchNorm, Dropout, LayerNorm, Linear, ReLU, Residual, Sequential, Tanh
from bplib.nn.losses import MSE, BCEWithLogits, CrossEntropy
from bplib.nn.optim import SGD, Adam, Momentum, Optimizer, clip_by_norm
from bplib.nn.training import History, accuracy, fit, minibatches, wants_progress


def small_net(seed=0, widths=(2, 8, 1), activation=Tanh):
    rng, layers = np.random.default_rng(seed), []
    for n, m in pairwise(widths):
        layers += [Linear(n, m, rng=rng, init="xavier"), activation()]
    return Sequential(*layers[:-1])


@pytest.fixture(autouse=True)
def nobody_is_watching(monkeypatch):
    monkeypatch.setenv("BPLIB_QUIET", "1")


# Optimisers.


def steps(optimizer, grads):
    p = np.array([1.0, -2.0])
    for g in grads:
        optimizer.step([p], [np.array(g)])
    return p


def test_sgd_by_hand():
    np.testing.assert_allclose(steps(SGD(0.1), [[2.0, -4.0], [1.0, 0.0]]), [0.7, -1.6], rtol=1e-15)


def test_momentum_by_hand():
    # velocities (2, -4), then 0.5 * (2, -4) + (1, 0) = (2, -2)
    np.testing.assert_allclose(steps(Momentum(0.1, 0.5), [[2.0, -4.0], [1.0, 0.0]]), [0.6, -1.4], rtol=1e-15)


def test_adam_by_hand():
    """The first step has length lr whatever the gradient; the second one by the formulas of the paper."""
    np.testing.assert_allclose(steps(Adam(0.1, eps=0.0), [[2e-6, -4e6]]), [0.9, -1.9], rtol=1e-12)
    b1, b2, g1, g2 = 0.9, 0.999, 2.0, 1.0
    m = (b1 * (1 - b1) * g1 + (1 - b1) * g2) / (1 - b1**2)
    v = (b2 * (1 - b2) * g1**2 + (1 - b2) * g2**2) / (1 - b2**2)
    p = steps(Adam(0.1), [[g1, 1.0], [g2, 1.0]])
    assert p[0] == pytest.approx(0.9 - 0.1 * m / (math.sqrt(v) + 1e-8), rel=1e-8)


# torch 2.13: three steps of the gradient of (p * (1, 3))² from (1, -2), lr 0.05, weight_decay 0.1.
DECAYED = {
    "SGD": (SGD, [0.716917375, -0.001714749999999996], {}),
    "Momentum": (Momentum, [0.46271237500000006, 1.77389525], {"velocity": [4.8762525, -3.258904999999995]}),
    "Adam": (Adam, [0.8503116963695975, -1.8501369220239696], {
        "mean": [0.5386674811351607, -9.547816965392926], "square": [0.011949990202759947, 3.735029877662849]}),
}  # fmt: skip


@pytest.mark.parametrize("name", DECAYED)
def test_weight_decay_and_state_are_those_of_pytorch(name):
    make, wanted, state = DECAYED[name]
    p, optimizer = np.array([1.0, -2.0]), make(0.05, weight_decay=0.1)
    assert optimizer.state == {}
    for _ in range(3):
        grad = 2 * p * np.array([1.0, 9.0])
        given = grad.copy()
        optimizer.step([p], [grad])
        np.testing.assert_array_equal(grad, given)  # the gradient is the network's
    np.testing.assert_allclose(p, wanted, rtol=1e-13, atol=1e-14)
    assert set(optimizer.state) == set(state)
    for memory, numbers in state.items():
        np.testing.assert_allclose(optimizer.state[memory][0], numbers, rtol=1e-13)
    assert (optimizer.steps, "weight_decay=0.1" in repr(optimizer)) == (3, True)


@pytest.mark.parametrize("make", [lambda: SGD(0.1), lambda: Momentum(0.1), lambda: Adam(0.1)])
def test_network_and_optimiser_pickled_together_go_on_as_if_nothing_had_been(make):
    def train(net, optimizer):
        return fit(net, BCEWithLogits(), *xor(), optimizer=optimizer, epochs=5).losses

    net, optimizer = small_net(1), make()
    train(net, optimizer)
    again = pickle.loads(pickle.dumps((net, optimizer)))
    assert train(*again) == train(net, optimizer)


def test_an_optimiser_of_your_own():
    class Signs(Optimizer):
        memories = ("before",)

        def _update(self, param, grad, before):
            param -= self.lr * np.sign(grad + before)
            before[:] = grad

    p, optimizer = np.array([1.0]), Signs(0.5)
    optimizer.step([p], [np.array([3.0])])
    optimizer.step([p], [np.array([-1.0])])
    assert (p[0], optimizer.state["before"][0][0], repr(optimizer)) == (0.0, -1.0, "Signs(lr=0.5)")


@pytest.mark.parametrize(
    "make", [lambda: SGD(0.1), lambda: Momentum(0.02), lambda: Adam(0.3)], ids=["SGD", "Momentum", "Adam"]
)
def test_each_optimiser_finds_the_bottom_of_a_bowl(make):
    p, optimizer = [np.array([3.0]), np.array([[-2.0, 1.0]])], make()
    for _ in range(400):
        optimizer.step(p, [2 * (p[0] - 1), 6 * p[1]])
    np.testing.assert_allclose(np.concatenate([p[0], p[1][0]]), [1, 0, 0], atol=1e-3)


def test_clipping():
    grads = [np.array([3.0, 0.0]), np.array([[0.0], [4.0]])]
    assert clip_by_norm(grads, 10) == 5.0
    assert grads[1][1, 0] == 4.0
    assert clip_by_norm(grads, 2.5) == 5.0
    np.testing.assert_allclose(grads[0], [1.5, 0])
    np.testing.assert_allclose(grads[1], [[0], [2.0]])
    lost = [np.array([math.inf, 1.0])]
    assert clip_by_norm(lost, 1) == math.inf
    assert lost[0][0] == math.inf


def stepped_elsewhere():
    optimizer = Adam()
    optimizer.step([np.zeros(2)], [np.ones(2)])
    optimizer.step([np.zeros(2)], [np.ones(2)])


# Learning.


def test_xor_is_solved():
    net = small_net(1)
    X, T = xor()
    history = fit(net, BCEWithLogits(), X, T, optimizer=SGD(0.5), epochs=500, metric=accuracy)
    assert history.metrics[-1] == 1.0
    assert history.losses[-1] < 0.02 < 0.5 < history.losses[0]
    assert history.gradient_norms.shape == (500, 2)


def test_moons_are_told_apart_with_all_there_is():
    """Normalisation, residuals, dropout, clipping, momentum: all in one network."""
    train_set, held_out = split(*two_moons(200, rng=np.random.default_rng(0)))
    rng = np.random.default_rng(1)
    net = Sequential(Linear(2, 16, rng=rng), BatchNorm(16), ReLU(), Residual(Linear(16, 16, rng=rng), Tanh()),
                     LayerNorm(16), Dropout(0.1, rng=rng), Linear(16, 1, rng=rng))  # fmt: skip
    history = fit(net, BCEWithLogits(), *train_set, optimizer=Momentum(0.05), epochs=30, batch_size=32, rng=rng,
                  metric=accuracy, validation=held_out, clip=1.0)  # fmt: skip
    assert history.validation_metrics[-1] > 0.95


@pytest.mark.slow
def test_digits_are_read():
    """784-16-16-10: 13,002 parameters, and nine in ten digits it never saw."""
    train_set, held_out = split(*digits(28))
    rng = np.random.default_rng(0)
    net = Sequential(Linear(784, 16, rng=rng), ReLU(), Linear(16, 16, rng=rng), ReLU(), Linear(16, 10, rng=rng))
    assert sum(p.size for p in net.params()) == 13_002
    history = fit(net, CrossEntropy(), *train_set, optimizer=SGD(0.05), epochs=15, batch_size=32, rng=rng,
                  metric=accuracy, validation=held_out)  # fmt: skip
    assert history.validation_metrics[-1] > 0.9
    assert history.losses[-1] < history.losses[0] / 5
    assert history.gradient_norms.shape == (15 * 45, 3)


def test_training_is_the_same_twice():
    X, T = two_moons(60, rng=np.random.default_rng(0))
    once, again = (fit(small_net(3), BCEWithLogits(), X, T, optimizer=Adam(0.01), epochs=5, batch_size=7,
                       rng=np.random.default_rng(9)) for _ in range(2))  # fmt: skip
    assert once.losses == again.losses
    assert np.array_equal(once.gradient_norms, again.gradient_norms)
    assert repr(once) == repr(again)


def test_a_step_is_the_step_that_it_says():
    """One epoch of one batch: forward, loss, backward, update, spelled out."""
    X, T = xor()
    net, ours, loss = small_net(5), small_net(5), MSE()
    history = fit(net, loss, X, T, optimizer=SGD(0.3), epochs=1)
    assert history.losses == [loss.forward(ours.forward(X), T)]
    ours.backward(loss.backward())
    norms = [math.hypot(*(np.linalg.norm(g) for g in layer.grads())) for layer in (ours.layers[0], ours.layers[2])]
    np.testing.assert_allclose(history.gradient_norms, [norms], rtol=1e-12)
    for p, g in zip(ours.params(), ours.grads(), strict=True):
        p -= 0.3 * g
    assert all(np.array_equal(a, b) for a, b in zip(net.params(), ours.params(), strict=True))


def test_a_slip_in_the_backward_pass_may_still_learn_but_shows_in_the_numbers(monkeypatch):
    """XOR is solved with a wrong gradient, too; the length of the very first one is what gives it away."""

    def train():
        return fit(small_net(1), BCEWithLogits(), *xor(), optimizer=SGD(0.5), epochs=500, metric=accuracy)

    right, to_params = train(), Linear._to_params

    def averaged(self, dZ):
        to_params(self, dZ)
        self.db /= len(dZ)  # the slip of the XOR program that the course hunts bugs in

    monkeypatch.setattr(Linear, "_to_params", averaged)
    wrong = train()
    assert right.metrics[-1] == wrong.metrics[-1] == 1.0
    assert (abs(right.gradient_norms[0] / wrong.gradient_norms[0] - 1) > 1e-3).all()


def test_the_loss_is_the_mean_over_examples_not_over_batches():
    """5 examples in batches of 2: the last one weighs less. The step is too short to change anything."""
    X, T = np.arange(5.0).reshape(5, 1), np.array([[0.0], [0], [0], [0], [9]])
    net = Sequential(Linear(1, 1, init="zeros"))
    history = fit(net, MSE(), X, T, optimizer=SGD(1e-300), epochs=1, batch_size=2, rng=np.random.default_rng(0))
    assert history.losses[0] == pytest.approx(81 / 5)
    assert len(history.gradient_norms) == 3


def test_validation_is_neither_learned_from_nor_dropped_out_of():
    X, T = two_moons(40, rng=np.random.default_rng(0))

    def train(**how):
        rng = np.random.default_rng(0)
        net = Sequential(Linear(2, 8, rng=rng), BatchNorm(8), Tanh(), Dropout(0.5, rng=rng), Linear(8, 1, rng=rng))
        return net, fit(net, BCEWithLogits(), X, T, optimizer=SGD(0.1), epochs=5, **how)

    (net, history), (alone, _) = train(validation=(X, T), metric=accuracy), train()
    assert all(np.array_equal(a, b) for a, b in zip(net.params(), alone.params(), strict=True))
    assert history.validation_losses[-1] == BCEWithLogits().forward(net.forward(X, train=False), T)
    assert history.validation_metrics == history.metrics


def test_minibatches_have_every_example_once():
    X, T = np.arange(10.0).reshape(10, 1), np.arange(10)
    batches = list(minibatches(X, T, 4, rng=np.random.default_rng(0)))
    assert [len(x) for x, _ in batches] == [4, 4, 2]
    assert all((x[:, 0] == t).all() for x, t in batches)
    seen = np.concatenate([t for _, t in batches])
    assert sorted(seen) == list(range(10))
    assert seen.tolist() != list(range(10))
    assert [t.tolist() for _, t in minibatches(X, T, 6)] == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9]]


def test_accuracy():
    Y = np.array([[0.1, 0.9], [0.8, 0.2], [0.3, 0.4]])
    assert accuracy(Y, [1, 0, 0]) == pytest.approx(2 / 3)
    assert accuracy(Y, np.eye(2)[[1, 0, 0]]) == pytest.approx(2 / 3)
    assert accuracy(np.array([[-1.0], [2.0], [0.4]]), [[0], [1], [1]]) == 1.0
    assert accuracy(np.array([0.1, 0.9]), [0, 1], threshold=0.5) == 1.0


def test_history_reads_well():
    history = fit(small_net(1), BCEWithLogits(), *xor(), optimizer=SGD(0.5), epochs=3)
    assert history.layers == ["0 Linear(2, 8)", "1 Linear(8, 1)"]
    assert repr(history).startswith("History(3 epochs, 3 steps; losses 0.")
    history = History(["0 Linear(2, 8)"], [0.71234, 0.5], [0.25, 1.0], gradient_norms=np.ones((2, 1)))
    assert repr(history) == "History(2 epochs, 2 steps; losses 0.712 -> 0.5; metrics 0.25 -> 1)"


def test_a_loss_that_is_lost_is_said_once():
    X, T = xor()
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        history = fit(Sequential(Linear(2, 1, init="zeros")), MSE(), X, T, optimizer=SGD(10.0), epochs=300)
    assert len(said) == 1
    assert not math.isfinite(history.losses[-1])
    first = next(i for i, loss in enumerate(history.losses) if not math.isfinite(loss))
    assert f"in epoch {first + 1}: try a lower learning rate" in str(said[0].message)
    assert said[0].filename == __file__
    with pytest.warns(UserWarning, match="became nan in epoch 1: .*look for NaN or huge numbers in the inputs"):
        fit(small_net(), MSE(), X * np.nan, T, optimizer=SGD(0.1), epochs=2)


@pytest.mark.parametrize("at", ["a step", "the metric", "the first step"])
def test_ctrl_c_ends_training_and_keeps_the_history(at):
    """Wherever it comes: all lists are as long as the number of epochs that were finished."""
    calls = {"step": 0, "metric": 0}

    class Interrupted(SGD):
        def _update(self, param, grad):
            calls["step"] += 1
            if calls["step"] == {"a step": 4 * 2 * 3 + 2, "the first step": 1}.get(at):
                raise KeyboardInterrupt
            super()._update(param, grad)

    def metric(Y, T):
        calls["metric"] += 1
        if at == "the metric" and calls["metric"] == 2 * 3 + 2:  # on the validation set of epoch 4
            raise KeyboardInterrupt
        return accuracy(Y, T)

    done = 0 if at == "the first step" else 3
    with pytest.warns(UserWarning, match=f"stopped in epoch {done + 1} of 9: .* has the {done} epochs before") as said:
        history = fit(small_net(), BCEWithLogits(), *xor(), optimizer=Interrupted(0.1), epochs=9, batch_size=2,
                      rng=np.random.default_rng(0), metric=metric, validation=xor())  # fmt: skip
    assert said[0].filename == __file__
    assert history.interrupted
    assert repr(history).endswith("; interrupted)")
    for numbers in (history.losses, history.metrics, history.validation_losses, history.validation_metrics):
        assert len(numbers) == done
    assert history.gradient_norms.shape == ({"a step": 7, "the metric": 8, "the first step": 1}[at], 2)
    assert not fit(small_net(), MSE(), *xor(), optimizer=SGD(0.1), epochs=2).interrupted


# The progress bar: who sees it.


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("terminal", "environment", "wanted"), [
    (True, {}, True), (False, {}, False), (False, {"JPY_SESSION_NAME": "x.ipynb"}, True),
    (True, {"BPLIB_QUIET": "1"}, False), (False, {"JPY_SESSION_NAME": "x.ipynb", "BPLIB_QUIET": "1"}, False),
])  # fmt: skip
def test_progress_is_for_those_who_watch(monkeypatch, terminal, environment, wanted):
    monkeypatch.setattr(sys, "stderr", Terminal() if terminal else io.StringIO())
    for name in ("JPY_SESSION_NAME", "BPLIB_QUIET"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert wants_progress() == wanted


def test_the_bar_counts_epochs_and_is_asked_for(monkeypatch):
    seen = []

    def tqdm(epochs, **how):
        seen.append((len(epochs), how["unit"]))
        return epochs

    monkeypatch.setitem(sys.modules, "tqdm", types.ModuleType("tqdm"))
    monkeypatch.setitem(sys.modules, "tqdm.auto", types.SimpleNamespace(tqdm=tqdm))

    def train(progress):
        return fit(small_net(), MSE(), *xor(), optimizer=SGD(0.1), epochs=4, progress=progress)

    assert len(train(True).losses) == 4
    assert seen == [(4, "epoch")]
    train(False)
    monkeypatch.setattr(training, "wants_progress", lambda: False)
    train(None)
    assert len(seen) == 1
    monkeypatch.setattr(training, "wants_progress", lambda: True)
    train(None)
    assert len(seen) == 2


# Mistakes, met with words.


X_XOR, T_XOR = xor()


def training_with(X=X_XOR, T=T_XOR, loss=None, **how):
    return fit(small_net(), loss or MSE(), X, T, **{"optimizer": SGD(0.1), "epochs": 2, **how})


SAID = {
    "no learning": (lambda: SGD(0.0), ValueError, "lr > 0, got 0.0"),
    "uphill": (lambda: Adam(-1e-3), ValueError, "Adam wants a learning rate lr > 0, got -0.001"),
    "lr is NaN": (lambda: Momentum(math.nan), ValueError, "lr > 0, got nan"),
    "lr is infinite": (lambda: SGD(math.inf), ValueError, "got inf"),
    "growing weights": (lambda: SGD(0.1, weight_decay=-1e-4), ValueError, "SGD wants weight_decay >= 0, got -0.0001"),
    "weight decay is NaN": (lambda: Adam(weight_decay=math.nan), ValueError, "weight_decay >= 0, got nan"),
    "batches of nothing": (lambda: list(minibatches(*xor(), 0)), ValueError, "a batch_size from 1, got .* and 0"),
    "batches that step back": (lambda: list(minibatches(*xor(), -2)), ValueError, "and -2"),
    "batches that do not pair": (lambda: list(minibatches(xor()[0], xor()[1][:3], 2)), ValueError, r"T \(3, 1\)"),
    "perpetual motion": (lambda: Momentum(0.1, 1.0), ValueError, "0 <= momentum < 1, got 1.0"),
    "betas": (lambda: Adam(betas=(0.9, 1.0)), ValueError, r"got \(0.9, 1.0\)"),
    "grads that do not pair": (
        lambda: SGD(0.1).step([np.zeros(2)], [np.zeros((2, 1))]), ValueError, r"shaped \[\(2,\)\], got \[\(2, 1\)\]"),
    "grads missing": (lambda: SGD(0.1).step([np.zeros(2)] * 2, [np.zeros(2)]), ValueError, "one gradient for each"),
    "another network's optimiser": (stepped_elsewhere, ValueError, r"Adam\(lr=0.001\) has stepped other arrays"),
    "clip to nothing": (lambda: clip_by_norm([np.ones(2)], 0), ValueError, "max_norm > 0, got 0"),
    "flat targets": (lambda: training_with(T=xor()[1][:, 0]), ValueError, r"\(4, 1\), got \(4,\).*broadcast"),
    "too few targets": (lambda: training_with(T=xor()[1][:3]), ValueError, r"X \(4, 2\) and T \(3, 1\)"),
    "no examples": (lambda: training_with(X=xor()[0][:0], T=xor()[1][:0]), ValueError, "at least one example"),
    "whole numbers": (lambda: training_with(X=xor()[0].astype(int)), TypeError, r"use X.astype\(float\)"),
    "no epochs": (lambda: training_with(epochs=0), ValueError, "epochs as a whole number from 1, got 0"),
    "half a batch": (lambda: training_with(batch_size=0.5), ValueError, "batch_size as a whole number from 1, got 0.5"),
    "batches without rng": (lambda: training_with(batch_size=2), TypeError, r"pass rng=np.random.default_rng\(0\)"),
    "a seed for rng": (lambda: training_with(batch_size=2, rng=0), TypeError, "got 0"),
    "clip below 0": (lambda: training_with(clip=-1), ValueError, "max_norm > 0, got -1"),
    "targets of 2": (lambda: training_with(T=2 * xor()[1], loss=BCEWithLogits()), ValueError, "between 0 and 1"),
    "accuracy of a column for classes": (
        lambda: accuracy(np.zeros((4, 1)), np.zeros(4)), ValueError, r"outputs \(4, 1\) and targets \(4,\)"),
    "accuracy of nothing": (lambda: accuracy(np.zeros(0), np.zeros(0)), ValueError, "one target for each example"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SAID)
def test_mistakes_are_met_with_words(mistake):
    do, error, words = SAID[mistake]
    with pytest.raises(error, match=words):
        do()
