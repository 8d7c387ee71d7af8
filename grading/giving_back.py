"""The commands that give back: marks and feedback, for Canvas, for Moodle, or as a table."""

from __future__ import annotations

from pathlib import Path

from . import exporters, late, marks, release
from .course import Course


def export(course: Course, options) -> int:
    """Marks for a platform, or every mark of one assignment."""
    platform, *names = options.what
    if platform in ("canvas", "moodle"):
        return _to_platform(
            course,
            options,
            exporters.Canvas if platform == "canvas" else exporters.Moodle,
            release.named(course, names),
        )
    if len(names) != 1:
        raise ValueError(f"expected canvas NAME..., moodle NAME..., or NAME FILE.csv; got {' '.join(options.what)}")
    found, file = course.marks(platform), Path(names[0])
    if file.exists() and not file.read_bytes().startswith(marks.BEGIN):
        raise FileExistsError(f"{file} is there already, and is no table of marks: choose another name for it")
    marks.export(found, file)
    print(f"{file} has {len(found)} marks of {len({mark.student for mark in found})} people.")
    return 0


def _to_platform(course: Course, options, kind, names: list[str]) -> int:
    plugin = exporters.run(course, kind(assignment=names, to=str(options.to or ""), missing=options.missing, as_is=options.as_is,
                                        exercises=options.exercises, source=str(options.source or ""), column=options.column or ""))  # fmt: skip
    for (name, student), why in sorted(plugin.unfinished.items()):
        print(f"left empty: {student} in {name} {why}")
    for name, who in plugin.doubtful.items():
        if who:
            print(
                f"written, and a person has to look, because the mark may be wrong: {', '.join(who)} (python -m grading reasons {name})"
            )
    for who in plugin.strangers:
        print(f"left as it was: {who} is in {options.source} and not, or not only once, in students.csv")
    if plugin.source and plugin.without:
        print(f"not in {options.source}: {', '.join(plugin.without)}")
    if plugin.outside:
        print(f"handed in, and not in students.csv: {', '.join(plugin.outside)}. Add a line for each, and export again")
    for change in plugin.changed:
        print(f"another mark than {options.source} has: {change}")
    for name, who in plugin.nothing.items():
        print(f"nothing handed in for {name}: {', '.join(who)}")
    if kind is exporters.Canvas and not options.source and (alike := plugin.roster.namesakes()):
        print(
            f"{' and '.join(p.id for p in alike)} share a name: if Canvas does not know these ids, export its gradebook and give it with --from"
        )
    print(f"{plugin.to} has the marks of {len(plugin.roster.people)} people.")
    return 0


def feedback(course: Course, options) -> int:
    """Nbgrader's feedback, and a zip that the platform deals out."""
    names = release.named(course, options.assignments)
    for name in names:
        late.apply(course, name)
        said = course.api.generate_feedback(name)
        if not said["success"]:
            raise ValueError(
                f"nbgrader could not write the feedback for {name}:\n{said.get('log', '')}{said.get('error', '')}"
            )
        place = Path(f"{options.platform}-{name}.zip")
        done, left = exporters.feedback(course, name, options.platform, place)
        for student, why in left.items():
            print(f"not in it: {student}: {why}")
        print(f"{place} has the feedback of {len(done)} people.")
    return 0


def options(verb) -> None:
    """Their options; `verb` makes a command."""
    made = verb(
        "export",
        export,
        "write marks for Canvas or Moodle; or every mark of one assignment, with its reason",
        assignment=False,
    )
    made.add_argument("what", nargs="+", metavar="canvas|moodle NAME... or NAME FILE", help="all stands for all names")
    made.add_argument("--to", type=Path, help="the file to write (canvas.csv or moodle.csv)")
    made.add_argument(
        "--from", type=Path, dest="source", help="Canvas's gradebook or Moodle's grading worksheet, to be filled in"
    )
    made.add_argument("--column", help="what the assignment is called in it")
    made.add_argument("--exercises", action="store_true", help="each exercise too")
    made.add_argument("--missing", default="0", help="for who handed in nothing (0; '' leaves it empty)")
    made.add_argument("--as-is", action="store_true", help="also marks that wait for a person")
    made = verb(
        "feedback", feedback, "write nbgrader's feedback, and a zip of it that the platform deals out", assignment=False
    )
    made.add_argument("platform", choices=["canvas", "moodle"])
    made.add_argument("assignments", nargs="+", metavar="NAME")
