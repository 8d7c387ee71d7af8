"""Exercises of chapter 9, losses: from one number back to a probability, and from the loss back to the logits."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import exp, log, log2, log10

import numpy as np

from ..checking import Arrays, Choice, Functions, WhichLine, entry
from ..checking.choices import diagnose, inject_bug
from ..engine.trace_table import fmt
from ..mistakes import REGISTRY, Mistake
from ..mistakes.array_programs import cross_entropy, softmax
from ..mistakes.arrays import SLIPS
from .shared.combined import alone_and_together
from .shared.gains import halves, renamed

PAGE = "09_losses"  # of the book, and folder of its solutions

HOW_WRONG, DIVISOR, ONE_OF_TEN = (
    "9: One number for how wrong",
    "9: Squared errors, and what divides them",
    "9: One of ten",
)


# The catalogue's slips in the words of this chapter.
KNOWN = {
    slug: renamed(SLIPS[slug], {"shares": "probabilities", "share": "probability"})
    for slug in ("softmax-diagonal", "softmax-slope-twice", "softmax-twice", "batch-not-averaged")
}


def slip(slug: str, says: str, because: str, question: str, see: str, found=None):
    """A slip, and what it gives."""
    return Mistake(slug, says, f"It is tempting because {because}.", question, see), found


# ---------------------------------------------------------------- 9.1 from a loss to a probability


def read_back(loss, wrong, classes):
    """The probability of the right class, and the loss of somebody who gives all classes the same one."""
    return {"P": exp(-loss), "guess": log(classes)}


FROM_LOSS = partial(slip, see=HOW_WRONG)
P_SLIPS = (
    FROM_LOSS("loss-as-power-of-ten", "the logarithm is taken as the one to base 10", "on many calculators that key says log",
              "Which number is raised to the power of minus the loss?", found=lambda loss, wrong, classes: 10**-loss),
    FROM_LOSS("loss-in-bits", "the logarithm is taken as the one to base 2", "information is often counted in bits",
              "Which number is raised to the power of minus the loss?", found=lambda loss, wrong, classes: 2**-loss),
    FROM_LOSS("rest-for-the-truth", "all that the wrong class has left over is given to the right one", "the two seem to share everything between them",
              "What does the loss say of the right class? Does it need to know about the wrong one?", found=lambda loss, wrong, classes: 1 - wrong),
    FROM_LOSS("rest-shared-evenly", "what the wrong class has left over is shared evenly among the others", "nothing is said of the other classes",
              "What does the loss say of the right class? Does it need to know about the wrong one?",
              found=lambda loss, wrong, classes: (1 - wrong) / (classes - 1)),
    FROM_LOSS("loss-turned-over", "1 is divided by the loss", "a large loss means a small probability",
              "What is the loss when the right class has the probability 1?", found=lambda loss, wrong, classes: 1 / loss),
    FROM_LOSS("probability-of-error", "1 minus the probability of the right class is given", "a loss sounds like what went wrong",
              "The probability of which class is asked for?", found=lambda loss, wrong, classes: 1 - exp(-loss)),
    FROM_LOSS("minus-sign-of-log-lost", "the minus sign is left out: e is raised to the power of the loss", "the loss is a positive number",
              "Can a probability be more than 1?", found=lambda loss, wrong, classes: exp(loss)),
    FROM_LOSS("probability-in-percent", "the probability is given in percent, and not as a number from 0 to 1", "probabilities are often said in percent",
              "If it were certain, would you give 1, or 100?", found=lambda loss, wrong, classes: 100 * exp(-loss)),
    FROM_LOSS("probability-in-whole-percent", "the probability is given in whole percent, and not as a number from 0 to 1", "probabilities are often said in percent",
              "If it were certain, would you give 1, or 100?", found=lambda loss, wrong, classes: float(round(100 * exp(-loss)))),
    FROM_LOSS("probability-of-the-wrong-class", "the probability of the class that the network named is given", "it is the only one in the text",
              "The probability of which class is asked for?", found=lambda loss, wrong, classes: wrong),
)  # fmt: skip
GUESS_SLIPS = (
    FROM_LOSS("guess-in-tens", "for the guess, the logarithm to base 10 is taken", "on many calculators that key says log",
              "Which logarithm has the slope 1/p?", found=lambda loss, wrong, classes: log10(classes)),
    FROM_LOSS("guess-in-bits", "for the guess, the logarithm to base 2 is taken", "information is often counted in bits",
              "Which logarithm has the slope 1/p?", found=lambda loss, wrong, classes: log2(classes)),
    FROM_LOSS("guess-as-probability", "the probability of an even guess is given, and not its loss", "it is the first number that you need",
              "What does the loss make of a probability?", found=lambda loss, wrong, classes: 1 / classes),
    FROM_LOSS("guess-of-the-wrong", "the logarithm is taken of the probability that the guess is wrong", "a loss sounds like what went wrong",
              "Whose probability is in the loss?", found=lambda loss, wrong, classes: -log(1 - 1 / classes)),
    FROM_LOSS("guess-sign-lost", "the minus sign before the logarithm is left out", "it is easily lost before a fraction",
              "Is the logarithm of a number below 1 positive?", found=lambda loss, wrong, classes: -log(classes)),
    FROM_LOSS("guess-among-others", "the class that the network named is not counted", "it has been said already",
              "How many classes does somebody guess among who has no idea?", found=lambda loss, wrong, classes: log(classes - 1)),
)  # fmt: skip

READ_BACK = Arrays(
    "9.1",
    "Back from the loss",
    2,
    "say what probability a cross-entropy stands for, and whether it is better than guessing",
    outputs=("P", "guess"),
    book={"loss": 1.9, "wrong": 0.6, "classes": 6},
    sample=lambda rng: {
        "loss": rng.pick([1.4, 1.6, 1.7, 1.8, 2.1, 2.2]),
        "wrong": rng.pick([0.5, 0.6, 0.7]),
        "classes": rng.whole(4, 8),
    },
    solve=read_back,
    tolerance=lambda n: {"P": 0.002, "guess": 0.002},
    prompt=lambda n: (
        f"A network tells {n['classes']} kinds of fruit apart. It takes a pear for an apple, of which it is {100 * n['wrong']:.0f} % certain, "
        f"and its loss on this picture, cross-entropy with the natural logarithm, is {fmt(n['loss'])}.\n\nWhat probability did it give to the pear (`P`, a number "
        "from 0 to 1, to three decimals)? And what would be the loss of somebody who has no idea, and gives every kind the same probability (`guess`)?"
    ),
    mistakes=alone_and_together(read_back, {"P": P_SLIPS, "guess": GUESS_SLIPS}),
)  # fmt: skip

# ---------------------------------------------------------------- 9.2 larger or smaller, before any calculation

WAYS = {
    "both become larger": (True, True),
    "both become smaller": (False, False),
    "the squared error's becomes smaller, cross-entropy's larger": (False, True),
    "the squared error's becomes larger, cross-entropy's smaller": (True, False),
}


def further(rng):
    """A neuron whose z goes from 1 to 6, or from -1 to -6: what happens to the two slopes?"""
    side, target = (1, 0) if rng is None else (rng.pick([1, -1]), rng.pick([0, 1]))
    wrong = (side > 0) == (target == 0)
    true = (False, wrong)
    words = {
        True: "cross-entropy's slope is p minus the target, and that error {}; the squared error's is twice that error times the sigmoid's own slope, which goes to 0 on both sides",
        False: "the neuron is right, and becomes more so: the error p minus the target goes to 0, and both slopes contain it",
    }  # fmt: skip
    order = list(WAYS) if rng is None else rng.shuffled(list(WAYS))
    letters = dict(zip("abcd", order, strict=True))
    choices = "\n".join(f"- **{letter}:** {words_}" for letter, words_ in letters.items())
    prompt = (
        f"A neuron answers $p = \\sigma(z)$, and its target is {target}. Its $z$ moves from ${side}$ to ${6 * side}$. Before you calculate anything: "
        f"what happens to the *size* of $\\partial L/\\partial z$ under the squared error $(p - t)^2$, and under cross-entropy?\n\n{choices}"
    )
    why = words[wrong].format("goes to 1")
    bad = {letter: why for letter, way in letters.items() if WAYS[way] != true}
    return prompt, next(letter for letter, way in letters.items() if WAYS[way] == true), bad


PREDICT = Choice(
    "9.2", "More and more wrong", 1, "predict which loss still pulls at a saturated neuron", choose=further
)

# ---------------------------------------------------------------- 9.3 the Jacobian of softmax


def through_softmax(P, dP, *, jacobian=lambda p: np.diag(p) - np.outer(p, p), back=lambda p, g, J: g @ J):
    """Softmax's Jacobian at P, and what it makes of dL/dP; a slip makes either otherwise."""
    p, g = np.array(P), np.array(dP)
    J = jacobian(p)
    return {"J": J, "dz": back(p, g, J)}


