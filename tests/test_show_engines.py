"""What the pictures of chapter 14 write is what they were given, or follows from it."""

from bplib.show import engines as draw


def texts(ax):
    return [t.get_text() for t in ax.texts]


def test_a_product_keeps_the_numbers_crossed_over():
    said = texts(draw.plot_memory(2.0, -3.0))
    assert "slopes \N{MINUS SIGN}3, 2" in said
    assert "data \N{MINUS SIGN}6" in said
    assert said.count("grad 0") == 3
    assert "grad \N{MINUS SIGN}15" in texts(draw.plot_memory(2.0, -3.0, upstream=5.0))


def test_what_is_sent_is_added_up():
    ax = draw.plot_sent({"recursion": [2, 8], "sorted": [8]}, 8)
    assert {"∂ 10", "∂ 8"} <= set(texts(ax))
    assert [t.get_text() for t in ax.get_yticklabels()] == ["recursion", "sorted"]


def test_every_doubling_adds_a_node_and_doubles_the_paths():
    said = texts(draw.plot_doublings(5))
    assert {"paths", "nodes", "32", "6"} <= set(said)
