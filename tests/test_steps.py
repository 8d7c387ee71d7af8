"""Chapter 17's steps give the engine's gradients: on a tape, as text on numbers, and as the same text on columns."""

import numpy as np
import pytest

import bplib as bp
from bplib.engine import steps


def network(kind):
    """2-3-1 with relu: weights and biases by neuron."""
    rng = np.random.default_rng(3)
    return [[([kind(x) for x in rng.normal(size=n)], kind(x)) for x in rng.normal(size=m)] for n, m in ((2, 3), (3, 1))]


def params(net):
    return [p for layer in net for w, b in layer for p in (*w, b)]


def score(net, a):
    for layer in net:
        a = [(sum((wi * ai for wi, ai in zip(w, a, strict=True)), b)).relu() for w, b in layer]
    return 1 + a[0] * 3.0


ROWS = np.random.default_rng(4).normal(size=(7, 2)).tolist()


def gradient(kind, rows=ROWS):
    net = network(kind)
    for row in rows:
        score(net, [kind(x) for x in row]).backward()  # the leaves add up
    return [p.grad for p in params(net)]


@pytest.fixture(autouse=True)
def _empty_tape():
    yield
    for column in (steps.LEFT, steps.DLEFT, steps.RIGHT, steps.DRIGHT, steps.LEAVES):
        column.clear()


def test_a_tape_gives_the_engines_gradients():
    assert any(g != 0 for g in gradient(bp.Value))
    np.testing.assert_allclose(gradient(steps.Taped), gradient(bp.Value), rtol=1e-12)


def test_a_number_used_twice_adds_up_and_backward_empties_the_tape():
    x = steps.Taped(3.0)
    (x * x + x).backward()
    assert x.grad == 7.0
    assert steps.LEFT == steps.LEAVES == []


@pytest.mark.parametrize("at", [-2.0, 0.0, 2.0])
def test_relu_is_closed_at_0_as_everywhere(at):
    x = steps.Taped(at)
    x.relu().backward()
    assert x.grad == float(at > 0)


def written():
    net = network(bp.Value)
    x1, x2 = bp.values(x1=0.5, x2=0.5)
    return steps.write_down(score(net, [x1, x2]), params(net), [x1, x2]), [p.data for p in params(net)]


def test_one_example_written_down_is_right_for_all_rows():
    text, numbers = written()
    np.testing.assert_allclose(text(ROWS, *numbers), gradient(bp.Value), rtol=1e-12)


def test_the_same_text_runs_on_columns():
    text, numbers = written()
    found = [np.sum(d) for d in text([tuple(np.array(ROWS).T)], *numbers)]
    last = len(found) - 1  # the last bias gets one number, not a column, wherever its slope does not depend on the row
    np.testing.assert_allclose(found[:last], gradient(bp.Value)[:last], rtol=1e-12)


def test_the_text_agrees_with_the_whole_graphs():
    net = network(bp.Value)
    loss = score(net, [bp.Value(x) for x in ROWS[0]])
    text, numbers = written()
    np.testing.assert_allclose(text(ROWS[:1], *numbers), bp.emit(loss, *params(net))(*numbers)[1], rtol=1e-12)


def test_a_number_that_only_a_sum_uses_gets_no_line():
    text, _ = written()
    lines = text.source.split("\n")
    assert sum(" = " in line and "*" in line and "+" in line for line in lines) >= 4  # whole neurons on one line
    assert len(lines) < 45
