"""`mlops score NAME`: by what is live, from where the YAML says, when asked: see docs/howto/score.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops.bundle.prediction_log import segments
from mlops.cli.main import run
from mlops.compiler.github.all_workflows import lower_workflows
from mlops.compiler.github.common_steps import cron
from mlops.compiler.github.rendering import texts
from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.registry import examine
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.errors import ConfigurationError
from mlops.files.canonical import digest_file
from mlops.operations.scoring.settings import due, target_of, wanted_of
from mlops.operations.workspace import open_workspace
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.released import run_of
from tests.builders.repositories import BASE, commit, make_repository
from tests.unit.configuration.test_monitor import PIPELINE

CHURN = (BASE / "conf/pipeline/churn.yaml").read_text()
BATCH = "deploy: {batch: {kind: batch, input: rows, output: scores, every: %s, carry: ['y']}}\n"


def described(every: str, more: str = "") -> str:
    return CHURN.replace("  - /deploy: [local]\n", "") + BATCH % every + more


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository in which the bundle of the last run of `tiny` is live in `prod`, with rows to score."""
    root = make_repository(tmp_path / "shop", tiny=described("day", "monitor: {every: day}\n"), other=described("week"))
    (root / "conf/project.yaml").write_text((root / "conf/project.yaml").read_text() + "environments: {prod: {}}\n")
    digest = run_of(root, "tiny", make_bundle(tmp_path / "bundle"))
    for name in ("tiny", "other"):
        (root / f"pipelines/{name}/data").mkdir(parents=True, exist_ok=True)
        (root / f"pipelines/{name}/data/churn.csv").write_bytes((root / "pipelines/churn/data/churn.csv").read_bytes())
    (root / "conf/release/prod").mkdir(parents=True)
    (root / "conf/release/prod/tiny.yaml").write_text(f"bundle: {digest}\n")
    commit(root)
    (root / "rows").mkdir()
    make_frame(40).drop("__row__").write_parquet(root / "rows/a.parquet")
    monkeypatch.chdir(root)
    return root


def test_it_scores_by_what_is_live_what_the_yaml_names_and_the_monitor_can_read_it(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["score", "tiny", "--env", "prod", "-o", "json"]) == 0
    said = json.loads(capsys.readouterr().out)["manifest"]
    known = {key: said[key] for key in ("pipeline", "bundle", "environment", "commit", "input", "output", "rows")}
    head = commit_of(root)
    digest = digest_file(root / "pipelines/tiny/artifacts/bundle/manifest.json")
    assert known == {
        "pipeline": "tiny",
        "bundle": digest,
        "environment": "prod",
        "commit": head,
        "input": "rows",
        "output": "scores",
        "rows": 40,
    }
    assert [*said["columns"]] == ["y", "predictions", "prediction_id"]
    assert len(list(segments(root / ".mlops/log/tiny/prod"))) == 1
    (root / "conf/release/prod/tiny.yaml").write_text(f"# touched\nbundle: {digest}\n")
    assert run(["score", "tiny", "-o", "json"]) == 0  # the live environment; no commit says so
    said = json.loads(capsys.readouterr().out)
    assert (said["scored"], said["manifest"]["environment"], said["manifest"].get("commit")) == ([], "prod", None)


def commit_of(root: Path) -> str:
    from mlops.operations.git import commit_of as found

    return found(root, "HEAD")


def test_what_is_released_nowhere_is_scored_by_nothing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["score", "other"]) == 3
    assert "other: nothing is live in prod: there is no conf/release/prod/other.yaml" in capsys.readouterr().err


