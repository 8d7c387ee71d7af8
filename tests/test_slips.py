"""Mistakes on arrays: each held against numbers worked out before it was written, and against the catalogue's rows."""

import re
from pathlib import Path

import numpy as np
import pytest

import bplib as bp
from bplib.exercises.shared.combined import alone_and_together
from bplib.mistakes import Mistake
from bplib.mistakes.array_programs import PROGRAMS, central_difference, convolution, linear, network
from bplib.mistakes.arrays import SLIPS, slips_of
from bplib.mistakes.scalar import MISTAKES, true_outcome
from bplib.nn.data import TRACE_C

ROOT = Path(__file__).resolve().parent.parent
BATCH = {"X": [[1, 2], [3, 4]], "W": [[1, 2], [3, 5]], "b": [0, 0], "dY": [[0.1, 0.5], [0.3, -0.2]]}
LOGITS, CLASS_0 = [[2.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]
LINE = {"X": [[1.0], [3.0]], "w": [0.5], "b": 0.0, "T": [1.0, 3.0], "lr": 0.1, "limit": 100.0}

# Program, its inputs, and what they give: (quantity, right, wrong). Worked out by hand, on trace C with dZ2 = (Z2 - T) / 3.
BY_HAND = [
    ("transpose-missing", BATCH, "dW", [[1, -0.1], [1.4, 0.2]], [[0.7, 0.1], [1.5, 0.7]]),
    ("no-activation-slope", TRACE_C, "db1", [-1.0, 1.14], [-1.0, 1.7]),
    ("no-factor-two", TRACE_C, "db2", [-0.5, 0.8], [-0.25, 0.4]),
    ("sign-of-error", TRACE_C, "db2", [-0.5, 0.8], [0.5, -0.8]),
    ("updated-weight", TRACE_C, "dA1", [[-0.52, 0.86], [-0.22, 0.56], [-0.26, 0.28]],
     [[-0.602, 0.788], [-0.2203, 0.5604], [-0.3273, 0.2204]]),
    ("no-bias-gradient", TRACE_C, "db2", [-0.5, 0.8], [0, 0]),
    ("weight-not-transposed", TRACE_C, "dA1", [[-0.52, 0.86], [-0.22, 0.56], [-0.26, 0.28]],
     [[-0.2, 1.1], [0.02, 0.4], [-0.18, 0.6]]),
    ("indices-swapped", TRACE_C, "dW1", [[-0.82, 1.42], [-0.27, -0.72]], [[-0.82, -0.27], [1.42, -0.72]]),
    ("transpose-of-vector", {"x": [1, 2], "W": np.eye(2), "dy": [3, 5]}, "dW", [[3, 5], [6, 10]], 13),
    ("bias-averaged", TRACE_C, "db2", [-0.5, 0.8], [-0.5 / 3, 0.8 / 3]),
    ("bias-summed-over-all", TRACE_C, "db2", [-0.5, 0.8], [0.3, 0.3]),
    ("mean-twice", TRACE_C, "db2", [-0.5, 0.8], [-0.5 / 3, 0.8 / 3]),
    ("mean-never", TRACE_C, "db2", [-0.5, 0.8], [-3.0, 4.8]),
    ("mean-over-examples-only", TRACE_C, "db2", [-0.5, 0.8], [-1.0, 1.6]),
    ("last-example-only", TRACE_C, "dW2", [[-1.44, 0.97], [-1.28, 0.84]], [[-1.4, 0.35], [-0.8, 0.2]]),
    ("mask-of-next-layer", TRACE_C, "db1", [-1.0, 1.14], [-0.26, 1.14]),
    ("elementwise-for-product", TRACE_C, "dW2", [[-1.44, 0.97], [-1.28, 0.84]], [[-0.24, 0.64], [0.2, 0], [-1.4, 0.2]]),
    ("delta-not-through-weights", TRACE_C, "db1", [-1.0, 1.14], [-0.5, 0.5]),
    ("softmax-diagonal", {"Z": LOGITS, "T": CLASS_0}, "dZ", [[-0.335, 0.245, 0.090]], [[-0.335, 0, 0]]),
    ("softmax-slope-twice", {"Z": LOGITS, "T": CLASS_0}, "dZ", [[-0.335, 0.245, 0.090]], [[-0.075, 0.045, 0.007]]),
    ("softmax-twice", {"Z": LOGITS, "T": CLASS_0}, "L", 0.408, 0.797),
    ("batch-not-averaged", {"Z": LOGITS * 2, "T": CLASS_0 * 2}, "dZ", [[-0.167, 0.122, 0.045]] * 2,
     [[-0.335, 0.245, 0.090]] * 2),
    ("delta-of-other-loss", {"Z": [[0.0]], "T": [[1.0]]}, "dZ", [[-0.25]], [[-0.5]]),
    ("no-output-slope", {"Z": [[0.0]], "T": [[1.0]]}, "dZ", [[-0.25]], [[-1.0]]),
    ("broadcast-error", {"Y": [1, 2, 3], "T": [1, 2, 3]}, "L", 0, 1.333),
    ("exp-slope-is-x", {"x": [0.0, 1.0], "dy": [1.0, 1.0]}, "dx", [1, 2.718], [0, 1]),
    ("mask-forgotten", {"X": [[1, 2]], "mask": [[0, 2]], "dY": [[3, 4]]}, "dX", [[0, 8]], [[3, 4]]),
    ("pool-to-first", {"X": [[1, 2], [4, 3]], "dY": [[5]]}, "dX", [[0, 0], [5, 0]], [[5, 0], [0, 0]]),
    ("kernel-not-turned", {"X": np.zeros((2, 2)), "K": [[1, 2]], "dY": [[1], [3]]}, "dX", [[1, 2], [3, 6]],
     [[2, 1], [6, 3]]),
    # Y - T is -0.5, -1.5: dw = -5, db = -2; w 1, b 0.2: errors 0.2, 0.2: dw 0.8, db 0.4
    ("gradients-not-reset", LINE, "dw after 1", [0.8], [-4.2]),
    ("bias-never-updated", LINE, "b1", 0.2, 0),
    ("steps-uphill", LINE, "w1", [1.0], [0.0]),
    ("value-clipped", LINE | {"limit": 0.7}, "b1", 0.1 * 0.7 * 2 / 29**0.5, 0.2),
    ("zero-initialisation", {"X": [[1.0]], "W1": [[0.5, 1]], "W2": [[1.0], [1.0]], "T": [[0.0]], "lr": 0.0}, "W1",
     [[0.5, 1.0]], [[0, 0]]),
    ("output-nudged-for-loss", {"f": lambda w: 2 * w, "loss": lambda y: y**2, "w": 3.0}, "slope", 24, 2),
    ("nudge-too-small", {"f": lambda w: w, "loss": lambda y: y**3, "w": 1.0}, "slope", 3, 3.576),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "inputs", "name", "right", "wrong"), BY_HAND, ids=[row[0] for row in BY_HAND])
