"""The concept inventory: questions whose wrong answers each stand for a misconception, to be asked before and after.

One entry serves both homes: the quiz in the page (`as_choices`) and the exercises from inventory.1 on. An answer is
noted and not judged, until `results` is asked for; `tally` counts over a class which misconceptions went and which
stayed. A question counts if a chapter teaches what it asks (`Item.see`).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ..checking.base import BOOK, Verdict
from ..checking.choices import Choice
from ..engine.trace_table import fmt
from ..mistakes.arrays import SLIPS
from ..mistakes.scalar import MISTAKES
from ..rng import Rng

# What a wrong choice may stand for that is no slip of a calculation: a clause after "you think that".
CONCEPTS = {
    "gradient-is-change": "the gradient is the change of the loss itself, however small the move",
    "gradient-is-step": "the gradient says how far the weight has to move",
    "gradient-is-share": "the gradient is the share of the loss that a weight is to blame for",
    "gradient-is-size": "the weight with the larger gradient is the larger or the more important one",
    "sign-turned": "with a negative gradient the loss rises when the weight does",
    "steps-uphill": "the step goes along the gradient, not against it",
    "rate-forgotten": "the gradient itself is the step, without a learning rate",
    "paths-multiplied": "several paths multiply, as the links of one path do",
    "uses-averaged": "a weight that is used twice gets the mean of both gradients",
    "activation-for-slope": "an activation passes the gradient on in proportion to its own value",
    "error-alone": "a large error always means a large gradient",
    "zero-gradient-is-good": "where the gradient vanishes the parameter is as good as it can be",
    "flat-slope-near-one": "where a sigmoid is flat its slope is just below 1",
    "bias-like-weight": "the gradient of a bias contains the input, as that of a weight does",
    "mean-twice": "the batch is averaged a second time, after the loss has done it",
    "mean-never": "the examples' gradients are summed, though the loss is their mean",
    "last-example-only": "the gradient of a batch is that of its last example",
    "backward-updates": "the backward pass itself changes the weights",
    "backward-sets-activations": "the backward pass gives the neurons new activations",
    "backward-lowers-loss": "the backward pass itself lowers the loss",
    "pass-per-weight": "every weight needs a pass of its own",
    "pass-per-layer": "every layer needs a pass of its own",
    "backward-is-free": "the forward pass has computed the gradients already",
    "factors-averaged": "the factors of a path are averaged over its length",
    "depth-does-not-matter": "what arrives does not depend on the number of layers",
    "input-gradient-for-weights": "the gradient that a layer passes back is that of its weights",
    "weight-gradient-passed-back": "the gradient of a layer's weights is what goes to the previous layer",
    "blame-is-split": "the loss is dealt out to the layers as shares of the blame",
    "zero-is-unimportant": "a weight whose gradient is 0 does not matter to the network",
    "zero-is-error": "a gradient of exactly 0 is a mistake in the calculation",
    "expects-equality": "a measured and a computed gradient must agree in every digit",
    "one-point-proves": "a check at one point proves a gradient everywhere",
    "check-is-circular": "a gradient check uses the formula that it checks",
    "gradient-guarantees": "a step against a right gradient always lowers the loss",
    "together-as-alone": "when many weights move at once, each keeps the effect that it has alone",
    "equal-start-is-fair": "equal weights are the fairest start",
    "symmetry-breaks-itself": "training itself makes equal units different",
    "equal-units-are-a-bug": "units that stay equal show that the backward pass is wrong",
    "order-does-not-matter": "sums come out the same, in whatever order the backward pass visits",
    "order-of-the-forward-pass": "the backward pass visits in the order in which the values were computed",
    "sends-when-reached": "a quantity can pass its gradient on as soon as anything has reached it",
    "path-by-path": "one path is followed to its end before the next one is begun",
    "gradients-only-shrink": "on its way back a gradient can only become smaller",
    "nan-stays-put": "a NaN stays in the one weight that has it",
    "flow-is-forward-only": "what goes wrong in a layer is felt by later layers only",
    "flow-is-backward-only": "what goes wrong in a layer is felt by earlier layers only",
    "own-logit-alone": "only the right class's logit gets a gradient",
    "slope-twice": "P - T is still to be multiplied by the slope p(1 - p)",
}


class Wrong(NamedTuple):
    """A wrong choice: what it says, the misconception behind it, and a word to whoever takes it."""

    text: str
    slug: str
    word: str


@dataclass(frozen=True)
class Item:
    """One question.

    title      a few words that tell nothing that the text does not
    objective  what it tests, as "the reader can ..."
    see        "chapter: heading" where the book teaches it; None where no chapter does yet: then it does not count
    text       what is asked. Whoever knows derivatives can read it: all other notation is explained in it
    right, why the right choice, and why it is right
    wrong      the others
    """

    title: str
    objective: str
    see: str | None
    text: str
    right: str
    why: str
    wrong: tuple[Wrong, Wrong, Wrong]

    @property
    def chapter(self) -> int | None:
        """The number of the chapter that teaches it."""
        return int(self.see.split(": ")[0]) if self.see else None


def _n(x: float, digits: int = 3) -> str:
    """A number as it is printed, with a true minus sign."""
    return fmt(x, digits).replace("-", "\N{MINUS SIGN}")


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


SIGMOID = "1/(1 + e\N{SUPERSCRIPT MINUS}\N{MODIFIER LETTER SMALL Z})"


# ---------------------------------------------------------------- what a gradient is, and what it is not


def _a_slope() -> Item:
    g, move = -3.0, 0.01
    return Item(
        "A weight grows",
        "read a gradient as a rate of change for small moves",
        "1: One knob",
        "The loss L measures how wrong a network's answers are, and it depends on the weight w. At w = 2 its "
        "derivative "
        f"∂L/∂w, also called the gradient, is {_n(g)}. Now w grows by {move}. What does the loss do?",
        f"It falls by about {_n(-g * move)}",
        f"A gradient is a rate: {_n(g)} times the move of {move}.",
        (
            Wrong(f"It falls by about {_n(-g)}", "gradient-is-change", "That would need a move of a whole 1"),
            Wrong(f"It rises by about {_n(-g * move)}", "sign-turned", "A negative slope leads down as w grows"),
            Wrong(
                f"It falls by about {_n(-g)} percent",
                "gradient-is-share",
                "A gradient knows nothing of how large the loss is",
            ),
        ),
    )


def _a_step() -> Item:
    lr, w = 0.1, 0.7
    g2 = -4.0
    return Item(
        "One step",
        "take one step of gradient descent, with its sign and its rate",
        "7: One step, and too far",
        f"A weight is w = {w}, and there the loss has the derivative ∂L/∂w = {_n(g2)}. Gradient descent moves the "
        "weight so "
        "that the loss falls; its learning rate is the factor between the derivative and the length of a step. "
        f"With a learning rate of {lr}, where does one step take w?",
        _n(w - lr * g2),
        "The weight minus the rate times the gradient; two minus signs make w grow.",
        (
            Wrong(_n(w + lr * g2), "steps-uphill", "This step goes uphill: the loss falls as w grows"),
            Wrong(_n(w - g2), "rate-forgotten", "The gradient is a slope; the rate decides how long the step is"),
            Wrong(_n(-lr * g2), "step-for-slope", "This is the step alone, and it starts from where w is"),
        ),
    )


def _no_share() -> Item:
    return Item(
        "Two weights",
        "say what two gradients, compared with each other, mean",
        "1: What the slope does not say",
        "The loss is 10. Its derivative (the gradient) is 4 by one weight and 1 by another. What do these two "
        "numbers say?",
        "A small move of the first changes the loss 4 times as fast",
        "Gradients compare rates of change, here and for small moves.",
        (
            Wrong(
                "The first weight has caused 8 of the loss of 10, the second 2",
                "gradient-is-share",
                "Gradients do not add up to the loss. Double both, and the loss of 10 is still there",
            ),
            Wrong(
                "The first has to move by 4 to be right, the second only by 1",
                "gradient-is-step",
                "How far to go is not in a slope. Where the loss is steep, the goal can be near",
            ),
            Wrong(
                "The first weight is 4 times as important to the network",
                "gradient-is-size",
                "It is a statement about this spot: one step later it can be the other way round",
            ),
        ),
    )


# ---------------------------------------------------------------- paths, and what is local


def _one_path() -> Item:
    x, w2, dz = 2.0, -1.5, -9.0
    return Item(
        "From w1 to z2",
        "carry a derivative back along one path",
        "4: Rates multiply",
        f"z1 = w1 · {_n(x)}, then z2 = {_n(w2)} · z1, and the loss L is computed from z2. Its derivative ∂L/∂z2 is "
        f"{_n(dz)}. "
        "How large is ∂L/∂w1?",
        _n(dz * w2 * x),
        "The rates along a path multiply, signs included.",
        (
            Wrong(_n(dz * abs(w2) * x), "weight-sign-lost", "Two of the three factors are negative"),
            Wrong(_n(dz * x), "no-weight-back", "Between z1 and z2 stands a weight, and its rate belongs to the path"),
            Wrong(_n(dz + w2 + x), "factors-added", "Rates along one path multiply; it is paths that add up"),
        ),
    )


def _two_paths() -> Item:
    return Item(
        "b, d, and L",
        "add over all paths from a value to the loss",
        "5: Over paths, add",
        "b = 5a, d = 3b, and L = b + d. How large is the derivative ∂L/∂a?",
        _n(5 * 1 + 5 * 3),
        "Straight through b: 5. Through b and d: 5 · 3. Paths add up.",
        (
            Wrong(_n(5), "first-path-only", "b reaches L a second time, through d"),
            Wrong(_n(5 * 3), "one-path-only", "b is also added to L directly"),
            Wrong(_n(5 * 5 * 3), "paths-multiplied", "Links of one path multiply; several paths add up"),
        ),
    )


def _local_and_upstream() -> Item:
    a, w, up = 4.0, 0.5, -2.0
    return Item(
        "A neuron's weight",
        "multiply what arrives from the loss by the local derivative of a product",
        "7: All four gradients",
        f"A neuron computes z = w · a from its weight w = {w} and its input a = {_n(a)}. The loss L is computed from "
        "z, "
        f"with the derivative ∂L/∂z = {_n(up)}. How large is ∂L/∂w?",
        _n(up * a),
        "Upstream gradient times local derivative, and ∂z/∂w = a.",
        (
            Wrong(_n(a), "local-for-gradient", "This is how fast z moves. How fast the loss moves with z is missing"),
            Wrong(_n(up), "input-forgotten", "w is multiplied by something on the way to z"),
            Wrong(_n(up * w), "weight-for-input", "If w grows by 0.01, w · a grows by 0.01 times a"),
        ),
    )


def _a_weight_in_two_places() -> Item:
    first, second = 0.5, -0.3
    return Item(
        "A weight in two places",
        "find the gradient of a weight that is used twice",
        "5: Over paths, add",
        "One weight is used in two places. Were it used in the first alone, the loss would have the derivative "
        f"{first} by it; "
        f"in the second alone, {_n(second)}. What is the derivative by this weight?",
        _n(first + second),
        "Both uses reach the loss: the gradients add up.",
        (
            Wrong(_n(second), "one-path-only", "That is the second use alone, as `=` for `+=` would leave it"),
            Wrong(_n((first + second) / 2), "uses-averaged", "Moving w has both effects in full, not half of each"),
            Wrong(_n(first * second), "paths-multiplied", "Links of one path multiply; several paths add up"),
        ),
    )


# ---------------------------------------------------------------- activations and biases


def _the_slope_of_an_activation() -> Item:
    a, up = 0.8, 3.0
    at_a = _sigmoid(a) * (1 - _sigmoid(a))
    return Item(
        "A sigmoid neuron",
        "pass a derivative back through a sigmoid",
        "4: A rate depends on where you are",
        f"A sigmoid neuron turns z into a = sigmoid(z), where sigmoid(z) = {SIGMOID}. Here it gives a = {a}, and the "
        "loss has the "
        f"derivative ∂L/∂a = {_n(up)}. How large is ∂L/∂z?",
        _n(up * a * (1 - a)),
        "The slope of a sigmoid at z is a(1 - a).",
        (
            Wrong(_n(up), "no-activation-slope", "Between z and a stands the sigmoid, and it is not very steep there"),
            Wrong(_n(up * at_a), "slope-at-a", "The slope is taken at z. In a(1 - a) that has been done already"),
            Wrong(_n(up * a), "activation-for-slope", "That is its height. A high sigmoid is a flat one"),
        ),
    )


def _saturation() -> Item:
    return Item(
        "A sigmoid output",
        "predict how much of a large error gets through a sigmoid that is far from 0",
        "18: The slope of the sigmoid",
        f"A network's output is a = sigmoid(z), where sigmoid(z) = {SIGMOID}. Here z = 10, so that a is nearly 1. It "
        "should be 0, and the loss is L = (a \N{MINUS SIGN} 0)². What is the derivative ∂L/∂z like?",
        "Tiny: the error is multiplied by a slope near 0",
        "The error is as large as it can be, but the sigmoid is flat, and hardly anything gets through.",
        (
            Wrong(
                "Large: the output is as wrong as it can be",
                "error-alone",
                "The error has to pass the sigmoid on its way to z",
            ),
            Wrong(
                "Exactly 0: the output is at its best value here",
                "zero-gradient-is-good",
                "The output is near 1 and should be 0",
            ),
            Wrong(
                "About 2: the error is multiplied by a slope near 1",
                "flat-slope-near-one",
                "A sigmoid is steepest at 0, and even there its slope is 0.25",
            ),
        ),
    )


def _a_bias() -> Item:
    inp, dz = 2.0, -3.0
    return Item(
        "A weight and a bias",
        "find the gradient of a bias",
        "7: All four gradients",
        f"A neuron computes z = w · a + b from its input a = {_n(inp)}, its weight w = 1.5 and its bias b = 0. The "
        "loss L is "
        f"computed from z, with the derivative ∂L/∂z = {_n(dz)}. How large is ∂L/∂b?",
        _n(dz),
        "b is added, so z moves exactly as fast as b does.",
        (
            Wrong(_n(0), "bias-times-b", "If b grows by 0.01, z does too, wherever b started"),
            Wrong(_n(dz * inp), "bias-like-weight", "The input multiplies w, and b is only added"),
            Wrong(_n(1), "local-for-gradient", "This is how fast z moves. How fast the loss moves with z is missing"),
        ),
    )


# ---------------------------------------------------------------- batches, and what the backward pass does


def _a_batch() -> Item:
    grads = (4.0, 5.0, -2.0, 1.0)
    return Item(
        "Four examples",
        "find the gradient of a batch from those of its examples",
        "8: Pitfalls",
        "A network sees a batch of four examples at once, and the loss is the mean of their four losses. The "
        "derivatives of "
        f"the single losses by some bias are {', '.join(map(_n, grads))}. What is the derivative of the batch's loss "
        "by it?",
        _n(sum(grads) / 4),
        "The gradient of a mean is the mean of the gradients.",
        (
            Wrong(_n(sum(grads)), "mean-never", "This is the gradient of the sum. The loss is a mean"),
            Wrong(_n(sum(grads) / 16), "mean-twice", "Once is enough: the loss divides by 4, nobody else does"),
            Wrong(_n(grads[-1]), "last-example-only", "The other three examples count as much as the last"),
        ),
    )


def _after_the_backward_pass() -> Item:
    return Item(
        "After the backward pass",
        "tell the backward pass from the update of the weights",
        "7: One step, and too far",
        "Training goes in rounds. Each has a forward pass, which computes the neurons' outputs and the loss, and "
        "then a "
        "backward pass. One backward pass has just ended, and nothing has been run after it. What is different now?",
        "The stored gradients; each weight is where it was",
        "Backpropagation computes gradients. Moving the weights is the update, which comes after it.",
        (
            Wrong(
                "The weights: each has moved against its gradient",
                "backward-updates",
                "How far to move is not known yet: that is the update, which comes after",
            ),
            Wrong(
                "The neurons' outputs: they were set anew from the back",
                "backward-sets-activations",
                "It says what other activations would do. It does not put them there",
            ),
            Wrong(
                "The loss: it is a little lower than it was before",
                "backward-lowers-loss",
                "Nothing has moved yet, so the loss is what it was",
            ),
        ),
    )


def _what_it_costs() -> Item:
    sizes = (784, 16, 16, 10)
    pairs = list(pairwise(sizes))
    knobs = sum((n * m + m for n, m in pairs))
    forward = sum((n * m for n, m in pairs))
    back = forward + sum((n * m for n, m in pairs[1:]))
    return Item(
        "Multiplications",
        "say what the backward pass costs, and why so little",
        "1: Where the saving comes from",
        f"A network has {knobs:,} parameters (weights and biases). One forward pass, from an image to the loss, takes "
        f"{forward:,} multiplications. How many more does backpropagation take for the derivatives by all parameters?",
        f"About {back:,}: one pass for all of them",
        "Each product forward becomes at most two backward; the first layer passes nothing on.",
        (
            Wrong(
                f"About {knobs * forward:,}: a pass for each",
                "pass-per-weight",
                "That is the price of nudging. The backward pass shares its work",
            ),
            Wrong(
                "None: the forward pass has found them all",
                "backward-is-free",
                "The forward pass leaves activations behind. The gradients are still to be multiplied out",
            ),
            Wrong(
                f"About {len(pairs) * back:,}: a pass for a layer",
                "pass-per-layer",
                "One sweep visits all layers: what one has found the previous one uses",
            ),
        ),
    )


def _what_is_handed_back() -> Item:
    return Item(
        "From layer 2 to layer 1",
        "say what a layer passes back to the previous one",
        "8: Links and leaves",
        "Layer 1 of a network puts out the numbers a1. Layer 2 multiplies them by its weights W2, and from that the "
        "loss L is "
        "computed. (∂L/∂a1 and ∂L/∂W2 are its derivatives by these.) In the backward pass, what does layer 2 pass to "
        "layer 1, so that layer 1 can go on?",
        "∂L/∂a1: how fast L changes with what layer 1 put out",
        "That is layer 1's upstream gradient, and all it needs to know of what comes later.",
        (
            Wrong(
                "∂L/∂W2: how fast L changes with the weights of layer 2",
                "weight-gradient-passed-back",
                "Weights are leaves: there is nothing earlier that W2 was computed from",
            ),
            Wrong(
                "New a1: the outputs that layer 1 should have had here",
                "backward-sets-activations",
                "What goes back are slopes, not values",
            ),
            Wrong(
                "Its share of L: the part of it that layer 1 has caused",
                "blame-is-split",
                "The loss is not divided. Slopes are passed back, and they add up to nothing in particular",
            ),
        ),
    )


# ---------------------------------------------------------------- deep networks


def _depth() -> Item:
    return Item(
        "Twenty sigmoids",
        "predict how a derivative shrinks over many layers",
        "18: Multiply twenty numbers",
        "Twenty sigmoids (functions whose slope is nowhere more than 0.25) stand in a row: each takes the output of "
        "the one "
        "before it. The loss has the derivative 1 by the output of the last. How large can it be, at most, by the "
        "input of "
        "the first?",
        f"{0.25**20:.0e}, the product of twenty slopes".replace("e-", " · 10^\N{MINUS SIGN}"),
        "Rates along one path multiply.",
        (
            Wrong(f"{_n(0.25 / 20, 4)}, a slope over twenty links", "factors-averaged", "Links of a path multiply"),
            Wrong(f"{_n(0.25 * 20)}, the sum of all twenty slopes", "factors-added", "Links of one path multiply"),
            Wrong("0.25, as much as there is at any one link", "depth-does-not-matter", "Each link takes its factor"),
        ),
    )


def _growth() -> Item:
    factor, layers = 1.5, 30
    return Item(
        "Thirty layers",
        "predict how a gradient grows over many layers",
        "18: Exploding",
        f"On its way back through thirty layers, the gradient is made {factor} times as long by each of them. "
        "At the output, where it starts, its length is 1. What is it, roughly, when it has passed all thirty?",
        f"About {round(factor**layers, -4):,.0f}",
        "The factors multiply: 1.5 to the power of 30.",
        (
            Wrong(
                f"About {_n(factor * layers)}", "factors-added", "Each layer multiplies what arrives; nothing is added"
            ),
            Wrong(f"About {_n(factor)}", "depth-does-not-matter", "Every one of the thirty layers has its factor"),
            Wrong(
                f"About {factor**-layers:.6f}",
                "gradients-only-shrink",
                "Factors below 1 make it shrink, and these are above 1",
            ),
        ),
    )


def _a_nan() -> Item:
    return Item(
        "Four layers",
        "follow one NaN through a forward pass, a backward pass and a step",
        "18: Exploding",
        "In a network of four layers each neuron takes in all outputs of the previous layer. A single weight in "
        "layer 2 has "
        "become NaN (not a number), and all that is computed from a NaN is NaN. Now one example goes forward, its "
        "gradients "
        "come back, and every weight takes a step. Which layers have weights that are NaN afterwards?",
        "Layers 1, 2, 3, 4",
        "Forward it reaches the loss, and what comes back from there reaches every weight.",
        (
            Wrong("Layer 2 alone", "nan-stays-put", "What that weight is multiplied into is NaN as well"),
            Wrong(
                "Layers 2, 3, 4",
                "flow-is-forward-only",
                "The loss is NaN too, and layer 1 gets its gradient from there",
            ),
            Wrong(
                "Layers 1, 2", "flow-is-backward-only", "Layers 3 and 4 have NaN for an input, and so for a gradient"
            ),
        ),
    )


# ---------------------------------------------------------------- reading a gradient


def _a_gradient_of_0() -> Item:
    return Item(
        "A closed ReLU",
        "say what a gradient of 0 means, and for what",
        "1: What the slope does not say",
        "A ReLU neuron puts out max(0, z). For one example its z is \N{MINUS SIGN}2, so it is closed, and a weight "
        "that feeds "
        "it has the gradient ∂L/∂w = 0. What follows for this weight?",
        "For this example a small change of it does nothing",
        "A gradient speaks of small changes, here, for this example.",
        (
            Wrong(
                "It is of no use to the network and can be left out",
                "zero-is-unimportant",
                "For another example the ReLU may be open",
            ),
            Wrong(
                "It has its best value, where the loss is at its lowest",
                "zero-gradient-is-good",
                "Flat is not low",
            ),
            Wrong(
                "A mistake was made: a gradient is never exactly 0",
                "zero-is-error",
                "The slope of a closed ReLU is exactly 0",
            ),
        ),
    )


def _a_gradient_check() -> Item:
    h, w = 0.001, 2.0
    measured = ((w + h) ** 3 - (w - h) ** 3) / (2 * h)
    return Item(
        "A check by nudging",
        "read the result of a gradient check",
        "4: Two lines that check everything",
        f"L(w) = w³. Your program says that the derivative at w = 2 is {_n(3 * w * w)}. As a check by nudging you "
        "compute "
        f"(L(2.001) \N{MINUS SIGN} L(1.999)) / 0.002 and get {measured:.6f}. What do you conclude?",
        "The program is right here; the rest is the nudge's",
        "A difference over a finite nudge h is off by about h².",
        (
            Wrong(
                "The program is wrong: the two numbers differ",
                "expects-equality",
                "The central difference is an approximation",
            ),
            Wrong(
                "The program is right, here and at every other value",
                "one-point-proves",
                "At w = 2 the wrong gradient 6w gives the same number",
            ),
            Wrong(
                "Nothing: the nudge uses the same formula",
                "check-is-circular",
                "It only runs the forward pass, twice",
            ),
        ),
    )


def _a_right_gradient_a_worse_loss() -> Item:
    return Item(
        "A loss goes from 1 to 4",
        "explain why a step along right gradients can make the loss worse",
        "7: One step, and too far",
        "The gradients of all weights are right. Then all weights take one step against them, and the loss goes from "
        "1 up to 4. "
        "Why?",
        "The step left the spot for which the slopes are true",
        "A slope is a promise about where you stand. A smaller rate would have kept it.",
        (
            Wrong(
                "They cannot be right: with right ones the loss must fall",
                "gradient-guarantees",
                "It does fall, for a step that is short enough",
            ),
            Wrong(
                "One weight stepped wrongly: the effects just add up",
                "together-as-alone",
                "Each step alone lowers the loss. Each was computed as if the others stood still",
            ),
            Wrong(
                "The signs were lost: here the step has to go uphill",
                "steps-uphill",
                "The loss falls against the gradient, as long as the step is short",
            ),
        ),
    )


def _all_weights_equal() -> Item:
    return Item(
        "Weights that start at 0.5",
        "say what becomes of neurons that start with the same weights",
        "8: Two neurons that start alike",
        "All weights of a network start at 0.5 and all biases at 0. Then it is trained by gradient descent. What "
        "becomes of the "
        "neurons of a hidden layer, one that lies between the inputs and the output?",
        "They stay equal: equal gradients, equal steps",
        "What is the same in every respect gets the same gradient. Random weights break the tie.",
        (
            Wrong(
                "They part soon: training makes them differ",
                "symmetry-breaks-itself",
                "What is equal in everything gets equal gradients, at every step",
            ),
            Wrong(
                "They do best of all: no neuron has a head start",
                "equal-start-is-fair",
                "Many equal neurons can do no more than one",
            ),
            Wrong(
                "They stay equal, which shows a faulty gradient",
                "equal-units-are-a-bug",
                "A gradient check finds nothing wrong: equal is right here",
            ),
        ),
    )


def _softmax_and_cross_entropy() -> Item:
    p = (0.7, 0.2, 0.1)
    return Item(
        "Three classes",
        "find the gradient of the logits under softmax and cross-entropy",
        None,
        "A network gives one number z, a logit, for each of three classes. Softmax makes probabilities of them, e to "
        "the power "
        f"of each z over the sum of all three: {p[0]}, {p[1]}, {p[2]}. The first class is right, and the loss is "
        "cross-entropy, minus the logarithm of its probability. What are the derivatives of the loss by the three "
        "logits?",
        f"({_n(p[0] - 1)}, {p[1]}, {p[2]})",
        "Shares minus target: P - T.",
        (
            Wrong(f"({_n(p[0] - 1)}, 0.0, 0.0)", "own-logit-alone", "When another logit grows, the 0.7 shrinks"),
            Wrong(
                f"({_n((p[0] - 1) * p[0] * (1 - p[0]))}, {_n(p[1] * p[1] * (1 - p[1]))}, "
                f"{_n(p[2] * p[2] * (1 - p[2]))})",
                "slope-twice",
                "The slope of the softmax is in P - T already",
            ),
            Wrong(
                f"({_n(-math.log(p[0]))}, 0.0, 0.0)",
                "loss-for-its-slope",
                "This is the loss. What goes back is how fast it changes",
            ),
        ),
    )


# ---------------------------------------------------------------- layers as matrices


def _a_product_for_the_weights() -> Item:
    return Item(
        "Z = X W",
        "find the gradient of a layer's weights as a product of matrices",
        "8: Backward, index by index",
        "The five rows of the matrix X (5 by 3) are examples, and a layer computes the matrix product Z = X W with "
        "its weights "
        "W (3 by 4). In G, which is 5 by 4, stands the derivative of the loss by each entry of Z. Which product "
        "gives its "
        "derivatives by the entries of W? (Xᵀ is X with its rows written as columns.)",
        "Xᵀ G",
        "Each weight is used once for each example, so the sum runs over the rows of both X and G.",
        (
            Wrong("X G", "transpose-missing", "X is 5 by 3 and G is 5 by 4: 3 and 5 do not meet"),
            Wrong("Gᵀ X", "indices-swapped", "This is 4 by 3, and the weights are 3 by 4"),
            Wrong("G Wᵀ", "input-gradient-for-weights", "This is 5 by 3, like X: it is what goes back to the inputs"),
        ),
    )


def _two_biases() -> Item:
    G = ((1.0, 2.0), (3.0, -4.0))
    columns = [sum(column) for column in zip(*G, strict=True)]

    def pair(a: float, b: float) -> str:
        return f"({_n(a)}, {_n(b)})"

    return Item(
        "Two neurons, two examples",
        "find the gradient of the biases of a layer from its rows of examples",
        "8: Pitfalls",
        "Two examples pass a layer of two neurons, each of which adds its own bias. The loss is the mean over the "
        "examples. Its "
        f"derivatives by the sums z of the two neurons are {pair(*G[0])} in the first example and {pair(*G[1])} in "
        "the second. "
        "What are its derivatives by the two biases?",
        pair(*columns),
        "Each bias is used in both examples, so its column is summed; the mean is in these numbers already.",
        (
            Wrong(
                pair(*(c / 2 for c in columns)), "mean-twice", "These are derivatives of the mean: it is taken already"
            ),
            Wrong(pair(*G[-1]), "last-example-only", "The first example uses the same two biases"),
            Wrong(
                pair(sum(columns), sum(columns)),
                "bias-summed-over-all",
                "The second neuron does not use the first's bias",
            ),
        ),
    )


# ---------------------------------------------------------------- the order of visiting


def _visited_too_early() -> Item:
    return Item(
        "First L, then b, then d",
        "follow a backward pass that visits in a given order",
        "5: In which order?",
        "b = 2a, d = 3b, L = b + d. A program gives L the gradient 1 and all others 0. First it visits L, then b, "
        "then d, each "
        "once. A visit multiplies the gradient that stands there at this moment by each local derivative, and adds "
        "the result "
        "to the gradient of the quantity it belongs to: from d to b, say, 3 times that of d. Which gradient does a "
        "end with?",
        _n(2),
        "When b was visited it had 1, so a got 2. The 3 that came from d later was never passed on.",
        (
            Wrong(
                _n(8),
                "order-does-not-matter",
                "That is the true derivative. Here b passed on what it had before d came",
            ),
            Wrong(_n(6), "one-path-only", "What came to b from d was not passed on, and what came from L was"),
            Wrong(
                _n(4),
                "no-weight-back",
                "This is b's own gradient at the end. On the way to a it is doubled, if it goes",
            ),
        ),
    )


def _a_right_order() -> Item:
    return Item(
        "p, q, r and L",
        "choose an order of visiting in which every gradient is complete",
        "5: In which order?",
        "p = x · x, q = p + x, r = p · q, L = r + q. A backward pass visits each of the four once. A visit passes on "
        "what has "
        "been collected there so far, times the local derivative, to all quantities that it was computed from. In "
        "which order "
        "do all derivatives of L come out right?",
        "L, r, q, p",
        "Each is visited after all that use it: q after L and r, p after q and r.",
        (
            Wrong("p, q, r, L", "order-of-the-forward-pass", "At the first visit nothing has been collected yet"),
            Wrong(
                "L, q, r, p", "sends-when-reached", "q is used by r as well, and passes on before r has sent its part"
            ),
            Wrong("L, r, p, q", "path-by-path", "p is used by q as well, and passes on before q has sent its part"),
        ),
    )


ITEMS = (
    _a_slope(),
    _a_step(),
    _no_share(),
    _one_path(),
    _two_paths(),
    _local_and_upstream(),
    _a_weight_in_two_places(),
    _the_slope_of_an_activation(),
    _saturation(),
    _a_bias(),
    _a_batch(),
    _after_the_backward_pass(),
    _what_it_costs(),
    _what_is_handed_back(),
    _depth(),
    _a_gradient_of_0(),
    _a_gradient_check(),
    _a_right_gradient_a_worse_loss(),
    _all_weights_equal(),
    _softmax_and_cross_entropy(),
    _a_product_for_the_weights(),
    _two_biases(),
    _visited_too_early(),
    _a_right_order(),
    _growth(),
    _a_nan(),
)
RIGHT_IN_THE_BOOK = "bdacbadcdbacbdcadbaccabdcd"  # where the right one stands: each letter six or seven times


def lettered(item: Item, number: int, rng: Rng | None) -> tuple[str, str, dict]:
    """(prompt, right letter, {wrong letter: (word, slug)}), in the book's order or in a drawn one."""
    choices = [item.right, *(wrong.text for wrong in item.wrong)]
    if rng:
        order = rng.shuffled(choices)
    else:
        order = choices[1:]
        order.insert("abcd".index(RIGHT_IN_THE_BOOK[number - 1]), item.right)
    letters = dict(zip(order, "abcd", strict=True))
    prompt = item.text + "\n\n" + "\n".join(f"- **{letter}:** {text}" for text, letter in letters.items())
    return prompt, letters[item.right], {letters[w.text]: (w.word, w.slug) for w in item.wrong}


