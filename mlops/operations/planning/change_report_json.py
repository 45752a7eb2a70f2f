"""A plan as JSON, and back.

Within a schema version keys are only ever added, and none changes its meaning or type; a renamed, removed or re-typed
key is a new version. `mlops run --plan` is stricter than a reader needs to be: it refuses any key it does not know.
"""

from __future__ import annotations

import json
from dataclasses import is_dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from mlops.diagnostics import slips
from mlops.documents.change_report import Planned
from mlops.errors import ConfigurationError
from mlops.operations.newer import HINT, newer

SCHEMA_VERSION = 1
_DERIVED = ("schema_version", "affected", "verified", "recorded", "counts")


def encode(planned: Planned) -> dict[str, Any]:
    """Give a plan as a JSON value."""
    lists = {"affected": planned.affected, "verified": planned.verified, "recorded": planned.recorded}
    derived = {**lists, "counts": planned.counts}
    value = json.loads(json.dumps({"schema_version": SCHEMA_VERSION, **vars(planned), **derived}, default=_plain))
    return {key: value[key] for key in sorted(value, key=lambda key: (key not in _DERIVED, key == "pipelines"))}


def _plain(value: Any) -> Any:
    """Spell what JSON has no word for; `asdict` would copy every value of a thousand pipelines first."""
    return vars(value) if is_dataclass(value) else str(value)


def read_plan(path: Path) -> Planned:
    """Read a saved plan.

    Raises:
        ConfigurationError: it is no plan, of another schema version, or holds keys this version does not know.
    """
    try:
        return decode(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read", hint=_hint(path.name)) from error


def decode(data: bytes, shown: str) -> Planned:
    """Read a plan from its JSON; see `read_plan`."""
    try:
        value = json.loads(data)
        version = value["schema_version"]
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{shown}: no saved plan", hint=_hint(shown)) from error
    if version != SCHEMA_VERSION:
        sentence = f"{shown}: a plan of schema version {version!r}, this mlops reads {SCHEMA_VERSION}"
        raise ConfigurationError(sentence, hint=HINT if newer(version, SCHEMA_VERSION) else _hint(shown))
    try:
        planned = _adapter().validate_json(json.dumps({k: v for k, v in value.items() if k not in _DERIVED}))
    except ValidationError as error:
        first = slips(error)[0]
        what = "unknown key" if first.kind in ("unexpected_keyword_argument", "extra_forbidden") else first.message
        raise ConfigurationError(f"{shown}: {first.key or 'the plan'}: {what}", hint=_hint(shown)) from error
    if encode(planned) != value:
        raise ConfigurationError(f"{shown}: what it counts is not what it holds", hint=_hint(shown))
    return planned


@cache
def _adapter() -> TypeAdapter[Planned]:
    return TypeAdapter(Planned)


def _hint(shown: str) -> str:
    return f"make it again: mlops plan -o json > {shown}"
