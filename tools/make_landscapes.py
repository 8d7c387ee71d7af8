"""Make bplib/nn/datasets/landscapes.json: does momentum train a network of digits faster?

Nobody needs to run this: the file is committed. It takes about two minutes, and makes the file again:

    python tools/make_landscapes.py

Conditions (they are in the file too): 784-16-16-10 on 28 x 28 digits, 1,438 to learn from and 359 others; batches of 32,
40 epochs. ReLU with He initialization and cross-entropy, or sigmoids in all three layers with Xavier initialization and the
mean squared error. A seed draws the weights, and seed + 100 the order of the batches, both the same with momentum and
without. Stored for each rate and seed: the epoch after which 95 % of the 359 are read correctly for the first time (null:
never), and how many of the 359 are read correctly at the end.
Another processor rounds differently, and a number may then change by a little.
"""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np

import bplib as bp

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "landscapes.json"
SEEDS, EPOCHS, BATCH, GOAL = range(5), 40, 32, 0.95
RATES = {  # of plain steps, and with a momentum of 0.9, whose steps grow to ten times the length
    "ReLU": {"plain": (0.02, 0.03, 0.06, 0.1), "momentum": (0.006, 0.01, 0.015, 0.02)},
    "sigmoid": {"plain": (10.0, 20.0, 30.0, 50.0), "momentum": (0.5, 1.0, 1.5, 2.0, 3.0)},
}
(X, t), (X_new, t_new) = bp.split(*bp.digits(28))


def network(kind: str, seed: int) -> tuple[bp.Sequential, object, np.ndarray, np.ndarray]:
    """The untrained network of a seed, its loss, and the targets as this loss wants them."""
    rng = np.random.default_rng(seed)
    if kind == "ReLU":
        between, loss, targets, said = [bp.ReLU(), bp.ReLU()], bp.CrossEntropy(), (t, t_new), []
    else:
        between, loss, said = [bp.Sigmoid(), bp.Sigmoid()], bp.MSE(), [bp.Sigmoid()]
        targets = (np.eye(10)[t], np.eye(10)[t_new])
    init = "he" if kind == "ReLU" else "xavier"
    layers = [bp.Linear(n, m, init=init, rng=rng) for n, m in ((784, 16), (16, 16), (16, 10))]
    return bp.Sequential(layers[0], between[0], layers[1], between[1], layers[2], *said), loss, *targets


def run(kind: str, way: str, rate: float, seed: int) -> dict:
    """One training: when it first reads 95 %, and what it reads in the end."""
    net, loss, T, T_new = network(kind, seed)
    optimizer = bp.SGD(rate) if way == "plain" else bp.Momentum(rate, 0.9)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a rate that is too large is one of the results
        history = bp.fit(net, loss, X, T, optimizer=optimizer, epochs=EPOCHS, batch_size=BATCH, metric=bp.accuracy,
                         rng=np.random.default_rng(seed + 100), validation=(X_new, T_new), progress=False)  # fmt: skip
    read = np.array(history.validation_metrics)
    first = int((read >= GOAL).argmax()) + 1 if (read >= GOAL).any() else None
    return {"epoch": first, "read": round(float(read[-1]) * len(t_new))}


def main() -> None:
    found = {
        kind: {
            way: {str(rate): [run(kind, way, rate, seed) for seed in SEEDS] for rate in rates}
            for way, rates in ways.items()
        }
        for kind, ways in RATES.items()
    }
    conditions = {"net": "784-16-16-10", "seeds": list(SEEDS), "epochs": EPOCHS, "batch": BATCH, "goal": GOAL,
                  "momentum": 0.9, "held out": len(t_new)}  # fmt: skip
    OUTPUT.write_text(json.dumps({"conditions": conditions} | found, indent=1) + "\n", "utf8")


if __name__ == "__main__":
    main()
