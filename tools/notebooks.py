"""Text in, notebooks out, in one direction.

book/NN_name.myst.md             ->  book/NN_name.ipynb               executed
solutions/NN_name/*.myst.md      ->  solutions/NN_name/*.ipynb        executed, with nbgrader's metadata
                                 ->  exercises/NN_name/*.ipynb        by nbgrader's generate_assignment, executed

python tools/notebooks.py            rebuild what changed (its text, or a file of the package that its kernel loads)
python tools/notebooks.py --force    rebuild everything; a second time gives the same bytes
python tools/notebooks.py --frameworks   only those with cells that need PyTorch, JAX or TensorFlow (see frameworks.py)
python tools/notebooks.py --check    write nothing; name the file to edit wherever text and notebook differ
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import hashlib
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from importlib.util import source_from_cache
from pathlib import Path

sys.modules.setdefault("rfc3987_syntax", None)  # a check of web addresses that notebooks need not pass; 2.5 s to load

import frameworks
import jupytext
import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

from bplib.checking import EXERCISES

ROOT = Path(__file__).resolve().parent.parent
SECONDS_PER_CELL = 120
WIDGET = "application/vnd.jupyter.widget-view+json"
CHECK = re.compile(r"""^bp\.check\(["'](\w+\.\d+)["']""", re.MULTILINE)
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
          "language_info": {"name": "python"}}  # fmt: skip


def sources(root: Path) -> Iterator[Path]:
    """Every text that becomes a notebook."""
    yield from sorted(root.glob("book/*.myst.md"))
    yield from sorted(root.glob("solutions/*/*.myst.md"))


def notebook_of(source: Path) -> Path:
    return source.with_name(source.name.replace(".myst.md", ".ipynb"))


def exercise_of(source: Path, root: Path) -> Path:
    return root / "exercises" / source.parent.name / notebook_of(source).name


def read(source: Path) -> NotebookNode:
    """The text as a notebook without outputs, its cells named and its metadata cut to what is used."""
    nb = jupytext.reads(source.read_text(encoding="utf-8"), fmt="md:myst")
    nb.metadata = NotebookNode(KERNEL | {k: v for k, v in nb.metadata.items() if k == "myst"})
    nb.nbformat, nb.nbformat_minor = 4, 5
    seen: dict[str, int] = {}
    for cell in nb.cells:
        digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:8]
        seen[digest] = seen.get(digest, 0) + 1
        cell.id = digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
        cell.metadata = NotebookNode({k: v for k, v in cell.metadata.items() if k in ("tags", "exercise", "mystnb")})
    return nb


def mark_for_grading(nb: NotebookNode, source: Path) -> NotebookNode:
    """Fill in nbgrader's metadata. All it takes from the text is the id in `bp.check("7.2", ...)`."""
    answers: list[NotebookNode] = []  # answer cells that wait for the check that judges them
    for cell in nb.cells:
        if cell.cell_type == "code" and "### BEGIN SOLUTION" in cell.source:
            answers.append(cell)
        elif cell.cell_type == "code" and (found := CHECK.search(cell.source)):
            grade_id = found[1].replace(".", "-")  # nbgrader's schema refuses dots
            cell.metadata.nbgrader = _nbgrader(grade_id, grade=True, locked=True, points=EXERCISES[found[1]].points)
            for i, answer in enumerate(answers):
                name = f"{grade_id}-answer" + (f"-{i + 1}" if i else "")
                answer.metadata.nbgrader = _nbgrader(name, solution=True)
            answers = []
        elif "exercise" in cell.metadata:
            entry = EXERCISES[cell.metadata.pop("exercise")]
            grade_id = entry.id.replace(".", "-")
            cell.metadata.nbgrader = _nbgrader(grade_id, grade=True, solution=True, points=entry.points)
    if answers:
        raise SystemExit(f"{source.name}: an answer cell is followed by no bp.check(...):\n{answers[0].source}")
    return nb


def _nbgrader(grade_id: str, *, grade=False, solution=False, locked=False, points=None) -> NotebookNode:
    meta = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return NotebookNode(meta if points is None else meta | {"points": points})


def release(marked: dict[Path, NotebookNode]) -> dict[Path, NotebookNode]:
    """The learner's copies, made by nbgrader's own generate_assignment in a course folder of its own."""
    if not marked:
        return {}
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config, PyFileConfigLoader

    with tempfile.TemporaryDirectory() as folder:
        course = Path(folder)
        config = Config(PyFileConfigLoader("nbgrader_config.py", path=str(ROOT)).load_config())
        config.CourseDirectory.root = str(course)
        config.GenerateAssignment.no_database = True  # as --no-db does: the gradebook is the instructor's
        config.SaveCells.enabled = False
        for source, nb in marked.items():
            place = course / "solutions" / source.parent.name / notebook_of(source).name
            place.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(_without_explanations(nb), place)
        api = NbGraderAPI(config=config)
        for name in sorted({source.parent.name for source in marked}):
            done = api.generate_assignment(name, force=True, create=True)
            if not done["success"]:
                raise SystemExit(
                    f"nbgrader could not make exercises/{name}:\n{done.get('log', '')}{done.get('error', '')}"
                )
        return {s: _tidy_release(nbformat.read(exercise_of(s, course), 4), nb) for s, nb in marked.items()}


