import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlops.blocks.split import Fractions
from mlops.errors import DataError
from mlops.ml.data.splits import PARTS, Plan, _parted, _sizes, assign, digest, hashed, mixed, shared, strata

FRACTIONS = Fractions(train=0.6, validation=0.2, test=0.2)
HASHED = [0.09801160659371033, 0.9235427653046154]
MIXED = [10688038594590145654, 5003941560155802088, 546766246445247146]
DIGEST = "sha256:e2e2033ae7e19d680599d4eb0a1359a2b48ec5baac75066c317fbf85159c54ef"
WAYS = ("random", "stratified", "group", "time")


def table(rows: int, seed: int = 0) -> pl.DataFrame:
    draw = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "__row__": np.arange(rows),
            "who": draw.integers(0, max(rows // 3, 1), rows),
            "when": draw.integers(0, max(rows // 2, 1), rows),
            "y": draw.choice(["a", "b", "b"], rows),
        }
    )


def plan(by: str, **more) -> Plan:
    key = {"group": "who", "time": "when"}.get(by)
    return Plan(**({"by": by, "fractions": FRACTIONS, "key": key, "target": "y"} | more))


def placed(frame: pl.DataFrame, how: Plan) -> dict[int, int]:
    return dict(zip(frame["__row__"].to_list(), assign(frame, how).to_list(), strict=True))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 200), st.integers(0, 9), st.sampled_from(WAYS))
def test_every_row_is_in_exactly_one_part(rows, seed, by):
    parts = assign(table(rows), plan(by, seed=seed))
    assert parts.len() == rows
    assert set(parts.to_list()) <= set(range(len(PARTS)))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200), st.integers(0, 9), st.sampled_from(WAYS))
def test_the_order_of_the_rows_does_not_matter(rows, seed, by):
    frame = table(rows)
    assert placed(frame.sample(fraction=1, shuffle=True, seed=seed), plan(by)) == placed(frame, plan(by))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200), st.integers(1, 100))
def test_a_group_never_moves_when_rows_are_appended(rows, more):
    before = table(rows)
    after = pl.concat([before, table(more, seed=1).with_columns(pl.col("__row__") + rows)])
    moved = placed(after, plan("group"))
    assert {row: moved[row] for row in range(rows)} == placed(before, plan("group"))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200), st.sampled_from(["who", "when"]))
def test_rows_with_the_same_key_stay_together(rows, key):
    frame = table(rows)
    by = "group" if key == "who" else "time"
    assert shared(frame, assign(frame, plan(by)), key)[0] == 0


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 200))
def test_time_only_moves_forward_through_the_parts(rows):
    frame = table(rows).sort("when")
    assert assign(frame, plan("time")).is_sorted()


@pytest.mark.parametrize("by", ["random", "stratified"])
def test_the_parts_have_the_sizes_that_were_asked_for(by):
    assert np.bincount(assign(table(1000), plan(by))).tolist() == [600, 200, 200]


def by_sorting(frame: pl.DataFrame, how: Plan) -> list[int]:
    """The oracle: each stratum sorted by its mixed bits, and cut."""
    codes = strata(frame, how) if how.by == "stratified" else np.zeros(frame.height, dtype=np.int64)
    bits = mixed(frame["__row__"], how.seed)
    parts = np.empty(frame.height, dtype=np.int64)
    for stratum in np.unique(codes):
        inside = np.flatnonzero(codes == stratum)
        sizes = _sizes(inside.size, how.fractions.shares)
        parts[inside[np.argsort(bits[inside], kind="stable")]] = np.repeat([0, 1, 2], sizes)
    return parts.tolist()


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 400), st.integers(0, 9), st.sampled_from(["random", "stratified"]), st.integers(1, 9))
def test_to_part_rows_is_to_sort_them(rows, seed, by, classes):
    frame = table(rows).with_columns(
        y=pl.Series(np.random.default_rng(seed).integers(0, classes, rows)).cast(pl.String)
    )
    assert assign(frame, plan(by, seed=seed)).to_list() == by_sorting(frame, plan(by, seed=seed))


