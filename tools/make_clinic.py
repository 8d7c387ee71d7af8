"""Make bplib/exercises/shared/clinic.json: from how many starts each program of the bug clinic, right or buggy, learns XOR.

Nobody needs to run this: the file is committed. It takes about three minutes, and makes the file again:

    python tools/make_clinic.py

Conditions: the four examples of XOR, eight hidden units, parameters drawn from the standard normal distribution with
the seeds 0 to STARTS - 1, batches of three where a program has batches, and every pair of EPOCHS and RATES (times the
program's own learning rate). Another processor may round differently, and a start that is on the edge may fall the
other way.
"""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

from bplib.exercises.shared.programs import BUGS, PROGRAMS, trains

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "exercises" / "shared" / "clinic.json"
STARTS = 40
EPOCHS = (200, 600)
RATES = (0.3, 1, 3)


def main() -> None:
    budgets = list(product(EPOCHS, RATES))
    texts = {name: (program, program.text) for name, program in PROGRAMS.items()}
    texts |= {slug: (program, program.inject_bug(bug)) for slug, (program, bug) in BUGS.items()}
    rows = {name: [trains(*text, STARTS, *budget) for budget in budgets] for name, text in texts.items()}
    solved, fell = ({name: [pair[i] for pair in row] for name, row in rows.items()} for i in (0, 1))
    lines = [f'"starts": {STARTS}', f'"budgets": {json.dumps(budgets)}']
    for key, counts in (("solved", solved), ("fell", fell)):
        inner = ",\n".join(f"  {json.dumps(name)}: {json.dumps(row)}" for name, row in counts.items())
        lines.append(f'"{key}": {{\n{inner}\n}}')
    OUTPUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
