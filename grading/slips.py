"""How many made which slip: counted from the judge's verdicts, by exercise, by person, over time, before and after.

nbgrader's gradebook knows points and no slips, so this reads the reports that the judge wrote. Everything here is a set
of people; how many of them are shown, and whether with names, is decided where it is written (`slips_page`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from bplib.exercises import inventory

from . import catalogue, late, reports, status
from .course import Course

STATES = ("right", "wrong", "unfinished", "other numbers", "empty")
JUDGED = ("right", "wrong", "other numbers")  # an answer was given, and it could be judged
People = set[str]


class Answer(NamedTuple):
    """What somebody's answer to one exercise shows."""

    state: str
    slips: tuple[str, ...] = ()


Answers = dict[str, Answer]  # by exercise


@dataclass
class Assignment:
    """What the judge found in one assignment.

    answers  of each person whose latest notebook was judged
    before   of those who handed in several times: what the earlier ones showed, the first one first
    old      judged by a version that kept no slips
    waiting  handed in, and not judged
    unread   graded, and nothing to judge in it: the file is no notebook, for example
    stale    handed in again, or the checks have changed, since they were judged
    """

    name: str
    handed_in: People
    due: datetime | None = None
    answers: dict[str, Answers] = field(default_factory=dict)
    before: dict[str, list[Answers]] = field(default_factory=dict)
    old: People = field(default_factory=set)
    waiting: People = field(default_factory=set)
    unread: People = field(default_factory=set)
    stale: People = field(default_factory=set)

    @property
    def exercises(self) -> list[str]:
        """Ids, in their order."""
        return sorted({id for answers in self.answers.values() for id in answers}, key=natural)

    def who(self, id: str, *states: str) -> People:
        """Whose answer to this exercise is in one of these states."""
        return {student for student, answers in self.answers.items() if id in answers and answers[id].state in states}


@dataclass(frozen=True)
class Exercise:
    """One exercise of an assignment. `rows` has explanations (one slip, or several that look alike), the most frequent first."""

    assignment: str
    id: str
    handed_in: People
    states: dict[str, People]
    rows: list[tuple[tuple[str, ...], People]]
    unknown: People  # wrong in no way that has a name

    @property
    def answered(self) -> People:
        """Who gave an answer that could be judged."""
        return set().union(*(self.states[state] for state in JUDGED))


@dataclass
class Person:
    """Who made one slip anywhere: for certain, or as one of several explanations; and in which exercises."""

    sure: dict[str, set[str]] = field(default_factory=dict)  # student -> exercises
    perhaps: dict[str, set[str]] = field(default_factory=dict)


class Again(NamedTuple):
    """Each (person, assignment) with a slip that was handed in once more: all, those without it now, those all right now."""

    all: set[tuple[str, str]]
    gone: set[tuple[str, str]]
    right: set[tuple[str, str]]


@dataclass(frozen=True)
class Question:
    """One exercise that was asked twice, of those who answered both times."""

    id: str
    before: People  # who had it right
    after: People


@dataclass(frozen=True)
class Twice:
    """One assignment that was handed out twice. `slips` has slug -> (who made it before, who made it after)."""

    before: str
    after: str
    people: People
    questions: list[Question]
    slips: dict[str, tuple[People, People]]

    @property
    def shares(self) -> tuple[float, float]:
        """The share of right answers before and after."""
        of = len(self.people) * len(self.questions) or 1
        return sum(len(q.before) for q in self.questions) / of, sum(len(q.after) for q in self.questions) / of

    @property
    def gain(self) -> float | None:
        """What was gained of what could be gained."""
        return inventory.gain(*self.shares)


# ---------------------------------------------------------------- reading


def assignments(course: Course, names: list[str], since: datetime | None = None) -> list[Assignment]:
    """What was found, in the order of due dates; if one has none, in the given order."""
    found = [_read(course, name, since) for name in names]
    return sorted(found, key=lambda one: one.due) if all(one.due for one in found) else found


def _read(course: Course, name: str, since: datetime | None) -> Assignment:
    out = Assignment(name, set(), late.dues(course, name)(None))
    notebooks = course.notebooks(name)
    for student in course.students(name):
        files = [course.reports / name / student / f"{notebook}.json" for notebook in notebooks]
        if since and not _is_new(course, name, student, files, since):
            continue
        out.handed_in.add(student)
        marks = [reports.read(file).get("marks") for file in files if file.exists()]
        if not marks:
            out.waiting.add(student)
        elif any("state" not in mark for found in marks for mark in (found or {}).values()):
            out.old.add(student)
        else:
            out.answers[student] = _answers(marks)
            out.before[student] = _earlier(files)
    state = status.of(course, name)
    out.stale = out.answers.keys() & state.to_grade
    out.unread = out.waiting & state.graded
    out.waiting -= out.unread
    return out


def _is_new(course: Course, name: str, student: str, files: list[Path], since: datetime) -> bool:
    """Handed in since then; where nobody knows when it was, judged since then."""
    when = late.handed_in(course, name, student)
    if when is None:
        judged = [one["judged"] for file in files for one in reports.attempts(file)[-1:]]
        when = max(map(datetime.fromisoformat, judged), default=datetime.now(UTC))
    return when >= since


def _answers(marks: list[dict | None]) -> Answers:
    """Of all notebooks of somebody; slips that were made together are several."""
    return {
        catalogue.id_of(name): Answer(mark["state"], tuple(dict.fromkeys(mark["slips"])))
        for found in marks
        for name, mark in (found or {}).items()
    }


