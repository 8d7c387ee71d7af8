"""Answers that are functions: the kind `Functions`, which runs them where they were written, and judges what they gave.

Only the outputs leave the notebook, so that a judge elsewhere runs nobody's code. Standard library only.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass

from ..mistakes import Mistake
from ..rng import Rng
from . import answers
from .arrays import (
    Compared,
    Grid,
    Grids,
    Known,
    Tolerances,
    alike,
    common_factor,
    difference,
    exchanged,
    grid,
    grids,
    known,
    near,
    relative,
    reshaped,
    times,
    told,
    two_slips,
)
from .base import (
    BOOK,
    NOT_YET,
    TRIED,
    Program,
    Verdict,
    asked,
    how_many,
    listed,
    partly,
    refused,
    right,
    share,
    story,
    together,
)
from .general_slips import slip
from .timeout import TimeUp, time_limit

SECONDS = 5  # for all runs of one check together


@dataclass(frozen=True)
class Functions(Compared):
    """A function, run on several drawn inputs, twice on each.

    text          the prompt, in Markdown
    arguments     the names of its arguments, in order
    outputs       the names of what it returns, in the order in which the pass comes to them
    cases         Rng -> a list of inputs, each a tuple of arguments; arrays in shapes that are not square
    solve         (*arguments) -> {name: output}: the right program; it may give more than is asked
    mistakes      (mistake, program) pairs: wrong programs with the same arguments
    alternatives  (note, program) pairs: other right programs, accepted with a note
    The function may return a tuple in the order of `outputs`, a dict by these names, or one output alone.
    It has 5 seconds for all runs, in the main thread on Unix; elsewhere there is no limit.
    """

    text: str = ""
    arguments: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    cases: Callable[[Rng], list[tuple]] | None = None
    solve: Program | None = None
    mistakes: tuple[tuple[Mistake, Program], ...] = ()
    alternatives: tuple[tuple[str, Program], ...] = ()

    def show(self, variant: str = BOOK) -> str:
        return self.text

    def numbers(self, variant: str = BOOK) -> dict:
        """The inputs of this variant: {"cases": [...]}; for "book" they are drawn too."""
        if (self.id, variant) not in _CASES:
            _CASES[self.id, variant] = self._sampled(Rng(f"{variant}/{self.id}"))
        return _CASES[self.id, variant]

    def _sampled(self, rng: Rng) -> dict:
        for _ in range(100):
            numbers = {"cases": self.cases(rng)}
            if not self.clashes(numbers):
                return numbers
        raise RuntimeError(f"exercise {self.id} found no inputs that show every mistake: {self.clashes(numbers)}")

    def gives(self, program: Program, numbers: dict) -> Grids:
        """What is asked, for all inputs: the name of an output and the number of the run -> array."""
        outputs = [program(*deepcopy(case)) for case in numbers["cases"]]
        return {_key(name, i): grids({name: o[name]})[name] for i, o in enumerate(outputs) for name in self.outputs}

    def tolerances(self, numbers: dict) -> Tolerances:
        """How far each number may lie off: 1e-4 of the largest of its array."""
        return relative(self.gives(self.solve, numbers))

    def _tried(self) -> Iterator[dict]:
        yield from ({"cases": self.cases(Rng(f"alike/{self.id}/{k}"))} for k in range(TRIED))

    # ------------------------------------------------------------ in the notebook

    def collect(self, answer, variant: str = BOOK) -> object:
        """{"runs": [{"first": outputs, "second": outputs, "after": inputs, if they were changed}, ...]}."""
        if not callable(answer):
            return answers.to_json(answer)
        cases, runs = self.numbers(variant)["cases"], []
        try:
            with time_limit(SECONDS):
                for case in cases:
                    runs.append(_run(answer, case))
        except TimeUp:
            runs.append({"slow": SECONDS})
        if answers.size(runs) > answers.LIMIT:
            return {"is": f"a function that returns more than {answers.LIMIT} numbers"}
        return {"runs": runs}

    # ------------------------------------------------------------ anywhere

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        runs = raw.get("runs") if isinstance(raw, dict) else None
        signature = f"f({', '.join(self.arguments)})"
        cases = self.numbers(variant)["cases"]
        if not isinstance(runs, list) or not runs:
            got = answers.describe_json(raw)
            return refused(f"Expected a function {signature}, itself, not what it returns; got {got}.")
        for run, case in zip(runs, cases, strict=False):
            fault = _stopped(run, self._told(case))
            if fault:
                return Verdict(0, NOT_YET, *self._stop_help(fault, runs, cases))
        if len(runs) != len(cases):
            return refused(f"Expected the outputs for {len(cases)} inputs, got {len(runs)}.")
        first, fault = self._outputs(runs, "first")
        second, fault_too = self._outputs(runs, "second")
        if fault or fault_too:
            return Verdict(0, NOT_YET, (fault or f"At the second call: {fault_too}",), counts_as_try=True)
        return self._verdict(first, second, self._changed(runs, cases), variant)

    def _stop_help(self, fault: str, runs: list, cases: list) -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
        """Hints, counts_as_try, slips: for a function that stops on some inputs. A slip that stops on the same ones has a name."""
        done = [(run, case) for run, case in zip(runs, cases, strict=False) if not _stopped(run, "")]
        if len(runs) < len(cases) or not done:
            return (fault,), True, ()
        wrong = [(name,) for name in self.outputs if not all(self._does_as(self.solve, *one, (name,)) for one in done)]
        for names in (self.outputs, *wrong):
            for mistake, program in self.mistakes:
                if all(self._does_as(program, run, case, names) for run, case in zip(runs, cases, strict=True)):
                    what = "it gives what you get" if names == self.outputs else f"{names[0]} is what you get"
                    last = f"{fault} Where the shapes let it run, {what} if {story([mistake])}"
                    return (fault, f"{fault} {mistake.question}", last), True, (mistake.slug,)
        return (fault,), True, ()

    def _does_as(self, program: Program, run, case: tuple, names: tuple[str, ...]) -> bool:
        """Whether this run stopped as the program does on its inputs, or gave the same under these names."""
        try:
            outputs = program(*deepcopy(case))
        except Exception:  # it is a slip's program, and some stop where shapes do not fit
            return bool(_stopped(run, ""))
        found, odd = ({}, "stopped") if _stopped(run, "") else self._outputs([run], "first")
        want = {_key(name, 0): grids({name: outputs[name]})[name] for name in names}
        return not odd and alike(want, found, relative(want))

    def _told(self, case) -> str:
        """The inputs of a case in a few words: numbers as they are, arrays by their shapes; of many, the first two."""
        parts = [grid(answers.to_json(value)) for value in case]
        said = ["" if g is None else f"= {g.cells[0]:.3g}" if g.shape == () else f"of shape {g.shape}" for g in parts]
        parts = [f"{name} {word}" for name, word in zip(self.arguments, said, strict=True) if word]
        return ", ".join(parts if len(parts) <= 5 else [*parts[:2], "..."])

    def _outputs(self, runs: list[dict], call: str) -> tuple[Grids, str]:
        """All outputs of the first or the second calls, or what is wrong with what came back."""
        found: Grids = {}
        for i, run in enumerate(runs):
            raw = run.get(call)
            inside = answers.by_name(raw, self.outputs)
            if inside is None or set(inside) != set(self.outputs):
                got = _things(raw) if isinstance(raw, list) else answers.describe_json(raw)
                got = answers.names(inside) if inside else got
                return {}, f"Your function should return {listed(self.outputs)}; it returned {got}."
            for name in self.outputs:
                array = grid(inside[name])
                if array is None:
                    odd = answers.describe_json(inside[name])
                    ask = " Do you mean its `.grad` or its `.data`?" if odd in answers.ENGINE else ""
                    return {}, f"{name} should be a number or an array of numbers; it is {odd}.{ask}"
                found[_key(name, i)] = array
        return found, ""

    def _changed(self, runs: list[dict], cases) -> str | None:
        """The first argument that a call altered."""
        for run, case in zip(runs, cases, strict=True):
            after = run.get("after")
            if isinstance(after, list):
                for name, was, now in zip(self.arguments, case, after, strict=False):
                    if answers.to_json(was) != now:
                        return name
        return None

    def _verdict(self, first: Grids, second: Grids, changed: str | None, variant: str) -> Verdict:
        (want, tolerances, wrong, alternatives), note = known(self, variant), ""
        numbers = self.numbers(variant)
        for words, other in alternatives:
            if not alike(first, want, tolerances) and alike(first, other, tolerances):
                want, note = other, f" {words}"
        runs = range(len(numbers["cases"]))
        hits = {name: all(near(calls[_key(name, i)], want[_key(name, i)], tolerances[_key(name, i)])
                          for i in runs for calls in (first, second)) for name in self.outputs}  # fmt: skip
        if all(hits.values()) and not changed:
            return right(self.points, note)
        points, lead = share(self.points * (0.5 if changed else 1), hits), f"{NOT_YET}{how_many(hits)}"
        begins_well = all(near(first[key], want[key], tolerances[key]) for key in want if _run_of(key) == 0)
        if begins_well and not alike(first, second, tolerances):
            return Verdict(points, lead, *_second_help(first, second, tolerances))
        if not alike(first, want, tolerances):
            also = _also(changed, alike(first, second, tolerances))
            return Verdict(points, lead, *self._help(first, Known(want, tolerances, wrong, []), numbers["cases"], also))
        last = f"It writes into its argument {changed}, which the caller still needs: work on a copy."
        look = "The outputs are right, but after the call not all is as it was before."
        return Verdict(points, lead, (look, last), True, ("argument-written",))

    def _help(self, first: Grids, known: Known, cases, also: str = "") -> tuple[tuple[str, ...], bool, tuple[str, ...]]:
        """Hints, counts_as_try, slips: for outputs that are wrong at the first call; `also` is said where no slip has a name."""
        want, tolerances, wrong, _ = known
        bad = next(key for key in want if not near(first[key], want[key], tolerances[key]))
        name, place = bad.split(" in run ")
        look = f"{name} is the first output that is wrong, in run {place} ({self._told(cases[_run_of(bad)])})."
        whole = [m for m, gives in wrong if alike(first, gives, tolerances)]
        if order := len(self.outputs) <= 4 and exchanged(first, want, tolerances, self.outputs):
            whole.append(order)
        if whole:
            return _named(look, "This is what you get if", told(whole), self.id)
        triples = [(first[key], want[key], tolerances[key]) for key in want if key.startswith(f"{name} in run")]
        if pairs := two_slips(first, known):
            slugs = tuple(dict.fromkeys(mistake.slug for pair in pairs for mistake in pair))
            return (look, pairs[0][0].question, " Or: ".join(map(together, pairs))), True, slugs
        ours = {key: g for key, g in first.items() if key.startswith(f"{name} in run")}
        part = told(partly([m for m, gives in wrong if alike(ours, gives, tolerances)]))
        plain = reshaped(name, triples) or _factor_by_name(name, triples, cases, self.arguments)
        if part or plain:
            return _named(look, f"In {name} this is what you get if", part or [plain], self.id)
        where = difference(name, first[bad], want[bad], tolerances[bad])
        if common := common_factor(triples):
            where = f"In every run {name} {times(common)}."
        return (look, f"{look} {where}{also}"), True, ()


_CASES: dict[tuple[str, str], dict] = {}  # drawn once for each exercise and variant


def _also(changed: str | None, same: bool) -> str:
    """What else was seen of a function whose outputs are wrong, and may be why they are."""
    if changed:
        return f" And it writes into its argument {changed}, whose old numbers may be needed later on."
    return (
        "" if same else " And a second call, with the same inputs, gives something else: is anything drawn at random?"
    )


def _things(raw: list) -> str:
    """What came back in place of several outputs; an array is a list of its rows, and which it was cannot be told."""
    array = grid(raw) if raw else None
    return f"{len(raw)} things{f', or one array of shape {array.shape}' if array else ''}"


def _key(name: str, run: int) -> str:
    return f"{name} in run {run + 1}"


def _run_of(key: str) -> int:
    return int(key.rsplit(" ", 1)[1]) - 1


def _run(function, case: tuple) -> dict:
    """Two calls with the same arguments, each with its own copy of them."""
    given = deepcopy(case)
    run = {"first": _called(function, given)}
    after = [answers.to_json(value) for value in given]
    if after != [answers.to_json(value) for value in case]:
        run["after"] = after
    return run | {"second": _called(function, deepcopy(case))}


def _called(function, arguments: tuple) -> object:
    """What the function returns, in raw form, or the last line of its error."""
    try:
        return answers.to_json(function(*arguments))
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException as error:  # whatever it is: it is the learner's, and worth a sentence
        return {"raised": _last_line(error)}


def _last_line(error: BaseException) -> str:
    try:
        return answers.clean(f"{type(error).__name__}: {error}".strip().split("\n")[-1])
    except Exception:
        return type(error).__name__


def _stopped(run, inputs: str) -> str:
    """Why a run came to no end, or nothing."""
    if not isinstance(run, dict):
        return "One of the runs left nothing behind."
    if "slow" in run:
        return f"Your function did not return within {SECONDS} seconds, with {inputs}. Is there a loop without an end?"
    for call in ("first", "second"):
        if isinstance(run.get(call), dict) and "raised" in run[call]:
            again = "At the second call, with the same inputs, it" if call == "second" else "Your function"
            return f"{again} raised `{str(run[call]['raised'])[:200]}`, with {inputs}."
    return ""


def _named(look: str, begin: str, mistakes: Sequence[Mistake], id: str):
    """Hints, counts_as_try, slips: for mistakes that explain what was returned."""
    return (look, asked(mistakes), f"{begin} {story(mistakes, id)}"), True, tuple(m.slug for m in mistakes)


SCALES = {
    1: "",
    -1: ", and the sign is wrong",
    2: ", and there is a factor 2 too many",
    0.5: ", and a factor 2 is missing",
}
ALONE = {
    -1: "the sign of {} is reversed",
    2: "there is a factor 2 too many in {}",
    0.5: "a factor 2 is missing from {}",
}


def _factor_by_name(name: str, triples, cases, arguments: Sequence[str]) -> Mistake | None:
    """A factor that is missing, or one too many, where it is the same quantity of the inputs in every run.

    triples    (got, wanted, room) for each run
    """
    ratios = [_ratio(*triple) for triple in triples]
    if None in ratios or len(ratios) < 2:
        return None

    def always(factors: Sequence[float]) -> bool:
        return all(abs(r - f) <= 1e-3 * abs(r) for r, f in zip(ratios, factors, strict=True))

    for scale, words in ALONE.items():
        if always([scale] * len(ratios)):
            question = f"Compare {name} with what nudging an input gives. What is constant?"
            return _factor("plain-factor", words.format(name), question)
    for quantity, sizes in _quantities(cases, arguments).items():
        question = f"Compare {name} with {quantity}: where does {quantity} come in, and how often?"
        for scale, words in SCALES.items():
            if always([scale / size for size in sizes]):
                return _factor("factor-missing", f"the factor {quantity} is missing from {name}{words}", question)
            if always([scale * size for size in sizes]):
                return _factor("factor-too-many", f"there is one factor {quantity} too many in {name}{words}", question)
    return None


def _factor(slug: str, says: str, question: str) -> Mistake:
    return slip(slug, says, "where there are several factors, one is easily lost or taken twice", question)


def _ratio(got: Grid, want: Grid, tolerance: tuple[float, ...]) -> float | None:
    """What was got in units of what was wanted, if all numbers agree on it; for a single number too."""
    if got.shape != want.shape:
        return None
    rows = [(x, y) for x, y, r in zip(got.cells, want.cells, tolerance, strict=True) if max(abs(x), abs(y)) > r]
    ratios = [x / y if y else math.nan for x, y in rows]
    agree = ratios and all(abs(ratio - ratios[0]) <= 1e-3 * abs(ratios[0]) for ratio in ratios)
    return ratios[0] if agree and ratios[0] else None


def _quantities(cases, arguments: Sequence[str]) -> dict[str, list[float]]:
    """Quantities of the inputs that can be a factor, with their value in each run: numbers, and how many rows there are."""
    found: dict[str, list[float]] = {}
    for name, values in zip(arguments, zip(*cases, strict=True), strict=True):
        arrays = [grid(answers.to_json(value)) for value in values]
        if all(a is not None and a.shape == () and a.cells[0] for a in arrays):
            found[name] = [a.cells[0] for a in arrays]
        if all(a is not None and len(a.shape) == 2 for a in arrays) and max(a.shape[0] for a in arrays) > 1:
            found[f"len({name})"] = [float(a.shape[0]) for a in arrays]
    return found


def _second_help(first: Grids, second: Grids, tolerances: Tolerances):
    """Hints, counts_as_try, slips: for outputs that are right at the first call and others at the second."""
    bad = next(key for key in first if not near(second[key], first[key], tolerances[key]))
    name = bad.split(" in run ")[0]
    look = "The first call is right. A second one, with the same inputs, gives something else."
    doubled = second[bad]._replace(cells=tuple(c / 2 for c in second[bad].cells))
    if near(doubled, first[bad], tolerances[bad]):
        last = f"At the second call {name} has doubled: it is added to what the first call left behind."
        return (look, "What does your function keep from one call to the next?", last), True, ("gradients-not-reset",)
    last = f"At the second call {name} is another: something computed in the first call is used again."
    return (look, "What does your function keep from one call to the next?", last), True
