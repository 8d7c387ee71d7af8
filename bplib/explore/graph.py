"""Graph: a traced computational graph whose leaves can be moved, step by step, forward and backward."""

from __future__ import annotations

import math
from numbers import Real

import traitlets as t

from bplib.value import RULES, Value

from . import module
from .base import Explorable, finite, show, table

LEAVES = ("leaf", "const")


class Graph(Explorable):
    """A traced computational graph whose leaves can be moved while values and gradients follow.

    trace   a `bplib.Trace`, anything else with `.graph()`, or the dict that it gives
    knobs   leaf name -> (min, max) or (min, max, step); None: a knob for every leaf; {}: none
    learns  names of the leaves that learn: adds a button for one step of gradient descent on all of them
    lr      the learning rate of that step
    note    one sentence after "Try:"

    Afterwards, in a live notebook: `values` (leaf name -> number) is what the reader set, and can be set;
    `step` is the step being told, -1 when everything is shown.
    """

    _tag = "bp-graph"
    _esm = module("graph")

    graph = t.Dict().tag(sync=True)
    knobs = t.Dict().tag(sync=True)
    values = t.Dict(t.Float()).tag(sync=True)
    step = t.Int(-1, min=-1).tag(sync=True)
    note = t.Unicode().tag(sync=True)
    lr = t.Float(None, allow_none=True).tag(sync=True)
    learns = t.List(t.Unicode()).tag(sync=True)

    def __init__(self, trace, knobs: dict | None = None, *, learns=(), lr: float | None = None, note: str = "") -> None:
        graph = checked_graph(trace)
        if (lr is None) == bool(learns):
            raise ValueError(f"lr and learns want each other: got lr={lr!r}, learns={learns!r}")
        for name in learns:
            _known(name, _leaves(graph), "learns")
        lr = None if lr is None else finite(lr, "lr")
        knobs = _checked_knobs(knobs, graph)
        super().__init__(graph=graph, knobs=knobs, values=_leaves(graph), lr=lr, learns=list(learns), note=note)

    @t.validate("values")
    def _complete(self, proposal) -> dict:
        """Leaves left out stand where the trace had them."""
        leaves = _leaves(self.graph)
        for name in proposal.value:
            _known(name, leaves, "values")
        return leaves | {name: finite(v, f"values[{name!r}]") for name, v in proposal.value.items()}

    def _data(self) -> dict:
        # Values of operations are left out: the figure computes them, and they differ between processors.
        bare = [dict(node) for node in self.graph["nodes"]]
        for node in bare:
            if node["op"] not in LEAVES:
                del node["value"]
        given = _leaves(self.graph)
        moved = {name: value for name, value in self.values.items() if value != given[name]}
        step = self.step if self.step >= 0 else None
        rest = {"values": moved, "step": step, "note": self.note, "lr": self.lr, "learns": self.learns}
        said = {key: value for key, value in rest.items() if value not in ({}, [], None, "")}
        return {"graph": {"nodes": bare}, "knobs": self.knobs} | said

    def _fallback(self) -> str:
        values, grads = passes(self.graph, self.values)
        rows = [
            [node["name"], node["op"], ("forward", show(value)), ("backward", show(grad))]
            for node, value, grad in zip(self.graph["nodes"], values, grads, strict=True)
            if node["op"] != "const"
        ]
        caption = f"The value of every node, and the gradient of {self.graph['nodes'][-1]['name']} with respect to it."
        return table(caption, ["node", "operation", "value", "gradient"], rows, self.note)

    def __repr__(self) -> str:
        values, _ = passes(self.graph, self.values)
        leaves = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"Graph({self.graph['nodes'][-1]['name']} = {show(values[-1])} at {leaves})"


