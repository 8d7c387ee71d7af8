"""Explorables: the JavaScript model against bplib, the static form, the widget's manners."""

import gzip
import html
import json
import math
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from explorables import in_node

import bplib as bp
from bplib import explore
from bplib.engine.trace_table import trace
from bplib.engine.value import RULES, values
from bplib.explore.graph import rooms
from bplib.mistakes.scalar import MISTAKES

ROOT = Path(__file__).parents[1]


def chapter_trace(w1: float = 0.5):
    x, w1, b1, w2, b2, y = values(x=2.0, w1=w1, b1=0.0, w2=1.5, b2=0.0, y=3.0)
    z1 = w1 * x + b1
    a1 = z1.relu()
    z2 = w2 * a1 + b2
    return trace((z2 - y) ** 2, z1=z1, a1=a1, z2=z2)


def trace_b():
    x, w1, b1, w2, b2, y = values(x=2.5, w1=0.5, b1=0.4, w2=-1.2, b2=-0.4, y=0.0)
    z1 = w1 * x + b1
    a1 = z1.sigmoid()
    z2 = w2 * a1 + b2
    return trace((z2 - y) ** 2, z1=z1, a1=a1, z2=z2)


def random_loss(rng: random.Random):
    """A loss with much fan-out, each operation where it is smooth and moderate."""
    nodes = list(values(**{f"x{i}": rng.uniform(-2, 2) for i in range(1, 5)}))
    while len(nodes) < 24:
        a, b, number = rng.choice(nodes), rng.choice(nodes), rng.choice([-1.5, 0.5, 2.0, 3.0])
        makes = {
            "+": lambda a=a, b=b: a + b,
            "-": lambda a=a, n=number: n - a,
            "*": lambda a=a, b=b: a * b,
            "/": lambda a=a, b=b: a / (b * b + 1),
            "**": lambda a=a, b=b: a**2 + (b * b + 0.5) ** -1.5 + (a * a + 1) ** b.tanh(),
            "neg": lambda a=a: -a,
            "relu": lambda a=a: a.relu(),
            "sigmoid": lambda a=a: a.sigmoid(),
            "tanh": lambda a=a: a.tanh(),
            "exp": lambda a=a: a.tanh().exp(),
            "log": lambda a=a: (a * a + 0.1).log(),
            "abs": lambda a=a: abs(a),
            "sin": lambda a=a: a.sin(),
            "cos": lambda a=a: a.cos(),
            "max": lambda a=a, b=b, n=number: a.max(b) + a.max(n),
            "min": lambda a=a, b=b, n=number: a.min(b) - a.min(n),
        }
        made = makes[rng.choice(sorted(makes))]()
        if abs(made.data) < 20:
            nodes.append(made)
    total = nodes[0]
    for node in nodes[-6:]:
        total = total + node
    return total


def test_javascript_computes_what_bplib_computes(tmp_path):
    rng = random.Random(7)
    traces = [chapter_trace(), *(trace(random_loss(rng)) for _ in range(60))]
    used = {node.op for t in traces for node in t.nodes}
    assert used >= set(RULES)
    script = "out(data.map((graph) => (m.check(graph), m.run(graph))))"
    answers = in_node(tmp_path, script, [t.graph() for t in traces])
    for t, answer in zip(traces, answers, strict=True):
        t.loss.backward()
        for key, want in (("value", [n.data for n in t.nodes]), ("grad", [n.grad for n in t.nodes])):
            scale = max(1.0, *(abs(number) for number in want))
            for node, got, number in zip(t.nodes, answer[key], want, strict=True):
                if node.op != "const":
                    assert abs(got - number) <= 1e-12 * scale, (t.names[node], key)


def test_moved_leaves_give_what_a_new_trace_gives(tmp_path):
    old, new = chapter_trace(), chapter_trace(w1=-0.75)
    answer = in_node(tmp_path, "out(m.run(data, { w1: -0.75 }))", old.graph())
    by_name = {n["name"]: i for i, n in enumerate(old.graph()["nodes"])}
    for row in new.rows:
        assert answer["value"][by_name[row.name]] == pytest.approx(row.value, abs=1e-12)
        assert answer["grad"][by_name[row.name]] == pytest.approx(row.grad, abs=1e-12)


