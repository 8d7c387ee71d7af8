"""A spreadsheet is a traced pass whose cells are alive: change a number, and forward pass, gradients and update follow.

One sheet, five blocks, read from top to bottom: inputs and parameters, forward pass, backward pass, one step of
gradient descent, and a nudge that checks a gradient. Every cell that can be computed is a formula of the cells above.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path

from ..engine.trace_table import Trace
from ..engine.value import RULES, Value, as_float

# What stands in a cell: the value, then one local derivative for each parent; y is the value itself.
# The same texts, filled with names in place of cells, say in the sheet what was computed.
_FORMULAS: dict[str, tuple[str, ...]] = {
    "+": ("{a}+{b}", "1", "1"),
    "-": ("{a}-{b}", "1", "-1"),
    "*": ("{a}*{b}", "{b}", "{a}"),
    "/": ("{a}/{b}", "1/{b}", "-{a}/{b}/{b}"),
    # a spreadsheet has no 0^0, and no logarithm of a base that is not positive
    "**": (
        "IF({b}=0,1,{a}^{b})",
        "IF({b}=0,0,IF({b}=1,1,{b}*{a}^({b}-1)))",
        "IF({a}>0,{y}*LN({a}),IF(AND({a}=0,{b}>=0),0,NA()))",
    ),
    "neg": ("-{a}", "-1"),
    "abs": ("ABS({a})", "SIGN({a})"),
    "relu": ("MAX(0,{a})", "IF({a}>0,1,0)"),
    "sigmoid": ("1/(1+EXP(MIN(-{a},709)))", "{y}*(1-{y})"),  # EXP of more than 709 is no number any longer
    "tanh": ("TANH({a})", "1-{y}^2"),
    "exp": ("EXP({a})", "{y}"),
    "log": ("LN({a})", "1/{a}"),
    "sin": ("SIN({a})", "COS({a})"),
    "cos": ("COS({a})", "-SIN({a})"),
    "min": ("MIN({a},{b})", "IF({a}<{b},1,IF({a}={b},0.5,0))", "IF({b}<{a},1,IF({a}={b},0.5,0))"),
    "max": ("MAX({a},{b})", "IF({a}>{b},1,IF({a}={b},0.5,0))", "IF({b}>{a},1,IF({a}={b},0.5,0))"),
}
_EXPLAIN = "Change a yellow cell: all others are formulas and follow. Blue numbers run forward, orange ones run back."
_FELL = ("The loss fell.", "The loss stayed as it was.", "The loss rose: try a smaller learning rate.")


def save(trace: Trace, path: str | Path, *, params: Sequence[str] | None = None, lr: float = 0.1,
         h: float = 1e-3) -> Path:  # fmt: skip
    """Write the traced pass as a spreadsheet with live formulas; returns the path.

    trace     what `trace(loss, ...)` returned
    path      where to; the name ends in .xlsx
    params    names of the leaves that a step changes; None takes all whose names do not begin with x, y or t
    lr, h     the learning rate and the nudge that the sheet starts with; both can be changed in it
    Raises ImportError without openpyxl, ValueError for what a spreadsheet cannot hold (NaN, a graph without leaves).
    """
    path = Path(path)
    if path.suffix.lower() != ".xlsx":
        raise ValueError(f"a spreadsheet wants a name that ends in .xlsx, got {path.name!r}")
    path.write_bytes(to_xlsx(trace, params=params, lr=lr, h=h))
    return path


def to_xlsx(trace: Trace, *, params: Sequence[str] | None = None, lr: float = 0.1, h: float = 1e-3) -> bytes:
    """The spreadsheet as bytes, the same for the same trace on every machine; arguments as in `save`."""
    try:
        from openpyxl import Workbook
    except ImportError:
        raise ImportError("a spreadsheet wants openpyxl: pip install 'backward-pass[notebook]'") from None
    if not isinstance(trace, Trace):
        raise TypeError(f"a spreadsheet wants a Trace, from bp.trace(loss), got {type(trace).__name__}")
    leaves = _refuse_what_no_cell_can_hold(trace)
    names = [trace.names[leaf] for leaf in leaves]
    if params is None:
        params = [name for name in names if name[:1] not in "xyt"]
    if isinstance(params, str) or not set(params) <= set(names):
        raise ValueError(f"params wants a list of leaves of this trace ({', '.join(names)}), got {params!r}")
    params = [name for name in names if name in set(params)]
    lr, h = as_float(lr, "lr"), as_float(h, "h")
    if not (math.isfinite(lr) and math.isfinite(h) and h > 0):
        raise ValueError(f"a spreadsheet wants a finite lr and a positive h, got lr={lr!r} and h={h!r}")
    book = Workbook()
    sheet = _Sheet(book.active, trace)
    sheet.leaves(leaves, params)
    sheet.forward()
    sheet.backward()
    sheet.update(leaves, params, lr)
    sheet.nudge(leaves, next(iter(params), names[0]), h)
    sheet.finish(book)
    return _fixed(book, sheet.known)


save_spreadsheet = save  # the name outside this module: bp.save alone would not say what it saves


class _Sheet:
    """Writes the blocks downwards, and keeps beside each formula the number it gives now, in `known`.

    The numbers are stored with the formulas, so that a viewer that does not calculate shows them too.
    """

    def __init__(self, ws, trace: Trace) -> None:
        self.ws, self.trace, self.row = ws, trace, 0
        self.names, self.nodes = trace.names, [n for n in trace.nodes if n.op != "const"]
        self.words = {row.name: row.formula.replace(" ** ", "^") for row in trace.rows}
        self.known: dict[str, float | str] = {}
        self.grad: dict[Value, str] = {}  # the cells of the gradients
        ws.title = "Backward pass"
        self.line(f"Forward and backward pass of {self.names[trace.loss]}", kind="title")
        self.line(_EXPLAIN, kind="quiet")

    # ------------------------------------------------------------ cells

    def line(self, *texts: str, kind: str = "") -> None:
        """The next row, with these texts from column A on."""
        self.row += 1
        for column, text in zip("ABCDEF", texts, strict=False):
            cell = self.ws[f"{column}{self.row}"]
            _look(cell, kind)
            _as_text(cell, text)

    def block(self, title: str, *head: str) -> None:
        self.row += 1
        self.line(title, kind="block")
        if head:
            self.line(*head, kind="head")

    def put(self, column: str, formula: str | float, known: float | str | None = None, kind: str = "") -> str:
        """A formula and what it gives, or a number (or name) to be changed, in the current row; returns the cell."""
        at = f"{column}{self.row}"
        cell = self.ws[at]
        _look(cell, kind)
        if kind == "edit" and isinstance(formula, str):
            _as_text(cell, formula)
        else:
            cell.value = formula if kind == "edit" else f"={formula}"
        if known is not None and (isinstance(known, str) or math.isfinite(known)):
            self.known[at] = known
        return at

    def passes(self, leaves: dict[Value, float]) -> dict[Value, float]:
        """Every value for these leaves; those past an error (a logarithm of 0, say) are left out."""
        found = {n: n.data for n in self.trace.nodes if n.op == "const"} | leaves
        try:
            for node in self.trace.nodes:
                if node.parents:
                    found[node] = RULES[node.op](*(found[p] for p in node.parents))[0]
        except (ValueError, ArithmeticError):
            pass
        return found

    def compute(self, column: str, at: dict[Value, str], known: dict[Value, float], node: Value) -> None:
        """The forward formula of one node, from the cells `at`, which it joins."""
        at[node] = f"{column}{self.row}"
        self.put(column, _fill(node, at, 0), known.get(node), "forward")

    # ------------------------------------------------------------ blocks

    def leaves(self, leaves: list[Value], params: Sequence[str]) -> None:
        self.block("1  Inputs and parameters", "name", "what it is", "value")
        self.now: dict[Value, str] = {}
        for leaf in leaves:
            self.line(self.names[leaf], "parameter" if self.names[leaf] in params else "input")
            self.now[leaf] = self.put("C", leaf.data, kind="edit")
        self.numbers = self.passes({leaf: leaf.data for leaf in leaves})
        if self.trace.loss not in self.numbers:
            raise ValueError("the leaves were changed since the loss was computed, and now they give none")

    def forward(self) -> None:
        self.block("2  Forward pass: from the inputs to the loss", "node", "computed as", "value")
        for node in self.nodes:
            if node.parents:
                self.line(self.names[node], self.words[self.names[node]])
                self.compute("C", self.now, self.numbers, node)

    def backward(self) -> None:
        """One row for each use of a node; its gradient, the sum over its uses, stands in the first of them."""
        loss, grads = self.trace.loss, {}
        self.block("3  Backward pass: from the loss to the inputs", "node", "local derivative, where the node is used",
                   "local", "upstream", "upstream * local", "gradient")  # fmt: skip
        names = {node: _bracketed(self.names[node]) for node in self.nodes}
        uses: dict[Value, list] = {node: [] for node in self.nodes}
        for node in self.nodes:
            for i, parent in enumerate(node.parents):
                if parent in uses:
                    uses[parent].append((node, i))
        for node in reversed(self.nodes):
            top, total = self.row + 1, 0.0
            for user, i in uses[node]:
                self.line(self.names[node], f"d{names[user]}/d{names[node]} = {_fill(user, names, i + 1)}")
                local = RULES[user.op](*(self.numbers[p] for p in user.parents))[1][i]
                self.put("C", _fill(user, self.now, i + 1), local, "backward")
                self.put("D", self.grad[user], grads[user], "backward")
                self.put("E", f"D{self.row}*C{self.row}", grads[user] * local, "backward")
                total += grads[user] * local
            if node is loss:
                self.line(self.names[node], "the loss moves as it moves itself")
            grads[node] = total if uses[node] else 1.0
            formula = f"SUM(E{top}:E{self.row})" if self.row > top else f"E{top}"
            self.grad[node] = f"F{top}"
            bottom, self.row = self.row, top
            self.put("F", formula if uses[node] else "1", grads[node], "gradient")
            self.row = bottom
        self.grads = grads

    def update(self, leaves: list[Value], params: Sequence[str], lr: float) -> None:
        self.block("4  One step of gradient descent: does the loss fall?")
        self.line("learning rate", "how far to go against the gradient")
        rate = _fixed_at(self.put("C", lr, kind="edit"))
        self.line("node", "computed as", "now", "gradient", "after the step", kind="head")
        after, moved = {}, {}
        for leaf in leaves:
            name, learns = self.names[leaf], self.names[leaf] in params
            moved[leaf] = leaf.data - lr * self.grads[leaf] if learns else leaf.data
            self.line(name, f"{_bracketed(name)} - learning rate * gradient" if learns else "stays as it is")
            self.put("C", self.now[leaf], leaf.data, "forward")
            self.put("D", self.grad[leaf], self.grads[leaf], "backward")
            step = f"C{self.row}-{rate}*D{self.row}" if learns else f"C{self.row}"
            after[leaf] = self.put("E", step, moved[leaf], "forward")
        moved = self.passes(moved)
        for node in self.nodes:
            if node.parents:
                self.line(self.names[node], self.words[self.names[node]])
                self.put("C", self.now[node], self.numbers[node], "forward")
                self.compute("E", after, moved, node)
        was, loss = self.numbers[self.trace.loss], self.trace.loss
        self.line("so")
        self.put("B", f'IF({after[loss]}<{self.now[loss]},"{_FELL[0]}",IF({after[loss]}={self.now[loss]},'
                 f'"{_FELL[1]}","{_FELL[2]}"))',
                 _FELL[(moved[loss] >= was) + (moved[loss] > was)] if loss in moved else None, "answer")  # fmt: skip

    def nudge(self, leaves: list[Value], chosen: str, h: float) -> None:
        self.block("5  A nudge: does the gradient tell the truth?")
        self.line("nudge", "choose a name from the list")
        self.chosen, self.choices = self.put("C", chosen, kind="edit"), [self.now[leaf] for leaf in leaves]
        self.line("h", "how far, both ways")
        name, size = _fixed_at(self.chosen), _fixed_at(self.put("C", h, kind="edit"))
        self.line("node", "computed as", "its gradient", "nudged up", "nudged down", kind="head")
        top, up, down = self.row + 1, {}, {}
        hit = {leaf: h * (self.names[leaf] == chosen) for leaf in leaves}
        for leaf in leaves:
            self.line(self.names[leaf], "up and down by h if chosen")
            picked = f"EXACT($A{self.row},{name})"  # a plain = would take W for w
            self.put("C", f'IF({picked},{self.grad[leaf]},"")', self.grads[leaf] if hit[leaf] else "", "backward")
            up[leaf] = self.put("D", f"{self.now[leaf]}+IF({picked},{size},0)", leaf.data + hit[leaf], "forward")
            down[leaf] = self.put("E", f"{self.now[leaf]}-IF({picked},{size},0)", leaf.data - hit[leaf], "forward")
        bottom, loss = self.row, self.trace.loss
        high = self.passes({leaf: leaf.data + hit[leaf] for leaf in leaves})
        low = self.passes({leaf: leaf.data - hit[leaf] for leaf in leaves})
        for node in self.nodes:
            if node.parents:
                self.line(self.names[node], self.words[self.names[node]])
                self.compute("D", up, high, node)
                self.compute("E", down, low, node)
        slope = (high[loss] - low[loss]) / (2 * h) if loss in high and loss in low else None
        grad = next(self.grads[leaf] for leaf in leaves if self.names[leaf] == chosen)
        self.line("measured", "(loss nudged up - loss nudged down) / (2 h)")
        measured = self.put("C", f"({up[loss]}-{down[loss]})/(2*{size})", slope, "gradient")
        self.line("gradient", "from the backward pass")
        claimed = self.put("C", f"SUM(C{top}:C{bottom})", grad, "gradient")
        self.line("apart", "difference, as a share of the larger one")
        self.put("C", f"IF({measured}={claimed},0,ABS({measured}-{claimed})/MAX(ABS({measured}),ABS({claimed})))",
                 slope and abs(slope - grad) / max(abs(slope), abs(grad)), "share")  # fmt: skip

    def finish(self, book) -> None:
        """What the sheet looks like on the screen and on paper."""
        from openpyxl.worksheet.datavalidation import DataValidation
        from openpyxl.worksheet.properties import PageSetupProperties

        ws, first, last = self.ws, *(_fixed_at("A" + self.choices[i][1:]) for i in (0, -1))
        choice = DataValidation("list", f"{first}:{last}", allow_blank=False, showErrorMessage=True)
        choice.error = "Choose one of the names of block 1."
        choice.add(self.chosen)
        ws.add_data_validation(choice)
        ws.freeze_panes = "B3"
        ws.column_dimensions["A"].width = max(14, *(len(name) + 2 for name in self.words))
        ws.column_dimensions["B"].width = 44
        for column in "CDEF":
            ws.column_dimensions[column].width = 16
        ws.sheet_view.showGridLines = False
        ws.page_setup.paperSize, ws.page_setup.orientation = ws.PAPERSIZE_A4, "portrait"
        ws.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
        ws.page_setup.fitToWidth, ws.page_setup.fitToHeight = 1, int(self.row <= 90)  # 0: as many as it takes
        ws.print_area, ws.print_title_rows = f"A1:F{self.row}", "1:2"
        book.properties.creator, book.properties.title = "The Backward Pass", self.ws["A1"].value


# ---------------------------------------------------------------- texts


def _refuse_what_no_cell_can_hold(trace: Trace) -> list[Value]:
    """The leaves, once it is sure that all numbers and operations can go into a sheet."""
    for node in trace.nodes:
        if not math.isfinite(node.data):
            raise ValueError(f"a spreadsheet has no cell for {node.data!r}, the value of {trace.names[node]}")
        if node.parents and node.op not in _FORMULAS:
            raise ValueError(f"a spreadsheet knows {', '.join(_FORMULAS)}, got {node.op!r} for {trace.names[node]}")
    leaves = [node for node in trace.nodes if node.op == "leaf"]
    if not leaves:
        raise ValueError("a spreadsheet wants something to change, and this graph has no leaf, only constants")
    return leaves


def _fill(node: Value, at: dict[Value, str], which: int) -> str:
    """The formula of a node's value (0) or of a local derivative (1, 2), in cells or in names."""
    text = _FORMULAS[node.op][which]
    if node.op == "**" and node.parents[1].op == "const":  # the usual case, which can be said more simply
        n = node.parents[1].data
        slope = {0: "0", 1: "1", 2: "2*{a}"}.get(n, f"{_number(n)}*{{a}}^{_number(n - 1)}")
        text = ("{a}^{b}" if n else "1", slope)[which]
    inputs = dict(zip("ab", (at[p] if p in at else _number(p.data) for p in node.parents), strict=False))
    return text.format(**inputs, y=at.get(node, ""))


