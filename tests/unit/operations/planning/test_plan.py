from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.documents.change_report import (
    DataChange,
    FileChange,
    GateChange,
    KeyChange,
    PipelineChange,
    Planned,
    Share,
    StagePlan,
)
from mlops.errors import ConfigurationError, IntegrityError
from mlops.operations.planning.change_report_json import encode
from mlops.operations.planning.plan import plan
from mlops.operations.workspace import open_workspace
from mlops.present.markdown.plan import markdown
from mlops.present.terminal.plan import text
from tests.builders.clusters import KUBERNETES, make_clustered
from tests.builders.repositories import commit, edit, make_repository, record

pytestmark = pytest.mark.slow  # plays with Git or whole repositories

PIPELINE = "conf/pipeline/churn.yaml"
LEARNING = ["ingest", "validate", "split", "features", "train", "bundle", "evaluate"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    (root / "conf" / "model").mkdir()
    (root / "conf" / "model" / "mlp.yaml").write_text("# @package model.mlp\nkind: mlp\nlr: 0.001\n")
    record(root)
    return root


def change(root: Path, base: str | None = None) -> PipelineChange:
    (found,) = plan(open_workspace(root), base).pipelines
    return found


def running(root: Path, base: str | None = None) -> list[str]:
    return [stage.name for stage in change(root, base).stages if stage.runs]


def test_nothing_changed_means_nothing_runs(root: Path) -> None:
    assert running(root) == []
    assert text(plan(open_workspace(root))) == "Plan: 0 to run, 0 gates changed, 0 to deploy, 1 unchanged"


def test_a_pipeline_that_never_ran_runs_whole(tmp_path: Path) -> None:
    found = change(make_repository(tmp_path))
    assert [stage.reasons for stage in found.stages] == [("never ran",)] * 9


def test_a_learning_rate_makes_training_and_what_follows_stale(root: Path) -> None:
    edit(root, "conf/model/mlp.yaml", "lr: 0.001", "lr: 0.0005")
    assert text(plan(open_workspace(root))) == (
        "churn\n"
        "  model.mlp.lr  0.001 → 0.0005    conf/model/mlp.yaml:3\n"
        "  ~ train       reads model.mlp.lr\n"
        "  ~ package     records the configuration\n"
        "  ~ bundle, evaluate, gate  follow train\n"
        "  = ingest, validate, split, features\n"
        "  gates         3 rules, unchanged\n"
        "  files         params.yaml +2 -2\n"
        "Plan: 1 to run, 0 gates changed, 0 to deploy, 0 unchanged"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("description:", "# why not\ndescription:"),
        (
            "task: binary\ndata: {target: left, split: {by: stratified}}",
            "data: {split: {by: stratified}, target: left}\ntask: binary",
        ),
        ("data: {target: left, split: {by: stratified}}", "data:\n  target: left\n  split:\n    by: stratified"),
    ],
    ids=["comment", "order", "layout"],
)
def test_comments_order_and_layout_change_nothing(root: Path, before: str, after: str) -> None:
    edit(root, PIPELINE, before, after)
    assert running(root) == []


@pytest.mark.parametrize(
    ("before", "after", "first"),
    [
        ("Who will leave?", "Who is going to leave?", "gate"),
        ("at_least: 0.7", "at_least: 0.6", "gate"),
        ("by: stratified", "by: random", "split"),
        ("target: left", "target: age", "validate"),
    ],
)
def test_a_change_runs_from_the_stage_that_reads_it(root: Path, before: str, after: str, first: str) -> None:
    edit(root, PIPELINE, before, after)
    assert running(root)[0] == first


def test_changed_data_runs_everything_and_says_which_file(root: Path) -> None:
    edit(root, "pipelines/churn/data/churn.csv", "31", "32")
    found = change(root)
    assert running(root) == [*LEARNING, "gate", "package"]
    assert found.stages[0].reasons == ("data/churn.csv changed",)


@pytest.mark.parametrize("against", ["lock", "commit"])
def test_a_file_more_in_a_folder_of_data_runs_everything(root: Path, against: str) -> None:
    rows = root / "pipelines/churn/data/rows"
    rows.mkdir()
    (root / "pipelines/churn/data/churn.csv").rename(rows / "churn.csv")
    edit(root, "conf/data/churn.yaml", "path: data/churn.csv", "path: data/rows")
    record(root)
    base = commit(root) if against == "commit" else None
    assert running(root, base) == []
    (rows / "churn.until-20261102T000000Z.csv").write_text((rows / "churn.csv").read_text())
    assert running(root, base) == [*LEARNING, "gate", "package"]
    assert change(root, base).stages[0].reasons == ("data/rows changed",)


