"""What a gradient costs: multiplications layer by layer, activations kept over time, a tape's columns, and a ladder.

Each `plot_...` takes values and returns axes. `results` are what `make bench` measured for chapter 17.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes

from .graphs import MIDDLE, arrow, circle, frame
from .plots import BACKWARD, FORWARD, QUIET, _styled, axes

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "cost.json"
RUNGS = (
    "micrograd",
    "tuples",
    "slots",
    "tape",
    "dot nodes",
    "one example",
    "columns",
    "batch",
)


def results() -> dict:
    """What `make bench` wrote: CPU seconds of each round, counted bytes and lines, and the machine."""
    return json.loads(RESULTS.read_text("utf8"))


def contest(topic: str) -> dict[str, list[float]]:
    """{who: the seconds of each round}."""
    return next(c["seconds"] for c in results()["contests"] if c["topic"] == topic)


def ratios(topic: str, base: str, name: str) -> list[float]:
    """How many times as fast as the base somebody is, round by round, sorted: what slowed a round down slowed both."""
    seconds = contest(topic)
    return sorted(a / b for a, b in zip(seconds[base], seconds[name], strict=True))


def about(number: float) -> str:
    """Two digits: more would be the machine's mood."""
    if round(number, 1) < 10:
        return f"{number:.1f}"
    digits = 10 ** (len(str(round(number))) - 2)
    return f"{round(number / digits) * digits:,}"


# ---------------------------------------------------------------- multiplications


def multiplications(sizes: Sequence[int]) -> list[tuple[int, int, int]]:
    """For each layer: forward, for its weights' slopes, and to pass the gradient on to the layer before."""
    products = [n * m for n, m in pairwise(sizes)]
    return [(p, p, p if i else 0) for i, p in enumerate(products)]


@_styled
def plot_multiplications(sizes: Sequence[int]) -> Axes:
    """Three bars for each layer, as long as its multiplications are many; the first layer passes nothing back."""
    ax = axes(5.2, 3.4)  # lying, so that the numbers stay apart on a phone
    parts = multiplications(sizes)
    kinds = (("forward", FORWARD, 0.75), ("the weights' slopes", BACKWARD, 0.8), ("passing it back", BACKWARD, 0.35))
    for k, (name, colour, alpha) in enumerate(kinds):
        at = [i + 0.27 * (k - 1) for i in range(len(parts))]
        many = [p[k] for p in parts]
        ax.barh(at, many, 0.25, color=colour, alpha=alpha, label=name)
        for y, n in zip(at, many, strict=True):
            ax.annotate(f"{n:,}", (n, y), (4, 0), textcoords="offset points", va="center", fontsize=9.5)
    ax.set(xscale="symlog", yticks=range(len(parts)), yticklabels=[f"{n} to {m}" for n, m in pairwise(sizes)],
           xlabel="multiplications", xticks=[])  # fmt: skip
    ax.set_xlim(0, 12 * max(p[0] for p in parts))
    ax.minorticks_off()
    ax.invert_yaxis()
    ax.legend(loc="lower right", fontsize=9.5)
    return ax


# ---------------------------------------------------------------- memory


