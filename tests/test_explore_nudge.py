"""Nudge: the page's numbers against bplib's, the static form, wrong arguments."""

import html
import json
import math
import random
import re

import pytest
from explorables import in_node
from test_explore import chapter_trace, random_loss

from bplib import explore
from bplib.engine.trace_table import trace
from bplib.explore.base import show
from bplib.explore.graph import leaves_of, passes

LEAVES = ["w1", "b1", "w2", "b2"]


def test_curve_and_slopes_are_those_of_bplib(tmp_path):
    rng = random.Random(3)
    cases = []
    for t in [chapter_trace(), *(trace(random_loss(rng)) for _ in range(30))]:
        graph = t.graph()
        cases.append({"graph": graph, "leaf": rng.choice(list(leaves_of(graph))), "h": rng.uniform(-0.5, 0.5)})
    script = """out(data.map(({graph, leaf, h}) => {
        const from = graph.nodes.find((n) => n.name === leaf).value;
        return {curve: m.curve(graph, leaf, from, from + h, 8), slopes: m.slopes(graph), now: m.nudged(graph, leaf, h)};
    }))"""
    for case, answer in zip(cases, in_node(tmp_path, script, cases, name="nudge"), strict=True):
        graph, at = case["graph"], leaves_of(case["graph"])
        values, grads = passes(graph, at)
        scale = max(1.0, *map(abs, values), *map(abs, grads))
        for place, loss in answer["curve"]:
            want = passes(graph, at | {case["leaf"]: place})[0][-1]
            assert abs(loss - want) <= 1e-12 * max(scale, abs(want))
        for node, grad in zip(graph["nodes"], grads, strict=True):
            if node["op"] == "leaf":
                assert abs(answer["slopes"][node["name"]] - grad) <= 1e-12 * scale
        want = explore.Nudge(graph, case["leaf"], reach=1).compare(case["h"])
        for key, number in want.items():
            assert abs(answer["now"][key] - number) <= 1e-12 * max(scale, abs(want["actual"]))


def test_static_form():
    n = explore.Nudge(chapter_trace(), "w1", leaves=LEAVES, note="halve <h>")
    assert repr(n) == "Nudge(w1 by 0.1: promised \N{MINUS SIGN}0.9, brought \N{MINUS SIGN}0.81)"
    quoted, fallback = re.fullmatch(r"<bp-nudge data='([^']*)'>\n(.*)\n</bp-nudge>", n.html(), re.S).groups()
    inside = json.loads(html.unescape(quoted))
    assert (inside["leaf"], inside["h"], inside["leaves"], inside["note"]) == ("w1", 0.1, LEAVES, "halve <h>")
    assert '<td class="bp-backward">\N{MINUS SIGN}0.9</td><td class="bp-forward">\N{MINUS SIGN}0.81</td>' in fallback
    assert "<h>" not in fallback
    assert n.html() == explore.Nudge(chapter_trace(), leaves=LEAVES, note="halve <h>").html()


@pytest.mark.parametrize("h", [0.3, -0.6, 0.0])
def test_without_javascript_it_is_a_drawing_with_both_numbers_and_none_leaves_it(h):
    n = explore.Nudge(chapter_trace(), "w1", h=h, reach=0.6)
    drawn = n._fallback().split("<table")[0]
    now = n.compare(h)
    for said in (f"promised {show(now['promised'])}", f"happened {show(now['actual'])}", f"h = {show(h)}"):
        assert f">{said}</text>" in drawn
    for x, y, anchor, text in re.findall(r'<text x="([-\d.]+)" y="([-\d.]+)".*?anchor="(\w+)">([^<]*)<', drawn):
        long = 7.5 * len(text)
        left = float(x) - long * {"start": 0, "middle": 0.5, "end": 1}[anchor]
        assert 0 <= left <= 720 - long, text
        assert 0 <= float(y) <= 285, text


def test_the_reader_and_python_share_leaf_and_h():
    n = explore.Nudge(chapter_trace(), leaves=LEAVES)
    n.leaf, n.h = "w2", 0.5
    assert n.compare(n.h)["slope"] == -3
    assert '"leaf":"w2"' in n.html()
    with pytest.raises(ValueError, match="'x'"):
        n.leaf = "x"
    with pytest.raises(ValueError, match="finite"):
        n.h = math.inf


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"leaf": "w3"}, "leaf wants one of x, w1, .*'w3'"),
        ({"leaf": "x", "leaves": LEAVES}, "leaf wants one of w1, b1, w2, b2, got 'x'"),
        ({"leaves": ["z1"]}, "leaves wants one of .*'z1'"),
        ({"leaves": []}, "at least one leaf"),
        ({"reach": 0}, "above 0"),
        ({"reach": "far"}, "reach wants a finite number, got 'far'"),
        ({"h": math.nan}, "h wants a finite number, got nan"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Nudge(chapter_trace(), **arguments)


def test_what_is_no_graph_is_named():
    with pytest.raises(TypeError, match="wants a trace"):
        explore.Nudge(3.0)
