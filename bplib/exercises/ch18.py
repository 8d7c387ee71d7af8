"""Exercises of chapter 18, vanishing and exploding: factors that multiply layer by layer."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial as preset

import numpy as np

from ..mistakes import Mistake
from ..slips import SLIPS
from ..tracing import fmt
from . import Arrays, ByPerson, Choice, Functions, WhichLine
from .ch05 import PATHS
from .ch08 import GAIN, halves
from .letters import suspects

TWENTY = "18: Multiply twenty numbers"
SLOPE = "18: The slope of the sigmoid"
FIRST = "18: A first cure"


slip = preset(Mistake, see=TWENTY)


# ---------------------------------------------------------------- 18.1 by hand


def left(power=lambda r, n: r**n, needed=lambda r, share: math.log(share) / math.log(r)):
    """A program (rate, layers, share) -> what is left, and after how many layers a share is reached."""

    def program(rate, layers, share):
        return {"share left": power(rate, layers), "layers": math.ceil(needed(rate, share))}

    return program


POWERS = Arrays(
    "18.1",
    "What is left",
    2,
    "work out what a factor for each layer leaves of a gradient",
    asks=("share left", "layers"),
    book={"rate": 0.7, "layers": 12, "share": 0.001},
    draw=lambda draw: {"rate": draw.pick([0.65, 0.7, 0.75, 0.8]), "layers": draw.whole(8, 12), "share": draw.pick([0.001, 0.0001])},
    solve=left(),
    room=lambda n: {"share left": 0.0005 + 0.01 * n["rate"] ** n["layers"], "layers": 0.2},
    prompt=lambda n: (
        f"Each layer passes on {fmt(n['rate'])} of the gradient that it gets. Which share is left after {n['layers']} layers, to "
        f"three decimals, and after how many layers is it, for the first time, no more than {fmt(n['share'])}?"
    ),
    slips=(
        (slip("losses-added", "each layer's loss is subtracted from 1", "Taking the same away at each layer sounds like it.",
              "The second layer takes its share of what?"), left(lambda r, n: 1 - n * (1 - r), lambda r, s: (1 - s) / (1 - r))),
        (slip("times-for-power", "the rate is multiplied by the number of layers", "So many times a rate sounds like that rate, so many times.",
              "Can more be left than there was?"), left(lambda r, n: n * r)),
        (slip("not-yet-reached", "the last layer at which more than the share is left is given", "The logarithm is no whole number, and one rounds down.",
              "Work out what is left after that many layers. Is it no more than the share?"),
         left(needed=lambda r, s: math.log(s) / math.log(r) - 1)),
        (slip("one-layer-less", "one layer too few is multiplied", "Between posts there is one fence fewer.",
              "How many layers multiply?"), left(lambda r, n: r ** (n - 1))),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 18.2 predict

NETWORKS = {
    "20 sigmoid layers, Xavier": "vanishes: at most a quarter for each layer",
    "20 ReLU layers, He": "keeps its size: half of the neurons are closed, and the weights make up for it",
    "20 layers without activation, weights that stretch by 1.3": "explodes: 1.3 to the 20th is about 190",
    "20 ReLU layers, Xavier": "shrinks, by about 0.7 for each layer",
}


def predict(draw):
    """Four networks: in which is the gradient at the first layer largest, or smallest?"""
    most = True if draw is None else draw.pick([True, False])
    names = list(NETWORKS) if draw is None else draw.shuffled(NETWORKS)
    letters = dict(zip("abcd", names, strict=True))
    target = "20 layers without activation, weights that stretch by 1.3" if most else "20 sigmoid layers, Xavier"
    choices = "\n".join(f"- **{letter}:** {name}" for letter, name in letters.items())
    prompt = f"Before you run anything: in which of these is the gradient at the first layer {'largest' if most else 'smallest'}?\n\n{choices}"
    wrong = {letter: f"there it {NETWORKS[name]}" for letter, name in letters.items() if name != target}
    return prompt, next(letter for letter, name in letters.items() if name == target), wrong


PREDICT = Choice(
    "18.2",
    "Predict",
    1,
    "predict from activation and initialisation whether a gradient vanishes or explodes",
    choose=predict,
)

# ---------------------------------------------------------------- 18.3 from the number to the reason


def reason(draw):
    """A ratio of gradients, and what each layer's factor must have been."""
    factor, layers = (0.25, 10) if draw is None else (draw.pick([0.25, 0.5, 0.8, 1.25]), draw.whole(8, 15))
    ratio = factor**layers
    ways = {factor: "", ratio ** (1 / (layers + 3)): "", ratio / layers: "", 1 - (1 - ratio) / layers: ""}
    values = sorted(ways) if draw is None else draw.shuffled(sorted(ways))
    letters = dict(zip("abcd", values, strict=True))
    words = {ratio / layers: "equal factors multiply to the whole, they do not add up to it: which number, taken that many times as a factor, gives it",
             1 - (1 - ratio) / layers: f"that {'adds' if ratio > 1 else 'takes away'} the same amount in each layer; a factor goes by what has arrived",
             ratio ** (1 / (layers + 3)): f"to the power {layers} that gives another ratio: check it"}  # fmt: skip
    choices = "\n".join(f"- **{letter}:** {fmt(value, 3)}" for letter, value in letters.items())
    prompt = (
        f"From layer {layers + 1} back to layer 1, a gradient changes by a factor of {ratio:.3g} in all, and the plot on a logarithmic "
        f"scale is a straight line. What is the factor for each layer?\n\n{choices}"
    )
    wrong = {letter: words[value] for letter, value in letters.items() if value != factor}
    return prompt, next(letter for letter, value in letters.items() if value == factor), wrong


