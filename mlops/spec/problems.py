"""Pydantic's errors in the words of this project, each at its place in a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from mlops.diagnostics import Diagnostic, suggest
from mlops.spec.document import Path
from mlops.spec.model import KINDS
from mlops.spec.origins import Origins

_TYPES = {
    "string_type": "text",
    "int_type": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "dict_type": "a mapping of keys",
    "model_type": "a mapping of keys",
    "model_attributes_type": "a mapping of keys",
    "list_type": "a list",
    "tuple_type": "a list",
    "int_from_float": "a whole number",
}
_LIMITS = {"greater_than": ">", "greater_than_equal": "at least", "less_than": "<", "less_than_equal": "at most"}
_PATTERNS = {
    "^@": "write an owner as `@name` or `@organisation/team`",
    "^sha256": "write `sha256:` and 64 hexadecimal digits",
    "^[a-z0-9][": "use lower-case letters, digits, `_` and `-`, beginning with a letter or digit",
}


def diagnose(error: ErrorDetails, model: type[BaseModel], origins: Origins, value: Any) -> Diagnostic:
    """Turn one validation error into a finding with a place, a sentence and a cure."""
    path = _path(error["loc"], value)
    kind, given = error["type"], error.get("input")
    context: Mapping[str, Any] = error.get("ctx") or {}
    if kind == "extra_forbidden":
        key = str(path[-1])
        message, hint = f"unknown key `{key}`", suggest(key, _keys(model, error["loc"][:-1]))
        return Diagnostic(origins.where(path, key=True), message, hint, "unknown-key")
    if kind == "missing":
        key = str(error["loc"][-1])
        parent = ".".join(map(str, path[:-1]))
        message = f"missing key `{key}`" + (f" in `{parent}`" if parent else "")
        return Diagnostic(origins.where(path[:-1], key=True), message, f"write `{key}: ...`", "missing-key")
    message, hint = _describe(kind, str(path[-1]) if path else "", given, context, error["msg"])
    return Diagnostic(origins.where(path), message, hint, "type")


def _describe(kind: str, key: str, given: Any, context: Mapping[str, Any], text: str) -> tuple[str, str]:
    shown = _show(given)
    if kind in _TYPES:
        hint = f'write it in quotes: "{given}"' if kind == "string_type" and isinstance(given, int | float) else ""
        return f"`{key}: {shown}` is not {_TYPES[kind]}", hint or f"write {_TYPES[kind]}"
    if kind == "literal_error":
        options = [part.strip(" '") for part in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        return f"`{key}: {shown}` is not one of the choices", suggest(str(given), options)
    if kind in _LIMITS:
        bound = next((context[name] for name in ("gt", "ge", "lt", "le") if name in context), "")
        return f"`{key}: {shown}` is out of range", f"write a value {_LIMITS[kind]} {bound}"
    if kind == "string_pattern_mismatch":
        pattern = str(context.get("pattern", ""))
        cure = next((hint for start, hint in _PATTERNS.items() if pattern.startswith(start)), f"it must match {pattern}")
        return f"`{key}: {shown}` is not well-formed", cure
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        if isinstance(given, dict) and "kind" in given:
            hint = suggest(str(given["kind"]), KINDS) + "; or a class of yours: `pipelines.NAME.MODULE:CLASS`"
            return f"unknown kind `{_show(given['kind'])}` of model `{key}`", hint
        return f"the candidate `{key}` has no `kind`", "candidates are named: `model: {NAME: {kind: ...}}`"
    if kind == "value_error":
        return text.removeprefix("Value error, "), ""
    return f"`{key}: {shown}`: {text[:1].lower()}{text[1:]}", ""


def _path(location: tuple[int | str, ...], value: Any) -> Path:
    """Keep the parts of a location that are keys of the value; pydantic adds names of union members."""
    path: list[int | str] = []
    for index, part in enumerate(location):
        last = index == len(location) - 1
        if isinstance(value, dict) and (part in value or last):
            path.append(part)
            value = value.get(part)
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            path.append(part)
            value = value[part]
    return tuple(path)


def _keys(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """List the keys that the block at a location knows, following its JSON Schema."""
    schema = model.model_json_schema()
    definitions = schema.get("$defs", {})
    here = [schema]
    for part in location:
        here = [found for node in here for found in _step(node, part, definitions)]
    names: set[str] = set()
    for node in here:
        names |= set(_resolve(node, definitions).get("properties", {}))
    return tuple(sorted(names))


def _step(node: dict[str, Any], part: int | str, definitions: dict[str, Any]) -> list[dict[str, Any]]:
    node = _resolve(node, definitions)
    options = [_resolve(option, definitions) for option in (*node.get("anyOf", ()), *node.get("oneOf", ()))]
    matching = [option for option in options if option.get("properties", {}).get("kind", {}).get("const") == part]
    if matching:
        return matching
    found: list[dict[str, Any]] = []
    for option in options or [node]:
        if isinstance(part, int):
            found += [option["items"]] if "items" in option else []
        elif part in option.get("properties", {}):
            found.append(option["properties"][part])
        elif isinstance(option.get("additionalProperties"), dict):
            found.append(option["additionalProperties"])
    return found


def _resolve(node: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    reference = node.get("$ref")
    return definitions[reference.rsplit("/", 1)[1]] if reference else node


def _show(value: Any) -> str:
    if isinstance(value, dict):
        return "{...}"
    if isinstance(value, list):
        return "[...]"
    text = {None: "null", True: "true", False: "false"}.get(value, value) if not isinstance(value, float) else value
    shown = str(text)
    return shown if len(shown) <= 60 else shown[:57] + "..."
