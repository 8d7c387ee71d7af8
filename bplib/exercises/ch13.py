"""Exercises of chapter 13, digits: steps and epochs, the loss before the first step, an epoch as a program, and what a step moves."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from math import ceil, log, sqrt

import numpy as np

from ..checking import Arrays, ByPerson, Choice, Functions, Several, WhichLine, entry
from ..checking.choices import diagnose, inject_bug
from ..engine.trace_table import fmt
from ..mistakes import Mistake
from .shared.combined import alone_and_together

PAGE = "13_digits"  # of the book, and folder of its solutions

INITIAL, LOOP = "13: Before the first step", "13: Steps and epochs"
RATIO, UNSEEN = "13: How far a step goes", "13: What it has never seen"


def slip(see: str, slug: str, says: str, because: str, question: str) -> Mistake:
    return Mistake(slug, says, f"It is tempting because {because}.", question, see)


# ---------------------------------------------------------------- 13.1 count the steps


def counted(
    steps=lambda n, b: ceil(n / b), last=lambda n, b: n - b * (ceil(n / b) - 1), total=lambda n, b, e, steps: e * steps
):
    """A program that counts the steps of an epoch, the pictures of its last batch, and the steps of all epochs."""

    def program(n, b, e):
        a_pass = steps(n, b)
        return {"steps": a_pass, "last": last(n, b), "total": total(n, b, e, a_pass)}

    return program


counting = partial(slip, LOOP)
LEFT_OVER = "After the last full batch, are there pictures that no step has seen?"
COUNT_SLIPS = (
    (counting("last-batch-not-counted", "the last batch, which is not full, is left out", "a division rounded down looks like the number of batches", LEFT_OVER),
     {"steps": lambda n, b: n // b, "last": lambda n, b: b}),
    (counting("last-batch-not-a-step", "the last batch, which is not full, is not counted as a step",
              "a division rounded down looks like the number of batches", "Is a step taken for the pictures that are left over, too?"),
     {"steps": lambda n, b: n // b}),
    (counting("steps-not-rounded", "the number of steps is not rounded up", "pictures divided by batch size is the first thing to write down",
              "Can there be a part of a step?"), {"steps": lambda n, b: n / b}),
    (counting("a-step-for-each-image", "a step is counted for each picture", "the pictures do pass one by one in other programs",
              "How many pictures are in the mean that one step follows?"), {"steps": lambda n, b: n}),
    (counting("one-step-too-many", "one step too many is counted in each epoch", "after rounding up it is easy to add the last batch once more",
              "How many batches are full, and how many are not?"), {"steps": lambda n, b: ceil(n / b) + 1}),
    (counting("epochs-without-a-seam", "all epochs are cut into batches in one go, as if a batch could reach over the end of an epoch",
              "dividing all pictures that pass by the batch size looks shorter", "Does an epoch begin with a new order, or with what the last one left over?"),
     {"total": lambda n, b, e, steps: ceil(n * e / b)}),
    (counting("epochs-without-a-seam-and-rest", "all epochs are cut into batches in one go, and what is left at the very end is dropped",
              "dividing all pictures that pass by the batch size looks shorter", "Does an epoch begin with a new order, or with what the last one left over?"),
     {"total": lambda n, b, e, steps: n * e // b}),
    (counting("batch-size-for-steps", "the batch size is given as the number of steps", "both are numbers that belong to a batch",
              "How many batches does it take until every picture has been used once?"), {"steps": lambda n, b: b}),
    (counting("what-is-missing-in-the-last", "what the last batch lacks is given, not what it has", "it is what is left when you round up",
              "How many pictures have the full batches used, and how many remain?"), {"last": lambda n, b: -n % b}),
    (counting("last-batch-full", "the last batch is taken as full", "the batch size is one number for all", LEFT_OVER), {"last": lambda n, b: b}),
    (counting("one-epoch-for-all", "the steps of one epoch are given for all epochs", "an epoch sounds like the whole of it",
              "How often does training go through all the pictures?"), {"total": lambda n, b, e, steps: steps}),
    (counting("images-for-steps", "the pictures that pass are counted in the end, not the steps", "an epoch is a number of pictures",
              "How many pictures does one step use?"), {"total": lambda n, b, e, steps: n * e}),
)  # fmt: skip


def draw_counts(rng):
    size = rng.pick([16, 20, 24, 48, 64])
    return {"n": size * rng.whole(9, 30) + rng.pick([3, 5, 6, 7, 9, 11]), "b": size, "e": rng.pick([3, 4, 5, 6, 10])}


COUNTS = Arrays(
    "13.1",
    "Count the steps",
    2,
    "count the steps of an epoch, and what is in the last of them",
    outputs=("steps", "last", "total"),
    book={"n": 1000, "b": 64, "e": 5},
    sample=draw_counts,
    solve=counted(),
    mistakes=tuple((mistake, counted(**changed)) for mistake, changed in COUNT_SLIPS),
    tolerance=lambda n: {"steps": 0.04, "last": 0.1, "total": 0.2},
    prompt=lambda n: (
        f"A network learns from {n['n']:,} pictures in batches of {n['b']}, in a new order each epoch.\n\nHow many steps does one epoch take (`steps`)? "
        f"How many pictures are in its last batch (`last`)? And how many steps are {n['e']} epochs (`total`)?"
    ),
)

# ---------------------------------------------------------------- 13.2 the loss before the first step, and later


def losses(kinds, p, q, part):
    """The cross-entropy of a network that prefers nothing, and later of one that gives the truth p on a part and q elsewhere."""
    return {"first": log(kinds), "later": -part * log(p) - (1 - part) * log(q)}


loss_slip = partial(slip, INITIAL)
TENS = loss_slip("loss-to-base-ten", "the logarithm to base 10 is taken", "it is the key called log on many calculators",
                 "To what base is the logarithm in cross-entropy?")  # fmt: skip
TWOS = loss_slip("loss-to-base-two", "the logarithm to base 2 is taken", "information is counted in bits",
                 "To what base is the logarithm in cross-entropy?")  # fmt: skip
MINUS = loss_slip("minus-of-the-log-lost", "the minus sign before the logarithm is lost", "probabilities are positive",
                  "Can a cross-entropy be negative? What is the sign of the logarithm of a number below 1?")  # fmt: skip
CHANCE = loss_slip("probability-for-loss", "the probability of the right kind is given as the loss", "it is what the loss is made from",
               "What does cross-entropy take of the probability that the right kind gets?")  # fmt: skip
FIRST_SLIPS = (
    (TENS, lambda kinds, p, q, part: log(kinds, 10)),
    (TWOS, lambda kinds, p, q, part: log(kinds, 2)),
    (MINUS, lambda kinds, p, q, part: -log(kinds)),
    (CHANCE, lambda kinds, p, q, part: 1 / kinds),
    (loss_slip("squares-before-the-first-step", "the sum of squared errors is given", "it is the loss of chapter 3",
               "Which loss does the question ask for?"), lambda kinds, p, q, part: (1 - 1 / kinds) ** 2 + (kinds - 1) / kinds**2),
)  # fmt: skip
LATER_SLIPS = (
    (TENS, lambda kinds, p, q, part: -part * log(p, 10) - (1 - part) * log(q, 10)),
    (TWOS, lambda kinds, p, q, part: -part * log(p, 2) - (1 - part) * log(q, 2)),
    (MINUS, lambda kinds, p, q, part: part * log(p) + (1 - part) * log(q)),
    (CHANCE, lambda kinds, p, q, part: part * p + (1 - part) * q),
    (loss_slip("log-of-the-mean-probability", "the probabilities are averaged, and then the logarithm is taken", "both are means",
               "What is averaged over the pictures: probabilities, or losses?"), lambda kinds, p, q, part: -log(part * p + (1 - part) * q)),
    (loss_slip("both-groups-count-alike", "both groups of pictures count alike, however large they are", "there are two numbers to average",
               "What part of the pictures has the first probability, and what part the second?"), lambda kinds, p, q, part: -(log(p) + log(q)) / 2),
    (loss_slip("parts-exchanged", "the two parts of the pictures are exchanged", "the two belong together crosswise as easily",
               "Which probability do most of the pictures have?"), lambda kinds, p, q, part: -(1 - part) * log(p) - part * log(q)),
    (loss_slip("two-losses-added", "the two losses are added without their parts", "the loss is a sum over pictures",
               "Is the loss of a batch a sum, or a mean?"), lambda kinds, p, q, part: -log(p) - log(q)),
    (loss_slip("right-pictures-alone", "only the pictures with the first probability are counted", "they are the ones that the network has learnt",
               "What do the other pictures cost, and do they count in the mean?"), lambda kinds, p, q, part: -part * log(p)),
    (loss_slip("wrong-pictures-alone", "only the pictures with the second probability are counted", "nearly all of the loss comes from them",
               "What do the other pictures cost, and do they count in the mean?"), lambda kinds, p, q, part: -(1 - part) * log(q)),
    (loss_slip("certainty-for-loss", "one minus the mean probability is given", "it is also a number for how wrong the network is",
               "What does cross-entropy take of each probability?"), lambda kinds, p, q, part: 1 - part * p - (1 - part) * q),
)  # fmt: skip
FIRST_LOSS = Arrays(
    "13.2",
    "Before the first step, and later",
    2,
    "say what the loss should be before the first step, and work out a mean of losses",
    outputs=("first", "later"),
    book={"kinds": 26, "p": 0.9, "q": 0.02, "part": 0.8},
    sample=lambda rng: {
        "kinds": rng.pick([5, 8, 20, 26, 50, 100]),
        "p": rng.pick([0.8, 0.85, 0.9, 0.95]),
        "q": rng.pick([0.01, 0.02, 0.03, 0.05]),
        "part": rng.pick([0.6, 0.7, 0.75, 0.8]),
    },
    solve=losses,
    mistakes=alone_and_together(losses, {"first": FIRST_SLIPS, "later": LATER_SLIPS}),
    tolerance=lambda n: {"first": 0.006, "later": 0.006},
    prompt=lambda n: (
        f"A network sorts pictures into {n['kinds']} kinds, and its loss is cross-entropy, the mean of $-\\ln p$ over the pictures, where $p$ is the probability "
        f"of the right kind.\n\nBefore training it gives all kinds the same probability: what is its loss (`first`)? After training it gives the right kind "
        f"{fmt(n['p'])} on {100 * n['part']:.0f} % of the pictures, and {fmt(n['q'])} on the others: what is its loss then (`later`)? Two decimals are enough."
    ),
)

# ---------------------------------------------------------------- 13.3 up, down, or not at all


def batches(rng):
    """A network with no preference yet, five batches: after a step on which of them does the bias of output 3 go up?"""
    rows = [(10, 1), (32, 5), (32, 0), (20, 2), (50, 4)]
    if rng is not None:
        rows = rng.shuffled(
            [
                (10 * rng.whole(1, 3), 0),
                (30, rng.pick([4, 5, 6])),
                (40, rng.pick([1, 2, 3])),
                (50, 5),
                (20, rng.pick([3, 4])),
            ]
        )
    letters = dict(zip("abcde", rows, strict=True))
    why, right = {}, ""
    for letter, (n, threes) in letters.items():
        here = f"of the {n} pictures {threes} {'is a 3' if threes == 1 else 'are 3s'}, and output 3 says 0.1 to each, so the mean of $p - y$ is {fmt(0.1 - threes / n, 3)}"
        if threes / n > 0.1:
            right += letter
            why[letter] = f"{here}: a negative slope, and a step goes the other way, up"
        elif 10 * threes == n:
            why[letter] = f"{here}: the batch asks nothing of this bias, which stays where it is"
        else:
            why[letter] = f"{here}: a positive slope, and a step goes the other way, down"
    choices = "\n".join(
        f"- **{letter}:** {n} pictures, of which {k or 'none'} {'are 3s' if k > 1 else 'is a 3'}"
        for letter, (n, k) in letters.items()
    )
    prompt = (
        "A new network has logits of exactly 0 for every picture, so that each of its ten digits gets a probability of 0.1. Its loss is cross-entropy, the "
        "mean over the batch, and for one picture the slope of a logit is $p - y$, where $y$ is 1 for what the picture shows and 0 for the rest.\n\nBefore you "
        f"calculate anything: a step on which of these batches moves the bias of output 3 **up**?\n\n{choices}\n\n"
        'Answer with all letters that apply, such as "ac", or with "" for none.'
    )
    return prompt, right, why


BIAS = Several(
    "13.3",
    "Up, down, or not at all?",
    2,
    "predict which way a batch moves a bias, or that it leaves it alone, without calculating",
    choose=batches,
)

# ---------------------------------------------------------------- 13.4 how far a step goes


def size(*numbers):
    return sqrt(sum(x * x for x in numbers))


def moved(w1, w2, g1, g2, rate):
    """The length of a step in thousandths of the weights' length, and the rate at which it would be one thousandth."""
    length = size(g1, g2) / size(w1, w2)
    return {"thousandths": 1000 * rate * length, "rate": 0.001 / length}


