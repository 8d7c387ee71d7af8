"""Exercises of chapter 7, the two-layer trace: from the sign alone to a network that is wired differently."""

from __future__ import annotations

from itertools import product

from ..byhand import slack
from ..mistakes import MISTAKES, Mistake, truth
from ..tracing import fmt
from ..value import Value, values
from . import ByHand, ByPerson, Choice

TRACE_B = {"x": 2.5, "w1": 0.5, "b1": 0.4, "w2": -1.2, "b2": -0.4, "y": 0.0}
GRADS = ("dL/dw1", "dL/db1", "dL/dw2", "dL/db2")
HALF = 0.0005  # half a unit in the third decimal
UNUSED = "nothing is used twice in this network, except by the loss itself"


def two_layers(activation: str):
    """A graph builder: z1 = w1 x + b1, a1 = activation(z1), z2 = w2 a1 + b2, L = (z2 - y)^2."""

    def build(**numbers: float) -> tuple[Value, dict[str, Value]]:
        x, w1, b1, w2, b2, y = leaves = values(**{name: numbers[name] for name in ("x", "w1", "b1", "w2", "b2", "y")})
        z1 = w1 * x + b1
        a1 = getattr(z1, activation)()
        z2 = w2 * a1 + b2
        loss = (z2 - y) ** 2
        return loss, {leaf.name: leaf for leaf in leaves} | {"z1": z1, "a1": a1, "z2": z2, "L": loss}

    return build


def grads_of(*names: str):
    """A reader of the gradients of these nodes, and how far honest rounding may shift them."""

    def read(outcome, nodes, numbers):
        return [outcome.grads[nodes[name]] for name in names]

    return read, lambda build: lambda numbers: _slack_of(build, numbers, [("grad", name) for name in names])


def _slack_of(build, numbers, wanted):
    loss, nodes = build(**numbers)
    room = slack(loss)
    return [getattr(room[nodes[name]], kind) + HALF for kind, name in wanted]


def listed(numbers: dict[str, float]) -> str:
    """The numbers as a line of mathematics: $x = 2.5$, $w_1 = 0.5$."""
    return ", ".join(f"${name[0]}{'_' + name[1:] if name[1:] else ''} = {fmt(v)}$" for name, v in numbers.items())


def network(activation: str, slope: str = "") -> str:
    name = {"relu": r"\operatorname{ReLU}", "sigmoid": r"\sigma", "tanh": r"\tanh"}[activation]
    return f"$z_1 = w_1 x + b_1$, $a_1 = {name}(z_1)$, $z_2 = w_2 a_1 + b_2$, $L = (z_2 - y)^2${slope}"


# 7.1 The signs, before any calculation.

LOSS_SIGN = ("You gave the direction in which each parameter moves in the update, or took the error as y - z2. "
             "Asked is the sign of the gradient: does the loss rise when the parameter does?")  # fmt: skip


def signs(outcome, nodes, numbers):
    grads = [outcome.grads[nodes[name]] for name in ("w1", "b1", "w2", "b2")]
    return [float((g > 0) - (g < 0)) for g in grads]


def draw_dead(draw):
    """A hidden unit that is off: w1 x + b1 < 0."""
    x, w1 = draw.tenths(1, 3), -draw.tenths(0.3, 0.9)
    b1 = draw.tenths(0.1, 0.2)
    return {"x": x, "w1": w1, "b1": b1, "w2": draw.tenths(0.5, 2) * draw.pick([-1, 1]), "b2": draw.tenths(0.1, 0.9),
            "y": draw.tenths(1, 4) * draw.pick([-1, 1])}  # fmt: skip


