"""Answers that are classes: the kind `Classes`, which puts a class to work in a few lines, and judges what came out.

The lines run where the class was written, and only numbers and the last lines of errors leave the notebook. What each
wrong class gives is found by running wrong classes in the same lines. Standard library only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from ..engine.trace_table import fmt
from ..mistakes import Mistake
from . import answers
from .base import BOOK, NOT_YET, RIGHT, Sampled, Verdict, asked, how_many, listed, refused, right, share, story
from .functions import SECONDS, _last_line
from .timeout import TimeUp, time_limit

SLOW = {"slow": True}
MOST = 20  # entries of what should be one number
CLOSE = 1e-6  # of the number wanted: room for sums taken in another order
NAMED = ("float", "int", "NoneType", "method", "list", "tuple", "set")  # types that tell one TypeError from another
NAMES = ("data", "grad", "backward", "relu", "tanh", "exp", "log")  # that the steps prescribe
OF_PYTHON = {  # what Python says of a class, and what it may mean by it
    "unhashable type": "Where a class says what `==` means, as a plain `@dataclass` does, Python takes its `hash` away, and a set needs one: write `__hash__ = object.__hash__` in the class, or `@dataclass(eq=False)`.",
    r"^TypeError: \w+\(\) takes no arguments": "Is the method called `__init__`, with two underscores on each side?",
    r"takes \d+ positional arguments? but": "Python counts the object itself too: is `self` the first argument of that method, and are there enough of them?",
}  # fmt: skip
Outcomes = dict[str, object]  # what is asked -> a number, or why there is none


@dataclass(frozen=True)
class Script:
    """Lines in which the reader's class works, and what is asked when they have run.

    code    Python, each statement on a line of its own; `Value` is the reader's class, {a} a number of the variant
    asks    expressions such as a.grad
    """

    code: str
    asks: tuple[str, ...]

    def lines(self, numbers: Mapping) -> list[str]:
        return self.code.format(**numbers).strip().split("\n")


@dataclass(frozen=True)
class Classes(Sampled):
    """A class, put to work in each script twice, with fresh objects.

    text      the prompt, in Markdown
    scripts   what is done with the class, and what is asked of it
    solve     the right class, or one that behaves as it
    mistakes  (mistake, class) pairs: wrong classes. Their errors are compared as well, and a class that raises TimeUp
              stands for one that never ends
    The class may be anything that can be called. It has 5 seconds for all scripts, in the main thread on Unix.
    """

    text: str = ""
    scripts: tuple[Script, ...] = ()
    solve: Callable | None = None
    mistakes: tuple[tuple[Mistake, Callable], ...] = ()

    def show(self, variant: str = BOOK) -> str:
        lines = "\n".join(self.scripts[0].lines(self.numbers(variant)))
        return f"{self.text}\n\nAmong other lines we run these:\n\n```python\n{lines}\n```"

    def gives(self, kind: Callable, numbers: dict) -> Outcomes:
        """What a class gives, by what is asked and the script."""
        dids: list[dict] = []
        for script in self.scripts:
            try:
                dids.append(_run(kind, script, numbers))
            except TimeUp:  # a wrong class of ours says that it would not end
                dids.append(SLOW)
        return self._outcomes(dids)

    def known(self, variant: str) -> tuple[Outcomes, list[tuple[Mistake, Outcomes]]]:
        """What the right class gives, and each wrong one."""
        if (self.id, variant) not in _KNOWN:
            numbers = self.numbers(variant)
            wrong = [
                (m, self.gives(kind, numbers)) for m, kind in self.mistakes if m.slug not in self.indistinguishable
            ]
            _KNOWN[self.id, variant] = self.gives(self.solve, numbers), wrong
        return _KNOWN[self.id, variant]

    def clashes(self, numbers: dict) -> list[str]:
        """Pairs of classes that do the same in all scripts, and do not do so for all numbers."""
        pairs = combinations(self._given(numbers), 2)
        return [f"{one} and {other}" for (one, a), (other, b) in pairs
                if _same(dict(a), dict(b)) and frozenset((one, other)) not in self.alike]  # fmt: skip

    def _given(self, numbers: dict) -> Iterator[tuple[str, tuple]]:
        wrong = ((m.slug, kind) for m, kind in self.mistakes if m.slug not in self.indistinguishable)
        for slug, kind in ((RIGHT, self.solve), *wrong):
            yield slug, tuple((key, _sign(value)) for key, value in self.gives(kind, numbers).items())

    # ------------------------------------------------------------ in the notebook

    def collect(self, answer, variant: str = BOOK) -> object:
        """{"runs": [what came out of each script, the same once more]}."""
        if not callable(answer):
            return answers.to_json(answer)
        if any(kind.__module__.startswith("bplib.engine") for kind in getattr(answer, "__mro__", ())):
            return {"is": "the book's own engine"}
        runs: list[list[dict]] = [[], []]
        try:
            with time_limit(SECONDS):
                for run in runs:
                    for script in self.scripts:
                        run.append(_run(answer, script, self.numbers(variant)))
        except TimeUp:
            pass  # what is missing took too long
        return {"runs": runs}

    # ------------------------------------------------------------ anywhere

    def judge(self, raw, variant: str = BOOK) -> Verdict:
        runs = raw.get("runs") if isinstance(raw, dict) else None
        if not isinstance(runs, list) or len(runs) != 2:
            got = answers.describe_json(raw)
            return refused(f"Expected a class of your own, the class itself: `Value`, not `Value(2)`; got {got}.")
        want, wrong = self.known(variant)
        first, second = map(self._outcomes, runs)
        hits = {key: _near(first[key], want[key]) and _near(second[key], want[key]) for key in want}
        if all(hits.values()):
            return right(self.points)
        lead, points = f"{NOT_YET}{how_many(hits)}", share(self.points, hits)
        if _same(first, want):
            return Verdict(points, lead, *self._kept(second, want, variant))
        return Verdict(points, lead, *self._help(first, want, wrong, variant, runs[0]))

    def _outcomes(self, dids: list) -> Outcomes:
        """What was asked of all scripts: a number or None, {"raised": ..., "line": ...}, SLOW, or what else came."""
        found: Outcomes = {}
        for k, script in enumerate(self.scripts):
            did = dids[k] if k < len(dids) else SLOW
            for i, ask in enumerate(script.asks):
                found[_key(ask, k)] = did["asked"][i] if "asked" in did else did
        return found

    def _help(self, first: Outcomes, want: Outcomes, wrong, variant: str, dids: list):
        """Hints, counts_as_try, slips: for a class that does something else than the right one."""
        bad = next(key for key in want if not _near(first[key], want[key]))
        look, here = self._look(bad, first, want, variant), bad.split(" in ")[1]
        if other := int(here) < len(dids) and dids[int(here)].get("other"):
            look += _of_another(*(str(one)[:40] for one in other[:3]))
        named, begin = [m for m, gives in wrong if _same(first, gives)], "This is what you get if"
        if not named:
            ours = {key: value for key, value in first.items() if key.endswith(f" in {here}")}
            named = [m for m, gives in wrong if _same(ours, gives)]
            begin = "In these lines this is what you get if"
        if not named:
            return (look,), True, ()
        last = f"{look} {begin} {story(named, self.id)}"
        return (look, f"{look} {asked(named)}", last), True, tuple(m.slug for m in named)

    def _kept(self, second: Outcomes, want: Outcomes, variant: str):
        """The same, for a class that is right the first time that the lines run."""
        bad = next(key for key in want if not _near(second[key], want[key]))
        look = (
            f"The first time all is right. The second time, with new Values: {self._look(bad, second, want, variant)}"
        )
        last = (f"{look} Something is kept that should belong to one Value alone: an attribute of the class, "
                "or a list among the default arguments, which is made only once.")  # fmt: skip
        return (look, f"{look} What do all your Values share?", last), True, ("kept-in-the-class",)

    def _look(self, key: str, got: Outcomes, want: Outcomes, variant: str) -> str:
        """The lines, and what is wrong after them."""
        ask, k = key.split(" in ")
        lines = "\n".join(self.scripts[int(k)].lines(self.numbers(variant)))
        return f"In these lines\n\n```python\n{lines}\n```\n\n{_said(ask, got[key], want[key])}"


_KNOWN: dict[tuple[str, str], tuple] = {}  # found once for each exercise and variant


def _key(ask: str, k: int) -> str:
    return f"{ask} in {k}"


def _run(kind: Callable, script: Script, numbers: dict) -> dict:
    names: dict = {"Value": kind}
    for line in script.lines(numbers):
        try:
            exec(line, names)  # our own line; what it calls is the reader's
        except (KeyboardInterrupt, TimeUp):
            raise
        except BaseException as error:
            return {"raised": _last_line(error), "line": line.strip(), "has": _has(error)} | _other(kind, names)
    return {"asked": [_asked(ask, names) for ask in script.asks]} | _other(kind, names)


def _asked(ask: str, names: dict) -> object:
    try:
        raw = answers.to_json(eval(ask, names))
        return raw if answers.size(raw) <= MOST else {"is": "something of many entries"}
    except (KeyboardInterrupt, TimeUp):
        raise
    except BaseException as error:
        return {"raised": _last_line(error), "line": ask, "has": _has(error)}


def _other(kind: Callable, names: dict) -> dict:
    """The first result that is of another class than the reader's, with the names of both classes.

    One that inherits from it is not meant, such as a class for each operation, unless it has the same name: `Value(Value)`.
    """
    if isinstance(kind, type):
        for name, its in ((name, type(thing)) for name, thing in names.items()):
            stranger = its is not kind and (not issubclass(its, kind) or its.__name__ == kind.__name__)
            if stranger and name.isidentifier() and "__add__" in dir(its) and its.__module__ == kind.__module__:
                return {"other": [name, answers.clean(its.__name__, 40), answers.clean(kind.__name__, 40)]}
    return {}


def _of_another(name: str, its: str, given: str = "") -> str:
    """What to make of a result that is of another class than the one given."""
    if its == given:
        return f" (`{name}` is of a later class `{its}` than the one that you gave: run the notebook from the top, or answer with the newest.)"
    return f" (`{name}` is of the class {its}, not of the one that you gave: which name do your operators call?)"


def _has(error: BaseException) -> list[str]:
    """The public names of the object that lacks one: of methods, or of attributes, whichever is missing."""
    if not isinstance(error, AttributeError) or type(error.obj).__module__ == "builtins":
        return []
    try:
        plain, has = error.name in NAMES[:2], [n for n in dir(error.obj) if n[0] != "_" and n not in NAMES]
        return [answers.clean(n, 30) for n in has if callable(getattr(type(error.obj), n, None)) != plain][:8]
    except Exception:
        return []


def _sign(outcome) -> object:
    """What tells one outcome from another: a number, or where and with what kind of error it ended."""
    number = answers.number(outcome)
    if number is not None:
        return number
    if not isinstance(outcome, dict) or not {"raised", "slow"} & set(outcome):
        return ("odd", answers.describe_json(outcome).split(" ")[0])
    if "slow" in outcome:
        return ("slow",)
    said = str(outcome["raised"]).replace("'int'", "'float'")
    return (said.split(":")[0], outcome.get("line"), *(name for name in NAMED if f"'{name}'" in said))


def _near(a, b) -> bool:
    """Whether two outcomes are the same, numbers within what rounding may do."""
    a, b = (x if isinstance(x, tuple) else _sign(x) for x in (a, b))
    if isinstance(a, tuple) or isinstance(b, tuple):
        return a == b
    return a == b or (a != a and b != b) or abs(a - b) <= CLOSE * max(abs(b), 1e-6)


def _same(some: Outcomes, others: Outcomes) -> bool:
    return all(_near(value, others[key]) for key, value in some.items())


def _said(ask: str, got, want) -> str:
    """What is wrong with one outcome, as a sentence."""
    wanted = fmt(answers.number(want), 6)
    number = answers.number(got)
    if number is not None:
        return f"`{ask}` is {fmt(number, 6)}, and it should be {wanted}."
    if isinstance(got, dict) and "slow" in got:
        return f"your class did not come to an end within {SECONDS} seconds, for all the lines of this step together."
    if not isinstance(got, dict) or "raised" not in got:
        return f"`{ask}` should be the number {wanted}; it is {answers.describe_json(got)}."
    return f"`{str(got['line'])[:80]}` stops with `{str(got['raised'])[:200]}`.{_meant(got)}"


def _meant(got: dict) -> str:
    """What an error of Python may mean here, as further sentences; nothing where it speaks for itself."""
    said = str(got["raised"])
    missing, has = re.search(r"no attribute '(\w+)'", said), [f"`{name}`" for name in got.get("has") or []]
    if missing and has:
        return f" Is `{missing[1]}` what you called {listed(has, 'or')}?"
    return next((f" {means}" for pattern, means in OF_PYTHON.items() if re.search(pattern, said)), "")
