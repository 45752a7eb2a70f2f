"""What another job made of a pipeline is taken over as it is, or leaves nothing: it ran the pipeline's own code."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mlops.bundle.store import Store
from mlops.cli.main import run as run_verb
from mlops.errors import ConfigurationError, InfrastructureError, IntegrityError, MlopsError
from mlops.files.canonical import digest_file
from mlops.operations.integrity.verify import verify
from mlops.operations.live.bundles import STORE
from mlops.operations.releasing.made import take_made
from mlops.operations.workspace import open_workspace
from tests.builders.judged import FOLDER, Judged, judged, prepare
from tests.builders.repositories import edit, git

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    folder = tmp_path_factory.mktemp("prepared")
    return folder, prepare(folder)


@pytest.fixture
def team(prepared: tuple[Path, str], tmp_path: Path) -> Iterator[Judged]:
    with judged(*prepared[:1], tmp_path, prepared[1]) as made:
        yield made


def test_lock_reports_and_bundle_are_in_the_work_tree_and_nobody_was_asked(
    team: Judged, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(team.root)
    assert run_verb(["adopt", "churn", "--made", str(team.evidence.parent)]) == 0
    assert capsys.readouterr() == (
        f"churn {team.bundle}\n",
        "it was made anew: its lock, reports and bundle are in the work tree\n",
    )
    assert verify(open_workspace(team.root)) == ()
    assert len(list((team.root / FOLDER / "ledger/model").iterdir())) == 1, "its verdict is entered, as judging asks"
    assert digest_file(team.root / FOLDER / "artifacts/bundle/manifest.json") == team.bundle
    assert Store(team.root / STORE).get(team.bundle).is_dir()
    assert team.api.calls == []


def link(evidence: Path) -> None:
    (evidence / "data.json").unlink()
    (evidence / "data.json").symlink_to("/etc/hostname")


def another_lock(evidence: Path) -> None:
    lock = evidence / "dvc.lock"
    lock.write_text(lock.read_text().replace("cmd: ", "cmd: touch x; ", 1))


def another_model(evidence: Path) -> None:
    (model,) = (evidence / "bundle").glob("*.onnx")
    model.write_bytes(model.read_bytes() + b"0")


def more(evidence: Path) -> None:
    (evidence / "conf").mkdir()
    (evidence / "conf/policy.yaml").write_text("owners: ['@mallory']\n")


def a_failed_gate(evidence: Path) -> None:
    edit(evidence, "gate.json", '"verdict": "pass"', '"verdict": "fail"')


@pytest.mark.parametrize("harm", [link, another_lock, another_model, more, a_failed_gate])
def test_what_does_not_agree_with_itself_leaves_nothing(
    harm: Callable[[Path], None], team: Judged, tmp_path: Path
) -> None:
    made = tmp_path / "made/churn"
    shutil.copytree(team.evidence, made)
    harm(made)
    with pytest.raises(MlopsError) as caught:
        take_made(team.root, "churn", made.parent)
    # a lock that says another command is a run of something else than what this commit holds
    assert isinstance(caught.value, InfrastructureError if harm is another_lock else IntegrityError)
    assert git(team.root, "status", "--porcelain") == ""
    assert not (team.root / STORE).exists()


def test_what_is_not_there_is_told_and_what_nobody_committed_stays(team: Judged) -> None:
    with pytest.raises(InfrastructureError) as absent:
        take_made(team.root, "churn", team.root / "conf")
    assert (absent.value.message, absent.value.hint) == (f"{team.root}/conf/churn is not here", "mlops run churn")
    (team.root / FOLDER / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    with pytest.raises(ConfigurationError) as mine:
        take_made(team.root, "churn", team.evidence.parent)
    assert mine.value.message == "pipelines/churn/dvc.lock has changes that are not committed"
