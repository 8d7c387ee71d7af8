"""`make bench`: measure the package and its peers, and write results.json, RESULTS.md and results.svg beside this file.

A benchmark, never a test: times depend on the machine, ratios much less. `--quick` is a smoke run with tiny sizes;
it writes to a folder of its own, so that it never takes the place of real numbers.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib import metadata
from pathlib import Path

import arrays
import measure
import report
import scalars
from measure import Contest, Crew, contest

HERE = Path(__file__).resolve().parent
CHAPTER = HERE.parent / "bplib" / "nn" / "datasets" / "cost.json"  # what chapter 17 shows

DIGITS = {
    "bplib layers": arrays.digits_layers,
    "bplib tensor tape": arrays.digits_tape,
    "torch eager": arrays.digits_torch,
    "jax.jit": arrays.digits_jax,
    "autograd": arrays.digits_autograd,
    "tinygrad": arrays.digits_tinygrad,
    "matrix products alone": arrays.digits_products,
    "matrix products alone, blocked": arrays.digits_products_blocked,
    "bplib layers, forward only": arrays.digits_forward,
}
RUNGS = {  # chapter 17's ladder, from bottom to top
    "micrograd": scalars.micrograd,
    "tuples": scalars.tuples,
    "slots": scalars.value,
    "tape": scalars.tape,
    "dot nodes": scalars.dots,
    "one example": scalars.written,
    "columns": scalars.columns,
    "batch": scalars.batch,
}
LADDER = {  # all in the same rounds, so that each can be compared with each
    **RUNGS,
    **{f"{name}, collector off": partial(scalars.without_collector, maker) for name, maker in RUNGS.items()},
    "torch, numbers": scalars.torch_numbers,
    "torch, batch": scalars.batch_torch,
    "jax.jit, batch": scalars.batch_jax,
}
CLOSED = {"closures": scalars.closures, "closures, no circle": scalars.uncircled}
CIRCLES = {  # is it the circles that keep the collector busy, or the objects?
    **CLOSED,
    **{f"{name}, collector off": partial(scalars.without_collector, maker) for name, maker in CLOSED.items()},
}
XOR = {
    "bplib layers": arrays.xor_layers,
    "bplib fit": arrays.xor_fit,
    "jax.jit": arrays.xor_jax,
    "torch eager": arrays.xor_torch,
}
SMALL = {
    "NumPy by hand": arrays.small_explicit,
    "bplib tensor tape": arrays.small_tape,
    "torch eager": arrays.small_torch,
    "autograd": arrays.small_autograd,
}
DEEP = {
    "NumPy by hand": arrays.deep_explicit,
    "bplib tensor tape": arrays.deep_tape,
    "bplib tensor tape, release": arrays.deep_tape_release,
    "bplib tensor tape, checkpointed": arrays.deep_tape_checkpointed,
}
CHEAP = {
    "forward": arrays.digits_forward,
    "gradient": arrays.digits_layers,
    "nudging every parameter": arrays.digits_nudged,
}
GROUPS = (2, 4, 6, 8, 12, 16, 32)  # layers between two activations that are kept, of 64
CHECKPOINTED = {
    "NumPy by hand": arrays.deep_explicit,
    "all kept": arrays.deep_tape_release,
    **{f"groups of {k}": partial(arrays.deep_tape_checkpointed, group=k) for k in GROUPS},
}
IMPORTS = {
    "bare Python": "pass",
    "bplib": "import bplib",
    "bplib, Value used": "import bplib; x = bplib.Value(2.0); (x * x).backward()",
    "numpy": "import numpy",
    "matplotlib.pyplot": "import matplotlib.pyplot",
    "torch": "import torch",
}


def scalar(quick: bool, rounds: int) -> list[Contest]:
    """micrograd's demo, with the garbage collector as Python has it, and without."""
    engines = {"bplib Value": scalars.value, "micrograd": scalars.micrograd, "forward only": scalars.value_forward,
               "bplib, emitted": scalars.emitted}  # fmt: skip
    problem = {"points": 4 if quick else 100}
    with Crew() as crew:
        return [contest(crew, "scalar", engines, problem, rounds=rounds, collect=collect) for collect in (True, False)]


