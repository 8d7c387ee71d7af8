"""Pictures of a network that learns to read: batches, learning curves, what a first layer is asked, and what is misread.

Each `plot_...` takes values and returns axes; those that have several panels return them in a list. `results` are the stored
trainings of chapter 13.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullFormatter

from .plots import _LINES, _MARKS, BACKWARD, FORWARD, GREEN, PURPLE, QUIET, _colour, _numbers, _styled, axes, panels

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "reading.json"
_SAYS = LinearSegmentedColormap.from_list("says", [(*to_rgb(FORWARD), 0), (*to_rgb(FORWARD), 1)])
_LESS_MORE = LinearSegmentedColormap.from_list("signs", [(0, (*to_rgb(PURPLE), 1)), (0.5, (*to_rgb(PURPLE), 0)),
                                                         (0.5, (*to_rgb(GREEN), 0)), (1, (*to_rgb(GREEN), 1))])  # fmt: skip


def results() -> dict:
    """What tools/make_reading.py wrote: trainings with other rates, batches and recipes, with their seeds."""
    return json.loads(RESULTS.read_text("utf8"))


def at_best_rate(rows: Mapping[str, Sequence]) -> tuple[str, np.ndarray]:
    """The rate that reads most in the end, as a mean over the seeds, and its counts (seeds, looks).

    rows    {rate: counts (seeds, looks)}; a run that ended in NaN counts as 0, and what is no rate ("steps") is left out
    """
    counts = {
        rate: np.array([[n or 0 for n in run] for run in runs]) for rate, runs in rows.items() if rate[0].isdigit()
    }
    best = max(counts, key=lambda rate: counts[rate][:, -1].mean())
    return best, counts[best]


def _image(ax: Axes, image, x: float, y: float, size: float) -> None:
    """A picture of a digit, dark on white, with its upper left corner at (x, y)."""
    shades = np.round(10 * np.asarray(image))  # few, or the page gets heavy
    ax.imshow(shades, cmap="Greys", vmin=0, vmax=10, extent=(x, x + size, y - size, y), interpolation="none")


@_styled
def plot_batch(images, targets, rows: Mapping[str, Sequence], *, ax: Axes | None = None) -> Axes:
    """Pictures beside each other, and under each what a network says to it: ten squares, the fuller the likelier that digit.

    images    (n, height, width), dark on white; targets: what they show, whose squares have a frame
    rows      {state of the network: probabilities (n, 10)}, one block of squares below the other
    """
    ax, n = axes(5.6, 0.95 + 1.85 * len(rows), ax=ax), len(images)
    for j, image in enumerate(images):
        _image(ax, image, j + 0.08, 0.95, 0.84)
    for block, (name, shares) in enumerate(rows.items()):
        shares, top = _numbers(f"probabilities {name}", shares, n, 10), -0.35 - 2.9 * block
        ax.imshow(
            np.transpose(shares),
            cmap=_SAYS,
            vmin=0,
            vmax=1,
            extent=(0, n, top - 2.4, top),
            aspect="auto",
            interpolation="none",
        )
        for j, target in enumerate(targets):
            place = (j + 0.04, top - 0.24 * (target + 1))
            ax.add_patch(Rectangle(place, 0.92, 0.24, fill=False, edgecolor=BACKWARD, linewidth=1.4))
        ax.text(0, top + 0.06, name, fontsize=10.5, color=FORWARD)
        for digit in (0, 5, 9):
            ax.text(-0.12, top - 0.24 * (digit + 0.5), str(digit), fontsize=9, ha="right", va="center", color=QUIET)
    ax.set(xlim=(-0.4, n), ylim=(top - 2.45, 1.0))
    ax.set_axis_off()
    return ax


@_styled
def plot_initial(spreads, losses, expected, *, ax: Axes | None = None) -> Axes:
    """The loss before the first step over the spread of the logits, both axes logarithmic, and where ln 10 is.

    spreads, losses    a dot for each network; expected: (spreads, losses), the dotted curve
    """
    ax = axes(6.0, 3.1, ax=ax)
    ax.axhline(np.log(10), color=QUIET, linewidth=1)
    ax.plot(*expected, ":", color=QUIET, linewidth=1.6)
    ax.plot(spreads, losses, "o", color=FORWARD, markersize=4.5)
    ax.text(np.max(spreads), np.log(10) * 1.06, "ln 10", color=QUIET, ha="right")
    ax.set(
        xscale="log",
        yscale="log",
        xlabel="spread of the logits, s",
        ylabel="loss before the first step",
        ylim=(1.5, None),
    )
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter(NullFormatter())
    return ax


@_styled
def plot_sizes(curves: Mapping[int, tuple], images: int, *, given: list[Axes] | None = None) -> list[Axes]:
    """Shares read over epochs on the left, over steps on the right, for batches of several sizes; the mean of the seeds.

    curves    {batch size: (steps, shares (seeds, steps))}, from 0 to 1; what comes before the first step is left out
    images    how many make an epoch
    """
    found = given or panels(2, 6.0, 3.2, sharey=True)
    for i, (size, (steps, shares)) in enumerate(curves.items()):
        steps = np.array(steps, float)
        mean = 100 * _numbers(f"shares at {size}", shares, None, len(steps)).mean(axis=0)
        for ax, x in zip(found, (steps / np.ceil(images / size), steps), strict=True):
            ax.plot(x[1:], mean[1:], color=_colour(FORWARD, i), linestyle=_LINES[i], marker=_MARKS[i], markersize=4, linewidth=1.6,
                    label=f"{size:,}")  # fmt: skip
    for ax, label in zip(found, ("epochs", "steps"), strict=True):
        ax.set(xscale="log", xlabel=label, ylim=(0, 102))
        ax.xaxis.set_major_formatter("{x:,g}")
        ax.minorticks_off()
    found[0].set(xlim=(0.05, None), ylabel="new digits read, %")
    found[1].legend(title="batch size", loc="upper left", fontsize=9.5)
    return found


@_styled
def plot_asked(rows: Mapping[str, Sequence], *, ax: Axes | None = None) -> Axes:
    """What batches ask of one neuron's weights, drawn where its pixels are: a row for each step, a picture for each batch.

    rows    {label: gradients (batches, height, width)}; green above zero, purple below, each as full as its own largest
    """
    most = max(map(len, rows.values()))
    ax = axes(5.6, 0.78 * len(rows), ax=ax)
    for i, (label, gradients) in enumerate(rows.items()):
        for j, gradient in enumerate(gradients):
            size, shades = 0.9, np.round(6 * gradient / (np.abs(gradient).max() or 1))  # few, or the page gets heavy
            place = (j, j + size, -i - size, -i)
            ax.imshow(shades, cmap=_LESS_MORE, vmin=-6, vmax=6, extent=place, interpolation="none")
            ax.add_patch(Rectangle((j, -i - size), size, size, fill=False, edgecolor=QUIET, linewidth=0.5))
        ax.text(-0.12, -i - 0.45, label, fontsize=10, ha="right", va="center")
    ax.set(xlim=(-1.5, most), ylim=(-len(rows), 0.05), aspect="equal")
    ax.set_axis_off()
    return ax


@_styled
def plot_watched(steps, curves: Mapping[str, Mapping], *, given: list[Axes] | None = None) -> list[Axes]:
    """Over the steps: the loss and the length of a batch's gradient above, the cosine between two batches below.

    curves    {name: {"loss", "length", "cosine": (seeds, looks)}}, a thin line for each seed; step 0 is drawn at step 2
    """
    found, x = given or panels(1, 5.4, 6.2, rows=3, sharex=True), np.maximum(steps, 2)
    for i, (name, curve) in enumerate(curves.items()):
        for ax, what in zip(found, ("loss", "length", "cosine"), strict=True):
            for k, run in enumerate(_numbers(f"{what} of {name}", curve[what], None, len(x))):
                ax.plot(x, run, color=FORWARD if what == "loss" else BACKWARD, linestyle=_LINES[i], marker=_MARKS[i], markersize=3.5,
                        linewidth=1.1, label="" if k else name)  # fmt: skip
    for ax, label in zip(found, ("loss", "length of the gradient", "cosine of two batches"), strict=True):
        ax.set(xscale="log", ylabel=label)
        if "cosine" not in label:
            ax.set_yscale("log")
            ax.yaxis.set_major_formatter("{x:g}")
    found[0].legend(loc="lower left")
    found[2].axhline(0, color=QUIET, linewidth=0.8)
    found[2].set(xlabel="steps, with the weights held still at each mark")
    found[2].set_xticks([2, 10, 100, 1000, 10000], ["0", "10", "100", "1,000", "10,000"])
    found[2].minorticks_off()
    return found


@_styled
def plot_ratios(steps, curves: Mapping[str, Sequence], *, given: list[Axes] | None = None) -> list[Axes]:
    """How far a step moves each layer's weights, in lengths of these weights, a panel for each rate; the rule's 1/1000 is marked.

    curves    {title: ratios (looks, layers)}
    """
    found = given or panels(len(curves), 6.0, 3.1, sharey=True)
    for ax, (title, rows) in zip(found, curves.items(), strict=True):
        for layer, row in enumerate(np.transpose(_numbers(f"ratios of {title}", rows, len(steps), None))):
            ax.plot(np.maximum(steps, 2), row, color=BACKWARD, linestyle=_LINES[layer], marker=_MARKS[layer], markersize=4,
                    linewidth=1.4, label=f"layer {layer + 1}")  # fmt: skip
        ax.axhspan(0.0005, 0.002, color=QUIET, alpha=0.25, linewidth=0)
        ax.set(xscale="log", yscale="log", xlabel="steps", title=title)
        ax.title.set_fontsize(10.5)
        ax.set_xticks([2, 100, 10000], ["0", "100", "10,000"])
        ax.yaxis.set_major_formatter("{x:g}")
        ax.minorticks_off()
    found[0].set(ylabel="step, in lengths of the weights")
    found[-1].legend(fontsize=9.5, loc="lower left")
    return found


@_styled
def plot_progress(curves: Mapping[str, Sequence], *, ax: Axes | None = None) -> Axes:
    """Shares read correctly over the epochs, a thin line for each run.

    curves    {name: shares (runs, epochs)}, from 0 to 1
    """
    ax = axes(5.6, 3.1, ax=ax)
    for i, (name, runs) in enumerate(curves.items()):
        for k, run in enumerate(100 * _numbers(f"shares of {name}", runs, None, None)):
            ax.plot(range(1, len(run) + 1), run, color=(QUIET, FORWARD)[i % 2], linestyle=_LINES[1 - i % 2], linewidth=1.3,
                    label="" if k else name)  # fmt: skip
    ax.set(xlabel="epochs", ylabel="read correctly, %", ylim=(78, 101))
    ax.legend(loc="lower right")
    return ax


@_styled
def plot_confusion(counts, *, ax: Axes | None = None) -> Axes:
    """How many of each digit are read as which: a row for what is there, a column for what is read; mistakes are orange.

    counts    (10, 10)
    """
    counts = _numbers("counts", counts, None, None)
    ax, n = axes(4.6, 4.2, ax=ax), len(counts)
    most = max(counts[~np.eye(n, dtype=bool)].max(), 1)
    for i, j in np.ndindex(*counts.shape):
        if counts[i, j]:
            tone, share = (FORWARD, counts[i, j] / counts.max()) if i == j else (BACKWARD, counts[i, j] / most)
            ax.add_patch(
                Rectangle((j - 0.5, i - 0.5), 1, 1, facecolor=tone, alpha=0.15 + 0.3 * float(share), linewidth=0)
            )
            ax.text(j, i, f"{counts[i, j]:g}", ha="center", va="center", fontsize=10)
    ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), xticks=range(n), yticks=range(n), aspect="equal",
           xlabel="read as", ylabel="what it is")  # fmt: skip
    ax.tick_params(length=0)
    return ax


@_styled
def plot_misread(images, targets, read, shares, *, columns: int = 5, ax: Axes | None = None) -> Axes:
    """Pictures that were misread: under each what it is, what it was read as, and with what probability."""
    rows = -(-len(images) // columns)
    ax = axes(5.4, 1.6 * rows, ax=ax)
    for k, (image, target, said, share) in enumerate(zip(images, targets, read, shares, strict=True)):
        x, y = k % columns, -1.5 * (k // columns)
        _image(ax, image, x + 0.05, y, 0.9)
        ax.text(x + 0.5, y - 1.1, f"{target}, read as {said}", fontsize=10.5, ha="center", va="center")
        ax.text(x + 0.5, y - 1.32, f"{100 * share:.0f} %", fontsize=10.5, ha="center", va="center", color=QUIET)
    ax.set(xlim=(0, columns), ylim=(-1.5 * rows + 0.05, 0.05), aspect="equal")
    ax.set_axis_off()
    return ax


@_styled
def plot_recipes(curves: Mapping[str, Mapping], *, ax: Axes | None = None) -> Axes:
    """Shares read over the learning rate, a mark for each seed and a line at the mean.

    curves    {recipe: {rate: shares (seeds,)}}, from 0 to 1
    """
    ax = axes(5.8, 3.3, ax=ax)
    for i, (name, rows) in enumerate(curves.items()):
        rates, shares = [float(rate) for rate in rows], 100 * np.array(list(rows.values()), float)
        ax.plot(np.repeat(rates, shares.shape[1]), shares.ravel(), _MARKS[i], color=_colour(BACKWARD, i), markersize=4)
        ax.plot(rates, shares.mean(axis=1), color=_colour(BACKWARD, i), linestyle=_LINES[i], label=name)
    ax.axhline(10, color=QUIET, linewidth=0.8, linestyle=":")
    ax.set(xscale="log", xlabel="learning rate", ylabel="new digits read, %", ylim=(0, 103))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.legend(ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax
