"""Marks and feedback back to the platforms, late work, and one status: with a gradebook that is filled without running anything."""

import csv
import json
import shutil
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import downloads
import pytest
from classes import ROOT, boxed, call, command, make_course, solved
from downloads import CLASS, HARD, NOTEBOOK, content, email, number
from nbgrader.api import Gradebook

from grading import exporters, late, lms, reports, status
from grading.course import RETRY, Course

# nbgrader's own way of adding a submission, of which SQLAlchemy warns: nobody here can fix it.
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")

OTHER = "08_layers"
SINCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
PAST, FUTURE = "2026-11-20 12:00+00:00", "2999-01-01 00:00+00:00"


def filled(root: Path) -> Path:
    """A course with two assignments in its gradebook, worth 2 + 8 and 4 points, of which the last 8 are for words."""
    shutil.copy(ROOT / "nbgrader_config.py", root)
    downloads.roster(root / "students.csv")
    with Gradebook(Course(root).db_url) as gradebook:
        for name, cells in ((NOTEBOOK, {"7-1": 2, "7-8": 8}), (OTHER, {"8-1": 4})):
            gradebook.add_assignment(name)
            gradebook.add_notebook(name, name)
            for cell, most in cells.items():
                kind = "markdown" if cell == "7-8" else "code"
                gradebook.add_grade_cell(cell, name, name, max_score=most, cell_type=kind)
                gradebook.add_source_cell(cell, name, name, cell_type=kind)
    return root


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    return filled(tmp_path_factory.mktemp("filled"))


@pytest.fixture
def course(template, tmp_path) -> Path:
    return shutil.copytree(template, tmp_path / "course")


def hand_in(root: Path, id: str, name: str = NOTEBOOK) -> None:
    place = root / "submitted" / id / name / f"{name}.ipynb"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content(id))


def grade(
    root: Path, id: str, points: dict[str, float | None], name: str = NOTEBOOK, when: datetime | None = None
) -> None:
    """As if a notebook had been graded; None waits for a person."""
    hand_in(root, id, name)
    if when:
        (root / "submitted" / id / name / "timestamp.txt").write_text(f"{when:%Y-%m-%d %H:%M:%S} UTC")
    course = Course(root)
    with Gradebook(course.db_url) as gradebook:
        gradebook.update_or_create_student(id)
        gradebook.add_submission(name, id)
        for cell, got in points.items():
            mark = gradebook.find_grade(cell, name, name, id)
            mark.auto_score, mark.needs_manual_grade = got or 0, got is None
        gradebook.db.commit()
    reports.write(course.done_file(name, id), {"from": course.digest(name, id), "notes": []})


def rows(file: Path) -> list[list[str]]:
    with file.open(newline="", encoding="utf-8-sig") as text:
        return list(csv.reader(text))


def penalties(root: Path, **more) -> None:
    """Ten percent for each day begun."""
    with (root / "nbgrader_config.py").open("a") as config:
        config.write(
            "\n" + "\n".join(f"c.PerDay.{name} = {value!r}" for name, value in ({"percent": 10} | more).items()) + "\n"
        )


# ---------------------------------------------------------------- marks out


@pytest.fixture
def graded(course) -> Path:
    grade(course, "00123", {"7-1": 1.5, "7-8": 8})
    grade(course, "00125", {"7-1": 2, "7-8": None})  # words to read
    hand_in(course, "00126")  # not graded
    return course


def test_canvas_gets_its_columns(graded):
    said = call(graded, "export", "canvas", NOTEBOOK, "--exercises")
    head, most, *table = rows(graded / "canvas.csv")
    assert head == [
        "Student",
        "ID",
        "SIS User ID",
        "SIS Login ID",
        "Section",
        NOTEBOOK,
        f"{NOTEBOOK} 7-1",
        f"{NOTEBOOK} 7-8",
    ]
    assert most == ["Points Possible", "", "", "", "", "10", "2", "8"]
    assert [row[2] for row in table] == [id for id, _ in CLASS]
    by_id = {row[2]: row for row in table}
    assert by_id["00123"] == ["Zoë Müller", "", "00123", email("00123"), "", "9.5", "1.5", "8"]
    assert by_id["00125"][5:] == ["", "", ""]
    assert by_id["00126"][5:] == ["", "", ""]
    assert by_id["00124"][5:] == ["0", "0", "0"]  # handed in nothing
    assert f"left empty: 00125 in {NOTEBOOK} waits for a person" in said
    assert f"left empty: 00126 in {NOTEBOOK} is not graded yet" in said
    assert "a person has to look" not in said
    assert f"nothing handed in for {NOTEBOOK}: 00124, 00127" in said
    assert "00141 and 00142 share a name" in said


