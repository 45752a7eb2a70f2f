"""What `dvc plots` draws of each task."""

from __future__ import annotations

from mlops.configuration.model import Model, Own
from mlops.configuration.pipeline import Pipeline
from mlops.kinds.kind import OURS
from mlops.ml.evaluation.judging.names import measured
from mlops.models import MODELS
from mlops.plan.stage import Plot

LEARNING = Plot(
    "reports/learning_curve.csv", "rows", "value", "Learning curve",
    x_label="Training rows", y_label="Metric on validation",
)  # fmt: skip
_FOLDER = "reports/plots/dvc"
_WITHOUT_SKILL = f"{_FOLDER}/without_skill.csv"  # DVC dashes what comes later in the alphabet
_ROC = Plot(
    f"{_FOLDER}/roc.csv", "false_positive_rate", "true_positive_rate", "ROC",
    x_label="False positive rate", y_label="True positive rate",
    beside=((_WITHOUT_SKILL, "from", "true_positive_rate"),),
)  # fmt: skip
_PR = Plot(
    f"{_FOLDER}/pr.csv", "recall", "precision", "Precision and recall",
    x_label="Recall", y_label="Precision", beside=((_WITHOUT_SKILL, "from", "precision"),),
)  # fmt: skip
_CALIBRATION = Plot(
    f"{_FOLDER}/calibration.csv", "predicted", "observed", "Calibration",
    x_label="Predicted probability", y_label="Observed frequency",
    beside=((f"{_FOLDER}/diagonal.csv", "from", "diagonal"),),
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

_HORIZONS = Plot(
    f"{_FOLDER}/horizons.csv", "horizon", ("forecast", "naive", "seasonal_naive"), "Error by horizon",
    template="linear", x_label="Periods ahead", y_label="Mean absolute error",
)  # fmt: skip


def courses(spec: Pipeline, select_by: str) -> tuple[Plot, ...]:
    """List a plot for each metric over the epochs, with a curve for each candidate that has one."""
    measures = dict.fromkeys(("train_loss", "validation_loss", f"validation_{select_by}"))
    kinds = sorted(spec.model.items())
    drawn = {m: tuple(name for name, kind in kinds if m.partition("_")[0] in _course(kind)) for m in measures}
    return tuple(_over_epochs(measure, names) for measure, names in drawn.items() if names)


def _course(model: Model) -> tuple[str, ...]:
    """Say on which rows a candidate is measured while it learns; nothing is known of what others bring."""
    kind = None if isinstance(model, Own) else MODELS[model.kind]
    if kind is None or kind.package != OURS:
        return ("train", "validation")
    return tuple(kind.can.get("course", "").split())


def _over_epochs(measure: str, names: tuple[str, ...]) -> Plot:
    title = measured(measure)
    first, *others = (f"reports/courses/{measure}/{name}.csv" for name in names)
    beside = tuple((path, "epoch", measure) for path in others)
    return Plot(first, "epoch", measure, title, x_label="Epoch", y_label=title, beside=beside)


def of(spec: Pipeline) -> tuple[Plot, ...]:
    """List the plots of what `evaluate` measures."""
    if spec.task == "binary":
        return (_ROC, _PR, _CALIBRATION, _CONFUSION, *(() if spec.evaluate.cost is None else (_VALUE,)))
    if spec.task == "forecasting":
        several = spec.forecast is not None and bool(spec.forecast.horizons)
        return (_FORECAST, *((_HORIZONS,) if several else ()), _RESIDUALS, _SEGMENTS)
    return (_CONFUSION,) if spec.task == "multiclass" else (_RESIDUALS, _SEGMENTS)
