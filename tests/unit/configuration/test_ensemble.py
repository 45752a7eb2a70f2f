"""What is asked of an ensemble, and what is refused before anything runs; docs/howto/ensemble.md says the same."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.blocks.ensemble import Together
from mlops.configuration.checking.checks import check
from mlops.configuration.pipeline import Pipeline
from mlops.operations.language.readers import readers
from mlops.stages.declare.train import TRAIN, together
from tests.unit.configuration.test_monitor import PIPELINE

MODEL = {"linear": {"kind": "linear"}, "trees": {"kind": "gradient_boosting"}}


def problems(**keys: Any) -> list[tuple[tuple[str | int, ...], str, str]]:
    found = Pipeline.model_validate(PIPELINE | {"model": MODEL, "ensemble": {}} | keys)
    return [(each.path, each.message, each.hint) for each in check(found) if each.rule == "ensemble"]


def test_training_alone_reads_it() -> None:
    assert readers(("ensemble", "members")) == ("train",)


TIME = {"by": "time", "key": "signup"}


@pytest.mark.parametrize(
    ("said", "columns"),
    [
        ({}, None),
        ({"split": {"by": "group", "key": "age"}}, ("age",)),
        ({"split": TIME}, ("signup",)),
        ({"entity": "age", "split": TIME}, ("age", "signup")),
        ({"entity": "age"}, ("age",)),
    ],
)
def test_training_is_told_what_rows_hang_together_by_and_reads_the_split_then(
    said: dict[str, Any], columns: tuple[str, ...] | None
) -> None:
    spec = Pipeline.model_validate(PIPELINE | {"model": MODEL, "ensemble": {}, "data": PIPELINE["data"] | said})
    found = together(spec)
    assert (None if found is None else found.columns) == columns
    assert ("artifacts/split" in TRAIN.reads(spec)) is (columns is not None)
    assert together(spec.model_copy(update={"ensemble": None})) is None


def test_a_forecast_hangs_together_in_blocks_of_its_dates() -> None:
    forecast = {"horizon": 3, "every": "week"}
    data = PIPELINE["data"] | {"split": TIME}
    spec = Pipeline.model_validate(
        PIPELINE | {"task": "forecasting", "model": MODEL, "ensemble": {}, "data": data, "forecast": forecast}
    )
    assert together(spec) == Together(columns=("signup",), every="week", horizon=3)


def test_two_candidates_are_enough_and_one_with_trials_of_a_search() -> None:
    assert problems() == []
    alone = {"trees": {"kind": "gradient_boosting"}}
    assert problems(model=alone, tune={}, ensemble={"trials": 2}) == []


@pytest.mark.parametrize(
    ("said", "path", "message", "hint"),
    [
        (
            {"model": {"linear": {"kind": "linear"}}},
            ("ensemble",),
            "an ensemble needs two models, and there is one candidate",
            "name another under `/model`, or let trials of a search be members: `tune: {}`, `ensemble: {trials: 3}`",
        ),
        (
            {"model": MODEL | {"ensemble": {"kind": "linear"}}},
            ("model", "ensemble"),
            "`ensemble` is what the mean of all candidates is called",
            "call the candidate otherwise, or remove `ensemble`",
        ),
        (
            {"ensemble": {"trials": 2}},
            ("ensemble", "trials"),
            "nothing is searched, and so no trials are there to be members",
            "write `tune: {trials: 40}`, or remove `trials`",
        ),
        (
            {"ensemble": {"draws": 4}},
            ("ensemble", "draws"),
            "8 members need as many draws, and there are 4",
            "write at least 8",
        ),
        (
            {"task": "multiclass", "evaluate": {"explain": {"attributions": True}}},
            ("evaluate", "explain", "attributions"),
            "members of an ensemble explain the class that each finds likeliest, which may be several",
            "remove `attributions`; `permutation` explains any model",
        ),
    ],
)
def test_what_is_not_possible_is_refused_at_its_key(
    said: dict[str, Any], path: tuple[str, ...], message: str, hint: str
) -> None:
    assert problems(**said) == [(path, message, hint)]
