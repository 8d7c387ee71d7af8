"""Cells that need a framework: run where it is installed, kept where it is not, refused when what is kept is stale.

The framework of the first tests is a pretended one, so that both cases can be had on any machine. The last tests hold
what chapter 16 stores, with no framework, against NumPy and against its own table.
"""

import contextlib
import io
import operator
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest

import bplib as bp

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import frameworks  # noqa: E402
import notebooks  # noqa: E402

from bplib.exercises import ch16  # noqa: E402
from bplib.rng import Rng  # noqa: E402

TEXT = """\
---
kernelspec: {name: python3, display_name: Python 3}
---
# A page

```{code-cell} ipython3
x = 3
print(x)
```

```{code-cell} ipython3
:tags: [needs-pretend]
import pretend
print(pretend.double(x))
```

```{code-cell} ipython3
:tags: [remove-input]
print("a picture")
```

```{code-cell} ipython3
x + 1
```
"""
PAGE = "book/40_page.myst.md"


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course of one page."""
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "installed"))
    monkeypatch.syspath_prepend(str(tmp_path / "installed"))
    for folder in ("book", "bplib", "tools", "requirements", "installed"):
        (tmp_path / folder).mkdir()
    shutil.copy(ROOT / "conftest.py", tmp_path)
    shutil.copy(ROOT / "tools/frameworks.py", tmp_path / "tools")
    (tmp_path / frameworks.PINS).write_text("# the pretended one\npretend==1.0\n")
    (tmp_path / PAGE).write_text(TEXT)
    return tmp_path


def install(course: Path, version: str = "1.0", factor: int = 2) -> None:
    uninstall(course)
    info = course / "installed" / f"pretend-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: pretend\nVersion: {version}+cpu\n")
    (course / "installed/pretend.py").write_text(f"def double(x):\n    return {factor} * x\n")


def uninstall(course: Path) -> None:
    shutil.rmtree(course / "installed")
    (course / "installed").mkdir()


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def build(course: Path, *arguments: str) -> bytes:
    assert notebooks.main(list(arguments), course) == 0
    return (course / "book/40_page.ipynb").read_bytes()


def check(course: Path, capsys) -> tuple[int, str]:
    capsys.readouterr()
    code = notebooks.main(["--check"], course)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


# ---------------------------------------------------------------- kept, and refused


def test_a_cell_is_run_with_its_framework_and_kept_without(course, capsys):
    install(course)
    built = build(course)
    cell = nbformat.reads(built, 4).cells[2]
    assert cell.outputs[0].text == "6\n"
    assert cell.metadata[frameworks.STAMP]["with"] == {"pretend": "1.0"}
    uninstall(course)
    assert build(course, "--force") == built  # execution counts too
    assert check(course, capsys) == (0, "1 notebooks match their text\n")
    edit(course / PAGE, "a picture", "another picture")
    assert build(course).replace(b"another picture", b"a picture").count(b"6\\n") == 1


def test_only_notebooks_with_such_cells_are_run_for_the_frameworks(course, capsys):
    (course / "book/41_other.myst.md").write_text(
        TEXT.replace(":tags: [needs-pretend]\n", "").replace("pretend", "math")
    )
    install(course)
    build(course, "--frameworks")
    assert not (course / "book/41_other.ipynb").exists()
    assert frameworks.notebooks(course) == [course / "book/40_page.ipynb"]


def test_a_cell_that_was_never_run_is_refused(course):
    with pytest.raises(
        SystemExit,
        match=r"cell 3 \('import pretend'\) was never run, and pretend is not installed: run make frameworks",
    ):
        notebooks.main([], course)


@pytest.mark.parametrize(
    ("old", "new"), [("print(pretend.double(x))", "print(pretend.double(x + 1))"), ("x = 3", "x = 4")]
)
def test_changed_code_is_refused_until_it_is_run(course, capsys, old, new):
    """Its own code, or code before it, which it may use."""
    install(course)
    before = build(course)
    uninstall(course)
    edit(course / PAGE, old, new)
    with pytest.raises(SystemExit, match="pretend is not installed: run make frameworks"):
        notebooks.main([], course)
    assert (course / "book/40_page.ipynb").read_bytes() == before
    install(course)
    assert b"8\\n" in build(course)


def test_a_stored_output_whose_code_changed_is_found_without_the_framework(course, capsys):
    """Where somebody has edited the notebook to please the first comparison."""
    install(course)
    build(course)
    for place in (PAGE, "book/40_page.ipynb"):
        edit(course / place, "x = 3", "x = 4")
    code, said = check(course, capsys)
    assert code == 1  # the id of the changed cell, first of all
    nb = nbformat.read(course / "book/40_page.ipynb", 4)
    nb.cells[1].id = notebooks.read(course / PAGE).cells[1].id
    nbformat.write(nb, course / "book/40_page.ipynb")
    code, said = check(course, capsys)
    assert code == 1
    assert "cell 3 ('import pretend') changed, or code before it did, since it was run: run make frameworks" in said


def test_another_version_than_the_one_asked_for_is_refused(course, capsys):
    install(course)
    before = build(course)
    edit(course / frameworks.PINS, "1.0", "1.1")
    code, said = check(course, capsys)
    assert code == 1
    assert f"was run with pretend 1.0, and {frameworks.PINS} asks for 1.1: run make frameworks" in said
    install(course, "1.1", factor=3)
    assert b"9\\n" in build(course)
    edit(course / frameworks.PINS, "1.1", "1.0")
    (course / "book/40_page.ipynb").write_bytes(before)
    assert build(course, "--force") == before  # what is installed is not what was asked for, so the outputs are kept
    edit(course / frameworks.PINS, "==1.0", "")
    assert b"9\\n" in build(course, "--force")  # any version will do


def test_an_output_that_was_edited_by_hand_is_refused(course, capsys):
    install(course)
    build(course)
    nb = nbformat.read(course / "book/40_page.ipynb", 4)
    nb.cells[2].outputs[0].text = "7\n"
    nbformat.write(nb, course / "book/40_page.ipynb")
    assert "cell 3 ('import pretend') has another output than it gave when it was run" in check(course, capsys)[1]


def test_a_cell_without_a_stamp_is_refused(course, capsys):
    install(course)
    build(course)
    nb = nbformat.read(course / "book/40_page.ipynb", 4)
    del nb.cells[2].metadata[frameworks.STAMP]
    nbformat.write(nb, course / "book/40_page.ipynb")
    assert "cell 3 ('import pretend') was never run: run make frameworks" in check(course, capsys)[1]


def test_nbval_skips_such_a_cell_and_says_why_or_compares_it(course):
    def nbval() -> subprocess.CompletedProcess:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-rs",
            "-p",
            "no:cacheprovider",
            "--nbval",
            "--rootdir",
            course,
            "book",
        ]
        return subprocess.run(command, cwd=course, env=os.environ, capture_output=True, text=True, check=False)

    (course / "_build/skipped").mkdir(parents=True)
    install(course)
    build(course)
    done = nbval()
    assert done.returncode == 0
    assert "4 passed" in done.stdout
    uninstall(course)
    done = nbval()
    assert done.returncode == 0
    assert "3 passed, 1 skipped" in done.stdout
    assert "40_page.ipynb: optional: pretend is not installed, make frameworks" in done.stdout
    [left] = (course / "_build/skipped").glob("python-*.txt")
    assert left.read_text() == "optional: pretend is not installed, make frameworks\n"
    install(course, factor=3)
    done = nbval()
    assert done.returncode == 1
    assert "mismatch" in done.stdout


def test_the_cells_of_a_framework_have_a_version_to_run_with():
    assert set(frameworks.pins(ROOT)) == {"torch", "jax", "tensorflow"}
    assert all(frameworks.pins(ROOT).values())
    for path in frameworks.notebooks(ROOT):
        for cell in nbformat.read(path, 4).cells:
            assert set(frameworks.needs(cell)) <= set(frameworks.pins(ROOT))


# ---------------------------------------------------------------- what chapter 16 stores

CHAPTER = nbformat.read(ROOT / "book/16_frameworks.ipynb", 4)
CODE = [cell for cell in CHAPTER.cells if cell.cell_type == "code"]
TABLE = re.findall(
    r"^\|(.*)\|$", next(c.source for c in CHAPTER.cells if "| PyTorch | JAX |" in c.source), re.MULTILINE
)
COLUMNS = {"PyTorch": "torch", "JAX": "jax", "TensorFlow": "tensorflow"}


def tagged(tag: str) -> list:
    return [cell for cell in CODE if tag in cell.metadata.get("tags", [])]


def printed(cell) -> str:
    return "".join(output.get("text", "") for output in cell.outputs)


def test_each_framework_prints_numpys_trace_c_byte_for_byte():
    """NumPy's is worked out here; the others' are stored."""
    ours, *theirs = tagged("trace-c")
    assert [frameworks.needs(cell) for cell in (ours, *theirs)] == [[], ["torch"], ["jax"], ["tensorflow"]]
    scope, out = {}, io.StringIO()
    for cell in CODE[: CODE.index(ours) + 1]:
        with contextlib.redirect_stdout(out):
            exec(cell.source, scope)
    assert out.getvalue().count("\n") == 5  # the loss and four gradients
    for cell in (ours, *theirs):
        assert printed(cell) == out.getvalue()


def test_trace_c_is_chapter_8s():
    eighth = (ROOT / "book/08_layers_as_matrices.myst.md").read_text("utf8")
    numbers = tagged("trace-c")[0], CODE[1]
    for value in ("[[1.0, -1.0], [-1.0, 3.0], [2.0, 0.5]]", "[[1.5, 1.0], [0.8, -0.4]]", "[[0.4, -1.0], [-0.2, 2.0]]"):
        assert value in eighth
        assert any(value in cell.source for cell in numbers)


def test_what_a_frameworks_cell_gives_does_not_depend_on_the_package():
    """The digest covers the page's code, so nothing else may have a say."""
    for tag in COLUMNS.values():
        for cell in tagged(f"needs-{tag}"):
            assert not re.search(r"\bbp\b|\bbplib\b|\bdraw\.", cell.source), cell.source


