"""Answers in words: the rubric of the solution, what is remembered of a reading, and who reads what."""

import json
import re
from collections import Counter
from pathlib import Path

import hostile
import nbformat
import pytest
from classes import ASSIGNMENT, ROOT, boxed, call, hand_in, make_course, released
from entries import ALL
from nbformat.v4 import new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from bplib.checking.base import ByPerson
from grading import readers, reading, repair, reports, rubric, sanitize
from grading.beside import Beside

WORDS = {
    name: (found, file)
    for file in sorted(Path(ROOT, "solutions").glob("*/*.ipynb"))
    for name, found in rubric.of_solution(file)
}
CELL = "Because.\n\n**Rubric.**\n\n- 1 point, the sign: a chain,\n  not a guess: it is said.\n- 2 points, the step: it goes down.\n- Spelling is free."


# ---------------------------------------------------------------- the rubric


def test_a_rubric_is_read():
    found = rubric.parse(CELL, 3)
    assert (found.model, found.wrong, found.remarks) == ("Because.", "", ("Spelling is free.",))
    assert [(c.name, c.points, c.text) for c in found.criteria] == [
        ("the sign", 1, "a chain, not a guess: it is said."), ("the step", 2, "it goes down.")
    ]  # fmt: skip


@pytest.mark.parametrize(("source", "why"), [
    (CELL, "are worth 3 points, and the exercise 4"), ("Because.", "has no criteria"),
    ("B.\n\n**Rubric.** One point: so.", "are worth 0 points, and the exercise 4"),
    (CELL.replace("the sign", "the step").replace("1 point", "2 points"), "have one name; they are called the step, the step"),
])  # fmt: skip
def test_a_rubric_that_cannot_be_used_says_why(source, why):
    assert why in rubric.parse(source, 4).wrong


def test_every_exercise_in_words_has_a_rubric_worth_its_points():
    """As many criteria as in its entry, which the pages of the book show, and for the same points."""
    entries = {e.id.replace(".", "-"): e for e in ALL if isinstance(e, ByPerson)}
    assert WORDS.keys() == entries.keys()
    for name, (found, file) in WORDS.items():
        assert found.wrong == "", (file, found.wrong)
        assert sum(c.points for c in found.criteria) == entries[name].points
        assert len(found.criteria) == sum(line.startswith("1 point: ") for line in entries[name].rubric)
        assert "Rubric" not in found.model
        assert not {";"} & set("".join(c.name for c in found.criteria))


def test_what_learners_get_has_no_rubric():
    for file in ROOT.glob("exercises/*/*.ipynb"):
        assert "Rubric" not in file.read_text(), file


# ---------------------------------------------------------------- what is remembered


def cell(words: str, name: str = "7-8", **more):
    meta = {"grade_id": name, "grade": True, "solution": True, "locked": False, "points": 2}
    return new_markdown_cell(words, metadata={"nbgrader": meta}, **more)


@pytest.mark.parametrize("words", ["*Your answer here.*", "", " \n\t", "\n*Your answer here.*\n ", "\u200b"])
def test_nothing_written_is_empty(words):
    assert reading.is_empty(cell(words), "*Your answer here.*")


@pytest.mark.parametrize("words", ["-", "*Your answer here.* It falls.", "0"])
def test_anything_written_is_not(words):
    assert not reading.is_empty(cell(words), "*Your answer here.*")
    assert not reading.is_empty(cell("", attachments={"a.png": {"image/png": "iVBO"}}), "*Your answer here.*")


def test_each_version_that_was_read_is_kept_with_its_mark():
    first = reading.remember({}, cell("It falls."), None)
    assert first["earlier"] == []
    read = {"score": 1.0, "comment": "why?"}
    assert reading.remember(first, cell("It falls."), read)["earlier"] == []
    second = reading.remember(first, cell("It rises."), read)
    assert [(e["words"], e["score"], e["comment"]) for e in second["earlier"]] == [("It falls.", 1.0, "why?")]
    third = reading.remember(second, cell("It rises, so."), None)  # nobody had read the second
    assert third["earlier"] == second["earlier"]
    fourth = reading.remember(third, cell("No."), {"score": 2.0, "comment": None})
    assert [e["words"] for e in fourth["earlier"]] == ["It falls.", "It rises, so."]


def test_a_memory_of_before_this_version_is_understood(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps({"7-8": reading.seen(cell("It falls."))}))
    old = reading.of(tmp_path / "m.json", "7-8")
    assert reading.remember(old, cell("It rises."), {"score": 1.0, "comment": None})["earlier"] == []
    assert reading.of(tmp_path / "gone.json", "7-8") == {}


