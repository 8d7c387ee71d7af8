"""Exercises of chapter 4, one path: rates that multiply."""

from __future__ import annotations

from math import cosh, tanh

from ..mistakes import Mistake
from ..tracing import fmt
from ..value import Value, values
from . import ByHand, Choice, Functions, WhichLine
from .graphs import gradients, listed, partial, slack_of, slips_on
from .letters import planted, suspects

NEURON_HEADING = "4: A neuron, term by term"
MULTIPLY_HEADING = "4: Rates multiply"
PLACE_HEADING = "4: A rate depends on where you are"


def neuron(activation: str):
    """A graph builder: z = w x + b, a = activation(z), L = (a - y)^2."""

    def build(**n: float) -> tuple[Value, dict[str, Value]]:
        x, w, b, y = leaves = values(**{name: n[name] for name in ("x", "w", "b", "y")})
        z = w * x + b
        a = getattr(z, activation)()
        loss = (a - y) ** 2
        return loss, {leaf.name: leaf for leaf in leaves} | {"z": z, "a": a, "L": loss}

    return build


sigmoid_neuron, tanh_neuron = neuron("sigmoid"), neuron("tanh")
SHARED_BLIND = {
    "half-loss": "gives the slopes of no-factor-two, whose message names both",
    "updated-weight": "no step is taken here",
    "step-for-slope": "no learning rate is given",
    "new-value-for-slope": "no learning rate is given",
}
NAMES = {"sigmoid": "\\sigma", "tanh": "\\tanh"}


def words(kind: str) -> str:
    return f"$z = w x + b$, $a = {NAMES[kind]}(z)$, $L = (a - y)^2$"


# ---------------------------------------------------------------- 4.1 a neuron by hand

