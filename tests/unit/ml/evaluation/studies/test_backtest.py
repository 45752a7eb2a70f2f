from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlops.ml.evaluation.studies.backtest import folds, measure


@given(st.integers(10, 300), st.integers(1, 8), st.integers(1, 12), st.integers(1, 3))
def test_every_origin_knows_only_what_came_before(periods: int, origins: int, horizon: int, series: int) -> None:
    numbers = np.repeat(np.arange(5, 5 + periods), series)
    found = folds(numbers, origins, horizon)
    assert len(found) <= origins
    forecast = [row for fold in found for row in fold.test.tolist()]
    assert len(forecast) == len(set(forecast))
    for fold in found:
        assert numbers[fold.known].max() <= fold.origin <= numbers[fold.test].min() - horizon
        assert numbers[fold.train].max() <= numbers[fold.validation].min() - horizon
        assert set(fold.train) | set(fold.validation) <= set(fold.known)


@given(st.integers(30, 200), st.integers(1, 6), st.sampled_from([(1, 6), (1, 2, 3), (2, 12)]))
def test_rows_that_look_ahead_by_several_distances_start_at_their_origin_each(
    periods: int, origins: int, horizons: tuple[int, ...]
) -> None:
    numbers, ahead = np.repeat(np.arange(periods), len(horizons)), np.tile(horizons, periods)
    for fold in folds(numbers, origins, horizons[-1], ahead=ahead):
        started = numbers[fold.test] - ahead[fold.test]
        assert numbers[fold.known].max() <= fold.origin <= started.min()
        assert numbers[fold.train].max() <= numbers[fold.validation].min() - horizons[-1]
        assert set(ahead[fold.test]) == set(horizons)


def test_origins_move_on_to_the_end() -> None:
    found = folds(np.arange(100), 5, 3)
    assert [fold.origin for fold in found] == [49, 58, 68, 77, 87]
    assert found[-1].test.tolist() == list(range(90, 100))


@pytest.mark.parametrize(("rows", "origins"), [(0, 5), (100, 0), (20, 5)])
def test_too_little_has_no_origins(rows: int, origins: int) -> None:
    assert folds(np.arange(rows), origins, 1) == []


def test_all_models_are_measured_on_the_same_rows() -> None:
    y = np.arange(100.0)
    found = measure(
        folds(y.astype(np.int64), 2, 1),
        y,
        {"dummy": y - 1},
        lambda fold: y[fold.test] + 2,
        lambda fold: str(fold.origin),
    )
    assert list(found) == ["49", "74"]
    first, second = (origin.model_dump() for origin in found.values())
    assert (first["known"], first["rows"]) == (50, 25)
    assert first["candidate"]["mae"] == 2
    assert second["dummy"]["rmse"] == 1


def test_a_sliding_origin_knows_the_last_periods_and_no_more() -> None:
    numbers = np.arange(200)
    for fold in folds(numbers, 4, 3, sliding=60):
        assert numbers[fold.known].tolist() == list(range(fold.origin - 59, fold.origin + 1))
        assert numbers[fold.train].min() == fold.origin - 59
        assert fold.test.tolist() == [
            row for each in folds(numbers, 4, 3) if each.origin == fold.origin for row in each.test
        ]
