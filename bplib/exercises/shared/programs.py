"""The programs of the bug clinic: ten that are right, and for each the bugs that can be planted in it.

A program is a text. What is printed is what is run, so a line number means the same everywhere; a bug is another text
for one of its lines. All start from names that are there already: X and T (one row for each example), the parameters,
`lr` and `epochs`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

from ...mistakes import Mistake
from ...mistakes.arrays import SLIPS
from ...mistakes.scalar import MISTAKES
from ...nn.data import xor
from ...rng import Rng


@dataclass(frozen=True)
class Bug:
    """One line that is wrong.

    mistake   what was done
    line      the wrong line as it stands in the buggy program, without its indentation
    edits     (old, new) texts that plant it
    first     the first quantity that differs, going through the program's `order`
    after     in which epoch it shows first
    needs     settings without which it cannot show: name -> value
    """

    mistake: Mistake
    line: str
    edits: tuple[tuple[str, str], ...]
    first: str
    after: int = 1
    needs: Mapping = field(default_factory=dict)


@dataclass(frozen=True)
class Program:
    """A right program, and what can go wrong in it.

    name      one word
    task      what it is to do, a sentence
    text      the program
    params    name -> shape in the letters n (inputs), h (hidden), k (outputs)
    order     what it computes, in the order of the pass: the loss, then backwards, then the parameters after the step
    bugs      what can be planted
    output    the name of what the loss is taken of, and of its gradient: there a check can start with another one
    delta
    extra     further names that it needs: name -> value
    lr        with which it learns XOR
    one_hot   whether T has a column for each class
    innocent  line -> why it is right, for lines that are easily suspected
    """

    name: str
    task: str
    text: str
    params: Mapping[str, str]
    order: tuple[str, ...]
    bugs: tuple[Bug, ...]
    output: str
    delta: str
    extra: Mapping = field(default_factory=dict)
    lr: float = 0.5
    one_hot: bool = False
    decoy: Mapping[str, str] = field(default_factory=dict)

    def inject_bug(self, bug: Bug | None) -> str:
        """The text with this bug; without one, the right program."""
        text = self.text
        for old, new in bug.edits if bug else ():
            if text.count(old) != 1:
                raise ValueError(f"{self.name}: {old!r} stands {text.count(old)} times in the program, expected once")
            text = text.replace(old, new)
        return text


def own(slug: str, says: str, because: str, question: str) -> Mistake:
    """A mistake of the clinic."""
    return Mistake(slug, says, because, question, None)


STEP2 = """    W1 -= lr * dW1
    b1 -= lr * db1
    W2 -= lr * dW2
    b2 -= lr * db2
"""
TWO_LAYERS = {"W1": "nh", "b1": "h", "W2": "hk", "b2": "k"}
BACK2 = ("dW2", "db2", "dA1", "dZ1", "dW1", "db1")
NEW2 = ("W1", "b1", "W2", "b2")

SLOPE_TWICE = own(
    "slope-twice",
    "the output's slope p(1 - p) is multiplied in once more, although P - T already contains it",
    "It is tempting because every other layer has its slope, so this one seems to lack it. But in P - T it has cancelled.",
    "P - T is the gradient with respect to what: P or Z?",
)
CROSS = Program(
    "cross",
    "This program should minimise the mean cross-entropy of a network with two layers, both with sigmoids.",
    """\
def sigmoid(z):
    return 1 / (1 + np.exp(-z))

