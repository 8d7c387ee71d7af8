"""Chapter 15's table: the right programs against nudging, the wrong ones against the right, and engines with one fault."""

import numpy as np
import pytest

from bplib.exercises.ch15 import FAULTS, WHOLE, symptoms, tried
from bplib.exercises.shared.array_engine import array_engine, ties
from bplib.exercises.shared.vjps import HVP, MAX, POOL, STEPS, blind, images, softmax, windows, with_ones
from bplib.rng import Rng

# What each step does on the way forward, as a function of the inputs that it has a gradient for.
FORWARD = {
    "Undo the broadcasting": lambda b, g: b + np.zeros(g.shape),
    "A product that broadcasts": lambda x, b, g: x * b,
    "A matrix product": lambda a, b, g: a @ b,
    "A sum along an axis": lambda x, axis, g: x.sum(axis),
    "A mean along an axis": lambda x, axis, g: x.mean(axis),
    "The largest of each row": lambda x, g: x.max(axis=1),
    "Rows that are taken": lambda x, rows, g: x[rows],
    "Axes in another order": lambda x, g: x.transpose(1, 2, 0),
    "Softmax": lambda x, g: softmax(x),
    "Max pooling": lambda x, g: windows(x).max(axis=-1),
}
STEP = {step.title: step for step in STEPS}


def measured(f, case, place, h=1e-6):
    """How fast the sum of g y moves with each number of one input, by nudging it both ways."""
    x, g = case[place], case[-1]
    slopes = np.zeros(x.shape)
    for at in np.ndindex(x.shape):
        ends = []
        for sign in (1, -1):
            moved = x.copy()
            moved[at] += sign * h
            ends.append((f(*case[:place], moved, *case[place + 1 :]) * g).sum())
        slopes[at] = (ends[0] - ends[1]) / (2 * h)
    return slopes


@pytest.mark.parametrize("title", FORWARD)
def test_the_right_programs_agree_with_nudging(title):
    step = STEP[title]
    for case in step.cases(Rng(title)):
        found = step.named(step.right)(*case)
        for place, name in enumerate(step.outputs):
            want = measured(FORWARD[title], case, place)
            if step in (MAX, POOL):
                want[tied_by_three(step, case[0])] *= 2 / 3
            np.testing.assert_allclose(found[name], want, atol=1e-6)


def tied_by_three(step, x):
    """Which entries are in a tie of three, where nudging both ways measures a half for each, and they share in thirds."""
    share = ties(x if step is MAX else windows(x))
    return np.isclose(share if step is MAX else images(share), 1 / 3)


@pytest.mark.parametrize("step", [MAX, POOL], ids=lambda step: step.title)
def test_ties_of_two_and_of_three_are_both_tried(step):
    for seed in range(20):
        shares = [ties(x if step is MAX else windows(x)) for x, _ in step.cases(Rng(str(seed)))]
        seen = {round(float(s), 3) for share in shares for s in share.ravel()}
        assert seen == {0.0, 0.333, 0.5, 1.0}


def test_a_tie_of_two_is_nudged_as_it_is_shared():
    """Central differences see half of each: the mean of the slopes from both sides."""
    x = np.array([[[3.0, 3.0], [1.0, 2.0]]])
    np.testing.assert_array_equal(POOL.right(x, np.array([[[4.0]]])), [[[2, 2], [0, 0]]])


def test_the_hessian_vector_product_is_how_the_gradient_moves():
    for A, x, v in HVP.cases(Rng("hvp")):
        slope = lambda x, A=A: 3 * A.T @ (A @ x) ** 2  # noqa: E731
        want = (slope(x + 1e-5 * v) - slope(x - 1e-5 * v)) / 2e-5
        np.testing.assert_allclose(HVP.right(A, x, v), want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_no_wrong_program_passes_with_a_random_last_argument(step):
    for seed in range(20):
        cases = step.cases(Rng(str(seed)))
        assert step.passes(step.right, cases)
        assert not [slug for slug, _, _, _, program in step.wrong if step.passes(program, cases)]


def test_which_pass_with_ones_does_not_depend_on_the_numbers():
    assert blind("one") == blind("another")
    assert sum(map(len, blind().values())) == 18
    assert not any(blind(ones=False).values())


def test_ones_replace_the_last_argument_alone():
    x, g = with_ones((np.array([2.0]), np.array([3.0])))
    assert (x, g) == (2, 1)


def test_each_fault_shows_in_some_trial_and_differs_from_the_others():
    numbers = {"a": 3, "b": 2, "c": 5}
    right = tried(array_engine(), numbers)
    found = {slug: tried(parts[-1], numbers) for slug, parts in FAULTS.items()}
    assert right == ["[1, 1]", "[6, 4]", "[8, 5]", "[[0.5, 0.5]]", "[2, 1]", "[27, 12]"]
    assert found["uncopied"][0] == "[7, 5]"  # 2x on top of 1
    assert found["inner-kept"][5] == "[72, 32]"  # two for one at the product, and 3 + 6 for 3 before it
    assert len({tuple(gives) for gives in (right, *found.values())}) == len(FAULTS) + 1


def test_the_books_engine_for_chapter_15_does_what_tensor_does():
    assert WHOLE.gives(array_engine(), WHOLE.book) == WHOLE.gives(WHOLE.solve, WHOLE.book)


def test_every_variant_plants_one_of_the_faults():
    planted = {symptoms(Rng(str(k)))[0].split("What is wrong")[0] for k in range(40)}
    assert len(planted) > 30
