"""The drawn network, path and pushes: what stands in them is what was computed."""

import re

import pytest
from matplotlib.patches import Circle, FancyArrowPatch
from networks import A, B, relu_net, sigmoid_net

import bplib as bp
from bplib.show import networks
from bplib.show.plots import BACKWARD, FORWARD, GREEN, PURPLE

NAMES = ["w1", "z1", "a1", "z2", "L"]


def traced(build, numbers):
    loss, nodes = build(**numbers)
    return bp.trace(loss, **{name: nodes[name] for name in ("z1", "a1", "z2")})


def written(ax, colour):
    return [text.get_text() for text in ax.texts if text.get_color() == colour]


def test_the_network_shows_what_was_given_then_values_then_gradients():
    trace = traced(relu_net, A)
    given, forward, both = (networks.plot_two_layers(trace, show=show) for show in ("given", "forward", "both"))
    assert sorted(written(given, FORWARD)) == sorted(["2", "0.5", "0", "1.5", "0", "3"])
    assert sorted(written(forward, FORWARD)) == sorted(["2", "0.5", "0", "1.5", "0", "3", "1", "1", "1.5", "2.25"])
    assert written(forward, FORWARD) == written(both, FORWARD)
    assert not written(given, BACKWARD)
    assert not written(forward, BACKWARD)
    minus = "\N{MINUS SIGN}"
    grads = ["1", f"{minus}3", f"{minus}3", f"{minus}3", f"{minus}4.5", f"{minus}4.5", f"{minus}4.5", f"{minus}9"]
    assert sorted(written(both, BACKWARD)) == sorted(f"∂ {grad}" for grad in grads)


def test_every_gradient_stands_below_a_value_of_the_same_name():
    ax = networks.plot_two_layers(traced(sigmoid_net, B), show="both")
    values = [text.get_position() for text in ax.texts if text.get_color() == FORWARD]
    for text in ax.texts:
        if text.get_color() == BACKWARD:
            x, y = text.get_position()
            assert any(abs(x - vx) < 0.2 and 0.2 < vy - y < 0.9 for vx, vy in values), text.get_text()
    assert len([patch for patch in ax.patches if isinstance(patch, Circle)]) == 5


def test_the_words_of_the_network_follow_the_numbers():
    words = networks.describe_two_layers(traced(sigmoid_net, B), show="both")
    assert "z1 = 1.65, a1 = 0.839, z2 = -1.41, L = 1.98" in words
    assert "-2.81 for z2" in words
    assert "1.14 for w1 and 0.456 for b1" in words
    assert "∂" not in networks.describe_two_layers(traced(relu_net, A), show="given")
    assert "blank" in networks.describe_two_layers(traced(relu_net, A), show="given")


def test_a_path_shows_its_rates():
    ax = networks.plot_path(NAMES, {"": [2.0, 1.0, 1.5, -3.0]})
    times = "\N{MULTIPLICATION SIGN}"
    assert written(ax, BACKWARD) == [f"{times} 2", f"{times} 1", f"{times} 1.5", f"{times} \N{MINUS SIGN}3"]
    assert "L moves -3 times as fast as z2" in networks.describe_path(NAMES, {"": [2.0, 1.0, 1.5, -3.0]})


def test_a_minus_on_the_path_turns_every_node_after_it():
    rows = {"up": [2.0, 1.0, 1.5, -3.0], "turned": [2.0, 1.0, -1.5, -9.0]}
    ax = networks.plot_path(NAMES, rows, signs=True)
    moves = [text.get_text() for text in ax.texts if text.get_text() in "\N{UPWARDS ARROW}\N{DOWNWARDS ARROW}"]
    assert "".join(moves) == "↑↑↑↑↓↑↑↑↓↑"
    arrows = [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == 8
    assert written(ax, GREEN).count("+") == 5
    assert written(ax, PURPLE).count("\N{MINUS SIGN}") == 3
    words = networks.describe_path(NAMES, rows, signs=True)
    assert "up: w1 rises, so z1 rises, so a1 rises, so z2 rises, so L falls" in words
    assert "so z2 falls, so L rises" in words


def test_pushes_are_laid_end_to_end():
    pushes = {"w1": 2.7, "b1": 0.675, "w2": 0.3}
    ax = networks.plot_pushes(1.5, pushes, 6.15, target=3.0)
    starts, ends = zip(*(patch._posA_posB for patch in ax.patches), strict=True)
    assert [x for x, _ in starts] == pytest.approx([1.5, 4.2, 4.875])
    assert [x for x, _ in ends] == pytest.approx([4.2, 4.875, 5.175])
    assert "which ends at 5.175. All at once they bring it to 6.15" in networks.describe_pushes(
        1.5, pushes, 6.15, target=3.0
    )


@pytest.mark.parametrize(
    ("call", "error", "word"),
    [
        (lambda: networks.plot_two_layers(2.5), TypeError, r"a Trace, from bp.trace\(loss, z1=z1.*got float"),
        (lambda: networks.plot_two_layers(bp.trace(bp.Value(2.0, name="x"))), ValueError, "this trace lacks x, w1"),
        (lambda: networks.describe_two_layers(traced(relu_net, A), show="all"), ValueError, "got 'all'"),
        (
            lambda: networks.plot_path(NAMES, {"": [1.0]}),
            ValueError,
            re.escape("wants 4 rates other than 0, got [1.0]"),
        ),
        (lambda: networks.describe_path(NAMES, {"": [1.0, 0.0, 1.0, 1.0]}), ValueError, "other than 0"),
    ],
)
def test_bad_input_says_what_was_given_and_wanted(call, error, word):
    with pytest.raises(error, match=word):
        call()
