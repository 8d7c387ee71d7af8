"""The class's slips as a page and as a table: one file each, without names unless they are asked for.

The page asks no other machine for anything and needs no script. All texts on it are the book's own, but for names, which are
text to Jinja; a spreadsheet takes none of them for a formula (`marks.cell`).
"""

from __future__ import annotations

import csv
import os
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from . import catalogue, marks, slips, when
from .sanitize import markdown2html

ENOUGH = 10  # people, for a share to say something
FREQUENT = 12  # slips that are followed over time
HEAD = ("assignment", "exercise", "title", "handed in", "answered", "right", "slip", "what was done", "people", "share of answered",
        "place in the book", "link", "ask", "say", "why it is tempting", "in the book")  # fmt: skip
NO_NAME = "wrong in a way that has no name"


@dataclass(frozen=True)
class View:
    """How numbers of people are shown.

    book     where the book is: an address, or a folder as seen from the page
    fewest   smaller numbers than this are not told, since they tell who it was
    names    id -> what to call them; None: nobody is named
    """

    book: str
    fewest: int = 3
    names: dict[str, str] | None = field(default=None)

    def hides(self, who) -> bool:
        """Whether these are too few to be told."""
        return self.names is None and 0 < len(who) < self.fewest

    def count(self, who) -> str:
        """How many."""
        return f"fewer than {self.fewest}" if self.hides(who) else str(len(who))

    def share(self, who, of) -> str:
        """As percent, where enough people answered."""
        return f"{100 * len(who) / len(of):.0f}%" if len(of) >= ENOUGH and not self.hides(who) else ""

    def named(self, who) -> str:
        """Who they are, if that is asked for."""
        return "" if self.names is None else ", ".join(self.names.get(id, id) for id in sorted(who, key=slips.natural))

    def link(self, page: str) -> str:
        """A page of the book."""
        return f"{self.book}/{page}"

    def part(self, who, of) -> dict:
        """A number of people out of others, with all that is shown beside it."""
        width = 0 if self.hides(who) or not of else round(100 * len(who) / len(of))
        count = self.count(who)
        return {"count": count, "text": count if self.hides(who) else f"{count} of {len(of)}", "share": self.share(who, of), "width": width,
                "names": self.named(who)}  # fmt: skip


def write(folder: Path, found: list[slips.Assignment], view: View, heading: str) -> list[Path]:
    """The page and the table; neither is written over."""
    files = [folder / "slips.html", folder / "slips.csv"]
    for file in files:
        if file.exists():
            raise FileExistsError(
                f"{file} is there already, and is not written over: move it away, or choose another with --to FOLDER"
            )
    folder.mkdir(parents=True, exist_ok=True)
    files[0].write_text(page(found, view, heading), encoding="utf-8")
    with files[1].open("w", newline="", encoding="utf-8-sig") as out:
        csv.writer(out).writerows([marks.cell(text) for text in row] for row in table(found, view))
    return files


def book_of(root: Path, folder: Path, address: str) -> str:
    """Where links to the book lead from a page in this folder."""
    if address and not re.fullmatch(r"https?://[^\s\"'<>]+", address):
        raise ValueError(
            f"expected the address of the book, such as https://uni.example/backprop; got {ascii(address)[:100]}"
        )
    return address.rstrip("/") or Path(os.path.relpath(root / "_build" / "html", folder.resolve())).as_posix()


# ---------------------------------------------------------------- the table


def table(found: list[slips.Assignment], view: View) -> list[list[str]]:
    """One row for each exercise and slip; an exercise without any has one row."""
    rows = [[*HEAD, *(["who"] if view.names is not None else [])]]
    for exercise in slips.exercises(found):
        for slugs, who in [
            *exercise.rows,
            *([((), exercise.unknown)] if exercise.unknown or not exercise.rows else []),
        ]:
            row = [exercise.assignment, exercise.id, catalogue.title(exercise.id), str(len(exercise.handed_in)),
                   str(len(exercise.answered)), view.count(exercise.states["right"]), " or ".join(slugs)]  # fmt: skip
            row += _row(slugs, who, exercise, view)
            rows.append([*row, *([view.named(who)] if view.names is not None else [])])
    return rows


