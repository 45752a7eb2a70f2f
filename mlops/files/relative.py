"""Which relative paths mean the same to every system, and stay inside their folder."""

from __future__ import annotations

import re
import unicodedata

NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
"""The whole name of a pipeline, an environment or an option of `conf/`: each is a file or a folder somewhere."""
RESERVED = frozenset({".git", ".github", ".dvc", "git~1", "github~1", "dvc~1"})
_DRIVE = re.compile(r"^[A-Za-z]:")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def trouble(path: str) -> str | None:
    """Say why a path is not a plain one inside its folder; None where it is.

    Compatibility forms count as what they look like (`‥` as `..`), names as Windows opens them (`.git.` as `.git`).
    """
    if any(unicodedata.category(character) in _UNSEEN for character in path):
        return "has characters that cannot be seen"
    if len(path.encode()) > 1024 or any(len(part.encode()) > 255 for part in path.split("/")):
        return "is too long"
    plain = unicodedata.normalize("NFKC", path)
    if plain.startswith(("/", "~")) or _DRIVE.match(plain):
        return "is not relative to its folder"
    if "\\" in plain:
        return "has a backslash"
    names = [part.rstrip(". ").casefold() for part in plain.split("/")]
    if not all(names):
        return "leaves its folder, or has an empty part"
    return "lies in a folder of Git, GitHub or DVC" if RESERVED & set(names) else None


def folded(path: str) -> str:
    """Give the form under which two paths are one file on some system."""
    return unicodedata.normalize("NFC", path.casefold())
