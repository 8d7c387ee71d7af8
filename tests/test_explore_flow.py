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
    answers = in_node(tmp_path, "out(data.map(m.engine(m.draw)))", asked, name="flow")
    for config, answer in zip(asked, answers, strict=True):
        want = flow(**config)
        assert set(answer) == set(want)
        for key in want:
            assert len(answer[key]) == config["depth"]
            # a spread is a difference: where sigmoids have made all inputs alike, it has fewer digits than they have
            tolerance = {"rtol": 1e-12, "atol": 1e-13 if key == "spreads" else 1e-300}
            np.testing.assert_allclose(answer[key], want[key], **tolerance, err_msg=f"{key} of {config}")


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
    assert figure.html() == explore.Flow(3, 8, "relu", "he", norm=True, residual=True, scale=0.5, note="don't").html()


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
        ({"seed": "one"}, "seed wants a whole number"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Flow(**arguments)
