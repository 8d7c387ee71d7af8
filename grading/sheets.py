"""What a learner gets on paper: the prompts, and the places to write in. Nothing in here knows an answer, but for its kind and size.

nbgrader has no paper, so this is the course's own: prompts and formulas are those of the book (`_ext`), and the pages are
laid out by paper.js, in whatever browser opens or prints the file.
"""

from __future__ import annotations

import base64
import re
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bplib.checking import Arrays, ByHand, ByPerson, Choice, Ordering, Several, Shapes, WhichLine
from bplib.checking.arrays import known
from bplib.checking.base import Exercise, counted
from bplib.checking.tokens import BOOK

from .repair import line
from .roster import Person

HERE = Path(__file__).parent
ROOT = HERE.parent
ON_PAPER = (ByHand, Arrays, Shapes, Choice, Several, WhichLine, Ordering, ByPerson)
SIZES = {"a4": (210, 297), "letter": (215.9, 279.4)}  # millimetres
PER_POINT, LEAST, MOST = 28, 13, 46  # millimetres of room for working: for a point, and for each number asked for
PER_CELL = 5.5  # an array's room grows with its numbers, and says nothing of its shape
LONGEST_NAME = 80  # characters
RULES = 4  # ruled lines for each point of an answer in words
HOW = (
    "Show your working. On the way, three decimals are enough: results that are off only by such rounding count as right. "
    "Where a question says how to type an answer, write it into its place instead."
)


@dataclass(frozen=True)
class Sheet:
    """One learner's, or one that nobody's name is on yet; `variant` is whose numbers it has."""

    number: int
    person: Person | None
    variant: str

    @property
    def who(self) -> str:
        """The name, the id and the token, as far as there are any, and else the number."""
        person = (self.name, self.person.id) if self.person else (f"sheet {self.number}",)
        return " · ".join(filter(None, (*person, self.token)))

    @property
    def name(self) -> str:
        """The name as it is printed: no length of it keeps the sheets of all from being printed."""
        return line(self.person.name)[:LONGEST_NAME] if self.person else ""

    @property
    def token(self) -> str:
        """What gives these numbers in a notebook; nothing for the book's."""
        return "" if self.variant == BOOK else self.variant


@dataclass(frozen=True)
class Field:
    """A place to write in: how it begins, its form (a class in paper.css), its height in millimetres, what can be circled."""

    label: str
    form: str
    room: float = LEAST
    choices: tuple[str, ...] = ()


def fields(entry: Exercise, variant: str) -> list[Field]:
    """Where the answer goes, with room in proportion to what is asked."""
    share = entry.points * PER_POINT
    if isinstance(entry, ByHand):
        room = min(MOST, max(LEAST, share / len(entry.outputs)))
        form = "short" if entry.signs else "number"
        return [Field(f"{mathematics(label)} =", form, room) for label in entry.outputs]
    if isinstance(entry, Arrays):
        sizes = {name: len(array.cells) for name, array in known(entry, variant).want.items()}
        least = max(LEAST, min(MOST, share / len(sizes)))
        form = {name: "number array" if size > 1 else "number" for name, size in sizes.items()}
        return [Field(f"{plain(name)} =", form[name], max(least, PER_CELL * size)) for name, size in sizes.items()]
    if isinstance(entry, Shapes):
        return [Field(f"{plain(name)}:", "short") for name in entry.shapes(entry.rng_for(variant))[1]]
    if isinstance(entry, Choice):
        _, right, wrong = entry.options(variant)
        return [Field("Circle one:", "circles", choices=tuple(sorted([right, *wrong])))]
    if isinstance(entry, Several):
        letters = tuple(sorted(entry.choose(entry.rng_for(variant))[2]))
        return [Field("Circle all that apply:", "circles", choices=(*letters, "none"))]
    if isinstance(entry, WhichLine):
        return [Field("Number of the line:", "short")]
    if isinstance(entry, Ordering):
        return [Field("In this order:", "boxes", choices=("",) * len(entry.steps))]
    return [Field("", "words", 8) for _ in range(round(RULES * entry.points))]


def mathematics(label: str) -> str:
    """What is asked, as the prompt writes it: "the new w1" becomes text with a formula."""

    def formula(found: re.Match) -> str:
        name = found[2]
        symbol = f"{name[0]}_{{{name[1:].lstrip('_')}}}" if name[1:] else name
        return f"$\\partial L/\\partial {symbol}$" if found[1] else f"${symbol}$"

    return re.sub(r"(?<!\S)(dL/d)?([A-Za-z](?:_[a-z0-9]|[0-9])?)(?!\S)", formula, label)


def plain(name: str) -> str:
    """An array's name as code, other names as they are."""
    return f"`{name}`" if re.fullmatch(r"\w+", name) else name


def exercise(entry: Exercise, variant: str) -> list[str]:
    """Markdown of one exercise, in parts that may stand on different pages: its prompt, and each field's label."""
    return [entry.show(variant), *(field.label for field in fields(entry, variant))]


