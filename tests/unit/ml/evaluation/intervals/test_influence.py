from __future__ import annotations

import numpy as np
import pytest

from mlops.ml.evaluation.intervals import bootstrap
from mlops.ml.evaluation.intervals.bootstrap import draw, resample
from mlops.ml.evaluation.intervals.influence import linearised
from mlops.ml.evaluation.intervals.resampling import Resampling
from mlops.ml.evaluation.metrics import statistic
from tests.builders.evaluations import binary, regression

pytestmark = pytest.mark.slow  # sockets, processes, simulations or whole repositories

EVERY = np.arange(2000)


@pytest.mark.parametrize("grouped", [False, True])
@pytest.mark.parametrize("metric", ["auroc", "log_loss", "balanced_accuracy", "f1"])
def test_contributions_vary_as_resampled_rows_do(metric: str, grouped: bool) -> None:
    data = binary(2000, champion=True, grouped=grouped)
    asked = {m: (statistic(metric, data.target, data.scores[m]), EVERY) for m in ("candidate", "champion")}
    resampling = Resampling.of(2000, data.groups, 1000, 0)
    rows, parts = draw(asked, resampling), linearised(asked, resampling)
    assert parts["candidate"].std() == pytest.approx(rows["candidate"].std(), rel=0.12)
    assert parts["candidate"].mean() == pytest.approx(rows["candidate"].mean(), abs=rows["candidate"].std() / 10)
    paired = [draws["candidate"] - draws["champion"] for draws in (rows, parts)]
    assert paired[1].std() == pytest.approx(paired[0].std(), rel=0.12)


def test_so_they_do_without_a_formula() -> None:
    data = regression(2000)
    asked = {0: (statistic("rmse", data.target, data.scores["candidate"]), EVERY[:2000])}
    resampling = Resampling.of(2000, None, 1000, 0)
    assert linearised(asked, resampling)[0].std() == pytest.approx(draw(asked, resampling)[0].std(), rel=0.2)


def test_a_median_of_very_many_rows_varies_as_its_density_says() -> None:
    rows = 20_000
    data = regression(rows)
    asked = {0: (statistic("median_ae", data.target, data.scores["candidate"]), np.arange(rows))}
    # of |N(0, 8)|: the density at the median 5.396 is 2 phi(0.6745) / 8
    expected = 1 / (2 * 2 * 0.31778 / 8 * np.sqrt(rows))
    assert linearised(asked, Resampling.of(rows, None, 500, 0))[0].std() == pytest.approx(expected, rel=0.2)


@pytest.mark.parametrize("metric", ["auroc", "log_loss", "f1"])
def test_an_influence_is_the_slope_of_a_weight(metric: str) -> None:
    data = binary(200)
    apply = statistic(metric, data.target, np.round(data.scores["candidate"], 1) * 0.98 + 0.01)
    influence = apply.influence()  # type: ignore[attr-defined]
    ones = np.ones((1, 200))
    for row in range(0, 200, 17):
        more = ones.copy()
        more[0, row] += 1e-5
        assert influence[row] == pytest.approx((apply(more)[0] - apply(ones)[0]) / 1e-5, abs=1e-5)
    assert influence.sum() == pytest.approx(0, abs=1e-9)


def test_many_rows_are_taken_by_contribution_and_a_small_slice_by_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "MANY", 1000)
    data, few = binary(2000), np.arange(100)
    whole = statistic("auroc", data.target, data.scores["candidate"])
    part = statistic("auroc", data.target[few], data.scores["candidate"][few])
    resampling = Resampling.of(2000, None, 400, 0)
    draws = draw({"part": (part, few), "whole": (whole, EVERY)}, resampling)
    assert list(draws) == ["part", "whole"]
    assert (draws["whole"] == linearised({0: (whole, EVERY)}, resampling)[0]).all()
    assert (draws["part"] == resample({0: part}, Resampling.of(100, None, 400, 0))[0]).all()


def test_what_is_undefined_stays_so() -> None:
    data = binary(500)
    apply = statistic("auroc", np.ones(500), data.scores["candidate"])
    assert np.isnan(linearised({0: (apply, np.arange(500))}, Resampling.of(500, None, 20, 0))[0]).all()
