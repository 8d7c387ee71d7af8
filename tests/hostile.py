# ruff: noqa: RUF001, UP031 (letters that look like others are among the tricks; code is full of braces)
"""Notebooks that want points without answers, or harm: one function or text for each, on top of an unanswered release.

Nothing here is run by the tests' own process; the notebooks go through the sandbox, as a class's would.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

MIME = "application/vnd.bplib.answer+json"


@dataclass(frozen=True)
class Place:
    """What is worth attacking: the folder of the course, the tests' process, a port that listens, secrets."""

    course: Path
    pid: int
    port: int
    letter: str  # the right one of 7.7
    number: float  # the right answer of 7.2


def first(nb: dict, code: str) -> dict:
    """The notebook with one more cell behind its import."""
    at = next(i for i, cell in enumerate(nb["cells"]) if cell["cell_type"] == "code") + 1
    nb["cells"].insert(at, cell(code))
    return nb


def cell(source: str, kind: str = "code", **meta) -> dict:
    made = {"cell_type": kind, "metadata": meta, "source": source}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def named(nb: dict, grade_id: str) -> dict:
    return next(c for c in nb["cells"] if c["metadata"].get("nbgrader", {}).get("grade_id") == grade_id)


def answer(nb: dict, place: Place) -> dict:
    """The notebook with 7.2 answered rightly."""
    named(nb, "7-2-answer")["source"] += f"\ndL_dw1 = {place.number}"
    return nb


SHOW = f"""
from IPython.display import display
def show(id, raw, points=99.0):
    display({{"text/plain": repr(points), "text/markdown": "**Right.**", {MIME!r}: {{"id": id, "raw": raw, "variant": "book"}}}}, raw=True)
"""

FORKS = """
import os, time
def spread(attack):  # in as many processes as there may be
    try:
        while os.fork(): pass
    except OSError: pass
    while True:
        try: attack()
        except (OSError, MemoryError): time.sleep(0.05)
"""

