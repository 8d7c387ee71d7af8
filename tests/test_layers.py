"""The layers: against central differences, against other people's automatic differentiation, and against mistakes."""

import importlib
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from references import D2L_SHAPES, MAZUR, PARAMETER_COUNTS, nielsen

from bplib.engine.differences import gradcheck
from bplib.nn.layers import (
    BatchNorm,
    Dropout,
    Layer,
    LayerNorm,
    LeakyReLU,
    Linear,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
)
from bplib.nn.losses import MSE, BCEWithLogits, CrossEntropy
from bplib.nn.optim import SGD


def away_from_kinks(shape, rng):
    """Numbers between 0.1 and 2 in size: no nudge takes one of them past 0."""
    return rng.uniform(0.1, 2, shape) * rng.choice([-1.0, 1.0], shape)


# Each layer with 5 features, made from a generator.
ONE_OF_EACH = {
    "Linear": lambda rng: Linear(5, 3, rng=rng),
    "Sigmoid": lambda rng: Sigmoid(),
    "Tanh": lambda rng: Tanh(),
    "ReLU": lambda rng: ReLU(),
    "LeakyReLU": lambda rng: LeakyReLU(0.1),
    "Dropout": lambda rng: Dropout(0.4, rng=np.random.default_rng(7)),
    "BatchNorm": lambda rng: BatchNorm(5),
    "LayerNorm": lambda rng: LayerNorm(5),
    "Residual": lambda rng: Residual(Linear(5, 4, rng=rng), Tanh(), Linear(4, 5, rng=rng)),
    "Sequential": lambda rng: Sequential(Linear(5, 4, rng=rng), BatchNorm(4), Sigmoid(), Linear(4, 2, rng=rng)),
}


def checked(make, train, seed=0):
    """The gradient check of one layer with a random cotangent, for its input and all of its parameters."""
    rng = np.random.default_rng(seed)
    layer = make(rng)
    for p in layer.params():
        p += rng.standard_normal(p.shape)  # gamma of ones and beta of zeros would hide a slip
    for inner in layer.walk():
        if isinstance(inner, BatchNorm):
            inner.running_mean[:] = rng.standard_normal(inner.n_in)
            inner.running_variance[:] = rng.uniform(0.5, 2, inner.n_in)
    X = away_from_kinks((4, 5), rng)
    cotangent = rng.standard_normal(layer.forward(X, train).shape)

    def f(X, **numbers):
        for name, p in zip(params, layer.params(), strict=True):
            p[...] = numbers[name]
        for inner in layer.walk():
            if isinstance(inner, Dropout):
                inner.rng = np.random.default_rng(7)  # the same units drop out each time
        return float((layer.forward(X, train) * cotangent).sum())

    params = {f"p{i}": p.copy() for i, p in enumerate(layer.params())}
    f(X, **params)
    dX = layer.backward(cotangent).copy()
    grads = {f"p{i}": g.copy() for i, g in enumerate(layer.grads())}
    return gradcheck(f, {"X": X, **params}, {"X": dX, **grads}, tolerance=1e-6)


@pytest.mark.parametrize("train", [True, False], ids=["train", "use"])
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_each_layer_agrees_with_central_differences(name, train):
    found = checked(ONE_OF_EACH[name], train)
    assert found, found


# What the gradient check is worth: each of these slips, put into a layer, must be caught by it.
SLIPS = {
    "Linear: the sum over the batch is a mean": ("Linear", Linear, "_to_params", lambda self, dY: (
        setattr(self, "dW", self.X.T @ dY), setattr(self, "db", dY.mean(axis=0)))),
    "Linear: rows of W for columns": ("Linear", Linear, "_to_input", lambda self, dY: (
        dY @ self.W.reshape(self.n_out, self.n_in))),
    "Sigmoid: the slope forgotten": ("Sigmoid", Sigmoid, "_to_input", lambda self, dY: dY),
    "Tanh: the slope of the sigmoid": ("Tanh", Tanh, "_to_input", lambda self, dY: dY * self.Y * (1 - self.Y)),
    "ReLU: everybody alive": ("ReLU", ReLU, "_to_input", lambda self, dY: dY),
    "BatchNorm: mean and variance held constant": ("BatchNorm", BatchNorm, "_to_input", lambda self, dY: (
        dY * self.gamma * self.stretch)),
    "LayerNorm: the other axis": ("LayerNorm", LayerNorm, "_to_input", lambda self, dY: (
        (dY * self.gamma - (dY * self.gamma).mean(0)) * self.stretch)),
    "Residual: only the way through": ("Residual", Residual, "backward", lambda self, dY, to_input=True: (
        Sequential.backward(self, dY, to_input))),
}  # fmt: skip


