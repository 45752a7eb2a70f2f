"""The folder MLflow calls a model: `MLmodel`, requirements, and the bundle as it is.

Written by hand, so that nothing is inferred, imported or pickled, and the same bundle gives the same bytes.
"""

from __future__ import annotations

import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml

from mlops.errors import IntegrityError

LOADER = "mlops.bundle.pyfunc"
DATA = "bundle"
PACKAGES = ("mlflow", "numpy", "onnxruntime", "polars", "pyarrow", "pydantic")
"""What the loader imports. The framework itself is installed from its repository, not from an index."""

_TYPES = {
    "int": "long",
    "float": "double",
    "bool": "boolean",
    "string": "string",
    "category": "string",
    "date": "datetime",
    "datetime": "datetime",
}
_KEYS = {"flavors", "mlflow_version", "model_uuid", "signature"}
_FLAVOR = {"data", "env", "loader_module", "python_version"}


def write_model(folder: Path, bundle: Path, digest: str) -> None:
    """Fill an empty `folder` with an MLflow model that loads `bundle` through our own loader."""
    shutil.copytree(bundle, folder / DATA)
    requirements = "".join(f"{name}=={version(name)}\n" for name in PACKAGES)
    environment = {"python": platform.python_version(), "build_dependencies": [], "dependencies": ["-r requirements.txt"]}
    (folder / "requirements.txt").write_text(requirements, encoding="utf-8")
    _write_yaml(folder / "python_env.yaml", environment)
    _write_yaml(folder / "MLmodel", _describe(bundle, digest))


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
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        ours = False
    bundle = folder / DATA
    if not ours or bundle.is_symlink() or not bundle.is_dir():
        raise IntegrityError(f"{folder.name}/MLmodel was not written by this framework", hint="register the bundle: mlops register NAME")
    return bundle


def _describe(bundle: Path, digest: str) -> dict[str, Any]:
    flavor = {
        "data": DATA,
        "env": {"virtualenv": "python_env.yaml"},
        "loader_module": LOADER,
        "python_version": platform.python_version(),
    }
    schema = json.loads((bundle / "schema.json").read_text(encoding="utf-8"))
    return {
        "flavors": {"python_function": flavor},
        "mlflow_version": version("mlflow"),
        "model_uuid": digest.removeprefix("sha256:")[:32],
        "signature": _signature(schema),
    }


def _signature(schema: dict[str, Any]) -> dict[str, str | None]:
    inputs = [_input(column) for column in schema["columns"] if column["role"] == "feature"]
    outputs = {"type": "tensor", "tensor-spec": {"dtype": "float64", "shape": [-1]}}
    if schema["task"] == "multiclass":
        outputs["tensor-spec"] = {"dtype": "float32", "shape": [-1, len(schema["classes"])]}
    return {"inputs": json.dumps(inputs), "outputs": json.dumps([outputs]), "params": None}


def _input(column: dict[str, Any]) -> dict[str, Any]:
    """Describe a column; pandas holds integers with gaps as floats, so those are left to our own check."""
    kind = _TYPES[column["type"]]
    if kind == "long" and column["nullable"]:
        kind = "any"
    return {"type": kind, "name": column["name"], "required": True}


def _write_yaml(path: Path, value: dict[str, Any]) -> None:
    path.write_text(yaml.safe_dump(value, sort_keys=True, allow_unicode=True), encoding="utf-8")
