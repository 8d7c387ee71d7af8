"""Still drawings for readers without JavaScript: SVG as text, in the page's colours, or in ours where it has none."""

from __future__ import annotations

import math
from html import escape

from .contour import rings

_COLOURS = {
    "forward": "#0b5cad",
    "backward": "#a84300",
    "more": "#1b7837",
    "less": "#762a83",
    "ink": "#1f2328",
    "quiet": "#57606a",
    "line": "#858e99",
    "surface": "#ffffff",
    "low": "#6d9ccd",
    "high": "#f0f5fa",
}


def ink(name: str) -> str:
    """A colour of the figures, by its name in their style sheet."""
    return f"var(--bp-{name},{_COLOURS[name]})"


def mix(name: str, percent: float, other: str = "surface") -> str:
    """So much of one colour, the rest of another."""
    return f"color-mix(in srgb,{ink(name)} {percent:.0f}%,{ink(other)})"


def tag(name: str, *inside: str, **attributes) -> str:
    """An element; stroke_width= becomes stroke-width, and numbers keep one decimal."""

    def text(value) -> str:
        return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))

    said = "".join(f' {key.strip("_").replace("_", "-")}="{text(value)}"' for key, value in attributes.items())
    return f"<{name}{said}>{''.join(inside)}</{name}>" if inside else f"<{name}{said}/>"


def words(text: str, x: float, y: float, anchor: str = "start", size: float = 13, fill: str = "ink", **more) -> str:
    """Text at a place, with digits after _ lowered: x_1; a rim of paper keeps it legible on any ground."""
    first, *rest = text.split("_")
    pieces = [escape(first)]
    for part in rest:
        after = f'<tspan dy="-3">{escape(part[1:])}</tspan>' if part[1:] else ""
        pieces.append(f'<tspan dy="3" font-size="0.75em">{escape(part[0])}</tspan>{after}')
    rim = {"paint_order": "stroke", "stroke": ink("surface"), "stroke_width": 3, "stroke_linejoin": "round"}
    return tag("text", *pieces, x=x, y=y, text_anchor=anchor, font_size=size, fill=ink(fill), **rim, **more)


def drawing(width: int, height: int, label: str, *inside: str) -> str:
    """The whole picture, as wide as its place allows."""
    style = f"display:block;max-width:{width}px;height:auto;font-family:system-ui,sans-serif"
    view = {"viewBox": f"0 0 {width} {height}", "width": "100%", "role": "img", "style": style}
    return f"{tag('svg', *inside, **view)[:-6]}</svg>".replace("<svg ", f'<svg aria-label="{escape(label)}" ', 1)


def styled(name: str, label: str, size: tuple[int, int], parts: list[str]) -> str:
    """A whole picture in the classes of a figure's own style sheet, for a figure whose drawing has the same parts."""
    wide, high = size
    frame = f'viewBox="0 0 {wide} {high}" width="{wide}" height="{high}" style="max-width: 100%; min-width: 34rem; height: auto"'
    inside = "\n".join(parts)
    drawn = f'<svg role="img" aria-label="{escape(label)}" {frame}>\n{inside}\n</svg>'
    return f'<div class="bp-still bp-{name}" style="overflow-x: auto">{drawn}</div>'


def styled_words(x: float, y: float, kind: str, text: str, anchor: str = "middle") -> str:
    """Text at a place of such a picture."""
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{kind}" text-anchor="{anchor}">{escape(text)}</text>'


def _off(point, start, end) -> float:
    """How far a point lies from the line through two others."""
    (x, y), (x0, y0), (x1, y1) = point, start, end
    length = math.hypot(x1 - x0, y1 - y0)
    return abs((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0)) / length if length else 0.0


class Axes:
    """A plane with numbers on both axes, drawn into a box of pixels: x, y, width, height."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], box: tuple[float, float, float, float]) -> None:
        self.x, self.y, self.box = x, y, box

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where a point lies, in pixels."""
        left, top, width, height = self.box
        (x0, x1), (y0, y1) = self.x, self.y
        return left + (x - x0) / (x1 - x0) * width, top + (1 - (y - y0) / (y1 - y0)) * height

    def path(self, points, close: bool = False) -> str:
        """Through these points, in whole pixels, without those that lie on a straight line between others."""
        kept: list[tuple[float, float]] = []
        for point in (self.at(*point) for point in points):
            while len(kept) > 1 and _off(kept[-1], kept[-2], point) < 0.35:
                kept.pop()
            kept.append(point)
        return f"M{' '.join(f'{x:.0f} {y:.0f}' for x, y in kept)}{'Z' if close else ''}"

    def rings(self, grid: list[list[float]], level: float) -> list[list[tuple[float, float]]]:
        """Where a grid over the whole plane, its first row lowest, lies below a level."""
        (x0, x1), (y0, y1) = self.x, self.y
        wide, high = len(grid[0]) - 1, len(grid) - 1
        return [
            [(x0 + (x1 - x0) * c / wide, y0 + (y1 - y0) * r / high) for c, r in ring] for ring in rings(grid, level)
        ]

    def band(self, grid: list[list[float]], level: float, **attributes) -> str:
        """The same, filled."""
        outline = "".join(self.path(ring, close=True) for ring in self.rings(grid, level))
        return tag("path", d=outline, fill_rule="evenodd", **attributes) if outline else ""

    def frame(self, ticks_x=(), ticks_y=(), name_x: str = "", name_y: str = "") -> str:
        """The border, its numbers, and the names of the axes: y's stands upright above its axis."""
        left, top, width, height = self.box
        bottom = top + height
        parts = [tag("rect", x=left, y=top, width=width, height=height, fill="none", stroke=ink("line"))]
        for value in ticks_x:
            px, _ = self.at(value, self.y[0])
            parts.append(words(f"{value:g}".replace("-", "\N{MINUS SIGN}"), px, bottom + 16, "middle", 12, "quiet"))
        for value in ticks_y:
            _, py = self.at(self.x[0], value)
            parts.append(words(f"{value:g}".replace("-", "\N{MINUS SIGN}"), left - 6, py + 4, "end", 12, "quiet"))
        parts.append(words(name_x, left + width, bottom + 31, "end"))
        parts.append(words(name_y, max(0.0, left - 24), top - 8))
        return "".join(parts)
