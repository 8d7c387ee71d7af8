"""Typesets all mathematics while the book is built: no page carries or asks for a script.

KaTeX reads the TeX and writes MathML, which browsers set by themselves, in a font that is cut down to what the book uses.
"""

import hashlib
import re
import shutil
from pathlib import Path

import bp_icons
import bp_mathml
import bp_node
from docutils import nodes
from sphinx.errors import ExtensionError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number

HERE = Path(__file__).parent
PACKAGES = ("katex", "@fontsource/stix-two-math")
FONT = "node_modules/@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2"
FONT_LICENSE = "node_modules/@fontsource/stix-two-math/LICENSE"
FONT_FILE = "mathematics.woff2"
Formula = tuple[str, bool]  # TeX, and whether it stands on a line of its own
# LaTeX's numbered environments in the form that leaves numbers to Sphinx, whose references count.
UNNUMBERED = {"align": "aligned", "alignat": "alignedat", "equation": "aligned", "gather": "gathered"}


def formula(node: nodes.Element) -> Formula:
    """What KaTeX is to typeset for a node; several lines need an environment, as LaTeX would demand."""
    tex, display = node.astext().strip(), isinstance(node, nodes.math_block)
    tex = re.sub(
        r"\\(begin|end)\{(align|alignat|equation|gather)\*?\}",
        lambda found: rf"\{found[1]}{{{UNNUMBERED[found[2]]}}}",
        tex,
    )
    if display and r"\\" in tex and not tex.startswith(r"\begin"):
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return tex, display


def is_unshown(node: nodes.Node | None) -> bool:
    """Whether a formula is a cell's spare LaTeX output, which a page never shows when there is HTML."""
    while node is not None:
        if isinstance(node, nodes.Element) and node.get("mime_type") == "text/latex":
            return True
        node = node.parent
    return False


def collect(app, doctree) -> None:
    """Note the formulas of a document as it is read, for one call of Node at the end."""
    found = [n for kind in (nodes.math, nodes.math_block) for n in doctree.findall(kind)]
    formulas_of(app.env)[app.env.docname] = [formula(n) for n in found if not is_unshown(n)]


def formulas_of(env) -> dict[str, list[Formula]]:
    """The formulas of every document; kept in Sphinx's environment, so that a small change stays small."""
    if not hasattr(env, "bp_formulas"):
        env.bp_formulas = {}
    return env.bp_formulas


def forget(app, env, docname) -> None:
    """Drop what a changed or removed document once held."""
    formulas_of(env).pop(docname, None)


def merge(app, env, docnames, other) -> None:
    """Take over what a parallel reader found."""
    found = formulas_of(other)
    formulas_of(env).update({name: found[name] for name in docnames if name in found})


def typeset(root: Path, wanted: list[Formula]) -> dict[Formula, dict]:
    """Typeset formulas in one Node process: `{"html": ...}` or `{"error": ...}` for each."""
    if not wanted:
        return {}
    bundle = root / "node_modules" / "katex" / "dist" / "katex.mjs"
    made = bp_node.run(HERE / "katex.mjs", wanted, str(bundle))
    light = [{"html": bp_mathml.light(one["html"])} if "html" in one else one for one in made]
    return dict(zip(wanted, light, strict=True))


def maker(root: Path) -> str:
    """A mark of what turns TeX into markup: where it is another, formulas are typeset anew."""
    texts = [(HERE / name).read_text("utf8") for name in ("katex.mjs", "bp_mathml.py")]
    return hashlib.sha256("".join([bp_node.installed_version(root, "katex"), *texts]).encode()).hexdigest()


def complaints(formulas: dict[str, list[Formula]], results: dict[Formula, dict]) -> list[str]:
    """One line for each formula that KaTeX refuses, with the document it stands in."""
    return [
        f"{docname}: {results[entry]['error']}\n    in the formula: {entry[0]}"
        for docname, entries in sorted(formulas.items())
        for entry in dict.fromkeys(entries)
        if "error" in results[entry]
    ]


