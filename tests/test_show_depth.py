"""Pictures of depth, and the stored trainings of chapter 18: what is drawn, and that a row of the file comes out again."""

import random
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

import bplib as bp
from bplib.show import depth
from bplib.show.plots import BACKWARD, FORWARD, PURPLE, picture

ROOT = Path(__file__).resolve().parent.parent


def test_columns_fade_by_equal_steps_for_each_factor_of_ten():
    ax = depth.plot_columns({"deep": [1e-9, 1e-6, 1e-3, 1.0]}, shown=3)
    filled = ax.collections[::2]
    assert [column.get_alpha() for column in filled] == pytest.approx([0, 0, 0.5, 1])
    assert all(len(column.get_offsets()) == 3 for column in filled)


def test_depth_puts_forward_above_backward():
    above, below = depth.plot_depth({"a": [1, 0.1, 0.01], "b": [1, 1, 1]}, {"a": [1e-4, 1e-2, 1], "b": [1, 1, 1]})
    assert above.figure is below.figure
    assert above.get_position().y0 > below.get_position().y1
    assert above.lines[0].get_ydata().tolist() == [1, 0.1, 0.01]
    assert below.lines[0].get_ydata().tolist() == [1e-4, 1e-2, 1]
    assert (above.lines[0].get_color(), below.lines[0].get_color()) == (FORWARD, BACKWARD)
    assert above.get_yscale() == below.get_yscale() == "log"
    assert above.get_legend() is not None
    assert below.get_legend() is None


def test_histograms_count_every_value_of_every_layer():
    panels = depth.plot_histograms({"x 1": {"layer 1": [0.1, 0.2], "layer 2": [0.9]}, "x 10": {"layer 1": [0.5], "layer 2": [0.6] * 5}},
                                   np.linspace(0, 1, 3))  # fmt: skip
    assert [[bar.get_height() for bar in ax.patches] for ax in panels] == [[2, 0], [0, 1], [0, 1], [0, 5]]
    assert [ax.get_ylabel() for ax in panels] == ["x 1", "", "x 10", ""]


def test_spoiled_weights_are_purple_and_a_lonely_one_is_ringed():
    before, after = np.ones((3, 2)), np.full((3, 2), np.nan)
    before[2, 1] = np.nan
    above, below = depth.plot_spoiled([before], [after])
    first, second = (ax.images[0].get_array() for ax in (above, below))
    assert to_hex(first[2, 1, :3]) == PURPLE
    assert to_hex(first[0, 0, :3]) != PURPLE
    assert all(to_hex(pixel[:3]) == PURPLE for pixel in second.reshape(-1, 4))
    assert [tuple(np.ravel(line.get_xydata())) for line in above.lines] == [(1, 2)]
    assert not below.lines


def test_powers_are_drawn_beside_the_lengths():
    ax = depth.plot_powers({0.5: [[1, 0.4, 0.2], [1, 0.6, 0.3]], 2.0: [[1, 2, 4]]})
    drawn = [(line.get_linestyle(), line.get_ydata().tolist()) for line in ax.lines]
    assert drawn == [
        ("-", [1, 0.4, 0.2]),
        ("-", [1, 0.6, 0.3]),
        ("--", [1, 0.5, 0.25]),
        ("-", [1, 2, 4]),
        ("--", [1, 2, 4]),
    ]


def test_reads_shows_the_worst_the_best_and_the_mean():
    ax = depth.plot_reads({"tanh": {"15 epochs": [0.5, 0.7, 0.9], "75 epochs": [0.9, 0.9, 0.9]}})
    bars = [line for line in ax.lines if len(line.get_xdata()) == 2 and line.get_linestyle() == "-"]
    assert [line.get_xdata() for line in bars] == [pytest.approx([50, 90]), pytest.approx([90, 90])]
    marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() in "o^"]
    assert marks == pytest.approx([70, 90])


def test_rates_draw_the_mean_and_a_run_that_ended_in_nan_as_the_worst():
    tasks = {"a": {"plain": {"0.1": [0.2, 0.4], "1.0": [None, 0.8]}, "clipped": {"0.1": [0.1, 0.1], "1.0": [0.2, 0.2]}}}
    (ax,) = depth.plot_rates(tasks)
    assert [line.get_ydata() for line in ax.lines] == [pytest.approx([0.3, 0.8]), pytest.approx([0.1, 0.2])]
    assert ax.get_xscale() == "log"


