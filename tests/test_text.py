"""Nothing that a page goes through on its way to HTML may move, drop or repeat a word.

For each page the text is taken twice: from the built HTML, and from the document as it was parsed, resolved by Sphinx
without this book's own transforms. Formulas count as one mark on both sides; how blank space falls does not count.
"""

from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from docutils.utils import new_document
from jupyter_book.config import get_final_config
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

ROOT = Path(__file__).resolve().parents[1]
BOOK = ROOT / "_build" / "html"
FORMULA = "∎"
UNSEEN = (nodes.Invisible, nodes.image, addnodes.index, addnodes.toctree, nodes.system_message)


@pytest.fixture(scope="module")
def app():
    """Sphinx with what it parsed at the last build, less the transforms that come after."""
    if not BOOK.is_dir():
        pytest.fail("there is no built book in _build/html: run `make book` first")
    command_line = {"latex_individualpages": False}  # as `jupyter-book build` gives it
    settings, _ = get_final_config(user_yaml=ROOT / "_config.yml", cli_config=command_line, sourcedir=ROOT)
    with patch_docutils(), docutils_namespace():
        made = Sphinx(ROOT, None, BOOK, ROOT / "_build/.doctrees", "html", settings, status=None, warning=None)
        ours = [t for t in made.registry.post_transforms if t.__module__.startswith("bp_")]
        assert ours, "this book has transforms of its own, which are left out here"
        made.registry.post_transforms[:] = [t for t in made.registry.post_transforms if t not in ours]
        yield made


def squeezed(text: str) -> str:
    return "".join(text.split())


def seen_in_html(markup: str) -> str:
    """The text of a piece of HTML, as a reader sees it."""
    soup = BeautifulSoup(markup, "html.parser")
    for formula in soup.select("math"):
        formula.replace_with(FORMULA)
    added = ".headerlink, .eqno, .bp-guess, .bp-held-note, .bp-answer-here, .bp-elsewhere, .bp-code > summary, .bp-take"  # by Sphinx, and by us
    for unseen in soup.select(f"script, style, template, details.hide > summary, {added}"):
        unseen.decompose()
    return squeezed(soup.get_text())


def seen_in_document(node: nodes.Node) -> str:
    """The text of a node of the parsed document."""
    if isinstance(node, UNSEEN):
        return ""
    if isinstance(node, (nodes.math, nodes.math_block)):
        return FORMULA
    if isinstance(node, nodes.raw):
        return seen_in_html(node.astext()) if node.get("format") == "html" else ""
    if isinstance(node, nodes.Text):
        return squeezed(node.astext())
    parts = list(node.children)
    if "cell" in node.get("classes", ()) and node.parent["ids"][:1] and node.parent["ids"][0].startswith("figure-"):
        parts.sort(key=lambda part: "cell_output" not in part["classes"])  # the gallery has the code below its figure
    inside = "".join(map(seen_in_document, parts))
    return f"[{inside}]" if isinstance(node, nodes.label) else inside


def where_they_part(a: str, b: str) -> str:
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return f"...{a[max(0, at - 40) : at + 40]}... became ...{b[max(0, at - 40) : at + 40]}..."


def test_the_text_of_every_page_is_the_text_that_was_parsed(app):
    wrong = []
    for name in sorted(app.env.found_docs):
        parsed = seen_in_document(app.env.get_and_resolve_doctree(name, app.builder))
        page = BeautifulSoup((BOOK / f"{name}.html").read_text("utf8"), "html.parser")
        shown = seen_in_html(str(page.select_one("article")))
        if parsed != shown:
            wrong.append(f"{name}: {where_they_part(parsed, shown)}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("paragraph", [["∎", ".", " Then ", "∎", ". ", "∎", "."], ["∎", ", ", "∎", ", ", "∎", "."],
                                       ["a", ".", "∎", ".", "b"], ["∎", "?!"], ["∎", ""], ["∎", " ."]])  # fmt: skip
def test_a_mark_is_tied_to_the_formula_before_it(paragraph, monkeypatch):
    """Texts that are equal are still two texts: the mark of one once moved into the place of the other."""
    monkeypatch.syspath_prepend(str(ROOT / "_ext"))
    import bp_math

    document = new_document("a page")
    line = nodes.paragraph()
    line.extend(nodes.math(text="x") if piece == FORMULA else nodes.Text(piece) for piece in paragraph)
    document += line
    bp_math.KeepPunctuation(document).run()
    shown = "".join(FORMULA + n.get("mark", "") if isinstance(n, nodes.math) else n.astext() for n in line)
    assert shown == "".join(paragraph)
