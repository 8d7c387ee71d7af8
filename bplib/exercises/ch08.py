"""Exercises of chapter 8, layers as matrices: trace C by hand, then the same as programs."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np

from ..checking import Arrays, ByHand, Choice, Functions, Shapes, Witness, entry
from ..checking.choices import diagnose
from ..checking.rounding import LAST_ROUNDING, rounding_error
from ..engine.trace_table import fmt
from ..engine.value import Value
from ..mistakes import REGISTRY, Mistake, at_once
from ..mistakes.array_programs import linear, network
from ..mistakes.arrays import SLIPS, Altered, slips_of
from ..mistakes.scalar import MISTAKES
from ..nn.data import TRACE_C
from .shared.gains import GAIN_SLIPS, gain, halves, renamed
from .shared.graphs import gradients, graph, listed, partial_derivative
from .shared.indistinguishable import HALF_LOSS, because
from .shared.networks import ALL_PARTIALS, PARAMETERS, misread, sigmoid_net
from .shared.networks import network as scalar_network

PAGE = "08_layers_as_matrices"  # of the book, and folder of its solutions

FORWARD = "$Z_1 = X W_1 + b_1$, $A_1 = \\operatorname{ReLU}(Z_1)$, $Z_2 = A_1 W_2 + b_2$"
MEAN = "$L$ is the mean of the squares of all entries of $Z_2 - T$"


def matrix(name: str, rows: list) -> str:
    """A matrix or a vector as mathematics."""
    rows = rows if isinstance(rows[0], list) else [rows]
    inside = r" \\ ".join(" & ".join(fmt(x, 2) for x in row) for row in rows)
    return f"{name} = \\begin{{pmatrix}} {inside} \\end{{pmatrix}}"


def shown(numbers: dict, *names: str) -> str:
    """These matrices, as displayed formulas, three in a line."""
    symbols = {name: f"{name[0]}_{name[1:]}" if name[1:] else name for name in names}
    given = [matrix(symbols[name], numbers[name]) for name in names]
    lines = [given[:3], given[3:]]  # on a phone six in one line would leave the screen, unseen
    return "\n\n".join(f"$${line}$$" for line in map(r" \quad ".join, lines) if line)


# ---------------------------------------------------------------- trace C on Values: how far honest rounding may lie off


def product(A: list, B: list) -> list:
    """The matrix product of nested lists, of numbers or of Values."""
    return [
        [sum((a * b for a, b in zip(row, column, strict=True)), start=0.0) for column in zip(*B, strict=True)]
        for row in A
    ]


def plus(A: list, b: list) -> list:
    """The row b added to each row of A."""
    return [[a + c for a, c in zip(row, b, strict=True)] for row in A]


def values_of(rows: list) -> list:
    """Each number as a leaf of the graph."""
    return [values_of(row) if isinstance(row, list) else Value(row) for row in rows]


def graph_c(numbers: dict) -> tuple[Value, dict[str, list]]:
    """The loss, and every matrix of the pass, as Values."""
    v = {name: values_of(rows) for name, rows in numbers.items()}
    v["Z1"] = plus(product(v["X"], v["W1"]), v["b1"])
    v["A1"] = [[z.relu() for z in row] for row in v["Z1"]]
    v["Z2"] = plus(product(v["A1"], v["W2"]), v["b2"])
    squares = [(z - t) ** 2 for zs, ts in zip(v["Z2"], v["T"], strict=True) for z, t in zip(zs, ts, strict=True)]
    v["L"] = sum(squares, start=0.0) * (1 / len(squares))
    return v["L"], v


def rooms_c(numbers: dict) -> dict[str, object]:
    """For each quantity, and each gradient under "d" + its name: how far a trace to three decimals may lie off."""
    loss, v = graph_c(numbers)
    found = rounding_error(loss)

    def tolerance(node, part: str):
        if isinstance(node, list):
            return [tolerance(n, part) for n in node]
        return getattr(found[node], part) + LAST_ROUNDING

    return {name: tolerance(node, "data") for name, node in v.items()} | {
        f"d{name}": tolerance(node, "grad") for name, node in v.items()
    }


def draw_c(rng) -> dict:
    """Numbers like trace C's: few decimals, and one hidden neuron that is off for one example."""
    for _ in range(10_000):
        X = [[float(rng.pick([-2, -1, 1, 2, 3])) for _ in range(2)] for _ in range(3)]
        W1 = [[rng.tenths(0.4, 1.6) * rng.pick([-1, 1]) for _ in range(2)] for _ in range(2)]
        b1 = [rng.tenths(-0.4, 0.4, apart_from=[0.0]) for _ in range(2)]
        Z1 = np.round(np.array(X) @ W1 + b1, 9)
        if (Z1 < 0).sum() == 1 and np.abs(Z1).min() > 0.15 and np.abs(Z1).max() < 6:
            break
    W2 = [[rng.pick([0.4, 0.5, 1.0, 1.5, 2.0]) * rng.pick([-1, 1]) for _ in range(2)] for _ in range(2)]
    b2 = [rng.tenths(-0.6, 0.6, apart_from=[0.0]) for _ in range(2)]
    Z2 = np.maximum(Z1, 0) @ W2 + b2
    # Targets such that dZ2 = (Z2 - T) / 3 has one decimal: nobody should have to divide by 3.
    T = [[float(Fraction(f"{z - 3 * rng.tenths(0.1, 0.5) * rng.pick([-1, 1]):.4f}")) for z in row] for row in Z2]
    return {"X": X, "W1": W1, "b1": b1, "W2": W2, "b2": b2, "T": T}


