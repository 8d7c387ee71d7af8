"""Pictures of programs that do not learn: what is drawn is what was given."""

import math

import matplotlib
import numpy as np
import pytest

from bplib.nn.diagnosis import Reading
from bplib.show import symptoms
from bplib.show.plots import BACKWARD, FORWARD, PURPLE, QUIET, picture

ORDER = [("First", "nothing", "bad", "here (1)"), ("Second", "1 step", "worse", "there\n(2)")]
KIND = Reading("a reading", 1, 1.0, 2.0)


def words(ax):
    return [text.get_text() for text in ax.texts]


def test_the_order_is_drawn_from_the_top_with_a_way_out_of_each_station():
    ax = symptoms.plot_order(ORDER)
    first, second = (next(t for t in ax.texts if t.get_text() == name) for name in ("First", "Second"))
    assert first.get_position()[1] > second.get_position()[1]
    assert {"nothing", "bad", "here (1)", "there\n(2)", "healthy"} <= set(words(ax))
    assert len(ax.patches) == 2
    assert "<svg" in picture(ax, "two stations, one below the other").svg


def test_a_promise_is_a_straight_line_from_where_the_loss_begins():
    first, second = symptoms.plot_promises(
        {"kept": (lambda s: 2 - s + s * s / 4, 1.0, 1.2), "broken": (lambda s: 2 + s, 1.0, 1.2)}
    )
    loss, promise, full = first.lines[:3]
    assert promise.get_ydata()[0] == loss.get_ydata()[0] == 2
    np.testing.assert_allclose(promise.get_ydata(), 2 - np.asarray(promise.get_xdata()))
    assert full.get_ydata() == [1.25]
    assert matplotlib.colors.to_hex(loss.get_color()) == FORWARD
    assert matplotlib.colors.to_hex(promise.get_color()) == BACKWARD
    assert second.get_title() == "broken"


def test_a_reading_is_quiet_in_its_band_and_purple_outside():
    rows = {"fine": {"a": [1.0, 1.5, 2.0]}, "ill": {"a": [0.5, 9.0, math.nan]}}
    ax = symptoms.plot_seen(rows, {"a": ("words\nabove", KIND)})
    marks = [line for line in ax.lines if line.get_marker() in ("o", "D")]
    assert [mark.get_color() for mark in marks] == [QUIET] * 3 + [PURPLE] * 3
    assert [float(mark.get_xdata()[0]) for mark in marks[:3]] == [0, 0.5, 1]
    assert all(x < 0 or x > 1 for x in (mark.get_xdata()[0] for mark in marks[3:]))
    assert [float(mark.get_ydata()[0]) for mark in marks] == [0, 0, 0, -1, -1, -1]
    assert {"fine", "ill", "words\nabove"} <= set(words(ax))


def test_the_saw_shows_each_batch_and_each_recount():
    ax = symptoms.plot_saw([2.0, 1.0, 3.0], {3: 2.5})
    saw, recounted = ax.lines
    assert list(saw.get_ydata()) == [2, 1, 3]
    assert (list(recounted.get_xdata()), list(recounted.get_ydata())) == ([3], [2.5])
    with pytest.raises(ValueError, match="losses of the batches wants finite numbers, got nan"):
        symptoms.plot_saw([1.0, math.nan], {})


def test_curves_by_heart_carry_their_names_and_the_floor_its_number():
    ax = symptoms.plot_by_heart({"one": [2.0, 1.0, 0.1], "two": [2.0, 1.9, 1.8]}, floor=1.46)
    assert {"one", "two", "1.46"} <= set(words(ax))
    assert len(ax.lines) == 3
    with pytest.raises(ValueError, match="losses of one wants finite numbers"):
        symptoms.plot_by_heart({"one": [math.inf]})


@pytest.mark.parametrize(
    "draw",
    [
        lambda e: symptoms.plot_promises({"a": (lambda s: 2 - s / 3 + e, 1 / 3 + e, 1.2)})[0],
        lambda e: symptoms.plot_saw([2 / 3 + e, 1 / 7 + e], {2: 1 / 3 + e}),
        lambda e: symptoms.plot_by_heart({"a": [2 / 3 + e, 1 / 7 + e]}),
    ],
    ids=["promises", "saw", "by_heart"],
)
def test_rounding_errors_are_not_drawn(draw):
    """Another processor gives losses that differ in their last digits; the notebooks' pictures are compared."""
    assert picture(draw(0.0), "the same losses again").svg == picture(draw(1e-7), "the same losses again").svg


def test_names_at_the_ends_of_curves_do_not_lie_on_each_other():
    ax = symptoms.plot_by_heart({"a": [2.0, 0.05], "b": [2.0, 0.1], "c": [2.0, 0.02], "d": [2.0, 1.5]})
    heights = sorted(text.get_position()[1] for text in ax.texts)
    assert min(np.diff(heights)) >= 0.15 - 1e-9
    assert heights[-1] == 1.5, "what is free stays beside its curve"
