"""A zip beside every notebook that a page offers: the notebook and the package that it imports, to run anywhere, offline."""

import json
import zipfile
from functools import cache
from pathlib import Path

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util.osutil import relative_uri

FOLDER = "_downloads/bundles"
NOTE = "where-bplib-is"  # the id of the cell that we add
MIDNIGHT = (1980, 1, 1, 0, 0, 0)  # the same files give the same bytes, whenever the book is built

WHERE = """\
**If `import bplib` fails:** this notebook needs the folder `bplib` beside it. Both are in `{name}.zip`, next to this
notebook on its page; nothing has to be installed from it. (`pip install bplib` would bring a stranger's package.)"""

README = """\
The Backward Pass: {notebook}, and the package that it imports.

Keep the notebook in this folder, beside the folder bplib. It needs Python 3.11 or later with Jupyter, NumPy 2 and
Matplotlib. Nothing else has to be installed, and nothing is fetched from the network.

JupyterLab   Start it in this folder (jupyter lab), and open the notebook.
VS Code      File, Open Folder: this folder. Then open the notebook.
Colab        Upload the notebook. Put the zip into the file browser on the left, and run this in a cell at the top:
                 !unzip -q {name}.zip
                 %cd {name}

If `import bplib` fails, the notebook has been moved away from the folder bplib: move it back, or copy the folder to it.
Do not type `pip install bplib`: the package of that name on PyPI is a stranger's.

With anywidget installed, moving a slider of a figure also changes the figure's values in Python.
Code is under the MIT licence (LICENSE), text and figures under CC BY 4.0.
"""


def bundle_name(notebook: str) -> str:
    """The name of a notebook's zip, from its path: a chapter, its exercises and their solutions are called alike."""
    place, stem = Path(notebook).parts[0], Path(notebook).stem
    return stem if place == "book" else f"{stem}_{place}"


def with_note(notebook: str, name: str) -> str:
    """A notebook that says, above the import of bplib, what to do when it fails."""
    content = json.loads(notebook)
    cells = content["cells"]
    imports = (i for i, cell in enumerate(cells) if cell["cell_type"] == "code" and "bplib" in "".join(cell["source"]))
    first = next(imports, None)
    if first is None or any(cell.get("id") == NOTE for cell in cells):
        return notebook
    note = {"cell_type": "markdown", "id": NOTE, "metadata": {}, "source": WHERE.format(name=name)}
    cells.insert(first, note)
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


@cache
def package(root: Path) -> dict[str, bytes]:
    """The files of bplib, by their paths: what git would take, so no caches."""
    files = (file for file in sorted((root / "bplib").rglob("*")) if file.is_file())
    kept = (file for file in files if not {"__pycache__", ".ipynb_checkpoints"} & set(file.parts))
    return {file.relative_to(root).as_posix(): file.read_bytes() for file in kept}


def write_bundle(root: Path, notebook: str, target: Path, also: tuple[str, ...] = ()) -> None:
    """Write one zip, all in a folder of its own: chapters and exercises have notebooks of the same name.

    also   patterns of files that the notebook reads from its own folder
    """
    name, file = bundle_name(notebook), root / notebook
    content = {
        "README.txt": README.format(notebook=file.name, name=name).encode(),
        file.name: with_note(file.read_text("utf8"), name).encode(),
        "LICENSE": (root / "LICENSE").read_bytes(),
    }
    content |= {other.name: other.read_bytes() for pattern in also for other in sorted(root.glob(pattern))}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in (content | package(root)).items():
            entry = zipfile.ZipInfo(f"{name}/{path}", MIDNIGHT)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, text, zipfile.ZIP_DEFLATED)


def offered(app) -> list[str]:
    """Every notebook that a page lets its reader download: the page's own, and those that its text names."""
    pages = (Path(app.env.doc2path(docname, base=False)).as_posix() for docname in app.env.found_docs)
    return sorted(path for path in {*pages, *app.env.dlfiles} if path.endswith(".ipynb"))


def write_bundles(app, exception) -> None:
    """Write the zips, and the note into the copies of notebooks that are downloaded on their own."""
    if exception or app.builder.format != "html":
        return
    out, root = Path(app.outdir), Path(app.srcdir)
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    package.cache_clear()  # a server that rebuilds must not hand out yesterday's
    for notebook in offered(app):
        also = tuple(app.config.bp_bundle_also.get(notebook, ()))
        write_bundle(root, notebook, out / FOLDER / f"{bundle_name(notebook)}.zip", also)
        _, named = app.env.dlfiles.get(notebook, (None, None))
        for copy in (out / "_sources" / notebook, *([out / "_downloads" / named] if named else [])):
            if copy.is_file():
                copy.write_text(with_note(copy.read_text("utf8"), bundle_name(notebook)), "utf8")


class LinkBundles(SphinxTransform):
    """Puts a link to the zip behind each link to a notebook for download."""

    default_priority = 400

    def apply(self, **kwargs) -> None:
        """Look at every link of the page that downloads."""
        here = f"{self.env.docname}.html"
        for link in list(self.document.findall(addnodes.download_reference)):
            notebook, _ = self.env.relfn2path(link["reftarget"], self.env.docname)
            if notebook.endswith(".ipynb"):
                uri = relative_uri(here, f"{FOLDER}/{bundle_name(notebook)}.zip")
                zipped = nodes.reference("", "zip with all it needs", internal=True, refuri=uri)
                position = link.parent.index(link) + 1
                link.parent.insert(position, [nodes.Text(" ("), zipped, nodes.Text(")")])


def add_button(app, pagename, templatename, context, doctree) -> None:
    """Offer the zip in the menu with the page's other downloads, above the bare notebook."""
    if context.get("page_source_suffix") != ".ipynb":
        return
    name = bundle_name(f"{pagename}.ipynb")
    button = {
        "type": "link",
        "url": f"{context['pathto'](FOLDER, 1)}/{name}.zip",
        "text": ".zip",
        "tooltip": "Download notebook with the package it needs, to run offline",
        "icon": "fas fa-box",
        "label": "download-bundle-button",
    }
    for group in context.get("header_buttons", []):
        if group.get("label") == "download-buttons":
            group["buttons"].insert(0, button)


def setup(app) -> dict:
    """Register."""
    app.add_config_value("bp_bundle_also", {}, "html", types=(dict,))
    app.add_transform(LinkBundles)
    app.connect("html-page-context", add_button, priority=900)  # after the theme added its buttons
    app.connect("build-finished", write_bundles)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
