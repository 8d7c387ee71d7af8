"""Exercises of chapter 6, two neurons and a spreadsheet: a network with two inputs, on paper and in cells."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache, partial
from itertools import pairwise
from math import ceil

from ..checking import ByHand, Choice, Several, WhichLine, entry
from ..checking.choices import diagnose, inject_bug
from ..engine.trace_table import fmt
from ..mistakes import REGISTRY, Mistake
from .shared.graphs import graph, listed, partial_derivative, slips_on
from .shared.indistinguishable import HALF_LOSS, NO_STEP
from .shared.neurons import sigmoid

PAGE = "06_two_neurons_and_a_spreadsheet"  # of the book, and folder of its solutions

FORWARD_HEADING = "6: Every quantity has a name"
BACKWARD_HEADING = "6: Backward, into five parameters"
LINE_HEADING = "6: Without a bend"
SHEET_HEADING = "6: The spreadsheet"
RATE_HEADING = "6: Can a spreadsheet train a network?"


# ---------------------------------------------------------------- the network

PARAMETERS = ("w1", "w2", "b", "v", "c")
CHAPTER = {"x1": 0.5, "x2": 0.3, "w1": 0.8, "w2": -0.6, "b": 0.3, "v": 1.4, "c": -0.5, "y": 1.0}
NETWORK = "$z = w_1 x_1 + w_2 x_2 + b$, $a = \\sigma(z)$, $o = v a + c$, $L = (o - y)^2$"


@graph
def two_inputs(x1, x2, w1, w2, b, v, c, y):
    """z = w1 x1 + w2 x2 + b, a = sigmoid(z), o = v a + c, L = (o - y)^2."""
    z = w1 * x1 + w2 * x2 + b
    a = z.sigmoid()
    o = v * a + c
    return {"z": z, "a": a, "o": o, "L": (o - y) ** 2}


def loss_at(n: dict[str, float], **changed: float) -> float:
    """The loss alone, in plain numbers: a thousand learning rates are tried for 6.5."""
    n = n | changed
    a = sigmoid(n["w1"] * n["x1"] + n["w2"] * n["x2"] + n["b"])
    return (n["v"] * a + n["c"] - n["y"]) ** 2


# ---------------------------------------------------------------- 6.1 the signs first

LETTERS = dict(zip("abcde", ("w_1", "w_2", "b", "v", "c"), strict=True))


def positive(rng):
    """Five gradients, of which only the signs are asked for: which are positive?"""
    n = {"x1": -0.8, "x2": 0.6, "w1": 0.4, "w2": 0.7, "b": 0.2, "v": -1.5, "c": 0.9, "y": -2.0}
    if rng is not None:
        signs = rng.pick([(1, -1, 1), (-1, 1, 1), (1, -1, -1), (-1, 1, -1), (1, 1, -1)])
        n |= {"x1": signs[0] * rng.tenths(0.4, 0.9), "x2": signs[1] * rng.tenths(0.4, 0.9), "v": signs[2] * rng.tenths(1.1, 1.9),
              "c": rng.tenths(0.1, 0.9), "y": rng.pick([-1, 1]) * rng.tenths(3, 4)}  # fmt: skip
    high = n["y"] < 0  # the prediction lies within 3 of 0, the target outside
    error, bend = ("too high", 1) if high else ("too low", -1), 1 if n["v"] > 0 else -1
    way = {"w_1": bend * n["x1"], "w_2": bend * n["x2"], "b": bend, "v": 1, "c": 1}
    reasons = {
        "w_1": f"$x_1$ is {_sign(n['x1'])} and $v$ is {_sign(n['v'])}",
        "w_2": f"$x_2$ is {_sign(n['x2'])} and $v$ is {_sign(n['v'])}",
        "b": f"$b$ raises $z$ and $a$, and $v$ is {_sign(n['v'])}",
        "v": "$v$ is multiplied by $a$, which a sigmoid keeps positive",
        "c": "$c$ is added to the prediction",
    }
    why = {
        letter: f"{reasons[name]}, so raising ${name}$ {'raises' if way[name] > 0 else 'lowers'} the prediction, which is {error[0]} already: the loss rises"
        if (way[name] > 0) == high
        else f"{reasons[name]}, so raising ${name}$ {'raises' if way[name] > 0 else 'lowers'} the prediction, which is {error[0]}: the loss falls"
        for letter, name in LETTERS.items()
    }
    wanted = "".join(letter for letter, name in LETTERS.items() if way[name] * error[1] > 0)
    choices = "\n".join(f"- **{letter}:** $\\partial L/\\partial {name}$" for letter, name in LETTERS.items())
    prompt = (
        f"The network of the chapter, {NETWORK}, with {listed(n)}. Its prediction is {error[0]}.\n\nDo not calculate: which of these "
        f'gradients are positive?\n\n{choices}\n\nAnswer with all letters that apply, such as "ad", or with "" for none.'
    )
    return prompt, wanted, why


def _sign(number: float) -> str:
    return "positive" if number > 0 else "negative"


SIGNS = Several("6.1", "The signs first", 1, "predict the signs of a network's gradients", choose=positive)

# ---------------------------------------------------------------- 6.2 forward and backward by hand


def by_steps(**changed):
    """A reader of (o, dL/dw1, dL/dw2, dL/dv) of somebody who takes these steps, some of them otherwise.

    Each step is (numbers so far) -> its own number, in the order of STEPS.
    """

    def answer_of(right, nodes, n):
        v = dict(n)
        for name, rule in STEPS.items():
            v[name] = changed.get(name, rule)(v)
        return [v[name] for name in ("o", "dw1", "dw2", "dv")]

    return answer_of


STEPS = {
    "z": lambda v: v["w1"] * v["x1"] + v["w2"] * v["x2"] + v["b"],
    "a": lambda v: sigmoid(v["z"]),
    "o": lambda v: v["v"] * v["a"] + v["c"],
    "do": lambda v: 2 * (v["o"] - v["y"]),
    "da": lambda v: v["do"] * v["v"],
    "slope": lambda v: v["a"] * (1 - v["a"]),
    "dz": lambda v: v["da"] * v["slope"],
    "dw1": lambda v: v["dz"] * v["x1"],
    "dw2": lambda v: v["dz"] * v["x2"],
    "dv": lambda v: v["do"] * v["a"],
}


def known(slug: str, says: str, because: str, question: str, **changed):
    """A mistake that is known from elsewhere, in this network's words."""
    return REGISTRY[slug].worded(says, f"It is tempting because {because}.", question), by_steps(**changed)


