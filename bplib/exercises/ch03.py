"""Exercises of chapter 3, what each layer wants: wishes, three ways to grant one, and what an average does to them."""

from __future__ import annotations

from functools import partial
from math import exp, sqrt

import numpy as np

from ..checking import Arrays, ByPerson, Choice, Functions, Several
from ..checking.choices import diagnose
from ..checking.rounding import LAST_ROUNDING, rounding_error
from ..engine.trace_table import fmt
from ..engine.value import Value
from ..mistakes import Mistake

PAGE = "03_what_each_layer_wants"  # of the book, and folder of its solutions

THREE_WAYS, ROLLS_BACK = "3: Three ways to grant it", "3: The third wish rolls backward"
AVERAGE = "3: What a crowd agrees on"


def sigmoid(z: float) -> float:
    return 1 / (1 + exp(-z))


# ---------------------------------------------------------------- 3.1 up, down, or not at all


def directions(rng):
    """An output neuron with two neurons before it, one of them dim: what is asked to go up?"""
    up, dim, weights = True, 2, (-1.5, 0.8)
    if rng is not None:
        up, dim = bool(rng.whole(0, 1)), rng.whole(1, 2)
        size = rng.tenths(0.5, 1.9), rng.tenths(0.5, 1.9)
        weights = (-size[0], size[1]) if rng.whole(0, 1) else (size[0], -size[1])
    way = 1 if up else -1
    bright = 0.9 if rng is None else rng.tenths(0.6, 0.9)
    inputs = (0.0, bright) if dim == 1 else (bright, 0.0)
    wishes = {"a": way, "b": way * inputs[0], "c": way * inputs[1], "d": way * weights[0], "e": way * weights[1]}
    right = "".join(letter for letter, wish in wishes.items() if wish > 0)
    says, should = (0.3, 1) if up else (0.7, 0)
    higher = "higher" if up else "lower"
    why = {
        "a": f"the output should be {higher}, and a bias is added to its sum, so the bias is asked to go the same way"
    }
    for letter, a, name in zip("bc", inputs, ("w_1", "w_2"), strict=True):
        why[letter] = (
            f"${name}$ is multiplied by an activation of 0, so no small turn of it moves the output: its wish is 0"
            if a == 0
            else f"${name}$ is multiplied by a bright neuron, so it is asked to go the way of the output, which should be {higher}"
        )
    for letter, w, name in zip("de", weights, ("a_1", "a_2"), strict=True):
        same = "the same way as" if w > 0 else "the opposite way to"
        why[letter] = (
            f"${name}$ acts through a {'positive' if w > 0 else 'negative'} weight, so it is asked to go {same} the output, "
            f"which should be {higher}; how bright it is plays no part in that"
        )
    prompt = (
        f"An output neuron takes $z = w_1 a_1 + w_2 a_2 + b$ from two earlier neurons, with $a_1 = {fmt(inputs[0])}$, "
        f"$a_2 = {fmt(inputs[1])}$, $w_1 = {fmt(weights[0])}$, $w_2 = {fmt(weights[1])}$, and turns it into $a = \\sigma(z)$. It says {says}, "
        f"and should say {should}.\n\nBefore you calculate anything: which of these are asked to go **up**?\n\n- **a:** the bias $b$\n"
        "- **b:** the weight $w_1$\n- **c:** the weight $w_2$\n- **d:** the activation $a_1$\n- **e:** the activation $a_2$\n\n"
        'Answer with all letters that apply, such as "ac", or with "" for none.'
    )
    return prompt, right, why


DIRECTIONS = Several(
    "3.1",
    "Up, down, or not at all?",
    2,
    "predict the sign of a wish, or that it is 0, without calculating",
    choose=directions,
)

# ---------------------------------------------------------------- 3.2 three ways, in numbers


