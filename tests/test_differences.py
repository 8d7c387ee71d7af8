"""The oracle: does a gradient check pass what is right, catch what is wrong, and warn where it cannot judge?"""

import math
import re
import warnings

import numpy as np
import pytest
from networks import PARAMETERS, B, sigmoid_net

import bplib as bp
from bplib.mistakes.scalar import MISTAKES


def loss_b(**numbers):
    return sigmoid_net(**numbers)[0]


def right_b():
    loss, nodes = sigmoid_net(**B)
    loss.backward()
    return {name: nodes[name].grad for name in B}


def test_it_passes_the_right_gradients():
    found = bp.gradcheck(loss_b, B, right_b())
    assert found
    assert found.worst.error < 1e-8
    assert repr(found) == "gradients agree: 6 checked, worst relative error below 1e-7"


def test_it_catches_every_slip_that_changes_a_gradient():
    loss, nodes = sigmoid_net(**B)
    right = right_b()
    caught = 0
    for mistake in MISTAKES.values():
        wrong = mistake.run(loss, 0.1).grads
        claimed = {name: wrong[nodes[name]] for name in B}
        differs = any(abs(claimed[n] - right[n]) > 1e-3 for n in PARAMETERS)
        assert bool(bp.gradcheck(loss_b, B, claimed)) == (not differs), mistake.slug
        caught += differs
    assert caught >= 20


def test_it_names_the_worst_place():
    x = np.arange(6.0).reshape(2, 3) + 1
    claimed = 3 * x**2
    claimed[1, 2] += 1
    found = bp.gradcheck(lambda x: (x**3).sum(), {"x": x}, {"x": claimed})
    assert not found
    assert found.worst.where == "x[1, 2]"
    assert len(found.entries) == 6


def test_it_leaves_the_point_alone():
    x = np.ones(3)
    bp.gradcheck(lambda x: float(x @ x), {"x": x}, {"x": 2 * x})
    assert (x == 1).all()


def test_a_nan_is_never_right():
    with pytest.warns(UserWarning, match="not finite"):
        assert not bp.gradcheck(lambda x: x * float("nan"), {"x": 1.0}, {"x": 1.0})
    assert not bp.gradcheck(lambda x: x * 2, {"x": 1.0}, {"x": float("nan")})


@pytest.mark.parametrize(
    ("f", "x", "h", "word"),
    [
        (lambda x: max(0.0, x), 0.0, None, "kink: slope 0 on its left, 1 on its right"),
        (lambda x: abs(x), 1e-7, None, "kink"),
        (lambda x: x**3, 1.0, 1e-15, "too small"),
        (lambda x: x**3, 1.0, 1.0, "too large"),
    ],
)
def test_it_warns_where_it_cannot_judge(f, x, h, word):
    with pytest.warns(UserWarning, match=word):
        bp.gradcheck(f, {"x": x}, {"x": 3.0}, h=h)


LEAKY = {"relu": (0.0, 1.0), "leaky": (0.01, 1.0), "slight": (1.0, 1.001), "abs": (-1.0, 1.0)}


@pytest.mark.parametrize("kind", LEAKY)
@pytest.mark.parametrize("distance", [-0.99, -0.6, -0.3, -0.05, 0.0, 0.05, 0.3, 0.6, 0.99])
@pytest.mark.parametrize("curved", [0.0, 1.0, -3.0])
def test_it_never_says_differ_within_one_nudge_of_a_kink_without_a_warning(kind, distance, curved):
    """The right slope is claimed; the nudge is 6e-6, and the kink lies a part of that away."""
    left, right = LEAKY[kind]
    h = 2.2e-16 ** (1 / 3)
    x = 0.5 + distance * h

    def f(x):
        return (right if x > 0.5 else left) * (x - 0.5) + curved * x * x

    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = bp.gradcheck(f, {"x": x}, {"x": (right if x > 0.5 else left) + 2 * curved * x})
    assert found or said
    if said:
        slopes = re.search(r"near a kink: slope (.*) on its left, (.*) on its right", str(said[0].message)).groups()
        assert [*map(float, slopes)] == pytest.approx([left + curved, right + curved], abs=1e-3)
        assert said[0].filename == __file__


@pytest.mark.parametrize("f", [
    lambda x: x**2, lambda x: x**3, lambda x: x**4 - x, lambda x: math.exp(x), lambda x: math.sin(x), lambda x: 1 / (1 + math.exp(-50 * x)),
    lambda x: math.tanh(1000 * x), lambda x: abs(x) ** 3 + 5, lambda x: math.sqrt(x * x + 1e-6), lambda x: 1 / (x + 3.1),
])  # fmt: skip
@pytest.mark.parametrize("x", [0.0, 1e-3, 0.7, -2.0])
def test_a_curve_is_no_kink_even_where_the_claim_is_wrong(f, x):
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        bp.gradcheck(f, {"x": x}, {"x": 3.21})
    assert not [w for w in said if "kink" in str(w.message)]


def test_it_is_silent_where_it_can():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert bp.gradcheck(lambda x: x**2, {"x": 0.0}, {"x": 0.0})
        assert bp.gradcheck(lambda x: 7.0, {"x": 2.0}, {"x": 0.0})
        assert bp.gradcheck(lambda x: x.sum() ** 2, {"x": np.linspace(-1, 2, 5)}, {"x": np.full(5, 5.0)})


