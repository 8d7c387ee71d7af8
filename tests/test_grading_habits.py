"""Habits of notebooks: what runs in JupyterLab earns the same marks in the box, and who needs a person gets one."""

import functools
import json
import re

import nbformat
import pytest
from classes import boxed
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook, new_output

from bplib.checking.check import MIME
from grading import doubts, preprocessors, repair
from grading.sandbox import Limits, Sandbox

pytestmark = pytest.mark.slow

IMPORT = "import bplib as bp\nx = 2.06"
CHECK = 'bp.check("7.2", x)'
LIMITS = Limits(cell=30)

# Each is a cell of its own, and leaves a right answer right.
HABITS = """
!echo hi
files = !ls /usr
assert len(files) > 3
%matplotlib inline
%timeit -n1 -r1 1 + 1
%%time\nimport time; time.sleep(0.01)
%%capture out\nprint("kept")
%%bash\necho in bash
%load_ext autoreload\n%autoreload 2
%pip install --quiet numpy
!pip --version
here = %pwd\n%cd .
%env SEED=1
%%writefile helper.py\ndef double(n): return 2 * n
import helper; assert helper.double(2) == 4
%run helper.py
%who
%whos
len?
len??
import matplotlib.pyplot as plt; plt.plot([1, 2]); plt.show()
plt.style.use("ggplot"); plt.rcParams["figure.dpi"] = 50
from IPython.display import HTML, Image, Latex, Markdown, display; display(Markdown("**b**"), Latex("$x$"), HTML("<b>b</b>"))
%%html\n<b>b</b>
%%javascript\nalert(1)
%%latex\n$x$
import asyncio\nawait asyncio.sleep(0)
async def later(): return 5\ntask = asyncio.create_task(later())
assert await task == 5
import os; os.system("echo hi")
import subprocess; assert subprocess.run(["echo", "hi"], capture_output=True, text=True).stdout == "hi\\n"
for i in range(3000): print(i)
import warnings; warnings.warn("careful")
import sys; print("aside", file=sys.stderr)
import logging; logging.warning("logged"); logging.getLogger().setLevel("DEBUG")
from tqdm import tqdm\nfor _ in tqdm(range(3)): pass
from tqdm.auto import trange\nfor _ in trange(3): pass
import threading; t = threading.Thread(target=print, args=("in a thread",)); t.start(); t.join()
import multiprocessing\nwith multiprocessing.Pool(2) as pool: assert pool.map(abs, [-1, 2]) == [1, 2]
from concurrent.futures import ProcessPoolExecutor\nwith ProcessPoolExecutor(2) as pool: assert list(pool.map(abs, [-3])) == [3]
from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool: assert list(pool.map(abs, [-3])) == [3]
from bplib import *
import bplib as bp; import numpy as np
np.seterr(all="raise"); np.random.seed(0); np.set_printoptions(precision=3)
print("windows")\r\nprint("ends")\r\n
1 / 0
assert False, "an added cell that raises"
def broken(:
get_ipython().run_line_magic("time", "1 + 1")
3 + 4
assert _ == 7
6 * 7
assert Out[max(Out)] == 42 and In[-1]
print = lambda *a, **k: None
del print
import sqlite3; db = sqlite3.connect("notes.db"); db.execute("create table t (n)"); db.execute("insert into t values (1)"); db.commit()
sys.exit()
raise KeyboardInterrupt
import signal; signal.signal(signal.SIGINT, signal.default_int_handler)
%xmode Verbose
%precision 3
%config InlineBackend.figure_format = "svg"
from functools import lru_cache; import gc; gc.collect()
import random, pathlib; pathlib.Path("a.txt").write_text("a")
""".strip("\n").split("\n")  # fmt: skip
HABITS = [habit.replace("\\n", "\n").replace("\\r", "\r") if habit.count("\\\\") == 0 else habit for habit in HABITS]


def answers(outputs: list) -> list[float]:
    return [float(output["data"]["text/plain"]) for output in outputs if MIME in output.get("data", {})]


def boxed_outputs(sources: list[str], limits: Limits = LIMITS) -> dict:
    result = Sandbox(limits, alone=True).notebook([{"cell_type": "code", "source": source} for source in sources])
    return preprocessors.outputs_in(result.out, len(sources))


def failed(outputs: list) -> list[str]:
    return [output["ename"] for output in outputs if output["output_type"] == "error"]


@functools.cache
def with_habits() -> tuple[list[str], dict]:
    sources = [IMPORT]
    for habit in HABITS:
        sources += [habit, CHECK]
    return sources, boxed_outputs(sources)


@boxed
def test_habits_of_notebooks_cost_no_mark():
    sources, told = with_habits()
    assert len(HABITS) >= 50
    lost = [sources[at - 1] for at in range(2, len(sources), 2) if answers(told[at][0]) != [1.0]]
    assert lost == []


