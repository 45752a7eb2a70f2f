"""Transform and model in one step for few rows at a time, in arrays that are used again: what most requests are.

It makes of packed rows what `Transform.assemble` and `OnnxModel.score` make of them, to the last bit; the two are the
oracle (tests/unit/bundle/test_plain_rows.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mlops.bundle.one_row import OneRow
from mlops.bundle.table import within
from mlops.errors import IntegrityError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mlops.bundle.bound_model import BoundModel
    from mlops.bundle.plain_rows import Packed, PlainRows
    from mlops.bundle.predictor import Predictor
    from mlops.bundle.table import Row

MOST = 64
"""Rows at once."""


class SmallBatch:
    """Scores packed rows of one bundle; for one thread."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor, self._transform, self._model = predictor, predictor.transform, predictor.model
        reader = predictor.transform.reader
        self._widths = len(reader.plain), len(reader.codes), len(reader.dated)
        self._one = OneRow.of(predictor.transform)
        self._bound: dict[int, BoundModel] = {}

    def score(self, taken: Sequence[Packed]) -> NDArray[np.floating[Any]] | None:
        """Score the rows of some requests, one after the other, at most `MOST`; None where a number is too large.

        The array is overwritten by the next call.
        """
        rows = sum([each.rows for each in taken])
        bound = self._bound.get(rows)
        if bound is None:
            bound = self._bound[rows] = self._model.bound(rows)
        first = taken[0].first
        if rows == 1 and first is not None and self._one is not None:
            return bound.score() if self._one.write(first, taken[0].codes, bound.x) else None
        numbers, codes, moments = _joined(taken)
        wide, coded, dated = self._widths
        plain = np.frombuffer(numbers, dtype=np.float64).reshape(rows, wide)
        with np.errstate(over="ignore"):  # `within` looks again at what it cannot square
            if not within(plain):
                return None
        table = self._transform.reader.table(
            plain,
            np.array(codes, dtype=np.int64).reshape(rows, coded),
            np.array(moments, dtype=np.int64).reshape(rows, dated),
        )
        self._transform.assemble_into(table, bound.x, small=True)
        return bound.score()

    def prove(self, plain: PlainRows, rows: Sequence[Row]) -> None:
        """Hold it to the ordinary way, row by row and all at once; raises IntegrityError.

        It relies on ONNX Runtime to write into an array of ours, which it does and does not promise.
        """
        for some in (*([row] for row in rows), list(rows[:MOST])):
            packed = plain.packed(some)
            found = None if packed is None else self.score([packed])
            if found is not None and found.tobytes() != self._predictor.predict_rows(some).tobytes():
                raise IntegrityError(
                    "golden rows score otherwise in a small batch than elsewhere",
                    hint="pip install onnxruntime==VERSION, the one that the bundle's requirements.txt names",
                )


def _joined(taken: Sequence[Packed]) -> tuple[bytes, list[int], list[int]]:
    if len(taken) == 1:
        return taken[0].numbers, taken[0].codes, taken[0].moments
    codes = [code for each in taken for code in each.codes]
    moments = [moment for each in taken for moment in each.moments]
    return b"".join([each.numbers for each in taken]), codes, moments
