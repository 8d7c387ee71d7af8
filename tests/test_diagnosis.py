"""A checkup: the promise of a step, each reading on programs made for it, its verdicts, and the 22 spoiled programs."""

import json
import math
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import bplib as bp
from bplib.exercises.shared.spoiled import FAULTS, OTHERS, as_checkup, examined, gradient_error, spoiled, stored
from bplib.nn.diagnosis import OUTCOMES, READINGS, VERDICTS, Checkup, short

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import make_symptoms  # noqa: E402

RNG = np.random.default_rng(3)
X, T = RNG.normal(size=(96, 5)), RNG.integers(3, size=96)


class Softmax:
    """Softmax regression in plain NumPy: the smallest program that can be examined."""

    def __init__(self, seed=0):
        self.params = [0.3 * np.random.default_rng(seed).normal(size=(5, 3)), np.zeros(3)]

    def loss(self, X, t):
        Z = X @ self.params[0] + self.params[1]
        E = np.exp(Z - Z.max(axis=1, keepdims=True))
        self.P = E / E.sum(axis=1, keepdims=True)
        return -np.log(self.P[np.arange(len(t)), t]).mean()

    def gradients(self, X, t):
        self.loss(X, t)
        dZ = (self.P - np.eye(3)[t]) / len(t)
        return [X.T @ dZ, dZ.sum(axis=0)]

    def step(self, X, t, lr):
        for W, dW in zip(self.params, self.gradients(X, t), strict=True):
            W -= lr * dW


class Quadratic:
    """L = w.(c w) / 2, whose promise is known: 1 - lr g.(c g) / (2 |g|^2)."""

    def __init__(self):
        self.c, self.params = np.array([1.0, 4.0]), [np.array([2.0, 1.0])]

    def loss(self, X, t):
        return float(self.params[0] @ (self.c * self.params[0])) / 2

    def gradients(self, X, t):
        return [self.c * self.params[0]]

    def step(self, X, t, lr):
        self.params[0] -= lr * self.gradients(X, t)[0]


# ---------------------------------------------------------------- the promise


@pytest.mark.parametrize("lr", [1e-4, 0.1, 0.5, 1.0])
def test_the_promise_of_a_quadratic_is_the_one_worked_out_by_hand(lr):
    g = np.array([2.0, 4.0])
    by_hand = 1 - lr * (g @ (np.array([1.0, 4.0]) * g)) / (2 * g @ g)
    assert bp.promise(Quadratic(), X, T, lr) == pytest.approx(by_hand, rel=1e-9)


def test_the_promise_nears_one_as_the_rate_falls():
    gaps = [abs(bp.promise(Softmax(), X, T, lr) - 1) for lr in (1.0, 0.1, 0.01)]
    assert gaps[0] / 15 < gaps[1] * 1.5 < gaps[0]
    assert gaps[1] == pytest.approx(10 * gaps[2], rel=0.1), "the error is of first order in the rate"


def test_where_nothing_is_promised_the_promise_is_nan():
    flat = Softmax()
    flat.gradients = lambda X, t: [np.zeros((5, 3)), np.zeros(3)]
    assert math.isnan(bp.promise(flat, X, T, 0.1))
    endless = Softmax()
    endless.gradients = lambda X, t: [np.full((5, 3), np.inf), np.zeros(3)]
    assert math.isnan(bp.promise(endless, X, T, 0.1))


def test_a_loss_that_is_lost_in_the_step_kept_nothing():
    class Blown(Softmax):
        def step(self, X, t, lr):
            self.params[0][0, 0] = np.inf

    assert bp.promise(Blown(), X, T, 0.1) == -math.inf


def test_in_32_bits_a_small_fall_is_not_told_from_rounding():
    """A right program must not be called wrong because of it: at a smaller rate still, the promise read 0, 1.2 or 7."""

    class Coarse(Softmax):
        def __init__(self):
            super().__init__()
            self.params = [W.astype(np.float32) for W in self.params]

    x = X.astype(np.float32)
    for lr in 10.0 ** np.arange(-7, -1):
        kept = bp.promise(Coarse(), x, T, lr)
        assert math.isnan(kept) or kept == pytest.approx(1, abs=0.05), lr
        assert bp.promise(Softmax(), X, T, lr) == pytest.approx(1, abs=0.05)
    assert math.isnan(bp.promise(Coarse(), x, T, 1e-7))
    assert bp.promise(Coarse(), x, T, 0.01) == pytest.approx(1, abs=0.05)


