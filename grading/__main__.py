"""The instructors' commands: python -m grading VERB, called from the course's folder. The page For instructors goes through them."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from pathlib import Path

from tqdm import tqdm

from . import (
    giving_back,
    late,
    lms,
    looked,
    marks,
    paper,
    readers,
    receive,
    release,
    slips_command,
    status,
    tokens,
    when,
)
from .course import RETRY, Course
from .sandbox import Refused


def check(course: Course, options) -> int:
    course.ensure()
    print(
        "The sandbox holds on this machine: no network, no file of yours, no other process, bounded in time and memory."
    )
    return 0


def release_(course: Course, options) -> int:
    if options.alias and len(options.assignments) > 1:
        raise ValueError(f"expected one assignment with --as {options.alias}; got {' '.join(options.assignments)}")
    for assignment in options.assignments:
        for name in release.release(course, assignment, options.alias):
            known = options.alias or assignment
            print(f"exercises/{assignment}/{name}.ipynb is ready to hand out, and the gradebook knows it as {known}.")
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
    students = tokens.students(options.students)  # or nothing is written
    out = csv.writer(sys.stdout)
    out.writerow(["student", "token"])
    for student in students:
        out.writerow([marks.cell(student), tokens.token(course.key, student)])
    return 0


def paper_(course: Course, options) -> int:
    wanted = paper.Paper(course.root, options.assignment, options.students, options.exercises, options.exam, options.title,
                         options.size or "a4", course.key)  # fmt: skip
    print("\n".join(paper.make(wanted, options.quiet)))
    return 0


def collect(course: Course, options) -> int:
    kept, unsure, download = [], [], options.folder
    if course.has_roster() or download.is_file() or lms.form(lms.files(download)) != "plain":
        rows = receive.table(options.table) if options.table else []
        done = receive.receive(download, course.roster(), options.assignment, course.notebooks(options.assignment),
                               (course.submitted, course.received), rows, options.file_times)  # fmt: skip
        taken, refused, kept, unsure = done.taken, done.refused, done.kept, done.late
    elif options.table or options.file_times:
        raise FileNotFoundError(
            "--table and --file-times need students.csv, which is not there: id,name,email and a line for each person"
        )
    else:
        taken, refused = course.collect(options.assignment, download)
    for name, why in refused.items():
        print(f"not taken: {name}: {why}")
    if kept:
        print(f"also older ones of {', '.join(sorted(set(kept)))}: kept in received/{options.assignment}/")
    if unsure:
        print(
            f"late, and it is not said since when: {', '.join(sorted(unsure))}. Canvas shows the times in SpeedGrader, and its gradebook "
            "has none: type them into a table with the columns id and time, and call this again with --table FILE"
        )
    _untimed(course, options.assignment)
    print(f"{len(taken)} submissions taken in, {len(refused)} not.")
    if refused and not taken:
        print(
            f"Is this the download of another assignment? {', '.join(course.notebooks(options.assignment))}.ipynb is asked for."
        )
    return 1 if refused else 0


def each(run):
    """The same for several assignments, or for all that were released."""

    def several(course: Course, options) -> int:
        worst = 0
        for name in release.named(course, options.assignments):
            options.assignment = name
            if len(options.assignments) > 1 or options.assignments == ["all"]:
                print(f"# {name}")
            worst = max(worst, run(course, options))
        return worst

    return several


def grade(course: Course, options) -> int:
    students = options.student or course.students(options.assignment)
    if not options.again:
        waiting = set(course.pending(options.assignment))
        students = [student for student in students if student in waiting]
    unfinished = course.broken_off(options.assignment)  # no mark to compare with
    before = [mark for mark in course.marks(options.assignment) if mark.student not in unfinished]
    reasons = {}
    with tqdm(total=len(students), desc="grading", unit="submission", disable=options.quiet) as bar:
        for student, notes in course.grade(options.assignment, students, options.jobs):
            if notes:
                reasons[student] = notes
            bar.update()
    for student, notes in sorted(reasons.items()):
        print(f"{student}: {' '.join(notes)}")
    late.apply(course, options.assignment)
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


def looked_(course: Course, options) -> int:
    for student in looked.looked(course, options.assignment, options.students):
        print(
            f"{student} in {options.assignment}: you looked, so nobody is asked again unless something else is found."
        )
    return 0


def words(course: Course, options) -> int:
    names = release.named(course, options.assignments)
    print("\n".join(readers.told(course, names, options.readers or [], options.by_exercise, options.at)))
    return 0


def status_(course: Course, options) -> int:
    found = [status.of(course, name) for name in release.named(course, options.assignments)]
    print(status.table(found))
    for one in found if options.assignments else []:
        print(status.people(one))
    return 0


def slips(course: Course, options) -> int:
    print("\n".join(slips_command.run(course, release.named(course, options.assignments), options)))
    return 0


def due(course: Course, options) -> int:
    moment = when.moment(options.when)
    late.set_due(course, options.assignment, moment)
    print(f"{options.assignment} is due {when.local(moment)}.")
    return 0


def extend(course: Course, options) -> int:
    until = when.moment(options.until)
    late.extend(course, options.assignment, options.student, until)
    print(f"{options.student} has until {when.local(until)} for {options.assignment}.")
    return 0


def late_(course: Course, options) -> int:
    late.apply(course, options.assignment)
    found = [late.told(one) for one in late.late(course, options.assignment)]
    print("\n".join(found) if found else "Nobody was late.")
    _untimed(course, options.assignment)
    return 0


def _untimed(course: Course, assignment: str) -> None:
    if who := late.untimed(course, assignment):
        print(f"not known when it was handed in, so nothing is taken off: {len(who)} of {len(course.students(assignment))}, "
              f"such as {', '.join(who[:5])}. Give the platform's table: collect ... --table FILE")  # fmt: skip


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m grading", description=__doc__)
    verbs = top.add_subparsers(required=True, metavar="VERB")

    def verb(name, run, help, assignment=True):
        made = verbs.add_parser(name, help=help, description=help)
        made.set_defaults(run=each(run) if assignment == "several" else run)
        if assignment == "several":
            made.add_argument(
                "assignments", nargs="+", metavar="NAME", help="such as 07_two_layer_trace; several, or all"
            )
        elif assignment:
            made.add_argument("assignment", help="such as 07_two_layer_trace")
        return made

    verb("check", check, "does the sandbox hold on this machine?", assignment=False)
    made = verb("release", release_, "tell the gradebook about the exercises that you hand out", assignment=False)
    made.add_argument("assignments", nargs="+", metavar="NAME", help="such as 07_two_layer_trace")
    made.add_argument("--as", dest="alias", metavar="OTHER", help="once more, under this name")
    verb("variants", variants, "from now on, judge everybody by numbers of their own", assignment=False)
    made = verb("tokens", tokens_, "print each student's token, as CSV", assignment=False)
    made.add_argument("students", type=Path, help="students.csv, or a file with one student id on each line")
    made = verb("collect", collect, "take in what was handed in")
    made.add_argument("folder", type=Path, help="a download of Canvas, Moodle or Gradescope, zip or folder; or a folder with STUDENT.ipynb "
                      "or STUDENT/NOTEBOOK.ipynb, nothing else")  # fmt: skip
    made.add_argument(
        "--table",
        type=Path,
        help="Moodle's grading worksheet, Canvas's gradebook, or a table with the columns id and time",
    )
    made.add_argument(
        "--file-times", action="store_true", help="handed in when the file was last changed (not for Canvas and Moodle)"
    )
    _on_paper(verb)
    _grading(verb)
    giving_back.options(verb)
    return top


def _on_paper(verb) -> None:
    made = verb("paper", paper_, "print a sheet for each learner, and the key to all of them")
    made.add_argument("students", help="students.csv, or how many sheets without names")
    made.add_argument("--exercises", default="", help='such as "7.2 7.3 8.2" (all of the assignment)')
    made.add_argument(
        "--exam", default="", metavar="WORD", help="other numbers than those that learners practiced with"
    )
    made.add_argument("--title", default="", help="what stands above (the name of the assignment)")
    made.add_argument("--size", default="a4", help="of the paper: a4 or letter")
    made.add_argument("--quiet", action="store_true", help="no progress bar")


def _grading(verb) -> None:
    made = verb("grade", grade, "grade what is not graded yet", assignment="several")
    made.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many at once (as many as there are cores)")
    made.add_argument("--student", action="append", help="only this one; may be given several times")
    made.add_argument("--again", action="store_true", help="also what was graded before")
    made.add_argument("--quiet", action="store_true", help="no progress bar")
    verb("reasons", reasons, "what there is to know about each submission beside its marks", assignment="several")
    made = verb("looked", looked_, "say that you looked where a person has to look")
    made.add_argument("students", nargs="+", metavar="STUDENT", help="the ids")
    made = verb("words", words, "list the answers that wait to be read, and deal them out to readers", assignment=False)
    made.add_argument("assignments", nargs="+", metavar="NAME", help="such as 07_two_layer_trace; several, or all")
    made.add_argument("--readers", nargs="+", metavar="READER", help="who reads, such as ada bob")
    made.add_argument("--by-exercise", action="store_true", help="one reader reads an exercise of everybody")
    made.add_argument("--at", default=readers.ADDRESS, help=f"the server with formgrader ({readers.ADDRESS})")
    made = verb("status", status_, "where all submissions stand; with names, who they are", assignment=False)
    made.add_argument("assignments", nargs="*", metavar="NAME")
    slips_command.options(verb("slips", slips, slips_command.HELP, assignment=False))
    made = verb("due", due, "say when an assignment is due")
    made.add_argument("when", help="such as '2026-11-30 23:59'")
    made = verb("extend", extend, "give one student longer")
    made.add_argument("student", help="the id")
    made.add_argument("until", help="such as '2026-12-02 23:59'")
    verb("late", late_, "who was late, and what it cost", assignment="several")


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)
    try:
        return options.run(Course(Path.cwd()), options)
    except KeyboardInterrupt:
        print("\nStopped. What was done is kept; type the same again to go on.", file=sys.stderr)
        return 130
    except FileNotFoundError as error:
        print(f"there is no {error.filename}: expected a file" if error.filename else error, file=sys.stderr)
        return 2
    except (Refused, LookupError, OSError, ValueError) as error:
        print(error.args[0] if isinstance(error, LookupError) and error.args else error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
