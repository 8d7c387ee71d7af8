"""Cells that need a framework which the book does not install, and whether their stored outputs are fresh.

A cell tagged `needs-torch` runs where torch is installed, in the version of requirements/frameworks.in. Elsewhere it
keeps the outputs that the notebook has, and beside them stands what they came from: the versions, and digests of the
code up to there and of the outputs. When one of these changes, the notebook is refused until somebody has run the cell
again: `make frameworks`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
from nbformat import NotebookNode

TAG = "needs-"
STAMP = "ran"  # the key in a cell's metadata
RUN = "run make frameworks"
PINS = "requirements/frameworks.in"


def needs(cell: Mapping) -> list[str]:
    """The modules that a cell is tagged with."""
    return [tag.removeprefix(TAG) for tag in cell["metadata"].get("tags", []) if tag.startswith(TAG)]


def pins(root: Path) -> dict[str, str | None]:
    """Module -> the version asked for, None for any. `tensorflow-cpu` is a distribution of the module tensorflow."""
    file = root / PINS
    lines = re.findall(r"^([\w-]+)(?:==([\w.]+))?", file.read_text("utf8"), re.M) if file.exists() else []
    return {name.removesuffix("-cpu"): number or None for name, number in lines}


def installed(module: str) -> str | None:
    """The version that is installed here, without what says how it was built, as in 2.13.0+cpu."""
    for distribution in (module, f"{module}-cpu"):
        try:
            return version(distribution).split("+")[0]
        except PackageNotFoundError:
            continue
    return None


def lacking(cell: Mapping, root: Path) -> str | None:
    """Why a cell cannot run here, or None."""
    for module in needs(cell):
        have, want = installed(module), pins(root).get(module)
        if have is None:
            return f"{module} is not installed"
        if want and have != want:
            return f"{module} is {have}, and {PINS} asks for {want}"
    return None


def digest(nb: NotebookNode, index: int) -> str:
    """Of a cell's code and all before it. Pictures and quizzes, which only show things, do not count."""
    code = [cell.source for cell in nb.cells[: index + 1]
            if cell.cell_type == "code" and (needs(cell) or "remove-input" not in cell.metadata.get("tags", []))]  # fmt: skip
    return hashlib.sha256("\n\n".join(code).encode()).hexdigest()[:12]


def gave(cell: Mapping) -> str:
    """A digest of a cell's outputs: an output that is edited by hand is compared with nothing else."""
    outputs = [{k: v for k, v in output.items() if k != "execution_count"} for output in cell["outputs"]]
    return hashlib.sha256(json.dumps(outputs, sort_keys=True).encode()).hexdigest()[:12]


def stamp(nb: NotebookNode, indices: Iterable[int]) -> None:
    """Write beside the outputs of these cells what they came from."""
    for i in indices:
        cell = nb.cells[i]
        versions = {module: installed(module) for module in needs(cell)}
        cell.metadata[STAMP] = {"code": digest(nb, i), "gave": gave(cell), "with": versions}


def stale(nb: NotebookNode, index: int, stored: Mapping, root: Path) -> str | None:
    """Why these stored outputs are not those of the cell, or None."""
    ran = stored["metadata"].get(STAMP)
    if ran is None:
        return "was never run"
    if ran.get("code") != digest(nb, index):
        return "changed, or code before it did, since it was run"
    if ran.get("gave") != gave(stored):
        return "has another output than it gave when it was run"
    for module in needs(nb.cells[index]):
        have, want = ran.get("with", {}).get(module), pins(root).get(module)
        if want and have != want:
            return f"was run with {module} {have}, and {PINS} asks for {want}"
    return None


def first_stale(nb: NotebookNode, stored: NotebookNode, root: Path) -> str | None:
    """One line about the first cell whose stored outputs are stale, or None."""
    for i, (cell, old) in enumerate(zip(nb.cells, stored.cells, strict=False)):
        if needs(cell) and (why := stale(nb, i, old, root)):
            return f"cell {i + 1} ({_first_line(cell)!r}) {why}: {RUN}"
    return None


def kept(nb: NotebookNode, place: Path, root: Path) -> dict[int, NotebookNode]:
    """The stored cells that stand in for those that cannot run here; SystemExit where one of them is stale."""
    missing = {i: why for i, cell in enumerate(nb.cells) if needs(cell) and (why := lacking(cell, root))}
    if not missing:
        return {}
    stored = {cell.id: cell for cell in nbformat.read(place, 4).cells} if place.exists() else {}
    found = {}
    for i, lacks in missing.items():
        old = stored.get(nb.cells[i].id)
        why = stale(nb, i, old, root) if old else "was never run"
        if why:
            name = place.relative_to(root)
            raise SystemExit(f"{name}: cell {i + 1} ({_first_line(nb.cells[i])!r}) {why}, and {lacks}: {RUN}")
        found[i] = old
    return found


def _first_line(cell: Mapping) -> str:
    return cell["source"].strip().split("\n")[0][:60]


def notebooks(root: Path) -> list[Path]:
    """Those with cells that need a framework."""
    found = [
        path for folder in ("book", "exercises", "solutions") for path in sorted(root.glob(f"{folder}/**/*.ipynb"))
    ]
    return [path for path in found if any(map(needs, nbformat.read(path, 4).cells))]


if __name__ == "__main__":
    root = Path(__file__).resolve().parent.parent
    print(*(path.relative_to(root) for path in notebooks(root)))
