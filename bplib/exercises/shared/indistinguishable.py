"""Mistakes that exercises cannot tell, in groups by their reason: `indistinguishable=NO_STEP | FORWARD_GIVEN`.

Each group is a dict, slug -> reason. What changes only numbers that are not asked for, and what gives the same as
another mistake on all numbers, needs no entry: the exercise finds both by itself. Standard library only.
"""

from __future__ import annotations


def because(reason: str, *slugs: str) -> dict[str, str]:
    """A group of one exercise: all these mistakes for the same reason."""
    return dict.fromkeys(slugs, reason)


NO_STEP = because("no step is taken here", "updated-weight") | because(
    "no learning rate is given", "step-for-slope", "new-value-for-slope"
)
FORWARD_GIVEN = because(
    "the forward pass is given", "activation-forgotten-forward", "bias-forgotten-forward", "loss-not-squared"
)
HALF_LOSS = because("gives the slopes of no-factor-two, whose message names both", "half-loss")
USED_ONCE = because("every value is used once here", "one-path-only", "first-path-only")
