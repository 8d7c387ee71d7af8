"""Exercises of chapter 7, the two-layer trace: from the sign alone to a network that is wired differently."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from math import exp

from ..checking import ByHand, ByPerson, Choice, Functions, Ordering, Several, WhichLine, entry
from ..checking.base import sign_turned
from ..checking.choices import diagnose
from ..checking.rounding import LAST_ROUNDING, rounding_error
from ..engine.trace_table import fmt
from ..mistakes import REGISTRY, Mistake, at_once
from ..mistakes.scalar import MISTAKES, true_outcome
from .shared.graphs import gradients, graph, listed, partial_derivative, slips_on, symbol
from .shared.indistinguishable import FORWARD_GIVEN, HALF_LOSS, NO_STEP, USED_ONCE, because
from .shared.networks import ALL_PARTIALS, PARAMETERS, misread, network, relu_net, sigmoid_net, tanh_net
from .shared.neurons import OF_TANH_ALONE, TANH_WORDS, tanh_slips

PAGE = "07_two_layer_trace"  # of the book, and folder of its solutions

GRADS = tuple(f"dL/d{name}" for name in PARAMETERS)
SIGN_HEADING = "7: Why the sign is what it is"
STEP_HEADING = "7: One step, and too far"
ALL_HEADING = "7: All four at once"
READ_OFF = "7: All four gradients"


# ---------------------------------------------------------------- networks, and how to read and write them


@graph
def shared_net(x, w, b, y):
    """z1 = w x + b, a1 = sigmoid(z1), z2 = w a1, L = (z2 - y)^2: the same w in both layers."""
    z1 = w * x + b
    a1 = z1.sigmoid()
    z2 = w * a1
    return {"z1": z1, "a1": a1, "z2": z2, "L": (z2 - y) ** 2}


# ---------------------------------------------------------------- 7.1 the signs, before any calculation


def signs(outcome, nodes, numbers):
    return [float((g > 0) - (g < 0)) for g in gradients(*PARAMETERS)(outcome, nodes, numbers)]


def if_open(right, nodes, numbers):
    """The signs that the gradients would have if the hidden neuron were on."""
    error = float(right.grads[nodes["z2"]] > 0) * 2 - 1
    through = error * (1 if numbers["w2"] > 0 else -1)
    return [through, through, error, error]


def sign_slip(slug: str, says: str, because: str, question: str, see: str, combine) -> tuple[Mistake, object]:
    """A slip of 7.1: combine(sign of the error, what comes through an open neuron, the numbers)."""
    mistake = Mistake(slug, says, f"It is tempting because {because}.", question, see)

    def answer_of(right, nodes, numbers):
        through, _, error, _ = if_open(right, nodes, numbers)
        return combine(error, through, numbers)

    return mistake, answer_of


SIGN_SLIPS = (
    sign_slip("open-and-turned", "the hidden neuron is taken as open, and all signs are reversed: they are those of the update, or of target minus prediction",
              "you see the signs of the weights at once, and it is the direction of the step that you will need",
              "What is z1, and what does ReLU make of it?", SIGN_HEADING, lambda e, t, n: [-t, -t, -e, -e]),
    sign_slip("relu-left-out", "ReLU is left out altogether, so that z1, which is negative, is used as if it were a1",
              "you have just worked out z1", "What does ReLU make of z1?", SIGN_HEADING,
              lambda e, t, n: [t, t, -e, e]),
    sign_slip("layer-1-turned", "the gradient passes through the closed ReLU, and for layer 1 the direction of the update is given",
              "you are already thinking of where w1 and b1 should go", "If w1 grows a little, does a1 move?", SIGN_HEADING,
              lambda e, t, n: [-t, -t, 0.0, e]),
    sign_slip("b1-still-moves", "b1 is given a sign, although the closed ReLU stops its gradient as well as that of w1",
              "a bias is multiplied by nothing, so it looks as if nothing could stop it", "If b1 grows a little, does a1 move?", SIGN_HEADING,
              lambda e, t, n: [0.0, t, 0.0, e]),
    sign_slip("signs-of-the-parameters", "the signs of the parameters themselves are given", "those are the signs you can see",
              "If the parameter grows a little, does the loss grow? That is what the sign says.", SIGN_HEADING,
              lambda e, t, n: [float(n[name] > 0) * 2 - 1 for name in PARAMETERS]),
    sign_slip("w2-still-moves-turned", "w2 is given a sign, although its input a1 is 0, and the signs are those of the update",
              "w2 comes after the closed ReLU, so it seems safe", "If w2 grows by 0.01, by how much does w2 times a1 grow?", READ_OFF,
              lambda e, t, n: [0.0, 0.0, -e, -e]),
)  # fmt: skip


def draw_dead(rng):
    """A hidden neuron that is off: w1 x + b1 < 0."""
    x, w1, b1 = rng.tenths(1, 3), -rng.tenths(0.3, 0.9), rng.tenths(0.1, 0.2)
    w2, b2 = rng.tenths(0.5, 2) * rng.pick([-1, 1]), rng.tenths(0.1, 0.9)
    return {"x": x, "w1": w1, "b1": b1, "w2": w2, "b2": b2, "y": rng.tenths(1, 4) * rng.pick([-1, 1])}


SIGNS = ByHand(
    "7.1",
    "The signs, before any calculation",
    1,
    "predict the sign of a gradient without computing it",
    outputs=tuple(f"sign of {label}" for label in GRADS),
    book={"x": 2.0, "w1": -0.5, "b1": 0.3, "w2": 1.5, "b2": 0.2, "y": 3.0},
    sample=draw_dead,
    build=relu_net,
    answer_of=signs,
    tolerance=lambda n: [0.2] * 4,
    signs=True,
    prompt=lambda n: (
        f"The network is {network('relu')}, with {listed(n)}.\n\nBefore you calculate any gradient, predict its sign: what sign does each of "
        f"{ALL_PARTIALS} have? Answer with 1, -1 or 0 (zero), in this order."
    ),
    indistinguishable=because(
        "changes sizes here, and no sign",
        *("no-factor-two", "layer-off-by-one", "updated-weight", "bias-forgotten-forward", "half-loss", "bias-times-b"),
    )
    | because(
        "turns the sign of the error for some numbers and not for others",
        *("target-forgotten", "target-added", "loss-for-its-slope", "loss-not-squared", "activation-forgotten-forward"),
    )
    | because(
        "the closed ReLU stops the gradient before it matters",
        "no-weight-back",
        "wrong-weight-back",
        "weight-sign-lost",
    )
    | because("nobody who is asked for a sign does this", "new-value-for-slope", "local-for-gradient", "factors-added")
    | because("shows in dL/dw2 alone, as w2-still-moves does", "weight-for-input", "input-forgotten")
    | because("named by direction-for-sign, whose message says both", "sign-of-error", "step-for-slope")
    | because("named by all-zero, whose question leads to it", "no-bias-gradient"),
    mistakes=(
        (
            Mistake(
                "direction-for-sign",
                "all signs are reversed: they give the direction in which each parameter moves in the update, "
                "or the error is taken as target minus prediction",
                'It is tempting because both are called "the direction".',
                "If the parameter grows a little, does the loss grow? That is what the sign says.",
                SIGN_HEADING,
            ),
            lambda right, nodes, numbers: [-s for s in signs(right, nodes, numbers)],
        ),
        (
            Mistake(
                "relu-taken-as-open",
                "the hidden neuron is taken as open, although z1 is negative",
                "It is tempting because you see the signs of the weights at once, while z1 has to be computed first.",
                "What is z1, and what does ReLU make of it?",
                SIGN_HEADING,
            ),
            if_open,
        ),
        (
            Mistake(
                "all-zero",
                "every gradient is taken as 0 because the hidden neuron is closed",
                "It is tempting because a closed ReLU stops the gradient on its way to layer 1. But b2 is not on that way.",
                "Which parameter can still move z2 when a1 is 0?",
                SIGN_HEADING,
            ),
            lambda right, nodes, numbers: [0.0] * 4,
        ),
        (
            Mistake(
                "w2-still-moves",
                "w2 is given the sign of the error, although its input a1 is 0",
                "It is tempting because w2 comes after the closed ReLU, so it seems safe.",
                "If w2 grows by 0.01, by how much does w2 times a1 grow?",
                READ_OFF,
            ),
            lambda right, nodes, numbers: [0.0, 0.0, *if_open(right, nodes, numbers)[2:]],
        ),
        *SIGN_SLIPS,
    ),
)


# ---------------------------------------------------------------- 7.2 to 7.4: one network, less and less given

LADDER = {"x": 2.4, "w1": 0.3, "b1": 0.4, "w2": -1.3, "b2": -0.1, "y": 0.7}
FAMILY = ("7.2", "7.3", "7.4")


def draw_ladder(rng):
    """A sigmoid that is not flat, an error that is not small, a target that is not 0."""
    x, w1 = rng.tenths(1.5, 3, apart_from=[2.0]), rng.tenths(0.3, 0.8)
    b1, b2 = rng.tenths(-0.5, 0.5, apart_from=[0.0]), rng.tenths(-0.8, 0.8, apart_from=[0.0])
    w2 = rng.tenths(1.1, 1.9) * rng.pick([-1, 1])
    return {"x": x, "w1": w1, "b1": b1, "w2": w2, "b2": b2, "y": rng.tenths(0.3, 1) * rng.pick([-1, 1])}


def given(numbers: dict[str, float], *names: str) -> str:
    """Lines of the trace that the learner need not compute, to three decimals."""
    loss, nodes = sigmoid_net(**numbers)
    right = true_outcome(loss)
    shown = []
    for name in names:
        inner = name.removeprefix("dL/d")
        number = right.grads[nodes[inner]] if "/" in name else right.values[nodes[inner]]
        shown.append(f"${partial_derivative(inner) if '/' in name else symbol(inner)} = {fmt(number, 3)}$")
    return ", ".join(shown)


def last_step(slug: str, says: str, question: str, combine) -> tuple[Mistake, object]:
    """A slip of 7.2 alone: the right dL/dz1, combined with the wrong thing."""
    because = "It is tempting because all these numbers are at hand. But the last factor is the number that w1 multiplies in the forward pass, which is x."
    mistake = Mistake(slug, says, because, question, READ_OFF)
    return mistake, lambda right, nodes, n: [combine(right.grads[nodes["z1"]], right, nodes, n)]


LAST_STEP = ByHand(
    "7.2",
    "The last step",
    1,
    "take the last step of a backward pass: from a pre-activation to its weight",
    outputs=("dL/dw1",),
    book=LADDER,
    sample=draw_ladder,
    family=FAMILY,
    build=sigmoid_net,
    tolerance=lambda n: [(n["x"] + 2) * LAST_ROUNDING],  # all but one product is given
    prompt=lambda n: (
        f"The network is {network('sigmoid')}, with {listed(n)}.\n\nAll but the last step has been done for you: "
        f"{given(n, 'z1', 'a1', 'z2', 'L', 'dL/dz2', 'dL/da1', 'dL/dz1')}.\n\nTake the last step of the backward pass, from ${partial_derivative('z1')}$ to the weight. What is ${partial_derivative('w1')}$? "
        "(The numbers above are rounded. You may go on with them or with more digits of your own, and both answers count as right.)"
    ),
    indistinguishable={"weight-sign-lost": "flips the one number asked, as sign-of-error does"}
    | HALF_LOSS
    | FORWARD_GIVEN,
    words=(sign_turned(MISTAKES["sign-of-error"]),),
    mistakes=(
        last_step(
            "a1-for-x",
            "dL/dz1 is multiplied by a1, the input of the second layer",
            "Which number does w1 multiply in the forward pass?",
            lambda d, right, nodes, n: d * right.values[nodes["a1"]],
        ),
        last_step(
            "z1-for-x",
            "dL/dz1 is multiplied by z1",
            "If w1 grows by 0.01, by how much does z1 grow?",
            lambda d, right, nodes, n: d * right.values[nodes["z1"]],
        ),
        last_step(
            "divided-by-x",
            "dL/dz1 is divided by x",
            "Does z1 move faster than w1, or more slowly? And the loss?",
            lambda d, right, nodes, n: d / n["x"],
        ),
        last_step(
            "x-added",
            "x is added to dL/dz1",
            "Do rates along one path add, or multiply?",
            lambda d, right, nodes, n: d + n["x"],
        ),
        last_step(
            "delta-of-layer-2",
            "dL/dz2 is multiplied by x instead of dL/dz1",
            "Through which pre-activation does w1 move the loss first?",
            lambda d, right, nodes, n: right.grads[nodes["z2"]] * n["x"],
        ),
    ),
)

BACKWARD = ByHand(
    "7.3",
    "The backward pass",
    4,
    "do the backward pass of a two-layer network by hand",
    outputs=GRADS,
    book=LADDER,
    sample=draw_ladder,
    family=FAMILY,
    build=sigmoid_net,
    prompt=lambda n: (
        f"This is the same network, {network('sigmoid')}, with {listed(n)}. The forward pass has been done for you: "
        f"{given(n, 'z1', 'a1', 'z2', 'L')}.\n\nNow do the whole backward pass yourself. What are {ALL_PARTIALS}, in this order?"
    ),
    indistinguishable=HALF_LOSS | FORWARD_GIVEN,
)


def moved(outcome, nodes, numbers, rule=lambda name, value, grad: value - 0.1 * grad):
    """The four parameters after a step, as `rule` makes it."""
    return {name: rule(name, numbers[name], outcome.grads[nodes[name]]) for name in PARAMETERS}


def after(numbers, new):
    """The new w1 and the new loss."""
    return [new["w1"], sigmoid_net(**numbers | new)[0].data]


def step_slack(numbers):
    """How far rounding may shift the new w1 and the new loss: every corner of the four rounded parameters."""
    loss, nodes = sigmoid_net(**numbers)
    tolerance, right = rounding_error(loss), true_outcome(loss)
    off = {name: 0.1 * tolerance[nodes[name]].grad + LAST_ROUNDING for name in PARAMETERS}
    new = moved(right, nodes, numbers)
    there = sigmoid_net(**numbers | new)[0]
    corners = [dict(zip(PARAMETERS, signs, strict=True)) for signs in product((-1, 1), repeat=4)]
    losses = [after(numbers, {p: new[p] + c[p] * off[p] for p in PARAMETERS})[1] for c in corners]
    return [off["w1"], max(abs(v - there.data) for v in losses) + rounding_error(there)[there].data + LAST_ROUNDING]


def step_slip(slug: str, says: str, because: str, question: str, see: str, answer_of) -> tuple[Mistake, object]:
    return Mistake(slug, says, because, question, see), answer_of


def by_rule(rule):
    """A slip in the update: the right gradients, another rule."""
    return lambda right, nodes, n: after(n, moved(right, nodes, n, rule))


def other_loss(loss_of):
    """A slip in the loss alone: the new w1 is right; loss_of(old loss, new loss, sum of squared gradients, error)."""

    def answer_of(right, nodes, n):
        new = moved(right, nodes, n)
        loss, there = sigmoid_net(**n | new)
        squares = sum(right.grads[nodes[name]] ** 2 for name in PARAMETERS)
        return [new["w1"], loss_of(right.values[nodes["L"]], loss.data, squares, there["z2"].data - n["y"])]

    return answer_of


def twice(right, nodes, n):
    """Two steps where one was asked for."""
    new = moved(right, nodes, n)
    loss, there = sigmoid_net(**n | new)
    return after(n, moved(true_outcome(loss), there, n | new))


def only(*names: str):
    """A slip in the update: these parameters move, and the others stand still."""
    return by_rule(lambda name, value, grad: value - 0.1 * grad if name in names else value)


def more_step_slip(slug: str, says: str, because: str, question: str, answer_of, see: str = ALL_HEADING):
    return step_slip(slug, says, f"It is tempting because {because}.", question, see, answer_of)


MORE_STEPS = (
    more_step_slip("only-layer-2-moves", "the parameters of layer 2 are moved, those of layer 1 are not", "layer 2 is where the way back begins",
                   "Which parameters take part in the step?", only("w2", "b2")),
    more_step_slip("divided-by-rate", "the gradient is divided by the learning rate, where it is multiplied by it", "dividing by 0.1 looks like making it smaller",
                   "Is the step larger than the gradient, or smaller?", by_rule(lambda name, value, grad: value - grad / 0.1), STEP_HEADING),
    more_step_slip("sign-for-gradient", "each parameter moves by the learning rate itself, whatever the size of its gradient", "the sign says which way to go",
                   "Does a parameter with a larger gradient move further?", by_rule(lambda name, value, grad: value - 0.1 * ((grad > 0) - (grad < 0))), STEP_HEADING),
    more_step_slip("shrunk-by-gradient", "each parameter is multiplied by 1 minus the step, where the step is subtracted from it", "10 % of something sounds like a share of it",
                   "What is subtracted from w1?", by_rule(lambda name, value, grad: value * (1 - 0.1 * grad)), STEP_HEADING),
    more_step_slip("two-steps", "two steps are taken where one was asked for", "the second forward pass invites another step",
                   "How many steps does the exercise ask for?", twice, STEP_HEADING),
    more_step_slip("step-for-new-value", "for the new w1 the step itself is given, how far it moves", "the step is what the gradient and the rate make",
                   "Where was w1 before the step, and where is it then?",
                   lambda right, nodes, n: [-0.1 * right.grads[nodes["w1"]], after(n, moved(right, nodes, n))[1]], STEP_HEADING),
    more_step_slip("steps-for-new-values", "the steps themselves, how far each parameter moves, are used as the new parameters", "the step is what the gradient and the rate make",
                   "Where was w1 before the step, and where is it then?", by_rule(lambda name, value, grad: -0.1 * grad), STEP_HEADING),
    more_step_slip("gradient-for-new-value", "for the new w1 its gradient is given", "the gradient is the number that took all the work",
                   "Where was w1 before the step, and where is it then?",
                   lambda right, nodes, n: [right.grads[nodes["w1"]], after(n, moved(right, nodes, n))[1]], STEP_HEADING),
    more_step_slip("gradients-for-new-values", "the gradients themselves are used as the new parameters", "the gradients are the numbers that took all the work",
                   "Where was w1 before the step, and where is it then?", by_rule(lambda name, value, grad: grad), STEP_HEADING),
    *(more_step_slip(f"rate-of-{word}", f"the learning rate is taken as {rate}, where it is 0.1{also}", "programs and books use it as often as 0.1",
                     "Which learning rate does the exercise give?", by_rule(lambda name, value, grad, rate=rate: value - rate * grad), STEP_HEADING)
      for word, rate, also in (("one-hundredth", 0.01, ""), ("one-thousandth", 0.001, ""), ("one-twentieth", 0.05, ""), ("one-half", 0.5, ""),
                               ("one-fifth", 0.2, ", or a factor 2 is counted twice in the gradients"))),
)  # fmt: skip


STEP = ByHand(
    "7.4",
    "One step",
    2,
    "take one gradient step and say what became of the loss",
    outputs=("the new w1", "the new L"),
    book=LADDER,
    sample=draw_ladder,
    family=FAMILY,
    build=sigmoid_net,
    answer_of=lambda outcome, nodes, n: after(n, moved(outcome, nodes, n)),
    tolerance=step_slack,
    prompt=lambda n: (
        f"This is the same network again, {network('sigmoid')}, with {listed(n)}. Move all four parameters by one step of "
        "gradient descent with learning rate $\\eta = 0.1$, and then run the forward pass once more with the new ones.\n\nWhat is the new "
        "$w_1$, and what is the new loss $L$?"
    ),
    indistinguishable={
        "sign-of-error": "the step then goes the other way, as in step-upward, whose message names both",
        "bias-times-b": "shows in the new loss alone, where it can hide behind another slip",
        "no-bias-gradient": "the biases then stand still, as in biases-stand-still",
        "weight-for-input": "with the book's numbers it is nearly the step of a rate of 0.01; 7.3, which comes first, tells it",
        "step-for-slope": "a step of a step: nobody takes it twice",
        "new-value-for-slope": "nobody takes a step with the new value",
    }
    | HALF_LOSS
    | FORWARD_GIVEN,
    mistakes=(
        step_slip(
            "step-upward",
            "the step is added instead of subtracted, or the error is taken as target minus prediction",
            "It is tempting because the gradient tells you which way the loss rises, and it is easy to follow it. The step goes the other way.",
            "Did w1 move against its gradient?",
            STEP_HEADING,
            by_rule(lambda name, value, grad: value + 0.1 * grad),
        ),
        step_slip(
            "no-learning-rate",
            "the whole gradient is subtracted, without the learning rate",
            "It is tempting because the rule is shorter without the rate.",
            "How large is the step, compared with the gradient?",
            STEP_HEADING,
            by_rule(lambda name, value, grad: value - grad),
        ),
        step_slip(
            "only-w1-moves",
            "only w1 is moved; the other three stand still",
            "It is tempting because the worked example moved w1 alone, to see one thing at a time.",
            "Which parameters take part in the step?",
            ALL_HEADING,
            by_rule(lambda name, value, grad: value - 0.1 * grad if name == "w1" else value),
        ),
        step_slip(
            "only-layer-1-moves",
            "the parameters of layer 1 are moved, those of layer 2 are not",
            "It is tempting because you have just worked your way back to layer 1.",
            "Which parameters take part in the step?",
            ALL_HEADING,
            by_rule(lambda name, value, grad: value - 0.1 * grad if name in ("w1", "b1") else value),
        ),
        step_slip(
            "biases-stand-still",
            "the weights are moved, the biases are not",
            "It is tempting because some well-known worked examples leave the biases alone.",
            "How many parameters does this network have? How many did you move?",
            ALL_HEADING,
            by_rule(lambda name, value, grad: value if name in ("b1", "b2") else value - 0.1 * grad),
        ),
        step_slip(
            "promised-loss",
            "the new loss is what the slope promised, not what the forward pass gives",
            "It is tempting because the gradient says how fast the loss falls, so you can multiply it by the step. But that holds for small steps only.",
            "How did you find the new loss: with the gradients, or with another forward pass?",
            STEP_HEADING,
            other_loss(lambda old, new, squares, error: old - 0.1 * squares),
        ),
        step_slip(
            "old-loss",
            "the loss from before the step is given",
            "It is tempting because it is the number at the end of the trace.",
            "With which parameters did you compute this loss?",
            ALL_HEADING,
            other_loss(lambda old, new, squares, error: old),
        ),
        step_slip(
            "change-for-loss",
            "the change of the loss is given, not the new loss",
            "It is tempting because what became of the loss can be read as how much it changed.",
            "Can a squared error be negative?",
            ALL_HEADING,
            other_loss(lambda old, new, squares, error: new - old),
        ),
        step_slip(
            "error-for-loss",
            "the new error z2 - y is given, without squaring it",
            "It is tempting because the error is the first thing that looks like a loss.",
            "What does the loss do with z2 - y?",
            "7: Forward",
            other_loss(lambda old, new, squares, error: error),
        ),
        *MORE_STEPS,
    ),
)


# ---------------------------------------------------------------- 7.5 a blank page


def draw_blank(rng):
    x, w1, b1 = rng.tenths(1.1, 1.9), rng.tenths(0.4, 0.9), rng.tenths(-0.9, -0.2)
    return {"x": x, "w1": w1, "b1": b1, "w2": rng.tenths(1.2, 2.2), "b2": rng.tenths(0.2, 0.9),
            "y": -rng.tenths(0.3, 1.2)}  # fmt: skip


def blank_answer(outcome, nodes, n):
    return [outcome.values[nodes["L"]], *gradients(*PARAMETERS)(outcome, nodes, n)]


BLANK = ByHand(
    "7.5",
    "A blank page",
    5,
    "trace a two-layer network forward and backward on a blank page",
    outputs=("L", *GRADS),
    book={"x": 1.5, "w1": 0.8, "b1": -0.5, "w2": 1.4, "b2": 0.3, "y": -0.6},
    sample=draw_blank,
    build=tanh_net,
    mistakes=(*misread(tanh_net, blank_answer), *tanh_slips(tanh_net, blank_answer, OF_TANH_ALONE[:3])),
    words=TANH_WORDS,
    prompt=lambda n: (
        f"Here are a new activation and new numbers: {network('tanh')}, with {listed(n)}. The slope of $\\tanh$ at $z_1$ is "
        f"$1 - a_1^2$.\n\nTake a blank page and trace it, forward and backward. What is the loss, and what are the four gradients? Answer in the order "
        f"$L$, {ALL_PARTIALS.replace(' and', ',')}."
    ),
)


# ---------------------------------------------------------------- 7.6 another topology: one weight in two places


def draw_shared(rng):
    x, w = rng.tenths(1.5, 3, apart_from=[2.0]), rng.tenths(0.6, 1.4, apart_from=[1.0])
    return {"x": x, "w": w, "b": -rng.tenths(0.5, 1.5), "y": -rng.tenths(0.5, 1.5)}


SHARED = ByHand(
    "7.6",
    "One weight in two places",
    2,
    "add up the gradient of a parameter that is used twice",
    outputs=("dL/dw", "dL/db"),
    book={"x": 2.3, "w": 0.7, "b": -1.3, "y": -1.1},
    sample=draw_shared,
    build=shared_net,
    prompt=lambda n: (
        "Now let both layers share one weight $w$: $z_1 = w x + b$, $a_1 = \\sigma(z_1)$, $z_2 = w a_1$, "
        f"$L = (z_2 - y)^2$, with {listed(n)}.\n\nWhat are ${partial_derivative('w')}$ and ${partial_derivative('b')}$, in this order?"
    ),
    indistinguishable=HALF_LOSS | {"wrong-weight-back": "there is only one weight"},
)


# ---------------------------------------------------------------- 7.7 the other way round: from the number to the slip

SUSPECTS = ("no-activation-slope", "slope-at-a", "input-forgotten", "no-weight-back")


DIAGNOSIS = Choice(
    "7.7",
    "What did they do?",
    1,
    "tell from a wrong gradient which slip made it",
    choose=lambda rng: diagnose(
        rng,
        book={"x": 2.5, "w1": 0.4, "b1": -0.3, "w2": 1.6, "b2": 0.2, "y": -0.5},
        resample=draw_ladder,
        ways=lambda n: slips_on(sigmoid_net, n, "w1", SUSPECTS),
        tell=lambda n, right, found: (
            f"On the network {network('sigmoid')}, with {listed(n)}, a learner finds ${partial_derivative('w1')} = {fmt(found, 3)}$. "
            "That is not right. Which of these slips gives exactly their number?"
        ),
        order=range(4),
        guilty=1,
    ),
)

SENTENCES = ByPerson(
    "7.8",
    "Two sentences",
    2,
    "say why a gradient has its sign and what a step does about it",
    text=(
        "Look once more at trace A of this chapter: $x = 2$, $w_1 = 0.5$, $b_1 = 0$, $w_2 = 1.5$, $b_2 = 0$, $y = 3$, ReLU.\n\nWrite two "
        "sentences. Why does $\\partial L/\\partial w_1$ have the sign that it has? And did the step with $\\eta = 0.1$ move "
        "$w_1$ in the direction you expected, and take the prediction where you wanted it?"
    ),
    rubric=(
        "1 point: the sign is explained by a chain, not only stated. The prediction 1.5 is below the target 3, and a "
        "larger w1 raises it (x, the open ReLU and w2 are all positive), so the loss falls: the gradient is negative.",
        "1 point: the step goes against the sign, so w1 rises, as expected; and the answer notes that the prediction "
        "overshot the target (4.2), or that the loss fell less than the slope promised.",
        "No point is taken off for spelling, for a third sentence, or for other words than the book's.",
    ),
)


# ---------------------------------------------------------------- 7.9 a full trace, to be checked

# What each line is made from; a slip replaces one, and the lines below go on with its result.
LINES = {
    "z1": ("w1 x + b1", lambda v: v["w1"] * v["x"] + v["b1"]),
    "a1": ("the sigmoid of z1", lambda v: 1 / (1 + exp(-v["z1"]))),
    "z2": ("w2 a1 + b2", lambda v: v["w2"] * v["a1"] + v["b2"]),
    "L": ("the square of z2 - y", lambda v: (v["z2"] - v["y"]) ** 2),
    "dL/dz2": ("2 (z2 - y)", lambda v: 2 * (v["z2"] - v["y"])),
    "dL/dw2": ("dL/dz2 times a1", lambda v: v["dL/dz2"] * v["a1"]),
    "dL/db2": ("dL/dz2 itself", lambda v: v["dL/dz2"]),
    "dL/da1": ("dL/dz2 times w2", lambda v: v["dL/dz2"] * v["w2"]),
    "dL/dz1": ("dL/da1 times a1 (1 - a1)", lambda v: v["dL/da1"] * v["a1"] * (1 - v["a1"])),
    "dL/dw1": ("dL/dz1 times x", lambda v: v["dL/dz1"] * v["x"]),
    "dL/db1": ("dL/dz1 itself", lambda v: v["dL/dz1"]),
}
WRONG_LINES = {
    "z-for-a": ("dL/dw2", lambda v: v["dL/dz2"] * v["z1"]),
    "no-factor-two": ("dL/dz2", lambda v: v["z2"] - v["y"]),
    "wrong-weight-back": ("dL/da1", lambda v: v["dL/dz2"] * v["w1"]),
    "half-sigmoid-slope": ("dL/dz1", lambda v: v["dL/da1"] * (1 - v["a1"])),
    "weight-for-input": ("dL/dw1", lambda v: v["dL/dz1"] * v["w1"]),
    "bias-times-b": ("dL/db1", lambda v: v["dL/dz1"] * v["b1"]),
}
PROOF = {"x": 1.8, "w1": 0.6, "b1": 0.3, "w2": -1.4, "b2": 0.5, "y": 0.6}


def proof(numbers: dict[str, float], slug: str | None) -> dict[str, float]:
    """The lines of a trace, each rounded to three decimals before the next is made, with this slip in one of them."""
    v = dict(numbers)
    for name, (_, rule) in LINES.items():
        wrong = slug and WRONG_LINES[slug][0] == name
        v[name] = round(WRONG_LINES[slug][1](v) if wrong else rule(v), 3)
    return {name: v[name] for name in LINES}


def read_proof(rng):
    """A trace of eleven lines with one slip in it, or with none."""
    numbers, slug = (PROOF, "z-for-a") if rng is None else (draw_ladder(rng), rng.pick([*WRONG_LINES, None]))
    while slug and abs(proof(numbers, slug)[WRONG_LINES[slug][0]] - proof(numbers, None)[WRONG_LINES[slug][0]]) < 0.02:
        numbers = draw_ladder(rng)
    shown = proof(numbers, slug)
    table = "\n".join(
        f"| {i} | ${partial_derivative(name[4:]) if '/' in name else symbol(name)}$ | {fmt(value, 3)} |"
        for i, (name, value) in enumerate(shown.items(), 1)
    )
    prompt = (
        f"Here is a full trace of {network('sigmoid')}, with {listed(numbers)}, done by somebody else. Each line was computed from the numbers as they are "
        f"shown, and rounded to three decimals before it was used again, so a last digit that differs from your own calculation is not the mistake.\n\n| line | quantity | number |\n|---|---|---|\n{table}\n\nAt most one line does not "
        "follow from the lines above it. Which one? Answer with its number, or with 0 if all of them follow."
    )
    at = list(LINES).index(WRONG_LINES[slug][0]) + 1 if slug else 0
    words = {i: f"it is {LINES[name][0]}" for i, name in enumerate(LINES, 1) if i != at}
    if slug:
        words[0] = "One line is wrong. Do each line again from the numbers above it."
    why = f"It is what you get if {MISTAKES[slug].says}." if slug else "Every line follows."
    return prompt, at, words, why


PROOFREAD = WhichLine(
    "7.9", "Proofread a trace", 1, "find the first wrong quantity of a trace done by somebody else", lines=read_proof
)

# ---------------------------------------------------------------- 7.10 the order of the steps

ORDER = Ordering(
    "7.10",
    "In which order?",
    1,
    "put the steps of a training step in an order in which each has what it needs",
    intro="These are the steps of one training step of a two-layer network, shuffled. Put them in an order that works. Where two "
    "of them do not need each other, either may come first.",
    steps=(
        "compute $z_1$, $a_1$ and $z_2$",
        f"compute ${partial_derivative('z2')}$, the slope of the loss",
        f"read off ${partial_derivative('w2')}$ and ${partial_derivative('b2')}$",
        f"go back through $w_2$ to ${partial_derivative('a1')}$",
        f"go back through the activation to ${partial_derivative('z1')}$",
        f"read off ${partial_derivative('w1')}$ and ${partial_derivative('b1')}$",
        "move all four parameters against their gradients",
    ),
    needs={1: (0,), 2: (0, 1), 3: (0, 1), 4: (0, 3), 5: (4,), 6: (2, 3, 5)},
    why=lambda step, missing: f"It uses what step {missing} finds, or spoils what step {missing} still needs.",
)

# ---------------------------------------------------------------- 7.11 what trace A forgives

TRACE_A = {"x": 2.0, "w1": 0.5, "b1": 0.0, "w2": 1.5, "b2": 0.0, "y": 3.0}
FORGIVEN = {  # slug of a mistake -> the mistake, in the symbols of this network
    "no-activation-slope": "the slope of the ReLU is left out of dL/dz1",
    "slope-at-a": "the slope of the ReLU is taken at a1 instead of at z1",
    "z-for-a": "dL/dw2 is dL/dz2 times z1, instead of a1",
    "input-forgotten": "both weights lose their last factor: dL/dw1 is dL/dz1 without x, and dL/dw2 is dL/dz2 without a1",
    "no-weight-back": "w2 is left out on the way back: dL/da1 is dL/dz2 itself",
    "no-factor-two": "dL/dz2 is z2 - y, without the factor 2",
    "sign-of-error": "dL/dz2 is 2(y - z2), with the error taken the other way round",
}


def forgiving(rng):
    """Six slips on numbers like those of trace A, where z1 is 1: which leave every gradient as it is?"""
    numbers, slugs = dict(TRACE_A), list(FORGIVEN)
    if rng is not None:
        x, w1 = rng.pick([(2.5, 0.4), (1.25, 0.8), (5.0, 0.2), (4.0, 0.25), (2.0, 0.5)])
        numbers |= {"x": x, "w1": w1, "w2": rng.tenths(1.2, 2.5), "y": rng.tenths(3, 4.5)}
        slugs = rng.shuffled(slugs)
    loss, nodes = relu_net(**numbers)
    true = true_outcome(loss).grads
    letters = dict(zip("abcdefg", slugs, strict=True))
    gaps = {}
    for letter, slug in letters.items():
        wrong = MISTAKES[slug].run(loss, 0.1).grads
        gaps[letter] = [p for p in PARAMETERS if abs(wrong[nodes[p]] - true[nodes[p]]) > 1e-9]
    choices = "\n".join(f"- **{letter}:** {FORGIVEN[slug]}" for letter, slug in letters.items())
    prompt = (
        f"Trace {network('relu')} with {listed(numbers)}, forward and backward. Then try each of these slips on it, one at a time, and see what it changes:\n\n"
        f'{choices}\n\nWhich of them leave all four gradients as they should be? Answer with their letters, such as "ac".'
    )
    hidden = "".join(letter for letter, names in gaps.items() if not names)
    why = {letter: f"it changes dL/d{names[0]}" if names else "every gradient stays as it is, since $z_1 = a_1 = 1$ "
           "and the slope of the open ReLU is 1" for letter, names in gaps.items()}  # fmt: skip
    return prompt, hidden, why


FORGIVING = Several(
    "7.11", "What trace A forgives", 2, "say which slips a set of numbers cannot show, and why", choose=forgiving
)

# ---------------------------------------------------------------- 7.12 the same as a program


def written_out(slug: str | None = None):
    """A program (x, w1, b1, w2, b2, y) -> the four gradients, right or with a mistake in it."""

    def program(*arguments):
        loss, nodes = sigmoid_net(**dict(zip(("x", *PARAMETERS, "y"), arguments, strict=True)))
        outcome = MISTAKES[slug].run(loss, 0.1) if slug else true_outcome(loss)
        return {label: outcome.grads[nodes[name]] for name, label in zip(PARAMETERS, GRADS, strict=True)}

    return program


def draw_cases(rng):
    """Four networks; in each the sigmoid has a slope, and in one w2 is negative."""
    cases = []
    for sign in (1, -1, 1, -1):
        x, w1, b1 = rng.uniform(1.2, 2.5), rng.uniform(0.3, 0.8), rng.uniform(0.2, 0.6)
        cases.append((x, w1, b1, sign * rng.uniform(1.1, 1.9), rng.uniform(0.2, 0.8), -sign * rng.uniform(0.3, 1)))
    return cases


def line_by_line(decimals: int | None = None, **altered):
    """A program as `written_out` makes one, from LINES: some of them otherwise, or each rounded before it is used."""

    def program(*arguments):
        v = dict(zip(("x", *PARAMETERS, "y"), arguments, strict=True))
        for name, (_, rule) in LINES.items():
            value = altered.get(name.replace("/", "_"), rule)(v)
            v[name] = value if decimals is None else round(value, decimals)
        return {label: v[label] for label in GRADS}

    return program


def line_slip(slug: str, says: str, because: str, question: str, see: str = READ_OFF, **altered):
    """A slip of 7.12 in some of its lines; dL_dz2 stands for dL/dz2."""
    return Mistake(slug, says, f"It is tempting because {because}.", question, see), line_by_line(**altered)


def known_slip(slug: str, says: str, because: str, question: str, **altered):
    """The same for a mistake that is known from elsewhere."""
    return REGISTRY[slug].worded(says, f"It is tempting because {because}.", question), line_by_line(**altered)


ROUNDED = REGISTRY["rounded-early"]
LINE_SLIPS = (
    known_slip("first-bias-forgotten", "the forward pass leaves out b1", "w1 times x looks complete", "What is added to w1 x?",
              z1=lambda v: v["w1"] * v["x"]),
    known_slip("second-bias-forgotten", "the forward pass leaves out b2", "w2 times a1 looks complete", "What is added to w2 a1?",
              z2=lambda v: v["w2"] * v["a1"]),
    known_slip("biases-exchanged", "the biases are exchanged in the forward pass", "their names differ by one digit", "Which bias is added to w1 x?",
              z1=lambda v: v["w1"] * v["x"] + v["b2"], z2=lambda v: v["w2"] * v["a1"] + v["b1"]),
    known_slip("weights-exchanged", "the weights are exchanged in the forward pass", "their names differ by one digit", "Which weight multiplies x?",
              z1=lambda v: v["w2"] * v["x"] + v["b1"], z2=lambda v: v["w1"] * v["a1"] + v["b2"]),
    line_slip("sigmoid-turned-round", "the sigmoid is computed as 1/(1 + exp(z)), with the wrong sign in the exponent", "a minus sign is easily lost",
              "What should a sigmoid give for a large positive z: nearly 1, or nearly 0?", "7: Forward", a1=lambda v: 1 / (1 + exp(v["z1"]))),
    known_slip("square-kept", "the square is kept in its slope: 2(z2 - y)^2 for 2(z2 - y)", "the 2 comes down, and the exponent is easily left where it was",
              "What is the derivative of u^2?", dL_dz2=lambda v: 2 * (v["z2"] - v["y"]) ** 2),
    line_slip("sigmoid-slope-twice", "the slope of the sigmoid is multiplied in twice", "you have just written a1 (1 - a1) down",
              "How many sigmoids lie between w1 and the loss?", "7: Backward, one factor at a time",
              dL_dz1=lambda v: v["dL/da1"] * (v["a1"] * (1 - v["a1"])) ** 2),
    line_slip("output-slope-added", "the output is given a sigmoid's slope too, z2 (1 - z2), although no activation follows z2", "layer 1 has one",
              "Which activation stands between z2 and the loss?", "7: Backward, one factor at a time",
              dL_dz2=lambda v: 2 * (v["z2"] - v["y"]) * v["z2"] * (1 - v["z2"])),
    line_slip("inputs-exchanged", "the inputs of the two weights are exchanged: dL/dw1 is made with a1, and dL/dw2 with x", "both are inputs of a layer",
              "Which number does w1 multiply in the forward pass?", dL_dw1=lambda v: v["dL/dz1"] * v["a1"], dL_dw2=lambda v: v["dL/dz2"] * v["x"]),
    line_slip("a1-for-x", "dL/dz1 is multiplied by a1, the input of the second layer", "the line for dL/dw2 has a1 in it",
              "Which number does w1 multiply in the forward pass?", dL_dw1=lambda v: v["dL/dz1"] * v["a1"]),
    known_slip("delta-of-layer-2", "dL/dw1 and dL/db1 are made from dL/dz2, where dL/dz1 belongs", "dL/dz2 is the one that was found first",
              "Through which pre-activation does w1 move the loss first?", dL_dw1=lambda v: v["dL/dz2"] * v["x"], dL_db1=lambda v: v["dL/dz2"]),
    line_slip("da1-for-dz1-in-b1", "dL/db1 is dL/da1, where dL/dz1 belongs", "a bias has no factor of its own",
              "Is b1 added before the sigmoid, or after it?", dL_db1=lambda v: v["dL/da1"]),
    line_slip("da1-for-dz1-in-w1", "dL/dw1 is made from dL/da1, where dL/dz1 belongs", "dL/da1 has just been worked out",
              "Does w1 x enter the sigmoid, or is it added after it?", dL_dw1=lambda v: v["dL/da1"] * v["x"]),
    known_slip("bias-slope-alone", "the gradients of the biases are 1, the slope of adding, without what comes back from the loss", "the slope of adding is 1",
              "How fast does the loss move when z2 does, and where is that in your dL/db2?", dL_db1=lambda v: 1.0, dL_db2=lambda v: 1.0),
    *((ROUNDED, line_by_line(decimals)) for decimals in (1, 2, 3)),
    *((ROUNDED, line_by_line(a1=lambda v, decimals=d: round(1 / (1 + exp(-v["z1"])), decimals))) for d in (1, 2)),
)  # fmt: skip


def scaled(slug: str, factor: float):
    """A program with this mistake, in which all gradients have one factor more."""
    return lambda *arguments: {label: factor * g for label, g in written_out(slug)(*arguments).items()}


BESIDE = ("no-activation-slope", "slope-at-a", "other-activations-slope", "input-forgotten", "no-weight-back", "z-for-a", "wrong-weight-back")  # fmt: skip
IN_PAIRS = tuple(
    (at_once(MISTAKES[first], MISTAKES[slug]), scaled(slug, factor))
    for first, factor in (("no-factor-two", 0.5), ("sign-of-error", -1.0))
    for slug in BESIDE
)


WRITTEN = Functions(
    "7.12",
    "The backward pass as a program",
    4,
    "write the backward pass of a two-layer network as a function",
    arguments=("x", *PARAMETERS, "y"),
    outputs=GRADS,
    text=f"Write a function `backward(x, w1, b1, w2, b2, y)` for {network('sigmoid')}. It returns {ALL_PARTIALS}, in this "
    "order. Your function will be tried on networks that you have not seen.",
    cases=draw_cases,
    solve=written_out(),
    mistakes=(
        *((mistake, written_out(slug)) for slug, mistake in MISTAKES.items()),
        *LINE_SLIPS,
        *IN_PAIRS,
    ),
    indistinguishable=USED_ONCE | NO_STEP | HALF_LOSS,
)

# ---------------------------------------------------------------- 7.13 and 7.14, from earlier chapters

REVIEW_OF_5_1 = replace(
    entry("5.1"),
    id="7.13",
    title="Once more: two paths (from chapter 5)",
    points=2,
    book={"w": 0.5, "x": 2.8, "c1": 0.7, "c2": -1.6, "y1": 2.4, "y2": 0.5},
)
REVIEW_OF_4_1 = replace(
    entry("4.1"),
    id="7.14",
    title="Once more: one path (from chapter 4)",
    points=2,
    book={"x": 2.7, "w": -0.5, "b": 0.4, "y": 0.7},
)

EXERCISES = (
    SIGNS,
    LAST_STEP,
    BACKWARD,
    STEP,
    BLANK,
    SHARED,
    DIAGNOSIS,
    SENTENCES,
    PROOFREAD,
    ORDER,
    FORGIVING,
    WRITTEN,
    REVIEW_OF_5_1,
    REVIEW_OF_4_1,
)
