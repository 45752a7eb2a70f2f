"""Metrics of a pipeline's own code: what they give, and what is said of those that give nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlops.blocks.bootstrap import Bootstrap
from mlops.ml.evaluation.judging.evidence import gather
from mlops.ml.evaluation.judging.judge import judge
from mlops.ml.evaluation.judging.names import called
from mlops.ml.evaluation.judging.own_metrics import OwnMetric, measure
from mlops.ml.evaluation.judging.rule import Rule
from mlops.ml.evaluation.metrics import compute
from mlops.ml.evaluation.predictions import Predictions
from tests.builders.evaluations import binary

if TYPE_CHECKING:
    from pathlib import Path

METHOD = Bootstrap(samples=200)
MODULE = """
import sys

import numpy as np


def squared(target, score):
    return (target - score) ** 2


def cost(target, score, missed=1.0, alarm=1.0):
    return np.where(target == 1, missed * (score < 0.5), alarm * (score >= 0.5))


def short(target, score):
    return np.zeros(3)


def mean(target, score):
    return float(np.mean(score))


def undefined(target, score):
    return np.where(np.arange(len(target)) < 7, np.nan, 1.0)


def words(target, score):
    return np.full(len(target), "cheap")


def leaving(target, score):
    sys.exit(0)


def broken(target, score):
    return {"secret": target}[score[0]]


def vandal(target, score):
    score[:] = target
    return np.zeros(len(target))


number = 3
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "pipelines" / "churn"
    folder.mkdir(parents=True)
    (folder / "rules.py").write_text(MODULE, encoding="utf-8")
    return tmp_path


def own(name: str, better: Any = "lower", **parameters: Any) -> OwnMetric:
    return OwnMetric(f"pipelines.churn.rules:{name}", better, parameters)


def measured(root: Path, name: str, data: Predictions | None = None, **parameters: Any) -> Predictions:
    data = binary(800, champion=True) if data is None else data
    return replace(data, own=measure(data, {name: own(name, **parameters)}, root, "churn"))


def said(data: Predictions, *rules: Rule) -> list[tuple[str, str]]:
    results = judge(gather(data, rules, METHOD, grouped=False), METHOD, 30)
    return [(result.verdict, result.sentence) for result in results]


def test_the_mean_of_squares_is_the_brier_score_with_its_interval_and_slices(root: Path) -> None:
    data = measured(root, "squared")
    ours, known = (Rule("r", metric, "champion", at_most=0.01) for metric in ("squared", "brier"))
    first, second = gather(data, [ours, known], METHOD, grouped=False)
    assert first.interval.value == pytest.approx(second.interval.value)
    assert first.interval.low == pytest.approx(second.interval.low)
    sites = [Rule("r", metric, at_most=0.3, by="site") for metric in ("squared", "brier")]
    values = [item.interval.value for item in gather(data, sites, METHOD, grouped=False)]
    assert values[:2] == pytest.approx(values[2:])


def test_parameters_are_given_by_name(root: Path) -> None:
    data = measured(root, "cost", missed=5.0)
    y, score = data.target, data.scores["candidate"]
    expected = np.where(y == 1, 5.0 * (score < 0.5), score >= 0.5).mean()
    assert gather(data, [Rule("r", "cost", at_most=9)], METHOD, grouped=False)[0].interval.value == expected


