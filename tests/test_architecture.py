"""The house of bplib: who may lean on whom, and what must not be in the tree."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import bplib as bp

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "bplib"

# A module imports from its own room, or from rooms of lower levels. Rooms are folders.
LEVELS = {"rng": 0, "engine": 1, "nn": 2, "mistakes": 2, "show": 3, "checking": 3, "explore": 3, "exercises": 4}
ORACLE = "engine/differences.py"  # imports no sibling, or it would share what it judges
# What runs on the standard library alone: rooms, and modules of others.
CORE = {"rng.py", "engine/value.py", "engine/trace_table.py", "engine/differences.py", "mistakes/__init__.py",
        "mistakes/scalar.py", "exercises/__init__.py", "exercises/ch04.py", "exercises/ch05.py", "exercises/ch06.py", "exercises/ch07.py",
        "exercises/shared/__init__.py", "exercises/shared/graphs.py", "exercises/shared/indistinguishable.py", "exercises/shared/combined.py"}  # fmt: skip
CORE_ROOMS = {"checking"}

FILES = sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[str, bool]]:
    """(module, inside the package?) for every import statement of a file, wherever it stands; inside, from its root."""
    found = []
    here = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(alias.name, alias.name.split(".")[0] == "bplib") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inside = node.level or node.module.split(".")[0] == "bplib"
            start = here[: len(here) - node.level + 1] if node.level else ()
            module = (node.module or "").removeprefix("bplib.") if inside else node.module
            parts = [*start, *([module] if module else [])]
            names = [alias.name for alias in node.names] if not parts else [None]
            found += [(".".join([*parts, *([name] if name else [])]), bool(inside)) for name in names]
    return found


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_module_imports_only_from_its_room_and_from_lower_levels(path):
    room = room_of(path)
    if room == "__init__":
        assert {target for target, inside in imports(path) if not inside} == {"importlib", "typing"}
        return
    assert room in LEVELS, f"{room} has no level yet"
    for target, inside in imports(path):
        other = target.split(".")[0]
        if inside and other != room:
            assert name_of(path) != ORACLE, f"the oracle imports {target}"
            assert LEVELS[other] < LEVELS[room], f"{name_of(path)} (level {LEVELS[room]}) imports {target}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "exercises").rglob("*.py")), ids=name_of)
def test_no_chapter_imports_another(path):
    """What several of them need is in `shared`."""
    for target, inside in imports(path):
        parts = target.split(".")
        if inside and parts[0] == "exercises":
            assert parts[1:2] == ["shared"], f"{name_of(path)} imports {target}"


def test_the_contract_is_what_editors_read():
    """The imports for editors name what the contract names, each from the same module."""
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    shown = {alias.name: node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level
             for alias in node.names}  # fmt: skip
    assert shown == bp._HOME


@pytest.mark.parametrize("path", [p for p in FILES if name_of(p) in CORE or room_of(p) in CORE_ROOMS], ids=name_of)
def test_the_core_imports_the_standard_library_alone(path):
    for target, inside in imports(path):
        assert inside or target.split(".")[0] in sys.stdlib_module_names, target


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_says_what_it_is_and_keeps_its_functions_short(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), "the first sentence of a module says what the thing is"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            doc = ast.get_docstring(node, clean=False)
            lines = node.end_lineno - node.lineno + 1 - (len(doc.split("\n")) if doc else 0)
            assert lines <= 40, f"{node.name} has {lines} lines: two ideas?"
        if isinstance(node, ast.ImportFrom):
            assert all(alias.name != "*" for alias in node.names)


def lines_of_code(path: Path) -> int:
    """Lines that are neither empty, nor a comment, nor part of a docstring."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    tree = ast.parse(path.read_text())
    docs = [ast.get_docstring(n, clean=False) for n in ast.walk(tree) if isinstance(n, documented)]
    lines = [line for line in path.read_text().split("\n") if line.strip() and not line.strip().startswith("#")]
    return len(lines) - sum(len(doc.split("\n")) for doc in docs if doc)