ratio_slip = partial(slip, RATIO)
SQUARES = ratio_slip("squares-without-roots", "the sums of squares are taken without their roots", "the roots look as if they would cancel",
                     "What is the length of the arrow (3, 4)?")  # fmt: skip
SUMS = ratio_slip("sums-for-lengths", "the numbers themselves are added up, where lengths belong", "both say how large a list of numbers is",
                  "What is the length of the arrow (3, -4)?")  # fmt: skip
SIZES = ratio_slip("sizes-added-for-lengths", "the sizes of the numbers are added up, where lengths belong", "both say how large a list of numbers is",
                   "What is the length of the arrow (3, 4)?")  # fmt: skip
ALONE = ratio_slip("step-alone", "the length of the step is given, and not divided by that of the weights", "it is what moves",
                "Is a step of 0.01 long? Compared with what?")  # fmt: skip
RATIO_SLIPS = (
    (ratio_slip("gradient-for-step", "the gradient is compared with the weights, not the step", "the gradient is what the backward pass gives",
                "By how much does a step move the weights?"), lambda w1, w2, g1, g2, rate: 1000 * size(g1, g2) / size(w1, w2)),
    (SUMS, lambda w1, w2, g1, g2, rate: 1000 * rate * (g1 + g2) / (w1 + w2)),
    (SIZES, lambda w1, w2, g1, g2, rate: 1000 * rate * (abs(g1) + abs(g2)) / (abs(w1) + abs(w2))),
    (ratio_slip("ratio-turned-over", "the weights are divided by the step", "a ratio is easily turned over",
                "Does the number grow if the step grows?"), lambda w1, w2, g1, g2, rate: size(w1, w2) / (rate * size(g1, g2))),
    (ALONE, lambda w1, w2, g1, g2, rate: 1000 * rate * size(g1, g2)),
    (ratio_slip("share-for-thousandths", "the ratio itself is given, not in thousandths", "a ratio is a number below 1",
                "How many thousandths are 0.02?"), lambda w1, w2, g1, g2, rate: rate * size(g1, g2) / size(w1, w2)),
)  # fmt: skip
RATE_SLIPS = (
    (ALONE, lambda w1, w2, g1, g2, rate: 0.001 / size(g1, g2)),
    (SQUARES, lambda w1, w2, g1, g2, rate: 0.001 * size(w1, w2) ** 2 / size(g1, g2) ** 2),
    (SUMS, lambda w1, w2, g1, g2, rate: 0.001 * (w1 + w2) / (g1 + g2)),
    (SIZES, lambda w1, w2, g1, g2, rate: 0.001 * (abs(w1) + abs(w2)) / (abs(g1) + abs(g2))),
    (ratio_slip("rate-divided-out-twice", "0.001 is divided by a ratio that already has the rate in it", "the ratio is the number at hand",
                "If the rate doubles, what happens to the ratio? So which rate makes it 0.001?"),
     lambda w1, w2, g1, g2, rate: 0.001 * size(w1, w2) / (rate * size(g1, g2))),
    (ratio_slip("rate-times-the-rule", "the given rate is multiplied by 0.001", "the rule sounds like a thousandth of something",
                "A thousandth of what: of the rate, or of the weights?"), lambda w1, w2, g1, g2, rate: 0.001 * rate),
    (ratio_slip("rate-for-a-longer-step", "the rate is scaled the wrong way, multiplied by the thousandths where it should be divided", "a factor is easily turned over",
                "Should the step get longer or shorter? And the rate?"), lambda w1, w2, g1, g2, rate: 1000 * rate * rate * size(g1, g2) / size(w1, w2)),
)  # fmt: skip


