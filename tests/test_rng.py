"""The generator gives the same numbers everywhere, so its first ones are written down here."""

import pytest

from bplib.rng import Rng


def test_the_first_numbers_of_a_token():
    """Reference: FNV-1a of "a" is 0xE40C292C; mulberry32 seeded so, computed with JavaScript's Math.imul."""
    rng = Rng("a")
    assert rng._state == 0xE40C292C
    assert [rng.bits() for _ in range(3)] == [2670119670, 1323809741, 1575654966]


def test_whole_numbers_fill_their_range_evenly():
    rng = Rng("even")
    counts = [0] * 6
    for _ in range(6000):
        counts[rng.whole(0, 5)] += 1
    assert min(counts) > 850
    assert max(counts) < 1150


def test_tenths_have_one_decimal_and_leave_out_what_they_should():
    rng = Rng("tenths")
    seen = {rng.tenths(-0.5, 0.5, apart_from=[0.0]) for _ in range(500)}
    assert seen == {i / 10 for i in range(-5, 6)} - {0.0}


def test_a_shuffle_keeps_everything():
    assert sorted(Rng("s").shuffled(range(10))) == list(range(10))


@pytest.mark.parametrize("token", ["", None, 7])
def test_a_token_is_a_text(token):
    with pytest.raises(TypeError, match="a text that is not empty"):
        Rng(token)
