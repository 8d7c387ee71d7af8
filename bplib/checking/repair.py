"""Answers that are networks: the kind `Repair`, which puts one to work where it was built, and judges what it did.

Only numbers leave the notebook. Standard library only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..mistakes import Mistake
from . import answers
from .base import BOOK, NOT_YET, Exercise, Verdict, asked, refused, right, story
from .timeout import TimeUp, time_limit

SECONDS = 60  # a calm machine takes a tenth of it


@dataclass(frozen=True)
class Repair(Exercise):
    """A function that builds a network; many are right, and what the network does decides.

    text      the prompt, in Markdown
    measure   builder -> {name: list of numbers}: builds, trains and measures; what it raises is told
    wanted    names of what `measure` gives, each with how many numbers it has
    fails     measured -> (what was seen, a sentence; the mistake that it shows, or None), or None if the network is good
    """

    text: str = ""
    measure: Callable[[Callable], dict] | None = None
    wanted: tuple[tuple[str, int], ...] = ()
    fails: Callable[[dict], tuple[str, Mistake | None] | None] | None = None

    def show(self, variant: str = BOOK) -> str:
        return self.text

    def collect(self, answer, variant: str = BOOK) -> object:
        """What the network did, as numbers, or why there are none."""
        if not callable(answer):
            return answers.to_json(answer)
        try:
            with time_limit(SECONDS):
                return answers.to_json(self.measure(answer))
        except TimeUp:
            return {"raised": f"it was not done within {SECONDS} seconds"}
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # whatever it is: it is the learner's, and worth a sentence
            return {"raised": answers.clean(f"{type(error).__name__}: {error}")}

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        if isinstance(raw, dict) and isinstance(raw.get("raised"), str):
            return Verdict(0, NOT_YET, (f"Your network does not run: `{raw['raised'][:200]}`.",), counts_as_try=True)
        inside = answers.named(raw) or {}
        found = {name: _numbers(inside.get(name), n) for name, n in self.wanted}
        if None in found.values():
            got = answers.describe_json(raw)
            return refused(f"Expected the function that builds the network, itself, not what it returns; got {got}.")
        if (fault := self.fails(found)) is None:
            return right(self.points)
        look, mistake = fault
        if mistake is None:
            return Verdict(0, NOT_YET, (look,), counts_as_try=True)
        last = f"{look} This is what you get if {story([mistake], self.id)}"
        return Verdict(
            0, NOT_YET, (look, f"{look} {asked([mistake])}", last), counts_as_try=True, slips=(mistake.slug,)
        )


def _numbers(raw, n: int) -> list[float] | None:
    """The n numbers that raw stands for, NaN and infinity among them, or None."""
    values = [answers.number(x) for x in raw] if isinstance(raw, list) else []
    return values if len(values) == n and None not in values else None
