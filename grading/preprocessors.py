"""The steps that nbgrader runs in place of its own: repair a submission, run it in a box, judge what it answered.

Named in nbgrader_config.py, so that the same steps work wherever nbgrader autogrades: here, or on a JupyterHub.
"""

from __future__ import annotations

import hashlib
import io
import json
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.api import Gradebook
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Unicode

from bplib.checking import EXERCISES, UNANSWERED, Verdict
from bplib.checking.check import MIME, verdict

from . import doubts, reports, tokens
from .collect import contents
from .repair import MOST_PARTS, NEEDS_REVIEW, PICTURES, Source, clean, is_picture, line, parts, quiet, read, repair
from .sandbox import Limits, Sandbox

MOST_OUTPUTS = 200  # of one cell
LONGEST = 20_000  # characters of one output
ANOTHERS = "Answered with another learner's numbers"
BOOKS = "Right with the book's numbers"
NOTES = "backward_pass"  # where notes travel in a notebook's metadata from one of nbgrader's passes to the next


class DropExplanations(NbGraderPreprocessor):
    """The learner's copy has no cells that explain a solution."""

    def preprocess(self, nb: NotebookNode, resources):
        nb.cells = [cell for cell in nb.cells if "explanation" not in cell.metadata.get("tags", [])]
        return nb, resources


class CarefulExporter(NotebookExporter):
    """Of what learners wrote, nbformat reads only what can be graded: it takes gigabytes for a file of brackets."""

    def from_filename(self, filename: str, *given, **more):
        read(contents(Path(filename)))
        return super().from_filename(filename, *given, **more)

    def from_file(self, file_stream, *given, **more):
        """Attachments of a shape that nbformat cannot read keep their names, for Repair to tell."""
        found = json.loads(file_stream.read())
        for cell in found["cells"]:
            if isinstance(attached := cell.pop("attachments", None), dict):
                cell["attachments"] = {name: data if isinstance(data, dict) else {} for name, data in attached.items()}
        return super().from_file(io.StringIO(json.dumps(found)), *given, **more)


class Repair(NbGraderPreprocessor):
    """Bring a submission back into the shape of the assignment (in the first pass, in place of DeduplicateIds)."""

    def preprocess(self, nb: NotebookNode, resources):
        info = resources["nbgrader"]
        with Gradebook(info["db_url"]) as gradebook:
            notes = repair(nb, sources(gradebook, info["notebook"], info["assignment"]))
        nb.metadata = NotebookNode({NOTES: notes})
        nb.nbformat, nb.nbformat_minor = 4, 5
        return nb, resources


def sources(gradebook: Gradebook, notebook: str, assignment: str) -> list[Source]:
    """The cells of the assignment that nbgrader knows, in their order."""
    found = gradebook.find_notebook(notebook, assignment)
    points = {cell.name: cell.max_score for cell in found.grade_cells}
    solutions = {cell.name for cell in found.solution_cells}
    return [
        Source(cell.name, cell.cell_type, cell.source, cell.locked, cell.name in points, cell.name in solutions,
               points.get(cell.name))
        for cell in found.source_cells
    ]  # fmt: skip


class SandboxedExecute(NbGraderPreprocessor):
    """Run the notebook in a sandbox and take nothing but outputs back (in place of Execute)."""

    kind = Unicode("bubblewrap", help="bubblewrap, or docker").tag(config=True)
    image = Unicode("", help="the image, for docker").tag(config=True)
    limits = Dict({}, help="what differs from grading.sandbox.Limits, as {'cell': 30}").tag(config=True)
    alone = Bool(False, help="no other submission is being graded, so memory lost meanwhile is its own").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources):
        sandbox = Sandbox(Limits.of(self.limits), self.kind, self.image, self.alone)
        sandbox.refuse_to_show(course=Path.cwd())  # nbgrader works in the course's folder
        result = sandbox.notebook([{"cell_type": cell.cell_type, "source": cell.source} for cell in nb.cells])
        told = outputs_in(result.out, len(nb.cells))
        notes = nb.metadata.setdefault(NOTES, [])
        missing = [i + 1 for i, cell in enumerate(nb.cells) if cell.cell_type == "code" and i not in told]
        if missing:
            said = [note for _, note in told.values() if note]
            said = said or [f"nothing that can be read came from them ({_last_line(result.err)})"]
            why = result.stopped or said[-1]
            notes.append(f"cells {', '.join(map(str, missing))} gave no outputs: {why}; {NEEDS_REVIEW}")
        elif result.stopped:
            notes.append(f"all cells gave outputs, but {result.stopped}")
        for i, cell in enumerate(nb.cells):
            if cell.cell_type == "code":
                cell.outputs, note = told.get(i, ([], None))
                cell.execution_count = None
                if note:
                    notes.append(f"cell {i + 1}: {note}")
        notes += doubts.of(nb, told)
        return nb, resources


