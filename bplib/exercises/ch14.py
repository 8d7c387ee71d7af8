"""Exercises of chapter 14, A scalar engine in 100 lines: twelve steps to a class of one's own, and faults in such classes."""

from __future__ import annotations

from dataclasses import replace

from ..checking import Choice, Classes, WhichLine, entry
from ..checking.choices import inject_bug
from ..checking.classes import Script
from ..engine.value import Value
from ..rng import Rng
from .shared.ladder import STEPS

PAGE = "14_scalar_engine"  # of the book, and folder of its solutions

# ---------------------------------------------------------------- 14.1 to 14.12, the ladder

LADDER = tuple(
    Classes(
        f"14.{k}",
        f"Step {k}: {step.title[0].lower()}{step.title[1:]}",
        1,
        step.learns,
        text=f"{step.text} Answer with your class.",
        scripts=step.scripts,
        book=step.book,
        sample=step.sample,
        solve=Value,
        mistakes=step.mistakes(),
    )
    for k, step in enumerate(STEPS, 1)
)
MISTAKES = {mistake.slug.removeprefix("engine-"): (mistake, kind) for step in LADDER for mistake, kind in step.mistakes}

# ---------------------------------------------------------------- 14.13 all at once

FORMULAS = (
    "a, b = Value({a}), Value({b})\np = a / b - b\nq = p ** 2 + 3 * p.tanh() + (2 - a) * b\nr = q + 10 / q + (b + a).relu() * 2\n"
    "r = r + r * 2 - -b\nr.backward()",
    "a, b = Value({a}), Value({b})\nu = (a * 0.1).exp() + b.relu() * a\nv = u + u * a + 1\nw = (v * v + 1).log() + v * 0.3\nw.backward()\n"
    "x = w * 2 + u\nx.backward()",
)
TRACE_B = Script(
    "w1, b1, w2, b2 = Value(0.5), Value(0.4), Value(-1.2), Value(-0.4)\na1 = 1 / (1 + (-(w1 * 2.5 + b1)).exp())\nL = (w2 * a1 + b2) ** 2\nL.backward()",
    ("L.data", "w1.grad", "b1.grad", "w2.grad", "b2.grad"),
)
WHOLE = Classes(
    "14.13",
    "The whole engine",
    2,
    "run a whole engine on formulas that use each operation several times",
    text="Two long formulas that use all you have built, with many paths through each. The second goes back twice. Then comes trace B, whose gradients you know "
    "from chapter 7. Answer with your class.",
    scripts=(*(Script(code, ("a.grad", "b.grad")) for code in FORMULAS), TRACE_B),
    book={"a": -4, "b": 3},
    sample=lambda rng: {"a": rng.whole(-6, -2), "b": rng.whole(2, 5)},
    solve=Value,
    mistakes=tuple(MISTAKES[slug] for slug in ("last-use-only", "recursion", "level-by-level", "inner-not-reset", "leaves-reset",
                                               "minus-turned", "divisor-sign", "power-not-lowered", "tanh-not-squared", "relu-always-open")),
)  # fmt: skip

# ---------------------------------------------------------------- 14.14 two moons

MOONS = Classes(
    "14.14",
    "It learns",
    2,
    "train a network with an engine of one's own",
    text="With your class we train the network 2-6-1 of *Two moons* for 12 steps, and look at some of its losses. Answer with your class.",
    scripts=(
        Script(
            "from bplib.exercises.shared.moons import train\nlosses = train(Value, seed={seed})",
            ("losses[0]", "losses[1]", "losses[5]", "losses[11]"),
        ),
    ),
    book={"seed": 0},
    sample=lambda rng: {"seed": rng.whole(1, 99)},
    solve=Value,
    mistakes=tuple(MISTAKES[slug] for slug in ("last-use-only", "tanh-not-squared", "upstream-forgotten")),
)

# ---------------------------------------------------------------- 14.15 what is wrong with this engine?

