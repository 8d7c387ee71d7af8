"""A training sheet is a network on one screen of a spreadsheet, and below it, on a second sheet, its training.

One row for each number that has a name: its value, its gradient, what a step makes of it, and what a nudge does to it.
The second sheet takes a step in each row, and draws the loss. `spreadsheet` writes out every link instead, unnamed
steps too, and is the one to take for a graph whose steps matter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from ..engine.trace_table import Trace
from ..engine.value import RULES, Value, as_float
from .spreadsheet import _as_text, _fill, _fixed, _fixed_at, _look, _number, _refuse_what_no_cell_can_hold

_TITLE = "A network on one screen"
_EXPLAIN = "Change a yellow cell: all other numbers are formulas and follow. Blue runs forward, orange runs back."
_TRAINING = (
    "Every row is one step on from the row above it. Change a yellow cell of the first sheet, and watch the curve."
)
_HEAD = ("name", "value", "computed as", "gradient", "computed as", "after a step", "nudged up", "nudged down")
_FELL = ("The loss fell.", "The loss stayed as it was.", "The loss rose: try a smaller learning rate.")
_FIRST, _TOP = 9, 20  # the first row of numbers on either sheet; on the second a curve is drawn above them
_OPERATORS = ("+", "-", "*", "/", "**", "neg")  # the others put their input into brackets themselves
_IN_WORDS = {"sigmoid": "sigmoid({})", "relu": "relu({})"}


def save(trace: Trace, path: str | Path, *, params: Sequence[str], steps: int = 30, lr: float = 0.1,
         h: float = 1e-3) -> Path:  # fmt: skip
    """Write a network as a spreadsheet that trains it, with live formulas; returns the path.

    trace     what `trace(loss, z=z, a=a, ...)` returned: a row for each leaf, and for each node that has a name
    path      where to; the name ends in .xlsx
    params    names of the leaves that learn
    steps     how many steps the second sheet takes
    lr, h     the learning rate and the nudge that the sheet starts with; both can be changed in it
    Raises ImportError without openpyxl, ValueError for what a spreadsheet cannot hold.
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise ValueError(f"a training sheet wants a name that ends in .xlsx, got {path.name!r}")
    path.write_bytes(to_xlsx(trace, params=params, steps=steps, lr=lr, h=h))
    return path


save_training_sheet = save  # the name outside this module


def to_xlsx(trace: Trace, *, params: Sequence[str], steps: int = 30, lr: float = 0.1, h: float = 1e-3) -> bytes:
    """The spreadsheet as bytes, the same for the same trace on every machine; arguments as in `save`."""
    try:
        from openpyxl import Workbook
    except ImportError:
        raise ImportError("a training sheet wants openpyxl: pip install 'backward-pass[notebook]'") from None
    if not isinstance(trace, Trace):
        raise TypeError(f"a training sheet wants a Trace, from bp.trace(loss), got {type(trace).__name__}")
    names = [trace.names[leaf] for leaf in _refuse_what_no_cell_can_hold(trace)]
    if isinstance(params, str) or not params or not set(params) <= set(names):
        raise ValueError(f"params wants some leaves of this trace ({', '.join(names)}), got {params!r}")
    lr, h = as_float(lr, "lr"), as_float(h, "h")
    if not (math.isfinite(lr) and math.isfinite(h) and h > 0 and 1 <= steps <= 1000):
        raise ValueError(
            f"a training sheet wants a finite lr, a positive h and 1 to 1000 steps, got {lr}, {h}, {steps}"
        )
    book = Workbook()
    network = _Network(book.active, _Named(trace), set(params), lr, h, next(n for n in names if n in params))
    training = _Training(book.create_sheet(), network, steps)
    book.properties.creator, book.properties.title = "The Backward Pass", _TITLE
    return _fixed(book, network.known, training.known)


