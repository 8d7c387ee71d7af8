"""Pictures of many starts, and the stored trainings of chapter 12: what is drawn, and that a row of the file comes out again."""

import random
import runpy
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

from bplib.show import starts
from bplib.show.plots import BACKWARD, FORWARD, picture

ROOT = Path(__file__).resolve().parent.parent


def test_a_start_has_a_cell_filled_where_it_is_solved():
    found = np.arange(40) == 21
    left, right = starts.plot_starts({"one": found, "all": np.ones(40)})
    full, empty = left.patches
    centre = full.get_path().vertices[:4].mean(axis=0)
    assert centre == pytest.approx([1, -1]), "the second of the second row"
    assert to_hex(full.get_facecolor()) == FORWARD
    assert empty.get_facecolor()[3] == 0
    assert len(empty.get_path().vertices) == 39 * 5
    assert (left.get_title(), right.get_title()) == ("one: 1 of 40", "all: 40 of 40")
    assert len(right.patches) == 1
    assert "<svg" in picture(left, "Two fields of forty cells each.").svg


def test_solved_are_drawn_over_the_rate():
    ax = starts.plot_solved({"a": {"0.1": 3, "1": 20}, "b": {"0.1": 5, "1": 7}}, mark=0.1)
    assert [list(line.get_ydata()) for line in ax.lines[:2]] == [[3, 20], [5, 7]]
    assert ax.lines[2].get_xdata()[0] == 0.1
    assert ax.get_xscale() == "log"


def test_cases_in_one_place_are_named_together_and_all_seen():
    A = np.array([[0.9, 0.1], [0.1, 0.9], [0.5, 0.5], [0.1, 0.9]])
    (ax,) = starts.plot_hidden({"stuck": (A, [[1.0], [2.0]], [[-1.0]])}, [0, 1, 1, 0])
    assert [text.get_text() for text in ax.texts] == ["(0, 0)", "(0, 1)\n(1, 1)", "(1, 0)"]
    sizes = [dots.get_sizes()[0] for dots in ax.collections]
    assert sizes[3] < sizes[1] == sizes[0]
    x, y = ax.lines[0].get_data()
    assert np.allclose(x + 2 * np.array(y) - 1, 0), "the line is where the output is a half"


def test_counts_compare_with_the_first_and_fade_below_enough():
    ax = starts.plot_counts({"right": 150, "one": 90, "two": 3}, enough=20)
    assert [bar.get_width() for bar in ax.patches] == [150, 90, 3]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches] == [FORWARD, BACKWARD, BACKWARD]
    assert [bar.get_alpha() for bar in ax.patches] == [1, 1, 0.45]
    assert [text.get_text() for text in ax.texts] == ["150", "90", "3"]


# ---------------------------------------------------------------- the stored trainings


@pytest.fixture(scope="module")
def maker():
    return runpy.run_path(str(ROOT / "tools" / "make_xor.py"), run_name="make_xor")


def test_the_file_holds_what_its_conditions_say(maker):
    runs = starts.results()
    assert runs["conditions"]["starts"] == [1, 200]
    assert list(runs["programs"]) == list(maker["programs"]())
    assert set(runs["passes"]) == {"right", *maker["WRONG"]}
    assert len(maker["WRONG"]) == 23
    for rows in (*runs["programs"].values(), *runs["passes"].values(), *runs["widths"].values()):
        assert all(0 <= n <= 200 for row in rows.values() for n in row.values())
    assert starts.best({"1": {"5000": 7}, "3": {"5000": 9}}, 5000) == ("3", 9)


def test_a_row_of_the_file_comes_out_again(maker):
    """Drawn anew each time, at 5,000 steps; a start that hangs in the balance may fall otherwise elsewhere."""
    runs = starts.results()
    name = random.choice(list(runs["passes"]))
    changes = ({"right": {}} | maker["WRONG"])[name]
    # The random weights of a start depend on how many rates there are.
    found = maker["train"](changes, maker["STARTS"], maker["RATES"], 2, (5000,))
    for rate in maker["RATES"]:
        assert abs(maker["solved"](found[rate, 5000]) - runs["passes"][name][f"{rate:g}"]["5000"]) <= 2, (name, rate)


def test_every_wrong_pass_is_caught_by_comparing(maker):
    for name, changes in maker["WRONG"].items():
        assert maker["caught"](changes) == starts.results()["caught"][name], name
    assert maker["caught"]({}) == 0


def test_the_right_pass_is_the_slope_of_the_mean_cross_entropy(maker):
    params, T, h = maker["starts"](range(1, 4)), np.array([[0.0], [1.0], [1.0], [0.0]]), 1e-6

    def losses():
        P, _ = maker["gradients"](params, maker["STEPS"], np.ones(3), np.zeros((2, 3)))
        return -np.mean(T * np.log(P) + (1 - T) * np.log(1 - P), axis=0)

    _, grads = maker["gradients"](params, maker["STEPS"], np.ones(3), np.zeros((2, 3)))
    for p, g in zip(params, grads, strict=True):
        for place in np.ndindex(p.shape[:-1]):
            kept = p[place].copy()
            p[place] = kept + h
            above = losses()
            p[place] = kept - h
            assert (above - losses()) / (2 * h) == pytest.approx(g[place], abs=1e-8)
            p[place] = kept