def passes(graph: dict, leaves: dict[str, float]) -> tuple[list[float], list[float]]:
    """The value of each node and its gradient, the leaves being where `leaves` puts them.

    NaN stands where an operation has no value, as log does at 0.
    """
    nodes: list[Value] = []
    for node in graph["nodes"]:
        op, parents = node["op"], tuple(nodes[p] for p in node["parents"])
        value, slopes = (leaves[node["name"]] if op == "leaf" else node["value"]), ()
        if parents:
            try:
                value, slopes = RULES[op](*[p.data for p in parents])
            except (ArithmeticError, ValueError):
                value, slopes = math.nan, (math.nan,) * len(parents)
        nodes.append(Value(value, node["name"], op, parents, slopes))
    nodes[-1].backward()
    return [node.data for node in nodes], [node.grad for node in nodes]


def checked_graph(trace) -> dict:
    """The dict of a trace, or of anything with `.graph()`; TypeError or ValueError when it is no graph."""
    graph = trace.graph() if callable(getattr(trace, "graph", None)) else trace
    nodes = graph.get("nodes") if isinstance(graph, dict) else None
    if not isinstance(nodes, list) or not nodes:
        what = f"{type(trace).__name__}: {str(trace)[:60]!r}"
        raise TypeError(f'Graph wants a trace, or {{"nodes": [...]}} as trace.graph() gives it, got {what}')
    for i, node in enumerate(nodes):
        missing = {"name", "op", "parents", "value"} - set(node if isinstance(node, dict) else ())
        if missing:
            raise ValueError(f"node {i} wants {', '.join(sorted(missing))} too, got {node!r}")
        here, op, parents = f"node {i} ({node['name']})", node["op"], node["parents"]
        if op not in LEAVES and op not in RULES:
            raise ValueError(f"{here} wants one of the operations {' '.join(RULES)}, got {op!r}")
        if not all(isinstance(p, int) and 0 <= p < i for p in parents):
            raise ValueError(f"{here} wants parents that come before it, got {parents!r}")
        if op in LEAVES:
            finite(node["value"], f"the value of {here}")
    names = [node["name"] for node in nodes if node["op"] == "leaf"]
    if len(set(names)) < len(names):
        raise ValueError(f"every leaf wants a name of its own, got {', '.join(names)}")
    return {"nodes": [node | {"value": _finite(node["value"])} for node in nodes]}


def _checked_knobs(knobs: dict | None, graph: dict) -> dict:
    leaves = _leaves(graph)
    if knobs is None:
        return {name: _sensible(value) for name, value in leaves.items()}
    checked = {}
    for name, given in knobs.items():
        _known(name, leaves, "knobs")
        if not isinstance(given, tuple | list) or len(given) not in (2, 3):
            raise ValueError(f"the knob {name!r} wants (min, max) or (min, max, step), got {given!r}")
        numbers = [finite(part, f"the knob {name!r}") for part in given]
        if numbers[0] >= numbers[1]:
            raise ValueError(f"the knob {name!r} wants min < max, got {given!r}")
        if len(numbers) == 2:
            numbers.append(_fine(numbers[1] - numbers[0]))
        if numbers[2] <= 0:
            raise ValueError(f"the knob {name!r} wants a step above 0, got {given!r}")
        checked[name] = numbers
    return checked


def _sensible(value: float) -> list[float]:
    """A symmetric range with room for twice the value: 3 at least, then 10, 30, 100, ..."""
    reach = 3.0
    while reach < abs(value) * 1.5:
        reach *= 10 / 3 if f"{reach:e}"[0] == "3" else 3
        reach = float(f"{reach:.0e}")
    return [-reach, reach, _fine(2 * reach)]


def _fine(span: float) -> float:
    """A round step that divides the span into a hundred parts or a few more: 0.05 for a span of 6."""
    power = 10.0 ** math.floor(math.log10(span / 100))
    return float(f"{next(m for m in (5, 2, 1) if m * power <= span / 100 or m == 1) * power:.0e}")


def _leaves(graph: dict) -> dict[str, float]:
    return {node["name"]: float(node["value"]) for node in graph["nodes"] if node["op"] == "leaf"}


def _known(name: str, leaves: dict, where: str) -> None:
    if name not in leaves:
        raise ValueError(f"{where} wants names of leaves ({', '.join(leaves)}), got {name!r}")


def _finite(value):
    """JSON has no word for NaN and infinity; the figure computes them anew anyway."""
    return value if isinstance(value, Real) and math.isfinite(value) else None
