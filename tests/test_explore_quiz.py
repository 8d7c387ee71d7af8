"""Quiz: Python and the page judge alike; the static form gives nothing away; wrong arguments are named."""

import html
import json
import random
import re
from base64 import b64decode

import pytest
from explorables import in_node

import bplib as bp
from bplib.explore import Choose, Match, Number, Order, Quiz
from bplib.explore.quiz import faults, shuffled

WORDS = ["alpha", "beta", "gamma", "delta", "epsilon"]


def all_kinds() -> list:
    return [
        Choose(
            "Which is `it`?", right="w1", wrong={"w2": ("No.", "no-factor-two"), "b<1>": "sign-of-error"}, why="So."
        ),
        Number("How much?", 0.25, within=0.005, wrong={0.5: "no-factor-two", -0.25: ("Sign.", "sign-of-error")}),
        Match("Match.", {"a": "1", "b": "2", "c": "3"}, spare=["4"], wrong={("a", "2"): "weight-for-input"}),
        Order("Sort.", ["p", "q", "r", "s"], wrong={"r": "updated-weight"}),
    ]


def random_quiz(rng: random.Random) -> list[dict]:
    right = round(rng.uniform(-3, 3), 3)
    wrong = {right * f: ("x", s) for f, s in ((2, "no-factor-two"), (-1, "sign-of-error"), (2.001, "slope-at-a"))}
    rng.shuffle(WORDS)
    return Quiz(
        Choose(f"t{rng.random()}", right=WORDS[0], wrong=dict.fromkeys(WORDS[1:4], ("no", "no-factor-two"))),
        Number("n", right, within=abs(right) / 7, wrong=wrong),
        Match(
            f"m{rng.random()}", dict(zip(WORDS, "abcde", strict=True)), wrong={(WORDS[0], "b"): ("no", "slope-at-a")}
        ),
        Order(f"o{rng.random()}", WORDS[:4], wrong={WORDS[1]: ("no", "updated-weight")}),
    ).items


def random_answer(rng: random.Random, item: dict):
    if item["kind"] == "choose":
        return rng.choice(shuffled(item))
    if item["kind"] == "number":
        return item["right"] * rng.choice([1, 2, -1, 3, rng.uniform(0.8, 2.2), 1 + 1 / 7])
    if item["kind"] == "match":
        lefts, rights = [left for left, _ in item["pairs"]], shuffled(item)
        return dict(zip(lefts[: rng.randint(1, 5)], rng.sample(rights, 5), strict=False))
    return rng.sample(item["steps"], 4)


def test_python_and_the_page_judge_alike(tmp_path):
    rng = random.Random(11)
    cases = []
    for _ in range(200):
        items = random_quiz(rng)
        answers = {item["id"]: [random_answer(rng, item) for _ in range(rng.randint(0, 3))] for item in items}
        cases.append({"items": items, "answers": answers})
    script = (
        "out(data.map(({ items, answers }) => ({ score: m.score(items, answers), tally: m.tally(items, answers),"
        " mixed: items.map((i) => (i.kind === 'number' ? [] : m.shuffled(i))),"
        " faults: items.map((i) => answers[i.id].map((given) => m.faults(i, given).map(([, ...rest]) => rest))) })))"
    )
    for case, page in zip(cases, in_node(tmp_path, script, cases, name="quiz"), strict=True):
        quiz = Quiz(*case["items"])
        quiz.answers = case["answers"]
        assert quiz.score._asdict() == page["score"]
        assert list(quiz.slips().items()) == [tuple(pair) for pair in page["tally"]]
        assert [shuffled(item) for item in quiz.items] == page["mixed"]
        told = [[[list(f[1:]) for f in faults(i, given)] for given in quiz.answers[i["id"]]] for i in quiz.items]
        assert told == page["faults"]


def test_every_slip_of_every_kind_is_counted():
    quiz = Quiz(all_kinds())
    quiz.answers = {
        "1": ["w2", "b<1>", "w1"],
        "2": [0.5, 0.25],
        "3": [{"a": "2", "b": "1", "c": "3"}],
        "4": [list("prqs")],
    }
    assert quiz.score == (2, 0, 4, 4)
    assert quiz.slips() == {"no-factor-two": 2, "sign-of-error": 1, "weight-for-input": 1, "updated-weight": 1}
    assert repr(quiz) == "Quiz(4 items: 2 right, 0 at first try)"


def test_a_slug_speaks_in_the_mistakes_own_words():
    quiz = Quiz(all_kinds())
    mistake = bp.MISTAKES["no-factor-two"]
    assert quiz.items[1]["wrong"][0] == [
        0.5,
        f"This is what you get if {mistake.says}. {mistake.because}",
        mistake.slug,
    ]
    assert quiz.names["no-factor-two"] == mistake.says


def test_slips_of_ones_own_have_to_be_said():
    item = Choose("?", right="a", wrong={"b": ("no", "my-slip")})
    with pytest.raises(ValueError, match=r"'my-slip' is not in bp\.MISTAKES"):
        Quiz(item)
    assert Quiz(item, slips={"my-slip": "something else"}).names == {"my-slip": "something else"}


