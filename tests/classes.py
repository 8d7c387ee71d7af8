"""A course of its own for a test of the grading: a copy to collect into, to grade, and to break."""

from __future__ import annotations

import contextlib
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from grading.__main__ import main
from grading.sandbox import Refused, Sandbox

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT = "07_two_layer_trace"
# What a test waits for, and what it may use up.
LIMITS = {"cell": 3, "wall": 12, "cpu": 12, "data": 300 * 2**20, "memory": 500 * 2**20, "scratch": 20 * 2**20,
          "output": 5_000_000, "cell_output": 100_000}  # fmt: skip


def refusal() -> str | None:
    """Why this machine has no sandbox, or None."""
    try:
        Sandbox().ensure()
    except Refused as error:
        return str(error)
    return None


REFUSAL = refusal()
boxed = pytest.mark.skipif(REFUSAL is not None, reason=f"the sandbox: {REFUSAL}")


def make_course(folder: Path, limits: dict = LIMITS) -> Path:
    """What an instructor needs of the project, elsewhere."""
    for name in ("solutions", "exercises", "grading", "bplib"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints"))
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    with (folder / "nbgrader_config.py").open("a") as config:
        config.write(f"\nc.SandboxedExecute.limits = {limits!r}\n")
    return folder


def call(course: Path, *verb: str, code: int = 0) -> str:
    """As python -m grading VERB, called in the course's folder; what it said."""
    said = io.StringIO()
    with contextlib.chdir(course), contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        done = main(list(verb))
    assert done == code, said.getvalue()
    return said.getvalue()


def command(course: Path, *verb: str, code: int = 0, **more) -> str:
    """Run python -m grading VERB in a process of its own, with the course's own copy of everything."""
    done = subprocess.run([sys.executable, "-m", "grading", *verb], cwd=course, capture_output=True, text=True, **more)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def released(course: Path) -> dict:
    """The notebook that learners get."""
    return json.loads((course / "exercises" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text())


def solved(course: Path) -> bytes:
    """A notebook with every answer right."""
    return (course / "solutions" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_bytes()


def hand_in(course: Path, student: str, content: bytes | dict) -> None:
    """Lay a notebook where nbgrader looks for submissions."""
    place = course / "submitted" / student / ASSIGNMENT / f"{ASSIGNMENT}.ipynb"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
