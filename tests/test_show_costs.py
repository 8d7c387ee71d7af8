"""What chapter 17 says of clocks is what was measured, whatever the day; what it draws follows from what it was given."""

import statistics

import matplotlib.pyplot as plt
import pytest

from bplib.show import costs as draw


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def texts(ax):
    return [t.get_text() for t in ax.texts]


def times(a, b, topic="ladder"):
    """How many times as fast as b the program a is, in the middle of the rounds."""
    return statistics.median(draw.ratios(topic, b, a))


# Each line is a sentence of the chapter. If a new measurement leaves one of these, the sentence has to change.
CLAIMS = {
    "tuples and micrograd: about the same without the collector": (
        times, ("tuples, collector off", "micrograd, collector off"), 0.75, 1.35),
    "micrograd without its collector: several times as fast": (times, ("micrograd, collector off", "micrograd"), 3, 8),
    "slots: about twice as fast as chapter 14's class": (times, ("slots", "tuples"), 1.5, 3.2),
    "the tape: faster again": (times, ("tape", "slots"), 1.1, 1.8),
    "dot nodes: about a third of the time that it took without them": (times, ("dot nodes", "slots"), 2.4, 4.5),
    "the text: about ten times as fast as any engine that makes nodes": (times, ("one example", "dot nodes"), 7, 16),
    "columns: about twice as fast again": (times, ("columns", "one example"), 1.5, 3),
    "the batch: about ten thousand times as fast as micrograd": (times, ("batch", "micrograd"), 6_500, 16_000),
    "the batch: level with jax.jit": (times, ("batch", "jax.jit, batch"), 0.6, 1.8),
    "the batch: leaves torch behind": (times, ("batch", "torch, batch"), 2, 20),
    "torch, number by number: about as long as micrograd": (times, ("torch, numbers", "micrograd"), 0.6, 1.7),
    "torch, the batch: more than a thousand times as fast as that": (times, ("torch, batch", "torch, numbers"), 1_000, 4_000),
    "a gradient over forward: a small multiple": (times, ("forward", "gradient", "cheap"), 1.5, 3.2),
    "nudging over a gradient: thousands of times": (times, ("gradient", "nudging every parameter", "cheap"), 3_000, 40_000),
    "checkpoints of 4: in the neighbourhood of 4/3 of the time": (times, ("all kept", "groups of 4", "checkpoints"), 1.0, 1.6),
    "checkpoints of 8: in the neighbourhood of 4/3 of the time": (times, ("all kept", "groups of 8", "checkpoints"), 1.0, 1.6),
}  # fmt: skip


@pytest.mark.parametrize("sentence", CLAIMS)
def test_what_the_chapter_says_of_clocks_still_holds(sentence):
    measure, args, low, high = CLAIMS[sentence]
    assert low <= measure(*args) <= high, f"{sentence}: {measure(*args):.3g}"


def test_every_rung_is_above_the_one_before():
    middle = [times(name, "micrograd") for name in draw.RUNGS]
    assert middle == sorted(middle)


def test_most_of_micrograds_time_is_the_collectors_and_ever_less_of_the_others():
    share = [1 - 1 / times(f"{name}, collector off", name) for name in ("micrograd", "tuples", "slots")]
    assert share[0] > 0.6
    assert share[0] > share[1] > share[2]


def test_without_circles_the_collector_takes_about_as_much():
    with_, without = (
        1 - 1 / times(f"{name}, collector off", name, "circles") for name in ("closures", "closures, no circle")
    )
    assert min(with_, without) > 0.5
    assert abs(with_ - without) < 0.15


def test_the_tape_gains_less_than_the_rungs_before():
    gains = [times(b, a) for a, b in (("micrograd", "tuples"), ("tuples", "slots"), ("slots", "tape"))]
    assert min(gains) == gains[-1]


def test_dot_nodes_save_more_time_than_edges():
    assert times("dot nodes", "slots") > 1.2 * 126_854 / 69_354


def test_less_than_half_of_the_memory():
    held = draw.results()["counts"]["checkpoint bytes"]
    assert held["groups of 4"] < held["groups of 8"] < 0.45 * held["all kept"]


def test_nothing_was_timed_before_it_agreed_and_everybody_was_there():
    for c in draw.results()["contests"]:
        assert c["absent"] == {}
        assert c["agreement"] < (1e-6 if c["topic"] == "cheap" else 1e-9)
    assert not draw.results()["about"]["quick"]


# ---------------------------------------------------------------- counts


def test_multiplications_of_chapter_1s_network():
    layers = draw.multiplications((784, 16, 16, 10))
    assert sum(f for f, _, _ in layers) == 12_960
    assert sum(s + p for _, s, p in layers) == 13_376


@pytest.mark.parametrize(("n", "k"), [(64, 8), (64, 4), (12, 3)])
def test_what_is_held_at_the_worst_moment(n, k):
    assert max(draw.kept(n)) == n
    assert max(draw.kept(n, k)) == n // k + k
    assert draw.kept(n)[-1] == draw.kept(n, k)[-1] == 0
    assert len(draw.kept(n, k)) - len(draw.kept(n)) == n + 1  # one more forward pass, and the last array


def test_a_last_group_may_be_short():
    assert max(draw.kept(10, 4)) == 6  # in the second of three groups
    assert draw.kept(10, 4)[-1] == 0


def test_numbers_are_rounded_to_two_digits():
    assert [draw.about(x) for x in (0.9, 4.14, 9.98, 31.4, 99.6, 368, 11_839)] == [
        "0.9", "4.1", "10", "31", "100", "370", "12,000"]  # fmt: skip


# ---------------------------------------------------------------- pictures


def test_the_ladder_names_everyone():
    ax = draw.plot_ladder({"a": 1.0, "b": 31.4}, {"c": 1530})
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a", "b", "c"]
    assert texts(ax) == ["1.0", "31", "1,500"]


def test_a_tape_is_a_table():
    said = texts(
        draw.plot_columns(["a", "b", "a * b"], [(-1, 0, -1, 0), (-1, 0, -1, 0), (0, -3.0, 1, 2.0)], [-3, 2, 1])
    )
    assert said.count("\N{MINUS SIGN}3") == 2
    assert "a * b" in said


def test_both_lines_say_how_high_they_go():
    said = texts(draw.plot_kept(64, 8))
    assert "all kept: 64" in said
    assert "groups of 8: 16" in said


def test_other_pictures_are_drawn():
    assert "12,544" in texts(draw.plot_multiplications((784, 16, 16, 10)))
    assert "everything kept" in texts(draw.plot_groups({2: 39, 8: 21}, 69, 64))
    assert texts(draw.plot_dot(3)).count("*") == 3
