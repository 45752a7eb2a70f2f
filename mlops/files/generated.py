"""Compiled files on disk: written together, compared byte by byte, never over a file somebody else wrote."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from mlops.errors import ConfigurationError
from mlops.files.system import naming


@dataclass(frozen=True)
class Difference:
    """A compiled file that is not what it should be, as a unified diff from disk to what is compiled."""

    path: str
    diff: str


def compare(root: Path, files: Mapping[str, str], *, mark: str, places: tuple[str, ...]) -> tuple[Difference, ...]:
    """Find compiled files that differ from `files`, are missing, or are left over in `places` (glob patterns)."""
    texts = _texts(root, files)
    found = [_difference(path, texts[path], text) for path, text in files.items() if texts[path] != text]
    found += [_difference(path, _read(root / path), None) for path in left_over(root, files, mark=mark, places=places)]
    return tuple(sorted(found, key=lambda difference: difference.path))


def write(root: Path, files: Mapping[str, str], *, mark: str, places: tuple[str, ...]) -> tuple[str, ...]:
    """Write what differs and remove what is left over; list the paths touched.

    Raises:
        ConfigurationError: a path holds a file that does not begin with `mark`, or a folder, or a file stands where
            its folder belongs; nothing is written then.
    """
    texts = _texts(root, files)
    foreign = [path for path, text in texts.items() if text is not None and not begins(text, mark)]
    if foreign:
        names = ", ".join(foreign)
        raise ConfigurationError(
            f"{names}: not written by the compiler", hint="move or delete it, then run `mlops compile`"
        )
    blocking = {found for path, text in texts.items() if text is None and (found := _blocking(root, path))}
    if blocking:
        names = ", ".join(sorted(blocking))
        raise ConfigurationError(
            f"{names}: in the way of a compiled file", hint="move or delete it, then run `mlops compile`"
        )
    touched = [path for path, text in files.items() if texts[path] != text]
    for path in touched:
        _replace(root / path, files[path].encode("utf-8"))
    for path in left_over(root, files, mark=mark, places=places):
        (root / path).unlink()
        touched.append(path)
    return tuple(sorted(touched))


def left_over(root: Path, files: Mapping[str, str], *, mark: str, places: tuple[str, ...]) -> list[str]:
    """List compiled files that no plan asks for any more."""
    # Path.glob would make a Path of each of thousands of files
    found = {path for place in places for path in glob(place, root_dir=root, include_hidden=True)}  # noqa: PTH207
    found -= set(files)
    return sorted(path for path in found if begins(_read(root / path) or "", mark))


def begins(text: str, mark: str) -> bool:
    """Tell whether a text begins with a mark, whether its language begins a comment with `#` or `//`.

    Example:
        >>> begins("// Made by us", "# Made")
        True
    """
    return text.startswith((mark, f"//{mark.removeprefix('#')}"))


def _blocking(root: Path, path: str) -> str | None:
    """Name what stands where a missing file belongs, or where a folder of its path does."""
    if (root / path).exists():
        return path
    above = next(parent for parent in (root / path).parents if parent.exists())
    return None if above.is_dir() else above.relative_to(root).as_posix()


def _replace(path: Path, data: bytes) -> None:
    """Replace a file in one step, without waiting for the disk: what a crash loses, the next compile writes again."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    with naming(path):
        try:
            _create(temporary, data)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            _create(temporary, data)
        except FileExistsError:  # left by a compile that was killed
            temporary.unlink()
            _create(temporary, data)
        temporary.replace(path)


def _create(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _texts(root: Path, files: Mapping[str, str]) -> dict[str, str | None]:
    return {path: _read(root / path) for path in files}


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
