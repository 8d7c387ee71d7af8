"""Exercises of chapter 18, vanishing and exploding: factors that multiply layer by layer."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import partial

import numpy as np

from ..checking import Arrays, ByPerson, Choice, Functions, WhichLine, entry
from ..checking.choices import diagnose
from ..engine.trace_table import fmt
from ..mistakes import Mistake
from ..mistakes.arrays import SLIPS, slips_of
from .shared.combined import alone_and_together
from .shared.gains import GAIN_SLIPS, INDICES, gain, halves, renamed

PAGE = "18_vanishing_and_exploding"  # of the book, and folder of its solutions

TWENTY = "18: Multiply twenty numbers"
SLOPE = "18: The slope of the sigmoid"
FACTOR = "18: One layer back, derived"


slip = partial(Mistake, see=TWENTY)


# ---------------------------------------------------------------- 18.1 by hand


def left(rate, layers, share):
    """What is left after so many layers, and after how many layers a share is reached."""
    return {"share left": rate**layers, "layers": math.ceil(math.log(share) / math.log(rate))}


def left_slip(slug: str, says: str, because: str, question: str, found):
    """A slip in one number of 18.1: found(rate, layers, share) is what it gives."""
    return slip(slug, says, f"It is tempting because {because}.", question), found


ADDED = slip("losses-added", "each layer's loss is subtracted from 1", "It is tempting because each layer takes away the same part.",
             "The second layer takes its part of what?")  # fmt: skip
LOST = slip("lost-for-kept", "the part that a layer takes is used, where the part that it passes on belongs",
            "It is tempting because a gradient that vanishes makes one think of what is lost.",
            "Which of the two numbers does the exercise give: what a layer passes on, or what it takes?")  # fmt: skip
PERCENT = ("the share is given in percent, and not as a number from 0 to 1", "shares are often said in percent",
           "If all of it were left, would you give 1, or 100?")  # fmt: skip
SHARE_SLIPS = (
    left_slip("share-in-percent", *PERCENT, lambda rate, layers, share: round(100 * rate**layers, 1)),
    left_slip("share-in-percent-finer", *PERCENT, lambda rate, layers, share: round(100 * rate**layers, 2)),
    (ADDED, lambda rate, layers, share: 1 - layers * (1 - rate)),
    (LOST, lambda rate, layers, share: (1 - rate) ** layers),
    left_slip("times-for-power", "the rate is multiplied by the number of layers", "so many layers sound like so many times",
              "Can more be left than there was?", lambda rate, layers, share: layers * rate),
    left_slip("divided-by-layers", "the rate is divided by the number of layers", "it gives a small number, as expected",
              "What is left after two layers?", lambda rate, layers, share: rate / layers),
    left_slip("one-layer-less", "one layer too few is multiplied", "there is one step fewer between the layers than there are layers",
              "How many layers multiply?", lambda rate, layers, share: rate ** (layers - 1)),
    left_slip("one-layer-more", "one layer too many is multiplied", "it is easy to count the gradient that goes in as a layer of its own",
              "How many layers multiply?", lambda rate, layers, share: rate ** (layers + 1)),
    left_slip("share-that-is-lost", "the share that is lost is given", "a gradient that vanishes makes one think of what is lost",
              "Does your number grow or shrink with each layer? Should what is left grow?", lambda rate, layers, share: 1 - rate**layers),
    left_slip("one-layer-alone", "the share that one layer passes on is given", "it is the number that stands in the exercise",
              "How many layers does the gradient pass?", lambda rate, layers, share: rate),
    left_slip("square-alone", "the rate is squared", "a power is often a square",
              "How many layers does the gradient pass?", lambda rate, layers, share: rate**2),
)  # fmt: skip
LAYERS_SLIPS = (
    (ADDED, lambda rate, layers, share: math.ceil((1 - share) / (1 - rate))),
    (LOST, lambda rate, layers, share: math.ceil(math.log(share) / math.log(1 - rate))),
    left_slip("not-yet-reached", "the count stops one layer early, where more than the limit is still left, as when the ratio of the logarithms is rounded down",
              "a ratio of logarithms is no whole number", "Work out what is left after that many layers. Is it no more than the limit?",
              lambda rate, layers, share: math.ceil(math.log(share) / math.log(rate)) - 1),
    left_slip("one-layer-late", "the start, where the gradient is still whole, is counted as a layer", "the start stands first in the list",
              "Work out what is left one layer earlier. Is it more than the limit?",
              lambda rate, layers, share: math.ceil(math.log(share) / math.log(rate)) + 1),
    left_slip("tenfold-share", "the limit of the second question is taken ten times as large as it is", "a zero behind the point is easily lost",
              "How many zeros stand behind the point in the limit?",
              lambda rate, layers, share: math.ceil(math.log(10 * share) / math.log(rate))),
    left_slip("tenth-of-share", "the limit of the second question is taken as a tenth of what it is", "a zero behind the point is easily written twice",
              "How many zeros stand behind the point in the limit?",
              lambda rate, layers, share: math.ceil(math.log(share / 10) / math.log(rate))),
    left_slip("layers-that-remain", "the layers that come after those of the first question are counted, not all of them",
              "the first question has already gone part of the way", "Is the gradient whole when your count begins?",
              lambda rate, layers, share: math.ceil(math.log(share) / math.log(rate)) - layers),
    left_slip("rate-over-share", "the rate is divided by the limit", "a ratio says how often one number goes into another",
              "What happens at each layer: is something taken off, or is it multiplied?", lambda rate, layers, share: math.ceil(rate / share)),
)  # fmt: skip


POWERS = Arrays(
    "18.1",
    "What is left",
    2,
    "work out what a factor for each layer leaves of a gradient",
    outputs=("share left", "layers"),
    book={"rate": 0.7, "layers": 12, "share": 0.001},
    sample=lambda rng: {
        "rate": rng.pick([0.65, 0.7, 0.75, 0.8]),
        "layers": rng.whole(8, 12),
        "share": rng.pick([0.001, 0.0001]),
    },
    solve=left,
    tolerance=lambda n: {"share left": 0.0005 + 0.01 * n["rate"] ** n["layers"], "layers": 0.2},
    prompt=lambda n: (
        f"Each layer passes on {fmt(n['rate'])} of the gradient that reaches it.\n\nWhat share of the gradient is left after {n['layers']} "
        f"layers (`share left`, a number from 0 to 1, to three decimals)? And how many layers does it take until at most {fmt(n['share'])} of it is left "
        "(`layers`)? Start counting where the gradient is still whole."
    ),
    mistakes=alone_and_together(left, {"share left": SHARE_SLIPS, "layers": LAYERS_SLIPS}),
)

# ---------------------------------------------------------------- 18.2 predict

NETWORKS = {
    "20 sigmoid layers, Xavier": "vanishes, because the factor of a layer is at most a quarter",
    "20 ReLU layers, He": "keeps its size, because half of the slopes are 0, and the weights have twice the variance to make up for that",
    "20 layers without activation, weights that stretch by 1.3": "explodes: 1.3 to the 20th is about 190",
    "20 ReLU layers, Xavier": "shrinks by a factor of about 0.7 for each layer, because half of the slopes are 0",
}


def predict(rng):
    """Four networks: in which is the gradient at the first layer largest, or smallest?"""
    most = True if rng is None else rng.pick([True, False])
    names = list(NETWORKS) if rng is None else rng.shuffled(NETWORKS)
    letters = dict(zip("abcd", names, strict=True))
    target = "20 layers without activation, weights that stretch by 1.3" if most else "20 sigmoid layers, Xavier"
    choices = "\n".join(f"- **{letter}:** {name}" for letter, name in letters.items())
    prompt = f"Before you run anything: which of these networks has the {'longest' if most else 'shortest'} gradient $dZ$ in its first layer?\n\n{choices}"
    wrong = {letter: f"there the gradient {NETWORKS[name]}" for letter, name in letters.items() if name != target}
    return prompt, next(letter for letter, name in letters.items() if name == target), wrong


PREDICT = Choice(
    "18.2",
    "Predict",
    1,
    "predict from activation and initialisation whether a gradient vanishes or explodes",
    choose=predict,
)

# ---------------------------------------------------------------- 18.3 from the number to the reason


def reason(rng):
    """A ratio of gradients, and what each layer's factor must have been."""
    factor, layers = (0.25, 10) if rng is None else (rng.pick([0.25, 0.5, 0.8, 1.25]), rng.whole(8, 15))
    ratio = factor**layers
    ways = {factor: "", ratio ** (1 / (layers + 3)): "", ratio / layers: "", 1 - (1 - ratio) / layers: ""}
    values = sorted(ways) if rng is None else rng.shuffled(sorted(ways))
    letters = dict(zip("abcd", values, strict=True))
    words = {ratio / layers: "equal factors multiply to the whole, they do not add up to it: which number, taken that many times as a factor, gives it",
             1 - (1 - ratio) / layers: f"that {'adds' if ratio > 1 else 'takes away'} the same amount in each layer; a factor goes by what has arrived",
             ratio ** (1 / (layers + 3)): f"to the power {layers} that gives another ratio: check it"}  # fmt: skip
    choices = "\n".join(f"- **{letter}:** {fmt(value, 3)}" for letter, value in letters.items())
    prompt = (
        f"From layer {layers + 1} back to layer 1, the length of $dZ$ changes by a factor of {ratio:.3g} in all, and on a logarithmic "
        f"scale its plot is a straight line. What is the factor for each layer?\n\n{choices}"
    )
    wrong = {letter: words[value] for letter, value in letters.items() if value != factor}
    return prompt, next(letter for letter, value in letters.items() if value == factor), wrong


