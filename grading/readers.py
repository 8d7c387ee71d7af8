"""Who reads which answers in words: those that wait, dealt out to several people.

nbgrader knows that an answer waits, and not for whom; its formgrader shows everything to everybody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nbgrader.api import Gradebook

from .course import Course
from .repair import line

ADDRESS = "http://localhost:8888"  # of the server with formgrader, as `jupyter lab --port 8888` starts it


@dataclass(frozen=True)
class Answer:
    """An answer that waits for a person, and where formgrader shows it."""

    assignment: str
    exercise: str
    student: str
    submission: str

    def address(self, server: str) -> str:
        """The page in formgrader, at this exercise."""
        return f"{server.rstrip('/')}/formgrader/submissions/{self.submission}/#{self.exercise}"


def waiting(db_url: str, assignment: str) -> list[Answer]:
    """The answers that nobody has read, or that have changed since: as formgrader counts them."""
    with Gradebook(db_url) as gradebook:
        return sorted(
            (Answer(assignment, grade.cell.name, submission.student.id, notebook.id)
             for submission in gradebook.assignment_submissions(assignment)
             for notebook in submission.notebooks
             for grade in notebook.grades if grade.needs_manual_grade),
            key=lambda answer: (answer.exercise, answer.student),
        )  # fmt: skip


def in_words(db_url: str, assignments: Sequence[str]) -> list[tuple[str, str]]:
    """Every exercise in words of these assignments, whether somebody waits or not."""
    with Gradebook(db_url) as gradebook:
        return [
            (name, cell.name)
            for name in sorted(assignments)
            for notebook in gradebook.find_assignment(name).notebooks
            for cell in sorted(notebook.grade_cells, key=lambda cell: cell.name)
            if cell.cell_type == "markdown"
        ]


def reader(student: str, readers: Sequence[str]) -> str:
    """Who reads this person's answers: the same whoever else hands in, and, when a reader joins, for most."""
    return max(readers, key=lambda name: hashlib.sha256(f"{name}\0{student}".encode()).digest())


def deal(found: Sequence[Answer], readers: Sequence[str], exercises: Sequence[tuple[str, str]] = ()) -> Iterator[tuple[str, list[Answer]]]:  # fmt: skip
    """Each reader with their answers. With `exercises`, one reader has an exercise of everybody: they take turns."""
    turns = {exercise: readers[i % len(readers)] for i, exercise in enumerate(exercises)}
    for name in readers:
        yield (
            name,
            [
                answer for answer in found
                if name == (turns.get((answer.assignment, answer.exercise)) or reader(answer.student, readers))
            ],
        )  # fmt: skip


def told(course: Course, names: Sequence[str], who: Sequence[str], by_exercise: bool, server: str) -> Iterator[str]:
    """What waits in these assignments, a line for each answer; dealt out, if there are readers."""
    twice = sorted({name for name in who if who.count(name) > 1})
    if twice:
        raise ValueError(f"{', '.join(twice)} is there more than once: give each reader once, as --readers ada bob")
    if by_exercise and not who:
        raise ValueError("--by-exercise deals exercises out to readers: add their names, as --readers ada bob")
    found = [answer for name in names for answer in waiting(course.db_url, name)]
    everywhere = in_words(course.db_url, course.released()) if by_exercise else []
    for name, answers in deal(found, who, everywhere) if who else [("", found)]:
        yield f"{name}: {len(answers)} to read" if name else f"{len(answers)} to read"
        for answer in answers:
            yield f"  {answer.exercise} of {line(answer.student)}: {answer.address(server)}"
