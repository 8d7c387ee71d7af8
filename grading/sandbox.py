"""The sandbox: bubblewrap's command line with limits, and the test that it holds on this machine.

Inside there is a Python, this course's package and an empty folder in memory; no network, no other process, no file of
yours. A box that cannot be made, or that fails its test, is refused: notebooks never run outside of one.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import json
import os
import secrets
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from pathlib import Path

import psutil

from . import bounded_process, syscalls
from .sandbox_runner import HELLO

HERE = Path(__file__).resolve().parent
INSTALL = "apt-get install bubblewrap libseccomp2 util-linux"
MB = 2**20
USERS = range(61184, 65280)  # of no distribution's, and there in most containers
COVERED = (Path("/usr/local/share/nbgrader"), Path("/usr/src"))  # nbgrader's exchange; where images keep a course


class Refused(RuntimeError):
    """No sandbox, no grading."""


class Crowded(MemoryError):
    """The machine ran short of memory while the box ran; whose doing it was shows when the notebook runs alone."""


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
    files: int = 128  # open at once, in one process
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
    "HOME": "/tmp", "TMPDIR": "/tmp", "LANG": "C.UTF-8", "PATH": f"{sys.prefix}/bin:/usr/bin:/bin", "PYTHONHASHSEED": "0",
    "PIP_RETRIES": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PYTHONDONTWRITEBYTECODE": "1", "BPLIB_QUIET": "1", "MALLOC_ARENA_MAX": "2", "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip


def _package() -> Path:
    """Where this course's package lies; the sandbox sees it under the same name."""
    return Path(importlib.util.find_spec("bplib").origin).parent


def _visible() -> list[Path]:
    """What the sandbox can read beside the system: this Python, its packages, the course's package, one program."""
    return [Path(sys.base_prefix), Path(sys.prefix), _package(), HERE / "sandbox_runner.py"]


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


@contextlib.contextmanager
def user_number() -> Iterator[int]:
    """The number of a user that no process runs as, and no other box has: what one box leaves behind costs no other.

    A name in the kernel's list of sockets is taken as long as the box is there; who dies gives it back."""
    used = {uid for process in psutil.process_iter(["uids"]) if process.info["uids"] for uid in process.info["uids"]}
    for number in sorted(set(USERS) - used, key=lambda _: secrets.randbits(32)):
        with socket.socket(socket.AF_UNIX) as name:
            try:
                name.bind(f"\0backward-pass-user-{number}")
            except OSError:
                continue
            yield number
            return
    raise NotStarted(f"all user numbers from {USERS[0]} to {USERS[-1]} are in use")


def bubblewrap(limits: Limits, seccomp: int, program: list[str], user: int = USERS[0]) -> list[str]:
    """The command that runs a program in the sandbox. `seccomp` is the number of the open filter file."""
    root = os.getuid() == 0
    # Root is no user to run strangers' code as: limits on the number of processes do not bind it. Root needs no user
    # namespace; everybody else gets one with --unshare-all.
    apart = (["--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try",
              "--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_SETPCAP"]
             if root else ["--unshare-all", "--cap-drop", "ALL"])  # fmt: skip
    drop = ["setpriv", "--reuid", str(user), "--regid", str(user), "--clear-groups", "--inh-caps=-all", "--bounding-set=-all",
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
    command += ["--symlink", "/tmp", "/dev/shm"]  # where the locks of multiprocessing lie
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
            "--msgqueue=0", "--sigpending=256", "--stack=8388608"]  # fmt: skip


def docker(limits: Limits, image: str, program: list[str]) -> list[str]:
    """The same pipe through Docker, where there is no bubblewrap. The image holds Python and the course's requirements."""
    command = ["docker", "run", "-i", "--rm", "--network", "none", "--read-only", "--memory", str(limits.memory),
               "--memory-swap", str(limits.memory), "--pids-limit", str(limits.processes), "--cap-drop", "ALL",
               "--security-opt", "no-new-privileges", "--user", "61184:61184", "--workdir", "/tmp",
               "--ulimit", f"fsize={limits.file}", "--ulimit", f"nofile={limits.files}", "--ulimit", "core=0",
               "--tmpfs", f"/tmp:size={limits.scratch},mode=1777",
               "--volume", f"{_package()}:/course/bplib:ro",
               "--volume", f"{HERE / 'sandbox_runner.py'}:/course/sandbox_runner.py:ro"]  # fmt: skip
    for name, value in (ENVIRONMENT | {"PYTHONPATH": "/course"}).items():
        if name != "PATH":
            command += ["--env", f"{name}={value}"]
    # A killed client leaves its container running; the container ends by itself.
    return [*command, image, "timeout", "-s", "KILL", str(limits.wall), *program]


