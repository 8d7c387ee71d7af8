"""Wrong answers that people give in chapters 1, 4, 5 and 18 and in the bug clinic, worked out here with pencil formulas, and what they are told."""

import math

import numpy as np
import pytest

import bplib as bp
from bplib.checking import EXERCISES
from bplib.checking import check as checks

VARIANTS = ["book", *[f"practice-{i}" for i in range(200)]]


@pytest.fixture(autouse=True)
def _fresh_session():
    checks._Session.variant, checks._Session.tries = "book", {}
    yield
    checks._Session.variant, checks._Session.tries = "book", {}


def told(id, answer):
    """The message, and the slugs of the mistakes that it names."""
    said = bp.check(id, answer, tell=True)
    return said, checks.verdict(said.answer["id"], said.answer["raw"], "book").slips


# ---------------------------------------------------------------- counts

P, W = 911, 888  # of 64-12-8-3: parameters, weights


@pytest.mark.parametrize(("counts", "words"), [
    ([P, 2 * P, 2 * P], ["without a nudge is counted afresh for each parameter"]),
    ([P, P + 1, 2 * P + 2], ["all doubled"]),
    ([P, 2, 2], ["nudged in the same run"]),
    ([P, W + 1, 2 * W], ["only the weights are nudged"]),
    ([W + 3, W + 4, 2 * W + 6], ["each layer of neurons is given one bias"]),
    ([W + 64 + 12 + 8, W + 64 + 12 + 9, 2 * (W + 64 + 12 + 8)], ["counted with the layer before"]),
    ([P - 3, P - 2, 2 * P - 6], ["the last layer is left without its biases"]),
    ([64 * 12 + 12 + 12 * 8 + 8, 885, 1768], ["the last layer is left out altogether"]),
    ([87, 88, 174], ["the numbers in the layers are counted"]),
    ([W, W, 2 * W], ["the biases are left out", "the run without any nudge is not counted"]),
    ([P + 64, P + 65, 2 * (P + 64) + 1], ["the inputs are given biases too", "counted for nudging to both sides as well"]),
])  # fmt: skip
def test_counting_parameters_and_runs(counts, words):
    said, slips = told("1.1", counts)
    assert len(slips) == 1
    assert all(word in said.message for word in words), said.message


@pytest.mark.parametrize(("count", "word"), [
    (30 * 7 + 7 * 5 + 2, "each layer of neurons is given one bias"), (30 * 7 + 7 + 7 * 5, "the last layer is left without"),
    (30 * 7 + 7 * 5 + 5, "the first layer of neurons is left without"), (30 * 7 + 7, "the last layer is left out"),
    (42, "the numbers in the layers"), (12, "one parameter is counted for each neuron"), (258, "runs of nudging to one side"),
    (514, "counted twice"), (30 * 7 * 5 + 12, "the sizes of all layers are multiplied with one another, and the biases added"),
])  # fmt: skip
def test_counting_parameters_once_more(count, word):
    said, slips = told("5.8", count)
    assert word in said.message
    assert len(slips) == 1


@pytest.mark.parametrize(("paths", "edges", "words"), [
    (60, 60 * 4, ["once for each path that uses them"]), (60, 4, ["the edges of one path"]),
    (60, 4 + 20 + 15, ["into the last node are left out"]), (60, 20 + 15 + 3, ["out of the first node are left out"]),
    (60, 20 + 15, ["only the edges between inner layers"]), (60, 84, ["once for each direction"]), (60, 13, ["for each node but"]),
    (4 * 20 * 15 * 3, 42, ["numbers of edges between the layers are multiplied"]), (4 * 5 + 5 * 3, 42, ["the products added"]),
    (20, 42, ["the last inner layer is left out"]), (12, 300, ["are added, not multiplied", "once for each path that visits them"]),
    (3600, 3600, ["where the numbers of nodes belong", "the edges of the layers are multiplied"]),
])  # fmt: skip
def test_counting_paths_and_edges(paths, edges, words):
    said, slips = told("5.2", {"paths": paths, "edges": edges})
    assert len(slips) == 1
    assert all(word in said.message for word in words), said.message


# ---------------------------------------------------------------- numbers


def taxi(w1, w2):
    return (w2 * w1 * 3.0 - 5.5) ** 2


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


E = 2 * (1.6 * 0.7 * 3.0 - 5.5)  # the slope of the taxi's loss with respect to the fare
S = sigmoid(-1.18)
T = math.tanh(-0.9)


