"""Mistakes on arrays: each is a wrong program beside a right one of `array_programs`, with the same inputs and outputs.

A mistake's `on` names the program that it alters, and its `run` takes that program's inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..engine.value import Value
from . import REGISTRY, Mistake
from .array_programs import PROGRAMS, Arrays, central_difference, gradient_check, hidden_units, linear, softmax
from .scalar import MISTAKES, Outcome, true_outcome


def _too_early(loss: Value, lr: float) -> Outcome:
    """Each node hands on what it has when it is first met, and no more: there is no topological order."""
    values, right = true_outcome(loss)
    grads, waiting, met = dict.fromkeys(right, 0.0) | {loss: 1.0}, [loss], {loss}
    for node in waiting:
        for parent, local in zip(node.parents, node.local_grads, strict=True):
            grads[parent] += grads[node] * local
            if parent not in met:
                met.add(parent)
                waiting.append(parent)
    return Outcome(values, grads)


@dataclass(frozen=True, eq=False)
class Altered:
    """A right program with other steps or lines; where only a network's steps are others, a layer can have them too."""

    changes: dict[str, Any]
    program: str = "network"

    def __call__(self, *args, **inputs) -> Arrays:
        return PROGRAMS[self.program](*args, **inputs, **self.changes)

    @property
    def fits_a_layer(self) -> bool:
        """Whether all that is changed is a step that one layer takes."""
        return set(self.changes) <= {"to_weight", "to_bias", "to_input"}

    def layer(self, X, W, dY) -> Arrays:
        """The backward pass of one layer, Y = X W + b, with these steps."""
        return linear(X, W, np.zeros(np.shape(W)[1]), dY, **self.changes)


# Three ways to put a mistake into the catalogue: with its own words; as the array form of one that `scalar` has, in the
# same words; and that in the words of chapter 8. The keywords say what is changed in the right program.


def _own(slug: str, says: str, because: str, question: str, see: str | None, on="network", run=None, **changes):
    run = run or Altered(changes, on)
    return Mistake(slug, says, f"It is tempting because {because}.", question, see, run, on)


def _known(slug: str, **changes: Callable) -> Mistake:
    return replace(MISTAKES[slug], on="network", run=Altered(changes))


def _reworded(slug: str, says: str, question: str, **changes: Callable) -> Mistake:
    return REGISTRY[slug].worded(says, question=question, run=Altered(changes), on="network")


def _first(window: np.ndarray) -> int:
    return 0


def _first_row(X: np.ndarray) -> np.ndarray:
    """A column that is 1 for the first example and 0 for the others."""
    return np.eye(len(X))[:, :1]


def _by_examples(dZ: np.ndarray) -> np.ndarray:
    return np.full(dZ.shape[1], dZ.sum())


