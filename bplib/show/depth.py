"""Pictures of depth: what a deep network does to its activations on the way forward and to its gradient on the way back.

Each `plot_...` takes values and returns axes; the two that have several panels return them in a list. `results` are the
stored trainings of chapter 18.
"""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb

from .plots import (
    _LINES,
    _MARKS,
    _STYLE,
    BACKWARD,
    FORWARD,
    PURPLE,
    QUIET,
    _colour,
    _curve,
    _numbers,
    _scale,
    _styled,
    axes,
)

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "depth.json"


def results() -> dict:
    """What tools/make_depth.py wrote: how many of 359 digits each network read, with rates, epochs, seeds."""
    return json.loads(RESULTS.read_text("utf8"))


def at_best_rate(rows: dict, epochs: int) -> tuple[str, list[int]]:
    """The rate that reads most on average after so many epochs, and what each seed read there.

    rows    {rate: {epochs: [digits read, or None for NaN]}}; a run that ended in NaN counts as 0
    """
    read = {rate: [n or 0 for n in row[str(epochs)]] for rate, row in rows.items() if str(epochs) in row}
    best = max(read, key=lambda rate: sum(read[rate]))
    return best, read[best]


def _panels(rows: int, columns: int, width: float, height: float, **shared) -> list[Axes]:
    """Empty axes above and beside each other, in the book's style."""
    with matplotlib.rc_context(_STYLE):
        fig, panels = plt.subplots(
            rows, columns, figsize=(width, height), layout="constrained", squeeze=False, **shared
        )
    plt.close(fig)
    return list(panels.ravel())


@_styled
def plot_slopes(curves: dict, z, *, panels: list[Axes] | None = None) -> list[Axes]:
    """Activations over z above, their slopes below.

    curves    {name: (values at z, slopes at z)}
    """
    panels = panels or _panels(2, 1, 6.4, 4.4, sharex=True)
    for i, (name, (values, slopes)) in enumerate(curves.items()):
        for ax, first, heights in ((panels[0], FORWARD, values), (panels[1], BACKWARD, slopes)):
            ax.plot(z, heights, color=_colour(first, i), linestyle=_LINES[i], label=name)
    panels[0].set(ylabel="activation", ylim=(-1.15, 2.1))
    panels[1].set(ylabel="slope", xlabel="z", ylim=(-0.05, 1.1))
    panels[1].axhline(0.25, color=QUIET, linewidth=0.8)
    panels[1].annotate("¼", (z[0], 0.25), (0, 3), textcoords="offset points", color=QUIET)
    panels[0].legend(handlelength=3.5, ncols=len(curves), loc="lower center", bbox_to_anchor=(0.5, 1))
    return panels


@_styled
def plot_columns(gradients: dict, *, shown: int = 8, ax: Axes | None = None) -> Axes:
    """Networks as columns of units, one row for each; a unit is the darker the longer the gradient of its layer.

    gradients    {name: lengths (layers,)}; full orange is the network's longest, and it fades by equal steps for each
                 factor of ten until nothing is left at a millionth
    shown        how many units a column has
    """
    longest = max(len(lengths) for lengths in gradients.values())
    ax = axes(7.2, 1.5 * len(gradients), ax=ax)
    for row, (name, lengths) in enumerate(gradients.items()):
        lengths = _numbers(f"lengths of {name}", lengths, None)
        top = -row * (shown + 4)
        for layer, shade in enumerate(np.clip(1 + np.log10(lengths / lengths.max()) / 6, 0, 1)):
            x, units = np.full(shown, layer), top - np.arange(shown)
            if layer:
                ax.plot([layer - 0.8, layer - 0.2], [units.mean()] * 2, color=QUIET, linewidth=0.8)
            ax.scatter(x, units, s=28, facecolors=BACKWARD, alpha=float(shade), linewidths=0)
            ax.scatter(x, units, s=28, facecolors="none", edgecolors=QUIET, linewidths=0.8)
        ax.text(-0.4, top + 1.2, name, fontsize=10.5)
    ax.set(xlim=(-0.6, longest - 0.4), ylim=(top - shown, 2.6))
    ax.set_axis_off()
    return ax


