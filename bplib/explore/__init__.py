"""Explorables: figures that are alive in JupyterLab, as widgets, and in a static page, as custom elements.

Each figure has a folder: `graph/` holds graph.js (an ES module, the same in both places), graph.css if it needs one, and
its Python class. What all share is in `_shared/` and `base`. `module` and `stylesheet` give the texts out and need
nothing but the standard library; the widget classes load anywidget on first use.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

# The figure's name (its folder, its element <bp-NAME>) -> its class in Python.
CLASSES = {
    "graph": "Graph",
    "nudge": "Nudge",
    "chain": "Chain",
    "paths": "Paths",
    "shapes": "Shapes",
    "wishes": "Wishes",
    "descent": "Descent",
    "fit": "Fit",
    "xor": "Xor",
    "starts": "Starts",
    "flow": "Flow",
    "doctor": "Doctor",
    "quiz": "Quiz",
}
NAMES = tuple(CLASSES)
# Elements of pages alone: in a notebook, the cell below an exercise is what answers it.
PAGE_ONLY = ("exercise",)

# What else is public: the class -> the Python file that it is in.
_OTHERS = {"Explorable": "base", "Choose": "quiz", "Number": "quiz", "Match": "quiz", "Order": "quiz"}

__all__ = ["CLASSES", "NAMES", "module", "stylesheet", *CLASSES.values(), *_OTHERS]

_HERE = Path(__file__).parent
_SHARED = _HERE / "_shared"
_DECLARED = re.compile(r"^(?:export )?(?:async )?(?:function\*?|const|let|class) (\w+)", re.M)
_IMPORT = re.compile(r'import \{[^}]*\} from "(\.\./_shared|\.)/(\w+)\.js";\n')


def module(name: str) -> str:
    """One ES module on its own: the parts that figures share, its own parts, the figure; for widgets and static pages.

    Exports what the figure exports: `default` (anywidget), `define` (custom element), the model's functions.
    """
    if name not in (*NAMES, *PAGE_ONLY):
        raise ValueError(f"no explorable is called {name!r}; there are {', '.join(NAMES)}")
    file, parts = _HERE / name / f"{name}.js", {}
    text = file.read_text("utf-8")
    _gather(file, text, parts)
    # Without its exports, a shared part cannot collide with an export of the figure.
    shared = re.sub(r"^export ", "", "".join(parts.values()), flags=re.M)
    twice = [name for name, times in Counter(_DECLARED.findall(f"{shared}\n{text}")).items() if times > 1]
    if twice:
        raise ValueError(f"{name}.js and the parts that it shares declare {', '.join(twice)} twice: rename one of each")
    return shared + _IMPORT.sub("", text)


def _gather(file: Path, text: str, parts: dict[Path, str]) -> None:
    """What `text` imports, from beside `file` or from what all share, and what that imports: each before its first use."""
    if re.search(r"^import\b", _IMPORT.sub("", text), re.M):
        raise ValueError(f'{file.name} wants imports of the form: import {{ ... }} from "../_shared/frame.js";')
    for folder, other in _IMPORT.findall(text):
        part = (file.parent / folder / f"{other}.js").resolve()
        if part not in parts:
            inner = part.read_text("utf-8")
            _gather(part, inner, parts)
            parts[part] = _IMPORT.sub("", inner)


def stylesheet() -> str:
    """The one stylesheet of all explorables, for the page and for the widget: what they share, then each one's own."""
    own = [_HERE / name / f"{name}.css" for name in NAMES]
    return "\n".join(file.read_text("utf-8") for file in (_SHARED / "shared.css", *own) if file.exists())


def page_stylesheet(name: str) -> str:
    """The style sheet of an element of pages alone; what it shares with the figures is in `stylesheet`."""
    return (_HERE / name / f"{name}.css").read_text("utf-8")


def __getattr__(name: str):
    """The widget classes, loaded when asked for: the Sphinx extension does without anywidget."""
    owner = {home: file for file, home in CLASSES.items()} | _OTHERS
    if name in owner:
        return getattr(import_module(f".{owner[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
