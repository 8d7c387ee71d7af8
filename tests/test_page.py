"""What the Sphinx extensions promise, as far as it shows without a browser."""
# ruff: noqa: RUF001  (formulas have characters that look like others)

import gzip
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
BOOK = Path(os.environ.get("BP_BOOK", ROOT / "_build" / "html"))  # or a course that was made of it
CHAPTER = "book/07_two_layer_trace.html"
HEAVIEST = 190  # KB, gzipped, of a chapter with all it loads; its exercises are answered on it
HEAVIER = {
    "03_what_each_layer_wants": 240,  # with the network of its figure, 13,002 numbers
    "07_two_layer_trace": 205,  # with a second figure, which takes the step that the first one shows
    "13_digits": 235,  # with the same network, and 23 digits as pictures
    "18_vanishing_and_exploding": 220,  # with its plots, which are drawings inside the page
}
ELEMENTS = 5600  # of a page as it is written; 6000 with what its scripts add
JUDGE = 60  # KB, of what is fetched when the first answer is checked
POOL = 300  # KB, of fresh numbers for one exercise
LOADED = re.compile(r"""<(?:script|img|iframe|link|source)\b[^>]*?\b(?:src|href)=["']([^"']*)["']""")
# Links that a browser does not fetch to show the page.
NOT_FETCHED = re.compile(r"""<link\b[^>]*\brel=["'](?:next|prev|index|search|canonical|author)["'][^>]*>""")


@pytest.fixture(scope="module", autouse=True)
def extensions_on_path():
    """The extensions live in `_ext`, which only the book's settings know of."""
    sys.path.insert(0, str(ROOT / "_ext"))
    yield
    sys.path.remove(str(ROOT / "_ext"))


def extension(name):
    """One of the extensions, imported as Sphinx would."""
    return importlib.import_module(name)


@pytest.fixture(scope="module")
def book():
    """The built book, which these tests do not build themselves."""
    if not (BOOK / "index.html").is_file():
        pytest.fail("there is no built book in _build/html: run `make book` first")
    return BOOK


# ---------- solutions ----------


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("def f(x):\n    ### BEGIN SOLUTION\n    return x\n    ### END SOLUTION", "def f(x):\n    return x"),
        ("a = 1\n### BEGIN SOLUTION\n\nb = 2\n\n### END SOLUTION\n\nc = 3", "a = 1\n\nb = 2\n\nc = 3"),
        ("a, b = ..., ...  # in this order\n### BEGIN SOLUTION\na, b = 1, 2\n### END SOLUTION", "a, b = 1, 2"),
        ("x = 'BEGIN SOLUTION'  # not a mark", "x = 'BEGIN SOLUTION'  # not a mark"),
    ],
)
def test_marks_of_the_graders_are_hidden(code, shown):
    assert extension("bp_solutions").without_marks(code) == shown


def test_built_solutions_show_no_marks(book):
    for page in (book / "solutions").rglob("*.html"):
        assert not re.search(r"(BEGIN|END) SOLUTION|YOUR CODE HERE", page.read_text("utf8")), page


# ---------- the repository's address ----------


def test_without_an_address_there_are_no_repository_links():
    assert extension("bp_repository").theme_options("") == {}


def test_an_address_gives_every_button():
    options = extension("bp_repository").theme_options("https://github.com/someone/backward-pass/")
    assert options["repository_url"] == "https://github.com/someone/backward-pass"
    assert all(options[f"use_{kind}_button"] for kind in ("repository", "edit_page", "issues"))
    assert set(options["launch_buttons"]) >= {"colab_url", "binderhub_url"}


@pytest.mark.parametrize(
    ("url", "edited"),
    [
        (
            "https://github.com/a/b/edit/main/book/07.ipynb",
            "https://github.com/a/b/edit/main/book/07.myst.md",
        ),
        ("https://github.com/a/b/edit/main/book/index.md", "https://github.com/a/b/edit/main/book/index.md"),
        ("https://colab.research.google.com/github/a/b/blob/main/07.ipynb", None),
    ],
)
def test_the_edit_button_opens_the_source_of_a_notebook(url, edited):
    assert extension("bp_repository").edit_source(url) == (edited or url)


# ---------- mathematics ----------


@pytest.fixture(scope="module")
def typeset():
    """From TeX to markup."""
    for package in extension("bp_math").PACKAGES:
        extension("bp_node").ensure_installed(ROOT, package)
    return lambda *formulas: extension("bp_math").typeset(ROOT, list(formulas))


def test_formulas_are_typeset_and_errors_name_document_and_formula(typeset):
    good, bad = (r"\sigma(z)", False), (r"\frac{1}{", True)
    results = typeset(good, bad)
    assert (
        results[good]["html"]
        == '<math translate="no"><mi>σ</mi><mo stretchy="false">(</mo><mi>z</mi><mo stretchy="false">)</mo></math>'
    )
    [complaint] = extension("bp_math").complaints({"book/07": [good, bad]}, results)
    assert complaint.startswith("book/07: ")
    assert r"\frac{1}{" in complaint


