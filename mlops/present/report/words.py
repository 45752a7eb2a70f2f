"""Numbers and names as the page spells them."""

from __future__ import annotations

from typing import Any

from mlops.ml.evaluation.judging.sentences import ends
from mlops.ml.evaluation.judging.sentences import number as _number

_NAMES = {
    "auroc": "AUROC",
    "average_precision": "Average precision",
    "balanced_accuracy": "Balanced accuracy",
    "brier": "Brier score",
    "ece": "Calibration error",
    "f1": "F1",
    "log_loss": "Log loss",
    "macro_f1": "Macro F1",
    "mae": "Mean absolute error",
    "mape": "Mean absolute percentage error",
    "median_ae": "Median absolute error",
    "r2": "R²",
    "rmse": "Root mean squared error",
}


def metric(name: str) -> str:
    """Name a metric for people."""
    return _NAMES.get(name, name.replace("_", " ").capitalize())


def figure(value: Any) -> str:
    """Spell a number in about three digits; a dash when there is none."""
    return _number(float(value)).replace("-", "−") if isinstance(value, int | float) else "–"


def interval(low: Any, high: Any) -> str:
    """Spell an interval; an end that is not known is a dash."""
    if isinstance(low, int | float) and isinstance(high, int | float):
        return " to ".join(ends(low, high)).replace("-", "−")
    return f"{figure(low)} to {figure(high)}"


def count(value: Any) -> str:
    """Spell a whole number with separators."""
    return f"{value:,}" if isinstance(value, int) else "–"
