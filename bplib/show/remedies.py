"""Pictures of what keeps gradients alive: paths through a norm, the right angle in a block, dead units, and who learns at which rate.

Each `plot_...` takes values and returns axes. `results` are the stored trainings of chapter 19.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from .depth import at_best_rate
from .plots import (
    _LINES,
    _MARKS,
    BACKWARD,
    FORWARD,
    GREEN,
    PURPLE,
    QUIET,
    _colour,
    _numbers,
    _scale,
    _styled,
    axes,
    panels,
)

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "remedies.json"


def results() -> dict:
    """What tools/make_remedies.py wrote: how many of 359 digits each network read, with rates, epochs, seeds."""
    return json.loads(RESULTS.read_text("utf8"))


def shares(made: dict, depth: int, name: str, epochs: int) -> np.ndarray:
    """What share of the new digits each start reads after so many epochs, at the best rate."""
    return np.array(at_best_rate(made[str(depth)][name]["right"], epochs)[1]) / made["held out"]


def losses(made: dict, depth: int, name: str, epochs: int) -> np.ndarray:
    """The training loss of each start in the last of so many epochs, at the rate that reads best; NaN where it ended so."""
    row = made[str(depth)][name]
    return np.array(row["loss"][at_best_rate(row["right"], epochs)[0]][str(epochs)], float)


def plateau(made: dict, depth: int, name: str, epochs: int, least: float = 0.8) -> list[str]:
    """The rates at which all starts read at least this share."""
    rows = made[str(depth)][name]["right"]
    return [rate for rate, row in rows.items() if all((n or 0) >= least * made["held out"] for n in row[str(epochs)])]


@_styled
def plot_plateaus(groups: list[dict], *, chance: float = 0.1, ax: list[Axes] | None = None) -> list[Axes]:
    """What share is read over the learning rate, a line for each network, at the mean of its starts.

    groups    of networks, a panel for each: {network: {rate: shares (seeds,)}}; None stands for NaN, and reads nothing
    """
    ax = ax or panels(1, 6.4, 2.4 * len(groups), rows=len(groups), sharex=True)
    for part, rows in zip(ax, groups, strict=True):
        for i, (name, by_rate) in enumerate(rows.items()):
            read = [100 * np.mean([share or 0 for share in seeds]) for seeds in by_rate.values()]
            part.plot(list(map(float, by_rate)), read, color=_colour(FORWARD, i), linestyle=_LINES[i % 4], marker=_MARKS[i % 6], label=name)  # fmt: skip
        part.axhline(100 * chance, color=QUIET, linestyle=":", linewidth=1.2)
        part.set(xscale="log", ylim=(0, 104), ylabel="digits read, %")
        part.xaxis.set_major_formatter("{x:g}")
        part.legend(handlelength=3, ncols=len(rows), loc="lower center", bbox_to_anchor=(0.5, 1))
    ax[-1].set_xlabel("learning rate")
    return ax


@_styled
def plot_paths(*, ax: Axes | None = None) -> Axes:
    """The three paths by which one entry of a column reaches what a norm makes of it: its own, the mean, the variance."""
    ax = axes(6.6, 2.9, ax=ax)
    nodes = {"one entry": (0, 0), "mean": (1.7, 1), "variance": (2.7, -1), "all entries,\nnormalised": (4.6, 0)}
    places = list(nodes.values())
    for start, end, through in ((0, 3, FORWARD), (0, 1, FORWARD), (1, 3, FORWARD), (0, 2, FORWARD), (1, 2, QUIET), (2, 3, FORWARD)):  # fmt: skip
        ax.annotate("", places[end], places[start], arrowprops={
            "color": through, "arrowstyle": "->", "shrinkA": 34, "shrinkB": 46 if end == 3 else 34, "linewidth": 1.6,
            "linestyle": ":" if through == QUIET else "-"})  # fmt: skip
    for (x, y), word in (
        ((1.0, 0.1), "its own"),
        ((3.5, 0.78), "moves all"),
        ((3.95, -0.78), "moves all"),
        ((2.85, 0.2), "adds up to 0"),
    ):
        ax.text(x, y, word, color=QUIET, ha="center", fontsize=10)
    for name, (x, y) in nodes.items():
        ax.text(x, y, name, ha="center", va="center", fontsize=11,
                bbox={"boxstyle": "round,pad=0.4", "facecolor": "none", "edgecolor": QUIET})  # fmt: skip
    ax.set(xlim=(-0.7, 5.5), ylim=(-1.35, 1.35))
    ax.set_axis_off()
    return ax


@_styled
def plot_angles(branches: dict[str, float], *, ax: Axes | None = None) -> Axes:
    """Right-angled triangles: the path around has length 1, the branch stands on its end, and the gradient is the third side.

    branches    {name: how long the branch's part is, beside a path of 1}
    """
    ax = axes(7.0, 2.6, ax=ax)
    left = 0.0
    for name, b in branches.items():
        for (x, y), (u, v), colour, words, offset in (
            ((left, 0), (left + 1, 0), QUIET, "1", (0, -13)),
            ((left + 1, 0), (left + 1, b), BACKWARD, f"{b:.2f}", (17, -3)),
            ((left, 0), (left + 1, b), PURPLE, f"{np.hypot(1, b):.2f}", (-12, 7)),
        ):
            ax.annotate(
                "",
                (u, v),
                (x, y),
                arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2, "shrinkA": 0, "shrinkB": 0},
            )
            ax.annotate(
                words, ((x + u) / 2, (y + v) / 2), offset, textcoords="offset points", color=colour, ha="center"
            )
        ax.annotate(name, (left + 0.5, 0), (0, -32), textcoords="offset points", ha="center", fontsize=10)
        left += 2.1
    ax.set(xlim=(-0.3, left - 0.6), ylim=(-0.45, max(branches.values()) + 0.15), aspect="equal")
    ax.set_axis_off()
    return ax


@_styled
def plot_stream(sizes: dict, *, ax: Axes | None = None) -> Axes:
    """The size of the activations after each block, on a logarithmic scale.

    sizes    {network: sizes (blocks + 1,)}
    """
    ax = axes(6.4, 3.4, ax=ax)
    for i, (name, row) in enumerate(sizes.items()):
        row = _numbers(f"sizes of {name}", row, None)
        ax.plot(range(len(row)), row, color=_colour(FORWARD, i), linestyle=_LINES[i % 4], marker=_MARKS[i % 6], markevery=3, label=name)  # fmt: skip
    _scale(ax, "blocks", "size of the activations", True)
    return ax


@_styled
def plot_dead(shut: dict, *, ax: list[Axes] | None = None) -> list[Axes]:
    """Units that are closed for every picture, over the epochs: those that are closed for the first time, or never opened; those closed once more;
    and below the line those that were closed at the start and are open now.

    shut    {network: closed (epochs + 1, units), True where no picture opens the unit}
    """
    ax = ax or panels(len(shut), 3.2 * len(shut), 3.6)
    for part, (name, rows) in zip(ax, shut.items(), strict=True):
        rows = np.asarray(rows, dtype=bool)
        epochs, units = range(len(rows)), rows.shape[1]
        stayed = 100 * (rows & rows[0]).sum(axis=1) / units
        fresh = 100 * (rows & ~rows[0]).sum(axis=1) / units
        back = 100 * (~rows & rows[0]).sum(axis=1) / units
        part.bar(epochs, stayed, width=1, color=QUIET, label="closed from the start")
        part.bar(epochs, fresh, bottom=stayed, width=1, color=PURPLE, label="closed by training")
        part.bar(epochs, -back, width=1, color=GREEN, label="come back")
        part.axhline(0, color="black", linewidth=0.8)
        part.set(xlabel="epochs", title=name)
        part.yaxis.set_major_formatter(lambda y, _: f"{abs(y):g}")
    ax[0].set_ylabel("hidden units, %")
    ax[0].legend(handlelength=1.2, ncols=1, loc="lower left", bbox_to_anchor=(0, 1.1))
    return ax


@_styled
def plot_prices(ratios: dict, *, ax: Axes | None = None) -> Axes:
    """How long an epoch takes, a bar for each network, as a multiple of the first one's.

    ratios    {network: multiple}
    """
    ax = axes(6.4, 0.38 * len(ratios) + 0.8, ax=ax)
    ax.barh(list(ratios), list(ratios.values()), color=FORWARD, height=0.6)
    for i, ratio in enumerate(ratios.values()):
        ax.annotate(f"\N{MULTIPLICATION SIGN} {ratio:g}", (ratio, i), (5, -4), textcoords="offset points")
    ax.axvline(1, color=QUIET, linestyle=":", linewidth=1.2)
    ax.set(xlabel="time of an epoch, plain ReLU = 1", xlim=(0, 1.15 * max(ratios.values())))
    ax.invert_yaxis()
    return ax


@_styled
def plot_layers(rows: dict[str, tuple[list[str], int, str]], *, ax: Axes | None = None) -> Axes:
    """A row of boxes for each way to build a layer, with the gradient's path around some of them.

    rows    {name: (boxes, how many of them, from the first on, a path leads around, what multiplies the branch)}
    """
    ax = axes(5.0, 0.95 * len(rows) + 0.1, ax=ax)
    for row, (name, (boxes, around, scale)) in enumerate(rows.items()):
        y = -1.7 * row
        ax.text(-0.25, y + 0.62, name)
        places = 1.5 * np.arange(len(boxes) + 1)
        for x, box in zip(places, boxes, strict=False):
            ax.annotate(
                "", (x + 0.28, y), (x - 0.25, y), arrowprops={"arrowstyle": "->", "color": FORWARD, "linewidth": 1.6}
            )
            new = box not in ("Linear", "ReLU", "+")
            ax.text(x + 0.72, y, box, ha="center", va="center", color=PURPLE if new else "black",
                    bbox={"boxstyle": "round,pad=0.35", "facecolor": "none", "edgecolor": PURPLE if new else QUIET})  # fmt: skip
        ax.annotate("", (places[-1] + 0.28, y), (places[-1] - 0.25, y), arrowprops={"arrowstyle": "->", "color": FORWARD, "linewidth": 1.6})  # fmt: skip
        if around:
            end, high = places[around] + 0.72, y + 0.5
            ax.plot([-0.15, -0.15, end], [y, high, high], color=PURPLE, linewidth=1.6)
            ax.annotate("", (end, y + 0.2), (end, high), arrowprops={"arrowstyle": "->", "color": PURPLE, "linewidth": 1.6, "shrinkA": 0, "shrinkB": 0})  # fmt: skip
        if scale:
            ax.text(places[around] - 0.02, y - 0.3, scale, ha="center", va="center", color=PURPLE)
    ax.set(xlim=(-0.35, 6.4), ylim=(-1.7 * len(rows) + 1.1, 1.1))
    ax.set_axis_off()
    return ax
