"""What all kinds of exercises have in common, and the registry in which they are found.

A kind knows three things: how an exercise is shown, how an answer is collected into its raw form (`raw.py`), and how
that raw form is judged. Only the second ever sees what the learner's program made. Standard library only.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations

from ..mistakes import Mistake
from ..rng import Rng
from . import answers

TOLERANCES_APART = 4  # the right answer and all slips must lie at least this many tolerances from each other
BOOK = "book"  # the variant that everybody has who was given no token
TRIED = 4  # variants, beside the book's numbers, on which two mistakes must agree to be told together
RIGHT = "the right answer"
NO_ANSWER = "**Not an answer yet.** "
NOT_YET = "**Not yet.** "


@dataclass(frozen=True)
class Verdict:
    """What is to be said about an answer.

    points   earned
    summary        how the message begins
    hints          what comes after it: at the first try, at the second, from the third on. One entry: always the same
    counts_as_try  whether it counts as a try: a wrong answer does, a missing one does not
    slips    slugs of the mistakes that the answer shows
    all_right  whether nothing is left to do
    """

    points: float
    summary: str
    hints: tuple[str, ...] = ("",)
    counts_as_try: bool = False
    slips: tuple[str, ...] = ()
    all_right: bool = False

    def message(self, step: int = 3, id: str = "") -> str:
        """The message at this try; before the last step, how to get more help on the exercise of this id."""
        step = min(step, len(self.hints))
        if step == len(self.hints):
            return f"{self.summary}{self.hints[-1]}"
        # the cell with the check cannot be edited in JupyterLab, so the way on must be a line that needs no answer
        more = f'To hear all of it now, run `bp.tell("{id}")` in a new cell.'
        return f"{self.summary}{self.hints[step - 1]} *(For more help, change your answer and check again. {more})*"


UNANSWERED = Verdict(0, "**Not answered yet.**")


def right(points: float, note: str = "") -> Verdict:
    """All of it is right."""
    return Verdict(points, f"**Right.** ({counted(points)}){note}", all_right=True)


def counted(points: float) -> str:
    """1 point, 2 points."""
    return f"{points:g} point{'s' if points != 1 else ''}"


def how_many(hits: Mapping[str, bool]) -> str:
    """How many entries are right, as a sentence; nothing where there is only one entry."""
    return f"{sum(hits.values())} of {len(hits)} right. " if len(hits) > 1 else ""


def share(points: float, hits: Mapping[str, bool]) -> float:
    """What the right entries earn: each an equal share of the points."""
    return round(points * sum(hits.values()) / len(hits), 4)


def credit(
    points: float, hits: Mapping[str, bool], still_open: Sequence[str] = (), refusal: Verdict | None = None
) -> Verdict:
    """The verdict on an answer of several entries, without its hints: right, refused, not finished or not yet.

    hits        entry -> whether it is right
    still_open  the entries that were not answered; they are not wrong
    refusal     what is no answer among the entries, if anything: the others earn their share all the same
    Only a wrong answer counts as a try, and only it needs hints.
    """
    if all(hits.values()):
        return right(points)
    earned, count = share(points, hits), how_many(hits)
    if refusal:
        return replace(refusal, points=earned, summary=f"{refusal.summary} {count}".strip())
    if sum(hits.values()) + len(still_open) == len(hits):
        return Verdict(earned, f"**Not finished yet.** {count}Still open: {', '.join(still_open)}.")
    return Verdict(earned, f"{NOT_YET}{count}", counts_as_try=True)


def listed(names: Sequence[str], word: str = "and") -> str:
    """dW1, dW2 and db: several names in a sentence."""
    return f" {word} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def refused(why: str) -> Verdict:
    """What was given is no answer to judge."""
    return Verdict(0, f"{NO_ANSWER}{why}")


@dataclass(frozen=True)
class Exercise:
    """What all exercises have in common. Ids are never renumbered, only appended.

    id         chapter and number, "7.2"
    title      a few words
    points     for a wholly right answer; entries earn equal shares
    objective  what it tests, as "the reader can ..."
    """

    id: str
    title: str
    points: float
    objective: str

    @property
    def automatic(self) -> bool:
        """Whether a program judges it."""
        return not isinstance(self, ByPerson)

    def show(self, variant: str = BOOK) -> str:
        """The prompt, in Markdown, with the numbers of this variant."""
        raise NotImplementedError(f"exercise {self.id} is one of a kind that does not say what it asks")

    def collect(self, answer, variant: str = BOOK) -> object:
        """The raw form of an answer: plain JSON."""
        return answers.to_json(answer)

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        """The verdict on a raw answer, wherever it comes from."""
        raise NotImplementedError(f"exercise {self.id} is one of a kind that does not say how it is judged")

    def rng_for(self, variant: str) -> Rng | None:
        """The source of this variant's numbers; None for the book's."""
        return None if variant == BOOK else Rng(f"{variant}/{self.id}")


@dataclass(frozen=True)
class ByPerson(Exercise):
    """An answer in words, graded by a person with the rubric."""

    text: str = ""
    rubric: tuple[str, ...] = ()

    def show(self, variant: str = BOOK) -> str:
        return self.text

    def collect(self, answer, variant: str = BOOK) -> None:
        return None

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        page = f"under *Solutions* in the book, Exercise {self.id}"
        chapter = self.id.split(".")[0]
        if chapter.isdigit():  # a path, not a link: a notebook may lie anywhere
            folder = importlib.import_module(f"bplib.exercises.ch{int(chapter):02d}").PAGE
            page += f" of `solutions/{folder}/{folder}.html`"
        return Verdict(0, f"**A person grades this one.** Compare yours with the model answer and its rubric: {page}.")


Program = Callable[..., object]


def story(mistakes: Sequence[Mistake], id: str = "") -> str:
    """What was done, why it is tempting, and where the book explains it, seen from the exercise of this id.

    Several mistakes that give the same numbers are all said, and of the first one the reason.
    """
    first = mistakes[0]
    if len(mistakes) == 1:
        return f"{first.says}. {first.because}{where(first, id)}"
    reason = first.because.replace("It is tempting", "The first is tempting", 1)
    both = "; and also if ".join(mistake.says for mistake in mistakes)
    return f"{both}. The numbers alone cannot tell which. {reason}{where(first, id)}"


def asked(mistakes: Sequence[Mistake]) -> str:
    """The questions of mistakes that give the same numbers, each once."""
    return " Or: ".join(dict.fromkeys(mistake.question for mistake in mistakes))


def partly(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """The same, where only some numbers show them: an error taken the other way round would have turned every sign."""
    return [sign_turned(m) if m.slug == "sign-of-error" else m for m in mistakes]


def sign_turned(mistake: Mistake) -> Mistake:
    """The mistake `sign-of-error`, in the words of an exercise in which no error is formed."""
    return mistake.worded(
        "the sign is turned round",
        "It is tempting because a minus sign is easily lost, or written twice.",
        "If the parameter grows a little, does the loss grow? Which sign should this gradient have?",
    )


def together(mistakes: Sequence[Mistake]) -> str:
    """Two mistakes that explain an answer only both at once, as a guess."""
    return f"Perhaps two things happened at once: {mistakes[0].says}, and {mistakes[1].says}."


def where(mistake: Mistake, id: str = "") -> str:
    """Where the book explains it, as a sentence; nothing where no chapter does so yet.

    id    the exercise at which the reader sits: a chapter that comes after it is announced, not referred to
    """
    if mistake.see is None:
        return ""
    chapter, heading = mistake.see.split(": ", 1)
    here = id.split(".")[0]
    if here.isdigit() and int(here) < int(chapter):
        return f" You will meet it again in chapter {chapter}, *{heading}*."
    return f" See chapter {chapter}, *{heading}*."


@dataclass(frozen=True)
class Sampled(Exercise):
    """An exercise whose numbers are drawn until every mistake shows.

    book               the book's numbers
    sample             Rng -> other numbers of the same kind
    indistinguishable  slug -> why this mistake cannot be told here
    """

    book: dict = field(default_factory=dict)
    sample: Callable[[Rng], dict] | None = None
    indistinguishable: dict[str, str] = field(default_factory=dict)

    def clashes(self, numbers) -> list[str]:
        """Pairs among the right answer and all slips that these numbers do not keep apart."""
        raise NotImplementedError(f"exercise {self.id} does not say what its slips give")

    def _given(self, numbers) -> Iterator[tuple[str, object]]:
        """What is given with these numbers, as something to compare: RIGHT, and the slug of each slip."""
        raise NotImplementedError(f"exercise {self.id} does not say what its slips give")

    def _tried(self) -> Iterator[dict]:
        """The book's numbers and a few others: what agrees on all of these agrees because of its form."""
        yield self.book
        if self.sample:
            yield from (self.sample(Rng(f"alike/{self.id}/{k}")) for k in range(TRIED))

    @cached_property
    def on_all_numbers(self) -> dict[str, list]:
        """What the right program and each slip give, on all numbers that are tried."""
        found: dict[str, list] = {}
        for numbers in self._tried():
            for slug, answer in self._given(numbers):
                found.setdefault(slug, []).append(answer)
        return found

    @cached_property
    def alike(self) -> frozenset[frozenset[str]]:
        """Pairs of mistakes that give the same wrong answer on all numbers: no check can part them, and both are told."""
        wrong = {slug: answers for slug, answers in self.on_all_numbers.items() if slug != RIGHT}
        return frozenset(frozenset(pair) for pair in combinations(wrong, 2) if wrong[pair[0]] == wrong[pair[1]])

    def numbers(self, variant: str = BOOK) -> dict:
        """The variant's numbers."""
        if variant == BOOK:
            return self.book
        if (self.id, variant) not in _NUMBERS:
            _NUMBERS[self.id, variant] = self._sampled(Rng(f"{variant}/{self._together()[0].id}"))
        return _NUMBERS[self.id, variant]

    def _together(self) -> list[Sampled]:
        """The exercises that share their numbers with this one."""
        return [self]

    def _sampled(self, rng: Rng) -> dict:
        for _ in range(1000):
            numbers = self.sample(rng)
            if not any(member.clashes(numbers) for member in self._together()):
                return numbers
        alike = "; ".join(pair for member in self._together() for pair in member.clashes(numbers))
        raise RuntimeError(f"exercise {self.id} found no numbers that show every mistake; the last ones hide: {alike}")


