"""Every column that a pipeline names: where it stands and what for, read off the types of the keys."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from mlops.blocks.block import Names
from mlops.blocks.derived import read
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path

CROSS = "+"  # joins the columns of a cross in the name of its slices
_OUTPUT = "(output)"  # what the monitor calls the model's answer, beside the columns


@dataclass(frozen=True)
class Mention:
    """A column that is named at a key path: `key` where the name is itself a key, `use` as its type has it."""

    column: str
    path: Path
    use: str
    key: bool = False
    part: tuple[int, int] | None = None
    """Where an expression names it: characters from its start, and how many."""

    @property
    def purpose(self) -> str:
        """The key that it is for, as a person calls it.

        >>> Mention("age", ("gates", 2, "by"), "kept").purpose
        'gates.by'
        """
        path = self.path[:-1] if self.key else self.path
        return ".".join(part for part in path if isinstance(part, str))


def mentions(pipeline: Pipeline) -> Iterator[Mention]:
    """List every column that is named anywhere, in the order of the keys.

    A new key that is typed as a column is among them by its type. The name of a cross is not a column's: its columns
    stand in `evaluate.crosses`.
    """
    crosses = {CROSS.join(columns) for columns in pipeline.evaluate.crosses}
    for found in _within(pipeline, _Shape(), ()):
        if found.column == _OUTPUT or (found.use == "kept" and found.column in crosses):
            continue
        if found.use == "day" and _is_day(found.column):
            continue
        yield found


def kept(pipeline: Pipeline) -> Iterator[tuple[Path, str]]:
    """Give the columns that results are told by, which rows must keep though nothing need be learnt from them.

    Results are sliced by sensitive columns too.
    """
    yield from ((found.path, found.column) for found in mentions(pipeline) if found.use == "kept")
    for name, rule in pipeline.data.columns.items():
        if rule.sensitive:
            yield ("data", "columns", name, "sensitive"), name


@dataclass(frozen=True)
class _Shape:
    """Where names of columns may stand in values of a type: the value itself, its keys, its items, its blocks."""

    itself: Names | None = None
    keys: Names | None = None
    items: _Shape | None = None
    blocks: bool = False

    def __bool__(self) -> bool:
        return self.blocks or self.items is not None or self.itself is not None or self.keys is not None


def _within(value: Any, shape: _Shape, path: Path) -> Iterator[Mention]:
    if isinstance(value, BaseModel):
        for name, key, inner in _fields(type(value)):
            yield from _within(getattr(value, name), inner, (*path, key))
    elif isinstance(value, str) and shape.itself is not None:
        yield from _named(value, path, shape.itself.column)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            if shape.keys is not None:
                yield Mention(name, (*path, name), shape.keys.column, key=True)
            yield from _within(item, shape.items or _Shape(), (*path, name))
    elif isinstance(value, tuple) and shape.items is not None:
        for index, item in enumerate(value):
            yield from _within(item, shape.items, (*path, index))


def _named(value: str, path: Path, use: str) -> Iterator[Mention]:
    """Give the column that a text is the name of, or those that an expression reads."""
    if use != "computed":
        yield Mention(value, path, use)
        return
    for name, part in read(value).items():
        yield Mention(name, path, "read", part=part)


@cache
def _fields(block: type[BaseModel]) -> tuple[tuple[str, str, _Shape], ...]:
    """List the fields of a block that may name columns, with the keys that people write."""
    shapes = {
        name: _joined([_shape(field.annotation, block), *map(_marked, field.metadata)])
        for name, field in block.model_fields.items()
    }
    return tuple((name, block.model_fields[name].alias or name, shape) for name, shape in shapes.items() if shape)


def _shape(kind: Any, owner: type[BaseModel]) -> _Shape:
    """Give the shape of a type of a field of `owner`, which may hold others like itself."""
    origin, parts = get_origin(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return _Shape(blocks=kind is owner or bool(_fields(kind)))
    if origin is Annotated:
        return _joined([_shape(parts[0], owner), *map(_marked, parts[1:])])
    if origin in (Union, types.UnionType):
        return _joined([_shape(part, owner) for part in parts])
    if origin is tuple:
        return _Shape(items=_shape(parts[0], owner) or None)
    if origin is dict:
        return _Shape(keys=_shape(parts[0], owner).itself, items=_shape(parts[1], owner) or None)
    return _Shape()


def _marked(metadata: Any) -> _Shape:
    return _Shape(itself=metadata) if isinstance(metadata, Names) else _Shape()


def _joined(shapes: list[_Shape]) -> _Shape:
    """Make one shape of those of a union's members, or of a type and its metadata."""
    return _Shape(
        next((shape.itself for shape in shapes if shape.itself), None),
        next((shape.keys for shape in shapes if shape.keys), None),
        next((shape.items for shape in shapes if shape.items), None),
        any(shape.blocks for shape in shapes),
    )


def _is_day(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
