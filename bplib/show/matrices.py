"""Layers as drawings: neurons with their numbers, products of matrices as blocks, a Jacobian as an image.

As everywhere in the book, blue runs forward and orange backward; a matrix whose name begins with d is a gradient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch, Rectangle

from ..engine.trace_table import fmt
from .plots import BACKWARD, FORWARD, QUIET, _numbers, _pretty, _styled, axes

RADIUS = 0.42  # of a neuron, in inches
TIMES, EQUALS, UNEQUAL = "\N{MULTIPLICATION SIGN}", "=", "\N{NOT EQUAL TO}"


def _number(value: float, decimals: int) -> str:
    return _pretty(fmt(round(float(value), 9) + 0.0, decimals))  # 0.4 - 0.4 is 0, and not 2.7e-17


def _named(ax: Axes, x: float, y: float, name: str, **style) -> None:
    """A name with its index below the line: z_p as z and a small p, plain text that any font can set."""
    letter, _, index = name.partition("_")
    style = {"fontsize": 12, "color": QUIET} | style
    if not index:
        ax.text(x, y, letter, ha="center", va="baseline", **style)
        return
    ax.text(x, y, letter, ha="right", va="baseline", **style)
    ax.annotate(index, (x, y), (0.5, -3), textcoords="offset points", va="baseline", **style | {"fontsize": 9})


# ---------------------------------------------------------------- neurons one by one


@_styled
def plot_units(units: Mapping, links: Mapping, *, returns: Mapping | None = None, groups: Mapping | None = None,
               ax: Axes | None = None) -> Axes:  # fmt: skip
    """Numbers in circles, joined by lines: each with its value (blue) and, if there is one, its gradient (orange, after ∂).

    units      {"z_p": (x, y, value, gradient or None), ...}; x and y in inches
    links      {("x", "z_p"): "−0.4", ...}: a line, and what stands on it (a weight, say; "" for nothing)
    returns    {("z_p", "x"): "−0.387", ...}: orange arrows, beside the lines, for what comes back
    groups     {"neuron p": ("z_p", "a_p"), ...}: a frame around these, with its name
    """
    spots = {name: np.array(unit[:2], dtype=float) for name, unit in units.items()}
    low, high = np.min(list(spots.values()), axis=0) - 0.6, np.max(list(spots.values()), axis=0) + np.array((0.6, 0.85))
    ax = axes(*(high - low), ax=ax)
    for name, members in (groups or {}).items():
        _frame(ax, name, [spots[member] for member in members])
    for (start, end), text in links.items():
        _link(
            ax, spots[start], spots[end], text, FORWARD if returns is None else QUIET, side=1 if returns is None else -1
        )
    for (start, end), text in (returns or {}).items():
        _link(ax, spots[start], spots[end], text, BACKWARD, bend=0.22)
    for name, (x, y, value, grad) in units.items():
        ax.add_patch(Circle((x, y), RADIUS, facecolor="none", edgecolor="black", linewidth=1.2))
        _named(ax, x, y + RADIUS + 0.08, name)
        style = {"fontsize": 11, "ha": "center", "va": "center"}
        if value is not None:
            ax.text(x, y + (0 if grad is None else 0.13), _number(value, 3), color=FORWARD, weight="bold", **style)
        if grad is not None:
            ax.text(x, y - (0 if value is None else 0.15), f"∂ {_number(grad, 3)}", color=BACKWARD, **style)
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
    ax.set_axis_off()
    return ax


def _frame(ax: Axes, name: str, spots: Sequence) -> None:
    low, high = np.min(spots, axis=0) - (0.48, 0.5), np.max(spots, axis=0) + np.array((0.48, 0.78))
    ax.add_patch(
        FancyBboxPatch(low, *(high - low), "round,pad=0.02", facecolor="none", edgecolor=QUIET, linestyle="--")
    )
    ax.text(high[0], high[1] + 0.06, name, color=QUIET, fontsize=10, ha="right", va="bottom")


def _link(ax: Axes, start, end, text: str, colour: str, bend: float = 0.0, side: int = 1) -> None:
    """An arrow from rim to rim; what stands on it is above its middle (side 1) or below it (-1), or where it bends to."""
    way = (end - start) / np.hypot(*(end - start))
    aside = np.array((way[1], -way[0]))
    ax.add_patch(FancyArrowPatch(start + (RADIUS + 0.03) * way + 0.3 * bend * aside, end - (RADIUS + 0.03) * way + 0.3 * bend * aside,
                                 connectionstyle=f"arc3,rad={bend}", arrowstyle="-|>", mutation_scale=10,
                                 color=colour, linewidth=1.4, shrinkA=0, shrinkB=0))  # fmt: skip
    if text:
        off = np.array((0.0, 0.15 * side)) if not bend else (0.5 * bend * np.hypot(*(end - start)) + 0.12) * aside
        ax.text(*((start + end) / 2 + off), text, color=colour, fontsize=11, ha="center", va="center")


# ---------------------------------------------------------------- matrices as blocks


def _colour(name: str) -> str:
    return BACKWARD if name.startswith("d") else FORWARD


def _block(ax: Axes, x: float, matrix: np.ndarray, name: str, cell: float, shaded: set) -> float:
    """A matrix as a grid that begins at x and is centred on y = 0, its numbers inside. Returns where it ends."""
    m, n = matrix.shape
    top = m * cell / 2
    for i, j in np.ndindex(m, n):
        corner = (x + j * cell, top - (i + 1) * cell)
        fill = {"facecolor": _colour(name), "alpha": 0.22} if (i, j) in shaded else {"facecolor": "none"}
        ax.add_patch(Rectangle(corner, cell, cell, linewidth=0, **fill))
        ax.add_patch(Rectangle(corner, cell, cell, facecolor="none", edgecolor=_colour(name), linewidth=0.8))
        ax.text(
            corner[0] + cell / 2, corner[1] + cell / 2, _number(matrix[i, j], 2), fontsize=9, ha="center", va="center"
        )
    style = {"color": _colour(name), "fontsize": 11, "weight": "bold", "ha": "center", "va": "bottom"}
    ax.text(x + n * cell / 2, top + 0.1, _pretty(name), **style)
    ax.text(x + n * cell / 2, -top - 0.12, f"{m} {TIMES} {n}", color=QUIET, fontsize=10, ha="center", va="top")
    return x + n * cell


@_styled
def plot_product(left, right, names: Sequence[str], *, at: tuple[int, int] | None = None, rows: Sequence[str] = (),
                 ax: Axes | None = None) -> Axes:  # fmt: skip
    """A product of two matrices with their numbers, and the row and the column that make one entry of it.

    left, right    (m, k) and (k, n)
    names          of the three matrices, such as ("X", "W1", "X W1")
    at             (i, j): this entry of the product, row i of the left and column j of the right are shaded
    rows           what the rows of the left one are, such as ("example 1", "example 2")
    """
    left, right = _numbers("the left matrix", left, None, None), _numbers("the right matrix", right, None, None)
    if left.shape[1] != right.shape[0]:
        raise ValueError(f"a product wants inner sizes that agree, got {left.shape} and {right.shape}")
    whole, cell = left @ right, 0.5
    (m, k), n = left.shape, right.shape[1]
    i, j = at or (-1, -1)
    shaded = [{(i, c) for c in range(k)}, {(r, j) for r in range(k)}, {at}]
    start = 0.95 if rows else 0.1
    height = max(m, k) * cell + 0.8
    ax = axes(start + (2 * n + k) * cell + 1.3, height, ax=ax)
    for r, name in enumerate(rows):
        ax.text(start - 0.12, (m / 2 - r - 0.5) * cell, name, color=QUIET, fontsize=10, ha="right", va="center")
    x = start
    for matrix, name, sign, marked in zip((left, right, whole), names, (TIMES, EQUALS, ""), shaded, strict=True):
        x = _block(ax, x, matrix, name, cell, marked)
        ax.text(x + 0.25, 0, sign, fontsize=13, ha="center", va="center")
        x += 0.5
    ax.set(xlim=(0, x - 0.3), ylim=(-height / 2, height / 2), aspect="equal")
    ax.set_axis_off()
    return ax


@_styled
def plot_shapes(products: Sequence, *, ax: Axes | None = None) -> Axes:
    """Products of matrices by their shapes alone, one below the other: do the inner sizes meet, and what comes out?

    products    [(name, (m, k), name, (k, n)), ...]; where the inner sizes differ, the drawing says that nothing comes out
    """
    cell, y = 0.17, 0.0
    across = max(a[1] + b[1] + b[1] for _, a, _, b in products) * cell + 1.9
    rows = [max(a[0], b[0]) * cell + 0.7 for _, a, _, b in products]
    ax = axes(across, sum(rows), ax=ax)
    for height, (left, a, right, b) in zip(rows, products, strict=True):
        y -= height / 2
        x = _outline(ax, 0.1, y, left, a, cell) + 0.3
        fits = a[1] == b[0]
        ax.text(x - 0.15, y, TIMES, fontsize=13, ha="center", va="center")
        x = _outline(ax, x, y, right, b, cell) + 0.45
        if fits:
            ax.text(x - 0.22, y, EQUALS, fontsize=13, ha="center", va="center")
            _outline(ax, x, y, "", (a[0], b[1]), cell)
        else:
            ax.text(x - 0.15, y, f"{a[1]} {UNEQUAL} {b[0]}: no product", fontsize=10, va="center")
        y -= height / 2
    ax.set(xlim=(0, across), ylim=(y, 0), aspect="equal")
    ax.set_axis_off()
    return ax


def _outline(ax: Axes, x: float, y: float, name: str, shape: tuple[int, int], cell: float) -> float:
    """An empty grid of this shape around (x, y). Returns where it ends."""
    m, n = shape
    colour = _colour(name) if name else BACKWARD
    for i, j in np.ndindex(m, n):
        ax.add_patch(
            Rectangle(
                (x + j * cell, y + (m / 2 - i - 1) * cell),
                cell,
                cell,
                facecolor="none",
                edgecolor=colour,
                linewidth=0.8,
            )
        )
    middle = x + n * cell / 2
    ax.text(
        middle,
        y + m * cell / 2 + 0.06,
        _pretty(name),
        color=colour,
        fontsize=10,
        weight="bold",
        ha="center",
        va="bottom",
    )
    ax.text(middle, y - m * cell / 2 - 0.06, f"{m} {TIMES} {n}", color=QUIET, fontsize=9, ha="center", va="top")
    return x + n * cell


# ---------------------------------------------------------------- a Jacobian as an image


@_styled
def plot_jacobian(
    J, blocks: tuple[int, int], *, rows: Sequence[str], columns: Sequence[str], ax: Axes | None = None
) -> Axes:
    """A Jacobian as an image: shaded where a slope is not 0 (darker for larger ones), empty where it is.

    J          (outputs, inputs); its numbers are written in, and only a point where there is a 0
    blocks     (rows, columns) of one block: heavier lines stand between blocks
    rows       the names of the outputs, as many as rows, and columns those of the inputs
    """
    J = _numbers("a Jacobian", J, len(rows), len(columns))
    m, n = J.shape
    ax = axes(0.5 * n + 0.9, 0.46 * m + 0.7, ax=ax)
    largest = np.abs(J).max() or 1.0
    for i, j in np.ndindex(m, n):
        if J[i, j]:
            ax.add_patch(
                Rectangle(
                    (j, m - 1 - i), 1, 1, facecolor=FORWARD, linewidth=0, alpha=0.12 + 0.3 * abs(J[i, j]) / largest
                )
            )
        ax.text(j + 0.5, m - 0.5 - i, _number(J[i, j], 2) if J[i, j] else "·", fontsize=9, ha="center", va="center",
                color="black" if J[i, j] else QUIET)  # fmt: skip
    for lines, step, length, along in ((m, blocks[0], n, ax.hlines), (n, blocks[1], m, ax.vlines)):
        for k in range(lines + 1):
            along(k if along == ax.vlines else m - k, 0, length, color=QUIET, linewidth=1.6 if k % step == 0 else 0.4)
    for i, name in enumerate(rows):
        ax.text(-0.15, m - 0.5 - i, _pretty(name), color=QUIET, fontsize=9, ha="right", va="center")
    for j, name in enumerate(columns):
        ax.text(j + 0.5, m + 0.15, _pretty(name), color=QUIET, fontsize=9, ha="center", va="bottom")
    ax.set(xlim=(-0.9, n + 0.05), ylim=(-0.05, m + 0.6))
    ax.set_axis_off()
    return ax