@pytest.mark.parametrize(
    ("tex", "markup"),
    [
        (r"\partial L / w", '<mi>∂</mi><mi>L</mi><mo lspace="0" rspace="0">/</mo><mi>w</mi>'),
        (r"W^{\mathsf T}", "<msup><mi>W</mi><mi>𝖳</mi></msup>"),
        (r"\mathbb{R}, \mathcal{L}", '<mi>ℝ</mi><mo separator="true">,</mo><mi>ℒ</mi>'),
        ("a = -1", '<mi>a</mi><mo>=</mo><mo form="prefix">−</mo><mn>1</mn>'),
        ("a - 1", "<mi>a</mi><mo>−</mo><mn>1</mn>"),
        (r"\lvert a \rvert - 1", '<mo stretchy="false" form="prefix">|</mo><mi>a</mi>'
                                 '<mo stretchy="false" form="postfix">|</mo><mo>−</mo><mn>1</mn>'),
        (r"\lvert a \rvert^2", '<mo stretchy="false" form="prefix">|</mo><mi>a</mi>'
                             '<msup><mo stretchy="false" form="postfix">|</mo><mn>2</mn></msup>'),
        ("f'(x)", '<mi>f</mi><mo lspace="0em" rspace="0em">′</mo><mo stretchy="false">(</mo><mi>x</mi><mo stretchy="false">)</mo>'),
        (r"\tanh x", '<mi>tanh</mi><mo rspace="0.17em">\u2061</mo><mi>x</mi>'),
        (r"\Delta w", "<mtext>Δ</mtext><mi>w</mi>"),
        (r"\frac{a}{b}", "<mfrac><mi>a</mi><mi>b</mi></mfrac>"),
        (r"{-1}^{2}", "<msup><mrow><mo>−</mo><mn>1</mn></mrow><mn>2</mn></msup>"),  # here the box says something
    ],
)  # fmt: skip
def test_a_formula_is_light_and_the_same_to_all_browsers(typeset, tex, markup):
    assert typeset((tex, False))[tex, False]["html"] == f'<math translate="no">{markup}</math>'


def test_the_font_has_the_characters_of_the_formulas_and_their_italics():
    points = extension("bp_mathml").characters("<p>q</p><math><mi>h</mi><mi>w</mi><mo>≈</mo></math>")
    assert {*map(ord, "h\u210e𝑤≈√0")} <= points
    assert ord("q") not in points


# ---------- pages ----------


@pytest.mark.parametrize(
    ("text", "short"),
    [("Short  and\nplain.", "Short and plain."), ("word " * 50, "word " * 30 + "word…")],
)
def test_descriptions_end_at_a_word(text, short):
    assert extension("bp_page").shortened(text) == short
    assert len(short) <= 160


def test_explorables_are_found_by_their_elements():
    body = '<p>bp-x</p><bp-graph data="{}"></bp-graph><bp-xor>'
    assert extension("bp_explore").elements(body) == ["graph", "xor"]


def test_a_module_becomes_a_classic_script():
    classic = extension("bp_explore").classic
    module = (
        "// For readers.\nexport const x = 1;\nexport function f() {}\n  // Inside.\nexport { define, x as y };\n"
        "export default widget;\nlast();\n"
    )
    assert classic(module) == '(() => {\n"use strict";\nconst x = 1;\nfunction f() {}\nlast();\ndefine();\n})();\n'
    with pytest.raises(ValueError, match="exports of the form"):
        classic('export * from "./frame.js";\n')


# ---------- the built book ----------


def loaded_by(page: str) -> list[str]:
    """The addresses that a browser fetches to show a page."""
    return LOADED.findall(NOT_FETCHED.sub("", page))


def test_no_page_loads_anything_from_elsewhere(book):
    for page in book.rglob("*.html"):
        foreign = [url for url in loaded_by(page.read_text("utf8")) if re.match(r"(?:[a-z]+:)?//", url)]
        assert not foreign, f"{page.relative_to(book)} loads {foreign}"


def test_no_style_sheet_loads_anything_from_elsewhere(book):
    for sheet in book.rglob("*.css"):
        text = sheet.read_text("utf8")
        foreign = re.findall(r"""(?:url\(|@import\s+)["']?((?:https?:)?//[^"')\s]+)""", text)
        assert not foreign, f"{sheet.relative_to(book)} loads {foreign}"


def test_everything_that_pages_load_is_there(book):
    for page in book.rglob("*.html"):
        for url in loaded_by(page.read_text("utf8")):
            file = (page.parent / unquote(urlsplit(url).path)).resolve()
            assert url.startswith(("#", "data:")) or file.is_file(), f"{page.relative_to(book)} lacks {url}"


def test_every_page_has_a_language_a_title_and_a_description(book):
    for page in book.rglob("*.html"):
        if "_static" in page.parts:
            continue
        text = page.read_text("utf8")
        assert re.search(r'<html\b[^>]*\blang="en"', text), page
        assert re.search(r"<title>[^<]{4,}</title>", text), page
        [described] = re.findall(r'<meta (?=[^>]*name="description")[^>]*content="([^"]*)"', text)
        assert 20 <= len(described) <= 170, f"{page}: {described!r}"  # some characters are entities


def chapters(book) -> list[Path]:
    """The pages of the chapters."""
    return sorted((book / "book").glob("[0-9][0-9]_*.html"))


def packed(file: Path) -> float:
    """The size of a file, gzipped, in KB."""
    return len(gzip.compress(file.read_bytes())) / 1024


def test_chapters_are_light(book, capsys):
    """Without fonts: which of them a page fetches only a browser knows, and its tests count them."""
    for page in chapters(book):
        urls = loaded_by(page.read_text("utf8"))
        files = {page, *((page.parent / unquote(urlsplit(url).path)).resolve() for url in urls)}
        weight = sum(packed(file) for file in files if file.is_file())
        with capsys.disabled():
            print(f"\n{page.name}: {weight:.0f} KB gzipped without fonts, in {len(files)} files", end="")
        assert weight <= HEAVIER.get(page.stem, HEAVIEST), page.name


def test_node_comes_with_the_environment():
    """Nobody should need a Node of their own to build the book."""
    assert shutil.which("node", path=str(Path(sys.executable).parent))


