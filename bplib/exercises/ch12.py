"""Exercises of chapter 12, XOR from scratch: a program in five pieces, what it does to a start of zeros, and how it goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np

from ..checking import Choice, Functions, WhichLine, entry
from ..checking.choices import inject_bug
from ..mistakes import Mistake
from ..mistakes.array_programs import sigmoid
from ..mistakes.arrays import SLIPS
from ..mistakes.scalar import MISTAKES

PAGE = "12_xor_from_scratch"  # of the book, and folder of its solutions

FORWARD, BACKWARD, STEP = "12: Forward", "12: The loss, and backward", "12: A step, and many"
FAULTS, STUCK = "12: Four faults", "12: What stuck starts have in common"

# ---------------------------------------------------------------- the program: one line for each quantity, which a slip replaces

LINES: dict[str, Callable] = {
    "Z1": lambda v: v.X @ v.W1 + v.b1,
    "A1": lambda v: sigmoid(v.Z1),
    "Z2": lambda v: v.A1 @ v.W2 + v.b2,
    "P": lambda v: sigmoid(v.Z2),
    "L": lambda v: -np.mean(v.T * np.log(v.P) + (1 - v.T) * np.log(1 - v.P)),
    "dZ2": lambda v: (v.P - v.T) / len(v.T),
    "dW2": lambda v: v.A1.T @ v.dZ2,
    "db2": lambda v: v.dZ2.sum(axis=0),
    "back": lambda v: v.W2,  # what dZ2 goes back through
    "slope": lambda v: v.A1 * (1 - v.A1),
    "dZ1": lambda v: v.dZ2 @ v.back.T * v.slope,
    "dW1": lambda v: v.X.T @ v.dZ1,
    "db1": lambda v: v.dZ1.sum(axis=0),
}
PARAMS = ("W1", "b1", "W2", "b2")


def network(first: str, last: str, given: dict, changed: dict) -> dict:
    """The lines from `first` to `last`, with some of them changed, on what is given."""
    names = list(LINES)
    v = SimpleNamespace(**given)
    for name in names[names.index(first) : names.index(last) + 1]:
        setattr(v, name, changed.get(name, LINES[name])(v))
    return vars(v)


def forward(X, W1, b1, W2, b2, **changed):
    return network("Z1", "P", {"X": X, "W1": W1, "b1": b1, "W2": W2, "b2": b2}, changed)


def mean_loss(P, T, **changed):
    return network("L", "L", {"P": P, "T": T}, changed)


def backward(X, T, A1, P, W2, **changed):
    return network("dZ2", "db1", {"X": X, "T": T, "A1": A1, "P": P, "W2": W2}, changed)


def descend(X, T, W1, b1, W2, b2, lr, steps=1, *, move=lambda p, g, lr: p - lr * g, still=(), early="", afresh=True,
            count=lambda n: n, kept="before", **changed):  # fmt: skip
    """Gradient descent, right or wrong: the parameters at its end, and the losses.

    move    (parameter, gradient, lr) -> the parameter after a step      still   those that do not move
    early   "W2": it is updated before the gradient goes back through it; "W1": the first layer is, before the second has its gradient
    afresh  whether the gradients are worked out again at each step       count   steps -> how many are taken
    kept    which losses are kept: those "before" each step or "after" it
    """
    params, losses, grads = {"W1": W1, "b1": b1, "W2": W2, "b2": b2}, [], None
    if early == "W2":
        changed = changed | {"back": lambda v: v.W2 - lr * v.dW2}
    for _ in range(count(steps)):
        v = network("Z1", "db1", {"X": X, "T": T} | params, changed)
        if afresh or grads is None:
            grads = {name: v[f"d{name}"] for name in params}
        if early == "W1":
            halfway = params | {name: move(params[name], grads[name], lr) for name in ("W1", "b1")}
            grads |= {
                name: network("Z1", "db1", {"X": X, "T": T} | halfway, changed)[f"d{name}"] for name in ("W2", "b2")
            }
        losses.append(v["L"])
        params = {name: p if name in still else move(p, grads[name], lr) for name, p in params.items()}
    end = network("Z1", "L", {"X": X, "T": T} | params, changed)["L"]
    return params | {"losses": np.array((losses if kept == "before" else [*losses[1:], end]) or [end])}


def slip(slug: str, says: str, because: str, question: str, see: str, **changed):
    """A slip, and what it changes; one that the catalogues have gets this chapter's words."""
    because = f"It is tempting because {because}."
    if known := SLIPS.get(slug) or MISTAKES.get(slug):
        return known.worded(says, because, question, see=see), changed
    return Mistake(slug, says, because, question, see), changed


