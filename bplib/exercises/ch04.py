"""Exercises of chapter 4, one path: rates that multiply."""

from __future__ import annotations

from functools import partial
from math import cosh, tanh

from ..checking import ByHand, Choice, Functions, WhichLine
from ..checking.choices import diagnose, inject_bug
from ..engine.trace_table import fmt
from ..mistakes import Mistake, at_once
from .shared.graphs import graph, listed, partial_derivative, slips_on
from .shared.indistinguishable import HALF_LOSS, NO_STEP
from .shared.neurons import (
    ONE_NEURON,
    TANH_SLOPES,
    own_slips,
    sigmoid_neuron,
    tanh_slip,
    tanh_slope,
    words,
)

PAGE = "04_one_path"  # of the book, and folder of its solutions

MULTIPLY_HEADING = "4: Rates multiply"
PLACE_HEADING = "4: A rate depends on where you are"


# ---------------------------------------------------------------- 4.1 a neuron by hand

NEURON = ByHand(
    "4.1",
    "A neuron, term by term",
    3,
    "find a slope as the product of the rates along one path",
    outputs=("a", "dL/dw", "dL/db"),
    book={"x": 2.4, "w": -0.7, "b": 0.5, "y": 0.8},
    sample=lambda rng: {
        "x": rng.tenths(2.2, 3.4),
        "w": -rng.tenths(0.4, 0.7),
        "b": rng.tenths(0.3, 0.7),
        "y": rng.tenths(0.6, 0.9),
    },
    build=sigmoid_neuron,
    prompt=lambda n: (
        f"{words('sigmoid')}, with {listed(n)}.\n\nWhat is $a$, and what are ${partial_derivative('w')}$ and ${partial_derivative('b')}$? Three decimals "
        "on the way are enough."
    ),
    indistinguishable=ONE_NEURON,
    mistakes=own_slips("sigmoid"),
)

# ---------------------------------------------------------------- 4.2 the sign first

LINKS = {
    "square it": (lambda x: x * x, lambda x: 2 * x),
    "multiply by $-3$": (lambda x: -3 * x, lambda x: -3.0),
    "multiply by $0.5$": (lambda x: 0.5 * x, lambda x: 0.5),
    "add $2$": (lambda x: x + 2, lambda x: 1.0),
    "take $\\tanh$": (tanh, lambda x: 1 / cosh(x) ** 2),
    "apply ReLU": (lambda x: max(0.0, x), lambda x: float(x > 0)),
}


def pipeline(rng):
    """What sign does the rate of a pipeline of four steps have?"""
    x, steps = 1.0, ["square it", "multiply by $-3$", "add $2$", "take $\\tanh$"]
    if rng is not None:
        x, steps = rng.pick([-1.5, -1.0, 0.5, 1.5]), rng.shuffled(list(LINKS))[:4]
    rate, value, told = 1.0, x, []
    for step in steps:
        f, slope = LINKS[step]
        rate, value = rate * slope(value), f(value)
        told.append(slope)
    sign = (rate > 0) - (rate < 0)
    letters = {"a": 1, "b": -1, "c": 0}
    prompt = (
        f"Start with $x = {fmt(x)}$; then {', then '.join(steps)}. Before you calculate anything: is the rate at which the "
        "result moves with $x$\n\n- **a:** positive\n- **b:** negative\n- **c:** zero"
    )
    nonzero = (
        "take each rate at its own place, and ask of every link whether it lets anything through"
        if sign == 0
        else "count the rates that are negative, each taken at its own place"
    )
    zero = "for that, one of the four rates would have to be 0: ask of each, at its own place, whether it is"
    wrong = {letter: nonzero if s else zero for letter, s in letters.items() if s != sign}
    return prompt, next(letter for letter, s in letters.items() if s == sign), wrong


SIGN = Choice("4.2", "The sign first", 1, "predict the sign of a product of rates", choose=pipeline)

