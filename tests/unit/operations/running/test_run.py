"""Whether DVC has anything to do is decided from content alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlops.errors import IntegrityError, StaleError
from mlops.operations.dvc.lock import md5_tree
from mlops.operations.integrity.standing import standings
from mlops.operations.running.run import StageFailed, run_pipeline
from mlops.operations.workspace import open_workspace
from mlops.plan.gate import registered
from tests.builders.comments import gate
from tests.builders.repositories import edit, make_repository, record, record_output

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    record(root)
    return root


def test_nothing_changed_starts_no_dvc(root: Path) -> None:
    assert standings(open_workspace(root, ("churn",)), ("churn",))["churn"].settled


CHANGES: dict[str, Callable[[Path], object]] = {
    "the data": lambda root: edit(root, "pipelines/churn/data/churn.csv", "31", "32"),
    "an artefact": lambda root: (root / "pipelines/churn/artifacts/raw.parquet").write_text("other"),
    "an artefact gone": lambda root: (root / "pipelines/churn/artifacts/model").unlink(),
    "a report": lambda root: (root / "pipelines/churn/reports/gate.json").write_text("other"),
    "a bound": lambda root: edit(root, "conf/pipeline/churn.yaml", "0.7", "0.6"),
    "a compiled file": lambda root: edit(root, "pipelines/churn/params.yaml", "0.7", "0.6"),
    "the lock": lambda root: edit(root, "pipelines/churn/dvc.lock", "mlops stage gate", "mlops stage gat"),
    "the lock gone": lambda root: (root / "pipelines/churn/dvc.lock").unlink(),
    "the lock cut short": lambda root: (root / "pipelines/churn/dvc.lock").write_text("schema: '2.0'\nstages: {"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changed_is_left_to_dvc(change: Callable[[Path], object], root: Path) -> None:
    change(root)
    assert not standings(open_workspace(root, ("churn",)), ("churn",))["churn"].settled


def test_a_folder_has_the_name_that_dvc_gives_it(tmp_path: Path) -> None:
    from dvc_data.hashfile.build import build
    from dvc_data.hashfile.db import HashFileDB
    from dvc_objects.fs.local import LocalFileSystem

    folder = tmp_path / "folder"
    for name in ("b.txt", "a/z.txt", "a.txt", "a-b/c.txt", "ü.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(json.dumps(name))
    system = LocalFileSystem()
    database = HashFileDB(system, str(tmp_path / "cache"))
    _, _, found = build(database, str(folder), system, "md5", dry_run=True)
    assert md5_tree(folder) == found.hash_info.value


def write_verdict(root: Path, digest: str) -> None:
    """Leave the verdict of a run that was judged by the rules of that name."""
    text = json.dumps({**gate("pass", champion=None), "registered": digest})
    record_output(root, "churn", "reports/gate.json", text)
    (root / "pipelines/churn/artifacts/raw.parquet").write_text("ingest artifacts/raw.parquet\n")


MEANWHILE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a bound": (lambda root: edit(root, "conf/pipeline/churn.yaml", "0.7", "0.6"), "the gate"),
    "the policy": (lambda root: edit(root, "conf/policy.yaml", "@platform", "@others"), "conf/policy.yaml"),
}


@pytest.mark.parametrize(("change", "named"), MEANWHILE.values(), ids=MEANWHILE)
def test_rules_that_change_while_a_run_lasts_give_no_verdict(
    change: Callable[[Path], object], named: str, root: Path
) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").write_text("stale")
    workspace = open_workspace(root, ("churn",))
    digest = registered(workspace.pipeline("churn").stage("gate").section)

    def dvc(*_: object, **__: object) -> int:
        change(root)
        write_verdict(root, digest)
        return 0

    with pytest.raises(StaleError, match=f"churn: {named} changed while it ran"):
        run_pipeline(workspace, "churn", dvc)


@pytest.mark.parametrize("recorded", ["as they were", "others", None])
def test_a_verdict_by_other_rules_than_were_registered_is_none(recorded: str | None, root: Path) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").write_text("stale")
    workspace = open_workspace(root, ("churn",))
    digest = registered(workspace.pipeline("churn").stage("gate").section)

    def dvc(*_: object, **__: object) -> int:
        write_verdict(root, digest if recorded == "as they were" else str(recorded))
        return 0

    if recorded == "as they were":
        assert run_pipeline(workspace, "churn", dvc).verdict == "pass"
    else:
        with pytest.raises(StaleError, match="the gate changed while it ran"):
            run_pipeline(workspace, "churn", dvc)


@pytest.mark.parametrize("path", ["artifacts/raw.parquet", "reports/metrics.json"])
def test_an_output_that_dvc_takes_for_what_was_recorded_and_is_not_gives_no_verdict(path: str, root: Path) -> None:
    (root / "pipelines/churn" / path).write_text("other")
    workspace = open_workspace(root, ("churn",))
    digest = registered(workspace.pipeline("churn").stage("gate").section)

    def dvc(*_: object, **__: object) -> int:
        write_verdict(root, digest)
        (root / "pipelines/churn" / path).write_text("other")
        return 0

    with pytest.raises(IntegrityError) as caught:
        run_pipeline(workspace, "churn", dvc)
    assert (caught.value.message, caught.value.hint) == (
        f"churn: {path} is not what pipelines/churn/dvc.lock says, though DVC took it for that",
        "does something else write there? mlops run churn",
    )


def test_code_and_libraries_are_no_rules() -> None:
    section = {"rules": [{"id": "auroc"}], "code": "x", "libraries": {"polars": "1"}}
    assert registered(section) == registered({**section, "code": "y", "libraries": {}})
    assert registered(section) != registered({**section, "rules": []})


def test_a_package_that_stops_for_another_reason_than_the_verdict_is_no_pass(root: Path) -> None:
    (root / "pipelines/churn/artifacts/raw.parquet").write_text("stale")
    workspace = open_workspace(root, ("churn",))
    digest = registered(workspace.pipeline("churn").stage("gate").section)
    ended = {"stage": "package", "code": 5, "cause": "", "next": "mlops run churn"}

    def dvc(*_: object, **__: object) -> int:
        write_verdict(root, digest)
        (root / ".mlops/results").mkdir(parents=True, exist_ok=True)
        (root / ".mlops/results/churn.json").write_text(json.dumps(ended))
        return 1

    with pytest.raises(StageFailed) as caught:
        run_pipeline(workspace, "churn", dvc)
    assert (caught.value.message, caught.value.exit_code) == ("churn: package stopped", 5)
