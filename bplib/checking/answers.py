"""The raw form of an answer: what somebody gave, as plain JSON, so that it can be judged again in another process.

    2.5, "nan", "inf", "-inf"     a number, to 12 digits (what is finite is a number, the rest a text)
    null                          left open: None or ...
    [1.0, [2.0, 3.0]]             a list, a tuple, an array, a tensor
    {"named": {"dW1": ...}}       a mapping
    {"text": "b"}                 a text
    {"shape": [1000, 1000]}       an array of more numbers than anybody asked for
    {"is": "set"}                 anything else, in a few words

`plain` makes it, and what reads it takes nothing for granted: it may come from anywhere. Standard library only.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, KeysView, Mapping, Sequence, ValuesView
from dataclasses import dataclass
from numbers import Real

from ..engine.value import as_float

LIMIT = 20_000  # numbers in one answer
DEEPEST = 8  # lists within lists
WRITTEN = re.compile(r"[+-]?(\d+[.,]?\d*|[.,]\d+)(e[+-]?\d+)?", re.IGNORECASE)
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
MINUS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2212\ufe63\uff0d"), "-")
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
ENGINE = ("Value", "Tensor")
ANYTHING = (Exception, SystemExit)  # what an answer may raise when it is looked at


class TooLong(Exception):
    """More numbers than LIMIT."""


@dataclass(frozen=True)
class Unreadable:
    """An array that is no answer: what it is, or the shape of one that is too large."""

    what: str | list[int]


def to_json(answer) -> object:
    """The raw form of any answer; never raises, whatever the answer is or does when it is looked at."""
    try:
        return _plain(answer, [LIMIT], 0)
    except TooLong:
        return {"is": f"{type(answer).__name__} of more than {LIMIT} entries"}
    except ANYTHING:
        return {"is": describe(answer)}


def _plain(answer, budget: list[int], depth: int) -> object:
    budget[0] -= 1
    if budget[0] < 0:
        raise TooLong
    if type(answer) is float:  # most of what comes, and an array is thousands of them
        return _written(answer)
    if answer is None or answer is ...:
        return None
    if isinstance(answer, str):
        return {"text": clean(answer)}
    if engine := _ours(answer):
        return {"is": engine}
    answer = _opened(answer)
    if isinstance(answer, Unreadable):
        return {"is": answer.what} if isinstance(answer.what, str) else {"shape": answer.what}
    if isinstance(answer, Mapping):
        if depth == DEEPEST:
            return {"is": type(answer).__name__}
        return {"named": {clean(str(key), 40): _plain(item, budget, depth + 1) for key, item in answer.items()}}
    if _in_order(answer):
        return {"is": type(answer).__name__} if depth == DEEPEST else [_plain(x, budget, depth + 1) for x in answer]
    if isinstance(answer, set | frozenset):
        return {"is": "set"}
    return _number(answer)


def _ours(answer) -> str | None:
    """Which class of this package's engine it belongs to. Other people's are called Tensor and Value too."""
    mine = __name__.split(".")[0]
    kinds = [kind for kind in type(answer).__mro__ if kind.__module__.split(".")[0] == mine]
    return next((kind.__name__ for kind in kinds if kind.__name__ in ENGINE), None)


def _opened(answer) -> object:
    """An array, a tensor or a table, whosever it is, as nested lists; anything else as it is."""
    if getattr(getattr(answer, "dtype", None), "names", None):
        fields = ", ".join(map(str, answer.dtype.names))
        return Unreadable(f"a structured array with the fields {clean(fields, 60)}")
    if hasattr(answer, "tolist"):
        answer = answer.detach() if hasattr(answer, "detach") else answer  # PyTorch: values behind a gradient
        shape = getattr(answer, "shape", ())
        if isinstance(shape, tuple) and math.prod(shape) > LIMIT:
            return Unreadable([int(n) for n in shape])
        return answer.tolist()
    for method in ("to_numpy", "numpy"):  # a table of pandas, a tensor of TensorFlow
        if callable(getattr(answer, method, None)) and not isinstance(answer, type):
            return _opened(getattr(answer, method)())
    return answer


def _in_order(answer) -> bool:
    """Whether it is several things one after the other; a file is not, although one can go through it."""
    if isinstance(answer, bytes | bytearray | memoryview | io.IOBase):
        return False
    return isinstance(answer, Sequence | Iterator | KeysView | ValuesView)


def _number(answer) -> object:
    try:
        number = as_float(_real(answer))
    except ANYTHING:
        return {"is": describe(answer)}
    return _written(number)


def _written(number: float) -> float | str:
    if math.isfinite(number):
        return float(f"{number:.12g}")  # the same text on every machine
    return "nan" if number != number else "inf" if number > 0 else "-inf"


def _real(answer) -> object:
    """The real number in somebody else's type: Decimal, SymPy, mpmath, and a complex one without an imaginary part."""
    if isinstance(answer, Real) or type(answer).__name__.startswith("bool"):
        return answer
    if hasattr(
        type(answer), "__complex__"
    ):  # asked first: a complex number of NumPy makes a float of itself, and drops the rest
        whole = complex(answer)
        return answer if whole.imag else whole.real
    return float(answer) if hasattr(type(answer), "__float__") else answer


