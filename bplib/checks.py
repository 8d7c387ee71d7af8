"""A check compares an answer with the right one and, when it is wrong, with what every known slip would give.

The right answer is computed each time by the engine, never stored. Help comes in three steps, one for each new try:
which quantity goes wrong first; a question that points at it; the slip by name. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from .exercises import BOOK, EXERCISES, ByHand, ByPerson, Choice, Slip, Task
from .tracing import fmt
from .value import Value, as_float

_LONGEST = 1000  # entries; more than any answer has, and soon counted


class Score(float):
    """The points earned, as a number. A notebook shows the message, nbgrader reads the number, `print` says both."""

    def __new__(cls, points: float, message: str) -> Score:
        score = super().__new__(cls, points)
        score.message = message
        return score

    def __str__(self) -> str:
        return f"{self.message.replace('**', '')} [{float(self)!r}]"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/markdown": self.message}  # repr is float's: IPython insists on it


class Prompt(str):
    """The text of an exercise, with the numbers of the learner's variant; Markdown in a notebook."""

    def _repr_markdown_(self) -> str:
        return str(self)

    def __repr__(self) -> str:
        return str(self)


class _Session:
    """What a check remembers while the notebook runs: whose numbers, and which wrong answers were seen."""

    variant = BOOK
    tries: dict[tuple[str, str], list] = {}  # noqa: RUF012


def variant(token: str = BOOK) -> None:
    """Give this notebook the numbers that belong to `token` (from your instructor); without one, the book's."""
    if not isinstance(token, str) or not token.strip():
        raise TypeError(f"variant wants the token your instructor gave you, a text; got {token!r}")
    _Session.variant = token.strip()


def exercise(id: str) -> Prompt:
    """The prompt of an exercise."""
    entry = EXERCISES[id]
    if isinstance(entry, ByPerson):
        text = entry.text
    elif isinstance(entry, Choice):
        text = entry.options(_Session.variant)[0]
    else:
        text = entry.task(_Session.variant).prompt
    share = f"{fmt(entry.points)} point{'s' if entry.points != 1 else ''}"
    return Prompt(f"**{entry.id} {entry.title}** ({share})\n\n{text}")


def check(id: str, answer=None, *, tell: bool = False) -> Score:
    """Judge an answer to exercise `id`; never raises, whatever the answer is.

    answer  a number, or a list of numbers in the order that the prompt names; a letter for a choice.
            None or ... means not answered yet, which is not wrong
    tell    name the slip at once, without the steps before
    Returns a Score: the points as a float, the message as Markdown.
    """
    try:
        entry = EXERCISES[id]
    except KeyError as error:
        return Score(0, f"**No such exercise:** {error.args[0]}.")
    if isinstance(entry, ByPerson):
        return Score(0, "**This one is read by a person**, not by the computer.")
    if answer is None or answer is ...:
        return Score(0, "**Not answered yet.**")
    if isinstance(entry, Choice):
        return _check_choice(entry, answer)
    return _check_numbers(entry, answer, tell)


def _check_choice(entry: Choice, answer) -> Score:
    _, right, wrong = entry.options(_Session.variant)
    letters = sorted([right, *wrong])
    if isinstance(answer, list | tuple) and len(answer) == 1:
        answer = answer[0]
    if not isinstance(answer, str) or answer.strip().lower() not in letters:
        return Score(
            0, f"**Not a choice.** Wanted is one of the letters {', '.join(letters)} in quotes, got {_shown(answer)}."
        )
    letter = answer.strip().lower()
    if letter == right:
        return Score(entry.points, _right(entry.points))
    return Score(0, f"**Not {letter}:** {wrong[letter]}.")


def _check_numbers(entry: ByHand, answer, tell: bool) -> Score:
    numbers, problem = _numbers(answer, entry.asks)
    if problem:
        return Score(0, problem)
    task = entry.task(_Session.variant)
    hits = [x is not None and abs(x - want) <= room for x, want, room in _rows(numbers, task)]
    points = round(entry.points * sum(hits) / len(hits), 4)
    if all(hits):
        return Score(entry.points, _right(entry.points))
    got = f"{sum(hits)} of {len(hits)} right. " if len(hits) > 1 else ""
    if None in numbers:
        still = [label for label, x in zip(entry.asks, numbers, strict=True) if x is None]
        wrong = any(not hit and x is not None for hit, x in zip(hits, numbers, strict=True))
        if not wrong:
            return Score(points, f"**Not finished yet.** {got}Still open: {', '.join(still)}.")
    step = 3 if tell else _tries(entry.id, numbers)
    help = _help(entry, task, numbers, hits, step)
    more = "" if step == 3 else " *(For more help, change your answer and check again, or add `tell=True`.)*"
    return Score(points, f"**Not yet.** {got}{help}{more}")