def own(slug: str, says: str, because: str, question: str, see: str = BACKWARD_HEADING, **changed):
    return Mistake(slug, says, f"It is tempting because {because}.", question, see), by_steps(**changed)


TRACE_SLIPS = (
    known("first-bias-forgotten", "b is left out of z", "the two products look complete", "What is added to the two products?",
          z=lambda v: v["w1"] * v["x1"] + v["w2"] * v["x2"]),
    known("second-bias-forgotten", "c is left out of the prediction", "v times a looks complete", "What is added to v a?",
          o=lambda v: v["v"] * v["a"]),
    known("biases-exchanged", "the two biases are exchanged: c is added in z, and b to v a", "both are numbers that are only added",
          "Which of the two is added before the sigmoid?", z=lambda v: v["w1"] * v["x1"] + v["w2"] * v["x2"] + v["c"],
          o=lambda v: v["v"] * v["a"] + v["b"]),
    known("exponent-sign", "the minus sign in the sigmoid's exponent is lost: $1/(1 + e^{z})$",
          "the minus sign is small, and what comes out still lies between 0 and 1", "On which side of 0.5 should the sigmoid of your z be?",
          a=lambda v: sigmoid(-v["z"])),
    known("value-for-slope-of-sigmoid", "a itself stands where the sigmoid's slope belongs: a for a(1 - a)", "the value is at hand",
          "Far to the right, where a is nearly 1, a sigmoid is flat. What does your formula give there?", slope=lambda v: v["a"]),
    own("weights-crossed", "the weights are crossed: $w_1$ multiplies $x_2$, and $w_2$ multiplies $x_1$", "there are four numbers and two products",
        "Which input does $w_1$ multiply?", FORWARD_HEADING, z=lambda v: v["w1"] * v["x2"] + v["w2"] * v["x1"] + v["b"],
        dw1=lambda v: v["dz"] * v["x2"], dw2=lambda v: v["dz"] * v["x1"]),
    own("weights-crossed-forward", "the weights are crossed on the way forward alone: $w_1$ multiplies $x_2$, and $w_2$ multiplies $x_1$",
        "there are four numbers and two products", "Which input does $w_1$ multiply?", FORWARD_HEADING,
        z=lambda v: v["w1"] * v["x2"] + v["w2"] * v["x1"] + v["b"]),
    own("inputs-crossed", "the inputs are exchanged on the way back: the gradient of $w_1$ is made with $x_2$, and that of $w_2$ with $x_1$",
        "both gradients begin with the same number", "Which input does $w_1$ multiply?",
        dw1=lambda v: v["dz"] * v["x2"], dw2=lambda v: v["dz"] * v["x1"]),
    own("first-input-for-both", "the gradient of $w_2$ is made with $x_1$, as that of $w_1$ is", "the two gradients look alike",
        "Which input does $w_2$ multiply?", dw2=lambda v: v["dz"] * v["x1"]),
    own("inputs-added", "both weights are given the sum of the inputs", "the two products are added in z",
        "If $w_1$ grows by 0.01, by how much does z grow?", dw1=lambda v: v["dz"] * (v["x1"] + v["x2"]),
        dw2=lambda v: v["dz"] * (v["x1"] + v["x2"])),
    own("second-product-forgotten", "the product of the second input and its weight is left out of z", "one product and a bias look like a neuron",
        "How many inputs does the neuron have?", FORWARD_HEADING, z=lambda v: v["w1"] * v["x1"] + v["b"]),
    own("sigmoid-at-the-output", "the sigmoid is applied to the output too", "the hidden neuron has one",
        "Which of the two neurons has an activation function?", FORWARD_HEADING,
        o=lambda v: sigmoid(v["v"] * v["a"] + v["c"]), do=lambda v: 2 * (v["o"] - v["y"]) * v["o"] * (1 - v["o"])),
    own("sigmoid-at-the-output-forward", "the sigmoid is applied to the output too, and its slope is left out on the way back",
        "the hidden neuron has one", "Which of the two neurons has an activation function?", FORWARD_HEADING,
        o=lambda v: sigmoid(v["v"] * v["a"] + v["c"])),
    own("output-weight-from-dz", "the gradient of $v$ is made from $\\partial L/\\partial z$, where $\\partial L/\\partial o$ belongs",
        "the gradients of the other two weights are made from it", "Does $v$ move the loss through z, or through o?",
        dv=lambda v: v["dz"] * v["a"]),
    own("hidden-weights-from-do", "the gradients of $w_1$ and $w_2$ are made from $\\partial L/\\partial o$, where $\\partial L/\\partial z$ belongs",
        "$\\partial L/\\partial o$ is the one that was found first", "What lies between z and o?",
        dw1=lambda v: v["do"] * v["x1"], dw2=lambda v: v["do"] * v["x2"]),
    own("dz-kept-for-the-weights", "$\\partial L/\\partial z$ itself is given for $w_1$ and $w_2$", "both weights stand in z",
        "If $w_1$ grows by 0.01, by how much does z grow?", dw1=lambda v: v["dz"], dw2=lambda v: v["dz"]),
    own("weighted-input-for-input", "the products $w_1 x_1$ and $w_2 x_2$ stand where the inputs belong", "the products are at hand",
        "If $w_1$ grows by 0.01, by how much does $w_1 x_1$ grow?", dw1=lambda v: v["dz"] * v["w1"] * v["x1"],
        dw2=lambda v: v["dz"] * v["w2"] * v["x2"]),
)  # fmt: skip


