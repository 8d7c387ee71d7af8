"""The spreadsheet's formulas, recomputed by a spreadsheet engine that is not ours, against the scalar engine."""

import io
import math
import random
import re
import sys
import zipfile

import formulas
import openpyxl
import pytest
from networks import A, B, relu_net, sigmoid_net

import bplib as bp
from bplib.engine.value import RULES, Value
from bplib.show.spreadsheet import save, to_xlsx


def traced(build, numbers):
    loss, nodes = build(**numbers)
    return bp.trace(loss, **{name: nodes[name] for name in ("z1", "a1", "z2")})


def grow(rng, op, a, b):
    """A node made by `op`, kept away from where it is not defined."""
    constant = round(rng.uniform(-2, 2), 2)
    powers = (
        lambda: a**2, lambda: a**3.0, lambda: a**0, lambda: a**1, lambda: (a * a + 0.2) ** b, lambda: 1.7**a,
        lambda: (a * a + 0.5) ** -1.5,
    )  # fmt: skip
    return {
        "+": lambda: a + b, "-": lambda: constant - a, "*": lambda: a * b, "/": lambda: a / (b * b + 1.5),
        "**": rng.choice(powers), "neg": lambda: -a, "relu": a.relu, "sigmoid": a.sigmoid, "tanh": a.tanh,
        "exp": lambda: a.tanh().exp(), "log": lambda: (a * a + 0.5).log(), "max": lambda: a.max(rng.choice((b, constant, a))),
        "min": lambda: a.min(rng.choice((b, constant, a))), "abs": lambda: abs(a), "sin": a.sin, "cos": a.cos,
    }[op]()  # fmt: skip


def random_trace(seed):
    """A graph in which every operation occurs at least once, with fan-out and constants on either side."""
    rng = random.Random(seed)
    nodes = [Value(rng.uniform(0.3, 1.5) * rng.choice((-1, 1)), name=f"p{i}") for i in range(4)]
    ops = [*RULES, *rng.sample(list(RULES), 5)]
    rng.shuffle(ops)
    for op in ops:
        node = grow(rng, op, *rng.choices(nodes, k=2))
        nodes.append(node.tanh() * 1.5 if abs(node.data) > 2 else node)
    used = {parent for node in nodes for parent in node.graph()[:-1]}
    loss = 0.25 * nodes[-1]
    for node in nodes[:-1]:
        if node not in used or node.op == "leaf":
            loss = loss + node
    assert {n.op for n in loss.graph()} >= set(RULES)
    return bp.trace(loss, L=loss)


# ---------------------------------------------------------------- reading a sheet


class Sheet:
    """What a spreadsheet engine makes of the file, after changing cells; stored results are thrown away before."""

    def __init__(self, raw, tmp_path, **changed):
        book = openpyxl.load_workbook(io.BytesIO(raw))
        for cell, value in changed.items():
            book.active[cell].value = value
        book.save(tmp_path / "t.xlsx")
        self.text = {c.coordinate: c.value for row in book.active for c in row if c.value is not None}
        found = formulas.ExcelModel().loads(str(tmp_path / "t.xlsx")).finish().calculate()
        self.cells = {
            key.split("!")[1]: cell.value[0, 0] for key, cell in found.items() if re.search(r"![A-Z]+\d+$", key)
        }

    def rows(self, number):
        """(name, row) of the lines of a block."""
        start = next(int(k[1:]) for k, v in self.text.items() if k[0] == "A" and str(v).startswith(f"{number}  "))
        for row in range(start + 1, start + 10_000):
            if f"A{row}" not in self.text:
                return
            yield self.text[f"A{row}"], row

    def column(self, number, column):
        found = {name: self.cells.get(f"{column}{row}") for name, row in reversed(list(self.rows(number)))}
        return {name: float(v) for name, v in found.items() if isinstance(v, float | int) or hasattr(v, "dtype")}

    def where(self, number, name, column="C"):
        return next(f"{column}{row}" for found, row in self.rows(number) if found == name)


