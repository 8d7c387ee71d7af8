"""Shapes: the page's matrices against bplib's layers, the static form, wrong arguments."""

import html
import json
import re

import numpy as np
import pytest
from explorables import in_node

import bplib as bp
from bplib import explore
from bplib.explore.shapes import PAIRS


def random_net(rng: np.random.Generator) -> dict[str, np.ndarray]:
    N, n_in, hidden, out = rng.integers(1, 6, size=4)
    shapes = {"X": (N, n_in), "W1": (n_in, hidden), "b1": hidden, "W2": (hidden, out), "b2": out, "T": (N, out)}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def by_layers(X, W1, b1, W2, b2, T) -> dict[str, np.ndarray]:
    first, relu, second = bp.Linear(*W1.shape, init="zeros"), bp.ReLU(), bp.Linear(*W2.shape, init="zeros")
    first.W[...], first.b[...], second.W[...], second.b[...] = W1, b1, W2, b2
    loss = bp.MSE()
    Z1 = first.forward(X)
    A1 = relu.forward(Z1)
    Z2 = second.forward(A1)
    L = loss.forward(Z2, T)
    dZ2 = loss.backward()
    dA1 = second.backward(dZ2)
    dZ1 = relu.backward(dA1)
    dX = first.backward(dZ1)
    return {"Z1": Z1, "A1": A1, "Z2": Z2, "L": L, "dZ2": dZ2, "dW2": second.dW, "db2": second.db, "dA1": dA1,
            "dZ1": dZ1, "dW1": first.dW, "db1": first.db, "dX": dX}  # fmt: skip


def close(got, want) -> bool:
    want = np.atleast_2d(want)
    return np.abs(np.atleast_2d(got) - want).max() <= 1e-12 * max(1.0, np.abs(want).max())


def test_the_page_computes_what_the_layers_compute(tmp_path):
    rng = np.random.default_rng(5)
    nets = [random_net(rng) for _ in range(60)]
    figures = [explore.Shapes(**net) for net in nets]
    script = 'out(data.map((values) => m.passes(values, "mean")))'
    answers = in_node(tmp_path, script, [figure.values for figure in figures], name="shapes")
    for net, figure, answer in zip(nets, figures, answers, strict=True):
        mine = figure.passes()
        for name, want in by_layers(**net).items():
            assert close(answer[name], want), name
            assert close(mine[name], want), name


@pytest.mark.parametrize("loss", ["half mean", "sum"])
def test_the_other_losses_differ_by_a_factor(tmp_path, loss):
    net = random_net(np.random.default_rng(8))
    N, K = net["T"].shape
    part = {"half mean": K / 2, "sum": N * K}[loss]
    figure = explore.Shapes(**net, loss=loss)
    answer = in_node(tmp_path, f"out(m.passes(data, {loss!r}))", figure.values, name="shapes")
    want = by_layers(**net)
    for name in ("L", "dZ2", "dW1", "db1", "dX"):
        assert close(answer[name], part * want[name])
        assert close(figure.passes()[name], part * want[name])


def test_trace_c_has_one_dead_unit_and_short_distinct_numbers():
    all_ = explore.Shapes().passes()
    assert np.argwhere(all_["Z1"] <= 0).tolist() == [[1, 1]]
    back = np.concatenate([all_[name].ravel() for name in ("dZ2", "dW2", "db2", "dA1", "dW1", "db1", "dX")])
    assert np.allclose(back, back.round(3), atol=1e-12)
    assert len(np.unique(back.round(6))) == back.size
    assert np.abs(back).min() > 0.05


def test_static_form():
    s = explore.Shapes(note="choose & see")
    assert repr(s).startswith("Shapes(X 3x2, W1 2x2, W2 2x2: L = 0.825, dW1 = [")
    quoted, fallback = re.fullmatch(r"<bp-shapes data='([^']*)'>\n(.*)\n</bp-shapes>", s.html(), re.S).groups()
    inside = json.loads(html.unescape(quoted))
    assert set(inside) == {"values", "loss", "note"}
    assert inside["values"]["b1"] == [[0.1, 0.2]]
    assert '<th scope="row">dW1</th><td>2 \N{MULTIPLICATION SIGN} 2</td><td class="bp-backward">' in fallback.replace(
        "\xa0", " "
    )
    assert "choose &amp; see" in fallback
    assert s.html() == explore.Shapes(note="choose & see").html()
    assert '"step":5' in explore.Shapes(step=5).html()
    assert '"below":"jacobian","pair":"Z2/A1"' in explore.Shapes(below="jacobian", pair="Z2/A1").html()


