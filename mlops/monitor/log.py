"""Reads the prediction log: a window at a time, each record once."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from mlops.bundle.prediction_log import covering, segment_times, segments
from mlops.monitor.segment import CLIENT, read_refusals, read_segment, read_times

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from mlops.bundle.refusal import Cause, Refusals
    from mlops.monitor.windows import Window


@dataclass(frozen=True)
class Records:
    """Records of one window made by one bundle, by time; `others` counts those of other bundles.

    `features` has a column for each field of the request, `output` one list of scores a row, `at` when it was made,
    `client` what its client calls it, null where it says nothing; `refused` counts the rows that this bundle's
    servers did not answer.
    """

    identity: pl.Series
    features: pl.DataFrame
    output: pl.Series
    at: pl.Series
    client: pl.Series
    others: int
    refused: Refusals = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.identity)

    def known_as(self, key: str) -> pl.Series:
        """Give the names that labels are joined by: ours, or the clients'.

        What a client asked again under one name is one thing that happened: the last answer has the name.
        """
        if key != CLIENT:
            return self.identity
        last = pl.DataFrame({"name": self.client}).select(pl.col("name").is_last_distinct()).to_series()
        return self.client.set(~last, None)


def span(names: Iterable[str]) -> tuple[datetime, datetime] | None:
    """Give the times of the first and the last record, by the names of the segments; None for an empty log."""
    times = [segment_times(name) for name in covering(names)]
    return (min(first for first, _ in times), max(last for _, last in times)) if times else None


def read(folders: Iterable[Path], window: Window, bundle: str) -> Records:
    """Read the records of a window, from all folders that hold a part of the log.

    Raises:
        IntegrityError: a segment cannot be read.
    """
    paths = [path for folder in folders for path in segments(folder, window.start, window.end)]
    frames = [frame for path in paths if (frame := _segment(path, window)).height]
    refused: Counter[Cause] = Counter()
    for path in paths:
        refused += read_refusals(path, window.start, window.end, bundle)
    own = [frame.filter(pl.col("bundle") == bundle) for frame in frames]
    others = sum(frame.height for frame in frames) - sum(frame.height for frame in own)
    own = [frame.drop("bundle") for frame in own if frame.height]
    if not own:
        empty = pl.Series("prediction_id", [], dtype=pl.String)
        output = pl.Series("output", [], dtype=pl.List(pl.Float64))
        at = pl.Series("at", [], dtype=pl.Datetime("us", "UTC"))
        return Records(empty, pl.DataFrame(), output, at, empty.alias(CLIENT), others, refused)
    # one bundle has one request schema, so that its segments have the same columns
    joined = pl.concat(own).unique("prediction_id", keep="first").sort("at", "prediction_id")
    names = ("prediction_id", "features", "output", "at", CLIENT)
    identity, features, output, at, client = map(joined.get_column, names)
    return Records(identity, features.struct.unnest(), output, at, client, others, refused)


def times(folders: Iterable[Path], bundle: str) -> pl.Series:
    """Read when a bundle answered, a record at a time, in order; the whole log is read, and only this is kept of it.

    Raises:
        IntegrityError: a segment cannot be read.
    """
    frames = [read_times(path, bundle) for folder in folders for path in segments(folder)]
    if not frames:
        return pl.Series("at", [], dtype=pl.Datetime("us", "UTC"))
    return pl.concat(frames).unique("prediction_id", keep="first").get_column("at").sort()


def _segment(path: Path, window: Window) -> pl.DataFrame:
    return read_segment(path).filter((pl.col("at") >= window.start) & (pl.col("at") < window.end))
