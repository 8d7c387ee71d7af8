"""Doctor: a network that was spoiled on purpose, readings of it to be bought one by one, and a fault to be named."""

from __future__ import annotations

import json
import math
from functools import cache
from html import escape
from pathlib import Path

import traitlets as t

from ...nn import diagnosis
from ...nn.diagnosis import OUTCOMES, READINGS, short
from ...rng import Rng
from .. import module
from ..base import Explorable, table

SYMPTOMS = Path(__file__).parents[2] / "nn" / "datasets" / "symptoms.json"
KINDS = READINGS | {"gradcheck": OUTCOMES["gradcheck"]}
# What the reader finds on the strips, as short as a phone needs it.
NAMES = {
    "unfinite": "NaN in the inputs",
    "start": "First loss / ln K",
    "idle": "Idle units",
    "promise": "Promise, small step",
    "second": "Promise, next step",
    "at_rate": "Promise, full rate",
    "ratio": "Update ratio",
    "first_last": "First / last layer",
    "recount": "Loss, recounted",
    "overfit": "Batch, by heart",
    "zeros": "Gain over blank",
    "gradcheck": "Gradient check",
}
LABELS = {
    "nothing": "nothing, it is healthy",
    "data": "a NaN in the data",
    "scale": "inputs, last weights or loss too large",
    "units": "hidden units dead or alike",
    "sign": "a wrong sign",
    "copy": "a step that reaches no parameter",
    "part": "a step that reaches some parameters",
    "backward": "a wrong backward pass",
    "zeroed": "gradients not set to zero",
    "large": "a rate that is too large",
    "small": "a rate that is too small",
    "faint": "inputs that are too faint",
    "vanishing": "gradients that vanish on the way",
    "order": "the order of the examples",
    "model": "the output layer or the loss",
    "labels": "labels of other pictures",
}


class Doctor(Explorable):
    """Name what is wrong with a network, for as few training steps as you can; each patient is drawn anew.

    patient    a whole number: which patient comes first; New patient draws another
    note       one sentence after "Try:"

    Afterwards, in a live notebook: `bought` are the readings that were taken, `guess` the latest verdict, `right` how
    many patients were diagnosed at the first try, out of `patients`.
    """

    _tag = "bp-doctor"
    _esm = module("doctor")

    readings = t.List().tag(sync=True)
    faults = t.Dict().tag(sync=True)
    rows = t.Dict().tag(sync=True)
    labels = t.Dict().tag(sync=True)
    patient = t.Int(1, min=0).tag(sync=True)
    patients = t.Int(1, min=1).tag(sync=True)
    bought = t.List(t.Unicode()).tag(sync=True)
    guess = t.Unicode().tag(sync=True)
    tries = t.Int(0, min=0).tag(sync=True)
    solved = t.Bool().tag(sync=True)
    right = t.Int(0, min=0).tag(sync=True)
    note = t.Unicode().tag(sync=True)

    def __init__(self, patient: int = 1, *, note: str = "") -> None:
        if isinstance(patient, bool) or not isinstance(patient, int) or patient < 0:
            raise ValueError(f"patient wants a whole number from 0, got {patient!r}")
        super().__init__(patient=patient, note=note, **stored())

    def _data(self) -> dict:
        said = {"readings": self.readings, "faults": self.faults, "rows": self.rows, "labels": self.labels}
        return said | {"patient": self.patient} | ({"note": self.note} if self.note else {})

    def _fallback(self) -> str:
        name, row = patient_of(self.patient)
        values = [math.nan if value is None else value for value in row]
        rows = [[NAMES[key], short(value), _range(kind), "" if kind.healthy(value) else "not healthy"]
                for (key, kind), value in zip(KINDS.items(), values, strict=False)]  # fmt: skip
        read = table(f"A network that reads {row[-1]:.0%} of new digits. What is wrong with it?",
                     ["reading", "here", "healthy", ""], rows, self.note)  # fmt: skip
        family, line, right, why = self.faults[name]
        told = f"{LABELS[family]}. The line was {_quoted(line)}, and it should be {_quoted(right)}. It shows because {why}."
        return f"{read}\n<details><summary>Answer</summary>\n<p>{escape(told)}</p>\n</details>"

    def __repr__(self) -> str:
        return f"Doctor(patient {self.patients}: {len(self.bought)} readings taken; {self.right} right at first try)"


def _quoted(code: str) -> str:
    """Code in quotation marks, without its comment; other words as they are."""
    is_code = "=" in code or "assert" in code
    return f"\u201c{code.split('  #')[0].rstrip()}\u201d" if is_code else code


def _range(kind: diagnosis.Reading) -> str:
    return short(kind.low) if kind.low == kind.high else f"{short(kind.low)} to {short(kind.high)}"


@cache
def stored() -> dict:
    """The traits that never change: what can be read, what can be wrong, and the networks, with what each reads last."""
    made = json.loads(SYMPTOMS.read_text("utf-8"))

    def row(numbers: list) -> list:
        got = dict(zip(made["columns"], numbers, strict=True))
        first, last = got["first"], got["last"]
        got["first_last"] = None if first is None or not last else float(f"{first / last:.3g}")
        return [*(got[key] for key in KINDS), got["held_out"]]

    faults = {"healthy": ["nothing", "", "", ""]} | made["faults"]
    readings = [[key, NAMES[key], kind.cost, kind.low, kind.high, kind.log] for key, kind in KINDS.items()]
    rows = {name: [row(numbers) for numbers in made["patients"][name]] for name in faults}
    return {"readings": readings, "faults": faults, "rows": rows, "labels": LABELS}


def patient_of(token: int) -> tuple[str, list]:
    """(what was done to it, its numbers) for the patient of this number, as the page draws it."""
    made, rng = stored(), Rng(f"doctor {token}")
    verdict = rng.pick(list(dict.fromkeys(family for family, *_ in made["faults"].values())))
    name = rng.pick([name for name, (family, *_) in made["faults"].items() if family == verdict])
    return name, made["rows"][name][rng.whole(0, len(made["rows"][name]) - 1)]