@dataclass(frozen=True)
class Question(Choice):
    """A question of the inventory: an answer is noted, and any choice earns the point; `marked` says if it is right.

    Points for right answers would make a test of it that one learns for, and would tell the key.
    """

    def collect(self, answer, variant: str = BOOK) -> object:
        raw = super().collect(answer, variant)
        _NOTED[self.id] = raw, variant
        return raw

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        said = self.marked(raw, variant)
        chosen = said.counts_as_try or said.points
        return Verdict(self.points, f"**Noted.** Your answer is {raw}.", slips=said.slips) if chosen else said

    def marked(self, raw, variant: str = BOOK) -> Verdict:
        """The verdict that `judge` does not give: 0 points and the misconception for a wrong choice."""
        return super().judge(raw, variant)


_NOTED: dict[str, tuple[object, str]] = {}  # id -> (raw, variant) of the last answer checked in this session


def _exercise(number: int, item: Item) -> Question:
    return Question(f"inventory.{number}", item.title, 1, item.objective, lambda rng: lettered(item, number, rng))


EXERCISES = tuple(_exercise(number, item) for number, item in enumerate(ITEMS, 1))
BY_ID = {exercise.id: exercise for exercise in EXERCISES}


def says(slug: str) -> str:
    """The misconception in words."""
    return CONCEPTS[slug] if slug in CONCEPTS else (MISTAKES.get(slug) or SLIPS[slug]).says


