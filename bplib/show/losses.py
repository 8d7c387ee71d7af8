"""Pictures of losses: what one number says of ten probabilities, what goes back, and where floating point gives up.

Each `plot_...` takes values and returns axes. `results` are the stored trainings of chapter 9.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from .plots import _LINES, _MARKS, BACKWARD, FORWARD, GOLD, PURPLE, QUIET, _colour, _numbers, _styled, axes
from .plots import panels as _panels

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "losses.json"


def results() -> dict:
    """What tools/make_losses.py wrote: how many of 359 digits each network read, with rates, epochs, seeds."""
    return json.loads(RESULTS.read_text("utf8"))


@_styled
def plot_probabilities(p: Mapping[int, float], truth: int, classes: int = 10, *, ax: Axes | None = None) -> Axes:
    """A bar for each class whose probability is known, with its number, and a question mark for the others.

    truth    the right class, which is blue
    """
    ax = axes(6.4, 2.3, ax=ax)
    for k in range(classes):
        colour = FORWARD if k == truth else QUIET
        ax.bar(k, p.get(k, 0), width=0.7, color=colour)
        ax.text(k, p.get(k, 0) + 0.03, f"{p[k]:.3g}" if k in p else "?", ha="center", color=colour)
    ax.annotate("the truth", (truth, p.get(truth, 0) + 0.16), (truth, 0.55), ha="center", color=FORWARD,
                arrowprops={"arrowstyle": "->", "color": FORWARD})  # fmt: skip
    ax.set(xticks=range(classes), xlabel="digit", ylabel="probability", ylim=(0, 1))
    return ax


@_styled
def plot_surprise(marks: Mapping[float, str], classes: int = 10, *, ax: Axes | None = None) -> Axes:
    """-log p over p, with a point and a few words at each of these p, and a line at what somebody pays who has no idea.

    classes    among so many
    """
    p = np.linspace(0.01, 1, 200)
    ax = axes(6.4, 3.2, ax=ax)
    ax.axhline(np.log(classes), color=QUIET, linestyle="--", linewidth=1.2)
    ax.annotate(
        f"no idea: {np.log(classes):.3f}",
        (1, np.log(classes)),
        (0, 4),
        textcoords="offset points",
        ha="right",
        color=QUIET,
    )
    ax.plot(p, -np.log(p), color=FORWARD)
    for at, words in marks.items():
        ax.plot([at, at], [0, -np.log(at)], ":", color=QUIET, linewidth=1.2)
        ax.plot(at, -np.log(at), "o", color=FORWARD)
        ax.annotate(words, (at, -np.log(at)), (9, 4), textcoords="offset points")
    ax.set(xlabel="probability of the right class", ylabel="loss", xlim=(0, 1.02), ylim=(0, 4.7))
    return ax


@_styled
def plot_pull(P, T, names: Sequence[str], *, ax: Axes | None = None) -> Axes:
    """What softmax says (blue bars), what is wanted (outlined), and P - T, which goes back, in orange beside each bar."""
    P, T = _numbers("P", P, len(names)), _numbers("T", T, len(names))
    ax = axes(6.4, 2.9, ax=ax)
    at = np.arange(len(P))
    ax.bar(at, T, width=0.5, facecolor="none", edgecolor=QUIET, linewidth=1.2, linestyle="--", label="wanted, T")
    ax.bar(at, P, width=0.42, color=FORWARD, label="softmax says, P")
    ax.plot([], [], color=BACKWARD, label="goes back, P \N{MINUS SIGN} T")
    for k, (p, t) in enumerate(zip(P, T, strict=True)):
        if abs(p - t) > 0.1:  # a shorter arrow would be nothing but its head
            ax.annotate(
                "", (k + 0.36, p), (k + 0.36, t), arrowprops={"arrowstyle": "-|>", "color": BACKWARD, "linewidth": 2}
            )
        else:
            ax.plot([k + 0.36] * 2, [t, p], color=BACKWARD, linewidth=4, solid_capstyle="butt")
        sign = "+" if p > t else "\N{MINUS SIGN}"
        ax.text(k + 0.42, max((p + t) / 2, 0.07), f"{sign}{abs(p - t):.3f}", color=BACKWARD, va="center", fontsize=10)
    ax.set(xticks=at, xticklabels=names, xlim=(-0.5, len(P) - 0.1), ylim=(0, 1.12), ylabel="probability")
    ax.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


@_styled
def plot_starts(z, slopes: Mapping, starts: Mapping[float, Sequence[float]], *, ax: Axes | None = None) -> Axes:
    """The size of dL/dz over z, a curve for each loss, with the places where a neuron starts.

    slopes    {loss: sizes at z}
    starts    {z: sizes there, one for each loss}
    """
    ax = axes(6.4, 3.3, ax=ax)
    for i, (name, sizes) in enumerate(slopes.items()):
        ax.plot(z, sizes, color=_colour(BACKWARD, i), linestyle=_LINES[i], label=name)
        ax.plot(list(starts), [at[i] for at in starts.values()], _MARKS[i], color=_colour(BACKWARD, i))
    for at in starts:
        ax.axvline(at, color=QUIET, linestyle=":", linewidth=0.8, zorder=0)
    ax.set(
        xlabel="z, where the neuron starts (its target is 0)",
        ylabel=r"size of $\partial L/\partial z$",
        ylim=(-0.03, 1.1),
    )
    ax.legend(handlelength=3.5, loc="upper left")
    return ax


STATES = {"right": FORWARD, "wrong": GOLD, "inf": BACKWARD, "nan": PURPLE}


@_styled
def plot_breakdown(rows: Mapping[str, Sequence[str]], ends: Sequence[float], *, ax: Axes | None = None) -> Axes:
    """A strip for each way to compute: over which z is it right, and what is it elsewhere?

    rows    {name: one of STATES for each step of z}
    ends    where those steps begin, and where the last one ends, as numbers above 0: the axis is logarithmic
    """
    ax = axes(5.2, 0.4 * len(rows) + 0.8, ax=ax)  # no wider, so that a phone can show its words
    for place, states in enumerate(rows.values()):
        start = 0
        for state, run in groupby(states):
            stop = start + len(list(run))
            left, right = ends[start], ends[stop]
            ax.barh(
                place, right - left, left=left, height=0.72, color=STATES[state], alpha=0.3, edgecolor=STATES[state]
            )
            if np.log10(right / left) > 0.14:
                ax.text(np.sqrt(left * right), place, state, ha="center", va="center", fontsize=9.5)
            start = stop
    ax.set(yticks=range(len(rows)), yticklabels=list(rows), xscale="log", xlim=(ends[0], ends[-1]), xlabel="z")
    ax.set_xticks([10, 17, 37, 89, 300, 710], labels=["10", "17", "37", "89", "300", "710"])
    ax.minorticks_off()
    ax.invert_yaxis()
    return ax


@_styled
def plot_divisors(rows: Mapping, *, ax: Axes | None = None) -> Axes:
    """What share is read over the learning rate, a curve for each divisor, shaded from the worst seed to the best.

    rows    {divisor: {rate: shares (seeds,), from 0 to 1}}
    """
    ax = axes(6.4, 3.5, ax=ax)
    for i, (name, by_rate) in enumerate(rows.items()):
        x, shares = [float(rate) for rate in by_rate], 100 * np.array(list(by_rate.values()))
        ax.fill_between(x, shares.min(axis=1), shares.max(axis=1), color=_colour(FORWARD, i), alpha=0.2, linewidth=0)
        ax.plot(x, shares.mean(axis=1), color=_colour(FORWARD, i), linestyle=_LINES[i], marker=_MARKS[i], label=name)
    ax.set(xscale="log", xlabel="learning rate", ylabel="new digits read correctly, %", ylim=(0, 101))
    ax.xaxis.set_major_formatter("{x:g}")
    ax.legend(handlelength=3.5, ncols=2, fontsize=9.5, loc="lower center", bbox_to_anchor=(0.5, 1))
    return ax


@_styled
def plot_epochs(starts: Mapping, *, panels: list[Axes] | None = None) -> list[Axes]:
    """What share is read after how many epochs, a panel for each start, one below the other, and a curve for each loss.

    starts    {start: {loss: {epochs: shares (seeds,), from 0 to 1}}}; shaded from the worst seed to the best
    """
    panels = panels or _panels(1, 5.2, 2.3 * len(starts), rows=len(starts), sharex=True)
    for ax, (start, rows) in zip(panels, starts.items(), strict=True):
        for i, (name, by_epochs) in enumerate(rows.items()):
            x, shares = [int(n) for n in by_epochs], 100 * np.array(list(by_epochs.values()))
            ax.fill_between(
                x, shares.min(axis=1), shares.max(axis=1), color=_colour(FORWARD, i), alpha=0.15, linewidth=0
            )
            ax.plot(
                x, shares.mean(axis=1), color=_colour(FORWARD, i), linestyle=_LINES[i], marker=_MARKS[i], label=name
            )
        ax.set(title=start, xscale="log", ylim=(0, 103), xticks=x, xticklabels=x, ylabel="digits read, %")
        ax.minorticks_off()
    panels[-1].set_xlabel("epochs")
    panels[0].figure.legend(
        *panels[0].get_legend_handles_labels(), handlelength=2.8, ncols=2, fontsize=9.5, loc="outside upper center"
    )
    return panels