def test_words_in_a_cell_of_their_own_are_seen():
    def made(*cells):
        return [cell(text[1:], name) if (name := text[0]) in "abc" else new_markdown_cell(text) for text in cells]

    given = {"## Exercise", "Prompt."}
    for cells, found in [
        (("a*Your answer here.*", "## Exercise", "Prompt.", "bWords."), {}),
        (("## Exercise", "Prompt.", "a", "It falls.", "## Exercise", "b"), {"a": "It falls.", "b": "It falls."}),
        (("It rises.", "a", "Prompt."), {"": "It rises.", "a": "It rises."}),
        (("a", "Prompt.", "b", " \n", "c", "It falls.", "Fast."), {"c": "It falls.\n\nFast."}),
    ]:
        assert reading.written_beside(made(*cells), given) == found, cells


def test_another_picture_beside_is_another_answer():
    """JupyterLab calls every picture that is pasted image.png."""
    photo = "![image.png](attachment:image.png)"

    def seen(data: str) -> dict:
        beside = new_markdown_cell(photo, attachments={"image.png": {"image/png": data}})
        return reading.written_beside([cell("", "a"), beside, cell("", "b")], set())

    assert seen("iVBO") == seen("iVBO")
    assert seen("iVBO")["a"].startswith(photo)
    assert seen("iVBO") != seen("iVBP")


def test_a_prompt_with_html_is_nobodys_answer(tmp_path, monkeypatch):
    """It comes back from a learner as Repair leaves it."""
    (tmp_path / "exercises" / "a1").mkdir(parents=True)
    nb = new_notebook(cells=[new_markdown_cell("<b>Why?</b> See [it](../book/it.ipynb).")])
    nbformat.write(nb, tmp_path / "exercises" / "a1" / "a1.ipynb")
    monkeypatch.chdir(tmp_path)
    repair.repair(nb, [])
    assert reading.written_beside([*nb.cells, cell("", "a")], reading.handed_out("a1")) == {}


def test_what_changed_is_told_word_by_word():
    assert list(reading.changes("The loss falls fast.\nSo.", "The loss rises fast.\nSo.")) == [
        ("kept", "The loss "), ("taken", "falls "), ("added", "rises "), ("kept", "fast.\nSo.")
    ]  # fmt: skip
    for old, new in (("a b", "b a c"), ("", "x"), ("x  y\n", "x y"), ("é" * 9, "e")):
        told = list(reading.changes(old, new))
        assert "".join(text for kind, text in told if kind != "added") == old
        assert "".join(text for kind, text in told if kind != "taken") == new


def test_an_answer_too_long_to_compare_is_shown_whole():
    old = " ".join(map(str, range(reading.MOST_WORDS + 1)))
    new = f"{old} more"
    assert list(reading.changes(old, new)) == [("taken", old), ("added", new)]


# ---------------------------------------------------------------- what is shown beside it


def test_what_stands_beside_an_answer_is_the_solution_s(tmp_path):
    where = {"assignment_id": ASSIGNMENT, "notebook_id": ASSIGNMENT, "student": "ann", "submission_id": "1"}
    beside = Beside()
    beside.config.CourseDirectory.root = str(ROOT)
    beside.config.Judge.reports = str(tmp_path)
    found = beside(cell("My rubric: 2 points."), where)
    assert [one["name"] for one in found["criteria"]] == [c.name for c in WORDS["7-8"][0].criteria]
    assert "1.5 lies below the target" in found["model"]
    assert "My rubric" not in json.dumps(found)
    assert beside(cell("Words."), where | {"submission_id": "1"})["earlier"] is None
    assert beside(cell("Words."), {"assignment_id": ASSIGNMENT}) is None  # in feedback
    assert beside(cell("Words."), where | {"assignment_id": "handed_out_again"})["criteria"] == found["criteria"]
    assert "has no exercise 9-9" in beside(cell("Words.", "9-9"), where)["wrong"]
    assert "cannot be read" in beside(cell("Words."), where | {"notebook_id": "gone"})["wrong"]


def test_a_solution_acts_in_no_page():
    assert "<script" not in sanitize.to_html("<script>alert(1)</script> $x$")


@pytest.mark.parametrize("words", ["# 7-9", "7-9\n---", "[](# 'x'){#7-9}", '<p id="7-9">'])
def test_no_words_take_the_place_of_a_score(words):
    """formgrader looks for the score of 7-9 by this id, and would save what is given here as the mark there."""
    assert not re.search(r"\sid\s*=", sanitize.to_html(words))


# ---------------------------------------------------------------- who reads


def test_a_late_submission_moves_nobody():
    people = [f"s{i}" for i in range(200)]
    dealt = {who: readers.reader(who, ["ada", "bob", "cy"]) for who in people}
    assert dealt == {who: readers.reader(who, ["cy", "ada", "bob"]) for who in people}
    assert all(50 <= count <= 85 for count in Counter(dealt.values()).values())
    joined = {who: readers.reader(who, ["ada", "bob", "cy", "dan"]) for who in people}
    assert {joined[who] for who in people if joined[who] != dealt[who]} == {"dan"}


