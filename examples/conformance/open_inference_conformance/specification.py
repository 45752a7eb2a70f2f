"""The specification's OpenAPI as it is shipped here, and its schemas."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from open_inference_conformance.check import Fails

_FILE = "specification/open_inference_rest.yaml"


@cache
def document() -> dict[str, Any]:
    """Read the repaired OpenAPI."""
    text = files("open_inference_conformance").joinpath(_FILE).read_text("utf-8")
    return dict(yaml.safe_load(text))


def of_model(name: str, example: Any) -> dict[str, Any]:
    """Give the OpenAPI of one model, without paths of versions: what a fuzzer can ask of a server.

    The model's name stands in its paths, and a request that should be answered is the example of `infer`.
    """
    kept = {}
    for place, said in document()["paths"].items():
        if "{MODEL_VERSION}" in place:
            continue
        kept[place.replace("{MODEL_NAME}", name)] = {key: value for key, value in said.items() if key != "parameters"}
    infer = dict(kept[f"/v2/models/{name}/infer"]["post"])
    schema = infer["requestBody"]["content"]["application/json"]["schema"]
    infer["requestBody"] = {"content": {"application/json": {"schema": schema, "example": example}}, "required": True}
    kept[f"/v2/models/{name}/infer"] = {"post": infer}
    return {**document(), "paths": kept}


def hold(found: Any, schema: str) -> None:
    """Hold a document to a schema of the specification, `metadata_model_response` say. Raises Fails."""
    from jsonschema import Draft4Validator  # OpenAPI 3.0's schemas are of draft 4's words

    whole = {"$ref": f"#/components/schemas/{schema}", "components": document()["components"]}
    errors = sorted(Draft4Validator(whole).iter_errors(found), key=lambda error: error.json_path)
    if errors:
        raise Fails(f"it is no {schema}: at {errors[0].json_path}, {errors[0].message[:200]}")
