# ruff: noqa: RUF001 - the signs are those that stand in the figures
"""What the drawings of chapter 8 show: numbers where they belong, rows that meet columns, blocks and zeros."""

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle

from bplib.nn.data import TRACE_C
from bplib.show.matrices import plot_jacobian, plot_product, plot_shapes, plot_units
from bplib.show.plots import BACKWARD, FORWARD, picture

A, W = np.array([[0.8, 1.6], [1.0, 0.0], [3.5, 2.0]]), np.array(TRACE_C["W2"])
UNITS = {"x": (0, 0, 1.7, -0.225), "z_p": (2, 1, -0.78, 0.969), "z_q": (2, -1, 1.79, None)}


def texts(ax, colour=None):
    return [t.get_text() for t in ax.texts if colour in (None, to_hex(t.get_color()))]


def shaded(ax):
    """The lower left corners of what is filled."""
    return {
        (round(r.get_x(), 6), round(r.get_y(), 6)) for r in ax.patches if isinstance(r, Rectangle) and r.get_alpha()
    }


def test_units_have_their_values_in_blue_and_their_gradients_in_orange():
    ax = plot_units(UNITS, {("x", "z_p"): "−0.4", ("x", "z_q"): "0.7"}, returns={("z_p", "x"): "−0.387"})
    assert texts(ax, FORWARD) == ["1.7", "−0.78", "1.79"]
    assert texts(ax, BACKWARD) == ["−0.387", "∂ −0.225", "∂ 0.969"]
    assert sum(isinstance(p, Circle) for p in ax.patches) == 3


def test_what_comes_back_points_the_other_way():
    forward = plot_units(UNITS, {("x", "z_p"): ""})
    both = plot_units(UNITS, {("x", "z_p"): ""}, returns={("z_p", "x"): ""})
    arrows = [[p for p in ax.patches if isinstance(p, FancyArrowPatch)] for ax in (forward, both)]
    assert [to_hex(a.get_edgecolor()) for a in arrows[0]] == [FORWARD]
    there, back = (a._posA_posB for a in arrows[1])
    assert there[0][0] < there[1][0]
    assert back[0][0] > back[1][0]
    assert to_hex(arrows[1][1].get_edgecolor()) == BACKWARD


def test_an_index_stands_below_its_letter():
    ax = plot_units({"z_p": (0, 0, 1.0, None)}, {})
    assert {"z", "p"} <= set(texts(ax))
    assert "z_p" not in texts(ax)


def test_a_frame_goes_round_its_members_alone():
    ax = plot_units(UNITS, {}, groups={"both": ("z_p", "z_q")})
    box = next(p for p in ax.patches if p.get_linestyle() == "--").get_bbox()
    assert box.contains(2, 1)
    assert box.contains(2, -1)
    assert not box.contains(0, 0)


def test_a_product_shows_the_numbers_of_all_three():
    ax = plot_product(A, W, ("A1", "W2", "A1 W2"), rows=["one", "two", "three"])
    numbers = [float(t.replace("−", "-")) for t in texts(ax) if t.replace("−", "").replace(".", "").isdigit()]
    assert numbers == pytest.approx([*A.ravel(), *W.ravel(), *(A @ W).ravel()])
    assert {"3 × 2", "2 × 2", "A₁", "one", "three"} <= set(texts(ax))
    assert not shaded(ax)


def test_one_row_and_one_column_make_the_entry_that_is_shaded():
    ax = plot_product(A, W, ("A", "W", "AW"), at=(1, 0))
    corners = sorted(shaded(ax))
    assert len(corners) == 2 + 2 + 1
    (row, column, entry) = corners[:2], corners[2:4], corners[4:]
    assert row[0][1] == row[1][1] == entry[0][1]
    assert column[0][0] == column[1][0]


def test_gradients_are_orange():
    ax = plot_product(A.T, A, ("Aᵀ", "dZ", "dW"))
    assert texts(ax, FORWARD) == ["Aᵀ"]
    assert texts(ax, BACKWARD) == ["dZ", "dW"]


def test_what_does_not_fit_is_refused_with_both_shapes():
    with pytest.raises(ValueError, match=r"inner sizes that agree, got \(3, 2\) and \(3, 2\)"):
        plot_product(A, A, ("A", "A", "AA"))


def test_shapes_that_meet_give_a_product_and_others_say_why_not():
    ax = plot_shapes([("Xᵀ", (3, 5), "dZ", (5, 4)), ("X", (5, 3), "dZ", (5, 4))])
    assert texts(ax).count("3 × 4") == 1
    assert [t for t in texts(ax) if "no product" in t] == ["3 ≠ 5: no product"]
    assert len(ax.patches) == 15 + 20 + 12 + 15 + 20


def test_a_jacobian_is_shaded_where_it_is_not_zero():
    J = np.kron(np.eye(3), W.T)
    ax = plot_jacobian(J, (2, 2), rows=list("abcdef"), columns=list("uvwxyz"))
    found = {(5 - y, x) for x, y in shaded(ax)}
    assert found == {(i, j) for i, j in np.argwhere(J)}
    assert texts(ax).count("·") == 24
    strength = {p.get_xy(): p.get_alpha() for p in ax.patches}
    assert strength[1, 4] > strength[0, 4] > strength[0, 5] > strength[1, 5]  # 2, then -1, then 0.4, then -0.2


def test_heavier_lines_stand_between_the_blocks():
    ax = plot_jacobian(np.ones((4, 6)), (2, 3), rows=list("abcd"), columns=list("uvwxyz"))
    heavy = [lines.get_segments()[0] for lines in ax.collections if lines.get_linewidth()[0] > 1]
    assert sorted({tuple(s[0]) for s in heavy}) == [(0, 0), (0, 2), (0, 4), (3, 0), (6, 0)]


@pytest.mark.parametrize(("rows", "columns"), [("ab", "xyz"), ("abc", "xy")])
def test_a_jacobian_wants_a_name_for_each_row_and_column(rows, columns):
    with pytest.raises(ValueError, match="a Jacobian wants shape"):
        plot_jacobian(np.ones((2, 2)), (1, 1), rows=list(rows), columns=list(columns))


def test_each_drawing_is_the_same_to_the_byte_and_has_no_colour_that_the_page_cannot_change():
    for draw in (
        lambda: plot_units(UNITS, {("x", "z_p"): "1"}, groups={"p": ("z_p",)}),
        lambda: plot_product(A, W, ("A", "W", "AW"), at=(0, 0)),
        lambda: plot_shapes([("X", (2, 3), "dZ", (3, 1))]),
        lambda: plot_jacobian(np.eye(2), (1, 1), rows="ab", columns="xy"),
    ):
        one, two = (picture(draw(), "a drawing of four words").svg for _ in range(2))
        assert one == two
        assert FORWARD not in one.replace(f"var(--bp-forward, {FORWARD})", "")
