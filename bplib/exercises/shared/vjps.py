"""The rows of chapter 15's table, one step for each: what goes back through an operation, and the wrong programs known for it.

A step's last argument is what a test may choose: the upstream gradient g, or the direction v of a Hessian.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ...mistakes import Mistake
from ...rng import Rng
from .array_engine import scatter, spread, ties, unbroadcast
from .gains import halves

BROADCAST, PRODUCTS, AXES = "15: What was repeated is summed", "15: Two products", "15: Sums and means along an axis"
ROUTES, SOFTMAX, POOLS = (
    "15: Where a number came from",
    "15: When everything depends on everything",
    "15: Pooling and dropout",
)
CURVATURE = "15: The gradient of a gradient"


@dataclass(frozen=True)
class Step:
    """One row of the table.

    right    (*arguments) -> the outputs, one array or a tuple
    wrong    (slug, says, because, question, program)
    stops    {slug: why it cannot be told}: wrong programs whose shapes fit only where all sizes are equal
    """

    title: str
    learns: str
    text: str
    arguments: tuple[str, ...]
    outputs: tuple[str, ...]
    cases: Callable[[Rng], list[tuple]]
    right: Callable
    wrong: tuple[tuple, ...]
    see: str
    stops: dict[str, str] = field(default_factory=dict)

    def named(self, program: Callable) -> Callable:
        """The same program, with its outputs by name."""

        def run(*case):
            found = program(*case)
            return dict(zip(self.outputs, found if isinstance(found, tuple) else (found,), strict=True))

        return run

    def mistakes(self) -> tuple[tuple[Mistake, Callable], ...]:
        return tuple(
            (
                Mistake(f"vjp-{slug}", says, f"It is tempting because {because}.", question, self.see),
                self.named(program),
            )
            for slug, says, because, question, program in self.wrong
        )

    def passes(self, program: Callable, cases: list[tuple]) -> bool:
        """Whether a wrong program gives what the right one gives, in the right shapes, in all these cases."""
        try:
            pairs = [(self.named(program)(*case), self.named(self.right)(*case)) for case in cases]
        except (ValueError, IndexError):
            return False
        return all(np.shape(got[name]) == np.shape(want[name]) and np.allclose(got[name], want[name])
                   for got, want in pairs for name in self.outputs)  # fmt: skip


def with_ones(case: tuple) -> tuple:
    """The same test, but with a last argument that is all ones."""
    return (*case[:-1], np.ones_like(case[-1]))


FITS = "it stops with an error where the sizes differ"

# ---------------------------------------------------------------- broadcasting


def leading_axes_only(g, to):
    return g.sum(axis=tuple(range(g.ndim - len(to))))


def axes_dropped(g, to):
    new = g.ndim - len(to)
    return g.sum(axis=(*range(new), *(new + i for i, n in enumerate(to) if n == 1)))


def one_copy(g, to):
    """The first of the repeated entries."""
    g = g[(0,) * (g.ndim - len(to))]
    return g[tuple(slice(0, 1) if n == 1 else slice(None) for n in to)]


def averaged(g, to):
    return unbroadcast(g, to) * np.prod(to) / g.size


def _repeated(rng: Rng) -> list[tuple]:
    # no first axis of length 1: a list with one entry counts as a list of outputs
    pairs = (((2, 3, 4), (3, 1)), ((3, 4), (4,)), ((4, 2), (4, 1)), ((2, 3), ()), ((3, 2, 4), (3, 1, 4)))
    return [(halves(rng, *to), halves(rng, *whole)) for whole, to in pairs]


UNBROADCAST = Step(
    "Undo the broadcasting", "sum a gradient over the axes along which an array was repeated",
    "In `y = x + b`, NumPy repeats b until it has the shape of x. Write a function `backward(b, g)` that gives db, the share of b, where g is shaped like y. "
    "Think of b with fewer axes than g, of axes of length 1, and of both at once. We try it on shapes that you have not seen.",
    ("b", "g"), ("db",), _repeated, lambda b, g: unbroadcast(g, b.shape),
    (
        ("not-summed", "g goes back as it is, in the shape of the result", "the slope of a sum is 1", "How many numbers does b have, and how many has your db?", lambda b, g: g),
        ("leading-axes-only", "only the axes that b lacks are summed, and an axis of length 1 is not", "in the commonest case, a bias, that is all there is to do",
         "Along which axes was a b of shape (3, 1) repeated?", lambda b, g: leading_axes_only(g, b.shape)),
        ("first-axis-always", "the sum is always taken over the first axis", "for a bias it is", "Along which axis was a b of shape (4, 1) repeated?", lambda b, g: g.sum(axis=0)),
        ("axes-dropped", "the right axes are summed, but those of length 1 get lost", "`sum` drops the axes that it sums", "Which shape has b, and which one has your db?", lambda b, g: axes_dropped(g, b.shape)),
        ("copies-averaged", "the copies' gradients are averaged, where they should be added", "the copies are all the same number", "If b grows by 0.01, how many entries of y move, and by how much do they move the loss together?",
         lambda b, g: averaged(g, b.shape)),
        ("first-copy-only", "only the first copy's gradient is kept", "the copies are all the same number", "How many entries of y does one number of b reach?", lambda b, g: one_copy(g, b.shape)),
        ("cut-to-size", "the first entries of g are taken, as many as b has", "they have the right shape", "Which entries of y does the first number of b reach?", lambda b, g: np.resize(g, b.shape)),
        ("one-total", "everything is summed, and each number of b gets the total", "a sum without an axis is the shortest to write", "Which entries of y does one number of b reach: all?",
         lambda b, g: np.full(b.shape, g.sum())),
    ), BROADCAST,
)  # fmt: skip

# ---------------------------------------------------------------- products


def _product(x, b, g):
    return unbroadcast(g * b, x.shape), unbroadcast(g * x, b.shape)


def _factors(rng: Rng) -> list[tuple]:
    return [(halves(rng, *x), halves(rng, *b), halves(rng, *y))
            for x, b, y in (((2, 3, 4), (3, 1), (2, 3, 4)), ((4,), (3, 1), (3, 4)), ((3, 2), (2,), (3, 2)))]  # fmt: skip


def _whole(a, g):
    return np.broadcast_to(a, g.shape)


PRODUCT = Step(
    "A product that broadcasts", "write the backward pass of a product of two arrays that broadcast",
    "`y = x * b`, entry by entry, where either of the two may be repeated. Write a function `backward(x, b, g)` that returns dx and db, in this order, each in the shape of what it belongs to.",
    ("x", "b", "g"), ("dx", "db"), _factors, _product,
    (
        ("own-factor", "each factor gets itself as its slope, instead of the other one", "x stands in the formula of x", "Nudge one number of x. By how much does y move there?",
         lambda x, b, g: (unbroadcast(g * x, x.shape), unbroadcast(g * b, b.shape))),
        ("times-like-plus", "both factors get g, as if they had been added", "one of the two was copied from the other", "Nudge one number of x. By how much does y move there?",
         lambda x, b, g: (unbroadcast(g, x.shape), unbroadcast(g, b.shape))),
        ("product-without-g", "g is left out: these are the slopes of y, and not yet those of the loss", "they are what one learns by heart", "How fast does the loss move when y does, and where is that in your function?",
         lambda x, b, g: (unbroadcast(_whole(b, g) * 1.0, x.shape), unbroadcast(_whole(x, g) * 1.0, b.shape))),
        ("product-not-summed", "the products are right, but nothing is summed where a factor was repeated", "for factors of the same shape there is nothing to sum", "Which shape has b, and which one has your db?",
         lambda x, b, g: (g * b, g * x)),
        ("summed-too-early", "g and the other factor are summed first and multiplied afterwards", "the shapes fit, and it seems to save work", "Is 1 times 2 plus 3 times 4 the same as (1 + 3) times (2 + 4)?",
         lambda x, b, g: (unbroadcast(g, x.shape) * unbroadcast(_whole(b, g), x.shape), unbroadcast(g, b.shape) * unbroadcast(_whole(x, g), b.shape))),
        ("product-averaged", "the copies' shares are averaged, where they should be added", "the copies are all the same number", "How many entries of y does one number of b reach?",
         lambda x, b, g: (averaged(g * b, x.shape), averaged(g * x, b.shape))),
    ), BROADCAST,
)  # fmt: skip


def _matrices(rng: Rng) -> list[tuple]:
    return [(halves(rng, n, k), halves(rng, k, m), halves(rng, n, m))
            for n, k, m in ((3, 2, 4), (2, 4, 3), (4, 3, 2), (3, 3, 3))]  # fmt: skip


def _like_g(g):
    return np.ones_like(g)


MATMUL = Step(
    "A matrix product", "write the backward pass of a matrix product, and let the shapes confirm it",
    "`Y = A @ B`. Write a function `backward(A, B, G)` that returns dA and dB, in this order. G is shaped like Y.",
    ("A", "B", "G"), ("dA", "dB"), _matrices, lambda a, b, g: (g @ b.T, a.T @ g),
    (
        ("second-not-transposed", "dA is made with B as it stands, and not with its transpose", "B is what A was multiplied with", "A has the shape (3, 2), B (2, 4) and G (3, 4). Which product of G and B has the shape of A?",
         lambda a, b, g: (g @ b, a.T @ g)),
        ("first-not-transposed", "dB is made with A as it stands, and not with its transpose", "A is what B was multiplied with", "A has the shape (3, 2), B (2, 4) and G (3, 4). Which product of A and G has the shape of B?",
         lambda a, b, g: (g @ b.T, a @ g)),
        ("sides-exchanged", "the factors stand on the wrong sides: B.T @ G and G @ A.T", "for numbers the order does not matter", "Which factor of dA should have the rows of A?", lambda a, b, g: (b.T @ g, g @ a.T)),
        ("both-turned", "dA and dB are the transposes of what they should be", "the shapes fit in this order as well", "Which shape has A, and which one has your dA?", lambda a, b, g: (b @ g.T, g.T @ a)),
        ("reshaped-not-transposed", "the factors are reshaped, where they should be transposed", "the shapes come out right", "Where does B[0, 1] stand in B.T, and where in B.reshape(B.shape[::-1])?",
         lambda a, b, g: (g @ b.reshape(b.shape[::-1]), a.reshape(a.shape[::-1]) @ g)),
        ("row-sums-of-b", "every row of dA holds the sums of B's rows, whatever G is", "for a loss that adds up all entries it is right", "How fast does the loss move when Y does, and where is that in your dA?",
         lambda a, b, g: (_like_g(g) @ b.T, a.T @ g)),
        ("column-sums-of-a", "every column of dB holds the sums of A's columns, whatever G is", "for a loss that adds up all entries it is right", "How fast does the loss move when Y does, and where is that in your dB?",
         lambda a, b, g: (g @ b.T, a.T @ _like_g(g))),
        ("both-without-g", "G is left out of both", "for a loss that adds up all entries it is right", "How fast does the loss move when Y does, and where is that in your function?", lambda a, b, g: (_like_g(g) @ b.T, a.T @ _like_g(g))),
        ("second-averaged", "dB is divided by the number of rows of A", "a mean over the batch has to be taken somewhere in the pass", "Is there a mean in Y = A @ B?", lambda a, b, g: (g @ b.T, a.T @ g / len(a))),
        ("rows-of-g-averaged", "each row of G is replaced by its mean before the product", "one number a row is easier to think of", "Do all entries of a row of Y count alike?", lambda a, b, g: (g.mean(axis=1, keepdims=True) * _like_g(g) @ b.T, a.T @ g)),
    ), PRODUCTS, {f"vjp-{slug}": FITS for slug in ("second-not-transposed", "first-not-transposed", "sides-exchanged")},
)  # fmt: skip

# ---------------------------------------------------------------- sums and means


def _along(rng: Rng) -> list[tuple]:
    shapes = (((3, 4), 1), ((3, 4), 0), ((2, 3, 4), 1), ((3, 3), 1))
    return [(halves(rng, *s), axis, halves(rng, *(n for i, n in enumerate(s) if i != axis))) for s, axis in shapes]


SUM = Step(
    "A sum along an axis", "write the backward pass of a sum along any axis",
    "`y = x.sum(axis)`, where axis is a whole number, so that y has one axis less than x. Write a function `backward(x, axis, g)` that gives dx.",
    ("x", "axis", "g"), ("dx",), _along, lambda x, axis, g: spread(g, axis, x.shape),
    (
        ("sum-without-g", "dx is all ones, whatever g is", "the slope of a sum is 1", "How fast does the loss move when y does, and where is that in your dx?", lambda x, axis, g: np.ones(x.shape)),
        ("axis-not-put-back", "g is repeated without the axis that the sum removed", "NumPy broadcasts without being asked", "With x of shape (3, 3) and axis 1, which entries of x were added up into y[0]?",
         lambda x, axis, g: np.broadcast_to(g, x.shape) * 1.0),
        ("in-reading-order", "g is repeated in reading order until there is enough of it", "the shape comes out right", "Which entries of x were added up into y[0]?", lambda x, axis, g: np.resize(g, x.shape)),
        ("sum-like-mean", "g is divided by the number of terms, as for a mean", "what comes out has to be shared among those who put in", "Nudge one entry of x by 0.01. By how much does the sum move?",
         lambda x, axis, g: spread(g, axis, x.shape) / x.shape[axis]),
        ("sum-times-x", "each entry gets its own value times g", "the value is what it added to the sum", "Nudge one entry of x by 0.01. By how much does the sum move?", lambda x, axis, g: spread(g, axis, x.shape) * x),
        ("total-to-all", "each entry gets the total of g", "every entry is in some sum", "In how many of the sums is one entry of x?", lambda x, axis, g: np.full(x.shape, g.sum())),
    ), AXES, {"vjp-axis-not-put-back": FITS},
)  # fmt: skip

MEAN = Step(
    "A mean along an axis", "write the backward pass of a mean along any axis",
    "`y = x.mean(axis)`. Write a function `backward(x, axis, g)` that gives dx.",
    ("x", "axis", "g"), ("dx",), _along, lambda x, axis, g: spread(g, axis, x.shape) / x.shape[axis],
    (
        ("mean-like-sum", "nothing is divided, as for a sum", "the backward pass of the sum is at hand", "Nudge one entry of x by 0.01. By how much does the mean move?", lambda x, axis, g: spread(g, axis, x.shape)),
        ("divided-by-all", "g is divided by the number of all entries of x", "`x.size` is the first number that comes to mind", "How many entries of x are averaged into y[0]?", lambda x, axis, g: spread(g, axis, x.shape) / x.size),
        ("divided-by-rows", "g is divided by the number of rows, whatever the axis", "`len(x)` is short, and right for axis 0", "How many entries of x are averaged into y[0]?", lambda x, axis, g: spread(g, axis, x.shape) / len(x)),
        ("divided-by-means", "g is divided by the number of means", "`g.size` and the number of terms are easily exchanged", "How many entries of x are averaged into y[0]?", lambda x, axis, g: spread(g, axis, x.shape) / g.size),
        ("mean-without-g", "g is left out", "the slope of a mean is 1 over the number of terms", "How fast does the loss move when y does, and where is that in your dx?", lambda x, axis, g: np.full(x.shape, 1 / x.shape[axis])),
        ("mean-multiplied", "g is multiplied by the number of terms, where it should be divided", "going back turns things round", "Nudge one entry of x by 0.01. By how much does the mean move?", lambda x, axis, g: spread(g, axis, x.shape) * x.shape[axis]),
    ), AXES,
)  # fmt: skip

# ---------------------------------------------------------------- routes


def with_ties(rng: Rng, n: int, m: int, tied: dict[int, int]) -> np.ndarray:
    """Whole numbers, no two alike in a row but for the k largest of row i, for each {i: k} of `tied`."""
    x = np.array([rng.shuffled(range(-m, 4))[:m] for _ in range(n)], float)
    for row, k in tied.items():
        largest = np.argsort(x[row])[-k:]
        x[row, largest] = x[row].max()
    return x


def _rows_with_ties(rng: Rng) -> list[tuple]:
    # ties of two and of three: a tie of two alone cannot tell a share in equal parts from a half for each
    return [
        (with_ties(rng, n, m, tied), halves(rng, n))
        for n, m, tied in ((3, 4, {0: 2, 2: 3}), (4, 3, {1: 2}), (2, 5, {0: 3}), (3, 3, {2: 2}))
    ]


def _first_of_ties(x):
    return np.eye(x.shape[1])[x.argmax(axis=1)]


def _hit(x):
    return (x == x.max(axis=-1, keepdims=True)) * 1.0


def _halved(x):
    """Which entries of each row are its maximum, with a half for each entry of a tie, however many they are."""
    hit = _hit(x)
    return np.where(hit.sum(axis=-1, keepdims=True) > 1, hit / 2, hit)


MAX = Step(
    "The largest of each row", "write the backward pass of a maximum, with ties",
    "`y = x.max(axis=1)` for a matrix x. Write a function `backward(x, g)` that gives dx. Where several entries of a row are the largest, they share g in equal parts.",
    ("x", "g"), ("dx",), _rows_with_ties, lambda x, g: g[:, None] * ties(x),
    (
        ("first-of-a-tie", "in a tie, the first one gets everything", "`argmax` gives one place", "If the second of two equal maxima grows a little, does the maximum move?", lambda x, g: g[:, None] * _first_of_ties(x)),
        ("tie-not-divided", "in a tie, each one gets all of g, so that more goes back than came in", "each of them is the maximum", "If all the tied entries grow by 0.01 together, by how much does the maximum move?", lambda x, g: g[:, None] * _hit(x)),
        ("tie-halved", "in a tie, each one gets half of g, even where more than two are tied", "nudging up and down measures a half for each of them", "If three entries are tied, how many halves go back?", lambda x, g: g[:, None] * _halved(x)),
        ("largest-of-all", "only the largest entry of the whole matrix gets something", "`x.max()` needs no axis", "How many maxima are there in y?", lambda x, g: g[:, None] * (x == x.max()) / np.maximum((x == x.max()).sum(axis=1, keepdims=True), 1)),
        ("max-without-g", "g is left out, so that the winners get 1 or its parts", "the slope of the winner is 1", "How fast does the loss move when y does, and where is that in your dx?", lambda x, g: ties(x)),
        ("max-like-mean", "all entries of a row share g", "the row is what y was made from", "If an entry that is not the largest grows a little, does the maximum move?", lambda x, g: np.repeat(g[:, None], x.shape[1], 1) / x.shape[1]),
        ("max-times-x", "the winners get their value times g", "the value is what came out", "If the winner grows by 0.01, by how much does the maximum move?", lambda x, g: g[:, None] * ties(x) * x),
    ), ROUTES,
)  # fmt: skip


def _taken(rng: Rng) -> list[tuple]:
    cases = []
    for n, m, k in ((4, 3, 4), (3, 2, 5), (5, 2, 3)):
        rows = rng.shuffled(range(n))[:2]
        taken = [rows[0], *rng.shuffled([rows[0], rows[1]]), *(rng.pick(rows) for _ in range(k - 3))]
        cases.append((halves(rng, n, m), np.array(taken), halves(rng, k, m)))
    return cases


def _assigned(x, rows, g):
    out = np.zeros_like(x)
    out[rows] = g
    return out


def _counted(x, rows, g):
    return scatter(g, rows, x.shape) / np.maximum(np.bincount(rows, minlength=len(x)), 1)[:, None]


def _first_met(x, rows, g):
    return _assigned(x, rows[::-1], g[::-1])


INDEX = Step(
    "Rows that are taken", "write the backward pass of indexing, where an index may come twice",
    "`y = x[rows]`, where rows is an array of row numbers in which some come several times and some not at all. Write a function `backward(x, rows, g)` that gives dx.",
    ("x", "rows", "g"), ("dx",), _taken, lambda x, rows, g: scatter(g, rows, x.shape),
    (
        ("repeat-counted-once", "a row that was taken several times gets only the last of its shares, as `dx[rows] = g` and `dx[rows] += g` both do", "`+=` looks like adding, but NumPy reads all the old values before it writes",
         "What is left in a after a = np.zeros(1) and a[[0, 0]] += 1?", _assigned),
        ("first-share-only", "a row that was taken several times gets only the first of its shares", "one may stop at the first place where it is found", "How often was this row taken?", _first_met),
        ("repeats-averaged", "the shares of a row that was taken several times are averaged", "the copies are all the same row", "If the row grows by 0.01, how many rows of y move?", _counted),
        ("taken-again", "rows are taken from g, where they should be put back", "the same line as on the way forward", "Which row of x does the first row of g belong to?", lambda x, rows, g: g[rows]),
        ("added-into-x", "the shares are added into x itself, where dx should begin with zeros", "`np.add.at(x, rows, g)` has the right shape", "What is the gradient of a row that was never taken?", lambda x, rows, g: x + scatter(g, rows, x.shape)),
        ("index-without-g", "each row gets the number of times that it was taken, and g is left out", "the slope of taking is 1", "How fast does the loss move when y does, and where is that in your dx?", lambda x, rows, g: scatter(np.ones_like(g), rows, x.shape)),
    ), ROUTES, {"vjp-taken-again": "it stops with an error where x has not as many rows as are taken"},
)  # fmt: skip


def _solids(rng: Rng) -> list[tuple]:
    return [(halves(rng, *s), halves(rng, s[1], s[2], s[0])) for s in ((2, 3, 4), (4, 2, 3), (3, 3, 3))]


TRANSPOSE = Step(
    "Axes in another order", "undo a change of axes on the way back",
    "`y = x.transpose(1, 2, 0)`, which puts the first axis last, for an x with three axes. Write a function `backward(x, g)` that gives dx.",
    ("x", "g"), ("dx",), _solids, lambda x, g: g.transpose(2, 0, 1),
    (
        ("axes-moved-again", "the axes are moved once more in the same direction", "for a matrix, `.T` undoes itself", "y has the axes 1, 2, 0 of x. At which place of y is axis 0?", lambda x, g: g.transpose(1, 2, 0)),
        ("axes-reversed", "the order of the axes is reversed", "for a matrix that is what a transpose does", "y has the axes 1, 2, 0 of x. At which place of y is axis 0?", lambda x, g: g.transpose(2, 1, 0)),
        ("reshaped-instead", "g is reshaped, which has the right shape and the numbers in the wrong places", "the shape comes out right", "Where does y[0, 1, 0] come from?", lambda x, g: g.reshape(x.shape)),
        ("axes-left", "g goes back as it is", "no number has changed", "Which shape has x, and which one has your dx?", lambda x, g: g),
    ), ROUTES,
)  # fmt: skip

# ---------------------------------------------------------------- softmax


def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def _rows(rng: Rng) -> list[tuple]:
    return [(halves(rng, n, m), halves(rng, n, m)) for n, m in ((3, 4), (2, 3), (4, 2), (3, 3))]


def _soft(back: Callable) -> Callable:
    return lambda x, g: back(softmax(x), g)


SOFT = Step(
    "Softmax", "write the backward pass of softmax from its Jacobian, without forming it",
    "y is the softmax of x, taken along each row of a matrix. Write a function `backward(x, g)` that gives dx.",
    ("x", "g"), ("dx",), _rows, _soft(lambda y, g: y * (g - (g * y).sum(axis=1, keepdims=True))),
    (
        ("diagonal-only", "only each output's own input counts: y (1 - y) g, as for a sigmoid", "the entries on the diagonal of the Jacobian are the largest", "If one input grows, what happens to the other outputs?", _soft(lambda y, g: y * (1 - y) * g)),
        ("softmax-zeros", "everything is 0", "it passes a test in which every g is 1", "Your test adds up all outputs. What is their sum, whatever x is?", _soft(lambda y, g: 0 * g)),
        ("sum-along-columns", "the sum is taken over the columns, where it should be over each row", "axis=0 and axis=1 are easily exchanged", "Along which axis do the outputs add up to 1?", _soft(lambda y, g: y * (g - (g * y).sum(axis=0)))),
        ("sum-over-all", "the sum is taken over the whole matrix, where it should be over each row", "a sum without an axis is the shortest to write", "Do the outputs of one row depend on the inputs of another?", _soft(lambda y, g: y * (g - (g * y).sum()))),
        ("unweighted-mean", "the plain mean of g is subtracted, where it should be weighted by y", "the mean of what comes back is what softmax takes away", "Does a share of 90 % count as much as one of 1 %?", _soft(lambda y, g: y * (g - g.mean(axis=1, keepdims=True)))),
        ("unweighted-sum", "the sum of g is subtracted, without the weights y", "a factor is easily lost inside a sum", "Write down one entry of the Jacobian off the diagonal. Which factors does it have?", _soft(lambda y, g: y * (g - g.sum(axis=1, keepdims=True)))),
        ("front-factor-lost", "the factor y in front is left out", "it stands in both terms, and seems dealt with", "How much can an output of nearly 0 move?", _soft(lambda y, g: g - (g * y).sum(axis=1, keepdims=True))),
        ("share-of-its-own", "the other outputs are forgotten altogether: y g", "the exponential's slope is itself", "If one input grows, what happens to the other outputs?", _soft(lambda y, g: y * g)),
    ), SOFTMAX,
)  # fmt: skip

# ---------------------------------------------------------------- pooling and dropout


def windows(x) -> np.ndarray:
    """Images (N, H, W) as (N, H/2, W/2, 4): the four numbers of each window, row by row."""
    n, h, w = x.shape
    return x.reshape(n, h // 2, 2, w // 2, 2).transpose(0, 1, 3, 2, 4).reshape(n, h // 2, w // 2, 4)


def images(parts) -> np.ndarray:
    """Undo `windows`."""
    n, h, w, _ = parts.shape
    return parts.reshape(n, h, w, 2, 2).transpose(0, 1, 3, 2, 4).reshape(n, 2 * h, 2 * w)


def _pictures(rng: Rng) -> list[tuple]:
    cases = []
    for n, h, w in ((2, 2, 3), (4, 3, 2), (3, 1, 2)):
        parts = np.stack([with_ties(rng, 1, 4, {0: 2 + k % 2} if k % 3 == 0 else {})[0] for k in range(n * h * w)])
        cases.append((images(parts.reshape(n, h, w, 4)), halves(rng, n, h, w)))
    return cases


def _pooled(share: Callable) -> Callable:
    return lambda x, g: images(share(windows(x), g[..., None]))


POOL = Step(
    "Max pooling", "write the backward pass of max pooling",
    "x holds images, of shape (N, H, W) with even H and W. Each window of 2 by 2 pixels is replaced by its largest, so that y has the shape (N, H/2, W/2). Write a function `backward(x, g)` that gives dx; a tie is shared in equal parts.",
    ("x", "g"), ("dx",), _pictures, _pooled(lambda x, g: g * ties(x)),
    (
        ("pool-to-all", "all four pixels of a window get g", "the window is what y was made from", "If a pixel that is not the largest grows a little, what happens to y?", _pooled(lambda x, g: g + 0 * x)),
        ("pool-like-mean", "the four pixels of a window share g, as for a mean", "the window is what y was made from", "If a pixel that is not the largest grows a little, what happens to y?", _pooled(lambda x, g: g / 4 + 0 * x)),
        ("pool-to-corner", "the upper left pixel of each window gets g, whichever is the largest", "that is where the window begins", "Which pixel of the window moves y?", _pooled(lambda x, g: g * (np.arange(4) == 0))),
        ("pool-tie-not-divided", "in a tie, each of the largest gets all of g", "each of them is the maximum", "If all of them grow by 0.01 together, by how much does y move?", _pooled(lambda x, g: g * _hit(x))),
        ("pool-tie-halved", "in a tie, each one gets half of g, even where three are tied", "nudging up and down measures a half for each of them", "If three pixels are tied, how many halves go back?", _pooled(lambda x, g: g * _halved(x))),
        ("pool-first-of-a-tie", "in a tie, the first one gets everything", "`argmax` gives one place", "If the second of two equal maxima grows a little, does the maximum move?", _pooled(lambda x, g: g * np.eye(4)[x.argmax(axis=-1)])),
        ("pool-without-g", "g is left out, so that the winners get 1 or its parts", "the slope of the winner is 1", "How fast does the loss move when y does, and where is that in your dx?", _pooled(lambda x, g: ties(x))),
        ("pool-tiled", "the pooled image is repeated side by side, where each of its pixels should be enlarged", "`np.tile` and `np.repeat` both double the size", "Which pixels of x belong to y[0, 0, 1]?",
         lambda x, g: images(ties(windows(x))) * np.tile(g, (1, 2, 2))),
    ), POOLS,
)  # fmt: skip


def _dropped(rng: Rng) -> list[tuple]:
    cases = []
    for (n, m), p in zip(((3, 4), (2, 5), (4, 2)), rng.shuffled([0.2, 0.4, 0.6]), strict=True):
        keep = np.array([1.0, 0.0] + [float(rng.whole(0, 1)) for _ in range(n * m - 2)]).reshape(n, m)
        cases.append((keep, p, halves(rng, n, m)))
    return cases


DROPOUT = Step(
    "Dropout", "write the backward pass of dropout",
    "Dropout draws an array keep of zeros and ones, where 0 has the probability p, and gives `y = x * keep / (1 - p)`. Write a function `backward(keep, p, g)` that gives dx.",
    ("keep", "p", "g"), ("dx",), _dropped, lambda keep, p, g: g * keep / (1 - p),
    (
        ("mask-forgotten", "what was dropped gets a gradient all the same", "the mask is a matter of the forward pass", "If x grows where keep is 0, does y move?", lambda keep, p, g: g / (1 - p)),
        ("scale-forgotten", "the factor 1 / (1 - p) is left out", "the mask seems to be all there is", "If x grows by 0.01 where keep is 1, by how much does y move?", lambda keep, p, g: g * keep),
        ("scaled-by-keeping", "g is multiplied by 1 - p, where it should be divided", "going back turns things round", "If x grows by 0.01 where keep is 1, by how much does y move?", lambda keep, p, g: g * keep * (1 - p)),
        ("divided-by-p", "g is divided by p, the share that is dropped", "both numbers are called a rate", "Which share of the entries is kept, and which one is dropped?", lambda keep, p, g: g * keep / p),
        ("mask-turned", "the gradient goes to the entries that were dropped, and not to those that were kept", "a mask may mark either", "If x grows where keep is 0, does y move?", lambda keep, p, g: g * (1 - keep) / (1 - p)),
        ("scaled-twice", "the factor 1 / (1 - p) is taken twice", "y already has it", "How often does 1 - p stand in the formula of y?", lambda keep, p, g: g * keep / (1 - p) ** 2),
        ("dropout-without-g", "g is left out", "keep / (1 - p) is the slope of y", "How fast does the loss move when y does, and where is that in your dx?", lambda keep, p, g: keep / (1 - p)),
    ), POOLS,
)  # fmt: skip

# ---------------------------------------------------------------- curvature


def _cubes(rng: Rng) -> list[tuple]:
    return [(halves(rng, n, m), halves(rng, m), halves(rng, m)) for n, m in ((4, 3), (2, 4), (3, 2), (3, 3))]


HVP = Step(
    "A Hessian-vector product", "write a Hessian-vector product without forming the Hessian",
    "$f(x) = \\sum_i z_i^3$ with $z = A x$. Write a function `hvp(A, x, v)` that gives $H v$, where H holds the second derivatives of f at x. (First the gradient; then how fast it moves when x moves along v.)",
    ("A", "x", "v"), ("Hv",), _cubes, lambda A, x, v: 6 * A.T @ ((A @ x) * (A @ v)),
    (
        ("gradient-for-hvp", "this is the gradient, and v is left out", "the gradient is the first half of the way", "Where is v in your function?", lambda A, x, v: 3 * A.T @ (A @ x) ** 2),
        ("gradient-times-v", "each entry of the gradient is multiplied by that of v", "both have the shape of x", "How does one entry of the gradient move when *another* entry of x does?", lambda A, x, v: 3 * A.T @ (A @ x) ** 2 * v),
        ("inner-square-not-lowered", "the factor 2 is missing, which the slope of a square has", "the 3 is already there", "What is the slope of 3 z squared?", lambda A, x, v: 3 * A.T @ ((A @ x) * (A @ v))),
        ("diagonal-of-hessian", "only the diagonal of the Hessian is used", "second derivatives with respect to one and the same number are the familiar ones", "How does one entry of the gradient move when *another* entry of x does?",
         lambda A, x, v: 6 * (A**2).T @ (A @ x) * v),
        ("direction-of-ones", "the Hessian's rows are added up, which is right for a v of ones", "it passes a test in which v is all ones", "Where is v in your function?", lambda A, x, v: 6 * A.T @ ((A @ x) * A.sum(axis=1))),
        ("curvature-along-v", "the product is multiplied by v once more, so that one number is left: the curvature along v", "v on both sides looks symmetrical", "Which shape does H v have?", lambda A, x, v: v @ (6 * A.T @ ((A @ x) * (A @ v)))),
        ("v-not-through-a", "v itself stands where A v belongs", "the last step is easily skipped", "When x moves along v, how does z move?", lambda A, x, v: 6 * A.T @ ((A @ x) * v)),
    ), CURVATURE, {"vjp-v-not-through-a": FITS},
)  # fmt: skip

STEPS = (UNBROADCAST, PRODUCT, MATMUL, SUM, MEAN, MAX, INDEX, TRANSPOSE, SOFT, POOL, DROPOUT, HVP)


def blind(seed: str = "ones", *, ones: bool = True) -> dict[str, list[str]]:
    """Title of a step -> the wrong programs that pass when the last argument is all ones (or is left random)."""
    found = {}
    for step in STEPS:
        cases = [with_ones(case) if ones else case for case in step.cases(Rng(seed))]
        found[step.title] = [says for _, says, _, _, program in step.wrong if step.passes(program, cases)]
    return found
