"""Resolve requirements/*.in to pinned files that hold on Python 3.11 to 3.14 and every platform."""

import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPILE = ["uv", "pip", "compile", "--universal", "--python-version", "3.11",
           "--no-header", "--no-annotate", "--quiet"]  # fmt: skip


def pins(inputs: list[str], agree_with: str = "") -> str:
    """The pinned packages of these requirements, the same versions as in `agree_with` where they meet."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as constraints:
        constraints.write(agree_with)
        constraints.flush()
        command = [*COMPILE, *[f"requirements/{name}" for name in inputs], "-c", constraints.name]
        return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def write(output: str, inputs: list[str], text: str) -> None:
    note = f"# Made by `make lock` from requirements/{' and '.join(inputs)}; edit that, not this.\n"
    (ROOT / output).write_text(note + text)


def main() -> None:
    learn = pins(["learn.in"])
    write("requirements.txt", ["learn.in"], learn + "-e .\n")  # the package itself comes with the learners' set
    for name in ("instruct", "develop"):
        inputs = ["instruct.in"] if name == "instruct" else ["instruct.in", "develop.in"]
        write(f"requirements/{name}.txt", inputs, pins(inputs, learn))


if __name__ == "__main__":
    main()