def neuron(*, sums=lambda pairs, b: sum(w * a for a, w in pairs) + b, by_a=lambda a, y: 2 * (y - a), slope=lambda z, a: a * (1 - a), bias=lambda d, b: d, weight=lambda d, a, w: d * a,
           before=lambda d, a, w: d * w, given=lambda asked: asked):  # fmt: skip
    """A program of a neuron with two earlier ones -> what is asked of its bias, weights, and of them; some steps done otherwise.

    sums     (pairs of activation and weight, bias) -> z
    by_a     (a, y) -> the wish about the output
    slope    (z, a) -> the slope of the activation function
    bias, weight, before    (wish about z, and what else there is) -> what is asked
    given    what is asked, by name -> the same, given otherwise
    """

    def program(a1, a2, w1, w2, b, y):
        z = sums(((a1, w1), (a2, w2)), b)
        a = sigmoid(z)
        d = by_a(a, y) * slope(z, a)
        return given({"bias": bias(d, b), "w1": weight(d, a1, w1), "w2": weight(d, a2, w2),
                      "a1": before(d, a1, w1), "a2": before(d, a2, w2)})  # fmt: skip

    return program


def room(numbers: dict) -> dict:
    """How far a trace to three decimals may lie off."""
    v = {name: Value(number) for name, number in numbers.items()}
    error = (v["w1"] * v["a1"] + v["w2"] * v["a2"] + v["b"]).sigmoid() - v["y"]
    found = rounding_error(error * error)
    off = {name: found[node].grad + LAST_ROUNDING for name, node in v.items()}
    return {"bias": off["b"]} | {name: off[name] for name in ("w1", "w2", "a1", "a2")}


asking = partial(Mistake, see=THREE_WAYS)
GRADIENT = asking("gradient-for-wish", "the gradients themselves are given, where the wishes are their opposites",
                  "It is tempting because both say how strongly, and only the sign differs.",
                  "Should the output go up or down? And its bias?")  # fmt: skip
NO_TWO = asking("two-left-out-of-wish", "the factor 2 of the squared error is left out of the wish about the output",
                "It is tempting because the distance from the target looks like the wish itself.",
                "How fast does the square of the distance shrink when the output moves towards its target?")  # fmt: skip
NO_SLOPE = asking("wish-about-output-for-sum", "the wish about the output is passed on as if it were one about $z$: the slope of the sigmoid is left out",
                  "It is tempting because output and sum belong to the same neuron.",
                  "If $z$ rises by 0.01, does the output rise by 0.01?")  # fmt: skip
