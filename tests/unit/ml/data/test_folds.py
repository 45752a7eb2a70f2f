"""Rows dealt into folds: sizes, strata, whole groups; who has seen which row; what stands in the way."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.errors import DataError, IntegrityError
from mlops.ml.data import folds
from mlops.ml.data.folds import FILE, Folds, assign, chosen_on, learnt_by
from mlops.ml.data.splits import Plan

WAYS = ("random", "stratified", "group")


def table(rows: int, seed: int = 0) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "__row__": np.arange(rows),
            "who": [f"p{one}" for one in draw.integers(0, max(rows // 3, 1), rows)],
            "y": draw.choice(["a", "b", "b"], rows),
        }
    )


def plan(by: str, **more) -> Plan:
    return Plan(**({"by": by, "key": "who" if by == "group" else None, "target": "y"} | more))


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 200), st.integers(0, 5), st.integers(3, 8), st.sampled_from(WAYS))
def test_folds_are_of_equal_size_and_do_not_hang_on_the_order_of_rows(rows, seed, count, by):
    frame = table(rows, seed)
    found = assign(frame, plan(by, seed=seed), count)
    mixed = frame.sample(fraction=1, shuffle=True, seed=seed)
    again = pl.DataFrame([mixed["__row__"], assign(mixed, plan(by, seed=seed), count)]).sort("__row__")
    assert again["fold"].equals(found)
    if by == "group":
        placed = pl.DataFrame([frame["who"], found]).group_by("who").agg(pl.col("fold").n_unique())
        assert placed["fold"].max() == 1
        sizes = np.bincount(pl.DataFrame([frame["who"], found]).unique()["fold"].to_numpy(), minlength=count)
    else:
        sizes = np.bincount(found.to_numpy(), minlength=count)
    assert sizes.max() - sizes.min() <= 1
    if by == "stratified":
        for label in ("a", "b"):
            rows_of = np.bincount(found.filter(frame["y"] == label).to_numpy(), minlength=count)
            assert rows_of.max() - rows_of.min() <= 1


def test_rows_without_a_group_stand_alone():
    frame = table(60).with_columns(who=pl.when(pl.col("__row__") < 30).then(None).otherwise("who"))
    found = assign(frame, plan("group", entity="who"), 3)
    assert sorted(np.unique(found[:30].to_numpy()).tolist()) == [0, 1, 2]


def test_a_split_in_time_has_no_folds():
    with pytest.raises(DataError) as raised:
        assign(table(60), plan("time", key="who"), 3)
    assert raised.value.message == "a split by time has no folds"


@given(st.integers(3, 20))
def test_every_fold_is_unseen_by_one_member_and_stops_another(count):
    codes = np.arange(count)
    learnt = np.array([learnt_by(member, codes, count) for member in range(count)])
    assert (learnt.sum(axis=0) == count - 2).all()
    assert not learnt[codes, codes].any()
    assert not learnt[chosen_on(codes, count), codes].any()
    assert sorted(chosen_on(codes, count).tolist()) == codes.tolist()
    assert folds.ratio(count) == pytest.approx((1 / count) / (learnt[0].sum() / count))


def test_what_stands_in_the_way_is_said():
    frame = table(40).with_columns(y=pl.when(pl.col("__row__") < 3).then(pl.lit("rare")).otherwise(pl.lit("b")))
    codes = assign(frame, plan("stratified"), 5)
    assert folds.amiss(frame, codes, 5, "y", "binary") == [
        "5 folds need 50 rows, 10 each: there are 40",
        "the class rare of y has fewer rows (3) than 5 folds",
    ]
    assert folds.amiss(frame, codes, 5, "y", "regression") == ["5 folds need 50 rows, 10 each: there are 40"]
    whole = pl.Series("fold", np.repeat([0, 1, 2], [20, 20, 0]).tolist(), dtype=pl.UInt8)
    assert folds.amiss(frame, whole, 3, "y", "regression") == ["fold 3 has no rows"]
    apart = pl.Series("fold", [0] * 10 + [1] * 15 + [2] * 15, dtype=pl.UInt8)
    assert folds.amiss(frame, apart, 3, "y", "binary") == [
        "the class rare of y is missing from fold 2",
        "the class rare of y is missing from fold 3",
    ]


def written(folder: Path, rows: list[int], codes: list[int]) -> Path:
    pl.DataFrame({"__row__": rows, "fold": pl.Series(codes, dtype=pl.UInt8)}).write_parquet(folder / FILE)
    return folder


def test_each_row_is_answered_by_the_member_that_has_not_seen_it(tmp_path):
    found = Folds.read(written(tmp_path, [7, 3, 9], [0, 1, 2]))
    assert found is not None
    members = np.array([[10, 11, 12], [20, 21, 22], [30, 31, 32]])
    rows = pl.Series([3, 9, 7])
    assert found.of(rows).tolist() == [1, 2, 0]
    assert found.unseen(members, rows).tolist() == [11, 22, 30]
    assert found.inner(members, rows).tolist() == [10, 21, 32]
    assert found.unseen(np.stack([members, members], axis=2), rows).shape == (3, 2)
    with pytest.raises(IntegrityError, match="has 3 folds but the model 2 members"):
        found.unseen(members[:, :2], rows)
    with pytest.raises(IntegrityError, match="lacks rows of the table"):
        found.of(pl.Series([3, 4]))


@pytest.mark.parametrize(
    ("rows", "codes"), [([1, 1, 2], [0, 1, 2]), ([1, 2, 3], [0, 1, 1]), ([1, 2, 3], [0, 1, 3])], ids=str
)
def test_folds_that_are_not_whole_are_refused(tmp_path, rows, codes):
    with pytest.raises(IntegrityError, match="does not give every row one fold"):
        Folds.read(written(tmp_path, rows, codes))


def test_a_split_by_fractions_has_no_folds_and_a_damaged_file_is_no_split_by_fractions(tmp_path):
    assert Folds.read(tmp_path) is None
    (tmp_path / FILE).write_bytes(b"damaged")
    with pytest.raises(IntegrityError, match="cannot be read"):
        Folds.read(tmp_path)
