"""Exercises of chapter 2, downhill: which way a step goes, how far, what it does, and what it does not promise."""

from __future__ import annotations

from functools import partial
from math import hypot

from ..checking import Arrays, ByPerson, Choice, Functions, Several
from ..checking.choices import diagnose
from ..engine.trace_table import fmt
from ..mistakes import Mistake

PAGE = "02_downhill"  # of the book, and folder of its solutions

WHICH_WAY, STEEPEST, HOW_FAR, PITFALLS = "2: Which way?", "2: The steepest way down", "2: How far?", "2: Pitfalls"

# ---------------------------------------------------------------- 2.1 up, down, or not at all


def trips(rng):
    """(kilometres, suitcases, at night, error) of two trips, of which one fare is too high and one too low."""
    if rng is None:
        return ((1, 2, 0, 3), (5, 0, 0, -1))
    while True:
        high, low = rng.whole(1, 4), -rng.whole(1, 4)
        bags, night = rng.pick([(0, 0), (1, 0), (0, 2), (2, 1)]), rng.pick([(0, 0), (1, 0), (0, 1)])
        found = tuple(zip((rng.whole(1, 3), rng.whole(4, 7)), bags, night, rng.shuffled([high, low]), strict=True))
        sums = [sum(trip[k] * trip[3] for trip in found) for k in range(3)] + [high + low]
        clear = 0 not in (sums[0], sums[3]) and all(any(trip[k] for trip in found) == bool(sums[k]) for k in (1, 2))
        if clear and 0 < sum(total < 0 for total in sums) < 4:
            return found


def turning(rng):
    """A meter of four knobs and two trips: which knobs go up?"""
    found = trips(rng)
    knobs = {"a": ("b", None), "b": ("s", 1), "c": ("w", 0), "d": ("n", 2)}
    why, up = {}, ""
    for letter, (name, k) in knobs.items():
        rates = [1 if k is None else trip[k] for trip in found]
        products = [rate * trip[3] for rate, trip in zip(rates, found, strict=True)]
        total = sum(products)
        up += letter if total < 0 else ""
        why[letter] = (
            f"neither trip has anything that ${name}$ is multiplied by, so turning it moves no fare, its slope is 0, and it stays"
            if not any(rates)
            else f"if ${name}$ goes up by 1, the two fares go up by {rates[0]} and {rates[1]}; multiply each by its error, "
            f"which gives ${products[0]}$ and ${products[1]}$, ${total}$ together, so the slope is {'negative' if total < 0 else 'positive'} "
            f"and ${name}$ goes {'up' if total < 0 else 'down'}"
        )
    errors = [f"{abs(trip[3])} too {'high' if trip[3] > 0 else 'low'}" for trip in found]
    prompt = (
        "A meter has four knobs: the fare is $w$ times the kilometres, plus $s$ times the suitcases, plus $b$, and at night $n$ more. "
        "The loss is the mean of the squared errors over these two trips:\n\n| | first trip | second trip |\n|---|---|---|\n"
        f"| kilometres | {found[0][0]} | {found[1][0]} |\n| suitcases | {found[0][1]} | {found[1][1]} |\n"
        f"| at night | {' | '.join('yes' if trip[2] else 'no' for trip in found)} |\n| the meter's fare is | {errors[0]} | {errors[1]} |\n\n"
        "Before you calculate any slope: which knobs does a step of gradient descent turn **up**?\n\n"
        "- **a:** the basic charge, $b$\n- **b:** the price of a suitcase, $s$\n- **c:** the price of a kilometre, $w$\n"
        '- **d:** what is added at night, $n$\n\nAnswer with all letters that apply, such as "ac", or with "" for none.'
    )
    return prompt, up, why


KNOBS = Several(
    "2.1", "Up, down, or not at all?", 2, "predict which way a step turns a knob, or that it stays", choose=turning
)

# ---------------------------------------------------------------- 2.2 a step by hand


def one_step(*, w=lambda w, g, r: w - r * g, b=None, change=lambda g, r: -r * (g[0] ** 2 + g[1] ** 2)):
    """A program (w, b, slopes, rate) -> where the knobs are after a step, and what the slopes promise of the loss.

    w, b     (value, slope, rate) -> the new value; b None: by the same rule as w
    change   (both slopes, rate) -> the promised change
    """

    def program(**n):
        g, rate = (n["slope_w"], n["slope_b"]), n["rate"]
        return {"w": w(n["w"], g[0], rate), "b": (b or w)(n["b"], g[1], rate), "change": change(g, rate)}

    return program


