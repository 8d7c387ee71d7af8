"""A curve is a function drawn with its slope: where it is steep, where it is flat, and what a nudge sees of that.

Functions take and return NumPy arrays. Values are blue, slopes orange. Each `plot_...` returns axes (of several panels the
first); `picture(ax, "what it shows, with its numbers")` makes a figure of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from .plots import BACKWARD, FORWARD, GREEN, PURPLE, QUIET, _pretty, _say, _styled, axes, panels


@_styled
def plot_curves(curves: Mapping[str, tuple[Callable, Callable]], *, span=(-4.0, 4.0), at=0.0) -> Axes:
    """Functions side by side, each with its slope under it.

    curves    {name: (function, its slope)}
    span      (from, to) on the x axis
    at        a place, or {name: place}, marked on the curve by a piece of tangent and on the slope by its number; None: nowhere
    """
    x = np.linspace(*span, 401)
    grid = np.reshape(panels(len(curves), 2.0 * len(curves) + 0.6, 3.8, rows=2, sharex=True, sharey="row"), (2, -1))
    marks = at if isinstance(at, Mapping) else dict.fromkeys(curves, at)
    for k, (name, (f, slope)) in enumerate(curves.items()):
        above, below = grid[:, k]
        above.set_title(name, fontsize=12)
        above.plot(x, f(x), color=FORWARD)
        below.plot(x, _unjoined(x, slope(x)), color=BACKWARD)
        for ax in (above, below):
            ax.axhline(0, color=QUIET, linewidth=0.7, zorder=0)
            ax.axvline(0, color=QUIET, linewidth=0.7, zorder=0)
        if (place := marks.get(name)) is not None:
            tangent(above, f, slope, place, 0.16 * np.ptp(x))
            steep = float(slope(np.array(place, dtype=float)))
            below.plot(place, steep, "o", color=BACKWARD, markersize=5)
            below.annotate(_pretty(_say(steep)), (place, steep), (8, 3), textcoords="offset points", color=BACKWARD)
    grid[0, 0].locator_params(axis="x", integer=True, nbins=5)
    grid[0, 0].margins(y=0.12)
    grid[1, 0].margins(y=0.14)
    grid[0, 0].set_ylabel("the function", color=FORWARD)
    grid[1, 0].set_ylabel("its slope", color=BACKWARD)
    grid[0, 0].figure.align_ylabels(grid[:, 0])
    return grid[0, 0]


def tangent(ax: Axes, f: Callable, slope: Callable, at: float, half: float) -> None:
    """A piece of the tangent at this place, and a dot; `half` is how far it reaches to either side in x."""
    y, steep = float(f(np.array(at, dtype=float))), float(slope(np.array(at, dtype=float)))
    ax.plot([at - half, at + half], [y - half * steep, y + half * steep], color=BACKWARD, linewidth=1.8)
    ax.plot(at, y, "o", color=BACKWARD, markersize=5)


def _unjoined(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The slope with a gap where it jumps: a step is no steep line."""
    y = np.array(y, dtype=float)
    jumps = np.abs(np.diff(y)) > 20 * np.ptp(y) / len(x)
    y[1:][jumps] = np.nan
    return y


@_styled
def plot_tangents(f: Callable, slope: Callable, at: Sequence[float], *, span=(-2.0, 4.0), reach: float = 1.5) -> Axes:
    """A curve with tangents that turn as one goes along it, and under it the slope, with a dot for each tangent.

    f, slope  the function and its slope
    at        the places of the tangents
    span      (from, to) on the x axis
    reach     how long a piece of each tangent is, in inches of the usual figure
    """
    x = np.linspace(*span, 401)
    above, below = panels(1, 5.6, 5.2, rows=2, sharex=True, height_ratios=(3, 2))
    above.plot(x, f(x), color=FORWARD)
    below.plot(x, slope(x), color=BACKWARD, linewidth=1.2)
    # as long on the page whether steep or flat, as if one ruler were laid along the curve
    wide, high = 4.8 / np.ptp(x), 2.6 / np.ptp(f(x))
    for place in at:
        steep = float(slope(np.array(place, dtype=float)))
        tangent(above, f, slope, place, reach / 2 / np.hypot(wide, high * steep))
        below.plot(place, steep, "o", color=BACKWARD, markersize=6)
        below.plot([place, place], [0, steep], ":", color=BACKWARD, linewidth=1)
        ahead = float(slope(np.array(place + 0.1 * np.ptp(x)))) - steep  # where the number will stand
        level = abs(ahead) < 0.08 * np.ptp(slope(x))
        side = (3, 6) if level else (8, -10) if steep >= 0 else (8, -4)
        below.annotate(
            _pretty(_say(steep)), (place, steep), side, textcoords="offset points", color=BACKWARD, weight="bold"
        )
    below.axhline(0, color=QUIET, linewidth=0.7, zorder=0)
    above.set_ylabel("the function", color=FORWARD)
    below.set_ylabel("its slope", color=BACKWARD)
    above.figure.align_ylabels([above, below])
    return above


@_styled
def plot_difference(f: Callable, slope: Callable, x: float, h: float, *, ax: Axes | None = None) -> Axes:
    """The tangent at x, the line through x and x + h, and the line through x - h and x + h: which is more nearly parallel?

    f, slope  the function and its slope
    h         the nudge, large enough to be seen
    """
    ax = axes(5.6, 3.8, ax=ax)
    place = np.linspace(x - 1.6 * h, x + 1.6 * h, 201)
    ax.plot(place, f(place), color=FORWARD)
    lines = {
        "tangent": (BACKWARD, "-", x, float(slope(np.array(x, dtype=float)))),
        "one side": (PURPLE, "--", x, float(f(x + h) - f(x)) / h),
        "both sides": (GREEN, "-.", x - h, float(f(x + h) - f(x - h)) / (2 * h)),
    }
    for name, (colour, line, start, steep) in lines.items():
        ends = np.array([x - 1.5 * h, x + 1.5 * h])
        ax.plot(ends, f(start) + steep * (ends - start), color=colour, linestyle=line, linewidth=1.7,
                label=f"{name}: {_pretty(f'{steep:.3f}')}")  # fmt: skip
    for point in (x - h, x, x + h):
        ax.plot(point, f(point), "o", color=FORWARD, markersize=6)
    ax.set_xticks([x - h, x, x + h], ["x \N{MINUS SIGN} h", "x", "x + h"])
    ax.legend(title="slope of the", alignment="left", handlelength=3)
    return ax
