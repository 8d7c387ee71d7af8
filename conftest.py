"""What tests and notebooks share: a cell or a test that is skipped says why, and `make test` repeats it at its end."""

import os
from pathlib import Path

import pytest


def pytest_collection_modifyitems(config, items):
    """Skip a notebook's cell that needs a framework which is not installed. (nbval's own tag skips a cell always.)"""
    cells = [item for item in items if hasattr(item, "cell")]  # of nbval
    if cells:
        from tools import frameworks

        for item in cells:
            if why := frameworks.lacking(item.cell, config.rootpath):
                item.add_marker(pytest.mark.skip(reason=f"optional: {why}, make frameworks"))


def pytest_terminal_summary(terminalreporter, config):
    """Leave a line for each test that was skipped: `make test` names at its end what was not tested."""
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    folder = Path(config.rootpath, "_build", "skipped")
    if reasons and folder.is_dir() and not hasattr(config, "workerinput"):  # who works for another run is counted there
        lines = (" ".join(reason.split()) for reason in reasons)
        (folder / f"python-{os.getpid()}.txt").write_text("\n".join(lines) + "\n", "utf8")
