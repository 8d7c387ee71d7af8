"""Every kind of exercise against seeded bugs, right answers in every dress, and the absurd; and judge against check."""

import contextlib
import json
import math
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from entries import ALL
from explorables import in_node

import bplib as bp
from bplib.checking import EXERCISES, Arrays, ByHand, Choice, Functions, Ordering, Several, Shapes, WhichLine, Witness
from bplib.checking import check as checks
from bplib.checking.answers import LIMIT, to_json
from bplib.checking.arrays import common_factor, grid
from bplib.checking.choices import diagnose
from bplib.checking.timeout import TimeUp, time_limit
from bplib.exercises import ch08 as chapter8
from bplib.mistakes.arrays import SLIPS
from bplib.nn.data import TRACE_C
from bplib.rng import Rng

VARIANTS = ["book", *[f"practice-{i}" for i in range(int(os.environ.get("BP_VARIANTS", "20")))]]


def of_kind(kind):
    return pytest.mark.parametrize("exercise", [e for e in ALL if isinstance(e, kind)], ids=lambda e: e.id)


@pytest.fixture(autouse=True)
def _fresh_session():
    checks._Session.variant, checks._Session.tries = "book", {}
    yield
    checks._Session.variant, checks._Session.tries = "book", {}


def told(id, answer):
    return bp.check(id, answer, tell=True)


def lists(outputs, names):
    return {name: np.asarray(outputs[name]).tolist() for name in names}


# ---------------------------------------------------------------- arrays


@of_kind(Arrays)
def test_arrays_lie_apart_every_slip_is_named_and_no_right_answer_refused(exercise):
    rng = np.random.default_rng(1)
    for variant in VARIANTS:
        bp.variant(variant)
        numbers = exercise.numbers(variant)
        alike = exercise.clashes(numbers)
        assert not alike, f"{variant}: " + "\n".join(alike)  # whole: pytest would cut off a list
        right = {name: np.asarray(exercise.solve(**numbers)[name]) for name in exercise.outputs}
        tolerances = exercise.tolerances(numbers)
        shaken = {
            n: a + rng.uniform(-0.95, 0.95, a.shape) * np.reshape(tolerances[n], a.shape) for n, a in right.items()
        }
        dresses = [right, shaken, lists(right, right), list(right.values()), {n: np.float32(a) for n, a in right.items()},
                   {n: tuple(map(tuple, a)) if a.ndim == 2 else tuple(a) if a.ndim else a.item() for n, a in right.items()},
                   {n: np.round(a, 3) for n, a in right.items()}]  # fmt: skip
        for answer in dresses:
            assert float(told(exercise.id, answer)) == exercise.points, (variant, answer)
        for mistake, program in exercise.mistakes:
            if mistake.slug not in exercise.indistinguishable:
                answer = {name: program(**numbers)[name] for name in exercise.outputs}
                said = told(exercise.id, answer)
                assert mistake.says in said.message, (variant, mistake.slug)
                assert float(said) < exercise.points


def test_numbers_of_trace_c_are_the_books_and_its_variants_are_friendly():
    assert EXERCISES["8.3"].numbers() == TRACE_C
    for variant in VARIANTS:
        numbers = EXERCISES["8.3"].numbers(variant)
        assert all(round(x, 2) == x for rows in numbers.values() for x in np.ravel(rows).tolist()), numbers
        out = chapter8.network(**numbers)
        assert (out["Z1"] < 0).sum() == 1
        assert np.allclose(np.round(out["dZ2"], 1), out["dZ2"])
        loss, _ = chapter8.graph_c(numbers)
        assert loss.data == pytest.approx(out["L"])


def test_slack_covers_an_honest_trace_c():
    """Every quantity rounded to three decimals as it is found."""
    for variant in VARIANTS[:6]:
        n = {name: np.array(rows) for name, rows in EXERCISES["8.3"].numbers(variant).items()}
        r = lambda a: np.round(a, 3)  # noqa: E731
        z1 = r(n["X"] @ n["W1"] + n["b1"])
        a1 = np.maximum(z1, 0)
        z2 = r(a1 @ n["W2"] + n["b2"])
        dz2 = r((z2 - n["T"]) * 0.333)
        dz1 = r(dz2 @ n["W2"].T) * (z1 > 0)
        bp.variant(variant)
        hand = {
            "dZ2": dz2,
            "dW2": r(a1.T @ dz2),
            "db2": dz2.sum(0),
            "dZ1": dz1,
            "dW1": r(n["X"].T @ dz1),
            "db1": dz1.sum(0),
        }
        assert float(told("8.3", hand)) == 6, variant


RIGHT_C = {name: np.round(chapter8.network(**TRACE_C)[name], 3) for name in EXERCISES["8.3"].outputs}


