"""Chain: a pipeline of functions whose rates multiply along the path from x to y."""

from __future__ import annotations

import math
import re

import traitlets as t

from ...engine.value import RULES
from .. import module
from ..base import Explorable, finite, one_of, show, table

MOST_STAGES, MOST_TIMES = 8, 99  # as in chain.js
TIMES = "\N{MULTIPLICATION SIGN}"

# name -> function of v that gives (value, rate), as in chain.js; "*k" and "+k" are made by `_function`.
FUNCTIONS = {
    "square": lambda v: (v * v, 2 * v),
    "cube": lambda v: (v**3, 3 * v * v),
    "reciprocal": lambda v: (1 / v, -1 / v / v),
    "sin": lambda v: (math.sin(v), math.cos(v)),
    **{op: lambda v, rule=RULES[op]: (rule(v)[0], rule(v)[1][0]) for op in ("exp", "log", "sigmoid", "tanh", "relu")},
}


class Chain(Explorable):
    """A pipeline x -> f1 -> f2 -> ... -> y; each stage has a rate, and dy/dx is the product of the rates.

    stages  1 to 8 of: "*3" (any number), "+2" or "-2", "square", "cube", "reciprocal", "exp", "log", "sin",
            "sigmoid", "tanh", "relu"; or (name, times) for a stage that is repeated, as in ("*0.8", 20)
    x       the number that goes in at first
    dx      the nudge that is drawn as a bar
    order   "back" or "front": from which end the rates are multiplied at first
    range   (min, max) of the slider for x
    note    one sentence after "Try:"

    Afterwards, in a live notebook: `stages` (a list of [name, times]), `x` and `order` are what the reader set.
    """

    _tag = "bp-chain"
    _esm = module("chain")

    stages = t.List(t.List()).tag(sync=True)
    x = t.Float(2.0).tag(sync=True)
    dx = t.Float(0.01).tag(sync=True)
    order = t.Unicode("back").tag(sync=True)
    range = t.List(t.Float(), [-3.0, 3.0]).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, stages, *, x: float = 2.0, dx: float = 0.01, order: str = "back",
                 range: tuple[float, float] = (-3.0, 3.0), note: str = "") -> None:  # fmt: skip
        if not isinstance(range, tuple | list) or len(range) != 2:
            raise ValueError(f"range wants (min, max), got {range!r}")
        low, high = (finite(end, "range") for end in range)
        if low >= high:
            raise ValueError(f"range wants min < max, got {range!r}")
        super().__init__(stages=_stages(stages), x=finite(x, "x"), dx=finite(dx, "dx"), order=order,
                         range=[low, high], note=note)  # fmt: skip

    @t.validate("stages")
    def _known_stages(self, proposal) -> list:
        return _stages(proposal.value)

    @t.validate("x", "dx")
    def _finite(self, proposal) -> float:
        name = proposal.trait.name
        if finite(proposal.value, name) == 0 and name == "dx":
            raise ValueError("dx wants a number that is not 0, or there is no nudge to follow")
        return proposal.value

    @t.validate("order")
    def _known_order(self, proposal) -> str:
        return one_of(proposal.value, ("back", "front"), "order")

    def rates(self) -> tuple[list[float], list[float]]:
        """The values from x to y, and the rate of each stage; NaN where a function has no value."""
        values, rates = [self.x], []
        for name, times in self.stages:
            value, rate = values[-1], 1.0
            for _ in [None] * times:
                try:
                    value, slope = _function(name)(value)
                except (ArithmeticError, ValueError):
                    value, slope = math.nan, math.nan
                rate *= slope
            values.append(value)
            rates.append(rate)
        return values, rates

    def _data(self) -> dict:
        rest = {"stages": self.stages, "x": self.x, "dx": self.dx, "order": self.order, "range": self.range}
        return rest | ({"note": self.note} if self.note else {})

    def _fallback(self) -> str:
        values, rates = self.rates()
        rows, so_far = [["x", "", ("forward", show(self.x)), "", ("backward", "1")]], 1.0
        for k, ((name, times), value, rate) in enumerate(zip(self.stages, values[1:], rates, strict=True), 1):
            so_far *= rate
            title = name.replace("*", TIMES) + (f", {times} times" if times > 1 else "")
            label = "y" if k == len(rates) else f"v{k}"
            rows.append([label, title, ("forward", show(value)), show(rate), ("backward", show(so_far))])
        caption = f"A chain of rates: their product, dy/dx, is {show(so_far)}."
        return table(caption, ["", "function", "value", "rate", "product so far"], rows, self.note)

    def __repr__(self) -> str:
        values, rates = self.rates()
        names = ", ".join(name if times == 1 else f"{times} times {name}" for name, times in self.stages)
        return f"Chain({names}: y = {show(values[-1])}, dy/dx = {show(math.prod(rates))} at x = {show(self.x)})"


def _stages(given) -> list[list]:
    """[[name, times], ...] with names as chain.js knows them."""
    if isinstance(given, str) or not 1 <= len(given) <= MOST_STAGES:
        raise ValueError(f"stages wants a list of 1 to {MOST_STAGES} functions, got {given!r}")
    checked = []
    for one in given:
        name, times = (one, 1) if isinstance(one, str) else one
        name = re.sub(r"^-", "+-", name.replace(TIMES, "*"))
        if _function(name) is None:
            raise ValueError(f"a stage wants *k, +k or one of {', '.join(FUNCTIONS)}, got {one!r}")
        if isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES:
            raise ValueError(f"a stage wants 1 to {MOST_TIMES} times, got {one!r}")
        checked.append([name, times])
    return checked


def _function(name: str):
    if match := re.fullmatch(r"([*+])(-?\d+(?:\.\d+)?)", name):
        k = float(match[2])
        return (lambda v: (v * k, k)) if match[1] == "*" else (lambda v: (v + k, 1.0))
    return FUNCTIONS.get(name)
