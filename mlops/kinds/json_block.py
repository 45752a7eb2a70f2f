"""A block out of a JSON Schema: what may be asked of a kind whose code is never imported to know it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, create_model

from mlops.blocks.block import Block, Items

_TYPES: dict[str, type] = {"integer": int, "number": float, "boolean": bool, "string": str}
_BOUNDS = {
    "minimum": "ge",
    "exclusiveMinimum": "gt",
    "maximum": "le",
    "exclusiveMaximum": "lt",
    "minLength": "min_length",
    "maxLength": "max_length",
    "minItems": "min_length",
    "maxItems": "max_length",
}
_SAID = {"type", "title", "description", "default", "enum", "items"}
_TOP = {"$schema", "type", "title", "description", "properties", "required", "additionalProperties"}


def block_of(name: str, schema: Mapping[str, Any], base: type[Block]) -> type[Block]:
    """Make a block with the properties of a schema: numbers, truths, texts, words of a list, and lists of these.

    Raises:
        ValueError: the schema says something else; what is not understood is not left out.

    Example:
        >>> trees = block_of("trees", {"properties": {"depth": {"type": "integer", "minimum": 1, "default": 4}}}, Block)
        >>> trees.model_validate({}).depth
        4
    """
    _nothing_else(name, schema, _TOP)
    if schema.get("type", "object") != "object" or schema.get("additionalProperties", False) is not False:
        raise ValueError(f"the schema of `{name}` is not of an object with these properties alone")
    required: set[str] = set(schema.get("required", ()))
    found: dict[str, Any] = {}
    for key, item in dict(schema.get("properties", {})).items():
        if "default" not in item and key not in required:
            raise ValueError(f"`{key}` of `{name}` is neither required nor has a default")
        default = ... if key in required else item["default"]
        found[key] = (_type(f"{name}.{key}", item), Field(default, description=item.get("description")))
    kind: Any = Literal[name]
    made: type[Block] = create_model(name, __base__=base, kind=(kind, name), **found)
    return made


def _type(place: str, item: Mapping[str, Any]) -> Any:
    _nothing_else(place, item, _SAID | _BOUNDS.keys())
    bounds = {_BOUNDS[key]: value for key, value in item.items() if key in _BOUNDS}
    if "enum" in item:
        plain: Any = Literal[tuple(item["enum"])]
    elif item.get("type") == "array":
        plain = Items[_type(f"{place}[]", item.get("items", {}))]  # type: ignore[misc]
    elif item.get("type") in _TYPES:
        plain = _TYPES[item["type"]]
    else:
        raise ValueError(f"`{place}` has the type {item.get('type')!r}; known: array, {', '.join(_TYPES)}")
    return Annotated[plain, Field(**bounds)] if bounds else plain


def _nothing_else(place: str, schema: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(set(schema) - known):
        raise ValueError(f"the schema of `{place}` says `{unknown[0]}`, which is not understood")
