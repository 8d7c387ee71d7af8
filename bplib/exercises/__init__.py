"""The exercises, by chapter: content only. How an exercise is shown and judged is in `checking`.

    chNN       the entries of a chapter
    clinic     programs with one wrong line
    inventory  questions for before and after
    shared     networks, graphs and programs that several of them use

A chapter imports from `checking`, `mistakes` and `shared`, never from another chapter.
"""

from ..checking import EXERCISES

__all__ = ["EXERCISES"]