def rerun(trace, numbers):
    """The graph again with other leaves: every value and gradient by name."""
    made = {}
    for node in trace.nodes:
        if not node.parents:
            made[node] = Value(numbers.get(trace.names[node], node.data))
            continue
        a, *b = (made[p] for p in node.parents)
        made[node] = {
            "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
            "**": lambda a, b: a**b, "neg": lambda a: -a,
        }.get(node.op, lambda a, *b, op=node.op: getattr(a, op)(*b))(a, *b)  # fmt: skip
    made[trace.loss].backward()
    return {trace.names[old]: new for old, new in made.items() if old.op != "const"}


def agree(sheet, trace, changed=(), lr=0.1, h=1e-3, chosen="w1", params=()):
    """Every number in the sheet against the engine's."""
    now = rerun(trace, numbers := dict(changed))
    leaves = [trace.names[n] for n in trace.nodes if n.op == "leaf"]
    close = {"rel": 1e-9, "abs": 1e-9}
    values = sheet.column(1, "C") | sheet.column(2, "C")
    assert values == pytest.approx({name: node.data for name, node in now.items()}, **close)
    grads = sheet.column(3, "F")
    assert grads == pytest.approx({name: node.grad for name, node in now.items()}, **close)
    step = {name: now[name].data - lr * now[name].grad if name in params else now[name].data for name in leaves}
    after = sheet.column(4, "E")
    assert after == pytest.approx({name: node.data for name, node in rerun(trace, step).items()}, **close)
    here = numbers | {name: now[name].data for name in leaves}
    ups, downs = (rerun(trace, here | {chosen: now[chosen].data + d}) for d in (h, -h))
    assert sheet.column(5, "D") == pytest.approx({name: node.data for name, node in ups.items()}, **close)
    assert sheet.column(5, "E") == pytest.approx({name: node.data for name, node in downs.items()}, **close)
    top = trace.names[trace.loss]
    seen, slope = sheet.column(5, "C"), (ups[top].data - downs[top].data) / (2 * h)
    assert seen["measured"] == pytest.approx(slope, **close)
    assert seen["gradient"] == pytest.approx(now[chosen].grad, **close)
    apart = abs(slope - now[chosen].grad) / (max(abs(slope), abs(now[chosen].grad)) or 1)
    assert seen["apart"] == pytest.approx(apart, abs=1e-9)
    said = sheet.cells[sheet.where(4, "so", "B")]
    fell = now[top].data - rerun(trace, step)[top].data
    assert ("fell" in said, "rose" in said) == (fell > 0, fell < 0)


PARAMS = ("w1", "b1", "w2", "b2")


@pytest.mark.parametrize(("build", "numbers"), [(relu_net, A), (sigmoid_net, B)], ids=["A", "B"])
def test_the_traces_of_the_book(build, numbers, tmp_path):
    trace = traced(build, numbers)
    sheet = Sheet(to_xlsx(trace), tmp_path)
    agree(sheet, trace, params=PARAMS)
    if numbers is A:
        assert [sheet.column(3, "F")[name] for name in PARAMS] == [-9, -4.5, -3, -3]


def test_a_changed_cell_is_followed(tmp_path):
    trace = traced(sigmoid_net, B)
    raw = to_xlsx(trace)
    blank = Sheet(raw, tmp_path)
    changed = {"x": -0.7, "w1": 2.25, "y": 0.5}
    cells = {blank.where(1, name): value for name, value in changed.items()}
    cells |= {blank.where(4, "learning rate"): 25.0, blank.where(5, "nudge"): "b2", blank.where(5, "h"): 0.25}
    sheet = Sheet(raw, tmp_path, **cells)
    agree(sheet, trace, changed, lr=25.0, h=0.25, chosen="b2", params=PARAMS)
    assert "rose" in sheet.cells[sheet.where(4, "so", "B")]


@pytest.mark.parametrize("seed", range(2))
def test_every_operation_in_random_graphs(seed, tmp_path):
    trace = random_trace(seed)
    params = ["p0", "p2"]
    sheet = Sheet(to_xlsx(trace, params=params, lr=0.05), tmp_path)
    agree(sheet, trace, lr=0.05, chosen="p0", params=params)


