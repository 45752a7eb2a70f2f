"""Which share of labels is probably wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.gate_rules.data_rule import data_rule
from mlops.gate_rules.measured import Measured
from mlops.kinds.reference import load

if TYPE_CHECKING:
    from mlops.documents.data import DataReport

_MOST_ROWS = 2**53  # what a float counts exactly


@data_rule
def label_noise(report: DataReport, confidence: float) -> Measured | str:
    """Which share of labels is probably wrong, by its score interval (Wilson, JASA 22:209, 1927)."""
    found = report.label_noise
    if found is None:
        return "label noise was not estimated"
    share, rows = found.share, found.rows
    if share is None or rows is None:
        return f"label noise was not estimated: {found.reason or 'reports/data.json gives no share of rows'}"
    if not (0 <= share <= 1 and 0 < rows <= _MOST_ROWS):
        return "reports/data.json gives no share of rows"
    quantile = load("mlops.statistics.proportions:normal_quantile")(confidence)
    low, high = load("mlops.statistics.proportions:Share")(float(share), rows).interval(quantile)
    return Measured(float(share), low, high, rows)
