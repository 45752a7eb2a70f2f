"""Learns what aggregates of `derive` have in the rows of training; the transform carries it, and servers look it up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from mlops.documents.table import ColumnSchema
from mlops.errors import DataError
from mlops.expressions.aggregates import MOST
from mlops.ml.data.derive import learn, possible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlops.expressions.steps import Step
    from mlops.stages.fit_options import Options


@dataclass(frozen=True)
class Learnt:
    """Features of the rows of training that no table of another stage has."""

    columns: pl.DataFrame
    types: Mapping[str, str]

    def beside(self, train: pl.DataFrame) -> pl.DataFrame:
        """Set them beside the other columns of the same rows."""
        return pl.concat([train, self.columns], how="horizontal")

    @property
    def described(self) -> list[ColumnSchema]:
        """Describe them as the table's own."""
        plain = {"role": "feature", "nullable": True, "sensitive": False, "categories": None}
        return [
            ColumnSchema.model_validate(
                {"name": name, "type": self.types[name], "minimum": None, "maximum": None, **plain}
            )
            for name in self.columns.columns
        ]


def aggregated(train: pl.DataFrame, types: Mapping[str, str], options: Options) -> tuple[list[Step], Learnt | None]:
    """List what can be computed of a row, in order, each aggregate with what these rows have.

    Raises:
        DataError: the aggregates have more levels than a bundle carries.
    """
    steps = possible(options.derive, types)
    if not options.learnt:
        return steps, None
    done, columns, kinds = learn(train, types, steps, set(options.learnt))
    _refuse_many(done)
    frozen = {step.name: step for step in done}
    return [frozen.get(step.name, step) for step in steps], Learnt(columns, kinds)


def _refuse_many(steps: list[Step]) -> None:
    """Hold the levels of all aggregates to what a bundle carries."""
    sizes = {
        step.expression[asked.start : asked.end]: len(learnt.levels)
        for step in steps
        for asked, learnt in step.frozen.items()
    }
    total = sum(len(learnt.levels) for step in steps for learnt in step.learnt)
    if total > MOST:
        largest = max(sizes, key=lambda name: sizes[name])
        raise DataError(
            f"aggregates of `derive` have {total:,} levels in the rows of training, {sizes[largest]:,} of them "
            f"`{largest}`, and a bundle carries at most {MOST:,}",
            hint="go by a column of fewer levels, such as the beginning of a code: `prefix(code, 3)`",
        )
