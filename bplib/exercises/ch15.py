"""Exercises of chapter 15, The same on arrays: shares by hand, twelve rows of the table as programs, and faults in engines."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..checking import Arrays, Choice, Classes, Functions, Several, Shapes, WhichLine, entry
from ..checking.choices import inject_bug
from ..checking.classes import Script
from ..engine.tensor import Tensor
from ..engine.trace_table import fmt
from ..mistakes import Mistake
from ..rng import Rng
from .shared.array_engine import array_engine, last_only, ties, uncopied
from .shared.ladder import whole_numbers
from .shared.vjps import AXES, BROADCAST, CURVATURE, PRODUCTS, ROUTES, STEPS, one_copy

PAGE = "15_on_arrays"  # of the book, and folder of its solutions
REPEATED, SHARED, PITFALLS = BROADCAST, "15: Shares must not be shared", "15: Pitfalls"
RESETS = "14: Twice, and again"


def slip(slug: str, says: str, because: str, question: str, see: str) -> Mistake:
    return Mistake(f"array-{slug}", says, f"It is tempting because {because}.", question, see)


def rows(array) -> str:
    """An array as a reader would type it."""
    if np.ndim(array) == 0:
        return fmt(float(array), 3)
    return f"[{', '.join(map(rows, array))}]"


# ---------------------------------------------------------------- 15.1 shapes first


def sizes(rng: Rng | None) -> tuple[int, ...]:
    return tuple(rng.shuffled([2, 3, 4, 5, 6])[:3]) if rng else (5, 3, 4)


def shapes_of(N: int, n: int, k: int):
    prompt = (
        f"X has the shape {(N, n)}, W {(n, k)}, s {(k,)}, c {(N, 1)} and t {(N,)}. Then\n\n"
        "```python\nZ = X @ W\nY = Z * s + c\nm = Y.max(axis=1)\nL = (m * t).sum()\n```\n\n"
        "Before you compute anything: which shapes do the gradients dm, dc, ds, dW and dX have?"
    )
    want = {"dm": (N,), "dc": (N, 1), "ds": (k,), "dW": (n, k), "dX": (N, n)}
    return prompt, want, {name: f"What shape does {name[1:]} have?" for name in want}


NOT_SUMMED = slip(
    "shape-not-summed",
    "it is not summed over the axes along which the array was repeated",
    "each of the copies has a gradient",
    "How many numbers does the array itself have?",
    REPEATED,
)
AXIS_LOST = slip(
    "shape-axis-lost",
    "an axis of length 1 got lost",
    "`sum` drops the axes that it sums",
    "Is a shape of (3, 1) the same as one of (3,)?",
    REPEATED,
)
AXIS_KEPT = slip(
    "shape-axis-kept",
    "there is an axis too many, of length 1",
    "`keepdims=True` is a good habit elsewhere",
    "How many axes does the array itself have?",
    REPEATED,
)
OTHER_AXIS = slip(
    "shape-other-axis",
    "it is summed over the wrong axis",
    "axis=0 and axis=1 are easily exchanged",
    "Along which axis was the array repeated?",
    REPEATED,
)
OTHER_MAX = slip(
    "shape-other-max",
    "the maximum is taken along the other axis",
    "axis=0 and axis=1 are easily exchanged",
    "Which axis of Y does `max(axis=1)` remove?",
    AXES,
)
ONE_NUMBER = slip(
    "shape-one-number",
    "everything is summed into one number",
    "a sum without an axis is the shortest to write",
    "How many numbers does the array itself have?",
    REPEATED,
)
TURNED = slip(
    "shape-turned",
    "rows and columns are exchanged, so that you have its transpose",
    "transposes do occur on the way back",
    "What shape does the array itself have?",
    PRODUCTS,
)
OF_RESULT = slip(
    "shape-of-result",
    "it is the shape of the product, from which the gradient comes",
    "you make it from that gradient",
    "What shape does the array itself have?",
    PRODUCTS,
)
BEFORE_MAX = slip(
    "shape-before-max",
    "the axis that the maximum removed is still there",
    "each row has several entries",
    "How many maxima are there?",
    AXES,
)


def wrong_shapes(N: int, n: int, k: int) -> dict:
    return {
        "dm": [(BEFORE_MAX, (N, k)), (AXIS_KEPT, (N, 1)), (OTHER_MAX, (k,)), (ONE_NUMBER, ())],
        "dc": [
            (NOT_SUMMED, (N, k)),
            (AXIS_LOST, (N,)),
            (OTHER_AXIS, (1, k)),
            (OTHER_AXIS, (k,)),
            (ONE_NUMBER, ()),
            (TURNED, (1, N)),
        ],
        "ds": [
            (NOT_SUMMED, (N, k)),
            (AXIS_KEPT, (1, k)),
            (OTHER_AXIS, (N,)),
            (OTHER_AXIS, (N, 1)),
            (ONE_NUMBER, ()),
            (TURNED, (k, 1)),
        ],
        "dW": [(TURNED, (k, n)), (OF_RESULT, (N, k))],
        "dX": [(TURNED, (n, N)), (OF_RESULT, (N, k))],
    }


SHAPES = Shapes("15.1", "Shapes first", 2, "say which shape a share has where arrays were repeated or reduced",
                shapes=lambda rng: shapes_of(*sizes(rng)), mistakes=lambda rng: wrong_shapes(*sizes(rng)))  # fmt: skip

# ---------------------------------------------------------------- 15.2 a price list


def wholes(rng: Rng, *shape: int, low: int = -3, high: int = 4) -> list:
    """Whole numbers, none of them 0 or 1."""
    if not shape:
        return rng.pick([n for n in range(low, high + 1) if n not in (0, 1)])
    return [wholes(rng, *shape[1:], low=low, high=high) for _ in range(shape[0])]


def priced(back_p, back_q=lambda Q, p, G: G * p):
    """What goes back from bills to prices and quantities."""

    def run(Q, p, G):
        Q, p, G = (np.array(x, float) for x in (Q, p, G))
        return {"dp": back_p(Q, p, G), "dQ": back_q(Q, p, G)}

    return run


def _dp(Q, p, G):
    return (G * Q).sum(axis=0)


PRICE_SLIPS = (
    (slip("prices-averaged", "the customers' shares are averaged, where they should be added", "all customers see the same price", "If a price rises by 1, how many bills move?", REPEATED), priced(lambda Q, p, G: (G * Q).mean(axis=0))),
    (slip("prices-by-customer", "the sum goes along the rows, so that there is a number for each customer", "axis=0 and axis=1 are easily exchanged", "Is there a price for each customer, or for each good?", REPEATED), priced(lambda Q, p, G: (G * Q).sum(axis=1))),
    (slip("prices-not-summed", "dp is not summed over the customers", "each customer's bill has a slope of its own", "How many prices are there?", REPEATED), priced(lambda Q, p, G: G * Q)),
    (slip("prices-first-customer", "only the first customer counts", "all customers see the same price", "If a price rises by 1, how many bills move?", REPEATED), priced(lambda Q, p, G: (G * Q)[0])),
    (slip("prices-total", "everything is summed, and each price gets the total", "a sum without an axis is the shortest to write", "Which bills does one price appear in?", REPEATED), priced(lambda Q, p, G: np.full(p.shape, (G * Q).sum()))),
    (slip("prices-without-g", "G is left out of dp: it holds the quantities sold", "they are the slopes of the bills", "How fast does the loss move when a bill does?", REPEATED), priced(lambda Q, p, G: Q.sum(axis=0))),
    (slip("prices-summed-early", "G and Q are summed first and multiplied afterwards", "the shapes fit, and it saves work", "Is 1 times 2 plus 3 times 4 the same as (1 + 3) times (2 + 4)?", REPEATED), priced(lambda Q, p, G: G.sum(axis=0) * Q.sum(axis=0))),
    (slip("prices-own-factor", "dp is made with the prices themselves, where the quantities belong", "p stands in the formula of p", "If a price rises by 1, by how much does a bill grow?", REPEATED), priced(lambda Q, p, G: G.sum(axis=0) * p)),
    (slip("prices-g-alone", "the quantities are left out of dp", "for a sum, g alone would be right", "If a price rises by 1, by how much does a bill grow?", REPEATED), priced(lambda Q, p, G: G.sum(axis=0))),
    (slip("quantities-own-factor", "dQ is made with the quantities themselves, where the prices belong", "Q stands in the formula of Q", "If one more is sold, by how much does that bill grow?", REPEATED), priced(_dp, lambda Q, p, G: G * Q)),
    (slip("quantities-g-alone", "the prices are left out of dQ", "for a sum, g alone would be right", "If one more is sold, by how much does that bill grow?", REPEATED), priced(_dp, lambda Q, p, G: G)),
    (slip("quantities-without-g", "G is left out of dQ", "the prices are the slopes of the bills", "How fast does the loss move when a bill does?", REPEATED), priced(_dp, lambda Q, p, G: 0 * G + p)),
)  # fmt: skip

PRICES = Arrays(
    "15.2", "A price list", 2, "take a gradient back through a product that broadcasts, by hand",
    outputs=("dp", "dQ"),
    book={"Q": [[2, 3], [4, 2], [3, 5]], "p": [3, 2], "G": [[2, -1], [-2, 3], [3, 2]]},
    sample=lambda rng: {"Q": wholes(rng, 3, 2, low=2, high=6), "p": wholes(rng, 2, low=2, high=5), "G": wholes(rng, 3, 2)},
    solve=priced(_dp),
    mistakes=PRICE_SLIPS,
    prompt=lambda n: (
        f"Three customers (rows) buy two goods (columns), in the quantities `Q = {n['Q']}`, at the prices `p = {n['p']}`. The bills are `Y = Q * p`, entry by entry. "
        f"From the loss comes `G = {n['G']}`, in the shape of Y.\n\nWhat is `dp`, and what is `dQ`?"
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 15.3 winners and repeats


def routed(by_max=lambda x, g: ties(x) * g[:, None], by_row=None):
    """What goes back through the maxima of rows, and through rows that were taken."""

    def run(x, g, taken, G):
        x, g, G = (np.array(a, float) for a in (x, g, G))
        dE = np.zeros((3, 2))
        if by_row is None:
            np.add.at(dE, taken, G)
        else:
            dE = by_row(dE, taken, G)
        return {"dx": by_max(x, g), "dE": dE}

    return run


def _last(dE, taken, G):
    dE[taken] = G
    return dE


def _hit(x):
    return (x == x.max(axis=1, keepdims=True)) * 1.0


def _averaged(dE, taken, G):
    np.add.at(dE, taken, G)
    return dE / np.maximum(np.bincount(taken, minlength=3), 1)[:, None]


REVERSED_SLIP = slip(
    "row-first-share",
    "of a row that was taken twice, only the first share is kept",
    "one may stop at the first place where it is found",
    "How often was this row taken?",
    ROUTES,
)
ROUTE_SLIPS = (
    (slip("tie-not-divided", "in a tie, each of the largest gets all of g", "each of them is the maximum", "If both grow by 0.01 together, by how much does the maximum move?", ROUTES), routed(lambda x, g: _hit(x) * g[:, None])),
    (slip("tie-to-the-first", "in a tie, the first one gets everything", "`argmax` gives one place", "If the second of two equal maxima grows a little, does the maximum move?", ROUTES), routed(lambda x, g: np.eye(3)[x.argmax(axis=1)] * g[:, None])),
    (slip("max-value-sent", "the winners get the maximum times g", "the maximum is what came out", "If the winner grows by 0.01, by how much does the maximum move?", ROUTES), routed(lambda x, g: ties(x) * x * g[:, None])),
    (slip("max-to-all", "all entries of a row get g", "the row is what the maximum was taken of", "If an entry that is not the largest grows a little, does the maximum move?", ROUTES), routed(lambda x, g: 0 * x + g[:, None])),
    (slip("max-shared-by-row", "all entries of a row share g", "the row is what the maximum was taken of", "If an entry that is not the largest grows a little, does the maximum move?", ROUTES), routed(lambda x, g: 0 * x + g[:, None] / 3)),
    (slip("winner-without-g", "the winners get 1 or its parts, whatever g is", "the slope of the winner is 1", "How fast does the loss move when the maximum does?", ROUTES), routed(lambda x, g: ties(x))),
    (slip("row-last-share", "of a row that was taken twice, only the last share is kept", "an assignment does that without a word", "How often was this row taken?", ROUTES), routed(by_row=_last)),
    (REVERSED_SLIP, routed(by_row=lambda dE, taken, G: _last(dE, taken[::-1], G[::-1]))),
    (slip("row-shares-averaged", "the two shares of a row that was taken twice are averaged", "both copies are the same row", "If the row grows by 0.01, how many rows of y move?", ROUTES), routed(by_row=_averaged)),
    (slip("rows-not-put-back", "G itself is given, without putting its rows back where they came from", "the shape happens to be right", "Which row of E does the first row of G belong to?", ROUTES), routed(by_row=lambda dE, taken, G: G)),
    (slip("rows-taken-again", "rows are taken from G, where they should be put back", "it is the same line as on the way forward", "Which row of E does the first row of G belong to?", ROUTES), routed(by_row=lambda dE, taken, G: G[taken])),
)  # fmt: skip


def draw_routes(rng: Rng) -> dict:
    once, twice = rng.shuffled([0, 1, 2])[:2]
    top = rng.whole(4, 7)
    x = [rng.shuffled([top, top, top - rng.whole(2, 5)]), rng.shuffled([top + 2, top - 1, -2])]
    return {
        "x": x,
        "g": [rng.pick([-6, -4, 4, 6]), rng.pick([-5, -3, 3, 5])],
        "taken": rng.shuffled([twice, twice, once]),
        "G": wholes(rng, 3, 2, low=-5, high=7),
    }


WINNERS = Arrays(
    "15.3", "Winners and repeats", 2, "take gradients back through a maximum with a tie, and through rows that were taken twice",
    outputs=("dx", "dE"),
    book={"x": [[5, 2, 5], [-1, 3, 7]], "g": [4, -3], "taken": [2, 0, 2], "G": [[3, -2], [5, 4], [-1, 6]]},
    sample=draw_routes,
    solve=routed(),
    mistakes=ROUTE_SLIPS,
    prompt=lambda n: (
        f"The largest of each row is taken of `x = {n['x']}`, and `g = {n['g']}` comes back, a number for each row. What is `dx`? (A tie is shared in equal parts.)\n\n"
        f"Of a matrix E with 3 rows and 2 columns, the rows `{n['taken']}` are taken, counted from 0. What comes back is `G = {n['G']}`. What is `dE`?"
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 15.4 which are zero?


def silent_rows(rng: Rng | None) -> tuple[str, str, dict[str, str]]:
    """Which rows of an embedding certainly get nothing: those that were not taken, and those that were dropped."""
    absent, dropped, twice, kept = (1, 3, 2, 0) if rng is None else rng.shuffled(range(4))
    taken = [twice, kept, twice, dropped] if rng is None else rng.shuffled([twice, twice, kept, dropped])
    gone = {dropped}
    keep, first = [], True
    for row in taken:
        if row == twice and first:
            keep, first = [*keep, 0], False
        else:
            keep.append(0 if row in gone else 1)
    why = {
        absent: "this row was never taken",
        dropped: "this row was taken once, and there it was dropped",
        twice: "this row was taken twice, and one of the two was kept",
        kept: "this row was taken and kept",
    }
    letters = dict(zip("abcd", range(4), strict=True))
    listed = "\n".join(f"- **{letter}:** row {row} of dE" for letter, row in letters.items())
    prompt = (
        f"E has 4 rows. We take the rows `{taken}` of it, multiply them by `keep = {[[k] for k in keep]}` (a number for each row that was taken), and go on to a loss. "
        f"Before you calculate anything: which rows of the gradient dE are certainly 0, whatever comes after?\n\n{listed}"
    )
    right = "".join(letter for letter, row in letters.items() if row in (absent, dropped))
    return prompt, right, {letter: why[row] for letter, row in letters.items()}


SILENT = Several(
    "15.4", "What is certainly 0?", 1, "predict which gradients are 0 before any is computed", choose=silent_rows
)

# ---------------------------------------------------------------- 15.5 to 15.16, the table as programs

TABLE = tuple(
    Functions(
        f"15.{k}", step.title, 2, step.learns, text=step.text, arguments=step.arguments, outputs=step.outputs, cases=step.cases,
        solve=step.named(step.right), mistakes=step.mistakes(), indistinguishable=step.stops,
    )
    for k, step in enumerate(STEPS, 5)
)  # fmt: skip

# ---------------------------------------------------------------- engines with one fault


def zero_ties(a):
    hit = (a == a.max(axis=-1, keepdims=True)) * 1.0
    return a.max(axis=-1), (lambda g: g[..., None] * hit,)


def once_each(a, taken):
    def back(g):
        out = np.zeros(a.shape)
        out[taken] += g
        return out

    return a[taken], (back,)


def everything_reset(order) -> None:
    for node in order:
        node.nothing = node.grad = np.zeros_like(node.data)


FAULTS = {  # slug -> (what is wrong, why it is tempting, a question, where it is explained, an engine with this fault)
    "last-share": ("a share replaces what arrived before, instead of being added to it", "every share is an array of the right shape", "How often is x used?", REPEATED, array_engine(arrive=last_only)),
    "not-undone": ("nothing undoes the broadcasting", "NumPy broadcasts without being asked", "Which shape has b, and which one has its gradient?", REPEATED, array_engine(undo=lambda g, to: g)),
    "uncopied": ("the first share that arrives becomes the gradient itself, without a copy, and the next one is added into that array with `+=`",
                 "`+=` saves an array", "Which other gradient is the same array?", SHARED, array_engine(arrive=uncopied)),
    "one-copy": ("of what was repeated, only the first copy's share is kept", "the copies are all the same number", "How many entries does one number of b reach?", REPEATED,
                 array_engine(undo=lambda g, to: g if g.shape == to else one_copy(g, to))),
    "ties-whole": ("in a tie, each of the largest gets the whole gradient", "each of them is the maximum", "If both grow by 0.01 together, by how much does the maximum move?", ROUTES, array_engine({"max": zero_ties})),
    "repeats-once": ("a row that was taken twice gets only one of its shares", "`+=` looks like adding", "What is left in a after a = np.zeros(1) and a[[0, 0]] += 1?", ROUTES, array_engine({"getitem": once_each})),
    "inner-kept": ("nodes on the way keep what they have from the last call", "leaves must keep it", "What does a node on the way hold before the second call?", RESETS, array_engine(reset=lambda order: None)),
}  # fmt: skip
TRIALS = (  # (what is computed, of what the gradient is asked, lines)
    ("(x * x).sum() + (x + y).sum()", "y", "x, y = Value([{a}, {b}]), Value([{c}, {a}])\nL = (x * x).sum() + (x + y).sum()\nL.backward()"),
    ("(x * x).sum()", "x", "x = Value([{a}, {b}])\nL = (x * x).sum()\nL.backward()"),
    ("(X * z).sum()", "z", "X, z = Value([[{a}, {b}], [{c}, {a}]]), Value([{b}, {c}])\nL = (X * z).sum()\nL.backward()"),
    ("M.max().sum()", "M", "M = Value([[{b}, {b}]])\nL = M.max().sum()\nL.backward()"),
    ("x[[0, 0, 1]].sum()", "x", "x = Value([{a}, {b}])\nL = x[[0, 0, 1]].sum()\nL.backward()"),
    ("(x * x * x).sum()", "x", "x = Value([{a}, {b}])\nL = (x * x * x).sum()\nL.backward()\nx.grad = x.grad * 0\nL.backward()"),
)  # fmt: skip


def tried(kind: type, numbers: dict) -> list[str]:
    """What an engine gives in each trial."""
    found = []
    for _, asked, lines in TRIALS:
        names = {"Value": kind}
        exec(lines.format(**numbers), names)  # our own lines, with our own engines
        found.append(rows(names[asked].grad))
    return found


def symptoms(rng: Rng | None) -> tuple[str, str, dict]:
    """What an engine with one fault gives, beside what is right; the options are four faults."""
    guilty, numbers = ("uncopied", {"a": 3, "b": 2, "c": 5}) if rng is None else (
        rng.pick(list(FAULTS)), dict(zip("abc", rng.shuffled([2, 3, 4, 5, 6]), strict=False)))  # fmt: skip
    others = [slug for slug in (list(FAULTS) if rng is None else rng.shuffled(list(FAULTS))) if slug != guilty][:3]
    options = sorted([guilty, *others], key=list(FAULTS).index)
    gives = {slug: tried(FAULTS[slug][-1], numbers) for slug in options}
    right = tried(array_engine(), numbers)
    table = "\n".join(
        f"| {k} | `{name}` | {asked} | `{good}` | `{bad}` |"
        for k, ((name, asked, _), good, bad) in enumerate(zip(TRIALS, right, gives[guilty], strict=True), 1)
    )
    letters = dict(zip("abcd", options, strict=True))
    listed = "\n".join(f"- **{letter}:** {FAULTS[slug][0]}" for letter, slug in letters.items())
    a, b, c = (numbers[name] for name in "abc")
    prompt = (
        f"A learner tries an engine on arrays with `x = [{a}, {b}]`, `y = [{c}, {a}]`, `X = [[{a}, {b}], [{c}, {a}]]`, `z = [{b}, {c}]` and `M = [[{b}, {b}]]`; "
        "`max` takes the largest of each row. In the last row `backward` is called twice, with x.grad set to 0 in between.\n\n"
        f"| | the loss | of | right | theirs |\n|---|---|---|---|---|\n{table}\n\nWhat is wrong with it?\n\n{listed}"
    )
    wrong = {}
    for letter, slug in letters.items():
        if slug != guilty:
            own, good, theirs = gives[slug], right, gives[guilty]
            k = next(k for k in range(len(TRIALS)) if own[k] not in (good[k], theirs[k]))  # where it would have shown
            wrong[letter] = f"in row {k + 1} that would have given `{own[k]}`"
    return prompt, next(letter for letter, slug in letters.items() if slug == guilty), wrong


def fault(slug: str) -> tuple[Mistake, type]:
    says, because, question, see, kind = FAULTS[slug]
    return slip(f"engine-{slug}", says, because, question, see), kind


def _number_kept(data):
    return np.asarray(data)


def _ints(data):
    return np.array(data)


WHOLE = Classes(
    "15.17", "The whole engine", 3, "run an engine on arrays through all that this chapter warns of",
    text="Write a class whose objects hold arrays, with `+`, `*`, `@`, `.sum()`, `.relu()` and `backward()`, and with `data` and `grad`; constants may be plain Values. "
    "In our lines it is called `Value`, whatever you call it. We look at shapes, at values that are used twice, at shares that must not be shared, "
    "at a second call, and at whether your class keeps numbers of its own. Answer with your class.",
    scripts=(
        Script("x = Value([[{a}, {b}], [{c}, {a}], [{b}, {a}]])\nz = Value([{b}, {c}])\ny = (x * z + z).sum()\ny.backward()",
               ("float(y.data)", "z.grad.size", "z.grad[0]", "z.grad[1]", "x.grad[2, 0]")),
        Script("X = Value([[{a}, {b}, {c}], [{c}, -{a}, {b}]])\nW = Value([[{b}], [{a}], [{c}]])\nG = Value([[{c}], [{a}]])\ny = ((X @ W).relu() * G).sum()\ny.backward()",
               ("float(y.data)", "X.grad[1, 0]", "X.grad[0, 2]", "W.grad[1, 0]", "W.grad.size")),
        Script("x = Value([{a}, {b}])\ny = Value([{c}, {a}])\nL = (x * x).sum() + (x + y).sum()\nL.backward()", ("x.grad[0]", "y.grad[0]", "y.grad[1]")),
        Script("x = Value([{a}, {b}])\ny = Value([{c}, {a}])\nL = (x + y).sum() + (x * x).sum()\nL.backward()", ("x.grad[1]", "y.grad[0]")),
        Script("x = Value([{a}, {b}])\nL = (x * x * x).sum()\nL.backward()\nx.grad = x.grad * 0\nL.backward()", ("x.grad[0]",)),
        Script("x = Value([{a}, {b}])\nL = (x * x).sum()\nL.backward()\nM = (x * x * x).sum()\nM.backward()", ("x.grad[1]",)),
        Script("x = Value([{a}, {b}])\ns = x.sum()\nL = s * s\nL.backward()", ("x.grad[0]",)),
        Script("import numpy as np\nnumbers = np.array([{a}.0, {b}.0])\nx = Value(numbers)\nnumbers[0] = 99\nL = (x * x).sum()\nL.backward()", ("x.data[0]", "x.grad[0]")),
    ),
    book={"a": 3, "b": 2, "c": 5},
    sample=whole_numbers(a=(2, 6), b=(2, 6), c=(2, 6)),
    solve=lambda data: Tensor(np.array(data, float)),
    mistakes=(
        *map(fault, ("uncopied", "last-share", "not-undone", "one-copy", "inner-kept")),
        (slip("engine-leaves-reset", "leaves are reset at each call, so that two losses cannot be added up", "nodes on the way must be", "What should x have after two losses?", RESETS), array_engine(reset=everything_reset)),
        (slip("engine-data-not-copied", "the class keeps the caller's array, and not a copy of it", "`np.asarray` avoids a copy", "Who else holds this array, and may change it?", PITFALLS), array_engine(data=_number_kept)),
        (slip("engine-matmul-without-g", "the share of the second factor of a matrix product leaves out what comes back", "for a loss that adds up all entries it is right", "How fast does the loss move when the product does?", PRODUCTS),
         array_engine({"matmul": lambda a, b: (a @ b, (lambda g: g @ b.T, lambda g: a.T @ np.ones_like(g)))})),
        (slip("engine-sum-without-g", "the sum sends back ones, whatever arrives", "the slope of a sum is 1", "How fast does the loss move when the sum does?", AXES), array_engine({"sum": lambda a, axis=None: (a.sum(axis), (lambda g: np.ones(a.shape),))})),
        (slip("engine-relu-always-open", "the relu lets everything back, also where it was closed", "the mask is a matter of the forward pass", "If a closed entry grows a little, does the loss move?", ROUTES),
         array_engine({"relu": lambda a: (np.maximum(a, 0), (lambda g: g,))})),
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 15.18 curvature by hand


def curved(second=lambda p, q, x, y: np.array([[2 * p * y, 2 * p * x], [2 * p * x, 6 * q * y]]),
           slope=lambda p, q, x, y: np.array([2 * p * x * y, p * x * x + 3 * q * y * y]), product=lambda H, v, s: H @ v):  # fmt: skip
    """The gradient of p x^2 y + q y^3, and its Hessian times v."""

    def run(p, q, x, y, v):
        s = slope(p, q, x, y)
        return {"gradient": s, "Hv": product(second(p, q, x, y), np.array(v, float), s)}

    return run


CURVE_SLIPS = (
    (slip("mixed-derivative-lost", "only the diagonal of the Hessian is used", "second derivatives with respect to one and the same number are the familiar ones", "How fast does the first slope move when y does?", CURVATURE), curved(product=lambda H, v, s: np.diag(H) * v)),
    (slip("gradient-times-direction", "each slope is multiplied by the entry of v", "both have two entries", "How fast does the first slope move when y does?", CURVATURE), curved(product=lambda H, v, s: s * v)),
    (slip("hessian-row-sums", "the rows of the Hessian are added up, and v is left out", "for a v of ones it is right", "Where is v in your answer?", CURVATURE), curved(product=lambda H, v, s: H.sum(axis=1))),
    (slip("hessian-turned", "the entries of v are exchanged", "the Hessian is symmetric", "Which entry of v belongs to x?", CURVATURE), curved(product=lambda H, v, s: H @ v[::-1])),
    (slip("mixed-not-doubled", "the mixed derivative lacks its factor 2", "in the gradient the exponent is already used", "What is the slope of $x^2$?", CURVATURE), curved(lambda p, q, x, y: np.array([[2 * p * y, p * x], [p * x, 6 * q * y]]))),
    (slip("cube-not-lowered", "the second derivative of the cube lacks a factor 2", "the 3 is already there", "What is the slope of $3 y^2$?", CURVATURE), curved(lambda p, q, x, y: np.array([[2 * p * y, 2 * p * x], [2 * p * x, 3 * q * y]]))),
    (slip("square-term-lost", "the slope with respect to y lacks what comes from x", "the cube of y is the larger part of the formula", "In how many terms does y stand?", CURVATURE),
     curved(lambda p, q, x, y: np.array([[2 * p * y, 2 * p * x], [0, 6 * q * y]]), lambda p, q, x, y: np.array([2 * p * x * y, 3 * q * y * y]))),
)  # fmt: skip

CURVED = Arrays(
    "15.18", "Curvature by hand", 2, "work out a Hessian-vector product by hand",
    outputs=("gradient", "Hv"),
    book={"p": 2, "q": 1, "x": 3, "y": 2, "v": [2, -1]},
    sample=lambda rng: {"p": rng.pick([2, 3]), "q": rng.pick([1, 2]), "x": rng.pick([3, 4, 5]), "y": rng.pick([2, -2, -3]), "v": rng.shuffled([rng.pick([2, 3]), rng.pick([-1, -2])])},
    solve=curved(),
    mistakes=CURVE_SLIPS,
    prompt=lambda n: (
        f"$f(x, y) = {n['p']} x^2 y + {'' if n['q'] == 1 else n['q']} y^3$ at $x = {n['x']}$, $y = {n['y']}$, with $v = ({n['v'][0]}, {n['v'][1]})$. "
        "What is the gradient (`gradient`, two numbers), and how fast does it move when $(x, y)$ moves along $v$ (`Hv`, two numbers)?"
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 15.19 and 15.20, faults

SYMPTOMS = Choice(
    "15.19", "What did they do?", 1, "tell from what an engine on arrays gives where its fault is", choose=symptoms
)

PROGRAM = (
    ("class Array:", "a class"),
    ("    def __init__(self, data, parents=(), vjps=()):", "tuples cannot be appended to, so they may be shared"),
    ("        self.data = np.array(data, float)", "a copy of its own, in floating point"),
    ("        self.grad = np.zeros_like(self.data)", "nothing has arrived yet, in the shape of the data"),
    ("        self.parents, self.vjps = parents, vjps", "both in the same order"),
    ("    def __mul__(self, other):", "the product, entry by entry"),
    ("        a, b = self.data, other.data", "the two arrays"),
    ("        vjps = (lambda g: g * b, lambda g: g * a)", "each factor's share is g times the other one; the broadcasting is undone below"),
    ("        return Array(a * b, (self, other), vjps)", "the product, its parents, and a function for each"),
    ("    def __matmul__(self, other):", "the matrix product"),
    ("        a, b = self.data, other.data", "the two arrays"),
    ("        vjps = (lambda g: g @ b.T, lambda g: a.T @ g)", "(n, m) times (m, k) has the shape of the first, (k, n) times (n, m) that of the second"),
    ("        return Array(a @ b, (self, other), vjps)", "the product, its parents, and a function for each"),
    ("    def sum(self):", "the sum of all entries"),
    ("        vjps = (lambda g: g * np.ones(self.data.shape),)", "each entry was added once, so it gets g"),
    ("        return Array(self.data.sum(), (self,), vjps)", "one number, one parent"),
    ("    def backward(self):", "the pass"),
    ("        nodes = order(self)", "newest first, each once"),
    ("        for node in nodes:", "all of them"),
    ("            if node.parents: node.grad = np.zeros_like(node.data)", "leaves keep what they have, the others start afresh"),
    ("        self.grad = np.ones_like(self.data)", "the loss moves as fast as itself"),
    ("        for node in nodes:", "from the loss to the leaves"),
    ("            for parent, vjp in zip(node.parents, node.vjps):", "a parent and its function belong together"),
    ("                share = unbroadcast(vjp(node.grad), parent.data.shape)", "summed where the parent was repeated"),
    ("                parent.grad = parent.grad + share", "added to what is there, in a new array"),
)  # fmt: skip
PLANTED = {
    3: ("        self.data = np.asarray(data)", "it keeps the caller's array, which may change later, and whole numbers stay whole numbers"),
    8: ("        vjps = (lambda g: g * a, lambda g: g * b)", "each factor gets itself as its slope, where it should get the other one"),
    12: ("        vjps = (lambda g: b.T @ g, lambda g: g @ a.T)", "the factors stand on the wrong sides, and fit only where all sizes are equal"),
    15: ("        vjps = (lambda g: np.ones(self.data.shape),)", "what arrives is left out, which shows as soon as something comes after the sum"),
    20: ("            node.grad = np.zeros_like(node.data)", "leaves are reset too, so that two losses cannot be added up"),
    21: ("        self.grad = self.data", "the loss moves as fast as itself, which is 1, whatever its value"),
    24: ("                share = vjp(node.grad)", "nothing undoes the broadcasting, so that a repeated array gets a share that is too large for it"),
    25: ("                parent.grad = share", "only the last of several shares is kept"),
}  # fmt: skip
HUNT = WhichLine(
    "15.20", "One line of an engine", 1, "find the wrong line of an engine on arrays",
    lambda rng: inject_bug(
        rng,
        "`order(loss)` gives all nodes, newest first, each once and after all that use it, and `unbroadcast(g, shape)` sums g down to a shape; both are right. Leaves should add up over several calls.",
        PROGRAM, PLANTED, 15,
        "Try a matrix product of unequal sizes, two sums that are multiplied, two losses of one leaf, and data of whole numbers.",
    ),
)  # fmt: skip

# ---------------------------------------------------------------- 15.21 and 15.22, from earlier chapters

_BLIND = entry("10.2")
REVIEW_OF_9_3 = replace(
    entry("9.3"), id="15.21", title="Once more: the Jacobian of softmax (from chapter 9)", book={"P": [0.2, 0.5, 0.3], "dP": [3.0, -1.0, 2.0]}
)  # fmt: skip
REVIEW_OF_10_2 = replace(
    _BLIND, id="15.22", title="Once more: what ones miss (from chapter 10)", choose=lambda rng: _BLIND.choose(rng or Rng("15.22"))
)  # fmt: skip

EXERCISES = (SHAPES, PRICES, WINNERS, SILENT, *TABLE, WHOLE, CURVED, SYMPTOMS, HUNT, REVIEW_OF_9_3, REVIEW_OF_10_2)
