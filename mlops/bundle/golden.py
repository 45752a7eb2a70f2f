"""Golden rows: requests with the scores they must get, bit for bit, wherever the bundle is opened."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from mlops.bundle.schema import BadRows
from mlops.errors import DataError, IntegrityError
from mlops.files.canonical import dumps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.predictor import Predictor


@dataclass(frozen=True)
class Golden:
    """Rows as a request spells them, their scores (a number each, or one per class), and what is decided by them."""

    rows: tuple[dict[str, Any], ...]
    scores: tuple[Any, ...]
    decisions: tuple[Any, ...] | None = None

    @classmethod
    def choose(cls, predictor: Predictor, frame: pl.DataFrame, scores: NDArray[np.float32], count: int) -> Golden:
        """Choose rows spread over the scores, one with a null if there is one; raises DataError when none would do."""
        frame = frame.select(field.name for field in predictor.schema.fields)
        allowed = np.flatnonzero(_acceptable(frame, predictor))
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
        return cls(rows, tuple(expected.astype(np.float64).tolist()), None if decided is None else tuple(decided))

    @classmethod
    def parse(cls, data: bytes) -> Golden:
        """Read `golden.json`; raises IntegrityError when it is not one."""
        try:
            document = json.loads(data)
            decided = tuple(document["decisions"]) if "decisions" in document else None
            golden = cls(tuple(document["rows"]), tuple(document["scores"]), decided)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise IntegrityError("golden.json does not hold golden rows") from error
        if not golden.rows or len(golden.rows) != len(golden.scores):
            raise IntegrityError("golden.json has not one score for each row")
        return golden

    def dumps(self) -> str:
        """Spell `golden.json`."""
        document: dict[str, Any] = {"schema_version": 1, "rows": list(self.rows), "scores": list(self.scores)}
        return dumps(document if self.decisions is None else document | {"decisions": list(self.decisions)})

    def check(self, predictor: Predictor, tolerance: float = 0.0) -> None:
        """Refuse a predictor that scores the rows otherwise, relative to 1 or the score; raises IntegrityError."""
        try:
            scores = predictor.predict_rows(self.rows).astype(np.float64)
            expected = np.array(self.scores, dtype=np.float64).reshape(scores.shape)
        except BadRows as error:
            raise IntegrityError(f"the bundle refuses its own golden rows: {error.message}") from error
        except (ValueError, TypeError) as error:
            raise IntegrityError("golden.json holds scores of another shape than the model gives") from error
        off = ~(np.abs(scores - expected) <= tolerance * np.maximum(1.0, np.abs(expected)))
        if off.any():
            count = int(off.reshape(len(off), -1).any(axis=1).sum())
            raise IntegrityError(
                f"{count} of {len(self.rows)} golden rows score otherwise than when the bundle was made, "
                f"by up to {float(np.abs(scores - expected).max()):.3g}",
                hint="a difference near 1e-7 is another processor or ONNX Runtime; a larger one is another model",
            )
        decided = predictor.decide(expected)
        if (None if decided is None else tuple(decided)) != self.decisions:
            raise IntegrityError("the golden rows are decided otherwise than when the bundle was made")


def json_row(row: dict[str, Any]) -> dict[str, Any]:
    """Spell a row of a frame as a request would."""
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 (NaN is not itself)


def _acceptable(frame: pl.DataFrame, predictor: Predictor) -> NDArray[np.bool_]:
    """Say which rows a request may hold: those without nulls or infinities where none are allowed."""
    tests = [pl.lit(value=True)]
    for field in predictor.schema.fields:
        column = pl.col(field.name)
        if frame.schema[field.name].is_float():
            tests.append(~column.is_infinite().fill_null(value=False))
            column = column.fill_nan(None)
        if not field.nullable:
            tests.append(column.is_not_null())
    accepted: NDArray[np.bool_] = frame.select(pl.all_horizontal(tests).alias("ok")).to_series().to_numpy()
    return np.broadcast_to(accepted, (frame.height,))


def _rank(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Order rows by score; several classes by the likeliest class, then by how likely it is."""
    wide = scores.astype(np.float64)
    return wide if wide.ndim == 1 else wide.argmax(axis=1) * 2.0 + wide.max(axis=1)