BRIGHT = "Which of the two weights has more effect on $z$: the one on the bright neuron, or the one on the dim one?"
FAR = "If an earlier neuron gets brighter by 0.01, by how much does $z$ grow?"
NEURON_SLIPS = (
    (GRADIENT, {"by_a": lambda a, y: 2 * (a - y)}),
    (NO_TWO, {"by_a": lambda a, y: y - a}),
    (NO_SLOPE, {"slope": lambda z, a: 1.0}),
    (asking("slope-from-the-sum", "the slope of the sigmoid is made from $z$, as $z(1 - z)$, where its output belongs",
            "It is tempting because the slope is taken at $z$.", "Is it $z$ or $a$ that lies between 0 and 1?"),
     {"slope": lambda z, a: z * (1 - z)}),
    (asking("half-a-slope", "the slope of the sigmoid is taken as $a$, not as $a(1 - a)$",
            "It is tempting because $a$ is a part of the formula.", "How steep is the sigmoid where it is nearly 1?"),
     {"slope": lambda z, a: a}),
    (asking("other-half-of-a-slope", "the slope of the sigmoid is taken as $1 - a$, not as $a(1 - a)$",
            "It is tempting because $1 - a$ is a part of the formula.", "How steep is the sigmoid where it is nearly 0?"),
     {"slope": lambda z, a: 1 - a}),
    (asking("bias-out-of-the-sum", "the bias is left out of the sum $z$", "It is tempting because the products are most of the work.",
            "What is added to the two products?"), {"sums": lambda pairs, b: sum(w * a for a, w in pairs)}),
    (asking("weight-signs-out-of-the-sum", "the minus sign of a weight is lost in the sum $z$",
            "It is tempting because a small minus sign is easily overlooked.", "Is one of the two products negative?"),
     {"sums": lambda pairs, b: sum(abs(w) * a for a, w in pairs) + b}),
    (asking("target-out-of-wish", "the wish about the output is made without the target",
            "It is tempting because a target of 0 or 1 is easily overlooked.", "How far is the output from where it should be?"),
     {"by_a": lambda a, y: -2 * a}),
    (asking("error-squared-for-wish", "the squared error itself stands where the wish about the output belongs",
            "It is tempting because the loss is the number that should fall.", "How fast does the loss fall when the output moves?"),
     {"by_a": lambda a, y: (y - a) ** 2}),
    (asking("bias-times-its-wish", "the wish of the bias is multiplied by the bias",
            "It is tempting because weights are multiplied by something.", "If $b$ grows by 0.01, by how much does $z$ grow?"),
     {"bias": lambda d, b: d * b}),
    (asking("weights-all-the-same", "all weights are asked for the same, whatever they are multiplied by",
            "It is tempting because they all want to help the same neuron.", BRIGHT), {"weight": lambda d, a, w: d}),
    (asking("weight-in-its-own-wish", "what is asked of a weight is multiplied by the weight itself too",
            "It is tempting because weight times activation is what the neuron adds up.",
            "If $w_1$ grows by 0.01, by how much does $z$ grow?"), {"weight": lambda d, a, w: d * a * w}),
    (asking("activation-in-its-own-wish", "what is asked of an activation is multiplied by the activation itself too",
            "It is tempting because weight times activation is what the neuron adds up.", FAR), {"before": lambda d, a, w: d * a * w}),
    (asking("weight-size-for-weight", "what is asked of the activations is made from the sizes of the weights, without their signs",
            "It is tempting because every helper seems to be welcome. But through a negative weight, more is less.",
            "Through a negative weight, does a brighter neuron raise $z$, or lower it?"), {"before": lambda d, a, w: d * abs(w)}),
    (asking("activations-all-the-same", "all activations are asked for the same, whatever weight they go through",
            "It is tempting because they all serve the same neuron.", FAR), {"before": lambda d, a, w: d}),
    (asking("already-about-the-earlier-sum", "what is asked of the activations is multiplied by the slopes of the sigmoids there, which makes it what is "
            "asked of the earlier *sums*", "It is tempting because that is the next step.",
            "Is the question about the earlier neurons' activations, or about what goes into their sigmoids?"),
     {"before": lambda d, a, w: d * w * a * (1 - a)}),
    (asking("weights-for-activations", "weights and activations are exchanged: each weight is asked by its own size, each activation by its own",
            "It is tempting because both come in the same product.", BRIGHT),
     {"weight": lambda d, a, w: d * w, "before": lambda d, a, w: d * a}),
    (asking("weights-in-the-other-order", "the wishes of the two weights are given in the other order",
            "It is tempting because each of them has the right size.", "Which activation does $w_1$ meet?"),
     {"given": lambda asked: asked | {"w1": asked["w2"], "w2": asked["w1"]}}),
    (asking("activations-in-the-other-order", "the wishes of the two activations are given in the other order",
            "It is tempting because each of them has the right size.", "Through which weight does $a_1$ act?"),
     {"given": lambda asked: asked | {"a1": asked["a2"], "a2": asked["a1"]}}),
)  # fmt: skip


def draw_neuron(rng):
    """Two earlier neurons of different brightness, weights of both signs, and an output that is off."""
    w = rng.tenths(0.8, 1.9), -rng.tenths(0.8, 1.9)
    w1, w2 = w if rng.whole(0, 1) else w[::-1]
    return {"a1": rng.tenths(0.6, 0.9), "a2": rng.tenths(0.2, 0.4), "w1": w1, "w2": w2,
            "b": rng.tenths(-0.8, 0.8, apart_from=[0.0]), "y": float(rng.whole(0, 1))}  # fmt: skip


