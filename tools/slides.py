"""Makes slides of a chapter: make slides NAME=07_two_layer_trace

They come from the chapter's built page: formulas are typeset there, and figures are alive. Each picture, figure, table,
formula, question or piece of code gets a slide of its own, under the sentence that leads to it; all the prose goes into the
speaker's notes (key S), and so do the code of a long output and a figure's suggestion. Two formulas share a slide, and code
joins the formula or the code right above it. What was to be predicted appears on the next key. Exercises are left out.

    _build/slides/NAME.html     one file, for any browser, from a disk: reveal.js (MIT) is in it
"""

from __future__ import annotations

import base64
import html
import json
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

from bs4 import BeautifulSoup, Tag

ROOT = Path(__file__).resolve().parent.parent
HERE = Path(__file__).with_suffix("")
FIGURE = re.compile(r"bp-[a-z]+")
SENTENCE = re.compile(r"(?<=[.?])(?=\s)|(?<=[.?]\))(?=\s)")
ROWS, LINES = 8, 14  # of a table, and of code and what it printed, that one slide can hold
LEAST = 40  # characters: a shorter sentence, such as "Why?", brings the one beside it along
FORMULAS = 2  # that one slide can hold, one above the other

PAGE = """<!DOCTYPE html>
<html lang="en" data-theme="light">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}, slides</title>
<link rel="icon" href="data:,">
<style>
{css}
</style>
</head>
<body>
<main><div class="reveal"><div class="slides">
{slides}
</div></div></main>
<script>
{script}
</script>
</body>
</html>
"""


@dataclass
class Slide:
    """One slide: a heading, what is shown under it, and what the speaker may say."""

    title: str
    parts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    classes: str = ""
    blocks: list[Tag] = field(default_factory=list)

    def html(self) -> str:
        notes = f'<aside class="notes">{"".join(self.notes)}</aside>' if self.notes else ""
        body = f'<div class="room"><div class="body">{"".join(self.parts)}</div></div>'
        return f'<section class="{self.classes}">\n<div class="page"><h2>{self.title}</h2>\n{body}</div>\n{notes}</section>'


def sentences(paragraph: Tag) -> list[str]:
    """The sentences of a paragraph as HTML; text of its own ends one, and a stop after a formula, but none within a link."""
    made, ended = [""], False
    for child in paragraph.children:
        if isinstance(child, Tag):
            made[-1] += str(child)
            ended = bool(child.select("math")) and words(str(child.contents[-1])) in (".", "?")
            continue
        text = html.escape(str(child), quote=False)
        if ended and (close := re.match(r"\)?(?=\s)", text)):
            made[-1:] = [made[-1] + close[0], ""]
            text = text[close.end() :]
        first, *more = SENTENCE.split(text)
        made[-1] += first
        made += more
    return [one.strip() for one in made if one.strip()]


def words(fragment: str) -> str:
    """What is read of a piece of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", fragment))


def to_lead(paragraph: Tag) -> list[str]:
    """The sentences that could lead to something: none in brackets, unless there is no other."""
    made = [""]
    for one in sentences(paragraph):
        still_open = words(made[-1]).count("(") > words(made[-1]).count(")")
        made = [*made[:-1], f"{made[-1]} {one}"] if still_open else [*made, one]
    said = [one for one in made if one]
    return [one for one in said if not re.fullmatch(r"\(.*\)", words(one), re.DOTALL)] or said


def lead(paragraph: Tag) -> str:
    """The sentence that leads to what follows; the first one where a paragraph begins with a name for it."""
    said = to_lead(paragraph)
    named = isinstance(paragraph.contents[0], Tag) and paragraph.contents[0].name == "strong"
    chosen = said[:1] if named else said[-1:]
    if len(words(chosen[0])) < LEAST:
        chosen = said[:2] if named else said[-2:]
    return f'<p class="lead">{" ".join(chosen)}</p>'


def is_caption(paragraph: Tag) -> bool:
    """A paragraph that is emphasised as a whole stands below a picture."""
    return [child.name for child in paragraph.children if str(child).strip()] == ["em"]


def kind(block: Tag) -> str:
    """The class of a block's slide."""
    if block.find("bp-quiz"):
        return "figure quiz"
    if block.find(FIGURE):
        return "figure"
    return "question" if block.name in ("blockquote", "details") else ""


def is_long(block: Tag) -> bool:
    """Whether what a cell gives needs a slide without the code that made it."""
    return block.select_one(".cell_output") is not None and (
        len(block.select(".cell_output tr")) > ROWS or lines([block]) > LINES
    )


def is_formula(block: Tag) -> bool:
    return block.name == "div" and "math" in block.get("class", [])


def is_code(block: Tag) -> bool:
    """Whether a cell is code, and at most what it prints."""
    return block.select_one(".cell_input") is not None and block.find(["svg", "img", "table", FIGURE]) is None