NOT_SQUARE = "shapes that are not square forbid it"
OTHER_SHAPES = because(NOT_SQUARE, "weight-not-transposed", "elementwise-for-product", "delta-not-through-weights")
# Where dZ2 has a factor too many, everything after it has, so a second slip hides behind the first.
FACTORS = ("no-factor-two", "sign-of-error", "mean-never", "mean-over-examples-only", "error-alone")
BEHIND = ("no-activation-slope", "weight-not-transposed", "indices-swapped", "bias-averaged", "bias-summed-over-all",
          "mask-of-next-layer", "averaged-again", "second-bias-forgotten")  # fmt: skip
IN_PAIRS = tuple(
    (at_once(SLIPS[a], SLIPS[b]), Altered(SLIPS[a].run.changes | SLIPS[b].run.changes))
    for a in FACTORS for b in BEHIND
)  # fmt: skip
SAME_HERE = {
    "half-squares": "with two outputs it gives the right numbers",
    "mean-over-outputs-only": "with two outputs it gives the same as error-alone",
    "slope-at-a": "ReLU has the same slope at Z1 and at A1",
    "relu-at-zero": "no pre-activation is exactly 0 here",
}

SHAPES = Shapes(
    "8.1",
    "Shapes first",
    2,
    "say which shape each gradient has before computing it",
    shapes=lambda rng: shapes_of(*sizes(rng)),
    mistakes=lambda rng: wrong_shapes(*sizes(rng)),
    habits=lambda rng: [(IN_COLUMNS, in_columns(*sizes(rng)))],
)


def sizes(rng) -> tuple[int, ...]:
    """N, n, h and k of a network, all different."""
    return tuple(rng.shuffled([2, 3, 4, 5, 6, 7])[:4]) if rng else (5, 3, 4, 2)


def shapes_of(N: int, n: int, h: int, k: int):
    """The shapes asked for, of a network n-h-k on a batch of N."""
    prompt = (
        f"A network has {n} inputs, {h} hidden neurons and {k} outputs, and you give it a batch of {N} examples, one in each row: {FORWARD}. "
        f"{MEAN}, where $T$ holds the targets."
        "\n\nBefore you compute anything, what shapes will the arrays dZ2, dW2, db2, dA1 and dW1 have? (We write dW2 for $\\partial L/\\partial W_2$, "
        "and so on; a bias is an array with one axis.)"
    )
    want = {"dZ2": (N, k), "dW2": (h, k), "db2": (k,), "dA1": (N, h), "dW1": (n, h)}
    questions = {
        name: f"A gradient is shaped like what it belongs to. What shape does {name[1:]} have?" for name in want
    }
    return prompt, want, questions


def shape_slip(slug: str, says: str, because: str, question: str):
    """A slip in a shape: name -> the mistake in words about the array of this name, shaped like another, `like`."""
    original = REGISTRY.get(slug) or Mistake(slug, says.format(name="the gradient", like="another array"),
                                          f"It is tempting because {because}.", question.format(name="the gradient", of="what it belongs to"), FIT)  # fmt: skip
    return lambda name, like="": original.worded(
        says.format(name=name, like=like), f"It is tempting because {because}.", question.format(name=name, of=name[1:])
    )


FIT = "8: Shapes that must fit"
BELONGS = "A gradient is shaped like what it belongs to. What shape does {of} have?"
TURNED = shape_slip("transposed", "rows and columns are exchanged, so that you have its transpose",
                    "both hold the same numbers", "What do the rows of {of} stand for, and what its columns?")  # fmt: skip
LIKE_UPSTREAM = shape_slip("shape-of-upstream", "{name} is shaped like {like}, the gradient that comes in",
                           "you make it from that gradient", BELONGS)  # fmt: skip
LIKE_SUM = shape_slip("shape-of-pre-activation", "{name} is shaped like {like}, the pre-activation of its layer",
                      "that is the array that the layer computes for a batch", BELONGS)  # fmt: skip
LIKE_INPUT = shape_slip("shape-of-input", "{name} is shaped like {like}, the input of its layer",
                        "the input is one of the two factors that it is made of", BELONGS)  # fmt: skip
LIKE_WEIGHTS = shape_slip("shape-of-weights", "{name} is shaped like the weights {like}",
                          "the gradient passes through them", BELONGS)  # fmt: skip
LIKE_NEXT = shape_slip("shape-of-next-layer", "{name} is shaped like {like}, which belongs to the next layer",
                       "an index is easily off by one", BELONGS)  # fmt: skip
LIKE_BEFORE = shape_slip("shape-of-previous-layer", "{name} is shaped like {like}, which belongs to the layer before",
                         "an index is easily off by one", BELONGS)  # fmt: skip
WITHOUT_BATCH = shape_slip("shape-of-one-example", "the shape is that of one example, and the axis of the batch is left out",
                           "it is easiest to follow one example through the network at a time", "How many examples does {of} have a row for?")  # fmt: skip