REVERSE = Choice("18.3", "Read the line", 1, "read the factor for each layer off a gradient's growth", choose=reason)

# ---------------------------------------------------------------- 18.4 the first NaN

RECORD = [("the loss", "nan"), ("the weights of layer 3", "nan"), ("the gradient of layer 3's weights", "nan"),
          ("the outputs of layer 3", "nan"), ("the outputs of layer 2", "inf"), ("the weights of layer 2", "9.1e+306"),
          ("the gradient of layer 2's weights, one step earlier", "9.1e+307"), ("the inputs", "fine")]  # fmt: skip


def first_nan(draw):
    """A record of what was found: where did it begin?"""
    order = list(range(len(RECORD))) if draw is None else draw.shuffled(range(len(RECORD)))
    rows = "\n".join(f"| {n} | {RECORD[i][0]} | {RECORD[i][1]} |" for n, i in enumerate(order, 1))
    at = order.index(6) + 1
    prompt = (
        "Training prints `nan`. Somebody looks at everything, in no particular order:\n\n| line | what | value |\n|---|---|---|\n"
        f"{rows}\n\nWhich line shows where the trouble began? (0 if none does.)"
    )
    after = {0: "it was computed from numbers that were NaN already", 1: "it was moved by a gradient that was NaN",
             2: "it was computed from outputs that were NaN", 3: "infinity went in, and infinity minus infinity is NaN",
             4: "the weights that made it were far too large already", 5: "a step along an exploded gradient had made them so large",
             7: "nothing is wrong with them"}  # fmt: skip
    words = {order.index(i) + 1: f"it is a consequence: {word}" for i, word in after.items()}
    words[0] = "One of them comes before all the others."
    return prompt, at, words, "The gradient had exploded one step before anything was NaN."


NAN = WhichLine("18.4", "The first, not the last", 1, "find where a NaN came from", lines=first_nan)

# ---------------------------------------------------------------- 18.5 measure it


