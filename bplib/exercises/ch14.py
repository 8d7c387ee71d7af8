"""Exercises of chapter 14, A scalar engine in 100 lines: twelve steps to a class of one's own, and faults in such classes."""

from __future__ import annotations

from ..checking import Classes
from ..engine.value import Value
from .shared.ladder import STEPS

PAGE = "14_scalar_engine"  # of the book, and folder of its solutions

LADDER = tuple(
    Classes(
        f"14.{k}",
        f"Step {k}: {step.title[0].lower()}{step.title[1:]}",
        1,
        step.learns,
        text=f"{step.text} Answer with your class.",
        scripts=step.scripts,
        book=step.book,
        sample=step.sample,
        solve=Value,
        mistakes=step.mistakes(),
    )
    for k, step in enumerate(STEPS, 1)
)

EXERCISES = LADDER