def _row(slugs: tuple[str, ...], who: set[str], exercise: slips.Exercise, view: View) -> list[str]:
    words = _words(slugs, exercise.id)
    if not words:
        place, page = f"the solution of {exercise.id}", catalogue.solution(exercise.id)
        return [
            NO_NAME if who else "",
            view.count(who),
            view.share(who, exercise.answered),
            place,
            view.link(page),
            "",
            "",
            "",
            "",
        ]
    texts = ["; or ".join(dict.fromkeys(filter(None, (getattr(one, name) for one in words)))) for name in ("says", "ask", "say", "because", "gives")]  # fmt: skip
    place, page = words[0].place
    return [texts[0], view.count(who), view.share(who, exercise.answered), place, view.link(page), *texts[1:]]


def _words(slugs: tuple[str, ...], id: str) -> list[catalogue.Entry]:
    """What there is to say about these slips."""
    return [catalogue.look_up(slug, id) for name in slugs for slug in name.split("+")]


# ---------------------------------------------------------------- the page


def page(found: list[slips.Assignment], view: View, heading: str) -> str:
    """All of it, as one file of HTML."""
    env = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined,
                      trim_blocks=True, lstrip_blocks=True)  # fmt: skip
    env.filters["rich"] = rich
    short = _short([one.name for one in found])
    people = slips.by_person(found)
    return env.get_template("slips.html.j2").render(
        heading=heading,
        view=view,
        enough=ENOUGH,
        made=when.local(datetime.now().astimezone()),
        assignments=[_assignment(one, short[one.name], view) for one in found],
        several=len(found) > 1,
        due=any(one.due for one in found),
        persons=[
            _person(slug, person, found, view)
            for slug, person in people.items()
            if not view.hides(person.sure) and person.sure
        ],
        rare=sum(bool(view.hides(person.sure) or not person.sure) for person in people.values()),
        exercises=[_exercise(exercise, view) for exercise in slips.exercises(found)],
        times=_times(people, found, view) if len(found) > 1 else [],
        again=[_again(slug, row, view) for slug, row in slips.again(found).items() if not view.hides(row.all)],
        twice=[_twice(pair, view) for pair in slips.twice(found)],
    )


def rich(text: str) -> Markup:
    """The book's Markdown within a line."""
    html = markdown2html({}, text).strip()
    return Markup(html.removeprefix("<p>").removesuffix("</p>"))


def sentence(text: str) -> str:
    """A clause as a sentence; a name such as z1, or code, keeps its first letter."""
    first = text.split(" ")[0]
    return text if re.search(r"[\d_$`*]", first) else text[:1].upper() + text[1:]


def _short(names: list[str]) -> dict[str, str]:
    """Chapter 7 for 07_two_layer_trace, where that is one assignment alone."""
    numbers = {name: (re.match(r"0*(\d+)_", name) or [None, name])[1] for name in names}
    alone = [number for number in numbers.values() if list(numbers.values()).count(number) == 1]
    return {name: f"chapter {n}" if n in alone and n.isdigit() else name for name, n in numbers.items()}


def _assignment(one: slips.Assignment, short: str, view: View) -> dict:
    return {
        "name": one.name, "short": short, "due": when.local(one.due) if one.due else "", "handed_in": len(one.handed_in),
        "judged": len(one.answers), "waiting": len(one.waiting), "unread": len(one.unread), "old": len(one.old), "stale": len(one.stale),
    }  # fmt: skip


