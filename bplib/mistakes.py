"""A mistake is a program: a backward pass altered in one named way, which yields the numbers that the slip yields.

Run one on any graph of Values and compare: when a learner's answer equals what a mistake gives, that is the mistake.
Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from .value import ACTIVATIONS, RULES, Value

Numbers = dict[Value, float]


class Outcome(NamedTuple):
    """What somebody wrote down: a value and a gradient for every node of the graph."""

    values: Numbers
    grads: Numbers


@dataclass(frozen=True)
class Mistake:
    """One misconception.

    slug      its name in code, for good: never renamed
    says      what was done, as a clause after "this is what you get when"
    because   why it is tempting, a sentence
    question  a question that points at it without naming it
    see       where the book explains it: chapter, colon, heading. None: no chapter does so yet
    run       (loss, lr) -> Outcome: what somebody with this misconception writes down; lr is the learning rate.
              None for a slip that belongs to one exercise, which knows itself what it yields
    on        what it is run on: a "graph" of Values, or the name of a program in `slips`, whose inputs it then takes
    """

    slug: str
    says: str
    because: str
    question: str
    see: str | None
    run: Callable | None = None
    on: str = "graph"


def sweep(loss: Value, step: Callable[[Value, int, float], float] | None = None, *, keep: str = "sum") -> Numbers:
    """A backward pass in which `step(node, i, upstream)` says what parent i of the node receives.

    With no step it is the right one. keep="sum" adds up what arrives over several paths, "last" overwrites, "first"
    takes no second. Nothing is stored in `.grad`.
    """
    step = step or right
    order = loss.graph()
    grads = dict.fromkeys(order, 0.0) | {loss: 1.0}
    paid: set[Value] = set()
    for node in reversed(order):
        for i, parent in enumerate(node.parents):
            share = step(node, i, grads[node])
            if keep == "sum" or parent not in paid:
                grads[parent] += share
            elif keep == "last":
                grads[parent] = share
            paid.add(parent)
    return grads


def right(node: Value, i: int, upstream: float) -> float:
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
    return upstream if node.op in ACTIVATIONS else right(node, i, upstream)


def _slope_at_a(node, i, upstream):
    return upstream * _derivative(node.op, node.data) if node.op in ACTIVATIONS else right(node, i, upstream)


def _z_in_formula(node, i, upstream):
    z = node.parents[0].data
    formula = {"sigmoid": z * (1 - z), "tanh": 1 - z * z}
    return upstream * formula[node.op] if node.op in formula else right(node, i, upstream)


def _half_slope(node, i, upstream):
    return upstream * (1 - node.data) if node.op == "sigmoid" else right(node, i, upstream)


def _other_slope(node, i, upstream):
    """Sigmoid's formula a(1 - a) for tanh, and tanh's 1 - a^2 for sigmoid."""
    a = node.data
    swapped = {"sigmoid": 1 - a * a, "tanh": a * (1 - a)}
    return upstream * swapped[node.op] if node.op in swapped else right(node, i, upstream)


def _no_two(node, i, upstream):
    halve = node.op == "**" and i == 0 and node.parents[1].data == 2
    return right(node, i, upstream) / (2 if halve else 1)


def _target_forgotten(node, i, upstream):
    """2 z2 for 2 (z2 - y)."""
    if _squared_error(node) and i == 0:
        return upstream * 2 * node.parents[0].parents[0].data
    return right(node, i, upstream)


def _target_added(node, i, upstream):
    """2 (z2 + y) for 2 (z2 - y)."""
    if _squared_error(node) and i == 0:
        return upstream * 2 * sum(p.data for p in node.parents[0].parents)
    return right(node, i, upstream)


def _z_for_a(node, i, upstream):
    if _is_weight(node, i):
        other = node.parents[1 - i]
        if other.op in ACTIVATIONS:
            return upstream * other.parents[0].data
    return right(node, i, upstream)


def _no_input(node, i, upstream):
    return upstream if _is_weight(node, i) else right(node, i, upstream)


def _itself(node, i, upstream):
    return upstream * node.parents[i].data if _is_weight(node, i) else right(node, i, upstream)


def _layer_off_by_one(node, i, upstream):
    """The previous layer's input for this one's: dL/dw2 = delta2 * x."""
    before = _product_before(node)
    if _is_weight(node, i) and before is not None:
        return upstream * before.parents[1 - _weight_of(before)].data
    return right(node, i, upstream)


def _no_weight(node, i, upstream):
    return upstream if _passes_back(node, i) else right(node, i, upstream)


def _weight_unsigned(node, i, upstream):
    return upstream * abs(node.local_grads[i]) if _passes_back(node, i) else right(node, i, upstream)


def _wrong_weight(node, i, upstream):
    before = _product_before(node)
    if _passes_back(node, i) and before is not None:
        return upstream * before.parents[_weight_of(before)].data
    return right(node, i, upstream)


def _bias_times_b(node, i, upstream):
    return upstream * node.parents[i].data if _is_bias(node, i) else right(node, i, upstream)


def _no_bias_gradient(node, i, upstream):
    return 0.0 if _is_bias(node, i) else right(node, i, upstream)


def _local_alone(node, i, upstream):
    """dz/dw for dL/dw: at a parameter, the last factor without what came before."""
    return node.local_grads[i] if _is_weight(node, i) or _is_bias(node, i) else right(node, i, upstream)


def _added(node, i, upstream):
    """Factors added; sums have no factor to add, and the seed 1 of the loss itself is nobody's factor."""
    if node.op in ("+", "-", "neg"):
        return right(node, i, upstream)
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


