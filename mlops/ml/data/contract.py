"""What somebody declared about a snapshot, as params.yaml spells it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from mlops.ml.data.derive import Derived
from mlops.ml.data.lookback import Lookback
from mlops.ml.data.rules import (
    ColumnRule,
    DriftLimits,
    Freshness,
    NoiseLimit,
    OwnCheck,
    Pair,
    RowCount,
    Scalar,
)
from mlops.ml.data.target import Task


class Contract(BaseModel):
    """What a snapshot is held against: the section `validate` of params.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    task: Task
    target: str
    positive: Scalar | None = None
    entity: str | None = None
    keys: tuple[str, ...] = ()
    dated: str | None = None
    """A key that is learnt from all the same, if it is a date: its parts are asked for."""
    columns: dict[str, ColumnRule] = {}
    strict: bool = False
    rows: RowCount = RowCount()
    unique: tuple[tuple[str, ...], ...] = ()
    derive: dict[str, Derived] = {}
    exclude: tuple[str, ...] = ()
    include: tuple[str, ...] | None = None
    drop_null_target: bool = False
    ordered: bool = False
    pairs: tuple[Pair, ...] = ()
    freshness: tuple[Freshness, ...] = ()
    checks: tuple[OwnCheck, ...] = ()
    drift: DriftLimits | None = None
    label_noise: NoiseLimit | None = None
    forecast: Lookback | None = None
    code: str = ""
    libraries: dict[str, str] = {}

    @property
    def kept(self) -> frozenset[str]:
        """Columns that stay in the table but are never learnt from."""
        return frozenset({*self.keys, *((self.entity,) if self.entity else ())}) - {self.target}

    def origins(self) -> frozenset[str]:
        """Columns that the target is computed from, directly or through others."""
        found: set[str] = set()
        name = self.target
        while name in self.derive and self.derive[name].source not in found:
            name = self.derive[name].source
            found.add(name)
        return frozenset(found)