def _last_line(text: str) -> str:
    return line(text.strip().split("\n")[-1])[:200] or "it said nothing"


def outputs_in(data: bytes, cells: int) -> dict[int, tuple[list[NotebookNode], str | None]]:
    """For the cells that were run, outputs and a note. Nothing that comes out of the box is trusted; what is not such
    a line is left out."""
    told: dict[int, tuple[list[NotebookNode], str | None]] = {}
    for given in islice(io.BytesIO(data), 4 * cells + 100):  # sandbox_runner.py writes at most two for each cell
        try:
            said = json.loads(given) if parts(given) <= MOST_PARTS else None
        except (ValueError, RecursionError):
            continue
        at = said.get("at") if isinstance(said, dict) else None
        if type(at) is int and 0 <= at < cells:
            outputs, note = told.get(at, ([], None))
            told[at] = outputs or _outputs(said.get("outputs")), note or _line(said.get("note"))
    return told


def _line(note: Any) -> str | None:
    return line(note)[:200] or None if isinstance(note, str) else None


def _outputs(given: Any) -> list[NotebookNode]:
    given = given if isinstance(given, list) else []
    kept = [_output(output) for output in given[:MOST_OUTPUTS] + given[MOST_OUTPUTS:][-1:] if isinstance(output, dict)]
    return [output for output in kept if output is not None]


def _output(given: dict) -> NotebookNode | None:
    """The output, rebuilt out of texts and pictures alone."""
    kind = given.get("output_type")
    if kind == "stream":
        return new_output("stream", name="stdout", text=_text(given.get("text")))
    if kind == "error":
        lines = given.get("traceback") if isinstance(given.get("traceback"), list) else []
        return new_output("error", ename=_text(given.get("ename"))[:100], evalue=_text(given.get("evalue")),
                          traceback=[_text(text) for text in lines[:50]])  # fmt: skip
    if kind not in ("execute_result", "display_data") or not isinstance(given.get("data"), dict):
        return None
    data = {"text/plain": _text(given["data"].get("text/plain"))}
    # HTML and SVG can act in an instructor's browser; they stay out.
    data |= {kind: given["data"][kind] for kind in PICTURES if is_picture(kind, given["data"].get(kind))}
    if isinstance(given["data"].get(MIME), dict):
        with suppress(RecursionError):
            data[MIME] = json.dumps(given["data"][MIME])  # a text: nbformat walks through all that is not
    return new_output(kind, data=data)


def _text(given: Any) -> str:
    text = "".join(x for x in given if isinstance(x, str)) if isinstance(given, list) else given
    return clean(text)[:LONGEST] if isinstance(text, str) else ""


class Judge(NbGraderPreprocessor):
    """Points from the answers that came out of the box, worked out here; what the notebook says of them counts nothing.

    Hand-graded cells are left to people. Writes what there is to know into `reports`, and into the notebook's first
    cell, where formgrader and feedback show it.
    """

    key = Unicode("variants.key", help="the secret file; without it everybody has the book's numbers").tag(config=True)
    reports = Unicode("reports", help="the folder for what was found, one file for each notebook").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources):
        info = resources["nbgrader"]
        token = tokens.token(Path(self.key), info["student"])
        notes = [str(note) for note in nb.metadata.pop(NOTES, [])]
        marks, answers = {}, []
        for cell in nb.cells:
            meta = cell.metadata.get("nbgrader", {})
            if cell.cell_type == "code" and meta.get("grade"):
                answers.append([text for output in cell.outputs if (text := output.get("data", {}).get(MIME))])
                found = judged(cell, meta["grade_id"], token)
                marks[meta["grade_id"]] = found._asdict() | {"of": meta["points"]}
            for output in cell.get("outputs", []):
                output.get("data", {}).pop(MIME, None)
        notes += _mixed_up(marks)
        if notes:
            nb.cells.insert(
                0, new_markdown_cell("**Notes of the grading**\n\n" + "\n".join(f"- {quiet(n)}" for n in notes))
            )
        place = Path(self.reports, info["assignment"], info["student"], info["notebook"] + ".json")
        reports.write(place, {"notes": notes, "marks": marks})
        reports.remember(place, hashlib.sha256(json.dumps(answers).encode()).hexdigest(), marks)
        return nb, resources


