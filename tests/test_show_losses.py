"""Pictures of losses, and the stored trainings of chapter 9: what is drawn, and that a row of the file comes out again."""

import random
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex

import bplib as bp
from bplib.show import losses
from bplib.show.plots import BACKWARD, FORWARD, GOLD, PURPLE, QUIET, picture

ROOT = Path(__file__).resolve().parent.parent


def words(ax) -> list[str]:
    return [text.get_text() for text in ax.texts if text.get_text()]


def test_a_probability_that_is_not_known_is_a_question():
    ax = losses.plot_probabilities({1: 0.8}, truth=2, classes=3)
    assert [bar.get_height() for bar in ax.patches[:3]] == [0, 0.8, 0]
    assert [to_hex(bar.get_facecolor()) for bar in ax.patches[:3]] == [QUIET, QUIET, FORWARD]
    assert words(ax)[:3] == ["?", "0.8", "?"]


def test_surprise_marks_its_points_and_what_a_guess_costs():
    ax = losses.plot_surprise({0.5: "heads"}, classes=4)
    [mark] = [line for line in ax.lines if line.get_marker() == "o"]
    assert mark.get_xydata().tolist() == [[0.5, -np.log(0.5)]]
    assert words(ax) == ["no idea: 1.386", "heads"]


def test_the_pull_goes_from_the_target_to_what_softmax_says():
    ax = losses.plot_pull([0.7, 0.25, 0.05], [0, 1, 0], ["a", "b", "c"])
    assert words(ax) == ["+0.700", "\N{MINUS SIGN}0.750", "+0.050"]
    arrows = [(note.xyann[1], note.xy[1]) for note in ax.texts if hasattr(note, "xyann")]
    assert arrows == [(0, 0.7), (1, 0.25)]
    with pytest.raises(ValueError, match="T wants shape"):
        losses.plot_pull([0.7, 0.3], [0, 1, 0], ["a", "b"])


def test_starts_are_marked_on_each_curve():
    ax = losses.plot_starts([0, 1], {"MSE": [0.2, 0.1], "CE": [0.5, 0.9]}, {1: (0.1, 0.9)})
    curves = [list(line.get_ydata()) for line in ax.lines if len(line.get_xdata()) == 2 and line.get_marker() == "None"]
    assert curves[:2] == [[0.2, 0.1], [0.5, 0.9]]
    assert [line.get_xydata().tolist() for line in ax.lines if line.get_marker() in "o^"] == [[[1, 0.1]], [[1, 0.9]]]


def test_a_strip_has_a_piece_for_each_run_of_one_state():
    ax = losses.plot_breakdown({"one": ["right", "right", "inf", "nan"], "other": ["wrong"] * 4}, [10, 20, 40, 80, 160])
    pieces = [(bar.get_x(), bar.get_width(), to_hex(bar.get_facecolor())) for bar in ax.patches]
    assert pieces == [(10, 30, FORWARD), (40, 40, BACKWARD), (80, 80, PURPLE), (10, 150, GOLD)]
    assert words(ax) == ["right", "inf", "nan", "wrong"]


def test_divisors_are_curves_over_a_logarithmic_rate():
    ax = losses.plot_divisors({"mean": {"0.1": [0.5, 0.7], "1": [0.9, 0.9]}})
    assert ax.lines[0].get_ydata() == pytest.approx([60, 90])
    assert ax.get_xscale() == "log"
    assert "<svg" in picture(ax, "a line over two rates").svg


def test_epochs_have_a_panel_for_each_start_and_a_curve_for_each_loss():
    rows = {"MSE": {"2": [0.2, 0.4], "10": [0.9, 0.9]}, "CE": {"2": [0.8, 0.8], "10": [0.9, 1.0]}}
    panels = losses.plot_epochs({"ordinary": rows, "saturated": rows})
    assert [ax.get_title() for ax in panels] == ["ordinary", "saturated"]
    for ax in panels:
        assert [list(line.get_xdata()) for line in ax.lines] == [[2, 10]] * 2
        assert [list(line.get_ydata()) for line in ax.lines] == [pytest.approx([30, 90]), pytest.approx([80, 95])]
    assert "saturated" in picture(panels[0], "two panels of two lines each").svg


# ---------------------------------------------------------------- the stored trainings


@pytest.fixture(scope="module")
def maker():
    return runpy.run_path(str(ROOT / "tools" / "make_losses.py"), run_name="make_losses")


