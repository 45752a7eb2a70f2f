"""What the server can be asked, as OpenAPI 3.1: the model's own columns, and the Open Inference Protocol's paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlops import __version__
from mlops.bundle.request_form import json_schema

if TYPE_CHECKING:
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.table import Row

_PROBLEM = {
    "type": "object",
    "properties": {"row": {"type": "integer"}, "field": {"type": "string"}, "problem": {"type": "string"}},
    "required": ["row", "field", "problem"],
}
_ERROR = {
    "type": "object",
    "properties": {
        "error_code": {"type": "string"},
        "message": {"type": "string"},
        "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
    },
    "required": ["error_code", "message"],
}
_TENSOR = {
    "type": "object",
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "datatype": {"type": "string"},
        "parameters": {"type": "object"},
        "data": {"type": "array"},
    },
    "required": ["name", "shape", "datatype", "data"],
}
_TENSORS = {"type": "array", "items": {"$ref": "#/components/schemas/Tensor"}}
_ASKED = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "inputs": _TENSORS,
        "outputs": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    },
    "required": ["inputs"],
}
_INFERRED = {
    "type": "object",
    "properties": {
        "model_name": {"type": "string"},
        "model_version": {"type": "string"},
        "id": {"type": "string"},
        "parameters": {"type": "object"},
        "outputs": _TENSORS,
    },
    "required": ["model_name", "outputs"],
}
_SHARES = {
    "type": "object",
    "properties": {
        "class": {},
        "base": {"type": "number"},
        "output": {"type": "number"},
        "columns": {"type": "object", "additionalProperties": {"type": "number"}},
    },
    "required": ["base", "output", "columns"],
}
_EXPLAINED = {
    "type": "object",
    "properties": {
        "predictions": {"type": "array"},
        "explanations": {"type": "array", "items": _SHARES},
        "method": {"type": "string"},
        "unit": {"enum": ["log-odds", "probability", "target"]},
    },
    "required": ["predictions", "explanations", "method", "unit"],
}
_SAID = {"type": "object", "properties": {"error": {"type": "string"}}, "required": ["error"]}
_VERSION = {"name": "version", "in": "path", "required": True, "schema": {"type": "string"}}


def page(predictor: Predictor, pipeline: str, digest: str, example: Row | None = None) -> dict[str, Any]:
    """Describe every path of the server of one bundle."""
    score = {"type": "number"} if predictor.task != "multiclass" else {"type": "array", "items": {"type": "number"}}
    answered = {
        "type": "object",
        "properties": {
            "predictions": {"type": "array", "items": {"anyOf": [score, {"type": "null"}]}},
            "decisions": {"type": "array"},
            "problems": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
            "warnings": {"type": "array", "items": {"$ref": "#/components/schemas/Problem"}},
        },
        "required": ["predictions"],
    }
    asked = {"application/json": {"schema": json_schema(predictor.schema, example)}, "text/csv": {}}
    told = {"operationId": "invocations", "requestBody": {"required": True, "content": asked}}
    return {
        "openapi": "3.1.0",
        "info": {"title": pipeline, "version": digest, "description": f"Served by mlops {__version__}."},
        "paths": {
            "/invocations": {"post": {**told, "responses": _answers(answered, "Error", 400, 413, 415)}},
            "/explain": {
                "post": {
                    "operationId": "explain",
                    "requestBody": told["requestBody"],
                    "responses": _answers(_EXPLAINED, "Error", 400, 413, 415, 501, 503),
                }
            },
            **{path: {"get": _get(path, {"type": "object"})} for path in ("/ping", "/version", "/schema", "/v2")},
            "/health": {"get": _get("/health", {"type": "object"}, 503)},
            "/metrics": {"get": {"operationId": "metrics", "responses": {"200": {"description": "Prometheus' text"}}}},
            **_open_inference(pipeline),
        },
        "components": {
            "schemas": {"Problem": _PROBLEM, "Error": _ERROR, "Tensor": _TENSOR, "InferenceError": _SAID},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _open_inference(pipeline: str) -> dict[str, Any]:
    paths: dict[str, Any] = {
        path: {"get": _get(path, {"type": "object"}, 503)} for path in ("/v2/health/live", "/v2/health/ready")
    }
    for model, parameters in (
        (f"/v2/models/{pipeline}", []),
        (f"/v2/models/{pipeline}/versions/{{version}}", [_VERSION]),
    ):
        named = {"parameters": parameters} if parameters else {}
        body = {"required": True, "content": {"application/json": {"schema": _ASKED}}}
        inferred = _answers(_INFERRED, "InferenceError", 400, 404, 413, 415)
        paths[model] = {"get": {**_get(model, {"type": "object"}, 404), **named}}
        paths[f"{model}/ready"] = {"get": {**_get(f"{model}/ready", {"type": "object"}, 404, 503), **named}}
        name = _operation(f"{model}/infer")
        paths[f"{model}/infer"] = {"post": {"operationId": name, "requestBody": body, "responses": inferred, **named}}
    return paths


def _get(path: str, schema: Any, *more: int) -> dict[str, Any]:
    return {"operationId": _operation(path), "responses": _answers(schema, None, *more)}


def _operation(path: str) -> str:
    return "_".join(part.strip("{}") for part in path.split("/") if part)


def _answers(schema: Any, error: str | None, *more: int) -> dict[str, Any]:
    wrong: Any = {} if error is None else {"content": _json({"$ref": f"#/components/schemas/{error}"})}
    good = {"200": {"description": "the answer", "content": _json(schema)}}
    return good | {str(status): {"description": "no answer", **wrong} for status in more}


def _json(schema: Any) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