def kept(layers: int, group: int | None = None) -> list[int]:
    """How many activations are held after each step of the two passes: all of them, or one for each group of layers."""
    if group is None:
        return [*range(1, layers + 1), *range(layers - 1, -1, -1)]
    held, groups = [], -(-layers // group)
    for i in range(layers):
        held.append(i // group + 1)
    for g in range(groups, 0, -1):
        size = min(group, layers - (g - 1) * group)
        held += [g + k for k in range(1, size + 1)] + [g + k for k in range(size - 1, -1, -1)]
    return [*held, 0]


@_styled
def plot_kept(layers: int, group: int) -> Axes:
    """The activations that are held while a network goes forward and back, kept all or by groups."""
    ax = axes(5.2, 3.2)
    for held, colour, name in (
        (kept(layers), FORWARD, "all kept"),
        (kept(layers, group), BACKWARD, f"groups of {group}"),
    ):
        ax.step(range(1, len(held) + 1), held, where="mid", color=colour, linewidth=1.6)
        top = max(range(len(held)), key=held.__getitem__)
        ax.text(
            top + 1,
            held[top] + layers / 40,
            f"{name}: {held[top]}",
            color=colour,
            ha="center",
            va="bottom",
            weight="bold",
        )
    ax.axvline(layers, color=QUIET, linestyle=":", linewidth=1.2)
    ax.text(layers - 1, layers * 1.3, "forward", color=FORWARD, ha="right", va="top")
    ax.text(layers + 1, layers * 1.3, "backward", color=BACKWARD, ha="left", va="top")
    ax.set(xlabel="steps, each through one layer", ylabel="activations held", ylim=(0, layers * 1.32), xlim=(0, None))
    return ax


@_styled
def plot_groups(peaks: Mapping[int, float], everything: float, layers: int) -> Axes:
    """The most memory of a pass over the size of the groups, in activations, with the formula beside it."""
    ax = axes(5.2, 3.2)
    ax.axhline(everything, color=FORWARD, linewidth=1.4)
    ax.text(max(peaks), everything, "everything kept", color=FORWARD, ha="right", va="bottom")
    ax.plot(list(peaks), [layers / k + k for k in peaks], "--", color=QUIET, label="n / k + k")
    ax.plot(list(peaks), list(peaks.values()), "o-", color=BACKWARD, label="measured")
    ax.set(xscale="log", xticks=list(peaks), xticklabels=[str(k) for k in peaks], ylim=(0, everything * 1.15),
           xlabel="layers in a group, k", ylabel="most that is held, in activations")  # fmt: skip
    ax.minorticks_off()
    ax.legend(loc="lower right", fontsize=9.5)
    return ax


# ---------------------------------------------------------------- the engine's steps


@_styled
def plot_columns(names: Sequence[str], rows: Sequence[tuple], grads: Sequence[float]) -> Axes:
    """A tape: a row for each number, with its parents' rows and its slopes, and the gradients that are filled from below."""
    ax = axes(5.0, 0.42 * len(rows) + 0.75)
    heads = ("row", "number", "left", "slope", "right", "slope", "∂")
    for x, head in enumerate(heads):
        ax.text(x, 1, head, color=QUIET, fontsize=10.5, **MIDDLE)
    for y, (name, (left, dleft, right, dright), g) in enumerate(zip(names, rows, grads, strict=True)):
        cells = (
            y,
            name,
            *(("", "") if left < 0 else (left, f"{dleft:g}")),
            *(("", "") if right < 0 else (right, f"{dright:g}")),
            f"{g:g}",
        )
        for x, cell in enumerate(cells):
            colour = FORWARD if x in (1, 2, 4) else BACKWARD if x in (3, 5, 6) else QUIET
            ax.text(x, -y, str(cell).replace("-", "\N{MINUS SIGN}"), color=colour, fontsize=11,
                    weight="bold" if x == 6 else "normal", **MIDDLE)  # fmt: skip
    ax.axhline(0.5, color=QUIET, linewidth=0.8)
    ax.annotate(
        "", (6.6, 0.2), (6.6, -len(rows) + 0.8), arrowprops={"arrowstyle": "-|>", "color": BACKWARD, "linewidth": 1.6}
    )
    ax.set(xlim=(-0.5, 6.8), ylim=(-len(rows) + 0.4, 1.5))
    ax.set_axis_off()
    return ax


@_styled
def plot_dot(n: int = 3) -> Axes:
    """A neuron's sum as a product and a sum for each input, and as one node with all of them for parents."""
    ax = axes(5.2, 4.2)
    step, low = 1.9, -1.9 * n
    for left in (0.0, 5.8):
        for k in range(n):
            circle(ax, (left, -step * k), f"w{k + 1}")
            circle(ax, (left, -step * k - 0.9), f"a{k + 1}")
        circle(ax, (left, low), "b")
    before = (0.0, low)
    for k in reversed(range(n)):
        times, plus = (1.6, -step * k - 0.45), (2.9 + 0.8 * (n - 1 - k), -step * k - 1.2)
        circle(ax, times, "*")
        circle(ax, plus, "+")
        for start in ((0.0, -step * k), (0.0, -step * k - 0.9)):
            arrow(ax, start, times)
        arrow(ax, times, plus)
        arrow(ax, before, plus)
        before = plus
    for k in range(n):
        for start in ((5.8, -step * k), (5.8, -step * k - 0.9)):
            arrow(ax, start, (7.9, low / 2))
    arrow(ax, (5.8, low), (7.9, low / 2))
    circle(ax, (7.9, low / 2), "dot")
    frame(ax, [(0, low), (7.9, 0)])
    return ax


@_styled
def plot_ladder(times: Mapping[str, float], peers: Mapping[str, float]) -> Axes:
    """How many times as fast as the first, on a scale where each line is ten times the last; peers hollow."""
    rows = [*((name, x, True) for name, x in times.items()), *((name, x, False) for name, x in peers.items())]
    ax = axes(5.2, 0.38 * len(rows) + 0.7)
    for y, (_, x, ours) in enumerate(rows):
        ax.barh(
            -y,
            x - 0.5,
            0.62,
            0.5,
            color=FORWARD if ours else "none",
            edgecolor=FORWARD if ours else QUIET,
            linewidth=1.3,
        )
        ax.text(max(x, 0.55) * 1.15, -y, about(x), ha="left", va="center", fontsize=10.5)
    ax.set(xscale="log", xlim=(0.5, 9e4), yticks=[-y for y in range(len(rows))], yticklabels=[name for name, _, _ in rows],
           xticks=[1, 10, 100, 1000, 10_000], xticklabels=["1", "10", "100", "1,000", "10,000"],
           xlabel="times as fast as micrograd")  # fmt: skip
    ax.minorticks_off()
    return ax
