from __future__ import annotations

from pathlib import Path

from mlops.app.access.doctor import examine
from tests.builders.repositories import make_repository


def verdicts(root: Path) -> dict[str, str]:
    return {check.name: check.verdict for check in examine(root)}


def test_a_folder_without_git_and_dvc_fails(tmp_path: Path) -> None:
    found = verdicts(make_repository(tmp_path))
    assert (found[".git"], found[".dvc"], found["dvc remote"]) == ("fail", "fail", "inconclusive")
    assert (found["python"], found["hydra-core"], found["tracking"]) == ("pass", "pass", "pass")


def test_a_remote_that_does_not_verify_fails(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text("['remote \"storage\"']\n    url = /data\n")
    assert verdicts(root)["dvc remote storage"] == "fail"
    (root / ".dvc" / "config").write_text("['remote \"storage\"']\n    url = /data\n    verify = true\n")
    assert verdicts(root)["dvc remote storage"] == "pass"


def test_a_broken_project_file_is_named(tmp_path: Path) -> None:
    root = make_repository(tmp_path)
    (root / "conf" / "project.yaml").write_text("name: [")
    assert verdicts(root)["tracking"] == "fail"
