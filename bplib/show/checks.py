"""A gradient check drawn: its error against the nudge, kinks, bugs beside right code, and where a backward pass goes wrong first.

Each `plot_...` takes values and returns axes; `picture(ax, "what it shows, with its numbers")` makes a figure of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from .plots import (
    _LINES,
    _MARKS,
    BACKWARD,
    FORWARD,
    GOLD,
    GREEN,
    PURPLE,
    QUIET,
    _numbers,
    _pretty,
    _styled,
    axes,
    panels,
)

SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def _power(exponent: int) -> str:
    """10⁻⁶, plain text."""
    return f"10{str(exponent).translate(SUPERSCRIPT)}"


def _decades(axis, low: int, high: int, every: int = 2) -> None:
    """Ticks at powers of ten, from low to high."""
    axis.set_ticks([10.0**k for k in range(low, high + 1, every)], [_power(k) for k in range(low, high + 1, every)])
    axis.set_ticks([], minor=True)


@_styled
def plot_v(h: Sequence[float], curves: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """The error of nudged slopes against the nudge, both logarithmic, each curve with its name at its right end.

    h         the nudges
    curves    {name: errors}; the first half of them in one colour and the second half in another, each with lines of its own
    """
    ax, h = axes(5.4, 4.2, ax=ax), _numbers("h", h, None)
    half = (len(curves) + 1) // 2
    for i, (name, errors) in enumerate(curves.items()):
        errors, colour = _numbers(f"errors of {name}", errors, len(h)), (GREEN, PURPLE)[i // half]
        ax.plot(
            h,
            errors,
            color=colour,
            linestyle=_LINES[i % half],
            marker=_MARKS[i],
            markersize=4.5,
            linewidth=1.5,
            label=name,
        )
        best = int(errors.argmin())
        ax.plot(h[best], errors[best], "o", markersize=12, markerfacecolor="none", markeredgecolor=colour)
    ax.set(xscale="log", yscale="log", xlabel="h, the size of the nudge", ylabel="error of the measured slope")
    low, high = (int(np.floor(np.log10(f(h)) + 1e-9)) for f in (min, max))
    _decades(ax.xaxis, low, high)
    _decades(ax.yaxis, -10, 0)
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2, handlelength=2.6, columnspacing=1.2, fontsize=10)
    return ax


@_styled
def plot_kink(f: Callable, x: float, nudges: Sequence[float], *, slope: float) -> list[Axes]:
    """The loss over one weight beside a kink, once for each nudge: the line through x - h and x + h, and the true slope at x.

    f         a function of one number
    slope     its slope at x
    """
    found = panels(len(nudges), 2.7 * len(nudges), 3.1, sharey=True)
    wide = 1.35 * max(nudges)
    at = np.linspace(x - wide, x + wide, 241)
    heights = np.array([f(v) for v in at])
    for ax, h in zip(found, nudges, strict=True):
        ax.axvspan(x - h, x + h, color=QUIET, alpha=0.15, linewidth=0)
        ax.plot(at, heights, color=FORWARD)
        measured = (f(x + h) - f(x - h)) / (2 * h)
        ax.plot(
            at,
            f(x - h) + measured * (at - x + h),
            "--",
            color=PURPLE,
            linewidth=1.6,
            label=f"measured {_pretty(f'{measured:.2f}')}",
        )
        ax.plot(
            at,
            f(x) + slope * (at - x),
            ":",
            color=BACKWARD,
            linewidth=2.4,
            label=f"true slope {_pretty(f'{slope:.2f}')}",
        )
        ax.plot([x - h, x, x + h], [f(x - h), f(x), f(x + h)], "o", color=FORWARD, markersize=5)
        ax.set_xticks([x])
        ax.set_xlabel(f"nudged by ±{h:g}")
        ax.tick_params(labelsize=9.5)
        ax.legend(fontsize=9, loc="upper center", bbox_to_anchor=(0.5, 1.27), handlelength=2.2)
    spread = np.ptp(heights)
    found[0].set(ylabel="loss", ylim=(heights.min() - 0.12 * spread, heights.max() + 0.12 * spread))
    return found


@_styled
def plot_crossings(sizes: Sequence[int], nudges: Sequence[int], shares: Sequence, counts: Sequence) -> Axes:
    """What part of the entries a check gets wrong: a square for each batch size and nudge, darker the more there are.

    nudges    exponents of ten
    shares    (nudges, sizes), from 0 to 1
    counts    (nudges, sizes), what is written in each square
    """
    shares = _numbers("shares", shares, len(nudges), len(sizes))
    ax = axes(4.8, 3.0)
    for i in range(len(nudges)):
        for j in range(len(sizes)):
            ax.add_patch(FancyBboxPatch((j + 0.05, i + 0.05), 0.9, 0.9, boxstyle="round,pad=0,rounding_size=0.08", linewidth=0.8,
                                        edgecolor=QUIET, facecolor=(*_rgb(PURPLE), 0.75 * float(shares[i, j]))))  # fmt: skip
            ax.text(j + 0.5, i + 0.5, counts[i][j], ha="center", va="center", fontsize=10)
    ax.set(xlim=(0, len(sizes)), ylim=(len(nudges), 0), xlabel="examples in the batch", ylabel="nudge h")
    ax.set_xticks(np.arange(len(sizes)) + 0.5, sizes)
    ax.set_yticks(np.arange(len(nudges)) + 0.5, [_power(k) for k in nudges])
    ax.tick_params(length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


def _rgb(colour: str) -> tuple[float, ...]:
    return tuple(int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))


@_styled
def plot_gap(right: Sequence[float], bugs: Mapping[str, float], named: Mapping[str, str]) -> Axes:
    """Errors as dots on one logarithmic axis: right code below, wrong lines above, and between them the gap, shaded.

    right    errors of right code
    bugs     {wrong line: its error}
    named    {wrong line: what to write beside it}
    """
    ax = axes(5.5, 3.0)
    errors = _numbers("errors of bugs", list(bugs.values()), None)
    ax.axvspan(max(right), errors.min(), color=QUIET, alpha=0.18, linewidth=0)
    middle = np.sqrt(max(right) * errors.min())
    ax.text(middle, 2.05, "the gap", ha="center", va="center")
    ax.plot([1e-6] * 2, [0, 2.3], ":", color=QUIET)
    place = 0.9 + 0.3 * np.sin(2.4 * np.arange(len(errors)))  # apart, and the same in every drawing
    ax.plot(errors, place, "o", color=PURPLE, markersize=5, alpha=0.75, markeredgewidth=0)
    ax.plot(right, 0.9 + 0.1 * np.arange(len(right)) - 0.05 * len(right), "s", color=GREEN, markersize=6)
    ax.text(0.9 * max(right), 0.35, "right code", ha="right", color=GREEN, fontweight="bold")
    ax.text(0.1, 0.35, f"{len(bugs)} wrong lines", ha="center", color=PURPLE, fontweight="bold")
    for i, (line, word) in enumerate(named.items()):
        k = list(bugs).index(line)
        high = 1.5 + 0.4 * (i % 2)
        ax.plot([errors[k]] * 2, [place[k] + 0.08, high + 0.1], color=QUIET, linewidth=0.8)
        ax.text(1.15 * errors[k], high, word, fontsize=9.5)
    ax.set(xscale="log", ylim=(0, 2.3), xlim=(3e-11, 2), yticks=[], xlabel="relative error, the worst array")
    _decades(ax.xaxis, -10, 0)
    ax.spines["left"].set_visible(False)
    return ax


@_styled
def plot_steps(h: Sequence[float], curves: Mapping[str, Sequence[float]]) -> Axes:
    """The error of a check while the nudge shrinks from left to right: what is right falls, a bug stays.

    curves    {name: errors}, right code first; each has its name at its right end
    """
    ax, h = axes(5.2, 3.6), _numbers("h", h, None)
    for i, (name, errors) in enumerate(curves.items()):
        errors = _numbers(f"errors of {name}", errors, len(h))
        colour = (GREEN, PURPLE, GOLD, FORWARD)[i % 4]
        ax.plot(h, errors, color=colour, linestyle=_LINES[i % 4], marker=_MARKS[i], markersize=6)
        ax.annotate(name, (h[-1], errors[-1]), (9, 0), textcoords="offset points", va="center", color=colour)
    ax.set(
        xscale="log",
        yscale="log",
        xlim=(h[0] * 1.5, h[-1] / 90),
        xlabel="h, smaller to the right",
        ylabel="relative error",
    )
    ax.set_xticks(h, [_power(round(np.log10(v))) for v in h])
    ax.set_xticks([], minor=True)
    _decades(ax.yaxis, -10, -2)
    return ax


@_styled
def plot_seen(rows: Mapping[str, Mapping[str, Sequence[str]]], columns: Mapping[str, str]) -> Axes:
    """Which bug is seen with which cotangent: a full dot is seen, an empty ring with a word is missed.

    rows       {layer: {bug: names of the cotangents that miss it}}
    columns    {name of a cotangent: what stands above its column}
    """
    count = sum(len(bugs) + 0.6 for bugs in rows.values())
    ax, y = axes(5.2, 0.27 * count + 0.6), 0.0
    for layer, bugs in rows.items():
        ax.text(0, y, layer, fontweight="bold", va="center", fontsize=10.5)
        for bug, missed in bugs.items():
            ax.text(1.75, y, bug, va="center", fontsize=10.5)
            for j, name in enumerate(columns):
                x = 4.7 + 1.35 * j
                if name in missed:
                    ax.plot(x - 0.25, y, "o", color=PURPLE, markersize=9, markerfacecolor="none")
                    ax.text(x, y, "missed", va="center", fontsize=9, color=PURPLE)
                else:
                    ax.plot(x - 0.25, y, "o", color=GREEN, markersize=9)
            y -= 1
        ax.plot([0, 8.3], [y + 0.2] * 2, color=QUIET, linewidth=0.5)
        y -= 0.6
    for j, word in enumerate(columns.values()):
        ax.text(4.7 + 1.35 * j - 0.25, 1.0, word, ha="center", fontsize=10.5)
    ax.set(xlim=(0, 8.4), ylim=(y + 0.7, 1.5))
    ax.set_axis_off()
    return ax


@_styled
def plot_first(chain: Sequence[str], leaves: Mapping[str, Sequence[str]], wrong: Sequence[str]) -> Axes:
    """A backward pass from the loss on the right to the left, its leaves hanging below; what is wrong is filled.

    chain     the gradients that go back, in the order of the pass
    leaves    {link: the gradients that are read off there}
    wrong     names of those that differ; the first of the chain among them is marked
    """
    ax = axes(5.8, 2.6)
    first = next(name for name in chain if name in wrong)
    places = {"L": (0.0, 0.0)}
    for k, name in enumerate(chain, 1):
        places[name] = (-1.25 * k, 0.0)
        hanging = leaves.get(name, ())
        places |= {leaf: (-1.25 * k + 0.62 * (i - (len(hanging) - 1) / 2), -1.25) for i, leaf in enumerate(hanging)}
        for leaf in hanging:
            _line(ax, places[name], places[leaf], leaf in wrong)
        _line(ax, places[["L", *chain][k - 1]], places[name], name in wrong)
    for name, (x, y) in places.items():
        _box(ax, name, x, y, name in wrong)
    ax.annotate("first to differ", places[first], (places[first][0], 0.95), ha="center", fontweight="bold",
                arrowprops={"arrowstyle": "-|>", "color": "black", "shrinkB": 14})  # fmt: skip
    ax.set(xlim=(-1.25 * len(chain) - 0.75, 0.5), ylim=(-1.65, 1.25))
    ax.set_axis_off()
    return ax


def _box(ax: Axes, name: str, x: float, y: float, wrong: bool) -> None:
    colour = BACKWARD if wrong else QUIET
    wide = 0.27 if y else 0.36
    ax.add_patch(FancyBboxPatch((x - wide, y - 0.22), 2 * wide, 0.44, boxstyle="round,pad=0,rounding_size=0.1", edgecolor=colour,
                                linewidth=2 if wrong else 1, facecolor=(*_rgb(BACKWARD), 0.22) if wrong else "none"))  # fmt: skip
    ax.text(x, y, _pretty(name), ha="center", va="center", fontsize=11, fontweight="bold" if wrong else "normal")


def _line(ax: Axes, start: tuple[float, float], end: tuple[float, float], wrong: bool) -> None:
    ax.annotate("", end, start, zorder=0, arrowprops={"arrowstyle": "-|>", "shrinkA": 15, "shrinkB": 14, "linewidth": 1.6 if wrong else 1,
                                           "color": BACKWARD if wrong else QUIET})  # fmt: skip