REVERSE = Choice("18.3", "Read the line", 1, "read the factor for each layer off a gradient's growth", choose=reason)

# ---------------------------------------------------------------- 18.4 the first NaN

RECORD = [("the loss", "nan"), ("the weights of layer 3", "nan"), ("the gradient of layer 3's weights", "nan"),
          ("the outputs of layer 3", "nan"), ("the outputs of layer 2", "inf"), ("the weights of layer 2", "9.1e+306"),
          ("the gradient of layer 2's weights, one step earlier", "9.1e+307"), ("the inputs", "fine")]  # fmt: skip


def first_nan(rng):
    """A record of what was found: where did it begin?"""
    order = list(range(len(RECORD))) if rng is None else rng.shuffled(range(len(RECORD)))
    rows = "\n".join(f"| {n} | {RECORD[i][0]} | {RECORD[i][1]} |" for n, i in enumerate(order, 1))
    at = order.index(6) + 1
    prompt = (
        "Training with a learning rate of 0.1 prints `nan`. You look at everything, in no particular order:\n\n| line | what | value |\n|---|---|---|\n"
        f"{rows}\n\nPut what you found in the order in which training computed it. Which line shows the first number that is not as it should be? (Answer 0 if all of them are.)"
    )
    after = {0: "it was computed from numbers that were NaN already", 1: "it was moved by a gradient that was NaN",
             2: "it was computed from outputs that were NaN", 3: "infinity went in, and infinity minus infinity is NaN",
             4: "the weights that made it were far too large already", 5: "a step of 0.1 times an exploded gradient had made them so large"}  # fmt: skip
    words = {order.index(i) + 1: f"wrong, but not the first: {word}" for i, word in after.items()}
    words[order.index(7) + 1] = "nothing is wrong with the inputs"
    words[0] = "One of them comes before all the others."
    return prompt, at, words, "The gradient had exploded one step before anything was NaN."