WITH_BATCH = shape_slip("shape-with-the-batch", "{name} is not summed over the batch, and has a matrix for each example",
                        "each example has a gradient of its own", "Is there a {of} for each example?")  # fmt: skip
BIAS_PER_EXAMPLE = shape_slip("bias-not-summed", "{name} is not summed over the batch, and has a row for each example",
                              "each example has a gradient of its own", "Is there a {of} for each example?")  # fmt: skip
BIAS_ROW = shape_slip("bias-keeps-an-axis", "{name} is taken as a matrix with one row, where {like} is an array with one axis",
                      "on paper you write a bias as a row", "How many axes does {of} have?")  # fmt: skip
BIAS_COLUMN = shape_slip("bias-as-a-column", "{name} is taken as a matrix with one column, where {like} is an array with one axis",
                         "in many books a bias is a column", "How many axes does {of} have?")  # fmt: skip
BIAS_BY_ROWS = shape_slip("bias-along-the-rows", "{name} is summed over the wrong axis, so that it has a number for each example",
                          "axis=1 and axis=0 are easily exchanged", "Is there a {of} for each example, or for each neuron?")  # fmt: skip
BIAS_ALONE = shape_slip("bias-summed-over-all", "{name} is summed over everything, so that one number is left for all neurons",
                        "a sum without an axis is the shortest to write", "How many numbers does {of} hold?")  # fmt: skip


def wrong_shapes(N: int, n: int, h: int, k: int) -> dict[str, list[tuple[Mistake, tuple[int, ...]]]]:
    """For each array of 8.1, the shapes that people give it, and what each comes from."""
    return {
        "dZ2": [(TURNED("dZ2"), (k, N)), (LIKE_WEIGHTS("dZ2", "W2"), (h, k)), (LIKE_INPUT("dZ2", "A1"), (N, h)),
                (LIKE_BEFORE("dZ2", "Z1"), (N, h)), (WITHOUT_BATCH("dZ2"), (k,)), (WITHOUT_BATCH("dZ2"), (1, k))],
        "dW2": [(TURNED("dW2"), (k, h)), (LIKE_UPSTREAM("dW2", "dZ2"), (N, k)), (LIKE_SUM("dW2", "Z2"), (N, k)),
                (LIKE_INPUT("dW2", "A1"), (N, h)), (LIKE_BEFORE("dW2", "W1"), (n, h)), (WITH_BATCH("dW2"), (N, h, k))],
        "db2": [(BIAS_PER_EXAMPLE("db2"), (N, k)), (LIKE_UPSTREAM("db2", "dZ2"), (N, k)), (BIAS_ROW("db2", "b2"), (1, k)),
                (BIAS_COLUMN("db2", "b2"), (k, 1)), (BIAS_BY_ROWS("db2"), (N,)), (BIAS_BY_ROWS("db2"), (N, 1)),
                (BIAS_ALONE("db2"), ()), (BIAS_ALONE("db2"), (1,)), (LIKE_BEFORE("db2", "b1"), (h,)), (LIKE_WEIGHTS("db2", "W2"), (h, k))],
        "dA1": [(TURNED("dA1"), (h, N)), (LIKE_UPSTREAM("dA1", "dZ2"), (N, k)), (LIKE_NEXT("dA1", "Z2"), (N, k)),
                (LIKE_WEIGHTS("dA1", "W2"), (h, k)), (LIKE_WEIGHTS("dA1", "W1"), (n, h)), (LIKE_BEFORE("dA1", "X"), (N, n)),
                (WITHOUT_BATCH("dA1"), (h,)), (WITHOUT_BATCH("dA1"), (1, h))],
        "dW1": [(TURNED("dW1"), (h, n)), (LIKE_UPSTREAM("dW1", "dZ1"), (N, h)), (LIKE_SUM("dW1", "Z1"), (N, h)),
                (LIKE_INPUT("dW1", "X"), (N, n)), (LIKE_NEXT("dW1", "W2"), (h, k)), (WITH_BATCH("dW1"), (N, n, h))],
    }  # fmt: skip


IN_COLUMNS = Mistake(
    "examples-in-columns",
    "you have the examples in columns, as many books do, where here each example is a row: all your matrices are the transposes of ours",
    "It is tempting because where a layer is written W x + b, an example is a column.",
    "Where does one example stand in your arrays, and where does it stand here?",
    "8: The same in other books",
)


def in_columns(N: int, n: int, h: int, k: int) -> dict[str, tuple[int, ...]]:
    """The shapes in 8.1 of somebody whose examples are columns; a bias is then one, too."""
    return {"dZ2": (k, N), "dW2": (k, h), "db2": (k, 1), "dA1": (h, N), "dW1": (h, n)}


def one_product(slug: str, says: str, because: str, question: str, times: int):
    """Slips in one product of one entry of Z1, which then counts `times` as much less: one program for each product."""
    mistake = Mistake(slug, says, f"It is tempting because {because}.", question, "8: Trace C, forward")

    def program(i, k, j):
        less = np.zeros((3, 2))
        less[i, j] = times
        return Altered({"Z1": lambda v: v.X @ v.W1 + v.b1 - less * v.X[i, k] * v.W1[k, j]})

    return [(mistake, program(i, k, j)) for i, k, j in np.ndindex(3, 2, 2)]


