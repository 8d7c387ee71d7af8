"""Where every submission of every assignment stands."""

from __future__ import annotations

from dataclasses import dataclass

from . import late, looked, reports
from .course import RETRY, Course

COLUMNS = ("handed in", "missing", "graded", "to grade", "words", "person", "failed", "late")


@dataclass(frozen=True)
class Status:
    """Who stands where in one assignment; `words` waits for somebody who reads, `person` for somebody who looks."""

    assignment: str
    handed_in: set[str]
    missing: set[str]  # only with a roster
    graded: set[str]
    to_grade: set[str]
    words: set[str]
    person: set[str]
    failed: set[str]
    late: set[str]

    def sets(self) -> dict[str, set[str]]:
        """By the names of the columns."""
        return {name: getattr(self, name.replace(" ", "_")) for name in COLUMNS}


def of(course: Course, assignment: str) -> Status:
    """Look at what is there; nothing is run."""
    course.notebooks(assignment)
    here, waiting = set(course.students(assignment)), set(course.pending(assignment))
    reported = {student: reports.read(course.done_file(assignment, student)) for student in here}
    failed = {s for s, said in reported.items() if any(note.startswith(RETRY) for note in said.get("notes", []))}
    # By nbgrader's own command, as on a JupyterHub: it leaves no such report.
    stock = {s for s in waiting if not reported[s] and course.folder("autograded", s, assignment).is_dir()}
    graded = here - waiting | stock
    everybody = set(course.roster().by_id) if course.has_roster() else set()
    noted = set(looked.waiting(course, assignment))
    return Status(assignment, here, everybody - here, graded, here - graded - failed, course.words_waiting(assignment) & graded,
                  noted & graded, failed, {one.student for one in late.late(course, assignment)})  # fmt: skip


def table(found: list[Status]) -> str:
    """One line for each assignment."""
    width = max([len(one.assignment) for one in found] + [len("assignment")])
    head = "  ".join([f"{'assignment':{width}}", *COLUMNS])
    rows = [
        "  ".join([f"{one.assignment:{width}}", *(f"{len(who):>{len(name)}}" for name, who in one.sets().items())])
        for one in found
    ]
    return "\n".join([head, *rows])


def people(one: Status) -> str:
    """Who they are, where somebody has something to do."""
    lines = [
        f"{name}: {', '.join(sorted(who))}"
        for name, who in one.sets().items()
        if who and name not in ("handed in", "graded")
    ]
    return "\n".join([one.assignment, *(f"  {text}" for text in lines)])
