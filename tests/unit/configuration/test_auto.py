"""What `auto:` comes to, as docs/howto/auto.md says it, and what is refused before anything runs."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.blocks.tune import Tune
from mlops.configuration.auto import expanded, portfolio
from mlops.configuration.checking.checks import check
from mlops.configuration.pipeline import Pipeline
from mlops.models import MODELS
from mlops.operations.language.readers import readers
from mlops.stages.declare.declaration import Subject
from mlops.stages.declare.tune import TUNE
from tests.unit.configuration.test_monitor import PIPELINE

BARE = {key: value for key, value in PIPELINE.items() if key != "model"}
TABLES = ["lightgbm", "linear", "mlp", "random_forest"]


def pipeline(**keys: Any) -> Pipeline:
    return Pipeline.model_validate(BARE | {"auto": {}} | keys)


def problems(**keys: Any) -> list[tuple[tuple[str | int, ...], str, str]]:
    found = check(pipeline(**keys))
    return [(each.path, each.message, each.hint) for each in found if each.rule in ("auto", "tune", "ensemble")]


def test_it_comes_to_candidates_a_race_and_an_ensemble() -> None:
    made = pipeline()
    assert sorted(made.model) == TABLES
    assert made.tune == Tune(trials=40, portfolio=True, race=True)
    assert made.ensemble is not None
    assert made.ensemble.trials == 2
    assert problems() == []


def test_what_is_written_goes_before() -> None:
    made = pipeline(
        auto={"trials": 12, "minutes": 3.0, "kinds": ["linear", "mlp"]},
        model={"mlp": {"kind": "mlp", "hidden": [8]}, "mine": {"kind": "linear"}},
        tune={"sampler": "random", "race": False},
        ensemble=None,
    )
    assert sorted(made.model) == ["linear", "mine", "mlp"]
    assert made.model["mlp"].model_dump()["hidden"] == (8,)
    assert made.tune == Tune(trials=12, minutes=3.0, portfolio=True, race=False, sampler="random")
    assert made.ensemble is None


def test_trees_begin_as_they_read_columns_best_and_settings_are_of_the_task() -> None:
    model, named = pipeline().model, pipeline(auto={"kinds": ["catboost", "tabm"]}).model
    read = {name: each.model_dump().get("columns", "scaled") for name, each in model.items()}
    assert read == {"lightgbm": "mixed", "linear": "scaled", "mlp": "scaled", "random_forest": "mixed"}
    assert sorted(named) == ["catboost", "tabm"]
    assert named["tabm"].model_dump()["members"] == 16
    asked = [TUNE.section(Subject("churn", pipeline(task=task))) for task in ("binary", "regression")]
    assert [each["portfolio"]["lightgbm"][0]["parameters"]["leaves"] for each in asked] == [50, 100]


def test_kinds_are_those_that_suit_the_columns_and_the_objective() -> None:
    quantile = pipeline(task="regression", objective={"quantile": 0.9})
    assert sorted(quantile.model) == ["lightgbm", "linear", "mlp"]
    assert "cnn" in pipeline(features={"kind": "image"}).model
    assert "lightgbm" not in pipeline(features={"kind": "image"}).model


@pytest.mark.parametrize(
    ("forecast", "objective", "there"),
    [
        ({"horizons": "1..3", "known": ["holiday"]}, {}, True),
        ({"horizon": 7}, {"quantile": 0.9}, True),
        ({"horizon": 7, "known": ["price_lag_3"]}, {}, False),
        ({"horizon": 7}, {"transform": "log1p"}, False),
    ],
)
def test_a_forecast_has_a_line_through_its_past_where_that_is_one(forecast: Any, objective: Any, there: bool) -> None:
    data = {**BARE["data"], "split": {"by": "time", "key": "day"}}
    made = pipeline(task="forecasting", forecast=forecast, objective=objective, data=data)
    assert ("nlinear" in made.model) == there
    assert "linear" in made.model


def test_without_it_nothing_changes_and_a_wrong_one_is_left_to_be_told() -> None:
    assert expanded(PIPELINE) is PIPELINE
    wrong = BARE | {"auto": 3}
    assert expanded(wrong) is wrong


@pytest.mark.parametrize("kind", [name for name in MODELS if portfolio(name)])
def test_a_kind_takes_the_settings_of_its_portfolio(kind: str) -> None:
    known = portfolio(kind)
    assert known is not None
    for setting in known.settings:
        assert MODELS[kind].block.model_validate({"kind": kind, **setting.parameters})


@pytest.mark.parametrize(
    ("said", "path", "message", "hint"),
    [
        (
            {"auto": {"kinds": ["linear", "lihgtgbm"]}},
            ("auto", "kinds", 1),
            "`lihgtgbm` is no kind with settings to try by itself",
            "did you mean `lightgbm`? also there: catboost, cnn, linear, mlp, nlinear, random_forest, realmlp, tabm, "
            "xgboost",
        ),
        (
            {"auto": {"kinds": ["resnet"]}},
            ("auto", "kinds", 0),
            "`resnet` is no kind with settings to try by itself",
            "write `model: {resnet: {kind: resnet}}` beside `auto`; "
            "those with settings: catboost, cnn, lightgbm, linear, mlp, nlinear, random_forest, realmlp, tabm, xgboost",
        ),
        (
            {"auto": {"kinds": ["cnn"]}},
            ("auto", "kinds", 0),
            "`cnn` does not suit a binary pipeline of such columns",
            "those that do: catboost, lightgbm, linear, mlp, random_forest, realmlp, tabm, xgboost",
        ),
        (
            {"auto": {"kinds": ["linear", "cnn"]}},
            ("auto", "kinds", 1),
            "`cnn` does not suit a binary pipeline of such columns",
            "those that do: catboost, lightgbm, linear, mlp, random_forest, realmlp, tabm, xgboost",
        ),
        (
            {"tune": {"trials": {"linear": 3, "mlp": 3, "lightgbm": 3, "random_forest": 3}}},
            ("tune", "trials"),
            "a race deals the trials of all candidates by how these do",
            "write one number, or remove `race`",
        ),
        (
            {"auto": {"trials": 3}},
            ("tune", "trials"),
            "3 trials cannot be dealt to 4 candidates",
            "write more, or name one candidate under `space:`",
        ),
    ],
)
def test_what_is_not_possible_is_refused(said: dict[str, Any], path: tuple[str, ...], message: str, hint: str) -> None:
    assert problems(**said) == [(path, message, hint)]


def test_search_and_training_read_it() -> None:
    assert {"tune", "train"} <= set(readers(("auto", "trials")))
