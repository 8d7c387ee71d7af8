"""Leaves out what no page uses: rules of the theme's style sheet, and files that a page loads for nothing.

The theme brings all of Bootstrap and a rule for each of two thousand icons, which was a quarter of a chapter's weight.
"""

import re
from pathlib import Path

import pydata_sphinx_theme

THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static/styles/pydata-sphinx-theme.css"
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
NO_CLASS = re.compile(
    r"\[[^\]]*\]|:(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)"
)  # attributes; what may also be absent
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
MADE = (
    "bs-",
    "fade",
    "show",
    "collaps",
    "modal",
    "offcanvas",
    "tooltip",
)  # classes that Bootstrap's scripts put together
# Files that belong to a kind of content, and how it shows in a page.
FOR = {
    "sphinx-design.min.css": r'class="[^"]*\bsd-',
    "design-tabs.js": r'class="[^"]*\bsd-',
    "togglebutton.css": r'class="[^"]*\b(tag_hide|toggle|dropdown\b)',
    "togglebutton.js": r'class="[^"]*\b(tag_hide|toggle|dropdown\b)',
    "copybutton.css": r'class="[^"]*\bhighlight\b',
    "copybutton.js": r'class="[^"]*\bhighlight\b',
    "clipboard.min.js": r'class="[^"]*\bhighlight\b',
}


def parts(selector: str) -> list[str]:
    """The selectors of a list: at its commas, but for those in brackets."""
    return re.split(r",(?![^(\[]*[)\]])", selector)


def pruned(css: str, words: set[str]) -> str:
    """A style sheet without the rules for classes that are none of these words."""

    def can_match(selector: str) -> bool:
        return all(name in words or name.startswith(MADE) for name in CLASS.findall(NO_CLASS.sub("", selector)))

    def kept(rule: re.Match) -> str:
        selectors = [one for one in parts(rule[1]) if can_match(one)]
        return f"{','.join(selectors)}{{{rule[2]}}}" if selectors else ""

    return RULE.sub(kept, COMMENT.sub("", css))


def prune(app, exception) -> None:
    """Write the smaller style sheet over the copy that Sphinx made, always from the theme's own."""
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    words: set[str] = set()
    for file in [*out.rglob("*.html"), *(out / "_static").rglob("*.js")]:
        words.update(re.findall(r"[\w-]+", file.read_text("utf-8")))
    (out / "_static/styles" / THEME.name).write_text(pruned(THEME.read_text("utf-8"), words), "utf-8")


def leave_out(app, pagename, templatename, context, doctree) -> None:
    """Take from a page the files for what it does not have."""
    body = context.get("body", "")
    for files in (context.get("script_files", []), context.get("css_files", [])):
        for file in list(files):
            name = Path(str(getattr(file, "filename", file) or "")).name
            if name in FOR and not re.search(FOR[name], body):
                files.remove(file)


def setup(app) -> dict:
    """Register; after everything else has been added and written."""
    app.connect("html-page-context", leave_out, priority=950)
    app.connect("build-finished", prune, priority=950)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
