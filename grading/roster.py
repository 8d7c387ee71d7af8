"""Who is in the class: students.csv as Excel and others write it, and what is evidence of who handed something in.

A person is found by exact evidence alone: their id, their e-mail address, or their whole name, in whatever order its
words stand and with or without what learning platforms leave out (blanks, commas, apostrophes, hyphens, case). All
evidence that there is must agree; else nobody is taken, and `Unknown` says who is nearest.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path

from .collect import STUDENT, readable
from .repair import line

FILE = "students.csv"
NONE = "-"  # an e-mail address that somebody does not have
EMAILED = "e-mail address"
# What the columns are called, as their letters alone.
ID = {"id", "studentid", "sisuserid", "idnumber", "sid", "matriculation", "matrikelnummer", "username", "user"}
NAME = {"name", "fullname", "studentname", "student"}
EMAIL = {"email", "mail", "emailaddress", "emailadresse", "sisloginid"}
ALSO = {"also", "alsoknownas"}
FIRST, LAST = {"firstname", "givenname", "vorname"}, {"lastname", "surname", "familyname", "nachname"}
SHORTENED = re.compile(r"\d+([.,]\d+)?[Ee]\+\d+")  # a long number, as Excel shows and saves it


class Unknown(LookupError):
    """Nobody, or more than one; the message says why, and who is nearest."""


@dataclass(frozen=True)
class Person:
    """One line of the roster; `also` holds other names and numbers that a platform gives this person."""

    id: str
    name: str
    email: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clue:
    """What a download says of who it was. `number` is the platform's own, and nobody's id.

    `joined` is a name of which all that parts its words is gone; in a `loose` clue each text may be anything.
    """

    name: str = ""
    id: str = ""
    email: str = ""
    number: str = ""
    joined: bool = False
    loose: bool = False


def text_of(file: Path) -> str:
    """The text of a file as editors of all systems write it."""
    data = file.read_bytes()
    try:
        utf16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        text = data.decode("utf-16" if utf16 else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")  # Excel's plain CSV
    if "\0" in text:
        raise ValueError(f"{file}: expected a text file; got a workbook or the like. In Excel, save it as \"CSV UTF-8\"")  # fmt: skip
    return text


def sheet(file: Path) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The headings of a table, and (line, cells) for each row that is not empty, whatever parts the cells."""
    text = text_of(file).replace("\r\n", "\n").replace("\r", "\n")
    skip = text.lower().startswith("sep=")  # a line for Excel alone
    lines = text.split("\n")[skip:]
    parts = max(";\t,", key=lambda sign: lines[0].count(sign))
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=parts)
    rows, at = [], 1 + skip
    for row in reader:
        if any(readable(cell) for cell in row):
            rows.append((at, [readable_name(cell) for cell in row]))
        at = reader.line_num + 1 + skip
    if not rows:
        raise ValueError(f"{file}: expected a first line with headings, such as id,name,email; the file is empty")
    return rows[0][1], rows[1:]


def readable_name(text: str) -> str:
    """Text without what cannot be seen; composed, and otherwise as it was."""
    return unicodedata.normalize("NFC", line(unicodedata.normalize("NFC", text)))


def column(headings: list[str], names: set[str]) -> int | None:
    """Which column is called by one of these names."""
    return next((at for at, heading in enumerate(headings) if letters(heading) in names), None)


def letters(text: str) -> str:
    """Letters, their marks, and digits: composed, and without case."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return "".join(c for c in folded if unicodedata.category(c)[0] in "LMN")


def words(name: str) -> list[str]:
    """A name's words, as `letters`."""
    return [word for part in re.split(r"[\s,_]+", name) if (word := letters(part))]


def read(file: Path) -> Roster:
    """The class in students.csv; ValueError names each line that is no good, and says what to type."""
    if not file.exists():
        raise FileNotFoundError(f"there is no {file.name} in {file.resolve().parent}: make one, with a line for each person below "
                                "the line id,name,email")  # fmt: skip
    headings, rows = sheet(file)
    at = {field: column(headings, names) for field, names in
          {"id": ID, "name": NAME, "email": EMAIL, "first": FIRST, "last": LAST, "also": ALSO}.items()}  # fmt: skip
    named = at["name"] is not None or None not in (at["first"], at["last"])
    missing = [name for name, there in (("id", at["id"] is not None), ("name", named), ("email", at["email"] is not None))
               if not there]  # fmt: skip
    if missing:
        raise ValueError(f"{file}: expected the headings id, name and email in its first line; got {', '.join(headings)[:200]}. "
                         f"Type {' and '.join(missing)} above the column that holds it")  # fmt: skip
    people, wrong, seen = [], [], {}
    for number, cells in rows:
        if len(cells) > len(headings) and any(cells[len(headings) :]):
            wrong.append(f"line {number}: {len(cells)} entries below {len(headings)} headings; "
                         'a name with a comma needs quotes: "Smith, Jr., John"')  # fmt: skip
            continue
        got = {field: cells[i] if i is not None and i < len(cells) else "" for field, i in at.items()}
        person = Person(readable(got["id"]), got["name"] or f"{got['first']} {got['last']}".strip(), got["email"].strip(),
                        tuple(part.strip() for part in got["also"].split("/") if part.strip()))  # fmt: skip
        wrong += [f"line {number}: {why}" for why in _wrong(person, number, seen)]
        people.append(person)
    if wrong:
        raise ValueError(
            f"{file}: expected an id, a name and an e-mail address in each line.\n" + "\n".join(wrong[:20])
        )
    return Roster(people)