for epoch in range(epochs):
    Z1 = X @ W1 + b1
    A1 = sigmoid(Z1)
    Z2 = A1 @ W2 + b2
    P = sigmoid(Z2)
    loss = -np.mean(T * np.log(P) + (1 - T) * np.log(1 - P))
    dZ2 = (P - T) / T.size
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * A1 * (1 - A1)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
"""
    + STEP2,
    TWO_LAYERS,
    ("loss", "dZ2", *BACK2, *NEW2),
    (
        Bug(
            MISTAKES["slope-at-a"],
            "dZ1 = dA1 * sigmoid(A1) * (1 - sigmoid(A1))",
            (("dA1 * A1 * (1 - A1)", "dA1 * sigmoid(A1) * (1 - sigmoid(A1))"),),
            "dZ1",
        ),
        Bug(
            SLIPS["bias-averaged"],
            "db1 = dZ1.mean(axis=0)",
            (("db1 = dZ1.sum(axis=0)", "db1 = dZ1.mean(axis=0)"),),
            "db1",
        ),
        Bug(
            SLOPE_TWICE,
            "dZ2 = (P - T) / T.size * P * (1 - P)",
            (("dZ2 = (P - T) / T.size", "dZ2 = (P - T) / T.size * P * (1 - P)"),),
            "dZ2",
        ),
        Bug(
            MISTAKES["updated-weight"],
            "W2 -= lr * dW2",
            (("    W2 -= lr * dW2\n", ""), ("    dA1 = dZ2", "    W2 -= lr * dW2\n    dA1 = dZ2")),
            "dA1",
        ),
    ),
    "Z2",
    "dZ2",
    lr=2,
    decoy={
        "dZ1 = dA1 * A1 * (1 - A1)": "the slope of a sigmoid at Z1, written with its output, is A1 (1 - A1)",
        "dZ2 = (P - T) / T.size": "cross-entropy through a sigmoid has the slope P - T, and the mean is taken once, here",
        "dA1 = dZ2 @ W2.T": "W2.T leads back to A1, as long as W2 is still the one that the forward pass used",
    },
)

SQUARES = Program(
    "squares",
    "This program should minimise the mean squared error of the probabilities that a sigmoid gives.",
    """\
for epoch in range(epochs):
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    Z2 = A1 @ W2 + b2
    P = 1 / (1 + np.exp(-Z2))
    loss = np.mean((P - T) ** 2)
    dZ2 = 2 * (P - T) / T.size * P * (1 - P)
    db2 = dZ2.sum(axis=0)
    dW2 = A1.T @ dZ2
    dA1 = dZ2 @ W2.T
    dZ1 = dA1 * (1 - A1 ** 2)
    db1 = dZ1.sum(axis=0)
    dW1 = X.T @ dZ1
"""
    + STEP2,
    TWO_LAYERS,
    ("loss", "dZ2", *BACK2, *NEW2),
    (
        Bug(
            SLIPS["delta-of-other-loss"],
            "dZ2 = P - T",
            (("dZ2 = 2 * (P - T) / T.size * P * (1 - P)", "dZ2 = P - T"),),
            "dZ2",
        ),
        Bug(
            MISTAKES["other-activations-slope"],
            "dZ1 = dA1 * A1 * (1 - A1)",
            (("dA1 * (1 - A1 ** 2)", "dA1 * A1 * (1 - A1)"),),
            "dZ1",
        ),
    ),
    "Z2",
    "dZ2",
    lr=1,
    decoy={
        "dZ2 = 2 * (P - T) / T.size * P * (1 - P)": "a squared error has no logarithm that could cancel the sigmoid's slope",
        "dZ1 = dA1 * (1 - A1 ** 2)": "1 - A1 ** 2 is the slope of tanh, written with its output",
        "db1 = dZ1.sum(axis=0)": "the mean was already taken in dZ2, so here the examples add up",
    },
)

COUNTED = "the mean over the batch is taken with the wrong count: "
BATCHES = Program(
    "batches",
    "This program should minimise the mean squared error of a ReLU network, in minibatches of `batch` rows.",
    """\
for epoch in range(epochs):
    for i in range(0, len(X), batch):
        x, t = X[i:i + batch], T[i:i + batch]
        Z1 = x @ W1 + b1
        A1 = np.maximum(Z1, 0)
        Y = A1 @ W2 + b2
        loss = np.mean((Y - t) ** 2)
        dY = 2 * (Y - t) / t.size
        dW2 = A1.T @ dY
        db2 = dY.sum(axis=0)
        dA1 = dY @ W2.T
        dZ1 = dA1 * (Z1 >= 0)
        dW1 = x.T @ dZ1
        db1 = dZ1.sum(axis=0)
        for p, g in (W1, dW1), (b1, db1), (W2, dW2), (b2, db2):
            p -= lr * g