def test_by_hand(slug, inputs, name, right, wrong):
    mistake = SLIPS[slug]
    assert PROGRAMS[mistake.on](**inputs)[name] == pytest.approx(np.array(right), abs=6e-4)
    assert mistake.run(**inputs)[name] == pytest.approx(np.array(wrong), abs=6e-4)


def test_the_slope_at_a_on_a_sigmoid():
    """One unit: z = 0, a = 0.5: the slope at z is 0.25, at a it is sigmoid(0.5) times 1 minus that, 0.235."""
    net = {"X": [[1.0]], "W1": [[0.0]], "b1": [0.0], "W2": [[1.0]], "b2": [0.0], "T": [[0.0]], "activation": "sigmoid"}
    assert network(**net)["dZ1"].item() == pytest.approx(0.25)
    assert SLIPS["slope-at-a"].run(**net)["dZ1"].item() == pytest.approx(0.235, abs=5e-4)


def test_relu_at_zero_differs_only_at_zero():
    net = {"X": [[1.0]], "W1": [[0.5]], "b1": [-0.5], "W2": [[1.0]], "b2": [1.0], "T": [[0.0]]}
    assert network(**net)["dZ1"].item() == 0
    assert SLIPS["relu-at-zero"].run(**net)["dZ1"].item() == 2
    run = SLIPS["relu-at-zero"].run(**TRACE_C)
    assert all(np.array_equal(v, run[k]) for k, v in network(**TRACE_C).items())


def test_ones_forgive_a_transpose_that_is_missing():
    """Y = X.T: the right backward pass is dY.T. With ones, dY itself is as good."""
    given = {"backward": lambda X, dY: dY, "truth": lambda X, dY: dY.T, "X": np.eye(2), "dY": [[1, 2], [3, 4]]}
    assert PROGRAMS["gradient check"](**given)["difference"] == 1
    assert SLIPS["all-ones-upstream"].run(**given)["difference"] == 0


