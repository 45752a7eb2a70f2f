"""From when to when rows are: by the column that is declared for it, and never by what may not be told."""

from __future__ import annotations

import doctest
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.documents.checks import CheckReport
from mlops.documents.data import ColumnReport, DataReport
from mlops.documents.gate import GateReport
from mlops.documents.metrics import MetricsReport
from mlops.documents.split import PartReport, SplitReport
from mlops.documents.training import TrainingReport
from mlops.present import period as module
from mlops.present.period import period
from mlops.present.report.about import About, header

NO_SPLIT = SplitReport()
DAY = date(2030, 1, 1)


def dates(name: str, first: str | None, last: str | None) -> ColumnReport:
    return ColumnReport(name=name, type="date", nulls=0, min=first, max=last)


def test_examples_are_true() -> None:
    failed, tried = doctest.testmod(module)
    assert (failed, tried > 0) == (0, True)


@given(st.lists(st.tuples(st.integers(0, 9999), st.integers(0, 9999)), min_size=1, max_size=3))
def test_the_split_by_time_says_the_first_and_the_last_of_all_parts(spans: list[tuple[int, int]]) -> None:
    days = [sorted((DAY + timedelta(first), DAY + timedelta(last))) for first, last in spans]
    parts = {str(at): PartReport(first=str(first), last=str(last)) for at, (first, last) in enumerate(days)}
    first, last = min(day for day, _ in days), max(day for _, day in days)
    said = f"ordered from {first} to {last}" if first != last else f"ordered of {first}"
    assert period(None, SplitReport(by="time", key="ordered", parts=parts)) == said


@given(st.lists(st.integers(-50, 5000), min_size=2, max_size=4, unique=True))
def test_periods_that_are_numbers_are_in_their_order(numbers: list[int]) -> None:
    parts = {str(number): PartReport(first=str(number), last=str(number)) for number in numbers}
    told = period(None, SplitReport(by="time", key="week", parts=parts))
    assert told == f"week from {min(numbers)} to {max(numbers)}"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (DataReport(columns=(dates("ordered", "2030-01-01", "2030-06-30"),)), "ordered from 2030-01-01 to 2030-06-30"),
        (DataReport(columns=(dates("ordered", None, None),)), ""),  # not public
        (
            DataReport(columns=(dates("born", "1950-01-01", "2000-01-01"), dates("left", "2030-01-01", "2030-02-01"))),
            "",
        ),
        (
            DataReport(
                columns=(dates("born", "1950-01-01", "2000-01-01"), dates("seen", "2030-01-01", "2030-02-01")),
                checks=(CheckReport(name="freshness", column="seen", passed=True),),
            ),
            "seen from 2030-01-01 to 2030-02-01",
        ),
        (None, ""),
    ],
    ids=["public", "hidden", "two", "fresh", "none"],
)
def test_a_public_column_says_it_where_no_split_does(data: DataReport | None, said: str) -> None:
    assert period(data, NO_SPLIT) == said


def test_the_header_of_a_report_says_it() -> None:
    data = DataReport(rows=6000, source="sha256:0123456789abcdef", columns=(dates("day", "2030-01-01", "2030-06-30"),))
    about = About(source="data/orders.csv", recorded="2030-07-01")
    top = header(about, GateReport(verdict="pass", rules=()), MetricsReport(), TrainingReport(), data, NO_SPLIT)
    said = "data/orders.csv of 2030-07-01, 6,000 rows, day from 2030-01-01 to 2030-06-30, sha256:0123456789ab"
    assert dict(top.facts)["Data"] == said
