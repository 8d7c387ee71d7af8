# ruff: noqa: RUF001 - the signs are those that stand in the figures
"""Still figures: the same bytes each time, words that come from the data, colours that show on both pages."""

import math
import re
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as MplPath
from networks import A, B, relu_net, sigmoid_net

import bplib as bp
from bplib.show import plots
from bplib.show.plots import axes, picture

LIGHT, DARK = "#ffffff", "#14181e"


def traced(build, numbers):
    loss, nodes = build(**numbers)
    return bp.trace(loss, **{name: nodes[name] for name in ("z1", "a1", "z2")})


def history(scale=1.0):
    """As `fit` returns it."""
    norms = scale * np.outer([1.0, 0.5, 0.25], [0.001, 0.02, 0.3])
    return SimpleNamespace(losses=[2.5 * scale, 1.25, 0.61], validation_losses=[2.75, 1.5, 1.625], gradient_norms=norms)


RNG = np.random.default_rng(0)
X, T = RNG.normal(size=(40, 2)), np.arange(40) % 2


def by_height(points):
    return points[:, 1] - 0.1


def by_class(points):
    return np.column_stack([points[:, 0], -points[:, 0], points[:, 1]])


# name -> (arguments, keywords), and other data of the same kind
CASES = {
    "graph": (([traced(relu_net, A)], {}), ([traced(sigmoid_net, B)], {})),
    "losses": (([history()], {"log": True}), ([history(2)], {"log": True})),
    "boundary": (([X, T, by_height], {}), ([X, T, lambda p: -by_height(p)], {})),
}  # fmt: skip
MORE = {
    "losses": [([[1.0]], {}), ([{"SGD": [2, 1, 0.5], "Adam": history()}], {}), ([np.ones(300)], {}),
               ([{str(i): [i, 1.0] for i in range(7)}], {})],
    "boundary": [([X, np.arange(40) % 3, by_class], {}), ([X, T, lambda p: np.full((len(p), 1), 0.9)], {"threshold": 0.5})],
    "graph": [([bp.trace(bp.Value(2.0, name="w"))], {})],
}  # fmt: skip
ALL = [(name, *case) for name in CASES for case in (*CASES[name], *MORE[name])]


def drawn(name, args, kwargs):
    ax = getattr(plots, f"plot_{name}")(*args, **kwargs)
    return picture(ax, getattr(plots, f"describe_{name}")(*args, **kwargs))


# ---------------------------------------------------------------- what every plot does


@pytest.mark.parametrize(("name", "args", "kwargs"), ALL)
def test_the_picture_is_clean_svg_and_the_same_each_time(name, args, kwargs):
    shown = drawn(name, args, kwargs)
    assert shown._repr_html_() == drawn(name, args, kwargs)._repr_html_()
    root = ElementTree.fromstring(shown.svg)
    tags = {element.tag.split("}")[1] for element in root.iter()}
    assert not tags & {"style", "image", "script", "metadata", "title", "foreignObject"}
    for element in root.iter():
        for key, value in element.attrib.items():
            if key.endswith("href"):
                assert value.startswith("#")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    used = set(re.findall(r"(?:url\(|href=\")#([^)\"]+)", shown.svg))
    assert used <= set(ids)
    assert "DejaVu" not in shown.svg, "text stays text, letters are not drawn"


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize(("name", "args", "kwargs"), ALL)
def test_every_colour_shows_on_the_light_page_and_on_the_dark_one(name, args, kwargs):
    svg = drawn(name, args, kwargs).svg
    for variable in (plots.FORWARD, plots.BACKWARD, plots.QUIET):  # the page has its own for these
        svg = re.sub(rf"var\(--bp-\w+, {variable}\)", "", svg)
    fixed = set(re.findall(r"#[0-9a-fA-F]{6}\b", re.sub(r"(?:url\(|href=\")#[^)\"]+", "", svg)))
    assert fixed <= {plots.GREEN, plots.PURPLE, plots.GOLD}
    assert not re.findall(r"(?:fill|stroke): (?!none|currentColor|#|;|\s*;)[a-z]+", svg.replace("fill: ;", ""))
    for colour in fixed:
        assert contrast(colour, LIGHT) >= 3
        assert contrast(colour, DARK) >= 3


def test_the_contrast_is_computed_as_the_guidelines_do():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    for colour in (plots.FORWARD, plots.BACKWARD, plots.QUIET):
        assert contrast(colour, LIGHT) >= 4.5


