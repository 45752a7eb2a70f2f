"""What somebody declared about a snapshot, as params.yaml spells it."""

from __future__ import annotations

import polars as pl
from pydantic import BaseModel, ConfigDict, field_validator

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.blocks.block import Name
from mlops.blocks.column_rule import ColumnRule, Scalar
from mlops.blocks.data_limit import DriftLimits, NoiseLimit
from mlops.blocks.derived import Computed, conditions, fitted, inputs, origins, served
from mlops.blocks.forecast import Lookback
from mlops.blocks.image_column import ImageColumn, beside
from mlops.blocks.table_rule import Freshness, OwnCheck, Pair, RowCount
from mlops.blocks.where import Where
from mlops.ml.data.target import Task


class Contract(BaseModel):
    """What a snapshot is held against."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    task: Task
    target: str
    positive: Scalar | None = None
    entity: str | None = None
    keys: tuple[str, ...] = ()
    weight: str | None = None
    """Column that says how much a row counts; never learnt from."""
    dated: str | None = None
    """A key that is learnt from all the same, if it is a date: its parts are asked for."""
    columns: dict[str, ColumnRule] = {}
    strict: bool = False
    rows: RowCount = RowCount()
    unique: tuple[tuple[str, ...], ...] = ()
    derive: dict[str, Computed] = {}
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] | None = None
    drop_null_target: bool = False
    ordered: bool = False
    pairs: tuple[Pair, ...] = ()
    freshness: tuple[Freshness, ...] = ()
    checks: tuple[OwnCheck, ...] = ()
    drift: DriftLimits | None = None
    label_noise: NoiseLimit | None = None
    where: Where | None = None
    forecast: Lookback | None = None
    accepted_leak: AcceptedLeak | None = None
    image: bool = False
    """Every feature is a pixel, so that no one of them is held for a leak by its dark or bright rows."""
    images: dict[str, ImageColumn] = {}
    """Columns of pictures, with what they are brought to."""
    named: dict[str, tuple[str, ...]] = {}
    """Columns that later stages go by and that nothing above names, by the key that names them."""
    made_by: tuple[Name, ...] = ()
    """Stages of the pipeline's own code that rows went through."""

    @field_validator("columns")
    @classmethod
    def _patterns(cls, columns: dict[str, ColumnRule]) -> dict[str, ColumnRule]:
        """Refuse a pattern that Polars cannot use, before any data is read."""
        for name, rule in columns.items():
            try:
                pl.Series([""]).str.contains(rule.matches or "")
            except pl.exceptions.PolarsError as error:
                message = f"`{rule.matches}` of `{name}` is not a regular expression without look-around"
                raise ValueError(message) from error
        return columns

    @property
    def kept(self) -> frozenset[str]:
        """Columns that stay in the table but are never learnt from."""
        named = (name for name in (self.entity, self.weight) if name)
        return frozenset({*self.keys, *named, *self.measures}) - {self.target}

    @property
    def measures(self) -> frozenset[str]:
        """Columns of what is measured of pictures."""
        return frozenset(column for name in self.images for column in beside(name))

    @property
    def personal(self) -> frozenset[str]:
        """Columns that are not learnt from, and of which no value is told."""
        return frozenset(name for name, rule in self.columns.items() if rule.personal)

    @property
    def table(self) -> str:
        """The file of the rows that are held against it."""
        return f"artifacts/{self.made_by[-1] if self.made_by else 'raw'}.parquet"

    def origins(self) -> frozenset[str]:
        """Columns that the target is computed from, directly or through others."""
        return origins(self.derive, self.target)

    @property
    def later(self) -> frozenset[str]:
        """Columns that are learnt from rows of training, so that the table gets them after the split."""
        return fitted(self.derive)

    @property
    def inputs(self) -> frozenset[str]:
        """Columns that stay in the table because the server computes others of them."""
        if self.forecast is not None:
            return frozenset()
        learnt = {name for name in served(self.derive, self.target, self.personal) if self.learns(name)}
        asked = inputs(self.derive, learnt)
        if self.where is None or self.where.outside == "answer" or self.where.may_use_target:
            return asked
        return asked | conditions(self.derive, self.where.keep, self.personal)

    def learns(self, name: str) -> bool:
        """Say whether a column may be learnt from, by its name."""
        listed = self.include is None or name in self.include
        return listed and name not in {*self.exclude, *self.personal, *self.kept}