@pytest.mark.parametrize("slip", SLIPS)
def test_a_slip_in_a_layer_is_caught(slip, monkeypatch):
    name, where, method, wrong = SLIPS[slip]
    assert checked(ONE_OF_EACH[name], True)
    monkeypatch.setattr(where, method, wrong)
    assert not checked(ONE_OF_EACH[name], True)


# The same forward passes in whichever array language, so that its own automatic differentiation can be asked.


def sigmoid(xp, X):
    return 1 / (1 + xp.exp(-X))


def normalised(xp, X, axis, eps):
    M = X - X.mean(axis=axis, keepdims=True)
    return M / xp.sqrt((M * M).mean(axis=axis, keepdims=True) + eps)


def forward(xp, layer, X, P):
    """What `layer` makes of X, taking its parameters from the iterator P."""
    match layer:
        case Linear():
            return X @ next(P) + next(P)
        case Sigmoid():
            return sigmoid(xp, X)
        case Tanh():
            return xp.tanh(X)
        case ReLU():
            return xp.where(X > 0, X, 0 * X)
        case LeakyReLU():
            return xp.where(X > 0, X, layer.slope * X)
        case BatchNorm() | LayerNorm():
            return normalised(xp, X, layer.axis, layer.eps) * next(P) + next(P)
        case Residual():
            return X + inside(xp, layer, X, P)
        case Sequential():
            return inside(xp, layer, X, P)


def inside(xp, layer, X, P):
    for inner in layer.layers:
        X = forward(xp, inner, X, P)
    return X


def loss_of(xp, loss, Y, T):
    match loss:
        case MSE():
            return ((Y - T) ** 2).mean()
        case BCEWithLogits():
            return -(T * xp.log(sigmoid(xp, Y)) + (1 - T) * xp.log(1 - sigmoid(xp, Y))).mean()
        case CrossEntropy():
            return (xp.log(xp.exp(Y).sum(axis=1)) - (T * Y).sum(axis=1)).mean()


def by_autograd(net, loss, X, T, P):
    xp = importlib.import_module("autograd.numpy")
    grad = importlib.import_module("autograd").grad
    return grad(lambda XP: loss_of(xp, loss, forward(xp, net, XP[0], iter(XP[1:])), T))([X, *P])


def by_torch(net, loss, X, T, P):
    torch = importlib.import_module("torch")
    XP = [torch.tensor(p, requires_grad=True) for p in (X, *P)]
    loss_of(torch, loss, forward(torch, net, XP[0], iter(XP[1:])), torch.tensor(T)).backward()
    return [p.grad.numpy() for p in XP]


def by_jax(net, loss, X, T, P):
    jax = importlib.import_module("jax")
    jax.config.update("jax_enable_x64", True)
    xp = importlib.import_module("jax.numpy")
    return jax.grad(lambda XP: loss_of(xp, loss, forward(xp, net, XP[0], iter(XP[1:])), T))([X, *P])


PEERS = {"autograd": by_autograd, "torch": by_torch, "jax": by_jax}


def importable(name):
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


def gradients(net, loss, X, T):
    """Ours: [dX, *grads], copied."""
    loss.forward(net.forward(X), T)
    dX = net.backward(loss.backward())
    return [dX.copy(), *(getattr(layer, "d" + name).copy() for layer in net.walk() for name in layer.learns)]


def furthest_apart(ours, theirs):
    """The largest difference, against the largest entry of all: a gradient of 1e-20 is 0 in every language."""
    largest = max(np.abs(g).max() for g in ours)
    return max(np.abs(a - np.asarray(b)).max() for a, b in zip(ours, theirs, strict=True)) / max(largest, 1e-3)