def test_by_exercise_one_reads_an_exercise_of_everybody():
    found = [readers.Answer(a, e, s, "1") for a, e in (("a1", "1-6"), ("a2", "2-7"), ("a2", "2-9")) for s in "xyz"]
    dealt = dict(readers.deal(found, ["ada", "bob"], [("a1", "1-6"), ("a2", "2-7"), ("a2", "2-9")]))
    assert [a.exercise for a in dealt["ada"]] == ["1-6"] * 3 + ["2-9"] * 3
    assert [a.exercise for a in dealt["bob"]] == ["2-7"] * 3


# ---------------------------------------------------------------- a class


def with_words(course: Path, words: str) -> dict:
    nb = released(course)  # as it was handed out: a solution has words of its own beside
    hostile.named(nb, "7-8")["source"] = words
    return nb


def read(course: Path, student: str, score: float) -> None:
    """As formgrader saves a mark."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("7-8", ASSIGNMENT, ASSIGNMENT, student)
        grade.manual_score, grade.needs_manual_grade = score, False
        gradebook.db.commit()


@boxed
@pytest.mark.slow
def test_only_what_is_unread_or_changed_is_counted(tmp_path):
    course = make_course(tmp_path)
    call(course, "release", ASSIGNMENT)
    for student, words in {"ann": "It falls.", "bob": "*Your answer here.*", "cem": "It rises.", "dan": " \n"}.items():
        hand_in(course, student, with_words(course, words))
    nb = with_words(course, "*Your answer here.*")
    at = next(i for i, c in enumerate(nb["cells"]) if c["metadata"].get("nbgrader", {}).get("grade_id") == "7-8")
    nb["cells"].insert(at + 1, new_markdown_cell("It falls, and I wrote it in a new cell."))
    hand_in(course, "eve", nb)
    said = call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    assert "5 graded, 3 of them need a person (3 with words to read" in said
    read(course, "eve", 2.0)
    said = call(course, "words", ASSIGNMENT, "--at", "http://hub/")
    assert [line.split(":")[0].strip() for line in said.splitlines()] == ["2 to read", "7-8 of ann", "7-8 of cem"]
    assert "http://hub/formgrader/submissions/" in said
    assert "#7-8" in said
    call(course, "export", ASSIGNMENT, "marks.csv")
    rows = (course / "marks.csv").read_text("utf-8-sig").splitlines()
    assert sum(f'7-8,0.0,2.0,False,"{reading.NO_ANSWER}"' in row for row in rows) == 2
    assert any(row.startswith("eve,") and reading.WORDS_BESIDE in row for row in rows)
    read(course, "ann", 1.0)
    read(course, "dan", 0.5)  # an empty answer may have another mark
    hand_in(course, "ann", with_words(course, "It falls, since it is too low."))
    said = call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1", "--again")
    assert "(2 with words to read" in said  # ann's, which changed, and cem's
    kept = json.loads(reading.file(course / "reports", ASSIGNMENT, "ann", ASSIGNMENT).read_text())["7-8"]
    assert [(e["words"], e["score"]) for e in kept["earlier"]] == [("It falls.", 1.0)]
    assert "7-8 of ann" in call(course, "words", ASSIGNMENT, "--readers", "ada")
    assert call(course, "words", "all", "--readers", "ada", "bob", "--by-exercise").startswith("ada: 2 to read")
    assert "ada is there more than once: give each reader once" in call(
        course, "words", ASSIGNMENT, "--readers", "ada", "ada", code=2
    )
    assert "deals exercises out to readers" in call(course, "words", ASSIGNMENT, "--by-exercise", code=2)


def reader_at(course: Path, write):
    """Somebody who saves a mark just before it is written down what the answer says now."""

    def meanwhile(file: Path, found: dict) -> None:
        if file == reading.file(Path("reports"), ASSIGNMENT, "ann", ASSIGNMENT):
            read(course, "ann", 2.0)
        write(file, found)

    return meanwhile


@boxed
@pytest.mark.slow
def test_a_mark_for_earlier_words_does_not_count_for_what_comes_meanwhile(tmp_path, monkeypatch):
    """A reader saves just before formgrader could know that the answer is another by now."""
    course = make_course(tmp_path)
    call(course, "release", ASSIGNMENT)
    hand_in(course, "ann", with_words(course, "It falls."))
    call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    hand_in(course, "ann", with_words(course, "It rises."))
    with monkeypatch.context() as patched:
        patched.setattr(reports, "write", reader_at(course, reports.write))
        assert "(1 with words to read" in call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    hand_in(course, "bob", with_words(course, "It falls."))
    call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    hand_in(course, "bob", with_words(course, " "))  # nothing was read, and there is nothing to read
    assert "(0 with words to read" in call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