NAN = WhichLine("18.4", "The first, not the last", 1, "find where a NaN came from", lines=first_nan)

# ---------------------------------------------------------------- 18.5 measure it


def back(
    W,
    slopes,
    dZ,
    *,
    step=lambda dZ, W, slope: (dZ @ W.T) * slope,
    walk=lambda slopes: slopes[::-1],
    size=np.linalg.norm,
    carried=True,
    listed=lambda found: found[::-1],
):
    """The lengths of dZ at each step, from the first to the last, going back through the same weights again and again.

    A slip takes another step, walks through the slopes otherwise, measures another size, starts each step from the
    last one's dZ again (carried=False), or lists what it found otherwise.
    """
    found, at = [size(dZ)], dZ
    for slope in walk(slopes):
        new = step(at, W, slope)
        found.append(size(new))
        at = new if carried else dZ
    return {"lengths": np.array(listed(found))}


def before_the_slope(W, slopes, dZ):
    """The length is taken of dA, what comes back through W, before the slope."""
    found = [np.linalg.norm(dZ)]
    for slope in slopes[::-1]:
        found.append(np.linalg.norm(dZ @ W.T))
        dZ = (dZ @ W.T) * slope
    return {"lengths": np.array(found[::-1])}


def flow_slip(slug: str, says: str, because: str, question: str, see: str, **altered):
    """A slip on the way back through time: what `back` does otherwise."""
    return slip(slug, says, f"It is tempting because {because}.", question, see=see), partial(back, **altered)