""",
    TWO_LAYERS,
    ("loss", "dY", *BACK2, *NEW2),
    (
        Bug(
            own(
                "relu-in-place",
                "ReLU overwrites Z1 with its output, so the mask of the backward pass finds no negative number there",
                "It is tempting because it saves an array. But the backward pass needs to know which entries were negative, and by then they are 0.",
                "What does Z1 hold when the backward pass reads it?",
            ),
            "A1 = np.maximum(Z1, 0, out=Z1)",
            (("np.maximum(Z1, 0)", "np.maximum(Z1, 0, out=Z1)"),),
            "dZ1",
        ),
        Bug(
            SLIPS["bias-summed-over-all"],
            "db1 = dZ1.sum()",
            (("db1 = dZ1.sum(axis=0)", "db1 = dZ1.sum()"),),
            "db1",
        ),
        Bug(
            own(
                "remainder-miscounted",
                COUNTED + "the last batch is shorter, but is still divided by the full batch size",
                "It is tempting because `batch` is the size of every batch but the last.",
                "How many rows does the last batch have?",
            ),
            "dY = 2 * (Y - t) / (batch * t.shape[1])",
            (("(Y - t) / t.size", "(Y - t) / (batch * t.shape[1])"),),
            "dY",
            needs={"batch": 3},
        ),
        Bug(
            own(
                "wrong-axis-count",
                COUNTED + "columns are counted instead of rows",
                "It is tempting because shape[0] and shape[1] look alike, and in square arrays they are equal.",
                "Over which axis do the examples lie?",
            ),
            "dY = 2 * (Y - t) / t.shape[1] ** 2",
            (("(Y - t) / t.size", "(Y - t) / t.shape[1] ** 2"),),
            "dY",
        ),
    ),
    "Y",
    "dY",
    extra={"batch": 100},
    lr=0.05,
    decoy={
        "dZ1 = dA1 * (Z1 >= 0)": "it depends on the sign of Z1, and at exactly 0 you may take either slope",
        "dY = 2 * (Y - t) / t.size": "t.size counts the entries of this batch, however many rows it has",
        "A1 = np.maximum(Z1, 0)": "it makes a new array and leaves Z1 alone",
    },
)

COLUMN = Program(
    "column",
    "This program should minimise the mean squared error. Its T is a plain row of N numbers, of shape (N,).",
    """\
for epoch in range(epochs):
    Z1 = X @ W1 + b1
    A1 = np.tanh(Z1)
    Y = A1 @ W2 + b2
    loss = np.mean((Y - T[:, None]) ** 2)
    dY = 2 * (Y - T[:, None]) / len(T)
    dW2 = A1.T @ dY
    db2 = dY.sum(axis=0)
    dA1 = dY @ W2.T
    dZ1 = dA1 - dA1 * A1 ** 2
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    if epoch % 1000 == 0:
        print("epoch", epoch, "loss", loss)
"""
    + STEP2,
    TWO_LAYERS,
    ("loss", "dY", *BACK2, *NEW2),
    (
        Bug(
            SLIPS["broadcast-error"],
            "loss = np.mean((Y - T) ** 2)",
            (("loss = np.mean((Y - T[:, None]) ** 2)", "loss = np.mean((Y - T) ** 2)"),),
            "loss",
        ),
    ),
    "Y",
    "dY",
    lr=0.1,
    decoy={
        "dZ1 = dA1 - dA1 * A1 ** 2": "it is dA1 * (1 - A1 ** 2), multiplied out",
        "dY = 2 * (Y - T[:, None]) / len(T)": "there is one output, so the mean is over N numbers",
    },
)

DEEP = Program(
    "deep",
    "This program should minimise the mean cross-entropy of a network with three layers and softmax, whose two hidden layers are equally wide.",
    """\