def test_formulas_are_whole_in_mathml(book):
    """Screen readers get MathML; each script and fraction has as many children as it wants."""
    wanted = {"msub": 2, "msup": 2, "mfrac": 2, "munder": 2, "mover": 2, "msubsup": 3, "munderover": 3}
    seen = 0
    for page in book.rglob("*.html"):
        for element in BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find_all(list(wanted)):
            seen += 1
            children = [child for child in element.children if child.name]
            assert len(children) == wanted[element.name], (page.name, str(element)[:200])
    assert seen > 100


def test_the_package_page_has_a_heading_for_every_public_name(book):
    """Made from the docstrings: what is public stands there, and what changes there changes the page."""
    import bplib

    page = BeautifulSoup((book / "book/api.html").read_text(encoding="utf-8"), "html.parser")
    linked = {link["href"] for link in page.select("article .bp-contents a")}
    for name in bplib._HOME:
        [section] = page.find_all(id=f"bplib.{name}")
        assert section.find(["h2", "h3"]).find("code").get_text() == name
        assert f"#bplib.{name}" in linked
    text = page.select_one("article").get_text()
    assert "`" not in text
    assert not re.search(r"\*\w+\*", text)
    assert "one number for each parent" in text  # from the docstring of Value


def test_a_docstring_is_taken_apart():
    text = """What it does, in
two lines.

name, other    what it is,
               and more of it
third          with `code`
Raises ValueError.
As here::

    x = 1
    if x:
        y = 2

The end."""
    assert extension("bp_api").blocks(text) == [
        ("prose", ["What it does, in", "two lines."]),
        ("rows", [["name, other", "what it is, and more of it"], ["third", "with `code`"]]),
        ("prose", ["Raises ValueError.", "As here:"]),
        ("code", ["", "x = 1", "if x:", "    y = 2", ""]),
        ("prose", ["The end."]),
    ]


def test_a_name_leads_to_the_first_chapter_that_uses_it():
    api = extension("bp_api")
    assert api.taught("checkpoint").startswith("17_")
    assert api.taught("Quiz").startswith("01_")
    assert api.taught("Trace") == api.taught("trace"), "`bp.Trace` is what `bp.trace` returns"
    assert api.taught("conv") is None, "a part of a name is no name"
    assert api.methods("Tensor")["unfold"].startswith("15_")


def test_what_no_page_uses_is_not_in_the_package():
    import bplib

    api = extension("bp_api")
    assert {name for name in bplib._HOME if not api.taught(name)} == set()
    assert {f"{name}.{m}" for name in bplib._HOME for m, page in api.methods(name).items() if not page} == set()


def test_every_link_within_the_book_leads_somewhere(book):
    """To a file that is there, and in it to an id that is there."""
    pages = {page: BeautifulSoup(page.read_text("utf8"), "html.parser") for page in book.rglob("*.html")}
    ids = {page: {element["id"] for element in soup.find_all(id=True)} for page, soup in pages.items()}
    for page, soup in pages.items():
        for link in soup.select("a[href]"):
            url = urlsplit(link["href"])
            if url.scheme or "_static" in page.parts:
                continue
            target = (page.parent / unquote(url.path)).resolve() if url.path else page
            assert target.is_file(), f"{page.relative_to(book)}: {link['href']}"
            known = not url.fragment or target not in ids or unquote(url.fragment) in ids[target]
            assert known, f"{page.relative_to(book)}: {link['href']}"


def test_each_pitfall_links_the_section_that_explains_it(book):
    """All that name one: a heading that is renamed breaks the test above."""
    import bplib
    from bplib.exercises.shared.programs import BUGS
    from bplib.mistakes.arrays import SLIPS

    known = {**{slug: bug.mistake for slug, (_, bug) in BUGS.items()}, **SLIPS, **bplib.MISTAKES}
    page = BeautifulSoup((book / "book/pitfalls.html").read_text("utf8"), "html.parser")
    for slug, mistake in known.items():
        [entry] = [
            term.find_next("dd") for term in page.find_all("dt") if term.get_text(strip=True).rstrip("#") == slug
        ]
        links = [link.get_text() for link in entry.select("a[href*='#']")]
        assert links == ([mistake.see.split(": ")[1]] if mistake.see else []), slug


def test_icons_are_those_that_pages_scripts_and_other_rules_use():
    css = '.fa-bars::before{content:"\\f0c9"}.fa-bars-progress:before,.fa-tasks:before{content:"\\f828"}' \
          '.note>.title:after{content:"\\f05a"}.fa-moon:before{content:"\\f186"}p{color:"red"}'  # fmt: skip
    page = '<i class="fa-solid fa-tasks"></i> <script>icon = "fa-moon"</script>'
    assert extension("bp_icons").icons(css, page) == {0xF828, 0xF05A, 0xF186}


def test_mathematics_is_markup_alone(book):
    """No second copy in boxes of boxes, and no element or attribute that some browser does not know."""
    known = {"math", "mi", "mn", "mo", "mtext", "mspace", "mrow", "mstyle", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
             "munder", "mover", "munderover", "mtable", "mtr", "mtd", "mphantom", "mpadded"}  # fmt: skip
    for page in [*book.rglob("*.html"), *(book / "_static/bp").rglob("*.js")]:
        text = page.read_text("utf8")
        assert "katex" not in text.lower() or page.parent.name == "_static" or "KaTeX" in text, page
        for formula in re.findall(r"<math\b.*?</math>", text, re.DOTALL):
            assert set(re.findall(r"<([a-z]+)", formula)) <= known, (page.name, formula)
            assert not re.search(r"\b(?:mathvariant|columnspacing|rowspacing|notation)=", formula), (page.name, formula)


