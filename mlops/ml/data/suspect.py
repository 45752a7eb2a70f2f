"""A feature that may give the target away."""

from __future__ import annotations

from dataclasses import dataclass

from mlops.blocks.column_rule import TEXTS, ColumnType


@dataclass(frozen=True)
class Suspect:
    """A feature to look at."""

    name: str
    type: ColumnType
    public: bool = False
    pixel: bool = False
    """A part of an image: dark corners say nothing, and the whole may say everything."""

    @property
    def is_text(self) -> bool:
        """Tell whether its values are words."""
        return self.type in TEXTS