@pytest.mark.parametrize(("id", "answer", "word"), [
    ("1.2", [(taxi(0.71, 1.6) - taxi(0.69, 1.6)) / 0.01, (taxi(0.7, 1.61) - taxi(0.7, 1.59)) / 0.01], "divided by one nudge"),
    ("1.2", [taxi(0.71, 1.6) - taxi(0.69, 1.6), taxi(0.7, 1.61) - taxi(0.7, 1.59)], "is not divided by anything"),
    ("1.2", [(taxi(0.7, 1.6) - taxi(0.69, 1.6)) / 0.01, (taxi(0.7, 1.6) - taxi(0.7, 1.59)) / 0.01], "down by 0.01"),
    ("1.2", [(taxi(0.71, 1.61) - taxi(0.69, 1.59)) / 0.02] * 2, "nudged at the same time"),
    ("1.2", [E * 1.6 * 3.0, E * 3.0], "where the litres belong"),
    ("1.2", [E * 3.0, E * 2.1], "goes straight from the fare to the litres"),
    ("1.2", [E * 1.6 * 3.0, E * 0.7], "by $w_1$ alone"),
    ("4.1", [1 - S, 2 * (1 - S - 0.8) * S * (1 - S) * 2.4, 2 * (1 - S - 0.8) * S * (1 - S)], "exponent is lost"),
    ("4.1", [S, S * (1 - S) * 2.4, S * (1 - S)], "the rates are those of $a$"),
    ("4.1", [S, 2 * (S - 0.8) * S * (1 - S) * 2.4, 2 * (S - 0.8) * S * (1 - S) * 2.4], "the slope of the bias is multiplied by $x$"),
    ("4.1", [S, 2 * (S - 0.8) ** 2 * S * (1 - S) * 2.4, 2 * (S - 0.8) ** 2 * S * (1 - S)], "the square is kept"),
    ("5.7", [2 * (T - 0.8) * (1 - T * T) * (2.6 + 0.4), 2 * (T - 0.8) * (1 - T * T)], "the bias is kept in the rate of $w$"),
    ("5.7", [2 * (sigmoid(-0.9) - 0.8) * sigmoid(-0.9) * sigmoid(0.9) * x for x in (2.6, 1)], "the sigmoid is taken for tanh"),
    ("5.7", [(2 * (math.tanh(1.7) - 0.8)) * (1 - math.tanh(1.7) ** 2) * x for x in (2.6, 1)], "without its minus sign on the way forward"),
    ("4.4", [4 * 3.65**-0.5, 4 * -0.5 * 3.65**0.5 * 3], "raised by 1"),
    ("4.4", [4 * 3.65**0.5, 4 * 0.5 * 3.65**-0.5 * 3], "read as the root"),
    ("4.4", [4 * 3.65**-0.5, 4 * 0.5 * 3.65**-0.5 * 3], "that of the root of u"),
    ("4.4", [4 * 3.65**-0.5, 4 * -0.5 * 3.65**-1.5 * 1.5**2], "$x^2$ itself stands"),
    ("4.4", [4 * 3.65**-0.5, 4 * 0.5 * 3.65**-1.5], "two slips come together"),
    ("4.4", [4 * 3.65**-0.5, -4 * 1.5**-2], "left out of the place"),
    ("4.4", [4 / 2.9, -4 / 2.9**2], "$k$ is added before squaring"),
    ("5.1", [2 * -0.8 * 0.8 + 2 * (1.4 * 1.5 - 0.3) * 1.4, (2 * -0.8 * 0.8 + 2 * 1.8 * 1.4) * 2.5], "throughout, or $y_2$ is added"),
    ("5.1", [2 * -0.8 * 0.8 - 2 * -2.4 * -1.4, (2 * -0.8 * 0.8 - 2 * -2.4 * -1.4) * 2.5], "subtracted, not added, or $c_2$"),
    ("5.1", [2 * (-0.8 - 2.4) * (0.8 - 1.4), 2 * (-0.8 - 2.4) * (0.8 - 1.4) * 2.5], "the two sums are multiplied"),
])  # fmt: skip
def test_numbers_by_hand(id, answer, word):
    said, slips = told(id, [round(x, 3) for x in answer])
    assert word in said.message, said.message
    assert len(slips) == 1


def test_twice_x_is_not_its_square_in_any_variant():
    """At x = 2 a slip would earn full marks, and near it, nobody could tell."""
    for variant in VARIANTS:
        bp.variant(variant)
        n = EXERCISES["4.4"].numbers(variant)
        u = n["x"] ** 2 + n["k"]
        said = bp.check("4.4", [n["c"] * u**-0.5, n["c"] * -0.5 * u**-1.5 * n["x"] ** 2], tell=True)
        assert "$x^2$ itself stands" in said.message, (variant, n)


@pytest.mark.parametrize(("id", "low"), [("4.1", 0), ("5.7", -1), ("7.14", 0)])
def test_targets_can_be_reached(id, low):
    """A sigmoid's between 0 and 1, a tanh's between -1 and 1."""
    assert all(low < EXERCISES[id].numbers(variant)["y"] < 1 for variant in VARIANTS)