def on_digits(quick: bool, rounds: int) -> list[Contest]:
    """The same processes for all sizes: loading torch and jax once is enough."""
    with Crew() as crew:
        return [contest(crew, "digits", DIGITS, {"net": net, "batch": batch}, rounds=rounds)
                for net in ("sigmoid", "relu") for batch in ((2,) if quick else (1, 32, 256, 1797))]  # fmt: skip


def small_and_deep(quick: bool, rounds: int) -> list[Contest]:
    """XOR, the cost of an operation's administration, and whether cost grows as depth does."""
    with Crew() as crew:
        found = [contest(crew, "xor", XOR, {"epochs": 10 if quick else 200}, rounds=rounds),
                 contest(crew, "overhead", SMALL, {"ops": 30 if quick else 300}, rounds=rounds)]  # fmt: skip
        chains = {"bplib Value": scalars.value_chain, "plain floats": scalars.floats_chain}
        for depth in (10, 20) if quick else (1_000, 10_000, 100_000):
            found.append(contest(crew, "chain", chains, {"depth": depth}, rounds=rounds))
        for depth in (2, 4) if quick else (16, 64, 256):
            shape = {"depth": depth, "width": 4 if quick else 64, "batch": 4 if quick else 64}
            found.append(contest(crew, "deep", DEEP, shape, rounds=rounds))
    return found


def nudging(rounds: int) -> Contest:
    """Every parameter of the digits network nudged up and down, really run, against one backward pass."""
    pair = {"bplib layers": arrays.digits_layers, "nudging every parameter": arrays.digits_nudged}
    with Crew() as crew:
        return contest(crew, "nudging", pair, {"net": "sigmoid", "batch": 32}, rounds=rounds, rtol=1e-4)


def imports(rounds: int) -> Contest:
    """CPU seconds of a whole interpreter, from nothing, that imports one thing."""
    result = Contest("imports", {})
    with Crew() as crew:
        for i in range(rounds + 1):  # the first round fills the disk cache, and does not count
            for name, statement in list(IMPORTS.items())[:: -1 if i % 2 else 1]:
                if name in result.absent:
                    continue
                worked, seconds = crew.ask("imports", measure.call, interpreter, statement)
                if not worked:
                    result.absent[name] = seconds
                elif i:
                    result.seconds.setdefault(name, []).append(seconds)
    return result


def interpreter(statement: str) -> float:
    done = subprocess.run([sys.executable, "-c", f"{statement}\nimport time; print(time.process_time())"],
                          capture_output=True, text=True)  # fmt: skip
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1]
        raise (ModuleNotFoundError if last.startswith("ModuleNotFoundError") else RuntimeError)(last)
    return float(done.stdout)


def counts(quick: bool) -> dict[str, dict[str, float | str]]:
    """What is counted, not timed, and therefore the same in every run: {what: {who: how many}}."""
    points, deep = 4 if quick else 100, 1_000 if quick else 1_000_000
    shape = {"depth": 4, "width": 8, "batch": 8} if quick else {"depth": 64, "width": 256, "batch": 1024}
    found: dict[str, dict] = {"nodes": {}, "bytes a node": {}, "deepest chain": {}, "peak MiB": {}}
    with Crew() as crew:
        nodes = found["nodes"]["moons"] = crew.ask("bplib Value", measure.call, scalars.nodes, points)[1]
        for name, maker in {"bplib Value": scalars.value, "micrograd": scalars.micrograd}.items():
            worked, value = crew.ask(name, measure.set_up, maker, {"points": points})
            found["bytes a node"][name] = crew.ask(name, measure.peak)[1] / nodes if worked else value
            engine = name.split()[0]
            found["deepest chain"][name] = crew.ask(name, measure.call, scalars.deepest, engine, deep)[1]
        for name, maker in DEEP.items():
            crew.ask("deep", measure.set_up, maker, shape)
            found["peak MiB"][name] = crew.ask("deep", measure.peak)[1] / 2**20
    return found


