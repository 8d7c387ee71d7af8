"""Make bplib/nn/datasets/reading.json: how networks of digits train with other batches, other rates, and other recipes.

Nobody needs to run this: the file is committed. It takes about three minutes, and makes the file again:

    python tools/make_reading.py

Conditions (they are in the file too): 784-16-16-10; 1,438 digits to learn from and 359 others, of which so many are counted as
are read correctly. Plain gradient descent. A seed draws the weights, and seed + 100 the order of the batches.

recipes      "relu" is ReLU, He and softmax with cross-entropy; "sigmoid" is three layers of sigmoids, Xavier, and the sum of the
             ten squared errors, as in chapter 3. Both losses are means over the batch, so that the rates can be compared
rates        both recipes in batches of 32 at eight rates. Stored: the count after so many epochs; None from where a number
             stopped being finite. "longer" goes on to 300 epochs at the two best rates of each recipe
batches      "relu" in batches of 1 to 1,438 at three rates each. Stored: the count after so many steps
watched      what the first layer's gradient does while the network trains in batches of 32. At each of some steps the weights are
             held still, and 44 batches that share no image are asked. Stored for each step: the loss of all images; the mean
             length of the 44 gradients, the spread of the lengths as a share of that mean, the mean cosine between two of them,
             and the median share of a batch's strongest picture in the lengths of what its 32 pictures ask, each taken alone;
             the mean cosine of the gradients of successive steps, over the 20 pairs that follow (or up to the next look), when
             training goes on; and for each layer's weights the median over these steps of rate times gradient, over weights
Another processor rounds differently, and a number may then change by a little.
"""

from __future__ import annotations

import json
import os
from itertools import pairwise
from pathlib import Path

import numpy as np

import bplib as bp
from bplib.nn.data import enlarging

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "reading.json"
SEEDS = range(3)
RATES, EPOCHS, BATCH = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0), (1, 5, 15, 60), 32
LONGER, LONG = {"relu": (0.01, 0.03), "sigmoid": (1.0, 3.0)}, (60, 300)
BATCHES = {1: (0.003, 0.01, 0.03), 10: (0.01, 0.03, 0.1), 100: (0.03, 0.1, 0.3), 1438: (0.03, 0.1, 0.3)}
STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 1438, 2000, 5000, 10000, 14380)
LAST = {1: 14380, 10: 5000, 100: 2000, 1438: 1438}
WATCHED = {"relu": (0.003, 0.03), "sigmoid": (3.0,)}
LOOKS, NEXT = (0, 5, 20, 45, 135, 225, 675, 2700, 13500), 20
(X, t), (X_new, t_new) = bp.split(*bp.digits(28))
(P, _), (P_new, _) = bp.split(*bp.digits())


class Enlarged(bp.Linear):
    """The first layer, given the 64 pixels that its 784 were made of: the same numbers, at a tenth of the work for large batches."""

    K = np.kron(enlarging(8, 28), enlarging(8, 28)).T  # X = P @ K

    def __init__(self, n_in: int, n_out: int, **more) -> None:
        super().__init__(n_in, n_out, **more)
        self.n_in = 64

    def _forward(self, P, train):
        self.P = P
        return P @ (self.K @ self.W) + self.b

    def _to_params(self, dZ):
        self.dW = self.K.T @ (self.P.T @ dZ)
        self.db = dZ.sum(axis=0)


class SquaredErrors(bp.MSE):
    """The squared error summed over the outputs, the mean over the batch."""

    def _targets(self, Y, T):
        return np.eye(Y.shape[1])[T]

    def _forward(self, Y, T):
        return Y.shape[1] * super()._forward(Y, T)

    def _backward(self):
        return self.E.shape[1] * super()._backward()


def network(recipe: str, seed: int, first=bp.Linear) -> tuple[bp.Sequential, bp.MSE | bp.CrossEntropy]:
    """A network of this recipe, and its loss."""
    rng, relu = np.random.default_rng(seed), recipe == "relu"
    act, init = (bp.ReLU, "he") if relu else (bp.Sigmoid, "xavier")
    layers = [first(784, 16, rng=rng, init=init), act(), bp.Linear(16, 16, rng=rng, init=init), act(),
              bp.Linear(16, 10, rng=rng, init=init)]  # fmt: skip
    return (bp.Sequential(*layers), bp.CrossEntropy()) if relu else (bp.Sequential(*layers, act()), SquaredErrors())


def gradients(net: bp.Sequential, loss, x, targets) -> list[np.ndarray]:
    loss.forward(net.forward(x), targets)
    net.backward(loss.backward(), to_input=False)
    return net.grads()


def endless(images, size: int, seed: int):
    """Minibatches for as many epochs as anybody asks for."""
    rng = np.random.default_rng(100 + seed)
    while True:
        yield from bp.minibatches(images, t, size, rng=rng)


def right(net: bp.Sequential, images) -> int:
    return int((net.forward(images, train=False).argmax(axis=1) == t_new).sum())


