"""Makes the exercises of a page answerable there: below each prompt comes an element, made from its entry.

What judges the answers of a page (the kits) is a script of its own, and so are the fresh numbers of an exercise (its
pool): `exercise.js` fetches them when they are first needed, which works from a disk too. So a page carries the shape
of its fields alone. What a program answers stays in the notebook, and the page says so.
"""

import importlib
import json
import re
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

import bp_bundle
import bp_explore
from bp_markdown import Markdown
from bp_pools import texts_in, write_pools
from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.osutil import relative_uri

SEE = re.compile(r"chapter (\d+), \*([^*]+)\*")
SHOWS = re.compile(r"^bp\.(?:exercise|more_practice)\((\"[^)]*)\)", re.M)
FOLDER = "_static/bp"
DRILLED = ("04", "05", "07", "08")  # chapters whose exercises come with fresh numbers
HERE = (
    "You can answer right here: type your result below an exercise, and press *Check*. A first wrong answer brings a "
    "hint, and later ones say more. Nothing you type leaves this browser."
)
NO_SCRIPT = "This page can check your answers only where scripts are allowed. The exercise notebook can do it, too."
ELSEWHERE = "The answer to this one is %s, so it stays in the notebook: "
WHAT = {
    "Functions": "a program",
    "Classes": "a class",
    "Repair": "a program",
    "Witness": "data for a program to run on",
}


def checking(app):
    """Our package's `checking`, from this checkout."""
    bp_explore.explore(app)
    return importlib.import_module("bplib.checking")


def is_chapter(docname: str) -> bool:
    """Whether exercises are answered on this page: on chapters, and not where they are solved."""
    return docname.startswith("book/")


def shown(app, doctree, docname: str) -> Iterator[tuple[nodes.Element, list[str]]]:
    """The cells of a page that show exercises, with the ids of these."""
    path = Path(app.env.doc2path(docname))
    if path.suffix != ".ipynb" or not is_chapter(docname):
        return
    cells = json.loads(path.read_text("utf8"))["cells"]
    for node in doctree.findall(nodes.container):
        if node.get("nb_element") == "cell_code" and "remove-input" in node["cell_metadata"].get("tags", ()):
            called = SHOWS.search("".join(cells[node["cell_index"]]["source"]))
            if called:
                yield node, re.findall(r'"([\w.]+)"', called[1])


def ends(cell: nodes.Element) -> list[tuple[nodes.Element, int]]:
    """Where the prompts of a cell end: a parent, and the place in it. Folded ones end at their </details>."""
    [text] = [part for part in cell.findall(nodes.container) if part.get("mime_type") == "text/markdown"]
    folds = [(text, i) for i, part in enumerate(text) if isinstance(part, nodes.raw) and "</details>" in part.astext()]
    return folds or [(text, len(text))]


def fields_of(entry) -> dict:
    """What the page has to know of an entry to draw its fields."""
    kind = type(entry).__name__
    kit = entry.kit() if hasattr(entry, "kit") else {"kind": kind}
    outputs = kit.get("outputs", [])
    if kit["kind"] in ("Arrays", "Shapes"):
        shapes = {name: want[0] if kit["kind"] == "Arrays" else [] for name, want in kit["want"].items()}
        outputs = [[name, list(shapes[name])] for name in kit["want"]]
    return {"id": entry.id, "kind": kit["kind"], "points": entry.points, **({"outputs": outputs} if outputs else {})}


def answered_here(entry) -> bool:
    """Whether a page can take the answer: data, or words that the reader compares."""
    return hasattr(entry, "kit") or type(entry).__name__ == "ByPerson"


def folder_of(docname: str) -> str:
    """The folder of a chapter's exercises and solutions."""
    return Path(docname).name


def is_drilled(docname: str, entry) -> bool:
    """Whether there are fresh numbers for an exercise of this page."""
    return hasattr(entry, "kit") and folder_of(docname)[:2] in DRILLED


def element(entry, docname: str) -> str:
    """The element in which the reader answers."""
    name = folder_of(docname)
    page = relative_uri(f"{docname}.html", f"solutions/{name}/{name}.html")
    at = f"{page}#exercise-{entry.id.replace('.', '-')}"
    more = {"drill": True} if is_drilled(docname, entry) else {}
    data = {**fields_of(entry), "kits": name, "solution": at, **more}
    text = escape(json.dumps(data, ensure_ascii=False, separators=(",", ":")), quote=False).replace("'", "&#x27;")
    return f"<bp-exercise data-memory=\"exercise/{entry.id}\" data='{text}'></bp-exercise>"