def test_the_font_of_mathematics_has_what_formulas_show(book):
    from fontTools.ttLib import TTFont

    file = book / "_static" / extension("bp_math").FONT_FILE
    font = TTFont(file)
    assert "MATH" in font  # what says how high a fence grows, and where a script stands
    texts = [page.read_text("utf8") for page in book.rglob("*.html")]
    assert extension("bp_mathml").characters("".join(texts)) <= font.getBestCmap().keys() | {0x2061, 0x20, 0xA0, 0x2009}
    assert file.stat().st_size < 30_000
    assert (file.parent / "mathematics.license.txt").read_text("utf8").startswith("Copyright")


def test_the_icon_fonts_are_cut_down():
    fonts = list((BOOK / "_static/vendor/fontawesome/webfonts").glob("*.woff2"))
    assert len(fonts) == 3
    assert all(font.stat().st_size < 8_000 for font in fonts)


# ---------- the gallery ----------


@pytest.fixture(scope="module")
def sections(book):
    """The sections of the gallery that show a figure, by its name."""
    page = BeautifulSoup((book / "book/gallery.html").read_text("utf8"), "html.parser")
    return {found["id"].removeprefix("figure-"): found for found in page.select("section[id^='figure-']")}


def test_every_figure_has_a_question_and_an_address_that_stays(sections):
    from bplib.explore import NAMES

    assert set(sections) == set(NAMES)
    for name, section in sections.items():
        heading = section.find("h2")
        assert heading.a["href"] == f"#figure-{name}"
        assert re.fullmatch(r"[A-Z].*\?", heading.get_text().removesuffix("#")), name


def test_the_code_of_a_figure_is_below_it_and_closed(sections):
    """What stands above a quiz would give its answers away."""
    for name, section in sections.items():
        assert section.find("pre").find_parent("details", class_="bp-code"), name
        figure = section.find(re.compile("^bp-"))
        assert figure in section.find("pre").find_all_previous(re.compile("^bp-")), name
        assert not section.select("details[open]"), name


def test_every_figure_is_a_page_of_its_own_in_one_file(book, sections):
    pages = {page.stem: page.read_text("utf8") for page in (book / "embed").glob("*.html")}
    assert set(pages) == set(sections)
    for name, text in pages.items():
        assert not [url for url in loaded_by(text) if not url.startswith("data:")], name
        assert text.count("<bp-") == 1
        [line] = sections[name].select(".bp-take code")
        frame = BeautifulSoup(line.get_text(), "html.parser").iframe
        assert frame["src"] == f"embed/{name}.html"
        assert frame["title"] == BeautifulSoup(text, "html.parser").title.get_text()


# ---------- exercises ----------


def script_data(file: Path) -> dict:
    """What one of the book's own scripts puts down."""
    return json.loads(file.read_text("utf8").split(" = ", 1)[1].rstrip(";\n"))


def with_exercises(book) -> list[Path]:
    """The pages on which exercises are answered."""
    return [page for page in [*chapters(book), book / "book/bug_clinic.html"] if shown_on(page)]


def shown_on(page: Path) -> list[str]:
    """The exercises whose prompts a page shows, by the notebook that it is made from."""
    cells = json.loads((ROOT / "book" / f"{page.stem}.ipynb").read_text("utf8"))["cells"]
    calls = re.findall(
        r"^bp\.(?:exercise|more_practice)\((\"[^)]*)\)", "\n".join("".join(c["source"]) for c in cells), re.M
    )
    return [id for call in calls for id in re.findall(r'"([\w.]+)"', call)]


def elements_of(page: Path) -> dict[str, dict]:
    """The places of a page where exercises are answered, with their data."""
    found = BeautifulSoup(page.read_text("utf8"), "html.parser").find_all("bp-exercise")
    return {element["data-memory"].removeprefix("exercise/"): json.loads(element["data"]) for element in found}


def test_every_exercise_is_answered_below_its_prompt_or_leads_to_the_notebook(book):
    from bplib.checking import EXERCISES

    count = 0
    for page in with_exercises(book):
        elements, soup = elements_of(page), BeautifulSoup(page.read_text("utf8"), "html.parser")
        ids = shown_on(page)
        here = [id for id in ids if hasattr(EXERCISES[id], "kit") or type(EXERCISES[id]).__name__ == "ByPerson"]
        assert list(elements) == here, page.name
        elsewhere = soup.select(".bp-elsewhere a[href$='_exercises.zip']")
        assert len(elsewhere) == len(ids) - len(here), page.name
        for id in here:
            [element] = soup.select(f"[data-memory='exercise/{id}']")
            text = element.parent.get_text() if element.find_parent("details") is None else element.parent.summary.text
            assert f"{id} {EXERCISES[id].title}" in text
        count += len(here)
    assert count > 45


def test_what_judges_in_the_page_is_the_entry_s_kit(book):
    from bplib.checking.kits import pool

    for page in with_exercises(book):
        file = book / "_static/bp/kits" / f"{page.stem}.js"
        made = script_data(file)
        data = [kit for kit in made["kits"] if kit["kind"] != "ByPerson"]
        assert json.loads(json.dumps(pool([(kit["id"], "book") for kit in data]))) == {
            "say": made["say"], "mistakes": made["mistakes"], "kits": data
        }  # fmt: skip
        assert packed(file) <= JUDGE
        assert {kit["id"] for kit in made["kits"]} == set(elements_of(page))
        words = [kit for kit in made["kits"] if kit["kind"] == "ByPerson"]
        for kit in words:
            assert sum(points for points, _ in kit["rubric"]) == elements_of(page)[kit["id"]]["points"]
            assert "Rubric" not in kit["model"]


