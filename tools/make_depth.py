"""Make bplib/nn/datasets/depth.json: how many digits deep networks read, trained under equal conditions.

Nobody needs to run this: the file is committed. It takes about ten minutes on two cores, and makes the file again:

    python tools/make_depth.py

Conditions (they are in the file too): 20 layers of 32, or 4; 1,438 digits of 8 x 8 pixels to learn from and 359 others,
of which the number read correctly is stored; batches of 32, whose order is that of default_rng(1) in every run; momentum
0.9; biases 0; a seed changes the weights alone. `scale` multiplies all weights but the last layer's. Every entry has the
same rates, so that the best of them can be taken for each. Where a run ends in NaN, null is stored.
Another processor rounds differently, and a deep network that is not quite stable may then read some digits more or less.
"""

from __future__ import annotations

import json
import os
import warnings
from functools import partial
from itertools import pairwise, product
from multiprocessing import Pool
from pathlib import Path

import numpy as np

import bplib as bp

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "depth.json"
SEEDS = range(5)
NETS = {  # activation, init, scale of all weights but the last layer's
    "sigmoid, Xavier": ("Sigmoid", "xavier", 1.0),
    "sigmoid, Xavier x 4": ("Sigmoid", "xavier", 4.0),
    "sigmoid, Xavier x 10": ("Sigmoid", "xavier", 10.0),
    "ReLU, Xavier": ("ReLU", "xavier", 1.0),
    "ReLU, He": ("ReLU", "he", 1.0),
    "tanh, Xavier": ("Tanh", "xavier", 1.0),
    "none, Xavier": (None, "xavier", 1.0),
}
RATES, EPOCHS = (0.0005, 0.002, 0.008, 0.03, 0.12, 0.5), (15, 75)
# At the best rate of 75 epochs, which `everything` finds. After these, 4 x reads no more at one rate than at another, so
# that the best of them says nothing: it gets more than one.
LONG_NETS = ("sigmoid, Xavier x 4", "sigmoid, Xavier x 10", "ReLU, Xavier", "ReLU, He")
LONG_SEEDS, LONG, LONG_RATES = range(3), (150, 300), {"sigmoid, Xavier x 4": (0.03, 0.12, 0.5)}
# A rate for each layer: Adam's, whose usual eps of 1e-8 is far larger than the gradients of the sigmoid network's first
# layers, so that it has none for these; Adam's with an eps that is smaller than they are; and each layer's gradient
# shortened or stretched to length 1.
ADAM, TINY = (0.0003, 0.001, 0.003, 0.01), 1e-30
OWN = {"Adam": ADAM, "Adam, tiny eps": ADAM, "length 1": (0.0005, 0.002, 0.008, 0.03)}
OWN_NETS, OWN_SEEDS = ("sigmoid, Xavier", "ReLU, He"), range(3)
FREEZE, FREEZE_RATES, FREEZE_EPOCHS, FREEZE_LONG = ("Sigmoid", "Tanh"), (0.008, 0.03, 0.12, 0.5), (15, 60), 240
TASKS = {"sum of two": 20, "first symbol": 25}  # how many steps each sequence has
CLIP_RATES, CLIP_STEPS = (3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1), 900


def network(activation: str | None, init: str, scale: float, seed: int, depth: int = 20) -> bp.Sequential:
    """64-32-...-32-10, as the chapter builds it."""
    rng = np.random.default_rng(seed)
    sizes, layers = [64] + [32] * (depth - 1) + [10], []
    for n_in, n_out in pairwise(sizes):
        if layers and activation:
            layers.append(getattr(bp, activation)())
        layers.append(bp.Linear(n_in, n_out, rng=rng, init=init, scale=1.0 if n_out == 10 else scale))
    return bp.Sequential(*layers)


class UnitLength(bp.Momentum):
    """Momentum on gradients whose length is 1 in each layer, for W and b together: a rate for each layer."""

    def step(self, params: list, grads: list) -> None:
        for W, b in zip(grads[::2], grads[1::2], strict=True):
            length = np.sqrt(np.vdot(W, W) + np.vdot(b, b))
            for grad in (W, b):
                grad /= length if length > 0 else 1.0
        super().step(params, grads)


OPTIMISERS = {
    "momentum": bp.Momentum,
    "Adam": bp.Adam,
    "Adam, tiny eps": partial(bp.Adam, eps=TINY),
    "length 1": UnitLength,
}


