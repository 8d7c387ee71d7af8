"""Marks in the columns that Canvas and Moodle import, and feedback in a zip named as they want it: plugins of nbgrader's export.

What they import was read in their source (2026-11):

- Canvas (canvas-lms, lib/gradebook_importer.rb): Student, ID, SIS User ID, SIS Login ID, Section, then a column for each assignment
  (`Title (number)`; another title makes a new assignment), and a row "Points Possible". A row is found by ID, which is Canvas's own
  number, else by SIS User ID, SIS Login ID, and last by name. So our ids stand in SIS User ID, and ID stays empty unless
  Canvas's own gradebook gives it. Empty cells change nothing.
- Moodle (mod/assign/feedback/offline/importgradeslib.php): the grading worksheet, with Identifier, Grade and Last modified (grade)
  under these names (in the teacher's language), comma and UTF-8; only Moodle can make it, so it is filled in. The import of the
  gradebook takes any columns; it finds people by ID number or Email address.
- Feedback: Canvas (Assignment#infer_comment_context_from_filename) takes the first two numbers between underscores as its numbers
  of the person and of the file that was handed in, and shows what it got under that file's name; Moodle (mod/assign/feedback/file/importziplib.php)
  wants `Full name_PARTICIPANT_assignsubmission_file_/FILE`. Gradescope takes none.

nbgrader's own CsvExportPlugin has other columns, no quotes, and takes a name for a formula.
"""

from __future__ import annotations

import csv
import unicodedata
import zipfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Unicode

from . import late, marks, reports, status
from .course import Course
from .receive import NOTE
from .repair import Unreadable, line
from .roster import NONE, Clue, Person, Unknown, column, letters, sheet

CANVAS_HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
MOODLE_HEAD = ["Full name", "ID number", "Email address"]
WORKSHEET = ("Identifier", "Grade", "Last modified (grade)")