# ---------------------------------------------------------------- 4.3 from the number to the slip


SUSPECTS = ("no-activation-slope", "half-sigmoid-slope", "input-forgotten", "factors-added")

REVERSE = Choice(
    "4.3",
    "What did they do?",
    1,
    "tell from a wrong slope which slip made it",
    choose=lambda rng: diagnose(
        rng,
        book={"x": 2.3, "w": -0.6, "b": 0.4, "y": 0.7},
        resample=NEURON.sample,
        ways=lambda n: slips_on(sigmoid_neuron, n, "w", SUSPECTS),
        tell=lambda n, right, found: (
            f"{words('sigmoid')}, with {listed(n)}. A learner finds ${partial_derivative('w')} = {fmt(found, 3)}$; the right answer is "
            f"{fmt(right, 3)}. Which of these slips gives the learner's number?"
        ),
        order=range(4),
        guilty=1,
    ),
)

# ---------------------------------------------------------------- 4.4 an operation that the chapter does not have


@graph
def lens(x, c, k):
    """u = x^2 + k, v = u^(-1/2), L = c v."""
    u = x**2 + k
    v = u**-0.5
    return {"u": u, "v": v, "L": c * v}


def by_rates(
    u=lambda x, k: x * x + k,
    power=-0.5,
    front=None,
    lowered=None,
    place=None,
    inner=lambda x, k: 2 * x,
    c=lambda c: c,
    last=None,
):
    """A reader of (L, dL/dx) of an answer that takes these steps, right or wrong.

    u        (x, k) -> u
    power    v is u to this power
    front    what comes to the front of the power's rate; None: the exponent, as it should
    lowered  the exponent of the power's rate; None: one less than `power`
    place    (x, k) -> where the power's rate is taken; None: at u
    inner    (x, k) -> du/dx
    c        c -> its factor in the rate
    last     (c, v) -> L; None: their product
    """
    front, lowered = power if front is None else front, power - 1 if lowered is None else lowered

    def answer_of(right, nodes, n):
        result = (last or (lambda c, v: c * v))(n["c"], u(n["x"], n["k"]) ** power)
        outer = front * (place or u)(n["x"], n["k"]) ** lowered
        return [result, c(n["c"]) * outer * inner(n["x"], n["k"])]

    return answer_of


linking = partial(Mistake, see=MULTIPLY_HEADING)
placing = partial(Mistake, see=PLACE_HEADING)
SIGN_LOST = placing("sign-of-exponent", "the exponent comes to the front without its sign",
                    "It is tempting because a minus sign in an exponent is small.",
                    "When u grows, does one over its root grow or shrink?")  # fmt: skip
INNER_FORGOTTEN = linking("inner-rate-forgotten", "the rate of $x^2 + k$ is left out",
                          "It is tempting because the outer function is the harder one, and takes all the attention.",
                          "How many links lie between x and L? How many rates did you multiply?")  # fmt: skip
FACTOR_FORGOTTEN = linking("factor-forgotten", "the factor $c$ is left out of the rate",
                           "It is tempting because $c$ stands in front, while the work is elsewhere.",
                           "If v grows by 0.01, by how much does L grow?")  # fmt: skip
