"""Classes as answers: each wrong class of chapter 14's ladder is named, each right one accepted, and none does harm."""

import math
import sys
from dataclasses import dataclass

import pytest

import bplib as bp
from bplib.checking import check as checks
from bplib.checking import classes
from bplib.checking.classes import Script
from bplib.exercises.ch14 import LADDER, WHOLE, symptoms
from bplib.exercises.shared import ladder
from bplib.rng import Rng

VARIANTS = ["book", "practice-1", "practice-2", "practice-3"]
STEP = pytest.mark.parametrize("exercise", [*LADDER, WHOLE], ids=lambda e: e.id)


@pytest.fixture(autouse=True)
def _fresh_session(monkeypatch):
    monkeypatch.setattr(classes, "SECONDS", 60)  # a busy machine says nothing about a class
    checks._Session.variant, checks._Session.tries = "book", {}
    yield
    checks._Session.variant, checks._Session.tries = "book", {}


@STEP
def test_wrong_classes_lie_apart_and_each_is_named(exercise):
    for variant in VARIANTS:
        bp.variant(variant)
        assert not exercise.clashes(exercise.numbers(variant)), variant
        for mistake, kind in exercise.mistakes:
            if mistake.slug == "engine-path-by-path":
                continue  # it stands for a class that takes the whole limit
            said = bp.check(exercise.id, kind, tell=True)
            assert mistake.says in said.message, (variant, mistake.slug)
            assert float(said) < exercise.points
            assert mistake.slug in checks.verdict(exercise.id, said.answer["raw"], variant).slips


class Closures:
    """Another design: each result knows how to pass back, under other names, in slots."""

    __slots__ = ("_back", "_from", "data", "grad")

    def __init__(self, data, parents=(), back=None):
        self.data, self.grad, self._from, self._back = data, 0.0, parents, back

    def _made(self, data, parents, *slopes):
        out = Closures(data, parents)

        def back():
            for parent, slope in zip(parents, slopes, strict=True):
                parent.grad += slope * out.grad

        out._back = back
        return out

    def _wrapped(self, other):
        return other if isinstance(other, Closures) else Closures(other)

    def __add__(self, other):
        other = self._wrapped(other)
        return self._made(self.data + other.data, (self, other), 1, 1)

    def __mul__(self, other):
        other = self._wrapped(other)
        return self._made(self.data * other.data, (self, other), other.data, self.data)

    __radd__, __rmul__ = __add__, __mul__

    def __pow__(self, n):
        return self._made(self.data**n, (self,), n * self.data ** (n - 1))

    def __neg__(self):
        return self * -1

    def __sub__(self, other):
        return self + -1 * self._wrapped(other)

    def __rsub__(self, other):
        return -self + other

    def __truediv__(self, other):
        return self * self._wrapped(other) ** -1

    def __rtruediv__(self, other):
        return other * self**-1

    def relu(self):
        return self._made(max(0, self.data), (self,), int(self.data > 0))

    def tanh(self):
        t = math.tanh(self.data)
        return self._made(t, (self,), 1 - t * t)

    def exp(self):
        return self._made(math.exp(self.data), (self,), math.exp(self.data))

    def log(self):
        return self._made(math.log(self.data), (self,), 1 / self.data)

    def backward(self):
        """Counts how many uses of each node are still to come, instead of sorting."""
        nodes, waiting, uses = {id(self): self}, [self], {}
        while waiting:
            for parent in waiting.pop()._from:
                uses[id(parent)] = uses.get(id(parent), 0) + 1
                if id(parent) not in nodes:
                    nodes[id(parent)] = parent
                    waiting.append(parent)
        for node in nodes.values():
            if node._from:
                node.grad = 0.0
        self.grad, ready = 1.0, [self]
        while ready:
            node = ready.pop()
            if node._back:
                node._back()
            for parent in node._from:
                uses[id(parent)] -= 1
                if not uses[id(parent)]:
                    ready.append(parent)


class Named(Closures):
    """A subclass with a name and a dict."""

    def __init__(self, data, *rest):
        super().__init__(data, *rest)
        self.label = "unnamed"


ENGINE = ladder.engine()


def made(data):
    """A function that makes objects, where a class is expected."""
    return ENGINE(data)


@STEP
@pytest.mark.parametrize("kind", [ENGINE, Closures, Named, made], ids=["engine", "closures", "subclass", "factory"])
def test_every_right_class_is_accepted(exercise, kind):
    for variant in VARIANTS:
        bp.variant(variant)
        said = bp.check(exercise.id, kind)
        assert float(said) == exercise.points, said.message


class Gradient:
    def __init__(self, data):
        self.data, self.gradient = data, 0.0


