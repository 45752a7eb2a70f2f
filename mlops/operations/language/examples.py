"""An example of every block, cut out of whole files: each is typed as a user's would be before anything is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import reduce
from itertools import takewhile
from operator import getitem
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import yaml
from pydantic import BaseModel, TypeAdapter

from mlops.files.plain_yaml import parse

Keys: TypeAlias = tuple[str | int, ...]

FILE = Path(__file__).with_suffix(".yaml")
_LONGEST = 18  # lines: more hide what an example is of
_WIDTH = 110


class Written(NamedTuple):
    """A file of the examples: which kind of file it is, its path and what it holds."""

    kind: str
    path: str
    value: Any


def written(kinds: Mapping[str, tuple[str, Any]]) -> Iterator[Written]:
    """Read the files, of kinds given with their places and blocks."""
    for text in FILE.read_text(encoding="utf-8").split("---\n"):
        path = text.partition("\n")[0].removeprefix("# ")
        (kind,) = (kind for kind, (place, _) in kinds.items() if fnmatchcase(path, place))
        yield Written(kind, path, parse(text.encode(), path))


def examples(kinds: Mapping[str, tuple[str, Any]]) -> dict[str, list[str]]:
    """Give the lines of an example by the name of a block, and by that of a kind of file.

    The fullest that is not long is taken, else the shortest.

    Raises:
        ValueError: an example is none.
    """
    found: dict[str, list[list[str]]] = {}
    for kind, path, value in written(kinds):
        block = TypeAdapter(kinds[kind][1]).validate_python(value)
        for name, keys in ((kind, ()), *_blocks(value, block, ())):
            found.setdefault(name, []).append([f"# {path}", *_lines(value, keys)])
    return {name: _best(each) for name, each in found.items()}


def _blocks(value: Any, block: Any, keys: Keys) -> Iterator[tuple[str, Keys]]:
    """Go through what is written and what was read of it side by side; name each block, with the keys to it."""
    if isinstance(block, BaseModel) and isinstance(value, dict):
        yield type(block).__name__, keys
        read = {field.alias or name: getattr(block, name) for name, field in type(block).model_fields.items()}
    elif isinstance(block, Mapping) and isinstance(value, dict):
        read = dict(block)
    elif isinstance(block, tuple) and isinstance(value, list):
        for index, (item, part) in enumerate(zip(value, block, strict=True)):
            yield from _blocks(item, part, (*keys, index))
        return
    else:
        return
    for key in (key for key in value if key in read):
        yield from _blocks(value[key], read[key], (*keys, key))


def _lines(value: Any, keys: Keys) -> list[str]:
    """Write what a file says at the keys, and nothing beside it; an item of a list is written whole."""
    path = [*takewhile(lambda key: isinstance(key, str), keys)]
    item = keys[len(path) : len(path) + 1]
    found = reduce(getitem, (*path, *item), value)
    part: Any = [found] if item else found
    for key in reversed(path):
        part = {key: part}
    flow = None if any(isinstance(each, dict | list) for each in part.values()) else False
    said = yaml.safe_dump(part, sort_keys=False, width=_WIDTH, allow_unicode=True, default_flow_style=flow)
    return str(said).splitlines()


def _best(each: list[list[str]]) -> list[str]:
    short = [lines for lines in each if len(lines) <= _LONGEST]
    return max(short, key=lambda lines: sum(map(len, lines))) if short else min(each, key=len)
