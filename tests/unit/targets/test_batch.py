"""What starts a batch: a CronJob that a cluster takes, and whose command is run here; a DAG; nothing else then."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mlops.bundle.contents import Contents
from mlops.cli.main import run
from mlops.compiler.files import render
from mlops.operations.scoring.settings import due
from mlops.operations.workspace import open_workspace
from mlops.plan.placed import Placed
from mlops.targets import kserve, kubernetes
from mlops.targets.batch import BatchTarget, manifests, schedule
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.clusters import BUNDLE, IMAGE, KUBERNETES, RUNTIME, make_clustered, manifests_of, refused
from tests.builders.quick_yaml import load

JOB = {"image": f"ghcr.io/acme/mlops@{RUNTIME}", "model": "ghcr.io/acme/churn"}
PLACES = {"kind": "batch", "input": "s3://shop/rows", "output": "s3://shop/scores"}
CRON = {**PLACES, "run_by": "cronjob", "job": JOB}
AIRFLOW = {**PLACES, "run_by": "airflow"}
PLACED_SERVER = Placed("churn", "kubernetes", "prod", BUNDLE, IMAGE, "conf/pipeline/churn.yaml")
PLACED = Placed("churn", "batch", "prod", BUNDLE, IMAGE, "conf/pipeline/churn.yaml")


def made(**said: Any) -> dict[str, Any]:
    found: dict[str, Any] = load(manifests(PLACED, {**CRON, **said})["cronjob.yaml"])
    return found


def test_a_cluster_takes_the_job_and_never_runs_two_at_once() -> None:
    full = {"secret": "rows", "service_account": "scoring", "pull_secret": "registry", "resources": {"gpu": 1}}
    nodes = {"labels": {"pool": "batch"}, "tolerations": [{"key": "batch", "operator": "Exists"}]}
    for found in (made(), made(job={**JOB, **full, "nodes": nodes}), made(every="hour"), made(every="week")):
        assert refused(found) == ""
        assert found["spec"]["concurrencyPolicy"] == "Forbid"
        assert found["spec"]["schedule"] == schedule(
            "churn", {21600: "day", 1800: "hour", 86400: "week"}[found["spec"]["startingDeadlineSeconds"]]
        )
    pod = made(job={**JOB, **full, "nodes": nodes})["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["containers"][0]["envFrom"] == [{"secretRef": {"name": "rows"}}]
    assert (pod["serviceAccountName"], pod["nodeSelector"]) == ("scoring", {"pool": "batch"})


def test_no_service_policy_or_budget_of_the_pipelines_servers_picks_the_job() -> None:
    servers = {path: load(text) for path, text in kubernetes.manifests(PLACED_SERVER, KUBERNETES).items()}
    wanted = servers["network-policy.yaml"]["spec"]["podSelector"]["matchLabels"]
    assert wanted == servers["service.yaml"]["spec"]["selector"]
    assert wanted == servers["disruption-budget.yaml"]["spec"]["selector"]["matchLabels"]
    job = made()["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    service = load(
        kserve.manifests(replace(PLACED_SERVER, target="kserve"), {**KUBERNETES, "kind": "kserve"})[
            "inference-service.yaml"
        ]
    )
    for others in (job, service["metadata"]["labels"]):  # those of an InferenceService are its pods', too
        assert others["app.kubernetes.io/name"] == wanted["app.kubernetes.io/name"] == "churn"
        assert not wanted.items() <= others.items()


def test_no_variable_of_the_secret_is_put_into_an_argument() -> None:
    (container,) = made(carry=["$(AWS_SECRET_ACCESS_KEY)", "a$$b"])["spec"]["jobTemplate"]["spec"]["template"]["spec"][
        "containers"
    ]
    assert container["args"][-4:] == ["--carry", "$$(AWS_SECRET_ACCESS_KEY)", "--carry", "a$$$$b"]


def test_what_is_wrong_is_not_tried_again_and_what_did_not_answer_is() -> None:
    job = made()["spec"]["jobTemplate"]["spec"]
    (rule,) = job["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onExitCodes"]["values"], job["backoffLimit"]) == ("FailJob", [2, 4, 5], 2)
    assert rule["onExitCodes"]["containerName"] == job["template"]["spec"]["containers"][0]["name"]


@pytest.mark.slow
def test_the_command_of_the_job_scores_without_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = Contents.read(make_bundle(tmp_path / "model/models/churn")).digest
    (tmp_path / "rows").mkdir()
    make_frame(40).drop("__row__").write_parquet(tmp_path / "rows/a.parquet")
    placed = Placed("churn", "batch", "prod", digest, IMAGE, "conf/pipeline/churn.yaml")
    text = manifests(placed, {**CRON, "carry": ["y"]})["cronjob.yaml"]
    (container,) = load(text)["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][:4] == ["python3", "-P", "-m", "mlops"]
    typed = [*container["command"][4:], *container["args"], "-o", "json"]
    monkeypatch.chdir(tmp_path)
    swapped = {"s3://shop/": "", "/model/": f"{tmp_path}/model/"}
    for before, after in swapped.items():
        typed = [word.replace(before, after) for word in typed]
    assert run(typed) == 0
    said = json.loads(capsys.readouterr().out)["manifest"]
    assert (said["bundle"], said["rows"], next(iter(said["columns"]))) == (digest, 40, "y")
    assert (tmp_path / "scores/a.parquet").is_file()
    typed[typed.index("--expect") + 1] = BUNDLE
    assert run(typed) == 5


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({**PLACES, "run_by": "cronjob"}, "`run_by: cronjob` has no `job`"),
        ({**PLACES, "job": JOB}, "`job` is read by `run_by: cronjob` alone"),
        ({**CRON, "input": "rows"}, "`rows` is no place that a job of a cluster reaches"),
        ({**CRON, "output": "file:///srv/scores"}, "`file:///srv/scores` is no place that a job of a cluster reaches"),
        ({**CRON, "refused": "bad"}, "`bad` is no place that a job of a cluster reaches"),
        ({**CRON, "job": {**JOB, "image": "ghcr.io/acme/mlops:1"}}, "String should match pattern"),
    ],
)
def test_what_nothing_could_start_is_refused(said: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        BatchTarget.model_validate(said)


@pytest.mark.slow
def test_a_cronjob_stands_beside_what_is_live_and_nothing_else_starts_the_batch(tmp_path: Path) -> None:
    root = make_clustered(tmp_path / "root", CRON, key="nightly")
    (found,) = manifests_of(root).items()
    assert (found[0], found[1]["metadata"]["name"]) == ("nightly/prod/cronjob.yaml", "churn-nightly")
    assert refused(found[1]) == ""
    workspace = open_workspace(root)
    assert due(workspace, "") == ()
    assert ".github/workflows/mlops-score.yml" not in render(workspace.plan)


@pytest.mark.slow
def test_a_dag_is_python_of_names_alone(tmp_path: Path) -> None:
    root = make_clustered(
        tmp_path / "root", {**AIRFLOW, "input": "s3://shop/__import__", "carry": ["{{ x }}"]}, image=None
    )
    files = render(open_workspace(root).plan)
    text = files["pipelines/churn/deploy/batch/score.py"]
    ast.parse(text)
    assert "__import__" not in text
    assert "{{" not in text
    assert f'schedule="{schedule("churn", "day")}"' in text
    assert ".github/workflows/mlops-score.yml" not in files