LENGTH = "What does `np.linalg.norm` give for an array of shape (2, 3): how many numbers, and which?"
WHICH_STEP = "In what order do the slopes meet the gradient on its way back?"
TIME, INDEX = "18: Deep in time", "8: Backward, index by index"
FLOW_SLIPS = (
    flow_slip("slopes-left-out", "the activations' slopes are left out", "the weights look like all there is",
              "What stands between A and Z?", SLOPE, step=lambda dZ, W, slope: dZ @ W.T),
    flow_slip("weights-not-turned", "W is not transposed on the way back", "W is square here, so it runs",
              "Over what does the sum in dA run?", INDEX, step=lambda dZ, W, slope: (dZ @ W) * slope),
    flow_slip("weights-left-out", "the gradient is not multiplied by W on the way back", "the slopes change from step to step, and W does not",
              "What stands between one step's A and the next one's Z?", TIME, step=lambda dZ, W, slope: dZ * slope),
    flow_slip("slope-before-weights", "each slope is multiplied in before the gradient goes through W, so that it meets the wrong step's gradient",
              "the two factors look as if they could change places", "At which step's Z was the slope taken: before W, or after it?", SLOPE,
              step=lambda dZ, W, slope: (dZ * slope) @ W.T),
    flow_slip("slope-for-an-output", "f'(1 - f') is used, as if `slopes` held the outputs of sigmoids", "a sigmoid's slope is a(1 - a)",
              "What does the exercise say that `slopes` holds?", SLOPE, step=lambda dZ, W, slope: (dZ @ W.T) * slope * (1 - slope)),
    flow_slip("from-the-last", "the lengths are listed from the last step to the first", "that is the order in which they were found",
              "Which step comes first in your list?", TIME, listed=list),
    flow_slip("slopes-in-time-order", "the slopes are used in the order of time, although the way back meets the last one first",
              "a loop goes from the first to the last", WHICH_STEP, TIME, walk=list),
    flow_slip("time-not-turned", "the slopes are used in the order of time, and the lengths are listed as they were found",
              "a loop goes from the first to the last", WHICH_STEP, TIME, walk=list, listed=list),
    flow_slip("last-step-missing", "the last step's own length is missing", "the loop begins with the step before it",
              "How many steps are there, if `slopes` has one for each step before the last?", TIME, listed=lambda found: found[:0:-1]),
    flow_slip("first-step-missing", "the first step's length is missing: the gradient stops one step early",
              "a range that leaves out its end is easily one too short", "For which step is `slopes[0]`, and where is it in your program?", TIME,
              listed=lambda found: found[-2::-1]),
    flow_slip("latest-slope-missing", "the slope of the step before the last is never used", "the last step has no slope in the list, so its place seems to be taken by this one",
              "For which step is `slopes[-1]`, and where is it in your program?", TIME, walk=lambda slopes: slopes[:-1][::-1]),
    flow_slip("one-slope-for-all", "the same slope, the last in the list, is used at every step", "the weights are the same at every step",
              "Are the slopes the same at every step?", TIME, walk=lambda slopes: [slopes[-1]] * len(slopes)),
    flow_slip("not-carried-on", "every step starts again from the last step's gradient: what one step finds is not carried on to the next",
              "each step has the same formula", "What arrives at the third step from the end?", TIME, carried=False),
    flow_slip("length-squared", "the squares of the lengths are given", "the sum of squares comes first, and the root is easily left out",
              LENGTH, FACTOR, size=lambda dZ: np.sum(dZ**2)),
    flow_slip("sum-of-sizes", "the sizes of the entries are summed up, where a length is the root of the sum of squares",
              "both measure how large an array is", LENGTH, FACTOR, size=lambda dZ: np.abs(dZ).sum()),
    flow_slip("mean-of-sizes", "the mean size of the entries is given, where a length is the root of the sum of squares",
              "both measure how large an array is", LENGTH, FACTOR, size=lambda dZ: np.abs(dZ).mean()),
    flow_slip("largest-entry", "the largest entry is given, where a length is the root of the sum of squares",
              "both measure how large an array is", LENGTH, FACTOR, size=lambda dZ: np.abs(dZ).max()),
    flow_slip("plain-sum", "the entries are summed up with their signs, where a length is the root of the sum of squares",
              "a sum makes one number of many", LENGTH, FACTOR, size=np.sum),
    flow_slip("root-of-mean-square", "the root of the mean square is given, where a length is the root of the sum",
              "a mean does not depend on how many entries there are", LENGTH, FACTOR, size=lambda dZ: np.sqrt(np.mean(dZ**2))),
    flow_slip("length-of-each-example", "the length of each example's gradient is given, where one length for each step is wanted",
              "each row is an example", LENGTH, FACTOR, size=lambda dZ: np.linalg.norm(dZ, axis=1)),
    flow_slip("length-of-each-column", "a length is given for each column, where one for each step is wanted",
              "sums over a batch often run along axis 0", LENGTH, FACTOR, size=lambda dZ: np.linalg.norm(dZ, axis=0)),
    flow_slip("mean-length-of-examples", "the lengths of the examples' gradients are averaged", "each row is an example",
              LENGTH, FACTOR, size=lambda dZ: np.linalg.norm(dZ, axis=1).mean()),
    flow_slip("gradients-for-lengths", "the gradients themselves are returned, where their lengths are wanted", "they are what the loop finds",
              "How many numbers are wanted for each step?", TIME, size=lambda dZ: dZ),
    flow_slip("ratios-for-lengths", "each length is divided by the last step's", "the question is by how much the gradient changes",
              "What should the last number of your list be?", TIME, listed=lambda found: np.array(found[::-1]) / found[0]),
    (slip("before-the-slope", "the length is taken before the slope is multiplied in: of dA, where dZ is asked for",
          "It is tempting because the product with W is the long part of a step.", "Whose length is asked for: dA's, or dZ's?", see=SLOPE),
     before_the_slope),
)  # fmt: skip


