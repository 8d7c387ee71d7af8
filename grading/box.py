"""The sandbox: bubblewrap's command line with limits, and the test that it holds on this machine.

Inside there is a Python, this course's package and an empty folder in memory; no network, no other process, no file of
yours. A box that cannot be made, or that fails its test, is refused: notebooks never run outside of one.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

from . import pipe, syscalls
from .inside import HELLO

HERE = Path(__file__).resolve().parent
INSTALL = "apt-get install bubblewrap libseccomp2 util-linux"
MB = 2**20
COVERED = (Path("/usr/local/share/nbgrader"), Path("/usr/src"))  # nbgrader's exchange; where images keep a course


class Refused(RuntimeError):
    """No sandbox, no grading."""


class NotStarted(RuntimeError):
    """The sandbox holds on this machine, but this time it did not start; nothing of the notebook was run."""


@dataclass(frozen=True)
class Limits:
    """What one notebook may use. Memory: `data` for each process, and `memory` for all of them together."""

    cell: int = 60  # seconds for a cell
    wall: int = 300  # seconds for the notebook
    cpu: int = 240  # seconds of one process's computing
    data: int = 512 * MB
    memory: int = 1024 * MB
    processes: int = 32  # threads count too; a notebook and its runner are two
    file: int = 16 * MB  # one file
    files: int = 256  # open at once
    scratch: int = 64 * MB  # all files
    output: int = 20_000_000  # bytes that come back
    cell_output: int = 1_000_000  # characters of one cell

    @classmethod
    def of(cls, given: dict) -> Limits:
        known = {field.name for field in fields(cls)}
        if unknown := set(given) - known:
            raise ValueError(f"limits are {', '.join(sorted(known))}; got {', '.join(sorted(unknown))}")
        return replace(cls(), **given)


ENVIRONMENT = {
    "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1", "BPLIB_QUIET": "1", "MALLOC_ARENA_MAX": "2", "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip


def _package() -> Path:
    """Where this course's package lies; the sandbox sees it under the same name."""
    return Path(importlib.util.find_spec("bplib").origin).parent


def _visible() -> list[Path]:
    """What the sandbox can read beside the system: this Python, its packages, the course's package, one program."""
    return [Path(sys.base_prefix), Path(sys.prefix), _package(), HERE / "inside.py"]


def _covered() -> list[Path]:
    """Folders of the system that the sandbox sees empty."""
    places = [place.resolve() for place in COVERED if place.is_dir()]
    return [place for place in places if place.is_relative_to("/usr")]


def _comes_with_usr(path: Path) -> bool:
    return path.is_relative_to("/usr") and not any(path.is_relative_to(place) for place in _covered())


def sees(path: Path) -> bool:
    """Would a notebook see this path of yours?"""
    path = path.resolve()
    return _comes_with_usr(path) or any(path.is_relative_to(p.resolve()) for p in _visible() if not _comes_with_usr(p))


def _parents(paths: list[Path]) -> Iterator[Path]:
    """The folders on the way to the paths, outermost first: bubblewrap would make them for root alone."""
    seen = {parent for path in paths for parent in path.parents} - {Path("/"), Path("/tmp"), *_covered()}
    yield from sorted(path for path in seen if not _comes_with_usr(path))


def bubblewrap(limits: Limits, seccomp: int, program: list[str]) -> list[str]:
    """The command that runs a program in the sandbox. `seccomp` is the number of the open filter file."""
    root = os.getuid() == 0
    # Root is no user to run strangers' code as: limits on the number of processes do not bind it. A user number of its
    # own for each box keeps one notebook's processes from using up another's. Root needs no user namespace; everybody
    # else gets one with --unshare-all.
    apart = (["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
              "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
             if root else ["--unshare-all", "--cap-drop", "ALL"])  # fmt: skip
    user = str(61184 + os.getpid() % 4096)
    drop = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
            "--no-new-privs"] if root else []  # fmt: skip
    command = ["bwrap", *apart, "--die-with-parent", "--new-session", "--seccomp", str(seccomp)]
    command += ["--ro-bind", "/usr", "/usr"]
    for place in _covered():
        command += ["--perms", "0755", "--tmpfs", str(place)]
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        place = Path("/", name)
        if place.is_symlink():
            command += ["--symlink", os.readlink(place), str(place)]
        elif place.is_dir():
            command += ["--ro-bind", str(place), str(place)]
    command += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/fonts", "/etc/fonts"]
    command += ["--ro-bind-try", "/etc/alternatives", "/etc/alternatives", "--proc", "/proc", "--dir", "/dev"]
    for name in ("null", "urandom", "random", "full"):  # not zero: mapped and shared, it is memory of nobody
        command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    command += ["--perms", "1777", "--size", str(limits.scratch), "--tmpfs", "/tmp"]
    for file in sorted(
        Path.home().glob(".cache/matplotlib/fontlist-*.json")
    ):  # else each notebook that plots looks for them
        command += ["--perms", "0777", "--dir", "/tmp/.cache", "--perms", "0777", "--dir", "/tmp/.cache/matplotlib"]
        command += ["--ro-bind", str(file), f"/tmp/.cache/matplotlib/{file.name}"]
    bound = [path for path in _visible() if not _comes_with_usr(path)]
    for parent in _parents(bound):
        command += ["--perms", "0755", "--dir", str(parent)]
    for path in bound:
        command += ["--ro-bind", str(path), str(path)]
    for place in ("/", *_covered()):
        command += ["--remount-ro", str(place)]
    return [*command, "--chdir", "/tmp", "--", *drop, *_prlimit(limits), *program]


