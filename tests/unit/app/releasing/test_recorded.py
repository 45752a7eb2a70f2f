"""What CI made and nobody committed travels with the release that it is for."""

from __future__ import annotations

from pathlib import Path

from mlops.app.releasing.release import recorded
from tests.builders.repositories import commit, make_repository


def test_a_lock_and_reports_that_the_commit_lacks_are_part_of_the_proposal(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    folder = root / "pipelines" / "churn"
    (folder / "reports").mkdir()
    (folder / "dvc.lock").write_text("old\n")
    (folder / "reports" / "gate.json").write_text("{}\n")
    commit(root)
    assert recorded(root, "churn") == {}
    (folder / "dvc.lock").write_text("new\n")
    (folder / "reports" / "bundle.json").write_text("made\n")
    (folder / "reports" / "gate.json").unlink()
    (folder / "params.yaml").write_text("somebody's edit\n")
    assert recorded(root, "churn") == {
        "pipelines/churn/dvc.lock": "new\n",
        "pipelines/churn/reports/bundle.json": "made\n",
        "pipelines/churn/reports/gate.json": None,
    }
