"""Pictures of a network with two inputs and one hidden neuron: its quantities, its sheet, and what it can draw.

Values are blue and stand above, gradients are orange and stand below, after a ∂. Each `plot_...` takes values and returns
axes for `picture`; the `describe_...` beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from ..engine.trace_table import Trace, fmt
from .networks import _gradient, _link
from .plots import BACKWARD, FORWARD, QUIET, _and, _pretty, _say, _styled, axes, panels

# ---------------------------------------------------------------- the network

_RADIUS = 0.5
_CIRCLES = {"x1": (0.0, 0.95), "x2": (0.0, -0.95), "z": (3.4, 0.0), "a": (5.1, 0.0), "o": (7.9, 0.0), "L": (10.1, 0.0)}
_WAYS = (("x1", "z"), ("x2", "z"), ("z", "a"), ("a", "o"), ("o", "L"))
_WEIGHTS = {"w1": (1.5, 0.9), "w2": (1.5, -0.9), "v": (6.3, 0.26)}  # each beside its arrow
_ADDED = {"b": "z", "c": "o", "y": "L"}  # these come in from above
_ROLES = {"x1": "input", "x2": "input", "w1": "weight", "w2": "weight", "b": "bias", "z": "pre-activation", "a": "activation",
          "v": "weight", "c": "bias", "o": "prediction", "y": "target", "L": "loss"}  # fmt: skip


@_styled
def plot_two_inputs(trace: Trace | None = None, *, show: str = "forward", ax: Axes | None = None) -> Axes:
    """Two inputs, a hidden neuron with a sigmoid, an output neuron, the loss.

    trace   has nodes called x1, x2, w1, w2, b, z, a, v, c, o, y and L; not needed for "roles"
    show    "roles": what each quantity is called; "given": what is known beforehand; "forward": all values, in blue;
            "both": the gradients below them too, in orange
    """
    if show not in ("roles", "given", "forward", "both"):
        raise ValueError(f'show is "roles", "given", "forward" or "both", got {show!r}')
    ax = axes(6.6, 2.6, ax=ax)
    for left, right, name in (("z", "a", "hidden neuron"), ("o", "o", "output neuron")):
        start, end = _CIRCLES[left][0] - 0.62, _CIRCLES[right][0] + 0.62
        ax.add_patch(FancyBboxPatch((start, -0.6), end - start, 1.2, "round,pad=0.04", facecolor="none",
                                    edgecolor=QUIET, linestyle=":"))  # fmt: skip
        ax.text((start + end) / 2, -1.5, name, color=QUIET, fontsize=10, ha="center", va="center")
    for left, right in _WAYS:
        start, end = np.array(_CIRCLES[left]), np.array(_CIRCLES[right])
        way = _RADIUS * (end - start) / np.hypot(*(end - start))
        _link(ax, tuple(start + way), tuple(end - way))
    for at, word in ((4.25, "\N{GREEK SMALL LETTER SIGMA}"), (9.0, "( )²")):
        ax.text(at, 0.22, word, color=QUIET, fontsize=10, ha="center", va="center")
    for name, (x, y) in _CIRCLES.items():
        ax.add_patch(Circle((x, y), _RADIUS, facecolor="none", edgecolor="black", linewidth=1.2))
        _inside(ax, trace, name, x, y, show)
    for name, (x, y) in _WEIGHTS.items():
        _beside(ax, trace, name, x, y + 0.36 * (show == "both" and name == "w1"), show)
    for name, below in _ADDED.items():
        x, y = _CIRCLES[below]
        _link(ax, (x, y + 1.2), (x, y + _RADIUS))
        _beside(ax, trace, name, x, y + 1.72 if show == "both" and name != "y" else y + 1.42, show)
    ax.set(xlim=(-0.8, 10.9), ylim=(-1.85, 2.05), aspect="equal")
    ax.set_axis_off()
    return ax


def _inside(ax: Axes, trace: Trace | None, name: str, x: float, y: float, show: str) -> None:
    """A circle's name above, and below it its number, or under the circle what it is called."""
    style = {"ha": "center", "va": "center"}
    bare = show == "roles" or (show == "given" and name[0] != "x")
    ax.text(x, y + 0.2 * (not bare), _pretty(name), fontsize=10, **style)
    if show == "roles":
        under = {"x1": y - 0.72, "x2": y - 0.72}.get(name, -0.85)
        ax.text(x, under, _ROLES[name], color=FORWARD, fontsize=9, **style)
    elif not bare:
        ax.text(x, y - 0.15, _pretty(fmt(trace[name].value, 3)), color=FORWARD, weight="bold", fontsize=10, **style)
    if show == "both" and name[0] != "x":
        _gradient(ax, trace, name, x, y - 0.9)


def _beside(ax: Axes, trace: Trace | None, name: str, x: float, y: float, show: str) -> None:
    """Name and number side by side, and below them the gradient."""
    ax.text(x - 0.05, y, _pretty(name), ha="right", va="center")
    if show == "roles":
        ax.text(x + 0.05, y, _ROLES[name], color=FORWARD, fontsize=9, ha="left", va="center")
        return
    number = _pretty(fmt(trace[name].value, 3))
    ax.text(x + 0.05, y, number, color=FORWARD, weight="bold", ha="left", va="center")
    if show == "both" and name != "y":
        _gradient(ax, trace, name, x + 0.15, y - (0.52 if name == "v" else 0.36))


