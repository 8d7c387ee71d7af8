"""What a check says: to the right, the wrong, the unanswered and the absurd."""

import math
import sys
import time

import autograd.numpy as anp
import numpy as np
import pytest

import bplib as bp
from bplib import checks
from bplib.exercises import EXERCISES
from bplib.mistakes import MISTAKES

RIGHT = [2.06, 0.859, -2.684, -3.56]
WITHOUT_SLOPE = [11.108, 4.628, -2.684, -3.56]


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
    score = bp.check("7.3", [None, None, -2.684, -3.56])
    assert float(score) == 2
    assert score.message == "**Not finished yet.** 2 of 4 right. Still open: dL/dw1, dL/db1."
    assert "Not yet" in bp.check("7.3", [None, None, 2.684, -3.56]).message


def test_help_comes_in_three_steps_and_a_repeated_answer_is_no_new_try():
    slip = MISTAKES["no-activation-slope"]
    first = bp.check("7.3", WITHOUT_SLOPE)
    assert "dL/da1 can still be right with this answer; dL/dz1 is the first that is not" in first.message
    assert bp.check("7.3", WITHOUT_SLOPE).message == first.message
    second = bp.check("7.3", [11.109, *WITHOUT_SLOPE[1:]])
    assert slip.question in second.message
    assert slip.says not in second.message
    third = bp.check("7.3", [11.107, *WITHOUT_SLOPE[1:]])
    assert f"This is what you get when {slip.says}" in third.message
    assert "See chapter 7" in third.message
    assert float(first) == float(third) == 2


def test_an_entry_that_cannot_be_read_takes_nothing_from_the_others():
    right = EXERCISES["7.3"].task().answer
    for odd in ("0.5", True, 1j, [1, 2], bp.Value(1.0)):
        score = bp.check("7.3", [odd, *right[1:]])
        assert float(score) == 3
        assert score.message.startswith("**Not an answer yet.** dL/dw1 ")
        assert score.message.endswith("3 of 4 right.")
    entry = EXERCISES["8.3"]
    solved = entry.solve(**{name: np.array(rows) for name, rows in entry.numbers().items()})
    arrays = {name: solved[name] for name in entry.asks}
    for odd in ("x", [[1, 2], [3]], [["a"]]):
        score = bp.check("8.3", arrays | {"dW1": odd})
        assert float(score) == 5
        assert score.message.startswith("**Not an answer yet.** dW1 should")
    shapes = {"dZ2": (5, 2), "dW2": (4, 2), "db2": (2,), "dA1": (5, 4)}
    score = bp.check("8.1", shapes | {"dW1": {1, 2}})
    assert "dW1 should be a shape such as (2, 3); got set. 4 of 5 right." in score.message
    assert float(score) == pytest.approx(1.6)


def test_what_was_given_is_said():
    for id, given, said in (
        ("8.1", {"dZ2": (5, 2), "dw2": (4, 2)}, "there is no 'dw2' among them"),
        ("8.1", [(1, 2)], "got 1 things"),
        ("8.1", 3, "got 1 things"),
        ("8.8", lambda X, g, dY: {"dg": 1, "dx": 2}, "it returned a dict with dg, dx"),
        ("7.3", (x for x in "abcd"), "got generator"),
        ("7.3", bp.Value(1.0), "got Value"),
        ("1.3", "?", "got str `?`"),
        ([1], 1, "an id is a text such as '7.2'; got list `[1]`"),
    ):
        score = bp.check(id, given)
        assert float(score) == 0
        assert said in score.message, score.message


def test_a_shape_may_be_given_as_an_array_of_its_numbers():
    assert float(bp.check("8.1", {"dZ2": np.array([5, 2]), "dW2": np.zeros((4, 2)), "db2": np.zeros(2),
                                  "dA1": [5, 4], "dW1": "3 x 4"})) == 2  # fmt: skip


def test_an_answer_that_leaves_when_it_is_looked_at_does_not_take_the_check_with_it():
    class Leaves(BaseException):
        pass

    class Odd:
        shape = (1,)

        def tolist(self):
            raise SystemExit

        __str__ = tolist

    def leaves(*arguments):
        raise Leaves("gone")

    assert "got Odd" in bp.check("1.1", Odd()).message
    assert "raised `Leaves: gone`" in bp.check("8.8", leaves).message


