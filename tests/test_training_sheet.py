"""The training sheet's formulas, recomputed by spreadsheet engines that are not ours, against the scalar engine."""

import io
import math
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import formulas
import openpyxl
import pytest
from networks import B, sigmoid_net

import bplib as bp
from bplib.exercises.ch06 import CHAPTER, PARAMETERS, two_inputs
from bplib.show.training_sheet import save, to_xlsx
from tools import make_spreadsheet

ROOT = Path(__file__).resolve().parent.parent
STEPS = 3
CLOSE = {"rel": 1e-9, "abs": 1e-9}
FIRST, TOP = 9, 20  # the first row of numbers on either sheet
ROW = {name: FIRST + k for k, name in enumerate((*CHAPTER, "z", "a", "o", "L"))}


def traced(**numbers):
    loss, nodes = two_inputs(**CHAPTER | numbers)
    return bp.trace(loss, z=nodes["z"], a=nodes["a"], o=nodes["o"])


def by_formulas(file: Path) -> dict[str, float]:
    """{"Network!B9": value}, as the package formulas finds it."""
    found = formulas.ExcelModel().loads(str(file)).finish().calculate()
    cell = re.compile(r"\](\w+)'!([A-Z]+\d+)$")
    return {f"{at[1].title()}!{at[2]}": v.value[0, 0] for key, v in found.items() if (at := cell.search(key))}


def by_libreoffice(file: Path) -> dict[str, float]:
    """The same, as LibreOffice finds it: it opens the file, calculates, and writes it again."""
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if not program:
        pytest.skip("optional: spreadsheets in LibreOffice, for want of soffice")
    out = file.parent / "recalculated"
    command = [program, f"-env:UserInstallation={(file.parent / 'profile').as_uri()}", "--headless",
               "--convert-to", "xlsx", "--outdir", str(out), str(file)]  # fmt: skip
    for _ in range(2):  # a new profile may end the first start, with a request to start again
        subprocess.run(command, capture_output=True, timeout=120)
        if (out / file.name).exists():
            book = openpyxl.load_workbook(out / file.name, data_only=True)
            return {f"{ws.title}!{c.coordinate}": c.value for ws in book for row in ws for c in row}
    raise AssertionError("LibreOffice opened nothing")


ENGINES = pytest.mark.parametrize("engine", [by_formulas, by_libreoffice], ids=["formulas", "LibreOffice"])


def recomputed(engine, raw: bytes, tmp_path: Path, **changed) -> dict[str, float]:
    """Every cell after some have been changed; the numbers stored beside the formulas are thrown away before."""
    book = openpyxl.load_workbook(io.BytesIO(raw))
    for cell, value in changed.items():
        book["Network"][cell].value = value
    book.save(tmp_path / "t.xlsx")
    return engine(tmp_path / "t.xlsx")


def agree(cells, numbers, lr, h, chosen, steps=STEPS):
    """Every number of both sheets against the scalar engine."""
    loss, nodes = two_inputs(**numbers)
    loss.backward()

    def close(place, wanted):
        assert float(cells[place]) == pytest.approx(wanted, **CLOSE), place

    def passes(column, leaves):
        for name, node in two_inputs(**leaves)[1].items():
            close(f"Network!{column}{ROW[name]}", node.data)
        return two_inputs(**leaves)[0].data

    for name, node in nodes.items():
        close(f"Network!D{ROW[name]}", node.grad)
    before = passes("B", numbers)
    after = passes("F", numbers | {p: numbers[p] - lr * nodes[p].grad for p in PARAMETERS})
    up, down = (passes(column, numbers | {chosen: numbers[chosen] + d}) for column, d in (("G", h), ("H", -h)))
    said = cells[f"Network!B{ROW['L'] + 2}"]
    assert ("fell" in said, "rose" in said) == (after < before, after > before)
    close(f"Network!B{ROW['L'] + 4}", (up - down) / (2 * h))
    close(f"Network!B{ROW['L'] + 5}", nodes[chosen].grad)
    close(f"Network!B{ROW['L'] + 6}", abs((up - down) / (2 * h) - nodes[chosen].grad))
    now = dict(numbers)
    for step in range(steps + 1):
        loss, nodes = two_inputs(**now)
        loss.backward()
        row = TOP + step
        close(f"Training!B{row}", loss.data)
        for column, name in zip("CDEFGHIJ", (*PARAMETERS, "z", "a", "o"), strict=True):
            close(f"Training!{column}{row}", nodes[name].data)
        for column, name in zip("KLMNOPQR", ("o", "a", "z", *PARAMETERS), strict=True):
            close(f"Training!{column}{row}", nodes[name].grad)
        now |= {p: now[p] - lr * nodes[p].grad for p in PARAMETERS}


