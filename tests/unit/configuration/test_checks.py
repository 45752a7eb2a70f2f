"""What is wrong between blocks and would otherwise show hours later, when a stage stops."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.configuration.checking.checks import check
from mlops.configuration.pipeline import Pipeline
from tests.unit.configuration.test_monitor import PIPELINE


def problems(**keys: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return [(found.path, found.message) for found in check(Pipeline.model_validate(PIPELINE | keys))]


def forecast(**evaluate: Any) -> list[tuple[tuple[str | int, ...], str]]:
    return problems(
        task="forecasting",
        data={**PIPELINE["data"], "split": {"by": "time", "key": "day"}, "keys": ["shop"]},
        forecast={"horizon": 7, "known": ["holiday"]},
        gates=[{"metric": "mae", "over_dummy": {"better_by": 0.0}}],
        evaluate=evaluate,
    )


def test_a_forecast_has_only_columns_that_it_keeps_to_slice_by_and_to_cross() -> None:
    assert forecast(slices=["shop"], bins={"holiday": [0.5]}, crosses=[["shop", "holiday"]]) == []
    assert forecast(slices=["price"]) == [(("evaluate", "slices", 0), "a forecast keeps no column `price` to slice by")]
    assert forecast(crosses=[["shop", "price"]]) == [
        (("evaluate", "crosses", 0, 1), "a forecast keeps no column `price` to slice by")
    ]


def test_the_address_of_a_metric_ends_where_its_line_ends() -> None:
    rule = {"metric": "pipelines.churn.rules:cost", "better": "lower", "at_most": 1.0}
    gates = PIPELINE["gates"]
    assert problems(gates=[*gates, rule]) == []
    assert problems(gates=[*gates, rule | {"metric": "pipelines.churn.rules:cost\n"}]) == [
        (("gates", 1, "metric"), "unknown metric `pipelines.churn.rules:cost\n`")
    ]


def test_what_a_rule_on_the_cost_of_serving_does_not_read_is_refused_at_its_place() -> None:
    rule = {"metric": "size", "at_most": 20.0, "over_champion": {"no_worse_than": 0.2}}
    gates = PIPELINE["gates"]
    assert problems(gates=[*gates, rule]) == []
    written = rule | {
        "over_champion": {"no_worse_than": 0.2, "relative": False},
        "on_missing": "fail",
        "correction": "holm",
    }
    assert problems(gates=[*gates, written]) == [
        (("gates", 1, "correction"), "`correction` changes nothing for size: it has no slices"),
        (("gates", 1, "on_missing"), "`on_missing` changes nothing for size: what is not measured is inconclusive"),
        (
            ("gates", 1, "over_champion", "relative"),
            "`relative` changes nothing for size: what it costs is always compared as a share of the champion's",
        ),
    ]


def test_a_bound_is_held_to_the_range_and_the_good_side_of_what_it_bounds() -> None:
    data = {**PIPELINE["data"], "columns": {"plan": {"sensitive": True}}}

    def said(**rule: Any) -> list[str]:
        return [message for _, message in problems(data=data, gates=[*PIPELINE["gates"], rule])]

    ratio = "equalized_odds_ratio"
    assert said(fairness=ratio, of="plan", at_least=0.8) == []
    assert said(fairness=ratio, of="plan", at_least=1.5) == [
        "`at_least: 1.5` is outside the range of equalized_odds_ratio, 0 to 1"
    ]
    assert said(fairness=ratio, of="plan", at_most=0.2) == [
        "`at_most` bounds equalized_odds_ratio on its good side: 1 is equal"
    ]
    assert said(metric="throughput", at_most=10.0) == ["`at_most` bounds throughput on its good side"]
    assert said(metric="auroc", at_most=0.9) == ["`at_most` bounds auroc on its good side: higher is better"]


def chosen(**keys: Any) -> list[tuple[tuple[str | int, ...], str]]:
    """Ask for the columns `age` and `income` alone, besides what else is written under `data`."""
    return problems(
        data={**PIPELINE["data"], "include": ["age", "income"], **keys}, evaluate={"slices": ["age", "plan"]}
    )


def test_a_column_to_slice_by_must_be_kept_where_columns_are_chosen() -> None:
    left_out = [(("evaluate", "slices", 1), "the slice column `plan` is not among those of `include`")]
    assert chosen() == left_out
    assert chosen(keys=["plan"]) == chosen(entity="plan") == []
    assert chosen(columns={"city": {"sensitive": True}})[1:] == [
        (("data", "columns", "city", "sensitive"), "the slice column `city` is not among those of `include`")
    ]


def test_a_column_by_which_rows_are_named_must_be_kept() -> None:
    explain = {"explain": {"attributions": True, "key": "account", "rows": [1]}}
    data = {**PIPELINE["data"], "exclude": {"identifier": ["account"]}}
    assert problems(data=data, evaluate=explain) == [
        (("evaluate", "explain", "key"), "`account`, by which rows are named, is excluded from the data")
    ]


def test_folds_want_rows_in_any_order_and_one_transform_that_saw_no_target() -> None:
    def folded(split: dict[str, Any], **keys: Any) -> list[tuple[tuple[str | int, ...], str]]:
        return problems(**keys, data={**PIPELINE["data"], "split": {"folds": 5, **split}})

    assert folded({"by": "stratified"}) == []
    assert folded({"by": "time", "key": "day"}) == [
        (("data", "split", "folds"), "folds of rows in time order would learn from the future")
    ]
    assert folded({"fractions": {"train": 0.6, "validation": 0.2, "test": 0.2}}) == [
        (("data", "split", "fractions"), "folds are of equal size, and every row is in one of them")
    ]
    assert folded({}, features={"select": {"by": "mutual_information", "keep": 5}}) == [
        (
            ("features", "select"),
            "features would be selected by all rows, those of the fold that is judged among them",
        )
    ]
    assert folded({}, evaluate={"explain": {"attributions": True}}) == [
        (
            ("evaluate", "explain", "attributions"),
            "shares are of one model's score, and what folds serve is the mean of several",
        )
    ]
    rule = {"metric": "accuracy", "test": "mcnemar", "over_champion": {"no_worse_than": 0.0}}
    assert folded({}, gates=[*PIPELINE["gates"], rule]) == [
        (("gates", 1, "test"), "McNemar's test takes two models, and folds have several")
    ]
    found = problems(
        task="forecasting",
        data={**PIPELINE["data"], "split": {"by": "time", "key": "day", "folds": 5}},
        forecast={"horizon": 7},
        gates=[{"metric": "mae", "over_dummy": {"better_by": 0.0}}],
    )
    said = "a forecast has no folds: a member would learn from the future of the rows that it is judged on"
    assert found == [(("data", "split", "folds"), said)]


@pytest.mark.parametrize(
    "model",
    [
        {"kind": "lightgbm", "columns": "target_coded"},
        {"kind": "pipelines.churn.model:mine", "groups": ["target_coded"]},
    ],
)
def test_categories_told_by_the_target_want_one_division_of_the_rows(model: dict[str, Any]) -> None:
    def told(split: dict[str, Any], **keys: Any) -> list[tuple[tuple[str | int, ...], str]]:
        found = problems(**keys, model={"trees": model}, data={**PIPELINE["data"], "split": split})
        return [each for each in found if each[0][0] == "model"]

    path = ("model", "trees", "columns" if "columns" in model else "groups")
    what = "candidate trees reads categories by the target (`target_coded`)"
    assert told({"by": "random"}) == []
    assert told({"by": "random", "folds": 5}) == [
        (path, f"{what}, and a member of folds would be told the targets of the rows that it is judged on")
    ]
    assert told({"by": "time", "key": "day"}, evaluate={"backtest": {"origins": 5}}) == [
        (path, f"{what}, and a backtest would be told what came after its origins")
    ]
    ahead = {"task": "forecasting", "forecast": {"horizons": [1, 7], "backtest": 0}, "gates": []}
    assert told({"by": "time", "key": "day"}, **ahead | {"forecast": {"horizon": 7, "backtest": 0}}) == []
    assert told({"by": "time", "key": "day"}, **ahead) == [
        (path, f"{what}, and of several `horizons` each target stands in several rows that tell each other")
    ]


def test_a_forecast_learns_no_aggregate() -> None:
    derive = {"usual": "mean(price, by=shop)"}
    found = problems(
        task="forecasting",
        data={**PIPELINE["data"], "split": {"by": "time", "key": "day"}, "keys": ["shop"], "derive": derive},
        forecast={"horizon": 7, "known": ["holiday"]},
        gates=[{"metric": "mae", "over_dummy": {"better_by": 0.0}}],
    )
    assert found == [
        (
            ("data", "derive", "usual"),
            "`usual` is learnt of many rows, and what a forecast knows ahead is sent as it is",
        )
    ]


@pytest.mark.parametrize("host", ["1:1\nprogram x\n  command id\n#", "a b", "unix@/tmp/x", "$HOST", "a,b", "::1\n"])
def test_a_host_adds_nothing_to_what_haproxy_reads(host: str) -> None:
    target = {"kind": "local", "behind": "proxy", "host": host}
    two = {**target, "blue_green": {"ports": [18080, 18081]}}
    message = "HAProxy is to listen there, and that is no address: it would read more than one out of it"
    assert problems(deploy={"local": two}) == [(("deploy", "local", "host"), message)]
    assert problems(deploy={"local": target}) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "*", "model.example"])
def test_a_host_that_haproxy_takes_is_an_address(host: str) -> None:
    two = {"kind": "local", "behind": "proxy", "host": host, "blue_green": {"ports": [18080, 18081]}}
    assert problems(deploy={"local": two}) == []