def _number(number: float) -> str:
    """A constant as it stands in a formula: 2, (-0.5), 1E-09."""
    text = repr(number).upper().removesuffix(".0")
    return f"({text})" if text.startswith("-") else text


def _bracketed(name: str) -> str:
    return name if re.fullmatch(r"[\w.]+|\w+\([^()]*\)", name) else f"({name})"


def _fixed_at(cell: str) -> str:
    """$C$7 for C7: a cell that all formulas mean alike."""
    return f"${cell[0]}${cell[1:]}"


# ---------------------------------------------------------------- looks, and the file


def _as_text(cell, text: str) -> None:
    """A text that no spreadsheet takes for a formula or a number, not even when somebody edits it."""
    cell.value = re.sub(r"[\x00-\x1f\ud800-\udfff\ufffe\uffff]", " ", text)  # no cell can hold these
    cell.data_type, cell.number_format = "s", "@"
    cell.quotePrefix = text[:1] in ("=", "+", "-", "@")


def _look(cell, kind: str) -> None:
    from openpyxl.styles import Alignment, Border, Font, PatternFill, Side

    colours = {"forward": "1B65A6", "backward": "B3500A", "gradient": "B3500A", "quiet": "595959"}
    size = {"title": 16, "block": 13}.get(kind, 11)
    cell.font = Font(name="Calibri", size=size, bold=kind in ("title", "block", "head", "gradient", "answer"),
                     color=colours.get(kind, "000000"))  # fmt: skip
    if cell.column > 2 and kind != "":
        cell.alignment = Alignment(horizontal="right")
        cell.number_format = "0.0E+00" if kind == "share" else "0.0000"
    if kind == "edit":
        edge = Side(style="thin", color="7F6000")
        cell.fill = PatternFill("solid", fgColor="FFF2CC")
        cell.border = Border(edge, edge, edge, edge)
    if kind == "head":
        cell.border = Border(bottom=Side(style="thin", color="7F7F7F"))