def trained(recipe: str, rate: float, seed: int, steps, size: int = BATCH) -> list[int | None]:
    """How many of the 359 are read correctly after so many steps."""
    large = size > 64
    (net, loss), found = network(recipe, seed, Enlarged if large else bp.Linear), []
    batches, optimizer = endless(P if large else X, size, seed), bp.SGD(rate)
    with np.errstate(all="ignore"):
        for k in range(max(steps) + 1):
            if k in steps:
                if not np.isfinite(net.params()[0]).all():
                    return found + [None] * (len(steps) - len(found))
                found.append(right(net, P_new if large else X_new))
            optimizer.step(net.params(), gradients(net, loss, *next(batches)))
    return found


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.vdot(a, b) / max(np.linalg.norm(a) * np.linalg.norm(b), 1e-300))


def look(net: bp.Sequential, loss, seed: int) -> dict:
    """What 44 batches without a common image ask of the first layer's weights, which are held still."""
    rows = np.random.default_rng(200 + seed).permutation(len(X))[: 44 * BATCH].reshape(44, BATCH)
    asked, shares, first = [], [], net.layers[0]
    for r in rows:
        asked.append(gradients(net, loss, X[r], t[r])[0].ravel())
        alone = np.linalg.norm(first.X, axis=1) * np.linalg.norm(
            first.dY, axis=1
        )  # a picture's part is a product of two rows
        shares.append(alone.max() / alone.sum())
    lengths, asked = np.linalg.norm(asked, axis=1), np.array(asked)
    cosines = (asked @ asked.T / np.outer(lengths, lengths))[np.triu_indices(44, 1)]
    return {"loss": loss.forward(net.forward(X), t), "length": lengths.mean(), "spread": lengths.std() / lengths.mean(),
            "cosine": cosines.mean(), "share": float(np.median(shares))}  # fmt: skip


def watched(recipe: str, rate: float, seed: int, looks=LOOKS) -> list[dict]:
    """One look after so many steps each, and what the steps that follow it do."""
    (net, loss), found, batches = network(recipe, seed), [], endless(X, BATCH, seed)
    optimizer, path, ratios, until = bp.SGD(rate), [], [], -1
    for k in range(max(looks) + NEXT + 2):
        if k in looks:
            found.append(look(net, loss, seed))
            path, ratios, until = [], [], k + NEXT
        grads = gradients(net, loss, *next(batches))
        if k <= until:
            path.append(grads[0].copy())
            pairs = zip(grads[::2], net.params()[::2], strict=True)
            ratios.append([rate * np.linalg.norm(g) / np.linalg.norm(W) for g, W in pairs])
            found[-1]["path"] = np.mean([cosine(a, b) for a, b in pairwise(path)] or [0.0])
            found[-1]["ratios"] = np.median(ratios, axis=0).tolist()
        optimizer.step(net.params(), grads)
    return found


def rounded(thing):
    """Four digits of every number that is not whole."""
    if isinstance(thing, dict):
        return {key: rounded(value) for key, value in thing.items()}
    if isinstance(thing, list):
        return [rounded(value) for value in thing]
    return thing if thing is None or isinstance(thing, int) else float(f"{thing:.4g}")


def by_rate(recipe: str, rates, epochs) -> dict[str, list]:
    """The counts of every seed at each rate, after so many epochs."""
    steps = [-(-len(X) // BATCH) * k for k in epochs]
    return {str(rate): [trained(recipe, rate, seed, steps) for seed in SEEDS] for rate in rates}


def everything() -> dict:
    made: dict = {"held out": len(t_new), "seeds": len(SEEDS), "batch": BATCH, "epochs": EPOCHS}
    for recipe, rates in LONGER.items():
        made[f"rates, {recipe}"] = by_rate(recipe, RATES, EPOCHS)
        made[f"longer, {recipe}"] = {"epochs": LONG} | by_rate(recipe, rates, LONG)
    for size, rates in BATCHES.items():
        steps = [k for k in STEPS if k <= LAST[size]]
        made[f"batches of {size}"] = {"steps": steps} | {
            str(rate): [trained("relu", rate, s, steps, size) for s in SEEDS] for rate in rates
        }
    made["looks"] = LOOKS
    for recipe, rates in WATCHED.items():
        for rate in rates:
            runs = [watched(recipe, rate, s) for s in SEEDS]
            made[f"watched, {recipe} {rate:g}"] = rounded(
                {key: [[step[key] for step in run] for run in runs] for key in runs[0][0]}
            )
    return made


def text(made: dict) -> str:
    """JSON with a line for each entry of the second level."""
    parts = []
    for key, value in made.items():
        if isinstance(value, dict):
            rows = ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in value.items())
            parts.append(f" {json.dumps(key)}: {{\n{rows}\n }}")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    os.nice(10)
    OUTPUT.write_text(text(everything()))


if __name__ == "__main__":
    main()