@ENGINES
def test_every_number_is_what_the_engine_finds(engine, tmp_path):
    raw = to_xlsx(traced(), params=PARAMETERS, steps=STEPS)
    agree(recomputed(engine, raw, tmp_path), CHAPTER, 0.1, 1e-3, "w1")


@ENGINES
def test_a_changed_cell_is_followed_on_both_sheets(engine, tmp_path):
    raw = to_xlsx(traced(), params=PARAMETERS, steps=STEPS)
    changed = {"x2": -1.5, "w1": 2.5, "v": -0.75, "y": -3.0}
    cells = {f"B{ROW[name]}": value for name, value in changed.items()} | {"B4": 2.0, "B5": "x2", "B6": 0.5}
    agree(recomputed(engine, raw, tmp_path, **cells), CHAPTER | changed, 2.0, 0.5, "x2")


@ENGINES
def test_the_file_of_the_book_trains_its_network(engine, tmp_path):
    agree(recomputed(engine, make_spreadsheet.PLACE.read_bytes(), tmp_path), CHAPTER, 0.1, 1e-3, "w1", steps=30)


def test_the_numbers_stored_beside_the_formulas_are_the_ones_they_give(tmp_path):
    """A viewer that does not calculate shows these, and so does a preview."""
    raw = make_spreadsheet.PLACE.read_bytes()
    live = recomputed(by_formulas, raw, tmp_path)
    text, stored = (openpyxl.load_workbook(io.BytesIO(raw), data_only=only) for only in (False, True))
    found = 0
    for ws in text:
        for cell in (c for row in ws for c in row if str(c.value).startswith("=")):
            kept, want = stored[ws.title][cell.coordinate].value, live[f"{ws.title}!{cell.coordinate}"]
            assert kept == (want if isinstance(want, str) else pytest.approx(float(want), **CLOSE)), cell.coordinate
            found += 1
    assert found > 550


def test_the_file_of_the_book_is_the_one_that_its_generator_makes():
    """Cell by cell, since another openpyxl may write the same cells in other bytes."""

    def cells(raw):
        book = openpyxl.load_workbook(io.BytesIO(raw))
        return {(ws.title, c.coordinate): (c.value, c.number_format) for ws in book for row in ws for c in row}

    assert cells(make_spreadsheet.PLACE.read_bytes()) == cells(make_spreadsheet.made())


def test_what_the_chapter_says_of_the_cells_is_so():
    """Each formula that the text names stands where the text says it stands."""
    text = (ROOT / "book/06_two_neurons_and_a_spreadsheet.myst.md").read_text("utf8")
    sheet = openpyxl.load_workbook(make_spreadsheet.PLACE)["Network"]
    named = re.findall(r"\| ([A-H]\d+) \| `(=[^`]+)` \|", text)
    assert len(named) >= 4
    for cell, formula in named:
        assert sheet[cell].value == formula
    drawn, there = set(re.findall(r'"(=[^"]+)"', text)), {cell.value for row in sheet["B9:D20"] for cell in row}
    assert len(drawn) == 14
    assert drawn <= there


# ---------------------------------------------------------------- other networks, and the file


def test_another_network_with_steps_that_have_no_name(tmp_path):
    """A bend at the output too, one node used twice, a subtraction of a sum, a power: written into one cell each."""
    p, q, t = bp.values(p=0.7, q=-1.2, t=0.4)
    u = (p * q - (p + 0.5)).tanh()
    loss = (u * p - t) ** 2 + 0.1 * u.exp()
    raw = to_xlsx(bp.trace(loss, u=u), params=["p", "q"], steps=1, lr=0.5)
    cells = recomputed(by_formulas, raw, tmp_path)
    loss.backward()
    for k, node in enumerate((p, q, t, u, loss)):
        assert float(cells[f"Network!B{FIRST + k}"]) == pytest.approx(node.data, **CLOSE)
        assert float(cells[f"Network!D{FIRST + k}"]) == pytest.approx(node.grad, **CLOSE)
    assert float(cells["Training!C21"]) == pytest.approx(p.data - 0.5 * p.grad, **CLOSE)


def test_two_layers_of_the_next_chapter(tmp_path):
    loss, nodes = sigmoid_net(**B)
    trace = bp.trace(loss, **{name: nodes[name] for name in ("z1", "a1", "z2")})
    cells = recomputed(by_formulas, to_xlsx(trace, params=["w1", "b1", "w2", "b2"], steps=1), tmp_path)
    loss.backward()
    for k, name in enumerate(("x", "w1", "b1", "w2", "b2", "y", "z1", "a1", "z2", "L")):
        assert float(cells[f"Network!D{FIRST + k}"]) == pytest.approx(nodes[name].grad, **CLOSE), name


