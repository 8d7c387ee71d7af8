"""The program inside the sandbox: it runs the notebook on its input and writes each cell's outputs as a line of JSON.

Two processes: one runs the cells in IPython's shell, the one that Jupyter's kernel has around it; the other holds the
watch. It is no guard: a notebook can end both or write in their name. All it wins is to hand out other answers.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import io
import json
import os
import re
import select
import signal
import subprocess
import sys
import time

HELLO = b"{}\n"  # said before anything of the notebook is run; without it the sandbox did not start
PATIENCE = 2  # seconds that a cell has to stop when it is told to
TIMES = 8  # it is told in them: a bare `except:` takes one for an error of its own


def watch(child: int, lines: int, cells: int, seconds: float) -> None:
    """Pass on the child's lines as they come; tell a cell to stop when its time is over, and end it if it does not."""
    buffer, done, told = b"", 0, 0
    until = time.monotonic() + seconds + 10  # the first line waits for IPython's import
    while done <= cells:
        ready, _, _ = select.select([lines], [], [], max(0, until - time.monotonic()))
        chunk = os.read(lines, 1 << 16) if ready else None
        if chunk == b"":
            return say({"at": done - 1, "note": "it ended the notebook's Python; nothing after it was run"})
        buffer += chunk or b""
        *whole, buffer = buffer.split(b"\n")
        for line in filter(None, whole):
            sys.stdout.buffer.write(line + b"\n")
            sys.stdout.buffer.flush()
        if whole:
            if told:
                say({"at": done - 1, "note": f"it was stopped after {seconds:g} s"})
            done, told = done + len(whole), 0
            until = time.monotonic() + seconds
        elif not ready and told == TIMES:
            os.kill(child, signal.SIGKILL)
            note = f"it was stopped after {seconds:g} s, and did not stop by itself; nothing after it was run"
            return say({"at": done - 1, "note": note})
        elif not ready:
            os.kill(child, signal.SIGINT)
            told, until = told + 1, time.monotonic() + PATIENCE / TIMES


def say(what: dict) -> None:
    print(json.dumps(what), flush=True)


def plain(thing: object) -> str:
    """What JSON does not know: pictures are bytes."""
    return base64.b64encode(thing).decode() if isinstance(thing, bytes) else str(thing)[:1000]


class Outputs:
    """The outputs of one cell, up to so many characters, and what there is to say about it."""

    def __init__(self, room: int) -> None:
        self.room, self.said, self.all, self.notes = room, 0, [], []

    def add(self, output: dict) -> None:
        if self.said > self.room:
            return
        try:
            size = len(json.dumps(output, default=plain))
        except (TypeError, ValueError, RecursionError):
            return  # nothing that JSON can say
        self.said += size
        if self.said <= self.room:
            self.all.append(output)

    def line(self, at: int) -> bytes:
        notes = list(dict.fromkeys(self.notes))[:5]
        if self.said > self.room:
            notes.append(f"it printed more than {self.room / 1e6:g} million characters; the rest was dropped")
        said = {"at": at, "outputs": self.all} | ({"note": "; ".join(notes)} if notes else {})
        return json.dumps(said, default=plain).encode()


class Stream(io.TextIOBase):
    """Where print writes to."""

    outputs: Outputs

    def write(self, text) -> int:
        out = self.outputs
        last = out.all[-1] if out.all else {}
        text = text[: max(0, out.room - out.said) + 1]
        if last.get("output_type") == "stream" and out.said <= out.room:
            out.said += len(text)
            last["text"].append(text)
        else:
            out.add({"output_type": "stream", "name": "stdout", "text": [text]})
        return len(text)

    def isatty(self) -> bool:
        return False


def shows(stream: Stream) -> tuple[type, type]:
    """What IPython shows results and pictures with, going into `stream.outputs`."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher

    class Hook(DisplayHook):
        def write_output_prompt(self):
            pass

        def write_format_data(self, format_dict, md_dict=None):
            stream.outputs.add({"output_type": "execute_result", "data": format_dict})

        def finish_displayhook(self):
            pass

    class Publisher(DisplayPublisher):
        def publish(self, data, metadata=None, **more):
            stream.outputs.add({"output_type": "display_data", "data": data})

        def clear_output(self, wait=False):
            pass

    return Hook, Publisher


def shell_of(stream: Stream):
    """IPython's shell, with everything that it shows going into `stream.outputs`."""
    from IPython.core import page
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

    class Shell(InteractiveShell):
        displayhook_class, display_pub_class = map(Type, shows(stream))

        def _showtraceback(self, etype, evalue, stb):
            stream.outputs.add({"output_type": "error", "ename": etype.__name__, "evalue": str(evalue),
                                "traceback": self.InteractiveTB.stb2text(stb).split("\n")})  # fmt: skip

        def enable_gui(self, gui=None):
            pass

        def system(self, cmd):
            self.user_ns["_exit_code"] = shell_line(self.var_expand(cmd, depth=1), stream)

        system_piped = system_raw = system

        def ask_exit(self):
            stream.outputs.notes.append(
                "it called exit(), which ends a kernel; what comes after it was run all the same"
            )

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    shell = Shell.instance(config=config)
    shell.set_hook("show_in_pager", page.as_hook(page.display_page), 99)
    return shell


