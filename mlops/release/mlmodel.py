"""The folder MLflow calls a model: `MLmodel`, requirements, and the bundle as it is.

Written by hand, so that nothing is inferred, imported or pickled: what is loaded is our own loader on verified bytes.
"""

from __future__ import annotations

import json
import platform
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import yaml

from mlops.bundle import manifest
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import RequestSchema
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.bundle.contents import Contents
    from mlops.bundle.schema import Field

LOADER = "mlops.bundle.pyfunc"
DATA = "bundle"
PACKAGES = ("mlflow", "numpy", "onnxruntime", "pydantic")
"""What the loader imports. The framework itself is installed from its repository, not from an index."""

_TYPES = {
    "int": "long",
    "float": "double",
    "bool": "boolean",
    "string": "string",
    "category": "string",
}
_KEYS = {"flavors", "mlflow_version", "model_uuid", "signature"}
_FLAVOR = {"data", "env", "loader_module", "python_version"}


def write_model(folder: Path, bundle: Contents) -> None:
    """Fill an empty `folder` with an MLflow model that loads a verified bundle through our own loader."""
    (folder / DATA).mkdir()
    for name, data in {**bundle.files, manifest.NAME: bundle.manifest.dumps()}.items():
        (folder / DATA / name).write_bytes(data)
    requirements = "".join(f"{name}=={version(name)}\n" for name in PACKAGES)
    environment = {"python": platform.python_version(), "dependencies": ["-r requirements.txt"]}
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    _write_yaml(folder / "python_env.yaml", environment)
    _write_yaml(folder / "MLmodel", _describe(bundle))


def bundle_of(folder: Path) -> Path:
    """Find the bundle inside a downloaded MLflow model; the bundle's own manifest is still to be verified.

    Raises:
        IntegrityError: the model was not written by `write_model`, so loading it could run foreign code.
    """
    try:
        described = yaml.safe_load((folder / "MLmodel").read_text(encoding="utf-8"))
        flavor = described["flavors"]["python_function"]
        ours = set(described) == _KEYS and set(described["flavors"]) == {"python_function"} and set(flavor) == _FLAVOR
        ours = ours and flavor["loader_module"] == LOADER and flavor["data"] == DATA
    except (OSError, ValueError, yaml.YAMLError, KeyError, TypeError, RecursionError):
        ours = False
    bundle = folder / DATA
    if not ours or bundle.is_symlink() or not bundle.is_dir():
        hint = "load no model that others put there; register the bundle: mlops register NAME"
        raise IntegrityError(f"{folder.name}/MLmodel was not written by this framework", hint=hint)
    return bundle


def _describe(bundle: Contents) -> dict[str, Any]:
    flavor = {
        "data": DATA,
        "env": {"virtualenv": "python_env.yaml"},
        "loader_module": LOADER,
        "python_version": platform.python_version(),
    }
    return {
        "flavors": {"python_function": flavor},
        "mlflow_version": version("mlflow"),
        "model_uuid": bundle.digest.removeprefix("sha256:")[:32],
        "signature": _signature(bundle),
    }


def _signature(bundle: Contents) -> dict[str, str | None]:
    schema = RequestSchema.parse(bundle.files["schema.json"])
    inputs = [_input(field, nullable=schema.takes_null(field)) for field in schema.fields]
    recipe = Recipe.parse(bundle.files["transform.json"])
    shape = [-1, len(recipe.target.classes or ())] if recipe.task == "multiclass" else [-1]
    outputs = [{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": shape}}]
    return {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None}


def _input(field: Field, *, nullable: bool) -> dict[str, Any]:
    """Describe a field; where pandas has several spellings (a gap, a date), the bundle's own check judges alone."""
    several = field.type in {"date", "datetime"} or (nullable and field.type in {"int", "float"})
    return {"type": "any" if several else _TYPES[field.type], "name": field.name, "required": True}


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=True, allow_unicode=True), encoding="utf-8")
