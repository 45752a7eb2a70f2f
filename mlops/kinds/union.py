"""What may stand where YAML says `kind:`: one of the names of a slice, or one of its blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Union

from pydantic import Discriminator, GetCoreSchemaHandler, Tag, WrapValidator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import CoreSchema, core_schema

from mlops.blocks.block import Block
from mlops.kinds.kind import Kind
from mlops.kinds.slice import Slice

_JOINED = "plug-in"


class Kinded(Block):
    """A block that a kind's name chooses."""

    kind: str
    """Name of the kind."""


@dataclass(frozen=True, eq=False)
class OneOf:
    """Annotates a text as the name of a kind, of those that there are when it is first checked."""

    kinds: Mapping[str, Kind]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Allow the names as `Literal` would, and those that other distributions bring."""

        def known(value: Any, literal: core_schema.ValidatorFunctionWrapHandler) -> Any:
            return value if isinstance(value, str) and value in self.kinds else literal(value)

        return core_schema.no_info_wrap_validator_function(known, core_schema.literal_schema(list(self.kinds)))


def union(
    kinds: Slice[Kind],
    other: Callable[[str], str | None] = lambda kind: kind,
    *,
    default: str | None = None,
    **more: type[Block],
) -> Any:
    """Join the blocks of kinds and `more` by tag; `other` gives the tag of any other kind, or None.

    Where no kind is written it is the `default`. A kind of another distribution has the block that it declares.
    """

    def tag(value: Any) -> str | None:
        kind = value.get("kind", default) if isinstance(value, dict) else getattr(value, "kind", default)
        if not isinstance(kind, str):
            return None
        return kind if kind in blocks else _JOINED if kind in kinds else other(kind)

    def joined(value: Any, _: Any) -> Any:
        kind = value["kind"] if isinstance(value, dict) else value.kind
        return kinds[kind].block.model_validate(value)

    blocks: dict[str, Any] = {name: kind.block for name, kind in kinds.items()} | more
    if kinds.open:
        blocks[_JOINED] = Annotated[SkipJsonSchema[Kinded], WrapValidator(joined)]
    if len(blocks) == 1:
        return next(iter(blocks.values()))
    return Annotated[
        Union[tuple(Annotated[block, Tag(name)] for name, block in blocks.items())],  # noqa: UP007  # their number is not known
        Discriminator(tag),
    ]