def truth(loss: Value) -> Outcome:
    """The forward pass as it was, and the right backward pass."""
    return Outcome({node: node.data for node in loss.graph()}, sweep(loss))


def _backward(step, keep: str = "sum") -> Callable[[Value, float], Outcome]:
    """A right forward pass, a backward pass altered step by step."""
    return lambda loss, lr: truth(loss)._replace(grads=sweep(loss, step, keep=keep))


def _forward(change: Callable[[Value, list[Value]], Value | None]) -> Callable[[Value, float], Outcome]:
    """A forward pass altered by `change(node, new parents)` (None: as it should be), then a right backward pass."""

    def run(loss, lr):
        new: dict[Value, Value] = {}
        for node in loss.graph():
            parents = [new[p] for p in node.parents]
            new[node] = (change(node, parents) if parents else None) or _again(node, parents)
        grads = sweep(new[loss])
        return Outcome({n: v.data for n, v in new.items()}, {n: grads.get(v, 0.0) for n, v in new.items()})

    return run


def _again(node: Value, parents: list[Value]) -> Value:
    """The same operation on new inputs."""
    if not parents:
        return Value(node.data, node.name, node.op)
    data, local_grads = RULES[node.op](*[p.data for p in parents])
    return Value(data, node.name, node.op, tuple(parents), local_grads)


def _rewritten(change: Callable[[Value, float, float], float]) -> Callable[[Value, float], Outcome]:
    """A right pass, and then something else written down for the leaves: change(node, gradient, lr)."""

    def run(loss, lr):
        values, grads = truth(loss)
        return Outcome(values, {n: change(n, g, lr) if n.op == "leaf" else g for n, g in grads.items()})

    return run


def _sign_of_error(loss: Value, lr: float) -> Outcome:
    """y - z2 for z2 - y: every gradient changes its sign, that of the loss itself does not."""
    values, grads = truth(loss)
    return Outcome(values, {node: grad if node is loss else -grad for node, grad in grads.items()})


def _loss_for_slope(loss: Value, lr: float) -> Outcome:
    def step(node, i, upstream):
        return loss.data if node is loss and i == 0 else right(node, i, upstream)

    return _backward(step)(loss, lr)


def _updated_weight(loss: Value, lr: float) -> Outcome:
    """Each layer's weight is moved as soon as its gradient is known, and the moved one passes the gradient on."""
    true = sweep(loss)

    def step(node, i, upstream):
        if _passes_back(node, i):
            weight = node.parents[1 - i]
            return upstream * (weight.data - lr * true[weight])
        return right(node, i, upstream)

    return _backward(step)(loss, lr)


