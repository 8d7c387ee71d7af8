"""What an answer in words is read with: the criteria and the model answer, as the course's own solution has them.

A solution says them in the cell that the learner's answer takes the place of, so they never come from a submission:

    The model answer.

    **Rubric.**

    - 1 point, the sign: ...
    - 2 points, the reason: ...
    - No point is taken off for spelling.

The name between comma and colon is what learners see in their feedback; what follows is for who reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

RUBRIC = re.compile(r"\n*\*\*Rubric\.\*\*\s*", re.DOTALL)
CRITERION = re.compile(r"(\d+(?:\.\d+)?) points?, ([^:;\n]{1,60}): (.+)", re.DOTALL)
WANTED = "write them below **Rubric.** as lines such as: - 1 point, the sign: the sign is explained by a chain"


@dataclass(frozen=True)
class Criterion:
    """One thing that an answer has or has not, and what it is worth."""

    name: str
    points: float
    text: str


@dataclass(frozen=True)
class Rubric:
    """What the solution says of one exercise; `wrong` says why its criteria cannot be used."""

    model: str
    criteria: tuple[Criterion, ...] = ()
    remarks: tuple[str, ...] = ()
    wrong: str = ""


def parse(source: str, points: float) -> Rubric:
    """The rubric in a solution's cell."""
    model, *rest = RUBRIC.split(source, maxsplit=1)
    if not rest:
        return Rubric(model, wrong=f"The solution has no criteria: {WANTED}.")
    items = [" ".join(item.split()) for item in re.split(r"^- ", rest[0], flags=re.MULTILINE) if item.strip()]
    found = [(item, CRITERION.fullmatch(item)) for item in items]
    criteria = tuple(Criterion(match[2].strip(), float(match[1]), match[3]) for _, match in found if match)
    remarks = tuple(item for item, match in found if not match)
    names = [criterion.name for criterion in criteria]
    total = sum(criterion.points for criterion in criteria)
    wrong = ""
    if total != points:
        wrong = f"The solution's criteria are worth {total:g} points, and the exercise {points:g}: {WANTED}."
    elif len(set(names)) < len(names):
        wrong = f"Two of the solution's criteria have one name; they are called {', '.join(names)}."
    return Rubric(model, criteria, remarks, wrong)


def of_solution(notebook: Path) -> Iterator[tuple[str, Rubric]]:
    """Each exercise in words of a solution's notebook, with its rubric."""
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        meta = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] == "markdown" and meta.get("grade") and meta.get("solution"):
            yield meta["grade_id"], parse("".join(cell["source"]), float(meta["points"]))
