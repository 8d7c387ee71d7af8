"""The figure `fit`: its steps against bplib's layers, its static form, what it refuses."""

import html
import json
import math
import random
import re

import pytest
from explorables import in_node

import bplib as bp
from bplib import explore
from bplib.explore.fit import initial

MINUS = "\N{MINUS SIGN}"


def some_figures(rng: random.Random, count: int = 30) -> list[explore.Fit]:
    figures = []
    for n in range(count):
        points = [(rng.uniform(-2, 2), rng.uniform(-2, 2)) for _ in range(rng.randint(1, 8))]
        model, hidden = ("line", "tanh", "relu")[n % 3], rng.randint(1, 5)
        one = rng.choice([None, rng.randrange(len(points))])
        figure = explore.Fit(points, model, hidden=hidden, seed=n, lr=rng.uniform(0, 0.3), one=one)
        figure.weights = [w + rng.uniform(-1, 1) for w in figure.weights]
        if n % 4 == 0:
            figure.learns = rng.sample(figure.names, 1)
        figures.append(figure)
    return figures


def test_javascript_steps_as_bplib_does(tmp_path):
    figures = some_figures(random.Random(5))
    script = """out(data.map(({points, model, weights, hidden, lr, one = null, learns = null, xs}) => {
        const names = m.names(model, hidden);
        const task = {points, model, lr, one, holds: names.map((n) => learns !== null && !learns.includes(n))};
        const now = m.step(task, weights);
        const along = (f) => xs.map(f);
        return {names, ...now, curve: along((x) => m.evaluate(model, weights, x).y),
                pushes: along((x) => m.push(model, weights, now.move, x))};
    }))"""
    xs = [-1.7, -0.3, 0.0, 1.1]
    answers = in_node(tmp_path, script, [f._data() | {"xs": xs} for f in figures], "fit")
    for figure, answer in zip(figures, answers, strict=True):
        loss, grads = figure.gradient()
        assert answer["names"] == figure.names
        ours = [loss, *grads, *figure.stepped(), *figure.compare().values(), *figure.predict(xs), *figure.pushes(xs)]
        keys = ("grad", "after", "curve", "pushes")
        grad, after, curve, pushes = (answer[key] for key in keys)
        page = [answer["loss"], *grad, *after, answer["promised"], answer["actual"], *curve, *pushes]
        scale = max(1.0, *map(abs, ours))
        for a, b in zip(ours, page, strict=True):
            assert abs(a - b) <= 1e-12 * scale


def test_both_draw_the_same_starts(tmp_path):
    cases = [(model, hidden, seed) for model in ("line", "tanh", "relu") for hidden in (1, 3, 8) for seed in (1, 2, 77)]
    answers = in_node(
        tmp_path, "out(data.map(([model, hidden, seed]) => m.initial(model, hidden, seed)))", cases, "fit"
    )
    for case, answer in zip(cases, answers, strict=True):
        assert answer == pytest.approx(initial(*case), rel=1e-14)


def test_a_line_of_values_has_the_same_gradient():
    """The layers and the scalar engine agree, and so does the promise of chapter 7's trace A."""
    figure = bp.Fit([(2, 3)], "relu", weights=[0.5, 0.0, 1.5, 0.0], lr=0.1)
    x, w1, b1, w2, b2, y = bp.values(x=2.0, w1=0.5, b1=0.0, w2=1.5, b2=0.0, y=3.0)
    loss = (w2 * (w1 * x + b1).relu() + b2 - y) ** 2
    loss.backward()
    assert figure.names == ["w1", "b1", "w2", "b2"]
    assert figure.gradient() == (loss.data, [p.grad for p in (w1, b1, w2, b2)])
    assert figure.compare() == pytest.approx({"promised": -11.925, "actual": 9.9225 - 2.25})
    figure.learns = ["w1"]
    assert figure.compare() == pytest.approx({"promised": -8.1, "actual": 1.44 - 2.25})