def draw_step(rng):
    w, g = (rng.tenths(1.2, 2.9), rng.tenths(0.3, 1.1)), (rng.whole(3, 8), rng.whole(11, 19))
    signs = [rng.pick([-1, 1]) for _ in range(2)]
    return {
        "w1": w[0],
        "w2": signs[0] * w[1],
        "g1": signs[1] * g[0] / 1000,
        "g2": g[1] / 1000,
        "rate": rng.pick([0.4, 0.5, 0.6]),
    }


MOVED = Arrays(
    "13.4",
    "How far does a step go?",
    2,
    "compare a step with the weights that it moves, and find the rate for a given ratio",
    outputs=("thousandths", "rate"),
    book={"w1": 2.4, "w2": -0.7, "g1": 0.005, "g2": 0.012, "rate": 0.5},
    sample=draw_step,
    solve=moved,
    mistakes=alone_and_together(moved, {"thousandths": RATIO_SLIPS, "rate": RATE_SLIPS}),
    tolerance=lambda n: {
        "thousandths": 0.0005 + 0.01 * moved(**n)["thousandths"],
        "rate": 0.0005 + 0.005 * moved(**n)["rate"],
    },
    prompt=lambda n: (
        f"A layer has two weights, $W = ({fmt(n['w1'])}, {fmt(n['w2'])})$, whose gradient is $({fmt(n['g1'])}, {fmt(n['g2'])})$, and the learning rate is "
        f"{fmt(n['rate'])}.\n\nHow long is the step, in thousandths of the length of the weights (`thousandths`)? And at what learning rate would it be one "
        "thousandth of that length (`rate`)? Three decimals are enough."
    ),
)

