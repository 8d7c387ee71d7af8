"""Downloads of Canvas, Moodle and Gradescope, as they come: a zip or what it unpacks to, with who, which notebook and when.

What these three write was read in their source and in programs that read them (2026-11):

- Canvas (canvas-lms, lib/content_zipper.rb): `NAME[_LATE]_USER_FILE_TITLE`, where NAME is the sortable name ("last, first") in
  lower case without all that is no letter, digit or underscore (`obrienanne`), USER and FILE are Canvas's own numbers, and a file
  handed in again becomes TITLE-1. Of who handed in text or a link there is `NAME_USER_text.html` or `..._link.html`. The newest
  attempt alone is there; the larger FILE is the newer. No time is: a file's time is that of the download.
- Moodle (mod/assign/classes/downloader.php): a folder `Full name_PARTICIPANT_assignsubmission_file` (with `_` at its end before
  4.1), or, if folders were not wished for, files that begin so. A file's name drops : ' " and the like, so O'Brien is OBrien. The
  number counts for one assignment only. Times are the download's here too (zip_writer.php sets none); those that count are in the
  grading worksheet, as "Last modified (submission)", beside "Participant PARTICIPANT".
- Gradescope: folders `submission_N` and beside them submission_metadata.yml, with `:submitters:` (`:name:`, `:email:`, `:sid:`;
  several for a group) and `:created_at:` for each folder. Late or not is not said.

nbgrader's zip_collect has patterns for file names, and is not used: a pattern cannot look a name up in a roster or read Gradescope's
file; it unpacks before it looks, follows links, overwrites, and ends the whole batch where one file is there twice without a time.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import dateutil.parser
import yaml

from . import archives
from .archives import File
from .collect import ARCHIVES
from .repair import Unreadable, line
from .roster import Clue

METADATA = "submission_metadata.yml"
CANVAS = re.compile(
    r"(?P<name>.+?)(?P<late>_LATE)?_(?P<user>\d+)_(?:(?P<file>\d+)_(?P<title>.+)|(?P<other>text|link)\.html)"
)
MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<user>\d+)_assignsubmission_(?P<plugin>file|onlinetext)(?:_(?P<title>.*))?")
COPY = re.compile(
    r"([ _]*\(\d+\)|[ _]*-[ _]*(copy|kopie|copie|copia)\d*|-\d+)+$", re.IGNORECASE
)  # Downloads (1), Jupyter -Copy1, Canvas -1
MOST_COPIES = 10  # notebooks of the assignment, all of which are read, of one person


@dataclass
class Handed:
    """What one person handed in at once: how the download calls it, what that says of who it was, and the files."""

    label: str
    clue: Clue
    late: bool = False
    when: datetime | None = None
    files: list[tuple[str, int, File]] = field(
        default_factory=list
    )  # (its own name, the platform's number of it, file)
    older: list[tuple[str, int, File]] = field(default_factory=list)


# ---------------------------------------------------------------- files


def files(place: Path) -> list[File]:
    """All files of a download; archives.py reads them."""
    return sorted(_bared(archives.files(place)), key=lambda file: file.parts)


def _bared(found: list[File]) -> list[File]:
    """Without the folder that some programs put around a whole download."""
    inner = [replace(file, parts=file.parts[1:]) for file in found]
    if (
        form(found) == "plain"
        and len({file.parts[0] for file in found}) == 1
        and all(f.parts for f in inner)
        and form(inner) != "plain"
    ):
        return inner
    return found


# ---------------------------------------------------------------- who


def form(found: list[File]) -> str:
    """Whose download this is: gradescope, moodle, canvas or plain, which is what most of its names say."""
    tops = {file.parts[0] for file in found}
    if METADATA in tops:
        return "gradescope"
    count = {
        "moodle": sum(bool(MOODLE.fullmatch(top)) for top in tops),
        "canvas": sum(bool(CANVAS.fullmatch(top)) for top in tops),
    }
    best = max(count, key=count.get)
    return best if count[best] * 2 >= max(1, len(tops)) else "plain"


def handed(found: list[File]) -> tuple[str, list[Handed], dict[str, str]]:
    """The form of a download, what each person handed in, and why other files are nobody's."""
    kind, groups, strays = form(found), {}, {}
    about = _metadata(found) if kind == "gradescope" else {}
    for file in found:
        if file.parts == (METADATA,) and kind == "gradescope":
            continue
        made = None
        if file.read or not file.trouble:
            made = about.get(file.parts[0]) if kind == "gradescope" else ONE[kind](file)
        if made is None:
            strays[archives.shown("/".join(file.parts))] = (
                file.trouble or f"it is not named as {kind.capitalize()} names what is handed in"
            )
            continue
        for one in made if isinstance(made, list) else [made]:
            group = groups.setdefault((one.label, one.clue), replace(one, files=[]))
            group.late |= one.late
            group.files += one.files or [(file.parts[-1], 0, file)]
    return kind, list(groups.values()), strays


def _canvas(file: File) -> Handed | None:
    said = CANVAS.fullmatch(file.parts[0])
    if not said:
        return None
    title = file.parts[-1] if len(file.parts) > 1 else said["title"] or file.parts[0]
    number = said["user"]
    clue = Clue(said["name"], number=number, joined=True)
    return Handed(
        archives.shown(f"{said['name']}_{number}"),
        clue,
        bool(said["late"]),
        files=[(title, int(said["file"] or 0), file)],
    )


