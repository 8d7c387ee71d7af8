"""Many starts of one small network as a picture: which of them learn, at which rates, and what the others cannot tell apart.

Each `plot_...` takes values and returns axes; those that have several panels return them in a list. `results` are the
stored trainings of chapter 12.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path as Outline

from .plots import _LINES, _MARKS, BACKWARD, FORWARD, QUIET, _colour, _numbers, _styled, axes, panels

RESULTS = Path(__file__).resolve().parent.parent / "nn" / "datasets" / "xor.json"
COLUMNS, CELL = 20, 0.8  # cells in a row; the side of one, where its place has 1
CASES = ("(0, 0)", "(0, 1)", "(1, 0)", "(1, 1)")


def results() -> dict:
    """What tools/make_xor.py wrote: from how many starts each program, and each wrong backward pass, learns XOR."""
    return json.loads(RESULTS.read_text("utf8"))


def best(rows: dict, steps: int) -> tuple[str, int]:
    """The rate at which most starts are solved after so many steps, and how many they are."""
    rate = max(rows, key=lambda rate: rows[rate][str(steps)])
    return rate, rows[rate][str(steps)]


def _squares(places: np.ndarray, **style) -> PathPatch:
    """Squares around these places, as one shape: two hundred shapes would make a page slow."""
    h = CELL / 2
    corner = np.array([(-h, -h), (h, -h), (h, h), (-h, h), (-h, -h)])
    vertices = (places[:, None] + corner).reshape(-1, 2)
    codes = [Outline.MOVETO, *[Outline.LINETO] * 3, Outline.CLOSEPOLY] * len(places)
    return PathPatch(Outline(vertices, codes), **style)


@_styled
def plot_starts(grids: dict, *, at: list[Axes] | None = None, rows: int = 1) -> list[Axes]:
    """A cell for each start, in rows of 20, for each name: filled where it is solved, empty where it is not.

    grids    {name: truth values (starts,)}
    rows     of panels
    """
    columns = -(-len(grids) // rows)
    high = max(-(-len(found) // COLUMNS) for found in grids.values())
    at = at or panels(columns, 3.9 * columns, (3.7 * high / COLUMNS + 0.35) * rows, rows=rows)
    for ax in at[len(grids) :]:
        ax.set_axis_off()
    for ax, (name, found) in zip(at, grids.items(), strict=False):
        found = np.asarray(found, dtype=bool)
        k = np.arange(len(found))
        places = np.column_stack([k % COLUMNS, -(k // COLUMNS)])
        for which, style in ((found, {"facecolor": FORWARD}), (~found, {"facecolor": "none"})):
            if which.any():
                ax.add_patch(
                    _squares(places[which], edgecolor=FORWARD if which is found else QUIET, linewidth=0.7, **style)
                )
        ax.set(xlim=(-0.7, COLUMNS - 0.3), ylim=(-high + 0.3, 0.7), aspect="equal")
        ax.set_axis_off()
        ax.set_title(f"{name}: {found.sum()} of {len(found)}", fontsize=11)
    return at


@_styled
def plot_solved(curves: dict, *, starts: int = 200, mark: float | None = None, ax: Axes | None = None) -> Axes:
    """How many starts are solved at each learning rate.

    curves    {name: {rate: how many}}
    mark      a rate at which a line is drawn: where they were compared
    """
    ax = axes(6.4, 3.4, ax=ax)
    for i, (name, rows) in enumerate(curves.items()):
        ax.plot([float(rate) for rate in rows], list(rows.values()), color=_colour(FORWARD, i), linestyle=_LINES[i],
                marker=_MARKS[i], label=name)  # fmt: skip
    if mark:
        ax.axvline(mark, color=QUIET, linewidth=1)
    ax.set(xscale="log", ylim=(0, starts), xlabel="learning rate", ylabel=f"starts solved, of {starts}")
    ax.xaxis.set_major_formatter("{x:g}")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2)
    return ax


@_styled
def plot_hidden(networks: dict, targets, *, at: list[Axes] | None = None) -> list[Axes]:
    """Where the four cases lie in the plane of the two hidden activations, and the line on which the output is a half.

    networks    {name: (activations (4, 2), weights (2,) and bias of the output)}
    targets     of the four cases: full circles for 1, empty ones for 0
    """
    at = at or panels(len(networks), 2.7 * len(networks), 3.1)
    targets = np.ravel(targets)
    for ax, (name, (A, v, c)) in zip(at, networks.items(), strict=True):
        A, v, c = _numbers(f"activations of {name}", A, 4, 2), np.ravel(v), float(np.ravel(c)[0])
        x = np.array([-0.35, 1.35])
        ends = (x, -(c + v[0] * x) / v[1]) if abs(v[1]) > abs(v[0]) else (-(c + v[1] * x) / v[0], x)
        ax.plot(*ends, color=QUIET, linewidth=1.2, linestyle="--")
        for k, (spot, target) in enumerate(zip(A, targets, strict=True)):
            # The later of two circles in one place is smaller, so that both are seen.
            size = 230 - 55 * sum(np.hypot(*(spot - other)) < 0.08 for other in A[:k])
            rim = FORWARD if target or size == 230 else "white"  # or an empty circle on a full one is not seen
            face = FORWARD if target else "none"
            ax.scatter(*spot, s=size, facecolors=face, edgecolors=rim, linewidths=1.8, zorder=3)
        _say_cases(ax, A, v, c)
        ax.set(xlim=(-0.42, 1.42), ylim=(-0.42, 1.42), xticks=(0, 1), yticks=(0, 1), aspect="equal", title=name,
               xlabel="first hidden activation", ylabel="second" if ax is at[0] else "")  # fmt: skip
    return at


def _say_cases(ax: Axes, A: np.ndarray, v: np.ndarray, c: float) -> None:
    """The names of the cases, those of one place together, towards the middle of the plane unless its line is there."""
    left = list(range(len(A)))
    while left:
        here = [k for k in left if np.hypot(*(A[k] - A[left[0]])) < 0.08]
        left = [k for k in left if k not in here]
        x, y = A[here].mean(axis=0)
        right, up = x > 0.5, y > 0.5
        middle = np.array((x - 0.25 if right else x + 0.25, y - 0.17 if up else y + 0.17))  # of the name
        if abs(middle @ v + c) < 0.2 * np.hypot(*v):
            up = not up
        ax.annotate("\n".join(CASES[k] for k in here), (x, y), (-11 if right else 11, -7 if up else 7),
                    textcoords="offset points", ha="right" if right else "left", va="top" if up else "bottom",
                    fontsize=10)  # fmt: skip


@_styled
def plot_counts(
    counts: dict, *, starts: int = 200, enough: int = 0, others: str = BACKWARD, ax: Axes | None = None
) -> Axes:
    """A bar for each name: how many starts are solved. The first is what the others are compared with.

    counts    {name: how many}
    enough    a count at which a line is drawn; the bars below it are pale
    others    the colour of all bars but the first
    """
    ax = axes(4.7, 0.25 * len(counts) + 0.7, ax=ax)  # narrow, so that a phone shows its names at full size
    for place, count in enumerate(counts.values()):
        colour = FORWARD if place == 0 else others
        ax.barh(place, count, 0.7, color=colour, alpha=1 if count >= enough else 0.45)
        ax.annotate(str(count), (count, place), (4, 0), textcoords="offset points", va="center", fontsize=10)
    ax.set(yticks=range(len(counts)), yticklabels=list(counts), xlim=(0, starts), xlabel=f"starts solved, of {starts}")
    ax.tick_params("y", labelsize=10, length=0)
    if enough:
        ax.axvline(enough, color=QUIET, linewidth=1, linestyle=":")
    ax.invert_yaxis()
    return ax
