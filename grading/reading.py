"""What is remembered of an answer in words: what was last graded, and each earlier version that a person has read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from difflib import SequenceMatcher
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from . import reports
from .repair import harmless, line

NO_ANSWER = "No answer: the cell is empty, or as it was handed out."
WORDS_BESIDE = "The cell is as it was handed out, and there are words in a cell beside it."
MOST_WORDS = 4_000  # of an answer that is compared with its earlier version: the time grows with the square


def file(folder: Path, assignment: str, student: str, notebook: str) -> Path:
    """Where this is kept for a notebook: beside its reports, and not cleared when it is graded again."""
    return folder / assignment / student / "read" / f"{notebook}.json"


def of(file: Path, name: str) -> dict:
    """What is remembered of one answer. Earlier files have the digest alone."""
    known = reports.read(file).get(name, {})
    return {"seen": known} if isinstance(known, str) else known


def log(folder: Path, assignment: str, student: str, notebook: str) -> Path:
    """Where it is kept who gave which mark, and when."""
    return folder / assignment / student / "read" / f"{notebook}.marks.jsonl"


def in_words(cell: NotebookNode) -> bool:
    """Is this an answer that a person reads?"""
    meta = cell.metadata.get("nbgrader", {})
    return cell.cell_type == "markdown" and bool(meta.get("grade") and meta.get("solution"))


def is_empty(cell: NotebookNode, stub: str) -> bool:
    """Has nobody written anything here?"""
    return not line(cell.source.replace(stub.strip(), "")) and not cell.get("attachments")


def written_beside(cells: list[NotebookNode], handed_out: set[str]) -> dict[str, str]:
    """What a learner wrote into cells of words around an exercise: between the assignment's own before and after it.

    handed_out    the texts of all cells of the assignment, which are nobody's answer
    """
    found: dict[str, list[str]] = {}
    before, words = "", []
    for cell in cells:
        if name := cell.metadata.get("nbgrader", {}).get("grade_id"):
            found.setdefault(before, []).extend(words)
            found.setdefault(name, []).extend(words)
            before, words = name, []
        elif cell.cell_type != "code" and line(cell.source) and cell.source.strip() not in handed_out:
            words.append(cell.source + _pictures(cell))
    found.setdefault(before, []).extend(words)
    return {name: "\n\n".join(texts) for name, texts in found.items() if texts}


def _pictures(cell: NotebookNode) -> str:
    """What tells one attached picture from another of the same name."""
    attached = json.dumps(cell.get("attachments") or {}, sort_keys=True)
    return f"\n\n(attached: {hashlib.sha256(attached.encode()).hexdigest()[:12]})" if attached != "{}" else ""


def handed_out(notebook: str) -> set[str]:
    """The texts of all cells that learners were given; nbgrader works in the course's folder, and knows the locked ones only."""
    file = next(Path("exercises").glob(f"*/{notebook}.ipynb"), None)
    return {harmless(cell.source).strip() for cell in nbformat.read(file, 4).cells} if file else set()


def seen(cell: NotebookNode, beside: str = "") -> str:
    """A digest of what a reader sees of a cell, and of what was written beside it."""
    shown = [cell.source, cell.get("attachments"), cell.get("outputs")] + [beside] * bool(beside)
    shown = json.dumps(shown, sort_keys=True)
    return hashlib.sha256(shown.encode()).hexdigest()


def remember(known: dict, cell: NotebookNode, read: dict | None, beside: str = "") -> dict:
    """What to keep of a cell now. `read` is the mark that a person gave to what is `known`, if one did."""
    now = {"seen": seen(cell, beside)}
    if in_words(cell):
        now |= {"words": "\n\n".join(filter(None, [cell.source, beside])), "earlier": list(known.get("earlier", []))}
        if read and known.get("seen", now["seen"]) != now["seen"] and "words" in known:
            now["earlier"].append({"words": known["words"], **read, "until": stamp()})
    return now


def stamp() -> str:
    """Now, as it is written down."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def changes(old: str, new: str) -> Iterator[tuple[str, str]]:
    """What became of the words: pieces that were `kept`, `taken` out or `added`, in their order."""
    a, b = re.findall(r"\S+\s*|\s+", old), re.findall(r"\S+\s*|\s+", new)
    if max(len(a), len(b)) > MOST_WORDS:
        yield "taken", old
        yield "added", new
        return
    for kind, i, j, k, end in SequenceMatcher(None, a, b).get_opcodes():
        if kind == "equal":
            yield "kept", "".join(a[i:j])
        else:
            yield from (
                (name, text) for name, text in (("taken", "".join(a[i:j])), ("added", "".join(b[k:end]))) if text
            )


def marked(place: Path) -> list[dict]:
    """Who marked, oldest first; lines that were cut off are left out."""
    found = []
    for text in place.read_text(encoding="utf-8").splitlines() if place.exists() else []:
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    return [one for one in found if isinstance(one, dict)]


def write_down(place: Path, what: dict) -> None:
    """Add a line to the log; two servers may do so at once."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a", encoding="utf-8") as out:
        out.write(json.dumps(what) + "\n")