NAMES = {wrong.slug: says(wrong.slug) for item in ITEMS for wrong in item.wrong}


def counted(chapters: Iterable[int] | None = None) -> dict[str, Item]:
    """The questions that count, by id: those that a chapter of the book teaches.

    chapters   numbers of chapters: only what these teach counts
    Raises ValueError where nothing would count.
    """
    taught = {id: item for id, item in zip(BY_ID, ITEMS, strict=True) if item.see}
    if chapters is None:
        return taught
    wanted = {chapters} if isinstance(chapters, int) else set(chapters)
    found = {id: item for id, item in taught.items() if item.chapter in wanted}
    if not found:
        known = ", ".join(map(str, sorted({item.chapter for item in taught.values()})))
        raise ValueError(f"expected numbers of chapters among {known}, as in chapters=[1, 4]; got {chapters!r}")
    return found


def as_choices(chapters: Iterable[int] | None = None) -> list[dict]:
    """The questions that count as arguments of `bp.Choose`, for the quiz in the page."""
    return [
        {
            "text": item.text,
            "right": item.right,
            "wrong": {w.text: (f"{w.word}.", w.slug) for w in item.wrong},
            "why": item.why,
            "id": id,
        }
        for id, item in counted(chapters).items()
    ]


# ---------------------------------------------------------------- one learner, who asks for it