def test_static_form():
    figure = bp.Fit([(-1, 0), (0, 1), (2, 2)], weights=[0.5, 0.25], lr=0.04, one=2, note="halve <lr>")
    assert repr(figure) == "Fit(line to 3 points, after 0 steps: loss 0.5625)"
    quoted, fallback = re.fullmatch(r"<bp-fit data='([^']*)'>\n(.*)\n</bp-fit>", figure.html(), re.S).groups()
    inside = json.loads(html.unescape(quoted))
    assert (inside["points"], inside["weights"]) == ([[-1, 0], [0, 1], [2, 2]], [0.5, 0.25])
    assert (inside["lr"], inside["one"], inside["note"]) == (0.04, 2, "halve <lr>")
    assert "the point at x = 2 alone" in fallback
    promised, actual = figure.compare().values()
    assert actual == pytest.approx(-0.36)
    assert promised == pytest.approx(-0.04 * (0.75 * 2) ** 2 * 5)
    assert f"changes by {MINUS}0.45; it changed by {MINUS}0.36" in fallback
    assert fallback.count("<circle") == 3
    assert 'aria-label="3 points, the line before a step' in fallback
    assert "<lr>" not in fallback
    assert (
        figure.html()
        == bp.Fit([(-1, 0), (0, 1), (2, 2)], weights=[0.5, 0.25], lr=0.04, one=2, note="halve <lr>").html()
    )


@pytest.mark.parametrize("model", ["line", "tanh", "relu"])
@pytest.mark.parametrize("lr", [0.0, 0.05, 1e6])
def test_the_still_can_draw_every_step(model, lr):
    still = bp.Fit(model=model, lr=lr).html()
    assert still.count("<circle") == 5
    assert "nan" not in re.sub(r"data='[^']*'", "", still)
    single = bp.Fit([(2, 3)], model, hidden=2, lr=lr).html()
    assert single.count("<circle") == 1


def test_the_reader_and_python_share_the_state():
    figure = bp.Fit(model="tanh", hidden=2, seed=3)
    start = figure.weights
    figure.set_trait("before", start)
    figure.weights = figure.stepped()
    figure.steps = 1
    assert '"steps":1' in figure.html()
    figure.model = "line"
    assert (figure.weights, figure.before, figure.steps) == ([0.0, 0.0], [], 0)
    figure.model, figure.seed = "relu", 4
    assert figure.weights == initial("relu", 2, 4)
    figure.one = 4
    figure.points = [(0, 0), (1, 2)]
    assert figure.one is None
    with figure.hold_trait_notifications():  # as the page sends it
        figure.model, figure.weights, figure.before = "line", [1.0, 2.0], [0.5, 2.0]
    assert figure.weights == [1.0, 2.0]


@pytest.mark.parametrize(
    ("name", "bad", "said"),
    [
        ("lr", math.nan, "lr wants a finite number, got nan"),
        ("lr", -0.1, "not below 0, got -0.1"),
        ("one", 5, "one wants one of 0, 1, 2, 3, 4, got 5"),
        ("weights", [1.0], r"weights wants 2 numbers \(w, b\), got 1"),
        ("before", [1.0], r"weights wants 2 numbers \(w, b\), got 1"),
        ("learns", ["w1"], "learns wants one of w, b, got 'w1'"),
        ("points", [[1.0]], r"points wants 1 to 12 pairs"),
    ],
)
def test_what_is_set_afterwards_is_checked(name, bad, said):
    figure = bp.Fit()
    with pytest.raises(ValueError, match=said):
        setattr(figure, name, bad)
    figure.html()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"points": []}, "1 to 12 pairs"),
        ({"points": [(0, math.inf)]}, "points wants a finite number, got inf"),
        ({"points": [(0, 1)] * 13}, "1 to 12 pairs"),
        ({"model": "cubic"}, "model wants one of line, tanh, relu, got 'cubic'"),
        ({"model": "tanh", "weights": [1.0] * 9}, "3 numbers for each hidden neuron.*got 9 numbers"),
        ({"weights": [1.0] * 3}, "2 numbers"),
        ({"model": "tanh", "hidden": 9}, "hidden wants a whole number from 1 to 8, got 9"),
        ({"seed": 1.5}, "seed wants a whole number"),
        ({"lr": "fast"}, "lr wants a finite number, got 'fast'"),
        ({"one": 7}, "one wants one of 0, 1, 2, 3, 4, got 7"),
        ({"learns": ["c"]}, "learns wants one of w, b"),
        ({"xlim": (1, 0)}, "xlim wants .* from < to"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        bp.Fit(**arguments)
