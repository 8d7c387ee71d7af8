"""How an exercise is shown, collected and judged. `check` is what learners call; the kinds of exercises are

    ByHand      a few numbers, traced by hand           (by_hand.py, with rounding.py and general_slips.py)
    Choice      a letter                                (choices.py)
    Several     all letters that apply
    WhichLine   the wrong line of a program or a table
    Ordering    steps in order
    Arrays      arrays by name                          (arrays.py)
    Shapes      the shapes of arrays
    Functions   a function, run on drawn inputs         (functions.py, with timeout.py)
    Classes     a class, put to work in a few lines     (classes.py)
    Repair      a network, put to work                  (repair.py)
    Witness     inputs on which a bug shows             (counterexample.py)
    ByPerson    words, read by a person                 (base.py)

What they have in common is in `base`, the JSON form of an answer in `answers`, what a page needs to judge one in `kits`. The exercises themselves are in
`exercises`, by chapter, and are imported on first use.
"""

from .arrays import Arrays, Shapes
from .base import BOOK, EXERCISES, TOLERANCES_APART, UNANSWERED, ByPerson, Exercise, Sampled, Verdict, entry, where
from .by_hand import ByHand, Slip, Task, clashes
from .choices import Choice, Ordering, Several, WhichLine
from .classes import Classes
from .counterexample import Witness
from .functions import Functions
from .repair import Repair
