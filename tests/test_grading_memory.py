"""What a box can take from the machine, and what is left of it when it ended, or when its grader was killed."""

import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress

import hostile
import psutil
import pytest
from classes import ROOT, boxed

from grading import bounded_process, memory, sandbox
from grading.memory import Cgroup, Machine, MemoryUse, Watch
from grading.sandbox import Crowded, Limits, NotStarted, Sandbox

pytestmark = pytest.mark.slow

MB = 2**20
LIMITS = Limits(cell=2, wall=2, cpu=5, data=300 * MB, memory=400 * MB, scratch=20 * MB)


def cells(*sources: str) -> list[dict]:
    return [{"cell_type": "code", "source": source} for source in sources]


def lost_while(run) -> float:
    """The most that the machine had less of meanwhile, in bytes: what could be had, or what the kernel took."""
    before, most, going = Machine.now(), [0], [True]

    def look():
        while going:
            now = Machine.now()
            most[0] = max(most[0], now.kernel - before.kernel, before.available - now.available)
            time.sleep(0.02)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        run()
    finally:
        going.clear()
        looking.join()
    return most[0]


@boxed
@pytest.mark.parametrize("name", hostile.KERNEL_MEMORY)
def test_the_kernel_keeps_no_more_for_a_box_than_half_above_its_limit(name, monkeypatch):
    """Where no cgroup can be made, so that the other bounds are what holds. Others use this machine too: up to four times."""
    monkeypatch.setattr(memory, "_home", lambda: None)
    attack = cells(hostile.KERNEL_MEMORY[name])
    lost = []
    for _ in range(4):
        with suppress(NotStarted):  # what others took ended the box before its first word
            lost.append(lost_while(lambda: Sandbox(LIMITS, alone=True).notebook(attack)))
        if lost and min(lost) < 1.5 * LIMITS.memory:
            break
    print(f"{name}: {[round(x / MB) for x in lost]} MB")
    assert min(lost) < 1.5 * LIMITS.memory


@boxed
def test_what_asks_for_kernel_memory_is_refused_or_does_nothing():
    code = """
import ctypes, fcntl, os, socket, struct
libc = ctypes.CDLL(None)
def no(f):
    try: return f() is None
    except OSError: return True
a, b = socket.socketpair()
before = a.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_000_000)
r, w = os.pipe()
x, y = open("/tmp/x", "w"), open("/tmp/x", "r+")
fcntl.lockf(x, fcntl.LOCK_EX); fcntl.flock(y, fcntl.LOCK_EX)
print([a.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == before, no(lambda: fcntl.fcntl(w, 1031, 2**20)),
       no(lambda: socket.socket(socket.AF_INET)), no(lambda: socket.socketpair(type=socket.SOCK_DGRAM)),
       no(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)), libc.inotify_init() < 0, libc.vmsplice(w, None, 0, 0) < 0,
       open("/proc/locks").read().count("POSIX") == 0])
"""
    result = Sandbox().program([sys.executable, "-I", "-c", code])
    assert result.out.decode() == f"{[True] * 8}\n", result


def test_a_watch_tells_a_boxs_own_memory_from_the_machines(monkeypatch):
    """Who used it for certain is stopped; when the machine ran short, nobody is said to have done it."""
    now = Machine(16_000 * MB, 8_000 * MB, 500 * MB)
    monkeypatch.setattr(Machine, "now", classmethod(lambda cls: now))
    watch = Watch(1, 100 * MB)
    monkeypatch.setattr(memory, "shared_once", lambda pid: 60 * MB)
    for mine, stops in ((MemoryUse(90 * MB, 0), False), (MemoryUse(150 * MB, 0), False), (MemoryUse(150 * MB, 50 * MB), True),
                        (MemoryUse(250 * MB, 0), True), (MemoryUse(10 * MB, 95 * MB), True)):  # fmt: skip
        monkeypatch.setattr(memory, "rss", lambda pid, mine=mine: mine)
        assert (watch.over() == "it used more than 100 MB of memory") is stops, mine
    assert watch.crowded() is None
    now = Machine(16_000 * MB, 3_000 * MB, 500 * MB)  # somebody else's processes
    assert watch.crowded() is None
    now = Machine(16_000 * MB, 3_000 * MB, 600 * MB)
    assert watch.crowded() == "while it ran, the kernel's own memory grew by 100 MB"
    now = Machine(16_000 * MB, 400 * MB, 500 * MB)
    assert watch.crowded() == "while it ran, the machine had 400 MB of memory left"


def test_who_ran_while_memory_ran_short_runs_again_alone(monkeypatch):
    monkeypatch.setattr(Sandbox, "ensure", lambda self: None)
    monkeypatch.setattr(
        Sandbox, "program", lambda self, program, data: bounded_process.ProcessResult(b"{}\n", crowded="it was tight")
    )
    with pytest.raises(Crowded, match="it was tight"):
        Sandbox().notebook([])
    assert Sandbox(alone=True).notebook([]).stopped == "it was tight"


