"""Answers that are letters, a line or an order: the kinds `Choice`, `Several`, `WhichLine` and `Ordering`.

Standard library only.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..engine.trace_table import fmt
from ..rng import Rng
from . import answers
from .base import BOOK, Exercise, Verdict, refused, right
from .kits import Words, kit_of


@dataclass(frozen=True)
class Choice(Exercise):
    """One letter out of a few; every wrong one has its own word.

    choose   (Rng or None) -> (prompt, letter of the right one, {wrong letter: what to say}); None is the book's.
             Where a wrong choice stands for a mistake, what to say is a pair: (what to say, slug of the mistake)
    """

    choose: Callable[[Rng | None], tuple[str, str, dict]] | None = None

    def options(self, variant: str = BOOK) -> tuple[str, str, dict]:
        """(prompt, right letter, {wrong letter: what to say, or (what to say, slug)})."""
        return self.choose(self.rng_for(variant))

    def show(self, variant: str = BOOK) -> str:
        return self.options(variant)[0]

    def collect(self, answer, variant: str = BOOK) -> object:
        if isinstance(answer, list | tuple) and len(answer) == 1:
            answer = answer[0]
        return answers.clean(answer.strip().lower(), 40) if isinstance(answer, str) else answers.to_json(answer)

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        _, correct, wrong = self.options(variant)
        letters = sorted([correct, *wrong])
        if not isinstance(raw, str) or raw not in letters:
            got = f"str `{raw[:40]}`" if isinstance(raw, str) else answers.describe_json(raw)
            return Verdict(
                0, f"**Not a choice.** Answer with one of the letters {', '.join(letters)}, in quotes; got {got}."
            )
        if raw == correct:
            return right(self.points)
        word, slug = wrong[raw] if isinstance(wrong[raw], tuple) else (wrong[raw], None)
        return Verdict(0, f"**Not option {raw}:** {word}.", counts_as_try=True, slips=(slug,) if slug else ())

    def kit(self, variant: str = BOOK, words: Words | None = None) -> dict:
        """What judges an answer without Python (see `kits`): the right letter, {wrong letter: [what to say, slug or null]}."""
        _, correct, wrong = self.options(variant)
        pairs = {letter: word if isinstance(word, tuple) else (word, None) for letter, word in wrong.items()}
        return kit_of(self, "Choice", variant, right=correct, wrong=pairs)


def diagnose(
    rng: Rng | None, book, resample: Callable, ways: Callable, tell: Callable, order: Sequence[int], guilty: int = 0
) -> tuple[str, str, dict]:
    """The `choose` of a `Choice` that shows what somebody got, and asks what they did.

    book     the book's numbers
    resample Rng -> others, drawn until no two ways, and no way and the right one, give the same
    ways     numbers -> (what is right, [(what can have been done, as a clause; what it gives; slug or None), ...]).
             What is given is a number, or nested lists of numbers
    tell     (numbers, what is right, what was given) -> the prompt without its choices
    order    of the ways in the book's variant, counted from 0, with the `guilty` one; the others draw both
    """
    for _ in range(1000):
        numbers = book if rng is None else resample(rng)
        right, options = ways(numbers)
        if _apart([right, *(gives for _, gives, _ in options)]):
            break
    else:
        raise RuntimeError(f"no numbers were found on which all ways give something else, as they do not on {numbers}")
    if rng is not None:
        order, guilty = rng.shuffled(range(len(options))), rng.whole(0, len(options) - 1)
    letters = dict(zip("abcdefgh", order, strict=False))
    choices = "\n".join(f"- **{letter}:** {options[i][0]}" for letter, i in letters.items())
    wrong = {}
    for letter, i in letters.items():
        _, gives, slug = options[i]
        if i != guilty:
            word = f"that would have given {gives if isinstance(gives, list) else fmt(gives, 3)}"
            wrong[letter] = (word, slug) if slug else word
    prompt = f"{tell(numbers, right, options[guilty][1])}\n\n{choices}"
    return prompt, next(letter for letter, i in letters.items() if i == guilty), wrong


def _apart(given: list) -> bool:
    """Whether somewhere in each pair of these numbers, or nested lists of numbers, two differ by more than rounding."""

    def flat(x) -> list[float]:
        return [y for part in x for y in flat(part)] if isinstance(x, list) else [x]

    pairs = itertools.combinations(map(flat, given), 2)
    return all(any(abs(a - b) > 0.01 for a, b in zip(*pair, strict=True)) for pair in pairs)


@dataclass(frozen=True)
class Several(Exercise):
    """All letters that apply, perhaps none. A wrong letter costs two shares, so that guessing earns nothing.

    choose   (Rng or None) -> (prompt, the right letters, {letter: why it is one of them, or is not})
    """

    choose: Callable[[Rng | None], tuple[str, str, dict[str, str]]] | None = None

    def show(self, variant: str = BOOK) -> str:
        return self.choose(self.rng_for(variant))[0]

    def collect(self, answer, variant: str = BOOK) -> object:
        return _letters(answer)

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        _, wanted, why = self.choose(self.rng_for(variant))
        if not isinstance(raw, str) or not set(raw) <= set(why) or len(set(raw)) < len(raw):
            got = f"`{raw[:40]}`" if isinstance(raw, str) else answers.describe_json(raw)
            return refused(f'Answer with letters out of {", ".join(sorted(why))}, as one text such as "ac"; got {got}.')
        bad = sorted(set(raw) ^ set(wanted))
        if not bad:
            return right(self.points)
        points = round(self.points * max(0, len(why) - 2 * len(bad)) / len(why), 4)
        lead = f"**Not yet.** {len(why) - len(bad)} of {len(why)} right. "
        letter = bad[0]
        judged = (
            f"Option {letter} {'belongs to them' if letter in wanted else 'does not belong to them'}: {why[letter]}."
        )
        return Verdict(points, lead, (f"Look again at option {letter}.", judged), counts_as_try=True)

    def kit(self, variant: str = BOOK, words: Words | None = None) -> dict:
        """What judges an answer without Python (see `kits`): the right letters, {letter: why}."""
        _, wanted, why = self.choose(self.rng_for(variant))
        return kit_of(self, "Several", variant, right=wanted, why=why)


def _letters(answer) -> object:
    """Letters as one text, however they were given: "a, c", ["a", "c"]; the raw form of anything else."""
    if isinstance(answer, list | tuple) and all(isinstance(part, str) for part in answer):
        answer = "".join(answer[:40])
    if not isinstance(answer, str):
        return answers.to_json(answer)
    letters = "".join(c for c in answer.lower() if c.isalnum())[:40]
    return letters if letters or not answer.strip() else answers.to_json(answer)  # "?" is not "none of them"


@dataclass(frozen=True)
class WhichLine(Exercise):
    """A numbered program or table with one wrong line, or none: which?

    lines    (Rng or None) -> (prompt, number of the wrong line (0: there is none), {line: why it is right}, what is
             wrong with the wrong line). Every line that can be taken for wrong has its word; 0 has one too, unless it
             is the right answer. A word that begins with "wrong" is said of a line that is not right either
    """

    lines: Callable[[Rng | None], tuple[str, int, dict[int, str], str]] | None = None

    def show(self, variant: str = BOOK) -> str:
        return self.lines(self.rng_for(variant))[0]

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        _, correct, words, why = self.lines(self.rng_for(variant))
        known = sorted({correct, *words, 0})
        line = answers.number(raw)
        if line is None or line not in known:
            got = "several" if isinstance(raw, list) else answers.describe_json(raw)
            return refused(
                f"Answer with the number of one line, from {known[0]} to {known[-1]} (0: none is wrong); got {got}."
            )
        if line == correct:
            return right(self.points, f" {why}")
        if line == 0:
            return Verdict(0, "**Not yet.** ", (words.get(0, "One of the lines is wrong."),), counts_as_try=True)
        right_too = "" if words[int(line)].startswith("wrong") else "right: "
        return Verdict(0, "**Not yet.** ", (f"Line {line:g} is {right_too}{words[int(line)]}.",), counts_as_try=True)

    def kit(self, variant: str = BOOK, words: Words | None = None) -> dict:
        """What judges an answer without Python (see `kits`): the wrong line, {line: its word}, what is wrong with it."""
        _, correct, said, why = self.lines(self.rng_for(variant))
        return kit_of(self, "WhichLine", variant, right=correct, lines=said, why=why)


def inject_bug(
    rng: Rng | None,
    intro: str,
    program: Sequence[tuple[str, str]],
    bugs: dict[int, tuple[str, str]],
    book: int,
    hint: str,
) -> tuple[str, int, dict[int, str], str]:
    """The `lines` of a `WhichLine`: a program in which one line is replaced, or none.

    intro    what the program should do, as Markdown
    program  for each line: (line, why it is right)
    bugs     number of a line -> (what it is replaced with, what is wrong with that)
    book     the line that is replaced in the book's variant; the others draw one, or none
    hint     a sentence for those who see nothing wrong
    """
    at, wide = book if rng is None else rng.pick([*bugs, 0]), len(str(len(program)))
    # numbers of one width, so that all lines begin in one column: indentation is meaning
    shown = "\n".join(f"{i:{wide}}  {bugs[i][0] if i == at else line}" for i, (line, _) in enumerate(program, 1))
    prompt = f"{intro}\n\n```python\n{shown}\n```\n\nAt most one line is wrong. Which? Answer with its number, or 0 if there is none."
    words = {i: why for i, (_, why) in enumerate(program, 1) if i != at}
    if not at:
        return prompt, at, words, "Every line is right."
    return prompt, at, words | {0: f"One line is wrong. {hint}"}, f"Line {at}: {bugs[at][1]}."


@dataclass(frozen=True)
class Ordering(Exercise):
    """Steps to be put in order; some may change places.

    steps    the steps in one right order, as Markdown
    needs    {step: steps that must come before it}, numbers counted from 0 in that order. Steps that do not need one
             another may come either way round
    why      what to say when a step comes too early: (step, missing) -> a sentence
    intro    what to do, as Markdown
    The letters are dealt out by the exercise's id and variant, so that the order on the page is not the right one.
    """

    steps: tuple[str, ...] = ()
    needs: dict[int, tuple[int, ...]] | None = None
    why: Callable[[str, str], str] = lambda step, missing: f"It needs {missing}."
    intro: str = ""

    def lettered(self, variant: str = BOOK) -> dict[str, int]:
        """Letter -> which step it stands for."""
        order = list(range(len(self.steps)))
        rng = Rng(f"{variant}/{self.id}")
        while order == sorted(order):
            order = rng.shuffled(order)
        return dict(zip("abcdefghijklmnop", order, strict=False))

    def show(self, variant: str = BOOK) -> str:
        lines = "\n".join(f"- **{letter}:** {self.steps[i]}" for letter, i in self.lettered(variant).items())
        return f"{self.intro}\n\n{lines}\n\nAnswer with the letters in order, as one text."

    def collect(self, answer, variant: str = BOOK) -> object:
        return _letters(answer)

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        letters = self.lettered(variant)
        if not isinstance(raw, str) or sorted(raw) != sorted(letters):
            got = f"`{raw[:40]}`" if isinstance(raw, str) else answers.describe_json(raw)
            return refused(f"Answer with each of the letters {', '.join(letters)} once, as one text; got {got}.")
        done: set[int] = set()
        for place, letter in enumerate(raw):
            missing = [i for i in (self.needs or {}).get(letters[letter], ()) if i not in done]
            if missing:
                lead = f"**Not yet.** The first {place} are in order. " if place > 1 else "**Not yet.** "
                other = next(name for name, i in letters.items() if i == missing[0])
                early = f"{letter} comes too early."
                return Verdict(0, lead, (early, f"{early} {self.why(letter, other)}"), counts_as_try=True)
            done.add(letters[letter])
        return right(self.points)

    def kit(self, variant: str = BOOK, words: Words | None = None) -> dict:
        """What judges an answer without Python (see `kits`): the letters, {letter: [[one that it needs, why], ...]}."""
        letters = self.lettered(variant)
        called = {step: letter for letter, step in letters.items()}
        needs = {
            letter: [(called[i], self.why(letter, called[i])) for i in (self.needs or {}).get(step, ())]
            for letter, step in letters.items()
        }
        return kit_of(self, "Ordering", variant, letters="".join(letters), needs=needs)
