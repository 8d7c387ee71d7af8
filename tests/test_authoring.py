"""What an author need not write: outputs, tolerances and groups are derived, and mistakes that agree are told together."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from bplib.checking import Arrays, ByHand, Functions, Verdict
from bplib.checking.answers import by_name, unknown
from bplib.checking.base import credit
from bplib.exercises.shared.graphs import graph, listed, partial_derivative
from bplib.mistakes import REGISTRY, Mistake
from tools.chapter import EXERCISES as SKELETON

ROOT = Path(__file__).resolve().parent.parent
VARIANTS = ["book", *(f"practice-{k}" for k in range(20))]
NAMES = {"ByHand": ByHand, "graph": graph, "listed": listed, "partial_derivative": partial_derivative}


def in_contributing() -> str:
    """The whole exercise that CONTRIBUTING shows."""
    return re.search(r"```python\n(ByHand\(.*?)```", (ROOT / "CONTRIBUTING.md").read_text("utf8"), re.DOTALL)[1]


def in_the_skeleton() -> str:
    return re.search(r"^    ByHand\(.*?^    \)", SKELETON, re.DOTALL | re.MULTILINE)[0].strip()


@pytest.mark.parametrize("text", [in_contributing(), in_the_skeleton()], ids=["CONTRIBUTING", "make chapter"])
def test_a_one_number_exercise_takes_at_most_12_lines_and_tells_every_slip(text):
    assert len(text.strip().splitlines()) <= 12
    exercise = replace(eval(text, dict(NAMES)), id="99.1")
    for variant in VARIANTS:
        task = exercise.task(variant)
        assert exercise.clashes(task.numbers) == []
        assert task.answer[0] == pytest.approx(2 * (task.numbers["x"] - task.numbers["c"]))
        assert exercise.judge([round(task.answer[0], 3)], variant).points == 1
        for slip in task.slips:
            assert slip.mistake.says in exercise.judge(list(slip.answer), variant).message()


def neuron(outputs: tuple[str, ...], **more) -> ByHand:
    build = graph(lambda x, w, b, y: {"z": (z := w * x + b), "a": (a := z.sigmoid()), "L": (a - y) ** 2})
    return ByHand("99.2", "A neuron", 2, "an exercise for a test", outputs=outputs, build=build, prompt=listed,
                  book={"x": 2.3, "w": 0.6, "b": -0.5, "y": 0.2}, **more)  # fmt: skip


def test_outputs_say_what_is_read_and_how_far_it_may_lie_off():
    task = neuron(("z", "dL/dw")).task()
    a = 0.7068222  # the sigmoid of 0.6 * 2.3 - 0.5 = 0.88
    assert task.answer == pytest.approx((0.88, 2 * (a - 0.2) * a * (1 - a) * 2.3), abs=1e-6)
    assert task.tolerance[0] == pytest.approx(3 * 0.0005)  # the product, the sum, and the answer, each rounded once
    assert 0.0005 < task.tolerance[1] < 0.01


def test_a_new_graph_brings_its_own_tolerance():
    """What is derived is derived from the fields, and not kept when one of them is replaced."""
    before = neuron(("dL/dw",))
    after = replace(before, id="99.3", build=graph(lambda x, w, b, y: {"L": (w * x + b - y) ** 2}))
    assert after.task().answer == pytest.approx((2 * 0.68 * 2.3,))
    assert after.task().tolerance != before.task().tolerance


def test_an_output_that_nothing_in_the_graph_is_called_is_refused():
    with pytest.raises(ValueError, match=r"exercise 99\.9: expected outputs .* \(x, w, b, y, z, a, L\); got 'dL/dv'"):
        replace(neuron(("dL/dv",)), id="99.9").task()


def test_what_changes_only_numbers_that_are_not_asked_for_is_no_slip():
    both, bias = (replace(neuron(outputs), id=f"99.{len(outputs) + 3}") for outputs in (("dL/dw", "dL/db"), ("dL/db",)))
    told = [{slip.mistake.slug for slip in exercise.task().slips} for exercise in (both, bias)]
    assert {"input-forgotten", "weight-for-input"} <= told[0]  # they change dL/dw alone
    assert not {"input-forgotten", "weight-for-input"} & told[1]


def test_mistakes_that_agree_on_all_numbers_are_told_together():
    exercise = replace(neuron(("dL/dw",)), id="99.6")
    assert frozenset(("half-loss", "no-factor-two")) in exercise.alike
    [answer] = {slip.answer for slip in exercise.task().slips if slip.mistake.slug in ("half-loss", "no-factor-two")}
    said = exercise.judge(list(answer))
    assert {"half-loss", "no-factor-two"} <= set(said.slips)
    for slug in ("half-loss", "no-factor-two"):
        assert REGISTRY[slug].says in said.message()


def unregistered(slug: str) -> Mistake:
    """A mistake of this test alone, which no other test finds in the registry."""
    mistake = Mistake(slug, f"the test does {slug}", "It is tempting.", "Why?", None)
    return REGISTRY.pop(mistake.slug)


ONE, OTHER, THIRD = (unregistered(f"agreeing-{k}") for k in ("one", "other", "third"))


WRONG = (
    (ONE, lambda n: {"d": n + n}),
    (OTHER, lambda n: {"d": 2 * n}),
    (THIRD, lambda n: {"d": n**2 - 3 * n + 6}),  # as they do where n is 2 or 3, and nowhere else
)
KINDS = (
    Arrays("99.7", "t", 1, "o", outputs=("d",), book={"n": 2.0}, sample=lambda rng: {"n": rng.tenths(4, 9)},
           solve=lambda n: {"d": n}, mistakes=WRONG, prompt=str),
    Functions("99.8", "t", 1, "o", arguments=("n",), outputs=("d",), cases=lambda rng: [(rng.tenths(4, 9),)],
              solve=lambda n: {"d": n}, mistakes=WRONG),
)  # fmt: skip


@pytest.mark.parametrize("exercise", KINDS, ids=lambda e: type(e).__name__)
def test_programs_that_agree_on_all_numbers_are_told_together_too(exercise):
    assert exercise.alike == {frozenset((ONE.slug, OTHER.slug))}
    answer = (lambda n: 2 * n) if isinstance(exercise, Functions) else 4.0
    said = exercise.judge(exercise.collect(answer))
    assert {ONE.slug, OTHER.slug} <= set(said.slips)
    assert ONE.says in said.message()
    assert OTHER.says in said.message()


def test_what_agrees_on_the_books_numbers_only_is_still_a_clash():
    [first, second] = KINDS[0].clashes({"n": 2.0})
    assert ONE.slug in first
    assert THIRD.slug in first
    assert OTHER.slug in second
    assert THIRD.slug in second
    assert KINDS[0].clashes({"n": 5.0}) == []


@pytest.mark.parametrize(
    ("hits", "still_open", "refusal", "points", "summary", "counts"),
    [
        ({"a": True, "b": True}, (), None, 3, "**Right.** (3 points)", False),
        ({"a": True, "b": False}, (), None, 1.5, "**Not yet.** 1 of 2 right. ", True),
        ({"a": True, "b": False}, ("b",), None, 1.5, "**Not finished yet.** 1 of 2 right. Still open: b.", False),
        ({"a": True, "b": False, "c": False}, ("b",), None, 1, "**Not yet.** 1 of 3 right. ", True),
        ({"a": True, "b": False}, (), Verdict(0, "Odd."), 1.5, "Odd. 1 of 2 right.", False),
        ({"a": False}, (), None, 0, "**Not yet.** ", True),
        ({"a": False}, (), Verdict(0, "Odd."), 0, "Odd.", False),
    ],
)
def test_entries_earn_equal_shares(hits, still_open, refusal, points, summary, counts):
    verdict = credit(3, hits, still_open, refusal)
    assert (verdict.points, verdict.summary, verdict.counts_as_try) == (points, summary, counts)


@pytest.mark.parametrize(
    ("raw", "outputs", "entries"),
    [
        ([1, 2], ("a", "b"), {"a": 1, "b": 2}),
        ({"named": {"b": 2, "a": 1}}, ("a", "b"), {"a": 1, "b": 2}),
        ({"named": {"b": 2}}, ("a", "b"), {"b": 2}),
        ([1, 2, 3], ("a", "b"), None),
        (1, ("a", "b"), None),
        (1, ("a",), {"a": 1}),
        ([1], ("a",), {"a": 1}),
        ([1, 2], ("a",), {"a": [1, 2]}),
        ({"text": "x"}, ("a",), {"a": {"text": "x"}}),
    ],
)
def test_entries_by_name_or_in_order(raw, outputs, entries):
    assert by_name(raw, outputs) == entries


def test_a_name_that_nobody_asked_for_is_said():
    assert unknown({"a": 1, "q" * 50: 2}, ("a",)) == repr("q" * 40)
    assert unknown({"a": 1}, ("a", "b")) == ""