def test_a_schedule_is_for_the_batches_that_run_as_often(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    workspace = open_workspace(root)
    found = {period: due(workspace, cron("shop", period)) for period in ("hour", "day", "week")}
    assert found == {"hour": (), "day": ("tiny",), "week": ("other",)}
    assert run(["score", "--due", "", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "pipelines": ["other", "tiny"]}
    with pytest.raises(ConfigurationError) as caught:
        due(workspace, "1 1 1 1 1")
    assert caught.value.message == "`1 1 1 1 1` is no schedule of this repository"
    assert run(["score", "tiny", "--due", ""]) == 4
    assert "--due finds the pipelines: name none" in capsys.readouterr().err


def pipeline(**targets: dict[str, Any]) -> Pipeline:
    return Pipeline.model_validate({**PIPELINE, "deploy": targets})


def batch(**more: Any) -> dict[str, Any]:
    return {"kind": "batch", "input": "s3://shop/rows", "output": "s3://shop/scores", **more}


def test_of_several_batches_it_is_the_environments_or_the_one_called_so() -> None:
    several = pipeline(batch=batch(), prod=batch(every="hour"), local={"kind": "local"})
    assert [
        None if (found := target_of(several, place)) is None else found.every for place in ("prod", "staging", None)
    ] == [
        "hour",
        "day",
        "day",
    ]
    assert target_of(pipeline(nightly=batch(every="week")), "prod") is not None
    assert target_of(pipeline(local={"kind": "local"}), "prod") is None


def test_what_is_typed_goes_before_what_the_yaml_says(tmp_path: Path) -> None:
    target = target_of(pipeline(batch=batch(carry=["a"], refused="s3://shop/bad")), None)
    found = wanted_of(target, tmp_path, "tiny", carry=("b", "a"))
    assert (found.input, found.output) == ("s3://shop/rows", "s3://shop/scores")
    assert (found.carry, found.refused) == (("a", "b"), "s3://shop/bad")
    typed = wanted_of(target, tmp_path, "tiny", given="x", output="y")
    assert (typed.input, typed.output, typed.carry, typed.refused) == ("x", "y", (), None)
    with pytest.raises(ConfigurationError) as caught:
        wanted_of(None, None, "tiny")
    assert caught.value.message == "tiny: nothing says what to score: --in is missing"


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/etc/rows", "a path of the batch is not relative to its folder: write one relative to the repository"),
        ("s3://key@shop/rows", "an address of the batch holds more than a bucket and a path"),
    ],
)
def test_places_out_of_reach_are_refused_by_validate(place: str, said: str) -> None:
    with pytest.raises(ValueError, match="deploy") as caught:
        pipeline(batch=batch(input=place))
    assert said in str(caught.value)


def found(place: str, **ci: Any) -> list[Finding]:
    project = {"name": "shop", "tracking": {"uri": "https://mlflow.shop.example"}, "ci": ci}
    spec = pipeline(batch=batch(output=place))
    plan = lower(Project.model_validate(project), {"churn": spec}, Facts(remote="s3://bucket/dvc"))
    return [item for item in examine(plan) if item.rule == "place-of-one-machine"]


def test_a_place_on_the_disk_of_a_job_is_refused() -> None:
    (finding,) = found("scores")
    assert (finding.key, finding.pipeline, finding.severity) == (("deploy", "batch", "output"), "churn", "error")
    assert finding.message == "scores lies on the machine of a job, which nobody reads after it"
    assert finding.hint == "write `output: s3://bucket/folder`"
    assert len(found("file:///srv/scores")) == 1
    assert found("file:///srv/scores", runner="shop-machine") == []
    assert found("s3://shop/scores") == []


def test_a_workflow_is_compiled_where_a_batch_is_asked_for_and_nowhere_else() -> None:
    project = Project.model_validate({"name": "shop"})
    plain, asked = pipeline(local={"kind": "local"}), pipeline(batch=batch(), night=batch(every="week"))
    path = ".github/workflows/mlops-score.yml"
    assert path not in texts(lower_workflows(project, {"a": plain}))
    text = texts(lower_workflows(project, {"a": plain, "b": asked}))[path]
    for period, there in (("hour", False), ("day", True), ("week", True)):
        assert (f"cron: '{cron('shop', period)}'" in text or f'cron: "{cron("shop", period)}"' in text) is there
    assert '.venv/bin/mlops score "$name" -o json' in text
