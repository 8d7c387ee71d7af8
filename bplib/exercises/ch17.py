"""Exercises of chapter 17, what it costs: multiplications counted, checkpoints, a tape by hand, and what makes memory grow."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from itertools import pairwise

from ..checking import Arrays, Choice, Several, WhichLine, entry
from ..checking.choices import diagnose, inject_bug
from ..mistakes import Mistake
from ..rng import Rng
from .shared.combined import alone_and_together

PAGE = "17_what_it_costs"  # of the book, and folder of its solutions

CHEAP, MEMORY, TAPE = "17: A gradient is cheap", "17: The price is memory", "17: A tape"


def slip(see: str, slug: str, says: str, because: str, question: str) -> Mistake:
    return Mistake(slug, says, f"It is tempting because {because}.", question, see)


# ---------------------------------------------------------------- 17.1 count the multiplications


def products(sizes) -> list[int]:
    return [n * m for n, m in pairwise(sizes)]


def counted(sizes):
    M = products(sizes)
    return {"forward": sum(M), "backward": 2 * sum(M) - M[0]}


cheap = partial(slip, CHEAP)
BIASES = cheap("biases-multiplied", "a multiplication is counted for each bias", "a bias is a parameter like the weights",
               "What is done with a bias on the way forward, and what is its slope on the way back?")  # fmt: skip
ADDITIONS = cheap("additions-counted", "additions are counted as well", "there are about as many of them as of products",
                  "Which of the two kinds of arithmetic does the question ask for?")  # fmt: skip
FORWARD_SLIPS = (
    (BIASES, lambda sizes: sum(products(sizes)) + sum(sizes[1:])),
    (ADDITIONS, lambda sizes: 2 * sum(products(sizes))),
    (cheap("neurons-for-multiplications", "the neurons are counted", "a neuron computes one number", "How many weights does one neuron multiply?"),
     lambda sizes: sum(sizes[1:])),
    (cheap("layer-sizes-multiplied", "the sizes of all layers are multiplied with each other", "the layers follow each other",
           "Is the number of products of two layers added up, or multiplied?"),
     lambda sizes: sizes[0] * sizes[1] * sizes[2] * sizes[3]),
)  # fmt: skip
BACKWARD_SLIPS = (
    (BIASES, lambda sizes: 2 * sum(products(sizes)) - products(sizes)[0] + sum(sizes[1:])),
    (ADDITIONS, lambda sizes: 4 * sum(products(sizes)) - 2 * products(sizes)[0]),
    (cheap("first-layer-passes-back", "the first layer passes a gradient back to the data, too", "every other layer does",
           "Does anybody want to know how the loss moves with the data?"),
     lambda sizes: 2 * sum(products(sizes))),
    (cheap("slopes-without-passing-back", "only the weights' slopes are counted", "they are what the pass is for",
           "How does the layer before get its upstream gradient, and what does that take?"),
     lambda sizes: sum(products(sizes))),
    (cheap("passing-back-without-slopes", "only what passes the gradient back is counted", "that is what the pass looks like in a drawing",
           "When the gradient has arrived at a layer, what is multiplied to get its weights' slopes?"),
     lambda sizes: sum(products(sizes)[1:])),
    (cheap("both-passes-for-one", "the forward pass is counted along", "a gradient needs both", "Which of the two passes does the question ask for?"),
     lambda sizes: 3 * sum(products(sizes)) - products(sizes)[0]),
    (cheap("last-layer-spared", "the last layer is the one that passes nothing on", "it has no layer after it",
           "In which direction does the backward pass go, and who stands at its end?"),
     lambda sizes: 2 * sum(products(sizes)) - products(sizes)[-1]),
)  # fmt: skip


def draw_sizes(rng):
    return {"sizes": [rng.whole(14, 30), rng.whole(8, 12), rng.whole(5, 7), rng.whole(2, 4)]}


COUNT = Arrays(
    "17.1",
    "Count the multiplications",
    2,
    "count the multiplications of a forward and of a backward pass",
    outputs=("forward", "backward"),
    book={"sizes": [20, 10, 6, 3]},
    sample=draw_sizes,
    solve=counted,
    mistakes=alone_and_together(counted, {"forward": FORWARD_SLIPS, "backward": BACKWARD_SLIPS}),
    tolerance=lambda n: {"forward": 0.2, "backward": 0.2},
    prompt=lambda n: (
        f"A network has layers of {'-'.join(map(str, n['sizes']))}, all connected, with biases, and one picture goes through it.\n\nHow many multiplications of a "
        "weight or an activation does the forward pass take (`forward`)? And how many does the backward pass take, which wants the slopes of all weights and "
        "biases, but not of the data (`backward`)? Count products by weights, and products that give the weights' slopes; slopes of activation functions are left out."
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 17.2 checkpoints


def checkpoints(n, k):
    return {"held": n / k + k, "products": 4 * n}


memory = partial(slip, MEMORY)
HELD_SLIPS = (
    (memory("all-activations-held", "all activations are held", "that is what a backward pass needs without checkpoints", "What is thrown away on the way forward?"),
     lambda n, k: n),
    (memory("groups-inputs-alone", "only the inputs of the groups are counted", "they are what is kept on purpose",
            "When a group is computed again, where do its activations go?"),
     lambda n, k: n / k),
    (memory("one-group-alone", "only the activations of one group are counted", "they are what the backward pass works on",
            "From where is the next group computed again?"),
     lambda n, k: k),
    (memory("every-group-computed-at-once", "the activations of all groups are held beside the inputs", "all groups are computed again",
            "When a group is done, does anybody need its activations any more?"),
     lambda n, k: n / k + n),
    (memory("groups-input-for-an-activation", "the input of the group that is worked on is counted as one of its activations", "it lies in the same group",
            "How many arrays do the layers of one group make, beside the one that goes in?"),
     lambda n, k: n / k + k - 1),
)  # fmt: skip
PRODUCT_SLIPS = (
    (memory("second-forward-pass-forgotten", "the second forward pass is not counted", "it does nothing new",
            "What must happen to a group before the backward pass can go through it?"),
     lambda n, k: 3 * n),
    (memory("only-the-passes-forward", "only the two forward passes are counted", "the second one is what checkpoints cost",
            "And the pass that goes back?"), lambda n, k: 2 * n),
    (memory("a-pass-for-each-group", "the whole network is computed again for each group", "a group needs what comes before it",
            "What is kept so that a group need not start at the data?"),
     lambda n, k: 3 * n + n * n / k),
    (memory("backward-computed-twice", "the backward pass is counted twice as well", "the group is gone through twice",
            "In which direction is a group gone through twice?"), lambda n, k: 6 * n),
    (memory("one-layer-a-group-again", "one layer of each group is computed again", "one array of each group is kept",
            "Which of a group's activations are thrown away, and must be had again?"), lambda n, k: 3 * n + n / k),
    (memory("last-group-not-computed-again", "the last group is not computed again", "it has only just been computed when the backward pass begins",
            "For how many of the groups does the question say that they are computed once more?"), lambda n, k: 4 * n - k),
    (memory("first-layer-one-product-back", "the first layer takes one product backward", "it has nothing to pass back to the data",
            "What does the question say of the first layer?"), lambda n, k: 4 * n - 1),
)  # fmt: skip


def draw_groups(rng):
    k = rng.pick([5, 6, 7, 9, 10, 12])
    return {"n": k * rng.pick([8, 11, 13, 14, 15]), "k": k}


CHECKPOINT = Arrays(
    "17.2",
    "Groups of layers",
    2,
    "work out what checkpoints hold, and what they cost",
    outputs=("held", "products"),
    book={"n": 60, "k": 5},
    sample=draw_groups,
    solve=checkpoints,
    mistakes=alone_and_together(checkpoints, {"held": HELD_SLIPS, "products": PRODUCT_SLIPS}),
    tolerance=lambda n: {"held": 0.1, "products": 0.2},
    prompt=lambda n: (
        f"A network of {n['n']} equal layers is trained with checkpoints, in groups of {n['k']} layers.\n\nHow many activations are held at the worst moment, by the "
        "formula of this chapter (`held`)? A layer takes one matrix product forward and two backward; let the first layer take two as well. How many matrix "
        "products are in a whole step, with every group computed once more (`products`)?"
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 17.3 a tape by hand


def swept(rows, assign=False, upward=True, upstream=True, crossed=False):
    """The gradients of a tape's rows, or what a wrong sweep leaves there."""
    grads = [0.0] * len(rows)
    grads[-1] = 1.0
    for i in reversed(range(len(rows))) if upward else range(len(rows)):
        left, dleft, right, dright = rows[i]
        if crossed:
            dleft, dright = dright, dleft
        for parent, slope in ((left, dleft), (right, dright)):
            if parent >= 0:
                share = (grads[i] if upstream else 1.0) * slope
                grads[parent] = share if assign else grads[parent] + share
    return grads