ANOTHER_EXPONENT = (
    "It is tempting because an exponent of -1/2 says two things at once: one over, and the root.",
    "What is 4 to the power of -1/2? Try your reading of the exponent on it.",
)
ONE_RATE = (
    (INNER_FORGOTTEN, {"inner": lambda x, k: 1.0}),
    (FACTOR_FORGOTTEN, {"c": lambda c: 1.0}),
    (placing("square-without-two", "the rate of $x^2$ is taken as $x$",
             "It is tempting because once the exponent has left the top, the 2 is out of sight.",
             "What is the slope of the square of x?"), {"inner": lambda x, k: x}),
    (placing("exponent-left-behind", "the exponent -1/2 does not come to the front, only its minus sign",
             "It is tempting because you have already lowered it to -3/2, so it looks dealt with.",
             "The rule for powers changes two things. Which one did you change?"), {"front": -1.0}),
    (placing("exponent-not-lowered", "the exponent comes to the front and stays as it was",
             "It is tempting because the first half of the rule for powers is easier to remember than the second.",
             "What happens to the exponent when a power is differentiated?"), {"lowered": -0.5}),
    (SIGN_LOST, {"front": 0.5}),
)  # fmt: skip
OTHER_RATES = (
    (placing("exponent-raised", "the exponent is raised by 1, from -1/2 to 1/2, where it should be lowered",
             "It is tempting because taking 1 off -1/2 gives a number of larger size, which does not look like lowering it.",
             "What is -1/2 less 1?"), {"lowered": 0.5}),
    (placing("root-for-its-inverse-in-the-rate", "the rate is that of the root of u, not of one over it: positive, and with an exponent of -1/2",
             "It is tempting because the slope of the root is the one that every table has.",
             "When u grows, does one over its root grow or shrink?"), {"front": 0.5, "lowered": -0.5}),
    (linking("inner-rate-alone", "only the rate of $x^2 + k$ is given", "It is tempting because it is the part that moves with x.",
             "How fast does L move when u does, and where is that in your answer?"),
     {"c": lambda c: 1.0, "front": 1.0, "lowered": 0.0}),
    (placing("exponent-lowered-by-half", "the exponent is lowered to -1, not to -3/2",
             "It is tempting because whole numbers are easier than halves.", "What is -1/2 less 1?"), {"lowered": -1.0}),
    (linking("square-for-its-rate", "$x^2$ itself stands where its rate belongs",
             "It is tempting because it is the number at hand.",
             "If x grows by 0.01, by how much does its square grow?"), {"inner": lambda x, k: x * x}),
    (linking("u-for-its-rate", "$u$ itself stands where its rate belongs, or that rate is left out and the exponent not lowered",
             "It is tempting because u is the number at hand.",
             "If x grows by 0.01, by how much does u grow?"), {"inner": lambda x, k: x * x + k}),
    (linking("constant-in-the-rate", "$k$ is kept in the rate of $x^2 + k$",
             "It is tempting to differentiate the first term and copy the second.",
             "When x moves, does k move with it?"), {"inner": lambda x, k: 2 * x + k}),
    (linking("factor-nowhere", "the factor $c$ is left out, of $L$ and of its rate",
             "It is tempting because v is the last quantity that has a name of its own.",
             "What is done to v before it is called L?"), {"c": lambda c: 1.0, "last": lambda c, v: v}),
    (placing("constant-forgotten", "$k$ is left out of $u$",
             "It is tempting because its rate is 0, so it seems to play no part. But it decides where the other rates are taken.",
             "What is u, with the number that is added?"), {"u": lambda x, k: x * x}),
    (placing("power-rate-at-x", "the power's rate is taken at $x$, not at $u$",
             "It is tempting because x is the number that moves, and the only one that you are given.",
             "At which number is the rate of the power taken: at x, or at what the power is taken of?"), {"place": lambda x, k: x}),
    (placing("constant-forgotten-in-the-rate", "$k$ is left out of the place at which the power's rate is taken",
             "It is tempting because the rate of k is 0. But k decides where the other rates are taken.",
             "At which number is the rate of the power taken?"), {"place": lambda x, k: x * x}),
    (linking("inner-rate-in-the-power", "the rate of $x^2 + k$ is put into the power's rate, where it should be multiplied with it",
             "It is tempting because the inside is long, and the outer function takes a single number.",
             "At which number is the rate of the power taken? And what is done with the two rates?"),
     {"place": lambda x, k: 2 * x, "inner": lambda x, k: 1.0}),
    (placing("constant-inside-the-square", "$k$ is added before squaring: $(x + k)^2$ for $x^2 + k$",
             "It is tempting if you read the formula from right to left.", "Which comes first in u, the square or the sum?"),
     {"u": lambda x, k: (x + k) ** 2, "inner": lambda x, k: 2 * (x + k)}),
    (placing("double-for-square", "$x$ is doubled where it should be squared",
             "It is tempting because both are written with a 2.", "What is 3 squared?"),
     {"u": lambda x, k: 2 * x + k, "inner": lambda x, k: 2.0}),
    (placing("root-for-its-inverse", "the exponent -1/2 is read as the root, not as one over it", *ANOTHER_EXPONENT), {"power": 0.5}),
    (placing("exponent-without-its-root", "the exponent -1/2 is read as one over u, without a root", *ANOTHER_EXPONENT), {"power": -1.0}),
    (placing("inverse-square", "the exponent -1/2 is read as one over the square of u", *ANOTHER_EXPONENT), {"power": -2.0}),
    (placing("minus-the-root", "the exponent -1/2 is read as minus the root", *ANOTHER_EXPONENT),
     {"power": 0.5, "front": -0.5, "last": lambda c, v: -c * v}),
    (placing("exponent-as-factor", "the exponent -1/2 is multiplied with u",
             "It is tempting because a small raised number is easily read as one that stands beside u.", ANOTHER_EXPONENT[1]),
     {"power": 1.0, "front": -0.5, "lowered": 0.0, "last": lambda c, v: -0.5 * c * v}),
)  # fmt: skip
WITH_SIGN = ("inner-rate-forgotten", "factor-forgotten", "square-without-two", "square-for-its-rate", "power-rate-at-x")
TWO_RATES = tuple(  # the sign beside another slip; of exponent-not-lowered the root's rate, above, speaks already
    (at_once(other, SIGN_LOST), {"front": 0.5} | changed)
    for other, changed in (*ONE_RATE, *OTHER_RATES)
    if other.slug in WITH_SIGN
)


