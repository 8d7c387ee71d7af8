"""A layer of gains, one for each column, and the slips in it (chapters 8 and 18)."""

from __future__ import annotations

import re

import numpy as np

from ...mistakes import Mistake


def renamed(mistake: Mistake, names: dict[str, str]) -> Mistake:
    """The mistake in the names of another exercise: regular expression -> what stands there instead."""

    def there(words: str) -> str:
        for name, new in names.items():
            words = re.sub(name, new, words)
        return words

    return mistake.worded(there(mistake.says), there(mistake.because), there(mistake.question))


def halves(rng, *shape: int) -> np.ndarray:
    """An array of halves from -3 to 3, none of them 0: exact in binary, so that a pre-activation can be exactly 0."""
    whole = [rng.whole(1, 6) * rng.pick([-1, 1]) / 2 for _ in range(int(np.prod(shape)))]
    return np.array(whole).reshape(shape)


# What goes back through Y = X * g, a gain for each column. A slip replaces one or both.
GAIN_LINES = {"dg": lambda X, g, dY: (X * dY).sum(axis=0), "dX": lambda X, g, dY: dY * g}


def gain(X, g, dY, **altered):
    """dg and dX, right or with other lines than those in GAIN_LINES."""
    return {name: line(X, g, dY) for name, line in (GAIN_LINES | altered).items()}


def gain_slip(slug: str, says: str, because: str, question: str, **altered):
    """A slip in a layer of gains, and the lines that it changes."""
    return Mistake(slug, says, f"It is tempting because {because}.", question, INDICES), altered


INDICES = "8: Backward, index by index"


GAIN_SLIPS = (
    gain_slip("gain-averaged", "the gains' gradients are averaged over the examples", "a mean does not grow with the batch",
              "Who uses a gain: one example, or all of them?", dg=lambda X, g, dY: (X * dY).mean(axis=0)),
    gain_slip("gain-not-summed", "dg is not summed over the examples: it has a row for each of them",
              "the product of X and dY already has all the factors", "g has one number for each column. How many has your dg?",
              dg=lambda X, g, dY: X * dY),
    gain_slip("gain-along-the-rows", "dg is summed along the rows, so that it has a number for each example",
              "axis=1 and axis=0 are easily exchanged", "Is there a gain for each example, or for each column?",
              dg=lambda X, g, dY: (X * dY).sum(axis=1)),
    gain_slip("gain-keeps-an-axis", "dg is a matrix with one row, where g is an array with one axis",
              "`keepdims=True` is a good habit elsewhere", "What is the shape of g, and what is that of your dg?",
              dg=lambda X, g, dY: (X * dY).sum(axis=0, keepdims=True)),
    gain_slip("gain-summed-over-all", "dg is summed over everything, so that there is one number for all columns",
              "a sum without an axis is the shortest to write", "Which entries of Y does one gain reach: a column, or all?",
              dg=lambda X, g, dY: (X * dY).sum()),
    gain_slip("gain-the-same-for-all", "dg is summed over everything, and each gain is given the same sum",
              "a sum without an axis is the shortest to write", "Which entries of Y does one gain reach: a column, or all?",
              dg=lambda X, g, dY: np.full(len(g), (X * dY).sum())),
    gain_slip("gain-as-a-bias", "X is left out of dg, as if g were added and not multiplied",
              "a bias has one number for each column too", "If g_j grows by 0.01, by how much does Y_nj grow?",
              dg=lambda X, g, dY: dY.sum(axis=0)),
    gain_slip("gain-without-upstream", "the upstream gradient dY is left out of dg", "X is the slope of Y with respect to g",
              "How fast does the loss move when Y does, and where is that in your dg?", dg=lambda X, g, dY: X.sum(axis=0)),
    gain_slip("gain-as-weights", "dg is X.T @ dY, the gradient of a full matrix of weights",
              "it is the formula for a layer that has a matrix of weights", "How many numbers has g? How many has your dg?",
              dg=lambda X, g, dY: X.T @ dY),
    gain_slip("gain-of-outputs", "dg is made with the layer's output, where its input X belongs",
              "both have the same shape", "What was g multiplied by in the forward pass?",
              dg=lambda X, g, dY: (X * g * dY).sum(axis=0)),
    gain_slip("gain-times-itself", "dg is made with g, where X belongs",
              "g is the one that the question is about", "If g_j grows by 0.01, by how much does Y_nj grow?",
              dg=lambda X, g, dY: (g * dY).sum(axis=0)),
    gain_slip("gain-last-example-only", "only the last example counts in dg: the others are left out of the sum",
              "a loop over the examples computes the right thing for each, and with `=` for `+=` it keeps only one", "Who uses a gain: one example, or all of them?",
              dg=lambda X, g, dY: X[-1] * dY[-1]),
    gain_slip("gain-not-passed", "what goes back is not multiplied by the gains", "the gains have been dealt with in dg",
              "How fast does Y move when X does?", dX=lambda X, g, dY: dY * 1.0),
    gain_slip("input-for-gain", "dX is made with X, where the gains belong", "dg has X in it, and the two lines look alike",
              "If X_nj grows by 0.01, by how much does Y_nj grow?", dX=lambda X, g, dY: dY * X),
    gain_slip("gains-summed-up", "dX is dY @ g, a matrix product that adds up the columns", "a layer that has a matrix of weights has an @ there",
              "How many entries of Y does one entry of X reach?", dX=lambda X, g, dY: dY @ g),
    gain_slip("gains-divided-by", "dX is divided by the gains, where it is multiplied by them",
              "going back sounds like undoing", "Does Y move faster than X where the gain is 2, or more slowly?",
              dX=lambda X, g, dY: dY / g),
    gain_slip("passed-without-upstream", "dX is g in each row: the upstream gradient dY is left out",
              "g is the slope of Y with respect to X", "How fast does the loss move when Y does, and where is that in your dX?",
              dX=lambda X, g, dY: np.zeros_like(dY) + g),
    gain_slip("forward-again", "dX is X * g, which is the layer's output", "it is what the layer does with g on the way forward",
              "What arrives from the loss, and where is it in your dX?", dX=lambda X, g, dY: X * g),
    gain_slip("gradient-for-gain", "dX is multiplied by dg, where the gains g belong", "dg has just been computed, and has the right shape",
              "If X_nj grows by 0.01, by how much does Y_nj grow?", dX=lambda X, g, dY: dY * (X * dY).sum(axis=0)),
    gain_slip("everything-averaged", "dg and dX are both divided by the number of examples", "many a book has a 1/N in its formulas",
              "dY is the gradient with respect to Y. Has a mean been forgotten in it?",
              dg=lambda X, g, dY: (X * dY).mean(axis=0), dX=lambda X, g, dY: dY * g / len(X)),
)  # fmt: skip