def back(W, slopes, dZ, *, transposed=True, through=True):
    """The lengths of dZ at each step, from the first to the last, going back through the same weights again and again."""
    found = [float(np.linalg.norm(dZ))]
    for slope in reversed(slopes):
        dZ = dZ @ (W.T if transposed else W)
        if through:
            dZ = dZ * slope
        found.append(float(np.linalg.norm(dZ)))
    return {"lengths": found[::-1]}


def deep_cases(draw):
    """Four steps back for two examples of three, and three for three examples of two; slopes between 0 and 1."""
    sizes = ((4, 2, 3), (3, 3, 2))
    return [(halves(draw, n, n), np.abs(halves(draw, steps, N, n)) / 3, halves(draw, N, n)) for steps, N, n in sizes]


MEASURE = Functions(
    "18.5",
    "Measure the flow",
    4,
    "measure how a gradient changes from step to step",
    takes=("W", "slopes", "dZ"),
    asks=("lengths",),
    text="A network uses the same weights `W` at every step, as when it reads a text word by word. `dZ` is the gradient at the last "
    "step's pre-activations, one example in each row, and `slopes` holds the activation's slopes $f'(Z)$ of all steps before that one, in order of time: `slopes[0]` is the first step's. "
    "Write a function `lengths(W, slopes, dZ)` that goes back through all steps, $dZ_{\\text{before}} = (dZ\\, W^{\\mathsf T}) "
    "\\odot f'(Z_{\\text{before}})$, and returns `np.linalg.norm(dZ)` for every step, the last one included, from the first to the last.",
    cases=deep_cases,
    solve=back,
    slips=(
        (slip("slopes-left-out", "the activations' slopes are left out", "The weights look like all there is.",
              "What stands between A and Z?", see=SLOPE), lambda W, slopes, dZ: back(W, slopes, dZ, through=False)),
        (slip("weights-not-turned", "W is not transposed on the way back", "W is square here, so it runs.",
              "Over what does the sum in dA run?", see="8: Backward, index by index"), lambda W, slopes, dZ: back(W, slopes, dZ, transposed=False)),
        (slip("from-the-last", "the lengths are listed from the last step to the first", "That is the order in which they were found.",
              "Which step comes first in your list?", see="18: Deep in time"),
         lambda W, slopes, dZ: {"lengths": back(W, slopes, dZ)["lengths"][::-1]}),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 18.6 an activation that the chapter does not have


def leaky(slope, *, squares=True, root=True):
    """What one layer with a leaky ReLU does to lengths, and the variance that makes up for it."""
    mean = (1 + slope**2) / 2 if squares else (1 + slope) ** 2 / 4
    return {"factor": math.sqrt(mean) if root else mean, "variance": 1 / mean}


LEAKY = Arrays(
    "18.6",
    "A new activation",
    2,
    "find the factor of an activation that was not in the chapter",
    asks=("factor", "variance"),
    book={"slope": 0.2},
    draw=lambda draw: {"slope": draw.pick([0.2, 0.25, 0.3, 0.4])},
    room=lambda n: {"factor": 0.002, "variance": 0.002},
    solve=leaky,
    prompt=lambda n: (
        f"A leaky ReLU has the slope 1 above 0 and {fmt(n['slope'])} below. Half of the pre-activations are above 0. The weights are "
        "drawn with variance $1/n$ ($n$ inputs and $n$ outputs), so that they alone keep lengths.\n\nBy which `factor` does one layer multiply the length of a "
        "gradient (the root of the mean *square* of the slopes), and by what must the `variance` be multiplied so that the factor is 1? Three decimals are enough."
    ),
    slips=(
        (slip("mean-of-slopes", "the mean of the slopes is taken, not the root of their mean square", "A mean slope sounds like what one layer does on average.",
              "A length is the root of a sum of squares. What happens to the squares?", see=FIRST), lambda slope: leaky(slope, squares=False)),
        (slip("root-forgotten", "the root is not taken for the factor", "The mean square is right for the variance, and stands there already.",
              "A length is a root. Of what?", see=FIRST), lambda slope: leaky(slope, root=False)),
        (slip("relu-factor", "the slope below 0 is taken for 0", "For a ReLU it would be right.", "What gets through below 0?", see=FIRST),
         lambda slope: leaky(0.0)),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 18.7 and 18.8, from earlier chapters; 18.9 in words


def gain_and_shift(run=GAIN.solve, shift=lambda dY: dY.sum(axis=0)):
    """Y = X * g + s: a program (X, g, s, dY) -> dg, ds and dX, right or with one of them done otherwise."""
    return lambda X, g, s, dY: run(X, g, dY) | {"ds": shift(dY)}


AGAIN_8 = replace(
    GAIN,
    id="18.7",
    title="Once more: a layer's backward pass (from chapter 8)",
    points=2,
    objective="write the backward pass of a layer, for any shapes",
    takes=("X", "g", "s", "dY"),
    asks=("dg", "ds", "dX"),
    text="A layer multiplies each column of $X$ by a number of its own and adds another: $y_{nj} = x_{nj}\\, g_j + s_j$. Write a "
    "function `backward(X, g, s, dY)` that returns dg, ds and dX, in this order, each shaped like what it belongs to.",
    cases=lambda draw: [
        (halves(draw, N, n), halves(draw, n), halves(draw, n), halves(draw, N, n)) for N, n in ((3, 4), (5, 2), (2, 3))
    ],
    solve=gain_and_shift(),
    slips=(
        *((mistake, gain_and_shift(program)) for mistake, program in GAIN.slips),
        (SLIPS["bias-averaged"], gain_and_shift(shift=lambda dY: dY.mean(axis=0))),
        (SLIPS["bias-summed-over-all"], gain_and_shift(shift=np.sum)),
    ),
)
AGAIN_5 = replace(
    PATHS, id="18.8", title="Once more: paths and edges (from chapter 5)", points=1, book={"sizes": [1, 6, 4, 5, 1]}
)

WORDS = ByPerson(
    "18.9",
    "Why not a larger learning rate?",
    2,
    "say why one learning rate cannot mend a vanishing gradient",
    text="In a network of twenty sigmoid layers the first layer's gradient is a trillion times smaller than the last one's. A friend "
    "proposes a learning rate that is a trillion times larger.\n\nIn two or three sentences: what would happen, and what does help?",
    rubric=(
        "1 point: one rate serves all layers; a step that suits the first layer throws the last one far out.",
        "1 point: what helps is a factor near 1 for each layer: another activation, another way to draw the weights (or another "
        "rate for each layer, normalisation, shortcuts).",
    ),
)

# ---------------------------------------------------------------- 18.10 from the number to the slip


def what_is_left(numbers):
    """The share that so many layers leave of a gradient, and four ways to another."""
    rate, n = numbers
    return rate**n, [
        ("the rate was multiplied by the number of layers", n * rate, None),
        ("what each layer takes was subtracted from 1, again and again", 1 - n * (1 - rate), None),
        ("one layer too few was multiplied", rate ** (n - 1), None),
        ("the rate was divided by the number of layers", rate / n, None),
    ]


CULPRIT = Choice(
    "18.10",
    "What did they do?",
    1,
    "tell from a wrong share of a gradient how it was worked out",
    choose=lambda draw: suspects(
        draw,
        book=(0.7, 5),
        redraw=lambda draw: (draw.pick([0.6, 0.65, 0.7, 0.75, 0.8]), draw.whole(4, 7)),
        ways=what_is_left,
        tell=lambda n, right, found: (
            f"Each of {n[1]} layers passes on {fmt(n[0])} of the gradient that it gets. A learner says that {fmt(found, 3)} of it "
            f"arrives. It is {fmt(right, 3)}. What did they do?"
        ),
        order=[0, 3, 1, 2],
        guilty=1,
    ),
)

EXERCISES = (POWERS, PREDICT, REVERSE, NAN, MEASURE, LEAKY, AGAIN_8, AGAIN_5, WORDS, CULPRIT)
