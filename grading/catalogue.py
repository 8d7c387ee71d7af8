"""What there is to say about a slip in a lecture: its words, a question, its place in the book, the numbers it gives there.

All of it is read off the exercises and the catalogue of mistakes, where it is written once.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache

from bplib.checking import EXERCISES, Arrays, ByHand, Choice, Shapes
from bplib.checking.arrays import known
from bplib.checking.general_slips import ASK, WHY
from bplib.engine.trace_table import fmt
from bplib.exercises import inventory
from bplib.mistakes import REGISTRY, Mistake

# Where exercises that are no chapter's are done, by the module that has them.
FOLDERS = {"clinic": "bug_clinic", "inventory": "concept_inventory"}
FEW = 6  # numbers that still fit beside a slip


@dataclass(frozen=True)
class Entry:
    """A slip in one exercise. Texts are Markdown of the book's own; nothing in them comes from a learner.

    says     what was done, a clause
    ask      a question that points at it; "" where the catalogue has none
    say      what the book answers to who chose it; "" where nothing was chosen
    because  why it is tempting; "" where the catalogue has none
    place    (what to call it, page and anchor in the built book)
    gives    what it gives with the book's numbers, beside the right answer, or which choice it is; "" where it is neither
    """

    says: str
    ask: str
    say: str
    because: str
    place: tuple[str, str]
    gives: str


def id_of(grade_id: str) -> str:
    """7.2 for nbgrader's 7-2."""
    return grade_id.replace("-", ".")


def title(id: str) -> str:
    """What the exercise is called; its id, if this book has no such exercise (any more)."""
    return EXERCISES[id].title if _exists(id) else id


@cache
def look_up(slug: str, id: str) -> Entry:
    """A slip in the words of the exercise in which it was made."""
    mistake = own(id).get(slug) or REGISTRY.get(slug)
    if mistake:
        says, ask, because = mistake.says, mistake.question.replace(ASK, ""), mistake.because.replace(WHY, "")
    else:
        says, ask, because = inventory.CONCEPTS.get(slug, slug.replace("-", " ")), "", ""
    letter, word = _choice(slug, id)
    return Entry(says, ask, word, because, _place(mistake, id), letter or _gives(slug, id))


def own(id: str) -> dict[str, Mistake]:
    """The mistakes that an exercise lists, in its own words."""
    return {mistake.slug: mistake for mistake in _listed(EXERCISES[id])} if _exists(id) else {}


@cache
def offers(id: str) -> frozenset[str]:
    """The slips that an exercise can show, as far as it knows them beforehand."""
    if not _exists(id):
        return frozenset()
    entry, found = EXERCISES[id], set(own(id))
    if isinstance(entry, ByHand):
        found = {slip.mistake.slug for slip in entry.task().slips}
        found |= {mistake.slug for guess in entry.guesses("book") for mistake in guess.mistakes}
    if isinstance(entry, Choice):
        found |= {word[1] for word in entry.options()[2].values() if isinstance(word, tuple) and word[1]}
    return frozenset(found)


def _exists(id: str) -> bool:
    try:
        return bool(EXERCISES[id])
    except KeyError:
        return False


def _listed(entry) -> Iterator[Mistake]:
    """All mistakes that stand in an exercise, wherever its kind keeps them."""
    if isinstance(entry, Shapes):
        yield from (mistake for pairs in entry.mistakes(None).values() for mistake, _ in pairs)
        yield from (mistake for mistake, _ in entry.habits(None))
        return
    yield from (pair[0] for pair in getattr(entry, "mistakes", ()))
    yield from getattr(entry, "words", ())


def _choice(slug: str, id: str) -> tuple[str, str]:
    """The letter in the book that stands for a slip, and what the book says to who chose it."""
    if _exists(id) and isinstance(EXERCISES[id], Choice):
        for letter, word in EXERCISES[id].options()[2].items():
            if isinstance(word, tuple) and word[1] == slug:
                return f"In the book's order, it is choice {letter} of {id}", f"{word[0][:1].upper()}{word[0][1:]}."
    return "", ""


def _gives(slug: str, id: str) -> str:
    """What somebody with this slip finds in the book's numbers, and what is right; of few numbers only."""
    entry = EXERCISES[id] if _exists(id) else None
    if isinstance(entry, ByHand):
        task = entry.task()
        wrong = {guess.mistakes[0].slug: guess.answer for guess in reversed(entry.guesses("book"))}
        wrong |= {slip.mistake.slug: slip.answer for slip in task.slips}
        return _found(id, wrong[slug], task.answer) if slug in wrong else ""
    if isinstance(entry, Arrays):
        right, _, wrong, _ = known(entry, "book")
        found = next((grids for mistake, grids in wrong if mistake.slug == slug), None)
        if found and sum(len(grid.cells) for grid in right.values()) <= FEW:
            flat = ([x for grid in grids.values() for x in grid.cells] for grids in (found, right))
            return _found(id, *flat)
    return ""


def _found(id: str, wrong: Iterable[float], right: Iterable[float]) -> str:
    """As a sentence, without its end."""
    wrong, right = (", ".join(fmt(x, 3) for x in numbers) for numbers in (wrong, right))
    return f"With the numbers of {id} in the book, it gives {wrong}; right is {right}"


# ---------------------------------------------------------------- places in the book


def _place(mistake: Mistake | None, id: str) -> tuple[str, str]:
    """Where the book explains it; where no section does so, the exercise's own solution."""
    see = mistake.see if mistake else None
    if not see and id in inventory.BY_ID:
        see = inventory.ITEMS[int(id.split(".")[1]) - 1].see
    if not see:
        return f"the solution of {id}", solution(id)
    chapter, heading = see.split(": ", 1)
    page = importlib.import_module(f"bplib.exercises.ch{int(chapter):02d}").PAGE
    return f"chapter {chapter}, {heading}", f"book/{page}.html#{anchor(heading)}"


def solution(id: str) -> str:
    """The page with an exercise's solution; for an unknown id the book's first page."""
    chapter, _, number = id.partition(".")
    if not _exists(id):
        return "index.html"
    folder = FOLDERS.get(chapter) or importlib.import_module(f"bplib.exercises.ch{int(chapter):02d}").PAGE
    mark = f"question-{number}" if chapter == "inventory" else f"exercise-{id.replace('.', '-')}"
    return f"solutions/{folder}/{folder}.html#{mark}"


def anchor(heading: str) -> str:
    """How the built book calls a heading."""
    return re.sub(r"-+", "-", re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")).strip("-")