def jacobian_slip(slug: str, says: str, because: str, question: str, **altered):
    """A slip in the Jacobian, which is then used for dz, or in the way from dP to dz."""
    mistake = REGISTRY.get(slug) or Mistake(slug, says, f"It is tempting because {because}.", question, ONE_OF_TEN)
    return mistake.worded(says, f"It is tempting because {because}.", question), partial(through_softmax, **altered)


ROW = "The probabilities always sum to 1. So what must each row of the Jacobian sum to?"
ALL_MOVE = "If $z_1$ alone rises, which of the three probabilities move? Is each of them in your formula?"
JACOBIAN_SLIPS = (
    jacobian_slip("softmax-diagonal", "only the diagonal of the Jacobian is filled, as if each probability depended on its own logit alone",
                  "it is so for the sigmoid, whose slope p(1 - p) is the same", "When one logit rises, what happens to the probabilities of the others?",
                  jacobian=lambda p: np.diag(p * (1 - p))),
    jacobian_slip("softmax-others-rise", "the entries beside the diagonal have a plus, where they should have a minus", "the product of two probabilities is positive",
                  ROW, jacobian=lambda p: np.diag(p * (1 - p)) + np.outer(p, p) - np.diag(p * p)),
    jacobian_slip("softmax-diagonal-whole", "the diagonal has $p$ where $p(1 - p)$ belongs: the numerator of the quotient is differentiated, and the sum below it is not",
                  "the slope of the exponential is the exponential itself", ROW, jacobian=lambda p: 2 * np.diag(p) - np.outer(p, p) - np.diag(p * (1 - p))),
    jacobian_slip("softmax-slope-everywhere", "$p_i (1 - p_j)$ stands everywhere, also beside the diagonal", "the two cases are easily merged into one formula", ROW,
                  jacobian=lambda p: np.outer(p, 1 - p)),
    jacobian_slip("softmax-turned", "every sign is turned", "the same formula with $p_j - 1$ instead of $1 - p_j$ looks as good",
                  "If a logit rises, does the probability of its own class rise or fall?", jacobian=lambda p: np.outer(p, p) - np.diag(p)),
    jacobian_slip("softmax-denominator-alone", "only the sum below the line is differentiated: $-p_i p_j$ stands on the diagonal too",
                  "the minus is what is new", ROW, jacobian=lambda p: -np.outer(p, p)),
    jacobian_slip("softmax-slopes-in-a-row", "J has one slope p(1 - p) for each class, and not a row for each probability and a column for each logit", "every activation so far had one slope for each entry",
                  ALL_MOVE, jacobian=lambda p: p * (1 - p), back=lambda p, g, J: g * J),
    jacobian_slip("softmax-vjp-entry-by-entry", "dP is multiplied by the diagonal alone, entry by entry, although the Jacobian has more",
                  "every activation so far had one slope for each entry", ALL_MOVE, back=lambda p, g, J: g * p * (1 - p)),
    jacobian_slip("softmax-vjp-p-alone", "dP is multiplied by the probabilities, and nothing is subtracted", "it is the first term of the formula", ALL_MOVE,
                  back=lambda p, g, J: g * p),
    jacobian_slip("softmax-vjp-plain-sum", "the sum of dP is subtracted, where its mean weighted by the probabilities belongs", "a sum over the classes is a sum over the classes",
                  "What is $\\sum_i dP_i \\, p_i$, and where does the $p_i$ in it come from?", back=lambda p, g, J: p * (g - g.sum())),
    jacobian_slip("softmax-vjp-plain-mean", "the plain mean of dP is subtracted, where the mean weighted by the probabilities belongs", "a mean is a mean",
                  "Do all classes have the same probability?", back=lambda p, g, J: p * (g - g.mean())),
    jacobian_slip("softmax-vjp-not-weighted", "the weighted mean is subtracted from dP, but the result is not multiplied by the probabilities", "the subtraction looks like all there is",
                  "What does a class with the probability 0 do to the loss if its logit rises a little?", back=lambda p, g, J: g - g @ p),
    jacobian_slip("softmax-vjp-left-out", "dP itself is given for dz", "the shapes are the same", "Between dP and dz stands softmax. What does it do to a gradient on the way back?",
                  back=lambda p, g, J: g),
    jacobian_slip("softmax-vjp-turned", "the signs of dz are turned", "a step goes against the gradient", "Is the gradient asked for, or the step?", back=lambda p, g, J: -g @ J),
)  # fmt: skip