def lines(blocks: list[Tag]) -> int:
    """How many lines of code, and of what it printed, are in blocks."""
    return sum(pre.get_text().strip("\n").count("\n") + 1 for block in blocks for pre in block.find_all("pre"))


def suggestion(block: Tag) -> str:
    """What a figure suggests to its reader, which is the lecturer's to say."""
    told = [json.loads(figure["data"]).get("note") for figure in block.find_all(FIGURE) if figure.has_attr("data")]
    return "".join(f"<p>Try: {html.escape(note)}</p>" for note in told if note)


def single(block: Tag) -> list[Tag]:
    """A quiz's questions, each as a quiz; any other block as it is."""
    quiz = block.find("bp-quiz")
    if quiz is None:
        return [block]
    given, made = json.loads(quiz["data"]), []
    for item in given["items"]:
        quiz["data"] = json.dumps(given | {"items": [item]}, ensure_ascii=False)
        made.append(BeautifulSoup(str(block), "html.parser").contents[0])
    return made


def is_empty(block: Tag) -> bool:
    return not block.get_text(strip=True) and block.find(["svg", "img", "math", FIGURE]) is None


def prepared(article: Tag) -> Tag:
    """The page without what has no place on a slide: links within the book, buttons, code that the page folds."""
    for element in article.select(
        ".headerlink, .bp-held-note, .bp-guess, .bp-answer-here, .bp-elsewhere, details.above-input, script"
    ):
        element.decompose()
    for link in article.select("a:not([href^=http])"):
        link.unwrap()
    for element in article.find_all(id=True):
        if not element.find_parent("svg") and element.name not in ("svg", "section"):
            del element["id"]  # figures find what is theirs without
    for held in article.select(".cell:has(.cell_input) .bp-held"):
        held["class"] = "fragment"  # without code there would be nothing to see before
    for held in article.select(".bp-held"):
        held.unwrap()
    return article


def asked(block: Tag) -> list[str]:
    """What a block asks, to stand above the answer."""
    last = [p for p in block.find_all("p") if block.name == "blockquote"][-1:]
    found = [one for p in last for one in to_lead(p) if words(one).endswith("?")]
    without_name = re.sub(r"^<(strong|b)>.*?</\1>", "", " ".join(found)).strip()
    return [f'<p class="lead">{without_name}</p>'] if found else []


class Deck:
    """The slides of a page, made section by section."""

    def __init__(self, article: Tag) -> None:
        self.slides: list[Slide] = []
        for section in article.find_all("section"):
            heading = section.find(["h1", "h2", "h3"], recursive=False)
            own = [child for child in section.find_all(recursive=False) if child.name != "section"]
            if heading and not any(child.find("bp-exercise") for child in own):
                self.section(section, heading)

    def section(self, section: Tag, heading: Tag) -> None:
        title, waiting, begun = heading.decode_contents(), [], len(self.slides)
        blocks = [
            child for child in section.find_all(recursive=False) if child.name != "section" and child is not heading
        ]
        if heading.name == "h1":
            goals = blocks.pop(0) if blocks and blocks[0].name == "ul" else None
            hours = (
                [item.extract() for item in goals.find_all("li") if item.get_text().startswith("Time:")]
                if goals
                else []
            )
            self.slides.append(
                Slide(title, [str(goals or "")], [f"<p>{item.decode_contents()}</p>" for item in hours], "title")
            )
            begun += 1
        for block in blocks:
            if is_empty(block):
                continue
            before = self.slides[-1] if len(self.slides) > begun and not waiting else None
            if block.name != "p":
                for one in single(block):
                    self.show(title, one, waiting, begun)
                    waiting = []
            elif before and is_formula(before.blocks[-1]) and str(block.contents[0]).lstrip()[:1].islower():
                waiting = self.go_on(block)
            elif is_caption(block) and not waiting and len(self.slides) > begun:
                self.slides[-1].parts.append(f'<p class="caption">{block.decode_contents()}</p>')
            else:
                waiting.append(block)
        self.finish(title, waiting, begun)

    def go_on(self, block: Tag) -> list[Tag]:
        """Put the end of a formula's sentence under it; returns what is left of the paragraph."""
        end, *rest = sentences(block)
        self.slides[-1].parts.append(f'<p class="lead">{end}</p>')
        self.slides[-1].notes.append(f"<p>{end}</p>")
        return BeautifulSoup(f"<p>{' '.join(rest)}</p>" if rest else "", "html.parser").find_all("p")

    def show(self, title: str, block: Tag, waiting: list[Tag], begun: int) -> None:
        """A slide for a block, under the sentence that leads to it; earlier prose belongs to the slide before."""
        *before, last = waiting or [None]
        previous = self.slides[-1] if len(self.slides) > begun else None
        if previous:
            previous.notes += map(str, before)
            before = []
        said = [str(p) for p in [*before, last] if p]
        question = block.name in ("blockquote", "details")
        leading = [lead(last)] if last and not question else []
        if previous and self.joins(block, previous, last):
            self.join(block, previous, leading, said)
            return
        if previous and not last and not question:
            leading = asked(previous.blocks[-1])
        slide = Slide(title, leading, said, kind(block), [block])
        if is_long(block) and (code := block.select_one(".cell_input")):
            slide.notes.append(str(code.extract()))
        slide.notes.append(suggestion(block))
        if block.name == "details":  # a question, whose answer comes on the next key
            summary = block.summary.extract().decode_contents()
            slide.parts = [f'<p class="asked">{summary}</p><div class="fragment">{block.decode_contents()}</div>']
        else:
            slide.parts.append(str(block))
        self.slides.append(slide)

    @staticmethod
    def joins(block: Tag, slide: Slide, last: Tag | None) -> bool:
        """Whether a block goes on the slide before it: the next formula, and code that no word of prose parts from it."""
        formulas = all(map(is_formula, slide.blocks))
        if is_formula(block):
            return formulas and len(slide.blocks) < FORMULAS
        plain = formulas or all(map(is_code, slide.blocks))
        return last is None and plain and is_code(block) and lines([*slide.blocks, block]) <= LINES

    @staticmethod
    def join(block: Tag, slide: Slide, leading: list[str], said: list[str]) -> None:
        """Show a block on the next key, under what is on a slide already."""
        inner = block.select(".fragment")  # would need a key of its own
        for held in inner:
            held.unwrap()
        slide.parts.append(f'<div class="fragment">{"".join(leading)}{block}</div>')
        slide.notes += said
        slide.blocks.append(block)

    def finish(self, title: str, waiting: list[Tag], begun: int) -> None:
        """The last prose of a section; without a picture, its first sentences are the slide."""
        said = [p for p in waiting if not re.match(r"(Sources|Further reading)\.", p.get_text())]
        if len(self.slides) > begun:
            self.slides[-1].notes += map(str, waiting)
        elif said:
            points = (
                [" ".join(sentences(p)[:2]) for p in said]
                if len(said) > 2
                else [one for p in said for one in sentences(p)]
            )
            listed = "".join(f"<li>{point}</li>" for point in points[:6])
            self.slides.append(Slide(title, [f"<ul>{listed}</ul>"], [str(p) for p in waiting]))


