"""The ground that training walks on: maps with several walks on them, curvature along the way, plateaus and long valleys.

Each `plot_...` takes values and returns axes, those with several panels in a list. `results` are the stored trainings of
chapter 11.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from .plots import _LINES, _MARKS, BACKWARD, FORWARD, GREEN, PURPLE, QUIET, _pretty, _say, _styled, axes, panels

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "landscapes.json"
_WALKS = (BACKWARD, PURPLE, FORWARD)


def results() -> dict:
    """What tools/make_landscapes.py wrote: how fast networks of digits learn with momentum and without, by rate and seed."""
    return json.loads(RESULTS.read_text("utf8"))


def _sparse(curve, most: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Steps and values of a long curve, as many as a logarithmic axis can show; the first step is 1."""
    curve = np.asarray(curve, dtype=float)
    at = np.unique(np.geomspace(1, len(curve), most).round().astype(int))
    return at, curve[at - 1]


@_styled
def plot_alike(runs: Mapping[str, Sequence[float]], *, top: float) -> list[Axes]:
    """The loss of several trainings, side by side on the same scale from 0 to `top`."""
    row = panels(len(runs), 6.4, 2.1, sharey=True)
    for ax, (name, losses) in zip(row, runs.items(), strict=True):
        ax.plot(np.arange(len(losses)), losses, color=FORWARD)
        ax.set_title(name, fontsize=11)
        ax.set(xlabel="step", ylim=(0, top))
    row[0].set_ylabel("loss")
    return row


@_styled
def plot_factor(curvature: float, marks: Mapping[str, float], *, ax: Axes | None = None) -> Axes:
    """What one step multiplies the distance from the bottom by, over the learning rate: 1 - rate times curvature.

    marks    {label: rate} of points on the line
    """
    ax, limit = axes(6.0, 3.0, ax=ax), 2 / curvature
    ends = np.array([0, 1.3 * limit])
    ax.axhspan(-1, 1, color=GREEN, alpha=0.13, linewidth=0)
    ax.axhline(0, color=QUIET, linewidth=0.8)
    ax.plot(ends, 1 - curvature * ends, color=BACKWARD)
    for label, rate in marks.items():
        y = 1 - curvature * rate
        ax.plot(rate, y, "o", color=BACKWARD, markersize=8)
        ax.annotate(label, (rate, y), (9, 3), textcoords="offset points", va="bottom")
    ax.text(0.01 * limit, -0.93, "the distance shrinks", color=GREEN, va="bottom")
    ax.set(xlabel="learning rate", ylabel="factor of each step", xlim=ends, ylim=(-1.6, 1.25), xticks=[0, limit / 2, limit],
           yticks=[-1, 0, 1], xticklabels=["0", "1 / curvature", "2 / curvature"])  # fmt: skip
    return ax


@_styled
def plot_walks(loss: Callable, walks: Mapping[str, Sequence], *, x: tuple, y: tuple, levels: Sequence[float], labels: tuple,
               closed: float | None = None, floor: tuple | None = None, ends: bool = True, ax: Axes | None = None) -> Axes:  # fmt: skip
    """A map of the loss over two parameters, and walks on it, each with its name.

    loss      a function of two arrays
    walks     {name: (steps, 2)}, from the start on
    levels    the heights at which the map has lines
    closed    left of here the hidden neuron passes nothing on: shaded
    floor     (x, y) of the lowest places, a green line
    ends      mark where each walk ends
    """
    ax = axes(6.0, 4.0, ax=ax)
    across, up = np.meshgrid(np.linspace(*x, 81), np.linspace(*y, 81))
    ax.contour(across, up, loss(across, up), levels=levels, colors=QUIET, linewidths=0.8)
    if closed is not None:
        ax.axvspan(x[0], closed, color=QUIET, alpha=0.18, linewidth=0)
    if floor is not None:
        ax.plot(*floor, color=GREEN, linewidth=4, alpha=0.55)
    for k, (name, walk) in enumerate(walks.items()):
        walk, colour = np.asarray(walk, dtype=float), _WALKS[k % 3]
        ax.plot(*walk.T, color=colour, marker=_MARKS[k], markersize=3.5, linewidth=1.3, linestyle=_LINES[k], label=name)
        if ends:
            ax.plot(*walk[-1], "*", color=colour, markersize=15, markeredgecolor="white", zorder=5)
    ax.plot(*walk[0], "s", color="black", markersize=8)
    if len(walks) > 1:
        ax.legend(handlelength=3.2, loc="upper right", frameon=True, edgecolor="none", facecolor="none")
    ax.set(xlabel=labels[0], ylabel=labels[1], xlim=x, ylim=y)
    return ax