def test_all_assignments_and_other_wishes(graded):
    grade(graded, "00123", {"8-1": 1 / 3}, OTHER)
    call(graded, "export", "canvas", "all", "--as-is", "--missing", "", "--to", "c.csv")
    head, most, *table = rows(graded / "c.csv")
    assert (head[5:], most[5:]) == ([NOTEBOOK, OTHER], ["10", "4"])
    assert {row[2]: row[5:] for row in table if any(row[5:])} == {
        "00123": ["9.5", "0.3333"],
        "00125": ["2", ""],
        "00126": ["0", ""],
    }


def test_a_file_is_not_written_over(graded):
    (graded / "moodle.csv").write_text("mine")
    said = call(graded, "export", "moodle", NOTEBOOK, code=2)
    assert (
        "moodle.csv is there already, and is not written over: move it away, or choose another with --to FILE" in said
    )
    assert (graded / "moodle.csv").read_text() == "mine"


def test_moodle_gets_a_table(graded):
    call(graded, "export", "moodle", NOTEBOOK)
    head, *table = rows(graded / "moodle.csv")
    assert head == ["Full name", "ID number", "Email address", NOTEBOOK]
    assert table[0] == ["Zoë Müller", "00123", email("00123"), "9.5"]
    assert len(table) == len(CLASS)


def test_nobody_gets_a_zero_before_it_is_due(graded):
    call(graded, "due", NOTEBOOK, PAST)
    call(graded, "extend", NOTEBOOK, "00124", FUTURE)
    call(graded, "export", "moodle", NOTEBOOK)
    found = {row[1]: row[3] for row in rows(graded / "moodle.csv")}
    assert (found["00124"], found["00127"]) == ("", "0")


def test_no_name_is_a_formula(course):
    evil = [("1", "=cmd() x"), ("2", "@SUM(A1) x"), ("3", "-1+1 x"), ("4", "\uff1d1 x"), ("5", "+1 x")]
    downloads.roster(course / "students.csv", evil)
    for platform in ("canvas", "moodle"):
        call(course, "export", platform, NOTEBOOK)
        names = [row[0] for row in rows(course / f"{platform}.csv")][-5:]
        assert names == [f"'{name}" for _, name in evil]


GRADEBOOK = [
    ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Homework 1 (11)", f"{NOTEBOOK} (12)", "Final Score"],
    ["    Points Possible", "", "", "", "", "5", "10", "(read only)"],
    ["Müller, Zoë", "900123", "00123", "zm", "A", "3", "", "60"],
    ["Ångström, Björn", "900124", "", email("00124"), "A", "3", "EX", "60"],
    ["O'Brien, Anne", "900125", "", "", "A", "3", "1", "60"],
    ["Lee, Kim", "900141", "", "", "A", "3", "", "60"],
    ["Student, Test", "900999", "", "", "A", "", "", ""],
]


def written(file: Path, table: list[list[str]]) -> Path:
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        csv.writer(out).writerows(table)
    return file


def test_canvas_own_gradebook_is_filled_in(graded):
    source = written(graded / "Grades.csv", GRADEBOOK)
    before = source.read_bytes()
    said = call(graded, "export", "canvas", NOTEBOOK, "--from", "Grades.csv")
    head, most, *table = rows(graded / "canvas.csv")
    assert (head, most[5]) == ([*GRADEBOOK[0][:5], f"{NOTEBOOK} (12)"], "10")
    assert [row[:5] for row in table] == [row[:5] for row in GRADEBOOK[2:]]
    assert [row[5] for row in table] == ["9.5", "EX", "1", "", ""]  # who waits for a person keeps what is there
    assert "left as it was: Lee, Kim is in Grades.csv and not, or not only once, in students.csv" in said
    assert "left as it was: Student, Test" in said
    assert source.read_bytes() == before


