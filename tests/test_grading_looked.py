"""Where a person has to look, and has looked."""

from types import SimpleNamespace

import pytest

from grading import looked
from grading.repair import NEEDS_REVIEW

LOOK, OTHER = f"cell 3 was replaced; {NEEDS_REVIEW}", f"cell 4 asks for the key; {NEEDS_REVIEW}"


def course_of(tmp_path, notes):
    return SimpleNamespace(reports=tmp_path, notes=lambda assignment: notes.items())


def test_what_was_looked_at_waits_no_more_until_something_else_is_found(tmp_path):
    notes = {"ann": ["moved", LOOK], "bob": [OTHER], "cem": ["moved"]}
    course = course_of(tmp_path, notes)
    assert looked.waiting(course, "a") == {"ann": [LOOK], "bob": [OTHER]}
    assert looked.looked(course, "a", ["ann"]) == ["ann"]
    assert looked.waiting(course, "a") == {"bob": [OTHER]}
    assert looked.waiting(course, "b") == {"ann": [LOOK], "bob": [OTHER]}  # another assignment
    notes["ann"] = ["copied", LOOK]
    assert looked.waiting(course, "a") == {"bob": [OTHER]}
    notes["ann"] = [LOOK, OTHER]
    assert looked.waiting(course, "a") == {"ann": [LOOK, OTHER], "bob": [OTHER]}


def test_who_does_not_wait_is_named_and_nothing_is_written(tmp_path):
    course = course_of(tmp_path, {"ann": [LOOK]})
    with pytest.raises(LookupError, match="nobody has to look at bbo in a; those who wait: ann"):
        looked.looked(course, "a", ["ann", "bbo"])
    assert looked.waiting(course, "a") == {"ann": [LOOK]}
    assert not list(tmp_path.rglob("*.json"))
    looked.looked(course, "a", ["ann"])
    with pytest.raises(LookupError, match="nobody waits"):
        looked.looked(course, "a", ["ann"])
