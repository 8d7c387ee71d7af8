"""Who handed in what: rosters in every encoding, and downloads of forty people from three platforms."""

import io
import os
import time
import tracemalloc
import unicodedata
import zipfile
from datetime import UTC, datetime

import downloads
import pytest
from downloads import CLASS, HARD, NOTEBOOK, PLAIN, TWINS, content, email, number, packed, unpacked

from grading import archives, lms, receive, repair, roster, when
from grading.roster import Clue

NAMES = dict(CLASS)
TABLE = 'id,name,email\n00123,Zoë Müller,z@x.example\n00124,"Smith, Jr., John",-\n'


# ---------------------------------------------------------------- the roster


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("parts", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_a_roster_is_read_as_excel_writes_it(tmp_path, coding, parts, ends):
    text = TABLE if parts == "," else TABLE.replace(",", parts).replace(f"Smith{parts} Jr.{parts} ", "Smith, Jr., ")
    (tmp_path / "students.csv").write_bytes((text + f"{parts}{parts}\n").replace("\n", ends).encode(coding))
    people = roster.read(tmp_path / "students.csv").people
    assert [(p.id, p.name, p.email) for p in people] == [
        ("00123", "Zoë Müller", "z@x.example"),
        ("00124", "Smith, Jr., John", "-"),
    ]


def test_headings_may_be_others_and_names_in_two_columns(tmp_path):
    (tmp_path / "s.csv").write_text(
        "sep=;\nE-Mail;Nachname;Vorname;Matrikelnummer\nz@x;Müller;Zoë;007\n", encoding="utf-8"
    )
    assert roster.read(tmp_path / "s.csv").people == [roster.Person("007", "Zoë Müller", "z@x")]


@pytest.mark.parametrize(("text", "why"), [
    ("id,name\n1,Ann\n", "got id, name. Type email above the column"), ("Ann,Bee\n", "Type id and name and email"),
    ("id,name,email\n1,Ann,a@x\n01,Bee,\n", "line 3: there is no e-mail address: type it, or - if there is none"),
    ("id,name,email\n,Ann,a@x\n", "line 2: there is no id: type it"), ("id,name,email\n1,,a@x\n", "line 2: there is no name"),
    ("id,name,email\na1,Ann,a@x\n\nA1,Bee,b@x\n", "line 4: the id A1 is there already, in line 2: type each once"),
    ("id,name,email\n1,Ann,a@x\n2,Bee,A@X\n", "line 3: the e-mail address A@X is there already, in line 2"),
    ("id,name,email\n1,Smith, John,a@x\n", "line 2: 4 entries below 3 headings; a name with a comma needs quotes"),
    ("id,name,email\n1.2346E+11,Ann,a@x\n", "Excel has shortened the id"), ("id,name,email\n../x,Ann,a@x\n", "'../x' is no id"),
    ("id,name,email\n1,Bjo?rn,a@x\n", "line 2: the name Bjo?rn has lost letters"), ("", "the file is empty"), ("PK\x03\x04\x00\x00", 'save it as "CSV UTF-8"'),
])  # fmt: skip
def test_a_roster_that_is_no_good_says_what_to_type(tmp_path, text, why):
    (tmp_path / "students.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"students\.csv") as error:
        roster.read(tmp_path / "students.csv")
    assert why in str(error.value)


def test_a_roster_that_is_not_there_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="make one, with a line for each person below the line id,name,email"):
        roster.read(tmp_path / "students.csv")


def the_class(tmp_path, **also):
    return roster.read(downloads.roster(tmp_path / "students.csv", **also))


@pytest.mark.parametrize("clue", [
    Clue("Müller, Zoë"), Clue("ZOË MÜLLER"), Clue(unicodedata.normalize("NFD", "Zoë Müller")), Clue("mu\u0308llerzoë", joined=True),
    Clue(id="00123"), Clue(email="S00123@uni.example"), Clue("00123", id="00123", email="00123", loose=True),
    Clue("Zoë Müller", id="00123", email=email("00123"), number="5"),
])  # fmt: skip
def test_evidence_finds_a_person(tmp_path, clue):
    assert the_class(tmp_path).who(clue).id == "00123"


@pytest.mark.parametrize(("clue", "why"), [
    (Clue("Zoe Muller"), "the nearest is Zoë Müller (00123). If that is who it is, write Zoe Muller into a column `also`"),
    (Clue("Zoë"), "nobody"), (Clue("रम शरम"), "nobody"), (Clue("Müller Zoë Zoë"), "nobody"), (Clue("zoemuller", joined=True), "the nearest is Zoë Müller"),
    (Clue("Zoë Müller", email="other@x.example"), "by e-mail address it is nobody"), (Clue(id="123"), "nobody"),
    (Clue("Zoë Müller", id="00124"), "does not agree: by id it is 00124; by name it is 00123"), (Clue(""), "nobody"),
    (Clue("Kim Lee", number="77"), "00141 and 00142 have this name: write the platform's number 77 into a column `also`"),
])  # fmt: skip
def test_without_evidence_nobody_is_taken(tmp_path, clue, why):
    with pytest.raises(roster.Unknown) as error:
        the_class(tmp_path).who(clue)
    assert why in str(error.value)


def test_an_address_that_the_roster_does_not_have_speaks_against_nobody(tmp_path):
    people = roster.Roster(
        [roster.Person("1", "Ann Lee", roster.NONE), roster.Person("2", "Bee Lee", "b@x", ("bee@home",))]
    )
    assert people.who(Clue("Ann Lee", email="ann@x")).id == people.who(Clue(id="1", email="ann@x")).id == "1"
    assert people.who(Clue("Bee Lee", email="Bee@home")).id == "2"
    for clue in (Clue("Ann Lee", email="b@x"), Clue("Ann Lee", id="2", email="ann@x")):
        with pytest.raises(
            roster.Unknown, match=r"does not agree.*If students\.csv is wrong, correct it; if both are right"
        ):
            people.who(clue)


def test_names_that_run_together_are_two(tmp_path):
    people = roster.Roster([roster.Person("1", "Ann Alee"), roster.Person("2", "Anna Lee")])
    with pytest.raises(roster.Unknown, match="1 and 2 have this name"):
        people.who(Clue("annalee", joined=True))


def test_what_the_teacher_wrote_counts(tmp_path):
    people = the_class(tmp_path, also={"00141": "77", "00123": "Zoe Muller / Z. M."})
    assert people.who(Clue("Kim Lee", number="77")).id == "00141"
    assert people.who(Clue("Z. M.")).id == "00123"
    assert people.who(Clue("renamed", number="77", joined=True)).id == "00141"


# ---------------------------------------------------------------- downloads


class Taken:
    """A download taken in, and what is there afterwards."""

    def __init__(self, folder, also=None):
        self.folder, self.people = folder, roster.read(downloads.roster(folder / "students.csv", also=also))

    def take(self, place, rows=None, **more):
        return receive.receive(
            place, self.people, "a1", [NOTEBOOK], (self.folder / "submitted", self.folder / "received"), rows, **more
        )

    def submitted(self):
        return {p.parts[-3]: p.read_bytes() for p in (self.folder / "submitted").glob(f"*/a1/{NOTEBOOK}.ipynb")}

    def kept(self, student):
        return {p.read_bytes() for p in (self.folder / "received" / "a1" / student).glob("*.ipynb")}

    def stamp(self, student):
        return (self.folder / "submitted" / student / "a1" / "timestamp.txt").read_text()


@pytest.fixture
def course(tmp_path):
    return Taken(tmp_path)


def lying(form: str, files: dict, tmp_path):
    return packed(files, tmp_path / "download.zip") if form == "zip" else unpacked(files, tmp_path / "download")


ALL = {id: content(id) for id in NAMES}
KIMS = {id: str(number(id)) for id, _ in TWINS}


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_canvas(course, tmp_path, form):
    done = course.take(lying(form, downloads.canvas(), tmp_path))
    assert done.form == "canvas"
    assert course.submitted() == {id: data for id, data in ALL.items() if id not in KIMS}
    assert course.kept("00123") == {content("00123", "older")}
    assert done.kept == ["00123"]
    assert sorted(done.late) == sorted(id for i, (id, _) in enumerate(CLASS) if i % 5 == 0 and id not in KIMS)
    assert done.refused["strangerjo_700"].startswith("nobody in students.csv has this name")
    assert "nobody" in done.refused["readme_800"]
    for id in KIMS:
        assert "00141 and 00142 have this name" in done.refused[f"leekim_{number(id)}"]
    climbing = {"../climbs_1_2_07_two_layer_trace.ipynb": "its path climbs out of the archive"} if form == "zip" else {}
    assert {k: v for k, v in done.refused.items() if "climbs" in k} == climbing
    assert len(done.refused) == 4 + len(climbing)


@pytest.mark.parametrize("form", ["zip", "folder"])
@pytest.mark.parametrize("old", [True, False])
def test_moodle(course, tmp_path, form, old):
    done = course.take(lying(form, downloads.moodle(old), tmp_path))
    assert done.form == "moodle"
    assert course.submitted() == {id: data for id, data in ALL.items() if id not in (*KIMS, "01001")}
    assert f"there is no {NOTEBOOK}.ipynb; there is nothing" in done.refused[f"Ada Birch_{number('01001')}"]
    assert "the nearest is" in done.refused["Jo Stranger_1"]
    assert all("00141 and 00142" in done.refused[f"Kim Lee_{number(id)}"] for id in KIMS)
    assert not list(tmp_path.rglob("x.ipynb"))
    assert len(done.refused) == 4 + (form == "zip")


def test_gradescope(course, tmp_path):
    done = course.take(packed(downloads.gradescope(), tmp_path / "d.zip"))
    assert (done.form, done.refused) == ("gradescope", {})
    assert course.submitted() == ALL | {id: content("twins") for id in KIMS}
    assert course.kept("00123") == {content("00123", "older")}
    assert course.stamp("00123") == "2026-11-01 10:00:00.123456 UTC\n"


def test_two_of_one_name_are_told_by_what_the_teacher_wrote(tmp_path):
    course = Taken(tmp_path, also=KIMS)
    course.take(packed(downloads.canvas(), tmp_path / "d.zip"))
    assert course.submitted() == ALL


def test_two_of_one_name_are_told_by_the_worksheet(course, tmp_path):
    rows = [f'Participant {number(id)},Kim Lee,{email(id)},"Thursday, 26 November 2026, 2:14 PM",-' for id in KIMS]
    (tmp_path / "g.csv").write_text(
        "Identifier,Full name,Email address,Last modified (submission),Grade\n" + "\n".join(rows), encoding="utf-8-sig"
    )
    course.take(packed(downloads.moodle(), tmp_path / "d.zip"), receive.table(tmp_path / "g.csv"))
    assert {id: course.submitted()[id] for id in KIMS} == {id: content(id) for id in KIMS}
    wanted = datetime(2026, 11, 26, 14, 14).astimezone(UTC)
    assert course.stamp("00141").startswith(f"{wanted:%Y-%m-%d %H:%M:%S}")


def test_two_of_one_name_and_one_line_of_the_roster(course, tmp_path):
    """The other is not in the roster yet: neither may be taken for the one who is."""
    course.people = roster.Roster([roster.Person("00141", "Kim Lee")])
    done = course.take(packed({k: v for k, v in downloads.moodle().items() if k.startswith("Kim")}, tmp_path / "d.zip"))
    assert course.submitted() == {}
    assert all("are one line of students.csv" in why for why in done.refused.values())


def test_a_newer_attempt_takes_the_place_and_the_older_is_kept(course, tmp_path):
    one, two = (packed({downloads.canvas_name(*HARD[0], n): content(str(n))}, tmp_path / f"{n}.zip") for n in (5, 6))
    course.take(two)
    assert (course.take(one).kept, course.submitted()["00123"]) == (
        ["00123"],
        content("6"),
    )  # an old download, taken by mistake
    assert course.kept("00123") == {content("5")}
    three = packed({downloads.canvas_name(*HARD[0], 7): content("7")}, tmp_path / "7.zip")
    assert course.take(three).kept == ["00123"]
    assert (course.submitted()["00123"], course.kept("00123")) == (content("7"), {content("5"), content("6")})
    assert course.take(three).kept == []


def test_an_old_download_does_not_bring_back_its_time(course, tmp_path):
    new = downloads.gradescope()
    course.take(packed(new, tmp_path / "new.zip"))
    old = {name: data.replace(b"2026-11-01", b"2026-10-02") for name, data in new.items()}
    old["assignment_5_export/submission_0/07_two_layer_trace.ipynb"] = content("00123", "old")
    assert "00123" in course.take(packed(old, tmp_path / "old.zip")).kept
    assert course.submitted()["00123"] == content("00123")
    assert course.stamp("00123").startswith("2026-11-01")
    assert content("00123", "old") in course.kept("00123")


def test_two_files_of_which_none_is_newer_are_left_to_a_person(course, tmp_path):
    folder = downloads.moodle_name(*HARD[0])
    files = {f"{folder}/{NOTEBOOK}.ipynb": b"1", f"{folder}/{NOTEBOOK} (1).ipynb": b"2"}
    done = course.take(packed(files, tmp_path / "d.zip"))
    assert (
        "00123: 07_two_layer_trace.ipynb was handed in more than once, as 07_two_layer_trace (1).ipynb and"
        in done.refused[f"Zoë Müller_{number('00123')}"]
    )
    assert course.submitted() == {}
    course.take(packed(dict.fromkeys(files, b"1"), tmp_path / "same.zip"))
    assert course.submitted() == {"00123": b"1"}


def test_a_time_of_an_older_submission_does_not_stay(course, tmp_path):
    rows = [receive.Row(number=str(number("00123")), when=datetime(2026, 11, 1, tzinfo=UTC))]
    names = [downloads.canvas_name(*HARD[0], n) for n in (5, 6)]
    course.take(packed({names[0]: b"5"}, tmp_path / "1.zip"), rows)
    assert course.stamp("00123").startswith("2026-11-01 00:00:00")
    course.take(packed({names[0]: b"5"}, tmp_path / "2.zip"))
    assert course.stamp("00123").startswith("2026-11-01 00:00:00")  # the same file
    course.take(packed({names[1]: b"6"}, tmp_path / "3.zip"))
    assert not list(tmp_path.rglob("timestamp.txt"))


def test_names_that_people_gave(course, tmp_path):
    """Neither platform: by id, by address or by name, with a zip, a link and a giant among them."""
    place = unpacked({"00123.ipynb": b"1", f"{email('00125')}.ipynb": b"2", f"Picard, Jean-Luc/{NOTEBOOK}.ipynb": b"3", "Nobody.ipynb": b"4",
                      "Plato.zip": downloads.inner({f"{NOTEBOOK}.ipynb": b"5"}), "README": b"", "00128/": b""}, tmp_path / "inbox")  # fmt: skip
    (place / "李小龍").mkdir()
    (place / "李小龍" / f"{NOTEBOOK}.ipynb").symlink_to(tmp_path / "students.csv")
    with (place / "Иван Петров.ipynb").open("wb") as big:
        big.truncate(repair.BIGGEST + 1)
    os.utime(place / "00123.ipynb", (1_800_000_000, 1_800_000_000))
    done = course.take(place, file_times=True)
    assert course.submitted() == {"00123": b"1", "00125": b"2", "00126": b"3", "00131": b"5"}
    assert course.stamp("00123") == "2027-01-15 08:00:00.000000 UTC\n"
    reasons = {"Nobody": "nobody in", "README": "is not named as", "李小龍": "links are not followed", "00128": "there is nothing",
               "Иван Петров": "more than 20"}  # fmt: skip
    assert done.refused.keys() == reasons.keys()
    for who, why in reasons.items():
        assert why in done.refused[who], who


def test_file_times_of_a_download_are_refused(course, tmp_path):
    with pytest.raises(
        ValueError, match="a download of Canvas, whose file times are those of the download: leave --file-times out"
    ):
        course.take(packed(downloads.canvas(), tmp_path / "d.zip"), file_times=True)
    assert course.submitted() == {}


def test_a_zip_cannot_harm(course, tmp_path):
    """A bomb, a broken one, one in one, a link, and a name that no terminal should show."""
    who = [downloads.moodle_name(id, name) for id, name in PLAIN[:5]]
    twice = downloads.inner({"b.zip": downloads.inner({f"{NOTEBOOK}.ipynb": b"{}"})})
    link = downloads.zipfile.ZipInfo(f"{who[3]}/{NOTEBOOK}.ipynb")
    link.external_attr = 0o120777 << 16
    with downloads.zipfile.ZipFile(tmp_path / "d.zip", "w", downloads.zipfile.ZIP_DEFLATED) as out:
        out.writestr(f"{who[0]}/{NOTEBOOK}.ipynb", b"0" * (repair.BIGGEST + 1))
        out.writestr(f"{who[1]}/hw.zip", b"PK\x03\x04 broken")
        out.writestr(f"{who[2]}/a.zip", twice)
        out.writestr(link, "/etc/passwd")
        out.writestr("Evil\x1b[2J_5_assignsubmission_file/x.ipynb", b"")
    refused = course.take(tmp_path / "d.zip").refused
    assert course.submitted() == {}
    said = list(refused.values())
    for why in (
        "more than 20 MB",
        "cannot be unpacked",
        "there is b.zip; unpack it first",
        "links are not followed",
        "nobody",
    ):
        assert sum(why in each for each in said) == 1, (why, said)
    assert not any("\x1b" in name + why for name, why in refused.items())


@pytest.mark.parametrize(("name", "which"), [
    ("07_two_layer_trace.ipynb", True), ("07_two_layer_trace (1).ipynb", True), ("07_two_layer_trace(2).ipynb", True),
    ("07_two_layer_trace-Copy1.ipynb", True), ("07_two_layer_trace-Copy1 (1).ipynb", True), ("07_two_layer_trace-3.ipynb", True),
    ("07_two_layer_trace - Kopie.ipynb", True), ("07 two layer trace.IPYNB", True), ("07_two_layer_trace .ipynb", True),
    ("07_two_layer_trace.ipynb.txt", False), ("homework.ipynb", False), ("07_two_layer_trace2.ipynb", False), ("07_two_layer_trace", False), ("07_two_layer_trace.py", False),
])  # fmt: skip
def test_which_notebook_a_file_is(name, which):
    assert lms.notebook(name, [NOTEBOOK, "08_other"]) == (NOTEBOOK if which else None)


def test_metadata_that_is_none_says_so(course, tmp_path):
    with pytest.raises(ValueError, match="expected what Gradescope writes"):
        course.take(
            packed({"submission_metadata.yml": b"- 1", f"submission_1/{NOTEBOOK}.ipynb": b""}, tmp_path / "d.zip")
        )


def test_neither_folder_nor_zip(course, tmp_path):
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04")
    for name, why in (("no.zip", "there is nothing"), ("broken.zip", "got neither"), ("students.csv", "got neither")):
        with pytest.raises(ValueError, match="expected a folder or a zip that a platform gave you; " + why):
            course.take(tmp_path / name)


# ---------------------------------------------------------------- moments


@pytest.mark.parametrize("text", [
    "2026-11-03 23:59+00:00", "2026-11-03T23:59Z", "03.11.2026 23:59 UTC", "Tuesday, 3 November 2026, 11:59 PM UTC", "2026-11-04 00:59+01:00",
])  # fmt: skip
def test_a_moment_is_read(text):
    assert when.moment(text) == datetime(2026, 11, 3, 23, 59, tzinfo=UTC)


def test_a_moment_without_a_zone_is_this_machines(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        assert when.moment("2026-11-03 23:59") == datetime(2026, 11, 3, 22, 59, tzinfo=UTC)
        assert when.local(datetime(2026, 7, 3, 22, tzinfo=UTC)) == "2026-07-04 00:00 CEST"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(("text", "why"), [
    ("11/12/2026 10:00", "could be two days"), ("2026-11-30", "no time of day"), ("30 November 2026", "no time of day"),
    ("11-12-2026 10:00", "could be two days"), ("10:00", "no year"), ("3 November 10:00", "no year"), ("soon 2026 1:00", "got 'soon"), ("2026-11-30 23:59 XST", "got '2026-11-30 23:59 XST'"), ("2026-13-30 23:59", "expected"),
])  # fmt: skip
def test_a_moment_is_not_guessed(text, why):
    with pytest.raises(ValueError, match="expected a moment such as 2026-11-30 23:59") as error:
        when.moment(text)
    assert why in str(error.value)


# ---------------------------------------------------------------- one against all


def broken(how: str) -> bytes:
    """A zip at which zipfile or a decompressor stumbles, each with an error of another kind."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_LZMA if how == "lzma" else zipfile.ZIP_DEFLATED) as out:
        out.writestr(f"{NOTEBOOK}.ipynb", content("x") * 50)
    data = bytearray(made.getvalue())
    listed, at = data.find(b"PK\1\2"), 30 + len(f"{NOTEBOOK}.ipynb")
    if how == "version":
        data[listed + 6] = 99
    elif how == "name":
        data[listed + 9] |= 8  # in UTF-8, it says
        data[listed + 46] = 0xFF
    else:
        at += 9 * (how == "lzma")  # behind its header
        data[at : at + 3] = b"\xff\xff\xff"
    return bytes(data)


AGAINST_ALL = {
    **{how: lambda how=how: broken(how) for how in ("version", "name", "deflate", "lzma")},
    "many files": lambda: downloads.inner(dict.fromkeys(map(str, range(archives.MOST + 1)), b"")),
    "long names": lambda: downloads.inner({"_" * 60_000 + ".ipynb": b"{}"}),
    "deep folders": lambda: downloads.inner({"a/" * 20_000 + f"{NOTEBOOK}.ipynb": b"{}"}),
    "many copies": lambda: downloads.inner({f"{i}/{NOTEBOOK}.ipynb": b"%d" % i for i in range(200)}),
}


@pytest.mark.parametrize("what", AGAINST_ALL)
def test_nobody_stops_the_collecting_for_all(course, tmp_path, what):
    (_, ann), (_, bob) = PLAIN[:2]
    done = course.take(
        unpacked({f"{ann}/{NOTEBOOK}.ipynb": b"{}", f"{bob}/w.zip": AGAINST_ALL[what]()}, tmp_path / "d")
    )
    assert (done.taken, [*done.refused]) == ([PLAIN[0][0]], [bob])
    assert ("more than 10" if what == "many copies" else "cannot be unpacked") in done.refused[bob]


def test_zips_of_a_class_are_not_all_in_memory(tmp_path):
    for i in range(20):
        with zipfile.ZipFile(tmp_path / f"{i}.zip", "w") as out:
            out.writestr("data", bytes(1_000_000))
    tracemalloc.start()
    found = lms.files(tmp_path)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (len(found), size < 5_000_000) == (20, True)


def test_a_zip_hides_no_time(course, tmp_path):
    """Where file times count, what lies in a zip was handed in when the zip was; a zip of all says of no zone what it means."""
    place = unpacked({f"{PLAIN[0][1]}/w.zip": downloads.inner({f"{NOTEBOOK}.ipynb": b"{}"})}, tmp_path / "d")
    os.utime(place / PLAIN[0][1] / "w.zip", (1_800_000_000,) * 2)
    course.take(place, file_times=True)
    assert course.stamp(PLAIN[0][0]).startswith(f"{datetime.fromtimestamp(1_800_000_000, UTC):%Y-%m-%d %H:%M:%S}")
    with pytest.raises(ValueError, match="unpack it and give the folder"):
        course.take(packed({f"{PLAIN[0][1]}.ipynb": b"{}"}, tmp_path / "d.zip"), file_times=True)