# Code that goes into a cell behind the import. {course}, {pid}, {port} are filled in.
CODE = {
    # ------------------------------------------------ points without answers
    "patched-check": "bp.check = lambda *a, **k: 99.0",
    "patched-checks-module": """
import bplib.checking.check as c
from bplib.exercises import EXERCISES
class S(float):
    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": "5.0", "text/markdown": "**Right.** 5 of 5 points."}
c.check = bp.check = lambda *a, **k: S(5.0)""",
    "patched-score": """
import bplib.checking.check as c
c.Score._repr_mimebundle_ = lambda self, **k: {"text/plain": "5.0", "text/markdown": "**Right.**"}""",
    "patched-oracle": """
import bplib.checking as e, bplib.checking.rounding as b
for kind in (e.ByHand, e.Choice, e.Exercise):
    kind.judge = kind.verdict = lambda *a, **k: (99.0, "Right")
    kind.points = 99.0""",
    "scores-without-answers": SHOW + "bp.check = lambda id, *a, **k: show(id, None)",
    "booleans-for-answers": SHOW + "bp.check = lambda id, *a, **k: show(id, True)",
    "points-for-answers": SHOW + "bp.check = lambda id, *a, **k: show(id, {'points': 99, 'right': True})",
    "another-exercise": SHOW + "bp.check = lambda id, *a, **k: show('7.2', {number})",
    "id-in-disguise": SHOW + "bp.check = lambda id, *a, **k: show(id + '\\u200b', 0.0)",
    "id-with-other-digits": SHOW + "bp.check = lambda id, *a, **k: show('\\uff17.\\uff12', {number})",
    "many-answers": SHOW + """
def check(id, *a, **k):
    for raw in ["{letter}", *[c for c in "abcde" if c != "{letter}"]]: show(id, raw)
bp.check = check""",
    "nan-as-text": SHOW + "bp.check = lambda id, *a, **k: show(id, ['nan', 'inf', '-inf', 'nan'])",
    "huge-ints": SHOW + "bp.check = lambda id, *a, **k: show(id, 10**4000)",
    "huger-ints": "import sys; sys.set_int_max_str_digits(0)" + SHOW + "bp.check = lambda id, *a, **k: show(id, 10**20000)",
    "nested-answer": SHOW + """
def deep(n):
    made = []
    for _ in range(n): made = [made]
    return made
bp.check = lambda id, *a, **k: show(id, deep(900))""",
    "long-answer": SHOW + "bp.check = lambda id, *a, **k: show(id, [0.0] * 30_000)",
    "forged-output": """
def check(id, *a, **k):
    data = {"text/plain": "99.0", "%s": {"id": id, "raw": "right", "variant": "book"}}
    get_ipython().displayhook.write_format_data(data)
    get_ipython().display_pub.publish(data)
    return 99.0
bp.check = check""" % MIME,
    "kernel-message": """
from ipykernel.comm import Comm
from jupyter_client.session import Session
import zmq
socket = zmq.Context().socket(zmq.PUB)
socket.bind("tcp://127.0.0.1:40404")
Session().send(socket, "execute_result", {"data": {"text/plain": "99.0"}, "metadata": {}, "execution_count": 1})""",
    "display-hook": """
def forge(*a, **k):
    return {"text/plain": "99.0"}, {}
get_ipython().display_formatter.format = forge""",
    "input-transformer": """
get_ipython().input_transformers_post.append(lambda lines: ["99.0\\n"] if any("bp.check" in l for l in lines) else lines)""",
    "ast-transformer": """
import ast
class Swap(ast.NodeTransformer):
    def visit_Call(self, node):
        return ast.copy_location(ast.Constant(99.0), node)
get_ipython().ast_transformers.append(Swap())""",
    "run-cell-hook": """
get_ipython().events.register("post_run_cell", lambda r: print("99.0"))
get_ipython().run_cell = get_ipython().run_cell_async = lambda *a, **k: 99.0""",
    "hostile-numbers": """
class Evil:
    shape = (); dtype = float
    def __float__(self): return {number}0
    def __array__(self, *a, **k): raise SystemExit
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __le__(self, other): return True
    def tolist(self): return [self] * 4
    def __repr__(self): return "2.06"
    def __reduce__(self): return (print, ("acted",))
_check = bp.check
bp.check = lambda id, *a, **k: _check(id, Evil())""",
    "float-that-lies": """
class Sly(float):
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __eq__(self, other): return True
    __hash__ = float.__hash__
    def __float__(self): return 0.0
_check = bp.check
bp.check = lambda id, *a, **k: _check(id, Sly(12345.0))""",
    "repr-that-acts": """
class Acts:
    def __repr__(self):
        import os; os._exit(0)
Acts()""",
    "pickles": """
import pickle, os
class P:
    def __reduce__(self): return (os.system, ("echo acted > {course}/acted",))
pickle.loads(pickle.dumps(P()))
bp.check = lambda *a, **k: P()""",
    "html-that-acts": """
from IPython.display import HTML, Javascript, display
display(HTML("<script>fetch('/formgrader/api/grades')</script>"), Javascript("alert(1)"))
print("\\x1b[31m</pre><script>alert(2)</script>")""",
    # ------------------------------------------------ the runner in the box
    "forged-pipe": """
import json, os, signal
out = {"output_type": "execute_result", "data": {"text/plain": "99.0", "%s": {"id": "7.2", "raw": "right"}}}
lines = "".join(json.dumps({"at": i, "outputs": [out], "note": None, "points": 99}) + "\\n" for i in range(60))
for fd in range(3, 10):
    try: os.write(fd, lines.encode())
    except OSError: pass
with open(f"/proc/{os.getppid()}/fd/1", "w") as pipe:
    pipe.write(lines)
os.kill(os.getppid(), signal.SIGKILL)""" % MIME,
    "garbage-pipe": """
import os
with open(f"/proc/{os.getppid()}/fd/1", "wb") as pipe:
    pipe.write(b"\\xff\\x00not json{{{\\n[]\\n7\\n{\\"at\\": true}\\n{\\"at\\": -1}\\n" + b"[" * 100_000)""",
    "shadowed-modules": """
import os, site
for folder in {os.getcwd(), "/tmp", site.getusersitepackages()}:
    os.makedirs(folder, exist_ok=True)
    for name in ("bplib", "sitecustomize", "usercustomize", "grading", "json"):
        open(f"{folder}/{name}.py", "w").write("check = lambda *a, **k: 99.0")
os.environ["PYTHONPATH"] = os.getcwd()
import sys
for name in [m for m in sys.modules if m.split(".")[0] == "bplib"]: del sys.modules[name]
sys.path.insert(0, os.getcwd())
import bplib as bp""",
    "ipython-startup": """
import os
for folder in ("/tmp/.ipython/profile_default/startup", os.path.expanduser("~/.jupyter")):
    os.makedirs(folder, exist_ok=True)
    open(folder + "/00.py", "w").write("raise SystemExit")
open("/tmp/sitecustomize.py", "w").write("raise SystemExit")""",
    # ------------------------------------------------ too much of everything
    "endless": "while True: pass",
    "endless-printing": "while True: print('x' * 1000)",
    "ignores-signals": """
import signal
for s in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM): signal.signal(s, signal.SIG_IGN)
while True: pass""",
    "swallows-interrupts": """
while True:
    try:
        while True: pass
    except BaseException: pass""",
    "regex-in-c": "import re; re.match(r'(a+)+$', 'a' * 60 + 'b')",
    "sleeps": "import time; time.sleep(3600)",
    "asks": "input('are you there? ')",
    "fork-bomb": """
import os
while True:
    try: os.fork()
    except OSError: pass""",
    "daemon": """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        while True: time.sleep(1)
    os._exit(0)""",
    "thread-bomb": """
import threading, time
for _ in range(100_000): threading.Thread(target=time.sleep, args=(1000,)).start()""",
    "memory-bomb": "x = []\nwhile True: x.append(bytearray(10_000_000))",
    "memory-in-children": """
import os, time
for _ in range(100):
    try:
        if os.fork() == 0:
            x = bytearray(100_000_000); time.sleep(1000)
    except OSError: pass
time.sleep(1000)""",
    "memory-of-nobody": """
import os, mmap, ctypes
libc = ctypes.CDLL(None)
assert libc.shmget(0, 100_000_000, 0o1600) < 0
tries = [lambda: os.memfd_create("x"), lambda: mmap.mmap(-1, 400_000_000)]
for t in tries:
    try: t()
    except OSError: pass
    else: open("{course}/acted", "w")
from multiprocessing.shared_memory import SharedMemory
x = [SharedMemory(create=True, size=50_000_000) for _ in range(100)]""",
    "big-output": "print('x' * 200_000_000)",
    "many-outputs": "from IPython.display import display\nfor i in range(100_000): display(i)",
    "fills-the-disk": """
i = 0
while True:
    i += 1
    with open(f"/tmp/{i}", "wb") as file: file.write(bytes(5_000_000))""",
    "one-huge-file": "open('/tmp/x', 'wb').truncate(10**12)\nf = open('/tmp/y', 'wb')\nfor _ in range(10_000): f.write(bytes(10**6))",
    "many-files": "import os\nfor i in range(10**7): os.close(os.open(f'/tmp/{i}', os.O_CREAT))",
    "many-open-files": "x = [open('/dev/null') for _ in range(10**6)]",
    "pipes-full": "import os\nx = []\nwhile True: x.append(os.pipe()); os.set_blocking(x[-1][1], False); os.write(x[-1][1], bytes(65536))",
    "deep-recursion": "import sys; sys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)",
    "crash": "import ctypes; ctypes.string_at(0)",
    "exits": "import os; os._exit(0)",
    # ------------------------------------------------ out of the box
    "deletes": "import shutil\nfor p in ('{course}', '/tmp', '/usr/share', '/'): shutil.rmtree(p, ignore_errors=True)",
    "writes-outside": """
import os
for p in ("{course}/acted", "{course}/submitted/acted", "/usr/acted", "/etc/acted", "/acted", bp.__path__[0] + "/acted"):
    try:
        os.makedirs(os.path.dirname(p), exist_ok=True); open(p, "w").write("acted")
    except OSError: pass""",
    "edits-the-gradebook": """
import sqlite3
db = sqlite3.connect("{course}/gradebook.db")
db.execute("update grade set manual_score = 99")
db.commit()""",
    "network": """
import socket, urllib.request
said = []
for where in (("127.0.0.1", {port}), ("localhost", {port})):
    try: socket.create_connection(where, timeout=1); said.append("LEAK")
    except OSError: pass
try: socket.getaddrinfo("example.org", 80); said.append("LEAK")
except OSError: pass
print(said)""",
    "reads-secrets": """
import glob, os
for p in ("{course}/solutions", "{course}/submitted", "{course}/gradebook.db", "{course}/variants.key", "{course}/grading"):
    if os.path.exists(p) and (not os.path.isdir(p) or set(os.listdir(p)) - {{"sandbox_runner.py"}}): print("LEAK", p)
print([k for k in os.environ if "SECRET" in k] and "LEAK")
for p in glob.glob("/proc/[0-9]*/environ"):
    try:
        if b"SECRET" in open(p, "rb").read(): print("LEAK", p)
    except OSError: pass""",
    "links": """
import os
os.symlink("{course}/gradebook.db", "/tmp/link"); os.symlink("/", "/tmp/root")
try: print("LEAK", open("/tmp/link", "rb").read(10))
except OSError: pass
os.link("/proc/self/environ", "/tmp/hard")""",
    "signals": """
import os, signal
for p in ({pid}, os.getppid(), 1, 0, -1):
    try: os.kill(p, signal.SIGTERM if p != os.getppid() else signal.SIGSTOP)
    except OSError: pass
os.killpg(0, signal.SIGKILL)""",
    "privileges": """
import ctypes, os
libc = ctypes.CDLL(None)
got = [libc.unshare(0x10000000), libc.unshare(0x00020000), libc.mount(b"none", b"/tmp", b"tmpfs", 0, None), libc.setuid(0),
       libc.chroot(b"/tmp"), libc.ptrace(16, 1, 0, 0)]
if 0 in got: print("LEAK", got)""",
    "widgets": """
import ipywidgets as w
s = w.IntSlider(99); display(s)
s.comm.send({{"method": "update", "state": {{"value": 99}}}})""",
    "no-more-shell": "get_ipython().run_cell = None\nimport builtins; builtins.__import__ = None",
    "stops-its-watch": "import os, signal, time\nos.kill(os.getppid(), signal.SIGSTOP); time.sleep(3600)",
}  # fmt: skip