class ToPlatform(ExportPlugin):
    """What the two have in common. `unfinished` names those whose cell stays empty, and why."""

    missing = Unicode("0", help="for who handed in nothing once it was due; '' leaves the cell empty").tag(config=True)
    as_is = Bool(False, help="also the marks of those who wait for a person").tag(config=True)
    exercises = Bool(False, help="a column for each exercise too").tag(config=True)
    source = Unicode("", help="the platform's own file, to be filled in").tag(config=True)
    column = Unicode("", help="the column in it, if it is not called like the assignment").tag(config=True)
    default = ""

    def export(self, gradebook: Gradebook) -> None:
        """Write the file; as nbgrader calls it, or as `python -m grading export` does."""
        self.course = Course(Path.cwd())
        self.roster, self.unfinished, self.nothing = self.course.roster(), {}, {}
        self.strangers: list[str] = []  # rows of the platform that are nobody's, or two people's
        self.without: list[str] = []  # people of whom the platform's file has no row
        self.outside: list[str] = []  # who handed in, and is not in the roster
        self.changed: list[str] = []
        self.doubtful: dict[str, list[str]] = {}  # whose marks are written, though a person has to look
        self.most: dict[tuple[str, str], str] = {}  # points possible
        names = list(self.assignment) or [a.name for a in gradebook.assignments]
        self.cells = {name: self._cells(gradebook, name) for name in names}
        self.most |= {(name, ""): number(gradebook.find_assignment(name).max_score) for name in names}
        place = Path(self.to or self.default)
        if place.exists():
            raise FileExistsError(
                f"{place} is there already, and is not written over: move it away, or choose another with --to FILE"
            )
        rows = list(self.filled(names) if self.source else self.made(names))
        with place.open("w", newline="", encoding="utf-8-sig") as out:
            csv.writer(out).writerows([marks.cell(str(cell)) for cell in row] for row in rows)
        self.to = str(place)

    def _cells(self, gradebook: Gradebook, name: str) -> dict[str, dict[str, str]]:
        """{student: {exercise or "": points}}, of everybody in the class."""
        late.apply(self.course, name)
        here, state = set(self.course.students(name)), status.of(self.course, name)
        table = self.course.marks(name)
        waits = {mark.student for mark in table if mark.waits_for_a_person}
        self.doubtful[name] = sorted(state.person & set(self.roster.by_id) - (set() if self.as_is else waits))
        self.outside += [f"{student} in {name}" for student in sorted(here - set(self.roster.by_id))]
        gradebook.db.expire_all()  # the penalties are new
        totals = {
            s.student.id: max(0.0, s.score - s.late_submission_penalty) for s in gradebook.assignment_submissions(name)
        }
        points = {(mark.student, mark.exercise): mark.points for mark in table if mark.exercise}
        ids = sorted({exercise for _, exercise in points}, key=_counted)
        self.most |= {(name, mark.exercise): number(mark.of) for mark in table}
        out, now, due = {}, datetime.now(UTC), late.dues(self.course, name)
        for person in self.roster.people:
            until = due(person.id)
            if person.id not in here:
                self.nothing.setdefault(name, []).append(person.id)
                empty = self.missing if not until or until < now else ""
                out[person.id] = dict.fromkeys(["", *ids], empty)
            elif not self.as_is and (person.id in waits or person.id not in state.graded):
                why = "waits for a person" if person.id in state.graded else "is not graded yet"
                self.unfinished[name, person.id] = why
                out[person.id] = dict.fromkeys(["", *ids], "")
            else:
                out[person.id] = {"": number(totals.get(person.id, 0))} | {
                    i: number(points.get((person.id, i), 0)) for i in ids
                }
        return out

    def columns(self, names: list[str]) -> list[tuple[str, str]]:
        """(assignment, exercise), with "" for the total."""
        of = {
            name: sorted({e for cells in self.cells[name].values() for e in cells if e}, key=_counted) for name in names
        }
        return [(name, e) for name in names for e in ["", *(of[name] if self.exercises else [])]]

    def _sheet(self, names: list[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
        if len(names) != 1:
            raise ValueError(f"expected one assignment for {self.source}; got {len(names)}: give one name with --from")
        return sheet(Path(self.source))

    def whose(self, rows: list[Clue | None]) -> list[Person | None]:
        """Who each row of the platform is, by exact evidence alone; a person of two rows has none."""
        found: list[Person | None] = []
        for clue in rows:
            try:
                found.append(self.roster.who(clue) if clue else None)
            except Unknown:
                found.append(None)
        count = Counter(person for person in found if person)
        found = [person if person and count[person] == 1 else None for person in found]
        self.strangers += [
            line(c.name or c.email or c.id) for c, person in zip(rows, found, strict=True) if c and not person
        ]
        self.without += [person.id for person in self.roster.people if person not in found]
        return found

    def filling(self, name: str, person: Person | None, now: str) -> str:
        """A cell of the platform's file: what is there now, unless there is a mark for it."""
        new = self.cells[name][person.id][""] if person else ""
        there = now.strip(" -")
        if not new or there in ("EX", "N/A") or (there and person.id in self.nothing.get(name, ())):
            return now
        if there and _value(there) != float(new):
            self.changed.append(f"{person.id}: {line(now)} -> {new}")
        return new


class Canvas(ToPlatform):
    """The gradebook that Canvas imports."""

    default = "canvas.csv"

    def made(self, names: list[str]) -> Iterator[list[str]]:
        """A gradebook of our own, where people are found by their SIS ids."""
        columns = self.columns(names)
        yield CANVAS_HEAD + [f"{name} {exercise}".strip() for name, exercise in columns]
        yield ["Points Possible", "", "", "", ""] + [self.most[each] for each in columns]
        for person in self.roster.people:
            email = "" if person.email == NONE else person.email
            yield [person.name, "", person.id, email, ""] + [self.cells[name][person.id][e] for name, e in columns]

    def filled(self, names: list[str]) -> Iterator[list[str]]:
        """Canvas's own gradebook, with the marks in the assignment's column; what is excused stays so."""
        headings, rows = self._sheet(names)
        at = [column(headings, {letters(name)}) for name in ("ID", "SIS User ID", "SIS Login ID", "Student")]
        titles = [heading.rpartition(" (")[0] or heading for heading in headings]
        wanted = [
            i
            for i, heading in enumerate(headings)
            if self.column == heading or (not self.column and titles[i] == names[0])
        ]
        if at[0] is None or at[3] is None or len(wanted) != 1:
            raise ValueError(f"{self.source}: expected Canvas's gradebook, with one column {self.column or names[0]}; got {', '.join(headings)[:300]}. "
                             "Name the column as it stands there: --column 'Homework 7 (123)'")  # fmt: skip
        keep = [i for i in at if i is not None] + [i for i, h in enumerate(headings) if h == "Section"]
        first = min(i for i in range(len(headings)) if i > max(keep))
        yield [*headings[:first], headings[wanted[0]]]
        table = [cells + [""] * (len(headings) - len(cells)) for _, cells in rows]
        clues = []
        for cells in table:
            id, login, name = (cells[i] if i is not None else "" for i in (at[1], at[2], at[3]))
            student = cells[at[0]] and "Points Possible" not in cells[0]
            clues.append(Clue(name=name, id=id or login, email=login, loose=True) if student else None)
        for cells, person in zip(table, self.whose(clues), strict=True):
            yield [*cells[:first], self.filling(names[0], person, cells[wanted[0]])]


class Moodle(ToPlatform):
    """A table for Moodle's gradebook, or Moodle's own grading worksheet, filled in."""

    default = "moodle.csv"

    def made(self, names: list[str]) -> Iterator[list[str]]:
        """A table for Moodle's gradebook, which asks what the columns are."""
        columns = self.columns(names)
        yield MOODLE_HEAD + [f"{name} {exercise}".strip() for name, exercise in columns]
        for person in self.roster.people:
            email = "" if person.email == NONE else person.email
            yield [person.name, person.id, email] + [self.cells[name][person.id][e] for name, e in columns]

    def filled(self, names: list[str]) -> Iterator[list[str]]:
        """Moodle's grading worksheet with grades, and each exercise in the comments that are still empty."""
        headings, rows = self._sheet(names)
        if absent := [name for name in WORKSHEET if name not in headings]:
            raise ValueError(f"{self.source}: expected Moodle's grading worksheet in English; there is no column {absent[0]}. "
                             "Set your language in Moodle to English, and download it again")  # fmt: skip
        grade, note = headings.index("Grade"), column(headings, {"feedbackcomments"})
        id, email, name = (column(headings, {want}) for want in ("idnumber", "emailaddress", "fullname"))
        yield headings
        table = [cells + [""] * (len(headings) - len(cells)) for _, cells in rows]
        clues = [Clue(*(cells[i] if i is not None else "" for i in (name, id, email)), loose=True) for cells in table]
        for cells, person in zip(table, self.whose(clues), strict=True):
            cells[grade] = self.filling(names[0], person, cells[grade])
            got = self.cells[names[0]][person.id] if person else {}
            if got.get("") and note is not None and not cells[note] and self.exercises:
                cells[note] = "; ".join(f"{exercise}: {points}" for exercise, points in got.items() if exercise)
            yield cells


def run(course: Course, plugin: ToPlatform) -> ToPlatform:
    """Let a plugin write, as `nbgrader export` would."""
    with Gradebook(course.db_url) as gradebook:
        plugin.export(gradebook)
    return plugin


def _value(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _counted(exercise: str) -> list[tuple[int, str]]:
    """7-10 after 7-9."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in exercise.split("-")]


def number(points: float) -> str:
    """A mark as all platforms read it."""
    return f"{round(float(points or 0), 4):g}"


def feedback(course: Course, assignment: str, form: str, place: Path) -> tuple[list[str], dict[str, str]]:
    """A zip of nbgrader's feedback pages that the platform deals out; whose are in it, and why others' are not."""
    done, left = [], {}
    if place.exists():
        raise FileExistsError(
            f"{place} is there already, and is not written over: move it away, or choose another with --to FILE"
        )
    with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as out:
        for student in course.students(assignment):
            note = reports.read(course.received / assignment / student / NOTE)
            pages = sorted(course.folder("feedback", student, assignment).glob("*.html"))
            try:
                if note.get("form") != form:
                    raise Unreadable(f"it did not come from {form.capitalize()}")
                if not pages:
                    raise Unreadable("it has no feedback yet")
                for page in pages:
                    out.write(page, _place(form, note, page))
                done.append(student)
            except Unreadable as error:
                left[student] = str(error)
    return done, left


def _place(form: str, note: dict, page: Path) -> str:
    """Where the platform looks for a page."""
    name = unicodedata.normalize("NFC", line(str(note["label"]))).replace("/", "").replace("\\", "")
    if form == "moodle":
        return f"{name}_{note['number']}_assignsubmission_file_/{page.name}"
    number = note["files"].get(page.stem, {}).get("number")
    if not number:
        raise Unreadable(f"Canvas's number of {page.stem}.ipynb is not known")
    return f"{name}{'_LATE' if note.get('late') else ''}_{note['number']}_{number}_{page.name}"
