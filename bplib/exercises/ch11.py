"""Exercises of chapter 11, landscapes: what a curvature says of the rate, momentum by hand, and level ground told apart."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from ..checking import Arrays, ByPerson, Choice, Functions, Several, entry
from ..checking.choices import diagnose
from ..engine.trace_table import fmt
from ..mistakes import Mistake
from .shared.graphs import listed, partial_derivative

PAGE = "11_landscapes"  # of the book, and folder of its solutions

CURVATURE, MOMENTUM, PITFALLS = "11: Curvature", "11: Momentum", "11: Pitfalls"

# ---------------------------------------------------------------- 11.1 what a gradient of 0 tells

CERTAIN = (  # what follows, and why
    ("a plain step will change nothing", "a step is the rate times the gradient, and that is 0"),
    ("with a rate ten times as large, a plain step will change nothing either", "ten times 0 is 0"),
    (
        "if every training example stood in the set twice, the gradient would be 0 as well",
        "each example would count twice, and twice 0 is 0",
    ),
)
UNCERTAIN = (  # what does not follow, and a counterexample
    ("the loss is 0", "on the plain of trace A the gradient is 0 and the loss is 9"),
    ("this is a bottom, so each small nudge raises the loss", "run 2 stood on a saddle, and a nudge set it off"),
    ("the loss cannot be lower anywhere else", "a gradient is about one place, and run 2 had lower ground close by"),
    ("plain steps will get away from here if you let them run long enough", "where the gradient is exactly 0, no plain step ever moves"),
    ("the network uses its input", "with a dead ReLU, trace A answers 3 to 0, 1, 2 and 5 alike, and its gradient is 0"),
    ("a ball that arrives here with some velocity will stop here", "the velocity is multiplied by beta and kept, so it rolls on"),
)  # fmt: skip


def sure_of(rng):
    """Five statements about a place where every slope is 0: which of them are certain?"""
    if rng is None:
        chosen = [UNCERTAIN[0], CERTAIN[0], UNCERTAIN[1], UNCERTAIN[5], CERTAIN[2]]
    else:
        sure = rng.whole(1, 3)
        chosen = rng.shuffled([*rng.shuffled(CERTAIN)[:sure], *rng.shuffled(UNCERTAIN)[: 5 - sure]])
    lines = [f"- **{letter}:** {says}" for letter, (says, _) in zip("abcde", chosen, strict=True)]
    prompt = (
        "A network is trained on all of its examples at once, and at some step the gradient is exactly 0: every parameter has a slope of 0. "
        "Of what can you be sure, knowing nothing else?\n\n" + "\n".join(lines) + '\n\nAnswer with all letters that apply, such as "ac", or with "" for none.'
    )  # fmt: skip
    right = "".join(letter for letter, option in zip("abcde", chosen, strict=True) if option in CERTAIN)
    return prompt, right, {letter: why for letter, (_, why) in zip("abcde", chosen, strict=True)}


ZERO = Several(
    "11.1", "What does a 0 tell?", 2, "say what follows from a gradient of 0, and what does not", choose=sure_of
)

# ---------------------------------------------------------------- 11.2 where the step lands

LANDS = {  # which range of rate times curvature: what the step does, and the factor that this takes
    "near": ("closer to the bottom, on the same side", "a factor between 0 and 1, so a rate below 1 divided by the curvature"),
    "across": ("closer to the bottom, on the other side", "a factor between -1 and 0, so a rate between 1 and 2 divided by the curvature"),
    "even": ("exactly as far from the bottom as before, on the other side", "a factor of -1, so a rate of exactly 2 divided by the curvature"),
    "away": ("further from the bottom than before, on the other side", "a factor below -1, so a rate above 2 divided by the curvature"),
}  # fmt: skip


def landing(rng):
    """A curvature and a rate: where does the next step land?"""
    found, curvature, product, order = "across", 8.0, 1.6, [2, 0, 1, 3]
    if rng is not None:
        found, order = rng.pick([*LANDS]), rng.shuffled(range(4))
        curvature = float(rng.pick([4, 5, 8, 10, 20]))
        product = {
            "near": rng.tenths(0.3, 0.8),
            "across": rng.tenths(1.2, 1.8),
            "even": 2.0,
            "away": rng.tenths(2.2, 2.8),
        }[found]
    names = [[*LANDS][i] for i in order]
    letters = dict(zip("abcd", names, strict=True))
    wrong = {
        letter: f"that takes {LANDS[name][1]}; here rate times curvature is {fmt(product)}"
        for letter, name in letters.items()
        if name != found
    }
    lines = "\n".join(f"- **{letter}:** {LANDS[name][0]}" for letter, name in letters.items())
    prompt = (
        f"A loss is a parabola with a curvature of {fmt(curvature)}, and the learning rate is {fmt(product / curvature, 4)}. Before you calculate any "
        f"place: where does the next step land?\n\n{lines}"
    )  # fmt: skip
    return prompt, next(letter for letter, name in letters.items() if name == found), wrong


LANDING = Choice("11.2", "Where does it land?", 1, "predict where a step lands from rate and curvature", choose=landing)

# ---------------------------------------------------------------- 11.3 a rate from two slopes


def two_slopes(
    *, curvature=lambda u, v, g, k: (k - g) / (v - u), bottom=lambda u, v, g, k, c: u - g / c, limit=lambda c: 2 / c
):
    """A program (u, v, slope_u, slope_v) -> curvature, bottom and limit of the parabola with these slopes at u and v."""

    def program(u, v, slope_u, slope_v):
        c = curvature(u, v, slope_u, slope_v)
        return {"curvature": c, "bottom": bottom(u, v, slope_u, slope_v, c), "limit": limit(c)}

    return program


measuring = partial(Mistake, see=CURVATURE)
HOW_FAST = "By how much does the slope change, over which distance? And how much is that for a distance of 1?"
TO_ZERO = "The slope has to become 0. How much of it is left, and how much does it lose with each unit of distance?"
AT_LIMIT = "Which factor does a step have exactly at the limit, and which rate gives that?"
SLOPE_SLIPS = (
    (measuring("slopes-subtracted-only", "the difference of the slopes is given, without dividing it by the distance",
               "It is tempting because the difference is how much the slope changes. But a curvature is how *fast* it does.", HOW_FAST),
     {"curvature": lambda u, v, g, k: k - g}),
    (measuring("distance-over-slopes", "the distance is divided by the difference of the slopes, where it is the other way round",
               "It is tempting because both quotients have the same two numbers.", HOW_FAST), {"curvature": lambda u, v, g, k: (v - u) / (k - g)}),
    (measuring("slopes-added", "the slopes are added, where one is subtracted from the other",
               "It is tempting because minus a negative number is easily read as minus.", HOW_FAST), {"curvature": lambda u, v, g, k: (k + g) / (v - u)}),
    (measuring("slopes-the-wrong-way-round", "the second slope is subtracted from the first, but the places are not exchanged",
               "It is tempting because the first number comes first.", "Does the slope rise or fall on the way? Which sign has the curvature of a valley?"),
     {"curvature": lambda u, v, g, k: (g - k) / (v - u)}),
    (measuring("slope-over-place", "one slope is divided by its own place, as if the bottom were at 0",
               "It is tempting because a parabola with its bottom at 0 allows it.", HOW_FAST), {"curvature": lambda u, v, g, k: g / u}),
    (measuring("mean-of-the-slopes", "the mean of the two slopes is given", "It is tempting because two measurements invite a mean.", HOW_FAST),
     {"curvature": lambda u, v, g, k: (g + k) / 2}),
    (measuring("half-the-curvature", "half of the curvature is given, the number in front of the square",
               "It is tempting because a parabola is written with that number. Its slope has twice as much.", HOW_FAST),
     {"curvature": lambda u, v, g, k: (k - g) / (v - u) / 2}),
    (measuring("landing-rate-for-limit", "1 divided by the curvature is given as the limit, where it is 2 divided by it",
               "It is tempting because that is the rate that lands in one step.", AT_LIMIT), {"limit": lambda c: 1 / c}),
    (measuring("curvature-given-as-limit", "the curvature itself is given as the limit", "It is tempting because it is the number that decides.",
               "In a steeper valley, may the rate be larger, or must it be smaller?"), {"limit": lambda c: c}),
    (measuring("half-curvature-for-limit", "the curvature is divided by 2, where 2 is divided by the curvature",
               "It is tempting because both have the same two numbers.", "In a steeper valley, may the rate be larger, or must it be smaller?"),
     {"limit": lambda c: c / 2}),
    (measuring("bottom-uphill", "the way to the bottom is added with the wrong sign", "It is tempting because the slope is negative, and two signs are easily lost.",
               "Which way does the loss fall from the first place?"), {"bottom": lambda u, v, g, k, c: u + g / c}),
    (measuring("way-for-the-bottom", "the way to the bottom is given, where the question is at which place it is",
               "It is tempting because slope divided by curvature is a distance.", "Where does the way begin?"), {"bottom": lambda u, v, g, k, c: -g / c}),
    (measuring("whole-slope-as-way", "the slope itself is taken as the way to the bottom",
               "It is tempting because a slope looks like a distance.", TO_ZERO), {"bottom": lambda u, v, g, k, c: u - g}),
    (measuring("slope-of-the-other-place", "the way is made with the slope at one place, and begins at the other",
               "It is tempting because there are two places and two slopes.", "Where does the way begin, and which slope is there?"),
     {"bottom": lambda u, v, g, k, c: v - g / c}),
    (measuring("bottom-between-places", "the middle between the two places is given as the bottom",
               "It is tempting because a parabola is symmetric. But the slopes have the same sign, so the bottom is not between them.", TO_ZERO),
     {"bottom": lambda u, v, g, k, c: (u + v) / 2}),
    (measuring("way-times-curvature", "the slope is multiplied by the curvature, where it is divided by it",
               "It is tempting because the slope is the curvature times the distance, and this turns it round.", TO_ZERO), {"bottom": lambda u, v, g, k, c: u - g * c}),
)  # fmt: skip


def draw_slopes(rng):
    """Two places on the same side of the bottom, not a distance of 1 apart."""
    curvature, u = rng.pick([2.4, 3.2, 5.2, 6.4]), rng.tenths(0.6, 1.6)
    v = round(u + rng.pick([0.4, 0.5, 0.8]), 1)
    goal = next(at for at in rng.shuffled([round(v + way, 1) for way in (0.5, 0.7, 0.9, 1.3)]) if at != round(at))
    return {"u": u, "v": v, "slope_u": round(curvature * (u - goal), 3), "slope_v": round(curvature * (v - goal), 3)}


FROM_SLOPES = Arrays(
    "11.3",
    "A rate from two slopes",
    3,
    "find curvature, bottom and largest learning rate of a parabola from two slopes",
    outputs=("curvature", "bottom", "limit"),
    book={"u": 1.3, "v": 1.7, "slope_u": -6.3, "slope_v": -4.5},
    sample=draw_slopes,
    solve=two_slopes(),
    mistakes=tuple((mistake, two_slopes(**changed)) for mistake, changed in SLOPE_SLIPS),
    tolerance=lambda n: {"curvature": 0.006, "bottom": 0.006, "limit": 0.004},
    prompt=lambda n: (
        f"You measured the slope of a loss at two places: at $w = {fmt(n['u'])}$ it is ${fmt(n['slope_u'])}$, and at $w = {fmt(n['v'])}$ it is "
        f"${fmt(n['slope_v'])}$. Suppose that the loss is a parabola.\n\nWhat is its curvature? At which $w$ is its bottom? And below which limit does a "
        "learning rate get closer to it? Give three numbers in this order, or by the names curvature, bottom and limit, with three decimals."
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 11.4 momentum by hand


def rolled(*, velocity=lambda v, g, b: b * v + g, move=lambda r, v, g: -r * v, slope=lambda c, w, goal: c * (w - goal),
           ahead=False, afresh=True, first=True, late=False, steps=lambda k: k):  # fmt: skip
    """A walk with momentum on a parabola (curvature, goal, start, rate, beta, steps) -> where w is after each step, and each v.

    velocity   (old velocity, slope, beta) -> the new one
    move       (rate, new velocity, slope) -> by how much w changes
    slope      (curvature, w, goal) -> the slope that is used
    ahead      whether it is taken where the old velocity would lead
    afresh     whether it is worked out again at each step
    first      whether the velocity begins at 0; otherwise it begins as the first slope
    late       whether w moves by the old velocity
    """

    def walk(c, goal, w, rate, beta, count):
        kept = slope(c, w, goal)
        v, places, speeds = (0.0 if first else kept), [], []
        for _ in range(steps(count)):
            g = slope(c, w - rate * beta * v if ahead else w, goal) if afresh else kept
            old, v = v, velocity(v, g, beta)
            w = w + move(rate, old if late else v, g)
            places.append(w)
            speeds.append(v)
        return places, speeds

    return walk


rolling = partial(Mistake, see=MOMENTUM)
KEEP = "What is the velocity before the second step, and what becomes of it?"
ONE_RATE = "How often does the learning rate occur on the way from a slope to the new $w$?"
BY_RULE = (
    "Read the rule for the velocity again: which of the two, the old velocity or the slope, is multiplied by something?"
)
ROLL_SLIPS = (
    (Mistake("velocity-forgotten", "each velocity is the new slope alone: the old one is forgotten, so these are plain steps",
             "It is tempting because the first step is the same with momentum and without.", KEEP, PITFALLS), {"velocity": lambda v, g, b: g}),
    (rolling("velocity-subtracted", "the old velocity is subtracted, where it is added to the slope",
             "It is tempting because the update has a minus sign. But that one stands between $w$ and the velocity.",
             "If two slopes point the same way, is the second step longer than the first, or shorter?"), {"velocity": lambda v, g, b: g - b * v}),
    (rolling("rate-applied-twice", "the slope is multiplied by the rate when it enters the velocity, and the velocity again when $w$ moves",
             "It is tempting because some write the rate in one place, and some in the other.", ONE_RATE), {"move": lambda r, v, g: -r * r * v}),
    (rolling("momentum-on-the-mean", "the slope is multiplied by 1 minus beta before it is added, so that the velocity is a mean of the slopes",
             "It is tempting because running means are made like this. The chapter's velocity is a sum.", BY_RULE),
     {"velocity": lambda v, g, b: b * v + (1 - b) * g}),
    (rolling("beta-on-the-slope", "beta multiplies the slope, where it multiplies the old velocity", "It is tempting because the two are neighbours in the rule.", BY_RULE),
     {"velocity": lambda v, g, b: v + b * g}),
    (rolling("velocity-never-fades", "the old velocity is added in full, without beta", "It is tempting because the velocity is a sum. But old slopes count less than new ones.", BY_RULE),
     {"velocity": lambda v, g, b: v + g}),
    (rolling("beta-on-both", "beta multiplies the sum of the old velocity and the slope", "It is tempting because a bracket is easily read into the rule.", BY_RULE),
     {"velocity": lambda v, g, b: b * (v + g)}),
    (rolling("beta-taken-from-one", "the old velocity is multiplied by 1 minus beta, where it is multiplied by beta",
             "It is tempting because beta looks like the part that is lost.", "How much of the old velocity is kept if beta is 0.9?"), {"velocity": lambda v, g, b: (1 - b) * v + g}),
    (rolling("roll-uphill", "the steps are added, where they are subtracted", "It is tempting because a velocity is something that one adds.",
             "Does the loss fall if $w$ goes where the slope points?"), {"move": lambda r, v, g: r * v}),
    (rolling("rate-left-out-of-the-roll", "the velocity is subtracted without the learning rate", "It is tempting because a velocity looks like a step.", ONE_RATE),
     {"move": lambda r, v, g: -v}),
    (rolling("slope-kept-from-the-start", "the slope at the start is used for all steps", "It is tempting because it has been worked out already.",
             "After the first step, is the slope still what it was?"), {"afresh": False}),
    (rolling("velocity-begins-as-slope", "the velocity begins as the first slope, so that the first step counts it twice", "It is tempting because the velocity after the first step is the slope.",
             "What is the velocity before anything has moved?"), {"first": False}),
    (rolling("slope-taken-ahead", "each slope is taken where the old velocity would have led, and not where $w$ is",
             "It is tempting because a variant by Nesterov does so. The chapter's rule takes it where you stand.", "At which $w$ is the second slope taken?"), {"ahead": True}),
    (rolling("slope-added-to-the-move", "the slope is subtracted once more beside the velocity, which has it already",
             "It is tempting to think of a plain step and a push. But the new velocity has the slope in it.", "What is in the new velocity?"), {"move": lambda r, v, g: -r * (v + g)}),
    (rolling("distance-for-slope", "the distance from the bottom is taken as the slope, without the curvature", "It is tempting because the two are proportional.",
             "What is the derivative of the loss?"), {"slope": lambda c, w, goal: w - goal}),
    (rolling("slope-from-zero", "the slope is the curvature times $w$, as if the bottom were at 0", "It is tempting because that is the shortest parabola.",
             "What is the slope at the bottom of this loss?"), {"slope": lambda c, w, goal: c * w}),
    (rolling("loss-for-slope", "the loss itself is taken where its slope belongs", "It is tempting because the loss is what the exercise gives you.",
             "What is the derivative of the loss?"), {"slope": lambda c, w, goal: c / 2 * (w - goal) ** 2}),
    (rolling("twice-the-curvature", "the slope is twice the curvature times the distance", "It is tempting because the square brings down a 2. But there is a half in front of it.",
             "What is the derivative of the loss?"), {"slope": lambda c, w, goal: 2 * c * (w - goal)}),
)  # fmt: skip


def three_places(**changed):
    walk = rolled(**changed)

    def program(c, goal, start, rate, beta):
        places, _ = walk(c, goal, start, rate, beta, 3)
        return dict(zip(("w1", "w2", "w3"), places, strict=True))

    return program


def three_others(which):
    """What stands for the three places: which(start, places, velocities)."""

    def program(c, goal, start, rate, beta):
        return dict(zip(("w1", "w2", "w3"), which(start, *rolled()(c, goal, start, rate, beta, 3)), strict=True))

    return program


ANSWER_SLIPS = (
    (rolling("velocities-for-places", "the three velocities are given, where the question is where $w$ is",
             "It is tempting because they are most of the work.", "The rule has two parts. Which of them gives the new $w$?"), three_others(lambda w, places, speeds: speeds)),
    (rolling("start-counted-as-a-step", "the start is counted as the first place, so that the last step is missing",
             "It is tempting because it is the first $w$ that you write down.", "Where is $w$ after *one* step?"), three_others(lambda w, places, speeds: [w, *places[:2]])),
    (rolling("moved-by-the-old-velocity", "$w$ moves by the old velocity, before the new slope is added to it",
             "It is tempting to write the update of $w$ first. Then the first step goes nowhere.", "Which comes first, the new velocity or the new $w$?"), three_places(late=True)),
    (rolling("lengths-of-the-steps", "the lengths of the three steps are given, where the question is where $w$ is",
             "It is tempting because the rate times the velocity is a step.", "Where does each step begin?"),
     three_others(lambda w, places, speeds: [b - a for a, b in zip([w, *places], places, strict=False)])),
)  # fmt: skip


def draw_roll(rng):
    """Numbers whose first step does not end on a whole number, which would be taken for a count."""
    while True:
        n = {
            "c": float(rng.pick([3, 4, 6])),
            "goal": rng.tenths(2.5, 3.4),
            "start": rng.tenths(0.4, 0.9),
            "rate": rng.pick([0.03, 0.04, 0.06, 0.07]),
            "beta": rng.pick([0.6, 0.7, 0.8]),
        }
        if all(abs(w - round(w)) > 0.002 for w in three_places()(**n).values()):
            return n


def half_square(n) -> str:
    return f"$L = {fmt(n['c'] / 2)}\\,(w - {fmt(n['goal'])})^2$"


BY_HAND = Arrays(
    "11.4",
    "Three steps with momentum",
    3,
    "take steps with momentum by hand",
    outputs=("w1", "w2", "w3"),
    book={"c": 4.0, "goal": 3.0, "start": 0.5, "rate": 0.06, "beta": 0.7},
    sample=draw_roll,
    solve=three_places(),
    mistakes=(*((mistake, three_places(**changed)) for mistake, changed in ROLL_SLIPS), *ANSWER_SLIPS),
    tolerance=lambda n: {"w1": 0.003, "w2": 0.003, "w3": 0.004},
    prompt=lambda n: (
        f"The loss is {half_square(n)}, so its curvature is {fmt(n['c'])}. You begin at $w = {fmt(n['start'])}$ with a velocity of 0, a learning rate of "
        f"{fmt(n['rate'])} and $\\beta = {fmt(n['beta'])}$.\n\nWhere is $w$ after the first, the second and the third step with momentum? Give three numbers in "
        "this order, or by the names w1, w2 and w3, with three decimals."
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 11.5 from the places to the slip

WAYS = {  # what can have been done -> how the walk then goes
    "took the new slope alone as the velocity at each step": {"velocity": lambda v, g, b: g},
    "subtracted the old velocity instead of adding it": {"velocity": lambda v, g, b: g - b * v},
    "multiplied by the learning rate twice, in the velocity and in the update": {"move": lambda r, v, g: -r * r * v},
    "multiplied each slope by $1 - \\beta$ before adding it to the velocity": {"velocity": lambda v, g, b: b * v + (1 - b) * g},
}  # fmt: skip


def ways_to_roll(n):
    """Where w is after three steps, and after three steps of each other kind."""

    def places(**changed):
        return [round(w, 3) for w in three_places(**changed)(*n).values()]

    return places(), [(said, places(**changed), None) for said, changed in WAYS.items()]


def said(places) -> str:
    return f"{fmt(places[0], 3)}, {fmt(places[1], 3)} and {fmt(places[2], 3)}"


REVERSE = Choice(
    "11.5",
    "What did they do?",
    1,
    "tell from where a walk with momentum went which slip was made",
    choose=lambda rng: diagnose(
        rng,
        book=(5.0, 2.0, 0.4, 0.06, 0.8),
        resample=lambda r: tuple(draw_roll(r).values()),
        ways=ways_to_roll,
        tell=lambda n, right, found: (
            f"A loss has a curvature of {fmt(n[0])} and its bottom at $w = {fmt(n[1])}$. Beginning at $w = {fmt(n[2])}$, a learner takes three steps with momentum, "
            f"with a learning rate of {fmt(n[3])} and $\\beta = {fmt(n[4])}$, and reports the places {said(found)}. "
            f"The right ones are {said(right)}. What did they do?"
        ),
        order=[3, 0, 1, 2],
        guilty=1,
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 11.6 four runs

RUNS = {  # what a run is -> (loss, length of the gradient) at steps 1,000 and 2,000, of a drawn height and a few drawn factors
    "plateau": lambda h, k: ((h, 3e-6 * k), (h, 4e-4 * k)),
    "level": lambda h, k: ((h, 2e-9 * k), (h, 3e-13 * k)),
    "jumping": lambda h, k: ((h, 0.9 * k), (1.07 * h, 1.1 * k)),
    "creeping": lambda h, k: ((h, 8e-3 * k), (0.97 * h, 5e-3 * k)),
}
WHY_NOT = {
    "level": "its gradient has shrunk to almost nothing, so it has arrived at level ground, and nothing grows there",
    "jumping": "its loss does not stand still, and its gradient is large: it jumps from side to side",
    "creeping": "its loss falls a little, and its gradient shrinks: it goes on like this, slower and slower",
}


def power(x: float) -> str:
    """A small number as people write it by hand."""
    if x >= 0.001:
        return f"${x:.2g}$"
    digits, exponent = f"{x:.1e}".split("e")
    return f"${digits} \\cdot 10^{{{int(exponent)}}}$"


def four_runs(rng):
    """Losses and gradients of four runs at two times: which is about to leave a plateau?"""
    names, heights, scales = (
        ["creeping", "level", "plateau", "jumping"],
        (0.412, 0.471, 0.463, 0.448),
        (1.0, 1.0, 1.0, 1.0),
    )
    if rng is not None:
        names = rng.shuffled(names)
        heights = [round(rng.uniform(0.3, 0.6), 3) for _ in names]
        scales = [rng.tenths(0.6, 1.6) for _ in names]
    rows, right, wrong = [], "", {}
    for letter, name, height, scale in zip("abcd", names, heights, scales, strict=True):
        (loss, length), (later, longer) = RUNS[name](height, scale)
        rows.append(
            f"- **{letter}:** loss {loss:.3f}, then {later:.3f}; gradient {power(length)}, then {power(longer)}"
        )
        if name == "plateau":
            right = letter
        else:
            wrong[letter] = WHY_NOT[name]
    prompt = (
        "Four runs have taken 2,000 steps. For each of them, here are the loss and the length of the gradient after 1,000 steps, "
        "and then after 2,000. One of the runs stands on a plateau that it will leave. Which one do you give more steps?\n\n" + "\n".join(rows)
    )  # fmt: skip
    return prompt, right, wrong


STUCK = Choice("11.6", "Stuck or slow?", 1, "tell a plateau from a run that is stuck by its gradient", choose=four_runs)

# ---------------------------------------------------------------- 11.7 momentum as a program


def roll_program(**changed):
    """A program (w, c, goal, rate, beta, steps) on arrays -> w and the velocity at the end."""
    walk = rolled(**changed)

    def program(w, c, goal, rate, beta, steps):
        places, speeds = walk(c, goal, w, rate, beta, steps)
        return {"w": places[-1] if places else w, "v": speeds[-1] if speeds else 0 * w}

    return program


programming = partial(Mistake, see=PITFALLS)
HOW_MANY = "How many times is the rule applied, if steps is 1?"
MORE_SLIPS = (
    (rolling("program-moves-by-the-old-velocity", "$w$ moves by the old velocity, before the new slope is added to it",
             "It is tempting to write the update of $w$ first.", "With one step, does your $w$ move at all?"), {"late": True}),
    (programming("roll-ends-after-one", "one step is taken, whatever `steps` says", "It is tempting to indent the `return` like the line above it, but then it ends "
                 "the loop in its first round.", HOW_MANY), {"steps": lambda k: 1}),
    (programming("roll-step-too-few", "one step too few is taken", "It is tempting to start the loop at 1.", HOW_MANY), {"steps": lambda k: k - 1}),
    (programming("roll-step-too-many", "one step too many is taken", "It is tempting to let the loop run from 0 to `steps`, both included.", HOW_MANY), {"steps": lambda k: k + 1}),
)  # fmt: skip


def draw_rolls(rng):
    """Three walks in 2, 3 and 4 directions, of 3, 5 and 4 steps."""
    import numpy as np

    cases = []
    for size, steps in ((2, 3), (3, 5), (4, 4)):
        w, c, goal = (
            np.array([rng.uniform(*ends) for _ in range(size)]) for ends in ((0.2, 0.9), (1.5, 6), (1.5, 3.5))
        )
        cases.append((w, c, goal, rng.uniform(0.03, 0.09), rng.uniform(0.55, 0.85), steps))
    return cases


PROGRAM = Functions(
    "11.7",
    "Momentum as a program",
    3,
    "write gradient descent with momentum",
    arguments=("w", "c", "goal", "rate", "beta", "steps"),
    outputs=("w", "v"),
    text="A loss is the sum of parabolas, one for each parameter: in direction $i$ its curvature is $c_i$ and its bottom is at $\\text{goal}_i$, so its slope is "
    "$c_i (w_i - \\text{goal}_i)$. Write a function `roll(w, c, goal, rate, beta, steps)` that takes `steps` steps with momentum and returns `w` and the velocity `v` "
    "at the end, in this order. The velocity begins at 0, and the rule is that of *Momentum*. `w`, `c` and `goal` are NumPy arrays of the same length, which may be any.",
    cases=draw_rolls,
    solve=roll_program(),
    mistakes=tuple((mistake, roll_program(**changed)) for mistake, changed in (*ROLL_SLIPS, *MORE_SLIPS)),
)  # fmt: skip

# ---------------------------------------------------------------- 11.8 and 11.9, from earlier chapters

REVIEW_OF_2_2 = replace(
    entry("2.2"),
    id="11.8",
    title="Once more: a step by hand (from chapter 2)",
    points=2,
    book={"w": 1.8, "b": 2.1, "slope_w": 5.5, "slope_b": -1.6, "rate": 0.03},
)
REVIEW_OF_7_6 = replace(
    entry("7.6"),
    id="11.9",
    title="Once more: one weight in two places (from chapter 7)",
    points=2,
    book={"x": 1.9, "w": 0.8, "b": -0.7, "y": -1.4},
    prompt=lambda n: (
        "In this network both layers have the same weight $w$: $z_1 = w x + b$, $a_1 = \\sigma(z_1)$, $z_2 = w a_1$, "
        f"$L = (z_2 - y)^2$, with {listed(n)}.\n\nWhat are ${partial_derivative('w')}$ and ${partial_derivative('b')}$, in this order?"
    ),
)

# ---------------------------------------------------------------- 11.10 in words

LOSS_ZERO = ByPerson(
    "11.10",
    "The loss is 0",
    2,
    "say what a loss of 0 does not show",
    text="A friend trains trace A, all four parameters, at a rate of 0.1. After 200 steps the loss is 0, and your friend says: *it rose at first, so I was worried about the "
    "rate, but now the network has learned its task.*\n\nIn two or three sentences: what has happened, and with which one calculation could your friend have seen it?",
    rubric=(
        "1 point: the large steps have closed the hidden neuron, which is dead now: the answer is b2 = 3 for this input and all larger ones, and w1 and b1 get no gradient any more. The loss "
        "does not show it, since it asks about one input.",
        "1 point: names a calculation that shows it: the answer for a second input (it is 3 as well), the sign of z1, or the gradient of w1 while the answer is still wrong "
        "(0, though the loss is not).",
    ),
)  # fmt: skip

EXERCISES = (ZERO, LANDING, FROM_SLOPES, BY_HAND, REVERSE, STUCK, PROGRAM, REVIEW_OF_2_2, REVIEW_OF_7_6, LOSS_ZERO)
