"""Open JupyterLab on the learner's own copy of the notebooks. What is already in work/ is never overwritten."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# What the notebooks link to comes along: solutions, spreadsheets, and the pages that are no notebooks.
COPIED = ("book/*.ipynb", "book/*.md", "book/*.xlsx", "exercises/*/*.ipynb", "solutions/*/*.ipynb")
ROLE = re.compile(r"\{(term|download)\}`([^`<]+?)(?: *<([^`>]+)>)?`")


def with_links(text: str, glossary: str) -> str:
    """Text whose terms and downloads are ordinary links: what they mean to Sphinx leads nowhere in JupyterLab."""
    return ROLE.sub(lambda role: f"[{role[2]}]({glossary if role[1] == 'term' else role[3] or role[2]})", text)


def copy(source: Path, target: Path, glossary: str) -> None:
    """Copy a page or a notebook, with links that JupyterLab can follow."""
    target.parent.mkdir(parents=True, exist_ok=True)
    text = source.read_text("utf-8") if source.suffix in (".md", ".ipynb") else ""
    if source.suffix == ".md":
        target.write_text(with_links(text, glossary), "utf-8")
    elif ROLE.search(text):
        notebook = json.loads(text)
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                cell["source"] = with_links("".join(cell["source"]), glossary).splitlines(keepends=True)
        target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    else:
        shutil.copy(source, target)


def copy_new(root: Path = ROOT) -> list[Path]:
    """Copy the chapters, the exercises and their solutions that work/ does not have yet, and say which."""
    new = []
    found = sorted(source for pattern in COPIED for source in root.glob(pattern))
    for source in (source for source in found if not source.name.endswith(".myst.md")):
        target = root / "work" / source.relative_to(root)
        if not target.exists():
            copy(source, target, os.path.relpath(root / "work/book/glossary.md", target.parent).replace(os.sep, "/"))
            new.append(target)
    return new


if __name__ == "__main__":
    for path in copy_new():
        print(f"new: {path.relative_to(ROOT)}")
    lab = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(ROOT / "work")]
    sys.exit(subprocess.call([*lab, *sys.argv[1:]]))