@pytest.mark.parametrize(
    ("rooms", "limit"),
    [({"rng", "engine", "nn"}, 2090), ({"mistakes", "checking"}, 3400), ({"show"}, 3450)],
    ids=["engine", "teaching", "pictures"],
)
def test_the_package_stays_small_enough_to_read(rooms, limit):
    """The engine in an evening, a tenth of which answers Python's and NumPy's protocols on purpose; what judges answers
    in two more, and a third of its lines are the catalogues: one small program for each slip, beside its words.

    Chapter 14's answers are classes, which takes 165 lines of what judges; one of chapter 19 is a network, judged by what it does: 45 lines.
    Chapter 17 makes the engine fast in front of the reader: its tape and its text are 85 lines of the engine.
    The oracle of chapter 10 checks in two steps, and says which gradient differs first: 40 lines of the engine.
    What examines a program that does not learn, with its ranges, its words and what it says of a program that it cannot examine, is 225 lines of the engine.
    Pictures are drawn for chapters, and grow with them, by about 150 lines for each of 2, 3, 6, 9 to 17, 19; chapter 6 has a spreadsheet
    that trains its network besides; the guide for networks that do not learn has five pictures.
    """
    total = sum(lines_of_code(path) for path in FILES if room_of(path) in rooms)
    print(f"{total} lines of code in {', '.join(sorted(rooms))}")
    assert total < limit


def test_every_public_name_is_there_and_documented():
    for name in bp.__all__:
        thing = getattr(bp, name)
        if callable(thing):
            assert thing.__doc__, name
    assert set(bp.__all__) <= set(dir(bp))


def test_no_module_is_called_like_a_public_name():
    """`import bplib.trace` anywhere would put a module where the function `trace` belongs."""
    assert not {path.stem for path in PACKAGE.iterdir()} & set(bp.__all__)


def test_importing_bplib_is_cheap():
    """Counted, not timed: nothing outside the standard library is loaded, and of the package only its door."""
    code = (
        "import sys; before = set(sys.modules); import bplib\n"
        "print(sorted(m for m in set(sys.modules) - before if m.split('.')[0] not in sys.stdlib_module_names))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['bplib']"


def test_checks_need_no_numpy_until_a_chapter_does():
    """All of chapter 7, its function and its arrays of Values too, runs on the standard library."""
    code = (
        "import sys; import bplib as bp\n"
        "for i in range(1, 13): bp.exercise(f'7.{i}'); bp.check(f'7.{i}', 1); bp.check(f'7.{i}', print)\n"
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[-2] == "False"


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def test_nothing_in_the_tree_speaks_of_a_machine():
    """No path of somebody's machine, no registry host."""
    spoken = re.compile(r"/home/\w+/|/root/|/Users/\w+/|pythonhosted\.org|registry\.npmjs\.org|pypi\.org/simple")
    for path in tracked():
        if path.suffix in (".woff2", ".png", ".npz", ".xlsx") or path == Path(__file__).resolve():
            continue
        assert not spoken.search(path.read_text(encoding="utf-8")), path


def test_no_third_party_javascript_is_committed():
    for path in tracked():
        if path.suffix in (".js", ".mjs"):
            assert not path.name.endswith(".min.js")
            assert path.stat().st_size < 40_000, path


def test_the_version_is_one():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == bp.__version__
    assert f"version: {bp.__version__}" in (ROOT / "CITATION.cff").read_text()
    assert f"[{bp.__version__}]" in (ROOT / "CHANGELOG.md").read_text()
    assert project["name"] == "backward-pass"


def test_the_readme_shows_what_is_so():
    """Its Python block runs, and gives what the comments say."""
    block = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)[1]
    scope: dict = {}
    exec(block, scope)
    assert scope["w1"].grad == -9.0
    answer = re.search(r'check\("7.2", ([\d.]+), tell=True\)', block)[1]
    said = bp.check("7.2", float(answer), tell=True).message
    assert bp.MISTAKES["no-activation-slope"].says in said
