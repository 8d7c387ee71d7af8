"""A whole class graded with nbgrader: in parallel, resumed where it stopped, and never aborted by one submission."""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import os
import re
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from traitlets.config import Config, PyFileConfigLoader

import bplib

from . import collect as intake
from . import marks, repair, tokens
from .box import Box, Limits, Refused

DONE = "done.json"  # beside a submission's reports: what it was graded from


class Course:
    """The folder with nbgrader_config.py, and what nbgrader keeps in it."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root).resolve()
        if not (self.root / "nbgrader_config.py").exists():
            raise FileNotFoundError(f"{self.root} holds no nbgrader_config.py: call this from the course's folder")
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic
        self.config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config())
        self.config.CourseDirectory.root = str(self.root)

    @cached_property
    def api(self) -> NbGraderAPI:
        api = NbGraderAPI(config=self.config)
        api.log.setLevel(logging.CRITICAL)
        # Several processes write to one file; each waits for the others.
        if api.coursedir.db_url.startswith("sqlite:") and "?" not in api.coursedir.db_url:
            api.coursedir.db_url += "?timeout=120"
        return api

    @property
    def db_url(self) -> str:
        return self.api.coursedir.db_url

    @property
    def key(self) -> Path:
        return self.root / self.config.Judge.get("key", "variants.key")

    @property
    def reports(self) -> Path:
        return self.root / self.config.Judge.get("reports", "reports")

    def box(self) -> Box:
        given = self.config.BoxedExecute
        limits = Limits.of(dict(given.get("limits", {})))
        return Box(limits, given.get("kind", "bubblewrap"), given.get("image", ""))

    def folder(self, step: str, student: str, assignment: str) -> Path:
        return Path(
            self.api.coursedir.format_path(getattr(self.api.coursedir, f"{step}_directory"), student, assignment)
        )

    def notebooks(self, assignment: str) -> list[str]:
        """Names of the assignment's notebooks; it must have been released."""
        with Gradebook(self.db_url) as gradebook:
            known = {a.name: [n.name for n in a.notebooks] for a in gradebook.assignments}
        if assignment not in known:
            there = f"there are {', '.join(sorted(known))}" if known else "there is none yet"
            raise LookupError(f"no assignment {assignment!r} was released ({there}): make assignment NAME={assignment}")
        return known[assignment]

    def collect(self, assignment: str, inbox: Path) -> tuple[list[str], dict[str, str]]:
        submitted = self.folder("submitted", "x", "y").parent.parent
        return intake.collect(inbox, submitted, assignment, self.notebooks(assignment))

    def students(self, assignment: str) -> list[str]:
        """Who handed in."""
        return sorted(p.parent.name for p in self.folder("submitted", "x", "y").parent.parent.glob(f"*/{assignment}"))

    def marks(self, assignment: str) -> list[marks.Mark]:
        """All marks; who handed in what could not be graded has a line too."""
        found, notes = marks.table(self.db_url, assignment, self.reports), dict(self.notes(assignment))
        for student in sorted(notes.keys() - {mark.student for mark in found}):
            found.append(marks.Mark(student, assignment, "", 0, 0, True))
        return [
            replace(mark, reason=" ".join(notes[mark.student])) if not mark.reason and mark.student in notes else mark
            for mark in found
        ]

    def notes(self, assignment: str) -> Iterator[tuple[str, list[str]]]:
        """What there is to know about each submission beside its marks."""
        for student in self.students(assignment):
            folder = self.reports / assignment / student
            notes = [note for file in sorted(folder.glob("*.json")) for note in json.loads(file.read_text())["notes"]]
            if notes:
                yield student, notes

    def digest(self, assignment: str, student: str) -> str:
        """What a grading depends on: the notebooks, the assignment, the student's token, the package, the judge."""
        seen = hashlib.sha256(tokens.token(self.key, student).encode())
        for folder in (Path(__file__).parent, Path(bplib.__file__).parent):
            for file in sorted(folder.rglob("*.py")):
                seen.update(file.read_bytes())
        seen.update((self.root / "nbgrader_config.py").read_bytes())
        with Gradebook(self.db_url) as gradebook:
            for notebook in gradebook.find_assignment(assignment).notebooks:
                seen.update(repr([(cell.name, cell.checksum) for cell in notebook.source_cells]).encode())
        for file in sorted(self.folder("submitted", student, assignment).glob("*.ipynb")):
            try:
                seen.update(file.name.encode() + intake.contents(file))
            except repair.Unreadable as error:
                seen.update(str(error).encode())
        return seen.hexdigest()

    def pending(self, assignment: str) -> list[str]:
        """Who is not graded yet, or from something else."""
        return [student for student in self.students(assignment) if self._done(assignment, student) is None]

    def _done(self, assignment: str, student: str) -> dict | None:
        file = self.reports / assignment / student / DONE
        found = json.loads(file.read_text()) if file.exists() else {}
        return found if found.get("from") == self.digest(assignment, student) else None

    def grade_one(self, assignment: str, student: str) -> list[str]:
        """Grade one submission; the reasons why it could not be. The box is refused loudly, before anything runs."""
        for file in (self.reports / assignment / student).glob("*.json"):
            file.unlink()
        notes = self._unreadable(assignment, student)
        if not notes:
            with warnings.catch_warnings():
                warnings.simplefilter(
                    "ignore"
                )  # nbgrader's and nbformat's, of their own ways: nobody here can mend them
                said = self.api.autograde(assignment, student, force=True, create=True)
            if not said["success"]:
                if Refused.__name__ in _log(said):
                    raise Refused(_log(said)[-500:])
                notes = ["nbgrader could not grade it, a person has to look: " + _why(said)]
        file = self.reports / assignment / student / DONE
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"from": self.digest(assignment, student), "notes": notes}))
        return notes

    def _unreadable(self, assignment: str, student: str) -> list[str]:
        """Why the files are not what can be graded."""
        folder, notes = self.folder("submitted", student, assignment), []
        for place in (folder, *sorted(folder.rglob("*"))):
            if place.is_symlink():
                return [f"{ascii(place.name)[:60]} is a symbolic link, and links are not followed"]
        for name in self.notebooks(assignment):
            file = folder / f"{name}.ipynb"
            if not file.exists():
                continue  # nbgrader gives it no points
            try:
                repair.read(intake.contents(file))
            except repair.Unreadable as error:
                notes.append(f"{file.name}: {error}. A person has to look, or the learner hands it in again")
        return notes

    def grade(self, assignment: str, students: list[str], jobs: int) -> Iterator[tuple[str, list[str]]]:
        """Grade many at once; (student, reasons) as they are done."""
        self.box().ensure()
        self.notebooks(assignment)
        if jobs == 1 or len(students) == 1:
            for student in students:
                yield student, _tried(lambda student=student: self.grade_one(assignment, student))
            return
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(max(1, min(jobs, len(students))), context, _open, (self.root,)) as pool:
            waiting = {pool.submit(_grade, assignment, student): student for student in students}
            try:
                for done in as_completed(waiting):
                    yield waiting[done], _tried(done.result)
            finally:
                pool.shutdown(cancel_futures=True)


def _tried(attempt: Callable[[], list[str]]) -> list[str]:
    """The reasons that a grading gives; where the grading itself failed, that. The next call tries again."""
    try:
        return attempt()
    except Refused:
        raise
    except Exception as error:
        return [f"the grading itself failed, call it again: {type(error).__name__}: {error}"]


def _log(said: dict) -> str:
    return said.get("log", "") + said.get("error", "")


def _why(said: dict) -> str:
    """The last line of nbgrader's log that says what happened."""
    lines = [line.strip() for line in _log(said).split("\n") if re.match(r"\s*[\w.]*(Error|Exception)\b.*: ", line)]
    lines = [line for line in lines if "NbGraderException" not in line] or lines
    return repair.clean(lines[-1])[:300] if lines else "it gave no reason"


_COURSE: list[Course] = []  # of this worker process


def _open(root: Path) -> None:
    os.chdir(root)
    _COURSE[:] = [Course(root)]


def _grade(assignment: str, student: str) -> list[str]:
    return _COURSE[0].grade_one(assignment, student)