for epoch in range(epochs):
    A1 = np.tanh(X @ W1 + b1)
    A2 = np.tanh(A1 @ W2 + b2)
    Z3 = A2 @ W3 + b3
    E = np.exp(Z3 - Z3.max(axis=1, keepdims=True))
    P = E / E.sum(axis=1, keepdims=True)
    loss = -np.mean(np.sum(T * np.log(P), axis=1))
    dP = -T / P / len(X)
    dZ3 = P * (dP - np.sum(dP * P, axis=1, keepdims=True))
    dW3 = A2.T @ dZ3
    db3 = dZ3.sum(axis=0)
    dZ2 = (dZ3 @ W3.T) * (1 - A2 ** 2)
    dW2 = A1.T @ dZ2
    db2 = dZ2.sum(axis=0)
    dZ1 = (dZ2 @ W2.T) * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    params = W1, b1, W2, b2, W3, b3
    grads = dW1, db1, dW2, db2, dW3, db3
    for p, g in zip(params, grads):
        p -= lr * g
""",
    {"W1": "nh", "b1": "h", "W2": "hh", "b2": "h", "W3": "hk", "b3": "k"},
    ("loss", "dP", "dZ3", "dW3", "db3", "dZ2", "dW2", "db2", "dZ1", "dW1", "db1", "W1", "b1", "W2", "b2", "W3", "b3"),
    (
        Bug(
            SLIPS["softmax-diagonal"],
            "dZ3 = dP * P * (1 - P)",
            (("P * (dP - np.sum(dP * P, axis=1, keepdims=True))", "dP * P * (1 - P)"),),
            "dZ3",
        ),
        Bug(
            SLIPS["weight-not-transposed"],
            "dZ1 = (dZ2 @ W2) * (1 - A1 ** 2)",
            (("dZ2 @ W2.T", "dZ2 @ W2"),),
            "dZ1",
        ),
        Bug(
            own(
                "slope-of-another-layer",
                "the slope of the previous layer is used: A1 stands where A2 belongs",
                "It is easy to overlook because the two layers are equally wide, so nothing complains about the index.",
                "Which activation lies between Z2 and A2?",
            ),
            "dZ2 = (dZ3 @ W3.T) * (1 - A1 ** 2)",
            (("(1 - A2 ** 2)", "(1 - A1 ** 2)"),),
            "dZ2",
        ),
    ),
    "Z3",
    "dZ3",
    lr=0.2,
    one_hot=True,
    decoy={
        "E = np.exp(Z3 - Z3.max(axis=1, keepdims=True))": "if you subtract the same number from all logits, the softmax stays as it is",
        "dP = -T / P / len(X)": "the mean is over the examples, and within one example the classes are summed",
        "dZ3 = P * (dP - np.sum(dP * P, axis=1, keepdims=True))": "this is the product with the whole Jacobian of the softmax, row by row",
    },
)

DROPOUT = Program(
    "dropout",
    "This program should minimise the mean squared error, dropping hidden units with probability `drop`.",
    """\
rng = np.random.default_rng(seed)
for epoch in range(epochs):
    A1 = np.tanh(X @ W1 + b1)
    mask = (rng.random(A1.shape) >= drop) / (1 - drop)
    D1 = A1 * mask
    Y = D1 @ W2 + b2
    loss = np.mean((Y - T) ** 2)
    dY = 2 * (Y - T) / T.size
    dW2 = D1.T @ dY
    db2 = dY.sum(axis=0)
    dD1 = dY @ W2.T
    dA1 = dD1 * mask
    dZ1 = dA1 * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
