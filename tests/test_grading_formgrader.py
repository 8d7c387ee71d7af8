"""A reader at work: formgrader in a real browser, on two servers that share one gradebook."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from classes import ASSIGNMENT, ROOT, boxed, call, hand_in, make_course
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook
from test_grading_words import read, with_words

from grading import reading

pytestmark = pytest.mark.slow

NASTY = "It rises <script>document.title = 'acted'</script><img src=x onerror=\"document.title = 'acted'\"> too."


def missing() -> str | None:
    """Why no browser can be driven here, or None."""
    if not (ROOT / "node_modules" / "puppeteer-core").is_dir():
        return "formgrader in a browser: node_modules is not installed (make node_modules/installed)"
    try:
        done = subprocess.run(["node", ROOT / "tools" / "browser.mjs"], capture_output=True, text=True)
    except OSError as error:
        return f"formgrader in a browser: {error}"
    return None if done.returncode == 0 else "formgrader in a browser, for want of a Chromium"


@contextmanager
def server(course: Path, home: Path, user: str):
    """JupyterLab as the page for instructors starts it, by somebody of this name."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    env = os.environ | {"HOME": str(home), "JUPYTER_RUNTIME_DIR": str(home / user), "LOGNAME": user}
    with (home / f"{user}.log").open("w") as log:
        running = subprocess.Popen(
            [Path(sys.executable).with_name("jupyter"), "lab", "--allow-root", "--no-browser", f"--port={port}",
             "--ServerApp.port_retries=0", "--IdentityProvider.token=t"],
            cwd=course, env=env, stdout=log, stderr=subprocess.STDOUT)  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/formgrader/api/status?token=t", running, home / f"{user}.log")
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(timeout=20)


def wait_for(address: str, running: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(address, timeout=20).close()
            return
        except OSError:
            assert time.monotonic() < until, log.read_text()
            assert running.poll() is None, log.read_text()
            time.sleep(0.2)


def made(course: Path) -> str:
    """A course with an answer that was read, and has changed since; the submission's id in formgrader."""
    call(course, "release", ASSIGNMENT)
    hand_in(course, "ann", with_words(course, "It falls too."))
    call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    read(course, "ann", 1.0)
    nb = with_words(course, NASTY)
    nb["cells"].insert(0, new_markdown_cell("# 7-8\n\n## 7-8-comment"))  # what formgrader calls the fields of 7-8
    hand_in(course, "ann", nb)
    assert "(1 with words to read" in call(course, "grade", ASSIGNMENT, "--quiet", "--jobs", "1")
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        return gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "ann").id


@boxed
def test_a_reader_ticks_criteria_and_no_mark_is_overwritten_unseen(tmp_path):
    if why := missing():
        pytest.skip(why)
    course = make_course(tmp_path / "course")
    submission = made(course)
    with ExitStack() as stack:
        ada, bob = (stack.enter_context(server(course, tmp_path, name)) for name in ("ada", "bob"))
        driver = ["node", ROOT / "tests" / "browser" / "formgrader.mjs", ada, bob, "7-8", submission]
        done = subprocess.run(driver, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["failed"] == []
    assert said["title"] == ASSIGNMENT  # what the learner wrote has not acted
    shown = said["opened"]["earlier"]
    assert shown.startswith("It <del>falls </del><ins>rises &lt;script&gt;document.title")
    assert shown.endswith("</ins>too.")
    # Two boxes ticked before anything is saved, one of them taken back, and the page opened again.
    assert (said["meanwhile"]["boxes"], said["meanwhile"]["score"]) == ([True, True], "2")
    line = "By criterion: why the sign 1 of 1; what the step did 0 of 1"
    for moment in ("ticked", "reopened"):
        page = said[moment]
        assert (page["boxes"], page["score"], page["comment"], page["sum"]) == ([True, False], "1", line, ""), moment
    assert said["byHand"]["sum"] == "The criteria add up to 1; the mark given is 2."
    # Each sees that the other was there, and decides.
    assert said["refused"]["notices"] == ["Somebody else saved a mark meanwhile: 2. Yours is not saved: 0.5."]
    assert (said["kept"]["score"], said["kept"]["notices"]) == ("2", [])
    assert said["refusedToo"]["notices"] == ["Somebody else saved a mark meanwhile: 1.5. Yours is not saved: 0."]
    assert (said["last"]["score"], said["last"]["comment"]) == ("0", line)
    marks = [re.sub(r", \d{4}-.*", "", mark) for mark in said["last"]["marks"]]
    assert marks[-3:] == ["bob gave 2 in place of 1", "ada gave 1.5 in place of 2", "bob gave 0 in place of 1.5"]
    # A mark that is refused while its comment is not, and the other way round: each says so for itself.
    assert said["halfRefused"]["notices"] == ["Somebody else saved a mark meanwhile: 0. Yours is not saved: 2."]
    assert [notice[:33] for notice in said["both"]["notices"]] == ["Somebody else saved a comment mea"]
    both = "By criterion: why the sign 1 of 1; what the step did 1 of 1"
    assert (said["agreed"]["boxes"], said["agreed"]["score"], said["agreed"]["comment"]) == ([True, True], "2", both)
    # By keyboard: space ticks, tab goes on, Control and a full stop saves and opens the next, here the list.
    assert said["begun"] == "7-8"
    assert said["inSight"]
    assert said["tabbed"] == "what the step did"
    assert said["next"] == f"/formgrader/gradebook/{ASSIGNMENT}/{ASSIGNMENT}"
    none = "By criterion: why the sign 0 of 1; what the step did 0 of 1"
    assert (said["byKeys"]["score"], said["byKeys"]["comment"]) == ("0", none)
    assert (said["full"]["boxes"], said["full"]["score"], said["full"]["comment"]) == ([True, True], "2", both)
    assert (said["byLink"]["score"], said["byLink"]["comment"]) == ("1", line)
    kept = reading.marked(reading.log(course / "reports", ASSIGNMENT, "ann", ASSIGNMENT))
    assert {one["who"] for one in kept} == {"ada", "bob"}
    assert {"manual_comment": line} in [one["was"] for one in kept]  # what was replaced is kept
    feedback_has_the_names_alone(course, line)


def feedback_has_the_names_alone(course: Path, line: str) -> None:
    (course / "students.csv").write_text("id,name,email\nann,Ann,-\n")
    call(course, "feedback", "moodle", ASSIGNMENT)
    page = (course / "feedback" / "ann" / ASSIGNMENT / f"{ASSIGNMENT}.html").read_text()
    assert line in page
    assert "bp-beside" not in page
    assert "a reason that goes along the chain" not in page