def loses(what):
    return type("Odd", (Softmax,), {"loss": lambda self, X, t: what})


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (loses(None), TypeError, "must return one number, the loss of all examples given, got None"),
        (loses(np.ones(96)), TypeError, r"got an array of shape \(96,\)"),
        (type("Odd", (Softmax,), {"gradients": lambda self, X, t: None}), TypeError, r"gradients\(X, t\) must be a list of NumPy arrays, got NoneType"),
        (type("Odd", (Softmax,), {"gradients": lambda self, X, t: self.params[::-1]}), ValueError, r"shaped \[\(5, 3\), \(3,\)\], got \[\(3,\), \(5, 3\)\]"),
    ],
)  # fmt: skip
def test_both_say_what_is_missing_in_a_program(make, error, message):
    with pytest.raises(error, match=message):
        bp.promise(make(), X, T, 0.1)
    with pytest.raises(error, match=message):
        bp.checkup(make, X, T, lr=0.1)


def test_parameters_that_are_lists_are_refused():
    class Listed(Softmax):
        @property
        def params(self):
            return [W.tolist() for W in self.kept]

        @params.setter
        def params(self, arrays):
            self.kept = arrays

        def gradients(self, X, t):
            return self.kept

        def loss(self, X, t):
            return 1.0

    with pytest.raises(TypeError, match="params must be a list of NumPy arrays, got list with list in it"):
        bp.promise(Listed(), X, T, 0.1)


def test_a_promise_without_examples_is_refused():
    with pytest.raises(ValueError, match="at least one example, got none"):
        bp.promise(Softmax(), X[:0], T[:0], 0.1)


# ---------------------------------------------------------------- the checkup


def test_a_right_program_keeps_every_promise_and_is_new_for_each_reading():
    found = bp.checkup(Softmax, X, T, lr=0.1)
    assert found.promise == pytest.approx(1, abs=1e-3)
    assert found.second == pytest.approx(1, abs=1e-3)
    assert found == bp.checkup(Softmax, X, T, lr=0.1) or math.isnan(found.idle)
    assert found.start == pytest.approx(Softmax().loss(X, T) / math.log(3), rel=1e-9)
    assert math.isnan(found.idle), "it has no hidden units to look at"
    assert len(found.ratios) == 1, "one for each matrix, none for the bias"
    assert not any(key in found.outside() for key in ("promise", "second", "idle", "start", "unfinite"))


def test_the_update_ratio_is_that_of_a_step():
    class Fixed(Softmax):
        def step(self, X, t, lr):
            self.params[0] *= 1 + lr

    assert bp.checkup(Fixed, X, T, lr=0.02).ratios[0] == pytest.approx(0.02)


def test_idle_units_are_those_that_are_constant_or_copies():
    class Hidden(Softmax):
        def hidden(self, X):
            return [np.column_stack([X[:, 0], X[:, 0], np.ones(len(X)), X[:, 1]]), X[:, 2:4]]

    assert bp.checkup(Hidden, X, T, lr=0.1).idle == pytest.approx(2 / 6)


def test_what_is_not_finite_is_counted():
    bad = X.copy()
    bad[90, 1], bad[91, 2] = np.nan, np.inf
    found = bp.checkup(Softmax, bad, T, lr=0.1)
    assert found.unfinite == 2
    assert found.verdict == "data"
    assert "nan" in repr(found)


def test_a_last_layer_that_begins_at_zero_has_an_infinite_ratio_and_no_warning():
    found = bp.checkup(
        lambda: OTHERS["last layer 0"](0), *(a[:320] for a in (spoiled("healthy").X, spoiled("healthy").t)), lr=0.1
    )
    assert found.ratios[0] > 0
    assert found.promise == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (
            {"make": Softmax()},
            TypeError,
            "wants a function that makes the program anew, such as its class, got Softmax",
        ),
        ({"make": object}, TypeError, "params, loss, gradients and step; object has no params"),
        (
            {"t": T[:5]},
            ValueError,
            r"one target for each example and at least a batch of them, got X \(96, 5\), t \(5,\)",
        ),
        ({"batch_size": 200}, ValueError, "batch_size=200"),
        ({"lr": 0}, ValueError, "wants a rate lr > 0, got 0"),
        ({"lr": math.inf}, ValueError, "wants a rate lr > 0, got inf"),
    ],
)
def test_wrong_arguments_are_named(change, error, message):
    given = {"make": Softmax, "X": X, "t": T, "lr": 0.1} | change
    with pytest.raises(error, match=message):
        bp.checkup(given.pop("make"), given.pop("X"), given.pop("t"), **given)