def test_a_loop_that_swallows_every_error_comes_to_an_end(monkeypatch):
    monkeypatch.setattr("bplib.exercises.functions.SECONDS", 0.3)
    before = sys.gettrace()

    def stubborn(*arguments):
        while True:
            try:
                time.sleep(0.01)
                {}["missing"]
            except:  # noqa: E722, the point of it
                pass

    begin = time.monotonic()
    assert "did not return within" in bp.check("8.8", stubborn).message
    assert time.monotonic() - begin < 5
    assert sys.gettrace() is before


def test_data_on_which_the_right_program_breaks_do_not_tell():
    one = {name: [[1.0]] for name in ("X", "W1", "W2")} | {"b1": [0.0], "b2": [0.0], "b3": [0.0, 0.0]}
    score = bp.check(
        "clinic.21", one | {"X": [[1000.0]], "T": [[0.0, 1.0]], "W3": [[1000.0, -1000.0]], "first": "loss"}
    )
    assert float(score) == 0
    assert "is no finite number, in the right program already" in score.message


def test_help_announces_a_chapter_that_is_still_to_come():
    slip = next(s for s in EXERCISES["4.1"].task().slips if s.mistake.slug == "bias-times-b")
    assert slip.mistake.see.startswith("7: ")
    assert "You will meet it again in chapter 7" in bp.check("4.1", list(slip.answer), tell=True).message
    slip = next(s for s in EXERCISES["8.9"].task().slips if s.mistake.slug == "bias-times-b")
    assert "See chapter 7" in bp.check("8.9", list(slip.answer), tell=True).message


def test_tell_names_it_at_once():
    assert MISTAKES["no-activation-slope"].says in bp.check("7.3", WITHOUT_SLOPE, tell=True).message


def test_a_slip_in_one_entry_alone_is_named_too():
    said = bp.check("7.3", [2.06, 0.859, -3.988, -3.56], tell=True)
    assert MISTAKES["z-for-a"].says in said.message
    assert "3 of 4 right" in said.message


def test_two_slips_at_once_are_not_taken_for_one():
    said = bp.check("7.3", [11.108, 4.628, -3.988, -3.56], tell=True).message
    assert "no single slip" in said


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ([2.09, 0.859, -2.684, -3.56], "dL/dw1 is close, but further off than rounding to three decimals explains"),
        ([2.06, 0.859, -2.684, 3.56], "dL/db2 has the right size and the wrong sign"),
        ([2.06, 0.859, -5.368, -3.56], "dL/dw2 is twice as large as it should be"),
        ([2.06, 0.43, -2.684, -3.56], "dL/db1 is half of what it should be"),
        ([-2.684, -3.56, 2.06, 0.859], "These are the right numbers in another order. Wanted is dL/dw1, dL/db1"),
        (
            [11.108, 0.859, -2.684, -3.56],
            "In dL/dw1 this is what you get when the derivative of the activation function",
        ),
        ([7.0, 0.859, -2.684, -3.56], "dL/dw1 is off by 4.94, and no single slip that we know of gives this"),
        ([7.0, 0.859, -2.684, -3.56], "`7.3 | book | [7.0, 0.859, -2.684, -3.56]`"),
        ([math.nan] * 4, "dL/db2 is not a finite number"),
        ([2.06, math.inf, -2.684, -3.56], "dL/db1 is not a finite number"),
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
        (3, "Wanted: 4 numbers in the order dL/dw1, dL/db1, dL/dw2, dL/db2; got 3"),
        ([1, 2], "got 2"),
        ("1.141", "got one text"),
        ({1, 2, 3, 4}, "got a set, which has no order"),
        (["1.141", 2, 3, 4], "dL/dw1 should be a number, not a text: take off the quotes of str `1.141`"),
        ([1j, 2, 3, 4], "got complex"),
        ([True, 2, 3, 4], "got bool"),
        ([[1, 2], 2, 3, 4], "got list"),
        (np.zeros((1000, 1000)), "got an array of shape (1000, 1000)"),
        (np.zeros((2, 2)), "got 2"),
        ({"dw1": 1}, "there is no 'dw1' among them"),
        ([Hostile(), 2, 3, 4], "dL/dw1 should be one real number; got Hostile"),
        (Hostile(), "got Hostile"),
        (print, "got builtin_function"),
        (bp.values(a=1, b=2, c=3, d=4), "Do you mean its `.grad` or its `.data`?"),
        ([10**400, 2, 3, 4], "should be one real number"),
    ],
)
def test_the_absurd_gets_a_sensible_word(answer, word):
    score = bp.check("7.3", answer)
    assert float(score) == 0
    assert word in score.message