def test_static_form_gives_no_answer_away():
    quiz = Quiz(all_kinds(), note="try <it>")
    text = quiz._repr_mimebundle_()[0]["text/html"]
    assert text == Quiz(all_kinds(), note="try <it>").html()
    quoted, fallback = re.fullmatch(r"<bp-quiz data='([^']*)'>\n(.*)\n</bp-quiz>", text, re.S).groups()
    assert json.loads(html.unescape(quoted))["items"] == json.loads(json.dumps(quiz.items))
    asked, told = fallback.split("<details>")
    assert "Which is <code>it</code>?" in asked
    assert all(f"<li>{html.escape(choice)}</li>" in asked for choice in ("w1", "w2", "b<1>"))
    assert "0.25" not in asked
    assert "<b<1>" not in text
    assert asked.index("<li>p</li>") > asked.index("Sort.")
    assert "<li>p</li><li>q</li><li>r</li><li>s</li>" not in asked
    assert "0.2500." in told or "0.250." in told
    assert "a: 1; b: 2; c: 3." in told


def test_what_the_page_did_comes_back_in_the_static_form():
    quiz = Quiz(all_kinds(), test=True)
    quiz.answers = {"2": [0.25]}
    assert '"test":true,"answers":{"2":[0.25]}' in quiz.html()
    with pytest.raises(ValueError, match="lists of attempts for 1, 2, 3, 4, got '7'"):
        quiz.answers = {"7": []}


def test_a_quiz_that_tells_on_request_prints_no_key_below_its_questions():
    quiz = Quiz(all_kinds(), test=True, on_request=True, note="try")
    fallback = quiz.html().split("\n", 1)[1]
    assert "<details>" not in fallback
    assert "Answers" not in fallback
    assert "Which is <code>it</code>?" in fallback
    assert fallback.endswith("<p>Try: try</p>\n</bp-quiz>")
    assert '"on_request":true' in quiz.html()
    assert "on_request" not in Quiz(all_kinds(), test=True).html()
    with pytest.raises(ValueError, match="on_request=True wants test=True"):
        Quiz(all_kinds(), on_request=True)


def test_dicts_are_read_as_the_items_they_describe():
    quiz = Quiz(all_kinds())
    assert Quiz(json.loads(json.dumps(quiz.items))).items == quiz.items


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Quiz(), "one item at least"),
        (lambda: Quiz(Choose("?", right="a", wrong={})), "item 1: Choose wants a right choice and others"),
        (lambda: Quiz(Choose("?", right="a", wrong={"a": "no"})), "others that are wrong"),
        (lambda: Quiz(Choose("", right="a", wrong={"b": "no"})), "an item wants a text, got ''"),
        (lambda: Quiz(Choose("?", right="a", wrong={"b": ""})), "a feedback wants a text"),
        (lambda: Quiz(Choose("?", right="a", wrong={"b": ("no", "My Slip")})), "a slug such as"),
        (lambda: Quiz(Number("?", 1.0, within=0)), "above 0"),
        (lambda: Quiz(Number("?", "one", within=1)), "the right number wants a finite number, got 'one'"),
        (lambda: Quiz(Number("?", 1.0, within=0.1, wrong={1.05: "no"})), "1.05 lies within 0.1 of the right one"),
        (lambda: Quiz(Match("?", {"a": "1", "b": "1"})), "each right side once"),
        (lambda: Quiz(Match("?", {"a": "1", "b": "2"}, wrong={("a", "7"): "no"})), r"got \('a', '7'\)"),
        (lambda: Quiz(Match("?", {"a": "1", "b": "2"}, wrong={("a", "1"): "no"})), "is right, and stands among"),
        (lambda: Quiz(Order("?", ["a"])), "two steps or more"),
        (lambda: Quiz(Order("?", ["a", "b"], wrong={"c": "no"})), "steps of this item, got 'c'"),
        (lambda: Quiz({"kind": "guess"}), "a kind of choose, number, match, order, got 'guess'"),
        (lambda: Quiz(*[Order("?", ["a", "b"], id="x")] * 2), "an id of its own, got x, x"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_is_no_item_is_named():
    with pytest.raises(TypeError, match=r"item 1 wants to be Choose, .* got str"):
        Quiz("a question")


def test_spare_texts_from_anywhere_and_an_id_of_any_kind():
    quiz = Quiz(Match("Which?", {"a": "1", "b": "2"}, spare=(s for s in ["3"]), id=5))
    assert quiz.items[0]["spare"] == ["3"]
    assert quiz.items[0]["id"] == "5"


def test_a_quiz_that_tells_on_request_shows_nothing_of_its_key_in_the_page():
    items = [Choose("Which?", right="this", wrong={"that": "no-factor-two"}, why="So it is.", see="7: Pitfalls")]
    quiz = Quiz(items, test=True, on_request=True)
    text = quiz.html()
    for key in ("no-factor-two", "So it is", "Pitfalls", "right", quiz.names["no-factor-two"]):
        assert key not in text
    sealed = json.loads(html.unescape(re.search(r"data='([^']*)'", text)[1]))["sealed"]
    assert json.loads(b64decode(sealed)) == {"items": quiz.items, "names": quiz.names}


def test_where_to_read_is_a_chapter_and_a_heading():
    assert Choose("?", right="a", wrong={"b": "no"}, see="7: Pitfalls").data()["see"] == "7: Pitfalls"
    with pytest.raises(ValueError, match='see wants "chapter: heading"'):
        Choose("?", right="a", wrong={"b": "no"}, see="Pitfalls").data()