C_FORWARD = Arrays(
    "8.2",
    "Trace C, forward",
    2,
    "do the forward pass of a batch through two layers by hand",
    outputs=("Z1", "A1", "Z2"),
    book=TRACE_C,
    sample=draw_c,
    solve=network,
    mistakes=(
        *((m, run) for m, run in slips_of("network") if {"Z1", "A1", "Z2"} & set(run.changes)),
        *one_product(
            "sign-of-one-product",
            "in one entry of Z1, one of the two products has the wrong sign",
            "with several minus signs on the page, one is easily overlooked",
            "In which products of X and W1 is one factor negative, and in which are both?",
            2,
        ),
        *one_product(
            "one-product-missing",
            "in one entry of Z1, one of the two products is left out",
            "each entry is a small sum, and it is easy to skip one of its terms",
            "How many products are there in each entry of X W1?",
            1,
        ),
    ),
    tolerance=lambda n: {name: rooms_c(n)[name] for name in ("Z1", "A1", "Z2")},
    prompt=lambda n: (
        f"{FORWARD}, with\n\n{shown(n, *n)}\n\nDo the forward pass. What are $Z_1$, $A_1$ and $Z_2$? Give them in this order, or by the "
        "names Z1, A1 and Z2."
    ),
)

C_BACKWARD = Arrays(
    "8.3",
    "Trace C, backward",
    6,
    "do the backward pass of a batch through two layers by hand",
    outputs=("dZ2", "dW2", "db2", "dZ1", "dW1", "db1"),
    book=TRACE_C,
    sample=draw_c,
    solve=network,
    mistakes=slips_of("network") + IN_PAIRS,
    indistinguishable=SAME_HERE,
    tolerance=lambda n: {name: rooms_c(n)[name] for name in ("dZ2", "dW2", "db2", "dZ1", "dW1", "db1")},
    prompt=lambda n: (
        f"{FORWARD}; {MEAN}.\n\n{shown(n, *n)}\n\nDo the forward pass and then the backward pass. What are dZ2, dW2, db2, dZ1, dW1 and db1? "
        "Give them in this order, or by these names. Each has the shape of what it belongs to; a bias has one axis, as in [0.1, 0.2]."
    ),
)


LAYER_NAMES = {r"\bdZ2 and dZ1 are both called delta\b": "dX and dY are both gradients of whole batches", "the later weight is": "W is",
               "the hidden neuron before such a weight grows, does the output": "the input before such a weight grows, does the output",
               r"\bdZ[12]?\b": "dY", r"\bd([Wb])[12]\b": r"d\1", r"\bZ[12]?\b": "Y", r"\bA1\b|(?<=@ )A\b": "X",
               r"\b([Wb])[12]\b": r"\1"}  # fmt: skip


def one_layer(X, W, dY):
    """The backward pass of Y = X W + b."""
    return linear(X, W, np.zeros(W.shape[1]), dY)


def input_slip(slug: str, says: str, because: str, question: str, to_input):
    """A slip in dX alone."""
    mistake = Mistake(slug, says, f"It is tempting because {because}.", question, FIT)
    return mistake, lambda X, W, dY: one_layer(X, W, dY) | {"dX": to_input(X, W, dY)}


INPUT_SLIPS = (
    input_slip("factors-turned", "dX is made as W.T @ dY, with the two factors in the wrong order", "for numbers the order does not matter",
               "dX has a row for each example. Which factor has one?", lambda X, W, dY: W.T @ dY),
    input_slip("input-gradient-turned", "dX is made as W @ dY.T, the transpose of what it should be", "the shapes fit in this order as well",
               "X has a row for each example. What do the rows of your dX stand for?", lambda X, W, dY: W @ dY.T),
    input_slip("weights-and-dy-as-they-stand", "dX is made as W @ dY, with the factors in the wrong order and no transpose", "both arrays are at hand, and no transpose is needed to write them down",
               "dX has a row for each example. Which factor has one?", lambda X, W, dY: W @ dY),
    input_slip("input-without-weights", "dX is dY itself: the weights are left out", "the gradient seems to pass through the layer unchanged",
               "If X[0, 0] grows a little, which entries of Y move, and by how much?", lambda X, W, dY: dY * 1.0),
    input_slip("input-without-upstream", "dX is made of W alone: dY, what comes back from the loss, is left out", "W is the slope of Y with respect to X",
               "How fast does the loss move when Y does, and where is that in your dX?", lambda X, W, dY: np.ones_like(dY) @ W.T),
    input_slip("input-averaged", "dX is divided by the number of examples", "a mean over the batch has to be taken somewhere in the pass",
               "How many examples does one row of X belong to?", lambda X, W, dY: dY @ W.T / len(dY)),
    input_slip("input-for-weights", "dX is made with dW, where W belongs", "you have just worked out dW, and it has the shape of W",
               "Which array multiplied X in the forward pass?", lambda X, W, dY: dY @ (X.T @ dY).T),
)  # fmt: skip