# ---------------------------------------------------------------- 13.5 an epoch as a program


def epoch(*, cut=lambda rows, size: [rows[i : i + size] for i in range(0, len(rows), size)], targets=lambda t, rows, at: t[rows], visits=lambda order: order,
          slope=lambda x, e, size: 2 * x.T @ e / len(x), loss=lambda sums, lengths: sum(sums) / sum(lengths), steps="each", late=""):  # fmt: skip
    """A program of one epoch for a linear model and squared errors; a slip does one of its parts otherwise.

    cut, visits     (rows, size) -> batches of rows; order -> rows as they are visited
    targets         (t, rows of the batch, where the batch starts) -> its targets
    slope, loss     (x, errors, size) -> gradient; (sums of squares, batch lengths) -> the mean loss
    steps           "each" batch moves w; "added" keeps adding gradients up; "once" moves w at the end of the epoch
    late            the loss of a batch is taken after its "step", or all of it after the "epoch"
    """

    def program(X, t, w, order, size, rate):
        w, sums, lengths, kept, at = w.copy(), [], [], np.zeros_like(w), 0
        for rows in cut(visits(order), size):
            x, y = X[rows], targets(t, rows, at)
            before, at = x @ w - y, at + len(rows)
            gradient = slope(x, before, size)
            kept = kept + gradient
            if steps != "once":
                w = w - rate * (kept if steps == "added" else gradient)
            errors = x @ w - y if late == "step" else before
            sums, lengths = [*sums, float(errors @ errors)], [*lengths, len(rows)]
        if late == "epoch":
            sums, lengths = [float(np.sum((X @ w - t) ** 2))], [len(X)]
        return {"w": w - rate * kept if steps == "once" else w, "loss": loss(sums, lengths)}

    return program


