"""Leaks that no column shows alone are found in tables of any size; clean tables pass."""

import polars as pl
import pytest

from tests.builders.leaky import CLEAN, LEAKS, planted, search

pytestmark = pytest.mark.slow


def blocked(frame: pl.DataFrame, task: str) -> set[str]:
    return {str(check.column) for check in search(frame, task) if check.blocks}


@pytest.mark.parametrize(
    "rows", [500, *(pytest.param(rows, marks=pytest.mark.long) for rows in (5_000, 50_000))], ids=str
)
@pytest.mark.parametrize("leak", LEAKS)
def test_a_leak_of_several_columns_is_found_and_no_other_is_accused(leak, rows):
    found = planted(leak, rows)
    assert blocked(pl.DataFrame(found.frame), found.task) == found.columns


@pytest.mark.parametrize("table", CLEAN)
def test_a_clean_table_passes(table):
    load, task = CLEAN[table]
    assert blocked(load(), task) == set()


def test_the_sentence_says_what_gives_the_target_away_and_how():
    found = planted("the sum of two columns", 500)
    assert [check.message for check in search(pl.DataFrame(found.frame), found.task)] == [
        "`paid` gives `y` away together with `due`: a weighted sum of them is enough (R² 1.000 on rows set aside)",
        "`due` gives `y` away together with `paid`: a weighted sum of them is enough (R² 1.000 on rows set aside)",
    ]