@pytest.mark.parametrize(
    ("part", "points", "word"),
    [
        ({"dW1": RIGHT_C["dW1"].T}, 5, "In dW1 this is what you get if rows and columns are exchanged"),
        ({"db1": RIGHT_C["db1"].reshape(1, 2)}, 5, "the gradient of the bias is a matrix with one row"),
        ({"dZ2": RIGHT_C["dZ2"].T}, 5, "rows and columns are exchanged: expected shape (3, 2), got (2, 3)."),
        ({"dZ2": RIGHT_C["dZ2"].T + 1}, 5, "its transpose is not right either."),
        ({"dW1": RIGHT_C["dW1"] + [[0, 0], [0, 0.3]]}, 5, "dW1[1, 1] differs most: it is off by 0.3."),
        ({"dW1": -RIGHT_C["dW1"]}, 5, "In dW1 this is what you get if the sign is turned round"),
        ({"dZ1": -RIGHT_C["dZ1"]}, 5, "In dZ1 this is what you get if the sign is turned round"),
        ({"dW2": RIGHT_C["dW2"] * 7}, 5, "dW2 is 7 times what it should be."),
        ({"db1": [math.nan, 1]}, 5, "db1[0] is not a finite number"),
        ({"db1": None}, 5, "**Not finished yet.** 5 of 6 right. Still open: db1."),
        ({"dW1": [[1, 2], [3]]}, 5, "its rows differ in length"),
        ({"dW1": [["a", 2], [3, 4]]}, 5, "somewhere in it is str `a`"),
        ({"dW1": [[None, 2], [3, 4]]}, 5, "somewhere in it is nothing"),
        ({"dW1": np.zeros((300, 300))}, 5, "got an array of shape (300, 300)"),
        ({"dW1": print}, 5, "should be an array of real numbers"),
        ({"dW": 1}, 0, "there is no 'dW' among them"),
    ],
)
def test_wrong_arrays(part, points, word):
    said = told("8.3", RIGHT_C | part)
    assert word in said.message
    assert float(said) == points


# ---------------------------------------------------------------- functions


def as_function(exercise, program):
    return lambda *inputs: tuple(program(*inputs)[name] for name in exercise.outputs)


@of_kind(Arrays | Functions)
def test_what_is_blind_has_a_reason_and_every_other_slip_has_words(exercise):
    slugs = [mistake.slug for mistake, _ in exercise.mistakes]
    assert set(exercise.indistinguishable) <= set(slugs)
    assert all(len(reason.split()) >= 4 for reason in exercise.indistinguishable.values())


@of_kind(Functions)
def test_functions_lie_apart_every_slip_is_named_and_no_right_one_refused(exercise):
    for variant in VARIANTS:
        bp.variant(variant)
        numbers = exercise.numbers(variant)
        alike = exercise.clashes(numbers)
        assert not alike, f"{variant}: " + "\n".join(alike)  # whole: pytest would cut off a list
        assert float(told(exercise.id, as_function(exercise, exercise.solve))) == exercise.points, variant
        assert (
            float(told(exercise.id, lambda *i: {n: exercise.solve(*i)[n] for n in exercise.outputs})) == exercise.points
        )
        single = lambda *i: [np.float32(exercise.solve(*i)[n]) for n in exercise.outputs]  # noqa: E731
        assert float(told(exercise.id, single)) == exercise.points, variant
        for mistake, program in exercise.mistakes:
            if mistake.slug in exercise.indistinguishable:
                continue
            said = told(exercise.id, as_function(exercise, program))
            assert float(said) < exercise.points
            assert mistake.says in said.message, (variant, mistake.slug)


@pytest.mark.parametrize(
    ("id", "function", "slug", "says"),
    [
        ("8.4", lambda X, W, dY: (X.T @ dY, dY, dY @ W.T), "not-summed", "the rows are not summed: expected shape (2,), got (5, 2)"),
        ("8.4", lambda X, W, dY: (X.T @ dY, dY.sum(axis=0, keepdims=True), dY @ W.T), "axis-too-many", "another number of axes"),
        ("8.4", lambda X, W, dY: (X.T @ dY, dY.sum(axis=0), (dY @ W.T).T), "transposed", "rows and columns are exchanged: expected shape (5, 3), got (3, 5)"),
        ("8.4", lambda X, W, dY: (X.T @ dY / len(X), dY.sum(axis=0), dY @ W.T), "factor-missing", "the factor len(X) is missing from dW"),
        ("8.4", lambda X, W, dY: (dY @ W.T, X.T @ dY, dY.sum(axis=0)), "other-order", "wanted is dW, db, dX"),
        ("1.5", lambda w, X, t: -2 * X.T @ (X @ w - t), "plain-factor", "the sign of slopes is reversed"),
        ("4.6", lambda x, k: (1 - math.tanh(k * x * x) ** 2) * 2 * x, "factor-missing", "the factor k is missing from rate"),
        ("4.6", lambda x, k: (1 - math.tanh(k * x * x) ** 2) * k * x * x, "factor-too-many",
         "there is one factor x too many in rate, and a factor 2 is missing"),
        ("4.6", lambda x, k: 0.123 * (1 + k), None, "rate is off by"),
    ],
)  # fmt: skip
def test_what_no_table_knows_is_named_where_all_runs_agree(id, function, slug, says):
    """The same exercise without its table."""
    bare = replace(EXERCISES[id], id=f"{id.split('.')[0]}.99", mistakes=(), indistinguishable={})
    said = bare.judge(bare.collect(function))
    assert slug in said.slips if slug else not said.slips
    assert says in said.message()


