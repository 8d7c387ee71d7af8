"""The figure `doctor`: its patients against Python's, its fairness, its static form."""

import pytest
from explorables import in_node

from bplib import explore
from bplib.exercises.shared.spoiled import FAULTS
from bplib.explore.doctor import KINDS, LABELS, NAMES, patient_of, stored
from bplib.nn.diagnosis import VERDICTS, short


def test_javascript_and_python_draw_the_same_patients(tmp_path):
    tokens = [*range(200), 10**9 - 1]
    answers = in_node(tmp_path, "out(data[1].map((token) => { const p = m.patientOf(data[0], token); return [p.name, p.row]; }))",
                      [stored(), tokens], "doctor")  # fmt: skip
    assert answers == [list(patient_of(token)) for token in tokens]


def test_javascript_and_python_place_and_shorten_alike(tmp_path):
    values = [-3.65, -1.0, -0.05, 0.0, 3e-6, 8e-5, 0.0123, 0.3, 1.0, 1.4, 73.6, 268.0, 1.4e9]
    script = "out(data[0].map((r) => data[1].map((v) => [m.place(v, r), m.short(v)])))"
    answers = in_node(tmp_path, script, [stored()["readings"], values], "doctor")
    for kind, row in zip(KINDS.values(), answers, strict=True):
        for value, (place, text) in zip(values, row, strict=True):
            assert abs(place - kind.place(value)) <= 1e-12
            if abs(value) >= 0.001 or not value:
                assert text.replace("\N{MINUS SIGN}", "-") == (short(value) if value < 1000 else "1e9")


def test_every_verdict_can_be_chosen_and_every_fault_is_there():
    made = stored()
    assert set(LABELS) == set(VERDICTS) - {"nan", "flat"}, "no spoiled program has these"
    assert set(NAMES) == set(KINDS)
    assert set(made["faults"]) == {"healthy", *FAULTS}
    for name, fault in FAULTS.items():
        assert made["faults"][name] == [fault.family, fault.line, fault.right, fault.why], "make_symptoms.py is due"
    assert {family for family, *_ in made["faults"].values()} == set(LABELS)
    assert len({len(rows) for rows in made["rows"].values()}) == 1, "a guess is compared with the same size of network"


def test_every_wrong_guess_of_every_patient_is_answered_with_numbers_that_differ(tmp_path):
    """What is said of a wrong guess must not deny itself: the two numbers are not the same ones."""
    script = """
    const [data, labels] = [data0, Object.keys(data0.labels)];
    const alike = [];
    for (const [name, [verdict]] of Object.entries(data.faults))
      for (const [which, row] of data.rows[name].entries())
        for (const guess of labels.filter((label) => label !== verdict)) {
          const found = m.contrast(data, { name, verdict, which, row }, guess);
          if (!found) alike.push([name, which, guess]);
          else if (m.short(found.would) === m.short(found.has)) alike.push([name, which, guess, found]);
        }
    out(alike);
    """.replace("data0", "data")
    script = script.replace(
        "const [data, labels] = [data, Object.keys(data.labels)];", "const labels = Object.keys(data.labels);"
    )
    alike = in_node(tmp_path, script, stored(), "doctor")
    assert len(alike) <= 12, alike


def test_static_form():
    figure = explore.Doctor(5, note="stop when you know")
    html = figure.html()
    assert html.startswith("<bp-doctor data='{")
    assert "What is wrong with it?" in html
    assert (
        "<details><summary>Answer</summary>\n<p>gradients not set to zero. The line was \u201cgrads += new\u201d, and"
        in html
    )
    assert html.count("<tr>") == 1 + len(KINDS)
    assert len(html) < 30_000
    assert repr(figure) == "Doctor(patient 1: 0 readings taken; 0 right at first try)"


@pytest.mark.parametrize("patient", [-1, 1.5, True, "5"])
def test_wrong_arguments_are_named(patient):
    with pytest.raises(ValueError, match="patient wants a whole number from 0"):
        explore.Doctor(patient)
