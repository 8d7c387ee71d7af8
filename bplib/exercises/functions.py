"""Answers that are functions: the kind `Functions`, which runs them where they were written, and judges what they gave.

Only the outputs leave the notebook, so that a judge elsewhere runs nobody's code. Standard library only.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

from ..draw import Draw
from ..mistakes import Mistake
from . import raw as raws
from .arrays import Grids, Rooms, alike, difference, grid, grids, known, near, relative, too_near
from .base import BOOK, Drawn, Program, Verdict, refused, right, story

SECONDS = 5  # for all runs of one check together
AGAIN = 0.1  # s; after that the limit strikes again and again
NOT_YET = "**Not yet.** "


class TimeUp(BaseException):
    """Not an Exception, so that a learner's `except Exception` does not swallow it."""


@contextmanager
def time_limit(seconds: float):
    """Raise TimeUp in this block after `seconds`, where that can be done: in the main thread, on Unix.

    Elsewhere there is no limit, and a function that never returns has to be interrupted by hand. A limit that was
    already running (as in tests) is set up again afterwards.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def up(signum, frame):
        while frame and frame.f_code.co_filename != __file__:
            frame.f_trace = strike
            frame = frame.f_back
        sys.settrace(lambda *event: None)  # or no frame would look at its own
        raise TimeUp

    def strike(frame, event, argument):
        """A bare `except:` swallows the first one. This one comes in its first line, and is not caught there."""
        if event == "line":
            raise TimeUp
        return strike

    tracing = sys.gettrace()
    old = signal.signal(signal.SIGALRM, up)
    rest, _ = signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    finally:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0)
        except TimeUp:  # it struck once more, just now
            signal.setitimer(signal.ITIMER_REAL, 0)
        sys.settrace(tracing)
        signal.setitimer(signal.ITIMER_REAL, rest)
        signal.signal(signal.SIGALRM, old)


@dataclass(frozen=True)
class Functions(Drawn):
    """A function, run on several drawn inputs, twice on each.

    text     the prompt, in Markdown
    takes    the names of its arguments, in order
    asks     the names of what it returns, in the order in which the pass comes to them
    cases    Draw -> a list of inputs, each a tuple of arguments; arrays in shapes that are not square
    solve    (*arguments) -> {name: output}: the right program; it may give more than is asked
    slips    (mistake, program) pairs: wrong programs with the same arguments
    also     (note, program) pairs: other right programs, accepted with a note
    The function may return a tuple in the order of `asks`, a dict by these names, or one output alone.
    It has 5 seconds for all runs, in the main thread on Unix; elsewhere there is no limit.
    """

    text: str = ""
    takes: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    cases: Callable[[Draw], list[tuple]] | None = None
    solve: Program | None = None
    slips: tuple[tuple[Mistake, Program], ...] = ()
    also: tuple[tuple[str, Program], ...] = ()

    def show(self, variant: str = BOOK) -> str:
        return self.text

    def numbers(self, variant: str = BOOK) -> dict:
        """The inputs of this variant: {"cases": [...]}; for "book" they are drawn too."""
        if (self.id, variant) not in _CASES:
            _CASES[self.id, variant] = self._drawn(Draw(f"{variant}/{self.id}"))
        return _CASES[self.id, variant]

    def _drawn(self, draw: Draw) -> dict:
        for _ in range(100):
            numbers = {"cases": self.cases(draw)}
            if not self.clashes(numbers):
                return numbers
        raise RuntimeError(f"exercise {self.id} found no inputs that show every mistake: {self.clashes(numbers)}")

    def gives(self, program: Program, numbers: dict) -> Grids:
        """What is asked, for all inputs: the name of an output and the number of the run -> array."""
        outputs = [program(*deepcopy(case)) for case in numbers["cases"]]
        return {_key(name, i): grids({name: o[name]})[name] for i, o in enumerate(outputs) for name in self.asks}

    def rooms(self, numbers: dict) -> Rooms:
        """How far each number may lie off: 1e-4 of the largest of its array."""
        return relative(self.gives(self.solve, numbers))

    def wrong(self, numbers: dict) -> list[tuple[Mistake, Grids]]:
        """Each mistake that can be told here, and what it gives."""
        return [(m, self.gives(program, numbers)) for m, program in self.slips if m.slug not in self.blind]

    def clashes(self, numbers: dict) -> list[str]:
        want = self.gives(self.solve, numbers)
        answers = [("the right answer", want), *((m.slug, found) for m, found in self.wrong(numbers))]
        return too_near(answers, relative(want))

    # ------------------------------------------------------------ in the notebook

    def collect(self, answer, variant: str = BOOK) -> object:
        """{"runs": [{"first": outputs, "second": outputs, "after": inputs, if they were changed}, ...]}."""
        if not callable(answer):
            return raws.plain(answer)
        cases, runs = self.numbers(variant)["cases"], []
        try:
            with time_limit(SECONDS):
                for case in cases:
                    runs.append(_run(answer, case))
        except TimeUp:
            runs.append({"slow": SECONDS})
        if raws.size(runs) > raws.LIMIT:
            return {"is": f"a function that returns more than {raws.LIMIT} numbers"}
        return {"runs": runs}

    # ------------------------------------------------------------ anywhere

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        runs = raw.get("runs") if isinstance(raw, dict) else None
        signature = f"f({', '.join(self.takes)})"
        cases = self.numbers(variant)["cases"]
        if not isinstance(runs, list) or not runs:
            return refused(f"Wanted: a function {signature}, itself, not what it returns; got {raws.words(raw)}.")
        for run, case in zip(runs, cases, strict=False):
            fault = _stopped(run, self._told(case))
            if fault:
                return Verdict(0, NOT_YET, (fault,), tried=True)
        if len(runs) != len(cases):
            return refused(f"Wanted: the outputs for {len(cases)} inputs, got {len(runs)}.")
        first, fault = self._outputs(runs, "first")
        second, fault_too = self._outputs(runs, "second")
        if fault or fault_too:
            return Verdict(0, NOT_YET, (fault or f"At the second call: {fault_too}",), tried=True)
        return self._verdict(first, second, self._changed(runs, cases), variant)

    def _told(self, case) -> str:
        """The inputs of a case in a few words: numbers as they are, arrays by their shapes."""
        parts = [grid(raws.plain(value)) for value in case]
        said = [f"= {g.cells[0]:.3g}" if g.shape == () else f"of shape {g.shape}" for g in parts]
        return ", ".join(f"{name} {word}" for name, word in zip(self.takes, said, strict=True))

    def _outputs(self, runs: list[dict], call: str) -> tuple[Grids, str]:
        """All outputs of the first or the second calls, or what is wrong with what came back."""
        found: Grids = {}
        wanted = " and ".join([", ".join(self.asks[:-1]), self.asks[-1]] if self.asks[1:] else self.asks)
        for i, run in enumerate(runs):
            raw = run.get(call)
            inside = raws.named(raw)
            if inside is None and len(self.asks) == 1:
                alone = isinstance(raw, list) and len(raw) == 1  # a tuple of one, where one output was wanted
                inside = {self.asks[0]: raw[0] if alone else raw}
            if inside is None and isinstance(raw, list) and len(raw) == len(self.asks):
                inside = dict(zip(self.asks, raw, strict=True))
            if inside is None or set(inside) != set(self.asks):
                got = f"{len(raw)} things" if isinstance(raw, list) else raws.words(raw)
                return {}, f"Your function should return {wanted}; it returned {raws.names(inside) if inside else got}."
            for name in self.asks:
                array = grid(inside[name])
                if array is None:
                    return {}, f"{name} should be a number or an array of numbers; it is {raws.words(inside[name])}."
                found[_key(name, i)] = array
        return found, ""

    def _changed(self, runs: list[dict], cases) -> str | None:
        """The first argument that a call altered."""
        for run, case in zip(runs, cases, strict=True):
            after = run.get("after")
            if isinstance(after, list):
                for name, was, now in zip(self.takes, case, after, strict=False):
                    if raws.plain(was) != now:
                        return name
        return None

    def _verdict(self, first: Grids, second: Grids, changed: str | None, variant: str) -> Verdict:
        (want, rooms, wrong, also), note = known(self, variant), ""
        numbers = self.numbers(variant)
        for words, other in also:
            if not alike(first, want, rooms) and alike(first, other, rooms):
                want, note = other, f" {words}"
        runs = range(len(numbers["cases"]))
        good = [name for name in self.asks
                if all(near(calls[_key(name, i)], want[_key(name, i)], rooms[_key(name, i)])
                       for i in runs for calls in (first, second))]  # fmt: skip
        if len(good) == len(self.asks) and not changed:
            return right(self.points, note)
        points = round(self.points * len(good) / len(self.asks) * (0.5 if changed else 1), 4)
        count = f"{len(good)} of {len(self.asks)} right. " if len(self.asks) > 1 else ""
        lead = f"**Not yet.** {count}"
        begins_well = all(near(first[_key(name, 0)], want[_key(name, 0)], rooms[_key(name, 0)]) for name in self.asks)
        if begins_well and not alike(first, second, rooms):
            return Verdict(points, lead, *_second_help(first, second, rooms))
        if not alike(first, want, rooms):
            inputs = self._inputs(first, want, rooms, numbers)
            return Verdict(points, lead, *_first_help(first, want, rooms, wrong, inputs))
        last = f"It writes into its argument {changed}, which the caller still needs: work on a copy."
        return Verdict(
            points, lead, ("The outputs are right, but after the call not all is as it was before.", last), True
        )

    def _inputs(self, first: Grids, want: Grids, rooms: Rooms, numbers: dict) -> str:
        """The inputs of the first run that went wrong, in words."""
        key = next(key for key in want if not near(first[key], want[key], rooms[key]))
        return self._told(numbers["cases"][_run_of(key)])


_CASES: dict[tuple[str, str], dict] = {}  # drawn once for each exercise and variant


def _key(name: str, run: int) -> str:
    return f"{name} in run {run + 1}"


def _run_of(key: str) -> int:
    return int(key.rsplit(" ", 1)[1]) - 1


def _run(function, case: tuple) -> dict:
    """Two calls with the same arguments, each with its own copy of them."""
    given = deepcopy(case)
    run = {"first": _called(function, given)}
    after = [raws.plain(value) for value in given]
    if after != [raws.plain(value) for value in case]:
        run["after"] = after
    return run | {"second": _called(function, deepcopy(case))}


def _called(function, arguments: tuple) -> object:
    """What the function returns, in raw form, or the last line of its error."""
    try:
        return raws.plain(function(*arguments))
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException as error:  # whatever it is: it is the learner's, and worth a sentence
        return {"raised": _last_line(error)}


def _last_line(error: BaseException) -> str:
    try:
        return raws.clean(f"{type(error).__name__}: {error}".strip().split("\n")[-1])
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


def _first_help(first: Grids, want: Grids, rooms: Rooms, wrong, inputs: str):
    """Help, tried, slips: for outputs that are wrong at the first call."""
    bad = next(key for key in want if not near(first[key], want[key], rooms[key]))
    name, place = bad.split(" in run ")
    look = f"{name} is the first output that is wrong, in run {place} ({inputs})."
    slips = [m for m, gives in wrong if alike(first, gives, rooms)]
    if slips:
        help = look, slips[0].question, f"This is what you get when {story(slips)}"
        return help, True, tuple(m.slug for m in slips)
    where = difference(name, first[bad], want[bad], rooms[bad])
    ours = {k: g for k, g in first.items() if k.startswith(f"{name} in run")}
    part = [m for m, gives in wrong if alike(ours, gives, rooms)]
    if part:
        return (look, part[0].question, f"In {name} this is what you get when {story(part[:1])}"), True, (part[0].slug,)
    return (look, f"{look} {where}"), True


def _second_help(first: Grids, second: Grids, rooms: Rooms):
    """Help, tried, slips: for outputs that are right at the first call and others at the second."""
    bad = next(key for key in first if not near(second[key], first[key], rooms[key]))
    name = bad.split(" in run ")[0]
    look = "The first call is right. A second one, with the same inputs, gives something else."
    doubled = second[bad]._replace(cells=tuple(c / 2 for c in second[bad].cells))
    if near(doubled, first[bad], rooms[bad]):
        last = f"At the second call {name} has doubled: it is added to what the first call left behind."
        return (look, "What does your function keep from one call to the next?", last), True, ("gradients-not-reset",)
    last = f"At the second call {name} is another: something computed in the first call is used again."
    return (look, "What does your function keep from one call to the next?", last), True
