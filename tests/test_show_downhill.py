"""Pictures of a step: on the map of the loss, in every direction, in the function, and the same walk at several rates."""

import numpy as np
import pytest
from matplotlib.colors import same_color

from bplib.show import downhill
from bplib.show.plots import BACKWARD, FORWARD, picture

X, Y = np.array([1.0, 2.0]), np.array([4.0, 5.0])
START = (2.0, 0.0)


def loss(w, b):
    return ((w * X + b - Y) ** 2).mean()


def test_changes_are_those_of_steps_of_one_length_in_all_directions():
    change = downhill.changes(loss, START, 0.5)
    assert len(change) == 361
    assert change[0] == pytest.approx(change[360]) == pytest.approx(loss(2.5, 0) - loss(2, 0))
    assert change[90] == pytest.approx(loss(2, 0.5) - loss(2, 0))


def test_directions_mark_the_best_of_each_length():
    row = downhill.plot_directions(loss, START, (0.01, 2), 36.87)
    assert [ax.texts[0].get_text() for ax in row] == ["37°", "101°"]
    for ax, length in zip(row, (0.01, 2), strict=True):
        (best,) = [line for line in ax.lines if line.get_marker() == "o"]
        assert best.get_ydata()[0] == pytest.approx(downhill.changes(loss, START, length).min())


def test_arrows_lead_from_the_line_before_to_the_line_after():
    ax = downhill.plot_fits(X, Y, {"before": START, "after": (2.4, 0.3)}, arrows=True)
    arrows = [(a.xyann, a.xy) for a in ax.texts if not a.get_text()]
    assert np.allclose(arrows, [((1, 2.0), (1, 2.7)), ((2, 4.0), (2, 5.1))])
    assert {a.get_text() for a in ax.texts} == {"", "before", "after"}
    assert same_color(ax.lines[1].get_color(), FORWARD), "the last line is the one that counts"


def test_a_walk_is_drawn_from_its_start_with_the_straight_way_beside_it():
    path = [START, (2.4, 0.3), (2.51, 0.42)]
    ax = downhill.plot_walk(loss, path, (1.0, 3.0), x=(0.4, 3.2), y=(-0.6, 3.6), levels=[1, 5])
    walked = next(line for line in ax.lines if len(line.get_xdata()) == 3)
    assert np.allclose(np.transpose(walked.get_data()), path)
    assert same_color(walked.get_color(), BACKWARD)
    straight = next(line for line in ax.lines if line.get_linestyle() == "--")
    assert np.allclose(np.transpose(straight.get_data()), [START, (1.0, 3.0)])


def test_jumps_stop_where_the_walk_leaves_the_picture():
    row = downhill.plot_jumps(lambda w: w**2, lambda w: 2 * w, 1.0, (0.25, 2.0), span=(-2, 2))
    inside, outside = (next(line for line in ax.lines if line.get_marker() == ".").get_xdata() for ax in row)
    assert np.allclose(inside, 0.5 ** np.arange(7))
    assert np.allclose(outside, [1.0]), "its next place would be -3"


def test_each_rate_is_named_where_it_ends():
    ax = downhill.plot_rates({"0.1": [1.0, 0.1, 0.01], "0.3": [1.0, 10.0, 1000.0]}, ylim=(0.008, 300))
    assert {text.get_text(): tuple(text.xy) for text in ax.texts} == {"0.1": (2, 0.01), "0.3": (1, 10.0)}


def test_every_picture_becomes_a_figure():
    for made in (downhill.plot_fits(X, Y, {"a": START}), downhill.plot_directions(loss, START, (1, 2), 0)[0]):
        assert "<svg" in picture(made, "a sentence that says what it shows")._repr_html_()
