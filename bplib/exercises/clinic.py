"""The bug clinic: find the wrong line, say what goes wrong first, find data that tell, fix it.

The programs, and the bugs that can be planted in them, stand in `programs.py`. Which bug is planted, if any, is drawn
for each variant, and so is the order of some lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..checking.choices import Choice, WhichLine
from ..checking.counterexample import Witness
from ..checking.functions import Functions
from ..rng import Rng
from .shared import programs
from .shared.programs import BUGS, PROGRAMS, Bug, Program, first_difference, inputs_for, line_of, listing, numbered, run

# What the book's readers get: three of the eight are right. With a token it is drawn.
PLANTED = {
    "clinic.1": ("cross", "slope-at-a"),
    "clinic.2": ("squares", None),
    "clinic.3": ("batches", "wrong-axis-count"),
    "clinic.4": ("deep", "softmax-diagonal"),
    "clinic.5": ("dropout", None),
    "clinic.6": ("norm", "upstream-forgotten"),
    "clinic.7": ("tied", None),
    "clinic.8": ("rows", "gradients-not-reset"),
}
GIVEN = (
    "Before it starts there are the batch `X` and `T` (a row for each example), the parameters as arrays of floats, "
    "`epochs` and a learning rate `lr`."
)
ALSO = {
    "batches": " `batch` is given too. (At exactly 0 this program takes the slope of ReLU as 1. That is a convention, and not the bug.)",
    "dropout": " `drop` and `seed` are given too.",
    "rows": " `dW1`, `db1`, `dW2`, `db2` are there too, as zeros.",
    "momentum": " `speed` is there too: an array of zeros for each parameter.",
}


@dataclass(frozen=True)
class Case:
    """A program with what is planted in it, as one learner sees it."""

    program: Program
    bug: Bug | None
    text: str

    @property
    def line(self) -> int:
        return line_of(self.text, self.bug.line) if self.bug else 0


def case_for(id: str, rng: Rng | None) -> Case:
    """What is planted in the program of this hunt."""
    name, slug = PLANTED[id]
    program = PROGRAMS[name]
    bug = BUGS[slug][1] if slug else None
    if rng:
        bug = rng.pick((None, *program.bugs))
    return Case(program, bug, programs.rearranged(program.inject_bug(bug), rng))


def asked(case: Case) -> str:
    """The task of the program and its listing."""
    program = case.program
    return f"{program.task} {GIVEN}{ALSO.get(program.name, '')}\n\n{listing(case.text)}"


# ---------------------------------------------------------------- which line?


def plain_word(line: str) -> str:
    """Why a line is right that nobody has a particular reason to suspect."""
    for start, word in (
        ("def ", "it is the head of the function"),
        ("return", "this is the sigmoid"),
        ("for ", "the loop visits all that it should"),
        ("loss", "the loss is what the task says, in the right shape"),
        ("d", "from what stands before it, this is the right gradient"),
    ):
        if line.startswith(start):
            return word
    return "it computes what its name says" if "-=" not in line else "this is a step against the gradient, of rate lr"


def lines_of(id: str) -> Callable:
    """The hunt in the program of this id."""

    def lines(rng: Rng | None):
        case = case_for(id, rng)
        words = {}
        for i, line in enumerate(numbered(case.text), 1):
            line = line.strip()
            words[i] = case.program.decoy.get(line) or plain_word(line)
        if case.bug and case.bug.mistake.slug == "updated-weight":
            back = line_of(case.text, "dA1 = dZ2 @ W2.T")
            words[back] = "the formula is; but which W2 does it meet here, and which line has seen to that"
        words.pop(case.line, None)
        if not case.bug:
            why = "There is no bug in it: every quantity is what it should be."
        else:
            why = f"The bug: {case.bug.mistake.says}."
            where = " in the second epoch" if case.bug.after == 2 else ""
            words[0] = (
                f"One of the lines is wrong. Nudge each parameter and compare{where}, then go through what is computed in its order."
            )
        prompt = (
            f"{asked(case)}\n\nWhich line has to be changed? Answer with its number, or 0 if all are right. "
            "(If a change in either of two lines would fix it, the one that comes first.)"
        )
        return prompt, case.line, words, why

    return lines


def hunt(number: int, title: str) -> WhichLine:
    id = f"clinic.{number}"
    return WhichLine(id, title, 1, "find the wrong line of a training program, or none", lines_of(id))


# ---------------------------------------------------------------- what goes wrong first?


@dataclass(frozen=True)
class FirstWrong(Choice):
    """The first quantity that a program gets wrong, by letter; the program is that of another exercise.

    hunt   the id of that exercise
    """

    hunt: str = ""

    def rng_for(self, variant: str) -> Rng | None:
        return replace(self, id=self.hunt).rng_for(variant) if self.id != self.hunt else super().rng_for(variant)


def firsts(hunt: str) -> Callable:
    """The choice for the program of this hunt."""

    def choose(rng: Rng | None):
        case = case_for(hunt, rng)
        program, first = case.program, case.bug.first if case.bug else "none"
        computed = [name for name in program.order if name not in program.params]
        named = {bug.first for bug in program.bugs} | {first} - {"none"}
        rest = [name for name in computed if name not in named]
        names = [*sorted(named, key=program.order.index), *rest][:4]
        names = [*sorted({*names, first} - {"none"}, key=program.order.index)[:4], "none"]
        letters = dict(zip("abcde", names, strict=False))
        texts = {name: f"`{name}`" if name != "none" else "None: the program is right" for name in names}
        where = " (counted from the second epoch on)" if case.bug and case.bug.after == 2 else ""
        prompt = (
            f"Look at the program of {hunt} again. Go through what it computes in this order: "
            f"{', '.join(f'`{name}`' for name in computed)}, over two epochs. Which is the first that is "
            "not what it should be?\n\n" + "\n".join(f"- **{letter}:** {texts[n]}" for letter, n in letters.items())
        )
        wrong = {letter: _no(name, first, program, where) for letter, name in letters.items() if name != first}
        return prompt, next(letter for letter, name in letters.items() if name == first), wrong

    return choose


def _no(name: str, first: str, program: Program, where: str):
    """Why this is not the first quantity that is wrong."""
    if name == "none":
        return f"one of them is wrong{where}. Nudge a parameter, and compare"
    if first == "none":
        return f"{name} is right here, and so are all others"
    if program.order.index(name) < program.order.index(first):
        return f"{name} is still right{where}"
    return f"{name} does not come first: something that is computed before it is wrong already"


def first_wrong(number: int, hunt: str) -> FirstWrong:
    id = f"clinic.{number}"
    objective = "name the first quantity in which a buggy backward pass differs from the truth"
    return FirstWrong(id, f"What goes wrong first in {hunt}?", 1, objective, firsts(hunt), hunt)


# ---------------------------------------------------------------- data that tell


@dataclass(frozen=True)
class CounterexampleSpec:
    """A bug for which data are to be found: what is asked for, and what is fixed."""

    slug: str
    arguments: tuple[str, ...]
    hint: str
    note: str = ""


def fitting(program: Program, arguments: tuple[str, ...]) -> Callable[[dict], str]:
    """A check of shapes: a sentence about what does not fit, or nothing."""

    def validate(inputs: dict) -> str:
        sizes: dict[str, int] = {}
        columns = {"X": "Nn", "T": "N" if program.name == "column" else "Nk"} | dict(program.params)
        for name in arguments:
            if name == "batch":
                size = inputs["batch"]
                if size.shape != () or size != int(size) or size < 1:
                    return "batch should be a whole number, 1 or more."
                continue
            letters, shape = columns[name], inputs[name].shape
            if len(shape) != len(letters) or 0 in shape:
                kind = "a list of numbers" if len(letters) == 1 else "a list of rows, all equally long"
                return f"{name} should be {kind}."
            for letter, length in zip(letters, shape, strict=True):
                if sizes.setdefault(letter, length) != length:
                    return (
                        f"The shapes do not fit: {name} is {shape}, and others want {sizes[letter]} for its {letter}."
                    )
        return ""

    return validate


def quantities(program: Program, text: str) -> Callable[..., dict]:
    """A function of the inputs that gives every quantity in the order of the pass, after one epoch."""

    def outputs(**inputs) -> dict:
        settings = {"batch": int(inputs.pop("batch"))} if "batch" in inputs else {}
        with np.errstate(all="ignore"):
            end = run(program, text, inputs, lr=0.1, **settings)
        # A gradient of another shape is spread over the parameter by the update; only its numbers count here.
        shapes = {f"d{name}": np.shape(inputs[name]) for name in program.params}
        return {n: np.broadcast_to(end[n], shapes[n]) if n in shapes else end[n] for n in program.order}

    return outputs


def witness(number: int, title: str, spec: CounterexampleSpec) -> Witness:
    program, bug = BUGS[spec.slug]
    text = program.inject_bug(bug)
    arguments = ", ".join(f"`{name}`" for name in spec.arguments)
    prompt = (
        f"{program.task} {GIVEN}{ALSO.get(program.name, '')}\n\n{listing(text)}\n\n"
        f"Line {line_of(text, bug.line)} is wrong, and yet most tests pass. Find inputs on which this program and "
        f"the right one differ after one epoch with `lr = 0.1`: {arguments}, small and easy to read.{spec.note} "
        f"Under `first`, say which is the first quantity that differs, in the order {', '.join(program.order)}."
    )
    return Witness(
        f"clinic.{number}",
        title,
        2,
        "find data that tell a buggy program from the right one",
        prompt,
        spec.arguments,
        quantities(program, program.text),
        (bug.mistake, quantities(program, text)),
        fitting(program, spec.arguments),
        spec.hint,
        lambda lists: {name: np.array(value, dtype=float) for name, value in lists.items()},
    )


# ---------------------------------------------------------------- fixing it


def returning(program: Program, text: str, arguments: tuple[str, ...], outputs: tuple[str, ...]) -> Callable[..., dict]:
    """One backward pass as a function of its inputs."""

    def solve(*given) -> dict:
        with np.errstate(all="ignore"):
            end = run(program, text, dict(zip(arguments, given, strict=True)), batch=len(given[0]))
        return {name: end[name] for name in outputs}

    return solve


def patch(number: int, title: str, slug: str, without: tuple[str, ...] = ()) -> Functions:
    """The task to write the backward pass of a program right; its other bugs are the known slips."""
    program, bug = BUGS[slug]
    arguments = ("X", "T", *program.params)
    outputs = tuple("d" + name for name in reversed(tuple(program.params)))

    def cases(rng: Rng) -> list[tuple]:
        generator = np.random.default_rng(rng.bits())
        sizes = [(rng.whole(4, 6), rng.whole(2, 3), 4, rng.whole(2, 3)) for _ in range(3)]
        return [tuple(inputs_for(program, generator, *size)[name] for name in arguments) for size in sizes]

    shown = line_of(program.inject_bug(bug), bug.line)
    text = (
        f"{program.task} One line of this program is wrong.\n\n{listing(program.inject_bug(bug))}\n\n"
        f"Write `backward({', '.join(arguments)})`: forward and back, once, over the whole batch and without an update. "
        f"It returns a dict with {', '.join(outputs)}. It is run on batches of several shapes, twice on each."
    )
    known = [b for b in program.bugs if b.mistake.slug not in ("updated-weight", "remainder-miscounted", *without)]
    slips = tuple((b.mistake, returning(program, program.inject_bug(b), arguments, outputs)) for b in known)
    objective = f"fix a backward pass whose line {shown} is wrong"
    return Functions(
        f"clinic.{number}",
        title,
        2,
        objective,
        text=text,
        arguments=arguments,
        outputs=outputs,
        cases=cases,
        solve=returning(program, program.text, arguments, outputs),
        mistakes=slips,
    )


def differs(slug: str, inputs: Mapping, **settings) -> str | None:
    """The first quantity in which this bug differs from the truth on these inputs."""
    program, bug = BUGS[slug]
    return first_difference(program, bug, inputs, **settings)


EXERCISES = (
    hunt(1, "Two sigmoids and a cross-entropy"),
    hunt(2, "Probabilities and squares"),
    hunt(3, "ReLU in minibatches"),
    hunt(4, "Three layers and softmax"),
    hunt(5, "Dropout"),
    hunt(6, "Batch normalisation"),
    hunt(7, "One matrix, two layers"),
    hunt(8, "One example at a time"),
    *(first_wrong(8 + i, f"clinic.{i}") for i in range(1, 9)),
    witness(
        17,
        "Data that tell: ReLU in place",
        CounterexampleSpec(
            "relu-in-place",
            ("X", "T", "W1", "b1", "W2", "b2"),
            "Which entries of Z1 does this line change? Does any of yours have that sign?",
            " (`batch` is larger than your batch.)",
        ),
    ),
    witness(
        18,
        "Data that tell: the last batch",
        CounterexampleSpec(
            "remainder-miscounted",
            ("X", "T", "W1", "b1", "W2", "b2", "batch"),
            "With how many rows is `batch` not the number of rows in a batch?",
        ),
    ),
    witness(
        19,
        "Data that tell: a sum without an axis",
        CounterexampleSpec(
            "bias-summed-over-all",
            ("X", "T", "W1", "b1", "W2", "b2"),
            "When is the sum over everything the same as the sum over the rows?",
            " (`batch` is larger than your batch.)",
        ),
    ),
    witness(
        20,
        "Data that tell: the wrong count",
        CounterexampleSpec(
            "wrong-axis-count",
            ("X", "T", "W1", "b1", "W2", "b2"),
            "For which shapes is t.shape[1] ** 2 the number of entries of t?",
            " (`batch` is larger than your batch.)",
        ),
    ),
    witness(
        21,
        "Data that tell: a square matrix",
        CounterexampleSpec(
            "weight-not-transposed",
            ("X", "T", "W1", "b1", "W2", "b2", "W3", "b3"),
            "For which square matrices is W2 the same as W2.T?",
        ),
    ),
    patch(22, "Fix it: softmax", "softmax-diagonal"),
    patch(23, "Fix it: a shared matrix", "one-path-only"),
)