LINEAR = Functions(
    "8.4",
    "One layer's backward pass",
    3,
    "write the backward pass of a linear layer, for any shapes",
    arguments=("X", "W", "dY"),
    outputs=("dW", "db", "dX"),
    text="A layer is $Y = X W + b$, with one example in each row of $X$; $b$ is an array with one axis. Write a function `backward(X, W, dY)` that returns "
    "dW, db and dX, in this order. We try it on shapes that you have not seen, with random upstream gradients dY.",
    cases=lambda rng: [
        (halves(rng, N, n), halves(rng, n, m), halves(rng, N, m)) for N, n, m in ((5, 3, 2), (2, 4, 3), (3, 3, 3))
    ],
    solve=one_layer,
    mistakes=(
        *((renamed(mistake, LAYER_NAMES), run.layer) for mistake, run in slips_of("network") if run.fits_a_layer),
        *INPUT_SLIPS,
    ),
    indistinguishable=OTHER_SHAPES | because(NOT_SQUARE, "factors-turned", "weights-and-dy-as-they-stand"),
)


def with_a_corner(rng) -> list[tuple]:
    """Three networks that are not square, and one that is; in each, one pre-activation is exactly 0."""
    cases = []
    for N, n, h, k in ((5, 3, 4, 2), (4, 2, 3, 5), (3, 4, 2, 3), (3, 3, 3, 3)):
        X, W1, W2 = halves(rng, N, n), halves(rng, n, h), halves(rng, h, k)
        b1, b2, T = halves(rng, h), halves(rng, k), halves(rng, N, k)
        b1[0] = -(X[0] @ W1[:, 0])
        cases.append((X, W1, b1, W2, b2, T))
    return cases


NETWORK = Functions(
    "8.5",
    "Two layers' backward pass",
    5,
    "write the backward pass of a two-layer network, for any shapes",
    arguments=("X", "W1", "b1", "W2", "b2", "T"),
    outputs=("dW2", "db2", "dW1", "db1"),
    text=f"{FORWARD}; {MEAN}. Write a function `backward(X, W1, b1, W2, b2, T)` that returns dW2, db2, dW1 and db1, in this "
    "order. We try it on shapes that you have not seen.",
    cases=with_a_corner,
    solve=network,
    mistakes=(
        *slips_of("network"),
        (SLIPS["bias-summed-over-all"], lambda *inputs: network(*inputs, to_bias=np.sum)),
        *IN_PAIRS,
    ),
    alternatives=(("(Where Z1 is exactly 0 you take ReLU's slope as 1, the book takes 0. Both are right.)", SLIPS["relu-at-zero"].run),),
    indistinguishable={
        "slope-at-a": "ReLU has the same slope at Z1 and at A1",
        "relu-at-zero": "a convention, and accepted",
    }
    | OTHER_SHAPES
    | because(
        NOT_SQUARE, *(m.slug for m, run in IN_PAIRS if m.slug.endswith(("+weight-not-transposed", "+mask-of-next-layer")))
    )
    | because(
        NOT_SQUARE, "mask-of-next-layer", "mask-of-input", "biases-exchanged", "weights-exchanged", "first-weights-turned",
        "second-weights-turned", "both-weights-turned", "wrong-weight-back",
    )
    | {"mean-never+averaged-again": "gives the gradients of mean-over-examples-only",
       "error-alone+averaged-again": "gives the gradients of half-squares, whose words fit both",
       "averaged-again": "gives the gradients of mean-twice, whose words fit both",
       "read-off-before-the-mask": "gives the gradients of no-activation-slope, as dZ1 is not asked for"},
)  # fmt: skip


def validate(inputs: dict) -> str:
    """What is wrong with the shapes, in a sentence; nothing when they make a network on which the bug runs."""
    shapes = {name: array.shape for name, array in inputs.items()}
    if any(len(shapes[name]) != 2 for name in ("X", "W1", "W2", "T")):
        return f"X, W1, W2 and T should have rows and columns; their shapes are {shapes}."
    (N, n), h, k = shapes["X"], shapes["W1"][1], shapes["W2"][1]
    want = {"X": (N, n), "W1": (n, h), "b1": (h,), "W2": (h, k), "b2": (k,), "T": (N, k)}
    wrong = [f"{name} {shapes[name]}, wanted {want[name]}" for name in want if shapes[name] != want[name]]
    if wrong:
        return f"These shapes do not fit: {'; '.join(wrong)}."
    if h == k or 1 in (h, k):  # one column is spread over the other array
        return ""
    return f"On these inputs the program stops: dA1 has the shape {(N, h)} and Z2 {(N, k)}. Take a square W2; yours has the shape {shapes['W2']}."


def what_hides(inputs: dict) -> str:
    """Why these inputs do not show the wrong mask, and what would."""
    out = network(**inputs)
    if ((out["Z1"] > 0) != (out["Z2"] > 0)).any():
        why = "The two masks differ, but only where dA1 is 0"
    elif not (out["Z1"] > 0).any() and not (out["Z2"] > 0).any():
        why = "No entry of Z1 or Z2 is positive, so both masks are 0 everywhere (at exactly 0, too, the slope of ReLU is 0)"
    else:
        why = "Z1 and Z2 are positive in the same places, so the two masks are the same"
    return f"{why}. Choose the numbers so that somewhere one of Z1 and Z2 is positive and the other is not, and dA1 is not 0 there."


