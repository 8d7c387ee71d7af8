"""Chain: the page's numbers against bplib's, the static form, wrong arguments."""

import html
import json
import math
import random
import re

import pytest
from explorables import in_node

import bplib as bp
from bplib import explore

# How a Value does what a stage does; sin is not among its operations.
ON_VALUES = {
    "*3": lambda v: v * 3,
    "*0.8": lambda v: v * 0.8,
    "*-2": lambda v: v * -2,
    "+2": lambda v: v + 2,
    "square": lambda v: v**2,
    "cube": lambda v: v**3,
    "reciprocal": lambda v: 1 / v,
    "exp": lambda v: v.exp(),
    "log": lambda v: v.log(),
    "sigmoid": lambda v: v.sigmoid(),
    "tanh": lambda v: v.tanh(),
    "relu": lambda v: v.relu(),
}


def random_chains(names: list[str], count: int):
    """Pipelines that keep to moderate numbers: [[name, times], ...], x."""
    rng = random.Random(11)
    while count:
        x = rng.uniform(-2, 2)
        stages = [[rng.choice(names), rng.choice([1, 1, 1, 2, 3])] for _ in range(rng.randint(1, 8))]
        values, rates = explore.Chain(stages, x=x).rates()
        if all(1e-3 < abs(v) < 1e3 for v in values) and all(abs(r) < 1e3 for r in rates):
            count -= 1
            yield stages, x


def test_the_page_computes_what_value_computes(tmp_path):
    cases = list(random_chains(sorted(ON_VALUES), 80))
    assert {name for stages, _ in cases for name, _ in stages} == set(ON_VALUES)
    answers = in_node(tmp_path, "out(data.map(([stages, x]) => m.pass(stages, x)))", cases, name="chain")
    for (stages, x), answer in zip(cases, answers, strict=True):
        here = [bp.Value(x)]
        for name, times in stages:
            v = here[-1]
            for _ in range(times):
                v = ON_VALUES[name](v)
            here.append(v)
        here[-1].backward()
        scale = max(1.0, *(abs(v.grad) for v in here), *(abs(v.data) for v in here), *map(abs, answer["rates"]))
        for v, value, back in zip(here, answer["values"], answer["back"], strict=True):
            assert abs(v.data - value) <= 1e-12 * scale
            assert abs(v.grad - back) <= 1e-12 * scale
        assert abs(answer["front"][-1] - answer["back"][0]) <= 1e-12 * scale


def test_with_sin_it_agrees_with_python_and_with_central_differences(tmp_path):
    cases = list(random_chains(["sin", "square", "*0.8", "+2", "tanh"], 30))
    answers = in_node(tmp_path, "out(data.map(([stages, x]) => m.pass(stages, x)))", cases, name="chain")
    for (stages, x), answer in zip(cases, answers, strict=True):
        values, rates = explore.Chain(stages, x=x).rates()
        for got, want in zip(answer["values"] + answer["rates"], values + rates, strict=True):
            assert abs(got - want) <= 1e-12 * max(1.0, abs(want))

        def y(x, stages=stages):
            return explore.Chain(stages, x=float(x)).rates()[0][-1]

        slope = answer["back"][0]
        h = 1e-6
        assert (y(x + h) - y(x - h)) / (2 * h) == pytest.approx(slope, rel=1e-5, abs=1e-5)


def test_gradcheck_accepts_the_product():
    chain = explore.Chain(["square", "sin", "*3"], x=0.7)
    slope = math.prod(chain.rates()[1])
    assert bp.gradcheck(lambda x: 3 * math.sin(x * x), {"x": 0.7}, {"x": slope})


def test_static_form():
    c = explore.Chain(["square", "*-2", "-1", ("*0.8", 20)], x=3, note="more & more")
    assert c.stages == [["square", 1], ["*-2", 1], ["+-1", 1], ["*0.8", 20]]
    assert repr(explore.Chain([("*0.8", 20)])) == "Chain(20 times *0.8: y = 0.0231, dy/dx = 0.0115 at x = 2)"
    quoted, fallback = re.fullmatch(r"<bp-chain data='([^']*)'>\n(.*)\n</bp-chain>", c.html(), re.S).groups()
    assert json.loads(html.unescape(quoted))["stages"] == c.stages
    assert "\N{MULTIPLICATION SIGN}0.8, 20 times" in fallback
    assert "more &amp; more" in fallback
    assert c.html() == explore.Chain(c.stages, x=3, note="more & more").html()


def test_without_javascript_it_is_a_drawing_with_a_bar_for_every_stage():
    twenty = explore.Chain([("*0.8", 20)])._fallback()
    for kind in ("forward", "backward"):
        tall = [abs(float(v)) for v in re.findall(rf'"bp-bars bp-{kind}" d="[^"]*?v([-\d.]+)h', twenty)]
        assert len(tall) == 21
        assert tall == sorted(tall, reverse=kind == "forward")
        assert tall[0 if kind == "forward" else -1] == 60
    mixed = explore.Chain(["square", "*-2"], x=3)._fallback()
    for said in ("rate 6", "rate \N{MINUS SIGN}2", "\N{MINUS SIGN}0.12", "\N{MINUS SIGN}12"):
        assert f">{said}</text>" in mixed
    explore.Chain([("exp", 99)])._fallback()


def test_no_value_is_said_so():
    assert "nan" in repr(explore.Chain(["log"], x=-1))
    assert "nan" in explore.Chain(["exp", "exp", "exp"], x=3).html()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"stages": []}, "1 to 8 functions"),
        ({"stages": "sin"}, "1 to 8 functions, got 'sin'"),
        ({"stages": ["sin"] * 9}, "1 to 8 functions"),
        ({"stages": ["cos"]}, "a stage wants .*'cos'"),
        ({"stages": [("sin", 0)]}, r"1 to 99 times, got \('sin', 0\)"),
        ({"stages": [("sin", 1.5)]}, "1 to 99 times"),
        ({"x": math.inf}, "x wants a finite number"),
        ({"dx": 0}, "dx wants a number that is not 0"),
        ({"order": "middle"}, "order wants one of back, front, got 'middle'"),
        ({"range": (1, 1)}, "min < max"),
        ({"range": 3}, r"\(min, max\), got 3"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Chain(**({"stages": ["sin"]} | arguments))


def test_what_is_set_later_is_checked_too():
    chain = explore.Chain(["sin"])
    chain.stages = [["square", 2]]
    assert chain.rates() == ([2.0, 16.0], [32.0])
    with pytest.raises(ValueError, match="a stage wants"):
        chain.stages = [["cos", 1]]
