from __future__ import annotations

from typing import Any

import pytest

from mlops.lower.gates import _bounds
from mlops.spec.gates import GateRule


def bounds(**keys: Any) -> list[tuple[str, str, float | None, float | None]]:
    rule = GateRule.model_validate(keys)
    return [(bound["id"], bound["against"], bound["at_least"], bound["at_most"]) for bound in _bounds(rule)]


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