def test_the_table_says_what_the_cells_print():
    """Each number of a column was printed by a cell of that framework, and where it refuses, an error was."""
    heads, _, *rows = [[part.strip() for part in row.split("|")] for row in TABLE]
    assert len(rows) == 9
    for head, module in COLUMNS.items():
        said = " ".join(printed(cell) for cell in tagged(f"needs-{module}"))
        column = [row[heads.index(head)] for row in rows]
        for entry in column:
            for number in re.findall(r"\d[\d.]*", entry):
                assert re.search(rf"(?<![\d.]){float(number)}(?![\d])", said), f"{head} {entry}"
        errors = len(re.findall(r"\w+Error:", said))
        assert errors >= sum("refuses" in entry or "error" in entry for entry in column), head


@pytest.mark.filterwarnings("ignore::UserWarning")  # of PyTorch
def test_the_programs_of_the_exercises_give_in_pytorch_what_we_say():
    torch = pytest.importorskip("torch", reason="optional: torch is not installed, make frameworks")

    def run(text: str, **scope) -> dict:
        exec(re.search(r"```python\n(.*?)```", text, re.DOTALL)[1], scope := {"torch": torch} | scope)
        return scope

    for rng in (None, *(Rng(f"torch-{k}") for k in range(20))):
        n, shown = ch16.PASSES.sample(rng) if rng else ch16.PASSES.book, []
        run(ch16.losses_in_turn(n), print=lambda x, shown=shown: shown.append(x.item()))
        assert shown == pytest.approx(list(ch16.two_passes()(**n).values()), abs=1e-4)
        n = ch16.CUT.sample(rng) if rng else ch16.CUT.book
        got = run(ch16.CUT.prompt(n))
        assert [got["L"].item(), got["a"].grad, got["b"].grad] == list(ch16.detached()(**n).values())
        prompt, none, _ = ch16.held(rng)
        got = run(prompt)
        assert "".join(x for x, name in zip("abcde", "xabch", strict=True) if got[name].grad is None) == none


