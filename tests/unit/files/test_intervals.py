"""Terminal, comment, report and card spell a value and its interval by one formatter."""

from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.documents.gate import RuleResult
from mlops.files import intervals
from mlops.files.intervals import interval, number
from mlops.present.card import words as card
from mlops.present.markdown import verdict as markdown
from mlops.present.report import words as report
from mlops.present.terminal import verdict as terminal


def test_the_examples_hold() -> None:
    assert doctest.testmod(intervals).failed == 0


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_both_ends_have_as_many_decimals_and_are_told_apart(one: float, other: float) -> None:
    low, high = sorted((one, other))
    left, right = interval(low, high)[1:-1].split(", ")
    assert len(left.partition(".")[2]) == len(right.partition(".")[2])
    assert left != right or high - low <= 1e-9 * max(1.0, abs(high))


def test_what_is_not_known_is_a_dash_and_what_is_no_number_is_said() -> None:
    assert [number(value) for value in (None, math.nan, math.inf, -math.inf)] == ["–", "unknown", "∞", "−∞"]
    assert interval(None, 0.5, sign="+") == "[–, +0.500]"
    assert interval(0.5, math.inf) == "[0.500, ∞]"


@pytest.mark.parametrize(
    ("value", "low", "high", "shown"),
    [(0.76, 0.7, 0.8125, "[0.700, 0.812]"), (-0.2, -0.5, 0.002, "[-0.500, 0.002]"), (54.3, 51, 58.25, "[51.0, 58.2]")],
)
def test_every_page_spells_an_interval_alike(value: float, low: float, high: float, shown: str) -> None:
    rule = RuleResult.model_validate({
        "id": "r", "metric": "rmse", "against": "value", "by": None, "slice": None, "value": value, "low": low,
        "high": high, "bound": 0.5, "n": 90, "verdict": "pass", "sentence": "So it is.", "mode": "block",
        "applicable": True,
    })  # fmt: skip
    assert terminal._cells(rule)[1:3] == (number(value), shown)
    assert markdown._row(rule)[1:3] == (number(value), shown)
    assert report.interval(low, high) == shown.replace("-", "−")
    assert card.interval(low, high) == shown.strip("[]").replace(", ", " to ")