def draw_softmax(rng):
    """Three probabilities with one decimal or two, all different, and whole numbers that arrive."""
    P = rng.shuffled(rng.pick([[0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.7, 0.2, 0.1], [0.5, 0.4, 0.1]]))
    dP = [float(rng.whole(1, 4) * rng.pick([-1, 1])) for _ in range(3)]
    return {"P": P, "dP": dP}


JACOBIAN = Arrays(
    "9.3",
    "The Jacobian of softmax",
    3,
    "write down softmax's Jacobian, and take a gradient back through it",
    outputs=("J", "dz"),
    book={"P": [0.6, 0.1, 0.3], "dP": [1.0, -2.0, 3.0]},
    sample=draw_softmax,
    solve=through_softmax,
    tolerance=lambda n: {"J": np.full((3, 3), 0.003), "dz": np.full(3, 0.006)},
    prompt=lambda n: (
        f"Softmax has turned three logits into the probabilities $({', '.join(map(fmt, n['P']))})$, and from somewhere the gradient "
        f"$dP = ({', '.join(map(fmt, n['dP']))})$ arrives. (It need not come from a cross-entropy. In an attention layer it does not.)\n\nWhat is the Jacobian `J`, "
        "three rows of three, with $\\partial p_i/\\partial z_j$ in row $i$ and column $j$? And what is `dz`, the gradient of the three logits?"
    ),
    mistakes=JACOBIAN_SLIPS,
)  # fmt: skip

# ---------------------------------------------------------------- 9.4 P - T for a batch


def batch(P, labels, *, loss=lambda p, P, T: -np.log(p).mean(), back=lambda P, T: (P - T) / len(P)):
    """The loss of a batch, and its gradient with respect to the logits. loss takes the probabilities of the right classes."""
    P, T = np.array(P), np.eye(len(P[0]))[list(labels)]
    return {"L": loss((P * T).sum(axis=1), P, T), "dZ": back(P, T)}


def batch_loss_slip(slug, says, because, question, loss, see=HOW_WRONG):
    return Mistake(slug, says, f"It is tempting because {because}.", question, see), lambda P, labels: batch(P, labels, loss=loss)["L"]  # fmt: skip


