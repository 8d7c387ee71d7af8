"""Cuts the theme's icon fonts down to the icons that the book uses: 1 KB an icon instead of 300 KB for all of them."""

import logging
import re
from pathlib import Path

import pydata_sphinx_theme
from fontTools import subset

logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells each step of each font

RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
NAMES = re.compile(r"\.(fa-[\w-]+)::?before")
POINT = re.compile(r'"\\([0-9a-f]{2,6})"')
FONTS = Path(pydata_sphinx_theme.__file__).parent / "theme/pydata_sphinx_theme/static/vendor/fontawesome/webfonts"


def icons(css: str, texts: str) -> set[int]:
    """The code points that are used: of names that stand in pages or scripts, and of rules that are about something else."""
    seen = set(re.findall(r"\bfa-[\w-]+", texts))
    used = set()
    for selector, body in RULE.findall(css):
        points = {int(point, 16) for point in POINT.findall(body)}
        names = NAMES.findall(selector)
        if points and (not names or not seen.isdisjoint(names)):
            used |= points
    return used


def write_subset(source: Path, target: Path, points: set[int], features: tuple[str, ...] = ()) -> None:
    """Write a font with nothing but some characters, what stands in for them, and these of its features."""
    options = subset.Options(flavor="woff2", layout_features=list(features), notdef_outline=True, hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=points)
    with subset.load_font(source, subset.Options()) as font:
        cutter.subset(font)
        subset.save_font(font, target, options)


def cut(app, exception) -> None:
    """Write the smaller fonts over the copies that Sphinx made, always from the theme's own."""
    if exception or app.builder.format != "html":
        return
    static = Path(app.outdir, "_static")
    css = "".join(file.read_text("utf-8") for file in static.rglob("*.css"))
    pages = (file.read_text("utf-8") for file in Path(app.outdir).rglob("*.html"))
    scripts = (file.read_text("utf-8") for file in (static / "scripts").glob("*.js"))
    used = icons(css, "".join([*pages, *scripts]))
    for target in (static / "vendor/fontawesome/webfonts").glob("*.woff2"):
        write_subset(FONTS / target.name, target, used)


def setup(app) -> dict:
    """Register; after everything else has been written."""
    app.connect("build-finished", cut, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
