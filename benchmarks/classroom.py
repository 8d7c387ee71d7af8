"""How long grading takes: this course's way beside unprotected stock nbgrader, on the same submissions.

python benchmarks/classroom.py [how many in the class]      prints what grading/RESULTS.md says
"""

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAME = "07_two_layer_trace"
STOCK = """
c = get_config()
c.CourseDirectory.course_id = "backward_pass"
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.ClearSolutions.code_stub = {"python": "# Your code here."}
"""


def course(folder: Path, people: int) -> Path:
    """Half the class answered everything rightly, the other half nothing."""
    for name in (f"solutions/{NAME}", f"exercises/{NAME}", "grading", "bplib"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    run(folder, sys.executable, "-m", "grading", "release", NAME)
    for i in range(people):
        place = folder / "submitted" / f"s{i:03}" / NAME
        place.mkdir(parents=True)
        shutil.copy(folder / ("solutions", "exercises")[i % 2] / NAME / f"{NAME}.ipynb", place)
    return folder


def run(folder: Path, *command: str) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main(people: int, few: int = 10) -> None:
    nbgrader = str(Path(sys.executable).with_name("nbgrader"))
    with tempfile.TemporaryDirectory() as folder:
        stock, ours, hub, whole = (course(Path(folder, name), n) for name, n in
                                   (("stock", few), ("ours", few), ("hub", few), ("class", people)))  # fmt: skip
        (stock / "nbgrader_config.py").write_text(STOCK)
        grade = (sys.executable, "-m", "grading", "grade", NAME, "--quiet", "--jobs")
        for title, took, n in (
            ("stock nbgrader, unprotected, one process", run(stock, nbgrader, "autograde", NAME), few),
            ("stock nbgrader with our steps, one process", run(hub, nbgrader, "autograde", NAME), few),
            ("python -m grading, one at a time", run(ours, *grade, "1"), few),
            ("python -m grading, two at a time", run(whole, *grade, "2"), people),
        ):
            print(f"| {title} | {n} | {took:.0f} | {took / n:.2f} |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