def programs(solve: Callable, slips) -> tuple:
    """What `Functions` takes as its mistakes."""
    return tuple((mistake, partial(solve, **changed)) for mistake, changed in slips)


def normal(rng, *shape: int) -> np.ndarray:
    return np.array([rng.uniform(-1.6, 1.6) for _ in range(int(np.prod(shape)))]).reshape(shape)


def batch(rng, N: int, n: int, h: int) -> dict:
    """A batch of N examples and a network n-h-1; half of the targets, at least one of each, are 1."""
    T = np.array([float(t) for t in rng.shuffled([k % 2 for k in range(N)])]).reshape(N, 1)
    return {"X": normal(rng, N, n), "T": T, "W1": normal(rng, n, h), "b1": normal(rng, h), "W2": normal(rng, h, 1),
            "b2": normal(rng, 1)}  # fmt: skip


SIZES = ((5, 3, 4), (4, 2, 3), (6, 4, 2))  # N, n and h: none of them fits where another belongs
NET = "$Z_1 = X W_1 + b_1$, $A_1 = \\sigma(Z_1)$, $Z_2 = A_1 W_2 + b_2$, $P = \\sigma(Z_2)$"
ANY = "We try it on batches and layers of other sizes than XOR's."

# ---------------------------------------------------------------- 12.1 forward

A_NEURON = "What are the two steps of every neuron here, hidden or not?"
FORWARD_SLIPS = (
    slip("output-without-sigmoid", "the output is given without its sigmoid, as Z2", "the networks of chapter 8 ended there",
         "Between which two numbers should every entry of P lie?", FORWARD, P=lambda v: v.Z2),
    slip("hidden-without-sigmoid", "the hidden layer is left without its sigmoid", "the matrix product looks like the whole layer",
         A_NEURON, FORWARD, A1=lambda v: v.Z1),
    slip("no-sigmoid-at-all", "both sigmoids are left out", "the matrix products look like the whole network", A_NEURON, FORWARD,
         A1=lambda v: v.Z1, P=lambda v: v.Z2),
    slip("first-bias-forgotten", "b1 is left out of Z1", "it is 0 when training begins. Later it is not", "What is added to each row of X W1?",
         FORWARD, Z1=lambda v: v.X @ v.W1),
    slip("second-bias-forgotten", "b2 is left out of Z2", "it is 0 when training begins. Later it is not", "What is added to each row of A1 W2?",
         FORWARD, Z2=lambda v: v.A1 @ v.W2),
    slip("bias-forgotten-forward", "both biases are left out", "they are 0 when training begins. Later they are not",
         "What is added to each row of X W1, and of A1 W2?", FORWARD, Z1=lambda v: v.X @ v.W1, Z2=lambda v: v.A1 @ v.W2),
    slip("both-sigmoids-of-minus-z", "the sigmoid has exp(Z) where it needs exp(-Z)", "one minus sign is easily lost",
         "What should the sigmoid of 10 be near: 0, or 1?", FORWARD, A1=lambda v: sigmoid(-v.Z1), P=lambda v: sigmoid(-v.Z2)),
    slip("hidden-relu-for-sigmoid", "the hidden layer uses ReLU, where this network has a sigmoid", "Trace C of chapter 8 did",
         "Which function stands between Z1 and A1 in this chapter?", FORWARD, A1=lambda v: np.maximum(v.Z1, 0)),
    slip("hidden-tanh-for-sigmoid", "the hidden layer uses tanh, where this network has a sigmoid", "the two curves look alike",
         "Which function stands between Z1 and A1 in this chapter?", FORWARD, A1=lambda v: np.tanh(v.Z1)),
    slip("second-layer-from-z1", "the second layer is given Z1, although A1 is there", "the two have the same shape",
         "Which array does W2 multiply?", FORWARD, Z2=lambda v: v.Z1 @ v.W2 + v.b2),
    slip("rounded-outputs", "the outputs are rounded to 0 or 1", "that is how we count what is solved",
         "How would the loss tell 0.51 from 0.99?", FORWARD, P=lambda v: np.round(sigmoid(v.Z2))),
)  # fmt: skip

PIECE_1 = Functions(
    "12.1",
    "Forward",
    2,
    "write the forward pass of a two-layer network with sigmoids",
    arguments=("X", "W1", "b1", "W2", "b2"),
    outputs=("A1", "P"),
    text=f"Write a function `forward(X, W1, b1, W2, b2)` that returns A1 and P, in this order: {NET}. The biases are arrays with one axis. {ANY}",
    cases=lambda rng: [tuple(batch(rng, *sizes)[name] for name in ("X", *PARAMS)) for sizes in SIZES],
    solve=forward,
    mistakes=programs(forward, FORWARD_SLIPS),
)

