"""What decisions are worth, and where the line between them is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.documents.metrics import MetricsReport, Validated
from mlops.present.report.behaviour import series
from mlops.present.report.charts import Plot, plot
from mlops.present.report.documents import Point
from mlops.present.report.words import count, figure

_CLASSES = 12  # classes whose table of values is shown


@dataclass(frozen=True)
class DecisionSection:
    """The curve of values, the facts behind the threshold, the table of values by true and decided class."""

    plot: Plot | None
    facts: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]
    values: tuple[tuple[str, tuple[str, ...]], ...]
    unit: str
    sentences: tuple[str, ...]


def decision(metrics: MetricsReport, drawn: Sequence[Point]) -> DecisionSection | None:
    """Show how scores become decisions; None where nobody said what they are worth."""
    found = metrics.decision
    if found is None:
        return None
    thresholds, unit = found.thresholds, found.unit
    threshold, curves = thresholds.get("candidate"), series(drawn)
    classes = tuple(map(str, metrics.classes or range(len(found.values))))
    facts = [("Chosen", found.chosen)]
    if threshold is not None:
        validation = found.validation or Validated(rows=0, value=None)
        facts = [
            ("Threshold", figure(threshold)),
            ("By theory", figure(found.theoretical)),
            ("Champion's", figure(thresholds.get("champion")))
            if "champion" in thresholds
            else ("Chosen", "on validation"),
            (f"{unit or 'Value'} a row there", f"{figure(validation.value)}, {count(validation.rows)} rows"),
        ]
    marks = [(threshold, "threshold")] if threshold is not None else []
    axes = ("Threshold", f"{unit or 'Value'} a row")
    shown = len(classes) <= _CLASSES
    return DecisionSection(
        plot=plot("Value of decisions", axes, curves, marks=marks) if curves else None,
        facts=tuple(facts),
        classes=classes if shown else (),
        values=tuple((name, tuple(map(_amount, row))) for name, row in zip(classes, found.values, strict=False))
        if shown
        else (),
        unit=unit,
        sentences=found.sentences,
    )


def _amount(value: float) -> str:
    return f"{value:,g}".replace("-", "−")
