"""Exercises of chapter 1, who gets the blame: counting, nudging, and what a slope says."""

from __future__ import annotations

import itertools
from functools import partial

from ..checking import Arrays, ByHand, ByPerson, Choice, Functions, Several
from ..checking.choices import diagnose
from ..engine.trace_table import fmt
from ..mistakes import Mistake, at_once
from .shared.counting import COST_HEADING, MISCOUNTS, counted, weights
from .shared.graphs import graph, listed, partial_derivative
from .shared.indistinguishable import HALF_LOSS, NO_STEP

PAGE = "01_who_gets_the_blame"  # of the book, and folder of its solutions

NUDGE_HEADING = "1: Nudge them all?"

# ---------------------------------------------------------------- 1.1 counting


def count(parameters=counted, runs=lambda p, sizes: (p + 1, 2 * p)):
    """A program sizes -> what is asked, with the parameters or the runs counted otherwise."""

    def program(sizes):
        p = parameters(sizes)
        return dict(zip(COUNTED, (p, *runs(p, sizes)), strict=True))

    return program


COUNTED = ("parameters", "runs to one side", "runs to both")
costing = partial(Mistake, see=COST_HEADING)
MISRUNS = (
    (costing("base-run-forgotten", "the run without any nudge is not counted for nudging to one side",
             "It is tempting because one run for each parameter looks complete.",
             "With what is a nudged loss compared?"), lambda p, s: (p, 2 * p)),
    (costing("base-run-twice-sided", "a run without a nudge is counted for nudging to both sides as well",
             "It is tempting because it was needed a moment ago.",
             "With what is the upper run compared, when both sides are nudged?"), lambda p, s: (p + 1, 2 * p + 1)),
    (costing("base-run-afresh", "the run without a nudge is counted afresh for each parameter when nudging to one side",
             "It is tempting because each slope is a difference of two losses.",
             "Does the loss without a nudge depend on which parameter comes next?"), lambda p, s: (2 * p, 2 * p)),
    (costing("one-sided-doubled", "the runs to one side are all doubled, that without a nudge included",
             "It is tempting because two sides sound like twice the work.",
             "With what is the upper run compared, when both sides are nudged?"), lambda p, s: (p + 1, 2 * (p + 1))),
    (costing("base-run-exchanged", "the run without a nudge is counted for nudging to both sides, and not for nudging to one",
             "It is tempting because the place without a nudge lies in the middle, between the two sides.",
             "With what is a nudged loss compared, in each of the two ways?"), lambda p, s: (p, 2 * p + 1)),
    (costing("base-run-always-afresh", "a run without a nudge is counted for each parameter, in both ways",
             "It is tempting because each parameter then has three losses of its own: before, up, down.",
             "Does the loss without a nudge depend on which parameter comes next?"), lambda p, s: (2 * p, 3 * p)),
    (costing("three-runs-each", "three runs are counted for each parameter when both sides are nudged: up, down, and none",
             "It is tempting because the slope is wanted in the middle.",
             "With what is the upper run compared, when both sides are nudged?"), lambda p, s: (p + 1, 3 * p)),
    (costing("runs-doubled", "both numbers of runs are doubled: a run without a nudge is counted for every nudge",
             "It is tempting because each nudge is compared with something.",
             "Does the loss without a nudge depend on which parameter comes next?"), lambda p, s: (2 * p, 4 * p)),
    *((costing(slug, "all parameters are nudged in the same run",
               "It is tempting because one run gives one loss, and a loss is all you need for a slope.",
               "If two parameters are nudged at once, whose slope do you see?"), lambda p, s, runs=runs: runs)
      for slug, runs in (("one-run-for-all", (2, 2)), ("one-run-for-all-without-base", (1, 2)),
                         ("one-run-for-all-with-base", (2, 3)))),
    (costing("weights-alone-nudged", "only the weights are nudged, and the biases keep no slope",
             "It is tempting because the weights are most of the parameters.",
             "Is a bias a parameter? Does it have a slope?"), lambda p, s: (weights(s) + 1, 2 * weights(s))),
    *((costing(slug, "a nudge up and a nudge down are counted as one run",
               "It is tempting because together they give one slope.",
               "How many losses does one run give?"), lambda p, s, runs=runs: runs(p))
      for slug, runs in (("up-and-down-in-one", lambda p: (p + 1, p)), ("up-and-down-in-one-with-base", lambda p: (p + 1, p + 1)))),
)  # fmt: skip
BOTH_MISCOUNTED = tuple(
    (at_once(one, other), count(parameters, runs))
    for (one, parameters), (other, runs) in itertools.product(MISCOUNTS[:10], MISRUNS[:4])
)


