"""The program inside the sandbox: it runs the notebook on its input and writes each cell's outputs as a line of JSON.

Two processes: one runs the cells in IPython's shell, the one that Jupyter's kernel has around it; the other holds the
watch. It is no guard: a notebook can end both or write in their name. All it wins is to hand out other answers.
"""

from __future__ import annotations

import base64
import io
import json
import os
import select
import signal
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
    """The outputs of one cell, up to so many characters."""

    def __init__(self, room: int) -> None:
        self.room, self.said, self.all = room, 0, []

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
        note = {"note": f"it printed more than {self.room / 1e6:g} million characters; the rest was dropped"}
        return json.dumps(
            {"at": at, "outputs": self.all} | (note if self.said > self.room else {}), default=plain
        ).encode()


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


def shell_of(stream: Stream):
    """IPython's shell, with everything that it shows going into `stream.outputs`."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets import Type
    from traitlets.config import Config

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

    class Shell(InteractiveShell):
        displayhook_class = Type(Hook)
        display_pub_class = Type(Publisher)

        def _showtraceback(self, etype, evalue, stb):
            stream.outputs.add({"output_type": "error", "ename": etype.__name__, "evalue": str(evalue),
                                "traceback": self.InteractiveTB.stb2text(stb).split("\n")})  # fmt: skip

        def enable_gui(self, gui=None):
            pass

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    return Shell.instance(config=config)


def work(cells: list[dict], lines: int, room: int) -> None:
    """Run the cells, one line for each; what a cell does to this process is its own affair."""
    out, devnull = os.dup(1), os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(devnull, number)
    running = False

    def stop(*_):
        if running:
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, stop)
    stream = sys.stdout = sys.stderr = Stream()
    stream.outputs = Outputs(room)
    shell = shell_of(stream)
    os.write(out, HELLO)  # not by way of the watch, which the cells can stop
    os.close(out)
    os.write(lines, b"\n")  # IPython is there; from now on it is the cells' time
    for at, cell in enumerate(cells):
        stream.outputs = Outputs(room)
        if cell["cell_type"] == "code":
            try:
                running = True
                shell.run_cell(cell["source"], store_history=False)
                running = False
            except BaseException as error:  # what IPython itself did not catch
                running = False
                stream.outputs.add(
                    {"output_type": "error", "ename": type(error).__name__, "evalue": "", "traceback": []}
                )
        line = stream.outputs.line(at) + b"\n"
        while line:
            line = line[os.write(lines, line) :]
    os._exit(0)


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