def test_a_factor_needs_two_numbers_that_agree_and_a_count_has_none():
    one, other = grid([3.0]), grid([1.0])
    assert common_factor([(one, other, (0.1,))]) is None
    assert common_factor([(grid([3.0, 6.0]), grid([1.0, 2.0]), (0.1, 0.1))]) == 3
    assert common_factor([(grid([3.0, 6.1]), grid([1.0, 2.0]), (0.1, 0.1))]) is None
    assert "Your count of parameters is 23 too small." in told("1.1", [911 - 23, 950, 2000]).message
    assert "times what it should be" not in told("4.6", lambda x, k: 0.5 + x).message


def test_inputs_are_never_square_in_all_cases():
    for id in ("8.4", "8.5"):
        shapes = [np.shape(a) for case in EXERCISES[id].numbers()["cases"] for a in case if np.ndim(a) == 2]
        assert sum(n != m for n, m in shapes) >= len(shapes) / 2


def right_layer(X, W, dY):
    return X.T @ dY, dY.sum(axis=0), dY @ W.T


def test_the_convention_at_the_corner_is_accepted():
    program = as_function(EXERCISES["8.5"], SLIPS["relu-at-zero"].run)
    said = told("8.5", program)
    assert float(said) == 5
    assert "Both are right" in said.message


def with_loops(X, W, dY):
    """Another order of operations: example by example, and as lists."""
    dW, db = [[0.0] * W.shape[1] for _ in W], [0.0] * W.shape[1]
    for x, d in zip(X[::-1], dY[::-1], strict=True):
        db = [b + e for b, e in zip(db, d, strict=True)]
        dW = [[w + a * e for w, e in zip(row, d, strict=True)] for row, a in zip(dW, x, strict=True)]
    return dW, db, [[sum(e * w for e, w in zip(d, row, strict=True)) for row in W] for d in dY]


def test_loops_and_lists_are_as_good():
    assert float(told("8.4", with_loops)) == 3


def keeping():
    total = []

    def f(X, W, dY):
        total.append(right_layer(X, W, dY))
        same = [t for t in total if t[0].shape == total[-1][0].shape and np.allclose(t[1], total[-1][1])]
        return tuple(sum(parts) for parts in zip(*same, strict=True))

    return f


def stale():
    seen = []

    def f(X, W, dY):
        seen.append(X)
        old = next((x for x in seen[:-1] if x.shape == X.shape), None)
        return (X.T if old is None else 2 + X.T) @ dY, dY.sum(axis=0), dY @ W.T

    return f


def writing(X, W, dY):
    out = right_layer(X, W, dY)
    dY *= 2
    return out


def spoiling(X, W, dY):
    """It adds to dY before it is done with it."""
    dY += 1
    return right_layer(X, W, dY)


def drawing(X, W, dY):
    return tuple(part * np.random.default_rng().random(part.shape) for part in right_layer(X, W, dY))


def deep():
    return deep()


@pytest.mark.parametrize(
    ("function", "points", "word"),
    [
        (keeping(), 0, "At the second call dW has doubled: it is added to what the first call left behind"),
        (stale(), 2, "At the second call dW is another"),
        (writing, 1.5, "It writes into its argument dY"),
        (spoiling, 0, "And it writes into its argument dY, whose old numbers may be needed later on."),
        (drawing, 0, "And a second call, with the same inputs, gives something else: is anything drawn at random?"),
        (lambda X, W, dY: dY @ W.T, 0, "it returned 5 things, or one array of shape (5, 3)."),
        (lambda X, W: 1, 0, "raised `TypeError: "),
        (lambda X, W, dY: 1 / 0, 0, "raised `ZeroDivisionError: division by zero`, with X of shape (5, 3), W of shape (3, 2)"),
        (lambda X, W, dY: sys.exit("bye"), 0, "raised `SystemExit: bye`"),
        (lambda X, W, dY: deep(), 0, "raised `RecursionError"),
        (lambda X, W, dY: None, 0, "should return dW, db and dX; it returned nothing"),
        (lambda X, W, dY: (1, 2), 0, "it returned 2 things"),
        (lambda X, W, dY: {"dW": 1}, 0, "it returned a dict with dW"),
        (lambda X, W, dY: (i for i in range(2)), 0, "it returned 2 things"),
        (lambda X, W, dY: (bp.Tensor(X), 1, 1), 0, "numbers; it is Tensor. Do you mean its `.grad` or its `.data`?"),
        (lambda X, W, dY: ("a", 1, 1), 0, "dW should be a number or an array of numbers; it is str `a`"),
        (lambda X, W, dY: (X.T @ dY, dY.sum(axis=0), (dY @ W.T).T), 2, "dX is made as W @ dY.T, the transpose of what it should be"),
        (lambda X, W, dY: (X.T @ dY, dY.sum(axis=0), dY @ W.T * np.nan), 2, "dX[0, 0] is not a finite number"),
        (lambda X, W, dY: (np.zeros((900, 900)),) * 3, 0, "dW should be a number or an array"),
        (right_layer(np.ones((1, 1)), np.ones((1, 1)), np.ones((1, 1))), 0, "a function f(X, W, dY), itself, not what it returns"),
        ({1}, 0, "got set"),
        (3, 0, "got 3"),
    ],
)  # fmt: skip
def test_functions_that_go_wrong(function, points, word):
    said = told("8.4", function)
    assert word in said.message
    assert float(said) == points


