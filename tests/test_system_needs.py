"""The two commands: in any folder, and honest about what they could not test."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import system_needs  # noqa: E402


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ("chromium firefox-esr bwrap prlimit setpriv seccomp", []),
        ("google-chrome firefox bwrap prlimit setpriv seccomp", []),
        ("chromium firefox prlimit setpriv", ["bubblewrap", "libseccomp2"]),
        ("", ["chromium", "firefox-esr", "bubblewrap", "util-linux", "libseccomp2"]),
    ],
)
def test_what_is_missing_is_asked_of_debian_by_name(there, wanted):
    has = there.split()
    found = system_needs.missing(lambda name: name in has, lambda name: name in has, {})
    assert found == wanted


def test_a_browser_given_by_its_path_is_not_installed_again():
    given = {"BP_CHROMIUM": "/opt/c", "BP_FIREFOX": "/opt/f"}
    assert system_needs.missing(lambda name: name in ("bwrap", "prlimit", "setpriv"), lambda name: True, given) == []


def test_the_last_line_says_what_was_not_tested(tmp_path, capsys):
    assert system_needs.report(tmp_path, ci=True) == 0
    assert capsys.readouterr().out == "All tests passed.\n"
    (tmp_path / "python-1.txt").write_text("the sandbox: no bubblewrap\n" * 57)
    (tmp_path / "browsers.txt").write_text("Firefox\n")
    assert system_needs.report(tmp_path, ci=False) == 0
    line = "NOT TESTED: Firefox (1 test); the sandbox: no bubblewrap (57 tests)\n"
    assert capsys.readouterr().out == f"All tests that could be run passed, {line}"
    assert system_needs.report(tmp_path, ci=True) == 1
    assert capsys.readouterr().out == f"FAILED, {line}"


def test_what_is_optional_is_named_and_is_no_failure(tmp_path, capsys):
    (tmp_path / "python-1.txt").write_text("optional: LibreOffice\n" * 2)
    assert system_needs.report(tmp_path, ci=True) == 0
    assert capsys.readouterr().out == "All tests passed. Optional, and not tested: LibreOffice (2 tests)\n"
    (tmp_path / "browsers.txt").write_text("Firefox\n")
    assert system_needs.report(tmp_path, ci=True) == 1
    line = "FAILED, NOT TESTED: Firefox (1 test). Optional, and not tested: LibreOffice (2 tests)\n"
    assert capsys.readouterr().out == line


def test_a_skipped_test_leaves_its_reason(tmp_path):
    (tmp_path / "_build/skipped").mkdir(parents=True)
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "test_x.py").write_text("import pytest\ndef test_x():\n    pytest.skip('no\\n  sandbox')\n")
    subprocess.run([sys.executable, "-m", "pytest", "-q", "--rootdir", tmp_path, tmp_path], check=True, cwd=tmp_path)
    [left] = (tmp_path / "_build/skipped").glob("python-*.txt")
    assert left.read_text() == "no sandbox\n"


def test_a_skipped_browser_test_leaves_its_reason(tmp_path):
    (tmp_path / "x.test.mjs").write_text("import test from 'node:test';\n"
                                         "test('a', t => t.skip('no Firefox'));\ntest('b', () => {});\n")  # fmt: skip
    node = shutil.which("node", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    reporter = (ROOT / "tests/browser/skipped.mjs").as_uri()
    done = subprocess.run([node, "--test", f"--test-reporter={reporter}", "x.test.mjs"],
                          cwd=tmp_path, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout == "no Firefox\n"


@pytest.mark.parametrize("name", ["My Course (2026)", 'Anna\'s "best" #1', "a&b; $(false) `false` é"])
def test_the_verbs_work_in_a_folder_of_any_name(tmp_path, name):
    """With programs that only say that they were called: what they do, the other tests see."""
    course = tmp_path / name
    (course / ".venv/bin").mkdir(parents=True)
    for file in ("Makefile", "requirements.txt", "pyproject.toml", "requirements"):
        (shutil.copytree if (ROOT / file).is_dir() else shutil.copy)(ROOT / file, course / file)
    for program in ("python", "jupyter-book", "npm", "pytest", "ruff"):
        (course / ".venv/bin" / program).write_text(f'#!/bin/sh\necho {program} "$@"\n')
        (course / ".venv/bin" / program).chmod(0o755)
    done = subprocess.run(["make", "book", "notebooks", "test-notebooks"], cwd=course, capture_output=True, text=True,
                          env={"PATH": os.environ["PATH"]})  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"The book is at {course}/_build/html/index.html\n" in done.stdout
    assert "python -m pip install --quiet --disable-pip-version-check -r requirements.txt\n" in done.stdout
    assert "pytest --nbval" in done.stdout


def test_ci_is_the_two_commands_and_nothing_before_them():
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert [line for line in lines if line and not line.startswith(("#", "set ", "cd "))] == ["exec make test"]


def test_a_skipped_test_is_counted_once_however_many_work(tmp_path):
    """Not in the worker that met it and again in the run that it works for."""
    shutil.copy(ROOT / "conftest.py", tmp_path)
    (tmp_path / "_build" / "skipped").mkdir(parents=True)
    (tmp_path / "test_one.py").write_text("import pytest\n\ndef test_one():\n    pytest.skip('for want of it')\n")
    subprocess.run([sys.executable, "-m", "pytest", "-q", "-n", "2", "--rootdir", tmp_path], cwd=tmp_path, check=True)
    lines = [file.read_text("utf8") for file in (tmp_path / "_build" / "skipped").iterdir()]
    assert lines == ["for want of it\n"]