TRACE = ByHand(
    "6.2",
    "Three weights by hand",
    4,
    "trace a network with two inputs forward and backward by hand",
    outputs=("o", "dL/dw1", "dL/dw2", "dL/dv"),
    book={"x1": 1.4, "x2": -1.1, "w1": 0.7, "w2": -0.5, "b": -0.3, "v": -1.6, "c": 0.4, "y": 1.7},
    sample=lambda rng: {
        "x1": rng.tenths(1.4, 2.3, apart_from=[2.0]),
        "x2": -rng.tenths(0.6, 1.2, apart_from=[1.0]),
        "w1": rng.tenths(0.5, 0.9),
        "w2": -rng.tenths(0.3, 0.9),
        "b": -rng.tenths(0.2, 0.6),
        "v": -rng.tenths(1.5, 2.1, apart_from=[2.0]),
        "c": rng.tenths(0.3, 0.7),
        "y": rng.tenths(1.7, 2.5),
    },
    build=two_inputs,
    prompt=lambda n: (
        f"The network of the chapter, {NETWORK}, with {listed(n)}.\n\nWhat is the prediction $o$, and what are "
        f"${partial_derivative('w1')}$, ${partial_derivative('w2')}$ and ${partial_derivative('v')}$, in this order? Three decimals on the way are enough."
    ),
    indistinguishable=NO_STEP | HALF_LOSS,
    mistakes=TRACE_SLIPS,
)