MASK = Witness(
    "8.6",
    "Show the bug",
    2,
    "find inputs on which a wrong backward pass gives itself away",
    text=f"{FORWARD}; {MEAN}. One line of this backward pass is wrong:\n\n"
    "```python\ndZ2 = 2 * (Z2 - T) / Z2.size\ndW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)\ndA1 = dZ2 @ W2.T\ndZ1 = dA1 * (Z2 > 0)\n"
    "dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)\n```\n\nGive inputs `{\"X\": ..., \"W1\": ..., \"b1\": ..., \"W2\": ..., \"b2\": ..., "
    "\"T\": ..., \"first\": \"...\"}` on which the program runs to its end but gives a wrong result; if it stops with an "
    "error, that does not count. Under `first`, put the name of the first quantity that comes out wrong, in the order "
    "of the pass: Z1, A1, Z2, L, dZ2, dW2, db2, dA1, dZ1, dW1, db1. You need no more than one neuron in each layer.",
    arguments=("X", "W1", "b1", "W2", "b2", "T"),
    solve=network,
    bug=(SLIPS["mask-of-next-layer"], SLIPS["mask-of-next-layer"].run),
    validate=validate,
    hint=what_hides,
    to_arrays=lambda lists: {name: np.array(rows, dtype=float) for name, rows in lists.items()},
)  # fmt: skip


# ---------------------------------------------------------------- 8.7 from the number to the slip

SUSPECTS = ("indices-swapped", "mean-twice", "mask-of-next-layer", "weight-not-transposed")


def first_gradients(numbers):
    """dW1 of a network, rounded to three decimals, and for each slip (what it does, what it gives, its slug)."""
    arrays = _arrays(numbers)
    wrong = [(SLIPS[slug].says, SLIPS[slug].run(**arrays)["dW1"], slug) for slug in SUSPECTS]
    right = network(**arrays)["dW1"]
    return (right.round(3) + 0.0).tolist(), [(says, (dW1.round(3) + 0.0).tolist(), slug) for says, dW1, slug in wrong]


def _arrays(numbers: dict) -> dict[str, np.ndarray]:
    return {name: np.array(rows) for name, rows in numbers.items()}


REVERSE = Choice(
    "8.7",
    "What did they do?",
    1,
    "tell from a wrong weight gradient which slip made it",
    choose=lambda rng: diagnose(
        rng,
        book=TRACE_C,
        resample=draw_c,
        ways=first_gradients,
        tell=lambda n, right, found: (
            f"{FORWARD}; {MEAN}.\n\n{shown(n, *n)}\n\nA learner got\n\n$${matrix('dW_1', found)}$$\n\n"
            "which is not right. Which of these slips gives their matrix?"
        ),
        order=range(4),
        guilty=3,
    ),
)

# ---------------------------------------------------------------- 8.8 a layer that the chapter does not have


GAIN = Functions(
    "8.8",
    "A new layer",
    3,
    "derive the backward pass of a layer that was not in the chapter",
    arguments=("X", "g", "dY"),
    outputs=("dg", "dX"),
    text="A layer multiplies each column of $X$ by a number of its own, its gain: $Y_{nj} = X_{nj}\\, g_j$. Derive its backward pass, and write it as a "
    "function `backward(X, g, dY)` that returns dg, which has the shape of g, and dX.",
    cases=lambda rng: [(halves(rng, N, n), halves(rng, n), halves(rng, N, n)) for N, n in ((4, 3), (2, 5), (5, 2))],
    solve=gain,
    mistakes=(*((mistake, partial(gain, **altered)) for mistake, altered in GAIN_SLIPS),),
)

# ---------------------------------------------------------------- 8.9 and 8.10, from earlier chapters

REVIEW_OF_7_3 = replace(
    entry("7.3"),
    id="8.9",
    title="Once more: a two-layer trace (from chapter 7)",
    points=3,
    book={"x": 1.6, "w1": 0.7, "b1": 0.4, "w2": -1.3, "b2": 0.3, "y": 0.8},
    indistinguishable=HALF_LOSS,  # here the forward pass is not given
    mistakes=misread(sigmoid_net, gradients(*PARAMETERS)),
    prompt=lambda n: f"{scalar_network('sigmoid')}, with {listed(n)}.\n\nWhat are {ALL_PARTIALS}?",
    family=(),
)

REVIEW_OF_5_1 = replace(
    entry("5.1"),
    id="8.10",
    title="Once more: two paths (from chapter 5)",
    points=2,
    book={"w": 0.7, "x": 2.4, "c1": 0.6, "c2": -1.5, "y1": 1.9, "y2": 0.8},
)

# ---------------------------------------------------------------- 8.11 the zero first


