"""Make bplib/nn/datasets/wants.json: what happens to a network of digits that listens to one image, or to few.

Nobody needs to run this: the file is committed. It takes about four minutes, and makes the file again:

    python tools/make_wants.py

Conditions (they are in the file too): 784-16-16-10; 1,438 digits to learn from and 359 others, of which so many are counted
as is said below. A seed changes the weights at the start and, where there are batches, their order.

one image    ReLU and cross-entropy, untrained or trained as in chapter 1 (Adam 0.003, 12 epochs, batches of 32). Then plain
             steps on a single image of a 3: the first one, in the order of the training set, that the trained network of
             this seed reads correctly, and the same one for the untrained network. Stored: how many of the 359 are read as a 3
same length  the same networks and images, but each step divided by the length of its gradient, so that all are `length` long.
             Stored: the share that a network gives the 3 before the first step, the length of its gradient there, and how many
             of the 359 are read as a 3 after so many steps
every digit  the same for the untrained network at one rate, with the first image of each digit, and with the average over all
             of the 3s: the number of steps until 99 % of the 359 are read as that digit, and at most `most`
granting     sigmoids and the summed squared error, trained as in tools/make_wishes.py. Then plain steps on one of the 359 that
             is misread, the first few of each seed, until it is read correctly (or `most` steps). Stored for each image:
             seed, image, digit, steps, how many of the other 358 are read correctly before and after, and how many of these
             are read as that digit before and after
few          ReLU and cross-entropy on n digits of the training set, all of them in each step, so that the gradient has no noise:
             the first of each digit, then the second of each, and so on. Stored: how many of the n, and how many of the 359,
             are read correctly
Another processor rounds differently, and a number may then change by a little.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import make_wishes
import numpy as np

import bplib as bp

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "wants.json"
SEEDS = range(5)
ONE_RATES, ONE_STEPS = (0.003, 0.01, 0.03, 0.1), (0, 1, 3, 10, 30, 100, 300, 1000, 3000, 30000)
DIGIT_RATE, MOST = 0.01, 300
SAME_LENGTH, SAME_STEPS = 0.05, (1, 3, 10, 30)
GRANT_RATES, GRANTED = (0.03, 0.1, 0.3, 1.0), 6
FEW, FEW_RATE, FEW_STEPS = (10, 30, 100, 300, 1438), 0.05, (1500, 4500)
(X, t), (X_new, t_new) = bp.split(*bp.digits(28))


def relu_net(seed: int) -> tuple[bp.Sequential, np.random.Generator]:
    """784-16-16-10 as chapter 1 builds it, and the generator that goes on to shuffle its batches."""
    rng = np.random.default_rng(seed)
    net = bp.Sequential(bp.Linear(784, 16, rng=rng), bp.ReLU(), bp.Linear(16, 16, rng=rng), bp.ReLU(),
                        bp.Linear(16, 10, rng=rng))  # fmt: skip
    return net, rng


def chapter_1(seed: int) -> bp.Sequential:
    """The same, trained as in chapter 1."""
    net, rng = relu_net(seed)
    bp.fit(net, bp.CrossEntropy(), X, t, optimizer=bp.Adam(0.003), epochs=12, batch_size=32, rng=rng)
    return net


def read(net: bp.Sequential, images=X_new) -> np.ndarray:
    return net.forward(images, train=False).argmax(axis=1)


def step(net: bp.Sequential, loss, images, targets, rate: float, times: float = 1.0) -> None:
    """One plain step on these images; `times` makes a mean over the outputs their sum."""
    loss.forward(net.forward(images), targets)
    net.backward(times * loss.backward(), to_input=False)
    for p, grad in zip(net.params(), net.grads(), strict=True):
        p -= rate * grad


def one_image(net: bp.Sequential, image: int, rate: float, steps=ONE_STEPS) -> list[int]:
    """How many of the 359 are read as the image's digit after so many steps on the image alone."""
    loss, own, counts = bp.CrossEntropy(), slice(image, image + 1), []
    for k in range(max(steps) + 1):
        if k in steps:
            counts.append(int((read(net) == t[image]).sum()))
        step(net, loss, X[own], t[own], rate)
    return counts


def pair(seed: int) -> tuple[dict[str, bp.Sequential], int]:
    """The untrained network of a seed and the trained one, and the first 3 that the latter reads correctly."""
    trained = chapter_1(seed)
    image = int(np.flatnonzero((t == 3) & (read(trained, X) == 3))[0])
    return {"untrained": relu_net(seed)[0], "trained": trained}, image


def both(seed: int, rate: float, steps=ONE_STEPS) -> dict[str, list[int]]:
    """`one_image` for both networks of a seed, with the same 3."""
    nets, image = pair(seed)
    return {state: one_image(net, image, rate, steps) for state, net in nets.items()}


