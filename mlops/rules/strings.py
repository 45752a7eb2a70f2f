"""Every text in a nest of parameters, with its path; keys of mappings are texts too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops.rules.finding import Key


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