COUNT = Arrays(
    "1.1",
    "Count the knobs",
    2,
    "count the parameters of a network, and the runs that nudging them needs",
    outputs=COUNTED,
    book={"sizes": [64, 12, 8, 3]},
    sample=lambda rng: {"sizes": [rng.whole(20, 90), rng.whole(9, 15), rng.whole(4, 8), rng.whole(2, 3)]},
    solve=count(),
    tolerance=lambda n: dict.fromkeys(COUNTED, 0.2),
    prompt=lambda n: (
        f"A network has layers of {'-'.join(map(str, n['sizes']))} numbers: {n['sizes'][0]} inputs, then three layers of "
        "neurons. Each neuron has a bias, and a weight for every number in the layer before it.\n\n"
        "How many parameters does the network have? Suppose you find all their slopes by nudging one parameter at a time. How "
        "many runs of the network does that take if you nudge to one side, and how many if you nudge to both sides? Count "
        "every run whose loss you need, nudged or not. A run whose loss serves several slopes is still one run."
    ),
    mistakes=(
        *((mistake, count(parameters)) for mistake, parameters in MISCOUNTS),
        *((mistake, count(runs=runs)) for mistake, runs in MISRUNS),
        *BOTH_MISCOUNTED,
    ),
)

# ---------------------------------------------------------------- 1.2 two knobs


@graph
def taxi(x, w1, w2, y):
    """litres = w1 x, fare = w2 litres, L = (fare - y)^2."""
    litres = w1 * x
    fare = w2 * litres
    return {"litres": litres, "fare": fare, "L": (fare - y) ** 2}


def by_nudges(
    n: dict[str, float], up: float = 0.01, down: float = 0.01, over: float | None = None, knobs=None
) -> list[float]:
    """The slopes of w1 and w2 as nudging shows them: up and down by so much, the difference divided by `over`.

    over    None: how far the two losses lie apart
    knobs   what is moved each time; None: the one whose slope is looked for
    """

    def loss(knob, step):
        return taxi(**n | {name: n[name] + step for name in knobs or [knob]})[0].data

    return [(loss(knob, up) - loss(knob, -down)) / (over or up + down) for knob in ("w1", "w2")]


def by_links(for_w1=lambda w1, w2, x: w2 * x, for_w2=lambda w1, w2, x: w1 * x):
    """The answer that multiplies the slope with respect to the fare by these rates of the fare."""

    def answer_of(right, nodes, n):
        known = {name: n[name] for name in ("w1", "w2", "x")}
        return [right.grads[nodes["fare"]] * rate(**known) for rate in (for_w1, for_w2)]

    return answer_of


