"""Who has which numbers: a learner's token is an HMAC of the student id, under a secret that stays with the instructor."""

from __future__ import annotations

import csv
import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bplib.checking.tokens import BOOK, token_of

from .collect import STUDENT, readable
from .roster import ID, column, text_of

HEADINGS = {"student", "student id", "student_id", "studentid", "id", "matriculation", "username", "user"}


def make_key(file: Path) -> None:
    """Write a new secret that nobody else on this machine can read; an old one is never replaced."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32) + "\n")


def token(key: Path, student: str) -> str:
    """The learner's token, with its check letters; without a key file everybody has the book's numbers."""
    if not key.exists():
        return BOOK
    secret = key.read_text().strip()
    if len(secret) < 32:
        raise ValueError(f"{key} should hold a secret of at least 32 characters; it holds {len(secret)}")
    return token_of(int(hmac.new(secret.encode(), student.encode(), hashlib.sha256).hexdigest(), 16))


def students(file: Path) -> list[str]:
    """The student ids in a file: one on each line, or in a table as Excel and Windows write it, in the column whose heading
    says so, or else in the first.

    ValueError names each line that holds none, and ids that are there twice.
    """
    found, wrong = {}, []
    for number, given in _ids(text_of(file)):
        id = readable(given)
        if not id or (not found and not wrong and id.casefold() in HEADINGS):
            continue
        if not STUDENT.fullmatch(id):
            wrong.append(
                f"line {number}: {ascii(given)[:60]} is no student id, which is made of letters, digits and . _ @ -"
            )
        elif id.casefold() in found:
            first, spelt = found[id.casefold()]
            wrong.append(f"line {number}: {id} is there already, in line {first}, as {spelt}")
        else:
            found[id.casefold()] = (number, id)
    if wrong:
        raise ValueError(f"{file}: expected one student id on each line.\n" + "\n".join(wrong[:20]))
    if not found:
        raise ValueError(f"{file}: expected one student id on each line; got none")
    return [id for _, id in found.values()]


def _ids(text: str) -> list[tuple[int, str]]:
    """(line, entry of the column with ids), whatever parts the columns."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if lines[0].lower().startswith("sep="):  # a line for Excel alone
        lines[0] = ""
    parts = max(";\t,", key=lambda sign: sum(sign in line for line in lines))
    rows = [
        (number, row) for number, line in enumerate(lines, 1) if (row := next(csv.reader([line], delimiter=parts), []))
    ]
    at = column(rows[0][1], ID) or 0 if rows else 0
    return [(number, row[at]) for number, row in rows if at < len(row)]
