"""Golden rows: requests with the scores they must get, bit for bit, wherever the bundle is opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.bundle.schema import BadRows
from mlops.documents.golden import GoldenRows
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from mlops.bundle.contents import Contents
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.table import Row


@dataclass(frozen=True)
class Golden:
    """Rows as a request spells them, their scores (a number each, or one per class), and what is decided by them."""

    rows: tuple[Row, ...]
    scores: tuple[Any, ...]
    decisions: tuple[Any, ...] | None = None

    @classmethod
    def parse(cls, data: bytes) -> Golden:
        """Read `golden.json`; raises IntegrityError when it is not one."""
        try:
            read = GoldenRows.parse(data)
        except (ValueError, RecursionError) as error:
            raise IntegrityError("golden.json does not hold golden rows") from error
        golden = cls(read.rows, read.scores, read.decisions)
        if not golden.rows or len(golden.rows) != len(golden.scores):
            raise IntegrityError("golden.json has not one score for each row")
        return golden

    @classmethod
    def of(cls, contents: Contents) -> Golden:
        """Read those of a verified bundle; raises IntegrityError when it has none."""
        return cls.parse(contents.files["golden.json"])

    def dumps(self) -> str:
        """Spell `golden.json`."""
        decided = {} if self.decisions is None else {"decisions": self.decisions}
        return GoldenRows(rows=self.rows, scores=self.scores, **decided).dumps()

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