def test_visited_too_early():
    """b = 2a, d = 3b, L = b + d: 8; b hands on before d has paid in: 2. And a, b = a + a, c = b + b is right either way."""
    (a,) = bp.values(a=1.0)
    b = a * 2.0
    loss = b + b * 3.0
    assert true_outcome(loss).grads[a] == 8
    assert SLIPS["no-topological-order"].run(loss, 0.1).grads[a] == 2


def test_the_right_programs_agree_with_the_layers():
    rng = np.random.default_rng(0)
    X, W, b, dY = rng.normal(size=(5, 3)), rng.normal(size=(3, 4)), rng.normal(size=4), rng.normal(size=(5, 4))
    layer = bp.Linear(3, 4, rng=rng)
    layer.W[...], layer.b[...] = W, b
    out = linear(X, W, b, dY)
    assert np.allclose(layer.forward(X), out["Y"])
    assert np.allclose(layer.backward(dY), out["dX"])
    assert np.allclose(layer.dW, out["dW"])
    assert np.allclose(layer.db, out["db"])
    loss, Z, T = bp.CrossEntropy(), rng.normal(size=(4, 3)), np.eye(3)[[0, 2, 1, 1]]
    ours = PROGRAMS["cross-entropy"](Z, T)
    assert loss.forward(Z, T) == pytest.approx(ours["L"])
    assert np.allclose(loss.backward(), ours["dZ"])
    K, dY = rng.normal(size=(2, 3)), rng.normal(size=(4, 2))
    X = rng.normal(size=(5, 4))
    ours, x, k = convolution(X, K, dY), bp.Tensor(X[None, None]), bp.Tensor(K[None, None])
    y = bp.conv2d(x, k)
    dx, dk = bp.grad((y * dY[None, None]).sum(), [x, k])
    assert np.allclose(y.data[0, 0], ours["Y"])
    assert np.allclose(dx.data[0, 0], ours["dX"])
    assert np.allclose(dk.data[0, 0], ours["dK"])


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_the_network_agrees_with_central_differences(activation):
    rng = np.random.default_rng(3)
    net = {"X": rng.normal(size=(5, 3)), "W1": rng.normal(size=(3, 4)), "b1": rng.normal(size=4),
           "W2": rng.normal(size=(4, 2)), "b2": rng.normal(size=2), "T": rng.normal(size=(5, 2))}  # fmt: skip
    out = network(**net, activation=activation)
    for name in ("W1", "b1", "W2", "b2"):
        nudge = rng.normal(size=net[name].shape)
        slope = central_difference(
            lambda t, name=name, nudge=nudge: network(**net | {name: net[name] + t * nudge}, activation=activation)["L"],
            lambda loss: loss, 0.0,
        )["slope"]  # fmt: skip
        assert slope == pytest.approx(np.sum(out["d" + name] * nudge), rel=1e-6)


def test_slips_of_a_program():
    assert {on for name in PROGRAMS for on in {m.on for m, _ in slips_of(name)}} == set(PROGRAMS)
    with pytest.raises(KeyError, match="network"):
        slips_of("netwrk")


# Row of the catalogue (MISTAKES.md) -> the programs that make that mistake. 5, 38 and 41 are beliefs, and quiz items.
ROWS = {
    1: "first-path-only", 2: "one-path-only last-example-only", 3: "no-topological-order", 4: "gradients-not-reset",
    6: "updated-weight", 7: "no-activation-slope", 8: "no-output-slope", 9: "slope-at-a", 10: "other-activations-slope",
    11: "transpose-missing indices-swapped weight-not-transposed", 12: "transpose-of-vector", 13: "bias-averaged",
    14: "bias-summed-over-all", 15: "bias-never-updated", 16: "bias-times-b no-bias-gradient", 17: "mean-twice mean-never",
    18: "no-factor-two half-loss", 19: "sign-of-error steps-uphill", 20: "loss-for-its-slope", 21: "z-for-a",
    22: "layer-off-by-one", 23: "wrong-weight-back no-weight-back", "23b": "input-forgotten", 24: "factors-added",
    25: "softmax-diagonal", 26: "softmax-slope-twice", 27: "softmax-twice", 28: "delta-of-other-loss",
    29: "broadcast-error", 30: "exp-slope-is-x", 31: "relu-at-zero", 32: "mask-forgotten", 33: "pool-to-first",
    34: "kernel-not-turned", 35: "output-nudged-for-loss", 36: "nudge-too-small", 37: "all-ones-upstream",
    39: "zero-initialisation", 40: "value-clipped",
}  # fmt: skip


