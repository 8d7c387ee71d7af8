"""Tokens that give each learner numbers of their own: how one is written, and how what somebody typed is read.

A token is ten characters and two more that follow from them, in groups of four: `k7pm-2xfa-9qhw`. So one that was
mistyped is refused, instead of giving somebody else's numbers. Words that a reader makes up for practice begin with
`practice-`, and a token never does. Standard library only.
"""

from __future__ import annotations

import re
import unicodedata

ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"  # 31, a prime; no 0 or o, no 1, i or l: nobody can take one for another
LETTERS = 10  # 31^10 tokens: short enough to type, too many to guess
PRACTICE = "practice-"
BOOK = "book"  # the numbers that are printed in the book


def checked(letters: str) -> str:
    """The token that begins with these ten letters: a new one, with its two check letters.

    The weights differ for each place and are no multiples of 31, so any one wrong letter, and any two exchanged, change
    both check letters.
    """
    digits = [ALPHABET.index(letter) for letter in letters]
    sums = [sum((k + 2) ** power * digit for k, digit in enumerate(digits)) for power in (1, 2)]
    whole = letters + "".join(ALPHABET[total % len(ALPHABET)] for total in sums)
    return "-".join(whole[k : k + 4] for k in range(0, len(whole), 4))


def token_of(number: int) -> str:
    """The token for a large whole number, such as a hash."""
    letters = ""
    for _ in range(LETTERS):
        number, digit = divmod(number, len(ALPHABET))
        letters += ALPHABET[digit]
    return checked(letters)


def read(typed) -> str:
    """The variant that was meant: a token, a word for practice, or "book". What is none of these raises ValueError.

    Case, blanks, hyphens of all kinds, quotes and characters that cannot be seen make no difference.
    """
    if not isinstance(typed, str) or not typed.strip():
        raise TypeError(f"expected the token your instructor gave you, as a text in quotes; got {typed!r}")
    if re.match(r"\W*practice[\W_]", plain(typed)):
        return _practice(typed)
    letters = re.sub(r"[\W_]", "", plain(typed))
    if letters == BOOK:
        return BOOK
    strange = sorted(set(letters) - set(ALPHABET))
    right = len(letters) == LETTERS + 2 and not strange
    if right and checked(letters[:LETTERS]).replace("-", "") == letters:
        return checked(letters[:LETTERS])
    raise ValueError(f"{typed.strip()[:40]!r} is no token: {_fault(letters, strange)}. {HELP}")


HELP = (
    "Copy the token from your instructor's message once more; nothing has changed so far. To practise with other numbers "
    'than the book\'s, choose a word of your own after "practice-": bp.variant("practice-ada")'
)


def _fault(letters: str, strange: list[str]) -> str:
    if len(letters) != LETTERS + 2:
        return f"a token has {LETTERS + 2} letters and digits, and this has {len(letters)}"
    if strange:
        return f"{' and '.join(map(repr, strange[:4]))} never {'occur' if strange[1:] else 'occurs'} in one"
    return "one or more of its letters are mistyped"


def plain(typed: str) -> str:
    """Small letters in their plain form, without what cannot be seen."""
    shown = "".join(c for c in unicodedata.normalize("NFKC", typed) if unicodedata.category(c) not in ("Cf", "Cc"))
    return shown.casefold()


def _practice(typed: str) -> str:
    word = re.sub(r"[\W_]+", "-", plain(typed)).strip("-").removeprefix(PRACTICE.strip("-")).strip("-")
    if not word:
        raise ValueError('a word is missing after "practice-": bp.variant("practice-ada")')
    return PRACTICE + word[:60]
