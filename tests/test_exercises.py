"""The grader is tested by seeded bugs: every slip is fed to every exercise and must be named, in every variant."""

import os
import random
from itertools import pairwise

import pytest
from entries import ALL, CHAPTERS

import bplib as bp
from bplib.checking import EXERCISES, ByHand, ByPerson, Choice, clashes
from bplib.checking import check as checks
from bplib.exercises import ch07 as chapter7
from bplib.mistakes.arrays import SLIPS
from bplib.mistakes.scalar import MISTAKES

VARIANTS = ["book", *[f"practice-{i}" for i in range(int(os.environ.get("BP_VARIANTS", "20")))]]
BY_HAND = [e for e in ALL if isinstance(e, ByHand)]
CHOICES = [e for e in ALL if isinstance(e, Choice)]


@pytest.fixture(autouse=True)
def _fresh_session():
    checks._Session.variant, checks._Session.tries = "book", {}
    yield
    checks._Session.variant, checks._Session.tries = "book", {}


@pytest.mark.parametrize("exercise", BY_HAND, ids=lambda e: e.id)
def test_right_answer_and_slips_lie_apart(exercise):
    for variant in VARIANTS:
        alike = clashes(exercise.task(variant), exercise.alike)
        assert not alike, f"{variant}: " + "\n".join(alike)  # whole: pytest would cut off a list


@pytest.mark.parametrize("exercise", BY_HAND, ids=lambda e: e.id)
def test_every_slip_is_named_and_no_right_answer_refused(exercise):
    rng = random.Random(1)
    for variant in VARIANTS:
        bp.variant(variant)
        task = exercise.task(variant)
        rounded = [a + rng.uniform(-0.95, 0.95) * t for a, t in zip(task.answer, task.tolerance, strict=True)]
        for right in (list(task.answer), rounded):
            assert float(bp.check(exercise.id, right)) == exercise.points, (variant, right)
        for slip in task.slips:
            said = bp.check(exercise.id, list(slip.answer), tell=True)
            assert slip.mistake.says in said.message, (variant, slip.mistake.slug)
            assert float(said) < exercise.points


@pytest.mark.parametrize("exercise", BY_HAND, ids=lambda e: e.id)
def test_what_is_blind_has_a_reason_and_is_a_known_mistake(exercise):
    assert set(exercise.indistinguishable) <= set(MISTAKES)
    assert all(len(reason.split()) >= 4 for reason in exercise.indistinguishable.values())


@pytest.mark.parametrize("exercise", BY_HAND, ids=lambda e: e.id)
def test_the_numbers_are_friendly(exercise):
    """At most one decimal, and no sigmoid or tanh so flat that nothing passes, unless meant."""
    for variant in VARIANTS:
        numbers = exercise.task(variant).numbers
        assert all(round(v, 1) == v for v in numbers.values()), numbers
        loss, _ = exercise.build(**numbers)
        for node in loss.graph():
            if node.op in ("sigmoid", "tanh"):
                assert node.local_grads[0] > 0.03, (variant, numbers)


def test_variants_differ_and_are_the_same_each_time():
    for exercise in BY_HAND:
        drawn = [exercise.task(v).numbers for v in VARIANTS[1:]]
        assert drawn == [exercise.task(v).numbers for v in VARIANTS[1:]]
        assert sum(a != b for a, b in pairwise(drawn)) >= len(drawn) - 3


def test_a_variant_is_pinned():
    """A change here would give every learner new numbers in the middle of a course."""
    assert EXERCISES["7.3"].task("ada").numbers == {"x": 2.4, "w1": 0.4, "b1": 0.1, "w2": -1.7, "b2": -0.5, "y": 0.9}


@pytest.mark.parametrize("exercise", CHOICES, ids=lambda e: e.id)
def test_every_choice_has_its_word(exercise):
    for variant in VARIANTS:
        bp.variant(variant)
        prompt, right, wrong = exercise.options(variant)
        assert float(bp.check(exercise.id, right)) == exercise.points
        assert float(bp.check(exercise.id, f" {right.upper()} ")) == exercise.points
        for letter, word in wrong.items():
            word, slug = word if isinstance(word, tuple) else (word, None)
            assert slug in {None, *MISTAKES, *SLIPS}
            assert checks.verdict(exercise.id, letter, variant).slips == ((slug,) if slug else ())
            assert word in bp.check(exercise.id, letter).message
            assert f"**{letter}:**" in prompt
        for other in ("z", 3, ["a", "b"], "ab"):
            assert "Answer with one of the letters" in bp.check(exercise.id, other).message


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.id)
def test_every_exercise_shows_a_prompt_and_an_objective(exercise):
    shown = bp.exercise(exercise.id)
    assert shown.startswith(f"**{exercise.id} {exercise.title}**")
    assert shown == shown._repr_markdown_() == repr(shown)
    assert len(exercise.objective.split()) >= 5
    assert exercise.points > 0


@pytest.mark.parametrize("name", CHAPTERS)
def test_ids_are_in_order_and_the_rubric_covers_the_points(name):
    entries = CHAPTERS[name].EXERCISES
    assert [e.id for e in entries] == [f"{int(name[2:])}.{i + 1}" for i in range(len(entries))]
    for exercise in entries:
        if isinstance(exercise, ByPerson):
            assert sum("1 point" in line for line in exercise.rubric) == exercise.points


def test_no_exercise_goes_away():
    """Ids are in learners' notebooks and in gradebooks: they are appended, never taken back."""
    assert {f"7.{i}" for i in range(1, 13)} | {f"8.{i}" for i in range(1, 7)} <= {e.id for e in ALL}


def test_a_family_shares_its_numbers():
    for variant in VARIANTS:
        assert len({tuple(EXERCISES[id].task(variant).numbers.items()) for id in chapter7.FAMILY}) == 1


def test_the_prompt_shows_the_variants_numbers():
    bp.variant("practice-ada")
    x = EXERCISES["7.3"].task("practice-ada").numbers["x"]
    assert f"$x = {x:g}$" in bp.exercise("7.3")
    assert f"$x = {x:g}$" in bp.exercise("7.4")


@pytest.mark.parametrize(("id", "word"), [("7.99", "chapter 7 has 7.1, 7.2"), ("99.1", "chapter 99 has none yet"),
                                          ("seven", "like '7.2'"), (7.2, "like '7.2'")])  # fmt: skip
def test_an_unknown_id_says_what_there_is(id, word):
    assert word in bp.check(id, 1).message
    with pytest.raises(KeyError, match=word):
        bp.exercise(id)