stepping = partial(Mistake, see=WHICH_WAY)
promising = partial(Mistake, see=STEEPEST)


def stays(value, slope, rate):
    return value


WHERE_BEFORE = "Where does the knob stand before the step, and by how much does it move?"
MULTIPLIED = "The rule has a slope, a rate, and one sign between two numbers. What is done with the slope and the rate?"
BOTH = "For each knob, multiply its slope by how far it moves. What do the two make together?"
STEP_SLIPS = (
    (stepping("step-along-the-gradient", "the step is added, where it is subtracted",
              "It is tempting because the gradient points somewhere, and it is easy to follow it. It points uphill.",
              "Take the knob with the negative slope: does the loss fall if it goes up, or if it goes down?"),
     {"w": lambda w, g, r: w + r * g}),
    (stepping("whole-slope-subtracted", "the whole slope is subtracted, without the learning rate",
              "It is tempting because a slope looks like a distance.", MULTIPLIED), {"w": lambda w, g, r: w - g}),
    (stepping("slope-over-rate", "the slope is divided by the learning rate, where it is multiplied by it",
              "It is tempting because dividing sounds like making a step smaller.", MULTIPLIED), {"w": lambda w, g, r: w - g / r}),
    (stepping("rate-times-the-knob", "the learning rate is multiplied by the knob's own value, where it is multiplied by the slope",
              "It is tempting because turning a knob by a tenth sounds like a tenth of its value.", MULTIPLIED),
     {"w": lambda w, g, r: w - r * w}),
    (stepping("rate-alone-subtracted", "each knob moves by the learning rate alone, and the slope only says which way",
              "It is tempting because the sign of a slope is what you need first.",
              "Does the knob with the steeper slope move further?"), {"w": lambda w, g, r: w - r * ((g > 0) - (g < 0))}),
    (stepping("turned-down-always", "the minus sign of a slope is lost, so that both knobs go down",
              "It is tempting because the rule has a minus sign already, and two of them are one too many for the eye.",
              "What is left of minus a negative number?"), {"w": lambda w, g, r: w - r * abs(g)}),
    (stepping("turned-up-always", "both knobs go up, whatever the sign of their slope",
              "It is tempting because the rule turns one of them up, and the same then seems right for the other.",
              "Take the knob with the positive slope: does the loss fall if it goes up, or if it goes down?"),
     {"w": lambda w, g, r: w + r * abs(g)}),
    (stepping("step-for-the-new-knob", "how far each knob moves is given, not where it stands afterwards",
              "It is tempting because the step is what the slope and the rate make.", WHERE_BEFORE), {"w": lambda w, g, r: -r * g}),
    (stepping("product-for-the-new-knob", "the slope times the rate is given, not where the knob stands afterwards",
              "It is tempting because that product is all there is to calculate.", WHERE_BEFORE), {"w": lambda w, g, r: r * g}),
    (stepping("knob-shrunk-by-step", "each knob is multiplied by 1 minus the step, where the step is subtracted from it",
              "It is tempting because a rate sounds like a share of something.", WHERE_BEFORE), {"w": lambda w, g, r: w * (1 - r * g)}),
    (stepping("b-stands-still", "only $w$ moves", "It is tempting because its slope is the steeper one.",
              "Which knobs does the rule turn?"), {"b": stays}),
    (stepping("w-stands-still", "only $b$ moves", "It is tempting to look at one knob at a time, as when you nudge.",
              "Which knobs does the rule turn?"), {"w": stays, "b": lambda b, g, r: b - r * g}),
)  # fmt: skip
CHANGE_SLIPS = (
    (promising("promise-turned", "the promised change is given with the wrong sign",
               "It is tempting because you ask how much is won. But the loss falls, so its change is negative.",
               "Does a short step against the gradient raise the loss, or lower it?"), lambda g, r: r * (g[0] ** 2 + g[1] ** 2)),
    (promising("promise-without-rate", "the learning rate is left out of the promised change",
               "It is tempting because the squares of the slopes are most of the work.", BOTH), lambda g, r: -(g[0] ** 2 + g[1] ** 2)),
    (promising("promise-with-squared-rate", "the learning rate is squared in the promised change",
               "It is tempting because the slopes are. But a slope comes twice, as slope and in the step, and the rate only once.", BOTH),
     lambda g, r: -r * r * (g[0] ** 2 + g[1] ** 2)),
    (promising("promise-of-the-length", "the length of the gradient is multiplied by the rate, where the square of its length is",
               "It is tempting because the length of the *step* is the rate times the length of the gradient.", BOTH),
     lambda g, r: -r * hypot(*g)),
    (promising("slope-times-length-one", "the length of the gradient itself is given, as for a step of length 1",
               "It is tempting because that is the steepest fall for each unit of length. How long is this step?", BOTH),
     lambda g, r: -hypot(*g)),
    (promising("promise-of-w-alone", "only what $w$ contributes is counted", "It is tempting because its slope is the steeper one.", BOTH),
     lambda g, r: -r * g[0] ** 2),
    (promising("promise-of-b-alone", "only what $b$ contributes is counted", "It is tempting to look at one knob at a time, as when you nudge.", BOTH),
     lambda g, r: -r * g[1] ** 2),
    (promising("contributions-subtracted", "what the two knobs contribute is subtracted, where it adds up",
               "It is tempting because one slope is negative. But that knob goes up, so its contribution is negative as well.", BOTH),
     lambda g, r: -r * (g[0] ** 2 - g[1] ** 2)),
    (promising("slopes-added-without-their-steps", "the two slopes are added and multiplied by the rate, without multiplying each by its own step",
               "It is tempting because the contributions add up. But slopes are not contributions.", BOTH), lambda g, r: -r * (g[0] + g[1])),
    (promising("sizes-of-slopes-added-up", "the sizes of the two slopes are added and multiplied by the rate, so each slope is multiplied by the rate and not by its own step",
               "It is tempting because the rate sounds like the length of the step.", BOTH), lambda g, r: -r * (abs(g[0]) + abs(g[1]))),
    (promising("half-the-promise", "half of the promised change is given, as if the loss were a parabola with its lowest point where the step ends",
               "It is tempting because the slope shrinks on the way. But the promise is about the slope where you stand.", BOTH),
     lambda g, r: -r * (g[0] ** 2 + g[1] ** 2) / 2),
)  # fmt: skip


