"""Make bplib/nn/datasets/remedies.json: what each remedy does for a deep network, all under equal conditions.

Nobody needs to run this: the file is committed. It takes about 35 minutes on one core, and makes the file again:

    python tools/make_remedies.py

Conditions are those of make_depth.py: 64-(32 x 19)-10, or 50 layers; 1,438 digits to learn from, 359 others that are read;
batches of 32 in the order of default_rng(1); momentum 0.9; biases 0; a seed changes the weights alone. All networks of one
depth have the same rates. `right` counts the digits read, `loss` is the mean over the last epoch's batches, each as the
network saw it in training. NaN is stored as null. A stop loses nothing: rows that are done lie in remedies.part.json.
Another processor rounds differently, and a deep network that is not quite stable may then read some digits more or less.
"""

from __future__ import annotations

import json
import os
import time
import warnings
from itertools import pairwise
from multiprocessing import Pool
from pathlib import Path

import numpy as np
from make_depth import best, by_budget, learned, text

import bplib as bp
from bplib.exercises.shared.deep import profile
from bplib.nn.layers import Layer

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "remedies.json"
PART = OUTPUT.with_suffix(".part.json")
WORKERS = int(os.environ.get("BP_WORKERS", "1"))
SEEDS = range(5)
NETS = {  # what differs from ReLU with He's rule
    "sigmoid": {"activation": "Sigmoid", "init": "xavier"},
    "ReLU, He / 10": {"scale": 0.1},
    "ReLU": {},
    "tanh": {"activation": "Tanh", "init": "xavier"},
    "tanh, orthogonal": {"activation": "Tanh", "init": "orthogonal"},
    "ReLU, batch norm": {"norm": "BatchNorm"},
    "ReLU, He / 10, batch norm": {"norm": "BatchNorm", "scale": 0.1},
    "sigmoid, batch norm": {"activation": "Sigmoid", "init": "xavier", "norm": "BatchNorm"},
    "ReLU, layer norm": {"norm": "LayerNorm"},
    "ReLU, residual": {"residual": "plain"},
    "ReLU, residual, scaled": {"residual": "scaled"},
    "ReLU, residual, last 0": {"residual": "zero"},
    "sigmoid, residual": {"activation": "Sigmoid", "init": "xavier", "residual": "plain"},
    "ReLU, clipped at 1": {"clip": 1.0},
    "ReLU, clipped at 20": {"clip": 20.0},
    "ReLU, warm-up": {"warm": True},
    "all": {"norm": "LayerNorm", "residual": "scaled", "clip": 1.0, "warm": True},
}
RATES = {"20": (0.0005, 0.002, 0.008, 0.03, 0.12), "50": (0.0005, 0.002, 0.008)}
EPOCHS = {"20": (15, 45), "50": (10, 30)}
DEEPER = ("ReLU", "tanh", "tanh, orthogonal", "ReLU, batch norm", "sigmoid, batch norm", "ReLU, layer norm",
          "ReLU, residual", "ReLU, residual, scaled", "sigmoid, residual", "all")  # fmt: skip
# Three times as long, for those that have learned little: does time do it? At the rates that might be best.
LONGER, LONG_SEEDS = 90, range(3)
LONG = {"ReLU": (0.0005, 0.002), "ReLU, batch norm": (0.002,), "ReLU, layer norm": (0.0005,)}
PROFILED = ("sigmoid", "tanh", "ReLU", "ReLU, batch norm", "ReLU, residual, scaled", "all")
# Units that are closed for every picture, after so many epochs.
MARKS = (0, 1, 5, 15, 45)
DEAD = {
    "4 layers": (4, {}, (0.002, 0.008, 0.03, 0.12, 0.5)),
    "4 layers, leaky": (4, {"activation": "LeakyReLU"}, (0.03, 0.12, 0.5)),
    "20 layers": (20, {}, (0.0005, 0.002, 0.008, 0.03)),
    "20 layers, leaky": (20, {"activation": "LeakyReLU"}, (0.002, 0.008, 0.03)),
}
TIMED = (
    "ReLU",
    "sigmoid",
    "tanh",
    "ReLU, residual, scaled",
    "ReLU, clipped at 1",
    "ReLU, batch norm",
    "ReLU, layer norm",
    "all",
)


class Scale(Layer):
    """Y = s X, with a number s that is not learned."""

    def __init__(self, s: float) -> None:
        self.s, self._made_of = s, (s,)

    def _forward(self, X, train):
        return self.s * X

    def _to_input(self, dY):
        return self.s * dY