def deep_cases(rng):
    """Four steps back for two examples of three, and three for three examples of two; slopes between 0 and 1."""
    sizes = ((4, 2, 3), (3, 3, 2))
    return [(halves(rng, n, n), np.abs(halves(rng, steps, N, n)) / 3, halves(rng, N, n)) for steps, N, n in sizes]


MEASURE = Functions(
    "18.5",
    "Measure the flow",
    4,
    "measure how a gradient changes from step to step",
    arguments=("W", "slopes", "dZ"),
    outputs=("lengths",),
    text="A network uses the same weights `W` at every step, as when it reads a text word by word. `dZ` is the gradient of the last "
    "step's pre-activations, with one example in each row. `slopes` holds the activation's slopes $f'(Z)$ of all earlier steps, in order of time: `slopes[0]` is the first step's. "
    "Write a function `lengths(W, slopes, dZ)` that goes back through all the steps, $dZ_{\\text{before}} = (dZ\\, W^{\\mathsf T}) "
    "\\odot f'(Z_{\\text{before}})$, and returns `np.linalg.norm(dZ)` of every step, the last one included, from the first step to the last.",
    cases=deep_cases,
    solve=back,
    mistakes=FLOW_SLIPS,
)

# ---------------------------------------------------------------- 18.6 an activation that the chapter does not have


def leaky(slope):
    """What one layer with a leaky ReLU does to lengths, and the variance that makes up for it."""
    mean = (1 + slope**2) / 2
    return {"factor": math.sqrt(mean), "variance": 1 / mean}


def leaky_slip(slug: str, says: str, because: str, question: str, **found):
    """A slip of 18.6, and what it gives for the factor or the variance, or for both."""
    return slip(slug, says, f"It is tempting because {because}.", question, see=FACTOR), found


