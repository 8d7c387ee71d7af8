"""What the tests need from the system and no registry of packages has: two browsers and a sandbox.

python tools/system_needs.py            get what is missing, as root on Debian or Ubuntu; name what could not be had
python tools/system_needs.py --report   the last line of `make test`: what was not tested, which in CI is a failure
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import Counter
from ctypes.util import find_library
from pathlib import Path

OPTIONAL = "optional: "  # how the reason begins for which a test may be left out, in CI too
SKIPPED = Path(__file__).resolve().parent.parent / "_build" / "skipped"  # a file a test run, a line a test not run
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")


def missing(has=shutil.which, library=find_library, environ=os.environ) -> list[str]:
    """Debian's packages for what this machine lacks, by name."""
    needs = {
        "chromium": "BP_CHROMIUM" in environ or any(map(has, CHROMIUMS)),
        "firefox-esr": "BP_FIREFOX" in environ or has("firefox") or has("firefox-esr"),
        "bubblewrap": has("bwrap"),
        "util-linux": has("prlimit") and has("setpriv"),
        "libseccomp2": library("seccomp"),
    }
    return [package for package, there in needs.items() if not there]


def install(packages: list[str]) -> str:
    """Install them with apt-get; why that was not possible, or ''."""
    if not shutil.which("apt-get") or os.getuid() != 0:
        return "only root on Debian or Ubuntu can install them from here"
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for step in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        done = subprocess.run(["apt-get", *step], env=environment, capture_output=True, text=True)
        if done.returncode:
            return f"apt-get {step[0]} failed: {(done.stderr.strip() or 'it did not say why').splitlines()[-1]}"
    return ""


def get() -> int:
    """Forget what earlier runs skipped, and get what is missing."""
    shutil.rmtree(SKIPPED, ignore_errors=True)
    SKIPPED.mkdir(parents=True)
    if sys.platform != "linux" or not (packages := missing()):
        return 0
    print(f"For the tests: installing {', '.join(packages)}", flush=True)
    if why := install(packages):
        print(f"They could not be had ({why}). The tests that need them are skipped, and named at the end.")
    return 0


def report(folder: Path = SKIPPED, ci: bool = bool(os.environ.get("CI"))) -> int:
    """One line: all passed, or what was not tested; what is optional is named too, and is no failure."""
    lines = [line for file in sorted(folder.glob("*.txt")) for line in file.read_text("utf8").splitlines()]
    left_out = _counted(line.removeprefix(OPTIONAL) for line in lines if line.startswith(OPTIONAL))
    untested = _counted(line for line in lines if not line.startswith(OPTIONAL))
    said = "All tests passed."
    if untested:
        said = f"{'FAILED' if ci else 'All tests that could be run passed'}, NOT TESTED: {untested}"
    print(said + (f"{'' if not untested else '.'} Optional, and not tested: {left_out}" if left_out else ""))
    return 1 if ci and untested else 0


def _counted(reasons) -> str:
    counts = Counter(reasons).items()
    return "; ".join(f"{reason} ({count} test{'s' if count > 1 else ''})" for reason, count in counts)


if __name__ == "__main__":
    sys.exit(report() if sys.argv[1:] == ["--report"] else get())