ROOT = ByHand(
    "4.4",
    "A new link",
    2,
    "take the rate of a function that was not in the table",
    outputs=("L", "dL/dx"),
    book={"x": 1.5, "c": 4.0, "k": 1.4},
    sample=lambda rng: {
        "x": rng.tenths(1.1, 1.8),  # about 2, x² and 2x are nearly the same
        "c": rng.tenths(2.5, 6),
        "k": rng.tenths(0.4, 2.2),
    },
    build=lens,
    prompt=lambda n: (
        f"$u = x^2 + k$, $v = u^{{-1/2}}$ (one over the square root), and the result is $L = c\\,v$, with {listed(n)}. The rule "
        f"for powers holds for this exponent too.\n\nWhat is $L$, and how fast does it move with $x$? In other words, what is ${partial_derivative('x')}$?"
    ),
    indistinguishable=NO_STEP
    | HALF_LOSS
    | {
        "loss-not-squared": "no error is squared here",
        "loss-for-its-slope": "there is no error here whose square could be taken for its slope",
        "bias-forgotten-forward": "there is no bias; named by constant-forgotten",
        "no-weight-back": "there is no layer; named by factor-forgotten",
        "sign-of-error": "there is no error here; the sign is named by sign-of-exponent",
        "no-factor-two": "there is no error here; named by square-without-two",
    },
    mistakes=tuple((mistake, by_rates(**changed)) for mistake, changed in (*ONE_RATE, *OTHER_RATES, *TWO_RATES)),
)

# ---------------------------------------------------------------- 4.5 a bug hunt

