"""The discriminated union of a slice's blocks: what may stand where YAML says `kind:`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union

from pydantic import Discriminator, Tag

from mlops.blocks.block import Block
from mlops.kinds.kind import Kind


class Kinded(Block):
    """A block that a kind's name chooses."""

    kind: str
    """Name of the kind."""


def union(kinds: Mapping[str, Kind], other: Callable[[str], str | None], **more: type[Block]) -> Any:
    """Join the blocks of kinds and `more` by tag; `other` gives the tag of any other kind, or None."""

    def tag(value: Any) -> str | None:
        kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
        if not isinstance(kind, str):
            return None
        return kind if kind in kinds else other(kind)

    blocks = {name: kind.block for name, kind in kinds.items()} | more
    return Annotated[
        Union[tuple(Annotated[block, Tag(name)] for name, block in blocks.items())],  # noqa: UP007  # their number is not known
        Discriminator(tag),
    ]