class Tallied:
    made = []  # noqa: RUF012

    def __init__(self, data):
        self.data, self.grad = data, float(len(self.made) // 4)
        self.made.append(self)


class Nested:
    def __init__(self, data):
        self.data, self.grad = data, None


@dataclass
class Lazy:
    data: float

    @property
    def grad(self):
        return Lazy(0.0)


class Leaver:
    def __init__(self, data):
        sys.exit("bye")


class Deep:
    def __init__(self, data):
        Deep(data)


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        (Gradient, "Is `grad` what you called `gradient`?"),
        (Tallied, "Something is kept that should belong to one Value alone"),
        (Nested, "`grad` starts as None"),
        (Lazy, "`a.grad` should be the number 0; it is Lazy"),
        (Leaver, "stops with `SystemExit: bye`"),
        (Deep, "stops with `RecursionError"),
        (Gradient(2), "the class itself"),
        (3, "the class itself"),
        (bp.Value, "the book's own engine"),
        (lambda: 1, "stops with `TypeError"),
    ],
)
def test_classes_that_go_wrong(kind, word):
    said = bp.check("14.1", kind, tell=True)
    assert word in said.message
    assert float(said) < 1


def endless(self):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def test_a_class_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(classes, "SECONDS", 0.3)
    kind = ladder.engine(attributes={"backward": endless})
    said = bp.check("14.3", kind, tell=True)
    assert "did not come to an end" in said.message
    paths = ladder.engine(order=lambda node: ladder.newest_first(node, again=True))
    said = bp.check("14.12", paths, tell=True)
    assert "every path on its own" in said.message


@pytest.mark.parametrize(
    "raw",
    [None, 3, {"runs": 3}, {"runs": [3]}, {"runs": [3, 4]}, {"runs": [[{}], []]}, {"runs": [{}] * 9}, {"is": "x"}, []],
)
def test_the_judge_never_raises(raw):
    for exercise in LADDER:
        assert checks.judge(exercise.id, raw)[0] == 0


def test_a_wrong_class_that_somebody_else_wrote_is_named():
    """Without slots or parts: closures, with a mistake in one of them."""

    class Assigning(Closures):
        def _made(self, data, parents, *slopes):
            out = super()._made(data, parents, *slopes)

            def back():
                for parent, slope in zip(parents, slopes, strict=True):
                    parent.grad = slope * out.grad

            out._back = back
            return out

    said = bp.check("14.5", Assigning, tell=True)
    assert "`=` where `+=` belongs" in said.message

    class NoLeft(Closures):
        def __radd__(self, other):
            return NotImplemented

    assert "`__radd__`" in bp.check("14.8", NoLeft, tell=True).message


def _sorted(node):
    found, seen = [], set()

    def visit(at):
        if at not in seen:
            seen.add(at)
            for parent in at._from:
                visit(parent)
            found.append(at)

    visit(node)
    return found[::-1]


@pytest.mark.parametrize("id", ["14.11", "14.13"])
def test_whoever_follows_the_page_is_told_what_the_page_says(monkeypatch, id):
    """`self.grad = 1.0` and no reset, as the chapter has it before *Twice, and again*."""

    def without_reset(self):
        nodes = _sorted(self)
        self.grad = 1.0
        for node in nodes:
            if node._back:
                node._back()

    monkeypatch.setattr(Closures, "backward", without_reset)
    for variant in VARIANTS:
        bp.variant(variant)
        said = bp.check(id, Closures, tell=True).message
        assert "the nodes on the way keep what they got in the first call" in said
        assert "one list of the class" not in said
        assert variant != "book" or id != "14.11" or "`x.grad` is 45, and it should be 27." in said


def test_equal_structure_is_not_the_same_node():
    """A dataclass with a hash is equal to another with the same parents."""
    alike = {
        "__eq__": lambda self, other: self.parents == other.parents and self.data == other.data,
        "__hash__": lambda self: hash((self.data, self.parents)),
    }
    said = bp.check("14.7", ladder.engine(attributes=alike), tell=True)
    assert "d = a * a" in said.message
    assert "two nodes with equal numbers are taken for one" in said.message


class Misspelt:
    def _init_(self, data):
        self.data = data


class Selfless:
    def __init__(data):
        pass


@dataclass
class Compared:
    data: float
    grad: float = 0.0

    def __add__(self, other):
        return Compared(self.data + other.data)

    def __mul__(self, other):
        return Compared(self.data * other.data)

    def backward(self):
        return {self}


@pytest.mark.parametrize(
    ("id", "kind", "word"),
    [
        ("14.1", Misspelt, "Is the method called `__init__`, with two underscores on each side?"),
        ("14.1", Selfless, "is `self` the first argument of that method"),
        ("14.3", Compared, "write `__hash__ = object.__hash__` in the class, or `@dataclass(eq=False)`"),
    ],
)
def test_what_python_says_is_explained(id, kind, word):
    assert word in bp.check(id, kind).message


def test_only_what_could_be_meant_is_offered_for_a_name():
    """A method for a method, and none of the names that belong to something else."""

    class Backprop:
        def __init__(self, data):
            self.data, self.grad, self.parents = data, 0.0, ()

        def __mul__(self, other):
            return Backprop(self.data * other.data)

        __add__ = __mul__

        def backprop(self):
            pass

    said = bp.check("14.3", Backprop).message
    assert "Is `backward` what you called `backprop`?" in said