TWO_KNOBS = "1: Two knobs in a row"
taxi_slip = partial(Mistake, see=TWO_KNOBS)
ONE_SIDE = (
    "It is tempting because it costs one run less. But the loss is curved, and one side sees more of the curve than of the slope.",
    "On which side of the point did you look? What does the other side say?",
)
NUDGED = (
    (taxi_slip("nudged-to-one-side", "the knobs are nudged to one side only, by 0.01", *ONE_SIDE), {"down": 0.0}),
    (taxi_slip("nudged-down-only", "the knobs are nudged to one side only, down by 0.01", *ONE_SIDE), {"up": 0.0}),
    (taxi_slip("nudged-far-to-one-side", "the knobs are nudged to one side only, by 0.1", *ONE_SIDE), {"up": 0.1, "down": 0.0}),
    (taxi_slip("nudged-far-down-only", "the knobs are nudged to one side only, down by 0.1", *ONE_SIDE), {"up": 0.0, "down": 0.1}),
    (taxi_slip("nudged-by-one", "the knobs are nudged to one side only, by 1", *ONE_SIDE), {"up": 1.0, "down": 0.0}),
    (taxi_slip("divided-by-half-the-distance", "the difference between the loss after a nudge up and the loss after a nudge down is "
               "divided by one nudge, though the two lie two nudges apart; or a factor of 2 is counted twice",
               "It is tempting because the nudge is h, so you divide by h.",
               "How far apart are the two places at which you took the loss?"), {"over": 0.01}),
    (taxi_slip("difference-for-slope", "the difference of the two losses, 0.01 up and 0.01 down, is not divided by anything",
               "It is tempting because the difference already says which way the loss goes.",
               "Would your answer be the same with a nudge half as large?"), {"over": 1.0}),
    (taxi_slip("one-difference-for-slope", "the change of the loss after a nudge of 0.01 is not divided by anything",
               "It is tempting because the change already says which way the loss goes.",
               "Would your answer be the same with a nudge half as large?"), {"down": 0.0, "over": 1.0}),
    (taxi_slip("both-knobs-nudged", "both knobs are nudged at the same time",
               "It is tempting because it saves half of the runs.",
               "When you nudge one knob, where should the other one be?"), {"knobs": ("w1", "w2")}),
)  # fmt: skip
SHARE = taxi_slip("nudged-by-a-share", "each knob is nudged by a share of itself, and the difference is divided by the share alone",
                  "It is tempting because a nudge of one per cent sounds like a step of 0.01.",
                  "By how much did the knob really move, and what did you divide by?")  # fmt: skip
BY_W1 = "If $w_1$ grows by 0.01, by how much do the litres grow, and by how much the fare?"
BY_W2 = "If $w_2$ grows by 0.01, by how much does the fare grow?"
FOR_W1 = (
    (taxi_slip("stopped-at-the-litres", "the slope of $w_1$ goes straight from the fare to the litres, without $w_2$ between them",
               "It is tempting because $w_2$ is a knob too, and seems to be none of $w_1$'s business.", BY_W1), lambda w1, w2, x: x),
    (taxi_slip("distance-left-out", "the slope of $w_1$ is not multiplied by the distance $x$",
               "It is tempting because $x$ is not a knob. But $w_1$ is multiplied by it.", BY_W1), lambda w1, w2, x: w2),
    (taxi_slip("litres-for-distance", "the slope of $w_1$ is multiplied by the litres, where the distance $x$ belongs",
               "It is tempting because the litres are what $w_2$ is multiplied by.", BY_W1), lambda w1, w2, x: w2 * w1 * x),
    (taxi_slip("own-knob-on-the-way", "the slope of $w_1$ is multiplied by $w_1$ itself, where $w_2$ belongs",
               "It is tempting because $w_1$ is what the question is about.", BY_W1), lambda w1, w2, x: w1 * x),
)  # fmt: skip
FOR_W2 = (
    (taxi_slip("distance-for-litres", "the slope of $w_2$ is multiplied by the distance $x$, where the litres belong",
               "It is tempting because $w_1$ is multiplied by $x$, and both are knobs.",
               "What does $w_2$ multiply: the distance, or the litres?"), lambda w1, w2, x: x),
    (taxi_slip("knob-for-litres", "the slope of $w_2$ is multiplied by $w_1$ alone, not by the litres $w_1 x$",
               "It is tempting because $w_1$ is the knob that comes before $w_2$.", BY_W2), lambda w1, w2, x: w1),
    (taxi_slip("litres-left-out", "the slope of $w_2$ is that of the fare, without the litres",
               "It is tempting because $w_2$ is the last knob before the fare.", BY_W2), lambda w1, w2, x: 1.0),
    (taxi_slip("fare-for-litres", "the slope of $w_2$ is multiplied by the fare, where the litres belong",
               "It is tempting because the fare is the last number before the loss.", BY_W2), lambda w1, w2, x: w2 * w1 * x),
)  # fmt: skip
NAMED_ALREADY = (  # by nudged-by-a-share, and by the table's input-forgotten
    {"litres-for-distance", "fare-for-litres"},
    {"distance-left-out", "litres-left-out"},
)
LINKED = (
    (SHARE, by_links(lambda w1, w2, x: w2 * w1 * x, lambda w1, w2, x: w2 * w1 * x)),
    *((mistake, by_links(for_w1=rate)) for mistake, rate in FOR_W1),
    *((mistake, by_links(for_w2=rate)) for mistake, rate in FOR_W2),
    *((at_once(one, other), by_links(rate, another))
      for (one, rate), (other, another) in itertools.product(FOR_W1, FOR_W2)
      if {one.slug, other.slug} not in NAMED_ALREADY),
)  # fmt: skip