POOL = (
    "last-use-only",
    "set-of-parents",
    "recursion",
    "level-by-level",
    "no-visited",
    "inner-not-reset",
    "leaves-reset",
    "upstream-forgotten",
)
TRIALS = (
    ("`a * a`, gradient of `a`", Script("x = Value({a})\ny = x * x\ny.backward()", ("x.grad",))),
    ("`b = {p} * a`, `d = {q} * b`, `L = b + d`, gradient of `a`", Script("x = Value({a})\nb = {p} * x\nd = {q} * b\nL = b + d\nL.backward()", ("x.grad",))),
    ("the same with `L = d + b`", Script("x = Value({a})\nb = {p} * x\nd = {q} * b\nL = d + b\nL.backward()", ("x.grad",))),
    ("`y = a * a * a`, gradient of `a` after a second call, with `a.grad = 0` in between",
     Script("x = Value({a})\ny = x * x * x\ny.backward()\nx.grad = 0\ny.backward()", ("x.grad",))),
    ("`a * a`, then {p} * a, gradient of `a` after both", Script("x = Value({a})\ny = x * x\ny.backward()\nz = {p} * x\nz.backward()", ("x.grad",))),
)  # fmt: skip
_TRIAL = replace(LADDER[0], scripts=tuple(script for _, script in TRIALS), mistakes=())


def symptoms(rng: Rng | None) -> tuple[str, str, dict]:
    """What an engine with one fault gives, beside what is right; the options are four faults."""
    guilty, numbers = ("recursion", {"a": 3, "p": 2, "q": 4}) if rng is None else (
        rng.pick(POOL), {"a": rng.whole(3, 6), "p": rng.whole(2, 4), "q": rng.whole(3, 6)})  # fmt: skip
    others = [slug for slug in (POOL if rng is None else rng.shuffled(POOL)) if slug != guilty][:3]
    gives = {slug: [f"{x:g}" for x in _TRIAL.gives(MISTAKES[slug][1], numbers).values()] for slug in (guilty, *others)}
    right = [f"{x:g}" for x in _TRIAL.gives(Value, numbers).values()]
    names = [name.format(**numbers) for name, _ in TRIALS]
    rows = "\n".join(
        f"| {name} | {good} | {bad} |" for name, good, bad in zip(names, right, gives[guilty], strict=True)
    )
    options = sorted(gives, key=POOL.index)
    letters = dict(zip("abcd", options, strict=True))
    listed = "\n".join(f"- **{letter}:** {MISTAKES[slug][0].says}." for letter, slug in letters.items())
    prompt = (
        f"A learner tries their engine at $a = {numbers['a']}$:\n\n| | right | theirs |\n|---|---|---|\n{rows}\n\n"
        f"What is wrong with it?\n\n{listed}"
    )
    wrong = {
        letter: f"the five numbers would have been {', '.join(gives[slug])}"
        for letter, slug in letters.items()
        if slug != guilty
    }
    return prompt, next(letter for letter, slug in letters.items() if slug == guilty), wrong


SYMPTOMS = Choice("14.15", "What did they do?", 1, "tell from what an engine gives where its fault is", choose=symptoms)

# ---------------------------------------------------------------- 14.16 one line of an engine

