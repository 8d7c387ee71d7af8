"""Mistakes on graphs of numbers: each is a backward pass altered in one named way, which yields the slip's numbers.

Run one on any graph of Values and compare: when a learner's answer equals what a mistake gives, that is the mistake.
Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

from ..engine.value import ACTIVATIONS, RULES, Value
from . import Mistake

Numbers = dict[Value, float]
Step = Callable[[Value, int, float], float | None]


class Outcome(NamedTuple):
    """What somebody wrote down: a value and a gradient for every node of the graph."""

    values: Numbers
    grads: Numbers


def backward_pass(loss: Value, step: Step | None = None, *, keep: str = "sum") -> Numbers:
    """A backward pass in which `step(node, i, upstream)` says what parent i of the node receives; None: as it should be.

    With no step it is the right one. keep says what becomes of the parts that arrive over several paths: one of KEEP.
    Nothing is stored in `.grad`.
    """
    together = KEEP[keep]
    order = loss.graph()
    arrived: dict[Value, list[float]] = {node: [] for node in order}
    grads = dict.fromkeys(order, 0.0) | {loss: 1.0}
    for node in reversed(order):
        if parts := arrived[node]:
            grads[node] = parts[0] if len(parts) == 1 else together(parts)
        for i, parent in enumerate(node.parents):
            arrived[parent].append(received(step, node, i, grads[node]))
    return grads


# What becomes of the parts of a gradient: added up, overwritten by the last, kept from the first, multiplied, averaged.
KEEP: dict[str, Callable[[list[float]], float]] = {
    "sum": sum,
    "last": lambda parts: parts[-1],
    "first": lambda parts: parts[0],
    "product": prod,
    "mean": lambda parts: sum(parts) / len(parts),
}


def chain_rule(node: Value, i: int, upstream: float) -> float:
    """The chain rule: upstream gradient times local derivative."""
    return upstream * node.local_grads[i]


def received(step: Step | None, node: Value, i: int, upstream: float) -> float:
    """What parent i receives when `step` may have altered it."""
    altered = step(node, i, upstream) if step else None
    return chain_rule(node, i, upstream) if altered is None else altered


# What the alterations have to recognise in a graph.


def _weight_of(node: Value) -> int | None:
    """Where the weight stands in a product `w * a`: the leaf beside something computed, or the first of two leaves."""
    if node.op != "*":
        return None
    leaves = [i for i, parent in enumerate(node.parents) if not parent.parents]
    return leaves[0] if leaves else None


def _is_weight(node: Value, i: int) -> bool:
    return _weight_of(node) == i


def _passes_back(node: Value, i: int) -> bool:
    """Whether parent i of a product is the activation through which the gradient goes on."""
    return _weight_of(node) is not None and not _is_weight(node, i) and bool(node.parents[i].parents)


def _product_before(node: Value) -> Value | None:
    """The nearest earlier product with a weight, going back along computed inputs: the previous layer's."""
    waiting = [parent for parent in node.parents if parent.parents]
    while waiting:
        node = waiting.pop(0)
        if _weight_of(node) is not None:
            return node
        waiting += [parent for parent in node.parents if parent.parents]
    return None


def _is_bias(node: Value, i: int) -> bool:
    return node.op == "+" and node.parents[i].op == "leaf" and bool(node.parents[1 - i].parents)


def _squared_error(node: Value) -> bool:
    return node.op == "**" and node.parents[0].op == "-"


# From an alteration to a whole pass.


def true_outcome(loss: Value) -> Outcome:
    """The forward pass as it was, and the right backward pass."""
    return Outcome({node: node.data for node in loss.graph()}, backward_pass(loss))


@dataclass(frozen=True)
class Pass:
    """A whole pass with something altered in it. Two of them can be made into one, as in two slips at once.

    change  (node, new parents) -> the node as it comes out of this forward pass; None: as it should be
    step    (node, i, upstream) -> what parent i receives on the way back; None: as it should be
    keep    what becomes of parts that arrive over several paths, as for `backward_pass`
    """

    change: Callable[[Value, list[Value]], Value | None] | None = None
    step: Step | None = None
    keep: str = "sum"

    def __call__(self, loss: Value, lr: float) -> Outcome:
        if self.change is None:
            return true_outcome(loss)._replace(grads=backward_pass(loss, self.step, keep=self.keep))
        new: dict[Value, Value] = {}
        for node in loss.graph():
            parents = [new[p] for p in node.parents]
            new[node] = self.change(node, parents) or _again(node, parents)
        grads = backward_pass(new[loss], self.step, keep=self.keep)
        return Outcome({n: v.data for n, v in new.items()}, {n: grads.get(v, 0.0) for n, v in new.items()})

    def __and__(self, other: Pass) -> Pass:
        """Both at once. Where both alter the same step, their factors multiply."""
        changes = [c for c in (self.change, other.change) if c]
        steps = [s for s in (self.step, other.step) if s]
        return Pass(
            (lambda node, parents: changes[0](node, parents) or changes[-1](node, parents)) if changes else None,
            _both(*steps) if len(steps) == 2 else steps[0] if steps else None,
            self.keep if self.keep != "sum" else other.keep,
        )