# ---------------------------------------------------------------- 12.2 loss

ALL_RIGHT = "What should the loss of P = 0.5 for a single case be, and what is yours?"
LOSS_SLIPS = (
    slip("xor-loss-sum", "the cross-entropies are added up, where the loss is their mean", "each case has one of its own",
         "What happens to your loss if every case is in the batch twice?", BACKWARD, L=lambda v: len(v.T) * LINES["L"](v)),
    slip("xor-losses-of-each", "each case keeps its own loss, where their mean is asked for", "the formula is that of one case", "How many numbers should a loss be?", BACKWARD,
         L=lambda v: -(v.T * np.log(v.P) + (1 - v.T) * np.log(1 - v.P))),
    slip("xor-loss-positive", "the minus sign in front is missing", "a logarithm does not look negative",
         "What sign does the logarithm of 0.5 have, and what sign should a loss have?", BACKWARD, L=lambda v: -LINES["L"](v)),
    slip("targets-of-one-only", "only the cases with target 1 count: the part with 1 - T is left out", "with one output for each class that part is not there",
         "What does your loss say to an output of 0.99 where the target is 0?", BACKWARD, L=lambda v: -np.mean(v.T * np.log(v.P))),
    slip("targets-of-zero-only", "only the cases with target 0 count: the part with T is left out", "the two parts look alike, and one is easily lost",
         "What does your loss say to an output of 0.01 where the target is 1?", BACKWARD, L=lambda v: -np.mean((1 - v.T) * np.log(1 - v.P))),
    slip("cases-exchanged", "the two parts are exchanged: T stands with log(1 - P), and 1 - T with log(P)", "the formula is nearly symmetric",
         "Is your loss small where P and T agree, or where they disagree?", BACKWARD, L=lambda v: -np.mean((1 - v.T) * np.log(v.P) + v.T * np.log(1 - v.P))),
    slip("prediction-for-target", "outputs and targets are exchanged: the logarithm is taken of the targets", "both stand in the formula",
         "Which of the two is 0 or 1, so that its logarithm makes trouble?", BACKWARD,
         L=lambda v: -np.mean(v.P * np.log(np.clip(v.T, 1e-12, 1)) + (1 - v.P) * np.log(np.clip(1 - v.T, 1e-12, 1)))),
    slip("squares-for-cross-entropy", "this is the mean squared error, where the mean cross-entropy is asked for", "it is the loss of all chapters up to 8",
         "Does your loss have a logarithm in it?", FAULTS, L=lambda v: np.mean((v.P - v.T) ** 2)),
    slip("logarithm-to-base-two", "the logarithm is taken to base 2, where the loss has the natural one", "information is counted in bits",
         ALL_RIGHT, BACKWARD, L=lambda v: LINES["L"](v) / np.log(2)),
    slip("logarithm-to-base-ten", "the logarithm is taken to base 10, where the loss has the natural one", "it is called log on many calculators",
         ALL_RIGHT, BACKWARD, L=lambda v: LINES["L"](v) / np.log(10)),
    slip("half-in-front", "there is a factor 1/2 in front", "many books put one before a squared error", ALL_RIGHT, BACKWARD,
         L=lambda v: LINES["L"](v) / 2),
    slip("divided-by-four-cases", "the sum is divided by 4, whatever the size of the batch", "XOR has four cases",
         "How many cases does a batch of six have?", BACKWARD, L=lambda v: LINES["L"](v) * len(v.T) / 4),
)  # fmt: skip


def loss_cases(rng) -> list[tuple]:
    return [(np.array([[rng.uniform(0.1, 0.9)] for _ in range(N)]), batch(rng, N, 1, 1)["T"]) for N in (5, 3, 6)]


PIECE_2 = Functions(
    "12.2",
    "The loss",
    1,
    "write the mean cross-entropy of outputs between 0 and 1",
    arguments=("P", "T"),
    outputs=("L",),
    text="Write a function `cross_entropy(P, T)` that returns the mean cross-entropy, one number. P holds the outputs, between 0 and 1, and T the targets, "
    "0 or 1; both have a row for each case and one column. We try it on batches of other sizes than four.",
    cases=loss_cases,
    solve=mean_loss,
    mistakes=programs(mean_loss, LOSS_SLIPS),
)

# ---------------------------------------------------------------- 12.3 backward