WAYS = Arrays(
    "3.2",
    "Three ways, in numbers",
    3,
    "find what a wish asks of a bias, of weights and of earlier activations, by hand",
    outputs=("bias", "w1", "w2", "a1", "a2"),
    book={"a1": 0.9, "a2": 0.3, "w1": -1.2, "w2": 1.5, "b": 0.9, "y": 1.0},
    sample=draw_neuron,
    solve=neuron(),
    mistakes=tuple((mistake, neuron(**changed)) for mistake, changed in NEURON_SLIPS),
    tolerance=room,
    prompt=lambda n: (
        f"An output neuron takes $z = w_1 a_1 + w_2 a_2 + b$ and says $a = \\sigma(z)$, with $a_1 = {fmt(n['a1'])}$, $a_2 = {fmt(n['a2'])}$, "
        f"$w_1 = {fmt(n['w1'])}$, $w_2 = {fmt(n['w2'])}$, $b = {fmt(n['b'])}$. It should say {fmt(n['y'])}, and the loss is the square of how far it is off. "
        "The slope of the sigmoid is $a(1 - a)$.\n\nWhat does it ask of its bias, of its two weights, and of the two earlier activations? Give the wishes "
        "in this order, or by the names bias, w1, w2, a1 and a2, with three decimals."
    ),
)

# ---------------------------------------------------------------- 3.3 many ask one


def summed(d, W, sent=lambda d, w: d * w, join=sum):
    """What each earlier neuron is asked for in all: the requests of every output, put together, rightly or otherwise."""
    return [join([sent(wish, w) for wish, w in zip(d, row, strict=True)]) for row in W]


def each_by_name(wishes: list[float]) -> dict[str, float]:
    return dict(zip(("neuron 1", "neuron 2"), wishes, strict=True))


def loudest(requests: list[float]) -> float:
    return max(requests, key=abs)


rolling = partial(Mistake, see=ROLLS_BACK)
MEAN_REQUEST = rolling(
    "requests-averaged",
    "the requests are averaged, where they should be added up",
    "It is tempting because a compromise sounds like a mean.",
    "If two outputs both gain from a brighter neuron, does it matter more to the loss than for one of them, or less?",
)
LOUDEST = rolling(
    "loudest-request-only",
    "only the strongest request is listened to",
    "It is tempting because it decides the sign in most cases.",
    "What do the other outputs lose or gain?",
)
REQUEST_SIZES = rolling(
    "requests-without-weights",
    "the wishes of the outputs are added up without their weights",
    "It is tempting because it is the outputs that wish.",
    "Does a brighter neuron move all outputs by the same amount?",
)
WEIGHT_SIGNS = rolling("weights-without-signs", "the weights are taken without their signs",
                       "It is tempting because a weight's size says how strong a line is.",
                       "Through a negative weight, does a brighter neuron raise the output, or lower it?")  # fmt: skip
REQUEST_SLIPS = (
    (MEAN_REQUEST, {"join": lambda r: sum(r) / len(r)}),
    (LOUDEST, {"join": loudest}),
    (REQUEST_SIZES, {"sent": lambda d, w: d}),
    (WEIGHT_SIGNS, {"sent": lambda d, w: d * abs(w)}),
    (rolling("requests-without-signs", "the requests are added up without their signs",
             "It is tempting because each of them adds pressure.", "What happens when one output asks for more and another for less?"),
     {"sent": lambda d, w: abs(d * w)}),
    (rolling("wishes-added-to-weights", "each wish is added to its weight, where it should be multiplied by it",
             "It is tempting because the results are then added up too.",
             "What does an output whose weight is 0 ask of the neuron?"), {"sent": lambda d, w: d + w}),
    (rolling("wish-signs-only", "only the signs of the wishes are used", "It is tempting because a wish is first of all a direction.",
             "Does an output that is nearly right ask as loudly as one that is far off?"), {"sent": lambda d, w: w * ((d > 0) - (d < 0))}),
    (rolling("first-output-only", "only output A is listened to",
             "It is tempting because it is the one that should say more.", "Do the other outputs have wishes too?"), {"join": lambda r: r[0]}),
    (rolling("requests-turned", "the sign of the sum is turned", "It is tempting because gradients and wishes have opposite signs, and it is "
             "easy to turn one too many.", "Take one output: should it go up, and does a brighter neuron raise it?"),
     {"join": lambda r: -sum(r)}),
    (rolling("uphill-requests-left-out", "only the requests for more are added up, not those for less",
             "It is tempting because a wish sounds like asking for more.", "What do the requests with a minus sign mean?"),
     {"join": lambda r: sum(x for x in r if x > 0)}),
    (rolling("minus-times-minus", "a product of two minus signs is counted as negative",
             "It is tempting because both of its factors are.", "An output wants less, and a neuron speaks against it. Should the neuron say more, or less?"),
     {"sent": lambda d, w: -d * w if d < 0 and w < 0 else d * w}),
)  # fmt: skip


