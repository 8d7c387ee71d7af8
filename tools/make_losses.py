"""Make bplib/nn/datasets/losses.json: how many digits a small network reads, by loss, by learning rate and by where it starts.

Nobody needs to run this: the file is committed. It takes about seven minutes on two cores, and makes the file again:

    python tools/make_losses.py

Conditions (they are in the file too): 64-30-10, sigmoid in the hidden layer, weights drawn as Xavier's, biases 0; 1,438
digits of 8 x 8 pixels to learn from and 359 others, of which the number read correctly is stored; plain gradient descent;
the order of the batches is that of default_rng(1) in every run, and a seed changes the weights alone. Every entry has the
same rates, so that the best of them can be taken for each.

divisors    sigmoid outputs and squared errors, which are added up or averaged in four ways; batches of 10, 3 epochs
starts      four losses from an ordinary start, and from three at which the outputs are saturated; batches of 32
longer      the same from the start that is hardest for squared errors, for longer; cross-entropy as it is there
evened      sigmoid and squared errors from that start, with the rate divided by the mean slope of the sigmoids in the batch:
            one mean for all outputs, or one for each
Another processor rounds differently, and may read a digit more or less.
"""

from __future__ import annotations

import json
import os
import warnings
from multiprocessing import Pool
from pathlib import Path

import numpy as np

import bplib as bp
from bplib.nn.layers import Layer

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "losses.json"
SEEDS = range(5)
RATES, EPOCHS, LONG, EVENED_EPOCHS = (0.1, 0.3, 1, 3, 10, 30, 100, 300), (2, 10, 40), (160,), (10, 40)
LOSSES = ("sigmoid + MSE", "sigmoid + cross-entropy", "softmax + MSE", "softmax + cross-entropy")
STARTS = {  # what is added to the output layer's biases, and what its weights are multiplied by
    "ordinary": (0.0, 1.0),
    "biases + 5": (5.0, 1.0),
    "biases + 8": (8.0, 1.0),
    "weights x 20": (0.0, 20.0),
}
HARD = "weights x 20"
EVENED = {"one rate for all outputs": None, "a rate for each output": 0}  # over which axis the slopes' mean is taken
DIVISOR_RATES, DIVISOR_EPOCHS = (0.015, 0.05, 0.15, 0.5, 1.5, 3, 5, 15, 50, 150), 3
DIVISORS = {  # what stands before the sum of all squared errors, for N examples and K outputs
    "half the sum, mean over examples": lambda N, K: 0.5 / N,
    "sum over outputs, mean over examples": lambda N, K: 1 / N,
    "mean over all": lambda N, K: 1 / (N * K),
    "sum over all": lambda N, K: 1.0,
}


class Softmax(Layer):
    """P = softmax(X) for each row, as a layer of its own."""

    def _forward(self, X, train):
        E = np.exp(X - X.max(axis=1, keepdims=True))
        self.P = E / E.sum(axis=1, keepdims=True)
        return self.P

    def _to_input(self, dY):
        return self.P * (dY - (dY * self.P).sum(axis=1, keepdims=True))


class Squares(bp.MSE):
    """The sum of all squared errors, times what DIVISORS says."""

    def __init__(self, factor) -> None:
        self.factor = factor

    def _forward(self, Y, T):
        self.E = Y - T
        return self.factor(*Y.shape) * (self.E**2).sum()

    def _backward(self):
        return 2 * self.factor(*self.E.shape) * self.E


class Evened(bp.MSE):
    """Squared errors of sigmoids that takes logits, and divides its gradient by the mean of the sigmoids' slopes.

    If all slopes are the same, this is cross-entropy's gradient. It is no gradient of any loss otherwise.
    """

    def __init__(self, axis: int | None) -> None:
        self.axis = axis

    def _forward(self, Y, T):
        self.P = 1 / (1 + np.exp(-Y))
        return super()._forward(self.P, T)

    def _backward(self):
        slopes = self.P * (1 - self.P)
        return self.E * slopes / slopes.mean(axis=self.axis, keepdims=True) / self.E.size


def network(seed: int, start: str = "ordinary") -> bp.Sequential:
    """64-30-10, without what comes after the logits."""
    rng, (shift, scale) = np.random.default_rng(seed), STARTS[start]
    first, last = bp.Linear(64, 30, rng=rng, init="xavier"), bp.Linear(30, 10, rng=rng, init="xavier", scale=scale)
    last.b += shift
    return bp.Sequential(first, bp.Sigmoid(), last)


