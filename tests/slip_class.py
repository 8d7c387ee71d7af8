"""A class of forty whose answers are known, because each of them is planted: judged by the real judge, without running anything."""

from __future__ import annotations

import json
from contextlib import chdir
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook, new_output
from nbgrader.api import Gradebook

from bplib.checking import EXERCISES, general_slips
from bplib.checking.check import MIME
from grading import reports
from grading.course import Course
from grading.preprocessors import Judge

STUDENTS = [f"s{i:02}" for i in range(40)]
GENERAL = set(general_slips.GENERAL)  # have no question of their own
GARBAGE = 123.456  # near nothing that anybody could find in 7.2 or 7.3
EVIL = "<script>alert(1)</script>=cmd()"


def wrong(id: str, slug: str, variant: str = "book") -> object:
    """What somebody with this slip answers."""
    found = next(slip.answer for slip in EXERCISES[id].task(variant).slips if slip.mistake.slug == slug)
    return list(found) if len(found) > 1 else found[0]


def right(id: str, variant: str = "book") -> object:
    found = EXERCISES[id].task(variant).answer
    return list(found) if len(found) > 1 else found[0]


def letter(id: str, slug: str | None, variant: str = "book") -> str:
    """The choice that stands for a misconception; the right one for None."""
    _, correct, words = EXERCISES[id].options(variant)
    return next((one for one, word in words.items() if word[1] == slug), "") if slug else correct


def assignment(root: Path, name: str, ids: list[str], notebook: str = "") -> None:
    """Tell the gradebook about an assignment."""
    with Gradebook(Course(root).db_url) as gradebook:
        gradebook.add_assignment(name)
        gradebook.add_notebook(notebook or name, name)
        for id in ids:
            cell = id.replace(".", "-")
            gradebook.add_grade_cell(cell, notebook or name, name, max_score=1, cell_type="code")
            gradebook.add_source_cell(cell, notebook or name, name, cell_type="code")


def judge(
    root: Path, student: str, name: str, answers: dict[str, object], notebook: str = "", variant: str = "book"
) -> None:
    """Hand in and judge a notebook whose checks gave these raw answers; ... for a cell without any."""
    course, notebook = Course(root), notebook or name
    place = root / "submitted" / student / name / f"{notebook}.ipynb"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps({"of": student, "answers": str(answers)}))
    cells = []
    for id, raw in answers.items():
        data = {"text/plain": "1.0", MIME: json.dumps({"id": id, "raw": raw, "variant": variant})}
        outputs = [] if raw is ... else [new_output("execute_result", data=data)]
        cells.append(
            new_code_cell(
                "",
                outputs=outputs,
                metadata={"nbgrader": {"grade": True, "grade_id": id.replace(".", "-"), "points": 1}},
            )
        )
    file = course.reports / name / student / f"{notebook}.json"
    file.unlink(missing_ok=True)
    with chdir(root):
        step = Judge(config=course.config)
        info = {"student": student, "assignment": name, "notebook": notebook, "db_url": course.db_url}
        step.preprocess(new_notebook(cells=cells), {"nbgrader": info})
    reports.write(course.done_file(name, student), {"from": course.digest(name, student), "notes": []})


TRACE, SHEET, BEFORE, AFTER = (
    "07_two_layer_trace",
    "06_two_neurons_and_a_spreadsheet",
    "concept_inventory",
    "concept_inventory_after",
)
# What the class of forty answers: exercise -> [(how many, state, slips)], in the order of STUDENTS.
PLAN = {
    (SHEET, "6.2"): [(8, "wrong", ("no-activation-slope",)), (4, "wrong", ("inputs-crossed", "other-order")), (28, "right", ())],
    (TRACE, "7.2"): [(12, "wrong", ("no-activation-slope",)), (5, "wrong", ("slope-at-a",)), (2, "wrong", ("z-in-slope-formula",)),
                     (3, "wrong", ()), (2, "empty", ()), (2, "unfinished", ()), (14, "right", ())],
    (TRACE, "7.3"): [(6, "wrong", ("no-activation-slope",)), (24, "right", ()), (4, "wrong", ("no-activation-slope",)), (6, "right", ())],
}  # fmt: skip
# Before and after, of the first thirty: question -> [(how many, misconception before, misconception after)]; None is right.
ASKED = {
    "inventory.1": [(10, "gradient-is-share", None), (5, "gradient-is-share", "gradient-is-share"), (4, None, "sign-turned"), (11, None, None)],
    "inventory.12": [(12, "backward-updates", None), (2, "backward-updates", "backward-lowers-loss"), (16, None, None)],
}  # fmt: skip


def raw_of(id: str, state: str, slips: tuple[str, ...]) -> object:
    """A raw answer that shows what is planned."""
    if state in ("empty", "unfinished"):
        return None if state == "empty" else {"text": EVIL}
    if state == "right":
        return right(id)
    return wrong(id, slips[0]) if slips else GARBAGE


def spread(plan: list[tuple]) -> list[tuple]:
    """One entry for each person."""
    return [entry for many, *entry in plan for _ in range(many)]


def forty(root: Path) -> Path:
    """The class, handed in and judged: PLAN by everybody, the two inventories by the first thirty."""
    for name, ids in ((SHEET, ["6.2"]), (TRACE, ["7.2", "7.3"])):
        assignment(root, name, ids)
        plans = {id: spread(PLAN[name, id]) for id in ids}
        for i, student in enumerate(STUDENTS):
            judge(root, student, name, {id: raw_of(id, *plans[id][i]) for id in ids})
    sides = {id: spread(plan) for id, plan in ASKED.items()}
    for side, name in enumerate((BEFORE, AFTER)):
        assignment(root, name, list(ASKED), BEFORE)
        for i, student in enumerate(STUDENTS[:30]):
            judge(root, student, name, {id: letter(id, sides[id][i][side]) for id in ASKED}, BEFORE)
    return root