def test_a_report_edited_by_hand_is_made_again(root: Path) -> None:
    edit(root, "pipelines/churn/reports/gate.json", "gate", "pass")
    assert change(root).stages[7].reasons == ("reports/gate.json changed",)


def test_an_artefact_that_is_nowhere_is_named(root: Path) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").unlink()
    hint = "artifacts/raw.parquet is not here (mlops fetch brings it, if a remote has it)"
    assert change(root).stages[0].reasons == (hint,)


def test_against_a_commit_only_what_differs_from_it_counts(root: Path) -> None:
    base = commit(root)
    assert running(root, base) == []
    edit(root, "conf/model/mlp.yaml", "lr: 0.001", "lr: 0.0005")
    assert running(root, base) == ["train", "bundle", "evaluate", "gate", "package"]
    edit(root, "pipelines/churn/data/churn.csv", "31", "32")
    assert running(root, base)[0] == "ingest"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dvc.yaml", "- stages"),
        ("dvc.yaml", "stages: [ingest]"),
        ("dvc.yaml", "stages: {ingest: mlops}"),
        ("dvc.yaml", "stages: {ingest: {foreach: [a], do: {cmd: mlops}}}"),
        ("dvc.yaml", "stages: {ingest: {cmd: [mlops]}}"),
        ("params.yaml", "- ingest"),
        ("params.yaml", "ingest: [source]"),
    ],
)
def test_a_base_of_another_form_is_named(root: Path, name: str, text: str) -> None:
    file = root / "pipelines/churn" / name
    compiled = file.read_bytes()
    file.write_text(text)
    base = commit(root)
    file.write_bytes(compiled)
    with pytest.raises(IntegrityError) as caught:
        plan(open_workspace(root), base)
    assert caught.value.message == (
        f"pipelines/churn at {base[:8]}: dvc.yaml and params.yaml have another form than the compiler writes"
    )
    assert caught.value.hint == "compare with a commit where they are compiled: mlops plan --base COMMIT"


def test_a_reference_that_is_no_commit_is_refused(root: Path) -> None:
    commit(root)
    with pytest.raises(ConfigurationError, match="`--help` is no commit of this repository"):
        plan(open_workspace(root), "--help")


def test_a_lock_cut_short_is_never_up_to_date(root: Path) -> None:
    lock = root / "pipelines/churn/dvc.lock"
    whole, workspace = lock.read_bytes(), open_workspace(root)
    for length in range(0, len(whole) - 1, 97):
        lock.write_bytes(whole[:length])
        try:
            assert plan(workspace).pipelines[0].affected, f"{length} bytes of the lock passed for all of it"
        except IntegrityError as error:
            assert error.hint == "take it back from Git: git checkout -- pipelines/churn/dvc.lock"


def test_json_has_a_schema_version_and_the_affected_pipelines(root: Path) -> None:
    edit(root, "conf/model/mlp.yaml", "lr: 0.001", "lr: 0.0005")
    value = encode(plan(open_workspace(root)))
    assert (value["schema_version"], value["affected"]) == (1, ["churn"])
    assert value["pipelines"][0]["keys"] == [
        {"key": "model.mlp.lr", "before": 0.001, "after": 0.0005, "where": "conf/model/mlp.yaml:3"}
    ]


def test_markdown_folds_each_affected_pipeline(root: Path) -> None:
    edit(root, PIPELINE, "at_least: 0.7", "at_least: 0.6")
    shown = markdown(plan(open_workspace(root)))
    assert shown.startswith("### mlops plan: 1 to run, 1 gate changed, 0 to deploy, 0 unchanged")
    assert "<details><summary><b>churn</b>: gate, package</summary>" in shown


def test_the_summary_of_a_job_holds_the_plan_of_a_thousand(root: Path) -> None:
    edit(root, PIPELINE, "at_least: 0.7", "at_least: 0.6")
    planned = plan(open_workspace(root))
    (change,) = planned.pipelines
    keys = tuple(KeyChange(f"model.mlp.key_{number}", 1, 2, "conf/model/mlp.yaml:3") for number in range(30))
    many = tuple(replace(change, name=f"churn_{number:04}", keys=keys) for number in range(1000))
    shown = markdown(replace(planned, pipelines=many))
    told = shown.count("<details>")
    assert len(shown.encode()) < 2**20
    assert 300 < told < 1000
    assert f"… and {1000 - told} more\n" in shown


