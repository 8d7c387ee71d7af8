"""Two people at one gradebook: whose mark it was, and no mark that takes the place of one that its giver never saw.

nbgrader's formgrader saves what it is sent, over whatever is there, and keeps no record of who sent it. Its requests
are its own, so what is here listens to the gradebook underneath; nbgrader_config.py calls `watch` in every process
that opens it, and outside a request of formgrader's nothing is done.
"""

from __future__ import annotations

import getpass
import json
from pathlib import Path

from jupyter_server import CallContext
from nbgrader.api import Comment, Grade
from sqlalchemy import event, inspect
from sqlalchemy.orm import Session, object_session
from tornado.web import HTTPError

from . import reading

WATCHED = {Grade: ("manual_score", "extra_credit"), Comment: ("manual_comment",)}


def watch() -> None:
    """Listen, from now on; a second time changes nothing."""
    if event.contains(Session, "do_orm_execute", _as_it_is_now):
        return
    event.listen(Session, "do_orm_execute", _as_it_is_now)
    for kind, names in WATCHED.items():
        event.listen(kind, "after_update", _note)
        for name in names:
            event.listen(getattr(kind, name), "set", _refuse_unseen(name), active_history=True)
    event.listen(Session, "after_commit", _write)
    event.listen(Session, "after_rollback", _forget)


def _request():
    """The request of formgrader's that is being answered, if one is."""
    try:
        handler = CallContext.get(CallContext.JUPYTER_HANDLER)
    except LookupError:
        return None
    return handler if handler is not None and "/formgrader/" in handler.request.path else None


def _as_it_is_now(state) -> None:
    """Read the gradebook, and not what this server remembers of it: others write into it too."""
    handler = _request()
    # Not while formgrader's button grades: there, what waits to be written would be read over.
    if state.is_select and handler is not None and handler.request.method in ("GET", "PUT"):
        state.update_execution_options(populate_existing=True)


def _refuse_unseen(name: str):
    """The page sends along what it showed; where something else is here by now, nothing is saved."""

    def refuse(target, value, old, initiator) -> None:
        handler = _request()
        if handler is None or handler.request.method != "PUT":
            return
        sent = json.loads(handler.request.body)
        seen = sent.get("seen") if isinstance(sent, dict) else None
        if not isinstance(seen, dict):
            return
        here = _said(target, old)
        if name in seen and here not in (_said(target, seen[name]), _said(target, value)):
            _refuse(target, 409, f"somebody else has saved {here!r} since this page was opened")
        if seen.get("answer") and seen["answer"] != _answer(handler, target):
            _refuse(target, 412, "the answer was handed in again, and graded, since this page was opened")

    return refuse


def _refuse(target, status: int, why: str) -> None:
    """Leave nothing of the request in the session, which the next request would save."""
    object_session(target).rollback()
    raise HTTPError(status, why)


def _folder(handler) -> Path:
    app = handler.settings["nbgrader_formgrader"]
    return Path(app.coursedir.root, app.config.Judge.get("reports", "reports"))


def _place(target) -> tuple[str, str, str]:
    return target.assignment.name, target.student.id, target.notebook.name


def _answer(handler, target) -> str | None:
    """What the answer says by now, as a digest."""
    return reading.of(reading.file(_folder(handler), *_place(target)), target.name).get("seen")


def _said(target, value):
    """The value as the gradebook will have it: marks come as texts, and an empty field says nothing."""
    return None if value in (None, "") else float(value) if isinstance(target, Grade) else value


def _note(mapper, connection, target) -> None:
    handler = _request()
    if handler is None:
        return
    names = WATCHED[type(target)]
    changed = {name: inspect(target).attrs[name].history for name in names}
    was = {name: _said(target, history.deleted[0]) for name, history in changed.items() if history.deleted}
    now = {name: _said(target, getattr(target, name)) for name in names}
    read = isinstance(target, Grade) and inspect(target).attrs.needs_manual_grade.history.has_changes()
    if read or any(now[name] != before for name, before in was.items()):
        what = {"exercise": target.name, "when": reading.stamp(), "who": _who(handler), "was": was, "now": now}
        object_session(target).info.setdefault("marked", []).append((_place(target), what))


def _who(handler) -> str:
    """The name at the login: JupyterHub's, or else that of the account, as JupyterLab alone makes names up."""
    user = handler.current_user
    name = getattr(user, "username", None) or (user.get("name") if isinstance(user, dict) else None)
    made_up = getattr(user, "name", "").startswith("Anonymous ")
    return str(name) if name and not made_up else getpass.getuser()


def _write(session) -> None:
    handler = _request()
    for place, what in session.info.pop("marked", []):
        try:
            reading.write_down(reading.log(_folder(handler), *place), what)
        except OSError as error:
            handler.log.error("the mark is saved, but not who gave it: %s", error)


def _forget(session) -> None:
    session.info.pop("marked", None)
