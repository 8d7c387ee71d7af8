"""What a check says: to the right, the wrong, the unanswered and the absurd."""

import math

import autograd.numpy as anp
import numpy as np
import pytest

import bplib as bp
from bplib import checks
from bplib.exercises import EXERCISES
from bplib.mistakes import MISTAKES

RIGHT = [1.141, 0.456, -2.36, -2.813]
WITHOUT_SLOPE = [8.44, 3.376, -2.36, -2.813]


@pytest.fixture(autouse=True)
def _fresh_session():
    checks._Session.variant, checks._Session.tries = "book", {}
    yield
    checks._Session.variant, checks._Session.tries = "book", {}


@pytest.mark.parametrize(
    "answer",
    [RIGHT, tuple(RIGHT), np.array(RIGHT), np.array(RIGHT, dtype=np.float32), np.array([RIGHT]), anp.array(RIGHT),
     dict(zip(("dL/dw1", "dL/db1", "dL/dw2", "dL/db2"), RIGHT, strict=True)), [np.float32(v) for v in RIGHT],
     [np.array(v) for v in RIGHT], [[v] for v in RIGHT], EXERCISES["7.3"].task().answer],
    ids=lambda a: type(a).__name__,
)  # fmt: skip
def test_right_answers_in_every_dress(answer):
    score = bp.check("7.3", answer)
    assert (float(score), score.message) == (4, "**Right.** 4 of 4 points.")


@pytest.mark.parametrize("answer", [None, ..., [None] * 4, [..., ..., ..., ...]])
def test_unanswered_is_not_wrong(answer):
    score = bp.check("7.3", answer)
    assert (float(score), score.message) == (0, "**Not answered yet.**")


def test_half_done_says_what_is_open():
    score = bp.check("7.3", [None, None, -2.36, -2.813])
    assert float(score) == 2
    assert score.message == "**Not finished yet.** 2 of 4 right. Still open: dL/dw1, dL/db1."
    assert "Not yet" in bp.check("7.3", [None, None, 2.36, -2.813]).message


def test_help_comes_in_three_steps_and_a_repeated_answer_is_no_new_try():
    slip = MISTAKES["no-activation-slope"]
    first = bp.check("7.3", WITHOUT_SLOPE)
    assert "dL/da1 can still be right with this answer; dL/dz1 is the first that is not" in first.message
    assert bp.check("7.3", WITHOUT_SLOPE).message == first.message
    second = bp.check("7.3", [8.441, *WITHOUT_SLOPE[1:]])
    assert slip.question in second.message
    assert slip.says not in second.message
    third = bp.check("7.3", [8.442, *WITHOUT_SLOPE[1:]])
    assert f"This is what you get when {slip.says}" in third.message
    assert "See chapter 7" in third.message
    assert float(first) == float(third) == 2


def test_tell_names_it_at_once():
    assert MISTAKES["no-activation-slope"].says in bp.check("7.3", WITHOUT_SLOPE, tell=True).message


def test_a_slip_in_one_entry_alone_is_named_too():
    said = bp.check("7.3", [1.141, 0.456, -4.642, -2.813], tell=True)
    assert MISTAKES["z-for-a"].says in said.message
    assert "3 of 4 right" in said.message


def test_two_slips_at_once_are_not_taken_for_one():
    said = bp.check("7.3", [8.44, 3.376, -4.642, -2.813], tell=True).message
    assert "none of the slips" in said


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ([1.16, 0.456, -2.36, -2.813], "dL/dw1 is close, but further off than rounding to three decimals explains"),
        ([1.141, 0.456, -2.36, 2.813], "dL/db2 has the wrong sign"),
        ([1.141, 0.456, -4.72, -2.813], "dL/dw2 is twice too large"),
        ([1.141, 0.228, -2.36, -2.813], "dL/db1 is half of what it should be"),
        (
            [8.44, 0.456, -2.36, -2.813],
            "In dL/dw1 this is what you get when the derivative of the activation function is",
        ),
        ([7.0, 0.456, -2.36, -2.813], "dL/dw1 is off by 5.859, and by none of the slips"),
        ([7.0, 0.456, -2.36, -2.813], "`7.3 | book | [7.0, 0.456, -2.36, -2.813]`"),
        ([math.nan] * 4, "dL/db2 is not a finite number"),
        ([1.141, math.inf, -2.36, -2.813], "dL/db1 is not a finite number"),
    ],
)
def test_where_no_slip_fits(answer, word):
    assert word in bp.check("7.3", answer, tell=True).message


class Hostile:
    def __str__(self):
        raise RuntimeError("no")

    __repr__ = __float__ = __str__


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (3, "Wanted: 4 numbers in the order dL/dw1, dL/db1, dL/dw2, dL/db2; got 1"),
        ([1, 2], "got 2"),
        ("1.141", "got 1"),
        (["1.141", 2, 3, 4], "dL/dw1 should be one real number; got str `1.141`"),
        ([1j, 2, 3, 4], "got complex"),
        ([True, 2, 3, 4], "got bool"),
        ([[1, 2], 2, 3, 4], "got list"),
        (np.zeros((1000, 1000)), "got an array of shape (1000, 1000)"),
        (np.zeros((2, 2)), "got 2"),
        ({"dw1": 1}, "there is no 'dw1' among them"),
        ([Hostile(), 2, 3, 4], "dL/dw1 should be one real number; got Hostile"),
        (Hostile(), "got 1"),
        (print, "got 1"),
        (bp.values(a=1, b=2, c=3, d=4), "Do you mean its `.grad` or its `.data`?"),
        ([10**400, 2, 3, 4], "should be one real number"),
    ],
)
def test_the_absurd_gets_a_sensible_word(answer, word):
    score = bp.check("7.3", answer)
    assert float(score) == 0
    assert word in score.message


def test_a_score_is_a_number_to_nbgrader_and_a_sentence_to_people():
    score = bp.check("7.2", 1.14)
    assert score == 1.0
    assert score._repr_mimebundle_() == {"text/plain": "1.0", "text/markdown": "**Right.** 1 of 1 points."}
    assert str(score) == "Right. 1 of 1 points. [1.0]"
    assert repr(score) == "1.0"


def test_what_a_person_reads_is_not_judged():
    assert "read by a person" in bp.check("7.8", "because").message


@pytest.mark.parametrize("token", ["", "  ", None, 3])
def test_a_variant_wants_a_token(token):
    with pytest.raises(TypeError, match="the token your instructor gave you"):
        bp.variant(token)


TEN_WRONG_ANSWERS = {
    "no-activation-slope": 8.44, "slope-at-a": 1.778, "half-sigmoid-slope": 1.36, "other-activations-slope": 2.501,
    "no-factor-two": 0.57, "sign-of-error": -1.141, "loss-for-its-slope": -0.802, "input-forgotten": 0.456,
    "weight-for-input": 0.228, "no-weight-back": -0.951, "wrong-weight-back": -0.475, "updated-weight": 0.916,
    "factors-added": -1.378, "step-for-slope": -0.114, "new-value-for-slope": 0.386,
}  # fmt: skip


@pytest.mark.parametrize(("slug", "typed"), TEN_WRONG_ANSWERS.items())
def test_the_last_step_done_wrong_on_purpose(slug, typed):
    """As a learner would type it, to three decimals."""
    assert MISTAKES[slug].says in bp.check("7.2", typed, tell=True).message
