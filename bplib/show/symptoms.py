"""A training program examined: in which order to measure, what a step promises, and what each reading sees of each fault.

Each `plot_...` takes values and returns axes; `picture(ax, "what it shows, with its numbers")` makes a figure of them.
Losses are drawn to four decimals, so that a picture is the same wherever it is drawn, however a processor rounds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb as _rgb
from matplotlib.patches import FancyBboxPatch

from ..nn.diagnosis import Reading
from .plots import _LINES, BACKWARD, FORWARD, GREEN, PURPLE, QUIET, _numbers, _pretty, _styled, axes, panels

DECIMALS = 4


@_styled
def plot_order(stations: Sequence[tuple[str, str, str, str]], *, ax: Axes | None = None) -> Axes:
    """What to measure, from the cheapest at the top: a healthy reading leads down, another one leads out to the right.

    stations    (what is measured, what it costs, what is not healthy, where that leads), of one or two lines each
    """
    ax, n = axes(5.3, 0.6 * len(stations) + 0.4, ax=ax), len(stations)
    arrow = {"arrowstyle": "-|>", "linewidth": 1.3}
    for k, (name, cost, bad, leads) in enumerate(stations):
        box = FancyBboxPatch((0, -k - 0.33), 3.35, 0.66, boxstyle="round,pad=0,rounding_size=0.12", linewidth=1.2)
        box.set(edgecolor=FORWARD, facecolor=(*_rgb(FORWARD), 0.08))
        ax.add_patch(box)
        ax.text(0.12, 0.13 - k, name, va="center", fontsize=10.5, fontweight="bold")
        ax.text(0.12, -0.16 - k, cost, va="center", fontsize=9, color=QUIET)
        ax.annotate("", (4.85, -k - 0.06), (3.4, -k - 0.06), arrowprops=arrow | {"color": BACKWARD})
        ax.text(4.1, 0.02 - k, bad, va="bottom", ha="center", fontsize=9.5, color=BACKWARD)
        ax.text(4.93, -0.03 - k, leads, va="center", fontsize=10, linespacing=1.15)
        ax.annotate("", (1.6, -k - 0.67), (1.6, -k - 0.34), arrowprops=arrow | {"color": FORWARD})
    ax.text(1.75, 0.48 - n, "healthy", va="center", fontsize=9.5, color=FORWARD)
    ax.text(0, 0.12 - n, "train longer, and look at the data", va="center", fontsize=10.5)
    ax.set(xlim=(-0.05, 7.5), ylim=(-n - 0.1, 0.4))
    ax.set_axis_off()
    return ax


@_styled
def plot_promises(curves: Mapping[str, tuple[Callable, float, float]]) -> list[Axes]:
    """The loss along the steps that programs take, beside the straight line that their gradients promise.

    curves    {name: (loss after a step of that many times the full one, its promise: what the full step should gain,
              how far to draw)}
    """
    found = panels(len(curves), 1.8 * len(curves), 2.4)
    for ax, (name, (loss, gain, far)) in zip(found, curves.items(), strict=True):
        at = np.linspace(0, far, 41)
        seen, gain = np.round([loss(v) for v in at], DECIMALS), round(gain, DECIMALS)
        low, high = max(min(seen.min(), seen[0] - gain * far), 0), seen.max()
        ax.plot(at, seen, color=FORWARD, label="the loss")
        ax.plot(at, seen[0] - gain * at, "--", color=BACKWARD, label="the promise")
        ax.plot([1], [round(loss(1.0), DECIMALS)], "o", color=FORWARD, markersize=7)
        ax.axvline(1, color=QUIET, linewidth=0.8, linestyle=":")
        ax.set(ylim=(low - (high - low) / 20, high + (high - low) / 20), xlabel="step / full step", title=name)
        ax.title.set_fontsize(11)
        ax.tick_params(labelsize=9)
    found[0].set_ylabel("loss of the batch")
    found[0].legend(fontsize=8, loc="lower left", handlelength=1.3, borderpad=0, borderaxespad=0.2)
    return found


@_styled
def plot_seen(rows: Mapping[str, Mapping[str, Sequence[float]]],
              columns: Mapping[str, tuple[str, Reading]], *, ax: Axes | None = None) -> Axes:  # fmt: skip
    """Readings of many programs: a row for each program, a column for each reading, its healthy range shaded.

    rows       {program: {reading: its values, one for each seed}}
    columns    {reading: (words above its column, what is healthy)}
    """
    ax = axes(5.0, 0.22 * len(rows) + 0.75, ax=ax)
    for j, (words, _) in enumerate(columns.values()):
        ax.axvspan(4 * j, 4 * j + 1, color=QUIET, alpha=0.18, linewidth=0)
        ax.text(4 * j + 0.5, 0.9, words, ha="center", va="baseline", fontsize=9.5, linespacing=1.1)
    for i, (name, readings) in enumerate(rows.items()):
        ax.text(-1.6, -i, name, ha="right", va="center", fontsize=10)
        ax.plot([-1.3, 4 * len(columns) - 1.4], [-i, -i], color=QUIET, linewidth=0.4, alpha=0.6)
        for j, (key, (_, kind)) in enumerate(columns.items()):
            for value in readings[key]:
                u = kind.place(value)
                colour, mark, size = (QUIET, "o", 3.2) if 0 <= u <= 1 else (PURPLE, "D", 4.2)
                ax.plot(4 * j + u, -i, mark, color=colour, markersize=size, markeredgewidth=0)
    ax.set(xlim=(-10.8, 4 * len(columns) - 1), ylim=(-len(rows) + 0.4, 2.6))
    ax.set_axis_off()
    return ax


@_styled
def plot_saw(batches: Sequence[float], recounted: Mapping[int, float], *, ax: Axes | None = None) -> Axes:
    """The loss of each batch as training prints it, and the loss of all examples, recounted at the ends of epochs.

    batches      one number for each step
    recounted    {how many steps had been made: the loss of all examples then}
    """
    ax, seen = axes(5.4, 3.0, ax=ax), _numbers("losses of the batches", batches, None)
    seen = np.round(seen, DECIMALS)
    ax.plot(np.arange(1, len(seen) + 1), seen, color=FORWARD, linewidth=1.2, label="each batch, before its step")
    ax.plot(
        list(recounted),
        np.round(list(recounted.values()), DECIMALS),
        "D",
        color=PURPLE,
        markersize=8,
        label="all examples, recounted",
    )
    ax.set(xlabel="step", ylabel="loss", ylim=(0, None))
    ax.legend(fontsize=10, loc="upper center", bbox_to_anchor=(0.5, 1.18), ncols=2, columnspacing=1.2)
    return ax


@_styled
def plot_by_heart(curves: Mapping[str, Sequence[float]], *, floor: float | None = None, ax: Axes | None = None) -> Axes:
    """The loss of one batch while a program learns it by heart, for several programs.

    floor    a loss below which one of them cannot go, as a dotted line
    """
    ax, taken = axes(5.4, 3.2, ax=ax), []
    for i, (name, losses) in enumerate(curves.items()):
        losses = np.round(_numbers(f"losses of {name}", losses, None), DECIMALS)
        colour = (FORWARD, GREEN, PURPLE, BACKWARD)[i % 4]
        ax.plot(np.arange(len(losses)), losses, color=colour, linestyle=_LINES[i % 4], linewidth=1.8)
        at = _apart(losses[-1], taken)
        ax.text(len(losses) * 1.01, at, name, color=colour, va="center", fontsize=10)
    if floor is not None:
        ax.axhline(floor, color=QUIET, linewidth=1, linestyle=":")
        ax.text(0, floor - 0.03, f"{_pretty(f'{floor:.2f}')}", va="top", fontsize=9, color=QUIET)
    ax.set(
        xlabel="steps on one batch",
        ylabel="its loss",
        ylim=(-0.08, None),
        xlim=(0, 1.45 * max(map(len, curves.values()))),
    )
    ax.set_xticks([0, 50, 100, 150, 200])
    return ax


def _apart(height: float, taken: list[float], gap: float = 0.15) -> float:
    """The lowest place from `height` up that is free for a line of words; it is taken from now on."""
    for other in sorted(taken):
        height = other + gap if abs(other - height) < gap else height
    taken.append(height)
    return height