def test_the_still_has_every_equation_with_shapes_that_fit():
    rng = np.random.default_rng(2)
    net = {name: rng.normal(size=size) for name, size in
           {"X": (5, 3), "W1": (3, 4), "b1": 4, "W2": (4, 2), "b2": 2, "T": (5, 2)}.items()}  # fmt: skip
    text = re.sub(r"<[^>]*>", "", explore.Shapes(**net)._fallback().split("<details>")[0]).replace("\xa0", " ")
    text = re.sub(r"\s+", " ", text.replace("\N{MULTIPLICATION SIGN}", "x"))
    for line in ("Z1 5 x 4 = X 5 x 3 W1 3 x 4 + b1 1 x 4", "dW1 3 x 4 = XT 3 x 5 dZ1 5 x 4", "dA1 5 x 4 = dZ2 5 x 2 W2T 2 x 4",
                 "db2 1 x 2 = sum of each column of dZ2 5 x 2", "dZ2 5 x 2 = 2/10 ( Z2 5 x 2 \N{MINUS SIGN} T 5 x 2 )",
                 "L 1 x 1 = mean of the squares of Z2 5 x 2"):  # fmt: skip
        assert line in text


@pytest.mark.parametrize("pair", PAIRS)
def test_the_jacobian_is_the_derivative_with_empty_places_that_nothing_moves(tmp_path, pair):
    figure = explore.Shapes(**random_net(np.random.default_rng(9)))
    script = 'out([m.jacobian(m.passes(data[0], "mean"), data[1])])'
    (J,) = in_node(tmp_path, script, [figure.values, pair], name="shapes")
    all_ = figure.passes()
    X, W1, Z1, A1, W2 = (all_[name] for name in ("X", "W1", "Z1", "A1", "W2"))
    eye = lambda M, axis: np.eye(M.shape[axis])  # noqa: E731
    want = {"Z1/X": np.kron(eye(X, 0), W1.T), "Z1/W1": np.kron(X, eye(W1, 1)), "A1/Z1": np.diag(Z1.ravel() > 0),
            "Z2/A1": np.kron(eye(A1, 0), W2.T), "Z2/W2": np.kron(A1, eye(W2, 1))}[pair]  # fmt: skip
    assert close(np.array([[v or 0.0 for v in row] for row in J]), want.astype(float))
    out, by = pair.split("/")
    assert close(all_[f"d{out}"].ravel() @ want, all_[f"d{by}"].ravel())


def test_values_can_be_set_in_part():
    s = explore.Shapes()
    s.values = {"b1": [0.0, 0.0]}
    assert s.values["b1"] == [[0.0, 0.0]]
    assert s.values["X"][0] == [1.0, -1.0]
    with pytest.raises(ValueError, match="got W3"):
        s.values = {"W3": [[1.0]]}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"W1": np.ones((3, 2))}, r"W1 wants the shape \(2, 2\), got \(3, 2\)"),
        ({"T": np.ones((2, 2))}, r"T wants the shape \(3, 2\)"),
        ({"b2": [1.0]}, r"b2 wants the shape \(1, 2\), got \(1, 1\)"),
        ({"X": [1.0, 2.0]}, r"X wants rows and columns, got an array of shape \(2,\)"),
        ({"X": [["a", "b"]]}, "X wants rows of numbers"),
        ({"X": np.array([[1.0, np.nan]] * 3)}, "X wants finite numbers"),
        ({"below": "all"}, "below wants one of , matrices, jacobian, none, got 'all'"),
        ({"pair": "X/Z1"}, "pair wants one of Z1/X, .*, got 'X/Z1'"),
        ({"loss": "hinge"}, "loss wants one of mean, half mean, sum, got 'hinge'"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Shapes(**arguments)
