"""One neuron with a squared error, and the slips in it (chapters 4 and 5)."""

from __future__ import annotations

from functools import partial
from math import atanh, cosh, exp, tanh

from ...mistakes import Mistake
from ...mistakes.scalar import MISTAKES, Pass
from .graphs import graph
from .indistinguishable import HALF_LOSS, NO_STEP, because

NEURON_HEADING = "4: A neuron, term by term"


def neuron(activation: str):
    """A graph builder: z = w x + b, a = activation(z), L = (a - y)^2."""

    @graph
    def build(x, w, b, y):
        z = w * x + b
        a = getattr(z, activation)()
        return {"z": z, "a": a, "L": (a - y) ** 2}

    return build


sigmoid_neuron, tanh_neuron = neuron("sigmoid"), neuron("tanh")


ONE_NEURON = NO_STEP | HALF_LOSS | because(
    "gives the slopes of stopped-at-the-neuron, whose message names both", "loss-not-squared"
)  # fmt: skip


NAMES = {"sigmoid": "\\sigma", "tanh": "\\tanh"}


def words(kind: str) -> str:
    return f"$z = w x + b$, $a = {NAMES[kind]}(z)$, $L = (a - y)^2$"


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


ACTIVATION = {"sigmoid": (sigmoid, lambda a: a * (1 - a)), "tanh": (tanh, lambda a: 1 - a * a)}


def by_steps(kind: str, **changed):
    """A program numbers -> (a, dL/dw, dL/db) that goes through the neuron step by step, some steps done otherwise.

    z     (x, w, b) -> what goes into the activation
    a     z -> what comes out of it
    by_a  (a, y) -> dL/da
    by_z  a -> da/dz
    at    (x, w, b) -> where da/dz is taken; by default where a is
    by_w  (x, w, b) -> dz/dw; by_b likewise
    """
    squash, slope = ACTIVATION[kind]
    steps = {"z": lambda x, w, b: w * x + b, "a": squash, "by_a": lambda a, y: 2 * (a - y), "by_z": slope,
             "by_w": lambda x, w, b: x, "by_b": lambda x, w, b: 1.0} | changed  # fmt: skip

    def program(n):
        x, w, b, y = (n[name] for name in "xwby")
        a = steps["a"](steps["z"](x, w, b))
        by_z = steps["by_a"](a, y) * steps["by_z"](steps["a"](steps["at"](x, w, b)) if "at" in steps else a)
        return [a, by_z * steps["by_w"](x, w, b), by_z * steps["by_b"](x, w, b)]

    return program


neuron_slip = partial(Mistake, see=NEURON_HEADING)


def tanh_slope(z: float) -> float:
    return 1 - tanh(z) ** 2


tanh_slip = partial(Mistake, see=NEURON_HEADING)


TANH_SLOPES = (
    (tanh_slip("outer-rate-left-out", "the slope of tanh is left out",
               "It is tempting because tanh was computed on the way forward, so it seems dealt with.",
               "Between what goes into tanh and the result stands a function. What is its slope?"), lambda z: 1.0),
    (tanh_slip("slope-one-step-on", "the slope of tanh is taken at what came out of it",
               "It is tempting because 1 - a² contains a, so you put a in once more.",
               "At which number is the slope of tanh taken: at what goes in, or at what comes out?"),
     lambda z: tanh_slope(tanh(z))),
    (tanh_slip("tanh-not-squared", "the slope of tanh is taken as 1 less tanh, without the square",
               "It is tempting because a small 2 is easily lost.",
               "At 0 tanh rises with slope 1. What slope does your formula give far to the left, where tanh is flat at -1?"),
     lambda z: 1 - tanh(z)),
    (tanh_slip("sigmoids-slope-for-tanh", "the slope of the sigmoid, a(1 - a), is taken for that of tanh",
               "It is tempting because both are written with what comes out.",
               "Which function is it here? What is its slope at 0, and what does your formula give there?"),
     lambda z: tanh(z) * (1 - tanh(z))),
    (tanh_slip("input-in-the-slope-of-tanh", "what goes into tanh stands in the formula of its slope, where what comes out belongs",
               "It is tempting because the slope is taken at what goes in.",
               "In 1 - a², which number is a: what goes into tanh, or what comes out?"), lambda z: 1 - z * z),
    (tanh_slip("value-for-slope-of-tanh", "the value of tanh stands where its slope belongs",
               "It is tempting because the value is at hand.",
               "What is the slope of tanh, written with what comes out of it?"), tanh),
    (tanh_slip("cosh-not-squared", "the slope of tanh is taken as 1/cosh, without the square",
               "It is tempting because a small 2 is easily lost.",
               "What is the slope of tanh, written with what comes out of it?"), lambda z: 1 / cosh(z)),
    (tanh_slip("cosh-not-inverted", "the slope of tanh is taken as cosh², not as one over it",
               "It is tempting because the square takes the attention.",
               "Far from 0 tanh is flat. What slope does your formula give there?"), lambda z: cosh(z) ** 2),
    (tanh_slip("plus-in-the-slope-of-tanh", "the slope of tanh is taken as 1 + tanh², with the wrong sign",
               "It is tempting because the slope of the tangent is 1 + tan².",
               "Far from 0 tanh is flat. What slope does your formula give there?"), lambda z: 1 + tanh(z) ** 2),
    (tanh_slip("square-alone-for-slope-of-tanh", "the slope of tanh is taken as tanh², not as 1 less that",
               "It is tempting because the square is the part that needs work.",
               "At 0 tanh rises with slope 1. What slope does your formula give there?"), lambda z: tanh(z) ** 2),
)  # fmt: skip


