import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.data.types import cast, settle

MOMENTS = st.datetimes(min_value=dt.datetime(1000, 1, 1), max_value=dt.datetime(2999, 12, 31))


def texts(*values):
    return pl.Series("x", values, dtype=pl.String)


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param(["1", "-2", None], "int", id="whole numbers"),
        pytest.param([" 1", "2 "], "int", id="blanks around"),
        pytest.param(["1", "2.5"], "float", id="fractions"),
        pytest.param(["1e5", "nan"], "float", id="exponents and NaN"),
        pytest.param(["1,5", "2"], "float", id="decimal commas"),
        pytest.param(["1,500", "2,000"], "string", id="thousands are not guessed"),
        pytest.param(["007", "123"], "string", id="leading zeros name something"),
        pytest.param(["12345678901234567890", "1"], "string", id="too long for a number"),
        pytest.param(["Yes", "no", None], "bool", id="yes and no"),
        pytest.param(["TRUE", "false"], "bool", id="true and false"),
        pytest.param(["2024-02-29", "2023-01-01"], "date", id="ISO dates"),
        pytest.param(["31.12.2023", "01.02.2024"], "date", id="dates with dots"),
        pytest.param(["12/31/2023", "01/02/2024"], "date", id="month first, by its values"),
        pytest.param(["2024-02-29T10:11:12", "2023-01-01T00:00:00"], "datetime", id="ISO moments"),
        pytest.param(["2024-02-29 10:11"], "datetime", id="without seconds"),
        pytest.param(["2024-02-29T10:11:12Z", "2024-02-29T10:11:12+02:00"], "datetime", id="with zones"),
        pytest.param(["3/4/20", "5/6/21"], "string", id="two-digit years are not guessed"),
        pytest.param(["a", "b"] * 10, "category", id="few texts"),
        pytest.param([f"name {i}" for i in range(60)], "string", id="many texts"),
        pytest.param([None, None], "string", id="nothing at all"),
    ],
)
def test_the_type_is_found_by_looking(values, found):
    settled = settle(texts(*values))
    assert (settled.type, settled.failed) == (found, 0)


def test_dates_that_can_be_read_in_two_ways_come_with_a_note():
    settled = settle(texts("01/02/2024", "03/04/2024"))
    assert settled.values[0] == dt.date(2024, 2, 1)
    assert settled.note == "its dates are read day first"


def test_zones_become_utc():
    settled = settle(texts("2024-02-29T10:11:12Z", "2024-02-29T10:11:12+02:00"))
    assert [moment.hour for moment in settled.values] == [10, 8]


def test_a_late_exception_changes_the_type():
    assert settle(texts(*["1"] * 5000, "many")).type == "category"


@pytest.mark.parametrize(
    ("values", "declared", "failed"),
    [
        (texts("1", "x", None), "int", 1),
        (texts("1.0", "2.5"), "int", 1),
        (texts("1", "x"), "float", 1),
        (texts("nan", "1"), "float", 0),
        (texts("yes", "perhaps"), "bool", 1),
        (texts("0", "1"), "bool", 0),
        (texts("2024-01-01", "2024-13-01"), "date", 1),
        (texts("a"), "category", 0),
        (pl.Series("x", [1.0, 2.5]), "int", 1),
        (pl.Series("x", [0, 1, 2]), "bool", 1),
        (pl.Series("x", [1.5]), "date", 1),
        (pl.Series("x", [True, False]), "int", 0),
        (pl.Series("x", [1, 2]), "string", 0),
    ],
)
def test_what_does_not_fit_a_declared_type_is_counted(values, declared, failed):
    settled = settle(values, declared)
    assert (settled.type, settled.failed) == (declared, failed)


@pytest.mark.parametrize(
    ("dtype", "found"),
    [(pl.Int8, "int"), (pl.UInt64, "int"), (pl.Float32, "float"), (pl.Decimal(10, 2), "float"), (pl.Boolean, "bool")],
)
def test_typed_columns_keep_their_meaning(dtype, found):
    assert settle(pl.Series("x", [1, 0]).cast(dtype)).type == found


def test_a_categorical_column_is_a_category():
    assert settle(pl.Series("x", ["a", "b"], dtype=pl.Categorical)).values.dtype == pl.String


def test_not_a_number_is_missing_not_wrong():
    settled = settle(pl.Series("x", [1.0, float("nan"), None]))
    assert (settled.failed, settled.values.null_count()) == (0, 2)


@pytest.mark.slow
@given(st.lists(st.integers(-(10**15), 10**15), min_size=1))
def test_whole_numbers_survive_their_spelling(numbers):
    settled = settle(pl.Series("x", [str(number) for number in numbers]))
    assert (settled.type, settled.values.to_list()) == ("int", numbers)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_floats_survive_their_spelling(numbers):
    assert cast(pl.Series("x", [repr(number) for number in numbers]), "float").to_list() == numbers


@pytest.mark.slow
@given(st.lists(MOMENTS, min_size=1))
def test_moments_survive_their_spelling(moments):
    settled = settle(pl.Series("x", [moment.isoformat(sep=" ", timespec="microseconds") for moment in moments]))
    assert (settled.type, settled.values.to_list()) == ("datetime", moments)


@pytest.mark.slow
@given(st.lists(st.dates(min_value=dt.date(1000, 1, 1)), min_size=1))
def test_dates_survive_their_spelling(days):
    settled = settle(pl.Series("x", [day.isoformat() for day in days]))
    assert (settled.type, settled.values.to_list()) == ("date", days)


@pytest.mark.slow
@given(st.lists(st.none() | st.text(max_size=8), min_size=1, max_size=50))
def test_looking_never_fails_and_never_loses_a_value(values):
    settled = settle(pl.Series("x", values, dtype=pl.String))
    assert settled.failed == 0
    assert settled.values.len() == len(values)
