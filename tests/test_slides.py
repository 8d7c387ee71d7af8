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
    assert shown == ["You will.", "Before it. It leads to the picture: A caption.", "Predict. What?", "What? 1 + 1 2",
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


def deck_of(inside):
    section = BeautifulSoup(f"<section><h2>T</h2>{inside}</section>", "html.parser")
    return slides.Deck(slides.prepared(section)).slides


def shown(slide):
    return BeautifulSoup("".join(slide.parts), "html.parser").get_text(" ", strip=True)


FORMULA = '<div class="math"><math>{}</math></div>'
CODE = '<div class="cell"><div class="cell_input"><pre>{}</pre></div></div>'


def test_two_formulas_share_a_slide_and_the_end_of_a_sentence_stands_below():
    leading = "<p>This leads to a formula, and it is long enough:</p>"
    deck = deck_of(
        leading
        + FORMULA.format("a")
        + "<p>where a is 1. Then on.</p>"
        + FORMULA.format("b")
        + leading
        + FORMULA.format("c")
    )
    assert [shown(slide) for slide in deck] == [
        "This leads to a formula, and it is long enough: a where a is 1. Then on. b",
        "This leads to a formula, and it is long enough: c",
    ]
    assert deck[0].parts[-1].startswith('<div class="fragment">')


def test_code_joins_what_stands_right_above_it_if_both_fit():
    assert (
        len(deck_of(FORMULA.format("a") + CODE.format("1"))) == len(deck_of(CODE.format("1") + CODE.format("2"))) == 1
    )
    assert len(deck_of(CODE.format("1") + "<p>A word between.</p>" + CODE.format("2"))) == 2
    assert len(deck_of(CODE.format("1\n" * 8) + CODE.format("2\n" * 8))) == 2


def test_long_code_that_prints_nothing_is_shown():
    [slide] = deck_of(CODE.format("line\n" * 20))
    assert "line" in shown(slide)


def test_no_sentence_in_brackets_leads():
    said = paragraph("This one leads, and it is long enough for that. (An aside. It is in brackets.)")
    assert "brackets" not in slides.lead(said)
    assert "aside" in slides.lead(paragraph("(Only an aside is here, and it is long enough to lead.)"))
    glued = paragraph(
        '(It is <span class="math"><math>z</math>.</span>) The columns meet only at one place, and there they add.'
    )
    assert slides.lead(glued) == '<p class="lead">The columns meet only at one place, and there they add.</p>'


def test_each_question_of_a_quiz_has_a_slide_and_what_a_figure_suggests_is_said():
    quiz = """<div class="cell"><bp-quiz data='{"items":[{"id":"1"},{"id":"2"}]}'></bp-quiz></div>"""
    figure = """<div class="cell"><bp-fit data='{"note":"Turn w1."}'></bp-fit></div>"""
    deck = deck_of(quiz + figure)
    assert ["&quot;" in slide.parts[-1] or '"id"' in slide.parts[-1] for slide in deck] == [True, True, False]
    assert "Try: Turn w1." in "".join(deck[2].notes)


def test_how_long_it_takes_to_read_is_for_the_speaker():
    page = "<section><h1>7. T</h1><ul><li><strong>You will</strong> do.</li><li><strong>Time:</strong> an hour.</li></ul></section>"
    [slide] = slides.Deck(slides.prepared(BeautifulSoup(page, "html.parser"))).slides
    assert "hour" not in shown(slide)
    assert "hour" in "".join(slide.notes)


def test_an_answer_without_code_needs_no_key_of_its_own():
    held = '<div class="cell"><div class="bp-held"><div class="cell_output"><pre>2</pre></div></div></div>'
    deck = deck_of(f"<blockquote><p><b>Predict.</b> Is it so, or is it another?</p></blockquote>{held}")
    assert shown(deck[1]) == "Is it so, or is it another? 2"
    assert "fragment" not in deck[1].html()