def learned(net: bp.Sequential, optimiser: bp.SGD, epochs: tuple[int, ...], teach: tuple, held: tuple,
            clip: float | None = None) -> list[tuple[int | None, float | None]]:  # fmt: skip
    """How many digits of `held` the network reads after each of these numbers of epochs, and the last epoch's mean loss.

    teach, held    (pictures, digits) to learn from, and others
    Both are None once the outputs are not finite.
    """
    (X, t), (X_new, t_new) = teach, held
    rng, done, found = np.random.default_rng(1), 0, []
    for end in epochs:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")  # fit warns of NaN
            seen = bp.fit(net, bp.CrossEntropy(), X, t, optimizer=optimiser, epochs=end - done, batch_size=32, rng=rng,
                          clip=clip, progress=False)  # fmt: skip
            Y = net.forward(X_new, train=False)
        if not np.isfinite(Y).all():
            return found + [(None, None)] * (len(epochs) - len(found))
        loss = seen.losses[-1]
        found.append((int((Y.argmax(axis=1) == t_new).sum()), float(f"{loss:.4g}") if np.isfinite(loss) else None))
        done = end
    return found


def trained(net: bp.Sequential, optimiser: bp.SGD, epochs: tuple[int, ...], frozen: int = 0) -> list[int | None]:
    """How many of the 359 digits the network reads after each of these numbers of epochs; None once it is NaN.

    frozen    so many layers keep the weights they have: the others learn from what these make of the pictures
    """
    (X, t), (X_new, t_new) = bp.split(*bp.digits())
    rest = bp.Sequential(*net.layers[2 * frozen :])
    if frozen:
        first = bp.Sequential(*net.layers[: 2 * frozen])
        X, X_new = first.forward(X), first.forward(X_new)
    return [right for right, _loss in learned(rest, optimiser, epochs, (X, t), (X_new, t_new))]


# ---------------------------------------------------------------- a recurrent network, with and without clipping


