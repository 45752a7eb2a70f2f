from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from mlops.bundle.recipe import Recipe
from mlops.documents.profile import ColumnProfile
from mlops.monitor.dates import Dates, bins
from mlops.monitor.windows import Window
from mlops.stages.profile import profile

START = datetime(2026, 11, 2, tzinfo=UTC)
PARTS = ("year", "month", "day", "weekday", "hour")


def described(values: pl.Series, kind: str) -> ColumnProfile:
    """The profile of one column whose every part is read."""
    number = {"column": "d", "fill": 0.0, "shift": 0.0, "scale": 1.0}
    document = {"schema_version": 1, "kind": "tabular", "task": "regression", "target": {"name": "y"}}
    columns = [{"name": "d", "type": kind, "nullable": True}]
    recipe = Recipe.model_validate(document | {"columns": columns, "numbers": [number | {"part": p} for p in PARTS]})
    return profile(pl.DataFrame({"d": values}), recipe, np.zeros(4, dtype=np.float32)).columns["d"]


def window(days: float) -> Window:
    return Window(START, START + timedelta(days=days))


def asked(rows: int, days: float) -> pl.Series:
    step = timedelta(days=days) / rows
    return pl.Series("at", [START + row * step for row in range(rows)], dtype=pl.Datetime("us", "UTC"))


HOURS = pl.Series("d", [datetime(2024, 1, 1) + timedelta(hours=7 * row) for row in range(2000)])


@pytest.mark.parametrize(
    ("days", "compared"),
    [
        (1 / 24, []),
        (1, ["d.hour"]),
        (7, ["d.hour", "d.weekday"]),
        (31, ["d.day", "d.hour", "d.weekday"]),
        (366, ["d.day", "d.hour", "d.month", "d.weekday"]),
    ],
)
def test_of_what_is_now_only_parts_that_come_round_are_compared(days: float, compared: list[str]) -> None:
    at = asked(1000, days)
    said = at.dt.to_string("iso:strict")
    found = dict(bins("d", Dates.of(said, at, "datetime"), window(days), described(HOURS, "datetime"), 2000))
    assert sorted(found) == compared


def test_any_other_date_is_compared_in_days_and_by_every_part_that_is_read() -> None:
    profiled = described(HOURS, "datetime")
    at = asked(500, 1)
    texts = pl.Series("d", [None, *(f"{moment}Z" for moment in HOURS[:499].dt.to_string("iso:strict"))])
    found = dict(bins("d", Dates.of(texts, at, "datetime"), window(1), profiled, 2000, ("d.month",)))
    assert sorted(found) == ["d", "d.day", "d.hour", "d.weekday", "d.year"]
    assert found["d"].window.sum() == 499
    assert found["d"].window[0] == 200, "of the earliest tenth of training"


def test_dates_have_bins_by_the_day() -> None:
    days = pl.Series("d", [datetime(2024, 1, 1).date() + timedelta(days=row % 15) for row in range(300)])
    profiled = described(days, "date")
    at = asked(300, 1)
    found = dict(bins("d", Dates.of(days.cast(pl.String), at, "date"), window(1), profiled, 300))
    assert found["d"].window.tolist() == found["d"].reference.round(2).tolist() == [20.0] * 15
    assert (profiled.minimum, profiled.maximum) == ("2024-01-01", "2024-01-15")


def test_an_earlier_bundle_says_too_little_of_dates_and_a_column_without_values_nothing() -> None:
    at = asked(3, 1)
    dates = Dates.of(pl.Series("d", ["2026-11-02", None, None]), at, "date")
    earlier = ColumnProfile(type="date", nulls=0.0, minimum="2024-01-01", maximum="2024-02-01")
    assert list(bins("d", dates, window(1), earlier, 9)) == []
    empty = described(pl.Series("d", [None], dtype=pl.Date), "date")
    assert list(bins("d", dates, window(1), empty, 0)) == []