def _without_explanations(nb: NotebookNode) -> NotebookNode:
    """The notebook less the cells that explain a solution."""
    return NotebookNode(nb | {"cells": [c for c in nb.cells if "explanation" not in c.metadata.get("tags", [])]})


def _tidy_release(released: NotebookNode, nb: NotebookNode) -> NotebookNode:
    """nbgrader's copy with the cell ids and the notebook metadata of the source."""
    for ours, theirs in zip(_without_explanations(nb).cells, released.cells, strict=True):
        theirs.id = ours.id
    released.metadata = NotebookNode({k: v for k, v in nb.metadata.items() if k != "myst"})
    released.nbformat_minor = nb.nbformat_minor
    return released


# Run in the kernel, silently: note which files it opens, and tell afterwards which it has loaded.
WATCH = """
import sys
sys.opened = set()
sys.addaudithook(lambda event, args: sys.opened.add(str(args[0])) if event == "open" else None)
"""
LOADED = (
    """'\\n'.join({*sys.opened, *(str(getattr(module, "__file__", "")) for module in list(sys.modules.values()))})"""
)


def execute(nb: NotebookNode, place: Path, kept: Mapping[int, NotebookNode]) -> tuple[NotebookNode, list[str]]:
    """Run the notebook where nbval will run it, in its own folder, and keep only outputs that are the same each time.

    Streams are joined: into how many pieces a kernel cuts what was printed is chance.
    The `kept` cells are not run: they get the outputs of these.
    Returns the notebook, and the files that its kernel loaded.
    """
    place.parent.mkdir(parents=True, exist_ok=True)
    metadata = deepcopy(nb.metadata)
    client = NotebookClient(nb, timeout=SECONDS_PER_CELL, kernel_name="python3", coalesce_streams=True,
                            extra_arguments=["--log-level=ERROR"],  # a local kernel warns each time that it is not encrypted
                            resources={"metadata": {"path": str(place.parent)}})  # fmt: skip
    loaded = asyncio.run(_run(client, kept))  # a loop of its own, closed again: this may be any thread
    for i, old in kept.items():
        nb.cells[i].outputs, nb.cells[i].metadata[frameworks.STAMP] = old.outputs, old.metadata[frameworks.STAMP]
    number(nb)
    for cell in nb.cells:
        cell.metadata.pop("execution", None)
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET, None)  # the page shows text/html, and nothing says "model not found"
            output.pop("transient", None)
            if output.output_type == "stream" and output.name == "stderr":
                raise SystemExit(f"{place.name}: a cell wrote to stderr:\n{cell.source}\n{output.text}")
    frameworks.stamp(nb, [i for i, cell in enumerate(nb.cells) if frameworks.needs(cell) and i not in kept])
    nb.metadata = metadata  # running adds the Python version and the widgets' state
    return nb, loaded


def number(nb: NotebookNode) -> None:
    """Count the cells that hold code, run or kept, as a kernel counts those that it runs."""
    for count, cell in enumerate((c for c in nb.cells if c.cell_type == "code" and c.source.strip()), 1):
        cell.execution_count = count
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count


async def _run(client: NotebookClient, kept: Mapping[int, NotebookNode]) -> list[str]:
    """Run all cells but the kept ones; the files that the kernel loaded meanwhile."""
    async with client.async_setup_kernel():
        await client.kc.execute_interactive(WATCH, silent=True)
        for i, cell in enumerate(client.nb.cells):
            if i not in kept:
                await client.async_execute_cell(cell, i)
        reply = await client.kc.execute_interactive("", silent=True, user_expressions={"loaded": LOADED})
    return ast.literal_eval(reply["content"]["user_expressions"]["loaded"]["data"]["text/plain"]).split("\n")


def without_outputs(nb: NotebookNode) -> list[dict]:
    """What must agree between the text and the notebook: everything but what running it added."""
    told = [{k: v for k, v in cell.items() if k not in ("outputs", "execution_count")} for cell in nb.cells]
    return [c | {"metadata": {k: v for k, v in c["metadata"].items() if k != frameworks.STAMP}} for c in told]


