"""What KServe takes, as JSON Schema, out of the wheel that KServe publishes and the schemas that Kubernetes does.

The wheel's models are generated from KServe's own OpenAPI description. They are read and not imported: KServe's
package imports a server, and its models let unknown keys pass. Kubernetes' part is kubernetes-validate's.
"""

from __future__ import annotations

import ast
import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from jsonschema import Draft202012Validator

from tests.builders.clusters import VERSION

_PLAIN = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "float": {"type": "number"},
    "object": {},
    "datetime": {"type": "string"},
}
_ELSEWHERE = {
    "ResourceQuantity": "io.k8s.apimachinery.pkg.api.resource.Quantity",
    "V1ObjectMeta": "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta",
}
_KINDS = {"InferenceService": "V1beta1InferenceService", "ServingRuntime": "V1alpha1ServingRuntime"}
_GROUPED = re.compile(r"K8sIoApi(?P<group>[A-Z][a-z]+)(?P<version>V\d)(?P<kind>[A-Z]\w+)")
_MODEL = re.compile(r"kserve/models/v\w+\.py")


class KserveSchema:
    """The objects of one release of KServe."""

    def __init__(self, wheel: Path) -> None:
        self._models: dict[str, dict[str, Any]] = {}
        with ZipFile(wheel) as archive:
            for name in filter(_MODEL.fullmatch, archive.namelist()):
                self._models |= _declared(archive.read(name).decode())
        folder = files("kubernetes_validate") / f"kubernetes-json-schema/v{VERSION}.0-local-strict"
        self._kubernetes: dict[str, Any] = json.loads((folder / "_definitions.json").read_text())["$defs"]

    def refused(self, manifest: dict[str, Any]) -> list[str]:
        """List what is wrong with an object; raises KeyError where the kind is none of KServe's."""
        used: dict[str, Any] = {}
        schema = self._of(_KINDS[manifest["kind"]], used)
        validator = Draft202012Validator({**schema, "$defs": {**self._kubernetes, **used}})
        return sorted(error.message for error in validator.iter_errors(manifest))

    def _of(self, kind: str, used: dict[str, Any]) -> dict[str, Any]:
        """Give the schema of a type as the wheel spells it, such as `list[V1Toleration]`; `used` gathers KServe's.

        Of a type that neither describes nothing passes.
        """
        if kind in _PLAIN:
            return dict(_PLAIN[kind])
        if kind.startswith("list["):
            return {"type": "array", "items": self._of(kind[5:-1], used)}
        if kind.startswith("dict("):
            return {"type": "object", "additionalProperties": self._of(kind[5:-1].partition(", ")[2], used)}
        if kind in self._models:
            if kind not in used:
                used[kind] = {}
                used[kind] = self._model(kind, used)
            return {"$ref": f"#/$defs/{kind}"}
        name = _kubernetes_name(kind)
        return {"$ref": f"#/$defs/{name}"} if name in self._kubernetes else {"not": {}}

    def _model(self, kind: str, used: dict[str, Any]) -> dict[str, Any]:
        model = self._models[kind]
        keys = model["attribute_map"]
        properties = {keys[name]: self._of(type_, used) for name, type_ in model["openapi_types"].items()}
        required = [keys[name] for name in model["required"]]
        return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _kubernetes_name(kind: str) -> str:
    """Spell Kubernetes' own name of a type: `V1Toleration` is `io.k8s.api.core.v1.Toleration`."""
    if spelt := _GROUPED.fullmatch(kind):
        return f"io.k8s.api.{spelt['group'].lower()}.{spelt['version'].lower()}.{spelt['kind']}"
    return _ELSEWHERE.get(kind) or f"io.k8s.api.core.v1.{kind.removeprefix('V1')}"


def _declared(text: str) -> dict[str, dict[str, Any]]:
    """Read the classes of a generated model: types and JSON names of their keys, and which must be there."""
    found: dict[str, dict[str, Any]] = {}
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            said = {
                target.id: ast.literal_eval(line.value)
                for line in node.body
                if isinstance(line, ast.Assign)
                for target in line.targets
                if isinstance(target, ast.Name) and target.id in ("openapi_types", "attribute_map")
            }
            if len(said) == 2:
                required = re.findall(r"local_vars_configuration.client_side_validation and (\w+) is None", text)
                found[node.name] = {**said, "required": required}
    return found