SIGNS = ByHand(
    "7.1", "The signs, before any calculation", 1, "predict the sign of a gradient without computing it",
    ("sign of dL/dw1", "sign of dL/db1", "sign of dL/dw2", "sign of dL/db2"),
    book={"x": 2.0, "w1": -0.5, "b1": 0.3, "w2": 1.5, "b2": 0.2, "y": 3.0},
    draw=draw_dead,
    build=two_layers("relu"),
    prompt=lambda n: (f"The network is {network('relu')}, with {listed(n)}.\n\nBefore you calculate any gradient: "
                      "is each of $\\partial L/\\partial w_1$, $\\partial L/\\partial b_1$, $\\partial L/\\partial w_2$, "
                      "$\\partial L/\\partial b_2$ positive, negative or zero? Answer with 1, -1 or 0, in this order."),
    read=signs,
    slack=lambda n: [0.2] * 4,
    blind=dict.fromkeys(("no-factor-two", "layer-off-by-one", "updated-weight", "bias-forgotten-forward", "half-loss"), "changes sizes here, no sign") | {
        "target-forgotten": "turns the signs round, as sign-of-error does",
        "loss-for-its-slope": "turns the sign round only where the prediction is too low",
        "loss-not-squared": "turns the sign round only where the prediction is too low",
        "step-for-slope": "turns every sign round, as sign-of-error does; its message names both",
        "new-value-for-slope": "nobody who is asked for a sign gives a value",
        "no-weight-back": "the dead unit stops the gradient before it reaches layer 1",
        "wrong-weight-back": "the dead unit stops the gradient before it reaches layer 1",
        "weight-for-input": "its sign is that of w2, which the drawn numbers turn either way",
        "input-forgotten": "shows in dL/dw2 alone, as weight-for-input does",
        "bias-times-b": "biases are positive here",
        "factors-added": "no sign is meaningful when unlike things are added",
        "sign-of-error": "replaced by the exercise's own slip, which names both readings",
        "activation-forgotten-forward": "z1 is negative, so the prediction may fall on either side of the target",
        "slope-at-a": "relu has slope 0 at 0 too",
    },
    own=((Mistake("direction-for-sign", "the signs are all turned round. " + LOSS_SIGN,
                  "Both are called \"the direction\".",
                  "If the parameter grows a little, does the loss grow? That is what the sign says.",
                  "7: Why the sign is what it is"),
          lambda right, nodes, numbers: [-s for s in signs(right, nodes, numbers)]),),
)  # fmt: skip


# 7.2 to 7.4: trace B, with less and less given.


def draw_b(draw):
    """Numbers like trace B's: a sigmoid that is not flat, an error that is not small."""
    x, w1 = draw.tenths(1.5, 3, apart_from=[2.0]), draw.tenths(0.3, 0.8)
    return {"x": x, "w1": w1, "b1": draw.tenths(-0.5, 0.5, apart_from=[0.0]),
            "w2": draw.tenths(1.1, 1.9) * draw.pick([-1, 1]), "b2": draw.tenths(-0.8, 0.8, apart_from=[0.0]),
            "y": draw.tenths(-1, 1)}  # fmt: skip


sigmoid_net = two_layers("sigmoid")
w1_only, w1_slack = grads_of("w1")
four, four_slack = grads_of("w1", "b1", "w2", "b2")


def given(numbers: dict[str, float], upto: str) -> str:
    """The lines of the trace that the learner need not compute."""
    loss, nodes = sigmoid_net(**numbers)
    right = truth(loss)
    lines = [
        f"${n[0]}{'_' + n[1:] if n[1:] else ''} = {fmt(right.values[nodes[n]], 3)}$" for n in ("z1", "a1", "z2", "L")
    ]
    if upto == "dz1":
        for name in ("z2", "a1", "z1"):
            slope = fmt(right.grads[nodes[name]], 3)
            lines.append(f"$\\partial L/\\partial {name[0]}_{name[1]} = {slope}$")
    return ", ".join(lines)