def full_batches(rows, size):
    """All batches but the last, if that one is not full."""
    return [rows[i : i + size] for i in range(0, len(rows) - size + 1, size)]


looping = partial(slip, LOOP)
EPOCH_SLIPS = (
    (looping("gradients-carried-over", "the gradients of earlier batches are added to each new one: nothing is reset between steps",
             "in some libraries gradients do add up until they are reset", "At the second step, whose gradient should move the weights?"), {"steps": "added"}),
    (looping("last-batch-left-out", "the last batch, which is not full, is left out", "it is shorter than the others", LEFT_OVER), {"cut": full_batches}),
    (looping("mean-of-batch-means", "the loss is the mean of the batches' means, although the last batch has fewer rows", "each batch has a mean already",
             "How much does one row of the last batch count in your mean, and how much does one of the first?"),
     {"loss": lambda sums, lengths: float(np.mean([s / n for s, n in zip(sums, lengths, strict=True)]))}),
    (looping("last-batch-over-full-size", "the gradient of the last batch is divided by `size`, although it has fewer rows", "`size` is the batch size",
             "Over how many rows is the mean of the last batch taken?"), {"slope": lambda x, e, size: 2 * x.T @ e / size}),
    (looping("targets-not-shuffled", "the rows of `X` are taken in the new order, and the targets in the old one", "it is `X` that is shuffled",
             "Does the first row of your batch still stand beside its own target?"), {"targets": lambda t, rows, at: t[at : at + len(rows)]}),
    (looping("order-ignored", "the rows are taken as they stand, and `order` is not used", "the batches can be cut without it",
             "Which row should be in the first batch, if `order` begins with 4?"), {"visits": lambda order: np.arange(len(order))}),
    (looping("rate-times-batch-size", "each step is as many times too long as its batch has rows: the gradient is a sum, and the loss a mean",
             "a product of matrices adds up over the rows by itself", "If every row stood in the batch twice, should the step be longer?"),
     {"slope": lambda x, e, size: 2 * x.T @ e}),
    (looping("one-step-at-the-end", "the weights move once, at the end of the epoch, by the sum of all gradients", "it saves updates",
             "With which weights does the second batch meet its errors?"), {"steps": "once"}),
    (looping("bare-product-for-gradient", "the gradient is `X.T @ e` of the batch alone, neither multiplied by the 2 of the square nor divided by the number of rows",
             "that product is the heart of it", "What is the slope of a *mean* of *squares*?"), {"slope": lambda x, e, size: x.T @ e}),
    (looping("two-left-out-of-the-epoch", "the factor 2 of the squared error is left out of the gradient", "a constant can be thought of as part of the rate",
             "What is the slope of $e^2$?"), {"slope": lambda x, e, size: x.T @ e / len(x)}),
    (looping("uphill-for-an-epoch", "the steps are added, where they should be subtracted", "the gradient says where to go, but uphill",
             "Does the loss rise or fall along the gradient?"), {"slope": lambda x, e, size: -2 * x.T @ e / len(x)}),
    (looping("loss-after-its-step", "each batch's loss is taken after its own step", "the new weights are at hand then",
             "With which weights should a batch be met: those before its step, or after it?"), {"late": "step"}),
    (looping("loss-after-the-epoch", "the loss of all rows is taken after the epoch, with the last weights", "it says how good the model is now",
             "With which weights did the rows of the first batch meet the model?"), {"late": "epoch"}),
    (looping("step-for-each-row", "a step is taken after each row, where one belongs after each batch", "the rows can be gone through one by one",
             "How many rows are in the mean that one step follows?"), {"cut": lambda rows, size: [rows[i : i + 1] for i in range(len(rows))]}),
    (looping("first-batch-alone", "the function ends after the first batch", "a `return` that stands too far to the right ends the loop as well",
             "How often is the line with `return` reached, and where should it stand?"), {"cut": lambda rows, size: [rows[:size]]}),
    (looping("loss-of-the-last-batch", "the loss is that of the last batch alone", "it is what the variable holds when the loop ends",
             "How many rows are in your mean?"), {"loss": lambda sums, lengths: sums[-1] / lengths[-1]}),
    (looping("loss-not-divided", "the squares are added up and not divided by the number of rows", "a running total has to be divided once, at the end",
             "Is the loss a sum, or a mean?"), {"loss": lambda sums, lengths: sum(sums)}),
)  # fmt: skip


