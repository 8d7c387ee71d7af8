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


class Outcome(NamedTuple):
    """What somebody wrote down: a value and a gradient for every node of the graph."""

    values: Numbers
    grads: Numbers


def backward_pass(
    loss: Value, step: Callable[[Value, int, float], float] | None = None, *, keep: str = "sum"
) -> Numbers:
    """A backward pass in which `step(node, i, upstream)` says what parent i of the node receives.

    With no step it is the right one. keep says what becomes of the parts that arrive over several paths: one of KEEP.
    Nothing is stored in `.grad`.
    """
    step, together = step or chain_rule, KEEP[keep]
    order = loss.graph()
    arrived: dict[Value, list[float]] = {node: [] for node in order}
    grads = dict.fromkeys(order, 0.0) | {loss: 1.0}
    for node in reversed(order):
        if parts := arrived[node]:
            grads[node] = parts[0] if len(parts) == 1 else together(parts)
        for i, parent in enumerate(node.parents):
            arrived[parent].append(step(node, i, grads[node]))
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


def _derivative(op: str, at: float) -> float:
    """The local derivative of an activation, taken at some input."""
    return RULES[op](at)[1][0]


# The alterations: each takes (node, i, upstream) and says what parent i receives.


def _no_slope(node, i, upstream):
    return upstream if node.op in ACTIVATIONS else chain_rule(node, i, upstream)


def _slope_at_a(node, i, upstream):
    return upstream * _derivative(node.op, node.data) if node.op in ACTIVATIONS else chain_rule(node, i, upstream)


def _z_in_formula(node, i, upstream):
    z = node.parents[0].data
    formula = {"sigmoid": z * (1 - z), "tanh": 1 - z * z}
    return upstream * formula[node.op] if node.op in formula else chain_rule(node, i, upstream)


def _half_slope(node, i, upstream):
    return upstream * (1 - node.data) if node.op == "sigmoid" else chain_rule(node, i, upstream)


def _other_slope(node, i, upstream):
    """Sigmoid's formula a(1 - a) for tanh, and tanh's 1 - a^2 for sigmoid."""
    a = node.data
    swapped = {"sigmoid": 1 - a * a, "tanh": a * (1 - a)}
    return upstream * swapped[node.op] if node.op in swapped else chain_rule(node, i, upstream)


def _no_two(node, i, upstream):
    halve = node.op == "**" and i == 0 and node.parents[1].data == 2
    return chain_rule(node, i, upstream) / (2 if halve else 1)


def _target_forgotten(node, i, upstream):
    """2 z2 for 2 (z2 - y)."""
    if _squared_error(node) and i == 0:
        return upstream * 2 * node.parents[0].parents[0].data
    return chain_rule(node, i, upstream)


def _target_added(node, i, upstream):
    """2 (z2 + y) for 2 (z2 - y)."""
    if _squared_error(node) and i == 0:
        return upstream * 2 * sum(p.data for p in node.parents[0].parents)
    return chain_rule(node, i, upstream)


def _z_for_a(node, i, upstream):
    if _is_weight(node, i):
        other = node.parents[1 - i]
        if other.op in ACTIVATIONS:
            return upstream * other.parents[0].data
    return chain_rule(node, i, upstream)


def _no_input(node, i, upstream):
    return upstream if _is_weight(node, i) else chain_rule(node, i, upstream)


def _itself(node, i, upstream):
    return upstream * node.parents[i].data if _is_weight(node, i) else chain_rule(node, i, upstream)


def _layer_off_by_one(node, i, upstream):
    """The previous layer's input for this one's: dL/dw2 = delta2 * x."""
    before = _product_before(node)
    if _is_weight(node, i) and before is not None:
        return upstream * before.parents[1 - _weight_of(before)].data
    return chain_rule(node, i, upstream)


def _no_weight(node, i, upstream):
    return upstream if _passes_back(node, i) else chain_rule(node, i, upstream)


def _weight_unsigned(node, i, upstream):
    return upstream * abs(node.local_grads[i]) if _passes_back(node, i) else chain_rule(node, i, upstream)


