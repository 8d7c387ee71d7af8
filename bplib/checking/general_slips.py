"""Slips that can happen on any graph, and two slips at once: what explains an answer that no exercise foresaw.

They are made from the exercise's own graph: at each step the local derivative is replaced by what people put in its
place, each operation of the forward pass by what it is mistaken for. Such an explanation is a guess by its numbers
alone, so it counts only where few others lie near it (`guesses`). Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from typing import NamedTuple

from ..engine.trace_table import fmt
from ..engine.value import ACTIVATIONS, RULES, Value
from ..mistakes import REGISTRY, Mistake
from ..mistakes.scalar import MISTAKES, Pass, chain_rule, received

NATURAL = (  # slips that are looked for before all others, beside those of the table
    "paths-averaged", "paths-multiplied", "minus-lost-forward", "rounded-early", "other-activation", "sigmoid-of-minus-z",
    "closed-neuron",
)  # fmt: skip
CORE = (  # mistakes so common that two of them meet
    "sign-of-error", "no-factor-two", "no-activation-slope", "input-forgotten", "weight-for-input", "no-weight-back",
    "weight-sign-lost", "target-added", "slope-at-a", "one-path-only", "first-path-only", *NATURAL
)  # fmt: skip
FORMULAS = {  # what people take for the slope of an activation, written with its output a and its input z
    "{a}": lambda a, z: a,
    "1 - {a}": lambda a, z: 1 - a,
    "1 - {a}^2": lambda a, z: 1 - a * a,
    "{a}(1 - {a})": lambda a, z: a * (1 - a),
    "{a}^2": lambda a, z: a * a,
    "{z}": lambda a, z: z,
    "1 - {z}^2": lambda a, z: 1 - z * z,
    "{z}(1 - {z})": lambda a, z: z * (1 - z),
}
POWERS = {  # what people take for the slope n u^(n - 1) of a power
    "taken with the exponent in front, but not lowered": lambda u, n: n * u**n,
    "taken with the exponent lowered, but not put in front": lambda u, n: u ** (n - 1),
    "taken with the exponent raised by 1 instead of lowered": lambda u, n: n * u ** (n + 1),
    "taken with the wrong sign": lambda u, n: -n * u ** (n - 1),
    "taken with the exponent in front twice": lambda u, n: n * n * u ** (n - 1),
    "taken as the power itself": lambda u, n: u**n,
    "taken as the exponent alone": lambda u, n: n,
    "taken as the base alone": lambda u, n: u,
    "taken as that of the power with the opposite exponent": lambda u, n: -n * u ** (-n - 1),
    "left out": lambda u, n: 1.0,
}


class Way(NamedTuple):
    """One way to go wrong on this graph: what it is, and the pass that it makes."""

    mistake: Mistake
    run: Pass


GENERAL = {  # what these slips are, whatever they are called on the page
    "other-order": "the right numbers are given in another order",
    "factor-left-out": "a factor is left out on the way back",
    "factor-exchanged": "a gradient is multiplied by the number that it belongs to, not by the other factor",
    "factor-divided": "a gradient is divided by a factor, where it is multiplied by it",
    "factor-twice": "a factor is put in twice on the way back",
    "factor-sign": "a factor enters with the wrong sign on the way back",
    "wrong-factor": "a gradient is multiplied by another number than the one that belongs there",
    "slope-formula": "the slope of an activation is taken by a wrong formula",
    "closed-neuron": "a slope of 0 is used, as if the neuron were closed",
    "product-for-rate": "a product stands where its rate belongs",
    "power-rule": "the rule for powers is misremembered",
    "minus-lost": "a minus sign is left out on the way back",
    "other-activation": "another activation is used than the one that is given",
    "sigmoid-of-minus-z": "the sigmoid is computed with the wrong sign in the exponent",
    "subtracted-forward": "a number is subtracted in the forward pass, where it is added",
    "added-forward": "a number is added in the forward pass, where it is subtracted",
    "sum-for-product": "two numbers are added in the forward pass, where they are multiplied",
    "factor-left-out-forward": "a factor is left out of the forward pass",
    "opposite-exponent": "a power is computed with the opposite exponent",
    "power-as-product": "a power is computed as a product",
    "minus-lost-forward": "a number is used without its minus sign",
    "paths-averaged": "the gradients that arrive over several paths are averaged",
    "paths-multiplied": "the gradients that arrive over several paths are multiplied",
    "rounded-early": REGISTRY["rounded-early"].says,
    "transposed": "rows and columns are exchanged",
    "axis-too-many": "the right numbers are given with another number of axes",
    "not-summed": "the rows are not summed",
    "plain-factor": "all numbers are off by one factor",
    "factor-missing": "one of the given numbers is missing as a factor",
    "factor-too-many": "one of the given numbers is a factor too often",
}


WHY, ASK = "It is tempting because the step looks like the right one.", "Do this step once more: is it right?"
for _slug, _says in GENERAL.items():  # at once: what a slug means must not depend on which exercise is used first
    if _slug not in REGISTRY:
        Mistake(_slug, _says, WHY, ASK, None)


def slip(slug: str, says: str, because: str, question: str, see: str | None = None) -> Mistake:
    """One of the general slips, in the words of an exercise."""
    return REGISTRY[slug].worded(says, f"It is tempting because {because}.", question, see=see or REGISTRY[slug].see)


def other_order(names: Sequence[str]) -> Mistake:
    """The right numbers, given under each other's names."""
    return slip(
        "other-order",
        f"the right numbers are given in another order; wanted is {', '.join(names)}",
        "nothing in the numbers themselves shows which name they belong to",
        f"Which of your numbers is which? Wanted is {', '.join(names)}, in this order.",
    )