def batch_slip(mistake: Mistake, back):
    return mistake, lambda P, labels: batch(P, labels, back=back)["dZ"]


def delta_slip(slug, says, because, question, back, see=ONE_OF_TEN):
    return batch_slip(Mistake(slug, says, f"It is tempting because {because}.", question, see), back)


BATCH_LOSS_SLIPS = (
    batch_loss_slip("losses-not-averaged", "the losses of the two examples are added up, and not averaged", "a loss adds up what went wrong",
                    "If every example came twice, how would a mean change?", lambda p, P, T: -np.log(p).sum(), DIVISOR),
    batch_loss_slip("loss-over-all-entries", "the sum is divided by the number of entries, where it should be divided by the number of examples", "for MSE that is the rule",
                    "How many logarithms are in the sum?", lambda p, P, T: -np.log(p).mean() / P.shape[1], DIVISOR),
    batch_loss_slip("loss-with-log-ten", "the logarithm to base 10 is taken", "on many calculators that key says log", "Which logarithm has the slope 1/p?",
                    lambda p, P, T: -np.log10(p).mean()),
    batch_loss_slip("loss-with-log-two", "the logarithm to base 2 is taken", "information is often counted in bits", "Which logarithm has the slope 1/p?",
                    lambda p, P, T: -np.log2(p).mean()),
    batch_loss_slip("log-of-every-class", "the logarithms of all probabilities are averaged, and not those of the right classes alone", "a mean over a table takes in every entry",
                    "Does this loss look at the classes that are wrong?", lambda p, P, T: -np.log(P).mean()),
    batch_loss_slip("log-of-the-mean", "the probabilities are averaged first, and the logarithm is taken of the mean", "one logarithm is less work than two",
                    "What is averaged: probabilities, or losses?", lambda p, P, T: -np.log(p.mean())),
    batch_loss_slip("missing-probability", "1 minus the probability is averaged, without a logarithm", "it is what is missing from being certain",
                    "What should the loss be when the right class has a probability of almost 0?", lambda p, P, T: (1 - p).mean()),
    batch_loss_slip("loss-sign-lost", "the minus sign before the logarithm is left out", "it is easily lost", "Is the logarithm of a number below 1 positive?",
                    lambda p, P, T: np.log(p).mean()),
    batch_loss_slip("squared-errors-of-probabilities", "the mean of the squared errors is given, which is another loss", "it is the loss of the chapters before",
                    "Which loss does the exercise name?", lambda p, P, T: ((P - T) ** 2).mean()),
)  # fmt: skip
DELTA_SLIPS = (
    batch_slip(KNOWN["batch-not-averaged"], lambda P, T: P - T),
    batch_slip(KNOWN["softmax-slope-twice"], lambda P, T: (P - T) * P * (1 - P) / len(P)),
    batch_slip(KNOWN["softmax-diagonal"], lambda P, T: -T * (1 - P) / len(P)),
    delta_slip("delta-over-all-entries", "P - T is divided by the number of entries, where it should be divided by the number of examples", "for MSE that is the rule",
               "Over what does the loss average: examples, or entries?", lambda P, T: (P - T) / P.size, DIVISOR),
    delta_slip("delta-averaged-twice", "P - T is divided by the number of examples twice", "the mean is in the loss, and once more in many programs",
               "How often is the mean taken in the loss?", lambda P, T: (P - T) / len(P) ** 2, DIVISOR),
    delta_slip("target-minus-probability", "T - P is given: the sign is turned", "a step goes that way", "If the logit of a wrong class rises, does the loss rise or fall?",
               lambda P, T: (T - P) / len(P)),
    delta_slip("probabilities-alone", "the probabilities are given, and the target is not subtracted", "most of the entries come out right",
               "What does the sum of each row have to be?", lambda P, T: P / len(P)),
    delta_slip("stopped-at-probabilities", "the gradient of the probabilities is given, $-1/p$ at the right class, and not that of the logits", "it comes first on the way back",
               "Whose gradient is asked for: that of softmax's outputs, or of its inputs?", lambda P, T: -T / P / len(P)),
    delta_slip("delta-as-for-mse", "P - T is doubled and divided by the number of entries, as for a mean squared error without a slope", "that is how a mean squared error begins",
               "Is there a square in this loss, and over what does it average?", lambda P, T: 2 * (P - T) / P.size, DIVISOR),
    delta_slip("loss-for-the-delta", "each example's loss stands at its right class, where its derivative belongs", "the loss is the number that you have worked out",
               "How fast does the loss change when that logit rises a little?", lambda P, T: -T * np.log(P) / len(P)),
)  # fmt: skip


def draw_batch(rng):
    rows = [[0.7, 0.2, 0.1], [0.5, 0.3, 0.2], [0.6, 0.3, 0.1], [0.8, 0.15, 0.05], [0.5, 0.4, 0.1]]
    first, second = rng.shuffled(rows)[:2]
    labels = rng.shuffled([0, 1, 2])[:2]
    return {"P": [rng.shuffled(first), rng.shuffled(second)], "labels": labels}


def rows_of(P) -> str:
    inside = r" \\ ".join(" & ".join(map(fmt, row)) for row in P)
    return f"$$P = \\begin{{pmatrix}} {inside} \\end{{pmatrix}}$$"


