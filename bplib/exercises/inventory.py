"""The concept inventory: twenty questions whose wrong answers each stand for a mistake, to be asked before and after.

One entry serves both homes: the quiz in the page (`as_choices`) and the exercises inventory.1 to inventory.20. `tally`
counts over a class which mistakes went and which stayed. Standard library only.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from ..draw import Draw
from ..mistakes import MISTAKES
from ..tracing import fmt
from .base import BOOK
from .letters import Choice

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
    "weight-gradient-passed-back": "the gradient of a layer's weights is what goes to the layer before",
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
    "own-logit-alone": "only the right class's logit gets a gradient",
    "slope-twice": "P - T is still to be multiplied by the slope p(1 - p)",
}


class Wrong(NamedTuple):
    """A wrong choice: what it says, the mistake behind it, and a word to whoever takes it."""

    text: str
    slug: str
    word: str


@dataclass(frozen=True)
class Item:
    """One question: its subject in a few words, the text, the right choice, why it is right, and three wrong ones."""

    title: str
    text: str
    right: str
    why: str
    wrong: tuple[Wrong, Wrong, Wrong]


def _n(x: float, digits: int = 3) -> str:
    """A number as it is printed, with a true minus sign."""
    return fmt(x, digits).replace("-", "\N{MINUS SIGN}")


def _sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


# ---------------------------------------------------------------- what a gradient is, and what it is not


def _a_slope() -> Item:
    g, move = -3.0, 0.01
    return Item(
        "A slope",
        f"Near w = 2 the loss has the gradient ∂L/∂w = {_n(g)}. Now w grows by {move}. What does the loss do?",
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
        "A step",
        f"w = {w} and ∂L/∂w = {_n(g2)}. One step of gradient descent with learning rate {lr} takes w to:",
        _n(w - lr * g2),
        "w minus rate times gradient; two minus signs make w grow.",
        (
            Wrong(_n(w + lr * g2), "steps-uphill", "This step goes uphill: the loss falls as w grows"),
            Wrong(_n(w - g2), "rate-forgotten", "The gradient is a slope; the rate decides how long the step is"),
            Wrong(_n(-lr * g2), "step-for-slope", "This is the step alone, and it starts from where w is"),
        ),
    )


def _no_share() -> Item:
    return Item(
        "No share",
        "At a loss of 10, one weight has the gradient 4 and another has 1. What do these two numbers say?",
        "A small move of the first changes the loss 4 times as fast",
        "Gradients compare rates of change, here and for small moves.",
        (
            Wrong(
                "The first has caused 8 of the loss of 10, the second 2",
                "gradient-is-share",
                "Gradients do not add up to the loss. Double both, and the loss of 10 is still there",
            ),
            Wrong(
                "The first has to move by 4 to be right, the second by 1",
                "gradient-is-step",
                "How far to go is not in a slope. Where the loss is steep, the goal can be near",
            ),
            Wrong(
                "The first weight is 4 times as important to the net",
                "gradient-is-size",
                "It is a statement about this spot: one step later it can be the other way round",
            ),
        ),
    )


# ---------------------------------------------------------------- paths, and what is local


def _one_path() -> Item:
    x, w2, dz = 2.0, -1.5, -9.0
    return Item(
        "One path",
        f"z1 = w1 · {_n(x)}, then z2 = {_n(w2)} · z1, and ∂L/∂z2 = {_n(dz)}. How large is ∂L/∂w1?",
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
        "Two paths",
        "b = 5a, d = 3b, and L = b + d. How large is ∂L/∂a?",
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
        "Local and upstream",
        f"A neuron computes z = w · a with a = {_n(a)} and w = {w}. From behind comes ∂L/∂z = {_n(up)}. "
        "How large is ∂L/∂w?",
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
        f"One weight is used in two places. Through the first use alone its gradient would be {first}, "
        f"through the second alone {_n(second)}. What is it?",
        _n(first + second),
        "Both uses reach the loss: the gradients add up.",
        (
            Wrong(_n(second), "one-path-only", "The first use has been overwritten: `=` for `+=`"),
            Wrong(_n((first + second) / 2), "uses-averaged", "Moving w has both effects in full, not half of each"),
            Wrong(_n(first * second), "paths-multiplied", "Links of one path multiply; several paths add up"),
        ),
    )


# ---------------------------------------------------------------- activations and biases


def _the_slope_of_an_activation() -> Item:
    a, up = 0.8, 3.0
    at_a = _sigmoid(a) * (1 - _sigmoid(a))
    return Item(
        "The slope of an activation",
        f"A sigmoid neuron has the activation a = {a}, and ∂L/∂a = {_n(up)}. How large is ∂L/∂z?",
        _n(up * a * (1 - a)),
        "The slope of a sigmoid at z is a(1 - a).",
        (
            Wrong(_n(up), "no-activation-slope", "Between z and a stands the sigmoid, and it is not very steep there"),
            Wrong(_n(up * at_a), "slope-at-a", "The slope is taken at z. In a(1 - a) that has been done already"),
            Wrong(_n(up * a), "activation-for-slope", "That is its height. A high sigmoid is a flat one"),
        ),
    )


def _saturation() -> Item:
    flat = _sigmoid(10) * (1 - _sigmoid(10))
    return Item(
        "Saturation",
        "A sigmoid output has z = 10, its target is 0, and the loss is the squared error. What is ∂L/∂z like?",
        f"Tiny: the error is multiplied by the slope there, {flat:.5f}",
        "The error is as large as it can be, but the sigmoid is flat, and hardly anything gets through.",
        (
            Wrong(
                "Large: the output is as wrong as it can possibly be",
                "error-alone",
                "The error has to pass the sigmoid on its way to z",
            ),
            Wrong(
                "Exactly 0: at this z the output has reached its best",
                "zero-gradient-is-good",
                "The output is near 1 and should be 0",
            ),
            Wrong(
                "About 2: the slope of a flat sigmoid is just below 1",
                "flat-slope-near-one",
                "A sigmoid is steepest at 0, and even there its slope is 0.25",
            ),
        ),
    )


def _a_bias() -> Item:
    inp, dz = 2.0, -3.0
    return Item(
        "A bias",
        f"z = w · a + b with a = {_n(inp)} and b = 0, and ∂L/∂z = {_n(dz)}. How large is ∂L/∂b?",
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
        "A batch",
        "The loss is the mean over four examples. Alone, each would give the bias the gradient "
        f"{', '.join(map(_n, grads))}. What does the batch give?",
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
        "A backward pass has just ended, and nothing has been run since. What is different now?",
        "The stored gradients; each weight is where it was",
        "Backpropagation computes gradients. Moving the weights is the update, which comes after it.",
        (
            Wrong(
                "Each weight has moved against its gradient a bit",
                "backward-updates",
                "How far to move is not known yet: that is the update, which comes after",
            ),
            Wrong(
                "The activations: they were set anew from the back",
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
        "What it costs",
        f"A network has {knobs:,} parameters, and one forward pass on an image takes {forward:,} multiplications. "
        "How many does the backward pass take for all gradients?",
        f"About {back:,}: one pass for all of them",
        "Each product forward becomes at most two backward; the first layer hands nothing on.",
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
                "One sweep visits all layers: what one has found the one before uses",
            ),
        ),
    )


def _what_is_handed_back() -> Item:
    return Item(
        "What is handed back",
        "In the backward pass, what does layer 2 hand to layer 1, so that layer 1 can go on?",
        "∂L/∂a1: how fast L changes with what layer 1 put out",
        "That is layer 1's upstream gradient, and all it needs to know of what lies behind.",
        (
            Wrong(
                "∂L/∂W2: how fast L changes with the weights of layer 2",
                "weight-gradient-passed-back",
                "Weights are leaves: nothing lies before W2 that this number could lead to",
            ),
            Wrong(
                "New a1: the activations that layer 1 should have had",
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


def _depth() -> Item:
    return Item(
        "Depth",
        "Twenty sigmoids in a row, all weights 1: each link has a slope of at most 0.25. "
        "What is the most that can arrive of a gradient of 1?",
        f"{0.25**20:.0e}, the product of twenty slopes".replace("e-", " · 10^\N{MINUS SIGN}"),
        "Rates along one path multiply.",
        (
            Wrong(f"{_n(0.25 / 20, 4)}, a slope over twenty links", "factors-averaged", "Links of a path multiply"),
            Wrong(f"{_n(0.25 * 20)}, the sum of all twenty slopes", "factors-added", "Links of one path multiply"),
            Wrong("0.25, as much as there is at any one link", "depth-does-not-matter", "Each link takes its factor"),
        ),
    )


# ---------------------------------------------------------------- reading a gradient


def _a_gradient_of_0() -> Item:
    return Item(
        "A gradient of 0",
        "For one example a weight feeds a ReLU that is closed, and its gradient is 0. What follows?",
        "For this example a small change of it does nothing",
        "A gradient speaks of small changes, here, for this example.",
        (
            Wrong(
                "It is of no use to the net and can be left out",
                "zero-is-unimportant",
                "For another example the ReLU may be open",
            ),
            Wrong("It has its best value, where the loss is lowest", "zero-gradient-is-good", "Flat is not low"),
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
        "A gradient check",
        f"L = w³ at w = 2. Your program says ∂L/∂w = {_n(3 * w * w)}, and a central difference with h = 0.001 "
        f"says {measured:.6f}. What do you conclude?",
        "The program is right here; the rest comes from h",
        "A difference over a finite h is off by about h².",
        (
            Wrong(
                "The program is wrong: the numbers differ",
                "expects-equality",
                "The central difference is an approximation",
            ),
            Wrong(
                "The program is right, here and everywhere",
                "one-point-proves",
                "At w = 2 the wrong gradient 6w gives the same number",
            ),
            Wrong(
                "Nothing: the check uses the same formula",
                "check-is-circular",
                "It only runs the forward pass, twice",
            ),
        ),
    )


def _a_right_gradient_a_worse_loss() -> Item:
    return Item(
        "A right gradient, a worse loss",
        "All gradients are right, and yet one step with all weights takes the loss from 1 up to 4. Why?",
        "The step left the spot for which the slopes are true",
        "A slope is a promise about where you stand. A smaller rate would have kept it.",
        (
            Wrong(
                "They cannot be right: with right ones the loss falls",
                "gradient-guarantees",
                "It does fall, for a step that is short enough",
            ),
            Wrong(
                "One weight stepped wrongly: the effects just add up",
                "together-as-alone",
                "Each step alone lowers the loss. Each was computed as if the others stood still",
            ),
            Wrong(
                "The signs were lost: the step has to go uphill here",
                "steps-uphill",
                "The loss falls against the gradient, as long as the step is short",
            ),
        ),
    )


def _all_weights_equal() -> Item:
    return Item(
        "All weights equal",
        "All weights of a network start at 0.5, the biases at 0. What becomes of the units of a hidden layer?",
        "They stay equal: equal gradients, equal steps",
        "What is the same in every respect gets the same gradient. Random weights break the tie.",
        (
            Wrong(
                "They part soon: training makes them differ",
                "symmetry-breaks-itself",
                "What is equal in everything gets equal gradients, at every step",
            ),
            Wrong(
                "They do well: no unit has a head start",
                "equal-start-is-fair",
                "Many equal units can do no more than one",
            ),
            Wrong(
                "They stay equal, so a gradient is wrong",
                "equal-units-are-a-bug",
                "A gradient check finds nothing wrong: equal is right here",
            ),
        ),
    )


def _softmax_and_cross_entropy() -> Item:
    p = (0.7, 0.2, 0.1)
    return Item(
        "Softmax and cross-entropy",
        f"Softmax gives the shares {p[0]}, {p[1]}, {p[2]}; the first class is right. With cross-entropy, "
        "what is the gradient of the three logits?",
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
)
RIGHT_IN_THE_BOOK = "bdacbadcdbacbdcadbac"  # where the right one stands, five times each


def lettered(item: Item, number: int, draw: Draw | None) -> tuple[str, str, dict]:
    """(prompt, right letter, {wrong letter: (word, slug)}), in the book's order or in a drawn one."""
    choices = [item.right, *(wrong.text for wrong in item.wrong)]
    if draw:
        order = draw.shuffled(choices)
    else:
        order = choices[1:]
        order.insert("abcd".index(RIGHT_IN_THE_BOOK[number - 1]), item.right)
    letters = dict(zip(order, "abcd", strict=True))
    prompt = item.text + "\n\n" + "\n".join(f"- **{letter}:** {text}" for text, letter in letters.items())
    return prompt, letters[item.right], {letters[w.text]: (w.word, w.slug) for w in item.wrong}