def test_a_score_is_a_number_to_nbgrader_and_a_sentence_to_people():
    score = bp.check("7.2", 2.062)
    assert score == 1.0
    assert score._repr_mimebundle_() == {
        "text/plain": "1.0",
        "text/markdown": "**Right.** 1 of 1 points.",
        checks.MIME: {"id": "7.2", "raw": 2.062, "variant": "book"},
    }
    assert str(score) == "Right. 1 of 1 points. [1.0]"
    assert repr(score) == "1.0"


def test_what_a_person_reads_is_not_judged():
    assert "read by a person" in bp.check("7.8", "because").message


@pytest.mark.parametrize("token", ["", "  ", None, 3])
def test_a_variant_wants_a_token(token):
    with pytest.raises(TypeError, match="the token your instructor gave you"):
        bp.variant(token)


WRONG_ON_PURPOSE = {
    "no-activation-slope": 11.108, "slope-at-a": 2.417, "half-sigmoid-slope": 2.733, "other-activations-slope": 4.793,
    "z-in-slope-formula": -1.493, "no-factor-two": 1.03, "target-forgotten": 1.25, "target-added": 0.44,
    "sign-of-error": -2.06, "loss-for-its-slope": -1.834, "input-forgotten": 0.859, "weight-for-input": 0.258,
    "no-weight-back": -1.585, "wrong-weight-back": -0.475, "updated-weight": 1.635, "factors-added": -2.275,
    "local-for-gradient": 2.4, "step-for-slope": -0.206, "new-value-for-slope": 0.094,
}  # fmt: skip


@pytest.mark.parametrize(("slug", "typed"), WRONG_ON_PURPOSE.items())
def test_the_last_step_done_wrong_on_purpose(slug, typed):
    """As a learner would type it, to three decimals."""
    assert MISTAKES[slug].says in bp.check("7.2", typed, tell=True).message


@pytest.mark.parametrize(
    ("typed", "says"),
    [(0.647, "multiplied by a1"), (0.962, "multiplied by z1"), (0.358, "divided by x"), (3.259, "x is added"),
     (-8.544, "dL/dz2 is multiplied by x")],
)  # fmt: skip
def test_slips_of_the_last_step_alone(typed, says):
    assert says in bp.check("7.2", typed, tell=True).message


@pytest.mark.parametrize(
    ("answer", "says"),
    [([0.094, 0.683], "what the slope promised"), ([0.094, 3.169], "the loss from before the step"),
     ([0.506, 6.162], "the step is added"), ([0.094, -1.096], "without squaring it")],
)  # fmt: skip
def test_slips_of_the_step(answer, says):
    """Also: of two slips that are near, the nearer one is named."""
    assert says in bp.check("7.4", answer, tell=True).message


def test_help_speaks_only_of_what_stands_on_the_page():
    """Nobody computes dL/dy, and 7.2 asks for one gradient only."""
    for id in ("7.2", "7.3", "7.4", "7.5", "7.6"):
        for slip in EXERCISES[id].task().slips:
            for name in (slip.last_right, slip.first_wrong):
                assert name is None or name not in ("dL/dy", "dL/dx", "x", "y"), (id, slip.mistake.slug)
    named = {slip.first_wrong for slip in EXERCISES["7.2"].task().slips}
    assert not named & {"dL/db1", "dL/db2", "dL/dw2"}