TAXI = ByHand(
    "1.2",
    "Two knobs in a row",
    2,
    "find the slopes of a loss with respect to two knobs in a row",
    outputs=("dL/dw1", "dL/dw2"),
    book={"x": 3.0, "w1": 0.7, "w2": 1.6, "y": 5.5},
    sample=lambda rng: {
        "x": rng.tenths(2.2, 4, apart_from=[2.0]),
        "w1": rng.tenths(0.4, 0.9),
        "w2": rng.tenths(1.3, 2.4),
        "y": rng.tenths(4.5, 8),
    },
    build=taxi,
    prompt=lambda n: (
        f"The taxi of the chapter: litres $= w_1 x$, fare $= w_2 \\cdot$ litres, $L = ($fare$ - y)^2$, with {listed(n)}."
        f"\n\nWhat are ${partial_derivative('w1')}$ and ${partial_derivative('w2')}$, in this order? You may nudge one knob at a time (to both sides, "
        "by a step of your choice, without rounding the losses), or reason without nudging. Give three decimals."
    ),
    indistinguishable=NO_STEP
    | HALF_LOSS
    | {
        "wrong-weight-back": "there is one weight behind the other and no third",
        "layer-off-by-one": "said in the taxi's words by distance-for-litres",
        "no-weight-back": "said in the taxi's words by stopped-at-the-litres",
    },
    mistakes=(
        *((mistake, lambda right, nodes, n, how=how: by_nudges(n, **how)) for mistake, how in NUDGED),
        *LINKED,
    ),
)

# ---------------------------------------------------------------- 1.3 which slopes are 0


def silent(rng):
    """prediction = w1 x1 + w2 x2 + b: which slopes are 0?"""
    n = {"w1": 0.5, "x1": 1.5, "w2": -2.0, "x2": 0.0, "b": 1.0, "y": 3.0}
    if rng is not None:
        x = rng.tenths(0.5, 2)
        x1, x2 = rng.shuffled([0.0, x])
        n = {
            "w1": rng.tenths(0.2, 0.9),
            "x1": x1,
            "w2": rng.tenths(-2, -0.5),
            "x2": x2,
            "b": rng.tenths(0.3, 1),
            "y": 4.0,
        }
    rates = {"a": ("w_1", n["x1"]), "b": ("b", 1.0), "c": ("w_2", n["x2"])}  # b is b, whoever reads the letter so
    zero = "".join(letter for letter, (_, rate) in rates.items() if rate == 0)
    why = {
        letter: f"${name}$ is multiplied by an input of 0"
        if rate == 0
        else f"a nudge of ${name}$ moves the prediction, which is off, so the loss responds"
        for letter, (name, rate) in rates.items()
    }
    prompt = (
        f"A model predicts $w_1 x_1 + w_2 x_2 + b$, and its loss is the squared error. Here {listed(n)}.\n\nBefore you "
        "calculate anything: which of these slopes are exactly 0?\n\n- **a:** that of $w_1$\n- **b:** that of the bias $b$\n"
        '- **c:** that of $w_2$\n\nAnswer with all letters that apply, such as "ac", or with "" for none.'
    )
    return prompt, zero, why


