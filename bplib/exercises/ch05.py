"""Exercises of chapter 5, many paths: sums where paths meet, and the order of visiting."""

from __future__ import annotations

import itertools
from functools import partial
from math import prod, tanh

from ..checking import Arrays, ByHand, Choice, Functions, Ordering, WhichLine
from ..checking.choices import diagnose, inject_bug
from ..engine.trace_table import fmt
from ..mistakes import REGISTRY, Mistake, at_once
from ..mistakes.scalar import MISTAKES
from .shared.counting import COST_HEADING, MISCOUNTS, counted, weights
from .shared.graphs import graph, listed, partial_derivative
from .shared.neurons import ONE_NEURON, TANH_SLOPES, TANH_WORDS, own_slips, tanh_neuron, tanh_slope, words

PAGE = "05_many_paths"  # of the book, and folder of its solutions

ADD_HEADING = "5: Over paths, add"
COUNT_HEADING = "5: How many paths are there?"
ORDER_HEADING = "5: In which order?"

# ---------------------------------------------------------------- 5.1 two predictions from one number


@graph
def fork(w, x, c1, c2, y1, y2):
    """h = w x, o1 = c1 h, o2 = c2 h, L = (o1 - y1)^2 + (o2 - y2)^2."""
    h = w * x
    o1, o2 = c1 * h, c2 * h
    return {"h": h, "o1": o1, "o2": o2, "L": (o1 - y1) ** 2 + (o2 - y2) ** 2}


def right_errors(n) -> tuple[float, float]:
    """o1 - y1 and o2 - y2."""
    h = n["w"] * n["x"]
    return n["c1"] * h - n["y1"], n["c2"] * h - n["y2"]


def by_errors(
    for_h=lambda e1, e2, n: 2 * e1 * n["c1"] + 2 * e2 * n["c2"],
    errors=right_errors,
    for_w=lambda by_h, n: by_h * n["x"],
):
    """A reader of (dL/dh, dL/dw) for a learner who finds the two errors and goes back from them, right or wrong."""

    def answer_of(right, nodes, n):
        by_h = for_h(*errors(n), n)
        return [by_h, for_w(by_h, n)]

    return answer_of


def with_number(name: str, change):
    """The errors of a learner who reads one of the numbers otherwise: change(numbers) -> what is read."""
    return lambda n: right_errors(n | {name: change(n)})