LEAKY_SLIPS = (
    leaky_slip("mean-of-slopes", "the slopes are averaged as they are, without the squares and the root",
               "a mean slope sounds like what one layer does on average", "A length is the root of a sum of squares. What happens to the squares?",
               factor=lambda slope: (1 + slope) / 2, variance=lambda slope: 4 / (1 + slope) ** 2),
    leaky_slip("relu-factor", "the slope below 0 is taken for 0", "for a ReLU it would be right", "What gets through below 0?",
               factor=lambda slope: math.sqrt(0.5), variance=lambda slope: 2.0),
    leaky_slip("squares-not-halved", "the squares of the slopes are added, but not divided by their number",
               "the root of a sum of squares is a length", "Half of the slopes are 1. Can their mean square be more than 1?",
               factor=lambda slope: math.sqrt(1 + slope**2), variance=lambda slope: 1 / (1 + slope**2)),
    leaky_slip("slopes-not-squared", "the mean of the slopes stands in for the mean of their squares",
               "the root at the end is easier to remember than the squares at the beginning", "A length is the root of a sum of what?",
               factor=lambda slope: math.sqrt((1 + slope) / 2), variance=lambda slope: 2 / (1 + slope)),
    leaky_slip("root-forgotten", "the root is not taken for the factor", "the mean square is right for the variance, and is there already",
               "A length is a root. Of what?", factor=lambda slope: (1 + slope**2) / 2),
    leaky_slip("slope-below-alone", "the slope below 0 is given as the factor", "it is what is new in this activation",
               "What happens to the half of the pre-activations that are above 0?", factor=lambda slope: slope),
    leaky_slip("share-lost-to-leak", "the mean square is taken away from 1", "a gradient that shrinks makes one think of what is lost",
               "With a slope of 1 on both sides, what should the factor be?", factor=lambda slope: 1 - (1 + slope**2) / 2),
    leaky_slip("variance-by-the-factor", "the variance is multiplied by one over the factor, not by one over its square",
               "the lengths have to grow by one over the factor", "If all weights are doubled, by how much does their variance grow?",
               variance=lambda slope: 1 / math.sqrt((1 + slope**2) / 2)),
    leaky_slip("variance-turned-round", "the variance is multiplied by the mean square, not by one over it",
               "it is the number that has just been worked out", "The gradient shrinks. Should the weights become larger or smaller?",
               variance=lambda slope: (1 + slope**2) / 2),
    leaky_slip("variance-is-the-factor", "the factor is given a second time, for the variance", "both say what one layer does",
               "The gradient shrinks. Should the weights become larger or smaller?", variance=lambda slope: math.sqrt((1 + slope**2) / 2)),
    leaky_slip("variance-power-four", "the variance is multiplied by one over the square of the mean square",
               "a variance is a square, so the number is squared", "Is the mean square a length already, or the square of one?",
               variance=lambda slope: 4 / (1 + slope**2) ** 2),
)  # fmt: skip


LEAKY = Arrays(
    "18.6",
    "A new activation",
    2,
    "find the factor of an activation that was not in the chapter",
    outputs=("factor", "variance"),
    book={"slope": 0.2},
    sample=lambda rng: {"slope": rng.pick([0.15, 0.2, 0.25, 0.3])},
    tolerance=lambda n: {"factor": 0.002, "variance": 0.002},
    solve=leaky,
    prompt=lambda n: (
        f"A leaky ReLU has the slope 1 above 0 and {fmt(n['slope'])} below, and half of the pre-activations are above 0. The weights are "
        "drawn with variance $1/n$ ($n$ inputs and $n$ outputs), so that they alone keep lengths.\n\nBy what `factor` does one layer multiply the length of a "
        "gradient? (It is the root of the mean *square* of the slopes.) And by what number must you multiply the `variance` of the weights "
        "to make this factor 1? Three decimals are enough."
    ),
    mistakes=alone_and_together(
        leaky,
        {name: [(m, found[name]) for m, found in LEAKY_SLIPS if name in found] for name in ("factor", "variance")},
        {
            "mean-of-slopes+slopes-not-squared": "the mean of the slopes is taken for the factor, and for the mean square too"
        },
    ),
)

