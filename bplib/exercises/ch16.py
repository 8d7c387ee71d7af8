"""Exercises of chapter 16, PyTorch, JAX, TensorFlow: what a leaf holds, what is cut, and faults in programs that use them.

None needs a framework: what one would give follows from rules that fit into a line.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np

from ..checking import Arrays, Choice, Functions, Several, WhichLine, entry
from ..checking.choices import diagnose, inject_bug
from ..engine.trace_table import fmt
from ..mistakes import Mistake
from ..rng import Rng

PAGE = "16_frameworks"  # of the book, and folder of its solutions

KEEPS, ADDS, CUTS = "16: Who keeps a gradient?", "16: Gradients add up", "16: Cutting the graph"


def slip(see: str, slug: str, says: str, because: str, question: str) -> Mistake:
    return Mistake(slug, says, f"It is tempting because {because}.", question, see)


# ---------------------------------------------------------------- 16.1 two losses, one leaf


def two_passes(
    *, slope=lambda w, x, t: 2 * x * (w * x - t), held=lambda g1, g2: g1 + g2, met=lambda w, g1, r: w,
    step=lambda w, g1, g2, r, held: w - r * held,
):  # fmt: skip
    """A program that goes back from two losses in turn, and takes a step.

    slope   (w, x, t) -> of one loss
    held    (first, second slope) -> what is in w.grad at the end
    met     (w, first slope, rate) -> the w with which the second loss is computed
    step    (w, first, second slope, rate, what is held) -> the w after the step
    """

    def program(w, x1, t1, x2, t2, rate):
        g1 = slope(w, x1, t1)
        g2 = slope(met(w, g1, rate), x2, t2)
        last = held(g1, g2)
        return {"first": g1, "second": last, "w": step(w, g1, g2, rate, last)}

    return program


adding = partial(slip, ADDS)
WRITTEN = "Which line of the program would set `w.grad` back?"
PASS_SLIPS = (
    (adding("a-reset-that-nobody-wrote", "`w.grad` is taken to start afresh with each pass", "a new loss looks like a new beginning", WRITTEN),
     two_passes(held=lambda g1, g2: g2)),
    (adding("accumulated-mean", "the two gradients are averaged, where they are added", "gradients of a batch are averaged",
            "Does `backward` know how many passes there will be?"), two_passes(held=lambda g1, g2: (g1 + g2) / 2)),
    (adding("a-step-between-passes", "`w` is moved between the two passes", "training loops take a step after each pass",
            "How often is the line with the step reached?"), two_passes(met=lambda w, g, r: w - r * g)),
    (adding("step-by-the-last-pass", "the step takes the gradient of the second pass alone", "it is the one that was just computed",
            "What does `w.grad` hold when the step is taken?"), two_passes(step=lambda w, g1, g2, r, held: w - r * g2)),
    (adding("two-left-out-in-both-passes", "the factor 2 of the square is left out", "a constant can be thought of as part of the rate",
            "What is the slope of $e^2$?"), two_passes(slope=lambda w, x, t: x * (w * x - t))),
    (adding("input-left-out-in-both-passes", "the factor $x$ is left out", "the error is what one looks at",
            "If $w$ goes up by 1, by how much does $w x$ go up?"), two_passes(slope=lambda w, x, t: 2 * (w * x - t))),
    (adding("accumulated-uphill", "the step is added, where it is subtracted", "the gradient points somewhere, and it is easy to follow it",
            "Does the loss rise or fall along its gradient?"), two_passes(step=lambda w, g1, g2, r, held: w + r * held)),
    (adding("accumulated-without-the-rate", "the step has no learning rate", "`w.grad` looks like a distance",
            "What stands before `w.grad` in the last line but one?"), two_passes(step=lambda w, g1, g2, r, held: w - held)),
    (adding("second-pass-subtracted", "the second gradient is subtracted from the first", "the two losses pull in their own ways",
            "What sign does the second gradient have, and which sign does `backward` put in front of it?"), two_passes(held=lambda g1, g2: g1 - g2)),
)  # fmt: skip


def losses_in_turn(n: dict) -> str:
    return (
        f"```python\nw = torch.tensor({float(n['w'])}, requires_grad=True)\nfor x, t in [({fmt(n['x1'])}, {fmt(n['t1'])}), ({fmt(n['x2'])}, {fmt(n['t2'])})]:\n"
        f"    loss = (w * x - t) ** 2\n    loss.backward()\n    print(w.grad)\nwith torch.no_grad():\n    w -= {fmt(n['rate'])} * w.grad\nprint(w)\n```"
    )


PASSES = Arrays(
    "16.1",
    "Two losses, one leaf",
    2,
    "say what a leaf holds after each of two backward passes, and where a step takes it",
    outputs=("first", "second", "w"),
    book={"w": 1.5, "x1": 3, "t1": 4, "x2": -2, "t2": -1.2, "rate": 0.1},
    sample=lambda rng: {
        "w": rng.tenths(1.1, 2.4), "x1": rng.pick([2, 3, 4]), "t1": rng.tenths(0.5, 3.9), "x2": -rng.pick([2, 3, 5]),
        "t2": -rng.tenths(0.3, 2.9), "rate": rng.pick([0.1, 0.05, 0.2]),
    },
    solve=two_passes(),
    mistakes=PASS_SLIPS,
    tolerance=lambda n: {"first": 0.006, "second": 0.006, "w": 0.002},
    prompt=lambda n: (
        f"What does this program print, in PyTorch?\n\n{losses_in_turn(n)}\n\nGive the two gradients in the order in which they are printed (`first`, `second`), and "
        "`w` after the step."
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 16.2 two cuts


def detached(*, square=1, cut_a=True, value=1, b_cut=False, dead=False):
    """A program for L = c * c.detach() + a.detach() * b with c = a b.

    square   how many of the two factors of c * c let a gradient through
    cut_a    whether the a of the second term is cut off
    value    what a detached number counts as, for the loss: 1 itself, 0 nothing
    b_cut    whether the second term has lost b, too
    dead     whether a product with a detached factor lets nothing through at all
    """

    def program(a, b):
        c = a * b
        through = 0 if dead else square
        da = through * c * b + (0 if cut_a else b)
        db = through * c * a + (0 if b_cut or dead else a)
        return {"L": value * (c * c + a * b), "da": da, "db": db}

    return program


cutting = partial(slip, CUTS)
CUT_SLIPS = (
    (cutting("detach-ignored", "`detach` is read over, and all paths count", "the loss is the same with and without it",
             "Which of the factors remember how they were made?"), detached(square=2, cut_a=False)),
    (cutting("detach-ignored-in-the-square", "both factors of `c * c.detach()` count", "the square is so familiar, with its factor 2",
             "How many of the two factors can still move, as far as PyTorch knows?"), detached(square=2)),
    (cutting("detach-ignored-in-the-sum", "the `a` of the second term counts", "`a` is a leaf, and a leaf keeps its gradient",
             "Is `a.detach()` the leaf `a`?"), detached(cut_a=False)),
    (cutting("detach-kills-the-product", "a product with a detached factor lets nothing through, not even to its other factor", "cut sounds like the end of the line",
             "The slope of a product for one factor is the other factor. Is that 0 if the other factor is a constant?"), detached(dead=True)),
    (cutting("detach-cuts-the-partner", "`b` gets nothing from the second term", "its partner there is detached",
             "`b` is multiplied by a constant there. What is the slope of $3b$?"), detached(b_cut=True)),
    (cutting("detached-counts-as-nothing", "a detached number is taken as 0 in the loss", "it has no gradient, and so seems to be nothing",
             "What does `c.detach()` give forward?"), detached(value=0)),
)  # fmt: skip

CUT = Arrays(
    "16.2",
    "Two cuts",
    2,
    "find gradients by hand where `detach` has cut some of the paths",
    outputs=("L", "da", "db"),
    book={"a": 3, "b": -2},
    sample=lambda rng: {"a": rng.pick([-4, -3, 3, 5]), "b": rng.pick([-5, -2, 2, 4])},
    solve=detached(),
    mistakes=CUT_SLIPS,
    tolerance=lambda n: {"L": 0.06, "da": 0.06, "db": 0.06},
    prompt=lambda n: (
        f"```python\na = torch.tensor({n['a']}., requires_grad=True)\nb = torch.tensor({n['b']}., requires_grad=True)\nc = a * b\n"
        "L = c * c.detach() + a.detach() * b\nL.backward()\n```\n\nWhat is the loss (`L`), and what do `a.grad` and `b.grad` hold (`da`, `db`)?"
    ),
)

# ---------------------------------------------------------------- 16.3 None, 0 or a number


def held(rng: Rng | None) -> tuple[str, str, dict]:
    """A small network: which of its tensors have None for a gradient, before anything is calculated?"""
    closed, retained, used = (True, False, False) if rng is None else (rng.pick([True, False]) for _ in range(3))
    a, x = -2 if closed else 2, 3
    lines = [f"x = torch.tensor({x}.)", f"a = torch.tensor({a}., requires_grad=True)", "b = torch.tensor(0.5, requires_grad=True)",
             "c = torch.tensor(4., requires_grad=True)", "h = torch.relu(a * x)", *(["h.retain_grad()"] if retained else []),
             f"y = b * x + h{' * c' if used else ''}", "L = (y - 1) ** 2", "L.backward()"]  # fmt: skip
    shut = "the relu is closed, so no small change of it moves the loss: its gradient is 0, which is a number"
    why = {
        "a": "`x` is a leaf, but nobody asked for its gradient with `requires_grad`, so it gets None",
        "b": f"`a` is a leaf that the loss was computed from; {shut}" if closed else "`a` is a leaf that the loss was computed from, and the relu is open: it gets a number",
        "c": "`b` is a leaf that the loss was computed from: it gets a number",
        "d": ("`c` is a leaf that the loss was computed from; it is multiplied by 0, so its gradient is 0, which is a number" if closed
              else "`c` is a leaf that the loss was computed from: it gets a number") if used else "`c` was made and never used, so there is no path to it: None",
        "e": "`h` is no leaf, but it was told to keep its gradient before the pass: it gets a number" if retained else "`h` is no leaf: its gradient is passed on and thrown away, and it shows None",
    }  # fmt: skip
    right = "a" + ("" if used else "d") + ("" if retained else "e")
    listing = "\n".join(lines)
    prompt = (
        f"```python\n{listing}\n```\n\nWithout calculating a gradient: for which of these is `.grad` **None** afterwards? "
        "(A gradient of 0 is not None.)\n\n- **a:** `x`\n- **b:** `a`\n- **c:** `b`\n- **d:** `c`\n- **e:** `h`\n\n"
        'Answer with all letters that apply, such as "ac", or with "" for none.'
    )
    return prompt, right, why


HELD = Several(
    "16.3", "None, 0, or a number?", 2, "predict which tensors get a gradient, and which of these is 0", choose=held
)

# ---------------------------------------------------------------- 16.4 from the number to the slip


def readings(numbers):
    """dL/dw of L = (c w)^2, and what other ways give."""
    w, c = numbers
    right = 2 * c * c * w
    return right, [
        ("they had gone backward from two such losses before, and reset nothing", 3 * right, None),
        ("they had gone backward from one such loss before, and reset nothing", 2 * right, None),
        ("they wrote the square as `z * z.detach()`", right / 2, None),
        ("they told `z` to keep its gradient, and printed `z.grad`", 2 * c * w, None),
    ]


REVERSE = Choice(
    "16.4",
    "What did they do?",
    1,
    "tell from a wrong gradient whether a path was lost or counted again",
    choose=lambda rng: diagnose(
        rng,
        book=(1.5, 4),
        resample=lambda rng: (rng.tenths(1.1, 2.9), rng.pick([3, 5, 6])),
        ways=readings,
        tell=lambda n, right, found: (
            f"A learner has $w = {fmt(n[0])}$, $z = {n[1]} w$ and $L = z^2$ in PyTorch. By hand, $\\partial L / \\partial w = {fmt(right, 3)}$, and their program prints "
            f"{fmt(found, 3)}. What did they do?"
        ),
        order=[1, 3, 0, 2],
        guilty=2,
    ),
)

# ---------------------------------------------------------------- 16.5 one line of a training loop

PROGRAM = (
    ("w = torch.zeros(3, requires_grad=True)", "a leaf that asks for its gradient; a linear model may begin at 0"),
    ("for step in range(100):", "a hundred steps"),
    ("    prediction = X @ w", "computed from w, so it remembers"),
    ("    loss = ((prediction - t) ** 2).mean()", "both have one entry for each row, so nothing is broadcast"),
    ("    losses.append(loss.item())", "a plain number, for the curve; the loss itself is left as it is"),
    ("    loss.backward()", "from one number, to the leaf w"),
    ("    with torch.no_grad():", "the step is no part of the loss"),
    ("        w -= 0.1 * w.grad", "in place: w stays the same leaf"),
    ("    w.grad = None", "so that the next pass begins afresh"),
)
BUGS = {
    1: ("w = torch.zeros(3)", "nobody asks for the gradient of w, so nothing remembers, and backward has nowhere to go"),
    3: ("    prediction = X @ w.detach()", "the prediction is made from a constant, so there is no path from the loss to w"),
    4: ("    loss = torch.tensor(((prediction - t) ** 2).mean(), requires_grad=True)", "a new leaf without a history: backward ends there, and w.grad stays None"),
    6: ("    prediction.sum().backward()", "this is the gradient of the sum of the predictions, and not of the loss"),
    8: ("        w = w - 0.1 * w.grad", "a new tensor, made where nothing remembers: the next pass finds no leaf that asks for a gradient"),
    9: ("    loss.grad = None", "it is w that holds a gradient; it is never reset, so each step goes along the sum of all gradients so far"),
}  # fmt: skip
HUNT = WhichLine(
    "16.5",
    "Which line is wrong?",
    1,
    "find the wrong line of a training loop in PyTorch",
    lines=lambda rng: inject_bug(
        rng,
        "This program should fit a linear model by gradient descent. `X` is a tensor with a row for each example and three columns, `t` has one number for each row, "
        "both in 32 bits, and `losses` is an empty list.",
        PROGRAM, BUGS, 9,
        "Follow one gradient: who asks for it, along which path it comes, who uses it, and who takes it away.",
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 16.6 a batch in parts


def in_parts(*, weight=lambda size, n, parts: size / n, total=sum, slope=2.0):
    """A program that collects the gradient and the loss of a batch from its parts; a slip does one of its parts otherwise.

    weight   (rows of the part, rows in all, number of parts) -> what its mean counts
    total    a list of arrays -> what is left of them
    slope    of the square
    """

    def program(X, t, w, sizes):
        gradients, losses, at = [], [], 0
        for size in np.array(sizes, dtype=int):
            x, e = X[at : at + size], X[at : at + size] @ w - t[at : at + size]
            share = weight(size, len(X), len(sizes))
            gradients.append(share * slope * x.T @ e / size)
            losses.append(share * float(e @ e) / size)
            at += size
        return {"gradient": total(gradients), "loss": total(losses)}

    return program


SHARE = "How much does one row of a short part count in your mean, and how much does one of a long part?"
PART_SLIPS = (
    (adding("parts-added-as-they-are", "the parts' means are added up as they are", "backward adds gradients up by itself",
            "If the batch were cut into more parts, would your gradient grow?"), in_parts(weight=lambda size, n, parts: 1.0)),
    (adding("parts-count-alike", "each part counts the same, however many rows it has", "dividing by the number of parts is right when all are equally long",
            SHARE), in_parts(weight=lambda size, n, parts: 1 / parts)),
    (adding("last-part-alone", "only the last part is given", "each pass overwrites a variable", "Which rows are in your gradient?"),
     in_parts(total=lambda found: found[-1])),
    (adding("first-part-alone", "only the first part is given", "a `return` that stands too far to the right ends the loop as well", "Which rows are in your gradient?"),
     in_parts(total=lambda found: found[0])),
    (adding("parts-not-divided", "the squares are added up and not divided by the number of rows", "a running total has to be divided once, at the end",
            "Is the loss a sum, or a mean?"), in_parts(weight=lambda size, n, parts: size)),
    (adding("two-left-out-of-the-parts", "the factor 2 of the square is left out of the gradient", "a constant can be thought of as part of the rate",
            "What is the slope of $e^2$?"), in_parts(slope=1.0)),
    (adding("parts-divided-twice", "each part is divided by the rows of the whole batch, and its mean was taken before", "both divisions look right by themselves",
            "By what has a part's mean been divided already?"), in_parts(weight=lambda size, n, parts: 1 / n)),
)  # fmt: skip


def draw_parts(rng):
    """Three batches in parts of unequal length."""

    def array(*shape):
        return np.array([rng.uniform(-1.5, 1.5) for _ in range(int(np.prod(shape)))]).reshape(shape)

    return [
        (array(n, m), array(n), array(m), np.array(sizes))
        for n, m, sizes in ((7, 3, (4, 2, 1)), (5, 2, (2, 3)), (9, 4, (1, 5, 3)))
    ]


PARTS = Functions(
    "16.6",
    "A batch in parts",
    2,
    "collect the gradient of a batch from parts of unequal length",
    arguments=("X", "t", "w", "sizes"),
    outputs=("gradient", "loss"),
    text="A model says `X @ w`, one number for each row of `X`, and its loss is the mean of the squared errors against `t`, over *all* rows. Suppose that only a few rows "
    "fit into memory at a time.\n\nWrite a function `in_parts(X, t, w, sizes)` that goes through the rows in parts: the first `sizes[0]` rows, then the next `sizes[1]`, and "
    "so on. For each part, find the mean loss of the part and its gradient, and collect them so that in the end you have the loss of the whole batch and its gradient for "
    "`w`. Return both.",
    cases=draw_parts,
    solve=in_parts(),
    mistakes=PART_SLIPS,
)

# ---------------------------------------------------------------- 16.7 and 16.8, from earlier chapters

REVIEW_OF_15_2 = replace(
    entry("15.2"),
    id="16.7",
    title="Once more: a price list (from chapter 15)",
    book={"Q": [[5, 2], [2, 4], [3, 6]], "p": [4, 2], "G": [[-1, 3], [2, -2], [3, 2]]},
)
REVIEW_OF_13_4 = replace(
    entry("13.4"),
    id="16.8",
    title="Once more: how far does a step go? (from chapter 13)",
    book={"w1": 1.2, "w2": -3.5, "g1": -0.009, "g2": 0.012, "rate": 0.4},
)

# ---------------------------------------------------------------- 16.9 what cuts a path

WAYS = (
    ("y = z.detach()", True, "`detach` gives the number without its history, and that is what it is for"),
    ("y = z.reshape(1)", False, "a new shape is an operation like any other, and remembers"),
    ("y = torch.tensor(z.item())", True, "`item` gives a Python number, and a number remembers nothing"),
    ("y = z + 0.0", False, "a sum with a constant is an operation like any other, and remembers"),
    ("y = torch.from_numpy(z.detach().numpy())", True, "on the way through NumPy the history is left behind"),
    ("y = torch.stack([z, z])[0]", False, "putting together and picking out are operations, and remember"),
    ("y = z.clone()", False, "a clone is a copy that remembers what it was copied from"),
    ("with torch.no_grad(): y = 2 * z", True, "nothing that is computed in there remembers anything"),
    ("y = z.round()", False, "there is a path, and rounding is an operation; its slope is 0, which is another matter"),
)


def cutters(rng: Rng | None) -> tuple[str, str, dict]:
    """Five ways to make y from z: after which is there no path from y to w?"""
    picked = [WAYS[k] for k in ((0, 1, 2, 6, 7) if rng is None else rng.shuffled(range(len(WAYS)))[:5])]
    letters = dict(zip("abcde", picked, strict=True))
    choices = "\n".join(f"- **{letter}:** `{line}`" for letter, (line, _, _) in letters.items())
    prompt = (
        "`w` is a leaf that asks for its gradient, and `z = 3 * w`. After which of these lines is there **no path** from `y` back to `w`, as far as PyTorch knows?\n\n"
        f'{choices}\n\nAnswer with all letters that apply, such as "ac", or with "" for none.'
    )
    right = "".join(letter for letter, (_, cut, _) in letters.items() if cut)
    return prompt, right, {letter: why for letter, (_, _, why) in letters.items()}


CUTTERS = Several("16.9", "What cuts a path?", 1, "tell which operations forget how a number was made", choose=cutters)

EXERCISES = (PASSES, CUT, HELD, REVERSE, HUNT, PARTS, REVIEW_OF_15_2, REVIEW_OF_13_4, CUTTERS)