def _wrong(person: Person, number: int, seen: dict[str, int]) -> list[str]:
    """What is wrong with a line; `seen` keeps in which line an id or address was."""
    wrong = []
    for what, value in (("id", person.id), ("name", person.name), ("e-mail address", person.email)):
        if not value:
            there_is_none = f", or {NONE} if there is none" if what == "e-mail address" else ""
            wrong.append(f"there is no {what}: type it{there_is_none}")
        elif what != "name" and value != NONE:
            first = seen.setdefault(value.casefold(), number)
            if first != number:
                wrong.append(f"the {what} {ascii(value)[1:-1]} is there already, in line {first}: type each once")
    if set("?\N{REPLACEMENT CHARACTER}") & set(person.name):
        wrong.append(
            f'the name {ascii(person.name)[1:-1]} has lost letters: in Excel, save the file as "CSV UTF-8", and if ? is in it, type the name again'
        )
    if SHORTENED.fullmatch(person.id):
        wrong.append(
            f"Excel has shortened the id to {person.id}: format the column as text, type the ids again, and save"
        )
    elif person.id and not STUDENT.fullmatch(person.id):
        wrong.append(f"{ascii(person.id)[:60]} is no id, which is made of letters, digits and . _ @ -")
    return wrong


class Roster:
    """The class, and who of it a clue means."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self.by_id = {person.id: person for person in people}

    def namesakes(self) -> list[Person]:
        """Those whose whole name somebody else has too."""
        count = Counter(tuple(sorted(words(person.name))) for person in self.people)
        return [person for person in self.people if count[tuple(sorted(words(person.name)))] > 1]

    def who(self, clue: Clue) -> Person:
        """The one person whom all evidence means; Unknown, if there is none, or more than one."""
        found = {what: hits for what, given in self._evidence(clue).items() if (hits := set(given)) or not clue.loose}
        if not found.get("number"):  # only who has it in `also` can be told by it, and then also by another name
            found.pop("number", None)
        elif not found.get("name"):
            found.pop("name", None)
        others = [hits for what, hits in found.items() if what != EMAILED]
        if others and not found.get(EMAILED) and {p.email for p in set.intersection(*others)} == {NONE}:
            found.pop(EMAILED, None)  # whose address is not known has none that could be another
        if not any(found.values()):
            raise Unknown(f"nobody in {FILE} has this {' or '.join(found) or 'name'}; {self._nearest(clue)}")
        agreed = set.intersection(*found.values())
        if len(agreed) == 1:
            return agreed.pop()
        if agreed:
            ids = " and ".join(sorted(person.id for person in agreed))
            raise Unknown(f"{ids} have this name: write the platform's number {clue.number or '...'} into a column `also` of {FILE}, "
                          "in the line of the one who it is")  # fmt: skip
        said = "; ".join(
            f"by {what} it is {' or '.join(sorted(p.id for p in hits)) or 'nobody'}" for what, hits in found.items()
        )
        raise Unknown(f"what is said of this person does not agree: {said}. If {FILE} is wrong, correct it; if both are right, write "
                      "the platform's into a column `also`, in their line")  # fmt: skip

    def _evidence(self, clue: Clue) -> dict[str, list[Person]]:
        """Whom each thing that is said may mean."""
        out: dict[str, list[Person]] = {}
        if clue.id:
            out["id"] = [p for p in self.people if p.id.casefold() == clue.id.casefold()]
        if clue.email:
            email = clue.email.casefold()
            out[EMAILED] = [p for p in self.people if email in {text.casefold() for text in (p.email, *p.also)}]
        if clue.name:
            out["name"] = [p for p in self.people if any(_same(name, clue) for name in (p.name, *p.also))]
        if clue.number:
            out["number"] = [p for p in self.people if clue.number in p.also]
        return out

    def _nearest(self, clue: Clue) -> str:
        given = letters(clue.name or clue.email or clue.id)

        def near(person: Person) -> float:
            keys = {*turned(person.name), letters(person.email), letters(person.id)}
            return max(SequenceMatcher(None, given, key).ratio() for key in keys)

        if not self.people:
            return "the class is empty"
        best = max(self.people, key=near)
        return (f"the nearest is {line(best.name)} ({best.id}). If that is who it is, write "
                f"{line(clue.name or clue.email or clue.id)} into a column `also` of {FILE}, in their line")  # fmt: skip


def turned(name: str) -> set[str]:
    """A name without what parts its words, from each of them on: annalee, leeanna."""
    parts = words(name)
    return {"".join(parts[i:] + parts[:i]) for i in range(len(parts))}


def _same(name: str, clue: Clue) -> bool:
    if clue.joined:
        return letters(clue.name) in turned(name)
    return bool(words(name)) and sorted(words(name)) == sorted(words(clue.name))
