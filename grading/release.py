"""The assignment as the gradebook knows it: registered by nbgrader, and held against the notebooks that are handed out."""

from __future__ import annotations

import tempfile
from copy import deepcopy
from pathlib import Path

import nbformat
from nbgrader.apps import NbGraderAPI

from .course import Course


def release(course: Course, assignment: str) -> list[str]:
    """Run nbgrader's generate_assignment for the gradebook; the exercises that `make notebooks` built stay as they are.

    nbgrader's own copy has no outputs, and is compared and thrown away. Returns the names of the notebooks.
    """
    if not (course.root / "solutions" / assignment).is_dir():
        there = sorted(p.name for p in (course.root / "solutions").iterdir() if p.is_dir())
        raise LookupError(f"there is no solutions/{assignment}; there are {', '.join(there)}")
    with tempfile.TemporaryDirectory() as folder:
        config = deepcopy(course.config)
        config.CourseDirectory.release_directory = folder
        api = NbGraderAPI(config=config)
        api.coursedir.db_url = course.db_url
        api.log.setLevel("CRITICAL")
        said = api.generate_assignment(assignment, force=True, create=True)
        if not said["success"]:
            raise ValueError(f"nbgrader could not release {assignment}:\n{said['log']}{said['error']}")
        made = sorted(Path(folder, assignment).glob("*.ipynb"))
        for notebook in made:
            ours = course.root / "exercises" / assignment / notebook.name
            if not ours.exists() or _cells(ours) != _cells(notebook):
                raise ValueError(
                    f"exercises/{assignment}/{notebook.name} is not what the solution gives: make notebooks"
                )
        return [notebook.stem for notebook in made]


def _cells(place: Path) -> list[tuple]:
    return [(cell.cell_type, cell.source, {k: v for k, v in cell.metadata.get("nbgrader", {}).items() if k != "checksum"})
            for cell in nbformat.read(place, 4).cells]  # fmt: skip