def label(node: Value, names: dict[Value, str]) -> str:
    """What a node is called on the page, or how it is made of what is."""
    if node in names or node.name:
        return names.get(node) or node.name
    if not node.parents:
        return fmt(node.data)
    parts = [label(parent, names) for parent in node.parents]
    parts = [f"({part})" if " " in part else part for part in parts]
    if node.op == "*":
        return " ".join(parts)
    if len(parts) == 1:
        return f"{node.op}({parts[0].strip('()')})"
    return f"{parts[0]}^{parts[1]}" if node.op == "**" else f"{parts[0]} {node.op} {parts[1]}"


# ---------------------------------------------------------------- on the way back


def at(node: Value, i: int, local: float) -> Pass:
    """The right pass, with this number as the local derivative of one step."""
    return Pass(step=lambda n, j, up: up * local if n is node and j == i else None)


def _products(node: Value, names) -> Iterator[Way]:
    for i, parent in enumerate(node.parents):
        other = node.parents[1 - i]
        p, o = label(parent, names), label(other, names)
        question = f"If {p} grows by 0.01, by how much does {label(node, names)} grow?"
        way = {
            "factor-left-out": (1.0, f"the factor {o} is left out of the gradient of {p}", "the other factors take all the attention"),
            "factor-exchanged": (parent.data, f"the gradient of {p} is multiplied by {p} itself, where {o} belongs", f"{p} is what the gradient is about"),
            "factor-divided": (1 / other.data if other.data else math.nan, f"the gradient of {p} is divided by {o}, where it is multiplied by it",
                               "to go back through a multiplication seems to mean to divide"),
            "factor-twice": (other.data**2, f"the factor {o} is put into the gradient of {p} twice", f"{o} stands in more than one place on the way"),
            "product-for-rate": (node.data, f"{label(node, names)} itself stands where its rate, {o}, belongs in the gradient of {p}", "both numbers are at hand"),
            "factor-sign": (-other.data, f"the factor {o} enters the gradient of {p} with the wrong sign", "a minus sign is easily lost, or found"),
        }  # fmt: skip
        for slug, (local, says, because) in way.items():
            yield Way(slip(slug, says, because, question), at(node, i, local))
        for stranger, name in names.items():
            if stranger is not other and stranger is not parent and not parent.parents:
                says = f"the gradient of {p} is multiplied by {name}, where {o} belongs"
                yield Way(slip("wrong-factor", says, f"{name} is one of the numbers at hand", question),
                          at(node, i, stranger.data))  # fmt: skip


def _slopes(node: Value, names) -> Iterator[Way]:
    a, z = label(node, names), label(node.parents[0], names)
    z = f"({z})" if " " in z else z
    for formula, value in FORMULAS.items():
        says = f"the slope of the activation is taken as {formula.format(a=a, z=z)}"
        question = "What is the slope of this activation, written with its output? And which numbers did you put in?"
        mistake = slip("slope-formula", says, "the formulas for slopes look alike", question)
        yield Way(mistake, at(node, 0, value(node.data, node.parents[0].data)))
    yield Way(_closed(node, a, z), at(node, 0, 0.0))


PLACE = "4: A rate depends on where you are"


