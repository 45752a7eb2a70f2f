"""JSON Schema of every YAML file, for editors."""

from __future__ import annotations

from typing import Any

from mlops.spec.block import Block
from mlops.spec.data import Data
from mlops.spec.features import Features
from mlops.spec.pipeline import Evaluate, Package, Pipeline
from mlops.spec.project import Policy, Project
from mlops.spec.release import Release
from mlops.spec.trainer import Trainer

FILES: dict[str, type[Block]] = {
    "pipeline": Pipeline,
    "data": Data,
    "features": Features,
    "trainer": Trainer,
    "evaluate": Evaluate,
    "package": Package,
    "project": Project,
    "policy": Policy,
    "release": Release,
}
_COMPOSED = ("pipeline", "data", "features", "trainer", "evaluate", "package")


def schema(kind: str) -> dict[str, Any]:
    """Give the JSON Schema of one kind of file; what is composed of several may leave keys to the others."""
    value = FILES[kind].model_json_schema(by_alias=True)
    if kind in _COMPOSED:
        value["properties"] = {
            "defaults": {"type": "array", "description": "Choices to compose"},
            **value["properties"],
        }
        _relax(value)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **value}


def _relax(value: dict[str, Any]) -> None:
    """A file of a composition need not have every key itself."""
    value.pop("required", None)
    for name in ("Data", "Source"):
        value.get("$defs", {}).get(name, {}).pop("required", None)