def too_early(p, q, r, s, t, u):
    """Row 2 passes back what it got from row 4, before row 3 has contributed."""
    return {"row0": u * p + t * s, "row1": u * q, "row2": u + t * r}


def tape(p, q, r, s, t, u):
    leaf = (-1, 0.0, -1, 0.0)
    return [leaf, leaf, (0, p, 1, q), (2, r, 0, s), (3, t, 2, u)]


def of_rows(**how):
    return lambda **n: dict(zip(("row0", "row1", "row2"), swept(tape(**n), **how), strict=False))


on_tape = partial(slip, TAPE)
TAPE_SLIPS = (
    (on_tape("tape-row-overwritten", "a row that is used twice keeps only what it got last: it is assigned, where it should be added to", "a row looks like one place for one number",
             "How many rows name row 2 as a parent? Does each of their shares arrive?"), of_rows(assign=True)),
    (on_tape("tape-without-upstream", "a row passes back its slopes alone, not times its own gradient", "the slopes stand ready in the table",
             "What has the row itself got when its turn comes, and what is done with it?"), of_rows(upstream=False)),
    (on_tape("tape-slopes-crossed", "the slope of the left parent goes to the right one, and the other way round", "a product crosses its numbers over",
             "The slopes on the tape are finished. Which of them stands beside which parent?"), of_rows(crossed=True)),
    (on_tape("tape-from-the-top", "the tape is gone through from the first row to the last", "it was written in that order",
             "When row 2 has its turn, has anything arrived there yet?"), of_rows(upward=False)),
    (on_tape("tape-row-passed-back-too-early", "row 2 passes back what it got from row 4, before row 3 has contributed", "row 4 names row 2 itself",
             "Which rows have their turn before row 2, and which of them send something there?"), too_early),
)  # fmt: skip
SLOPES = (-3, -2, 0.5, 3, 4, 1.5)


