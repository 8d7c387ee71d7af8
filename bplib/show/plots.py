"""A plot is a still figure: values in, picture out, with words for those who do not see it.

Every figure becomes SVG that sits in the page itself, so that it takes on the page's colours (light or dark), prints
sharp, and is the same to the byte each time it is drawn. Each `plot_...` draws and returns axes; the `describe_...`
beside it takes the same arguments and says in words, with their numbers, what the plot shows:

    picture(plot_losses(history), describe_losses(history))
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Mapping
from functools import wraps
from html import escape
from itertools import pairwise

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path
from matplotlib.ticker import NullFormatter

from ..engine.trace_table import Trace, fmt
from ..engine.value import Value

# Forward and backward keep their colours through the whole book; blue and orange are told apart by everyone.
FORWARD, BACKWARD, QUIET = "#1b65a6", "#b3500a", "#767676"
_IN_PAGE = {"#000000": "currentColor", FORWARD: f"var(--bp-forward, {FORWARD})",
            BACKWARD: f"var(--bp-backward, {BACKWARD})", QUIET: f"var(--bp-quiet, {QUIET})"}  # fmt: skip
# Further curves and classes: each has a contrast of at least 4 on the light page and on the dark one.
GREEN, PURPLE, GOLD = "#0a8f68", "#b3609a", "#8f7a00"
_CLASSES = (GREEN, PURPLE, GOLD, QUIET)
_LINES, _MARKS = ("-", "--", "-.", ":"), "o^sDvP"  # never told apart by colour alone

_STYLE = {
    "svg.hashsalt": "backward-pass",  # the same ids in every run
    "svg.fonttype": "none",  # text stays text: it can be selected, searched and read aloud
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "lines.linewidth": 2,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


class Picture:
    """A finished figure: its SVG, and `alt`, which says what it shows."""

    def __init__(self, svg: str, alt: str) -> None:
        self.svg, self.alt = svg, alt

    def _repr_html_(self) -> str:
        return f'<div class="bp-plot" role="img" aria-label="{escape(self.alt)}">{self.svg}</div>'

    def __repr__(self) -> str:
        return self.alt


def axes(width: float = 6.4, height: float = 3.6, *, ax: Axes | None = None) -> Axes:
    """Empty axes in the book's style (or `ax` itself); width and height in inches."""
    return panels(1, width, height)[0] if ax is None else ax


def panels(columns: int, width: float = 6.4, height: float = 2.8, *, rows: int = 1, **more) -> list[Axes]:
    """Several empty axes beside and above each other in one figure, row by row; more: `sharex`, `width_ratios` ..."""
    with matplotlib.rc_context(_STYLE):
        fig, found = plt.subplots(rows, columns, figsize=(width, height), layout="constrained", squeeze=False, **more)
    plt.close(fig)  # shown only as a Picture, never a second time by the notebook
    return list(found.flat)


def picture(ax: Axes, alt: str) -> Picture:
    """The figure of these axes as SVG. `alt` says what it shows, for a screen reader: a sentence with its numbers."""
    if not isinstance(alt, str) or len(alt.split()) < 4:
        raise ValueError(f"picture wants a sentence that says what the figure shows, got {alt!r}")
    out = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        ax.figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    # a <style> in the page would be the whole page's; the metadata says nothing
    svg = re.sub(r"\s*<metadata>.*?</metadata>|\s*<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]+", "font-family: inherit", svg)
    for colour, variable in _IN_PAGE.items():
        svg = svg.replace(colour, variable)
    svg = re.sub(
        r'width="([\d.]+)pt" height="[\d.]+pt"',
        r'style="max-width: \1pt; width: 100%; height: auto; stroke-linejoin: round"',
        svg,
        count=1,
    )
    svg = svg.replace("<svg ", '<svg aria-hidden="true" focusable="false" ', 1)
    # text without a fill attribute is black; the page may be dark
    svg = svg.replace('<text style="', '<text style="fill: currentColor; ')
    return Picture(_unique_ids(svg, alt), alt)


def _unique_ids(svg: str, alt: str) -> str:
    """Ids that no other figure on the page has: matplotlib numbers its groups anew in each file."""
    mark = hashlib.sha256((alt + svg).encode()).hexdigest()[:8]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{mark}-\1"', svg)
    svg = re.sub(r'(xlink:href="|url\()#', rf"\1#{mark}-", svg)
    return svg


def _styled(plot: Callable) -> Callable:
    """Everything a plot adds is in the book's style, on axes of its own as on those of others."""

    @wraps(plot)
    def in_style(*args, **kwargs):
        with matplotlib.rc_context(_STYLE):
            return plot(*args, **kwargs)

    return in_style


