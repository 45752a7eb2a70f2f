"""What may be searched, and what is refused before anything runs; docs/howto/tune.md says the same."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from mlops.blocks.tune import Range, Tune
from mlops.configuration.checking.checks import check
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.tuning import dealt, spaces
from mlops.models import MODELS
from tests.unit.configuration.test_monitor import PIPELINE

MODEL = {"linear": {"kind": "linear"}, "trees": {"kind": "gradient_boosting"}}
SPACES = [(kind, name) for kind, known in MODELS.items() for name in known.can.get("spaces", {})]


def pipeline(**tune: Any) -> Pipeline:
    return Pipeline.model_validate(PIPELINE | {"model": MODEL, "tune": tune})


def problems(**tune: Any) -> list[tuple[tuple[str | int, ...], str, str]]:
    return [(found.path, found.message, found.hint) for found in check(pipeline(**tune)) if found.rule == "tune"]


@pytest.mark.parametrize(("kind", "name"), SPACES)
def test_a_kind_takes_what_its_spaces_hold(kind: str, name: str) -> None:
    use = {"use": "pipelines.churn.network:build"} if "own" in MODELS[kind].can else {}
    known = {"candidate": {"kind": kind, **use}}
    found = Pipeline.model_validate(
        PIPELINE | {"model": known, "tune": {"space": {"candidate": MODELS[kind].can["spaces"][name]}}}
    )
    assert [each.message for each in check(found) if each.rule == "tune"] == []


def test_every_kind_of_our_own_can_be_searched() -> None:
    assert {kind for kind, _ in SPACES} == set(MODELS)
    assert {name for _, name in SPACES} == {"default", "wide"}


def test_where_nothing_is_said_every_candidate_is_searched_and_trials_are_dealt() -> None:
    assert list(spaces(pipeline())) == ["linear", "trees"]
    assert dealt(pipeline(trials=7)) == {"linear": 4, "trees": 3}
    assert dealt(pipeline(trials=7, space={"trees": "wide"})) == {"trees": 7}
    assert dealt(pipeline(trials={"trees": 2, "linear": 9})) == {"linear": 9, "trees": 2}


@given(st.integers(2, 200))
def test_dealing_loses_no_trial(trials: int) -> None:
    counts = dealt(pipeline(trials=trials)).values()
    assert sum(counts) == trials
    assert max(counts) - min(counts) <= 1


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({}, "a range needs `low` and `high`, or `choices`"),
        ({"low": 1}, "a range needs `low` and `high`, or `choices`"),
        ({"low": 2, "high": 2}, "the range is empty: `low: 2` is not less than `high: 2`"),
        ({"low": 0, "high": 2, "log": True}, "`log` is of numbers above 0, and `low` is 0"),
        ({"low": 1, "high": 2, "log": True, "step": 1}, "`step` and `log` cannot be used together: leave one out"),
        ({"low": 1, "high": 2, "step": 0}, "`step` is a distance above 0, and is 0"),
        (
            {"choices": [1], "log": True},
            "`choices` stand alone: remove `low`, `high`, `log` and `step`, or `choices`",
        ),
    ],
)
def test_a_range_that_is_none_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Range.model_validate(said)
    assert [error["msg"] for error in caught.value.errors()] == [f"Value error, {why}"]


@pytest.mark.parametrize("said", [{"trials": 0}, {"minutes": 0}, {"parallel": 5}, {"trials": {}}, {"sampler": "cma"}])
def test_a_search_of_nothing_is_refused(said: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Tune.model_validate(said)


def test_points_are_what_a_range_holds() -> None:
    assert Range(low=1, high=7, step=3).points == (1, 4, 7)
    assert Range(low=0.0, high=0.5, step=0.2).points == pytest.approx((0.0, 0.2, 0.4))
    assert Range(choices=((8,), None, "a")).points == ((8,), None, "a")
    assert Range(low=1, high=9, log=True).points is None
    assert Range(low=1, high=9.0).points is None


def test_what_could_not_be_tried_is_refused_at_its_place() -> None:
    l2 = ("tune", "space", "linear", "l2", "low")
    assert problems(space={"linear": {"l2": {"low": 0, "high": 3}}}) == [
        (l2, "`l2` of `linear` cannot be 0: should be greater than 0", "")
    ]
    assert problems(space={"linear": {"alpha": {"low": 0.1, "high": 3.0}}}) == [
        (("tune", "space", "linear", "alpha"), "`linear` has no parameter `alpha`", "did you mean `l2`?")
    ]
    assert problems(space={"forest": "default"}) == [
        (("tune", "space", "forest"), "`forest` is searched, and is no candidate", "one of: linear, trees")
    ]
    assert problems(space={"linear": "wild"}) == [
        (("tune", "space", "linear"), "`linear` has no space `wild`", "did you mean `wide`? also there: default")
    ]
    assert problems(trials=1) == [
        (
            ("tune", "trials"),
            "1 trials cannot be dealt to 2 candidates",
            "write more, or name one candidate under `space:`",
        )
    ]
    assert problems(trials={"linear": 3, "net": 3}) == [
        (("tune", "trials", "net"), "`net` has trials, and is not searched", "one of: linear, trees"),
        (("tune", "trials"), "`trees` is searched, and has no trials", "write `trees: 20`"),
    ]


def test_a_grid_has_points_and_trials_enough() -> None:
    depth = {"depth": {"low": 1, "high": 4}}
    assert problems(sampler="grid", trials=5, space={"trees": depth}) == []
    assert problems(sampler="grid", trials=4, space={"trees": depth}) == [
        (
            ("tune", "trials"),
            "the grid of `trees` has 4 points, and 4 trials are for it",
            "write 5 for each candidate, one for what the YAML says, or fewer points",
        )
    ]
    lr = ("tune", "space", "trees", "lr")
    assert problems(sampler="grid", space={"trees": {"lr": {"low": 0.1, "high": 0.2}}}) == [
        (lr, "a grid cannot try every `lr` of `trees`", "write `step`, or `choices`; `sampler: tpe` needs none")
    ]


def test_an_own_class_is_searched_by_the_names_of_its_arguments() -> None:
    model = {"own": {"kind": "pipelines.churn.model:Mine"}}
    space = {"own": {"members": {"low": 2, "high": 9}}}
    found = check(Pipeline.model_validate(PIPELINE | {"model": model, "tune": {"space": space}}))
    assert [each.message for each in found if each.rule == "tune"] == []
    (nothing,) = (
        each for each in check(Pipeline.model_validate(PIPELINE | {"model": model, "tune": {}})) if each.rule == "tune"
    )
    assert nothing.message == "no candidate is of a kind that has a space `default`"


def test_code_is_not_searched() -> None:
    model = {
        "own": {"kind": "pipelines.churn.model:Mine"},
        "net": {"kind": "keras", "use": "pipelines.churn.net:build"},
    }
    other = {"choices": ["pipelines.churn.net:build", "pipelines.churn.net:other"]}
    space = {"own": {"kind": other}, "net": {"use": other, "units": {"low": 8, "high": 64}}}
    found = check(Pipeline.model_validate(PIPELINE | {"model": model, "tune": {"space": space}}))
    assert [(each.path[2:], each.message, each.hint) for each in found if each.rule == "tune"] == [
        (("own", "kind"), "`kind` of `own` names code, which is not searched", "write a candidate for each"),
        (("net", "use"), "`use` of `net` names code, which is not searched", "write a candidate for each"),
    ]