def silence(rng):
    """The pre-activations of a batch, one of them negative: what is certainly 0 on the way back?"""
    numbers = TRACE_C if rng is None else draw_c(rng)
    Z1 = np.round(np.array(numbers["X"]) @ numbers["W1"] + numbers["b1"], 9)
    row, column = (int(i) + 1 for i in np.argwhere(Z1 < 0)[0])
    options = {
        f"the entry of dZ1 in row {row}, column {column}": "",
        f"the entry of dA1 in row {row}, column {column}": "the loss may well respond to what comes out of that neuron. The closed ReLU stops the gradient one "
        "step later on its way back",
        f"column {column} of dW1": "the other two examples, for which this neuron is open, contribute to it as well",
        f"row {row} of dZ2": "the prediction for this example can be wrong, whatever one hidden neuron does",
    }
    order = [1, 2, 0, 3] if rng is None else rng.shuffled(range(4))
    letters = {letter: list(options)[i] for letter, i in zip("abcd", order, strict=True)}
    choices = "\n".join(f"- **{letter}:** {option}" for letter, option in letters.items())
    prompt = (
        f"{FORWARD}; {MEAN}. The forward pass gives\n\n$${matrix('Z_1', Z1.tolist())}$$\n\nBefore you calculate any "
        f"gradient: exactly one of these must be 0, whatever $W_2$ and the targets are. Which one? (We count rows and columns from 1.)\n\n{choices}"
    )
    wrong = {letter: options[option] for letter, option in letters.items() if options[option]}
    return prompt, next(letter for letter in letters if letter not in wrong), wrong


SILENCE = Choice(
    "8.11", "What is certainly 0?", 1, "predict which gradients are 0 before any is computed", choose=silence
)

# ---------------------------------------------------------------- 8.12 and 8.13, one example through 1-2-1

FAN_OUT = "8: Trace M, one input and two hidden neurons"
PAIR = (
    "$z_p = w_p x + b_p$, $z_q = w_q x + b_q$, $a_p = \\sigma(z_p)$, $a_q = \\sigma(z_q)$, "
    "$z = v_p a_p + v_q a_q + c$, $L = (z - y)^2$"
)


@graph
def pair_net(x, w_p, b_p, w_q, b_q, v_p, v_q, c, y):
    """One input, two hidden neurons p and q, one output: x is used twice."""
    z_p, z_q = w_p * x + b_p, w_q * x + b_q
    a_p, a_q = z_p.sigmoid(), z_q.sigmoid()
    z = v_p * a_p + v_q * a_q + c
    return {"z_p": z_p, "z_q": z_q, "a_p": a_p, "a_q": a_q, "z": z, "L": (z - y) ** 2}


def draw_pair(rng) -> dict[str, float]:
    """Numbers like trace M's: x moves the loss one way through p and the other way through q."""
    side = rng.pick([-1, 1])
    return {
        "x": rng.tenths(1.2, 2.9, apart_from=[2.0]),
        "w_p": side * rng.tenths(0.3, 0.8),
        "b_p": rng.tenths(-0.5, 0.5, apart_from=[0.0]),
        "w_q": -side * rng.tenths(0.3, 0.8),
        "b_q": rng.tenths(-0.9, 0.9, apart_from=[0.0]),
        "v_p": (sign := rng.pick([-1, 1])) * rng.tenths(1.4, 2.2),
        "v_q": sign * rng.tenths(0.5, 0.9),
        "c": rng.tenths(-0.9, 0.9, apart_from=[0.0]),
        "y": rng.tenths(-0.9, 0.9, apart_from=[0.0]),
    }


def through_the_pair(n, *, back=lambda v_p, v_q: (v_p, v_q), slopes=lambda s_p, s_q: (s_p, s_q),
                     into_x=lambda p, q, n: p * n["w_p"] + q * n["w_q"], inputs=lambda a_p, a_q: (a_p, a_q)):  # fmt: skip
    """The gradients of v_p, v_q, w_p, w_q and x, with one of the steps on the way back done in another way.

    back    the factors from z to a_p and a_q          slopes   those from the activations to z_p and z_q
    into_x  what is made of dL/dz_p and dL/dz_q for x   inputs   what v_p and v_q are taken to multiply
    """
    _, nodes = pair_net(**n)
    a_p, a_q = nodes["a_p"].data, nodes["a_q"].data
    dz = 2 * (nodes["z"].data - n["y"])
    (to_p, to_q), (slope_p, slope_q) = back(n["v_p"], n["v_q"]), slopes(a_p * (1 - a_p), a_q * (1 - a_q))
    dz_p, dz_q = dz * to_p * slope_p, dz * to_q * slope_q
    before_p, before_q = inputs(a_p, a_q)
    return [dz * before_p, dz * before_q, dz_p * n["x"], dz_q * n["x"], into_x(dz_p, dz_q, n)]


def pair_slip(slug: str, says: str, because: str, question: str, see: str = FAN_OUT, **altered):
    """A slip in the two paths of trace M."""
    mistake = Mistake(slug, says, f"It is tempting because {because}.", question, see)
    return mistake, lambda right, nodes, n: through_the_pair(n, **altered)


def by_share(v_p: float, v_q: float) -> tuple[float, float]:
    return v_p / (v_p + v_q), v_q / (v_p + v_q)


