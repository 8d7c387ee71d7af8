"""Makes pages light: one style sheet with the rules that can apply, and no script that holds up the first painting.

The theme brings all of Bootstrap, a rule for each of two thousand icons, and a dozen files that a browser waits for.
"""

import hashlib
import re
from pathlib import Path

import pydata_sphinx_theme
from sphinx.util import logging

logger = logging.getLogger(__name__)
THEME = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static/styles/pydata-sphinx-theme.css"
# Every style sheet of the book, in this order; a page loads them as one, which the next page has already.
SHEETS = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "togglebutton.css",
    "copybutton.css",
    "mystnb.*.css",
    "sphinx-design.min.css",
    "bp/*.css",
    "book.css",
)
SHEET = "styles.css"
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
NO_CLASS = re.compile(
    r"\[[^\]]*\]|:(?:not|is|where|has)\((?:[^()]|\([^()]*\))*\)"
)  # attributes; what may also be absent
CLASS = re.compile(r"\.(-?[A-Za-z_][\w-]*)")
URL = re.compile(r"""url\(\s*["']?(?!data:|#|[a-z]+:)([^"')]+)["']?\s*\)""")
# Scripts that belong to a kind of content, and how it shows in a page.
FOR = {
    "design-tabs.js": r'class="[^"]*\bsd-tab',
    "togglebutton.js": r'class="[^"]*\b(tag_hide|toggle|dropdown\b)',
    "copybutton.js": r'class="[^"]*\bhighlight\b',
    "clipboard.min.js": r'class="[^"]*\bhighlight\b',
}
# How the theme asks which boxes scroll, writing after each question; and the same with all questions first.
HASTY = re.compile(
    r'document\.querySelectorAll\((\[[^\]]*\]\.join\(", "\))\)\.forEach\(e=>\{e\.tabIndex=([^{}]*\?0:-1)\}\)'
)
CALM = (
    r"Array.from(document.querySelectorAll(\1)).filter(e=>e.checkVisibility()).map(e=>[e,\2])"
    r'.forEach(([e,t])=>{e.getAttribute("tabindex")!=t&&(e.tabIndex=t)})'
)
CLASSES = re.compile(r'class="([^"]*)"|<script>(.*?)</script>', re.DOTALL)


def parts(selector: str) -> list[str]:
    """The selectors of a list: at its commas, but for those in brackets."""
    return re.split(r",(?![^(\[]*[)\]])", selector)


def pruned(css: str, words: set[str]) -> str:
    """A style sheet without the rules for classes that are none of these words."""

    def can_match(selector: str) -> bool:
        return all(name in words for name in CLASS.findall(NO_CLASS.sub("", selector)))

    def kept(rule: re.Match) -> str:
        selectors = [one for one in parts(rule[1]) if can_match(one)]
        return f"{','.join(selectors)}{{{rule[2]}}}" if selectors else ""

    without = RULE.sub(kept, COMMENT.sub("", css))
    return re.sub(r"@(?:media|supports)[^{}]*\{\s*\}", "", without)


def squeezed(css: str) -> str:
    """A style sheet without the white space that only people read."""
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+|@charset[^;]*;", " ", css)).replace(";}", "}").strip()


def moved(css: str, folder: str) -> str:
    """A style sheet of a folder as it reads one folder above: the files that it names are elsewhere from there."""
    return URL.sub(lambda found: f"url({(Path(folder) / found[1]).as_posix()})", css) if folder else css


def words_of(out: Path) -> set[str]:
    """What may be the name of a class: those that pages have, and every word of a script."""
    texts = [file.read_text("utf-8") for file in (out / "_static").rglob("*.js")]
    for page in out.rglob("*.html"):
        texts += ["".join(found) for found in CLASSES.findall(page.read_text("utf-8"))]
    return set(re.findall(r"[\w-]+", "\n".join(texts)))


