"""The figure `xor`: its passes and its steps against bplib's layers, its stuck starts, its static form."""

import numpy as np
import pytest
from explorables import in_node

from bplib import explore
from bplib.explore.xor import ACTIVATIONS, STUCK, initial
from bplib.nn import data, losses, optim


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_javascript_and_the_layers_agree(tmp_path, activation):
    rng = np.random.default_rng(5)
    weights = [[float(w) for w in 2 * rng.standard_normal(9)] for _ in range(40)]
    answers = in_node(tmp_path, f"out(data.map((w) => m.gradient(w, '{activation}')))", weights, "xor")
    for given, answer in zip(weights, answers, strict=True):
        loss, grads = explore.Xor(activation=activation, weights=given).gradient()
        assert abs(loss - answer["loss"]) <= 1e-12 * max(1, loss)
        assert np.max(np.abs(np.array(grads) - answer["grad"])) <= 1e-12


def test_a_seed_starts_at_the_same_place_in_both_languages(tmp_path):
    answers = in_node(tmp_path, "out(data.map(m.initial))", list(range(1, 30)), "xor")
    for seed, answer in zip(range(1, 30), answers, strict=True):
        assert np.max(np.abs(np.array(initial(seed)) - answer)) <= 1e-12


def test_fifty_steps_agree(tmp_path):
    figure = explore.Xor(seed=4, activation="tanh")
    answer = in_node(tmp_path, "out(m.train(m.initial(4), 'tanh', 0.7, 50))", None, "xor")
    X, T = data.xor()
    network, loss, step = figure.network(), losses.BCEWithLogits(), optim.SGD(lr=0.7)
    for _ in range(50):
        loss.forward(network.forward(X), T)
        network.backward(loss.backward())
        step.step(network.params(), network.grads())
    ours = np.concatenate([p.ravel() for p in network.params()])
    assert np.max(np.abs(ours - answer)) <= 1e-12


def test_stuck_starts_are_stuck(tmp_path):
    each = "seeds.map((s) => m.train(m.initial(s), kind, 1, 20000))"
    told = "({loss: m.gradient(w, kind).loss, ...m.obstacle(w, kind)})"
    script = f"out(Object.entries(data).map(([kind, seeds]) => {each}.map((w) => {told})))"
    for first, second in in_node(tmp_path, script, STUCK, "xor"):
        assert min(first["loss"], second["loss"]) > 0.34
        assert (first["same"], second["same"]) == (True, False)
        assert second["pair"] is not None


def test_static_form():
    figure = explore.Xor(seed=1, note="train it")
    html = figure.html()
    assert html.startswith('<bp-xor data=\'{"seed":1,"activation":"sigmoid","lr":1.0,"stuck":{')
    assert f"after 0 steps: the loss is {figure.gradient()[0]:.4f}" in html
    assert html.count("<tr>") == 10
    assert html.count("<svg") == 1
    assert "output for every input" in html
    nothing = explore.Xor(activation="relu", weights=[0.0] * 9).html()
    assert nothing.count("<circle") == 7, "two inputs, an output, four cases"
    figure.weights, figure.epochs = [0.0] * 9, 7
    assert repr(figure) == "Xor(seed=1, sigmoid, after 7 steps: loss 0.6931)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": 1.5}, "seed wants a whole number, got 1.5"),
        ({"activation": "step"}, "activation wants one of sigmoid, tanh, relu, got 'step'"),
        ({"lr": None}, "lr wants a finite number, got None"),
        ({"weights": [1.0, 2.0]}, "weights wants w11, .*, got 2 numbers"),
        ({"weights": [1.0] * 8 + [float("nan")]}, "finite number, got nan"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Xor(**arguments)