def test_the_kinks_and_the_far_ends_follow_the_engine(tmp_path):
    a, b, c, d = bp.values(a=0.0, b=0.0, c=-800.0, d=3.0)
    loss = a.relu() + a.max(b) + c.sigmoid() + a**2 + a**1 + a**0 + (d - 1) ** b + (c - a) ** 3 * 1e-9
    trace = bp.trace(loss)
    agree(Sheet(to_xlsx(trace), tmp_path), trace, chosen="a", params=["a", "b", "c", "d"])


def test_a_loss_that_is_a_leaf(tmp_path):
    (w,) = bp.values(w=2.0)
    trace = bp.trace(w, w=w)
    agree(Sheet(to_xlsx(trace), tmp_path), trace, chosen="w", params=["w"])


def test_names_that_only_their_case_tells_apart(tmp_path):
    w, W = bp.values(w=2.0, W=3.0)
    trace = bp.trace(w * W * W)
    agree(Sheet(to_xlsx(trace), tmp_path), trace, chosen="w", params=["w", "W"])


def test_the_numbers_stored_beside_the_formulas_are_the_ones_they_give(tmp_path):
    """A viewer that does not calculate shows these."""
    raw = to_xlsx(random_trace(9), params=["p1"])
    stored = openpyxl.load_workbook(io.BytesIO(raw), data_only=True).active
    sheet = Sheet(raw, tmp_path)
    live = [cell for cell, text in sheet.text.items() if str(text).startswith("=")]
    assert len(live) > 150
    for cell in live:
        want, kept = sheet.cells[cell], stored[cell].value
        if want == "":  # the gradients of those not chosen
            assert kept is None
        else:
            assert kept == (want if isinstance(want, str) else pytest.approx(float(want), rel=1e-9, abs=1e-9)), cell


# ---------------------------------------------------------------- the file


def test_two_runs_give_the_same_bytes_with_no_clock_in_them(tmp_path):
    trace = traced(relu_net, A)
    path = save(trace, tmp_path / "a.xlsx")
    raw = path.read_bytes()
    assert raw == to_xlsx(traced(relu_net, A)) == to_xlsx(trace)
    with zipfile.ZipFile(path) as file:
        assert {entry.date_time for entry in file.infolist()} == {(2025, 1, 1, 0, 0, 0)}
        dates = re.findall(r"\d{4}-\d\d-\d\dT[\d:]+Z", file.read("docProps/core.xml").decode())
    assert set(dates) == {"2025-01-01T00:00:00Z"}
    assert len(raw) < 100_000


def test_other_numbers_make_another_file():
    assert to_xlsx(traced(relu_net, A)) != to_xlsx(traced(relu_net, A | {"w1": 0.6}))


def test_all_that_can_be_computed_is_a_formula_and_the_rest_is_coloured():
    ws = openpyxl.load_workbook(io.BytesIO(to_xlsx(traced(sigmoid_net, B)))).active
    edit = {c.coordinate for row in ws for c in row if c.fill.fill_type == "solid"}
    numbers = {c.coordinate for row in ws for c in row if isinstance(c.value, int | float)}
    assert numbers < edit
    assert [ws[cell].value for cell in sorted(edit - numbers)] == ["w1"]
    assert len(edit) == 6 + 3  # leaves; learning rate, nudge, h
    for row in ws:
        for cell in row:
            if str(cell.value).startswith("=") and cell.column > 2:
                assert cell.number_format in ("0.0000", "0.0E+00")
                assert not re.search(r"\d\.\d", re.sub(r"0\.5", "", cell.value)), "a number that should be a cell"