def sheets(static: Path) -> list[Path]:
    """The files of the book's style sheets, in their order."""
    return [file for pattern in SHEETS for file in sorted(static.glob(pattern))]


def write_sheet(app, exception) -> None:
    """Write the one style sheet, and let each page ask for this version of it; one without scripts is light, not neither."""
    if exception or app.builder.format != "html":
        return
    static, css = Path(app.outdir, "_static"), ""
    words = words_of(Path(app.outdir))
    for file in sheets(static):
        folder = file.parent.relative_to(static).as_posix().removeprefix(".")
        rules = file.read_text("utf-8")
        css += squeezed(moved(COMMENT.sub("", rules) if is_ours(file) else pruned(rules, words), folder)) + "\n"
    (static / SHEET).write_text(css, "utf-8")
    version = hashlib.sha256(css.encode()).hexdigest()[:8]
    for page in Path(app.outdir).rglob("*.html"):
        text = page.read_text("utf-8")
        asks = re.sub(rf'(_static/{re.escape(SHEET)})[^"]*"', rf'\1?v={version}"', text)
        asks = asks.replace(' data-theme="auto"', ' data-theme="light"', 1)
        if asks != text:
            page.write_text(asks, "utf-8")


def calm(app, exception) -> None:
    """Let the theme's script ask first which boxes scroll, and write then: in turns, the browser lays out the page for each.

    What is held back, and closed, it leaves alone: the browser has not laid that out at all.
    """
    if exception or app.builder.format != "html":
        return
    file = Path(app.outdir, "_static/scripts/pydata-sphinx-theme.js")
    text, times = HASTY.subn(CALM, file.read_text("utf-8"))
    file.write_text(text, "utf-8")
    if times != 1 and "Array.from(document.querySelectorAll([" not in text:
        logger.warning(
            "the theme's script is another one: bp_light.HASTY does not find what it makes faster", type="bp"
        )


def is_ours(sheet: Path) -> bool:
    """Whether we wrote a style sheet: our figures put the names of classes together, so no script has them whole."""
    return sheet.parent.name == "bp" or sheet.name == "book.css"


def is_known(sheet: str) -> bool:
    """Whether a style sheet is in the book's own."""
    return any(Path(sheet).match(pattern) for pattern in SHEETS)


def leave_out(app, pagename, templatename, context, doctree) -> None:
    """Take from a page the files for what it does not have, and let none of the others hold it up."""
    body, scripts, styles = context.get("body", ""), context.get("script_files", []), context.get("css_files", [])
    for style in styles:
        name = str(style.filename).partition("?")[0].removeprefix("_static/")
        if not is_known(name):
            logger.warning("%s: the style sheet %s is none of bp_light.SHEETS", pagename, name, type="bp")
    styles[:] = []
    app.add_css_file(SHEET)
    kept, settings = [], []
    context["bp_settings"] = settings
    for script in scripts:
        name, text = Path(str(script.filename or "")).name, script.attributes.get("body", "")
        kind = name or ("togglebutton.js" if "oggle" in text else "")  # what configures it
        # The page's name, which the theme adds for a menu of versions, is in the page's head already.
        if text.startswith("DOCUMENTATION_OPTIONS.") or (kind in FOR and not re.search(FOR[kind], body)):
            continue
        if not name:  # a script behind the style sheet would wait for it
            settings += [text] if text not in settings else []
        elif pagename == "search":  # Sphinx's search runs while its page is read
            kept.append(script)
        else:
            attributes = {**script.attributes, "defer": "defer"}
            kept.append(type(script)(script.filename, priority=script.priority, **attributes))
    scripts[:] = kept


def setup(app) -> dict:
    """Register; after everything else has been added and written."""
    app.add_js_file("furniture.js", loading_method="defer")
    app.connect("html-page-context", leave_out, priority=950)
    app.connect("build-finished", write_sheet, priority=950)
    app.connect("build-finished", calm)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
