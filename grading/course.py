"""A whole class graded with nbgrader: in parallel, resumed where it stopped, and never aborted by one submission."""

from __future__ import annotations

import ctypes
import hashlib
import logging
import multiprocessing
import os
import signal
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters.base import NbGraderException
from sqlalchemy.exc import OperationalError
from traitlets.config import Config, PyFileConfigLoader

import bplib

from . import collect as intake
from . import marks, repair, reports, roster, tokens
from .sandbox import Crowded, Limits, NotStarted, Refused, Sandbox
from .watched import Watched

DONE = "done.json"  # beside a submission's reports: what it was graded from
BEGUN = "begun"  # beside them, for as long as it is being graded
EXCHANGE = "/usr/local/share/nbgrader/exchange"  # nbgrader's default
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG
RETRY = "the grading itself failed, call it again"  # begins the note of who is not graded yet
PASSING = (NotStarted, OperationalError, OSError, MemoryError)  # may be otherwise in a minute: a full disk, a lock, ...


class Course:
    """The folder with nbgrader_config.py, and what nbgrader keeps in it."""

    def __init__(self, root: Path) -> None:
        self.root = Path(root).resolve()
        if not (self.root / "nbgrader_config.py").exists():
            raise FileNotFoundError(f"{self.root} holds no nbgrader_config.py: call this from the course's folder")
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic
        self.config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(self.root)).load_config())
        self.config.CourseDirectory.root = str(self.root)
        self._commons: dict[str, hashlib._Hash] = {}

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

    @property
    def received(self) -> Path:
        """What came in besides what counts: older attempts, and where each submission is from."""
        return self.root / "received"

    def has_roster(self) -> bool:
        """Is there a students.csv?"""
        return (self.root / roster.FILE).exists()

    def roster(self) -> roster.Roster:
        """Who is in the class."""
        return roster.read(self.root / roster.FILE)

    def released(self) -> list[str]:
        """All assignments that the gradebook knows."""
        with Gradebook(self.db_url) as gradebook:
            return sorted(assignment.name for assignment in gradebook.assignments)

    def sandbox(self) -> Sandbox:
        given = self.config.SandboxedExecute
        limits = Limits.of(dict(given.get("limits", {})))
        return Sandbox(limits, given.get("kind", "bubblewrap"), given.get("image", ""))

    def ensure(self) -> None:
        """Raise Refused unless notebooks are held in: on this machine, and away from where the course lies."""
        sandbox = self.sandbox()
        sandbox.refuse_to_show(course=self.root, exchange=self.root / self.config.Exchange.get("root", EXCHANGE))
        sandbox.ensure()

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
            raise LookupError(f"no assignment {assignment!r} was released ({there}): make release NAME={assignment}")
        return known[assignment]

    def collect(self, assignment: str, inbox: Path) -> tuple[list[str], dict[str, str]]:
        """Take in STUDENT.ipynb or STUDENT/NOTEBOOK.ipynb, for a class without a roster."""
        return intake.collect(inbox, self.submitted, assignment, self.notebooks(assignment), self.received)

    @property
    def submitted(self) -> Path:
        """Where nbgrader looks for what was handed in."""
        return self.folder("submitted", "x", "y").parent.parent

    def students(self, assignment: str) -> list[str]:
        """Who handed in."""
        return sorted(p.parent.name for p in self.submitted.glob(f"*/{assignment}"))

    def marks(self, assignment: str) -> list[marks.Mark]:
        """All marks; who handed in what could not be graded has a line too, and waits for a person."""
        found, notes = marks.table(self.db_url, assignment, self.reports), dict(self.notes(assignment))
        for student in sorted(notes.keys() - {mark.student for mark in found}):
            found.append(marks.Mark(student, assignment, "", 0, 0, True))
        stuck = {student for student in notes if reports.read(self.done_file(assignment, student)).get("notes")}
        return [
            replace(mark, reason=mark.reason or " ".join(notes.get(mark.student, [])),
                    waits_for_a_person=mark.waits_for_a_person or mark.student in stuck)
            for mark in found
        ]  # fmt: skip

    def words_waiting(self, assignment: str) -> set[str]:
        """Whose gradebook has cells that a person is to mark."""
        found = marks.table(self.db_url, assignment, self.reports)
        return {mark.student for mark in found if mark.waits_for_a_person}

    def notes(self, assignment: str) -> Iterator[tuple[str, list[str]]]:
        """What there is to know about each submission beside its marks."""
        for student in self.students(assignment):
            if notes := self._notes(assignment, student):
                yield student, notes

    def _notes(self, assignment: str, student: str) -> list[str]:
        files = sorted((self.reports / assignment / student).glob("*.json"))
        return [repair.line(note) for file in files for note in reports.read(file).get("notes", [])]

    def digest(self, assignment: str, student: str) -> str:
        """What a grading depends on: the notebooks, the assignment, the student's token, the package, the judge."""
        seen = self._common(assignment).copy()
        seen.update(tokens.token(self.key, student).encode())
        for file in sorted(self.folder("submitted", student, assignment).glob("*.ipynb")):
            try:
                seen.update(file.name.encode() + intake.contents(file))
            except repair.Unreadable as error:
                seen.update(str(error).encode())
        return seen.hexdigest()

    def _common(self, assignment: str):
        """The part of a digest that is the same for the whole class; read once, while nobody works on it."""
        if assignment not in self._commons:
            seen = hashlib.sha256((self.root / "nbgrader_config.py").read_bytes())
            for folder in (Path(__file__).parent, Path(bplib.__file__).parent):
                for file in sorted(folder.rglob("*.py")):
                    seen.update(file.read_bytes())
            with Gradebook(self.db_url) as gradebook:
                for notebook in gradebook.find_assignment(assignment).notebooks:
                    seen.update(repr([(cell.name, cell.checksum) for cell in notebook.source_cells]).encode())
            self._commons[assignment] = seen
        return self._commons[assignment]

    def pending(self, assignment: str) -> list[str]:
        """Who is not graded yet, or from something else."""
        return [student for student in self.students(assignment) if self._done(assignment, student) is None]

    def broken_off(self, assignment: str) -> set[str]:
        """Of whom the gradebook has what a grading left that did not end: no marks of anybody's, but where it stood."""
        return {place.parent.name for place in (self.reports / assignment).glob(f"*/{BEGUN}")}

    def _done(self, assignment: str, student: str) -> dict | None:
        found = reports.read(self.done_file(assignment, student))
        return found if found.get("from") == self.digest(assignment, student) else None

    def done_file(self, assignment: str, student: str) -> Path:
        return self.reports / assignment / student / DONE

    def grade_one(self, assignment: str, student: str, alone: bool = True) -> list[str] | None:
        """Grade one submission; the notes that somebody must act on. Only what was graded is not graded again.

        The box is refused loudly, before anything runs. None, if memory ran short while others were being graded too:
        it is to be graded again, alone.
        """
        self.api.config.SandboxedExecute.alone = alone
        try:
            for file in (self.reports / assignment / student).glob("*.json"):
                file.unlink()
            before = self.digest(assignment, student)  # what is handed in meanwhile is still to be graded
            begun = self.done_file(assignment, student).with_name(BEGUN)
            begun.parent.mkdir(parents=True, exist_ok=True)
            begun.touch()
            notes = self._unreadable(assignment, student) or self._autograde(assignment, student)
            done = {"from": before, "notes": notes}
            reports.write(self.done_file(assignment, student), done)
            begun.unlink()
        except Refused:
            raise
        except Crowded:
            return None
        except Exception as error:
            return self._not_done(assignment, student, error)
        return [note for note in self._notes(assignment, student) if repair.NEEDS_REVIEW in note]

    def _not_done(self, assignment: str, student: str, error: Exception) -> list[str]:
        notes = [f"{RETRY}: {_said(error)}"]
        reports.write(self.done_file(assignment, student), {"from": None, "notes": notes})
        return notes

    def _autograde(self, assignment: str, student: str) -> list[str]:
        """Let nbgrader grade a submission; why it could not. What may pass by itself is raised."""
        course = self.api.coursedir
        course.assignment_id, course.student_id = assignment, student
        step = Watched(coursedir=course, parent=self.api)
        step.force = step.create_student = True
        try:
            with warnings.catch_warnings():
                # nbgrader's and nbformat's, of their own ways: nobody here can fix them
                warnings.simplefilter("ignore")
                step.start()
        except NbGraderException as error:
            why = step.why or error
            if isinstance(why, (Refused, *PASSING)):
                raise why from None
            return [f"nbgrader could not grade it, {repair.NEEDS_REVIEW}: {_said(why)}"]
        return []

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
                notes.append(f"{file.name}: {error}; {repair.NEEDS_REVIEW}, or the learner hands it in again")
        return notes

    def grade(self, assignment: str, students: list[str], jobs: int) -> Iterator[tuple[str, list[str]]]:
        """Grade many at once; (student, notes that somebody must act on) as they are done."""
        self.notebooks(assignment)
        self.ensure()
        if jobs == 1 or len(students) == 1:
            for student in students:
                yield student, self.grade_one(assignment, student)
        elif students:
            yield from self._in_parallel(assignment, students, jobs)

    def _in_parallel(self, assignment: str, students: list[str], jobs: int) -> Iterator[tuple[str, list[str]]]:
        """Grade in other processes. If one is killed, or memory runs short, all whom it can have cost something are
        graded again, each alone."""
        waiting, working, broken = list(students), {}, []
        jobs = max(1, min(jobs, len(students)))
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(jobs, context, _open, (self.root, os.getpid())) as pool:
            while working or (waiting and not broken):
                while waiting and not broken and len(working) < jobs:
                    student = waiting.pop(0)
                    try:
                        working[pool.submit(_grade, assignment, student, len(students) == 1)] = student
                    except BrokenProcessPool:
                        broken.append(student)
                for done in wait(working, return_when=FIRST_COMPLETED).done:
                    student = working.pop(done)
                    if isinstance(done.exception(), BrokenProcessPool) or done.result() is None:
                        broken.append(student)
                    else:
                        yield student, done.result()
        if students == broken[:1]:  # alone, and killed
            yield students[0], self._not_done(assignment, students[0], BrokenProcessPool("its process was killed"))
            return
        for student in broken:
            yield from self._in_parallel(assignment, [student], 1)
        if waiting:
            yield from self._in_parallel(assignment, waiting, jobs)


def _said(error: Exception) -> str:
    first, *_ = str(error).strip().split("\n")
    return repair.line(f"{type(error).__name__}: {first}")[:300]


_COURSE: list[Course] = []  # of this worker process


def _open(root: Path, parent: int) -> None:
    """Begin a worker, which ends when the process that started it does, even by kill -9, and silently at Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGKILL)
        if os.getppid() != parent:  # gone already
            os._exit(1)
    os.chdir(root)
    _COURSE[:] = [Course(root)]


def _grade(assignment: str, student: str, alone: bool) -> list[str] | None:
    return _COURSE[0].grade_one(assignment, student, alone)
