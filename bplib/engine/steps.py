"""Two steps of chapter 17: a tape, on which a number is a row, and the gradient of one example written down as text.

Both know sums, products and relu, which is what micrograd's demo needs. `Value` and `WideValue` are the steps between.
"""

from __future__ import annotations

from collections.abc import Callable

from .value import Value

# ---------------------------------------------------------------- the tape: one row a number, in the order of making

LEFT, DLEFT, RIGHT, DRIGHT = [], [], [], []  # the columns: two parents as row numbers, two local derivatives
LEAVES = []  # the Taped that stand in rows without parents
NOBODY = -1


class Taped:
    """A number and its row. After `backward` the tape is empty: gradients are in the leaves, and nowhere else."""

    __slots__ = ("data", "grad", "row")

    def __init__(self, data: float) -> None:
        self.data, self.grad, self.row = data, 0.0, None  # a leaf gets its row when it is first used

    def __add__(self, other: Taped | float) -> Taped:
        if isinstance(other, Taped):
            return result(self.data + other.data, self, 1.0, other, 1.0)
        return result(self.data + other, self, 1.0)

    def __mul__(self, other: Taped | float) -> Taped:
        if isinstance(other, Taped):
            return result(self.data * other.data, self, other.data, other, self.data)
        return result(self.data * other, self, other)

    __radd__, __rmul__ = __add__, __mul__

    def relu(self) -> Taped:
        return result(self.data, self, 1.0) if self.data > 0 else result(0.0, self, 0.0)

    def backward(self) -> None:
        grads = [0.0] * len(LEFT)
        grads[self.row] = 1.0
        for i in range(self.row, -1, -1):
            if LEFT[i] >= 0:
                grads[LEFT[i]] += grads[i] * DLEFT[i]
                if RIGHT[i] >= 0:
                    grads[RIGHT[i]] += grads[i] * DRIGHT[i]
        for leaf in LEAVES:
            leaf.grad += grads[leaf.row]
            leaf.row = None
        for column in (LEFT, DLEFT, RIGHT, DRIGHT, LEAVES):
            column.clear()


def result(data: float, left: Taped, dleft: float, right: Taped | None = None, dright: float = 0.0) -> Taped:
    new = Taped(data)
    at_left, at_right = place(left), NOBODY if right is None else place(right)
    new.row = record(at_left, dleft, at_right, dright)
    return new


def place(number: Taped) -> int:
    if number.row is None:
        number.row = record(NOBODY, 0.0, NOBODY, 0.0)
        LEAVES.append(number)
    return number.row


def record(left: int, dleft: float, right: int, dright: float) -> int:
    LEFT.append(left)
    DLEFT.append(dleft)
    RIGHT.append(right)
    DRIGHT.append(dright)
    return len(LEFT) - 1


# ---------------------------------------------------------------- one example, written down

TEXT: dict[str, tuple[str, tuple[str, ...]]] = {  # op -> its value, and its local derivatives; "1" is not written
    "+": ("{a} + {b}", ("1", "1")),
    "*": ("{a} * {b}", ("{b}", "{a}")),
    "relu": ("{a} * ({a} > 0)", ("({a} > 0)",)),  # a product: it holds for a number and for a column
}


def write_down(loss: Value, params: list[Value], inputs: list[Value]) -> Callable:
    """gradient(rows, *numbers): the sum over all rows of dL/d(param), a list, from the graph of one example.

    rows     one tuple of numbers for each example, in the order of `inputs`; or one tuple of columns for all of them
    numbers  the parameters' values, in the order of `params`
    Two lines are saved where they can be: a number that only a sum uses gets no name, and a gradient that is a copy no line.
    """
    nodes = loss.graph()
    users = {node: [] for node in nodes}
    for node in nodes:
        for parent in node.parents:
            users[parent].append(node.op)
    name = {node: f"v{i}" for i, node in enumerate(nodes)}
    name |= {node: repr(node.data) for node in nodes if node.op == "const"}
    lines = []
    for node in nodes:
        if node.parents:
            text = TEXT[node.op][0].format(**_words(node, name))
            if users[node] == ["+"]:
                name[node] = text  # into the line of the sum that uses it; sums need no brackets
            else:
                lines.append(f"{name[node]} = {text}")
    given, of = (", ".join(name[node] for node in some) for some in (inputs, params))
    sums = {p: f"d{name[p]}" for p in params}
    lines += _backward(nodes, name, sums)
    source = f"def gradient(rows, {of}):\n    {' = '.join(sums.values())} = 0.0\n    for {given} in rows:\n"
    source += "".join(f"        {line}\n" for line in lines) + f"    return [{', '.join(sums.values())}]\n"
    scope: dict = {}
    exec(compile(source, "<one example>", "exec"), scope)  # text made above, from numbers and node indices
    scope["gradient"].source = source
    return scope["gradient"]


def _words(node: Value, name: dict[Value, str]) -> dict[str, str]:
    return dict(zip("ab", (name[p] for p in node.parents), strict=False))


def _backward(nodes: list[Value], name: dict[Value, str], sums: dict[Value, str]) -> list[str]:
    """Newest first: a line for each gradient that is no copy, and one that adds to a parameter's sum."""
    active = set(sums)
    for node in nodes:
        if not active.isdisjoint(node.parents):
            active.add(node)
    lines, paid = [], {node: [] for node in nodes} | {nodes[-1]: ["1.0"]}
    for i in range(len(nodes) - 1, -1, -1):
        node = nodes[i]
        total = " + ".join(paid[node])
        if node in sums:
            lines.append(f"{sums[node]} += {total}")
        elif node in active:
            upstream = total if total.isidentifier() else f"g{i}"
            if upstream != total:
                lines.append(f"{upstream} = {total}")
            for parent, slope in zip(node.parents, TEXT[node.op][1], strict=True):
                if parent in active:
                    paid[parent].append(
                        upstream if slope == "1" else f"{upstream} * {slope.format(**_words(node, name))}"
                    )
    return lines
