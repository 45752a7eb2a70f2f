"""Which rows of a table a server would answer: the others have no score in production, and none where it is judged."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from mlops.documents.metrics import Refused
from mlops.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.bundle.refusal import Cause
    from mlops.bundle.schema import RequestSchema


def acceptable(frame: pl.DataFrame, schema: RequestSchema) -> NDArray[np.bool_]:
    """Say which rows a request may hold: [n], false where a value is infinite, or missing where it may not be."""
    tests = [pl.lit(value=True), *(~test for test in _faults(frame, schema).values())]
    accepted: NDArray[np.bool_] = frame.select(pl.all_horizontal(tests).alias("ok")).to_series().to_numpy()
    return np.broadcast_to(accepted, (frame.height,))


def answered(
    frame: pl.DataFrame, schema: RequestSchema, part: str = "test"
) -> tuple[pl.DataFrame, tuple[Refused, ...]]:
    """Keep the rows that a server would answer; list how many it would refuse, by column and reason.

    Raises:
        DataError: it would refuse all of them.
    """
    kept = frame.filter(acceptable(frame, schema))
    if not kept.height:
        raise DataError(f"a server would refuse every {part} row", hint="write `requests: {nulls: impute}`")
    left = frame.height - kept.height
    return kept, _listed(frame, schema) if left else ()


def _listed(frame: pl.DataFrame, schema: RequestSchema) -> tuple[Refused, ...]:
    """Count each refused row once, under the first thing that is wrong with it, as a server does."""
    faults = _faults(frame, schema)
    flags = frame.select(test.alias(str(index)) for index, test in enumerate(faults.values())).to_numpy()
    causes = list(faults)
    found: Counter[Cause] = Counter(causes[int(row.argmax())] for row in flags if row.any())
    return tuple(Refused(column=column, reason=reason, rows=rows) for (column, reason), rows in sorted(found.items()))


def _faults(frame: pl.DataFrame, schema: RequestSchema) -> dict[Cause, pl.Expr]:
    """Give a test for everything that may be wrong with a row of a table, in the order in which a server looks."""
    found: dict[Cause, pl.Expr] = {}
    for field in schema.fields:
        column = pl.col(field.name)
        if frame.schema[field.name].is_float():
            found[(field.name, "value")] = column.is_infinite().fill_null(value=False)
            column = column.fill_nan(None)
        if not schema.takes_null(field):
            found[(field.name, "null")] = column.is_null()
    return found