def _wrong_weight(node, i, upstream):
    before = _product_before(node)
    if _passes_back(node, i) and before is not None:
        return upstream * before.parents[_weight_of(before)].data
    return chain_rule(node, i, upstream)


def _bias_times_b(node, i, upstream):
    return upstream * node.parents[i].data if _is_bias(node, i) else chain_rule(node, i, upstream)


def _no_bias_gradient(node, i, upstream):
    return 0.0 if _is_bias(node, i) else chain_rule(node, i, upstream)


def _local_alone(node, i, upstream):
    """dz/dw for dL/dw: at a parameter, the last factor without what came before."""
    return node.local_grads[i] if _is_weight(node, i) or _is_bias(node, i) else chain_rule(node, i, upstream)


def _added(node, i, upstream):
    """Factors added; sums have no factor to add, and the seed 1 of the loss itself is nobody's factor."""
    if node.op in ("+", "-", "neg"):
        return chain_rule(node, i, upstream)
    start_free = upstream if node.parents[0].op != "-" or node.op != "**" else 0.0
    return start_free + node.local_grads[i]


def _identity(node, parents):
    return parents[0] if node.op in ACTIVATIONS else None


def _no_bias(node, parents):
    """The sum keeps both its inputs, so that the bias still has a gradient; only its value is left out."""
    for i in range(len(parents)):
        if _is_bias(node, i):
            return Value(parents[1 - i].data, None, "+", tuple(parents), node.local_grads)
    return None


def _half_loss(node, parents):
    return parents[0] ** 2 * 0.5 if _squared_error(node) else None


def _not_squared(node, parents):
    return parents[0] * 1.0 if _squared_error(node) else None


# From an alteration to a whole pass.


def true_outcome(loss: Value) -> Outcome:
    """The forward pass as it was, and the right backward pass."""
    return Outcome({node: node.data for node in loss.graph()}, backward_pass(loss))


@dataclass(frozen=True)
class Pass:
    """A whole pass with something altered in it. Two of them can be made into one, as in two slips at once.

    change  (node, new parents) -> the node as it comes out of this forward pass; None: as it should be
    step    (node, i, upstream) -> what parent i receives on the way back
    keep    what becomes of parts that arrive over several paths, as for `sweep`
    """

    change: Callable[[Value, list[Value]], Value | None] | None = None
    step: Callable[[Value, int, float], float] = chain_rule
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
        steps = [s for s in (self.step, other.step) if s is not chain_rule]
        return Pass(
            (lambda node, parents: changes[0](node, parents) or changes[-1](node, parents)) if changes else None,
            _both(*steps) if len(steps) == 2 else steps[0] if steps else chain_rule,
            self.keep if self.keep != "sum" else other.keep,
        )


def _both(one, other):
    def step(node, i, upstream):
        exact, a, b = (rule(node, i, upstream) for rule in (chain_rule, one, other))
        return a if b == exact else b if a == exact or not exact else a * b / exact

    return step


def _backward(step, keep: str = "sum") -> Pass:
    """A right forward pass, a backward pass altered step by step."""
    return Pass(step=step, keep=keep)


def _forward(change: Callable[[Value, list[Value]], Value | None]) -> Pass:
    """A forward pass altered by `change`, then a right backward pass through what it made."""
    return Pass(change)


def _again(node: Value, parents: list[Value]) -> Value:
    """The same operation on new inputs."""
    if not parents:
        return Value(node.data, node.name, node.op)
    data, local_grads = RULES[node.op](*[p.data for p in parents])
    return Value(data, node.name, node.op, tuple(parents), local_grads)


def _rewritten(change: Callable[[Value, float, float], float]) -> Callable[[Value, float], Outcome]:
    """A right pass, and then something else written down for the leaves: change(node, gradient, lr)."""

    def run(loss, lr):
        values, grads = true_outcome(loss)
        return Outcome(values, {n: change(n, g, lr) if n.op == "leaf" else g for n, g in grads.items()})

    return run


