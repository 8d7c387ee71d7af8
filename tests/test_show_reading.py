"""Pictures of a network that learns to read, and the stored trainings of chapter 13: what is drawn, and that a row comes out again."""

import random
import runpy
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Rectangle

import bplib as bp
from bplib.show import reading
from bplib.show.plots import BACKWARD, FORWARD, picture

ROOT = Path(__file__).resolve().parent.parent
IMAGES = np.zeros((2, 28, 28))


def test_the_frames_of_a_batch_are_at_what_the_pictures_show():
    shares = np.eye(10)[[3, 7]]
    ax = reading.plot_batch(IMAGES, [3, 9], {"before": shares, "after": shares})
    frames = [patch.get_y() for patch in ax.patches]
    assert frames[0] - frames[1] == pytest.approx(0.24 * 6)
    assert len(frames) == 4
    assert np.asarray(ax.images[2].get_array()).tolist() == shares.T.tolist()
    with pytest.raises(ValueError, match="probabilities before wants shape"):
        reading.plot_batch(IMAGES, [3, 9], {"before": shares[:1]})


def test_the_best_rate_is_that_of_the_last_look_and_nan_reads_nothing():
    rows = {"steps": [0, 1], "0.1": [[9, 20], [9, 22]], "0.3": [[9, None], [30, 40]], "1.0": [[50, 10], [50, 10]]}
    rate, counts = reading.at_best_rate(rows)
    assert (rate, counts.tolist()) == ("0.1", [[9, 20], [9, 22]])


def test_one_training_is_counted_in_epochs_and_in_steps():
    epochs, steps = reading.plot_sizes({4: ([0, 1, 10], [[0.1, 0.4, 0.8], [0.1, 0.6, 1.0]])}, 10)
    assert steps.lines[0].get_xdata().tolist() == [1, 10]
    assert epochs.lines[0].get_xdata().tolist() == pytest.approx([1 / 3, 10 / 3])  # three batches, the last one short
    assert steps.lines[0].get_ydata().tolist() == pytest.approx([50, 90])


def test_what_is_asked_keeps_its_sign_and_has_its_own_scale():
    gradient = np.array([[0.5, -1.0], [0.0, 0.25]])
    ax = reading.plot_asked({"step 0": [gradient, 100 * gradient], "step 10": [-gradient]})
    first, second, third = (np.asarray(image.get_array()) for image in ax.images)
    assert first.tolist() == second.tolist() == (-third).tolist() == [[3, -6], [0, 2]]


def test_mistakes_are_orange_and_what_is_right_is_blue():
    counts = np.diag([3.0, 2.0])
    counts[1, 0] = 1
    ax = reading.plot_confusion(counts)
    squares = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [to_hex(s.get_facecolor()[:3]) for s in squares] == [FORWARD, BACKWARD, FORWARD]
    assert [text.get_text() for text in ax.texts] == ["3", "1", "2"]


def test_curves_are_what_was_given():
    run = {"loss": [[2.0, 1.0]], "length": [[3.0, 0.5]], "cosine": [[0.9, 0.0]]}
    loss, length, cosine = reading.plot_watched([0, 10], {"a": run})
    assert [ax.lines[0].get_ydata().tolist() for ax in (loss, length, cosine)] == [[2, 1], [3, 0.5], [0.9, 0]]
    (ax,) = reading.plot_ratios([0, 10], {"a": [[0.1, 0.2], [0.3, 0.4]]})
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.1, 0.3], [0.2, 0.4]]
    ax = reading.plot_progress({"own": [[0.9, 1.0]], "new": [[0.8, 0.9]]})
    assert ax.lines[1].get_ydata().tolist() == [80, 90]
    ax = reading.plot_recipes({"a": {"0.1": [0.2, 0.4], "1.0": [0.5, 0.7]}})
    assert ax.lines[1].get_ydata().tolist() == pytest.approx([30, 60])
    ax = reading.plot_initial([0.1, 1.0], [2.3, 2.8], ([0.1, 1.0], [2.3, 2.8]))
    assert ax.lines[0].get_ydata()[0] == pytest.approx(np.log(10))
    ax = reading.plot_misread(IMAGES, [8, 3], [1, 5], [0.9, 0.4])
    assert [text.get_text() for text in ax.texts] == ["8, read as 1", "90 %", "3, read as 5", "40 %"]
    assert "<svg" in picture(ax, "two digits that were misread").svg


# ---------------------------------------------------------------- the stored trainings


@pytest.fixture(scope="module")
def maker():
    return runpy.run_path(str(ROOT / "tools" / "make_reading.py"), run_name="make_reading")


def test_the_file_has_what_its_maker_would_make(maker):
    made, seeds = reading.results(), len(maker["SEEDS"])
    assert made["held out"] == len(bp.split(*bp.digits())[1][1])
    for recipe, rates in maker["LONGER"].items():
        assert list(made[f"rates, {recipe}"]) == [str(rate) for rate in maker["RATES"]]
        assert list(made[f"longer, {recipe}"]) == ["epochs", *map(str, rates)]
        for runs in made[f"rates, {recipe}"].values():
            assert np.shape(runs) == (seeds, len(maker["EPOCHS"]))
    for size, rates in maker["BATCHES"].items():
        rows = made[f"batches of {size}"]
        assert list(rows) == ["steps", *map(str, rates)]
        assert all(np.shape(rows[str(rate)]) == (seeds, len(rows["steps"])) for rate in rates)
    for recipe, rates in maker["WATCHED"].items():
        for rate in rates:
            run = made[f"watched, {recipe} {rate:g}"]
            assert set(run) == {"loss", "length", "spread", "cosine", "share", "path", "ratios"}
            assert np.shape(run["ratios"]) == (seeds, len(made["looks"]), 3)


def test_a_layer_of_small_pictures_is_the_layer_of_large_ones(maker):
    """The shortcut for large batches gives the same gradients."""
    rows = slice(0, 100)
    plain, loss = maker["network"]("relu", 0)
    short, _ = maker["network"]("relu", 0, maker["Enlarged"])
    for a, b in zip(maker["gradients"](plain, loss, maker["X"][rows], maker["t"][rows]),
                    maker["gradients"](short, loss, maker["P"][rows], maker["t"][rows]), strict=True):  # fmt: skip
        assert np.allclose(a, b, rtol=0, atol=1e-12)


@pytest.mark.slow
def test_a_random_row_comes_out_again(maker):
    """One training of each kind; processors round differently, so that counts may differ by a little."""
    rng, made = random.Random(), reading.results()
    seed, recipe = rng.randrange(made["seeds"]), rng.choice(list(maker["LONGER"]))
    rate = rng.choice((0.01, 0.03) if recipe == "relu" else (0.3, 1.0))
    steps = [45 * k for k in maker["EPOCHS"][:3]]
    assert maker["trained"](recipe, rate, seed, steps) == pytest.approx(
        made[f"rates, {recipe}"][str(rate)][seed][:3], abs=18
    )
    size = rng.choice((10, 100, 1438))
    rows = made[f"batches of {size}"]
    found = maker["trained"]("relu", 0.03, seed, rows["steps"][:8], size)
    assert found == pytest.approx(rows["0.03"][seed][:8], abs=18), (size, seed)
    looks, stored = maker["watched"]("sigmoid", 3.0, seed, maker["LOOKS"][:5]), made["watched, sigmoid 3"]
    for what in ("loss", "length", "cosine", "share"):
        assert [look[what] for look in looks] == pytest.approx(stored[what][seed][:5], rel=0.1, abs=0.02), (what, seed)