def test_an_old_class_that_was_continued_is_noticed():
    """Its operators make objects of the newest class of that name, as in `class Value(Value)`."""
    names = {"__name__": __name__}
    exec(
        "class Value:\n"
        "    def __init__(self, data): self.data, self.grad = float(data), 0.0\n"
        "    def __add__(self, other): return Value(self.data + other.data)\n"
        "    def __mul__(self, other): return Value(self.data * other.data)\n",
        names,
    )
    old = names["Value"]
    exec(
        "class Value(Value):\n"
        "    def __add__(self, other): return Value(self.data + (other if isinstance(other, Value) else Value(other)).data)\n",
        names,
    )
    said = bp.check("14.2", old).message
    assert "`d` is of a later class `Value` than the one that you gave: run the notebook from the top" in said


class PerOperation:
    """Another design: a class for each operation. With `=` for `+=`."""

    parents = ()

    def __init__(self, data):
        self.data, self.grad = data, 0.0

    def __add__(self, other):
        return Plus(self, other)

    def __mul__(self, other):
        return Times(self, other)

    def slopes(self):
        return ()

    def backward(self):
        self.grad, waiting = 1.0, [self]
        while waiting:
            node = waiting.pop()
            for parent, slope in zip(node.parents, node.slopes(), strict=True):
                parent.grad = node.grad * slope
                waiting.append(parent)


class Plus(PerOperation):
    def __init__(self, a, b):
        super().__init__(a.data + b.data)
        self.parents = a, b

    def slopes(self):
        return 1, 1


class Times(PerOperation):
    def __init__(self, a, b):
        super().__init__(a.data * b.data)
        self.parents = a, b

    def slopes(self):
        return self.parents[1].data, self.parents[0].data


def test_a_class_for_each_operation_is_no_other_class():
    for id in ("14.2", "14.3", "14.4"):
        assert float(bp.check(id, PerOperation)) == 1
    said = bp.check("14.5", PerOperation, tell=True).message
    assert "`=` where `+=` belongs" in said
    assert "not of the one that you gave" not in said


MICROGRAD = (  # its two public tests, in our words
    Script(
        "x = Value(-4)\nz = 2 * x + 2 + x\nq = z.relu() + z * x\nh = (z * z).relu()\ny = h + q + q * x\ny.backward()",
        ("y.data", "x.grad"),
    ),
    Script(
        "a, b = Value(-4), Value(2)\nc = a + b\nd = a * b + b ** 3\nc = c + (c + 1)\nc = c + (1 + c + (-a))\n"
        "d = d + (d * 2 + (b + a).relu())\nd = d + (3 * d + (b - a).relu())\nf = (c - d) ** 2\n"
        "g = f / 2 + 10 / f\ng.backward()",
        ("g.data", "a.grad", "b.grad"),
    ),
)


def test_our_formulas_let_through_what_the_public_tests_do():
    """The chapter says so."""

    def through(formulas):
        both = classes.Classes("14.0", "Two formulas", 1, "", scripts=formulas, solve=bp.Value)
        want = both.gives(bp.Value, {})
        wrong = [pair for step in ladder.STEPS for pair in step.mistakes()]
        return [mistake.slug for mistake, kind in wrong if both.gives(kind, {}) == want]

    assert through(ladder.FORMULAS) == through(MICROGRAD)
    assert len(through(MICROGRAD)) == 13


def test_results_of_another_class_are_noticed():
    said = bp.check(
        "14.5",
        type(
            "Later", (ladder.engine(arrive=lambda old, new: new * 3),), {"__module__": "bplib.exercises.shared.ladder"}
        ),
    )
    assert (
        "(`d` is of the class Value, not of the one that you gave: which name do your operators call?)" in said.message
    )


def test_the_first_message_shows_the_lines_and_the_second_asks():
    wrong = next(kind for mistake, kind in LADDER[4].mistakes if mistake.slug == "engine-last-use-only")
    first = bp.check("14.5", wrong).message
    assert "d = a * a\nd.backward()" in first
    assert "`a.grad` is 3, and it should be 6." in first
    assert "`=` where" not in first
    assert "What becomes of the first?" in bp.check("14.5", ladder.engine(arrive=lambda old, new: new + 1e-9)).message
    assert "`=` where" in bp.tell("14.5").message


def test_symptoms_tell_four_faults_apart():
    for k in range(40):
        prompt, right, wrong = symptoms(Rng(f"faults-{k}"))
        theirs = [
            row.split("|")[3].strip()
            for row in prompt.split("\n")
            if row.startswith("| `") or row.startswith("| the same")
        ]
        assert right not in wrong
        assert len({*wrong.values(), f"the five numbers would have been {', '.join(theirs)}"}) == 4, k