def typeset_book(app, env) -> None:
    """Typeset the formulas that are new since the last build, or say where those are that cannot be."""
    if app.builder.format != "html":
        return
    root, wanted = Path(app.srcdir), formulas_of(env)
    version = maker(root)
    known = env.bp_typeset if getattr(env, "bp_katex", None) == version else {}
    everything = {entry for found in wanted.values() for entry in found}
    results = known | typeset(root, sorted(everything - known.keys()))
    if wrong := complaints(wanted, results):
        raise ExtensionError("KaTeX cannot typeset some formulas:\n" + "\n".join(wrong))
    env.bp_katex, env.bp_typeset = version, {entry: results[entry] for entry in everything}


def html_of(writer, node) -> str:
    """The markup of one formula; one that arose after reading (rare) is typeset on its own."""
    builder, wanted = writer.builder, formula(node)
    results = builder.env.bp_typeset
    if wanted not in results:
        results |= typeset(Path(builder.srcdir), [wanted])
        if wrong := complaints({builder.current_docname: [wanted]}, results):
            raise ExtensionError("KaTeX cannot typeset a formula:\n" + wrong[0])
    return results[wanted]["html"]


class KeepPunctuation(SphinxPostTransform):
    """Ties the mark behind a formula to it: browsers would let a line begin with the full stop."""

    default_priority = 900
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Move a leading punctuation mark from the text behind a formula into the formula's node."""
        for node in list(self.document.findall(nodes.math)):
            behind = node.next_node(descend=False, siblings=True)
            if isinstance(behind, nodes.Text) and behind[:1] in tuple(".,;:?!)"):
                siblings = behind.parent
                # By identity: docutils' own `replace` looks for an equal text, and a full stop is equal to any other.
                at = next(i for i, child in enumerate(siblings) if child is behind)
                node["mark"], siblings[at] = behind[:1], nodes.Text(behind[1:])


def tied(formula: str, mark: str) -> str:
    """A formula in its line of text, with the mark behind it."""
    return f'<span class="math">{formula}{mark}</span>' if mark else formula


def visit_inline(writer, node) -> None:
    """Write a formula into its line of text."""
    writer.body.append(tied(html_of(writer, node), node.get("mark", "")))
    raise nodes.SkipNode


def visit_display(writer, node) -> None:
    """Write a formula on a line of its own, in a box that scrolls by itself when the screen is narrow."""
    # The theme's script gives this class a tab stop whenever its content is wider than the box.
    writer.body.append(writer.starttag(node, "div", CLASS="math"))
    writer.body.append('<div class="pst-scrollable-table-container">' + html_of(writer, node) + "</div>")
    if node["number"]:
        writer.body.append(f'<span class="eqno">({get_node_equation_number(writer, node)})')
        writer.add_permalink_ref(node, "Link to this equation")
        writer.body.append("</span>")
    writer.body.append("</div>\n")
    raise nodes.SkipNode


def write_font(app, exception) -> None:
    """Write the font for mathematics with the characters that the book's formulas have, and no others."""
    if exception or app.builder.format != "html":
        return
    root, out = Path(app.srcdir), Path(app.outdir)
    texts = [file.read_text("utf8") for file in [*out.rglob("*.html"), *(out / "_static/bp").rglob("*.js")]]
    target = out / "_static" / FONT_FILE
    shutil.copyfile(root / FONT_LICENSE, target.with_suffix(".license.txt"))
    bp_icons.write_subset(root / FONT, target, bp_mathml.characters("".join(texts)), ("ssty",))


def have_parts(app) -> None:
    """Fetch what typesets before anything is typeset."""
    for package in PACKAGES:
        bp_node.ensure_installed(Path(app.srcdir), package)


def setup(app) -> dict:
    """Register the renderer under the name that `html_math_renderer` asks for."""
    app.add_html_math_renderer("katex", (visit_inline, None), (visit_display, None))
    app.add_post_transform(KeepPunctuation)
    app.connect("builder-inited", have_parts)
    app.connect("doctree-read", collect)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("env-updated", typeset_book)
    app.connect("build-finished", write_font, priority=960)  # when all that has formulas is written
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
