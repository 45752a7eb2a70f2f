from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from mlops.blocks.cost import Cost
from mlops.errors import DataError
from mlops.files.canonical import digest_file
from mlops.ml.evaluation.studies import costs
from mlops.stages import gate
from tests.builders.evaluations import RULES, binary, gate_params, with_scores, without, write_run

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

    from mlops.ml.evaluation.predictions import Predictions
    from mlops.stages.context import StageContext

PREDICTIONS = "artifacts/evaluation/predictions.parquet"


def judged(context: StageContext, **changes: Any) -> dict[str, Any]:
    gate.run(replace(context, params=context.params | changes))
    document: dict[str, Any] = json.loads(context.path("reports/gate.json").read_bytes())
    return document


def verdict_of(folder: Path, predictions: Predictions, **changes: Any) -> str:
    return str(judged(write_run(folder, predictions), **changes)["verdict"])


def test_a_good_model_passes(tmp_path: Path) -> None:
    context = write_run(tmp_path, binary())
    document = judged(context)
    assert document["verdict"] == "pass"
    assert document["predictions"] == digest_file(context.path(PREDICTIONS))
    assert document["method"] == (
        "95% intervals: percentile bootstrap, 300 resamples of rows, the same ones for every model (seed 0); "
        "slices of one rule share its error by Holm's method"
    )


def test_a_result_has_the_fields_that_others_read(tmp_path: Path) -> None:
    rule = judged(write_run(tmp_path, binary()))["rules"][-1]
    assert rule == {
        "id": "auroc-site",
        "metric": "auroc",
        "against": "value",
        "by": "site",
        "slice": "b",
        "value": pytest.approx(0.86, abs=0.1),
        "low": pytest.approx(0.8, abs=0.15),
        "high": pytest.approx(0.9, abs=0.1),
        "bound": 0.6,
        "n": int((binary().slices["site"] == "b").sum()),
        "rows_needed": None,
        "verdict": "pass",
        "sentence": rule["sentence"],
        "mode": "block",
        "applicable": True,
    }


def test_a_rule_over_the_live_model_is_deferred_whatever_is_live(tmp_path: Path) -> None:
    document = judged(write_run(tmp_path, binary()))
    relative = next(rule for rule in document["rules"] if rule["against"] == "champion")
    assert (document["verdict"], relative["applicable"], relative["verdict"]) == ("pass", True, "deferred")
    assert relative["sentence"] == "over the live model, which `mlops gate` compares with"
    assert "champion" not in document


def test_what_serving_costs_beside_the_live_model_is_deferred_too(tmp_path: Path) -> None:
    rule = {"id": "latency_p99-over-champion", "metric": "latency_p99", "against": "champion", "at_most": 0.2}
    document = judged(write_run(tmp_path, binary()), serving=[rule])
    assert (document["verdict"], document["rules"][-1]["verdict"]) == ("pass", "deferred")


def test_a_waiver_covers_no_rule_that_is_still_to_be_judged(tmp_path: Path) -> None:
    waiver = {"rule": "auroc-champion", "reason": "a new panel", "owner": "@a", "approver": "@b"}
    waiver |= {"granted": "2026-01-01", "expires": "2026-01-20"}
    document = judged(write_run(tmp_path, binary()), waivers=[waiver])
    assert all("waived" not in rule for rule in document["rules"])


def test_no_applicable_rule_is_inconclusive(tmp_path: Path) -> None:
    context = write_run(tmp_path, binary())
    assert judged(context, rules=[])["verdict"] == "inconclusive"
    assert judged(context, rules=[RULES[1]])["verdict"] == "inconclusive"


def test_a_warning_does_not_block_but_is_shown(tmp_path: Path) -> None:
    warned = RULES[0] | {"at_least": 0.99, "mode": "warn"}
    document = judged(write_run(tmp_path, binary()), rules=[warned, RULES[2]])
    assert document["verdict"] == "pass"
    assert [rule["verdict"] for rule in document["rules"]] == ["fail", "pass"]


def test_the_same_predictions_give_the_same_bytes(tmp_path: Path) -> None:
    runs = []
    for name in ("a", "b"):
        context = write_run(tmp_path / name, binary(grouped=True))
        judged(context, group="person")
        runs.append([context.path(f"reports/{file}").read_bytes() for file in ("gate.json", "report.html")])
    assert runs[0] == runs[1]


def spoil(path: Path, change: Any) -> None:
    """Rewrite the table but keep what it says about itself."""
    facts = pl.read_parquet_metadata(path)
    change(pl.read_parquet(path)).write_parquet(path, metadata={"mlops": facts["mlops"]})


@pytest.mark.parametrize("model", ["candidate", "dummy"])
@pytest.mark.parametrize(
    "change",
    [
        lambda model: lambda table: table.drop(model),
        lambda model: lambda table: table.with_columns(pl.lit(None, pl.Float64).alias(model)),
        lambda model: (
            lambda table: table.with_columns(
                pl.when(pl.col("__row__") == 7).then(None).otherwise(pl.col(model)).alias(model)
            )
        ),
        lambda model: (
            lambda table: table.with_columns(
                pl.when(pl.col("__row__") == 7).then(float("nan")).otherwise(pl.col(model)).alias(model)
            )
        ),
    ],
    ids=["column gone", "all null", "one null", "one not a number"],
)
def test_scores_that_went_missing_never_pass(tmp_path: Path, model: str, change: Any) -> None:
    context = write_run(tmp_path, binary())
    spoil(context.path(PREDICTIONS), change(model))
    assert judged(context)["verdict"] == "fail"