"""
    + STEP2,
    TWO_LAYERS,
    ("loss", "dY", "dW2", "db2", "dD1", "dA1", "dZ1", "dW1", "db1", *NEW2),
    (
        Bug(
            SLIPS["mask-forgotten"],
            "dA1 = dD1",
            (("dA1 = dD1 * mask", "dA1 = dD1"),),
            "dA1",
        ),
        Bug(
            own(
                "mask-drawn-anew",
                "the backward pass draws a mask of its own instead of using the one from the forward pass",
                "It is tempting because drawing a mask takes one line, and on average all masks look alike.",
                "Which units were off in the pass whose gradient this is?",
            ),
            "dA1 = dD1 * (rng.random(A1.shape) >= drop) / (1 - drop)",
            (("dA1 = dD1 * mask", "dA1 = dD1 * (rng.random(A1.shape) >= drop) / (1 - drop)"),),
            "dA1",
        ),
        Bug(
            own(
                "undropped-activation",
                "the gradient of W2 is taken with the activations before dropout, but W2 multiplied those after it",
                "It is tempting because everywhere else this line reads A.T @ dY.",
                "Which array was multiplied by W2 in the forward pass?",
            ),
            "dW2 = A1.T @ dY",
            (("dW2 = D1.T @ dY", "dW2 = A1.T @ dY"),),
            "dW2",
        ),
    ),
    "Y",
    "dY",
    extra={"drop": 0.1, "seed": 3},
    lr=0.1,
    decoy={
        "dZ1 = dA1 * (1 - A1 ** 2)": "tanh was applied before the mask, so its slope belongs to A1",
        "mask = (rng.random(A1.shape) >= drop) / (1 - drop)": "the units that stay are made larger, so that the mean stays what it was",
        "dA1 = dD1 * mask": "what was multiplied by the mask on the way forward is multiplied by the same mask on the way back",
        "dW2 = D1.T @ dY": "W2 multiplied D1, so D1 is its factor",
    },
)

NORM = Program(
    "norm",
    "This program should minimise the mean squared error of a network with batch normalisation (gain g, shift b).",
    """\
for epoch in range(epochs):
    Z1 = X @ W1
    s = np.sqrt(Z1.var(axis=0) + 1e-5)
    N1 = (Z1 - Z1.mean(axis=0)) / s
    A1 = np.tanh(g * N1 + b)
    Y = A1 @ W2 + b2
    loss = np.mean((Y - T) ** 2)
    dY = 2 * (Y - T) / T.size
    dW2 = A1.T @ dY
    db2 = dY.sum(axis=0)
    dB1 = (dY @ W2.T) * (1 - A1 ** 2)
    dg = (dB1 * N1).sum(axis=0)
    db = dB1.sum(axis=0)
    dN1 = dB1 * g
    dZ1 = (dN1 - dN1.mean(axis=0) - N1 * (dN1 * N1).mean(axis=0)) / s
    dW1 = X.T @ dZ1
    params, grads = (W1, g, b, W2, b2), (dW1, dg, db, dW2, db2)
    for p, d in zip(params, grads):
        p -= lr * d
""",
    {"W1": "nh", "g": "h", "b": "h", "W2": "hk", "b2": "k"},
    ("loss", "dY", "dW2", "db2", "dB1", "dg", "db", "dN1", "dZ1", "dW1", "W1", "g", "b", "W2", "b2"),
    (
        Bug(
            own(
                "statistics-constant",
                "the mean and the deviation of the batch are treated as constants on the way back",
                "It is tempting because they look like settings. But they are computed from Z1, and move when it does.",
                "If one entry of Z1 grows, what else in N1 changes?",
            ),
            "dZ1 = dN1 / s",
            (("(dN1 - dN1.mean(axis=0) - N1 * (dN1 * N1).mean(axis=0)) / s", "dN1 / s"),),
            "dZ1",
        ),
        Bug(
            own(
                "upstream-forgotten",
                "the gain's gradient is the local factor alone, without what comes back from the loss",
                "It is tempting because N1 is the factor that belongs to g, and its sum has the right shape.",
                "How fast does the loss change with the product g * N1, and where is that in dg?",
            ),
            "dg = N1.sum(axis=0)",
            (("dg = (dB1 * N1).sum(axis=0)", "dg = N1.sum(axis=0)"),),
            "dg",
        ),
    ),
    "Y",
    "dY",
    lr=0.1,
    decoy={
        "Z1 = X @ W1": "a bias here would be subtracted again with the mean",
        "dZ1 = (dN1 - dN1.mean(axis=0) - N1 * (dN1 * N1).mean(axis=0)) / s": "Z1 reaches N1 directly, through the mean, "
        "and through the deviation, which makes three terms",
        "dN1 = dB1 * g": "g multiplied N1, so it is the factor on the way back",
    },
)

TIED = Program(
    "tied",
    "This program should minimise the mean squared error of a network in which two layers share one square matrix V.",
    """\