# ---------------------------------------------------------------- 18.7 and 18.8, from earlier chapters; 18.9 in words


def gain_and_shift(X, g, s, dY, shift=lambda s, dY: dY.sum(axis=0), **altered):
    """Y = X * g + s: dg, ds and dX, right or with other lines than those of `gain`, or another way to ds."""
    return gain(X, g, dY, **altered) | {"ds": shift(s, dY)}


SHIFT_NAMES = {"the gradients of the biases are": "ds is", "the gradient of the bias": "ds", "where b is": "where s is", "all biases of a layer get": "all columns get",
               "the whole bias": "all of s", "the bias itself": "s itself", "a bias is": "s is", "the bias that": "s that", "the bias seems": "s seems",
               "the weight's gradient": "dg", "does one bias": "does one number of s",                r"\bdZ\b": "dY"}  # fmt: skip


def shift_slips():
    """The slips of a bias, for s: in its name, and with a question about this layer."""
    question = "One number s_j is added to a whole column of the output. What does its gradient collect?"
    rules = {m: lambda s, dY, rule=run.changes["to_bias"]: rule(dY)
             for m, run in slips_of("network") if set(run.changes) == {"to_bias"}}  # fmt: skip
    rules[SLIPS["bias-times-b"]] = lambda s, dY: dY.sum(axis=0) * s
    rules = {renamed(m, SHIFT_NAMES): rule for m, rule in rules.items()}
    return tuple(
        (m.worded(m.says, question=question), partial(gain_and_shift, shift=rule)) for m, rule in rules.items()
    )


OUTPUT_SLIPS = tuple(
    (mistake, lambda X, g, s, dY, line=line: gain_and_shift(X, g, s, dY) | line(X, g, s, dY))
    for mistake, line in (
        (slip("output-for-input", "dg is made with the layer's output, where its input X belongs",
              "It is tempting because the output has the shape of X.", "What was g multiplied by in the forward pass?", see=INDICES),
         lambda X, g, s, dY: {"dg": ((X * g + s) * dY).sum(axis=0)}),
        (slip("output-passed-back", "dX is X * g + s, which is the layer's output",
              "It is tempting because it is what the layer does on the way forward.",
              "What arrives from the loss, and where is it in your dX?", see=INDICES),
         lambda X, g, s, dY: {"dX": X * g + s}),
        (slip("shift-passed-back", "s is added on the way back too", "It is tempting because the forward pass adds it.",
              "If X_nj grows by 0.01, by how much does Y_nj grow? Does that depend on s_j?", see=INDICES),
         lambda X, g, s, dY: {"dX": dY * g + s}),
        (slip("shift-as-a-gain", "ds is made with X, as if s were multiplied", "It is tempting because the line for dg has X in it.",
              "If s_j grows by 0.01, by how much does Y_nj grow?", see=INDICES),
         lambda X, g, s, dY: {"ds": (X * dY).sum(axis=0)}),
        (slip("shift-through-the-gain", "ds is multiplied by the gains, as if s were added before them",
              "It is tempting because dX is multiplied by the gains.", "Is s_j added before the multiplication by g_j, or after it?", see=INDICES),
         lambda X, g, s, dY: {"ds": (g * dY).sum(axis=0)}),
    )
)  # fmt: skip

REVIEW_OF_8_8 = replace(
    entry("8.8"),
    id="18.7",
    title="Once more: a layer's backward pass (from chapter 8)",
    points=2,
    objective="write the backward pass of a layer, for any shapes",
    arguments=("X", "g", "s", "dY"),
    outputs=("dg", "ds", "dX"),
    text="A layer multiplies each column of $X$ by a number of its own and adds another: $Y_{nj} = X_{nj}\\, g_j + s_j$. Write a "
    "function `backward(X, g, s, dY)` that returns dg, ds and dX, in this order, each shaped like what it belongs to.",
    cases=lambda rng: [
        (halves(rng, N, n), halves(rng, n), halves(rng, n), halves(rng, N, n)) for N, n in ((3, 4), (5, 2), (2, 3))
    ],
    solve=gain_and_shift,
    mistakes=(
        *(
            (m, partial(gain_and_shift, **altered))
            for m, altered in GAIN_SLIPS
            if m.slug not in ("gain-of-outputs", "forward-again")
        ),
        *shift_slips(),
        (renamed(SLIPS["bias-summed-over-all"], SHIFT_NAMES), partial(gain_and_shift, shift=lambda s, dY: np.sum(dY))),
        *OUTPUT_SLIPS,
    ),
)
REVIEW_OF_5_2 = replace(
    entry("5.2"),
    id="18.8",
    title="Once more: paths and edges (from chapter 5)",
    points=1,
    book={"sizes": [1, 6, 4, 5, 1]},
)

