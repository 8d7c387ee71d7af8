"""A pipe through a command that nobody trusts: bytes in, bytes out, bounded in time, size and memory."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

LOOK_EVERY = 0.1  # seconds between two looks at the memory
STDERR_KEPT = 4000


@dataclass(frozen=True)
class Came:
    """What came back, and if it is incomplete, why."""

    out: bytes
    err: str = ""
    stopped: str | None = None


def run(command: Sequence[str], data: bytes, *, wall: float, output: int, memory: int, fds=(), env=None) -> Came:
    """Run `command` with `data` as its input; end it and all its children at `wall` seconds, at `output` bytes,
    or when together they hold more than `memory` bytes."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with open(file.name, "rb") as stdin:
            process = subprocess.Popen(command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       start_new_session=True, pass_fds=fds, env=env)  # fmt: skip
    try:
        return _listen(process, time.monotonic() + wall, wall, output, memory)
    finally:
        end(process)


def end(process: subprocess.Popen) -> None:
    """End a process with all it started; a box dies with its first process."""
    with contextlib.suppress(psutil.NoSuchProcess):
        for child in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
    if process.poll() is None:
        process.kill()
    process.wait()
    process.stdout.close()
    process.stderr.close()


def _listen(process: subprocess.Popen, deadline: float, wall: float, output: int, memory: int) -> Came:
    kept = {process.stdout: bytearray(), process.stderr: bytearray()}
    out, err = kept[process.stdout], kept[process.stderr]
    stopped, look = None, 0.0
    with selectors.DefaultSelector() as selector:
        for stream in kept:
            os.set_blocking(stream.fileno(), False)
            selector.register(stream, selectors.EVENT_READ)
        while selector.get_map() and not stopped:
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
            elif now > look and held(process.pid) > memory:
                stopped = f"it used more than {memory / 2**20:.0f} MB of memory"
            look = now + LOOK_EVERY if now > look else look
    return Came(bytes(out[:output]), err.decode(errors="replace")[:STDERR_KEPT], stopped)


def held(pid: int) -> int:
    """Bytes of memory that a process and its children hold; what they share counts for each."""
    total = 0
    with contextlib.suppress(psutil.NoSuchProcess):
        for process in psutil.Process(pid).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
    return total