def styles(book: Path) -> str:
    """One style sheet: reveal's, the code's colours, the figures', and the slides' own, with the font of mathematics."""
    font = base64.b64encode((book / "_static/mathematics.woff2").read_bytes()).decode()
    face = f'@font-face {{ font-family: "Book Math"; src: url("data:font/woff2;base64,{font}") format("woff2"); }}'
    reveal = ROOT / "node_modules/reveal.js/dist"
    sheets = (
        reveal / "reveal.css",
        book / "_static/pygments.css",
        book / "_static/bp/explore.css",
        HERE / "slides.css",
    )
    return "\n".join([face, *(sheet.read_text("utf8") for sheet in sheets)]).replace("</style", "<\\/style")


def scripts(book: Path, names: list[str]) -> str:
    """Reveal, its notes, the slides' own script, and the figures' that are on them."""
    reveal = ROOT / "node_modules/reveal.js/dist"
    figures = [book / f"_static/bp/{name}.js" for name in names]
    files = (reveal / "reveal.js", reveal / "plugin/notes.js", HERE / "slides.js", *figures)
    return "\n".join(file.read_text("utf8").replace("</script", "<\\/script") for file in files)


def write(name: str, book: Path = ROOT / "_build/html", to: Path = ROOT / "_build/slides") -> tuple[Path, int]:
    """The slides of one page; returns where they are, and how many."""
    page = BeautifulSoup((book / f"book/{name}.html").read_text("utf8"), "html.parser")
    deck = Deck(prepared(page.select_one("article"))).slides
    names = sorted({tag.name.removeprefix("bp-") for slide in deck for tag in BeautifulSoup("".join(slide.parts), "html.parser").find_all(FIGURE)})  # fmt: skip
    names = [n for n in names if (book / f"_static/bp/{n}.js").is_file()]
    title = html.escape(re.sub(r"<[^>]*>", "", deck[0].title))
    text = PAGE.format(
        title=title, css=styles(book), slides="\n".join(map(Slide.html, deck)), script=scripts(book, names)
    )
    to.mkdir(parents=True, exist_ok=True)
    (to / f"{name}.html").write_text(text, "utf8")
    return to / f"{name}.html", len(deck)


def main(arguments: list[str]) -> None:
    known = [path.name.removesuffix(".myst.md") for path in sorted(ROOT.glob("book/[0-9][0-9]_*.myst.md"))]
    names = " ".join(arguments).split()
    if not names or not set(names) <= set(known):
        raise SystemExit(f"NAME should be a chapter, as in NAME={known[0]}; got {' '.join(names) or 'nothing'}. The chapters: {', '.join(known)}")  # fmt: skip
    for name in names:
        file, count = write(name)
        print(f"{file} has {count} slides. S opens the speaker's notes.")


if __name__ == "__main__":
    main(sys.argv[1:])