# One line of a learner's program, and what stands there when the slip is made: written as people write it, and run as it is.
PLAIN = """\
Z1 = X @ W1 + b1
A1 = np.maximum(Z1, 0)
Z2 = A1 @ W2 + b2
dZ2 = 2 * (Z2 - T) / 6
dW2 = A1.T @ dZ2
db2 = dZ2.sum(axis=0)
dA1 = dZ2 @ W2.T
dZ1 = dA1 * (Z1 > 0)
dW1 = X.T @ dZ1
db1 = dZ1.sum(axis=0)
"""
BY_LINE = {
    "bias-forgotten-forward": ["Z1 = X @ W1", "Z2 = A1 @ W2"],
    "first-bias-forgotten": ["Z1 = X @ W1"],
    "second-bias-forgotten": ["Z2 = A1 @ W2"],
    "biases-exchanged": ["Z1 = X @ W1 + b2", "Z2 = A1 @ W2 + b1"],
    "bias-subtracted": ["Z1 = X @ W1 - b1", "Z2 = A1 @ W2 - b2"],
    "bias-in-first-row": ["Z1 = X @ W1; Z1[0] += b1", "Z2 = A1 @ W2; Z2[0] += b2"],
    "weights-exchanged": ["Z1 = X @ W2 + b1", "Z2 = A1 @ W1 + b2"],
    "first-weights-turned": ["Z1 = np.einsum('ni,ji->nj', X, W1) + b1"],
    "second-weights-turned": ["Z2 = np.einsum('ni,ji->nj', A1, W2) + b2"],
    "both-weights-turned": ["Z1 = np.einsum('ni,ji->nj', X, W1) + b1", "Z2 = np.einsum('ni,ji->nj', A1, W2) + b2"],
    "activation-forgotten-forward": ["A1 = Z1"],
    "z1-goes-on": ["Z2 = Z1 @ W2 + b2"],
    "slope-for-value": ["A1 = (Z1 > 0) * 1.0"],
    "minus-taken-off": ["A1 = abs(Z1)"],
    "relu-turned-round": ["A1 = Z1 * (Z1 < 0)"],
    "relu-at-output": ["Z2 = np.maximum(A1 @ W2 + b2, 0)"],
    "target-forgotten": ["dZ2 = Z2 / 3"],
    "target-added": ["dZ2 = (Z2 + T) / 3"],
    "loss-for-its-slope": ["dZ2 = (Z2 - T) ** 2 / 6"],
    "square-kept": ["dZ2 = (Z2 - T) ** 2 / 3"],
    "error-alone": ["dZ2 = Z2 - T"],
    "mean-over-outputs-only": ["dZ2 = 2 * (Z2 - T) / 2"],
    "half-squares": ["dZ2 = (Z2 - T) / 3"],
    "output-masked": ["dZ2 = np.where(Z2 > 0, Z2 - T, 0) / 3"],
    "weights-averaged": ["dW2 = A1.T @ dZ2 / 3", "dW1 = X.T @ dZ1 / 3"],
    "averaged-again": [
        "dW2 = A1.T @ dZ2 / 3",
        "db2 = dZ2.mean(axis=0)",
        "dW1 = X.T @ dZ1 / 3",
        "db1 = dZ1.mean(axis=0)",
    ],
    "first-example-only": [
        "dW2 = np.outer(A1[0], dZ2[0])",
        "db2 = dZ2[0]",
        "dW1 = np.outer(X[0], dZ1[0])",
        "db1 = dZ1[0]",
    ],
    "input-forgotten": ["dW2 = np.array([dZ2.sum(axis=0)] * 2)", "dW1 = np.array([dZ1.sum(axis=0)] * 2)"],
    "local-for-gradient": ["dW2 = np.array([A1.sum(axis=0)] * 2).T", "dW1 = np.array([X.sum(axis=0)] * 2).T"],
    "z-for-a": ["dW2 = Z1.T @ dZ2"],
    "layer-off-by-one": ["dW2 = X.T @ dZ2"],
    "own-output-for-input": ["dW1 = A1.T @ dZ1"],
    "read-off-before-the-mask": ["dW1 = X.T @ dA1", "db1 = dA1.sum(axis=0)"],
    "bias-before-the-mask": ["db1 = dA1.sum(axis=0)"],
    "weights-before-the-mask": ["dW1 = X.T @ dA1"],
    "delta-of-next-layer": ["dW1 = X.T @ dZ2", "db1 = dZ2.sum(axis=0)"],
    "bias-not-summed": ["db2 = dZ2", "db1 = dZ1"],
    "bias-along-the-rows": ["db2 = dZ2[:, 0] + dZ2[:, 1]", "db1 = dZ1[:, 0] + dZ1[:, 1]"],
    "bias-keeps-an-axis": ["db2 = np.array([dZ2.sum(axis=0)])", "db1 = np.array([dZ1.sum(axis=0)])"],
    "bias-slope-alone": ["db2 = [1, 1]", "db1 = [1, 1]"],
    "examples-counted": ["db2 = [3, 3]", "db1 = [3, 3]"],
    "bias-times-b": ["db2 = dZ2.sum(axis=0) * b2", "db1 = dZ1.sum(axis=0) * b1"],
    "wrong-weight-back": ["dA1 = dZ2 @ W1.T"],
    "weight-sign-lost": ["dA1 = dZ2 @ abs(W2.T)"],
    "activation-for-slope": ["dZ1 = dA1 * A1"],
    "z-for-slope": ["dZ1 = dA1 * Z1"],
    "relu-of-gradient": ["dZ1 = dA1 * (dA1 > 0)"],
    "mask-turned-round": ["dZ1 = dA1 * (Z1 < 0)"],
    "sigmoid-slope-for-relu": ["dZ1 = dA1 * A1 * (1 - A1)"],
    "tanh-slope-for-relu": ["dZ1 = dA1 * (1 - A1 * A1)"],
    "closed-for-all": ["dZ1 = dA1 * [1, 0]"],
    "whole-example-masked": ["dZ1 = dA1 * [[1], [0], [1]]"],
    "mask-of-input": ["dZ1 = dA1 * (X > 0)"],
}


