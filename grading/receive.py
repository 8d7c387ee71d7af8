"""A download taken in: each person's newest notebooks to where nbgrader looks for them, all else kept, nothing guessed.

What is taken stands in `submitted/`, beside nbgrader's own timestamp.txt if it is known when it was handed in. Older attempts,
and what a newer one takes the place of, are kept in `received/ASSIGNMENT/STUDENT/`, with a note of where it all came from.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from . import lms, reports
from .collect import contents, keep, put
from .repair import Unreadable
from .roster import EMAIL, FILE, ID, Clue, Roster, Unknown, column, sheet
from .when import moment, stamp

NOTE = "handed_in.json"
NUMBER = {"identifier"}  # in Moodle's worksheet; Canvas's gradebook has it below "ID", beside "SIS Login ID"
TIME = {"lastmodifiedsubmission", "submittedat", "submissiontime", "handedin", "time", "when"}


@dataclass
class Received:
    """What became of a download."""

    form: str
    taken: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)  # whose older notebooks are kept aside
    late: list[str] = field(default_factory=list)  # whom the platform calls late without saying since when


@dataclass(frozen=True)
class Row:
    """What a table of the platform says of one person."""

    number: str = ""
    id: str = ""
    email: str = ""
    when: datetime | None = None


def table(file: Path) -> list[Row]:
    """A grading worksheet of Moodle, a gradebook of Canvas, or any table with a column id and a column time."""
    headings, rows = sheet(file)
    canvas = column(headings, {"sisloginid"}) is not None
    at = {"number": column(headings, {"id"} if canvas else NUMBER), "id": column(headings, ID - {"id"} if canvas else ID),
          "email": column(headings, EMAIL), "when": column(headings, TIME)}  # fmt: skip
    if at["number"] is at["id"] is at["email"] is None:
        raise ValueError(f"{file}: expected a column id, Email address or Identifier; got {', '.join(headings)[:200]}")
    out = []
    for number, cells in rows:
        got = {name: cells[i] if i is not None and i < len(cells) else "" for name, i in at.items()}
        try:
            when = moment(got["when"]) if got["when"].strip(" -") else None
        except ValueError as error:
            raise ValueError(f"{file}, line {number}: {error}") from None
        email = got["email"] if "@" in got["email"] else ""
        out.append(Row(got["number"].rpartition(" ")[2], got["id"], email, when))
    return out


def receive(download: Path, roster: Roster, assignment: str, notebooks: list[str], folders: tuple[Path, Path],
            rows: list[Row] | None = None, file_times: bool = False) -> Received:  # fmt: skip
    """Take a download in. `folders` are those of what is submitted and of what is received besides."""
    form, handed, strays = lms.handed(lms.files(download))
    if file_times and form in ("canvas", "moodle"):
        raise ValueError(f"this is a download of {form.capitalize()}, whose file times are those of the download: leave --file-times "
                         "out, and give the platform's table with --table")  # fmt: skip
    if file_times and download.is_file():
        raise ValueError("a zip does not say of which zone its times are: unpack it and give the folder, or leave --file-times out")  # fmt: skip
    done = Received(form, refused=strays)
    by_number = {row.number: row for row in rows or [] if row.number}
    people: dict[str, list[lms.Handed]] = {}
    for one in handed:
        try:
            people.setdefault(roster.who(_known(one.clue, by_number, roster)).id, []).append(one)
        except Unknown as error:
            done.refused[one.label] = str(error)
    for student, several in people.items():
        try:
            one = _one(several)
            row = by_number.get(one.clue.number) or _row(roster, student, rows or [])
            one.when = (row.when if row else None) or one.when or (_file_time(one) if file_times else None)
            _take(one, form, student, assignment, notebooks, folders, done)
        except (Unreadable, OSError) as error:
            done.refused |= {one.label: f"{student}: {error}" for one in several}
    return done


def _known(clue: Clue, by_number: dict[str, Row], roster: Roster) -> Clue:
    """What is said of a person, with what the platform's table says of their number."""
    row = by_number.get(clue.number) if clue.number else None
    if not row:
        return clue
    ours = row.id in roster.by_id  # or it is of another kind than the roster's
    return replace(clue, id=clue.id or (row.id if ours else ""), email=clue.email or row.email)


def _row(roster: Roster, student: str, rows: list[Row]) -> Row | None:
    person = roster.by_id[student]
    return next((row for row in rows if row.id.casefold() == student.casefold()
                 or (row.email and row.email.casefold() == person.email.casefold())), None)  # fmt: skip


def _one(several: list[lms.Handed]) -> lms.Handed:
    """What counts of all that leads to one person: the newest, if times say so."""
    if len(several) > 1 and not all(one.when and (one.clue.id or one.clue.email) for one in several):
        labels = " and ".join(one.label for one in several)
        raise Unreadable(f"{labels} are one line of {FILE}: add the other's line, or leave one")
    first, *others = sorted(several, key=lambda one: one.when or datetime.min.replace(tzinfo=UTC), reverse=True)
    if others and others[0].when == first.when:
        raise Unreadable(f"{first.label} and {others[0].label} were handed in at the same time: leave one")
    first.older = [file for other in others for file in other.files]
    return first


def _file_time(one: lms.Handed) -> datetime | None:
    return max((file.time for _, _, file in one.files if file.time and file.read), default=None)


def _take(one: lms.Handed, form: str, student: str, assignment: str, notebooks: list[str], folders: tuple[Path, Path], done: Received) -> None:  # fmt: skip
    """Write what one person handed in, unless what is there is newer; older ones go aside."""
    found, older = lms.newest(one, notebooks)
    older += [(name, file.read()) for _, _, name, file in lms.notebooks_in(one, one.older, notebooks)]
    place, aside = folders[0] / student / assignment, folders[1] / assignment / student
    if twin := next(
        (p.name for p in folders[0].glob("*") if p.name.casefold() == student.casefold() and p.name != student), None
    ):
        raise Unreadable(f"there is a submission of {ascii(twin)[1:-1]} already: is it the same person?")
    note = reports.read(aside / NOTE)
    before = note.get("files", {}) if note.get("form") == form else {}
    kept = [keep(aside, name, data) for name, data in older]
    fresh = stale = False
    for name, (number, data) in found.items():
        target, was = place / f"{name}.ipynb", before.get(name, {})
        there = contents(target) if target.exists() else None
        if there != data and there is not None and _newer(was, note, number, one.when, there):
            kept.append(keep(aside, name, data))
            stale = True
            continue
        if there is not None and there != data:
            kept.append(keep(aside, name, there))
        fresh |= there != data
        put(target, data)
        before[name] = {"number": number, "sha256": hashlib.sha256(data).hexdigest()}
    if not stale and (fresh or one.when or not note):
        stamp(place, one.when, fresh)
        when = one.when.isoformat() if one.when else None if fresh else note.get("when")
        reports.write(aside / NOTE, {"form": form, "label": one.clue.name, "number": one.clue.number, "late": one.late, "when": when, "files": before})  # fmt: skip
    done.taken.append(student)
    if any(kept):
        done.kept.append(student)
    if one.late and not one.when and not stale:
        done.late.append(student)


def _newer(was: dict, note: dict, number: int, when: datetime | None, there: bytes) -> bool:
    """Is what is there newer than what comes? Only if it is the one that the note speaks of, and says so."""
    if was.get("sha256") != hashlib.sha256(there).hexdigest():
        return False
    if number and was.get("number"):
        return was["number"] > number
    return bool(when and note.get("when") and datetime.fromisoformat(note["when"]) > when)