def test_a_gradebook_without_the_column_says_what_to_type(graded):
    written(graded / "Grades.csv", GRADEBOOK)
    said = call(graded, "export", "canvas", OTHER, "--from", "Grades.csv", code=2)
    assert f"expected Canvas's gradebook, with one column {OTHER}; got Student, ID" in said
    assert "--column 'Homework 7 (123)'" in said
    call(graded, "export", "canvas", NOTEBOOK, "--from", "Grades.csv", "--column", "Homework 1 (11)")
    assert rows(graded / "canvas.csv")[2] == ["Müller, Zoë", "900123", "00123", "zm", "A", "9.5"]


WORKSHEET = ["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade", "Grade can be changed",
             "Last modified (submission)", "Last modified (grade)", "Feedback comments"]  # fmt: skip


def test_what_the_platform_has_is_kept_where_nothing_was_handed_in(graded):
    """On paper, say. Another mark than the platform's is said."""
    table = [[*row] for row in GRADEBOOK]
    table[2][6], table[3][6] = "3", "7.5"
    written(graded / "Grades.csv", table)
    said = call(graded, "export", "canvas", NOTEBOOK, "--from", "Grades.csv")
    assert [row[5] for row in rows(graded / "canvas.csv")[2:4]] == ["9.5", "7.5"]
    assert "another mark than Grades.csv has: 00123: 3 -> 9.5" in said
    assert "not in Grades.csv: 00126, 00127" in said


def test_who_is_excused_stays_so(graded):
    written(graded / "Grades.csv", [*GRADEBOOK[:2], [*GRADEBOOK[2][:6], "EX", ""]])
    call(graded, "export", "canvas", NOTEBOOK, "--from", "Grades.csv")
    assert rows(graded / "canvas.csv")[2][5] == "EX"


def test_two_rows_are_not_one_person(graded):
    """The platform has two of a name, the roster one: neither gets the mark."""
    written(graded / "Grades.csv", [*GRADEBOOK[:2], GRADEBOOK[2], ["Müller, Zoë", "900777", "", "", "A", "", "", ""]])
    said = call(graded, "export", "canvas", NOTEBOOK, "--from", "Grades.csv")
    assert [row[5] for row in rows(graded / "canvas.csv")[2:]] == ["", ""]
    assert said.count("left as it was: Müller, Zoë") == 2


def test_who_is_not_in_the_roster_is_named(graded):
    grade(graded, "zed", {"7-1": 2, "7-8": 8})
    said = call(graded, "export", "moodle", NOTEBOOK)
    assert f"handed in, and not in students.csv: zed in {NOTEBOOK}. Add a line for each" in said


def test_moodles_worksheet_is_filled_in(graded):
    late_row = [
        "Participant 900126",
        "Jean-Luc Picard",
        email("00126"),
        "Submitted",
        "5.00",
        "10.00",
        "Yes",
        "x",
        "y",
        "",
    ]
    table = [WORKSHEET, ["Participant 900123", "Zoë Müller", email("00123"), "Submitted", "", "10.00", "Yes", "x", "-", ""], late_row,
             ["Participant 900124", "Björn Ångström", email("00124"), "No submission", "", "10.00", "Yes", "-", "-", "see me"],
             ["Participant 1", "Jo Stranger", "jo@x.example", "No submission", "", "10.00", "Yes", "-", "-", ""]]  # fmt: skip
    written(graded / "w.csv", table)
    call(graded, "export", "moodle", NOTEBOOK, "--from", "w.csv", "--exercises")
    head, *found = rows(graded / "moodle.csv")
    assert head == WORKSHEET
    assert [row[4] for row in found] == ["9.5", "5.00", "0", ""]
    assert [row[9] for row in found] == ["7-1: 1.5; 7-8: 8", "", "see me", ""]
    assert [row[8] for row in found] == ["-", "y", "-", "-"]


def test_a_worksheet_in_another_language_says_so(graded):
    written(graded / "w.csv", [["ID", "Bewertung"], ["Teilnehmer/in 1", ""]])
    assert "Set your language in Moodle to English, and download it again" in call(
        graded, "export", "moodle", NOTEBOOK, "--from", "w.csv", code=2
    )


