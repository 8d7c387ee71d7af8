"""The still of `fit`: the curve before a step and after it, and an arrow at each point that says where it was pushed."""

from __future__ import annotations

import math

from ..base import show
from ..drawn import BACKWARD, FORWARD, INK, QUIET, arrow, figure, path, tag, words

WIDTH, HEIGHT = 620, 360
LEFT, RIGHT, TOP, BOTTOM = 50, 90, 34, 40  # px around the plotting area
WHAT = {"line": "the line", "tanh": "the tanh network", "relu": "the ReLU network"}


def still(fit) -> str:
    """The latest step, or the first one that the reader may take."""
    here = fit.before or fit.weights
    after = fit.weights if fit.before else fit.stepped()
    place = _scale(fit, here, after)
    (low, high), count = place.x, 48
    xs = [low + (high - low) * k / count for k in range(count + 1)]
    before, now = (list(zip(xs, fit.predict(xs, w), strict=True)) for w in (here, after))
    parts = [*_axes(fit, place), *_curve(before, place, QUIET, stroke_dasharray="6 5"), *_curve(now, place, FORWARD)]
    parts += [*_points(fit, here, after, place), *_names(before, now, place)]
    return figure(parts, WIDTH, HEIGHT, *_words(fit, here, after), fit.note)


def _span(numbers: list[float], room: float = 0.12) -> tuple[float, float]:
    low, high = min(numbers), max(numbers)
    wide = (high - low) or 2.0
    return low - room * wide - (high == low), high + room * wide + (high == low)


def _scale(fit, here, after):
    """(x, y) -> px. The heights are those of the points and of both curves there, as far as there is room for the second."""
    xs = [x for x, _ in fit.points]
    least = [*(y for _, y in fit.points), *fit.predict(xs, here)]
    (left, right), (floor, ceiling) = _span(xs), _span(least, 0.8)
    low, high = _span([*least, *(max(floor, min(ceiling, y)) for y in fit.predict(xs, after))])
    (left, right), (low, high) = fit.xlim or (left, right), fit.ylim or (low, high)

    def place(x: float, y: float) -> tuple[float, float]:
        across = LEFT + (x - left) / (right - left) * (WIDTH - LEFT - RIGHT)
        down = HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - TOP - BOTTOM)
        return across, max(-1e4, min(1e4, down))

    place.x, place.y = (left, right), (low, high)
    return place


def _axes(fit, place) -> list[str]:
    (left, right), (low, high) = place.x, place.y
    parts = [words(LEFT, 18, "one step moves the whole curve", INK, "start")]
    for span, at in (((left, right), lambda v: place(v, low)), ((low, high), lambda v: place(left, v))):
        for value in _ticks(*span):
            x, y = at(value)
            across = span == (left, right)
            parts.append(
                words(
                    x if across else x - 8,
                    y + (20 if across else 5),
                    show(value),
                    QUIET,
                    "middle" if across else "end",
                    13,
                )
            )
    corners = [place(left, high), place(left, low), place(right, low)]
    return [path(corners, QUIET, 1.0), *parts, words(WIDTH - RIGHT, HEIGHT - 4, "x", QUIET, "end")]


def _ticks(low: float, high: float) -> list[float]:
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(m for m in (1, 2, 5, 10) if m * power >= rough) * power
    return [round(k * step, 10) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _curve(points, place, colour: str, **attributes) -> list[str]:
    """Only what lies inside the axes, in pieces."""
    low, high = place.y
    pieces, piece = [], []
    for x, y in [*points, (0.0, math.inf)]:
        if low <= y <= high:
            piece.append(place(x, y))
        elif piece:
            pieces.append(path(piece, colour, 2.5, **attributes))
            piece = []
    return pieces


def _points(fit, here, after, place) -> list[str]:
    """Targets, residuals after the step, and the pushes."""
    xs = [x for x, _ in fit.points]
    was, now = fit.predict(xs, here), fit.predict(xs, after)
    parts = []
    low, high = place.y

    def within(y: float) -> float:
        return max(low, min(high, y))

    for k, ((x, target), y, push, came) in enumerate(zip(fit.points, was, fit.pushes(xs, here), now, strict=True)):
        at, up = place(x, target)
        counts = fit.one in (None, k)
        parts.append(path([(at, up), place(x, within(came))], INK, 1.0, stroke_dasharray="2 3"))
        parts.append(arrow(at, place(x, within(y))[1], place(x, within(y + push))[1], BACKWARD if counts else QUIET))
        parts.append(tag("circle", cx=at, cy=up, r=6, fill=INK if counts else "none", stroke=INK, stroke_width=1.5))
    return parts


def _names(before, now, place) -> list[str]:
    """Which curve is which, at their right ends, never one on the other."""
    low, high = place.y
    ends = [next((at for at in reversed(line) if low <= at[1] <= high), line[-1]) for line in (before, now)]
    spots = [place(x, max(low, min(high, y))) for x, y in ends]
    if abs(spots[0][1] - spots[1][1]) < 18:
        middle, upper = (spots[0][1] + spots[1][1]) / 2, -9 if spots[0][1] <= spots[1][1] else 9
        spots = [(spots[0][0], middle + upper), (spots[1][0], middle - upper)]
    named = zip(spots, (("before", QUIET), ("after", FORWARD)), strict=True)
    return [words(x + 6, y + 5, text, colour, "start") for (x, y), (text, colour) in named]


def _words(fit, here, after) -> tuple[str, str]:
    """The alt text and the caption."""
    (first, grads), (last, _) = fit.gradient(here), fit.gradient(after)
    promised = sum(g * (b - a) for g, a, b in zip(grads, here, after, strict=True))
    who = WHAT[fit.model]
    pull = (
        "the point"
        if len(fit.points) == 1
        else "all points"
        if fit.one is None
        else f"the point at x = {show(fit.points[fit.one][0])} alone"
    )
    some = f"{len(fit.points)} points" if fit.points[1:] else "A point"
    alt = f"{some}, {who} before a step (dashed) and after it, and an arrow at each point."
    caption = (
        f"One step with a learning rate of {show(fit.lr)}, pulled by {pull}, moves {who} from the dashed curve to the blue one. "
        f"The slopes promised that the loss changes by {_say(promised)}; it changed by {_say(last - first)}, from "
        f"{_say(first)} to {_say(last)}. Arrows: where the step pushes the curve at each point."
    )
    return alt, caption


def _say(number: float) -> str:
    return show(float(f"{number:.3g}"))
