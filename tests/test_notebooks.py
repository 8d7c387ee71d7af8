"""The one direction: text makes notebooks, and every way of breaking that is noticed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tools"))
import lab  # noqa: E402
import notebooks  # noqa: E402

NOTEBOOKS = [p for folder in ("book", "exercises", "solutions") for p in sorted((ROOT / folder).glob("**/*.ipynb"))]
CHAPTER = "book/07_two_layer_trace"
EXERCISES = "07_two_layer_trace/07_two_layer_trace"


def course(tmp_path) -> Path:
    """A copy of the texts and the notebooks, to break."""
    for folder in ("book", "exercises", "solutions"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
    (tmp_path / "bplib").mkdir()
    return tmp_path


def small_course(tmp_path, *names: str) -> Path:
    """The same with these texts alone, each with what is made from it, and with a package of its own."""
    root = course(tmp_path)
    for path in [*root.glob("book/*.myst.md"), *root.glob("book/*.ipynb")]:
        if path.name.split(".")[0] not in names:
            path.unlink()
    for folder in [*root.glob("solutions/*/"), *root.glob("exercises/*/")]:
        if folder.name not in names:
            shutil.rmtree(folder)
    shutil.copytree(ROOT / "bplib", root / "bplib", dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    return root


def check(root, capsys) -> tuple[int, str]:
    code = notebooks.main(["--check"], root)
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


# ---------------------------------------------------------------- the gate


def test_what_is_committed_matches(capsys):
    code, said = check(ROOT, capsys)
    assert (code, said.strip().split("\n")[-1]) == (0, f"{len(NOTEBOOKS)} notebooks match their text")


def test_one_number_changed_in_the_text_names_the_text(tmp_path, capsys):
    root = course(tmp_path)
    edit(root / f"{CHAPTER}.myst.md", "h = 0.001", "h = 0.01")
    code, said = check(root, capsys)
    assert code == 1
    assert f"{CHAPTER}.ipynb differs from {CHAPTER}.myst.md in cell" in said
    assert f"('h = 0.01'): edit {CHAPTER}.myst.md, then run make notebooks" in said


def test_a_notebook_edited_by_hand_names_the_text(tmp_path, capsys):
    root = course(tmp_path)
    edit(root / f"{CHAPTER}.ipynb", "h = 0.001", "h = 0.01")
    code, said = check(root, capsys)
    assert code == 1
    assert f"edit {CHAPTER}.myst.md, then run make notebooks" in said


def test_an_exercise_edited_by_hand_names_the_solutions_text(tmp_path, capsys):
    root = course(tmp_path)
    edit(root / f"exercises/{EXERCISES}.ipynb", '"points": 4', '"points": 40')
    code, said = check(root, capsys)
    assert code == 1
    assert f"exercises/{EXERCISES}.ipynb differs from solutions/{EXERCISES}.myst.md" in said


def test_missing_orphaned_and_never_run_notebooks(tmp_path, capsys):
    root = course(tmp_path)
    (root / f"{CHAPTER}.ipynb").rename(root / "book/99_nobody.ipynb")
    code, said = check(root, capsys)
    assert code == 1
    assert f"{CHAPTER}.ipynb is missing: run make notebooks" in said
    assert "book/99_nobody.ipynb has no source" in said
    (root / "book/99_nobody.ipynb").rename(root / f"{CHAPTER}.ipynb")
    nb = nbformat.read(root / f"{CHAPTER}.ipynb", 4)
    for cell in nb.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(nb, root / f"{CHAPTER}.ipynb")
    assert "was never run, so nothing would be compared" in check(root, capsys)[1]


@pytest.mark.slow
def test_a_forced_rebuild_is_the_same_to_the_byte(tmp_path):
    """Of one chapter, its solutions and the learner's copy; that all outputs are the same again, nbval compares."""
    root = small_course(tmp_path, "04_one_path")
    before = {p: p.read_bytes() for p in root.glob("**/*.ipynb")}
    assert len(before) == 3
    assert notebooks.main(["--force"], root) == 0
    for path, content in before.items():
        assert path.read_bytes() == content, path.relative_to(root)


