"""Curves with their slopes: what is drawn is what the functions say."""

import numpy as np
import pytest

import bplib as bp
from bplib.show.plots import BACKWARD, FORWARD


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


SIGMOID = (sigmoid, lambda x: sigmoid(x) * (1 - sigmoid(x)))
RELU = (lambda x: np.maximum(x, 0), lambda x: (np.asarray(x) > 0) * 1.0)


def long_lines(ax, colour):
    return [line for line in ax.lines if line.get_color() == colour and len(line.get_xdata()) > 2]


def test_each_function_has_its_slope_under_it():
    ax = bp.plot_curves({"sigmoid": SIGMOID, "ReLU": RELU}, at={"sigmoid": 0.0})
    above, below = ax.figure.axes[0], ax.figure.axes[2]
    [curve], [slope] = long_lines(above, FORWARD), long_lines(below, BACKWARD)
    x, y = curve.get_data()
    np.testing.assert_allclose(np.gradient(y, x)[1:-1], slope.get_ydata()[1:-1], atol=1e-4)
    assert [text.get_text() for text in below.texts] == ["0.25"]
    assert not ax.figure.axes[3].texts, "ReLU was not to be marked"


def test_a_slope_that_jumps_is_not_joined_by_a_steep_line():
    [slope] = long_lines(bp.plot_curves({"ReLU": RELU}, at=None).figure.axes[1], BACKWARD)
    assert np.isnan(slope.get_ydata()).sum() == 1
    assert set(slope.get_ydata()[~np.isnan(slope.get_ydata())]) == {0.0, 1.0}


@pytest.mark.parametrize("at", [[-1, 0, 2.5], [3]])
def test_tangents_are_as_steep_as_they_say(at):
    above = bp.plot_tangents(lambda x: x**2, lambda x: 2 * x, at)
    drawn = [line.get_data() for line in above.lines if line.get_color() == BACKWARD and len(line.get_xdata()) == 2]
    assert [np.diff(y)[0] / np.diff(x)[0] for x, y in drawn] == pytest.approx([2.0 * x for x in at])
    assert [text.get_text().replace("\N{MINUS SIGN}", "-") for text in above.figure.axes[1].texts] == [
        f"{2 * x:.3g}" for x in at
    ]


def test_the_three_lines_of_a_difference_have_the_slopes_in_the_legend():
    ax = bp.plot_difference(np.exp, np.exp, 0.5, 1.0)
    said = [float(text.get_text().split(": ")[1]) for text in ax.get_legend().get_texts()]
    lines = [line.get_data() for line in ax.lines if len(line.get_xdata()) == 2]
    assert [np.diff(y)[0] / np.diff(x)[0] for x, y in lines] == pytest.approx(said, abs=5e-4)
    e = np.exp
    assert said == pytest.approx([e(0.5), e(1.5) - e(0.5), (e(1.5) - e(-0.5)) / 2], abs=5e-4)
