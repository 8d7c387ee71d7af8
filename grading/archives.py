"""The files of a folder or a zip from a stranger, also those in zips in it; nothing is unpacked onto the disk."""

from __future__ import annotations

import io
import os
import re
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from .collect import contents
from .repair import BIGGEST, Unreadable, line

MOST = 20_000  # files in a download, before zips in it are opened
# Of one person, so that nobody stops the collecting for all:
MOST_ZIPPED = 1_000  # files in a zip
LONGEST = 1_000  # characters of a path in it


@dataclass(frozen=True)
class File:
    """A file of a download, or an empty folder (which has no `read`); `trouble` is why it cannot be taken."""

    parts: tuple[str, ...]
    read: Callable[[], bytes] | None = None
    trouble: str = ""
    time: datetime | None = None


def files(place: Path) -> list[File]:
    """All files of a folder or a zip, also those in zips in it; nothing is unpacked, hidden files are passed over."""
    try:
        found = list(_in_folder(place) if place.is_dir() else _in_zip(lambda: zipfile.ZipFile(place), ()))
    except (zipfile.BadZipFile, OSError) as error:
        why = f"got neither: {line(str(error))[:100]}" if place.exists() else "there is nothing"
        raise ValueError(f"{place}: expected a folder or a zip that a platform gave you; {why}") from None
    if len(found) > MOST:
        raise ValueError(
            f"{place}: expected the submissions of one assignment; got {len(found)} files, more than {MOST}"
        )
    zips = [file for file in found if file.read and not file.trouble and file.parts[-1].lower().endswith(".zip")]
    return [file for file in found if file not in zips] + [deep for file in zips for deep in _opened(file)]


def _in_folder(place: Path) -> Iterator[File]:
    for folder, folders, names in os.walk(place):  # does not follow links
        folders[:] = sorted(name for name in folders if not _hidden(name))
        links = [name for name in folders if (Path(folder) / name).is_symlink()]
        for name in [*names, *links]:
            path = Path(folder, name)
            if not _hidden(name):
                trouble = f"{shown(name)} is a symbolic link, and links are not followed" if path.is_symlink() else ""
                time = datetime.fromtimestamp(path.lstat().st_mtime, UTC)
                yield File(_composed(path.relative_to(place).parts), lambda path=path: contents(path), trouble, time)
        if not names and not folders and Path(folder) != place:
            yield File(_composed(Path(folder).relative_to(place).parts))


def _in_zip(archive: Callable[[], zipfile.ZipFile], above: tuple[str, ...]) -> Iterator[File]:
    """What is in a zip, which is opened anew for each file that is read: all zips of a class do not fit into memory."""
    infos = archive().infolist()
    full = {str(parent) for info in infos for parent in PurePosixPath(info.filename).parents}
    for info in infos:
        path = PurePosixPath(_name(info).replace("\\", "/"))
        parts = above + _composed(path.parts)
        if path.is_absolute() or ".." in path.parts or not path.parts or re.match(r"[A-Za-z]:", path.parts[0]):
            yield File((*above, shown(str(path))), None, "its path climbs out of the archive")
        elif any(_hidden(part) for part in path.parts) or "__MACOSX" in path.parts:
            continue
        elif not info.is_dir():
            link = stat.S_ISLNK(info.external_attr >> 16)
            trouble = f"{shown(path.name)} is a symbolic link, and links are not followed" if link else ""
            yield File(parts, lambda info=info: _unzipped(archive, info), trouble)
        elif str(PurePosixPath(info.filename)) not in full:
            yield File(parts)


def _name(info: zipfile.ZipInfo) -> str:
    """The name of an entry, also of those that forget to say that they are in UTF-8."""
    if info.flag_bits & 0x800:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _unzipped(archive: Callable[[], zipfile.ZipFile], info: zipfile.ZipInfo) -> bytes:
    try:
        with archive() as opened, opened.open(info) as file:
            data = file.read(BIGGEST + 1)
    except Exception as error:  # of a stranger's bytes: what zipfile and its decompressors raise has no name in common
        raise Unreadable(f"it cannot be unpacked: {line(str(error))[:100]}") from None
    if len(data) > BIGGEST:
        raise Unreadable(f"it has more than {BIGGEST / 1e6:.0f} MB: clear its outputs")
    return data


def _opened(file: File) -> list[File]:
    """What is in a zip that lies in a download; zips in that are left alone."""
    try:
        archive = lambda: zipfile.ZipFile(io.BytesIO(file.read()))  # noqa: E731
        names = archive().namelist()
        if len(names) > MOST_ZIPPED or any(len(name) > LONGEST for name in names):
            raise Unreadable("it holds too many files, or too long a path: the notebook is enough")
        return [replace(deep, time=file.time) for deep in _in_zip(archive, file.parts)] or [File(file.parts)]
    except Exception as error:  # as in _unzipped
        return [replace(file, trouble=f"{shown(file.parts[-1])} cannot be unpacked: {line(str(error))[:100]}")]


def _hidden(name: str) -> bool:
    return name.startswith((".", "~$"))


def _composed(parts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(unicodedata.normalize("NFC", part) for part in parts)


def shown(name: str) -> str:
    """A name as it may be printed."""
    return line(unicodedata.normalize("NFC", name).encode("utf-8", "replace").decode())[:100]
