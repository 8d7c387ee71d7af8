"""The concept inventory: one right answer to each question, a mistake behind each wrong one, one source for both homes."""

import os
import re
from collections import Counter
from pathlib import Path

import pytest

import bplib as bp
from bplib.checking import BOOK
from bplib.checking.check import judge
from bplib.exercises import inventory
from bplib.exercises.inventory import (
    BY_ID,
    CONCEPTS,
    EXERCISES,
    ITEMS,
    NAMES,
    Tally,
    as_choices,
    counted,
    results,
    tally,
)
from bplib.explore.quiz import faults, shuffled
from bplib.mistakes.arrays import SLIPS
from bplib.mistakes.scalar import MISTAKES

VARIANTS = [BOOK, *[f"practice-{i}" for i in range(int(os.environ.get("BP_VARIANTS", "20")))]]
PAIRS = list(zip(ITEMS, EXERCISES, strict=True))
MINUS = "\N{MINUS SIGN}"
BOOK_PAGES = Path(__file__).resolve().parent.parent / "book"


def quiz():
    """The quiz as the page makes it."""
    return bp.Quiz([bp.Choose(**choice) for choice in as_choices()], test=True, on_request=True, slips=NAMES)


def number(text):
    """The first number of a choice."""
    return float(re.search(rf"[{MINUS}-]?\d[\d,]*\.?\d*", text)[0].replace(MINUS, "-").replace(",", ""))


def words(text):
    """Its words of four letters and more, without their endings."""
    return {word.lower()[:5] for word in re.findall(r"[A-Za-z]{4,}", text)}


@pytest.fixture(autouse=True)
def _fresh_session():
    inventory._NOTED.clear()
    yield
    bp.variant(BOOK)


def test_ids_are_in_order_and_appended():
    assert [e.id for e in EXERCISES] == [f"inventory.{i + 1}" for i in range(26)]
    assert bp.exercise("inventory.7").startswith("**inventory.7 ")
    assert ITEMS[19].right.startswith(f"({MINUS}0.3")  # the question on softmax keeps its number


def test_the_right_letters_are_balanced():
    letters = Counter(e.options()[1] for e in EXERCISES if e.id in counted())
    assert max(letters.values()) - min(letters.values()) <= 2
    assert letters.total() == 25
    on_the_page = Counter(shuffled(item).index(item["right"]) for item in quiz().items)
    assert all(3 <= on_the_page[i] <= 10 for i in range(4))


def test_the_right_choice_is_not_known_by_its_length():
    lengths = [[len(i.right), *(len(w.text) for w in i.wrong)] for i in ITEMS if len(i.right) > 15]
    assert len(lengths) >= 10
    for extreme in (max, min):
        assert sum(row[0] == extreme(row) for row in lengths) <= len(lengths) / 3