def test_float32_gets_a_larger_nudge():
    x = np.ones(2, dtype=np.float32)
    assert bp.gradcheck(lambda x: (x**3).sum(), {"x": x}, {"x": 3 * x**2}, tolerance=1e-3)
    with pytest.warns(UserWarning, match="too small"):
        bp.gradcheck(lambda x: (x**3).sum(), {"x": x}, {"x": 3 * x**2}, h=1e-7)


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (
            lambda: bp.gradcheck(abs, {"x": 1.0}, {"y": 1.0}),
            ValueError,
            "one gradient for each input: inputs \\['x'\\]",
        ),
        (lambda: bp.gradcheck(abs, {}, {}), ValueError, "at least one input"),
        (lambda: bp.gradcheck(abs, {"x": 1.0}, {"x": 1.0}, h=0), ValueError, "h > 0"),
        (lambda: bp.gradcheck(abs, {"x": "1"}, {"x": 1.0}), TypeError, "x as a number or an array of floats, got str"),
        (
            lambda: bp.gradcheck(abs, {"x": bp.Value(1.0)}, {"x": 1.0}),
            TypeError,
            "got Value: .*take its .data or .grad",
        ),
        (lambda: bp.gradcheck(abs, {"x": bp.Tensor([1.0])}, {"x": 1.0}), TypeError, "got Tensor: .*take its .data"),
        (lambda: bp.gradcheck(abs, {"x": 1.0}, {"x": bp.Tensor(1.0)}), TypeError, "got Tensor"),
        (lambda: bp.gradcheck(abs, {"x": np.arange(3)}, {"x": np.ones(3)}), TypeError, "floats, got an array of int"),
        (lambda: bp.gradcheck(abs, {"x": np.ones(3)}, {"x": np.ones(2)}), ValueError, "wants its shape \\(3,\\)"),
        (
            lambda: bp.gradcheck(lambda x: [x], {"x": 1.0}, {"x": 1.0}),
            TypeError,
            "return one number \\(the loss\\), got list",
        ),
        (lambda: bp.gradcheck(lambda x: 0.0, {"x": np.ones(0)}, {"x": np.ones(0)}), ValueError, "only empty arrays"),
    ],
)
def test_bad_input_says_what_was_wanted(call, error, word):
    with pytest.raises(error, match=word):
        call()


# ---------------------------------------------------------------- as a whole, and in two steps


def test_it_says_which_gradient_differs_first():
    """In the order in which they were given, which for inner quantities is the order of the pass."""
    at = {"c": 0.5, "b": np.ones(3), "a": np.arange(1.0, 4.0)}

    def f(c, b, a):
        return c * float(b @ a**2)

    right = {"c": 14.0, "b": 0.5 * at["a"] ** 2, "a": at["a"]}
    assert bp.gradcheck(f, at, right).first is None
    found = bp.gradcheck(f, at, right | {"b": 1.001 * right["b"], "a": 2 * right["a"]})
    assert found.first == "b"
    assert list(found.by_name) == ["c", "b", "a"]
    assert found.by_name["b"] == pytest.approx(5e-4, rel=1e-3)  # 0.001 over the sum of two lengths
    assert found.by_name["a"] == pytest.approx(1 / 3)
    assert bp.gradcheck(f, at, right | {"b": np.full(3, math.nan)}).first == "b"


def test_two_steps_tell_a_small_slip_from_curvature():
    """A slip of one in a hundred thousand is smaller than the error of the first nudge, and yet it is told."""
    x = np.array([0.4, -1.3, 2.0])

    def f(x):
        return float(np.exp(x).sum())

    right = bp.two_step_check(f, {"x": x}, {"x": np.exp(x)})
    assert right
    assert right.errors["x"][0] / right.errors["x"][1] == pytest.approx(100, rel=0.02)
    wrong = bp.two_step_check(f, {"x": x}, {"x": 1.00001 * np.exp(x)})
    assert not wrong
    assert wrong.stays == ("x",)
    assert "DIFFER" in repr(wrong)
    assert "x  5e-06 then 5e-06  STAYS" in repr(wrong)


def test_two_steps_take_rounding_for_no_slip():
    """A straight line has no curvature, so nothing falls; and where nothing responds, there is nothing to fall."""
    at = {"w": np.array([0.3, -0.7]), "b": 1.7, "unused": 2.0}

    def f(w, b, unused):
        return float(w @ np.array([1.3, 0.6])) + b / 3 + 1000

    right = {"w": np.array([1.3, 0.6]), "b": 1 / 3, "unused": 0.0}
    assert bp.two_step_check(f, at, right).ok
    assert re.search(
        r"b +\S+ then +\S+  only rounding", repr(bp.two_step_check(lambda b: 2 * b, {"b": 1.0}, {"b": 2.0}))
    )
    assert bp.two_step_check(f, at, right | {"b": 1.0001 / 3}).stays == ("b",)
    assert bp.two_step_check(f, at, right | {"unused": 1e-3}).stays == ("unused",)