def draw_tape(rng):
    return dict(zip("pqrstu", map(float, rng.shuffled(SLOPES)), strict=True))


def table(n) -> str:
    rows = []
    for i, (left, dleft, right, dright) in enumerate(tape(**n)):
        cells = (left, f"{dleft:g}", right, f"{dright:g}") if left >= 0 else ("", "", "", "")
        rows.append(f"| {i} | " + " | ".join(map(str, cells)) + " |")
    return "| row | left | slope | right | slope |\n|---|---|---|---|---|\n" + "\n".join(rows)


SWEEP = Arrays(
    "17.3",
    "Sweep a tape",
    2,
    "go back over a tape by hand",
    outputs=("row0", "row1", "row2"),
    book={"p": 0.5, "q": -3.0, "r": 4.0, "s": 1.5, "t": -2.0, "u": 3.0},
    sample=draw_tape,
    solve=of_rows(),
    mistakes=TAPE_SLIPS,
    tolerance=lambda n: {"row0": 0.1, "row1": 0.1, "row2": 0.1},
    prompt=lambda n: (
        f"This is a tape of five numbers. Rows 0 and 1 are leaves, and row 4 is the loss.\n\n{table(n)}\n\nWhat are the gradients of rows 0, 1 and 2 after `backward`?"
    ),
)

# ---------------------------------------------------------------- 17.4 before you calculate

GROWS = {
    "twice as many examples in the batch": (True, "each example has activations of its own"),
    "twice as many layers of the same size": (
        True,
        "each layer keeps its input until the backward pass has been there",
    ),
    "numbers of half the size, float32 in place of float64": (False, "each activation then takes half of the bytes"),
    "half the learning rate": (False, "the rate multiplies a gradient that is there already, and keeps nothing"),
    "checkpoints in groups of the square root of the number of layers": (
        False,
        "they hold fewer activations, for more time",
    ),
    "twice as many neurons in every hidden layer": (True, "each neuron has one activation for each example"),
    "twice as many steps of training": (False, "each step forgets the activations of the one before"),
}


def grows(rng: Rng | None) -> tuple[str, str, dict[str, str]]:
    """Which changes make the activations of one step take more memory?"""
    names = list(GROWS)
    chosen = [names[i] for i in (3, 0, 4, 5, 6)] if rng is None else rng.shuffled(names)[:5]
    letters = dict(zip("abcde", chosen, strict=True))
    right = "".join(letter for letter, name in letters.items() if GROWS[name][0])
    choices = "\n".join(f"- **{letter}:** {name}" for letter, name in letters.items())
    prompt = (
        "Before you calculate anything: which of these changes, each on its own, makes the activations that a training step holds take **more** memory?\n\n"
        f'{choices}\n\nAnswer with all letters that apply, such as "ac", or with "" for none.'
    )
    return prompt, right, {letter: GROWS[name][1] for letter, name in letters.items()}


