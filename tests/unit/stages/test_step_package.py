from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.documents.statement import REPORTS, Statement
from mlops.errors import GateFailed, Inconclusive, InfrastructureError, IntegrityError
from mlops.files.canonical import digest_file, dumps
from mlops.stages.context import StageContext
from mlops.stages.package import run
from tests.builders.bundles import make_bundle, make_pipeline

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from pathlib import Path

PARAMS = {
    "pipeline": "tiny",
    "description": "Will it | rain?",
    "owners": ["@weather"],
    "risk": "limited",
    "configuration": "sha256:" + "2" * 64,
    "code": {"train": "sha256:" + "3" * 64},
    "libraries": {"numpy": "2.0"},
}


def package(folder: Path) -> None:
    run(StageContext(folder, "tiny", "package", PARAMS))


def rewrite(path: Path, **changes: Any) -> None:
    path.write_text(dumps(json.loads(path.read_bytes()) | changes))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_pass_becomes_a_statement_about_the_bundle(tmp_path: Path, task: str) -> None:
    folder = make_pipeline(tmp_path / "tiny", task)
    contents = Contents.read(folder / "artifacts/bundle")
    package(folder)
    assert Contents.read(folder / "artifacts/bundle") == contents
    reports = {file: digest_file(folder / "reports" / file) for file in REPORTS}
    assert json.loads((folder / "reports/bundle.json").read_bytes()) == {
        "schema_version": 2,
        "digest": contents.digest,
        "pipeline": "tiny",
        "files": 7,
        "size": sum(len(data) for data in contents.files.values()),
        "verdict": "pass",
        "reports": reports,
        "rows": {
            "test": "sha256:" + "2" * 64,
            "predictions": digest_file(folder / "artifacts/evaluation/predictions.parquet"),
        },
        "data": "sha256:" + "1" * 64,
        "configuration": PARAMS["configuration"],
        "code": PARAMS["code"],
        "libraries": {"numpy": "2.0"},
    }
    papers = Papers.read(folder / "reports", contents.digest)
    assert papers.identity.model_dump() == {
        "data": "sha256:" + "1" * 64,
        "configuration": PARAMS["configuration"],
        "gate": reports["gate.json"],
        "code": PARAMS["code"],
    }


def test_other_owners_make_another_statement_on_the_same_content(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    said = []
    for owner in ("@weather", "@others"):
        run(StageContext(folder, "tiny", "package", PARAMS | {"owners": [owner]}))
        said.append(Statement.parse((folder / "reports/bundle.json").read_bytes()))
    assert said[0].digest == said[1].digest
    assert said[0].name != said[1].name
    assert {k for k in said[0].reports if said[0].reports[k] != said[1].reports[k]} == {"card.md"}


@pytest.mark.parametrize("report", REPORTS)
def test_no_report_can_be_swapped_for_that_of_another_run(tmp_path: Path, report: str) -> None:
    one, other = (make_pipeline(tmp_path / name) for name in ("one", "other"))
    package(one)
    text = (other / "reports" / report).read_text() if report != "card.md" else "# Model card"
    (one / "reports" / report).write_text(f"{text} ")
    digest = digest_file(one / "artifacts/bundle/manifest.json")
    with pytest.raises(IntegrityError) as caught:
        Papers.read(one / "reports", digest)
    assert caught.value.message == f"{report} is not the one that the statement about {digest[:19]}… binds"


def test_a_statement_that_binds_a_gate_of_another_bundle_is_refused(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    package(folder)
    rewrite(folder / "reports/gate.json", bundle="sha256:" + "0" * 64)
    said = json.loads((folder / "reports/bundle.json").read_bytes())
    said["reports"]["gate.json"] = digest_file(folder / "reports/gate.json")
    (folder / "reports/bundle.json").write_text(dumps(said))
    with pytest.raises(IntegrityError, match="the gate that the statement about .* binds says something else"):
        Papers.read(folder / "reports", said["digest"])


def test_a_failed_gate_is_not_packaged(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny", verdict="fail")
    with pytest.raises(GateFailed) as caught:
        package(folder)
    assert str(caught.value) == "tiny is not packaged: the gate's verdict is fail\n  auroc is 0.75 | fail"
    assert caught.value.hint == "mlops gate tiny --explain"
    assert not (folder / "reports/bundle.json").exists()


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


def test_a_bundle_that_the_gate_did_not_judge_is_refused(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    shutil.rmtree(folder / "artifacts/bundle")
    digest = digest_file(make_bundle(folder / "artifacts/bundle", seed=9) / "manifest.json")
    with pytest.raises(IntegrityError) as caught:
        package(folder)
    assert caught.value.message == (
        f"the gate judged another bundle than {digest[:19]}…, which lies in artifacts/bundle"
    )
    rewrite(folder / "reports/gate.json", bundle=digest)
    with pytest.raises(IntegrityError) as caught:
        package(folder)
    assert caught.value.message == f"reports/metrics.json is about another bundle than {digest[:19]}…"


def test_a_bundle_of_another_pipeline_is_refused(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    with pytest.raises(IntegrityError, match="is of tiny, not of rain"):
        run(StageContext(folder, "rain", "package", PARAMS | {"pipeline": "rain"}))


def test_a_changed_byte_of_the_bundle_is_found(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    (folder / "artifacts/bundle/schema.json").write_text("{}")
    with pytest.raises(IntegrityError, match=r"schema\.json has 2 bytes"):
        package(folder)
    assert not (folder / "reports/bundle.json").exists()


def test_a_missing_report_says_what_to_run(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    (folder / "reports/gate.json").unlink()
    with pytest.raises(InfrastructureError, match=r"reports/gate\.json is not there"):
        package(folder)


def test_the_card_holds_the_evidence_and_says_what_is_missing(tmp_path: Path) -> None:
    folder = make_pipeline(tmp_path / "tiny")
    package(folder)
    card = (folder / "reports/card.md").read_text()
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
    assert "- Description: Will it &#124; rain?" in card
    assert "| auroc |  | 0.750 | 0.700 to 0.800 | 40 | pass |" in card
    assert "- Sensitive columns that the model reads: insured" in card
    assert "- Primary uses and users: **missing**" in card
