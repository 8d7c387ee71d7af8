"""What happens to whole arrays on the way back: grids with their numbers, who shares an array, a slope that moves along v.

Values are blue, gradients orange. Each `plot_...` takes values and returns axes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch, Rectangle

from .graphs import MIDDLE, number
from .plots import BACKWARD, FORWARD, QUIET, _styled, axes, panels

CELL = (0.54, 0.42)  # of a grid, in inches


def _grid(ax: Axes, left: float, array, title: str, colour: str, shaded=None) -> float:
    """One array as boxes with its numbers, its title above and its shape below; gives where it ends."""
    array = np.asarray(array, float)
    cells = np.atleast_2d(array)
    rows, columns = cells.shape
    wide, high = CELL
    for (i, j), value in np.ndenumerate(cells):
        x, y = left + j * wide, (rows / 2 - i - 1) * high
        fill = colour if shaded is not None and np.atleast_2d(shaded)[i, j] else "none"
        ax.add_patch(Rectangle((x, y), wide, high, facecolor=fill, alpha=0.25, linewidth=0))
        ax.add_patch(Rectangle((x, y), wide, high, facecolor="none", edgecolor=colour, linewidth=1.2))
        ax.text(x + wide / 2, y + high / 2, number(value + 0.0, 2), color=colour, fontsize=11, **MIDDLE)
    middle = left + columns * wide / 2
    ax.text(middle, rows / 2 * high + 0.24, title, fontsize=11, weight="bold", **MIDDLE)
    shape = ", ".join(map(str, array.shape)) + ("," if array.ndim == 1 else "")
    ax.text(middle, -rows / 2 * high - 0.2, f"({shape})", color=QUIET, fontsize=9.5, **MIDDLE)
    return left + columns * wide


def _way(ax: Axes, left: float, width: float, text: str, way: str) -> None:
    """An arrow between two arrays, with what is done above it."""
    ends = [(left + 0.12, -0.02), (left + width - 0.12, -0.02)]
    start, end = ends[::-1] if way == "backward" else ends
    colour = FORWARD if way == "forward" else BACKWARD
    ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 1.5, "shrinkA": 0, "shrinkB": 0})  # fmt: skip
    ax.text(left + width / 2, 0.17, text, color=colour, fontsize=9.5, **MIDDLE)


@_styled
def plot_grids(parts: Sequence, *, ax: Axes | None = None) -> Axes:
    """Arrays side by side, and what is written between them.

    parts    (title, array, "forward" or "backward"), with a fourth entry for a mask of what is shaded; or a text; or
             (text, way), an arrow: "forward" points right, "backward" left, and "onward" right, in the gradient's colour
    """
    grids = [part for part in parts if len(part) > 2 and not isinstance(part, str)]
    widths = [np.atleast_2d(p[1]).shape[1] * CELL[0] if any(p is grid for grid in grids) else 1.05 for p in parts]
    tall = max(np.atleast_2d(part[1]).shape[0] for part in grids) * CELL[1]
    ax = axes(sum(widths) + 0.3, tall + 1.0, ax=ax)
    left = 0.0
    for part, width in zip(parts, widths, strict=True):
        if isinstance(part, str):
            ax.text(left + width / 2, 0, part, color=QUIET, fontsize=10, **MIDDLE)
        elif len(part) == 2:
            _way(ax, left, width, *part)
        else:
            title, array, way, *shaded = part
            _grid(ax, left, array, title, FORWARD if way == "forward" else BACKWARD, *shaded)
        left += width
    ax.set(xlim=(-0.15, left + 0.15), ylim=(-tall / 2 - 0.45, tall / 2 + 0.5), aspect="equal")
    ax.set_axis_off()
    return ax


@_styled
def plot_blind(counts: Mapping[str, tuple[int, int]]) -> Axes:
    """A square for each wrong program, filled where it passes a test of ones.

    counts    {the operation: (wrong programs, how many of them pass)}
    """
    ax = axes(5.4, 0.34 * len(counts) + 0.7)  # no wider, or the names get too small on a phone
    for row, (total, passing) in enumerate(counts.values()):
        for k in range(total):
            seen = k >= passing
            ax.add_patch(Rectangle((k + 0.1, -row - 0.36), 0.76, 0.72, facecolor="none" if seen else BACKWARD, edgecolor=QUIET if seen else BACKWARD, linewidth=1.1))  # fmt: skip
        ax.text(-0.2, -row, list(counts)[row], fontsize=10.5, ha="right", va="center")
    most = max(total for total, _ in counts.values())
    ax.text(0.1, 0.85, "filled: passes a test of ones", color=BACKWARD, fontsize=10, ha="left", va="center")
    ax.set(xlim=(-6.2, most + 0.2), ylim=(-len(counts) + 0.4, 1.2))
    ax.set_axis_off()
    return ax


@_styled
def plot_owners(panels: Mapping[str, Sequence[tuple[str, Sequence[float]]]], array_of: Mapping[str, bool]) -> Axes:
    """Two names for one array, or for two: each panel is a row with its names at the left.

    panels     {what is done: [(name, the numbers that it shows), ...]}
    array_of   {what is done: whether the names share one array}
    """
    ax = axes(5.0, 1.5 * len(panels) + 0.2)
    for row, (title, names) in enumerate(panels.items()):
        top = -1.5 * row
        ax.text(-0.3, top + 0.75, title, fontsize=10.5, weight="bold", ha="left", va="center")
        for k, (name, numbers) in enumerate(names):
            y = top + 0.25 - 0.55 * k
            target = top - 0.02 if array_of[title] else y
            ax.text(0.0, y, name, fontsize=11, ha="left", va="center")
            ax.annotate(
                "", (2.05, target), (0.75, y), arrowprops={"arrowstyle": "-|>", "color": BACKWARD, "linewidth": 1.4}
            )
            if k == 0 or not array_of[title]:
                ax.add_patch(FancyBboxPatch((2.15, target - 0.2), 2.2, 0.4, boxstyle="round,pad=0.02,rounding_size=0.08", facecolor="none", edgecolor=BACKWARD, linewidth=1.3))  # fmt: skip
                ax.text(3.25, target, f"({', '.join(map(number, numbers))})", color=BACKWARD, fontsize=11, **MIDDLE)
    ax.set(xlim=(-0.4, 4.5), ylim=(-1.5 * len(panels) + 0.75, 1.05))
    ax.set_axis_off()
    return ax


@_styled
def plot_turning(f: Callable, gradient: Callable, at: Sequence[float], v: Sequence[float], *, x: tuple, y: tuple,
                 levels: Sequence[float], scale: float) -> list[Axes]:  # fmt: skip
    """Level lines of f with its gradients at a point and at a step v further; beside them the two, and their difference.

    scale    how long a gradient of length 1 is drawn on the map
    """
    left, right = panels(2, 5.6, 3.0, width_ratios=(1.5, 1))
    u, w = np.meshgrid(np.linspace(*x, 80), np.linspace(*y, 80))
    left.contour(u, w, f(u, w), levels=levels, colors=QUIET, linewidths=0.7)
    start, move = np.array(at, float), np.array(v, float)
    before, after = (np.array(gradient(*spot), float) for spot in (start, start + move))

    def drawn(ax, tail, way, colour, words="", aside=(0, 0), **style):
        arrow = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.8, "shrinkA": 0, "shrinkB": 0} | style
        ax.annotate("", tail + way, tail, arrowprops=arrow)
        ax.annotate(words, tail + way, aside, textcoords="offset points", color=colour, fontsize=10.5, **MIDDLE)

    drawn(left, start, move, FORWARD)
    drawn(left, start, scale * before, BACKWARD, "∇f(x)", (0, 9))
    drawn(left, start + move, scale * after, BACKWARD, "∇f(x + v)", (30, 4), linestyle="--")
    for words, spot, aside in (("x", start, (-10, -4)), ("x + v", start + move, (-4, -11))):
        left.plot(*spot, "o", color=FORWARD, markersize=5)
        left.annotate(words, spot, aside, textcoords="offset points", color=FORWARD, fontsize=10.5, **MIDDLE)
    origin = np.zeros(2)
    drawn(right, origin, before, BACKWARD, "∇f(x)", (0, 9))
    drawn(right, origin, after, BACKWARD, "∇f(x + v)", (18, -16), linestyle="--")
    drawn(right, before, after - before, "black")
    right.annotate("Hv", before + (after - before) / 2, (14, 4), textcoords="offset points", fontsize=11, weight="bold", **MIDDLE)  # fmt: skip
    ends = np.array([origin, before, after])
    low, high = ends.min(axis=0), ends.max(axis=0)
    right.set(xlim=(low[0] - 0.8, high[0] + 0.8), ylim=(low[1] - 0.8, high[1] + 0.8), title="put together")
    left.set(xlim=x, ylim=y)
    for ax in (left, right):
        ax.set(aspect="equal", xticks=[], yticks=[])
    right.set_axis_off()
    return [left, right]