forking = partial(Mistake, see=ADD_HEADING)
NOT_IN_A_FORK = ONE_NEURON | {
    "loss-for-its-slope": "this loss is a sum, and there is no reason to start from the sum of both squares",
    "weight-sign-lost": "gives the slopes of paths-subtracted, whose message names both",
}
FORK_SLIPS = (
    (forking("paths-subtracted", "what comes through $o_2$ is subtracted, not added, or $c_2$ is used without its minus sign on the "
             "way back", "It is tempting because the minus sign of $c_2$ is easily read as a subtraction.",
             "Through $o_2$: if h grows by 0.01, does $o_2$ grow or shrink? And what is done with the two paths?"),
     by_errors(lambda e1, e2, n: 2 * e1 * n["c1"] - 2 * e2 * n["c2"])),
    (forking("minus-lost-at-o2", "$c_2$ is used without its minus sign throughout, or $y_2$ is added to $o_2$ instead of subtracted",
             "It is tempting because a minus sign is small, and there are several of them here.",
             "What sign does $o_2$ have? What sign should $o_2 - y_2$ have?"),
     by_errors(lambda e1, e2, n: 2 * e1 * n["c1"] - 2 * e2 * n["c2"], with_number("c2", lambda n: -n["c2"]))),
    (REGISTRY["minus-lost-forward"].worded("$c_2$ is used without its minus sign on the way forward, and with it on the way back",
             "It is tempting because a minus sign is small, and there are several of them here.",
             "What sign does $o_2$ have?"), by_errors(errors=with_number("c2", lambda n: -n["c2"]))),
    (forking("target-added-at-o1", "$y_1$ is added to $o_1$ instead of subtracted",
             "It is tempting because a minus sign is easily overlooked.",
             "In the loss the target is subtracted. What stands before $y_1$ in your derivative?"),
     by_errors(errors=with_number("y1", lambda n: -n["y1"]))),
    (forking("target-forgotten-at-o1", "$y_1$ is left out",
             "It is tempting because it is a constant. But it is squared together with $o_1$.",
             "What is being squared, in the first term of the loss?"), by_errors(errors=with_number("y1", lambda n: 0.0))),
    (forking("target-forgotten-at-o2", "$y_2$ is left out",
             "It is tempting because it is a constant. But it is squared together with $o_2$.",
             "What is being squared, in the second term of the loss?"), by_errors(errors=with_number("y2", lambda n: 0.0))),
    (forking("sums-multiplied", "the errors are added up and the factors are added up, and then the two sums are multiplied",
             "It is tempting because it keeps the two kinds of numbers in order.",
             "Follow the path through $o_1$ alone. Which error and which factor lie on it?"),
     by_errors(lambda e1, e2, n: 2 * (e1 + e2) * (n["c1"] + n["c2"]))),
    (forking("h-for-the-factors", "both paths are given the factor $h$, where $c_1$ and $c_2$ belong",
             "It is tempting because h is what the question is about.",
             "If h grows by 0.01, by how much does $o_1$ grow?"), by_errors(lambda e1, e2, n: 2 * (e1 + e2) * n["w"] * n["x"])),
    (forking("factors-exchanged", "the factors are exchanged on the way back: $c_2$ on the path through $o_1$, $c_1$ on the other",
             "It is tempting because the two paths look alike.",
             "Follow the path through $o_1$ alone. Which factor lies on it?"),
     by_errors(lambda e1, e2, n: 2 * e1 * n["c2"] + 2 * e2 * n["c1"])),
    (forking("targets-exchanged", "the two targets are exchanged", "It is tempting because the two predictions look alike.",
             "Which target belongs to which prediction?"), by_errors(errors=lambda n: right_errors(n | {"y1": n["y2"], "y2": n["y1"]}))),
    (forking("squares-kept", "the squares of the errors stand where twice the errors belong",
             "It is tempting because the loss is made of these squares.",
             "What is the slope of the square of u?"), by_errors(lambda e1, e2, n: e1 * e1 * n["c1"] + e2 * e2 * n["c2"])),
    (forking("squares-kept-and-doubled", "the square is kept when it is differentiated: $2(o - y)^2$ for $2(o - y)$",
             "It is tempting because the 2 has come to the front, which looks like the whole rule.",
             "What is the slope of the square of u?"), by_errors(lambda e1, e2, n: 2 * e1 * e1 * n["c1"] + 2 * e2 * e2 * n["c2"])),
    (forking("h-taken-as-x", "the predictions are made from $x$, as if $h$ were $x$",
             "It is tempting because x is the input.", "What is multiplied by $c_1$ in the forward pass?"),
     by_errors(errors=lambda n: right_errors(n | {"w": 1.0}))),
    (forking("two-paths-twice", "$\\partial L/\\partial w$ is counted twice, once for each path, though $h$ has added them up",
             "It is tempting because there are two paths from w to L.",
             "Which of the two paths is missing from the gradient of h?"), by_errors(for_w=lambda by_h, n: 2 * by_h * n["x"])),
    (forking("product-w-x-for-its-rate", "the product $w x$ stands where its rate belongs",
             "It is tempting to copy w x and forget to differentiate it.",
             "If w grows by 0.01, by how much does w x grow?"), by_errors(for_w=lambda by_h, n: by_h * n["w"] * n["x"])),
)  # fmt: skip


FORK_WORDS = (
    MISTAKES["no-weight-back"].worded(
        "$c_1$ and $c_2$ are left out on the way back from the two predictions to $h$",
        "It is tempting because nobody asks for a gradient of $c_1$ or $c_2$, so their values seem to have no part in the others.",
        "If h grows by 0.01, by how much does $o_1$ grow?",
        see=ADD_HEADING,
    ),
    MISTAKES["wrong-weight-back"].worded(
        "$w$ is used on the way back from the two predictions to $h$, where $c_1$ and $c_2$ belong",
        "It is tempting because $w$ is what the question is about.",
        "If h grows by 0.01, by how much does $o_1$ grow?",
        see=ADD_HEADING,
    ),
)  # fmt: skip


