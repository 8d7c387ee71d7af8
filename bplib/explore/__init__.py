"""Explorables: figures that are alive in JupyterLab, as widgets, and in a static page, as custom elements.

The text of each figure is one ES module, the same in both places: `module` and `stylesheet` give it out and
need nothing but the standard library. The widget classes load anywidget on first use.
"""

from __future__ import annotations

from pathlib import Path

NAMES = ("graph",)

__all__ = ["NAMES", "Explorable", "Graph", "module", "stylesheet"]

_HERE = Path(__file__).parent
_IMPORT = ' } from "./frame.js";'


def module(name: str) -> str:
    """One ES module on its own: what all figures share, then the figure; for widgets and static pages.

    Exports what the figure exports: `default` (anywidget), `define` (custom element), the model's functions.
    """
    if name not in NAMES:
        raise ValueError(f"no explorable is called {name!r}; there are {', '.join(NAMES)}")
    first, rest = (_HERE / f"{name}.js").read_text("utf-8").split("\n", 1)
    if not (first.startswith("import { ") and first.endswith(_IMPORT)) or "\nimport " in rest:
        raise ValueError(f'{name}.js wants exactly one import, its first line: import {{ ... }} from "./frame.js";')
    # Without its exports, the shared part cannot collide with an export of the figure.
    frame = (_HERE / "frame.js").read_text("utf-8").replace("\nexport ", "\n")
    return frame + rest


def stylesheet() -> str:
    """The one stylesheet of all explorables, for the page and for the widget."""
    return (_HERE / "explore.css").read_text("utf-8")


def __getattr__(name: str):
    """The widget classes, loaded when asked for: the Sphinx extension does without anywidget."""
    if name not in ("Explorable", "Graph"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import widgets

    return getattr(widgets, name)
