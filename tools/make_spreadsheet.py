"""Makes the spreadsheet of chapter 6, which its page lets the reader download: python tools/make_spreadsheet.py"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bplib.engine.trace_table import trace  # noqa: E402
from bplib.exercises.ch06 import CHAPTER, PARAMETERS, two_inputs  # noqa: E402
from bplib.show import training_sheet  # noqa: E402

PLACE = ROOT / "book" / "two_neurons.xlsx"


def made() -> bytes:
    loss, nodes = two_inputs(**CHAPTER)
    return training_sheet.to_xlsx(trace(loss, z=nodes["z"], a=nodes["a"], o=nodes["o"]), params=PARAMETERS, steps=30)


if __name__ == "__main__":
    PLACE.write_bytes(made())
    print(f"{PLACE.relative_to(ROOT)}: {PLACE.stat().st_size:,} bytes")
