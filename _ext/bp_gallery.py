"""The gallery's figures, each to be linked to, and to be put on a page or a slide of somebody else's.

A section of the gallery that begins with `(figure-NAME)=` shows one figure. Its address is gallery.html#figure-NAME, and
embed/NAME.html is a page with nothing but the figure, in one file: it works from a disk, and on any other page in an
<iframe>. Below each figure stand, folded, the code that makes it and the line that embeds it.
"""

import html
import re
from pathlib import Path

import bp_explore
from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)
GALLERY = "book/gallery"
FOLDER = "embed"
PREFIX = "figure-"
PAPER = Path(__file__).parent / "templates/paper.js"
SECTION = re.compile(rf'id="{PREFIX}(\w+)"')
HEADING = re.compile(r"<h2>(.*?)<a class=\"headerlink\"", re.DOTALL)
FIGURE = re.compile(r"<bp-([a-z]\w*)\b.*?</bp-\1>", re.DOTALL)

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="description" content="{title} A figure to touch, from The Backward Pass." />
<title>{title}</title>
<link rel="icon" href="data:," />
<script>
document.documentElement.classList.add("bp-scripted");
document.documentElement.dataset.theme = "{theme}";
{paper}</script>
<style>
{css}
html[data-theme="dark"] {{ color-scheme: dark; }}
body {{ margin: 0; padding: 12px; font-family: sans-serif; color: var(--bp-ink); background: var(--bp-surface); }}
h1 {{ position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }}
.bp-scripted main:not(:has(.bp)) {{ visibility: hidden; }} /* until it is there, since nothing on the page may move */
.bp-from {{ max-width: 760px; margin: 1rem auto 0; font-size: 13px; color: var(--bp-quiet); }}
.bp-from a {{ color: inherit; }}
@media print {{ :root {{ --bp-raised: #f6f6f6; }} .bp-from {{ display: none; }} }}
</style>
</head>
<body>
<main>
<h1>{title}</h1>
{figure}
<p class="bp-from">From <a href="../{gallery}.html#{prefix}{name}" target="_blank" rel="noopener">The Backward Pass</a></p>
</main>
<script>
{script}</script>
</body>
</html>
"""

BELOW = """<details class="bp-take"><summary>Put it on a page of yours</summary>
<p>This line shows the figure on any page or slide that is made of HTML.
The page that it names is <a href="../{folder}/{name}.html" download>one file</a>, so you can also keep a copy beside your slides.</p>
<p class="bp-embed" data-figure="{name}"><code>{line}</code> <button type="button" class="pst-js-only">Copy</button></p>
</details></div>"""
LINE = '<iframe src="{folder}/{name}.html" title="{title}" width="100%" height="700" style="border: 0"></iframe>'


def page(name: str, title: str, figure: str, script: str, css: str, theme: str = "auto") -> str:
    """A page with nothing but a figure, in one file."""
    return PAGE.format(
        name=name,
        title=html.escape(title),
        figure=figure,
        script=script.replace("</", "<\\/"),
        css=css,
        theme=theme,
        paper=PAPER.read_text("utf8"),
        gallery=GALLERY,
        prefix=PREFIX,
    )


class PutNamesFirst(SphinxTransform):
    """Makes the name of a figure the address of its section: questions are worded anew, and links to them stay."""

    default_priority = 500  # when targets are where they belong, and before anybody asks for a section's id

    def apply(self, **kwargs) -> None:
        """Look at every section of the gallery."""
        if self.env.docname == GALLERY:
            for section in self.document.findall(nodes.section):
                section["ids"].sort(key=lambda name: not name.startswith(PREFIX))


class FoldBelow(SphinxPostTransform):
    """Moves the code of each figure below it, folded, and puts the line that embeds it there."""

    default_priority = 950  # when all outputs are chosen
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Look at every section with a figure's name."""
        if self.env.docname != GALLERY:
            return
        for section in self.document.findall(nodes.section):
            if section["ids"][0].startswith(PREFIX):
                self.fold(section, section["ids"][0].removeprefix(PREFIX))

    @staticmethod
    def fold(section: nodes.section, name: str) -> None:
        """Rearrange the cell of a section's figure."""
        cells = [cell for cell in section.findall(nodes.container) if "cell" in cell["classes"] and is_figure(cell)]
        if len(cells) != 1:
            logger.warning("the section of the figure %s has %d figures", name, len(cells), location=section, type="bp")
            return
        [cell] = cells
        title = next(iter(section.findall(nodes.title))).astext()
        line = LINE.format(folder=FOLDER, name=name, title=title.replace('"', "'"))
        output = [part for part in cell.children if "cell_output" in part["classes"]]
        code = [part for part in cell.children if "cell_output" not in part["classes"]]
        before = '<div class="bp-foot"><details class="bp-code"><summary>The code that makes it</summary>'
        after = "</details>" + BELOW.format(folder=FOLDER, name=name, line=html.escape(line, quote=False))
        cell[:] = [*output, nodes.raw("", before, format="html"), *code, nodes.raw("", after, format="html")]


def is_figure(cell: nodes.Element) -> bool:
    """Whether a cell shows a figure."""
    return any(FIGURE.search(node.astext()) for node in cell.findall(nodes.raw))


def figures(text: str) -> dict[str, tuple[str, str]]:
    """The figures of the gallery as it was built: their questions and their markup, by name."""
    places = [(found.start(), found[1]) for found in SECTION.finditer(text)]
    found = {}
    for (start, name), (end, _) in zip(places, [*places[1:], (len(text), "")], strict=True):
        part = text[start:end]
        if (heading := HEADING.search(part)) and (figure := FIGURE.search(part)):
            found[name] = html.unescape(re.sub(r"<[^>]*>", "", heading[1])).strip(), figure[0]
    return found


def write_pages(app, exception) -> None:
    """Write a page for each figure."""
    built = Path(app.outdir, f"{GALLERY}.html")
    if exception or app.builder.format != "html" or not built.is_file():
        return
    package, target = bp_explore.explore(app), Path(app.outdir, FOLDER)
    target.mkdir(exist_ok=True)
    for name, (title, figure) in figures(built.read_text("utf8")).items():
        script = bp_explore.classic(package.module(FIGURE.match(figure)[1]))
        (target / f"{name}.html").write_text(page(name, title, figure, script, package.stylesheet()), "utf8")


def add_script(app, pagename, templatename, context, doctree) -> None:
    """Load what copies a line, on the gallery alone."""
    if pagename == GALLERY:
        app.add_js_file("gallery.js", loading_method="defer")


def setup(app) -> dict:
    """Register."""
    app.add_transform(PutNamesFirst)
    app.add_post_transform(FoldBelow)
    app.connect("html-page-context", add_script)
    app.connect("build-finished", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
