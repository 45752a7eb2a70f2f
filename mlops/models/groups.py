"""Which groups of columns a model reads: its kind says so, or for a class of their own people do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlops.blocks.column_group import (
    CODES,
    IMAGE,
    LONG_TARGET_CODED,
    NUMBERS,
    SCALED,
    TARGET_CODED,
    TEXT,
    USUAL,
    declared,
)

if TYPE_CHECKING:
    from mlops.blocks.block import Block
    from mlops.kinds.kind import Kind

_PIXELS = f"{IMAGE}:*"


def read_by(kind: Kind, asked: Block) -> tuple[str, ...]:
    """Name the groups that a model of a kind reads, asked for as it is; by default the usual ones and pixels.

    Example:
        >>> from mlops.models import MODELS
        >>> read_by(MODELS["linear"], MODELS["linear"].block(kind="linear"))
        ('scaled', 'onehot', 'ordinal', 'text:*', 'image:*')
    """
    if "groups" in kind.functions:
        return declared(kind.load("groups")(asked))
    said: Sequence[str] = kind.can.get("groups", (*USUAL, _PIXELS))
    return tuple(said)


EVERY_TEXT = f"{TEXT}:*"
NATIVE = (NUMBERS, CODES)
"""What trees make of a table by themselves: any scale, missing numbers, categories as codes."""
BY_TARGET = (NUMBERS, TARGET_CODED)
"""The same with categories as what the target was on average."""
MIXED = (*NATIVE, LONG_TARGET_CODED)
"""As trees make of it, and long categories by the target beside it."""
_COLUMNS = {"native": NATIVE, "scaled": USUAL, "target_coded": BY_TARGET, "mixed": MIXED}


def by_picture(asked: Any) -> tuple[str, ...]:
    """Name the groups that a network of convolutions reads: the pixels of one picture, however they come."""
    return (SCALED, _PIXELS) if asked.image is None else (f"{IMAGE}:{asked.image}",)


def by_columns(asked: Any) -> tuple[str, ...]:
    """Name the groups that trees read, by what stands under `columns`; texts, as a few numbers each; and pixels."""
    return (*_COLUMNS[asked.columns], EVERY_TEXT, _PIXELS)
