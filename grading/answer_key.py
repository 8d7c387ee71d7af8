"""The key to answers on paper: for each place the right value and what still counts, and the number that each slip gives.

It is read off the exercises' entries, as the judge's verdicts are, so paper and notebook are marked alike.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bplib.checking import Arrays, ByHand, ByPerson, Choice, Ordering, Several, Shapes, WhichLine
from bplib.checking.arrays import Grid, known, near
from bplib.checking.base import Exercise
from bplib.engine import trace_table
from bplib.mistakes import Mistake

from . import marks
from .repair import line
from .sheets import Sheet, page

SAME, LATER = "·", "…"  # a slip gives the right value here; a wrong one, because an earlier one is wrong
HEADINGS = ("sheet", "id", "name", "numbers", "exercise", "points", "place", "what", "value", "from", "to", "means")
MINUS, TIE = "\N{MINUS SIGN}", "\N{NO-BREAK SPACE}"
GROUP = 8  # people whose keys follow one another without a break
COLUMN = 70  # rows in a column of a page
HOW = (
    "Each table has the right values, below them the lowest and the highest number that count, and then what each slip gives: "
    f"{SAME} is right, and {LATER} is wrong only because an earlier value is. The names of slips are explained at the end."
)
FEW = 2  # so many wrong numbers of an array are named by their places
WIDE = 16  # characters: where a right value is longer, each has a line, since a column of the page holds no wider table


@dataclass(frozen=True)
class Key:
    """One exercise with one learner's numbers.

    places    what is asked for, in order
    right     the right value of each
    accepted  (lowest, highest) of each, or None where only this value is right
    slips     (slug, what it means, a value for each place), those that give the same in one
    notes     what else a marker has to know, as plain text
    """

    places: tuple[str, ...]
    right: tuple[str, ...]
    accepted: tuple[tuple[str, str] | None, ...]
    slips: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    notes: tuple[str, ...] = ()


def fmt(x: float, digits: int) -> str:
    """A number as the book prints it, and 0 for what is 0 but for the last bits."""
    return trace_table.fmt(round(x, 9) + 0.0, digits)


def key(entry: Exercise, variant: str) -> Key:
    """What a marker needs for this exercise with these numbers."""
    return next(make(entry, variant) for kind, make in MAKERS.items() if isinstance(entry, kind))


def _by_hand(entry: ByHand, variant: str) -> Key:
    task = entry.task(variant)
    rows = sorted(((slip.mistake, slip.answer) for slip in task.slips), key=lambda row: row[1])
    pairs = list(zip(task.answer, task.tolerance, strict=True))
    slips = [
        (mistake, tuple(SAME if abs(x - want) <= t else fmt(x, 3) for x, (want, t) in zip(answer, pairs, strict=True)))
        for mistake, answer in rows
    ]
    accepted = [None if entry.signs else _ends(want, t) for want, t in pairs]
    right = tuple(fmt(want, 4) for want in task.answer)
    places = tuple(label.removeprefix("sign of ") for label in entry.outputs)
    return Key(places, right, tuple(accepted), _merged(slips), _shares(entry, entry.outputs))


def _arrays(entry: Arrays, variant: str) -> Key:
    want, tolerances, wrong, alternatives = known(entry, variant)
    slips = []
    for mistake, gives in wrong:
        shown: list[str] = []
        for name, array in gives.items():
            same = array and near(array, want[name], tolerances[name])
            known_by_now = any(text != SAME for text in shown)
            shown.append(SAME if same else LATER if known_by_now else _differs(array, want[name], tolerances[name]))
        slips.append((mistake, tuple(shown)))
    accepted = tuple(_range(want[name], tolerances[name]) for name in entry.outputs)
    notes = (*_shares(entry, entry.outputs), *(f"also right: {line(note)}" for note, _ in alternatives))
    return Key(entry.outputs, tuple(_grid(want[name]) for name in entry.outputs), accepted, _merged(slips), notes)


def _ends(want: float, tolerance: float) -> tuple[str, str]:
    """The lowest and the highest number that count, rounded inward, with as many decimals as say anything."""
    digits = max(4, math.ceil(-math.log10(tolerance)) + 1) if tolerance else 4
    low, high = (want + sign * (tolerance - 0.5 * 10.0**-digits) for sign in (-1, 1))
    return fmt(low, digits), fmt(high, digits)


def _range(array: Grid, tolerance: tuple[float, ...]) -> tuple[str, str]:
    """Between what one number may lie; for an array, how far each may lie off."""
    if len(array.cells) == 1:
        return _ends(array.cells[0], tolerance[0])
    return f"± {fmt(min(tolerance), 3)}", ""


def _grid(array: Grid) -> str:
    """An array on one line: its rows, with semicolons between them."""
    row = array.shape[-1] if array.shape else 1
    cells = [fmt(cell, 3) for cell in array.cells]
    return "; ".join(", ".join(cells[i : i + row]) for i in range(0, len(cells), row))


def _differs(array: Grid | None, want: Grid, tolerance: tuple[float, ...]) -> str:
    """A wrong array: its wrong numbers with their places, if they are few, or all of it."""
    if array is None:
        return "no array"
    if array.shape == want.shape and want.shape:
        triples = zip(array.cells, want.cells, tolerance, strict=True)
        off = [k for k, (x, y, r) in enumerate(triples) if not abs(x - y) <= r]
        if len(off) <= FEW:
            return ", ".join(f"{array.place(k)} {fmt(array.cells[k], 3)}" for k in off)
    return _grid(array)


def _shapes(entry: Shapes, variant: str) -> Key:
    rng = entry.rng_for
    want, mistakes = entry.shapes(rng(variant))[1], entry.mistakes(rng(variant))
    names = tuple(want)
    slips = [
        (mistake, tuple(str(tuple(shape)) if name == other else "" for other in names))
        for name in names
        for mistake, shape in mistakes.get(name, ())
    ]
    right = tuple(str(tuple(shape)) for shape in want.values())
    return Key(names, right, (None,) * len(names), _merged(slips), _shares(entry, names))


def _choice(entry: Choice, variant: str) -> Key:
    _, right, wrong = entry.options(variant)
    slips = []
    for letter, said in sorted(wrong.items()):
        word, slug = said if isinstance(said, tuple) else (said, None)
        slips.append((slug or "", line(word), (letter,)))
    return Key(("letter",), (right,), (None,), tuple(slips))


def _several(entry: Several, variant: str) -> Key:
    _, right, why = entry.choose(entry.rng_for(variant))
    step = 2 * entry.points / len(why)
    note = f"each letter too many or too few takes off {fmt(step, 2)} points, down to 0"
    return Key(("letters",), (right or "none",), (None,), (), (note,))


def _which_line(entry: WhichLine, variant: str) -> Key:
    _, right, _, why = entry.lines(entry.rng_for(variant))
    return Key(("line",), (str(right),), (None,), (), (line(why),))


def _ordering(entry: Ordering, variant: str) -> Key:
    letters = entry.lettered(variant)
    called = {step: letter for letter, step in letters.items()}
    needs = entry.needs or {}
    early = [
        f"{called[step]} after {', '.join(called[i] for i in needs[step])}" for step in sorted(needs) if needs[step]
    ]
    right = " ".join(called[step] for step in range(len(entry.steps)))
    return Key(("order",), (right,), (None,), (), (f"any order is right that has {'; '.join(early)}",))


def _in_words(entry: ByPerson, variant: str) -> Key:
    return Key((), (), (), (), tuple(map(line, entry.rubric)))


MAKERS = {ByHand: _by_hand, Arrays: _arrays, Shapes: _shapes, Choice: _choice, Several: _several, WhichLine: _which_line,
          Ordering: _ordering, ByPerson: _in_words}  # fmt: skip


def _shares(entry: Exercise, places: tuple[str, ...]) -> tuple[str, ...]:
    return (f"{fmt(entry.points / len(places), 2)} for each",) if len(places) > 1 else ()


def _merged(slips: Iterable[tuple[Mistake, tuple[str, ...]]]) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """What gives the same on paper stands in one row; what gives the right values shows nothing.

    Two slips at once (a+b) are named only where a value says so that no single one gives.
    """
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for mistake, values in slips:
        if set(values) - {SAME, ""}:
            found.setdefault(values, {}).setdefault(mistake.slug, mistake.says)
    single = {values: {slug: told for slug, told in said.items() if "+" not in slug} for values, said in found.items()}
    by_one = {pair for values, said in single.items() if said for pair in enumerate(values)}
    rows = []
    for values, said in found.items():
        new = {pair for pair in enumerate(values) if pair[1] not in (SAME, LATER, "")} - by_one
        told = single[values] or (said if new else {})
        if told:
            rows.append((" or ".join(told), "; or ".join(told.values()), values))
    return tuple(rows)


# ---------------------------------------------------------------- as a table, and as pages


def write_csv(place: Path, people: list[Sheet], entries: list[Exercise]) -> None:
    """One line for each value, right or of a slip; with the mark by which Excel knows UTF-8."""
    with place.open("w", newline="", encoding="utf-8-sig") as out:
        table = csv.writer(out)
        table.writerow(HEADINGS)
        for sheet in people:
            person = (marks.cell(sheet.person.id), marks.cell(sheet.person.name)) if sheet.person else ("", "")
            for entry in entries:
                for row in _rows(entry, key(entry, sheet.variant)):
                    table.writerow([sheet.number, *person, sheet.token, entry.id, f"{entry.points:g}", *row])


def _rows(entry: Exercise, one: Key) -> Iterator[tuple[str, ...]]:
    for place, right, accepted in zip(one.places, one.right, one.accepted, strict=True):
        yield (place, "right", right, *(accepted or ("", "")), "")
    for slug, says, values in one.slips:
        for place, value in zip(one.places, values, strict=True):
            if value not in (SAME, LATER, ""):
                yield (place, slug or "wrong", value, "", "", says)
    for note in one.notes:
        yield ("", "note", note, "", "", "")


def html(title: str, size: str, people: list[Sheet], entries: list[Exercise]) -> str:
    """The key of all, in the order of their sheets; what the slips are called is said once, at the end."""
    said: dict[str, dict[str, None]] = {}
    parts = []
    alike = len(people) > 1 and len({sheet.variant for sheet in people}) == 1
    for sheet in people[:1] if alike else people:
        keys = [(entry, key(entry, sheet.variant)) for entry in entries]
        for slug, says, _ in (slip for _, one in keys for slip in one.slips):
            said.setdefault(slug, {})[says] = None
        rows = sum(4 + len(one.slips) + len(one.notes) for _, one in keys)
        inside = "".join(_section(*pair) for pair in keys)
        who = f"{sheet.number}. <bdi>{escape(sheet.who)}</bdi>" if sheet.person else escape(sheet.who)
        who = f"all {len(people)} sheets, which have the same numbers" if alike else who
        parts.append(f'<article class="{"short" if rows < COLUMN else "long"}"><h2>{who}</h2>{inside}</article>\n')
    words = "".join(
        f"<div><dt>{escape(slug)}</dt> <dd>{escape('; '.join(says))}</dd></div>\n"
        for slug, says in sorted(said.items())
        if slug
    )
    legend = f'<h2>What the slips are</h2>\n<dl class="slips">\n{words}</dl>\n' if words else ""
    head = f"<h1>Key: {escape(title)}</h1>\n<p>{HOW}</p>\n"
    # Columns of their own for every few people: Chromium takes gigabytes for columns that go on over hundreds of pages.
    groups = ["".join(parts[i : i + GROUP]) for i in range(0, len(parts), GROUP)]
    groups[0], groups[-1] = head + groups[0], groups[-1] + legend
    made = page(f"Key: {title}", size, "".join(f"<main>{group}</main>\n" for group in groups))
    return made.replace("<body>", '<body class="key">', 1)


def _section(entry: Exercise, one: Key) -> str:
    wide = len(one.places) > 1 and max(map(len, one.right)) > WIDE
    table = (_list(one) if wide else _table(one)) if one.places else ""
    notes = "".join(f"<p>{escape(note)}</p>" for note in one.notes)
    kind = "short" if len(one.slips) < COLUMN / 4 else "long"
    return f'<section class="{kind}"><h3>{entry.id} {escape(entry.title)} ({entry.points:g})</h3>{table}{notes}</section>\n'


def _row(first: str, cells: Iterable[str], kind: str = "", cell: str = "td") -> str:
    texts = (escape(text).replace("-", MINUS).replace(", ", f",{TIE}") for text in cells)
    inside = "".join(f"<{cell}>{text}</{cell}>" for text in texts)
    return f'<tr class="{kind}"><{cell}>{escape(first)}</{cell}>{inside}</tr>'


def _table(one: Key) -> str:
    """A column for each place."""
    head = _row("", one.places, cell="th") + _row("right", one.right, "right")
    body = ""
    if any(one.accepted):
        low, high = zip(*[pair or ("", "") for pair in one.accepted], strict=True)
        body += _row("from", low) + _row("to", high) if any(high) else _row("each within", low)
    body += "".join(_row(slug or says, values) for slug, says, values in one.slips)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def _list(one: Key) -> str:
    """A line for each place, and below them one for what each slip makes wrong first."""
    rows = [
        _row(
            "" if k else "right",
            (place, right + (f" ({' to '.join(filter(None, accepted))})" if accepted else "")),
            "right",
        )
        for k, (place, right, accepted) in enumerate(zip(one.places, one.right, one.accepted, strict=True))
    ]
    for slug, says, values in one.slips:
        follows = f" {LATER}" if LATER in values else ""
        shown = [(place, value + follows) for place, value in zip(one.places, values, strict=True)
                 if value not in (SAME, LATER, "")]  # fmt: skip
        rows += [_row("" if k else slug or says, cells) for k, cells in enumerate(shown)]
    return f'<table class="list"><tbody>{"".join(rows)}</tbody></table>'
