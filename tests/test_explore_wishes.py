"""Wishes: the JavaScript model against bplib's layers with the same weights, the static form, wrong arguments."""

import html
import json
import re

import numpy as np
import pytest
from explorables import in_node

from bplib import explore
from bplib.explore.wishes import _signed, network, stored, wishes_for
from bplib.nn.data import digits, split
from bplib.nn.training import accuracy

SCRIPT = """
const net = m.decode(data.network), pictures = m.library(net);
const parameters = (state) => net.layers.flatMap(({ nIn, nOut }, l) => {
  const all = Array.from({ length: nOut }, (_, j) => m.rollback(net, state, l + 1, j));
  const W = Array.from({ length: nIn * nOut }, (_, k) => all[k % nOut].weights[Math.floor(k / nOut)]);
  return [...W, ...all.map((roll) => roll.bias)];
});
out(data.ask.map(([image, target, n, level, neuron]) => {
  const one = m.single(net, m.enlarge(net.images[image]), target);
  const row = m.rowFrom(pictures, net.images.length, image, one).slice(0, n);
  const list = (state) => ({ a: state.a.slice(1).map((v) => [...v]), parameters: parameters(state),
                             pixels: [...m.rollback(net, state, level, neuron).pixels] });
  const { one: size, mean: length, typical, cosine } = m.compared(one, row);
  return { x: [...m.enlarge(net.images[image])], one: list(one), mean: list(m.averaged(net, row)), size, length, typical, cosine };
}));
"""


def close(got, want):
    got, want = np.ravel(got), np.ravel(want)
    assert got.shape == want.shape
    assert np.abs(got - want).max() <= 1e-12 * max(1.0, np.abs(want).max())


def flat(arrays) -> np.ndarray:
    return np.concatenate([a.ravel() for a in arrays])


def followed(net, wishes, level: int, neuron: int) -> np.ndarray:
    """One neuron's wish about its sum, handed back through the layers before it; after a forward pass."""
    before = net.layers[: 2 * level - 1]
    dZ = np.zeros((1, before[-1].n_out))
    dZ[0, neuron] = wishes[2 * level - 1][neuron]
    for layer in reversed(before):
        dZ = layer.backward(dZ)
    return dZ[0]


def test_javascript_computes_what_bplib_computes(tmp_path):
    net, X, labels = network()
    rng = np.random.default_rng(5)
    ask = [(int(rng.integers(120)), int(rng.integers(10)), int(rng.integers(1, 121)), int(level), int(rng.integers(10)))
           for level in (1, 2, 3, 3)]  # fmt: skip
    answers = in_node(tmp_path, SCRIPT, {"network": stored(), "ask": ask}, name="wishes")
    for (image, target, n, level, neuron), answer in zip(ask, answers, strict=True):
        close(answer["x"], X[image])
        Y, wishes = wishes_for(net, X[image], target)
        for got, layer in zip(answer["one"]["a"], net.layers[1::2], strict=True):
            close(got, layer.Y)
        close(answer["one"]["a"][-1], Y)
        close(answer["one"]["parameters"], flat(wishes))
        net.forward(X[[image]])
        close(answer["one"]["pixels"], followed(net, wishes, level, neuron))
        singles, pixels = [], []
        row = [(image + k) % len(X) for k in range(n)]  # this picture and those that follow it, round and round
        for k in row:
            _, own = wishes_for(net, X[k], labels[k] if k != image else target)
            singles.append(flat(own))
            net.forward(X[[k]])
            pixels.append(followed(net, own, level, neuron))
        close(answer["mean"]["parameters"], np.mean(singles, axis=0))
        close(answer["mean"]["pixels"], np.mean(pixels, axis=0))
        mean, lengths = np.mean(singles, axis=0), [np.linalg.norm(one) for one in singles]
        close(answer["size"], lengths[0])
        close(answer["typical"], np.mean(lengths))
        close(answer["length"], np.linalg.norm(mean))
        close(answer["cosine"], singles[0] @ mean / lengths[0] / np.linalg.norm(mean))
        net.forward(X[row], train=False)
        close(answer["mean"]["a"][0], net.layers[1].Y.mean(axis=0))


