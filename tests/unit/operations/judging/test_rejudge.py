"""A change cannot soften the gate that judges it."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from mlops.cli.main import run
from mlops.errors import InfrastructureError, IntegrityError, StaleError
from mlops.files.canonical import digest_file
from mlops.ml.evaluation.judging.own_metrics import OwnMetric, measure
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.auditing.enter import enter
from mlops.operations.judging import recompute
from mlops.operations.judging.rejudge import rejudge
from mlops.operations.verdicts.gate import read_verdict
from mlops.operations.verdicts.rejudged import Rejudged
from mlops.stages import gate
from tests.builders.believed import believing
from tests.builders.evaluations import binary, gate_params, probabilities, with_scores, write_run
from tests.builders.repositories import commit, edit, git, make_repository, record

pytestmark = pytest.mark.slow

GOOD = binary(800)
WORSE = with_scores(GOOD, candidate=probabilities(GOOD.target, 0.9))


def rules(bound: float = 0.8, **changes: Any) -> list[dict[str, Any]]:
    rule = {"id": "auroc", "metric": "auroc", "against": "value", "at_least": bound, **changes}
    return [{"id": "auroc-dummy", "metric": "auroc", "against": "dummy", "at_least": 0.05}, rule]


def recorded(root: Path, predictions: Predictions, **changes: Any) -> None:
    """Leave what compiling and a run leave of the pipeline `visits`."""
    folder = root / "pipelines" / "visits"
    shutil.rmtree(folder, ignore_errors=True)
    context = write_run(folder, predictions)
    section = gate_params(**{"rules": rules(), **changes})
    gate.run(type(context)(folder, "visits", "gate", section))
    sections = {"gate": {**section, "code": "x", "libraries": {}}}
    (folder / "params.yaml").write_text(yaml.safe_dump(sections))
    (folder / ".gitignore").write_text("/artifacts\n")


@pytest.fixture(scope="module")
def _base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base") / "work"
    folder.mkdir()
    recorded(folder, GOOD)
    commit(folder, "base")
    return folder


@pytest.fixture
def root(tmp_path: Path, _base: Path) -> Path:
    return shutil.copytree(_base, tmp_path, dirs_exist_ok=True)


def judged(root: Path) -> Rejudged:
    return rejudge(root, "visits", "HEAD")


def test_a_lower_bound_with_a_worse_model_fails_under_the_base(root: Path) -> None:
    recorded(root, WORSE, rules=rules(0.6))
    found = judged(root)
    assert (found.now.verdict, found.before and found.before.verdict, found.verdict) == ("pass", "fail", "fail")
    assert found.loosened == ("the rule `auroc at least 0.8` was loosened to `auroc at least 0.6`",)
    error = found.whole.error()
    assert error is not None
    assert error.exit_code == 2


def test_a_lower_bound_alone_passes_both_and_is_labelled(root: Path) -> None:
    recorded(root, GOOD, rules=rules(0.6))
    found = judged(root)
    assert (found.verdict, found.labels) == ("pass", ("gate-change",))


def test_a_hand_edit_of_a_compiled_workflow_is_a_difference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    repository = make_repository(tmp_path)
    record(repository)
    edit(repository, ".github/workflows/mlops-pr.yml", "cancel-in-progress", "cancel-in-progres")
    monkeypatch.chdir(repository)
    assert run(["compile", "--check"]) == 1
    assert "mlops-pr.yml: not what the YAML compiles to" in capsys.readouterr().err


def test_the_same_gate_is_judged_once_and_carries_no_label(root: Path) -> None:
    found = judged(root)
    assert (found.before, found.labels, found.verdict) == (None, (), "pass")


def test_other_code_of_the_gate_is_no_other_rule(root: Path) -> None:
    edit(root, "pipelines/visits/params.yaml", "code: x", "code: y")
    assert judged(root).before is None


def test_a_removed_rule_still_counts(root: Path) -> None:
    recorded(root, WORSE, rules=rules()[:1])
    found = judged(root)
    assert found.verdict == "fail"
    assert found.loosened == ("the rule `auroc at least 0.8` was removed",)


def test_a_rule_made_a_warning_still_blocks(root: Path) -> None:
    recorded(root, WORSE, rules=rules(mode="warn"))
    found = judged(root)
    assert (found.now.verdict, found.verdict) == ("pass", "fail")
    assert found.loosened == ("the rule `auroc at least 0.8` was loosened to `auroc at least 0.8 (only a warning)`",)


def test_a_stricter_gate_is_labelled_but_loosens_nothing(root: Path) -> None:
    recorded(root, GOOD, rules=rules(0.82))
    found = judged(root)
    assert (found.loosened, found.labels) == ((), ("gate-change",))


def test_a_pipeline_that_the_base_lacks_is_judged_by_its_own_rules(root: Path) -> None:
    git(root, "rm", "-rq", "--cached", "pipelines")
    git(root, "commit", "-qm", "none")
    assert judged(root).verdict == "pass"


def test_predictions_other_than_the_recorded_ones_are_refused(root: Path) -> None:
    WORSE.write(root / "pipelines/visits/artifacts/evaluation/predictions.parquet")
    with pytest.raises(StaleError, match="visits: the verdict was recorded for other predictions"):
        judged(root)


def test_predictions_that_are_not_here_are_asked_for(root: Path) -> None:
    shutil.rmtree(root / "pipelines/visits/artifacts")
    with pytest.raises(InfrastructureError) as raised:
        judged(root)
    assert raised.value.hint == "mlops fetch visits brings them, or mlops run visits"


def test_a_gate_that_cannot_be_read_is_no_pass(root: Path) -> None:
    edit(root, "pipelines/visits/params.yaml", "minimum_rows", "least_rows")
    commit(root)
    recorded(root, GOOD)
    with pytest.raises(IntegrityError, match="a gate this version of mlops cannot read"):
        judged(root)


@pytest.mark.parametrize(("form", "said"), [("text", "loosened to"), ("md", "gate-change"), ("json", '"loosened"')])
def test_the_command_line_says_it_in_every_form(
    root: Path, form: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    recorded(root, WORSE, rules=rules(0.6))
    (root / "conf" / "pipeline").mkdir(parents=True)
    (root / "conf" / "project.yaml").write_text("name: x\n")
    (root / "conf" / "pipeline" / "visits.yaml").write_text("# @package _global_\n")
    enter(root, "visits")
    monkeypatch.setattr(recompute, "recomputed", believing)  # such a run has no rows of its own
    monkeypatch.chdir(root)
    assert run(["gate", "visits", "--base", "HEAD", "-o", form]) == 2
    shown = capsys.readouterr()
    assert "visits: rows and scores made again in 0.2 s; what is recorded agrees" in shown.err
    assert said in shown.out
    assert "visits: the gate failed" in shown.err


COST = """def cost(target, score):
    return {0}(target - score) ** 2
