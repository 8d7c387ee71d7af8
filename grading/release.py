"""The assignment as the gradebook knows it: registered by nbgrader, and held against the notebooks that are handed out."""

from __future__ import annotations

import re
import shutil
import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI

from .course import Course


def release(course: Course, assignment: str, alias: str = "") -> list[str]:
    """Run nbgrader's generate_assignment for the gradebook; the exercises that `make notebooks` built stay as they are.

    alias   the name under which the gradebook is to know it; nbgrader knows an assignment by its folder, so this is a folder
            of that name, for as long as nbgrader looks
    nbgrader's own copy has no outputs, and is compared and thrown away. Returns the names of the notebooks.
    """
    alias = alias or assignment
    source = _source(course, assignment, alias)
    with tempfile.TemporaryDirectory() as folder:
        config = deepcopy(course.config)
        config.CourseDirectory.release_directory = f"{folder}/release"
        if alias != assignment:
            shutil.copytree(source, Path(folder, "source", alias))
            config.CourseDirectory.source_directory = f"{folder}/source"
        api = NbGraderAPI(config=config)
        api.coursedir.db_url = course.db_url
        api.log.setLevel("CRITICAL")
        said = api.generate_assignment(alias, force=True, create=True)
        if not said["success"]:
            raise ValueError(f"nbgrader could not release {assignment}:\n{said['log']}{said['error']}")
        made = sorted(Path(folder, "release", alias).glob("*.ipynb"))
        for notebook in made:
            ours = course.root / "exercises" / assignment / notebook.name
            if not ours.exists() or _cells(ours) != _cells(notebook):
                raise ValueError(
                    f"exercises/{assignment}/{notebook.name} is not what the solution gives: make notebooks"
                )
        return [notebook.stem for notebook in made]


def _source(course: Course, assignment: str, alias: str) -> Path:
    """The folder of an assignment; another name for it must be free."""
    solutions = course.root / "solutions"
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", alias):
        raise ValueError(f"expected a name of letters, digits, _ and - with --as; got {ascii(alias)[:60]}")
    there = sorted(p.name for p in solutions.iterdir() if p.is_dir())
    if assignment not in there:
        raise LookupError(f"there is no solutions/{assignment}; there are {', '.join(there)}")
    if alias != assignment and alias in there:
        raise ValueError(f"expected a new name with --as; {alias} is an assignment of its own")
    return solutions / assignment


def _cells(place: Path) -> list[tuple]:
    return [(cell.cell_type, cell.source, {k: v for k, v in cell.metadata.get("nbgrader", {}).items() if k != "checksum"})
            for cell in nbformat.read(place, 4).cells]  # fmt: skip


def named(course: Course, given: list[str]) -> list[str]:
    """The assignments that are meant, or all that were released; all are looked up before anything is done."""
    names = course.released() if given in ([], ["all"]) else given
    if not names:
        raise LookupError("no assignment was released yet: make release NAME=07_two_layer_trace")
    for name in names:
        course.notebooks(name)
    return list(dict.fromkeys(names))