def _both(one: Step, other: Step) -> Step:
    def step(node, i, upstream):
        exact, a, b = (received(rule, node, i, upstream) for rule in (None, one, other))
        return a if b == exact else b if a == exact or not exact else a * b / exact

    return step


def _again(node: Value, parents: list[Value]) -> Value:
    """The same operation on new inputs."""
    if not parents:
        return Value(node.data, node.name, node.op)
    data, local_grads = RULES[node.op](*[p.data for p in parents])
    return Value(data, node.name, node.op, tuple(parents), local_grads)


# What a mistake alters: from the function below its words to the whole pass.


def backward(step: Step) -> Pass:
    """(node, i, upstream) -> what parent i receives, or None where nothing is altered."""
    return Pass(step=step)


def forward(change: Callable[[Value, list[Value]], Value | None]) -> Pass:
    """(node, new parents) -> the node as it comes out, or None; then a right backward pass through what was made."""
    return Pass(change)


def written_down(change: Callable[[Value, float, float], float]) -> Callable[[Value, float], Outcome]:
    """(node, gradient, lr) -> what is written down for a leaf, after a right pass."""

    def run(loss, lr):
        values, grads = true_outcome(loss)
        return Outcome(values, {n: change(n, g, lr) if n.op == "leaf" else g for n, g in grads.items()})

    return run


def whole_pass(run: Callable[[Value, float], Outcome]) -> Callable[[Value, float], Outcome]:
    """(loss, lr) -> Outcome: the function is the pass."""
    return run


MISTAKES: dict[str, Mistake] = {}


def mistake(slug: str, *, says: str, because: str, question: str, see: str, alters: Callable = backward) -> Callable:
    """Put the function below it into MISTAKES, under these words; `alters` says what it takes and gives."""

    def register(function):
        MISTAKES[slug] = Mistake(slug, says, because, question, see, alters(function))
        return function

    return register


# The slope of an activation, by its output.
SLOPES = {"sigmoid": lambda a: a * (1 - a), "tanh": lambda a: 1 - a * a}


@mistake(
    "no-activation-slope",
    says="the derivative of the activation function is left out",
    because="It is tempting because the activation was already computed on the way forward, and so seems dealt with.",
    question="A function stands between what goes into the activation and what comes out of it. What is its slope there?",
    see="7: Backward, one factor at a time",
)
def no_slope(node, i, upstream):
    if node.op in ACTIVATIONS:
        return upstream


@mistake(
    "slope-at-a",
    says="the activation's derivative is taken at its output a instead of at its input z",
    because="It is tempting because the formula a(1 - a) contains a, and so invites you to put a where z belongs once more.",
    question="At which number did you take the slope of the activation: at its input, or at its output?",
    see="7: Numbers that tell",
)
def slope_at_a(node, i, upstream):
    if node.op in ACTIVATIONS:
        return upstream * RULES[node.op](node.data)[1][0]


@mistake(
    "z-in-slope-formula",
    says="the formula for the activation's slope is used with z where it has a, as in z(1 - z) for a(1 - a)",
    because="It is tempting because z is the place at which the slope is taken, so it seems to belong in the formula.",
    question="The slope formula is written in terms of the activation's output. Which number did you put in?",
    see="7: Numbers that tell",
)
def z_in_formula(node, i, upstream):
    z = node.parents[0].data
    if node.op in SLOPES:
        return upstream * SLOPES[node.op](z)


@mistake(
    "half-sigmoid-slope",
    says="the slope of the sigmoid is taken as 1 - a, without its other factor a",
    because="It is tempting because the bracket of a(1 - a) is easier to remember than the factor in front of it.",
    question="Far to the left, where a is nearly 0, a sigmoid is flat. What does your formula give there?",
    see="4: A rate depends on where you are",
)
def half_slope(node, i, upstream):
    if node.op == "sigmoid":
        return upstream * (1 - node.data)


