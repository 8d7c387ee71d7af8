"""Gates for every chapter, and proof that each gate closes: a copy of the course, broken on purpose, is refused."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import gates
import nbformat
import pytest

from bplib.mistakes import REGISTRY, Mistake
from tools import chapter

ROOT = Path(__file__).resolve().parent.parent


def test_every_chapter_has_the_form_of_a_chapter():
    assert gates.form(ROOT) == []


def test_nothing_is_left_to_be_written():
    assert gates.placeholders(ROOT) == []


def test_every_exercise_is_shown_and_solved():
    assert gates.coverage(ROOT) == []


def test_solutions_earn_all_automatic_marks_and_learners_copies_none():
    assert gates.marks(ROOT) == []


def test_every_heading_that_a_mistake_names_is_there():
    assert gates.headings(gates.mistakes(), ROOT) == []


def test_every_message_has_its_form():
    assert gates.messages(gates.mistakes()) == []


# ---------------------------------------------------------------- what is planted is refused

CHAPTERS = [gates.name_of(chapter) for chapter in gates.chapters(ROOT)]


@pytest.fixture
def course(tmp_path):
    """A copy of all that the gates look at."""
    for folder in ("book", "exercises", "solutions", "bplib"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints", "__pycache__")
        )
    shutil.copy(ROOT / "_toc.yml", tmp_path)
    return tmp_path


def edit(path: Path, pattern: str, new: str) -> None:
    text, count = re.subn(pattern, new, path.read_text("utf8"), count=1, flags=re.MULTILINE | re.DOTALL)
    assert count, f"{path.name} has no {pattern}"
    path.write_text(text, "utf8")


@pytest.mark.parametrize("name", CHAPTERS)
@pytest.mark.parametrize(
    ("pattern", "new", "complaint"),
    [
        (r"^    description: .*?$", "    title: x", "a description in its front matter"),
        (r"^- \*\*Time:\*\*.*?$", "", "a line **Time:** with minutes"),
        (r"^## Check yourself\n.*?^## ", "## Check yourself\n\nNothing to check.\n\n## ", "a quiz of 3 questions"),
        (r"^## Pitfalls$", "## Traps", "a section Pitfalls"),
        (r"^\*\*Sources\.\*\*", "Sources:", "its **Sources.**"),
        (r"^\*\*Next\.\*\*", "Next:", "what comes **Next.**"),
        (r"\.\./solutions/\d\d", "../solutions/99", "a link to its solutions"),
    ],
)
def test_a_chapter_that_lacks_a_part_is_refused(course, name, pattern, new, complaint):
    edit(course / f"book/{name}.myst.md", pattern, new)
    [said] = gates.form(course)
    assert said.startswith(f"book/{name}.myst.md lacks {complaint}")


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_that_nothing_leads_to_is_refused(course, name):
    edit(course / "book/index.myst.md", rf"\({name}\.ipynb\)", "(nowhere.ipynb)")
    edit(course / "_toc.yml", rf"- file: book/{name}\n", "")
    text = (course / "book/index.myst.md").read_text()
    (course / "book/index.myst.md").write_text(text.replace(f"({name}.ipynb)", "(nowhere.ipynb)"))
    assert gates.form(course) == [f"book/{name}.myst.md lacks a row in book/index.myst.md",
                                  f"book/{name}.myst.md lacks book/{name} in _toc.yml"]  # fmt: skip


@pytest.mark.parametrize("name", CHAPTERS)
def test_an_exercise_that_is_left_out_or_invented_is_refused(course, name):
    first = f"{int(name[:2])}.1"
    edit(course / f"book/{name}.myst.md", rf'bp\.exercise\("{re.escape(first)}"\)', f'bp.exercise("{first}00")')
    edit(course / f"solutions/{name}/{name}.myst.md", rf'^bp\.check\("{re.escape(first)}"', "print(")
    assert gates.coverage(course) == [
        f"book/{name}.myst.md leaves out exercise {first}",
        f"book/{name}.myst.md has an unknown exercise {first}00",
        f"solutions/{name}/{name}.myst.md leaves out exercise {first}",
    ]


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_without_exercises_is_refused(course, name):
    (course / f"book/{name}.myst.md").rename(course / f"book/99_{name[3:]}.myst.md")
    assert f"book/99_{name[3:]}.myst.md has no solutions/99_{name[3:]}/99_{name[3:]}.myst.md" in gates.coverage(course)
    shutil.copytree(course / "solutions" / name, course / "solutions" / f"99_{name[3:]}")
    source = course / "solutions" / f"99_{name[3:]}" / f"{name}.myst.md"
    source.rename(source.with_name(f"99_{name[3:]}.myst.md"))
    assert f"book/99_{name[3:]}.myst.md has no exercises in bplib/exercises/ch99.py" in gates.coverage(course)


def graded_cell(nb, id):
    return next(c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") == id.replace(".", "-"))


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_wrong_solution_is_refused(course, name):
    """As it comes out when the solution's text is wrong: the check beside it prints fewer points."""
    place = course / f"solutions/{name}/{name}.ipynb"
    nb = nbformat.read(place, 4)
    graded_cell(nb, f"{int(name[:2])}.1").outputs[0].data["text/plain"] = "0.0"
    nbformat.write(nb, place)
    [said] = gates.marks(course)
    assert re.match(rf"solutions/{name}/{name}\.ipynb: {int(name[:2])}\.1 earns 0.0 of \d", said)


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_learners_copy_that_knows_the_answer_is_refused(course, name):
    source = (course / f"solutions/{name}/{name}.myst.md").read_text()
    given = gates.SOLUTION.sub("", source)
    lines = (line for part in gates.SOLUTION.findall(source) for line in part.splitlines())
    answer = next(line for line in lines if len(line) > 16 and line.strip() not in given)
    place = course / f"exercises/{name}/{name}.ipynb"
    nb = nbformat.read(place, 4)
    next(c for c in nb.cells if "Your code here" in c.source).source += f"\n{answer}"
    graded_cell(nb, f"{int(name[:2])}.1").outputs[0].data["text/plain"] = "1.0"
    nbformat.write(nb, place)
    earned, holds = gates.marks(course)
    assert re.match(rf"exercises/{name}/{name}\.ipynb: {int(name[:2])}\.1 earns 1.0 of \d", earned)
    assert holds == f"exercises/{name}/{name}.ipynb holds a solution: {answer.strip()!r}"


