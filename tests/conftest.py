"""What all tests share."""

import sys

import pytest

# as in tools/notebooks.py: 2.5 s to load, for nothing that notebooks need
sys.modules.setdefault("rfc3987_syntax", None)


@pytest.fixture(autouse=True)
def _figures_closed():
    """Matplotlib keeps every figure until it is told otherwise, and warns of the twentieth."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