class _Named:
    """A trace seen as its named nodes alone: what lies between two of them is written into one formula."""

    def __init__(self, trace: Trace) -> None:
        self.trace, self.loss, self.names = trace, trace.loss, trace.names
        self.leaves = [n for n in trace.nodes if n.op == "leaf"]
        made = [n for n in trace.nodes if n.parents]
        # an unnamed node is called by its formula, which is no word
        self.made = [n for n in made if self.names[n].isidentifier() or n is trace.loss]
        self.own = {*self.leaves, *self.made}  # a set: Values compare by their number, and only their hash is theirs
        self.uses: dict[Value, list[Value]] = {
            node: [user for user in self.made if user is not node and self.slope(user, node, self.names)]
            for node in (*self.leaves, *self.made)
        }

    def value(self, node: Value, at: dict[Value, str], words: dict[str, str] | None = None) -> str:
        """The formula of a node's value, in the cells or names `at`; `words` may say some operations more plainly."""
        if words and node.op in words:
            return words[node.op].format(self._inside(node, node.parents[0], at))
        return _fill(node, {p: self._inside(node, p, at) for p in node.parents} | {node: at.get(node, "")}, 0)

    def _inside(self, user: Value, node: Value, at: dict[Value, str]) -> str:
        """A node as it stands in its user's formula: its own cell, or what it is made from, in brackets if need be."""
        if node.op == "const":
            return _number(node.data)
        if node in self.own:
            return at[node]
        text = self.value(node, at)
        bare = user.op not in _OPERATORS or node.op in {"+": "+*", "-": "*"}.get(user.op, "")
        return text if bare else f"({text})"

    def slope(self, user: Value, node: Value, at: dict[Value, str]) -> str:
        """How fast a named node moves with another, over all ways between them that meet no third; "" if there is none."""
        ways = []
        for i, parent in enumerate(user.parents):
            if parent is node:
                rest = "1"
            elif parent in self.own or not parent.parents:
                continue
            else:
                rest = self.slope(parent, node, at)
            if rest:
                inputs = [p for p in user.parents if p.op != "const"]
                cells = {p: at[p] if p in self.own else f"({self.value(p, at)})" for p in inputs}
                local = _fill(user, cells | {user: at.get(user) or f"({self.value(user, at)})"}, i + 1)
                ways.append(_times(local, rest))
        return "+".join(ways)

    def gradient(self, node: Value, slopes: dict[Value, str], at: dict[Value, str]) -> str:
        """The formula of a node's gradient, from those of the nodes that use it."""
        if node is self.loss:
            return "1"
        ways = [(slopes[user], self.slope(user, node, at)) for user in self.uses[node]]
        return "+".join(_times(up, way) for up, way in ways) or "0"

    def values(self, leaves: dict[Value, float]) -> dict[Value, float]:
        """Every value for these leaves; NaN past an error, such as a logarithm of 0."""
        found = {n: n.data for n in self.trace.nodes if n.op == "const"} | leaves
        for node in self.trace.nodes:
            if node.parents:
                found[node] = self._rule(node, found)[0]
        return found

    def gradients(self, values: dict[Value, float]) -> dict[Value, float]:
        found = dict.fromkeys(self.trace.nodes, 0.0) | {self.loss: 1.0}
        for node in reversed(self.trace.nodes):
            for parent, local in zip(node.parents, self._rule(node, values)[1], strict=True):
                found[parent] += found[node] * local
        return found

    @staticmethod
    def _rule(node: Value, values: dict[Value, float]) -> tuple[float, tuple[float, ...]]:
        if not node.parents:
            return node.data, ()
        try:
            return RULES[node.op](*(values[p] for p in node.parents))
        except (ValueError, ArithmeticError):
            return math.nan, (math.nan,) * len(node.parents)


def _times(*factors: str) -> str:
    """A product; a factor with a sum or a sign in it, outside all brackets, is put into brackets."""
    bare = [re.sub(r"\([^()]*\)", "", re.sub(r"\([^()]*\)", "", f)) for f in factors]
    pairs = zip(factors, bare, strict=True)
    return "*".join(f"({f})" if re.search(r"[+-]", rest) else f for f, rest in pairs if f != "1") or "1"