def crossed(d, W):
    """Columns for rows: with two neurons and three outputs the rows do not fit, so the nine numbers are read on in order."""
    flat = [w for column in zip(*W, strict=True) for w in column]
    return summed(d, [flat[:3], flat[3:]])


CROSSED = rolling("weights-of-another-line", "the weights are read down the table, where each neuron's stand in its row",
                  "It is tempting because the outputs stand above the columns.", "Which weights belong to the lines that leave the first neuron?")  # fmt: skip


def draw_requests(rng):
    """Three wishes, the first positive, and weights of both signs, so that somebody is outvoted."""
    d = [rng.tenths(0.3, 0.6), -rng.tenths(0.2, 0.5), -rng.tenths(0.1, 0.3)]
    return {"d": d, "W": [[rng.tenths(0.5, 2.5) * rng.pick([-1, 1]) for _ in range(3)] for _ in range(2)]}


REQUESTS = Arrays(
    "3.3",
    "Many ask one",
    2,
    "add up what several outputs ask of one earlier neuron",
    outputs=("neuron 1", "neuron 2"),
    book={"d": [0.4, -0.3, -0.2], "W": [[-0.5, -1.2, -0.8], [2.0, 1.5, -0.4]]},
    sample=draw_requests,
    solve=lambda d, W: each_by_name(summed(d, W)),
    mistakes=(
        *((mistake, lambda d, W, how=how: each_by_name(summed(d, W, **how))) for mistake, how in REQUEST_SLIPS),
        (CROSSED, lambda d, W: each_by_name(crossed(d, W))),
    ),
    tolerance=lambda n: each_by_name([0.005, 0.005]),
    prompt=lambda n: (
        "Three outputs have these wishes about their sums, and two earlier neurons reach them through these weights:\n\n"
        "| | output A | output B | output C |\n|---|---|---|---|\n"
        f"| wish | {' | '.join(fmt(d) for d in n['d'])} |\n"
        f"| weight from neuron 1 | {' | '.join(fmt(w) for w in n['W'][0])} |\n"
        f"| weight from neuron 2 | {' | '.join(fmt(w) for w in n['W'][1])} |\n\n"
        "What are the two earlier neurons asked for in all? Give two numbers, neuron 1 first."
    ),
)

# ---------------------------------------------------------------- 3.4 from the number to the slip


def ways_to_sum(numbers):
    """What one neuron is asked for in all, and four ways to something else."""
    d, w = numbers
    return summed(d, [w])[0], [
        ("added up the wishes and left out the weights", sum(d), None),
        ("took the mean of the requests", summed(d, [w], **REQUEST_SLIPS[0][1])[0], None),
        ("took the loudest request alone", summed(d, [w], join=loudest)[0], None),
        ("took the weights without their signs", summed(d, [w], **REQUEST_SLIPS[3][1])[0], None),
    ]


def draw_line(rng):
    return ([rng.tenths(0.3, 0.7), -rng.tenths(0.2, 0.6), rng.tenths(0.1, 0.3)],
            [-rng.tenths(0.6, 2.2), rng.tenths(0.6, 2.2), rng.tenths(0.6, 2.2)])  # fmt: skip


REVERSE = Choice(
    "3.4",
    "What did they do?",
    1,
    "tell from a wrong sum of requests how it was made",
    choose=lambda rng: diagnose(
        rng,
        book=([0.5, -0.4, 0.2], [-1.2, 0.5, 2.0]),
        resample=draw_line,
        ways=ways_to_sum,
        tell=lambda n, right, found: (
            f"Three outputs have the wishes ${fmt(n[0][0])}$, ${fmt(n[0][1])}$ and ${fmt(n[0][2])}$ about their sums, and one earlier neuron reaches them "
            f"through the weights ${fmt(n[1][0])}$, ${fmt(n[1][1])}$ and ${fmt(n[1][2])}$. A learner says that the neuron is asked for ${fmt(found, 3)}$ in "
            f"all. The right answer is ${fmt(right, 3)}$. What did they do?"
        ),
        order=[0, 2, 3, 1],
        guilty=2,
    ),
)