def _moodle(file: File) -> Handed | None:
    said = MOODLE.fullmatch(file.parts[0])
    if not said:
        return None
    title = file.parts[-1] if len(file.parts) > 1 else said["title"] or file.parts[0]
    return Handed(
        archives.shown(f"{said['name']}_{said['user']}"),
        Clue(said["name"], number=said["user"]),
        files=[(title, 0, file)],
    )


def _plain(file: File) -> Handed | None:
    """STUDENT.ipynb, or all that lies in the folder STUDENT, which is called by id, address or name."""
    top = file.parts[0]
    if len(file.parts) == 1 and file.read and not top.lower().endswith((".ipynb", ".zip")):
        return None
    text = re.sub(r"\.(ipynb|zip)$", "", top, flags=re.IGNORECASE).strip()
    return Handed(archives.shown(text), Clue(text, id=text, email=text, loose=True), files=[(file.parts[-1], 0, file)])


ONE = {"canvas": _canvas, "moodle": _moodle, "plain": _plain}


def _metadata(found: list[File]) -> dict[str, list[Handed]]:
    """What Gradescope says of each folder: one for each person of a group."""
    try:
        # All as text: an id such as 00123 is no number.
        said = yaml.load(next(file for file in found if file.parts == (METADATA,)).read(), Loader=yaml.BaseLoader)
        out: dict[str, list[Handed]] = {}
        for folder, about in said.items():
            made = about.get(":created_at")
            when = dateutil.parser.parse(made) if made else None
            when = when.replace(tzinfo=when.tzinfo or UTC).astimezone(UTC) if when else None
            for who in about[":submitters"]:
                clue = Clue(
                    *(text if isinstance(text := who.get(f":{k}"), str) else "" for k in ("name", "sid", "email"))
                )
                out.setdefault(folder, []).append(Handed(archives.shown(f"{clue.name} ({folder})"), clue, when=when))
    except (yaml.YAMLError, Unreadable, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{METADATA}: expected what Gradescope writes, with :submitters: of each folder; "
                         f"{line(str(error))[:200]}. Download it again") from None  # fmt: skip
    return out


# ---------------------------------------------------------------- which notebook


def notebook(name: str, notebooks: list[str]) -> str | None:
    """Which of the assignment's notebooks a file is, also as a browser, JupyterLab or Canvas renames a copy."""
    stem, dot, suffix = name.rpartition(".")
    if not dot or suffix.lower() != "ipynb":
        return None
    known = {_plainly(each): each for each in notebooks}
    return known.get(_plainly(stem)) or known.get(_plainly(COPY.sub("", stem.strip())))


def _plainly(stem: str) -> str:
    return re.sub(r"[\s_+]+", "_", unicodedata.normalize("NFC", stem).strip().casefold())


def newest(one: Handed, notebooks: list[str]) -> tuple[dict[str, tuple[int, bytes]], list[tuple[str, bytes]]]:
    """{notebook: (the platform's number of it, its content)}, and older ones as (notebook, content); Unreadable says why not."""
    if trouble := next((file.trouble for _, _, file in one.files if file.trouble), None):
        raise Unreadable(trouble)
    found: dict[str, dict[tuple[int, bytes], str]] = {}
    for name, number, which, file in notebooks_in(one, one.files, notebooks):
        found.setdefault(which, {})[number, file.read()] = name
    if not found:
        raise Unreadable(_missing(one, notebooks))
    taken, older = {}, []
    for which, copies in found.items():
        (last, data), *others = sorted(copies, reverse=True)
        if others and others[0][0] == last:
            both = " and ".join(sorted(archives.shown(name) for (number, _), name in copies.items() if number == last))
            raise Unreadable(
                f"{which}.ipynb was handed in more than once, as {both}, and nothing says which is newer: leave one"
            )
        taken[which] = (last, data)
        older += [(which, content) for _, content in others]
    return taken, older


def notebooks_in(
    one: Handed, files: list[tuple[str, int, File]], notebooks: list[str]
) -> list[tuple[str, int, str, File]]:
    """Those of the files that are the assignment's notebooks, as (its own name, the platform's number, which notebook, file)."""
    found = []
    for name, number, file in files:
        alone = len(notebooks) == 1 and len(file.parts) == 1 and one.clue.loose  # STUDENT.ipynb
        if file.read and (which := notebooks[0] if alone else notebook(name, notebooks)):
            found.append((name, number, which, file))
    if len(found) > MOST_COPIES:
        raise Unreadable(f"there are {len(found)} notebooks of this assignment, more than {MOST_COPIES}: leave one")
    return found


def _missing(one: Handed, notebooks: list[str]) -> str:
    wanted = " or ".join(f"{name}.ipynb" for name in notebooks)
    there = sorted(archives.shown(name) for name, _, file in one.files if file.read)
    packed = "; unpack it first" if any(name.lower().endswith(ARCHIVES) for name in there) else ""
    return f"there is no {wanted}; there is {', '.join(there[:5])[:200] + packed if there else 'nothing'}"