HOW_OFTEN = "The loss is a mean. Where in your program is it divided by the number of cases, and how often?"
THROUGH = "How does A1 move when Z1 does? What is that slope where A1 is 0.99?"
BACKWARD_SLIPS = (
    slip("mean-never", "the division by the number of cases is left out", "P - T looks like the whole slope", HOW_OFTEN, BACKWARD,
         dZ2=lambda v: v.P - v.T),
    slip("averaged-again", "all four gradients are divided by the number of cases once more", "many a book has a 1/N in its formulas for dW and db",
         HOW_OFTEN, BACKWARD, dZ2=lambda v: (v.P - v.T) / len(v.T) ** 2),
    slip("bias-averaged", "the gradients of the biases are averaged, those of the weights summed, and dZ2 has the mean in it already", "`mean(axis=0)` looks as good as `sum(axis=0)`",
         HOW_OFTEN, FAULTS, db2=lambda v: v.dZ2.mean(axis=0), db1=lambda v: v.dZ1.mean(axis=0)),
    slip("weights-summed-biases-averaged", "the weights' gradients are those of the sum of the losses, and the biases' those of their mean", "A1.T @ dZ2 has a sum in it that one does not see",
         HOW_OFTEN, FAULTS, dZ2=lambda v: v.P - v.T, db2=lambda v: v.dZ2.mean(axis=0), db1=lambda v: v.dZ1.mean(axis=0)),
    slip("divided-by-four-in-the-pass", "the errors are divided by 4, whatever the size of the batch", "XOR has four cases",
         "How many cases does a batch of six have?", BACKWARD, dZ2=lambda v: (v.P - v.T) / 4),
    slip("divided-by-the-entries-of-x", "the errors are divided by the number of entries of X, one for each case and each input", "`X.size` sounds like the size of the batch",
         "How many rows does X have, and how many numbers?", BACKWARD, dZ2=lambda v: (v.P - v.T) / v.X.size),
    slip("sign-of-error", "the errors are taken as T - P, which reverses every sign", "a correction is what is missing: target minus output",
         "P is too large. Should Z2 have a positive gradient, or a negative one?", BACKWARD, dZ2=lambda v: (v.T - v.P) / len(v.T)),
    slip("output-slope-too", "the errors are multiplied by P(1 - P), the slope of the output's sigmoid, which has cancelled", "every other sigmoid on the way back needs its slope",
         "What became of P(1 - P) when the cross-entropy was differentiated?", BACKWARD, dZ2=lambda v: (v.P - v.T) * v.P * (1 - v.P) / len(v.T)),
    slip("squared-error-slope", "this is the gradient of the mean squared error, where the loss is the mean cross-entropy", "it is the loss of all chapters up to 8",
         "Which loss does 2(P - T)P(1 - P) belong to?", FAULTS, dZ2=lambda v: 2 * (v.P - v.T) * v.P * (1 - v.P) / len(v.T)),
    slip("two-of-the-square", "there is a factor 2 in dZ2, which belongs to a square", "the slope of a squared error begins with 2",
         "Is there a square in the cross-entropy?", BACKWARD, dZ2=lambda v: 2 * (v.P - v.T) / len(v.T)),
    slip("no-activation-slope", "the slope of the hidden sigmoid is left out", "A1 was computed on the way forward, and so seems dealt with", THROUGH, BACKWARD,
         slope=lambda v: 1.0),
    slip("hidden-slope-of-a-sigmoid-again", "the hidden slope is taken at A1: A1 goes through the sigmoid a second time", "a function `sigmoid_prime` wants the input of the sigmoid, and A1 is what is at hand",
         "Which number did the hidden sigmoid get: Z1, or A1?", BACKWARD, slope=lambda v: sigmoid(v.A1) * (1 - sigmoid(v.A1))),
    slip("half-sigmoid-slope", "the hidden slope is 1 - A1, without its other factor A1", "half a formula is easy to remember", THROUGH, BACKWARD,
         slope=lambda v: 1 - v.A1),
    slip("hidden-activation-for-slope", "dZ1 is multiplied by A1, where A1(1 - A1) belongs", "half a formula is easy to remember", THROUGH, BACKWARD, slope=lambda v: v.A1),
    slip("tanh-slope-for-sigmoid", "the hidden slope is 1 - A1^2, which is that of tanh", "both are written with A1", "Which activation has this network?", BACKWARD,
         slope=lambda v: 1 - v.A1**2),
    slip("hidden-slope-squared", "the hidden slope is put in twice", "it can stand in the line of dA1 and in that of dZ1", "How many sigmoids lie between Z1 and A1?", BACKWARD,
         slope=lambda v: (v.A1 * (1 - v.A1)) ** 2),
    slip("no-weight-back", "W2 is left out on the way back: every hidden neuron gets dZ2 as it is", "the sizes can be made to fit without it",
         "If A1 grows by 0.01, by how much does Z2 grow?", BACKWARD, back=lambda v: np.ones_like(v.W2)),
    slip("weight-sign-lost", "W2 is used without its minus signs on the way back", "one thinks of weights as strengths",
         "When the hidden neuron with a negative weight in W2 grows, does P grow?", BACKWARD, back=lambda v: abs(v.W2)),
    slip("sign-flipped-on-the-way-back", "a minus sign enters on the way back to the hidden layer", "going back sounds like turning round",
         "Nudge one entry of W1, and compare. What differs?", BACKWARD, back=lambda v: -v.W2),
    slip("weights-gradient-back", "dZ2 goes back through dW2, where W2 belongs", "it was made in the line above, and has the same shape",
         "Which array did A1 meet on the way forward?", BACKWARD, back=lambda v: v.dW2),
    slip("first-layer-before-the-slope", "dW1 and db1 are both made with dA1, where dZ1 belongs", "the two have the same shape", THROUGH, BACKWARD,
         dW1=lambda v: v.X.T @ (v.dZ2 @ v.W2.T), db1=lambda v: (v.dZ2 @ v.W2.T).sum(axis=0)),
    slip("last-case-only", "only the last case of the batch counts", "in a loop over the cases, each one writes over the one before",
         "All cases used these weights. How many have a part in your gradient?", BACKWARD,
         dZ2=lambda v: (v.P - v.T) / len(v.T) * (np.arange(len(v.T)) == len(v.T) - 1)[:, None]),
)  # fmt: skip


