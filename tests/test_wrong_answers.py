"""Natural wrong answers to the exercises of chapters 7, 8 and 18, as a reader typed them, and the slip that each is."""

import subprocess
import sys

import numpy as np
import pytest

import bplib as bp
from bplib.checking import EXERCISES, arrays
from bplib.checking import check as checks
from bplib.checking.arrays import Known, two_slips

NUMBERS = [  # (exercise, answer, slip): with the book's numbers
    ("7.1", [1, 1, 0, -1], "layer-1-turned"),
    ("7.1", [1, 1, 1, 1], "open-and-turned"),
    ("7.1", [-1, -1, 1, -1], "relu-left-out"),
    ("7.1", [-1, 1, 1, 1], "signs-of-the-parameters"),
    ("7.4", [-0.206, 1.2], "step-for-new-value"),
    ("7.4", [0.2, 2.319], "sign-for-gradient"),
    ("7.5", [4.273, 2.648, 1.765, 3.447, 4.134], "first-bias-forgotten"),
    ("8.9", [1.144, 0.715, -3.063, -3.733], "second-bias-forgotten"),
    ("8.2", {"Z1": [[0.7, 1.4], [0.9, -2.2], [3.4, 1.8]], "A1": [[0.7, 1.4], [0.9, 0], [3.4, 1.8]],
             "Z2": [[0, 2.1], [0.36, -0.9], [1, 0.2]]}, "bias-forgotten-forward"),
    ("8.2", {"Z2": [[0, 2.4], [0.4, -1], [1, 0.5]]}, "second-bias-forgotten"),
    ("8.2", {"Z1": [[0.8, 0.8], [1, -2], [3.5, 2]], "A1": [[0.8, 0.8], [1, 0], [3.5, 2]],
             "Z2": [[-0.34, 1.3], [-0.1, -0.5], [0.5, 1]]}, "sign-of-one-product"),
    ("8.2", {"Z1": [[0.8, 1.6], [1, -2], [3.1, 2]]}, "one-product-missing"),
    ("8.2", {"A1": [[0.8, 1.6], [1, -2], [3.5, 2]], "Z2": [[-0.5, 2.9], [0.3, -4.5], [0.5, 1]]}, "activation-forgotten-forward"),
    ("8.2", {"Z2": [[-0.5, 2.9], [0.3, -4.5], [0.5, 1]]}, "z1-goes-on"),
    ("8.2", {"Z1": [[0.6, 1.4], [1.6, -1.8], [3.6, 1.6]], "A1": [[0.6, 1.4], [1.6, 0], [3.6, 1.6]],
             "Z2": [[-0.54, 2.7], [0.14, -1.1], [0.62, 0.1]]}, "first-weights-turned"),
    ("8.2", {"Z2": [[-1.78, 3.54], [-0.1, 0.3], [-1.1, 3.8]]}, "second-weights-turned"),
    ("8.2", {"Z2": [[0, 2.9], [0, 0], [0.5, 1]]}, "relu-at-output"),
    ("8.3", {"dZ2": [[-0.6, 0.8], [0.4, 0.6], [-0.8, 0.2]], "dW2": [[-2.88, 1.94], [-2.56, 1.68]], "db2": [-1, 1.6],
             "dZ1": [[-1.04, 1.72], [-0.44, 1.12], [-0.52, 0.56]], "dW1": [[-1.64, 1.72], [-0.54, 1.92]], "db1": [-2, 3.4]},
     "mean-over-examples-only+no-activation-slope"),
    ("8.3", {"dW2": [[-0.3, 0.4], [0.2, 0.3]]}, None),
    ("9.1", [0.6, 1.792], "probability-of-the-wrong-class"),
    ("9.1", [0.15, 0.778], "guess-in-tens"),
    ("9.1", [0.4, 0.167], "rest-for-the-truth+guess-as-probability"),
    ("9.3", {"J": [0.24, 0.09, 0.21], "dz": [0.24, -0.18, 0.63]}, "softmax-slopes-in-a-row"),
    ("9.3", {"J": [[0.24, -0.06, -0.18], [-0.06, 0.09, -0.03], [-0.18, -0.03, 0.21]], "dz": [1, -2, 3]}, "softmax-vjp-left-out"),
    ("9.4", {"L": 0.983, "dZ": [[-0.3, 0.1, 0.2], [0.3, 0.5, -0.8]]}, "batch-not-averaged"),
    ("9.4", {"L": 0.983, "dZ": [[-0.1, 0.033, 0.067], [0.1, 0.167, -0.267]]}, "delta-as-for-mse"),
    ("9.5", [0.24, 24], "rate-for-mean-inverted+rate-for-sum-inverted"),
    ("9.5", [1.5, 0.03], "rate-for-sum-without-half"),
    ("18.1", [0.0, 6], "lost-for-kept"),
    ("18.1", [0.01, 20], "one-layer-more"),
    ("18.1", [0.02, 21], "one-layer-less+one-layer-late"),
    ("18.1", [0.986, 20], "share-that-is-lost"),
    ("18.1", [0.014, 13], "tenfold-share"),
    ("18.1", [0.02, 19], "one-layer-less+not-yet-reached"),
    ("18.6", [0.6, 1.667], "mean-of-slopes+slopes-not-squared"),
    ("18.6", [0.721, 1.387], "variance-by-the-factor"),
    ("18.6", [0.721, 0.52], "variance-turned-round"),
    ("18.6", [1.02, 0.962], "squares-not-halved"),
    ("18.6", [0.775, 1.667], "slopes-not-squared"),
]  # fmt: skip