def test_gradients_that_do_not_pair_are_refused():
    class Short(Softmax):
        def gradients(self, X, t):
            return super().gradients(X, t)[:1]

    with pytest.raises(
        ValueError, match=r"one array for each parameter, shaped \[\(5, 3\), \(3,\)\], got \[\(5, 3\)\]"
    ):
        bp.checkup(Short, X, T, lr=0.1)
    with pytest.raises(ValueError, match=r"at least one matrix among the parameters, got shapes \[\(2,\)\]"):
        bp.checkup(Quadratic, X, T, lr=0.1)


# ---------------------------------------------------------------- verdicts

HEALTHY = {"unfinite": 0, "start": 1.05, "idle": 0.06, "promise": 1.0, "second": 1.0, "at_rate": 0.8, "ratios": (0.01, 0.01),
           "recount": -0.05, "overfit": 0.02, "zeros": 0.8}  # fmt: skip


@pytest.mark.parametrize(
    ("change", "verdict"),
    [
        ({}, "nothing"),
        ({"unfinite": 1, "start": math.nan}, "data"),
        ({"start": 8.0, "promise": 0.2}, "scale"),
        ({"start": math.nan, "promise": math.nan}, "nan"),
        ({"start": math.inf}, "nan"),
        ({"promise": math.nan, "second": math.nan, "at_rate": math.nan, "ratios": (0.0, 0.0)}, "flat"),
        ({"promise": -math.inf, "second": math.nan, "at_rate": math.nan}, "large"),
        ({"promise": 1.27, "second": 1.27, "at_rate": 0.78}, "backward"),
        ({"promise": 0.3, "second": 0.3, "at_rate": 0.3, "ratios": (0.0, 0.06)}, "part"),
        ({"idle": 0.9, "ratios": (0.0, 0.0)}, "units"),
        ({"promise": -1.0, "second": -1.0, "at_rate": -1.1}, "sign"),
        ({"promise": 0.0, "second": 0.0, "at_rate": 0.0, "ratios": (0.0, 0.0)}, "copy"),
        ({"promise": 0.1, "second": 0.1, "at_rate": 0.1, "ratios": (0.0, 0.0)}, "part"),
        ({"promise": 0.4, "second": 0.4, "at_rate": 0.35}, "backward"),
        ({"promise": 0.76, "second": 0.9, "at_rate": -1.5}, "large"),
        ({"second": 2.0}, "zeroed"),
        ({"at_rate": 0.1}, "large"),
        ({"ratios": (1e-6, 1e-6), "at_rate": 1.0}, "small"),
        ({"ratios": (1e-5, 1e-4), "at_rate": 0.7}, "faint"),
        ({"ratios": (0.5, 0.5)}, "large"),
        ({"ratios": (1e-12, 0.01), "zeros": 0.0}, "vanishing"),
        ({"recount": 1.4, "zeros": -0.8}, "order"),
        ({"overfit": 0.5, "zeros": 0.02}, "model"),
        ({"zeros": 0.01}, "labels"),
    ],
)
def test_the_first_reading_outside_decides(change, verdict):
    found = Checkup(**(HEALTHY | change))
    assert found.verdict == verdict
    lines = repr(found).split("\n")
    assert VERDICTS[verdict] in " ".join(lines)
    assert [line[0] == ">" for line in lines[: len(READINGS)]] == [key in found.outside() for key in READINGS]
    assert max(map(len, lines)) <= 64, "what decides is seen on a phone"
    assert found.outside() == sorted(found.outside(), key=list(READINGS).index)
    assert bool(found.outside()) == (verdict != "nothing")