def backward_cases(rng) -> list[tuple]:
    cases = []
    for sizes in SIZES:
        v = batch(rng, *sizes)
        out = forward(*(v[name] for name in ("X", *PARAMS)))
        cases.append((v["X"], v["T"], out["A1"], out["P"], v["W2"]))
    return cases


PIECE_3 = Functions(
    "12.3",
    "Backward",
    5,
    "write the backward pass of a two-layer network with sigmoids and the mean cross-entropy",
    arguments=("X", "T", "A1", "P", "W2"),
    outputs=("dW1", "db1", "dW2", "db2"),
    text=f"{NET}, and the loss is the mean cross-entropy of $P$ and the targets $T$. Write a function `backward(X, T, A1, P, W2)` that returns dW1, db1, dW2 and db2, "
    f"in this order. {ANY}",
    cases=backward_cases,
    solve=backward,
    mistakes=programs(backward, BACKWARD_SLIPS),
    indistinguishable={"first-layer-before-the-slope": "gives the gradients of no-activation-slope, as dZ1 is not asked for"},
)  # fmt: skip

# ---------------------------------------------------------------- 12.4 a step, 12.5 many

OLD_OR_NEW = "When your gradient goes back through W2, is W2 the one that the forward pass used?"
STEP_SLIPS = (
    slip("xor-uphill", "the step is added, where it is subtracted", "one wants to *apply* a gradient", "Print the loss before and after. Does it fall?", STEP,
         move=lambda p, g, lr: p + lr * g),
    slip("updated-weight", "W2 is updated first, and the gradient then goes back through its new value", "it is tidy to finish one layer before the next",
         OLD_OR_NEW, STEP, early="W2"),
    slip("first-layer-stepped-first", "the first layer is updated first, and the second layer's gradients are then found with its new values", "it is tidy to finish one layer before the next",
         "At which W1 is the gradient of W2 taken: the old one, or the new one?", STEP, early="W1"),
    slip("xor-rate-left-out", "the learning rate is not used", "the update is shorter without it", "What does your function do differently if the rate is 0?", STEP,
         move=lambda p, g, lr: p - g),
    slip("xor-divided-by-the-rate", "the gradients are divided by the learning rate", "dividing sounds like making a step smaller", "What does your function do differently if the rate is tiny?", STEP,
         move=lambda p, g, lr: p - g / lr),
    slip("biases-never-move", "the biases do not move", "they are 0 when training begins, and are easily left out of the update", "How many parameters has this network, and how many did you update?", STEP,
         still=("b1", "b2")),
    slip("first-layer-never-moves", "W1 and b1 do not move", "the update of the second layer is the one that one sees at once", "How many parameters has this network, and how many did you update?", STEP,
         still=("W1", "b1")),
    slip("second-layer-never-moves", "W2 and b2 do not move", "two updates look alike, and one is easily left out", "How many parameters has this network, and how many did you update?", STEP,
         still=("W2", "b2")),
    slip("nothing-moves", "the parameters come back as they were", "the new values may have names of their own, while the old ones are returned", "Which names does your `return` have?", STEP,
         still=PARAMS),
    slip("step-not-added", "the step itself is returned, without the parameter that it starts from", "`-lr * dW` is the part that one thinks about", "Where does the walk go from: from W, or from 0?", STEP,
         move=lambda p, g, lr: -lr * g),
    slip("gradient-for-parameter", "the gradients are returned, where the new parameters are asked for", "they are what took all the work", "What should be in W1 after a step with the rate 0?", STEP,
         move=lambda p, g, lr: g * 1.0),
    slip("xor-step-of-the-sum", "the step is that of the summed loss: the number of cases is not divided out", "P - T looks like the whole slope", HOW_OFTEN, STEP,
         dZ2=lambda v: v.P - v.T),
    slip("xor-step-of-squares", "the step descends the mean squared error, where the loss is the mean cross-entropy", "it is the loss of all chapters up to 8", "Which loss does your first line of the backward pass belong to?", FAULTS,
         dZ2=lambda v: 2 * (v.P - v.T) * v.P * (1 - v.P) / len(v.T)),
    slip("xor-step-with-averaged-biases", "the gradients of the biases are averaged once more", "`mean(axis=0)` looks as good as `sum(axis=0)`", HOW_OFTEN, FAULTS,
         db2=lambda v: v.dZ2.mean(axis=0), db1=lambda v: v.dZ1.mean(axis=0)),
)  # fmt: skip
LOOP_SLIPS = (
    slip("xor-gradients-of-the-start", "the gradients are worked out once, at the start, and used for all steps", "they do not look as if they changed", "After the first step, is the gradient still what it was?", STEP,
         afresh=False),
    slip("xor-one-step", "one step is taken, whatever `steps` says", "a `return` that is indented too far ends the loop in its first round", "How long is the list that you return?", STEP,
         count=lambda n: 1),
    slip("xor-step-too-few", "one step too few is taken", "it is easy to start the loop at 1", "How long is the list that you return?", STEP, count=lambda n: n - 1),
    slip("xor-step-too-many", "one step too many is taken", "the losses at the start and at the end seem to belong to the list both", "How long is the list that you return?", STEP, count=lambda n: n + 1),
    slip("losses-after-the-step", "each loss is that after the step, where the one before it is asked for", "one wants to know where a step has led", "What is the first number of your list, if the rate is 0? And if it is not?", STEP,
         kept="after"),
    slip("losses-of-another-loss", "the list holds mean squared errors, while the steps descend the cross-entropy", "it is the loss of all chapters up to 8", "Which loss do your steps descend, and which one do you write down?", FAULTS,
         L=lambda v: np.mean((v.P - v.T) ** 2)),
    slip("losses-summed", "the list holds sums over the cases, where the loss is a mean", "each case has a loss of its own", "What is your first loss, if all outputs are 0.5?", STEP,
         L=lambda v: len(v.T) * LINES["L"](v)),
)  # fmt: skip