class _Page:
    """A sheet, and the number that each of its formulas gives now, in `known`."""

    def __init__(self, ws, title: str) -> None:
        self.ws, ws.title, self.known = ws, title, {}
        ws.sheet_view.showGridLines = False

    def say(self, at: str, text: str, kind: str = "") -> None:
        from openpyxl.styles import Alignment

        _look(self.ws[at], kind)
        _as_text(self.ws[at], text)
        self.ws[at].alignment = Alignment(horizontal="left", indent=int(at[0] in "CE"))  # they follow a number

    def head(self, at: str, text: str, right: bool) -> None:
        """The head of a column, on the side on which what stands below it is."""
        from openpyxl.styles import Alignment

        self.say(at, text, "head")
        if right:
            self.ws[at].alignment = Alignment(horizontal="right")

    def put(self, at: str, formula: str, known: float | str, kind: str) -> str:
        cell = self.ws[at]
        _look(cell, kind)
        cell.value = f"={formula}"
        if kind != "answer":
            cell.number_format = "0.0E+00" if kind == "share" else "0.0000"
        if isinstance(known, str) or math.isfinite(known):
            self.known[at] = known
        return at

    def on_paper(self) -> None:
        from openpyxl.worksheet.properties import PageSetupProperties

        setup = self.ws.page_setup
        setup.paperSize, setup.orientation = self.ws.PAPERSIZE_A4, "landscape"
        self.ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        setup.fitToWidth = setup.fitToHeight = 1

    def edit(self, at: str, value: float | str) -> str:
        _look(self.ws[at], "edit")
        if isinstance(value, str):
            _as_text(self.ws[at], value)
        else:
            self.ws[at].value = value
        return _fixed_at(at)


