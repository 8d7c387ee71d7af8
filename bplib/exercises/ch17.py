"""Exercises of chapter 17, what it costs: TODO what they practise."""

from __future__ import annotations

from ..checking import ByHand
from .shared.graphs import graph, listed, partial_derivative

PAGE = "17_what_it_costs"  # of the book, and folder of its solutions

EXERCISES = (
    ByHand(
        "17.1",
        "TODO a title",
        1,
        "TODO what a learner can do after it",
        outputs=("dL/dx",),
        book={"x": 2.3, "c": 0.8},
        sample=lambda rng: {"x": rng.tenths(2.2, 3.9), "c": rng.tenths(0.3, 0.9)},
        build=graph(lambda x, c: {"L": (x - c) ** 2}),
        prompt=lambda n: f"TODO: $L = (x - c)^2$, with {listed(n)}. What is ${partial_derivative('x')}$?",
    ),
)
