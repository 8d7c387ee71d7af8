"""Two readers at one gradebook, as the requests of formgrader's meet it; a browser does the same in test_grading_formgrader."""

import json
from types import SimpleNamespace

import pytest
from jupyter_server import CallContext
from nbgrader.api import Gradebook
from tornado.web import HTTPError

from grading import marking, reading, reports

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's, of how it adds a submission
PLACE = ("ex", "ann", "nb")


@pytest.fixture
def gradebook(tmp_path):
    marking.watch()
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as book:
        book.add_assignment("ex")
        book.add_notebook("nb", "ex")
        book.add_grade_cell("1-6", "nb", "ex", max_score=2, cell_type="markdown")
        book.add_solution_cell("1-6", "nb", "ex")
        book.add_student("ann")
        book.add_submission("ex", "ann")
        reports.write(reading.file(tmp_path / "reports", *PLACE), {"1-6": {"seen": "digest"}})
        yield book
    CallContext.set(CallContext.JUPYTER_HANDLER, None)


def request(gradebook, tmp_path, body: dict, who="ada", name=None) -> SimpleNamespace:
    """As if formgrader answered this from now on."""
    app = SimpleNamespace(coursedir=SimpleNamespace(root=str(tmp_path)), config=SimpleNamespace(Judge={}))
    handler = SimpleNamespace(
        request=SimpleNamespace(path="/formgrader/api/grade/1", method="PUT", body=json.dumps(body)),
        current_user=SimpleNamespace(username=who, name=name or who), settings={"nbgrader_formgrader": app},
        log=SimpleNamespace(error=lambda *said: logged.append(said)))  # fmt: skip
    logged = handler.logged = []
    CallContext.set(CallContext.JUPYTER_HANDLER, handler)
    return handler


def give(gradebook, score, extra=None) -> None:
    """As nbgrader's handler does it."""
    grade = gradebook.find_grade("1-6", "nb", "ex", "ann")
    grade.manual_score = score
    grade.extra_credit = extra
    gradebook.db.commit()


def score(gradebook):
    return gradebook.find_grade("1-6", "nb", "ex", "ann").manual_score


def log(tmp_path) -> list[dict]:
    return reading.marked(reading.log(tmp_path / "reports", *PLACE))


def test_who_marked_is_kept(gradebook, tmp_path):
    request(gradebook, tmp_path, {"seen": {"manual_score": None}})
    give(gradebook, "1.5")
    request(gradebook, tmp_path, {"seen": {"manual_score": 1.5}}, "bob")
    give(gradebook, 2.0)
    give(gradebook, "2")  # the same again
    told = [(one["exercise"], one["who"], one["was"].get("manual_score"), one["now"]["manual_score"])
            for one in log(tmp_path)]  # fmt: skip
    assert told == [("1-6", "ada", None, 1.5), ("1-6", "bob", 1.5, 2.0)]


def test_who_lets_a_mark_stand_is_kept_too(gradebook, tmp_path):
    """Formgrader's button Resolve, for an answer that has changed since it got its mark."""
    give(gradebook, 1.0)
    request(gradebook, tmp_path, {"seen": {"manual_score": 1.0}})
    gradebook.find_grade("1-6", "nb", "ex", "ann").needs_manual_grade = False
    give(gradebook, 1.0)
    assert [(one["who"], one["was"], one["now"]["manual_score"]) for one in log(tmp_path)] == [("ada", {}, 1.0)]


@pytest.mark.parametrize("seen", [None, 1.0, 0])
def test_what_nobody_saw_is_not_overwritten(gradebook, tmp_path, seen):
    give(gradebook, 0.5)
    request(gradebook, tmp_path, {"seen": {"manual_score": seen, "extra_credit": None}})
    with pytest.raises(HTTPError, match=r"somebody else has saved 0\.5") as refused:
        give(gradebook, "2")
    assert refused.value.status_code == 409
    assert (score(gradebook), log(tmp_path)) == (0.5, [])