PROGRAM = [
    ("z = w * x + b", "a neuron multiplies, then adds its bias"),
    ("a = tanh(z)", "that is the activation"),
    ("dL_da = 2 * (a - y)", "the slope of (a - y)²"),
    ("da_dz = 1 - a ** 2", "the slope of tanh, written with what comes out"),
    ("dL_dz = dL_da * da_dz", "one link further back means one more factor"),
    ("dL_dw = dL_dz * x", "z moves x times as fast as w"),
    ("dL_db = dL_dz", "z moves just as fast as b"),
]
BUGS = {
    3: ("dL_da = a - y", "the derivative of the square has a factor 2"),
    4: ("da_dz = a * (1 - a)", "that is the sigmoid's slope; this activation is tanh"),
    5: ("dL_dz = dL_da + da_dz", "along a path rates multiply"),
    6: ("dL_dw = dL_dz * w", "z moves x times as fast as w does"),
    7: ("dL_db = dL_dz * b", "the bias is added, so its rate is 1, whatever its value"),
}


HUNT = WhichLine(
    "4.5",
    "Which line?",
    1,
    "find a wrong rate in another person's program",
    lines=lambda rng: inject_bug(
        rng,
        f"{words('tanh')}. A friend wrote this backward pass:",
        PROGRAM,
        BUGS,
        book=4,
        hint="Nudge $w$ and compare, or go through the lines one by one.",
    ),
)

# ---------------------------------------------------------------- 4.6 a rate as a program


def tanh_chain(
    outer=lambda x, k: tanh_slope(k * x * x), inner=lambda x, k: 2 * k * x, join=lambda outer, inner: outer * inner
):
    """A program (x, k) -> the rate of tanh(k x^2): two links and how they are put together, right or wrong."""
    return lambda x, k: {"rate": join(outer(x, k), inner(x, k))}


