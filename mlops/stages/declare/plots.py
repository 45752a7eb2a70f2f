"""What `dvc plots` draws of each task."""

from __future__ import annotations

from mlops.configuration.pipeline import Pipeline
from mlops.plan.stage import Plot

HISTORY = Plot("reports/history.csv", "epoch", "value", "Training history", template="linear")
LEARNING = Plot(
    "reports/learning_curve.csv", "rows", "value", "Learning curve",
    x_label="Training rows", y_label="Metric on validation",
)  # fmt: skip
_FOLDER = "reports/plots/dvc"
_ROC = Plot(
    f"{_FOLDER}/roc.csv", "false_positive_rate", "true_positive_rate", "ROC",
    x_label="False positive rate", y_label="True positive rate",
)  # fmt: skip
_PR = Plot(f"{_FOLDER}/pr.csv", "recall", "precision", "Precision and recall", x_label="Recall", y_label="Precision")
_CALIBRATION = Plot(
    f"{_FOLDER}/calibration.csv", "predicted", "observed", "Calibration",
    x_label="Predicted probability", y_label="Observed frequency",
)  # fmt: skip
_VALUE = Plot(
    f"{_FOLDER}/value.csv", "threshold", "value", "Value of a decision",
    x_label="Threshold", y_label="Mean value of a row",
)  # fmt: skip
_CONFUSION = Plot(
    f"{_FOLDER}/confusion.csv", "predicted", "actual", "Confusion", template="confusion",
    x_label="Predicted class", y_label="True class",
)  # fmt: skip
_RESIDUALS = Plot(
    f"{_FOLDER}/residuals.csv", "predicted", "residual", "Residuals", template="scatter",
    x_label="Prediction", y_label="Truth minus prediction",
)  # fmt: skip
_SEGMENTS = Plot(
    f"{_FOLDER}/segments.csv", "bias", "segment", "Bias by segment", template="bar_horizontal",
    x_label="Mean of truth minus prediction", y_label="Segment",
)  # fmt: skip
_FORECAST = Plot(
    f"{_FOLDER}/forecast.csv", "year", ("actual", "forecast"), "Forecast against actual", template="linear",
    x_label="Target date, in years", y_label="Sum over series",
)  # fmt: skip


def of(spec: Pipeline) -> tuple[Plot, ...]:
    """List the plots of what `evaluate` measures."""
    if spec.task == "binary":
        return (_ROC, _PR, _CALIBRATION, *(() if spec.evaluate.cost is None else (_VALUE,)))
    if spec.task == "forecasting":
        return (_FORECAST, _RESIDUALS, _SEGMENTS)
    return (_CONFUSION,) if spec.task == "multiclass" else (_RESIDUALS, _SEGMENTS)