def describe(answer) -> str:
    """What was given, in a few words, whatever its repr does."""
    try:
        return f"{type(answer).__name__} `{clean(' '.join(str(answer).split()), 40)}`"
    except ANYTHING:
        return type(answer).__name__


def clean(said: str, most: int = 200) -> str:
    """The beginning of a text, with nothing in it that cannot be written to a file, or that differs in each run."""
    return re.sub(r" at 0x[0-9a-fA-F]+", "", said[: most + 40])[:most].encode("utf-8", "replace").decode()


# ---------------------------------------------------------------- reading it


def size(raw) -> int:
    """How many numbers and other entries there are in it."""
    if isinstance(raw, dict | list):
        return sum(map(size, raw.values() if isinstance(raw, dict) else raw))
    return 1


def number(raw) -> float | None:
    """The number that raw stands for, or None if it stands for none."""
    if isinstance(raw, bool):
        return None
    if isinstance(raw, int | float):
        try:
            return float(raw)
        except OverflowError:
            return math.inf if raw > 0 else -math.inf
    if isinstance(raw, str):
        return NOT_FINITE.get(raw)
    if isinstance(raw, list) and len(raw) == 1:
        return number(raw[0])  # a row of one
    said = text(raw)
    return None if said is None else written(said)


def written(said: str) -> float | None:
    """The number that a text means: 2.06, 2,06, a fraction 1/3, 1e-3, with any minus sign. None: none, or not only one."""
    said = INVISIBLE.sub("", said).translate(MINUS).strip()
    above, slash, below = (part.strip() for part in said.partition("/"))
    parts = [above, below] if slash else [above]
    if not all(WRITTEN.fullmatch(part) and not THOUSANDS.fullmatch(part) for part in parts):
        return None
    found = [float(part.replace(",", ".")) for part in parts]
    if slash:
        return found[0] / found[1] if found[1] else None
    return found[0] if math.isfinite(found[0]) else None


def text(raw) -> str | None:
    """The text that raw stands for, or None."""
    said = raw.get("text") if isinstance(raw, dict) else raw
    return said if isinstance(said, str) else None


def named(raw) -> dict | None:
    """The entries of a mapping, or None."""
    inside = raw.get("named") if isinstance(raw, dict) else None
    return inside if isinstance(inside, dict) else None


def by_name(raw, outputs: Sequence[str]) -> dict | None:
    """The entries of an answer by name, whether they were given by name or in order; None if they are neither.

    Names that nobody asked for are kept, and an entry that was left out is missing. One output needs no name, and no list.
    """
    inside = named(raw)
    if inside is None and len(outputs) == 1:
        return {outputs[0]: raw[0] if isinstance(raw, list) and len(raw) == 1 else raw}
    if inside is None and isinstance(raw, list) and len(raw) == len(outputs):
        return dict(zip(outputs, raw, strict=True))
    return inside


def unknown(inside: dict, outputs: Sequence[str]) -> str:
    """The first name that nobody asked for, for a message; nothing where there is none."""
    return next((repr(str(name)[:40]) for name in inside if name not in outputs), "")


def names(inside: dict) -> str:
    """The names of a mapping, for a message."""
    return f"a dict with {', '.join(str(name)[:20] for name in list(inside)[:6])}" if inside else "an empty dict"


def describe_json(raw) -> str:
    """What raw is, for a message."""
    if isinstance(raw, dict):
        if "text" in raw:
            return f"str `{str(raw['text'])[:40]}`"
        if "named" in raw:
            return names(named(raw) or {})
        if "shape" in raw:
            return f"an array of shape {_tuple(raw['shape'])}"
        return str(raw.get("is", "something else"))[:80]
    if isinstance(raw, list):
        return f"list `{str(raw)[:40]}`"
    return "nothing" if raw is None else str(raw)[:40]


def _tuple(shape) -> str:
    return str(tuple(shape)) if isinstance(shape, list) else str(shape)[:40]


def problem(raw, label: str) -> str:
    """Why raw is not a number, as a sentence about `label`."""
    if isinstance(raw, dict) and raw.get("is") in ENGINE:
        kind = raw["is"]
        return f"{label} is a {kind}, not a number. Do you mean its `.grad` or its `.data`?"
    said = text(raw)
    if said is not None:
        return _not_written(INVISIBLE.sub("", said).translate(MINUS).strip(), label)
    return f"{label} should be one real number; got {describe_json(raw)}."


def _not_written(said: str, label: str) -> str:
    """Why this text is no number, with what to type where that is clear."""
    if THOUSANDS.fullmatch(said):
        joined, point = said.replace(",", ""), said.replace(",", ".", 1)
        what = f"{point} or {joined}" if said.count(",") == 1 else joined
        return f"{label} is given as `{said}`, where a comma can be read in two ways: type {what}, without quotes."
    if not said:
        return f"{label} should be a number; it is an empty text."
    return (
        f"{label} should be a number such as 3.75, with a decimal point and without quotes; got the text `{said[:40]}`."
    )


def is_open(raw) -> bool:
    """Whether nothing at all was answered."""
    inside = named(raw)
    parts = raw if isinstance(raw, list) else list(inside.values()) if inside else []
    return raw is None or (bool(parts) and all(is_open(part) for part in parts))