def test_leaves_of_the_same_value_are_told_apart(tmp_path):
    """x2 and b are both 0.3 in the chapter: only one of them learns."""
    cells = recomputed(by_formulas, to_xlsx(traced(), params=["b"], steps=1), tmp_path)
    assert cells[f"Network!F{ROW['x2']}"] == 0.3 != cells[f"Network!F{ROW['b']}"]


def test_two_runs_give_the_same_bytes_with_no_clock_in_them():
    raw = to_xlsx(traced(), params=PARAMETERS, steps=2)
    assert raw == to_xlsx(traced(), params=PARAMETERS, steps=2)
    with zipfile.ZipFile(io.BytesIO(raw)) as file:
        assert {entry.date_time for entry in file.infolist()} == {(2025, 1, 1, 0, 0, 0)}
    assert len(make_spreadsheet.PLACE.read_bytes()) < 100_000


def test_what_may_be_changed_is_yellow_and_all_else_is_a_formula_or_text():
    for ws in openpyxl.load_workbook(make_spreadsheet.PLACE):
        yellow = {c.coordinate for row in ws for c in row if c.fill.fill_type == "solid"}
        numbers = {c.coordinate for row in ws for c in row if isinstance(c.value, int | float)}
        if ws.title == "Network":
            assert yellow == {f"B{row}" for row in (4, 5, 6, *range(FIRST, FIRST + 8))}
            assert numbers == yellow - {"B5"}
        else:
            assert not yellow
            assert numbers == {f"A{TOP + step}" for step in range(31)}
        assert ws.page_setup.orientation == "landscape"
        assert ws.sheet_properties.pageSetUpPr.fitToPage


def test_the_name_to_nudge_is_chosen_from_a_list_and_the_loss_is_drawn():
    book = openpyxl.load_workbook(make_spreadsheet.PLACE)
    (choice,) = book["Network"].data_validations.dataValidation
    first, last = choice.formula1.replace("$", "").split(":")
    assert [cell.value for (cell,) in book["Network"][f"{first}:{last}"]] == list(CHAPTER)
    with zipfile.ZipFile(make_spreadsheet.PLACE) as file:
        chart = file.read("xl/charts/chart1.xml").decode()
    assert re.findall(r"<(?:c:)?f>([^<]+)</", chart) == [
        "'Training'!$A$20:$A$50",
        "'Training'!$B$20:$B$50",
    ] or re.findall(r"<(?:c:)?f>([^<]+)</", chart) == ["'Training'!$B$20:$B$50", "'Training'!$A$20:$A$50"]


def test_a_network_that_leaves_the_domain_still_gives_a_file():
    """One step takes w below 0, where there is no logarithm."""
    (w,) = bp.values(w=0.0005)
    sheet = openpyxl.load_workbook(
        io.BytesIO(to_xlsx(bp.trace(w.log()), params=["w"], lr=1.0, steps=2)), data_only=True
    )
    assert sheet["Network"]["D9"].value == 2000
    assert sheet["Network"]["F10"].value is None


@pytest.mark.parametrize(
    ("wrong", "error", "word"),
    [
        (lambda t: save(t, "a.xls", params=["b"]), ValueError, r"ends in \.xlsx, got 'a\.xls'"),
        (lambda t: to_xlsx(t.loss, params=["b"]), TypeError, r"wants a Trace, from bp\.trace\(loss\), got Value"),
        (lambda t: to_xlsx(t, params=["w9"]), ValueError, r"leaves of this trace \(x1.*got \['w9'\]"),
        (lambda t: to_xlsx(t, params=[]), ValueError, r"wants some leaves"),
        (lambda t: to_xlsx(t, params="b"), ValueError, "got 'b'"),
        (lambda t: to_xlsx(t, params=["b"], steps=0), ValueError, "1 to 1000 steps"),
        (lambda t: to_xlsx(t, params=["b"], lr=math.nan), ValueError, "finite lr"),
        (lambda t: to_xlsx(t, params=["b"], h=0), ValueError, "positive h"),
    ],
)
def test_bad_input_says_what_was_wanted(wrong, error, word):
    with pytest.raises(error, match=word):
        wrong(traced())


def test_without_openpyxl_the_error_names_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(ImportError, match=r"pip install 'backward-pass\[notebook\]'"):
        to_xlsx(traced(), params=["b"])