def test_the_file_has_what_its_maker_would_make(maker):
    made = losses.results()
    assert list(made["right"]) == list(maker["STARTS"])
    assert list(made["divisors"]) == list(maker["DIVISORS"])
    assert made["held out"] == len(bp.split(*bp.digits())[1][1])
    assert list(made["evened"]) == list(maker["EVENED"])
    budgets = [(rows, maker["EPOCHS"]) for start in made["right"].values() for rows in start.values()]
    budgets += [(rows, maker["LONG"]) for rows in made["longer"].values()]
    budgets += [(rows, maker["EVENED_EPOCHS"]) for rows in made["evened"].values()]
    for rows, epochs in budgets:
        assert list(rows) == [str(rate) for rate in maker["RATES"]]
        for row in rows.values():
            assert list(row) == [str(n) for n in epochs]
            assert all(len(right) == made["seeds"] for right in row.values())


def test_softmax_as_a_layer_has_the_slope_of_a_nudge(maker):
    rng = np.random.default_rng(0)
    layer, X, dY, h = maker["Softmax"](), rng.standard_normal((2, 3)), rng.standard_normal((2, 3)), 1e-6
    layer.forward(X)
    dX, nudged = layer.backward(dY), np.zeros_like(X)
    for i in np.ndindex(X.shape):
        step = np.zeros_like(X)
        step[i] = h
        nudged[i] = ((layer.forward(X + step) - layer.forward(X - step)) * dY).sum() / (2 * h)
    assert np.allclose(dX, nudged, atol=1e-8)


@pytest.mark.parametrize(
    "name",
    ["half the sum, mean over examples", "sum over outputs, mean over examples", "mean over all", "sum over all"],
)
def test_every_divisor_has_the_slope_of_its_own_loss(maker, name):
    rng = np.random.default_rng(0)
    loss, Y, T, h = (
        maker["Squares"](maker["DIVISORS"][name]),
        rng.standard_normal((4, 3)),
        rng.standard_normal((4, 3)),
        1e-6,
    )
    step = h * rng.standard_normal((4, 3))
    slope = (loss.forward(Y + step, T) - loss.forward(Y - step, T)) / 2
    loss.forward(Y, T)
    assert slope == pytest.approx((loss.backward() * step).sum(), rel=1e-6)


def test_with_equal_slopes_the_evened_gradient_is_that_of_cross_entropy(maker):
    Z, T = np.array([[2.0, -2.0], [-2.0, -2.0]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    right = bp.BCEWithLogits()
    right.forward(Z, T)
    wanted = right.backward()
    for axis in maker["EVENED"].values():
        loss = maker["Evened"](axis)
        loss.forward(Z, T)
        assert np.allclose(loss.backward(), wanted)


def test_each_output_is_evened_on_its_own(maker):
    Z, T = np.array([[0.0, 8.0], [0.0, 8.0]]), np.zeros((2, 2))
    found = []
    for axis in (None, 0):
        loss = maker["Evened"](axis)
        loss.forward(Z, T)
        found.append(loss.backward()[0] * Z.size)
    assert found[0] == pytest.approx([1, 0.0027], abs=0.01)  # one mean: the free output takes all of it
    assert found[1] == pytest.approx([0.5, 1], abs=0.01)  # the errors, as under cross-entropy


@pytest.mark.slow
def test_a_random_row_comes_out_again(maker):
    """One start, one loss, one rate, all its seeds, at the smallest budget; another day another one."""
    rng, made = random.Random(), losses.results()
    start, name, rate = rng.choice(list(maker["STARTS"])), rng.choice(maker["LOSSES"]), rng.choice(maker["RATES"])
    stored = made["right"][start][name][str(rate)]["10"]
    found = [maker["by_start"](start, name, rate, seed, (2, 10))[1] for seed in range(made["seeds"])]
    asked = (start, name, rate, sys.platform)
    assert np.mean(found) == pytest.approx(np.mean(stored), abs=0.05 * made["held out"]), asked


@pytest.mark.slow
def test_a_random_divisor_comes_out_again(maker):
    rng, made = random.Random(), losses.results()
    name, rate = rng.choice(list(maker["DIVISORS"])), rng.choice(maker["DIVISOR_RATES"])
    found = [maker["by_divisor"](name, rate, seed) for seed in range(made["seeds"])]
    assert np.mean(found) == pytest.approx(np.mean(made["divisors"][name][str(rate)]), abs=0.05 * made["held out"]), (
        name,
        rate,
    )


@pytest.mark.slow
def test_a_random_evened_row_comes_out_again(maker):
    rng, made = random.Random(), losses.results()
    name, rate = rng.choice(list(maker["EVENED"])), rng.choice(maker["RATES"])
    found = [maker["by_evening"](maker["EVENED"][name], rate, seed)[0] for seed in range(made["seeds"])]
    stored = made["evened"][name][str(rate)]["10"]
    assert np.mean(found) == pytest.approx(np.mean(stored), abs=0.05 * made["held out"]), (name, rate)
