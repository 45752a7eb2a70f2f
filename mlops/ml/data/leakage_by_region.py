"""Regions of one column in which the target hardly varies: above zero, zero, missing, present, one of a few values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlops.blocks.column_rule import ColumnType
from mlops.ml.data.names import counted
from mlops.ml.data.target import Label, Target
from mlops.statistics.proportions import Share

if TYPE_CHECKING:
    import polars as pl

Kind = Literal["amount", "flag", "presence", "value"]
_ERROR = 0.02
"""Share of exceptions that an almost pure region may have: late bookings, rounding, coding errors."""
_RARE_ERROR = 0.05
_RARE = 0.10
"""A region of less than this share of the rows is an event; events are allowed a little more error."""
_LEAST_BASE_ERROR = 0.05
_RECALL = 0.10
_FLAG_RECALL = 0.80
_FEW_VALUES = 50
_LEAST_ROWS = 30


@dataclass(frozen=True)
class Region:
    """Rows that one condition on a column selects, and how the target stands among them."""

    column: str
    kind: Kind
    condition: str
    value: str | None
    rows: int
    outcome: Label | float
    hits: int
    outcome_rows: int
    total: int

    @property
    def error_rate(self) -> float:
        """Share of the region's rows that have another outcome."""
        return 1 - self.hits / self.rows

    @property
    def base_error(self) -> float:
        """Share of all rows that have another outcome."""
        return 1 - self.outcome_rows / self.total

    @property
    def recall(self) -> float:
        """Share of the outcome's rows that lie in the region."""
        return self.hits / self.outcome_rows

    @property
    def bound(self) -> float:
        """Upper end of Wilson's interval of the error rate at three standard errors."""
        return Share(self.error_rate, self.rows).interval(3.0)[1]

    @property
    def blocks(self) -> bool:
        """Tell whether nothing but a leak explains the region."""
        if self.base_error < _LEAST_BASE_ERROR:
            return False
        pure = self.error_rate <= _ERROR and self.bound <= self.base_error / 5
        if self.kind in ("flag", "value"):
            return pure and self.error_rate <= _ERROR / 20 and self.recall >= _FLAG_RECALL
        rare = self.rows <= _RARE * self.total and self.kind == "amount"
        event = rare and self.error_rate <= _RARE_ERROR and self.bound <= self.base_error / 2.5
        return (pure and self.recall >= _RECALL) or event

    @property
    def suspicious(self) -> bool:
        """Tell whether the region is pure beyond chance, though an honest feature could be so."""
        pure = self.error_rate <= _ERROR / 20 and self.bound <= self.base_error / 5
        return pure and self.base_error >= _LEAST_BASE_ERROR and self.recall >= _RECALL

    def sentence(self, target: Target, public: bool) -> str:
        """Say which rows give what away; a value of the column only if it is public."""
        where = self.condition
        if self.value is not None:
            where = f"{self.column} is {self.value}" if public else f"{self.column} has one of its values"
        outcome = f"{self.outcome:g}" if isinstance(self.outcome, float) else str(self.outcome)
        outcome = outcome.lower() if isinstance(self.outcome, bool) else outcome
        others = self.rows - self.hits
        always = f"always {outcome}" if not others else f"{outcome} in all but {others:,}"
        return f"where {where} ({self.rows:,} rows) {target.name} is {always}"


@dataclass(frozen=True)
class _Selection:
    """A condition on a column, and the rows it selects; `value` is the one it compares with, if it names one."""

    kind: Kind
    rows: pl.Series
    condition: str = ""
    value: str | None = None


def strongest(frame: pl.DataFrame, target: Target, name: str, found: ColumnType) -> Region | None:
    """Find the region that tells most about the target, if any tells too much."""
    known = frame[target.name]
    outcomes = _outcomes(known, target)
    regions = [
        region
        for selection in _selections(frame[name], found)
        for region in _regions(name, selection, known, outcomes)
        if region.blocks or region.suspicious
    ]
    return max(regions, key=lambda region: (region.blocks, region.hits, -region.error_rate), default=None)


def _outcomes(values: pl.Series, target: Target) -> dict[Label | float, int]:
    """Count rows by class; a regression has one outcome worth a look: its commonest value, if that is common."""
    counts = counted(values, sort=True)
    if target.task != "regression":
        return dict(counts.iter_rows())
    value, count = counts.row(0)
    return {value: count} if count >= _RECALL * values.len() else {}


def _selections(values: pl.Series, found: ColumnType) -> list[_Selection]:
    """List the conditions that make sense for a column."""
    name, missing = values.name, values.is_null()
    selections = []
    if 0 < values.null_count() < values.len():
        selections += [
            _Selection("presence", missing, f"{name} is missing"),
            _Selection("presence", ~missing, f"{name} is not missing"),
        ]
    if found in ("int", "float"):
        return selections + _numeric(values)
    if found in ("bool", "category", "string"):
        distinct = values.drop_nulls().unique()
        kind: Kind = "flag" if found == "bool" else "value"
        if 1 < distinct.len() <= _FEW_VALUES:
            selections += [_Selection(kind, values == value, value=str(value).lower()) for value in distinct.sort()]
    return selections


def _numeric(values: pl.Series) -> list[_Selection]:
    zero = (values == 0).fill_null(value=False)
    if not _LEAST_ROWS <= int(zero.sum()) < values.len() - values.null_count():
        return []  # zero is one value among many here, not a state of its own: an honest column may have pure ends
    kind: Kind = "flag" if values.drop_nulls().n_unique() <= 2 else "amount"
    above, below = ((values > 0).fill_null(value=False), (values < 0).fill_null(value=False))
    return [
        _Selection(kind, selected, f"{values.name} {sign} 0")
        for sign, selected in ((">", above), ("=", zero), ("<", below))
        if selected.any()
    ]


def _regions(name: str, selection: _Selection, known: pl.Series, outcomes: dict[Label | float, int]) -> list[Region]:
    inside = known.filter(selection.rows)
    if inside.len() < _LEAST_ROWS:
        return []
    if len(outcomes) == 1:
        hits = {outcome: int((inside == outcome).sum()) for outcome in outcomes}
    else:
        hits = dict(counted(inside).iter_rows())
    kind, condition, value = selection.kind, selection.condition, selection.value
    return [
        Region(name, kind, condition, value, inside.len(), outcome, hits[outcome], rows, known.len())
        for outcome, rows in outcomes.items()
        if hits.get(outcome)
    ]