# ---------------------------------------------------------------- 6.3 from the number to the slip


def for_w2(n):
    """The gradient of w2, and four ways to another."""
    right, found = slips_on(two_inputs, n, "w2", ("no-activation-slope", "no-weight-back", "half-sigmoid-slope"))
    crossed = right / n["x2"] * n["x1"]
    return right, [
        *found,
        ("the gradient of $w_2$ was made with $x_1$, the other input", crossed, None),
    ]


REVERSE = Choice(
    "6.3",
    "What did they do?",
    1,
    "tell from a wrong gradient which factor was wrong",
    choose=lambda rng: diagnose(
        rng,
        book={"x1": 0.9, "x2": 0.6, "w1": -0.4, "w2": 0.7, "b": 0.5, "v": 1.8, "c": -0.3, "y": -0.6},
        resample=lambda rng: TRACE.sample(rng) | {"x2": rng.tenths(0.4, 0.9)},
        ways=for_w2,
        tell=lambda n, right, found: (
            f"On the network of the chapter, {NETWORK}, with {listed(n)}, a learner finds ${partial_derivative('w2')} = {fmt(found, 3)}$. The "
            f"right answer is {fmt(right, 3)}. Which of these slips gives the learner's number?"
        ),
        order=[2, 0, 3, 1],
        guilty=3,
    ),
)

# ---------------------------------------------------------------- 6.4 and 6.5 in the spreadsheet

FAMILY = ("6.4", "6.5")
IN_CELLS = {"x1": 0.9, "x2": -0.4, "w1": 0.6, "w2": 1.2, "b": -0.7, "v": 1.9, "c": 0.2, "y": 2.0}
H = 2.0


def draw_cells(rng):
    return {
        "x1": rng.tenths(0.6, 1.2),
        "x2": -rng.tenths(0.2, 0.6),
        "w1": rng.tenths(0.4, 0.8),
        "w2": rng.tenths(0.9, 1.4),
        "b": -rng.tenths(0.5, 0.9),
        "v": rng.tenths(1.6, 2.2),
        "c": rng.tenths(0.1, 0.4),
        "y": rng.tenths(1.8, 2.4),
    }


