"""The parts of the grading, each by itself: the sandbox and its limits, repairs, tokens, collection, marks."""

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import hostile
import psutil
import pytest
from classes import boxed, make_course
from nbconvert import HTMLExporter
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell, new_notebook

import bplib
from bplib.checking.tokens import read
from grading import bounded_process, marks, preprocessors, repair, reports, sandbox, sanitize, syscalls, tokens
from grading.collect import collect
from grading.repair import LOST, Source, Unreadable
from grading.sandbox import Limits, NotStarted, Refused, Sandbox

pytestmark = pytest.mark.slow

PNG = "iVBORw0KGgo="  # the first bytes of one
FILTERS = {"clean_html": sanitize.clean_html, "markdown2html": sanitize.markdown2html}
SMALL = {"wall": 10, "output": 1000, "memory": 200 * 2**20}


def python(code: str, **more) -> bounded_process.ProcessResult:
    return bounded_process.run([sys.executable, "-c", code], b"given", **(SMALL | more))


# ---------------------------------------------------------------- the pipe


def test_a_pipe_gives_back_what_was_said():
    result = python("import sys; print(sys.stdin.read()); print('aside', file=sys.stderr)")
    assert (result.out, result.err, result.stopped) == (b"given\n", "aside\n", None)


@pytest.mark.parametrize(("code", "more", "why"), [
    ("while True: print('x' * 1000)", {}, "wrote more than"),
    ("import time; time.sleep(60)", {"wall": 0.5}, "longer than 0.5 s"),
    ("import subprocess, sys; subprocess.run([sys.executable, '-c', 'x = bytearray(10**9); input()'], stdin=subprocess.PIPE)",
     {"memory": 100 * 2**20}, "more than 100 MB of memory"),
    ("import os, sys\nwhile True: sys.stderr.write('x' * 1000)", {"wall": 1}, "longer than 1 s"),
])  # fmt: skip
def test_a_pipe_is_bounded(code, more, why):
    start = time.monotonic()
    result = python(code, **more)
    assert why in result.stopped
    assert len(result.out) <= 1000
    assert len(result.err) <= bounded_process.STDERR_KEPT
    assert time.monotonic() - start < 8


def test_what_a_pipe_ends_has_no_children_left():
    code = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(77)']); print('x' * 9999)"
    assert python(code).stopped
    left = [p for p in psutil.process_iter(["cmdline"]) if "time.sleep(77)" in " ".join(p.info["cmdline"] or [])]
    assert left == []


# ---------------------------------------------------------------- the box


