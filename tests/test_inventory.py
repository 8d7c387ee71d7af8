"""The concept inventory: one right answer to each question, a mistake behind each wrong one, one source for both homes."""

import os
import re
from collections import Counter

import pytest

import bplib as bp
from bplib.exercises import BOOK, inventory
from bplib.exercises.inventory import BY_ID, CONCEPTS, EXERCISES, ITEMS, Tally, as_choices, tally
from bplib.explore.quiz import faults, shuffled
from bplib.mistakes import MISTAKES

VARIANTS = [BOOK, *[f"variant-{i}" for i in range(int(os.environ.get("BP_VARIANTS", "20")))]]
PAIRS = list(zip(ITEMS, EXERCISES, strict=True))
MINUS = "\N{MINUS SIGN}"


def quiz():
    """The quiz as the page makes it."""
    return bp.Quiz([bp.Choose(**choice) for choice in as_choices()], test=True, slips=CONCEPTS)


def number(text):
    """The first number of a choice."""
    return float(re.search(rf"[{MINUS}-]?\d[\d,]*\.?\d*", text)[0].replace(MINUS, "-").replace(",", ""))


def test_there_are_twenty_and_their_ids_are_in_order():
    assert [e.id for e in EXERCISES] == [f"inventory.{i + 1}" for i in range(20)]
    assert bp.exercise("inventory.7").startswith("**inventory.7 ")


def test_the_right_letters_are_balanced():
    assert Counter(e.options()[1] for e in EXERCISES) == dict.fromkeys("abcd", 5)
    on_the_page = Counter(shuffled(item).index(item["right"]) for item in quiz().items)
    assert all(3 <= on_the_page[i] <= 8 for i in range(4))


@pytest.mark.parametrize(("item", "exercise"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_every_choice_has_a_mistake_and_a_word(item, exercise):
    assert len({item.right, *(w.text for w in item.wrong)}) == 4
    assert len({w.slug for w in item.wrong}) == 3
    for wrong in item.wrong:
        assert wrong.slug in CONCEPTS or wrong.slug in MISTAKES
        assert inventory.says(wrong.slug)
        assert len(wrong.word.split()) >= 4
        assert wrong.word[-1] not in ".?!"
    lengths = [len(t) for t in (item.right, *(w.text for w in item.wrong))]
    assert max(lengths) <= 1.45 * min(lengths) + 8, lengths
    assert item.why.endswith(".")


@pytest.mark.parametrize(("item", "exercise"), PAIRS, ids=lambda x: getattr(x, "id", ""))
def test_page_and_gradebook_agree(item, exercise):
    data = next(d for d in quiz().items if d["id"] == exercise.id)
    assert data["right"] == item.right
    for variant in VARIANTS:
        prompt, right, wrong = exercise.options(variant)
        shown = dict(re.findall(r"^- \*\*(.):\*\* (.*)$", prompt, re.MULTILINE))
        assert sorted(shown.values()) == sorted(shuffled(data))
        for letter, text in shown.items():
            said = exercise.judge(letter, variant)
            found = faults(data, text)
            assert (said.points == 1) == (found == []) == (letter == right)
            if found:
                assert said.slips == (found[0][2],) == (wrong[letter][1],)
                assert wrong[letter][0] in said.says()


def test_variants_move_the_choices():
    letters = [[e.options(v)[1] for e in EXERCISES] for v in VARIANTS]
    assert len({tuple(row) for row in letters}) == len(VARIANTS)


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
    return found


@pytest.mark.parametrize(("place", "truth"), list(truths().items()))
def test_the_right_choice_is_the_only_right_number(place, truth):
    item = ITEMS[place - 1]
    assert number(item.right) == pytest.approx(truth, rel=1e-9)
    if place != 1:  # where the wrong ones differ in words
        assert all(number(w.text) != pytest.approx(truth, rel=1e-3) for w in item.wrong if re.search(r"\d", w.text))


def test_saturation_depth_the_check_and_softmax():
    z = bp.Value(10.0)
    (z.sigmoid() ** 2).backward()
    assert 0 < z.grad < 1e-4
    assert "0.00005" in ITEMS[8].right
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
    assert found.right == (1 - 3 / 40, 1 - 1 / 40)
    assert found.gain == pytest.approx(2 / 3)
    assert next(iter(found.slips)) == slug


def test_raw_answers_from_a_gradebook_are_read_with_their_variants():
    def learner(token, letter=None):
        bp.variant(token)
        scores = [bp.check(e.id, letter or e.options(token)[1]) for e in EXERCISES]
        bp.variant(BOOK)
        return [score.answer for score in scores]

    found = tally([learner("ada", "a"), learner("bob", "b")], [learner("ada"), learner("bob")])
    assert found.right[1] == 1
    assert found.gain == 1
    assert all(after == 0 for _, after in found.slips.values())
    assert sum(before for before, _ in found.slips.values()) == round(40 * (1 - found.right[0]))


def test_open_answers_are_not_right_and_a_full_score_leaves_no_gain():
    found = tally([{}], [{"inventory.1": None, "7.1": 3}])
    assert found == Tally({}, (0.0, 0.0), 0.0)
    assert tally([letters_of()], [letters_of()]).gain is None
    with pytest.raises(ValueError, match="one learner at least"):
        tally([], [letters_of()])
    assert set(BY_ID) == {e.id for e in EXERCISES}
