"""Late work: when it was due and handed in, who has longer, and what nbgrader's plugin takes off for it.

nbgrader knows due dates, extensions and penalties, and they are kept in its gradebook. Only a list of extensions lies beside it
(extensions.csv), since the gradebook can hold one only of who has handed in already. Penalties are those of nbgrader's
AssignLatePenalties; it runs once more whenever marks are shown, since it sees a score before a person has read the words.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from nbformat.v4 import new_notebook
from nbgrader.api import Gradebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Float

from . import reports
from .course import Course
from .receive import NOTE
from .roster import column, sheet
from .when import local, moment, naive

EXTENSIONS = "extensions.csv"
HEADINGS = ("assignment", "id", "until")
DAY = 24 * 60 * 60


class PerDay(LateSubmissionPlugin):
    """So many percent of what was earned, for each day begun; nbgrader's own `penalty_method` still counts."""

    percent = Float(0, help="of what was earned, for each day begun").tag(config=True)
    most = Float(100, help="percent at most").tag(config=True)
    grace = Float(0, help="minutes that do not count").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float | None:
        """What is taken off; None for nothing."""
        seconds = total_seconds_late - 60 * self.grace
        if self.penalty_method != "none":
            return super().late_submission_penalty(student_id, score, total_seconds_late) if seconds > 0 else None
        percent = min(self.most, self.percent * math.ceil(seconds / DAY)) if seconds > 0 else 0
        return score * percent / 100 or None


@dataclass(frozen=True)
class Late:
    """A submission after its time; without `seconds` the platform says that it is late, and not since when."""

    student: str
    when: datetime | None
    due: datetime | None
    seconds: float | None
    penalty: float = 0


def set_due(course: Course, assignment: str, when: datetime) -> None:
    """From now on an assignment is due at this moment."""
    course.notebooks(assignment)  # or it was not released
    with Gradebook(course.db_url) as gradebook:
        gradebook.update_or_create_assignment(assignment, duedate=naive(when))
    apply(course, assignment)


def dues(course: Course, assignment: str) -> Callable[[str | None], datetime | None]:
    """When an assignment is due: for a student, or for None, who has no extension."""
    with Gradebook(course.db_url) as gradebook:
        common = gradebook.find_assignment(assignment).duedate
        common = common.replace(tzinfo=UTC) if common else None
        longer = {s.student.id: s.extension for s in gradebook.assignment_submissions(assignment) if s.extension}
    own = {student: common + by for student, by in longer.items() if common}
    own |= {student: until for (name, student), until in extensions(course).items() if name == assignment}
    # It may have been put off for everybody since, beyond somebody's extension.
    return lambda student: max(filter(None, (common, own.get(student))), default=None)


def extensions(course: Course) -> dict[tuple[str, str], datetime]:
    """{(assignment, student): until when}."""
    file = course.root / EXTENSIONS
    if not file.exists():
        return {}
    headings, rows = sheet(file)
    at = [column(headings, {name}) for name in HEADINGS]
    if None in at:
        raise ValueError(f"{file}: expected the headings {','.join(HEADINGS)}; got {','.join(headings)[:100]}")
    out = {}
    for number, cells in rows:
        try:
            assignment, student, until = (cells[i] for i in at)
            out[assignment, student] = moment(until)
        except (ValueError, IndexError) as error:
            raise ValueError(f"{file}, line {number}: {error}") from None
    return out


def extend(course: Course, assignment: str, student: str, until: datetime) -> None:
    """One student has until then."""
    course.notebooks(assignment)
    due = dues(course, assignment)(None)
    if due is None:
        raise ValueError(
            f"{assignment} is not due at any time yet: python -m grading due {assignment} '2026-11-30 23:59'"
        )
    if until < due:
        raise ValueError(
            f"expected a moment after {local(due)}, when {assignment} is due for everybody; got {local(until)}"
        )
    everybody = course.roster().by_id if course.has_roster() else set(course.students(assignment))
    if student not in everybody:
        raise LookupError(f"expected the id of somebody in the class; got {ascii(student)[:60]}")
    found = extensions(course) | {(assignment, student): until}
    part = (course.root / EXTENSIONS).with_suffix(".part")
    with part.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADINGS)
        writer.writerows([name, who, f"{when:%Y-%m-%d %H:%M%z}"] for (name, who), when in sorted(found.items()))
    part.replace(course.root / EXTENSIONS)
    apply(course, assignment)


def apply(course: Course, assignment: str) -> None:
    """Tell the gradebook when each submission was due and handed in, and let nbgrader's plugin work out the penalties anew."""
    longer, again = extensions(course), []
    with Gradebook(course.db_url) as gradebook:
        common = gradebook.find_assignment(assignment).duedate
        for submission in gradebook.assignment_submissions(assignment):
            student = submission.student.id
            until = longer.get((assignment, student))
            if until and common:
                submission.extension = max(naive(until) - common, timedelta(0))
            elif not common:
                submission.extension = None  # nbgrader cannot add it to nothing
            folder = course.folder("submitted", student, assignment)
            if folder.is_dir():
                submission.timestamp = course.api.coursedir.get_existing_timestamp(str(folder))
            if submission.total_seconds_late or submission.late_submission_penalty:
                again += [(student, notebook.name) for notebook in submission.notebooks]
        gradebook.db.commit()
    step = AssignLatePenalties(config=course.config)
    step.log.setLevel("CRITICAL")
    for student, notebook in again:
        info = {"notebook": notebook, "assignment": assignment, "student": student, "db_url": course.db_url}
        step.preprocess(new_notebook(), {"nbgrader": info})


def late(course: Course, assignment: str) -> Iterator[Late]:
    """Who was late, and what it cost; graded or not."""
    with Gradebook(course.db_url) as gradebook:
        penalties = {s.student.id: s.late_submission_penalty for s in gradebook.assignment_submissions(assignment)}
    due = dues(course, assignment)
    for student in course.students(assignment):
        when, until = handed_in(course, assignment, student), due(student)
        seconds = (when - until).total_seconds() if when and until else 0
        if seconds > 0:
            yield Late(student, when, until, seconds, penalties.get(student, 0))
        elif not when and reports.read(course.received / assignment / student / NOTE).get("late"):
            yield Late(student, None, until, None)


def untimed(course: Course, assignment: str) -> list[str]:
    """Who handed in what is due, nobody knows when: nothing can be taken off, and nobody is told late."""
    due = dues(course, assignment)
    return [s for s in course.students(assignment) if due(s) and not handed_in(course, assignment, s)]


def handed_in(course: Course, assignment: str, student: str) -> datetime | None:
    """When, if it is known."""
    found = course.api.coursedir.get_existing_timestamp(str(course.folder("submitted", student, assignment)))
    return found.replace(tzinfo=UTC) if found else None


def told(one: Late) -> str:
    """A line for people."""
    if one.seconds is None:
        return f"{one.student}: late, says the platform, and not since when: nothing is taken off. Give the time: collect ... --table FILE"
    days, rest = divmod(one.seconds, DAY)
    by = f"{days:.0f} d {rest // 3600:.0f} h {rest % 3600 // 60:.0f} min"
    return f"{one.student}: {local(one.when)}, due {local(one.due)}, late by {by}, penalty {one.penalty:g}"