def step(X, T, W1, b1, W2, b2, lr, **changed):
    return descend(X, T, W1, b1, W2, b2, lr, **changed)


def walks(rng, counts: tuple[int, ...] = ()) -> list[tuple]:
    """Batches, parameters and a rate, and a number of steps where there are `counts`."""
    cases = []
    for i, sizes in enumerate(SIZES):
        given = tuple(batch(rng, *sizes)[name] for name in ("X", "T", *PARAMS))
        cases.append((*given, rng.uniform(1.5, 2.5), *counts[i : i + 1]))
    return cases


PIECE_4 = Functions(
    "12.4",
    "One step",
    2,
    "put forward pass, backward pass and update together without mixing old and new values",
    arguments=("X", "T", "W1", "b1", "W2", "b2", "lr"),
    outputs=PARAMS,
    text="Write a function `step(X, T, W1, b1, W2, b2, lr)` that takes one step of gradient descent on the mean cross-entropy, with the learning rate `lr`, and returns the new "
    "W1, b1, W2 and b2, in this order. Use your functions from 12.1 and 12.3. The arrays that you were given must be as they were after the call.",
    cases=walks,
    solve=step,
    mistakes=programs(step, STEP_SLIPS),
)

PIECE_5 = Functions(
    "12.5",
    "The loop",
    2,
    "write a training loop that keeps the loss it descends",
    arguments=("X", "T", "W1", "b1", "W2", "b2", "lr", "steps"),
    outputs=(*PARAMS, "losses"),
    text="Write a function `train(X, T, W1, b1, W2, b2, lr, steps)` that takes `steps` steps and returns W1, b1, W2, b2 and `losses`: a list of the mean cross-entropy "
    "*before* each step, so that its length is `steps`. Use your functions from 12.1, 12.2 and 12.4.",
    cases=lambda rng: walks(rng, (4, 3, 6)),
    solve=descend,
    mistakes=programs(descend, (*STEP_SLIPS, *LOOP_SLIPS)),
)