def test_slices_that_went_missing_fail_their_rule(tmp_path: Path) -> None:
    context = write_run(tmp_path, binary())
    spoil(context.path(PREDICTIONS), lambda table: table.drop("slice_site"))
    document = judged(context)
    assert document["verdict"] == "fail"
    assert document["rules"][-1]["sentence"] == "AUROC cannot be measured: the predictions have no slices by site"


def test_groups_that_went_missing_fail_every_rule(tmp_path: Path) -> None:
    assert verdict_of(tmp_path / "grouped", binary(grouped=True), group="person") == "pass"
    assert verdict_of(tmp_path / "not", binary(), group="person") == "fail"


BROKEN = {
    "rows gone": lambda table: table.filter(pl.col("__row__") != 7),
    "a row twice": lambda table: table.with_columns(
        pl.when(pl.col("__row__") == 7).then(8).otherwise(pl.col("__row__")).alias("__row__")
    ),
    "no target": lambda table: table.drop("target"),
    "no groups": lambda table: table.drop("group"),
}


@pytest.mark.parametrize("change", BROKEN.values(), ids=BROKEN)
def test_a_table_that_is_not_whole_is_refused(tmp_path: Path, change: Any) -> None:
    context = write_run(tmp_path, binary())
    spoil(context.path(PREDICTIONS), change)
    with pytest.raises(DataError, match=r"predictions\.parquet is not whole"):
        gate.run(context)


def test_a_table_that_evaluate_did_not_write_is_refused(tmp_path: Path) -> None:
    context = write_run(tmp_path, binary())
    path = context.path(PREDICTIONS)
    pl.read_parquet(path).write_parquet(path)
    with pytest.raises(DataError, match="cannot be read as predictions"):
        gate.run(context)
    pl.read_parquet(path).write_parquet(path, metadata={"mlops": '{"task": "binary"}'})
    with pytest.raises(DataError, match="cannot be read as predictions"):
        gate.run(context)
    path.unlink()
    with pytest.raises(DataError, match="cannot be read as predictions"):
        gate.run(context)


def test_the_gate_does_not_judge_another_task(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the predictions are binary but the gate judges regression"):
        verdict_of(tmp_path, binary(), task="regression")


def test_a_failed_verdict_is_recorded_and_does_not_raise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = binary()
    assert verdict_of(tmp_path, with_scores(data, candidate=np.full(len(data), 0.4))) == "fail"
    assert capsys.readouterr().err == "gate: fail (4 failed, 1 deferred)\n"


def test_an_absent_baseline_fails_the_rule_against_it(tmp_path: Path) -> None:
    assert verdict_of(tmp_path, without(binary(), "dummy")) == "fail"


def test_the_params_of_the_compiler_are_accepted() -> None:
    section = gate_params(code="abc", libraries={"numpy": "2"}, group="person")
    assert gate.Params.model_validate(section).rules[3].by == "site"


def test_the_gate_imports_no_learning_library() -> None:
    heavy = ("sklearn", "scipy", "matplotlib", "torch", "onnxruntime")
    code = f"import sys, mlops.stages.gate; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True) == "[]\n"


COST = [{"id": "latency_p99", "metric": "latency_p99", "against": "value", "at_most": 0.02}]


def test_the_cost_of_serving_is_judged_beside_the_rest_and_never_passes_unmeasured(tmp_path: Path) -> None:
    context = write_run(tmp_path, binary())
    absent = judged(context, serving=COST)
    assert (absent["verdict"], absent["rules"][-1]["verdict"]) == ("inconclusive", "inconclusive")
    assert (
        absent["rules"][-1]["sentence"]
        == "99th percentile of latency is not measured: there is no reports/serving.json"
    )
    inputs = json.loads(context.path("reports/metrics.json").read_bytes())["inputs"]
    report = {"inputs": inputs, "champion": None, "repetitions": {"candidate": {"latency_p99": [0.01] * 5}}}
    for value, verdict in ((0.01, "pass"), (0.03, "fail")):
        report["repetitions"]["candidate"]["latency_p99"] = [value] * 5
        context.path("reports/serving.json").write_text(json.dumps(report))
        document = judged(context, serving=COST)
        assert (document["verdict"], document["rules"][-1]["side"]) == (verdict, "at_most")
    report["inputs"] = {**inputs, "model.onnx": "sha256:other"}
    context.path("reports/serving.json").write_text(json.dumps(report))
    assert judged(context, serving=COST)["verdict"] == "inconclusive"


def test_decisions_valued_otherwise_than_the_gate_says_are_refused(tmp_path: Path) -> None:
    cost = {"true_positive": 0, "false_positive": -1, "false_negative": -5, "true_negative": 0}
    data = costs.priced(binary(200), Cost.model_validate(cost))
    data = replace(data, decisions={model: data.decided(model) for model in data.scores})
    context = write_run(tmp_path, data)
    with pytest.raises(DataError, match="decisions were valued otherwise than the gate says"):
        gate.run(context)
    gate.run(replace(context, params=context.params | {"cost": cost}))
