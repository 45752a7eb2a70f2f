"""What differs between two values, leaf by leaf."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlops.operations.language.keys import Keys


class Absent:
    """A key that one side does not have."""

    def __repr__(self) -> str:
        return "—"


ABSENT = Absent()


@dataclass(frozen=True)
class Change:
    """One leaf that differs."""

    path: Keys
    before: Any
    after: Any


def differences(before: Any, after: Any, path: Keys = ()) -> Iterator[Change]:
    """Find the leaves that differ; lists are compared whole."""
    if isinstance(before, dict) and isinstance(after, dict):
        for key in sorted({*before, *after}, key=str):
            yield from differences(before.get(key, ABSENT), after.get(key, ABSENT), (*path, key))
    elif (type(before) is not type(after) and not _numbers(before, after)) or before != after:
        yield Change(path, before, after)


def _numbers(before: Any, after: Any) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in (before, after))
