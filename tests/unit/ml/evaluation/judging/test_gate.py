"""One judge for the stage of a run and for a pull request: they differ in what they know of the live model alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlops.documents.data import DataReport
from mlops.documents.serving import ServingReport
from mlops.ml.evaluation.judging.gate import (
    FIRST_LIVE,
    LATER,
    NOTHING_LIVE,
    Opponent,
    Reports,
    judge_gate,
    judge_over_live,
)
from mlops.ml.evaluation.judging.sentences import FIRST, NO_CHAMPION
from mlops.stages.gate import Params
from tests.builders.evaluations import binary, gate_params, with_scores

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Params.model_validate(
    gate_params(
        bootstrap={"samples": 200},
        serving=[
            {"id": "size", "metric": "size", "at_most": 2.0},
            {"id": "size-champion", "metric": "size", "against": "champion", "at_most": 0.1},
        ],
        data=[{"id": "warnings", "metric": "data_warnings", "at_most": 0}],
        waivers=[
            {
                "rule": "warnings",
                "reason": "few rows of it",
                "owner": "@ada",
                "approver": "@grace",
                "granted": "2026-01-01",
                "expires": "2026-01-31",
            }
        ],
    )
)
DIGEST = "sha256:" + "c" * 64
FILES = {"model.onnx": "sha256:1", "transform.json": "sha256:2"}
SIZES = {"candidate": {"size": [1.0] * 5}, "champion": {"size": [1.0] * 5}}
MEASURED = ServingReport.model_validate({"inputs": FILES, "champion": DIGEST, "repetitions": SIZES})
BOTH = replace(with_scores(binary(), champion=binary(champion=True).scores["champion"]), champion=DIGEST)
REPORTS = Reports(MEASURED, DataReport.model_validate({"checks": [{"name": "nulls", "passed": False}]}), FILES)
OVER_LIVE = ("auroc-champion", "size-champion")


def judged(live: Opponent) -> dict[str, dict[str, Any]]:
    return {record["id"]: record for record in judge_gate(ASKED, binary(), REPORTS, live)}


def test_rules_come_in_the_order_in_which_they_are_written() -> None:
    found = dict.fromkeys(record["id"] for record in judge_gate(ASKED, binary(), REPORTS, LATER))
    assert list(found) == [rule.id for rule in (*ASKED.rules, *ASKED.serving, *ASKED.data)]


def test_rules_on_the_candidate_alone_do_not_depend_on_who_asks() -> None:
    stage = judged(LATER)
    for live in (NOTHING_LIVE, FIRST_LIVE, Opponent(DIGEST, BOTH, MEASURED)):
        for name, here in judged(live).items():
            same = all(here[key] == stage[name][key] for key in ("verdict", "value", "low", "high", "n", "applicable"))
            assert same is (name not in OVER_LIVE), name
    assert {name: record["verdict"] for name, record in stage.items() if name not in OVER_LIVE} == {
        "auroc": "pass",
        "auroc-dummy": "pass",
        "auroc-site": "pass",
        "size": "pass",
        "warnings": "fail",
    }


@pytest.mark.parametrize(
    ("live", "expected"),
    [
        (LATER, ("deferred", "over the live model, which `mlops gate` compares with", True)),
        (NOTHING_LIVE, ("inconclusive", NO_CHAMPION, False)),
        (FIRST_LIVE, ("inconclusive", FIRST, True)),
        (Opponent(DIGEST, verdict="fail", sentence="it cannot be asked"), ("fail", "it cannot be asked", True)),
    ],
)
def test_without_a_comparison_every_rule_over_the_live_model_says_why(live: Opponent, expected: Any) -> None:
    found = judged(live)
    assert {tuple(found[name][key] for key in ("verdict", "sentence", "applicable")) for name in OVER_LIVE} == {
        expected
    }
    assert judge_over_live(ASKED, REPORTS, live) == tuple(found[name] for name in OVER_LIVE)


def test_a_live_model_is_judged_on_the_rows_it_did_not_learn_from() -> None:
    whole, part = (judged(Opponent(DIGEST, BOTH, MEASURED, left_out)) for left_out in (0, 7))
    assert [whole[name]["verdict"] for name in OVER_LIVE] == ["pass", "pass"]
    assert part["auroc-champion"]["sentence"] == (
        f"{whole['auroc-champion']['sentence']}; 7 rows that it learnt from are left out"
    )


def test_what_was_measured_of_another_model_passes_nothing() -> None:
    other = replace(REPORTS, inputs={**FILES, "model.onnx": "sha256:9"})
    (record,) = [record for record in judge_gate(ASKED, binary(), other, LATER) if record["id"] == "size"]
    assert record["verdict"] == "inconclusive"
    assert record["sentence"] == "Size is not measured: reports/serving.json is about another model"


def test_a_waiver_is_written_beside_what_it_covers() -> None:
    assert {name for name, record in judged(LATER).items() if record.waived} == {"warnings"}


DAMAGE = {"none": None, "cut": "{", "list": "[]", "null": "null", "deep": "[" * 100_000}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_report_that_cannot_be_read_is_as_if_it_were_absent(tmp_path: Path, damage: str | None) -> None:
    for name in ("metrics", "serving", "data") if damage else ():
        (tmp_path / f"{name}.json").write_text(str(damage))
    assert Reports.read(tmp_path) == Reports()
    (tmp_path / "metrics.json").write_text(json.dumps({"inputs": FILES}))
    assert Reports.read(tmp_path).inputs == FILES
