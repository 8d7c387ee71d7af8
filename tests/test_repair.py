"""Exercise 19.7: a network that is judged by what it does, and told what its profile shows."""

import json

import numpy as np
import pytest

import bplib as bp
from bplib.checking import EXERCISES
from bplib.exercises import ch19
from bplib.nn.layers import Layer

REPAIR = EXERCISES["19.7"]


class Scale(Layer):
    def __init__(self, s):
        self.s = s

    def _forward(self, X, train):
        return self.s * X

    def _to_input(self, dY):
        return self.s * dY


def plain(activation, init, *norm):
    def build(rng):
        layers = []
        for n_in in (64, *[32] * 28):
            layers += [bp.Linear(n_in, 32, rng=rng, init=init), *[kind(32) for kind in norm], activation()]
        return [*layers, bp.Linear(32, 10, rng=rng, init="xavier")]

    return build


def residual(s):
    def build(rng):
        blocks = [
            bp.Residual(bp.Linear(32, 32, rng=rng), bp.ReLU(), bp.Linear(32, 32, rng=rng), Scale(s)) for _ in range(14)
        ]
        return [bp.Linear(64, 32, rng=rng), bp.ReLU(), *blocks, bp.Linear(32, 10, rng=rng)]

    return build


def verdict(answer):
    raw = REPAIR.collect(answer)
    assert json.loads(json.dumps(raw)) == raw
    return REPAIR.judge(raw)


@pytest.mark.slow
@pytest.mark.parametrize(
    "build", [residual(14**-0.5), plain(bp.Sigmoid, "xavier", bp.BatchNorm)], ids=["scaled", "norm"]
)
def test_several_repairs_are_right(build):
    assert verdict(build).points == REPAIR.points


@pytest.mark.slow
@pytest.mark.parametrize(
    ("build", "slug"),
    [
        (plain(bp.Sigmoid, "xavier"), "repair-still-vanishes"),
        (residual(1.0), "repair-now-explodes"),
        (plain(bp.ReLU, "he", bp.BatchNorm), "repair-now-explodes"),
        (plain(bp.ReLU, "he", bp.LayerNorm), "repair-all-alike"),
    ],
    ids=["vanishes", "unscaled", "batch norm", "layer norm"],
)
def test_a_wrong_repair_is_told_what_its_profile_shows(build, slug):
    said = verdict(build)
    assert said.points == 0
    assert said.slips == (slug,)
    assert "on the way back" in said.hints[0]


def test_fewer_layers_are_no_repair():
    said = verdict(lambda rng: [bp.Linear(64, 32, rng=rng), bp.Tanh(), bp.Linear(32, 10, rng=rng)])
    assert said.slips == ("repair-by-fewer-layers",)
    assert "2 linear layers" in said.hints[0]


@pytest.mark.parametrize("answer", [lambda rng: 3, lambda rng: [bp.Linear(64, 5, rng=rng)], lambda: [], lambda rng: []])
def test_what_does_not_run_is_told_why(answer):
    said = verdict(answer)
    assert said.points == 0
    assert "does not run" in said.hints[0]
    assert "Error" in said.hints[0]


@pytest.mark.parametrize(
    "raw", [None, 3, "x", [], {}, {"named": {}}, {"named": {"read": [1, 2]}}, {"runs": []}, {"raised": 3}]
)
def test_what_is_no_network_is_refused(raw):
    assert "Expected the function" in REPAIR.judge(raw).summary


def test_a_profile_of_nan_or_infinity_is_told_and_never_raises():
    rng = np.random.default_rng(0)
    for _ in range(50):
        numbers = {
            name: rng.choice([0.0, 1.0, 1e300, np.inf, np.nan, -1.0], size=n).tolist() for name, n in REPAIR.wanted
        }
        numbers["linear"] = [30.0]
        said = ch19.fault_of(numbers)
        assert said is None or said[0].startswith("From its two starts")