@pytest.mark.parametrize(("name", "args", "kwargs"), ALL)
def test_a_plot_draws_on_the_axes_it_is_given_and_gives_them_no_title(name, args, kwargs):
    fig, (left, right) = matplotlib.pyplot.subplots(1, 2)
    matplotlib.pyplot.close(fig)
    assert getattr(plots, f"plot_{name}")(*args, **kwargs, ax=right) is right
    assert right.has_data() or right.patches
    assert not left.has_data()
    assert not right.get_title()
    assert not fig.get_suptitle()


@pytest.mark.parametrize("name", CASES)
def test_the_words_follow_the_data(name):
    one, other = (getattr(plots, f"describe_{name}")(*args, **kwargs) for args, kwargs in CASES[name])
    assert one != other
    assert re.sub(r"-?[\d.]+(e-\d+)?", "", one) == re.sub(r"-?[\d.]+(e-\d+)?", "", other)
    assert len(re.split(r"\. ", one)) <= 3


@pytest.mark.parametrize("name", CASES)
def test_the_settings_of_the_caller_are_left_alone(name):
    before = dict(matplotlib.rcParams)
    drawn(name, *CASES[name][0])
    assert dict(matplotlib.rcParams) == before
    assert not matplotlib.pyplot.get_fignums()


def test_two_pictures_on_a_page_share_no_id_though_they_share_their_words():
    ids = []
    for numbers in ([1, 2], [1, 3]):
        ids.append(set(re.findall(r'\bid="([^"]+)"', picture(plots.plot_losses(numbers), "the same four words").svg)))
    assert ids[0]
    assert not ids[0] & ids[1]


@pytest.mark.parametrize("alt", ["", "three words only", None, 5])
def test_a_picture_wants_words(alt):
    with pytest.raises(ValueError, match="a sentence that says what the figure shows"):
        picture(axes(), alt)


def test_the_words_cannot_break_the_page():
    shown = picture(axes(), 'a "b" <script> & more words')._repr_html_()
    assert "<script>" not in shown
    assert "&quot;b&quot;" in shown


# ---------------------------------------------------------------- what each one says and shows


def test_the_graph():
    words = plots.describe_graph(traced(relu_net, A))
    assert "13 nodes" in words
    assert "L = 2.25" in words
    assert "-9 for w1, -4.5 for b1, -3 for w2, -3 for b2 and 3 for y" in words
    svg = drawn("graph", *CASES["graph"][0]).svg
    for text in ("w₁", "w₂·a₁", "z₂ − y", "( )²", "relu", "∂ −9", "2.25"):
        assert f">{text}</text>" in svg
    assert re.search(r"--bp-forward[^>]*>2.25<", svg)
    assert re.search(r"--bp-backward[^>]*>∂ −9<", svg)


def test_no_line_of_a_graph_crosses_a_box():
    """A way that is longer than one column has a row of its own in the columns between."""
    x, w = bp.values(x=1.5, w=-0.7)
    s = (x * w).tanh()
    ax = plots.plot_graph(bp.trace(((s * w + s - x).sigmoid() * 2 + s**2) * x + w))
    boxes = [(p.get_x() + 0.44, p.get_y() + 0.34) for p in ax.patches if isinstance(p, FancyBboxPatch)]
    lines = [p for p in ax.patches if isinstance(p, FancyArrowPatch)]
    assert (len(boxes), len(lines)) == (13, 18)
    leave, arrive = [0] * 13, [0] * 13
    for line in lines:
        points, _ = line.get_path().to_polygons(closed_only=False)  # the line, and its head
        for end, side, seen in ((points[0], 0.5, leave), (points[-1], -0.5, arrive)):
            far = [np.hypot(*(np.add(centre, (side, 0)) - end)) for centre in boxes]
            assert min(far) < 0.1
            seen[int(np.argmin(far))] += 1
        points = MplPath(points).interpolated(20).vertices
        for centre in boxes:
            assert not (np.abs(points - centre) < (0.48, 0.38)).all(axis=1).any()
    assert arrive == [0, 0, 2, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2]  # as many as it has parents; constants have no box
    assert leave == [3, 3, 1, 3, 1, 1, 1, 1, 1, 1, 1, 1, 0]


def test_constants_are_written_into_the_operation():
    (a,) = bp.values(a=2.0)
    for node, symbol in ((a * 3, "× 3"), (1 - a, "1 −"), (a**3, "( )³"), (a**-1, "^ −1"), (2**a, "2 ^"), (-a, "−"),
                         (a.sigmoid(), "σ"), (a / a, "÷"), (a.max(0.5), "max 0.5")):  # fmt: skip
        assert plots._symbol(node) == symbol


