"""Graph: a traced computational graph whose leaves can be moved, step by step, forward and backward."""

from __future__ import annotations

import math
from numbers import Real

import traitlets as t

from ...engine.value import RULES, Value
from ...mistakes.scalar import MISTAKES, Outcome
from .. import module
from ..base import Explorable, finite, show, table

LEAVES = ("leaf", "const")
BLANK = "\N{HORIZONTAL ELLIPSIS}"


class Graph(Explorable):
    """A traced computational graph whose leaves can be moved while values and gradients follow.

    trace   a `bplib.Trace`, anything else with `.graph()`, or the dict that it gives
    knobs   leaf name -> (min, max) or (min, max, step); None: a knob for every leaf; {}: none
    learns  names of the leaves that learn: adds a button for one step of gradient descent on all of them
    lr      the learning rate of that step
    note    one sentence after "Try:"
    fill    False: a switch offers that the reader fills in each number; True: it begins empty, and so; None: neither.
            A wrong number gets help in three steps, and a gradient that a known mistake gives gets its name
    step    the step at which it opens, the first being 0: values in order, then gradients from the loss back; -1: all
            (filling in always begins at 0)

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
    fill = t.Bool().tag(sync=True)
    slips = t.Dict().tag(sync=True)

    def __init__(
        self,
        trace,
        knobs: dict | None = None,
        *,
        learns=(),
        lr: float | None = None,
        note: str = "",
        fill: bool | None = None,
        step: int = -1,
    ) -> None:
        graph = checked_graph(trace)
        if (lr is None) == bool(learns):
            raise ValueError(f"lr and learns want each other: got lr={lr!r}, learns={learns!r}")
        for name in learns:
            _known(name, leaves_of(graph), "learns")
        lr = None if lr is None else finite(lr, "lr")
        knobs = _checked_knobs(knobs, graph)
        values = leaves_of(graph)
        super().__init__(graph=graph, knobs=knobs, values=values, lr=lr, learns=list(learns), note=note, step=step)
        if fill is not None:
            self.slips = slip_table(graph, lr)
            self.fill = bool(fill)
        if fill:
            self.step = 0

    @t.validate("values")
    def _complete(self, proposal) -> dict:
        """Leaves left out stand where the trace had them."""
        leaves = leaves_of(self.graph)
        for name in proposal.value:
            _known(name, leaves, "values")
        return leaves | {name: finite(v, f"values[{name!r}]") for name, v in proposal.value.items()}

    def _data(self) -> dict:
        # Values of operations are left out: the figure computes them, and they differ between processors.
        bare = [dict(node) for node in self.graph["nodes"]]
        for node in bare:
            if node["op"] not in LEAVES:
                del node["value"]
        given = leaves_of(self.graph)
        moved = {name: value for name, value in self.values.items() if value != given[name]}
        step = self.step if self.step >= 0 else None
        rest = {"values": moved, "step": step, "note": self.note, "lr": self.lr, "learns": self.learns}
        rest |= {"fill": self.fill or None, "slips": self.slips}
        said = {key: value for key, value in rest.items() if value not in ({}, [], None, "")}
        return {"graph": {"nodes": bare}, "knobs": self.knobs} | said

    def _fallback(self) -> str:
        values, grads = passes(self.graph, self.values)
        loss = self.graph["nodes"][-1]["name"]
        rows = []
        for node, value, grad in zip(self.graph["nodes"], values, grads, strict=True):
            known = not self.fill or node["op"] == "leaf"  # what the reader is to find stays empty
            numbers = show(value) if known else BLANK, BLANK if self.fill else show(grad)
            if node["op"] != "const":
                rows.append([node["name"], node["op"], *zip(("forward", "backward"), numbers, strict=True)])
        caption = f"The value of every node, and the gradient of {loss} with respect to it."
        if self.fill:
            caption = f"Fill in the value of every node, and then, from the last row up, the gradient of {loss}."
        return table(caption, ["node", "operation", "value", "gradient"], rows, self.note)

    def __repr__(self) -> str:
        values, _ = passes(self.graph, self.values)
        leaves = ", ".join(f"{name}={value!r}" for name, value in self.values.items())
        return f"Graph({self.graph['nodes'][-1]['name']} = {show(values[-1])} at {leaves})"


def passes(graph: dict, leaves: dict[str, float]) -> tuple[list[float], list[float]]:
    """The value of each node and its gradient, the leaves being where `leaves` puts them."""
    nodes = _built(graph, leaves)
    nodes[-1].backward()
    return [node.data for node in nodes], [node.grad for node in nodes]


def _built(graph: dict, leaves: dict[str, float]) -> list[Value]:
    """The nodes once more; NaN stands where an operation has no value, as log does at 0."""
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
    return nodes


def slip_table(graph: dict, lr: float | None = None) -> dict:
    """The wrong gradients that known mistakes give, where they differ by more than rounding, at the starting numbers.

    {"says": [[slug, question, what was done], ...], "at": {node: [[wrong gradient, place in "says", ...], ...]}}
    """
    nodes = _built(graph, leaves_of(graph))
    nodes[-1].backward()
    room = rooms(nodes)
    says: dict[str, int] = {}
    at: dict[str, dict[float, list[int]]] = {}
    for slug, mistake in MISTAKES.items():
        outcome = _outcome(mistake, nodes[-1], lr)
        for i, node in enumerate(nodes):
            wrong = outcome.grads.get(node, math.nan)
            if node.op != "const" and math.isfinite(wrong) and abs(wrong - node.grad) > room[i]:
                place = says.setdefault(slug, len(says))
                at.setdefault(str(i), {}).setdefault(float(f"{wrong:.6g}"), []).append(place)
    told = [[slug, MISTAKES[slug].question, MISTAKES[slug].says] for slug in says]
    return {"says": told, "at": {i: [[wrong, *which] for wrong, which in rows.items()] for i, rows in at.items()}}


def _outcome(mistake, loss: Value, lr: float | None) -> Outcome:
    """What the mistake yields; NaN where it depends on a learning rate and the figure has none, or fails."""
    nowhere = Outcome({}, {})
    try:
        outcome = mistake.run(loss, lr or 0.1)
        other = outcome if lr else mistake.run(loss, 0.2)
    except (ArithmeticError, ValueError):
        return nowhere
    same = {node: grad for node, grad in outcome.grads.items() if grad == other.grads[node]}
    return outcome._replace(grads=same)


def rooms(nodes: list[Value]) -> list[float]:
    """How far each gradient may lie off when its factors are taken to three decimals. As `room` in fill.js."""
    sums = dict.fromkeys(nodes, 1.0)
    for node in nodes:
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            sums[parent] += abs(node.grad) + abs(local)
    return [0.001 * sums[node] for node in nodes]


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
    leaves = leaves_of(graph)
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


def leaves_of(graph: dict) -> dict[str, float]:
    return {node["name"]: float(node["value"]) for node in graph["nodes"] if node["op"] == "leaf"}


def _known(name: str, leaves: dict, where: str) -> None:
    if name not in leaves:
        raise ValueError(f"{where} wants names of leaves ({', '.join(leaves)}), got {name!r}")


def _finite(value):
    """JSON has no word for NaN and infinity; the figure computes them anew anyway."""
    return value if isinstance(value, Real) and math.isfinite(value) else None