DELTA = Arrays(
    "9.4",
    "The first gradient of the way back",
    3,
    "find the loss of a batch under softmax and cross-entropy, and the gradient of its logits",
    outputs=("L", "dZ"),
    book={"P": [[0.7, 0.1, 0.2], [0.3, 0.5, 0.2]], "labels": [0, 2]},
    sample=draw_batch,
    solve=batch,
    tolerance=lambda n: {"L": 0.003, "dZ": np.full((2, 3), 0.003)},
    prompt=lambda n: (
        f"Softmax has turned the logits of two examples into these probabilities, one row for each example:\n\n{rows_of(n['P'])}\n\n"
        f"The right classes are number {n['labels'][0]} for the first example and number {n['labels'][1]} for the second; we count from 0. The loss is cross-entropy, "
        "the mean over the two examples.\n\nWhat is the loss `L` (to three decimals), and what is `dZ`, its gradient with respect to the logits?"
    ),
    mistakes=alone_and_together(batch, {"L": BATCH_LOSS_SLIPS, "dZ": DELTA_SLIPS}),
)  # fmt: skip

# ---------------------------------------------------------------- 9.5 the same step under another divisor


def translated(rate, N, K):
    """The rate for the mean over all entries, and for the sum over all, that takes the steps of half the sum over N."""
    return {"mean": rate * K / 2, "sum": rate / (2 * N)}


RATE = partial(slip, see=DIVISOR)
MEAN_SLIPS = (
    RATE("rate-for-mean-inverted", "the rate for the mean is divided by K/2, where it should be multiplied by it", "a mean divides",
         "The mean's gradient is smaller. Should its rate be smaller too?", found=lambda rate, N, K: rate * 2 / K),
    RATE("rate-for-mean-half-alone", "for the mean, the number of outputs is forgotten: the rate is halved", "a factor of 2 is what differs between a square and half a square",
         "How many squares does the mean divide by, and how many does half the sum?", found=lambda rate, N, K: rate / 2),
    RATE("rate-for-mean-without-half", "for the mean, the half is forgotten: the rate is multiplied by K", "the number of outputs is what one sees first",
         "What is the slope of half a square, and what is that of a whole one?", found=lambda rate, N, K: rate * K),
    RATE("rate-for-mean-half-turned", "for the mean, the half is put on the wrong side: the rate is multiplied by 2K", "a factor of 2 has to go somewhere",
         "What is the slope of half a square, and what is that of a whole one?", found=lambda rate, N, K: rate * 2 * K),
    RATE("rate-for-mean-by-outputs", "the rate for the mean is divided by the number of outputs", "a mean divides by it",
         "The mean's gradient is smaller. Should its rate be smaller too?", found=lambda rate, N, K: rate / K),
    RATE("rate-kept-for-mean", "the rate is kept for the mean, as if both losses were the same", "both are called mean squared error",
         "What is the gradient of one entry under each of the two losses?", found=lambda rate, N, K: rate),
    RATE("rate-for-mean-by-batch", "the rate for the mean is multiplied by the size of the batch, where the number of outputs belongs", "the batch is what a mean is usually taken over",
         "Both losses divide by N. By what else does the second divide?", found=lambda rate, N, K: rate * N),
    RATE("rate-for-mean-by-both", "the rate for the mean is multiplied by the number of all entries", "that is what the mean divides by",
         "Both losses divide by N. Is that a difference?", found=lambda rate, N, K: rate * N * K / 2),
)  # fmt: skip
SUM_SLIPS = (
    RATE("rate-for-sum-inverted", "the rate for the sum is multiplied by 2N, where it should be divided by it", "the sum is the larger number",
         "The sum's gradient is larger. Should its rate be larger too?", found=lambda rate, N, K: rate * 2 * N),
    RATE("rate-for-sum-times-entries", "the rate for the sum is multiplied by the number of all entries", "the sum runs over all of them",
         "The sum's gradient is larger. Should its rate be larger too?", found=lambda rate, N, K: rate * N * K),
    RATE("rate-for-sum-without-half", "for the sum, the half is forgotten: the rate is divided by N", "the batch is what one sees first",
         "What is the slope of half a square, and what is that of a whole one?", found=lambda rate, N, K: rate / N),
    RATE("rate-for-sum-half-turned", "for the sum, the half is put on the wrong side: the rate is multiplied by 2/N", "a factor of 2 has to go somewhere",
         "What is the slope of half a square, and what is that of a whole one?", found=lambda rate, N, K: rate * 2 / N),
    RATE("rate-for-sum-by-all", "the rate for the sum is divided by the number of all entries too", "the sum runs over all of them",
         "Does the first loss divide by the number of outputs?", found=lambda rate, N, K: rate / (2 * N * K)),
    RATE("rate-for-sum-without-batch", "for the sum, the size of the batch is forgotten: the rate is halved", "a batch looks like a detail",
         "How many examples are in the sum?", found=lambda rate, N, K: rate / 2),
    RATE("rate-for-sum-times-batch", "the rate for the sum is multiplied by the size of the batch", "the sum runs over the batch",
         "The sum's gradient is larger. Should its rate be larger too?", found=lambda rate, N, K: rate * N),
    RATE("rate-kept-for-sum", "the rate is kept for the sum, as if both losses were the same", "both have their lowest point in the same place",
         "What is the gradient of one entry under each of the two losses?", found=lambda rate, N, K: rate),
)  # fmt: skip