def draw_epochs(rng):
    """Three data sets whose last batch is not full, and an order for each."""

    def array(*shape):
        return np.array([rng.uniform(-1.5, 1.5) for _ in range(int(np.prod(shape)))]).reshape(shape)

    return [
        (array(n, m), array(n), array(m), np.array(rng.shuffled(range(n))), size, rate)
        for n, m, size, rate in ((7, 3, 3, 0.1), (5, 2, 2, 0.05), (11, 4, 4, 0.08))
    ]


EPOCH = Functions(
    "13.5",
    "An epoch as a program",
    3,
    "write one epoch of minibatches, with a step for each",
    arguments=("X", "t", "w", "order", "size", "rate"),
    outputs=("w", "loss"),
    text="A model says `X @ w`, one number for each row of `X`. The loss of a batch is the mean of the squared errors over its rows, against the targets `t`.\n\n"
    "Write a function `epoch(X, t, w, order, size, rate)` that goes through the rows once, in the given `order` (an array of row numbers), in batches of "
    "`size` rows, where the last batch takes what is left. After each batch, take one step of gradient descent on its loss. Return the weights after the "
    "epoch, and the mean loss over all rows, each row with the weights that it met, before its batch's step. Leave `w` itself as it was.",
    cases=draw_epochs,
    solve=epoch(),
    mistakes=tuple((mistake, epoch(**changed)) for mistake, changed in EPOCH_SLIPS),
)

# ---------------------------------------------------------------- 13.6 what is read


def read_out(
    *, read=lambda Z, t: Z.argmax(axis=1), give=lambda Z, said: said, score=lambda Z, right: float(right.mean())
):
    """A program that reads a table of outputs, gives what it has read, and counts what is right."""

    def program(Z, t):
        Z = np.array(Z)
        said = read(Z, np.array(t))
        return {"read": give(Z, said), "accuracy": score(Z, (said == np.array(t)) * 1.0)}

    return program


