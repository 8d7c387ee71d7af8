"""A submission brought back into the shape of the assignment: what is worth points is what the assignment says.

Nothing that a notebook says of itself counts: metadata, cell types, points and locked sources come from the assignment.
Each change that costs or could cost somebody something has a reason in words.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbformat import NotebookNode

BIGGEST = 20_000_000  # bytes of a notebook file
MOST_CELLS = 5_000
MOST_PARTS = 200_000  # lists and objects of JSON, of which each takes a hundred bytes of memory or more
NEEDS_REVIEW = "a person has to look"  # in each note that a mark may be wrong without
LOST = "*The marked cell was missing; look for the answer in the notebook.*"
PICTURES = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/gif": b"GIF8"}  # and how their bytes begin


class Unreadable(ValueError):
    """Not a notebook that could be graded; the message says why."""


@dataclass(frozen=True)
class Source:
    """A cell of the assignment, as the gradebook remembers it."""

    name: str
    cell_type: str
    text: str
    locked: bool
    grade: bool
    solution: bool
    points: float | None

    @property
    def by_a_person(self) -> bool:
        return self.grade and not self.locked

    def metadata(self) -> NotebookNode:
        meta = {"grade_id": self.name, "grade": self.grade, "solution": self.solution, "locked": self.locked,
                "task": False, "schema_version": 3}  # fmt: skip
        return NotebookNode(meta if self.points is None else meta | {"points": self.points})


def read(data: bytes) -> NotebookNode:
    """The notebook in a file, or Unreadable."""
    if len(data) > BIGGEST:
        raise Unreadable(f"the file has {len(data) / 1e6:.0f} MB, more than {BIGGEST / 1e6:.0f}: clear its outputs")
    if not data.strip():
        raise Unreadable("the file is empty")
    if parts(data) > MOST_PARTS:
        raise Unreadable(f"the file has {parts(data):,} nested parts, more than {MOST_PARTS:,}, as no notebook has")
    try:
        found = json.loads(data.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unreadable("the file is not text in UTF-8, so it is no notebook") from None
    except RecursionError:
        raise Unreadable("the file's JSON is nested too deeply") from None
    except ValueError as error:
        raise Unreadable(f"the file is not JSON, so it is no notebook ({error})") from None
    if not isinstance(found, dict) or not isinstance(found.get("nbformat"), int):
        raise Unreadable("the file is JSON, but not a notebook")
    if found["nbformat"] != 4:
        raise Unreadable(
            f"it is in notebook format {found['nbformat']}; wanted is 4: open it in JupyterLab and save it"
        )
    cells = found.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise Unreadable("the notebook has no list of cells")
    if len(cells) > MOST_CELLS:
        raise Unreadable(f"the notebook has {len(cells)} cells, more than {MOST_CELLS}")
    return NotebookNode(nbformat=4, nbformat_minor=5, metadata=NotebookNode(), cells=cells)


def parts(data: bytes) -> int:
    """At least as many lists and objects as JSON will make of it."""
    return data.count(b"{") + data.count(b"[")


def repair(nb: NotebookNode, sources: Sequence[Source]) -> list[str]:
    """Put `nb` right in place; the reasons."""
    known = {source.name: source for source in sources}
    notes: list[str] = []
    cells = [_plain(cell, i) for i, cell in enumerate(nb.cells)]
    names = [_name(cell, i, known, notes) for i, cell in enumerate(nb.cells)]
    _by_text(cells, names, sources, notes)
    _only_one(cells, names, known, notes)
    for i, (cell, name) in enumerate(zip(cells, names, strict=True)):
        if name is not None:
            cells[i] = _as_assigned(cell, known[name], nb.cells[i], notes)
    order = [name for name in names if name]
    if order != [source.name for source in sources if source.name in order]:
        notes.append(f"the cells are in another order than in the assignment: {', '.join(order)}")
    _put_back(cells, sources, names, notes)
    if sources and not order:
        notes[:] = [
            f"none of this assignment's cells is there, as if it were another notebook under this one's name; {NEEDS_REVIEW}"
        ]
    for i, cell in enumerate(cells):
        cell.id = f"cell-{i}"
    nb.cells = cells
    return notes


def _name(cell: Any, i: int, known: dict[str, Source], notes: list[str]) -> str | None:
    """Which cell of the assignment this one says it is."""
    meta = cell.get("metadata")
    meta = meta.get("nbgrader") if isinstance(meta, dict) else None
    name = meta.get("grade_id") if isinstance(meta, dict) else None
    if name is None:
        return None
    if not isinstance(name, str) or name not in known:
        notes.append(f"cell {i + 1} calls itself {ascii(name)[:60]}, which is not in this assignment")
        return None
    return name


def _by_text(cells: list, names: list[str | None], sources: Sequence[Source], notes: list[str]) -> None:
    """Find a check that lost its metadata by its text, which is the same in all notebooks."""
    for source in sources:
        if source.name in names or not source.locked:
            continue
        like = [i for i, cell in enumerate(cells) if names[i] is None and cell.source.strip() == source.text.strip()]
        if like:
            names[like[-1]] = source.name
            notes.append(
                f"{source.name} had lost what marks it as graded; it was found by its text, cell {like[-1] + 1}"
            )


def _only_one(cells: list, names: list[str | None], known: dict[str, Source], notes: list[str]) -> None:
    """Of cells with the same name keep one: the last answer, and the first check after it.

    So counts who copies an answer and goes on below, and who copies a check to somewhere else. Words that a person
    reads are all read: who splits a cell has two of one name.
    """
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        places = [i for i, other in enumerate(names) if other == name]
        answers = [i for i, other in enumerate(names) if other and other.startswith(f"{name}-answer")]
        after = [i for i in places if answers and i > answers[-1]]
        kept = after[0] if known[name].locked and after else places[-1]
        if known[name].by_a_person:
            _merge([cells[i] for i in places], cells[kept], known[name])
            notes.append(f"{name} is there {len(places)} times; cell {kept + 1} has the words of all")
        else:
            notes.append(f"{name} is there {len(places)} times; graded was cell {kept + 1}, the others were only run")
        for i in places:
            names[i] = name if i == kept else None


def _merge(cells: list, kept: NotebookNode, source: Source) -> None:
    """Give the kept cell the words and pictures of all."""
    words = dict.fromkeys(cell.source for cell in cells if cell.source.strip() not in ("", source.text.strip()))
    pictures = [cell.get("attachments", {}) for cell in cells]
    kept.source = "\n\n".join(words) or source.text
    if kept.cell_type == "markdown":
        kept.source = harmless(kept.source)  # it may come from cells of other types
        kept.attachments = NotebookNode({name: it for given in pictures for name, it in given.items()})


def _plain(cell: Any, i: int) -> NotebookNode:
    """The cell with its source and nothing else; pictures of paper stay with answers in words."""
    kind = cell.get("cell_type") if cell.get("cell_type") in ("code", "markdown") else "raw"
    plain = NotebookNode(cell_type=kind, id=f"cell-{i}", metadata=NotebookNode(), source=_text(cell.get("source")))
    if kind == "code":
        plain.update(outputs=[], execution_count=None)
    if kind != "code":  # formgrader and feedback would pass on HTML as it is, to an instructor who is logged in
        plain.source = harmless(plain.source)
    if kind == "markdown" and isinstance(cell.get("attachments"), dict):
        _attach(plain, cell["attachments"])
    return plain


def _attach(plain: NotebookNode, given: dict) -> None:
    """Keep the pictures that a page can show and that do nothing; say in the text which attachments are none."""
    plain.attachments, dropped = NotebookNode(), []
    for name, data in given.items():
        data = data if isinstance(data, dict) else {}
        shown = {kind: data[kind] for kind in PICTURES if is_picture(kind, data.get(kind))}
        if shown:
            plain.attachments[clean(str(name))] = NotebookNode(shown)
        else:
            dropped.append(quiet(line(str(name)))[:100])
    if dropped:
        plain.source += (f"\n\n*Attached, but no picture that can be shown here: {', '.join(dropped[:20])}. "
                         "Look in the notebook that was handed in.*")  # fmt: skip


def is_picture(kind: str, given: Any) -> bool:
    """Whether this is the Base64 of a picture of that kind."""
    if not isinstance(given, str) or re.fullmatch(r"[A-Za-z0-9+/=\s]+", given) is None:
        return False
    try:
        return base64.b64decode(given[:16], validate=True).startswith(PICTURES[kind])
    except ValueError:
        return False


def _text(source: Any) -> str:
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    return clean(source) if isinstance(source, str) else ""


def clean(text: str) -> str:
    """Text that can be written to a file: halves of surrogate pairs become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def line(text: str) -> str:
    """Text of strangers as one line that a terminal only shows: without control characters and the like."""
    return "".join(c for c in " ".join(text.split()) if unicodedata.category(c)[0] != "C")


