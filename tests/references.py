"""Published numbers, as data for the tests: what others worked out and printed, and where."""

import numpy as np

# Matt Mazur, "A Step by Step Backpropagation Example" (2015),
# https://mattmazur.com/2015/03/17/a-step-by-step-backpropagation-example/
# Two inputs, two hidden sigmoids, two output sigmoids. His w1, w2 lead to the first hidden unit, w3, w4 to the second:
# a column of W here. His E is half the sum of two squared errors, which is their mean. He leaves the biases alone.
MAZUR = {
    "X": np.array([[0.05, 0.10]]),
    "T": np.array([[0.01, 0.99]]),
    "W1": np.array([[0.15, 0.25], [0.20, 0.30]]),
    "b1": np.array([0.35, 0.35]),
    "W2": np.array([[0.40, 0.50], [0.45, 0.55]]),
    "b2": np.array([0.60, 0.60]),
    "lr": 0.5,
    "error": 0.298371109,
    "dE/dw5": 0.082167041,
    "W1 after": np.array([[0.149780716, 0.24975114], [0.19956143, 0.29950229]]),
    "W2 after": np.array([[0.35891648, 0.511301270], [0.408666186, 0.561370121]]),
    "error after, printed": 0.291027924,
    # The weights that he prints give another error, 0.291027774. What he prints instead is, to every digit, the outcome
    # of a famous slip: the output weights were stepped first, and the hidden gradients came back through the new ones.
    "error after": 0.291027774,
}

# Michael Nielsen, "Neural Networks and Deep Learning" (2015), chapter 1: the network [784, 30, 10] for MNIST; and
# 3Blue1Brown, "But what is a neural network?" (2017): 784-16-16-10 with "13,002 total weights and biases".
PARAMETER_COUNTS = {(784, 30, 10): 23_860, (784, 16, 16, 10): 13_002}

# Zhang, Lipton, Li and Smola, "Dive into Deep Learning" (2023), section 5.2: a perceptron with one hidden layer, 784
# inputs, 256 hidden units, 10 outputs, minibatches of 256, written from scratch with these shapes.
D2L_SHAPES = {"X": (256, 784), "W1": (784, 256), "b1": (256,), "H": (256, 256), "W2": (256, 10), "b2": (10,), "O": (256, 10)}  # fmt: skip


def nielsen(weights, biases, X, T):
    """Nielsen's four equations, chapter 2 of the same book, index by index, for sigmoid layers and C = |T - a|² / 2.

    weights    his w[l][j][k], from unit k to unit j: the transpose of ours
    Returns the cost and dC/dw, dC/db, each summed over the examples.
    """

    def sigma(z):
        return 1 / (1 + np.exp(-z))

    cost, nabla_w, nabla_b = 0.0, [np.zeros_like(w) for w in weights], [np.zeros_like(b) for b in biases]
    for x, y in zip(X, T, strict=True):
        activations, zs = [list(x)], []
        for w, b in zip(weights, biases, strict=True):
            zs.append([sum(w[j][k] * a for k, a in enumerate(activations[-1])) + b[j] for j in range(len(b))])
            activations.append([sigma(z) for z in zs[-1]])
        slopes = [[sigma(z) * (1 - sigma(z)) for z in layer] for layer in zs]
        cost += sum((a - t) ** 2 for a, t in zip(activations[-1], y, strict=True)) / 2
        deltas = [(a - t) * s for a, t, s in zip(activations[-1], y, slopes[-1], strict=True)]  # BP1
        for layer in reversed(range(len(weights))):
            for j, delta in enumerate(deltas):
                nabla_b[layer][j] += delta  # BP3
                for k, a in enumerate(activations[layer]):
                    nabla_w[layer][j][k] += a * delta  # BP4
            if layer:
                w = weights[layer]
                deltas = [sum(w[j][k] * delta for j, delta in enumerate(deltas)) * slopes[layer - 1][k]
                          for k in range(len(slopes[layer - 1]))]  # BP2  # fmt: skip
    return cost, nabla_w, nabla_b