class AddElements(SphinxPostTransform):
    """Puts the elements in, and above the first that takes an answer how they are used."""

    default_priority = 3  # before one of the forms of an output is chosen
    formats = ("html",)

    def run(self, **kwargs) -> None:
        """Look at every cell that shows exercises."""
        docname = self.env.docname
        entries = checking(self.app).EXERCISES
        found = list(shown(self.app, self.document, docname))
        for cell, ids in found:
            for id, (parent, place) in reversed(list(zip(ids, ends(cell), strict=True))):
                entry = entries[id]
                raw = nodes.raw("", element(entry, docname), format="html")
                parent.insert(place, raw if answered_here(entry) else self.elsewhere(type(entry).__name__))
        first = next((cell for cell, ids in found if any(answered_here(entries[id]) for id in ids)), None)
        if first:
            first.parent.insert(first.parent.index(first), self.introduction())

    def bundle(self) -> nodes.reference:
        """A link to the zip with the exercise notebook."""
        name = folder_of(self.env.docname)
        zipped = bp_bundle.bundle_name(f"exercises/{name}/{name}.ipynb")
        uri = relative_uri(f"{self.env.docname}.html", f"{bp_bundle.FOLDER}/{zipped}.zip")
        return nodes.reference("", "zip with all it needs", internal=True, refuri=uri)

    def elsewhere(self, kind: str) -> nodes.paragraph:
        """One line that leads to the notebook."""
        words = nodes.Text(ELSEWHERE % WHAT[kind])
        return nodes.paragraph("", "", words, self.bundle(), nodes.Text(". It runs offline."), classes=["bp-elsewhere"])

    def introduction(self) -> nodes.container:
        """What the page can do with an answer."""
        before, check, after = re.split(r"\*(\w+)\*", HERE)
        said = nodes.paragraph("", "", nodes.Text(before), nodes.emphasis("", check), nodes.Text(after))
        no_script = nodes.raw("", f"<noscript><p>{NO_SCRIPT}</p></noscript>", format="html")
        return nodes.container("", said, no_script, classes=["bp-answer-here"])


# ---------- the scripts with what judges ----------


def note(app, doctree) -> None:
    """Keep which exercises a page shows."""
    docname = app.env.docname
    ids = [id for _, ids in shown(app, doctree, docname) for id in ids]
    ids_of(app.env)[docname] = ids


def ids_of(env) -> dict[str, list[str]]:
    """The exercises of every page that shows some."""
    if not hasattr(env, "bp_exercises"):
        env.bp_exercises = {}
    return env.bp_exercises


def forget(app, env, docname) -> None:
    """Drop what a changed or removed page showed."""
    ids_of(env).pop(docname, None)


def merge(app, env, docnames, other) -> None:
    """Take over what a parallel reader found."""
    ids_of(env).update({name: ids for name, ids in ids_of(other).items() if name in docnames})


def script(path: str, data: dict) -> str:
    """A classic script that puts data down under a name: a page on a disk may not fetch anything else."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"(globalThis.bpData ??= {{}})[{json.dumps(path)}] = {text};\n"


def with_links(app, pool: dict) -> dict:
    """A pool, whose words lead to the sections that they name."""
    return {**pool, "math": pool["math"] | links(app, pool["say"])}


def model_answer(root: Path, entry, name: str) -> str:
    """The words that the solutions have for an answer in words."""
    cells = json.loads((root / f"solutions/{name}/{name}.ipynb").read_text("utf8"))["cells"]
    wanted = entry.id.replace(".", "-")
    [cell] = [cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == wanted]
    return re.sub(r"\n*\*\*Rubric\.\*\*.*", "", "".join(cell["source"]), flags=re.S)


def in_words(root: Path, entry, name: str, markdown: Markdown) -> dict:
    """What an answer in words is compared with."""
    rubric = [re.fullmatch(r"(?:(\d+) points?: )?(.*)", item, re.S) for item in entry.rubric]
    [model] = markdown.render([model_answer(root, entry, name)])
    words = markdown.inline([item[2] for item in rubric])
    rows = [[int(item[1] or 0), text] for item, text in zip(rubric, words, strict=True)]
    return {"kind": "ByPerson", "id": entry.id, "rubric": rows, "model": model}


def links(app, texts: Iterable[str]) -> dict[str, str]:
    """Where "See chapter 7, *Why*." leads, as HTML by "*Why*", seen from any page of the book's chapters."""
    found = {}
    for number, heading in sorted({pair for text in texts for pair in SEE.findall(text)}):
        page = next((name for name in app.env.found_docs if name.startswith(f"book/{int(number):02d}_")), None)
        if page:
            href = f"{folder_of(page)}.html#{nodes.make_id(heading)}"
            found[f"*{heading}*"] = f'<a href="{href}"><em>{escape(heading)}</em></a>'
    return found


def kits(app, docname: str, ids: Iterable[str], markdown: Markdown) -> dict:
    """All that judges the answers on a page: what `bplib.checking.kits.pool` gives, and the formulas in its words."""
    entries = checking(app).EXERCISES
    pool = importlib.import_module("bplib.checking.kits").pool
    made = pool([(id, "book") for id in ids if hasattr(entries[id], "kit")])
    made["math"] = markdown.formulas_in(texts_in(made)) | links(app, texts_in(made))
    words = [entries[id] for id in ids if type(entries[id]).__name__ == "ByPerson"]
    made["kits"] += [in_words(Path(app.srcdir), entry, folder_of(docname), markdown) for entry in words]
    return made


def write_scripts(app, exception) -> None:
    """Write the scripts that pages fetch when they need them."""
    if exception or app.builder.format != "html":
        return
    markdown = Markdown(Path(app.srcdir))
    folder = Path(app.outdir, FOLDER)
    (folder / "kits").mkdir(parents=True, exist_ok=True)
    for docname, ids in ids_of(app.env).items():
        if ids:
            path = f"kits/{folder_of(docname)}"
            (folder / f"{path}.js").write_text(script(path, kits(app, docname, ids, markdown)), "utf8")
    entries = checking(app).EXERCISES
    drilled = [id for docname, ids in ids_of(app.env).items() for id in ids if is_drilled(docname, entries[id])]
    write_pools(app, drilled, markdown, lambda path, pool: script(path, with_links(app, pool)))


def setup(app) -> dict:
    """Register."""
    app.add_post_transform(AddElements)
    app.connect("doctree-read", note)
    app.connect("env-purge-doc", forget)
    app.connect("env-merge-info", merge)
    app.connect("build-finished", write_scripts)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
