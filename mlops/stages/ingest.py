"""Take a snapshot of the source: artifacts/raw.parquet."""

from __future__ import annotations

import polars as pl
from pydantic import Field

from mlops.blocks.image_column import ImageColumn
from mlops.ml.data import images, joining, official_test, parquet, sources
from mlops.ml.data.extract import Extract
from mlops.ml.data.images import Read
from mlops.ml.data.joining import Joined
from mlops.ml.data.official_test import OfficialTest
from mlops.sources.joined import Join
from mlops.sources.source import Source
from mlops.stages.context import Section, StageContext

RAW = "artifacts/raw.parquet"


class Params(Section):
    """The section `ingest` of params.yaml."""

    source: Source
    join: tuple[Join, ...] = Field(default=(), strict=False)
    test: Source | None = None
    images: dict[str, ImageColumn] = Field(default_factory=dict)
    extract: Extract | None = None
    """Which rows a smoke run is content with."""


def run(context: StageContext) -> None:
    """Copy the rows of the source, numbered, into one Parquet file that is the same for the same source."""
    params = Params.model_validate(context.params)
    source = params.source
    raw = context.path(RAW)
    raw.unlink(missing_ok=True)
    with sources.reading(source):
        rows = sources.scan(source, context.folder)
        told: tuple[Joined, ...] = ()
        test: OfficialTest | None = None
        seen: tuple[Read, ...] = ()
        if params.test is not None:
            rows, test = official_test.above(rows, source, params.test, context.folder)
        if params.join:
            table, told = joining.join(rows.collect(), params.join, context.folder)
            rows = table.lazy()
        if params.extract is not None:
            rows = params.extract.of(rows.collect()).lazy()
        if params.images:
            table, seen = images.read(rows.collect(), params.images, context.folder)
            rows = table.lazy()
        parquet.write(rows, raw, {**joining.spelled(told), **official_test.spelled(test), **images.spelled(seen)})
    snapshot = pl.scan_parquet(raw)
    count = snapshot.select(pl.len()).collect().item()
    for sentence in (*(joined.sentence for joined in told), *(each.sentence for each in seen if each.broken)):
        context.say(sentence)
    of_test = f", {test.rows:,} of them the test set, from {test.table}" if test is not None else ""
    context.say(f"{count:,} rows x {len(snapshot.collect_schema()) - 1:,} columns from {source.label}{of_test}")