def describe_two_inputs(trace: Trace | None = None, *, show: str = "forward") -> str:
    """What `plot_two_inputs` shows, in words."""
    words = ("A network drawn from left to right: two inputs x1 and x2 lead through the weights w1 and w2 to a hidden neuron, which adds "
             "the bias b, and turns the pre-activation z into the activation a with a sigmoid; a leads through the weight v to an output "
             "neuron, which adds the bias c and gives the prediction o; the loss L compares it with the target y.")  # fmt: skip
    if show == "roles":
        return words
    given = _and([f"{name} = {_say(trace[name].value)}" for name in ("x1", "x2", "w1", "w2", "b", "v", "c", "y")])
    words += f" Given: {given}."
    if show != "given":
        words += " In the circles: " + _and([f"{name} = {_say(trace[name].value)}" for name in "zaoL"]) + "."
    if show == "both":
        grads = [f"{_say(trace[name].grad)} for {name}" for name in ("o", "c", "v", "a", "z", "b", "w2", "w1")]
        words += f" The gradients below them: {_and(grads)}."
    return words


# ---------------------------------------------------------------- the sheet


@_styled
def plot_cells(rows: Sequence[Sequence[tuple[str, str]]], *, first: int = 1, columns: str = "ABCDEFGH") -> Axes:
    """Cells of a spreadsheet.

    rows     for each row its cells: (what stands there, and how it looks: "", "edit", "forward" or "backward")
    first    the number of the first row
    columns  the letters of the columns
    """
    widths = [0.8, *(2.6 for _ in rows[0][1:])]
    left = np.concatenate([[0.0], np.cumsum(widths)])
    ax = axes(0.86 * left[-1] + 0.6, 0.29 * (len(rows) + 1) + 0.1)
    colours = {"forward": FORWARD, "backward": BACKWARD, "edit": FORWARD}
    for k, width in enumerate(widths):
        ax.text(left[k] + width / 2, 0.5, columns[k], color=QUIET, fontsize=9, ha="center", va="center")
    for i, row in enumerate(rows):
        ax.text(-0.15, -i - 0.5, str(first + i), color=QUIET, fontsize=9, ha="right", va="center")
        for k, (text, kind) in enumerate(row):
            ax.add_patch(Rectangle((left[k], -i - 1), widths[k], 1, facecolor="#f2c84b55" if kind == "edit" else "none",
                                   edgecolor=QUIET, linewidth=0.6))  # fmt: skip
            ax.text(left[k] + 0.12, -i - 0.5, text, color=colours.get(kind, "black"), fontsize=9, va="center")
    ax.set(xlim=(-0.6, left[-1] + 0.1), ylim=(-len(rows) - 0.1, 1))
    ax.set_axis_off()
    return ax


# ---------------------------------------------------------------- what a network can draw


@_styled
def plot_families(families: Mapping[str, Sequence[Callable]], *, span=(-3.0, 3.0)) -> Axes:
    """Several functions in each panel, the panels side by side on one scale: {title: [function, ...]}."""
    x = np.linspace(*span, 301)
    found = panels(len(families), 2.2 * len(families) + 0.4, 2.5, sharex=True)
    for ax, (title, functions) in zip(found, families.items(), strict=True):
        ax.set_title(title, fontsize=11)
        ax.axhline(0, color=QUIET, linewidth=0.7, zorder=0)
        for k, f in enumerate(functions):
            ax.plot(x, f(x), color=FORWARD, linestyle=("-", "--", "-.", ":")[k % 4], linewidth=1.7)
        ax.set_xlabel("x")
    found[0].set_ylabel("output")
    return found[0]


@_styled
def plot_fields(fields: Mapping[str, Callable], *, span=(-4.0, 4.0), levels: Sequence[float], mark=None) -> Axes:
    """Functions of two inputs as maps, side by side: lines of equal output, each with its number.

    fields   {title: function of two arrays}
    levels   the outputs whose lines are drawn
    mark     a point (x1, x2) that stands out
    """
    axis = np.linspace(*span, 161)
    x1, x2 = np.meshgrid(axis, axis)
    found = panels(len(fields), 3.1 * len(fields), 3.2, sharey=True)
    for ax, (title, f) in zip(found, fields.items(), strict=True):
        lines = ax.contour(x1, x2, f(x1, x2), levels=list(levels), colors=[FORWARD], linewidths=1.4, linestyles="solid")
        ax.clabel(
            lines, levels=list(levels)[::3], fontsize=9, fmt=lambda level: _pretty(f"{level:g}"), colors=["black"]
        )
        ax.set_title(title, fontsize=11)
        ax.set(xlabel=_pretty("x1"), aspect="equal")
        if mark is not None:
            ax.plot(*mark, "o", color=BACKWARD, markersize=6)
    found[0].set_ylabel(_pretty("x2"))
    return found[0]
