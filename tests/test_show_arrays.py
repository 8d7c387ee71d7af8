"""What the pictures of chapter 15 write is what they were given, or follows from it."""

import numpy as np

from bplib.show import arrays as draw


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_a_grid_has_its_numbers_its_title_and_its_shape():
    said = texts(draw.plot_grids([("p", np.array([3, -2]), "forward"), "times", ("Q", np.eye(2), "backward")]))
    assert said[:4] == ["3", "\N{MINUS SIGN}2", "p", "(2,)"]
    assert said[4] == "times"
    assert said[-2:] == ["Q", "(2, 2)"]


def test_a_square_is_filled_for_each_program_that_passes():
    ax = draw.plot_blind({"sum": (5, 2), "max": (3, 0)})
    assert len(ax.patches) == 8
    assert [patch.get_facecolor()[3] for patch in ax.patches] == [1, 1, 0, 0, 0, 0, 0, 0]


def test_names_of_one_array_point_to_one_box():
    panels = {"one": [("x", (3, 5)), ("y", (3, 5))], "two": [("x", (3, 5)), ("y", (1, 1))]}
    ax = draw.plot_owners(panels, {"one": True, "two": False})
    boxes = [patch for patch in ax.patches if "Bbox" in type(patch).__name__]
    assert len(boxes) == 3


def test_the_change_of_a_gradient_is_drawn_between_its_two_tips():
    f, slope = lambda x, y: x * x + y * y, lambda x, y: (2 * x, 2 * y)
    left, right = draw.plot_turning(f, slope, (1, 0), (1, 1), x=(-2, 4), y=(-1, 3), levels=(1, 2), scale=0.5)
    assert {"x", "x + v", "∇f(x)", "∇f(x + v)"} <= set(texts(left))
    [change] = [t for t in right.texts if t.get_text() == "Hv"]
    assert tuple(change.xy) == (3, 1)  # from (2, 0) to (4, 2)
