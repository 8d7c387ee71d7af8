"""The figure `paths`: its numbers against a calculation of Values, its static form, what it refuses."""

import html
import json
import math
import random
import re
from itertools import pairwise

import pytest
from explorables import in_node
from traitlets import TraitError

import bplib as bp
from bplib.explore.paths import drawn

SIZES = [(layers, width) for layers in (1, 2, 3, 4) for width in (1, 2, 3, 4)]


def random_rates(rng: random.Random, layers: int, width: int) -> list:
    sizes = [1, *[width] * layers, 1]
    return [[[rng.uniform(-2, 2) for _ in range(after)] for _ in range(here)] for here, after in pairwise(sizes)]


def test_javascript_finds_what_values_find(tmp_path):
    rng = random.Random(4)
    figures = [bp.Paths(rates=random_rates(rng, *size)) for size in SIZES]
    script = """out(data.map((rates) => ({back: m.sweep(rates, "back"), front: m.sweep(rates, "front"),
        paths: Array.from({length: m.countPaths(rates)}, (_, k) =>
            m.factors(rates, m.path(rates, k)).reduce((a, b) => a * b)),
        end: m.progress(rates, "paths", -1), cost: m.cost(rates.length - 1, rates[0][0].length)})))"""
    for figure, answer in zip(figures, in_node(tmp_path, script, [f.edges() for f in figures], "paths"), strict=True):
        ours, costs = figure.sweeps(), figure.multiplications()
        scale = max(1.0, *(abs(n) for way in ours.values() for column in way for n in column))
        for way in ("back", "front"):
            for here, there in zip(ours[way], answer[way], strict=True):
                assert there == pytest.approx(here, abs=1e-12 * scale)
        assert answer["paths"] == pytest.approx(figure.along_paths(), abs=1e-12 * scale)
        assert answer["end"]["sum"] == pytest.approx(ours["back"][0][0], abs=1e-12 * scale)
        assert answer["cost"] == {"paths": costs["paths"], "factored": costs["back"]}


def test_both_draw_the_same_rates(tmp_path):
    cases = [(*size, seed) for size in SIZES for seed in (1, 7, 23)]
    answers = in_node(tmp_path, "out(data.map((given) => m.drawn(...given)))", cases, "paths")
    assert answers == [drawn(*case) for case in cases]


def test_the_three_ways_agree():
    for layers, width in SIZES:
        figure = bp.Paths(layers, width, seed=3)
        sweeps = figure.sweeps()
        assert len(figure.along_paths()) == width**layers
        assert math.fsum(figure.along_paths()) == sweeps["back"][0][0] == sweeps["front"][-1][0]
        nudged = drawn(layers, width, 3)
        nudged[0][0][0] += 1  # one edge more or less: its node's gradient is what the result moves by
        moved = bp.Paths(rates=nudged).sweeps()["back"][0][0] - sweeps["back"][0][0]
        assert moved == sweeps["back"][1][0]


def test_static_form():
    figure = bp.Paths(note="add <layers>")
    assert repr(figure) == "Paths(9 paths: 18 multiplications; factored: 12; dL/dx = 22)"
    quoted, fallback = re.fullmatch(r"<bp-paths data='([^']*)'>\n(.*)\n</bp-paths>", figure.html(), re.S).groups()
    assert json.loads(html.unescape(quoted)) == {
        "layers": 2,
        "width": 3,
        "way": "paths",
        "seed": 7,
        "note": "add <layers>",
    }
    assert fallback.count("<circle") == 2 * 8
    assert ">\N{PARTIAL DIFFERENTIAL}22<" in fallback
    assert "9 paths with 2 multiplications each: 18 multiplications for one derivative" in fallback
    assert "<layers>" not in fallback
    assert figure.html() == bp.Paths(note="add <layers>").html()
    for size in SIZES:
        assert bp.Paths(*size).html().count("<circle") == 2 * (2 + math.prod(size))


def test_the_reader_and_python_share_the_state():
    rates = random_rates(random.Random(1), 3, 2)
    figure = bp.Paths(rates=rates)
    assert (figure.layers, figure.width, figure.edges()) == (3, 2, rates)
    figure.width = 3
    assert figure.edges() == drawn(3, 3, 7)
    figure.width, figure.way, figure.step = 2, "back", 4
    assert figure.edges() == rates
    assert '"way":"back"' in figure.html()
    assert '"step":4' in figure.html()
    for name, bad in (("way", "sideways"), ("layers", 9), ("width", 0), ("step", -2), ("rates", [[[1.0]]])):
        with pytest.raises((ValueError, TraitError)):
            setattr(figure, name, bad)
    assert figure.edges() == rates


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"layers": 5}, "layers wants a whole number from 1 to 4, got 5"),
        ({"width": 2.0}, "width wants a whole number from 1 to 4, got 2.0"),
        ({"way": "sideways"}, "way wants one of paths, back, front, got 'sideways'"),
        ({"seed": "x"}, "seed wants a whole number, got 'x'"),
        ({"rates": [[[1, 2]], [[1]]]}, "rates wants matrices between columns"),
        ({"rates": [[[1]]]}, "rates wants matrices between columns"),
        ({"rates": [[[1]], [[math.nan]]]}, "rates wants a finite number, got nan"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        bp.Paths(**arguments)
