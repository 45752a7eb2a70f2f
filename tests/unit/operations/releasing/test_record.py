"""What CI made and nobody committed is a pull request of its own, and only what Git records is released."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.errors import GateFailed, InfrastructureError, MlopsError, StaleError
from mlops.operations.integrity.verify import verify
from mlops.operations.releasing.adopt import adopt
from mlops.operations.releasing.record import record, refuse_unrecorded
from mlops.operations.workspace import open_workspace
from tests.builders.confronted import compared
from tests.builders.judged import FOLDER, Judged, judged, prepare
from tests.builders.repositories import commit, git
from tests.runner.api import Api

pytestmark = pytest.mark.slow

BRANCH = "mlops/record/churn"
A = "sha256:" + "a" * 64


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("prepared")
    return folder, prepare(folder)


@pytest.fixture
def team(prepared: tuple[Path, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Judged]:
    """A team whose merge was judged, taken over, and is recorded nowhere."""
    with judged(prepared[0], tmp_path, prepared[1]) as made:
        git(made.root, "branch", "-M", "main")
        git(tmp_path, "clone", "-q", "--bare", str(made.root), "origin.git")
        git(made.root, "remote", "add", "origin", str(tmp_path / "origin.git"))
        adopt(made.root, "churn", made.client())
        monkeypatch.chdir(made.root)
        yield made


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    for name in ("GITHUB_SERVER_URL", "GITHUB_TOKEN", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    with Api(tokens={"app": {"pull-requests": "write"}}, accounts={"app": "mlops-app[bot]"}) as api:
        monkeypatch.setenv("GITHUB_API_URL", api.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", "shop/models")
        monkeypatch.setenv("MLOPS_TOKEN", "app")
        yield api


def refused(action: Any) -> MlopsError:
    with pytest.raises(MlopsError) as caught:
        action()
    return caught.value


def test_lock_and_reports_and_nothing_else_are_proposed_once(team: Judged, api: Api) -> None:
    (team.root / FOLDER / "params.yaml").touch()
    (team.root / FOLDER / "notes.md").write_text("somebody's edit\n")
    (team.root / FOLDER / "comparisons").mkdir()
    (team.root / FOLDER / "comparisons/a-b.json").write_text("{}\n")
    made = record(team.root, "churn")
    assert (made.state, made.bundle) == ("proposed", team.bundle)
    origin = team.root.parent / "origin.git"
    changed = git(origin, "diff", "--name-only", "main", BRANCH).split()
    assert changed == sorted(made.files)
    assert f"{FOLDER}/dvc.lock" in changed
    assert {path.removeprefix(f"{FOLDER}/").split("/")[0] for path in changed} == {"dvc.lock", "ledger", "reports"}
    (pull,) = api.pulls
    assert pull["title"] == f"Record the run of churn that made {team.bundle[7:19]}"
    assert pull["body"].startswith(f"**churn**: the run that made `{team.bundle}` was one of CI's")
    again = record(team.root, "churn").proposed
    assert again is not None
    assert (again.done, len(api.pulls)) == ("unchanged", 1)


def test_what_the_bundle_was_compared_with_travels_along_and_is_no_record_by_itself(team: Judged, api: Api) -> None:
    made = compared(team.bundle, A, pipeline="churn")
    made.write(team.root)
    compared(A, A, pipeline="churn").write(team.root)
    files = record(team.root, "churn").files
    assert [path for path in files if "/comparisons/" in path] == [made.file]
    assert git(team.root.parent / "origin.git", "show", f"{BRANCH}:{made.file}") == made.dumps()
    commit(team.root, "by hand")
    compared(team.bundle, "sha256:" + "b" * 64, pipeline="churn").write(team.root)
    assert record(team.root, "churn").state == "recorded"


def test_merged_it_is_a_run_of_what_is_checked_out_and_there_is_nothing_left_to_record(team: Judged, api: Api) -> None:
    record(team.root, "churn")
    git(team.root, "reset", "-q", "--hard")
    git(team.root, "clean", "-fdq")
    refusal = refused(lambda: refuse_unrecorded(team.root, "churn", team.bundle))
    assert (type(refusal), str(refusal), refusal.hint) == (
        StaleError,
        f"churn: no commit records the run that made {team.bundle[:19]}…, and only what Git records is released",
        f"mlops record churn, and merge its pull request; or commit {FOLDER}/dvc.lock and its reports",
    )
    git(team.root, "pull", "-q", "origin", BRANCH)
    assert verify(open_workspace(team.root), ("churn",)) == ()
    assert record(team.root, "churn").state == "recorded"
    refuse_unrecorded(team.root, "churn", team.bundle)


def test_a_report_without_its_lock_is_no_record(team: Judged) -> None:
    git(team.root, "add", "-A", f"{FOLDER}/reports")
    git(team.root, "commit", "-q", "-m", "half of it")
    assert isinstance(refused(lambda: refuse_unrecorded(team.root, "churn", team.bundle)), StaleError)


def test_a_shallow_clone_cannot_tell(team: Judged, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{tmp_path}/origin.git", "shallow")
    told = refused(lambda: refuse_unrecorded(tmp_path / "shallow", "churn", team.bundle))
    assert (type(told), str(told), told.hint) == (
        InfrastructureError,
        "the history before was not fetched",
        "git fetch --unshallow",
    )


def test_a_run_of_something_else_is_not_recorded(team: Judged, api: Api) -> None:
    report = team.root / FOLDER / "reports/history.csv"
    report.write_text(report.read_text() + "\n")
    told = refused(lambda: record(team.root, "churn"))
    assert (told.exit_code, str(told), told.hint) == (
        5,
        "churn: what the last run wrote is not of what is checked out\n  reports/history.csv is not what the run wrote",
        "mlops run churn",
    )
    assert api.pulls == []


def test_what_did_not_pass_is_not_recorded(team: Judged) -> None:
    (team.root / FOLDER / "reports/bundle.json").write_text(json.dumps({"digest": A, "verdict": "fail"}))
    assert isinstance(refused(lambda: record(team.root, "churn")), GateFailed)
    (team.root / FOLDER / "reports/bundle.json").unlink()
    told = refused(lambda: record(team.root, "churn"))
    assert (str(told), told.hint) == ("pipelines/churn has no bundle", "run `mlops run churn` first")


def test_a_dry_run_says_what_it_would_hold_and_opens_nothing(
    team: Judged, api: Api, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["record", "churn", "--dry-run"]) == 0
    head, *files = capsys.readouterr().out.splitlines()
    assert head == f"churn {team.bundle}: not recorded"
    assert f"  {FOLDER}/dvc.lock" in files
    assert api.pulls == []
    commit(team.root, "by hand")
    assert run(["record", "churn", "-o", "json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told == {"pipeline": "churn", "bundle": team.bundle, "state": "recorded", "files": [], "pull_request": None}


def remote(root: Path, url: str) -> None:
    (root / ".dvc").mkdir(exist_ok=True)
    (root / ".dvc/config").write_text(f"[core]\n    remote = s\n['remote \"s\"']\n    url = {url}\n    verify = true\n")


def test_a_bundle_that_was_taken_over_is_pushed_to_where_dvc_keeps_it(
    team: Judged, capsys: pytest.CaptureFixture[str]
) -> None:
    store = team.root.parent / "store"
    remote(team.root, str(store))
    before = (team.root / FOLDER / "dvc.lock").read_bytes()
    assert run(["record", "churn", "--push"]) == 0
    bundle = team.root / FOLDER / "artifacts/bundle"
    assert capsys.readouterr().out == f"churn: {len(list(bundle.rglob('*'))) + 1} objects pushed\n"  # and their list
    assert (team.root / FOLDER / "dvc.lock").read_bytes() == before
    assert run(["record", "churn", "--push"]) == 0
    assert capsys.readouterr().out == "churn: 0 objects pushed\n"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "there is no DVC remote"),
        ("s3://shop/models", "no job signs in to where s3:// is"),
        ("ssh://shop/models", "no job has credentials for ssh://"),
    ],
)
def test_a_job_that_cannot_push_says_so_and_goes_on(
    team: Judged, url: str, why: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if url:
        remote(team.root, url)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    assert run(["record", "churn", "--push"]) == 0
    said = f"nothing was pushed: {why}"
    assert capsys.readouterr().err == f"churn: {said}\n::warning title=Only the registry keeps churn::{said}\n"


def test_a_remote_that_refuses_ends_the_job(team: Judged, capsys: pytest.CaptureFixture[str]) -> None:
    (team.root.parent / "file").write_text("no folder\n")
    remote(team.root, str(team.root.parent / "file"))
    assert run(["record", "churn", "--push"]) == 6
    assert capsys.readouterr().err.startswith(f"the DVC remote does not take {FOLDER}/dvc.yaml: ")
