from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from mlops.bundle.contents import Contents
from mlops.bundle.store import Store
from mlops.errors import ConfigurationError, GateFailed, IntegrityError, StaleError
from mlops.files.canonical import digest_file
from mlops.operations.live.papers import papers_of
from mlops.operations.live.registry import passed, stating
from mlops.operations.releasing.register import read_history, register_bundle
from mlops.release.aliases import find_version
from mlops.release.tracking import connection
from tests.builders.bundles import make_bundle
from tests.builders.papers import gate_of, write_papers
from tests.builders.stores import make_store

URI = "sqlite:///.mlops/mlflow.db"


def _git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    return subprocess.run(["git", *identity, *arguments], cwd=root, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture
def root(bundle: Path, tmp_path: Path) -> Path:
    """A repository whose pipeline `tiny` has run, committed as it is."""
    folder = tmp_path / "repository"
    shutil.copytree(bundle, folder / "pipelines/tiny/artifacts/bundle")
    write_papers(folder / "pipelines/tiny/reports", bundle)
    history = "candidate,epoch,metric,value\nmlp,0,loss,0.5\nmlp,1,loss,0.25\nmlp,1,auroc,\n"
    (folder / "pipelines/tiny/reports/history.csv").write_text(history)
    (folder / ".gitignore").write_text("artifacts/\n.mlops/\n")
    _git(folder.parent, "init", "-q", "-b", "main", str(folder))
    _git(folder, "add", "-A")
    _git(folder, "commit", "-q", "-m", "A run")
    return folder


@pytest.mark.slow
def test_a_bundle_is_stored_and_registered_once_with_the_commit_it_was_made_from(root: Path) -> None:
    make_store(root / ".mlops/mlflow.db")
    made = register_bundle(root, "tiny", URI, "tiny")
    assert (made.name, made.version, made.created, made.dirty) == ("tiny", "1", True, False)
    assert made.commit == _git(root, "rev-parse", "HEAD").strip()
    assert made.tracking == f"sqlite:///{root}/.mlops/mlflow.db"
    assert Store(root / ".mlops/bundles").get(made.bundle).is_dir()
    (root / "pipelines/tiny/notes.txt").write_text("not committed")
    again = register_bundle(root, "tiny", URI, "tiny")
    assert (again.version, again.created, again.dirty, again.commit) == ("1", False, True, made.commit)
    assert _git(root, "status", "--porcelain") == "?? pipelines/tiny/notes.txt\n"


@pytest.mark.slow
def test_what_a_run_of_ci_writes_makes_nothing_dirty_and_what_was_judged_is_named(root: Path) -> None:
    """The bundle is made of what the commit holds; that its lock and reports are not committed yet changes nothing."""
    (root / "pipelines/tiny/dvc.lock").write_text("schema: '2.0'\n")
    (root / "pipelines/tiny/reports/history.csv").write_text("candidate,epoch,metric,value\n")
    judged = "sha256:" + "b" * 64
    make_store(root / ".mlops/mlflow.db")
    made = register_bundle(root, "tiny", URI, "tiny", judged)
    assert (made.created, made.dirty, made.judged) == (True, False, judged)
    with connection(made.tracking) as client:
        tags = client.get_model_version("tiny", made.version).tags
    assert (tags["mlops.dirty"], tags["mlops.judged"], tags["mlops.bundle"]) == ("false", judged, made.bundle)


@pytest.mark.slow
def test_the_same_content_under_other_rules_is_one_version_with_the_newest_statement(root: Path) -> None:
    make_store(root / ".mlops/mlflow.db")
    bundle = root / "pipelines/tiny/artifacts/bundle"
    first = register_bundle(root, "tiny", URI, "tiny", "sha256:" + "b" * 64)
    write_papers(root / "pipelines/tiny/reports", bundle, gate=gate_of(first.bundle, method="other rules"))
    again = register_bundle(root, "tiny", URI, "tiny")
    assert (again.version, again.created, again.stated, again.judged) == ("1", False, True, None)
    assert register_bundle(root, "tiny", URI, "tiny").stated is False
    contents = Contents.read(bundle)
    with connection(again.tracking) as client:
        version = find_version(client, "tiny", again.bundle)
        assert version is not None
        fetch = stating(client, version)
        (root / "pipelines/tiny/reports/bundle.json").unlink()
        papers = papers_of(root, "tiny", contents, version.statement, fetch)
    assert papers.gate.method == "other rules"
    assert papers.statement is not None
    assert (version.statement, version.verdict) == (papers.statement.name, "pass")


@pytest.mark.slow
def test_what_does_not_pass_any_more_is_told_to_the_registry_and_cannot_be_released(root: Path) -> None:
    make_store(root / ".mlops/mlflow.db")
    made = register_bundle(root, "tiny", URI, "tiny")
    (root / "pipelines/tiny/reports/bundle.json").unlink()
    (root / "pipelines/tiny/reports/gate.json").write_text(json.dumps(gate_of(made.bundle, "fail")))
    with pytest.raises(GateFailed) as caught:
        register_bundle(root, "tiny", URI, "tiny")
    said = f"tiny: the verdict on the bundle {made.bundle[:19]}… is fail, not pass"
    assert caught.value.message == said
    with connection(made.tracking) as client, pytest.raises(GateFailed) as refused:
        passed(client, "tiny", made.bundle)
    assert refused.value.message == said
    write_papers(root / "pipelines/tiny/reports", root / "pipelines/tiny/artifacts/bundle")
    again = register_bundle(root, "tiny", URI, "tiny")
    assert (again.version, again.stated) == ("1", True)
    with connection(made.tracking) as client:
        assert passed(client, "tiny", made.bundle).verdict == "pass"


@pytest.mark.slow
def test_a_gate_that_judged_again_counts_though_the_statement_from_before_is_still_there(root: Path) -> None:
    """Only `gate` ran again, or a merge kept one file of each side."""
    make_store(root / ".mlops/mlflow.db")
    made = register_bundle(root, "tiny", URI, "tiny")
    gate = root / "pipelines/tiny/reports/gate.json"
    gate.write_text(json.dumps(gate_of(made.bundle, "fail")))
    with pytest.raises(GateFailed):
        register_bundle(root, "tiny", URI, "tiny")
    with connection(made.tracking) as client, pytest.raises(GateFailed):
        passed(client, "tiny", made.bundle)
    gate.write_text(json.dumps(gate_of(made.bundle, method="other rules")))
    with pytest.raises(IntegrityError) as caught:
        register_bundle(root, "tiny", URI, "tiny")
    assert str(caught.value) == f"gate.json is not the one that the statement about {made.bundle[:19]}… binds"


def test_without_a_bundle_the_user_is_told_to_run(root: Path) -> None:
    shutil.rmtree(root / "pipelines/tiny/artifacts")
    with pytest.raises(StaleError) as caught:
        register_bundle(root, "tiny", URI, "tiny")
    assert str(caught.value) == "pipelines/tiny has no bundle"
    assert caught.value.hint == "run `mlops run tiny` first"


def test_a_bundle_other_than_the_reported_one_is_refused_and_nothing_is_stored(root: Path) -> None:
    digest = digest_file(root / "pipelines/tiny/artifacts/bundle/manifest.json")
    (root / "pipelines/tiny/reports/bundle.json").write_text(json.dumps({"digest": "sha256:" + "0" * 64}))
    with pytest.raises(IntegrityError) as caught:
        register_bundle(root, "tiny", URI, "tiny")
    assert str(caught.value) == (
        f"pipelines/tiny/artifacts/bundle is {digest[:19]}… but reports/bundle.json says sha256:000000000000…"
    )
    assert not (root / ".mlops").exists()


def test_a_bundle_with_a_changed_file_is_refused(root: Path) -> None:
    (root / "pipelines/tiny/artifacts/bundle/profile.json").write_text("{}")
    with pytest.raises(IntegrityError):
        register_bundle(root, "tiny", URI, "tiny")


def test_a_version_needs_a_commit_to_name(root: Path) -> None:
    shutil.rmtree(root / ".git")
    _git(root, "init", "-q")
    with pytest.raises(ConfigurationError) as caught:
        register_bundle(root, "tiny", URI, "tiny")
    assert str(caught.value) == "repository/ has no Git commit yet"


def test_history_is_read_by_candidate_and_epoch(root: Path, tmp_path: Path) -> None:
    found = read_history(root / "pipelines/tiny/reports/history.csv")
    assert found == (("mlp/loss", 0.5, 0), ("mlp/loss", 0.25, 1))
    assert read_history(tmp_path / "absent.csv") == ()
