"""What every chapter of the book must have: each gate takes a course's folder and returns its complaints, [] if none.

`test_chapters.py` runs them on this course, and on copies that were broken on purpose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

import nbformat
from nbgrader.utils import determine_grade

from bplib import exercises
from bplib.checking import EXERCISES, ByPerson
from bplib.mistakes import REGISTRY, Mistake

QUESTION = re.compile(r"^\s*bp\.(?:Choose|Number|Match|Order)\(", re.MULTILINE)
SOLUTION = re.compile(r"^### BEGIN SOLUTION\n(.*?)^### END SOLUTION", re.MULTILINE | re.DOTALL)
CHECKED = re.compile(r"""^bp\.check\(["']([\w.]+)["']|^\+\+\+ \{"exercise": "([\w.]+)"\}""", re.MULTILINE)
SHOWN = re.compile(r"""\bbp\.(?:exercise|more_practice)\(([^()]*)\)""")
ID = re.compile(r"""["']([\w.]+)["']""")
ON_A_PAGE = 8  # exercises that a chapter opens; the others stand under "More practice"
# What a chapter's text must contain, and what is missing when it does not.
FORM = {
    r"^    description: .{40,}": "a description in its front matter",
    r"^- \*\*You will\*\* ": "a line **You will**",
    r"^- \*\*You will learn\*\* ": "a line **You will learn**",
    r"^- \*\*You need\*\* ": "a line **You need**",
    r"^- \*\*Time:\*\* .*\d+ minutes": "a line **Time:** with minutes",
    r"^> \*\*Predict": "a question to predict, **Predict**",
    r"^## Pitfalls$": "a section Pitfalls",
    r"^## Check yourself$": "a section Check yourself",
    r"^## Your turn": "a section Your turn",
    r"^## Summary$": "a section Summary",
    r"^\*\*Sources\.\*\*": "its **Sources.**",
    r"^\*\*Next\.\*\*": "what comes **Next.**",
}
UNWRITTEN = re.compile(r"\bTODO\b:? ?([^\"|]*)")  # what `make chapter` leaves for its author
QUESTIONS = 3  # in a quiz, at least


def chapters(root: Path) -> list[Path]:
    """The chapters' texts, in order."""
    return sorted(root.glob("book/[0-9][0-9]_*.myst.md"))


def name_of(chapter: Path) -> str:
    return chapter.name.removesuffix(".myst.md")


def exercises_of(number: int) -> list:
    """The entries of a chapter; [] where it has none yet."""
    try:
        return list(import_module(f"bplib.exercises.ch{number:02d}").EXERCISES)
    except ModuleNotFoundError:
        return []


def form(root: Path) -> list[str]:
    """Chapters without one of the parts that make a chapter, or that nothing leads to."""
    pages = {
        name: (root / name).read_text("utf8") for name in ("book/index.myst.md", "book/teaching.myst.md", "_toc.yml")
    }
    found = []
    for chapter in chapters(root):
        name, text = name_of(chapter), chapter.read_text("utf8")
        lacks = [what for pattern, what in FORM.items() if not re.search(pattern, text, re.MULTILINE)]
        quiz = text.partition("\n## Check yourself\n")[2].partition("\n## ")[0]
        if len(QUESTION.findall(quiz)) < QUESTIONS and not re.search(r"^\s*bp\.Quiz\(", quiz, re.MULTILINE):
            lacks.append(f"a quiz of {QUESTIONS} questions under Check yourself")
        for folder in ("exercises", "solutions"):
            if f"../{folder}/{name}/{name}.ipynb" not in text:
                lacks.append(f"a link to its {folder}")
        for page in ("book/index.myst.md", "book/teaching.myst.md"):
            if f"({name}.ipynb)" not in pages[page]:
                lacks.append(f"a row in {page}")
        for entry in (f"book/{name}", f"solutions/{name}/{name}"):
            if f"file: {entry}\n" not in pages["_toc.yml"]:
                lacks.append(f"{entry} in _toc.yml")
        found += [f"{chapter.relative_to(root)} lacks {what}" for what in lacks]
    return found


def placeholders(root: Path) -> list[str]:
    """What `make chapter` left to be written, and nobody has written yet."""
    pages = ("book/*.m*d", "solutions/*/*.myst.md", "bplib/exercises/**/*.py", "_toc.yml")
    return [
        f"{place.relative_to(root)}, line {number}, is not written yet: {found[1].strip() or 'TODO'}"
        for place in sorted(path for pattern in pages for path in root.glob(pattern))
        for number, line in enumerate(place.read_text("utf8").splitlines(), 1)
        for found in UNWRITTEN.finditer(line)
    ]


def shown(text: str) -> set[str]:
    """The ids of the exercises that a text shows, folded or not."""
    return {id for call in SHOWN.findall(text) for id in ID.findall(call)}


def coverage(root: Path) -> list[str]:
    """Exercises that their chapter does not show, or that its solutions do not solve."""
    found = []
    for chapter in chapters(root):
        name = name_of(chapter)
        solutions = root / "solutions" / name / f"{name}.myst.md"
        if not solutions.exists():
            found.append(f"{chapter.relative_to(root)} has no {solutions.relative_to(root)}")
            continue
        ids = {entry.id for entry in exercises_of(int(name[:2]))}
        if not ids:
            found.append(f"{chapter.relative_to(root)} has no exercises in bplib/exercises/ch{name[:2]}.py")
        text = solutions.read_text("utf8")
        for where, there in {
            chapter: shown(chapter.read_text("utf8")),
            solutions: {a or b for a, b in CHECKED.findall(text)} & shown(text),
        }.items():
            found += [f"{where.relative_to(root)} leaves out exercise {id}" for id in sorted(ids - there)]
            found += [f"{where.relative_to(root)} has an unknown exercise {id}" for id in sorted(there - ids)
                      if id.split(".")[0] == str(int(name[:2]))]  # fmt: skip
    return found


def marks(root: Path) -> list[str]:
    """Solutions that do not earn all automatic marks, and learners' copies that earn any or hold a solution."""
    found = []
    for source in sorted(root.glob("solutions/*/*.myst.md")):
        name = name_of(source)
        solved, blank = (root / folder / name / f"{name}.ipynb" for folder in ("solutions", "exercises"))
        if unbuilt := [place for place in (solved, blank) if not place.exists()]:
            found += [f"{place.relative_to(root)} is not built yet: make notebooks" for place in unbuilt]
            continue
        for place, wanted in ((solved, True), (blank, False)):
            for id, got, most in graded(place):
                automatic = not isinstance(EXERCISES[id], ByPerson)
                if automatic and got != (most if wanted else 0):
                    found.append(f"{place.relative_to(root)}: {id} earns {got} of {most:g}")
                elif not automatic and got not in (None, 0):
                    found.append(f"{place.relative_to(root)}: {id} is for a person to grade, and earns {got}")
        text = "\n".join(cell.source for cell in nbformat.read(blank, 4).cells)
        written = source.read_text("utf8")
        answers = {line.strip() for part in SOLUTION.findall(written) for line in part.splitlines()}
        given = SOLUTION.sub("", written)
        tell = sorted(line for line in answers if len(line) > 12 and line in text and line not in given)
        if "SOLUTION" in text or tell:
            found.append(f"{blank.relative_to(root)} holds a solution: {(tell or ['its marks'])[0]!r}")
    return found


def graded(place: Path) -> Iterable[tuple[str, float | None, float]]:
    """What nbgrader's determine_grade gives for each graded cell: (exercise, earned or None, points)."""
    for cell in nbformat.read(place, 4).cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            yield cell.metadata.nbgrader.grade_id.replace("-", "."), *determine_grade(cell)


def mistakes() -> list[Mistake]:
    """All mistakes there are, of all chapters. That a slug means one thing, each sees to when it is made."""
    import_module("bplib.mistakes.arrays")
    for file in sorted(Path(exercises.__file__).parent.glob("[!_]*.py")):
        import_module(f"bplib.exercises.{file.stem}")
    return sorted(REGISTRY.values(), key=lambda mistake: mistake.slug)


def headings(of: Iterable[Mistake], root: Path) -> list[str]:
    """Mistakes that send the reader to a heading that no chapter has."""
    there = {f"{int(name_of(chapter)[:2])}: {heading}" for chapter in chapters(root)
             for heading in re.findall(r"^#+ (.+)$", chapter.read_text("utf8"), re.MULTILINE)}  # fmt: skip
    return [f"{m.slug} sends the reader to {m.see!r}, which is no heading" for m in of if m.see and m.see not in there]


def messages(of: Iterable[Mistake]) -> list[str]:
    """Mistakes whose words do not fit into the sentences that are made of them."""
    form = (
        (lambda m: re.fullmatch(r"[a-z0-9]+([-+][a-z0-9]+)*", m.slug), "a slug is small words and hyphens"),
        (lambda m: m.says and not m.says.endswith("."), "says is a clause, without a full stop"),
        (lambda m: m.because.rstrip("*$`").endswith((".", "?")), "because is a sentence"),
        (lambda m: "?" in m.question, "question is a question"),
    )
    return [f"{m.slug}: {rule}" for m in of for holds, rule in form if not holds(m)]
