"""The folder MLflow calls a model: `MLmodel`, requirements, the loader that was published, and the bundle as it is.

Written by hand, so that nothing is inferred, imported or pickled: what is loaded is our own loader on verified bytes.
What registered before 0.1.0 travelled without: its loader is the one of this package, where that is installed.
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import BaseModel

from mlops.bundle import manifest
from mlops.bundle.golden import Golden
from mlops.bundle.pyfunc import CONFIG
from mlops.bundle.recipe import Recipe
from mlops.bundle.schema import RequestSchema
from mlops.errors import IntegrityError
from mlops.release import published

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlops.bundle.contents import Contents
    from mlops.bundle.schema import Field

LOADER = "mlops.bundle.pyfunc"
"""The loader of a model that carries none."""
DATA = "bundle"
BESIDE = ("MLmodel", "python_env.yaml", "requirements.txt")
"""What every model's folder holds beside bundle and loader."""
_INPUT, _SERVED = "input_example.json", "serving_input_example.json"
EXAMPLE = (_INPUT, _SERVED)
"""What it holds beside that, but for a bundle of version 1 and for what registered before there were examples."""
_ROWS = 5
PACKAGES = ("mlflow", "numpy", "onnxruntime", "pydantic")
"""What the loader imports, and who calls it."""

_TYPES = {
    "int": "long",
    "float": "double",
    "bool": "boolean",
    "string": "string",
    "category": "string",
    "text": "string",
}
_KEYS = {"flavors", "mlflow_version", "model_uuid", "signature"}
_SHOWN = {"artifact_path": _INPUT, "pandas_orient": "split", "serving_input_path": _SERVED, "type": "dataframe"}
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+]{0,31}")
_FLAVOR = {"data", "env", "loader_module", "python_version"}
_CARRIED = {"code", "config"}
"""What a flavor says beside that where the loader travels with the model."""


class _Part(BaseModel, extra="allow", frozen=True, defer_build=True):
    """A part of an `MLmodel`; those that others wrote may say anything."""


class _Flavor(_Part):
    """How MLflow loads the model."""

    python_version: Any
    data: Any = None
    env: Any = None
    loader_module: Any = None
    code: Any = None
    config: Any = None

    @property
    def ours(self) -> bool:
        """Whether it names a loader of ours, and nothing beside it that MLflow would import or hand over."""
        if self.data != DATA:
            return False
        if self.model_fields_set == _FLAVOR:
            return bool(self.loader_module == LOADER)
        carried = self.model_fields_set == _FLAVOR | _CARRIED and self.code == published.CODE
        carried = carried and self.loader_module in {_module(loader) for loader in published.loaders()}
        return carried and set(self.config) == {CONFIG} and isinstance(self.config[CONFIG], str)


class _Flavors(_Part):
    python_function: _Flavor


class _Description(_Part):
    """What `MLmodel` says."""

    flavors: _Flavors
    mlflow_version: Any
    model_uuid: Any = None
    saved_input_example_info: Any = None
    signature: Any = None

    @property
    def ours(self) -> bool:
        """Whether it says what ours do, and nothing more: one flavor of ours, and an example of ours or none."""
        said = self.model_fields_set - {"saved_input_example_info"}
        shown = self.saved_input_example_info in (None, _SHOWN)
        one = self.flavors.model_fields_set == {"python_function"}
        return said == _KEYS and shown and one and self.flavors.python_function.ours

    @classmethod
    def parse(cls, data: bytes) -> _Description:
        """Read it; raises ValueError or YAMLError where it is none."""
        return cls.model_validate(yaml.safe_load(data.decode("utf-8")))


@dataclass(frozen=True)
class Made:
    """What a model was written with: the versions of Python, of MLflow and, in their order, of `PACKAGES`.

    `loader` is the package that travels with it; empty where none does. `example` says that it shows rows to send, and
    names its outputs.
    """

    python: str
    mlflow: str
    packages: tuple[str, ...]
    loader: str
    example: bool = True

    @classmethod
    def here(cls) -> Made:
        """Look up what is installed."""
        packages = tuple(version(name) for name in PACKAGES)
        return cls(platform.python_version(), version("mlflow"), packages, published.present())

    @classmethod
    def read(cls, files: Mapping[str, bytes]) -> Made:
        """Read it from a model's own files; where they do not say it, another version cannot be the difference."""
        loader = next((name.split("/")[1] for name in sorted(files) if name.startswith(f"{published.CODE}/")), "")
        example = _INPUT in files
        here = replace(cls.here(), loader=loader, example=example)
        try:
            described = _Description.parse(files["MLmodel"])
            words = [line.split("==") for line in files["requirements.txt"].decode().splitlines()]
            made = cls(
                str(described.flavors.python_function.python_version),
                str(described.mlflow_version),
                tuple(number for _, number in words),
                loader,
                example,
            )
        except (ValueError, yaml.YAMLError, KeyError, TypeError, RecursionError):
            return here
        said = (made.python, made.mlflow, *made.packages)
        whole = len(made.packages) == len(PACKAGES) and all(map(_VERSION.fullmatch, said))
        return made if whole else here


