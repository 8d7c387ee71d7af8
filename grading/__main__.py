"""The instructors' commands: python -m grading VERB, called from the course's folder. The page For instructors goes through them."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path

from tqdm import tqdm

from . import marks, release, tokens
from .course import RETRY, Course
from .sandbox import Refused


def check(course: Course, options) -> int:
    course.ensure()
    print(
        "The sandbox holds on this machine: no network, no file of yours, no other process, bounded in time and memory."
    )
    return 0


def release_(course: Course, options) -> int:
    for name in release.release(course, options.assignment):
        print(f"exercises/{options.assignment}/{name}.ipynb is ready to hand out, and the gradebook knows it.")
    return 0


def variants(course: Course, options) -> int:
    if course.key.exists():
        print(f"{course.key.name} is there already: tokens stay as they are.")
    else:
        tokens.make_key(course.key)
        print(
            f"{course.key.name} is made: from now on everybody is judged by numbers of their own. Keep it, show it to nobody."
        )
    return 0


def tokens_(course: Course, options) -> int:
    if not course.key.exists():
        raise FileNotFoundError("this course hands out no variants yet: python -m grading variants")
    out = csv.writer(sys.stdout)
    out.writerow(["student", "token"])
    for student in tokens.students(options.students):
        out.writerow([marks.cell(student), tokens.token(course.key, student)])
    return 0


def collect(course: Course, options) -> int:
    taken, refused = course.collect(options.assignment, options.folder)
    for name, why in refused.items():
        print(f"not taken: {name}: {why}")
    print(f"{len(taken)} submissions taken in, {len(refused)} not.")
    return 1 if refused else 0


def grade(course: Course, options) -> int:
    students = options.student or course.students(options.assignment)
    if not options.again:
        waiting = set(course.pending(options.assignment))
        students = [student for student in students if student in waiting]
    before = course.marks(options.assignment)
    reasons = {}
    with tqdm(total=len(students), desc="grading", unit="submission", disable=options.quiet) as bar:
        for student, notes in course.grade(options.assignment, students, options.jobs):
            if notes:
                reasons[student] = notes
            bar.update()
    for student, notes in sorted(reasons.items()):
        print(f"{student}: {' '.join(notes)}")
    for line in marks.changed(before, course.marks(options.assignment)):
        print(f"changed: {line}")
    failed = {student for student, notes in reasons.items() if notes[0].startswith(RETRY)}
    done = set(students) - failed
    noted, words = reasons.keys() - failed, course.words_waiting(options.assignment) & done
    print(f"{len(done)} graded, {len(noted | words)} of them need a person ({len(words)} with words to read, "
          f"{len(noted)} with a reason above); "
          f"{len(course.students(options.assignment)) - len(students)} were graded before.")  # fmt: skip
    if failed:
        print(f"{len(failed)} could not be graded, through no fault of theirs: call this again.")
    return 1 if failed else 0


def reasons(course: Course, options) -> int:
    for student, notes in course.notes(options.assignment):
        print(student)
        for note in notes:
            print(f"  - {note}")
    return 0


def export(course: Course, options) -> int:
    found = course.marks(options.assignment)
    marks.export(found, options.file)
    print(f"{options.file} has {len(found)} marks of {len({mark.student for mark in found})} people.")
    return 0


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    verbs = top.add_subparsers(required=True, metavar="VERB")

    def verb(name, run, help, assignment=True):
        made = verbs.add_parser(name, help=help, description=help)
        made.set_defaults(run=run)
        if assignment:
            made.add_argument("assignment", help="such as 07_two_layer_trace")
        return made

    verb("check", check, "does the sandbox hold on this machine?", assignment=False)
    verb("release", release_, "tell the gradebook about the exercises that you hand out")
    verb("variants", variants, "from now on, judge everybody by numbers of their own", assignment=False)
    made = verb("tokens", tokens_, "print each student's token, as CSV", assignment=False)
    made.add_argument("students", type=Path, help="a file with one student id on each line")
    made = verb("collect", collect, "take in what was handed in")
    made.add_argument("folder", type=Path, help="holds STUDENT.ipynb or STUDENT/NOTEBOOK.ipynb, nothing else")
    made = verb("grade", grade, "grade what is not graded yet")
    made.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at once (as many as there are cores)")
    made.add_argument("--student", action="append", help="only this one; may be given several times")
    made.add_argument("--again", action="store_true", help="also what was graded before")
    made.add_argument("--quiet", action="store_true", help="no progress bar")
    verb("reasons", reasons, "what there is to know about each submission beside its marks")
    made = verb("export", export, "write all marks as CSV, with the reason for each")
    made.add_argument("file", type=Path)
    return top


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return options.run(Course(Path.cwd()), options)
    except (Refused, LookupError, OSError, ValueError) as error:
        print(error.args[0] if isinstance(error, LookupError) and error.args else error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
