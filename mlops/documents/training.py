"""`reports/training.json`: the candidates that training compared, and the one it chose."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlops.documents.document import Document, Number, Part


class CandidateReport(Part):
    """A trained candidate: its kind, its figures on the validation rows, how long it learnt."""

    kind: str = "–"
    validation: dict[str, Number | None] = Field(default_factory=dict)
    epochs: int | None = None
    best_epoch: int | None = None


class OriginReport(Part, extra="allow"):
    """A forecast from one origin: the rows known there, the rows forecast, and figures of each model by name."""

    known: int
    rows: int


class TrainingReport(Document):
    """What was compared by the metric `select_by`; `backtest` is that of a forecast, by origin."""

    schema_version: Literal[1] = 1
    select_by: str = ""
    chosen: str | None = None
    reproducible: str = ""
    candidates: dict[str, CandidateReport] = Field(default_factory=dict)
    backtest: dict[str, OriginReport] = Field(default_factory=dict)
    dropped: dict[str, str] = Field(default_factory=dict)
    """Candidates that failed while others did not, and why."""
