"""The still of `fit`: the curve before a step and after it, and an arrow at each point that says where it was pushed."""

from __future__ import annotations

import math
from html import escape

from ..base import show
from ..still import Axes, drawing, ink, tag, words

WIDTH, HEIGHT = 620, 340
BOX = (50, 30, 490, 262)  # px: left, top, width, height of the plotting area
FINE = 60  # pieces of a curve
WHAT = {"line": "the line", "tanh": "the tanh network", "relu": "the ReLU network"}


def still(fit) -> str:
    """The latest step, or the first one that the reader may take."""
    here = fit.before or fit.weights
    after = fit.weights if fit.before else fit.stepped()
    plane = _plane(fit, here, after)
    (left, right), (low, high) = plane.x, plane.y
    xs = [left + (right - left) * k / FINE for k in range(FINE + 1)]
    before, now = (list(zip(xs, fit.predict(xs, weights), strict=True)) for weights in (here, after))
    parts = [plane.frame(_ticks(left, right), _ticks(low, high), "x", "y")]
    parts += [*_curve(plane, before, "quiet", stroke_dasharray="6 5"), *_curve(plane, now, "forward")]
    parts += [*_points(fit, plane, here, after), *_names(plane, before, now)]
    alt, caption = _told(fit, here, after)
    tip = f"\n<p>Try: {escape(fit.note)}</p>" if fit.note else ""
    return (
        f"<figure>\n{drawing(WIDTH, HEIGHT, alt, *parts)}\n<figcaption>{escape(caption)}</figcaption>\n</figure>{tip}"
    )


def _span(numbers: list[float], room: float = 0.12) -> tuple[float, float]:
    low, high = min(numbers), max(numbers)
    wide = (high - low) or 2.0
    return low - room * wide - (high == low), high + room * wide + (high == low)


def _plane(fit, here, after) -> Axes:
    """As high as the points and both curves there, as far as there is room for the second."""
    xs = [x for x, _ in fit.points]
    least = [*(y for _, y in fit.points), *fit.predict(xs, here)]
    floor, ceiling = _span(least, 0.8)
    heights = [*least, *(max(floor, min(ceiling, y)) for y in fit.predict(xs, after))]
    return Axes(fit.xlim or _span(xs), fit.ylim or _span(heights), BOX)


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(m for m in (1, 2, 5, 10) if m * power >= rough) * power
    return [round(k * step, 10) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _curve(plane: Axes, points, colour: str, **attributes) -> list[str]:
    """What lies inside the axes, in pieces."""
    low, high = plane.y
    pieces, piece = [], []
    for x, y in [*points, (0.0, math.inf)]:
        if low <= y <= high:
            piece.append((x, y))
        elif piece:
            line = {"fill": "none", "stroke": ink(colour), "stroke_width": 2.5}
            d = "L".join(f"{x:.0f} {y:.1f}" for x, y in (plane.at(*point) for point in piece))
            pieces.append(tag("path", d=f"M{d}", **line, **attributes))
            piece = []
    return pieces


def _points(fit, plane: Axes, here, after) -> list[str]:
    """Residuals after the step, pushes, and the points themselves."""
    xs = [x for x, _ in fit.points]
    low, high = plane.y
    parts = []
    rows = zip(fit.points, fit.predict(xs, here), fit.pushes(xs, here), fit.predict(xs, after), strict=True)
    for k, ((x, target), was, push, now) in enumerate(rows):
        ends = [plane.at(x, max(low, min(high, y))) for y in (target, now, was, was + push)]
        (at, up), (_, down), (_, start), (_, end) = ends
        counts = fit.one in (None, k)
        parts.append(tag("path", d=f"M{at:.1f} {up:.1f}V{down:.1f}", stroke=ink("ink"), stroke_dasharray="2 3"))
        parts.append(_arrow(at, start, end, "backward" if counts else "quiet"))
        fill = ink("ink" if counts else "surface")
        parts.append(tag("circle", cx=at, cy=up, r=6, fill=fill, stroke=ink("ink"), stroke_width=1.5))
    return parts


def _arrow(x: float, start: float, end: float, colour: str) -> str:
    """Straight up or down; a short one has no head."""
    head = 6 if end > start else -6
    d = f"M{x:.1f} {start:.1f}V{end:.1f}"
    if abs(end - start) > 8:
        d += f"M{x - 5:.1f} {end - head:.1f}L{x:.1f} {end:.1f}L{x + 5:.1f} {end - head:.1f}"
    return tag("path", d=d, fill="none", stroke=ink(colour), stroke_width=3)


def _names(plane: Axes, before, now) -> list[str]:
    """Which curve is which, where it ends, never one on the other."""
    low, high = plane.y
    ends = [next((at for at in reversed(curve) if low <= at[1] <= high), curve[-1]) for curve in (before, now)]
    (x0, y0), (x1, y1) = (plane.at(x, max(low, min(high, y))) for x, y in ends)
    if abs(y0 - y1) < 18:
        middle, away = (y0 + y1) / 2, -9 if y0 <= y1 else 9
        y0, y1 = middle + away, middle - away
    return [
        words("before", x0 + 7, y0 + 5, size=15, fill="quiet"),
        words("after", x1 + 7, y1 + 5, size=15, fill="forward"),
    ]


def _told(fit, here, after) -> tuple[str, str]:
    """The alt text and the caption."""
    (first, grads), (last, _) = fit.gradient(here), fit.gradient(after)
    promised = sum(g * (b - a) for g, a, b in zip(grads, here, after, strict=True))
    who = WHAT[fit.model]
    some = f"{len(fit.points)} points" if fit.points[1:] else "A point"
    pull = f"the point at x = {show(fit.points[fit.one or 0][0])} alone" if fit.one is not None else "all points"
    alt = f"{some}, {who} before a step (dashed) and after it, and an arrow at each point."
    caption = (
        f"One step with a learning rate of {show(fit.lr)}, pulled by {pull if fit.points[1:] else 'the point'}, moves "
        f"{who} from the dashed curve to the blue one; the arrows show where it was pushed at each point. "
        f"The slopes promised that the loss changes by {_say(promised)}; it changed by {_say(last - first)}, from "
        f"{_say(first)} to {_say(last)}."
    )
    return alt, caption


def _say(number: float) -> str:
    return show(float(f"{number:.3g}"))