def test_a_message_leads_to_the_section_that_it_names(book):
    ids = {page.name: {e["id"] for e in BeautifulSoup(page.read_text("utf8"), "html.parser").find_all(id=True)}
           for page in chapters(book)}  # fmt: skip
    made = [script_data(book / f"_static/bp/kits/{page.stem}.js") for page in with_exercises(book)]
    hrefs = {href for kits in made for html in kits["math"].values() for href in re.findall(r'<a href="([^"]+)"', html)}
    assert len(hrefs) > 10
    for href in hrefs:
        page, _, fragment = href.partition("#")
        assert fragment in ids[page], href


def test_solutions_are_linked_where_they_are(book):
    for page in with_exercises(book):
        for id, data in elements_of(page).items():
            url = urlsplit(data["solution"])
            solution = (page.parent / url.path).resolve().read_text("utf8")
            assert f'id="{url.fragment}"' in solution, id


def test_fresh_numbers_are_those_of_their_variants(book, typeset):
    """Every prompt is put together again from its template, and judged by its own kit."""
    from bplib.checking import EXERCISES
    from bplib.checking.kits import pool

    drilled = [
        (id, page) for page in with_exercises(book) for id, data in elements_of(page).items() if data.get("drill")
    ]
    assert len(drilled) > 30
    shown = {}
    for id, _ in drilled:
        file = book / f"_static/bp/drill/{id}.js"
        assert packed(file) <= POOL
        made = script_data(file)
        which, *places = made["prompts"][-1]
        prompt = re.sub(r"\{\{(\d+)\}\}", lambda k: made["parts"][places[int(k[1])]], made["templates"][which])  # noqa: B023
        kit = {**made["same"], **made["kits"][-1]}
        formulas = re.findall(r"\$\$.+?\$\$|\$[^$]+\$", EXERCISES[id].show(kit["variant"]))
        wanted = [(tex.strip("$ "), tex.startswith("$$")) for tex in formulas]
        shown[id] = re.findall(r"<math\b.*?</math>", prompt, re.DOTALL), wanted
        want = json.loads(json.dumps(pool([(id, kit["variant"])], pairs=False)["kits"][0]))
        assert {key: kit[key] for key in want if key in ("want", "right", "needs")} == {
            key: want[key] for key in want if key in ("want", "right", "needs")
        }
    made = typeset(*{formula for _, wanted in shown.values() for formula in wanted})
    for id, (found, wanted) in shown.items():
        assert found == [made[formula]["html"] for formula in wanted], id


def test_texts_become_templates_and_back():
    texts = [f"<p>x = {x}, <mn>{x}</mn>, y = {y}</p>" for x, y in ((1, -2), (3, -2), (-4, 5))] + ["<p>none</p>"]
    templates, parts, rows = extension("bp_pools").templated(texts)
    back = [re.sub(r"\{\{(\d+)\}\}", lambda k: parts[row[1 + int(k[1])]], templates[row[0]]) for row in rows]  # noqa: B023
    assert back == texts
    assert len(templates) <= 3


def test_markdown_ties_a_full_stop_to_its_formula():
    markdown = extension("bp_markdown").Markdown(ROOT)
    [made] = markdown.render(["Take $x^2$, then `y`.\n\n| a |\n|---|\n| $b$ |"])
    assert re.search(r"</math>,</span> then <code>y</code>", made)
    assert "<table" in made
    assert list(markdown.formulas_in(["so $w_1$ and $w_1$"])) == ["w_1"]


# ---------- what pages leave out ----------


def test_rules_for_classes_that_nothing_has_are_left_out():
    css = '/*! a.b */.on{a:b}.off{c:d}.on,.off:hover{e:f}@media print{.off{g:h}.on .off{i:j}}a:not(.off){k:l}[x=".y"]{o:p}'
    light = extension("bp_light").pruned(css, {"on"})
    assert light == '.on{a:b}.on{e:f}a:not(.off){k:l}[x=".y"]{o:p}'


def test_a_style_sheet_is_moved_and_squeezed():
    light = extension("bp_light")
    css = """a { b: url("../x/y.woff2?1") ; c : url(data:z) }
@media print { d , e { f: calc(1px + 2px); } }"""
    assert light.squeezed(light.moved(css, "styles")) == (
        "a{b: url(styles/../x/y.woff2?1);c : url(data:z)}@media print{d,e{f: calc(1px + 2px)}}"
    )


def test_no_rule_of_a_figure_is_left_out(book):
    """Their scripts put names of classes together, so no list of words has them all."""
    css = (book / "_static/styles.css").read_text("utf8")
    for file in [*(book / "_static/bp").glob("*.css"), book / "_static/book.css"]:
        text = re.sub(r"/\*.*?\*/", "", file.read_text("utf8"), flags=re.DOTALL)
        assert set(re.findall(r"\.(bp-[\w-]+)", text)) <= set(re.findall(r"\.(bp-[\w-]+)", css)), file.name


def test_the_theme_s_script_asks_first_and_writes_then(book):
    text = (book / "_static/scripts/pydata-sphinx-theme.js").read_text("utf8")
    assert text.count("e.scrollWidth>e.clientWidth") == 1
    assert not extension("bp_light").HASTY.search(text)
    assert re.search(
        r"Array\.from\(document\.querySelectorAll\(\[.*?checkVisibility\(\)\)\.map\(e=>\[e,e\.scrollWidth>", text
    )


def test_a_page_waits_for_one_style_sheet_and_no_script(book):
    """Only the search page runs scripts while it is read; its own, and Sphinx's."""
    for page in book.rglob("*.html"):
        text = page.read_text("utf8")
        if "_static" in page.parts or "embed" in page.parts or page.parent == book:
            continue
        assert len(re.findall(r'<link[^>]*rel="stylesheet"', text)) == 1, page
        assert 0 < text.index('classList.add("bp-scripted")') < text.index('rel="stylesheet"'), page
        assert re.findall(r"<script(?![^>]*\b(?:defer|type=)\b)[^>]*\bsrc=[^>]*>", text) == [], page
        head = text[text.index('rel="stylesheet"') : text.index("</head>")]
        assert "<script>" not in head, f"{page}: a script behind the style sheet waits for it"


