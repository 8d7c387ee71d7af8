"""Makes a course of some chapters, a folder that builds by itself: make course CHAPTERS="4 5 7 8" TO=../autumn

python tools/course.py 4 5 7-9 --to ../autumn [--without bug_clinic gallery] [--title "Autumn"] [--book https://...]

The folder has the chapters that are named, their exercises and solutions, the pages beside them, the package, and the
grading. Rows of tables that lead to other chapters are left out, and so is what stands under `{.bp-whole-book}`; other
links to them become plain words, or lead to the whole book where it has an address. Outputs are kept; only notebooks that
look at the folder they are in (`Path().glob`) are run again.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import nbformat
import notebooks
import yaml

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("_config.yml", "_ext", "book", "bplib", "conftest.py", "exercises", "grading", "nbgrader_config.py", "package.json",
          "package-lock.json", "pyproject.toml", "requirements", "requirements.txt", "solutions", "tools", "tests/nbval.cfg",
          "CITATION.cff", "LICENSE", "LICENSE-text", ".gitignore", ".gitattributes")  # fmt: skip
NEVER = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints", "*.pyc", ".DS_Store")
# Pages without which others do not build, or readers do not find their way.
NEEDED = ("index", "how_to_use", "memory", "gallery", "notation", "glossary", "api", "bibliography")
AUTHORS_ONLY = "\n# ---- For the authors of the whole book."  # where the Makefile of a course ends
LINK = re.compile(r"(?<!!)\[([^\]]*)\]\(([^)#\s]+\.(?:ipynb|md))(#[^)\s]*)?\)")
DOWNLOAD = re.compile(r"\{download\}`([^`<]+?) *<([^`>]+)>`")
WHOLE_BOOK = re.compile(r"^\{\.bp-whole-book\}\n(?:[^\n]+\n)+\n?", re.MULTILINE)

README = """\
# {title}

{these} of *The Backward Pass*, a course on backpropagation, with exercises, solutions and grading.
The text and the figures are by the authors of The Backward Pass, under CC BY 4.0 (LICENSE-text); the code is under the MIT licence (LICENSE).
The chapters keep their numbers.

You need Python 3.11 or newer, and `make`:

```bash
make book     # builds the book: open _build/html/index.html
make help     # lists what else there is
```