class Shown(NamedTuple):
    """A misconception that one learner's choices show.

    slug, words   which one
    chosen        how many choices show it, and in how many of the answered questions there was one that could
    offered
    where         ("inventory.3", "b"), ... : what was chosen
    see           where to read, as "chapter: heading"
    """

    slug: str
    words: str
    chosen: int
    offered: int
    where: tuple[tuple[str, str], ...]
    see: tuple[str, ...]


@dataclass(frozen=True)
class Results:
    """What one learner's answers say; a table in a notebook.

    right, of      right answers, out of the questions that count
    unanswered     ids of those that count and have no answer
    left_out       ids of those that do not count
    misconceptions what the wrong choices show, the most frequent first
    """

    right: int
    of: int
    unanswered: tuple[str, ...]
    left_out: tuple[str, ...]
    misconceptions: tuple[Shown, ...]

    def _repr_markdown_(self) -> str:
        if len(self.unanswered) == self.of:
            return "**Nothing is noted yet.** Answer the questions, run their checks, and ask again."
        lines = [f"**{self.right} of {self.of} right.**"]
        for what, ids in (("Not answered", self.unanswered), ("Not counted", self.left_out)):
            lines[0] += f" {what}: {_listed(ids)}." if ids else ""
        if not self.misconceptions:
            return lines[0]
        lines += ["", "| Your wrong choices say that | chosen | where | read |", "|---|---|---|---|"]
        for shown in self.misconceptions:
            where = ", ".join(f"{_number(id)} {letter}" for id, letter in shown.where)
            read = "; ".join('chapter {}, "{}"'.format(*see.split(": ", 1)) for see in shown.see)
            lines.append(f"| {shown.words} | {shown.chosen} of {shown.offered} | {where} | {read} |")
        return "\n".join(lines)

    def __str__(self) -> str:
        return self._repr_markdown_().replace("**", "")

    __repr__ = __str__


