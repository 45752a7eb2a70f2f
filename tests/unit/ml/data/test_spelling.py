from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from mlops.errors import DataError
from mlops.ml.data import types
from mlops.ml.data.spelling import Spelling

NEW = pl.Series("c", [1.288, 1e-7, None, 12345678.5])


@pytest.mark.parametrize(
    ("source", "values", "spelled"),
    [
        (["1,5", "-0,037"], NEW, ["1,288", "0,0000001", None, "12345678,5"]),
        (["1.5", "-0.037"], NEW, ["1.288", "1e-7", None, "12345678.5"]),
        (["1,5"], pl.Series("c", ["1,288", "2", "3,5"]), ["1,288", "2,0", "3,5"]),
        (["1,5"], pl.Series("c", ["1.288"]), ["1,288"]),
        (["3", "4"], pl.Series("c", ["5", "6.0"]), ["5", "6"]),
        (["1", "2"], pl.Series("c", [3.5, 4.0]), ["3.5", "4.0"]),
        (["yes", "no", "no"], pl.Series("c", [True, False, None]), ["yes", "no", None]),
        (["Y", "Y"], pl.Series("c", ["true", "false"]), ["Y", "N"]),
        (["No"], pl.Series("c", [True]), ["Yes"]),
        (["01", "02"], pl.Series("c", ["01", "007"]), ["01", "007"]),
        (["31.12.2024"], pl.Series("c", ["2026-11-02", "2026-11-12", None]), ["02.11.2026", "12.11.2026", None]),
        (["12/31/2024"], pl.Series("c", ["11/02/2026", "02/11/2026"]), ["11/02/2026", "02/11/2026"]),
        (["31.12.2024"], pl.Series("c", [date(2026, 11, 2)]), ["02.11.2026"]),
        (["31.12.2024 08:30"], pl.Series("c", ["2026-11-02T09:30:59Z"]), ["02.11.2026 09:30"]),
        (["2024-12-31 08:30:00.250"], pl.Series("c", [datetime(2026, 11, 2, 9, 30)]), ["2026-11-02 09:30:00"]),
        (["2024-12-31T08:30:00+01:00"], pl.Series("c", ["2026-11-02T09:30:00+01:00"]), ["2026-11-02T08:30:00Z"]),
    ],
)
def test_what_joins_a_column_is_spelt_like_it(source: list[str], values: pl.Series, spelled: list[str]) -> None:
    texts = pl.Series("c", source)
    spelling = Spelling.of(texts)
    found = spelling.spelled(values)
    assert found.to_list() == spelled
    both = types.settle(pl.concat([texts, found]), "float" if spelling.type == "int" else spelling.type)
    assert both.failed == 0, "read as one column"


def test_a_declared_type_is_the_type() -> None:
    spelling = Spelling.of(pl.Series("c", ["0", "1"]), "bool")
    assert spelling.spelled(pl.Series("c", [True, False])).to_list() == ["1", "0"]
    assert Spelling.of(pl.Series("c", ["5", "7"]), "category").spelled(pl.Series("c", ["007"])).to_list() == ["007"]


def test_what_is_of_another_type_is_refused() -> None:
    with pytest.raises(DataError) as refused:
        Spelling.of(pl.Series("c", ["1", "2"])).spelled(pl.Series("c", ["3", "many", None]))
    assert str(refused.value) == "1 of 3 new values of `c` are not of type int, as the source's are"


def test_a_time_that_a_form_has_no_place_for_is_refused() -> None:
    spelling = Spelling.of(pl.Series("c", ["31.12.2024"]), "datetime")
    assert spelling.spelled(pl.Series("c", ["2026-11-02T00:00:00"])).to_list() == ["02.11.2026"]
    with pytest.raises(DataError) as refused:
        spelling.spelled(pl.Series("c", ["2026-11-02T09:30:00", None]))
    assert str(refused.value) == (
        "1 of 2 new values of `c` say more than its dates in the source do, which are spelt `%d.%m.%Y`"
    )