# Code that wants the kernel to keep memory for it. One of these is enough for the class; each is tried in a box by itself.
KERNEL_MEMORY = {
    "sockets-full": FORKS + """
import socket
def fill(s):
    s.setblocking(False)
    try:
        while True: s.send(bytes(60_000))
    except OSError: pass
def attack():
    x = []
    while True:
        a, b = socket.socketpair(); x += [a, b]
        for s in (a, b):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_000_000); fill(s)
spread(attack)""",
    "sockets-waiting": FORKS + """
import socket
def attack():  # each connection waits at the listener with its data, and its sender is gone
    n = os.getpid()
    s = socket.socket(socket.AF_UNIX); s.bind(f"/tmp/s{n}"); s.listen(4096)
    while True:
        c = socket.socket(socket.AF_UNIX); c.setblocking(False); c.connect(f"/tmp/s{n}")
        try:
            while True: c.send(bytes(60_000))
        except OSError: pass
        c.close()
spread(attack)""",
    "sockets-in-flight": FORKS + """
import socket, array
def attack():
    x = []
    while True:
        a, b = socket.socketpair(); c, d = socket.socketpair(); c.setblocking(False)
        try:
            while True: c.send(bytes(60_000))
        except OSError: pass
        a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [c.fileno(), d.fileno()]))])
        x += [a, b]; c.close(); d.close()
spread(attack)""",
    "datagrams": FORKS + """
import socket
def attack():
    x = []
    while True:
        for kind in (socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
            a, b = socket.socketpair(socket.AF_UNIX, kind); a.setblocking(False); x += [a, b]
            try:
                while True: a.send(bytes(60_000))
            except OSError: pass
spread(attack)""",
    "tcp": FORKS + """
import socket
def attack():
    s = socket.create_server(("127.0.0.1", 0)); x = []
    while True:
        c = socket.create_connection(s.getsockname()); c.setblocking(False); x.append(c)
        try:
            while True: c.send(bytes(60_000))
        except OSError: pass
spread(attack)""",
    "pipes-wide": FORKS + """
import fcntl
def attack():
    x = []
    while True:
        r, w = os.pipe(); x += [r, w]; os.set_blocking(w, False)
        try: fcntl.fcntl(w, 1031, 2**20)
        except OSError: pass
        try:
            while True: os.write(w, bytes(4096))
        except OSError: pass
spread(attack)""",
    "pipes-of-huge-pages": FORKS + """
import ctypes, mmap
libc = ctypes.CDLL(None)
class Part(ctypes.Structure): _fields_ = (("base", ctypes.c_void_p), ("size", ctypes.c_size_t))
def attack():
    x = []
    while True:
        r, w = os.pipe(); x += [r, w]
        for _ in range(16):
            m = mmap.mmap(-1, 2**22, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
            try: m.madvise(14)
            except OSError: pass
            m.write(bytes(2**22)); at = (ctypes.c_char * 1).from_buffer(m)
            libc.vmsplice(w, ctypes.byref(Part((ctypes.addressof(at) + 2**21) & ~(2**21 - 1), 1)), 1, 2)
            del at; m.close()
spread(attack)""",
    "file-locks": FORKS + """
import fcntl, struct
def attack():
    files = [open(f"/tmp/lock{os.getpid()}-{i}", "w") for i in range(60)]
    for at in range(0, 10**9, 2):
        for file in files: fcntl.fcntl(file, 37 if at % 4 else 6, struct.pack("hhqqi4x", 1, 0, at, 1, 0))
spread(attack)""",
    "empty-files": FORKS + """
def attack():
    for i in range(10**9): os.close(os.open(f"/tmp/{os.getpid()}-{i}-" + "x" * 200, os.O_CREAT))
spread(attack)""",
    "symbolic-links": FORKS + """
def attack():
    for i in range(10**9): os.symlink("x" * 120, f"/tmp/l{os.getpid()}-{i}")
spread(attack)""",
    "page-tables": FORKS + """
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
def attack():  # one page in each gigabyte wants two pages of tables, and reading it none of its own
    for i in range(1, 65_000):
        at = libc.mmap(i << 30, 4096, 1, 0x100022, -1, 0)
        if at and at < 2**63: ctypes.string_at(at, 1)
    time.sleep(1000)
spread(attack)""",
    "mappings": FORKS + """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
def attack():
    for i in range(65_000): libc.mmap(None, 4096, 1 + i % 2, 0x22, -1, 0)
    time.sleep(1000)
spread(attack)""",
    "timers": FORKS + """
import ctypes
libc = ctypes.CDLL(None)
def attack():
    t = ctypes.c_void_p()
    while True:
        if libc.timer_create(1, None, ctypes.byref(t)): time.sleep(0.1)
spread(attack)""",
    "queues-and-keys": FORKS + """
import ctypes
libc = ctypes.CDLL(None)
def attack():
    for i in range(10**6):
        libc.msgget(0, 0o1600); libc.semget(0, 32000, 0o1600); libc.mq_open(f"/{os.getpid()}-{i}".encode(), 66, 0o600, None)
        libc.syscall(248, b"user", f"k{os.getpid()}-{i}".encode(), bytes(20_000), 20_000, -4)
        libc.inotify_init(); libc.syscall(425, 4096, bytes(120)); libc.syscall(444, bytes(8), 8, 0)
spread(attack)""",
    "watches": FORKS + """
import select
def attack():
    polls = [select.epoll() for _ in range(60)]; files = [os.eventfd(0) for _ in range(60)]
    for p in polls:
        for f in files: p.register(f)
    time.sleep(1000)
spread(attack)""",
    "shared-memory": FORKS + """
from multiprocessing import shared_memory
def attack():
    x = []
    while True: x.append(shared_memory.SharedMemory(create=True, size=2_000_000)); x[-1].buf[:] = bytes(2_000_000)
spread(attack)""",
    "memory-and-sockets": FORKS + """
import socket
def attack():
    x = [bytearray(14_000_000)]
    while True:
        a, b = socket.socketpair(); x += [a, b]; a.setblocking(False)
        try:
            while True: a.send(bytes(60_000))
        except OSError: pass
spread(attack)""",
}  # fmt: skip
CODE["sockets-full"] = KERNEL_MEMORY["sockets-full"]