_NUMBERS: dict[tuple[str, str], dict] = {}  # drawn once for each exercise and variant


class _Registry(dict):
    """The exercises by id; a chapter's file is imported when its first id is asked for."""

    def __missing__(self, id: str) -> Exercise:
        match = re.fullmatch(r"([0-9]{1,2}|clinic|inventory)\.[0-9]{1,2}", id) if isinstance(id, str) else None
        if not match:
            raise KeyError(f"an exercise id is chapter and number, like '7.2'; got {answers.describe(id)}")
        chapter = match[1].isdigit()
        where = f"chapter {match[1]}" if chapter else f"the {match[1]}"
        name = f"bplib.exercises.ch{int(match[1]):02d}" if chapter else f"bplib.exercises.{match[1]}"
        try:
            exercises = importlib.import_module(name).EXERCISES
        except ModuleNotFoundError as error:
            if error.name != name:
                raise
            raise KeyError(f"there is no exercise {id!r}: {where} has none yet") from None
        self.update({exercise.id: exercise for exercise in exercises})
        if id not in self:
            raise KeyError(f"there is no exercise {id!r}; {where} has {', '.join(e.id for e in exercises)}")
        return self[id]


EXERCISES = _Registry()


def entry(id: str) -> Exercise:
    """The exercise of this id, of whatever chapter; KeyError that says what there is."""
    return EXERCISES[id]
