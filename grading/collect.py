"""What people handed in, taken in with care: regular files of a sane size, for notebooks that the assignment has.

A folder of submissions holds either STUDENT/NOTEBOOK.ipynb (whatever lies between them), or STUDENT.ipynb. All else in
it is named with a reason; only hidden files, which systems leave behind, are passed over.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import unicodedata
from pathlib import Path

from .repair import BIGGEST, Unreadable

ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
STUDENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


def readable(id: str) -> str:
    """A student id without what cannot be seen: blanks of all kinds at its ends, marks of direction, the byte order mark."""
    return "".join(c for c in unicodedata.normalize("NFKC", id) if unicodedata.category(c) != "Cf").strip()


def collect(
    inbox: Path, submitted: Path, assignment: str, notebooks: list[str], received: Path | None = None
) -> tuple[list[str], dict[str, str]]:
    """Copy submissions to where nbgrader looks for them. The students taken in, and why other entries were not.

    What was there before, and says something else, is kept in `received`.
    """
    taken, refused, entries = [], {}, {}
    for entry in sorted(inbox.iterdir()):
        if entry.name.startswith("."):
            continue
        if why := _strange(entry):
            refused[_shown(entry.name)] = why
        else:
            entries.setdefault(_student(entry).casefold(), []).append(entry)
    before = {place.name.casefold(): place.name for place in submitted.glob("*")}
    for folded, places in entries.items():
        student = _student(places[0])
        try:
            if before.get(folded, student) != student:
                raise Unreadable(f"there is a submission of {_shown(before[folded])} already: is it the same person?")
            if not STUDENT.fullmatch(student):
                raise Unreadable("a student id is made of letters, digits and . _ @ -, at most 64 of them")
            if len(places) > 1:
                raise Unreadable(
                    f"handed in more than once, as {' and '.join(_shown(p.name) for p in places)}: leave one"
                )
            for name, data in _found(places[0], notebooks).items():
                place = submitted / student / assignment / f"{name}.ipynb"
                if received and place.exists() and (there := contents(place)) != data:
                    keep(received / assignment / student, name, there)
                put(place, data)
            taken.append(student)
        except (Unreadable, OSError) as error:
            refused[_shown(student)] = str(error)
    return taken, refused


def _student(entry: Path) -> str:
    return readable(entry.stem if entry.suffix.lower() == ".ipynb" else entry.name)


def _shown(name: str) -> str:
    return ascii(name)[1:-1]


def _strange(entry: Path) -> str | None:
    """Why this is neither a notebook nor a folder."""
    if entry.is_symlink() or entry.is_dir() or entry.suffix.lower() == ".ipynb":
        return None
    if entry.suffix.lower() in ARCHIVES:
        return f"it is a {entry.suffix[1:].lower()}: unpack it first"
    return "it is neither a folder nor STUDENT.ipynb"


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


def put(place: Path, data: bytes) -> None:
    """Write a file among the submissions, unless it is there already."""
    for folder in (place.parent, place.parent.parent):
        if folder.is_symlink():
            raise Unreadable("its place among the submissions is a symbolic link")
    place.parent.mkdir(parents=True, exist_ok=True)
    if not (place.exists() and place.read_bytes() == data):
        place.unlink(missing_ok=True)
        place.write_bytes(data)


def keep(folder: Path, name: str, data: bytes) -> bool:
    """Lay a notebook aside under a name that its content gives; False, if it is there already."""
    place = folder / f"{name}.{hashlib.sha256(data).hexdigest()[:12]}.ipynb"
    there = place.exists()
    put(place, data)
    return not there
