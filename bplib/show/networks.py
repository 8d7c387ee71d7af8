"""A network of two neurons drawn large, the path through it with its rates, and pushes that add up.

Values are blue and stand above, gradients are orange and stand below, after a ∂, as in every figure of the book. Each
`plot_...` returns axes for `picture`, and the `describe_...` beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from ..engine.trace_table import Trace, fmt
from .plots import BACKWARD, FORWARD, GREEN, PURPLE, QUIET, _and, _pretty, _say, _styled, axes

_RADIUS = 0.5
_COLUMNS = {"x": 0.0, "z1": 2.15, "a1": 3.85, "z2": 6.25, "L": 8.55}  # each stands in a circle of its own
_WEIGHTS = {"w1": 0.93, "w2": 4.9}  # where they stand, on the way between two circles
_ADDED = {"b1": "z1", "b2": "z2", "y": "L"}  # these come in from above
_GIVEN = ("x", *_WEIGHTS, *_ADDED)
_FUNCTIONS = {"relu": "ReLU", "sigmoid": "\N{GREEK SMALL LETTER SIGMA}", "tanh": "tanh"}
_UP, _DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"


# ---------------------------------------------------------------- the network


@_styled
def plot_two_layers(trace: Trace, *, show: str = "forward", ax: Axes | None = None) -> Axes:
    """A network of two layers with one neuron each, from the input on the left to the loss on the right.

    trace   has nodes called x, w1, b1, z1, a1, w2, b2, z2, y and L
    show    "given": the input, the parameters and the target, and circles left blank; "forward": all values, in blue;
            "both": the gradients below them too, in orange
    """
    _checked(trace, show)
    both, activation = show == "both", trace["a1"].op
    ax = axes(5.7, 2.25 if both else 1.8, ax=ax)
    for left, right, name in (("z1", "a1", "hidden neuron"), ("z2", "z2", "output neuron")):
        start, end = _COLUMNS[left] - 0.58, _COLUMNS[right] + 0.58
        ax.add_patch(FancyBboxPatch((start, -0.58), end - start, 1.16, "round,pad=0.04", facecolor="none",
                                    edgecolor=QUIET, linestyle=":"))  # fmt: skip
        ax.text((start + end) / 2, -1.28 if both else -0.88, name, color=QUIET, fontsize=10, ha="center", va="center")
    for (left, start), (_, end) in pairwise(_COLUMNS.items()):
        _link(ax, (start + _RADIUS, 0), (end - _RADIUS, 0))
        word = {"z1": _FUNCTIONS.get(activation, activation), "z2": f"({_pretty('z2 - y')})²"}.get(left, "")
        ax.text(
            (start + end) / 2 + 0.05 * (left == "z2"), 0.24, word, color=QUIET, fontsize=10, ha="center", va="center"
        )
    for name, place in _COLUMNS.items():
        ax.add_patch(Circle((place, 0), _RADIUS, facecolor="none", edgecolor="black", linewidth=1.2))
        ax.text(place, 0.24, _pretty(name), fontsize=10, ha="center", va="center")
        if show != "given" or name == "x":
            _number(ax, trace, name, place, -0.13, "center")
        if both and name != "x":
            _gradient(ax, trace, name, place, -0.86)
    for name, middle in _WEIGHTS.items():
        _named(ax, trace, name, middle, 0.25, -0.28 if both else None)
    for name, below in _ADDED.items():
        _link(ax, (_COLUMNS[below], 1.2), (_COLUMNS[below], _RADIUS))
        ours = both and name != "y"
        _named(ax, trace, name, _COLUMNS[below], 1.75 if ours else 1.4, 1.41 if ours else None)
    ax.set(xlim=(-0.55, 9.1), ylim=(-1.5, 1.95) if both else (-1.1, 1.6), aspect="equal")
    ax.set_axis_off()
    return ax


def describe_two_layers(trace: Trace, *, show: str = "forward") -> str:
    """What `plot_two_layers` shows, in words."""
    _checked(trace, show)
    numbers = {name: f"{_say(trace[name].value)}" for name in (*_GIVEN, *_COLUMNS)}
    words = (f"A network drawn from left to right: the input x = {numbers['x']} goes through the weight w1 = {numbers['w1']} to a hidden "
             f"neuron with bias {numbers['b1']} and the activation {_FUNCTIONS.get(trace['a1'].op, trace['a1'].op)}, then through w2 = {numbers['w2']} to an output neuron "
             f"with bias {numbers['b2']}, whose result is compared with the target {numbers['y']}.")  # fmt: skip
    if show == "given":
        return words + " The circles of z1, a1, z2 and L are blank."
    words += " In the circles: " + ", ".join(f"{name} = {numbers[name]}" for name in ("z1", "a1", "z2", "L")) + "."
    if show == "both":
        grads = [f"{_say(trace[name].grad)} for {name}" for name in ("z2", "w2", "b2", "a1", "z1", "w1", "b1")]
        words += f" Below them the gradients: {_and(grads)}."
    return words


def _checked(trace: Trace, show: str) -> None:
    if not isinstance(trace, Trace):
        raise TypeError(
            f"two layers want a Trace, from bp.trace(loss, z1=z1, a1=a1, z2=z2), got {type(trace).__name__}"
        )
    if missing := [name for name in (*_GIVEN, *_COLUMNS) if name not in trace.names.values()]:
        raise ValueError(f"two layers want nodes called {', '.join((*_GIVEN, 'z1', 'a1', 'z2', 'L'))}; "
                         f"this trace lacks {', '.join(missing)}")  # fmt: skip
    if show not in ("given", "forward", "both"):
        raise ValueError(f'show is "given", "forward" or "both", got {show!r}')


def _link(ax: Axes, start: tuple[float, float], end: tuple[float, float], colour: str = QUIET) -> None:
    ax.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=11, color=colour, linewidth=1.2,
                                 shrinkA=1, shrinkB=1))  # fmt: skip


def _number(ax: Axes, trace: Trace, name: str, x: float, y: float, side: str) -> None:
    ax.text(x, y, _pretty(fmt(trace[name].value, 3)), color=FORWARD, weight="bold", ha=side, va="center")


def _gradient(ax: Axes, trace: Trace, name: str, x: float, y: float) -> None:
    ax.text(x, y, f"∂ {_pretty(fmt(trace[name].grad, 3))}", color=BACKWARD, ha="center", va="center")


def _named(ax: Axes, trace: Trace, name: str, x: float, y: float, below: float | None) -> None:
    """Name and value side by side, and the gradient at the height `below`, if it is shown."""
    ax.text(x - 0.05, y, _pretty(name), ha="right", va="center")
    _number(ax, trace, name, x + 0.05, y, "left")
    if below is not None:
        _gradient(ax, trace, name, x + 0.12 * (name in _WEIGHTS), below)


# ---------------------------------------------------------------- one path


@_styled
def plot_path(
    names: Sequence[str], rows: Mapping[str, Sequence[float]], *, signs: bool = False, ax: Axes | None = None
) -> Axes:
    """Nodes on a path from left to right, and over each arrow how fast the next node moves with the one it leaves.

    names    n nodes, the loss last
    rows     label -> n - 1 rates other than 0: a path for each, under its label
    signs    show only the sign of each rate, and in each node whether it rises or falls when the first one rises
    """
    _path(names, rows)
    height = 1.9 if any(rows) else 1.3
    ax = axes(5.2, 0.56 * height * len(rows), ax=ax)
    middle = {"ha": "center", "va": "center"}
    for row, (label, rates) in enumerate(rows.items()):
        y, move = -height * row, 1.0
        ax.text(-_RADIUS, y + 0.85, _pretty(label), va="center")
        for k, name in enumerate(names):
            x = 2 * k
            ax.add_patch(Circle((x, y), _RADIUS, facecolor="none", edgecolor="black", linewidth=1.2))
            ax.text(x, y + 0.2 * signs, _pretty(name), **middle)
            if signs:
                ax.text(
                    x, y - 0.18, _UP if move > 0 else _DOWN, color=_sign(move), weight="bold", fontsize=13, **middle
                )
            if k < len(rates):
                colour = _sign(rates[k]) if signs else BACKWARD
                _link(ax, (x + _RADIUS, y), (x + 2 - _RADIUS, y), colour if signs else QUIET)
                ax.text(x + 1, y + 0.28, _rate(rates[k], signs), color=colour, weight="bold", **middle)
                move *= rates[k]
    top = 1.1 if any(rows) else 0.6
    ax.set(xlim=(-0.55, 2 * len(names) - 1.45), ylim=(-height * (len(rows) - 1) - 0.6, top), aspect="equal")
    ax.set_axis_off()
    return ax


def describe_path(names: Sequence[str], rows: Mapping[str, Sequence[float]], *, signs: bool = False) -> str:
    """What `plot_path` shows, in words."""
    _path(names, rows)
    told = []
    for label, rates in rows.items():
        links, move, last = [], 1.0, names[0]
        for name, rate in zip(names[1:], rates, strict=True):
            move *= rate
            way = "rises" if move > 0 else "falls"
            links.append(f"so {name} {way}" if signs else f"{name} moves {_say(rate)} times as fast as {last}")
            last = name
        told.append((f"{label}: " if label else "") + f"{names[0]} rises, " * signs + ", ".join(links))
    return f"A path through {_and(list(names))}. {'; '.join(told)}."


def _rate(number: float, signs: bool) -> str:
    if signs:
        return "+" if number > 0 else "\N{MINUS SIGN}"
    return f"\N{MULTIPLICATION SIGN} {_pretty(fmt(number, 3))}"


def _path(names: Sequence[str], rows: Mapping[str, Sequence[float]]) -> None:
    for label, rates in rows.items():
        if len(rates) != len(names) - 1 or 0 in rates:
            raise ValueError(
                f"a path through {len(names)} nodes wants {len(names) - 1} rates other than 0, got {list(rates)} for {label!r}"
            )


def _sign(number: float) -> str:
    return GREEN if number > 0 else PURPLE


# ---------------------------------------------------------------- pushes


@_styled
def plot_pushes(
    start: float, pushes: Mapping[str, float], end: float, *, target: float, ax: Axes | None = None
) -> Axes:
    """Pushes laid end to end on a line of predictions, and where the prediction lands when all are made at once.

    start     the prediction before; pushes    name -> how far each moves it alone; end    after all at once
    target    drawn as a dashed line
    """
    ax = axes(6.4, 0.9 + 0.42 * (len(pushes) + 2), ax=ax)
    ax.axvline(target, color=QUIET, linestyle="--")
    ax.plot(start, 0, "o", color=FORWARD)
    ax.annotate("before", (start, 0), (9, 0), textcoords="offset points", va="center")
    at = start
    for row, (name, push) in enumerate(pushes.items(), 1):
        _link(ax, (at, -row), (at + push, -row), BACKWARD)
        ax.plot([at, at], [1 - row, -row], color=QUIET, linewidth=0.8, linestyle=":")
        at += push
        ax.annotate(f"{_pretty(name)} alone: {push:+.3g}", (at, -row), (6, 0), textcoords="offset points", va="center")
    last = -len(pushes) - 1
    ax.plot([at, at], [last + 1, last], color=QUIET, linewidth=0.8, linestyle=":")
    ax.plot(end, last, "o", color=FORWARD)
    ax.annotate(f"all at once: {_say(end)}", (end, last), (9, 0), textcoords="offset points", va="center")
    low, high = min(start, at, end, target), max(start, at, end, target)
    ax.set(xlabel="prediction", xlim=(low - 0.08 * (high - low), high + 0.32 * (high - low)), ylim=(last - 0.6, 0.9))
    ax.annotate("target", (target, 0.9), (5, -10), textcoords="offset points", color=QUIET)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    return ax


def describe_pushes(start: float, pushes: Mapping[str, float], end: float, *, target: float) -> str:
    """What `plot_pushes` shows, in words."""
    said = _and([f"{name} pushes it by {_say(push)}" for name, push in pushes.items()])
    return (f"A line of predictions. It starts at {_say(start)}, and the target is {_say(target)}. Laid end to end, {said}, "
            f"which ends at {start + sum(pushes.values()):.4g}. All at once they bring it to {_say(end)}.")  # fmt: skip
