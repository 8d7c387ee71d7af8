"""Networks of two layers with one neuron each, as graphs and in words (chapters 7 and 8)."""

from __future__ import annotations

from ...mistakes import REGISTRY, Mistake
from ...mistakes.scalar import true_outcome
from .graphs import graph, partial_derivative

PARAMETERS = ("w1", "b1", "w2", "b2")


def two_layers(activation: str):
    """A graph builder: z1 = w1 x + b1, a1 = activation(z1), z2 = w2 a1 + b2, L = (z2 - y)^2."""

    @graph
    def build(x, w1, b1, w2, b2, y):
        z1 = w1 * x + b1
        a1 = getattr(z1, activation)()
        z2 = w2 * a1 + b2
        return {"z1": z1, "a1": a1, "z2": z2, "L": (z2 - y) ** 2}

    return build


relu_net, sigmoid_net, tanh_net = two_layers("relu"), two_layers("sigmoid"), two_layers("tanh")


def network(activation: str) -> str:
    name = {"relu": r"\operatorname{ReLU}", "sigmoid": r"\sigma", "tanh": r"\tanh"}[activation]
    return f"$z_1 = w_1 x + b_1$, $a_1 = {name}(z_1)$, $z_2 = w_2 a_1 + b_2$, $L = (z_2 - y)^2$"


ALL_PARTIALS = f"${partial_derivative('w1')}$, ${partial_derivative('b1')}$, ${partial_derivative('w2')}$ and ${partial_derivative('b2')}$"


def other_numbers(build, answer_of, change):
    """What a slip reads when the whole trace, forward and backward, is done with other numbers."""

    def found(right, nodes, numbers):
        loss, others = build(**numbers | change(numbers))
        return answer_of(true_outcome(loss), others, numbers)

    return found


def misread(build, answer_of) -> tuple[tuple[Mistake, object], ...]:
    """Slips in copying the numbers of a two-layer network: a bias forgotten, or two numbers exchanged."""
    changes = {
        "first-bias-forgotten": ("b1 is left out of z1", "w1 times x looks complete", "What is added to w1 x?", lambda n: {"b1": 0.0}),
        "second-bias-forgotten": ("b2 is left out of z2", "w2 times a1 looks complete", "What is added to w2 a1?", lambda n: {"b2": 0.0}),
        "biases-exchanged": ("the biases are exchanged: b2 is added in z1, and b1 in z2", "their names differ by one digit",
                             "Which bias is added to w1 x?", lambda n: {"b1": n["b2"], "b2": n["b1"]}),
        "weights-exchanged": ("the weights are exchanged: w2 multiplies x, and w1 multiplies a1", "their names differ by one digit",
                              "Which weight multiplies x?", lambda n: {"w1": n["w2"], "w2": n["w1"]}),
    }  # fmt: skip
    return tuple(
        (
            REGISTRY[slug].worded(says, f"It is tempting because {because}.", question),
            other_numbers(build, answer_of, change),
        )
        for slug, (says, because, question, change) in changes.items()
    )
