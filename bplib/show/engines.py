"""What a small engine keeps and in which order it goes back: a node as a card, what each order sends, paths beside nodes.

Values are blue, slopes and gradients orange. Each `plot_...` takes values and returns axes.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from .graphs import MIDDLE, RADIUS, arrow, circle, frame, number
from .plots import BACKWARD, FORWARD, QUIET, _styled, axes


def _card(ax: Axes, place, name: str, lines: Sequence[tuple[str, str]]) -> None:
    """A node with what it keeps, line by line, each in its colour."""
    x, y = place
    high = 0.42 * (len(lines) + 1) + 0.16
    ax.add_patch(FancyBboxPatch((x - 0.95, y - high / 2), 1.9, high, boxstyle="round,pad=0.02,rounding_size=0.1",
                                facecolor="none", edgecolor=QUIET, linewidth=1.3))  # fmt: skip
    for k, (text, colour) in enumerate([(name, "black"), *lines]):
        weight = "bold" if k == 0 else "normal"
        ax.text(x, y + high / 2 - 0.28 - 0.42 * k, text, color=colour, fontsize=11, weight=weight, **MIDDLE)


@_styled
def plot_memory(a: float, b: float, upstream: float | None = None) -> Axes:
    """What d = a b keeps: two cards of the parents, and its own, with the slopes on the arrows back."""
    ax = axes(5.0, 3.1)  # no wider, so that a phone can show its words
    parents = {"a": ((0, 0.95), a, b), "b": ((0, -0.95), b, a)}
    for name, ((x, y), value, slope) in parents.items():
        shown = "0" if upstream is None else number(upstream * slope)
        _card(ax, (x, y), name, [(f"data {number(value)}", FORWARD), (f"grad {shown}", BACKWARD)])
        ax.annotate("", (x + 1.05, y), (2.85, 0.3 if y > 0 else -0.3),
                    arrowprops={"arrowstyle": "-|>", "color": BACKWARD, "linewidth": 1.4})  # fmt: skip
        ax.text(1.95, 0.98 if y > 0 else -0.98, f"slope {number(slope)}", color=BACKWARD, fontsize=10.5, **MIDDLE)
    shown = "0" if upstream is None else number(upstream)
    lines = [(f"data {number(a * b)}", FORWARD), (f"grad {shown}", BACKWARD), ("parents a, b", "black"),
             (f"slopes {number(b)}, {number(a)}", BACKWARD)]  # fmt: skip
    _card(ax, (3.9, 0), "d = a b", lines)
    frame(ax, [(-0.5, -1.3), (4.4, 1.3)], (0.6, 0.5))
    return ax


@_styled
def plot_sent(ways: Mapping[str, Sequence[float]], right: float) -> Axes:
    """What one node sends back to another in several orders: a bar of parts for each, and a line where they should end.

    ways    {how the order is called: the parts in the order in which they arrive}
    """
    ax = axes(5.2, 0.5 * len(ways) + 0.8)
    for row, parts in enumerate(ways.values()):
        at = 0.0
        for part in parts:
            ax.barh(-row, part, 0.62, at, color=BACKWARD, alpha=0.35, edgecolor=BACKWARD)
            ax.text(at + part / 2, -row, number(part), fontsize=10.5, **MIDDLE)
            at += part
        ax.text(at + 0.25, -row, f"∂ {number(at)}", color=BACKWARD, weight="bold", fontsize=11, ha="left", va="center")
    ax.axvline(right, color=QUIET, linestyle=":", linewidth=1.4)
    most = max(sum(parts) for parts in ways.values())
    ax.set(yticks=[-row for row in range(len(ways))], yticklabels=list(ways), xlim=(0, most + 2.2), xticks=[0, right])
    ax.set_xlabel("what arrives at a")
    return ax


@_styled
def plot_doublings(n: int = 5) -> Axes:
    """A number that is doubled n times, with the paths to each node above it and the number of nodes below."""
    ax = axes(5.6, 1.6)
    places = [(1.25 * k, 0.0) for k in range(n + 1)]
    for k, place in enumerate(places):
        circle(ax, place, "x" if k == 0 else f"y{k}")
        ax.text(place[0], RADIUS + 0.42, number(2**k), color=BACKWARD, weight="bold", fontsize=11, **MIDDLE)
        ax.text(place[0], -RADIUS - 0.42, number(k + 1), color=QUIET, fontsize=11, **MIDDLE)
    for start, end in itertools.pairwise(places):
        arrow(ax, start, end, bend=-0.3)
        arrow(ax, start, end, bend=0.3)
    ax.text(-0.75, RADIUS + 0.42, "paths", color=BACKWARD, fontsize=11, ha="right", va="center")
    ax.text(-0.75, -RADIUS - 0.42, "nodes", color=QUIET, fontsize=11, ha="right", va="center")
    frame(ax, [(-1.2, -0.6), (1.25 * n, 0.6)], (0.5, 0.3))
    return ax
