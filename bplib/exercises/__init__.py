"""An exercise is one entry: its numbers, its prompt, the way to its answer, and the slips that lead elsewhere.

The entries live by chapter in `ch07.py` and so on, and are imported on first use. The kinds:

    ByHand      a few numbers, traced by hand           (numbers.py)
    Choice      a letter                                (letters.py)
    Several     all letters that apply
    WhichLine   the wrong line of a program or a table
    Ordering    steps in order
    Arrays      arrays by name                          (arrays.py)
    Shapes      the shapes of arrays
    Functions   a function, run on drawn inputs         (functions.py)
    Witness     inputs on which a bug shows             (witness.py)
    ByPerson    words, read by a person                 (base.py)
"""

from .arrays import Arrays, Shapes
from .base import (
    BOOK,
    EXERCISES,
    TOLERANCES_APART,
    UNANSWERED,
    ByPerson,
    Drawn,
    Exercise,
    Verdict,
    where,
)
from .functions import Functions
from .letters import Choice, Ordering, Several, WhichLine
from .numbers import ByHand, Slip, Task, clashes
from .witness import Witness

__all__ = [
    "BOOK",
    "EXERCISES",
    "TOLERANCES_APART",
    "UNANSWERED",
    "Arrays",
    "ByHand",
    "ByPerson",
    "Choice",
    "Drawn",
    "Exercise",
    "Functions",
    "Ordering",
    "Several",
    "Shapes",
    "Slip",
    "Task",
    "Verdict",
    "WhichLine",
    "Witness",
    "clashes",
    "where",
]
