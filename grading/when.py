"""Moments as people and platforms write them; kept in UTC, as nbgrader does."""

from __future__ import annotations

import re
import warnings
from datetime import UTC, datetime
from pathlib import Path

import dateutil.parser

from .collect import put
from .repair import Unreadable

STAMP = "timestamp.txt"  # nbgrader's own, beside a submission
WANTED = "expected a moment such as 2026-11-30 23:59, or with its zone 2026-11-30 23:59+01:00"


def moment(text: str) -> datetime:
    """A moment in UTC; without a zone it is meant in that of this machine. ValueError, if it could mean two days."""
    given = " ".join(text.split())
    if re.search(r"\b\d{1,2}([/-])\d{1,2}\1\d{2,4}\b", given):
        raise ValueError(f"{WANTED}; got {ascii(given)[:60]}, which could be two days")
    if not re.search(r"\d:\d\d", given):
        raise ValueError(f"{WANTED}; got {ascii(given)[:60]}, which has no time of day")
    if not re.search(r"\d{4}|\d\.\d\d\b", given):
        raise ValueError(f"{WANTED}; got {ascii(given)[:60]}, which has no year")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # of zones that it does not know
            found = dateutil.parser.parse(given, dayfirst=bool(re.search(r"\b\d{1,2}\.\d{1,2}\.\d{2,4}\b", given)))
        return found.astimezone(UTC)
    except (ValueError, OverflowError, dateutil.parser.UnknownTimezoneWarning):
        raise ValueError(f"{WANTED}; got {ascii(given)[:60]}") from None


def local(when: datetime) -> str:
    """A moment for people: in the zone of this machine, which it names."""
    return when.astimezone().strftime("%Y-%m-%d %H:%M %Z")


def naive(when: datetime) -> datetime:
    """As nbgrader's gradebook keeps it: UTC, without saying so."""
    return when.astimezone(UTC).replace(tzinfo=None)


def stamp(place: Path, when: datetime | None, fresh: bool) -> None:
    """Write beside a submission when it was handed in; of another one that was there before, the time goes."""
    file = place / STAMP
    if file.is_symlink():
        raise Unreadable(f"{STAMP} is a symbolic link, and links are not followed")
    if when:
        put(file, f"{naive(when):%Y-%m-%d %H:%M:%S.%f} UTC\n".encode())
    elif fresh:
        file.unlink(missing_ok=True)