def test_the_tables_of_operations_are_the_same(tmp_path):
    ops = in_node(tmp_path, "out(Object.keys(m.RULES))", None)
    assert set(ops) == set(RULES) | {"leaf", "const"}


@pytest.mark.parametrize("name", explore.NAMES)
def test_a_module_stands_alone_and_stays_small(name):
    text = explore.module(name)
    assert not re.search(r"^import\b", text, re.M)
    assert len(gzip.compress(text.encode())) <= 30 * 1024
    assert re.search(r"^export default ", text, re.M)
    assert re.search(r"^export \{[^}]*\bdefine\b", text, re.M)
    assert not re.search(r"https?://(?!www\.w3\.org)", text)


def test_a_figure_may_have_parts_of_its_own_and_each_part_comes_once_before_its_use(monkeypatch, tmp_path):
    for folder, name, text in [
        ("_shared", "frame", "export const frame = 1;\n"),
        ("quiz", "words", 'import { frame } from "../_shared/frame.js";\nexport const words = frame;\n'),
        ("quiz", "fill", 'import { words } from "./words.js";\nexport const fill = words;\n'),
        ("quiz", "quiz", 'import { fill } from "./fill.js";\nimport { words } from "./words.js";\nconst own = [fill, words];\n'),
    ]:  # fmt: skip
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / f"{name}.js").write_text(text)
    monkeypatch.setattr(explore, "_HERE", tmp_path)
    assert explore.module("quiz") == (
        "const frame = 1;\nconst words = frame;\nconst fill = words;\nconst own = [fill, words];\n"
    )


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="no explorable is called 'grpah'; there are graph"):
        explore.module("grpah")
    with pytest.raises(AttributeError, match="Grpah"):
        _ = explore.Grpah