def _closed(node: Value, a: str, z: str) -> Mistake:
    """A slope of 0 where it is not 0."""
    says = f"{a} is taken as the output of a closed neuron, with a slope of 0"
    here = f"this one is open, since {z} is above 0"
    other = f"a {node.op} never closes: its slope may be small, but is not 0"
    because = f"nothing passes back through a closed ReLU. But {here if node.op == 'relu' else other}"
    question = f"Can the slope of {node.op} be 0 here? If {z} grows a little, does {a} stand still?"
    return slip("closed-neuron", says, because, question, PLACE)


def _powers(node: Value, names) -> Iterator[Way]:
    base, exponent = node.parents
    if exponent.op != "const":
        return
    for what, local in POWERS.items():
        try:
            value = float(local(base.data, exponent.data))
        except (ArithmeticError, TypeError, ValueError):
            continue  # such as a negative base under a root
        says = f"the slope of {label(node, names)} is {what}"
        question = f"How does the rule for powers go? Use it on {label(node, names)}."
        mistake = slip("power-rule", says, "the rule for powers changes two things at once", question)
        yield Way(mistake, at(node, 0, value))


def _differences(node: Value, names) -> Iterator[Way]:
    p = label(node.parents[1], names)
    says = f"the minus sign in front of {p} is left out of its gradient"
    yield Way(slip("minus-lost", says, "a minus sign is small", f"When {p} grows, does {label(node, names)} grow?"),
              at(node, 1, 1.0))  # fmt: skip


BACKWARD = {"*": _products, "**": _powers, "-": _differences} | dict.fromkeys(ACTIVATIONS, _slopes)


def altered(run: Pass, node: Value) -> set:
    """What a pass alters at a node: the node itself on the way forward, its steps on the way back."""
    steps = [i for i, parent in enumerate(node.parents) if parent.op != "const"]  # to a constant nothing is passed back
    back = {(node, i) for i in steps if received(run.step, node, i, 1.0) != node.local_grads[i]}
    return back | ({node} if run.change and run.change(node, list(node.parents)) is not None else set())


def _only(loss: Value, names) -> Iterator[Way]:
    """The mistakes of the table, made in one place where the graph has several."""
    for mistake in MISTAKES.values():
        run = mistake.run
        if not isinstance(run, Pass) or run.keep != "sum":
            continue
        places = [node for node in loss.graph() if altered(run, node)]
        for place in places if len(places) > 1 else ():
            says = f"at {label(place, names)} alone, {mistake.says}"
            yield Way(mistake.worded(says), _there(run, place))


def _there(run: Pass, place: Value) -> Pass:
    """The same, in one place."""
    change = run.change and (lambda n, parents: run.change(n, parents) if n is place else None)
    return Pass(change, run.step and (lambda n, i, up: run.step(n, i, up) if n is place else None))


# ---------------------------------------------------------------- on the way forward


def _made(op: str, node: Value, parents: list[Value]) -> Value:
    """What this operation makes of these inputs."""
    data, local_grads = RULES[op](*(parent.data for parent in parents))
    return Value(data, node.name, op, tuple(parents), local_grads)


def _negated_sigmoid(node: Value, parents: list[Value]) -> Value:
    """1 / (1 + e^z); the slope is then read off the formula a (1 - a), as usual."""
    a = RULES["sigmoid"](-parents[0].data)[0]
    return Value(a, node.name, "sigmoid", tuple(parents), (a * (1 - a),))


def _flipped_power(node: Value, parents: list[Value]) -> Value:
    base, exponent = parents
    return _made("**", node, [base, Value(-exponent.data, None, "const")])


def _mistaken(node: Value, names) -> Iterator[tuple[str, str, Callable[[Value, list[Value]], Value]]]:
    """(slug, what is done, how it comes out) for one node of the forward pass."""
    me, parts = label(node, names), [label(parent, names) for parent in node.parents]
    if node.op in ACTIVATIONS:
        for other in ACTIVATIONS:
            if other != node.op:
                yield "other-activation", f"{other} is used where {node.op} belongs, for its value and for its slope", (
                    lambda n, p, op=other: _made(op, n, p))  # fmt: skip
        if node.op == "sigmoid":
            says = f"the sigmoid is computed as 1/(1 + e^z), so that {me} is that of the opposite input"
            yield "sigmoid-of-minus-z", says, _negated_sigmoid
    if node.op == "+" and "const" not in (node.parents[0].op, node.parents[1].op):
        says = f"{parts[1]} is subtracted in {me}, where it is added"
        yield "subtracted-forward", says, lambda n, p: _made("-", n, p)
    if node.op == "-":
        yield "added-forward", f"{parts[1]} is added in {me}, where it is subtracted", lambda n, p: _made("+", n, p)
    if node.op == "*":
        says = f"{parts[0]} and {parts[1]} are added, where they are multiplied"
        yield "sum-for-product", says, lambda n, p: _made("+", n, p)
        for i in (0, 1):
            yield "factor-left-out-forward", f"{parts[i]} is left out of the forward pass", (
                lambda n, p, i=i: Value(p[1 - i].data, n.name, "*", tuple(p), (p[1].data if i else 1.0, 1.0 if i else p[0].data)))  # fmt: skip
    if node.op == "**" and node.parents[1].op == "const":
        yield "opposite-exponent", f"{me} is computed with the opposite exponent", _flipped_power
        yield "power-as-product", f"{me} is computed as a product with the exponent", lambda n, p: _made("*", n, p)
    if node.op == "leaf" and node.data < 0:
        yield "minus-lost-forward", f"{me} is used without its minus sign", lambda n, p: Value(-n.data, n.name)


