"""`objective:` says what fits together, before anything is trained."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from mlops.blocks.objective import PERCENTILES, Objective
from mlops.metrics import METRICS
from tests.unit.configuration.test_checks import problems
from tests.unit.configuration.test_monitor import PIPELINE


def test_what_is_not_asked_for_is_not_spelt() -> None:
    assert Objective().given() == {}
    assert Objective(quantile=0.9, transform="log").given() == {"transform": "log", "quantile": 0.9}
    assert Objective(quantile=0.05).percent == 5


def test_every_quantile_has_its_metrics() -> None:
    assert all({f"pinball_{each}", f"coverage_error_{each}"} <= set(METRICS) for each in PERCENTILES)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"quantile": 0.42}, "`quantile: 0.42` has no metric; one of: 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99"),
        ({"smearing": True}, "`smearing` undoes what a `transform` does to means; without one it does nothing"),
        (
            {"smearing": True, "transform": "log", "quantile": 0.9},
            "`smearing` makes a mean of a median; a quantile stays one through a `transform`",
        ),
    ],
)
def test_what_does_not_fit_together_is_told(keys: dict[str, object], said: str) -> None:
    with pytest.raises(ValidationError) as error:
        Objective.model_validate(keys)
    assert error.value.errors()[0]["msg"] == f"Value error, {said}"


def test_an_objective_fits_its_task() -> None:
    assert problems(objective={"class_weight": "balanced", "calibrate": "platt"}) == []
    assert problems(objective={"transform": "log", "quantile": 0.5})[:2] == [
        (("objective", "transform"), "`transform` is for numbers, and this is binary"),
        (("objective", "quantile"), "`quantile` is for numbers, and this is binary"),
    ]
    number = {"task": "regression", "gates": [{"metric": "mae", "at_most": 3.0}], "monitor": None}
    assert problems(**number, objective={"calibrate": "isotonic"}) == [
        (("objective", "calibrate"), "`calibrate` is for classes, and this is regression")
    ]
    forest = {"forest": {"kind": "random_forest"}}
    assert problems(**number, model=forest, objective={"quantile": 0.9}) == [
        (("model", "forest"), "the kind `random_forest` learns no quantile")
    ]


def test_a_column_that_weighs_rows_plays_no_other_part() -> None:
    def said(**data: object) -> list[str]:
        return [message for path, message in problems(data={**PIPELINE["data"], **data}) if path == ("data", "weight")]

    assert said(weight="w") == []
    assert said(weight="w", keys=["w"], entity="w", exclude={"odd": ["w"]}) == [
        "`w` weighs rows, and is the entity",
        "`w` weighs rows, and is one of `keys`",
        "`w` weighs rows, and is left out by `exclude`",
    ]
    assert said(weight=PIPELINE["data"]["target"]) == [f"`{PIPELINE['data']['target']}` weighs rows, and is the target"]


def test_what_counts_rows_alike_is_refused_where_rows_weigh() -> None:
    data = {**PIPELINE["data"], "weight": "w"}
    rule = {"metric": "accuracy", "over_champion": {"no_worse_than": 0.0}, "test": "mcnemar"}
    assert problems(data=data, gates=[*PIPELINE["gates"], rule]) == [
        (("gates", 1, "test"), "McNemar's test takes all rows to count alike, and `data.weight` weighs them")
    ]
    ahead = problems(
        task="forecasting",
        data={**data, "split": {"by": "time", "key": "day"}},
        forecast={"horizon": 7},
        gates=[{"metric": "mae", "over_dummy": {"better_by": 0.0}}],
    )
    assert ahead == [(("data", "weight"), "the rows of a forecast are the periods of its series, and all count alike")]