reading = partial(slip, UNSEEN)
READ_SLIPS = (
    (reading("argmax-on-the-wrong-axis", "the largest number of each column is taken, not that of each row", "`argmax` takes either axis without a word when the table is square",
             "Does a row belong to a picture, or to a digit?"), {"read": lambda Z, t: Z.argmax(axis=0)}),
    (reading("logits-for-digits", "the largest numbers themselves are given, not the digits that they belong to", "they are what one looks for in each row",
             "Which digit does the column of the largest number belong to?"), {"give": lambda Z, said: Z.max(axis=1)}),
    (reading("smallest-output", "the smallest number of each row is taken", "a small loss is a good one, but these are outputs",
             "Which digit does the network find likeliest: the one with the largest logit, or with the smallest?"), {"read": lambda Z, t: Z.argmin(axis=1)}),
    (reading("digits-from-one", "the digits are counted from 1", "people count from 1", "Which digit does the first column belong to?"),
     {"read": lambda Z, t: Z.argmax(axis=1) + 1}),
    (reading("largest-in-size", "the number that is furthest from 0 is taken, whatever its sign", "a large negative number looks strong",
             "Does a logit far below 0 speak for its digit, or against it?"), {"read": lambda Z, t: np.abs(Z).argmax(axis=1)}),
    (reading("truth-for-reading", "what the pictures show is given, not what the network reads", "the last column names a digit for each picture",
             "Which of the columns are the network's answers?"), {"read": lambda Z, t: t}),
    (reading("accuracy-in-percent", "the share is given in percent", "accuracies are often said in percent", "If all were right, would you give 1, or 100?"),
     {"score": lambda Z, right: 100 * float(right.mean())}),
    (reading("count-for-share", "the pictures that are read correctly are counted, not their share", "they have to be counted first",
             "How many pictures are there in all?"), {"score": lambda Z, right: float(right.sum())}),
    (reading("error-for-accuracy", "the share of mistakes is given", "mistakes are what one looks for", "Is your number larger when the network is better?"),
     {"score": lambda Z, right: 1 - float(right.mean())}),
)  # fmt: skip


def draw_outputs(rng):
    """A square table of outputs, and what is right: some of the pictures are misread."""
    Z = [[number / 10 for number in rng.shuffled(range(-30, 31))[:5]] for _ in range(5)]  # no two alike in a row
    t = [int(np.argmax(row)) for row in Z]
    for i in rng.shuffled(range(5))[: rng.pick([1, 2])]:
        t[i] = (t[i] + rng.whole(1, 4)) % 5
    return {"Z": Z, "t": t}


def outputs_table(n) -> str:
    digits = range(len(n["Z"]))
    rows = "\n".join(f"| {i + 1} | {' | '.join(fmt(z) for z in row)} | {n['t'][i]} |" for i, row in enumerate(n["Z"]))
    return f"| picture | {' | '.join(map(str, digits))} | it is a |\n|---|{'---|' * (len(digits) + 1)}\n{rows}"