def test_nbgraders_own_command_exports_too(graded, monkeypatch):
    monkeypatch.chdir(graded)
    plugin = exporters.Moodle(assignment=[NOTEBOOK], to="m.csv")
    with Gradebook(Course(graded).db_url) as gradebook:
        plugin.export(gradebook)
    assert rows(graded / "m.csv")[1][3] == "9.5"


def test_exercises_stand_in_their_order(course):
    with Gradebook(Course(course).db_url) as gradebook:
        for cell in ("8-10", "8-9"):
            gradebook.add_grade_cell(cell, OTHER, OTHER, max_score=1, cell_type="code")
    grade(course, "00123", {"8-1": 1, "8-9": 0, "8-10": 1}, OTHER)
    call(course, "export", "moodle", OTHER, "--exercises")
    assert rows(course / "moodle.csv")[0][4:] == [f"{OTHER} 8-1", f"{OTHER} 8-9", f"{OTHER} 8-10"]


# ---------------------------------------------------------------- feedback out


@pytest.mark.parametrize(("form", "made", "place"), [
    ("canvas", downloads.canvas, f"müllerzoë_LATE_{number('00123')}_5000_{NOTEBOOK}.html"),
    ("moodle", downloads.moodle, f"Zoë Müller_{number('00123')}_assignsubmission_file_/{NOTEBOOK}.html"),
])  # fmt: skip
def test_feedback_is_named_as_the_platform_wants_it(course, form, made, place):
    call(course, "collect", NOTEBOOK, str(downloads.packed(made(), course / "d.zip")), code=1)
    hand_in(course, "00141")
    for id in ("00123", "00125", "00141"):
        page = course / "feedback" / id / NOTEBOOK / f"{NOTEBOOK}.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"page of {id}")
    done, left = exporters.feedback(Course(course), NOTEBOOK, form, course / "f.zip")
    assert done == ["00123", "00125"]
    assert left["00124"] == "it has no feedback yet"
    assert left["00141"] == f"it did not come from {form.capitalize()}"
    with zipfile.ZipFile(course / "f.zip") as made_zip:
        assert place in made_zip.namelist()
        assert made_zip.read(place) == b"page of 00123"
    # What is made is what a download looks like, so it goes back to whom it came from.
    _, handed, strays = lms.handed(lms.files(course / "f.zip"))
    assert {one.clue.number for one in handed} == {str(number("00123")), str(number("00125"))}
    assert strays == {}


# ---------------------------------------------------------------- late work


def test_a_time_that_nobody_knows_is_told(course):
    """A download without the platform's table: nobody is late, and that says nothing."""
    hand_in(course, "00123")
    assert "not known" not in call(course, "late", NOTEBOOK)  # it is not due
    call(course, "due", NOTEBOOK, PAST)
    assert "not known when it was handed in, so nothing is taken off: 1 of 1, such as 00123" in call(
        course, "late", NOTEBOOK
    )
    place = downloads.packed(
        {f"Zoë Müller_{number('00123')}_assignsubmission_file/{NOTEBOOK}.ipynb": b"{}"}, course / "d.zip"
    )
    assert "Give the platform's table" in call(course, "collect", NOTEBOOK, str(place))


def test_what_is_handed_in_while_it_is_graded_is_graded_next(course, monkeypatch):
    hand_in(course, "00123")
    found = Course(course)

    def meanwhile(*_):
        (course / "submitted" / "00123" / NOTEBOOK / f"{NOTEBOOK}.ipynb").write_bytes(content("newer"))
        return []

    monkeypatch.setattr(Course, "_unreadable", lambda *_: [])
    monkeypatch.setattr(Course, "_autograde", meanwhile)
    found.grade_one(NOTEBOOK, "00123")
    assert found.pending(NOTEBOOK) == ["00123"]
    found.grade_one(NOTEBOOK, "00123")
    assert found.pending(NOTEBOOK) == []


def test_a_penalty_is_nbgraders_and_is_shown(course):
    penalties(course)
    grade(course, "00123", {"7-1": 2, "7-8": 8}, when=SINCE + timedelta(days=1, hours=1))
    grade(course, "00124", {"7-1": 2, "7-8": 8}, when=SINCE)
    assert "Nobody was late." in call(course, "late", NOTEBOOK)
    assert f"{NOTEBOOK} is due 2026-11-20" in call(course, "due", NOTEBOOK, PAST)
    said = call(course, "late", NOTEBOOK)
    assert "not known when" not in said
    assert "00123: 2026-11-21" in said
    assert "late by 1 d 1 h 0 min, penalty 2" in said
    assert "00124" not in said
    call(course, "export", "moodle", NOTEBOOK)
    assert [row[3] for row in rows(course / "moodle.csv")[1:3]] == ["8", "10"]


