"""Models that know nothing, through the gate: every one must be stopped."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlops.ml.evaluation.metrics import compute
from mlops.stages import gate
from tests.builders.evaluations import binary, probabilities, regression, with_scores, write_run

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.ml.evaluation.predictions import Predictions

PARITY = {
    "id": "parity", "metric": "demographic_parity_difference", "of": "site", "at_most": 0.2, "groups": ["a", "b"],
}  # fmt: skip
USEFUL = {"id": "useful", "metric": "balanced_accuracy", "against": "dummy", "at_least": 0.0}


def two_sites(rows: int = 2000) -> Predictions:
    data = binary(rows)
    return replace(data, slices={"site": np.where(np.arange(rows) % 3 == 0, "b", "a").astype(object)})


def verdicts(folder: Path, data: Predictions, *rules: dict[str, Any]) -> tuple[str, dict[str, str]]:
    metrics = ("rmse",) if data.task == "regression" else ("balanced_accuracy",)
    context = write_run(folder, data, metrics)
    gate.run(replace(context, params=context.params | {"rules": list(rules)}))
    document = json.loads(context.path("reports/gate.json").read_bytes())
    return document["verdict"], {rule["id"]: rule["verdict"] for rule in document["rules"]}


def test_an_honest_model_passes(tmp_path: Path) -> None:
    assert verdicts(tmp_path, two_sites(), PARITY, USEFUL)[0] == "pass"


def _scores(data: Predictions, kind: str) -> Any:
    honest, y = data.scores["candidate"], data.target
    shuffled = np.random.default_rng(1).permutation(honest)
    return {
        "constant": np.full(len(y), 0.7),
        "mean": np.full(len(y), y.mean()),
        "majority": np.full(len(y), float(y.mean() > 0.5)),
        "label-shuffled": probabilities(np.random.default_rng(1).permutation(y), 1.5),
        "not a number": np.full(len(y), np.nan),
        "one row not a number": np.where(np.arange(len(y)) == 5, np.nan, honest),
        "one class for a minority": np.where(data.slices["site"] == "b", 0.1, honest),
        "shuffled for a minority": np.where(data.slices["site"] == "b", shuffled, honest),
    }[kind]  # fmt: skip


KINDS = (
    "constant",
    "mean",
    "majority",
    "label-shuffled",
    "not a number",
    "one row not a number",
    "one class for a minority",
    "shuffled for a minority",
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_that_knows_nothing_is_neither_fair_nor_useful(tmp_path: Path, kind: str) -> None:
    data = two_sites()
    verdict, by_rule = verdicts(tmp_path, with_scores(data, candidate=_scores(data, kind)), PARITY, USEFUL)
    assert verdict in ("fail", "inconclusive")
    assert by_rule["parity"] != "pass"
    assert by_rule["useful"] != "pass" or "minority" in kind


def test_a_number_that_is_always_the_mean_is_stopped(tmp_path: Path) -> None:
    data = regression()
    mean = with_scores(data, candidate=np.full(len(data), data.target.mean()))
    rule = {"id": "rmse", "metric": "rmse", "against": "dummy", "at_most": 0.0}
    assert verdicts(tmp_path, mean, rule)[0] == "fail"


def test_a_fair_looking_majority_with_a_good_accuracy_is_stopped(tmp_path: Path) -> None:
    data = two_sites()
    y = (np.arange(2000) >= 1564).astype(np.int64)
    blind = replace(with_scores(data, candidate=np.full(2000, 0.2)), target=y)
    assert compute("accuracy", y, blind.scores["candidate"]) == pytest.approx(0.782)
    assert compute("balanced_accuracy", y, blind.scores["candidate"]) == 0.5
    accuracy = {"id": "accuracy", "metric": "accuracy", "at_least": 0.75}
    verdict, by_rule = verdicts(tmp_path, blind, accuracy, PARITY, USEFUL)
    assert (verdict, by_rule["accuracy"]) == ("fail", "pass")
    assert by_rule["parity"] == by_rule["useful"] == "fail"
