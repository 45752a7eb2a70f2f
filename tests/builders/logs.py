"""Prediction logs as a server would have written them, with times of the test's own."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from mlops.bundle.contents import verify
from mlops.bundle.prediction_log import Spelling, segment_name
from mlops.bundle.predictor import Predictor
from mlops.stages.tables import scored
from tests.builders.rows import json_row

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

START = datetime(2026, 11, 2, tzinfo=UTC)


@lru_cache(4)
def _opened(bundle: Path, manifest: bytes) -> Predictor:
    """Open a bundle once for all of its days."""
    return Predictor.open(bundle)


def write_day(folder: Path, bundle: Path, day: int, frame: pl.DataFrame, digest: str | None = None) -> list[str]:
    """Log the rows of a frame, spread over a day; give their prediction ids."""
    predictor = _opened(bundle, (bundle / "manifest.json").read_bytes())
    plain = frame.select(field.name for field in predictor.schema.fields)
    rows = [json_row(row) for row in plain.iter_rows(named=True)]
    output = scored(predictor, plain).astype(np.float64).reshape(len(rows), -1).tolist()
    first = int((START + timedelta(days=day)).timestamp() * 1e6)
    times = [first + index * 86_000_000_000 // max(1, len(rows)) for index in range(len(rows))]
    names = [f"{day}-{index}" for index in range(len(rows))]
    spelling = Spelling(predictor.schema, digest or verify(bundle))
    records = [spelling.records(f"{day}-{index}", at, [rows[index]], [output[index]]) for index, at in enumerate(times)]
    folder.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(b"".join([spelling.head(len(rows)), *records]), 1, mtime=0)
    (folder / segment_name(times[0], times[-1], f"a-{day}")).write_bytes(packed)
    return [f"{name}-0" for name in names]