def write_model(folder: Path, bundle: Contents) -> None:
    """Fill an empty `folder` with an MLflow model that loads a verified bundle through our own loader."""
    for name, data in model_files(bundle, Made.here()).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def model_files(bundle: Contents, made: Made) -> dict[str, bytes]:
    """Spell every file of the MLflow model of a bundle, by its path: nothing else belongs into that folder.

    Of the loader of an earlier release only the digest is known: its files are not spelled.
    """
    made = replace(made, example=made.example and bundle.manifest.identity is None)
    requirements = "".join(f"{name}=={number}\n" for name, number in zip(PACKAGES, made.packages, strict=True))
    environment = {"python": made.python, "dependencies": ["-r requirements.txt"]}
    return {
        **(published.files() if made.loader == published.present() else {}),
        **{f"{DATA}/{name}": data for name, data in bundle.files.items()},
        f"{DATA}/{manifest.NAME}": bundle.manifest.dumps(),
        "requirements.txt": requirements.encode(),
        "python_env.yaml": _yaml(environment),
        **(_example(bundle) if made.example else {}),
        "MLmodel": _yaml(_describe(bundle, made).model_dump(exclude_unset=True)),
    }


def beside(files: Mapping[str, bytes]) -> str:
    """Name the bytes of what stands beside the bundle, the loader too, as the tag of a version."""
    return json.dumps(digests(files), sort_keys=True)


def digests(files: Mapping[str, bytes]) -> dict[str, str]:
    """Give the SHA-256 of what stands beside the bundle, by its path."""
    beside = sorted(name for name in files if not name.startswith(f"{DATA}/"))
    return {name: hashlib.sha256(files[name]).hexdigest() for name in beside}


def bundle_of(folder: Path) -> Path:
    """Find the bundle inside a downloaded MLflow model; the bundle's own manifest is still to be verified.

    Raises:
        IntegrityError: the model was not written by `write_model`, so loading it could run foreign code.
    """
    try:
        described = _Description.parse((folder / "MLmodel").read_bytes())
        ours = described.ours
    except (OSError, ValueError, yaml.YAMLError, TypeError, RecursionError):
        ours = False
    bundle = folder / DATA
    if not ours or bundle.is_symlink() or not bundle.is_dir():
        hint = "load no model that others put there; register the bundle: mlops register NAME"
        raise IntegrityError(f"{folder.name}/MLmodel was not written by this framework", hint=hint)
    return bundle


def _module(loader: str) -> str:
    return f"{loader}.pyfunc" if loader else LOADER


def _describe(bundle: Contents, made: Made) -> _Description:
    flavor = _Flavor(
        data=DATA,
        env={"virtualenv": "python_env.yaml"},
        loader_module=_module(made.loader),
        python_version=made.python,
        **({"code": published.CODE, "config": {CONFIG: bundle.digest}} if made.loader else {}),
    )
    return _Description(
        flavors=_Flavors(python_function=flavor),
        mlflow_version=made.mlflow,
        model_uuid=bundle.digest.removeprefix("sha256:")[:32],
        signature=_signature(bundle, named=made.example),
        **({"saved_input_example_info": _SHOWN} if made.example else {}),
    )


def _example(bundle: Contents) -> dict[str, bytes]:
    """Spell rows to send, the first golden ones: made from the profile, never rows of the data.

    Those of a bundle of version 1 may be such, so that it shows none.
    """
    columns = [field.name for field in RequestSchema.parse(bundle.files["schema.json"]).fields]
    rows = Golden.of(bundle).rows[:_ROWS]
    split = {"columns": columns, "data": [[row.get(name) for name in columns] for row in rows]}
    return {_INPUT: json.dumps(split).encode(), _SERVED: json.dumps({"dataframe_split": split}, indent=2).encode()}


def _signature(bundle: Contents, *, named: bool) -> dict[str, str | None]:
    schema = RequestSchema.parse(bundle.files["schema.json"])
    inputs = [_input(field, nullable=schema.takes_null(field)) for field in schema.fields]
    recipe = Recipe.parse(bundle.files["transform.json"])
    shape = [-1, len(recipe.target.classes or ())] if recipe.task == "multiclass" else [-1]
    name = {"name": _output(recipe)} if named else {}
    answers = json.loads(bundle.files["model.json"]).get("answers", "float32")
    outputs = [{"type": "tensor", "tensor-spec": {"dtype": answers, "shape": shape}, **name}]
    return {"inputs": json.dumps(inputs), "outputs": json.dumps(outputs), "params": None}


def _output(recipe: Recipe) -> str:
    """Say what the numbers are that come back: `probability of churn=true`, or of each class, in order."""
    target = recipe.target.name
    classes = [value if isinstance(value, str) else json.dumps(value) for value in recipe.target.classes or ()]
    if recipe.task == "binary":
        return f"probability of {target}={classes[1]}"
    return f"probabilities of {target}={', '.join(classes)}" if classes else target


def _input(field: Field, *, nullable: bool) -> dict[str, str | bool]:
    """Describe a field; where pandas has several spellings (a gap, a date), the bundle's own check judges alone."""
    several = field.type in {"date", "datetime", "image"} or (nullable and field.type in {"int", "float"})
    return {"type": "any" if several else _TYPES[field.type], "name": field.name, "required": True}


def _yaml(value: Any) -> bytes:
    return yaml.safe_dump(value, sort_keys=True, allow_unicode=True).encode()