def test_a_penalty_follows_what_a_person_gives_later(course):
    """nbgrader works it out before the words are read, and never again."""
    penalties(course)
    grade(course, "00123", {"7-1": 2, "7-8": None}, when=SINCE + timedelta(hours=1))
    call(course, "due", NOTEBOOK, PAST)
    assert "penalty 0.2" in call(course, "late", NOTEBOOK)
    with Gradebook(Course(course).db_url) as gradebook:
        mark = gradebook.find_grade("7-8", NOTEBOOK, NOTEBOOK, "00123")
        mark.manual_score, mark.needs_manual_grade = 8, False
        gradebook.db.commit()
    assert "penalty 1" in call(course, "late", NOTEBOOK)


def test_a_mark_that_may_be_wrong_is_named_where_it_is_exported(graded):
    reports.write(
        Course(graded).reports / NOTEBOOK / "00123" / f"{NOTEBOOK}.json",
        {"notes": ["it needs a file; a person has to look"]},
    )
    said = call(graded, "export", "canvas", NOTEBOOK)
    assert (
        f"written, and a person has to look, because the mark may be wrong: 00123 (python -m grading reasons {NOTEBOOK})"
        in said
    )
    assert next(row for row in rows(graded / "canvas.csv") if row[2] == "00123")[5] == "9.5"


def test_who_has_longer_is_not_late(course):
    penalties(course)
    for id in ("00123", "00124"):
        grade(course, id, {"7-1": 2, "7-8": 8}, when=SINCE + timedelta(hours=30))
    assert "is not due at any time yet" in call(course, "extend", NOTEBOOK, "00123", FUTURE, code=2)
    call(course, "due", NOTEBOOK, PAST)
    call(course, "extend", NOTEBOOK, "00123", "2026-11-21 12:00+00:00")
    assert "00123: 2026-11-21" in call(course, "late", NOTEBOOK)
    assert "late by 0 d 6 h 0 min, penalty 1\n" in call(course, "late", NOTEBOOK)
    call(course, "extend", NOTEBOOK, "00123", FUTURE)
    assert "expected a moment after 2026-11-20" in call(course, "extend", NOTEBOOK, "00123", "2026-11-02 12:00", code=2)
    assert [line[:5] for line in call(course, "late", NOTEBOOK).splitlines()] == ["00124"]
    assert "expected the id of somebody in the class; got 'nobody'" in call(
        course, "extend", NOTEBOOK, "nobody", FUTURE, code=2
    )
    assert rows(course / "extensions.csv")[0] == ["assignment", "id", "until"]


def test_what_is_put_off_for_everybody_is_put_off_for_who_has_longer(course):
    penalties(course)
    grade(course, "00123", {"7-1": 2, "7-8": 8}, when=SINCE + timedelta(hours=30))
    call(course, "due", NOTEBOOK, PAST)
    call(course, "extend", NOTEBOOK, "00123", "2026-11-21 12:00+00:00")
    call(course, "due", NOTEBOOK, FUTURE)
    assert call(course, "late", NOTEBOOK) == "Nobody was late.\n"
    with Gradebook(Course(course).db_url) as gradebook:
        assert gradebook.find_submission(NOTEBOOK, "00123").late_submission_penalty in (None, 0)


def test_what_nbgrader_knows_is_not_forgotten(course):
    """An extension that was given in Python, and a time of which the file is gone."""
    penalties(course)
    grade(course, "00123", {"7-1": 2, "7-8": 8}, when=SINCE + timedelta(hours=30))
    call(course, "due", NOTEBOOK, PAST)
    with Gradebook(Course(course).db_url) as gradebook:
        gradebook.grant_extension(NOTEBOOK, "00123", days=1)
    assert "late by 0 d 6 h 0 min, penalty 1\n" in call(course, "late", NOTEBOOK)
    shutil.rmtree(course / "submitted")
    call(course, "late", NOTEBOOK)
    with Gradebook(Course(course).db_url) as gradebook:
        kept = gradebook.find_submission(NOTEBOOK, "00123")
        assert (kept.extension, kept.late_submission_penalty) == (timedelta(days=1), 1)