@st.composite
def problems(draw):
    """A network of any depth and any widths, a loss, and a batch for both."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    width = n_in = draw(st.integers(1, 6))
    batch, layers = draw(st.integers(2, 7)), []
    activations = st.sampled_from([Sigmoid, Tanh, ReLU, LeakyReLU])
    for kind in draw(st.lists(st.sampled_from(["dense", "dense", "batch", "layer", "residual"]), max_size=5)):
        if kind == "dense":
            out = draw(st.integers(1, 6))
            layers += [Linear(width, out, rng=rng, init=draw(st.sampled_from(["he", "xavier"]))), draw(activations)()]
            width = out
        elif kind == "residual":
            inner = draw(st.integers(1, 6))
            layers.append(Residual(Linear(width, inner, rng=rng), draw(activations)(), Linear(inner, width, rng=rng)))
        else:  # with a large eps: without, a column that is nearly constant makes every method of differentiation shake
            layers.append({"batch": BatchNorm, "layer": LayerNorm}[kind](width, eps=0.1))
    loss = draw(st.sampled_from([MSE, BCEWithLogits, CrossEntropy]))()
    out = draw(st.integers(2 if isinstance(loss, CrossEntropy) else 1, 5))
    net = Sequential(*layers, Linear(width, out, rng=rng))
    for p in net.params():
        p += 0.3 * rng.standard_normal(p.shape)
    T = np.eye(out)[rng.integers(0, out, batch)] if isinstance(loss, CrossEntropy) else rng.random((batch, out))
    return net, loss, rng.standard_normal((batch, n_in)), T


@settings(max_examples=120, deadline=None, derandomize=True)
@given(problems())
def test_whole_networks_agree_with_autograd(problem):
    net, loss, X, T = problem
    ours = gradients(net, loss, X, T)
    assert furthest_apart(ours, by_autograd(net, loss, X, T, net.params())) < 1e-12
    if isinstance(loss, CrossEntropy):  # whole numbers for targets say the same
        assert furthest_apart(ours, gradients(net, loss, X, T.argmax(axis=1))) < 1e-15


def test_fixed_networks_agree_with_every_peer_that_is_here(capsys):
    """autograd always; PyTorch and JAX where they are installed. What ran is printed."""
    problems_ = {}
    for loss in (MSE(), BCEWithLogits(), CrossEntropy()):
        rng = np.random.default_rng(5)
        for activation in (Sigmoid, Tanh, ReLU, LeakyReLU):
            net = Sequential(Linear(4, 6, rng=rng), BatchNorm(6), activation(),
                             Residual(Linear(6, 3, rng=rng), activation(), Linear(3, 6, rng=rng)),
                             LayerNorm(6), Linear(6, 3, rng=rng))  # fmt: skip
            problems_[f"{activation.__name__}, {loss}"] = (net, loss, rng.standard_normal((5, 4)), np.eye(3)[[0, 2, 1, 1, 0]])  # fmt: skip
    here = {name: by for name, by in PEERS.items() if importable(name)}
    assert "autograd" in here
    lines = [f"{'':28}" + "".join(f"{name:>12}" for name in PEERS)]
    for title, (net, loss, X, T) in problems_.items():
        ours = gradients(net, loss, X, T)
        errors = {name: furthest_apart(ours, by(net, loss, X, T, net.params())) for name, by in here.items()}
        lines.append(
            f"{title:28}" + "".join(f"{errors[n]:12.1e}" if n in errors else f"{'not here':>12}" for n in PEERS)
        )
        assert all(error < 1e-12 for error in errors.values()), (title, errors)
    with capsys.disabled():
        print("\n" + "\n".join(lines))


def test_batch_norm_in_use_agrees_with_its_definition():
    rng = np.random.default_rng(0)
    norm, batches = BatchNorm(3, momentum=0.2), rng.normal(2, 3, (5, 8, 3))
    mean, variance = np.zeros(3), np.ones(3)
    for X in batches:
        Y = norm.forward(X)
        np.testing.assert_allclose(Y.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(Y.var(axis=0), 1, atol=1e-4)
        mean, variance = 0.8 * mean + 0.2 * X.mean(axis=0), 0.8 * variance + 0.2 * X.var(axis=0, ddof=1)
    X = batches[0]
    np.testing.assert_allclose(norm.forward(X, train=False), (X - mean) / np.sqrt(variance + 1e-5), rtol=1e-12)
    np.testing.assert_allclose(norm.forward(X[:1], train=False), (X[:1] - mean) / np.sqrt(variance + 1e-5), rtol=1e-12)


def test_dropout_keeps_the_mean_and_is_silent_in_use():
    X, drop = np.ones((400, 50)), Dropout(0.3, rng=np.random.default_rng(0))
    Y = drop.forward(X)
    assert set(np.unique(Y)) == {0.0, 1 / 0.7}
    assert abs(Y.mean() - 1) < 0.02
    dY = np.full(X.shape, 2.0)
    assert (drop.backward(dY) == 2 * Y).all()
    assert (drop.forward(X, train=False) == X).all()
    assert (drop.backward(dY) == dY).all()


def test_far_out_nothing_overflows():
    X = np.array([[-1e4, -745.0, -1000.0, 0.0, 1000.0, 1e4]])
    for layer in (Sigmoid(), Tanh(), ReLU(), LeakyReLU()):
        assert np.isfinite(layer.forward(X)).all()
        assert np.isfinite(layer.backward(np.ones(X.shape))).all()
    np.testing.assert_allclose(Sigmoid().forward(np.array([-700.0]))[0], np.exp(-700.0), rtol=1e-12)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_no_sigmoid_warns_of_overflow(kind):
    Y = Sigmoid().forward(np.array([[-np.inf, -1e4, -710.0, -100.0, 0.0, 1e4, np.inf]], kind))
    assert Y.dtype == kind
    np.testing.assert_allclose(Y, [[0, 0, 0, np.exp(np.float64(-100)), 0.5, 1, 1]], rtol=1e-6, atol=1e-40)


# What torch 2.13 gives: for these inputs and upstream gradients, the output and the gradient of the input.
INF, NAN = np.inf, np.nan
GATES = {
    "ReLU": (ReLU, [-INF, -1, 0, 1, INF, NAN], [0, 0, 0, 1, INF, NAN], [INF, INF, NAN, INF, NAN, INF],
             [0, 0, 0, INF, NAN, INF]),
    "LeakyReLU": (LeakyReLU, [-INF, -1, 0, 1, INF, NAN], [-INF, -0.01, 0, 1, INF, NAN], [1, INF, NAN, INF, NAN, INF],
                  [0.01, INF, NAN, INF, NAN, INF]),
}  # fmt: skip


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("name", GATES)
def test_nan_and_infinity_go_through_gates_as_in_pytorch(name):
    make, X, Y, dY, dX = GATES[name]
    layer = make()
    np.testing.assert_array_equal(layer.forward(np.array([X], float)), [Y])
    np.testing.assert_array_equal(layer.backward(np.array([dY], float)), [dX])


def mazurs_net():
    rng, m = np.random.default_rng(0), MAZUR
    first, second = (Linear(2, 2, init=lambda rng, shape, W=W: m[W], rng=rng) for W in ("W1", "W2"))
    first.b[:], second.b[:] = m["b1"], m["b2"]
    return Sequential(first, Sigmoid(), second, Sigmoid()), first, second, MSE(), SGD(m["lr"])


def test_mazurs_trace():
    m = MAZUR
    net, first, second, loss, sgd = mazurs_net()
    assert loss.forward(net.forward(m["X"]), m["T"]) == pytest.approx(m["error"], abs=5e-10)
    net.backward(loss.backward())
    assert second.dW[0, 0] == pytest.approx(m["dE/dw5"], abs=5e-10)
    sgd.step([first.W, second.W], [first.dW, second.dW])
    np.testing.assert_allclose(first.W, m["W1 after"], atol=5e-9)
    np.testing.assert_allclose(second.W, m["W2 after"], atol=5e-9)
    assert loss.forward(net.forward(m["X"]), m["T"]) == pytest.approx(m["error after"], abs=5e-10)


def test_the_error_that_mazur_prints_is_that_of_a_slip():
    """Step the output weights first, then send the gradient back through the new ones."""
    m = MAZUR
    net, first, second, loss, sgd = mazurs_net()
    loss.forward(net.forward(m["X"]), m["T"])
    dZ = net.layers[3].backward(loss.backward())
    second.backward(dZ)
    sgd.step([second.W], [second.dW])
    first.backward(net.layers[1].backward(dZ @ second.W.T))
    sgd.step([first.W], [first.dW])
    assert loss.forward(net.forward(m["X"]), m["T"]) == pytest.approx(m["error after, printed"], abs=5e-10)


def test_nielsens_four_equations():
    rng = np.random.default_rng(3)
    net = Sequential(
        Linear(3, 4, rng=rng), Sigmoid(), Linear(4, 5, rng=rng), Sigmoid(), Linear(5, 2, rng=rng), Sigmoid()
    )
    linear = [layer for layer in net.layers if isinstance(layer, Linear)]
    for layer in linear:
        layer.b += rng.standard_normal(layer.n_out)
    X, T, loss = rng.standard_normal((6, 3)), rng.random((6, 2)), MSE()
    cost, nabla_w, nabla_b = nielsen([layer.W.T for layer in linear], [layer.b for layer in linear], X, T)
    mean = 2 / T.size  # his C sums halves, ours is a mean
    assert loss.forward(net.forward(X), T) == pytest.approx(cost * mean, rel=1e-13)
    net.backward(loss.backward())
    for layer, w, b in zip(linear, nabla_w, nabla_b, strict=True):
        np.testing.assert_allclose(layer.dW, mean * w.T, rtol=1e-11)
        np.testing.assert_allclose(layer.db, mean * b, rtol=1e-11)


def test_d2ls_shapes():
    s, rng = D2L_SHAPES, np.random.default_rng(0)
    first, second = Linear(784, 256, rng=rng), Linear(256, 10, rng=rng)
    assert (first.W.shape, first.b.shape, second.W.shape, second.b.shape) == (s["W1"], s["b1"], s["W2"], s["b2"])
    H = first.forward(np.zeros(s["X"]))
    O = second.forward(H)
    assert (H.shape, O.shape) == (s["H"], s["O"])
    assert first.backward(second.backward(np.zeros(s["O"]))).shape == s["X"]
    assert (first.dW.shape, first.db.shape, second.dW.shape, second.db.shape) == (s["W1"], s["b1"], s["W2"], s["b2"])


@pytest.mark.parametrize(("widths", "count"), PARAMETER_COUNTS.items(), ids=str)
def test_the_number_of_parameters(widths, count):
    rng = np.random.default_rng(0)
    net = Sequential(*(Linear(n, m, rng=rng) for n, m in pairwise(widths)))
    assert sum(p.size for p in net.params()) == count


def test_params_and_grads_pair():
    net = ONE_OF_EACH["Sequential"](np.random.default_rng(0))
    net.backward(np.ones_like(net.forward(np.random.default_rng(1).random((4, 5)))))
    assert [p.shape for p in net.params()] == [g.shape for g in net.grads()]
    assert net.params()[0] is net.layers[0].W
    assert net.grads()[-1] is net.layers[-1].db


def test_each_backward_pass_overwrites():
    """Two-step check: after another batch, the gradients are those of the new batch alone."""
    rng = np.random.default_rng(0)
    layer = Linear(3, 2, rng=rng)
    for batch in (4, 7, 1, 4):
        X, dZ = rng.standard_normal((batch, 3)), rng.standard_normal((batch, 2))
        layer.forward(X)
        np.testing.assert_allclose(layer.backward(dZ), dZ @ layer.W.T, rtol=1e-13)
        np.testing.assert_allclose(layer.dW, X.T @ dZ, rtol=1e-13)
        np.testing.assert_allclose(layer.db, dZ.sum(axis=0), rtol=1e-13)


def test_a_layer_leaves_alone_what_it_was_given():
    rng = np.random.default_rng(0)
    for name, make in ONE_OF_EACH.items():
        layer, X = make(rng), rng.standard_normal((4, 5))
        kept, dY = X.copy(), rng.standard_normal(layer.forward(X).shape)
        kept_dY = dY.copy()
        layer.backward(dY)
        assert np.array_equal(X, kept), name
        assert np.array_equal(dY, kept_dY), name


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_the_gradient_of_each_layers_output_can_be_read_after_backward(name):
    """dY of every layer, inner ones too, is what central differences say of adding a number to its output."""
    rng = np.random.default_rng(0)
    net = Sequential(Linear(5, 5, rng=rng), ONE_OF_EACH[name](rng), Linear(ONE_OF_EACH[name](rng).forward(X45).shape[1], 2, rng=rng))  # fmt: skip
    assert all(layer.dY is None for layer in net.walk())
    X, cotangent = away_from_kinks((4, 5), rng), rng.standard_normal((4, 2))
    for _ in range(2):  # the latest pass counts
        net.forward(X, train=False)
        net.backward(cotangent)
    for layer in net.walk():

        def f(added, layer=layer, forward=layer.forward):
            layer.forward = lambda X, train: forward(X, train) + added
            try:
                return float((net.forward(X, train=False) * cotangent).sum())
            finally:
                del layer.forward

        assert gradcheck(f, {"added": np.zeros(layer.dY.shape)}, {"added": layer.dY}, tolerance=1e-6), layer


def test_the_gradient_of_an_output_is_no_copy():
    net = Sequential(linear(), Tanh())
    dY = np.ones_like(net.forward(X45))
    net.backward(dY, to_input=False)
    assert net.dY is net.layers[1].dY is dY
    assert net.layers[0].dY.base is None


def test_the_first_layers_dX_can_be_left_out():
    rng = np.random.default_rng(0)
    for make in ONE_OF_EACH.values():
        layer, X = make(rng), rng.standard_normal((4, 5))
        dY = rng.standard_normal(layer.forward(X).shape)
        layer.backward(dY)
        wanted = [g.copy() for g in layer.grads()]
        for inner in layer.walk():
            if isinstance(inner, Dropout):
                inner.rng = np.random.default_rng(7)
        layer.forward(X)
        assert layer.backward(dY, to_input=False) is None
        assert all(np.array_equal(a, b) for a, b in zip(layer.grads(), wanted, strict=True))


def test_initialisation_is_seeded_and_sized():
    def make(seed, **how):
        return Linear(300, 200, rng=np.random.default_rng(seed), **how).W

    assert (make(1) == make(1)).all()
    assert (make(1) != make(2)).any()
    assert make(1).std() == pytest.approx((2 / 300) ** 0.5, rel=0.01)
    assert make(1, init="xavier").std() == pytest.approx((2 / 500) ** 0.5, rel=0.01)
    assert make(1, init="normal", scale=0.5).std() == pytest.approx(0.5, rel=0.01)
    assert (Linear(3, 2, init="zeros").W == 0).all()
    assert (make(1, init=lambda rng, shape: np.full(shape, 3), scale=2) == 6.0).all()


def test_reprs():
    rng = np.random.default_rng(0)
    net = Sequential(Linear(2, 3, rng=rng), BatchNorm(3), LeakyReLU(), Residual(Dropout(rng=rng), Tanh()))
    assert repr(net) == "Sequential(Linear(2, 3), BatchNorm(3), LeakyReLU(0.01), Residual(Dropout(0.5), Tanh()))"


def test_a_layer_can_be_called():
    """net(X) is net.forward(X), for layers inside layers too, and hands `train` on."""
    for name, make in ONE_OF_EACH.items():
        X, one, other = np.random.default_rng(1).standard_normal((4, 5)), make(np.random.default_rng(0)), make(np.random.default_rng(0))  # fmt: skip
        for train in (True, False):
            np.testing.assert_array_equal(one(X, train=train), other.forward(X, train), err_msg=name)
        one(X)
        one.backward(one(X))


def test_a_layer_of_your_own():
    class Square(Layer):
        def _forward(self, X, train):
            self.X = X
            return X * X

        def _to_input(self, dY):
            return 2 * self.X * dY

    assert checked(lambda rng: Sequential(Square(), Linear(5, 2, rng=rng), Square()), True)


# Mistakes, met with words.

X45 = np.random.default_rng(0).standard_normal((4, 5))


def linear(n_in=5, n_out=3):
    return Linear(n_in, n_out, rng=np.random.default_rng(0))


def twice(layer):
    layer.forward(X45)
    layer.backward(np.ones((4, 3)))
    layer.backward(np.ones((4, 3)))


def stale(layer):
    """A forward pass that failed must not leave the one before it open."""
    layer.forward(X45)
    with pytest.raises(ValueError, match="got"):
        layer.forward(X45.T)
    layer.backward(np.ones((4, 3)))


def backward_with(dY):
    layer = linear()
    layer.forward(X45)
    return layer.backward(dY)


SAID = {
    "no rng": (lambda: Linear(2, 3), TypeError, r"Linear\(2, 3\) .* pass rng=np.random.default_rng\(0\)"),
    "a seed for rng": (lambda: Linear(2, 3, rng=0), TypeError, r"got 0: pass rng=np.random.default_rng\(0\)"),
    "Dropout without rng": (lambda: Dropout(0.5), TypeError, r"Dropout\(0.5\) .*default_rng"),
    "all dropped": (lambda: Dropout(1.0), ValueError, "0 <= p < 1, got 1.0"),
    "steep leak": (lambda: LeakyReLU(2), ValueError, "0 <= slope < 1, got 2"),
    "unknown init": (lambda: Linear(2, 3, init="glorot"), ValueError, "he, xavier, normal, zeros .*got 'glorot'"),
    "init of another shape": (
        lambda: Linear(2, 3, init=lambda rng, shape: np.ones((3, 2)), rng=np.random.default_rng(0)),
        ValueError, r"\(2, 3\), got \(3, 2\)"),
    "no neurons": (lambda: Linear(2, 0), ValueError, "at least one .*got 2 and 0"),
    "no layers": (Sequential, ValueError, "at least one layer"),
    "a class for a layer": (lambda: Sequential(Tanh), TypeError, "wants layers"),
    "one layer twice": (lambda: Sequential(*[Tanh()] * 2), ValueError, "the same layer twice"),
    "backward first": (lambda: linear().backward(np.ones((4, 3))), RuntimeError, "forward pass before each backward"),
    "backward twice": (lambda: twice(linear()), RuntimeError, "forward pass before each backward"),
    "a stale cache": (lambda: stale(linear()), RuntimeError, "forward pass before each backward"),
    "grads first": (lambda: linear().grads(), RuntimeError, "no gradient yet"),
    "wrong width": (lambda: linear().forward(X45.T), ValueError, r"\(batch, 5\), got \(5, 4\)"),
    "one example": (lambda: linear().forward(X45[0]), ValueError, r"\(batch, 5\), got \(5,\): .*X\[np.newaxis\]"),
    "wrong dY": (lambda: backward_with(np.ones((3, 4))), ValueError, r"\(4, 3\), got \(3, 4\)"),
    "flat dY": (lambda: backward_with(np.ones(4)), ValueError, r"\(4, 3\), got \(4,\)"),
    "whole numbers": (lambda: linear().forward(np.ones((4, 5), int)), TypeError, r"int64: use X.astype\(float\)"),
    "pixels": (lambda: Tanh().forward(np.ones((4, 5), np.uint8)), TypeError, r"uint8: use X.astype\(float\)"),
    "words": (lambda: Tanh().forward(np.array([["a"]])), TypeError, "as floats, got <U1"),
    "no examples": (lambda: linear().forward(X45[:0]), ValueError, r"at least one example, got X of shape \(0, 5\)"),
    "one example to norm": (lambda: BatchNorm(5).forward(X45[:1]), ValueError, "two examples or more"),
    "residual of another width": (lambda: Residual(linear()).forward(X45), ValueError, r"\(4, 5\), got \(4, 3\)"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", SAID)
def test_mistakes_are_met_with_words(mistake):
    do, error, words = SAID[mistake]
    with pytest.raises(error, match=words):
        do()
