"""`python -m grading slips`: its options, and what it says."""

from __future__ import annotations

import argparse
from pathlib import Path

from . import slips, slips_page, when
from .course import Course
from .repair import line

HELP = "how many made which slip, as a page and a table, with the place in the book"


def options(made: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    made.add_argument(
        "assignments", nargs="+", metavar="NAME", help="several, or all, are also compared with each other"
    )
    made.add_argument(
        "--to", type=Path, default=Path("slips"), metavar="FOLDER", help="where slips.html and slips.csv go (slips)"
    )
    made.add_argument("--names", action="store_true", help="say who it was")
    made.add_argument("--since", metavar="WHEN", help="only what was handed in since then, such as '2026-11-23 00:00'")
    made.add_argument(
        "--fewest", type=int, default=3, metavar="N", help="without --names, a smaller number of people is not told (3)"
    )
    made.add_argument(
        "--book", default="", metavar="ADDRESS", help="where your class reads the book; without it, the one built here"
    )


def run(course: Course, names: list[str], given: argparse.Namespace) -> list[str]:
    """Write page and table; what to say about it, line by line."""
    if given.fewest < 1:
        raise ValueError(f"expected a whole number from 1 on for --fewest; got {given.fewest}")
    if given.to.exists() and not given.to.is_dir():
        raise ValueError(f"expected a folder for --to; {given.to} is a file")
    since = when.moment(given.since) if given.since else None
    book = slips_page.book_of(course.root, given.to, given.book)
    view = slips_page.View(book, given.fewest, _names(course) if given.names else None)
    heading = f"The class's slips in {names[0] if len(names) == 1 else f'{len(names)} assignments'}"
    found = slips.assignments(course, names, since)
    files = slips_page.write(given.to, found, view, heading + (f", since {when.local(since)}" if since else ""))
    said = [_counted(one) for one in found]
    if not given.book and not (course.root / "_build" / "html").is_dir():
        said.append("Its links to the book lead nowhere yet: make book, or give its address with --book https://...")
    return [
        *said,
        f"{files[0]} is the page, and {files[1]} the table. {'They name people.' if given.names else 'They name nobody.'}",
    ]


def _names(course: Course) -> dict[str, str]:
    return {p.id: line(f"{p.name} ({p.id})") for p in course.roster().people} if course.has_roster() else {}


def _counted(one: slips.Assignment) -> str:
    left = len(one.waiting | one.old | one.stale)
    more = f"; {left} to grade: python -m grading grade {one.name}" if left else ""
    if one.unread:
        more += f"; {len(one.unread)} with nothing that could be judged: python -m grading reasons {one.name}"
    return f"{one.name}: {len(one.answers)} of {len(one.handed_in)} people counted{more}."
