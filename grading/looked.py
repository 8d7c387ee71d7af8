"""Who looked where a person has to look: what was seen counts as seen until something else is found."""

from __future__ import annotations

from pathlib import Path

from . import reading, reports
from .course import Course
from .repair import NEEDS_REVIEW


def _file(course: Course, assignment: str, student: str) -> Path:
    return course.reports / assignment / student / "read" / "looked.json"  # not cleared when it is graded again


def waiting(course: Course, assignment: str) -> dict[str, list[str]]:
    """The notes of each student that a person has to act on, and that nobody has said they saw."""
    found = {student: [n for n in notes if NEEDS_REVIEW in n] for student, notes in course.notes(assignment)}
    return {student: notes for student, notes in found.items()
            if notes and reports.read(_file(course, assignment, student)).get("notes") != notes}  # fmt: skip


def looked(course: Course, assignment: str, students: list[str]) -> list[str]:
    """Say that these were looked at, with what was found now; LookupError, before anything is written, names who does not wait."""
    found = waiting(course, assignment)
    if wrong := [student for student in students if student not in found]:
        raise LookupError(
            f"nobody has to look at {', '.join(wrong)} in {assignment}; "
            + (f"those who wait: {', '.join(sorted(found))}" if found else "nobody waits")
        )
    for student in students:
        reports.write(_file(course, assignment, student), {"notes": found[student], "when": reading.stamp()})
    return students
