"""Flow: the JavaScript model against bplib's layers with the same drawn weights, the static form, wrong arguments."""

import html
import json
import random
import re

import numpy as np
import pytest
from explorables import in_node

from bplib import explore
from bplib.explore.flow import ACTIVATIONS, INITS, flow
from bplib.explore.flow.still import still


def configurations():
    """Every kind of layer twice or more, in networks of random sizes."""
    rng = random.Random(3)
    for activation in ACTIVATIONS:
        for norm in (False, True):
            for residual in (False, True):
                for init in INITS:
                    yield {
                        "depth": rng.randint(1, 12), "width": rng.randint(2, 24), "batch": rng.randint(4, 32),
                        "activation": activation, "init": init, "scale": rng.choice([1.0, 0.5, 1.2]),
                        "norm": norm, "residual": residual, "seed": rng.randint(1, 99),
                    }  # fmt: skip


def test_javascript_computes_what_bplib_computes(tmp_path):
    asked = list(configurations())
    plain = "const plain = (r) => ({ ...r, A: r.A.map((a) => [...a]), dZ: r.dZ.map((a) => [...a]) });"
    script = f"{plain} out(data.map(m.engine(m.draw)).map(plain))"
    answers = in_node(tmp_path, script, asked, name="flow")
    for config, answer in zip(asked, answers, strict=True):
        want = flow(**config)
        assert set(answer) == set(want)
        for key in want:
            assert len(answer[key]) == config["depth"]
            here = np.reshape(want[key], (config["depth"], -1))
            there = np.reshape(answer[key], here.shape)
            # a spread is a difference: where sigmoids have made all inputs alike, it has fewer digits than they have,
            # and a single entry of a gradient is a sum that may cancel
            least = {"spreads": 1e-13, "dZ": 1e-12 * np.abs(here).max(), "A": 1e-12 * np.abs(here).max()}.get(
                key, 1e-300
            )
            np.testing.assert_allclose(there, here, rtol=1e-12, atol=least, err_msg=f"{key} of {config}")


def test_it_starts_with_the_network_that_python_describes(tmp_path):
    figure = explore.Flow()
    script = "out(m.engine(m.draw)({ ...data, batch: 32 }).gradients[0])"
    assert in_node(tmp_path, script, figure._data(), name="flow") == pytest.approx(1.38e-14, rel=1e-2)
    named = "Flow(20 layers of 32, sigmoid, xavier: the length of dL/dZ is 1.38e\N{MINUS SIGN}14 in layer 1, "
    assert repr(figure).startswith(named)


def test_static_form():
    figure = explore.Flow(3, 8, "relu", "he", norm=True, residual=True, scale=0.5, note="don't")
    quoted, fallback = re.fullmatch(r"<bp-flow data='([^']*)'>\n(.*)\n</bp-flow>", figure.html(), re.S).groups()
    data = json.loads(html.unescape(quoted))
    assert data == {"depth": 3, "width": 8, "activation": "relu", "init": "he", "scale": 0.5, "norm": True,
                    "residual": True, "seed": 1, "note": "don't"}  # fmt: skip
    assert "3 layers of 8, relu, he times 0.5, batch norm, residual: one forward" in fallback
    assert fallback.count("<tr>") == 4
    assert "dead units" in fallback
    assert "Two curves over the layers of a network: the length of dL/dZ is" in fallback
    assert fallback.count("<path") == 2 + 2 * 6  # two arrowheads; in each panel five lines and a curve
    assert figure.html() == explore.Flow(3, 8, "relu", "he", norm=True, residual=True, scale=0.5, note="don't").html()


def test_the_still_draws_whatever_can_be_drawn():
    for values in ([0.2], [1e-300] * 50, [1.0, 0.0, float("inf"), float("nan"), 2.0], [float("nan")] * 3):
        picture = still(values, values[::-1], "told")
        assert picture.count("<svg") == 1
        assert not re.search(r"nan|inf", picture)
    assert still([1.0, 0.0, 2.0, 3.0], [1.0] * 4, "a gap").count("M") > still([1.0] * 4, [1.0] * 4, "no gap").count("M")


def test_what_is_shown_travels():
    assert explore.Flow(layer=3, weights=True)._data().items() >= {"layer": 3, "weights": True}.items()
    assert not {"layer", "weights"} & set(explore.Flow()._data())


def test_what_overflows_is_said_so():
    shown = explore.Flow(20, 8, "none", "normal", scale=1e30)
    assert "NaN" in shown.html() or "\N{INFINITY}" in shown.html()
    assert "nan" not in repr(shown)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"depth": 0}, "depth wants a whole number from 1 to 50, got 0"),
        ({"depth": 51}, "depth wants a whole number from 1 to 50, got 51"),
        ({"width": 1}, "width wants a whole number from 2 to 64, got 1"),
        ({"width": 2.5}, "width wants a whole number from 2 to 64, got 2.5"),
        ({"activation": "swish"}, "activation wants one of sigmoid, tanh, relu, none, got 'swish'"),
        ({"init": "zeros"}, "init wants one of normal, xavier, he, got 'zeros'"),
        ({"scale": float("inf")}, "scale wants a finite number, got inf"),
        ({"layer": 0}, "layer wants a whole number from 1 to 50, got 0"),
        ({"seed": "one"}, "seed wants a whole number"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Flow(**arguments)
