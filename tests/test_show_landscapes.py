"""Pictures of landscapes, and the stored trainings of chapter 11: what is drawn, and that a row of the file comes out again."""

import random
import runpy
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

from bplib.show import landscapes
from bplib.show.plots import BACKWARD, GREEN, picture

ROOT = Path(__file__).resolve().parent.parent


def test_runs_that_look_alike_share_their_scale():
    row = landscapes.plot_alike({"one": [0.5, 0.5], "two": [0.5, 0.4]}, top=0.6)
    assert [ax.get_title() for ax in row] == ["one", "two"]
    assert {ax.get_ylim() for ax in row} == {(0, 0.6)}
    assert row[1].lines[0].get_ydata().tolist() == [0.5, 0.4]


def test_the_factor_is_1_minus_rate_times_curvature():
    ax = landscapes.plot_factor(10, {"here": 0.15})
    line, point = ax.lines[1], ax.lines[2]
    assert line.get_ydata() == pytest.approx(1 - 10 * line.get_xdata())
    assert (point.get_xdata()[0], point.get_ydata()[0]) == pytest.approx((0.15, -0.5))
    assert list(ax.get_xticks()) == pytest.approx([0, 0.1, 0.2])


def test_walks_begin_at_one_place_and_each_has_a_star_at_its_end():
    walks = {"short": [(0, 0), (1, 1)], "long": [(0, 0), (2, 0), (2, 2)]}
    more = {"x": (-1, 3), "y": (-1, 3), "levels": [1, 2], "labels": ("a", "b")}
    ax = landscapes.plot_walks(lambda a, b: a**2 + b**2, walks, closed=0.0, floor=([0, 1], [0, 1]), **more)
    stars = [line for line in ax.lines if line.get_marker() == "*"]
    assert [tuple(map(float, (star.get_xdata()[0], star.get_ydata()[0]))) for star in stars] == [(1, 1), (2, 2)]
    assert [line.get_label() for line in ax.lines if line.get_label() in walks] == ["short", "long"]
    assert to_hex(ax.lines[0].get_color()) == GREEN
    bare = landscapes.plot_walks(lambda a, b: a**2 + b**2, walks, ends=False, **more)
    assert not [line for line in bare.lines if line.get_marker() == "*"]


def test_below_the_limit_is_green_and_above_it_orange():
    ax = landscapes.plot_pushes_home({0.5: 0.5 ** np.arange(300.0), 1.1: np.minimum(1.1 ** np.arange(300.0), 9)})
    assert [to_hex(line.get_color()) for line in ax.lines[:2]] == [GREEN, BACKWARD]
    assert 1e-7 / 2 <= ax.lines[0].get_ydata().min() < 1e-7
    assert ax.lines[1].get_ydata().max() == 9
    assert {text.get_text() for text in ax.texts} == {"0.5", "1.1"}


def test_curvatures_have_the_limit_of_their_rate():
    row = landscapes.plot_curvatures({0.1: {1: [3.0, 4.0], 10: [5.0, 6.0]}, 0.5: {1: [1.0, 2.0], 10: [4.0, 4.0]}})
    assert [ax.lines[-1].get_ydata()[0] for ax in row] == [20, 4]
    assert row[0].lines[1].get_ydata().tolist() == [4.0, 6.0]
    assert [ax.texts[0].get_text() for ax in row] == ["2 / rate = 20", "2 / rate = 4"]


def test_long_curves_are_thinned_for_a_logarithmic_axis_and_keep_their_ends():
    curve = np.arange(1000.0) + 7
    rows = landscapes.plot_leaving({"one": curve}, {"one": curve})
    x, y = rows[0].lines[0].get_data()
    assert (x[0], x[-1], y[0], y[-1]) == (1, 1000, 7, 1006)
    assert len(x) <= 90
    assert rows[0].get_xscale() == "log"
    ax = landscapes.plot_needed([1, 10], {"plain": [2, 36], "momentum": [121, 124]})
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["plain", "momentum"]
    assert picture(ax, "Two lines of steps over the condition.").svg.startswith("<svg")


def test_the_file_says_what_the_chapter_says():
    """With ReLU the waits overlap; with sigmoids momentum is slower at its best rate than plain steps at theirs."""
    made = landscapes.results()
    assert made["conditions"]["held out"] == 359

    def at_best(rows):
        return min(([run["epoch"] or 99 for run in runs] for runs in rows.values()), key=sum)

    plain, heavy = (at_best(made["ReLU"][way]) for way in ("plain", "momentum"))
    assert min(heavy) <= max(plain)
    assert min(plain) <= max(heavy)
    plain, heavy = (at_best(made["sigmoid"][way]) for way in ("plain", "momentum"))
    assert max(plain) < min(heavy)


@pytest.mark.slow
def test_a_random_row_comes_out_again():
    """Processors round differently, so that a wait may differ by an epoch or two and a count by a few."""
    made, maker, rng = landscapes.results(), runpy.run_path(str(ROOT / "tools/make_landscapes.py")), random.Random()
    kind = rng.choice(["ReLU", "sigmoid"])
    way, rate = {"ReLU": ("plain", 0.03), "sigmoid": ("plain", 20.0)}[kind]
    seed = rng.choice(made["conditions"]["seeds"])
    stored, found = made[kind][way][str(rate)][seed], maker["run"](kind, way, rate, seed)
    assert found["epoch"] == pytest.approx(stored["epoch"], abs=4), (kind, seed)
    assert found["read"] == pytest.approx(stored["read"], abs=9), (kind, seed)