def test_a_zero_is_a_mark(gradebook, tmp_path):
    give(gradebook, 0.0)
    request(gradebook, tmp_path, {"seen": {"manual_score": None}})
    with pytest.raises(HTTPError):
        give(gradebook, "2")


def test_of_a_request_that_is_refused_nothing_is_saved_later(gradebook, tmp_path):
    give(gradebook, 1.0, 0.5)
    request(gradebook, tmp_path, {"seen": {"manual_score": 1.0, "extra_credit": None}})
    with pytest.raises(HTTPError):
        give(gradebook, "2", "1")
    gradebook.db.commit()
    assert score(gradebook) == 1.0


def test_a_mark_for_words_that_nobody_saw_is_refused(gradebook, tmp_path):
    request(gradebook, tmp_path, {"seen": {"manual_score": None, "answer": "another"}})
    with pytest.raises(HTTPError, match="handed in again") as refused:
        give(gradebook, "2")
    assert refused.value.status_code == 412
    request(gradebook, tmp_path, {"seen": {"manual_score": None, "answer": "digest"}})
    give(gradebook, "2")
    assert score(gradebook) == 2.0


@pytest.mark.parametrize("body", [{}, [], {"seen": 3}, {"seen": {}}])
def test_a_page_that_says_nothing_of_what_it_saw_saves_as_ever(gradebook, tmp_path, body):
    give(gradebook, 1.0)
    request(gradebook, tmp_path, body)
    give(gradebook, "2")
    assert score(gradebook) == 2.0


def test_a_comment_is_not_overwritten_either(gradebook, tmp_path):
    comment = gradebook.find_comment("1-6", "nb", "ex", "ann")
    comment.manual_comment = "Why?"
    gradebook.db.commit()
    request(gradebook, tmp_path, {"seen": {"manual_comment": ""}})
    with pytest.raises(HTTPError):
        comment.manual_comment = "Good."
    request(gradebook, tmp_path, {"seen": {"manual_comment": "Why?"}})
    comment.manual_comment = "Good."
    gradebook.db.commit()
    assert [(one["was"], one["now"]) for one in log(tmp_path)] == [
        ({"manual_comment": "Why?"}, {"manual_comment": "Good."})
    ]


def test_a_server_sees_what_another_has_saved(gradebook, tmp_path):
    """A session keeps what it has read once; nbgrader keeps one session for as long as its server runs."""
    here = gradebook.find_grade("1-6", "nb", "ex", "ann")
    assert here.manual_score is None
    with Gradebook(f"sqlite:///{tmp_path}/gradebook.db") as other:
        give(other, 1.5)
    request(gradebook, tmp_path, {"seen": {"manual_score": None}})
    assert gradebook.find_grade("1-6", "nb", "ex", "ann").manual_score == 1.5


def test_where_nobody_logs_in_the_account_has_a_name(gradebook, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGNAME", "cy")
    request(gradebook, tmp_path, {}, "0a1b2c", "Anonymous Amalthea")
    give(gradebook, 1.0)
    assert [one["who"] for one in log(tmp_path)] == ["cy"]


def test_a_log_that_cannot_be_written_costs_no_mark_and_is_told(gradebook, tmp_path):
    reading.log(tmp_path / "reports", *PLACE).mkdir()
    handler = request(gradebook, tmp_path, {})
    give(gradebook, 1.0)
    CallContext.set(CallContext.JUPYTER_HANDLER, None)
    assert score(gradebook) == 1.0
    assert "not who gave it" in handler.logged[0][0]


def test_outside_formgrader_nothing_is_watched(gradebook, tmp_path):
    give(gradebook, 1.0)
    handler = request(gradebook, tmp_path, {"seen": {"manual_score": 7}})
    handler.request.path = "/api/contents"
    give(gradebook, 2.0)
    assert (score(gradebook), log(tmp_path)) == (2.0, [])
