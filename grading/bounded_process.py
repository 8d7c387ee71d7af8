"""A pipe through a command that nobody trusts: bytes in, bytes out, bounded in time, size and memory."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import memory as bytes_of

LOOK_EVERY = 0.1  # seconds between two looks at the memory
STDERR_KEPT = 4000
GONE = 2  # seconds that the kernel has to take a killed box apart


@dataclass(frozen=True)
class ProcessResult:
    """What came back, and if it is incomplete, why."""

    out: bytes
    err: str = ""
    stopped: str | None = None
    crowded: str | None = None


# What sh does around the command. All that it starts is in the cgroup. When our process is killed, the kernel tells sh
# (setpriv asks for that; the comparison is for a process that was gone before), and sh ends the command, which is
# stopped first: a bubblewrap that is killed while it makes its box would leave the half of it behind. (sh gives what it
# runs in the background no input, unless told.)
KEEP = """test "$PPID" = "$0" || exit
while [ "$1" != -- ]; do echo $$ > "$1" || exit; shift; done; shift
trap 'kill -STOP $!; kill -9 $(cat /proc/$!/task/$!/children) $!; exit' TERM
"$@" < /proc/$$/fd/0 &
wait $!"""


def run(
    command: Sequence[str], data: bytes, *, wall: float, output: int, memory: int, fds=(), env=None
) -> ProcessResult:
    """Run `command` with `data` as its input; end it and all its children at `wall` seconds, at `output` bytes,
    when they hold more than `memory` bytes together with what the kernel keeps for them, or when this process ends."""
    with bytes_of.Cgroup(memory) as group, tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        bound = ["setpriv", "--pdeathsig", "TERM", "sh", "-c", KEEP, str(os.getpid()), *group.joining, "--"]
        bound = bound if bytes_of.LINUX else []  # elsewhere Docker does it
        with open(file.name, "rb") as stdin:
            process = subprocess.Popen([*bound, *command], stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       start_new_session=True, pass_fds=fds, env=env)  # fmt: skip
        try:
            result = _listen(process, time.monotonic() + wall, wall, output, bytes_of.Watch(process.pid, memory))
        finally:
            end(process)
        if group.ran_out() and not result.stopped:
            return replace(result, stopped=f"it used more than {memory / 2**20:.0f} MB of memory")
        return result


def end(process: subprocess.Popen) -> None:
    """End a process with all it started. Of a box the inner ones end first: its outermost process, which waits for the
    first inside, is gone when all are. The process leads a group of its own."""
    children = bytes_of.children(process.pid)
    for child in children:
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(GONE if children else 0)
    with contextlib.suppress(ProcessLookupError):  # and whoever lost their parent before we looked
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    process.stderr.close()


def _listen(
    process: subprocess.Popen, deadline: float, wall: float, output: int, watch: bytes_of.Watch
) -> ProcessResult:
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    out, err = kept[process.stdout], kept[process.stderr]
    stopped, crowded, look = None, None, 0.0
    with selectors.DefaultSelector() as selector:
        for stream in kept:
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map() and not stopped and not crowded:
            for key, _ in selector.select(LOOK_EVERY):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.fileobj is process.stdout or len(err) < STDERR_KEPT:
                    kept[key.fileobj] += chunk
            now = time.monotonic()
            if len(out) > output:
                stopped = f"it wrote more than {output / 1e6:.0f} MB"
            elif now > deadline:
                stopped = f"it took longer than {wall:g} s"
            elif now > look:
                stopped, crowded = watch.over(), watch.crowded()
                look = now + LOOK_EVERY
    return ProcessResult(
        bytes(out[:output]), err.decode(errors="replace")[:STDERR_KEPT], stopped, None if stopped else crowded
    )