def test_other_code_of_a_gates_own_metric_is_another_gate(root: Path) -> None:
    code = root / "pipelines/churn/rules.py"
    code.write_text("def cost(target, score):\n    return score\n")
    own = "  - {metric: pipelines.churn.rules:cost, better: lower, at_most: 9}"
    edit(root, PIPELINE, "  - metric: auroc", f"{own}\n  - metric: auroc")
    record(root)
    base = commit(root)
    assert plan(open_workspace(root), base).labels == ()
    code.write_text("def cost(target, score):\n    return 0 * score\n")
    planned = plan(open_workspace(root), base)
    assert planned.pipelines[0].gates.loosened == ("the code of `pipelines.churn.rules:cost` changed",)
    assert (planned.labels, planned.counts.gates_changed) == (("gate-change",), 1)


def test_a_loosened_gate_is_told_and_labelled(root: Path) -> None:
    base = commit(root)
    edit(root, PIPELINE, "at_least: 0.7", "at_least: 0.6")
    planned = plan(open_workspace(root), base)
    loose = ("the rule `auroc at least 0.7` was loosened to `auroc at least 0.6`",)
    assert planned.pipelines[0].gates.loosened == loose
    assert (planned.labels, planned.counts.gates_changed) == (("gate-change",), 1)
    assert loose[0] in text(planned)
    assert "  gates         auroc at least 0.7 → auroc at least 0.6    conf/pipeline/churn.yaml:15\n" in text(planned)
    edit(root, PIPELINE, "at_least: 0.6", "at_least: 0.7")
    assert plan(open_workspace(root), base).labels == ()


def test_a_policy_is_compared_by_what_it_says(root: Path) -> None:
    base = commit(root)
    edit(root, "conf/policy.yaml", "owners: 2, sliced_gate: true", "sliced_gate:   true, owners: 2")
    assert plan(open_workspace(root), base).labels == ()
    edit(root, "conf/policy.yaml", "sliced_gate:   true", "sliced_gate: false")
    planned = plan(open_workspace(root), base)
    assert planned.labels == ("policy-change",)
    assert planned.notes == (
        "conf/policy.yaml: risk.high.sliced_gate True → False",
        "conf/policy.yaml: a pipeline of high risk needs no `sliced_gate`",
    )


def test_whoever_breaks_the_policy_of_the_base_is_named(root: Path) -> None:
    edit(root, "conf/policy.yaml", "risk:", "sources: [parquet]\nrisk:")
    base = commit(root)
    edit(root, "conf/policy.yaml", "sources: [parquet]\n", "")
    assert plan(open_workspace(root), base).notes == (
        "conf/policy.yaml: sources ['parquet'] → —",
        "conf/policy.yaml: `sources` allows anything",
        f"conf/data/churn.yaml:1:16: the source kind `csv` is not allowed (by the policy of {base[:8]})",
    )


@pytest.mark.parametrize(
    "path",
    [
        ".github/CODEOWNERS",
        "CODEOWNERS",
        ".github/workflows/mlops-pr.yml",
        "conf/waiver/gone.yaml",
        "conf/accept/gone.yaml",
        "conf/trainer/mine.yaml",
        ".dvcignore",
        "requirements.txt",
        "vendor/mlops.whl",
    ],
)
def test_a_change_of_who_reviews_or_what_judges_is_labelled(root: Path, path: str) -> None:
    base = commit(root)
    (root / path).parent.mkdir(exist_ok=True, parents=True)
    (root / path).write_text("* @me\n")
    planned = plan(open_workspace(root), base)
    program = ("framework-change",) if path in ("requirements.txt", "vendor/mlops.whl") else ()
    assert (planned.labels, planned.notes) == (("policy-change", *program), (f"{path} changed",))


