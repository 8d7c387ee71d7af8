"""What all explorables share in Python: a widget in JupyterLab, and in a static page an element around a table."""

from __future__ import annotations

import json
import math
from html import escape
from numbers import Real

from ..engine.trace_table import fmt

try:
    from anywidget import AnyWidget
except ModuleNotFoundError:  # any Jupyter will do: the figure is then as alive as in a page, and tells Python nothing
    from traitlets import HasTraits as AnyWidget

from . import stylesheet


class Explorable(AnyWidget):
    """One ES module, synced traits, and a static form that needs no kernel.

    A subclass gives `_tag` (the element's name), `_esm` (`module("name")`), its synced traits, `_data` and `_fallback`.
    """

    _tag = ""
    _css = stylesheet()

    def _data(self) -> dict:
        """What the element needs to start, as JSON-able data."""
        raise NotImplementedError

    def _fallback(self) -> str:
        """HTML that says the same to a reader without JavaScript."""
        raise NotImplementedError

    def html(self) -> str:
        """The static form: an element that `define()` of the module brings to life."""
        data = json.dumps(self._data(), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        data = escape(data, quote=False).replace("'", "&#x27;")
        return f"<{self._tag} data='{data}'>\n{self._fallback()}\n</{self._tag}>"

    def _repr_mimebundle_(self, **kwargs):
        widget = getattr(super(), "_repr_mimebundle_", None)
        data, metadata = (widget and widget(**kwargs)) or ({}, {})
        text = self.html() if widget else self.html() + self._script()
        return {**data, "text/plain": repr(self), "text/html": text}, metadata

    def _script(self) -> str:
        """What brings the static form to life where no widget does."""
        return f'\n<style>{self._css}</style>\n<script type="module">{self._esm}\ndefine();</script>'


def table(caption: str, head: list[str], rows: list[list[str]], note: str = "") -> str:
    """A fallback: each row begins with its header. A cell is text, or (kind, text) with kind "forward" or "backward"."""

    def cell(given) -> str:
        kind, text = given if isinstance(given, tuple) else ("", given)
        return f'<td class="bp-{kind}">{escape(text)}</td>' if kind else f"<td>{escape(text)}</td>"

    columns = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "\n".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(map(cell, rest))}</tr>' for first, *rest in rows
    )
    tip = f"\n<p>Try: {escape(note)}</p>" if note else ""
    return (
        f'<table class="bp-trace">\n<caption>{escape(caption)}</caption>\n'
        f"<thead><tr>{columns}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>{tip}"
    )


def finite(given, what: str) -> float:
    """`given` as a float; ValueError if it is no finite number."""
    if isinstance(given, bool) or not isinstance(given, Real) or not math.isfinite(given):
        raise ValueError(f"{what} wants a finite number, got {given!r}")
    return float(given)


def one_of(given, options, what: str):
    """`given`, if it is one of the options; ValueError if not."""
    if given not in options:
        raise ValueError(f"{what} wants one of {', '.join(map(str, options))}, got {given!r}")
    return given


def show(number: float) -> str:
    """A number as the figures write it."""
    return fmt(number).replace("-", "\N{MINUS SIGN}")