@pytest.mark.parametrize("slug", BY_LINE)
def test_by_line(slug):
    """What a slip gives is what a learner's own program gives with these lines for those of the same names."""
    program = PLAIN
    for line in BY_LINE[slug]:
        program = re.sub(rf"^{line.split()[0]} = .*$", lambda _, line=line: line, program, flags=re.MULTILINE)
    here = {"np": np} | {name: np.array(a) for name, a in TRACE_C.items()}
    exec(program, here)
    wrong, right = SLIPS[slug].run(**TRACE_C), network(**TRACE_C)
    names = [name for name in right if name != "L"]
    for name in names:
        assert wrong[name] == pytest.approx(np.array(here[name]), abs=1e-12), name
    if slug != "half-squares":  # right where there are two outputs
        assert any(np.shape(wrong[n]) != right[n].shape or not np.allclose(wrong[n], right[n]) for n in names)


def test_the_steps_of_a_layer_go_wrong_as_those_of_a_network():
    """The slips of shared steps, on one layer: that of the network whose first layer it is."""
    out = network(**TRACE_C)
    for mistake, run in slips_of("network"):
        if run.fits_a_layer:
            wrong = run(**TRACE_C)
            layer = run.layer(np.array(out["A1"]), np.array(TRACE_C["W2"]), np.array(out["dZ2"]))
            assert np.array_equal(layer["dW"], wrong["dW2"]), mistake.slug
            assert np.array_equal(layer["db"], wrong["db2"]), mistake.slug


def test_slips_in_one_number_or_in_both():
    """m stands in both: one mistake where both numbers show it; with another one it is said beside it."""
    m, other = (Mistake(slug, f"{slug} is done", "It is a test.", "Is it?", None) for slug in ("m", "o"))
    parts = {"p": [(m, lambda n: 10)], "q": [(m, lambda n: 20), (other, lambda n: 30)]}
    found = [(x.slug, x.says, run(n=1)) for x, run in alone_and_together(lambda n: {"p": 1, "q": 2}, parts)]
    assert found == [
        ("m", "m is done", {"p": 10, "q": 2}), ("m", "m is done", {"p": 1, "q": 20}),
        ("o", "o is done", {"p": 1, "q": 30}), ("m", "m is done", {"p": 10, "q": 20}),
        ("m+o", "two slips come together: m is done; and o is done", {"p": 10, "q": 30}),
    ]  # fmt: skip


def test_the_catalogue_is_covered():
    assert len(ROWS) >= 36
    assert all(slug in {*MISTAKES, *SLIPS} for slugs in ROWS.values() for slug in slugs.split())
    tested = {row[0] for row in BY_HAND} | {"slope-at-a", "relu-at-zero", "all-ones-upstream", "no-topological-order"}
    assert tested | set(BY_LINE) == set(SLIPS)