def test_the_losses():
    words = plots.describe_losses(history())
    assert "training from 2.5 to 0.61 in 3 epochs, lowest 0.61 in epoch 3" in words
    assert "validation from 2.75 to 1.62 in 3 epochs, lowest 1.5 in epoch 2" in words
    ax = plots.plot_losses({"SGD": [3, 2], "Adam": history()}, log=True)
    assert [line.get_label() for line in ax.lines] == ["SGD", "Adam", "Adam validation"]
    assert ax.get_yscale() == "log"
    assert len({(line.get_linestyle(), line.get_marker()) for line in ax.lines}) == 3, "told apart without colour"


def test_the_boundary():
    right = int(((X[:, 1] > 0.1) == T).sum())
    words = plots.describe_boundary(X, T, by_height)
    assert "40 points, 20 of class 0 and 20 of class 1, and" in words
    assert f"{right} points ({100 * right / 40:.3g}%)" in words
    ax = plots.plot_boundary(X, np.arange(40) % 3, by_class)
    marks = {line.get_marker() for line in ax.lines}
    assert len(marks) == 3, "told apart without colour"


def test_the_boundary_lies_where_the_model_changes_its_mind():
    ax = plots.plot_boundary(X, T, lambda points: 1 / (1 + np.exp(-by_height(points))), threshold=0.5)
    heights = np.concatenate([p.vertices[:, 1] for c in ax.collections[1::2] for p in c.get_paths() if len(p.vertices)])
    assert heights == pytest.approx(0.1, abs=1e-6)


# ---------------------------------------------------------------- bad input

BAD = {
    "losses": [
        ([[]], "at least one number, got none"),
        ([[1, math.nan, 2]], "finite numbers, got nan at index 1"),
        ([{"SGD": [1, math.inf]}], r"a loss curve \(SGD\) wants finite numbers, got inf at index 1"),
        ([[[1, 2]]], r"wants shape \(any\), got \(1, 2\)"),
        ([["a", "b"]], "wants numbers, got list"),
        ([{}], "at least one curve, got an empty dictionary"),
    ],
    "graph": [
        ([3.0], r"wants a Trace, from bp.trace\(loss\), got float"),
        ([bp.trace(sum((bp.Value(1.0) for _ in range(70)), bp.Value(0.0)))], "60 nodes to be legible, got 141"),
        ([bp.trace(bp.Value(1.0, None, "const"))], "1 to 60 nodes to be legible, got 0"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("name", "args", "word"), [(name, *bad) for name in BAD for bad in BAD[name]])
def test_bad_input_says_what_was_given_and_wanted(name, args, word):
    for verb in ("plot", "describe"):
        with pytest.raises((TypeError, ValueError), match=word):
            getattr(plots, f"{verb}_{name}")(*args)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda f: f("boundary")(X[:, :1], T, by_height), r"X of a boundary wants shape \(any, 2\), got \(40, 1\)"),
        (lambda f: f("boundary")(X, T[:5], by_height), r"t of a boundary wants shape \(40\), got \(5,\)"),
        (lambda f: f("boundary")(X, T - 0.5, by_height), "classes 0, 1, 2, ..., got -0.5"),
        (lambda f: f("boundary")(X, T, lambda p: p[:3, 0]), r"what predict gives wants shape \(40, any\), got \(3, 1\)"),
        (lambda f: f("boundary")(X, T, lambda p: p[:, 0] * math.nan), "what predict gives wants finite numbers"),
        (lambda f: f("boundary")(np.zeros((0, 2)), [], by_height), "at least one number, got none"),
    ],
)  # fmt: skip
def test_bad_input_in_two_dimensions(call, word):
    for verb in ("plot", "describe"):
        with pytest.raises((TypeError, ValueError), match=word):
            call(lambda name, verb=verb: getattr(plots, f"{verb}_{name}"))


def test_a_logarithmic_scale_has_no_zero():
    with pytest.raises(ValueError, match="wants losses above 0, got 0 in 'loss'"):
        plots.plot_losses([1.0, 0.0], log=True)


def test_panels_stand_row_by_row_in_one_figure_that_no_notebook_shows_twice():
    panels = bp.panels(3, rows=2, sharex=True)
    assert len(panels) == 6
    assert {ax.figure for ax in panels} == {panels[0].figure}
    assert panels[0].get_position().y0 > panels[3].get_position().y0
    assert not panels[0].spines["top"].get_visible()
    assert matplotlib.pyplot.get_fignums() == []
