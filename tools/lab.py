"""Open JupyterLab on the learner's own copy of the notebooks. What is already in work/ is never overwritten."""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def copy_new(root: Path = ROOT) -> list[Path]:
    """Copy the chapters and the exercises that work/ does not have yet, and say which."""
    new = []
    for source in sorted([*root.glob("book/*.ipynb"), *root.glob("exercises/*/*.ipynb")]):
        target = root / "work" / source.relative_to(root)
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
            new.append(target)
    return new


if __name__ == "__main__":
    for path in copy_new():
        print(f"new: {path.relative_to(ROOT)}")
    lab = [sys.executable, "-m", "jupyterlab", "--notebook-dir", str(ROOT / "work")]
    sys.exit(subprocess.call([*lab, *sys.argv[1:]]))