ANOTHER_STEP = (
    (neuron_slip("bias-sign-turned", "the sign of the bias is turned: $w x - b$ for $w x + b$",
                 "It is tempting because a sign easily moves to the number next to it.",
                 "Should z be larger or smaller than w x here?"), {"z": lambda x, w, b: w * x - b}),
    (neuron_slip("weight-sign-lost-forward", "the weight is taken without its minus sign on the way forward",
                 "It is tempting because a minus sign is small.",
                 "The input is positive. What sign should w x have?"), {"z": lambda x, w, b: -w * x + b}),
    (neuron_slip("bias-before-product", "the bias is added before the product is taken: $w (x + b)$ for $w x + b$",
                 "It is tempting if you read the formula from right to left.",
                 "Which comes first in w x + b, the product or the sum?"), {"z": lambda x, w, b: w * (x + b)}),
    (neuron_slip("stopped-at-the-neuron", "the rates are those of $a$, not of the loss, or the error is not squared",
                 "It is tempting because the neuron ends at a. But the loss is one link further on.",
                 "How fast does L move when a does, and where is that in your answer?"), {"by_a": lambda a, y: 1.0}),
    (neuron_slip("slope-at-the-input", "the slope of the activation is taken at $x$, not at $z$",
                 "It is tempting because x is the number that you are given.",
                 "At which number does the activation stand: at x, or at what comes out of the sum?"), {"at": lambda x, w, b: x}),
    (neuron_slip("slope-without-the-bias", "the slope of the activation is taken at $w x$, without the bias",
                 "It is tempting because the rate of the bias is 1, so it seems to play no part. But it decides where the slope is taken.",
                 "At which number does the activation stand?"), {"at": lambda x, w, b: w * x}),
    (neuron_slip("bias-given-the-input", "the slope of the bias is multiplied by $x$ as well",
                 "It is tempting because weight and bias belong to the same sum.",
                 "If b grows by 0.01, by how much does z grow?"), {"by_b": lambda x, w, b: x}),
    (neuron_slip("bias-given-the-weight", "the slope of the bias is multiplied by $w$",
                 "It is tempting because the weight stands in the same sum.",
                 "If b grows by 0.01, by how much does z grow?"), {"by_b": lambda x, w, b: w}),
    (neuron_slip("product-for-its-rate", "the product $w x$ stands where its rate belongs",
                 "It is tempting to copy w x and forget to differentiate it.",
                 "If w grows by 0.01, by how much does w x grow?"), {"by_w": lambda x, w, b: w * x}),
    (neuron_slip("sum-for-its-rate", "$z$ itself stands where its rate belongs",
                 "It is tempting because z is the number at hand.",
                 "If w grows by 0.01, by how much does z grow?"), {"by_w": lambda x, w, b: w * x + b}),
    (neuron_slip("bias-in-the-rate", "the bias is kept in the rate of $w$: $x + b$ for $x$",
                 "It is tempting to take the w away and copy what is left.",
                 "When w moves, does b move with it?"), {"by_w": lambda x, w, b: x + b}),
    (neuron_slip("square-kept-in-its-rate", "the square is kept when it is differentiated: $2(a - y)^2$ for $2(a - y)$",
                 "It is tempting because the 2 has come to the front, which looks like the whole rule.",
                 "What is the slope of the square of u?"), {"by_a": lambda a, y: 2 * (a - y) ** 2}),
)  # fmt: skip