# slug -> (why it is tempting, a question), of a node that is called {me}.
FORWARD_WORDS = {
    "other-activation": ("one activation is as short to write as another", "Which function does the exercise name for {me}?"),
    "sigmoid-of-minus-z": ("the minus sign stands in an exponent, where it is easily overlooked",
                           "What should a sigmoid give for a large positive number: nearly 1, or nearly 0?"),
    "subtracted-forward": ("a minus sign easily moves to the number next to it", "Which sign stands between the two parts of {me}?"),
    "added-forward": ("a minus sign is easily lost", "Which sign stands between the two parts of {me}?"),
    "sum-for-product": ("two letters side by side show no sign between them", "What is done with the two numbers in {me}?"),
    "factor-left-out-forward": ("where several numbers are multiplied, one is easily skipped", "Which numbers are multiplied in {me}?"),
    "opposite-exponent": ("a minus sign in an exponent is easily lost, or found", "What is 2 to the power of this exponent?"),
    "power-as-product": ("a small raised number is easily read as a factor", "What does the small raised number in {me} say?"),
    "minus-lost-forward": ("a minus sign is easily lost when a number is copied", "Which sign has {me} where it is given?"),
}  # fmt: skip


def _forwards(node: Value, names) -> Iterator[Way]:
    for slug, says, made in _mistaken(node, names):
        because, question = FORWARD_WORDS[slug]
        mistake = slip(slug, says, because, question.format(me=label(node, names)))
        yield Way(mistake, Pass(change=lambda n, p, made=made: made(n, p) if n is node else None))


# ---------------------------------------------------------------- anywhere


def _paths() -> Iterator[Way]:
    question = "The value is used in several places. When it moves, how do their effects on the loss combine?"
    for keep, word in (("mean", "averaged"), ("product", "multiplied")):
        says = f"the gradients that arrive over several paths are {word}, where they add up"
        because = "a mean looks like a fair way to settle it" if keep == "mean" else "along one path rates do multiply"
        yield Way(slip(f"paths-{word}", says, because, question), Pass(keep=keep))


def _rounding(names) -> Iterator[Way]:
    """Several degrees often give nearly the same, and so does rounding a single number: the degree is not said."""
    question = "How many decimals did you keep on the way?"
    mistake = slip("rounded-early", GENERAL["rounded-early"], "the answer is wanted to few digits only", question)
    for digits in (1, 2, 0):
        for slopes, which, nodes in product((False, True), ("none", "inner", "all"), (None, names)):
            yield Way(mistake, Pass(_rounded(digits, slopes, nodes), _rounded_back(digits, which)))


def _rounded(digits: int, slopes: bool, only) -> Callable[[Value, list[Value]], Value | None]:
    """Each value (or each of `only`) is rounded as it is found, and with `slopes` each local derivative too."""

    def change(node, parents):
        if not parents:
            return None
        made = _made(node.op, node, parents)
        data = round(made.data, digits) if only is None or node in only else made.data
        formula = {"sigmoid": data * (1 - data), "tanh": 1 - data * data}
        local_grads = (formula[node.op],) if node.op in formula else made.local_grads
        if slopes:
            local_grads = tuple(round(g, digits) for g in local_grads)
        return Value(data, node.name, node.op, tuple(parents), local_grads)

    return change


def _rounded_back(digits: int, which: str) -> Callable[[Value, int, float], float]:
    """Gradients are rounded: none of them, those on the way, or all, the answers too."""

    def step(node, i, upstream):
        exact = chain_rule(node, i, upstream)
        return round(exact, digits) if which == "all" or (which == "inner" and node.parents[i].parents) else exact

    return None if which == "none" else step