TYPE_IN = "Type these numbers into the yellow cells of the spreadsheet: "


def nudged(up: float = H, down: float = H, over: float | None = None, leaf: str = "b"):
    """A reader of (gradient of b, what the nudge measures) with this nudge."""

    def answer_of(outcome, nodes, n):
        rise = loss_at(n, **{leaf: n[leaf] + up}) - loss_at(n, **{leaf: n[leaf] - down})
        exact = loss_at(n, b=n["b"] + 1e-5) - loss_at(n, b=n["b"] - 1e-5)
        return [exact / 2e-5, rise / (over or up + down)]

    return answer_of


sheet_slip = partial(Mistake, see=SHEET_HEADING)


def other_gradient(leaf: str):
    def answer_of(outcome, nodes, n):
        rise = loss_at(n, **{leaf: n[leaf] + H}) - loss_at(n, **{leaf: n[leaf] - H})
        tiny = loss_at(n, **{leaf: n[leaf] + 1e-5}) - loss_at(n, **{leaf: n[leaf] - 1e-5})
        return [tiny / 2e-5, rise / (2 * H)]

    return answer_of


def apart(outcome, nodes, n):
    """The gradient of b, and how far the measured slope is from it."""
    exact, measured = nudged()(outcome, nodes, n)
    return [exact, abs(measured - exact)]


NUDGES = (
    (sheet_slip("nudge-left-small", "the nudge is still the small one with which the file opens",
                "It is tempting because nothing on the sheet seems to be missing.", "What stands in the cell of h?"), nudged(1e-3, 1e-3)),
    (sheet_slip("nudge-of-one", "h is 1, not 2", "It is tempting because 1 looks large enough.", "What stands in the cell of h?"),
     nudged(1.0, 1.0)),
    (sheet_slip("nudged-the-first-weight", "$w_1$ is nudged, not $b$", "It is tempting because the file opens with $w_1$ chosen.",
                "Which name stands in the cell of the nudge?"), other_gradient("w1")),
    (sheet_slip("nudged-the-first-weight-measured", "the gradient is that of $b$, but the nudge is still that of $w_1$",
                "It is tempting because the file opens with $w_1$ chosen.", "Which name stands in the cell of the nudge?"), nudged(leaf="w1")),
    (sheet_slip("nudged-the-output-bias", "$c$ is taken for the bias $b$", "It is tempting because both are biases.",
                "Which of the two is added before the sigmoid?"), other_gradient("c")),
    (sheet_slip("nudged-the-second-weight", "$w_2$ is nudged, not $b$", "It is tempting because the names stand close together in the list.",
                "Which name stands in the cell of the nudge?"), other_gradient("w2")),
    (sheet_slip("distance-for-the-slope", "the distance between the two slopes is given for the measured one",
                "It is tempting because it stands last.", "What do the three names at the bottom of the sheet say?"), apart),
    (sheet_slip("nudged-upward-alone", "the slope is measured from the unchanged loss to the one nudged up",
                "It is tempting because one nudge gives a slope too.", "Which two losses does the sheet subtract?"), nudged(down=0.0)),
    (sheet_slip("rise-not-divided", "the two losses are subtracted, and the difference is divided by nothing",
                "It is tempting because the rise is what the nudge did.", "By what is the difference divided in the formula?"), nudged(over=1.0)),
    (sheet_slip("divided-by-h-alone", "the difference is divided by h, not by 2 h", "It is tempting because h is the nudge.",
                "How far do the two nudged places lie apart?"), nudged(over=H)),
)  # fmt: skip


