"""What a model of rows in time must at least beat: that all stays as it was the last time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.ml.data.names import helper

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TIME, _THING, _VALUE, _LAST, _ROWS = (helper(name) for name in ("time", "thing", "value", "last", "rows"))


def as_last_time(
    task: str, times: pl.Series, things: pl.Series | None, y: NDArray[Any], learnt: NDArray[np.bool_], classes: int
) -> NDArray[np.float64]:
    """Score every row [n] by the target of the last time before its own: [n], or [n, classes] of several classes.

    A number is taken as it was; of several rows at that time, their mean. Of classes it is the commonest one then, and
    a row is given the shares of what followed that class among the rows that were `learnt` from [n], one more row each
    shared out as all of them are: what is likeliest is mostly the same class, and no score is a certainty. `things`
    [n] tell apart what has a past of its own. A row without a past is scored as the dummy does.

    Example:
        >>> times, y = pl.Series([1, 2, 3, 4]), np.array([5.0, 6.0, 8.0, 7.0])
        >>> as_last_time("regression", times, None, y, np.array([True, True, False, False]), 0).tolist()
        [5.5, 5.0, 6.0, 8.0]
    """
    last = _last(times, things, y, numbers=task == "regression")
    known = ~np.isnan(last)
    if task == "regression":
        return np.where(known, last, float(y[learnt].mean(dtype=np.float64)))
    now, width = y.astype(np.int64), max(classes, 2)
    prior = np.bincount(now[learnt], minlength=width) / max(int(learnt.sum()), 1)
    counts = np.zeros((width, width))
    taught = known & learnt
    np.add.at(counts, (last[taught].astype(np.int64), now[taught]), 1)
    after = (counts + prior) / (counts.sum(axis=1, keepdims=True) + 1)
    scores = np.tile(prior, (len(y), 1))
    scores[known] = after[last[known].astype(np.int64)]
    return scores[:, 1] if task == "binary" else scores


def _last(times: pl.Series, things: pl.Series | None, y: NDArray[Any], *, numbers: bool) -> NDArray[np.float64]:
    """Give the target at the last time before each row's own: [n], NaN where there is none."""
    thing = pl.Series(_THING, np.zeros(len(y))) if things is None else things.alias(_THING)
    frame = pl.DataFrame([times.alias(_TIME), thing, pl.Series(_VALUE, y)])
    keys = [_THING, _TIME]
    if numbers:
        told = frame.group_by(keys).agg(pl.col(_VALUE).cast(pl.Float64).mean())
    else:
        counted = frame.group_by([*keys, _VALUE]).agg(pl.len().alias(_ROWS))
        told = counted.sort(_ROWS, _VALUE, descending=[True, False]).group_by(keys, maintain_order=True).first()
    past = told.sort(keys).select(*keys, pl.col(_VALUE).cast(pl.Float64).shift(1).over(_THING).alias(_LAST))
    joined = frame.join(past, on=keys, how="left", maintain_order="left", nulls_equal=True)
    return joined[_LAST].fill_null(float("nan")).to_numpy().copy()