@pytest.mark.parametrize(("item", "exercise"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_a_title_tells_nothing_that_the_question_does_not(item, exercise):
    assert exercise.title == item.title
    assert words(item.title) <= words(item.text)
    assert len({i.title for i in ITEMS}) == len(ITEMS)
    assert len(item.objective.split()) >= 5


NOTATION = {
    r"∂": "derivative|derivatives|gradient",
    r"\bsigmoid": r"1/\(1 \+ e|slope is nowhere more than",
    r"ReLU": r"max\(0, z\)",
    r"[Gg]radient descent": "learning rate|trained by gradient descent",
    r"NaN": "not a number",
    r"ᵀ": "rows written as columns",
    r"[Ss]oftmax": "e to the power",
    r"logit": "one number z, a logit",
    r"batch": "batch of four",
    r"hidden layer": "between the inputs and the output",
}
UNKNOWN = "upstream|local gradient|Jacobian|fan-out|saturat|central difference|pre-activation|from behind|topological"


@pytest.mark.parametrize(("item", "exercise"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_a_question_explains_its_notation(item, exercise):
    """Somebody who knows derivatives, and no chapter of this book, can read it."""
    shown = " ".join((item.text, item.right, *(w.text for w in item.wrong)))
    for used, explained in NOTATION.items():
        assert not re.search(used, shown) or re.search(explained, item.text), used
    assert not re.search(UNKNOWN, shown)


def test_a_question_counts_if_a_chapter_teaches_it():
    headings = {}
    for path in BOOK_PAGES.glob("[0-9][0-9]_*.myst.md"):
        headings[int(path.name[:2])] = re.findall(r"^## (.*)$", path.read_text(), re.MULTILINE)
    for id, item in counted().items():
        assert item.see.split(": ", 1)[1] in headings[item.chapter], (id, item.see)
    assert set(BY_ID) - set(counted()) == {"inventory.20"}
    assert Counter(item.chapter for item in counted().values())[8] >= 5
    assert set(counted([5])) == {"inventory.5", "inventory.7", "inventory.23", "inventory.24"} == set(counted(5))
    with pytest.raises(ValueError, match=r"among 1, 4, 5, 7, 8, 18, as in chapters=\[1, 4\]; got \[3\]"):
        counted([3])


def test_page_and_notebook_ask_what_counts():
    assert [choice["id"] for choice in as_choices()] == list(counted())
    source = (BOOK_PAGES.parent / "solutions/concept_inventory/concept_inventory.myst.md").read_text()
    assert re.findall(r'bp\.check\("(inventory\.\d+)"', source) == list(counted())
    for id, letter in re.findall(
        r'letter = "(.)"\n### END SOLUTION\n```\n\n```{code-cell} ipython3\nbp\.check\("(.*)", ', source
    ):
        assert BY_ID[letter].options()[1] == id


def test_an_answer_is_noted_and_the_key_stays_in_the_box():
    """Whatever is chosen, what the notebook shows and stores is the same but for the letter."""
    for exercise in EXERCISES:
        seen = set()
        for letter in "abcd":
            score = bp.check(exercise.id, letter)
            assert score.answer == {"id": exercise.id, "raw": letter, "variant": BOOK}
            bundle = score._repr_mimebundle_()
            seen.add((float(score), bundle["text/plain"], bundle["text/markdown"].replace(f" {letter}.", "")))
            assert bp.check(exercise.id, letter, tell=True).message == score.message
        assert seen == {(1.0, "1.0", "**Noted.** Your answer is")}
        assert judge(exercise.id, "b", "any token") == (1.0, "**Noted.** Your answer is b.")
        assert bp.check(exercise.id).message == "**Not answered yet.**"
        for other in ("z", 3, ["a", "b"], ""):
            assert float(bp.check(exercise.id, other)) == 0
            assert "Answer with one of the letters" in bp.check(exercise.id, other).message


@pytest.mark.parametrize(("item", "exercise"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_every_choice_has_a_mistake_and_a_word(item, exercise):
    assert len({item.right, *(w.text for w in item.wrong)}) == 4
    assert len({w.slug for w in item.wrong}) == 3
    for wrong in item.wrong:
        assert wrong.slug in {*CONCEPTS, *MISTAKES, *SLIPS}
        assert inventory.says(wrong.slug)
        assert len(wrong.word.split()) >= 4
        assert wrong.word[-1] not in ".?!"
    lengths = [len(t) for t in (item.right, *(w.text for w in item.wrong))]
    assert max(lengths) <= 1.45 * min(lengths) + 8, lengths
    assert item.why.endswith(".")


@pytest.mark.parametrize(("item", "exercise"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_page_and_gradebook_agree(item, exercise):
    if exercise.id not in counted():
        assert exercise.id not in [d["id"] for d in quiz().items]
        return
    data = next(d for d in quiz().items if d["id"] == exercise.id)
    assert data["right"] == item.right
    for variant in VARIANTS:
        prompt, right, wrong = exercise.options(variant)
        shown = dict(re.findall(r"^- \*\*(.):\*\* (.*)$", prompt, re.MULTILINE))
        assert sorted(shown.values()) == sorted(shuffled(data))
        for letter, text in shown.items():
            said = exercise.marked(letter, variant)
            found = faults(data, text)
            assert (said.points == 1) == (found == []) == (letter == right)
            if found:
                assert exercise.judge(letter, variant).slips == said.slips == (found[0][2],) == (wrong[letter][1],)
                assert wrong[letter][0] in said.message()


def test_variants_move_the_choices():
    letters = [[e.options(v)[1] for e in EXERCISES] for v in VARIANTS]
    assert len({tuple(row) for row in letters}) == len(VARIANTS)


def test_the_key_explains_every_choice():
    for item, exercise in PAIRS:
        told = str(inventory.explained(exercise.id))
        _, right, wrong = exercise.options()
        assert told.startswith(f"**{right}** is right. {item.why}")
        for letter, (word, _) in wrong.items():
            assert f"- **{letter}:** {word}." in told
        for w in item.wrong:
            assert w.slug not in CONCEPTS or CONCEPTS[w.slug] in told


def test_no_concept_is_idle_and_none_shadows_a_mistake():
    used = {w.slug for item in ITEMS for w in item.wrong}
    assert set(CONCEPTS) <= used
    assert not set(CONCEPTS) & set(MISTAKES)


# ---------------------------------------------------------------- the right answers, computed another way


def by_engine(**numbers):
    return bp.values(**numbers)


def truths():
    """Number of the question -> the right number, from the engine or by brute force."""
    w, a, z = bp.values(w=2.0, a=0.5, z=0.0)
    found = {1: 0.03, 2: 0.7 + 0.1 * 4, 7: 0.5 - 0.3}
    w1, w2 = bp.values(w1=1.0, w2=-1.5)
    (-9 * (w2 * (w1 * 2.0))).backward()
    found[4] = w1.grad
    b = 5 * a
    (b + 3 * b).backward()
    found[5] = a.grad
    w, a = bp.values(w=0.5, a=4.0)
    (-2 * (w * a)).backward()
    found[6] = w.grad
    import math

    z = bp.Value(math.log(0.8 / 0.2))
    (3 * z.sigmoid()).backward()
    found[8] = z.grad
    w, b = bp.values(w=1.0, b=0.0)
    (-3 * (w * 2.0 + b)).backward()
    found[10] = b.grad
    b = bp.Value(0.0)
    ((4 * b + 5 * b - 2 * b + b) / 4).backward()
    found[11] = b.grad
    sizes = [784, 16, 16, 10]
    products = [sizes[i] * sizes[i + 1] for i in range(3)]
    found[13] = 2 * sum(products) - products[0]
    found[23] = by_visits("Lbd")
    found[25] = math.prod([1.5] * 30)
    return found


def by_visits(order):
    """The gradient of a in b = 2a, d = 3b, L = b + d, when they are visited in this order."""
    rates = {"L": {"b": 1, "d": 1}, "d": {"b": 3}, "b": {"a": 2}}
    grad = dict.fromkeys("abd", 0) | {"L": 1}
    for name in order:
        for user, rate in rates[name].items():
            grad[user] += rate * grad[name]
    return grad["a"]


@pytest.mark.parametrize(("place", "truth"), list(truths().items()))
def test_the_right_choice_is_the_only_right_number(place, truth):
    item = ITEMS[place - 1]
    assert number(item.right) == pytest.approx(truth, rel=0.02 if place == 25 else 1e-9)
    if place != 1:  # where the wrong ones differ in words
        assert all(number(w.text) != pytest.approx(truth, rel=1e-3) for w in item.wrong if re.search(r"\d", w.text))


def test_saturation_depth_the_check_and_softmax():
    z = bp.Value(10.0)
    (z.sigmoid() ** 2).backward()
    assert 0 < z.grad < 1e-4
    assert "Tiny" in ITEMS[8].right
    assert "9 · 10^\N{MINUS SIGN}13" in ITEMS[14].right
    assert 8.5e-13 < 0.25**20 < 9.5e-13
    assert "12.000001" in ITEMS[16].text
    assert 6 * 2 == 3 * 2**2  # at w = 2 the wrong 6w agrees with 3 w^2, as the word says
    import math

    import numpy as np

    loss = bp.CrossEntropy()
    loss.forward(np.log([[0.7, 0.2, 0.1]]), np.array([0]))
    assert [float(x.replace(MINUS, "-")) for x in ITEMS[19].right.strip("()").split(", ")] == pytest.approx(
        loss.backward()[0].tolist()
    )
    assert f"{-math.log(0.7):.3f}" in ITEMS[19].wrong[2].text


def test_equal_units_stay_equal():
    import numpy as np

    net = bp.Sequential(bp.Linear(2, 3, init="zeros"), bp.Tanh(), bp.Linear(3, 1, init="zeros"))
    for p in net.params():
        if p.ndim == 2:
            p[...] = 0.5
    X, T = bp.xor()
    bp.fit(net, bp.MSE(), X, T, optimizer=bp.SGD(0.5), epochs=50, progress=False)
    W = net.params()[0]
    assert np.ptp(W, axis=1).max() == 0
    assert not np.allclose(W, 0.5)


def test_only_one_order_is_right():
    """p = x x, q = p + x, r = p q, L = r + q: whoever passes on before all its users have loses a part."""
    x = bp.Value(1.3)
    p = x * x
    q = p + x
    (p * q + q).backward()
    P, Q = p.data, q.data
    rates = {"L": {"r": 1, "q": 1}, "r": {"p": Q, "q": P}, "q": {"p": 1, "x": 1}, "p": {"x": 2 * 1.3}}

    def end(order):
        grad = dict.fromkeys("xpqr", 0) | {"L": 1}
        for name in order.split(", "):
            for parent, rate in rates[name].items():
                grad[parent] += rate * grad[name]
        return grad["x"]

    assert end(ITEMS[23].right) == pytest.approx(x.grad)
    assert all(end(w.text) != pytest.approx(x.grad) for w in ITEMS[23].wrong)
    assert by_visits("Ldb") == 8 == number(ITEMS[22].wrong[0].text)


def test_a_product_two_biases_and_a_nan_by_arrays():
    import numpy as np

    rng = np.random.default_rng(0)
    X, G, W = rng.standard_normal((5, 3)), rng.standard_normal((5, 4)), rng.standard_normal((3, 4))
    layer = bp.Linear(3, 4, init="zeros")
    layer.forward(X)
    layer.backward(G)
    assert ITEMS[20].right == "X\N{MODIFIER LETTER CAPITAL T} G"
    assert np.allclose(X.T @ G, layer.dW)
    assert (G.T @ X).shape == (4, 3)
    assert (G @ W.T).shape == X.shape
    assert ITEMS[21].right == f"(4, {MINUS}2)"
    layer = bp.Linear(2, 2, init="zeros")
    layer.forward(np.ones((2, 2)))
    layer.backward(np.array([[1.0, 2.0], [3.0, -4.0]]))
    assert layer.db.tolist() == [4, -2]
    net = bp.Sequential(*[bp.Linear(3, 3, rng=rng) for _ in range(4)])
    net.params()[2][0, 0] = np.nan
    loss = bp.MSE()
    with np.errstate(invalid="ignore"):
        loss.forward(net.forward(X), X)
        net.backward(loss.backward())
        bp.SGD(0.1).step(net.params(), net.grads())
    hit = [k for k, W in enumerate(net.params()[::2], 1) if np.isnan(W).any()]
    assert "Layers " + ", ".join(map(str, hit)) == ITEMS[25].right


# ---------------------------------------------------------------- the tally


def letters_of(wrong_at=(), which=0):
    """A learner's answers: right but for some questions, where the given wrong choice is taken."""
    answers = {}
    for place, exercise in enumerate(EXERCISES, 1):
        _, right, wrong = exercise.options()
        answers[exercise.id] = sorted(wrong)[which] if place in wrong_at else right
    return answers


def test_a_class_is_counted_by_mistake():
    slug = EXERCISES[0].options()[2][sorted(EXERCISES[0].options()[2])[0]][1]
    found = tally([letters_of({1, 2}), letters_of({1})], [letters_of({1}), letters_of()])
    assert isinstance(found, Tally)
    assert found.slips[slug] == (2, 1)
    assert sum(before for before, _ in found.slips.values()) == 3
    assert found.right == (1 - 3 / 50, 1 - 1 / 50)
    assert found.gain == pytest.approx(2 / 3)
    assert next(iter(found.slips)) == slug


def test_raw_answers_from_a_gradebook_are_read_with_their_variants():
    def learner(token, letter=None):
        bp.variant(token)
        scores = [bp.check(e.id, letter or e.options(token)[1]) for e in EXERCISES]
        bp.variant(BOOK)
        return [score.answer for score in scores]

    found = tally(
        [learner("practice-ada", "a"), learner("practice-bob", "b")], [learner("practice-ada"), learner("practice-bob")]
    )
    assert found.right[1] == 1
    assert found.gain == 1
    assert all(after == 0 for _, after in found.slips.values())
    assert sum(before for before, _ in found.slips.values()) == round(50 * (1 - found.right[0]))


def test_open_answers_are_not_right_and_a_full_score_leaves_no_gain():
    found = tally([{}], [{"inventory.1": None, "7.1": 3}])
    assert found == Tally({}, (0.0, 0.0), 0.0)
    assert tally([letters_of()], [letters_of()]).gain is None
    with pytest.raises(ValueError, match="at least one learner"):
        tally([], [letters_of()])
    assert set(BY_ID) == {e.id for e in EXERCISES}


def test_what_does_not_count_is_not_counted():
    """A wrong answer to the question on softmax changes nothing, and neither do chapters that a class does not read."""
    found = tally([letters_of({20})], [letters_of({1, 5})], chapters=[5])
    assert found == tally([letters_of({20})], [letters_of({5})], chapters=[5])
    assert found.right == (1, 0.75)
    assert tally([letters_of({20})], [letters_of()]).right == (1, 1)


# ---------------------------------------------------------------- one learner, who asks


def test_results_are_told_for_each_misconception_when_asked():
    assert "Nothing is noted yet" in results()._repr_markdown_()
    for id, letter in letters_of().items():
        bp.check(id, letter)
    assert str(results()) == "25 of 25 right. Not counted: 20."
    _, _, wrong = BY_ID["inventory.11"].options()
    last = {slug: letter for letter, (_, slug) in wrong.items()}
    bp.check("inventory.11", last["last-example-only"])
    found = results()
    assert (found.right, found.of, found.unanswered, found.left_out) == (24, 25, (), ("inventory.20",))
    (shown,) = found.misconceptions
    assert shown == ("last-example-only", NAMES["last-example-only"], 1, 2,
                     (("inventory.11", last["last-example-only"]),), ("8: Pitfalls",))  # fmt: skip
    row = found._repr_markdown_().split("\n")[-1]
    assert row.startswith(f"| {shown.words} | 1 of 2 | 11 {shown.where[0][1]} |")
    assert 'chapter 8, "Pitfalls"' in row
    assert all(str(letters_of()[id]) not in row.split("|")[3].split()[1:] for id in ("inventory.11",))
    assert results(chapters=[5]).misconceptions == ()
    assert results({"inventory.3": "a"}).unanswered[:3] == ("inventory.1", "inventory.2", "inventory.4")


def test_results_are_those_of_the_learners_own_variant_and_last_answer():
    bp.variant("practice-ada")
    _, right, wrong = BY_ID["inventory.1"].options("practice-ada")
    bp.check("inventory.1", sorted(wrong)[0])
    bp.check("inventory.1", right)
    bp.check("inventory.2", "none of them")
    found = results()
    assert (found.right, len(found.unanswered)) == (1, 24)
    bp.variant(BOOK)
    bp.check("inventory.1", next(iter(BY_ID["inventory.1"].options()[2])))
    bp.variant("practice-ada")
    bp.check("inventory.1", right)
    bp.variant(BOOK)
    bp.check("inventory.1", next(iter(BY_ID["inventory.1"].options()[2])))
    assert results().right == 0
