"""Each mistake is a program; here it is held against numbers worked out before it was written."""

import re
from pathlib import Path

import pytest
from networks import B0, PARAMETERS, A, B, relu_net, sigmoid_net

import bplib as bp
from bplib.checking.rounding import rounding_error
from bplib.engine.trace_table import gradients
from bplib.exercises.ch07 import shared_net
from bplib.mistakes.scalar import MISTAKES, Pass, backward_pass, chain_rule, true_outcome

ROOT = Path(__file__).resolve().parent.parent

# On B0: what each slip gives, from the catalogue that this module was written after.
PUBLISHED = [
    ("no-activation-slope", "w1", -10.486), ("slope-at-a", "w1", -2.3494), ("no-factor-two", "w1", -1.1625),
    ("sign-of-error", "w1", 2.3249), ("loss-for-its-slope", "w1", 2.0317), ("z-for-a", "w2", -2.4468),
    ("wrong-weight-back", "w1", -0.775), ("no-weight-back", "w1", -1.55), ("input-forgotten", "w1", -1.16247),
    ("factors-added", "w1", 0.2263), ("bias-times-b", "b1", 0.3487), ("updated-weight", "w1", -2.687),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "name", "value"), PUBLISHED)
def test_the_published_numbers(slug, name, value):
    loss, nodes = sigmoid_net(**B0)
    assert MISTAKES[slug].run(loss, 0.1).grads[nodes[name]] == pytest.approx(value, abs=6e-4)


def test_the_truth_on_b0():
    loss, nodes = sigmoid_net(**B0)
    assert true_outcome(loss).grads[nodes["w1"]] == pytest.approx(-2.32495, abs=5e-6)


def test_the_unaltered_backward_pass_is_backward():
    for build, numbers in ((relu_net, A), (sigmoid_net, B), (shared_net, {"x": 2.5, "w": 0.8, "b": -1.1, "y": -0.7})):
        loss, _ = build(**numbers)
        exact = gradients(loss)
        for node, grad in backward_pass(loss, chain_rule).items():
            if node.op != "const":
                assert grad == exact[node]


def test_no_mistake_touches_the_graph():
    loss, _ = sigmoid_net(**B)
    loss.backward()
    before = [(n.data, n.grad, n.local_grads) for n in loss.graph() if n.op != "const"]
    for mistake in MISTAKES.values():
        mistake.run(loss, 0.1)
    assert [(n.data, n.grad, n.local_grads) for n in loss.graph() if n.op != "const"] == before


def test_fan_out_slips_on_the_textbook_example():
    """h = 1.2 feeds 0.5 h and -2 h, targets 1: one path alone gives -0.6 or 20.4 (over x = 1.5), both 19.8."""
    (w,) = bp.values(w=0.8)
    h = w * 1.5
    loss = (h * 0.5 - 1.0) ** 2 + (h * -2.0 - 1.0) ** 2
    found = {true_outcome(loss).grads[w], MISTAKES["one-path-only"].run(loss, 0.1).grads[w],
             MISTAKES["first-path-only"].run(loss, 0.1).grads[w]}  # fmt: skip
    assert sorted(round(g, 6) for g in found) == [-0.6, 19.8, 20.4]


def test_every_mistake_changes_something_somewhere():
    networks = [sigmoid_net(**B0)[0], sigmoid_net(**B)[0], shared_net(x=2.5, w=0.8, b=-1.1, y=-0.7)[0]]
    for mistake in MISTAKES.values():
        assert any(
            abs(x - y) > 1e-9
            for loss in networks
            for x, y in zip([*true_outcome(loss).values.values(), *_real(true_outcome(loss))],
                            [*mistake.run(loss, 0.1).values.values(), *_real(mistake.run(loss, 0.1))], strict=True)
        ), mistake.slug  # fmt: skip


def _real(outcome):
    return [g for n, g in outcome.grads.items() if n.op != "const"]


def test_trace_a_hides_slips_that_trace_b_shows():
    def hidden(build, numbers):
        loss, nodes = build(**numbers)
        exact = true_outcome(loss).grads
        return {s for s, m in MISTAKES.items()
                if all(abs(m.run(loss, 0.1).grads[nodes[p]] - exact[nodes[p]]) < 1e-9 for p in PARAMETERS)}  # fmt: skip

    assert {"no-activation-slope", "slope-at-a", "z-for-a"} <= hidden(relu_net, A) - hidden(sigmoid_net, B)


