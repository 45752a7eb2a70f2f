"""What the text below each key of a block says, for the schemas and pages that show it.

pydantic would read it from the source of every block whenever one is imported: a quarter of the time that a verb takes
to start. Here it is read when somebody asks.
"""

from __future__ import annotations

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

if TYPE_CHECKING:
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core.core_schema import ModelSchema


class Described(GenerateJsonSchema):
    """Writes JSON Schemas whose properties say what the source says below them."""

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """Write the schema of a block."""
        value = super().model_schema(schema)
        block: type[BaseModel] = schema["cls"]
        properties: dict[str, JsonSchemaValue] = value.get("properties", {})
        for name, text in texts(block).items():
            key = block.model_fields[name].alias or name
            if key in properties:
                properties[key].setdefault("description", text)
        return value


def texts(block: type[BaseModel]) -> dict[str, str]:
    """Give the text below each key of a block, those that it inherits too; a key without one is left out.

    Example:
        >>> from mlops.configuration.release import Release
        >>> texts(Release)["bundle"]
        'Digest of the bundle, as `mlops register` prints it.'
    """
    found: dict[str, str] = {}
    for each in reversed(block.__mro__):
        if issubclass(each, BaseModel) and each.__module__.startswith("mlops."):
            found |= _classes(each.__module__).get(each.__name__, {})
    return {name: text for name, text in found.items() if name in block.model_fields}


@cache
def _classes(module: str) -> dict[str, dict[str, str]]:
    """Read the texts of every class of a module."""
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: _below(node.body) for node in tree.body if isinstance(node, ast.ClassDef)}


def _below(body: list[ast.stmt]) -> dict[str, str]:
    found: dict[str, str] = {}
    for before, after in pairwise(body):
        if not (isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name)):
            continue
        if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant) and isinstance(after.value.value, str):
            found[before.target.id] = inspect.cleandoc(after.value.value)
    return found
