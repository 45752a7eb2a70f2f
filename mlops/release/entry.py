"""What the registry is told about a bundle: all is read from the bundle and its papers, plus where it came from."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from mlops.documents.summary import Summary
from mlops.documents.training import TrainingReport
from mlops.files import canonical
from mlops.files.figures import plural
from mlops.files.intervals import measured
from mlops.files.tracked import Source, named
from mlops.present.card.short import described, short
from mlops.release.mlmodel import Made, beside, model_files
from mlops.release.rows import Rows, rows_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlops.bundle.contents import Contents
    from mlops.bundle.papers import Papers
    from mlops.documents.gate import GateReport
    from mlops.documents.metrics import MetricsReport

BUNDLE = "mlops.bundle"
VERDICT = "mlops.verdict"
JUDGED = "mlops.judged"
STATEMENT = "mlops.statement"
SIGNATURE = "mlops.signature"
FILES = "mlops.files"
COMMIT, FIGURES, GATE, KIND = "commit", "figures", "gate", "kind"
"""Tags that people read first: MLflow sorts tags by name, so that these come before those that begin with `mlops.`."""
Measured = tuple[str, float, int]
"""A metric's name, its value and the epoch it belongs to."""
BY_HAND = Source("mlops register")
_HEADLINES = 3
_LONGEST = 2500  # characters: MLflow shows a description above tags and signature; every database behind it takes 5,000


@dataclass(frozen=True)
class Origin:
    """Where a bundle was made: the commit, and whether it was made of files that differ from it; its data's place.

    `judged` is the digest of the bundle that a pull request's run judged, `unknown` where nobody can name it any more,
    and None where no run was asked. `by` is who registers it.
    """

    commit: str
    dirty: bool = False
    source: str = ""
    judged: str | None = None
    by: Source = BY_HAND


@dataclass(frozen=True)
class Trained:
    """A candidate as its reports have it: its kind, its figures on validation rows, its history by epoch."""

    name: str
    kind: str
    metrics: tuple[Measured, ...]


@dataclass(frozen=True)
class Entry:
    """One bundle as MLflow sees it: a run's content, a model, and a model version's tags and description."""

    name: str
    digest: str
    params: tuple[tuple[str, str], ...]
    metrics: tuple[Measured, ...]
    tags: tuple[tuple[str, str], ...]
    rows: Rows
    origin: Origin
    statement: str | None = None
    """Digest of the statement about it; None for a bundle of version 1, which carries its own evidence."""
    trained: str = ""
    """Digest of its ONNX file, by which the run that trained it is found."""
    candidates: tuple[Trained, ...] = ()
    about: str = ""
    """What the model is for, in a sentence."""
    description: str = ""
    """The card, as far as a description may be long."""
    figures: tuple[tuple[str, ...], ...] = ()
    """A table of the figures of all models with their intervals, its head first."""

    @property
    def run_name(self) -> str:
        """A short name that is the same for the same bundle."""
        return f"{self.name}-{self.digest.removeprefix('sha256:')[:12]}"


def read_entry(bundle: Contents, papers: Papers, origin: Origin, history: tuple[Measured, ...] = ()) -> Entry:
    """Read a verified bundle and its papers; `history` is the training's, by epoch, as `candidate/metric`."""
    manifest, model = bundle.manifest, _Model.model_validate_json(bundle.files["model.json"])
    card = papers.files.get("card.md", b"").decode("utf-8", errors="replace")
    beside_it = beside(model_files(bundle, Made.here()))
    return Entry(
        name=manifest.pipeline,
        digest=bundle.digest,
        params=tuple(_params(model)),
        metrics=tuple(_metrics(papers.metrics)),
        tags=tuple(sorted([*_plain(papers, model, origin), *_tags(papers, origin), (FILES, beside_it)])),
        rows=rows_of(manifest.pipeline, papers, origin.source),
        origin=origin,
        statement=None if papers.statement is None else papers.statement.name,
        trained=f"sha256:{manifest.files['model.onnx'].sha256}",
        candidates=tuple(_candidates(papers.files.get("training.json"), history)),
        about=described(card),
        description=short(card, _LONGEST) if card else "",
        figures=tuple(_figures(papers.metrics)),
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


def _plain(papers: Papers, model: _Model, origin: Origin) -> Iterator[tuple[str, str]]:
    """Give what people look for first: the verdict in a few words, the main figures, the model, the commit."""
    gate, known = papers.gate, papers.metrics.candidate
    yield COMMIT, origin.commit[:8] + (" and changes that are not in it" if origin.dirty else "")
    yield GATE, f"{gate.verdict}: {gate.tally.passed} of {plural(gate.tally.judged, 'rule')}{_warned(gate)}"
    yield KIND, f"{model.kind}, {model.task}"
    names = [name for name in Summary.of(gate, papers.metrics).model_extra or {} if name in known][:_HEADLINES]
    told = (" ".join((name, *measured(known[name].value, known[name].low, known[name].high))) for name in names)
    if names:
        yield FIGURES, ", ".join(told)


def _warned(gate: GateReport) -> str:
    return f", {plural(gate.tally.warnings, 'warning')}" if gate.tally.warnings else ""


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
    """Give the candidate's metrics on the test part; their intervals are in tags and in a table."""
    for name, known in sorted(report.candidate.items()):
        if known.value is not None and math.isfinite(known.value):
            yield name, float(known.value), 0


def _figures(report: MetricsReport) -> Iterator[tuple[str, ...]]:
    yield "model", "metric", "value", "low", "high"
    for model, figures in sorted(report.models.items()):
        for name, known in sorted(figures.items()):
            yield model, name, *("" if end is None else str(end) for end in (known.value, known.low, known.high))


def _candidates(training: bytes | None, history: Iterable[Measured]) -> Iterator[Trained]:
    """Give what was compared; a metric has one name, in its epochs and, last, of the epoch that was kept."""
    if training is None:
        return
    steps = list(history)
    for name, known in sorted(TrainingReport.parse(training).candidates.items()):
        own = [(named(key.partition("/")[2]), value, step) for key, value, step in steps if key.startswith(f"{name}/")]
        last = max((step for _, _, step in own), default=-1) + 1
        kept = ((f"validation/{key}", value, last) for key, value in known.validation.items() if value is not None)
        yield Trained(name, known.kind, (*own, *(item for item in kept if math.isfinite(item[1]))))