# ---------------------------------------------------------------- files that are not what they should be
def duplicated(nb, place):
    answer(nb, place)["cells"].append(deepcopy(named(nb, "7-2")))
    nb["cells"].insert(0, deepcopy(named(nb, "7-3-answer")))
    return nb


def stripped(nb, place):
    for c in answer(nb, place)["cells"]:
        c["metadata"] = {}
    return nb


def deleted(nb, place):
    nb["cells"] = [
        c
        for c in answer(nb, place)["cells"]
        if c["metadata"].get("nbgrader", {}).get("grade_id") not in ("7-1", "7-5", "7-8")
    ]
    return nb


def all_deleted(nb, place):
    return nb | {"cells": []}


def reordered(nb, place):
    return nb | {"cells": answer(nb, place)["cells"][::-1]}


def retyped(nb, place):
    for grade_id, kind in (("7-2", "markdown"), ("7-3", "raw"), ("7-4-answer", "markdown"), ("7-8", "code")):
        c = named(answer(nb, place) if grade_id == "7-2" else nb, grade_id)
        c["cell_type"] = kind
        if kind == "code":
            c |= {"outputs": [], "execution_count": None}
        else:
            c.pop("outputs", None), c.pop("execution_count", None)
    return nb


def points_changed(nb, place):
    for c in answer(nb, place)["cells"]:
        if "points" in c["metadata"].get("nbgrader", {}):
            c["metadata"]["nbgrader"]["points"] = 100
    named(nb, "7-1")["metadata"]["nbgrader"]["points"] = "many"
    named(nb, "7-4")["metadata"]["nbgrader"]["points"] = -5
    return nb


