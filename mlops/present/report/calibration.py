"""Whether probabilities can be taken at their word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.documents.figures import Figure
from mlops.documents.metrics import MetricsReport, Reliability
from mlops.ml.evaluation.judging.names import called
from mlops.present.report.about import About
from mlops.present.report.behaviour import DIAGONAL, series
from mlops.present.report.charts import Plot, Series, plot
from mlops.present.report.documents import Point
from mlops.present.report.words import figure, interval, measured


@dataclass(frozen=True)
class Calibration:
    """A reliability curve and what it comes to; each fact is a name, a value and what explains it."""

    plot: Plot
    facts: tuple[tuple[str, str, str], ...]


def calibration(metrics: MetricsReport, drawn: Sequence[Point], about: About) -> Calibration | None:
    """Draw the candidate with its intervals, and the champion beside it; None where nothing is known."""
    found = metrics.reliability
    own = _candidate(found)
    others = [each for each in series(drawn) if each.style == "champion" or (own is None and each.style == "candidate")]
    shown = [*([own] if own else []), *others]
    if not shown:
        return None
    second = (metrics.classes or ("", ""))[1] if metrics.task == "binary" else ""
    of = about.label(about.target, second) or (found.of if found is not None else "")
    note = f"Probability of {of}, in bins of equal size" if of else ""
    axes = ("Predicted", "Observed")
    return Calibration(
        plot("Reliability", axes, shown, unit=True, dots=True, reference=DIAGONAL, note=note), _facts(found)
    )


def _candidate(found: Reliability | None) -> Series | None:
    bins = () if found is None else found.bins
    points = [(item.predicted, item.observed) for item in bins]
    return Series("candidate", "candidate", points, [(item.low, item.high) for item in bins]) if bins else None


def _facts(found: Reliability | None) -> tuple[tuple[str, str, str], ...]:
    if found is None:
        return ()
    brier, slope, intercept = found.brier, found.slope, found.intercept
    return (
        (called("ece"), figure(found.ece), "mean distance from the diagonal"),
        ("Slope", _value(slope), f"{_ends(slope)}1 is right; below, probabilities are too extreme"),
        ("Intercept", _value(intercept), f"{_ends(intercept)}0 is right; above, probabilities are too low"),
        (
            "Brier score",
            figure(brier.score),
            f"reliability {figure(brier.reliability)} − resolution {figure(brier.resolution)} "
            f"+ uncertainty {figure(brier.uncertainty)}",
        ),
    )


def _value(known: Figure | None) -> str:
    return measured(known.value, known.low, known.high)[0] if known else "–"


def _ends(known: Figure | None) -> str:
    return f"{interval(known.low, known.high)}; " if known else ""
