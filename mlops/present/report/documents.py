"""The reports that the page is made of; one that is absent or unreadable is empty, and its section says so."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlops.documents.metrics import MetricsReport

if TYPE_CHECKING:
    from pathlib import Path

Document = dict[str, Any]


@dataclass(frozen=True)
class Documents:
    """What earlier stages wrote about this run."""

    metrics: MetricsReport = field(default_factory=MetricsReport)
    data: Document = field(default_factory=dict)
    split: Document = field(default_factory=dict)
    training: Document = field(default_factory=dict)
    explanations: Document = field(default_factory=dict)
    serving: Document = field(default_factory=dict)
    history: tuple[dict[str, str], ...] = ()
    learning_curve: tuple[dict[str, str], ...] = ()
    plots: dict[str, tuple[dict[str, str], ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, reports: Path) -> Documents:
        """Read a pipeline's `reports/`."""
        return cls(
            metrics=MetricsReport.read(reports / "metrics.json") or MetricsReport(),
            data=_json(reports / "data.json"),
            split=_json(reports / "split.json"),
            training=_json(reports / "training.json"),
            explanations=_json(reports / "explanations.json"),
            serving=_json(reports / "serving.json"),
            learning_curve=_table(reports / "learning_curve.csv"),
            history=_table(reports / "history.csv"),
            plots={path.stem: _table(path) for path in sorted(reports.glob("plots/*.csv"))},
        )


def _json(path: Path) -> Document:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _table(path: Path) -> tuple[dict[str, str], ...]:
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return tuple(csv.DictReader(file))
    except (OSError, ValueError, csv.Error):
        return ()