@mistake(
    "other-activations-slope",
    says="the slope formula of another activation is used: a(1 - a) is the sigmoid's, 1 - a^2 is that of tanh",
    because='It is tempting because both formulas are written in terms of a, and both are called "the derivative".',
    question="Which activation is used here, and whose slope formula did you use?",
    see="4: A rate depends on where you are",
)
def other_slope(node, i, upstream):
    if node.op in SLOPES:
        return upstream * SLOPES["tanh" if node.op == "sigmoid" else "sigmoid"](node.data)


@mistake(
    "no-factor-two",
    says="the factor 2 from differentiating the square is missing",
    because="It is tempting because many books define the loss with 1/2 in front, so that the 2 cancels. This loss has no 1/2.",
    question="What is the derivative of u^2?",
    see="7: Backward, one factor at a time",
)
def no_two(node, i, upstream):
    if node.op == "**" and i == 0 and node.parents[1].data == 2:
        return chain_rule(node, i, upstream) / 2


@mistake(
    "target-forgotten",
    says="the loss is differentiated as if the target were 0",
    because="It is tempting because two times the prediction looks like the derivative of a square. But what is squared is prediction minus target.",
    question="What is being squared?",
    see="7: Backward, one factor at a time",
)
def target_forgotten(node, i, upstream):
    if _squared_error(node) and i == 0:
        return upstream * 2 * node.parents[0].parents[0].data


@mistake(
    "target-added",
    says="the target is added where it is subtracted: 2(prediction + target) for 2(prediction - target)",
    because="It is tempting because a minus sign is easily lost, most of all when the target is negative itself.",
    question="In the loss the target is subtracted. Which sign does it have in your derivative?",
    see="7: Backward, one factor at a time",
)
def target_added(node, i, upstream):
    if _squared_error(node) and i == 0:
        return upstream * 2 * sum(p.data for p in node.parents[0].parents)


@mistake(
    "sign-of-error",
    says="the error is taken as target minus prediction, which reverses every sign",
    because="It is tempting because target minus prediction sounds natural, and the square in the loss hides the difference.",
    question="If the prediction is too low, does raising it make the loss rise or fall? What sign must the slope with respect to the prediction have?",
    see="7: Why the sign is what it is",
    alters=whole_pass,
)
def sign_of_error(loss, lr):
    """y - z2 for z2 - y: every gradient changes its sign, that of the loss itself does not."""
    values, grads = true_outcome(loss)
    return Outcome(values, {node: grad if node is loss else -grad for node, grad in grads.items()})


@mistake(
    "loss-for-its-slope",
    says="the loss itself is passed back instead of its derivative",
    because='It is tempting because people say that "the error is propagated back", and call the loss the error. What goes back is a slope.',
    question="Which number did you start the backward pass with: how large the loss is, or how fast it changes?",
    see="7: Backward, one factor at a time",
    alters=whole_pass,
)
def loss_for_slope(loss, lr):
    return Pass(step=lambda node, i, upstream: loss.data if node is loss and i == 0 else None)(loss, lr)


@mistake(
    "z-for-a",
    says="a weight's gradient is multiplied by the activation's input, where the activation's output belongs",
    because="It is tempting because the two numbers stand next to each other, and for ReLU they are often the same.",
    question="Which number does this weight multiply in the forward pass: the activation's input, or its output?",
    see="7: All four gradients",
)
def z_for_a(node, i, upstream):
    if _is_weight(node, i) and node.parents[1 - i].op in ACTIVATIONS:
        return upstream * node.parents[1 - i].parents[0].data


@mistake(
    "input-forgotten",
    says="the number that the weight multiplies is left out of the weight's gradient, as if the weight were a bias",
    because="It is tempting because it would be right for a bias, whose input is always 1.",
    question="The weight is multiplied by something in the forward pass. Where is it in your gradient?",
    see="7: All four gradients",
)
def no_input(node, i, upstream):
    if _is_weight(node, i):
        return upstream


@mistake(
    "weight-for-input",
    says="the weight's gradient is multiplied by the weight itself, where the number that it multiplies belongs",
    because="It is tempting because the weight is what the question is about, so it catches the eye.",
    question="If the weight grows by 0.01, by how much does its product grow?",
    see="7: All four gradients",
)
def weight_itself(node, i, upstream):
    if _is_weight(node, i):
        return upstream * node.parents[i].data


@mistake(
    "layer-off-by-one",
    says="a weight's gradient is multiplied by the number that entered the step before, not by the one that this weight multiplies",
    because="It is tempting because an index is easily off by one, most of all in a loop.",
    question="Which number does this weight multiply in the forward pass?",
    see="7: All four gradients",
)
def layer_off_by_one(node, i, upstream):
    before = _product_before(node)
    if _is_weight(node, i) and before is not None:
        return upstream * before.parents[1 - _weight_of(before)].data