@dataclass(frozen=True)
class Sandbox:
    """A sandbox to send notebooks through: `kind` is "bubblewrap", or "docker" with the name of an image."""

    limits: Limits = Limits()
    kind: str = "bubblewrap"
    image: str = ""
    alone: bool = False  # nobody else is being graded, so what the machine loses meanwhile is this one's doing

    def notebook(self, cells: list[dict]) -> bounded_process.ProcessResult:
        """Run the cells ({"cell_type", "source"}); what comes back is what sandbox_runner.py wrote, at least its HELLO."""
        self.ensure()
        numbers, data = [str(self.limits.cell), str(self.limits.cell_output)], json.dumps(cells).encode()
        if self.kind == "docker":
            result = self._bounded(
                docker(self.limits, self.image, ["python", "-P", "/course/sandbox_runner.py", *numbers]), data
            )
        else:
            result = self.program([sys.executable, "-P", str(HERE / "sandbox_runner.py"), *numbers], data)
        if result.crowded and not self.alone:
            raise Crowded(result.crowded)
        if result.crowded:
            result = replace(result, stopped=result.crowded)
        if not result.out.startswith(HELLO):
            why = result.stopped or result.err.strip().split("\n")[-1][-200:] or "it said nothing"
            raise NotStarted(f"the sandbox did not start: {why}")
        return result

    def program(self, program: list[str], data: bytes = b"") -> bounded_process.ProcessResult:
        """Run any program in the bubblewrap sandbox."""
        with syscalls.filter_file() as rules:
            # Not only for the program: bubblewrap itself is the box's first process, and /proc/1/environ can be read.
            env = ENVIRONMENT | {"PYTHONPATH": str(_package().parent)}
            with user_number() as user:
                command = bubblewrap(self.limits, rules.fileno(), program, user)
                command[0] = shutil.which(command[0]) or command[0]  # by your PATH, not by the box's
                return self._bounded(command, data, (rules.fileno(),), env)

    def _bounded(
        self, command: list[str], data: bytes, fds=(), env: dict | None = None
    ) -> bounded_process.ProcessResult:
        return bounded_process.run(command, data, wall=self.limits.wall, output=self.limits.output, memory=self.limits.memory,
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
                      f"unprotected. On Debian: {INSTALL}. Elsewhere: set SandboxedExecute.kind to 'docker'.")  # fmt: skip
    try:
        leaks = leaks_of(Sandbox(limits))
    except OSError as error:
        raise Refused(f"Nothing was graded: {error}. On Debian: {INSTALL}.") from None
    if leaks:
        raise Refused("Nothing was graded: the sandbox does not hold on this machine.\n- " + "\n- ".join(leaks)
                      + f"\nIs everything installed ({INSTALL})? May this user make user namespaces "
                      "(sysctl user.max_user_namespaces)?")  # fmt: skip


def leaks_of(sandbox: Sandbox) -> list[str]:
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
            "root": os.getuid() == 0, "data": sandbox.limits.data, "processes": sandbox.limits.processes, "scratch": sandbox.limits.scratch,
            "spaces": {name: os.readlink(f"/proc/self/ns/{name}") for name in spaces},
            "limits": {"RLIMIT_NPROC": sandbox.limits.processes, "RLIMIT_FSIZE": sandbox.limits.file,
                       "RLIMIT_NOFILE": sandbox.limits.files, "RLIMIT_CPU": sandbox.limits.cpu, "RLIMIT_CORE": 0},
        }  # fmt: skip
        short = Sandbox(replace(sandbox.limits, wall=30, memory=4 * sandbox.limits.memory))
        os.environ["BP_PROBE_SECRET"] = "not for notebooks"
        try:
            result = short.program(
                [sys.executable, "-I", "-c", (HERE / "probe.py").read_text()], json.dumps(given).encode()
            )
        finally:
            del os.environ["BP_PROBE_SECRET"]
        try:
            said = json.loads(result.out)
        except ValueError:
            return [f"it cannot be started: {result.stopped or result.err.strip()[-500:] or 'it said nothing'}"]
    return [f"a notebook {leak}" for leak in said]
