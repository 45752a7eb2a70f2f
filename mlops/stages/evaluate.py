"""`mlops stage evaluate`: score the test rows with the bundle and baselines, and measure them all alike."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import polars as pl
from pydantic import Field

from mlops.blocks.cost import Cost
from mlops.blocks.forecast import Comparator, Lookback
from mlops.bundle.contents import Contents
from mlops.bundle.predictor import Predictor
from mlops.documents.metrics import MetricsReport, Refused
from mlops.errors import DataError, IntegrityError
from mlops.files.atomic import write_text, writing_folder
from mlops.files.canonical import digest_file
from mlops.ml.data.encoding import encode
from mlops.ml.data.folds import Folds
from mlops.ml.data.parquet import ROW
from mlops.ml.evaluation import dvc_plots
from mlops.ml.evaluation.judging.own_metrics import OwnMetric, measure
from mlops.ml.evaluation.predictions import PERSISTENCE, Predictions
from mlops.ml.evaluation.slices import cross, label
from mlops.ml.evaluation.studies import curves, robustness
from mlops.ml.evaluation.summary import summarise
from mlops.perturbations.scene import Scene
from mlops.stages import clusters, cross_fitted, examine, forecasting, learnt_rows, weighing, worst_pictures
from mlops.stages.answered import acceptable, answered
from mlops.stages.cross_fitted import MembersDeciding
from mlops.stages.deciding import Deciding
from mlops.stages.persistence import Persistence
from mlops.stages.served_columns import made_for_all, taken, usual
from mlops.stages.tables import scored, transformed
from mlops.stages.unseen import blind_if_here

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mlops.stages.context import StageContext

_BUNDLE = "artifacts/bundle"
_INPUTS = (f"{_BUNDLE}/transform.json", f"{_BUNDLE}/model.onnx", "artifacts/split/test.parquet")


class Params(examine.Asked):
    """The `evaluate` section of params.yaml."""

    target: str
    slices: tuple[str, ...] = ()
    bins: dict[str, tuple[float, ...]] = Field(default_factory=dict)
    crosses: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    group: str | None = None
    weight: str | None = None
    """Column that says how much a row counts."""
    quantile: float | None = None
    """The quantile that is learnt, where it is not the mean."""
    baselines: tuple[Literal["dummy", "simple"], ...] = ("dummy", "simple")
    persistence: Persistence | None = None
    cost: Cost | None = None
    forecast: Lookback | None = None
    comparators: tuple[Comparator, ...] = ()
    own: dict[str, OwnMetric] = Field(default_factory=dict)
    pictures: dict[str, bool] = Field(default_factory=dict)
    """Columns of pictures, and whether these are public."""
    pipeline: str = ""


@dataclass(frozen=True)
class Scored:
    """The test rows that a server answers, and what every model says of them; `refused` counts the others."""

    candidate: Predictor
    test: pl.DataFrame
    predictions: Predictions
    refused: tuple[Refused, ...]
    deciding: Deciding | None
    bundle: str
    folds: Folds | None = None


def run(context: StageContext) -> None:
    """Write predictions.parquet, metrics.json and the points of the plots."""
    params = Params.model_validate(context.params)
    found = score(context, params)
    candidate, test, predictions, refused = found.candidate, found.test, found.predictions, found.refused
    context.say(f"measuring {len(predictions.scores)} models, with intervals")
    summary = summarise(predictions, params.metrics, params.slices, params.bootstrap)
    parts = [summary, *examine.examine(context, params, candidate, test, predictions, found.folds)]
    if params.forecast is not None:
        parts.append(MetricsReport(forecast=forecasting.section(params.forecast, test, predictions)))
    if predictions.weights is not None:
        parts.append(MetricsReport(weighted=weighing.section(params.weight or "", predictions.weights)))
    if refused:
        parts.append(MetricsReport(refused=refused))
    if params.pictures:
        worst = worst_pictures.look(params.pictures, candidate.transform.recipe, test, predictions)
        parts.append(MetricsReport(pictures=worst))
    if found.deciding is not None:
        parts.append(MetricsReport(decision=found.deciding.section(predictions)))
    with writing_folder(context.path("artifacts/evaluation")) as folder:
        predictions.write(folder / "predictions.parquet")
    with writing_folder(context.path("reports/plots")) as folder:
        drawn = curves.plots(predictions)
        texts = {name: curves.to_csv(points) for name, points in drawn.items()}
        texts |= {f"dvc/{name}": text for name, text in dvc_plots.tables(drawn, predictions.classes).items()}
        if summary.residuals is not None:
            texts |= {"dvc/segments.csv": dvc_plots.segments(summary.residuals)}
        if params.forecast is not None:
            drawn_of = (params.forecast, params.target, test, predictions)
            texts |= {"dvc/forecast.csv": forecasting.course(*drawn_of)}
            texts |= {"dvc/horizons.csv": forecasting.by_distance(*drawn_of)} if params.forecast.horizons else {}
        (folder / "dvc").mkdir()
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    report = MetricsReport(
        task=params.task,
        rows=len(predictions),
        classes=predictions.classes or None,
        bundle=found.bundle,
        inputs={name.rsplit("/", 1)[1]: digest_file(context.path(name)) for name in _INPUTS},
        **{name: getattr(part, name) for part in parts for name in part.model_fields_set},
    )
    write_text(context.path("reports/metrics.json"), report.dumps())
    context.say(_line(params, report))


def score(context: StageContext, params: Params) -> Scored:
    """Ask the bundle and the baselines about the test rows."""
    test = pl.read_parquet(context.path("artifacts/split/test.parquet")).sort(ROW)
    contents = Contents.read(context.path(_BUNDLE))
    candidate, folds = Predictor.load(contents), Folds.read(context.path("artifacts/split"))
    if candidate.model.folds and folds is None:
        raise IntegrityError(f"the model has {candidate.model.folds} members but the split no folds", hint="dvc repro")
    test, refused = answered(test, candidate.schema)
    context.say(f"scoring {test.height:,} rows")
    for item in refused:
        context.say(f"{item.rows:,} rows are left out, which a server would refuse: `{item.column}` {item.reason}")
    predictions, deciding = _predict(context, params, candidate, test, contents.files["model.json"], folds)
    return Scored(candidate, test, predictions, refused, deciding, contents.digest, folds)


def _predict(
    context: StageContext,
    params: Params,
    candidate: Predictor,
    test: pl.DataFrame,
    described: bytes,
    folds: Folds | None,
) -> tuple[Predictions, Deciding | None]:
    """Score every row with every model, the candidate as it is served, and decide by what decisions are worth.

    Of members that saw other rows each, a row is scored by the one that has not seen it.
    """
    classes = tuple(map(str, candidate.classes or ()))
    scores: dict[str, NDArray[Any]] = {"candidate": scored(candidate, test, folds)}
    unseen = None if folds is None else folds.of(test[ROW])
    deciding = None
    if params.forecast is not None:
        scores |= forecasting.naive(params.forecast, params.target, test)
        scores |= forecasting.classical(context, params.comparators, params.forecast, params.target, test)
    else:
        based, deciding = _based(context, params, candidate, test, described, unseen)
        scores |= based
    measured = _measured(candidate, test)
    clean = Predictions(
        task=params.task,
        rows=test[ROW].to_numpy(),
        target=encode(candidate.transform.recipe.target, test),
        scores=scores,
        slices={by: _labels(params, measured, by).to_numpy() for by in params.slices},
        groups=None if params.group is None else clusters.numbered(_column(test, params.group)),
        classes=classes,
        values=None if deciding is None else tuple(map(tuple, deciding.values.tolist())),
        weights=weighing.of(test, params.weight),
        folds=unseen,
    )
    if params.forecast is not None:
        clean = forecasting.in_time(context, params.forecast, params.target, test, clean)
    predictions = clean.with_perturbed(_perturbed(context, params, candidate, test, folds))
    if deciding is not None:
        predictions = replace(predictions, decisions=deciding.decide(predictions.scores))
    own = measure(predictions, params.own, context.root, context.pipeline)
    return replace(predictions, own=own), deciding


def _perturbed(
    context: StageContext, params: Params, candidate: Predictor, test: pl.DataFrame, folds: Folds | None
) -> dict[str, NDArray[Any]]:
    """Score the test rows as they might arrive on a bad day."""
    if not params.robustness:
        return {}
    recipe, train = candidate.transform.recipe, pl.read_parquet(context.path("artifacts/split/train.parquet"))
    alone = recipe.pictures if len(recipe.columns) == 1 else ()
    shape = alone[0].shape if alone else recipe.shape if recipe.kind == "image" else None
    scene = Scene(test, train, {column.name: column.type for column in recipe.columns}, shape)
    scores: dict[str, NDArray[Any]] = {}
    for name, how in params.robustness.items():
        frame = robustness.perturb(name, how, scene)
        if lost := int((~acceptable(frame, candidate.schema)).sum()):
            context.say(f"{name}: a server would refuse {lost:,} of these rows, here they are imputed and scored")
        scores[name] = scored(candidate, frame, folds)
    return scores


def _based(
    context: StageContext,
    params: Params,
    candidate: Predictor,
    test: pl.DataFrame,
    described: bytes,
    unseen: NDArray[np.int64] | None,
) -> tuple[dict[str, NDArray[Any]], Deciding | None]:
    """Score the test rows by the baselines; where decisions have a value, learn on validation how models decide.

    What a baseline sees does not depend on the candidate that was chosen.
    """
    made = made_for_all(context, candidate.transform)
    learnt, classes = learnt_rows.read(context, "train", params.weight), tuple(map(str, candidate.classes or ()))
    asked = cross_fitted.Baselines(params.baselines, params.task, len(classes), params.quantile)
    based = partial(asked.score, replace(learnt, x=usual(learnt.x, made.recipe)))
    features, last = transformed(made, test), partial(_persistence, context, params, candidate)
    if params.cost is None:
        return based(usual(features, made.recipe), unseen) | last(test), None
    validation = learnt_rows.read(context, "validation", params.weight)
    x, stopped = validation.x, validation.stopped
    member = None if unseen is None or stopped is None else np.concatenate([unseen, stopped])
    both = based(usual(np.concatenate([features, x]), made.recipe), member)
    known = {model: score[test.height :] for model, score in both.items()}
    known |= last(pl.read_parquet(context.path("artifacts/split/validation.parquet")))
    if (model := blind_if_here(context, candidate.model, described)) is not None:
        known["candidate"] = learnt_rows.chosen_by(context, model, taken(x, made.recipe, described))
    scores = {model: score[: test.height] for model, score in both.items()} | last(test)
    if unseen is None:
        by = validation.weights
        return scores, Deciding.learn(params.cost, classes, validation.y, known, candidate.decision, by)
    return scores, MembersDeciding.of(params.cost, classes, validation, known, candidate.decision, unseen)


def _persistence(
    context: StageContext, params: Params, candidate: Predictor, rows: pl.DataFrame
) -> dict[str, NDArray[Any]]:
    """Score rows of validation or test as the last time, where rows are divided by time."""
    if params.persistence is None:
        return {}
    return {PERSISTENCE: params.persistence.score(context, candidate.transform.recipe.target, params.task, rows)}


def _measured(candidate: Predictor, test: pl.DataFrame) -> pl.DataFrame:
    """Put lengths in characters in the place of sentences, each of which would be a slice of its own."""
    sentences = [column.name for column in candidate.transform.recipe.columns if column.type == "text"]
    return test.with_columns(test[name].cast(pl.String).str.len_chars().cast(pl.Int64) for name in sentences)


def _column(test: pl.DataFrame, name: str) -> pl.Series:
    if name not in test.columns:
        raise DataError(f"the test rows have no column `{name}`", hint=f"columns: {', '.join(test.columns[:20])}")
    return test[name]


def _labels(params: Params, test: pl.DataFrame, by: str) -> pl.Series:
    """Name the slice of every row, by a column, its bins, the length of its sentences, or several columns together."""
    if by in params.crosses:
        return cross([_labels(params, test, column).alias(column) for column in params.crosses[by]])
    asked = params.forecast
    if asked is not None and asked.horizons and by == asked.ahead(params.target) and by not in params.bins:
        return _column(test, by).cast(pl.String).rename("label")  # each of them, however many there are
    try:
        return label(_column(test, by), params.bins.get(by, ()))
    except ValueError as error:
        raise DataError(f"`{by}` cannot be cut into bins: {error}", hint="remove it from `evaluate.bins`") from error


def _line(params: Params, report: MetricsReport) -> str:
    shown = ", ".join(f"{metric} {report.candidate[metric].value:.4g}" for metric in params.metrics[:4])
    return f"{shown} on {report.rows:,} rows"