def test_code_without_colour_has_no_box():
    code = '<span class="k">def</span><span class="w"> </span><span class="nf">f</span><span class="p">(</span><span class="n">x</span>' \
           '<span class="p">):</span>\n<span class="sa">f</span><span class="s2">&quot;a</span><span class="si">{</span><span class="n">x</span>'  # fmt: skip
    light = extension("bp_elements").light_code(
        f'<div class="highlight"><pre>{code}</pre></div><span class="n">x</span>'
    )
    assert light == (
        '<div class="highlight"><pre><span class="k">def</span> <span class="nf">f</span>(x):\n'
        '<span class="sa">f&quot;a{</span>x</pre></div><span class="n">x</span>'
    )


def test_a_drawing_has_no_layers_that_show_nothing():
    drawing = """<svg viewBox="0 0 9 9">
 <g id="axes_1">
  <g id="used" clip-path="url(#c)"><use xlink:href="#m" x="1.23456"/></g>
  <path d="M 0 0" style="fill: none"/><g id="a"><path d="M 1.23456 2
L 3.999 4.5
" style="fill: red"/></g>
  <g id="b"><path d="M 5 6" style="fill: red"/></g>
  <g id="c"><path d="M 7 8" style="fill: red; stroke: blue"/></g>
  <path d="M 9 9" style="fill: red; stroke: blue"/><g id="empty"/>
 </g>
</svg>"""
    assert extension("bp_elements").light_drawings(drawing) == (
        '<svg viewBox="0 0 9 9"><g id="used" clip-path="url(#c)"><use xlink:href="#m" x="1.23456"/></g>'
        '<path d="M 1.23 2 L 4 4.5 M 5 6" style="fill: red"/><g id="c"><path d="M 7 8" style="fill: red; stroke: blue"/></g>'
        '<path d="M 9 9" style="fill: red; stroke: blue"/></svg>'
    )


def test_pages_have_few_elements(book, capsys):
    """A phone lays out every one. What scripts add is counted in browsers."""
    counts = {}
    for page in book.rglob("*.html"):
        counts[page.relative_to(book).as_posix()] = len(
            re.findall(r"<[a-z]", re.sub(r"<script.*?</script>", "", page.read_text("utf8"), flags=re.DOTALL))
        )
    heaviest = sorted(counts.items(), key=lambda item: -item[1])[:3]
    with capsys.disabled():
        print(f"\nmost elements: {heaviest}", end="")
    assert heaviest[0][1] <= ELEMENTS, heaviest


def test_pages_load_only_what_they_have(book):
    for page in book.rglob("*.html"):
        text = page.read_text("utf8")
        assert "bootstrap.js" not in text, page
        assert ("copybutton.js" in text) == bool(re.search(r'class="[^"]*\bhighlight\b', text)), page


# ---------- notebooks to take along ----------

READERS_MACHINE = """
import sys
sys.modules.update(dict.fromkeys(["anywidget", "ipywidgets", "tqdm", "openpyxl"]))

def stay_here(event, args):
    host = args[0] if event == "socket.getaddrinfo" else args[1][0] if event == "socket.connect" else ""
    if host and not str(host).startswith(("127.", "localhost", "/")):
        raise OSError(f"there is no network here: {host}")

sys.addaudithook(stay_here)
"""
EXECUTE = """
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], 4)
said = nbformat.v4.new_code_cell("import bplib, sys; print(bplib.__file__)")
notebook.cells.append(said)
NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
print(said.outputs[0].text.strip())
"""


@pytest.fixture(scope="module")
def readers_python(tmp_path_factory):
    """A Python that has Jupyter, NumPy and Matplotlib, no network, and neither bplib nor what bplib can do without."""
    home = tmp_path_factory.mktemp("reader")
    venv.create(home, with_pip=False)
    [site] = home.glob("lib/python*/site-packages")
    installed = Path(importlib.import_module("numpy").__file__).parents[1]
    # A folder that a .pth names is searched, but the .pth files in it are not read: so this checkout is not installed.
    (site / "here.pth").write_text(f"{installed}\nimport readers_machine\n")
    (site / "readers_machine.py").write_text(READERS_MACHINE)
    python = home / "bin" / "python"
    missing = subprocess.run([python, "-c", "import bplib"], cwd=home, env={}, capture_output=True, text=True)
    assert "No module named 'bplib'" in missing.stderr
    return python


@pytest.mark.parametrize(
    "name", ["07_two_layer_trace_exercises", "bug_clinic_exercises", "07_two_layer_trace", "gallery", "teaching"]
)
def test_a_notebook_runs_from_its_zip_with_numpy_and_matplotlib_alone(book, readers_python, tmp_path, name):
    folder = tmp_path / "My Course"
    zipfile.ZipFile(book / f"_downloads/bundles/{name}.zip").extractall(folder)
    [notebook] = folder.glob("*/*.ipynb")
    done = subprocess.run(
        [readers_python, "-c", EXECUTE, notebook.name],
        cwd=notebook.parent,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "JPY_SESSION_NAME": "as in JupyterLab"},
        capture_output=True,
        text=True,
    )
    assert not done.returncode, done.stderr[-3000:]
    assert done.stdout.strip().endswith(f"My Course/{name}/bplib/__init__.py")


