"""Exercises of chapter 10, checking gradients: how far to nudge, what a check overlooks, and where a backward pass goes wrong first."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from ..checking import Arrays, Choice, Functions, Several, entry
from ..checking.choices import diagnose
from ..engine.trace_table import fmt
from ..mistakes import Mistake
from ..rng import Rng
from .shared.graphs import listed

PAGE = "10_checking_gradients"  # of the book, and folder of its solutions

NUDGE = "10: How far to nudge"
PITFALLS = "10: Pitfalls"


def slip(slug: str, says: str, because: str, question: str, see: str = NUDGE) -> Mistake:
    return Mistake(slug, says, f"It is tempting because {because}.", question, see)


# ---------------------------------------------------------------- 10.1 two errors

EPS = 1e-7  # float32, as the chapter has it
UNITS = {"curvature": 1e6, "rounding": 1e6, "best h": 1e3}


def two_errors(loss, third, h):
    """The two errors of a central difference in float32, in millionths, and the nudge that balances them, in thousandths."""
    found = {"curvature": h**2 * third / 6, "rounding": EPS * loss / h, "best h": (3 * EPS * loss / third) ** (1 / 3)}
    return {name: value * UNITS[name] for name, value in found.items()}


def error_slip(slug: str, says: str, because: str, question: str, **found):
    """A slip in one of the three numbers of 10.1: name=(loss, third, h) -> what it gives. `best` is the best h."""
    found = {"best h" if name == "best" else name: value for name, value in found.items()}
    return slip(
        slug, says, because, question
    ), lambda **n: two_errors(**n) | {k: f(**n) * UNITS[k] for k, f in found.items()}


BOTTOM = "Where is the derivative of h²|L'''|/6 + ε|L|/h equal to 0? Solve for h, step by step."
ERROR_SLIPS = (
    error_slip("curvature-of-one-side", "the curvature's part is taken as h L'''/2, as if you nudged to one side", "the two formulas look alike",
               "By what power of h does the error fall when you nudge to both sides?", curvature=lambda loss, third, h: h * third / 2),
    error_slip("curvature-h-not-squared", "h is not squared in the curvature's part", "a small number squared looks like a small number",
               "If h is halved, by what factor does the curvature's error fall?", curvature=lambda loss, third, h: h * third / 6),
    error_slip("curvature-over-two", "the curvature's part is divided by 2, where 6 belongs", "the term with h² in the expansion has a 2 below it",
               "Which term of the expansion is left after the subtraction, and what stands below it?", curvature=lambda loss, third, h: h**2 * third / 2),
    error_slip("curvature-not-divided", "the curvature's part is not divided by 6", "the 6 belongs to the expansion, and is easily lost on the way",
               "What stands below h³ in the expansion?", curvature=lambda loss, third, h: h**2 * third),
    error_slip("curvature-without-third", "L''' is left out of the curvature's part", "h² looks like the whole of it",
               "Would a straight line have this error too?", curvature=lambda loss, third, h: h**2 / 6),
    error_slip("rounding-times-h", "the rounding is multiplied by h, where it is divided by it", "a smaller nudge sounds more exact",
               "What is the difference of the two losses divided by?", rounding=lambda loss, third, h: EPS * loss * h),
    error_slip("rounding-over-h-squared", "the rounding is divided by h²", "the other part has h²",
               "How often is the difference of the two losses divided by h?", rounding=lambda loss, third, h: EPS * loss / h**2),
    error_slip("rounding-over-two-h", "only one of the two losses is rounded", "the formula divides by 2h",
               "Both losses are rounded, and each can miss by ε|L|. By how much can their difference miss?", rounding=lambda loss, third, h: EPS * loss / (2 * h)),
    error_slip("rounding-without-loss", "the size of the loss is left out of the rounding", "ε looks like the error itself",
               "ε is a relative precision. Relative to what?", rounding=lambda loss, third, h: EPS / h),
    error_slip("rounding-of-third", "L''' stands in the rounding's part, where L belongs", "the two letters look alike",
               "Which number does the computer round: the loss, or its third derivative?", rounding=lambda loss, third, h: EPS * third / h),
    error_slip("best-h-square-root", "a square root is taken, where the formula has h³", "roots of ε are often square ones",
               BOTTOM, best=lambda loss, third, h: (3 * EPS * loss / third) ** (1 / 2)),
    error_slip("best-h-errors-equal", "the two errors are set equal, which is where their lines cross", "the bottom of the V looks like the place where two lines meet",
               BOTTOM, best=lambda loss, third, h: (6 * EPS * loss / third) ** (1 / 3)),
    error_slip("best-h-no-root", "the root is missing, so that h³ is given, or h is not in thousandths", "the formula gives h³",
               "Your number is far too small. Is it h, or h³? And is it in thousandths?", best=lambda loss, third, h: 3 * EPS * loss / third),
    error_slip("best-h-without-three", "the 3 is left out of the best h", "it comes from two factors that are easily overlooked",
               BOTTOM, best=lambda loss, third, h: (EPS * loss / third) ** (1 / 3)),
    error_slip("best-h-of-eps-alone", "the cube root of ε alone is given", "that is the rule of thumb",
               "What are L and L''' here? Does the rule of thumb know them?", best=lambda loss, third, h: EPS ** (1 / 3)),
    error_slip("best-h-without-loss", "the size of the loss is left out of the best h", "h seems to be a matter of the curvature",
               "Does a larger loss make the rounding larger?", best=lambda loss, third, h: (3 * EPS / third) ** (1 / 3)),
    error_slip("best-h-turned", "L and L''' are exchanged in the best h", "which of them stands below is easily forgotten",
               "If the loss bends more, should you nudge further, or less far?", best=lambda loss, third, h: (3 * EPS * third / loss) ** (1 / 3)),
)  # fmt: skip


UNITS_LEFT_OUT = slip("small-units-left-out", "the numbers are right, but they are not given in millionths and thousandths", "that is how the formulas give them",
                      "In which units are the three numbers asked for?")  # fmt: skip


TWO_ERRORS = Arrays(
    "10.1",
    "Two errors, one nudge",
    3,
    "work out the two errors of a measured slope, and the nudge that balances them",
    outputs=("curvature", "rounding", "best h"),
    book={"loss": 5.3, "third": 36.0, "h": 0.02},
    sample=lambda rng: {
        "loss": rng.pick([5.3, 6.3, 7.9]),
        "third": rng.pick([24.0, 30.0, 36.0, 48.0]),
        "h": rng.pick([0.02, 0.05, 0.1]),
    },
    solve=two_errors,
    tolerance=lambda n: {name: 0.01 * value for name, value in two_errors(**n).items()},
    prompt=lambda n: (
        f"A network computes in `float32`, so take $\\varepsilon = 10^{{-7}}$. Its loss is {fmt(n['loss'])}, and along one weight the "
        f"third derivative of the loss is {fmt(n['third'])}. You nudge that weight by $h = {fmt(n['h'])}$ to both sides.\n\n"
        "How large is the error from curvature (`curvature`), and how large the one from rounding (`rounding`), both in millionths? With which "
        "nudge would their sum be smallest (`best h`, in thousandths)? Three digits each."
    ),
    mistakes=(*ERROR_SLIPS, (UNITS_LEFT_OUT, lambda **n: {k: v / UNITS[k] for k, v in two_errors(**n).items()})),
)

# ---------------------------------------------------------------- 10.2 what ones miss

LAYERS = (  # (what is written, whether ones miss it, why)
    ("a softmax whose backward pass returns zeros", True, "each row adds up to 1 whatever the inputs are, so with ones the right answer is zero too"),
    ("a softmax whose backward pass has the wrong sign", True, "with ones the right answer is zero, and so is minus zero"),
    ("a softmax of which only the diagonal is used, $dx = y(1 - y)\\,dy$", False, "with ones it gives y(1 - y), where zero is right"),
    ("batch norm without the path through the variance", True, "shifting a column changes nothing, so with ones all that this path could take away is zero already"),
    ("batch norm without the path through the mean", False, "without it, a constant part of dY goes through, where zero is right"),
    ("a linear layer whose $dX$ has its rows in reverse", True, "all rows of ones are equal, so all rows of dX are equal too"),
    ("a linear layer whose $dW$ is twice too large", False, "a factor shows with any cotangent that is not zero"),
    ("a linear layer, 4 to 4, with $dX = dY\\,W$ in place of $dY\\,W^{\\mathsf T}$", False, "row sums and column sums of a random W are not equal"),
    ("a transpose, $Y = X^{\\mathsf T}$, whose $dX$ is `dY.reshape(X.shape)`", True, "ones look the same in any order"),
)  # fmt: skip


def blind(rng: Rng | None) -> tuple[str, str, dict[str, str]]:
    """Five layers with a bug: which of them pass a check that begins with ones?"""
    chosen = [0, 2, 5, 4, 8]
    while rng and (chosen == [0, 2, 5, 4, 8] or len({LAYERS[i][1] for i in chosen}) == 1):  # some pass, and some do not
        chosen = rng.shuffled(range(len(LAYERS)))[:5]
    letters = dict(zip("abcde", chosen, strict=True))
    choices = "\n".join(f"- **{letter}:** {LAYERS[i][0]}" for letter, i in letters.items())
    prompt = (
        "Each of these layers is checked alone, on random inputs, with a cotangent $dY$ of ones. Before you calculate anything: which of the "
        f'bugs *pass*?\n\n{choices}\n\nGive all letters that apply. (An empty answer, `""`, means none.)'
    )
    right = "".join(letter for letter, i in letters.items() if LAYERS[i][1])
    return prompt, right, {letter: LAYERS[i][2] for letter, i in letters.items()}


BLIND = Several("10.2", "What ones miss", 2, "predict which bugs a cotangent of ones overlooks", choose=blind)

# ---------------------------------------------------------------- 10.3 what falls and what stays

CURVES = (  # (errors at 1e-2, 1e-3, 1e-4, whether it is a bug, why)
    (("3e-4", "3e-6", "3e-8"), False, "it falls to a hundredth each time, as the error of the measurement does"),
    (("8e-5", "8e-7", "9e-9"), False, "it falls to a hundredth each time, as the error of the measurement does"),
    (("2e-4", "6e-6", "5e-6"), True, "it falls once, as long as curvature is the larger part, and then it stays"),
    (("7e-4", "7e-4", "7e-4"), True, "it stays where it is, whatever the nudge"),
    (("2e-5", "2e-5", "2e-5"), True, "small as it is, it stays where it is, whatever the nudge"),
    (("1e-13", "1e-12", "1e-11"), False, "it grows tenfold as the nudge shrinks tenfold, and is tiny: this is rounding, where nothing bends"),
    (("5e-1", "5e-1", "5e-1"), True, "it stays where it is, whatever the nudge"),
    (("4e-2", "4e-4", "4e-6"), False, "large as it is at first, it falls to a hundredth each time"),
)  # fmt: skip


def table(rng: Rng | None) -> tuple[str, str, dict[str, str]]:
    """Five arrays and their errors at three nudges: which have a bug?"""
    chosen = [7, 4, 0, 2, 5] if rng is None else rng.shuffled(range(len(CURVES)))[:5]
    letters = dict(zip("abcde", chosen, strict=True))
    arrays = dict(zip(letters, ("W1", "b1", "W2", "b2", "W3"), strict=True))
    rows = "\n".join(f"| {arrays[letter]} | {' | '.join(CURVES[i][0])} |" for letter, i in letters.items())
    choices = "\n".join(f"- **{letter}:** d{name}" for letter, name in arrays.items())
    prompt = (
        "A network has five arrays of parameters. Each gradient was checked with three nudges, in `float64`; these are the relative errors.\n\n"
        f"| array | h = 0.01 | h = 0.001 | h = 0.0001 |\n|---|---|---|---|\n{rows}\n\nWhich gradients are wrong?\n\n{choices}\n\n"
        'Give all letters that apply. (An empty answer, `""`, means none.)'
    )
    right = "".join(letter for letter, i in letters.items() if CURVES[i][1])
    return prompt, right, {letter: CURVES[i][2] for letter, i in letters.items()}


TABLE = Several("10.3", "Falls or stays", 2, "tell a wrong gradient from a bent loss by two nudges", choose=table)

# ---------------------------------------------------------------- 10.4 from the number to the slip

H = 0.1


def _loss(x, w, y):
    return (_output(x, w) - y) ** 2


def _output(x, w):
    return 1 / (1 + math.exp(-w * x))


def ways_to_measure(n):
    """The slope of the loss along w, as the right check measures it, and what other checks would have found."""
    x, w, y = n["x"], n["w"], n["y"]
    both = (_loss(x, w + H, y) - _loss(x, w - H, y)) / (2 * H)
    return both, [
        ("they nudged $w$, but watched the output $a$ instead of the loss", (_output(x, w + H) - _output(x, w - H)) / (2 * H), None),
        ("they nudged to one side only, to $w + h$, and divided by $h$", (_loss(x, w + H, y) - _loss(x, w, y)) / H, None),
        ("they nudged to both sides, and divided by $h$ instead of $2h$", 2 * both, None),
        ("they nudged $x$ instead of $w$", (_loss(x + H, w, y) - _loss(x - H, w, y)) / (2 * H), None),
    ]  # fmt: skip


REVERSE = Choice(
    "10.4",
    "What did their check measure?",
    1,
    "tell from a wrong measured slope what was nudged, and what was watched",
    choose=lambda rng: diagnose(
        rng,
        book={"x": 1.6, "w": 0.5, "y": -1.0},
        resample=lambda rng: {
            "x": rng.pick([-1, 1]) * rng.tenths(1.4, 2.6),
            "w": rng.pick([-1, 1]) * rng.tenths(0.3, 0.9),
            "y": rng.pick([-1, 2]) * 1.0,
        },
        ways=ways_to_measure,
        tell=lambda n, right, found: (
            f"$a = \\sigma(w x)$ and $L = (a - y)^2$, with {listed(n)}. A check of $\\partial L / \\partial w$ that nudges to both sides by "
            f"$h = {H}$ measures {fmt(right, 3)}. A learner's own check gives {fmt(found, 3)}, and calls the right gradient wrong. What did "
            "they do?"
        ),
        order=(1, 3, 0, 2),
        guilty=0,
    ),
)

# ---------------------------------------------------------------- 10.5 the first that differs

RIGHT_LINES = {
    "dz3": "2 * (z3 - y)",
    "da2": "dz3 * w3",
    "dz2": "da2 * a2 * (1 - a2)",
    "dw2": "dz2 * a1",
    "da1": "dz2 * w2",
    "dz1": "da1 * a1 * (1 - a1)",
    "dw1": "dz1 * x",
}
WRONG_LINES = {
    "da2": "dz3 * a2",
    "dz2": "da2 * z2 * (1 - z2)",
    "dw2": "dz2 * z1",
    "da1": "dz2 * w1",
    "dz1": "da1",
}


def chain(numbers: dict, bug: str | None) -> dict[str, float]:
    """Every gradient of three neurons in a row, with one line replaced."""
    v = dict(numbers)
    v["z1"] = v["w1"] * v["x"]
    v["a1"] = 1 / (1 + math.exp(-v["z1"]))
    v["z2"] = v["w2"] * v["a1"]
    v["a2"] = 1 / (1 + math.exp(-v["z2"]))
    v["z3"] = v["w3"] * v["a2"]
    for name, line in (RIGHT_LINES | {k: w for k, w in WRONG_LINES.items() if k == bug}).items():
        v[name] = eval(line, {"__builtins__": {}}, v)  # the lines above, no one else's
    return {name: v[name] for name in RIGHT_LINES}


def _plain(number: float) -> str:
    return f"{number:.4f}".replace("-", "\N{MINUS SIGN}")


def draw_chain(rng: Rng) -> dict[str, float]:
    signed = lambda low, high: rng.pick([-1, 1]) * rng.tenths(low, high)  # noqa: E731
    return {
        "x": signed(1.2, 2.4),
        "w1": signed(0.6, 1.8),
        "w2": signed(1.2, 2.6),
        "w3": signed(1.4, 2.8),
        "y": signed(0.3, 1.5),
    }


def first_delta(rng: Rng | None) -> tuple[str, str, dict]:
    """A table of gradients, computed and measured, in the order of the alphabet: which line made the first wrong one?"""
    bug = "da1" if rng is None else rng.pick(sorted(WRONG_LINES))
    numbers = {"x": 1.4, "w1": 0.8, "w2": -1.6, "w3": 2.4, "y": 0.5}
    for _ in range(1000):
        numbers = numbers if rng is None else draw_chain(rng)
        right, found = chain(numbers, None), chain(numbers, bug)
        differ = [name for name in right if f"{right[name]:.4f}" != f"{found[name]:.4f}"]
        if differ[:1] == [bug] and min(map(abs, right.values())) > 0.002:
            break
    letters = dict(zip("abcdefg", RIGHT_LINES, strict=True))
    rows = "\n".join(f"| {name} | {_plain(found[name])} | {_plain(right[name])} |" for name in sorted(right))
    choices = "\n".join(f"- **{letter}:** `{name} = {RIGHT_LINES[name]}`" for letter, name in letters.items())
    prompt = (
        "Three neurons in a row: $z_1 = w_1 x$, $a_1 = \\sigma(z_1)$, $z_2 = w_2 a_1$, $a_2 = \\sigma(z_2)$, $z_3 = w_3 a_2$, "
        "$L = (z_3 - y)^2$. A program goes back through them, and one of its lines is wrong. Every quantity was nudged; here is what the program "
        f"computed, and what the nudges measured.\n\n| gradient | computed | measured |\n|---|---|---|\n{rows}\n\nThese are the "
        f"lines as they should be. Which one is different in the program?\n\n{choices}"
    )
    wrong = {}
    for letter, name in letters.items():
        if name in differ:
            wrong[letter] = (
                f"{name} differs, but so does what its line is given: go back from the loss, and look for the first that differs"
            )
        else:
            wrong[letter] = f"{name} is what the nudges measured, so its line does what it should"
    answer = next(letter for letter, name in letters.items() if name == bug)
    del wrong[answer]
    return prompt, answer, wrong


FIRST = Choice(
    "10.5", "The first that differs", 2, "find a wrong line by the first gradient that differs", choose=first_delta
)

# ---------------------------------------------------------------- 10.6 your own checker


@dataclass(frozen=True)
class Bowl:
    """A loss to be nudged: a cube and a square, so that no two entries can be nudged independently."""

    cubes: float
    squares: float

    def __call__(self, x) -> float:
        x = np.asarray(x, dtype=float)
        weights = 1 + np.arange(x.size).reshape(x.shape) / 2
        return float(self.cubes * (weights * x**3).sum() + self.squares * (weights * x).sum() ** 2)


def measure(f, x, h, *, slope=lambda f, up, x, down, h: (f(up) - f(down)) / (2 * h), put_back=True, whole=False):
    """The numerical gradient; a slip measures another slope, leaves entries where it put them, or keeps whole numbers.

    slope      (f, x with one entry nudged up, x, x with it nudged down, h) -> what stands in that entry
    """
    at = x.copy() if whole else np.array(x, dtype=float)
    gradient = np.zeros(np.shape(x))
    for i in np.ndindex(np.shape(x)):
        up, down = at.copy(), at.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = slope(f, up, at, down, h)
        if not put_back:
            at = down
    return {"gradient": gradient}


def all_at_once(f, x, h):
    """Every entry is nudged at the same time."""
    x = np.array(x, dtype=float)
    return {"gradient": np.full(x.shape, (f(x + h) - f(x - h)) / (2 * h))}


def first_alone(f, x, h):
    """The loop ends after its first entry."""
    gradient, first = np.zeros(np.shape(x)), (0,) * np.ndim(x)
    gradient[first] = measure(f, x, h)["gradient"][first]
    return {"gradient": gradient}


def row_by_row(f, x, h):
    """A loop over the first axis alone."""
    at, gradient = np.array(x, dtype=float), np.zeros(np.shape(x))
    for i in range(len(at)):
        up, down = at.copy(), at.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (f(up) - f(down)) / (2 * h)
    return {"gradient": gradient}


def check_slip(
    slug: str, says: str, because: str, question: str, see: str = NUDGE, program: Callable | None = None, **altered
):
    """A slip in 10.6, and its program."""
    return slip(slug, says, because, question, see), program or partial(measure, **altered)


CHECK_SLIPS = (
    check_slip("one-sided-difference", "you nudge to one side only: f(x + h) - f(x), divided by h, where both sides are asked for",
               "that is how a slope is first explained", "Which two losses do you subtract?", slope=lambda f, up, x, down, h: (f(up) - f(x)) / h),
    check_slip("one-sided-to-the-left", "you nudge to one side only: f(x) - f(x - h), divided by h, where both sides are asked for",
               "one side seems to be enough", "Which two losses do you subtract?", slope=lambda f, up, x, down, h: (f(x) - f(down)) / h),
    check_slip("two-h-forgotten", "you divide by h, where the two places are 2h apart", "the formula for one side has an h there",
               "How far apart are x + h and x - h?", slope=lambda f, up, x, down, h: (f(up) - f(down)) / h),
    check_slip("nudged-by-half", "you nudge by h/2 to each side, where h is asked for", "h looks like the distance between the two places",
               "How far apart are x + h and x - h?", slope=lambda f, up, x, down, h: (f((x + up) / 2) - f((x + down) / 2)) / h),
    check_slip("two-h-under-one-side", "you nudge to one side only, and divide by 2h", "the formula for both sides has 2h there",
               "How far apart are the two places at which you take the loss?", slope=lambda f, up, x, down, h: (f(up) - f(x)) / (2 * h)),
    check_slip("h-in-the-wrong-place", "you multiply by h: `/ 2 * h` divides by 2 and then multiplies by h", "on paper, 2h stands below the line as one thing",
               "In which order does Python work out `a / 2 * h`?", slope=lambda f, up, x, down, h: (f(up) - f(down)) / 2 * h),
    check_slip("difference-not-divided", "the difference of the two losses is not divided by anything", "the difference already says which way the loss goes",
               "A slope is a change per step. How long is the step?", slope=lambda f, up, x, down, h: f(up) - f(down)),
    check_slip("sides-exchanged", "the two sides are exchanged, so every sign is wrong", "the two losses look alike",
               "If the loss grows with x, which of your two losses is larger?", slope=lambda f, up, x, down, h: (f(down) - f(up)) / (2 * h)),
    check_slip("nudge-of-its-own", "you do not use the h that you are given, but a small one of your own", "1e-5 is the usual nudge",
               "What does your function do with its argument h?", slope=lambda f, up, x, down, h: (f(x + (up - x) / h * 1e-5) - f(x - (up - x) / h * 1e-5)) / 2e-5),
    check_slip("nudge-not-undone", "an entry stays nudged while the next ones are measured", "the loop looks at another entry anyway",
               "At the second entry, where does the first one stand?", PITFALLS, put_back=False),
    check_slip("whole-numbers-cut", "an array of whole numbers stays one, so that each nudge is cut off", "`x.copy()` looks like all that is needed",
               "What is `np.array([1, 2])[0] + 0.25` once it is put back into that array?", PITFALLS, whole=True),
    check_slip("all-entries-at-once", "all entries are nudged at the same time, so that every entry gets the sum of all slopes", "`x + h` is the shortest way to write a nudge",
               "How many entries of x does `x + h` move?", program=all_at_once),
    check_slip("first-entry-alone", "only the first entry is measured, and all the others stay 0", "a `return` inside the loop looks like one after it",
               "How often does your loop run before the function returns?", program=first_alone),
    check_slip("rows-at-once", "a whole row is nudged at a time: the loop goes over the first axis alone", "`x[i]` is one number in a vector",
               "What is `x[0]` if x is a matrix?", program=row_by_row),
)  # fmt: skip


WHOLE, NOT_UNDONE, TOGETHER = (
    next(m for m, _ in CHECK_SLIPS if m.slug == slug)
    for slug in ("whole-numbers-cut", "nudge-not-undone", "all-entries-at-once")
)
CUT = check_slip("gradient-of-whole-numbers", "the gradient of an array of whole numbers is stored in whole numbers too, so that its decimals are cut off",
                 "`np.zeros_like(x)` looks like the right shape, and it has x's type as well", "What type does `np.zeros_like(x)` have?", PITFALLS,
                 program=lambda f, x, h: {"gradient": measure(f, x, h)["gradient"].astype(x.dtype)})  # fmt: skip


def in_place(f, x, h, *, put_back=True):
    """Every nudge is made in x itself, which cuts it off where x holds whole numbers."""
    gradient = np.zeros(x.shape)
    for i in np.ndindex(x.shape):
        x[i] += h
        up = f(x)
        x[i] -= 2 * h
        gradient[i] = (up - f(x)) / (2 * h)
        if put_back:
            x[i] += h
    return {"gradient": gradient}


MORE_SLIPS = (
    CUT,
    (WHOLE, in_place),
    (NOT_UNDONE, partial(in_place, put_back=False)),
    (TOGETHER, lambda f, x, h: {"gradient": (f(x + h) - f(x - h)) / (2 * h)}),
)


def nudged_cases(rng: Rng) -> list[tuple]:
    """A matrix, a vector of whole numbers, and another matrix; quarters, so that a nudge can be undone to the last bit."""

    def loss() -> Bowl:
        return Bowl(rng.pick([0.5, 1.0, 1.5]), rng.pick([-1.0, 0.5, 1.0]))

    def quarters(*shape: int) -> np.ndarray:
        return np.array([rng.whole(2, 8) * rng.pick([-1, 1]) / 4 for _ in range(math.prod(shape))]).reshape(shape)

    whole = np.array([rng.whole(1, 3) * rng.pick([-1, 1]) for _ in range(3)])
    return [(loss(), quarters(2, 3), 0.25), (loss(), whole, 0.5), (loss(), quarters(3, 2), 0.125)]


OWN = Functions(
    "10.6",
    "Write the checker",
    4,
    "write a function that measures a gradient by nudging every entry to both sides",
    arguments=("f", "x", "h"),
    outputs=("gradient",),
    text="Write a function `numerical_gradient(f, x, h)` that returns the gradient of `f` at `x` by central differences with the nudge `h`: an array "
    "shaped like `x`. `f` takes an array and returns one number. `x` can have any shape, may hold whole numbers, and must be the same after the "
    "call. We run your function with large nudges, such as $h = 0.25$, so that one side and both sides do not give the same.",
    cases=nudged_cases,
    solve=measure,
    mistakes=(*CHECK_SLIPS, *MORE_SLIPS),
)

# ---------------------------------------------------------------- 10.7 and 10.8, from earlier chapters

REVIEW_OF_4_1 = replace(
    entry("4.1"),
    id="10.7",
    title="Once more: a neuron, term by term (from chapter 4)",
    points=3,
    book={"x": 2.3, "w": -0.4, "b": 0.3, "y": 0.8},
)

_SHAPES = entry("8.1")
_AGAIN = Rng("10.8").bits()


def _again(rng: Rng | None) -> Rng:
    return Rng(str(_AGAIN)) if rng is None else rng


REVIEW_OF_8_1 = replace(
    _SHAPES,
    id="10.8",
    title="Once more: shapes first (from chapter 8)",
    points=2,
    shapes=lambda rng: _SHAPES.shapes(_again(rng)),
    mistakes=lambda rng: _SHAPES.mistakes(_again(rng)),
    habits=lambda rng: _SHAPES.habits(_again(rng)),
)

EXERCISES = (TWO_ERRORS, BLIND, TABLE, REVERSE, FIRST, OWN, REVIEW_OF_4_1, REVIEW_OF_8_1)
