"""An official test set is set above the rows, and is the test part whatever the split."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.errors import DataError, IntegrityError
from mlops.ml.data import official_test, parquet, sources, splits
from mlops.ml.data.splits import Plan
from mlops.sources.source import Source


def files(folder: Path, learnt: str, judged: str) -> tuple[Source, Source]:
    (folder / "rows.csv").write_text(learnt, encoding="utf-8")
    (folder / "judged.csv").write_text(judged, encoding="utf-8")
    return Source(kind="csv", path="rows.csv"), Source(kind="csv", path="judged.csv")


def above(folder: Path, learnt: str, judged: str) -> tuple[pl.DataFrame, official_test.OfficialTest]:
    source, test = files(folder, learnt, judged)
    rows, told = official_test.above(sources.scan(source, folder), source, test, folder)
    return rows.collect(), told


def test_its_rows_stand_first_and_keep_their_numbers_when_others_join(tmp_path):
    rows, told = above(tmp_path, "a,y\n1,0\n2,1\n", "y,a\n1,9\n")
    assert rows.to_dict(as_series=False) == {"__row__": [0, 1, 2], "a": ["9", "1", "2"], "y": ["1", "0", "1"]}
    assert (told.table, told.rows) == ("judged.csv", 1)
    more, again = above(tmp_path, "a,y\n1,0\n2,1\n3,1\n", "y,a\n1,9\n")
    assert more.head(3).equals(rows)
    assert (again.digest == told.digest, again.others == told.others) == (True, False)


def typed(folder: Path, learnt: list[object], judged: list[object]) -> pl.DataFrame:
    for name, values in (("rows", learnt), ("judged", judged)):
        pl.DataFrame({"a": values}).write_parquet(folder / f"{name}.parquet")
    source, test = (Source(kind="parquet", path=f"{name}.parquet") for name in ("rows", "judged"))
    return official_test.above(sources.scan(source, folder), source, test, folder)[0].collect()


def test_numbers_with_and_without_a_fraction_go_below_each_other_and_texts_do_not(tmp_path):
    assert typed(tmp_path, [1, 2], [0.5])["a"].to_list() == [0.5, 1.0, 2.0]
    with pytest.raises(DataError) as caught:
        typed(tmp_path, [1, 2], ["?"])
    assert caught.value.message == "the test set judged.parquet has other types of `a` than rows.parquet"


@pytest.mark.parametrize(
    ("judged", "message"),
    [
        ("a\n1\n", "the test set judged.csv has other columns than rows.csv: it lacks `y`"),
        ("a,b,y\n1,2,0\n", "the test set judged.csv has other columns than rows.csv: it has besides `b`"),
        ("b,y\n2,0\n", "the test set judged.csv has other columns than rows.csv: it lacks `a` and has besides `b`"),
        ("a,y\n", "the test set judged.csv has no rows"),
    ],
)
def test_what_does_not_go_with_the_rows_is_refused(tmp_path, judged, message):
    with pytest.raises(DataError) as caught:
        above(tmp_path, "a,y\n1,0\n2,1\n", judged)
    assert caught.value.message == message


def test_the_table_says_which_rows_are_its(tmp_path):
    told = official_test.OfficialTest("judged.csv", 2, "sha256:1", "sha256:2")
    parquet.write(pl.DataFrame({"__row__": [0, 1, 2]}), tmp_path / "t.parquet", official_test.spelled(told))
    assert official_test.noted(tmp_path / "t.parquet") == told
    assert official_test.rows_of(tmp_path / "t.parquet") == 2


def test_a_table_that_does_not_say_it_is_not_divided(tmp_path):
    parquet.write(pl.DataFrame({"__row__": [0, 1, 2]}), tmp_path / "t.parquet")
    assert official_test.noted(tmp_path / "t.parquet") is None
    with pytest.raises(IntegrityError) as caught:
        official_test.rows_of(tmp_path / "t.parquet")
    assert caught.value.message == "t.parquet does not say which rows are the test set's"


def frame(rows: int, seed: int) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "__row__": range(rows),
            "thing": draw.integers(0, max(2, rows // 3), rows),
            "day": draw.integers(0, rows, rows),
            "y": draw.random(rows) < 0.5,
        }
    )


WAYS = st.sampled_from(
    [("random", None), ("stratified", None), ("group", "thing"), ("time", "day")],
)


@pytest.mark.slow
@given(WAYS, st.integers(12, 200), st.integers(1, 100), st.integers(0, 5), st.floats(0.05, 0.9))
def test_whatever_the_split_its_rows_alone_are_the_test_part(way, learnt, judged, seed, validation):
    rest = 1 - validation
    shares = {"train": rest * 0.7, "validation": validation, "test": rest * 0.3}
    plan = Plan(by=way[0], key=way[1], seed=seed, target="y", fractions=shares)
    table = frame(learnt + judged, seed)
    parts = splits.assign(table, plan, judged)
    assert parts.head(judged).unique().to_list() == [2]
    assert set(parts.slice(judged).unique()) <= {0, 1}
    shuffled = table.sample(fraction=1, shuffle=True, seed=seed)
    again = pl.DataFrame([shuffled["__row__"], splits.assign(shuffled, plan, judged)]).sort("__row__")
    assert again["__part__"].equals(parts)


def test_the_other_rows_are_divided_by_the_shares_of_train_and_validation():
    plan = Plan(by="random", target="y")
    sizes = splits.assign(frame(1_100, 0), plan, 100).value_counts().sort("__part__")["count"].to_list()
    assert sizes == [750, 250, 100]
