"""YAML that this project or DVC wrote: read fast, by the C parser, without anything that could run."""

from __future__ import annotations

from typing import Any

import yaml

from mlops.errors import IntegrityError

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(data: bytes, shown: str) -> Any:
    """Read YAML; `shown` names the file in the error.

    Raises:
        IntegrityError: the file is damaged.
    """
    loader = _LOADER(data)
    try:
        return loader.get_single_data()
    except yaml.YAMLError as error:
        raise IntegrityError(f"{shown} is damaged", hint=f"take it back from Git: git checkout -- {shown}") from error
    finally:
        loader.dispose()