PREDICT = Several("17.4", "More memory?", 2, "predict what makes the memory of a training step grow", choose=grows)

# ---------------------------------------------------------------- 17.5 in reverse


def prices(sizes):
    """Multiplications of a whole gradient, forward and backward, and what other ways of counting give."""
    M = products(sizes)
    parameters = sum(M) + sum(sizes[1:])
    return 3 * sum(M) - M[0], [
        ("they let the first layer pass a gradient back to the data", 3 * sum(M), None),
        ("they forgot to pass gradients back from layer to layer", 2 * sum(M), None),
        ("they counted one forward pass for each parameter, and one more, as for nudging", (parameters + 1) * sum(M), None),
        ("they counted the backward pass alone", 2 * sum(M) - M[0], None),
    ]  # fmt: skip


REVERSE = Choice(
    "17.5",
    "What did they do?",
    1,
    "tell from a wrong count how a gradient was thought to be computed",
    choose=lambda rng: diagnose(
        rng,
        book=[30, 10, 4],
        resample=lambda rng: [rng.whole(20, 40), rng.whole(8, 14), rng.whole(2, 6)],
        ways=prices,
        tell=lambda n, right, found: (
            f"A learner counts the multiplications of one whole gradient, forward and backward, of a network {'-'.join(map(str, n))}, and gets {found:,}. "
            f"Right is {right:,}. What did they do?"
        ),
        order=[2, 0, 3, 1],
        guilty=0,
    ),
)

# ---------------------------------------------------------------- 17.6 one line of a benchmark

PROGRAM = (
    ("first = slow(X)", "each program runs once before the clock does"),
    ("second = fast(X)", "and both on the same data"),
    ("assert np.allclose(first, second)", "a program that computes something else has no time worth knowing"),
    ("ratios = []", "one for each round"),
    ("for _ in range(9):", "one round says nothing of the spread"),
    ("    start = clock()", "the first clock"),
    ("    slow(X)", "the slow program"),
    ("    middle = clock()", "the end of one and the beginning of the other"),
    ("    fast(X)", "the fast program, in the same round"),
    ("    end = clock()", "the last clock"),
    ("    ratios.append((middle - start) / (end - middle))", "slow over fast: how many times as fast"),
    ("print(min(ratios), np.median(ratios), max(ratios))", "the spread beside the middle"),
)
PLANTED = {
    3: ("print(first, second)", "nobody compares the answers, and a wrong program may well be the faster one"),
    5: ("for _ in range(1):", "a single round cannot show how much the clock varies"),
    8: ("    middle = start", "the time of the slow program is lost: the ratio will always be 0"),
    9: ("    fast(X[:10])", "the fast program is asked for less here than when the answers were compared"),
    11: ("    ratios.append((end - middle) / (middle - start))", "this is fast over slow: the ratio is turned over"),
    12: ("print(max(ratios))", "the luckiest round alone is reported"),
}
HUNT = WhichLine(
    "17.6",
    "One line of a benchmark",
    1,
    "find the line that makes a measurement worthless",
    lines=lambda rng: inject_bug(
        rng,
        "This program should say how many times as fast as `slow` the program `fast` is, for the same answer on the same data, and how much that varies. `clock()` gives seconds.",
        PROGRAM,
        PLANTED,
        3,
        "For each line, ask what would still be printed if `fast` were wrong, or lucky.",
    ),
)

# ---------------------------------------------------------------- 17.7 and 17.8, from earlier chapters

_SIGN = entry("14.17")
REVIEW_OF_14_17 = replace(
    _SIGN,
    id="17.7",
    title="Once more: before you calculate (from chapter 14)",
    choose=lambda rng: _SIGN.choose(rng or Rng("17.7")),
)
REVIEW_OF_13_1 = replace(
    entry("13.1"),
    id="17.8",
    title="Once more: count the steps (from chapter 13)",
    book={"n": 2510, "b": 48, "e": 4},
)

EXERCISES = (COUNT, CHECKPOINT, SWEEP, PREDICT, REVERSE, HUNT, REVIEW_OF_14_17, REVIEW_OF_13_1)