def test_a_change_of_a_release_file_is_a_deploy(root: Path) -> None:
    release = root / "conf/release/staging/churn.yaml"
    release.parent.mkdir(parents=True)
    release.write_text(f"bundle: sha256:{'a' * 64}\n")
    base = commit(root)
    release.write_text(f"bundle: sha256:{'b' * 64}\n")
    planned = plan(open_workspace(root), base)
    shown = "  deploy        staging: sha256:aaaaaaaaaaaa → sha256:bbbbbbbbbbbb    conf/release/staging/churn.yaml"
    assert shown in text(planned)
    assert (planned.counts.to_run, planned.counts.to_deploy, planned.counts.unchanged) == (0, 1, 0)
    assert "nothing to run" in markdown(planned)
    base = commit(root)
    release.write_text(f"bundle: sha256:{'b' * 64}\nrollout: {{canary: 10%}}\n")
    shown = "staging: sha256:bbbbbbbbbbbb → sha256:bbbbbbbbbbbb, 10% first, then analyse    "
    assert shown in text(plan(open_workspace(root), base))
    base = commit(root)
    release.write_text(f"bundle: sha256:{'b' * 64}\nrollout: {{canary: 0.10, then: analyse}}  # the same\n")
    assert plan(open_workspace(root), base).counts.to_deploy == 0
    release.write_text(f"bundle: sha256:{'b' * 64}\n")
    assert "sha256:bbbbbbbbbbbb, all at once    " in text(plan(open_workspace(root), base))


def test_a_manifest_is_shown_as_it_changes_and_as_it_goes(tmp_path: Path) -> None:
    root = make_clustered(tmp_path, KUBERNETES)
    record(root)
    base = commit(root)
    assert change(root, base).manifests == ()
    edit(root, "conf/pipeline/churn.yaml", "behind: proxy", "behind: proxy\n    replicas: {least: 3, most: 3}")
    planned = plan(open_workspace(root), base)
    folder = "pipelines/churn/deploy/kubernetes/prod"
    scaler, deployment = planned.pipelines[0].manifests
    assert (deployment.path, deployment.added, deployment.removed) == (f"{folder}/deployment.yaml", 1, 0)
    assert "\n+  replicas: 3\n" in deployment.diff
    assert (scaler.path, scaler.added) == (f"{folder}/autoscaler.yaml", 0)
    shown = text(planned)
    assert f"  manifest      {folder}/deployment.yaml +1 -0\n" in shown
    assert "                +  replicas: 3\n" in shown
    assert (planned.counts.to_run, planned.counts.unchanged) == (0, 0)
    assert "+  replicas: 3" in markdown(planned)
    first = make_clustered(tmp_path / "first", KUBERNETES)
    shown = text(plan(open_workspace(first)))
    assert "... and " in shown
    assert " lines more: git diff, or mlops plan -o json" in shown


def test_a_removed_pipeline_is_named(root: Path) -> None:
    (root / "conf/pipeline/other.yaml").write_text((root / PIPELINE).read_text())
    base = commit(root)
    (root / "conf/pipeline/other.yaml").unlink()
    assert text(plan(open_workspace(root), base)).endswith("0 to deploy, 1 unchanged, 1 removed")


def test_compiled_files_that_change_are_counted(root: Path) -> None:
    base = commit(root)
    edit(root, "conf/project.yaml", "name:", "ci: {timeout: 7}\nname:")
    planned = plan(open_workspace(root), base)
    assert planned.files == (FileChange(".github/workflows/mlops-pr.yml", 2, 2),)
    assert plan(open_workspace(root, ("churn",)), base).pipelines[0].files == ()