def test_extensions_that_cannot_be_read_say_so(course):
    (course / "extensions.csv").write_text(f"assignment,id,until\n{NOTEBOOK},00123,11/12/2026 10:00\n")
    said = call(course, "late", NOTEBOOK, code=2)
    assert "extensions.csv, line 2: expected a moment such as" in said


@pytest.mark.parametrize(("more", "seconds", "penalty"), [
    ({}, 1, 1), ({}, 24 * 3600, 1), ({}, 24 * 3600 + 1, 2), ({"grace": 15}, 900, None), ({"grace": 15}, 901, 1), ({"most": 30}, 99 * 24 * 3600, 3),
    ({"penalty_method": "zero"}, 1, 10), ({"percent": 0}, 1, None), ({}, 99 * 24 * 3600, 10),
])  # fmt: skip
def test_percent_for_each_day_begun(more, seconds, penalty):
    assert late.PerDay(**({"percent": 10} | more)).late_submission_penalty("ann", 10, seconds) == penalty


def test_late_without_a_time_is_said_and_costs_nothing(course):
    penalties(course)
    said = call(course, "collect", NOTEBOOK, str(downloads.packed(downloads.canvas(), course / "d.zip")), code=1)
    assert "late, and it is not said since when: 00123, " in said
    assert "SpeedGrader, and its gradebook has none: type them into a table with the columns id and time" in said
    assert "00123: late, says the platform, and not since when: nothing is taken off" in call(course, "late", NOTEBOOK)
    (course / "times.csv").write_text("id;time\n00123;2026-11-20 13:00+00:00\n")
    call(course, "due", NOTEBOOK, PAST)
    call(course, "collect", NOTEBOOK, str(course / "d.zip"), "--table", str(course / "times.csv"), code=1)
    assert "00123: 2026-11-20" in call(course, "late", NOTEBOOK)


# ---------------------------------------------------------------- status, and several at once


def test_one_status_over_all(graded):
    grade(graded, "00127", {"7-1": 0, "7-8": 1})
    done = Course(graded).done_file(NOTEBOOK, "00127")
    reports.write(done, reports.read(done) | {"notes": ["it cannot be read, a person has to look"]})
    hand_in(graded, "00128")
    reports.write(Course(graded).done_file(NOTEBOOK, "00128"), {"from": None, "notes": [f"{RETRY}: OSError"]})
    hand_in(graded, "00129", OTHER)
    head, one, two = call(graded, "status").splitlines()
    assert head.split() == [
        "assignment",
        "handed",
        "in",
        "missing",
        "graded",
        "to",
        "grade",
        "words",
        "person",
        "failed",
        "late",
    ]
    assert one.split() == [NOTEBOOK, "5", "35", "3", "1", "1", "1", "1", "0"]
    assert two.split() == [OTHER, "1", "39", "0", "1", "0", "0", "0", "0"]
    said = call(graded, "status", NOTEBOOK)
    for line in ("to grade: 00126", "words: 00125", "person: 00127", "failed: 00128"):
        assert f"  {line}\n" in said + "\n"


def test_what_was_handed_in_again_is_to_be_graded(graded):
    (graded / "submitted" / "00123" / NOTEBOOK / f"{NOTEBOOK}.ipynb").write_bytes(content("00123", "new"))
    assert "00123" in status.of(Course(graded), NOTEBOOK).to_grade
    assert f"left empty: 00123 in {NOTEBOOK} is not graded yet" in call(graded, "export", "moodle", NOTEBOOK)


def test_an_unknown_name_stops_before_anything_is_done(graded):
    for verb in (
        ["grade", OTHER, "nope"],
        ["status", "nope"],
        ["export", "canvas", "nope"],
        ["late", "nope"],
        ["reasons", "nope"],
    ):
        said = call(graded, *verb, code=2)
        assert f"no assignment 'nope' was released (there are {NOTEBOOK}, {OTHER})" in said, verb
    assert not (graded / "canvas.csv").exists()


