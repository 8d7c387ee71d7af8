"""A mistake is a wrong program beside the words that name it, and this is the registry of all there are.

    scalar          mistakes on graphs of numbers: an altered backward pass
    arrays          mistakes on arrays: an altered program
    array_programs  the right programs that those alter

A mistake of one exercise stands in its chapter. Wherever it stands, it is registered under its slug when it is made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Mistake:
    """One misconception.

    slug      its name in code, for good: never renamed
    says      what was done, as a clause after "this is what you get if"
    because   why it is tempting, a sentence
    question  a question that points at it without naming it
    see       where the book explains it: chapter, colon, heading. None: no chapter does so yet
    run       (loss, lr) -> Outcome: what somebody with this misconception writes down; lr is the learning rate.
              None for a slip that belongs to one exercise, which knows itself what it yields
    on        what it is run on: a "graph" of Values, or the name of a program in `array_programs`, whose inputs it then takes
    original  the mistake of which this is another wording, for one exercise (see `worded`); None: this is the original
    A slug means one thing for good: ValueError for a second mistake of the same slug that says something else.
    """

    slug: str
    says: str
    because: str
    question: str
    see: str | None
    run: Callable | None = None
    on: str = "graph"
    original: Mistake | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        meant = self.original or REGISTRY.setdefault(self.slug, self)
        if meant.slug != self.slug or (meant.says != self.says and not self.original):
            raise ValueError(f"the slug {meant.slug!r} already means: {meant.says}. Got: {self.says}. Choose another slug, "
                             f"or word the same mistake anew: REGISTRY[{meant.slug!r}].worded(...)")  # fmt: skip

    def worded(self, says: str, because: str = "", question: str = "", **more) -> Mistake:
        """The same mistake in the words of one exercise; more: what else differs there (see, run, on)."""
        words = {"says": says, "because": because or self.because, "question": question or self.question}
        return replace(self, **words, **more, original=self.original or self)


REGISTRY: dict[
    str, Mistake
] = {}  # every mistake that there is, by its slug: the catalogues', and those of one exercise


def at_once(one: Mistake, other: Mistake) -> Mistake:
    """Two slips in one answer. The question and the reason are those of the first: it is the one to look for first."""
    if one == other:
        return one
    says = f"two slips come together: {one.says}; and {other.says}"
    slug = f"{one.slug}+{other.slug}"
    original = REGISTRY.get(slug)
    return Mistake(slug, says, one.because, one.question, one.see, original=original)
