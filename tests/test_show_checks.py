"""Pictures of gradient checks: what is drawn, where it stands, and what is marked."""

import numpy as np
import pytest
from matplotlib.colors import to_hex

from bplib.show import checks
from bplib.show.plots import BACKWARD, GREEN, PURPLE, picture


def texts(ax):
    return [text.get_text() for text in ax.texts]


def test_the_v_has_a_ring_at_the_bottom_of_each_curve():
    h = [1e-6, 1e-4, 1e-2]
    ax = checks.plot_v(h, {"a": [1e-2, 1e-8, 1e-4], "b": [1e-3, 1e-5, 1e-1], "c": [1, 1e-1, 1e-3], "d": [1, 1, 1e-2]})
    assert ax.get_xscale() == ax.get_yscale() == "log"
    rings = [line.get_xydata()[0].tolist() for line in ax.lines if line.get_markersize() == 12]
    assert rings == [[1e-4, 1e-8], [1e-4, 1e-5], [1e-2, 1e-3], [1e-2, 1e-2]]
    curves = ax.lines[::2]
    assert [line.get_color() for line in curves] == [GREEN, GREEN, PURPLE, PURPLE]
    assert [line.get_linestyle() for line in curves] == ["-", "--", "-", "--"]
    with pytest.raises(ValueError, match=r"errors of a wants shape \(3\)"):
        checks.plot_v(h, {"a": [1.0, 2.0]})


def test_a_nudge_across_a_kink_measures_a_mixture():
    panels = checks.plot_kink(lambda x: max(0.0, 4 * x), 0.5, (1.0, 0.1), slope=4.0)
    said = [[text.get_text() for text in ax.get_legend().get_texts()] for ax in panels]
    assert said == [["measured 3.00", "true slope 4.00"], ["measured 4.00", "true slope 4.00"]]
    assert panels[0].lines[0].get_ydata().min() == 0


def test_squares_are_darker_where_more_is_called_wrong():
    ax = checks.plot_crossings([1, 8], [-2, -3], [[0.0, 0.5], [0.0, 0.1]], [["0", "4 of 8"], ["0", "1 of 10"]])
    assert [round(patch.get_facecolor()[3], 3) for patch in ax.patches] == [0, 0.375, 0, 0.075]
    assert texts(ax) == ["0", "4 of 8", "0", "1 of 10"]
    assert [tick.get_text() for tick in ax.get_yticklabels()] == ["10⁻²", "10⁻³"]


def test_the_gap_lies_between_right_code_and_the_smallest_bug():
    bugs = {"x": 1e-5, "y": 0.3, "z": 0.7}
    ax = checks.plot_gap([1e-9, 2e-10], bugs, {"x": "small"})
    gap = ax.patches[0]
    assert (gap.get_x(), gap.get_x() + gap.get_width()) == pytest.approx((1e-9, 1e-5))
    assert {"the gap", "right code", "3 wrong lines", "small"} == set(texts(ax))
    dots = next(line for line in ax.lines if line.get_marker() == "o")
    assert dots.get_xdata().tolist() == list(bugs.values())


def test_each_line_of_the_two_steps_has_its_name_at_its_end():
    ax = checks.plot_steps([1e-2, 1e-3], {"right": [1e-4, 1e-6], "bug": [1e-3, 1e-3]})
    assert [(text.get_text(), text.xy) for text in ax.texts] == [("right", (1e-3, 1e-6)), ("bug", (1e-3, 1e-3))]
    left, right = ax.get_xlim()
    assert left > right  # the nudge shrinks to the right


def test_what_is_missed_says_so():
    ax = checks.plot_seen({"softmax": {"zeros": ["ones"], "sign": []}}, {"ones": "ones", "random": "random"})
    marks = [
        to_hex(line.get_markerfacecolor()) if line.get_markerfacecolor() != "none" else "ring"
        for line in ax.lines
        if line.get_marker() == "o"
    ]
    assert marks == ["ring", GREEN, GREEN, GREEN]
    assert texts(ax).count("missed") == 1


def test_the_first_wrong_link_is_marked_and_its_leaves_are_filled():
    ax = checks.plot_first(["dZ2", "dA1", "dZ1"], {"dZ2": ("dW2",), "dZ1": ("dW1", "db1")}, ["dZ1", "dW1", "db1"])
    boxes = [box for box in ax.patches if hasattr(box, "get_boxstyle") and box.get_facecolor()[3]]
    assert len(boxes) == 3
    assert all(to_hex(box.get_edgecolor()) == BACKWARD for box in boxes)
    mark = next(text for text in ax.texts if text.get_text() == "first to differ")
    assert mark.xy == (-3.75, 0.0)
    assert "dW₂" in texts(ax)
    assert picture(ax, "A backward pass whose last link is wrong.").svg.count("dZ₁") == 1


def test_numbers_are_numbers():
    with pytest.raises(ValueError, match="finite"):
        checks.plot_steps([1e-2, 1e-3], {"a": [np.nan, 1]})
