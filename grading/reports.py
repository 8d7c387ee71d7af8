"""What was found about a submission: small files of JSON that an interruption leaves whole, or leaves out."""

from __future__ import annotations

import json
import os
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
