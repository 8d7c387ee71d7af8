"""What formgrader shows beside an answer in words: rubric, model answer, what changed since it was read, who marked.

A filter of the template formgrader/words.html.j2, as nbgrader's own page has no place for any of this. What it says
comes from the course's solution and from the reports, and never from the submission but as text.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from nbformat import NotebookNode
from traitlets.config import Configurable

from . import reading, rubric
from .sanitize import to_html

COURSE = Path(__file__).resolve().parent.parent  # nbgrader_config.py lies there, and names this filter
LAST = 5  # marks that are shown


class Beside(Configurable):
    """`cell | beside_words(resources)`: what the template shows, or None for a cell that no person reads."""

    def __call__(self, cell: NotebookNode, resources) -> dict | None:
        if not reading.in_words(cell) or "submission_id" not in resources:
            return None
        name = cell.metadata.nbgrader.grade_id
        root = Path(self.config.CourseDirectory.get("root", "") or COURSE)
        folder = root / self.config.Judge.get("reports", "reports")
        place = (folder, resources["assignment_id"], resources["student"], resources["notebook_id"])
        known = reading.of(reading.file(*place), name)
        marks = [one for one in reading.marked(reading.log(*place)) if one.get("exercise") == name]
        return {
            "name": name,
            "seen": known.get("seen", ""),
            **self._rubric(root, resources, name),
            "earlier": _earlier(known, known.get("words", cell.source)),
            "marks": [text for one in marks if (text := _told(one))][-LAST:],
        }

    def _rubric(self, root: Path, resources, name: str) -> dict:
        source = self.config.CourseDirectory.get("source_directory", "solutions")
        file = root / source / resources["assignment_id"] / f"{resources['notebook_id']}.ipynb"
        if not file.exists():  # handed out under another name (release --as): the notebook keeps its own
            file = next(root.glob(f"{source}/*/{file.name}"), file)
        try:
            found = dict(rubric.of_solution(file)).get(name)
        except (OSError, ValueError, KeyError) as error:
            return {
                "wrong": f"The solution, {source}/{resources['assignment_id']}/{file.name}, cannot be read: {error}"
            }
        if found is None:
            return {
                "wrong": f"The solution, {source}/{resources['assignment_id']}/{file.name}, has no exercise {name}."
            }
        return {
            "wrong": found.wrong,
            "model": to_html(found.model),
            "criteria": [{"name": one.name, "points": one.points, "html": to_html(one.text)} for one in found.criteria],
            "remarks": [to_html(remark) for remark in found.remarks],
        }


def _earlier(known: dict, now: str) -> dict | None:
    """The last version that somebody read, if it was another."""
    if not known.get("earlier"):
        return None
    last = known["earlier"][-1]
    return {
        "score": last["score"],
        "until": _day(last.get("until", "")),
        "same": last["words"] == now,  # a picture may have changed
        # repair.harmless wrote these for Markdown; the template writes its own for HTML
        "changes": [(kind, text.replace("&lt;", "<")) for kind, text in reading.changes(last["words"], now)],
    }


def _told(mark: dict) -> str | None:
    """A mark in words; None for a comment, which stands below the answer."""
    now, was = mark.get("now", {}), mark.get("was", {})
    if "manual_score" not in now:
        return None
    before = f" in place of {was['manual_score']:g}" if was.get("manual_score") is not None else ""
    score = now.get("manual_score")
    given = "took the mark back" if score is None else f"gave {score:g}"
    return f"{mark['who']} {given}{before}, {_day(mark['when'])}"


def _day(when: str) -> str:
    try:
        return f"{datetime.fromisoformat(when).astimezone():%Y-%m-%d %H:%M}"
    except ValueError:
        return ""