def _number(id: str) -> str:
    return id.split(".")[1]


def _listed(ids: Iterable[str]) -> str:
    return ", ".join(map(_number, ids))


def results(answers=None, chapters: Iterable[int] | None = None) -> Results:
    """How many answers are right, and which misconceptions the wrong ones show.

    answers    one learner's, in either form that `tally` takes; by default those checked in this session
    chapters   numbers of the chapters that were read: what others teach does not count; by default, all chapters do
    """
    if answers is None:
        answers = [{"id": id, "raw": raw, "variant": variant} for id, (raw, variant) in _NOTED.items()]
    count = counted(chapters)
    marks = {id: mark for id, mark in _marked(answers).items() if id in count}
    offers = Counter(wrong.slug for id in marks for wrong in count[id].wrong)
    taken: dict[str, list[str]] = {}
    for id in sorted(marks, key=lambda id: int(_number(id))):
        for slug in marks[id][1].slips:
            taken.setdefault(slug, []).append(id)
    found = [
        Shown(
            slug,
            says(slug),
            len(ids),
            offers[slug],
            tuple((id, marks[id][0]) for id in ids),
            tuple(dict.fromkeys(count[id].see for id in ids)),
        )
        for slug, ids in sorted(taken.items(), key=lambda entry: -len(entry[1]))
    ]
    return Results(
        sum(bool(said.points) for _, said in marks.values()),
        len(count),
        tuple(id for id in count if id not in marks),
        tuple(id for id in BY_ID if id not in count),
        tuple(found),
    )


