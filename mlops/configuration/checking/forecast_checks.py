"""What a forecast needs of the other blocks: rows in time order, and nothing from after its origin."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mlops.configuration.checking.problem import Problem
from mlops.configuration.checking.split_checks import split_key
from mlops.configuration.columns import CROSS, kept
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.reading.document import Path
from mlops.models import MODELS

_RULE = "forecast"


def forecast_fits_task(pipeline: Pipeline) -> Iterator[Problem]:
    """A forecast has a horizon, and nothing else has one."""
    if pipeline.task == "forecasting" and pipeline.forecast is None:
        message = "a forecasting task needs to know how far ahead to look"
        yield Problem(("task",), message, "write `forecast: {horizon: 7, season: 7}`", _RULE)
    if pipeline.task != "forecasting" and pipeline.forecast is not None:
        message = f"a {pipeline.task} task has no horizon"
        yield Problem(("forecast",), message, "write `task: forecasting`, or remove `forecast`", _RULE)


def forecast_is_in_time_order(pipeline: Pipeline) -> Iterator[Problem]:
    """What is learnt from lies before what is judged on, whatever the series."""
    if pipeline.task != "forecasting":
        return
    split, data = pipeline.data.split, pipeline.data
    if split.by != "time":
        message = f"a split by {split.by} would let a forecast learn from its future"
        written = f"split: {{by: time, key: {split_key(data, 'time')}}}"
        yield Problem(("data", "split", "by"), message, f"write `{written}`", _RULE)
    if data.entity is not None:
        message = f"the entity `{data.entity}` may be in one part only, and a series is in all of them"
        yield Problem(("data", "entity"), message, "name it as `series` under `forecast:`", _RULE)
    if pipeline.features.kind == "image":
        message = "a forecast is made from a table"
        yield Problem(("features", "kind"), message, "choose `- /features: tabular`", _RULE)
    if data.include is not None:
        message = "a forecast learns from the past, the date and what `known` names"
        yield Problem(("data", "include"), message, "name the columns in `known` under `forecast:`", _RULE)


def lags_do_not_peek(pipeline: Pipeline) -> Iterator[Problem]:
    """Nothing of the last `horizon` periods is known when the forecast is made."""
    forecast = pipeline.forecast
    if forecast is None:
        return
    for index, lag in enumerate(forecast.lags):
        path: Path = ("forecast", "lags", index)
        if lag < forecast.horizon and not forecast.horizons:  # with several, lags count from the origin
            made = f"{forecast.horizon} {forecast.every}{'s' if forecast.horizon > 1 else ''} before the target date"
            message = f"a lag of {lag} is later than the forecast, which is made {made}"
            yield Problem(path, message, f"write lags of at least {forecast.horizon}, the horizon", _RULE)
        elif lag in forecast.lags[:index]:
            yield Problem(path, f"the lag {lag} stands there twice", "remove one", _RULE)
    for index, window in enumerate(forecast.windows):
        if window in forecast.windows[:index]:
            path = ("forecast", "windows", index)
            yield Problem(path, f"the window {window} stands there twice", "remove one", _RULE)


def forecast_names_columns(pipeline: Pipeline) -> Iterator[Problem]:
    """Target, date, series and what is known ahead are different columns, all of them in the data."""
    forecast, data = pipeline.forecast, pipeline.data
    if forecast is None:
        return
    roles = {data.target: "the target", **({data.split.key: "the date"} if data.split.key else {})}
    roles |= {name: "left out by `exclude`" for names in data.exclude.values() for name in names}
    roles |= dict.fromkeys(data.keys, "one of `keys`")
    named: list[tuple[Path, str]] = [] if forecast.series is None else [(("forecast", "series"), forecast.series)]
    named += [(("forecast", "known", index), name) for index, name in enumerate(forecast.known)]
    named += [(("forecast", "observed", index), name) for index, name in enumerate(forecast.observed)]
    for path, name in named:
        if name in roles:
            yield Problem(path, f"`{name}` is {roles[name]}", "name another column", _RULE)
        roles[name] = "named twice"


def slices_are_known(pipeline: Pipeline) -> Iterator[Problem]:
    """Columns that are neither known ahead nor kept are gone when slices are made."""
    forecast, data = pipeline.forecast, pipeline.data
    if forecast is None:
        return
    there = {*forecast.known, *data.keys} | ({forecast.series} if forecast.series else set())
    there |= {forecast.ahead(data.target)} if forecast.horizons else set()
    for path, name in kept(pipeline):
        if missing := sorted(set(name.split(CROSS)) - there):
            message = f"a forecast keeps no column `{missing[0]}` to slice by"
            hint = f"name it in `known` under `forecast:`, or write `keys: [{missing[0]}]` under `data:`"
            yield Problem(path, message, hint, _RULE)


def past_is_there(pipeline: Pipeline) -> Iterator[Problem]:
    """A kind that reads the past of what it forecasts has one, on the scale of what it answers."""
    for name, model in pipeline.model.items():
        kind, path = MODELS.get(model.kind), ("model", name)
        if kind is None or not kind.can.get("past"):
            continue
        if pipeline.task != "forecasting":
            message = f"the kind `{model.kind}` reads the past of what it forecasts, and this is {pipeline.task}"
            yield Problem(path, message, "write `task: forecasting`, or use `kind: linear`", _RULE)
        elif (how := pipeline.objective.transform) is not None:
            message = f"the kind `{model.kind}` compares with the past, and {how} is taken of the target alone"
            yield Problem(path, message, "remove `transform` of `objective`, or use `kind: linear`", _RULE)


def scaled_error_has_a_scale(pipeline: Pipeline) -> Iterator[Problem]:
    """The scale of `mase` is known where forecasts are judged, not where candidates are chosen or watched."""
    monitor = pipeline.monitor
    places: list[tuple[Path, str | None]] = [(("select_by",), pipeline.select_by)]
    if monitor is not None and monitor.performance is not None:
        places.append((("monitor", "performance", "metric"), monitor.performance.metric))
    for path, name in places:
        if name == "mase":
            message = "`mase` is measured on the test part alone"
            yield Problem(path, message, "write `mae`, which it is a multiple of for each series", "unknown-metric")


FORECAST_CHECKS: tuple[Callable[[Pipeline], Iterator[Problem]], ...] = (
    forecast_fits_task,
    forecast_is_in_time_order,
    lags_do_not_peek,
    forecast_names_columns,
    slices_are_known,
    past_is_there,
    scaled_error_has_a_scale,
)
