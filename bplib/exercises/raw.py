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

import math
import re
from collections.abc import Mapping

from ..value import as_float

LIMIT = 20_000  # numbers in one answer
DEEPEST = 8  # lists within lists
NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
ENGINE = ("Value", "Tensor")
ANYTHING = (Exception, SystemExit)  # what an answer may raise when it is looked at


class TooLong(Exception):
    """More numbers than LIMIT."""


def plain(answer) -> object:
    """The raw form of any answer; never raises, whatever the answer is or does when it is looked at."""
    try:
        return _plain(answer, [LIMIT], 0)
    except TooLong:
        return {"is": f"{type(answer).__name__} of more than {LIMIT} entries"}
    except ANYTHING:
        return {"is": shown(answer)}


def _plain(answer, room: list[int], depth: int) -> object:
    room[0] -= 1
    if room[0] < 0:
        raise TooLong
    if answer is None or answer is ...:
        return None
    if isinstance(answer, str):
        return {"text": clean(answer)}
    if type(answer).__name__ in ENGINE:
        return {"is": type(answer).__name__}
    shape = getattr(answer, "shape", None)
    if hasattr(answer, "tolist") and isinstance(shape, tuple):  # an array or a tensor, whosever it is
        if math.prod(shape) > LIMIT:
            return {"shape": [int(n) for n in shape]}
        answer = (answer.detach() if hasattr(answer, "detach") else answer).tolist()
    if isinstance(answer, Mapping | list | tuple):
        if depth == DEEPEST:
            return {"is": type(answer).__name__}
        if isinstance(answer, Mapping):
            return {"named": {clean(str(key), 40): _plain(item, room, depth + 1) for key, item in answer.items()}}
        return [_plain(item, room, depth + 1) for item in answer]
    if isinstance(answer, set | frozenset):
        return {"is": "set"}
    return _number(answer)


def _number(answer) -> object:
    try:
        number = as_float(answer)
    except ANYTHING:
        return {"is": shown(answer)}
    if math.isfinite(number):
        return float(f"{number:.12g}")  # the same text on every machine
    return "nan" if number != number else "inf" if number > 0 else "-inf"


def shown(answer) -> str:
    """What was given, in a few words, whatever its repr does."""
    try:
        return f"{type(answer).__name__} `{clean(str(answer), 40)}`"
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
    return None


def text(raw) -> str | None:
    """The text that raw stands for, or None."""
    said = raw.get("text") if isinstance(raw, dict) else raw
    return said if isinstance(said, str) else None


def named(raw) -> dict | None:
    """The entries of a mapping, or None."""
    inside = raw.get("named") if isinstance(raw, dict) else None
    return inside if isinstance(inside, dict) else None


def names(inside: dict) -> str:
    """The names of a mapping, for a message."""
    return f"a dict with {', '.join(str(name)[:20] for name in list(inside)[:6])}" if inside else "an empty dict"


def words(raw) -> str:
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
    if isinstance(raw, dict) and "text" in raw:
        return f"{label} should be a number, not a text: take off the quotes of {words(raw)}."
    return f"{label} should be one real number; got {words(raw)}."


def is_open(raw) -> bool:
    """Whether nothing at all was answered."""
    inside = named(raw)
    parts = raw if isinstance(raw, list) else list(inside.values()) if inside else []
    return raw is None or (bool(parts) and all(is_open(part) for part in parts))
