"""How often an ensemble is said to be better where nothing is better than anything: by simulation."""

from __future__ import annotations

from typing import Any, cast

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

pytestmark = pytest.mark.slow

MODELS, ROWS, RUNS = 3, 80, 40
NONE = cast("Any", None)
"""What choosing does not look at."""


def gained(seed: int) -> Gain | None:
    """Choose among models that say something at random of random labels; None where the best alone is chosen."""
    random = np.random.default_rng(seed)
    y = random.integers(0, 2, ROWS)
    scores = [1 / (1 + np.exp(-random.standard_normal(ROWS))) for _ in range(MODELS)]
    x = np.zeros((ROWS, 1), dtype=np.float32)
    judge = Judge("auroc", METRICS["auroc"].higher_is_better, lambda y, score, by=None: metrics.auroc(y, score, by))
    asked = Asked.model_validate({"kind": "linear"})
    learning = Learning(task="binary", seed=seed, select_by="auroc", candidates={"a": asked}, pipeline="noise")
    scoring = Scoring(NONE, learning, Examples(x, y, x, y), Problem("binary", 2, (1,)), judge)
    pool = [Trained(Result(f"m{at}", asked, NONE, score, {}, (0, 0)), NONE, "a") for at, score in enumerate(scores)]
    choosing = Choosing(scoring, pool, [Cost()] * MODELS, Ensemble())
    if sum(count > 0 for count in choosing.counts(choosing.every)) < 2:
        return None
    return choosing.gain(choosing.apart(choosing.counts), choosing.apart(choosing.single))


def test_of_noise_at_most_one_in_twenty_is_called_better_where_the_greater_figure_would_be_in_a_quarter() -> None:
    found = [each for each in map(gained, range(RUNS)) if each is not None]
    assert sum(each.sure for each in found) <= LEVEL * RUNS
    assert sum(each.value > 0 for each in found) > RUNS / 4  # what the greater figure alone would have called better