def markdown():
    """The book's own renderer, with its formulas; fetches KaTeX if it is not there."""
    if str(ROOT / "_ext") not in sys.path:
        sys.path.insert(0, str(ROOT / "_ext"))
    import bp_markdown
    import bp_node
    from sphinx.errors import ExtensionError

    try:
        for package in ("katex", "@fontsource/stix-two-math"):
            bp_node.ensure_installed(ROOT, package)
    except ExtensionError as error:
        raise ValueError(f"the formulas cannot be set: {error}") from None
    return bp_markdown.Markdown(ROOT)


def page(title: str, size: str, body: str, script: bool = False) -> str:
    """A whole page in one file, which asks nobody for anything."""
    wide, high = SIZES[size]
    style = (HERE / "paper.css").read_text("utf8").replace("WIDE", f"{wide}mm").replace("HIGH", f"{high}mm")
    script = f"<script>\n{(HERE / 'paper.js').read_text('utf8')}</script>" if script else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'; font-src data:\">\n"
        f"<style>\n{style}{font(body)}</style></head>\n<body>\n{body}\n{script}</body></html>\n"
    )


def font(body: str) -> str:
    """The book's font for mathematics with what stands in these formulas, as a rule that holds all of it."""
    import bp_icons
    import bp_math
    import bp_mathml

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "mathematics.woff2")
        bp_icons.write_subset(ROOT / bp_math.FONT, made, bp_mathml.characters(body), ("ssty",))
        data = base64.b64encode(made.read_bytes()).decode()
    return f'@font-face {{ font-family: "Book Math"; src: url("data:font/woff2;base64,{data}") format("woff2"); }}\n'


def sheets(title: str, size: str, people: Iterable[Sheet], entries: list[Exercise], renderer) -> str:
    """The sheets of all as one page of HTML, one after the other."""
    people = list(people)
    texts = [exercise(entry, sheet.variant) for sheet in people for entry in entries]
    flat = list(dict.fromkeys(text for one in texts for text in one))
    made = dict(zip(flat, renderer.render(flat), strict=True))
    parts, at = [], iter(texts)
    for sheet in people:
        inside = "".join(_exercise(entry, sheet.variant, [made[text] for text in next(at)]) for entry in entries)
        parts.append(
            f'<article data-who="{escape(sheet.who)}">\n{_head(title, sheet, entries, len(people))}{inside}</article>\n'
        )
    return page(title, size, "".join(parts), script=True)


def _head(title: str, sheet: Sheet, entries: list[Exercise], of: int) -> str:
    person = sheet.person
    name = f"<b><bdi>{escape(sheet.name)}</bdi></b>" if sheet.name else '<span class="rule"></span>'
    id = f"<b>{escape(person.id)}</b>" if person else '<span class="rule"></span>'
    token = f" · numbers <code>{sheet.token}</code>" if sheet.token else ""
    most = [*((entry.id, entry.points) for entry in entries), ("in all", sum(entry.points for entry in entries))]
    points = "".join(f"<span>{label}<b>/ {number:g}</b></span>" for label, number in most)
    return (
        f'<header class="unit"><h1>{escape(title)}</h1>\n<p class="who"><span>Name {name}</span><span>Id {id}</span>'
        f'<span>Date <span class="rule"></span></span></p>\n<p class="small">Sheet {sheet.number} of {of}{token}. {HOW}</p>\n'
        f'<p class="points">{points}</p></header>\n'
    )


def _exercise(entry: Exercise, variant: str, made: list[str]) -> str:
    prompt, *labels = made
    room = ""
    places = fields(entry, variant)
    if places[0].form in ("short", "circles", "boxes"):  # one place for the working of all of them
        room = f'<div class="room" style="height: {max(0, entry.points * PER_POINT - 14):g}mm"></div>'
        row = "".join(map(_field, places, labels))
        places, labels = [], [f'<div class="row">{row}</div>']
        units = [f'<div class="unit">{room}{labels[0]}</div>']
    else:
        units = [f'<div class="unit">{_field(*pair)}</div>' for pair in zip(places, labels, strict=True)]
    head = f'<h2>{entry.id} {escape(entry.title)} <span class="small">({counted(entry.points)})</span></h2>'
    return f'<section class="exercise"><div class="unit">{head}{prompt}</div>{"".join(units)}</section>\n'


def _field(field: Field, label: str) -> str:
    label = re.sub(r"^<p>|</p>\n?$", "", label)
    style = f' style="height: {field.room:g}mm"' if field.form in ("number", "number array", "words") else ""
    if field.choices:
        marks = "".join(f"<span>{choice}</span>" for choice in field.choices)
        return f'<div class="field {field.form}">{label} {marks}</div>'
    return f'<div class="field {field.form}"{style}><span>{label}</span><span class="rule"></span></div>'
