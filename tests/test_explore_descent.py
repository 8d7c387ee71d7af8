"""The figure `descent`: its steps against bplib's own, its static form, what it refuses."""

import math
import random
from pathlib import Path

import pytest
from explorables import in_node

from bplib import explore
from bplib.engine.trace_table import trace
from bplib.engine.value import values
from bplib.explore import contour

RANGES = {"w1": (-1, 2.5), "w2": (-1, 3)}


def two_layers(rng: random.Random | None = None, kind: str = "relu"):
    draw = rng.uniform if rng else lambda low, high: (low + high) / 2
    numbers = {name: draw(-1.5, 2.0) for name in ("x", "w1", "b1", "w2", "b2", "y")}
    x, w1, b1, w2, b2, y = values(**numbers)
    return trace((w2 * getattr(w1 * x + b1, kind)() + b2 - y) ** 2)


def no_input():
    (w,) = values(w=1.0)
    return trace(w * w)


def test_javascript_goes_where_bplib_goes(tmp_path):
    rng = random.Random(3)
    figures = [
        explore.Descent(
            two_layers(rng, kind), RANGES if n % 2 else {"w2": (-2, 2)}, lr=rng.uniform(0.001, 0.05), steps=25
        )
        for n, kind in enumerate(["relu", "sigmoid", "tanh"] * 10)
    ]
    script = "out(data.map(({graph, leaves, start, lr, steps}) => m.descend(graph, leaves, start, lr, steps)))"
    for figure, path in zip(figures, in_node(tmp_path, script, [f._data() for f in figures], "descent"), strict=True):
        ours = figure.path()
        assert len(path) == len(ours) == 26
        for (point, loss, slope), got in zip(ours, path, strict=True):
            for a, b in zip([*point, loss, *slope], [*got["point"], got["loss"], *got["slope"]], strict=True):
                assert abs(a - b) <= 1e-12 * max(1, abs(a))


def test_rings_agree_with_the_pages_own(tmp_path):
    rng = random.Random(8)
    grids = [[[rng.uniform(-1, 1) for _ in range(9)] for _ in range(7)] for _ in range(30)]
    where = (Path(contour.__file__).parent / "_shared/contour.js").as_uri()
    script = f'const {{ rings, levels }} = await import("{where}");\n'
    script += "out(data.map((grid) => [rings(grid, 0.1), levels(0, grid[0][0] + 2), levels(grid[0][0], 3)]))"
    for grid, (found, *named) in zip(grids, in_node(tmp_path, script, grids, "descent"), strict=True):
        ours = contour.rings(grid, 0.1)
        assert len(ours) == len(found)
        for ring, other in zip(ours, found, strict=True):
            assert max(abs(a - b) for p, q in zip(ring, other, strict=True) for a, b in zip(p, q, strict=True)) < 1e-12
        for mine, other in zip((contour.levels(0, grid[0][0] + 2), contour.levels(grid[0][0], 3)), named, strict=True):
            assert mine == pytest.approx(other, abs=1e-12)


def fitted(**more):
    w, b, x = values(w=0.5, b=1.0, x=0.0)
    points = [(0, 0.2), (1, 1.6), (2, 1.9)]
    loss = sum((w * at + b - y) ** 2 for at, y in points) / len(points)
    given = {"model": trace(w * x + b), "points": points, "names": {"b": "height b"}} | more
    return explore.Descent(trace(loss), {"w": (-1, 2), "b": (-1, 3)}, lr=0.1, steps=5, **given)


def test_the_model_goes_with_its_points():
    figure = fitted()
    data = figure._data()
    assert data["points"] == [[0.0, 0.2], [1.0, 1.6], [2.0, 1.9]]
    assert [node["name"] for node in data["model"]["nodes"] if node["op"] == "leaf"] == ["w", "b", "x"]
    still = figure.html()
    assert ">height b<" in still
    assert "after each step" in still
    assert still.count("<circle") == 6 + 3, "where each step lands, and the data"
    alone = explore.Descent(two_layers(), RANGES)
    assert not {"model", "points", "names"} & set(alone._data())
    assert "after each step" not in alone.html()


