"""What people handed in, taken in with care: regular files of a sane size, for notebooks that the assignment has.

A folder of submissions holds either STUDENT/NOTEBOOK.ipynb (whatever lies between them), or STUDENT.ipynb.
"""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from .repair import BIGGEST, Unreadable

STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def collect(inbox: Path, submitted: Path, assignment: str, notebooks: list[str]) -> tuple[list[str], dict[str, str]]:
    """Copy submissions to where nbgrader looks for them. The students taken in, and why others were not."""
    taken, refused = [], {}
    for entry in sorted(inbox.iterdir()):
        student = entry.name.removesuffix(".ipynb")
        if entry.name.startswith(".") or (entry.suffix not in ("", ".ipynb") and not entry.is_dir()):
            continue
        try:
            if not STUDENT.fullmatch(student):
                raise Unreadable("a student id is made of letters, digits and . _ @ -, at most 64 of them")
            for name, data in _found(entry, notebooks).items():
                place = submitted / student / assignment / f"{name}.ipynb"
                _write(place, data)
            taken.append(student)
        except (Unreadable, OSError) as error:
            refused[ascii(student)[1:-1]] = str(error)
    return taken, refused


def _found(entry: Path, notebooks: list[str]) -> dict[str, bytes]:
    """The contents of the notebooks that one person handed in."""
    if entry.is_symlink():
        raise Unreadable("it is a symbolic link, and links are not followed")
    if not entry.is_dir():
        if len(notebooks) != 1:
            raise Unreadable(
                f"the assignment has {len(notebooks)} notebooks: put them in a folder named as the student"
            )
        return {notebooks[0]: contents(entry)}
    found: dict[str, list[Path]] = {}
    for folder, folders, files in os.walk(entry):  # does not follow links
        folders[:] = [name for name in folders if name != ".ipynb_checkpoints"]
        for name in files + folders:
            if (Path(folder) / name).is_symlink():
                raise Unreadable(f"{ascii(name)[:60]} is a symbolic link, and links are not followed")
        for name in notebooks:
            if f"{name}.ipynb" in files:
                found.setdefault(name, []).append(Path(folder, f"{name}.ipynb"))
    if not found:
        raise Unreadable(f"there is no {' or '.join(f'{name}.ipynb' for name in notebooks)} in the folder")
    if several := [name for name, places in found.items() if len(places) > 1]:
        raise Unreadable(f"there is more than one {several[0]}.ipynb in the folder")
    return {name: contents(places[0]) for name, places in found.items()}


def contents(path: Path) -> bytes:
    """The bytes of a regular file; of a link, a pipe, a device or a giant: Unreadable."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Unreadable(f"it cannot be opened: {error.strerror}") from None
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("it is no regular file")
        if status.st_size > BIGGEST:
            raise Unreadable(f"it has {status.st_size / 1e6:.0f} MB, more than {BIGGEST / 1e6:.0f}: clear its outputs")
        return file.read(BIGGEST + 1)


def _write(place: Path, data: bytes) -> None:
    for folder in (place.parent, place.parent.parent):
        if folder.is_symlink():
            raise Unreadable("its place among the submissions is a symbolic link")
    place.parent.mkdir(parents=True, exist_ok=True)
    if not (place.exists() and place.read_bytes() == data):
        place.unlink(missing_ok=True)
        place.write_bytes(data)
