from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from mlops.metrics.weighting import mean
from mlops.ml.evaluation.intervals.bootstrap import Interval, draw, resample, within
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import statistic
from tests.builders.evaluations import binary, probabilities
from tests.builders.work import calls, memory


def test_the_interval_of_a_mean_has_its_textbook_width() -> None:
    values = np.random.default_rng(0).normal(size=2000)
    draws = resample({"mae": statistic("mae", values, values - values)}, Resampling.of(2000, None, 2000, 0))["mae"]
    interval = Interval.of(float(np.abs(values).mean()), draws, 0.95)
    assert (interval.high - interval.low) / 2 == pytest.approx(1.96 * np.abs(values).std() / math.sqrt(2000), rel=0.08)


def test_rows_of_a_group_are_drawn_together() -> None:
    groups = np.repeat(np.arange(50), 4)
    for weights in Resampling.of(200, groups, 20, 1).weights():
        by_group = weights.reshape(len(weights), 50, 4)
        assert (by_group == by_group[:, :, :1]).all()
        assert (by_group[:, :, 0].sum(axis=1) == 50).all()


def test_copies_of_the_same_row_do_not_narrow_a_grouped_interval() -> None:
    data = binary(300)
    y, score = np.repeat(data.target, 5), np.repeat(data.scores["candidate"], 5)
    groups = np.repeat(np.arange(300), 5)
    width = {}
    for name, clusters in (("rows", None), ("groups", groups)):
        draws = resample({0: statistic("auroc", y, score)}, Resampling.of(1500, clusters, 500, 0))[0]
        width[name] = draws.std()
    once = resample({0: statistic("auroc", data.target, data.scores["candidate"])}, Resampling.of(300, None, 500, 0))[0]
    assert width["groups"] == pytest.approx(once.std(), rel=0.15)
    assert width["rows"] == pytest.approx(once.std() / math.sqrt(5), rel=0.15)


def test_a_paired_difference_is_narrower_than_either_value() -> None:
    data = binary(1000, champion=True)
    both = {model: statistic("auroc", data.target, data.scores[model]) for model in ("candidate", "champion")}
    draws = resample(both, Resampling.of(1000, None, 500, 0))
    assert (draws["candidate"] - draws["champion"]).std() < draws["candidate"].std() / 3


def test_a_seed_gives_the_same_draws_however_they_are_batched() -> None:
    data = binary(500)
    apply = statistic("auroc", data.target, data.scores["candidate"])
    draws = resample({0: apply}, Resampling.of(500, None, 300, 7))[0]
    again = resample({0: apply}, Resampling.of(500, None, 300, 7))[0]
    other = resample({0: apply}, Resampling.of(500, None, 300, 8))[0]
    assert (draws == again).all()
    assert (draws != other).any()


def test_a_slice_is_resampled_inside_the_whole() -> None:
    rows = np.array([1, 3])
    apply = within(lambda weights: weights.sum(axis=1), rows)
    assert apply(np.array([[1.0, 2.0, 4.0, 8.0]])).tolist() == [10.0]


def test_undefined_resamples_count_as_the_worst_at_either_end() -> None:
    draws = np.concatenate([np.full(90, 0.5), np.full(10, np.nan)])
    assert Interval.of(0.5, draws, 0.95) == Interval(0.5, -math.inf, math.inf)
    assert Interval.of(0.5, np.full(100, 0.5), 0.95) == Interval(0.5, 0.5, 0.5)


def test_an_undefined_value_has_no_interval() -> None:
    interval = Interval.of(math.nan, np.full(10, 0.5), 0.95)
    assert (interval.low, interval.high) == (-math.inf, math.inf)


def test_nothing_is_drawn_from_no_rows() -> None:
    assert list(Resampling.of(0, None, 100, 0).weights()) == []


@pytest.mark.slow
def test_resamples_are_scored_many_at_a_time_and_held_a_few_at_a_time() -> None:
    y = (np.random.default_rng(0).random(4000) < 0.78).astype(np.int64)
    apply = statistic("auroc", y, probabilities(y, 1.0))

    def draws() -> Any:
        return resample({0: apply}, Resampling.of(4000, None, 2000, 0))[0]

    assert len(draws()) == 2000
    assert calls(draws) < 1000, "a loop over resamples, or over rows"
    assert memory(draws) < 2**26, "all resamples at once, or every row against every other"


@pytest.mark.slow
@pytest.mark.parametrize("clusters", [10, 20])
def test_few_clusters_do_not_promote_an_equal_model_more_often_than_many(clusters: int) -> None:
    """Without the widening, 10 clusters leave the lower end above zero in one case of twenty-one, not of forty."""
    random = np.random.default_rng(7)
    runs, above, plain = 1500, 0, 0
    for seed in range(runs):
        groups = np.repeat(np.arange(clusters), 4)
        gains = random.normal(size=clusters)[groups] + random.normal(scale=0.5, size=len(groups))
        resampling = Resampling.of(len(gains), groups, 400, seed)
        statistics = {"gain": (mean(gains), np.arange(len(gains)))}
        above += Interval.of(gains.mean(), draw(statistics, resampling)["gain"], 0.95).low > 0
        plain += Interval.of(gains.mean(), resample({"gain": mean(gains)}, resampling)["gain"], 0.95).low > 0
    assert above / runs <= 0.025 + 3 * (0.025 * 0.975 / runs) ** 0.5
    assert above < plain