INNER_RATES = (
    (linking("inner-rate-left-out", "the rate of the inside, 2 k x, is left out",
             "It is tempting because the outer function takes all the attention.",
             "How many links are there between x and the result?"), lambda x, k: 1.0),
    (linking("inner-factor-left-out", "the factor k is left out of the rate of the inside",
             "It is tempting because k is a constant. But it is a factor, not a term that is added.",
             "If x² grows by 0.01, by how much does k x² grow?"), lambda x, k: 2 * x),
    (linking("inner-two-left-out", "the 2 is left out of the rate of the inside",
             "It is tempting because once the exponent has left the top, the 2 is out of sight.",
             "What is the slope of the square of x?"), lambda x, k: k * x),
    (linking("inner-x-left-out", "the x is left out of the rate of the inside",
             "It is tempting because the exponent has come to the front, which looks like the whole rule.",
             "Is the square of x equally steep everywhere?"), lambda x, k: 2 * k),
    (linking("inside-for-its-rate", "the inside, k x², stands where its rate belongs",
             "It is tempting because it is the number at hand.",
             "If x grows by 0.01, by how much does k x² grow?"), lambda x, k: k * x * x),
    (linking("rate-of-the-other", "the rate of the inside is taken with respect to k: x²",
             "It is tempting because k is an argument too.",
             "Which of the two arguments moves?"), lambda x, k: x * x),
    (linking("inner-square-kept", "the square is kept in the rate of the inside: 2 k x²",
             "It is tempting because the exponent has come to the front, which looks like the whole rule.",
             "What is the slope of the square of x?"), lambda x, k: 2 * k * x * x),
)  # fmt: skip
ELSEWHERE = "It is tempting because the inside is long, and the outer function takes a single number."
CHAIN_SLIPS = (
    *((mistake, tanh_chain(inner=inner)) for mistake, inner in INNER_RATES),
    *((mistake, tanh_chain(lambda x, k, slope=slope: slope(k * x * x))) for mistake, slope in TANH_SLOPES),
    *((at_once(mistake, other), tanh_chain(lambda x, k, slope=slope: slope(k * x * x), inner))
      for mistake, slope in TANH_SLOPES for other, inner in INNER_RATES
      if (mistake.slug, other.slug) != ("outer-rate-left-out", "inner-rate-left-out")),
    (tanh_slip("slope-at-x", "the slope of tanh is taken at x, not at k x²", ELSEWHERE,
               "At which number is the slope of tanh taken?"), tanh_chain(lambda x, k: tanh_slope(x))),
    (tanh_slip("slope-at-the-inner-rate", "the rate of the inside is put into tanh, where it should be multiplied with the slope",
               ELSEWHERE, "At which number is the slope of tanh taken? And what is done with the two rates?"),
     tanh_chain(lambda x, k: tanh_slope(2 * k * x), lambda x, k: 1.0)),
    (tanh_slip("slope-at-the-inner-rate-and-multiplied", "the slope of tanh is taken at the rate of the inside", ELSEWHERE,
               "At which number is the slope of tanh taken?"), tanh_chain(lambda x, k: tanh_slope(2 * k * x))),
    (tanh_slip("k-squared-too", "k x² is read as (k x)², so that k is squared too",
               "It is tempting because `(k * x) ** 2` and `k * x ** 2` look alike.",
               "Which comes first in k x², the square or the product?"), tanh_chain(lambda x, k: tanh_slope((k * x) ** 2))),
    (tanh_slip("k-squared-throughout", "k x² is read as (k x)², in tanh and in the rate of the inside",
               "It is tempting because `(k * x) ** 2` and `k * x ** 2` look alike.",
               "Which comes first in k x², the square or the product?"),
     tanh_chain(lambda x, k: tanh_slope((k * x) ** 2), lambda x, k: 2 * k * k * x)),
    (tanh_slip("k-squared-and-not-tanh", "two slips come together: k x² is read as (k x)², and tanh is not squared in its slope",
               "It is tempting because squares and brackets are small.",
               "Which comes first in k x², the square or the product?"), tanh_chain(lambda x, k: 1 - tanh((k * x) ** 2))),
    (tanh_slip("factor-k-left-out-of-tanh", "the slope of tanh is taken at x², without the factor k", ELSEWHERE,
               "At which number is the slope of tanh taken?"), tanh_chain(lambda x, k: tanh_slope(x * x))),
    (linking("rates-added", "the two rates are added, not multiplied",
             "It is tempting because adding is the first thing that comes to mind with two numbers.",
             "If the inside moves twice as fast as x, and tanh half as fast as the inside, how fast does tanh move with x?"),
     tanh_chain(join=lambda outer, inner: outer + inner)),
    (linking("brackets-forgotten", "only tanh² is multiplied with the rate of the inside, not the whole of 1 - tanh²: a pair of brackets "
             "is missing", "It is tempting because the formula needs no brackets when it stands alone.",
             "What does the rate of the inside multiply in your line?"),
     tanh_chain(join=lambda outer, inner: 1 - (1 - outer) * inner)),
    (linking("rate-turned", "the sign of the rate is turned",
             "It is tempting because the minus sign in 1 - a² seems to ask for another.",
             "When x and k are positive, does the result grow or shrink with x?"),
     tanh_chain(join=lambda outer, inner: -outer * inner)),
)  # fmt: skip


def draw_links(rng):
    """Three pairs (x, k): both positive, x negative, k negative."""
    return [
        (rng.uniform(0.3, 0.9), rng.uniform(0.5, 1.2)),
        (-rng.uniform(0.3, 0.9), rng.uniform(0.5, 1.2)),
        (rng.uniform(0.2, 0.6), -rng.uniform(0.5, 1.2)),
    ]


RATE = Functions(
    "4.6",
    "The rate as a program",
    3,
    "write the rate of a chain of functions",
    arguments=("x", "k"),
    outputs=("rate",),
    text="Write a function `rate(x, k)` that returns how fast $\\tanh(k x^2)$ moves with $x$. Only the $x$ is squared. "
    "Please use the chain rule here, and no nudging: the check sees only what your function returns, on numbers that you have not "
    "seen, so this is up to you.",
    cases=draw_links,
    solve=tanh_chain(),
    mistakes=CHAIN_SLIPS,
)

EXERCISES = (NEURON, SIGN, REVERSE, ROOT, HUNT, RATE)