class Judged(NamedTuple):
    """What a check cell is worth, and what its answer shows.

    state   right, wrong, empty (not answered), unfinished (or no answer that can be judged), or other numbers: right, but
            with numbers that are not this learner's
    slips   the slugs that the judge found for the answer; several are several explanations of it
    """

    points: float
    message: str
    state: str = "unfinished"
    slips: tuple[str, ...] = ()


def _mixed_up(marks: dict[str, dict]) -> list[str]:
    """Which exercises have numbers that are not this learner's, to be told beside the marks."""
    said: dict[str, list[str]] = {}
    for name, mark in marks.items():
        if mark["message"].startswith((ANOTHERS, BOOKS)):
            said.setdefault(mark["message"], []).append(name)
    return [f"{', '.join(names)}: {message}" for message, names in said.items()]


def judged(cell: NotebookNode, grade_id: str, token: str) -> Judged:
    """What the judge says of a check cell; its outputs become points and message."""
    id = grade_id.replace("-", ".")
    errors = [output for output in cell.outputs if output.output_type == "error"]
    answers = [json.loads(output.data[MIME]) for output in cell.outputs if MIME in output.get("data", {})]
    answer = answers[-1] if answers else None  # one answer each: who prints many may not have them all tried
    if answer is None:
        found = Judged(0.0, "No answer came out of this cell.")
        if errors:
            said = quiet(line(f"{errors[-1].ename}: {errors[-1].evalue}")[:200])
            found = found._replace(message=f"{found.message} It ended with {said}")
    elif answer.get("id") != id:
        found = Judged(0.0, f"What came out of this cell is no answer to exercise {id}.")
    else:
        found = _verdict(id, answer, token)
    points = min(max(float(found.points), 0.0), float(cell.metadata.nbgrader.points))
    found = found._replace(points=points, message=clean(found.message))
    result = new_output("execute_result", data={"text/plain": repr(points), "text/markdown": found.message})
    cell.outputs = [result] if points else [*errors, result]
    return found


def _verdict(id: str, answer: dict, token: str) -> Judged:
    """The judge's word, and what a mix-up of numbers explains. Slips are those with the numbers that the learner had."""
    raw, own = answer.get("raw"), answer.get("variant")
    said = verdict(id, raw, token)
    points, message = float(said.points), said.message()
    if not isinstance(own, str) or own == token or not 0 < len(own) <= 100:
        return Judged(points, message, *_shows(id, raw, token, said))
    elsewhere = verdict(id, raw, own)
    state, slips = _shows(id, raw, own, elsewhere)
    if points == 0 and elsewhere.points > 0:
        message = f"{ANOTHERS}: the notebook has the token {ascii(own)[:40]}."
        if own == tokens.BOOK:
            message = f"{BOOKS}, but these were not yours: the line bp.variant(...) is missing."
        state = "other numbers" if state == "right" else state
    return Judged(points, message, state, slips)


def _shows(id: str, raw: Any, variant: str, said: Verdict) -> tuple[str, tuple[str, ...]]:
    """The state of an answer, and its slips; of one that is only noted, whether it was right."""
    if said.points and id.startswith("inventory."):
        said = EXERCISES[id].marked(raw, variant)
    state = (
        "empty"
        if said == UNANSWERED
        else "right"
        if said.all_right
        else "wrong"
        if said.counts_as_try
        else "unfinished"
    )
    return state, said.slips
