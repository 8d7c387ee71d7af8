"""Makes the explorables of a page live: `<bp-NAME>` in its body brings NAME's script and one style sheet."""

import hashlib
import importlib
import json
import re
import sys
from pathlib import Path

from sphinx.util import logging

logger = logging.getLogger(__name__)
ELEMENT = re.compile(r"<bp-([a-z][a-z0-9]*)[\s>]")


def explore(app):
    """Our package's `explore`, from this checkout: whoever builds the book need not have installed it."""
    if app.srcdir not in map(Path, sys.path):
        sys.path.insert(0, str(app.srcdir))
    return importlib.import_module("bplib.explore")


def classic(module: str) -> str:
    """A classic script made of an ES module: browsers refuse `type=module` on pages opened from a disk.

    It runs at once, where an import would wait: the figure stands before the page is painted, and nothing moves.
    """
    inside = re.sub(r"^export (\{[^}]*\}|default \w+);\n", "", module, flags=re.M)
    inside = re.sub(r"^export (?=(async )?(function|const|class)\b)", "", inside, flags=re.M)
    inside = re.sub(r"^\s*//.*\n", "", inside, flags=re.M)  # they are for those who read the sources
    if re.search(r"^(export|import)\b", inside, re.M):
        raise ValueError(
            "an explorable's module wants exports of the form: export function, export const, export { ... }"
        )
    return f'(() => {{\n"use strict";\n{inside}define();\n}})();\n'


def assets(app) -> dict[str, str]:
    """Every file the explorables need in a page, by its name under `_static/bp`."""
    package = explore(app)
    files = {f"{name}.js": classic(package.module(name)) for name in (*package.NAMES, *package.PAGE_ONLY)}
    files |= {f"{name}.css": package.page_stylesheet(name) for name in package.PAGE_ONLY}
    return files | {"explore.css": package.stylesheet()}


def take_fingerprint(app, config) -> None:
    """Make a changed script count as a changed setting, or a rebuild would leave old pages standing."""
    digest = hashlib.sha256(json.dumps(assets(app), sort_keys=True).encode())
    for folder in (
        "_ext",
        "book/_static",
        "bplib/checking",
        "bplib/exercises",
    ):  # exercises are made from their entries
        for file in sorted(Path(app.srcdir, folder).rglob("*.*")):
            if file.is_file() and "__pycache__" not in file.parts:
                digest.update(file.read_bytes())
    config.bp_fingerprint = digest.hexdigest()


def write_assets(app) -> None:
    """Write the scripts beside the pages before Sphinx computes their checksums."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir, "_static/bp")
    target.mkdir(parents=True, exist_ok=True)
    for name, text in assets(app).items():
        (target / name).write_text(text, "utf8")


def elements(body: str) -> list[str]:
    """The explorables that stand in a page, by name."""
    return sorted(set(ELEMENT.findall(body)))


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    """Load what the page's explorables need, and nothing on a page without any."""
    names = elements(context.get("body", ""))
    for name in names:
        package = explore(app)
        if name not in (*package.NAMES, *package.PAGE_ONLY):
            logger.warning("%s: there is no explorable named %r", pagename, name, type="bp")
            continue
        app.add_js_file(f"bp/{name}.js", loading_method="defer")
    if names or 'class="bp-' in context.get("body", ""):  # the tables of traces share the figures' colours
        app.add_css_file("bp/explore.css")
    for name in set(names).intersection(explore(app).PAGE_ONLY):
        app.add_css_file(f"bp/{name}.css")


def setup(app) -> dict:
    """Register; `bp_fingerprint` is computed, nobody sets it."""
    app.add_config_value("bp_fingerprint", "", "html")
    app.connect("config-inited", take_fingerprint)
    app.connect("builder-inited", write_assets)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