def test_a_still_of_what_leaves_the_map():
    figure = fitted()
    figure.lr, figure.steps = 0.5, 300
    html = figure.html()
    assert "nan" not in html.lower()
    assert "inf" not in html
    assert len(html) < 30_000
    (w,) = values(w=3.0)
    curve = explore.Descent(trace(w * w), {"w": (-4, 4)}, lr=0.9, steps=10).html()
    assert curve.count("<circle") == 11
    assert ">loss<" in curve


def test_a_path_that_leaves_the_numbers_ends_there():
    (w,) = values(w=3.0)
    figure = explore.Descent(trace(w * w), {"w": (-4, 4)}, lr=50.0, steps=1000)
    path = figure.path()
    assert len(path) < 400
    assert all(math.isfinite(point[0]) for point, _, _ in path)


def test_static_form():
    x, w1, b1, w2, b2, y = values(x=2.0, w1=0.5, b1=0.0, w2=1.5, b2=0.0, y=3.0)
    loss = (w2 * (w1 * x + b1).relu() + b2 - y) ** 2
    figure = explore.Descent(trace(loss), {"w2": (-1, 4)}, lr=0.1, steps=3, note="raise it")
    assert repr(figure) == "Descent(lr=0.1, 3 steps: loss 2.25 -> 0.5898)"
    html = figure.html()
    assert html.startswith("<bp-descent data='{")
    assert '<th scope="row">0</th><td>1.5</td><td class="bp-forward">2.25</td>' in html
    assert '<td class="bp-backward">\N{MINUS SIGN}3</td>' in html
    assert "<p>Try: raise it</p>" in html
    figure.start = [3.0]
    assert repr(figure) == "Descent(lr=0.1, 3 steps: loss 0 -> 0)"


@pytest.mark.parametrize(
    ("ranges", "more", "message"),
    [
        ({}, {}, "one leaf or two"),
        ({"w1": (0, 1), "w2": (0, 1), "b1": (0, 1)}, {}, "one leaf or two"),
        ({"z1": (0, 1)}, {}, "'z1' is no leaf that learns"),
        ({"w1": (1, 0)}, {}, r"range of 'w1' wants \(min, max\) with min < max, got \(1, 0\)"),
        ({"w1": (0, math.inf)}, {}, "finite number, got inf"),
        ({"w1": (0, 1)}, {"lr": "fast"}, "lr wants a finite number, got 'fast'"),
        ({"w1": (0, 1)}, {"rates": (1, 0)}, "rates wants"),
        ({"w1": (0, 1)}, {"start": {"w2": 1.0}}, "'w2' is no leaf that learns"),
        ({"w1": (0, 1)}, {"names": {"w2": "slope"}}, "'w2' is no leaf that learns"),
        ({"w1": (0, 1)}, {"points": [(0, 1)]}, "model and points go together"),
        ({"w1": (0, 1)}, {"model": two_layers(), "points": [(0, None)]}, "points wants a finite number, got None"),
        ({"w1": (0, 1)}, {"model": no_input(), "points": [(0, 1)]}, "model wants a leaf 'x', .* leaves are w"),
    ],
)
def test_wrong_arguments_are_named(ranges, more, message):
    with pytest.raises(ValueError, match=message):
        explore.Descent(two_layers(), ranges, **more)


def test_a_start_of_the_wrong_length_is_refused():
    figure = explore.Descent(two_layers(), RANGES)
    with pytest.raises(ValueError, match="a number for each of w1, w2"):
        figure.start = [1.0]


def test_one_point_alone_is_shown_with_room_around_it():
    """Its curve has to be seen, and one point says nothing of how far; chapter 11 fits trace A to its only example."""
    from bplib.explore.descent.still import _with_margins

    assert _with_margins([2.0], 0.15) == pytest.approx((-0.3, 4.3))
    assert _with_margins([0.0], 0.5) == pytest.approx((-1.15, 1.15))
    assert _with_margins([1.0, 3.0], 0.5) == (0.0, 4.0)
