"""Makes one document of the built book, and prints it: python tools/book_pdf.py, or `make pdf`.

With the word `solutions` it is the solutions' (`make pdf-solutions`).

It is made from the finished pages, not by Sphinx's singlehtml builder: that one keeps only the last part of a link, and
every chapter has an #exercises, and this book's extensions need to know which page they are on. What answers an exercise,
a quiz or a question is left out, and so is all that a reader could only press.
"""

from __future__ import annotations

import posixpath
import re
import subprocess
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import NamedTuple

import yaml
from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parent.parent
HTML = ROOT / "_build" / "html"
OUT = ROOT / "_build" / "pdf"
NO_CHROMIUM = 3  # what tools/pdf.mjs ends with
COUNT = ""  # under which the number of pages stands among those of the titles
A4, MARGIN = 210, 17  # millimetres
ONLY_ON_SCREEN = ("book/memory",)  # what a browser remembers
START = ("book/index",)
SPOILERS = "bp-quiz details, bp-doctor details"
PRESSED = (
    "script, noscript, .headerlink, bp-exercise, .bp-guess, .bp-held-note, .bp-answer-here, .bp-elsewhere, .bp-way-back, .bp-take, "
    ".bp-code, details.hide, .bp-not-kept, .bp-done, .bp-memory"
)
NO_SCRIPT = ("exercise",)  # figures that are taken out
REFERS = ("aria-labelledby", "aria-describedby", "aria-controls", "for", "headers")
PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light" data-content_root="../html/" data-wide="{wide}">
<head>
<meta charset="utf-8">
<title>{title}</title>
<meta name="author" content="{author}">
{styles}
<style>
@page {{ size: A4; margin: 17mm {margin}mm 19mm; @bottom-center {{ content: counter(page); font: 9pt sans-serif; color: #444; }} }}
@page front {{ @bottom-center {{ content: none; }} }}
html, body {{ background: #fff; scroll-padding: 0; }}
.book {{ display: block; max-width: none; padding: 0; }}
.book article + article {{ break-before: page; }}
.book .front {{ page: front; min-height: 200mm; display: flex; flex-direction: column; justify-content: center; break-after: page; }}
.book .front p:first-child {{ font-size: 32pt; font-weight: 650; line-height: 1.2; margin: 0 0 8mm; }}
.book .contents {{ border: 0; font-size: 10pt; line-height: 1.3; break-after: page; }}
.book .contents p {{ font-weight: 650; margin: 3mm 0 1mm; break-after: avoid; }}
.book .bd-article:is(article) :is(p, li, td, th) {{ line-height: 1.45; }}
.book .contents ul {{ list-style: none; margin: 0; padding: 0; }}
.book .contents li {{ display: flex; justify-content: space-between; gap: 5mm; margin: 0 0 0.6mm; }}
.book .contents a {{ text-decoration: none !important; color: inherit !important; }}
.book :is(dt, p:has(+ .cell, + .math, + [class*="highlight-"])) {{ break-after: avoid; }} /* a name, or what leads to something */
.book div.math math:has(mrow ~ mrow > mtable) {{ font-size: 0.95em; }} /* there is room for all of it on this paper */
.book .bp-quiz .bp-status, .book .bp-quiz > .bp-say {{ display: none; }}
.book .bp-quiz .bp-entry {{ display: block !important; }} /* a number is written down */
.book .bp-quiz .bp-entry input {{ appearance: none; width: 40mm; border: 0; border-bottom: 0.25mm solid; border-radius: 0; background: none; }}
.book .bp-folded {{ font-weight: 650; margin: 5mm 0 2mm; break-after: avoid; }}
</style>
</head>
<body>
<div class="bd-main"><div class="bd-content"><div class="bd-article-container book">
<div class="front bd-article"><p>{title}</p><p>{subtitle}</p><p>{author}. The text and the figures are under CC BY 4.0, the code is under the MIT licence.</p></div>
{contents}
{body}
</div></div></div>
{scripts}
</body></html>
"""


class Volume(NamedTuple):
    """One PDF: its file's name, its title, the folder whose pages are in it, and the first page of all."""

    file: str
    title: str
    folder: str
    start: tuple[str, ...]

    @property
    def place(self) -> Path:
        return OUT / self.file


VOLUMES = {
    "book": Volume("the-backward-pass", "{title}", "book/", START),
    "solutions": Volume("solutions", "{title}: solutions", "solutions/", ()),
}


def parts(toc: dict, volume: Volume) -> Iterator[tuple[str, list[str]]]:
    """(caption, pages) of each part that is printed; the start page is the first."""
    if volume.start:
        yield "", list(volume.start)
    for part in toc["parts"]:
        pages = [one["file"] for one in part["chapters"]]
        kept = [page for page in pages if page.startswith(volume.folder) and page not in ONLY_ON_SCREEN]
        if kept:
            yield part.get("caption", ""), kept


def squeezed(title: str) -> str:
    """A title without blanks."""
    return "".join(title.split())


def slug(page: str) -> str:
    """What the ids of a page begin with."""
    return page.rpartition("/")[2]


def article(page: str, inside: dict[str, str]) -> tuple[Tag, BeautifulSoup]:
    """What a page says, for paper; its ids and links are of the whole document. inside: the pages that are in it, with their titles."""
    file = HTML / f"{page}.html"
    if not file.is_file():
        raise FileNotFoundError(f"there is no {file.relative_to(ROOT)}: make book")
    soup = BeautifulSoup(file.read_text("utf8"), "html.parser")
    [found] = soup.select("article.bd-article")
    for unwanted in found.select(f"{PRESSED}, {SPOILERS}"):
        unwanted.decompose()
    for fold in found.find_all("details"):
        head = fold.summary
        if head.get_text(strip=True).endswith("?"):  # what is folded is the answer
            head.extract()
            fold.clear()
            fold.append(head)
        head.name, head["class"], fold.name = "p", "bp-folded", "div"
    rename(found, page)
    lead(found, page, inside)
    found["id"] = slug(page)
    return found, soup


def rename(found: Tag, page: str) -> None:
    """Put the page's name before every id, and wherever an id is meant."""
    begin = slug(page)
    for element in found.find_all(True):
        if "id" in element.attrs:
            element["id"] = f"{begin}--{element['id']}"
        for name in REFERS:
            if name in element.attrs:
                given = element[name] if isinstance(element[name], str) else " ".join(element[name])
                element[name] = " ".join(f"{begin}--{one}" for one in given.split())
        for name, value in element.attrs.items():
            if isinstance(value, str) and "url(#" in value:
                element[name] = value.replace("url(#", f"url(#{begin}--")
    for style in found.find_all("style"):
        style.string = re.sub(r"#(?=[A-Za-z_][\w-]*\b)(?![0-9A-Fa-f]{3,8}\b)", f"#{begin}--", style.string or "")


def lead(found: Tag, page: str, inside: dict[str, str]) -> None:
    """Links lead within the document, or to other hosts; what would lead to a page that is left out is text."""
    folder = posixpath.dirname(page)
    for element in found.find_all(["a", "img", "use", "source"]):
        name = next((n for n in ("href", "xlink:href", "src") if n in element.attrs), None)
        if name is None or re.match(r"[a-z]+:", element[name]):
            continue
        path, _, fragment = element[name].partition("#")
        target = posixpath.normpath(posixpath.join(folder, path)) if path else f"{page}.html"
        to = target.removesuffix(".html")
        if element.name in ("img", "source"):
            element[name] = f"../html/{target}"
        elif to in inside:
            element[name] = f"#{slug(to)}--{fragment}" if fragment else f"#{slug(to)}"
        else:
            element.unwrap()


def mend(body: BeautifulSoup) -> list[str]:
    """Links to places that were taken out lead to their page; returns what still leads nowhere."""
    ids = {element["id"] for element in body.find_all(id=True)}
    lost = []
    for link in body.select("a[href^='#']"):
        if link["href"][1:] not in ids:
            page = link["href"][1:].partition("--")[0]
            lost += [] if page in ids else [link["href"]]
            link["href"] = f"#{page}"
    return lost


def contents(found: list[tuple[str, list[str]]], titles: dict[str, str], numbers: dict[str, int]) -> str:
    """The table of contents, with page numbers where they are known."""
    rows = []
    for caption, pages in found:
        rows.append(f"<p>{escape(caption)}</p>" if caption else "")
        items = (f'<li><a href="#{slug(p)}">{escape(titles[p])}</a><span>{numbers.get(squeezed(titles[p]), "")}</span></li>'
                 for p in pages if p not in START)  # fmt: skip
        rows.append(f"<ul>{''.join(items)}</ul>" if caption or len(pages) > 1 else "")
    return f'<nav class="contents bd-article"><h1>Contents</h1>{"".join(rows)}</nav>'


def write(volume: Volume, numbers: dict[str, int]) -> None:
    """Write the document."""
    toc, config = (yaml.safe_load((ROOT / name).read_text("utf8")) for name in ("_toc.yml", "_config.yml"))
    found = list(parts(toc, volume))
    pages = [page for _, names in found for page in names]
    inside = dict.fromkeys(pages, "")
    made, scripts, styles = [], {}, {}
    for page in pages:
        one, soup = article(page, inside)
        inside[page] = " ".join(one.find("h1").get_text().split())
        made.append(str(one))
        for script in soup.select("script[src*='_static/bp/']"):
            name = re.search(r"_static/bp/(\w+)\.js", script["src"])
            if name[1] not in NO_SCRIPT:
                scripts[name[1]] = f'<script defer src="../html/{name[0]}"></script>'
        for style in soup.select("link[rel=stylesheet]"):
            path = style["href"].lstrip("./")
            styles[path] = f'<link rel="stylesheet" href="../html/{path}">'
    body = BeautifulSoup("\n".join(made), "html.parser")
    if lost := mend(body):
        raise ValueError(f"these links lead nowhere: {', '.join(lost)}")
    index = BeautifulSoup((HTML / "book/index.html").read_text("utf8"), "html.parser")
    text = PAGE.format(
        title=escape(volume.title.format(title=config["title"])), author=escape(config["author"]), wide=A4 - 2 * MARGIN if numbers else "",  # looked at once
         margin=MARGIN,
        subtitle=escape(index.select_one("article p").get_text()), styles="\n".join(styles.values()),
        contents=contents(found, inside, numbers), body=body, scripts="\n".join(scripts.values()),
    )  # fmt: skip
    OUT.mkdir(parents=True, exist_ok=True)
    volume.place.with_suffix(".html").write_text(text, "utf8")


def numbers(pdf: Path) -> dict[str, int]:
    """On which page of the PDF each title stands, by its outline; this loses the blanks at which long titles are broken."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    found = {squeezed(entry.title): reader.get_destination_page_number(entry) + 1
             for entry in reader.outline if not isinstance(entry, list)}  # fmt: skip
    return found | {COUNT: len(reader.pages)}


def main(which: str = "book") -> int:
    """Print twice: only then is known on which page a chapter begins."""
    volume = VOLUMES[which]
    document, pdf = (volume.place.with_suffix(ending) for ending in (".html", ".pdf"))
    pdf.unlink(missing_ok=True)  # should this one not be printed, an old one must not be taken for it
    known: dict[str, int] = {}
    for _ in range(2):
        write(volume, known)
        code = subprocess.run(["node", ROOT / "tools" / "pdf.mjs", document, pdf], check=False).returncode
        if code == NO_CHROMIUM:
            print(f"No PDF was made, for want of a Chromium or Chrome. Open {document} in your browser, and print it.")
            return 0
        if not pdf.is_file():
            return code
        known = numbers(pdf)
    print(f"{pdf} has {known.pop(COUNT)} pages.")
    return code


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
