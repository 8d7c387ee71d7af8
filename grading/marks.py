"""Marks as tables: what is in nbgrader's gradebook, what was found on the way to it, and what changed."""

from __future__ import annotations

import codecs
import csv
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from nbgrader.api import Gradebook

from .repair import line
from .reports import read


@dataclass(frozen=True)
class Mark:
    """One exercise of one person. `reason` is what the judge said, or why there is nothing to judge."""

    student: str
    assignment: str
    exercise: str
    points: float
    of: float
    waits_for_a_person: bool
    reason: str = ""


BEGIN = codecs.BOM_UTF8 + b"student,assignment,exercise,"  # of a file that `export` wrote, and may write anew


def table(db_url: str, assignment: str, reports: Path) -> list[Mark]:
    """Every mark of an assignment, with its reason."""
    marks = []
    with Gradebook(db_url) as gradebook:
        for submission in gradebook.assignment_submissions(assignment):
            student, reasons = submission.student.id, {}
            for file in (reports / assignment / student).glob("*.json"):
                reasons |= {k: v["message"] for k, v in read(file).get("marks", {}).items()}
            for notebook in submission.notebooks:
                # What was said of words: the reader's comment, or that there are none.
                reasons |= {said.name: said.comment for said in notebook.comments if said.comment}
                marks += [
                    Mark(student, assignment, grade.cell.name, grade.score, grade.max_score,
                         bool(grade.needs_manual_grade), reasons.get(grade.cell.name, ""))
                    for grade in notebook.grades
                ]  # fmt: skip
    return sorted(marks, key=lambda mark: (mark.student, mark.exercise))


def changed(before: list[Mark], after: list[Mark]) -> Iterator[str]:
    """A line for each mark that was there and is another now."""
    old = {(mark.student, mark.exercise): mark.points for mark in before}
    for mark in after:
        was = old.get((mark.student, mark.exercise), mark.points)
        if was != mark.points:
            yield f"{mark.student} {mark.exercise}: {was:g} -> {mark.points:g} of {mark.of:g}. {_plain(mark.reason)}"


def export(marks: list[Mark], file: Path) -> None:
    """The table as CSV, with the mark by which Excel knows UTF-8."""
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.DictWriter(out, [field.name for field in fields(Mark)])
        writer.writeheader()
        for mark in marks:
            writer.writerow({k: cell(v) if isinstance(v, str) else v for k, v in asdict(mark).items()})


def _plain(text: str) -> str:
    return line(text.replace("**", ""))


def cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula; a hyphen alone, as platforms write for nothing, is none.

    Where decimals have a comma, Excel begins a new cell at each semicolon.
    """
    text = _plain(text)
    if text == "-":
        return text
    return re.sub(r"(?:^|; ?)(?=(.))", lambda at: at[0] + "'" * _begins_formula(at[1]), text)


def _begins_formula(character: str) -> bool:
    return unicodedata.normalize("NFKC", character) in ("=", "+", "-", "@")