def stopping(**lines):
    """The backward pass of a layer with these lines in it, as texts: some stop where the shapes do not fit."""
    text = {"dW": "X.T @ dY", "db": "dY.sum(axis=0)", "dX": "dY @ W.T"} | lines
    return lambda X, W, dY: tuple(eval(line, {"X": X, "W": W, "dY": dY}) for line in text.values())


@pytest.mark.parametrize(
    ("lines", "slug", "word"),
    [
        ({"dX": "dY @ W"}, "weight-not-transposed", "it gives what you get if the gradient is passed back through W"),
        (
            {"dW": "X * dY"},
            "elementwise-for-product",
            "it gives what you get if the two are multiplied entry by entry",
        ),
        (
            {"dX": "dY @ W", "dW": "X.T @ dY / 3"},
            "weight-not-transposed",
            "dX is what you get if the gradient is passed",
        ),
    ],
)
def test_a_function_that_stops_where_shapes_do_not_fit_has_its_slip_named(lines, slug, word):
    said = told("8.4", stopping(**lines))
    assert "raised `ValueError" in said.message
    assert word in said.message
    assert checks.verdict("8.4", said.answer["raw"]).slips == (slug,)


def test_a_function_that_stops_for_no_known_reason_gets_no_name():
    said = told("8.4", stopping(dX="W @ dY * 7"))
    assert "raised `ValueError" in said.message
    assert checks.verdict("8.4", said.answer["raw"]).slips == ()


def test_a_mask_of_the_wrong_layer_is_named_in_a_program_too():
    """It runs on the one network whose layers are equally wide."""

    def backward(X, W1, b1, W2, b2, T):
        Z1 = X @ W1 + b1
        A1 = np.maximum(Z1, 0)
        Z2 = A1 @ W2 + b2
        dZ2 = 2 * (Z2 - T) / Z2.size
        dZ1 = (dZ2 @ W2.T) * (Z2 > 0)
        return A1.T @ dZ2, dZ2.sum(axis=0), X.T @ dZ1, dZ1.sum(axis=0)

    assert checks.verdict("8.5", told("8.5", backward).answer["raw"]).slips == ("mask-of-next-layer",)


@pytest.mark.parametrize(("h", "k", "points"), [(2, 1, 2), (1, 2, 2), (2, 3, 0)])
def test_a_witness_may_have_any_shape_on_which_the_bug_runs(h, k, points):
    """One column is spread over the other array, so the program runs; with 2 and 3 columns it stops."""
    inputs = {
        "X": [[1.0]],
        "W1": [[1.0] * h],
        "b1": [0.0] * h,
        "W2": [[-1.0] * k] * h,
        "b2": [0.0] * k,
        "T": [[1.0] * k],
    }
    said = told("8.6", inputs | {"first": "dZ1"})
    assert float(said) == points
    assert points or "On these inputs the program stops: dA1 has the shape (1, 2) and Z2 (1, 3)" in said.message


WITNESS = {"X": [[1.0]], "W1": [[1.0]], "b1": [0.0], "W2": [[1.0]], "b2": [0.0], "T": [[0.0]]}


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"b1": [-2.0], "b2": [-1.0]}, "No entry of Z1 or Z2 is positive, so both masks are 0 everywhere"),
        ({"b1": [-2.0]}, "at exactly 0, too, the slope of ReLU is 0"),
        ({}, "Z1 and Z2 are positive in the same places"),
        ({"W2": [[-1.0]], "T": [[-1.0]]}, "The two masks differ, but only where dA1 is 0"),
    ],
)
def test_a_witness_that_shows_nothing_is_told_why(changed, word):
    said = told("8.6", WITNESS | changed | {"first": "dZ1"})
    assert word in said.message
    assert checks.verdict("8.6", said.answer["raw"]).slips == ("mask-of-next-layer",)


@pytest.mark.parametrize(("first", "slug"), [("dW1", "consequence-for-cause"), ("dA1", "right-for-wrong")])
def test_a_witness_with_the_wrong_quantity_carries_a_slug(first, slug):
    said = told("8.6", WITNESS | {"W2": [[-1.0]], "first": first})
    assert checks.verdict("8.6", said.answer["raw"]).slips == (slug,)


