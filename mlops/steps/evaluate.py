"""`mlops stage evaluate`: score the test rows with candidate, champion and baselines, and measure them all alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from pydantic import BaseModel, Field

from mlops.bundle.predictor import Predictor
from mlops.bundle.store import Store
from mlops.errors import DataError
from mlops.files.atomic import write_text, writing_folder
from mlops.files.canonical import digest_file, dumps, rounded
from mlops.ml.evaluation import baselines, curves
from mlops.ml.evaluation.evidence import Method
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.slices import cross, label
from mlops.ml.evaluation.summary import summarise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.steps.context import StageContext

_INPUTS = ("artifacts/features/transform.json", "artifacts/model/model.onnx", "artifacts/split/test.parquet")


class Params(BaseModel, extra="forbid", frozen=True):
    """The `evaluate` section of params.yaml; code and libraries only make the stage stale."""

    task: Literal["binary", "multiclass", "regression"]
    target: str
    metrics: tuple[str, ...]
    slices: tuple[str, ...] = ()
    bins: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    crosses: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    group: str | None = None
    champion: str | None = None
    bootstrap: Method = Method()
    baselines: tuple[Literal["dummy", "simple"], ...] = ("dummy", "simple")
    pipeline: str = ""
    code: Any = None
    libraries: dict[str, str] = Field(default_factory=dict)


def run(context: StageContext) -> None:
    """Write predictions.parquet, metrics.json and the points of the plots."""
    params = Params.model_validate(context.params)
    test = pl.read_parquet(context.path("artifacts/split/test.parquet")).sort("__row__")
    predictions = _predict(context, params, test)
    summary = summarise(predictions, params.metrics, params.slices, params.bootstrap)
    with writing_folder(context.path("artifacts/evaluation")) as folder:
        predictions.write(folder / "predictions.parquet")
    with writing_folder(context.path("reports/plots")) as folder:
        for name, points in curves.plots(predictions).items():
            (folder / name).write_text(curves.to_csv(points), encoding="utf-8")
    facts = {
        "schema_version": 1,
        "task": params.task,
        "rows": len(predictions),
        "champion": params.champion,
        "classes": list(predictions.classes) or None,
        "inputs": {name.rsplit("/", 1)[1]: digest_file(context.path(name)) for name in _INPUTS},
    }
    write_text(context.path("reports/metrics.json"), dumps(rounded({**facts, **summary})))
    context.say(_line(params, summary, len(predictions)))


def _predict(context: StageContext, params: Params, test: pl.DataFrame) -> Predictions:
    """Score every row with every model, through the code that serving uses."""
    candidate = Predictor.assemble(context.path("artifacts/features/transform.json"), context.path("artifacts/model"))
    scores = {"candidate": candidate.predict(test)}
    if params.champion is not None:
        scores["champion"] = _champion(context, params.champion, candidate).predict(test)
    return Predictions(
        task=params.task,
        rows=test["__row__"].to_numpy(),
        target=candidate.transform.target(test),
        scores=scores | _baselines(context, params, candidate, test),
        slices={by: _labels(params, test, by).to_numpy() for by in params.slices},
        groups=None if params.group is None else _codes(_column(test, params.group)),
        classes=tuple(map(str, candidate.classes or ())),
        champion=params.champion,
    )


def _champion(context: StageContext, digest: str, candidate: Predictor) -> Predictor:
    """Load the live model; raises InfrastructureError if it is absent, DataError if it answers another question."""
    champion = Predictor.open(Store(context.root / ".mlops/bundles").get(digest), digest)
    if (champion.task, champion.classes) != (candidate.task, candidate.classes):
        raise DataError(
            f"the champion {digest[:19]} cannot be compared: it predicts {_question(champion)}, "
            f"the candidate {_question(candidate)}",
            hint="release the new question under a new pipeline name",
        )
    return champion


def _question(predictor: Predictor) -> str:
    classes = predictor.classes
    return predictor.task if classes is None else f"{predictor.task} classes {', '.join(map(str, classes[:10]))}"


def _baselines(
    context: StageContext, params: Params, candidate: Predictor, test: pl.DataFrame
) -> dict[str, NDArray[Any]]:
    x, y = (np.load(context.path(f"artifacts/features/train_{axis}.npy"), allow_pickle=False) for axis in "xy")
    classes = len(candidate.classes or ())
    scores: dict[str, NDArray[Any]] = {}
    if "dummy" in params.baselines:
        scores["dummy"] = baselines.dummy(params.task, y, classes, test.height)
    if "simple" in params.baselines:
        scores["simple"] = baselines.simple(params.task, x, y, classes, candidate.transform.apply(test))
    return scores


def _column(test: pl.DataFrame, name: str) -> pl.Series:
    if name not in test.columns:
        raise DataError(f"the test rows have no column `{name}`", hint=f"columns: {', '.join(test.columns[:20])}")
    return test[name]


def _labels(params: Params, test: pl.DataFrame, by: str) -> pl.Series:
    """Name the slice of every row, by a column, its bins, or several columns together."""
    if by in params.crosses:
        return cross([_labels(params, test, column).alias(column) for column in params.crosses[by]])
    try:
        return label(_column(test, by), params.bins.get(by, ()))
    except ValueError as error:
        raise DataError(f"`{by}` cannot be cut into bins: {error}", hint="remove it from `evaluate.bins`") from error


def _codes(groups: pl.Series) -> NDArray[np.int64]:
    """Number the groups; a row without one is a group by itself."""
    known = groups.rank("dense").cast(pl.Int64).fill_null(0).to_numpy()
    return np.where(known > 0, known, -1 - np.arange(len(groups)))


def _line(params: Params, summary: dict[str, Any], rows: int) -> str:
    values = summary["models"]["candidate"]
    shown = ", ".join(f"{metric} {values[metric]['value']:.4g}" for metric in params.metrics[:4])
    return f"{shown} on {rows:,} rows"