def test_a_cgroup_bounds_what_is_in_it():
    """Where one can be made: the kernel's own account, of sockets too."""
    if memory._home() is None:
        with Cgroup(100 * MB) as group:
            assert (group.joining, group.ran_out()) == ([], False)
        return
    code = ("import socket\nx = []\nwhile True:\n    a, b = socket.socketpair(); x += [a, b]; a.setblocking(False)\n"
            "    try:\n        while True: a.send(bytes(60_000))\n    except BlockingIOError: pass")  # fmt: skip
    result = bounded_process.run([sys.executable, "-c", f"import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (4000, 4000))\n{code}"],
                    b"", wall=20, output=100, memory=60 * MB)  # fmt: skip
    assert result.stopped == "it used more than 60 MB of memory" or "No buffer space" in result.err, result
    assert not list(memory._home()[0].glob(f"backward-pass-{os.getpid()}*"))


def test_a_cgroup_that_cannot_be_made_is_done_without(monkeypatch, tmp_path):
    monkeypatch.setattr(memory, "_home", lambda: (tmp_path / "gone", "memory.max", "memory.swap.max"))
    with Cgroup(100 * MB) as group:
        assert group.joining == []
    assert bounded_process.run(["echo", "hi"], b"", wall=5, output=100, memory=100 * MB).out == b"hi\n"


@boxed
def test_leftovers_of_one_box_cost_the_next_nothing():
    """Each box runs as another user; what the first one could not start, the second one can."""
    fork = "import os, time\ntry:\n    while os.fork(): pass\nexcept OSError: pass\ntime.sleep({})"
    ids = []
    for seconds in (60, 0):
        result = Sandbox(LIMITS).notebook(cells("import os; print(os.getuid())", fork.format(seconds)))
        ids.append(result.out.decode().split('"text": ["')[1].split('"')[0])
    assert ids[0] != ids[1] or os.getuid() != 0
    assert [p for p in psutil.process_iter(["uids"]) if p.info["uids"] and str(p.info["uids"].real) == ids[0] != "0"
            and os.getuid() == 0] == []  # fmt: skip


def test_no_two_boxes_have_one_user_number(monkeypatch):
    monkeypatch.setattr(sandbox, "USERS", range(70_000, 70_004))
    with ExitStack() as stack:
        numbers = [stack.enter_context(sandbox.user_number()) for _ in range(4)]
        assert sorted(numbers) == [*range(70_000, 70_004)]
        with pytest.raises(sandbox.NotStarted, match="from 70000 to 70003 are in use"):
            stack.enter_context(sandbox.user_number())
    with pytest.raises(OSError, match="mine"), sandbox.user_number():
        raise OSError("mine")


GRADER = """
import sys
sys.path.insert(0, {root!r})
from grading.sandbox import Sandbox
Sandbox().ensure()
print("ready", flush=True)
while True:  # what is ended because the machine is crowded (by other tests) is started again
    result = Sandbox().notebook([{{"cell_type": "code", "source": "import time; time.sleep(55.5)"}}])
    if not result.crowded:
        raise SystemExit(result)
"""


def family(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def wait_for(condition, seconds: float = 15):
    """What the condition gives, once it gives something."""
    until = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < until:
        time.sleep(0.01)
    assert found
    return found


@boxed
@pytest.mark.parametrize("processes", [1, 2, 3, 5])
def test_a_killed_grader_leaves_no_box(processes):
    """From the first moment, when the box is being made, to the last."""
    grader = subprocess.Popen([sys.executable, "-c", GRADER.format(root=str(ROOT))], stdout=subprocess.PIPE)
    try:
        grader.stdout.readline()
        started = wait_for(lambda: found if len(found := family(grader.pid)) >= processes else [])
    finally:
        grader.kill()
        grader.communicate()
    left = []

    def gone() -> bool:
        left[:] = [p for p in started if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        return not left

    assert wait_for(gone), left


def test_a_command_whose_parent_is_gone_does_not_start(tmp_path):
    """The race: the parent died before its child had asked the kernel to die with it."""
    for parent, starts in ((os.getpid(), True), (1, False)):
        done = subprocess.run(
            ["sh", "-c", bounded_process.KEEP, str(parent), "--", "echo", "hi"], capture_output=True, text=True
        )
        assert (done.stdout == "hi\n") is starts


def test_the_sockets_of_a_box_are_counted_and_those_of_the_machine_are_not():
    a, b = socket.socketpair()
    with a, b, subprocess.Popen(["sleep", "5"]) as child:
        assert memory.rss(os.getpid()).own > 0
        assert memory.rss(os.getpid()).kernel < 10 * MB
        child.kill()
