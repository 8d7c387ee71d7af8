"""What was found about a submission: small files of JSON that an interruption leaves whole, or leaves out."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path


def write(file: Path, found: dict) -> None:
    """Write all of it or nothing."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(found, indent=1))
    os.replace(part, file)


def read(file: Path) -> dict:
    """What was found; of a file that is missing or broken: nothing."""
    try:
        found = json.loads(file.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def attempts(report: Path) -> list[dict]:
    """What was found each time that a notebook came with other answers, the latest last."""
    found = read(_memory(report)).get("attempts", [])
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def remember(report: Path, answers: str, marks: dict) -> None:
    """Keep what the answers showed when a notebook is graded again. The same answers, judged anew, are no new attempt.

    answers   a digest of them
    """
    kept, now = attempts(report), f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S%z}"
    if kept and kept[-1].get("answers") == answers:
        now = kept.pop().get("judged", now)
    marks = {name: {key: mark[key] for key in ("state", "slips")} for name, mark in marks.items()}
    write(_memory(report), {"attempts": [*kept, {"answers": answers, "judged": now, "marks": marks}]})


def _memory(report: Path) -> Path:
    """Beside the report: a folder that outlives it."""
    return report.parent / "attempts" / report.name
