"""The still of `descent`: the landscape of the loss with the path of the steps, and what they do to the model."""

from __future__ import annotations

import math

from ..contour import levels
from ..graph import leaves_of, passes
from ..still import Axes, drawing, ink, mix, tag, words

LANDSCAPE, FIT, COURSE = (40, 48, 394, 302), (500, 48, 224, 148), (500, 254, 224, 96)
ACROSS, UP = 33, 25  # points of the grid
SHOWN = 40  # dots; further steps are drawn as a line only


def still(figure, path) -> str:
    """The figure as it stands, drawn."""
    two = len(figure.leaves) == 2
    label = f"The loss as a {'landscape' if two else 'curve'}, with the path of {figure.steps} steps"
    head = "The loss: darker is lower" if two else "The loss, and the steps on it"
    parts = [words(head, 0, 14, size=14, font_weight=600), _landscape(figure, path) if two else _curve(figure, path)]
    if figure.model:
        parts.append(words("The model after each step", 476, 14, size=14, font_weight=600))
        parts.append(_fit(figure, path))
    return drawing(736, 400, label, *parts, _course(path))


def _loss(figure, point) -> float:
    return passes(figure.graph, leaves_of(figure.graph) | dict(zip(figure.leaves, point, strict=True)))[0][-1]


def _along(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * k / (count - 1) for k in range(count)]


def _name(figure, leaf: str) -> str:
    """A leaf's name on its axis, a digit at its end lowered."""
    said = figure.names.get(leaf, leaf)
    return f"{said[:-1]}_{said[-1]}" if said[-1].isdigit() and "_" not in said else said


