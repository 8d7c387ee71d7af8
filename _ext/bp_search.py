"""What a search finds, and what it shows of it: prose, formulas once, the words of figures; from a disk too.

Sphinx would fetch each page that it found and quote its text, furniture and all, which no browser allows from a disk.
So the passages are written while the book is built, into one script that only the search page loads.
"""

import json
import re
import unicodedata
from pathlib import Path
from xml.etree import ElementTree

import bp_math
from bs4 import BeautifulSoup
from docutils import nodes

FILE = "bp/excerpts.js"
START, END = "const EXCERPTS = ", ";\n"
RELATIONS = "=≈≠<>≤≥≪≫→←⇒∈∝:="
BLOCKS = ["caption", "figcaption", "p", "li", "summary", "tr"]
PROSE = (nodes.paragraph, nodes.math_block, nodes.caption, nodes.rubric)
Passages = list[list[str]]  # for each section its anchor ("" for the page's beginning), then its paragraphs


def bracketed(text: str) -> str:
    """A part of a formula, in brackets if one line of text needs them: anything with an operator."""
    return f"({text})" if re.search(r"[\s+\-\u2212⋅·/=,]", text) else text


def plain(element: ElementTree.Element) -> str:
    """MathML on one line of text: dL/dw1, x^2, the rows of a matrix between semicolons."""
    name = element.tag
    parts = [plain(child) for child in element if child.tag != "mspace"]
    if name == "mfrac":
        return f"{bracketed(parts[0])}/{bracketed(parts[1])}"
    if "∑" in parts[:1]:
        return f"∑_{bracketed(parts[1])} "
    if name in ("msub", "munder"):
        return "".join(parts) if parts[1].isdecimal() else "_".join(map(bracketed, parts))
    if name == "msup":
        return f"{parts[0]}^{bracketed(parts[1])}"
    if name in ("msubsup", "munderover"):
        below = parts[1] if parts[1].isdecimal() else f"_{bracketed(parts[1])}"
        return f"{parts[0]}{below}^{bracketed(parts[2])}"
    if name == "msqrt":
        return f"√({''.join(parts)})"
    if name in ("mtable", "mtr"):
        return ("; " if name == "mtable" else " ").join(filter(None, parts))
    text = re.sub(r"[\u2061-\u2064\u200b]", "", element.text or "").strip() + "".join(parts)
    if name == "mtext":
        return element.text or ""
    return f" {text} " if name == "mo" and text in RELATIONS and text else text + " " * (text == ",")


def formula_text(html: str) -> str:
    """A typeset formula as a line of text."""
    # Letters of other styles are searched as the letters that they are: the T of a transpose, too.
    return unicodedata.normalize("NFKC", " ".join(plain(ElementTree.fromstring(html)).split())) if html else ""


def figure_text(html: str) -> list[nodes.Node]:
    """The words of raw HTML: sentences as paragraphs; rows of a table and answers as blocks, searched and never quoted."""
    soup = BeautifulSoup(html, "html.parser")
    words: dict[int, tuple] = {}
    for string in soup.find_all(string=True):
        if (block := string.find_parent(BLOCKS)) and not string.find_parent(["script", "style"]):
            words.setdefault(id(block), (block, []))[1].append(string)
    found: list[nodes.Node] = []
    for block, strings in words.values():
        text = " ".join(" ".join(strings).split())
        quiet = block.name == "tr" or block.find_parent("details")
        found.append((nodes.literal_block if quiet else nodes.paragraph)(text, text))
    told = [image["alt"] for image in soup.find_all("img", alt=True)]
    told += [drawing["aria-label"] for drawing in soup.select("svg[aria-label]")]  # the letters in it say little
    return found + [nodes.paragraph(text, text) for text in told]


def replace(node: nodes.Node, new: list[nodes.Node]) -> None:
    """Put other nodes in a node's place. (docutils' own looks for an *equal* child, which may be another one.)"""
    siblings = node.parent.children
    i = next(i for i, other in enumerate(siblings) if other is node)
    node.parent[i : i + 1] = new


def readable(doctree: nodes.document, formulas: dict) -> nodes.document:
    """A copy of a page in which formulas and figures are words."""
    copy = doctree.deepcopy()
    for node in [*copy.findall(nodes.math), *copy.findall(nodes.math_block)]:
        known = formulas.get(bp_math.formula(node), {}).get("html", "")
        text = (formula_text(known) or node.astext()) + node.get("mark", "")
        replace(node, [nodes.Text(text) if isinstance(node, nodes.math) else nodes.paragraph(text, text)])
    for node in list(copy.findall(nodes.raw)):
        replace(node, figure_text(node.astext()) if "html" in node.get("format", "").split() else [])
    for node in list(copy.findall(nodes.image)):
        alt = node.get("alt", "")
        replace(node, [nodes.Text(alt) if isinstance(node.parent, nodes.TextElement) else nodes.paragraph(alt, alt)])
    return copy


def one_line(node: nodes.Node) -> str:
    """A node's text without line breaks."""
    return " ".join(node.astext().split())


def paragraphs(node: nodes.Element) -> list[str]:
    """The prose in a node and not in the sections below it, a line each; code and output are no prose."""
    if isinstance(node, nodes.section | nodes.title | nodes.literal_block):
        return []
    if isinstance(node, PROSE):
        return [one_line(node)]
    if isinstance(node, nodes.row):
        return [" · ".join(filter(None, map(one_line, node.children)))]
    if isinstance(node, nodes.definition_list_item):
        term, *rest = (line for child in node.children for line in (paragraphs(child) or [one_line(child)]))
        return [f"{term}: {' '.join(rest)}"]
    return [line for child in node.children if isinstance(child, nodes.Element) for line in paragraphs(child)]


def passages(doctree: nodes.document) -> Passages:
    """The sections of a page with their prose."""
    found = []
    for section in doctree.findall(nodes.section):
        anchor = section["ids"][0] if found and section["ids"] else ""
        lines = [line for child in section.children if isinstance(child, nodes.Element) for line in paragraphs(child)]
        found.append([anchor, *filter(None, lines)])
    return found


def read_excerpts(file: Path) -> dict[str, Passages]:
    """The passages of the last build: pages that did not change are not written again."""
    return json.loads(file.read_text("utf8")[len(START) : -len(END)]) if file.is_file() else {}


def index_words(app) -> None:
    """Give the search's index the words, and keep the passages."""
    if app.builder.format != "html":
        return
    app.bp_excerpts, plainly = {}, app.builder.index_page

    def index_page(pagename, doctree, title):
        words = readable(doctree, app.env.bp_typeset)
        app.bp_excerpts[pagename] = passages(words)
        plainly(pagename, words, title)

    app.builder.index_page = index_page


def write_excerpts(app, exception) -> None:
    """Write the script with the passages of all pages."""
    if exception or app.builder.format != "html":
        return
    file = Path(app.outdir, "_static", FILE)
    known = read_excerpts(file) | app.bp_excerpts
    kept = {name: known[name] for name in sorted(known) if name in app.env.found_docs}
    file.write_text(START + json.dumps(kept, ensure_ascii=False, separators=(",", ":")) + END, "utf8")


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    """Load the passages, and what shows them, on the search page alone."""
    if pagename == "search":
        app.add_js_file(FILE, loading_method="defer")
        app.add_js_file("search.js", loading_method="defer")


def setup(app) -> dict:
    """Register."""
    app.connect("builder-inited", index_words)
    app.connect("html-page-context", add_scripts)
    app.connect("build-finished", write_excerpts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