# ---------------------------------------------------------------- what was given


def _numbers(what: str, given, *shape: int | None) -> np.ndarray:
    """`given` as finite numbers of this shape (None: any length), or an error that says what is wrong with them."""
    try:
        array = np.asarray(given, dtype=float)
    except (TypeError, ValueError):
        raise TypeError(f"{what} wants numbers, got {type(given).__name__}: {str(given)[:60]!r}") from None
    if array.ndim != len(shape) or any(want not in (None, n) for want, n in zip(shape, array.shape, strict=False)):
        wanted = ", ".join("any" if n is None else str(n) for n in shape)
        raise ValueError(f"{what} wants shape ({wanted}), got {array.shape}")
    if array.size == 0:
        raise ValueError(f"{what} wants at least one number, got none: shape {array.shape}")
    if not np.isfinite(array).all():
        at = [int(i) for i in np.argwhere(~np.isfinite(array))[0]]
        raise ValueError(f"{what} wants finite numbers, got {array[tuple(at)]} at index {', '.join(map(str, at))}")
    return array


def _say(number: float) -> str:
    return f"{float(number):.3g}"


def _and(items: list[str]) -> str:
    return " and ".join([", ".join(items[:-1]), items[-1]] if items[1:] else items)


def _pretty(name: str) -> str:
    """w1 * x as it stands in a figure: w\N{SUBSCRIPT ONE}·x, plain text that any font can set."""
    lower = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
    name = re.sub(r"\b([A-Za-z]+)(\d+)\b", lambda m: m[1] + m[2].translate(lower), name)
    return name.replace(" * ", "·").replace(" ** 2", "²").replace("-", "\N{MINUS SIGN}")


# ---------------------------------------------------------------- curves


@_styled
def plot_losses(losses, *, log: bool = False, ax: Axes | None = None) -> Axes:
    """The loss over the epochs.

    losses    a History (its validation loss is drawn too), numbers, or several of these by name: {"SGD": history, ...}
    log       put the loss on a logarithmic scale
    """
    ax = axes(ax=ax)
    for i, (name, curve) in enumerate(_loss_curves(losses).items()):
        if log and curve.min() <= 0:
            raise ValueError(f"a logarithmic scale wants losses above 0, got {curve.min():g} in {name!r}")
        _curve(ax, i, FORWARD, range(1, len(curve) + 1), curve, name)
    _scale(ax, "epoch", "loss", log)
    return ax


def describe_losses(losses, *, log: bool = False) -> str:
    """What `plot_losses` shows, in words."""
    told = []
    for name, curve in _loss_curves(losses).items():
        lowest = f"lowest {_say(curve.min())} in epoch {curve.argmin() + 1}"
        told.append(f"{name} from {_say(curve[0])} to {_say(curve[-1])} in {len(curve)} epochs, {lowest}")
    return f"The loss over the epochs{', on a logarithmic scale' * log}: {'; '.join(told)}."


def _loss_curves(losses) -> dict[str, np.ndarray]:
    curves = {}
    for name, one in _named(losses).items():
        curves[name or ("training" if hasattr(one, "losses") else "loss")] = getattr(one, "losses", one)
        if getattr(one, "validation_losses", None):
            curves[f"{name} validation".strip()] = one.validation_losses
    return {name: _numbers(f"a loss curve ({name})", curve, None) for name, curve in curves.items()}


def _named(given) -> Mapping:
    if isinstance(given, Mapping) and not given:
        raise ValueError("a plot wants at least one curve, got an empty dictionary")
    return given if isinstance(given, Mapping) else {"": given}


