"""Compiled files on disk: written together, compared byte by byte, never over a file somebody else wrote."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mlops.errors import ConfigurationError
from mlops.files.atomic import write_text


@dataclass(frozen=True)
class Difference:
    """A compiled file that is not what it should be, as a unified diff from disk to what is compiled."""

    path: str
    diff: str


def compare(root: Path, files: Mapping[str, str], *, mark: str, places: tuple[str, ...]) -> tuple[Difference, ...]:
    """Find compiled files that differ from `files`, are missing, or are left over in `places` (glob patterns)."""
    found = [_difference(path, _read(root / path), text) for path, text in files.items() if _read(root / path) != text]
    found += [_difference(path, _read(root / path), None) for path in left_over(root, files, mark=mark, places=places)]
    return tuple(sorted(found, key=lambda difference: difference.path))


def write(root: Path, files: Mapping[str, str], *, mark: str, places: tuple[str, ...]) -> tuple[str, ...]:
    """Write what differs and remove what is left over; list the paths touched.

    Raises:
        ConfigurationError: a path holds a file that does not begin with `mark`; nothing is written then.
    """
    foreign = [path for path in files if (text := _read(root / path)) is not None and not text.startswith(mark)]
    if foreign:
        names = ", ".join(foreign)
        raise ConfigurationError(
            f"{names}: not written by the compiler", hint="move or delete it, then run `mlops compile`"
        )
    touched = [path for path, text in files.items() if _read(root / path) != text]
    for path in touched:
        write_text(root / path, files[path])
    for path in left_over(root, files, mark=mark, places=places):
        (root / path).unlink()
        touched.append(path)
    return tuple(sorted(touched))


def left_over(root: Path, files: Mapping[str, str], *, mark: str, places: tuple[str, ...]) -> list[str]:
    """List compiled files that no plan asks for any more."""
    found = {path.relative_to(root).as_posix() for place in places for path in root.glob(place) if path.is_file()}
    return sorted(path for path in found - set(files) if (_read(root / path) or "").startswith(mark))


def _read(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None


def _difference(path: str, before: str | None, after: str | None) -> Difference:
    lines = difflib.unified_diff(
        (before or "").splitlines(keepends=True),
        (after or "").splitlines(keepends=True),
        f"a/{path}" if before is not None else "/dev/null",
        f"b/{path}" if after is not None else "/dev/null",
    )
    return Difference(path, "".join(line if line.endswith("\n") else line + "\n" for line in lines))