WORDS = ByPerson(
    "18.9",
    "Why not a larger learning rate?",
    2,
    "say why larger learning rates do not cure a vanishing gradient",
    text="In a network of twenty sigmoid layers, the first layer's gradient is a trillion times shorter than the last one's. One friend "
    "proposes to make the learning rate a trillion times larger. Another proposes a rate for each layer, so that all layers move "
    "equally far.\n\nIn three or four sentences: what is wrong with each proposal, and what does help?",
    rubric=(
        "1 point: one rate serves all layers, so a step that suits the first layer flings the last one far away; and a rate for each "
        "layer does not help much either, because on the way forward the differences between the inputs shrink by the same factor, so that the last "
        "layer would need enormous weights to make use of them.",
        "1 point: what helps is a factor near 1 for each layer, forward and backward: another activation, weights drawn to match it "
        "(or normalisation, or shortcuts around layers).",
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


DIAGNOSIS = Choice(
    "18.10",
    "What did they do?",
    1,
    "tell from a wrong share of a gradient how it was worked out",
    choose=lambda rng: diagnose(
        rng,
        book=(0.7, 5),
        resample=lambda rng: (rng.pick([0.6, 0.65, 0.7, 0.75, 0.8]), rng.whole(4, 7)),
        ways=what_is_left,
        tell=lambda n, right, found: (
            f"Each of {n[1]} layers passes on {fmt(n[0])} of the gradient that it gets. A learner says that {fmt(found, 3)} of it "
            f"arrives. It is {fmt(right, 3)}. What did they do?"
        ),
        order=[0, 3, 1, 2],
        guilty=1,
    ),
)

# ---------------------------------------------------------------- 18.11 what the gradients of the weights hide


def level(rng):
    """From the factors of A and dZ, what happens to the length of dW on the way back."""
    forward, backward, layers = (
        (0.9, 0.7, 8) if rng is None else rng.pick([(0.9, 0.7, 8), (0.8, 0.6, 6), (1.2, 0.9, 5), (0.7, 0.9, 5)])
    )
    values = {
        (backward / forward) ** layers: "",
        backward**layers: "that is what happens to dZ alone; which other array is dW made of, and how long is it in an earlier layer",
        (backward * forward) ** layers: "on the way back the activations change by the opposite factor: if A shrinks from layer to layer, is it shorter or longer in an earlier layer",
        1.0: "that would need the two factors to be equal, so that A gains on the way back exactly what dZ loses",
    }  # fmt: skip
    order = sorted(values) if rng is None else rng.shuffled(sorted(values))
    letters = dict(zip("abcd", order, strict=True))
    choices = "\n".join(f"- **{letter}:** {fmt(value, 3)}" for letter, value in letters.items())
    prompt = (
        f"For one example, the length of the activations $A$ is multiplied by {fmt(forward)} from each layer to the next, and on the way back "
        f"the length of $dZ$ is multiplied by {fmt(backward)} from each layer to the previous one. By what is the length of $dW = A^{{\\mathsf T}} dZ$ "
        f"multiplied if you go back {layers} layers?\n\n{choices}"
    )
    right = next(letter for letter, value in letters.items() if not values[value])
    return prompt, right, {letter: values[value] for letter, value in letters.items() if letter != right}


LEVEL = Choice("18.11", "What dW hides", 1, "tell from the lengths of A and dZ what that of dW shows", choose=level)

EXERCISES = (POWERS, PREDICT, REVERSE, NAN, MEASURE, LEAKY, REVIEW_OF_8_8, REVIEW_OF_5_2, WORDS, DIAGNOSIS, LEVEL)
