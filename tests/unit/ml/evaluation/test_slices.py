from __future__ import annotations

from datetime import date

import polars as pl
import pytest

from mlops.ml.evaluation.slices import cross, label, rank


@pytest.mark.parametrize(
    ("values", "labels"),
    [
        ([0.0, 1.0, 0.37, 1.0], ["0", "1", "other", "1"]),
        ([1, 2, 2, 5], ["1", "2", "2", "5"]),
        ([0.25, 0.5, 0.5], ["0.25", "0.5", "0.5"]),
        ([True, False, None], ["true", "false", "missing"]),
        (["north", None], ["north", "missing"]),
        ([date(2024, 5, 31), date(2023, 1, 1)], ["2024", "2023"]),
        ([float("nan"), 1.0], ["missing", "1"]),
        ([None, None], ["missing", "missing"]),
    ],
    ids=["fractions of a flag", "whole", "few fractions", "flags", "words", "dates", "nan", "nothing"],
)
def test_each_row_is_named_after_its_value(values: list[object], labels: list[str]) -> None:
    assert label(pl.Series("x", values)).to_list() == labels


def test_many_numbers_are_cut_at_their_quartiles() -> None:
    counts = label(pl.Series("age", range(100))).value_counts().rows()
    assert sorted(counts, key=lambda row: rank(row[0])) == [
        ("up to 25", 26),
        ("25 to 50", 25),
        ("50 to 74", 24),
        ("over 74", 25),
    ]


def test_numbers_that_are_mostly_one_value_need_fewer_cuts() -> None:
    labels = label(pl.Series("visits", [0] * 90 + list(range(1, 21))))
    assert set(labels) == {"up to 0", "over 0"}


def test_rare_words_go_together() -> None:
    labels = label(pl.Series("town", ["big"] * 9 + [f"t{i:02}" for i in range(20)]))
    assert labels.value_counts().filter(pl.col("label") == "other")["count"].to_list() == [10]
    assert labels.n_unique() == 12


def test_labels_are_ordered_as_a_person_would() -> None:
    labels = ["other", "over 7", "10", "up to 3", "3 to 7", "missing", "north", "2"]
    assert sorted(labels, key=rank) == ["2", "up to 3", "3 to 7", "over 7", "10", "north", "missing", "other"]


def test_edges_make_named_intervals_that_begin_at_their_edge() -> None:
    ages = pl.Series([12.0, 29.0, 30.0, 49.5, 50.0, 90.0, None])
    assert label(ages, (30, 50)).to_list() == [
        "under 30", "under 30", "30 to 50", "30 to 50", "50 and over", "50 and over", "missing",
    ]  # fmt: skip
    assert sorted(["50 and over", "missing", "under 30", "30 to 50"], key=rank) == [
        "under 30", "30 to 50", "50 and over", "missing",
    ]  # fmt: skip
    assert label(pl.Series([1.0, 2.0]), (1.5,)).to_list() == ["under 1.5", "1.5 and over"]


def test_words_have_no_edges() -> None:
    with pytest.raises(ValueError, match="edges cut numbers, and these are String"):
        label(pl.Series(["a"]), (30,))


def test_a_cross_names_every_combination_that_occurs() -> None:
    first, second = pl.Series("a", ["0", "1", "1"]), pl.Series("b", ["x", "x", "y"])
    assert cross([first, second]).to_list() == ["0+x", "1+x", "1+y"]
