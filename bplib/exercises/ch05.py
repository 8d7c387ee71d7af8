"""Exercises of chapter 5, many paths: sums where paths meet, and the order of visiting."""

from __future__ import annotations

import itertools
from functools import partial as preset
from math import prod, tanh

from ..mistakes import Mistake
from ..tracing import fmt
from ..value import Value, values
from . import Arrays, ByHand, Choice, Functions, Ordering, WhichLine
from .ch01 import COUNT, counted
from .ch04 import SHARED_BLIND, tanh_neuron, words
from .graphs import gradients, listed, partial, slack_of
from .letters import planted, suspects

ADD_HEADING = "5: Over paths, add"
COUNT_HEADING = "5: How many paths are there?"
ORDER_HEADING = "5: In which order?"

# ---------------------------------------------------------------- 5.1 two predictions from one number


def fork(**n: float) -> tuple[Value, dict[str, Value]]:
    """h = w x, o1 = c1 h, o2 = c2 h, L = (o1 - t1)^2 + (o2 - t2)^2."""
    w, x, c1, c2, t1, t2 = leaves = values(**{name: n[name] for name in ("w", "x", "c1", "c2", "t1", "t2")})
    h = w * x
    o1, o2 = c1 * h, c2 * h
    loss = (o1 - t1) ** 2 + (o2 - t2) ** 2
    return loss, {leaf.name: leaf for leaf in leaves} | {"h": h, "o1": o1, "o2": o2, "L": loss}


FORK = ByHand(
    "5.1",
    "Two predictions from one number",
    3,
    "add up a gradient over two paths",
    asks=("dL/dh", "dL/dw"),
    book={"w": 0.6, "x": 2.5, "c1": 0.8, "c2": -1.4, "t1": 2.0, "t2": 0.3},
    draw=lambda draw: {
        "w": draw.tenths(0.4, 0.9),
        "x": draw.tenths(2.1, 3.2),
        "c1": draw.tenths(0.5, 0.9),
        "c2": -draw.tenths(1.2, 1.9),
        "t1": draw.tenths(1.8, 3),
        "t2": draw.tenths(0.3, 0.9),
    },
    build=fork,
    read=gradients("h", "w"),
    slack=slack_of(fork, "dL/dh", "dL/dw"),
    prompt=lambda n: (
        f"$h = w x$, $o_1 = c_1 h$, $o_2 = c_2 h$, $L = (o_1 - t_1)^2 + (o_2 - t_2)^2$, with {listed(n)}.\n\n"
        f"What are ${partial('h')}$ and ${partial('w')}$?"
    ),
    blind=SHARED_BLIND
    | {
        "loss-for-its-slope": "this loss is a sum, and nobody starts from the sum of both squares",
        "layer-off-by-one": "changes the gradients of c1 and c2 alone, which are not asked for",
    },
)

# ---------------------------------------------------------------- 5.2 paths and edges


def count(paths_of=prod, edges_of=lambda s: sum(a * b for a, b in itertools.pairwise(s))):
    return lambda sizes: {"paths": paths_of(sizes), "edges": edges_of(sizes)}


slip = preset(Mistake, see=COUNT_HEADING)


