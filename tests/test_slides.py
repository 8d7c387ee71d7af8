"""Slides of a chapter: what gets one of its own, what leads to it, and what the speaker says."""

import sys
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import slides  # noqa: E402

PAGE = """<article><section id="top"><h1>7. A title<a class="headerlink" href="#top">#</a></h1>
<ul><li>You will.</li></ul>
<p>Before it. It leads to the picture:</p>
<div class="cell"><div class="cell_output"><svg id="s"></svg></div></div>
<p><em>A caption.</em></p>
<p>After it. This leads on.</p>
<blockquote><p><b>Predict.</b> What?</p><div class="bp-guess"><textarea></textarea></div></blockquote>
<div class="cell"><div class="cell_input"><pre>1 + 1</pre></div><div class="bp-held"><div class="cell_output"><pre>2</pre></div></div></div>
<section id="words"><h2>Words</h2><p>One. Two, see <a href="x.html">x</a>.</p><p>Sources. A book.</p></section>
<section id="check"><h2>Check yourself</h2><details><summary>Why?</summary><p>Because.</p></details></section>
<section id="turn"><h2>Your turn</h2><p>Do it.</p><div class="cell"><bp-exercise></bp-exercise></div></section>
</section></article>"""


def paragraph(text):
    return BeautifulSoup(f"<p>{text}</p>", "html.parser").p


@pytest.mark.parametrize(("text", "found"), [
    ("One. Two? Three.", ["One.", "Two?", "Three."]),
    ("At 0.5 it is <b>x. y</b> still. Then", ["At 0.5 it is <b>x. y</b> still.", "Then"]),
    ("a &lt; b. So: c", ["a &lt; b.", "So: c"]),
])  # fmt: skip
def test_a_sentence_ends_in_its_own_text(text, found):
    assert slides.sentences(paragraph(text)) == found


@pytest.mark.parametrize(("text", "led"), [
    ("A first sentence. And one that is long enough to lead to a picture.",
     "And one that is long enough to lead to a picture."),
    ("A first sentence that says it all, at length. Why?", "A first sentence that says it all, at length. Why?"),
    ("<strong>A slip that has a name of its own, written out.</strong> It is tempting. Here.",
     "<strong>A slip that has a name of its own, written out.</strong> It is tempting."),
])  # fmt: skip
def test_the_sentence_beside_what_is_shown_leads_to_it(text, led):
    assert slides.lead(paragraph(text)) == f'<p class="lead">{led}</p>'


def test_each_thing_to_look_at_has_a_slide_and_prose_is_for_the_speaker():
    deck = slides.Deck(slides.prepared(BeautifulSoup(PAGE, "html.parser").article)).slides
    shown = [BeautifulSoup("".join(slide.parts), "html.parser").get_text(" ", strip=True) for slide in deck]
    assert [slide.title for slide in deck] == ["7. A title"] * 4 + ["Words", "Check yourself"]
    assert shown == ["You will.", "Before it. It leads to the picture: A caption.", "Predict. What?", "1 + 1 2",
                     "One. Two, see x.", "Why? Because."]  # fmt: skip
    assert '<svg id="s">' in deck[1].html()
    assert "Before it" in "".join(deck[1].notes)
    assert "After it" in "".join(deck[2].notes)
    assert deck[3].html().count('class="fragment"') == deck[5].html().count('class="fragment"') == 1
    assert "textarea" not in "".join(map(slides.Slide.html, deck))
    assert "href" not in "".join(map(slides.Slide.html, deck))


def test_a_long_table_has_its_slide_alone_and_its_code_is_in_the_notes():
    rows = "<tr><td>1</td></tr>" * 9
    page = f"<section><h2>T</h2><div class='cell'><div class='cell_input'><pre>code</pre></div><div class='cell_output'><table>{rows}</table></div></div></section>"
    [slide] = slides.Deck(slides.prepared(BeautifulSoup(page, "html.parser"))).slides
    assert "code" not in slide.parts[0]
    assert "code" in slide.notes[0]


@pytest.mark.parametrize("given", [[""], ["07_two"], ["../README"]])
def test_what_is_no_chapter_is_refused(given):
    with pytest.raises(SystemExit, match=r"NAME should be a chapter, as in NAME=01_"):
        slides.main(given)