def _right(points: float) -> str:
    return f"**Right.** {fmt(points)} of {fmt(points)} points."


def _rows(numbers, task: Task):
    return zip(numbers, task.answer, task.tolerance, strict=True)


def _tries(id: str, numbers) -> int:
    """How much help is due: 1 for the first wrong answer, 3 from the third different one on."""
    seen = _Session.tries.setdefault((_Session.variant, id), [])
    if not seen or seen[-1] != numbers:
        seen.append(numbers)
    return min(len(seen), 3)


def _help(entry: ByHand, task: Task, numbers, hits, step: int) -> str:
    """What to say about a wrong answer at this step."""
    slips = sorted((s for s in task.slips if _explains(s, numbers, task)), key=lambda s: _distance(s, numbers))
    if not slips:
        return _unexplained(entry, task, numbers, hits, step)
    if step == 1:
        return _first_wrong(entry, slips[0], hits)
    if step == 2:
        return slips[0].mistake.question
    return f"This is what you get when {_story(slips)}"


def _story(slips: list[Slip]) -> str:
    """The slip by name, why it is tempting, and where the book explains it."""
    first = slips[0].mistake
    chapter, heading = first.see.split(": ", 1)
    names = ", or ".join(slip.mistake.says for slip in slips)
    return f"{names}. {first.because} See chapter {chapter}, *{heading}*."


def _explains(slip: Slip, numbers, task: Task, hits=None) -> bool:
    """Whether all that was answered is what the slip gives; with `hits`, whether all that is wrong in it is."""
    entries = zip(numbers, slip.answer, task.tolerance, hits or [False] * len(numbers), strict=True)
    return all(x is None or hit or abs(x - wrong) <= room for x, wrong, room, hit in entries)


def _distance(slip: Slip, numbers) -> float:
    """How far the answer lies from what the slip gives: of two that are near, the nearer one is meant."""
    return sum(abs(x - wrong) for x, wrong in zip(numbers, slip.answer, strict=True) if x is not None)


def _first_wrong(entry: ByHand, slip: Slip, hits) -> str:
    """Where on the way the slip first shows; for an answer of signs, only which entry is wrong."""
    if slip.first_wrong and slip.last_right:
        return f"{slip.last_right} can still be right with this answer; {slip.first_wrong} is the first that is not."
    if slip.first_wrong:
        return f"Already {slip.first_wrong}, the first quantity of the trace, is not right with this answer."
    return f"Look again at {_entry_named(entry, hits)}."


def _entry_named(entry: ByHand, hits) -> str:
    """The wrong entry that comes first on the way: the values, then the gradients from the loss back."""
    wrong = [label for label, hit in zip(entry.asks, hits, strict=True) if not hit]
    return next((label for label in wrong if "dL" not in label), wrong[-1])


def _unexplained(entry: ByHand, task: Task, numbers, hits, step: int) -> str:
    """Help for a wrong answer that no known slip gives: rounding, sign, factor, or which entry and by how much."""
    wrong = [(x, want, room) for (x, want, room), hit in zip(_rows(numbers, task), hits, strict=True)
             if not hit and x is not None]  # fmt: skip
    label = _entry_named(entry, [hit or x is None for hit, x in zip(hits, numbers, strict=True)])
    if any(not math.isfinite(x) for x, _, _ in wrong):
        return f"{label} is not a finite number. Was something divided by zero, or did an exponential overflow?"
    if all(abs(x - want) <= 4 * room for x, want, room in wrong):
        return (
            f"{_capital(label)} is close, but further off than rounding to three decimals explains. "
            "Compute it once more with four decimals on the way."
        )
    if step == 1:
        return f"Look again at {label}."
    if _same_in_another_order(numbers, task):
        return f"These are the right numbers in another order. Wanted is {', '.join(entry.asks)}."
    ratios = [x / want if want else math.nan for x, want, _ in wrong]
    for factor, word in ((-1, "has the right size and the wrong sign"), (2, "is twice as large as it should be"),
                         (0.5, "is half of what it should be")):  # fmt: skip
        if all(abs(ratio - factor) < 0.01 for ratio in ratios):
            return f"{_capital(label)} {word}."
    slips = [slip for slip in task.slips if _explains(slip, numbers, task, hits)]
    if slips:  # one entry went wrong as with a slip that would have changed others too
        return slips[0].mistake.question if step == 2 else f"In {label} this is what you get when {_story(slips[:1])}"
    if step == 2:
        way = f": which factors lie on the way from the loss to {label.split('dL/d')[-1]}?" if "dL/d" in label else "."
        return f"No single slip that we know of gives this. Go over {label} first{way}"
    x, want, _ = next(row for row, name in zip(_rows(numbers, task), entry.asks, strict=True) if name == label)
    return (
        f"{_capital(label)} is off by {fmt(abs(x - want), 3)}, and no single slip that we know of gives this. "
        "The solution shows every step. If you think that your answer is right, or that the slip should have "
        f"a name, please report it with this line: `{entry.id} | {_Session.variant} | {numbers}`"
    )


