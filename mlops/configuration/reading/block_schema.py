"""What the JSON Schema of a block knows of a place in it: which keys may stand there, and which values."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.json_schema import JsonSchemaValue


def keys(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """List the keys that the block at a location knows, following its JSON Schema."""
    definitions = _schema(model).get("$defs", {})
    names = {name for node in _at(model, location) for name in _block(node, definitions).get("properties", {})}
    return tuple(sorted(names))


def choices(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """List the texts that a key may have, where it has its choice of a few; none of any other key."""
    definitions = _schema(model).get("$defs", {})
    found = [_block(node, definitions) for node in _at(model, location)]
    told = {value for node in found for value in node.get("enum", [node["const"]] if "const" in node else [])}
    return tuple(sorted(value for value in told if isinstance(value, str)))


def _at(model: type[BaseModel], location: tuple[int | str, ...]) -> list[JsonSchemaValue]:
    schema = _schema(model)
    here = [schema]
    for part in location:
        here = [found for node in here for found in _step(node, part, schema.get("$defs", {}))]
    return here


@cache
def _schema(model: type[BaseModel]) -> JsonSchemaValue:
    """Build a block's JSON Schema once: a file of 3,000 unknown keys asks 3,000 times."""
    return model.model_json_schema()


def _step(node: JsonSchemaValue, part: int | str, definitions: JsonSchemaValue) -> list[JsonSchemaValue]:
    named = [option for option in _members(node) if option.get("$ref") == f"#/$defs/{part}"]
    if named:  # the member of a union, which a location names too
        return [_resolve(named[0], definitions)]
    node = _resolve(node, definitions)
    options = [_resolve(option, definitions) for option in (*node.get("anyOf", ()), *node.get("oneOf", ()))]
    matching = [option for option in options if option.get("properties", {}).get("kind", {}).get("const") == part]
    if matching:
        return matching
    found: list[JsonSchemaValue] = []
    for option in options or [node]:
        items, named, others = option.get("items"), option.get("properties", {}), option.get("additionalProperties")
        if isinstance(part, int):
            found += [] if items is None else [items]
        elif part in named:
            found.append(named[part])
        elif isinstance(others, dict):
            found.append(others)
        else:
            found += option.get("patternProperties", {}).values()
    return found


def _members(node: JsonSchemaValue) -> Iterator[JsonSchemaValue]:
    """Give the members of a union, and of unions inside it."""
    for option in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield option
        yield from _members(option)


def _block(node: JsonSchemaValue, definitions: JsonSchemaValue) -> JsonSchemaValue:
    """Give the schema of a block that may also be absent, as `over_champion: null`; of other unions, nothing."""
    node = _resolve(node, definitions)
    options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
    return _resolve(options[0], definitions) if len(options) == 1 else node


def _resolve(node: JsonSchemaValue, definitions: JsonSchemaValue) -> JsonSchemaValue:
    reference = node.get("$ref")
    return definitions[reference.rsplit("/", 1)[1]] if reference else node