def test_a_function_that_never_returns_is_stopped(monkeypatch):
    monkeypatch.setattr("bplib.checking.functions.SECONDS", 0.2)

    def forever(*inputs):
        while True:
            with contextlib.suppress(Exception):
                time.sleep(0.01)

    begun = time.perf_counter()
    assert "did not return within 0.2 seconds" in told("8.4", forever).message
    assert time.perf_counter() - begun < 2


def test_a_limit_around_a_limit_goes_on_afterwards():
    def outer():
        with time_limit(0.3):
            with time_limit(5):
                time.sleep(0.05)
            time.sleep(2)

    begun = time.perf_counter()
    with pytest.raises(TimeUp):
        outer()
    assert time.perf_counter() - begun < 1


# ---------------------------------------------------------------- shapes, orders, lines, letters


@pytest.mark.parametrize(
    ("wrong", "slugs", "words"),
    [
        ({"db2": (5, 2)}, ("bias-not-summed", "shape-of-upstream"), ["not summed over the batch", "; and also if db2 is shaped like dZ2"]),
        ({"db2": (1, 2)}, ("bias-keeps-an-axis",), ["a matrix with one row"]),
        ({"db2": (5,)}, ("bias-along-the-rows",), ["summed over the wrong axis"]),
        ({"db2": (4,)}, ("shape-of-previous-layer",), ["shaped like b1"]),
        ({"dW2": (5, 2)}, ("shape-of-upstream", "shape-of-pre-activation"), ["shaped like dZ2", "shaped like Z2"]),
        ({"dA1": (5, 2)}, ("shape-of-upstream", "shape-of-next-layer"), ["shaped like dZ2"]),
        ({"dW1": (4, 2)}, ("shape-of-next-layer",), ["shaped like W2"]),
        ({"dW1": (4, 3), "db2": (1, 2)}, ("bias-keeps-an-axis", "transposed"),
         ["db2 has the shape (2,). Yours is (1, 2)", "dW1 has the shape (3, 4). Yours is (4, 3)"]),
        ({"dW1": (9, 9)}, (), ["dW1 has the shape (3, 4). Yours is (9, 9)."]),
    ],
)  # fmt: skip
def test_each_wrong_shape_is_named(wrong, slugs, words):
    _, want, _ = EXERCISES["8.1"].shapes(None)
    said = told("8.1", want | wrong)
    assert checks.verdict("8.1", said.answer["raw"]).slips == slugs
    assert all(word in said.message for word in words), said.message


def test_wrong_shapes_are_wrong_in_every_variant():
    exercise = EXERCISES["8.1"]
    for variant in VARIANTS:
        _, want, _ = exercise.shapes(exercise.rng_for(variant))
        for name, wrong in exercise.mistakes(exercise.rng_for(variant)).items():
            assert all(shape != want[name] for _, shape in wrong), (variant, name)


@of_kind(Shapes)
def test_shapes(exercise):
    for variant in VARIANTS:
        bp.variant(variant)
        _, want, questions = exercise.shapes(exercise.rng_for(variant))
        assert set(want) == set(questions)
        assert len({n for shape in want.values() for n in shape}) >= 4, "equal sizes hide a transpose"
        dresses = [want, list(want.values()), {n: list(s) for n, s in want.items()}, {n: np.zeros(s) for n, s in want.items()},
                   {n: " x ".join(map(str, s)) for n, s in want.items()}, {n: str(s) for n, s in want.items()}]  # fmt: skip
        for answer in dresses:
            assert float(told(exercise.id, answer)) == exercise.points, (variant, answer)
        for name, shape in want.items():
            if len(shape) == 2:
                said = told(exercise.id, want | {name: shape[::-1]})
                assert "you have its transpose" in said.message
                assert float(said) < exercise.points
        for absurd in (
            3,
            "x",
            {1},
            [1, 2],
            {"x": 1},
            {next(iter(want)): print},
            [[math.nan]] * len(want),
            [...] * len(want),
        ):
            assert float(told(exercise.id, absurd)) == 0


@of_kind(Ordering)
def test_orders(exercise):
    n = len(exercise.steps)
    for variant in VARIANTS:
        bp.variant(variant)
        letter = {step: name for name, step in exercise.lettered(variant).items()}
        right = [letter[i] for i in range(n)]
        for answer in ("".join(right), right, " ".join(right).upper(), ", ".join(right)):
            assert float(told(exercise.id, answer)) == exercise.points
        for step, needs in exercise.needs.items():
            for needed in needs:
                order = [i for i in range(n) if i != step]
                order.insert(order.index(needed), step)
                said = told(exercise.id, "".join(letter[i] for i in order))
                assert f"{letter[step]} comes too early" in said.message
                assert float(said) == 0
        free = [(i, i + 1) for i in range(n - 1) if i not in exercise.needs.get(i + 1, ())]
        for i, j in free:
            order = list(range(n))
            order[i], order[j] = j, i
            assert float(told(exercise.id, "".join(letter[i] for i in order))) == exercise.points
    for absurd in ("abc", right * 2, 3, ["a", 2], {"a"}, print):
        assert "Not an answer yet" in told(exercise.id, absurd).message