@pytest.mark.filterwarnings("ignore::UserWarning")  # of PyTorch
def test_the_planted_lines_spoil_the_loop_in_pytorch():
    torch = pytest.importorskip("torch", reason="optional: torch is not installed, make frameworks")
    X = torch.randn(20, 3, generator=torch.Generator().manual_seed(0))
    lines = [line for line, _ in ch16.PROGRAM]

    def last(program: list[str]) -> float:
        scope = {"torch": torch, "X": X, "t": X @ torch.tensor([1.0, -2.0, 0.5]), "losses": []}
        exec("\n".join(program), scope)
        return scope["losses"][-1]

    assert last(lines) < 0.001
    for at, (line, _) in ch16.BUGS.items():
        try:
            assert last([line if k == at else right for k, right in enumerate(lines, 1)]) > 1
        except (RuntimeError, TypeError):
            assert at != 9, "the book's line fails silently"
    for line, cut, _ in ch16.WAYS:
        scope = {"torch": torch, "z": 3 * torch.tensor(2.0, requires_grad=True)}
        exec(line.replace("z.detach().numpy()", "z.detach().reshape(1).numpy()"), scope)
        assert (scope["y"].grad_fn is None) == cut, line


BESIDE = (ROOT / "book/pytorch.md").read_text("utf8")


def test_the_page_beside_pytorch_names_what_there_is():
    for name in set(re.findall(r"\bbp\.(\w+)", BESIDE)):
        assert name in bp.__all__, name
    torch = pytest.importorskip("torch", reason="optional: torch is not installed, make frameworks")
    for path in set(re.findall(r"\btorch((?:\.\w+)+)", BESIDE)):
        assert operator.attrgetter(path[1:])(torch), path