def zip_links(page: Path) -> list[Path]:
    """The zips that a page links to, as files."""
    soup = BeautifulSoup(page.read_text("utf8"), "html.parser")
    return [(page.parent / link["href"]).resolve() for link in soup.select("a[href$='.zip']")]


def test_every_page_that_is_a_notebook_links_its_zip(book):
    notebooks = sorted((book / "_sources").rglob("*.ipynb"))
    assert len(notebooks) > 20
    for notebook in notebooks:
        page = (book / notebook.relative_to(book / "_sources")).with_suffix(".html")
        [own, *_] = zip_links(page)
        assert f"{own.stem}/{notebook.name}" in zipfile.ZipFile(own).namelist(), page


def test_every_exercise_notebook_can_be_downloaded_with_its_zip(book):
    """Next to the bare notebook: without the package nobody who has only these pages could do an exercise."""
    found = {}
    for page in (book / "book").glob("*.html"):
        for link in BeautifulSoup(page.read_text("utf8"), "html.parser").select("a.download[href$='.ipynb']"):
            beside = link.find_next("a")["href"]
            found[link["href"].rpartition("/")[2]] = (page.parent / beside).resolve()
    exercises = {path.name for path in (ROOT / "exercises").glob("*/*.ipynb")}
    assert found.keys() == exercises
    for notebook, file in found.items():
        assert f"{Path(notebook).stem}_exercises/{notebook}" in zipfile.ZipFile(file).namelist()


def test_a_zip_holds_what_git_knows_of_the_package_and_says_how(book):
    tracked = subprocess.check_output(["git", "ls-files", "bplib"], cwd=ROOT, text=True).split()
    for file in (book / "_downloads/bundles").glob("*.zip"):
        archive = zipfile.ZipFile(file)
        names = [name.removeprefix(f"{file.stem}/") for name in archive.namelist()]
        assert sorted(name for name in names if name.startswith("bplib/")) == sorted(tracked)
        said = archive.read(f"{file.stem}/README.txt").decode()
        assert all(word in said for word in ("JupyterLab", "VS Code", "Colab", "stranger", f"{file.stem}.zip"))
        assert all(len(line) <= 120 for line in said.splitlines())


def test_the_same_files_make_the_same_zip(tmp_path):
    bundle = extension("bp_bundle")
    for name in ("a.zip", "b.zip"):
        bundle.write_bundle(ROOT, "exercises/04_one_path/04_one_path.ipynb", tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_downloaded_notebook_says_where_the_package_is(book):
    for file in [*(book / "_sources").rglob("*.ipynb"), *(book / "_downloads").rglob("*.ipynb")]:
        cells = json.loads(file.read_text("utf8"))["cells"]
        code = [i for i, cell in enumerate(cells) if "import bplib" in "".join(cell["source"])]
        told = [i for i, cell in enumerate(cells) if cell["id"] == "where-bplib-is"]
        if code:
            [note] = told
            assert cells[note + 1]["cell_type"] == "code"
            zipped = re.search(r"`(\w+\.zip)`", cells[note]["source"])[1]
            assert (book / "_downloads/bundles" / zipped).is_file()


def test_a_note_is_added_once_and_only_where_the_package_is_used():
    note = extension("bp_bundle").with_note
    made = json.dumps({"cells": [{"cell_type": "code", "id": "a", "source": ["import bplib as bp"]}]})
    once = note(made, "ch")
    assert [cell["cell_type"] for cell in json.loads(once)["cells"]] == ["markdown", "code"]
    assert note(once, "ch") == once
    without = json.dumps({"cells": [{"cell_type": "code", "id": "a", "source": ["import math"]}]})
    assert note(without, "ch") == without


# ---------- search ----------


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"dW_1", "dW1"),
        (r"\partial L / \partial w_1", "∂L/∂w1"),
        (r"\frac{\partial L}{\partial z_2}", "∂L/∂z2"),
        (r"\frac{a + b}{2}", "(a+b)/2"),
        (r"z_1 = w_1 x + b_1", "z1 = w1 x+b1"),
        (r"(z_2 - y)^2", "(z2\u2212y)^2"),
        (r"f'(z)", "f\u2032(z)"),
        (r"A_{\text{before}}^{\mathsf T}", "A_before^T"),
        (r"\sum_n dZ_n", "∑_n dZ_n"),
        (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "(1 2; 3 4)"),
        (r"\sqrt{x + 1}", "√(x+1)"),
        (r"a < b", "a < b"),
    ],
)
def test_a_formula_is_one_line_of_text(typeset, tex, text):
    [made] = typeset((tex, False)).values()
    shown = extension("bp_search").formula_text(made["html"])
    assert re.sub(r"(?<=\w) (?=\w)", "", shown) == re.sub(r"(?<=\w) (?=\w)", "", text)


def test_the_words_of_a_figure_are_told_apart():
    html = (
        '<bp-x data=\'{"a": "b > c"}\'><table><caption>What it says.</caption><tr><td>one</td><td>two</td></tr></table>'
        "<ol><li>Why?<ul><li>because</li></ul></li></ol><details><summary>Answers</summary><p>secret</p></details>"
        "<style>p{}</style><img alt='a curve' src='x.png'><svg aria-label='a map'><text>w</text></svg></bp-x>"
    )
    told = [(node.__class__.__name__, node.astext()) for node in extension("bp_search").figure_text(html)]
    assert told == [
        ("paragraph", "What it says."),
        ("literal_block", "one two"),
        ("paragraph", "Why?"),
        ("paragraph", "because"),
        ("literal_block", "Answers"),
        ("literal_block", "secret"),
        ("paragraph", "a curve"),
        ("paragraph", "a map"),
    ]