FORWARD, EQUATIONS, LINKS = "8: Trace C, forward", "8: The four equations", "8: Links and leaves"
INDICES, FIT, TRAPS = "8: Backward, index by index", "8: Shapes that must fit", "8: Pitfalls"
ONE_OF_TEN, DIVISOR, LOSS_TRAPS = "9: One of ten", "9: Squared errors, and what divides them", "9: Pitfalls"
_ALL = (
    _known("no-activation-slope", through=lambda dA, Z, A, after, slope: dA),
    _known("slope-at-a", through=lambda dA, Z, A, after, slope: dA * slope(A)),
    _known("no-factor-two", begin=lambda Y, T: (Y - T) / Y.size),
    _known("sign-of-error", begin=lambda Y, T: 2 * (T - Y) / Y.size),
    _known("updated-weight", to_input=lambda dZ, W, dW: dZ @ (W - 0.1 * dW).T),
    _known("no-bias-gradient", to_bias=lambda dZ: 0 * dZ.sum(axis=0)),
    _own("transpose-missing", "the transpose is left out of dW = X.T @ dY; with square shapes nothing complains",
         "the shapes fit without it when the batch is as large as the layer is wide",
         "Which example's input meets which example's gradient in your product?", FIT, on="linear",
         to_weight=lambda A, dZ: A @ dZ),
    _own("weight-not-transposed", "the gradient is passed back through W, not through its transpose",
         "the forward pass has X @ W, and W looks the same on the way back",
         "W[i, j] leads from input i to output j. Which way does the gradient come?", INDICES,
         to_input=lambda dZ, W, dW: dZ @ W),
    _own("indices-swapped",
         "rows and columns are exchanged: dW is made as dZ.T @ A, the transpose of what it should be",
         "both products are made of the same numbers, and for a square W they have the same shape",
         "W has a row for each input. Does your dW have one?", FIT, to_weight=lambda A, dZ: dZ.T @ A),
    _own("transpose-of-vector",
         ".T is taken of an array with one axis, where it does nothing: x.T @ dy is one number, not a matrix",
         "on paper a row turns into a column. But a NumPy array with one axis is neither", "What is x.T.shape?", TRAPS,
         on="one example", outer=lambda x, dy: x.T @ dy),
    _own("bias-averaged", "the gradient of the bias is averaged over the batch, where it is summed",
         "the batch has to be averaged somewhere. But the loss did it already",
         "The 1/N is in dZ. How often is it in your db?", TRAPS, to_bias=lambda dZ: dZ.mean(axis=0)),
    _own("bias-summed-over-all",
         "the gradient of the bias is summed over everything, so that all biases of a layer get the same",
         "dZ.sum() runs, and NumPy spreads one number over the whole bias",
         "Which entries of dZ does one bias reach: a column, or all?", TRAPS, to_bias=_by_examples),
    _own("mean-twice", "the gradient is divided by the number of examples twice",
         "the loss is a mean, and the formula for dW in many books has a 1/N of its own",
         "Where was the mean taken: in the loss, in the weights, or in both?", TRAPS,
         begin=lambda Y, T: 2 * (Y - T) / Y.size / len(Y)),
    _own("mean-never", "the gradient is that of the sum of squares, not of their mean",
         "you think of the slope of the square, and the mean in front of it is easily lost",
         "If every example came twice, how would the loss change? And how would your gradient?", INDICES,
         begin=lambda Y, T: 2 * (Y - T)),
    _own("mean-over-examples-only",
         "the mean is taken over the examples alone, where this loss takes it over all entries",
         "N, the number of examples, is in every formula", "How many squares does the mean run over?", INDICES,
         begin=lambda Y, T: 2 * (Y - T) / len(Y)),
    _own("last-example-only", "only the last example counts: the others are left out of the sums",
         "a loop over the examples computes the right thing for each of them, and with `=` for `+=` it keeps only one",
         "Every example used W. How many of them contribute to your dW?", INDICES,
         to_weight=lambda A, dZ: np.outer(A[-1], dZ[-1]), to_bias=lambda dZ: dZ[-1]),
    _own("mask-of-next-layer", "the ReLU's mask is taken from the wrong layer: where Z2 is positive, not where Z1 is",
         "both are at hand, and where they have the same shape nothing complains",
         "Which ReLU does the gradient pass on its way from dA1 to dZ1?", TRAPS,
         through=lambda dA, Z, A, after, slope: dA * slope(after)),
    _own("relu-at-zero", "the slope of ReLU at exactly 0 is taken as 1",
         "0 and 1 are both slopes that touch the corner, so it is a convention. This book takes 0, as PyTorch does",
         "What is your slope where Z1 is exactly 0?", "7: All four gradients",
         through=lambda dA, Z, A, after, slope: dA * (Z >= 0)),
    _own("elementwise-for-product", "the two are multiplied entry by entry (*), where the matrix product (@) belongs",
         "the two are one character apart, and where the shapes agree both run",
         "Every example uses W. Where does your dW add up over the batch?", LINKS, to_weight=lambda A, dZ: A * dZ),
    _own("delta-not-through-weights", "the gradient goes back to the layer before without passing through W2",
         "dZ2 and dZ1 are both called delta, and where they have the same shape nothing complains",
         "If A1[0, 0] grows a little, which entries of Z2 move, and by how much?", LINKS,
         to_input=lambda dZ, W, dW: dZ * 1.0),
    _own("softmax-diagonal",
         "only the diagonal of softmax's Jacobian is used: each share is taken to depend on its own logit alone",
         "it is so for the sigmoid, whose formula p(1 - p) is the same",
         "When one logit rises, what happens to the shares of the others?", ONE_OF_TEN, on="cross-entropy",
         begin=lambda P, T: -T / P / len(P) * P * (1 - P)),
    _own("softmax-slope-twice",
         "P - T is multiplied by p(1 - p) once more, although it is already the gradient of the logits",
         "every activation has had a slope so far. But this one is in P - T already",
         "Is P - T the gradient with respect to the softmax's inputs, or to its outputs?", ONE_OF_TEN, on="cross-entropy",
         begin=lambda P, T: (P - T) * P * (1 - P) / len(P)),
    _own("softmax-twice", "softmax is applied twice: by the network, and by the loss once more",
         "the cross-entropy of many libraries contains the softmax, although its name does not say so",
         "Does your loss want logits, or shares?", LOSS_TRAPS, on="cross-entropy", shares=lambda Z: softmax(softmax(Z))),
    _own("batch-not-averaged", "the gradient is not divided by the number of examples, although the loss is",
         "P - T looks complete", "If every example came twice, how would the loss change? And how would your gradient?",
         DIVISOR, on="cross-entropy", begin=lambda P, T: P - T),
    _own("delta-of-other-loss",
         "the gradient is that of cross-entropy, P - T, while the loss printed is the mean squared error",
         "P - T is short, and it trains well. But it is the slope of another loss",
         "Which loss has the slope that you use?", LOSS_TRAPS, on="sigmoid and MSE", begin=lambda P, T: (P - T) / len(P)),
    _own("no-output-slope", "the derivative of the output's activation is left out",
         "the backward pass begins at the output, so there seems to be nothing between it and the loss",
         "Between dL/dP and dL/dZ stands a function. What is its slope?", "9: Yes or no", on="sigmoid and MSE",
         begin=lambda P, T: 2 * (P - T) / P.size),
    _own("broadcast-error",
         "outputs of shape (N,) and targets of shape (N, 1) are subtracted: NumPy makes (N, N) of it, each output minus each target",
         "the two look alike when printed, and no error is raised", "What is the shape of Y - T?", TRAPS, on="MSE",
         error=lambda Y, T: Y - T.reshape(-1, 1)),
    _own("exp-slope-is-x", "the derivative of exp(x) is taken as x",
         "with squares, something comes down from the exponent", "How steep is exp at 0?", "4: Pitfalls", on="exp",
         slope=lambda x: x),
    _own("mask-forgotten", "dropout's mask is left out of the backward pass",
         "the mask was random, so it seems to have no derivative", "Can an entry that was dropped still move the loss?",
         None, on="dropout", back=lambda dY, mask: dY),
    _own("pool-to-first", "max pooling's gradient goes to the first entry of each window, not to the largest",
         "it reaches the right window, and the network still learns something",
         "Which entry of the window did the output come from?", None, on="max pool", chosen=_first),
    _own("kernel-not-turned", "the kernel is not turned round on the way back to the input",
         "on the way forward the kernel is laid on as it is. But on the way back, what was to the right comes from the left",
         "Which outputs did X[0, 0] reach, and with which entry of the kernel?", None, on="convolution",
         turned=lambda K: K),
    _own("gradients-not-reset", "the gradients are not reset: the second step uses the sum of both",
         "adding is right within one pass, where a value is used twice. Between steps it is not",
         "Which gradients does the second step use?", None, on="training", keep=1.0),
    _own("bias-never-updated", "the bias is never updated", "a well-known worked example leaves its biases alone",
         "How many parameters have you moved?", "7: All four at once", on="training", fixed_bias=True),
    _own("steps-uphill", "the step is added where it is subtracted, so that the loss rises",
         "gradient descent is named after the gradient. But the minus sign is in the word descent",
         "Where does the gradient point: up, or down?", "7: One step, and too far", on="training", uphill=True),
    _own("value-clipped", "the parameters are clipped, where the gradient should be",
         "both are one line with the same name", "What may be as large as it likes, and what may not?", None,
         on="training", clip_value=True),
    _own("zero-initialisation",
         "all weights begin at 0, so that the hidden neurons stay alike, and here nothing moves at all",
         "0 favours no neuron. But that is the trouble: no neuron has a reason to become different from the others",
         "What is the gradient of W1 when W2 is 0?", None, on="hidden units",
         run=lambda X, W1, W2, T, lr=0.1: hidden_units(X, 0 * np.asarray(W1), 0 * np.asarray(W2), T, lr)),
    _own("output-nudged-for-loss",
         "the check measures how the output changes, and compares that with the gradient of the loss",
         "the output is what the program prints", "Of which number is your gradient the slope?", None,
         on="central difference", run=lambda f, loss, w, h=1e-5: central_difference(f, lambda y: y, w, h)),
    _own("nudge-too-small",
         "the nudge h is so small that rounding eats the difference (here 1e-7, with 32-bit numbers)",
         "a limit for h to 0 suggests that a smaller h is always better",
         "How many digits do the two losses share, and how many are left for the difference?",
         "4: Two lines that check everything", on="central difference",
         run=lambda f, loss, w, h=1e-7: central_difference(f, loss, w, h, np.float32)),
    _own("all-ones-upstream",
         "the backward pass is checked with an upstream gradient of ones, for which rows and columns are the same",
         "summing the outputs is the quickest way to get one number", "Which mistakes does a matrix of ones forgive?",
         None, on="gradient check",
         run=lambda X, dY, backward, truth: gradient_check(X, np.ones_like(np.asarray(dY, dtype=float)), backward, truth)),
    _own("no-topological-order",
         "a node passes its gradient back before all nodes that use it have contributed: there is no topological order",
         "on a chain every order is right. But it fails where paths of different length meet again",
         "Which nodes must have been visited before this one can pass its gradient back?", "5: In which order?",
         on="graph", run=_too_early),
    _reworded("bias-forgotten-forward", "the forward pass leaves out both biases",
              "What is added to X W1 before the ReLU, and to A1 W2 after it?", Z1=lambda v: v.X @ v.W1,
              Z2=lambda v: v.A1 @ v.W2),
    _reworded("first-bias-forgotten", "b1 is left out of Z1", "What is added to each row of X W1?",
              Z1=lambda v: v.X @ v.W1),
    _reworded("second-bias-forgotten", "b2 is left out of Z2", "What is added to each row of A1 W2?",
              Z2=lambda v: v.A1 @ v.W2),
    _reworded("biases-exchanged", "the biases are exchanged: b2 is added in the first layer and b1 in the second",
              "Which bias belongs to the hidden neurons?", Z1=lambda v: v.X @ v.W1 + v.b2,
              Z2=lambda v: v.A1 @ v.W2 + v.b1),
    _own("bias-subtracted", "the biases are subtracted where they are added", "some of them are negative already",
         "What does the forward pass do with b1: add it, or take it off?", FORWARD, Z1=lambda v: v.X @ v.W1 - v.b1,
         Z2=lambda v: v.A1 @ v.W2 - v.b2),
    _own("bias-in-first-row", "the biases are added to the first example alone",
         "a bias is one row, and on paper it meets one row of the product",
         "How many examples pass through a neuron, and to how many of them does it add its bias?", FORWARD,
         Z1=lambda v: v.X @ v.W1 + _first_row(v.X) * v.b1, Z2=lambda v: v.A1 @ v.W2 + _first_row(v.X) * v.b2),
    _reworded("weights-exchanged", "the weights are exchanged: W2 is used in the first layer and W1 in the second",
              "Which weights does X meet first?", Z1=lambda v: v.X @ v.W2 + v.b1, Z2=lambda v: v.A1 @ v.W1 + v.b2),
    _own("first-weights-turned", "X is multiplied by the transpose of W1, row by row instead of row by column",
         "two rows are easier to read side by side than a row and a column",
         "Which numbers of W1 lead to the first hidden neuron: a row, or a column?", FORWARD,
         Z1=lambda v: v.X @ v.W1.T + v.b1),
    _own("second-weights-turned", "A1 is multiplied by the transpose of W2 on the way forward",
         "W2.T is what the way back uses", "Which numbers of W2 lead to the first output: a row, or a column?", FORWARD,
         Z2=lambda v: v.A1 @ v.W2.T + v.b2),
    _own("both-weights-turned", "both products of the forward pass are taken with the transpose of the weights",
         "two rows are easier to read side by side than a row and a column",
         "Which numbers of W1 lead to the first hidden neuron: a row, or a column?", FORWARD,
         Z1=lambda v: v.X @ v.W1.T + v.b1, Z2=lambda v: v.A1 @ v.W2.T + v.b2),
    _reworded("activation-forgotten-forward", "the ReLU is left out, so that Z1 is used as if it were A1",
              "What does the ReLU make of the negative entry of Z1?", A1=lambda v: v.Z1),
    _own("z1-goes-on", "the second layer of the forward pass is given Z1, although A1 is there",
         "Z1 and A1 agree wherever the ReLU is open", "Which array does W2 multiply: Z1, or A1?", FORWARD,
         Z2=lambda v: v.Z1 @ v.W2 + v.b2),
    _own("slope-for-value", "A1 is given the ReLU's slope, 0 or 1, where its value belongs",
         "the mask is what the way back remembers of a ReLU",
         "What does an open ReLU pass on: 1, or the number itself?", FORWARD, A1=lambda v: v.slope(v.Z1)),
    _own("minus-taken-off", "a negative entry of Z1 becomes positive in A1, where the ReLU makes it 0",
         "in both cases no negative number is left", "What is ReLU(-2)?", FORWARD, A1=lambda v: np.abs(v.Z1)),
    _own("relu-turned-round", "A1 keeps the negative entries of Z1 and sets the positive ones to 0",
         "it is easy to mix up which half a ReLU lets through", "What is ReLU(-2)?", FORWARD,
         A1=lambda v: np.minimum(v.Z1, 0)),
    _own("relu-at-output", "the outputs are sent through a ReLU as well: Z2 has no negative entry left",
         "the first layer ends in a ReLU",
         "How does the definition of this network end: with an activation, or without?", FORWARD,
         Z2=lambda v: np.maximum(v.A1 @ v.W2 + v.b2, 0)),
    _reworded("target-forgotten", "the loss is differentiated as if the targets were 0", "What is being squared?",
              begin=lambda Y, T: 2 * Y / Y.size),
    _reworded("target-added", "the targets are added where they are subtracted: Z2 + T for Z2 - T",
              "In the loss T is subtracted. What stands before it in your dZ2?",
              begin=lambda Y, T: 2 * (Y + T) / Y.size),
    _reworded("loss-for-its-slope", "the squares themselves are passed back instead of their slopes",
              "Is your dZ2 made of errors, or of squared errors?", begin=lambda Y, T: (Y - T) ** 2 / Y.size),
    _reworded("square-kept", "the square is kept in its slope: 2(Z2 - T)^2 for 2(Z2 - T)",
              "What is the derivative of u^2?", begin=lambda Y, T: 2 * (Y - T) ** 2 / Y.size),
    _own("error-alone", "dZ2 is taken as the error Z2 - T alone, without the 2 of the square and without the mean",
         "Z2 - T is the part that one remembers",
         "What stands before the square in the definition of L, and what does the square bring down?", INDICES,
         begin=lambda Y, T: Y - T),
    _own("mean-over-outputs-only",
         "the mean is taken over the outputs alone, where this loss takes it over all entries",
         "one example at a time it would be right", "How many squares does the mean run over?", INDICES,
         begin=lambda Y, T: 2 * (Y - T) / Y.shape[1]),
    _own("half-squares", "the errors are divided by the number of examples, without the 2: the slope of another loss",
         "many books define the loss as half of the squares, summed over the outputs",
         "Is there a 1/2 in this loss, and how many squares does the mean run over?", INDICES,
         begin=lambda Y, T: (Y - T) / len(Y)),
    _own("output-masked", "dZ2 is multiplied by a ReLU's slope, although there is no ReLU after Z2",
         "the first layer's gradient is masked", "Between Z2 and the loss, is there an activation?", EQUATIONS,
         begin=lambda Y, T: 2 * (Y - T) / Y.size * (Y > 0)),
    _own("weights-averaged",
         "the gradients of the weights are averaged over the batch once more, those of the biases are not",
         "many a book has a 1/N in its formula for dW", "The 1/N is in dZ2 already. How often is it in your dW2?",
         TRAPS, to_weight=lambda A, dZ: A.T @ dZ / len(A)),
    _own("averaged-again",
         "the gradients of weights and biases are averaged over the batch, although the mean was taken before",
         "many a book has a 1/N in its formulas for dW and db", "Where has the mean been taken already?", TRAPS,
         to_weight=lambda A, dZ: A.T @ dZ / len(A), to_bias=lambda dZ: dZ.mean(axis=0)),
    _own("first-example-only", "only the first example counts: the others are left out of the sums",
         "one row is a whole trace, as in chapter 7",
         "Every example used W2. In how many of them does your dW2 have a part?", INDICES,
         to_weight=lambda A, dZ: np.outer(A[0], dZ[0]), to_bias=lambda dZ: dZ[0]),
    _reworded("input-forgotten", "the input of the weights is left out: each row of dW is the bias's gradient",
              "W1 is multiplied by something in the forward pass. Where is it in your dW1?",
              to_weight=lambda A, dZ: np.ones_like(A).T @ dZ),
    _reworded("local-for-gradient",
              "dW holds the sums of what goes into the layer, without what comes back from the loss",
              "How fast does the loss move when Z2 does, and where is that in your dW2?",
              to_weight=lambda A, dZ: A.T @ np.ones_like(dZ)),
    _reworded("z-for-a", "dW2 is made with Z1, which goes into the ReLU, instead of A1, which comes out of it",
              "Which array did W2 multiply in the forward pass?", dW2=lambda v: v.Z1.T @ v.dZ2),
    _reworded("layer-off-by-one", "dW2 is made with X, the input of the network, instead of A1",
              "Which array did W2 multiply in the forward pass?", dW2=lambda v: v.X.T @ v.dZ2),
    _own("own-output-for-input", "dW1 is made with A1, which comes out of the first layer, instead of X, which goes in",
         "the line for dW2 has A1 in it, and the two lines look alike",
         "Which array did W1 multiply in the forward pass?", LINKS, dW1=lambda v: v.A1.T @ v.dZ1),
    _own("read-off-before-the-mask", "dW1 and db1 are read off dA1, although dZ1 has been worked out",
         "dA1 and dZ1 agree wherever the ReLU is open",
         "Through which array do W1 and b1 reach the loss first: Z1, or A1?", LINKS, dW1=lambda v: v.X.T @ v.dA1,
         db1=lambda v: v.dA1.sum(axis=0)),
    _own("bias-before-the-mask", "db1 is read off dA1, where dZ1 belongs",
         "dA1 and dZ1 agree wherever the ReLU is open", "b1 is added to Z1 or to A1?", LINKS,
         db1=lambda v: v.dA1.sum(axis=0)),
    _own("weights-before-the-mask", "dW1 is read off dA1, where dZ1 belongs",
         "dA1 and dZ1 agree wherever the ReLU is open", "Does X W1 enter Z1, or A1?", LINKS,
         dW1=lambda v: v.X.T @ v.dA1),
    _own("delta-of-next-layer", "dW1 and db1 are read off dZ2, where dZ1 belongs",
         "dZ2 is the gradient that was found first, and dW2 and db2 are read off it",
         "Through which array does W1 move the loss first: Z1, or Z2?", LINKS, dW1=lambda v: v.X.T @ v.dZ2,
         db1=lambda v: v.dZ2.sum(axis=0)),
    _own("bias-not-summed", "the gradient of the bias is not summed over the examples: it has a row for each of them",
         "the slope of adding is 1, so what comes back seems to be all",
         "A bias has one axis. How many has your gradient of it?", INDICES, to_bias=lambda dZ: dZ * 1.0),
    _own("bias-along-the-rows",
         "the gradient of the bias is summed along each row, so that it has a number for each example",
         "axis=1 and axis=0 are easily exchanged", "Is there a bias for each example, or for each neuron?", INDICES,
         to_bias=lambda dZ: dZ.sum(axis=1)),
    _own("bias-keeps-an-axis", "the gradient of the bias is a matrix with one row, where b is an array with one axis",
         "`keepdims=True` is a good habit elsewhere, and on paper a bias is a row",
         "What is the shape of the bias, and what is that of its gradient?", FIT,
         to_bias=lambda dZ: dZ.sum(axis=0, keepdims=True)),
    _reworded("bias-slope-alone",
              "the gradient of the bias is 1, the slope of adding, without what comes back from the loss",
              "How fast does the loss move when Z does, and where is that in your gradient?",
              to_bias=lambda dZ: np.ones(dZ.shape[1])),
    _own("examples-counted",
         "the gradient of the bias is the number of examples, without what comes back from the loss",
         "the slope of adding is 1 for each of them",
         "How fast does the loss move when Z does, and where is that in your gradient?", LINKS,
         to_bias=lambda dZ: np.full(dZ.shape[1], float(len(dZ)))),
    _reworded("bias-times-b", "the gradient of the bias is multiplied by the bias itself",
              "If b2 grows by 0.01, by how much does Z2 grow? Does that depend on b2?",
              db2=lambda v: v.dZ2.sum(axis=0) * v.b2, db1=lambda v: v.dZ1.sum(axis=0) * v.b1),
    _reworded("wrong-weight-back", "the gradient goes back through W1, where W2 connects the two layers",
              "Which weights stand between A1 and Z2?", dA1=lambda v: v.dZ2 @ v.W1.T),
    _reworded("weight-sign-lost", "the weights are taken without their minus signs on the way back",
              "Some entries of W2 are negative. When the hidden neuron before such a weight grows, does the output grow?",
              to_input=lambda dZ, W, dW: dZ @ np.abs(W).T),
    _own("activation-for-slope", "dA1 is multiplied by A1, the ReLU's value, where its slope belongs",
         "the forward pass has A1 at hand, and a sigmoid's slope has its value in it",
         "What is the slope of ReLU at 2?", EQUATIONS, through=lambda dA, Z, A, after, slope: dA * A),
    _own("z-for-slope", "dA1 is multiplied by Z1 itself, where the ReLU's slope at Z1 belongs",
         "the slope is taken at Z1", "What is the slope of ReLU at 2?", EQUATIONS,
         through=lambda dA, Z, A, after, slope: dA * Z),
    _own("relu-of-gradient", "the ReLU is applied to the gradient: its negative entries become 0",
         "what was done on the way forward seems to be done again on the way back",
         "May the loss fall when an open hidden neuron grows? What sign does its gradient have then?", EQUATIONS,
         through=lambda dA, Z, A, after, slope: np.maximum(dA, 0)),
    _own("mask-turned-round",
         "the mask is turned round: the gradient passes where the ReLU is closed and stops where it is open",
         "it is easy to mix up which half a ReLU lets through", "What is the slope of ReLU at 2, and at -2?", EQUATIONS,
         through=lambda dA, Z, A, after, slope: dA * (Z <= 0)),
    _own("sigmoid-slope-for-relu", "the sigmoid's slope A1(1 - A1) is used, although the activation is ReLU",
         "it is the slope that chapter 7 used most", "Which activation does this network have?", EQUATIONS,
         through=lambda dA, Z, A, after, slope: dA * A * (1 - A)),
    _own("tanh-slope-for-relu", "the slope of tanh, 1 - A1^2, is used, although the activation is ReLU",
         "it is written with the activation's output, which is at hand", "Which activation does this network have?",
         EQUATIONS, through=lambda dA, Z, A, after, slope: dA * (1 - A**2)),
    _own("closed-for-all", "a hidden neuron that is closed for one example is masked for all of them",
         "a neuron is spoken of as on or off", "For which examples is this neuron closed?", EQUATIONS,
         through=lambda dA, Z, A, after, slope: dA * (Z > 0).all(axis=0)),
    _own("whole-example-masked", "an example for which one hidden neuron is closed is masked in all neurons",
         "the row has a 0 in it already", "Which neurons of this example are still open?", EQUATIONS,
         through=lambda dA, Z, A, after, slope: dA * (Z > 0).all(axis=1, keepdims=True)),
    _own("mask-of-input", "the mask is taken from X: where the input is positive, not where Z1 is", "X is what goes in",
         "Which numbers did the ReLU see?", EQUATIONS, dZ1=lambda v: v.dA1 * v.slope(v.X)),
)  # fmt: skip

SLIPS: dict[str, Mistake] = {mistake.slug: mistake for mistake in _ALL}


def slips_of(on: str) -> tuple[tuple[Mistake, Callable], ...]:
    """All mistakes on this program, each with the wrong program: what an exercise takes as `slips`."""
    if on not in PROGRAMS:
        raise KeyError(f"slips are on the programs {', '.join(PROGRAMS)}; got {on!r}")
    return tuple((mistake, mistake.run) for mistake in SLIPS.values() if mistake.on == on)
