from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops.configuration.gates import GateRule
from mlops.gate_rules import FAIRNESS, SERVING
from mlops.operations.workspace import open_workspace
from mlops.stages.declare.declaration import Subject
from mlops.stages.declare.gate_bounds import _bounds, spelt
from mlops.stages.declare.measure import MEASURE
from tests.builders.repositories import make_repository


def bounds(**keys: Any) -> list[tuple[str, str, float | None, float | None]]:
    rule = GateRule.model_validate(keys)
    return [(bound.id, bound.against, bound.at_least, bound.at_most) for bound in _bounds(rule)]


def test_a_rule_is_taken_apart_into_one_bound_each() -> None:
    assert bounds(
        metric="auroc", at_least=0.7, over_champion={"no_worse_than": 0.01}, over_dummy={"better_by": 0.1}
    ) == [
        ("auroc", "value", 0.7, None),
        ("auroc-over-champion", "champion", -0.01, None),
        ("auroc-over-dummy", "dummy", 0.1, None),
    ]


@pytest.mark.parametrize(
    ("difference", "at_most"),
    [({"no_worse_than": 0.01}, 0.01), ({"better_by": 0.02}, -0.02), ({"better_by": 0.0}, 0.0)],
)
def test_where_less_is_better_a_difference_is_bounded_from_above(difference: dict[str, float], at_most: float) -> None:
    assert bounds(metric="log_loss", over_champion=difference) == [
        ("log_loss-over-champion", "champion", None, at_most)
    ]


def test_what_must_be_better_is_strictly_better_and_a_dummy_always() -> None:
    rule = GateRule.model_validate(
        {
            "metric": "auroc",
            "over_champion": {"no_worse_than": 0.0},
            "over_dummy": {"better_by": 0.0},
            "over_simple": {"better_by": 0.0},
        }
    )
    assert {bound.against: bound.strict for bound in _bounds(rule)} == {
        "champion": False,
        "dummy": False,
        "simple": True,
    }


def test_a_metric_of_ones_own_is_bounded_on_the_side_it_names() -> None:
    own = {"metric": "pipelines.churn.rules:cost", "over_champion": {"no_worse_than": 0.5}, "at_most": 9}
    assert bounds(**own, better="lower") == [
        ("cost", "value", None, 9.0),
        ("cost-over-champion", "champion", None, 0.5),
    ]
    assert bounds(**own, better="higher")[1] == ("cost-over-champion", "champion", -0.5, None)


def test_no_bound_is_a_negative_zero() -> None:
    ((_, _, at_least, _),) = bounds(metric="auroc", over_champion={"no_worse_than": 0.0})
    assert str(at_least) == "0.0"


def test_a_rule_by_a_column_says_so_in_its_id() -> None:
    assert bounds(metric="recall", by="plan", at_least=0.5)[0][0] == "recall-by-plan"


def test_a_rule_under_a_perturbation_says_so_in_its_id() -> None:
    assert bounds(metric="auroc", under="missing", at_least=0.7, over_clean={"no_worse_than": 0.05}) == [
        ("auroc-under-missing", "value", 0.7, None),
        ("auroc-under-missing-over-clean", "clean", -0.05, None),
    ]


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"over_clean": {"no_worse_than": 0.1}}, "`over_clean` needs `under`"),
        ({"under": "noise", "over_champion": {"no_worse_than": 0.1}}, "other models see clean rows only"),
    ],
)
def test_a_perturbation_is_compared_with_clean_rows_only(keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        GateRule.model_validate({"metric": "auroc", **keys})


def test_what_is_true_anyway_is_not_written() -> None:
    (plain,) = spelt(_bounds(GateRule.model_validate({"metric": "auroc", "at_least": 0.7})), by=True)
    assert sorted(plain) == ["against", "at_least", "at_most", "by", "id", "metric", "mode"]
    rule = {"metric": "accuracy", "over_champion": {"no_worse_than": 0.01}, "test": "mcnemar", "by": "plan"}
    asked = GateRule.model_validate(rule | {"correction": "benjamini_hochberg", "on_missing": "inconclusive"})
    (tested,) = spelt(_bounds(asked), by=True)
    assert {key: value for key, value in tested.items() if key not in plain} == {
        "test": "mcnemar",
        "correction": "benjamini_hochberg",
        "on_missing": "inconclusive",
    }


def test_a_rule_of_fairness_names_its_column() -> None:
    rule = {"fairness": "demographic_parity_ratio", "of": "plan", "at_least": 0.8}
    (bound,) = _bounds(GateRule.model_validate(rule))
    assert (bound.id, bound.metric, bound.of) == (
        "demographic_parity_ratio-of-plan", "demographic_parity_ratio", "plan",
    )  # fmt: skip


def test_a_relative_margin_stays_a_share() -> None:
    rule = {"metric": "log_loss", "over_champion": {"no_worse_than": 0.05, "relative": True}}
    (bound,) = _bounds(GateRule.model_validate(rule))
    assert (bound.at_most, bound.relative) == (0.05, True)


def test_every_kind_of_rule_belongs_to_a_section_of_the_gate() -> None:
    rates = ("demographic_parity", "equal_opportunity", "equalized_odds", "predictive_parity")
    assert list(FAIRNESS) == [f"{rate}_{how}" for rate in rates for how in ("difference", "ratio")]
    assert {name: kind.higher_is_better for name, kind in SERVING.items()} == {
        "cold_start": False,
        "image_size": False,
        "latency_p50": False,
        "latency_p99": False,
        "memory": False,
        "server_memory": False,
        "server_start": False,
        "size": False,
        "throughput": True,
    }
    rules = (
        {"metric": "auroc", "at_least": 0.5},
        {"metric": "size", "at_most": 2.0},
        {"fairness": "equalized_odds_ratio", "of": "plan", "at_least": 0.8},
        {"data": "warnings", "at_most": 0},
    )
    assert [GateRule.model_validate(rule).section for rule in rules] == ["rules", "serving", "rules", "data"]


def test_server_and_image_are_looked_at_where_a_rule_names_them_and_nowhere_else(tmp_path: Path) -> None:
    def asked(*rules: str) -> dict[str, Any]:
        root = make_repository(tmp_path / str(len(rules)))
        with (root / "conf/pipeline/churn.yaml").open("a") as file:
            file.write("".join(f"  - {rule}\n" for rule in rules))  # `gates:` is its last key
        loaded = open_workspace(root).pipelines["churn"]
        return MEASURE.section(Subject("churn", loaded.spec))

    alone = asked("{metric: memory, at_most: 110}")
    assert alone == {"repetitions": 7, "requests": 400, "batch": 256}
    start, image = "{metric: server_start, at_most: 1}", "{metric: image_size, over_champion: {no_worse_than: 0.1}}"
    assert asked(start, image) == {**alone, "asked": ["image", "server"]}
    assert asked(start, "{metric: server_memory, at_most: 110}", "{metric: size, at_most: 9}")["asked"] == ["server"]


def test_what_serving_costs_is_compared_as_a_share_and_says_nothing_more() -> None:
    rule = {"metric": "throughput", "at_least": 10.0, "over_champion": {"better_by": 0.1}}
    champion = spelt(_bounds(GateRule.model_validate(rule)))[1]
    assert champion == {
        "id": "throughput-over-champion",
        "metric": "throughput",
        "against": "champion",
        "at_least": 0.1,
        "at_most": None,
        "mode": "block",
    }
