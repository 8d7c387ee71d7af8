"""Emitted code gives what the engine gives, and runs no engine."""

import math

import pytest
from hypothesis import given, settings
from networks import PARAMETERS, B, sigmoid_net
from test_value import by_value, programs, run

import bplib as bp
from bplib.engine.straightline import TEXT
from bplib.engine.value import RULES, Value


def test_every_rule_has_its_text():
    assert set(TEXT) == set(RULES)


@given(programs())
@settings(max_examples=150, deadline=None)
def test_it_agrees_with_the_engine_on_random_graphs(program):
    leaves, steps = program
    nodes = [Value(x) for x in leaves]
    out = run(nodes, steps, by_value)
    used = [n for n in nodes if n in set(out.graph())]
    loss, grads = bp.emit(out, *used)(*[n.data for n in used])
    out.backward()
    assert loss == pytest.approx(out.data, rel=1e-13, abs=1e-15)
    for grad, node in zip(grads, used, strict=True):
        assert grad == pytest.approx(node.grad, rel=1e-12, abs=1e-12)


def test_it_follows_other_numbers():
    """Emitted at trace B, run somewhere else."""
    loss, nodes = sigmoid_net(**B)
    gradient = bp.emit(loss, *[nodes[name] for name in PARAMETERS])
    other = B | {"w1": -0.7, "b1": 1.1, "w2": 2.3, "b2": 0.6}
    there, moved = sigmoid_net(**other)
    there.backward()
    value, grads = gradient(*[other[name] for name in PARAMETERS])
    assert value == pytest.approx(there.data, rel=1e-14)
    assert list(grads) == pytest.approx([moved[name].grad for name in PARAMETERS], rel=1e-13)


def test_powers_and_ties():
    a, n, b = bp.values(a=1.7, n=2.4, b=1.7)
    out = a**n + a**-1.5 + a**2 + a.max(b) + (-a).relu()
    _, grads = bp.emit(out, a, n, b)(1.7, 2.4, 1.7)
    out.backward()
    assert list(grads) == pytest.approx([a.grad, n.grad, b.grad], rel=1e-14)


def test_it_is_plain_python_without_what_nobody_asked_for():
    loss, nodes = sigmoid_net(**B)
    source = bp.emit(loss, nodes["b2"]).source
    assert source.startswith("def gradient(v4):")
    assert "Value" not in source
    assert source.count(" = ") < bp.emit(loss, *[nodes[name] for name in PARAMETERS]).source.count(" = ")


def test_bad_input_says_what_was_wanted():
    (a,) = bp.values(a=2.0)
    with pytest.raises(TypeError, match="wants a Value as the loss"):
        bp.emit(3.0, a)
    for wrong in (bp.Value(1.0), a * a):
        with pytest.raises(ValueError, match="leaves that the loss was computed from"):
            bp.emit(a * 2, wrong)


def test_a_leaf_is_asked_for_once():
    (a,) = bp.values(a=2.0)
    with pytest.raises(ValueError, match="wants each leaf once"):
        bp.emit(a * a, a, a)


def test_numbers_that_are_not_finite():
    a, b = bp.values(a=1.0, b=math.inf)
    assert bp.emit(a * b, a)(2.0) == (math.inf, (math.inf,))
