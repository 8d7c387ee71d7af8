"""Make bplib/nn/datasets/xor.json: from how many starts of 200 a network of two hidden neurons learns XOR, and when not.

Nobody needs to run this: the file is committed. It takes about three minutes, and makes the file again:

    python tools/make_xor.py

Conditions (they are in the file too): sigmoids, all four cases at each step, plain gradient descent; start k is the one that
the figure `Xor(seed=k)` begins with, weights from the normal distribution and biases 0; a start is solved when all four outputs
are on the right side of a half. Each entry has the same starts and steps, and every rate of its table.

A backward pass is the steps of `STEPS`, in order; a wrong one has others in some of their places. The starts of all rates are
trained at once, so every array has them as its last axis: W1 (2, H, starts), b1 (H, starts), W2 (H, starts), b2 (starts,).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np

import bplib as bp
from bplib.rng import Rng

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "xor.json"
X, T = bp.xor()
STARTS, OTHERS = range(1, 201), range(1001, 2001)
STEPS_COUNTED = (5_000, 25_000)
PROGRAM_RATES, RATES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0), (0.1, 0.3, 1.0, 3.0, 10.0)
WIDTHS = (2, 3, 4, 8)

Changes = dict[str, Callable]


def sigmoid(Z: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-Z))


def over_cases(A: np.ndarray) -> np.ndarray:
    """X transposed times A (4, H, starts)."""
    return (X.T @ A.reshape(4, -1)).reshape(2, *A.shape[1:])


STEPS: Changes = {
    "dZ2": lambda v: (v.P - T) / 4,  # the loss is the mean cross-entropy
    "dW2": lambda v: (v.A1 * v.dZ2[:, None]).sum(axis=0),
    "db2": lambda v: v.dZ2.sum(axis=0),
    "back": lambda v: v.W2,  # what multiplies dZ2 on its way to the hidden layer
    "slope": lambda v: v.A1 * (1 - v.A1),
    "dZ1": lambda v: v.dZ2[:, None] * v.back * v.slope,
    "dW1": lambda v: over_cases(v.dZ1),
    "db1": lambda v: v.dZ1.sum(axis=0),
}

WRONG: dict[str, Changes] = {
    "W2 after its update": {"back": lambda v: v.W2 - v.rate * v.dW2},
    "biases averaged": {"db2": lambda v: v.dZ2.mean(axis=0), "db1": lambda v: v.dZ1.mean(axis=0)},
    "random weights back": {"back": lambda v: v.random},
    "W2 without its signs": {"back": lambda v: abs(v.W2)},
    "only the signs of W2": {"back": lambda v: np.sign(v.W2)},
    "hidden slope squared": {"slope": lambda v: (v.A1 * (1 - v.A1)) ** 2},
    "W2 left out": {"back": lambda v: np.ones_like(v.W2)},
    "entries of W2 swapped": {"back": lambda v: v.W2[::-1]},
    "slope taken at A1": {"slope": lambda v: sigmoid(v.A1) * (1 - sigmoid(v.A1))},
    "hidden slope left out": {"slope": lambda v: 1.0},
    "dW1 transposed": {"dW1": lambda v: over_cases(v.dZ1).swapaxes(0, 1)},
    "sign of the error only": {"dZ2": lambda v: np.sign(v.P - T) / 4},
    "dW2 with Z1": {"dW2": lambda v: (v.Z1 * v.dZ2[:, None]).sum(axis=0)},
    "hidden biases never move": {"db1": lambda v: 0.0},
    "no bias moves": {"db1": lambda v: 0.0, "db2": lambda v: 0.0},
    "hidden slope always 1/4": {"slope": lambda v: 0.25},
    "slope A1": {"slope": lambda v: v.A1},
    "hidden layer never moves": {"dW1": lambda v: 0.0, "db1": lambda v: 0.0},
    "output layer never moves": {"dW2": lambda v: 0.0, "db2": lambda v: 0.0},
    "sign lost at the hidden layer": {"back": lambda v: -v.W2},
    "last case only": {"dZ2": lambda v: (v.P - T) / 4 * np.array([[0], [0], [0], [1]])},
    "squared error sent back": {"dZ2": lambda v: (v.P - T) ** 2 / 4},
    "uphill": {"dZ2": lambda v: (T - v.P) / 4},
}


def program(mse: bool, biases: bool, mean: bool) -> Changes:
    """The faulty program with some of its faults corrected: it descends the loss it prints, sums for the biases too, means."""

    def error(v):
        return (2 * (v.P - T) * v.P * (1 - v.P) if mse else v.P - T) / (4 if mean else 1)

    averaged = {"db2": lambda v: v.dZ2.mean(axis=0), "db1": lambda v: v.dZ1.mean(axis=0)}
    return {"dZ2": error} | ({} if biases else averaged)


def starts(seeds, width: int = 2) -> list[np.ndarray]:
    """W1, b1, W2, b2 of all these starts; with two hidden neurons they are those of `Xor(seed=...)`."""
    draws = [Rng(f"xor {seed}") for seed in seeds]
    W = np.array([[draw.normal() for _ in range(3 * width)] for draw in draws]).T
    n = len(draws)
    return [W[: 2 * width].reshape(2, width, n), np.zeros((width, n)), W[2 * width :], np.zeros(n)]


def gradients(params: list, steps: Changes, rate: np.ndarray, fixed: np.ndarray) -> tuple[np.ndarray, list]:
    """The outputs (4, starts), and what this backward pass takes for the gradients of W1, b1, W2, b2."""
    W1, b1, W2, b2 = params
    Z1 = (X @ W1.reshape(2, -1)).reshape(4, *b1.shape) + b1
    A1 = sigmoid(Z1)
    P = sigmoid((A1 * W2).sum(axis=1) + b2)
    v = SimpleNamespace(W2=W2, Z1=Z1, A1=A1, P=P, rate=rate, random=fixed)
    for name, make in steps.items():
        setattr(v, name, make(v))
    return P, [v.dW1, v.db1, v.dW2, v.db2]


def random_weights(n: int, width: int = 2) -> np.ndarray:
    """W2 for the way back alone: another one for each start, the same in every run."""
    return np.random.default_rng(0).standard_normal((width, n))


def train(changes: Changes, seeds, rates, width: int = 2, counted=STEPS_COUNTED):
    """(rate, steps) -> the outputs (4, starts), after so many steps with these changes."""
    params = [np.concatenate([p] * len(rates), axis=-1) for p in starts(seeds, width)]
    rate, fixed, found = np.repeat(rates, len(seeds)), random_weights(len(rates) * len(seeds), width), {}
    with np.errstate(over="ignore", invalid="ignore"):
        for step in range(max(counted) + 1):
            P, grads = gradients(params, STEPS | changes, rate, fixed)
            if step in counted:
                found |= {(r, step): p for r, p in zip(rates, np.split(P, len(rates), axis=1), strict=True)}
            params = [p - rate * g for p, g in zip(params, grads, strict=True)]
    return found


def caught(changes: Changes) -> int:
    """At how many starts a gradient of the first step differs from the right one by a thousandth of its length, or more."""
    params, n = starts(STARTS), len(STARTS)
    right, found = (gradients(params, STEPS | ways, np.ones(n), random_weights(n))[1] for ways in ({}, changes))
    off = [
        np.linalg.norm((r - g).reshape(-1, n), axis=0) > 1e-3 * np.linalg.norm(r.reshape(-1, n), axis=0)
        for r, g in zip(right, found, strict=True)
    ]
    return int(np.any(off, axis=0).sum())


def solved(P: np.ndarray, within: float = 0.5) -> int:
    """From how many starts all four outputs lie this near to their targets; NaN is near to nothing."""
    return int((abs(P - T) < within).all(axis=0).sum())


def counts(changes: Changes, seeds, rates, width: int = 2) -> dict:
    """{rate: {steps: starts solved}}, and under "close" those of the most steps with all outputs within a tenth."""
    found = train(changes, seeds, rates, width)
    most = max(STEPS_COUNTED)
    return {
        f"{r:g}": {str(s): solved(found[r, s]) for s in STEPS_COUNTED} | {"close": solved(found[r, most], 0.1)}
        for r in rates
    }


def programs() -> dict[str, Changes]:
    """The faulty program, and what is corrected in it."""
    names = {"descends what it prints": 0, "bias gradients summed": 1, "means": 2}
    made = {}
    for k in range(8):
        chosen = [bool(k >> i & 1) for i in range(3)]
        name = ", ".join(n for n, on in zip(names, chosen, strict=True) if on) or "as it is"
        made["all" if k == 7 else name] = program(*chosen)
    return made


def everything() -> dict:
    """All that is stored."""
    kinds = programs()
    return {
        "conditions": {"starts": [STARTS[0], STARTS[-1]], "others": [OTHERS[0], OTHERS[-1]], "steps": STEPS_COUNTED,
                       "fixed random W2": "default_rng(0)"},
        "programs": {name: counts(changes, STARTS, PROGRAM_RATES) for name, changes in kinds.items()},
        "others": {name: counts(kinds[name], OTHERS, (0.1, 1.0, 10.0)) for name in ("as it is", "all")},
        "passes": {name: counts(changes, STARTS, RATES) for name, changes in ({"right": {}} | WRONG).items()},
        "caught": {name: caught(changes) for name, changes in WRONG.items()},
        "widths": {str(width): counts({}, STARTS, RATES, width) for width in WIDTHS},
    }  # fmt: skip


if __name__ == "__main__":
    OUTPUT.write_text(json.dumps(everything(), indent=1) + "\n", "utf8")
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size:,} bytes")