@mistake(
    "no-weight-back",
    says="on the way back through a product with a weight, the weight is left out: the gradient is passed on unchanged",
    because="It is tempting because the weight's own gradient is what you are looking for, so its value seems to have no part in the others.",
    question="If the number that the weight multiplies grows by 0.01, by how much does the product grow?",
    see="7: Backward, one factor at a time",
)
def no_weight(node, i, upstream):
    if _passes_back(node, i):
        return upstream


@mistake(
    "weight-sign-lost",
    says="a weight is used without its minus sign on the way back",
    because="It is tempting because a minus sign is small, and there are several of them here.",
    question="One factor on the way back is negative. When the number that it multiplies grows, does the product grow or shrink?",
    see="7: Why the sign is what it is",
)
def weight_unsigned(node, i, upstream):
    if _passes_back(node, i):
        return upstream * abs(node.local_grads[i])


@mistake(
    "wrong-weight-back",
    says="the gradient is passed back through the wrong weight: that of the earlier step, where that of the later one connects the two",
    because="It is tempting because you are about to compute something for the earlier weight, so it is at hand.",
    question="Which weight connects the activation with the prediction?",
    see="7: Backward, one factor at a time",
)
def wrong_weight(node, i, upstream):
    before = _product_before(node)
    if _passes_back(node, i) and before is not None:
        return upstream * before.parents[_weight_of(before)].data


@mistake(
    "updated-weight",
    says="the later weight is updated first, and its new value is used to pass the gradient back",
    because="It is tempting because updating each weight as soon as its gradient is known saves a line. But the gradient belongs to the old point.",
    question="Which weight was used in the forward pass whose gradient this is: the old or the new one?",
    see="7: Pitfalls",
    alters=whole_pass,
)
def updated_weight(loss, lr):
    true = backward_pass(loss)

    def step(node, i, upstream):
        if _passes_back(node, i):
            weight = node.parents[1 - i]
            return upstream * (weight.data - lr * true[weight])

    return Pass(step=step)(loss, lr)


@mistake(
    "factors-added",
    says="the factors are added instead of multiplied",
    because="It is tempting because contributions of several paths do add up. The steps along one path multiply.",
    question="If z changes twice as fast as w, and a three times as fast as z, how fast does a change when w does?",
    see="4: Rates multiply",
)
def added(node, i, upstream):
    """Sums have no factor to add, and the seed 1 of the loss itself is nobody's factor."""
    if node.op not in ("+", "-", "neg"):
        return (0.0 if _squared_error(node) else upstream) + node.local_grads[i]


@mistake(
    "bias-times-b",
    says="the gradient of the bias is multiplied by the bias itself",
    because="It is tempting because the weight's gradient has one more factor, so the bias seems to want one too. But it is added, so its factor is 1.",
    question="If b grows by 0.01, by how much does z grow? Does that depend on b?",
    see="7: All four gradients",
)
def bias_times_b(node, i, upstream):
    if _is_bias(node, i):
        return upstream * node.parents[i].data


@mistake(
    "no-bias-gradient",
    says="the gradients of the biases are taken as 0",
    because="It is tempting because a bias is a constant that is added, and the derivative of a constant is 0. Here it is the bias that we vary.",
    question="If the bias grows by 0.01, does the sum that it is added to stay where it is?",
    see="7: All four gradients",
)
def no_bias_gradient(node, i, upstream):
    if _is_bias(node, i):
        return 0.0


@mistake(
    "local-for-gradient",
    says="only the last factor is given, how fast the sum or product moves with the parameter, without the gradient that comes back from the loss",
    because="It is tempting because the local derivative is the part that you work out yourself.",
    question="You have how fast the next quantity moves. How fast does the loss move with that quantity, and where is it in your answer?",
    see="7: All four gradients",
)
def local_alone(node, i, upstream):
    if _is_weight(node, i) or _is_bias(node, i):
        return node.local_grads[i]


@mistake(
    "step-for-slope",
    says="the step, minus the learning rate times the gradient, is given instead of the gradient",
    because='It is tempting because books say that backpropagation "computes how much each weight should change". It computes a slope, and the step is made from it.',
    question="Did you write down how fast the loss changes, or how far the weight moves?",
    see="7: One step, and too far",
    alters=written_down,
)
def the_step(node, grad, lr):
    return -lr * grad


