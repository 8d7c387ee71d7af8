"""The figure `starts`: its steps against NumPy's, its counts, its static form."""

import numpy as np
import pytest
from explorables import in_node

from bplib import explore
from bplib.explore.starts import PROGRAMS, solved


@pytest.mark.parametrize("program", PROGRAMS)
def test_javascript_and_numpy_agree(tmp_path, program):
    answers = in_node(tmp_path, f"out([...m.outputs(m.train(m.starts(200), '{program}', 0.7, 25))])", None, "starts")
    ours = explore.Starts(program, lr=0.7, steps=25).outputs()
    assert np.max(np.abs(ours.ravel() - answers)) <= 1e-12


def test_a_start_is_that_of_xor():
    figure = explore.Starts(steps=50)
    one = explore.Xor(seed=7)
    for _ in range(50):
        one.weights = [w - g for w, g in zip(one.weights or explore.xor.initial(7), one.gradient()[1], strict=True)]
    logits = one.network().forward(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]))
    assert np.max(np.abs(1 / (1 + np.exp(-logits[:, 0])) - figure.outputs()[6])) <= 1e-12


def test_static_form():
    figure = explore.Starts(start=5, note="tap a cell")
    html = figure.html()
    assert html.startswith('<bp-starts data=\'{"program":"cross-entropy","lr":1.0,"start":5,"note":"tap a cell"}\'>')
    assert "147 of 200 starts solved, after 2,000 steps at rate 1" in html
    assert html.count("<svg") == 1
    assert html.count("<circle") == 4
    assert ">(0, 1) (1, 1)<" in html, "two cases in one place are named together"
    assert len(html) < 60_000
    assert repr(figure) == "Starts(cross-entropy, rate 1, after 0 steps: 0 of 200 solved)"
    assert solved(explore.Starts("four faults", lr=0.1, steps=5000).outputs()).sum() == 135


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"program": "adam"}, "program wants one of cross-entropy, squared error, four faults, got 'adam'"),
        ({"lr": None}, "lr wants a finite number, got None"),
        ({"start": 0}, "start wants a whole number from 1 to 200, got 0"),
        ({"start": 1.5}, "start wants a whole number from 1 to 200, got 1.5"),
        ({"steps": -1}, "steps wants a whole number from 0 to 100000, got -1"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        explore.Starts(**arguments)
