"""The reports that the page is made of; one that is absent or unreadable is empty, and its section says so."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator

from mlops.documents.data import DataReport
from mlops.documents.explanations import ExplanationsReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.serving import ServingReport
from mlops.documents.split import SplitReport
from mlops.documents.training import TrainingReport
from mlops.documents.tuning import TuningReport

Row = TypeVar("Row", bound=BaseModel)
Known = Annotated[float | None, BeforeValidator(lambda cell: cell or None)]
"""A number, or None where the cell is empty."""


class Point(BaseModel, frozen=True):
    """A point of a model in a plot; `count` rows stand behind it."""

    model: str
    x: float
    y: float
    count: int = 0


class Epoch(BaseModel, frozen=True):
    """A metric of a candidate after an epoch."""

    candidate: str
    epoch: float
    metric: str
    value: Known


class Learnt(BaseModel, frozen=True):
    """The metric of selection with its interval, on so many training rows."""

    rows: Known
    value: Known
    low: Known = None
    high: Known = None


@dataclass(frozen=True)
class Documents:
    """What earlier stages wrote about this run."""

    metrics: MetricsReport = field(default_factory=MetricsReport)
    data: DataReport | None = None
    split: SplitReport = field(default_factory=SplitReport)
    training: TrainingReport = field(default_factory=TrainingReport)
    explanations: ExplanationsReport = field(default_factory=ExplanationsReport)
    serving: ServingReport = field(default_factory=ServingReport)
    history: tuple[Epoch, ...] = ()
    learning_curve: tuple[Learnt, ...] = ()
    tuning: TuningReport | None = None
    plots: dict[str, tuple[Point, ...]] = field(default_factory=dict)

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
            learning_curve=_table(reports / "learning_curve.csv", Learnt),
            tuning=TuningReport.read(reports / "tuning.json"),
            history=_table(reports / "history.csv", Epoch),
            plots={path.stem: _table(path, Point) for path in sorted(reports.glob("plots/*.csv"))},
        )


def _table(path: Path, kind: type[Row]) -> tuple[Row, ...]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(map(kind.model_validate, csv.DictReader(file)))
    except (OSError, ValueError, csv.Error):
        return ()