def everywhere(loss: Value, names: dict[Value, str]) -> list[Way]:
    """All ways to go wrong in one place of this graph, the likely ones first. names: node -> its name on the page."""
    nodes = loss.graph()
    found = [*_paths(), *_rounding(names), *_only(loss, names)]
    for node in reversed(nodes):
        found += BACKWARD.get(node.op, lambda *_: ())(node, names)
    for node in nodes:
        found += _forwards(node, names)
    return found


def pairs(
    loss: Value, ways: Sequence[Way], indistinguishable: Sequence[str]
) -> Iterator[tuple[tuple[Mistake, Mistake], Pass]]:
    """Each common mistake together with each other way, if they do not alter the same step."""
    common = [Way(m, _composable(m)) for m in MISTAKES.values() if _composable(m) and m.slug not in indistinguishable]
    others = [way for way in ways if way.mistake.slug not in ALONE]
    touched = {id(way): _touched(loss, way.run) for way in [*common, *others]}
    for i, one in enumerate(common):
        for other in [*common[i + 1 :], *others]:
            if one.mistake.slug in FACTORS or not touched[id(one)] & touched[id(other)]:
                yield (one.mistake, other.mistake), one.run & other.run


ALONE = (
    "wrong-factor",
    "rounded-early",
    "slope-elsewhere",
    "closed-neuron",
    "product-for-rate",
)  # not looked for in pairs
FACTORS = ("sign-of-error", "no-factor-two")  # these change a step by a factor, and go with whatever else is done there


def _composable(mistake: Mistake) -> Pass | None:
    if mistake.slug == "sign-of-error":
        return Pass(step=_error_reversed)
    return mistake.run if isinstance(mistake.run, Pass) else None


def _error_reversed(node: Value, i: int, upstream: float) -> float | None:
    if node.op == "**" and i == 0 and node.parents[0].op == "-":
        return -chain_rule(node, i, upstream)


def _touched(loss: Value, run: Pass) -> set:
    """All places that a pass alters, and how paths combine in it."""
    return set().union(*(altered(run, node) for node in loss.graph())) | ({run.keep} if run.keep != "sum" else set())


# ---------------------------------------------------------------- what counts


class Guess(NamedTuple):
    """Mistakes that give this answer when they are made together: one or two; and where one first shows on the way."""

    mistakes: tuple[Mistake, ...]
    answer: tuple[float, ...]
    last_right: str | None = None
    first_wrong: str | None = None


FITS = 0.5  # tolerances: a guess by numbers alone should hit better than an honest rounding has to
WINDOW = 40  # tolerances on both sides in which others are counted
CROWDED = 2  # others in the window: with more of them, one would fit almost anything
CROWDED_COMMON = 6  # the same for common slips, which are likely before the numbers are seen
MOST = 3  # explanations that are all said


def guesses(candidates: Sequence[Guess], answer: Sequence[float | None], tolerance: Sequence[float]) -> list[Guess]:
    """The candidates that give this answer (None: anything); none if they are too many or too crowded to mean anything.

    An answer that was made by something else altogether hits one of n candidates in the window by accident about
    n times out of WINDOW / FITS: so there may be few of them. What is common is looked for first, alone.
    """
    rows = [(k, x, t) for k, (x, t) in enumerate(zip(answer, tolerance, strict=True)) if x is not None]

    def near(guess: Guess, times: float) -> bool:
        return all(abs(guess.answer[k] - x) <= times * t for k, x, t in rows)

    around = [guess for guess in candidates if near(guess, WINDOW)]
    for some, most in (([guess for guess in around if common(guess)], CROWDED_COMMON), (around, CROWDED)):
        fit = [guess for guess in some if near(guess, FITS)]
        fit = {frozenset(mistake.says for mistake in guess.mistakes): guess for guess in reversed(fit)}
        fit = list(fit.values())[::-1]
        told = {mistake.says for guess in fit for mistake in guess.mistakes}
        others = {tuple(round(guess.answer[k], 9) for k, _, _ in rows) for guess in some
                  if not all(mistake.says in told for mistake in guess.mistakes)}  # fmt: skip
        if fit:
            return fit if len(others) <= most and len(fit) <= MOST else []
    return []


def common(guess: Guess) -> bool:
    """Whether it is made of slips that are looked for first."""
    known = CORE if len(guess.mistakes) > 1 else {*NATURAL, *MISTAKES}
    return all(mistake.slug in known for mistake in guess.mistakes)