NUDGE = ByHand(
    "6.4",
    "A nudge that is too large",
    2,
    "measure a slope in the spreadsheet and say what a large nudge does to it",
    outputs=("dL/db", "measured slope"),
    book=IN_CELLS,
    sample=draw_cells,
    family=FAMILY,
    build=two_inputs,
    answer_of=nudged(),
    tolerance=lambda n: [0.0012, 0.0012],
    prompt=lambda n: (
        f"{TYPE_IN}{listed(n)}. Then let it nudge $b$, with $h = 2$.\n\nWhat is the gradient of $b$, and which slope does the sheet measure? Give three "
        "decimals or four. (Change $h$ to 1, to 0.1 and to 0.01 afterwards, and watch the distance between the two.)"
    ),
    mistakes=NUDGES,
)


@lru_cache(maxsize=200)
def rates(*numbers: float) -> tuple[float, float]:
    """The learning rate whose step lowers the loss most, and the first whose step does not lower it; in steps of 0.0005."""
    n = dict(zip(CHAPTER, numbers, strict=True))
    loss, nodes = two_inputs(**n)
    loss.backward()
    moved = ({name: n[name] - k * 5e-4 * nodes[name].grad for name in PARAMETERS} for k in range(1, 8000))
    losses = [loss_at(n, **parameters) for parameters in moved]
    best = next(k for k, (here, further) in enumerate(pairwise(losses), 1) if further > here)
    return best * 5e-4, next(k for k, here in enumerate(losses, 1) if here >= loss.data) * 5e-4


def largest(n: dict[str, float]) -> float:
    """In hundredths."""
    return (ceil(100 * rates(*n.values())[1] - 1e-9) - 1) / 100


def best(n: dict[str, float]) -> float:
    return rates(*n.values())[0]


