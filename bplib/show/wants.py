"""What each number of a network should do for one image, drawn: up or down, and how strongly.

A wish is a negative gradient. Green asks for more and purple for less, as above and below zero everywhere in the book; what
runs forward is blue. Each `plot_...` takes values and returns axes. `results` are the stored trainings of chapter 3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.patches import FancyArrowPatch, Rectangle

from .plots import _LINES, _MARKS, BACKWARD, FORWARD, GREEN, PURPLE, QUIET, _colour, _numbers, _styled, axes, panels

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "wants.json"
MIDDLE = {"ha": "center", "va": "center"}
_LESS_MORE = LinearSegmentedColormap.from_list("wishes", [(0, (*to_rgb(PURPLE), 1)), (0.5, (*to_rgb(PURPLE), 0)),
                                                          (0.5, (*to_rgb(GREEN), 0)), (1, (*to_rgb(GREEN), 1))])  # fmt: skip


def results() -> dict:
    """What tools/make_wants.py wrote: what single images, and few, do to a network, with rates, steps and seeds."""
    return json.loads(RESULTS.read_text("utf8"))


def _signed(number: float, decimals: int = 2) -> str:
    return f"{number:+.{decimals}f}".replace("-", "\N{MINUS SIGN}")


def _tone(number: float) -> str:
    return GREEN if number > 0 else PURPLE


# ---------------------------------------------------------------- the network


@_styled
def plot_wishes(
    image, layers: Sequence, wishes: Sequence, *, target: int | None = None, ax: Axes | None = None
) -> Axes:
    """An image, a network's layers as columns of neurons, and beside each neuron an arrow for what it is asked to do.

    image    (height, width), drawn dark on white
    layers   the activations of each layer, between 0 and 1: a neuron's circle is the fuller the closer it is to 1
    wishes   one for each layer: as many numbers, or None for no arrows; the longest arrow of a layer is its strongest wish
    target   the output that should say 1, whose digit is set bold
    """
    image = np.asarray(image, dtype=float)
    ax, tall = axes(5.4, 4.2, ax=ax), max(map(len, layers))
    ax.imshow(image, cmap="Greys", extent=(0, 2.6, -1.3, 1.3), interpolation="nearest")
    last = len(layers) - 1
    for k, (values, asked) in enumerate(zip(layers, wishes, strict=True)):
        x, step = 3.6 + 1.5 * k, 6.0 / tall * (1.35 if len(values) < tall else 1)
        y = step * ((len(values) - 1) / 2 - np.arange(len(values)))
        fills = [(*to_rgb(FORWARD), float(v)) for v in np.clip(values, 0, 1)]
        ax.scatter(np.full(len(y), x), y, s=95, c=fills, edgecolors=FORWARD, linewidths=0.9)
        for height, wish in zip(y, () if asked is None else asked, strict=False):
            _wish(ax, x + 0.36, height, wish / (np.abs(asked).max() or 1), step)
        if k == last:
            _outputs(ax, x, y, values, asked, target)
        name = "outputs" if k == last else f"hidden {k + 1}"
        ax.text(x, -3.45, f"{len(values)}\n{name}", fontsize=10, color=QUIET, **MIDDLE)
    ax.text(1.3, -3.45, f"{image.size}\npixels", fontsize=10, color=QUIET, **MIDDLE)
    ax.set(xlim=(-0.1, 3.6 + 1.5 * last + 2.75), ylim=(-3.9, 3.35), aspect="equal")
    ax.set_axis_off()
    return ax


def _wish(ax: Axes, x: float, y: float, share: float, room: float) -> None:
    """An arrow up or down, as long as the wish is strong; a dot where there is hardly any."""
    size = 0.46 * room * share
    if abs(share) < 0.1:
        ax.plot(x, y, ".", color=QUIET, markersize=2.5)
        return
    ax.add_patch(FancyArrowPatch((x, y - size), (x, y + size), arrowstyle="-|>", mutation_scale=4 + 7 * abs(share), linewidth=2,
                                 color=_tone(share), shrinkA=0, shrinkB=0))  # fmt: skip


def _outputs(ax: Axes, x: float, y, values, asked, target: int | None) -> None:
    """The digit of each output, what it says, and its wish in numbers."""
    for digit, (height, value) in enumerate(zip(y, values, strict=True)):
        bold = "bold" if digit == target else "normal"
        ax.text(x + 0.75, height, str(digit), weight=bold, fontsize=11, **MIDDLE)
        ax.text(x + 1.02, height, f"{value:.2f}", color=FORWARD, weight=bold, fontsize=10, va="center")
        if asked is not None:
            ax.text(
                x + 2.65, height, _signed(asked[digit]), color=_tone(asked[digit]), fontsize=10, ha="right", va="center"
            )
    ax.text(x + 1.02, y[0] + 0.55, "says", color=FORWARD, fontsize=10, va="center")
    if asked is not None:
        ax.text(x + 2.65, y[0] + 0.55, "wish", fontsize=10, ha="right", va="center")


# ---------------------------------------------------------------- three ways, and many requests


@_styled
def plot_ways(activations, weights, wish: float, *, given: list[Axes] | None = None) -> list[Axes]:
    """One neuron's three ways to get its wish: how bright the previous neurons are, and what is asked of bias, weights, them.

    activations, weights    of the previous layer's neurons, and what leads from each of them to this neuron
    wish                    about the neuron's sum z
    """
    activations, weights = _numbers("activations", activations, None), _numbers("weights", weights, None)
    found = given or panels(4, 6.2, 3.6, sharey=True, width_ratios=(1, 0.55, 1, 1.2))
    rows, places = len(weights), np.arange(1, len(weights) + 1)
    found[0].barh(places, activations, color=FORWARD, height=0.7)
    found[1].barh([(rows + 1) / 2], [wish], color=_tone(wish), height=0.7)
    found[1].annotate(_signed(wish), (0.5, 0.6), xycoords="axes fraction", ha="center", fontsize=10)
    for ax, values in ((found[2], wish * activations), (found[3], wish * weights)):
        ax.barh(places, values, color=[_tone(v) for v in values], height=0.7)
    titles = ("activation", "1. its bias", "2. its weights", "3. activations")
    for ax, title in zip(found, titles, strict=True):
        ax.axvline(0, color=QUIET, linewidth=0.8)
        ax.set_title(title, fontsize=10.5, loc="left")
        ax.tick_params(labelsize=9)
    found[1].set(xlim=sorted((0, 1.3 * wish)), xticks=[0])
    found[0].set(yticks=places, ylim=(rows + 0.6, 0.4), ylabel="neuron of the previous layer")
    return found


@_styled
def plot_requests(requests, *, from_names: Sequence[str], ax: Axes | None = None) -> Axes:
    """Who asks how much of whom: a row of squares for each output, a column for each earlier neuron, and the sums below.

    requests    (earlier neurons, outputs), each wish times weight
    """
    requests = _numbers("requests", requests, None, len(from_names))
    ax = axes(6.2, 3.9, ax=ax)
    n, m = requests.shape
    total, most = requests.sum(axis=1), np.abs(requests).max()
    ax.imshow(requests.T, cmap=_LESS_MORE, vmin=-most, vmax=most, extent=(0.5, n + 0.5, m, 0), aspect="auto")
    for j in range(n + 1):
        ax.plot([j + 0.5] * 2, [0, m], color=QUIET, linewidth=0.4)
    for k in range(m + 1):
        ax.plot([0.5, n + 0.5], [k, k], color=QUIET, linewidth=0.4)
    scale = 1.3 / np.abs(total).max()
    middle = m + 2.0
    ax.plot([0.5, n + 0.5], [middle] * 2, color=QUIET, linewidth=0.8)
    for j, value in enumerate(total, 1):
        ax.add_patch(Rectangle((j - 0.3, middle), 0.6, -scale * value, color=_tone(value), linewidth=0))
    ax.text(0.2, middle, "sum", ha="right", va="center")
    ax.set(xlim=(0.4, n + 0.6), ylim=(m + 3.6, -0.1), xticks=range(1, n + 1), yticks=np.arange(m) + 0.5, yticklabels=from_names,
           xlabel="neuron of the previous layer", ylabel="output that asks")  # fmt: skip
    ax.yaxis.set_label_coords(-0.07, 0.64)
    ax.tick_params(length=0, labelsize=9.5)
    for side in ax.spines.values():
        side.set_visible(False)
    return ax


# ---------------------------------------------------------------- one image, and many


@_styled
def plot_counts(rows: Mapping[str, Sequence[int]], *, ax: Axes | None = None) -> Axes:
    """How many images are read as each digit, a bar beside the other for each state of the network.

    rows    {state: counts (10,)}
    """
    ax = axes(6.4, 2.7, ax=ax)
    width = 0.8 / len(rows)
    for i, (name, counts) in enumerate(rows.items()):
        ax.bar(np.arange(len(counts)) + (i - (len(rows) - 1) / 2) * width, counts, width, label=name,
               color=(QUIET, BACKWARD, FORWARD)[i % 3])  # fmt: skip
    ax.set(xticks=range(10), xlabel="read as", ylabel="new digits")
    ax.legend()
    return ax


@_styled
def plot_shares(curves: Mapping[str, Mapping], *, ax: Axes | None = None) -> Axes:
    """What share of new images is read as one digit, over the steps taken on one picture of it; a thin line for each seed.

    curves    {name: {"steps": steps, "shares": (seeds, steps)}}, shares from 0 to 1; step 0 is drawn at a third of a step
    """
    ax = axes(6.4, 3.4, ax=ax)
    for i, (name, curve) in enumerate(curves.items()):
        shares, steps = (
            100 * _numbers(f"shares of {name}", curve["shares"], None, None),
            np.array(curve["steps"], float),
        )
        steps[steps == 0] = 1 / 3
        for k, row in enumerate(shares):
            ax.plot(steps, row, color=_colour(BACKWARD, i), linestyle=_LINES[i], linewidth=1.1, marker=_MARKS[i], markersize=3.5,
                    label="" if k else name)  # fmt: skip
    ax.set(xscale="log", xlabel="steps on one 3", ylabel="new digits read as 3, %", ylim=(-3, 106))
    ax.xaxis.set_major_formatter("{x:,g}")
    ax.set_xticks([1 / 3, 1, 10, 100, 1000, 10000], ["0", "1", "10", "100", "1,000", "10,000"])
    ax.legend(loc="upper right", bbox_to_anchor=(1, 0.92))
    return ax


@_styled
def plot_averages(sizes, curves: Mapping[str, Sequence], *, ax: Axes | None = None) -> Axes:
    """How far the average over N images lies from that over all, both axes logarithmic; the dotted line falls as 1/sqrt(N).

    curves    {name: errors (runs, sizes)}, each run a thin line; an error of 1 is as long as what is looked for
    """
    ax, sizes = axes(6.4, 3.6, ax=ax), _numbers("sizes", sizes, None)
    for i, (name, runs) in enumerate(curves.items()):
        for k, run in enumerate(_numbers(f"errors of {name}", runs, None, len(sizes))):
            ax.plot(sizes, run, color=_colour(BACKWARD, i), linestyle=_LINES[i], marker=_MARKS[i], markersize=4, linewidth=1.2,
                    label="" if k else name)  # fmt: skip
    start = 1.6 * max(np.max(runs) for runs in curves.values())
    ax.plot(sizes, start / np.sqrt(sizes / sizes[0]), ":", color=QUIET, linewidth=1.4)
    ax.annotate(
        "1/√N", (sizes[-2], start / np.sqrt(sizes[-2] / sizes[0])), (6, 4), textcoords="offset points", color=QUIET
    )
    ax.set(xscale="log", yscale="log", xlabel="N, pictures in the average", ylabel="error, in lengths of g")
    ax.set_xticks(sizes, [f"{n:g}" for n in sizes])
    ax.yaxis.set_major_formatter("{x:g}")
    ax.minorticks_off()
    ax.legend(loc="lower left")
    return ax


@_styled
def plot_few(sizes, curves: Mapping[str, Sequence], *, ax: Axes | None = None) -> Axes:
    """What share of digits is read correctly over how many it learned from, a mark for each seed and a line at the mean.

    curves    {name: shares (sizes, seeds)}, from 0 to 1
    """
    ax, sizes = axes(6.0, 3.0, ax=ax), _numbers("sizes", sizes, None)
    for i, (name, shares) in enumerate(curves.items()):
        shares = 100 * _numbers(f"shares of {name}", shares, len(sizes), None)
        colour = (QUIET, FORWARD)[i % 2]
        ax.plot(np.repeat(sizes, shares.shape[1]), shares.ravel(), _MARKS[i], color=colour, markersize=4)
        ax.plot(sizes, shares.mean(axis=1), color=colour, linestyle=_LINES[1 - i % 2], label=name)
    ax.set(xscale="log", xlabel="digits it learned from", ylabel="read correctly, %", ylim=(0, 104))
    ax.set_xticks(sizes, [f"{n:,g}" for n in sizes])
    ax.minorticks_off()
    ax.legend(loc="lower right")
    return ax