def test_the_page_needs_no_anywidget():
    code = (
        "import sys; from bplib.explore import NAMES, module, stylesheet; stylesheet()\n"
        "for name in NAMES: module(name)\n"
        "sys.exit('anywidget' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, timeout=60)


class TestGraph:
    def test_defaults(self):
        t = chapter_trace()
        g = explore.Graph(t)
        assert g.graph == t.graph()
        assert list(g.knobs) == ["x", "w1", "b1", "w2", "b2", "y"]
        assert all(low < g.values[name] < high for name, (low, high, _) in g.knobs.items())
        assert g.values == {"x": 2.0, "w1": 0.5, "b1": 0.0, "w2": 1.5, "b2": 0.0, "y": 3.0}
        assert g.step == -1

    def test_given_knobs_keep_their_order(self):
        g = explore.Graph(chapter_trace(), knobs={"w2": (-3, 3), "w1": (0, 1, 0.25)})
        assert list(g.knobs.items()) == [("w2", [-3.0, 3.0, 0.05]), ("w1", [0.0, 1.0, 0.25])]

    def test_values_can_be_set_in_part(self):
        g = explore.Graph(chapter_trace())
        g.values = {"w1": -1}
        assert g.values["w1"] == -1.0
        assert g.values["y"] == 3.0
        with pytest.raises(ValueError, match="'w3'"):
            g.values = {"w3": 1.0}
        with pytest.raises(ValueError, match="finite"):
            g.values = {"w1": math.inf}

    def test_static_form(self):
        g = explore.Graph(chapter_trace(), note="don't <stop>")
        data, _ = g._repr_mimebundle_()
        assert "application/vnd.jupyter.widget-view+json" in data
        assert data["text/plain"] == "Graph(L = 2.25 at x=2.0, w1=0.5, b1=0.0, w2=1.5, b2=0.0, y=3.0)"
        quoted, fallback = re.fullmatch(
            r"<bp-graph data='([^']*)'>\n(.*)\n</bp-graph>", data["text/html"], re.S
        ).groups()
        inside = json.loads(html.unescape(quoted))
        assert set(inside) == {"graph", "knobs", "note"}
        assert inside["note"] == "don't <stop>"
        assert fallback.startswith('<table class="bp-trace">\n<caption>')
        assert '<th scope="row">w1</th><td>leaf</td><td class="bp-forward">0.5</td>' in fallback
        assert '<td class="bp-backward">\N{MINUS SIGN}9</td>' in fallback
        assert "<stop>" not in fallback

    def test_static_form_is_deterministic_and_follows_the_reader(self):
        first, second = (explore.Graph(chapter_trace()) for _ in range(2))
        assert first.html() == second.html()
        assert "0x" not in repr(first)
        second.values, second.step = {"w1": -1.0}, 3
        assert '"values":{"w1":-1.0},"step":3' in second.html()
        assert "L = 9 at" in repr(second)

    def test_the_page_reads_what_python_writes(self, tmp_path):
        g = explore.Graph(chapter_trace(), knobs={"w1": (-3, 3)})
        answer = in_node(tmp_path, "m.check(data.graph); out(m.run(data.graph, data.values).grad)", g._data())
        assert answer[1] == -9.0

    def test_every_listed_slip_is_the_mistakes_own_gradient(self):
        t = trace_b()
        table = explore.Graph(t, fill=False, lr=0.1, learns=["w1"]).slips
        listed = set()
        for i, rows in table["at"].items():
            node = t.nodes[int(i)]
            for wrong, *which in rows:
                for slug, question, says in (table["says"][k] for k in which):
                    mistake = MISTAKES[slug]
                    assert (mistake.question, mistake.says) == (question, says)
                    assert wrong == pytest.approx(mistake.run(t.loss, 0.1).grads[node], rel=1e-5)
                    listed.add((slug, node))
        t.loss.backward()
        for slug, mistake in MISTAKES.items():
            for node, wrong in mistake.run(t.loss, 0.1).grads.items():
                if node.op != "const" and abs(wrong - node.grad) > 0.03:
                    assert (slug, node) in listed

    def test_slips_that_need_a_learning_rate_want_one(self):
        listed = [{says[0] for says in explore.Graph(trace_b(), fill=False, **more).slips["says"]}
                  for more in ({}, {"lr": 0.1, "learns": ["w1"]})]  # fmt: skip
        assert listed[1] - listed[0] == {"updated-weight", "step-for-slope", "new-value-for-slope"}

    def test_the_page_names_every_slip_in_the_table(self, tmp_path):
        g = explore.Graph(trace_b(), fill=False)
        script = (
            "const pass = m.run(data.graph), { says, at } = data.slips;\n"
            "out(Object.entries(at).flatMap(([i, rows]) => rows.map(([wrong, ...which]) => {\n"
            "  const step = { pass: 'backward', node: Number(i) };\n"
            "  const found = m.suspects(data.graph, pass, step, wrong, data.slips);\n"
            "  return [m.fits(data.graph, pass, step, wrong), found.length, Math.min(which.length, 2)]; })))"
        )
        for fits, found, listed in in_node(tmp_path, script, g._data()):
            assert not fits
            assert found == listed

    def test_the_page_leaves_as_much_room_as_python(self, tmp_path):
        rng = random.Random(3)
        traces = [trace_b(), *(trace(random_loss(rng)) for _ in range(20))]
        script = "out(data.map((g) => g.nodes.map((_, node) => m.room(g, m.run(g), { pass: 'backward', node }))))"
        for t, page in zip(traces, in_node(tmp_path, script, [t.graph() for t in traces]), strict=True):
            t.loss.backward()
            for node, there, here in zip(t.nodes, page, rooms(t.nodes), strict=True):
                assert node.op == "const" or there == pytest.approx(here, rel=1e-9)

    def test_filling_in_is_offered_or_begun_or_neither(self):
        none, offered, begun = (explore.Graph(trace_b(), fill=fill) for fill in (None, False, True))
        assert (none.slips, none.fill, none.step) == ({}, False, -1)
        assert (offered.fill, offered.step) == (False, -1)
        assert (begun.fill, begun.step) == (True, 0)
        assert "slips" not in none._data()
        assert {"fill", "slips", "step"} <= set(begun._data())

    def test_no_value_is_said_so(self):
        (x,) = values(x=1.0)
        g = explore.Graph(trace(x.log()))
        g.values = {"x": -1.0}
        assert "nan" in g.html()

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"knobs": {"w3": (0, 1)}}, r"names of leaves \(x, w1, .*'w3'"),
            ({"knobs": {"z1": (0, 1)}}, "'z1'"),
            ({"knobs": {"w1": (1, 1)}}, r"min < max, got \(1, 1\)"),
            ({"knobs": {"w1": (0, math.nan)}}, "finite number, got nan"),
            ({"knobs": {"w1": 3}}, r"\(min, max\) or \(min, max, step\), got 3"),
            ({"knobs": {"w1": (0, 1, 0)}}, "step above 0"),
            ({"lr": 0.1}, "lr and learns want each other: got lr=0.1"),
            ({"learns": ["w1"]}, "lr and learns want each other: got lr=None"),
            ({"lr": 0.1, "learns": ["w9"]}, "w9"),
            ({"lr": "fast", "learns": ["w1"]}, "lr wants a finite number, got 'fast'"),
        ],
    )
    def test_wrong_arguments_are_named(self, arguments, message):
        with pytest.raises(ValueError, match=message):
            explore.Graph(chapter_trace(), **arguments)

    @pytest.mark.parametrize("wrong", [None, 3.0, "L", [], {}, {"nodes": []}])
    def test_what_is_no_graph_is_named(self, wrong):
        with pytest.raises(TypeError, match="wants a trace"):
            explore.Graph(wrong)

    @pytest.mark.parametrize(
        ("node", "message"),
        [
            ({"name": "v"}, "op, parents, value"),
            ({"name": "v", "op": "tan", "parents": [], "value": 1.0}, "got 'tan'"),
            ({"name": "v", "op": "exp", "parents": [0], "value": 1.0}, r"before it, got \[0\]"),
            ({"name": "v", "op": "leaf", "parents": [], "value": math.nan}, "finite number, got nan"),
        ],
    )
    def test_what_is_wrong_in_a_graph_is_named(self, node, message):
        with pytest.raises(ValueError, match=message):
            explore.Graph({"nodes": [node]})


