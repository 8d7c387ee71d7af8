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
from ..checking.check import Prompt
from ..checking.choices import Choice
from ..checking.kits import kit_of
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
    "sign-turned": "a negative gradient means that the loss rises when the weight does",
    "steps-uphill": "the step goes along the gradient, not against it",
    "rate-forgotten": "the gradient itself is the step, without a learning rate",
    "paths-multiplied": "several paths multiply, as the links of one path do",
    "uses-averaged": "the gradient of a weight that is used twice is the mean of the two",
    "activation-for-slope": "an activation passes the gradient on in proportion to its own value",
    "error-alone": "a large error always means a large gradient",
    "zero-gradient-is-good": "a parameter whose gradient is 0 is as good as it can be",
    "flat-slope-near-one": "where a sigmoid is flat its slope is just below 1",
    "bias-like-weight": "the gradient of a bias contains the input, as the gradient of a weight does",
    "mean-twice": "the batch has to be averaged a second time, after the loss has done it",
    "mean-never": "the gradient of a batch is the sum over its examples, even where the loss is their mean",
    "last-example-only": "the gradient of a batch is that of its last example",
    "backward-updates": "the backward pass itself changes the weights",
    "backward-sets-activations": "the backward pass gives the neurons new activations",
    "backward-lowers-loss": "the backward pass itself lowers the loss",
    "pass-per-weight": "every weight needs a pass of its own",
    "pass-per-layer": "every layer needs a pass of its own",
    "backward-is-free": "the forward pass has already computed the gradients",
    "factors-averaged": "the factors of a path are averaged over its length",
    "depth-does-not-matter": "what arrives does not depend on the number of layers",
    "input-gradient-for-weights": "the gradient that a layer passes back is that of its weights",
    "weight-gradient-passed-back": "a layer passes the gradient of its weights back to the previous layer",
    "blame-is-split": "the loss is divided among the layers as shares of the blame",
    "zero-is-unimportant": "a weight whose gradient is 0 does not matter to the network",
    "zero-is-error": "a gradient of exactly 0 must be a mistake in the calculation",
    "expects-equality": "a measured and a computed gradient must agree in every digit",
    "one-point-proves": "a check at one point proves that a gradient is right everywhere",
    "check-is-circular": "a gradient check uses the formula that it checks",
    "gradient-guarantees": "a step against a right gradient always lowers the loss",
    "together-as-alone": "when many weights move at once, each has the effect that it has alone",
    "equal-start-is-fair": "equal weights are the fairest start",
    "symmetry-breaks-itself": "training by itself makes equal units different",
    "equal-units-are-a-bug": "units that stay equal show that the backward pass is wrong",
    "order-does-not-matter": "the gradients come out the same in whatever order the backward pass visits",
    "order-of-the-forward-pass": "the backward pass visits in the order in which the values were computed",
    "sends-when-reached": "a quantity can pass its gradient on as soon as anything has reached it",
    "path-by-path": "the backward pass follows one path to its end before it begins the next one",
    "gradients-only-shrink": "on its way back a gradient can only become smaller",
    "nan-stays-put": "a NaN stays in the one weight that has it",
    "flow-is-forward-only": "what goes wrong in a layer affects later layers only",
    "flow-is-backward-only": "what goes wrong in a layer affects earlier layers only",
    "own-logit-alone": "only the logit of the right class gets a gradient",
    "slope-twice": "P - T must still be multiplied by the slope p(1 - p)",
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
        "The loss L measures how wrong a network's answers are, and it depends on the weight w. At w = 2 the "
        f"derivative ∂L/∂w, which is also called the gradient, is {_n(g)}. Now w grows by {move}. What does the loss "
        "do?",
        f"It falls by about {_n(-g * move)}",
        f"A gradient is a rate, so you multiply the {_n(g)} by the move of {move}.",
        (
            Wrong(f"It falls by about {_n(-g)}", "gradient-is-change", "For that, w would have to move by a whole 1"),
            Wrong(
                f"It rises by about {_n(-g * move)}",
                "sign-turned",
                "A negative slope means that the loss falls as w grows",
            ),
            Wrong(
                f"It falls by about {_n(-g)} percent",
                "gradient-is-share",
                "A gradient says nothing about how large the loss is, so it cannot be a percentage of it",
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
        f"A weight is w = {w}, and there the derivative ∂L/∂w of the loss is {_n(g2)}. Gradient descent moves the "
        "weight so that the loss falls, and its learning rate is the factor between the derivative and the length of "
        f"a step. With a learning rate of {lr}, where does one step take w?",
        _n(w - lr * g2),
        "The new weight is the old one minus the rate times the gradient, and the two minus signs make w grow.",
        (
            Wrong(_n(w + lr * g2), "steps-uphill", "This step goes uphill, because the loss falls as w grows"),
            Wrong(
                _n(w - g2),
                "rate-forgotten",
                "The gradient is a slope, and the learning rate decides how long a step is",
            ),
            Wrong(
                _n(-lr * g2),
                "step-for-slope",
                "This is the step alone, and you still have to add it to the w where you started",
            ),
        ),
    )


def _no_share() -> Item:
    return Item(
        "Two weights",
        "say what two gradients, compared with each other, mean",
        "1: What the slope does not say",
        "The loss is 10. Its derivative (the gradient) is 4 with respect to one weight and 1 with respect to another. "
        "What do these two numbers tell you?",
        "A small move of the first changes the loss 4 times as fast",
        "Gradients compare rates of change, at this spot and for small moves.",
        (
            Wrong(
                "The first weight has caused 8 of the loss of 10, the second 2",
                "gradient-is-share",
                "Gradients do not add up to the loss: with the same loss of 10, both could be twice as large",
            ),
            Wrong(
                "The first has to move by 4 to be right, the second only by 1",
                "gradient-is-step",
                "A slope does not say how far to go: where the loss is steep, the goal may be close",
            ),
            Wrong(
                "The first weight is 4 times as important to the network",
                "gradient-is-size",
                "A gradient is about this spot only, and one step later it can be the other way round",
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
        f"z1 = w1 · {_n(x)}, then z2 = {_n(w2)} · z1, and the loss L is computed from z2. The derivative ∂L/∂z2 is "
        f"{_n(dz)}. What is ∂L/∂w1?",
        _n(dz * w2 * x),
        "Along a path you multiply the rates, signs included.",
        (
            Wrong(
                _n(dz * abs(w2) * x), "weight-sign-lost", "Two of the three factors are negative, so count the signs"
            ),
            Wrong(
                _n(dz * x), "no-weight-back", "Between z1 and z2 there is a weight, and its rate is part of the path"
            ),
            Wrong(
                _n(dz + w2 + x),
                "factors-added",
                "Along one path you multiply the rates, and you add only over several paths",
            ),
        ),
    )


def _two_paths() -> Item:
    return Item(
        "b, d, and L",
        "add over all paths from a value to the loss",
        "5: Over paths, add",
        "b = 5a, d = 3b, and L = b + d. What is the derivative ∂L/∂a?",
        _n(5 * 1 + 5 * 3),
        "Straight through b the rate is 5, and through b and d it is 5 · 3. Over paths, you add.",
        (
            Wrong(_n(5), "first-path-only", "There is a second path from b to L, which goes through d"),
            Wrong(_n(5 * 3), "one-path-only", "There is a second path from b to L, because b is also added directly"),
            Wrong(_n(5 * 5 * 3), "paths-multiplied", "Along one path you multiply, but over several paths you add"),
        ),
    )


def _local_and_upstream() -> Item:
    a, w, up = 4.0, 0.5, -2.0
    return Item(
        "A neuron's weight",
        "multiply what arrives from the loss by the local derivative of a product",
        "7: All four gradients",
        f"A neuron computes z = w · a from its weight w = {w} and its input a = {_n(a)}. The loss L is computed from "
        f"z, with the derivative ∂L/∂z = {_n(up)}. What is ∂L/∂w?",
        _n(up * a),
        f"You multiply the upstream gradient, {_n(up)}, by the local derivative ∂z/∂w = a.",
        (
            Wrong(
                _n(a),
                "local-for-gradient",
                "This is how fast z moves with w, but how fast the loss moves with z is still missing",
            ),
            Wrong(_n(up), "input-forgotten", "On its way to z, w is multiplied by something"),
            Wrong(_n(up * w), "weight-for-input", "If w grows by 0.01, then w · a grows by 0.01 times a"),
        ),
    )


def _a_weight_in_two_places() -> Item:
    first, second = 0.5, -0.3
    return Item(
        "A weight in two places",
        "find the gradient of a weight that is used twice",
        "5: Over paths, add",
        "One weight is used in two places. If it were used in the first place only, the derivative of the loss with "
        f"respect to it would be {first}; if it were used in the second only, {_n(second)}. What is the derivative "
        "with respect to this weight?",
        _n(first + second),
        "Both uses reach the loss, so the two gradients add up.",
        (
            Wrong(_n(second), "one-path-only", "This is the second use alone, as `=` would leave it instead of `+=`"),
            Wrong(_n((first + second) / 2), "uses-averaged", "Moving w has both effects in full, and not half of each"),
            Wrong(
                _n(first * second), "paths-multiplied", "Along one path you multiply, but over several paths you add"
            ),
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
        f"derivative ∂L/∂a of the loss is {_n(up)}. What is ∂L/∂z?",
        _n(up * a * (1 - a)),
        f"The slope of a sigmoid at z is a(1 - a), here {a} · {_n(1 - a)}, and you multiply it by {_n(up)}.",
        (
            Wrong(
                _n(up),
                "no-activation-slope",
                "Between z and a there is the sigmoid, and its slope here is far below 1",
            ),
            Wrong(
                _n(up * at_a), "slope-at-a", "This is the slope at a. The formula a(1 - a) already gives the slope at z"
            ),
            Wrong(
                _n(up * a),
                "activation-for-slope",
                f"{a} is the height of the sigmoid and not its slope. Where it is high, it is flat",
            ),
        ),
    )


def _saturation() -> Item:
    return Item(
        "A sigmoid output",
        "predict how much of a large error gets through a sigmoid that is far from 0",
        "18: The slope of the sigmoid",
        f"A network's output is a = sigmoid(z), where sigmoid(z) = {SIGMOID}. Here z = 10, so a is nearly 1. It "
        "should be 0, and the loss is L = (a \N{MINUS SIGN} 0)². What is the derivative ∂L/∂z like?",
        "Tiny: the error is multiplied by a slope near 0",
        "The error is about as large as it can be, but the sigmoid is flat here, and hardly anything gets through.",
        (
            Wrong(
                "Large: the output is as wrong as it can be",
                "error-alone",
                "The error has to pass through the sigmoid on its way back to z",
            ),
            Wrong(
                "Exactly 0: the output is at its best value here",
                "zero-gradient-is-good",
                "The output is near 1, and it should be 0",
            ),
            Wrong(
                "About 2: the error is multiplied by a slope near 1",
                "flat-slope-near-one",
                "A sigmoid is steepest at 0, and even there its slope is only 0.25",
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
        f"loss L is computed from z, with the derivative ∂L/∂z = {_n(dz)}. What is ∂L/∂b?",
        _n(dz),
        "b is added, so z moves exactly as fast as b does.",
        (
            Wrong(_n(0), "bias-times-b", "If b grows by 0.01, then z does too, wherever b started"),
            Wrong(_n(dz * inp), "bias-like-weight", "The input multiplies w, but b is only added"),
            Wrong(
                _n(1),
                "local-for-gradient",
                "This is how fast z moves with b, but how fast the loss moves with z is still missing",
            ),
        ),
    )


# ---------------------------------------------------------------- batches, and what the backward pass does


def _a_batch() -> Item:
    grads = (4.0, 5.0, -2.0, 1.0)
    return Item(
        "Four examples",
        "find the gradient of a batch from those of its examples",
        "8: Pitfalls",
        "A network works on a batch of four examples at once, and the loss is the mean of their four losses. The "
        f"derivatives of these four with respect to one of the biases are {', '.join(map(_n, grads))}. What is the "
        "derivative of the batch's loss with respect to this bias?",
        _n(sum(grads) / 4),
        "The gradient of a mean is the mean of the gradients.",
        (
            Wrong(_n(sum(grads)), "mean-never", "This is the gradient of the sum, but the loss is a mean"),
            Wrong(_n(sum(grads) / 16), "mean-twice", "The loss divides by 4 once, and nothing divides a second time"),
            Wrong(_n(grads[-1]), "last-example-only", "The other three examples count as much as the last one"),
        ),
    )


def _after_the_backward_pass() -> Item:
    return Item(
        "After the backward pass",
        "tell the backward pass from the update of the weights",
        "7: One step, and too far",
        "Training goes in rounds. Each round has a forward pass, which computes the neurons' outputs and the loss, "
        "and then a backward pass. One backward pass has just ended, and nothing has been run after it. What has "
        "changed?",
        "The stored gradients; each weight is where it was",
        "Backpropagation computes gradients. Moving the weights is the update, which comes after it.",
        (
            Wrong(
                "The weights: each has moved against its gradient",
                "backward-updates",
                "Weights move in the update, which comes after the backward pass and has a learning rate",
            ),
            Wrong(
                "The neurons' outputs: each was set anew on the way back",
                "backward-sets-activations",
                "The gradients say what a change of the outputs would do, but they do not make the change",
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
        f"{forward:,} multiplications. How many more does backpropagation need to find the derivatives of the loss "
        "with respect to all the parameters?",
        f"About {back:,}: one pass for all of them",
        "Each product of the forward pass becomes at most two on the way back, and the first layer need not pass "
        "anything on.",
        (
            Wrong(
                f"About {knobs * forward:,}: a pass for each",
                "pass-per-weight",
                "That is the price of nudging each of them. The backward pass shares its work",
            ),
            Wrong(
                "None: the forward pass has found them all",
                "backward-is-free",
                "The forward pass leaves only activations behind, and the gradients are still to be computed",
            ),
            Wrong(
                f"About {len(pairs) * back:,}: a pass for a layer",
                "pass-per-layer",
                "One sweep visits all the layers, and each uses what the next layer has found",
            ),
        ),
    )


def _what_is_handed_back() -> Item:
    return Item(
        "From layer 2 to layer 1",
        "say what a layer passes back to the previous one",
        "8: Links and leaves",
        "The outputs of layer 1 of a network are the numbers a1. Layer 2 multiplies them by its weights W2, and the "
        "loss L is computed from the result. (∂L/∂a1 and ∂L/∂W2 are the derivatives of L with respect to these.) In "
        "the backward pass, what does layer 1 need from layer 2, so that it can go on?",
        "∂L/∂a1: how fast L changes with the outputs of layer 1",
        "That is the upstream gradient of layer 1, and all that it needs to know about the later layers.",
        (
            Wrong(
                "∂L/∂W2: how fast L changes with the weights of layer 2",
                "weight-gradient-passed-back",
                "Weights are leaves: W2 was not computed from anything in layer 1",
            ),
            Wrong(
                "New a1: the outputs that layer 1 should have had here",
                "backward-sets-activations",
                "What is passed back are slopes, and not values",
            ),
            Wrong(
                "A share of L: the part of it that layer 1 has caused",
                "blame-is-split",
                "The loss is not divided up. What is passed back are slopes, which need not add up to anything",
            ),
        ),
    )


# ---------------------------------------------------------------- deep networks


def _depth() -> Item:
    return Item(
        "Twenty sigmoids",
        "predict how a derivative shrinks over many layers",
        "18: Multiply twenty numbers",
        "Twenty sigmoids (functions whose slope is nowhere more than 0.25) follow one another, and each takes the "
        "output of the previous one. The derivative of the loss with respect to the output of the last is 1. How "
        "large can it be, at most, with respect to the input of the first?",
        f"{0.25**20:.0e}, the product of twenty slopes".replace("e-", " · 10^\N{MINUS SIGN}"),
        "Along one path the rates multiply, so there are twenty factors of at most 0.25.",
        (
            Wrong(
                f"{_n(0.25 / 20, 4)}, a slope over twenty links",
                "factors-averaged",
                "The links of a path multiply, and nothing is averaged",
            ),
            Wrong(
                f"{_n(0.25 * 20)}, the sum of all twenty slopes",
                "factors-added",
                "The links of one path multiply, and nothing is added",
            ),
            Wrong(
                "0.25, as much as there is at any one link",
                "depth-does-not-matter",
                "Each of the twenty links multiplies by its own slope",
            ),
        ),
    )


def _growth() -> Item:
    factor, layers = 1.5, 30
    return Item(
        "Thirty layers",
        "predict how a gradient grows over many layers",
        "18: Exploding",
        f"On the way back through thirty layers, each layer makes the gradient {factor} times as long. At the output, "
        "where it starts, its length is 1. Roughly how long is it when it has passed all thirty?",
        f"About {round(factor**layers, -4):,.0f}",
        "The factors multiply, which gives 1.5 to the power of 30.",
        (
            Wrong(
                f"About {_n(factor * layers)}",
                "factors-added",
                "Each layer multiplies what arrives, and nothing is added",
            ),
            Wrong(f"About {_n(factor)}", "depth-does-not-matter", "Each of the thirty layers multiplies by its factor"),
            Wrong(
                f"About {factor**-layers:.6f}",
                "gradients-only-shrink",
                "Factors below 1 make a gradient shrink, but these are above 1",
            ),
        ),
    )


def _a_nan() -> Item:
    return Item(
        "Four layers",
        "follow one NaN through a forward pass, a backward pass and a step",
        "18: Exploding",
        "In a network of four layers, each neuron takes in all the outputs of the previous layer. A single weight in "
        "layer 2 has become NaN (not a number), and everything that is computed from a NaN is NaN. Now one example goes "
        "forward, the gradients come back, and every weight takes a step. Which layers have weights that are NaN "
        "afterwards?",
        "Layers 1, 2, 3, 4",
        "Going forward, the NaN reaches the loss, and what comes back from the loss reaches every weight.",
        (
            Wrong("Layer 2 alone", "nan-stays-put", "Every product in which that weight is a factor is NaN as well"),
            Wrong(
                "Layers 2, 3, 4",
                "flow-is-forward-only",
                "The loss is NaN too, and layer 1 gets its gradient from there",
            ),
            Wrong(
                "Layers 1, 2",
                "flow-is-backward-only",
                "Layers 3 and 4 receive NaN as their input, so their gradients are NaN as well",
            ),
        ),
    )


# ---------------------------------------------------------------- reading a gradient


def _a_gradient_of_0() -> Item:
    return Item(
        "A closed ReLU",
        "say what a gradient of 0 means, and for what",
        "1: What the slope does not say",
        "The output of a ReLU neuron is max(0, z). For one example its z is \N{MINUS SIGN}2, so it is closed, and a "
        "weight that feeds it has the gradient ∂L/∂w = 0. What does this tell you about the weight?",
        "For this example a small change of it does nothing",
        "A gradient is about small changes, at this spot and for this example.",
        (
            Wrong(
                "It is of no use to the network and can be left out",
                "zero-is-unimportant",
                "For another example the ReLU may be open",
            ),
            Wrong(
                "It has its best value, where the loss is at its lowest",
                "zero-gradient-is-good",
                "Flat does not mean low: the loss may be large here",
            ),
            Wrong(
                "A mistake was made: a gradient is never exactly 0",
                "zero-is-error",
                "The slope of a closed ReLU is exactly 0, so this gradient is too",
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
        f"L(w) = w³, and your program says that the derivative at w = 2 is {_n(3 * w * w)}. As a check by nudging, you "
        f"compute (L(2.001) \N{MINUS SIGN} L(1.999)) / 0.002 and get {measured:.6f}. What do you conclude?",
        "The program is right here; the gap comes from the nudge",
        "With a nudge of h, a central difference is off by about h².",
        (
            Wrong(
                "The program is wrong: the two numbers differ",
                "expects-equality",
                "A central difference is an approximation, so a small gap is what you should expect",
            ),
            Wrong(
                "The program is right, here and at every other value",
                "one-point-proves",
                "At w = 2 the wrong gradient 6w gives the same number",
            ),
            Wrong(
                "Nothing: the nudge uses the same formula",
                "check-is-circular",
                "The nudge only runs the forward pass, twice, and needs no formula for the derivative",
            ),
        ),
    )


def _a_right_gradient_a_worse_loss() -> Item:
    return Item(
        "A loss goes from 1 to 4",
        "explain why a step along right gradients can make the loss worse",
        "7: One step, and too far",
        "The gradients of all the weights are right. Then all weights take one step against them, and the loss goes up, "
        "from 1 to 4. Why?",
        "The step left the spot at which the slopes are true",
        "A slope is a promise about the spot where you stand. A smaller rate would have kept it.",
        (
            Wrong(
                "They cannot be right: with right ones the loss must fall",
                "gradient-guarantees",
                "The loss does fall, if the step is short enough",
            ),
            Wrong(
                "One weight stepped wrongly: single effects add up",
                "together-as-alone",
                "Each step may lower the loss alone, but each was computed as if the others stood still",
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
        "becomes of the neurons of a hidden layer, one that lies between the inputs and the output?",
        "They stay equal: equal gradients, equal steps",
        "Neurons that are the same in every respect get the same gradient. Random weights break the tie.",
        (
            Wrong(
                "They part soon: training makes them differ",
                "symmetry-breaks-itself",
                "Neurons that are equal in everything get equal gradients, at every step",
            ),
            Wrong(
                "They do best of all: no neuron has a head start",
                "equal-start-is-fair",
                "Many equal neurons can do no more than one",
            ),
            Wrong(
                "They stay equal, which shows a faulty gradient",
                "equal-units-are-a-bug",
                "A gradient check finds nothing wrong, because equal gradients are right here",
            ),
        ),
    )


def _softmax_and_cross_entropy() -> Item:
    p = (0.7, 0.2, 0.1)
    return Item(
        "Three classes",
        "find the gradient of the logits under softmax and cross-entropy",
        None,
        "A network gives one number z, a logit, for each of three classes. Softmax turns them into probabilities, each "
        f"of which is e to the power of its z, divided by the sum of all three such powers: {p[0]}, {p[1]}, {p[2]}. "
        "The first class is the right one, and the loss is the cross-entropy, which is minus the logarithm of its "
        "probability. What are the derivatives of the loss with respect to the three logits?",
        f"({_n(p[0] - 1)}, {p[1]}, {p[2]})",
        "The gradient is the probabilities minus the target, P - T.",
        (
            Wrong(f"({_n(p[0] - 1)}, 0.0, 0.0)", "own-logit-alone", "When another logit grows, the 0.7 shrinks"),
            Wrong(
                f"({_n((p[0] - 1) * p[0] * (1 - p[0]))}, {_n(p[1] * p[1] * (1 - p[1]))}, "
                f"{_n(p[2] * p[2] * (1 - p[2]))})",
                "slope-twice",
                "P - T already contains the slope of the softmax",
            ),
            Wrong(
                f"({_n(-math.log(p[0]))}, 0.0, 0.0)",
                "loss-for-its-slope",
                "This is the loss itself, but what goes back is how fast it changes",
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
        "its weights W (3 by 4). The matrix G (5 by 4) holds the derivative of the loss with respect to each entry of "
        "Z. Which product gives the derivatives with respect to the entries of W? (Xᵀ is X with its rows written as "
        "columns.)",
        "Xᵀ G",
        "Each weight is used once for each example, so the sum runs over the rows of both X and G.",
        (
            Wrong("X G", "transpose-missing", "X is 5 by 3 and G is 5 by 4, and the inner 3 and 5 do not match"),
            Wrong("Gᵀ X", "indices-swapped", "This is 4 by 3, but the weights are 3 by 4"),
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
        "Two examples pass through a layer of two neurons, each of which adds its own bias to its sum. The loss is "
        f"the mean over the examples. Its derivatives with respect to the sums z of the two neurons are {pair(*G[0])} "
        f"in the first example and {pair(*G[1])} in the second. What are its derivatives with respect to the two "
        "biases?",
        pair(*columns),
        "Each bias is used in both examples, so you sum its column. The mean is already in these numbers.",
        (
            Wrong(
                pair(*(c / 2 for c in columns)),
                "mean-twice",
                "These are derivatives of the mean already, so nothing is left to average",
            ),
            Wrong(pair(*G[-1]), "last-example-only", "The first example uses the same two biases"),
            Wrong(
                pair(sum(columns), sum(columns)),
                "bias-summed-over-all",
                "The second neuron does not use the first neuron's bias",
            ),
        ),
    )


# ---------------------------------------------------------------- the order of visiting


def _visited_too_early() -> Item:
    return Item(
        "First L, then b, then d",
        "follow a backward pass that visits in a given order",
        "5: In which order?",
        "b = 2a, d = 3b, L = b + d. A program gives L the gradient 1 and all the others 0. First it visits L, then b, "
        "then d, each once. At a visit, it takes the gradient that it finds there, multiplies it by each local "
        "derivative, and adds the result to the gradient of the quantity it belongs to: from d to b, for example, 3 "
        "times the gradient of d. What is the gradient of a in the end?",
        _n(2),
        "When b was visited its gradient was 1, so a got 2. The 3 that came from d later was never passed on.",
        (
            Wrong(
                _n(8),
                "order-does-not-matter",
                "That is the true derivative, but here b passed on what it had before the part from d arrived",
            ),
            Wrong(
                _n(6),
                "one-path-only",
                "What b got from d was never passed on, while what it got from L was",
            ),
            Wrong(
                _n(4),
                "no-weight-back",
                "This is the gradient of b in the end, and on its way to a it would be doubled",
            ),
        ),
    )


def _a_right_order() -> Item:
    return Item(
        "p, q, r and L",
        "choose an order of visiting in which every gradient is complete",
        "5: In which order?",
        "p = x · x, q = p + x, r = p · q, L = r + q. A backward pass visits each of the four once. A visit takes what "
        "has been collected there so far, multiplies it by the local derivatives, and passes it on to all quantities "
        "that this one was computed from. In which order do all derivatives of L come out right?",
        "L, r, q, p",
        "Each is visited after everything that uses it: q after L and r, p after q and r.",
        (
            Wrong("p, q, r, L", "order-of-the-forward-pass", "At the first visit, nothing has been collected yet"),
            Wrong(
                "L, q, r, p",
                "sends-when-reached",
                "q is used by r as well, and here it passes on before r has contributed",
            ),
            Wrong(
                "L, r, p, q", "path-by-path", "p is used by q as well, and here it passes on before q has contributed"
            ),
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

    def kit(self, variant: str = BOOK, words=None) -> dict:
        """What notes an answer without Python (see `checking.kits`): the letters. The key is not in it."""
        _, correct, wrong = self.options(variant)
        return kit_of(self, "Noted", variant, letters="".join(sorted([correct, *wrong])))

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


def explained(id: str) -> Prompt:
    """The key to one question in the book's order: why the right choice is right, and what each wrong one shows."""
    number = int(_number(id))
    _, correct, wrong = lettered(ITEMS[number - 1], number, None)
    lines = [f"**{correct}** is right. {ITEMS[number - 1].why}", ""]
    for letter, (word, slug) in sorted(wrong.items()):
        shows = (
            f" *It stands for the idea that {says(slug)}.*" if slug in CONCEPTS else f" *You get it if {says(slug)}.*"
        )
        # The words of this slip are for questions that ask for the gradient, and ours asks for the new weight.
        lines.append(f"- **{letter}:** {word}.{'' if slug == 'step-for-slope' else shows}")
    return Prompt("\n".join(lines))


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
            "see": item.see,
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
    return Tally({slug: (before[0][slug], after[0][slug]) for slug in slugs}, (was, now), gain(was, now))


def gain(was: float, now: float) -> float | None:
    """The normalised gain between two shares of right answers; None if all was right before."""
    return (now - was) / (1 - was) if was < 1 else None


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
