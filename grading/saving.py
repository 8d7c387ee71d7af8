"""The last step of grading: marks into the gradebook, and what a person has read stays read."""

from __future__ import annotations

from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.preprocessors import SaveAutoGrades
from traitlets import Unicode

from . import reading, reports


class SaveGrades(SaveAutoGrades):
    """nbgrader's step, with a memory: what a person has read stays read as long as it says the same.

    nbgrader keeps the points that a person gave, and asks the person again each time. What was read before it changed
    is kept, with its mark; an answer that is empty needs no reader.
    """

    reports = Unicode("reports", help="as of Judge").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources):
        info = resources["nbgrader"]
        self.file = reading.file(Path(self.reports), info["assignment"], info["student"], info["notebook"])
        self.now, self.changed = {}, []
        self.beside = reading.written_beside(nb.cells, reading.handed_out(info["notebook"]))
        nb, resources = super().preprocess(nb, resources)
        reports.write(self.file, self.now)
        self._ask_again()
        return nb, resources

    def _ask_again(self) -> None:
        """Who saved a mark while this went on had earlier words before them; from here on, formgrader refuses it (marking.py)."""
        with Gradebook(self.db_url) as gradebook:
            for name in self.changed:
                grade = gradebook.find_grade(name, self.notebook_id, self.assignment_id, self.student_id)
                grade.needs_manual_grade |= grade.manual_score is not None
            gradebook.db.commit()

    def _add_score(self, cell: NotebookNode, resources) -> None:
        name = cell.metadata.nbgrader.grade_id
        place = (name, self.notebook_id, self.assignment_id, self.student_id)
        grade = self.gradebook.find_grade(*place)
        read = None
        if grade.manual_score is not None and not grade.needs_manual_grade:
            said = self.gradebook.find_comment(*place).manual_comment if reading.in_words(cell) else None
            read = {"score": grade.manual_score, "comment": said}
        known = reading.of(self.file, name)
        beside = self.beside.get(name, "") if reading.in_words(cell) else ""  # an answer may say "see below"
        self.now[name] = reading.remember(known, cell, read, beside)
        if reading.in_words(cell) and known.get("seen", self.now[name]["seen"]) != self.now[name]["seen"]:
            self.changed.append(name)
        super()._add_score(cell, resources)
        if beside and self._is_empty(cell):  # an answer may stand in a cell of its own
            grade.auto_score, grade.needs_manual_grade = None, True
        elif self._is_empty(cell):
            grade.auto_score, grade.needs_manual_grade = 0, grade.manual_score is not None
        if read and known.get("seen") == self.now[name]["seen"]:
            grade.needs_manual_grade = False
        self.gradebook.db.commit()

    def _add_comment(self, cell: NotebookNode, resources) -> None:
        super()._add_comment(cell, resources)
        if self._is_empty(cell):
            name = cell.metadata.nbgrader.grade_id
            comment = self.gradebook.find_comment(name, self.notebook_id, self.assignment_id, self.student_id)
            comment.auto_comment = reading.WORDS_BESIDE if name in self.beside else reading.NO_ANSWER
            self.gradebook.db.commit()

    def _is_empty(self, cell: NotebookNode) -> bool:
        name = cell.metadata.nbgrader.grade_id
        return reading.in_words(cell) and reading.is_empty(
            cell, self.gradebook.find_source_cell(name, self.notebook_id, self.assignment_id).source
        )
