"""Every rule with a planted fault, and without: plans changed by hand, since most faults cannot be written in YAML."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.compiler.rules import (
    control_character,
    cycle,
    gate_without_metric,
    missing_input,
    output_clash,
    path_outside,
    secret_in_parameter,
    test_set_too_small,
    unbounded_job,
    unknown_component,
    unpinned_action,
)
from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.registry import examine
from mlops.configuration.load import load_pipeline, load_project
from mlops.configuration.reading.library import Configuration
from mlops.operations.compiling.findings import findings as placed
from mlops.operations.workspace import open_workspace
from mlops.plan.pipeline import PipelinePlan, Plan
from mlops.plan.stage import Output
from tests.builders.repositories import make_repository


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    configuration = Configuration(make_repository(tmp_path_factory.mktemp("repository")))
    project, _ = load_project(configuration)
    loaded, problems = load_pipeline(configuration, "churn")
    assert project is not None
    assert loaded is not None, problems
    return lower(project, {"churn": loaded.spec}, Facts())


def with_stage(plan: Plan, name: str, *, section: dict[str, Any] | None = None, **changes: Any) -> Plan:
    pipeline = plan.pipelines[0]
    stage = pipeline.stage(name)
    changed = replace(stage, section={**stage.section, **(section or {})}, **changes)
    stages = tuple(changed if stage.name == name else stage for stage in pipeline.stages)
    return replace(plan, pipelines=(replace(pipeline, stages=stages),))


def with_job(plan: Plan, **changes: Any) -> Plan:
    return replace(plan, ci=replace(plan.ci, jobs=(replace(plan.ci.jobs[0], **changes),)))


def only(found: list[Finding]) -> Finding:
    assert len(found) == 1, found
    return found[0]


def churn(plan: Plan) -> PipelinePlan:
    return plan.pipelines[0]


def test_a_sound_plan_has_no_finding(plan: Plan) -> None:
    assert list(examine(plan)) == []


def test_the_shipped_configurations_have_no_finding(repository: Path) -> None:
    assert placed(open_workspace(repository)) == ()


def test_outputs_that_differ_in_letter_case_clash(plan: Plan) -> None:
    wrong = with_stage(plan, "split", outputs=(Output("artifacts/MODEL"), Output("reports/split.json")))
    assert "`pipelines/churn/artifacts/model`" in only(list(output_clash.check(wrong))).message


def test_an_output_inside_another_clashes(plan: Plan) -> None:
    wrong = with_stage(plan, "split", outputs=(Output("artifacts/model/a.bin"), Output("artifacts/model-2")))
    found = only(list(output_clash.check(wrong)))
    assert found.message == (
        "the stage churn/split writes `pipelines/churn/artifacts/model/a.bin`, which the stage churn/train writes too"
    )


def test_an_output_over_a_compiled_file_clashes(plan: Plan) -> None:
    wrong = with_stage(plan, "split", outputs=(Output("DVC.yaml"),))
    assert only(list(output_clash.check(wrong))).message.endswith("which the compiler writes too")


def test_two_pipelines_that_differ_in_letter_case_clash(plan: Plan) -> None:
    wrong = replace(plan, pipelines=(churn(plan), replace(churn(plan), name="Churn")))
    assert len(list(output_clash.check(wrong))) == len([o for s in churn(plan).stages for o in s.outputs])


def test_a_source_that_the_pipeline_writes_is_a_cycle(plan: Plan) -> None:
    found = only(list(cycle.check(with_stage(plan, "ingest", inputs=("artifacts/valid.parquet",)))))
    assert found.message in (
        "stages wait for each other: churn/ingest → churn/validate → churn/ingest",
        "stages wait for each other: churn/validate → churn/ingest → churn/validate",
    )
    assert (found.key, found.pipeline, found.severity) == (("data", "source", "path"), "churn", "error")


def test_a_stage_that_reads_its_own_output_is_a_cycle(plan: Plan) -> None:
    wrong = with_stage(plan, "ingest", inputs=("Artifacts/raw.parquet",))
    assert "churn/ingest → churn/ingest" in only(list(cycle.check(wrong))).message


def test_an_input_that_nobody_writes_is_missing(plan: Plan) -> None:
    inputs = (*churn(plan).stage("gate").inputs, "reports/nothing.json")
    found = only(list(missing_input.check(with_stage(plan, "gate", inputs=inputs))))
    assert found.message == "the stage churn/gate reads `reports/nothing.json`, which no stage writes"


def test_a_source_where_git_ignores_it_is_missing(plan: Plan) -> None:
    source = {"source": {"kind": "csv", "path": "artifacts/rows.csv"}}
    found = only(list(missing_input.check(with_stage(plan, "ingest", section=source, inputs=("artifacts/rows.csv",)))))
    assert found.message == "`artifacts/rows.csv` lies in a folder that Git ignores, and no stage writes it"
    assert found.key == ("data", "source", "path")


@pytest.mark.parametrize(
    "kind",
    ["torch.nn.Linear", "builtins.open", "pipelines.other.model:Net", "pipelines.churn.model:os.system",
     "pipelines.churn.model:_private", "pipelines.churn.model:__import__", "MLP", ""],
)  # fmt: skip
def test_a_kind_of_no_registry_is_unknown(plan: Plan, kind: str) -> None:
    wrong = with_stage(plan, "train", section={"candidates": {"x": {"kind": kind}}})
    assert only(list(unknown_component.check(churn(wrong)))).key == ("model", "x", "kind")


@pytest.mark.parametrize("address", ["os:system", "pipelines.other.net:build", "pipelines.churn.net:_build", ""])
def test_what_a_kind_calls_is_of_the_pipelines_own_folder(plan: Plan, address: str) -> None:
    wrong = with_stage(plan, "train", section={"candidates": {"x": {"kind": "keras", "use": address}}})
    found = only(list(unknown_component.check(churn(wrong))))
    assert (found.key, found.message, found.hint) == (
        ("model", "x", "use"),
        f"`{address}` of model `x` is no code of this pipeline's",
        "write `pipelines.churn.<module>:<function>`",
    )
    own = with_stage(
        plan, "train", section={"candidates": {"x": {"kind": "keras", "use": "pipelines.churn.net:build"}}}
    )
    assert list(unknown_component.check(churn(own))) == []


def test_an_own_class_a_source_and_a_target_are_looked_up(plan: Plan) -> None:
    own = with_stage(plan, "train", section={"candidates": {"x": {"kind": "pipelines.churn.model:Net"}}})
    assert list(unknown_component.check(churn(own))) == []
    pickle = with_stage(plan, "ingest", section={"source": {"kind": "pickle", "path": "x"}})
    assert only(list(unknown_component.check(churn(pickle)))).key == ("data", "source", "kind")
    target = replace(churn(plan), targets={"x": "ssh"})
    assert only(list(unknown_component.check(target))).message == "unknown kind `ssh` of target `x`"


def test_a_rule_whose_metric_or_slice_is_not_measured(plan: Plan) -> None:
    wrong = with_stage(plan, "evaluate", section={"metrics": ["accuracy"]})
    found = list(gate_without_metric.check(churn(wrong)))
    assert "the rule auroc needs auroc, which `evaluate` does not measure" in [finding.message for finding in found]
    rules = [{**rule, "by": "plan"} for rule in churn(plan).stage("gate").section["rules"]][:1]
    sliced = only(list(gate_without_metric.check(churn(with_stage(plan, "gate", section={"rules": rules})))))
    assert sliced.message.endswith("needs slices by `plan`, which `evaluate` does not make")


@pytest.mark.parametrize(
    "uses", ["actions/checkout@v4", "a/b@main", "a/b@abc123", "docker://alpine:3", "https://x", "../up", "a"]
)
def test_an_action_that_can_move_is_found(plan: Plan, uses: str) -> None:
    call = replace(plan.ci.jobs[0].calls[0], uses=uses)
    assert uses in only(list(unpinned_action.check(with_job(plan, calls=(call,))))).message


@pytest.mark.parametrize(
    "uses",
    ["actions/checkout", "a/b/c@" + "0" * 40, "./.github/actions/x", "docker://alpine@sha256:" + "0" * 64],
)
def test_a_pinned_action_is_fine(plan: Plan, uses: str) -> None:
    call = replace(plan.ci.jobs[0].calls[0], uses=uses)
    assert list(unpinned_action.check(with_job(plan, calls=(call,)))) == []


@pytest.mark.parametrize("timeout", [0, -1, 361, 100_000])
def test_a_job_without_a_limit_is_found(plan: Plan, timeout: int) -> None:
    assert only(list(unbounded_job.check(with_job(plan, timeout=timeout)))).key == ("ci", "timeout")


@pytest.mark.parametrize(
    "path",
    ["../x", "a/../../x", "/etc/passwd", "C:/x", "C:x", "//server/share", "\\\\server\\share", "~/x", "~root/x", "a//b",
     "", ".", "a/./b", "‥/x", "．．/x", "․․/x", "a／..／..／b", ".git/hooks/x", ".GIT/config", ".git./config",
     ".git /config", "a/.github/workflows/x.yml", ".dvc/config", "ｇit/../x", ".ｇit/config", ".g\u200cit/config",
     "git~1/x", "a\nb", "a\x00b", "a" * 256, "a/" * 600 + "b"],
)  # fmt: skip
def test_a_path_that_leaves_its_folder_is_found(plan: Plan, path: str) -> None:
    for stage, changes in (("split", {"outputs": (Output(path),)}), ("ingest", {"inputs": (path,)})):
        assert only(list(path_outside.check(churn(with_stage(plan, stage, **changes))))).rule == "path-outside"


@pytest.mark.parametrize("path", ["data/x.csv", "data/été 2024/x (1).csv", ".hidden", "a.b/..c", "data/.gitkeep"])
def test_a_plain_path_is_fine(plan: Plan, path: str) -> None:
    assert list(path_outside.check(churn(with_stage(plan, "ingest", inputs=(path,))))) == []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("AKIA" + "A" * 16, "an AWS access key"),
        ("ghp_" + "a" * 36, "a GitHub token"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("postgresql://me:hunter2@db/x", "a password in an address"),
        ("hf_" + "a" * 34, "a Hugging Face token"),
    ],
)
def test_a_credential_is_found_and_not_repeated(plan: Plan, text: str, what: str) -> None:
    wrong = with_stage(plan, "package", section={"description": f"see {text}"})
    found = only(list(secret_in_parameter.check(wrong)))
    assert found.message == f"this looks like {what}"
    assert text not in found.message + found.hint
    assert found.parameter == ("package", "description")


def test_an_argument_named_password_is_found(plan: Plan) -> None:
    wrong = with_stage(plan, "train", section={"candidates": {"x": {"kind": "mlp", "api_key": "hunter2"}}})
    found = only(list(secret_in_parameter.check(wrong)))
    assert found.message == "the value of `api_key` is written into the configuration"


def test_a_password_in_the_tracking_address_is_found_once(plan: Plan) -> None:
    tracking = {"uri": "https://me:hunter2@mlflow", "experiment": "x"}
    two = tuple(replace(churn(plan), name=name, tracking=tracking) for name in ("a", "b"))
    found = only(list(secret_in_parameter.check(replace(plan, pipelines=two))))
    assert (found.key, found.pipeline) == (("tracking", "uri"), "")


@pytest.mark.parametrize("text", ["a\n- run: id", "a\rb", "a\u2028b", "a\u202eb", "a\x1b[31m"])
def test_text_over_several_lines_is_found(plan: Plan, text: str) -> None:
    wrong = with_stage(plan, "validate", section={"positive": text})
    assert only(list(control_character.check(churn(wrong)))).parameter == ("validate", "positive")


def test_a_tab_and_a_query_of_several_lines_are_fine(plan: Plan) -> None:
    source = {"kind": "sql", "path": "data/x.duckdb", "query": "SELECT 1\nFROM x", "separator": "\t"}
    assert list(control_character.check(churn(with_stage(plan, "ingest", section={"source": source})))) == []


def test_a_margin_that_the_rows_cannot_resolve_is_found(plan: Plan) -> None:
    rule = {"id": "accuracy-over-champion", "metric": "accuracy", "against": "champion", "at_least": -0.001,
            "at_most": None, "by": None, "mode": "block"}  # fmt: skip
    small = with_stage(
        with_stage(plan, "gate", section={"rules": [rule]}), "validate", section={"rows": {"at_least": 500}}
    )
    found = only(list(test_set_too_small.check(churn(small))))
    assert (found.severity, found.parameter) == ("warning", ("gate", "rules", 0))
    assert found.message == (
        "100 test rows cannot show accuracy no worse than 0.001 below the champion: about 14,128 are needed"
    )
    large = with_stage(small, "validate", section={"rows": {"at_least": 14_128 * 5}})
    assert list(test_set_too_small.check(churn(large))) == []
    unknown = with_stage(small, "validate", section={"rows": {"at_least": 1}})
    assert list(test_set_too_small.check(churn(unknown))) == []


def test_the_rows_needed_are_those_of_the_formula() -> None:
    # (1.959964 + 0.841621)^2 = 7.848879; 2 x 0.9 x 0.1 x 0.01 = 0.0018; over 0.01^2
    assert test_set_too_small.rows_needed("accuracy", 0.01, 0.95, 0.9) == 142
    # Hanley and McNeil at A = 0.73, 1,500 of each class: standard error 0.00905; two models correlated at 0.99
    needed = test_set_too_small.rows_needed("auroc", 0.00362, 0.95, 0.73)
    assert needed is not None
    assert abs(needed - 3000) < 30
    assert test_set_too_small.rows_needed("rmse", 0.1, 0.95, 0.9) is None
    assert test_set_too_small.rows_needed("accuracy", 0.0, 0.95, 0.9) is None