# ---------------------------------------------------------------- functions


def nudging(loss, h=1e-5, over=None, take=lambda up, dn: up - dn):
    def slopes(w, X, t):
        found = []
        for i in range(len(w)):
            up, dn = w.copy(), w.copy()
            up[i] += h
            dn[i] -= h
            found.append(take(loss(up, X, t), loss(dn, X, t)) / (over or 2 * h))
        return np.array(found)

    return slopes


def loss(w, X, t):
    return ((X @ w - t) ** 2).sum()


def not_copied(w, X, t):
    found, h = [], 1e-5
    for i in range(len(w)):
        up = dn = w
        up[i] += h
        dn[i] -= h
        found.append((loss(up, X, t) - loss(dn, X, t)) / (2 * h))
    return found


def not_put_back(w, X, t):
    w, found, h = w.copy(), [], 0.01
    for i in range(len(w)):
        w[i] += h
        up = loss(w, X, t)
        w[i] -= 2 * h
        found.append((up - loss(w, X, t)) / (2 * h))
    return found


def one_side(w, X, t, h=0.01):
    return [(loss(w + h * e, X, t) - loss(w, X, t)) / h for e in np.eye(len(w))]


@pytest.mark.parametrize(("function", "word"), [
    (not_copied, "up and down are the same array"), (not_put_back, "not put back"), (one_side, "to one side only"),
    (nudging(loss, over=2 / 1e-5), "`/ 2 * h`"), (nudging(loss, h=1e-17), "lost in the rounding"),
    (nudging(loss, h=0.01, over=2), "divided by 2 where"), (nudging(lambda w, X, t: (X @ w - t) ** 2), "not added up"), (nudging(loss, take=lambda up, dn: dn - up), "subtracted from the lower one"),
    (nudging(lambda w, X, t: ((X @ w - t) ** 2).mean()), "the mean of the squared errors"),
    (nudging(lambda w, X, t: np.abs(X @ w - t).sum()), "the sizes of the errors"),
    (nudging(lambda w, X, t: (X @ w - t).sum() ** 2, over=1e-5), "two slips come together: the errors are added up first"),
    (lambda w, X, t: nudging(loss)(w, X, t)[:1], "only the slope of the first entry"),
    (lambda w, X, t: X.T @ (X @ w - t), "a nudge to one side is divided by 2h"),
])  # fmt: skip
def test_nudging_programs(function, word):
    said, slips = told("1.5", function)
    assert word in said.message, said.message
    assert len(slips) == 1


def put_back(w, X, t, h=0.003):
    """Rounding may leave the last digit of an entry another one."""
    found = []
    for i in range(len(w)):
        w[i] += h
        up = loss(w, X, t)
        w[i] -= 2 * h
        found.append((up - loss(w, X, t)) / (2 * h))
        w[i] += h
    return found


@pytest.mark.parametrize("function", [put_back, nudging(loss), nudging(loss, h=0.1)])
def test_nudging_programs_that_are_right(function):
    for variant in VARIANTS[:20]:
        bp.variant(variant)
        assert float(bp.check("1.5", function)) == 3, variant


@pytest.mark.parametrize(("function", "words"), [
    (lambda x, k: (1 - np.tanh(k * x**2) ** 2) * 2 * x, ["the factor k is left out"]),
    (lambda x, k: (1 - np.tanh(k * x**2) ** 2) * k * x**2, ["k x², stands where its rate belongs"]),
    (lambda x, k: (1 - np.tanh(k * x**2)) * 2 * k * x, ["without the square"]),
    (lambda x, k: np.tanh(k * x**2) * (1 - np.tanh(k * x**2)) * 2 * k * x, ["a(1 - a), is taken for that of tanh"]),
    (lambda x, k: (1 - (k * x**2) ** 2) * 2 * k * x, ["what goes into tanh stands in the formula"]),
    (lambda x, k: 1 - np.tanh(2 * k * x) ** 2, ["is put into tanh"]),
    (lambda x, k: 1 - np.tanh(k * x**2) ** 2 * 2 * k * x, ["a pair of brackets"]),
    (lambda x, k: np.tanh(k * x**2) * 2 * k * x, ["the value of tanh stands where its slope belongs"]),
    (lambda x, k: (1 - np.tanh((k * x) ** 2)) * 2 * k * x, ["(k x)²", "tanh is not squared"]),
    (lambda x, k: np.tanh(k * x**2) * k * x, ["the value of tanh stands", "the 2 is left out"]),
    (lambda x, k: (1 - np.tanh(k * x**2) ** 2) * x**2, ["with respect to k"]),
    (lambda x, k: 2 * k * x, ["the slope of tanh is left out"]),
])  # fmt: skip
def test_rates_as_programs(function, words):
    said, slips = told("4.6", function)
    assert len(slips) == 1
    assert all(word in said.message for word in words), said.message


