"""Make bplib/nn/datasets/symptoms.json: the readings of networks that were spoiled on purpose, and of healthy ones.

Nobody needs to run this: the file is committed. It takes about six minutes on one core, and makes the file again:

    python tools/make_symptoms.py

    chosen     seeds 0 to 4 of each fault, on which the healthy ranges of bplib.nn.diagnosis were chosen
    fresh      seeds 10 to 19, which were looked at after that
    others     other networks that learn, three fresh seeds each
    faults     what is wrong: [verdict, the line, what should stand there, why it reads as it does]
    patients   each fault in networks of random width, rate and batch size: what the figure `doctor` draws from

A row has the numbers of COLUMNS, to three digits; null is NaN or infinite. Another processor rounds differently, and
programs that fall apart may then fall apart a little differently.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from bplib.exercises.shared.spoiled import FAULTS, OTHERS, Reader, examine, gradient_error, spoiled, trained

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "symptoms.json"
CHOSEN, FRESH, OTHER, PATIENTS = range(5), range(10, 20), range(10, 13), range(100, 108)
COLUMNS = ("unfinite", "start", "idle", "promise", "second", "at_rate", "ratio", "first", "last", "recount", "overfit",
           "zeros", "gradcheck", "held_out", "trained", "top", "printed")  # fmt: skip
NAMES = ("healthy", *FAULTS)


def short(number: float) -> float | None:
    return float(f"{number:.3g}") if math.isfinite(number) else None


def row(make: Callable[[], Reader]) -> list[float | None]:
    """The numbers of COLUMNS for one program."""
    found, after, error = examine(make), trained(make()), gradient_error(make)
    seen = [found.unfinite, found.start, found.idle, found.promise, found.second, found.at_rate, found.ratio,
            found.ratios[0], found.ratios[-1], found.recount, found.overfit, found.zeros, error,
            after.held_out, after.trained, after.top, after.losses[-1]]  # fmt: skip
    return [short(number) for number in seen]


def settings_of(seed: int) -> dict:
    """A network of another size, trained with other settings."""
    rng = np.random.default_rng(seed)
    width = int(rng.choice([16, 24, 32, 48, 64]))
    return {
        "widths": (64, width, width, 10),
        "lr": float(rng.choice([0.05, 0.1, 0.15])),
        "batch": int(rng.choice([16, 32, 64])),
    }


def faulty(name: str, seed: int, **settings) -> Callable[[], Reader]:
    return lambda: spoiled(name, seed, **settings)


def other(name: str, seed: int) -> Callable[[], Reader]:
    return lambda: OTHERS[name](seed)


def everything() -> dict:
    return {
        "columns": COLUMNS,
        "faults": {name: [fault.family, fault.line, fault.right, fault.why] for name, fault in FAULTS.items()},
        "chosen": {name: [row(faulty(name, seed)) for seed in CHOSEN] for name in NAMES},
        "fresh": {name: [row(faulty(name, seed)) for seed in FRESH] for name in NAMES},
        "others": {name: [row(other(name, seed)) for seed in OTHER] for name in OTHERS},
        "settings": [settings_of(seed) for seed in PATIENTS],
        "patients": {name: [row(faulty(name, seed, **settings_of(seed))) for seed in PATIENTS] for name in NAMES},
    }


def text(made: dict) -> str:
    """JSON with a line for each row."""
    parts = []
    for key, value in made.items():
        if isinstance(value, dict):
            rows = (
                f"  {json.dumps(name)}: [\n   " + ",\n   ".join(map(json.dumps, rows)) + "]"
                for name, rows in value.items()
            )
            parts.append(f" {json.dumps(key)}: {{\n" + ",\n".join(rows) + "}")
        else:
            parts.append(f" {json.dumps(key)}: {json.dumps(value)}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> None:
    os.nice(10)
    OUTPUT.write_text(text(everything()))


if __name__ == "__main__":
    main()
