"""The stage `ingest`: a snapshot of the source."""

from __future__ import annotations

from mlops.configuration.data import brief
from mlops.configuration.pipeline import Pipeline
from mlops.plan.stage import Output
from mlops.sources import SOURCES
from mlops.sources.source import Source
from mlops.stages.declare.declaration import Declaration, Files, Parameter

_RECORDED = "data.source.recorded"  # what the day is used for is another stage's


def _files(spec: Pipeline) -> tuple[str, ...]:
    sources = (spec.data.source, *spec.data.source.beside)
    return tuple(source.path for source in sources if source.package is None)


def _source(spec: Pipeline) -> Source:
    return spec.data.source.model_copy(update={"recorded": None})


INGEST = Declaration(
    "ingest",
    parameters=(Parameter("source", "data.source", lambda spec: brief(_source(spec)), but=_RECORDED),),
    inputs=(Files("data.source", _files, but=_RECORDED),),
    outputs=(Output("artifacts/raw.parquet"),),
    kinds=lambda spec: [SOURCES[source.kind] for source in (spec.data.source, *spec.data.source.beside)],
)