def gate(dz=lambda a, z, s: a + z * s, db=lambda a, z, s: z * s, slope=lambda a: 1 - a * a, factor=lambda x, w: x):
    def slopes(x, w, b):
        z = w * x
        a = np.tanh(z + b)
        return dz(a, z, slope(a)) * factor(x, w), db(a, z, slope(a))

    return slopes


@pytest.mark.parametrize(("function", "words"), [
    (gate(db=lambda a, z, s: s), ["the factor z is left out of the slope of b"]),
    (gate(dz=lambda a, z, s: a + s), ["the factor z is left out of the path through tanh"]),
    (gate(factor=lambda x, w: 1), ["without the factor x"]),
    (lambda x, w, b: (np.tanh(w * x + b) + w * x * gate()(x, w, b)[1] / w, gate()(x, w, b)[1]), ["left out of the direct path"]),
    (gate(dz=lambda a, z, s: a * z * s), ["is multiplied, not added"]),
    (gate(slope=lambda a: a * (1 - a)), ["the slope of the sigmoid"]),
    (gate(dz=lambda a, z, s: s, db=lambda a, z, s: s), ["the slopes are those of a, not of o"]),
    (gate(dz=lambda a, z, s: z * s, db=lambda a, z, s: s), ["only the path through tanh", "left out of the slope of b"]),
    (gate(dz=lambda a, z, s: a, db=lambda a, z, s: 0), ["only the factor z is followed", "taken as 0"]),
    (gate(db=lambda a, z, s: s, slope=lambda a: 1 - a), ["without the square", "left out of the slope of b"]),
])  # fmt: skip
def test_fan_out_as_a_program(function, words):
    said, slips = told("5.5", function)
    assert len(slips) == 1
    assert all(word in said.message for word in words), said.message


# ---------------------------------------------------------------- depth, and the bug clinic


@pytest.mark.parametrize("share", [1.4, 1.38])
def test_a_share_that_is_given_in_percent(share):
    said, _ = told("18.1", {"share left": share, "layers": 20})
    assert "given in percent" in said.message


@pytest.mark.parametrize(("line", "words"), [
    (8, "Line 8 is right: nothing is wrong with the inputs."),
    (5, "Line 5 is wrong, but not the first: "),
    (1, "Line 1 is wrong, but not the first: "),
])  # fmt: skip
def test_a_line_that_is_wrong_but_not_the_first_is_not_called_right(line, words):
    said, _ = told("18.4", line)
    assert words in said.message


def test_no_other_right_line_is_called_wrong():
    found = []
    for id in (*[f"clinic.{n}" for n in range(1, 9)], "4.5", "5.4", "7.9"):
        _, _, words, _ = EXERCISES[id].lines(None)
        found += [(id, line) for line, word in words.items() if word.startswith("wrong")]
    assert not found


def softmax_network(X, T, W1, b1, W2, b2, W3, b3):
    """clinic.22, without the division by the number of examples."""
    A1 = np.tanh(X @ W1 + b1)
    A2 = np.tanh(A1 @ W2 + b2)
    E = np.exp(A2 @ W3 + b3)
    dZ3 = E / E.sum(axis=1, keepdims=True) - T
    dZ2 = dZ3 @ W3.T * (1 - A2**2)
    dZ1 = dZ2 @ W2.T * (1 - A1**2)
    return {"db3": dZ3.sum(axis=0), "dW3": A2.T @ dZ3, "db2": dZ2.sum(axis=0), "dW2": A1.T @ dZ2,
            "db1": dZ1.sum(axis=0), "dW1": X.T @ dZ1}  # fmt: skip


def shared_matrix(X, T, W1, b1, V, W2, b2):
    """clinic.23, with the mean of what the two uses of V give."""
    A1 = np.tanh(X @ W1 + b1)
    A2 = np.tanh(A1 @ V)
    A3 = np.tanh(A2 @ V)
    dY = 2 * (A3 @ W2 + b2 - T) / T.size
    dZ3 = dY @ W2.T * (1 - A3**2)
    dZ2 = dZ3 @ V.T * (1 - A2**2)
    dZ1 = dZ2 @ V.T * (1 - A1**2)
    return {"db2": dY.sum(axis=0), "dW2": A3.T @ dY, "dV": (A2.T @ dZ3 + A1.T @ dZ2) / 2,
            "db1": dZ1.sum(axis=0), "dW1": X.T @ dZ1}  # fmt: skip


@pytest.mark.parametrize(("id", "answer", "words"), [
    ("clinic.22", softmax_network, "all six gradients are N times too large"),
    ("clinic.23", shared_matrix, "dV is the mean of what its two uses give"),
])  # fmt: skip
def test_a_backward_pass_that_averages_wrongly(id, answer, words):
    said, _ = told(id, answer)
    assert words in said.message
