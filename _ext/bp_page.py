"""What every page needs and the theme leaves out: a description, real alt text, and a light, valid frame."""

import html
import re
from pathlib import Path

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

logger = logging.getLogger(__name__)
LONGEST_DESCRIPTION = 160  # what search engines show
FILE_NAME = re.compile(r"[\w./\\-]+\.(png|svg|jpe?g|gif|webp)")

INDEX = """<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta http-equiv="refresh" content="0; url={target}" />
    <meta name="description" content="{title}: the front page of the book." />
    <meta name="color-scheme" content="light dark" />
    <title>{title}</title>
  </head>
  <body>
    <main>
      <h1>{title}</h1>
      <p><a href="{target}">Open the book</a></p>
    </main>
  </body>
</html>
"""


def shortened(text: str, longest: int = LONGEST_DESCRIPTION) -> str:
    """Text cut at a word to the length that search engines show."""
    words = " ".join(text.split())
    if len(words) <= longest:
        return words
    return words[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


def first_paragraph(doctree: nodes.document) -> str:
    """The first words a reader meets: a page's natural description."""
    for paragraph in doctree.findall(nodes.paragraph):
        if text := paragraph.astext().strip():
            return text
    return ""


def describe(app, pagename, templatename, context, doctree) -> None:
    """Give each page a meta description: the front matter's own, or else its first paragraph."""
    metatags = context.get("metatags", "")
    if 'name="description"' in metatags:
        return
    plain_title = re.sub(r"<[^>]*>", "", context.get("title") or "Page")
    text = first_paragraph(doctree) if doctree else ""
    text = shortened(text or f"{html.unescape(plain_title)}: a page of {app.config.html_title}.")
    context["metatags"] = f'{metatags}\n<meta name="description" content="{html.escape(text)}" />'


def fix_accessibility(app, pagename, templatename, context, doctree) -> None:
    """Replace the few pieces of markup by which the writers below us shut out screen readers."""
    body = context.get("body", "")
    body = body.replace('role="doc-biblioentry"', 'role="listitem"')  # deprecated, and no child of a list
    body = body.replace('<th class="head"><p></p></th>', "<td></td>")  # the empty corner of a table heads nothing
    body = body.replace('<summary aria-label="Toggle hidden content">', "<summary>")  # its own words are read aloud
    body = re.sub(
        r'<input class="task-list-item-checkbox"( checked="checked")?',
        lambda box: f'{box[0]} aria-label="{"done" if box[1] else "to do"}"',
        body,
    )
    if "body" in context:
        context["body"] = body


class NeedsAltText(SphinxPostTransform):
    """Warns of pictures without words: Sphinx would put the file's name, which helps nobody."""

    default_priority = 900  # after myst-nb has chosen among a cell's outputs

    def run(self, **kwargs) -> None:
        """Look at every picture of the page."""
        for image in self.document.findall(nodes.image):
            alt = image.get("alt", "").strip()
            if not alt or alt == image.get("uri") or FILE_NAME.fullmatch(alt):
                logger.warning(
                    "a figure has no alt text (%s): say what it shows, in the cell's `mystnb: image: alt:` "
                    "or the directive's `:alt:`",
                    image.get("uri", "?"),
                    location=image,
                    type="bp",
                    subtype="alt",
                )


def write_front_door(app, exception) -> None:
    """Write `_build/html/index.html` with a title, a language and a link; the stock redirect has none."""
    if exception or app.builder.name != "html":
        return
    target = app.builder.get_target_uri(app.config.root_doc)
    text = INDEX.format(target=html.escape(target), title=html.escape(app.config.html_title))
    Path(app.outdir, "index.html").write_text(text, "utf8")


def drop_dead_weight(app, exception) -> None:
    """Remove what no page loads: the theme's source maps and templates, Bootstrap, and second copies of its icons (6 MB)."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    for pattern in ("*.map", "*webpack-macros.html", "fontawesome.js*", "bootstrap.js*", "fa-*.ttf"):
        for file in static.rglob(pattern):
            file.unlink()


def setup(app) -> dict:
    """Register all of it."""
    # Jupyter Book sets this for an extension that we leave out; unknown, it would be a warning.
    app.add_config_value("comments_config", {}, "html")
    app.add_post_transform(NeedsAltText)
    app.connect("html-page-context", describe)
    app.connect("html-page-context", fix_accessibility)
    # Before sphinx-external-toc, which writes its redirect only where there is no file.
    app.connect("build-finished", write_front_door, priority=100)
    app.connect("build-finished", drop_dead_weight)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
