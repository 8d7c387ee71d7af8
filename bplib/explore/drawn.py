"""Stills: what a figure shows where no script runs, drawn as SVG in the page's colours, with a caption below."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

FORWARD, BACKWARD = "var(--bp-forward, #1b65a6)", "var(--bp-backward, #b3500a)"
QUIET, INK = "var(--bp-quiet, #767676)", "currentColor"


def tag(name: str, text: str = "", **attributes) -> str:
    """An element; `stroke_width` is written stroke-width, `class_` class, and numbers get one decimal."""
    said = "".join(f' {key.strip("_").replace("_", "-")}="{_plain(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{escape(text)}</{name}>" if text else f"<{name}{said}/>"


def _plain(value) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))


def path(points: Iterable[tuple[float, float]], colour: str = INK, width: float = 2.0, **attributes) -> str:
    """A line through these places."""
    d = "".join(f"{'L' if k else 'M'}{_plain(float(x))} {_plain(float(y))}" for k, (x, y) in enumerate(points))
    return tag("path", d=d, fill="none", stroke=colour, stroke_width=width, **attributes)


def words(
    x: float, y: float, text: str, colour: str = INK, anchor: str = "middle", size: int = 15, **attributes
) -> str:
    """A text at a place; the size is in px at full width."""
    return tag("text", text, x=x, y=y, fill=colour, text_anchor=anchor, font_size=size, **attributes)


def arrow(x: float, start: float, end: float, colour: str = BACKWARD) -> str:
    """Straight up or down; a short one is a tick without a head."""
    head = 6 if end > start else -6
    parts = [path([(x, start), (x, end)], colour, 3.0)]
    if abs(end - start) > 8:
        parts.append(path([(x - 5, end - head), (x, end), (x + 5, end - head)], colour, 3.0, stroke_linejoin="round"))
    return "".join(parts)


def figure(parts: Iterable[str], width: int, height: int, alt: str, caption: str, note: str = "") -> str:
    """The finished still: a drawing that shrinks with the page, and its caption."""
    tip = f"\n<p>Try: {escape(note)}</p>" if note else ""
    style = f"display: block; margin: 0 auto; width: 100%; max-width: {width}px; height: auto; font-family: inherit"
    return (
        f'<figure class="bp-still">\n<svg role="img" aria-label="{escape(alt)}" viewBox="0 0 {width} {height}" '
        f'style="{style}">\n{chr(10).join(parts)}\n</svg>\n<figcaption>{escape(caption)}</figcaption>\n</figure>{tip}'
    )
