"""What all tests share."""

import os
import sys
from pathlib import Path

import pytest

# as in tools/notebooks.py: 2.5 s to load, for nothing that notebooks need
sys.modules.setdefault("rfc3987_syntax", None)


@pytest.fixture(autouse=True)
def _figures_closed():
    """Matplotlib keeps every figure until it is told otherwise, and warns of the twentieth."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")


def pytest_terminal_summary(terminalreporter, config):
    """Leave a line for each test that was skipped: `make test` names at its end what was not tested."""
    reasons = [report.longrepr[2].removeprefix("Skipped: ") for report in terminalreporter.stats.get("skipped", [])]
    folder = Path(config.rootpath, "_build", "skipped")
    if reasons and folder.is_dir():
        lines = (" ".join(reason.split()) for reason in reasons)
        (folder / f"python-{os.getpid()}.txt").write_text("\n".join(lines) + "\n", "utf8")