_ALL = (
    Mistake(
        "no-activation-slope",
        "the derivative of the activation function is left out",
        "The activation was computed on the way forward, so it feels done with.",
        "Between what goes into the activation and what comes out of it stands a function. What is its slope there?",
        "7: Backward, one factor at a time",
        _backward(_no_slope),
    ),
    Mistake(
        "slope-at-a",
        "the activation's derivative is taken at a instead of at z",
        "The formula a(1 - a) contains a, so it is tempting to put a where z belongs once more.",
        "At which number did you take the slope of the activation: at what goes in, or at what comes out?",
        "7: Numbers that tell",
        _backward(_slope_at_a),
    ),
    Mistake(
        "z-in-slope-formula",
        "the formula for the activation's slope is used with z where it has a, as in z(1 - z) for a(1 - a)",
        "z is what the slope is taken at, so it seems to belong into the formula.",
        "The slope formula is written in terms of what comes out of the activation. Which number did you put in?",
        "7: Numbers that tell",
        _backward(_z_in_formula),
    ),
    Mistake(
        "half-sigmoid-slope",
        "sigmoid' is taken as 1 - a, without its other factor a",
        "Of a(1 - a) the bracket stays in memory better than the factor before it.",
        "Far to the left, where a is nearly 0, a sigmoid is flat. What does your formula give there?",
        "4: A rate depends on where you are",
        _backward(_half_slope),
    ),
    Mistake(
        "other-activations-slope",
        "the slope formula of another activation is used: a(1 - a) is the sigmoid's, 1 - a^2 is tanh's",
        'Both are written in terms of a, and both are called "the derivative".',
        "Which activation does this network have, and which one's slope formula did you use?",
        "4: A rate depends on where you are",
        _backward(_other_slope),
    ),
    Mistake(
        "no-factor-two",
        "the factor 2 from differentiating the square is missing",
        "Many books define the loss with 1/2 in front, so that the 2 cancels. This loss has no 1/2.",
        "What is the derivative of u^2?",
        "7: Backward, one factor at a time",
        _backward(_no_two),
    ),
    Mistake(
        "target-forgotten",
        "the loss is differentiated as if the target were 0",
        "Two times the prediction looks like the derivative of a square. But the square is of prediction minus target.",
        "What is being squared?",
        "7: Backward, one factor at a time",
        _backward(_target_forgotten),
    ),
    Mistake(
        "target-added",
        "the target is added where it is subtracted: 2(prediction + target) for 2(prediction - target)",
        "A minus sign is easily lost, most of all when the target is negative itself.",
        "In the loss the target is subtracted. What stands before it in your derivative?",
        "7: Backward, one factor at a time",
        _backward(_target_added),
    ),
    Mistake(
        "sign-of-error",
        "the error is taken as target minus prediction, which turns every sign round",
        "Target minus prediction sounds natural, and in the loss the square hides the difference.",
        "If the prediction is too low, should raising it make the loss rise or fall? What sign must the slope with respect to the prediction have?",
        "7: Why the sign is what it is",
        _sign_of_error,
    ),
    Mistake(
        "loss-for-its-slope",
        "the loss itself is passed back instead of its derivative",
        '"The error is propagated back" is often said, and the loss is called the error. What goes back is a slope.',
        "Which number did you start the backward pass with: how large the loss is, or how fast it changes?",
        "7: Backward, one factor at a time",
        _loss_for_slope,
    ),
    Mistake(
        "z-for-a",
        "what goes into the activation stands where what comes out of it belongs: z1 for a1",
        "z1 and a1 stand next to each other, and for ReLU they are often the same number.",
        "Which number does the second neuron multiply by its weight: what goes into the activation, or what comes out of it?",
        "7: All four gradients",
        _backward(_z_for_a),
    ),
    Mistake(
        "input-forgotten",
        "the input of the weight is left out: the weight gets the gradient of its product, as a bias would",
        "It is true for the bias, whose input is always 1.",
        "The weight is multiplied by something in the forward pass. Where is it in your gradient?",
        "7: All four gradients",
        _backward(_no_input),
    ),
    Mistake(
        "weight-for-input",
        "the product is differentiated by the wrong factor: d(w a)/dw is a, not w",
        "w is the thing we ask about, so it is the one that catches the eye.",
        "If w grows by 0.01, by how much does w times a grow?",
        "7: All four gradients",
        _backward(_itself),
    ),
    Mistake(
        "layer-off-by-one",
        "the input of the step before is used, where what came out of that step belongs: x for a1",
        "An index off by one, easy to get in a loop over layers.",
        "Which number enters the second layer: the input of the network, or the output of the first layer?",
        "7: All four gradients",
        _backward(_layer_off_by_one),
    ),
    Mistake(
        "no-weight-back",
        "a weight is left out on the way back through its product: what arrives is passed on as it is",
        "The error seems to simply arrive at the layer before.",
        "If the number that the weight multiplies grows by 0.01, by how much does the product grow?",
        "7: Backward, one factor at a time",
        _backward(_no_weight),
    ),
    Mistake(
        "weight-sign-lost",
        "a weight is taken without its minus sign on the way back",
        "A minus sign is small, and there are several about.",
        "One factor on the way back is negative. When the number that it multiplies grows, does the product grow or shrink?",
        "7: Why the sign is what it is",
        _backward(_weight_unsigned),
    ),
    Mistake(
        "wrong-weight-back",
        "the gradient is passed back through the wrong weight: that of layer 1, where that of layer 2 connects the two",
        "One is about to compute something for layer 1, so its weight is at hand.",
        "Which weight stands between a1 and z2?",
        "7: Backward, one factor at a time",
        _backward(_wrong_weight),
    ),
    Mistake(
        "updated-weight",
        "the second weight is updated first, and the new one used to pass the gradient back",
        "Updating each layer as soon as its gradient is known saves a line. But the gradient belongs to the old point.",
        "Which weight was used in the forward pass whose gradient this is: the old or the new one?",
        "7: Pitfalls",
        _updated_weight,
    ),
    Mistake(
        "factors-added",
        "the factors are added instead of multiplied",
        "Several paths add up; the steps along one path multiply.",
        "If z changes twice as fast as w, and a three times as fast as z, how fast does a change when w does?",
        "4: Rates multiply",
        _backward(_added),
    ),
    Mistake(
        "bias-times-b",
        "the gradient of the bias is multiplied by the bias itself",
        "By analogy with the weight, whose gradient has a factor too. The bias is added, so its factor is 1.",
        "If b grows by 0.01, by how much does z grow? Does that depend on b?",
        "7: All four gradients",
        _backward(_bias_times_b),
    ),
    Mistake(
        "no-bias-gradient",
        "the gradients of the biases are taken as 0",
        "A bias is added, so it seems to have no part in the slopes.",
        "If b1 grows by 0.01, does z1 stay where it is?",
        "7: All four gradients",
        _backward(_no_bias_gradient),
    ),
    Mistake(
        "local-for-gradient",
        "only the last link is given, dz/dw or dz/db, without what comes back from the loss",
        "The local derivative is the part that one computes oneself; the rest was already there.",
        "You have how fast z moves. How fast does the loss move when z does, and where is that in your answer?",
        "7: All four gradients",
        _backward(_local_alone),
    ),
    Mistake(
        "step-for-slope",
        "the step -lr * gradient is given instead of the gradient",
        'Books say that backpropagation "computes how much each weight should change". It computes a slope; the step is made from it.',
        "Did you write down how fast the loss changes, or how far the weight moves?",
        "7: One step, and too far",
        _rewritten(lambda node, grad, lr: -lr * grad),
    ),
    Mistake(
        "new-value-for-slope",
        "the updated parameter is given instead of its gradient",
        "The update comes right after, and it is one line.",
        "Did you write down a gradient, or the parameter after the step?",
        "7: One step, and too far",
        _rewritten(lambda node, grad, lr: node.data - lr * grad),
    ),
    Mistake(
        "one-path-only",
        "only one path is counted: a value that is used twice collects from both uses, and the sum was overwritten",
        "In code it is `=` where `+=` belongs.",
        "In how many places is this number used in the forward pass?",
        "5: Over paths, add",
        _backward(right, keep="last"),
    ),
    Mistake(
        "first-path-only",
        "only the path met first on the way back is counted: a value that is used twice collects from both uses",
        "The gradient one meets first looks complete.",
        "In how many places is this number used in the forward pass?",
        "5: Over paths, add",
        _backward(right, keep="first"),
    ),
    Mistake(
        "activation-forgotten-forward",
        "the forward pass leaves out the activation: z1 is handed on as if it were a1",
        "The sum is the long part of the calculation; the function after it is easily skipped.",
        "What does the hidden neuron do with z1 before it passes it on?",
        "7: Forward",
        _forward(_identity),
    ),
    Mistake(
        "bias-forgotten-forward",
        "the forward pass leaves out the biases",
        "w times x looks complete.",
        "A neuron multiplies, and then does one thing more before its activation. Which?",
        "7: Forward",
        _forward(_no_bias),
    ),
    Mistake(
        "half-loss",
        "the loss is taken with a factor 1/2 in front",
        "Many books define it so, to cancel the 2 of the derivative. This exercise does not.",
        "Is there a 1/2 in the definition of this loss?",
        "7: Forward",
        _forward(_half_loss),
    ),
    Mistake(
        "loss-not-squared",
        "the error is not squared",
        "The error is the first thing that looks like a loss.",
        "Could your loss be negative? Should a loss be?",
        "7: Forward",
        _forward(_not_squared),
    ),
)

MISTAKES: dict[str, Mistake] = {mistake.slug: mistake for mistake in _ALL}


def hidden_by(loss: Value, parameters: Iterable[Value], lr: float = 0.1) -> list[str]:
    """The mistakes that these numbers hide: those that leave the gradient of every parameter as it is."""
    true, parameters = sweep(loss), list(parameters)
    runs = {slug: mistake.run(loss, lr).grads for slug, mistake in MISTAKES.items()}
    return [slug for slug, wrong in runs.items() if all(abs(wrong[p] - true[p]) < 1e-9 for p in parameters)]
