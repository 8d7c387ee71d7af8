"""Pictures of wishes, and the stored trainings of chapter 3: what is drawn, and that a row of the file comes out again."""

import random
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch, Rectangle

import bplib as bp
from bplib.show import wants
from bplib.show.plots import FORWARD, GREEN, PURPLE, picture

ROOT = Path(__file__).resolve().parent.parent
IMAGE = np.zeros((28, 28))


def arrows(ax):
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def test_arrows_point_where_the_wish_goes_and_hardly_any_wish_is_a_dot():
    ax = wants.plot_wishes(IMAGE, [[0.2, 0.9], [0.5, 0.1, 0.3]], [None, [1.0, -0.5, 0.01]], target=0)
    up, down = arrows(ax)
    (_, low), (_, high) = up._posA_posB
    assert high > low
    assert to_hex(up.get_edgecolor()) == GREEN
    (_, high), (_, low) = down._posA_posB
    assert low < high
    assert to_hex(down.get_edgecolor()) == PURPLE
    assert len(ax.lines) == 1
    written = [text.get_text() for text in ax.texts]
    assert {"0.50", "+1.00", "\N{MINUS SIGN}0.50", "784\npixels", "2\nhidden 1", "3\noutputs"} <= set(written)
    assert not arrows(wants.plot_wishes(IMAGE, [[0.2], [0.5]], [None, None]))


def test_a_neuron_is_the_fuller_the_more_it_says():
    ax = wants.plot_wishes(IMAGE, [[0.0, 0.5, 1.0], [0.2]], [None, None])
    fills = ax.collections[0].get_facecolors()
    assert fills[:, 3].tolist() == [0, 0.5, 1]
    assert {to_hex(fill) for fill in fills} == {FORWARD}


def test_three_ways_are_products():
    activation, bias, weights, before = wants.plot_ways([0.5, 0.0], [-2.0, 3.0], 0.4)

    def lengths(ax):
        return [bar.get_width() for bar in ax.patches]

    assert lengths(activation) == [0.5, 0.0]
    assert lengths(bias) == [0.4]
    assert lengths(weights) == pytest.approx([0.2, 0.0])
    assert lengths(before) == pytest.approx([-0.8, 1.2])
    assert [to_hex(bar.get_facecolor()) for bar in before.patches] == [PURPLE, GREEN]


def test_under_the_requests_stand_their_sums():
    ax = wants.plot_requests([[0.5, -0.2], [-1.0, 0.4]], from_names=["A", "B"])
    bars = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    heights = [-bar.get_height() for bar in bars]
    assert heights[1] / heights[0] == pytest.approx(-0.6 / 0.3)
    assert np.asarray(ax.images[0].get_array()).tolist() == [[0.5, -1.0], [-0.2, 0.4]]
    with pytest.raises(ValueError, match="requests wants shape"):
        wants.plot_requests([[0.5, -0.2]], from_names=["A"])


def test_curves_are_what_was_given():
    ax = wants.plot_shares({"new": {"steps": [0, 10], "shares": [[0.1, 1.0], [0.2, 0.9]]}})
    assert [line.get_ydata().tolist() for line in ax.lines] == [[10, 100], [20, 90]]
    assert ax.lines[0].get_xdata().tolist() == pytest.approx([1 / 3, 10])
    ax = wants.plot_averages([1, 4, 16], {"a": [[4.0, 2.0, 1.0]]})
    given, root = ax.lines
    assert given.get_ydata().tolist() == [4, 2, 1]
    assert np.diff(np.log(root.get_ydata()), axis=0) == pytest.approx([-np.log(2)] * 2)
    ax = wants.plot_few([10, 100], {"own": [[1.0, 1.0], [0.8, 1.0]]})
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([100, 90])
    ax = wants.plot_counts({"before": [1, 2], "after": [0, 3]})
    assert [bar.get_height() for bar in ax.patches] == [1, 2, 0, 3]


def test_every_picture_becomes_svg():
    ax = wants.plot_requests([[0.5, -0.2], [-1.0, 0.4]], from_names=["A", "B"])
    assert "<svg" in picture(ax, "two outputs ask two neurons").svg


# ---------------------------------------------------------------- the stored trainings


@pytest.fixture(scope="module")
def maker():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        yield runpy.run_path(str(ROOT / "tools" / "make_wants.py"), run_name="make_wants")
    finally:
        sys.path.remove(str(ROOT / "tools"))


def test_the_file_has_what_its_maker_would_make(maker):
    made, seeds = wants.results(), len(maker["SEEDS"])
    assert made["held out"] == len(bp.split(*bp.digits())[1][1])
    assert made["one image"]["steps"] == list(maker["ONE_STEPS"])
    for state in ("untrained", "trained"):
        assert list(made["one image"][state]) == [str(rate) for rate in maker["ONE_RATES"]]
        for rows in made["one image"][state].values():
            assert np.shape(rows) == (seeds, len(maker["ONE_STEPS"]))
    same = made["same length"]
    assert (same["length"], same["steps"]) == (maker["SAME_LENGTH"], list(maker["SAME_STEPS"]))
    for state in ("untrained", "trained"):
        assert np.shape([row["read as a 3"] for row in same[state]]) == (seeds, len(same["steps"]))
    assert list(made["granting"]) == [str(rate) for rate in maker["GRANT_RATES"]]
    for rows in made["granting"].values():
        assert np.shape(rows) == (seeds * maker["GRANTED"], 8)
    assert [name for name in made["few"] if name != "rate"] == [str(n) for n in maker["FEW"]]
    assert set(made["every digit"]) == {"rate", "all 3s", *"0123456789"}


def test_few_digits_are_as_many_of_each(maker):
    order, t = maker["in_turn"](), maker["t"]
    assert sorted(order) == list(range(len(t)))
    for n in (10, 30, 100, 300):
        assert np.bincount(t[order[:n]]).tolist() == [n // 10] * 10
    assert order[3] == np.flatnonzero(t == 3)[0]


@pytest.mark.slow
def test_a_random_row_comes_out_again(maker):
    """One seed of each kind, another day another one; processors round differently, so that counts may differ by a little."""
    rng, made = random.Random(), wants.results()
    seed, rate, digit, n = (
        rng.randrange(made["seeds"]),
        rng.choice(maker["ONE_RATES"]),
        rng.randrange(10),
        rng.choice((10, 30)),
    )
    for state, counts in maker["both"](seed, rate, (0, 10, 100)).items():
        stored = dict(zip(made["one image"]["steps"], made["one image"][state][str(rate)][seed], strict=True))
        assert counts == pytest.approx([stored[k] for k in (0, 10, 100)], abs=18), (seed, rate, state)
    for state, found in maker["same_lengths"](seed).items():
        stored = made["same length"][state][seed]
        assert found["says"] == pytest.approx(stored["says"], abs=0.02), (seed, state)
        assert found["gradient"] == pytest.approx(stored["gradient"], rel=0.1, abs=0.02), (seed, state)
        assert found["read as a 3"] == pytest.approx(stored["read as a 3"], abs=18), (seed, state)
    assert maker["every_digit"](digit, seed) == pytest.approx(made["every digit"][str(digit)][seed], abs=2)
    assert maker["few"](n, seed, (1500,))["1500"] == pytest.approx(made["few"][str(n)][seed]["1500"], abs=18)
    grants = maker["grant"](seed, (0.3,))["0.3"]
    stored = [row for row in made["granting"]["0.3"] if row[0] == seed]
    assert np.mean(grants, axis=0) == pytest.approx(np.mean(stored, axis=0), abs=18)