# ---------------------------------------------------------------- a chapter that was begun

GATES = "import sys, json; from pathlib import Path; import gates; root = Path(sys.argv[1]); " + (
    "print(json.dumps({g.__name__: g(root) for g in (gates.form, gates.placeholders, gates.coverage, gates.marks)}))"
)


def refusals(course: Path) -> dict[str, list[str]]:
    """What the gates say about a copy with a package of its own, which another process has to import."""
    paths = os.pathsep.join(map(str, (course, ROOT / "tests")))
    done = subprocess.run([sys.executable, "-c", GATES, course], env=os.environ | {"PYTHONPATH": paths}, cwd=course,
                          capture_output=True, text=True, check=True)  # fmt: skip
    return json.loads(done.stdout)


PLANNED = re.findall(r"^\| \[(\d+) [^]]*\]\{", (ROOT / "book/index.myst.md").read_text("utf8"), re.MULTILINE)


def test_a_chapter_that_was_begun_has_its_form_and_is_refused_until_it_is_written(course):
    page, number = f"{int(PLANNED[0]):02d}_begun", PLANNED[0]
    written = chapter.begin(number, "begun", course)
    assert set(written) == {
        f"book/{page}.myst.md", f"bplib/exercises/ch{page[:2]}.py", f"solutions/{page}/{page}.myst.md",
        "book/index.myst.md", "book/teaching.myst.md", "_toc.yml",
    }  # fmt: skip
    said = refusals(course)
    assert said["form"] == said["coverage"] == []
    assert said["marks"] == [f"{folder}/{page}/{page}.ipynb is not built yet: make notebooks"
                             for folder in ("solutions", "exercises")]  # fmt: skip
    left = said["placeholders"]
    for place in written[:5]:
        assert any(line.startswith(f"{place}, line ") for line in left), place
    assert f"book/{page}.myst.md, line 15, is not written yet: one question that can be answered in one breath?" in [
        re.sub(r"line \d+", "line 15", line) for line in left
    ]
    for place in written:
        path = course / place
        path.write_text(path.read_text("utf8").replace("TODO", "Written:"), "utf8")
    assert refusals(course)["placeholders"] == []


@pytest.mark.parametrize("number", [PLANNED[0], PLANNED[len(PLANNED) // 2], PLANNED[-1]])
def test_a_new_chapter_stands_in_its_place(course, number):
    after = [name for name in CHAPTERS if int(name[:2]) < int(number)][-1]
    chapter.begin(number, "downhill", course)
    page = f"{int(number):02d}_downhill"
    toc = (course / "_toc.yml").read_text()
    assert f"- file: book/{after}\n      - file: book/{page}\n" in toc
    assert f"- file: solutions/{after}/{after}\n      - file: solutions/{page}/{page}\n" in toc
    for place in ("book/index.myst.md", "book/teaching.myst.md"):
        rows = re.findall(r"^\| \[(\d+) .*?\](.)", (course / place).read_text(), re.MULTILINE)
        assert [int(n) for n, _ in rows] == sorted({int(n) for n, _ in rows}), "once, and in its place"
        assert dict(rows)[number] == "(", "the row of a planned chapter is no link"
        assert f"| [{number} Downhill]({page}.ipynb) |" in (course / place).read_text()


@pytest.mark.parametrize(
    ("number", "name", "said"),
    [
        ("abc", "downhill", "NUMBER should be the number of a chapter, 1 to 99, as in NUMBER=2; got 'abc'."),
        ("0", "downhill", "NUMBER should be the number of a chapter"),
        ("", "downhill", "NUMBER should be .*; got ''"),
        ("2", "going downhill", "NAME should be small letters, digits and underscores, .*; got 'going downhill'."),
        ("2", "../x", "NAME should be"),
        ("2", "", "NAME should be"),
        ("4", "downhill", "There is a chapter 4 already: book/04_one_path.myst.md. Nothing was written."),
    ],
)
def test_what_is_no_chapter_is_refused_and_nothing_is_written(course, number, name, said):
    before = {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}
    with pytest.raises(SystemExit, match=said):
        chapter.begin(number, name, course)
    assert before == {path: path.read_bytes() for path in course.rglob("*") if path.is_file()}


def test_a_dead_heading_a_doubled_slug_and_a_message_without_form_are_refused(course):
    mistake = next(m for m in gates.mistakes() if m.see)
    number, heading = mistake.see.split(": ", 1)
    [chapter] = course.glob(f"book/{int(number):02d}_*.myst.md")
    edit(chapter, rf"^(#+) {re.escape(heading)}$", r"\1 Something else")
    assert f"{mistake.slug} sends the reader to {mistake.see!r}, which is no heading" in gates.headings(
        [mistake], course
    )
    with pytest.raises(ValueError, match=f"the slug '{mistake.slug}' already means: "):
        replace(mistake, says="something else was done")
    assert mistake.worded("the same in other words").original is mistake
    bad = Mistake("Bad_Slug", "It ends.", "no full stop", "No question.", None)
    del REGISTRY["Bad_Slug"]
    assert len(gates.messages([bad])) == 4