def _same_in_another_order(numbers, task: Task) -> bool:
    if None in numbers or len(numbers) < 2:
        return False
    pairs = zip(sorted(numbers), sorted(zip(task.answer, task.tolerance, strict=True)), strict=True)
    return all(abs(x - want) <= room for x, (want, room) in pairs)


def _capital(label: str) -> str:
    """A label at the beginning of a sentence; dL/dw1 stays as it is."""
    return label if label.startswith("dL") else label[0].upper() + label[1:]


def _numbers(answer, asks: tuple[str, ...]) -> tuple[list[float | None], str]:
    """The answer as one number (or None) for each entry asked for, or a sentence that says what is wrong with it."""
    wanted = f"{len(asks)} numbers in the order {', '.join(asks)}" if len(asks) > 1 else f"one number, {asks[0]}"
    if isinstance(answer, Mapping):
        unknown = [str(key) for key in answer if key not in asks]
        if unknown:
            return [], f"**Not an answer yet.** Wanted: {wanted}; there is no {unknown[0][:40]!r} among them."
        answer = [answer.get(label) for label in asks]
    elif hasattr(answer, "tolist") and hasattr(answer, "shape"):  # a NumPy array or a tensor
        if math.prod(answer.shape) > _LONGEST:
            return [], f"**Not an answer yet.** Wanted: {wanted}; got an array of shape {tuple(answer.shape)}."
        answer = answer.tolist()
    if isinstance(answer, str | set | frozenset) and len(asks) > 1:
        what = "one text" if isinstance(answer, str) else "a set, which has no order"
        return [], f"**Not an answer yet.** Wanted: {wanted}; got {what}."
    if not isinstance(answer, list | tuple):
        answer = [answer]
    if len(answer) == 1 and len(asks) > 1 and isinstance(answer[0], list | tuple):
        answer = answer[0]  # a row where a list was wanted
    if len(answer) != len(asks):
        return [], f"**Not an answer yet.** Wanted: {wanted}; got {len(answer)}."
    numbers: list[float | None] = []
    for label, item in zip(asks, answer, strict=True):
        number, problem = _number(label, item)
        if problem:
            return [], problem
        numbers.append(number)
    if all(number is None for number in numbers):
        return [], "**Not answered yet.**"
    return numbers, ""


def _number(label: str, item) -> tuple[float | None, str]:
    """One entry as a float, None when it was left open, or a sentence about what it is instead."""
    if item is None or item is ...:
        return None, ""
    if isinstance(item, list | tuple) and len(item) == 1:
        return _number(label, item[0])
    if isinstance(item, Value):
        return None, f"**Not an answer yet.** {label} is a Value, not a number. Do you mean its `.grad` or its `.data`?"
    if isinstance(item, str):
        return (
            None,
            f"**Not an answer yet.** {label} should be a number, not a text: take off the quotes of {_shown(item)}.",
        )
    try:
        return as_float(item, label), ""
    except Exception:
        return None, f"**Not an answer yet.** {label} should be one real number; got {_shown(item)}."


def _shown(answer) -> str:
    """What was given, short, whatever its repr does."""
    try:
        return f"{type(answer).__name__} `{str(answer)[:40]}`"
    except Exception:
        return type(answer).__name__