PAIR_SLIPS = (
    pair_slip("blame-by-share", "$\\partial L/\\partial z$ is divided between $a_p$ and $a_q$, each getting its weight's share of the sum $v_p + v_q$",
              "blame sounds like a cake that has to be cut into pieces. A sensitivity is not a share",
              "If $a_p$ grows by 0.01, by how much does $z$ grow? Does that depend on $v_q$?", back=by_share),
    pair_slip("later-weights-crossed", "the two output weights are exchanged on the way back: $v_q$ leads to $a_p$, and $v_p$ to $a_q$",
              "the two paths look alike, and four weights are close together on the page",
              "Follow the path through neuron p alone. Which output weight lies on it?", back=lambda v_p, v_q: (v_q, v_p)),
    pair_slip("first-weights-crossed", "the two weights of the first layer are exchanged on the way back to $x$",
              "both lead back to the same $x$", "Which weight lies between $x$ and $z_p$?",
              into_x=lambda p, q, n: p * n["w_q"] + q * n["w_p"]),
    pair_slip("weights-into-x-left-out", "$\\partial L/\\partial z_p$ and $\\partial L/\\partial z_q$ are added up at $x$ as they are, without $w_p$ and $w_q$",
              "the sum over the paths is the new idea, and the product along each of them is easily forgotten over it",
              "If $x$ grows by 0.01, by how much does $z_p$ grow?", into_x=lambda p, q, n: p + q),
    pair_slip("weights-gradients-passed-back", "the gradients of the weights $w_p$ and $w_q$ are passed back to $x$, where $\\partial L/\\partial z_p$ and $\\partial L/\\partial z_q$ belong",
              "they are the last numbers that you found", "Is $\\partial L/\\partial w_p$ needed on the way back to $x$, or is it read off and used for nothing but the step?", "8: Links and leaves",
              into_x=lambda p, q, n: (p * n["w_p"] + q * n["w_q"]) * n["x"]),
    pair_slip("slopes-crossed", "the slopes of the two sigmoids are exchanged: that of $a_q$ is used for p, and that of $a_p$ for q",
              "the two neurons are worked out side by side", "At which number is the slope of p's own sigmoid taken?",
              slopes=lambda s_p, s_q: (s_q, s_p)),
    pair_slip("activations-crossed", "the activations are exchanged: $\\partial L/\\partial v_p$ is made with $a_q$, and $\\partial L/\\partial v_q$ with $a_p$",
              "the two products look alike", "Which activation does $v_p$ multiply in the forward pass?", inputs=lambda a_p, a_q: (a_q, a_p)),
)  # fmt: skip

PAIR_OUTPUTS = ("dL/dv_p", "dL/dv_q", "dL/dw_p", "dL/dw_q", "dL/dx")
TRACE_M = {"x": 1.7, "w_p": -0.4, "b_p": -0.1, "w_q": 0.7, "b_q": 0.6, "v_p": -1.9, "v_q": -0.8, "c": -0.9, "y": -1.0}

PAIR_TRACE = ByHand(
    "8.12",
    "Two paths into one number",
    5,
    "trace one example through two hidden neurons, and add up what comes back to a number that both use",
    outputs=PAIR_OUTPUTS,
    book={"x": 2.8, "w_p": 0.5, "b_p": -0.1, "w_q": -0.7, "b_q": 0.4, "v_p": -1.8, "v_q": -0.8, "c": -0.2, "y": 0.9},
    sample=draw_pair,
    build=pair_net,
    mistakes=PAIR_SLIPS,
    prompt=lambda n: (
        f"One input, two hidden neurons p and q, one output: {PAIR}, with {listed(n)}.\n\n"
        f"Do the forward pass, then the backward pass. What are {', '.join(f'${partial_derivative(v)}$' for v in ('v_p', 'v_q', 'w_p', 'w_q'))} and "
        f"${partial_derivative('x')}$, in this order? (Draw the network first, and write each number at its place.)"
    ),
    indistinguishable=HALF_LOSS,
)


def ways_into_x(n) -> tuple[float, list]:
    """dL/dx, and what several slips make of it: (what was done, what it gives, its slug if it is one of the table)."""
    loss, nodes = pair_net(**n)

    def with_slip(slug: str) -> float:
        return MISTAKES[slug].run(loss, 0.1).grads[nodes["x"]]

    return through_the_pair(n)[-1], [
        ("they counted only the path through neuron p, and left out what comes back through q", with_slip("one-path-only"), "one-path-only"),
        ("they added up both paths, but left out the slopes of the sigmoids", with_slip("no-activation-slope"), "no-activation-slope"),
        ("they divided $\\partial L/\\partial z$ between p and q, by each one's share of $v_p + v_q$", through_the_pair(n, back=by_share)[-1], None),
        ("they sent each path back through the other neuron's output weight", through_the_pair(n, back=lambda v_p, v_q: (v_q, v_p))[-1], None),
    ]  # fmt: skip


PAIR_REVERSE = Choice(
    "8.13",
    "From the number to the slip",
    1,
    "tell from a wrong gradient what somebody did where two paths meet",
    choose=lambda rng: diagnose(
        rng,
        book=TRACE_M,
        resample=draw_pair,
        ways=ways_into_x,
        tell=lambda n, right, found: (
            f"One input, two hidden neurons, one output: {PAIR}, with {listed(n)}. The right answer for ${partial_derivative('x')}$ is "
            f"{fmt(right, 3)}, but a learner got {fmt(found, 3)}. What did they do?"
        ),
        order=(3, 1, 2, 0),
        guilty=2,
    ),
)

EXERCISES = (SHAPES, C_FORWARD, C_BACKWARD, LINEAR, NETWORK, MASK, REVERSE, GAIN, REVIEW_OF_7_3, REVIEW_OF_5_1, SILENCE,
             PAIR_TRACE, PAIR_REVERSE)  # fmt: skip