def quiet(text: str) -> str:
    """Text of strangers as Markdown that says just that."""
    return re.sub(r"([\\`*_{}\[\]()<>#|$~&!])", r"\\\1", " ".join(text.split()))


def harmless(markdown: str) -> str:
    """Markdown without HTML, and with links to web addresses and attached pictures alone."""
    markdown = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", markdown)
    markdown = re.sub(r"\](\s*)\((?!https?://|attachment:)", r"]\1\\(", markdown)
    return re.sub(r"\]:(?!\s*https?://)", r"]\\:", markdown)


def _as_assigned(cell: NotebookNode, source: Source, given: Any, notes: list[str]) -> NotebookNode:
    if cell.cell_type != source.cell_type:
        notes.append(f"{source.name} had become a {cell.cell_type} cell; it was graded as {source.cell_type}")
        cell = _plain(
            {"cell_type": source.cell_type, "source": cell.source, "attachments": given.get("attachments")}, 0
        )
    if source.locked and cell.source.strip() != source.text.strip():
        notes.append(f"{source.name} had been edited; it was graded as it was handed out")
    cell.metadata.nbgrader = source.metadata()
    cell.source = source.text if source.locked else cell.source
    said = given.get("metadata")
    said = said.get("nbgrader") if isinstance(said, dict) else None
    if not isinstance(said, dict) or said.get("grade_id") != source.name:
        return cell  # it was found by its text, and that is said already
    if source.points is not None and said.get("points") != source.points:
        notes.append(f"{source.name} says it is worth {ascii(said.get('points'))[:20]}; it is worth {source.points:g}")
    if any(said.get(key) is not getattr(source, key) for key in ("grade", "solution", "locked")):
        notes.append(f"the grading marks of {source.name} had been edited")
    return cell


def _put_back(cells: list, sources: Sequence[Source], names: list[str | None], notes: list[str]) -> None:
    """Add what is graded and missing: a check behind its answer if that is there, else at the end."""
    present = {name for name in names if name}
    for source in sources:
        if source.name in present:
            continue
        if not source.grade:
            notes.append(f"the answer cell {source.name} is missing")
            continue
        note = f"{source.name} was missing, or had lost what marks it as graded; it was put back"
        # Left as it was handed out, nbgrader would give it 0 and ask nobody.
        notes.append(f"{note}; {NEEDS_REVIEW}" if source.by_a_person else note)
        text = f"{source.text}\n\n{LOST}" if source.by_a_person else source.text
        cell = _plain({"cell_type": source.cell_type, "source": text}, 0)
        cell.metadata.nbgrader = source.metadata()
        answers = [i for i, c in enumerate(cells) if _belongs(c, source.name)]
        cells.insert(answers[-1] + 1 if answers else len(cells), cell)


def _belongs(cell: NotebookNode, name: str) -> bool:
    return cell.metadata.get("nbgrader", {}).get("grade_id", "").startswith(f"{name}-answer")