@pytest.mark.slow
def test_only_what_changed_is_rebuilt(tmp_path, capsys, monkeypatch):
    """A notebook is run again when its text changed, or a file that its kernel had loaded: code, data or a script."""
    root = small_course(tmp_path, "04_one_path", "index", "gallery")
    monkeypatch.setenv("PYTHONPATH", str(root))

    def rebuilt() -> list[str]:
        assert notebooks.main([], root) == 0
        return sorted(line.split(":")[0] for line in capsys.readouterr().out.strip().splitlines())

    chapter = ["book/04_one_path.ipynb", *(f"{f}/04_one_path/04_one_path.ipynb" for f in ("exercises", "solutions"))]
    everything = sorted([*chapter, "book/index.ipynb", "book/gallery.ipynb"])
    assert rebuilt() == everything  # nothing is known of them yet
    assert rebuilt() == []
    edit(root / "book/index.myst.md", '"w2": (-2, 2)', '"w2": (-3, 2)')
    assert rebuilt() == ["book/index.ipynb"]
    for pattern, wanted in {
        "bplib/**/ch04.py": chapter,
        "bplib/**/ch18.py": [],
        "bplib/**/value.py": everything,
        "bplib/**/xor.js": ["book/gallery.ipynb"],
        "bplib/**/wishes*.json": ["book/gallery.ipynb"],
    }.items():
        [file] = root.glob(pattern)
        file.write_text(file.read_text() + "\n")
        assert rebuilt() == wanted, pattern
    assert check(root, capsys)[0] == 0


def test_an_answer_that_nothing_checks_is_refused(tmp_path):
    text = tmp_path / "x.myst.md"
    text.write_text("```{code-cell} ipython3\nx = ...\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION\n```\n")
    with pytest.raises(SystemExit, match=r"followed by no bp.check"):
        notebooks.mark_for_grading(notebooks.read(text), text)


# ---------------------------------------------------------------- what is stored


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_notebook_stores_clean_outputs(path):
    nb = nbformat.read(path, 4)
    code = [c for c in nb.cells if c.cell_type == "code"]
    assert code, "a notebook without code should be a page"
    assert any(c.outputs for c in code), "nothing would be compared"
    assert set(nb.metadata) <= {"kernelspec", "language_info", "myst"}
    for cell in code:
        assert cell.execution_count
        for output in cell.outputs:
            assert output.output_type != "error"
            assert output.get("name") != "stderr"
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})
    text = path.read_text()
    assert not re.search(r"0x[0-9a-f]{6,}", text), "an address in an output differs in each run"
    assert "/home/" not in text
    assert str(ROOT) not in text


@pytest.mark.parametrize("path", sorted((ROOT / "book").glob("[0-9]*.ipynb")), ids=lambda p: p.stem)
def test_a_chapter_keeps_its_cells_small(path):
    cells = [c for c in nbformat.read(path, 4).cells if c.cell_type == "code"]
    lines = {c.source: len(c.source.split("\n")) for c in cells}
    shown = [lines[c.source] for c in cells if not {"remove-input", "hide-input"} & set(c.metadata.get("tags", []))]
    folded = [lines[c.source] for c in cells if "hide-input" in c.metadata.get("tags", [])]
    assert len(shown) <= 25
    assert max(shown + folded) <= 15
    assert sorted(shown)[len(shown) // 2] <= 5
    for cell in cells:
        tags = cell.metadata.get("tags", [])
        widest = 120 if "hide-input" in tags else 86  # what is unfolded may be moved sideways
        for line in cell.source.split("\n") if "remove-input" not in tags else ():
            assert len(line) <= widest, f"wider than the page: {line}"


# ---------------------------------------------------------------- nbval compares


def nbval(root: Path, *paths: str, **environment: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval", "--nbval-sanitize-with",
               str(ROOT / "tests/nbval.cfg"), "-o", "filterwarnings=default", "--rootdir", str(root), *paths]  # fmt: skip
    return subprocess.run(command, cwd=root, env=os.environ | environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_wrong_derivative_in_the_package_makes_nbval_fail(tmp_path):
    """The same chapter, with a sigmoid whose slope lacks the factor (1 - s)."""
    root = course(tmp_path)
    shutil.rmtree(root / "bplib")
    shutil.copytree(ROOT / "bplib", root / "bplib", ignore=shutil.ignore_patterns("__pycache__"))
    assert nbval(root, f"{CHAPTER}.ipynb", PYTHONPATH=str(root)).returncode == 0
    edit(root / "bplib/engine/value.py", "return s, (s * (1 - s),)", "return s, (s,)")
    broken = nbval(root, f"{CHAPTER}.ipynb", PYTHONPATH=str(root))
    assert broken.returncode == 1
    assert "mismatch" in broken.stdout


@pytest.mark.slow
def test_a_number_edited_in_an_output_makes_nbval_fail(tmp_path):
    root = course(tmp_path)
    edit(root / "book/index.ipynb", "Graph(L = 2.25", "Graph(L = 2.26")
    assert nbval(root, "book/index.ipynb").returncode == 1


# ---------------------------------------------------------------- the learner's own copy


def test_the_lab_never_overwrites_what_a_learner_wrote(tmp_path):
    root = course(tmp_path)
    new = lab.copy_new(root)
    mine = root / "work/exercises" / f"{EXERCISES}.ipynb"
    assert mine in new
    assert root / f"work/{CHAPTER}.ipynb" in new
    mine.write_text("mine")
    assert lab.copy_new(root) == []
    assert mine.read_text() == "mine"