@pytest.mark.parametrize(
    ("figure", "name", "bad", "said"),
    [
        (lambda: bp.Wishes(), "image", 500, "image wants a whole number"),
        (lambda: bp.Flow(depth=2, width=2), "scale", float("nan"), "scale wants a finite number"),
        (lambda: bp.Chain(["*3"]), "x", float("nan"), "x wants a finite number"),
        (lambda: bp.Chain(["*3"]), "dx", 0.0, "dx wants a number that is not 0"),
        (lambda: bp.Chain(["*3"]), "order", "sideways", "order wants one of back, front"),
        (lambda: bp.Quiz(bp.Number("How many?", 2, within=0.1)), "answers", {"1": ["abc"]}, "lists of attempts for 1"),
    ],
)
def test_what_is_set_afterwards_is_checked_like_what_is_given_at_first(figure, name, bad, said):
    made = figure()
    before = getattr(made, name)
    with pytest.raises(ValueError, match=said):
        setattr(made, name, bad)
    assert getattr(made, name) == before
    made.html()


def test_the_frame_of_a_figure_leaves_code_alone():
    """Pygments gives `self` the class bp: a rule for every .bp would draw a box round it in each listing."""
    css = (Path(explore.__file__).parent / "_shared" / "shared.css").read_text()
    assert not re.search(r"^\.bp\s*\{", css, re.MULTILINE)
    assert re.search(r"^\.bp:not\(span\)\s*\{", css, re.MULTILINE)


def test_one_name_in_two_parts_of_a_figure_is_refused(monkeypatch, tmp_path):
    """The parts become one script: the second `const` of a name would stop all of it."""
    (tmp_path / "_shared").mkdir()
    (tmp_path / "quiz").mkdir()
    (tmp_path / "_shared/one.js").write_text("export const asked = 1;\n")
    (tmp_path / "quiz/quiz.js").write_text('import { asked } from "../_shared/one.js";\nconst mine = asked;\n')
    monkeypatch.setattr(explore, "_HERE", tmp_path)
    monkeypatch.setattr(explore, "_SHARED", tmp_path / "_shared")
    assert "const mine" in explore.module("quiz")
    (tmp_path / "quiz/quiz.js").write_text('import { asked as other } from "../_shared/one.js";\nconst asked = 2;\n')
    with pytest.raises(ValueError, match=r"quiz\.js and the parts that it shares declare asked twice"):
        explore.module("quiz")