RIGHT = {  # how a learner writes it
    "7.12": """
def f(x, w1, b1, w2, b2, y):
    s = lambda z: 1 / (1 + np.exp(-z))
    z1 = w1 * x + b1
    a1 = s(z1)
    z2 = w2 * a1 + b2
    dz2 = 2 * (z2 - y)
    dz1 = dz2 * w2 * a1 * (1 - a1)
    return dz1 * x, dz1, dz2 * a1, dz2
""",
    "8.4": """
def f(X, W, dY):
    dW = X.T @ dY
    db = dY.sum(axis=0)
    dX = dY @ W.T
    return dW, db, dX
""",
    "8.5": """
def f(X, W1, b1, W2, b2, T):
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    Z2 = A1 @ W2 + b2
    dZ2 = 2 * (Z2 - T) / Z2.size
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * (Z1 > 0)
    return A1.T @ dZ2, dZ2.sum(axis=0), X.T @ dZ1, dZ1.sum(axis=0)
""",
    "8.8": """
def f(X, g, dY):
    dg = (dY * X).sum(axis=0)
    dX = dY * g
    return dg, dX
""",
    "9.8": """
def f(Z, t):
    rows, Z = np.arange(len(t)), Z - Z.max(axis=1, keepdims=True)
    S = np.exp(Z).sum(axis=1, keepdims=True)
    P = np.exp(Z) / S
    L = (np.log(S[:, 0]) - Z[rows, t]).mean()
    T = np.eye(Z.shape[1])[t]
    return L, (P - T) / len(t)
""",
    "18.5": """
def f(W, slopes, dZ):
    out = [np.linalg.norm(dZ)]
    for s in reversed(slopes):
        dZ = (dZ @ W.T) * s
        out.append(np.linalg.norm(dZ))
    return out[::-1]
""",
    "18.7": """
def f(X, g, s, dY):
    dg = (dY * X).sum(axis=0)
    ds = dY.sum(axis=0)
    dX = dY * g
    return dg, ds, dX
""",
}
PROGRAMS = [  # (exercise, what is replaced, by what, slip)
    ("7.12", "dz1 * x, dz1, dz2 * a1, dz2", "dz2 * a1, dz2, dz1 * x, dz1", "other-order"),
    ("7.12", "a1 = s(z1)", "a1 = round(s(z1), 1)", "rounded-early"),
    ("7.12", "dz2 = 2 * (z2 - y)", "dz2 = 2 * (z2 - y) ** 2", "square-kept"),
    ("7.12", "a1 * (1 - a1)", "(a1 * (1 - a1)) ** 2", "sigmoid-slope-twice"),
    ("7.12", "z1 = w1 * x + b1", "z1 = w1 * x", "first-bias-forgotten"),
    ("7.12", "np.exp(-z)", "np.exp(z)", "sigmoid-turned-round"),
    ("8.4", "db = dY.sum(axis=0)", "db = dY", "bias-not-summed"),
    ("8.4", "axis=0", "axis=1", "bias-along-the-rows"),
    ("8.4", "axis=0", "axis=0, keepdims=True", "bias-keeps-an-axis"),
    ("8.4", "dY @ W.T", "W.T @ dY", "factors-turned"),
    ("8.4", "dY @ W.T", "W @ dY.T", "input-gradient-turned"),
    ("8.4", "dW, db, dX", "dX, dW, db", "other-order"),
    ("8.4", "X.T @ dY", "X.T @ dY / len(X)", "weights-averaged"),
    ("8.5", "(Z1 > 0)", "A1", "activation-for-slope"),
    ("8.5", "(Z1 > 0)", "(dA1 > 0)", "relu-of-gradient"),
    ("8.5", "(Z1 > 0)", "(Z2 > 0)", "mask-of-next-layer"),
    ("8.5", "2 * (Z2 - T) / Z2.size", "(Z2 - T) / len(T)", "half-squares"),
    ("8.8", "(dY * X).sum(axis=0)", "dY * X", "gain-not-summed"),
    ("8.8", "axis=0", "axis=1", "gain-along-the-rows"),
    ("8.8", "dY * X", "dY", "gain-as-a-bias"),
    ("8.8", "(dY * X).sum(axis=0)", "X.T @ dY", "gain-as-weights"),
    ("8.8", "dY * g", "dY @ g", "gains-summed-up"),
    ("8.8", "dY * g", "dY * X", "input-for-gain"),
    ("8.8", "dY * X", "X", "gain-without-upstream"),
    ("9.8", "Z - Z.max(axis=1, keepdims=True)", "Z", "softmax-not-shifted"),
    ("9.8", "(np.log(S[:, 0]) - Z[rows, t]).mean()", "-np.log(P[rows, t]).mean()", "log-of-a-rounded-probability"),
    ("9.8", "(np.log(S[:, 0]) - Z[rows, t]).mean()", "-np.log(P[rows, t] + 1e-12).mean()", "probability-kept-above-1e-12"),
    ("9.8", "/ len(t)", "", "batch-not-averaged"),
    ("9.8", "(P - T)", "(P - T) * P * (1 - P)", "softmax-slope-twice"),
    ("9.8", "(P - T)", "-T * (1 - P)", "softmax-diagonal"),
    ("9.8", "sum(axis=1", "sum(axis=0", None),
    ("18.5", "reversed(slopes)", "slopes", "slopes-in-time-order"),
    ("18.5", "[np.linalg.norm(dZ)]", "[]", "last-step-missing"),
    ("18.5", "(dZ @ W.T) * s", "(dZ * s) @ W.T", "slope-before-weights"),
    ("18.5", "reversed(slopes)", "slopes[1:][::-1]", "first-step-missing"),
    ("18.5", "append(np.linalg.norm(dZ))", "append((dZ ** 2).sum() ** 0.5 / dZ.size ** 0.5)", None),
    ("18.7", "ds = dY.sum(axis=0)", "ds = dY", "bias-not-summed"),
    ("18.7", "dY * X", "dY * (X * g + s)", "output-for-input"),
    ("18.7", "dY * g", "dY * g + s", "shift-passed-back"),
    ("18.7", "ds = dY.sum(axis=0)", "ds = np.ones_like(s)", "bias-slope-alone"),
    ("18.7", "return dg, ds, dX", "return dX, dg, ds", "other-order"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh_session():
    checks._Session.variant, checks._Session.tries = "book", {}
    yield
    checks._Session.variant, checks._Session.tries = "book", {}


def slips_in(id: str, answer) -> tuple[str, ...]:
    return checks.verdict(id, bp.check(id, answer).answer["raw"], "book").slips


@pytest.mark.parametrize(("id", "answer", "slug"), NUMBERS)
def test_numbers(id, answer, slug):
    found = slips_in(id, answer)
    assert slug in found if slug else found == ()


@pytest.mark.parametrize(("id", "old", "new", "slug"), PROGRAMS)
def test_programs(id, old, new, slug):
    here = {"np": np}
    exec(RIGHT[id].replace(old, new), here)
    with np.errstate(all="ignore"):  # 9.8 wants what overflows to be told by what it gives
        found = slips_in(id, here["f"])
    assert slug in found if slug else found == ()


@pytest.mark.parametrize("id", RIGHT)
def test_the_programs_are_right_without_the_slip(id):
    here = {"np": np}
    exec(RIGHT[id], here)
    assert bp.check(id, here["f"]).message.startswith("**Right.**")


@pytest.mark.parametrize(
    ("id", "answer", "word", "never"),
    [
        ("7.2", [-2.062], "the sign is turned round", "target minus prediction"),
        ("18.1", [0.014, 21], "is counted as a layer", "one layer more than needed"),
        ("18.6", [0.6, 1.667], "the mean of the slopes is taken for the factor", "two slips come together"),
        ("4.4", [2.0, -0.75], "rounded before they are used again", "whole numbers"),
    ],
)
def test_what_is_said(id, answer, word, never):
    said = bp.check(id, answer, tell=True).message
    assert word in said
    assert never not in said


def test_what_a_slug_means_does_not_depend_on_which_exercise_comes_first():
    """1.2 looks for the general slips, of which chapter 5 words some anew."""
    script = "import bplib as bp; bp.check('1.2', [-3.0, 7.7], tell=True); print(bp.check('5.1', [1.0, 2.0]).message)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("id", ["1.5", "5.8", "8.4", "8.8", "18.1", "18.6", "18.7"])
def test_no_message_speaks_of_another_exercise(id):
    words = [f"{m.says} {m.because} {m.question}" for m, _ in EXERCISES[id].mistakes]
    strange = {"8.4": ["dZ", "A1"], "18.7": ["the bias", "weights are summed", "this chapter"]}
    for word in [*strange.get(id, ()), "comes out twice", ", and here they have the same shape", "were asked together"]:
        assert not [said for said in words if word in said], word


def test_a_pair_is_never_combined_with_another_slip():
    for id in ("7.12", "8.5"):
        exercise = EXERCISES[id]
        known = Known(*arrays.known(exercise, "book"))
        for _, gives in known.wrong:
            doubled = {name: g._replace(cells=tuple(2 * c for c in g.cells)) for name, g in gives.items()}
            pairs = two_slips(doubled, known)
            assert not [m.slug for pair in pairs for m in pair if "+" in m.slug]
            assert len({frozenset(m.says for m in pair) for pair in pairs}) == len(pairs)
