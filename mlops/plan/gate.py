"""What decides a verdict, and the name that is given to it before anything is trained."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlops.files.canonical import digest_json
from mlops.files.plain_yaml import Values

_BESIDE = ("code", "libraries", "about")  # what it was run with, and what its page tells of the model


def rules_of(section: Mapping[str, Any]) -> Values:
    """Keep what decides a verdict: a gate's section without what it was run with and tells of the model."""
    return {key: value for key, value in section.items() if key not in _BESIDE}


def registered(section: Mapping[str, Any]) -> str:
    """Name the rules of a gate by a digest: recorded before training, and the same at the verdict."""
    return digest_json(rules_of(section))
