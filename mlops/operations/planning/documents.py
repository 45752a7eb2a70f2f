"""YAML documents of a change and of its base, for who only says what became of them."""

from __future__ import annotations

from mlops.errors import IntegrityError
from mlops.files.plain_yaml import Values, parse


def mapping(data: bytes | None, path: str) -> Values:
    """Read a mapping; empty where there is none, or what is there cannot be read: `validate` says what is wrong."""
    try:
        value = parse(data or b"", path)
    except IntegrityError:
        return {}
    return value if isinstance(value, dict) else {}
