"""Take a snapshot of the source: artifacts/raw.parquet."""

from __future__ import annotations

import polars as pl

from mlops.ml.data import parquet, sources
from mlops.sources.source import Source
from mlops.stages.context import Section, StageContext

RAW = "artifacts/raw.parquet"


class Params(Section):
    """The section `ingest` of params.yaml."""

    source: Source


def run(context: StageContext) -> None:
    """Copy the rows of the source, numbered, into one Parquet file that is the same for the same source."""
    source = Params.model_validate(context.params).source
    raw = context.path(RAW)
    raw.unlink(missing_ok=True)
    with sources.reading(source):
        parquet.write(sources.scan(source, context.folder), raw)
    snapshot = pl.scan_parquet(raw)
    rows = snapshot.select(pl.len()).collect().item()
    context.say(f"{rows:,} rows x {len(snapshot.collect_schema()) - 1:,} columns from {source.label}")