"""
OWN = {"cost": {"use": "pipelines.visits.rules:cost", "better": "lower", "parameters": {}}}
COSTLY = [*rules(), {"id": "cost", "metric": "cost", "against": "value", "at_most": 0.2}]


def costed(root: Path, factor: str = "", *, remember: bool = True) -> None:
    """Leave a run whose gate bounds the mean of squared errors, times a factor, by 0.2."""
    (root / "pipelines/visits").mkdir(parents=True, exist_ok=True)
    (root / "pipelines/visits/rules.py").write_text(COST.format(factor))
    metrics = {name: OwnMetric(**metric) for name, metric in OWN.items()}
    found = replace(GOOD, own=measure(GOOD, metrics, root, "visits"))
    recorded(root, found, rules=COSTLY, own=OWN)
    (root / "pipelines/visits/rules.py").write_text(COST.format(factor))
    if remember:
        commit(root)


def test_the_base_judges_by_its_own_code_of_a_metric(tmp_path: Path) -> None:
    costed(tmp_path, "2 * ")
    costed(tmp_path, "0 * ", remember=False)
    found = judged(tmp_path)
    assert (found.now.verdict, found.before and found.before.verdict, found.verdict) == ("pass", "fail", "fail")
    assert found.loosened == ("the code of `pipelines.visits.rules:cost` changed",)


def test_unchanged_code_of_a_metric_is_judged_once(tmp_path: Path) -> None:
    costed(tmp_path)
    found = judged(tmp_path)
    assert (found.before, found.labels, found.verdict) == (None, (), "pass")


def rule_of(found: Rejudged, metric: str) -> dict[str, Any]:
    (rule,) = [rule for rule in found.now.rules if rule["metric"] == metric]
    return rule


def test_what_other_code_of_a_metric_says_is_a_claim(tmp_path: Path) -> None:
    costed(tmp_path)
    costed(tmp_path, "0 * ", remember=False)
    found = judged(tmp_path)
    rule = rule_of(found, "cost")
    assert (found.verdict, rule["verdict"], rule["claimed"], rule["value"]) == ("pass", "deferred", True, 0.0)
    assert rule["sentence"].startswith("claimed by the change, which brings the code of `cost`: ")
    assert rule["sentence"].endswith("; it counts once it is merged")
    assert found.before is not None
    assert found.before.verdict == "pass"


def test_a_claim_can_still_fail(tmp_path: Path) -> None:
    costed(tmp_path)
    costed(tmp_path, "9 * ", remember=False)
    found = judged(tmp_path)
    assert (found.verdict, rule_of(found, "cost")["verdict"], rule_of(found, "cost")["claimed"]) == (
        "fail",
        "fail",
        True,
    )


def test_a_new_metric_counts_once_it_is_merged(root: Path) -> None:
    costed(root, remember=False)
    found = judged(root)
    assert (found.verdict, rule_of(found, "cost")["verdict"]) == ("pass", "deferred")
    commit(root)
    assert rule_of(judged(root), "cost")["verdict"] == "pass"


def test_other_code_that_a_metric_imports_is_a_claim_too(tmp_path: Path) -> None:
    costed(tmp_path, remember=False)
    for name in ("helper", "other"):
        (tmp_path / f"pipelines/visits/{name}.py").write_text("ONE = 1\n")
    code = tmp_path / "pipelines/visits/rules.py"
    code.write_text(f"from pipelines.visits.helper import ONE\n{code.read_text()}")
    commit(tmp_path)
    (tmp_path / "pipelines/visits/other.py").write_text("ONE = 2\n")
    assert rule_of(judged(tmp_path), "cost")["verdict"] == "pass"
    (tmp_path / "pipelines/visits/helper.py").write_text("ONE = 2\n")
    found = judged(tmp_path)
    assert (rule_of(found, "cost")["verdict"], found.before and found.before.verdict) == ("deferred", "pass")


def test_values_of_a_metric_that_were_written_by_hand_are_measured_again(tmp_path: Path) -> None:
    costed(tmp_path, "9 * ")
    path = tmp_path / "pipelines/visits/artifacts/evaluation/predictions.parquet"
    predictions = Predictions.read(path)
    losses = {
        name: replace(each, values={m: 0 * v for m, v in each.values.items()}) for name, each in predictions.own.items()
    }
    forged = replace(predictions, own=losses)
    forged.write(path)
    report = tmp_path / "pipelines/visits/reports/gate.json"
    report.write_text(json.dumps({**json.loads(report.read_bytes()), "predictions": digest_file(path)}))
    assert rule_of(judged(tmp_path), "cost")["verdict"] == "fail"


def test_a_verdict_is_no_better_than_its_rules(root: Path) -> None:
    report = root / "pipelines/visits/reports/gate.json"
    recorded = json.loads(report.read_bytes())
    report.write_text(json.dumps({**recorded, "rules": []}))
    assert read_verdict(root, "visits").verdict == "inconclusive"
    report.write_text(json.dumps({**recorded, "rules": [{**recorded["rules"][0], "verdict": "fail"}]}))
    assert read_verdict(root, "visits").verdict == "fail"


def test_a_metric_whose_code_the_base_lacks_does_not_pass(tmp_path: Path) -> None:
    costed(tmp_path)
    git(tmp_path, "rm", "-q", "--cached", "pipelines/visits/rules.py")
    git(tmp_path, "commit", "-qm", "none")
    assert judged(tmp_path).verdict == "fail"


def test_a_pipeline_that_was_never_compiled_is_asked_for(root: Path) -> None:
    (root / "pipelines/visits/params.yaml").unlink()
    with pytest.raises(InfrastructureError) as raised:
        judged(root)
    assert (raised.value.message, raised.value.hint) == ("pipelines/visits/params.yaml is missing", "mlops compile")


@pytest.mark.parametrize(
    "damage", [{"rules": [1]}, {"rules": 1}, {"verdict": "great"}, {"verdict": None}, {"champion": None, "rules": {}}]
)
def test_a_recorded_verdict_that_is_none_is_damaged(root: Path, damage: dict[str, Any]) -> None:
    report = root / "pipelines/visits/reports/gate.json"
    report.write_text(json.dumps({**json.loads(report.read_bytes()), **damage}))
    with pytest.raises(IntegrityError, match=r"pipelines/visits/reports/gate\.json is damaged"):
        read_verdict(root, "visits")


def test_other_rows_to_judge_on_are_named_and_labelled(root: Path) -> None:
    params = root / "pipelines" / "visits" / "params.yaml"
    sections = yaml.safe_load(params.read_text())
    params.write_text(yaml.safe_dump({**sections, "validate": {"target": "y"}, "ingest": {}}))
    commit(root, "without a weight")
    params.write_text(yaml.safe_dump({**sections, "validate": {"target": "y", "weight": "w"}, "ingest": {}}))
    found = judged(root)
    assert found.loosened == ("rows count by `w` in every figure, and not alike",)
    assert found.labels == ("gate-change",)