LAST_STEP = ByHand(
    "7.2", "The last step", 1, "take the last step of a backward pass: from a pre-activation to its weight",
    ("dL/dw1",),
    book=TRACE_B, draw=draw_b, build=sigmoid_net, read=w1_only, slack=w1_slack(sigmoid_net),
    prompt=lambda n: (f"The network is {network('sigmoid')}, with {listed(n)}.\n\nSomebody has done all but the last step: "
                      f"{given(n, 'dz1')}.\n\nTake that step: what is $\\partial L/\\partial w_1$?"),
    blind={
        "z-for-a": "changes dL/dw2 alone, which is not asked",
        "layer-off-by-one": "changes dL/dw2 alone, which is not asked",
        "bias-times-b": "changes the biases' gradients alone, which are not asked",
        "half-loss": "the loss is given",
        "activation-forgotten-forward": "the forward pass is given",
        "bias-forgotten-forward": "the forward pass is given",
        "loss-not-squared": "the loss is given",
    },
)  # fmt: skip

BACKWARD = ByHand(
    "7.3", "The backward pass", 4, "do the backward pass of a two-layer network by hand",
    GRADS,
    book=TRACE_B, draw=draw_b, build=sigmoid_net, read=four, slack=four_slack(sigmoid_net),
    prompt=lambda n: (f"The same network, {network('sigmoid')}, with {listed(n)}. The forward pass is done: {given(n, 'L')}.\n\n"
                      "Do the backward pass. What are $\\partial L/\\partial w_1$, $\\partial L/\\partial b_1$, "
                      "$\\partial L/\\partial w_2$ and $\\partial L/\\partial b_2$, in this order?"),
    blind={
        "half-loss": "gives the gradients of no-factor-two, whose message names both",
        "activation-forgotten-forward": "the forward pass is given",
        "bias-forgotten-forward": "the forward pass is given",
        "loss-not-squared": "the loss is given",
    },
)  # fmt: skip


def stepped(outcome, nodes, numbers, lr=0.1):
    """w1 and the loss after all four parameters have taken one step along the outcome's gradients."""
    moved = {name: numbers[name] - lr * outcome.grads[nodes[name]] for name in ("w1", "b1", "w2", "b2")}
    return [moved["w1"], sigmoid_net(**numbers | moved)[0].data]


def step_slack(numbers, lr=0.1):
    """How far rounding may shift the new w1 and the new loss: every corner of the four rounded parameters."""
    loss, nodes = sigmoid_net(**numbers)
    room, right = slack(loss), truth(loss)
    off = {name: lr * room[nodes[name]].grad + HALF for name in ("w1", "b1", "w2", "b2")}
    moved = {name: numbers[name] - lr * right.grads[nodes[name]] for name in off}
    after = sigmoid_net(**numbers | moved)[0]
    losses = [
        sigmoid_net(**numbers | {name: moved[name] + sign * off[name] for name, sign in zip(off, corner, strict=True)})[
            0
        ].data
        for corner in product((-1, 1), repeat=4)
    ]
    return [off["w1"], max(abs(v - after.data) for v in losses) + slack(after)[after].data + HALF]


def own_step(change):
    """A slip in the update: what the new parameters become, given the right gradients."""

    def read(right, nodes, numbers, lr=0.1):
        moved = {name: change(name, numbers[name], right.grads[nodes[name]], lr) for name in ("w1", "b1", "w2", "b2")}
        return [moved["w1"], sigmoid_net(**numbers | moved)[0].data]

    return read


