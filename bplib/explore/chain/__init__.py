"""Chain: a pipeline of functions whose rates multiply along the path from x to y."""

from __future__ import annotations

import math
import operator
import re
from itertools import accumulate

import traitlets as t

from ...engine.value import RULES
from .. import module
from ..base import Explorable, finite, one_of, show, table
from ..still import styled, styled_words

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


WIDE, MOST_DRAWN = 720, 40  # of the still: px, and stages


def _bars(kind: str, title: str, top: int, places: list[float], amounts: list[float], pitch: float) -> list[str]:
    """One row of bars on a zero line, 110 px high in all."""
    least, most = (end([0.0, *(a for a in amounts if math.isfinite(a))]) for end in (min, max))
    scale = 60 / (most - least or 1)
    zero, wide = top + 30 + scale * most, min(0.6 * pitch, 46)
    left = kind == "forward"
    parts = [styled_words(4 if left else WIDE - 4, top + 4, f"bp-title bp-{kind}", title, "start" if left else "end")]
    parts += [f'<path class="bp-zero" d="M0 {zero:.1f}H{WIDE}"/>']
    for k, (place, amount) in enumerate(zip(places, amounts, strict=True)):
        tall = scale * amount if math.isfinite(amount) else 0.0
        parts += [
            f'<path class="bp-bars bp-{kind}" d="M{place - wide / 2:.1f} {zero:.1f}h{wide:.1f}v{-tall:.1f}h{-wide:.1f}z"/>'
        ]
        where = {0: (-wide / 2, "start"), len(places) - 1: (wide / 2, "end")}
        aside, anchor = (0, "middle") if pitch >= 46 else where.get(k, (0, ""))
        if anchor:
            parts += [
                styled_words(place + aside, zero - tall + (13 if tall < 0 else -5), "bp-amount", show(amount), anchor)
            ]
    return parts


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

    def rates(self, stages: list | None = None) -> tuple[list[float], list[float]]:
        """The values from x to y, and the rate of each stage; NaN where a function has no value."""
        values, rates = [self.x], []
        for name, times in self.stages if stages is None else stages:
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
        return (
            self._still() + "\n" + table(caption, ["", "function", "value", "rate", "product so far"], rows, self.note)
        )

    def _still(self) -> str:
        """As the figure draws it: a bar for the nudge at each place, and one for the product, repeated stages one by one."""
        singles = [[name, 1] for name, times in self.stages for _ in [None] * times]
        stages = singles if len(singles) <= MOST_DRAWN else self.stages
        values, rates = self.rates(stages)
        pitch = min(WIDE / len(values), 150.0)
        places = [WIDE / 2 + pitch * (k - len(rates) / 2) for k in range(len(values))]
        front = list(accumulate(rates, operator.mul, initial=1.0))
        back = list(accumulate(reversed(rates), operator.mul, initial=1.0))[::-1]
        edge = min(0.3 * pitch, 23)
        parts = [styled_words(places[0] - edge, 52, "bp-value", f"x = {show(values[0])}", "start")]
        parts += [styled_words(places[-1] + edge, 52, "bp-value", f"y = {show(values[-1])}", "end")]
        if pitch >= 46:
            for (name, times), rate, place in zip(stages, rates, places, strict=False):
                title = name.replace("*", TIMES) + (f", {times} times" if times > 1 else "")
                parts += [styled_words(place + pitch / 2, 16, "bp-function", title)]
                parts += [styled_words(place + pitch / 2, 32, "bp-rate", f"{'rate ' * (pitch > 100)}{show(rate)}")]
        elif len(self.stages) == 1:
            parts += [
                styled_words(
                    WIDE / 2, 16, "bp-function", f"{self.stages[0][0].replace('*', TIMES)}, {len(rates)} times"
                )
            ]
        nudges = [self.dx * rate for rate in front]
        parts += _bars("forward", "the nudge, carried forward \N{RIGHTWARDS ARROW}", 76, places, nudges, pitch)
        parts += _bars("backward", "\N{LEFTWARDS ARROW} the same from the other end: \N{PARTIAL DIFFERENTIAL}y/\N{PARTIAL DIFFERENTIAL}v",
                       190, places, back, pitch)  # fmt: skip
        return styled("chain", "The nudge and the product of the rates at each place of the chain", (WIDE, 300), parts)

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