SILENT = Several("1.3", "Which slopes are zero?", 1, "predict which slopes are 0 without calculating", choose=silent)

# ---------------------------------------------------------------- 1.4 from the number to the slip


NUDGE = 0.01


def by_nudging(numbers):
    """The slope of (w x - y)^2 by nudging w, and four ways to another."""
    w, x, y = numbers

    def loss(v):
        return (v * x - y) ** 2

    above, below = loss(w + NUDGE), loss(w - NUDGE)
    slope = (above - below) / (2 * NUDGE)
    return slope, [
        ("both sides were nudged, and the difference was divided by $h$, not by $2h$", (above - below) / NUDGE, None),
        ("the difference of the two losses was not divided by anything", above - below, None),
        ("the two losses were subtracted the wrong way round", -slope, None),
        ("the loss itself was divided by the nudge", loss(w) / NUDGE, None),
    ]


REVERSE = Choice(
    "1.4",
    "What did they do?",
    1,
    "tell from a wrong slope how it was made",
    choose=lambda rng: diagnose(
        rng,
        book=(0.8, 2.5, 3.0),
        resample=lambda rng: (rng.tenths(0.5, 1.2), rng.tenths(2.1, 3.5), rng.tenths(3, 6)),
        ways=by_nudging,
        tell=lambda n, right, found: (
            f"$L = (w x - y)^2$ with $w = {fmt(n[0])}$, $x = {fmt(n[1])}$, $y = {fmt(n[2])}$. A learner nudges $w$ by $h = {NUDGE}$ "
            f"to both sides and reports a slope of ${fmt(found, 3)}$. The right slope is ${fmt(right, 3)}$. What did they do?"
        ),
        order=[1, 0, 3, 2],
    ),
)

# ---------------------------------------------------------------- 1.5 nudging as a program


def losses(w, X, t) -> float:
    """The sum of squared errors of X @ w."""
    return float(((X @ w - t) ** 2).sum())


def nudge_program(*, up=1e-5, down=1e-5, over=None, loss=losses, moved="one", stays=0.0, result=lambda found, w: found):
    """A program (w, X, t) -> slopes by nudging, right or wrong.

    up, down   how far each entry is nudged to either side
    over       what the difference is divided by; None: how far the two losses lie apart
    moved      "one" entry at a time, "all", or one "in proportion" to its size
    stays      where an entry is left after its turn, away from where it was
    result     (slopes, w) -> what is returned
    """

    def program(w, X, t):
        w, found = w.copy(), []
        for i in range(len(w)):
            step = w * 0 + (moved == "all")
            step[i] = w[i] if moved == "in proportion" else 1.0
            found.append((loss(w + up * step, X, t) - loss(w - down * step, X, t)) / (over or up + down))
            w = w + stays * step
        return {"slopes": result(found, w)}

    return program


def draw_cases(rng):
    """Two problems, with 3 and with 4 knobs, 5 rows each."""
    import numpy as np

    def array(*shape):
        return np.array([rng.uniform(-2, 2) for _ in range(int(np.prod(shape)))]).reshape(shape)

    return [(array(n), array(5, n), array(5)) for n in (3, 4)]