NEURON = ByHand(
    "4.1",
    "A neuron, term by term",
    3,
    "find a slope as the product of the rates along one path",
    asks=("a", "dL/dw", "dL/db"),
    book={"x": 2.4, "w": 0.7, "b": -0.5, "y": -0.6},
    draw=lambda draw: {
        "x": draw.tenths(2.1, 3),
        "w": draw.tenths(0.4, 0.8),
        "b": -draw.tenths(0.3, 0.7),
        "y": -draw.tenths(0.4, 1.2),
    },
    build=sigmoid_neuron,
    read=lambda outcome, nodes, n: [outcome.values[nodes["a"]], *gradients("w", "b")(outcome, nodes, n)],
    slack=slack_of(sigmoid_neuron, "a", "dL/dw", "dL/db"),
    prompt=lambda n: (
        f"{words('sigmoid')}, with {listed(n)}.\n\nWhat is $a$, and what are ${partial('w')}$ and ${partial('b')}$? Three decimals "
        "on the way are enough."
    ),
    blind=SHARED_BLIND,
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


def pipeline(draw):
    """Which sign has the rate of a pipeline of four steps?"""
    x, steps = 1.0, ["square it", "multiply by $-3$", "add $2$", "take $\\tanh$"]
    if draw is not None:
        x, steps = draw.pick([-1.5, -1.0, 0.5, 1.5]), draw.shuffled(list(LINKS))[:4]
    rate, value, told = 1.0, x, []
    for step in steps:
        f, slope = LINKS[step]
        rate, value = rate * slope(value), f(value)
        told.append(slope)
    sign = (rate > 0) - (rate < 0)
    letters = {"a": 1, "b": -1, "c": 0}
    prompt = (
        f"Start with $x = {fmt(x)}$; then {', then '.join(steps)}. Before you calculate: when $x$ grows a little, is the rate "
        "at which the result moves\n\n- **a:** positive\n- **b:** negative\n- **c:** zero"
    )
    hint = (
        "take each rate at its own place: does every link let something through"
        if sign == 0
        else "count the negative rates, each at its own place"
    )
    wrong = {letter: hint for letter, s in letters.items() if s != sign}
    return prompt, next(letter for letter, s in letters.items() if s == sign), wrong


SIGN = Choice("4.2", "The sign first", 1, "predict the sign of a product of rates", choose=pipeline)

# ---------------------------------------------------------------- 4.3 from the number to the slip


SUSPECTS = ("no-activation-slope", "half-sigmoid-slope", "input-forgotten", "factors-added")

REVERSE = Choice(
    "4.3",
    "What did they do?",
    1,
    "tell from a wrong slope which slip made it",
    choose=lambda draw: suspects(
        draw,
        book={"x": 2.3, "w": 0.6, "b": -0.4, "y": -0.7},
        redraw=NEURON.draw,
        ways=lambda n: slips_on(sigmoid_neuron, n, "w", SUSPECTS),
        tell=lambda n, right, found: (
            f"{words('sigmoid')}, with {listed(n)}. A learner finds ${partial('w')} = {fmt(found, 3)}$; the truth is "
            f"{fmt(right, 3)}. Which of these gives their number?"
        ),
        order=range(4),
        guilty=1,
    ),
)

# ---------------------------------------------------------------- 4.4 an operation that the chapter does not have


def lens(**n: float) -> tuple[Value, dict[str, Value]]:
    """u = x^2 + k, v = u^(-1/2), y = c v."""
    x, c, k = leaves = values(**{name: n[name] for name in ("x", "c", "k")})
    u = x**2 + k
    v = u**-0.5
    y = c * v
    return y, {leaf.name: leaf for leaf in leaves} | {"u": u, "v": v, "y": y}


def lens_read(outcome, nodes, n):
    return [outcome.values[nodes["y"]], outcome.grads[nodes["x"]]]


def lens_slip(slug: str, says: str, because: str, question: str, heading: str, rate, y=None):
    """rate: (numbers) -> the wrong dy/dx; y: (numbers) -> the wrong y, where it is wrong too."""
    read = lambda right, nodes, n: [y(n) if y else right.values[nodes["y"]], rate(n)]  # noqa: E731
    return Mistake(slug, says, because, question, heading), read


ROOT = ByHand(
    "4.4",
    "A new link",
    2,
    "take the rate of a function that was not in the table",
    asks=("y", "dL/dx"),
    book={"x": 1.9, "c": 3.0, "k": 0.9},
    draw=lambda draw: {"x": draw.tenths(1.2, 2.2), "c": draw.tenths(2.5, 5), "k": draw.tenths(0.4, 1.5)},
    build=lens,
    read=lens_read,
    slack=lambda n: [slack_of(lens, "y")(n)[0], slack_of(lens, "dL/dx")(n)[0]],
    prompt=lambda n: (
        f"$u = x^2 + k$, $v = u^{{-1/2}}$ (one over the square root), $y = c\\,v$, with {listed(n)}. The rule for powers holds for "
        "this exponent too.\n\nWhat is $y$, and how fast does it move with $x$? (The second is asked as dL/dx: here "
        "$L$ is $y$ itself.)"
    ),
    blind=SHARED_BLIND
    | dict.fromkeys(
        ("input-forgotten", "weight-for-input", "bias-times-b", "no-bias-gradient", "local-for-gradient"),
        "changes the gradients of c and k alone, which are not asked for",
    )
    | {
        "loss-for-its-slope": "there is no loss here",
        "bias-forgotten-forward": "there is no bias; named by constant-forgotten",
        "no-weight-back": "there is no layer; named by factor-forgotten",
        "sign-of-error": "there is no error here; the sign is named by sign-of-exponent",
        "no-factor-two": "there is no loss here; named by square-without-two",
    },
    own=(
        lens_slip(
            "inner-rate-forgotten",
            "the rate of $x^2 + k$ is left out",
            "The outer function is the harder one, and takes all the attention.",
            "How many links lie between x and y? How many rates did you multiply?",
            MULTIPLY_HEADING,
            lambda n: n["c"] * -0.5 * (n["x"] ** 2 + n["k"]) ** -1.5,
        ),
        lens_slip(
            "factor-forgotten",
            "the factor $c$ is left out of the rate",
            "It stands in front, and the work is elsewhere.",
            "If v grows by 0.01, by how much does y grow?",
            MULTIPLY_HEADING,
            lambda n: -0.5 * (n["x"] ** 2 + n["k"]) ** -1.5 * 2 * n["x"],
        ),
        lens_slip(
            "constant-forgotten",
            "$k$ is left out of $u$",
            "Its rate is 0, so it seems to play no part. But it decides where the other rates are taken.",
            "What is u, with the number that is added?",
            PLACE_HEADING,
            lambda n: n["c"] * -0.5 * n["x"] ** -3 * 2 * n["x"],
            y=lambda n: n["c"] / n["x"],
        ),
        lens_slip(
            "square-without-two",
            "the rate of $x^2$ is taken as $x$",
            "With the exponent gone from the top, the 2 is gone from sight.",
            "What is the slope of the square of x?",
            PLACE_HEADING,
            lambda n: n["c"] * -0.5 * (n["x"] ** 2 + n["k"]) ** -1.5 * n["x"],
        ),
        lens_slip(
            "exponent-left-behind",
            "the exponent -1/2 does not come to the front",
            "It is lowered to -3/2, and looks dealt with.",
            "A power's rate has two changes in it. Which one did you make?",
            PLACE_HEADING,
            lambda n: n["c"] * -1.0 * (n["x"] ** 2 + n["k"]) ** -1.5 * 2 * n["x"],
        ),
        lens_slip(
            "exponent-not-lowered",
            "the exponent comes to the front and stays as it was",
            "One half of the rule for powers is easier to remember than the other.",
            "What happens to the exponent when a power is differentiated?",
            PLACE_HEADING,
            lambda n: n["c"] * -0.5 * (n["x"] ** 2 + n["k"]) ** -0.5 * 2 * n["x"],
        ),
        lens_slip(
            "sign-of-exponent",
            "the exponent comes to the front without its sign",
            "A minus sign in an exponent is small.",
            "When u grows, does one over its root grow or shrink?",
            PLACE_HEADING,
            lambda n: n["c"] * 0.5 * (n["x"] ** 2 + n["k"]) ** -1.5 * 2 * n["x"],
        ),
    ),
)

# ---------------------------------------------------------------- 4.5 a bug hunt

PROGRAM = [
    ("z = w * x + b", "a neuron multiplies and adds its bias"),
    ("a = tanh(z)", "that is the activation"),
    ("dL_da = 2 * (a - y)", "the slope of (a - y)²"),
    ("da_dz = 1 - a ** 2", "the slope of tanh, written with what comes out"),
    ("dL_dz = dL_da * da_dz", "one link further back, one factor more"),
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
    "find a wrong rate in somebody else's program",
    lines=lambda draw: planted(
        draw,
        f"{words('tanh')}. Somebody wrote",
        PROGRAM,
        BUGS,
        book=4,
        hint="Nudge w and compare, or take the lines one by one.",
    ),
)

# ---------------------------------------------------------------- 4.6 a rate as a program


def tanh_chain(*, inner: bool = True, outer: bool = True, at_z: bool = True):
    """A program (x, k) -> the rate of tanh(k x^2), right or with a link missing."""

    def program(x, k):
        z = k * x**2
        place = z if at_z else tanh(z)
        return {"rate": (1 / cosh(place) ** 2 if outer else 1.0) * (2 * k * x if inner else 1.0)}

    return program


RATE = Functions(
    "4.6",
    "The rate as a program",
    3,
    "write the rate of a chain of functions",
    takes=("x", "k"),
    asks=("rate",),
    text="Write a function `rate(x, k)` that returns how fast $\\tanh(k x^2)$ moves with $x$. No nudging: use the chain rule. "
    "It is tried on numbers that you have not seen.",
    cases=lambda draw: [(draw.uniform(0.3, 0.9), draw.uniform(0.5, 1.2)), (-draw.uniform(0.3, 0.9), draw.uniform(0.5, 1.2)),
                        (draw.uniform(0.2, 0.6), -draw.uniform(0.5, 1.2))],
    solve=tanh_chain(),
    slips=(
        (Mistake("inner-rate-left-out", "the rate of the inside, 2 k x, is left out", "The outer function takes all the attention.",
                 "How many links are there between x and the result?", MULTIPLY_HEADING), tanh_chain(inner=False)),
        (Mistake("outer-rate-left-out", "the slope of tanh is left out", "It was computed on the way forward, so it feels done with.",
                 "Between k x² and the result stands a function. What is its slope?", NEURON_HEADING), tanh_chain(outer=False)),
        (Mistake("slope-one-step-on", "the slope of tanh is taken at what came out of it", "1 - a² contains a, so one puts a in once more.",
                 "At which number is the slope of tanh taken: at what goes in, or at what comes out?", NEURON_HEADING), tanh_chain(at_z=False)),
    ),
)  # fmt: skip

EXERCISES = (NEURON, SIGN, REVERSE, ROOT, HUNT, RATE)
