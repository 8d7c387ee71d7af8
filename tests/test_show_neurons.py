"""The network with two inputs, drawn: what stands in it is what was computed, and a map's lines are where they belong."""

import numpy as np
import pytest
from matplotlib.patches import Circle

import bplib as bp
from bplib.exercises.ch06 import CHAPTER, two_inputs
from bplib.show import neurons
from bplib.show.plots import BACKWARD, FORWARD

MINUS = "\N{MINUS SIGN}"


@pytest.fixture
def trace():
    loss, nodes = two_inputs(**CHAPTER)
    return bp.trace(loss, z=nodes["z"], a=nodes["a"], o=nodes["o"])


def written(ax, colour):
    return sorted(text.get_text() for text in ax.texts if text.get_color() == colour)


def test_the_network_shows_roles_then_what_is_given_then_values_then_gradients(trace):
    roles, given, forward, both = (
        neurons.plot_two_inputs(trace, show=s) for s in ("roles", "given", "forward", "both")
    )
    assert written(roles, FORWARD).count("weight") == 3
    assert set(written(roles, FORWARD)) == {
        "input",
        "weight",
        "bias",
        "pre-activation",
        "activation",
        "prediction",
        "target",
        "loss",
    }
    known = sorted(["0.5", "0.3", "0.8", f"{MINUS}0.6", "0.3", "1.4", f"{MINUS}0.5", "1"])
    assert written(given, FORWARD) == known
    assert written(forward, FORWARD) == written(both, FORWARD) == sorted([*known, "0.52", "0.627", "0.378", "0.387"])
    assert written(given, BACKWARD) == written(forward, BACKWARD) == []
    sizes = ["0.204", "0.122", "0.407", "0.407", "0.78", "1.742", "1.244", "1.244"]
    assert written(both, BACKWARD) == sorted(["∂ 1", *(f"∂ {MINUS}{size}" for size in sizes)])
    assert len([patch for patch in both.patches if isinstance(patch, Circle)]) == 6


def test_every_gradient_stands_below_its_value(trace):
    ax = neurons.plot_two_inputs(trace, show="both")
    values = [text.get_position() for text in ax.texts if text.get_color() == FORWARD]
    for text in (text for text in ax.texts if text.get_color() == BACKWARD):
        x, y = text.get_position()
        assert any(abs(x - vx) < 0.3 and 0.2 < vy - y < 0.9 for vx, vy in values), text.get_text()


def test_the_words_follow_the_numbers(trace):
    words = neurons.describe_two_inputs(trace, show="both")
    assert "z = 0.52, a = 0.627, o = 0.378 and L = 0.387" in words
    assert "-0.122 for w2 and -0.204 for w1" in words
    assert "0.52" not in neurons.describe_two_inputs(trace, show="given")
    assert "0.5" not in neurons.describe_two_inputs(show="roles")
    with pytest.raises(ValueError, match="got 'backward'"):
        neurons.plot_two_inputs(trace, show="backward")


def test_cells_have_the_letters_and_numbers_of_their_sheet():
    ax = neurons.plot_cells([[("w1", ""), ("0.8", "edit"), ("=D17*B9", "backward")]] * 2, first=11, columns="ABD")
    texts = [text.get_text() for text in ax.texts]
    assert {"A", "B", "D", "11", "12", "0.8"} <= set(texts)
    assert written(ax, BACKWARD) == ["=D17*B9"] * 2


def test_families_are_drawn_as_they_are():
    ax = neurons.plot_families({"line": [lambda x: 2 * x], "curve": [np.sin, np.cos]})
    assert [len(panel.lines) for panel in ax.figure.axes] == [2, 3]
    x, y = ax.lines[1].get_data()
    assert np.allclose(y, 2 * x)


def test_the_lines_of_a_map_lie_where_the_output_is_theirs():
    ax = neurons.plot_fields({"plane": lambda p, q: p + 2 * q}, levels=[-1, 0, 1], mark=(0.5, 0.3))
    for level, path in zip((-1, 0, 1), ax.collections[0].get_paths(), strict=True):
        assert np.allclose(path.vertices @ [1, 2], level)