@_styled
def plot_depth(forward: dict, backward: dict, *, panels: list[Axes] | None = None) -> list[Axes]:
    """Two panels over the layers: the spread of the activations above, the length of dL/dZ below, both logarithmic.

    forward, backward    {name: numbers above 0, one for each layer}; the same names
    """
    panels = panels or _panels(2, 1, 6.6, 5.2, sharex=True)
    for ax, first, curves in ((panels[0], FORWARD, forward), (panels[1], BACKWARD, backward)):
        for i, (name, row) in enumerate(curves.items()):
            row = _numbers(f"a curve over depth ({name})", row, None)
            _curve(ax, i, first, range(1, len(row) + 1), row, name, 3)
        _scale(ax, "", "", True)
        if legend := ax.get_legend():
            legend.remove()
    panels[0].set(ylabel="spread of the activations")
    panels[1].set(ylabel="length of the gradient", xlabel="layer, from the input to the loss")
    panels[0].annotate("forward \N{RIGHTWARDS ARROW}", (0.02, 0.06), xycoords="axes fraction", color=FORWARD)
    panels[1].annotate("\N{LEFTWARDS ARROW} backward", (0.8, 0.06), xycoords="axes fraction", color=BACKWARD)
    if len(forward) > 1:
        panels[0].legend(handlelength=3.5, ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return panels


@_styled
def plot_histograms(rows: dict, bins, *, panels: list[Axes] | None = None) -> list[Axes]:
    """A row of histograms for each network, one for each of its layers.

    rows    {name: {layer's name: values}}, with the same layers in each
    bins    the edges of the bins, for all
    """
    columns = len(next(iter(rows.values())))
    panels = panels or _panels(len(rows), columns, 1.9 * columns, 1.5 * len(rows) + 0.3, sharex=True)
    for i, (name, layers) in enumerate(rows.items()):
        for j, (layer, values) in enumerate(layers.items()):
            ax = panels[i * columns + j]
            ax.hist(np.ravel(values), bins, color=FORWARD)
            ax.set(yticks=[], xlabel=layer if i == len(rows) - 1 else "", ylabel=name if j == 0 else "")
    return panels


@_styled
def plot_spoiled(before: list, after: list, *, panels: list[Axes] | None = None) -> list[Axes]:
    """Weight matrices as images, before above and after below: the larger a weight the darker, NaN in purple.

    before, after    lists of W (n_in, n_out)
    """
    panels = panels or _panels(2, len(before), 1.5 * len(before), 4.6)
    for i, W in enumerate([*before, *after]):
        size = np.abs(W) / max(np.nanmax(np.abs(before[i % len(before)])), 1e-300)
        bad = np.isnan(W)
        image = np.empty((*W.shape, 4))
        image[..., :3] = np.where(bad[..., None], to_rgb(PURPLE), to_rgb(QUIET))
        image[..., 3] = np.where(bad, 1, np.nan_to_num(size))
        panels[i].imshow(image, interpolation="nearest", aspect="auto")
        if 0 < bad.sum() < 4:  # or it would be overlooked
            panels[i].plot(
                *np.argwhere(bad).T[::-1], "o", color=PURPLE, markersize=13, fillstyle="none", markeredgewidth=2
            )
        panels[i].set(xticks=[], yticks=[])
        panels[i].spines[["top", "right"]].set_visible(True)
        panels[i].set_xlabel(f"layer {i % len(before) + 1}" if i >= len(before) else "")
    panels[0].set_ylabel("before the step")
    panels[len(before)].set_ylabel("after it")
    return panels


@_styled
def plot_powers(lengths: dict, *, ax: Axes | None = None) -> Axes:
    """How long a vector is after 0, 1, 2, ... steps, on a logarithmic scale, and radius^k dashed beside each.

    lengths    {radius: lengths (runs, steps + 1)}
    """
    ax = axes(6.4, 4.0, ax=ax)
    for i, (radius, runs) in enumerate(lengths.items()):
        runs = _numbers(f"lengths at {radius}", runs, None, None)
        steps = np.arange(runs.shape[1])
        for run in runs:
            ax.plot(steps, run, color=_colour(BACKWARD, i), linewidth=1.2)
        ax.plot(steps, radius**steps, "--", color=QUIET, linewidth=1.4)
        ax.annotate(f"{radius:g}", (steps[-1], radius ** steps[-1]), (6, -4), textcoords="offset points",
                    annotation_clip=False)  # fmt: skip
    _scale(ax, "steps", "length of the vector", True)
    return ax


@_styled
def plot_reads(rows: dict, *, ax: Axes | None = None) -> Axes:
    """What share each network reads: a bar from its worst seed to its best, a mark at the mean, a row for each budget.

    rows    {network: {budget: shares (seeds,), from 0 to 1}}
    """
    ax = axes(6.6, 0.62 * len(rows) + 0.9, ax=ax)
    for place, (name, budgets) in enumerate(rows.items()):
        for i, (budget, shares) in enumerate(budgets.items()):
            shares, y = 100 * _numbers(f"shares of {name}", shares, None), place + 0.28 * i - 0.14
            ax.plot([shares.min(), shares.max()], [y, y], color=_colour(FORWARD, i), linewidth=4, alpha=0.45)
            ax.plot(shares.mean(), y, _MARKS[i], color=_colour(FORWARD, i), label="" if place else budget)
    ax.axvline(10, color=QUIET, linestyle=":", linewidth=1.2)
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), xlim=(0, 101), xlabel="new digits read correctly, %")
    ax.invert_yaxis()
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


@_styled
def plot_rates(tasks: dict, *, panels: list[Axes] | None = None) -> list[Axes]:
    """The error over the learning rate, a panel for each task: a line at the mean of the seeds, shaded from best to worst.

    tasks    {task: {how it was trained: {rate: errors (seeds,)}}}; None stands for a run that ended in NaN, and is drawn
             as the largest error of its task
    """
    panels = panels or _panels(1, len(tasks), 3.6 * len(tasks), 3.2)
    for ax, (task, ways) in zip(panels, tasks.items(), strict=True):
        worst = max(e for rows in ways.values() for errors in rows.values() for e in errors if e is not None)
        for i, (way, rows) in enumerate(ways.items()):
            x = [float(rate) for rate in rows]
            errors = np.array([[worst if e is None else e for e in errors] for errors in rows.values()])
            colour = _colour(BACKWARD, i)
            ax.fill_between(x, errors.min(axis=1), errors.max(axis=1), color=colour, alpha=0.2, linewidth=0)
            ax.plot(x, errors.mean(axis=1), color=colour, linestyle=_LINES[i], marker=_MARKS[i], label=way)
        ax.set(
            xscale="log", xlabel="learning rate", ylabel="error" if ax is panels[0] else "", title=task, ylim=(0, None)
        )
        ax.xaxis.set_major_formatter("{x:g}")
    panels[0].legend()
    return panels
