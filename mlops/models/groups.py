"""Which groups of columns a model reads: its kind says so, or for a class of their own people do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlops.blocks.column_group import IMAGE, USUAL, declared

if TYPE_CHECKING:
    from mlops.blocks.block import Block
    from mlops.kinds.kind import Kind


def read_by(kind: Kind, asked: Block) -> tuple[str, ...]:
    """Name the groups that a model of a kind reads, asked for as it is; the usual ones and pixels where it says nothing.

    Example:
        >>> from mlops.models import MODELS
        >>> read_by(MODELS["linear"], MODELS["linear"].block(kind="linear"))
        ('scaled', 'onehot', 'ordinal', 'image:*')
    """
    if "groups" in kind.functions:
        return declared(kind.load("groups")(asked))
    said: Sequence[str] = kind.can.get("groups", (*USUAL, f"{IMAGE}:*"))
    return tuple(said)