class _Network(_Page):
    """The first sheet. Columns: name, value, how; gradient, how; after a step; nudged up and down."""

    def __init__(self, ws, named: _Named, params: set[str], lr: float, h: float, chosen: str) -> None:
        super().__init__(ws, "Network")
        self.named, self.names = named, named.names
        self.learns = {n: None for n in named.leaves if self.names[n] in params}
        self.lr, self.h = lr, h
        self.say("A1", _TITLE, "title")
        self.say("A2", _EXPLAIN, "quiet")
        self.settings(chosen)
        for column, text in zip("ABCDEFGH", _HEAD, strict=True):
            self.head(f"{column}{_FIRST - 1}", text, column not in "ACE")
        nodes = [*named.leaves, *named.made]
        self.row = {node: _FIRST + k for k, node in enumerate(nodes)}
        self.now = {node: f"B{row}" for node, row in self.row.items()}
        self.slopes = {node: f"D{row}" for node, row in self.row.items()}
        self.numbers = named.values({n: n.data for n in named.leaves})
        self.grads = named.gradients(self.numbers)
        for node in nodes:
            self.say(f"A{self.row[node]}", self.names[node])
            self.value_and_gradient(node)
        self.columns(chosen)
        self.results(_FIRST + len(nodes) + 1, chosen)
        self.finish()

    def settings(self, chosen: str) -> None:
        told = (("learning rate", self.lr, "how far a step goes against the gradient"),
                ("nudge", chosen, "whose gradient is checked: choose a name"), ("h", self.h, "how far it is nudged, both ways"))  # fmt: skip
        for row, (name, value, words) in enumerate(told, 4):
            self.say(f"A{row}", name)
            self.say(f"C{row}", words, "quiet")
            setattr(self, ("rate", "chosen", "size")[row - 4], self.edit(f"B{row}", value))

    def value_and_gradient(self, node: Value) -> None:
        row, written = self.row[node], {n: self.names[n] for n in self.row}
        if node.parents:
            self.put(f"B{row}", self.named.value(node, self.now), self.numbers[node], "forward")
            self.say(f"C{row}", self.named.value(node, written, _IN_WORDS), "quiet")
        else:
            self.edit(f"B{row}", node.data)
            self.say(f"C{row}", "parameter" if node in self.learns else "given", "quiet")
        formula = self.named.gradient(node, self.slopes, self.now)
        self.put(f"D{row}", formula, self.grads[node], "gradient" if node in self.learns else "backward")
        loss = self.names[self.named.loss]
        called = {n: f"d{loss}/d{name}" for n, name in written.items()} | {self.named.loss: "1"}
        self.say(f"E{row}", self.named.gradient(node, called, written).replace("*", " * "), "quiet")

    def columns(self, chosen: str) -> None:
        """Three more forward passes: after a step, and with one leaf nudged up and down."""
        hit = {n: self.h * (self.names[n] == chosen) for n in self.named.leaves}
        moved = {n: n.data - (self.lr * self.grads[n] if n in self.learns else 0) for n in self.named.leaves}
        self.ends = {}
        for column, sign, leaves in (("F", "", moved), ("G", "+", {n: n.data + d for n, d in hit.items()}),
                                     ("H", "-", {n: n.data - d for n, d in hit.items()})):  # fmt: skip
            values, at = self.named.values(leaves), {n: f"{column}{row}" for n, row in self.row.items()}
            for node, row in self.row.items():
                if node.parents:
                    formula = self.named.value(node, at)
                elif sign:
                    formula = f"B{row}{sign}IF(EXACT($A{row},{self.chosen}),{self.size},0)"  # = would take W for w
                else:
                    formula = f"B{row}-{self.rate}*D{row}" if node in self.learns else f"B{row}"
                self.put(f"{column}{row}", formula, values[node], "forward")
            self.ends[column] = values[self.named.loss]

    def results(self, row: int, chosen: str) -> None:
        loss, last = self.row[self.named.loss], self.row[self.named.leaves[-1]]
        now, after = self.numbers[self.named.loss], self.ends["F"]
        said = _FELL[(after >= now) + (after > now)]
        self.say(f"A{row}", "the step")
        self.put(
            f"B{row}", f'IF(F{loss}<B{loss},"{_FELL[0]}",IF(F{loss}=B{loss},"{_FELL[1]}","{_FELL[2]}"))', said, "answer"
        )
        slope = (self.ends["G"] - self.ends["H"]) / (2 * self.h)
        grad = next(self.grads[n] for n in self.named.leaves if self.names[n] == chosen)
        self.say(f"A{row + 2}", "measured")
        self.put(f"B{row + 2}", f"(G{loss}-H{loss})/(2*{self.size})", slope, "gradient")
        self.say(f"C{row + 2}", "(loss nudged up - loss nudged down) / (2 h)", "quiet")
        self.say(f"A{row + 3}", "gradient")
        self.put(
            f"B{row + 3}", f"SUMPRODUCT(EXACT(A{_FIRST}:A{last},{self.chosen})*D{_FIRST}:D{last})", grad, "gradient"
        )
        self.say(f"C{row + 3}", "of the number that is nudged, from column D", "quiet")
        self.say(f"A{row + 4}", "apart")
        self.put(f"B{row + 4}", f"ABS(B{row + 2}-B{row + 3})", abs(slope - grad), "share")
        self.say(f"C{row + 4}", "the distance between the two", "quiet")

    def finish(self) -> None:
        from openpyxl.worksheet.datavalidation import DataValidation

        last = self.row[self.named.leaves[-1]]
        choice = DataValidation("list", f"$A${_FIRST}:$A${last}", allow_blank=False, showErrorMessage=True)
        choice.error = "Choose one of the names in column A."
        choice.add(self.chosen.replace("$", ""))
        self.ws.add_data_validation(choice)
        for column, width in zip("ABCDEFGH", (14, 12, 25, 12, 28, 13, 13, 13), strict=True):
            self.ws.column_dimensions[column].width = width
        self.on_paper()


