from __future__ import annotations

import doctest
import math
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from mlops.expressions import evaluate
from mlops.ml.data.derive import derive

NULL = None
ROWS = pl.DataFrame(
    {
        "a": [4.0, 0.0, -1.0, NULL],
        "n": [3, 0, -2, NULL],
        "t": [True, False, NULL, True],
        "city": ["Bonn", "São Paulo", "", NULL],
        "born": [date(2000, 2, 29), date(1969, 12, 31), date(2024, 1, 1), NULL],
        "seen": [datetime(2024, 2, 28, 23), datetime(2024, 3, 1), datetime(2023, 12, 31, 12), NULL],
    },
    schema_overrides={"seen": pl.Datetime("us")},
)
TYPES = {"a": "float", "n": "int", "t": "bool", "city": "string", "born": "date", "seen": "datetime"}


def made(expression: str) -> list[object]:
    frame, _ = derive(ROWS, TYPES, {"new": expression})
    return frame["new"].to_list()


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("1 / a", [0.25, NULL, -1.0, NULL]),
        ("a % 3", [1.0, 0.0, 2.0, NULL]),
        ("n % 0", [NULL] * 4),
        ("a ** 0.5", [2.0, 0.0, NULL, NULL]),
        ("n ** 2", [9.0, 0.0, 4.0, NULL]),
        ("log(a)", [math.log(4), NULL, NULL, NULL]),
        ("log1p(a)", [math.log1p(4), 0.0, NULL, NULL]),
        ("log10(a * 25)", [2.0, NULL, NULL, NULL]),
        ("sqrt(a)", [2.0, 0.0, NULL, NULL]),
        ("exp(a * 1000)", [NULL, 1.0, 0.0, NULL]),
        ("n * 9007199254740992", [NULL, 0, NULL, NULL]),
        ("a * 1e308 * 100", [NULL, 0.0, NULL, NULL]),
        ("abs(n)", [3, 0, 2, NULL]),
        ("floor(a / 3)", [1, 0, -1, NULL]),
        ("ceil(a / 3)", [2, 0, 0, NULL]),
        ("round(a / 8)", [0, 0, 0, NULL]),
        ("round(a / 3, 2)", [1.33, 0.0, -0.33, NULL]),
        ("min(a, n)", [3.0, 0.0, -2.0, NULL]),
        ("max(a, 0)", [4.0, 0.0, 0.0, NULL]),
        ("clip(n, -1, 2)", [2, 0, -1, NULL]),
        ("-n + 1", [-2, 1, 3, NULL]),
        ("a > 0", [True, False, False, NULL]),
        ("a > 0 and t", [True, False, False, NULL]),
        ("a > 0 or t", [True, False, NULL, True]),
        ("not t", [False, True, NULL, False]),
        ("n in [3, 0]", [True, True, False, NULL]),
        ("n not in [3, 0]", [False, False, True, NULL]),
        ("if(a > 0, 1, a == 0, 2, 3)", [1, 2, 3, NULL]),
        ("if(t, city, null)", ["Bonn", NULL, NULL, NULL]),
        ("coalesce(t, false)", [True, False, False, True]),
        ("coalesce(city, 'none')", ["Bonn", "São Paulo", "", "none"]),
        ("coalesce(null, n, 7)", [3, 0, -2, 7]),
        ("is_null(city)", [False, False, False, True]),
        ("is_null(null)", [True] * 4),
        ("city == 'Bonn'", [True, False, False, NULL]),
        ("city != upper(city)", [True, True, False, NULL]),
        ("city in ['Bonn', 'Rome']", [True, False, False, NULL]),
        ("upper(city)", ["BONN", "SÃO PAULO", "", NULL]),
        ("length(city)", [4, 9, 0, NULL]),
        ("prefix(city, 2)", ["Bo", "Sã", "", NULL]),
        ("suffix(city, 2)", ["nn", "lo", "", NULL]),
        ("contains(city, 'ã')", [False, True, False, NULL]),
        ("starts_with(city, 'B')", [True, False, False, NULL]),
        ("split(city, ' ', 2)", [NULL, "Paulo", NULL, NULL]),
        ("number(if(t, '1_0', ' -2.5e1 '))", [NULL, -25.0, NULL, NULL]),
        ("year(born)", [2000, 1969, 2024, NULL]),
        ("month(seen) * 100 + day(seen)", [228, 301, 1231, NULL]),
        ("weekday(born)", [2, 3, 1, NULL]),
        ("hour(seen)", [23, 0, 12, NULL]),
        ("days_between(born, seen)", [8765 + 23 / 24, 19784.0, -0.5, NULL]),
        ("hours_between(seen, date('2024-03-01'))", [25.0, 0.0, 1452.0, NULL]),
        ("years_between(born, seen)", [23, 54, -1, NULL]),
        ("seen > datetime('2024-03-01T01:00:00+02:00')", [False, True, False, NULL]),
        ("max(born, date('2020-01-01'))", [date(2020, 1, 1), date(2020, 1, 1), date(2024, 1, 1), NULL]),
        ("coalesce(seen, born, datetime('2030-01-01'))", [*ROWS["seen"].to_list()[:3], datetime(2030, 1, 1)]),
        ("days_between(null, seen)", [NULL] * 4),
        ("year(null)", [NULL] * 4),
        ("lower(null) == 'a'", [NULL] * 4),
    ],
)
def test_what_is_computed(expression: str, values: list[object]) -> None:
    assert made(expression) == values


def test_the_bits_do_not_depend_on_how_many_rows_are_computed_at_once() -> None:
    """NumPy's own logarithm and power may use other instructions for a whole array than for its end."""
    x = np.random.default_rng(0).lognormal(0, 3, 1_001)
    frame = pl.DataFrame({"x": x})
    for expression in ("log(x)", "exp(-x)", "x ** 0.3", "log1p(x) / x", "round(x * x, 3)", "x % 0.7"):
        whole = derive(frame, {"x": "float"}, {"y": expression})[0]["y"]
        alone = [derive(frame[row : row + 1], {"x": "float"}, {"y": expression})[0]["y"][0] for row in (0, 7, 1_000)]
        assert alone == [whole[row] for row in (0, 7, 1_000)]


def test_a_time_with_a_zone_is_a_moment_in_utc() -> None:
    zoned = pl.DataFrame({"at": [datetime(2024, 1, 1, 0, 30, tzinfo=UTC)]}).with_columns(
        pl.col("at").dt.convert_time_zone("Asia/Tokyo")
    )
    assert derive(zoned, {"at": "datetime"}, {"h": "hour(at)", "d": "day(at)"})[0].row(0)[1:] == (1, 0)


def test_names_of_any_kind_are_columns() -> None:
    frame = pl.DataFrame({"unit price": [2.0], "a.b": [3.0], 'say "x"': [4.0], "a`b": [5.0], "if": [6.0], "and": [7.0]})
    expression = "`unit price` * `a.b` + `say \"x\"` + col('a`b') + if + `and`"
    assert derive(frame, dict.fromkeys(frame.columns, "float"), {"y": expression})[0]["y"].to_list() == [28.0]


def test_the_examples_hold() -> None:
    assert doctest.testmod(evaluate).failed == 0