PATHS = Arrays(
    "5.2",
    "Paths and edges",
    2,
    "count the paths and the edges of a graph",
    asks=("paths", "edges"),
    book={"sizes": [1, 4, 5, 3, 1]},
    draw=lambda draw: {"sizes": [1, *draw.shuffled([3, 4, 5, 6])[:3], 1]},
    solve=count(),
    room=lambda n: {"paths": 0.2, "edges": 0.2},
    prompt=lambda n: (
        f"Layers of {'-'.join(map(str, n['sizes']))} nodes: each node of a layer feeds every node of the next.\n\nHow many "
        "paths lead from the first node to the last one, and over how many edges do they run all together?"
    ),
    slips=(
        *((slip(slug, "the sizes of the layers are added, not multiplied", "Layers come one after another.",
                "At each layer, how many ways are there to go on?"), count(added))
          for slug, added in {"paths-added": lambda s: sum(s[1:]), "inner-layers-added": lambda s: sum(s[1:-1]),
                              "all-layers-added": sum}.items()),
        (slip("edges-multiplied", "the edges of the layers are multiplied", "Paths multiply, so edges should.",
              "Draw the edges between two layers, then those between the next two. Are the second ones new for each of the first?"),
         count(edges_of=lambda s: prod(a * b for a, b in itertools.pairwise(s)))),
        (slip("nodes-for-edges", "the nodes are counted, not the edges", "There is one gradient for each node.",
              "An edge joins two nodes. How many leave one node?"), count(edges_of=sum)),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 5.3 in which order

ORDER = Ordering(
    "5.3",
    "In which order?",
    1,
    "put the nodes of a graph in an order in which each is complete before it hands on",
    intro="$p = w x$, $q = p + b$, $r = p \\cdot q$, $s = q^2$, $L = r + s$. Put the steps of the backward pass in order. "
    "Where two do not need each other, either may come first.",
    steps=(
        "$L$ pays $r$ and $s$",
        "$r$ pays $p$ and $q$",
        "$s$ pays $q$",
        "$q$ pays $p$ and $b$",
        "$p$ pays $w$ and $x$",
    ),
    needs={1: (0,), 2: (0,), 3: (1, 2), 4: (1, 3)},
    why=lambda step, missing: f"Step {step} hands on something that is not complete before step {missing} is done.",
)

# ---------------------------------------------------------------- 5.4 a bug hunt

PROGRAM = [
    ("grad = {name: 0.0 for name in names}", "every gradient begins at 0"),
    ("grad[names[-1]] = 1.0", "the loss moves as fast as itself"),
    ("for name in reversed(names):", "newest first: each node after all its users"),
    ("    for parent, local in inputs[name]:", "each input of the node is paid"),
    ("        grad[parent] += grad[name] * local", "multiply along the path, add over the paths"),
]
BUGS = {
    1: ("grad = {name: 1.0 for name in names}", "a gradient begins at 0, and what users pay in is added to it"),
    2: ("grad[names[-1]] = 0.0", "the loss moves exactly as fast as itself: its gradient is 1"),
    3: ("for name in names:", "going forward, a node hands on before anybody has paid in"),
    5: ("        grad[parent] = grad[name] * local", "`=` keeps only the last path; over paths one adds"),
}
HUNT = WhichLine(
    "5.4",
    "Which line?",
    1,
    "find the bug in a backward pass over a graph",
    lines=lambda draw: planted(
        draw,
        "`names` lists the nodes of a graph, oldest first and the loss last; `inputs[name]` lists what a node was made "
        "from, with the local derivatives.",
        PROGRAM,
        BUGS,
        book=5,
        hint="Try it on b = 2a, d = 3b, L = b + d, where dL/da is 8.",
    ),
)

# ---------------------------------------------------------------- 5.5 fan-out in a program


def gate(*, direct: bool = True, through: bool = True, bias_direct: bool = False):
    """A program (x, w, b) -> slopes of y = z tanh(z + b), z = w x; a path may be missing."""

    def program(x, w, b):
        z = w * x
        a = tanh(z + b)
        slope = 1 - a * a
        dz = (a if direct else 0.0) + (z * slope if through else 0.0)
        return {"dw": dz * x, "db": z * slope + (a if bias_direct else 0.0)}

    return program


GATE = Functions(
    "5.5",
    "A number that is used twice",
    3,
    "write a backward pass with fan-out",
    takes=("x", "w", "b"),
    asks=("dw", "db"),
    text="$z = w x$, $a = \\tanh(z + b)$, $y = z \\cdot a$. Write a function `slopes(x, w, b)` that returns how fast $y$ moves "
    "with $w$ and with $b$, in this order.",
    cases=lambda draw: [(draw.uniform(0.8, 1.6), s * draw.uniform(0.4, 0.9), draw.uniform(-0.5, 0.5)) for s in (1, -1, 1)],
    solve=gate(),
    slips=(
        (slip("gate-path-forgotten", "only the path through tanh is followed", "It is the more interesting of the two.",
              "In how many places is z used?", see=ADD_HEADING), gate(direct=False)),
        (slip("direct-path-only", "only the factor z is followed, and tanh is held still", "A product's other factor is held still, one learns.",
              "When z moves, does a stay where it is?", see=ADD_HEADING), gate(through=False)),
        (slip("bias-given-both-paths", "b is given both of z's paths", "b stands beside z.",
              "Does the factor z move when b does?", see=ADD_HEADING), gate(bias_direct=True)),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 5.6 from the number to the slip


def two_paths(numbers):
    """q = m p, r = n q, L = q + r: dL/dp, and four ways to another."""
    m, n = numbers
    return m * (1 + n), [
        ("$q$ handed on before $r$ had paid in", m, None),
        ("only the path through $r$ was followed", m * n, None),
        ("the two paths were averaged", m * (1 + n) / 2, None),
        ("all rates were multiplied, over both paths", m * m * n, None),
    ]


REVERSE = Choice(
    "5.6",
    "What did they do?",
    1,
    "tell from a wrong gradient which path was missed",
    choose=lambda draw: suspects(
        draw,
        book=(3.0, 4.0),
        redraw=lambda draw: draw.pick([(2.0, 5.0), (3.0, 5.0), (4.0, 3.0), (5.0, 2.0), (3.0, 7.0)]),
        ways=two_paths,
        tell=lambda n, right, found: (
            f"$q = {fmt(n[0])}p$, $r = {fmt(n[1])}q$, $L = q + r$. A learner finds $\\partial L/\\partial p = {fmt(found)}$. "
            f"It should be {fmt(right)}. What did they do?"
        ),
        order=[2, 3, 0, 1],
    ),
)

# ---------------------------------------------------------------- 5.7 and 5.8, from earlier chapters

AGAIN_4 = ByHand(
    "5.7",
    "Once more: one path (from chapter 4)",
    2,
    "find a slope as the product of the rates along one path",
    asks=("dL/dw", "dL/db"),
    book={"x": 2.2, "w": 0.5, "b": -0.4, "y": -0.8},
    draw=lambda draw: {
        "x": draw.tenths(2.1, 3),
        "w": draw.tenths(0.3, 0.6),
        "b": -draw.tenths(0.2, 0.6),
        "y": -draw.tenths(0.5, 1.2),
    },
    build=tanh_neuron,
    read=gradients("w", "b"),
    slack=slack_of(tanh_neuron, "dL/dw", "dL/db"),
    prompt=lambda n: f"{words('tanh')}, with {listed(n)}.\n\nWhat are ${partial('w')}$ and ${partial('b')}$?",
    blind=SHARED_BLIND,
)

AGAIN_1 = Arrays(
    "5.8",
    "Once more: counting (from chapter 1)",
    1,
    "count the parameters of a network",
    asks=("parameters",),
    book={"sizes": [30, 7, 5]},
    draw=lambda draw: {"sizes": [draw.whole(20, 40), draw.whole(6, 12), draw.whole(3, 5)]},
    solve=lambda sizes: {"parameters": counted(sizes)},
    room=lambda n: {"parameters": 0.2},
    prompt=lambda n: f"Layers of {'-'.join(map(str, n['sizes']))}, each neuron with a bias. How many parameters?",
    slips=tuple((m, program) for m, program in COUNT.slips[:3]),
)

# ---------------------------------------------------------------- 5.9 the sign first


def balance(draw):
    """Two users of h with upstream gradients and rates: the sign of dL/dh, or 0."""
    g1, r1, g2, r2 = (2.0, -3.0, -1.5, -4.0) if draw is None else draw.pick(
        [(2.0, 3.0, -1.5, 3.0), (2.0, -3.0, 1.5, 3.0), (-2.0, 3.0, 1.5, 4.0), (4.0, -1.0, 1.0, 2.0), (-3.0, -1.0, 2.0, -1.0)]
    )  # fmt: skip
    total = g1 * r1 + g2 * r2
    sign = (total > 0) - (total < 0)
    letters = {"a": 1, "b": -1, "c": 0}
    prompt = (
        "$h$ is used by $u$ and by $v$. The loss moves "
        f"{fmt(g1)} times as fast as $u$ and {fmt(g2)} times as fast as $v$; $u$ moves {fmt(r1)} times as fast as $h$, and $v$ "
        f"{fmt(r2)} times.\n\nWithout writing anything down: is $\\partial L/\\partial h$\n\n- **a:** positive\n- **b:** negative\n- **c:** zero"
    )
    hint = "first the sign of each product, then which of the two is larger, or whether they cancel"
    return prompt, next(k for k, v in letters.items() if v == sign), {k: hint for k, v in letters.items() if v != sign}


BALANCE = Choice(
    "5.9", "Which path wins?", 1, "predict the sign of a gradient that is a sum over paths", choose=balance
)

EXERCISES = (FORK, PATHS, ORDER, HUNT, GATE, REVERSE, AGAIN_4, AGAIN_1, BALANCE)
