"""What the registry is told about a bundle: all is read from the bundle and its papers, plus where it came from."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mlops.files import canonical
from mlops.release.mlmodel import Made, beside, model_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlops.bundle.contents import Contents
    from mlops.bundle.papers import Papers
    from mlops.documents.metrics import MetricsReport

BUNDLE = "mlops.bundle"
VERDICT = "mlops.verdict"
JUDGED = "mlops.judged"
STATEMENT = "mlops.statement"
SIGNATURE = "mlops.signature"
FILES = "mlops.files"
Measured = tuple[str, float, int]
"""A metric's name, its value and the epoch it belongs to."""


@dataclass(frozen=True)
class Origin:
    """Where a bundle was made: the commit, and whether it was made of files that differ from it; its data's place.

    `judged` is the digest of the bundle that a pull request's run judged, `unknown` where nobody can name it any more,
    and None where no run was asked.
    """

    commit: str
    dirty: bool = False
    source: str = ""
    judged: str | None = None


@dataclass(frozen=True)
class Entry:
    """One bundle as MLflow sees it: a run's content and a model version's tags."""

    name: str
    digest: str
    params: tuple[tuple[str, str], ...]
    metrics: tuple[Measured, ...]
    tags: tuple[tuple[str, str], ...]
    data: str
    source: str
    statement: str | None = None
    """Digest of the statement about it; None for a bundle of version 1, which carries its own evidence."""

    @property
    def run_name(self) -> str:
        """A short name that is the same for the same bundle."""
        return f"{self.name}-{self.digest.removeprefix('sha256:')[:12]}"


def read_entry(bundle: Contents, papers: Papers, origin: Origin, history: tuple[Measured, ...] = ()) -> Entry:
    """Read a verified bundle and its papers; `history` is the training's, by epoch."""
    manifest = bundle.manifest
    statement = None if papers.statement is None else papers.statement.name
    return Entry(
        name=manifest.pipeline,
        digest=bundle.digest,
        params=tuple(_params(_Model.model_validate_json(bundle.files["model.json"]))),
        metrics=(*_metrics(papers.metrics), *history),
        tags=tuple(sorted([*_tags(papers, origin), (FILES, beside(model_files(bundle, Made.here())))])),
        data=papers.identity.data,
        source=origin.source,
        statement=statement,
    )


class _Model(BaseModel, extra="allow", frozen=True, defer_build=True):
    """What `model.json` of a bundle says; its parameters are those of the model's kind."""

    candidate: str
    kind: str
    task: str
    parameters: dict[str, Any]


def _params(model: _Model) -> Iterator[tuple[str, str]]:
    yield from (("candidate", model.candidate), ("kind", model.kind), ("task", model.task))
    for key, value in sorted(model.parameters.items()):
        if key not in model.model_fields_set:
            yield key, value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _tags(papers: Papers, origin: Origin) -> Iterator[tuple[str, str]]:
    identity = papers.identity
    yield BUNDLE, papers.bundle
    yield "mlops.code", canonical.digest_json(identity.code)
    yield "mlops.commit", origin.commit
    yield "mlops.configuration", identity.configuration
    yield "mlops.data", identity.data
    yield "mlops.dirty", str(origin.dirty).lower()
    yield "mlops.gate", identity.gate
    if origin.judged is not None:
        yield JUDGED, origin.judged
    if papers.statement is not None:
        yield STATEMENT, papers.statement.name
    yield VERDICT, papers.gate.verdict
    for stage, code in sorted(identity.code.items()):
        yield f"mlops.code.{stage}", code


def _metrics(report: MetricsReport) -> Iterator[Measured]:
    """Give the candidate's metrics on the test part, each with its interval."""
    for name, measured in sorted(report.candidate.items()):
        for suffix, value in (("", measured.value), ("_low", measured.low), ("_high", measured.high)):
            if value is not None and math.isfinite(value):
                yield f"{name}{suffix}", float(value), 0
