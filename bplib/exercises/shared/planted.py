"""Seventy-one wrong lines: a network's backward pass, one line for each gradient, and what is often written in its place.

The network is linear, tanh, layer norm, linear, sigmoid, batch norm, a residual ReLU block and linear. A bug is another
right-hand side for one line, so everything after that line runs on as it stands. It makes no loss of its own: backward
begins with `dY`, whatever that is (a *cotangent*), so the loss whose gradient it computes is the sum of `dY * Y`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

FORWARD = """
A1 = np.tanh(X @ W1 + b1)
s1 = 1 / np.sqrt(A1.var(axis=1, keepdims=True) + 1e-5)
N1 = (A1 - A1.mean(axis=1, keepdims=True)) * s1
H1 = N1 * gamma1 + beta1
Z2 = H1 @ W2 + b2
A2 = 1 / (1 + np.exp(-Z2))
s2 = 1 / np.sqrt(A2.var(axis=0) + 1e-5)
N2 = (A2 - A2.mean(axis=0)) * s2
H2 = N2 * gamma2 + beta2
Z3 = H2 @ W3 + b3
H3 = H2 + np.maximum(Z3, 0)
Y = H3 @ W4 + b4
"""

BACKWARD = {
    "dW4": "H3.T @ dY",
    "db4": "dY.sum(axis=0)",
    "dH3": "dY @ W4.T",
    "dZ3": "dH3 * (Z3 > 0)",
    "dW3": "H2.T @ dZ3",
    "db3": "dZ3.sum(axis=0)",
    "dH2": "dH3 + dZ3 @ W3.T",
    "dgamma2": "(dH2 * N2).sum(axis=0)",
    "dbeta2": "dH2.sum(axis=0)",
    "dN2": "dH2 * gamma2",
    "dA2": "(dN2 - dN2.mean(axis=0) - N2 * (dN2 * N2).mean(axis=0)) * s2",
    "dZ2": "dA2 * A2 * (1 - A2)",
    "dW2": "H1.T @ dZ2",
    "db2": "dZ2.sum(axis=0)",
    "dH1": "dZ2 @ W2.T",
    "dgamma1": "(dH1 * N1).sum(axis=0)",
    "dbeta1": "dH1.sum(axis=0)",
    "dN1": "dH1 * gamma1",
    "dA1": "(dN1 - mean(dN1) - N1 * mean(dN1 * N1)) * s1",
    "dZ1": "dA1 * (1 - A1**2)",
    "dW1": "X.T @ dZ1",
    "db1": "dZ1.sum(axis=0)",
    "dX": "dZ1 @ W1.T",
}

# One row a line of the backward pass: what is written there instead.
WRONG = {
    "dW4": ("H3.T @ dY / len(X)", "2 * H3.T @ dY", "-H3.T @ dY", "H2.T @ dY", "H3.T @ dY[::-1]", "H3.T @ dY[:, ::-1]",
            "H3.T @ np.ones_like(dY)", "1.001 * H3.T @ dY"),
    "db4": ("dY.mean(axis=0)", "dY.sum() * np.ones(3)", "dY[0]", "dY.sum(axis=0)[::-1]", "b4 * dY.sum(axis=0)"),
    "dH3": ("dY @ (W4 - 0.01 * dW4).T", "1.00001 * dY @ W4.T", "dY[::-1] @ W4.T", "dY[:, ::-1] @ W4.T",
            "np.ones_like(dY) @ W4.T", "dY.mean(axis=1, keepdims=True) * W4.sum(axis=1)", "dY @ W4.T / len(X)"),
    "dZ3": ("dH3", "dH3 * (dH3 > 0)", "dH3 * np.where(Z3 > 0, 1, 0.01)", "dH3 * (H3 > 0)", "dH3 * (Z3 < 0)",
            "dH3 * np.maximum(Z3, 0)"),
    "dW3": ("dZ3.T @ H2", "H2.T @ dH3", "H3.T @ dZ3", "H2.T @ dZ3 / len(X)", "np.outer(H2[0], dZ3[0])"),
    "db3": ("dZ3.mean(axis=0)", "dZ3.sum() * np.ones(6)", "b3 * dZ3.sum(axis=0)", "0 * b3"),
    "dH2": ("dZ3 @ W3.T", "dH3", "dH3 + dZ3 @ W3", "dH3 - dZ3 @ W3.T", "(dH3 + dZ3 @ W3.T) / 2"),
    "dgamma2": ("(dH2 * A2).sum(axis=0)", "(dH2 * N2).mean(axis=0)", "(dH2 * H2).sum(axis=0)"),
    "dbeta2": ("dH2.mean(axis=0)", "dgamma2"),
    "dN2": ("dH2", "dH2 / gamma2"),
    "dA2": ("(dN2 - N2 * (dN2 * N2).mean(axis=0)) * s2", "(dN2 - dN2.mean(axis=0)) * s2", "dN2 * s2",
            "dN2 - dN2.mean(axis=0) - N2 * (dN2 * N2).mean(axis=0)",
            "(dN2 - dN2.mean(axis=0) - N2 * (dN2 * N2).sum(axis=0) / (len(X) - 1)) * s2",
            "(dN2 - dN2.mean(axis=0) - N2 * (dN2 * N2).mean(axis=0)) / A2.std(axis=0)",
            "(dN2 - mean(dN2) - N2 * mean(dN2 * N2)) * s2",
            "(dN2 - dN2.mean(axis=0) - N2 * (dN2 * N2).mean(axis=0)) * s2**2"),
    "dZ2": ("dA2 * Z2 * (1 - Z2)", "dA2", "dA2 * (1 - A2**2)", "dA2 * A2"),
    "dW2": ("H1.T @ dA2", "A1.T @ dZ2", "H1.T @ dZ2 * np.where(np.arange(6) == 2, 2, 1)"),
    "db2": ("dZ2.mean(axis=0)",),
    "dH1": ("dZ2 @ W2",),
    "dgamma1": ("(dH1 * N1).sum() * np.ones(6)",),
    "dN1": ("dH1",),
    "dA1": ("(dN1 - mean(dN1)) * s1", "(dN1 - mean(dN1) - N1 * mean(dN1 * N1)) / A1.std(axis=1, keepdims=True)"),
    "dZ1": ("dA1 * (1 - A1)",),
    "dW1": ("X.T @ dA1",),
    "dX": ("dZ1 @ W1.T / len(X)",),
}  # fmt: skip
BUGS = tuple((name, wrong) for name, row in WRONG.items() for wrong in row)

SHAPES = {
    "X": (5, 4), "W1": (4, 6), "b1": (6,), "gamma1": (6,), "beta1": (6,), "W2": (6, 6), "b2": (6,), "gamma2": (6,),
    "beta2": (6,), "W3": (6, 6), "b3": (6,), "W4": (6, 3), "b4": (3,),
}  # fmt: skip


def start(seed: int, fresh: bool = False) -> dict[str, np.ndarray]:
    """All arrays, drawn at random; `fresh`: gamma 1, beta and biases 0, as a network has them before its first step."""
    rng = np.random.default_rng(seed)
    arrays = {name: rng.normal(size=shape) for name, shape in SHAPES.items()}
    for name in arrays if fresh else ():
        if name[0] in "bg":
            arrays[name] = np.full(SHAPES[name], float(name[0] == "g"))
    return arrays


@cache
def _compiled(text: str):
    return compile(text, "<planted>", "exec")


def _mean(rows: np.ndarray) -> np.ndarray:
    return rows.mean(axis=1, keepdims=True)


def run(text: str, arrays: Mapping) -> dict:
    """All names after a program has run on these arrays."""
    names = {"np": np, "mean": _mean, **arrays}
    exec(_compiled(text), names)
    return names


def outputs(arrays: Mapping) -> np.ndarray:
    """Y alone."""
    return run(FORWARD, arrays)["Y"]


def backward(arrays: Mapping, dY: np.ndarray, bug: tuple[str, str] | None = None) -> dict[str, np.ndarray]:
    """Every gradient, in the order in which the pass makes them, with one line replaced by a bug."""
    lines = BACKWARD | dict([bug] if bug else [])
    text = FORWARD + "\n".join(f"{name} = {formula}" for name, formula in lines.items())
    end = run(text, {**arrays, "dY": dY})
    return {name: end[name] for name in BACKWARD}


def measured(arrays: Mapping, h: float = 1e-5) -> dict[str, np.ndarray]:
    """How all of Y moves with each number, by central differences: name -> array of shape (*shape of it, *shape of Y).

    One table does for every cotangent: sum it against dY, and you have the gradient that backward should give.
    """
    found = {}
    for name, array in arrays.items():
        rows = np.zeros((*array.shape, *outputs(arrays).shape))
        for at in np.ndindex(array.shape):
            up, down = array.copy(), array.copy()
            up[at] += h
            down[at] -= h
            rows[at] = (outputs({**arrays, name: up}) - outputs({**arrays, name: down})) / (2 * h)
        found[name] = rows
    return found


def worst_error(claimed: Mapping, moves: Mapping, dY: np.ndarray) -> float:
    """The largest relative error of all arrays: length of the difference over the sum of the two lengths."""
    errors = []
    for name, rows in moves.items():
        a, n = claimed["d" + name], (rows * dY).sum(axis=(-2, -1))
        errors.append(np.linalg.norm(a - n) / (np.linalg.norm(a) + np.linalg.norm(n)))
    return max(errors)


@cache
def drawn(seed: int, fresh: bool = False) -> tuple[dict, dict, np.ndarray]:
    """Arrays, how Y moves with each of them, and a random dY."""
    arrays = start(seed, fresh)
    return arrays, measured(arrays), np.random.default_rng(100 + seed).normal(size=(5, 3))


def errors(seeds=range(5), *, ones: bool = False, fresh: bool = False) -> dict[tuple | None, list[float]]:
    """Each bug, and None for the right code -> its worst error in each draw, with a dY that is random or all ones."""
    found: dict = {}
    for seed in seeds:
        arrays, moves, dY = drawn(seed, fresh)
        dY = np.ones_like(dY) if ones else dY
        for bug in (None, *BUGS):
            found.setdefault(bug, []).append(worst_error(backward(arrays, dY, bug), moves, dY))
    return found


# ---------------------------------------------------------------- layers on their own

# Layer: what it does forward, its right backward line, and wrong ones by what they do.
ALONE = {
    "softmax": (
        "E = np.exp(X)\nY = E / E.sum(axis=1, keepdims=True)",
        "Y * (dY - (dY * Y).sum(axis=1, keepdims=True))",
        {
            "returns zeros": "0 * X",
            "wrong sign": "Y * ((dY * Y).sum(axis=1, keepdims=True) - dY)",
            "a plain mean": "Y * (dY - mean(dY))",
            "diagonal only": "Y * (1 - Y) * dY",
        },
    ),
    "batch norm": (
        "s = 1 / np.sqrt(X.var(axis=0) + 1e-5)\nY = (X - X.mean(axis=0)) * s",
        "(dY - dY.mean(axis=0) - Y * (dY * Y).mean(axis=0)) * s",
        {
            "returns zeros": "0 * X",
            "n - 1 for n": "(dY - dY.mean(axis=0) - Y * (dY * Y).sum(axis=0) / (len(X) - 1)) * s",
            "no variance path": "(dY - dY.mean(axis=0)) * s",
            "no mean path": "(dY - Y * (dY * Y).mean(axis=0)) * s",
        },
    ),
    "transpose": ("Y = X.T", "dY.T", {"reshaped instead": "dY.reshape(X.shape)"}),
    "linear": ("Y = X @ W", "dY @ W.T", {"rows reversed": "dY[::-1] @ W.T", "W not transposed": "dY @ W"}),
}


def misses(layer: str, cotangents: Mapping[str, np.ndarray], X: np.ndarray, W: np.ndarray) -> dict[str, list[str]]:
    """Wrong line -> the names of the cotangents with which its dX is the right one on these inputs.

    cotangents    name -> array shaped like the layer's output; "itself" stands for the output
    """
    forward, right, wrong = ALONE[layer]
    found = {name: [] for name in wrong}
    Y = run(forward, {"X": X, "W": W})["Y"]
    for cotangent, array in cotangents.items():
        names = {"X": X, "W": W, "dY": Y if array is None else np.reshape(array, Y.shape)}
        want = run(f"{forward}\ndX = {right}", names)["dX"]
        for name, line in wrong.items():
            dX = run(f"{forward}\ndX = {line}", names)["dX"]
            lengths = np.linalg.norm(dX) + np.linalg.norm(want)
            # where the right gradient is 0, as it is for softmax and ones, only rounding is left of both
            if np.linalg.norm(dX - want) <= 1e-6 * max(lengths, 1e-6 * np.linalg.norm(names["dY"])):
                found[name].append(cotangent)
    return found