SEE_STEP = "7: All four at once"
STEP = ByHand(
    "7.4", "One step", 2, "take one gradient step and say what became of the loss",
    ("the new w1", "the new L"),
    book=TRACE_B, draw=draw_b, build=sigmoid_net, read=stepped, slack=step_slack,
    prompt=lambda n: (f"The same network again, {network('sigmoid')}, with {listed(n)}. Move all four parameters by one step of gradient "
                      "descent with learning rate $\\eta = 0.1$, and run the forward pass once more.\n\nWhat is the new $w_1$, "
                      "and what is the new loss $L$?"),
    blind={
        "sign-of-error": "the step then goes the other way, as in step-upward, whose message names both",
        "bias-times-b": "shows in the new loss alone, where it can hide behind another slip",
        "step-for-slope": "a step of a step: nobody takes it twice",
        "new-value-for-slope": "nobody takes a step with the new value",
        "half-loss": "the gradients are those of no-factor-two",
        "loss-not-squared": "the loss is given in the exercise before",
        "activation-forgotten-forward": "the forward pass is given in the exercise before",
        "bias-forgotten-forward": "the forward pass is given in the exercise before",
    },
    own=(
        (Mistake("step-upward", "the step is added where it is subtracted, or the error is taken as y - z2",
                 "The gradient points uphill; the step goes against it.",
                 "Did the loss fall? If not, which way did you walk?", SEE_STEP),
         own_step(lambda name, value, grad, lr: value + lr * grad)),
        (Mistake("no-learning-rate", "the whole gradient is subtracted, without the learning rate",
                 "With the rate left out the rule is shorter.",
                 "How large is the step, compared with the gradient?", SEE_STEP),
         own_step(lambda name, value, grad, lr: value - grad)),
        (Mistake("only-w1-moves", "only w1 is moved; the other three stand still",
                 "The worked example moved w1 alone, to see one thing at a time.",
                 "Which parameters take part in the step?", SEE_STEP),
         own_step(lambda name, value, grad, lr: value - lr * grad if name == "w1" else value)),
        (Mistake("biases-stand-still", "the weights are moved, the biases are not",
                 "Some well-known worked examples leave the biases alone.",
                 "How many parameters does this network have? How many did you move?", SEE_STEP),
         own_step(lambda name, value, grad, lr: value if name in ("b1", "b2") else value - lr * grad)),
    ),
)  # fmt: skip


# 7.5 A blank page.


def draw_blank(draw):
    return {"x": draw.tenths(1.1, 1.9), "w1": draw.tenths(0.4, 0.9), "b1": draw.tenths(-0.9, -0.2),
            "w2": draw.tenths(1.2, 2.2), "b2": draw.tenths(0.2, 0.9), "y": -draw.tenths(0.3, 1.2)}  # fmt: skip


tanh_net = two_layers("tanh")


def loss_and_four(outcome, nodes, numbers):
    return [outcome.values[nodes["L"]], *four(outcome, nodes, numbers)]


BLANK = ByHand(
    "7.5", "A blank page", 5, "trace a two-layer network forward and backward on a blank page",
    ("L", *GRADS),
    book={"x": 1.5, "w1": 0.8, "b1": -0.5, "w2": 1.4, "b2": 0.3, "y": -0.6},
    draw=draw_blank, build=tanh_net, read=loss_and_four,
    slack=lambda n: _slack_of(tanh_net, n, [("data", "L"), *[("grad", p) for p in ("w1", "b1", "w2", "b2")]]),
    prompt=lambda n: (f"A new activation and new numbers: {network('tanh')}, with {listed(n)}. The slope of $\\tanh$ is "
                      "$1 - \\tanh^2$.\n\nTake a blank page. What is the loss, and what are the four gradients, in the order "
                      "$L$, $\\partial L/\\partial w_1$, $\\partial L/\\partial b_1$, $\\partial L/\\partial w_2$, "
                      "$\\partial L/\\partial b_2$?"),
)  # fmt: skip


# 7.6 Another topology: one weight in two places.


def shared_net(**n: float) -> tuple[Value, dict[str, Value]]:
    """z1 = w x + b, a1 = sigmoid(z1), z2 = w a1, L = (z2 - y)^2: the same w in both layers."""
    x, w, b, y = leaves = values(**{name: n[name] for name in ("x", "w", "b", "y")})
    z1 = w * x + b
    a1 = z1.sigmoid()
    z2 = w * a1
    loss = (z2 - y) ** 2
    return loss, {leaf.name: leaf for leaf in leaves} | {"z1": z1, "a1": a1, "z2": z2, "L": loss}


