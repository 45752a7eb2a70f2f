"""How often an ensemble is said to be better where nothing is better than anything: by simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pytest

from mlops.blocks.ensemble import Ensemble
from mlops.metrics import METRICS
from mlops.ml.evaluation import metrics
from mlops.ml.training.asked import Asked
from mlops.ml.training.greedy import Cost
from mlops.ml.training.problem import Examples, Problem
from mlops.ml.training.session import Judge
from mlops.stages.ensembling import Choosing, Trained
from mlops.stages.scoring import Learning, Scoring
from mlops.stages.training_reports import Result
from mlops.statistics.paired_gain import LEVEL, Gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

pytestmark = pytest.mark.slow

MODELS, ROWS, RUNS = 3, 80, 40
DATES, OF_A_DATE, MODELS_IN_TIME, RUNS_IN_TIME = 20, 10, 5, 25
NONE = cast("Any", None)
"""What choosing does not look at."""


def gained(seed: int) -> Gain | None:
    """Choose among models that say something at random of random labels; None where the best alone is chosen."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, ROWS)
    return chosen(seed, y, [random.standard_normal(ROWS) for _ in range(MODELS)])


def gained_in_time(seed: int, *, told: bool) -> Gain | None:
    """Choose among models of labels and scores that both go up and down with their dates, each by itself."""
    random, date = np.random.default_rng(seed), np.repeat(np.arange(DATES), OF_A_DATE)
    truth, *scores = (
        random.standard_normal(DATES)[date] + random.standard_normal(len(date)) / 10 for _ in range(MODELS_IN_TIME + 1)
    )
    return chosen(seed, (truth > 0).astype(np.int64), scores, (date,) if told else ())


def chosen(
    seed: int, y: NDArray[Any], odds: list[NDArray[Any]], clusters: tuple[NDArray[np.int64], ...] = ()
) -> Gain | None:
    """Choose among models by what each says of rows."""
    scores = [1 / (1 + np.exp(-each)) for each in odds]
    x = np.zeros((len(y), 1), dtype=np.float32)
    judge = Judge("auroc", METRICS["auroc"].higher_is_better, lambda y, score, by=None: metrics.auroc(y, score, by))
    asked = Asked.model_validate({"kind": "linear"})
    learning = Learning(task="binary", seed=seed, select_by="auroc", candidates={"a": asked}, pipeline="noise")
    scoring = Scoring(NONE, learning, Examples(x, y, x, y), Problem("binary", 2, (1,)), judge)
    pool = [Trained(Result(f"m{at}", asked, NONE, score, {}, (0, 0)), NONE, "a") for at, score in enumerate(scores)]
    choosing = Choosing(scoring, pool, [Cost()] * len(pool), Ensemble(), clusters)
    if sum(count > 0 for count in choosing.counts(choosing.every)) < 2:
        return None
    return choosing.gain(choosing.apart(choosing.counts), choosing.apart(choosing.single))


def test_of_noise_at_most_one_in_twenty_is_called_better_where_the_greater_figure_would_be_in_a_quarter() -> None:
    found = [each for each in map(gained, range(RUNS)) if each is not None]
    assert sum(each.sure for each in found) <= LEVEL * RUNS
    assert sum(each.value > 0 for each in found) > RUNS / 4  # what the greater figure alone would have called better


def test_of_noise_that_goes_with_dates_it_is_held_where_rows_alone_call_it_better_in_a_sixth() -> None:
    known = [gained_in_time(seed, told=True) for seed in range(RUNS_IN_TIME)]
    alone = [gained_in_time(seed, told=False) for seed in range(RUNS_IN_TIME)]
    assert sum(each is not None and each.sure for each in known) <= LEVEL * RUNS_IN_TIME
    assert sum(each is not None and each.sure for each in alone) > RUNS_IN_TIME / 6  # were rows drawn one by one
