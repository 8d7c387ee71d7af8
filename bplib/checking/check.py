"""A check compares an answer with the right one and, when it is wrong, with what every known slip would give.

The right answer is computed each time, never stored. Help comes in three steps, one for each new try: which quantity
goes wrong first; a question that points at it; the slip by name.

Asking and judging are apart. `check` collects the answer in a raw form (plain JSON), and judges that alone; it also puts
it into its output, under `MIME`. So `judge` comes to the same points from the output, in whatever process, and a
notebook that alters its own `check` gains nothing. Standard library only.
"""

from __future__ import annotations

import re

from . import BOOK, EXERCISES, UNANSWERED, Exercise, Verdict, tokens
from .answers import ANYTHING, describe, to_json
from .base import counted

MIME = "application/vnd.bplib.answer+json"


class Score(float):
    """The points earned, as a number. A notebook shows the message, nbgrader reads the number, `print` says both.

    message   Markdown
    answer    {"id", "raw", "variant"}: what was judged, and nothing about how; a judge outside reads it again
    """

    def __new__(cls, points: float, message: str, answer: dict | None = None) -> Score:
        score = super().__new__(cls, points)
        score.message, score.answer = message, answer
        return score

    def __str__(self) -> str:
        said = re.sub(r"(`[^`]*`)|\*\*", lambda found: found[1] or "", self.message)  # in code, ** is a power
        return f"{said} [{float(self)!r}]"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict:
        said = {"text/plain": repr(self), "text/markdown": self.message}  # repr is float's: IPython insists on it
        return said | ({MIME: self.answer} if self.answer else {})


class Prompt(str):
    """The text of an exercise, with the numbers of the learner's variant; Markdown in a notebook."""

    def _repr_markdown_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return str(self)


class _Session:
    """What a check remembers while the notebook runs: whose numbers, which wrong answers were seen, and all that can be
    said of the last answer that was wrong, or right."""

    variant = BOOK
    tries: dict[tuple[str, str], list] = {}  # noqa: RUF012
    last: dict[tuple[str, str], Verdict] = {}  # noqa: RUF012


def variant(token: str = BOOK) -> None:
    """Give this notebook the numbers that belong to `token` (from your instructor); without one, the book's.

    token   as it was given to you: case, blanks and hyphens make no difference. "practice-" and a word of your own gives
            other numbers for practice, which nobody marks
    Raises ValueError for anything else: a token carries check letters, so a mistyped one is noticed. The numbers then
    stay as they were.
    """
    _Session.variant = tokens.read(token)


def exercise(id: str) -> Prompt:
    """The prompt of an exercise."""
    entry = EXERCISES[id]
    return Prompt(f"**{entry.id} {entry.title}** ({counted(entry.points)})\n\n{entry.show(_Session.variant)}")


def more_practice(*ids: str) -> Prompt:
    """The prompts of exercises that a page does not open by itself: one line each, which unfolds."""
    folded = []
    for entry in map(EXERCISES.__getitem__, ids):
        line = f"{entry.id} {entry.title} ({counted(entry.points)})"
        folded.append(f"<details>\n<summary>{line}</summary>\n\n{entry.show(_Session.variant)}\n\n</details>")
    return Prompt("\n\n".join(folded))


def check(id: str, answer=None, *, tell: bool = False) -> Score:
    """Judge an answer to exercise `id`; never raises, whatever the answer is.

    answer  what the prompt asks for: a number, a list of numbers, a letter, arrays by name, a function.
            None or ... means not answered yet, which is not wrong
    tell    name the slip at once, without the steps before; `tell(id)` does so afterwards
    Returns a Score: the points as a float, the message as Markdown.
    """
    entry, refusal = _found(id)
    if refusal:
        return Score(0, refusal.message())
    variant = _Session.variant
    raw = _collected(entry, answer, variant)
    said = _judged(entry, raw, variant)
    if said.counts_as_try or said.all_right:
        _Session.last[variant, entry.id] = said
    step = 3 if tell or not said.counts_as_try else _tries(entry.id, raw)
    return Score(said.points, said.message(step, entry.id), {"id": entry.id, "raw": raw, "variant": variant})


def tell(id: str) -> Score:
    """All that can be said about the last answer to exercise `id`, without waiting for the next try.

    What was no answer, or not finished, does not count.
    For a new cell: the one with the check cannot be edited in JupyterLab. It is no answer, so a grader passes it over.
    """
    entry, refusal = _found(id)
    if refusal:
        return Score(0, refusal.message())
    said = _Session.last.get((_Session.variant, entry.id))
    if said is None:
        return Score(
            0,
            f"**Nothing to tell yet.** No wrong answer to {entry.id} has been checked since the notebook was started.",
        )
    return Score(said.points, said.message())


def judge(id: str, raw, variant: str = BOOK) -> tuple[float, str]:
    """The points and the message for a raw answer, as `check` would give them with tell=True.

    id, raw, variant   from a check's output, or from anywhere: never raises, whatever they are
    Raw is data: nothing in it is run. Only text is taken from it into the message, and little.
    """
    said = verdict(id, raw, variant)
    return float(said.points), said.message()


def verdict(id: str, raw, variant: str = BOOK) -> Verdict:
    """As `judge`, with the slugs of the mistakes that the answer shows (`slips`), to be counted over a class."""
    entry, refusal = _found(id)
    return refusal or _judged(entry, raw, variant)


def _found(id) -> tuple[Exercise | None, Verdict | None]:
    """The exercise, or what is wrong with its id."""
    try:
        return EXERCISES[id], None
    except KeyError as error:
        return None, Verdict(0, f"**No such exercise:** {error.args[0]}.")
    except Exception:  # such as an id that cannot be hashed
        return None, Verdict(0, f"**No such exercise:** an id is a text such as '7.2'; got {describe(id)}.")


def _collected(entry: Exercise, answer, variant: str) -> object:
    if answer is None or answer is ...:
        return None
    try:
        return entry.collect(answer, variant)
    except ANYTHING:  # an answer may do anything when it is looked at
        return to_json(answer)


def _judged(entry: Exercise, raw, variant) -> Verdict:
    if not isinstance(variant, str) or not variant:
        return Verdict(0, "**Not readable:** the variant of this answer is no token.")
    try:
        return UNANSWERED if raw is None and entry.automatic else entry.judge(raw, variant)
    except Exception as error:  # raw may have been made by anybody; a mark that cannot be found out is none
        return Verdict(0, f"**Not readable:** this answer could not be judged ({type(error).__name__}).")


def _tries(id: str, raw) -> int:
    """How much help is due: 1 for the first wrong answer, 3 from the third different one on."""
    seen = _Session.tries.setdefault((_Session.variant, id), [])
    if not seen or seen[-1] != raw:
        seen.append(raw)
    return min(len(seen), 3)