def _prlimit(limits: Limits) -> list[str]:
    return ["prlimit", f"--data={limits.data}", f"--as={8 * limits.data}", f"--nproc={limits.processes}",
            f"--fsize={limits.file}", f"--nofile={limits.files}", f"--cpu={limits.cpu}", "--core=0", "--memlock=0",
            "--msgqueue=0", "--stack=8388608"]  # fmt: skip


def docker(limits: Limits, image: str, program: list[str]) -> list[str]:
    """The same pipe through Docker, where there is no bubblewrap. The image holds Python and the course's requirements."""
    command = ["docker", "run", "-i", "--rm", "--network", "none", "--read-only", "--memory", str(limits.memory),
               "--memory-swap", str(limits.memory), "--pids-limit", str(limits.processes), "--cap-drop", "ALL",
               "--security-opt", "no-new-privileges", "--user", "61184:61184", "--workdir", "/tmp",
               "--ulimit", f"fsize={limits.file}", "--ulimit", f"nofile={limits.files}", "--ulimit", "core=0",
               "--tmpfs", f"/tmp:size={limits.scratch},mode=1777",
               "--volume", f"{_package()}:/course/bplib:ro",
               "--volume", f"{HERE / 'inside.py'}:/course/inside.py:ro"]  # fmt: skip
    for name, value in (ENVIRONMENT | {"PYTHONPATH": "/course"}).items():
        if name != "PATH":
            command += ["--env", f"{name}={value}"]
    return [*command, image, *program]


@dataclass(frozen=True)
class Box:
    """A sandbox to send notebooks through: `kind` is "bubblewrap", or "docker" with the name of an image."""

    limits: Limits = Limits()
    kind: str = "bubblewrap"
    image: str = ""

    def notebook(self, cells: list[dict]) -> pipe.Came:
        """Run the cells ({"cell_type", "source"}); what comes back is what inside.py wrote, at least its HELLO."""
        self.ensure()
        numbers, data = [str(self.limits.cell), str(self.limits.cell_output)], json.dumps(cells).encode()
        if self.kind == "docker":
            came = self._pipe(docker(self.limits, self.image, ["python", "-P", "/course/inside.py", *numbers]), data)
        else:
            came = self.program([sys.executable, "-P", str(HERE / "inside.py"), *numbers], data)
        if not came.out.startswith(HELLO):
            why = came.stopped or came.err.strip().split("\n")[-1][-200:] or "it said nothing"
            raise NotStarted(f"the sandbox did not start: {why}")
        return came

    def program(self, program: list[str], data: bytes = b"") -> pipe.Came:
        """Run any program in the bubblewrap sandbox."""
        with syscalls.filter_file() as rules:
            # Not only for the program: bubblewrap itself is the box's first process, and /proc/1/environ can be read.
            env = ENVIRONMENT | {"PYTHONPATH": str(_package().parent)}
            command = bubblewrap(self.limits, rules.fileno(), program)
            command[0] = shutil.which(command[0]) or command[0]  # by your PATH, not by the box's
            return self._pipe(command, data, (rules.fileno(),), env)

    def _pipe(self, command: list[str], data: bytes, fds=(), env: dict | None = None) -> pipe.Came:
        return pipe.run(command, data, wall=self.limits.wall, output=self.limits.output, memory=self.limits.memory,
                        fds=fds, env=env)  # fmt: skip

    def refuse_to_show(self, **places: Path) -> None:
        """Raise Refused if a notebook would see one of these folders of yours, named by what they are."""
        for what, place in places.items():
            if self.kind == "bubblewrap" and place.exists() and sees(place):
                raise Refused(f"Nothing was graded: notebooks would see the {what}, {place}. They see /usr and this "
                              f"Python ({sys.prefix}): move the {what} to another place, like your home.")  # fmt: skip

    def ensure(self) -> None:
        """Raise Refused unless notebooks would be held in on this machine; found out once for each process."""
        if self.kind == "bubblewrap":
            _ensure_bubblewrap(self.limits)
        elif self.kind != "docker":
            raise Refused(f"a box is 'bubblewrap' or 'docker'; got {self.kind!r}")
        elif not self.image or not shutil.which("docker"):
            raise Refused("Grading with docker wants `docker` installed and the name of an image; see the page for instructors.")  # fmt: skip


