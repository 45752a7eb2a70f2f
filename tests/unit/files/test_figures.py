"""Terminal, comment and card spell a number by the same rule; the card with one digit more."""

from __future__ import annotations

import doctest
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.files import figures
from mlops.files.figures import duration, figure
from mlops.present.card.words import number


def test_the_examples_hold() -> None:
    assert doctest.testmod(figures).failed == 0


@given(st.floats(-1e9, 1e9), st.sampled_from([3, 4]))
def test_a_number_is_right_to_its_digits_and_has_no_power_of_ten(value: float, digits: int) -> None:
    shown = figure(value, digits=digits)
    assert float(shown.replace(",", "")) == pytest.approx(value, rel=0.5 * 10 ** (1 - digits), abs=0)
    assert "e+" not in shown


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_a_dash(value: float | None) -> None:
    assert figure(value, "+") == "–"


@pytest.mark.parametrize(
    ("value", "table", "card"),
    [
        (0.76123, "0.761", "0.7612"),
        (999.96, "1,000", "1000"),
        (2959.1, "2,959", "2959"),
        (45_678.9, "45,679", "45,679"),
    ],
)
def test_the_card_has_one_digit_more(value: float, table: str, card: str) -> None:
    assert (figure(value), number(value)) == (table, card)
    assert (number(None), number("x")) == (None, None)


@pytest.mark.parametrize(("seconds", "expected"), [(0.4, "0 s"), (89, "89 s"), (91, "2 min"), (5401, "1.5 h")])
def test_a_duration_is_in_the_unit_of_a_person(seconds: float, expected: str) -> None:
    assert duration(seconds) == expected
    assert duration(seconds, "&nbsp;") == expected.replace(" ", "&nbsp;")
