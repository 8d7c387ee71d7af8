"""Counting the parameters of a network, and the ways to miscount them (chapters 1 and 5)."""

from __future__ import annotations

import itertools
from functools import partial
from math import prod

from ...mistakes import Mistake

COUNT_HEADING = "1: How many knobs are there?"


COST_HEADING = "1: What does it cost?"


def weights(sizes) -> int:
    """How many weights there are between layers of these sizes, each connected to the next."""
    return sum(a * b for a, b in itertools.pairwise(sizes))


def counted(sizes) -> int:
    """How many parameters a network of these sizes has: the first layer are inputs, the others neurons."""
    return weights(sizes) + sum(sizes[1:])


counting = partial(Mistake, see=COUNT_HEADING)


MISCOUNTS = (
    (counting("biases-not-counted", "the biases are left out",
              "It is tempting because there are so few biases compared with weights.",
              "What does a neuron do besides multiplying by its weights?"), weights),
    (counting("inputs-given-biases", "the inputs are given biases too",
              "It is tempting because they are drawn as a layer of circles like the others.",
              "Does an input add anything, or is it only read?"), lambda s: weights(s) + sum(s)),
    (counting("one-bias-per-layer", "each layer of neurons is given one bias, not one for each neuron",
              "It is tempting because a program writes the biases of a layer under one name.",
              "Can two neurons of a layer add different numbers?"), lambda s: weights(s) + len(s) - 1),
    (counting("last-layer-without-biases", "the last layer is left without its biases",
              "It is tempting because its neurons are called outputs, and seem to do nothing more than give the result.",
              "Which layers consist of neurons? Does each of them add something?"), lambda s: weights(s) + sum(s[1:-1])),
    (counting("first-neurons-without-biases", "the first layer of neurons is left without its biases",
              "It is tempting because the layer of inputs that comes before it has none.",
              "Which layers consist of neurons? Does each of them add something?"), lambda s: weights(s) + sum(s[2:])),
    (counting("last-layer-forgotten", "the last layer is left out altogether, weights and biases",
              "It is tempting because it is so small.",
              "Between how many pairs of neighbouring layers are there weights?"), lambda s: counted(s[:-1])),
    (counting("weights-from-inputs-forgotten", "the weights between the inputs and the first neurons are left out",
              "It is tempting because the inputs themselves have no parameters.",
              "What does a neuron of the first layer multiply the inputs by?"), lambda s: counted(s) - s[0] * s[1]),
    (counting("nodes-counted", "the numbers in the layers are counted, not the weights between them",
              "It is tempting because the circles of a drawing catch the eye before its lines do.",
              "A parameter can be turned. Is it a circle or a line of the drawing?"), sum),
    (counting("biases-of-the-layer-before", "each bias is counted with the layer before, so that the inputs have some and the last "
              "layer has none", "It is tempting because a bias is sometimes drawn as one more circle in the layer before.",
              "Which numbers does a bias get added to: the inputs, or the sums of a neuron?"),
     lambda s: weights(s) + sum(s[:-1])),
    (counting("one-bias-for-all", "one bias is counted for the whole network",
              "It is tempting because formulas write a single letter b.",
              "Can two neurons add different numbers?"), lambda s: weights(s) + 1),
    (counting("first-to-last", "the first layer is connected straight to the last",
              "It is tempting because only these two are seen from outside.",
              "Which layer feeds which? Go through them one after the other."), lambda s: s[0] * s[-1] + sum(s[1:])),
    (counting("first-to-last-without-biases", "only the weights of a straight connection from the first layer to the last are counted",
              "It is tempting because only these two are seen from outside.",
              "Which layer feeds which? Go through them one after the other."), lambda s: s[0] * s[-1]),
    (counting("inputs-left-out", "the count begins at the first layer of neurons, as if these were the inputs",
              "It is tempting because inputs are not neurons, so they seem to play no part.",
              "What does a neuron of the first layer multiply the inputs by?"), lambda s: counted(s[1:])),
    (counting("first-neurons-only", "only the first layer of neurons is counted",
              "It is tempting because it has nearly all of the weights.",
              "Between how many pairs of neighbouring layers are there weights?"), lambda s: counted(s[:2])),
    (counting("neurons-counted", "one parameter is counted for each neuron, its bias, and no weight",
              "It is tempting because a neuron is drawn as one circle.",
              "How many numbers does one neuron multiply its inputs by?"), lambda s: sum(s[1:])),
    (counting("bias-for-each-weight", "a bias is counted for each weight",
              "It is tempting because weights and biases are so often mentioned together.",
              "How many numbers does one neuron add to its sum?"), lambda s: 2 * weights(s)),
    (counting("every-later-layer", "each layer is connected to all later layers, not only to the next",
              "It is tempting because such networks are called fully connected.",
              "Which layer feeds which? Go through them one after the other."),
     lambda s: sum(a * b for a, b in itertools.combinations(s, 2)) + sum(s[1:])),
    (counting("inputs-feed-all", "every neuron is given a weight for each input of the network, not for each number of the layer before",
              "It is tempting because the inputs are what the network reads.",
              "Which layer feeds which? Go through them one after the other."), lambda s: s[0] * sum(s[1:]) + sum(s[1:])),
    *((counting(slug, f"the sizes of all layers are multiplied with one another{rest}",
                "It is tempting because two neighbouring layers do multiply.",
                "Draw the weights between two layers, then those between the next two. Are the second ones new for each of the first?"),
       lambda s, add=add: prod(s) + add(s))
      for slug, rest, add in (("sizes-multiplied", "", lambda s: 0), ("sizes-multiplied-with-biases", ", and the biases added",
                                                                      lambda s: sum(s[1:])))),
    *((counting(slug, f"the sizes of neighbouring layers are added, not multiplied{rest}",
                "It is tempting because the layers come one after another.",
                "Take two layers: how many weights does one neuron of the second have?"),
       lambda s, add=add: sum(a + b for a, b in itertools.pairwise(s)) + add(s))
      for slug, rest, add in (("neighbours-added", "", lambda s: 0), ("neighbours-added-with-biases", ", before the biases are added",
                                                                      lambda s: sum(s[1:])))),
)  # fmt: skip
