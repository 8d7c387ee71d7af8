"""A drawn calculation is numbers in circles and rates on arrows: small graphs, large enough to put a finger on.

Values are blue; rates and gradients are orange, gradients after a ∂. A graph is given as in chapter 5, {node: [(input, rate),
...]}, with a place (x, y) for each node. Each `plot_...` computes what it writes, and returns axes (of several the first).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise, product

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, PathPatch, Rectangle
from matplotlib.path import Path

from ..engine.trace_table import fmt
from ..engine.value import RULES
from .plots import BACKWARD, FORWARD, QUIET, _pretty, _styled, axes, panels

RADIUS, TIMES = 0.3, "\N{MULTIPLICATION SIGN}"
MIDDLE = {"ha": "center", "va": "center"}
Rates = Mapping[str, Sequence[tuple[str, float]]]


def number(x: float, decimals: int = 3) -> str:
    return _pretty(fmt(float(x), decimals))


def circle(ax: Axes, place, text: str = "", colour: str = "black") -> None:
    ax.add_patch(Circle(place, RADIUS, facecolor="none", edgecolor=colour, linewidth=1.3))
    ax.text(*place, _pretty(text), fontsize=12 if len(text) < 4 else 9.5, **MIDDLE)


def arrow(ax: Axes, start, end, text: str = "", colour: str = QUIET, *, bend: float = 0.0) -> None:
    """From rim to rim of two circles, with a text above it; bent upwards where `bend` is below 0."""
    start, end = np.array(start, dtype=float), np.array(end, dtype=float)
    way = (end - start) / np.hypot(*(end - start))
    ax.add_patch(FancyArrowPatch(start + 1.12 * RADIUS * way, end - 1.12 * RADIUS * way, arrowstyle="-|>", mutation_scale=11,
                                 color=colour, linewidth=1.4, shrinkA=0, shrinkB=0,
                                 connectionstyle=f"arc3,rad={bend}"))  # fmt: skip
    across = np.array([-way[1], way[0]]) * (1 if way[0] >= 0 else -1)
    arc = 0.5 * bend * (np.hypot(*(end - start)) - 2.24 * RADIUS)
    steep = 1 + 0.6 * abs(across[0]) * (len(text) > 5)  # a long text beside a steep arrow needs more room
    at = start + 0.5 * (end - start) + (0.18 * steep - arc) * across
    ax.text(*at, text, color=BACKWARD, fontsize=10.5, **MIDDLE)


def frame(ax: Axes, places, pad=(0.45, 0.5)) -> None:
    """No axes, circles round, and room for what is written beside them."""
    (left, low), (right, high) = np.min(places, axis=0), np.max(places, axis=0)
    ax.set(xlim=(left - pad[0], right + pad[0]), ylim=(low - pad[1], high + pad[1]), aspect="equal")
    ax.set_axis_off()


# ---------------------------------------------------------------- one path


@_styled
def plot_chain(names: Sequence[str], rates: Sequence[float], *, values=None, nudge: float | None = None,
               backward: bool = False, ax: Axes | None = None) -> Axes:  # fmt: skip
    """A row of boxes, the rate of each link on its arrow.

    names     of the boxes, from the first to the last
    rates     one for each arrow
    values    what is in each box, or None
    nudge     a small change of the first, drawn below as a bar that each rate stretches; None: no bars
    backward  write into each box how fast the last one moves with it, the product of the rates from there on
    """
    lines = 1 + (values is not None) + backward
    ax = axes(5.4, 0.7 + 0.26 * lines + 0.9 * (nudge is not None), ax=ax)
    gap, high = 1.8, 0.28 * lines
    for k, name in enumerate(names):
        said = [(_pretty(name), "black")]
        if values is not None:
            said.append((number(values[k]), FORWARD))
        if backward:
            said.append((f"∂ {number(np.prod(rates[k:]))}", BACKWARD))
        ax.add_patch(
            FancyBboxPatch(
                (gap * k - 0.46, -high / 2), 0.92, high, "round,pad=0.06", facecolor="none", edgecolor="black"
            )
        )
        for i, (text, colour) in enumerate(said):
            ax.text(gap * k, (lines - 1) * 0.135 - 0.27 * i, text, color=colour, fontsize=11, **MIDDLE)
        if k:
            ax.add_patch(FancyArrowPatch((gap * (k - 1) + 0.56, 0), (gap * k - 0.56, 0), arrowstyle="-|>", mutation_scale=12,
                                         color=QUIET, shrinkA=0, shrinkB=0))  # fmt: skip
            ax.text(
                gap * (k - 0.5),
                0.2,
                f"{TIMES} {number(rates[k - 1])}",
                color=BACKWARD,
                fontsize=11,
                weight="bold",
                **MIDDLE,
            )
    low = -high / 2 - 0.15
    if nudge is not None:
        low = _nudges(ax, nudge * np.cumprod([1.0, *rates]), gap, low)
    ax.set(xlim=(-0.6, gap * (len(names) - 1) + 0.85), ylim=(low, high / 2 + 0.2), aspect="equal")
    ax.set_axis_off()
    return ax


def _nudges(ax: Axes, sizes: np.ndarray, gap: float, top: float) -> float:
    """Bars under the boxes, up for growing and down for shrinking; the lowest y that they need."""
    largest, middle = np.abs(sizes).max(), top - 0.95 if (sizes >= 0).all() else top - 0.75
    for k, size in enumerate(sizes):
        ax.add_patch(Rectangle((gap * k - 0.16, middle), 0.32, 0.7 * size / largest, color=FORWARD, linewidth=0))
        ax.text(gap * k + 0.24, middle + 0.35 * size / largest, number(size), color=FORWARD, fontsize=10.5, va="center")
    ax.plot([-0.4, gap * (len(sizes) - 1) + 0.7], [middle, middle], color=QUIET, linewidth=0.8)
    return middle - (0.1 if (sizes >= 0).all() else 0.8)


# ---------------------------------------------------------------- many paths


@_styled
def plot_rates(rates: Rates, places: Mapping, *, along: Sequence[str] = (), values: Mapping | None = None,
               ax: Axes | None = None) -> Axes:  # fmt: skip
    """A graph with the rate on each arrow.

    rates   {node: [(input, rate), ...]}
    places  {node: (x, y)}
    along   nodes of a path whose arrows stand out
    values  written under the nodes, or None
    """
    (left, low), (right, high) = np.min(list(places.values()), axis=0), np.max(list(places.values()), axis=0)
    ax = axes(0.92 * (right - left + 1), 0.92 * (high - low + 1.2), ax=ax)
    followed = set(pairwise(along))
    for name, inputs in rates.items():
        for parent, rate in inputs:
            colour = BACKWARD if (parent, name) in followed else QUIET
            arrow(ax, places[parent], places[name], f"{TIMES} {number(rate)}", colour)
    for name, place in places.items():
        circle(ax, place, name)
        if values and name in values:
            ax.text(place[0], place[1] - RADIUS - 0.15, number(values[name]), color=FORWARD, fontsize=10.5, **MIDDLE)
    frame(ax, list(places.values()))
    return ax


@_styled
def plot_orders(rates: Rates, places: Mapping, orders: Sequence[Sequence[str]]) -> Axes:
    """The backward pass in different orders: when each node is visited, what it sends back, and where all end up.

    rates   {node: [(input, rate), ...]}
    places  {node: (x, y)}
    orders  lists of the nodes that have inputs, each from the loss on
    """
    spots = list(places.values())
    (left, low), (right, high) = np.min(spots, axis=0), np.max(spots, axis=0)
    grid = panels(1, 0.95 * (right - left + 1.3), (high - low + 1.75) * len(orders), rows=len(orders))
    for ax, order in zip(grid, orders, strict=True):
        grads, sent = sweep(rates, order)
        for name, inputs in rates.items():
            for parent, rate in inputs:
                at_visit, much = sent[name, parent]
                arrow(
                    ax,
                    places[name],
                    places[parent],
                    f"{number(at_visit)} {TIMES} {number(rate)} = {number(much)}",
                    BACKWARD,
                )
        for name, (x, y) in places.items():
            circle(ax, (x, y), name)
            turn = f"visit {order.index(name) + 1}" if name in order else ""
            ax.text(x, y + RADIUS + 0.16, turn, fontsize=10.5, color=QUIET, **MIDDLE)
            had = sent[name, rates[name][0][0]][0] if name in order else grads[name]
            text = f"∂ {number(grads[name])}" if had == grads[name] else f"∂ {number(had)}, later {number(grads[name])}"
            ax.text(x, y - RADIUS - 0.18, text, color=BACKWARD, weight="bold", fontsize=11, **MIDDLE)
        ax.set_title(", then ".join(order), fontsize=11)
        frame(ax, spots, (0.55, 0.65))
    return grid[0]


def sweep(rates: Rates, order: Sequence[str]) -> tuple[dict[str, float], dict[tuple[str, str], tuple[float, float]]]:
    """The gradients when the nodes are visited in this order; for each edge (node, input) what the node had, and sent."""
    grads, sent = {order[0]: 1.0}, {}
    for name in order:
        for parent, rate in rates[name]:
            had = grads.get(name, 0.0)
            sent[name, parent] = had, had * rate
            grads[parent] = grads.get(parent, 0.0) + had * rate
    return grads, sent


@_styled
def plot_factored(first: Sequence[float], second: Sequence[float]) -> Axes:
    """Paths from x over v to L, drawn one by one and drawn together: both give the same, one with fewer products.

    first   the rates of the ways from x to v
    second  the rates of the ways from v to L
    """
    pairs = list(product(first, second))
    above, below = panels(1, 5.2, 4.9, rows=2, height_ratios=(2, 1))
    x, v, L = (0.0, 0.0), (3.2, 0.0), (6.4, 0.0)
    for k, (p, q) in enumerate(pairs):
        here = (3.2, 0.5 * ((len(pairs) - 1) / 2 - k))
        above.add_patch(Circle(here, 0.16, facecolor="none", edgecolor="black"))
        above.text(*here, "v", fontsize=8.5, **MIDDLE)
        for end, rate, way in ((x, p, -1), (L, q, 1)):
            line(above, here, end, 0.16, RADIUS)
            above.text(3.2 + way * 0.85, 0.74 * here[1] + 0.13, number(rate), color=BACKWARD, fontsize=10, **MIDDLE)
    for start, end, these in ((x, v, first), (v, L, second)):
        for k, rate in enumerate(these):
            arrow(below, start, end, number(rate), bend=0.32 * (k - (len(these) - 1) / 2))
    sums = [" + ".join(map(number, these)) for these in (first, second)]
    titles = (f"path by path: {len(pairs)} products, which add up to {number(sum(p * q for p, q in pairs))}",
              f"together: ({sums[0]}) · ({sums[1]}) = {number(sum(first) * sum(second))}, one product")  # fmt: skip
    for ax, title in zip((above, below), titles, strict=True):
        for place, name in ((x, "x"), (L, "L"), *([(v, "v")] if ax is below else [])):
            circle(ax, place, name)
        ax.set_title(title, fontsize=11)
    frame(above, [x, L], (0.4, 0.25 * len(pairs)))
    frame(below, [x, L], (0.4, 1.0))
    return above


def line(ax: Axes, start, end, before: float, after: float, **style) -> None:
    """From rim to rim, since circles are see-through; `before` and `after` are their radii."""
    start, end = np.array(start, dtype=float), np.array(end, dtype=float)
    way = (end - start) / np.hypot(*(end - start))
    ax.plot(*zip(start + before * way, end - after * way, strict=True), **{"color": QUIET, "linewidth": 1.1} | style)


@_styled
def plot_layered(sizes: Sequence[int], at: tuple[int, int], *, ax: Axes | None = None) -> Axes:
    """Layers in which every node feeds every node of the next; what leads into one node, and what leads on from it.

    sizes  nodes in each layer, from left to right; the last layer is the loss, called L if it has one node
    at     (layer, which), both from 0: the node called v
    """
    ax = axes(5.4, 0.55 * max(sizes) + 0.3, ax=ax)
    places = [[(1.9 * k, (n - 1) / 2 - i) for i in range(n)] for k, n in enumerate(sizes)]
    for k, (here, after) in enumerate(pairwise(places)):
        for (i, start), (j, end) in product(enumerate(here), enumerate(after)):
            ahead = (k, i) == at or k > at[0]
            into = (k + 1, j) == at or k + 1 < at[0]
            colour = BACKWARD if ahead else FORWARD if into else QUIET
            strong = {"linewidth": 1.6} if ahead or into else {"linewidth": 0.6, "linestyle": ":"}
            line(ax, start, end, 0.2, 0.2, color=colour, **strong)
    for k, layer in enumerate(places):
        for i, place in enumerate(layer):
            ax.add_patch(Circle(place, 0.2, facecolor="none", edgecolor="black", linewidth=1.2))
            name = "v" if (k, i) == at else "L" if len(layer) == 1 and k == len(sizes) - 1 else ""
            ax.text(*place, name, fontsize=11, **MIDDLE)
    frame(ax, [place for layer in places for place in layer], (0.3, 0.3))
    return ax


@_styled
def plot_gates(gates: Mapping[str, str], a: float, b: float, upstream: float) -> Axes:
    """What one operation of two numbers passes back to each: values above the wires, gradients below.

    gates     {operation of `Value` ("+", "*", "max"): what to write above it}
    a, b      what goes in
    upstream  the gradient that arrives from the loss's side
    """
    grid = panels(len(gates), 1.85 * len(gates), 2.0)
    for ax, (op, title) in zip(grid, gates.items(), strict=True):
        value, rates = RULES[op](float(a), float(b))
        middle = (1.7, 0.0)
        wires = (((0.0, 0.9), middle, a, upstream * rates[0]), ((0.0, -0.9), middle, b, upstream * rates[1]),
                 (middle, (3.2, 0.0), value, upstream))  # fmt: skip
        for start, end, forward, back in wires:
            line(ax, start, end, 0.36 * (start == middle), 0.36 * (end == middle), linewidth=1.3)
            x = 0.3 if start[0] == 0 else 2.65
            y = start[1] + (end[1] - start[1]) * (x - start[0]) / (end[0] - start[0])
            ax.text(x, y + 0.29, number(forward), color=FORWARD, weight="bold", fontsize=11.5, **MIDDLE)
            ax.text(x, y - (0.4 if start[1] > 0 else 0.3), f"∂ {number(back)}", color=BACKWARD, fontsize=11.5, **MIDDLE)
        ax.add_patch(Circle(middle, 0.36, facecolor="none", edgecolor="black", linewidth=1.3))
        ax.text(*middle, {"*": TIMES}.get(op, op), fontsize=13 if len(op) == 1 else 10, **MIDDLE)
        ax.set_title(title, fontsize=12)
        frame(ax, [(0, -0.9), (3.2, 0.9)], (0.2, 0.45))
    return grid[0]


# ---------------------------------------------------------------- a network that reads


@_styled
def plot_reading(image, layers: Sequence, chances, target: int | None = None, *, ax: Axes | None = None) -> Axes:
    """A picture, the network that reads it, and a bar for each answer.

    image    (height, width), drawn dark on white; a few of its pixels become the first column
    layers   what comes out of each hidden layer's neurons: filled if it is above 0, the more the darker
    chances  one for each answer, between 0 and 1
    target   the right answer, whose number is set bold
    """
    image, chances = np.asarray(image, dtype=float), np.asarray(chances, dtype=float)
    ax = axes(6.2, 3.7, ax=ax)
    few = image.ravel()[np.linspace(0, image.size - 1, 13).round().astype(int)]
    columns = [few / (np.abs(image).max() or 1), *(np.asarray(a, float) / (np.max(a) or 1) for a in layers), chances]
    places = [[(3.0 + 1.75 * k, 5.4 * ((len(c) - 1) / 2 - i) / max(map(len, columns))) for i in range(len(c))]
              for k, c in enumerate(columns)]  # fmt: skip
    for here, after, values in zip(places, places[1:], columns, strict=False):
        for sends, colour, width in ((False, QUIET, 0.25), (True, FORWARD, 0.45)):
            starts = [place for place, v in zip(here, values, strict=True) if (v > 0) == sends]
            _bundle(ax, list(product(starts, after)), color=colour, linewidth=width, alpha=0.6, zorder=0)
    for spots, values in zip(places, columns, strict=True):
        fills = [(*to_rgb(FORWARD), round(float(v), 2)) for v in np.clip(values, 0, 1)]
        ax.scatter(*zip(*spots, strict=True), s=70, c=fills, edgecolors="none")
        ax.scatter(*zip(*spots, strict=True), s=70, facecolors="none", edgecolors=FORWARD, linewidths=0.9)
    ax.imshow(image, cmap="Greys", extent=(0, 2.3, -1.15, 1.15), interpolation="nearest")
    for answer, ((x, y), chance) in enumerate(zip(places[-1], chances, strict=True)):
        ax.text(x + 0.35, y, str(answer), weight="bold" if answer == target else "normal", fontsize=11, **MIDDLE)
        ax.add_patch(
            Rectangle((x + 0.58, y - 0.12), max(round(1.5 * chance, 3), 0.012), 0.24, color=FORWARD, linewidth=0)
        )
    for answer in {int(chances.argmax()), target} - {None}:
        x, y = places[-1][answer]
        ax.text(x + 0.66 + 1.5 * round(chances[answer], 3), y, f"{chances[answer]:.1%}", fontsize=10.5, va="center")
    _count(ax, [image.size, *map(len, columns[1:])], places)
    ax.set(xlim=(-0.1, places[-1][0][0] + 2.85), ylim=(-3.25, 2.85), aspect="equal")
    ax.set_axis_off()
    return ax


def _bundle(ax: Axes, lines: Sequence, gap: float = 0.15, **style) -> None:
    """Many lines from rim to rim as one path: hundreds of their own would make the page heavy."""
    ends = []
    for start, end in np.array(lines, dtype=float).reshape(-1, 2, 2):
        way = gap * (end - start) / np.hypot(*(end - start))
        ends += [start + way, end - way]
    if ends:
        ax.add_patch(PathPatch(Path(ends, [Path.MOVETO, Path.LINETO] * (len(ends) // 2)), fill=False, **style))


def _count(ax: Axes, sizes: Sequence[int], places) -> None:
    words = ["pixels", *["neurons"] * (len(sizes) - 2), "answers"]
    for n, word, ((x, _), *_) in zip(sizes, words, places, strict=True):
        ax.text(x, -3.0, f"{n} {word}", fontsize=10.5, color=QUIET, **MIDDLE)