def _curve(ax: Axes, i: int, first: str, x, y, name: str, every: int | None = None) -> None:
    """The i-th curve of a plot: colour, line and markers of its own."""
    ax.plot(x, y, color=_colour(first, i), linestyle=_LINES[i % 4], marker=_MARKS[i % 6], label=name,
            markevery=every or max(1, len(x) // 8))  # fmt: skip


def _colour(first: str, i: int) -> str:
    return (first, GREEN, PURPLE, GOLD)[i % 4]


def _scale(ax: Axes, xlabel: str, ylabel: str, log: bool) -> None:
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if log:
        ax.set_yscale("log")
        ax.yaxis.set_major_formatter("{x:g}")  # 0.01, plain text, in place of a typeset power of ten
        ax.yaxis.set_minor_formatter(NullFormatter())
    ax.locator_params(axis="x", integer=True)
    if len(ax.get_legend_handles_labels()[0]) > 1:
        ax.legend(handlelength=3.5)


# ---------------------------------------------------------------- two dimensions


@_styled
def plot_boundary(X, t, predict: Callable, *, threshold: float = 0.0, ax: Axes | None = None) -> Axes:
    """Points in the plane, and the line at which a model changes its mind about their class.

    X, t         points (n, 2) and their classes 0, 1, ... (n,)
    predict      takes points (m, 2); gives one number each, above `threshold` for class 1, or one for each class
    """
    X, t, _ = _classified(X, t, predict, threshold)
    ax = axes(5.2, 4.2, ax=ax)
    pad = 0.08 * np.ptp(X, axis=0) + 0.01
    x, y = (np.linspace(*ends, 121) for ends in zip(X.min(axis=0) - pad, X.max(axis=0) + pad, strict=True))
    points = np.stack(np.meshgrid(x, y), axis=-1)
    scores = _scores(predict, points.reshape(-1, 2), threshold).reshape(121, 121, -1)
    for k in range(scores.shape[-1]):
        lead = scores[..., k] - np.delete(scores, k, axis=-1).max(axis=-1)
        if lead.max() > 0:
            ax.contourf(x, y, lead, levels=[0, np.inf], colors=[_CLASSES[k % 4]], alpha=0.13)
        if lead.min() < 0 < lead.max():
            ax.contour(x, y, lead, levels=[0], colors="black", linewidths=1.6)
    for k in np.unique(t):
        ax.plot(*X[t == k].T, _MARKS[k % 6], color=_CLASSES[k % 4], markersize=5, label=f"class {k}",
                fillstyle="none" if k % 2 else "full", markeredgewidth=1.4)  # fmt: skip
    ax.legend(loc="upper left", bbox_to_anchor=(1, 1))
    return ax


def describe_boundary(X, t, predict: Callable, *, threshold: float = 0.0) -> str:
    """What `plot_boundary` shows, in words."""
    X, t, said = _classified(X, t, predict, threshold)
    counts = _and([f"{(t == k).sum()} of class {k}" for k in np.unique(t)])
    right = int((said == t).sum())
    share = _say(100 * right / len(t))
    return (f"{len(t)} points, {counts}, and the boundary that a model draws between the classes: {right} points "
            f"({share}%) lie on their own side.")  # fmt: skip


def _classified(X, t, predict, threshold):
    X = _numbers("X of a boundary", X, None, 2)
    t = _numbers("t of a boundary", np.reshape(t, -1), len(X))
    if (t != t.astype(int)).any() or t.min() < 0:
        raise ValueError(f"t of a boundary wants classes 0, 1, 2, ..., got {t[(t != t.astype(int)) | (t < 0)][0]:g}")
    return X, t.astype(int), _scores(predict, X, threshold).argmax(axis=1)


def _scores(predict: Callable, points: np.ndarray, threshold: float) -> np.ndarray:
    """One column for each class; a single number is turned into the lead of class 1 over class 0."""
    scores = np.asarray(predict(points), dtype=float)
    scores = _numbers("what predict gives", scores.reshape(len(scores), -1) if scores.ndim == 1 else scores,
                      len(points), None)  # fmt: skip
    return np.hstack([np.full_like(scores, threshold), scores]) if scores.shape[1] == 1 else scores


# ---------------------------------------------------------------- graphs


@_styled
def plot_graph(trace: Trace, *, ax: Axes | None = None) -> Axes:
    """The computational graph: in each box a node's name, its value (blue) and its gradient (orange, after ∂)."""
    nodes, column, places = _places(trace)
    rows = list(places.values())
    low, high, last = min(rows), max(rows), max(column.values())
    ax = axes(1.2 * (last + 1), 0.95 * (high - low + 1), ax=ax)
    for node in nodes:
        x, y, here = 1.24 * column[node], -places[node, column[node]], trace[trace.names[node]]
        ax.add_patch(FancyBboxPatch((x - 0.44, y - 0.34), 0.88, 0.68, "round,pad=0.05", facecolor="none",
                                    edgecolor=QUIET, linestyle="-" if node.parents else "--"))  # fmt: skip
        name, op = _pretty(here.name), _symbol(node)
        if len(name) > 10 - len(op):  # too long for a box: it goes by number
            name = _pretty(f"v{trace.nodes.index(node)}")
        lines = ((name, "black", "normal"), (_pretty(fmt(here.value, 3)), FORWARD, "bold"),
                 (f"∂ {_pretty(fmt(here.grad, 3))}", BACKWARD, "normal"))  # fmt: skip
        for i, (text, colour, weight) in enumerate(lines):
            ax.text(x - 0.42, y + 0.22 - 0.23 * i, text, color=colour, weight=weight, fontsize=10, va="center")
        ax.text(x + 0.44, y + 0.22, op, color=QUIET, fontsize=9, ha="right", va="center")
        for parent in dict.fromkeys(p for p in node.parents if p in column):
            way = [places[parent, c] for c in range(column[parent], column[node])]
            _arrow(ax, 1.24 * column[parent], [*way, places[node, column[node]]])
    ax.set(xlim=(-0.55, 1.24 * last + 0.55), ylim=(-high - 0.45, -low + 0.45), aspect="equal")
    ax.set_axis_off()
    return ax


def describe_graph(trace: Trace) -> str:
    """What `plot_graph` shows, in words."""
    nodes, top = _places(trace)[0], trace.names[trace.loss]
    leaves = [trace[trace.names[node]] for node in nodes if not node.parents]
    values = _and([f"{leaf.name} = {_say(leaf.value)}" for leaf in leaves])
    grads = _and([f"{_say(leaf.grad)} for {leaf.name}" for leaf in leaves])
    return (f"A computational graph of {len(nodes)} nodes leads from {values} to {top} = {_say(trace.loss.data)}. "
            f"The gradients that come back are {grads}.")  # fmt: skip


_SIGNS = {"leaf": "", "*": "\N{MULTIPLICATION SIGN}", "/": "\N{DIVISION SIGN}", "-": "\N{MINUS SIGN}",
          "neg": "\N{MINUS SIGN}", "sigmoid": "\N{GREEK SMALL LETTER SIGMA}", "**": "^"}  # fmt: skip


def _symbol(node: Value) -> str:
    """The operation as it stands in a box; a constant that takes part is written into it: 3 ×, − 1, ( )²."""
    a, b = (_pretty(fmt(p.data, 3)) if p.op == "const" else "" for p in (*node.parents, node, node)[:2])
    if node.op == "**" and b in list("23456789"):
        return "( )" + b.translate(str.maketrans("23456789", "²³⁴⁵⁶⁷⁸⁹"))
    return f"{a} {_SIGNS.get(node.op, node.op)} {b}".strip()


def _places(trace: Trace) -> tuple[list[Value], dict[Value, int], dict[tuple[Value, int], int]]:
    """The nodes, the column of each, and the row in which a node, or the way from it to its users, crosses a column."""
    if not isinstance(trace, Trace):
        raise TypeError(f"a graph wants a Trace, from bp.trace(loss), got {type(trace).__name__}")
    nodes = [node for node in trace.nodes if node.op != "const"]
    if not 1 <= len(nodes) <= 60:
        raise ValueError(f"a graph wants 1 to 60 nodes to be legible, got {len(nodes)}: show the trace as a table")
    users: dict[Value, list] = {node: [] for node in nodes}
    column: dict[Value, int] = {}
    for node in nodes:  # operations stand after what they need ...
        column[node] = 1 + max((column[p] for p in node.parents if p in column), default=-1)
        for slot, parent in enumerate(node.parents):
            if parent in users:
                users[parent].append((node, slot))
    for node in nodes:  # ... and leaves just before they are needed
        if not node.parents and users[node]:
            column[node] = min(column[user] for user, _ in users[node]) - 1
    row: dict[tuple[Value, int], int] = {}
    for c in range(
        max(column.values()), -1, -1
    ):  # from the loss backwards, as near to what comes next as there is room
        here = [n for n in nodes if column[n] <= c and (column[n] == c or any(column[u] > c for u, _ in users[n]))]
        free = set(range(-60, 61))
        for node in sorted(here, key=lambda n: (not n.parents, column[n] < c)):
            following = [
                row[k, c + 1] for k in (node, *(u for u, _ in users[node] if column[u] == c + 1)) if (k, c + 1) in row
            ]
            first = bool(users[node]) and users[node][0][1] == 0  # the first factor goes above the second
            wish = sum(following) / max(1, len(following)) + (-0.1 if first else 0.1)
            row[node, c] = min(free, key=lambda r: (abs(r - wish), r))
            free.remove(row[node, c])
    return nodes, column, row


def _arrow(ax: Axes, x: float, way: list[int]) -> None:
    """From the box in the first row to the one in the last, straight through the columns in between."""
    points, codes = [(x + 0.5, -way[0])], [Path.MOVETO]
    for above, below in pairwise(way):
        points += [(x + 0.66, -above), (x + 0.58, -below), (x + 0.74, -below)]
        codes += [Path.CURVE4] * 3
        x += 1.24
        points.append((x + 0.5, -below))
        codes.append(Path.LINETO)
    path = Path(points[:-1], codes[:-1])  # it ends where the last box begins
    ax.add_patch(FancyArrowPatch(path=path, arrowstyle="-|>", mutation_scale=9, color=QUIET, linewidth=1.2))