TRANSLATE = Arrays(
    "9.5",
    "The same step",
    2,
    "translate a learning rate from one definition of a loss to another",
    outputs=("mean", "sum"),
    book={"rate": 0.6, "N": 20, "K": 5},
    sample=lambda rng: {
        "rate": rng.pick([0.4, 0.8, 1.2, 1.6]),
        "N": rng.pick([10, 20, 25, 50]),
        "K": rng.pick([3, 5, 6, 7, 8]),
    },
    solve=translated,
    tolerance=lambda n: {"mean": 0.004 * n["rate"], "sum": 0.002 * n["rate"] / n["N"]},
    prompt=lambda n: (
        f"A text trains a network with {n['K']} outputs on batches of {n['N']} at the learning rate {fmt(n['rate'])}. Its loss adds up *half* the squared errors of all outputs, "
        f"and takes the mean over the examples.\n\nWhich learning rate takes the same steps if your loss is the mean of the squared errors over all {n['N'] * n['K']} entries, "
        f"like `bp.MSE` (`mean`)? And which one if it is their sum (`sum`)?"
    ),
    mistakes=alone_and_together(translated, {"mean": MEAN_SLIPS, "sum": SUM_SLIPS}),
)  # fmt: skip

# ---------------------------------------------------------------- 9.6 from the number to the slip


def deltas(numbers):
    """The gradient of three logits, and what four slips make of it."""
    Z, T = [numbers["z"]], [[float(k == numbers["label"]) for k in range(3)]]

    def rounded(dZ) -> list:
        return (np.array(dZ)[0].round(3) + 0.0).tolist()

    found = [
        (KNOWN[slug].says, rounded(SLIPS[slug].run(Z, T)["dZ"]), slug)
        for slug in ("softmax-diagonal", "softmax-slope-twice", "softmax-twice")
    ]
    alone = (
        "the target was forgotten, and the probabilities went back",
        rounded(softmax(np.array(Z))),
        None,
    )
    return rounded(cross_entropy(Z, T)["dZ"]), [*found, alone]  # fmt: skip


REVERSE = Choice(
    "9.6",
    "What did they do?",
    1,
    "tell from a wrong gradient of the logits which slip made it",
    choose=lambda rng: diagnose(
        rng,
        book={"z": [1.0, 2.0, 0.0], "label": 0},
        resample=lambda rng: {
            "z": [float(z) for z in rng.shuffled(rng.pick([[2, 1, 0], [1, 0, -1], [2, 1, -1], [1, 0.5, -1]]))],
            "label": rng.whole(0, 2),
        },
        ways=deltas,
        tell=lambda n, right, found: (
            f"The logits of one example are $({', '.join(map(fmt, n['z']))})$, and its right class is number {n['label']}; we count from 0. The loss is softmax and "
            f"cross-entropy. The right gradient of the logits is $({', '.join(fmt(x, 3) for x in right)})$, but a learner got "
            f"$({', '.join(fmt(x, 3) for x in found)})$. What did they do?"
        ),
        order=[3, 0, 2, 1],
        guilty=1,
    ),
)

# ---------------------------------------------------------------- 9.7 one line of a program

PROGRAM = [
    ("Z = X @ W + b", "the pre-activations of one layer, examples in rows"),
    ("P = 1 / (1 + np.exp(-Z))", "the sigmoid of each entry"),
    ("L = np.mean((P - T) ** 2)", "the mean squared error, over all entries"),
    ("dP = 2 * (P - T) / P.size", "the slope of the square, and the mean over all entries, once"),
    ("dZ = dP * P * (1 - P)", "the sigmoid's own slope stands between dP and dZ, and p(1 - p) is that slope"),
    ("dW = X.T @ dZ", "the sum over the examples; the mean is in dZ already"),
    ("db = dZ.sum(axis=0)", "the sum over the examples; the mean is in dZ already"),
]
BUGS = {
    3: ("L = np.sum((P - T) ** 2)", "the gradient below is that of a mean, but this is a sum, so the loss printed is not the loss that the program descends"),
    4: ("dP = (P - T) ** 2 / P.size", "this is the loss before it is added up, where its derivative belongs"),
    5: ("dZ = P - T", "that is the gradient of cross-entropy, while the program prints the mean squared error. It will train, on another loss than it says"),
    6: ("dW = X.T @ dZ / len(X)", "the mean is in dP already, and this divides by the batch once more"),
    7: ("db = dZ.mean(axis=0)", "the weights' gradients are summed over the examples, and so are the biases': the mean is in dP already"),
}  # fmt: skip

LINE = WhichLine(
    "9.7",
    "The loss that is printed",
    2,
    "find the line of a program whose gradient belongs to another loss",
    lines=lambda rng: inject_bug(
        rng,
        "One layer with a sigmoid; `X` holds the examples in rows, `T` the targets, 0 or 1, in the shape of `P`. The program should "
        "descend the mean squared error over all entries, and print it as `L`.",
        PROGRAM,
        BUGS,
        5,
        "Take each gradient on its own: of which line above it is it the slope?",
    ),
)