def test_suspects_are_drawn_until_each_gives_something_else():
    """Among drawn numbers are some on which two slips give the same: no learner could tell which it was."""
    tried = []

    def resample(rng):
        tried.append(rng.whole(1, 3))
        return tried[-1]

    def ways(n):
        return float(n), [
            ("twice", 2.0 * n, None),
            ("square", float(n**2), "square-for-double"),
            ("negative", -float(n), None),
        ]

    def choose(rng):
        return diagnose(rng, 3, resample, ways, lambda *three: str(three), order=(2, 0, 1))

    prompt, letter, wrong = choose(None)
    assert (prompt.split("\n")[0], letter) == ("(3, 3.0, 6.0)", "b")
    assert wrong == {"a": "that would have given -3", "c": ("that would have given 9", "square-for-double")}
    seen = {choose(Rng(f"token-{i}"))[0].split("\n")[0] for i in range(40)}
    assert seen == {"(3, 3.0, 6.0)", "(3, 3.0, 9.0)", "(3, 3.0, -3.0)"}
    assert {1, 2} < set(tried), "numbers that tell nothing were drawn, and not used"
    with pytest.raises(RuntimeError, match="all ways give something else"):
        diagnose(None, 2, resample, ways, lambda *three: "", order=(0, 1, 2))


@pytest.mark.parametrize("exercise", [e for e in ALL if type(e) in (Choice, Several)], ids=lambda e: e.id)
def test_every_option_is_an_item_of_a_list(exercise):
    """A page makes its buttons of these items: an option in a table has none, and nobody can choose it."""
    for variant in VARIANTS:
        prompt, right, words = exercise.choose(exercise.rng_for(variant))
        assert re.findall(r"^- \*\*([a-p]):\*\* ", prompt, re.MULTILINE) == sorted({*right, *words}), variant


@pytest.mark.parametrize(
    "exercise", [e for e in ALL if isinstance(e, Choice) and "would have given" in str(e.options())], ids=lambda e: e.id
)
def test_a_suspect_gives_what_no_other_gives(exercise):
    for variant in VARIANTS:
        _, _, wrong = exercise.options(variant)
        words = [word[0] if isinstance(word, tuple) else word for word in wrong.values()]
        assert len(set(words)) == len(words) == 3, (variant, words)


