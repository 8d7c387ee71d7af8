"""What the pictures of chapter 16 write is what they were given, or follows from it."""

import matplotlib.pyplot as plt
import pytest

from bplib.show import frameworks as draw


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_each_parameter_shows_its_gradient_row_by_row():
    found = {"W1": [[1, -2], [3, 4]], "b1": [0.5, 6], "W2": [[7, 8], [9, 10]], "b2": [11, 12]}
    said = texts(draw.plot_leaves(found, 0.125))
    assert {"∂ (1, \N{MINUS SIGN}2)", "∂ (3, 4)", "∂ (0.5, 6)", "∂ (11, 12)", "0.125"} <= set(said)
    assert sum("∂" in text for text in said) == 6  # what is on the way has none, and the data have none


def test_the_recipe_has_three_homes():
    first, *_ = found = draw.plot_homes().figure.axes
    assert [texts(ax)[0] for ax in found] == ["PyTorch", "TensorFlow", "JAX"]
    assert "tape" in texts(found[1])
    assert "tape" not in texts(first)


def test_passes_are_added_up():
    ax = draw.plot_passes([36, 30, 6])
    assert {"∂ 36", "∂ 66", "∂ 72"} <= set(texts(ax))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["after 1 pass", "after 2 passes", "after 3 passes"]


def test_a_cut_leaves_one_of_two_paths():
    said = texts(draw.plot_cut(2.0, 3.0))
    assert {"36", "∂ 18", "∂ 6", "∂ 6 comes back", "nothing comes back"} <= set(said)


def test_what_is_written_over_has_another_version():
    said = texts(draw.plot_versions([1.0, 2.0], 9.0))
    assert {"1, 2", "10, 11", "version 0", "version 1"} <= set(said)