# ---------------------------------------------------------------- 3.5 one layer as a program


def layer(*, slope=lambda a, before: a * (1 - a), bias=lambda d, W: d, weights=lambda d, before, W: np.outer(before, d),
          activations=lambda d, before, W: W @ d):  # fmt: skip
    """A program (before, W, a, wish) -> what a layer of sigmoids asks for, with some steps done otherwise."""

    def program(before, W, a, wish):
        d = wish * slope(a, before)
        return {"bias": bias(d, W), "weights": weights(d, before, W), "activations": activations(d, before, W)}

    return program


programming = partial(Mistake, see=ROLLS_BACK)
SUM_AND_OUTPUT = "If a neuron's sum rises by 0.01, does its activation rise by 0.01?"
LAYER_SLIPS = (
    (programming("layer-slope-left-out", "the slope of the sigmoid is left out, so the wishes about the activations pass for wishes about the sums",
                 "It is tempting because activation and sum belong to the same neuron.", SUM_AND_OUTPUT), {"slope": lambda a, before: 1.0}),
    (programming("layer-slope-of-the-sigmoid-twice", "the slope of the sigmoid is computed from sigmoid(a), though `a` is already what came out of it",
                 "It is tempting because the formula says sigmoid(z).", "Has `a` gone through the sigmoid already?"),
     {"slope": lambda a, before: (s := 1 / (1 + np.exp(-a))) * (1 - s)}),
    (programming("half-the-layer-slope", "the slope of the sigmoid is taken as `a`, not as `a * (1 - a)`",
                 "It is tempting because `a` is a factor of it.", "How steep is the sigmoid where it is nearly 1?"), {"slope": lambda a, before: a}),
    (programming("other-half-of-the-layer-slope", "the slope of the sigmoid is taken as `1 - a`, not as `a * (1 - a)`",
                 "It is tempting because `1 - a` is a factor of it.", "How steep is the sigmoid where it is nearly 0?"),
     {"slope": lambda a, before: 1 - a}),
    (programming("layer-slope-of-tanh", "the slope is that of tanh, `1 - a ** 2`",
                 "It is tempting because the two curves look alike.", "Which function made `a`?"), {"slope": lambda a, before: 1 - a * a}),
    (programming("layer-turned", "all signs are turned: gradients are returned, where wishes are wanted, or a minus sign is left over",
                 "It is tempting because programs mostly work with gradients.", "`wish` is a wish already. Does it need another minus sign?"),
     {"slope": lambda a, before: -a * (1 - a)}),
    (programming("bias-wish-in-one", "the wishes of the biases are added up to one number", "It is tempting because the bias looks like one thing of the layer.",
                 "How many biases does the layer have?"), {"bias": lambda d, W: d.sum()}),
    (programming("weights-not-by-brightness", "what is asked of a weight does not depend on the neuron before it",
                 "It is tempting because all weights of a neuron serve the same wish.",
                 "What is the wish of a weight that is multiplied by 0?"), {"weights": lambda d, before, W: np.ones((len(before), 1)) * d}),
    (programming("weights-in-their-own-wish", "what is asked of a weight is multiplied by the weight too",
                 "It is tempting because weight times activation is what a neuron adds up.",
                 "If a weight grows by 0.01, by how much does the sum grow?"), {"weights": lambda d, before, W: np.outer(before, d) * W}),
    (programming("requests-of-a-layer-averaged", "the requests of the layer's neurons are averaged, where they should be added up",
                 "It is tempting because a compromise sounds like a mean.", "Does a request count for less because others ask as well?"),
     {"activations": lambda d, before, W: W @ d / W.shape[1]}),
    (programming("loudest-neuron-only", "only the strongest request is passed back to each earlier neuron",
                 "It is tempting because it decides the sign in most cases.", "What do the other neurons of the layer ask for?"),
     {"activations": lambda d, before, W: np.array([loudest(list(row)) for row in W * d])}),
    (programming("earlier-slope-too-early", "the slopes of the earlier sigmoids are multiplied in, which makes the last answer one about the earlier sums",
                 "It is tempting because that is the next step.", "Is the question about the earlier activations, or about the earlier sums?"),
     {"activations": lambda d, before, W: W @ d * before * (1 - before)}),
    (programming("sizes-of-the-weights", "the weights are taken without their signs on the way back",
                 "It is tempting because a weight's size says how strong a line is.",
                 "Through a negative weight, does a brighter neuron raise the sum, or lower it?"), {"activations": lambda d, before, W: abs(W) @ d}),
    (programming("weights-left-out-on-the-way-back", "the wishes are passed back without the weights",
                 "It is tempting because it is the wishes that roll backward.", "Does a brighter neuron move all sums by the same amount?"),
     {"activations": lambda d, before, W: np.full(len(W), d.sum())}),
    (programming("wishes-on-the-wrong-side", "the wishes stand on the wrong side of `W` (as in `d @ W`, or `W.T @ d`), which adds up over the earlier neurons",
                 "It is tempting because the activations did stand there on the way forward.",
                 "W has a row for each earlier neuron. Which side must the m wishes stand on?"), {"activations": lambda d, before, W: d @ W}),
    (programming("weights-one-to-one", "the earlier activations and the wishes are multiplied one to one, where each of the n belongs with each of the m",
                 "It is tempting because a weight's wish is a product of two such numbers.",
                 "How many weights does the layer have, and how many products has `before * d`?"), {"weights": lambda d, before, W: before * d}),
)  # fmt: skip
NOT_SQUARE = "where the earlier layer is of another size, the program stops; the message of the stop asks its question"