def _ticks(low: float, high: float) -> list[float]:
    step = next(s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 10 ** math.ceil(math.log10(high - low)))
                if (high - low) / s <= 6)  # fmt: skip
    return [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _landscape(figure, path) -> str:
    across, up = (figure.ranges[leaf] for leaf in figure.leaves)
    axes = Axes(tuple(across), tuple(up), LANDSCAPE)
    points = [[(x, y) for x in _along(*across, ACROSS)] for y in _along(*up, UP)]
    grid = [[_loss(figure, point) for point in row] for row in points]
    found = [(loss, point) for row, line in zip(grid, points, strict=True) for loss, point in zip(row, line, strict=True)
             if math.isfinite(loss)]  # fmt: skip
    (lowest, spot), (highest, _) = min(found), max(found)
    named = levels(lowest, highest)[::-1]
    left, top, width, height = LANDSCAPE
    parts = [tag("rect", x=left, y=top, width=width, height=height, fill=ink("high"))]
    for k, level in enumerate(named, 1):
        line = {"stroke": ink("forward"), "stroke_opacity": 0.45, "stroke_width": 0.8}
        parts.append(axes.band(grid, level, fill=mix("low", 100 * k / len(named), "high"), **line))
    x, y = axes.at(*spot)
    parts.append(_names(axes, grid, named, [(x, y), (x, y + 16)]))
    parts.append(tag("path", d=f"M{x - 6:.0f} {y:.0f}h12m-6 -6v12", stroke=ink("ink"), stroke_width=2))
    parts.append(words("lowest", x, y + 20, "middle", 12.5, font_weight=600))
    names = (_name(figure, leaf) for leaf in figure.leaves)
    return (
        "".join(parts) + _path(axes, [point for point, _, _ in path]) + axes.frame(_ticks(*across), _ticks(*up), *names)
    )


def _names(axes: Axes, grid, named, taken) -> str:
    """The levels' names, each on its line, as far from the other names and from the rim as it can."""
    left, top, width, height = axes.box

    def free(place) -> float:
        x, y = place
        if min(x - left, left + width - x, y - top, top + height - y) < 14:
            return -1
        return min(60, *(math.hypot((x - u) / 1.3, y - v) for u, v in taken))

    parts = []
    for level in named:
        places = [axes.at(*point) for ring in axes.rings(grid, level) for point in ring]
        best = max(places, key=free, default=None)
        if best and free(best) > 22:
            taken = [*taken, best]
            parts.append(words(f"{level:g}", best[0], best[1] + 4, "middle", 11.5, "forward"))
    return "".join(parts)


def _curve(figure, path) -> str:
    (leaf,) = figure.leaves
    points = [(x, _loss(figure, [x])) for x in _along(*figure.ranges[leaf], 81)]
    heights = [loss for _, loss in points if math.isfinite(loss)]
    room = (max(heights) - min(heights)) * 0.06 or 1.0
    axes = Axes(tuple(figure.ranges[leaf]), (min(heights) - room, max(heights) + room), LANDSCAPE)
    curve = tag("path", d=axes.path([p for p in points if math.isfinite(p[1])]), **_stroke("forward", 2))
    spots = [(point[0], loss) for point, loss, _ in path]
    return curve + _path(axes, spots) + axes.frame(_ticks(*axes.x), _ticks(*axes.y), _name(figure, leaf), "loss")


def _stroke(colour: str, width: float, **more) -> dict:
    return {"fill": "none", "stroke": ink(colour), "stroke_width": width, "stroke_linejoin": "round", **more}


def _path(axes: Axes, spots) -> str:
    """The steps: where each lands, the first one hollow; whatever lies outside the plane is left away."""
    inside = [k for k, (x, y) in enumerate(spots) if axes.x[0] <= x <= axes.x[1] and axes.y[0] <= y <= axes.y[1]]
    parts = [tag("path", d=axes.path(run), **_stroke(*how)) for run in _runs(spots, inside) for how in
             (("surface", 5), ("backward", 2.2))]  # fmt: skip
    for k in inside[:SHOWN]:
        x, y = axes.at(*spots[k])
        filled = {"fill": ink("backward"), "stroke": ink("surface")}
        hollow = {"fill": ink("surface"), "stroke": ink("backward"), "stroke_width": 2.5}
        last = k == len(spots) - 1
        parts.append(tag("circle", cx=x, cy=y, r=6 if last else 3.5 if k else 7, **(filled if k else hollow)))
        parts.append("" if k else words("start", x, y - 13, "middle", 12.5, font_weight=600))
    return "".join(parts)


def _runs(spots, inside):
    """The stretches of a path whose steps all lie inside."""
    run: list = []
    for k in inside:
        if run and k - 1 not in inside:
            yield run
            run = []
        run = [*run, spots[k]]
    if len(run) > 1:
        yield run


def _with_margins(numbers, room: float) -> tuple[float, float]:
    """From the least to the largest number, and some room; one alone has no spread, so from 0 to twice as far."""
    low, high = min(numbers), max(numbers)
    more = (high - low) * room if high > low else 1.15 * max(1.0, abs(low))
    return low - more, high + more


def _fit(figure, path) -> str:
    xs, ys = zip(*figure.points, strict=True)
    across, (low, top) = _with_margins(xs, 0.15), _with_margins(ys, 0.5)
    axes = Axes(across, (low, top), FIT)
    known = leaves_of(figure.model)

    def curve(point):
        given = known | {k: v for k, v in zip(figure.leaves, point, strict=True) if k in known}
        said = [(x, passes(figure.model, given | {"x": x})[0][-1]) for x in _along(*axes.x, 41)]
        return [spot for spot in said if low <= spot[1] <= top]

    parts = []
    for k in sorted({0, 1, 2, 4, 8, len(path) - 1} & set(range(len(path)))):
        last = k == len(path) - 1
        if spots := curve(path[k][0]):
            how = _stroke("forward", 2 if last else 1.3, stroke_opacity=1 if last else 0.3)
            parts.append(tag("path", d=axes.path(spots), **how))
    for point in figure.points:
        x, y = axes.at(*point)
        parts.append(tag("circle", cx=x, cy=y, r=5, fill=ink("ink"), stroke=ink("surface")))
    return "".join(parts) + axes.frame(_ticks(*axes.x), _ticks(*axes.y), "x", "y")


def _course(path) -> str:
    """The loss after each step, on a logarithmic scale."""
    heights = [math.log10(max(loss, 1e-6)) for _, loss, _ in path if math.isfinite(loss)]
    low, high = math.floor(min(heights)), max(math.ceil(max(heights)), math.floor(min(heights)) + 1)
    axes = Axes((0, max(20, len(path) - 1)), (low, high), COURSE)
    curve = tag("path", d=axes.path(list(enumerate(heights))), **_stroke("forward", 2))
    powers = range(low, high + 1, max(1, (high - low + 2) // 3))
    named = [words(f"{10.0**power:g}", 494, axes.at(0, power)[1] + 4, "end", 12, "quiet") for power in powers]
    return curve + "".join(named) + axes.frame(_ticks(*axes.x)[::2], (), "steps", "loss")