def difference(built: NotebookNode, place: Path, source: Path, root: Path) -> str | None:
    """One line that names the file to edit when the committed notebook is not what its text gives."""
    here, text = place.relative_to(root), source.relative_to(root)
    if not place.exists():
        return f"{here} is missing: run make notebooks (it is built from {text})"
    stored = nbformat.read(place, 4)
    ours, theirs = without_outputs(built), without_outputs(stored)
    for i, (mine, other) in enumerate(zip(ours, theirs, strict=False)):
        if mine != other:
            line = str(mine["source"] or other["source"]).strip().split("\n")[0][:60]
            return f"{here} differs from {text} in cell {i + 1} ({line!r}): edit {text}, then run make notebooks"
    if len(ours) != len(theirs) or stored.metadata != built.metadata:
        return (
            f"{here} differs from {text} in its number of cells or its metadata: edit {text}, then run make notebooks"
        )
    if any(c.cell_type == "code" and c.execution_count is None for c in stored.cells):
        return f"{here} has a cell that was never run, so nothing would be compared: run make notebooks"
    if why := frameworks.first_stale(built, stored, root):
        return f"{here}: {why}"
    return None


def orphans(root: Path, known: set[Path]) -> list[str]:
    """Notebooks that no text stands behind."""
    found = [*root.glob("book/**/*.ipynb"), *root.glob("solutions/**/*.ipynb"), *root.glob("exercises/**/*.ipynb")]
    return [f"{p.relative_to(root)} has no source: delete it, or write the .myst.md that it comes from"
            for p in sorted(found) if p not in known and ".ipynb_checkpoints" not in p.parts]  # fmt: skip


class Memory:
    """What each notebook was last run from: its text, and the files of the package that its kernel loaded.

    When none of these has changed, running it again would give the same, and it is left alone.
    """

    def __init__(self, root: Path) -> None:
        self.root, self.file = root, root / "_build" / "notebooks.json"
        self.seen = json.loads(self.file.read_text()) if self.file.exists() else {}

    def knows(self, place: Path, nb: NotebookNode) -> bool:
        seen = self.seen.get(self._name(place))
        return bool(seen) and seen["digest"] == self._digest(nb, seen["loaded"])

    def add(self, place: Path, nb: NotebookNode, loaded: list[str]) -> None:
        files = sorted({str(f) for path in loaded if (f := self._of_the_package(path))})
        self.seen[self._name(place)] = {"digest": self._digest(nb, files), "loaded": files}
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(json.dumps(self.seen, indent=1, sort_keys=True))

    def _name(self, place: Path) -> str:
        return place.relative_to(self.root).as_posix()

    def _of_the_package(self, path: str) -> Path | None:
        """The file relative to the root, a source for its bytecode; None if it is none of the package's."""
        file = Path(path)
        if file.suffix == ".pyc" and file.parent.name == "__pycache__":
            file = Path(source_from_cache(path))
        if not file.is_absolute() or not file.is_relative_to(self.root / "bplib") or not file.is_file():
            return None
        return file.relative_to(self.root)

    def _digest(self, nb: NotebookNode, files: list[str]) -> str:
        digest = hashlib.sha256(json.dumps(without_outputs(nb), sort_keys=True).encode())
        for module in sorted({module for cell in nb.cells for module in frameworks.needs(cell)}):
            digest.update(f"{module} {frameworks.installed(module)}".encode())
        for name in files:
            file = self.root / name
            digest.update(name.encode() + (file.read_bytes() if file.exists() else b"gone"))
        return digest.hexdigest()


def build(nb: NotebookNode, place: Path, memory: Memory) -> str:
    """Run the notebook and store it if it came out differently; say which."""
    before = place.read_text(encoding="utf-8") if place.exists() else None
    ran, loaded = execute(deepcopy(nb), place, frameworks.kept(nb, place, memory.root))
    memory.add(place, nb, loaded)
    after = nbformat.writes(ran) + "\n"
    if after == before:
        return "unchanged"
    place.write_text(after, encoding="utf-8", newline="\n")
    return "rebuilt"


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--frameworks", action="store_true")
    options = parser.parse_args(arguments)
    os.environ["PYTHONHASHSEED"] = "0"
    os.environ["BPLIB_QUIET"] = "1"  # no progress bars: nobody is watching
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic

    texts = list(sources(root))
    marked = {s: mark_for_grading(read(s), s) for s in texts if s.parent.parent.name == "solutions"}
    plan = {notebook_of(s): (s, marked.get(s) or read(s)) for s in texts}
    plan |= {exercise_of(s, root): (s, nb) for s, nb in release(marked).items()}

    problems = orphans(root, set(plan))
    if options.frameworks:
        plan = {place: made for place, made in plan.items() if any(map(frameworks.needs, made[1].cells))}
    found = {place: difference(nb, place, source, root) for place, (source, nb) in plan.items()}
    if options.check:
        problems += filter(None, found.values())
    else:
        memory = Memory(root)
        stale = [p for p in plan if options.force or found[p] or not memory.knows(p, plan[p][1])]
        with ThreadPoolExecutor(os.cpu_count()) as pool:  # each notebook has a kernel, a process, of its own
            for place, line in zip(stale, pool.map(lambda p: build(plan[p][1], p, memory), stale), strict=True):
                print(f"{place.relative_to(root)}: {line}")
    for problem in problems:
        print(problem, file=sys.stderr)
    if options.check and not problems:
        print(f"{len(plan)} notebooks match their text")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
