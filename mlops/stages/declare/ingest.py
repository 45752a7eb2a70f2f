"""The stage `ingest`: a snapshot of the source."""

from __future__ import annotations

from typing import Any

from mlops.configuration.data import brief
from mlops.configuration.pipeline import Pipeline
from mlops.plan.stage import Output
from mlops.sources import SOURCES
from mlops.stages.declare.declaration import Declaration, Files, Parameter

_RECORDED = "data.source.recorded"  # what the day is used for is another stage's


def _source(spec: Pipeline) -> dict[str, Any]:
    source = brief(spec.data.source)
    source.pop("recorded", None)
    return source


def _files(spec: Pipeline) -> tuple[str, ...]:
    sources = (spec.data.source, *spec.data.source.beside)
    return tuple(source.path for source in sources if source.package is None)


INGEST = Declaration(
    "ingest",
    parameters=(Parameter("source", "data.source", _source, but=_RECORDED),),
    inputs=(Files("data.source", _files, but=_RECORDED),),
    outputs=(Output("artifacts/raw.parquet"),),
    kinds=lambda spec: [SOURCES[source.kind] for source in (spec.data.source, *spec.data.source.beside)],
)