class _Training(_Page):
    """The second sheet: in each row the parameters, what comes of them, the gradients; in the next, a step on."""

    def __init__(self, ws, network: _Network, steps: int) -> None:
        super().__init__(ws, "Training")
        self.network, self.named = network, network.named
        self.say("A1", "Training, a step in each row", "title")
        self.say("A2", _TRAINING, "quiet")
        moving = {*network.learns}  # what no parameter moves has no gradient here
        for node in (*network.learns, *self.named.made):
            moving |= {*self.named.uses[node]} if node in moving else set()
        inner = [n for n in self.named.made if n is not self.named.loss]
        self.order = [*network.learns, *inner]
        self.back = [*(n for n in reversed(inner) if n in moving), *network.learns]
        self.column = {("value", n): _letters(k) for k, n in enumerate(self.order, 2)}
        self.column |= {("value", self.named.loss): "B"}
        self.column |= {("slope", n): _letters(k) for k, n in enumerate(self.back, 2 + len(self.order))}
        self.head(f"A{_TOP - 1}", "step", right=True)
        loss = network.names[self.named.loss]
        for (kind, node), column in self.column.items():
            name = network.names[node]
            self.head(f"{column}{_TOP - 1}", f"d{loss}/d{name}" if kind == "slope" else name, right=True)
        leaves = {n: n.data for n in self.named.leaves}
        for step in range(steps + 1):
            leaves = self.step(step, leaves)
        self.finish(_TOP + steps)

    def step(self, step: int, leaves: dict[Value, float]) -> dict[Value, float]:
        """One row; returns the leaves after the step that it prepares."""
        row, there = _TOP + step, f"{self.network.ws.title}!"
        at = {n: there + _fixed_at(self.network.now[n]) for n in self.named.leaves}
        origin = dict(at)
        at |= {n: f"{self.column['value', n]}{row}" for n in (*self.order, self.named.loss)}
        slopes = {n: f"{self.column['slope', n]}{row}" for n in self.back} | {self.named.loss: "1"}
        values = self.named.values(leaves)
        grads = self.named.gradients(values)
        _look(self.ws[f"A{row}"], "quiet")
        self.ws[f"A{row}"].value = step
        for node in self.network.learns:
            above = f"{self.column['value', node]}{row - 1}", f"{self.column['slope', node]}{row - 1}"
            moved = f"{above[0]}-{there}{self.network.rate}*{above[1]}"
            self.put(at[node], moved if step else origin[node], values[node], "forward")
        for node in self.named.made:
            self.put(at[node], self.named.value(node, at), values[node], "forward")
        for node in self.back:
            self.put(slopes[node], self.named.gradient(node, slopes, at), grads[node], "backward")
        return {n: v - self.network.lr * grads[n] if n in self.network.learns else v for n, v in leaves.items()}

    def finish(self, last: int) -> None:
        from openpyxl.chart import LineChart, Reference

        chart = LineChart()
        chart.legend, chart.width, chart.height = None, 18, 8
        chart.x_axis.title, chart.y_axis.title = "step", self.network.names[self.named.loss]
        chart.x_axis.delete = chart.y_axis.delete = False
        chart.x_axis.tickLblSkip = 5
        chart.add_data(Reference(self.ws, min_col=2, min_row=_TOP, max_row=last))
        chart.set_categories(Reference(self.ws, min_col=1, min_row=_TOP, max_row=last))
        chart.series[0].graphicalProperties.line.solidFill = "1B65A6"
        chart.series[0].smooth = False
        self.ws.add_chart(chart, "A3")
        self.ws.freeze_panes = f"C{_TOP}"
        self.on_paper()


def _letters(column: int) -> str:
    """C for 2, AA for 26: the name of a column counted from 0."""
    return (chr(64 + column // 26) if column >= 26 else "") + chr(65 + column % 26)
