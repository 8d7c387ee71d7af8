"""`make lab`: the learner's copy of the notebooks stands on its own, and stays the learner's."""

import json
import re
import shutil
from pathlib import Path

import pytest

from tools import lab

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:a|img)\b[^>]*\b(?:href|src)=\"([^\"]+)\"")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """work/ as `make lab` fills it, of a copy of the texts in a folder with a space in its name."""
    root = tmp_path_factory.mktemp("My Course")
    for folder in ("book", "exercises", "solutions"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    assert len(lab.copy_new(root)) > 30
    return root / "work"


def prose(file: Path) -> str:
    """What a page or a notebook says, without its code and the outputs of it."""
    text = file.read_text("utf-8")
    if file.suffix == ".ipynb":
        text = "\n\n".join("".join(c["source"]) for c in json.loads(text)["cells"] if c["cell_type"] == "markdown")
    return re.sub(r"^```.*?^```|`[^`\n]*`", "", text, flags=re.DOTALL | re.MULTILINE)


def test_every_link_leads_to_a_file(work):
    dead, seen = [], 0
    for file in sorted([*work.rglob("*.ipynb"), *work.rglob("*.md")]):
        for found in LINK.findall(prose(file)):
            url = "".join(found).split("#")[0]
            if url and not re.match(r"[a-z]+:", url):
                seen += 1
                if not (file.parent / url).resolve().is_file():
                    dead.append(f"{file.relative_to(work)}: {url}")
    assert seen > 50
    assert not dead, dead


def test_terms_lead_to_the_glossary_and_no_role_of_sphinx_is_left(work):
    for file in [*work.rglob("*.ipynb"), *work.rglob("*.md")]:
        assert not re.search(r"\{(term|download|doc|ref)\}`", file.read_text("utf-8")), file
    assert "[fan-out](glossary.md)" in (work / "book/05_many_paths.ipynb").read_text("utf-8")


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("a {term}`loss`.", "a [loss](../g.md)."),
        ("a {term}`losses <loss>`.", "a [losses](../g.md)."),
        ("the {download}`notebook <../x/y.ipynb>`: go", "the [notebook](../x/y.ipynb): go"),
        ("`{term}` and $x$", "`{term}` and $x$"),
    ],
)
def test_roles_become_links(text, link):
    assert lab.with_links(text, "../g.md") == link


def test_what_the_learner_wrote_is_kept(work):
    mine = work / "exercises/04_one_path/04_one_path.ipynb"
    mine.write_text("mine", "utf-8")
    gone = work / "book/glossary.md"
    gone.unlink()
    assert lab.copy_new(work.parent) == [gone]
    assert mine.read_text("utf-8") == "mine"
