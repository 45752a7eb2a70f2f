"""YAML that this project or DVC wrote: read fast, by the C parser, without anything that could run."""

from __future__ import annotations

from typing import Any

import yaml

from mlops.errors import IntegrityError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# PyYAML lets through what its constructors meet: `2024-13-45`, `!!bool x`, `!!timestamp x`
_DAMAGED = (yaml.YAMLError, ValueError, KeyError, AttributeError)


def parse(data: bytes, shown: str) -> Any:
    """Read YAML; `shown` names the file in the error.

    Raises:
        IntegrityError: the file is damaged.
    """
    loader = _LOADER(data)
    try:
        return loader.get_single_data()
    except _DAMAGED as error:
        raise IntegrityError(f"{shown} is damaged", hint=f"take it back from Git: git checkout -- {shown}") from error
    finally:
        loader.dispose()
