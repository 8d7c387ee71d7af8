"""All exercises of all chapters, for the tests: a new chapter's file is found by its name."""

from importlib import import_module
from pathlib import Path

import bplib as bp

CHAPTERS = {path.stem: import_module(f"bplib.exercises.{path.stem}")
            for path in sorted((Path(bp.__file__).parent / "exercises").glob("ch[0-9][0-9].py"))}  # fmt: skip
ALL = [exercise for chapter in CHAPTERS.values() for exercise in chapter.EXERCISES]
