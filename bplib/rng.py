"""A small random generator that gives the same numbers on every machine, in Python and in JavaScript.

Only 32-bit integer arithmetic, so that both languages agree to the last bit. Not for secrets.
Source: the hash is FNV-1a (Fowler, Noll, Vo), the generator is mulberry32 (Tommy Ettinger, 2017, public domain).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

_MASK = 0xFFFFFFFF


class Rng:
    """Draws friendly numbers; the same token always gives the same ones."""

    def __init__(self, token: str) -> None:
        if not isinstance(token, str) or not token:
            raise TypeError(f"a draw wants a token, a text that is not empty; got {token!r}")
        state = 0x811C9DC5
        for byte in token.encode():
            state = ((state ^ byte) * 0x01000193) & _MASK
        self._state = state

    def bits(self) -> int:
        """The next 32 bits."""
        self._state = (self._state + 0x6D2B79F5) & _MASK
        t = self._state
        t = ((t ^ (t >> 15)) * (t | 1)) & _MASK
        t ^= (t + ((t ^ (t >> 7)) * (t | 61) & _MASK)) & _MASK
        return t ^ (t >> 14)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        """A number from low up to, but not including, high."""
        return low + (high - low) * self.bits() / 2**32

    def normal(self) -> float:
        """A number from the standard normal distribution (Box and Muller: a radius, then an angle)."""
        radius = math.sqrt(-2 * math.log(1 - self.uniform()))
        return radius * math.cos(2 * math.pi * self.uniform())

    def whole(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + (self.bits() * (high - low + 1) >> 32)

    def pick(self, options: Sequence):
        """One of the options."""
        return options[self.whole(0, len(options) - 1)]

    def tenths(self, low: float, high: float, *, apart_from: Sequence[float] = ()) -> float:
        """A number with one decimal from low to high, none of `apart_from`."""
        options = [i / 10 for i in range(round(low * 10), round(high * 10) + 1)]
        return self.pick([x for x in options if x not in apart_from])

    def shuffled(self, items: Sequence) -> list:
        """The items in a drawn order (Fisher and Yates)."""
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.whole(0, i)
            items[i], items[j] = items[j], items[i]
        return items