def same_length(net: bp.Sequential, image: int, steps=SAME_STEPS) -> dict:
    """What this network says of the image, and where steps of one length on it alone lead."""
    loss, own, lengths, counts = bp.CrossEntropy(), slice(image, image + 1), [], []
    says = np.exp(-loss.forward(net.forward(X[own]), t[own]))
    for k in range(max(steps) + 1):
        if k in steps:
            counts.append(int((read(net) == t[image]).sum()))
        loss.forward(net.forward(X[own]), t[own])
        net.backward(loss.backward(), to_input=False)
        lengths.append(np.sqrt(sum((grad**2).sum() for grad in net.grads())))
        for p, grad in zip(net.params(), net.grads(), strict=True):
            p -= SAME_LENGTH / lengths[-1] * grad
    return {"says": round(float(says), 3), "gradient": round(float(lengths[0]), 2), "read as a 3": counts}


def same_lengths(seed: int) -> dict[str, dict]:
    """`same_length` for both networks of a seed."""
    nets, image = pair(seed)
    return {state: same_length(net, image) for state, net in nets.items()}


def every_digit(digit: int, seed: int, images: int | None = 1) -> int:
    """Steps on the first images of this digit (None: on all of them) until the untrained network reads 99 % of the 359 as it."""
    net, loss, own = relu_net(seed)[0], bp.CrossEntropy(), np.flatnonzero(t == digit)[:images]
    for k in range(MOST):
        if (read(net) == digit).mean() >= 0.99:
            return k
        step(net, loss, X[own], t[own], DIGIT_RATE)
    return MOST


def grant(seed: int, rates=GRANT_RATES) -> dict[str, list[list[int]]]:
    """What granting each of the first misread images its wishes does to the other 358, for each rate."""
    net, loss, rows = make_wishes.train(X, t, seed), bp.MSE(), {}
    start, before = [p.copy() for p in net.params()], read(net)
    misread = np.flatnonzero(before != t_new)[:GRANTED]
    for rate in rates:
        rows[str(rate)] = []
        for image in map(int, misread):
            for p, old in zip(net.params(), start, strict=True):
                p[...] = old
            others, digit, k = np.arange(len(t_new)) != image, int(t_new[image]), 0
            while k < MOST and read(net, X_new[[image]])[0] != digit:
                step(net, loss, X_new[[image]], np.eye(10)[[digit]], rate, times=10)
                k += 1
            counts = [int(count) for said in (before, read(net))
                      for count in ((said == t_new)[others].sum(), (said == digit)[others].sum())]  # fmt: skip
            rows[str(rate)].append([seed, image, digit, k, counts[0], counts[2], counts[1], counts[3]])
    return rows


def in_turn() -> np.ndarray:
    """The training set in an order in which every ten hold one of each digit, for as long as there are any left."""
    before = np.array([(t[:i] == digit).sum() for i, digit in enumerate(t)])
    return np.lexsort((t, before))


def few(n: int, seed: int, steps=FEW_STEPS) -> dict[str, list[int]]:
    """{steps: [read correctly of the n, of the 359]} after so many steps on all of n digits at once."""
    net, loss, counts, own = relu_net(seed)[0], bp.CrossEntropy(), {}, np.sort(in_turn()[:n])
    for k in range(max(steps)):
        step(net, loss, X[own], t[own], FEW_RATE)
        if k + 1 in steps:
            counts[str(k + 1)] = [int((read(net, X[own]) == t[own]).sum()), int((read(net) == t_new).sum())]
    return counts


def everything() -> dict:
    made: dict = {"held out": len(t_new), "seeds": len(SEEDS), "most": MOST}
    made["one image"] = {"steps": ONE_STEPS, "untrained": {}, "trained": {}}
    for rate in ONE_RATES:
        runs = [both(seed, rate) for seed in SEEDS]
        for state in ("untrained", "trained"):
            made["one image"][state][str(rate)] = [run[state] for run in runs]
    runs = [same_lengths(seed) for seed in SEEDS]
    made["same length"] = {"length": SAME_LENGTH, "steps": SAME_STEPS}
    made["same length"] |= {state: [run[state] for run in runs] for state in ("untrained", "trained")}
    made["every digit"] = {"rate": DIGIT_RATE}
    made["every digit"] |= {str(digit): [every_digit(digit, seed) for seed in SEEDS] for digit in range(10)}
    made["every digit"]["all 3s"] = [every_digit(3, seed, None) for seed in SEEDS]
    granted = [grant(seed) for seed in SEEDS]
    made["granting"] = {rate: [row for rows in granted for row in rows[rate]] for rate in map(str, GRANT_RATES)}
    made["few"] = {"rate": FEW_RATE} | {str(n): [few(n, seed) for seed in SEEDS] for n in FEW}
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
