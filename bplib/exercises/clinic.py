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
from ..mistakes import Mistake
from ..mistakes.arrays import SLIPS
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
    "When it starts, it is given the batch `X` and `T` (a row for each example), the parameters as arrays of floats, "
    "`epochs`, and a learning rate `lr`."
)
ALSO = {
    "batches": " It is also given `batch`. (At exactly 0 this program takes 1 as the slope of ReLU. That is a convention, and not the bug.)",
    "dropout": " It is also given `drop` and `seed`.",
    "rows": " It is also given `dW1`, `db1`, `dW2` and `db2`, as arrays of zeros.",
    "momentum": " It is also given `speed`, an array of zeros for each parameter.",
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
        ("def ", "it begins the function"),
        ("return", "this is the formula of the sigmoid"),
        ("for ", "the loop visits everything that it should"),
        ("loss", "it computes the loss that the task asks for, in the right shape"),
        ("d", "it makes the right gradient out of what it is given"),
    ):
        if line.startswith(start):
            return word
    return (
        "it computes what its name says"
        if "-=" not in line
        else "this is a step against the gradient, with the rate lr"
    )


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
            words[back] = (
                "the formula is what it should be. But which W2 does it meet here, and which line is the reason"
            )
        words.pop(case.line, None)
        if not case.bug:
            why = "There is no bug in this program: every quantity is what it should be."
        else:
            why = f"The bug: {case.bug.mistake.says}."
            where = " in the second epoch" if case.bug.after == 2 else ""
            words[0] = (
                f"One of the lines is wrong. Nudge each parameter, compare with its gradient{where}, and then go through what is computed, in order."
            )
        prompt = (
            f"{asked(case)}\n\nWhich line has to be changed? Answer with its number, or with 0 if all are right. "
            "(If you could fix it by changing either of two lines, give the one that comes first.)"
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
        where = " (if you look at the second epoch too)" if case.bug and case.bug.after == 2 else ""
        prompt = (
            f"Look again at the program of {hunt}. Over two epochs, go through what it computes, in this order: "
            f"{', '.join(f'`{name}`' for name in computed)}. Which of these is the first that is "
            "not what it should be?\n\n" + "\n".join(f"- **{letter}:** {texts[n]}" for letter, n in letters.items())
        )
        wrong = {letter: _no(name, first, program, where) for letter, name in letters.items() if name != first}
        return prompt, next(letter for letter, name in letters.items() if name == first), wrong

    return choose


def _no(name: str, first: str, program: Program, where: str):
    """Why this is not the first quantity that is wrong."""
    if name == "none":
        return f"one of them is wrong{where}. Nudge a parameter, and compare with its gradient"
    if first == "none":
        return f"{name} is right here, and so are all the others"
    if program.order.index(name) < program.order.index(first):
        return f"{name} is still right{where}, and the first wrong quantity comes after it"
    return f"{name} does not come first, because something that is computed before it is already wrong"


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
                    return "`batch` should be a whole number, 1 or more."
                continue
            letters, shape = columns[name], inputs[name].shape
            if len(shape) != len(letters) or 0 in shape:
                kind = "a list of numbers" if len(letters) == 1 else "a list of rows that are all equally long"
                return f"{name} should be {kind}."
            for letter, length in zip(letters, shape, strict=True):
                if sizes.setdefault(letter, length) != length:
                    return f"The shapes do not fit: {name} has the shape {shape}, and to fit the others it needs {sizes[letter]} where it has {length}."
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
        f"the right one differ after one epoch with `lr = 0.1`. Give {arguments}, and keep them small and easy to "
        f"read.{spec.note} Under `first`, say which quantity is the first that differs, going through "
        f"{', '.join(program.order)} in this order."
    )
    return Witness(
        f"clinic.{number}",
        title,
        2,
        "find data on which a buggy program differs from the right one",
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


def patch(number: int, title: str, slug: str, more: Mapping[Mistake, Callable[[dict, int], dict]]) -> Functions:
    """The task to write the backward pass of a program right; its other bugs are the known slips.

    more    further slips, each with what becomes of the right gradients, given them and the number of examples
    """
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
        f"Write it right, as a function `backward({', '.join(arguments)})` that goes forward and back once, over the "
        f"whole batch and without an update, and returns a dict with {', '.join(outputs)}. We will run it on batches "
        "of several shapes, twice on each."
    )
    solve = returning(program, program.text, arguments, outputs)
    known = [b for b in program.bugs if b.mistake.slug not in ("updated-weight", "remainder-miscounted")]
    slips = (
        *((b.mistake, returning(program, program.inject_bug(b), arguments, outputs)) for b in known),
        *((m, lambda *given, altered=altered: altered(solve(*given), len(given[0]))) for m, altered in more.items()),
    )
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
        solve=solve,
        mistakes=slips,
    )


NOT_AVERAGED = SLIPS["batch-not-averaged"].worded(
    "all six gradients are N times too large, for N examples, because the mean in the loss is left out on the way back",
    "It is tempting because P - T is what one remembers of softmax with a cross-entropy.",
    "The loss is a mean over the examples. Which of your lines divides by their number?",
)
USES_AVERAGED = Mistake(
    "two-uses-averaged",
    "dV is the mean of what its two uses give, where it is their sum",
    "It is tempting because both belong to one matrix, and a mean keeps the size of one of them.",
    "If V grows a little, both layers change. Does the loss change by both effects together, or by half of that?",
    "5: Over paths, add",
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
        "Data that show it: ReLU in place",
        CounterexampleSpec(
            "relu-in-place",
            ("X", "T", "W1", "b1", "W2", "b2"),
            "Which entries of Z1 does this line change? Do any of yours have that sign?",
            " (`batch` is larger than the number of your examples.)",
        ),
    ),
    witness(
        18,
        "Data that show it: the last batch",
        CounterexampleSpec(
            "remainder-miscounted",
            ("X", "T", "W1", "b1", "W2", "b2", "batch"),
            "How many rows do you need, so that one of the batches is shorter than `batch`?",
        ),
    ),
    witness(
        19,
        "Data that show it: a sum without an axis",
        CounterexampleSpec(
            "bias-summed-over-all",
            ("X", "T", "W1", "b1", "W2", "b2"),
            "When is the sum over all entries the same as the sum over the rows? Choose data for which it is not.",
            " (`batch` is larger than the number of your examples.)",
        ),
    ),
    witness(
        20,
        "Data that show it: the wrong count",
        CounterexampleSpec(
            "wrong-axis-count",
            ("X", "T", "W1", "b1", "W2", "b2"),
            "For which shapes is t.shape[1] ** 2 the number of entries of t? Choose another shape.",
            " (`batch` is larger than the number of your examples.)",
        ),
    ),
    witness(
        21,
        "Data that show it: a square matrix",
        CounterexampleSpec(
            "weight-not-transposed",
            ("X", "T", "W1", "b1", "W2", "b2", "W3", "b3"),
            "For which square matrices is W2 the same as W2.T? Choose one for which it is not.",
        ),
    ),
    patch(
        22, "Fix it: softmax", "softmax-diagonal", {NOT_AVERAGED: lambda right, n: {k: n * g for k, g in right.items()}}
    ),
    patch(
        23,
        "Fix it: a shared matrix",
        "one-path-only",
        {USES_AVERAGED: lambda right, n: right | {"dV": right["dV"] / 2}},
    ),
)