class WarmUp(bp.Momentum):
    """Momentum whose rate grows in a straight line over the first 200 steps."""

    def __init__(self, lr: float) -> None:
        super().__init__(lr)
        self.peak = lr

    def step(self, params: list, grads: list) -> None:
        self.lr = self.peak * min(1.0, (self.steps + 1) / 200)
        super().step(params, grads)


def orthogonal(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Columns of length 1, at right angles to each other."""
    Q, _ = np.linalg.qr(rng.standard_normal((max(shape), max(shape))))
    return Q[: shape[0], : shape[1]]


def network(depth: int, seed: int, *, activation: str = "ReLU", init: str = "he", scale: float = 1.0,
            norm: str | None = None, residual: str | None = None, **_training) -> bp.Sequential:  # fmt: skip
    """64-32-...-32-10. A norm stands between a hidden Linear and its activation.

    residual    blocks X + s (Linear, activation, Linear) between the first and the last layer: "plain" has s = 1,
                "scaled" s = 1 / root of the number of blocks, "zero" s = 1 and a last Linear that starts with zeros
    """
    rng = np.random.default_rng(seed)

    def linear(n_in: int, n_out: int, factor: float = scale) -> bp.Linear:
        return bp.Linear(n_in, n_out, rng=rng, init=orthogonal if init == "orthogonal" else init, scale=factor)

    def bend() -> list[Layer]:
        return ([getattr(bp, norm)(32)] if norm else []) + [getattr(bp, activation)()]

    layers = [linear(64, 32), *bend()]
    if residual:
        blocks = (depth - 2) // 2
        for _ in range(blocks):
            inside = [linear(32, 32), *bend(), linear(32, 32, 0.0 if residual == "zero" else scale)]
            layers.append(bp.Residual(*inside, *([Scale(blocks**-0.5)] if residual == "scaled" else [])))
    else:
        for _ in range(depth - 2):
            layers += [linear(32, 32), *bend()]
    return bp.Sequential(*layers, linear(32, 10, 1.0))


def run(
    depth: int, name: str, rate: float, seed: int, epochs: tuple[int, ...]
) -> list[tuple[int | None, float | None]]:
    settings = NETS[name]
    optimiser = WarmUp(rate) if settings.get("warm") else bp.Momentum(rate)
    return learned(network(depth, seed, **settings), optimiser, epochs, *bp.split(*bp.digits()), settings.get("clip"))


# ---------------------------------------------------------------- what a network does to numbers on their way


def profiles(name: str, rate: float, seed: int, epochs: int) -> tuple[dict, dict]:
    """Before training and after it."""
    (X, t), held = bp.split(*bp.digits())
    net, settings = network(20, seed, **NETS[name]), NETS[name]
    before = profile(net, X[:256], t[:256])
    optimiser = WarmUp(rate) if settings.get("warm") else bp.Momentum(rate)
    learned(net, optimiser, (epochs,), (X, t), held, settings.get("clip"))
    return before, profile(net, X[:256], t[:256])


def middle(rows: list[dict]) -> dict[str, list[float]]:
    """The medians over the seeds, to three digits."""
    return {what: [float(f"{n:.3g}") for n in np.median([row[what] for row in rows], axis=0)] for what in rows[0]}


def closed(net: bp.Sequential, X: np.ndarray) -> np.ndarray | None:
    """For each hidden unit whether no picture opens it; None where numbers are not finite."""
    with np.errstate(all="ignore"):
        Y = net.forward(X, train=False)
    if not np.isfinite(Y).all():
        return None
    return np.concatenate([(part.Y <= 0).all(axis=0) if isinstance(part, bp.ReLU) else (part.X <= 0).all(axis=0)
                           for part in net.walk() if isinstance(part, bp.ReLU | bp.LeakyReLU)])  # fmt: skip


def dead(depth: int, settings: dict, rate: float, seed: int) -> dict:
    """How many units are closed at each mark, how many of those of the last mark but one are open again at the last."""
    (X, t), (X_new, t_new) = bp.split(*bp.digits())
    net, optimiser, rng = network(depth, seed, **settings), bp.Momentum(rate), np.random.default_rng(1)
    shut = [closed(net, X)]
    for before, after in pairwise(MARKS):
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            bp.fit(net, bp.CrossEntropy(), X, t, optimizer=optimiser, epochs=after - before, batch_size=32, rng=rng,
                   progress=False)  # fmt: skip
        shut.append(closed(net, X))
    late, last = shut[-2:]
    with np.errstate(all="ignore"):
        right = int((net.forward(X_new, train=False).argmax(axis=1) == t_new).sum())
    return {
        "closed": [None if units is None else int(units.sum()) for units in shut],
        "back": None if late is None or last is None else int((late & ~last).sum()),
        "right": None if last is None else right,
    }


def clock(names: tuple[str, ...], rounds: int = 5) -> dict[str, float]:
    """The CPU time of an epoch as a multiple of the first one's, the median of rounds in which all take turns."""
    (X, t), _ = bp.split(*bp.digits())
    took = []
    for seed in range(rounds):
        took.append([])
        for name in names:
            net, optimiser = network(20, seed, **NETS[name]), bp.Momentum(0.0005)
            start = time.process_time()
            bp.fit(net, bp.CrossEntropy(), X, t, optimizer=optimiser, epochs=2, batch_size=32,
                   rng=np.random.default_rng(1), clip=NETS[name].get("clip"), progress=False)  # fmt: skip
            took[-1].append(time.process_time() - start)
    ratios = np.median([np.divide(row, row[0]) for row in took], axis=0)
    return {name: round(float(ratio), 1) for name, ratio in zip(names, ratios, strict=True)}


# ---------------------------------------------------------------- all of it


class Made(dict):
    """What is made so far, in a file."""

    def once(self, keys: tuple[str, ...], make) -> dict:
        """What lies under these keys, made and written first if nothing does."""
        place = self
        for key in keys[:-1]:
            place = place.setdefault(key, {})
        if keys[-1] not in place:
            place[keys[-1]] = make()
            PART.write_text(text(self))
            print(*keys, time.strftime("%H:%M:%S"), flush=True)
        return place[keys[-1]]


def tables(pool: Pool, depth: int, name: str, rates, seeds, epochs) -> dict[str, dict]:
    """Digits read and loss, {rate: {epochs: [one for each seed]}} each."""
    runs = pool.starmap(run, [(depth, name, rate, seed, epochs) for rate in rates for seed in seeds], chunksize=1)
    by_rate = {str(rate): runs[i * len(seeds) : (i + 1) * len(seeds)] for i, rate in enumerate(rates)}
    return {what: {rate: by_budget([[pair[i] for pair in one] for one in group], epochs) for rate, group in by_rate.items()}
            for i, what in enumerate(("right", "loss"))}  # fmt: skip


def dead_rows(pool: Pool, depth: int, settings: dict, rates) -> dict[str, dict]:
    found = pool.starmap(dead, [(depth, settings, rate, seed) for rate in rates for seed in SEEDS], chunksize=1)
    rows = {str(rate): found[i * len(SEEDS) : (i + 1) * len(SEEDS)] for i, rate in enumerate(rates)}
    return {rate: {"closed": {str(mark): [one["closed"][i] for one in runs] for i, mark in enumerate(MARKS)},
                   "back": [one["back"] for one in runs], "right": [one["right"] for one in runs]}
            for rate, runs in rows.items()}  # fmt: skip


def everything(pool: Pool, made: Made) -> Made:
    made |= {"width": 32, "batch": 32, "momentum": 0.9, "held out": 359, "seeds": len(SEEDS), "nets": NETS,
             "rates": RATES, "epochs": EPOCHS}  # fmt: skip
    for name in NETS:
        for depth in ("20", "50") if name in DEEPER else ("20",):
            made.once((depth, name), lambda n=name, d=depth: tables(pool, int(d), n, RATES[d], SEEDS, EPOCHS[d]))
    for name, (depth, settings, rates) in DEAD.items():
        made.once(("dead", name), lambda d=depth, s=settings, r=rates: dead_rows(pool, d, s, r))
    for name, rates in LONG.items():
        made.once(("longer", name), lambda name=name, r=rates: tables(pool, 50, name, r, LONG_SEEDS, (LONGER,)))
    for name in PROFILED:
        rate = best(made["20"][name]["right"], EPOCHS["20"][0])
        made.once(("profiles", name), lambda name=name, r=rate: {"rate": r} | dict(zip(("start", "after"), map(middle, zip(*pool.starmap(
            profiles, [(name, r, seed, EPOCHS["20"][0]) for seed in SEEDS], chunksize=1), strict=True)), strict=True)))  # fmt: skip
    made.once(("time",), lambda: clock(TIMED))
    for depth in RATES:  # a run that was stopped may have made them in another order
        made[depth] = {name: made[depth][name] for name in NETS if name in made[depth]}
    return made


def main() -> None:
    os.nice(10)
    made = Made(json.loads(PART.read_text()) if PART.exists() else {})
    with Pool(WORKERS) as pool:
        OUTPUT.write_text(text(everything(pool, made)))
    PART.unlink()


if __name__ == "__main__":
    main()