def sequences(task: str, rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """n sequences (n, steps, inputs) and their targets (n, outputs).

    sum of two      numbers from 0 to 1, two of them marked: their sum is asked for, at the end
    first symbol    one of four symbols, as a 1 among three 0s, and then nothing but 0: which was it?
    """
    steps, rows = TASKS[task], np.arange(n)
    if task == "first symbol":
        X = np.zeros((n, steps, 4))
        X[:, 0] = np.eye(4)[rng.integers(4, size=n)]
        return X, X[:, 0].copy()
    X = np.zeros((n, steps, 2))
    X[..., 0] = rng.uniform(size=(n, steps))
    for half in (rng.integers(steps // 2, size=n), rng.integers(steps // 2, steps, size=n)):
        X[rows, half, 1] = 1
    return X, (X[..., 0] * X[..., 1]).sum(axis=1, keepdims=True)


def read(params: list, X: np.ndarray) -> tuple[list, np.ndarray]:
    """The states after each step, h = relu(x V + h W + b), and what the last one gives, h U + c."""
    W, V, b, U, c = params
    states = [np.zeros((len(X), len(W)))]
    for x in X.transpose(1, 0, 2):
        states.append(np.maximum(0, x @ V + states[-1] @ W + b))
    return states, states[-1] @ U + c


def recurrent(task: str, rate: float, clip: float | None, seed: int) -> float | None:
    """The test score after CLIP_STEPS steps: the mean squared error, or for symbols the share that is read wrongly.

    24 units, ReLU, W the identity at the start, so that nothing shrinks or grows at first; momentum 0.9, batches of 20.
    """
    rng = np.random.default_rng(seed)
    X_new, T_new = sequences(task, np.random.default_rng(99), 500)
    n_in, n_out, n = X_new.shape[2], T_new.shape[1], 24
    params = [np.eye(n), rng.standard_normal((n_in, n)) * (1 / n) ** 0.5, np.zeros(n),
              rng.standard_normal((n, n_out)) * (1 / n) ** 0.5, np.zeros(n_out)]  # fmt: skip
    loss = bp.CrossEntropy() if task == "first symbol" else bp.MSE()
    optimiser = bp.Momentum(rate)
    with np.errstate(all="ignore"):
        for _ in range(CLIP_STEPS):
            X, T = sequences(task, rng, 20)
            states, Y = read(params, X)
            if not np.isfinite(Y).all():
                return None
            loss.forward(Y, T)
            grads = through_time(params, X, states, loss.backward())
            if clip:
                bp.clip_by_norm(grads, clip)
            optimiser.step(params, grads)
        Y = read(params, X_new)[1]
    if not np.isfinite(Y).all():
        return None
    wrong = (Y.argmax(axis=1) != T_new.argmax(axis=1)).mean() if n_out > 1 else ((Y - T_new) ** 2).mean()
    return float(f"{wrong:.4g}")


def through_time(params: list, X: np.ndarray, states: list, dY: np.ndarray) -> list:
    """The gradients of W, V, b, U, c: the same weights at every step, so each step adds its part."""
    W, V, _b, U, _c = params
    dW, dV, db = np.zeros_like(W), np.zeros_like(V), np.zeros(len(W))
    dh = dY @ U.T
    for step in range(X.shape[1] - 1, -1, -1):
        dz = dh * (states[step + 1] > 0)
        dW += states[step].T @ dz
        dV += X[:, step].T @ dz
        db += dz.sum(axis=0)
        dh = dz @ W.T
    return [dW, dV, db, states[-1].T @ dY, dY.sum(axis=0)]


# ---------------------------------------------------------------- all of it


def deep(name: str, optimiser: str, rate: float, seed: int, epochs: tuple[int, ...]) -> list[int | None]:
    return trained(network(*NETS[name], seed), OPTIMISERS[optimiser](rate), epochs)


def frozen(activation: str, k: int, rate: float, seed: int, epochs: tuple[int, ...]) -> list[int | None]:
    return trained(network(activation, "xavier", 1.0, seed, depth=4), bp.Momentum(rate), epochs, frozen=k)


def by_budget(runs: list[list], epochs: tuple[int, ...]) -> dict[str, list]:
    """One list over the seeds for each number of epochs."""
    return {str(n): [run[i] for run in runs] for i, n in enumerate(epochs)}


def best(table: dict[str, dict[str, list]], budget: int) -> float:
    """The rate whose mean over the seeds is highest; NaN counts as nothing read."""
    return float(max(table, key=lambda rate: sum(n or 0 for n in table[rate][str(budget)])))


def table(pool: Pool, run, name: tuple, rates, seeds, epochs) -> dict[str, dict[str, list]]:
    asked = [(*name, rate, seed, epochs) for rate in rates for seed in seeds]
    runs = iter(pool.starmap(run, asked, chunksize=1))
    return {str(rate): by_budget([next(runs) for _ in seeds], epochs) for rate in rates}


def everything(pool: Pool) -> dict:
    made = {"depth": 20, "width": 32, "batch": 32, "momentum": 0.9, "held out": 359, "seeds": len(SEEDS),
            "nets": NETS, "rates": RATES, "epochs": EPOCHS}  # fmt: skip
    made["right"] = {name: table(pool, deep, (name, "momentum"), RATES, SEEDS, EPOCHS) for name in NETS}
    made["longer"] = {}
    for name in LONG_NETS:
        rates = LONG_RATES.get(name) or [best(made["right"][name], EPOCHS[-1])]
        made["longer"][name] = table(pool, deep, (name, "momentum"), rates, LONG_SEEDS, LONG)
    made["own rate"] = {name: {how: table(pool, deep, (name, how), rates, OWN_SEEDS, EPOCHS) for how, rates in OWN.items()}
                        for name in OWN_NETS}  # fmt: skip
    made["frozen"] = {}
    for activation, k in product(FREEZE, range(4)):
        rows = table(pool, frozen, (activation, k), FREEZE_RATES, SEEDS, FREEZE_EPOCHS)
        rate = best(rows, FREEZE_EPOCHS[-1])
        rows[str(rate)] |= table(pool, frozen, (activation, k), [rate], SEEDS, (FREEZE_LONG,))[str(rate)]
        made["frozen"].setdefault(activation, {})[str(k)] = rows
    made["clipping"] = {"steps": CLIP_STEPS}
    for task, clip in product(TASKS, (None, 1.0)):
        runs = iter(pool.starmap(recurrent, [(task, rate, clip, seed) for rate in CLIP_RATES for seed in SEEDS], 1))
        rows = {str(rate): [next(runs) for _ in SEEDS] for rate in CLIP_RATES}
        made["clipping"].setdefault(task, {})["none" if clip is None else str(clip)] = rows
    return made


def text(made: dict) -> str:
    """JSON with a line for each innermost list or table of one level."""

    def flat(thing) -> bool:
        return not isinstance(thing, dict) or all(isinstance(v, list | tuple | int | float) for v in thing.values())

    def lines(thing: dict, indent: str) -> str:
        rows = (f"{indent}{json.dumps(key)}: " + (json.dumps(value) if flat(value) else lines(value, indent + " "))
                for key, value in thing.items())  # fmt: skip
        return "{\n" + ",\n".join(rows) + "\n" + indent[1:] + "}"

    return lines(made, " ") + "\n"


def main() -> None:
    os.nice(10)
    with Pool(2) as pool:
        OUTPUT.write_text(text(everything(pool)))


if __name__ == "__main__":
    main()