def _person(slug: str, person: slips.Person, found: list[slips.Assignment], view: View) -> dict:
    ids = sorted({id for where in (*person.sure.values(), *person.perhaps.values()) for id in where}, key=slips.natural)
    everybody = {student for one in found for student, answers in one.answers.items()
                 if any(answer.state in slips.JUDGED for answer in answers.values())}  # fmt: skip
    most = Counter(id for where in (person.sure or person.perhaps).values() for id in sorted(where, key=slips.natural))
    words = catalogue.look_up(slug, most.most_common(1)[0][0])
    return _told([words], view) | {
        "part": view.part(person.sure, everybody),
        "ids": ids,
        "perhaps": view.count(person.perhaps) if person.perhaps else "",
    }


def _told(words: list[catalogue.Entry], view: View) -> dict:
    """The words for one or several explanations."""
    each = {
        name: list(dict.fromkeys(filter(None, (getattr(one, name) for one in words))))
        for name in ("ask", "say", "gives")
    }
    places = dict.fromkeys(one.place for one in words)
    return each | {
        "says": [sentence(one.says) for one in words],
        "because": words[0].because,
        "places": [(name, view.link(at)) for name, at in places],
    }


def _exercise(exercise: slips.Exercise, view: View) -> dict:
    shown = [(slugs, who) for slugs, who in exercise.rows if not view.hides(who)]
    rare = [
        sentence(catalogue.look_up(slugs[0].split("+")[0], exercise.id).says)
        for slugs, who in exercise.rows
        if view.hides(who)
    ]
    of = exercise.answered
    counts = [("right", exercise.states["right"]), ("with a slip that has a name", exercise.states["wrong"] - exercise.unknown),
              ("wrong in no known way", exercise.unknown)]  # fmt: skip
    return {
        "id": exercise.id, "assignment": exercise.assignment, "title": catalogue.title(exercise.id),
        "solution": view.link(catalogue.solution(exercise.id)), "handed_in": len(exercise.handed_in), "of": len(of),
        "counts": [(label, view.part(who, of)) for label, who in counts if who],
        "others": [(label, view.count(exercise.states[state])) for state, label in (
            ("other numbers", "right, but with numbers that are not theirs (among those who answered)"),
            ("unfinished", "not finished, or no answer that can be judged"), ("empty", "left empty")) if exercise.states[state]],
        "rows": [_told(_words(slugs, exercise.id), view) | {"part": view.part(who, of)} for slugs, who in shown],
        "rare": rare,
        "nameless": view.named(exercise.unknown),
    }  # fmt: skip


def _times(people: dict[str, slips.Person], found: list[slips.Assignment], view: View) -> list[dict]:
    """The most frequent slips, assignment by assignment."""
    frequent = [slug for slug, person in people.items() if person.sure and not view.hides(person.sure)][:FREQUENT]
    rows = []
    for slug in frequent:
        id = next(iter(people[slug].sure.values())).copy().pop()
        cells = [view.part(*cell) if cell else None for cell in slips.over_time(found, slug)]
        rows.append({"says": sentence(catalogue.look_up(slug, id).says), "cells": cells})
    return rows


def _again(slug: str, row: slips.Again, view: View) -> dict:
    return {"says": sentence(catalogue.look_up(slug, "").says), "all": view.count(row.all), "gone": view.count(row.gone), "right": view.count(row.right)}  # fmt: skip


def _twice(pair: slips.Twice, view: View) -> dict:
    n, enough = len(pair.people), len(pair.people) >= ENOUGH
    was, now = pair.shares
    return {
        "before": pair.before, "after": pair.after, "n": n,
        "shares": (f"{100 * was:.0f}%", f"{100 * now:.0f}%") if enough else None,
        "gain": f"{pair.gain:.2f}" if enough and pair.gain is not None else "",
        "questions": [{
            "id": q.id, "title": catalogue.title(q.id), "before": view.count(q.before), "after": view.count(q.after),
            "gained": view.count(q.after - q.before), "lost": view.count(q.before - q.after),
        } for q in pair.questions],
        "slips": [{
            "says": sentence(catalogue.look_up(slug, "").says), "before": view.count(before), "after": view.count(after),
            "gone": view.count(before - after), "new": view.count(after - before),
        } for slug, (before, after) in pair.slips.items() if not view.hides(before | after)],
    }  # fmt: skip