def draw_layers(rng):
    """Layers of 3 to 2, 2 to 4 and 4 to 4 neurons: earlier activations, weights, activations and wishes about them."""

    def array(low, high, *shape):
        return np.array([rng.uniform(low, high) for _ in range(int(np.prod(shape)))]).reshape(shape)

    return [
        (array(0.05, 0.95, n), array(-2, 2, n, m), array(0.1, 0.9, m), array(-1.5, 1.5, m))
        for n, m in ((3, 2), (2, 4), (4, 4))
    ]


LAYER = Functions(
    "3.5",
    "One layer as a program",
    3,
    "write what a layer asks of its biases, its weights and the layer before it",
    arguments=("before", "W", "a", "wish"),
    outputs=("bias", "weights", "activations"),
    text="A layer of sigmoids takes the activations `before` of the earlier layer, n numbers, and has weights `W` with a row for each earlier neuron and a "
    "column for each of its own m neurons. Its activations were `a`, and `wish` says what is asked of them (wishes, not gradients), m numbers each.\n\n"
    "Write a function `ask(before, W, a, wish)` that returns what the layer asks of its biases (m numbers), of its weights (shaped like `W`), and of "
    "the earlier activations (n numbers), in this order. All arguments are NumPy arrays of floats.",
    cases=draw_layers,
    solve=layer(),
    mistakes=tuple((mistake, layer(**changed)) for mistake, changed in LAYER_SLIPS),
    indistinguishable={"wishes-on-the-wrong-side": NOT_SQUARE, "weights-one-to-one": NOT_SQUARE},
)

# ---------------------------------------------------------------- 3.6 how many pictures


def averaging(error=lambda e, n, m: e * sqrt(n / m), pictures=lambda n, k, m: n * k * k):
    """A program of how the error of an average falls, right or wrong."""
    return lambda n, e, m, k: {"error": error(e, n, m), "pictures": pictures(n, k, m)}


