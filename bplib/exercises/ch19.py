"""Exercises of chapter 19, keeping gradients alive: two norms written and taken apart, and a network of 30 layers to repair."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from functools import cache, partial

import numpy as np

from ..checking import Arrays, Choice, Functions, Ordering, Repair, entry
from ..checking.choices import diagnose
from ..engine.trace_table import fmt
from ..mistakes import Mistake
from ..nn.data import digits, split
from ..nn.layers import Layer, Linear, Sequential
from ..nn.losses import CrossEntropy
from ..nn.optim import Momentum
from ..nn.training import fit
from ..rng import Rng
from .shared.deep import entering, likeness, profile
from .shared.gains import halves

PAGE = "19_keeping_alive"  # of the book, and folder of its solutions

START, DEAD, NORM = "19: How large should a weight be?", "19: Dead units", "19: Batch normalisation, backward"
LAYER, PATH, CLIP, TABLE = (
    "19: The same along the other axis",
    "19: A path around",
    "19: Clip the length",
    "19: One remedy at a time",
)


def slip(see: str, slug: str, says: str, because: str, question: str) -> Mistake:
    return Mistake(slug, says, f"It is tempting because {because}.", question, see)


# ---------------------------------------------------------------- 19.1 predict

ORDER = Ordering(
    "19.1",
    "Predict",
    2,
    "predict from a network's parts how much longer or shorter the first layer's gradient is",
    intro="Five networks of 20 layers, all 32 wide, before their first step. Compare the length of the gradient in layer 1 with that in layer 19, and put the "
    "networks in order, from the one whose gradient shrinks most on its way back to the one whose gradient grows most. You need no computer for it: a factor for each layer, "
    "or for each block, is enough.",
    steps=(
        "sigmoid, Xavier weights",
        "ReLU, Xavier weights",
        "ReLU, He weights",
        "ReLU, He weights, batch norm in front of every activation",
        "ReLU, He weights, nine residual blocks of two layers each, not scaled",
    ),
    needs={1: (0,), 2: (0, 1), 3: (0, 1, 2), 4: (0, 1, 2, 3)},
    why=lambda step, missing: (
        f"Compare it with {missing}. On the way back, a layer multiplies by less than 1/4 with sigmoid and Xavier, by 0.7 with ReLU and Xavier, by 1 with ReLU and He, and "
        "by 1.2 if batch norm is added to that; an unscaled block of two layers multiplies by 1.65. To what powers?"
    ),
)

# ---------------------------------------------------------------- 19.2 a unit that is off


def closed_unit(
    *,
    open_=lambda w, b, a, slope: [0.0] * len(a),
    leak=lambda slope: slope,
    fed=lambda x: x,
    total=lambda products: sum(products),
    shift=lambda w, b, a: -b / w - min(a),
):  # fmt: skip
    """A program for a ReLU unit z = w a + b that is off for three pictures: what reaches w, what would through a leak, and how
    far the activations must move. A slip has another slope, another sum, or another distance."""

    def program(w, b, a, dA, slope):
        return {
            "dw": total([d * s * x for d, s, x in zip(dA, open_(w, b, a, slope), a, strict=True)]),
            "leaky": total([d * leak(slope) * fed(x) for d, x in zip(dA, a, strict=True)]),
            "shift": shift(w, b, a),
        }

    return program


dead = partial(slip, DEAD)
UNIT_SLIPS = (
    (dead("gate-left-open", "the ReLU's slope is left out for `dw`, as if the unit were open", "the upstream gradient and the inputs are all there",
          "What sign has $z$ for each of the three pictures, and what does a ReLU pass back there?"), closed_unit(open_=lambda w, b, a, slope: [1.0] * len(a))),
    (dead("leak-in-a-plain-unit", "the leaky ReLU's slope is used for `dw` as well", "the two questions differ in one word",
          "What is the slope of a ReLU without a leak, if $z$ is below 0?"), closed_unit(open_=lambda w, b, a, slope: [slope] * len(a))),
    (dead("unit-without-inputs", "the activations are left out of `leaky`, which is then the gradient of the bias", "the slope and what arrives are all that is new",
          "By what is a weight multiplied on the way forward?"), closed_unit(fed=lambda x: 1.0)),
    (dead("leak-forgotten", "the slope of the leaky ReLU below 0 is left out", "a leak sounds as if all came through",
          "How much of an upstream gradient of 1 comes through, if $z$ is below 0?"), closed_unit(leak=lambda slope: 1.0)),
    (dead("leak-that-is-dry", "the leaky unit is given a gradient of 0 as well", "both are off", "What is the slope of a leaky ReLU below 0?"),
     closed_unit(leak=lambda slope: 0.0)),
    (dead("leak-taken-away", "what the leak holds back is used, 1 minus the slope", "a leak makes one think of what is lost",
          "How much of an upstream gradient of 1 comes through?"), closed_unit(leak=lambda slope: 1 - slope)),
    (dead("unit-averaged", "the pictures' parts are averaged for `leaky`, where they are added", "gradients of a batch are often averaged",
          "dA is the gradient of the loss for each picture. Has a mean been forgotten in it?"), closed_unit(total=lambda p: sum(p) / len(p))),
    (dead("shift-of-the-farthest", "the shift is that of the picture that is farthest from opening the unit", "the unit is closed for all, so all seem to have to move",
          "The weight is negative. For which picture is $z$ closest to 0?"), closed_unit(shift=lambda w, b, a: -b / w - max(a))),
    (dead("shift-of-z", "the distance of $z$ from 0 is given, not that of the activation", "it is $z$ that decides",
          "If the activation moves by 0.1, by how much does $z$ move?"), closed_unit(shift=lambda w, b, a: -(w * min(a) + b))),
    (dead("shift-the-other-way", "the shift has the other sign", "one wants $z$ to become larger", "If an activation grows, does $z$ grow here?"),
     closed_unit(shift=lambda w, b, a: min(a) + b / w)),
    (dead("shift-to-the-border", "the activation at which $z$ is 0 is given, not the way to it", "it is the number one solves for",
          "Where do the activations stand now, and how far is it from there?"), closed_unit(shift=lambda w, b, a: -b / w)),
)  # fmt: skip


def draw_unit(rng):
    low = rng.pick([0.6, 0.7, 0.8, 0.9])
    return {
        "w": -float(rng.pick([2, 4, 5])), "b": rng.pick([0.6, 0.8, 1.0]), "a": [low, low + rng.tenths(0.3, 0.6), low + rng.tenths(0.8, 1.3)],
        "dA": [-rng.tenths(0.5, 0.9), -rng.tenths(1.1, 1.9), rng.tenths(0.2, 0.4)], "slope": rng.pick([0.1, 0.2]),
    }  # fmt: skip


UNIT = Arrays(
    "19.2",
    "A unit that is off",
    2,
    "say what reaches a dead ReLU, and what could bring it back",
    outputs=("dw", "leaky", "shift"),
    book={"w": -2.0, "b": 0.6, "a": [0.7, 1.1, 1.9], "dA": [-0.8, -1.5, 0.3], "slope": 0.1},
    sample=draw_unit,
    solve=closed_unit(),
    mistakes=UNIT_SLIPS,
    tolerance=lambda n: {"dw": 0.002, "leaky": 0.002, "shift": 0.003},
    prompt=lambda n: (
        f"A ReLU unit has $z = {fmt(n['w'])}\\, a + {fmt(n['b'])}$ and is fed by one unit of the layer before. Three pictures bring $a$ = "
        f"{', '.join(fmt(x, 3) for x in n['a'])}, and the gradients that arrive from the loss at the unit's output are {', '.join(fmt(x, 3) for x in n['dA'])}.\n\nWhat is the gradient of its weight, summed "
        f"over the three pictures (`dw`)? What would it be with a leaky ReLU of slope {fmt(n['slope'])} below 0 (`leaky`)? The weight and the bias stay as they are, but a step moves the "
        "layer before, so that all three $a$ change by the same amount. What is the change at which the unit is about to open for the first picture (`shift`, with its sign)? Give three decimals."
    ),
)

# ---------------------------------------------------------------- 19.3 and 19.4 two norms


def norm(
    X,
    gamma,
    beta,
    dY,
    eps,
    *,
    axis=0,
    spread=lambda X, eps, axis: np.sqrt(X.var(axis=axis, keepdims=True) + eps),
    dN=lambda dY, gamma: dY * gamma,
    means=lambda dN, N, axis: dN.mean(axis=axis, keepdims=True),
    along=lambda dN, N, axis: N * (dN * N).mean(axis=axis, keepdims=True),
    taken=lambda mean, along, size: mean + along,
    back_axis=None,
    upstream=lambda dY, gamma: dY,
    out=lambda dX, size, beta: dX / size,
    dgamma=lambda dY, N, X, Y: (dY * N).sum(axis=0),
    dbeta=lambda dY, beta: dY.sum(axis=0),
):
    """dX, dgamma and dbeta of Y = gamma N + beta, where N has mean 0 and variance nearly 1 along an axis.

    A slip takes another axis, another spread, another dN, another one of the two parts that are taken away (the path through
    the mean, and the one through the variance), weighs them otherwise or takes them along another axis, has other last factors,
    or finds dgamma or dbeta otherwise.
    """
    size = spread(X, eps, axis)
    N = (X - X.mean(axis=axis, keepdims=True)) / size
    back = dN(dY, gamma)
    by = axis if back_axis is None else back_axis
    dX = out(back - taken(means(back, N, by), along(back, N, by), size), size, beta)
    dY = upstream(dY, gamma)
    return {"dgamma": dgamma(dY, N, X, gamma * N + beta), "dbeta": dbeta(dY, beta), "dX": dX}


MEANS = "If one entry moves, the mean moves along, and with it all its neighbours. Where is that in your dX?"
SPREADS = "If one entry moves away from the mean, the variance grows. Where is that in your dX?"
WHICH_PARTS = "Through how many paths does one entry of X reach N?"
ENOUGH = "How many numbers has gamma, and who uses each of them?"


def norm_slip(see: str, slug: str, says: str, because: str, question: str, **altered):
    """A slip in the backward pass of a norm: what `norm` does otherwise."""
    return slip(see, slug, says, because, question), altered


BOTH = (
    norm_slip(NORM, "norm-mean-path", "the path through the mean is left out", "the mean seems to be a constant that is taken off", MEANS,
              means=lambda dN, N, axis: 0.0),
    norm_slip(NORM, "norm-variance-path", "the path through the variance is left out", "the variance seems to be a constant that is divided by", SPREADS,
              along=lambda dN, N, axis: 0.0),
    norm_slip(NORM, "norm-constant-statistics", "the mean and the variance are taken as constants: both paths are left out", "on the way forward they are two numbers that come from elsewhere", WHICH_PARTS,
              means=lambda dN, N, axis: 0.0, along=lambda dN, N, axis: 0.0),
    norm_slip(NORM, "norm-variance-by-n-1", "the variance is divided by one number less than there are", "`ddof=1` is what a statistician would take for a sample",
              "By how many numbers does the variance in the exercise divide?",
              spread=lambda X, eps, axis: np.sqrt(X.var(axis=axis, keepdims=True, ddof=1) + eps)),
    norm_slip(NORM, "norm-path-by-n-1", "the mean in the path through the variance is divided by one number less than there are", "a variance of a sample is divided so",
              "What is the derivative of the variance, as it stands in the exercise, with respect to one entry?",
              along=lambda dN, N, axis: N * (dN * N).sum(axis=axis, keepdims=True) / (N.shape[axis] - 1)),
    norm_slip(NORM, "norm-eps-forgotten", "eps is left out", "it is there for columns that never vary", "What stands under the root?",
              spread=lambda X, eps, axis: X.std(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-eps-beside-the-root", "eps is added to the root, where it belongs under it", "both keep the division from failing", "What stands under the root?",
              spread=lambda X, eps, axis: X.std(axis=axis, keepdims=True) + eps),
    norm_slip(NORM, "norm-gamma-forgotten", "gamma is left out of dX", "it was dealt with in dgamma", "How fast does Y move when N does?",
              dN=lambda dY, gamma: dY),
    norm_slip(NORM, "norm-divided-by-gamma", "dX is divided by gamma, where it is multiplied by it", "going back sounds like undoing", "How fast does Y move when N does?",
              dN=lambda dY, gamma: dY / gamma),
    norm_slip(NORM, "norm-beta-passed-back", "beta is added on the way back, too", "the forward pass adds it", "If N moves by 0.01, does beta change by how much Y moves?",
              out=lambda dX, size, beta: dX / size + beta),
    norm_slip(NORM, "norm-sum-in-the-mean-path", "the path through the mean has a sum, where there is a mean", "every entry sends something to the mean",
              "By how much does the mean move, if one entry moves by 1?", means=lambda dN, N, axis: dN.sum(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-sum-in-the-variance-path", "the path through the variance has a sum, where there is a mean", "every entry sends something to the variance",
              "The variance is a mean of squares. By how much does it move, if one entry moves?", along=lambda dN, N, axis: N * (dN * N).sum(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-sums-for-means", "both paths have a sum, where there is a mean", "every entry sends something to both",
              "By how much does the mean move, if one entry moves by 1?", means=lambda dN, N, axis: dN.sum(axis=axis, keepdims=True),
              along=lambda dN, N, axis: N * (dN * N).sum(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-variance-path-doubled", "the part that comes through the variance is twice as large as it should be", "the 2 of the square is remembered, and the 1/2 of the root is not",
              "What is the slope of $1/\\sqrt v$, and what becomes of its 1/2?", along=lambda dN, N, axis: 2 * N * (dN * N).mean(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-variance-path-halved", "the part that comes through the variance is half as large as it should be", "the 1/2 of the root is remembered, and the 2 of the square is not",
              "What is the slope of a square?", along=lambda dN, N, axis: 0.5 * N * (dN * N).mean(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-variance-path-added", "the part that comes through the variance is added, where it is taken away", "gradients of several paths add up",
              "If the variance grows, do the entries of N grow?", along=lambda dN, N, axis: -N * (dN * N).mean(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-mean-path-added", "the part that comes through the mean is added, where it is taken away", "gradients of several paths add up",
              "If the mean grows, do the entries of N grow?", means=lambda dN, N, axis: -dN.mean(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-variance-path-flat", "the last factor N of the path through the variance is left out", "a path to a single number looks as if it were the same for all entries",
              "Which entries move the variance most, and which not at all?", along=lambda dN, N, axis: (dN * N).mean(axis=axis, keepdims=True)),
    norm_slip(NORM, "norm-variance-path-centred", "the part that comes through the variance has X less its mean where N belongs, so a spread too many is left in it", "both have mean 0",
              "How many times does 1/s stand in the path through the variance, and how many times in yours?", taken=lambda mean, along, size: mean + along * size),
    norm_slip(NORM, "norm-variance-path-centred-twice", "the part that comes through the variance has X less its mean where N belongs, both times", "both have mean 0",
              "How many times does 1/s stand in the path through the variance, and how many times in yours?", taken=lambda mean, along, size: mean + along * size**2),
    norm_slip(NORM, "norm-own-path-divided-alone", "the entry's own path is divided by the spread, and the other two are not", "the spread is seen to divide the entry itself",
              "All three paths end in N. What stands below all of it?", taken=lambda mean, along, size: (mean + along) * size),
    norm_slip(NORM, "norm-n-forgotten", "dX is as many times too large as there are numbers to a mean", "with sums for means, one division by n is left for the end, and easily lost",
              "If all means are written as sums, where is the 1/n?", out=lambda dX, size, beta: dX * (dX.size // size.size) / size),
    norm_slip(NORM, "norm-averaged-once-more", "dX is divided by the number of entries once more", "a batch is often averaged over", "dY is the gradient of the loss. Has a mean been forgotten in it?",
              out=lambda dX, size, beta: dX / size / (dX.size // size.size)),
    norm_slip(NORM, "norm-not-divided", "dX is not divided by the spread", "the spread was dealt with on the way forward", "If X moves by 0.01, by how much does N move?",
              out=lambda dX, size, beta: dX),
    norm_slip(NORM, "norm-multiplied-by-spread", "dX is multiplied by the spread, where it is divided by it", "going back sounds like undoing", "If X moves by 0.01, by how much does N move?",
              out=lambda dX, size, beta: dX * size),
    norm_slip(NORM, "norm-divided-by-variance", "dX is divided by the variance and eps, not by their root", "the variance is the number at hand", "If X moves by 0.01, by how much does N move?",
              out=lambda dX, size, beta: dX / size**2),
    norm_slip(NORM, "norm-gamma-from-inputs", "dgamma is made with X, where N belongs", "X is what comes into the layer", "What does gamma multiply on the way forward?",
              dgamma=lambda dY, N, X, Y: (dY * X).sum(axis=0)),
    norm_slip(NORM, "norm-gamma-from-outputs", "dgamma is made with Y, where N belongs", "both have the same shape", "What does gamma multiply on the way forward?",
              dgamma=lambda dY, N, X, Y: (dY * Y).sum(axis=0)),
    norm_slip(NORM, "norm-gamma-averaged", "dgamma is averaged over the examples, where it is summed", "the other two lines have means in them", "Who uses one number of gamma, and what is done with what they send back?",
              dgamma=lambda dY, N, X, Y: (dY * N).mean(axis=0)),
    norm_slip(NORM, "norm-gamma-not-summed", "dgamma is not summed: it has a row for each example", "the product has all the factors", ENOUGH, dgamma=lambda dY, N, X, Y: dY * N),
    norm_slip(NORM, "norm-gamma-over-rows", "dgamma is summed along the rows, so that it has a number for each example", "axis 0 and axis 1 are easily exchanged", ENOUGH,
              dgamma=lambda dY, N, X, Y: (dY * N).sum(axis=1)),
    norm_slip(NORM, "norm-gamma-without-upstream", "dY is left out of dgamma", "N is the slope of Y with respect to gamma", "How fast does the loss move when Y does?",
              dgamma=lambda dY, N, X, Y: N.sum(axis=0) + X.sum(axis=0) * 0),
    norm_slip(NORM, "norm-beta-averaged", "dbeta is averaged over the examples, where it is summed", "the other lines have means in them", "Who uses one number of beta, and what is done with what they send back?",
              dbeta=lambda dY, beta: dY.mean(axis=0)),
    norm_slip(NORM, "norm-beta-not-summed", "dbeta is not summed: it has a row for each example", "its slope is 1", "How many numbers has beta?", dbeta=lambda dY, beta: dY),
    norm_slip(NORM, "norm-beta-over-rows", "dbeta is summed along the rows, so that it has a number for each example", "axis 0 and axis 1 are easily exchanged", "How many numbers has beta?",
              dbeta=lambda dY, beta: dY.sum(axis=1)),
    norm_slip(NORM, "norm-upstream-times-gamma", "dY times gamma is used where dY belongs, in dgamma or dbeta", "in dX it is dY times gamma that goes back", "If gamma or beta moves by 0.01, by how much does Y move?",
              upstream=lambda dY, gamma: dY * gamma),
    norm_slip(NORM, "norm-beta-times-beta", "dbeta is multiplied by beta", "gamma's line is a product", "If beta moves by 0.01, by how much does Y move?",
              dbeta=lambda dY, beta: dY.sum(axis=0) * beta),
)  # fmt: skip
BATCH_SLIPS = (
    *BOTH,
    norm_slip(NORM, "batch-norm-along-rows", "the mean and the variance are those of each row, as in layer norm", "axis 0 and axis 1 are easily exchanged",
              "Does a column become a number for each feature, or for each example?", axis=1),
    norm_slip(NORM, "batch-norm-back-along-rows", "the two means of the way back are taken along the rows", "axis 0 and axis 1 are easily exchanged",
              "Whose mean did the norm take off: that of a column, or that of a row?", back_axis=1),
    norm_slip(NORM, "batch-norm-gamma-from-centred", "dgamma is made with X less its mean, which is not yet divided by the spread", "that is most of N", "What does gamma multiply on the way forward?",
              dgamma=lambda dY, N, X, Y: (dY * (X - X.mean(axis=0))).sum(axis=0)),
    norm_slip(NORM, "norm-over-everything", "the mean and the variance are those of the whole array", "a mean without an axis is the shortest to write",
              "How many means are there, if there is one for each column?", axis=(0, 1)),
)  # fmt: skip
LAYER_SLIPS = (
    *(pair for pair in BOTH if pair[0].slug != "norm-divided-by-gamma"),
    norm_slip(LAYER, "layer-norm-gamma-last", "gamma is multiplied in at the end, after the two parts have been taken away", "in batch norm both orders give the same",
              "Along a row gamma is a different number in each column. Does the mean of dY times gamma know that?", dN=lambda dY, gamma: dY),
    norm_slip(LAYER, "layer-norm-along-columns", "the mean and the variance are those of each column, as in batch norm", "most of the lines are the same",
              "Whose mean is taken off in layer norm: that of a feature, or that of an example?", axis=0),
    norm_slip(LAYER, "layer-norm-back-along-columns", "the two means of the way back are taken along the columns, as in batch norm", "the way forward has been changed, and one line of the way back has not",
              "Along which axis does one entry of X move its neighbours?", back_axis=0),
    norm_slip(LAYER, "layer-norm-gamma-from-centred", "dgamma is made with X less its mean, which is not yet divided by the spread", "that is most of N", "What does gamma multiply on the way forward?",
              dgamma=lambda dY, N, X, Y: (dY * (X - X.mean(axis=1, keepdims=True))).sum(axis=0)),
    norm_slip(LAYER, "layer-norm-over-everything", "the mean and the variance are those of the whole array", "a mean without an axis is the shortest to write",
              "How many means are there, if there is one for each row?", axis=(0, 1)),
)  # fmt: skip


def gamma_last(X, gamma, beta, dY, eps):
    """The slip that no other line of `norm` can stand for: gamma comes after the parts that are taken away."""
    found = norm(X, gamma, beta, dY, eps, axis=1, dN=lambda dY, gamma: dY)
    return found | {"dX": found["dX"] * gamma}


def norm_cases(rng):
    """Two runs; gamma not 1, beta not 0, eps large enough to be seen, and no column or row all of whose entries are equal."""
    return [(halves(rng, N, n) + np.arange(N * n).reshape(N, n) / 8, halves(rng, n) + 0.25, halves(rng, n), halves(rng, N, n), eps)
            for N, n, eps in ((6, 4, 0.5), (3, 5, 0.25))]  # fmt: skip


WRITE = "Write a function `backward(X, gamma, beta, dY, eps)` that returns dgamma, dbeta and dX, in this order, each shaped like what it belongs to."
BATCH_NORM = Functions(
    "19.3",
    "Batch norm, backward",
    4,
    "write the backward pass of batch normalisation with all its paths",
    arguments=("X", "gamma", "beta", "dY", "eps"),
    outputs=("dgamma", "dbeta", "dX"),
    text="Batch norm takes each column of $X$ to mean 0 and variance nearly 1, and then gives it a scale and a shift of its own:\n\n"
    "```python\nN = (X - X.mean(axis=0)) / np.sqrt(X.var(axis=0) + eps)\nY = gamma * N + beta\n```\n\n" + WRITE,
    cases=norm_cases,
    solve=norm,
    mistakes=tuple((m, partial(norm, **altered)) for m, altered in BATCH_SLIPS),
)
LAYER_NORM = Functions(
    "19.4",
    "Layer norm, from batch norm",
    3,
    "turn the backward pass of batch normalisation into that of layer normalisation",
    arguments=("X", "gamma", "beta", "dY", "eps"),
    outputs=("dgamma", "dbeta", "dX"),
    text="Layer norm does to each *row* of $X$ what batch norm does to each column; gamma and beta still have a number for each column:\n\n"
    "```python\nsize = np.sqrt(X.var(axis=1, keepdims=True) + eps)\nN = (X - X.mean(axis=1, keepdims=True)) / size\nY = gamma * N + beta\n```\n\n"
    + WRITE
    + " Start from your answer to 19.3. What has to change, and what must not?",
    cases=norm_cases,
    solve=partial(norm, axis=1),
    mistakes=tuple(
        (m, gamma_last if m.slug == "layer-norm-gamma-last" else partial(norm, **({"axis": 1} | altered)))
        for m, altered in LAYER_SLIPS
    ),
)

# ---------------------------------------------------------------- 19.5 the right angle


def blocks(*, one=lambda b: math.hypot(1, b), every=lambda r, n: r**n, scale=lambda n: 1 / math.sqrt(n)):
    """A program for n blocks dX = dY + what comes through the branch, b times as long and at right angles."""

    def program(b, n):
        return {"one": one(b), "all": every(one(b), n), "scaled": every(one(b * scale(n)), n)}

    return program


angle = partial(slip, PATH)
SQUARES = "Two sides of a right-angled triangle are 1 and b. How long is the third?"
REPEATED = "The second block gets what the first one passes back. What does it do to its length?"
SCALED = "The scale makes each branch shorter, before it is added. What are the two sides of the triangle then?"
BLOCK_SLIPS = (
    (angle("lengths-added", "the two lengths are added, as if both parts pointed the same way", "the two gradients are added", SQUARES), blocks(one=lambda b: 1 + b)),
    (angle("block-root-forgotten", "the root is left out of a block's factor", "the sum of squares is the longer part of the work", SQUARES), blocks(one=lambda b: 1 + b * b)),
    (angle("branch-not-squared", "b is not squared under the root", "1 is its own square", SQUARES), blocks(one=lambda b: math.sqrt(1 + b))),
    (angle("branch-alone", "the branch's factor is taken for the block's", "a layer used to be all there was", "What comes back on the path around the branch?"), blocks(one=lambda b: b)),
    (angle("blocks-added", "the number of blocks is multiplied by a block's factor", "so many blocks sound like so many times", REPEATED), blocks(every=lambda r, n: n * r)),
    (angle("growth-added", "what each block adds is added up", "each block seems to add the same", REPEATED), blocks(every=lambda r, n: 1 + n * (r - 1))),
    (angle("one-triangle-for-all", "all branches stand in one triangle, each as long as the first", "squares of lengths add up", "Is what arrives at the second block still of length 1?"), blocks(every=lambda r, n: math.sqrt(1 + n * (r * r - 1)))),
    (angle("one-block-fewer", "one block fewer is multiplied", "there is one step fewer between blocks than there are blocks", "How many blocks does the gradient pass?"), blocks(every=lambda r, n: r ** (n - 1))),
    (angle("scaled-by-the-number", "each branch is divided by the number of blocks, not by its root", "so many branches are added", SCALED), blocks(scale=lambda n: 1 / n)),
    (angle("scale-forgotten", "the scale is left out", "the path around is not scaled", SCALED), blocks(scale=lambda n: 1)),
)  # fmt: skip
SCALED_AT_THE_END = angle("scaled-at-the-end", "the growth of all blocks is multiplied by the scale once, at the end", "a factor can often be taken out", SCALED)  # fmt: skip
SCALED_WHOLE = angle("path-scaled-too", "the whole block is scaled, its path around as well", "the scale seems to belong to the block", "Is the path around the branch scaled as well?")  # fmt: skip


RIGHT_ANGLE = Arrays(
    "19.5",
    "The right angle",
    2,
    "work out by how much residual blocks stretch a gradient, and what scaling does",
    outputs=("one", "all", "scaled"),
    book={"b": 0.75, "n": 8},
    sample=lambda rng: {"b": rng.pick([0.6, 0.75, 0.8, 0.9]), "n": rng.pick([6, 8, 10, 12])},
    solve=blocks(),
    mistakes=(
        *BLOCK_SLIPS,
        (SCALED_AT_THE_END, lambda b, n: blocks()(b, n) | {"scaled": math.hypot(1, b) ** n / math.sqrt(n)}),
        (SCALED_WHOLE, lambda b, n: blocks()(b, n) | {"scaled": (math.hypot(1, b) / math.sqrt(n)) ** n}),
    ),
    tolerance=lambda n: {"one": 0.003, "all": 0.006 * math.hypot(1, n["b"]) ** n["n"], "scaled": 0.006},
    prompt=lambda n: (
        f"A network has {n['n']} residual blocks, $Y = X + F(X)$. In each of them, what comes back through the branch $F$ is {fmt(n['b'])} times as long as what arrives, and at right angles to it.\n\n"
        f"By what factor does `one` block multiply the length of the gradient? By what factor do `all` {n['n']} blocks together? And by what factor do all of them if the branch is scaled, "
        f"$Y = X + \\frac{{1}}{{\\sqrt{{{n['n']}}}}} F(X)$ (`scaled`)? Give three decimals."
    ),
)

# ---------------------------------------------------------------- 19.6 clipping


def clipped(
    *,
    length=lambda g: math.hypot(*g),
    keep=lambda g, limit, length: [x * limit / length for x in g],
    cut=lambda x, limit: math.copysign(min(abs(x), limit), x),
    cosine=lambda g, v: sum(x * y for x, y in zip(g, v, strict=True)) / math.hypot(*g) / math.hypot(*v),
):
    """A program for a gradient that is shortened to a limit, and another whose entries are cut off there."""

    def program(g, limit):
        values = [cut(x, limit) for x in g]
        return {"norm": keep(g, limit, length(g)), "value": values, "cosine": cosine(g, values)}

    return program


clip = partial(slip, CLIP)
LENGTHS = "How long should the clipped gradient be, and how long is yours?"
CLIP_SLIPS = (
    (clip("clip-by-largest", "the gradient is shortened by its largest entry, not by its length", "the largest entry is the one that is too large", LENGTHS),
     clipped(length=lambda g: max(map(abs, g)))),
    (clip("clip-by-sum", "the gradient is shortened by the sum of its sizes, not by its length", "both say how large it is", LENGTHS), clipped(length=lambda g: sum(map(abs, g)))),
    (clip("clip-to-length-one", "the gradient is divided by its length, and not multiplied by the limit", "that is a direction", LENGTHS),
     clipped(keep=lambda g, limit, n: [x / n for x in g])),
    (clip("clip-divided-by-limit", "the gradient is divided by the limit", "it should become shorter", LENGTHS), clipped(keep=lambda g, limit, n: [x / limit for x in g])),
    (clip("clip-left-long", "the gradient is not shortened at all", "neither entry may look too large", LENGTHS), clipped(keep=lambda g, limit, n: list(g))),
    (clip("clip-sign-lost", "the sign is lost where a value is cut off", "the limit is a positive number", "In which direction did the entry point that was cut off?"),
     clipped(cut=lambda x, limit: min(abs(x), limit) if abs(x) > limit else x)),
    (clip("clip-from-above-only", "only what lies above the limit is cut off, not what lies below minus the limit", "a limit is often an upper one", "What happens to an entry of minus a hundred?"),
     clipped(cut=lambda x, limit: min(x, limit))),
    (clip("clip-all-to-limit", "every entry is set to the limit, also those that are smaller", "the limit is what is left of the large ones", "What happens to an entry that lies within the limits?"),
     clipped(cut=lambda x, limit: math.copysign(limit, x))),
    (clip("clip-small-to-zero", "an entry beyond the limit is set to 0", "what is too large is thrown away", "What is left of an entry that lies beyond the limit?"),
     clipped(cut=lambda x, limit: x if abs(x) <= limit else 0.0)),
    (clip("cosine-not-divided", "the cosine is not divided by the two lengths", "the sum of products is the longer part of the work", "Can a cosine be larger than 1?"),
     clipped(cosine=lambda g, v: sum(x * y for x, y in zip(g, v, strict=True)))),
    (clip("cosine-divided-by-one-length", "the cosine is divided by the gradient's length alone", "there are two lengths, and one is easily forgotten", "What is the cosine of a vector with itself, by your formula?"),
     clipped(cosine=lambda g, v: sum(x * y for x, y in zip(g, v, strict=True)) / math.hypot(*g))),
    (clip("cosine-of-the-shortened", "the cosine is that of the gradient shortened by its length, which keeps its direction", "it is the other way to clip", "Which of the two clipped gradients does `cosine` ask for?"),
     clipped(cosine=lambda g, v: 1.0)),
)  # fmt: skip


def draw_gradient(rng):
    small, large, length = rng.pick(
        [(1.4, 4.8, 5.0), (0.7, 2.4, 2.5), (1.6, 6.3, 6.5), (1.5, 3.6, 3.9), (1.8, 8.0, 8.2)]
    )
    return {"g": [small, -large], "limit": round(rng.pick([1.25, 1.3]) * small, 2) if length < 4 else 2.0}


CLIPPING = Arrays(
    "19.6",
    "The gradient, not the value",
    2,
    "clip a gradient by its length and by its values, and say what happens to its direction",
    outputs=("norm", "value", "cosine"),
    book={"g": [1.4, -4.8], "limit": 2.0},
    sample=draw_gradient,
    solve=clipped(),
    mistakes=CLIP_SLIPS,
    tolerance=lambda n: {"norm": [0.006] * 2, "value": [0.006] * 2, "cosine": 0.003},
    prompt=lambda n: (
        f"The gradient of two weights is ({fmt(n['g'][0])}, {fmt(n['g'][1])}).\n\nWhat is left of it if it is shortened to the length {fmt(n['limit'])} (`norm`, two numbers)? What if each entry is "
        f"cut off at plus and minus {fmt(n['limit'])} instead (`value`, two numbers)? And what is the `cosine` between the gradient and `value`, that is, the sum of their "
        "products over the product of their lengths? Give three decimals."
    ),
)

# ---------------------------------------------------------------- 19.7 a repair

DEPTH, SEEDS, EPOCHS, RATE, ENOUGH_READ, SHOWN = 30, (0, 1), 10, 0.004, 0.7, 256


@cache
def pictures():
    return split(*digits())


def measured(build) -> dict[str, list[float]]:
    """What networks do that `build` makes: before training, and after it what they take the held-out digits for."""
    (X, t), (X_new, _) = pictures()
    if isinstance(build, Layer):
        raise TypeError("expected the function that builds the network, got a network: each start needs one of its own")
    found: dict[str, list[float]] = {"read": []}
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # fit warns of NaN
        for seed in SEEDS:
            net = build(np.random.default_rng(seed))
            if net is None:
                raise TypeError(
                    "expected a list of layers, but the function returned nothing: does it end with `return`?"
                )
            net = net if isinstance(net, Layer) else Sequential(*net)
            net = net if isinstance(net, Sequential) else Sequential(net)
            if sum(isinstance(part, Linear) for part in net.walk()) < 2:  # no profile can be drawn
                raise ValueError(f"expected {DEPTH} linear layers, got one or none")
            if seed == SEEDS[0]:
                seen = profile(net, X[:SHOWN], t[:SHOWN])
                found["linear"] = [len(seen["dW"])]
                middle = len(seen["spread"]) // 2  # later on, what is left of a spread can be rounding
                found |= {"spread": [seen["spread"][0], seen["spread"][middle]], "dA": [seen["dA"][0], seen["dA"][-1]]}
                found["alike"] = [likeness(entering(net.layers[-1]))]
            fit(net, CrossEntropy(), X, t, optimizer=Momentum(RATE), epochs=EPOCHS, batch_size=32,
                rng=np.random.default_rng(1), progress=False)  # fmt: skip
            Y = net.forward(X_new, train=False)
            found["read"] += [float(n) for n in Y.argmax(axis=1)] if np.isfinite(Y).all() else [math.nan] * len(Y)
    return found


repair = partial(slip, TABLE)
FEWER = repair("repair-by-fewer-layers", "layers are taken out", "a shallow network has no such trouble, and on these digits reads as well", "How many linear layers should there be, and how many has yours?")  # fmt: skip
SHRINKS = repair("repair-still-vanishes", "the factor of each layer is still below 1", "a single layer seems to lose little, but twenty-eight of them lose it again and again",
                 "What is n Var(w) times the mean square of the slopes for your layers, or what else brings the gradient past them?")  # fmt: skip
GROWS = repair("repair-now-explodes", "each layer stretches the gradient on its way back", "a remedy against vanishing has no brake of its own",
               "Which part makes a gradient longer: a norm in front of a ReLU, or a branch that is as strong as the path around it?")  # fmt: skip
ALIKE = repair("repair-all-alike", "lengths are kept, but the pictures have become alike", "a level profile looks like health",
               "The lengths are in order. What keeps the *differences* between the pictures: which of the remedies sees more than one picture at a time, and which has a way around?")  # fmt: skip

NEARLY = repair("repair-nearly", "each layer is nearly right, and thirty of them together are not", "a factor near 1 looks like 1",
                "What are the two factors to the power of 28? Which start, norm or way around brings them nearer to 1, or keeps every direction alive?")  # fmt: skip


def fault_of(found: dict[str, list[float]]) -> tuple[str, Mistake] | None:
    """What the profile of a network shows that does not read enough; None if it reads enough."""
    t_new = pictures()[1][1]
    shares = [float(np.mean(np.array(part) == t_new)) for part in np.split(np.array(found["read"]), len(SEEDS))]
    if found["linear"][0] < DEPTH:
        return f"Your network has {found['linear'][0]:.0f} linear layers, and should have {DEPTH}.", FEWER
    if min(shares) >= ENOUGH_READ:
        return None
    forward, back = _factor(*found["spread"], (DEPTH - 2) // 2), _factor(*found["dA"][::-1], DEPTH - 2)
    reads = " and ".join("nothing (its outputs are not finite)" if n != n else f"{share:.0%} of the new digits"
                         for share, n in zip(shares, found["read"][:: len(t_new)], strict=True))  # fmt: skip
    look = (f"From its two starts it reads {reads}, and should read {ENOUGH_READ:.0%}. Before training, a layer multiplies the spread of the activations by about {forward:.2f} on "
            f"the way forward, and the gradient by about {back:.2f} on the way back; the mean cosine between two pictures in the last hidden layer is {found['alike'][0]:.3f}.")  # fmt: skip
    if back < 0.85:
        return look, SHRINKS
    if back > 1.12:
        return look, GROWS
    return look, ALIKE if found["alike"][0] > 0.95 else NEARLY


def _factor(first: float, last: float, layers: int) -> float:
    """What one layer multiplies by, if so many lead from the first number to the last."""
    if first == 0:
        return 0.0
    return (last / first) ** (1 / layers) if 0 < first < math.inf and last >= 0 else math.inf


REPAIR = Repair(
    "19.7",
    "Thirty layers",
    4,
    "repair a deep network so that it learns, and read from its profile why a repair fails",
    text="This network has 30 linear layers, and learns nothing:\n\n"
    '```python\ndef network(rng):\n    layers = [bp.Linear(64, 32, rng=rng, init="xavier"), bp.Sigmoid()]\n    for _ in range(28):\n'
    '        layers += [bp.Linear(32, 32, rng=rng, init="xavier"), bp.Sigmoid()]\n    return layers + [bp.Linear(32, 10, rng=rng, init="xavier")]\n```\n\n'
    f"Write a function `repaired(rng)` that returns the layers of one that learns. It must keep 30 linear layers or more; all else is yours to choose. We train it from two starts, with `Momentum({RATE})`, for "
    f"{EPOCHS} epochs in batches of 32, and it should then read {ENOUGH_READ:.0%} of the digits that it has not seen, from both. (That takes a few seconds.) There is more than one repair.",
    measure=measured,
    wanted=(("read", 2 * 359), ("linear", 1), ("spread", 2), ("dA", 2), ("alike", 1)),
    fails=fault_of,
)

# ---------------------------------------------------------------- 19.8 in reverse


def columns(x):
    """dX of batch norm for one column of X, gamma 2 and the upstream gradient of every example; and four other ways to it."""
    x, dy = x
    given = np.array(x, float)[:, None], np.array([2.0]), np.array([0.0]), np.array(dy, float)[:, None], 0.0
    slips = {m.slug: altered for m, altered in BATCH_SLIPS}

    def rounded(slug: str | None) -> list[float]:
        return [round(float(n), 2) + 0.0 for n in norm(*given, **(slips[slug] if slug else {}))["dX"][:, 0]]

    ways = (
        ("they left out the path through the variance", "norm-variance-path"),
        ("they left out the path through the mean", "norm-mean-path"),
        ("they took the mean and the variance as constants", "norm-constant-statistics"),
        ("they forgot gamma", "norm-gamma-forgotten"),
    )
    return rounded(None), [(words, rounded(slug), None) for words, slug in ways]


REVERSE = Choice(
    "19.8",
    "What did they do?",
    1,
    "tell from a wrong gradient which path of batch norm was left out",
    choose=lambda rng: diagnose(
        rng,
        book=([1, 3, 8], [3, -1, 1]),
        resample=lambda rng: (
            [rng.whole(-3, 0), rng.whole(1, 4), rng.whole(6, 9)],
            rng.shuffled([3, -1, rng.whole(1, 2)]),
        ),
        ways=columns,
        tell=lambda n, right, found: (
            f"A column of $X$ has the three entries {', '.join(map(str, n[0]))}; gamma is 2, beta and eps are 0, and the upstream gradients dY are {', '.join(map(str, n[1]))}. A learner finds "
            f"dX = {', '.join(map(str, found))}. Right is {', '.join(map(str, right))}. What did they do? (You need not work it all out: look at the sum of the three numbers, and at how they rise and fall along the column.)"
        ),
        order=[2, 0, 3, 1],
        guilty=0,
    ),
)

# ---------------------------------------------------------------- 19.9 and 19.10, from earlier chapters

_LEVEL = entry("18.11")
REVIEW_OF_18_11 = replace(
    _LEVEL,
    id="19.9",
    title="Once more: what dW hides (from chapter 18)",
    choose=lambda rng: _LEVEL.choose(rng or Rng("19.9")),
)
REVIEW_OF_16_2 = replace(
    entry("16.2"),
    id="19.10",
    title="Once more: two cuts (from chapter 16)",
    book={"a": -4, "b": 5},
)

EXERCISES = (
    ORDER,
    UNIT,
    BATCH_NORM,
    LAYER_NORM,
    RIGHT_ANGLE,
    CLIPPING,
    REPAIR,
    REVERSE,
    REVIEW_OF_18_11,
    REVIEW_OF_16_2,
)