READ = Arrays(
    "13.6",
    "What does it read?",
    2,
    "read a table of outputs, and work out the accuracy",
    outputs=("read", "accuracy"),
    book={
        "Z": [[1.2, -0.4, 0.3, -2.1, 0.9], [-0.7, 0.2, 1.9, 0.8, -1.5], [0.4, 2.3, -0.9, 1.1, -2.6], [2.0, -1.3, 0.6, 1.7, -0.2], [-1.1, 0.5, -2.8, 0.1, 1.4]],
        "t": [0, 2, 1, 3, 4],
    },
    sample=draw_outputs,
    solve=read_out(),
    mistakes=tuple((mistake, read_out(**changed)) for mistake, changed in READ_SLIPS),
    tolerance=lambda n: {"read": [0.01] * 5, "accuracy": 0.004},
    prompt=lambda n: (
        "A network tells five digits apart, 0 to 4. For five new pictures its outputs (logits) are these, and the last column says what the pictures show.\n\n"
        f"{outputs_table(n)}\n\nWhich digit does it read in each picture, from the first to the last (`read`, five numbers)? And what is its accuracy, as a number "
        "from 0 to 1 (`accuracy`)?"
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 13.7 from the number to the slip


def epoch_loss(numbers):
    """The mean loss of an epoch from the means of its batches, and what other ways give."""
    sizes, means = numbers
    sums = [n * mean for n, mean in zip(sizes, means, strict=True)]
    return sum(sums) / sum(sizes), [
        (
            "they took the mean of the batches' means, as if all batches had the same size",
            sum(means) / len(means),
            None,
        ),
        ("they left the last batch out", sum(sums[:-1]) / sum(sizes[:-1]), None),
        (
            "they divided the sum over all pictures by the number of pictures that full batches would have had",
            sum(sums) / (sizes[0] * len(sizes)),
            None,
        ),
        ("they gave the loss of the last batch", means[-1], None),
    ]


def draw_batches(rng):
    size = rng.pick([20, 32, 40])
    return [size, size, rng.pick([4, 6, 8])], [rng.tenths(1.6, 2.3), rng.tenths(1.0, 1.5), rng.tenths(0.3, 0.8)]


REVERSE = Choice(
    "13.7",
    "What did they do?",
    1,
    "tell from a wrong loss of an epoch how it was averaged",
    choose=lambda rng: diagnose(
        rng,
        book=([32, 32, 6], [2.0, 1.4, 0.5]),
        resample=draw_batches,
        ways=epoch_loss,
        tell=lambda n, right, found: (
            f"An epoch has three batches, of {n[0][0]}, {n[0][1]} and {n[0][2]} pictures, with mean losses of {', '.join(fmt(x) for x in n[1][:2])} and {fmt(n[1][2])}. "
            f"A learner reports a loss of {fmt(found, 3)} for the epoch. The mean over all pictures is {fmt(right, 3)}. What did they do?"
        ),
        order=[3, 1, 0, 2],
        guilty=0,
    ),
)

# ---------------------------------------------------------------- 13.8 one line is wrong

PROGRAM = (
    ("order = rng.permutation(len(X))", "a new order, in which every picture stands once"),
    (
        "for start in range(0, len(X), size):",
        "a batch begins at every `size`-th picture, and the last one may be short",
    ),
    ("    rows = order[start:start + size]", "a slice may reach over the end; it then takes what there is"),
    ("    loss.forward(net.forward(X[rows]), t[rows])", "pictures and labels are taken by the same row numbers"),
    ("    net.backward(loss.backward())", "it overwrites the gradients, so that there is nothing to reset"),
    ("    for p, g in zip(net.params(), net.grads()):", "each parameter meets its own gradient"),
    ("        p -= rate * g", "it changes the network's own array, in place"),
    ("read = net.forward(X_new).argmax(axis=1)", "one answer for each row, on pictures that were not used above"),
    ("print((read == t_new).mean())", "a mean of trues and falses is the share of trues"),
)
BUGS = {
    1: ("order = rng.integers(len(X), size=len(X))", "drawn with replacement, so that about a third of the pictures is missing from the epoch, and others come twice"),
    2: ("for start in range(0, len(X) - size, size):", "the last pictures of the order are left out"),
    4: ("    loss.forward(net.forward(X[rows]), t[start:start + size])", "the pictures are shuffled and the labels are not, so that each picture learns another one's label"),
    7: ("        p = p - rate * g", "it makes a new array and leaves the network as it was"),
    8: ("read = net.forward(X_new).argmax(axis=0)", "the largest of each column: one picture for each digit, where one digit for each picture is wanted"),
}  # fmt: skip
HUNT = WhichLine(
    "13.8",
    "Which line is wrong?",
    1,
    "find the wrong line of a training loop",
    lines=lambda rng: inject_bug(
        rng,
        "This program should train for one epoch in batches of `size`, with a step for each, and then print the accuracy on new digits. `X_new` and `t_new` are not "
        "part of `X` and `t`; `net` and `loss` are as in the chapter.",
        PROGRAM,
        BUGS,
        4,
        "For each line, ask which rows of which array it takes, and what it changes.",
    ),
)

# ---------------------------------------------------------------- 13.9 in words

WORDS = ByPerson(
    "13.9",
    "Small batches are better?",
    2,
    "say what a comparison of batch sizes has to hold equal",
    text="A friend trains the same network for five epochs, once in batches of 10 and once with all 1,438 pictures in each step, at the same learning rate. The first one reads "
    "over 90 % of new digits and the second one hardly a fifth. *So small batches generalise better*, says the friend.\n\nIn three or four sentences: what "
    "else differs between the two runs, and what would you have to try before you believe it?",
    rubric=(
        "1 point: equal epochs are not equal steps: the first run took 720 steps, the second five (or: the second has hardly begun to learn, and reads its own "
        "training pictures no better).",
        "1 point: names a fair comparison: the same number of steps (or training until neither improves), the best of several rates for each, several seeds.",
    ),
)

# ---------------------------------------------------------------- 13.10 and 13.11, from earlier chapters

REVIEW_OF_3_6 = replace(
    entry("3.6"),
    id="13.10",
    title="Once more: how many pictures? (from chapter 3)",
    book={"n": 30, "e": 0.9, "m": 480, "k": 3},
)
REVIEW_OF_8_12 = replace(
    entry("8.12"),
    id="13.11",
    title="Once more: two paths into one number (from chapter 8)",
    book={"x": 2.5, "w_p": 0.8, "b_p": -0.2, "w_q": -0.5, "b_q": 0.1, "v_p": -1.4, "v_q": -0.5, "c": -0.2, "y": -0.9},
)

EXERCISES = (COUNTS, FIRST_LOSS, BIAS, MOVED, EPOCH, READ, REVERSE, HUNT, WORDS, REVIEW_OF_3_6, REVIEW_OF_8_12)