for epoch in range(epochs):
    A1 = np.tanh(X @ W1 + b1)
    A2 = np.tanh(A1 @ V)
    A3 = np.tanh(A2 @ V)
    Y = A3 @ W2 + b2
    loss = np.mean((Y - T) ** 2)
    dY = 2 * (Y - T) / T.size
    dW2 = A3.T @ dY
    db2 = dY.sum(axis=0)
    dZ3 = (dY @ W2.T) * (1 - A3 ** 2)
    dV = A2.T @ dZ3
    dZ2 = (dZ3 @ V.T) * (1 - A2 ** 2)
    dV += A1.T @ dZ2
    dZ1 = (dZ2 @ V.T) * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    params = W1, b1, V, W2, b2
    for p, g in zip(params, (dW1, db1, dV, dW2, db2)):
        p -= lr * g
""",
    {"W1": "nh", "b1": "h", "V": "hh", "W2": "hk", "b2": "k"},
    ("loss", "dY", "dW2", "db2", "dZ3", "dZ2", "dV", "dZ1", "dW1", "db1", "W1", "b1", "V", "W2", "b2"),
    (
        Bug(
            MISTAKES["one-path-only"],
            "dV = A1.T @ dZ2",
            (("dV += A1.T @ dZ2", "dV = A1.T @ dZ2"),),
            "dV",
        ),
        Bug(
            own(
                "one-transpose-missing",
                "on one of the two ways back through V the transpose is missing, and the shapes fit because V is square",
                "It is easy to overlook because the product runs, since both sides of V are equally long.",
                "Both layers multiply by V on the way forward. What should both multiply by on the way back?",
            ),
            "dZ2 = (dZ3 @ V) * (1 - A2 ** 2)",
            (("dZ2 = (dZ3 @ V.T)", "dZ2 = (dZ3 @ V)"),),
            "dZ2",
        ),
    ),
    "Y",
    "dY",
    lr=0.05,
    decoy={
        "dV += A1.T @ dZ2": "V is used twice, so its gradient collects from both uses",
        "dV = A2.T @ dZ3": "this is the use that comes first on the way back, and the other one is added below",
        "dZ1 = (dZ2 @ V.T) * (1 - A1 ** 2)": "both layers go back through the same V.T",
    },
)

ROWS = Program(
    "rows",
    "This program should minimise the mean squared error, taking the examples one by one and adding up their gradients.",
    """\
for epoch in range(epochs):
    loss = 0
    for g in (dW1, db1, dW2, db2):
        g[:] = 0
    for x, t in zip(X, T):
        a1 = np.tanh(x @ W1 + b1)
        y = a1 @ W2 + b2
        loss += np.sum((y - t) ** 2) / T.size
        dy = 2 * (y - t) / T.size
        dW2 += np.outer(a1, dy)
        db2 += dy
        dz1 = (W2 @ dy) * (1 - a1 ** 2)
        dW1 += np.outer(x, dz1)
        db1 += dz1
"""
    + STEP2,
    TWO_LAYERS,
    ("loss", "dy", "dW2", "db2", "dz1", "dW1", "db1", *NEW2),
    (
        Bug(
            SLIPS["gradients-not-reset"],
            "for g in (dW1, dW2):",
            (("for g in (dW1, db1, dW2, db2):", "for g in (dW1, dW2):"),),
            "db2",
            after=2,
        ),
        Bug(
            SLIPS["last-example-only"],
            "dW2 = np.outer(a1, dy)",
            (("dW2 += np.outer(a1, dy)", "dW2 = np.outer(a1, dy)"),),
            "dW2",
        ),
    ),
    "y",
    "dy",
    lr=0.1,
    decoy={
        "dy = 2 * (y - t) / T.size": "T.size counts the entries of all examples, so each example brings its share of the mean",
        "dz1 = (W2 @ dy) * (1 - a1 ** 2)": "for a single example, W2 @ dy is the same as dy @ W2.T",
        "db2 += dy": "the examples' gradients add up",
    },
)

MOMENTUM = Program(
    "momentum",
    "This program should minimise the mean squared error with momentum 0.9, where `speed` starts at zeros.",
    """\