def draw_step(rng):
    """Two knobs with slopes of opposite signs, and a rate."""
    steep, flat = rng.tenths(4, 8), rng.tenths(1.5, 3.5)
    g = (-steep, flat) if rng.whole(0, 1) else (steep, -flat)
    return {
        "w": rng.tenths(1.2, 2.9),
        "b": rng.tenths(1.2, 2.9),
        "slope_w": g[0],
        "slope_b": g[1],
        "rate": rng.pick([0.02, 0.03, 0.04, 0.05]),
    }


BY_HAND = Arrays(
    "2.2",
    "A step by hand",
    3,
    "take a step of gradient descent by hand, and say what the slopes promise of it",
    outputs=("w", "b", "change"),
    book={"w": 1.4, "b": 2.5, "slope_w": -6.0, "slope_b": 3.5, "rate": 0.04},
    sample=draw_step,
    solve=one_step(),
    mistakes=(
        *((mistake, one_step(**changed)) for mistake, changed in STEP_SLIPS),
        *((mistake, one_step(change=change)) for mistake, change in CHANGE_SLIPS),
    ),
    tolerance=lambda n: {"w": 0.003, "b": 0.003, "change": 0.003},
    prompt=lambda n: (
        f"Two knobs stand at $w = {fmt(n['w'])}$ and $b = {fmt(n['b'])}$. The slopes of the loss are ${fmt(n['slope_w'])}$ for $w$ and "
        f"${fmt(n['slope_b'])}$ for $b$, and the learning rate is {fmt(n['rate'])}.\n\nWhere do $w$ and $b$ stand after one step of gradient "
        "descent? And by how much do the slopes promise that the loss will change? Give three numbers in this order, or by the names w, b "
        "and change. Three decimals are enough."
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 2.3 from the knobs to the slip


def ways_to_step(n):
    """Where a step takes w and b for one trip, and four other ways to take it."""
    x, y, w, b, rate = n

    def error(w, b):
        return w * x + b - y

    def at(w, b):
        return [round(w, 3), round(b, 3)]

    dw, db = 2 * error(w, b) * x, 2 * error(w, b)
    w_new, b_new = w - rate * dw, b - rate * db
    return at(w_new, b_new), [
        (
            "updated $w$, then worked out the slope for $b$ with the new $w$",
            at(w_new, b - rate * 2 * error(w_new, b)),
            None,
        ),
        (
            "updated $b$, then worked out the slope for $w$ with the new $b$",
            at(w - rate * 2 * error(w, b_new) * x, b_new),
            None,
        ),
        ("added the steps", at(w + rate * dw, b + rate * db), None),
        ("turned both knobs by the same amount, that which is right for $b$", at(w - rate * db, b_new), None),
    ]


def draw_trip(rng):
    return (
        rng.pick([2.0, 3.0]),
        float(rng.whole(6, 9)),
        rng.tenths(0.8, 1.5),
        rng.tenths(0.6, 1.4),
        rng.pick([0.02, 0.03, 0.04]),
    )


def and_(pair) -> str:
    return f"$w = {fmt(pair[0], 3)}$ and $b = {fmt(pair[1], 3)}$"


REVERSE = Choice(
    "2.3",
    "What did they do?",
    1,
    "tell from where the knobs ended which slip was made",
    choose=lambda rng: diagnose(
        rng,
        book=(2.0, 7.0, 1.0, 1.0, 0.05),
        resample=draw_trip,
        ways=ways_to_step,
        tell=lambda n, right, found: (
            f"A single trip of {fmt(n[0])} kilometres cost {fmt(n[1])}, and the loss is $L = ({fmt(n[0])}\\, w + b - {fmt(n[1])})^2$. Beginning at "
            f"$w = {fmt(n[2])}$ and $b = {fmt(n[3])}$, a learner takes one step with a learning rate of {fmt(n[4])} and reports {and_(found)}. "
            f"The right step leads to {and_(right)}. What did they do?"
        ),
        order=[2, 3, 0, 1],
    ),
)

# ---------------------------------------------------------------- 2.4 the factor, and the largest rate


def mean_square(xs):
    return sum(x * x for x in xs) / len(xs)


def repeated(*, curvature=lambda xs: 2 * mean_square(xs), factor=lambda r, c: 1 - r * c, limit=lambda c: 2 / c,
             at=lambda f, k, start, goal: goal + f**k * (start - goal)):  # fmt: skip
    """A program of a walk on a parabola -> the factor of each step, where w is in the end, and the limit of the rates.

    curvature   kilometres -> how fast the slope changes
    factor      (rate, curvature) -> what a step multiplies the distance by
    limit       curvature -> the rate above which the walk does not come closer
    at          (factor, steps, start, goal) -> where w is in the end
    """

    def program(x, price, start, rate, steps):
        c = curvature(x)
        f = factor(rate, c)
        return {"factor": f, "w": at(f, steps, start, price), "limit": limit(c)}

    return program


walking = partial(Mistake, see=HOW_FAR)
SLOPE_OF_L = "Write the loss as a number times $(w - \\text{price})^2$. Which number? And what is its slope?"
SUBTRACT = "What does each step multiply: $w$ itself, or its distance from the right price?"
WALK_SLIPS = (
    (walking("curvature-of-the-sum", "the squared errors are added up, and their mean is not taken",
             "It is tempting because each trip has its own square.", SLOPE_OF_L), {"curvature": lambda xs: 2 * mean_square(xs) * len(xs)}),
    (walking("curvature-without-two", "the factor 2 of the slope of a square is left out, so that the curvature comes out half as large",
             "It is tempting because the number in front of the square looks like the curvature.", SLOPE_OF_L), {"curvature": mean_square}),
    (walking("kilometres-not-squared", "the kilometres are not squared", "It is tempting because the price is multiplied by them only once. But the error is squared, "
             "and they are a factor of it.", SLOPE_OF_L), {"curvature": lambda xs: 2 * sum(xs) / len(xs)}),
    (walking("mean-kilometres-squared", "the mean of the kilometres is squared, where the mean of their squares is needed",
             "It is tempting because one average trip looks like all three.", SLOPE_OF_L), {"curvature": lambda xs: 2 * (sum(xs) / len(xs)) ** 2}),
    (walking("one-over-the-curvature", "1 divided by the curvature is given as the limit, where it is 2 divided by it",
             "It is tempting because that is the rate which lands in one step. Up to twice that rate, the jumps still come closer.",
             "Which factor does a step have exactly at the limit: 0 or -1?"), {"limit": lambda c: 1 / c}),
    (walking("four-over-the-curvature", "the limit comes out twice as large as it is: 2 is divided by half of the curvature",
             "It is tempting because the number in front of the square looks like the curvature.", SLOPE_OF_L), {"limit": lambda c: 4 / c}),
    (walking("curvature-for-the-limit", "the curvature itself is given as the limit",
             "It is tempting because it is the number that decides.", "In a steeper valley, may the rate be larger, or must it be smaller?"), {"limit": lambda c: c}),
    (walking("factor-turned", "the factor is given with the wrong sign, as the curvature times the rate minus 1",
             "It is tempting because the product is larger than 1, and the larger number comes first.",
             "Does the walk change sides at each step?"), {"factor": lambda r, c: r * c - 1}),
    (walking("size-of-the-factor", "the minus sign of the factor is lost",
             "It is tempting because its size says whether the walk comes closer.", "Does the walk change sides at each step?"), {"factor": lambda r, c: abs(1 - r * c)}),
    (walking("factor-with-a-plus", "1 is added to the rate times the curvature, where that product is subtracted from 1",
             "It is tempting because a minus sign is easily lost.", "With a tiny rate, is the next distance larger than this one, or smaller?"),
     {"factor": lambda r, c: 1 + r * c}),
    (walking("product-for-the-factor", "the rate times the curvature is taken as the factor, where it is 1 minus that",
             "It is tempting because it is what the distance shrinks *by*, not what is left of it.",
             "With a rate of 0, what does a step multiply the distance by?"), {"factor": lambda r, c: r * c}),
    (walking("knob-for-its-distance", "the factor is applied to $w$ itself, where it multiplies the distance from the right price",
             "It is tempting because $w$ is the knob that moves.", SUBTRACT), {"at": lambda f, k, start, goal: f**k * start}),
    (walking("distance-for-the-knob", "the distance from the right price is given, where the question is where $w$ stands",
             "It is tempting because the distance is what the factor multiplies.", SUBTRACT), {"at": lambda f, k, start, goal: f**k * (start - goal)}),
    (walking("distance-the-wrong-way-round", "the distance is taken as the price minus $w$, and then added to the price",
             "It is tempting because the larger number comes first in a difference.", SUBTRACT), {"at": lambda f, k, start, goal: goal + f**k * (goal - start)}),
    (walking("factor-times-the-steps", "the factor is multiplied by the number of steps, where it is multiplied with itself that often",
             "It is tempting because the steps add up. But each one multiplies what the last one left.",
             "What is left of the distance after two steps?"), {"at": lambda f, k, start, goal: goal + f * k * (start - goal)}),
    (walking("one-jump-alone", "one step is taken, where several are asked for",
             "It is tempting because the first step is what the rule gives.", "How many steps are taken?"), {"at": lambda f, k, start, goal: goal + f * (start - goal)}),
    (walking("one-jump-too-few", "one step too few is taken", "It is tempting to count the start as the first place.", "How many steps are taken?"),
     {"at": lambda f, k, start, goal: goal + f ** (k - 1) * (start - goal)}),
    (walking("one-jump-too-many", "one step too many is taken", "It is tempting to begin counting at 0.", "How many steps are taken?"),
     {"at": lambda f, k, start, goal: goal + f ** (k + 1) * (start - goal)}),
)  # fmt: skip


def draw_walk(rng):
    x = sorted(rng.shuffled([1.0, 2.0, 3.0, 4.0, 5.0])[:3])
    rate = round((1 - rng.pick([-0.7, -0.6, -0.5, -0.4])) / (2 * mean_square(x)), 2)
    return {"x": x, "price": rng.tenths(1.2, 2.8), "start": rng.tenths(0.2, 0.8), "rate": rate, "steps": 3}


LIMIT = Arrays(
    "2.4",
    "How far is too far?",
    3,
    "find the factor of each step from the curvature, and the largest learning rate that still comes closer",
    outputs=("factor", "w", "limit"),
    book={"x": [1.0, 2.0, 4.0], "price": 1.5, "start": 0.5, "rate": 0.1, "steps": 3},
    sample=draw_walk,
    solve=repeated(),
    mistakes=tuple((mistake, repeated(**changed)) for mistake, changed in WALK_SLIPS),
    tolerance=lambda n: {"factor": 0.006, "w": 0.008, "limit": 0.02 / mean_square(n["x"])},
    prompt=lambda n: (
        f"Trips of {', '.join(fmt(x) for x in n['x'][:-1])} and {fmt(n['x'][-1])} kilometres each cost exactly {fmt(n['price'])} for every kilometre. The only knob is "
        f"the price $w$, and the loss is the mean of the three squared errors. You begin at $w = {fmt(n['start'])}$, with a learning rate of {fmt(n['rate'])}.\n\n"
        f"By what factor does each step multiply the distance of $w$ from {fmt(n['price'])}? Where is $w$ after {n['steps']} steps? And below which limit does a learning rate "
        "still come closer? Give three numbers in this order, or by the names factor, w and limit, with three decimals."
    ),
)

# ---------------------------------------------------------------- 2.5 which direction

ON_THE_CIRCLE = [(a * x, b * y) for x, y in ((0.8, 0.6), (0.6, 0.8)) for a in (1, -1) for b in (1, -1)]


def compass(rng):
    """Five steps of equal length and a gradient: which step lowers the loss most?"""
    g, order = ((2.0, -1.2), [2, 4, 1, 0, 3]) if rng is None else (None, rng.shuffled(range(5)))
    while g is None:
        drawn = (rng.tenths(1, 3) * rng.pick([-1, 1]), rng.tenths(1, 3) * rng.pick([-1, 1]))
        ratio = abs(drawn[0] / drawn[1])
        g = drawn if 1.25 < ratio < 2 or 0.5 < ratio < 0.8 else None

    def rise(step):
        return g[0] * step[0] + g[1] * step[1]

    best = min(ON_THE_CIRCLE, key=rise)
    level = min(ON_THE_CIRCLE, key=lambda step: abs(rise(step)))
    steeper = 0 if abs(g[0]) > abs(g[1]) else 1
    alone = tuple(-float((x > 0) - (x < 0)) if i == steeper else 0.0 for i, x in enumerate(g))
    other = tuple(
        abs(b) * ((a > 0) - (a < 0)) for a, b in zip(best, best[::-1], strict=True)
    )  # closer to the flatter knob
    steps = [best, (-best[0], -best[1]), alone, other, level]
    said = [
        "",
        "points with the gradient, which is uphill",
        "turns only the knob with the steeper slope, and the other one would have helped as well",
        "goes down on both knobs, but most on the one whose slope is flatter",
        "is nearly at a right angle to the gradient, where the two contributions almost cancel",
    ]
    lines, wrong, right = [], {}, ""
    for letter, i in zip("abcde", order, strict=True):
        lines.append(f"- **{letter}:** $({', '.join(fmt(0.1 * x) for x in steps[i])})$")
        if i == 0:
            right = letter
        else:
            wrong[letter] = (
                f"this step {said[i]}; its dot product with the gradient is ${fmt(0.1 * rise(steps[i]), 3)}$, and another step has a lower one"
            )
    prompt = (
        f"Where you stand, the gradient is $({fmt(g[0])}, {fmt(g[1])})$, for $w$ and $b$. All of these steps $(\\Delta_w, \\Delta_b)$ have "
        "the length 0.1, which is short here. Which one lowers the loss most?\n\n" + "\n".join(lines)
    )
    return prompt, right, wrong


COMPASS = Choice(
    "2.5",
    "Which direction?",
    1,
    "find the step that lowers the loss most by the dot product with the gradient",
    choose=compass,
)

# ---------------------------------------------------------------- 2.6 a walk as a program


def slopes_of_line(w, b, x, y):
    """The slopes of the mean squared error of w x + b."""
    error = w * x + b - y
    return 2 * (error * x).mean(), 2 * error.mean()


def descent(*, slopes=slopes_of_line, rate=lambda r: r, steps=lambda k: k, turn="together", moves=(1, 1), afresh=True):
    """A program (w, b, x, y, rate, steps) -> where the walk ends, right or wrong.

    slopes   (w, b, x, y) -> those that are used
    rate     rate -> what they are multiplied by
    steps    steps -> how many are taken
    turn     "together", or which knob is updated before the slope of the other is worked out: "w", "b"
    moves    0 for a knob that stands still, -1 for one that goes uphill
    afresh   whether the slopes are worked out again at each step
    """

    def program(w, b, x, y, r, k):
        kept = slopes(w, b, x, y)
        for _ in range(steps(k)):
            dw, db = slopes(w, b, x, y) if afresh else kept
            if turn == "w":
                db = slopes(w - rate(r) * dw, b, x, y)[1]
            if turn == "b":
                dw = slopes(w, b - rate(r) * db, x, y)[0]
            w, b = w - rate(r) * dw * moves[0], b - rate(r) * db * moves[1]
        return {"w": w, "b": b}

    return program


def other_slopes(
    dw=lambda e, x: 2 * (e * x).mean(), db=lambda e, x: 2 * e.mean(), error=lambda w, b, x, y: w * x + b - y
):
    """Slopes from the errors, some of them made otherwise."""

    def slopes(w, b, x, y):
        e = error(w, b, x, y)
        return dw(e, x), db(e, x)

    return slopes


programming = partial(Mistake, see="2: A messenger, and a walker")
AT_ONCE = "At which $w$ and $b$ are the two slopes of one step taken: the old ones, or one old and one new?"
HOW_MANY = "How many times is the rule applied, if steps is 1?"
BY_NUDGE = "Nudge $w$ alone, by hand: does your slope agree with what the loss does?"
PROGRAM_SLIPS = (
    (programming("program-walks-uphill", "the steps are added, where they are subtracted; or the errors are taken as what was paid minus the fare",
                 "It is tempting because one wants to *apply* a gradient.", "Print the loss after each step. Does it fall?"),
     {"rate": lambda r: -r}),
    (Mistake("b-sees-the-new-w", "$w$ is updated first, and the slope for $b$ is then worked out with the new $w$",
             "It is tempting to finish one knob before the next.", AT_ONCE, PITFALLS), {"turn": "w"}),
    (Mistake("w-sees-the-new-b", "$b$ is updated first, and the slope for $w$ is then worked out with the new $b$",
             "It is tempting to finish one knob before the next.", AT_ONCE, PITFALLS), {"turn": "b"}),
    (programming("walk-of-the-sum", "the sum of the squared errors is used, where it is their mean",
                 "It is tempting because every trip has its own square.", "What does your loss do if every trip is in the list twice?"),
     {"slopes": lambda w, b, x, y: tuple(len(x) * g for g in slopes_of_line(w, b, x, y))}),
    (programming("mean-taken-twice", "the slopes are divided by the number of trips twice",
                 "It is tempting because the mean is already in `mean()`, where it is easily overlooked.", BY_NUDGE),
     {"slopes": lambda w, b, x, y: tuple(g / len(x) for g in slopes_of_line(w, b, x, y))}),
    (programming("mean-for-b-alone", "the slope for $w$ is a sum, that for $b$ a mean",
                 "It is tempting because `error @ x` is a sum and `error.mean()` is not.", BY_NUDGE),
     {"slopes": other_slopes(dw=lambda e, x: 2 * (e * x).sum())}),
    (programming("mean-for-w-alone", "the slope for $b$ is a sum, that for $w$ a mean",
                 "It is tempting because each line looks right by itself.", BY_NUDGE), {"slopes": other_slopes(db=lambda e, x: 2 * e.sum())}),
    (programming("rate-squared-in-the-program", "the learning rate enters twice, or is squared",
                 "It is tempting to put it into the slope, and again into the update.", "How often does the learning rate occur in the rule?"),
     {"rate": lambda r: r * r}),
    (programming("rate-nowhere-in-the-program", "the learning rate is not used", "It is tempting because the rule is shorter without it.",
                 "What does your function do differently if the rate is 0?"), {"rate": lambda r: 1.0}),
    (programming("divided-by-the-rate-in-the-program", "the slopes are divided by the learning rate", "It is tempting because dividing sounds like making a step smaller.",
                 "What does your function do differently if the rate is tiny?"), {"rate": lambda r: 1 / r}),
    (programming("two-left-out-in-the-program", "the factor 2 is left out of the slopes", "It is tempting because the error looks like the slope already.", BY_NUDGE),
     {"rate": lambda r: r / 2}),
    (programming("divided-by-two-trips", "the sums over the trips are divided by 2, as they are for the chapter's two trips, or are left without the factor 2 of the slope",
                 "It is tempting because the 2 of the square and the 2 of two trips cancel in the chapter.", "What does your loss do if every trip is in the list twice?"),
     {"slopes": lambda w, b, x, y: tuple(len(x) / 2 * g for g in slopes_of_line(w, b, x, y))}),
    (programming("b-walks-uphill", "the step of $b$ is added, where it is subtracted", "It is tempting because the two lines look alike, and one sign is easily overlooked.",
                 "Print the loss after each step. Does it fall?"), {"moves": (1, -1)}),
    (programming("w-walks-uphill", "the step of $w$ is added, where it is subtracted", "It is tempting because the two lines look alike, and one sign is easily overlooked.",
                 "Print the loss after each step. Does it fall?"), {"moves": (-1, 1)}),
    (programming("kilometres-left-out", "the slope for $w$ is not multiplied by the kilometres, so that both knobs have the same slope",
                 "It is tempting because both knobs serve the same error.", "If $w$ goes up by 1, by how much does the fare of a long trip rise?"),
     {"slopes": other_slopes(dw=lambda e, x: 2 * e.mean())}),
    (programming("kilometres-for-b-too", "the slope for $b$ is multiplied by the kilometres as well",
                 "It is tempting to copy the line above.", "If $b$ goes up by 1, by how much does each fare rise?"),
     {"slopes": other_slopes(db=lambda e, x: 2 * (e * x).mean())}),
    (programming("means-multiplied", "the mean error is multiplied by the mean of the kilometres, where the mean of the products is needed",
                 "It is tempting because one average trip looks like all of them.", BY_NUDGE),
     {"slopes": other_slopes(dw=lambda e, x: 2 * e.mean() * x.mean())}),
    (programming("basic-charge-left-out", "the basic charge is left out of the fares", "It is tempting because it is 0 when the walk begins. But then it moves.",
                 "What is the fare of a trip of no kilometres?"), {"slopes": other_slopes(error=lambda w, b, x, y: w * x - y)}),
    (programming("same-slopes-at-each-step", "the slopes are worked out once, and used for all steps",
                 "It is tempting to put them above the loop, since they do not look as if they changed.",
                 "After the first step, is the slope still what it was?"), {"afresh": False}),
    (programming("returned-after-one-step", "one step is taken, whatever `steps` says", "It is tempting to indent the `return` like the line above it, but then it ends "
                 "the loop in its first round.", HOW_MANY), {"steps": lambda k: 1}),
    (programming("step-too-few", "one step too few is taken", "It is tempting to start the loop at 1.", HOW_MANY), {"steps": lambda k: k - 1}),
    (programming("step-too-many", "one step too many is taken", "It is tempting to let the loop run from 0 to `steps`, both included.", HOW_MANY), {"steps": lambda k: k + 1}),
    (programming("not-one-step", "no step is taken: the knobs come back as they were", "It is tempting to give the new values names of their own, and then to return the old ones.",
                 "Which names does your `return` have?"), {"steps": lambda k: 0}),
    (programming("b-never-turned", "$b$ is never updated", "It is tempting because the price is most of a fare.", "Which knobs does the rule turn?"), {"moves": (1, 0)}),
    (programming("w-never-turned", "$w$ is never updated", "It is tempting to forget a line that looks like the next one.", "Which knobs does the rule turn?"), {"moves": (0, 1)}),
)  # fmt: skip


def draw_walks(rng):
    """Three walks: 2, 3 and 5 trips, 4, 2 and 7 steps, a rate that comes closer."""
    import numpy as np

    cases = []
    for trips, steps in ((2, 4), (3, 2), (5, 7)):
        x = np.array([rng.uniform(0.5, 3) for _ in range(trips)])
        y = np.array([rng.uniform(3, 9) for _ in range(trips)])
        cases.append((rng.uniform(0.5, 2), rng.uniform(0.3, 1.5), x, y, rng.uniform(0.04, 0.09), steps))
    return cases


WALK = Functions(
    "2.6",
    "A walk as a program",
    3,
    "write gradient descent for a line, updating all parameters at once",
    arguments=("w", "b", "x", "y", "rate", "steps"),
    outputs=("w", "b"),
    text="Write a function `descend(w, b, x, y, rate, steps)` that fits the line $w x + b$ to trips: it takes `steps` steps of gradient descent with the "
    "learning rate `rate`, and returns where `w` and `b` are then. The loss is the mean of the squared errors over all trips; `x` (kilometres) and `y` (what was paid) "
    "are NumPy arrays of the same length, which may be any. You may find the slopes by nudging or with the formula from *Which way?*.",
    cases=draw_walks,
    solve=descent(),
    mistakes=tuple((mistake, descent(**changed)) for mistake, changed in PROGRAM_SLIPS),
)

# ---------------------------------------------------------------- 2.7 in words

AWAY = ByPerson(
    "2.7",
    "Away from the goal",
    2,
    "say what the direction of steepest descent does not promise",
    text="A friend looks at the chapter's taxi and says: *the best price is $w = 1$, and the first step took $w$ from 2 to 2.4. So the gradient was wrong, or "
    "the learning rate was too large.*\n\nIn two or three sentences: is your friend right, and why did the step raise $w$?",
    rubric=(
        "1 point: neither is so. The gradient says what lowers the loss fastest with a short step from here, and the loss did fall; it does not say where the lowest "
        "point is (a smaller rate would also have raised w, only by less).",
        "1 point: says why w went up: at the start both fares were too low, so raising either knob lowers the loss, and w moves the fares most, since the long trip "
        "counts it twice. (Only once b has grown is w too high.)",
    ),
)

EXERCISES = (KNOBS, BY_HAND, REVERSE, LIMIT, COMPASS, WALK, AWAY)
