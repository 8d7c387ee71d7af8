"""Downloads of forty submissions as Canvas, Moodle and Gradescope write them, for a class whose names are hard."""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from pathlib import Path

NOTEBOOK = "07_two_layer_trace"
# (id, name): composed and decomposed umlauts, apostrophes, hyphens, a comma, CJK, one word, short names that run together.
HARD = [
    ("00123", "Zoë Müller"), ("00124", "Bjo\u0308rn A\u030angstro\u0308m"), ("00125", "Anne O'Brien"), ("00126", "Jean-Luc Picard"),
    ("00127", "李小龍"), ("00128", "山田 太郎"), ("00129", "Smith, Jr., John"), ("00130", "Ludwig van Beethoven"), ("00131", "Plato"),
    ("00132", "Weiß, Jürgen"), ("00133", "Ana María García López"), ("00134", "Nguyễn Thị Ánh"), ("00135", "محمد علي"), ("00136", "Łukasz Żółć"),
    ("00137", "Siân O\u2019Neill"), ("00138", "Иван Петров"), ("00139", "राम शर्मा"), ("00140", "Dr. Eve Q. Adams"),
]  # fmt: skip
PLAIN = [(f"01{i:03}", f"{first} {last}") for i, (first, last) in enumerate(
    (first, last) for first in ("Ada", "Ben", "Cem", "Dov", "Eda") for last in ("Ash", "Birch", "Cedar", "Elm"))]  # fmt: skip
TWINS = [("00141", "Kim Lee"), ("00142", "Kim Lee")]
CLASS = [*HARD, *PLAIN, *TWINS]  # 40 people


def email(id: str) -> str:
    return f"s{id}@uni.example"


def number(id: str) -> int:
    """The platform's own number, which is nobody's id here."""
    return 900000 + int(id)


def roster(file: Path, people=CLASS, also: dict[str, str] | None = None) -> Path:
    rows = ["id,name,email,also"]
    rows += [f'{id},"{name}",{email(id)},{(also or {}).get(id, "")}' for id, name in people]
    file.write_text("\n".join(rows), encoding="utf-8-sig")
    return file


def sortable(name: str) -> str:
    """As Canvas sorts: the last word first, unless a comma says what is last."""
    if "," in name:
        return name
    *first, last = name.split()
    return f"{last}, {' '.join(first)}"


def canvas_name(id: str, name: str, file: int, title: str = f"{NOTEBOOK}.ipynb", late: bool = False) -> str:
    said = "".join(c for c in sortable(name).lower() if unicodedata.category(c)[0] in "LMN" or c == "_")
    return "_".join([said, *(["LATE"] if late else []), str(number(id)), str(file), title])


def moodle_name(id: str, name: str, old: bool = False) -> str:
    said = re.sub(r"[&<>\"`|':\\/]", "", name.replace("_", " "))
    return f"{said}_{number(id)}_assignsubmission_file{'_' if old else ''}"


def content(id: str, more: str = "") -> bytes:
    return f'{{"of": "{id}{more}"}}'.encode()


def packed(files: dict[str, bytes], place: Path) -> Path:
    """A zip with these entries; a name that ends in / is a folder."""
    with zipfile.ZipFile(place, "w") as out:
        for name, data in files.items():
            out.writestr(name, data)
    return place