@functools.cache
def _ensure_bubblewrap(limits: Limits) -> None:
    missing = [name for name in ("bwrap", "prlimit", "setpriv") if not shutil.which(name)]
    if missing or not sys.platform.startswith("linux"):
        raise Refused(f"Nothing was graded: this machine has no {', '.join(missing) or 'Linux'}, so notebooks would run "
                      f"unprotected. On Debian: {INSTALL}. Elsewhere: set BoxedExecute.kind to 'docker'.")  # fmt: skip
    try:
        leaks = leaks_of(Box(limits))
    except OSError as error:
        raise Refused(f"Nothing was graded: {error}. On Debian: {INSTALL}.") from None
    if leaks:
        raise Refused("Nothing was graded: the sandbox does not hold on this machine.\n- " + "\n- ".join(leaks)
                      + f"\nIs everything installed ({INSTALL})? May this user make user namespaces "
                      "(sysctl user.max_user_namespaces)?")  # fmt: skip


PROBE = r"""
import ctypes, json, os, resource, socket, sys
given = json.loads(sys.stdin.read())
said = {}
def leak(name, attempt):
    try:
        said[name] = bool(attempt())
    except (OSError, MemoryError, ValueError):
        said[name] = False
def write(path):
    with open(path, "a") as file:
        file.write("x")
    return True
def connect():
    with socket.create_connection(("127.0.0.1", given["port"]), timeout=1):
        return True
def environments():
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/environ", "rb") as file:
                yield file.read()
        except OSError:
            pass
def status(key):
    with open("/proc/self/status") as file:
        return next(line.split()[1] for line in file if line.startswith(key + ":"))
for path in given["files"]:
    leak("could write " + path, lambda: write(path))
    leak("could make a file in " + os.path.dirname(path), lambda: write(path + ".new"))
leak("could read " + given["secret"], lambda: open(given["secret"]).read())
leak("reached the network of this machine", connect)
leak("saw a network device", lambda: [n for _, n in socket.if_nameindex() if n != "lo"])
leak("saw a process outside", lambda: len([p for p in os.listdir("/proc") if p.isdigit()]) > 4)
leak("could signal a process outside", lambda: os.kill(given["pid"], 0) is None if given["pid"] > 50 else False)
leak("shared a namespace", lambda: [n for n in given["spaces"] if os.readlink("/proc/self/ns/" + n) == given["spaces"][n]])
leak("was root", lambda: os.getuid() == 0)
leak("had a privilege", lambda: int(status("CapEff"), 16) or int(status("CapBnd"), 16) if given["root"] else int(status("CapEff"), 16))
leak("could gain privileges", lambda: status("NoNewPrivs") != "1")
leak("ran without a filter of system calls", lambda: status("Seccomp") != "2")
leak("could make memory of nobody", lambda: os.memfd_create("x") >= 0)
leak("saw an environment variable of yours", lambda: any(b"BP_PROBE_SECRET" in found for found in environments()))
leak("had more memory than allowed", lambda: bytearray(given["data"]))
leak("could fill the disk", lambda: [open(f"/tmp/{i}", "wb").write(bytes(2**20)) for i in range(given["scratch"] // 2**20 + 2)])
for kind, most in given["limits"].items():
    leak("had no limit " + kind, lambda: not 0 <= resource.getrlimit(getattr(resource, kind))[1] <= most)
def forks():
    started = 0
    try:
        for _ in range(given["processes"] + 20):
            if os.fork() == 0:
                os.read(hold, 1)
                os._exit(0)
            started += 1
    finally:
        os.close(release)
    return started > given["processes"]
hold, release = os.pipe()
import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)
def child_forks():
    return forks()
leak("could start any number of processes", child_forks)
json.dump([name for name, bad in said.items() if bad], sys.stdout)
"""


def leaks_of(box: Box) -> list[str]:
    """Attempts to get out of the box that succeeded; a box that cannot be made is one of them."""
    spaces = ("net", "pid", "mnt", "ipc", "uts")
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        inner = Path(folder, "secret")
        inner.write_text("not for notebooks")
        inner.chmod(0o666)  # so that nothing but the box itself stands in the way
        Path(folder).chmod(0o777)
        given = {
            "files": [str(inner), str(_package() / "probe"), str(Path(sys.prefix) / "probe"), "/usr/probe", "/probe"],
            "secret": str(inner), "port": server.getsockname()[1], "pid": os.getppid() if os.getppid() > 1 else os.getpid(),
            "root": os.getuid() == 0, "data": box.limits.data, "processes": box.limits.processes, "scratch": box.limits.scratch,
            "spaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in spaces},
            "limits": {"RLIMIT_NPROC": box.limits.processes, "RLIMIT_FSIZE": box.limits.file,
                       "RLIMIT_NOFILE": box.limits.files, "RLIMIT_CPU": box.limits.cpu, "RLIMIT_CORE": 0},
        }  # fmt: skip
        short = Box(replace(box.limits, wall=30, memory=4 * box.limits.memory))
        os.environ["BP_PROBE_SECRET"] = "not for notebooks"
        try:
            came = short.program([sys.executable, "-I", "-c", PROBE], json.dumps(given).encode())
        finally:
            del os.environ["BP_PROBE_SECRET"]
        try:
            said = json.loads(came.out)
        except ValueError:
            return [f"it cannot be started: {came.stopped or came.err.strip()[-500:] or 'it said nothing'}"]
    return [f"a notebook {leak}" for leak in said]
