from __future__ import annotations

import pytest
from pydantic import ValidationError

from mlops.configuration.pipeline import Budget
from mlops.documents.change_report import Cost
from mlops.operations.planning.cost import cost


def test_minutes_and_money_are_held_against_the_budget() -> None:
    assert cost(1800, Budget(minutes=20, money=1, per_hour=4)) == Cost(
        30.0, 2.0, ("about 30 minutes, 20 are budgeted", "about 2 of money, 1 is budgeted")
    )
    assert cost(600, Budget(minutes=20, money=1, per_hour=4)).over == ()


def test_what_is_not_known_exceeds_nothing() -> None:
    assert cost(None, Budget(minutes=1)) == Cost()
    assert cost(60, None) == Cost(1.0)


def test_money_without_a_price_is_refused() -> None:
    with pytest.raises(ValidationError, match="`money` needs `per_hour`"):
        Budget(money=1)