def test_slopes_stand_under_their_curves():
    z = np.linspace(-1, 1, 5)
    above, below = depth.plot_slopes({"square": (z**2, 2 * z)}, z)
    assert above.lines[0].get_ydata().tolist() == (z**2).tolist()
    assert below.lines[0].get_ydata().tolist() == (2 * z).tolist()


def test_every_picture_becomes_a_figure():
    panels = depth.plot_depth({"": [1, 0.1]}, {"": [0.1, 1]})
    assert "<svg" in picture(panels[0], "two lines over two layers").svg


# ---------------------------------------------------------------- the stored trainings


@pytest.fixture(scope="module")
def maker():
    return runpy.run_path(str(ROOT / "tools" / "make_depth.py"), run_name="make_depth")


def test_the_file_has_what_its_maker_would_make(maker):
    made = depth.results()
    assert list(made["right"]) == list(maker["NETS"]) == list(made["nets"])
    for rows in made["right"].values():
        assert list(rows) == [str(rate) for rate in maker["RATES"]]
        for row in rows.values():
            assert list(row) == [str(n) for n in maker["EPOCHS"]]
            for right in row.values():
                assert len(right) == made["seeds"]
                assert all(n is None or 0 <= n <= made["held out"] for n in right)
    assert made["held out"] == len(bp.split(*bp.digits())[1][1])
    assert list(made["longer"]) == list(maker["LONG_NETS"])
    for name, rates in maker["LONG_RATES"].items():
        assert list(made["longer"][name]) == [str(rate) for rate in rates]
    for ways in made["own rate"].values():
        assert {way: list(rows) for way, rows in ways.items()} == {
            way: [str(rate) for rate in rates] for way, rates in maker["OWN"].items()
        }
    assert list(made["clipping"]) == ["steps", *maker["TASKS"]]


@pytest.mark.slow
def test_a_random_row_comes_out_again(maker):
    """One network, one rate, all its starts, at the smaller budget; another day another one.

    Processors round differently and a deep network that falls apart makes much of it, so the means are compared.
    """
    rng, made = random.Random(), depth.results()
    name, rate = rng.choice(list(maker["NETS"])), rng.choice(maker["RATES"])
    stored = made["right"][name][str(rate)]["15"]
    found = [maker["deep"](name, "momentum", rate, seed, (15,))[0] for seed in range(made["seeds"])]
    near = 0.15 * made["held out"]
    assert np.mean([n or 0 for n in found]) == pytest.approx(np.mean([n or 0 for n in stored]), abs=near), (
        name,
        rate,
        sys.platform,
    )


def test_training_the_rest_is_training_with_the_first_layers_frozen(maker):
    net = maker["network"]("Tanh", "xavier", 1.0, 0, depth=4)
    before = [W.copy() for W in net.params()]
    maker["trained"](net, bp.Momentum(0.03), (1,), frozen=2)
    assert [bool((old == W).all()) for W, old in zip(net.params(), before, strict=True)] == [True] * 4 + [False] * 4


def test_the_gradients_through_time_are_slopes(maker):
    rng = np.random.default_rng(0)
    X, T = maker["sequences"]("sum of two", rng, 3)
    params = [0.5 * rng.standard_normal(shape) for shape in ((4, 4), (2, 4), (4,), (4, 1), (1,))]
    loss, sizes = bp.MSE(), [p.size for p in params]

    def loss_of(**values):
        return loss.forward(maker["read"](list(values.values()), X)[1], T)

    values = dict(zip("WVbUc", params, strict=True))
    states, Y = maker["read"](params, X)
    loss.forward(Y, T)
    grads = maker["through_time"](params, X, states, loss.backward())
    assert bp.gradcheck(loss_of, values, dict(zip("WVbUc", grads, strict=True))).ok, sizes


def test_the_best_rate_is_that_of_the_highest_mean_and_nan_reads_nothing():
    rows = {"0.1": {"15": [10, 20]}, "0.5": {"15": [90, None]}, "1.0": {"15": [None, None]}}
    assert depth.at_best_rate(rows, 15) == ("0.5", [90, 0])