FORK = ByHand(
    "5.1",
    "Two predictions from one number",
    3,
    "add up a gradient over two paths",
    outputs=("dL/dh", "dL/dw"),
    book={"w": 0.6, "x": 2.5, "c1": 0.8, "c2": -1.4, "y1": 2.0, "y2": 0.3},
    sample=lambda rng: {
        "w": rng.tenths(0.4, 0.9),
        "x": rng.tenths(2.1, 3.2),
        "c1": rng.tenths(0.5, 0.9),
        "c2": -rng.tenths(1.2, 1.9),
        "y1": rng.tenths(1.8, 3),
        "y2": rng.tenths(0.3, 0.9),
    },
    build=fork,
    prompt=lambda n: (
        f"$h = w x$, $o_1 = c_1 h$, $o_2 = c_2 h$, $L = (o_1 - y_1)^2 + (o_2 - y_2)^2$, with {listed(n)}.\n\n"
        f"What are ${partial_derivative('h')}$ and ${partial_derivative('w')}$, in this order?"
    ),
    indistinguishable=NOT_IN_A_FORK,
    mistakes=FORK_SLIPS,
    words=FORK_WORDS,
)

# ---------------------------------------------------------------- 5.2 paths and edges


def count(paths_of=prod, edges_of=weights):
    return lambda sizes: {"paths": paths_of(sizes), "edges": edges_of(sizes)}