def test_the_two_loops_of_the_page_take_the_same_steps():
    torch = pytest.importorskip("torch", reason="optional: torch is not installed, make frameworks")
    ours, theirs = re.findall(r"^```python\n(.*?)^```$", BESIDE, re.DOTALL | re.MULTILINE)
    rng = np.random.default_rng(1)
    X, t = rng.normal(size=(6, 2)), rng.integers(4, size=6)
    here = {"bp": bp, "np": np, "X": X, "t": t}
    there = {"torch": torch, "X": torch.tensor(X, dtype=torch.float32), "t": torch.tensor(t)}
    make, loop = theirs.split("for step", 1)
    exec(make, there)
    first = [p.detach().numpy().T.astype(float) for p in there["net"].parameters()]
    exec("for step" + loop, there)
    make, loop = ours.split("for step", 1)
    exec(make, here)
    for p, start in zip(here["net"].params(), first, strict=True):
        p[...] = start
    exec("for step" + loop, here)
    for p, q in zip(here["net"].params(), there["net"].parameters(), strict=True):
        assert np.allclose(p, q.detach().numpy().T, atol=1e-5)
    assert here["L"] == pytest.approx(there["L"].item(), abs=1e-5)


def test_a_network_and_a_step_of_ours_are_pytorchs():
    """What the page beside PyTorch says of layers, losses and the layout of weights."""
    torch = pytest.importorskip("torch", reason="optional: torch is not installed, make frameworks")
    rng = np.random.default_rng(0)
    net = bp.Sequential(bp.Linear(2, 3, rng=rng), bp.ReLU(), bp.Linear(3, 4, rng=rng))
    X, T, t = rng.normal(size=(5, 2)), rng.normal(size=(5, 4)), rng.integers(4, size=5)
    pairs = ((bp.MSE(), torch.nn.MSELoss(), T), (bp.CrossEntropy(), torch.nn.CrossEntropyLoss(), t),
             (bp.BCEWithLogits(), torch.nn.BCEWithLogitsLoss(), (T > 0) * 1.0))  # fmt: skip
    for ours, theirs, target in pairs:
        other = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 4)).double()
        with torch.no_grad():
            for q, p in zip(other.parameters(), net.params(), strict=True):
                q.copy_(torch.tensor(p.T))
        loss = theirs(other(torch.tensor(X)), torch.tensor(target))
        loss.backward()
        assert ours.forward(net.forward(X), target) == pytest.approx(loss.item(), rel=1e-12)
        net.backward(ours.backward())
        torch.optim.SGD(other.parameters(), lr=0.1).step()
        bp.SGD(0.1).step(net.params(), net.grads())
        for q, p, g in zip(other.parameters(), net.params(), net.grads(), strict=True):
            assert np.allclose(q.grad.numpy(), g.T, atol=1e-12)
            assert np.allclose(q.detach().numpy(), p.T, atol=1e-12)


def test_the_chapter_names_the_versions_that_it_was_run_with():
    text = (ROOT / "book/16_frameworks.myst.md").read_text("utf8")
    for name, module in COLUMNS.items():
        assert f"{name} {frameworks.pins(ROOT)[module]}" in text


GUIDE = (ROOT / "book/my_network_does_not_learn.myst.md").read_text("utf8")


@pytest.mark.parametrize(
    ("optimizer", "promised", "kept", "still"),
    [
        ("SGD(net.parameters(), lr=0.1)", 1, 1, 0),
        ("SGD(net.parameters(), lr=0.001)", 1, 1, 0),
        ("SGD(net.parameters(), lr=0.1, momentum=0.9)", 1, 1, 0),
        ("Adam(net.parameters(), lr=0.001)", 1, 1, 0),
        ("SGD(net.parameters(), lr=0.1, maximize=True)", -1, 1, 0),
        ("SGD(net[2].parameters(), lr=0.1)", 1, 1, 2),
        ("SGD(torch.nn.Linear(2, 2).parameters(), lr=0.1)", 0, None, 4),
    ],
)
def test_the_promise_in_pytorch_is_kept_by_right_programs_only(optimizer, promised, kept, still, capsys):
    torch = pytest.importorskip("torch", reason="optional: torch is not installed, make frameworks")
    _, theirs = re.findall(r"^```python\n(.*?)^```$", GUIDE, re.DOTALL | re.MULTILINE)
    torch.manual_seed(0)
    scope = {"torch": torch, "net": torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 3)),
             "loss_fn": torch.nn.CrossEntropyLoss(), "x": torch.randn(32, 6), "t": torch.arange(32) % 3}  # fmt: skip
    scope["opt"] = eval(f"torch.optim.{optimizer}", scope)
    exec(theirs, scope)
    assert np.sign(scope["promised"].item()) == promised
    if kept is not None:
        assert (scope["fall"] / scope["promised"]).item() == pytest.approx(kept, abs=0.02)
    assert capsys.readouterr().out.split()[-1] == str(still)
