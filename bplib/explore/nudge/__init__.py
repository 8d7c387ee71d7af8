"""Nudge: one knob is turned a little; what the gradient promised stands beside what the loss did."""

from __future__ import annotations

import math

import traitlets as t

from .. import module
from ..base import Explorable, finite, one_of, show, table
from ..graph import LEAVES, checked_graph, leaves_of, passes
from ..still import styled, styled_words


def _change(name: str, kind: str, by: float, x: float, level: float, ends: tuple[float, float]) -> list[str]:
    """A bar from the loss's level to `ends[0]`, and its name, clear of the other bar's; all in pixels of the still."""
    y, other = ends
    upper = y < other
    right = x < 160 or (upper and x < 600)
    aside = -2 if name == "promised" else 2
    return [
        f'<path class="bp-step bp-{kind}" d="M{x + aside:.1f} {level:.1f}V{y:.1f}"/>',
        f'<circle class="bp-dot bp-{kind}" cx="{x:.1f}" cy="{y:.1f}" r="5"/>',
        styled_words(x + (12 if right else -12), y + (-6 if upper else 16), f"bp-{name}", f"{name} {show(by)}",
              "start" if right else "end"),
    ]  # fmt: skip


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
        return self._still() + "\n" + table(caption, ["nudge", "promised", "happened", "difference"], rows, self.note)

    def _still(self) -> str:
        """As the figure draws it: the loss, its tangent, and the nudge with what was promised and what happened."""
        at = leaves_of(self.graph)
        base, before, now = at[self.leaf], passes(self.graph, at)[0][-1], self.compare(self.h)
        span = 1.1 * max(self.reach, abs(self.h))
        over = [base + span * (k / 40 - 1) for k in range(81)]
        curve = [(x, passes(self.graph, at | {self.leaf: x})[0][-1]) for x in over]
        tangent = [(x, before + (x - base) * now["slope"]) for x in (over[0], over[-1])]
        heights = [y for _, y in curve + tangent if math.isfinite(y)] or [0.0]
        low, high = min(heights), max(heights)

        def place(x: float, y: float) -> tuple[float, float]:
            up = (y - low) / (high - low or 1) if math.isfinite(y) else 0.0
            return 40 + 640 * ((x - base) / span + 1) / 2, 250 - 220 * up

        def line(points: list[tuple[float, float]], kind: str) -> str:
            through = " ".join("{:.1f},{:.1f}".format(*place(*p)) for p in points if math.isfinite(p[1]))
            return f'<polyline class="bp-line bp-{kind}" points="{through}"/>'

        end = base + self.h
        (left, level), (right, _) = place(base, before), place(end, before)
        parts = [line(curve, "forward"), line(tangent, "backward"), line([(base, before), (end, before)], "level")]
        parts += [f'<circle class="bp-dot bp-base" cx="{left:.1f}" cy="{level:.1f}" r="5.5"/>']
        parts += [
            styled_words(44, 20, "bp-title", "loss", "start"),
            styled_words(680, 276, "bp-title", self.leaf, "end"),
        ]
        parts += [styled_words((left + right) / 2, level - 7, "bp-size", f"h = {show(self.h)}")]
        ends = place(end, before + now["promised"])[1], place(end, before + now["actual"])[1]
        parts += _change("promised", "backward", now["promised"], right, level, ends)
        parts += _change("happened", "forward", now["actual"], right, level, ends[::-1])
        return styled(
            "nudge", f"The loss against {self.leaf}, its tangent, and a nudge of {show(self.h)}", (720, 285), parts
        )

    def __repr__(self) -> str:
        now = {key: show(number) for key, number in self.compare(self.h).items()}
        return f"Nudge({self.leaf} by {show(self.h)}: promised {now['promised']}, brought {now['actual']})"
