"""Which rows of a table become a bundle's golden rows."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle.golden import Golden
from mlops.errors import DataError
from mlops.steps.answered import acceptable

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor


def choose(predictor: Predictor, frame: pl.DataFrame, scores: NDArray[np.float32], count: int) -> Golden:
    """Choose rows spread over the scores, one with a null if there is one; raises DataError when none would do."""
    frame = frame.select(field.name for field in predictor.schema.fields)
    allowed = np.flatnonzero(acceptable(frame, predictor.schema))
    if not len(allowed):
        raise DataError("no test row could be sent as a request: each has a null where training had none")
    order = allowed[np.argsort(_rank(scores[allowed]), kind="stable")]
    picked = order[np.unique(np.linspace(0, len(order) - 1, min(count, len(order))).astype(np.int64))]
    nulls = frame.select(pl.any_horizontal(pl.all().is_null())).to_series().to_numpy()
    if not nulls[picked].any() and (with_null := order[nulls[order]]).size:
        picked[len(picked) // 2] = with_null[len(with_null) // 2]
    rows = tuple(json_row(row) for row in frame[np.unique(picked).tolist()].iter_rows(named=True))
    expected = predictor.predict_rows(rows)
    decided = predictor.decide(expected)
    return Golden(rows, tuple(expected.astype(np.float64).tolist()), None if decided is None else tuple(decided))


def json_row(row: dict[str, Any]) -> dict[str, Any]:
    """Spell a row of a frame as a request would."""
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 (NaN is not itself)


def _rank(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Order rows by score; several classes by the likeliest class, then by how likely it is."""
    wide = scores.astype(np.float64)
    return wide if wide.ndim == 1 else wide.argmax(axis=1) * 2.0 + wide.max(axis=1)
