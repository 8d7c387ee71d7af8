"""A trace shows what backward used, in four forms, and leaves everything as it was."""

import json
import math

import pytest
from networks import PARAMETERS, A, B, relu_net, sigmoid_net

import bplib as bp
from bplib.engine.trace_table import fmt


def traced(build, numbers):
    loss, nodes = build(**numbers)
    inner = {name: nodes[name] for name in ("z1", "a1", "z2")}
    return bp.trace(loss, **inner), nodes


def test_trace_a_has_the_numbers_of_the_lesson():
    table, _ = traced(relu_net, A)
    assert [table[name].grad for name in PARAMETERS] == [-9, -4.5, -3, -3]
    assert (table["z1"].value, table["a1"].value, table["z2"].value, table["L"].value) == (1, 1, 1.5, 2.25)


def test_trace_b_has_the_numbers_of_the_book():
    table, _ = traced(sigmoid_net, B)
    assert [round(table[name].grad, 5) for name in PARAMETERS] == [1.14069, 0.45628, -2.36008, -2.81334]
    assert [round(table[name].value, 4) for name in ("z1", "a1", "z2", "L")] == [1.65, 0.8389, -1.4067, 1.9787]


def test_each_gradient_is_the_sum_of_upstream_times_local():
    (a,) = bp.values(a=1.5)
    b = a * a
    table = bp.trace(b * a + b, b=b)
    for row in table.rows[:-1]:
        assert row.grad == pytest.approx(sum(link.upstream * link.local for link in row.links), rel=1e-15)
    assert len(table["a"].links) == 3
    assert " and " in table.table()[0][3]


def test_tracing_changes_no_gradient():
    loss, nodes = sigmoid_net(**B)
    loss.backward()
    loss.backward()
    before = [n.grad for n in loss.graph()]
    bp.trace(loss)
    assert [n.grad for n in loss.graph()] == before
    assert nodes["w1"].grad == pytest.approx(2 * 1.14069, abs=1e-4)


def test_the_text():
    table, _ = traced(relu_net, A)
    lines = repr(table).split("\n")
    assert lines[0].split() == [
        "node",
        "computed",
        "as",
        "value",
        "local",
        "derivative",
        "upstream",
        "gradient",
        "gradient",
    ]
    assert lines[3].split() == ["w1", "0.5", "2", "-4.5", "-9"]
    assert lines[-1].split() == ["L", "(z2", "-", "y)", "**", "2", "2.25", "1"]


def test_the_html_marks_what_flows_forward_and_what_flows_back():
    table, _ = traced(relu_net, A)
    html = table._repr_html_()
    assert html.count('scope="row"') == len(table.rows) == 13
    assert '<td class="bp-forward">2.25</td>' in html
    assert "w<sub>1</sub>" in html
    assert "\N{MINUS SIGN}9</td>" in html


def test_the_html_cannot_be_broken_by_a_name():
    x = bp.Value(1.0, name="<script>")
    assert "<script>" not in bp.trace(x * 2).html()


def test_the_latex_goes_from_the_loss_to_the_leaves():
    table, _ = traced(relu_net, A)
    assert r"\frac{\partial L}{\partial w_{1}} &= (-4.5) \cdot 2 = -9" in table.latex()
    assert table.latex().index("partial z_{2}}") < table.latex().index("partial w_{1}}")


def test_the_json_holds_every_row_at_full_precision():
    table, _ = traced(sigmoid_net, B)
    rows = {row["name"]: row for row in json.loads(table.json())["rows"]}
    assert rows["w1"]["grad"] == table["w1"].grad
    assert rows["a1"]["links"] == [{"into": "w2 * a1", "local": -1.2, "upstream": table["z2"].grad}]
    assert json.loads(bp.trace(bp.Value(math.nan, name="x") * 1).json())["rows"][0]["value"] == "nan"


def test_the_graph_is_in_order_and_whole():
    table, _ = traced(relu_net, A)
    nodes = table.graph()["nodes"]
    assert all(p < i for i, node in enumerate(nodes) for p in node["parents"])
    assert nodes[-1]["name"] == "L"
    assert [n["name"] for n in nodes if n["op"] == "leaf"] == ["x", "w1", "b1", "w2", "b2", "y"]


def test_formulas_have_the_brackets_they_need():
    (a, b, c) = bp.values(a=1.0, b=2.0, c=3.0)
    for node, formula in (
        ((a + b) * c, "(a + b) * c"), (a + b * c, "a + b * c"), (a - (b - c), "a - (b - c)"), (a / (b * c), "a / (b * c)"),
        ((a * b) ** 2, "(a * b) ** 2"), (-(a + b), "-(a + b)"), ((-a) ** 2, "(-a) ** 2"), ((a + b).tanh(), "tanh(a + b)"),
        (a * -2.0, "a * (-2)"), (a.max(b), "max(a, b)"),
    ):  # fmt: skip
        assert bp.trace(node, out=node)["out"].formula == formula


def test_names_stay_apart_and_stay_short():
    (a,) = bp.values(a=1.0)
    y = a
    for _ in range(50):
        y = y * a + 1
    names = [row.name for row in bp.trace(y).rows]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 40


@pytest.mark.parametrize(
    ("wrong", "error", "word"),
    [
        (lambda: bp.trace(3.0), TypeError, "wants the loss as a Value, got float"),
        (lambda: bp.trace(bp.Value(1.0), z=2), TypeError, "wants z as a Value, got int"),
        (lambda: bp.trace(bp.Value(1.0), z=bp.Value(1.0)), ValueError, "z is no part of this loss"),
        (lambda: traced(relu_net, A)[0]["w9"], KeyError, "no node 'w9' in this trace; it has x, w1"),
    ],
)
def test_bad_input_says_what_was_wanted(wrong, error, word):
    with pytest.raises(error, match=word):
        wrong()


@pytest.mark.parametrize(
    ("number", "text"),
    [(0.0, "0"), (-9.0, "-9"), (1.14069, "1.1407"), (100.0, "100"), (1e-9, "1.000e-09"), (2.5e7, "2.500e+07"),
     (math.nan, "nan"), (-math.inf, "-inf"), (0.00012, "0.0001")],
)  # fmt: skip
def test_numbers_as_the_book_prints_them(number, text):
    assert fmt(number) == text
