"""Seventy-one wrong lines: each is wrong, the right ones are right, and each cotangent misses what chapter 10 says."""

import numpy as np
import pytest

import bplib as bp
from bplib.exercises.shared import readers
from bplib.exercises.shared.planted import (
    ALONE,
    BACKWARD,
    BUGS,
    SHAPES,
    WRONG,
    backward,
    measured,
    misses,
    outputs,
    start,
    worst_error,
)

ARRAYS = start(0)
MOVES = measured(ARRAYS)
RANDOM = np.random.default_rng(100).normal(size=outputs(ARRAYS).shape)


def test_there_are_as_many_as_the_chapter_says():
    assert len(BUGS) == len(set(BUGS)) == 71
    assert set(WRONG) <= set(BACKWARD)
    assert all(wrong != BACKWARD[name] for name, wrong in BUGS)


def test_the_right_pass_is_right_and_gives_every_shape():
    grads = backward(ARRAYS, RANDOM)
    assert worst_error(grads, MOVES, RANDOM) < 1e-8
    assert all(grads[f"d{name}"].shape == shape for name, shape in SHAPES.items())


@pytest.mark.parametrize("bug", BUGS, ids=" = ".join)
def test_a_random_cotangent_sees_every_bug(bug):
    """And its line is the first that goes wrong, since all before it is as it was."""
    wrong, right = backward(ARRAYS, RANDOM, bug), backward(ARRAYS, RANDOM)
    assert worst_error(wrong, MOVES, RANDOM) > 1e-6
    first = next(name for name in BACKWARD if not np.allclose(wrong[name], right[name], rtol=1e-7, atol=0))
    assert first == bug[0]


def test_ones_miss_what_is_wrong_with_dY_alone():
    ones = np.ones_like(RANDOM)
    missed = [bug for bug in BUGS if worst_error(backward(ARRAYS, ones, bug), MOVES, ones) < 1e-6]
    assert {name for name, _ in missed} == {"dW4", "db4", "dH3"}
    assert all("dY" in line for _, line in missed)
    assert len(missed) == 8


def test_a_fresh_start_hides_a_forgotten_gamma():
    arrays = start(0, fresh=True)
    moves = measured(arrays)
    hidden = {b for b in BUGS if worst_error(backward(arrays, RANDOM, b), moves, RANDOM) < 1e-6}
    assert {("dN1", "dH1"), ("dN2", "dH2")} <= hidden


@pytest.mark.parametrize("seed", range(3))
def test_ones_miss_most_in_single_layers_and_random_numbers_nothing(seed):
    rng = np.random.default_rng(seed)
    X, W = rng.normal(size=(5, 4)), rng.normal(size=(4, 4))
    cotangents = {"ones": np.ones(20), "itself": None, "random": rng.normal(size=20)}
    found = {layer: misses(layer, cotangents, X, W) for layer in ALONE}
    assert found["softmax"] == {
        "returns zeros": ["ones"],
        "wrong sign": ["ones"],
        "a plain mean": ["ones"],
        "diagonal only": [],
    }
    assert found["batch norm"]["no mean path"] == ["itself"]
    assert not any("random" in row for layer in found.values() for row in layer.values())


# ---------------------------------------------------------------- the two readers


@pytest.mark.parametrize(("program", "wrong"), [("A", []), ("B", ["W1", "b1"])])
def test_one_of_the_two_readers_is_wrong_in_its_first_layer(program, wrong):
    rng = np.random.default_rng(3)
    at = {name: rng.normal(size=p.shape) for name, p in readers.start(0, (4, 6, 5, 3)).items()}
    X, t = rng.normal(size=(7, 4)), rng.integers(0, 3, size=7)
    grads = readers.backward(program, X, t, **at)[1]

    def loss(**params):
        return readers.backward(program, X, t, **params)[0]

    found = bp.gradcheck(loss, at, {name: grads[name] for name in at})
    assert [name for name, error in found.by_name.items() if error > 1e-6] == wrong


def test_both_readers_learn():
    losses, share = readers.train("B", seed=1, rate=0.1, epochs=3)
    assert len(losses) == 3
    assert losses[-1] < 0.7 * losses[0]
    assert share > 0.8
