"""A repository in which every block of the language is written, and the places in it that hold a value."""

from __future__ import annotations

import copy
import csv
import functools
import io
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.builders.quick_yaml import dump, load
from tests.builders.repositories import BASE, make_repository

EVERY_KEY = BASE.parent / "ok" / "every-key"
FILES = tuple(sorted(path.relative_to(EVERY_KEY).as_posix() for path in EVERY_KEY.glob("conf/**/*.*")))


@dataclass(frozen=True)
class Place:
    """One key or one value of a file, by the keys that lead to it."""

    file: str
    path: tuple[str | int, ...]
    is_key: bool

    def __str__(self) -> str:
        return f"{self.file}:{'.'.join(map(str, self.path))}{' (key)' if self.is_key else ''}"


def every_key(folder: Path) -> Path:
    """Write the repository."""
    root = make_repository(folder)
    shutil.copytree(EVERY_KEY, root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("out"))
    return root


def places() -> tuple[Place, ...]:
    """List every scalar, every item of a list and every key that is written somewhere."""
    return tuple(place for file in FILES for place in _places(file, _read(file), ()))


def written(place: Place, text: Any) -> str:
    """Write the file of a place again, with a text there."""
    value = copy.deepcopy(_read(place.file))
    parent = value
    for key in place.path[:-1]:
        parent = parent[key]
    last = place.path[-1]
    if place.is_key:
        items = [(text if key == last else key, item) for key, item in parent.items()]
        parent.clear()
        parent.update(items)
    else:
        parent[last] = text
    return _print(place.file, value)


def _places(file: str, value: Any, path: tuple[str | int, ...]) -> Iterator[Place]:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if isinstance(value, dict):
            yield Place(file, (*path, key), is_key=True)
        if isinstance(item, dict | list):
            yield from _places(file, item, (*path, key))
        else:
            yield Place(file, (*path, key), is_key=False)


@functools.cache
def _read(file: str) -> Any:
    text = (EVERY_KEY / file).read_text()
    return list(csv.reader(io.StringIO(text))) if file.endswith(".csv") else load(text)


def _print(file: str, value: Any) -> str:
    if file.endswith(".csv"):
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\n").writerows(value)
        return out.getvalue()
    head = "".join(f"{line}\n" for line in (EVERY_KEY / file).read_text().splitlines() if line.startswith("# @"))
    return head + dump(value, allow_unicode=True, width=1_000_000)
