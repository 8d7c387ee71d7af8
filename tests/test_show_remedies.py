"""Pictures of remedies, and the stored trainings of chapter 19: what is drawn, and that a row of the file comes out again."""

import importlib
import random
import sys
from pathlib import Path

import numpy as np
import pytest

import bplib as bp
from bplib.exercises.shared.deep import likeness, profile
from bplib.show import depth, remedies
from bplib.show.plots import picture

ROOT = Path(__file__).resolve().parent.parent


def test_plateaus_are_means_over_the_starts_and_nan_reads_nothing():
    [ax, other] = remedies.plot_plateaus([{"a": {"0.1": [0.5, 0.7], "0.5": [0.9, None]}}, {"b": {"0.1": [1, 1]}}])
    assert ax.lines[0].get_xdata().tolist() == [0.1, 0.5]
    assert ax.lines[0].get_ydata().tolist() == pytest.approx([60, 45])
    assert ax.get_xscale() == "log"
    assert other.get_shared_x_axes().joined(ax, other)


def test_angles_are_right_and_the_third_side_is_named():
    ax = remedies.plot_angles({"small": 0.75})
    assert [text.get_text() for text in ax.texts if text.get_text()] == ["1", "0.75", "1.25", "small"]


def test_dead_units_that_open_again_are_below_the_line():
    shut = [[True, True, False, False], [True, False, True, False]]
    [ax] = remedies.plot_dead({"net": shut})
    heights = [[bar.get_height() for bar in bars] for bars in ax.containers]
    assert heights == [[50, 25], [0, 25], [0, -25]]


def test_the_stream_and_the_prices_and_the_drawings():
    ax = remedies.plot_stream({"a": [1, 2, 4], "b": [1, 1, 1]})
    assert ax.get_yscale() == "log"
    assert [line.get_ydata().tolist() for line in ax.lines] == [[1, 2, 4], [1, 1, 1]]
    prices = remedies.plot_prices({"plain": 1.0, "norm": 3.2})
    assert [bar.get_width() for bar in prices.patches] == [1, 3.2]
    assert "\N{MULTIPLICATION SIGN} 3.2" in [text.get_text() for text in prices.texts]
    assert "variance" in [text.get_text() for text in remedies.plot_paths().texts]
    layers = remedies.plot_layers({"plain": (["Linear", "ReLU"], 0, ""), "way": (["Linear", "+"], 1, "x s")})
    assert {"plain", "Linear", "ReLU", "way", "+", "x s"} <= {text.get_text() for text in layers.texts}
    assert len(layers.lines) == 1
    picture(layers, "Two rows of boxes, and a way around one of them.")


# ---------------------------------------------------------------- the stored trainings


@pytest.fixture(scope="module")
def maker():
    sys.path.insert(0, str(ROOT / "tools"))
    yield importlib.import_module("make_remedies")
    sys.path.remove(str(ROOT / "tools"))


def test_the_file_has_what_its_maker_would_make(maker):
    made = remedies.results()
    assert made["held out"] == len(bp.split(*bp.digits())[1][1])
    assert list(made["20"]) == list(made["nets"]) == list(maker.NETS)
    assert set(made["50"]) == set(maker.DEEPER)
    for depths in ("20", "50"):
        for row in made[depths].values():
            for table in (row["right"], row["loss"]):
                assert list(table) == [str(rate) for rate in maker.RATES[depths]]
                for budgets in table.values():
                    assert list(budgets) == [str(n) for n in maker.EPOCHS[depths]]
                    assert all(len(seeds) == made["seeds"] for seeds in budgets.values())
    assert {name: list(rows) for name, rows in made["dead"].items()} == {
        name: [str(rate) for rate in rates] for name, (_, _, rates) in maker.DEAD.items()
    }
    assert list(made["longer"]) == list(maker.LONG)
    assert list(made["profiles"]) == list(maker.PROFILED)
    assert list(made["time"]) == list(maker.TIMED)


@pytest.mark.slow
def test_a_random_row_comes_out_again(maker):
    """One network of 20 layers, one rate, all its starts, at the smaller budget; another day another one."""
    rng, made = random.Random(), remedies.results()
    name, rate = rng.choice(list(maker.NETS)), rng.choice(maker.RATES["20"])
    stored = made["20"][name]["right"][str(rate)]["15"]
    found = [maker.run(20, name, rate, seed, (15,))[0][0] for seed in range(made["seeds"])]
    near = 0.15 * made["held out"]
    assert np.mean([n or 0 for n in found]) == pytest.approx(np.mean([n or 0 for n in stored]), abs=near), (name, rate)


def test_the_makers_networks_have_their_depth_and_go_back_rightly(maker):
    (X, t), _ = bp.split(*bp.digits())
    for name, settings in maker.NETS.items():
        net = maker.network(20, 0, **settings)
        assert sum(isinstance(part, bp.Linear) for part in net.walk()) == 20, name
    net, loss = maker.network(6, 0, norm="LayerNorm", residual="scaled", activation="Tanh"), bp.CrossEntropy()
    at = {f"p{i}": p.copy() for i, p in enumerate(net.params())}

    def loss_of(**values):
        for place, value in zip(net.params(), values.values(), strict=True):
            place[...] = value
        return loss.forward(net.forward(X[:8]), t[:8])

    loss_of(**at)
    net.backward(loss.backward())
    assert bp.gradcheck(loss_of, at, {name: g.copy() for name, g in zip(at, net.grads(), strict=True)}, h=1e-4).ok


def test_a_profile_has_its_stations(maker):
    (X, t), _ = bp.split(*bp.digits())
    for settings, stations in (({}, 19), ({"residual": "plain"}, 10)):
        seen = profile(maker.network(20, 0, **settings), X[:64], t[:64])
        assert (len(seen["spread"]), len(seen["dA"]), len(seen["dW"])) == (stations, stations, 20)


def test_likeness_is_the_mean_cosine():
    assert likeness(np.array([[1.0, 0.0], [0.0, 2.0]])) == pytest.approx(0)
    assert likeness(np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0]])) == pytest.approx(1)


def test_the_rates_at_which_all_starts_read_enough():
    made = {"held out": 10, "20": {"net": {"right": {"0.1": {"15": [8, 9]}, "0.5": {"15": [9, None]}}}}}
    made["20"]["net"]["loss"] = {"0.1": {"15": [0.5, None]}, "0.5": {"15": [0.1, None]}}
    assert remedies.plateau(made, 20, "net", 15) == ["0.1"]
    assert remedies.shares(made, 20, "net", 15).tolist() == [0.8, 0.9]
    assert remedies.losses(made, 20, "net", 15) == pytest.approx([0.5, np.nan], nan_ok=True)
    assert depth.at_best_rate(made["20"]["net"]["right"], 15)[0] == "0.1"
