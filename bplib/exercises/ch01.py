"""Exercises of chapter 1, who gets the blame: counting, nudging, and what a slope says."""

from __future__ import annotations

import itertools
from functools import partial as preset

from ..mistakes import Mistake
from ..tracing import fmt
from ..value import Value, values
from . import Arrays, ByHand, ByPerson, Choice, Functions, Several
from .graphs import gradients, listed, partial, slack_of
from .letters import suspects

COUNT_HEADING = "1: How many knobs are there?"
COST_HEADING = "1: What does it cost?"
NUDGE_HEADING = "1: Nudge them all?"

# ---------------------------------------------------------------- 1.1 counting


def counted(sizes, *, bias: bool = True, input_bias: bool = False, ends_only: bool = False) -> int:
    """How many parameters a network of these sizes has, or what one gets by counting otherwise."""
    pairs = [(sizes[0], sizes[-1])] if ends_only else list(itertools.pairwise(sizes))
    return sum(a * b for a, b in pairs) + (sum(sizes[1:]) if bias else 0) + (sizes[0] if input_bias else 0)


def count(change=counted, one_sided=lambda p: p + 1, two_sided=lambda p: 2 * p):
    """A program sizes -> what is asked, with one thing done otherwise."""

    def program(sizes):
        parameters = change(sizes)
        return {
            "parameters": parameters,
            "runs to one side": one_sided(parameters),
            "runs to both": two_sided(parameters),
        }

    return program


counting = preset(Mistake, see=COUNT_HEADING)


COUNT = Arrays(
    "1.1",
    "Count the knobs",
    2,
    "count the parameters of a network, and the runs that nudging them needs",
    asks=("parameters", "runs to one side", "runs to both"),
    book={"sizes": [64, 12, 8, 3]},
    draw=lambda draw: {"sizes": [draw.whole(20, 90), draw.whole(9, 15), draw.whole(4, 8), draw.whole(2, 3)]},
    solve=count(),
    room=lambda n: dict.fromkeys(("parameters", "runs to one side", "runs to both"), 0.2),
    prompt=lambda n: (
        f"A network has layers of {'-'.join(map(str, n['sizes']))} numbers: {n['sizes'][0]} inputs, then three layers of "
        "neurons, each neuron with a bias.\n\nHow many parameters has it, how many runs does it take to find every "
        "slope by nudging to one side, and how many by nudging to both?"
    ),
    slips=(
        (
            counting(
                "biases-not-counted",
                "the biases are left out",
                "The weights are so many more that the biases seem not to matter.",
                "What does a neuron do besides multiplying by its weights?",
            ),
            count(lambda sizes: counted(sizes, bias=False)),
        ),
        (
            counting(
                "inputs-given-biases",
                "the inputs are given biases too",
                "They are drawn as a layer of circles like the others.",
                "Does a pixel add anything, or is it only read?",
            ),
            count(lambda sizes: counted(sizes, input_bias=True)),
        ),
        (
            counting(
                "first-to-last",
                "the first layer is connected straight to the last",
                "Only these two are seen from outside.",
                "Which layer feeds which? Go through them one after the other.",
            ),
            count(lambda sizes: counted(sizes, ends_only=True)),
        ),
        (
            counting(
                "base-run-forgotten",
                "the run without any nudge is not counted",
                "One run for each knob looks complete.",
                "With what is a nudged loss compared?",
                see=COST_HEADING,
            ),
            count(one_sided=lambda p: p),
        ),
        (
            counting(
                "base-run-twice-sided",
                "a run without a nudge is counted for nudging to both sides as well",
                "It was needed a moment ago.",
                "With what is the upper run compared, when both sides are nudged?",
                see=COST_HEADING,
            ),
            count(two_sided=lambda p: 2 * p + 1),
        ),
    ),
)

# ---------------------------------------------------------------- 1.2 two knobs


