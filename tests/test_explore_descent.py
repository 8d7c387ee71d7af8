"""The figure `descent`: its steps against bplib's own, its static form, what it refuses."""

import math
import random

import pytest
from explorables import in_node

from bplib import explore
from bplib.engine.trace_table import trace
from bplib.engine.value import values

RANGES = {"w1": (-1, 2.5), "w2": (-1, 3)}


def two_layers(rng: random.Random | None = None, kind: str = "relu"):
    draw = rng.uniform if rng else lambda low, high: (low + high) / 2
    numbers = {name: draw(-1.5, 2.0) for name in ("x", "w1", "b1", "w2", "b2", "y")}
    x, w1, b1, w2, b2, y = values(**numbers)
    return trace((w2 * getattr(w1 * x + b1, kind)() + b2 - y) ** 2)


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
    ],
)
def test_wrong_arguments_are_named(ranges, more, message):
    with pytest.raises(ValueError, match=message):
        explore.Descent(two_layers(), ranges, **more)


def test_a_start_of_the_wrong_length_is_refused():
    figure = explore.Descent(two_layers(), RANGES)
    with pytest.raises(ValueError, match="a number for each of w1, w2"):
        figure.start = [1.0]
