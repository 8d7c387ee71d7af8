"""Where a mark may be wrong, because of the sandbox or of what the learner did, and a person has to look."""

from __future__ import annotations

import json
import re
from collections.abc import Container

from nbformat import NotebookNode

from bplib.checking import EXERCISES, Repair
from bplib.checking.check import MIME

from .repair import NEEDS_REVIEW, line

# What a cell ends with when it wants something that a box lacks: somebody who types, a network, a file that lay beside
# the notebook, a package, one more process.
WANTS = {"EOFError", "StdinNotImplementedError", "BdbQuit", "ModuleNotFoundError", "FileNotFoundError", "URLError",
         "HTTPError", "gaierror", "ConnectionError", "ConnectionRefusedError", "TimeoutError", "BlockingIOError",
         "PermissionError", "MemoryError", "OSError"}  # fmt: skip
# Words of a notebook that looks for the key. The box names who finds it (sandbox_runner.py); this names who says so.
ASKS = re.compile(r"\bEXERCISES\b|\b(bplib|bp)\W+(checking|exercises)\b|\bbplib\s+import\b.*\b(checking|exercises)\b"
                  r"|\bimport_module\b.*\bbplib\b|\bcheck\s*\.\s*__|\bget_(objects|referrers)\b")  # fmt: skip

# What stands in a notebook as it is handed out, or in a prompt: neither tells an answer that earns anything.
GIVEN = re.compile(r"^from bplib\.exercises(?: import inventory|\.shared\.moons import train)$", re.MULTILINE)


def of(nb: NotebookNode, ran: Container[int]) -> list[str]:
    """Notes on a notebook that is not judged yet, of which the cells with these indices were run."""
    code = [(at, cell) for at, cell in enumerate(nb.cells, 1) if cell.cell_type == "code"]
    checks = [(at, cell) for at, cell in code if cell.metadata.get("nbgrader", {}).get("grade")]
    return [
        *_no_bplib(checks),
        *_replaced(checks, ran),
        *_wanting(code, checks),
        *_asking(code, checks),
        *_measured(checks),
    ]


def _name(cell: NotebookNode) -> str:
    return cell.metadata.nbgrader.grade_id


def _errors(cell: NotebookNode) -> list[NotebookNode]:
    return [output for output in cell.outputs if output.output_type == "error"]


def _answers(cell: NotebookNode) -> list[str]:
    return [output.data[MIME] for output in cell.outputs if MIME in output.get("data", {})]


def _no_bplib(checks: list) -> list[str]:
    """Checks that could not be called: a check itself never raises."""
    lost: dict[str, list[str]] = {}
    for _, cell in checks:
        called = re.search(r"(\w+)\.check\(", cell.source)
        for error in _errors(cell)[-1:] if called else ():
            said = line(f"{error.ename}: {error.evalue}")[:120]
            if re.search(rf"name '{called[1]}' is not defined|attribute 'check'|object is not callable", said):
                lost.setdefault(said, []).append(_name(cell))
    return [f"{', '.join(names)} could not be checked, because bplib was not there under its name ({said}); {NEEDS_REVIEW}"
            for said, names in lost.items()]  # fmt: skip


def _replaced(checks: list, ran: Container[int]) -> list[str]:
    """Checks that ended well and said nothing."""
    silent = [_name(cell) for at, cell in checks if at - 1 in ran and not _answers(cell) and not _errors(cell)]
    return (
        [f"{', '.join(silent)} ran and gave no answer: the check had been replaced; {NEEDS_REVIEW}"] if silent else []
    )


def _wanting(code: list, checks: list) -> list[str]:
    """Cells that may have failed for want of what the sandbox does not have, with checks behind them unanswered."""
    for at, cell in code:
        for error in _errors(cell)[-1:]:
            if error.ename in WANTS and not cell.metadata.get("nbgrader", {}).get("grade"):
                empty = [_name(check) for place, check in checks if place > at and _unanswered(check)]
                if empty:
                    return [f"cell {at} ended with {line(f'{error.ename}: {error.evalue}')[:120]}, which may be for want of "
                            f"what a sandbox does not have; {', '.join(empty)} had no answer after it; {NEEDS_REVIEW}"]  # fmt: skip
    return []


def _unanswered(check: NotebookNode) -> bool:
    answers = _answers(check)
    return not answers or json.loads(answers[-1]).get("raw") is None


def _asking(code: list, checks: list) -> list[str]:
    locked = {at for at, _ in checks}
    asking = [str(at) for at, cell in code if at not in locked and ASKS.search(GIVEN.sub("", cell.source))]
    return [f"the text of cells {', '.join(asking)} looks for the key; {NEEDS_REVIEW}"] if asking else []


def _measured(checks: list) -> list[str]:
    """Networks that were trained: only numbers come out of the box, and a notebook could make them up."""
    trained = [_name(cell) for _, cell in checks if _is_repair(_name(cell)) and any(map(_ran, _answers(cell)))]
    said = f"{', '.join(trained)} was measured by the notebook itself, so look at its function; {NEEDS_REVIEW}"
    return [said] if trained else []


def _is_repair(grade_id: str) -> bool:
    try:
        return isinstance(EXERCISES[grade_id.replace("-", ".")], Repair)
    except KeyError:
        return False


def _ran(answer: str) -> bool:
    raw = json.loads(answer).get("raw")
    return isinstance(raw, dict) and "raised" not in raw
