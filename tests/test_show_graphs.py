"""Drawn graphs: the numbers beside the wires are those that the calculation gives."""

import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle

import bplib as bp
from bplib.show import graphs
from bplib.show.plots import BACKWARD, FORWARD, QUIET

DIAMOND = {"b": [("a", 2.0)], "d": [("b", 3.0)], "L": [("b", 1.0), ("d", 1.0)]}
PLACES = {"a": (0, 0), "b": (1.9, 0), "d": (3.8, 1.1), "L": (5.7, 0)}


def texts(ax):
    return [text.get_text().replace("\N{MINUS SIGN}", "-") for text in ax.texts]


def test_a_chain_multiplies_its_rates_both_ways():
    ax = bp.plot_chain(["w", "z", "L"], [1.5, -2.0], values=[1, 1.5, -3], nudge=0.01, backward=True)
    said = texts(ax)
    assert {"∂ -3", "∂ -2", "∂ 1"} <= set(said), "each box: the product of the rates from there on"
    bars = [patch.get_height() for patch in ax.patches if isinstance(patch, Rectangle)]
    assert np.array(bars) / bars[0] == pytest.approx([1, 1.5, -3])
    assert {"0.01", "0.015", "-0.03"} <= set(said)


def test_the_arrows_of_a_path_stand_out():
    ax = bp.plot_rates(DIAMOND, PLACES, along=["a", "b", "L"])
    colours = [p.get_edgecolor() for p in ax.patches if isinstance(p, FancyArrowPatch)]
    assert len(colours) == 4
    assert len(set(colours)) == 2
    assert colours[0] == colours[2] != colours[1]  # a-b and b-L, as against b-d


@pytest.mark.parametrize(("order", "at_a", "said"), [("Lbd", 2.0, "∂ 1, later 4"), ("Ldb", 8.0, "∂ 4")])
def test_a_node_that_is_visited_too_early_says_what_it_had(order, at_a, said):
    assert graphs.sweep(DIAMOND, order)[0]["a"] == at_a
    assert said in texts(bp.plot_orders(DIAMOND, PLACES, [order]))


def test_factored_or_not_the_paths_add_up_to_the_same():
    above = bp.plot_factored([1, 2, 3], [4, 5, 6])
    titles = [ax.get_title() for ax in above.figure.axes]
    assert [bool("90" in title) for title in titles] == [True, True]
    assert titles[0].startswith("path by path: 9 products")
    assert texts(above).count("v") == 9
    assert texts(above.figure.axes[1]).count("v") == 1


def test_what_leads_on_from_a_node_does_not_depend_on_what_leads_there():
    ax = bp.plot_layered([4, 3, 2, 1], (1, 0))
    colours = [line.get_color() for line in ax.lines]
    assert [colours.count(c) for c in (FORWARD, BACKWARD, QUIET)] == [4, 2 + 2, 8 + 4]


def test_gates_pass_back_what_the_engine_passes_back():
    ax = bp.plot_gates({"+": "add", "*": "multiply", "max": "max"}, 2.0, 3.0, 4.0)
    for panel, make in zip(
        ax.figure.axes, (lambda a, b: a + b, lambda a, b: a * b, lambda a, b: a.max(b)), strict=True
    ):
        a, b = bp.values(a=2.0, b=3.0)
        out = make(a, b)
        out.backward(4.0)
        assert texts(panel)[:6] == ["2", f"∂ {a.grad:g}", "3", f"∂ {b.grad:g}", f"{out.data:g}", "∂ 4"]


def test_a_closed_neuron_is_empty_and_sends_no_blue_line():
    ax = bp.plot_reading(np.eye(28), [[0.0, 2.0, 0.0], [1.0, 1.0]], [0.25, 0.75], target=1)
    fills = ax.collections[2].get_facecolors()  # inputs: filled, rim; then the first layer
    assert list(fills[:, 3]) == [0.0, 1.0, 0.0]
    blue = [
        len(p.get_path().vertices) // 2
        for p in ax.patches
        if isinstance(p, PathPatch) and p.get_edgecolor()[:3] == FORWARD_RGB
    ]
    assert blue[1:] == [1 * 2, 2 * 2]  # one open neuron feeds two, both of which are open
    bars = [patch.get_width() for patch in ax.patches if isinstance(patch, Rectangle)]
    assert bars[1] == pytest.approx(3 * bars[0])
    assert [t.get_text() for t in ax.texts if t.get_weight() == "bold"] == ["1"]
    assert "784 pixels" in texts(ax)


FORWARD_RGB = tuple(int(FORWARD[i : i + 2], 16) / 255 for i in (1, 3, 5))