def trained(net: bp.Sequential, loss, rate: float, batch: int, epochs: tuple[int, ...]) -> list[int]:
    """How many of the 359 digits the network reads after each of these numbers of epochs."""
    (X, t), (X_new, t_new) = bp.split(*bp.digits())
    rng, done, right = np.random.default_rng(1), 0, []
    T = np.eye(10)[t]
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "the loss became")  # some rates are too large
        for end in epochs:
            bp.fit(
                net, loss, X, T, optimizer=bp.SGD(rate), epochs=end - done, batch_size=batch, rng=rng, progress=False
            )
            right.append(int((net.forward(X_new, train=False).argmax(axis=1) == t_new).sum()))
            done = end
    return right


def by_divisor(name: str, rate: float, seed: int) -> int:
    net = bp.Sequential(*network(seed).layers, bp.Sigmoid())
    return trained(net, Squares(DIVISORS[name]), rate, 10, (DIVISOR_EPOCHS,))[0]


def by_start(start: str, name: str, rate: float, seed: int, epochs: tuple[int, ...]) -> list[int]:
    layers = network(seed, start).layers
    if name.endswith("MSE"):
        layers = [*layers, bp.Sigmoid() if name.startswith("sigmoid") else Softmax()]
        return trained(bp.Sequential(*layers), bp.MSE(), rate, 32, epochs)
    loss = bp.BCEWithLogits() if name.startswith("sigmoid") else bp.CrossEntropy()
    return trained(bp.Sequential(*layers), loss, rate, 32, epochs)


def by_evening(axis: int | None, rate: float, seed: int) -> list[int]:
    return trained(network(seed, HARD), Evened(axis), rate, 32, EVENED_EPOCHS)


# ---------------------------------------------------------------- all of it


def rows(pool: Pool, run, first: tuple, last: tuple, epochs: tuple[int, ...]) -> dict[str, dict[str, list]]:
    """{rate: {epochs: digits read by each seed}}, where `run` takes rate and seed between the arguments first and last."""
    asked = [(*first, rate, seed, *last) for rate in RATES for seed in SEEDS]
    runs = iter(pool.starmap(run, asked, chunksize=1))
    found = {str(rate): [next(runs) for _ in SEEDS] for rate in RATES}
    return {rate: {str(n): [run[i] for run in seeds] for i, n in enumerate(epochs)} for rate, seeds in found.items()}


def everything(pool: Pool) -> dict:
    made = {"network": "64-30-10", "held out": 359, "seeds": len(SEEDS), "rates": RATES, "epochs": EPOCHS, "starts": STARTS,
            "divisor rates": DIVISOR_RATES, "divisor epochs": DIVISOR_EPOCHS}  # fmt: skip
    asked = [(name, rate, seed) for name in DIVISORS for rate in DIVISOR_RATES for seed in SEEDS]
    runs = iter(pool.starmap(by_divisor, asked, chunksize=1))
    made["divisors"] = {name: {str(rate): [next(runs) for _ in SEEDS] for rate in DIVISOR_RATES} for name in DIVISORS}
    made["right"] = {
        start: {name: rows(pool, by_start, (start, name), (EPOCHS,), EPOCHS) for name in LOSSES} for start in STARTS
    }
    made["longer"] = {
        name: rows(pool, by_start, (HARD, name), (LONG,), LONG) for name in LOSSES if name.endswith("MSE")
    }
    made["evened"] = {name: rows(pool, by_evening, (axis,), (), EVENED_EPOCHS) for name, axis in EVENED.items()}
    return made


def text(made: dict, indent: str = " ") -> str:
    """JSON with a line for each innermost list or table of one level."""

    def flat(thing) -> bool:
        return not isinstance(thing, dict) or all(isinstance(v, list | tuple | int | float) for v in thing.values())

    lines = (f"{indent}{json.dumps(key)}: " + (json.dumps(value) if flat(value) else text(value, indent + " "))
             for key, value in made.items())  # fmt: skip
    return "{\n" + ",\n".join(lines) + "\n" + indent[1:] + "}"


def main() -> None:
    os.nice(10)
    with Pool(2) as pool:
        OUTPUT.write_text(text(everything(pool)) + "\n")


if __name__ == "__main__":
    main()