def _marked(answers) -> dict[str, tuple[str, Verdict]]:
    """Id -> (letter, verdict) for what is an answer to a question of the inventory."""
    if isinstance(answers, Mapping):
        answers = [{"id": id, "raw": raw, "variant": BOOK} for id, raw in answers.items()]
    latest = {answer["id"]: answer for answer in answers if answer["id"] in BY_ID}
    marks = {
        id: (answer["raw"], BY_ID[id].marked(answer["raw"], answer["variant"]))
        for id, answer in latest.items()
        if answer["raw"] is not None
    }
    return {id: mark for id, mark in marks.items() if mark[1].counts_as_try or mark[1].points}


# ---------------------------------------------------------------- a class, before and after


class Tally(NamedTuple):
    """What a class answered, before and after.

    slips     slug -> (how often before, how often after), the most frequent before first
    right     the share of right answers (before, after), over the questions that count
    gain      the normalised gain: how much of what could still be gained was; None if all was right before
    """

    slips: dict[str, tuple[int, int]]
    right: tuple[float, float]
    gain: float | None


def tally(pre: Iterable, post: Iterable, chapters: Iterable[int] | None = None) -> Tally:
    """Count a class's misconceptions before and after.

    pre, post   one entry for each learner: {"inventory.1": "b", ...} with the letters of the book; or, where the
                choices stand in an order of the learner's own, a list of {"id", "raw", "variant"} as checks leave them
    chapters    numbers of the chapters that the class reads: only their questions count; by default, all chapters' do
    Questions without an answer count as not right.
    Source of the gain: R. R. Hake, Interactive-engagement versus traditional methods (1998).
    """
    count = counted(chapters)
    before, after = _summed(pre, count), _summed(post, count)
    slugs = sorted({*before[0], *after[0]}, key=lambda slug: (-before[0][slug], -after[0][slug], slug))
    was, now = before[1], after[1]
    gain = (now - was) / (1 - was) if was < 1 else None
    return Tally({slug: (before[0][slug], after[0][slug]) for slug in slugs}, (was, now), gain)


def _summed(learners: Iterable, count: Mapping[str, Item]) -> tuple[Counter, float]:
    """Slug -> how often, and the share of right answers."""
    slips: Counter = Counter()
    right = asked = 0
    for answers in learners:
        asked += len(count)
        for id, (_, said) in _marked(answers).items():
            if id in count:
                right += said.points == BY_ID[id].points
                slips.update(said.slips)
    if not asked:
        raise ValueError("expected the answers of at least one learner, before and after; got none")
    return slips, right / asked