def chapter(quick: bool, rounds: int) -> dict:
    """What chapter 17 shows: its ladder, checkpoints and the price of a gradient, timed and counted."""
    problem = {"points": 4 if quick else 100}
    shape = {"depth": 4, "width": 8, "batch": 8} if quick else {"depth": 64, "width": 256, "batch": 1024}
    found, began = {"about": about(quick)}, time.perf_counter()
    with Crew() as crew:
        contests = [contest(crew, "ladder", LADDER, problem, rounds=rounds)]
        contests.append(contest(crew, "circles", CIRCLES, problem, rounds=min(rounds, 5)))
        counts = {"nodes": crew.ask("slots", measure.call, scalars.nodes, problem["points"])[1], "peak bytes": {}}
        for name, maker in RUNGS.items():
            worked, value = crew.ask(name, measure.set_up, maker, problem)
            counts["peak bytes"][name] = crew.ask(name, measure.peak)[1] if worked else value
        counts["lines written"] = crew.ask("slots", measure.call, scalars.lines_written, problem["points"])[1]
    with Crew() as crew:
        contests.append(contest(crew, "checkpoints", CHECKPOINTED, shape, rounds=min(rounds, 5)))
        digits = {"net": "sigmoid", "batch": 4 if quick else 32}
        if not quick:  # thousands of passes, however few the examples are
            contests.append(contest(crew, "cheap", CHEAP, digits, rounds=rounds, rtol=1e-4))
        counts["checkpoint bytes"] = {name: crew.ask(name, measure.peak)[1] for name in CHECKPOINTED}
    found["about"] |= {"load after": load(), "seconds": round(time.perf_counter() - began)}
    return found | {"contests": [c.as_dict() for c in contests], "counts": counts}


def about(quick: bool) -> dict:
    """The machine and what runs on it, without naming whose it is."""
    names = ("numpy", "torch", "jax", "autograd", "micrograd", "tinygrad")
    versions = {}
    for name in names:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            versions[name] = "not installed"
    return {"date": time.strftime("%Y-%m-%d"), "cpu": cpu(), "cores": os.cpu_count(), "system": platform.system(),
            "python": platform.python_version(), "versions": versions, "quick": quick, "load before": load()}  # fmt: skip


def cpu() -> str:
    """The processor's model, where the system tells."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((s.split(":", 1)[1].strip() for s in lines if s.startswith("model name")), platform.machine())


def load() -> float | None:
    """How many processes wanted a core, on average over the last minute."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None


def save(results: dict, folder: Path) -> None:
    (folder / "results.json").write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--quick", action="store_true", help="tiny sizes and 3 rounds: does everything run?")
    options.add_argument("--chapter", action="store_true", help="measure only what chapter 17 shows, into its file")
    options.add_argument("--rounds", type=int, help="how many rounds, 9 if not given")
    options.add_argument("--report", action="store_true", help="only write the report anew, from results.json")
    chosen = options.parse_args()
    quick, rounds, folder = chosen.quick, chosen.rounds or (3 if chosen.quick else 9), HERE
    if quick:
        folder = Path(tempfile.mkdtemp(prefix="bench-"))
    shown = folder / CHAPTER.name if quick else CHAPTER
    if not chosen.report:
        shown.write_text(json.dumps(chapter(quick, rounds), indent=1) + "\n", encoding="utf-8")
        print(f"Written to {shown}", flush=True)
    if chosen.chapter and quick:
        return
    if not (chosen.report or chosen.chapter):
        results, began = {"about": about(quick)}, time.perf_counter()
        contests = []
        for topic in (lambda: scalar(quick, rounds), lambda: on_digits(quick, rounds),
                      lambda: small_and_deep(quick, rounds), lambda: [nudging(rounds)] if not quick else [],
                      lambda: [imports(rounds)]):  # fmt: skip
            contests += topic()
            print(f"{time.perf_counter() - began:5.0f} s  {contests[-1].topic}", flush=True)
        results |= {"contests": [c.as_dict() for c in contests], "counts": counts(quick)}
        results["about"] |= {"load after": load(), "seconds": round(time.perf_counter() - began)}
        save(results, folder)  # before the report: minutes of measuring should not hang on a comma there
    else:
        results = json.loads((folder / "results.json").read_text())
    results["goals"] = [goal.as_dict() for goal in report.goals(report.Results(results))]
    save(results, folder)
    report.write(results, folder, json.loads(shown.read_text()))
    print(f"Written to {folder}")


if __name__ == "__main__":
    main()