def draw_shared(draw):
    return {"x": draw.tenths(1.5, 3, apart_from=[2.0]), "w": draw.tenths(0.6, 1.4, apart_from=[1.0]),
            "b": -draw.tenths(0.5, 1.5), "y": -draw.tenths(0.5, 1.5)}  # fmt: skip


shared, shared_slack = grads_of("w", "b")

SHARED = ByHand(
    "7.6", "One weight in two places", 2, "add up the gradient of a parameter that is used twice",
    ("dL/dw", "dL/db"),
    book={"x": 2.5, "w": 0.8, "b": -1.1, "y": -0.7},
    draw=draw_shared, build=shared_net, read=shared, slack=shared_slack(shared_net),
    prompt=lambda n: ("Now the same weight $w$ works in both layers: $z_1 = w x + b$, $a_1 = \\sigma(z_1)$, $z_2 = w a_1$, "
                      f"$L = (z_2 - y)^2$, with {listed(n)}.\n\nWhat are $\\partial L/\\partial w$ and $\\partial L/\\partial b$?"),
    blind={
        "wrong-weight-back": "there is only one weight",
        "half-loss": "gives the gradients of no-factor-two, whose message names both",
    },
)  # fmt: skip


# 7.7 The other way round: from the wrong number to the slip.


def culprit(draw):
    """Four slips to choose from, and what one of them gives on a trace like B."""
    numbers = TRACE_B if draw is None else draw_b(draw)
    loss, nodes = sigmoid_net(**numbers)
    names = ["no-activation-slope", "slope-at-a", "input-forgotten", "no-weight-back"]
    if draw is not None:
        names = draw.shuffled(names)
    guilty = names[1] if draw is None else draw.pick(names)
    gives = {slug: fmt(MISTAKES[slug].run(loss, 0.1).grads[nodes["w1"]], 3) for slug in names}
    letters = dict(zip("abcd", names, strict=True))
    prompt = (f"On the network {network('sigmoid')}, with {listed(numbers)}, a learner finds "
              f"$\\partial L/\\partial w_1 = {gives[guilty]}$. That is not right. This is what you get when:\n\n"
              + "\n".join(f"- **{letter}:** {MISTAKES[slug].says}" for letter, slug in letters.items())
              + "\n\nWhich of the four was it?")  # fmt: skip
    right = next(letter for letter, slug in letters.items() if slug == guilty)
    wrong = {letter: f"that would have given {gives[slug]}, not {gives[guilty]}" for letter, slug in letters.items()}
    return prompt, right, {letter: text for letter, text in wrong.items() if letter != right}


CULPRIT = Choice("7.7", "What did they do?", 1, "tell from a wrong gradient which slip made it", ("a, b, c or d",),
                 choose=culprit)  # fmt: skip

SENTENCES = ByPerson(
    "7.8", "Two sentences", 2, "say why a gradient has its sign and what a step does about it", ("two sentences",),
    text=("Look once more at trace A: $x = 2$, $w_1 = 0.5$, $b_1 = 0$, $w_2 = 1.5$, $b_2 = 0$, $y = 3$, ReLU.\n\nIn two "
          "sentences: why does $\\partial L/\\partial w_1$ have the sign that it has? Did the step with $\\eta = 0.1$ move "
          "$w_1$ in the direction that you expected, and was the prediction then where you wanted it?"),
    rubric=(
        "1 point: the sign is explained by a chain, not only stated. The prediction 1.5 is below the target 3, and a "
        "larger w1 raises it (x, the open ReLU and w2 are all positive), so the loss falls: the gradient is negative.",
        "1 point: the step goes against the sign, so w1 rises, as expected; and the answer notes that the prediction "
        "overshot the target (4.2), or that the loss fell less than the slope promised.",
        "No point is taken off for spelling, for a third sentence, or for other words than the book's.",
    ),
)  # fmt: skip

EXERCISES = (SIGNS, LAST_STEP, BACKWARD, STEP, BLANK, SHARED, CULPRIT, SENTENCES)