def inner(files: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as out:
        for name, data in files.items():
            out.writestr(name, data)
    return made.getvalue()


def unpacked(files: dict[str, bytes], place: Path) -> Path:
    for name, data in files.items():
        if name.endswith("/"):
            (place / name).mkdir(parents=True, exist_ok=True)
        elif ".." not in name:
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(data)
    return place


def canvas() -> dict[str, bytes]:
    """Everybody; two attempts of some, some late, copies, a zip inside, text instead of a file, a stranger."""
    out = {}
    for i, (id, name) in enumerate(CLASS):
        title = [f"{NOTEBOOK}.ipynb", f"{NOTEBOOK} (1).ipynb", f"{NOTEBOOK}-Copy1.ipynb", f"{NOTEBOOK}-1.ipynb"][i % 4]
        out[canvas_name(id, name, 5000 + i, title, late=i % 5 == 0)] = content(id)
    out[canvas_name(*HARD[0], 4000, f"{NOTEBOOK}-2.ipynb", late=True)] = content("00123", "older")
    moved = canvas_name(*PLAIN[0], 5018, f"{NOTEBOOK} (1).ipynb")
    out.pop(next(name for name in out if f"_{number('01000')}_" in name))
    out[moved.replace(f"{NOTEBOOK} (1).ipynb", "hw.zip")] = inner(
        {f"hw/{NOTEBOOK}.ipynb": content("01000"), "__MACOSX/x": b"", "notes.txt": b""}
    )
    out[canvas_name("01001", PLAIN[1][1], 9, "notes.txt")] = b"besides"
    out["strangerjo_700_5_07_two_layer_trace.ipynb"] = content("stranger")
    out["readme_800_text.html"] = b"<p>in words</p>"
    out["../climbs_1_2_07_two_layer_trace.ipynb"] = b"{}"
    return out


def moodle(old: bool = False) -> dict[str, bytes]:
    """Everybody, in folders; copies, an empty folder, a zip inside, a stranger."""
    out = {}
    for i, (id, name) in enumerate(CLASS):
        title = [f"{NOTEBOOK}.ipynb", f"{NOTEBOOK} (1).ipynb", f"{NOTEBOOK}-Copy1.ipynb", f"deep/{NOTEBOOK}.ipynb"][
            i % 4
        ]
        out[f"{moodle_name(id, name, old)}/{title}"] = content(id)
    out.pop(next(name for name in out if f"_{number('01000')}_" in name))
    out[f"{moodle_name(*PLAIN[0], old)}/hw.zip"] = inner({f"{NOTEBOOK}.ipynb": content("01000")})
    out.pop(next(name for name in out if f"_{number('01001')}_" in name))
    out[f"{moodle_name(*PLAIN[1], old)}/"] = b""
    out[f"Jo Stranger_1_assignsubmission_file{'_' if old else ''}/{NOTEBOOK}.ipynb"] = content("stranger")
    out[f"{moodle_name(*HARD[0], old)}/../../x.ipynb"] = b"{}"
    return out


def gradescope() -> dict[str, bytes]:
    """Everybody, in one folder around it all; a group of two, and two submissions of one person."""
    out, said = {}, []
    for i, (id, name) in enumerate(CLASS[:-2]):
        out[f"assignment_5_export/submission_{i}/{NOTEBOOK}.ipynb"] = content(id)
        said += [f"submission_{i}:", "  :submitters:", f"  - :name: {quoted(name)}", f"    :sid: '{id}'", f"    :email: {email(id)}",
                 f"  :created_at: 2026-11-{i % 28 + 1:02} 10:00:00.123456000 Z"]  # fmt: skip
    out["assignment_5_export/submission_90/hw.ipynb"] = content("00000")
    out[f"assignment_5_export/submission_90/{NOTEBOOK}.ipynb"] = content("twins")
    said += ["submission_90:", "  :submitters:"]
    said += [f"  - :name: Kim Lee\n    :sid: '{id}'\n    :email: {email(id)}" for id, _ in TWINS]
    said += ["  :created_at: 2026-11-29 10:00:00 Z"]
    out[f"assignment_5_export/submission_91/{NOTEBOOK}.ipynb"] = content("00123", "older")
    said += ["submission_91:", "  :submitters:", f"  - :name: Zoë Müller\n    :sid: '00123'\n    :email: {email('00123')}",
             "  :created_at: 2026-10-01 10:00:00 Z"]  # fmt: skip
    out["assignment_5_export/submission_metadata.yml"] = "\n".join(said).encode()
    return out


def quoted(name: str) -> str:
    return "'" + name.replace("'", "''") + "'"
