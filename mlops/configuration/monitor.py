"""`monitor:` what is watched once a model answers requests, and what starts a retraining."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from mlops.blocks.block import Block, Column, Items, Share
from mlops.blocks.place import reachable
from mlops.metrics import MetricName

Place = Annotated[str, Field(min_length=1, max_length=500), reachable("the monitor")]
Period = Literal["hour", "day", "week"]


class Rows(Block):
    """Windows of so many requests, however long they take."""

    rows: Annotated[int, Field(ge=500)]
    """Requests of a window; it ends with the batch that reaches this number."""


class ColumnQuality(Block):
    """What one column must hold, instead of what all must."""

    nulls: Share | None = None
    """As for all columns; it stands above the data contract's budget too."""
    unseen: Share | None = None
    """As for all columns."""
    outside: Share | None = None
    """As for all columns."""


class Quality(Block):
    """What a feed must hold; a column that breaks it is an incident of the data, never drift, until it holds again."""

    nulls: Share = 0.05
    """By how much the share of missing values of a column may exceed the one in training; a column for which the data
    contract allows more (`nulls: {at_most: ...}`) may have that."""
    unseen: Share = 0.05
    """Share of values of a category that training never saw."""
    outside: Share = 0.1
    """Share of numbers outside the range of training; a change of unit shows here."""
    refused: Share = 0.05
    """Share of rows that servers refused, which answered nobody and are in no other figure."""
    volume: Share = 0.2
    """A window with less than this share of the usual rows (the median of the windows before) is incomplete."""
    columns: dict[Column, ColumnQuality] = Field(default_factory=dict)
    """Other shares, by column."""

    def of(self, check: Literal["nulls", "unseen", "outside"], column: str) -> float | None:
        """Give the share that is written for one column; None where it goes by what all columns must hold."""
        own: float | None = getattr(self.columns.get(column), check, None)
        return own


class ColumnDrift(Block):
    """When one column counts as shifted, instead of when all do."""

    at_least: Annotated[float, Field(gt=0)]
    """A smaller shift of this column alarms nobody."""


class Drift(Block):
    """When a column, or the model's output, counts as shifted: large, significant and lasting, all three."""

    measure: Literal["psi", "jensen_shannon", "wasserstein"] = "psi"
    """Size of a shift: population stability index, Jensen-Shannon distance, or Wasserstein in standard deviations."""
    at_least: Annotated[float, Field(gt=0)] = 0.1
    """A smaller shift is reported and alarms nobody, however significant."""
    significance: Annotated[float, Field(gt=0, le=0.1)] = 0.01
    """Chance of any false finding in a window; it is shared out over all columns (Holm)."""
    minimum_rows: Annotated[int, Field(ge=500)] = 500
    """A window with fewer rows is `insufficient`."""
    windows: Annotated[int, Field(ge=1, le=30)] = 2
    """An alarm needs the shift in so many windows ..."""
    out_of: Annotated[int, Field(ge=1, le=30)] = 3
    """... of so many latest ones."""
    ignore: Items[Column] = ()
    """Columns that are not watched."""
    columns: dict[Column, ColumnDrift] = Field(default_factory=dict)
    """Other sizes, by column; `(output)` is the model's answer."""

    def bound(self, column: str) -> float:
        """Give the size from which a shift of a column counts."""
        own = self.columns.get(column)
        return self.at_least if own is None else own.at_least

    @model_validator(mode="after")
    def _possible(self) -> Drift:
        if self.windows > self.out_of:
            raise ValueError(f"{self.windows} windows of {self.out_of} cannot be: `windows` is at most `out_of`")
        return self


class Performance(Block):
    """A bound on a metric over labelled requests; an alarm needs the whole interval on the wrong side."""

    metric: MetricName
    """Name of the metric."""
    at_least: float | None = None
    """Smallest value that is well."""
    at_most: float | None = None
    """Greatest value that is well."""
    no_worse_than: Annotated[float, Field(ge=0)] | None = None
    """By how much it may be worse than on the test part."""
    labels_within_days: Annotated[float, Field(ge=0, le=3650)] = 7
    """Days after which the labels of a window are in; a younger window is not judged."""
    coverage: Share = 0.5
    """Share of a window's requests that must have a label."""
    minimum_rows: Annotated[int, Field(ge=30)] = 100
    """A window with fewer labels is `insufficient`."""

    @model_validator(mode="after")
    def _bounded(self) -> Performance:
        if sum(bound is not None for bound in (self.at_least, self.at_most, self.no_worse_than)) != 1:
            raise ValueError("write one of `at_least`, `at_most` and `no_worse_than`")
        return self


class Retrain(Block):
    """When `mlops retrain` proposes a new data version; a data incident suppresses it."""

    when: Annotated[Items[Literal["drift", "performance", "schedule"]], Field(min_length=1)]
    """What starts it: an alarm, or that the cooldown is over."""
    cooldown_days: Annotated[int, Field(ge=1, le=3650)] = 7
    """Days between two retrainings."""
    minimum_new_labels: Annotated[int, Field(ge=1)] = 500
    """Labelled requests since the last data version that make another worth it."""


class Monitor(Block):
    """What is watched once the model answers requests."""

    every: Period = "day"
    """How often the monitor runs."""
    window: Period | Literal["month"] | Rows = "day"
    """Requests that are judged together: by UTC hours, days, weeks from Monday or months, or so many at a time as
    `{rows: 1000}`."""
    history: Annotated[int, Field(ge=1, le=1000)] = 30
    """Latest windows that are judged and shown."""
    log: Place | None = None
    """Folder of the prediction log: `s3://`, `gs://`, `az://` or `file:///`, to which servers ship what they logged and
    where a hosted runner finds it; or relative to the repository, `.mlops/log/<name>` where it is not given. Each
    environment has a folder of its name in it."""
    labels: Place | None = None
    """CSV or Parquet file, relative to the repository or an address as in `log`: `prediction_id`, `time`, the target or
    what it derives from. Read as the data is."""
    labels_by: Literal["prediction_id", "client_id"] = "prediction_id"
    """Column of the labels that says which prediction a label is of: the id that the server gave, or the one that its
    client sent, of which the last answer counts."""
    quality: Quality = Quality()
    drift: Drift = Drift()
    performance: Performance | None = None
    """A bound on a metric over labelled requests."""
    retrain: Retrain | None = None
    """When to propose a retraining; never where absent."""

    @model_validator(mode="after")
    def _long_enough(self) -> Monitor:
        if self.history < self.drift.out_of:
            raise ValueError(f"a history of {self.history} windows cannot show {self.drift.out_of}: `drift.out_of`")
        return self
