"""The reports that the page is made of; one that is absent or unreadable is empty, and its section says so."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mlops.documents.data import DataReport
from mlops.documents.explanations import ExplanationsReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.serving import ServingReport
from mlops.documents.split import SplitReport
from mlops.documents.training import TrainingReport

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Documents:
    """What earlier stages wrote about this run."""

    metrics: MetricsReport = field(default_factory=MetricsReport)
    data: DataReport | None = None
    split: SplitReport = field(default_factory=SplitReport)
    training: TrainingReport = field(default_factory=TrainingReport)
    explanations: ExplanationsReport = field(default_factory=ExplanationsReport)
    serving: ServingReport = field(default_factory=ServingReport)
    history: tuple[dict[str, str], ...] = ()
    learning_curve: tuple[dict[str, str], ...] = ()
    plots: dict[str, tuple[dict[str, str], ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, reports: Path) -> Documents:
        """Read a pipeline's `reports/`."""
        return cls(
            metrics=MetricsReport.read(reports / "metrics.json") or MetricsReport(),
            data=DataReport.read(reports / "data.json"),
            split=SplitReport.read(reports / "split.json") or SplitReport(),
            training=TrainingReport.read(reports / "training.json") or TrainingReport(),
            explanations=ExplanationsReport.read(reports / "explanations.json") or ExplanationsReport(),
            serving=ServingReport.read(reports / "serving.json") or ServingReport(),
            learning_curve=_table(reports / "learning_curve.csv"),
            history=_table(reports / "history.csv"),
            plots={path.stem: _table(path) for path in sorted(reports.glob("plots/*.csv"))},
        )


def _table(path: Path) -> tuple[dict[str, str], ...]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return ()
