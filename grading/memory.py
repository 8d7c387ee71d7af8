"""What a box costs the machine in memory: what its processes hold, and what the kernel holds for them.

Three bounds, one inside the other. A memory cgroup, where this user may make one, is the kernel's own. Without it the
processes' memory, their page tables, sockets and files in memory are counted from outside. What nobody counts, such as
locks or mappings, still shows in the machine's totals; these belong to everybody, so they never cost a mark by themselves.
"""

from __future__ import annotations

import contextlib
import functools
import os
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

LINUX = sys.platform.startswith("linux")
INODE = 1536  # bytes of the kernel's for a file in memory, its name included
FLOOR = 1 / 32  # of the machine's memory; with less than that left, boxes end
KNOWN = ("MemFree", "Buffers", "Cached", "SwapCached", "AnonPages", "SReclaimable")


@dataclass(frozen=True)
class Machine:
    """Totals of this machine, in bytes: all memory, what could be had now, and what the kernel keeps for itself."""

    total: int
    available: int
    kernel: int

    @classmethod
    def now(cls) -> Machine:
        if not LINUX:  # Docker bounds its boxes itself
            return cls(0, 0, 0)
        lines = (line.split() for line in Path("/proc/meminfo").read_text().splitlines())
        found = {name.rstrip(":"): int(value) * 1024 for name, value, *_ in lines}
        kernel = found["MemTotal"] - sum(found.get(name, 0) for name in KNOWN)
        return cls(found["MemTotal"], found.get("MemAvailable", found["MemFree"]), kernel)


@dataclass(frozen=True)
class MemoryUse:
    """Bytes that belong to a box for certain: its processes' own, and those that the kernel keeps for it."""

    own: int
    kernel: int


def rss(pid: int) -> MemoryUse:
    """What the children of a process hold. What they share is divided among them once it matters (see `over`)."""
    own = kernel = 0
    spaces = set()
    for child in children(pid):
        with contextlib.suppress(OSError, ValueError):
            found = _status(child)
            own += found.get("VmRSS", 0)
            kernel += found.get("VmPTE", 0)
            kernel += _sockets(child, spaces) + _files(child, spaces)
    return MemoryUse(own, kernel)


def shared_once(pid: int) -> int:
    """The children's memory, with a page that several of them have counted once: slower, so asked for last."""
    total = 0
    for child in children(pid):
        with contextlib.suppress(OSError, ValueError, StopIteration):
            lines = Path(f"/proc/{child}/smaps_rollup").read_text().splitlines()
            total += int(next(line.split()[1] for line in lines if line.startswith("Pss:"))) * 1024
    return total


