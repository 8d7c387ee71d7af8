"""Where other engines keep what a backward pass needs: boxes for tensors, what is kept and what is passed on, cuts and copies.

Values are blue, gradients orange. Each `plot_...` takes values and returns axes (of several the first).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from .graphs import MIDDLE, TIMES, frame, number
from .plots import BACKWARD, FORWARD, QUIET, _pretty, _styled, axes, panels


def _box(
    ax: Axes, place, lines: Sequence[tuple[str, str]], *, edge: str = "black", dashed: bool = False, wide: float = 0.95
) -> None:
    """A box with lines of text, each in its colour; the first one is its name."""
    x, y = place
    high = 0.3 * len(lines) + 0.12
    ax.add_patch(FancyBboxPatch((x - wide / 2, y - high / 2), wide, high, boxstyle="round,pad=0.02,rounding_size=0.08",
                                facecolor="none", edgecolor=edge, linewidth=1.4, linestyle="--" if dashed else "-"))  # fmt: skip
    for k, (text, colour) in enumerate(lines):
        ax.text(x, y + 0.15 * (len(lines) - 1) - 0.3 * k, _pretty(text), color=colour, fontsize=10.5,
                weight="bold" if k == 0 else "normal", **MIDDLE)  # fmt: skip


def _arrow(ax: Axes, start, end, colour: str = QUIET, *, bend: float = 0.0) -> None:
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, color=colour, linewidth=1.4,
                                 shrinkA=0, shrinkB=0, connectionstyle=f"arc3,rad={bend}"))  # fmt: skip


def _rows(gradient) -> list[str]:
    """An array, a line for each row."""
    return [f"({', '.join(number(x, 2) for x in row)})" for row in np.atleast_2d(gradient)]


# ---------------------------------------------------------------- who keeps a gradient

WAY = {"X": (0, 0), "Z1": (1.35, 0), "A1": (2.45, 0), "Z2": (3.8, 0), "L": (5.05, 0), "T": (5.05, -1.3)}
LEAVES = {"W1": (0.75, 1.4), "b1": (1.35, -1.3), "W2": (3.15, 1.4), "b2": (3.8, -1.3)}
INTO = (("X", "Z1"), ("W1", "Z1"), ("b1", "Z1"), ("Z1", "A1"), ("A1", "Z2"), ("W2", "Z2"), ("b2", "Z2"), ("Z2", "L"), ("T", "L"))  # fmt: skip


@_styled
def plot_leaves(gradients: Mapping[str, Sequence], loss: float) -> Axes:
    """A network of two layers as boxes: its four parameters with their gradients, what is on the way, and the data.

    gradients   {"W1": [[...], ...], "b1": [...], "W2": ..., "b2": ...}
    """
    ax = axes(5.6, 3.4)
    half = {"X": 0.2, "Z1": 0.28, "A1": 0.28, "Z2": 0.28, "L": 0.36, "T": 0.2}
    for name, (x, y) in WAY.items():
        data = name in "XT"
        lines = [(name, QUIET if data else "black"), *([(number(loss), FORWARD)] if name == "L" else [])]
        _box(ax, (x, y), lines, edge=lines[0][1], dashed=name in ("Z1", "A1", "Z2"), wide=2 * half[name])
    for name, (x, y) in LEAVES.items():
        wide = 1.62 if name.startswith("W") else 1.4
        lines = [(f"∂ {row}", BACKWARD) for row in _rows(gradients[name])]
        _box(ax, (x, y), [(name, "black"), *lines], edge=BACKWARD, wide=wide)
    places = WAY | LEAVES
    for start, end in INTO:
        (x, y), (u, v) = places[start], places[end]
        if y == v:
            _arrow(ax, (x + half[start] + 0.05, y), (u - half[end] - 0.05, v))
        else:
            up = 1 if y > v else -1
            reach = 0.55 if start.startswith("W") else 0.4 if start != "T" else 0.25
            _arrow(
                ax, (x + (u - x) * 0.35, y - up * reach), (u - (u - x) * 0.15, v + up * (0.42 if end == "L" else 0.28))
            )
    frame(ax, [(0, -1.3), (5.05, 1.4)], (0.45, 0.6))
    return ax


# ---------------------------------------------------------------- where the recipe is


@_styled
def plot_homes() -> Axes:
    """w, z = 3 w and L = z^2 in three frameworks: what knows how they were made."""
    found = panels(3, 6.2, 2.5)
    for ax, title in zip(found, ("PyTorch", "TensorFlow", "JAX"), strict=True):
        ax.text(0.75, 2.85, title, fontsize=12, weight="bold", **MIDDLE)
        ax.set(xlim=(-0.75, 2.25), ylim=(-0.35, 3.05), aspect="equal")
        ax.set_axis_off()
    torch, tape, jax = found
    for k, name in enumerate(("w", "z", "L")):
        _box(torch, (0.75, 2.2 - 1.1 * k), [(name, "black")], wide=0.6)
        _box(tape, (-0.1, 2.2 - 1.1 * k), [(name, "black")], wide=0.6)
    for k, rule in enumerate(("3 w", "z²")):
        _arrow(torch, (0.75, 1.32 - 1.1 * k), (0.75, 1.98 - 1.1 * k), BACKWARD)
        torch.text(0.9, 1.65 - 1.1 * k, f"from {rule}", color=BACKWARD, fontsize=9.5, ha="left", va="center")
    _box(tape, (1.35, 1.1), [("tape", "black"), ("z = 3 w", BACKWARD), ("L = z²", BACKWARD)], edge=BACKWARD, wide=1.3)
    _box(jax, (0.75, 2.2), [("f(w)", "black")], wide=1.0)
    _arrow(jax, (0.75, 1.98), (0.75, 1.52))
    _box(jax, (0.75, 0.75), [("grad(f)(w)", "black"), ("z = 3 w", BACKWARD), ("L = z²", BACKWARD), ("then forgotten", QUIET)],
         edge=BACKWARD, wide=2.1)  # fmt: skip
    return torch


# ---------------------------------------------------------------- adding up, cutting, writing over


@_styled
def plot_passes(parts: Sequence[float]) -> Axes:
    """What a leaf holds after each of several passes that nobody reset, as bars made of their parts."""
    ax = axes(6.2, 0.5 * len(parts) + 0.8)
    for row in range(len(parts)):
        for k in range(row + 1):
            ax.barh(-row, parts[k], 0.62, sum(parts[:k]), color=BACKWARD, alpha=0.35, edgecolor=BACKWARD)
            ax.text(sum(parts[:k]) + parts[k] / 2, -row, number(parts[k]), fontsize=10.5, **MIDDLE)
        ax.text(sum(parts[: row + 1]) + 2, -row, f"∂ {number(sum(parts[: row + 1]))}", color=BACKWARD, weight="bold",
                fontsize=11, ha="left", va="center")  # fmt: skip
    ax.axvline(parts[0], color=QUIET, linestyle=":", linewidth=1.4)
    names = [f"after {k} pass{'es' if k > 1 else ''}" for k in range(1, len(parts) + 1)]
    ax.set(
        yticks=[-row for row in range(len(parts))], yticklabels=names, xlim=(0, 1.2 * sum(parts)), xticks=[0, parts[0]]
    )
    ax.set_xlabel("w.grad")
    return ax


@_styled
def plot_cut(w: float, factor: float) -> Axes:
    """L = z z.detach() with z = factor w: two edges forward, one on the way back."""
    ax = axes(5.4, 2.2)
    z = factor * w
    boxes = {"w": (0.0, w, factor * z), "z": (1.9, z, z), "L": (4.6, z * z, 1.0)}
    for name, (x, value, gradient) in boxes.items():
        _box(ax, (x, 0), [(name, "black"), (number(value), FORWARD), (f"∂ {number(gradient)}", BACKWARD)], wide=0.9)
    _arrow(ax, (0.5, 0), (1.4, 0))
    ax.text(0.95, 0.2, f"{TIMES} {number(factor)}", color=BACKWARD, fontsize=10.5, **MIDDLE)
    for side in (1, -1):
        _arrow(ax, (2.4, 0.3 * side), (4.1, 0.3 * side), bend=-0.25 * side)
        words = f"z = {number(z)}" if side > 0 else f"z.detach() = {number(z)}"
        ax.text(3.25, 0.76 * side, words, color=FORWARD, fontsize=10.5, **MIDDLE)
        for dx in (-0.06, 0.06) if side < 0 else ():
            ax.plot([3.19 + dx, 3.31 + dx], [-0.63, -0.39], color=BACKWARD, linewidth=2)
    ax.text(3.25, 0.24, f"∂ {number(z)} comes back", color=BACKWARD, fontsize=10, **MIDDLE)
    ax.text(3.25, -0.18, "nothing comes back", color=QUIET, fontsize=10, **MIDDLE)
    frame(ax, [(0, -0.6), (4.6, 0.6)], (0.55, 0.35))
    return ax


@_styled
def plot_versions(values: Sequence[float], change: float) -> Axes:
    """A number that is written over between the two passes: what the product kept, and what it finds."""
    ax = axes(5.6, 2.5)
    before, after = (", ".join(number(x + d) for x in values) for d in (0, change))
    _box(ax, (0.0, 0.65), [("y", "black"), (before, FORWARD), ("version 0", QUIET)], wide=1.1)
    _box(ax, (0.0, -0.75), [("y += " + number(change), "black"), (after, FORWARD), ("version 1", QUIET)], wide=1.1)
    _box(ax, (2.5, 0.65), [("y · y", "black"), ("needs version 0", QUIET)], wide=1.75)
    _box(ax, (4.75, 0.65), [("L", "black")], wide=0.5)
    _arrow(ax, (0.6, 0.65), (1.58, 0.65))
    _arrow(ax, (3.42, 0.65), (4.45, 0.65))
    _arrow(ax, (0.0, 0.1), (0.0, -0.2))
    _arrow(ax, (4.75, 0.4), (3.45, -0.75), BACKWARD, bend=-0.35)
    _box(ax, (2.5, -0.75), [("backward", BACKWARD), ("finds version 1", BACKWARD)], edge=BACKWARD, wide=1.75)
    _arrow(ax, (1.58, -0.75), (0.62, -0.75), BACKWARD)
    frame(ax, [(0, -0.9), (4.75, 0.8)], (0.6, 0.4))
    return ax
