"""How good the answers of a window were, once their labels are in: a metric with its interval against a bound."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.errors import ConfigurationError
from mlops.metrics import METRICS
from mlops.ml.data.encoding import encode
from mlops.ml.data.names import helper
from mlops.ml.evaluation.intervals import limits
from mlops.ml.evaluation.intervals.bootstrap import Interval, resample
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import statistic
from mlops.monitor.labels import ID

if TYPE_CHECKING:
    from mlops.blocks.bootstrap import Bootstrap
    from mlops.bundle.recipe_items import Target
    from mlops.configuration.monitor import Performance
    from mlops.monitor.log import Records
    from mlops.monitor.reference import Reference
    from mlops.monitor.windows import Window

_OUTPUT = helper("output")


@dataclass(frozen=True)
class Measured:
    """A metric over one window's labelled records.

    `verdict` is worse (the whole interval is beyond the bound), well (none of it is), unclear, insufficient (too few
    labels) or immature (labels may still come).
    """

    verdict: str
    rows: int
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan


def mature(window: Window, until: datetime, settings: Performance) -> bool:
    """Say whether the labels of a window are in, by the declared delay."""
    return window.end + timedelta(days=settings.labels_within_days) <= until


def bound(settings: Performance, reference: Reference) -> float:
    """Give the value that the metric must hold.

    Raises:
        ConfigurationError: it is relative to a test value that the bundle does not have.
    """
    if settings.at_least is not None or settings.at_most is not None:
        return float(settings.at_most if settings.at_least is None else settings.at_least)  # type: ignore[arg-type]  # one is set
    tested = known.value if (known := reference.metrics.get(settings.metric)) is not None else None
    if tested is None:
        raise ConfigurationError(
            f"the bundle has no test value of {settings.metric}",
            hint=f"write `evaluate: {{metrics: [{settings.metric}, ...]}}` and run the pipeline",
        )
    margin = settings.no_worse_than or 0.0
    return float(tested) - margin if METRICS[settings.metric].higher_is_better else float(tested) + margin


def measured(
    records: Records,
    labels: pl.DataFrame,
    target: Target,
    group: str | None,
    settings: Performance,
    bootstrap: Bootstrap,
    limit: float,
    key: str = ID,
) -> Measured:
    """Measure one mature window; labels are joined by `key`, and `group` names their column that is resampled whole.

    Raises:
        DataError: a label is no value that the model could predict.
    """
    rows = pl.DataFrame({key: records.known_as(key), _OUTPUT: records.output})
    joined = rows.join(labels, on=key, how="inner").sort(key)
    if joined.height < settings.minimum_rows or joined.height < settings.coverage * len(records):
        return Measured("insufficient", joined.height)
    truth = np.asarray(encode(target, joined), dtype=np.float64)
    groups = _texts(joined.get_column(group)) if group is not None and group in joined.columns else None
    metric = statistic(settings.metric, truth, scores(joined.get_column(_OUTPUT), target))
    value = float(metric(np.ones((1, joined.height)))[0])
    if not math.isfinite(value):
        return Measured("insufficient", joined.height)
    resampling = Resampling.of(joined.height, groups, bootstrap.samples, bootstrap.seed)
    draws, possible = resample({"metric": metric}, resampling)["metric"], limits.of_metric(settings.metric)
    interval = Interval.of(value, draws, bootstrap.confidence, possible)
    return Measured(_verdict(interval, limit, settings.metric), joined.height, value, interval.low, interval.high)


def _texts(series: pl.Series) -> Any:
    """Name groups by their text; rows of nobody in particular are one group."""
    return series.cast(pl.String).fill_null("").to_numpy()


def scores(output: pl.Series, target: Target) -> Any:
    """Turn logged outputs into what metrics read: [n], or [n, k] for several classes."""
    width = len(target.classes) if target.classes is not None and len(target.classes) > 2 else 1
    table = np.array(output.to_list(), dtype=np.float64).reshape(len(output), width)
    return table if width > 1 else table[:, 0]


def _verdict(interval: Interval, limit: float, metric: str) -> str:
    low, high = interval.low - limit, interval.high - limit
    if not METRICS[metric].higher_is_better:
        low, high = -high, -low
    return "worse" if high < 0 else "well" if low >= 0 else "unclear"