def _fixed(book, *sheets: dict[str, float | str]) -> bytes:
    """The file, with each sheet's known results put beside their formulas, and the clock taken out of it."""
    known = {f"xl/worksheets/sheet{k}.xml": results for k, results in enumerate(sheets, 1)}

    def result(found: re.Match) -> str:
        cell, attributes, formula = found.groups()
        value = known[name].get(cell)
        if value is None:
            return found[0]
        kind = ' t="str"' if isinstance(value, str) else ""
        return f'<c r="{cell}"{attributes}{kind}>{formula}<v>{value}</v></c>'

    raw, out = io.BytesIO(), io.BytesIO()
    book.save(raw)
    # stored, not compressed: compressors differ from machine to machine
    with zipfile.ZipFile(raw) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as new:
        for name in old.namelist():
            text = old.read(name).decode()
            if name == "docProps/core.xml":
                text = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2025-01-01T00:00:00Z", text)
            if name in known:
                text = re.sub(r'<c r="(\w+)"([^>]*)>(<f>[^<]*</f>)<v ?/?>(?:</v>)?</c>', result, text)
            entry = zipfile.ZipInfo(name, (2025, 1, 1, 0, 0, 0))
            entry.create_system = 3  # or the system it was written on would show
            new.writestr(entry, text.encode())
    return out.getvalue()
