"""A class graded: honest and hostile notebooks in one batch, numbers of one's own, interruption, feedback, formgrader."""

import csv
import errno
import io
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request
import zipfile
from pathlib import Path

import hostile
import nbformat
import psutil
import pytest
from classes import ASSIGNMENT, REFUSAL, ROOT, boxed, call, command, hand_in, make_course, released, solved
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from sqlalchemy.exc import OperationalError

from bplib.checking import EXERCISES
from bplib.checking.check import judge
from grading import bounded_process, preprocessors, repair, sandbox
from grading.course import Course

pytestmark = pytest.mark.slow

CELLS = [c for c in json.loads((ROOT / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text())["cells"]
         if c["metadata"].get("nbgrader", {}).get("grade")]  # fmt: skip
# What a right notebook earns before a person has read its words.
HONEST = {c["metadata"]["nbgrader"]["grade_id"]: float(c["metadata"]["nbgrader"]["points"])
          for c in CELLS if c["cell_type"] == "code"}  # fmt: skip
JUDGED = r"output_markdown[^>]*>\s*<p><strong>"  # what the judge said, on a page
UNTOUCHED = ("gradebook.db", "reports", "autograded")  # by the notebooks; the grading itself writes there


def marks_of(course: Path) -> dict[str, dict[str, dict]]:
    """{student: {exercise: row of the exported table}}."""
    call(course, "export", ASSIGNMENT, "marks.csv")
    table: dict[str, dict[str, dict]] = {}
    with (course / "marks.csv").open(newline="", encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            table.setdefault(row["student"], {})[row["exercise"]] = row
    (course / "marks.csv").unlink()
    return table


def earned(rows: dict[str, dict]) -> dict[str, float]:
    return {name: float(row["points"]) for name, row in rows.items() if float(row["points"])}


def snapshot(*folders: Path) -> dict[Path, tuple]:
    return {
        path: (path.lstat().st_mtime_ns, path.lstat().st_size, path.lstat().st_mode)
        for folder in folders
        for path in folder.rglob("*")
        if "__pycache__" not in path.parts
        and not set(UNTOUCHED) & set(path.relative_to(folder).parts)
        and not path.is_dir()
    }


def running(*words: str) -> list[psutil.Process]:
    """The processes whose command line holds all the words; what has ended and waits to be collected has none."""
    return [
        p
        for p in psutil.process_iter(["cmdline", "uids"])
        if all(word in " ".join(p.info["cmdline"] or []) for word in words)
    ]


# ---------------------------------------------------------------- the hostile batch


class Batch:
    """A class of honest and hostile learners, graded once for all tests that look at it."""

    def __init__(self, course: Path) -> None:
        self.course = make_course(course)
        call(course, "release", ASSIGNMENT)
        call(course, "grade", ASSIGNMENT, "--quiet")  # nobody yet: makes what is only made once
        letter = next(a for a in "abcdefgh" if judge("7.7", a)[0] > 0)
        number = EXERCISES["7.2"].task().answer[0]
        with socket.create_server(("127.0.0.1", 0)) as server:
            place = hostile.Place(course, os.getpid(), server.getsockname()[1], letter, number)
            self.hostile = hostile.submissions(released(course), place)
            for student, content in {"aaa": solved(course), **self.hostile, "zzz": solved(course)}.items():
                hand_in(course, student, content)
            before = snapshot(course)
            start = time.monotonic()
            secret = os.environ | {"COURSE_SECRET": "SECRET"}
            self.said = command(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "2", env=secret, timeout=1200)
            self.seconds = time.monotonic() - start
            server.setblocking(False)
            with pytest.raises(BlockingIOError):
                server.accept()  # nobody called
        self.changed = before.items() ^ snapshot(course).items()
        self.marks = marks_of(course)


@pytest.fixture(scope="module")
def batch(tmp_path_factory) -> Batch:
    return Batch(tmp_path_factory.mktemp("hostile"))


@boxed
def test_there_are_many_kinds_of_hostility(batch):
    print(f"{len(batch.hostile)} hostile notebooks graded in {batch.seconds:.0f} s")
    assert len(batch.hostile) >= 90
    assert f"{len(batch.hostile) + 2} graded" in batch.said


@boxed
def test_no_honest_mark_is_lost(batch):
    assert earned(batch.marks["aaa"]) == HONEST
    assert earned(batch.marks["zzz"]) == HONEST
    assert batch.marks["aaa"]["7-8"]["waits_for_a_person"] == "True"


@boxed
def test_no_mark_is_forged(batch):
    wrong = {s: earned(batch.marks[s]) for s in batch.hostile if earned(batch.marks[s]) != hostile.EARNED.get(s, {})}
    assert wrong == {}


@boxed
def test_everybody_has_a_reason_that_can_be_read(batch):
    for student in batch.hostile:
        for exercise, row in batch.marks[student].items():
            full = float(row["points"]) == float(row["of"]) > 0
            assert full or exercise == "7-8" or len(row["reason"]) > 10, (student, row)
            assert "Traceback" not in row["reason"], (student, row)


@boxed
@pytest.mark.parametrize(("student", "reason"), [
    ("duplicated", "7-2 is there 2 times"), ("deleted", "7-1 was missing"), ("stripped", "found by its text"),
    ("retyped", "had become a markdown cell"), ("reordered", "in another order"), ("points-changed", "worth 100; it is worth 1"),
    ("check-edited", "7-2 had been edited"), ("endless", "stopped after 3 s"), ("ignores-signals", "did not stop by itself"),
    ("exits", "ended the notebook's Python"), ("fork-bomb", "memory|longer|stopped"), ("memory-in-children", "memory|stopped"),
    ("big-output", "the rest was dropped"), ("stops-its-watch", "longer than 12 s"), ("bad-json", "not JSON"),
    ("format-3", "notebook format 3"), ("empty", "is empty"), ("wrong-types", "a person has to look"),
    ("ids-changed", "calls itself '9-9'"), ("brackets", "nested parts"),
    ("exits", "gave no outputs: .*a person has to look"),
])  # fmt: skip
def test_the_reason_says_what_it_was(batch, student, reason):
    notes = [
        json.loads(p.read_text())["notes"] for p in (batch.course / "reports" / ASSIGNMENT / student).glob("*.json")
    ]
    assert re.search(reason, str(notes)), notes


@boxed
def test_words_that_may_be_elsewhere_wait_for_a_person(batch):
    """nbgrader gives 0 to a cell of words as it was handed out, and asks nobody."""
    for student in ("stripped", "deleted", "all-deleted", "ids-changed"):
        assert batch.marks[student]["7-8"]["waits_for_a_person"] == "True", student
    assert batch.marks["duplicated"]["7-8"]["waits_for_a_person"] == "False"  # untouched


@boxed
def test_who_needs_a_person_is_counted(batch):
    reports = (batch.course / "reports" / ASSIGNMENT).iterdir()
    need = {p.name for p in reports if any("a person has to look" in file.read_text() for file in p.glob("*.json"))}
    assert {"exits", "stops-its-watch", "deleted", "bad-json", "wrong-types"} <= need
    assert not {"aaa", "zzz", "endless", "points-changed"} & need
    words = {student for student, rows in batch.marks.items() if any(
        row["waits_for_a_person"] == "True" and name for name, row in rows.items())}  # fmt: skip
    counted = re.search(r"(\d+) graded, (\d+) of them need a person \((\d+) with words to read, (\d+) with", batch.said)
    assert [int(n) for n in counted.groups()][::3] == [len(batch.hostile) + 2, len(need)]
    assert int(counted[2]) >= len(need | {"aaa", "zzz"})
    assert {"aaa", "zzz"} <= words


@boxed
def test_nothing_outside_was_changed(batch):
    assert batch.changed == set()
    assert not list(batch.course.rglob("acted"))


@boxed
def test_nothing_inside_was_seen_of_the_outside(batch):
    for file in batch.course.glob("autograded/*/*/*.ipynb"):
        for cell in nbformat.read(file, 4).cells:
            for output in cell.get("outputs", []):
                assert "LEAK" not in str(output.get("text", "")), file


@boxed
def test_no_process_is_left(batch):
    assert running("bwrap", str(batch.course)) == []
    inside = running("sandbox_runner.py", str(batch.course))
    assert [p for p in inside if os.getuid() == 0 and 61184 <= p.info["uids"].real < 65280] == []


@boxed
def test_what_was_graded_is_not_graded_again(batch):
    assert command(batch.course, "grade", ASSIGNMENT, "--quiet").startswith("0 graded")


# ---------------------------------------------------------------- an honest class


def nbgrader() -> str:
    return str(Path(sys.executable).with_name("nbgrader"))


@pytest.fixture(scope="module")
def template(tmp_path_factory) -> Path:
    """A course with the assignment released, to be copied."""
    made = make_course(tmp_path_factory.mktemp("template"))
    assert f"exercises/{ASSIGNMENT}/{ASSIGNMENT}.ipynb is ready to hand out" in call(made, "release", ASSIGNMENT)
    return made


@pytest.fixture
def course(template, tmp_path) -> Path:
    return shutil.copytree(template, tmp_path / "course")


def test_what_was_not_released_cannot_be_graded(tmp_path):
    course = make_course(tmp_path)
    said = call(course, "grade", ASSIGNMENT, code=2)
    assert f"no assignment '{ASSIGNMENT}' was released (there is none yet): make release NAME={ASSIGNMENT}" in said
    said = call(course, "release", "no_such_chapter", code=2)
    assert "there is no solutions/no_such_chapter; there are " in said
    assert ASSIGNMENT in said


def test_a_release_that_is_stale_is_noticed(tmp_path):
    course = make_course(tmp_path)
    place = course / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    place.write_text(place.read_text().replace('bp.check(\\"7.2\\"', 'bp.check(\\"7.3\\"'))
    assert "is not what the solution gives: make notebooks" in call(course, "release", ASSIGNMENT, code=2)


def test_stock_nbgrader_hands_out_what_the_book_hands_out(course):
    """Also by formgrader's own button: no explanations, no source of the solutions."""
    before = [
        (c.cell_type, c.source) for c in nbformat.read(course / f"exercises/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", 4).cells
    ]
    subprocess.run(
        [nbgrader(), "generate_assignment", ASSIGNMENT, "--force"], cwd=course, check=True, capture_output=True
    )
    after = [
        (c.cell_type, c.source) for c in nbformat.read(course / f"exercises/{ASSIGNMENT}/{ASSIGNMENT}.ipynb", 4).cells
    ]
    assert after == before
    assert [p.name for p in (course / "exercises" / ASSIGNMENT).iterdir()] == [f"{ASSIGNMENT}.ipynb"]


def test_without_a_sandbox_nothing_is_run(course, tmp_path):
    """Runs on every machine: ours and stock nbgrader both refuse."""
    nb = hostile.first(released(course), "open('ran', 'w')")
    hand_in(course, "ann", nb)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    env = os.environ | {"PATH": str(tmp_path / "bin")}
    assert "Nothing was graded" in command(course, "grade", ASSIGNMENT, code=2, env=env)
    done = subprocess.run(
        [sys.executable, nbgrader(), "autograde", ASSIGNMENT], cwd=course, env=env, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert "apt-get install bubblewrap" in done.stderr
    assert not list(course.rglob("ran"))
    assert not list((course / "autograded").glob("*/*/*.ipynb"))


@boxed
def test_stock_nbgrader_grades_in_the_box(course):
    """The same steps as on a JupyterHub: nbgrader's own command."""
    nb = hostile.answer(released(course), hostile.Place(course, 0, 0, "a", EXERCISES["7.2"].task().answer[0]))
    hand_in(course, "ann", hostile.first(nb, hostile.CODE["endless"]))
    hand_in(course, "bob", solved(course))
    subprocess.run([nbgrader(), "autograde", ASSIGNMENT], cwd=course, check=True, capture_output=True)
    marks = marks_of(course)
    assert (earned(marks["ann"]), earned(marks["bob"])) == ({"7-2": 1.0}, HONEST)


@boxed
def test_numbers_of_ones_own(course):
    assert "hands out no variants yet" in call(course, "tokens", "students.txt", code=2)
    assert "is made" in call(course, "variants")
    assert "is there already" in call(course, "variants")
    assert call(course, "tokens", "none.txt", code=2) == "there is no none.txt: expected a file\n"  # and no heading
    (course / "students.txt").write_bytes(
        "\ufeffann\r\nbob \r\n\r\ncem\u00a0".encode()
    )  # as Windows' Notepad writes it
    token = dict(list(csv.reader(io.StringIO(call(course, "tokens", "students.txt"))))[1:])
    assert sorted(token) == ["ann", "bob", "cem"]

    def answered(variant: str) -> dict:
        nb = released(course)
        hostile.named(nb, "7-2-answer")["source"] += f"\ndL_dw1 = {EXERCISES['7.2'].task(variant).answer[0]}"
        return nb if variant == "book" else hostile.first(nb, f"bp.variant({variant!r})")

    hand_in(course, "ann", answered(token["ann"]))
    hand_in(course, "bob", answered(token["ann"]))
    hand_in(course, "cem", answered("book"))
    call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    marks = marks_of(course)
    assert [earned(marks[s]) for s in ("ann", "bob", "cem")] == [{"7-2": 1.0}, {}, {}]
    assert "another learner's numbers" in marks["bob"]["7-2"]["reason"]
    assert "  - 7-2: Answered with another learner's numbers: the notebook has" in call(course, "reasons", ASSIGNMENT)
    assert "bp.variant(...) is missing" in marks["cem"]["7-2"]["reason"]


@boxed
def test_an_interrupted_batch_goes_on_where_it_was(course):
    for i in range(4):
        hand_in(course, f"s{i}", solved(course))
    run = subprocess.Popen([sys.executable, "-m", "grading", "grade", ASSIGNMENT, "--quiet", "--jobs", "1"], cwd=course,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)  # fmt: skip
    until = time.monotonic() + 60
    while not list(course.glob("reports/*/*/done.json")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    done = len(list(course.glob("reports/*/*/done.json")))
    assert 0 < done < 4
    assert (
        f"{4 - done} graded, {4 - done} of them need a person ({4 - done} with words to read, 0 with a reason above); {done} were graded before."
        in command(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    )
    marks = marks_of(course)
    assert [earned(marks[f"s{i}"]) for i in range(4)] == [HONEST] * 4


@boxed
def test_ctrl_c_is_answered_in_words_and_marks_that_were_begun_are_no_change(course):
    for i in range(4):
        hand_in(course, f"s{i}", solved(course))
    run = subprocess.Popen([sys.executable, "-m", "grading", "grade", ASSIGNMENT, "--quiet", "--jobs", "2"], cwd=course,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)  # fmt: skip
    until = time.monotonic() + 60
    while not list(course.glob("reports/*/*/done.json")) and time.monotonic() < until:
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGINT)
    said, _ = run.communicate(timeout=30)
    assert (run.returncode, said.strip()) == (130, "Stopped. What was done is kept; type the same again to go on.")
    assert Course(course).broken_off(ASSIGNMENT)
    assert "changed:" not in call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    assert not Course(course).broken_off(ASSIGNMENT)


def test_another_notebook_under_this_ones_name_waits_for_a_person():
    sources = [
        repair.Source("7-2-answer", "code", "x = ...", False, False, True, None),
        repair.Source("7-2", "code", "check", True, True, False, 1.0),
    ]
    nb = nbformat.from_dict(
        {"cells": [{"cell_type": "code", "source": "x = 1", "metadata": {"nbgrader": {"grade_id": "8-1-answer"}}}]}
    )
    (note,) = repair.repair(nb, sources)
    assert "none of this assignment's cells is there" in note
    assert repair.NEEDS_REVIEW in note


@boxed
def test_what_the_machine_failed_at_is_tried_again(course, monkeypatch):
    """A sandbox that does not start, or a gradebook in use: nobody loses a mark, and nobody is done."""
    hand_in(course, "ann", solved(course))
    call(course, "check")
    for place, name, failing, why in (
        (
            bounded_process,
            "run",
            lambda *_, **__: bounded_process.ProcessResult(b"", "bwrap: \x1b[2Jfork: try again"),
            "NotStarted.*fork: try again",
        ),
        (preprocessors.Judge, "preprocess", locked, "OperationalError.*database is locked"),
        (preprocessors.Judge, "preprocess", full, "OSError.*No space left"),
    ):
        with monkeypatch.context() as broken:
            broken.setattr(place, name, failing)
            said = call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1", code=1)
        assert re.search(f"ann: the grading itself failed, call it again: {why}", said)
        assert (
            "0 graded, 0 of them need a person (0 with words to read, 0 with a reason above); 0 were graded before.\n1 could not be graded"
            in said
        )
        assert "\x1b" not in said
        row = marks_of(course)["ann"].popitem()[1]
        assert (row["waits_for_a_person"], row["reason"][:26]) == ("True", "the grading itself failed,")
    assert call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1").endswith(
        "1 graded, 1 of them need a person (1 with words to read, 0 with a reason above); 0 were graded before.\n"
    )
    assert earned(marks_of(course)["ann"]) == HONEST


def locked(*_):
    raise OperationalError("update grade", {}, sqlite3.OperationalError("database is locked"))


def full(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


@boxed
def test_a_process_that_is_killed_costs_one_submission(course):
    """As Linux does it when memory runs out."""
    with (course / "grading" / "course.py").open("a") as file:
        file.write("\n\n_whole = _grade\n\n\ndef _grade(assignment, student, alone):\n    if student == 'bob':\n"
                   "        os.kill(os.getpid(), 9)\n    return _whole(assignment, student, alone)\n")  # fmt: skip
    for student in ("ann", "bob", "cem"):
        hand_in(course, student, solved(course))
    said = command(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "2", code=1)
    assert "bob: the grading itself failed, call it again: BrokenProcessPool: its process was killed" in said
    assert (
        "2 graded, 2 of them need a person (2 with words to read, 0 with a reason above); 0 were graded before.\n1 could not be graded"
        in said
    )
    marks = marks_of(course)
    assert [earned(marks[s]) for s in ("ann", "cem")] == [HONEST] * 2
    assert marks["bob"][""]["waits_for_a_person"] == "True"


def test_a_report_that_was_cut_off_stops_nobody(course):
    hand_in(course, "ann", solved(course))
    folder = course / "reports" / ASSIGNMENT / "ann"
    folder.mkdir(parents=True)
    for name in ("done", ASSIGNMENT):
        (folder / f"{name}.json").write_text('{"from": "')
    assert call(course, "reasons", ASSIGNMENT) == ""
    assert Course(course).pending(ASSIGNMENT) == ["ann"]
    assert "0 marks" in call(course, "export", ASSIGNMENT, "marks.csv")


def test_a_course_that_notebooks_would_see_is_not_graded(course, monkeypatch):
    monkeypatch.setattr(sandbox, "_visible", lambda: [course.parent])
    said = call(course, "grade", ASSIGNMENT, code=2)
    assert f"Nothing was graded: notebooks would see the course, {course}" in said
    monkeypatch.setattr(sandbox, "_visible", lambda: [course / "solutions"])
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(f"c.Exchange.root = {str(course / 'solutions')!r}\n")
    assert "notebooks would see the exchange" in call(course, "grade", ASSIGNMENT, code=2)


@boxed
def test_a_fixed_check_lists_the_marks_that_changed(course):
    hand_in(course, "ann", solved(course))
    hand_in(course, "bob", released(course))
    assert "changed" not in command(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    chapter = course / "bplib" / "exercises" / "ch07.py"
    chapter.write_text(chapter.read_text().replace("\nEXERCISES = (",
        "\nobject.__setattr__(DIAGNOSIS, 'choose', lambda rng: ('', 'z', {'y': 'no'}))\nEXERCISES = ("))  # fmt: skip
    said = command(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    assert next(line for line in said.splitlines() if line.startswith("changed")).startswith(
        "changed: ann 7-7: 1 -> 0 of 1."
    )
    assert said.count("changed:") == 1
    assert "2 graded" in said


@boxed
def test_what_instructors_open_does_nothing(course):
    """Feedback is HTML made of what learners wrote."""
    place = hostile.Place(course, 0, 0, "a", 2.06)
    attacks = hostile.submissions(released(course), place)
    for student in ("html-that-acts", "markup"):
        hand_in(course, student, attacks[student])
    call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    for student in ("html-that-acts", "markup"):
        subprocess.run(
            [nbgrader(), "generate_feedback", ASSIGNMENT, "--student", student],
            cwd=course,
            check=True,
            capture_output=True,
        )
        page = (course / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
        body = page[page.index("</head>") :]
        assert "&lt;p&gt;" not in body
        assert re.search(JUDGED, body)
        assert not re.search(r"<script>fetch|<script>alert|<[^>]+onerror=|<[^>]+onload=|href=.javascript:", body)


@boxed
def test_marks_by_hand_stay(course):
    """What a person gave in formgrader, and a second grading."""
    hand_in(course, "ann", solved(course))
    call(course, "grade", ASSIGNMENT, "--quiet")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        grade = book.find_grade("7-8", ASSIGNMENT, ASSIGNMENT, "ann")
        grade.manual_score, grade.needs_manual_grade = 1.5, False
        book.db.commit()
    call(course, "grade", ASSIGNMENT, "--quiet", "--again")
    assert earned(marks_of(course)["ann"]) == HONEST | {"7-8": 1.5}


WORDS = "7-8"


def read_by_a_person(course: Path, student: str, points: float) -> None:
    """As formgrader saves a mark."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
        grade = book.find_grade(WORDS, ASSIGNMENT, ASSIGNMENT, student)
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


@boxed
def test_words_that_were_read_stay_read_while_they_are_unchanged(course):
    nb = json.loads(solved(course))
    hand_in(course, "ann", nb)
    hand_in(course, "bob", nb)
    said = call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    assert "2 graded, 2 of them need a person (2 with words to read, 0 with a reason above)" in said
    for student in ("ann", "bob"):
        read_by_a_person(course, student, 1.5)
    hostile.named(nb, WORDS)["source"] += " And one more reason."
    hand_in(course, "bob", nb)
    for _ in range(2):  # and unread words stay unread
        said = call(course, "grade", ASSIGNMENT, "--quiet", "--again", "--jobs", "1")
        assert "2 graded, 1 of them need a person (1 with words to read, 0 with a reason above)" in said
        waits = {student: rows[WORDS]["waits_for_a_person"] for student, rows in marks_of(course).items()}
        assert waits == {"ann": "False", "bob": "True"}
    assert earned(marks_of(course)["bob"])[WORDS] == 1.5


ATTACHED = {
    "GIF": {"anim.gif": {"image/gif": "R0lGODlhAQABAAAAACw="}},
    "SVG": {"sheet.svg": {"image/svg+xml": "<svg onload=alert(1)>"}},
    "PDF": {"sheet.pdf": {"application/pdf": "JVBERi0="}},
    "odd": {"my sheet (1) ü.png": {"image/png": "iVBORw0KGgo="}},
    "broken": {"a.png": {"image/png": "not base64!"}, "b.png": {"image/png": "aGk="}, "c.png": {"image/png": ["x"]}},
    "wrong": {"a.png": 7, "b.png": {}, "": {"image/png": None}},
    "huge": {"big.png": {"image/png": "iVBORw0KGgoA" + "AAAA" * 1_000_000}},
    "none": None,
}
TALKS = """{} ![g](attachment:anim.gif) ![s](attachment:sheet.svg) ![p](attachment:sheet.pdf) ![o](attachment:my%20sheet%20(1)%20ü.png)
![b](attachment:a.png) ![m](attachment:missing.png) ![e](attachment\\:gone) ![f](&#97;ttachment:gone) ![r][ref] <img src="attachment:x">
<img src=https://example.org/x.png onerror=alert(1)> $x_1^2$ $\\text{{<script>alert(1)</script>}}$ $\\frac$

[ref]: attachment:gone.png
$$\\begin{{matrix}} 1 \\end{{matrix}}$$ \x1b[31m \ud800 \x00 `attachment:code`"""


@boxed
def test_feedback_opens_whatever_was_attached(course):
    """And asks no other machine for anything."""
    for student, attached in ATTACHED.items():
        nb = json.loads(solved(course))
        named = hostile.named(nb, WORDS)
        named["source"], named["attachments"] = TALKS.format("Because."), attached
        hand_in(course, student, nb)
    call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "2")
    subprocess.run([nbgrader(), "generate_feedback", ASSIGNMENT], cwd=course, check=True, capture_output=True)
    for student in ATTACHED:
        page = (course / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
        assert "Because." in page, student
        assert not re.search(
            r"src=.?(https?:)?//|<link[^>]+//|@import|<script[^>]*src|<[^>]+onerror=|<script>alert", page
        ), student
        assert "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>" in page
        assert ("no picture that can be shown here" in page) == (student in ("SVG", "PDF", "broken", "wrong")), student
        assert ("data:image/gif;base64,R0lGODlhAQABAAAAACw=" in page) == (student == "GIF"), student


def test_formgrader_opens_with_the_course(course, tmp_path):
    """A real server with nbgrader's extension, and its pages."""
    if REFUSAL is None:
        hand_in(course, "ann", solved(course))
        call(course, "grade", ASSIGNMENT, "--quiet")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"HOME": str(tmp_path), "JUPYTER_RUNTIME_DIR": str(tmp_path / "run")}
    server = subprocess.Popen(
        [Path(sys.executable).with_name("jupyter"), "lab", "--allow-root", "--no-browser", f"--port={port}",
         "--ServerApp.port_retries=0", "--IdentityProvider.token=t"],
        cwd=course, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
    try:
        page = fetch(f"http://127.0.0.1:{port}/formgrader/manage_assignments?token=t", server)
        assert "formgrader" in page.lower()
        assignments = json.loads(fetch(f"http://127.0.0.1:{port}/formgrader/api/assignments?token=t", server))
        mine = next(a for a in assignments if a["name"] == ASSIGNMENT)
        assert mine["max_score"] == sum(c["metadata"]["nbgrader"]["points"] for c in CELLS)
        if REFUSAL is None:
            with Gradebook(f"sqlite:///{course}/gradebook.db") as book:
                id = book.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ann").id
            page = fetch(f"http://127.0.0.1:{port}/formgrader/submissions/{id}?token=t", server)
            assert "&lt;p&gt;" not in page
            assert re.search(JUDGED, page)
    finally:
        server.terminate()
        server.communicate(timeout=20)


def fetch(address: str, server: subprocess.Popen) -> str:
    until = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:
                return answer.read().decode()
        except (urllib.error.URLError, ConnectionError):
            if time.monotonic() > until or server.poll() is not None:
                raise AssertionError(
                    server.communicate(timeout=5)[0] if server.poll() is not None else "no answer"
                ) from None
            time.sleep(0.2)


PAGE = (ROOT / "book" / "for_instructors.md").read_text()
COMMANDS = [line for block in re.findall(r"```bash\n(.*?)```", PAGE, re.DOTALL) for line in block.strip().split("\n")]
# Commands that are tested elsewhere, or that only a person can give.
ELSEWHERE = {
    "sudo": "packages.debian",
    "source": "a shell's",
    "jupyter lab": "test_formgrader",
    "make setup-grading": "below",
    "make course": "test_course",
    "make slides": "slides.test.mjs",
    "make pdf": "test_pdf",
}


@boxed
def test_every_command_of_the_page_for_instructors(course):
    """In the page's order, in a course with two learners."""
    (course / "inbox" / "ann").mkdir(parents=True)
    (course / "inbox" / "ann" / f"{ASSIGNMENT}.ipynb").write_bytes(solved(course))
    theirs = released(course)  # bob's, at which a person has to look
    theirs["cells"].append(new_code_cell("from bplib import exercises"))
    (course / "inbox" / "bob.ipynb").write_text(json.dumps(theirs))
    (course / "students.csv").write_text(
        "id,name,email\nann,Ann Müller,ann@uni.example\nbob,Bob Bee,-\n", encoding="utf-8"
    )
    for name in ("_ext", "tools", "node_modules", "package-lock.json"):  # what sets formulas, and prints
        (course / name).symlink_to(ROOT / name)
    (course / "Grades.csv").write_text("Student,ID,SIS User ID,SIS Login ID,Section\n,11,ann,,\n,12,bob,,\n")
    with zipfile.ZipFile(course / "submissions.zip", "w") as made:
        made.writestr(f"müllerann_11_21_{ASSIGNMENT}.ipynb", solved(course))
        made.writestr(f"beebob_12_22_{ASSIGNMENT}-1.ipynb", json.dumps(theirs))
    env = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    ran, said = [], {}
    for line in COMMANDS:
        if not line.startswith(tuple(ELSEWHERE)):
            done = subprocess.run(line, shell=True, cwd=course, env=env, capture_output=True, text=True)
            assert done.returncode == 0, (line, done.stdout, done.stderr)
            said[line] = done.stdout + done.stderr
            ran.append(line)
    assert len(ran) >= 21
    assert "The sandbox holds" in said["python -m grading check"]
    for what in ("submissions.zip", "submissions.zip --table Grades.csv", "inbox"):
        assert "2 submissions taken in, 0 not." in said[f"python -m grading collect {ASSIGNMENT} {what}"]
    assert "2 of 2 people counted" in said[f"python -m grading slips {ASSIGNMENT}"]
    assert "slips/slips.html is the page" in said[f"python -m grading slips {ASSIGNMENT}"]
    assert (
        "concept_inventory_after: 0 of 0 people counted."
        in said["python -m grading slips concept_inventory concept_inventory_after --to before_and_after"]
    )
    assert "canvas.csv has the marks of 2 people." in said[f"python -m grading export canvas {ASSIGNMENT}"]
    assert "2 sheets with 7.3, 7.8, 8.2 (8 points)." in next(told for line, told in said.items() if " paper " in line)
    assert "has the feedback of 2 people." in said[f"python -m grading feedback canvas {ASSIGNMENT}"]
    assert "1 to read\n  7-8 of ann: http://localhost:8888/formgrader/" in said[f"python -m grading words {ASSIGNMENT}"]
    assert ": 1 to read" in said[f"python -m grading words {ASSIGNMENT} --readers ada bob"]
    assert "ada: 1 to read" in said["python -m grading words all --readers ada bob --by-exercise"]
    assert "100%" in said[f"python -m grading grade {ASSIGNMENT}"]  # the progress bar
    assert "2 graded" in said[f"python -m grading grade {ASSIGNMENT}"]
    assert "bob: the text of cells" in said[f"python -m grading grade {ASSIGNMENT}"]
    assert f"bob in {ASSIGNMENT}: you looked" in said[f"python -m grading looked {ASSIGNMENT} bob"]
    assert "1 graded" in said[f"python -m grading grade {ASSIGNMENT} --again --student ann"]
    assert (course / "tokens.csv").read_text().startswith("student,token\nann,")
    assert (course / "feedback" / "ann" / ASSIGNMENT / f"{ASSIGNMENT}.html").exists()
    with (course / "marks.csv").open(newline="", encoding="utf-8-sig") as file:
        reasons = {row["reason"] for row in csv.DictReader(file) if row["student"] == "ann"}
    assert any("bp.variant(...) is missing" in reason for reason in reasons)  # the course hands out variants by now


@pytest.mark.parametrize(("verb", "runs"), [
    ("setup-grading", "requirements/instruct.txt"), (f"release NAME={ASSIGNMENT}", f"python -m grading release {ASSIGNMENT}"),
    (f"grade NAME={ASSIGNMENT}", f"python -m grading grade {ASSIGNMENT}"),
    (f"paper NAME={ASSIGNMENT} STUDENTS=students.csv", 'python -m grading paper --exercises="$EXERCISES"')])  # fmt: skip
def test_the_verbs_of_make(verb, runs):
    assert f"make {verb}" in PAGE
    done = subprocess.run(
        ["make", "-n", "-W", "requirements/instruct.txt", *verb.split()], cwd=ROOT, capture_output=True, text=True
    )
    assert runs in done.stdout, done.stderr
