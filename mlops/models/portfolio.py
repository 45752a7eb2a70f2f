"""What a kind is tried with where nobody names its parameters: a few settings that did well on many tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Setting:
    """Parameters over a kind's own, and the rows of training that they are for.

    Example:
        >>> Setting({"min_leaf": 3}, most=5_000).fits(1_000)
        True
    """

    parameters: Mapping[str, Any]
    least: int = 0
    most: int | None = None

    def fits(self, rows: int) -> bool:
        """Say whether they are for so many rows."""
        return self.least <= rows and (self.most is None or rows <= self.most)


@dataclass(frozen=True)
class Portfolio:
    """Settings in the order in which they are tried, behind the kind as it stands; and what the kind is for."""

    settings: tuple[Setting, ...] = ()
    tables: bool = True
    pictures: bool = False