def taxi(**n: float) -> tuple[Value, dict[str, Value]]:
    """litres = w1 x, fare = w2 litres, L = (fare - y)^2."""
    x, w1, w2, y = leaves = values(**{name: n[name] for name in ("x", "w1", "w2", "y")})
    litres = w1 * x
    fare = w2 * litres
    loss = (fare - y) ** 2
    return loss, {leaf.name: leaf for leaf in leaves} | {"litres": litres, "fare": fare, "L": loss}


def one_sided(n: dict[str, float], knob: str, h: float = 0.01) -> float:
    """The slope of the taxi's loss as a nudge of this knob to one side shows it."""
    return (taxi(**n | {knob: n[knob] + h})[0].data - taxi(**n)[0].data) / h


TAXI = ByHand(
    "1.2",
    "Two knobs in a row",
    2,
    "find the slopes of a loss with respect to two knobs, one behind the other",
    asks=("dL/dw1", "dL/dw2"),
    book={"x": 3.0, "w1": 0.7, "w2": 1.6, "y": 5.5},
    draw=lambda draw: {
        "x": draw.tenths(2.2, 4, apart_from=[2.0]),
        "w1": draw.tenths(0.4, 0.9),
        "w2": draw.tenths(1.3, 2.4),
        "y": draw.tenths(4.5, 8),
    },
    build=taxi,
    read=gradients("w1", "w2"),
    slack=slack_of(taxi, "dL/dw1", "dL/dw2"),
    prompt=lambda n: (
        f"The taxi of the chapter: litres $= w_1 x$, fare $= w_2 \\cdot$ litres, $L = ($fare$ - y)^2$, with {listed(n)}."
        f"\n\nWhat are ${partial('w1')}$ and ${partial('w2')}$? Nudge (to both sides, without rounding the losses), or think; give three decimals."
    ),
    blind={
        "half-loss": "gives the slopes of no-factor-two, whose message names both",
        "wrong-weight-back": "there is one weight behind the other and no third",
        "updated-weight": "no step is taken here",
        "step-for-slope": "no learning rate is given",
        "new-value-for-slope": "no learning rate is given",
    },
    own=(
        (
            Mistake(
                "nudged-to-one-side",
                "the knobs are nudged to one side only, by 0.01",
                "The loss is curved, and one side sees more of the curve than of the slope.",
                "On which side of the spot did you look? What does the other side say?",
                "1: Two knobs, one behind the other",
            ),
            lambda right, nodes, n: [one_sided(n, "w1"), one_sided(n, "w2")],
        ),
    ),
)

# ---------------------------------------------------------------- 1.3 which slopes are 0


def silent(draw):
    """prediction = w1 x1 + w2 x2 + b: which slopes are 0?"""
    n = {"w1": 0.5, "x1": 1.5, "w2": -2.0, "x2": 0.0, "b": 1.0, "y": 3.0}
    if draw is not None:
        x = draw.tenths(0.5, 2)
        x1, x2 = draw.shuffled([0.0, x])
        n = {
            "w1": draw.tenths(0.2, 0.9),
            "x1": x1,
            "w2": draw.tenths(-2, -0.5),
            "x2": x2,
            "b": draw.tenths(0.3, 1),
            "y": 4.0,
        }
    rates = {"a": ("w_1", n["x1"]), "b": ("b", 1.0), "c": ("w_2", n["x2"])}  # b is b, whoever reads the letter so
    zero = "".join(letter for letter, (_, rate) in rates.items() if rate == 0)
    why = {
        letter: f"${name}$ is multiplied by an input of 0"
        if rate == 0
        else f"a nudge of ${name}$ moves the prediction, which is off"
        for letter, (name, rate) in rates.items()
    }
    prompt = (
        f"A model predicts $w_1 x_1 + w_2 x_2 + b$, and its loss is the squared error. Here {listed(n)}.\n\nBefore you "
        "calculate anything: which of these slopes are exactly 0?\n\n- **a:** that of $w_1$\n- **b:** that of the bias $b$\n"
        '- **c:** that of $w_2$\n\nAnswer with the letters of all that are, such as "ac", or "" for none.'
    )
    return prompt, zero, why