@_styled
def plot_pushes_home(
    distances: Mapping[float, Sequence[float]], *, least: float = 1e-7, ax: Axes | None = None
) -> Axes:
    """How far a network is from the bottom after a push, over the steps: one line for each rate, named as a part of the limit.

    least    a line ends where it falls below this
    """
    ax = axes(6.0, 3.6, ax=ax)
    for k, (part, curve) in enumerate(distances.items()):
        curve = np.asarray(curve, dtype=float)
        below = np.flatnonzero(curve < least)
        end = int(below[0]) + 1 if len(below) else len(curve)
        seen = np.unique(np.geomspace(1, end, 60).round().astype(int)) - 1
        colour = GREEN if part < 1 else BACKWARD
        ax.plot(seen, curve[seen], color=colour, linestyle=_LINES[k % 3], linewidth=1.6)
        at = int(curve.argmax()) if part > 1 else end // 2
        ax.annotate(
            _pretty(f"{part:g}"), (at, curve[at]), (5, 3), textcoords="offset points", color=colour, fontsize=10
        )
    ax.axhline(distances[min(distances)][0], color=QUIET, linewidth=0.8, linestyle=":")
    ax.set(yscale="log", xlabel="steps after the push", ylabel="distance from the bottom", ylim=(least, 3))
    ax.yaxis.set_major_formatter("{x:g}")
    return ax


@_styled
def plot_curvatures(runs: Mapping[float, Mapping[int, Sequence[float]]]) -> list[Axes]:
    """The largest curvature along the way, one panel for each rate, a line for each seed, and dashed 2 / rate.

    runs    {rate: {step: curvatures, one for each seed}}
    """
    row = panels(len(runs), 6.6, 2.8, sharey=True)
    for ax, (rate, seen) in zip(row, runs.items(), strict=True):
        curves = np.array(list(seen.values())).T
        for k, curve in enumerate(curves):
            ax.plot(list(seen), curve, color=BACKWARD, linestyle=_LINES[k], linewidth=1.5)
        ax.axhline(2 / rate, color=GREEN, linestyle="--", linewidth=1.6)
        ax.annotate(f"2 / rate = {_say(round(2 / rate, 1))}", (min(seen), 2 / rate), (2, 4), textcoords="offset points", color=GREEN,
                    fontsize=10)  # fmt: skip
        ax.set_title(f"rate {_pretty(f'{rate:g}')}", fontsize=11)
        ax.set(xscale="log", yscale="log", xlabel="step", yticks=[5, 10, 20, 50], ylim=(2.5, 110))
        ax.xaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_major_formatter("{x:g}")
        ax.yaxis.set_minor_formatter("")
    row[0].set_ylabel("largest curvature")
    return row


@_styled
def plot_needed(conditions: Sequence[float], needed: Mapping[str, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """Steps that a walk needs over the condition number of its valley, both logarithmic; a line for each name."""
    ax = axes(6.0, 3.4, ax=ax)
    for k, (name, steps) in enumerate(needed.items()):
        colour = QUIET if k == 0 else BACKWARD
        ax.plot(conditions, steps, color=colour, marker=_MARKS[k], linestyle=_LINES[k], linewidth=1.6, label=name)
    ax.set(xscale="log", yscale="log", xlabel="condition number of the valley", ylabel="steps needed")
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:,.0f}")
    ax.legend(handlelength=3.2)
    return ax


@_styled
def plot_leaving(losses: Mapping[str, Sequence[float]], lengths: Mapping[str, Sequence[float]]) -> list[Axes]:
    """The loss above and the length of the gradient below, over the steps on a logarithmic axis; a line for each name.

    A name without a gradient is grey.
    """
    rows = panels(1, 6.4, 4.8, rows=2, sharex=True)
    for ax, curves, first in ((rows[0], losses, FORWARD), (rows[1], lengths, BACKWARD)):
        for k, (name, curve) in enumerate(curves.items()):
            colour = first if name in lengths else QUIET
            ax.plot(*_sparse(curve), color=colour, linestyle=_LINES[k % 4], linewidth=1.7, label=name)
    rows[0].legend(handlelength=3.2, fontsize=10, loc="lower left")
    rows[0].set(ylabel="loss", ylim=(0, None), xscale="log")
    rows[0].xaxis.set_major_formatter("{x:g}")
    rows[1].set(ylabel="length of the gradient", xlabel="step", yscale="log")
    rows[1].yaxis.set_major_formatter("{x:g}")
    return rows