slip = partial(Mistake, see=COUNT_HEADING)
ADDED = (
    "the sizes of the layers are added, not multiplied",
    "It is tempting because layers come one after another.",
    "At each layer, how many ways are there to go on?",
)
ONCE_FOR_EACH_LAYER = "Through how many layers does a path go? Which of them leave it a choice?"
WHICH_EDGES = "Between how many pairs of neighbouring layers are there edges?"
MISCOUNTED_PATHS = (
    *((slip(slug, *ADDED), added) for slug, added in {"paths-added": lambda s: sum(s[1:]), "inner-layers-added": lambda s: sum(s[1:-1]),
                                                     "all-layers-added": sum}.items()),
    (slip("edges-multiplied-for-paths", "the numbers of edges between the layers are multiplied, where the numbers of nodes belong",
          "It is tempting because a path is made of edges.",
          "A path stands at a node. How many edges can it go on by: all of the layer's, or those of this node?"),
     lambda s: prod(a * b for a, b in itertools.pairwise(s))),
    (slip("neighbours-multiplied-and-added", "the sizes of neighbouring inner layers are multiplied, and the products added",
          "It is tempting because that is how edges are counted.",
          "Take one way from the first node to a node of the third layer. How many ways are there to go on from it?"),
     lambda s: weights(s[1:-1])),
    (slip("edges-for-paths", "the edges are counted where the paths are asked for", "It is tempting because paths run along edges.",
          "Is one edge a way from the first node to the last?"), weights),
    (slip("last-inner-layer-forgotten", "the last inner layer is left out of the product",
          "It is tempting because all paths end in the same node.", ONCE_FOR_EACH_LAYER), lambda s: prod(s[:-2])),
    (slip("first-inner-layer-forgotten", "the first inner layer is left out of the product",
          "It is tempting because all paths begin in the same node.", ONCE_FOR_EACH_LAYER), lambda s: prod(s[2:])),
    (slip("nodes-for-paths", "one path is counted for each node of the widest layer",
          "It is tempting to draw paths that never meet.", "At each layer, how many ways are there to go on?"), max),
    (slip("narrowest-layer", "one path is counted for each node of the narrowest inner layer",
          "It is tempting to draw paths that never meet.", "May two paths share a node?"), lambda s: min(s[1:-1])),
    (slip("two-to-the-layers", "a choice between two is counted at each inner layer",
          "It is tempting because drawings of trees fork in two.", "How many nodes are there to choose from, at each layer?"),
     lambda s: 2 ** len(s[1:-1])),
)  # fmt: skip
MISCOUNTED_EDGES = (
    (slip("edges-multiplied", "the edges of the layers are multiplied", "It is tempting because paths multiply, so edges should.",
          "Draw the edges between two layers, then those between the next two. Are the second ones new for each of the first?"),
     lambda s: prod(a * b for a, b in itertools.pairwise(s))),
    (slip("nodes-for-edges", "the nodes are counted, not the edges", "It is tempting because there is one gradient for each node.",
          "An edge joins two nodes. How many leave one node?"), sum),
    (slip("edges-of-every-path", "the edges are counted once for each path that uses them",
          "It is tempting because a path is a row of edges, and every path has as many.",
          "Two paths may share an edge. How often is it drawn?"), lambda s: prod(s) * (len(s) - 1)),
    (slip("edges-of-one-path", "the edges of one path are counted", "It is tempting because all paths have as many.",
          "How many edges leave the first node?"), lambda s: len(s) - 1),
    (slip("nodes-of-every-path", "the nodes are counted, once for each path that visits them",
          "It is tempting because a path is drawn from node to node.",
          "How many edges join three nodes in a row? And how often is an edge drawn that two paths share?"),
     lambda s: prod(s) * len(s)),
    (slip("last-edges-forgotten", "the edges into the last node are left out",
          "It is tempting because each node before it has only one way to go on.", WHICH_EDGES), lambda s: weights(s[:-1])),
    (slip("first-edges-forgotten", "the edges out of the first node are left out",
          "It is tempting because there is only one node to start from.", WHICH_EDGES), lambda s: weights(s[1:])),
    (slip("inner-edges-only", "only the edges between inner layers are counted",
          "It is tempting because the two ends have one node each, so nothing seems to multiply.", WHICH_EDGES),
     lambda s: weights(s[1:-1])),
    (slip("paths-for-edges", "the paths are counted where the edges are asked for",
          "It is tempting because both come from the same numbers.",
          "Draw the edges between two layers, then those between the next two. Are the second ones new for each of the first?"), prod),
    (slip("inner-nodes-for-edges", "the nodes between the two ends are counted, not the edges",
          "It is tempting because the nodes catch the eye.", "An edge joins two nodes. How many leave one node?"),
     lambda s: sum(s[1:-1])),
    (slip("nodes-less-one", "one edge is counted for each node but the first, or for each node but the last",
          "It is tempting because that is so in a row, and in a tree.", "How many edges come into a node?"), lambda s: sum(s) - 1),
    (slip("every-pair-of-nodes", "an edge is counted for every pair of nodes",
          "It is tempting because each node seems to be connected to all.",
          "Are two nodes of the same layer joined?"), lambda s: sum(s) * (sum(s) - 1) // 2),
    (slip("every-later-layer-fed", "each layer feeds all later layers, not only the next",
          "It is tempting because each node seems to be connected to all.", "Which layer feeds which?"),
     lambda s: sum(a * b for a, b in itertools.combinations(s, 2))),
    (slip("edges-both-ways", "each edge is counted twice, once for each direction",
          "It is tempting because values go one way and gradients the other.",
          "How many lines join two neighbouring nodes in the drawing?"), lambda s: 2 * weights(s)),
)  # fmt: skip


PATHS = Arrays(
    "5.2",
    "Paths and edges",
    2,
    "count the paths and the edges of a graph",
    outputs=("paths", "edges"),
    book={"sizes": [1, 4, 5, 3, 1]},
    sample=lambda rng: {"sizes": [1, *rng.shuffled([3, 4, 5, 6, 7])[:3], 1]},
    solve=count(),
    tolerance=lambda n: {"paths": 0.2, "edges": 0.2},
    prompt=lambda n: (
        f"A graph has layers of {'-'.join(map(str, n['sizes']))} nodes. Each node of a layer feeds every node of the next layer, "
        "along an edge.\n\nHow many different paths lead from the first node to the last one? How many edges does the graph have?"
    ),
    mistakes=(
        *((mistake, count(paths_of=paths)) for mistake, paths in MISCOUNTED_PATHS),
        *((mistake, count(edges_of=edges)) for mistake, edges in MISCOUNTED_EDGES),
        *((at_once(one, other), count(paths, edges))
          for (one, paths), (other, edges) in itertools.product(MISCOUNTED_PATHS[:7], MISCOUNTED_EDGES[:8])),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 5.3 in which order

ORDER = Ordering(
    "5.3",
    "In which order?",
    1,
    "put the nodes of a graph in an order in which each is complete before it passes its gradient back",
    intro="$p = w x$, $q = p + b$, $r = p \\cdot q$, $s = q^2$, $L = r + s$. Put the steps of the backward pass in order. "
    "If two of them do not need each other, either may come first.",
    steps=(
        "$L$ sends gradients to $r$ and $s$",
        "$r$ sends gradients to $p$ and $q$",
        "$s$ sends a gradient to $q$",
        "$q$ sends gradients to $p$ and $b$",
        "$p$ sends gradients to $w$ and $x$",
    ),
    needs={1: (0,), 2: (0,), 3: (1, 2), 4: (1, 3)},
    why=lambda step, missing: f"Step {step} passes back a gradient that is not complete until step {missing} is done.",
)

# ---------------------------------------------------------------- 5.4 a bug hunt

PROGRAM = [
    ("grad = {name: 0.0 for name in names}", "every gradient begins at 0"),
    ("grad[names[-1]] = 1.0", "the loss moves as fast as itself"),
    ("for name in reversed(names):", "newest first, so that each node comes after all its users"),
    ("    for parent, local in inputs[name]:", "each input of the node receives its part"),
    ("        grad[parent] += grad[name] * local", "multiply along the path, add over the paths"),
]
BUGS = {
    1: ("grad = {name: 1.0 for name in names}", "a gradient begins at 0, and what its users contribute is added to it"),
    2: ("grad[names[-1]] = 0.0", "the loss moves exactly as fast as itself: its gradient is 1"),
    3: ("for name in names:", "going forward, a node passes back its gradient before any of its users has contributed"),
    5: ("        grad[parent] = grad[name] * local", "`=` keeps only the last path, but over paths you add"),
}
HUNT = WhichLine(
    "5.4",
    "Which line?",
    1,
    "find the bug in a backward pass over a graph",
    lines=lambda rng: inject_bug(
        rng,
        "`names` lists the nodes of a graph, oldest first and the loss last; `inputs[name]` lists what a node was made "
        "from, with the local derivatives.",
        PROGRAM,
        BUGS,
        book=5,
        hint="Try it on b = 2a, d = 3b, L = b + d, where dL/da should be 8.",
    ),
)

# ---------------------------------------------------------------- 5.5 fan-out in a program


def gate(slope=tanh_slope, place=lambda z, b: z + b, slope_at=None, **changed):
    """A program (x, w, b) -> slopes of o = z tanh(z + b), z = w x, right or with some steps done otherwise.

    slope     the slope of tanh at a number
    place     (z, b) -> where tanh is taken; slope_at likewise its slope, by default at the same number
    for_w     (a, z, s, x, w) -> do/dw, where a is the tanh and s its slope
    for_b     (a, z, s, x, b) -> do/db
    """
    step = {"for_w": lambda a, z, s, x, w: (a + z * s) * x, "for_b": lambda a, z, s, x, b: z * s} | changed

    def program(x, w, b):
        z = w * x
        a, s = tanh(place(z, b)), slope((slope_at or place)(z, b))
        return {"dw": step["for_w"](a, z, s, x, w), "db": step["for_b"](a, z, s, x, b)}

    return program


gating = partial(Mistake, see=ADD_HEADING)
W_SLIPS = (
    (gating("gate-path-forgotten", "only the path through tanh is followed", "It is tempting because it is the more interesting of the two.",
            "In how many places is z used?"), {"for_w": lambda a, z, s, x, w: z * s * x}),
    (gating("direct-path-only", "only the factor z is followed, and tanh is held still",
            "It is tempting because in a product you learn to hold the other factor still.",
            "When z moves, does a stay where it is?"), {"for_w": lambda a, z, s, x, w: a * x}),
    (gating("factor-z-left-out-for-w", "the factor z is left out of the path through tanh",
            "It is tempting because the slope of tanh takes all the attention.",
            "If a grows by 0.01, by how much does z a grow?"), {"for_w": lambda a, z, s, x, w: (a + s) * x}),
    (gating("gate-paths-multiplied", "what comes over the two paths is multiplied, not added",
            "It is tempting because along one path you do multiply.",
            "What is done with the parts of a gradient where paths meet?"), {"for_w": lambda a, z, s, x, w: a * z * s * x}),
    (gating("gate-paths-subtracted", "what comes over the two paths is subtracted, not added",
            "It is tempting because there is a minus sign nearby, in 1 - a².",
            "What is done with the parts of a gradient where paths meet?"), {"for_w": lambda a, z, s, x, w: (a - z * s) * x}),
    (gating("gate-paths-averaged", "the two paths are averaged, not added",
            "It is tempting because both are about the same z. But each is a part of the total effect.",
            "What is done with the parts of a gradient where paths meet?"), {"for_w": lambda a, z, s, x, w: (a + z * s) / 2 * x}),
    (gating("direct-path-as-one", "the direct path is given the rate 1, where it should be a",
            "It is tempting because z moves as fast as itself.",
            "If z grows by 0.01 and a is held still, by how much does z a grow?"), {"for_w": lambda a, z, s, x, w: (1 + z * s) * x}),
    (gating("input-x-left-out", "the slope with respect to z is given for w, without the factor x",
            "It is tempting because the paths meet at z, so the work seems done there.",
            "If w grows by 0.01, by how much does z grow?"), {"for_w": lambda a, z, s, x, w: a + z * s}),
    (gating("input-x-left-out-of-the-direct-path", "the factor x is left out of the direct path",
            "It is tempting because the bracket around the two paths is easily lost.",
            "If w grows by 0.01, by how much does z grow? For which of the two paths is that so?"),
     {"for_w": lambda a, z, s, x, w: a + z * s * x}),
    (gating("input-x-left-out-of-the-gate-path", "the factor x is left out of the path through tanh",
            "It is tempting because the bracket around the two paths is easily lost.",
            "If w grows by 0.01, by how much does z grow? For which of the two paths is that so?"),
     {"for_w": lambda a, z, s, x, w: a * x + z * s}),
    (gating("weight-for-x", "the slope with respect to z is multiplied by w, where x belongs",
            "It is tempting because w is what the question is about.",
            "If w grows by 0.01, by how much does z grow?"), {"for_w": lambda a, z, s, x, w: (a + z * s) * w}),
)  # fmt: skip
B_SLIPS = (
    (gating("bias-given-both-paths", "b is given both of z's paths", "It is tempting because b stands beside z.",
            "Does the factor z move when b does?"), {"for_b": lambda a, z, s, x, b: a + z * s}),
    (gating("factor-z-left-out-for-b", "the factor z is left out of the slope of b: it is that of a, not of o",
            "It is tempting because b ends its path inside tanh. But a is multiplied by z.",
            "If a grows by 0.01, by how much does z a grow?"), {"for_b": lambda a, z, s, x, b: s}),
    (gating("bias-given-x", "the slope of b is multiplied by x as well", "It is tempting because the slope of w has this factor.",
            "If b grows by 0.01, by how much does z + b grow?"), {"for_b": lambda a, z, s, x, b: z * s * x}),
    (gating("bias-without-slope", "the slope of b is taken as 0",
            "It is tempting because b is a constant that is added. Here it is b that we vary.",
            "If b grows by 0.01, does z + b stay where it is?"), {"for_b": lambda a, z, s, x, b: 0.0}),
    (gating("bias-rate-alone", "the slope of b is taken as 1",
            "It is tempting because b is added, and a sum has rate 1. But the path goes on from there.",
            "What lies between z + b and o?"), {"for_b": lambda a, z, s, x, b: 1.0}),
    (gating("bias-direct-path", "b is given the direct path, a", "It is tempting because b stands beside z.",
            "Does the factor z move when b does?"), {"for_b": lambda a, z, s, x, b: a}),
    (gating("bias-given-itself", "the slope of b is multiplied by b",
            "It is tempting because the slope of w has one factor more.",
            "If b grows by 0.01, by how much does z + b grow?"), {"for_b": lambda a, z, s, x, b: z * s * b}),
)  # fmt: skip
GATE_SLIPS = (
    *W_SLIPS,
    *B_SLIPS,
    (gating("factor-z-left-out", "the factor z is left out of the path through tanh, for w and for b",
            "It is tempting because the slope of tanh takes all the attention.",
            "If a grows by 0.01, by how much does z a grow?"), {"for_w": lambda a, z, s, x, w: (a + s) * x, "for_b": B_SLIPS[1][1]["for_b"]}),
    (gating("stopped-at-the-gate", "the slopes are those of a, not of o, or the product is differentiated factor by factor",
            "It is tempting because the slope of a sum is taken term by term. In a product, each term keeps the other factor.",
            "If a grows by 0.01, by how much does z a grow?"), {"for_w": lambda a, z, s, x, w: s * x, "for_b": B_SLIPS[1][1]["for_b"]}),
    (REGISTRY["sum-for-product"].worded("o is read as z + a, not as z times a",
            "It is tempting because the two paths are added.", "What does the dot between z and a say?"),
     {"for_w": lambda a, z, s, x, w: (1 + s) * x, "for_b": B_SLIPS[1][1]["for_b"]}),
    (gating("bias-left-out-of-tanh", "b is left out of tanh", "It is tempting because z looks complete.",
            "At which number is tanh taken?"), {"place": lambda z, b: z}),
    (gating("bias-left-out-of-the-slope", "the slope of tanh is taken at z, without b",
            "It is tempting because z is where the path comes from.",
            "At which number is the slope of tanh taken?"), {"slope_at": lambda z, b: z}),
)  # fmt: skip


GATE = Functions(
    "5.5",
    "A number that is used twice",
    3,
    "write a backward pass with fan-out",
    arguments=("x", "w", "b"),
    outputs=("dw", "db"),
    text="$z = w x$, $a = \\tanh(z + b)$, $o = z \\cdot a$. Write a function `slopes(x, w, b)` that returns how fast $o$ moves "
    "with $w$ and with $b$: two numbers, in this order.",
    cases=lambda rng: [(rng.uniform(0.8, 1.6), s * rng.uniform(0.4, 0.9), rng.uniform(-0.5, 0.5)) for s in (1, -1, 1)],
    solve=gate(),
    mistakes=(
        *((mistake, gate(**changed)) for mistake, changed in GATE_SLIPS),
        *((mistake, gate(slope)) for mistake, slope in TANH_SLOPES),
        *((at_once(one, other), gate(**changed | more))
          for (one, changed), (other, more) in itertools.product(W_SLIPS, B_SLIPS)
          if (one.slug, other.slug) != ("factor-z-left-out-for-w", "factor-z-left-out-for-b")),
        *((at_once(mistake, other), gate(slope, **changed))
          for (mistake, slope), (other, changed) in itertools.product(TANH_SLOPES[1:5], GATE_SLIPS[:-2])),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 5.6 from the number to the slip


def two_paths(numbers):
    """q = m p, r = n q, L = q + r: dL/dp, and four ways to another."""
    m, n = numbers
    return m * (1 + n), [
        ("$q$ passed its gradient back before $r$ had contributed", m, None),
        ("only the path through $r$ was followed", m * n, None),
        ("the two paths were averaged", m * (1 + n) / 2, None),
        ("all rates were multiplied, over both paths", m * m * n, None),
    ]


REVERSE = Choice(
    "5.6",
    "What did they do?",
    1,
    "tell from a wrong gradient which path was missed",
    choose=lambda rng: diagnose(
        rng,
        book=(3.0, 4.0),
        resample=lambda rng: rng.pick([(2.0, 5.0), (3.0, 5.0), (4.0, 3.0), (5.0, 2.0), (3.0, 7.0)]),
        ways=two_paths,
        tell=lambda n, right, found: (
            f"$q = {fmt(n[0])}p$, $r = {fmt(n[1])}q$, $L = q + r$. A learner finds $\\partial L/\\partial p = {fmt(found)}$. "
            f"The right answer is {fmt(right)}. What did they do?"
        ),
        order=[2, 3, 0, 1],
    ),
)

# ---------------------------------------------------------------- 5.7 and 5.8, from earlier chapters

REVIEW_OF_4_1 = ByHand(
    "5.7",
    "Once more: one path (from chapter 4)",
    2,
    "find a slope as the product of the rates along one path",
    outputs=("dL/dw", "dL/db"),
    book={"x": 2.6, "w": -0.5, "b": 0.4, "y": 0.8},
    sample=lambda rng: {
        "x": rng.tenths(2.1, 3.2),
        "w": -rng.tenths(0.4, 0.7),
        "b": rng.tenths(0.3, 0.7),
        "y": rng.tenths(0.4, 0.9),
    },
    build=tanh_neuron,
    prompt=lambda n: (
        f"{words('tanh')}, with {listed(n)}.\n\nWhat are ${partial_derivative('w')}$ and ${partial_derivative('b')}$, in this order?"
    ),
    indistinguishable=ONE_NEURON,
    mistakes=own_slips("tanh", first=1),
    words=TANH_WORDS,
)

REVIEW_OF_1_1 = Arrays(
    "5.8",
    "Once more: counting (from chapter 1)",
    1,
    "count the parameters of a network",
    outputs=("parameters",),
    book={"sizes": [30, 7, 5]},
    sample=lambda rng: {"sizes": [rng.whole(20, 40), rng.whole(6, 12), rng.whole(3, 5)]},
    solve=lambda sizes: {"parameters": counted(sizes)},
    tolerance=lambda n: {"parameters": 0.2},
    indistinguishable={"first-neurons-only": "with two layers of neurons it is the same as last-layer-forgotten"},
    prompt=lambda n: (
        f"A network has {n['sizes'][0]} inputs, {n['sizes'][1]} hidden neurons and {n['sizes'][2]} output neurons. Each neuron has "
        "a bias, and a weight for every number in the layer before it.\n\nHow many parameters does the network have?"
    ),
    mistakes=(
        *((mistake, lambda sizes, change=change: {"parameters": change(sizes)}) for mistake, change in MISCOUNTS),
        (slip("runs-for-parameters", "the runs of nudging to one side are counted: one more than there are parameters",
              "It is tempting because chapter 1 asks for parameters and runs together.", "Is the run without a nudge a parameter?", see=COST_HEADING),
         lambda sizes: {"parameters": counted(sizes) + 1}),
        (slip("two-sided-runs-for-parameters", "every parameter is counted twice, as the runs of nudging to both sides are",
              "It is tempting because chapter 1 asks for parameters and runs together.",
              "How many times does a parameter occur in the network?", see=COST_HEADING),
         lambda sizes: {"parameters": 2 * counted(sizes)}),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 5.9 the sign first


def balance(rng):
    """Two users of h with upstream gradients and rates: the sign of dL/dh, or 0."""
    g1, r1, g2, r2 = (2.0, -3.0, -1.5, -4.0) if rng is None else rng.pick(
        [(2.0, 3.0, -1.5, 3.0), (2.0, -3.0, 1.5, 3.0), (-2.0, 3.0, 1.5, 4.0), (4.0, -1.0, 1.0, 2.0), (-3.0, -1.0, 2.0, -1.0)]
    )  # fmt: skip
    total = g1 * r1 + g2 * r2
    sign = (total > 0) - (total < 0)
    letters = {"a": 1, "b": -1, "c": 0}
    prompt = (
        "$h$ is used by $u$ and by $v$. The loss moves "
        f"{fmt(g1)} times as fast as $u$ and {fmt(g2)} times as fast as $v$; $u$ moves {fmt(r1)} times as fast as $h$, and $v$ "
        f"{fmt(r2)} times.\n\nWithout writing anything down, is $\\partial L/\\partial h$\n\n- **a:** positive\n- **b:** negative\n- **c:** zero"
    )
    positive, negative = ("u", "v") if g1 * r1 > 0 else ("v", "u")
    hints = {
        "a": f"the path through ${positive}$ alone would make it positive: compare its product with that of the other path",
        "b": f"the path through ${negative}$ alone would make it negative: compare its product with that of the other path",
        "c": "for that, the products of the two paths would have to cancel: compare their sizes",
    }
    return (
        prompt,
        next(k for k, v in letters.items() if v == sign),
        {k: hints[k] for k, v in letters.items() if v != sign},
    )


BALANCE = Choice(
    "5.9", "Which path wins?", 1, "predict the sign of a gradient that is a sum over paths", choose=balance
)

EXERCISES = (FORK, PATHS, ORDER, HUNT, GATE, REVERSE, REVIEW_OF_4_1, REVIEW_OF_1_1, BALANCE)