averaged = partial(Mistake, see=AVERAGE)
AVERAGE_SLIPS = (
    (averaged("error-falls-as-one-over-n", "the error is taken to fall as 1/N, not as 1/√N",
              "It is tempting because an average is a sum divided by N. But the quirks in the sum grow too, as √N.",
              "In the chapter's drawing of averages, four times as many pictures: by what factor does the error fall?"),
     {"error": lambda e, n, m: e * n / m, "pictures": lambda n, k, m: n * k}),
    (averaged("root-of-the-factor", "the number of pictures is multiplied by the root of the factor, not by its square",
              "It is tempting because there is a root in the rule.", "To halve the error, do you need more than twice as many pictures, or fewer?"),
     {"pictures": lambda n, k, m: n * sqrt(k)}),
    (averaged("linear-price", "the number of pictures is multiplied by the factor itself, not by its square",
              "It is tempting because half the error sounds like twice the work.", "Twice as many pictures: by what factor does the error fall?"),
     {"pictures": lambda n, k, m: n * k}),
    (averaged("error-grows-with-n", "the error is multiplied by the root, where it should be divided",
              "It is tempting because a fraction is easily turned over.", "Do more pictures make the average more exact, or less?"),
     {"error": lambda e, n, m: e * sqrt(m / n)}),
    (averaged("error-linear-alone", "the error is divided by how many times as many pictures there are, without the root",
              "It is tempting because an average is a sum divided by N.", "Four times as many pictures: by what factor does the error fall?"),
     {"error": lambda e, n, m: e * n / m}),
    (averaged("error-does-not-depend-on-n", "the error is left as it was", "It is tempting because the mean of a mean is the mean. The *error* is another matter.",
              "Do two averages of many pictures differ as much as two single pictures do?"), {"error": lambda e, n, m: e}),
    (averaged("pictures-to-add", "the pictures that have to be added are counted, not all that are needed",
              "It is tempting because some pictures are there already.", "How many pictures does the larger average have in all?"),
     {"pictures": lambda n, k, m: n * k * k - n}),
    (averaged("factor-for-pictures", "how many times as many pictures are needed is given, not how many that is",
              "It is tempting because the rule gives the factor.", "How many pictures is this factor to be multiplied by?"),
     {"pictures": lambda n, k, m: k * k}),
    (averaged("more-than-the-larger-average", "the larger average is taken as the start, where the question compares with the smaller one",
              "It is tempting because it is the number read last.", "Five times smaller, or however many times: than with how many pictures?"),
     {"pictures": lambda n, k, m: m * k * k}),
    (averaged("error-falls-as-one-over-n-squared", "the factor is squared where its root should be taken",
              "It is tempting because squares and roots come together in this rule.", "Four times as many pictures: by what factor does the error fall?"),
     {"error": lambda e, n, m: e * (n / m) ** 2}),
)  # fmt: skip


def draw_average(rng):
    n, times = 10 * rng.whole(1, 4), rng.pick([4, 9, 16, 25])
    return {"n": n, "e": rng.tenths(0.6, 1.8), "m": n * times, "k": rng.pick([2, 3, 5, 10])}


PICTURES = Arrays(
    "3.6",
    "How many pictures?",
    2,
    "predict how exact an average is, and what it costs to make it more exact",
    outputs=("error", "pictures"),
    book={"n": 20, "e": 1.2, "m": 180, "k": 5},
    sample=draw_average,
    solve=averaging(),
    mistakes=tuple((mistake, averaging(**changed)) for mistake, changed in AVERAGE_SLIPS),
    tolerance=lambda n: {"error": 0.01 * n["e"], "pictures": 0.5},
    prompt=lambda n: (
        f"Averaged over {n['n']} pictures drawn at random, a network's wishes have an error of {fmt(n['e'])}: that far, on the scale of the chapter's drawing, "
        f"they lie from the average over all pictures.\n\nWhat error do you expect with {n['m']} pictures? And how many pictures in all do you need if the error is to be "
        f'{n["k"]} times smaller than with {n["n"]}? Answer in this order, or by the names "error" and "pictures".'
    ),
)

# ---------------------------------------------------------------- 3.7 in words

THREES = ByPerson(
    "3.7",
    "More threes",
    2,
    "say what averaging removes, and what it does not",
    text="A friend trains a new network on a single 3, sees that it reads everything as a 3, and says: *of course, one example is noisy; average over five "
    "hundred different 3s, and it will learn to tell digits apart.*\n\nIn two or three sentences, what will happen, and why?",
    rubric=(
        "1 point: it will still read everything as a 3, since all of the 3s ask for that (or: no picture asks for anything else).",
        "1 point: says what the average does remove, the quirks in which the 3s differ, and what it keeps, namely what they have in common; the "
        "wishes that would oppose it are those of other digits.",
    ),
)

EXERCISES = (DIRECTIONS, WAYS, REQUESTS, REVERSE, LAYER, PICTURES, THREES)
