"""What a judge or a learner said, as HTML that shows and does nothing, on pages that ask no other machine for anything.

nbconvert's own filters know no paragraphs, give no page where an attached picture is missing, and leave formulas to a
script from elsewhere.
"""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import unquote

import bleach
from jinja2 import ChoiceLoader, DictLoader, pass_context
from latex2mathml.converter import convert
from nbconvert import HTMLExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

TAGS = bleach.ALLOWED_TAGS | {
    "p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "del", "div", "pre", "span", "img",
    "table", "thead", "tbody", "tr", "th", "td",
    "math", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow", "mspace", "msqrt", "mstyle", "msub",
    "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
}  # fmt: skip
# No id: formgrader finds a score by its id, and would take a heading "7-8" in somebody's words for that of exercise 7-8.
ATTRIBUTES = ("class", "alt", "title", "display", "displaystyle", "scriptlevel", "stretchy", "mathvariant",
              "fence", "separator", "width", "height", "linethickness", "columnalign", "accent", "form")  # fmt: skip
LONGEST_FORMULA = 2000  # characters
NO_SCRIPT = {"mathjax.html.j2": "{%- macro mathjax(url='') -%}{%- endmacro -%}"}
PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,[A-Za-z0-9+/=\s]*")


def _kept(tag: str, name: str, value: str) -> bool:
    """Whether a tag keeps this attribute; a picture must be here already, so that showing it asks nobody."""
    if name == "src":
        return tag == "img" and PICTURE.fullmatch(value) is not None
    if name == "href":
        return tag == "a" and not value.strip().lower().startswith("data:")
    return name in ATTRIBUTES


def clean_html(html: object) -> str:
    """The HTML with other tags as text, and without styles and all that acts."""
    html = html.decode() if isinstance(html, bytes) else str(html)
    return bleach.clean(html, tags=TAGS, attributes=_kept, protocols=bleach.ALLOWED_PROTOCOLS | {"data"})


class Renderer(IPythonRenderer):
    """nbconvert's Markdown, with formulas as MathML, and a mark in place of a picture that is not there."""

    def inline_math(self, body: str) -> str:
        return formula(body, "inline")

    def block_math(self, body: str) -> str:
        return formula(body, "block")

    def latex_environment(self, name: str, body: str) -> str:
        return formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", "block")

    def _embed_image_or_attachment(self, src: str) -> str:
        name = src.removeprefix("attachment:")
        if name == src:
            return src
        for known in (name, unquote(name), unescape(name), unquote(unescape(name))):
            for kind, data in self.attachments.get(known, {}).items():
                return f"data:{kind};base64,{data}"
        return ""


def formula(tex: str, display: str) -> str:
    """LaTeX as MathML; as it is, where it cannot be read."""
    try:
        if len(tex) > LONGEST_FORMULA:
            raise ValueError("too long to be a formula")
        return convert(tex, display=display)
    except Exception:  # the converter's errors have no name in common, and the text is a stranger's
        return f"<code>{escape(tex)}</code>"


@pass_context
def markdown2html(context, source: str) -> str:
    """In place of nbconvert's filter: the same, harmless, and never without a page."""
    return to_html(source, context.get("cell", {}).get("attachments", {}))


def to_html(source: str, attachments: dict | None = None) -> str:
    """Markdown as HTML that shows and does nothing."""
    attachments = attachments or {}
    try:
        html = MarkdownWithMath(renderer=Renderer(escape=False, attachments=attachments)).render(source)
    except (RecursionError, ValueError):
        html = f"<pre>{escape(source)}</pre>"
    return clean_html(html)


class FeedbackExporter(HTMLExporter):
    """Pages for learners, without the script for formulas that nbconvert fetches from elsewhere."""

    def _create_environment(self):
        environment = super()._create_environment()
        environment.loader = ChoiceLoader([DictLoader(NO_SCRIPT), environment.loader])
        return environment