SILENT = Several("1.3", "Who is not heard?", 1, "predict which slopes are 0 without calculating", choose=silent)

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
        ("the lower run was subtracted the wrong way round", -slope, None),
        ("the loss itself was divided by the nudge", loss(w) / NUDGE, None),
    ]


REVERSE = Choice(
    "1.4",
    "What did they do?",
    1,
    "tell from a wrong slope how it was made",
    choose=lambda draw: suspects(
        draw,
        book=(0.8, 2.5, 3.0),
        redraw=lambda draw: (draw.tenths(0.5, 1.2), draw.tenths(2.1, 3.5), draw.tenths(3, 6)),
        ways=by_nudging,
        tell=lambda n, right, found: (
            f"$L = (w x - y)^2$ with $w = {fmt(n[0])}$, $x = {fmt(n[1])}$, $y = {fmt(n[2])}$. A learner nudges $w$ by $h = {NUDGE}$ "
            f"to both sides and reports a slope of ${fmt(found, 3)}$. The slope is ${fmt(right, 3)}$. What did they do?"
        ),
        order=[1, 0, 3, 2],
    ),
)

# ---------------------------------------------------------------- 1.5 nudging as a program


def losses(w, X, t) -> float:
    """The sum of squared errors of X @ w."""
    return float(((X @ w - t) ** 2).sum())


def nudge_program(*, divide: float = 2.0, stays: bool = False, together: bool = False):
    """A program (w, X, t) -> slopes by nudging, right or wrong."""

    def program(w, X, t):
        h, w = 1e-5, w.copy()
        found = []
        for i in range(len(w)):
            step = [h if together or j == i else 0.0 for j in range(len(w))]
            found.append((losses(w + step, X, t) - losses(w - step, X, t)) / (divide * h))
            if stays:
                w = w + [1000 * s for s in step]
        return {"slopes": found}

    return program


def draw_cases(draw):
    """Two problems, with 3 and with 4 knobs, 5 rows each."""
    import numpy as np

    def array(*shape):
        return np.array([draw.uniform(-2, 2) for _ in range(int(np.prod(shape)))]).reshape(shape)

    return [(array(n), array(5, n), array(5)) for n in (3, 4)]


NUDGING = Functions(
    "1.5",
    "Nudging as a program",
    3,
    "find a gradient by nudging, in code",
    takes=("w", "X", "t"),
    asks=("slopes",),
    text="Write a function `slopes(w, X, t)`. The loss is `((X @ w - t) ** 2).sum()`; find its slope for each entry of "
    "`w` by nudging that entry to both sides and leaving the others alone. Return them as a list or an array. `w` must be "
    "left as you found it.",
    cases=draw_cases,
    solve=nudge_program(),
    slips=(
        (
            Mistake(
                "divided-by-one-nudge",
                "the difference of the two losses is divided by h, though the two lie 2h apart",
                "One nudge is h, so one divides by h.",
                "How far apart are the two places at which you took the loss?",
                NUDGE_HEADING,
            ),
            nudge_program(divide=1.0),
        ),
        (
            Mistake(
                "all-nudged-together",
                "all entries are nudged at the same time",
                "`w + h` adds h to every entry, and looks like one nudge.",
                "When you nudge one entry, where are the others?",
                NUDGE_HEADING,
            ),
            nudge_program(together=True),
        ),
    ),
)

GUILT = ByPerson(
    "1.6",
    "Three times as guilty?",
    2,
    "say what a gradient is not",
    text="In the chapter's taxi the slope of $w_1$ is three times that of $w_2$. A friend says: then the car's consumption "
    "is three times as much to blame as the price of fuel.\n\nIn two or three sentences: what is wrong with that, and what "
    "does the factor of three say?",
    rubric=(
        "1 point: slopes are sensitivities and depend on the units in which the knobs are measured, so they are no shares "
        "of the blame (or: they do not add up to the error).",
        "1 point: says what it does mean: near these values, a small turn of w1 changes the loss three times as fast as "
        "the same turn of w2.",
    ),
)

EXERCISES = (COUNT, TAXI, SILENT, REVERSE, NUDGING, GUILT)