programming = partial(Mistake, see=NUDGE_HEADING)
ANOTHER_LOSS = (
    ("mean-for-sum", "the mean of the squared errors is taken, not their sum, or the slopes are divided by the number of examples",
     "It is tempting because many programs use the mean.", lambda w, X, t: losses(w, X, t) / len(t)),
    ("squared-after-the-sum", "the errors are added up first, and their sum is squared",
     "It is tempting because the brackets of the two orders look alike.", lambda w, X, t: float((X @ w - t).sum()) ** 2),
    ("squares-forgotten", "the errors are added up without being squared",
     "It is tempting because the error is the first thing that looks like a loss.", lambda w, X, t: float((X @ w - t).sum())),
    ("absolute-errors", "the sizes of the errors are added up, not their squares",
     "It is tempting because both make every error positive.", lambda w, X, t: float(abs(X @ w - t).sum())),
    ("targets-left-out", "the targets are left out of the loss", "It is tempting because they do not depend on `w`.",
     lambda w, X, t: float(((X @ w) ** 2).sum())),
    ("targets-added", "the targets are added to the predictions, not subtracted",
     "It is tempting because a minus sign is easily overlooked.", lambda w, X, t: losses(w, X, -t)),
    ("errors-not-summed", "the squared errors are not added up, so that each entry has a slope for every example",
     "It is tempting because squares of an array look finished.", lambda w, X, t: (X @ w - t) ** 2),
    ("root-of-the-sum", "the root of the sum is taken",
     "It is tempting because lengths and typical errors are defined with a root.", lambda w, X, t: losses(w, X, t) ** 0.5),
)  # fmt: skip
ANOTHER_RESULT = (
    ("returned-too-early", "only the slope of the first entry is returned",
     "It is tempting to indent the `return` like the line above it, but then it ends the loop in its first round.",
     lambda found, w: found[0]),
    ("last-slope-only", "only the slope of the last entry is returned",
     "It is tempting to write each slope to the same name, but then each one replaces the one before.", lambda found, w: found[-1]),
    ("slopes-added-up", "one number comes back for all entries: all were nudged at once, or their slopes were added up",
     "It is tempting because `w + h` adds h to every entry, and looks like one nudge.", lambda found, w: sum(found)),
)  # fmt: skip
NEARLY_ZERO = (
    "up and down are the same array, or h is lost in the rounding of the losses, or the "
    "difference is not divided by 2h (`/ 2 * h` divides by 2 and multiplies by h)",
    "It is tempting because `up = w` looks like a copy, a tiny h looks exact, and `/ 2 * h` looks like a fraction.",
    "Print the two losses and their difference. What is the difference divided by?",
)
NOT_DIVIDED = (
    "the difference of the two losses is not divided by 2h",
    "It is tempting because the difference already says which way the loss goes.",
    "Would your answer be the same with a nudge half as large?",
)
ONE_SIDED = (
    "each entry is nudged to one side only, and by a large step",
    "It is tempting because it saves half of the runs. But the loss is curved, and one side sees that.",
    "On which side of `w` did you look? What does the other side say?",
)
NOT_PUT_BACK = (
    "an entry is not put back before the next one is nudged",
    "It is tempting because the nudge is small. But the next slope is then taken somewhere else.",
    "When you nudge the second entry, where is the first one?",
)
DIVIDED_BY_ONE = programming(
    "divided-by-one-nudge",
    "the difference of the two losses is divided by h, though the two lie 2h apart, or a factor 2 is counted twice",
    "It is tempting because one nudge is h, so you divide by h.",
    "How far apart are the two places at which you took the loss?",
)
LOWER_MINUS_UPPER = programming(
    "lower-minus-upper",
    "the upper loss is subtracted from the lower one, or in a formula the prediction from the target",
    "It is tempting because the order of a difference is easily mixed up.",
    "If the loss grows with `w`, which of your two losses is larger?",
)
LOSS_SLIPS = tuple(
    (
        programming(
            slug, says, because, "Write the loss for two rows in full. Is it the one that the exercise defines?"
        ),
        loss,
    )
    for slug, says, because, loss in ANOTHER_LOSS
)
NUDGE_SLIPS = (
    (DIVIDED_BY_ONE, nudge_program(over=1e-5)),
    (programming("divided-by-four-nudges", "a nudge to one side is divided by 2h, or the loss is taken with a "
                 "factor 1/2, or the square is differentiated without its 2",
                 "It is tempting because a factor of 2 appears in several places here.",
                 "How far apart are the two places at which you took the loss?"), nudge_program(over=4e-5)),
    (LOWER_MINUS_UPPER, nudge_program(over=-2e-5)),
    (programming("all-nudged-together", "all entries are nudged at the same time",
                 "It is tempting because `w + h` adds h to every entry, and looks like one nudge.",
                 "When you nudge one entry, where are the others?"), nudge_program(moved="all")),
    (programming("nudged-in-proportion", "each entry is nudged by a share of itself, and the difference divided by the share alone",
                 "It is tempting because a nudge of one per cent sounds like a step of 0.01.",
                 "By how much did the entry really move, and what did you divide by?"), nudge_program(moved="in proportion")),
    (programming("sizes-of-slopes", "the slopes are given without their signs",
                 "It is tempting because the size says how much an entry matters.",
                 "Which way does the loss go when the entry grows?"), nudge_program(result=lambda found, w: [abs(f) for f in found])),
    (programming("losses-nearly-the-same", *NEARLY_ZERO), nudge_program(over=1e9)),
    *((programming("not-divided", *NOT_DIVIDED), nudge_program(up=h, down=h, over=1.0)) for h in (1e-2, 1e-3)),
    *((programming("divided-by-two", "the difference is divided by 2 where it should be divided by 2h, or it is then multiplied by h",
                   "It is tempting because `/ 2 * h` looks like a fraction with 2h below.", NEARLY_ZERO[2]),
       nudge_program(up=h, down=h, over=2.0)) for h in (1e-1, 1e-2)),
    *((programming("one-side", *ONE_SIDED), nudge_program(**{"up": 0.0, "down": 0.0} | {side: h}))
      for side in ("up", "down") for h in (1e-1, 1e-2, 1e-3)),
    *((programming("not-put-back", *NOT_PUT_BACK), nudge_program(up=abs(stays), down=abs(stays), stays=stays))
      for side, stays in (("up", 1e-1), ("down", -1e-1), ("up", 1e-2), ("down", -1e-2), ("up", 1e-3), ("down", -1e-3))),
    *((mistake, nudge_program(loss=loss)) for mistake, loss in LOSS_SLIPS),
    *((at_once(mistake, DIVIDED_BY_ONE), nudge_program(loss=loss, over=1e-5)) for mistake, loss in LOSS_SLIPS),
    *((at_once(mistake, LOWER_MINUS_UPPER), nudge_program(loss=loss, over=-2e-5)) for mistake, loss in LOSS_SLIPS),
    *((programming(slug, says, because, "How many slopes are asked for, and how many does your function return?"),
       nudge_program(result=result)) for slug, says, because, result in ANOTHER_RESULT),
)  # fmt: skip