def test_without_bubblewrap_nothing_is_graded(tmp_path, monkeypatch):
    """This one runs everywhere: a machine without a sandbox must say no, and say what to install."""
    course = make_course(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    sandbox._ensure_bubblewrap.cache_clear()
    with pytest.raises(Refused, match=r"Nothing was graded.*bwrap.*apt-get install bubblewrap"):
        Sandbox().notebook([{"cell_type": "code", "source": f"open({str(course / 'ran')!r}, 'w')"}])
    sandbox._ensure_bubblewrap.cache_clear()
    assert not (course / "ran").exists()


def test_a_box_that_cannot_be_made_is_refused(tmp_path, monkeypatch):
    """As on a machine without user namespaces: bubblewrap is there and fails."""
    (tmp_path / "bwrap").write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    (tmp_path / "bwrap").chmod(0o755)
    for name in ("prlimit", "setpriv"):
        (tmp_path / name).symlink_to("/bin/true")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    sandbox._ensure_bubblewrap.cache_clear()
    with pytest.raises(Refused, match=r"(?s)does not hold.*(No permissions|libseccomp)|libseccomp"):
        Sandbox().ensure()
    sandbox._ensure_bubblewrap.cache_clear()


def test_a_box_of_another_kind_is_refused(monkeypatch):
    with pytest.raises(Refused, match="got 'none'"):
        Sandbox(kind="none").ensure()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(Refused, match="wants `docker` installed"):
        Sandbox(kind="docker", image="course").ensure()


def test_limits_have_names():
    assert Limits.of({"cell": 5}).cell == 5
    with pytest.raises(ValueError, match=r"limits are cell, .*got seconds"):
        Limits.of({"seconds": 5})


def test_the_box_of_docker():
    """Its command line; there is no Docker where the tests run."""
    command = " ".join(sandbox.docker(Limits(), "course", ["python", "x"]))
    assert command.startswith(
        "docker run -i --rm --network none --read-only --memory 1073741824 --memory-swap 1073741824"
    )
    for part in ("--pids-limit 32", "--cap-drop ALL", "--security-opt no-new-privileges", "--user 61184:61184",
                 "--tmpfs /tmp:size=67108864", ":/course/bplib:ro", ":/course/sandbox_runner.py:ro"):  # fmt: skip
        assert part in command
    assert command.endswith("course timeout -s KILL 300 python x")  # also when its client was killed
    assert str(Path.home()) + ":" not in command


@boxed
def test_the_box_holds():
    assert sandbox.leaks_of(Sandbox()) == []


@boxed
def test_the_box_holds_for_who_is_not_root():
    """As most instructors: then bubblewrap itself runs inside as the same user, and its environment can be read."""
    nobody = ["setpriv", "--reuid", "61000", "--regid", "61000", "--clear-groups"] if os.getuid() == 0 else []
    with tempfile.TemporaryDirectory() as folder:  # not tmp_path, which is for root alone
        for package in (Path(sandbox.__file__).parent, Path(bplib.__file__).parent, Path(psutil.__file__).parent):
            shutil.copytree(package, Path(folder, package.name), ignore=shutil.ignore_patterns("__pycache__"))
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        env = {"PATH": "/usr/bin:/bin", "HOME": folder, "PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"}
        look = [*nobody, "{}", "-c", "import sys; sys.modules['rfc3987_syntax'] = None; from grading import sandbox; "
                                     "print(sandbox.leaks_of(sandbox.Sandbox(sandbox.Limits(data=200 * 2**20))))"]  # fmt: skip
        for python in (sys.executable, "/usr/bin/python3"):  # root's own may be closed to others
            done = subprocess.run([w.format(python) for w in look], env=env, cwd="/", capture_output=True, text=True)
            if done.returncode == 0 and "cannot be started" not in done.stdout:
                break
        else:
            pytest.skip(
                f"the sandbox as another user than root: no Python for all, or no namespaces: {(done.stdout + done.stderr)[-200:]}"
            )
    assert done.stdout == "[]\n", done.stderr


@boxed
def test_an_environment_that_goes_in_is_noticed(monkeypatch):
    inherit = bounded_process.run
    monkeypatch.setattr(bounded_process, "run", lambda *given, env, **more: inherit(*given, env=None, **more))
    assert_noticed("environment variable of yours")


@boxed
def test_folders_of_the_system_that_hold_what_is_yours_are_covered(monkeypatch):
    """As the exchange of nbgrader, and a course in /usr/src; a Python that lies there stays."""
    place, *others = sorted(p for p in Path("/usr/share").iterdir() if p.is_dir() and not p.is_symlink())
    assert others
    monkeypatch.setattr(sandbox, "COVERED", (Path("/usr/share"), Path("/usr/no-such-folder")))
    visible = sandbox._visible()
    monkeypatch.setattr(sandbox, "_visible", lambda: [*visible, place])
    code = f"import os; print(os.listdir('/usr/share'), sorted(os.listdir({str(place)!r}))); open('/usr/share/x', 'w')"
    result = Sandbox().program([sys.executable, "-I", "-c", code])
    assert result.out.decode() == f"{[place.name]} {sorted(os.listdir(place))}\n", result
    assert "Read-only file system" in result.err or "Permission denied" in result.err


def test_a_course_that_notebooks_would_see_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(sandbox, "COVERED", (Path("/usr/share"),))
    seen = [
        sandbox.sees(Path(p))
        for p in ("/usr/local/course", sys.prefix, f"{sys.prefix}/course", "/usr/share/course", tmp_path)
    ]
    assert seen == [True, True, True, False, False]
    (tmp_path / "link").symlink_to("/usr/lib")
    with pytest.raises(Refused, match=r"notebooks would see the exchange, .*move the exchange to another place"):
        Sandbox().refuse_to_show(course=tmp_path, exchange=tmp_path / "link")
    Sandbox().refuse_to_show(course=tmp_path, exchange=Path("/usr/no-such-folder"))
    Sandbox(kind="docker").refuse_to_show(course=Path("/usr/lib"))


def test_a_box_that_did_not_start_says_so(monkeypatch):
    monkeypatch.setattr(Sandbox, "ensure", lambda self: None)
    monkeypatch.setattr(
        Sandbox, "program", lambda self, program, data: bounded_process.ProcessResult(b"", "bwrap: fork: try again\n")
    )
    with pytest.raises(NotStarted, match="did not start: bwrap: fork: try again"):
        Sandbox().notebook([])


@boxed
def test_a_notebook_that_ends_its_watch_has_started():
    ends = [{"cell_type": "code", "source": "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"}]
    assert Sandbox().notebook(ends).out.startswith(b"{}\n")


@boxed
@pytest.mark.parametrize(("gone", "leak"), [
    (("--unshare-net", "--unshare-all"), "namespace"),  # the filter knows no sockets of the network either
    (("--seccomp",), "filter of system calls"),
    (("--tmpfs",), "could write|make a file"),
    (("--nproc",), "any number of processes"),
    (("--data",), "more memory"),
    (("--size",), "fill the disk"),
    (("setpriv",), "privilege|root"),
], ids=lambda x: x if isinstance(x, str) else x[0])  # fmt: skip
def test_a_protection_that_is_missing_is_noticed(gone, leak, monkeypatch):
    """The box's own test, tested: take one protection away, and it says so."""
    whole = sandbox.bubblewrap

    def weaker(limits, *given):
        words = whole(limits, *given)
        if gone == ("--tmpfs",):
            at = words.index("--tmpfs", words.index("--size")) - 4  # --perms, --size and --tmpfs stand before it
            return [*words[:at], "--bind", "/tmp", "/tmp", *words[at + 6 :]]
        made, skip = [], 0
        for i, word in enumerate(words):
            if skip:
                skip -= 1
            elif word in ("--seccomp", "--size") and word in gone:
                skip = 1
            elif word == "--unshare-all" and word in gone:
                made += ["--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts"]
            elif word.startswith("--nproc") and "--nproc" in gone:
                made.append("--nproc=300")
            elif word.startswith("--data") and "--data" in gone:
                made.append(f"--data={2 * limits.data}")
            elif word == "setpriv" and word in gone:
                skip = words.index("--no-new-privs") - i
            elif word not in gone:
                made.append(word)
        return made

    if gone == ("setpriv",) and os.getuid() != 0:
        return  # who is not root has no privileges to drop
    monkeypatch.setattr(sandbox, "bubblewrap", weaker)
    assert_noticed(leak)


def assert_noticed(leak: str) -> None:
    found = sandbox.leaks_of(Sandbox(Limits(data=200 * 2**20)))
    assert any(re.search(leak, line) for line in found), found


@boxed
def test_the_box_runs_a_notebook_as_jupyter_would():
    sources = ["import bplib as bp\nbp.check('7.2', 2.06)", "1/0", "await __import__('asyncio').sleep(0)\n3",
               "%time x = 4", "print('a'); print('b')\nx", "from IPython.display import Latex; display(Latex('$x$'))",
               "input()", "import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()"]  # fmt: skip
    result = Sandbox().notebook([{"cell_type": "code", "source": source} for source in sources])
    lines = [json.loads(line) for line in result.out.splitlines()][1:]
    outputs = [line["outputs"] for line in lines]
    assert outputs[0][0]["data"]["text/plain"] == "1.0"
    assert outputs[1][0]["ename"] == "ZeroDivisionError"
    assert outputs[2][0]["data"]["text/plain"] == "3"
    assert outputs[4] == [{"output_type": "stream", "name": "stdout", "text": ["a", "\n", "b", "\n"]},
                          {"output_type": "execute_result", "data": {"text/plain": "4"}}]  # fmt: skip
    assert outputs[5][0]["data"]["text/latex"] == "$x$"
    assert outputs[6][0]["ename"] == "EOFError"
    assert "image/png" in outputs[7][-1]["data"]


@boxed
def test_an_endless_cell_costs_itself_alone():
    cells = [{"cell_type": "code", "source": s} for s in ("while True: pass", "7", "import os; os._exit(1)", "8")]
    lines = Sandbox(Limits(cell=1)).notebook(cells).out.decode()
    assert '"note": "it was stopped after 1 s"' in lines
    assert '"text/plain": "7"' in lines
    assert "it ended the notebook's Python; nothing after it was run" in lines
    assert '"text/plain": "8"' not in lines


@boxed
def test_a_cell_that_takes_being_stopped_for_an_error_costs_itself_alone():
    retries = "import time\nfor _ in range(3):\n    try:\n        time.sleep(60)\n    except: pass"
    result = Sandbox(Limits(cell=1)).notebook([{"cell_type": "code", "source": s} for s in (retries, "7")])
    told = preprocessors.outputs_in(result.out, 2)
    assert told[0][1] == "it was stopped after 1 s"
    assert told[1][0][0].data["text/plain"] == "7"


@boxed
def test_memory_that_belongs_to_nobody_cannot_be_had():
    code = (
        "import ctypes, mmap, os, socket\nlibc = ctypes.CDLL(None)\n"
        "def no(f):\n    try: return f() is None\n    except OSError: return True\n"
        "print([no(lambda: os.memfd_create('x')), libc.shmget(0, 4096, 0o1600) < 0, no(lambda: mmap.mmap(-1, 4096)),"
        " no(lambda: socket.socket(40, 1)), libc.unshare(0x10000000) < 0, not os.path.exists('/dev/zero'), os.path.realpath('/dev/shm') == '/tmp'])"
    )
    result = Sandbox().program([sys.executable, "-I", "-c", code])
    assert result.out.decode() == f"{[True] * 7}\n", result


@boxed
def test_the_filter_knows_every_call_it_names():
    library = syscalls._library()
    unknown = [name for name, _, _ in syscalls.rules() if library.seccomp_syscall_resolve_name(name.encode()) == -1]
    assert unknown == []


# ---------------------------------------------------------------- what comes out of it


def test_a_flood_of_lines_is_not_waited_for():
    said = b'{"at": 0, "outputs": [], "note": "x"}\n'
    start = time.monotonic()
    assert preprocessors.outputs_in(said + b"\n" * 20_000_000, 3) == {0: ([], "x")}
    assert preprocessors.outputs_in(said + b"{\n" * 10_000_000, 3) == {0: ([], "x")}
    assert preprocessors.outputs_in(said + b'{"at": 1, "outputs": [' + b"{}," * 6_000_000 + b"{}]}", 3) == {
        0: ([], "x")
    }
    assert time.monotonic() - start < 5


def test_a_note_does_nothing_to_a_terminal(tmp_path):
    evil = "a\x1b[2J\x07\r\nbob: all\u202e right\x00\x9b\ud800"
    assert repair.line(evil) == "a[2J bob: all right"
    assert preprocessors.outputs_in(json.dumps({"at": 0, "note": evil}).encode(), 1)[0][1] == "a[2J bob: all right"
    mark = marks.Mark("ann", "a1", "7-1", 2.0, 2.0, False, evil)
    assert list(marks.changed([replace(mark, points=1.0)], [mark])) == ["ann 7-1: 1 -> 2 of 2. a[2J bob: all right"]
    cell = NotebookNode(outputs=[NotebookNode(output_type="error", ename="E\x1b", evalue=evil)],
                        metadata=NotebookNode(nbgrader=NotebookNode(points=1)))  # fmt: skip
    assert "E: a\\[2J bob: all right" in preprocessors.judged(cell, "7-1", "book")[1]


# ---------------------------------------------------------------- repairs

SOURCES = [
    Source("7-1-answer", "code", "x = ...", False, False, True, None),
    Source("7-1", "code", 'bp.check("7.1", x)', True, True, False, 2.0),
    Source("7-8", "markdown", "Your answer.", False, True, True, 1.0),
]


def cells_of(*given) -> list[dict]:
    """(name or None, text) as cells with metadata."""
    whole = {source.name: source for source in SOURCES}
    return [
        {"cell_type": whole[name].cell_type if name else "code", "source": text,
         "metadata": {"nbgrader": dict(whole[name].metadata())} if name else {}}
        for name, text in given
    ]  # fmt: skip


def repaired(cells: list[dict]) -> tuple[list[tuple], list[str]]:
    nb = NotebookNode(nbformat=4, nbformat_minor=5, metadata={}, cells=cells)
    notes = repair.repair(nb, SOURCES)
    return [(c.metadata.get("nbgrader", {}).get("grade_id"), c.source) for c in nb.cells], notes


CHECK = ("7-1", 'bp.check("7.1", x)')
WORDS = ("7-8", "Because.")
STUB = ("7-8", "Your answer.")


def test_an_honest_notebook_is_left_alone():
    given = [(None, "import bplib as bp"), ("7-1-answer", "x = 3"), CHECK, (None, "print(x)"), WORDS]
    assert repaired(cells_of(*given)) == (given, [])


def test_of_copies_the_last_answer_counts_and_the_check_behind_it():
    made, notes = repaired(cells_of(("7-1-answer", "x = 1"), CHECK, ("7-1-answer", "x = 2"), CHECK, WORDS, CHECK))
    assert made == [(None, "x = 1"), (None, CHECK[1]), ("7-1-answer", "x = 2"), CHECK, WORDS, (None, CHECK[1])]
    assert "7-1 is there 3 times; graded was cell 4, the others were only run" in notes


def test_what_was_deleted_is_put_back_behind_its_answer():
    made, notes = repaired(cells_of(("7-1-answer", "x = 1"), (None, "y")))
    assert made == [("7-1-answer", "x = 1"), CHECK, (None, "y"), ("7-8", f"Your answer.\n\n{LOST}")]
    assert "7-1 was missing" in notes[0]
    assert "a person" not in notes[0]
    assert notes[1].startswith("7-8 was missing")
    assert notes[1].endswith("a person has to look")
    assert repaired(cells_of(("7-1-answer", "x = 1"), CHECK, (None, "Because.")))[0][-1] == (
        "7-8",
        f"Your answer.\n\n{LOST}",
    )


@pytest.mark.parametrize(("given", "words"), [
    ([WORDS, STUB], "Because."), ([STUB, WORDS], "Because."), ([WORDS, WORDS], "Because."),
    ([STUB, STUB], "Your answer."),
    ([WORDS, ("7-8", "  "), ("7-8", "And so.")], "Because.\n\nAnd so."),
])  # fmt: skip
def test_words_in_several_cells_are_all_read(given, words):
    """A cell that was copied, or split in JupyterLab: both parts have the name."""
    made, notes = repaired(cells_of(("7-1-answer", "x = 1"), CHECK, *given))
    assert made[2:] == [(None, text) for _, text in given[:-1]] + [("7-8", words)]
    assert notes == [f"7-8 is there {len(given)} times; cell {2 + len(given)} has the words of all"]


def test_words_of_several_cells_do_nothing_either():
    cells = cells_of(("7-1-answer", "x = 1"), CHECK, ("7-8", "<script>[x]"), ("7-8", "(javascript:y)"))
    cells[2]["cell_type"] = "code"
    cells[3]["attachments"] = {"a.png": {"image/png": PNG}}
    nb = NotebookNode(nbformat=4, nbformat_minor=5, metadata={}, cells=cells)
    repair.repair(nb, SOURCES)
    assert nb.cells[3].source == "&lt;script>[x]\n\n\\(javascript:y)"
    assert nb.cells[3].attachments == {"a.png": {"image/png": PNG}}


def test_a_raw_cell_does_nothing_either():
    cells = cells_of((None, '<a class="full-credit" href="https://example.org">x</a>'), CHECK)
    cells[0]["cell_type"] = "raw"
    nb = NotebookNode(nbformat=4, nbformat_minor=5, metadata={}, cells=cells)
    repair.repair(nb, SOURCES)
    assert nb.cells[0].source.startswith("&lt;a class")


def test_a_check_without_metadata_is_found_by_its_text():
    made, notes = repaired(cells_of(("7-1-answer", "x = 1"), (None, CHECK[1]), WORDS))
    assert made[1] == CHECK
    assert notes == ["7-1 had lost what marks it as graded; it was found by its text, cell 2"]


def test_an_edited_check_becomes_what_it_was():
    cells = cells_of(("7-1-answer", "x = 1"), ("7-1", "99.0"), WORDS)
    cells[1]["metadata"]["nbgrader"]["points"] = 100
    cells[2]["cell_type"] = "code"
    made, notes = repaired(cells)
    assert made == [("7-1-answer", "x = 1"), CHECK, WORDS]
    assert notes == ["7-1 had been edited; it was graded as it was handed out", "7-1 says it is worth 100; it is worth 2",
                     "7-8 had become a code cell; it was graded as markdown"]  # fmt: skip


def test_words_do_nothing():
    """Markdown of strangers is shown to an instructor who is logged in."""
    kept = "if a < b, see [this](https://example.org) ![photo](attachment:b.png) $x<y$ [1]"
    assert repair.harmless(kept.replace("$x<y$", "$x < y$")) == kept.replace("$x<y$", "$x < y$")
    assert repair.harmless("<script>") == "&lt;script>"
    assert (
        repair.harmless("[x](javascript:y) [x] (JAVA&#115;cript:y)") == "[x]\\(javascript:y) [x] \\(JAVA&#115;cript:y)"
    )
    assert repair.harmless("[x]: data:y") == "[x]\\: data:y"


@pytest.mark.parametrize("name", hostile.FILES)
def test_what_is_no_notebook_says_so(name):
    with pytest.raises(Unreadable, match=r"\w+ \w+"):
        repair.read(hostile.FILES[name])


def test_a_file_of_brackets_is_read_by_nobody(tmp_path):
    """A megabyte of them takes nbformat 400."""
    place = tmp_path / "hw.ipynb"
    place.write_bytes(hostile.FILES["brackets"])
    for reader in (repair.read, lambda data: preprocessors.CarefulExporter().from_filename(str(place))):
        start = time.monotonic()
        with pytest.raises(Unreadable, match="3,000,004 nested parts, more than 200,000"):
            reader(place.read_bytes())
        assert time.monotonic() - start < 1


def test_what_is_shown_of_a_judge_shows_and_does_nothing():
    kept = ("<p>a<br>b</p><h3>c</h3><ul><li>d</li></ul><ol><li>e</li></ol><table><thead><tr><th>f</th></tr></thead>"
            '<tbody><tr><td>g</td></tr></tbody></table><pre><code class="x">h</code></pre><em>i</em>')  # fmt: skip
    assert sanitize.clean_html(kept) == sanitize.clean_html(kept.encode()) == kept
    for acts in ("<script>alert(1)</script>", "<style>p { color: red }</style>",
                 "<iframe></iframe>", "<svg onload=alert(1)>", '<link href="x">', "<form><input></form>"):  # fmt: skip
        assert "<" not in sanitize.clean_html(acts), acts
    assert sanitize.clean_html('<p onclick="a()" style="color: red">x</p>') == "<p>x</p>"
    for place in ("javascript:a()", "data:text/html,x"):
        assert sanitize.clean_html(f'<a href="{place}">x</a>') == "<a>x</a>"
    for place in ("x", "https://example.org/x.png", "data:image/svg+xml;base64,aGk="):
        assert sanitize.clean_html(f'<img src="{place}" onerror="a()">') == "<img>", place


def test_a_photo_of_paper_is_shown():
    photo = NotebookNode({"a.png": NotebookNode({"image/png": PNG})})
    nb = new_notebook(cells=[new_markdown_cell("My sheet: ![sheet](attachment:a.png)", attachments=photo)])
    exporter = HTMLExporter(sanitize_html=True, filters=FILTERS)
    page, _ = exporter.from_notebook_node(nb)
    assert f'<img src="data:image/png;base64,{PNG}"' in page.replace('alt="sheet" ', "")


# ---------------------------------------------------------------- tokens


def test_a_token_depends_on_the_secret_and_the_student(tmp_path):
    key, other = tmp_path / "key", tmp_path / "other"
    assert tokens.token(key, "ann") == "book"
    tokens.make_key(key), tokens.make_key(other)
    assert len({tokens.token(k, s) for k in (key, other) for s in ("ann", "bob")}) == 4
    assert tokens.token(key, "ann") == tokens.token(key, "ann")
    assert read(tokens.token(key, "ann")) == tokens.token(key, "ann")  # as a learner types it, check letters and all
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        tokens.make_key(key)
    key.write_text("short")
    with pytest.raises(ValueError, match="at least 32 characters; it holds 5"):
        tokens.token(key, "ann")


@pytest.mark.parametrize("data", [
    "ann\nbob\n", "\ufeffann\r\nbob\r\n", "ann\rbob", "\n ann \n\n\u00a0bob\u00a0\t\n", "student\nann\nbob",
    "Vorname;ID\nEva;ann\nKim;bob", "sep=;\nStudent ID;Name\nann;Müller, Ann\nbob;O'Brien", '"ann","Müller; Ann"\r\n"bob","B"\r\n', "ann\tAnn\nbob\tBob", "\u200bann\nbob\u200e",
])  # fmt: skip
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_students_as_windows_and_excel_write_them(data, encoding, tmp_path):
    (tmp_path / "s.csv").write_bytes(data.encode(encoding))
    assert tokens.students(tmp_path / "s.csv") == ["ann", "bob"]


def test_a_name_in_the_letters_of_windows_is_no_hindrance(tmp_path):
    (tmp_path / "s.csv").write_bytes("ann;Müller\r\nbob;Čapek".encode("cp1250"))
    assert tokens.students(tmp_path / "s.csv") == ["ann", "bob"]


@pytest.mark.parametrize(("data", "said"), [
    (b"ann\nAnn\n", "line 2: Ann is there already, in line 1, as ann"), (b"ann\na b\n", "line 2: 'a b' is no student id"),
    (b"", "expected one student id on each line; got none"), (b"\r\n \r\n", "got none"), (b"PK\x03\x04\x00\x00", 'save it as "CSV UTF-8"'),
    ("é".encode(), "'\\xe9' is no student id"), ("e\u0301va".encode(), "line 1: 'e"), (b"=cmd()", "is no student id"),
])  # fmt: skip
def test_a_file_of_students_that_is_none_says_so(data, said, tmp_path):
    (tmp_path / "s.txt").write_bytes(data)
    with pytest.raises(ValueError, match=re.escape(said)):
        tokens.students(tmp_path / "s.txt")


# ---------------------------------------------------------------- collection


def test_ids_that_differ_in_case_are_one_person(tmp_path):
    inbox, submitted = tmp_path / "inbox", tmp_path / "submitted"
    for place in (inbox, submitted / "bob"):
        place.mkdir(parents=True)
    for name in ("ann.ipynb", "Ann.ipynb", "Bob.ipynb"):
        (inbox / name).write_text("{}")
    taken, refused = collect(inbox, submitted, "a1", ["hw"])
    assert taken == []
    assert "more than once, as Ann.ipynb and ann.ipynb" in refused["Ann"]
    assert "there is a submission of bob already" in refused["Bob"]


def test_collection_takes_files_and_follows_no_link(tmp_path):
    inbox, submitted, secret = tmp_path / "inbox", tmp_path / "submitted", tmp_path / "secret"
    inbox.mkdir()
    secret.write_text("{}")
    (inbox / "ann.ipynb").write_text("{}")
    (inbox / "bob" / "attempt 1").mkdir(parents=True)
    (inbox / "bob" / "attempt 1" / "hw.ipynb").write_text("{1}")
    (inbox / "bob" / "other.ipynb").write_text("{2}")
    (inbox / "link.ipynb").symlink_to(secret)
    (inbox / "folder-link").symlink_to(tmp_path)
    (inbox / "inner").mkdir()
    (inbox / "inner" / "hw.ipynb").symlink_to(secret)
    (inbox / "deep").mkdir()
    (inbox / "deep" / "hw.ipynb").write_text("{}")
    (inbox / "deep" / "folder").symlink_to("/")
    os.mkfifo(inbox / "pipe.ipynb")
    (inbox / "two" / "a").mkdir(parents=True)
    (inbox / "two" / "a" / "hw.ipynb").write_text("{}")
    (inbox / "two" / "hw.ipynb").write_text("{}")
    (inbox / "none").mkdir()
    (inbox / "a b; rm.ipynb").write_text("{}")
    with (inbox / "big.ipynb").open("wb") as big:
        big.truncate(repair.BIGGEST + 1)
    for name in ("README", "zip.zip", "eva.ipynb.txt", "cat.IPYNB", "dan.ipynb", ".DS_Store"):
        (inbox / name).write_text("{}")
    (inbox / "dan").mkdir()
    (inbox / "dan" / "hw.ipynb").write_text("{}")
    taken, refused = collect(inbox, submitted, "a1", ["hw"])
    assert taken == ["ann", "bob", "cat"]
    assert sorted(p.relative_to(submitted).as_posix() for p in submitted.rglob("*.ipynb")) == [
        "ann/a1/hw.ipynb",
        "bob/a1/hw.ipynb",
        "cat/a1/hw.ipynb",
    ]
    assert (submitted / "bob/a1/hw.ipynb").read_text() == "{1}"
    reasons = {"link": "symbolic link", "folder-link": "symbolic link", "inner": "symbolic link", "deep": "symbolic link",
               "pipe": "no regular file", "two": "more than one hw.ipynb", "none": "there is no hw.ipynb",
               "a b; rm": "a student id is made of letters", "big": "more than 20",
               "README": "neither a folder nor STUDENT.ipynb", "zip.zip": "it is a zip: unpack it first",
               "eva.ipynb.txt": "neither a folder", "dan": "more than once, as dan and dan.ipynb"}  # fmt: skip
    assert refused.keys() == reasons.keys()
    for student, why in reasons.items():
        assert why in refused[student], student


def test_collection_does_not_write_through_a_link(tmp_path):
    inbox, submitted, target = tmp_path / "inbox", tmp_path / "submitted", tmp_path / "target"
    for folder in (inbox, submitted, target):
        folder.mkdir()
    (inbox / "ann.ipynb").write_text("{}")
    (submitted / "ann").symlink_to(target)
    taken, refused = collect(inbox, submitted, "a1", ["hw"])
    assert (taken, list(target.iterdir())) == ([], [])
    assert "symbolic link" in refused["ann"]


# ---------------------------------------------------------------- marks


def test_changed_marks_are_listed():
    mark = marks.Mark("ann", "a1", "7-1", 2.0, 2.0, False, "**Right.**")
    new = replace(mark, student="bob")
    assert list(marks.changed([mark], [replace(mark, points=1.0, reason="**Not yet.** 1 of 2"), new])) == [
        "ann 7-1: 2 -> 1 of 2. Not yet. 1 of 2"
    ]
    assert list(marks.changed([mark], [mark])) == []


def test_a_reason_is_no_formula(tmp_path):
    evil = [marks.Mark(f"{sign}ann", "a1", "7-1", 2.0, 2.0, False, f" \t{sign}cmd()\x1b") for sign in "=+-@"]
    marks.export(evil, tmp_path / "m.csv")
    assert (
        (tmp_path / "m.csv").read_bytes().startswith(b"\xef\xbb\xbfstudent,")
    )  # else Excel takes UTF-8 for Windows' own
    rows = (tmp_path / "m.csv").read_text().splitlines()[1:]
    assert rows == [f"'{sign}ann,a1,7-1,2.0,2.0,False,'{sign}cmd()" for sign in "=+-@"]


@pytest.mark.parametrize(("text", "written"), [
    ("Ann;=1+1", "Ann;'=1+1"), ("Ann; \t\uff1dcmd|' /C calc'!A0;", "Ann; '\uff1dcmd|' /C calc'!A0;"), ("a; b; c", "a; b; c"),
    ("-", "-"), ("", ""), (";", ";"), ("\u200b=1", "'=1"),
])  # fmt: skip
def test_no_cell_begins_a_formula_where_semicolons_part_cells(text, written):
    """Excel does so where decimals have a comma, whatever the file has."""
    assert marks.cell(text) == written


def test_a_report_is_whole_or_not_there(tmp_path, monkeypatch):
    file = tmp_path / "a" / "x.json"
    assert reports.read(file) == {}
    reports.write(file, {"notes": ["one"]})
    monkeypatch.setattr(os, "replace", lambda *_: 1 / 0)  # interrupted
    with pytest.raises(ZeroDivisionError):
        reports.write(file, {"notes": ["two"]})
    assert reports.read(file) == {"notes": ["one"]}
    for broken in (b'{"notes": ["o', b"\xff", b"", b"[1]"):
        file.write_bytes(broken)
        assert reports.read(file) == {}


def test_the_house_of_the_grading():
    """Small modules with short functions; only steps and what is above them know nbgrader."""
    import ast

    for path in Path(sandbox.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path.name
        assert len(path.read_text().splitlines()) < 330, path.name
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < 45, f"{path.name}: {node.name}"
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [getattr(node, "module", None)]
            if any(name and name.startswith("nbgrader") for name in names):
                assert path.stem in (
                    "preprocessors", "course", "marks", "release", "late", "exporters", "marking", "readers", "saving", "watched"
                )  # fmt: skip
