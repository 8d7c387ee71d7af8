"""What the pages remember of their reader, and what they hold back until the reader has guessed.

The scripts that do it are in `book/_static`, and every page loads them before its figures. Where a page must not move
when they come, its place is made here: the field below a Predict box, the line that leads back to the last place.
"""

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

SCRIPTS = ("memory.js", "predict.js", "progress.js")  # in this order
EARLY = 300  # Sphinx's own scripts have 200, figures 500
MEMORY_PAGE = "book/memory"
ASKS = ("<bp-quiz", "<bp-exercise", '"fill":true')  # an output in which the reader answers gives nothing away

GUESS = """<div class="bp-guess" data-place="{place}">
<label class="bp-guess-entry"><span>Your guess</span><textarea rows="2" autocomplete="off"></textarea></label>
<div class="bp-guessed" hidden></div>
<div class="bp-guess-bar">
<button type="button" aria-expanded="false" aria-controls="{regions}">Show the answer</button>
<label><input type="checkbox" /> <span>Always show</span></label>
</div>
</div>"""
NOTE = '<div class="bp-held-note bp-held-note-{place}">The output is held back until you press <em>Show the answer</em>.</div>'
WAY_BACK = (
    '<div class="bp-way-back" hidden></div>\n<script>bpWayBack(document.currentScript.previousElementSibling)</script>'
)


def raw(text: str) -> nodes.raw:
    """Markup as a node; in blocks that are no prose, so that no search quotes it."""
    return nodes.raw("", text, format="html")


def is_predict(node: nodes.Node) -> bool:
    """Whether a node is a box that begins with **Predict.**"""
    strong = next(iter(node.findall(nodes.strong)), None) if isinstance(node, nodes.block_quote) else None
    return strong is not None and node.astext().startswith("Predict.") and strong.astext() == "Predict."


def part(cell: nodes.Node, name: str) -> nodes.Element | None:
    """The input or the output of a cell."""
    return next((child for child in cell.children if name in child.get("classes", ())), None)


def asks(output: nodes.Element) -> bool:
    """Whether the reader answers in this output."""
    return any(mark in node.astext() for node in output.findall(nodes.raw) for mark in ASKS)


def is_prose(node: nodes.Node) -> bool:
    """Whether a node is a paragraph, and no caption: those are set in italics."""
    return isinstance(node, nodes.paragraph) and not all(isinstance(child, nodes.emphasis) for child in node.children)


def following(quote: nodes.Element) -> list[nodes.Element]:
    """What stands below a box: its later siblings, or what is in the section that begins right there."""
    node, after = quote, []
    while not after and node.parent is not None:  # the box may be the last word of its section
        siblings = node.parent.children
        after = siblings[next(i for i, other in enumerate(siblings) if other is node) + 1 :]
        node = node.parent
    return after[0].children[1:] if after and isinstance(after[0], nodes.section) else after


def held_back(quote: nodes.Element) -> list[list[nodes.Element]]:
    """What answers a Predict box, as runs of neighbours: all but code, to the first paragraph after the next outputs.

    A heading or another Predict box ends it earlier, but for a heading right below the box. Nothing, if the next output
    is one in which the reader answers.
    """
    runs: list[list[nodes.Element]] = [[]]
    told = False  # whether an output has been met
    for node in following(quote):
        if isinstance(node, nodes.section) or is_predict(node):
            break
        if "cell" not in node.get("classes", ()):
            runs[-1].append(node)
            if told and is_prose(node):
                break
            continue
        output = part(node, "cell_output")
        if output is not None and not told and asks(output):
            return []
        told = told or output is not None
        if len(node.children) == 1 and output is not None:
            runs[-1].append(node)
        else:
            runs += [[output], []] if output is not None else [[]]
    return [run for run in runs if run]


class HoldBack(SphinxPostTransform):
    """Puts a field for a guess into each Predict box, and what answers it into regions that a script can close."""

    default_priority = 950  # when all outputs are chosen, and nothing looks at neighbours any more
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Look at every box of a page of the book."""
        boxes = [node for node in self.document.findall(nodes.block_quote) if is_predict(node)]
        for place, quote in enumerate(boxes, 1):
            runs = held_back(quote)
            names = [f"bp-held-{place}-{k}" for k in range(1, len(runs) + 1)]
            for name, run in zip(names, runs, strict=True):
                self.wrap(name, place, run)
            if names:
                quote += raw(GUESS.format(place=place, regions=" ".join(names)))

    @staticmethod
    def wrap(name: str, place: int, run: list[nodes.Element]) -> None:
        """Put neighbours into a region of their own; in the place of an output below its code, a line says so."""
        parent = run[0].parent
        at = next(i for i, node in enumerate(parent.children) if node is run[0])
        region = nodes.container(ids=[name], classes=["bp-held", f"bp-held-{place}"])
        alone = "cell_output" in run[0].get("classes", ())
        parent[at : at + len(run)] = [*([raw(NOTE.format(place=place))] if alone else []), region]
        region.extend(run)


class LeadBack(SphinxPostTransform):
    """Puts a line on the start page that leads to where the reader was last."""

    default_priority = 950
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Put it below the first paragraph."""
        if self.env.docname != self.config.root_doc:
            return
        paragraph = next(iter(self.document.findall(nodes.paragraph)))
        paragraph.parent.insert(paragraph.parent.index(paragraph) + 1, raw(WAY_BACK))


def add_scripts(app, pagename, templatename, context, doctree) -> None:
    """Load what manages the memory on its own page alone."""
    if pagename == MEMORY_PAGE:
        app.add_js_file("memory_page.js", loading_method="defer", priority=EARLY)


def setup(app) -> dict:
    """Register all of it."""
    for name in SCRIPTS:
        app.add_js_file(name, loading_method="defer", priority=EARLY)
    app.add_post_transform(HoldBack)
    app.add_post_transform(LeadBack)
    app.connect("html-page-context", add_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