# ---------------------------------------------------------------- 9.8 the fused loss as a program


def fused(
    Z, t, *, shares=softmax, loss=lambda parts: parts.mean(), delta=lambda P, T: (P - T) / len(P), logits=lambda Z: Z
):
    """Cross-entropy of logits Z and class numbers t, fused: the mean over the examples, and its gradient."""
    Z = logits(Z)
    shifted = Z - Z.max(axis=1, keepdims=True)
    parts = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(t)), t]
    return {"L": loss(parts), "dZ": delta(shares(Z), np.eye(Z.shape[1])[t])}


def program_slip(slug, says, because, question, see=ONE_OF_TEN, **altered):
    known = REGISTRY.get(slug)
    mistake = (
        known.worded(says, f"It is tempting because {because}.", question)
        if known
        else Mistake(slug, says, f"It is tempting because {because}.", question, see)
    )
    return mistake, partial(fused, **altered)  # fmt: skip


def softmax_columns(Z):
    return softmax(Z.T).T


def softmax_whole(Z):
    E = np.exp(Z - Z.max())
    return E / E.sum()


def through_probabilities(Z, t, *, shift, least=0.0):
    """The same, unfused: the probabilities first, kept at `least` or above, and then their logarithm."""
    with np.errstate(all="ignore"):
        E = np.exp(Z - shift(Z))
        P = E / E.sum(axis=1, keepdims=True)
        return {
            "L": -np.log(np.maximum(P[np.arange(len(t)), t], least)).mean(),
            "dZ": (P - np.eye(Z.shape[1])[t]) / len(t),
        }


def unfused_slip(slug, says, because, question, shift, **more):
    return Mistake(slug, says, f"It is tempting because {because}.", question, "9: Fused or unfused"), partial(
        through_probabilities, shift=shift, **more
    )


def row_maximum(Z):
    return Z.max(axis=1, keepdims=True)


CLIPPED = [
    unfused_slip(f"probability-kept-above-{least:g}", f"the probability is kept above {least:g} before its logarithm is taken, so no loss can be more than {-log(least):.1f}",
                 "the loss is a finite number again", "How large should the loss of a logit of 1000 at a wrong class be?", row_maximum, least=least)
    for least in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)
]  # fmt: skip


FUSED_SLIPS = (
    unfused_slip("softmax-not-shifted", "e is raised to the power of the logits as they are: for a logit of 1000 that is infinite, and infinity divided by infinity is `nan`",
                 "it is the formula as it stands in the book", "What may you subtract from all logits of a row without changing softmax?", lambda Z: 0.0),
    unfused_slip("log-of-a-rounded-probability", "the loss is made from the probability, which has been rounded to 0: its logarithm is infinite",
                 "dZ is right, and the shift was meant to be enough", "Can you write the loss in terms of the logits alone, without a probability?",
                 row_maximum),
    *CLIPPED,
    unfused_slip("shifted-by-the-largest-of-all", "the largest logit of the whole batch is subtracted from every row: where a row's own logits lie far below it, all its powers of e are 0",
                 "`Z.max()` is the shortest to write", "Which logit should be 0 after the shift, in every row?", lambda Z: Z.max()),
    program_slip("losses-not-averaged", "the losses of the examples are added up, and not averaged", "a loss adds up what went wrong",
                 "If every example came twice, how would a mean change?", loss=lambda parts: parts.sum()),
    program_slip("loss-of-each-example", "a loss is given for each example, where their mean is asked for", "each row has its own",
                 "How many numbers is a loss?", DIVISOR, loss=lambda parts: parts),
    program_slip("loss-sign-lost", "the minus sign before the logarithm is left out", "it is easily lost", "Is the logarithm of a number below 1 positive?",
                 loss=lambda parts: -parts.mean()),
    program_slip("batch-not-averaged", "dZ is not divided by the number of examples, although the loss is", "P - T looks complete",
                 "If every example came twice, how would the loss change? And how would your gradient?", delta=lambda P, T: P - T),
    program_slip("delta-over-all-entries", "P - T is divided by the number of entries, where it should be divided by the number of examples", "for MSE that is the rule",
                 "Over what does the loss average: examples, or entries?", delta=lambda P, T: (P - T) / P.size),
    program_slip("delta-averaged-twice", "P - T is divided by the number of examples twice", "the mean is in the loss, and once more in many programs",
                 "How often is the mean taken in the loss?", delta=lambda P, T: (P - T) / len(P) ** 2),
    program_slip("softmax-diagonal", "only the diagonal of softmax's Jacobian is used", "it is so for the sigmoid, whose formula p(1 - p) is the same",
                 "When one logit rises, what happens to the probabilities of the others?", delta=lambda P, T: -T * (1 - P) / len(P)),
    program_slip("softmax-slope-twice", "P - T is multiplied by p(1 - p) once more, although it is already the gradient of the logits",
                 "every activation has had a slope so far. But this one is in P - T already",
                 "Is P - T the gradient with respect to the softmax's inputs, or to its outputs?", delta=lambda P, T: (P - T) * P * (1 - P) / len(P)),
    program_slip("target-minus-probability", "T - P is given for dZ: the sign is turned", "a step goes that way",
                 "If the logit of a wrong class rises, does the loss rise or fall?", delta=lambda P, T: (T - P) / len(P)),
    program_slip("probabilities-alone", "the probabilities are given for dZ, and the target is not subtracted", "most of the entries come out right",
                 "What does the sum of each row have to be?", delta=lambda P, T: P / len(P)),
    program_slip("softmax-along-the-batch", "softmax runs down the columns, over the examples, and not along each row, over the classes", "axis=0 and axis=1 are easily exchanged",
                 "Which numbers of P have to sum to 1?", shares=softmax_columns),
    program_slip("softmax-over-everything", "softmax divides by the sum of all entries, over all examples", "a sum without an axis is the shortest to write",
                 "Which numbers of P have to sum to 1?", shares=softmax_whole),
    program_slip("softmax-twice", "softmax is applied twice", "the cross-entropy of many libraries contains the softmax, although its name does not say so",
                 "Does your loss want logits, or probabilities?", logits=softmax),
    program_slip("logits-for-probabilities", "the logits themselves stand where the probabilities belong in P - T", "both have the same shape",
                 "What has to sum to 1 before T is subtracted?", shares=lambda Z: Z),
)  # fmt: skip


