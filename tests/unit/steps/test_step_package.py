from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from mlops.bundle.contents import Contents, verify
from mlops.bundle.decision import Decision
from mlops.bundle.golden import Golden
from mlops.bundle.predictor import Predictor
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file, dumps
from mlops.steps.context import StageContext
from mlops.steps.package import run
from tests.builders.bundles import make_pipeline

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

PARAMS = {
    "pipeline": "tiny",
    "description": "Will it | rain?",
    "owners": ["@weather"],
    "risk": "limited",
    "golden_rows": 8,
    "configuration": "sha256:" + "2" * 64,
    "code": {"train": "sha256:" + "3" * 64},
    "libraries": {},
}


def package(folder: Path) -> None:
    run(StageContext(folder, "tiny", "package", PARAMS))


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(dumps(json.loads(path.read_bytes()) | changes))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_pass_becomes_a_bundle_that_opens(tmp_path: Path, task: str) -> None:
    folder = make_pipeline(tmp_path / "tiny", task)
    package(folder)
    bundle = folder / "artifacts/bundle"
    contents = Contents.read(bundle)
    assert sorted(contents.files) == [
        "card.md",
        "gate.json",
        "golden.json",
        "metrics.json",
        "model.json",
        "model.onnx",
        "profile.json",
        "schema.json",
        "training.json",
        "transform.json",
    ]
    predictor = Predictor.load(contents)
    Golden.parse(contents.files["golden.json"]).check(predictor)
    report = json.loads((folder / "reports/bundle.json").read_bytes())
    assert report == {
        "schema_version": 1,
        "digest": contents.digest,
        "pipeline": "tiny",
        "files": 10,
        "size": sum(len(data) for data in contents.files.values()),
        "verdict": "pass",
    }
    assert contents.manifest.identity == {
        "data": "sha256:" + "1" * 64,
        "configuration": PARAMS["configuration"],
        "gate": digest_file(folder / "reports/gate.json"),
        "code": PARAMS["code"],
    }


def test_the_same_parts_make_the_same_digest_in_another_folder(tmp_path: Path) -> None:
    folders = [make_pipeline(tmp_path / name) for name in ("one", "deeper")]
    for folder in folders:
        package(folder)
    assert len({verify(folder / "artifacts/bundle") for folder in folders}) == 1


