"""Every text in a nest of parameters, with its path; keys of mappings are texts too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops.compiler.rules.finding import Key


def strings(value: Any, path: Key = ()) -> Iterator[tuple[Key, str]]:
    """Walk a value in order."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key), key
            yield from strings(item, (*path, key))
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from strings(item, (*path, index))


def spelling(value: Any) -> str:
    r"""Spell a nest in one text that holds every text of it as it is; without a backslash nothing in it is unseen.

    A pattern that is not in here is in none of its texts: looking here first spares the walk.
    """
    return repr(value)
