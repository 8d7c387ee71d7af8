"""A course of some chapters: what is cut, what is refused, and that it builds by itself without a warning."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import course  # noqa: E402
import notebooks  # noqa: E402

HERE = Path("book/index.myst.md")
TABLE = """\
| chapter | its question |
|---|---|
| **I. Blame** | |
| [1 Who?](01_who_gets_the_blame.ipynb) | Which? |
| **II. The chain rule** | |
| [4 One path](04_one_path.ipynb) | Why, after [chapter 1](01_who_gets_the_blame.ipynb#a)? |
| [20 Later]{.bp-planned} | [How?]{.bp-planned} |
| **VII. In the wild** | |
| [21 Vision]{.bp-planned} | [Where?]{.bp-planned} |

After it.
"""


def chosen(book="", without=()):
    return course.choose(ROOT, ["4", "5"], list(without), "", book)


@pytest.mark.parametrize(("words", "found"), [
    (["4 5 7 8"], [4, 5, 7, 8]),
    (["8,7", "4-5"], [4, 5, 7, 8]),
    (["07_two_layer_trace", " 4"], [4, 7]),
    (["4", "4-4"], [4]),
])  # fmt: skip
def test_chapters_are_named_in_any_way(words, found):
    assert course.numbers(words, course.chapters_of(ROOT)) == found


@pytest.mark.parametrize(("words", "said"), [
    (["4 x"], "got 'x'"),
    (["99"], "There is no chapter 99; there are 1, 2"),
    (["5-4"], "got '5-4'"),
    (["-4"], "got '-4'"),
])  # fmt: skip
def test_what_is_no_chapter_is_refused(words, said):
    with pytest.raises(SystemExit, match=said):
        course.numbers(words, course.chapters_of(ROOT))


@pytest.mark.parametrize(("arguments", "said"), [
    ([], "Say which chapters"),
    (["4"], "Say where the course goes"),
    (["4", "--to", "work/autumn"], "outside of this one"),
    (["4", "--to", ".."], "is there already"),
    (["4", "--to", "../none", "--without", "glossary"], "The page glossary is needed"),
    (["4", "--to", "../none", "--without", "galery"], "got 'galery'"),
    (["4", "--to", "../none", "--book", "example.org"], "the address of the whole book"),
])  # fmt: skip
def test_nothing_is_written_of_what_cannot_be_made(arguments, said):
    with pytest.raises(SystemExit, match=said):
        course.main(arguments)
    assert not (ROOT.parent / "none").exists()


def test_rows_and_links_to_other_chapters_go():
    left = course.cut(TABLE, HERE, chosen()).splitlines()
    assert left == ["| chapter | its question |", "|---|---|", "| **II. The chain rule** | |",
                    "| [4 One path](04_one_path.ipynb) | Why, after chapter 1? |", "", "After it."]  # fmt: skip


def test_links_lead_to_the_whole_book_where_it_has_an_address():
    text = course.cut("See [chapter 9](../../book/09_losses.ipynb#why) and [5](../../book/05_many_paths.ipynb).",
                      Path("solutions/04_one_path/04_one_path.myst.md"), chosen("https://uni.example/b/"))  # fmt: skip
    assert text == (
        "See [chapter 9](https://uni.example/b/book/09_losses.html#why) and [5](../../book/05_many_paths.ipynb)."
    )


def test_what_speaks_of_the_whole_book_goes_and_its_neighbours_stay():
    text = "One.\n\n{.bp-whole-book}\nTwo.\nThree.\n\nFour.\n"
    assert course.cut(text, HERE, chosen()) == "One.\n\nFour.\n"


def test_a_download_and_a_link_to_a_page_left_out_become_words():
    text = "The {download}`exercises <../exercises/bug_clinic/bug_clinic.ipynb>`, the [clinic](bug_clinic.ipynb)."
    assert course.cut(text, HERE, chosen(without=["bug_clinic"])) == "The exercises, the clinic."


def test_a_title_with_signs_of_yaml_is_the_title():
    made = yaml.safe_load(
        course.settings((ROOT / "_config.yml").read_text("utf8"), course.Chosen((), frozenset(), "A: 'b', {c} \\1 # d"))
    )
    assert made["title"] == made["sphinx"]["config"]["html_theme_options"]["logo"]["text"] == "A: 'b', {c} \\1 # d"


@pytest.mark.slow
@pytest.mark.parametrize(("chapters", "without"), [
    ("4 5 7 8", ""),
    ("19", "bug_clinic concept_inventory pitfalls my_network_does_not_learn primer cheat_sheet pytorch trace_sheets "
           "teaching for_instructors"),
])  # fmt: skip
def test_a_course_builds_by_itself_without_a_warning(chapters, without, tmp_path):
    to = tmp_path / "my course"
    done = subprocess.run(["make", "course", f"CHAPTERS={chapters}", f"TO={to}", f"WITHOUT={without}", "TITLE=Autumn"],
                          cwd=ROOT, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert {path.name[:2] for path in to.glob("*/[0-9]*")} == {f"{int(n):02d}" for n in chapters.split()}
    assert notebooks.main(["--check"], to) == 0
    built = subprocess.run(["jupyter-book", "build", ".", "--quiet", "--all", "-W", "--keep-going"], cwd=to, capture_output=True, text=True)  # fmt: skip
    assert built.returncode == 0, built.stderr
    what = "every_link_within or loads_anything or pages_load_is_there or has_a_language"
    looked = subprocess.run([sys.executable, "-m", "pytest", "tests/test_page.py", "-k", what], cwd=ROOT,
                            env=os.environ | {"BP_BOOK": str(to / "_build/html")}, capture_output=True, text=True)  # fmt: skip
    assert looked.returncode == 0, looked.stdout
    assert re.search(r"\bAutumn\b", (to / "_build/html/book/index.html").read_text("utf8"))
    verbs = subprocess.run(["make", "help"], cwd=to, capture_output=True, text=True).stdout
    assert "test-notebooks" in verbs
    assert "test-package" not in verbs


@pytest.mark.slow
def test_outputs_are_those_of_the_whole_book(tmp_path):
    """Notebooks are not run again for a link that became words, and those that list the chapters list the course's."""
    to = tmp_path / "course"
    course.make(to, chosen())
    name = "book/05_many_paths.ipynb"
    ours, theirs = nbformat.read(ROOT / name, 4), nbformat.read(to / name, 4)
    assert "[chapter 14]" in str(ours)
    assert "[chapter 14]" not in str(theirs)
    assert [c.get("outputs") for c in ours.cells] == [c.get("outputs") for c in theirs.cells]
    listed = str(nbformat.read(to / "book/teaching.ipynb", 4))
    assert "| 5 | " in listed
    assert "| 9 | " not in listed