def ids_changed(nb, place):
    for old, new in (
        ("7-1", "9-9"),
        ("7-3", "../../x"),
        ("7-4", "７-４"),
        ("7-5", None),
        ("7-6", 7),
        ("7-7", ""),
        ("7-8", {"a": 1}),
    ):
        named(nb, old)["metadata"]["nbgrader"]["grade_id"] = new
    return nb


def swapped(nb, place):
    a, b = named(answer(nb, place), "7-2")["metadata"]["nbgrader"], named(nb, "7-5")["metadata"]["nbgrader"]
    a["grade_id"], b["grade_id"] = "7-5", "7-2"
    return nb


def metadata_broken(nb, place):
    for i, c in enumerate(nb["cells"]):
        c["metadata"]["nbgrader"] = ["yes", 7, None, {}, {"grade": "yes"}, {"schema_version": 99}][i % 6]
    return nb


def old_schema(nb, place):
    for c in answer(nb, place)["cells"]:
        if "nbgrader" in c["metadata"]:
            c["metadata"]["nbgrader"]["schema_version"] = 1
    return nb


def check_edited(nb, place):
    named(nb, "7-2")["source"] = "99.0"
    named(nb, "7-3")["metadata"]["nbgrader"] |= {"locked": False, "solution": True}
    named(nb, "7-3")["source"] = "99.0"
    return nb