def test_the_profile_describes_columns_and_scores(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    package(folder)
    profile = json.loads((folder / "artifacts/bundle/profile.json").read_bytes())
    assert profile["rows"] == 60
    assert profile["columns"]["plan"]["frequencies"]["basic"] == pytest.approx(0.5, abs=0.2)
    assert profile["columns"]["age"]["nulls"] == pytest.approx(9 / 60)
    assert len(profile["columns"]["age"]["edges"]) == 9
    assert sum(profile["columns"]["visits"]["shares"]) == pytest.approx(1, abs=1e-4)
    assert 0 <= profile["scores"]["quantiles"][0] <= profile["scores"]["quantiles"][-1] <= 1


def test_a_failed_gate_is_not_packaged(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny", verdict="fail")
    with pytest.raises(GateFailed) as caught:
        package(folder)
    assert str(caught.value) == "tiny is not packaged: the gate's verdict is fail\n  auroc is 0.75 | fail"
    assert caught.value.hint == "mlops gate tiny --explain"
    assert not (folder / "artifacts/bundle").exists()


def test_an_inconclusive_gate_is_not_packaged(tmp_path: Path) -> None:
    with pytest.raises(Inconclusive, match=r"verdict is inconclusive\n  auroc is 0\.75"):
        package(make_pipeline(tmp_path / "tiny", verdict="inconclusive"))


@pytest.mark.parametrize("verdict", [None, "", "PASS", "passed", True])
def test_a_verdict_that_is_not_exactly_a_pass_is_refused(tmp_path: Path, verdict: object) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    rewrite(folder / "reports/gate.json", verdict=verdict)
    with pytest.raises(GateFailed):
        package(folder)


def test_predictions_the_gate_did_not_judge_are_refused(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    rewrite(folder / "reports/gate.json", predictions="sha256:" + "0" * 64)
    with pytest.raises(IntegrityError, match="the gate judged other predictions"):
        package(folder)


def test_a_model_that_scores_otherwise_than_was_judged_is_refused(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    path = folder / "artifacts/evaluation/predictions.parquet"
    pl.read_parquet(path).with_columns(candidate=1 - pl.col("candidate")).write_parquet(path)
    rewrite(folder / "reports/gate.json", predictions=digest_file(path))
    with pytest.raises(IntegrityError, match=r"the model scores \d+ test rows otherwise than the gate judged"):
        package(folder)


def test_predictions_of_other_rows_are_refused(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    path = folder / "artifacts/evaluation/predictions.parquet"
    pl.read_parquet(path)[:-1].write_parquet(path)
    rewrite(folder / "reports/gate.json", predictions=digest_file(path))
    with pytest.raises(IntegrityError, match="the gate judged other rows"):
        package(folder)


def test_a_missing_report_says_what_to_run(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    (folder / "reports/gate.json").unlink()
    with pytest.raises(InfrastructureError, match=r"reports/gate\.json is not there"):
        package(folder)


def test_the_card_holds_the_evidence_and_says_what_is_missing(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    package(folder)
    card = (folder / "artifacts/bundle/card.md").read_text()
    titles = [line[3:] for line in card.splitlines() if line.startswith("## ")]
    assert titles == [
        "Model details",
        "Intended use",
        "Factors",
        "Metrics",
        "Evaluation data",
        "Training data",
        "Quantitative analyses",
        "Ethical considerations",
        "Caveats and recommendations",
    ]
    assert "- Description: Will it \\| rain?" in card
    assert "| auroc |  | 0.75 | 0.7 to 0.8 | 40 | pass |" in card
    assert "- Sensitive columns that the model reads: insured" in card
    assert "- Primary uses and users: **missing**" in card


def decided(folder: Path, threshold: float) -> Path:
    """Leave a decision, and judge by one at 0.4."""
    values = ((0.0, -1.0), (-5.0, 0.0))
    predictions = folder / "artifacts/evaluation/predictions.parquet"
    scores = pl.read_parquet(predictions)
    chosen = Decision(values=values, threshold=0.4).decide(scores["candidate"].to_numpy())
    scores.with_columns(decision_candidate=pl.Series(chosen)).write_parquet(predictions)
    (folder / "artifacts/evaluation/decision.json").write_text(Decision(values=values, threshold=threshold).dumps())
    rewrite(folder / "reports/gate.json", predictions=digest_file(predictions))
    return folder


def test_the_decision_travels_with_the_model(tmp_path: Path) -> None:
    folder = decided(make_pipeline(tmp_path / "tiny"), 0.4)
    package(folder)
    contents = Contents.read(folder / "artifacts/bundle")
    assert Decision.parse(contents.files["decision.json"]).threshold == 0.4
    golden = Golden.parse(contents.files["golden.json"])
    assert golden.decisions is not None
    golden.check(Predictor.load(contents))


def test_a_decision_other_than_the_judged_one_is_refused(tmp_path: Path) -> None:
    folder = decided(make_pipeline(tmp_path / "tiny"), 0.99)
    with pytest.raises(IntegrityError, match="the bundle decides test rows otherwise than the gate judged"):
        package(folder)


def test_a_lost_decision_is_refused(tmp_path: Path) -> None:
    folder = decided(make_pipeline(tmp_path / "tiny"), 0.4)
    (folder / "artifacts/evaluation/decision.json").unlink()
    with pytest.raises(IntegrityError, match="the gate judged decisions, or none, and the bundle would do otherwise"):
        package(folder)