PROGRAM = (
    ("class Value:", "a class"),
    ("    def __init__(self, data, parents=(), slopes=()):", "a tuple cannot be appended to, so it may be shared"),
    ("        self.data, self.grad = data, 0.0", "nothing has arrived yet"),
    ("        self.parents, self.slopes = parents, slopes", "both in the same order"),
    ("    def __add__(self, other):", "the sum"),
    ("        return Value(self.data + other.data, (self, other), (1.0, 1.0))", "a sum moves as fast as each of its parts"),
    ("    def __mul__(self, other):", "the product"),
    ("        return Value(self.data * other.data, (self, other), (other.data, self.data))", "each factor's slope is the other one"),
    ("    def backward(self):", "the pass"),
    ("        nodes = order(self)", "newest first, each once"),
    ("        for node in nodes:", "all of them"),
    ("            if node.parents: node.grad = 0.0", "leaves keep what they have, the others start afresh"),
    ("        self.grad = 1.0", "the loss moves as fast as itself"),
    ("        for node in nodes:", "from the loss to the leaves"),
    ("            for parent, slope in zip(node.parents, node.slopes):", "a parent and its slope belong together"),
    ("                parent.grad += node.grad * slope", "upstream times local, added up"),
)  # fmt: skip
PLANTED = {
    4: ("        self.parents, self.slopes = set(parents), slopes", "a set has no order, so a parent may meet another's slope, and a * a has only one parent in it"),
    6: ("        return Value(self.data + other.data, (self, other), (other.data, self.data))", "these are the slopes of a product"),
    8: ("        return Value(self.data * other.data, (self, other), (self.data, other.data))", "each factor gets itself as its slope, where it should get the other one"),
    10: ("        nodes = order(self)[::-1]", "the order is turned round: the leaves take their turn before anything has arrived"),
    12: ("            node.grad = 0.0", "leaves are reset too, so that two losses cannot be added up"),
    13: ("        self.grad = self.data", "the loss moves as fast as itself, which is 1, whatever its value"),
    16: ("                parent.grad = node.grad * slope", "only the last of several shares is kept"),
}  # fmt: skip
HUNT = WhichLine(
    "14.16",
    "One line of an engine",
    1,
    "find the wrong line of a scalar engine",
    lambda rng: inject_bug(
        rng,
        "`order(loss)` gives all nodes, newest first, each once and after all that use it; it is right. Leaves should add up over several calls, and all other nodes should start each call from 0.",
        PROGRAM, PLANTED, 12,
        "Try a * a, a chain of two products, and two losses of one leaf.",
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 14.17 before you calculate

SIGNS = {"positive": 1, "negative": -1, "zero": 0}


def sign_first(rng: Rng | None) -> tuple[str, str, dict]:
    """The sign of a gradient through a relu that may be closed."""
    a, b, c = (
        (-2, 3, 4) if rng is None else (rng.pick((-3, -2, 2, 3)), rng.pick((-4, -3, 3, 4)), rng.pick((-5, -4, 4, 5)))
    )
    x, y, z = Value(a), Value(b), Value(c)
    ((x * y).relu() * z + x * x).backward()
    letters = dict(zip("abc", SIGNS, strict=True))
    prompt = (
        f"$L = c \\cdot \\mathrm{{relu}}(a b) + a^2$ with $a = {a}$, $b = {b}$ and $c = {c}$. Without calculating it: what sign does $\\partial L / \\partial b$ have?\n\n"
        "- **a:** positive\n- **b:** negative\n- **c:** it is 0"
    )
    closed = "follow the one path from L to b. Is the relu on it open or closed, and which slopes does it meet"
    right = next(letter for letter, word in letters.items() if SIGNS[word] == (y.grad > 0) - (y.grad < 0))
    return prompt, right, {letter: closed for letter in letters if letter != right}


SIGN = Choice("14.17", "Before you calculate", 1, "predict the sign of a gradient through a relu", choose=sign_first)

# ---------------------------------------------------------------- 14.18 and 14.19, from earlier chapters

_CHECKED = entry("10.4")
REVIEW_OF_5_3 = replace(entry("5.3"), id="14.18", title="Once more: in which order? (from chapter 5)")
REVIEW_OF_10_4 = replace(
    _CHECKED,
    id="14.19",
    title="Once more: what did their check measure? (from chapter 10)",
    choose=lambda rng: _CHECKED.choose(rng or Rng("14.19")),
)

EXERCISES = (*LADDER, WHOLE, MOONS, SYMPTOMS, HUNT, SIGN, REVIEW_OF_5_3, REVIEW_OF_10_4)