TOO_FAR = ByHand(
    "6.5",
    "How far is too far?",
    2,
    "find the largest useful learning rate of one step by trying",
    outputs=("the learning rate",),
    book=IN_CELLS,
    sample=draw_cells,
    family=FAMILY,
    build=two_inputs,
    answer_of=lambda outcome, nodes, n: [largest(n)],
    tolerance=lambda n: [0.002],  # hundredths, of which only one is right
    prompt=lambda n: (
        f"{TYPE_IN}{listed(n)}. Now raise the learning rate until one step makes the loss larger than it was.\n\nWhat is the largest rate, in "
        "hundredths, with which one step still lowers the loss?"
    ),
    mistakes=(
        (Mistake("best-rate", "the rate that lowers the loss most is given, not the largest that lowers it at all",
                 "It is tempting because beyond it the loss after the step begins to rise.",
                 "Is the loss after the step larger than the loss before it?", RATE_HEADING), lambda right, nodes, n: [best(n)]),
        (Mistake("twice-the-target", "the rate is twice the largest that still lowers the loss", "It is tempting if you go up in doublings and stop at the first that fails.",
                 "What does the sheet say at half of your rate, and in between?", RATE_HEADING), lambda right, nodes, n: [2 * largest(n)]),
        *((Mistake(f"rate-too-high-by-{k}", "one step raises the loss at this rate",
                   "It is tempting because the two losses are nearly the same.",
                   "Which of the two losses is larger in your sheet: the one before the step or the one after it?", RATE_HEADING),
           lambda right, nodes, n, k=k: [largest(n) + k / 100]) for k in (1, 2, 3)),
        *((Mistake(f"rate-too-low-by-{k}", "one step still lowers the loss at this rate, and at a larger one",
                   "It is tempting to stop as soon as the two losses are nearly the same.",
                   "What does the sheet say at a rate that is higher by 0.01?", RATE_HEADING),
           lambda right, nodes, n, k=k: [largest(n) - k / 100]) for k in (1, 2, 3)),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 6.6 which cell?

CELLS = [
    ("z   B17   =B11*B9+B12*B10+B13", "both inputs have their weight, and the bias is added"),
    ("a   B18   =1/(1+EXP(-B17))", "that is the sigmoid of z"),
    ("o   B19   =B14*B18+B15", "the output neuron has no activation function"),
    ("do  D19   =2*(B19-B16)", "the slope of the square of o - y"),
    ("dv  D14   =D19*B18", "o moves a times as fast as v"),
    ("da  D18   =D19*B14", "o moves v times as fast as a"),
    ("dz  D17   =D18*B18*(1-B18)", "the slope of the sigmoid is written with what comes out of it"),
    ("dw1 D11   =D17*B9", "z moves x1 times as fast as w1"),
    ("dw2 D12   =D17*B10", "z moves x2 times as fast as w2"),
]
BROKEN = {
    3: ("o   B19   =B14*B17+B15", "what v multiplies is a, in B18, and not z"),
    4: ("do  D19   =B19-B16", "the slope of a square has a factor 2"),
    5: ("dv  D14   =D17*B18", "v moves the loss through o, so its gradient starts from D19"),
    6: ("da  D18   =D19*B18", "what a is multiplied by is v, in B14"),
    7: ("dz  D17   =D18*B17*(1-B17)", "the formula a(1 - a) wants a, in B18; B17 is z"),
    9: ("dw2 D12   =D17*B12", "what w2 multiplies is x2, in B10; B12 is w2 itself"),
}
WHICH_CELL = WhichLine(
    "6.6",
    "Which cell?",
    1,
    "find a wrong formula in a spreadsheet that somebody else made",
    lines=lambda rng: inject_bug(
        rng,
        f"A friend has built the network, {NETWORK}, in a spreadsheet. $x_1$ is in B9, $x_2$ in B10, $w_1$ in B11, $w_2$ in B12, $b$ in B13, "
        "$v$ in B14, $c$ in B15 and $y$ in B16, as in the one you have downloaded. `dv` stands for $\\partial L/\\partial v$, and so on.",
        CELLS,
        BROKEN,
        book=7,
        hint="Compare with your own sheet, cell by cell (yours has a MIN in B18 and a D20 in D19, and neither matters here), or nudge each parameter and see whose gradient is off.",
    ),
)

# ---------------------------------------------------------------- 6.7 two linear layers are one


@graph
def linear(x1, x2, w1, w2, b, v, c):
    """o = v (w1 x1 + w2 x2 + b) + c."""
    z = w1 * x1 + w2 * x2 + b
    return {"z": z, "o": v * z + c}


def folded(m1=lambda n: n["v"] * n["w1"], m2=lambda n: n["v"] * n["w2"], m0=lambda n: n["v"] * n["b"] + n["c"]):
    """A reader of (m1, m2, m0), right or wrong."""
    return lambda outcome, nodes, n: [m1(n), m2(n), m0(n)]


folding = partial(Mistake, see=LINE_HEADING)
FOLDS = (
    (folding("bias-not-stretched", "the bias $b$ is added to $c$ without being multiplied by $v$",
             "It is tempting because a bias is a number that is only added. But what is added inside is multiplied outside.",
             "Set both inputs to 0. What comes out?"), folded(m0=lambda n: n["b"] + n["c"])),
    (folding("bias-inside-forgotten", "the bias $b$ is left out", "It is tempting because $c$ looks like the bias of the whole.",
             "Set both inputs to 0. What comes out?"), folded(m0=lambda n: n["c"])),
    (folding("bias-outside-forgotten", "the bias $c$ is left out", "It is tempting because $c$ is added last, when the work seems done.",
             "Set both inputs to 0. What comes out?"), folded(m0=lambda n: n["v"] * n["b"])),
    (folding("both-biases-stretched", "$c$ is multiplied by $v$ as well", "It is tempting because $b$ is.",
             "Is $c$ added before the product with $v$, or after it?"), folded(m0=lambda n: n["v"] * (n["b"] + n["c"]))),
    (folding("weights-not-stretched", "the weights $w_1$ and $w_2$ are given as they are, without the factor $v$",
             "It is tempting because they are what the inputs are multiplied by first.",
             "If $x_1$ grows by 1, by how much does $o$ grow?"), folded(m1=lambda n: n["w1"], m2=lambda n: n["w2"])),
    (folding("weights-of-layers-added", "the weights of the two layers are added, not multiplied",
             "It is tempting because the two layers come one after the other.",
             "If $x_1$ grows by 1, by how much does $z$ grow, and by how much does $o$?"),
     folded(m1=lambda n: n["v"] + n["w1"], m2=lambda n: n["v"] + n["w2"])),
    (folding("layers-added", "the two layers are added, weights and biases, not put one into the other",
             "It is tempting because the two layers come one after the other.",
             "If $x_1$ grows by 1, by how much does $z$ grow, and by how much does $o$?"),
     folded(lambda n: n["v"] + n["w1"], lambda n: n["v"] + n["w2"], lambda n: n["b"] + n["c"])),
    (folding("outer-bias-subtracted", "$c$ is subtracted, not added", "It is tempting because $v$ is negative, and a minus sign spreads easily.",
             "Which sign does $c$ have in $o = v z + c$?"), folded(m0=lambda n: n["v"] * n["b"] - n["c"])),
    (folding("sign-of-stretched-bias", "the minus sign of $v$ is lost in $v b$", "It is tempting because the two weights have taken it along already.",
             "Which sign does $v b$ have?"), folded(m0=lambda n: -n["v"] * n["b"] + n["c"])),
)  # fmt: skip

COLLAPSE = ByHand(
    "6.7",
    "Two layers that are one",
    1,
    "write a network without activation functions as one linear function",
    outputs=("m1", "m2", "m0"),
    book={"x1": 1.0, "x2": 1.0, "w1": 0.8, "w2": -1.5, "b": 0.3, "v": -1.2, "c": 0.7},
    sample=lambda rng: {
        "x1": 1.0,
        "x2": 1.0,
        "w1": rng.tenths(0.3, 0.9),
        "w2": -rng.tenths(1.1, 1.9),
        "b": rng.tenths(0.2, 0.6),
        "v": -rng.tenths(1.2, 2.4),
        "c": rng.tenths(0.7, 0.9),
    },
    build=linear,
    answer_of=folded(),
    tolerance=lambda n: [0.006] * 3,
    prompt=lambda n: (
        "A network has no activation function at all: $z = w_1 x_1 + w_2 x_2 + b$ and $o = v z + c$, with "
        f"{listed({k: x for k, x in n.items() if k[0] != 'x'})}. So $o = m_1 x_1 + m_2 x_2 + m_0$ for three numbers that do not depend on the inputs."
        "\n\nWhat are $m_1$, $m_2$ and $m_0$, in this order?"
    ),
    mistakes=FOLDS,
)

# ---------------------------------------------------------------- 6.8 and 6.9, from earlier chapters

REVIEW_OF_5_1 = replace(
    entry("5.1"),
    id="6.8",
    title="Once more: two paths (from chapter 5)",
    points=2,
    book={"w": 0.7, "x": 2.6, "c1": 0.6, "c2": -1.5, "y1": 2.2, "y2": 0.4},
)
REVIEW_OF_1_2 = replace(
    entry("1.2"),
    id="6.9",
    title="Once more: two knobs in a row (from chapter 1)",
    points=1,
    book={"x": 3.4, "w1": 0.6, "w2": 1.8, "y": 6.2},
    prompt=lambda n: entry("1.2").prompt(n).replace("The taxi of the chapter", "The taxi of chapter 1"),
)

EXERCISES = (SIGNS, TRACE, REVERSE, NUDGE, TOO_FAR, WHICH_CELL, COLLAPSE, REVIEW_OF_5_1, REVIEW_OF_1_2)
