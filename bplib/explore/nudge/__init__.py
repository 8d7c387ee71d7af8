"""Nudge: one knob is turned a little; what the gradient promised stands beside what the loss did."""

from __future__ import annotations

import traitlets as t

from .. import module
from ..base import Explorable, finite, one_of, show, table
from ..graph import LEAVES, checked_graph, leaves_of, passes


class Nudge(Explorable):
    """The loss against one leaf of a traced graph, its tangent, and a nudge of size h.

    trace   a `bplib.Trace`, anything else with `.graph()`, or the dict that it gives
    leaf    the name of the leaf that is nudged first; None: the first of `leaves`
    h       the size of the nudge at first
    reach   how far the slider for h goes, to both sides
    leaves  names of the leaves to choose from, the network's knobs; None: every leaf
    note    one sentence after "Try:"

    Afterwards, in a live notebook: `leaf` and `h` are what the reader set, and can be set.
    """

    _tag = "bp-nudge"
    _esm = module("nudge")

    graph = t.Dict().tag(sync=True)
    leaf = t.Unicode().tag(sync=True)
    leaves = t.List(t.Unicode()).tag(sync=True)
    h = t.Float(0.1).tag(sync=True)
    reach = t.Float(1.0).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, trace, leaf: str | None = None, *, h: float = 0.1, reach: float = 1.0,
                 leaves: list[str] | None = None, note: str = "") -> None:  # fmt: skip
        graph = checked_graph(trace)
        known = list(leaves_of(graph))
        leaves = known if leaves is None else [one_of(name, known, "leaves") for name in leaves]
        if not leaves:
            raise ValueError("leaves wants at least one leaf to nudge, got none")
        reach = finite(reach, "reach")
        if reach <= 0:
            raise ValueError(f"reach wants a number above 0, got {reach!r}")
        leaf = one_of(leaves[0] if leaf is None else leaf, leaves, "leaf")
        super().__init__(graph=graph, leaf=leaf, leaves=leaves, h=finite(h, "h"), reach=reach, note=note)

    @t.validate("leaf")
    def _known_leaf(self, proposal) -> str:
        return one_of(proposal.value, self.leaves or [proposal.value], "leaf")

    @t.validate("h")
    def _finite_h(self, proposal) -> float:
        return finite(proposal.value, "h")

    def compare(self, h: float) -> dict[str, float]:
        """What a nudge of size h was promised by the slope, what it brought, and the difference of the two."""
        at = leaves_of(self.graph)
        values, grads = passes(self.graph, at)
        slope = next(g for node, g in zip(self.graph["nodes"], grads, strict=True) if node["name"] == self.leaf)
        moved, _ = passes(self.graph, at | {self.leaf: at[self.leaf] + h})
        actual = moved[-1] - values[-1]
        return {"slope": slope, "promised": slope * h, "actual": actual, "difference": slope * h - actual}

    def _data(self) -> dict:
        # Values of operations are left out: the figure computes them, and they differ between processors.
        nodes = [{k: v for k, v in n.items() if k != "value" or n["op"] in LEAVES} for n in self.graph["nodes"]]
        rest = {"leaf": self.leaf, "leaves": self.leaves, "h": self.h, "reach": self.reach}
        return {"graph": {"nodes": nodes}} | rest | ({"note": self.note} if self.note else {})

    def _fallback(self) -> str:
        rows = []
        for h in sorted({self.h, self.h / 2, self.h / 10, -self.h}, key=lambda h: (-abs(h), -h)):
            now = self.compare(h)
            promised, actual = ("backward", show(now["promised"])), ("forward", show(now["actual"]))
            rows.append([f"{self.leaf} {'+' if h >= 0 else show(-1)[0]} {show(abs(h))}", promised, actual,
                         show(now["difference"])])  # fmt: skip
        slope = show(self.compare(0.0)["slope"])
        caption = f"Nudges of {self.leaf}: what the slope {slope} promised, and what the loss did."
        return table(caption, ["nudge", "promised", "happened", "difference"], rows, self.note)

    def __repr__(self) -> str:
        now = {key: show(number) for key, number in self.compare(self.h).items()}
        return f"Nudge({self.leaf} by {show(self.h)}: promised {now['promised']}, brought {now['actual']})"
