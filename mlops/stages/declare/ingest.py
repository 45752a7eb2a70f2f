"""The stage `ingest`: a snapshot of the source."""

from __future__ import annotations

from mlops.configuration.data import SHOWN, brief, images, sources, unshown
from mlops.configuration.pipeline import Pipeline
from mlops.files.plain_yaml import Values
from mlops.plan.stage import Output
from mlops.sources import SOURCES
from mlops.sources.source import Source
from mlops.stages.declare.declaration import Declaration, Files, Parameter

_RECORDED = "data.source.recorded data.test.recorded"  # what the day is used for is another stage's


def _files(spec: Pipeline) -> tuple[str, ...]:
    return tuple(source.path for _, source in sources(spec.data) if source.package is None)


def _undated(source: Source) -> Values:
    return brief(source.model_copy(update={"recorded": None}))


def _join(spec: Pipeline) -> list[Values]:
    return [brief(joined) for joined in spec.data.join]


def _test(spec: Pipeline) -> Values | None:
    return None if spec.data.test is None else _undated(spec.data.test)


def _images(spec: Pipeline) -> dict[str, Values]:
    return {name: unshown(image) for name, image in images(spec.data).items()}


def _folders(spec: Pipeline) -> tuple[str, ...]:
    return tuple(image.folder for image in images(spec.data).values() if image.folder is not None)


INGEST = Declaration(
    "ingest",
    parameters=(
        Parameter("source", "data.source", lambda spec: _undated(spec.data.source), but=_RECORDED),
        Parameter("join", "data.join", _join, optional=True),
        Parameter("test", "data.test", _test, optional=True, but=_RECORDED),
        Parameter("images", "data.images", _images, optional=True, but=SHOWN),
    ),
    inputs=(
        Files("data.source data.join data.test", _files, but=_RECORDED),
        Files("data.images data.source", _folders, but=f"{_RECORDED} {SHOWN}"),
    ),
    outputs=(Output("artifacts/raw.parquet"),),
    kinds=lambda spec: [SOURCES[source.kind] for _, source in sources(spec.data)],
)