# ---------------------------------------------------------------- 12.6 before calculating

SETTINGS = {
    "All nine parameters of the network start at 0.": "none",
    "W2 and both biases start at 0, and W1 is drawn at random.": "W2 alone",
    "W1 and both biases start at 0, and W2 is drawn at random.": "all four",
}
MOVES = {
    "none": "none of them",
    "W2 alone": "W2 alone",
    "biases": "the two biases alone",
    "all four": "all four arrays",
}
WHY_NOT = {
    "All nine parameters of the network start at 0.": {
        "W2 alone": "A1 is 0.5 in every case, so dW2 is half the sum of the errors. What is that sum when every output is 0.5",
        "biases": "b2's gradient is the sum of the errors. Every output is 0.5, and two targets are 0 and two are 1",
        "all four": "the gradient goes back to the first layer through W2, which is 0",
    },
    "W2 and both biases start at 0, and W1 is drawn at random.": {
        "none": "A1 differs from case to case, and so the errors, which sum to 0 by themselves, do not cancel in A1.T @ dZ2",
        "biases": "b2's gradient is the sum of the errors, which is 0 when every output is 0.5, and b1's goes back through W2, which is 0",
        "all four": "the gradient goes back to W1 and b1 through W2, which is 0",
    },
    "W1 and both biases start at 0, and W2 is drawn at random.": {
        "none": "the outputs are all equal, but they are not 0.5, unless the two weights in W2 happen to sum to 0. So the errors do not sum to 0",
        "W2 alone": "W2 is not 0, so a gradient goes back through it, and the slope of the hidden sigmoids is at its largest, 1/4",
        "biases": "A1 is 0.5 in every case, so dW2 is half of db2. If one of them is not 0, can the other be",
    },
}


def at_rest(rng):
    """Which arrays move at the first step from a start with zeros?"""
    setting = "W2 and both biases start at 0, and W1 is drawn at random." if rng is None else rng.pick(list(SETTINGS))
    order = list(MOVES) if rng is None else rng.shuffled(list(MOVES))
    letters = dict(zip("abcd", order, strict=True))
    choices = "\n".join(f"- **{letter}:** {MOVES[key]}" for letter, key in letters.items())
    prompt = (
        f"{setting} Before you calculate anything: which of W1, b1, W2 and b2 move at the first step, when all four cases of XOR are used at once? "
        f"(The loss is the mean cross-entropy.)\n\n{choices}"
    )
    wrong = {letter: WHY_NOT[setting][key] for letter, key in letters.items() if key != SETTINGS[setting]}
    return prompt, next(letter for letter in letters if letter not in wrong), wrong


AT_REST = Choice(
    "12.6", "Before the first step", 1, "predict which gradients are 0 at a start with zeros", choose=at_rest
)

# ---------------------------------------------------------------- 12.7 a program that trains, and is wrong

PROGRAM = (
    ("A1 = sigmoid(X @ W1 + b1)", "this is the hidden layer of the forward pass"),
    ("P = sigmoid(A1 @ W2 + b2)", "this is the output layer, and its sigmoid keeps P between 0 and 1"),
    ("loss = -np.mean(T * np.log(P) + (1 - T) * np.log(1 - P))", "this is the mean cross-entropy"),
    ("dZ2 = (P - T) / len(T)", "the slope of the output's sigmoid has cancelled, and the mean divides by the number of cases"),
    ("dW2 = A1.T @ dZ2", "each weight of W2 multiplies an activation of the hidden layer, and the product sums over the cases"),
    ("db2 = dZ2.sum(axis=0)", "all cases share the bias, so its gradient is a sum over them. The mean is in dZ2 already"),
    ("dA1 = dZ2 @ W2.T", "the gradient goes back through the weights that A1 went forward through"),
    ("dZ1 = dA1 * A1 * (1 - A1)", "this is the slope of the hidden sigmoid"),
    ("dW1 = X.T @ dZ1", "each weight of W1 multiplies an input, and the product sums over the cases"),
    ("db1 = dZ1.sum(axis=0)", "all cases share the bias, so its gradient is a sum over them"),
    ("W1, b1 = W1 - lr * dW1, b1 - lr * db1", "this is a step against the gradient"),
    ("W2, b2 = W2 - lr * dW2, b2 - lr * db2", "this is a step against the gradient, taken after W2 has been used"),
)  # fmt: skip
PLANTED = {
    3: ("loss = np.mean((P - T) ** 2)", "it is the mean squared error, while the steps descend the mean cross-entropy"),
    4: ("dZ2 = P - T", "the loss is a mean, and the division by the number of cases is missing. All four gradients come out four times too long"),
    6: ("db2 = dZ2.mean(axis=0)", "the mean is in dZ2 already, so this bias's gradient comes out four times too short"),
    7: ("dA1 = dZ2 @ abs(W2.T)", "the minus signs of W2 are lost on the way back"),
    8: ("dZ1 = dA1 * sigmoid(A1) * (1 - sigmoid(A1))", "A1 has been through the sigmoid already, so this is the slope at the wrong place"),
    10: ("db1 = dZ1.mean(axis=0)", "the mean is in dZ1 already, by way of dZ2, so the biases' gradients come out four times too short"),
}  # fmt: skip