`book/*.myst.md` and `solutions/*/*.myst.md` are the texts. After changing one, run `make notebooks`; `make test-notebooks` compares every output.
"""


@dataclass(frozen=True)
class Chosen:
    """What a course is made of: names of chapters, of pages left out, and where the whole book is."""

    chapters: tuple[str, ...]
    dropped: frozenset[str]  # pages of book/ without a suffix, such as "09_losses"
    title: str
    book: str = ""


def chapters_of(root: Path) -> dict[int, str]:
    """The chapters by number: {7: "07_two_layer_trace"}."""
    return {int(path.name[:2]): path.name.removesuffix(".myst.md") for path in sorted(root.glob("book/[0-9][0-9]_*.myst.md"))}  # fmt: skip


def numbers(words: list[str], known: dict[int, str]) -> list[int]:
    """Numbers of chapters from "4", "7-9", "4,5" or "07_two_layer_trace"; SystemExit names what is none."""
    by_name, found = {name: number for number, name in known.items()}, []
    for word in re.split(r"[\s,]+", " ".join(words).strip()):
        span = re.fullmatch(r"(\d{1,2})(?:-(\d{1,2}))?", word)
        if not span and word not in by_name:
            raise SystemExit(
                f'CHAPTERS should be numbers, as in CHAPTERS="4 5 7-9"; got {word!r}. Nothing was written.'
            )
        first, last = (int(span[1]), int(span[2] or span[1])) if span else (by_name[word],) * 2
        if first > last:
            raise SystemExit(
                f"CHAPTERS should count up, as in CHAPTERS={last}-{first}; got {word!r}. Nothing was written."
            )
        found += range(first, last + 1)
    if missing := sorted(set(found) - set(known)):
        raise SystemExit(
            f"There is no chapter {', '.join(map(str, missing))}; there are {', '.join(map(str, known))}. Nothing was written."
        )
    return sorted(set(found))


def choose(root: Path, words: list[str], without: list[str], title: str, book: str) -> Chosen:
    """What was asked for, looked up before anything is written."""
    known = chapters_of(root)
    taken = numbers(words, known)
    without = re.split(r"[\s,]+", " ".join(without).strip()) if without else []
    pages = {re.sub(r"\.(myst\.md|md|ipynb)$", "", path.name) for path in root.glob("book/*.*")} - set(known.values())
    for page in without:
        if page in NEEDED:
            raise SystemExit(f"The page {page} is needed: other pages lead to it. Nothing was written.")
        if page not in pages - {"references", "two_neurons"}:
            may = ", ".join(sorted(pages - {"references", "two_neurons", *NEEDED}))
            raise SystemExit(f"WITHOUT should name pages of book/ ({may}); got {page!r}. Nothing was written.")
    if book and not re.fullmatch(r"https?://\S+", book):
        raise SystemExit(
            f"BOOK should be the address of the whole book, as in BOOK=https://uni.example/book; got {book!r}."
        )
    dropped = frozenset(name for number, name in known.items() if number not in taken) | frozenset(without)
    return Chosen(tuple(known[number] for number in taken), dropped, title or "The Backward Pass", book.rstrip("/"))


def leads_to(target: str, page: Path) -> str:
    """Which page of book/, or which assignment, a link on this page leads to."""
    parts = Path(os.path.normpath(page.parent / target)).parts
    return parts[1] if parts[0] in ("solutions", "exercises") and len(parts) > 1 else Path(parts[-1]).stem


def cut(text: str, page: Path, chosen: Chosen) -> str:
    """The text of a page without what only the whole book has. `page` is relative to the course."""

    def gone(target: str) -> bool:
        return leads_to(target, page) in chosen.dropped

    def unlinked(link: re.Match) -> str:
        if not gone(link[2]):
            return link[0]
        place = Path(os.path.normpath(page.parent / link[2])).with_suffix(".html").as_posix()
        return f"[{link[1]}]({chosen.book}/{place}{link[3] or ''})" if chosen.book else link[1]

    kept, part = [], ""
    for line in WHOLE_BOOK.sub("", text).splitlines(keepends=True):
        first = LINK.match(line, 2) if line.startswith("| [") else None
        if "{.bp-planned}" in line or (first and gone(first[2])):
            continue
        if re.match(r"\| \*\*[^|]*\| *\|\n", line):  # the name of a part: only if a row of it follows
            part = line
            continue
        kept.append((part if line.startswith("| ") else "") + line)
        part = ""
    return DOWNLOAD.sub(lambda link: link[1] if gone(link[2]) else link[0], LINK.sub(unlinked, "".join(kept)))


def contents(root: Path, chosen: Chosen) -> dict:
    """The table of contents, parts without chapters left out."""
    toc = yaml.safe_load((root / "_toc.yml").read_text("utf-8"))
    for part in toc["parts"]:
        part["chapters"] = [entry for entry in part["chapters"] if Path(entry["file"]).name not in chosen.dropped]
    toc["parts"] = [part for part in toc["parts"] if part["chapters"]]
    return toc


def settings(text: str, chosen: Chosen) -> str:
    """The book's settings, under the course's title."""
    title = yaml.safe_dump(chosen.title, width=1000).removesuffix("\n").removesuffix("\n...")
    text = re.sub(r"^title: .*$", lambda _: f"title: {title}", text, flags=re.MULTILINE)
    return re.sub(r"(logo: \{text: )[^}]*\}", lambda found: f"{found[1]}{_quoted(chosen.title)}}}", text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def copy(root: Path, to: Path, chosen: Chosen) -> None:
    """The files of the course, with the texts of its pages cut."""
    for name in COPIED:
        source, target = root / name, to / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target, ignore=NEVER) if source.is_dir() else shutil.copy(source, target)
    for name in chosen.dropped:
        for path in (*to.glob(f"book/{name}.*"), to / "solutions" / name, to / "exercises" / name):
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    for path in (*to.glob("book/*.md"), *to.glob("solutions/*/*.md")):
        path.write_text(cut(path.read_text("utf-8"), path.relative_to(to), chosen), "utf-8")
    makefile = (root / "Makefile").read_text("utf-8").partition(AUTHORS_ONLY)[0]
    (to / "Makefile").write_text(makefile, "utf-8")
    (to / "_config.yml").write_text(settings((root / "_config.yml").read_text("utf-8"), chosen), "utf-8")
    (to / "_toc.yml").write_text(yaml.safe_dump(contents(root, chosen), sort_keys=False, allow_unicode=True), "utf-8")
    named = [str(int(name[:2])) for name in chosen.chapters]
    these = f"Chapters {', '.join(named[:-1])} and {named[-1]}" if len(named) > 1 else f"Chapter {named[0]}"
    (to / "README.md").write_text(README.format(title=chosen.title, these=these), "utf-8")


def rebuild(to: Path) -> None:
    """Bring the notebooks in line with the cut texts; outputs are kept where the code is the same."""
    texts = list(notebooks.sources(to))
    marked = {s: notebooks.mark_for_grading(notebooks.read(s), s) for s in texts if s.parent.parent.name == "solutions"}
    plan = {notebooks.notebook_of(s): marked.get(s) or notebooks.read(s) for s in texts}
    plan |= {notebooks.exercise_of(s, to): nb for s, nb in notebooks.release(marked).items()}
    memory = notebooks.Memory(to)
    for place, nb in plan.items():
        old = nbformat.read(place, 4)
        if notebooks.without_outputs(nb) == notebooks.without_outputs(old) and not _looks_around(nb):
            continue
        codes = [[cell for cell in one.cells if cell.cell_type == "code"] for one in (nb, old)]
        if [c.source for c in codes[0]] != [c.source for c in codes[1]] or _looks_around(nb):
            notebooks.build(nb, place, memory)
            continue
        for new, before in zip(*codes, strict=True):
            new.update(before)
        place.write_text(nbformat.writes(nb) + "\n", encoding="utf-8", newline="\n")


def _looks_around(nb: nbformat.NotebookNode) -> bool:
    return any(cell.cell_type == "code" and re.search(r"\bPath\(", cell.source) for cell in nb.cells)


def make(to: Path, chosen: Chosen, root: Path = ROOT) -> None:
    """Write the course; it is there whole, or not at all."""
    to.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=to.parent, prefix=f".{to.name}-") as folder:
        made = Path(folder) / to.name
        copy(root, made, chosen)
        rebuild(made)
        made.rename(to)


def place_for(to: str, root: Path) -> Path:
    """Where the course goes, a folder that is not there yet, outside of this one."""
    place = Path(os.path.normpath(root / Path(to).expanduser()))
    if not to.strip():
        raise SystemExit(
            'Say where the course goes, a folder that is not there yet: make course CHAPTERS="4 5 7 8" TO=../autumn'
        )
    if place.is_relative_to(root):
        raise SystemExit(
            f"TO should be a folder outside of this one, as in TO=../autumn; got {to!r}. Nothing was written."
        )
    if place.exists():
        raise SystemExit(f"{place} is there already; name another folder. Nothing was written.")
    return place


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("chapters", nargs="*")
    parser.add_argument("--to", default="")
    parser.add_argument("--without", nargs="*", default=[])
    parser.add_argument("--title", default="")
    parser.add_argument("--book", default="")
    options = parser.parse_args(arguments)
    if not any(options.chapters):
        raise SystemExit('Say which chapters: make course CHAPTERS="4 5 7 8" TO=../autumn')
    to = place_for(options.to, ROOT)
    chosen = choose(ROOT, options.chapters, [w for w in options.without if w], options.title, options.book)
    os.environ["BPLIB_QUIET"], os.environ["PYTHONHASHSEED"] = "1", "0"
    make(to, chosen)
    print(f"{to} has {len(chosen.chapters)} chapters. Go there, and type: make book")


if __name__ == "__main__":
    main(sys.argv[1:])
