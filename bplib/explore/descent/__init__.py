"""Descent: steps of gradient descent on the loss of a traced graph, over one of its leaves or two."""

from __future__ import annotations

import traitlets as t

from .. import module
from ..base import Explorable, finite, show, table
from ..graph import checked_graph, leaves_of, passes
from .still import still


class Descent(Explorable):
    """Gradient descent on any traced loss: a curve over one leaf, a map over two, and the path of the steps.

    trace   a `bplib.Trace`, or what else `Graph` takes; the leaves that do not learn stay where it has them
    ranges  the leaves that learn, one or two: name -> (min, max), which is also what the map shows
    lr      the learning rate to begin with; rates: (min, max) or (min, max, step) of its knob
    steps   how many steps to begin with
    start   leaf name -> where to start; left out, where the trace has it
    names   leaf name -> what its axis says, such as {"w": "slope w"}; left out, its name
    model   a trace of what the model says at an input, a leaf "x", from leaves named as in `ranges`: its curve is drawn
    points  the data that the curve is fitted to, [(x, y), ...]
    note    one sentence after "Try:"

    Afterwards, in a live notebook: `lr`, `steps` and `start` (numbers in the order of `leaves`) are what the reader
    set, and can be set; `path()` gives the points and losses.
    """

    _tag = "bp-descent"
    _esm = module("descent")

    graph = t.Dict().tag(sync=True)
    leaves = t.List(t.Unicode()).tag(sync=True)
    ranges = t.Dict().tag(sync=True)
    start = t.List(t.Float()).tag(sync=True)
    lr = t.Float(0.1).tag(sync=True)
    rates = t.List(t.Float()).tag(sync=True)
    steps = t.Int(20, min=0, max=1000).tag(sync=True)
    names = t.Dict().tag(sync=True)
    model = t.Dict(allow_none=True, default_value=None).tag(sync=True)
    points = t.List().tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, trace, ranges: dict, *, lr: float = 0.1, rates=(0.01, 1.0, 0.01), steps: int = 20,
                 start: dict | None = None, names: dict | None = None, model=None, points=(), note: str = "") -> None:  # fmt: skip
        graph = checked_graph(trace)
        given = leaves_of(graph)
        if not isinstance(ranges, dict) or not 1 <= len(ranges) <= 2:
            raise ValueError(f"Descent wants ranges for one leaf or two, name -> (min, max), got {ranges!r}")
        for name in [*ranges, *(start or {}), *(names or {})]:
            if name not in given or name not in ranges:
                raise ValueError(f"{name!r} is no leaf that learns; ranges wants some of {', '.join(given)}")
        super().__init__(
            graph=graph,
            leaves=list(ranges),
            ranges={name: _span(given, f"the range of {name!r}", 2) for name, given in ranges.items()},
            start=[finite((start or {}).get(name, given[name]), f"start[{name!r}]") for name in ranges],
            lr=finite(lr, "lr"),
            rates=_span(rates, "rates", 3),
            steps=steps,
            names=dict(names or {}),
            model=_predicting(model, points),
            points=[[finite(x, "points"), finite(y, "points")] for x, y in points],
            note=note,
        )

    @t.validate("start")
    def _whole(self, proposal) -> list[float]:
        if len(proposal.value) != len(self.leaves):
            raise ValueError(f"start wants a number for each of {', '.join(self.leaves)}, got {proposal.value!r}")
        return [finite(number, "start") for number in proposal.value]

    def path(self) -> list[tuple[list[float], float, list[float]]]:
        """(point, loss, gradient there) at the start and after each step; ends early where numbers end."""
        index = {node["name"]: i for i, node in enumerate(self.graph["nodes"]) if node["op"] == "leaf"}
        point, path = list(self.start), []
        for _ in range(self.steps + 1):
            moved = leaves_of(self.graph) | dict(zip(self.leaves, point, strict=True))
            values, grads = passes(self.graph, moved)
            path.append((point, values[-1], [grads[index[name]] for name in self.leaves]))
            point = [at - self.lr * slope for at, slope in zip(point, path[-1][2], strict=True)]
            if not all(abs(at) < float("inf") for at in point):
                break
        return path

    def _data(self) -> dict:
        said = {key: getattr(self, key) for key in ("names", "points") if getattr(self, key)}
        said |= {"model": _bare(self.model)} if self.model else {}
        keys = ("leaves", "ranges", "start", "lr", "rates", "steps", "note")
        return {"graph": _bare(self.graph)} | {key: getattr(self, key) for key in keys} | said

    def _fallback(self) -> str:
        path = self.path()
        told = sorted({0, 1, 2, 3, 5, 10, len(path) - 1} & set(range(len(path))))
        rows = [
            [
                str(k),
                *map(show, path[k][0]),
                ("forward", show(path[k][1])),
                *(("backward", show(g)) for g in path[k][2]),
            ]
            for k in told
        ]
        head = ["step", *self.leaves, "loss", *(f"gradient of {name}" for name in self.leaves)]
        caption = f"Gradient descent with a learning rate of {show(self.lr)}."
        return f"{still(self, path)}\n{table(caption, head, rows, self.note)}"

    def __repr__(self) -> str:
        (first, *_), last = self.path(), self.path()[-1]
        return f"Descent(lr={self.lr!r}, {self.steps} steps: loss {show(first[1])} -> {show(last[1])})"


def _span(given, what: str, most: int) -> list[float]:
    """[min, max], and a step if `most` is 3."""
    if not isinstance(given, tuple | list) or not 2 <= len(given) <= most or not given[0] < given[1]:
        raise ValueError(f"{what} wants (min, max{', step' if most == 3 else ''}) with min < max, got {given!r}")
    return [finite(number, what) for number in given]


def _bare(graph: dict) -> dict:
    """Without the values that follow from the leaves."""
    nodes = [{k: v for k, v in node.items() if k != "value" or not node["parents"]} for node in graph["nodes"]]
    return {"nodes": nodes}


def _predicting(model, points) -> dict | None:
    """The model's graph, if there is one."""
    if model is None and not points:
        return None
    if model is None or not points:
        raise ValueError("model and points go together: the curve, and what it is fitted to")
    graph = checked_graph(model)
    if "x" not in leaves_of(graph):
        raise ValueError(f"model wants a leaf 'x', its input; its leaves are {', '.join(leaves_of(graph))}")
    return graph
