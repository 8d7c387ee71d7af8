"""The class's slips: what was planted in a class of forty is what is counted, and nobody is named unless that is asked for."""

import csv
import json
import shutil
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import pytest
import slip_class
from bs4 import BeautifulSoup
from classes import ROOT, boxed, call, make_course
from slip_class import (
    AFTER,
    ASKED,
    BEFORE,
    EVIL,
    GARBAGE,
    PLAN,
    SHEET,
    STUDENTS,
    TRACE,
    judge,
    right,
    spread,
    wrong,
)

from bplib.checking import EXERCISES
from bplib.mistakes import REGISTRY
from grading import catalogue, late, reports, slips, slips_page, status, when
from grading.course import Course

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
ALL = [SHEET, TRACE, BEFORE, AFTER]


@pytest.fixture(scope="module")
def forty(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("forty")
    shutil.copy(ROOT / "nbgrader_config.py", root)
    people = "\n".join(
        f'{student},"{"<b>Ada</b>" if i == 0 else f"Person {i}"}",-' for i, student in enumerate(STUDENTS)
    )
    (root / "students.csv").write_text(f"id,name,email\n{people}\n")
    return slip_class.forty(root)


@pytest.fixture
def course(forty, tmp_path) -> Path:
    return shutil.copytree(forty, tmp_path / "course")


@pytest.fixture(scope="module")
def found(forty) -> list[slips.Assignment]:
    return slips.assignments(Course(forty), ALL)


def by_id(found) -> dict[str, slips.Exercise]:
    return {exercise.id: exercise for exercise in slips.exercises(found)}


def planted(student: str) -> set[str]:
    """The slips that somebody makes for certain in the traces."""
    made = [spread(plan)[STUDENTS.index(student)][1] for plan in PLAN.values()]
    return {slugs[0] for slugs in made if len(slugs) == 1}


# ---------------------------------------------------------------- the counts are what was planted


@pytest.mark.parametrize("key", PLAN)
def test_each_exercise_counts_what_was_planted(found, key):
    name, id = key
    exercise, plan = by_id(found)[id], PLAN[key]
    assert exercise.assignment == name
    assert exercise.handed_in == set(STUDENTS)
    entries = dict(zip(STUDENTS, spread(plan), strict=True))
    for state in slips.STATES:
        assert exercise.states[state] == {s for s, entry in entries.items() if entry[0] == state}, state
    wanted = {tuple(slugs): {s for s, e in entries.items() if e[1] == slugs} for _, slugs in entries.values() if slugs}
    assert dict(exercise.rows) == wanted
    assert exercise.unknown == {s for s, entry in entries.items() if entry == ["wrong", ()]}
    assert [len(who) for _, who in exercise.rows] == sorted((len(who) for who in wanted.values()), reverse=True)


def test_what_most_people_got_wrong_comes_first(found):
    count = [len(exercise.states["wrong"]) for exercise in slips.exercises(found)]
    assert count == sorted(count, reverse=True)
    assert slips.exercises(found)[0].id == "7.2"


def test_across_exercises_a_person_counts_once(found):
    persons = slips.by_person(found)
    for slug in ("no-activation-slope", "slope-at-a", "z-in-slope-formula"):
        assert set(persons[slug].sure) == {s for s in STUDENTS if slug in planted(s)}, slug
    assert len(persons["no-activation-slope"].sure) == 16
    assert persons["no-activation-slope"].sure["s00"] == {"6.2", "7.2", "7.3"}
    assert (len(persons["other-order"].sure), len(persons["other-order"].perhaps)) == (0, 4)
    assert next(iter(persons)) == "no-activation-slope"


def test_from_assignment_to_assignment(found):
    cells = slips.over_time(found, "no-activation-slope")
    assert [(len(who), len(of)) for who, of in cells[:2]] == [(8, 40), (16, 40)]
    assert cells[2:] == [None, None]  # the inventory's two questions cannot show it


def test_due_dates_give_the_order(course):
    known = Course(course)
    for day, name in enumerate([TRACE, SHEET, BEFORE, AFTER], 1):
        late.set_due(known, name, when.moment(f"2026-11-0{day} 12:00+00:00"))
    assert [one.name for one in slips.assignments(known, ALL)] == [TRACE, SHEET, BEFORE, AFTER]


def test_before_and_after(found):
    (pair,) = slips.twice(found)
    assert (pair.before, pair.after, pair.people) == (BEFORE, AFTER, set(STUDENTS[:30]))
    for question in pair.questions:
        rows = spread(ASKED[question.id])
        want = ({s for s, row in zip(STUDENTS, rows, strict=False) if row[side] is None} for side in (0, 1))
        assert (question.before, question.after) == tuple(want)
    first = next(q for q in pair.questions if q.id == "inventory.1")
    assert (len(first.after - first.before), len(first.before - first.after)) == (10, 4)
    assert {slug: tuple(map(len, sides)) for slug, sides in pair.slips.items()} == {
        "gradient-is-share": (15, 5), "backward-updates": (14, 0), "sign-turned": (0, 4), "backward-lowers-loss": (0, 2)}  # fmt: skip
    was, now = pair.shares
    assert (was, now) == ((15 + 16) / 60, (21 + 28) / 60)
    assert pair.gain == pytest.approx((49 - 31) / (60 - 31))


def test_only_who_answered_both_times_is_compared(course):
    shutil.rmtree(course / "submitted" / "s00" / AFTER)
    judge(course, "s01", BEFORE, dict.fromkeys(ASKED), BEFORE)  # nothing is answered
    (pair,) = slips.twice(slips.assignments(Course(course), ALL))
    assert pair.people == set(STUDENTS[2:30])


def test_status_and_slips_agree(course):
    known = Course(course)
    (course / "submitted" / "s99" / TRACE).mkdir(parents=True)
    judge(course, "s01", TRACE, {"7.2": right("7.2")})
    (course / "submitted" / "s01" / TRACE / f"{TRACE}.ipynb").write_text("{}")  # something else is handed in since
    (course / "submitted" / "s98" / TRACE).mkdir(parents=True)  # cannot be read, as `grade` notes
    reports.write(known.done_file(TRACE, "s98"), {"from": known.digest(TRACE, "s98"), "notes": ["the file is empty"]})
    (one,), state = slips.assignments(known, [TRACE]), status.of(known, TRACE)
    assert one.unread == {"s98"}
    assert one.handed_in == state.handed_in
    assert one.waiting | one.stale == state.to_grade == {"s99", "s01"}
    said = call(course, "slips", TRACE)
    assert (
        f"{TRACE}: 40 of 42 people counted; 2 to grade: python -m grading grade {TRACE}; 1 with nothing that could be judged: python"
        in said
    )
    page = (course / "slips" / "slips.html").read_text()
    assert "though something has changed since: 1." in page
    assert "Without anything that could be judged, and so not counted: 1." in page


# ---------------------------------------------------------------- what the judge keeps


def attempts(root: Path, student: str) -> list[dict]:
    return reports.attempts(Course(root).reports / TRACE / student / f"{TRACE}.json")


def test_who_hands_in_again_is_compared_with_before(course):
    for i in range(5):  # they had made it in 7.2 and in 7.3
        again = right("7.2") if i < 3 else wrong("7.2", "slope-at-a") if i == 3 else wrong("7.2", "no-activation-slope")
        judge(course, f"s0{i}", TRACE, {"7.2": again, "7.3": right("7.3")})
    found = slips.assignments(Course(course), ALL)
    row = slips.again(found)["no-activation-slope"]
    assert [len(part) for part in row] == [5, 4, 3]
    assert by_id(found)["7.2"].rows[0][1] == {f"s{i:02}" for i in range(4, 12)}
    assert call(course, "slips", "all").count("counted") == 4
    page = BeautifulSoup((course / "slips" / "slips.html").read_text(), "html.parser")
    table = next(t for t in page.select("table") if "handed in again" in t.caption.text)
    assert [cell.text for cell in table.select("tbody td")] == ["5", "4", "3"]


def test_the_same_answers_judged_anew_are_no_new_attempt(course):
    for _ in range(2):
        judge(course, "s00", TRACE, {"7.2": right("7.2")})
    assert [one["marks"]["7-2"]["state"] for one in attempts(course, "s00")] == ["wrong", "right"]
    judge(course, "s00", TRACE, {"7.2": GARBAGE})
    assert len(attempts(course, "s00")) == 3


def test_a_course_that_kept_no_slips_is_told_to_grade_again(course):
    for student in STUDENTS:
        file = course / "reports" / TRACE / student / f"{TRACE}.json"
        marks = {
            cell: {key: mark[key] for key in ("points", "of", "message")}
            for cell, mark in reports.read(file)["marks"].items()
        }
        file.write_text(json.dumps({"notes": [], "marks": marks}))
        shutil.rmtree(file.parent / "attempts")
    (one,) = slips.assignments(Course(course), [TRACE])
    assert (one.old, one.answers) == (set(STUDENTS), {})
    assert f"{TRACE}: 0 of 40 people counted; 40 to grade" in call(course, "slips", TRACE)
    assert "Graded before slips were kept, and so not counted: 40." in (course / "slips" / "slips.html").read_text()


def test_numbers_of_ones_own_count_by_slip(course):
    """Whoever answers with the numbers that they saw is counted by what they did, even if the numbers were not theirs."""
    Course(course).key.write_text("k" * 64)
    from grading import tokens

    for i, student in enumerate(STUDENTS[:9]):
        token = tokens.token(Course(course).key, student)
        used = token if i < 6 else "book"
        raw = wrong("7.2", "slope-at-a", used) if i < 8 else right("7.2")
        judge(course, student, TRACE, {"7.2": raw}, variant=used)
    exercise = by_id(slips.assignments(Course(course), [TRACE]))["7.2"]
    assert set(STUDENTS[:8]) <= dict(exercise.rows)["slope-at-a",]
    assert exercise.states["other numbers"] == {"s08"}


def test_what_learners_wrote_names_no_slip(course):
    hostile = (
        {"text": "no-activation-slope"},
        {"slips": ["no-activation-slope"]},
        {"named": {EVIL: 1.0}},
        EVIL,
        [EVIL],
        {EVIL: EVIL},
    )
    for i, raw in enumerate(hostile):
        judge(course, f"x{i}", TRACE, {"7.2": raw}, variant=EVIL)
    (one,) = slips.assignments(Course(course), [TRACE])
    assert {one.answers[f"x{i}"]["7.2"].slips for i in range(len(hostile))} == {()}
    call(course, "slips", TRACE, "--names")
    for file in (course / "slips").iterdir():
        assert "alert" not in file.read_text(), file


def test_an_exercise_that_the_book_does_not_have_is_counted_too(course):
    """An instructor may add cells."""
    for student in STUDENTS:
        judge(course, student, TRACE, {"7.2": right("7.2"), "my.cell": 1.0})
    call(course, "slips", TRACE)
    assert {row["exercise"]: row["answered"] for row in rows(course)} == {"7.2": "40", "my.cell": "0"}


def test_since(course):
    for i, student in enumerate(STUDENTS):
        (course / "submitted" / student / TRACE / "timestamp.txt").write_text(f"2026-11-{i % 20 + 1:02} 12:00:00 UTC")
    (one,) = slips.assignments(Course(course), [TRACE], when.moment("2026-11-11 00:00+00:00"))
    assert one.handed_in == {s for i, s in enumerate(STUDENTS) if i % 20 >= 10}
    call(course, "slips", TRACE, "--since", "2026-11-11 00:00")
    assert "since 2026-11-11 00:00" in (course / "slips" / "slips.html").read_text()
    assert "expected a moment such as" in call(course, "slips", TRACE, "--since", "last week", code=2)
    assert (
        len(slips.assignments(Course(course), [SHEET], when.moment("2020-01-01 00:00"))[0].handed_in) == 40
    )  # nobody knows when
    assert slips.assignments(Course(course), [SHEET], when.moment("2999-01-01 00:00"))[0].handed_in == set()


# ---------------------------------------------------------------- the page and the table


class Strict(HTMLParser):
    """Which tags are open, and what is asked of other machines."""

    def __init__(self) -> None:
        super().__init__()
        self.open, self.tags, self.links, self.ids = [], Counter(), [], []

    def handle_starttag(self, tag, attrs) -> None:
        self.tags[tag] += 1
        attrs = dict(attrs)
        self.links.append(attrs.get("href", ""))
        self.ids += [attrs["id"]] if "id" in attrs else []
        assert not attrs.keys() & {"src", "onclick", "onerror", "onload", "style", "srcset"}
        if tag not in ("meta", "rect", "wbr"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag) -> None:
        assert self.open.pop() == tag


def rows(root: Path) -> list[dict]:
    with (root / "slips" / "slips.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_the_page_is_one_file_that_asks_nobody(course):
    said = call(course, "slips", "all")
    assert "slips/slips.html is the page, and slips/slips.csv the table. They name nobody." in said
    text = (course / "slips" / "slips.html").read_text()
    page = Strict()
    page.feed(text)
    assert page.open == []
    assert not {"script", "link", "img", "iframe", "form"} & page.tags.keys()
    assert "url(" not in text
    assert "@import" not in text
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= set(page.ids)
    assert len(inside) == 5
    assert all(link.startswith(("#", "../_build/html/")) for link in page.links if link)
    soup = BeautifulSoup(text, "html.parser")
    for table in soup.select("table"):
        assert table.caption.text.strip()
        assert table.select("thead th[scope=col]")
        assert all(row.select("th[scope=row]") for row in table.select("tbody tr"))
    assert not any(student in text for student in STUDENTS)
    assert "Ada" not in text


def test_the_page_says_what_to_say(course):
    call(course, "slips", TRACE, "--book", "https://uni.example/backprop/")
    page = BeautifulSoup((course / "slips" / "slips.html").read_text(), "html.parser")
    first = page.select_one("#people ~ table tbody tr")
    mistake = REGISTRY["no-activation-slope"]
    assert "16 of 40 (40%)" in first.text
    for text in (mistake.says[1:], mistake.question, mistake.because, "In 7.2, 7.3."):
        assert text in first.text
    link = first.select_one("a")
    assert link["href"] == "https://uni.example/backprop/book/07_two_layer_trace.html#backward-one-factor-at-a-time"
    table = next(t for t in page.select("table") if t.caption.text.startswith("Slips in 7.2"))
    counts = [row.select_one("td").text.strip() for row in table.select("tbody tr")]
    assert counts == ["12 of 36 (33%)", "5 of 36 (14%)"]
    assert "With the numbers of 7.2 in the book, it gives 11.108; right is 2.06." in table.text
    text = " ".join(page.text.split())
    assert "36 answered: 14 (39%) right, 19 (53%) with a slip that has a name, 3 (8%) wrong in no known way." in text
    assert "By fewer than 3 each" in text


def test_the_table_has_a_row_for_each_exercise_and_slip(course):
    call(course, "slips", "all")
    found = {(row["exercise"], row["slip"]): row for row in rows(course) if row["assignment"] in (SHEET, TRACE)}
    assert set(found) == {("6.2", "no-activation-slope"), ("6.2", "inputs-crossed or other-order"), ("7.2", "no-activation-slope"),
                          ("7.2", "slope-at-a"), ("7.2", "z-in-slope-formula"), ("7.2", ""), ("7.3", "no-activation-slope")}  # fmt: skip
    row = found["7.2", "no-activation-slope"]
    assert (row["handed in"], row["answered"], row["right"], row["people"], row["share of answered"]) == (
        "40",
        "36",
        "14",
        "12",
        "33%",
    )
    assert found["7.2", "z-in-slope-formula"]["people"] == "fewer than 3"
    assert found["7.2", "z-in-slope-formula"]["share of answered"] == ""
    assert (found["7.2", ""]["people"], found["7.2", ""]["what was done"]) == ("3", slips_page.NO_NAME)
    assert row["link"].endswith("_build/html/book/07_two_layer_trace.html#backward-one-factor-at-a-time")
    assert "who" not in row


def test_names_only_if_they_are_asked_for(course):
    call(course, "slips", TRACE, "--names")
    text = (course / "slips" / "slips.html").read_text()
    assert "&lt;b&gt;Ada&lt;/b&gt; (s00)" in text
    assert "<b>Ada" not in text
    row = next(row for row in rows(course) if row["slip"] == "z-in-slope-formula")
    assert (row["people"], row["who"]) == ("2", "Person 17 (s17), Person 18 (s18)")
    assert "fewer than 3" not in text


def test_small_numbers_are_told_if_one_wishes(course):
    call(course, "slips", TRACE, "--fewest", "1")
    assert next(row for row in rows(course) if row["slip"] == "z-in-slope-formula")["people"] == "2"
    call(course, "slips", TRACE, "--fewest", "6", "--to", "other")
    page = (course / "other" / "slips.html").read_text()
    assert "By fewer than 6 each" in page
    assert "expected a whole number from 1 on for --fewest; got 0" in call(
        course, "slips", TRACE, "--fewest", "0", code=2
    )


def test_of_a_small_class_no_share_is_told(course):
    for student in STUDENTS[9:]:
        shutil.rmtree(course / "submitted" / student)
    call(course, "slips", "all")
    text = (course / "slips" / "slips.html").read_text()
    assert "n = 9 people answered both times" in text
    assert "For fewer than 10 people, a share or a gain would say nothing" in text
    assert "%)" not in text
    assert {row["share of answered"] for row in rows(course)} == {""}


def test_nothing_is_written_over(course):
    call(course, "slips", TRACE)
    (course / "slips" / "slips.html").unlink()
    (course / "slips" / "slips.csv").write_text("mine")
    said = call(course, "slips", TRACE, code=2)
    assert (
        "slips/slips.csv is there already, and is not written over: move it away, or choose another with --to FOLDER"
        in said
    )
    assert (course / "slips" / "slips.csv").read_text() == "mine"
    assert not (course / "slips" / "slips.html").exists()


def test_what_is_asked_for_wrongly_is_said(course):
    assert "no assignment 'nothing' was released" in call(course, "slips", "nothing", code=2)
    assert "expected a folder for --to; students.csv is a file" in call(
        course, "slips", TRACE, "--to", "students.csv", code=2
    )
    assert "expected the address of the book" in call(course, "slips", TRACE, "--book", "javascript:x", code=2)
    assert not (course / "slips").exists()


def test_before_and_after_on_the_page(course):
    call(course, "slips", BEFORE, AFTER)
    page = BeautifulSoup((course / "slips" / "slips.html").read_text(), "html.parser")
    text = " ".join(page.text.split())
    assert "n = 30 people answered both times, and only they are counted." in text
    assert "Of all answers, 52% were right before and 82% after; the normalised gain" in text
    assert "is 0.62 (n = 30)" in text
    tables = {table.caption.text: table for table in page.select("table")}
    questions = tables["How many of 30 had each question right, and how many changed"]
    assert [cell.text for cell in questions.select_one("tbody tr").select("td")] == ["15", "21", "10", "4"]
    ideas = [
        [cell.text for cell in row.select("td")]
        for row in tables["How many of 30 showed each idea or slip at least once"].select("tbody tr")
    ]
    assert ideas == [["15", "5", "10", "0"], ["14", "0", "14", "0"], ["0", "4", "0", "4"]]


# ---------------------------------------------------------------- handed out twice, in the sandbox


@boxed
@pytest.mark.slow
def test_the_inventory_is_handed_out_twice(tmp_path):
    """From release to the page, as an instructor does it; nobody waits for a person."""
    root = make_course(tmp_path, {"cell": 30, "wall": 60})
    said = call(root, "release", BEFORE, "--as", AFTER)
    assert f"exercises/{BEFORE}/{BEFORE}.ipynb is ready to hand out, and the gradebook knows it as {AFTER}." in said
    call(root, "release", BEFORE)
    nb = json.loads((root / "exercises" / BEFORE / f"{BEFORE}.ipynb").read_text())
    for name, chosen in ((BEFORE, ["b"]), (AFTER, "bd")):
        for cell in nb["cells"]:
            if "".join(cell["source"]).startswith("letter = "):
                cell["source"] = f"letter = {chosen[0]!r}"
                chosen = [*chosen[1:], chosen[0]]
        (root / name).mkdir()
        (root / name / "ann.ipynb").write_text(json.dumps(nb))
        call(root, "collect", name, str(root / name))
        assert "1 graded, 0 of them need a person" in call(root, "grade", name, "--quiet")
    (pair,) = slips.twice(slips.assignments(Course(root), [BEFORE, AFTER]))
    keys = [EXERCISES[question.id].options()[1] for question in pair.questions]
    assert [bool(q.before) for q in pair.questions] == [key == "b" for key in keys]
    assert [bool(q.after) for q in pair.questions] == [key == "bd"[i % 2] for i, key in enumerate(keys)]
    shutil.copy(root / AFTER / "ann.ipynb", root / BEFORE / "ann.ipynb")  # other answers
    call(root, "collect", BEFORE, str(root / BEFORE))
    assert "1 graded" in call(root, "grade", BEFORE, "--quiet")
    call(root, "grade", BEFORE, "--quiet", "--again")
    (one,) = slips.assignments(Course(root), [BEFORE])
    assert len(one.before["ann"]) == 1
    assert slips.again([one])
    assert f"{BEFORE}: 1 of 1 people counted." in call(root, "slips", BEFORE, AFTER)


@pytest.mark.parametrize(("verb", "why"), [
    (["--as", "../x"], "expected a name of letters, digits, _ and - with --as; got '../x'"),
    (["--as", TRACE], f"expected a new name with --as; {TRACE} is an assignment of its own"),
    ([TRACE, "--as", AFTER], f"expected one assignment with --as {AFTER}; got {BEFORE} {TRACE}"),
])  # fmt: skip
def test_another_name_must_be_one(tmp_path, verb, why):
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    for name in (BEFORE, TRACE):
        (tmp_path / "solutions" / name).mkdir(parents=True)
    assert why in call(tmp_path, "release", BEFORE, *verb, code=2)
    assert Course(tmp_path).released() == []


# ---------------------------------------------------------------- the catalogue


CHAPTERS = [*range(1, 20), "clinic", "inventory"]


@pytest.fixture(scope="module")
def known() -> list[tuple[str, str]]:
    """Every slip of every exercise."""
    for chapter in CHAPTERS:
        EXERCISES[f"{chapter}.1"]
    return [(slug, id) for id in list(EXERCISES) for slug in sorted(catalogue.offers(id))]


def test_every_slip_has_words_and_a_place(known):
    assert len(known) > 3000
    for slug, id in known:
        entry = catalogue.look_up(slug, id)
        assert len(entry.says.split()) > 1, (slug, id)
        assert entry.place[0], (slug, id)
        page = slips_page.rich(entry.says) + slips_page.rich(entry.ask)
        assert "<p>" not in page, (slug, id)


def test_most_slips_have_something_to_say(known):
    silent = {slug for slug, id in known if not (entry := catalogue.look_up(slug, id)).ask and not entry.say}
    assert silent <= slip_class.GENERAL


def test_every_place_is_in_the_built_book(known):
    """The anchors are those of Sphinx."""
    book = ROOT / "_build" / "html"
    if not book.is_dir():
        pytest.fail("there is no built book in _build/html: run `make book` first")
    pages: dict[str, set[str]] = {}
    for slug, id in known:
        if id != "inventory.20":  # is on no page yet
            for place in (catalogue.look_up(slug, id).place[1], catalogue.solution(id)):
                name, _, anchor = place.partition("#")
                if name not in pages:
                    soup = BeautifulSoup((book / name).read_text("utf8"), "html.parser")
                    pages[name] = {tag["id"] for tag in soup.select("[id]")}
                assert anchor in pages[name], (slug, id, place)