for epoch in range(epochs):
    A1 = np.tanh(X @ W1 + b1)
    Y = A1 @ W2 + b2
    loss = np.mean((Y - T) ** 2)
    dY = 2 * (Y - T) / T.size
    dW2 = A1.T @ dY
    db2 = dY.sum(axis=0)
    dA1 = dY @ W2.T
    dZ1 = dA1 * (1 - A1 ** 2)
    dW1 = X.T @ dZ1
    db1 = dZ1.sum(axis=0)
    params = W1, b1, W2, b2
    grads = dW1, db1, dW2, db2
    for p, g, v in zip(params, grads, speed):
        v *= 0.9
        v += g
        p -= lr * v
""",
    TWO_LAYERS,
    ("loss", "dY", *BACK2, *NEW2),
    (
        Bug(
            own(
                "rate-twice",
                "the learning rate is multiplied in twice, once into the speed and again into the step",
                "It is tempting because you can find momentum written both ways in books, with the rate inside the speed and outside it.",
                "With a learning rate ten times smaller, how many times smaller is the first step?",
            ),
            "v += lr * g",
            (("v += g", "v += lr * g"),),
            "W1",
        ),
    ),
    "Y",
    "dY",
    lr=0.05,
    decoy={
        "v *= 0.9": "the old speed fades by a tenth in each step",
        "p -= lr * v": "the learning rate is multiplied in here, and nowhere else",
    },
)

PROGRAMS = {p.name: p for p in (CROSS, SQUARES, BATCHES, COLUMN, DEEP, DROPOUT, NORM, TIED, ROWS, MOMENTUM)}
BUGS = {bug.mistake.slug: (program, bug) for program in PROGRAMS.values() for bug in program.bugs}


# ---------------------------------------------------------------- running them


@cache
def _compiled(text: str):
    return compile(text, "<clinic>", "exec")


def run(program: Program, text: str, inputs: Mapping, **settings) -> dict:
    """Every name that this text leaves behind, started from copies of the inputs.

    settings   epochs, lr, and what else the program needs; by default one epoch, with a learning rate of 0
    """
    scope = {"np": np, "print": lambda *what: None, "epochs": 1, "lr": 0.0, **program.extra, **settings}
    scope |= {name: np.array(value, dtype=float) for name, value in inputs.items()}
    if program.name == "rows":
        scope |= {"d" + name: np.zeros_like(scope[name]) for name in program.params}
    if program.name == "momentum":
        scope["speed"] = [np.zeros_like(scope[name]) for name in program.params]
    exec(_compiled(text), scope)
    return scope


def inputs_for(program: Program, rng: np.random.Generator, N: int, n: int, h: int, k: int) -> dict:
    """A batch of N and parameters in these sizes (n inputs, h hidden, k outputs), drawn."""
    k = 1 if program.name == "column" else k
    size = {"n": n, "h": h, "k": k}
    drawn = {"X": rng.standard_normal((N, n)), "T": (rng.random((N, k)) < 0.5).astype(float)}
    if program.one_hot:
        drawn["T"] = np.eye(k)[rng.integers(0, k, N)]
    if program.name == "column":
        drawn["T"] = drawn["T"][:, 0]
        drawn["T"][:2] = 0, 1  # targets that are all the same would hide a mix-up of examples
    for name, shape in program.params.items():
        drawn[name] = rng.standard_normal([size[c] for c in shape])
    return drawn


def shown_by(bug: Bug) -> dict:
    """The settings with which a bug shows."""
    return {"epochs": bug.after, **bug.needs}


def first_difference(program: Program, bug: Bug | None, inputs: Mapping, **settings) -> str | None:
    """The first quantity in the order of the pass in which the planted program and the right one differ."""
    settings = {"lr": 0.1} | (shown_by(bug) if bug else {}) | settings
    right = run(program, program.text, inputs, **settings)
    wrong = run(program, program.inject_bug(bug), inputs, **settings)
    for name in program.order:
        a, b = np.asarray(right[name]), np.asarray(wrong[name])
        if a.shape != b.shape or not np.allclose(a, b, rtol=0, atol=1e-9 * (1 + np.abs(a).max())):
            return name
    return None


def started_with_ones(program: Program, text: str) -> str:
    """The text with the sum of its outputs for a loss: its backward pass begins with an array of ones."""
    text = re.sub(rf"( {program.delta}) = .*", rf"\1 = np.ones_like({program.output})", text)
    return re.sub(r"( loss \+?=) (?!0$).*", rf"\1 {program.output}.sum()", text, flags=re.MULTILINE)


# ---------------------------------------------------------------- training them


def xor_start(program: Program, seed: int) -> dict:
    """The four examples of XOR and drawn parameters with eight hidden units: what `run` starts from."""
    X, t = xor()
    start = inputs_for(program, np.random.default_rng(seed), 4, 2, 8, 2)
    if not program.one_hot:  # one output is enough
        start |= {"W2": start["W2"][:, :1], "b2": start["b2"][:1]}
    T = np.hstack([1 - t, t]) if program.one_hot else t
    return start | {"X": X, "T": T[:, 0] if program.name == "column" else T}


def trains(program: Program, text: str, starts: int, epochs: int, rate: float) -> tuple[int, int]:
    """From how many of the starts this text solves XOR, and from how many its printed loss falls.

    rate   times the program's own learning rate
    Solved: by the right program's loss the weights that come out are so good that no output is on the wrong side.
    """
    solved = fell = 0
    enough = np.log(2) / 4 if "np.log" in program.text else 1 / 16
    for start in (xor_start(program, seed) for seed in range(starts)):
        with np.errstate(all="ignore"):
            end = run(program, text, start, epochs=epochs, lr=program.lr * rate, batch=3)
            now = start | {name: end[name] for name in program.params}
            first, last = (run(program, text, at)["loss"] for at in (start, now))
            solved += bool(run(program, program.text, now, drop=0)["loss"] < enough)
            fell += bool(last < first)
    return solved, fell


def training() -> dict:
    """What came out of training every program and every bug with several budgets, by tools/make_clinic.py.

    {"starts": how many, "budgets": [[epochs, rate], ...], "solved" and "fell": {program or slug: [count for each budget]}}
    """
    return json.loads((Path(__file__).parent / "clinic.json").read_text())


# ---------------------------------------------------------------- showing them


def rearranged(text: str, rng: Rng | None) -> str:
    """The text with the two gradients of a layer in drawn order, where nothing depends on which comes first."""
    lines = text.split("\n")
    for i in range(len(lines) - 1):
        pair = [line.strip() for line in lines[i : i + 2]]
        if rng and pair[0][:2] + pair[1][:2] in ("dWdb", "dbdW") and rng.whole(0, 1):
            lines[i : i + 2] = lines[i + 1], lines[i]
    return "\n".join(lines)


def numbered(text: str) -> list[str]:
    """The lines that are not empty, in order; the first is line 1."""
    return [line for line in text.split("\n") if line.strip()]


def with_numbers(text: str) -> str:
    """The program with its line numbers."""
    return "\n".join(f"{i:>2}  {line}" for i, line in enumerate(numbered(text), 1))


def listing(text: str) -> str:
    """The program with its line numbers, as a block of Markdown."""
    return f"```text\n{with_numbers(text)}\n```"


def line_of(text: str, line: str) -> int:
    """The number of this line."""
    found = [i for i, shown in enumerate(numbered(text), 1) if shown.strip() == line]
    if len(found) != 1:
        raise ValueError(f"{line!r} stands {len(found)} times in the program, expected once")
    return found[0]