def _sign_of_error(loss: Value, lr: float) -> Outcome:
    """y - z2 for z2 - y: every gradient changes its sign, that of the loss itself does not."""
    values, grads = true_outcome(loss)
    return Outcome(values, {node: grad if node is loss else -grad for node, grad in grads.items()})


def _loss_for_slope(loss: Value, lr: float) -> Outcome:
    def step(node, i, upstream):
        return loss.data if node is loss and i == 0 else chain_rule(node, i, upstream)

    return _backward(step)(loss, lr)


def _updated_weight(loss: Value, lr: float) -> Outcome:
    """Each layer's weight is moved as soon as its gradient is known, and the moved one passes the gradient on."""
    true = backward_pass(loss)

    def step(node, i, upstream):
        if _passes_back(node, i):
            weight = node.parents[1 - i]
            return upstream * (weight.data - lr * true[weight])
        return chain_rule(node, i, upstream)

    return _backward(step)(loss, lr)


_ALL = (
    Mistake(
        "no-activation-slope",
        "the derivative of the activation function is left out",
        "It is tempting because the activation was already computed on the way forward, and so seems dealt with.",
        "A function stands between what goes into the activation and what comes out of it. What is its slope there?",
        "7: Backward, one factor at a time",
        _backward(_no_slope),
    ),
    Mistake(
        "slope-at-a",
        "the activation's derivative is taken at its output a instead of at its input z",
        "It is tempting because the formula a(1 - a) contains a, and so invites you to put a where z belongs once more.",
        "At which number did you take the slope of the activation: at its input, or at its output?",
        "7: Numbers that tell",
        _backward(_slope_at_a),
    ),
    Mistake(
        "z-in-slope-formula",
        "the formula for the activation's slope is used with z where it has a, as in z(1 - z) for a(1 - a)",
        "It is tempting because z is the place at which the slope is taken, so it seems to belong in the formula.",
        "The slope formula is written in terms of the activation's output. Which number did you put in?",
        "7: Numbers that tell",
        _backward(_z_in_formula),
    ),
    Mistake(
        "half-sigmoid-slope",
        "the slope of the sigmoid is taken as 1 - a, without its other factor a",
        "It is tempting because the bracket of a(1 - a) is easier to remember than the factor in front of it.",
        "Far to the left, where a is nearly 0, a sigmoid is flat. What does your formula give there?",
        "4: A rate depends on where you are",
        _backward(_half_slope),
    ),
    Mistake(
        "other-activations-slope",
        "the slope formula of another activation is used: a(1 - a) is the sigmoid's, 1 - a^2 is that of tanh",
        'It is tempting because both formulas are written in terms of a, and both are called "the derivative".',
        "Which activation is used here, and whose slope formula did you use?",
        "4: A rate depends on where you are",
        _backward(_other_slope),
    ),
    Mistake(
        "no-factor-two",
        "the factor 2 from differentiating the square is missing",
        "It is tempting because many books define the loss with 1/2 in front, so that the 2 cancels. This loss has no 1/2.",
        "What is the derivative of u^2?",
        "7: Backward, one factor at a time",
        _backward(_no_two),
    ),
    Mistake(
        "target-forgotten",
        "the loss is differentiated as if the target were 0",
        "It is tempting because two times the prediction looks like the derivative of a square. But what is squared is prediction minus target.",
        "What is being squared?",
        "7: Backward, one factor at a time",
        _backward(_target_forgotten),
    ),
    Mistake(
        "target-added",
        "the target is added where it is subtracted: 2(prediction + target) for 2(prediction - target)",
        "It is tempting because a minus sign is easily lost, most of all when the target is negative itself.",
        "In the loss the target is subtracted. Which sign does it have in your derivative?",
        "7: Backward, one factor at a time",
        _backward(_target_added),
    ),
    Mistake(
        "sign-of-error",
        "the error is taken as target minus prediction, which reverses every sign",
        "It is tempting because target minus prediction sounds natural, and the square in the loss hides the difference.",
        "If the prediction is too low, does raising it make the loss rise or fall? What sign must the slope with respect to the prediction have?",
        "7: Why the sign is what it is",
        _sign_of_error,
    ),
    Mistake(
        "loss-for-its-slope",
        "the loss itself is passed back instead of its derivative",
        'It is tempting because people say that "the error is propagated back", and call the loss the error. What goes back is a slope.',
        "Which number did you start the backward pass with: how large the loss is, or how fast it changes?",
        "7: Backward, one factor at a time",
        _loss_for_slope,
    ),
    Mistake(
        "z-for-a",
        "a weight's gradient is multiplied by the activation's input, where the activation's output belongs",
        "It is tempting because the two numbers stand next to each other, and for ReLU they are often the same.",
        "Which number does this weight multiply in the forward pass: the activation's input, or its output?",
        "7: All four gradients",
        _backward(_z_for_a),
    ),
    Mistake(
        "input-forgotten",
        "the number that the weight multiplies is left out of the weight's gradient, as if the weight were a bias",
        "It is tempting because it would be right for a bias, whose input is always 1.",
        "The weight is multiplied by something in the forward pass. Where is it in your gradient?",
        "7: All four gradients",
        _backward(_no_input),
    ),
    Mistake(
        "weight-for-input",
        "the weight's gradient is multiplied by the weight itself, where the number that it multiplies belongs",
        "It is tempting because the weight is what the question is about, so it catches the eye.",
        "If the weight grows by 0.01, by how much does its product grow?",
        "7: All four gradients",
        _backward(_itself),
    ),
    Mistake(
        "layer-off-by-one",
        "a weight's gradient is multiplied by the number that entered the step before, not by the one that this weight multiplies",
        "It is tempting because an index is easily off by one, most of all in a loop.",
        "Which number does this weight multiply in the forward pass?",
        "7: All four gradients",
        _backward(_layer_off_by_one),
    ),
    Mistake(
        "no-weight-back",
        "on the way back through a product with a weight, the weight is left out: the gradient is passed on unchanged",
        "It is tempting because the weight's own gradient is what you are looking for, so its value seems to have no part in the others.",
        "If the number that the weight multiplies grows by 0.01, by how much does the product grow?",
        "7: Backward, one factor at a time",
        _backward(_no_weight),
    ),
    Mistake(
        "weight-sign-lost",
        "a weight is used without its minus sign on the way back",
        "It is tempting because a minus sign is small, and there are several of them here.",
        "One factor on the way back is negative. When the number that it multiplies grows, does the product grow or shrink?",
        "7: Why the sign is what it is",
        _backward(_weight_unsigned),
    ),
    Mistake(
        "wrong-weight-back",
        "the gradient is passed back through the wrong weight: that of the earlier step, where that of the later one connects the two",
        "It is tempting because you are about to compute something for the earlier weight, so it is at hand.",
        "Which weight connects the activation with the prediction?",
        "7: Backward, one factor at a time",
        _backward(_wrong_weight),
    ),
    Mistake(
        "updated-weight",
        "the later weight is updated first, and its new value is used to pass the gradient back",
        "It is tempting because updating each weight as soon as its gradient is known saves a line. But the gradient belongs to the old point.",
        "Which weight was used in the forward pass whose gradient this is: the old or the new one?",
        "7: Pitfalls",
        _updated_weight,
    ),
    Mistake(
        "factors-added",
        "the factors are added instead of multiplied",
        "It is tempting because contributions of several paths do add up. The steps along one path multiply.",
        "If z changes twice as fast as w, and a three times as fast as z, how fast does a change when w does?",
        "4: Rates multiply",
        _backward(_added),
    ),
    Mistake(
        "bias-times-b",
        "the gradient of the bias is multiplied by the bias itself",
        "It is tempting because the weight's gradient has one more factor, so the bias seems to want one too. But it is added, so its factor is 1.",
        "If b grows by 0.01, by how much does z grow? Does that depend on b?",
        "7: All four gradients",
        _backward(_bias_times_b),
    ),
    Mistake(
        "no-bias-gradient",
        "the gradients of the biases are taken as 0",
        "It is tempting because a bias is a constant that is added, and the derivative of a constant is 0. Here it is the bias that we vary.",
        "If the bias grows by 0.01, does the sum that it is added to stay where it is?",
        "7: All four gradients",
        _backward(_no_bias_gradient),
    ),
    Mistake(
        "local-for-gradient",
        "only the last factor is given, how fast the sum or product moves with the parameter, without the gradient that comes back from the loss",
        "It is tempting because the local derivative is the part that you work out yourself.",
        "You have how fast the next quantity moves. How fast does the loss move with that quantity, and where is it in your answer?",
        "7: All four gradients",
        _backward(_local_alone),
    ),
    Mistake(
        "step-for-slope",
        "the step, minus the learning rate times the gradient, is given instead of the gradient",
        'It is tempting because books say that backpropagation "computes how much each weight should change". It computes a slope, and the step is made from it.',
        "Did you write down how fast the loss changes, or how far the weight moves?",
        "7: One step, and too far",
        _rewritten(lambda node, grad, lr: -lr * grad),
    ),
    Mistake(
        "new-value-for-slope",
        "the updated parameter is given instead of its gradient",
        "It is tempting because the update comes right after the gradient, and is only one line.",
        "Did you write down a gradient, or the parameter after the step?",
        "7: One step, and too far",
        _rewritten(lambda node, grad, lr: node.data - lr * grad),
    ),
    Mistake(
        "one-path-only",
        "only one path is counted, and what comes back over the others is left out",
        "It is tempting because the gradient of one path looks complete. In code, `=` where `+=` belongs does the same.",
        "In how many places is this number used in the forward pass?",
        "5: Over paths, add",
        _backward(chain_rule, keep="last"),
    ),
    Mistake(
        "first-path-only",
        "only one path is counted, where a value collects from all its uses",
        "It is tempting because the gradient of one path looks complete. In code, a test that skips a value which has a gradient already does the same.",
        "In how many places is this number used in the forward pass?",
        "5: Over paths, add",
        _backward(chain_rule, keep="first"),
    ),
    Mistake(
        "activation-forgotten-forward",
        "the activation is left out of the forward pass: its input is passed on as if it were its output",
        "It is tempting because the sum is the long part of the calculation, and the function after it is easily skipped.",
        "What does the neuron do with its sum before it passes it on?",
        "7: Forward",
        _forward(_identity),
    ),
    Mistake(
        "bias-forgotten-forward",
        "the bias is left out of the forward pass",
        "It is tempting because the product of weight and input looks complete.",
        "A neuron multiplies, and does one thing more before its activation. Which?",
        "7: Forward",
        _forward(_no_bias),
    ),
    Mistake(
        "half-loss",
        "the loss is taken with a factor 1/2 in front",
        "It is tempting because many books define it so, to cancel the 2 of the derivative. This exercise does not.",
        "Is there a 1/2 in the definition of this loss?",
        "7: Forward",
        _forward(_half_loss),
    ),
    Mistake(
        "loss-not-squared",
        "the error is not squared",
        "It is tempting because the error is the first thing that looks like a loss.",
        "Could your loss be negative? Should a loss be?",
        "7: Forward",
        _forward(_not_squared),
    ),
)

MISTAKES: dict[str, Mistake] = {mistake.slug: mistake for mistake in _ALL}

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
     "How many digits do you keep on the way?", "7: Forward"),
):  # fmt: skip
    Mistake(slug, says, f"It is tempting because {because}.", question, see)


def hidden_by(loss: Value, parameters: Iterable[Value], lr: float = 0.1) -> list[str]:
    """The mistakes that these numbers hide: those that leave the gradient of every parameter as it is."""
    true, parameters = backward_pass(loss), list(parameters)
    runs = {slug: mistake.run(loss, lr).grads for slug, mistake in MISTAKES.items()}
    return [slug for slug, wrong in runs.items() if all(abs(wrong[p] - true[p]) < 1e-9 for p in parameters)]
