"""A trace is one forward and one backward pass written out as a table, one row for each node.

It shows what `Value.backward` used, not a second calculation: the stored values, the stored local derivatives,
and the gradients that `backward` itself leaves behind. Standard library only.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from html import escape
from typing import NamedTuple

from .value import Value

LONGEST_FORMULA = 30  # characters; a longer unnamed expression is shown by a number instead


class Link(NamedTuple):
    """One factor pair of the chain rule: this node feeds `into`; local = d into / d node, upstream = d loss / d into."""

    into: str
    local: float
    upstream: float


@dataclass(frozen=True)
class Row:
    """One node: what it is called, how it was computed, its value, and how its gradient came about."""

    name: str
    op: str
    formula: str
    value: float
    links: tuple[Link, ...]
    grad: float


def trace(loss: Value, *, digits: int = 4, **names: Value) -> Trace:
    """The pass through `loss` as a table; keywords name nodes in between: ``trace(loss, z1=z1, a1=a1)``.

    loss      the output (a Value); it is called "L" unless a keyword names it
    digits    decimals shown; the rows keep full precision
    Changes nothing: `backward` is run on clean gradients, and whatever was in `.grad` is put back.
    Raises TypeError for what is not a Value, ValueError for a Value that the loss was not computed from.
    """
    if not isinstance(loss, Value):
        raise TypeError(f"trace wants the loss as a Value, got {type(loss).__name__}: {str(loss)[:60]!r}")
    nodes = loss.graph()
    for name, node in names.items():
        if not isinstance(node, Value):
            raise TypeError(f"trace wants {name} as a Value, got {type(node).__name__}: {str(node)[:60]!r}")
        if node not in set(nodes):
            raise ValueError(f"{name} is no part of this loss: the loss was computed without it. "
                             "Was it made anew after the loss was?")  # fmt: skip
    return Trace(loss, nodes, {node: name for name, node in names.items()}, digits)


def gradients(loss: Value) -> dict[Value, float]:
    """d loss / d node for every node of the graph, without touching any `.grad`."""
    nodes = loss.graph()
    before = [node.grad for node in nodes]
    for node in nodes:
        node.grad = 0.0
    loss.backward()
    found = {node: node.grad for node in nodes}
    for node, grad in zip(nodes, before, strict=True):
        node.grad = grad
    return found


class Trace:
    """The rows of one pass, oldest node first. Shows as HTML in a notebook, as text elsewhere.

    rows         list of Row, constants left out
    trace["w1"]  the row of that name
    """

    def __init__(self, loss: Value, nodes: list[Value], names: dict[Value, str], digits: int) -> None:
        self.loss, self.nodes, self.digits = loss, nodes, digits
        self.names = _all_names(nodes, {loss: "L"} | names)
        grads = gradients(loss)
        links: dict[Value, list[Link]] = {node: [] for node in nodes}
        for node in nodes:
            for parent, local in zip(node.parents, node.local_grads, strict=True):
                links[parent].append(Link(self.names[node], local, grads[node]))
        self.rows = [
            Row(self.names[n], n.op, _formula(n, self.names), n.data, tuple(links[n]), grads[n])
            for n in nodes
            if n.op != "const"
        ]

    def __getitem__(self, name: str) -> Row:
        for row in self.rows:
            if row.name == name:
                return row
        raise KeyError(f"no node {name!r} in this trace; it has {', '.join(row.name for row in self.rows)}")

    def table(self) -> list[tuple[str, ...]]:
        """The cells as text: node, formula, value, local derivative, upstream gradient, gradient."""

        def show(number):
            return fmt(number, self.digits)

        return [
            (row.name, row.formula if row.formula != row.name else "", show(row.value),
             " and ".join(show(link.local) for link in row.links),
             " and ".join(show(link.upstream) for link in row.links), show(row.grad))
            for row in self.rows
        ]  # fmt: skip

    def text(self) -> str:
        """A table for a terminal."""
        cells = [_HEAD, *self.table()]
        widths = [max(len(row[i]) for row in cells) for i in range(len(_HEAD))]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in cells]
        return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])

    __repr__ = text

    def html(self) -> str:
        """A table for a page: values carry the class bp-forward, gradients bp-backward."""
        head = "".join(f'<th scope="col">{_sub(cell)}</th>' for cell in _HEAD)
        kinds = ("", "bp-forward", "bp-backward", "bp-backward", "bp-backward")
        rows = []
        for name, *cells in self.table():
            body = "".join(f'<td class="{kind}">{_sub(c)}</td>' for kind, c in zip(kinds, cells, strict=True))
            rows.append(f'<tr><th scope="row">{_sub(name)}</th>{body}</tr>')
        rows = "\n".join(rows)
        return f'<table class="bp-trace">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>'

    _repr_html_ = html

    def latex(self) -> str:
        """The backward pass as lines of mathematics, from the loss to the leaves."""
        top, lines = _tex(self.names[self.loss]), []
        for row in reversed(self.rows):
            products = [f"{_factor(k.upstream, self.digits)} \\cdot {_factor(k.local, self.digits)}" for k in row.links]
            steps = [*([" + ".join(products)] if products else []), fmt(row.grad, self.digits)]
            lines.append(f"\\frac{{\\partial {top}}}{{\\partial {_tex(row.name)}}} &= " + " = ".join(steps))
        return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}"

    def graph(self) -> dict:
        """The graph as plain data, which is all that a figure needs to run it again: nodes in order, parents by index."""
        index = {node: i for i, node in enumerate(self.nodes)}
        return {
            "nodes": [
                {"name": self.names[n], "op": n.op, "parents": [index[p] for p in n.parents], "value": n.data}
                for n in self.nodes
            ]
        }

    def json(self) -> str:
        """The rows as JSON; a number that JSON has no word for (NaN, infinity) becomes a string."""
        rows = [row.__dict__ | {"links": [link._asdict() for link in row.links]} for row in self.rows]
        return json.dumps({"loss": self.names[self.loss], "rows": _plain(rows)}, allow_nan=False)


_HEAD = ("node", "computed as", "value", "local derivative", "upstream gradient", "gradient")
_SYMBOLS = {"+": " + ", "-": " - ", "*": " * ", "/": " / ", "**": " ** "}
_RANK = {"+": 1, "-": 1, "*": 2, "/": 2, "neg": 3, "**": 4}  # how tightly an operation binds


def fmt(number: float, digits: int = 4) -> str:
    """A number as the book prints it: up to `digits` decimals, no trailing zeros; tiny and huge ones as 1.2e-09."""
    if not math.isfinite(number):
        return str(number)
    if number == 0 or 10.0**-digits <= abs(number) < 1e6:
        text = f"{number:.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{number:.{max(digits - 1, 1)}e}"


def _all_names(nodes: list[Value], given: dict[Value, str]) -> dict[Value, str]:
    """A name for every node: the one given, its own, or its formula; too long or used twice, a number is put to it."""
    names: dict[Value, str] = {}
    used: set[str] = set(given.values())
    if len(used) < len(given):
        raise ValueError(f"two nodes cannot share a name: {', '.join(given.values())}")
    for i, node in enumerate(nodes):
        if node in given:
            names[node] = given[node]
            continue
        name = node.name or (fmt(node.data) if node.op == "const" else _formula(node, names) or f"v{i}")
        if len(name) > LONGEST_FORMULA:
            name = f"v{i}"
        names[node] = name if node.op == "const" or name not in used else f"{name} #{i}"
        used.add(names[node])
    return names


def _formula(node: Value, names: dict[Value, str]) -> str:
    """How the node was computed, in the names of its parents; empty for a leaf."""
    if not node.parents:
        return ""
    if node.op not in _SYMBOLS:
        inside = ", ".join(names[p] for p in node.parents)
        return f"-{_bracket(names, node.parents[0], 3)}" if node.op == "neg" else f"{node.op}({inside})"
    rank = _RANK[node.op]
    left, right = node.parents
    # on the right of - and /, and on the left of **, an expression of the same rank needs brackets too
    tight = (rank + (node.op == "**"), rank + (node.op in "-/"))
    return _bracket(names, left, tight[0]) + _SYMBOLS[node.op] + _bracket(names, right, tight[1])


def _bracket(names: dict[Value, str], node: Value, rank: int) -> str:
    name = names[node]
    bare = re.fullmatch(r"[\w.]+|\w+\([^()]*\)", name) is not None
    binds = 9 if bare else _RANK.get(node.op, 0)  # what is left, a negative number, is always put in brackets
    return name if binds >= rank else f"({name})"


def _sub(text: str) -> str:
    """HTML with w1 set as w with a subscript, and a real minus sign before numbers."""
    text = re.sub(r"(?<![\w.])([A-Za-z]+)(\d+)\b", r"\1<sub>\2</sub>", escape(text))
    return re.sub(r"(?<![\w)])-(?=[\d.])", "\N{MINUS SIGN}", text)


def _tex(name: str) -> str:
    name = re.sub(r"\b([A-Za-z]+)(\d+)\b", r"\1_{\2}", name).replace("#", r"\#")
    name = re.sub(r"\b(relu|sigmoid|abs)\b", r"\\operatorname{\1}", name)
    name = re.sub(r"\b(tanh|exp|log|sin|cos|max|min)\b", r"\\\1", name)
    name = re.sub(r" \*\* (\S+)", r"^{\1}", name).replace(" * ", r" \cdot ")
    return f"({name})" if " " in name else name


def _factor(number: float, digits: int) -> str:
    text = fmt(number, digits)
    return f"({text})" if text.startswith("-") else text


def _plain(value):
    """`value` with every number that JSON cannot say turned into its name."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
