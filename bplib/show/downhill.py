"""A step seen from three sides: on the map of the loss, in every direction that it could have taken, and in the function.

Parameters are pairs (w, b) of a line w x + b. Each `plot_...` returns axes; `picture(ax, "what it shows, with its
numbers")` makes a figure of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from .plots import BACKWARD, FORWARD, GREEN, QUIET, _pretty, _say, _scale, _styled, axes, panels

_TURNS = np.radians(np.arange(361))


@_styled
def plot_fits(x: Sequence[float], y: Sequence[float], fits: Mapping[str, tuple[float, float]], *,
              arrows: bool = False, labels: tuple[str, str] = ("x", "y"), ax: Axes | None = None) -> Axes:  # fmt: skip
    """Points and one line or several: the last is drawn in full, and its errors hang from it.

    x, y      the points
    fits      {name: (w, b)}, from the earliest to the latest
    arrows    show at each point how far the last step has moved the line
    labels    what the two axes show
    """
    x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
    ax = axes(5.4, 3.4, ax=ax)
    ends = np.array([min(0.0, x.min()), x.max() + 0.25 * np.ptp(x) + 0.1])
    *_, (w, b) = fits.values()
    for k, (name, (slope, start)) in enumerate(fits.items()):
        last = k == len(fits) - 1
        ax.plot(ends, slope * ends + start, color=FORWARD if last else QUIET, linestyle="-" if last else "--",
                linewidth=2 if last else 1.4)  # fmt: skip
        ax.annotate(name, (ends[1], slope * ends[1] + start), (5, 0), textcoords="offset points", va="center",
                    color=FORWARD if last else QUIET)  # fmt: skip
    ax.vlines(x, w * x + b, y, color=FORWARD, linewidth=1, linestyle=":")
    if arrows:
        old, first = list(fits.values())[-2]
        for at in x:
            ax.annotate("", (at, w * at + b), (at, old * at + first), annotation_clip=False,
                        arrowprops={"arrowstyle": "-|>", "color": BACKWARD, "linewidth": 2, "shrinkA": 0, "shrinkB": 0})  # fmt: skip
    ax.plot(x, y, "o", color="black", markerfacecolor="none", markeredgewidth=1.8, markersize=8)
    ax.set(xlabel=labels[0], ylabel=labels[1], xticks=np.unique([0, *x]))
    return ax


@_styled
def plot_directions(loss: Callable, at: tuple[float, float], lengths: Sequence[float], steepest: float) -> list[Axes]:
    """What a step of each length does to the loss, over the direction in which it goes; the best direction is marked.

    loss       a function of two numbers
    at         where all steps begin
    lengths    one panel for each
    steepest   the direction against the gradient, in degrees
    """
    row = panels(len(lengths), 1.9 * len(lengths), 2.6)
    for ax, length in zip(row, lengths, strict=True):
        change = changes(loss, at, length)
        best = int(change.argmin())
        ax.axhline(0, color=QUIET, linewidth=0.7)
        ax.axvline(steepest, color=BACKWARD, linewidth=1.2, linestyle="--")
        ax.plot(np.degrees(_TURNS), change, color=FORWARD)
        ax.plot(best, change[best], "o", color=FORWARD, markersize=7)
        ax.annotate(
            f"{best}°", (best, change[best]), (0, -7), textcoords="offset points", ha="center", va="top", color=FORWARD
        )
        ax.set(xticks=(0, 180, 360), xlabel="direction, degrees")
        ax.set_title(f"length {_say(length)}", fontsize=11)
        ax.margins(y=0.22)
    row[0].set_ylabel("change of the loss")
    return row


def changes(loss: Callable, at: tuple[float, float], length: float) -> np.ndarray:
    """What the loss changes by on a step of this length, for directions of 0, 1, ... 360 degrees."""
    here = loss(*at)
    return np.array([loss(at[0] + length * np.cos(t), at[1] + length * np.sin(t)) - here for t in _TURNS])


@_styled
def plot_walk(loss: Callable, path, goal: tuple[float, float], *, x: tuple, y: tuple, levels: Sequence[float]) -> Axes:
    """A map of the loss, the way that the steps took, and the straight way to the lowest point.

    loss      a function of two numbers
    path      (steps, 2), from the start on
    goal      where the loss is lowest
    x, y      (from, to) of the axes
    levels    the heights at which the map has lines
    """
    path = np.asarray(path, dtype=float)
    ax = axes(6.0, 4.2)
    w, b = np.meshgrid(np.linspace(*x, 121), np.linspace(*y, 121))
    heights = np.vectorize(loss)(w, b)
    lines = ax.contour(w, b, heights, levels=levels, colors=QUIET, linewidths=0.9)
    ax.clabel(lines, fmt=_say, fontsize=9, colors="black")
    ax.plot([path[0, 0], goal[0]], [path[0, 1], goal[1]], color=GREEN, linestyle="--", linewidth=1.4)
    ax.annotate("straight there", np.mean([path[0], goal], axis=0), (-8, -4), textcoords="offset points", ha="right",
                color=GREEN)  # fmt: skip
    ax.plot(*path.T, ".-", color=BACKWARD, linewidth=1.5, markersize=5)
    ax.annotate(
        "",
        path[1],
        path[0],
        arrowprops={"arrowstyle": "-|>", "color": BACKWARD, "linewidth": 2, "shrinkA": 0, "shrinkB": 0},
    )
    ax.plot(*path[0], "s", color=BACKWARD, markersize=8)
    ax.annotate("start", path[0], (-4, -8), textcoords="offset points", va="top", ha="right", fontweight="bold")
    ax.annotate("first step", path[1], (6, -4), textcoords="offset points", va="top", color=BACKWARD)
    ax.plot(*goal, "*", color=GREEN, markersize=15)
    ax.annotate("lowest", goal, (8, 6), textcoords="offset points", fontweight="bold")
    ax.set(xlabel="w, per kilometre", ylabel="b, basic charge", xlim=x, ylim=y)
    return ax


@_styled
def plot_jumps(
    loss: Callable, slope: Callable, start: float, rates: Sequence[float], *, span: tuple, steps: int = 6
) -> list[Axes]:
    """The same curve once for each rate, with the steps that gradient descent takes on it.

    loss, slope    functions of one number, of arrays too
    start          where all begin
    rates          the learning rates, one panel each
    span           (from, to) of the parameter
    """
    row = panels(len(rates), 1.5 * len(rates), 2.4, sharey=True)
    w = np.linspace(*span, 201)
    for ax, rate in zip(row, rates, strict=True):
        places = [start]
        for _ in range(steps):
            places.append(places[-1] - rate * slope(places[-1]))
        places = np.array([at for at in places if span[0] <= at <= span[1]])
        ax.plot(w, loss(w), color=FORWARD, linewidth=1.6)
        ax.plot(places, loss(places), ".-", color=BACKWARD, linewidth=1.2, markersize=7)
        ax.plot(places[0], loss(places[0]), "s", color=BACKWARD, markersize=7)
        ax.set_title(f"rate {_pretty(f'{rate:g}')}", fontsize=11)
        ax.set(xlabel="w", xlim=span)
        ax.xaxis.set_major_locator(MaxNLocator(3, integer=True))
    row[0].set_ylabel("loss")
    return row


@_styled
def plot_rates(losses: Mapping[str, Sequence[float]], *, ylim: tuple) -> Axes:
    """The loss after each step, one line for each rate, on a logarithmic scale, named where it ends."""
    ax = axes(5.6, 3.6)
    _scale(ax, "step", "loss", log=True)
    ends = []
    for k, (name, curve) in enumerate(losses.items()):
        ax.plot(curve, color=BACKWARD if k == len(losses) - 1 else FORWARD, alpha=1 if k >= len(losses) - 2 else 0.65,
                    linestyle=("-", "--", "-.", ":")[k % 4], linewidth=1.8)  # fmt: skip
        seen = [i for i, value in enumerate(curve) if ylim[0] < value < ylim[1]][-1]
        ends.append((curve[seen], seen, name))
    lowest = 0.0
    for value, seen, name in sorted(ends):  # names that would lie on each other are moved up
        lowest = max(value, lowest * (ylim[1] / ylim[0]) ** 0.06)
        ax.annotate(name, (seen, lowest), (5, 0), textcoords="offset points", va="center")
    ax.set(ylim=ylim)
    return ax