def _exercise(number: int, item: Item) -> Choice:
    objective = f"answer a question of understanding: {item.title.lower()}"
    return Choice(f"inventory.{number}", item.title, 1, objective, lambda draw: lettered(item, number, draw))


EXERCISES = tuple(_exercise(number, item) for number, item in enumerate(ITEMS, 1))
BY_ID = {exercise.id: exercise for exercise in EXERCISES}


def as_choices() -> list[dict]:
    """The same questions as arguments of `bp.Choose`, for the quiz in the page."""
    return [
        {
            "text": item.text,
            "right": item.right,
            "wrong": {w.text: (f"{w.word}.", w.slug) for w in item.wrong},
            "why": item.why,
            "id": exercise.id,
        }
        for item, exercise in zip(ITEMS, EXERCISES, strict=True)
    ]


def says(slug: str) -> str:
    """The mistake in words."""
    return CONCEPTS[slug] if slug in CONCEPTS else MISTAKES[slug].says


# ---------------------------------------------------------------- a class, before and after


class Tally(NamedTuple):
    """What a class answered, before and after.

    slips     slug -> (how often before, how often after), the most frequent before first
    right     the share of right answers (before, after)
    gain      the normalised gain: how much of what could still be gained was; None if all was right before
    """

    slips: dict[str, tuple[int, int]]
    right: tuple[float, float]
    gain: float | None