@mistake(
    "new-value-for-slope",
    says="the updated parameter is given instead of its gradient",
    because="It is tempting because the update comes right after the gradient, and is only one line.",
    question="Did you write down a gradient, or the parameter after the step?",
    see="7: One step, and too far",
    alters=written_down,
)
def the_new_value(node, grad, lr):
    return node.data - lr * grad


mistake(
    "one-path-only",
    says="only one path is counted, and what comes back over the others is left out",
    because="It is tempting because the gradient of one path looks complete. In code, `=` where `+=` belongs does the same.",
    question="In how many places is this number used in the forward pass?",
    see="5: Over paths, add",
    alters=whole_pass,
)(Pass(keep="last"))


mistake(
    "first-path-only",
    says="only one path is counted, where a value collects from all its uses",
    because="It is tempting because the gradient of one path looks complete. In code, a test that skips a value which has a gradient already does the same.",
    question="In how many places is this number used in the forward pass?",
    see="5: Over paths, add",
    alters=whole_pass,
)(Pass(keep="first"))


@mistake(
    "activation-forgotten-forward",
    says="the activation is left out of the forward pass: its input is passed on as if it were its output",
    because="It is tempting because the sum is the long part of the calculation, and the function after it is easily skipped.",
    question="What does the neuron do with its sum before it passes it on?",
    see="7: Forward",
    alters=forward,
)
def identity(node, parents):
    return parents[0] if node.op in ACTIVATIONS else None


@mistake(
    "bias-forgotten-forward",
    says="the bias is left out of the forward pass",
    because="It is tempting because the product of weight and input looks complete.",
    question="A neuron multiplies, and does one thing more before its activation. Which?",
    see="7: Forward",
    alters=forward,
)
def no_bias(node, parents):
    """The sum keeps both its inputs, so that the bias still has a gradient; only its value is left out."""
    for i in range(len(parents)):
        if _is_bias(node, i):
            return Value(parents[1 - i].data, None, "+", tuple(parents), node.local_grads)


@mistake(
    "half-loss",
    says="the loss is taken with a factor 1/2 in front",
    because="It is tempting because many books define it so, to cancel the 2 of the derivative. This exercise does not.",
    question="Is there a 1/2 in the definition of this loss?",
    see="7: Forward",
    alters=forward,
)
def half_loss(node, parents):
    return parents[0] ** 2 * 0.5 if _squared_error(node) else None


@mistake(
    "loss-not-squared",
    says="the error is not squared",
    because="It is tempting because the error is the first thing that looks like a loss.",
    question="Could your loss be negative? Should a loss be?",
    see="7: Forward",
    alters=forward,
)
def not_squared(node, parents):
    return parents[0] * 1.0 if _squared_error(node) else None


# Mistakes that several chapters know, each in its own words and with a program of its own.
for slug, says, because, question, see in (
    ("first-bias-forgotten", "the bias of the first layer is left out of the forward pass", "the product looks complete",
     "What is added to the product before the activation?", "7: Forward"),
    ("second-bias-forgotten", "the bias of the second layer is left out of the forward pass", "the product looks complete",
     "What is added to the product of the second layer?", "7: Forward"),
    ("biases-exchanged", "the biases of the two layers are exchanged in the forward pass", "their names differ by one digit",
     "Which bias belongs to the first layer?", "7: Forward"),
    ("weights-exchanged", "the weights of the two layers are exchanged in the forward pass", "their names differ by one digit",
     "Which weights does the input meet first?", "7: Forward"),
    ("square-kept", "the square is kept in its slope: 2u^2 for 2u", "the 2 comes down, and the exponent is easily left where it was",
     "What is the derivative of u^2?", "7: Backward, one factor at a time"),
    ("bias-slope-alone", "the gradient of a bias is the slope of adding alone, without what comes back from the loss",
     "the slope of adding is 1", "How fast does the loss move when the sum does, and where is that in your gradient?",
     "7: All four gradients"),
    ("rounded-early", "numbers on the way are rounded before they are used again", "on paper you have to",
     "How many digits do you keep on the way?", "7: Numbers that tell"),
):  # fmt: skip
    Mistake(slug, says, f"It is tempting because {because}.", question, see)


def hidden_by(loss: Value, parameters: Iterable[Value], lr: float = 0.1) -> list[str]:
    """The mistakes that these numbers hide: those that leave the gradient of every parameter as it is."""
    true, parameters = backward_pass(loss), list(parameters)
    runs = {slug: mistake.run(loss, lr).grads for slug, mistake in MISTAKES.items()}
    return [slug for slug, wrong in runs.items() if all(abs(wrong[p] - true[p]) < 1e-9 for p in parameters)]