def test_what_the_sheet_looks_like():
    ws = openpyxl.load_workbook(io.BytesIO(to_xlsx(traced(relu_net, A)))).active
    assert ws.freeze_panes == "B3"
    assert ws.sheet_properties.pageSetUpPr.fitToPage
    assert (ws.page_setup.fitToWidth, ws.page_setup.fitToHeight) == (1, 1)
    (choice,) = ws.data_validations.dataValidation
    first, last = choice.formula1.replace("$", "").split(":")
    assert [cell.value for (cell,) in ws[f"{first}:{last}"]] == ["x", "w1", "b1", "w2", "b2", "y"]
    assert ws[str(choice.sqref)].value == "w1"
    words = {cell.value for cell in ws["B"]}
    assert {"relu(z1)", "(z2 - y)^2", "dL/d(z2 - y) = 2*(z2 - y)", "w1 - learning rate * gradient"} <= words


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-2", "@SUM(A1)", '=HYPERLINK("x")', "<b>&amp;", "\x07bell", "007", "{a}", '"']
)
def test_a_name_is_never_a_formula(name, tmp_path):
    w = Value(2.0, name=name)
    raw = to_xlsx(bp.trace(w * w))
    ws = openpyxl.load_workbook(io.BytesIO(raw)).active
    shown = name.replace("\x07", " ")
    cells = [c for row in ws for c in row if c.value == shown]
    assert len(cells) >= 4
    for cell in cells:
        assert cell.data_type == "s"
        assert cell.number_format == "@"
        assert cell.quotePrefix == (name[0] in "=+-@")
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        formulas_in_it = re.findall(r"<f>([^<]*)</f>", file.read("xl/worksheets/sheet1.xml").decode())
    assert all("HYPER" not in f and "SUM(A1)" not in f for f in formulas_in_it)
    if name == "=1+1":
        agree(Sheet(raw, tmp_path), bp.trace(w * w), chosen=name, params=[name])


def test_a_pass_that_leaves_the_domain_still_opens():
    """One step takes w below 0, where there is no logarithm: the sheet says so, the file is whole."""
    (w,) = bp.values(w=0.0005)
    ws = openpyxl.load_workbook(io.BytesIO(to_xlsx(bp.trace(w.log()), lr=1.0)), data_only=True).active
    found = {row[0].value: [cell.value for cell in row[2:5]] for row in ws if row[0].value}
    assert found["measured"][0] is None
    assert found["gradient"][0] == 2000
    assert found["so"] == [None, None, None]


@pytest.mark.parametrize(
    ("wrong", "error", "word"),
    [
        (lambda t: save(t, "a.xls"), ValueError, r"ends in \.xlsx, got 'a\.xls'"),
        (lambda t: to_xlsx(t.loss), TypeError, r"wants a Trace, from bp\.trace\(loss\), got Value"),
        (lambda t: to_xlsx(t, params=["w9"]), ValueError, r"leaves of this trace \(x, w1.*got \['w9'\]"),
        (lambda t: to_xlsx(t, params="w1"), ValueError, "wants a list"),
        (lambda t: to_xlsx(t, lr=float("nan")), ValueError, "finite lr and a positive h, got lr=nan"),
        (lambda t: to_xlsx(t, h=0), ValueError, "positive h.*h=0"),
        (lambda t: to_xlsx(bp.trace(Value(math.inf, name="u") * 0.5)), ValueError, "no cell for inf, the value of u"),
        (lambda t: to_xlsx(bp.trace(Value(2.0, None, "const") * 3)), ValueError, "no leaf, only constants"),
        (lambda t: to_xlsx(bp.trace(Value(2.0, None, "tan", (Value(1.0),), (0.5,)))), ValueError, "got 'tan' for L"),
    ],
)  # fmt: skip
def test_bad_input_says_what_was_wanted(wrong, error, word):
    with pytest.raises(error, match=word):
        wrong(traced(relu_net, A))


def test_leaves_changed_since_are_taken_as_they_are_now(tmp_path):
    (w,) = bp.values(w=1.0)
    trace = bp.trace(w.log())
    w.data = 2.0
    assert Sheet(to_xlsx(trace), tmp_path).column(2, "C")["L"] == pytest.approx(0.6931471805599453)
    w.data = -1.0
    with pytest.raises(ValueError, match="the leaves were changed"):
        to_xlsx(trace)


def test_without_openpyxl_the_error_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r"pip install 'backward-pass\[notebook\]'"):
        to_xlsx(traced(relu_net, A))