def shell_line(command: str, stream: Stream) -> int:
    """Run `!command`, and show what it says. (IPython wants a terminal for that, and in a box there is none.)"""
    with subprocess.Popen(command, shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as done:  # fmt: skip
        for said in done.stdout:
            stream.write(said.decode(errors="replace"))
    return done.returncode


KEY = ("bplib/exercises/", "bplib/checking/")  # whose source has the ways to all answers
# What notebooks import as they are handed out, or as a prompt says: the inventory, all of whose answers earn the same, and a training.
FREE = re.compile(r"bplib/exercises/(shared/)?(__pycache__/)?(inventory|moons|__init__)\.[\w.-]+$")
HUNTS = ("gc.get_objects", "gc.get_referrers", "gc.get_referents")


def name_who_asks(stream: Stream) -> None:
    """Put a note to each cell that asks the package for right answers. It stops nobody: the engine can compute them all,
    and who knows of this can undo it. The one who grades should know."""
    import bplib
    from bplib import checking, exercises  # noqa: F401  (what a chapter's import opens first)
    from bplib.checking import check

    package = os.path.dirname(bplib.__file__)
    others = ("<frozen", os.path.dirname(os.__file__), sys.prefix, sys.base_prefix)  # act for whoever called them

    def asks(what: str) -> None:
        frame = sys._getframe(2)
        while (
            frame and not frame.f_code.co_filename.startswith(package) and frame.f_code.co_filename.startswith(others)
        ):
            frame = frame.f_back
        if frame and not frame.f_code.co_filename.startswith((package, __file__)):
            stream.outputs.notes.append(f"it asked for the key ({what}); a person has to look")

    def told(name: str, function):
        @functools.wraps(function)
        def asked(*given, **more):
            asks(name)
            return function(*given, **more)

        return asked

    registry = type(checking.EXERCISES)
    for name in ("__getitem__", "get", "values", "items", "copy"):
        setattr(registry, name, told("EXERCISES", getattr(registry, name)))
    for name in ("judge", "verdict", "_judged"):
        setattr(check, name, told(name, getattr(check, name)))

    def hear(event: str, given: tuple) -> None:
        if event in HUNTS:
            asks(event)
        elif (
            event == "open"
            and isinstance(given[0], str)
            and any(part in given[0] for part in KEY)
            and not FREE.search(given[0])
        ):
            asks(f"the source in {os.path.basename(given[0])}")

    sys.addaudithook(hear)


def work(cells: list[dict], lines: int, room: int) -> None:
    """Run the cells, one line for each; what a cell does to this process is its own affair."""
    out, devnull = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(devnull, number)
    stream = sys.stdout = sys.stderr = Stream()
    stream.outputs = Outputs(room)
    shell = shell_of(stream)
    name_who_asks(stream)
    sys.path.insert(0, "")  # as in Jupyter: what a cell writes, another can import
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(out, HELLO)  # not by way of the watch, which the cells can stop
    os.close(out)
    os.write(lines, b"\n")  # IPython is there; from now on it is the cells' time
    for at, cell in enumerate(cells):
        stream.outputs = Outputs(room)
        if cell["cell_type"] == "code":
            try:
                run(shell, loop, cell["source"])
            except BaseException as error:  # what IPython itself did not catch
                stream.outputs.add(
                    {"output_type": "error", "ename": type(error).__name__, "evalue": "", "traceback": []}
                )
        line = stream.outputs.line(at) + b"\n"
        while line:
            line = line[os.write(lines, line) :]
    os._exit(0)


def run(shell, loop: asyncio.AbstractEventLoop, source: str) -> None:
    """Run a cell in a running event loop, as Jupyter's kernel does: tasks may be started in one and awaited in another."""
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    ended = False

    def stop(*_):
        if not ended:
            raise KeyboardInterrupt

    async def cell():
        made, failed = source, None
        try:
            made = shell.transform_cell(source)
        except Exception:
            failed = sys.exc_info()
        if shell.should_run_async(source, transformed_cell=made, preprocessing_exc_tuple=failed):
            await shell.run_cell_async(
                source, store_history=True, transformed_cell=made, preprocessing_exc_tuple=failed
            )
            shell.events.trigger("post_execute")
            shell.events.trigger("post_run_cell", None)
        else:
            shell.run_cell(source, store_history=True)

    task = loop.create_task(cell())
    signal.signal(signal.SIGINT, stop)
    try:
        loop.run_until_complete(task)
    except KeyboardInterrupt:  # in the loop itself: the cell was waiting for something
        task.cancel()
        loop.run_until_complete(asyncio.wait([task], timeout=1))
        raise
    finally:
        ended = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)


def main() -> None:
    seconds, room = int(sys.argv[1]), int(sys.argv[2])
    cells = json.loads(sys.stdin.buffer.read())
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        work(cells, writing, room)
    os.close(writing)
    watch(child, reading, len(cells), seconds)


if __name__ == "__main__":
    main()