@of_kind(WhichLine)
def test_lines(exercise):
    found = set()
    for variant in VARIANTS:
        bp.variant(variant)
        _, right, words, _ = exercise.lines(exercise.rng_for(variant))
        found.add(right)
        for answer in (right, float(right), [right], np.int64(right)):
            assert float(told(exercise.id, answer)) == exercise.points
        for line, word in words.items():
            assert line != right
            said = told(exercise.id, line)
            assert word in said.message
            assert float(said) == 0
    assert len(found) > min(3, len(VARIANTS) // 3), "the wrong line should not always be the same"
    for absurd in (99, -1, 1.5, "x", [1, 2], None, math.nan, {1}, print):
        assert float(told(exercise.id, absurd)) == 0


@of_kind(Several)
def test_several(exercise):
    for variant in VARIANTS:
        bp.variant(variant)
        prompt, right, why = exercise.choose(exercise.rng_for(variant))
        assert 0 < len(right) < len(why)
        assert re.findall(r"^- \*\*(\w):\*\* \S", prompt, re.M) == sorted(
            why
        )  # the page makes its boxes from this list
        for answer in (right, list(right), ", ".join(reversed(right)).upper()):
            assert float(told(exercise.id, answer)) == exercise.points
        for letter, word in why.items():
            other = right.replace(letter, "") if letter in right else right + letter
            said = told(exercise.id, other)
            assert word in said.message
            assert float(said) < exercise.points
    for absurd in ("xyz", "aa", 3, ["a", 2], {"a"}, print):
        assert "Not an answer yet" in told(exercise.id, absurd).message


ONE = {"X": [[1.0]], "W1": [[1.0]], "b1": [0.0], "W2": [[-1.0]], "b2": [0.0], "T": [[1.0]]}


@pytest.mark.parametrize(
    ("part", "points", "word"),
    [
        ({}, 1, "These inputs show the bug. Which quantity differs first?"),
        ({"first": "dZ1"}, 2, "**Right.** (2 points) The bug: the ReLU's mask"),
        ({"first": "dW1"}, 1, "dW1 is not the first that differs"),
        ({"first": "dZ2"}, 1, "dZ2 does not differ"),
        ({"first": 3}, 1, "Which quantity differs first?"),
        ({"W2": [[1.0]], "first": "dZ1"}, 0, "they do not show the bug. Z1 and Z2 are positive in the same places"),
        ({"X": [[1.0, 2.0]]}, 0, "W1 (1, 1), wanted (2, 1)"),
        ({"X": [1.0]}, 0, "should have rows and columns"),
        ({"X": np.zeros((100, 100))}, 0, "at most 400 numbers"),
        ({"X": [[1e200]]}, 0, "not larger than a million"),
        ({"X": [[math.nan]]}, 0, "Use numbers that are finite"),
        ({"X": None}, 0, "Still open: X"),
        ({"X": "a"}, 0, "X should be a number such as 3.75, with a decimal point and without quotes; got the text `a`"),
    ],
)
def test_witnesses(part, points, word):
    said = told("8.6", ONE | part)
    assert word in said.message
    assert float(said) == points


# ---------------------------------------------------------------- the raw answer, and the judge


class Torch:
    """As a tensor of PyTorch looks from outside; its values are behind `detach`."""

    def __init__(self, numbers, attached=True):
        self.numbers, self.attached, self.shape = numbers, attached, np.shape(numbers)

    def detach(self):
        return Torch(self.numbers, attached=False)

    def tolist(self):
        if self.attached:
            raise RuntimeError("requires grad")
        return np.asarray(self.numbers).tolist()


def test_a_tensor_is_as_good_as_a_list():
    assert float(told("7.3", Torch([2.06, 0.859, -2.684, -3.56]))) == 4
    assert float(told("8.3", {name: Torch(a) for name, a in RIGHT_C.items()})) == 6
    assert "Do you mean its `.grad` or its `.data`?" in told("8.3", RIGHT_C | {"dW1": bp.Tensor([1.0])}).message


class Hostile:
    def __getattr__(self, name):
        raise RuntimeError("no")

    __str__ = __repr__ = __float__ = __getattr__


endless: list = []
endless.append(endless)

ABSURD = [None, ..., math.nan, math.inf, True, "a", "\ud800", b"x", {1, 2}, {}, [], [[]], {"a": {"b": {}}}, {None: 1}, {"\ud800": 1},
          10**400, 1j, print, int, Hostile(), Hostile, endless, [None], [...] * 6, range(3), np.zeros((1000, 1000)), [[0] * 300] * 300,
          np.array("x"), np.array([None, 1]), np.datetime64("2020"), bp.Value(1.0), bp.values(a=1, b=2), object(), lambda: 1,
          (i for i in [1]), Torch([1.0]), 1e308, -0.0, "7" * 10_000, {"first": 1}, [1, [2, [3]]]]  # fmt: skip


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_the_absurd_never_raises_and_judge_agrees_with_check(exercise):
    for answer in ABSURD:
        said = told(exercise.id, answer)
        sent = said._repr_mimebundle_()[checks.MIME]
        assert set(sent) == {"id", "raw", "variant"}
        assert "Traceback" not in said.message
        assert "Not readable" not in said.message, answer
        text = json.dumps(sent, allow_nan=False, ensure_ascii=False).encode("utf-8").decode()
        again = json.loads(text)
        assert checks.judge(again["id"], again["raw"], again["variant"]) == (float(said), said.message)
        assert len(text) < 400_000


RAW = [*ABSURD[:8], {"runs": 3}, {"runs": []}, {"runs": [{}]}, {"runs": [None] * 4}, {"runs": [{"first": 1, "second": 1}] * 4},
       {"runs": [{"first": {"raised": {}}}]}, {"runs": [{"slow": None}]}, {"named": 3}, {"named": {"X": {}}}, {"text": 3}, {"shape": 3},
       {"is": {}}, ["nan"], ["NaN"], {"named": {"dW1": {"named": {}}}}, [[[[[[[[[[1]]]]]]]]]], 10**400, {"first": None}]  # fmt: skip


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_the_judge_never_raises_whatever_raw_is(exercise):
    for raw in RAW:
        points, message = checks.judge(exercise.id, raw)
        assert isinstance(points, float)
        assert 0 <= points < exercise.points, raw
        assert isinstance(message, str)


@pytest.mark.parametrize(("id", "variant"), [(None, "book"), ([], "book"), ("7.99", "book"), ("7.3", None), ("7.3", ""), ("7.3", "\ud800"),
                                             ("base.1", "book"), ({}, 3), ("\N{ARABIC-INDIC DIGIT SEVEN}.1", "book")])  # fmt: skip
def test_the_judge_takes_no_id_and_no_variant_for_granted(id, variant):
    assert checks.judge(id, [1, 2, 3, 4], variant)[0] == 0


def test_the_judge_in_another_process_says_the_same():
    exercise = EXERCISES["8.5"]
    sent = [told(id, answer).answer for id, answer in [("7.3", [1.0, 2, 3, 4]), ("7.7", "b"), ("8.3", RIGHT_C),
            ("8.5", as_function(exercise, exercise.solve)), ("8.6", ONE | {"first": "dZ1"}), ("7.12", print)]]  # fmt: skip
    here = [list(checks.judge(**one)) for one in sent]
    code = "import sys, json; from bplib.checking.check import judge; print(json.dumps([judge(**a) for a in json.load(sys.stdin)]))"
    done = subprocess.run(
        [sys.executable, "-c", code], input=json.dumps(sent), capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == here


def test_a_patched_check_gains_nothing():
    """What leaves the notebook is the answer, not the mark."""
    score = bp.check("7.2", 1.0)
    score.message, forged = "**Right.**", checks.Score(1, "**Right.** (1 point)", score.answer)
    assert checks.judge(**forged.answer)[0] == 0


def test_slips_can_be_counted():
    assert checks.verdict("7.3", [11.108, 4.628, -2.684, -3.56]).slips == ("no-activation-slope",)
    assert "indices-swapped" in checks.verdict("8.3", {"named": {"dW1": RIGHT_C["dW1"].T.tolist()}}).slips
    assert checks.verdict("8.4", told("8.4", keeping()).answer["raw"]).slips == ("gradients-not-reset",)


def test_a_choice_can_name_its_slips():
    choice = Choice("99.1", "t", 1, "o", choose=lambda rng: ("?", "a", {"b": ("no: x", "z-for-a"), "c": "no"}))
    assert choice.judge("b").slips == ("z-for-a",)
    assert choice.judge("b").message() == "**Not option b:** no: x."
    assert choice.judge("c").slips == ()


def test_raw_forms():
    assert to_json([1, 2.5, math.nan, -math.inf, None, ...]) == [1.0, 2.5, "nan", "-inf", None, None]
    assert to_json({"a": (1,)}) == {"named": {"a": [1.0]}}
    assert to_json(0.1 + 0.2) == 0.3
    assert to_json(np.zeros((1000, 1000))) == {"shape": [1000, 1000]}
    assert to_json([0] * (LIMIT + 1)) == {"is": f"list of more than {LIMIT} entries"}
    assert to_json(print) == {"is": "builtin_function_or_method `<built-in function print>`"}
    assert "0x" not in json.dumps(to_json(object()))


# ---------------------------------------------------------------- variants


def test_variants_are_pinned():
    """A change here would give every learner new numbers in the middle of a course."""
    assert EXERCISES["8.3"].numbers("ada") == {
        "X": [[3.0, 3.0], [2.0, 3.0], [-1.0, 3.0]], "W1": [[-1.5, 0.6], [1.1, 1.4]], "b1": [0.4, -0.1],
        "W2": [[1.5, 2.0], [-0.5, -0.5]], "b2": [-0.1, 0.3], "T": [[-3.65, -1.45], [-3.2, -1.55], [6.55, 9.55]],
    }  # fmt: skip
    assert EXERCISES["7.9"].lines(EXERCISES["7.9"].rng_for("ada"))[1] == 6
    assert EXERCISES["7.10"].lettered("ada") == {"a": 5, "b": 3, "c": 2, "d": 0, "e": 6, "f": 1, "g": 4}
    assert EXERCISES["8.1"].shapes(EXERCISES["8.1"].rng_for("ada"))[1]["dW1"] == (7, 5)
    assert EXERCISES["7.11"].choose(EXERCISES["7.11"].rng_for("ada"))[1] == "cde"
    assert EXERCISES["7.12"].numbers("ada")["cases"][0][0] == pytest.approx(1.3744586357846855, rel=1e-15)
    assert EXERCISES["8.4"].numbers("ada")["cases"][0][0][0].tolist() == [3.0, 2.0, -1.5]


@pytest.mark.parametrize("exercise", [e for e in ALL if isinstance(e, Arrays | ByHand | Functions)], ids=lambda e: e.id)
def test_the_same_token_gives_the_same_numbers_in_another_process(exercise):
    code = f"from bplib.checking import answers, entry; e = entry({exercise.id!r}); print(answers.to_json(e.numbers('ada')))"
    env = os.environ | {"PYTHONHASHSEED": "7"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.strip() == str(to_json(exercise.numbers("ada")))


TOKENS = ["a", "ada", "variant-0/7.3", "Zoë/8.3", "\N{SNOWMAN}", "x" * 100]


def test_the_page_draws_the_same_numbers(tmp_path, monkeypatch):
    """bplib/rng.py, and the rng.js that figures carry."""
    source = Path(bp.__file__).with_name("explore") / "_shared" / "rng.js"
    monkeypatch.setattr("bplib.explore.module", lambda name: source.read_text("utf-8"))
    script = """
    out(data.map((token) => {
      const d = m.draw(token);
      return [d.bits(), d.uniform(-1, 3), d.whole(-5, 5), d.pick([2, 3, 5, 7]), d.normal(), d.shuffled([1, 2, 3, 4, 5, 6])];
    }));
    """
    drawn = in_node(tmp_path, script, TOKENS, name="draw")
    for token, (bits, uniform, whole, pick, normal, shuffled) in zip(TOKENS, drawn, strict=True):
        d = Rng(token)
        assert (d.bits(), d.uniform(-1, 3), d.whole(-5, 5), d.pick([2, 3, 5, 7])) == (bits, uniform, whole, pick)
        assert d.normal() == pytest.approx(normal, rel=1e-12)
        assert d.shuffled([1, 2, 3, 4, 5, 6]) == shuffled


@of_kind(Witness)
def test_a_witness_says_what_to_try(exercise):
    assert exercise.hint
    assert exercise.bug[0].slug in SLIPS
