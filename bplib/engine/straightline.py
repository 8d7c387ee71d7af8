"""Straight-line code: a graph of Values written out as plain Python, forward and backward, one line for each step.

The engine records the same graph anew in each pass. Where its shape never changes, it can be written down once and
only run after that. Standard library only. Source: "source code transformation" in Baydin et al. (2018), section 5.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from .value import RULES, Value, share

# op -> (the value, (the local derivatives)), as text in the inputs a, b and the result y. "1" and "-1" are special:
# a product with them is not written.
TEXT: dict[str, tuple[str, tuple[str, ...]]] = {
    "+": ("{a} + {b}", ("1", "1")),
    "-": ("{a} - {b}", ("1", "-1")),
    "*": ("{a} * {b}", ("{b}", "{a}")),
    "/": ("{a} / {b}", ("1 / {b}", "-{y} / {b}")),
    "**": ("{a} ** {b}", ("slopes({a}, {b})[0]", "slopes({a}, {b})[1]")),
    "neg": ("-{a}", ("-1",)),
    "abs": ("abs({a})", ("({a} > 0) - ({a} < 0)",)),
    "relu": ("0.0 if {a} <= 0 else {a}", ("not {a} <= 0",)),
    "sigmoid": ("sigmoid({a})", ("{y} * (1 - {y})",)),
    "tanh": ("tanh({a})", ("1 - {y} * {y}",)),
    "exp": ("exp({a})", ("{y}",)),
    "log": ("log({a})", ("1 / {a}",)),
    "sin": ("sin({a})", ("cos({a})",)),
    "cos": ("cos({a})", ("-sin({a})",)),
    "max": ("largest({a}, {b})", ("share({b}, {a})", "share({a}, {b})")),
    "min": ("smallest({a}, {b})", ("share({a}, {b})", "share({b}, {a})")),
}
_WORDS = {"sigmoid": "sigmoid", "largest": "max", "smallest": "min"}  # values that the table computes
SQUARE = ("{a} * {a}", ("2 * {a}", "0.0"))  # a ** 2, by far the most common power


def emit(loss: Value, *leaves: Value) -> Callable[..., tuple[float, tuple[float, ...]]]:
    """A function of the leaves' numbers that returns the loss and its gradient with respect to each of them.

    loss     the output of the graph; its other leaves and its constants keep the numbers they have now
    leaves   the inputs of the function, in order
    The text is in the function's `source`. What it does at a kink, and how deep a graph may be, is as in `value`.
    Raises TypeError for what is not a Value, ValueError for a leaf that the loss was not computed from.
    """
    if not isinstance(loss, Value) or not all(isinstance(leaf, Value) for leaf in leaves):
        raise TypeError("emit wants a Value as the loss and Values as leaves")
    nodes = loss.graph()
    wanted, known = set(leaves), set(nodes)
    if len(wanted) < len(leaves):
        raise ValueError("emit wants each leaf once: a function has each argument once")
    for leaf in leaves:
        if leaf not in known or leaf.parents:
            raise ValueError(f"emit wants leaves that the loss was computed from, got {leaf}")
    name = {n: f"v{i}" if n.parents or n in wanted else f"({n.data!r})" for i, n in enumerate(nodes)}
    lines = [f"def gradient({', '.join(name[leaf] for leaf in leaves)}):"]
    lines += [f"    {name[node]} = {_text(node, name)[0]}" for node in nodes if node.parents]
    lines += _backward(nodes, leaves, name)
    source = "\n".join(lines) + "\n"
    scope = {f: getattr(math, f) for f in ("tanh", "exp", "log", "sin", "cos", "inf", "nan")}
    scope |= {word: lambda *ab, op=op: RULES[op](*ab)[0] for word, op in _WORDS.items()}
    scope |= {"slopes": lambda a, n: RULES["**"](a, n)[1], "share": share}
    exec(compile(source, "<emitted>", "exec"), scope)  # text that was written above, from numbers and node indices
    scope["gradient"].source = source
    return scope["gradient"]


def _text(node: Value, name: dict[Value, str]) -> tuple[str, list[str]]:
    """The node's line, and its local derivatives, with names filled in."""
    squared = node.op == "**" and node.parents[1].op == "const" and node.parents[1].data == 2
    value, slopes = SQUARE if squared else TEXT[node.op]
    words = dict(zip("ab", (name[p] for p in node.parents), strict=False), y=name[node])
    return value.format(**words), [slope.format(**words) for slope in slopes]


def _backward(nodes: list[Value], leaves: tuple[Value, ...], name: dict[Value, str]) -> list[str]:
    """One line for each gradient, newest node first: the sum of what its users send back."""
    active = set(leaves)  # the others lead to no leaf that was asked for
    for node in nodes:
        if not active.isdisjoint(node.parents):
            active.add(node)
    loss, lines = nodes[-1], []
    paid: dict[Value, list[str]] = {node: [] for node in active} | {loss: ["1.0"]}
    for node in reversed(nodes):
        if node not in active:
            continue
        upstream = f"g{name[node][1:]}"
        lines.append(f"    {upstream} = {' + '.join(paid[node]) or '0.0'}")
        for parent, slope in zip(node.parents, _text(node, name)[1] if node.parents else (), strict=True):
            if parent in active:
                paid[parent].append({"1": upstream, "-1": f"-{upstream}"}.get(slope, f"{upstream} * ({slope})"))
    grads = "".join(f"g{name[leaf][1:]}, " for leaf in leaves)
    return [*lines, f"    return {name[loss]}, ({grads})"]
