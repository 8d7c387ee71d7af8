"""Who has which numbers: a learner's token is an HMAC of the student id, under a secret that stays with the instructor."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from bplib.tokens import BOOK, token_of


def make_key(file: Path) -> None:
    """Write a new secret that nobody else on this machine can read; an old one is never replaced."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(secrets.token_hex(32) + "\n")


def token(key: Path, student: str) -> str:
    """The learner's token, with its check letters; without a key file everybody has the book's numbers."""
    if not key.exists():
        return BOOK
    secret = key.read_text().strip()
    if len(secret) < 32:
        raise ValueError(f"{key} should hold a secret of at least 32 characters; it holds {len(secret)}")
    return token_of(int(hmac.new(secret.encode(), student.encode(), hashlib.sha256).hexdigest(), 16))