SIGMOID_ALONE = (
    (neuron_slip("exponent-sign", "the minus sign in the sigmoid's exponent is lost: $1/(1 + e^{z})$",
                 "It is tempting because the minus sign is small, and what comes out still lies between 0 and 1.",
                 "On which side of 0.5 should the sigmoid of your z be?"), {"a": lambda z: sigmoid(-z)}),
    (neuron_slip("value-for-slope-of-sigmoid", "the value of the sigmoid stands where its slope belongs: a for a(1 - a)",
                 "It is tempting because the value is at hand.",
                 "Far to the right, where a is nearly 1, a sigmoid is flat. What does your formula give there?"), {"by_z": lambda a: a}),
    (neuron_slip("tanh-for-sigmoid", "tanh is taken for the sigmoid, with its slope",
                 "It is tempting because the two curves have the same shape.",
                 "Which function does the sign sigma stand for?"), {"a": tanh, "by_z": lambda a: 1 - a * a}),
    (neuron_slip("tanh-for-sigmoid-forward", "tanh is taken for the sigmoid on the way forward",
                 "It is tempting because the two curves have the same shape.",
                 "Which function does the sign sigma stand for?"), {"a": tanh}),
)  # fmt: skip


OF_TANH_ALONE = (
    "tanh-not-squared",
    "value-for-slope-of-tanh",
    "plus-in-the-slope-of-tanh",
    "square-alone-for-slope-of-tanh",
)
TANH_ALONE = (
    *((mistake, {"by_z": lambda a, slope=slope: slope(atanh(a))}) for mistake, slope in TANH_SLOPES
      if mistake.slug in OF_TANH_ALONE),
    (neuron_slip("sigmoid-for-tanh", "the sigmoid is taken for tanh, with its slope",
                 "It is tempting because the two curves have the same shape.",
                 "Between which two numbers does tanh stay?"), {"a": sigmoid, "by_z": lambda a: a * (1 - a)}),
)  # fmt: skip


def own_slips(kind: str, first: int = 0):
    """The slips of a neuron of this kind that are not those of every graph; entries before `first` are not asked for."""
    alone = {"sigmoid": SIGMOID_ALONE, "tanh": TANH_ALONE}[kind]
    return tuple(
        (mistake, lambda right, nodes, n, changed=changed: by_steps(kind, **changed)(n)[first:])
        for mistake, changed in ANOTHER_STEP + alone
    )


# Mistakes of the table that speak of the sigmoid, as they are called where the activation is tanh.
TANH_WORDS = (
    MISTAKES["slope-at-a"].worded(
        MISTAKES["slope-at-a"].says,
        "It is tempting because the formula 1 - a^2 contains a, and so invites you to put a where z belongs once more.",
    ),
    MISTAKES["z-in-slope-formula"].worded(
        "the formula for the activation's slope is used with z where it has a: 1 - z^2 for 1 - a^2"
    ),
    MISTAKES["other-activations-slope"].worded(
        "the slope formula of the sigmoid, a(1 - a), is used, where the activation is tanh, whose slope is 1 - a^2"
    ),
)


def tanh_slips(build, answer_of, slugs=OF_TANH_ALONE):
    """The slopes that are taken for that of tanh, in any graph: (mistake, answer_of) pairs. answer_of as for `ByHand`."""

    def with_slope(slope):
        run = Pass(step=lambda node, i, up: up * slope(node.parents[0].data) if node.op == "tanh" else None)

        def found(right, nodes, numbers):
            loss, others = build(**numbers)
            return answer_of(run(loss, 0.1), others, numbers)

        return found

    return tuple((mistake, with_slope(slope)) for mistake, slope in TANH_SLOPES if mistake.slug in slugs)
