"""Shows one figure of the gallery on a page of its own, without building the book: python tools/figure.py graph."""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "_ext")]


def cells(text: str, name: str) -> list[str]:
    """The code of the gallery's first section, then of the section NAME."""
    first, *parts = text.split("\n(figure-")
    sections = {part.partition(")")[0]: part for part in parts}
    if name not in sections:
        raise SystemExit(f"book/gallery.myst.md has no section {name!r}; it has {list(sections)}")
    return [block.split("\n```", 1)[0] for part in (first, sections[name])
            for block in re.split(r"```\{code-cell\} ipython3\n(?::tags: .*\n)?", part)[1:]]  # fmt: skip


def figure(name: str):
    """The figure that the section's last line makes."""
    *before, last = cells((ROOT / "book/gallery.myst.md").read_text("utf-8"), name)
    space: dict = {}
    for cell in before:
        exec(cell, space)
    return _last_value(last, space)


def _last_value(cell: str, space: dict):
    import ast

    tree = ast.parse(cell)
    exec(compile(ast.Module(tree.body[:-1], []), "cell", "exec"), space)
    return eval(compile(ast.Expression(tree.body[-1].value), "cell", "eval"), space)


def main(name: str) -> None:
    from bp_explore import classic
    from bp_gallery import page

    from bplib import explore

    html, script, css = figure(name).html(), classic(explore.module(name)), explore.stylesheet()
    folder = ROOT / "_build" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        file = folder / f"{name}-{theme}.html"
        file.write_text(page(name, name, html, script, css, theme), "utf-8")
        print(file.relative_to(ROOT))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python tools/figure.py NAME")
    main(sys.argv[1])