def tally(pre: Iterable, post: Iterable) -> Tally:
    """Count a class's mistakes before and after.

    pre, post   one entry for each learner: {"inventory.1": "b", ...} with the letters of the book; or, where the
                choices stand in an order of the learner's own, a list of {"id", "raw", "variant"} as checks leave them
    Questions without an answer count as not right.
    Source of the gain: R. R. Hake, Interactive-engagement versus traditional methods (1998).
    """
    before, after = _counted(pre), _counted(post)
    slugs = sorted({*before[0], *after[0]}, key=lambda slug: (-before[0][slug], -after[0][slug], slug))
    was, now = before[1], after[1]
    gain = (now - was) / (1 - was) if was < 1 else None
    return Tally({slug: (before[0][slug], after[0][slug]) for slug in slugs}, (was, now), gain)


def _counted(learners: Iterable) -> tuple[Counter, float]:
    """Slug -> how often, and the share of right answers."""
    slips: Counter = Counter()
    right = asked = 0
    for answers in learners:
        if isinstance(answers, Mapping):
            answers = [{"id": id, "raw": raw, "variant": BOOK} for id, raw in answers.items()]
        asked += len(EXERCISES)
        latest = {answer["id"]: answer for answer in answers if answer["id"] in BY_ID}
        for id, answer in latest.items():
            if answer["raw"] is None:
                continue
            said = BY_ID[id].judge(answer["raw"], answer["variant"])
            right += said.points == BY_ID[id].points
            slips.update(said.slips)
    if not asked:
        raise ValueError("tally wants the answers of one learner at least, before and after")
    return slips, right / asked