def test_on_trace_b_the_slips_lie_15_percent_apart():
    """In at least one of the gradients that two slips touch, they differ by 15% or more."""
    loss, nodes = sigmoid_net(**B)
    backward = [m for m in MISTAKES.values() if not m.slug.endswith("-forward") and "loss-not" not in m.slug]
    found = {"right": [true_outcome(loss).grads[nodes[p]] for p in PARAMETERS]}
    for m in backward:
        grads = [m.run(loss, 0.1).grads[nodes[p]] for p in PARAMETERS]
        if any(abs(x - y) > 1e-9 for x, y in zip(grads, found["right"], strict=True)):
            found[m.slug] = grads
    del found["half-loss"]  # the same gradients as no-factor-two
    names = list(found)
    assert len(names) >= 18
    for i, a in enumerate(names):
        for b in names[i + 1 :]:
            gap = max(abs(x - y) / max(abs(x), abs(y)) for x, y in zip(found[a], found[b], strict=True))
            assert gap >= 0.15, (a, b, gap)


def test_the_words_are_those_of_any_chapter():
    """No layers and no a1 in a taxi; and a reason that says that it is one."""
    for mistake in MISTAKES.values():
        assert mistake.because.startswith("It is tempting because "), mistake.slug
        words = f"{mistake.says} {mistake.because} {mistake.question}"
        assert not re.search(r"\b[azwb][12]\b|\blayers?\b|\bone\b(?= (has|is|puts|gets))", words), (mistake.slug, words)


def test_two_alterations_make_one_pass():
    """On B: both factors where both alter one step, both changes where they alter two."""
    loss, nodes = sigmoid_net(**B)
    exact = true_outcome(loss).grads
    halved, slopeless = MISTAKES["no-factor-two"].run, MISTAKES["no-activation-slope"].run
    reversed_ = Pass(step=lambda n, i, up: -chain_rule(n, i, up) if n.op == "**" and i == 0 else chain_rule(n, i, up))
    both = (halved & reversed_)(loss, 0.1).grads
    assert all(both[nodes[p]] == pytest.approx(-exact[nodes[p]] / 2) for p in PARAMETERS)
    two = (halved & slopeless)(loss, 0.1).grads
    assert two[nodes["w1"]] == pytest.approx(slopeless(loss, 0.1).grads[nodes["w1"]] / 2)
    assert two[nodes["w2"]] == pytest.approx(exact[nodes["w2"]] / 2)
    without = MISTAKES["bias-forgotten-forward"].run
    assert (without & halved)(loss, 0.1).grads[nodes["w1"]] == pytest.approx(without(loss, 0.1).grads[nodes["w1"]] / 2)


@pytest.mark.parametrize(("keep", "want"), [("sum", 19.8), ("mean", 9.9), ("product", 1.5 * -0.4 * 13.6)])
def test_what_arrives_over_two_paths(keep, want):
    """h = 1.2 feeds 0.5 h and -2 h, targets 1: -0.4 and 13.6 arrive, and w = h / 1.5."""
    (w,) = bp.values(w=0.8)
    h = w * 1.5
    loss = (h * 0.5 - 1.0) ** 2 + (h * -2.0 - 1.0) ** 2
    assert backward_pass(loss, keep=keep)[w] == pytest.approx(want)


# ---------------------------------------------------------------- honest rounding


def test_the_slack_covers_an_honest_trace_and_not_much_more():
    """A hundred traces by hand, each number rounded to three decimals or (by some) kept with one digit more."""
    import random

    rng = random.Random(7)
    for _ in range(100):
        n = {k: round(v + rng.uniform(-0.3, 0.3), 1) for k, v in B.items()}
        loss, nodes = sigmoid_net(**n)
        room, exact = rounding_error(loss), true_outcome(loss)

        def r(v):
            return round(v, rng.choice((3, 4)))

        from math import exp

        z1 = r(n["w1"] * n["x"] + n["b1"])
        a1 = r(1 / (1 + exp(-z1)))
        z2 = r(n["w2"] * a1 + n["b2"])
        dz2 = r(2 * (z2 - n["y"]))
        dz1 = r(r(dz2 * n["w2"]) * r(a1 * (1 - a1)))
        hand = {"w1": r(dz1 * n["x"]), "b1": dz1, "w2": r(dz2 * a1), "b2": dz2}
        for name, grad in hand.items():
            assert abs(grad - exact.grads[nodes[name]]) <= room[nodes[name]].grad + 0.0005
            assert room[nodes[name]].grad < 0.02 * abs(exact.grads[nodes[name]]) + 0.01
