"""What decides a verdict, and the name that is given to it before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops.files.canonical import digest_json
from mlops.files.plain_yaml import Values

_IDENTITY = ("code", "libraries")


def rules_of(section: Mapping[str, Any]) -> Values:
    """Keep what decides a verdict: a gate's section without the code and libraries it was run with."""
    return {key: value for key, value in section.items() if key not in _IDENTITY}


def registered(section: Mapping[str, Any]) -> str:
    """Name the rules of a gate by a digest: recorded before training, and the same at the verdict."""
    return digest_json(rules_of(section))
