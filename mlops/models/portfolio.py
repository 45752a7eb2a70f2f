"""What a kind is tried with where nobody names its parameters: a few settings that did well on many tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CLASSES, NUMBER = ("binary", "multiclass"), ("regression",)


@dataclass(frozen=True)
class Setting:
    """Parameters over a kind's own, and the rows of training and the tasks that they are for.

    Example:
        >>> Setting({"min_leaf": 3}, most=5_000).fits(1_000)
        True
    """

    parameters: Mapping[str, Any]
    least: int = 0
    most: int | None = None
    tasks: tuple[str, ...] = ()
    """Tasks that they are for; all where there are none."""

    def fits(self, rows: int) -> bool:
        """Say whether they are for so many rows."""
        return self.least <= rows and (self.most is None or rows <= self.most)


@dataclass(frozen=True)
class Portfolio:
    """Settings in the order in which they are tried, behind the kind as it begins; and what the kind is for.

    `begins` is what `auto` writes of the candidate, and so what every trial has that does not say otherwise: how it
    reads columns that nobody has looked at. A kind that is not `unasked` joins where `auto: {kinds: [...]}` names it:
    its library is not everywhere, or a trial of it takes long.

    Example:
        >>> Portfolio(begins={"columns": "mixed"}).unasked
        True
    """

    settings: tuple[Setting, ...] = ()
    begins: Mapping[str, Any] = field(default_factory=dict)
    tables: bool = True
    pictures: bool = False
    unasked: bool = True
    most: int | None = None
    """Rows of a table up to which `mlops new --auto` names it: with more, a trial takes too long on a CPU."""