def test_what_it_gives_survives_the_way_to_the_gate(root: Path, tmp_path: Path) -> None:
    data = measured(root, "squared").with_perturbed({"noise": np.full(800, 0.5)})
    data = replace(data, own=measure(data, {"squared": own("squared"), "short": own("short")}, root, "churn"))
    data.write(tmp_path / "predictions.parquet")
    read = Predictions.read(tmp_path / "predictions.parquet")
    rules = [Rule("r", "squared", at_most=0.3), Rule("u", "squared", at_most=0.3, under="noise")]
    rules += [Rule("c", "squared", "clean", at_most=0.3, under="noise"), Rule("s", "short", at_most=1)]
    assert said(read, *rules) == said(data, *rules)
    assert gather(read, rules[1:2], METHOD, grouped=False)[0].interval.value == 0.25


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("short", "`short` answers 3 numbers, not one number for each of 800 rows"),
        ("mean", "`mean` answers one number, not one number for each of 800 rows"),
        ("undefined", "`undefined` answers no finite number in 7 of 800 rows"),
        ("words", "`words` answers <U5, not numbers"),
        ("leaving", "`leaving` fails: pipelines/churn/rules.py:32: SystemExit"),
        ("broken", "`broken` fails: pipelines/churn/rules.py:36: KeyError"),
        ("number", "`pipelines.churn.rules:number` is neither a class nor a function: int"),
        ("absent", "`pipelines.churn.rules:absent`: the module has no such function"),
    ],
)
def test_what_cannot_be_used_fails_with_a_sentence(root: Path, name: str, why: str) -> None:
    data = measured(root, name)
    assert said(data, Rule("r", name, at_most=1.0)) == [("fail", f"{called(name)} cannot be measured: {why}")]


def test_a_parameter_that_the_function_does_not_take_is_named(root: Path) -> None:
    data = measured(root, "squared", price=3)
    why = "`squared` cannot be called with (target, score): got an unexpected keyword argument 'price'"
    assert said(data, Rule("r", "squared", at_most=1.0)) == [("fail", f"Squared cannot be measured: {why}")]


def test_a_module_that_does_not_load_is_a_sentence_too(root: Path) -> None:
    (root / "pipelines/churn/rules.py").write_text("import numpy\n\nraise ValueError(1)\n", encoding="utf-8")
    assert said(measured(root, "squared"), Rule("r", "squared", at_most=1.0)) == [
        (
            "fail",
            "Squared cannot be measured: `pipelines.churn.rules:squared` cannot be imported: "
            "pipelines/churn/rules.py:3: ValueError",
        )
    ]


def test_code_outside_of_the_folder_is_not_asked(root: Path) -> None:
    (root / "pipelines/other").mkdir()
    (root / "pipelines/other/rules.py").write_text(MODULE, encoding="utf-8")
    data = binary(100)
    found = measure(data, {"squared": OwnMetric("pipelines.other.rules:squared", "lower")}, root, "churn")
    assert set(found["squared"].problems.values()) == {"`pipelines.other.rules:squared` is not in pipelines/churn/"}


def test_a_function_cannot_change_what_is_judged(root: Path) -> None:
    data = binary(400)
    before = compute("auroc", data.target, data.scores["candidate"])
    measured(root, "vandal", data)
    assert compute("auroc", data.target, data.scores["candidate"]) == before


def test_no_cost_at_all_is_not_taken_for_certain(root: Path) -> None:
    data = measured(root, "cost", binary(400))
    perfect = replace(data, scores={**data.scores, "candidate": data.target.astype(float)})
    perfect = replace(perfect, own=measure(perfect, {"cost": own("cost")}, root, "churn"))
    interval = gather(perfect, [Rule("r", "cost", at_most=0.1)], METHOD, grouped=False)[0].interval
    assert (interval.value, interval.high) == (0, pytest.approx(3.69 / 400, abs=1e-4))


def test_a_champion_that_could_not_be_measured_fails_the_comparison_only(root: Path) -> None:
    data = measured(root, "squared")
    found = data.own["squared"]
    values = {model: each for model, each in found.values.items() if model != "champion"}
    lame = replace(data, own={"squared": replace(found, values=values, problems={"champion": "it is gone"})})
    rules = (Rule("a", "squared", at_most=0.5), Rule("b", "squared", "champion", at_most=0.1))
    assert [verdict for verdict, _ in said(lame, *rules)] == ["pass", "fail"]