def test_each_class_is_shared_out_alike():
    frame = table(1000)
    counts = frame.select("y", assign(frame, plan("stratified"))).group_by("y", "__part__").len().sort("y", "__part__")
    for label, rows in frame["y"].value_counts().iter_rows():
        found = counts.filter(pl.col("y") == label)["len"].to_list()
        assert found == pytest.approx([0.6 * rows, 0.2 * rows, 0.2 * rows], abs=1)


def test_a_class_of_three_rows_reaches_every_part():
    frame = table(100).with_columns(y=pl.Series(["rare"] * 3 + ["common"] * 97))
    assert sorted(assign(frame, plan("stratified")).to_list()[:3]) == [0, 1, 2]


def test_numbers_are_stratified_by_tenths():
    frame = table(1000).with_columns(y=pl.Series(np.random.default_rng(0).normal(size=1000)))
    parts = assign(frame, plan("stratified", task="regression"))
    means = [frame["y"].filter(parts == part).mean() for part in range(3)]
    assert max(means) - min(means) < 0.05


def test_another_seed_gives_another_division():
    frame = table(300)
    for by in ("random", "stratified", "group"):
        assert placed(frame, plan(by)) != placed(frame, plan(by, seed=1))


def test_groups_come_near_the_fractions():
    frame = pl.DataFrame({"__row__": np.arange(20_000), "who": np.arange(20_000)})
    assert np.bincount(assign(frame, plan("group"))) / 20_000 == pytest.approx([0.6, 0.2, 0.2], abs=0.01)


def test_a_key_is_the_same_as_a_whole_number_or_as_a_float_or_as_text():
    frame = table(100)
    as_float, as_text = (frame.with_columns(pl.col("who").cast(dtype)) for dtype in (pl.Float64, pl.String))
    assert placed(as_float, plan("group")) == placed(frame, plan("group")) == placed(as_text, plan("group"))


def test_dates_order_rows_too():
    days = [dt.date(2024, 1, day) for day in range(1, 11)]
    frame = pl.DataFrame({"__row__": range(10), "when": days[::-1]})
    assert assign(frame, plan("time")).to_list() == [2, 2, 1, 1, 0, 0, 0, 0, 0, 0]


def test_these_numbers_never_change():
    """A change here would move people between train and test in every pipeline that exists."""
    assert hashed(["125024", "é"], seed=0).tolist() == HASHED
    assert mixed(pl.Series([0, 1, 2**40]), seed=3).tolist() == MIXED
    assert digest(pl.Series([3, 1, 2])) == digest(pl.Series([1, 2, 3])) == DIGEST


def test_a_row_without_a_key_is_refused():
    frame = table(10).with_columns(who=pl.Series([None] * 3 + [1] * 7))
    with pytest.raises(DataError, match="^3 of 10 rows have no value of `who`, the key of the split$"):
        assign(frame, plan("group"))


@pytest.mark.parametrize(
    ("key", "message"), [(None, "a split by group needs a `key`"), ("whom", "there is no column `whom` to split by")]
)
def test_a_split_without_its_key_is_refused(key, message):
    with pytest.raises(DataError) as caught:
        assign(table(10), plan("group", key=key))
    assert caught.value.message == message


def test_a_row_of_nobody_stands_alone_where_the_key_is_the_entity():
    frame = table(600).with_columns(who=pl.Series([None if row % 5 == 0 else row // 6 for row in range(600)]))
    parts = assign(frame, plan("group", entity="who"))
    known = frame["who"].is_not_null()
    assert shared(frame, parts, "who") == (0, 100)
    whole = assign(frame.filter(known), plan("group"))
    assert parts.filter(known).to_list() == whole.to_list()
    assert set(parts.filter(~known).to_list()) == {0, 1, 2}


@settings(deadline=None, max_examples=50)
@given(st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=40), st.data())
def test_the_least_bits_are_trained_on_and_the_next_validate(bits, data):
    first = data.draw(st.integers(0, len(bits)))
    second = data.draw(st.integers(0, len(bits) - first))
    ranks = {value: rank for rank, value in enumerate(sorted(bits))}
    expected = [(ranks[value] >= first) + (ranks[value] >= first + second) for value in bits]
    given_bits = np.array(bits, dtype=np.uint64)
    assert _parted(given_bits, [first, second, len(bits) - first - second]).tolist() == expected
    assert given_bits.tolist() == bits
