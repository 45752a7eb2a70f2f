from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import ttest_ind

from mlops.blocks.examine import Discover
from mlops.ml.evaluation.studies.discovery import (
    Condition,
    Part,
    _tested,
    _welch,
    confirm,
    discover,
    losses,
    search,
)

COLUMNS = {"site": "category", "age": "float", "income": "float", "visits": "int", "plan": "category", "new": "bool"}
PLANTED = (Condition("site", "s3"), Condition("age", None, 47.0, None))


def part(rows: int, random: np.random.Generator, extra: float = 0.0, group: int = 1) -> Part:
    """Rows that are wrong one time in ten, and more often by `extra` in 3 of 100: site s3 and older than 47."""
    count = rows // group
    frame = pl.DataFrame(
        {
            "site": random.choice([f"s{i}" for i in range(8)], count),
            "age": random.normal(40, 10, count),
            "income": random.lognormal(10, 1, count),
            "visits": random.integers(0, 9, count),
            "plan": random.choice(["a", "b", "c"], count),
            "new": random.random(count) < 0.3,
        }
    )
    inside = np.logical_and.reduce([condition.mask(frame) for condition in PLANTED])
    loss = (random.random(count) < 0.1 + extra * inside).astype(np.float64)
    return Part(frame[np.repeat(np.arange(count), group)], np.repeat(loss, group), np.repeat(np.arange(count), group))


def test_a_planted_slice_is_found_confirmed_and_named_once() -> None:
    random = np.random.default_rng(3)
    found = discover(part(4000, random, 0.5), part(4000, random, 0.5), COLUMNS, Discover())
    ((first, second),) = [item.slice for item in found]
    assert {first, second.split(" over")[0]} == {"site = s3", "age"}
    (only,) = found
    assert only.loss > only.rest + 0.3
    assert only.p < 0.001
    assert 80 < only.n < 160


def test_what_validation_suggests_and_test_denies_is_not_reported() -> None:
    random = np.random.default_rng(3)
    suspicious = part(4000, random, 0.5)
    assert search(suspicious, COLUMNS, Discover())
    assert discover(suspicious, part(4000, random), COLUMNS, Discover()) == ()


def test_a_loss_that_is_no_number_finds_nothing() -> None:
    good = part(500, np.random.default_rng(0))
    assert search(Part(good.frame, good.loss * np.nan), COLUMNS, Discover()) == []
    assert confirm([PLANTED], Part(good.frame, good.loss * np.nan), Discover()) == ()


def test_a_slice_that_is_too_small_on_test_is_not_confirmed() -> None:
    assert confirm([PLANTED], part(400, np.random.default_rng(0), 0.9), Discover()) == ()


def test_welch_is_that_of_scipy() -> None:
    random = np.random.default_rng(0)
    loss, inside = random.exponential(size=300), random.random(300) < 0.2
    one = [np.array([float(value)]) for value in (inside.sum(), loss[inside].sum(), (loss[inside] ** 2).sum())]
    statistic, p_value, _ = _welch(*one, loss)
    expected = ttest_ind(loss[inside], loss[~inside], equal_var=False, alternative="greater")
    assert (statistic[0], p_value[0]) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-9)


def test_rows_of_one_group_count_once() -> None:
    alone, tenfold = (part(size, np.random.default_rng(1), 0.5, group) for size, group in ((3000, 1), (30_000, 10)))
    inside = [np.logical_and.reduce([each.mask(rows.frame) for each in PLANTED]) for rows in (alone, tenfold)]
    first, second = (_tested(0, [mask], rows, Discover()) for mask, rows in zip(inside, (alone, tenfold), strict=True))
    assert second[0] == 10 * first[0]
    assert second[3] == pytest.approx(first[3], rel=1e-6)


@pytest.mark.parametrize(
    ("condition", "text", "rows"),
    [
        (Condition("x", None, 1.0, 2.0), "x over 1 up to 2", [2]),
        (Condition("x", None, None, 1.0), "x up to 1", [0, 1]),
        (Condition("x", None, 2.0, None), "x over 2", [3]),
        (Condition("x"), "x is missing", [4, 5]),
        (Condition("x", "1"), "x = 1", [1]),
        (Condition("k", "b"), "k = b", [1, 2]),
    ],
)
def test_conditions_mark_rows(condition: Condition, text: str, rows: list[int]) -> None:
    frame = pl.DataFrame({"x": [0.5, 1.0, 2.0, 3.0, None, float("nan")], "k": ["a", "b", "b", None, "c", "c"]})
    assert (str(condition), np.flatnonzero(condition.mask(frame)).tolist()) == (text, rows)


def test_losses_of_the_tasks() -> None:
    assert losses("binary", np.array([1, 0]), np.array([0.7, 0.7])) == pytest.approx([0.09, 0.49])
    assert losses("multiclass", np.array([0]), np.array([[0.5, 0.25, 0.25]])) == pytest.approx([0.375])
    assert losses("regression", np.array([1.0]), np.array([3.5])) == pytest.approx([2.5])


def overlap(validation: Part, test: Part) -> tuple[bool, int, int]:
    """Whether the planted slice is confirmed, how many are mostly elsewhere, and how many there are."""
    planted = np.logical_and.reduce([condition.mask(test.frame) for condition in PLANTED])
    suggested = {tuple(map(str, each)): each for each in search(validation, COLUMNS, Discover())}
    found = confirm(list(suggested.values()), test, Discover())
    hit, false = False, 0
    for item in found:
        inside = np.logical_and.reduce([each.mask(test.frame) for each in suggested[tuple(item.slice)]])
        shared = int((inside & planted).sum())
        hit |= shared >= 0.5 * int((inside | planted).sum())
        false += shared < 0.5 * int(inside.sum())
    return hit, false, len(found)


@pytest.mark.slow
def test_recall_and_false_discoveries_over_200_worlds() -> None:
    random = np.random.default_rng(0)
    worlds = [overlap(part(4000, random, 0.35), part(4000, random, 0.35)) for _ in range(200)]
    hits, false, discoveries = map(sum, zip(*worlds, strict=True))
    assert hits >= 0.8 * 200
    assert false <= 0.1 * discoveries


@pytest.mark.slow
def test_nothing_planted_is_rarely_found() -> None:
    random = np.random.default_rng(1)
    alarms = [bool(discover(part(4000, random), part(4000, random), COLUMNS, Discover())) for _ in range(100)]
    assert sum(alarms) <= 0.1 * 100
