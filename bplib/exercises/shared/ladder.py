"""Twelve steps to an engine: the lines in which a reader's class works at each, and the classes that go wrong there.

A wrong class is the right one with one of its parts replaced (`engine`). Its words stand beside it, in `STEPS`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

from ...checking.classes import Script
from ...checking.timeout import TimeUp
from ...mistakes import Mistake
from ...rng import Rng

# ---------------------------------------------------------------- the right class, in parts

RULES: dict[str, Callable] = {  # what an operation gives, and its local derivatives
    "add": lambda a, b: (a + b, (1.0, 1.0)),
    "sub": lambda a, b: (a - b, (1.0, -1.0)),
    "mul": lambda a, b: (a * b, (b, a)),
    "truediv": lambda a, b: (a / b, (1 / b, -a / b**2)),
    "pow": lambda a, n: (a**n, (n * a ** (n - 1), 0.0)),
    "neg": lambda a: (-a, (-1.0,)),
    "relu": lambda a: (max(a, 0.0), (float(a > 0),)),
    "tanh": lambda a: (math.tanh(a), (1 - math.tanh(a) ** 2,)),
    "exp": lambda a: (math.exp(a), (math.exp(a),)),
    "log": lambda a: (math.log(a), (1 / a,)),
}


def newest_first(node, again: bool = False) -> list:
    """All nodes, each after every node that uses it; `again`: once for each path."""
    order, seen, waiting = [], set(), [(node, False)]
    while waiting:
        at, complete = waiting.pop()
        if complete:
            order.append(at)
        elif again or at not in seen:
            seen.add(at)
            waiting += [(at, True), *((parent, False) for parent in reversed(at.parents))]
    return order[::-1]


def breadth_first(node) -> list:
    """Level by level, each node where it is met first."""
    order, seen = [node], {node}
    for at in order:
        for parent in at.parents:
            if parent not in seen:
                seen.add(parent)
                order.append(parent)
    return order


def as_met(node) -> list:
    """Each node as soon as it is met, then what it was made from."""
    order, waiting = [], [node]
    while waiting:
        at = waiting.pop()
        if at not in order:
            order.append(at)
            waiting += reversed(at.parents)
    return order


def without_end(node) -> list:
    raise TimeUp


def recursive_sort(node) -> list:
    order, seen = [], set()

    def visit(at) -> None:
        if at not in seen:
            seen.add(at)
            for parent in at.parents:
                visit(parent)
            order.append(at)

    visit(node)
    return order[::-1]


def reset_inner(order) -> None:
    for node in order:
        if node.parents:
            node.grad = 0.0


def push(node, p) -> None:
    """A node gives each parent its share."""
    for parent, slope in zip(node.parents, node.slopes, strict=True):
        parent.grad = p.arrive(parent.grad, p.share(node, slope))


def sweep(self, p) -> None:
    """The whole backward pass."""
    order = p.order(self)
    p.reset(order)
    self.grad += p.seed(self)
    for node in order:
        p.push(node, p)


def recursion(self, p, first: bool = True) -> None:
    """Each node pushes, then asks its parents to do the same at once, with all that they have by then."""
    if first:
        self.grad = 1.0
    push(self, p)
    for parent in self.parents:
        recursion(parent, p, False)


def depth_at_once(self, p, first: bool = True) -> None:
    """Each parent gets its share and goes on at once, before the next parent gets its own."""
    if first:
        self.grad = 1.0
    for parent, slope in zip(self.parents, self.slopes, strict=True):
        parent.grad += self.grad * slope
        depth_at_once(parent, p, False)


def ones_everywhere(self, p) -> None:
    """`backward` calls itself on the operands, and each call begins with a 1."""
    self.grad = 1.0
    push(self, p)
    for parent in self.parents:
        ones_everywhere(parent, p)


def call_none(self, p) -> None:
    """What was kept is what the function returned."""
    kept = None
    kept()


PARTS: dict[str, Callable] = {
    "data": float,
    "grad": lambda data: 0.0,
    "init": lambda self: None,
    "wrap": lambda kind, other: other if isinstance(other, kind) else kind(other),
    "apply": lambda kind, rule, given: _apply(kind, rule, given),
    "keep": lambda parents, slopes: (parents, slopes),
    "backward": sweep,
    "order": newest_first,
    "reset": reset_inner,
    "seed": lambda self: 1.0,
    "arrive": lambda old, share: old + share,
    "share": lambda node, slope: node.grad * slope,
    "push": push,
}


def _apply(kind, rule: Callable, given: list):
    data, slopes = rule(*(value.data for value in given))
    return kind(data, tuple(given), slopes)


def engine(rules: dict | None = None, attributes: dict | None = None, without=(), **parts) -> type:
    """An engine with some of its parts replaced.

    rules       operation -> another rule          attributes   what the class gets besides
    without     methods that it lacks              parts        another of PARTS
    """
    p, table = SimpleNamespace(**(PARTS | parts)), RULES | (rules or {})

    class Value:
        def __init__(self, data, parents=(), slopes=()):
            self.data = p.data(data)
            self.grad = p.grad(self.data)
            self.parents, self.slopes = p.keep(parents, slopes)
            p.init(self)

        def backward(self):
            p.backward(self, p)

    def method(name: str, turned: bool = False) -> Callable:
        def operation(*given):
            given = [given[0], *(p.wrap(Value, other) for other in given[1:])]
            return p.apply(Value, table[name], given[::-1] if turned else given)

        return operation

    for name in ("add", "sub", "mul", "truediv", "pow"):
        setattr(Value, f"__{name}__", method(name))
        setattr(Value, f"__r{name}__", method(name, turned=True))
    Value.__neg__ = method("neg")
    for name in ("relu", "tanh", "exp", "log"):
        setattr(Value, name, method(name))
    for name, thing in (attributes or {}).items():
        setattr(Value, name, thing)
    for name in without:
        delattr(Value, name)
    return Value


# ---------------------------------------------------------------- the steps


@dataclass(frozen=True)
class Step:
    """One step: its title, what the reader is to write, the lines that try it, their numbers, and what goes wrong.

    wrong    (slug, says, because, question, parts of `engine`, or a class)
    """

    title: str
    learns: str
    text: str
    scripts: tuple[Script, ...]
    book: dict
    sample: Callable[[Rng], dict]
    wrong: tuple[tuple, ...]
    see: str

    def mistakes(self) -> tuple[tuple[Mistake, type], ...]:
        made = []
        for slug, says, because, question, parts in self.wrong:
            words = Mistake(f"engine-{slug}", says, f"It is tempting because {because}.", question, self.see)
            made.append((words, engine(**parts) if isinstance(parts, dict) else parts))
        return tuple(made)


def whole_numbers(**ranges) -> Callable[[Rng], dict]:
    """Draws a whole number for each name, no two of the same size, and none of size 1."""

    def sample(rng: Rng) -> dict:
        while True:
            found = {name: rng.whole(*ends) for name, ends in ranges.items()}
            if len({abs(x) for x in found.values()} - {0, 1}) == len(found):
                return found

    return sample


def _shared_data():
    """A class whose number belongs to the class."""
    kind = engine()

    def init(self, data, parents=(), slopes=()):
        type(self).data = float(data)
        self.grad, self.parents, self.slopes = 0.0, parents, slopes

    kind.__init__ = init
    return kind


def _adding_into_itself(kind, rule, given):
    given[0].data = rule(*(value.data for value in given))[0]
    return given[0]


def _for_the_nodes(kind, rule, given):
    """`Value(self * other)`, which calls itself."""
    return kind(_for_the_nodes(kind, rule, given))


def _no_number(kind, rule, given):
    """`self.data * other`, with a node where a number belongs."""
    return kind(given[0].data * object())


REMEMBERS, BACK, ORDER = "14: A number that remembers", "14: One step back", "14: Which node first?"
MORE, AGAIN, DEEP = "14: More operations", "14: Twice, and again", "14: Deep and wide"
AB = "a = Value({a})\nb = Value({b})\n"
TWO = {"a": 2, "b": -3}
draw_two = whole_numbers(a=(2, 5), b=(-5, -2))

START = Step(
    "A number and its gradient", "write a class whose objects keep a number and a gradient of their own",
    "Write a class `Value`. `Value(2)` keeps the number as `data`, and has a `grad` that starts at 0.",
    (Script(AB, ("a.data", "b.data", "a.grad", "b.grad")), Script(AB + "a.grad = a.grad + 5", ("a.grad", "b.grad"))),
    TWO, draw_two,
    (
        ("shared-data", "`data` belongs to the class, so that all Values share one number", "a line below `class` looks like a line of each object",
         "Make two Values and print both. What is `self` for?", _shared_data()),
        ("no-gradient-yet", "`grad` starts as None", "there is no gradient yet", "What is None + 5?", {"grad": lambda data: None}),
        ("gradient-of-one", "`grad` starts at 1 for every Value", "the gradient of the loss with respect to itself is 1, but only there",
         "Which Value alone has the gradient 1, and when does it get it?", {"grad": lambda data: 1.0}),
        ("gradient-is-data", "`grad` starts as the number itself", "the two stand on neighbouring lines", "What has arrived at a Value before any backward pass?", {"grad": lambda data: data}),
    ), REMEMBERS,
)  # fmt: skip

RIGHT_HAND = tuple(f"__r{name}__" for name in ("add", "sub", "mul", "truediv", "pow"))  # what nobody has at step 2
FORWARD = Step(
    "Plus and times", "write operators that make new objects",
    "Give `Value` the operators `+` and `*` (`__add__` and `__mul__`). Each gives a new Value, and leaves the old ones as they are.",
    (Script(AB + "d = a * b\ne = d + a\nf = e * b", ("d.data", "e.data", "f.data", "a.data", "b.data")),
     Script(AB + "d = a + b\ne = d * a", ("d.data", "e.data", "a.data"))),
    TWO, draw_two,
    (
        ("plain-result", "an operation gives a plain number instead of a Value", "the number is what one wants to know", "What can `d` do that `a * b` of plain numbers cannot?",
         {"apply": lambda kind, rule, given: rule(*(v.data for v in given))[0], "without": RIGHT_HAND}),
        ("nothing-returned", "an operation returns nothing", "the new Value is made, and it feels done", "Which line gives the result to the caller?", {"apply": lambda *all: None, "without": RIGHT_HAND}),
        ("operand-changed", "an operation changes its first operand instead of making a new Value", "`self.data` is at hand", "After d = a * b, what should a be?", {"apply": _adding_into_itself}),
        ("calls-itself", "the operation is written with itself: `Value(self * other)` calls `__mul__` again, without end", "that is how the formula reads",
         "Which two *numbers* are to be multiplied?", {"apply": _for_the_nodes}),
        ("node-for-number", "`self.data` meets `other`, where it should meet `other.data`", "`other` is so short", "What type has each side of your operator?", {"apply": _no_number}),
        ("plus-and-times-exchanged", "`+` multiplies and `*` adds", "the two methods are written one below the other", "What are 2 + (-3) and 2 times (-3), and what does your class say?",
         {"rules": {"add": RULES["mul"], "mul": RULES["add"]}}),
    ), REMEMBERS,
)  # fmt: skip

ONE_BACK = Step(
    "Back over one operation", "find the local derivatives of a sum and of a product in the program",
    "Let each result remember what it was made from, and give `Value` a method `backward`: it sets the gradient of the Value on which it is called to 1, and gives each operand its local derivative. One operation is enough for now.",
    (Script(AB + "d = a * b\nd.backward()", ("d.grad", "a.grad", "b.grad")), Script(AB + "d = a + b\nd.backward()", ("d.grad", "a.grad", "b.grad"))),
    TWO, draw_two,
    (
        ("nothing-passed", "nothing reaches the operands", "`backward` sets the 1, which is its first half", "Which line changes a.grad?", {"push": lambda node, p: None}),
        ("no-seed", "the 1 at the start is missing, so that every share is 0", "nothing in the formulas of the operations mentions it", "How fast does d change when d does?", {"seed": lambda self: 0.0}),
        ("seed-is-data", "the start is the number itself instead of 1", "it is the value of d that one has in hand", "How fast does d change when d does?", {"seed": lambda self: self.data}),
        ("own-factor", "each operand of a product gets itself as its local derivative, instead of the other one", "a stands in the formula of a", "Nudge a by 0.01. By how much does a * b move?",
         {"rules": {"mul": lambda a, b: (a * b, (a, b))}}),
        ("product-to-both", "both operands of a product get the product", "it is the number that was just computed", "Nudge a by 0.01. By how much does a * b move?",
         {"rules": {"mul": lambda a, b: (a * b, (a * b, a * b))}}),
        ("times-like-plus", "a product passes back 1 to both, as a sum does", "one of the two was copied from the other", "Nudge a by 0.01. By how much does a * b move?",
         {"rules": {"mul": lambda a, b: (a * b, (1.0, 1.0))}}),
        ("plus-like-times", "a sum passes back the other operand, as a product does", "one of the two was copied from the other", "Nudge a by 0.01. By how much does a + b move?",
         {"rules": {"add": lambda a, b: (a + b, (b, a))}}),
        ("closure-called", "a function is called where it should be kept: `out._backward = back()` keeps what `back` returns, which is None", "`back()` looks like the name of the function",
         "What does your result keep: a function, or what it returned?", {"backward": call_none}),
        ("first-operand-only", "only the first operand receives anything", "`self` is at hand, and `other` is easily forgotten", "How many operands has `a * b`?",
         {"keep": lambda parents, slopes: (parents[:1], slopes[:1])}),
    ), BACK,
)  # fmt: skip

CHAIN = Step(
    "Along a chain", "multiply the upstream gradient by the local derivative",
    "Let `backward` go on to the operands of the operands, down to the leaves. What each operand gets is the gradient of the result times the local derivative.",
    (Script(AB + "c = Value({c})\nd = a * b\ne = d * c\ne.backward()", ("e.grad", "d.grad", "a.grad", "b.grad")),
     Script(AB + "c = Value({c})\nd = a + b\ne = d * c\ne.backward()", ("a.grad", "b.grad", "c.grad")),
     Script(AB + "c = Value({c})\nd = a * b\ne = c * d\nf = b.data * 1.0\ne.backward()", ("a.grad", "b.grad", "c.grad"))),
    {"a": 2, "b": -3, "c": 5}, whole_numbers(a=(2, 4), b=(-5, -2), c=(5, 9)),
    (
        ("one-operation-only", "the pass stops after one operation", "that was enough until now", "Who tells the operands of d?",
         {"backward": lambda self, p: (setattr(self, "grad", 1.0), p.push(self, p))}),
        ("ones-everywhere", "`backward` calls itself on the operands, and each call sets a gradient to 1", "the method is there already, and it does the rest of the work", "For which Value alone is the gradient 1?",
         {"backward": ones_everywhere}),
        ("upstream-forgotten", "the local derivative is passed back alone, without the gradient that arrived", "the local derivative is what took the thinking", "If e moves c times as fast as d, how fast does it move when a does?",
         {"share": lambda node, slope: slope}),
        ("upstream-added", "the local derivative is added to the gradient that arrived, not multiplied by it", "gradients of several paths are added, so why not these", "Chapter 4's telephone: does each listener add, or stretch?",
         {"share": lambda node, slope: node.grad + slope}),
        ("data-for-upstream", "the number is multiplied by the local derivative, where the gradient belongs", "`data` and `grad` stand side by side", "Which of the two came from the loss?",
         {"share": lambda node, slope: node.data * slope}),
        ("oldest-first", "the nodes take their turn from the oldest to the newest", "that is the order in which they were made", "What is d.grad when d has its turn?", {"order": lambda node: newest_first(node)[::-1]}),
    ), BACK,
)  # fmt: skip

TWICE_USED = Step(
    "Used twice", "add up what arrives over several uses of one value",
    "A Value may be used more than once, even by one operation. Its gradient is the sum of what all uses send back.",
    (Script(AB + "d = a * a\nd.backward()", ("a.grad",)), Script(AB + "d = b + b\nd.backward()", ("b.grad",)),
     Script(AB + "c = a * b\nd = c + a\nd.backward()", ("a.grad", "b.grad"))),
    {"a": 3, "b": -4}, draw_two,
    (
        ("last-use-only", "the last share replaces what had arrived: `=` where `+=` belongs", "with one use there is no difference", "Two shares arrive at a. What becomes of the first?",
         {"arrive": lambda old, share: share}),
        ("first-use-only", "only the first share is kept", "a gradient that is already there looks finished", "Two shares arrive at a. What becomes of the second?", {"arrive": lambda old, share: old or share}),
        ("set-of-parents", "the operands are kept in a set, in which a stands only once even if it is used twice", "a set is at hand for 'all that it was made from'", "How many entries has {a, a}?",
         {"keep": lambda parents, slopes: tuple(zip(*dict(zip(parents, slopes, strict=False)).items(), strict=True)) or ((), ())}),
        ("multiplied-shares", "the shares are multiplied with each other instead of added", "along a path one multiplies", "Chapter 5: what do we do along a path, and what over several?",
         {"arrive": lambda old, share: old * share if old else share}),
    ), BACK,
)  # fmt: skip

B_D = "a = Value({a})\nb = a * Value({p})\nd = b * Value({q})\n"
SORTED = Step(
    "Which node first", "put the nodes into an order in which every gradient is complete before it is passed on",
    "Now let the loss reach one node by ways of different lengths. A node may pass its gradient on only when everything that uses it has contributed.",
    (Script(B_D + "L = b + d\nL.backward()", ("b.grad", "a.grad")), Script(B_D + "L = d + b\nL.backward()", ("b.grad", "a.grad")),
     Script("a = Value({a})\nb = a + a\nc = b + b\nc.backward()", ("b.grad", "a.grad"))),
    {"a": 5, "p": 2, "q": 3}, whole_numbers(a=(5, 9), p=(2, 4), q=(2, 4)),
    (
        ("recursion", "each node pushes, and its operands push at once, with whatever they have by then: b does so twice, and the first part goes down twice", "it works on every chain, and it is three lines long",
         "How often does b pass something back, and what is in b.grad each time?", {"backward": recursion}),
        ("recursion-at-once", "each operand gets its share and goes on at once, before the other one has its own: b does so twice, and its first part goes down twice", "it works on every chain, and it is three lines long",
         "How often does b pass something back, and what is in b.grad each time?", {"backward": depth_at_once}),
        ("level-by-level", "the nodes take their turn level by level, so that b comes before d has contributed", "b is one step away from the loss", "When b passes its gradient back, has everything that uses b contributed?", {"order": breadth_first}),
        ("as-met", "each node takes its turn as soon as it is met, so that b may come before d has contributed", "each node is visited once, as it should be", "When b passes its gradient back, has everything that uses b contributed?", {"order": as_met}),
        ("no-visited", "a node takes its turn once for each way that leads to it", "without a note of what was visited the program is shorter", "How often should b pass its gradient back?",
         {"order": lambda node: newest_first(node, again=True)}),
        ("oldest-first-again", "the nodes take their turn from the oldest to the newest", "that is the order in which the sort found them", "Which node has its gradient first?", {"order": lambda node: newest_first(node)[::-1]}),
    ), ORDER,
)  # fmt: skip

EQUAL = Step(
    "Equal is not the same", "tell nodes apart although their numbers agree",
    "Two Values may hold the same number by chance and still be two nodes. If your class passes at once, you have told nodes apart, and not numbers: go on.",
    (Script("a = Value({a})\nc = a * Value(2)\nd = a + Value({a})\nL = c * d\nL.backward()", ("c.grad", "d.grad", "a.grad")),
     Script("a = Value({a})\nb = Value({a})\nL = a * b\nM = L + a\nM.backward()", ("a.grad", "b.grad")),
     Script("a = Value({a})\nc = a * a\nd = a * a\nL = c * d\nL.backward()", ("c.grad", "d.grad", "a.grad"))),
    {"a": 3}, whole_numbers(a=(3, 9)),
    (
        ("equal-numbers", "two nodes with equal numbers are taken for one, since `==` and `hash` ask the number", "equal numbers should be equal, and so they are, as numbers", "c and d are both visited. Does `d in visited` ask who d is, or how much?",
         {"attributes": {"__eq__": lambda self, other: self.data == other.data, "__hash__": lambda self: hash(self.data)}}),
        ("no-hash", "the class says what `==` means (a dataclass does so too), and so loses its `hash`: nodes cannot be put into a set", "Python does it silently, where `__eq__` is defined", "What is missing for an object to go into a set?",
         {"attributes": {"__eq__": lambda self, other: self.data == other.data, "__hash__": None}}),
    ), ORDER,
)  # fmt: skip


def _unwrapped(kind, other):
    return other


def _other_plus_self(self, other):
    return other + self


def _turned_back(name: str) -> Callable:
    """`other - self` and `other / self` the wrong way round."""
    return lambda self, other: getattr(self, f"__{name}__")(other)


NUMBERS = Step(
    "Plain numbers", "let plain numbers stand on either side of an operator",
    "Let a plain number stand on either side of `+` and `*`. Python asks `__radd__` and `__rmul__` where the number is on the left, and so does `sum`, which begins with 0.",
    (Script("a = Value({a})\nb = {p} * a + {q}\nb.backward()", ("b.data", "a.grad")),
     Script("a = Value({a})\nb = Value({q})\ns = sum([a, b, a])\ns.backward()", ("s.data", "a.grad", "b.grad")),
     Script("a = Value({a})\nb = a * {p} + a\nb.backward()", ("b.data", "a.grad")),
     Script("a = Value({a})\nb = {q} + a\nb.backward()", ("b.data", "a.grad"))),
    {"a": 4, "p": 3, "q": 7}, whole_numbers(a=(2, 5), p=(3, 6), q=(7, 9)),
    (
        ("number-not-wrapped", "a plain number is not made into a Value first", "a number has always been good enough", "What is `other.data` if other is 7?", {"wrap": _unwrapped}),
        ("no-radd", "`__radd__` is missing, so a number on the left of `+` finds nobody to ask", "`a + 7` works without it", "For 7 + a, Python asks the number first. What does it ask then?", {"without": ("__radd__",)}),
        ("no-rmul", "`__rmul__` is missing, so a number on the left of `*` finds nobody to ask", "`a * 3` works without it", "For 3 * a, Python asks the number first. What does it ask then?", {"without": ("__rmul__",)}),
        ("neither", "`__radd__` and `__rmul__` are missing, so a number on the left finds nobody to ask", "with the number on the right all is well", "For 3 * a, Python asks the number first. What does it ask then?",
         {"without": ("__radd__", "__rmul__")}),
        ("radd-asks-itself", "`__radd__` says `other + self`, which asks `__radd__` again, without end", "that is what was meant", "Who answers `7 + a`? And who answers it there?", {"attributes": {"__radd__": _other_plus_self}}),
        ("left-number-added", "`__rmul__` adds", "it was copied from `__radd__`", "What is 3 * a, and what does your class give?", {"attributes": {"__rmul__": lambda self, other: self + other}}),
    ), MORE,
)  # fmt: skip

OPERATIONS = Step(
    "Minus, divided by, to the power of", "write the local derivatives of differences, quotients and powers",
    "Add `-` (of two, and of one), `/`, and `**` with a plain number as its exponent. A plain number may stand on the left of `-` and `/`. Which of these can you write with the operators that you have?",
    (Script(AB + "L = a - b\nL.backward()", ("L.data", "a.grad", "b.grad")), Script("a = Value({a})\nL = {k} - a\nL.backward()", ("L.data", "a.grad")),
     Script(AB + "L = a / b\nL.backward()", ("L.data", "a.grad", "b.grad")), Script("a = Value({a})\nL = {k} / a\nL.backward()", ("L.data", "a.grad")),
     Script("a = Value({a})\nL = a ** 3\nL.backward()", ("L.data", "a.grad")), Script("b = Value({b})\nL = -b\nL.backward()", ("L.data", "b.grad")),
     Script("b = Value({b})\nL = b ** -2\nL.backward()", ("L.data", "b.grad"))),
    {"a": 3, "b": -4, "k": 10}, whole_numbers(a=(2, 4), b=(-6, -5), k=(7, 9)),
    (
        ("minus-turned", "a number on the left of `-` is taken from the wrong side: a - 10 for 10 - a", "`__radd__` may call `__add__`, because a sum has no order", "What is 10 - a if a is 3?",
         {"attributes": {"__rsub__": _turned_back("sub")}}),
        ("divided-turned", "a number on the left of `/` is taken from the wrong side: a / 10 for 10 / a", "`__rmul__` may call `__mul__`, because a product has no order", "What is 10 / a if a is 3?",
         {"attributes": {"__rtruediv__": _turned_back("truediv")}}),
        ("minus-like-plus", "the second operand of `-` gets +1", "the rule of the sum was copied", "b grows by 0.01. Where does a - b go?", {"rules": {"sub": lambda a, b: (a - b, (1.0, 1.0))}}),
        ("negative-like-itself", "`-a` passes back +1", "nothing but the sign changes", "a grows by 0.01. Where does -a go?", {"rules": {"neg": lambda a: (-a, (1.0,))}}),
        ("divisor-sign", "the divisor's derivative lacks its minus sign", "the size of it takes all the attention", "b is positive and grows. Does a / b?", {"rules": {"truediv": lambda a, b: (a / b, (1 / b, a / b**2))}}),
        ("divisor-without-a", "the divisor's derivative is -1/b², without the a above it", "that is the derivative of 1/b", "Does a / b move as fast for a = 100 as for a = 1?", {"rules": {"truediv": lambda a, b: (a / b, (1 / b, -1 / b**2))}}),
        ("power-not-lowered", "the derivative of aⁿ is taken as n aⁿ: the exponent stays", "the n in front is what one remembers", "What is the slope of a²?", {"rules": {"pow": lambda a, n: (a**n, (n * a**n, 0.0))}}),
        ("power-without-n", "the derivative of aⁿ lacks the n in front", "the lowered exponent is what one remembers", "What is the slope of a²?", {"rules": {"pow": lambda a, n: (a**n, (a ** (n - 1), 0.0))}}),
        ("power-n-less-one", "the derivative of aⁿ has n - 1 in front", "the exponent was lowered before it was brought down", "What is the slope of a²?",
         {"rules": {"pow": lambda a, n: (a**n, ((n - 1) * a ** (n - 1), 0.0))}}),
    ), MORE,
)  # fmt: skip

BENDS = Step(
    "Functions with a bend", "write the local derivatives of activation functions",
    "Add the methods `relu`, `tanh`, `exp` and `log`. The slope of relu at 0 is taken as 0.",
    (Script("a, b, c = Value({a}), Value({b}), Value(0)\nL = a.relu() * 3 + b.relu() * 5 + c.relu() * 7\nL.backward()", ("L.data", "a.grad", "b.grad", "c.grad")),
     Script("x = Value(0.{a}5)\nL = x.tanh() * 2\nL.backward()", ("L.data", "x.grad")),
     Script("x = Value(1.{a})\nL = x.exp() * 2\nL.backward()", ("L.data", "x.grad")),
     Script("x = Value(1.{a}5)\nL = x.log() * 2\nL.backward()", ("L.data", "x.grad"))),
    {"a": 4, "b": -3}, whole_numbers(a=(3, 7), b=(-9, -2)),
    (
        ("relu-always-open", "relu passes back 1 even where its input is negative", "the slope of the line is 1", "b is -3. If it moves a little, does relu(b)?", {"rules": {"relu": lambda a: (max(a, 0.0), (1.0,))}}),
        ("relu-slope-is-a", "relu passes back its input, where the slope of the line is 1", "the value and the slope are easily mistaken for each other", "How fast does relu(a) rise where a is positive?", {"rules": {"relu": lambda a: (max(a, 0.0), (max(a, 0.0),))}}),
        ("relu-open-at-zero", "relu passes back 1 at 0, where it is agreed to be 0", "`>=` looks as good as `>`", "Which of `>` and `>=` closes the door at 0?", {"rules": {"relu": lambda a: (max(a, 0.0), (float(a >= 0),))}}),
        ("tanh-of-input", "the slope of tanh is 1 - x², where x is its input", "the formula is 1 - t², and both are numbers at hand", "Is t in 1 - t² what goes in, or what comes out?", {"rules": {"tanh": lambda a: (math.tanh(a), (1 - a * a,))}}),
        ("tanh-not-squared", "the slope of tanh is 1 - t, where it should be 1 - t²", "the sigmoid's has a 1 - s in it", "What is the slope of tanh at 0, and far out on both sides?", {"rules": {"tanh": lambda a: (math.tanh(a), (1 - math.tanh(a),))}}),
        ("tanh-like-sigmoid", "the slope of tanh is t(1 - t), which is the sigmoid's formula", "the two curves look alike", "What is the slope of tanh at 0?", {"rules": {"tanh": lambda a: (math.tanh(a), (math.tanh(a) * (1 - math.tanh(a)),))}}),
        ("exp-like-power", "the derivative of exp is taken as x e^(x - 1), as if it were a power", "powers have that rule", "Is x in the base, or in the exponent?", {"rules": {"exp": lambda a: (math.exp(a), (a * math.exp(a - 1),))}}),
        ("exp-slope-is-x", "exp passes back its input", "the inverse of log' = 1/x looks like x", "What is the slope of e^x at 0?", {"rules": {"exp": lambda a: (math.exp(a), (a,))}}),
        ("log-for-its-slope", "log passes back the logarithm itself", "exp passes back its own value, and so does it seem here", "What is the slope of the logarithm at 1?", {"rules": {"log": lambda a: (math.log(a), (math.log(a),))}}),
    ), MORE,
)  # fmt: skip


def _with_tape():
    """A class that keeps all its objects in one list, and goes back over all of them."""
    tape: list = []

    def backward(self, p):
        self.grad = p.seed(self)
        for node in reversed(tape):
            p.push(node, p)

    return engine(init=tape.append, backward=backward)


def _reset_the_loss(order) -> None:
    """As `self.grad = 1.0` does, which most people write."""
    order[0].grad = 0.0


def _reset_none(order) -> None:
    """With `self.grad += 1.0`, not even the loss starts afresh."""


def _reset_all(order) -> None:
    for node in order:
        node.grad = 0.0


TWICE_CALLED = Step(
    "Twice, and again", "say which gradients a second pass may find and which it must not",
    "Let `backward` be called more than once. Leaves add up what arrives in several calls, as they did in chapter 5; all other nodes start each call from 0, or the old pass would come down once more.",
    (Script("x = Value({a})\ny = x * x * x\ny.backward()\nx.grad = 0\ny.backward()", ("x.grad",)),
     Script("x = Value({a})\ny = x * x\ny.backward()\nz = x * 5\nz.backward()", ("x.grad",)),
     Script("x = Value({a})\ny = x * x\ny.backward()\nu = Value({b})\nv = u * u\nv.backward()", ("x.grad", "u.grad"))),
    {"a": 3, "b": -4}, draw_two,
    (
        ("inner-not-reset", "the nodes on the way keep what they got in the first call, and send it down once more in the second", "adding up is right for the leaves", "In the second call, what is already in the gradient of x * x?", {"reset": _reset_the_loss}),
        ("nothing-reset", "no node starts afresh, and the loss itself has the 1 of the first call when the second adds its own", "adding up is right for the leaves", "In the second call, what is already in the gradient of y, and in that of x * x?", {"reset": _reset_none}),
        ("leaves-reset", "the leaves are set to 0 by each call, so that two losses cannot be added up", "it saves resetting them between steps", "After two losses, whose gradient should be in x.grad?", {"reset": _reset_all}),
        ("one-tape", "all Values stand in one list of the class, and each call goes back over all of them, those of other losses too", "the order in which Values were made is a right order, and comes for free", "What has y to do with v?", _with_tape()),
    ), AGAIN,
)  # fmt: skip

STRESS = Step(
    "Deep and wide", "walk a graph without recursion, and visit each node once",
    "The last step: a chain of 5,000 additions, and 60 doublings, through which 2⁶⁰ paths lead. Python gives up recursion near depth 1,000, so the sort has to be a loop.",
    (Script("x = Value({a})\ny = x\nfor _ in range(5000): y = y + x\ny.backward()", ("y.data", "x.grad")),
     Script("x = Value({a})\ny = x\nfor _ in range(60): y = y + y\ny.backward()", ("x.grad",))),
    {"a": 2}, lambda rng: {"a": rng.whole(2, 9)},
    (
        ("recursive-sort", "the program calls itself once for each node on its way down, and Python stops that long before 5,000", "the definition of the order is recursive", "How many calls are open at once when your program reaches x?", {"order": recursive_sort}),
        ("path-by-path", "the pass goes down every path on its own, and there are more of them than it could ever go", "each path by itself is short", "How many paths lead through 60 doublings, and how many nodes are there?", {"order": without_end}),
    ), DEEP,
)  # fmt: skip

STEPS = (START, FORWARD, ONE_BACK, CHAIN, TWICE_USED, SORTED, EQUAL, NUMBERS, OPERATIONS, BENDS, TWICE_CALLED, STRESS)

FORMULAS = (  # with the operations that micrograd's two public tests use, one way or another
    Script("x = Value(-3)\nu = 2 * x + x + 1\nv = u.relu() + u * x\ny = v * x + v + (x * x).relu()\ny.backward()", ("y.data", "x.grad")),
    Script("a, b = Value(-4), Value(3)\np = a / b - b\nq = p ** 2 + 3 * p.relu() + (a - 2) * b\n"
           "r = q + 10 / q + (b + a).relu() * 2\nr = r + r * 2 - -b + (1 + a)\nr.backward()", ("r.data", "a.grad", "b.grad")),
)  # fmt: skip
