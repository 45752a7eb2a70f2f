"""A gate on what decisions are worth needs no more than the name of the metric."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlops.blocks.bootstrap import Bootstrap
from mlops.blocks.cost import Cost
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.studies import costs
from mlops.ml.evaluation.studies.threshold import choose
from tests.builders.evaluations import binary

if TYPE_CHECKING:
    from pathlib import Path

VALUES = ((0.0, -4.0), (-4.0, 4.0))


def priced(data: Predictions) -> Predictions:
    """Decide each model by the threshold that is best on other rows of the same kind."""
    other = binary(1000, champion="champion" in data.scores, seed=7)
    table = np.array(VALUES)
    decisions = {
        model: (score > choose(other.target, other.scores[model], table).threshold).astype(np.int64)
        for model, score in data.scores.items()
    }
    return replace(data, decisions=decisions, values=VALUES)


def verdict(data: Predictions, **bounds: Any) -> str:
    rule = Rule("value", "value", **bounds)
    (result,) = judge(gather(data, [rule], Bootstrap(samples=300), grouped=False), Bootstrap(samples=300), 30)
    return result.verdict


def test_a_model_that_pays_passes_and_one_that_does_not_fails() -> None:
    data = priced(binary(1000))
    assert verdict(data, at_least=-0.2) == "pass"
    assert verdict(data, at_least=3.0) == "fail"
    assert verdict(data, against="dummy", at_least=0.0) == "pass"


def test_without_values_it_fails() -> None:
    assert verdict(binary(1000), at_least=-100.0) == "fail"


def test_no_error_among_few_rows_does_not_prove_that_none_will_come() -> None:
    y = np.repeat([0, 1], 30)
    perfect = Predictions(
        "binary", np.arange(60), y, {"candidate": y * 0.8 + 0.1}, {}, classes=("0", "1"),
        decisions={"candidate": y}, values=((0.0, -1.0), (-10.0, 0.0)),
    )  # fmt: skip
    assert verdict(perfect, at_least=-0.1) == "inconclusive"
    assert verdict(perfect, at_least=-1.0) == "pass"


def test_rows_that_are_all_worth_the_same_are_so_but_for_rounding() -> None:
    y = np.arange(60) % 2
    perfect = Predictions(
        "binary", np.arange(60), y, {"candidate": y * 0.8 + 0.1}, {}, classes=("0", "1"),
        decisions={"candidate": y}, values=((0.1, -1.0), (-1.0, 0.1)),
    )  # fmt: skip
    assert verdict(perfect, at_least=0.09) == "inconclusive"
    assert verdict(perfect, at_least=0.0) == "pass"


def test_equal_scores_that_are_decided_otherwise_are_not_the_same() -> None:
    y = np.repeat([0, 1], 40)
    score = y * 0.8 + 0.1
    data = Predictions(
        "binary", np.arange(80), y, {"candidate": score, "champion": score}, {}, classes=("0", "1"), champion="x",
        decisions={"candidate": y, "champion": np.ones(80, dtype=np.int64)}, values=((0.0, 0.0), (-10.0, 0.0)),
    )  # fmt: skip
    assert verdict(data, against="champion", at_least=0.0) == "inconclusive"


def test_decisions_and_values_survive_the_disk(tmp_path: Path) -> None:
    data = priced(binary(50, champion=True))
    data.write(tmp_path / "predictions.parquet")
    read = Predictions.read(tmp_path / "predictions.parquet")
    assert read.values == VALUES
    assert sorted(read.decisions) == ["candidate", "champion", "dummy", "simple"]
    assert all((read.decisions[model] == data.decisions[model]).all() for model in data.decisions)


@pytest.mark.parametrize("metric", ["f1", "specificity", "matthews_corrcoef"])
def test_metrics_of_decisions_follow_them(metric: str) -> None:
    data = binary(200)
    never = replace(data, decisions={"candidate": np.zeros(200, dtype=np.int64)})
    ones = np.ones((1, 200))
    assert never.statistic(metric, "candidate")(ones) != data.statistic(metric, "candidate")(ones)


def test_the_same_decisions_may_be_valued_by_an_older_table() -> None:
    data = priced(binary(200))
    older = costs.priced(data, Cost(false_positive=-1, false_negative=-1))
    ones = np.ones((1, 200))
    wrong = 1 - data.statistic("accuracy", "candidate")(ones)
    assert older.statistic("value", "candidate")(ones) == pytest.approx(-wrong)
    assert np.isnan(costs.priced(data, None).statistic("value", "candidate")(ones)).all()