def test_more_than_the_budget_ends_with_2(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    durations = root / ".mlops" / "durations" / "churn.json"
    durations.parent.mkdir(parents=True)
    durations.write_text('{"gate": 60.0, "package": 120.0}')
    edit(root, PIPELINE, "task: binary", "task: binary\nbudget: {minutes: 4, money: 1, per_hour: 10}")
    edit(root, PIPELINE, "at_least: 0.7", "at_least: 0.6")
    monkeypatch.chdir(root)
    assert run(["plan"]) == 0
    assert "about 3 min, 0.50 of money" in capsys.readouterr().out
    edit(root, PIPELINE, "minutes: 4", "minutes: 2")
    assert run(["plan"]) == 2
    assert capsys.readouterr().err == "over budget: churn: about 3 minutes, 2 are budgeted\n"


def test_a_budget_makes_no_stage_stale(root: Path) -> None:
    edit(root, PIPELINE, "task: binary", "task: binary\nbudget: {minutes: 4}")
    assert running(root) == []


def test_what_a_pull_request_wrote_cannot_begin_a_line() -> None:
    hostile = "a\n::error::b\x1b[2J"
    change = PipelineChange(
        "churn",
        (KeyChange("card.use", "fine", hostile, "conf/pipeline/churn.yaml:1"),),
        (StagePlan("ingest", True, (hostile,)),),
        GateChange(1, True, (hostile,)),
        data=DataChange(True, 9, 9, classes=(Share(hostile, 0.1, 0.2),)),
    )
    shown = text(Planned(None, (change,), notes=(hostile,), removed=(hostile,)))
    assert shown.count("a\\n::error::b\\x1b[2J") == 6
    assert "\x1b" not in shown
    assert not [line for line in shown.splitlines() if line.startswith("::")]


@pytest.mark.parametrize(
    "path", ["docs/a.md", "conf/release/staging/churn.yaml", "conf/release/prod/churn.yaml", "Makefile"]
)
def test_what_is_not_protected_has_no_label(root: Path, path: str) -> None:
    base = commit(root)
    (root / path).parent.mkdir(exist_ok=True, parents=True)
    (root / path).write_text(f"bundle: sha256:{'a' * 64}\n")
    planned = plan(open_workspace(root), base)
    assert (planned.labels, planned.notes, planned.affected) == ((), (), ())


def test_where_runs_are_kept_and_where_data_comes_from_is_said(root: Path) -> None:
    (root / ".dvc").mkdir()
    config = root / ".dvc/config"
    config.write_text("[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://ours/models\n")
    base = commit(root)
    config.write_text(
        "[core]\n    remote = storage\n['remote \"storage\"']\n    url = https://me:pw@theirs.example/models\n"
        "    verify = false\n"
    )
    edit(root, "conf/project.yaml", "name: shop", "name: shop\ntracking: {uri: https://theirs.example}")
    planned = plan(open_workspace(root), base)
    assert (planned.labels, planned.affected, planned.verified) == (("policy-change",), ("churn",), ("churn",))
    assert planned.notes == (
        ".dvc/config: remote.storage.url s3://ours/models → https://…@theirs.example/models",
        ".dvc/config: remote.storage.verify changed",
        "conf/project.yaml: tracking.uri — → https://theirs.example",
    )


@pytest.mark.parametrize(
    "path",
    [
        *("pipelines/churn/dvc.lock", "pipelines/churn/reports/gate.json", "pipelines/churn/reports/new.json"),
        *("pipelines/churn/helper.py", ".dvc/config", ".dvcignore", "pipelines/.dvcignore", "requirements.txt"),
    ],
)
def test_what_ci_trusts_is_verified_and_not_run(root: Path, path: str) -> None:
    base = commit(root)
    assert plan(open_workspace(root), base).affected == ()
    (root / path).parent.mkdir(exist_ok=True)
    with (root / path).open("a") as file:
        file.write("# one more\n")
    planned = plan(open_workspace(root), base)
    assert (planned.affected, planned.verified, planned.pipelines[0].verifies) == (("churn",), ("churn",), (path,))
    record = path.endswith("dvc.lock") or "/reports/" in path
    assert planned.recorded == (("churn",) if record else ())
    assert (planned.counts.to_run, planned.counts.to_verify, planned.counts.unchanged) == (0, 1, 0)
    shown = text(planned)
    assert f"  verified      {path} changed: held against each other and judged again, not run\n" in shown
    assert "Plan: 0 to run, 1 to verify, 0 gates changed, 0 to deploy, 0 unchanged" in shown
    assert "<summary><b>churn</b>: to verify</summary>" in markdown(planned)


def test_a_lock_that_is_gone_is_a_change_too(root: Path) -> None:
    base = commit(root)
    (root / "pipelines/churn/dvc.lock").unlink()
    planned = plan(open_workspace(root), base)
    assert (planned.verified, planned.recorded) == (("churn",), ("churn",))


def test_a_comparison_is_nothing_that_a_run_reads(root: Path) -> None:
    base = commit(root)
    (root / "pipelines/churn/comparisons").mkdir()
    (root / "pipelines/churn/comparisons/a-b.json").write_text("{}\n")
    assert plan(open_workspace(root), base).affected == ()


def test_what_runs_anyway_is_not_counted_twice(root: Path) -> None:
    base = commit(root)
    edit(root, PIPELINE, "at_least: 0.7", "at_least: 0.8")
    record(root)
    planned = plan(open_workspace(root), base)
    assert (planned.affected, planned.verified, planned.pipelines[0].verifies) == (("churn",), (), ())


def test_another_split_is_told_and_labelled_like_a_loosened_gate(root: Path) -> None:
    base = commit(root)
    edit(root, PIPELINE, "split: {by: stratified}", "split: {by: stratified, seed: 7}")
    planned = plan(open_workspace(root), base)
    said = "other rows are judged on: `split.seed` was changed from 0 to 7"
    assert planned.pipelines[0].gates.loosened == (said,)
    assert planned.labels == ("gate-change",)
    assert f" {said}\n" in text(planned)
