"""Explain a key: its value, who set it, what that replaced, who reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from mlops.configuration.data import dump
from mlops.configuration.project import Project
from mlops.configuration.reading.document import Path
from mlops.diagnostics import suggest
from mlops.errors import ConfigurationError
from mlops.operations.language.readers import readers
from mlops.operations.workspace import Workspace


@dataclass(frozen=True)
class Setting:
    """One value that a key was given, and where; `where` is empty for a default."""

    value: Any
    where: str


@dataclass(frozen=True)
class Explanation:
    """A key of a pipeline: settings in the order of composition, the last of which holds."""

    key: str
    value: Any
    settings: tuple[Setting, ...]
    readers: tuple[str, ...]


def explain(workspace: Workspace, name: str, key: str) -> Explanation:
    """Explain a dotted key of a pipeline, or of the project that it is in.

    Raises:
        ConfigurationError: the pipeline has no such key.
    """
    if key.partition(".")[0] in Project.model_fields:
        return _of_project(workspace, key)
    loaded = workspace.pipelines[name]
    path, value = _find(_filled(dump(loaded.spec), loaded.spec), key)
    settings = tuple(Setting(origin.value, str(origin.position)) for origin in loaded.origins.of(path))
    if path[:1] == ("owners",) and not settings:
        settings = (Setting(value, _team(workspace, name)),)
    stages = tuple(stage.name for stage in workspace.pipeline(name).stages)
    return Explanation(key, value, settings or (Setting(value, ""),), readers(path, stages))


def _team(workspace: Workspace, name: str) -> str:
    """Say where the team of a pipeline stands."""
    document, pattern = workspace.configuration.document("policy"), workspace.policy.team_pattern(name)
    return "" if document is None or pattern is None else str(document.where(("teams", pattern), key=False))


def _of_project(workspace: Workspace, key: str) -> Explanation:
    """Explain a key of `conf/project.yaml`, which holds for every pipeline."""
    path, value = _find(dump(workspace.project), key)
    document = workspace.configuration.document("project")
    node = document.node(path) if document is not None else None
    written = "" if node is None or document is None else str(document.where(path, key=False))
    return Explanation(key, value, (Setting(value, written),), readers(path))


def _filled(dumped: Any, value: Any) -> Any:
    """Put in what is left out where nobody asks for it: such a key has a default as others have."""
    if isinstance(value, BaseModel) and isinstance(dumped, dict):
        names = {field.alias or name: getattr(value, name) for name, field in type(value).model_fields.items()}
        left_out = {name: to_jsonable_python(each) for name, each in names.items() if name not in dumped}
        return left_out | {name: _filled(each, names.get(name)) for name, each in dumped.items()}
    if isinstance(value, Mapping) and isinstance(dumped, dict):
        return {name: _filled(each, value.get(name)) for name, each in dumped.items()}
    if isinstance(value, list | tuple) and isinstance(dumped, list) and len(value) == len(dumped):
        return [_filled(each, one) for each, one in zip(dumped, value, strict=True)]
    return dumped


def _find(value: Any, key: str) -> tuple[Path, Any]:
    path: list[str | int] = []
    for part in key.split("."):
        step: str | int = int(part) if isinstance(value, list) and part.isdigit() else part
        known = range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else ()
        if step not in known:
            parent = ".".join(map(str, path)) or "the pipeline"
            hint = suggest(part, map(str, known)) or f"`{parent}` has no keys"
            hint = f"it is a list: write `{parent}.0`" if isinstance(value, list) and value else hint
            raise ConfigurationError(f"there is no key `{part}` in {parent}", hint=hint)
        value = value[step]
        path.append(step)
    return tuple(path), value