def check_made_manual(nb, place):
    for grade_id in ("7-2", "7-5"):
        named(nb, grade_id)["metadata"]["nbgrader"] |= {"solution": True, "locked": False, "task": True}
    return nb


def stored_outputs(nb, place):
    for c in nb["cells"]:
        if c["cell_type"] == "code":
            c["outputs"] = [{"output_type": "execute_result", "metadata": {}, "execution_count": 1, "data": {
                "text/plain": "99.0", MIME: {"id": "7.2", "raw": place.number, "variant": "book"}}}]  # fmt: skip
    nb["metadata"]["backward_pass"] = ["graded already, all right"]
    return nb


def other_kernel(nb, place):
    nb["metadata"]["kernelspec"] = {"name": "bash", "display_name": "x", "language": "bash",
                                    "argv": ["/bin/sh", "-c", f"touch {place.course}/acted"]}  # fmt: skip
    nb["metadata"]["language_info"] = {"name": "R"}
    return answer(nb, place)


def kernel_path(nb, place):
    nb["metadata"]["kernelspec"] = {"name": "../../../../tmp/evil", "display_name": "x", "language": "python"}
    return answer(nb, place)


def widget_state(nb, place):
    state = {
        "x" * 32: {"model_name": "FloatModel", "model_module": "evil", "state": {"value": 99, "deep": [[[]]] * 1000}}
    }
    nb["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}}
    return answer(nb, place)


def huge_cell(nb, place):
    return first(answer(nb, place), "# " + "x" * 10_000_000)


def thousands_of_cells(nb, place):
    nb["cells"] += [cell("pass") for _ in range(3000)]
    return answer(nb, place)


def strange_text(nb, place):
    nb["cells"].insert(0, cell("\ud800 \udfff \u202e \x00 \x1b[2J 𝟕.𝟐", "markdown", id="\u202e"))
    nb["cells"][1]["id"] = "../../etc/passwd\u202e"
    return first(answer(nb, place), "x = '\ud83d'\n７ = 1")


def wrong_types(nb, place):
    nb["cells"] += [{"cell_type": 7, "source": {"a": 1}, "metadata": []}, {"source": [1, "x", None]}, {},
                    {"cell_type": "heading", "level": 1, "source": "x", "metadata": None}]  # fmt: skip
    return answer(nb, place) | {"metadata": 7}


def markup(nb, place):
    named(nb, "7-8")["source"] = (
        "<script>fetch('/formgrader/api')</script><img src=x onerror=alert(1)>[x](javascript:alert(1))"
    )
    named(nb, "7-8")["attachments"] = {
        "a.svg": {"image/svg+xml": "<svg onload=alert(1)>"},
        "b.png": {"image/png": "aGk="},
    }
    return answer(nb, place)


CHANGED: dict[str, Callable] = {f.__name__.replace("_", "-"): f for f in (
    duplicated, stripped, deleted, all_deleted, reordered, retyped, points_changed, ids_changed, swapped, metadata_broken,
    old_schema, check_edited, check_made_manual, stored_outputs, other_kernel, kernel_path, widget_state, huge_cell,
    thousands_of_cells, strange_text, wrong_types, markup)}  # fmt: skip

# What these earn although they are odd: their one right answer.
EARNED = {name: {"7-2": 1.0} for name in (
    "duplicated", "stripped", "deleted", "retyped", "points-changed", "old-schema", "other-kernel", "kernel-path",
    "widget-state", "huge-cell", "thousands-of-cells", "strange-text", "markup")} | {
    "another-exercise": {"7-2": 1.0}}  # fmt: skip

FILES = {
    "bad-json": b'{"nbformat": 4, "cells": [',
    "empty": b"",
    "not-a-notebook": b'{"hello": "world"}',
    "a-list": b"[1, 2, 3]",
    "a-picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "format-3": json.dumps(
        {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": []}]}
    ).encode(),
    "format-99": json.dumps({"nbformat": 99, "nbformat_minor": 0, "metadata": {}, "cells": []}).encode(),
    "nested-json": b'{"nbformat": 4, "cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "huge-number": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], "x": ' + b"9" * 10_000 + b"}",
    "brackets": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [], "x": ['
    + b"{}," * 3_000_000
    + b"0]}",
    "cells-of-text": b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": "abc"}',
    "too-many-cells": json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{}] * 6000}).encode(),
}


def submissions(release: dict, place: Place) -> dict[str, bytes]:
    """The content of the file that each hostile learner hands in, by a name for the student."""
    made = {}
    for name, code in CODE.items():
        words = {"{course}": str(place.course), "{pid}": str(place.pid), "{port}": str(place.port),
                 "{letter}": place.letter, "{number}": repr(place.number), "{{": "{", "}}": "}"}  # fmt: skip
        for word, value in words.items():
            if word in ("{{", "}}") and name not in ("reads-secrets", "widgets"):
                continue
            code = code.replace(word, value)
        made[name] = json.dumps(first(deepcopy(release), code)).encode()
    for name, change in CHANGED.items():
        made[name] = json.dumps(change(deepcopy(release), place)).encode()
    return made | FILES