NUDGING = Functions(
    "1.5",
    "Nudging as a program",
    3,
    "find a gradient by nudging, in code",
    arguments=("w", "X", "t"),
    outputs=("slopes",),
    text="Write a function `slopes(w, X, t)`. Its arguments are NumPy arrays of floats: `w` of shape (n,), `X` with a row of n "
    "numbers for each example, and `t` with a target for each. The loss is `((X @ w - t) ** 2).sum()`; find its slope for each "
    "entry of `w` by nudging that entry to both sides and leaving the others alone. Return the slopes as a list or an array.\n\n"
    "After the call `w` must be as it was before. Work on a copy, or put each entry back: rounding in its last digit does "
    "not matter. The check sees only what your function returns, so it is up to you to nudge, and to both sides.",
    cases=draw_cases,
    solve=nudge_program(),
    mistakes=NUDGE_SLIPS,
)

GUILT = ByPerson(
    "1.6",
    "Three times as guilty?",
    2,
    "say what a gradient is not",
    text="In the chapter's taxi the slope of $w_1$ is three times that of $w_2$. A friend concludes that the car's consumption "
    "is three times as much to blame as the price of fuel.\n\nIn two or three sentences, what is wrong with that, and what "
    "does the factor of three really say?",
    rubric=(
        "1 point: slopes are sensitivities and depend on the units in which the knobs are measured, so they are no shares "
        "of the blame (or: they do not add up to the error).",
        "1 point: says what it does mean: near these values, a small turn of w1 changes the loss three times as fast as "
        "the same turn of w2.",
    ),
)

EXERCISES = (COUNT, TAXI, SILENT, REVERSE, NUDGING, GUILT)