@boxed
def test_habits_end_as_in_jupyters_own_kernel(tmp_path):
    """The same cells in the kernel that JupyterLab starts: the same errors, the same marks."""
    sources, told = with_habits()
    nb = new_notebook(cells=[new_code_cell(source) for source in sources])
    NotebookClient(
        nb, timeout=60, allow_errors=True, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    there = [(failed(cell.outputs), answers(cell.outputs)) for cell in nb.cells]
    here = [(failed(told[at][0]), answers(told[at][0])) for at in range(len(sources))]
    assert [(s, a, b) for s, a, b in zip(sources, there, here, strict=True) if a != b] == []


@boxed
def test_exit_ends_no_notebook():
    told = boxed_outputs([IMPORT, "exit()", CHECK])
    assert answers(told[2][0]) == [1.0]
    assert told[1][1].startswith("it called exit()")


# (cells before the check, what the note says): a mark may be wrong, so a person has to look.
WANTING = {
    "no import": ([], "because bplib was not there under its name (NameError: name 'bp' is not defined)"),
    "bp is a number": ([IMPORT, "bp = 3"], "because bplib was not there under its name (AttributeError: 'int' object"),
    "reset": ([IMPORT, "%reset -f"], "because bplib was not there under its name (NameError"),
    "check is a number": ([IMPORT, "bp.check = 1.0"], "(TypeError: 'float' object is not callable)"),
    "check is another": (
        [IMPORT, "bp.check = lambda *a: None"],
        "7-2 ran and gave no answer: the check had been replaced",
    ),
    "input": (
        ["import bplib as bp", "x = float(input('x? '))"],
        "cell 2 ended with EOFError: .* 7-2 had no answer after it",
    ),
    "a package": (["import bplib as bp", "import torch_of_mine\nx = 2.06"], "cell 2 ended with ModuleNotFoundError"),
    "a file": (["import bplib as bp", "x = float(open('x.csv').read())"], "cell 2 ended with FileNotFoundError"),
    "a network": (
        ["import bplib as bp", "import urllib.request as u; x = u.urlopen('http://example.org')"],
        "URLError",
    ),
}


def notes_of(sources: list[str]) -> list[str]:
    """What is said of a notebook with these cells and the check of 7.2 behind them."""
    nb = new_notebook(cells=[new_code_cell(source) for source in [*sources, CHECK]])
    nb.cells[-1].metadata.nbgrader = nbformat.NotebookNode(grade=True, grade_id="7-2", points=1)
    told = boxed_outputs([cell.source for cell in nb.cells])
    for at, cell in enumerate(nb.cells):
        cell.outputs = told[at][0]
    return [note for _, note in told.values() if note] + doubts.of(nb, told)


@boxed
@pytest.mark.parametrize("name", WANTING)
def test_a_person_is_asked_where_a_mark_may_be_wrong(name):
    sources, said = WANTING[name]
    pattern = said if ".*" in said else "".join(rf"\{c}" if c in "().'" else c for c in said)
    (note,) = notes_of(sources)
    assert re.search(pattern, note), note
    assert repair.NEEDS_REVIEW in note


@pytest.mark.parametrize(("raw", "asked"), [(None, False), ({"read": [1.0]}, True), ({"raised": "a slip"}, False)])
def test_a_person_looks_at_what_only_the_notebook_can_measure(raw, asked):
    nb = new_notebook(cells=[new_code_cell("bp.check('19.7', repaired)"), new_code_cell(CHECK)])
    for cell, id, given in zip(nb.cells, ("19.7", "7.2"), (raw, 2.06), strict=True):
        cell.metadata.nbgrader = nbformat.NotebookNode(grade=True, grade_id=id.replace(".", "-"), points=1)
        cell.outputs = [new_output("display_data", {MIME: json.dumps({"id": id, "raw": given})})]
    notes = doubts.of(nb, {0, 1})
    assert [("19-7" in note, "7-2" in note, repair.NEEDS_REVIEW in note) for note in notes] == [
        (True, False, True)
    ] * asked


@boxed
def test_nobody_is_asked_for_nothing():
    assert notes_of([IMPORT]) == []
    assert notes_of([IMPORT, "1 / 0", "open('x.csv')"]) == []  # the answer is there all the same
    assert notes_of(["import bplib as bp", "x = 1 / 0"]) == []  # no mark in JupyterLab either


@boxed
def test_what_a_notebook_or_a_prompt_imports_asks_for_no_key():
    """The inventory, with the results that it offers at its end, and the training of chapter 14."""
    assert notes_of([f"{IMPORT}\nfrom bplib.exercises import inventory", "inventory.results()"]) == []
    assert notes_of([IMPORT, "from bplib.exercises.shared.moons import train\ntrain"]) == []
    for way in (
        "from bplib.exercises import inventory, ch07",
        "open(bp.__path__[0] + '/exercises/inventory./../ch07.py')",
    ):
        assert notes_of([IMPORT, f"try:\n    {way}\nexcept OSError:\n    pass"]), way


ASKING = {
    "attribute": "from bplib.exercises import EXERCISES\nx = EXERCISES['7.2'].task().answer[0]",
    "getattr": "k = getattr(__import__('bplib.exer' + 'cises').exercises, 'EXER' + 'CISES')['7.2']",
    "importlib": "import importlib as i; i.import_module('bplib.' + 'exercises.ch07')",
    "judge": "c = getattr(bp, '__spec__') and __import__('sys').modules['bplib.checking.' + 'check']; c.judge('7.7', 'a')",
    "globals": "bp.check.__globals__['EXER' + 'CISES']['7.7']",
    "gc": "import gc\nx = getattr(gc, 'get_' + 'objects')()",
    "source": "import inspect, sys\nlen(inspect.getsource(sys.modules['bplib.' + 'checking.base']))",
    "file": "open(bp.__path__[0] + '/exer' + 'cises/ch07.py').read()",
    "in an answer": "def f(): return __import__('bplib.checking.check').checking.check.judge('7.7', 'a')\nf()",
    "by its text alone": "dict.__getitem__ and 'EXERCISES'",
}


@boxed
@pytest.mark.parametrize("name", ASKING)
def test_who_asks_the_box_for_the_key_is_named(name):
    notes = notes_of([IMPORT, ASKING[name]])
    assert any("the key" in note and repair.NEEDS_REVIEW in note for note in notes), notes
