"""Which columns a model should not see, by what they look like: names of rows, texts, constants, leaks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops.errors import ConfigurationError
from mlops.ml.data import columns, leakage, pixels

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from mlops.blocks.column_rule import ColumnType
    from mlops.ml.data.target import Target

_THING = re.compile(
    r"(account|borrower|case|client|company|customer|device|employee|engine|family|firm|household|loan|machine|member"
    r"|order|participant|patient|person|policy|respondent|session|student|subject|user|vehicle|visitor)"
    r"[ _.-]?(id|key|no|nr|number|uuid)",
    re.IGNORECASE,
)
_TEXT = ("string", "category")
_GROUPS = 20
_LEVELS = 50


@dataclass
class Roles:
    """Columns sorted out so far; `doubts` are sentences for a person."""

    keys: list[str] = field(default_factory=list)
    entity: str | None = None
    exclude: dict[str, list[str]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)

    def leave_out(self, reason: str, name: str) -> None:
        """Exclude a column for a reason."""
        self.exclude.setdefault(reason, []).append(name)

    def assign(self, frame: pl.DataFrame, kinds: Mapping[str, ColumnType], goal: Target) -> None:
        """Sort out the columns of a typed table whose rows all have a target.

        Raises:
            ConfigurationError: no column is left to learn from.
        """
        features = [name for name in kinds if name != goal.name]
        distinct = columns.distincts(frame)
        self._find_entity(frame, kinds, distinct, features)
        for check in columns.identifiers(frame, self._left(features), kinds, distinct):
            self._keep_apart(frame[str(check.column)], kinds[str(check.column)])
        for name in self._left(features):
            if reason := _useless(frame[name], kinds[name], distinct[name]):
                self.leave_out(reason, name)
        left = self._left(features)
        image = pixels.find(frame, {name: kinds[name] for name in left})
        suspects = [leakage.Suspect(name, kinds[name], pixel=name in image) for name in left]
        for check in leakage.find(frame, goal, suspects):
            if check.blocks:
                self.leave_out("leaks_target", str(check.column))
            self.doubts.append(check.message)
        if not self._left(features):
            hint = "bring columns that describe each row"
            raise ConfigurationError("no column is left to learn from", hint=hint)

    def _left(self, names: list[str]) -> list[str]:
        out = {*self.keys, *(name for listed in self.exclude.values() for name in listed)}
        return [name for name in names if name not in out]

    def _find_entity(
        self,
        frame: pl.DataFrame,
        kinds: Mapping[str, ColumnType],
        distinct: Mapping[str, int],
        names: list[str],
    ) -> None:
        """Find the person or thing that rows repeat: only where its name says so and there are many of them."""
        for name in self._left(names):
            counted = kinds[name] in {"int", *_TEXT} and not frame[name].null_count()
            if counted and _THING.fullmatch(name) and _GROUPS <= distinct[name] < frame.height:
                self.entity = name
                self.keys.append(name)
                return

    def _keep_apart(self, series: pl.Series, kind: ColumnType) -> None:
        """Place a column that has another value in nearly every row."""
        if series.null_count() == len(series):
            self.leave_out("empty", series.name)
        elif kind in _TEXT and bool(series.str.contains(r"\S\s+\S").any()):
            self.leave_out("free_text", series.name)
        else:
            self.keys.append(series.name)


def _useless(series: pl.Series, kind: ColumnType, distinct: int) -> str | None:
    if series.null_count() == len(series):
        return "empty"
    if distinct == 1 and not series.null_count():
        return "constant"
    if kind in _TEXT and distinct > max(_LEVELS, len(series) / 2):
        return "free_text"
    return None
