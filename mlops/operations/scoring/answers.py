"""The model's answers as columns of a table, called as the server calls them; and the list of rows that got none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlops.bundle.predictor import Predictor
    from mlops.operations.scoring.rows import Answered

PREDICTIONS, DECISIONS, IDENTITY = "predictions", "decisions", "prediction_id"
LISTED = pl.Schema({"row": pl.Int64, "column": pl.String, "reason": pl.String})
"""Columns of a list of refused rows; `row` counts from 0 in the partition."""


def types(predictor: Predictor) -> dict[str, Any]:
    """Type the columns that a bundle answers by: a number a row, or a list of one per class; and the decided class."""
    scores = predictor.model.score(np.empty((0, *predictor.transform.shape), dtype=np.float32))
    number: Any = pl.Float64() if scores.dtype == np.float64 else pl.Float32()
    found: dict[str, Any] = {PREDICTIONS: number if scores.ndim == 1 else pl.List(number)}
    if predictor.decision is not None and predictor.classes is not None:
        found[DECISIONS] = pl.Series(predictor.classes).dtype
    return found


def columns(predictor: Predictor, found: Answered) -> list[pl.Series]:
    """Give the answers as columns of `types`, null where a row was refused."""
    scores = found.scores
    plain = pl.Series(PREDICTIONS, scores if scores.ndim == 1 else scores.reshape(len(scores), -1))
    made = [plain.cast(types(predictor)[PREDICTIONS])]
    if predictor.decision is not None and predictor.classes is not None:
        decided = pl.Series(predictor.decision.decide(scores))
        made.append(pl.Series(predictor.classes).gather(decided).rename(DECISIONS))
    return [_without(series, list(found.refused)) for series in made]


def listed(found: Answered, carried: pl.DataFrame, before: int) -> pl.DataFrame:
    """List refused rows, with what is carried of them; a column that is called as one of the list's is left out."""
    positions = list(found.refused)
    causes = list(found.refused.values())
    rows = pl.DataFrame(
        {
            "row": [before + position for position in positions],
            "column": [column for column, _ in causes],
            "reason": [reason for _, reason in causes],
        },
        schema=LISTED,
    )
    return rows.hstack([each.gather(positions) for each in carried if each.name not in LISTED])


def _without(series: pl.Series, missing: Sequence[int]) -> pl.Series:
    """Leave out the values at some places."""
    if not missing:
        return series
    keep = np.ones(len(series), dtype=np.bool_)
    keep[missing] = False
    kept = pl.select(pl.when(pl.Series(keep)).then(pl.lit(series))).to_series()
    return kept.rename(series.name)