def logit_cases(rng):
    """Two batches of small logits, and one example with a logit of 1000 at a wrong class."""
    wild = np.zeros((2, 3))
    wild[0, 2], wild[1] = 1000.0, halves(rng, 3)
    return [
        (halves(rng, 4, 3), np.array([rng.whole(0, 2) for _ in range(4)])),
        (halves(rng, 2, 5), np.array([rng.whole(0, 4) for _ in range(2)])),
        (wild, np.array([1, rng.whole(0, 2)])),
    ]


FUSED = Functions(
    "9.8",
    "Fused",
    4,
    "write softmax and cross-entropy as one function that no logit can break",
    arguments=("Z", "t"),
    outputs=("L", "dZ"),
    text="Write a function `cross_entropy(Z, t)` for logits `Z`, one row for each example, and class numbers `t`, counted from 0. It returns the loss, which is the mean over "
    "the examples of $-\\log p$ of the right class, and dZ, the gradient of the logits. One of the inputs that it will be run on has a logit of 1000 at a wrong class: "
    "there, too, both must be right numbers, not `inf` and not `nan`.",
    cases=logit_cases,
    solve=fused,
    mistakes=FUSED_SLIPS,
)

# ---------------------------------------------------------------- 9.9 a loss that is too large


def too_large(numbers):
    """The mean squared error of three predictions, and four ways to another number."""
    Y, T = np.array(numbers["Y"]), np.array(numbers["T"])
    E = Y - T
    return float((E**2).mean()), [
        (SLIPS["broadcast-error"].says, float(((Y - T[:, np.newaxis]) ** 2).mean()), "broadcast-error"),
        ("the squared errors were added up, and not averaged", float((E**2).sum()), None),
        ("the sizes of the errors were averaged, and not their squares", float(np.abs(E).mean()), None),
        ("half the squared errors were averaged", float((E**2).mean() / 2), None),
    ]


TOO_LARGE = Choice(
    "9.9",
    "Too large",
    1,
    "tell from a wrong loss how it was worked out",
    choose=lambda rng: diagnose(
        rng,
        book={"Y": [1.2, 2.9, 4.4], "T": [1.0, 3.0, 4.0]},
        resample=lambda rng: {
            "Y": [rng.tenths(0.2, 1.8), rng.tenths(2.2, 3.8), rng.tenths(4.2, 5.8)],
            "T": [1.0, 3.0, 5.0],
        },
        ways=too_large,
        tell=lambda n, right, found: (
            f"Three predictions, {', '.join(map(fmt, n['Y']))}, have the targets {', '.join(map(fmt, n['T']))}. Their mean squared error is {fmt(right, 3)}, "
            f"but a learner's program prints {fmt(found, 3)}. What did it do?"
        ),
        order=[1, 3, 0, 2],
        guilty=0,
    ),
)

# ---------------------------------------------------------------- 9.10 and 9.11, from earlier chapters

REVIEW_OF_8_12 = replace(
    entry("8.12"),
    id="9.10",
    title="Once more: two paths into one number (from chapter 8)",
    book={"x": 2.4, "w_p": -0.6, "b_p": 0.3, "w_q": 0.4, "b_q": -0.5, "v_p": 1.7, "v_q": 0.6, "c": -0.4, "y": -0.7},
)
REVIEW_OF_6_2 = replace(
    entry("6.2"),
    id="9.11",
    title="Once more: three weights by hand (from chapter 6)",
    book={"x1": 1.7, "x2": -0.9, "w1": 0.6, "w2": -0.7, "b": -0.4, "v": -1.8, "c": 0.6, "y": 2.1},
    prompt=lambda n: entry("6.2").prompt(n).replace("The network of the chapter", "The network of chapter 6"),
)

EXERCISES = (
    READ_BACK,
    PREDICT,
    JACOBIAN,
    DELTA,
    TRANSLATE,
    REVERSE,
    LINE,
    FUSED,
    TOO_LARGE,
    REVIEW_OF_8_12,
    REVIEW_OF_6_2,
)