HUNT = WhichLine(
    "12.7",
    "It trains",
    1,
    "find the wrong line of a program that trains all the same",
    lambda rng: inject_bug(
        rng,
        "This is the inside of a training loop for XOR. It should descend the mean cross-entropy and keep it in `loss`. Whatever may be wrong with it, at a good "
        "learning rate it solves XOR from more than 100 of 200 starts.",
        PROGRAM,
        PLANTED,
        8,
        "Nudge one parameter of each array, and compare. And ask which loss each line belongs to.",
    ),
)

# ---------------------------------------------------------------- 12.8 from ratios to the slip

WAYS = (  # what they did, what dW2, db2, dW1 and db1 are then of the nudged slopes, for N cases
    ("left out the division by the number of cases, everywhere", lambda N: (f"{N}", f"{N}", f"{N}", f"{N}")),
    ("left out the division by the number of cases, and then averaged for the biases", lambda N: (f"{N}", "1", f"{N}", "1")),
    ("divided by the number of cases at the output, and averaged for the biases once more", lambda N: ("1", f"1/{N}", "1", f"1/{N}")),
    ("divided by the number of cases at the output, and again at the hidden layer, on the way back", lambda N: ("1", "1", f"1/{N}", f"1/{N}")),
)  # fmt: skip


def ratios(rng):
    """A learner's gradients as multiples of the nudged slopes: what did they do?"""
    N, order, guilty = (
        (6, (2, 1, 3, 0), 1) if rng is None else (rng.whole(3, 9), rng.shuffled(range(4)), rng.whole(0, 3))
    )
    letters = dict(zip("abcd", order, strict=True))
    names = ("dW2", "db2", "dW1", "db1")
    table = "| " + " | ".join(names) + " |\n" + "|---" * 4 + "|\n| " + " | ".join(WAYS[guilty][1](N)) + " |"
    choices = "\n".join(f"- **{letter}:** They {WAYS[i][0]}." for letter, i in letters.items())
    prompt = (
        f"A learner trains the network of this chapter on a batch of {N} cases. They nudge the mean cross-entropy, and find that each array of their backward pass "
        f"is this many times what nudging gives:\n\n{table}\n\nWhat did they do?\n\n{choices}"
    )
    wrong = {
        letter: "that would have given " + ", ".join(f"{name} {times}" for name, times in zip(names, WAYS[i][1](N), strict=True))
        for letter, i in letters.items() if i != guilty
    }  # fmt: skip
    return prompt, next(letter for letter in letters if letter not in wrong), wrong


RATIOS = Choice(
    "12.8", "What did they do?", 1, "tell from the ratio to nudged slopes where a mean was taken, or not", choose=ratios
)

# ---------------------------------------------------------------- 12.9 and 12.10, from earlier chapters

REVIEW_OF_8_12 = replace(
    entry("8.12"),
    id="12.9",
    title="Once more: two paths into one number (from chapter 8)",
    book={"x": 1.8, "w_p": 0.5, "b_p": -0.4, "w_q": -0.5, "b_q": -0.3, "v_p": -1.9, "v_q": -0.9, "c": -0.6, "y": 0.2},
)
REVIEW_OF_4_1 = replace(
    entry("4.1"),
    id="12.10",
    title="Once more: one path (from chapter 4)",
    points=2,
    book={"x": 2.8, "w": -0.7, "b": 0.7, "y": 0.8},
)

EXERCISES = (PIECE_1, PIECE_2, PIECE_3, PIECE_4, PIECE_5, AT_REST, HUNT, RATIOS, REVIEW_OF_8_12, REVIEW_OF_4_1)
