"""Environments and monitors build on what an earlier job left: it has to be where the next one looks."""

from __future__ import annotations

from typing import Any

import pytest

from mlops.compiler.lower.inputs import Facts
from mlops.compiler.lower.project import lower
from mlops.compiler.rules.finding import Finding
from mlops.compiler.rules.registry import examine
from mlops.configuration.pipeline import Pipeline
from mlops.configuration.project import Project
from mlops.operations.dvc.remote import remote
from tests.unit.configuration.test_monitor import PIPELINE

SERVER = "https://mlflow.shop.example"
REMOTE = "environments and monitors need a DVC remote that every job reaches, and "
REGISTRY = "environments and monitors need a registry that every job reaches, and "
ALONE = "or, to try it on this machine alone, `ci: {kind: none}`"


def found(
    where: str | None, tracking: str, *, monitor: bool = False, environments: Any = None, **ci: Any
) -> list[Finding]:
    pipeline = Pipeline.model_validate({**PIPELINE, "monitor": {"labels": "labels.csv"} if monitor else None})
    project = {"name": "shop", "tracking": {"uri": tracking}, "ci": ci, "environments": environments or {}}
    plan = lower(Project.model_validate(project), {"churn": pipeline}, Facts(remote=where))
    return [item for item in examine(plan) if item.rule == "place-of-one-machine"]


@pytest.mark.parametrize("more", [{"monitor": True}, {"environments": {"prod": {}}}], ids=["monitor", "environment"])
def test_places_of_one_machine_are_refused(more: dict[str, Any]) -> None:
    first, second = found("/srv/dvc", "sqlite:///.mlops/mlflow.db", **more)
    assert (first.key, first.severity) == (("environments",), "error")
    assert first.message == REMOTE + "/srv/dvc is a place of one machine"
    assert first.hint == "dvc remote add -d storage URL, then dvc remote modify storage verify true; " + ALONE
    assert (second.key, second.severity) == (("tracking", "uri"), "error")
    assert second.message == REGISTRY + "sqlite:///.mlops/mlflow.db is a file"
    assert second.hint == "write `tracking: {uri: https://...}` in conf/project.yaml; " + ALONE


@pytest.mark.parametrize(
    ("where", "tracking", "said"),
    [
        ("", SERVER, [REMOTE + ".dvc/config names none"]),
        ("file:///srv/dvc", SERVER, [REMOTE + "file:///srv/dvc is a place of one machine"]),
        ("s3://bucket/dvc", "mlruns", [REGISTRY + "mlruns is a file"]),
        ("s3://bucket/dvc", "sqlite:////srv/mlflow.db", [REGISTRY + "sqlite:////srv/mlflow.db is a file"]),
        ("s3://bucket/dvc", SERVER, []),
        ("https://store.example/dvc", "postgresql+psycopg2://store.example/mlflow", []),
    ],
)
def test_each_is_looked_at_by_itself(where: str, tracking: str, said: list[str]) -> None:
    assert [item.message for item in found(where, tracking, monitor=True)] == said


def test_a_machine_that_is_kept_keeps_its_disk() -> None:
    assert found("/srv/dvc", "sqlite:////srv/mlflow.db", monitor=True, runner="shop-machine") == []
    assert len(found("../dvc", "sqlite:///.mlops/mlflow.db", monitor=True, runner="shop-machine")) == 2
    mixed = {"staging": {}, "prod": {"runner": "ubuntu-24.04"}}
    assert len(found("/srv/dvc", "sqlite:////srv/mlflow.db", environments=mixed, runner="shop-machine")) == 2


def test_a_pull_request_alone_needs_neither() -> None:
    assert found("", "sqlite:///.mlops/mlflow.db") == []


def test_without_workflows_nobody_is_sent_anywhere() -> None:
    assert found("", "sqlite:///.mlops/mlflow.db", environments={"prod": {}}, kind="none") == []


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("[core]\n    remote = storage\n['remote \"storage\"']\n    url = s3://bucket/a%20b\n", "s3://bucket/a%20b"),
        ("[core]\n    analytics = false\n['remote \"other\"']\n    url = s3://bucket\n", ""),
        ("[core\n", ""),
    ],
)
def test_the_remote_is_the_one_that_dvc_takes(text: str, url: str, tmp_path: Any) -> None:
    assert remote(tmp_path) == ""
    (tmp_path / ".dvc").mkdir()
    (tmp_path / ".dvc" / "config").write_text(text)
    assert remote(tmp_path) == url