def test_excerpts_are_prose_of_every_page(book):
    search = extension("bp_search")
    pages = search.read_excerpts(book / "_static" / search.FILE)
    assert {f"{name}.html" for name in pages} == {
        page.relative_to(book).as_posix()
        for folder in ("book", "solutions")
        for page in (book / folder).rglob("*.html")
    }
    lines = [line for sections in pages.values() for _, *found in sections for line in found]
    assert len(lines) > 1000
    for line in lines:
        assert not re.search(r"\\(frac|partial|sum|begin|mathsf)|</?\w+>|¶|\n", line), line
    assert "Move w1 until the prediction z2 meets the target y." in " ".join(pages["book/index"][0])


def test_what_figures_say_is_found(book):
    """Every word of every figure's static form leads to its page."""
    from sphinx.search.en import SearchEnglish

    index = json.loads((book / "searchindex.js").read_text("utf8")[len("Search.setIndex(") : -1])
    stems = SearchEnglish({})
    for page in (book / "book").glob("*.html"):
        number = index["docnames"].index(f"book/{page.stem}")
        for figure in BeautifulSoup(page.read_text("utf8"), "html.parser").find_all(re.compile("^bp-")):
            for drawing in figure.find_all("svg"):
                drawing.replace_with(drawing["aria-label"])  # what it shows is found, not the letters at its axes
            for word in map(stems.stem, stems.split(figure.get_text(" ").lower())):
                places = [index[kind].get(word, []) for kind in ("terms", "titleterms")]
                found = {n for place in places for n in (place if isinstance(place, list) else [place])}
                assert number in found or not stems.word_filter(word), (page.stem, figure.name, word)


# ---------- what is held back until the reader has guessed ----------


def predict_boxes(book):
    """(page, box) for every Predict box of the book's own pages."""
    for page in sorted((book / "book").glob("*.html")):
        for quote in BeautifulSoup(page.read_text("utf8"), "html.parser").select("article blockquote"):
            if quote.get_text().strip().startswith("Predict."):
                yield page.name, quote


def test_every_predict_box_holds_back_what_answers_it(book):
    boxes = list(predict_boxes(book))
    assert len(boxes) > 10
    for page, quote in boxes:
        button = quote.select_one(".bp-guess button")
        if button is None:  # the reader answers in the figure below
            figure = quote.find_next("bp-graph")
            assert figure is not None, (page, quote.get_text())
            assert '"fill":true' in figure["data"]
            continue
        regions = [quote.find_parent("article").find(id=name) for name in button["aria-controls"].split()]
        assert regions
        assert all(region.get_text(strip=True) or region.find("img") for region in regions), page
        for region in regions:
            assert not region.select("h1, h2, h3, blockquote, .bp-guess"), page
            inside = region.select(".cell_input")
            assert not inside, f"{page}: code is never held back"


def held(*blocks):
    """What a Predict box above these blocks holds back: a letter for each kind of block, regions in a list."""
    from docutils import nodes

    section = nodes.section()
    page = nodes.section("", section)
    quote = nodes.block_quote("", nodes.paragraph("", "", nodes.strong("", "Predict."), nodes.Text(" What?")))
    section += quote
    for block in blocks:
        if block == "p":
            section += nodes.paragraph("", "prose")
        elif block == "c":
            section += nodes.paragraph("", "", nodes.emphasis("", "a caption"))
        elif block == "h":
            section += nodes.section("", nodes.title("", "A heading"))
            section = section[-1]
        elif block == "H":
            page += nodes.section("", nodes.title("", "A heading of the same level"))
            section = page[-1]
        elif block == "?":
            section += quote.deepcopy()
        else:
            cell = nodes.container(classes=["cell"])
            cell.extend(nodes.container(classes=["cell_" + part]) for part in block.split("+"))
            section += cell

    def kind(node):
        return "p" if isinstance(node, nodes.paragraph) else "out" if "cell_output" in node["classes"] else "cell"

    return [[kind(node) for node in run] for run in extension("bp_memory").held_back(quote)]


@pytest.mark.parametrize(
    ("blocks", "regions"),
    [
        (["input+output", "p", "p"], [["out"], ["p"]]),
        (["p", "p", "input+output", "p", "p"], [["p", "p"], ["out"], ["p"]]),
        (["input", "input+output", "output", "p", "input+output"], [["out"], ["cell", "p"]]),
        (["p", "output", "p"], [["p", "cell", "p"]]),
        (["p", "h", "input+output"], [["p"]]),
        (["p", "?", "input+output"], [["p"]]),
        (["input+output", "h"], [["out"]]),
        (["h", "p", "input+output", "p", "p"], [["p"], ["out"], ["p"]]),
        (["h", "p", "h", "p"], [["p"]]),
        (["H", "p", "input+output", "p", "p"], [["p"], ["out"], ["p"]]),
        (["p", "H", "p"], [["p"]]),
        (["output", "c", "p", "p"], [["cell", "p", "p"]]),
        (["input"], []),
        ([], []),
    ],
)
def test_what_is_held_back_ends_with_the_first_paragraph_after_the_outputs(blocks, regions):
    assert held(*blocks) == regions


def test_what_the_search_quotes_is_not_the_field_for_a_guess(book):
    excerpts = (book / "_static/bp/excerpts.js").read_text("utf8")
    assert "Your guess" not in excerpts
    assert "The output is held back" not in excerpts


def test_the_key_of_the_inventory_is_not_in_its_page_in_clear(book):
    from bplib.exercises.inventory import ITEMS, NAMES

    text = (book / "book/concept_inventory.html").read_text("utf8")
    quiz = BeautifulSoup(text, "html.parser").find("bp-quiz")
    assert not any(slug in quiz["data"] or words in quiz["data"] for slug, words in NAMES.items())
    assert not any(item.why in text for item in ITEMS)