def test_the_marks_with_reasons_are_exported_as_before(graded):
    for _ in range(2):  # such a table is made anew, and no other file is written over
        assert "m.csv has 4 marks of 2 people." in call(graded, "export", NOTEBOOK, "m.csv")
    before = (graded / "students.csv").read_bytes()
    assert "is no table of marks" in call(graded, "export", NOTEBOOK, "students.csv", code=2)
    assert (graded / "students.csv").read_bytes() == before
    assert "expected canvas NAME..., moodle NAME..., or NAME FILE.csv; got x" in call(graded, "export", "x", code=2)


# ---------------------------------------------------------------- collecting, by command


def test_collect_by_command(course):
    said = call(course, "collect", NOTEBOOK, str(downloads.packed(downloads.canvas(), course / "d.zip")), code=1)
    assert "38 submissions taken in, 5 not." in said
    assert f"also older ones of 00123: kept in received/{NOTEBOOK}/" in said
    note = json.loads((course / "received" / NOTEBOOK / "00123" / "handed_in.json").read_text())
    assert (note["form"], note["number"], note["late"], note["files"][NOTEBOOK]["number"]) == (
        "canvas",
        str(number("00123")),
        True,
        5000,
    )


def test_a_download_needs_a_roster(course):
    (course / "students.csv").unlink()
    said = call(course, "collect", NOTEBOOK, str(downloads.packed(downloads.canvas(), course / "d.zip")), code=2)
    assert "there is no students.csv" in said
    assert "make one, with a line for each person below the line id,name,email" in said


def test_without_a_roster_a_folder_is_taken_as_before_and_nothing_is_lost(course):
    (course / "students.csv").unlink()
    (course / "inbox").mkdir()
    for text in ("{1}", "{2}"):
        (course / "inbox" / "ann.ipynb").write_text(text)
        assert "1 submissions taken in, 0 not." in call(course, "collect", NOTEBOOK, "inbox")
    assert [file.read_text() for file in (course / "received" / NOTEBOOK / "ann").iterdir()] == ["{1}"]
    assert (course / "submitted" / "ann" / NOTEBOOK / f"{NOTEBOOK}.ipynb").read_text() == "{2}"


def test_someone_else_in_the_roster_is_no_reason_to_take_a_stranger(course):
    (course / "inbox").mkdir()
    (course / "inbox" / "Zoe Muller.ipynb").write_text("{}")
    said = call(course, "collect", NOTEBOOK, "inbox", code=1)
    assert f"the nearest is {HARD[0][1]} (00123)" in said
    assert not (course / "submitted").exists()


# ---------------------------------------------------------------- the whole way


@boxed
@pytest.mark.slow
def test_from_a_download_to_a_zip_of_feedback(tmp_path):
    root = make_course(tmp_path)
    downloads.roster(root / "students.csv", HARD[:3])
    penalties(root)
    call(root, "release", NOTEBOOK)
    call(root, "due", NOTEBOOK, PAST)
    (root / "times.csv").write_text("id,time\n00123,2026-11-21 13:00+00:00\n")
    files = {
        downloads.canvas_name(*HARD[0], 5001, late=True): solved(root),
        downloads.canvas_name(*HARD[1], 5002): b"{broken",
    }
    call(root, "collect", NOTEBOOK, str(downloads.packed(files, root / "d.zip")), "--table", str(root / "times.csv"))
    assert "2 graded, 2 of them need a person" in command(root, "grade", "all", "--quiet", "--jobs", "1")
    with Gradebook(f"sqlite:///{root}/gradebook.db") as gradebook:
        mark = gradebook.find_grade("7-8", NOTEBOOK, NOTEBOOK, "00123")
        mark.manual_score, mark.needs_manual_grade = 2, False
        gradebook.db.commit()
    said = command(root, "export", "canvas", "all")
    assert "left empty: 00124" in said
    assert [row[5] for row in rows(root / "canvas.csv")[1:]] == ["30", "24", "", "0"]  # a fifth of 30 for two days
    assert "has the feedback of 1 people" in command(root, "feedback", "canvas", NOTEBOOK)
    with zipfile.ZipFile(root / f"canvas-{NOTEBOOK}.zip") as made:
        [page] = made.namelist()
        assert page == f"müllerzoë_LATE_{number('00123')}_5001_{NOTEBOOK}.html"
        assert "Late submission penalty (Score: -6.0)" in made.read(page).decode()
    assert command(root, "grade", "all", "--quiet").split("\n")[1].startswith("0 graded")