def test_the_stored_network_is_as_good_as_it_says_on_pictures_that_it_never_saw():
    net, X, labels = network()
    everything, t = digits(28)
    _, (held, right) = split(everything, t)
    assert np.array_equal(X, held[: len(X)])
    assert np.array_equal(labels, right[: len(X)])
    data = stored()
    assert data["held"] == len(held)
    assert accuracy(net.forward(held, train=False), right) == pytest.approx(data["right"] / data["held"])


def test_static_form():
    figure = explore.Wishes(90, note="don't")
    assert repr(figure) == "Wishes(picture 90, a 3, read as 7: output 3 is at 0.286 and wishes +1.428)"
    assert figure.html() == explore.Wishes(90, note="don't").html()
    quoted, fallback = re.fullmatch(r"<bp-wishes data='([^']*)'>\n(.*)\n</bp-wishes>", figure.html(), re.S).groups()
    data = json.loads(html.unescape(quoted))
    assert set(data) == {"network", "image", "layer", "asks", "averaged", "n", "note"}
    assert (data["image"], data["layer"], data["n"]) == (90, 3, 120)
    assert len(quoted) < 60_000
    assert '<th scope="row">3</th><td class="bp-forward">0.286</td><td>+1.428</td><td>+0.292</td>' in fallback
    assert "338 of 359 digits rightly" in fallback


def test_the_still_shows_the_network_and_what_the_right_output_asks():
    fallback = explore.Wishes(90)._fallback()
    still = fallback.partition("<table")[0]
    assert still.count("<circle") == 16 + 16 + 10
    assert still.count("stroke-width:4.3") == 1, "the strongest request"
    assert "reads a 3 as a 7. Output 3 is at 0.286" in still
    assert "above all neuron 4 less, neuron 7 less and neuron 8 less active." in still
    assert still.index("3  right answer") < still.index("7  its answer")
    assert len(still) < 24_000
    assert "output 7 asks this" in explore.Wishes(90, target=7)._fallback()
    assert "an 8, read as a 1" in explore.Wishes(33)._fallback()
    assert "its answer" not in explore.Wishes(0)._fallback()


def test_the_still_asks_what_the_page_asks(tmp_path, monkeypatch):
    """What output 3 asks of hidden 2, and through it of the pixels, is the model's to the last digits."""
    script = """const net = m.decode(data), state = m.single(net, m.enlarge(net.images[90]), 3);
                const { before, pixels } = m.rollback(net, state, 3, 3); out([[...before], [...pixels]]);"""
    drawn = []
    monkeypatch.setattr("bplib.explore.wishes.draw", lambda *given, **_: drawn.append(given) or "")
    explore.Wishes(90)._fallback()
    [(_, asked, _, pixels)] = drawn
    before, through = in_node(tmp_path, script, stored(), name="wishes")
    close(asked, before)
    close(pixels, through)


def test_no_zero_has_a_sign():
    assert [_signed(v) for v in (1.4284, -0.0712, 0.0, -0.0, -0.00004)] == [
        "+1.428", "\N{MINUS SIGN}0.071", "0", "0", "\N{MINUS SIGN}4.00e\N{MINUS SIGN}5"]  # fmt: skip


def test_it_follows_the_reader():
    figure = explore.Wishes(90)
    figure.target, figure.layer, figure.neuron = 7, 1, 4
    assert '"target":7,"layer":1,"neuron":4' in figure.html()
    assert "output 7" in repr(figure)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": 120}, "image wants a whole number from 0 to 119, got 120"),
        ({"image": 1.5}, "image wants a whole number from 0 to 119, got 1.5"),
        ({"target": 10}, "target wants a whole number from 0 to 9, got 10"),
        ({"layer": 0}, "layer wants a whole number from 1 to 3, got 0"),
        ({"neuron": 10}, "neuron of layer 3 wants a whole number from 0 to 9, got 10"),
        ({"layer": 2, "neuron": 16}, "neuron of layer 2 wants a whole number from 0 to 15"),
        ({"asks": "biases"}, "asks wants one of neurons, weights, got 'biases'"),
        ({"n": 0}, "n wants a whole number from 1 to 120, got 0"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Wishes(**arguments)