def children(pid: int) -> list[int]:
    """The numbers of all processes that a process started, and those started."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children(recursive=True)]
    return []


def _status(pid: int) -> dict[str, int]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines if line.endswith(" kB")}


@functools.cache
def _buffer() -> int:
    """Bytes that may wait in one socket, where nobody can ask for more."""
    return int(Path("/proc/sys/net/core/wmem_default").read_text())


def _sockets(pid: int, seen: set) -> int:
    """Sockets of a network namespace that is not ours: also those that no process has open, but another socket holds."""
    space = os.readlink(f"/proc/{pid}/ns/net")
    if space in seen or space == os.readlink("/proc/self/ns/net"):
        return 0
    seen.add(space)
    with open(f"/proc/{pid}/net/unix", "rb") as file:
        return (sum(1 for _ in file) - 1) * _buffer()


def _files(pid: int, seen: set) -> int:
    """The files in memory of a root folder that is not ours: their bytes, and the inodes even of empty ones."""
    place = os.path.join("/proc", str(pid), "root", "tmp")
    device = os.stat(place).st_dev
    if device in seen or device == os.stat("/tmp").st_dev:
        return 0
    seen.add(device)
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize + (found.f_files - found.f_ffree) * INODE


class Watch:
    """Looks at a process and its children from its start on."""

    def __init__(self, pid: int, memory: int) -> None:
        self.pid, self.memory, self.before = pid, memory, Machine.now()

    def over(self) -> str | None:
        """Why it has to end for what is its own for certain."""
        mine = rss(self.pid)
        self.own = mine.own
        if mine.own + mine.kernel <= self.memory:
            return None
        if mine.own <= 2 * self.memory and shared_once(self.pid) + mine.kernel <= self.memory:
            return None
        return f"it used more than {self.memory / 2**20:.0f} MB of memory"

    def crowded(self) -> str | None:
        """Why the machine cannot go on with it, whoever it was that took the memory."""
        now = Machine.now()
        grown = now.kernel - self.before.kernel
        if grown > self.memory / 4 and self.own + grown > self.memory:
            return f"while it ran, the kernel's own memory grew by {grown / 2**20:.0f} MB"
        if now.available < FLOOR * now.total:
            return f"while it ran, the machine had {now.available / 2**20:.0f} MB of memory left"
        return None


class Cgroup:
    """A memory cgroup of a box's own, or nothing where none can be made; `with` it, and it is gone behind."""

    def __init__(self, memory: int) -> None:
        self.memory, self.folder = memory, None

    def __enter__(self) -> Cgroup:
        if home := _home():
            self.folder = home[0] / f"backward-pass-{os.getpid()}-{secrets.token_hex(4)}"
            with _or_none(self):
                self.folder.mkdir()
                for name in home[1:]:
                    if (self.folder / name).exists():
                        (self.folder / name).write_text(str(self.memory if "swap.max" not in name else 0))
        return self

    @property
    def joining(self) -> list[str]:
        """The file that a process writes its number to in order to be in."""
        return [str(self.folder / "cgroup.procs")] if self.folder else []

    def ran_out(self) -> bool:
        """Whether the kernel ended one of its processes."""
        for name in ("memory.events", "memory.oom_control") if self.folder else ():
            with contextlib.suppress(OSError):
                lines = (self.folder / name).read_text().splitlines()
                return any(line.startswith("oom_kill ") and line != "oom_kill 0" for line in lines)
        return False

    def __exit__(self, *_) -> None:
        for _ in range(50) if self.folder else ():  # the kernel takes a moment to empty it
            try:
                return self.folder.rmdir()
            except FileNotFoundError:
                return None
            except OSError:
                time.sleep(0.01)
        return None


@contextlib.contextmanager
def _or_none(group: Cgroup) -> Iterator[None]:
    try:
        yield
    except OSError:
        group.__exit__()
        group.folder = None


@functools.cache
def _home() -> tuple[Path, str, str] | None:
    """The nearest cgroup, from our own outwards, in which one with a limit of memory can be made; the limit's files."""
    for line in Path("/proc/self/cgroup").read_text().splitlines() if LINUX else ():
        _, kinds, place = line.split(":", 2)
        if "memory" in kinds.split(","):
            top, names = Path("/sys/fs/cgroup/memory"), ("memory.limit_in_bytes", "memory.memsw.limit_in_bytes")
        elif kinds == "":
            top, names = Path("/sys/fs/cgroup"), ("memory.max", "memory.swap.max")
        else:
            continue
        here = top / place.lstrip("/")
        for folder in (here, *(p for p in here.parents if p.is_relative_to(top))):
            trial = folder / f"backward-pass-{os.getpid()}"
            with contextlib.suppress(OSError):
                trial.mkdir()
                fits = (trial / names[0]).exists()
                trial.rmdir()
                if fits:
                    _tidy(folder)
                    return folder, *names
    return None


def _tidy(folder: Path) -> None:
    """Remove the empty cgroups of graders that were killed."""
    for left in folder.glob("backward-pass-*"):
        if not psutil.pid_exists(int(left.name.split("-")[2])):
            with contextlib.suppress(OSError):
                left.rmdir()