def _earlier(files: list[Path]) -> list[Answers]:
    """What was found before the latest attempt."""
    return [_answers([one["marks"]]) for file in files for one in reports.attempts(file)[:-1]]


def natural(text: str) -> list:
    """7.10 after 7.9."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", text)]


# ---------------------------------------------------------------- counting


def exercises(found: list[Assignment]) -> list[Exercise]:
    """Every exercise; what most people got wrong comes first."""
    every = [_exercise(one, id) for one in found for id in one.exercises]
    return sorted(every, key=lambda e: -len(e.states["wrong"]))


def _exercise(one: Assignment, id: str) -> Exercise:
    states = {state: one.who(id, state) for state in STATES}
    rows: dict[tuple[str, ...], People] = {}
    for student in states["wrong"]:
        rows.setdefault(one.answers[student][id].slips, set()).add(student)
    unknown = rows.pop((), set())
    return Exercise(
        one.name, id, one.handed_in, states, sorted(rows.items(), key=lambda row: (-len(row[1]), row[0])), unknown
    )


def by_person(found: list[Assignment]) -> dict[str, Person]:
    """Slug -> who made it in any exercise; the one that most people made comes first."""
    out: dict[str, Person] = {}
    for one in found:
        for student, answers in one.answers.items():
            for id, answer in answers.items():
                for sure, slug in _parts(answer.slips):
                    person = out.setdefault(slug, Person())
                    (person.sure if sure else person.perhaps).setdefault(student, set()).add(id)
    for person in out.values():
        person.perhaps = {student: ids for student, ids in person.perhaps.items() if student not in person.sure}
    return dict(sorted(out.items(), key=lambda row: (-len(row[1].sure), -len(row[1].perhaps), row[0])))


def _parts(slips: tuple[str, ...]) -> Iterator[tuple[bool, str]]:
    """(for certain?, slug). A name with a plus is two slips at once; several names are several explanations."""
    for slug in dict.fromkeys(part for name in slips for part in name.split("+")):
        yield len(slips) == 1, slug


def made(answer: Answer | None, slug: str) -> bool:
    """Whether an answer shows this slip for certain."""
    return answer is not None and (True, slug) in _parts(answer.slips)


def over_time(found: list[Assignment], slug: str) -> list[tuple[People, People] | None]:
    """For each assignment: who made a slip, of those who answered an exercise that can show it. None: nothing there can."""
    out: list[tuple[People, People] | None] = []
    for one in found:
        ids = [id for id in one.exercises if slug in _offered(one, id)]
        asked = set().union(*(one.who(id, *JUDGED) for id in ids))
        who = {student for student, answers in one.answers.items() if any(made(a, slug) for a in answers.values())}
        out.append((who, asked) if ids else None)
    return out


def _offered(one: Assignment, id: str) -> set[str]:
    """What an exercise can show, and what it did show."""
    seen = {slug for answers in one.answers.values() if id in answers for _, slug in _parts(answers[id].slips)}
    return {part for name in catalogue.offers(id) for part in name.split("+")} | seen


def again(found: list[Assignment]) -> dict[str, Again]:
    """Slug -> what became of it where somebody handed in again."""
    out: dict[str, Again] = {}
    for one in found:
        for student, earlier in one.before.items():
            for slug, ids in _made_in(earlier).items():
                now = [one.answers[student].get(id) for id in ids]
                row = out.setdefault(slug, Again(set(), set(), set()))
                row.all.add((student, one.name))
                if not any(made(answer, slug) for answer in now):
                    row.gone.add((student, one.name))
                if all(answer and answer.state == "right" for answer in now):
                    row.right.add((student, one.name))
    return dict(sorted(out.items(), key=lambda row: (-len(row[1].all), row[0])))


def _made_in(attempts: list[Answers]) -> dict[str, set[str]]:
    """Slug -> the exercises in which somebody made it for certain, in any of these attempts."""
    out: dict[str, set[str]] = {}
    for answers in attempts:
        for id, answer in answers.items():
            for sure, slug in _parts(answer.slips):
                if sure:
                    out.setdefault(slug, set()).add(id)
    return out


def twice(found: list[Assignment]) -> list[Twice]:
    """Pairs of assignments with the same exercises: one handed out twice."""
    same: dict[tuple[str, ...], list[Assignment]] = {}
    for one in found:
        if one.exercises:
            same.setdefault(tuple(one.exercises), []).append(one)
    return [_twice(*pair) for group in same.values() for pair in pairwise(group)]


def _twice(first: Assignment, last: Assignment) -> Twice:
    ids = [id for id in first.exercises if id not in inventory.BY_ID or id in inventory.counted()]
    both = _answered(first, ids) & _answered(last, ids)
    questions = [Question(id, first.who(id, "right") & both, last.who(id, "right") & both) for id in ids]
    slips: dict[str, tuple[People, People]] = {}
    for side, one in enumerate((first, last)):
        for student in both:
            for slug in {slug for id in ids for sure, slug in _parts(_slips(one, student, id)) if sure}:
                slips.setdefault(slug, (set(), set()))[side].add(student)
    order = sorted(slips, key=lambda slug: (-len(slips[slug][0]), -len(slips[slug][1]), slug))
    return Twice(first.name, last.name, both, questions, {slug: slips[slug] for slug in order})


def _slips(one: Assignment, student: str, id: str) -> tuple[str, ...]:
    return one.answers[student][id].slips if id in one.answers[student] else ()


def _answered(one: Assignment, ids: list[str]) -> People:
    """Who answered at least one of these."""
    return set().union(*(one.who(id, *JUDGED) for id in ids))