def test_readings_are_ordered_by_what_they_tell_and_placed_in_their_range():
    kind = READINGS["ratio"]
    assert kind.place(kind.low) == pytest.approx(0)
    assert kind.place(kind.high) == pytest.approx(1)
    assert -1 <= kind.place(0) < 0
    assert 1 < kind.place(1e9) <= 2
    assert kind.place(math.nan) == 2
    assert READINGS["unfinite"].place(0) == 0.5
    assert [short(v) for v in (1, -0.5, 0.0123, 2e-6, 1e9, 0, math.nan)] == [
        "1.00",
        "-0.50",
        "0.012",
        "2e-06",
        "1e+09",
        "0.00",
        "nan",
    ]


# ---------------------------------------------------------------- the spoiled programs


@pytest.mark.parametrize("name", ["healthy", *FAULTS])
def test_each_spoiled_program_gets_its_verdict(name):
    """On one of the seeds on which the ranges were chosen; 20 layers at less expense."""
    settings = {"widths": (64, 16, 16, 10)} if name == "20 sigmoid layers" else {}
    found = examined(name, seed=1, **settings)
    assert found.verdict == (FAULTS[name].family if name in FAULTS else "nothing"), found


def test_a_fault_that_is_unknown_is_refused():
    with pytest.raises(ValueError, match="no fault is called 'gremlin'; there are healthy, wrong sign"):
        spoiled("gremlin")


def test_only_one_gradient_is_wrong():
    wrong = [name for name in FAULTS if gradient_error(lambda name=name: spoiled(name, seed=1), entries=12) > 1e-6]
    assert "ReLU's slope missing" in wrong
    assert set(wrong) <= {"ReLU's slope missing", "inputs / 255 twice"}, "the second one is beside kinks"


def test_the_page_plants_what_the_package_plants():
    """Every fault has its own paragraph, with the line that does it and, for most, the line that should stand there."""
    text = (ROOT / "book/my_network_does_not_learn.myst.md").read_text("utf8")
    assert len(FAULTS) == 22
    for name, fault in FAULTS.items():
        entry = re.search(rf"^\*\*{re.escape(name[0].upper() + name[1:])}\*\*.*\n: .*", text, re.M)
        assert entry, name
        code = re.split(r"\s+#", fault.line)[0]
        assert f"`{code}`" in entry[0], (name, code)


def test_what_is_stored_is_what_the_generator_would_store():
    made = json.loads(make_symptoms.OUTPUT.read_text())
    assert tuple(made["columns"]) == make_symptoms.COLUMNS
    assert made["settings"] == [make_symptoms.settings_of(seed) for seed in make_symptoms.PATIENTS] or [
        {**settings, "widths": list(settings["widths"])} for settings in map(make_symptoms.settings_of, make_symptoms.PATIENTS)
    ] == made["settings"]  # fmt: skip
    for part, seeds in (("chosen", 5), ("fresh", 10), ("patients", 8)):
        assert list(made[part]) == ["healthy", *FAULTS]
        assert all(len(rows) == seeds for rows in made[part].values())
    assert list(made["others"]) == list(OTHERS)
    assert all(as_checkup(row).verdict == FAULTS[name].family for name in FAULTS for row in stored()["chosen"][name])
    assert set(OUTCOMES) <= set(make_symptoms.COLUMNS)


@pytest.mark.slow
def test_a_random_row_comes_out_again():
    """Where programs fall apart, another processor may let them fall differently: those are left out."""
    rng = np.random.default_rng()
    stable = [
        name
        for name in ("healthy", *FAULTS)
        if name not in ("rate x 300", "rate x 30", "gradients not zeroed", "20 sigmoid layers")
    ]
    name, seed = str(rng.choice(stable)), int(rng.choice(make_symptoms.FRESH))
    kept = json.loads(make_symptoms.OUTPUT.read_text())["fresh"][name][make_symptoms.FRESH.index(seed)]
    again = make_symptoms.row(make_symptoms.faulty(name, seed))
    for column, was, now in zip(make_symptoms.COLUMNS, kept, again, strict=True):
        if column != "gradcheck":  # rounding alone
            assert (was is None) == (now is None), (name, seed, column)
            assert was is None or now == pytest.approx(was, rel=0.05, abs=0.02), (name, seed, column)
