"""The script that looks at a repository's settings once a week, with a stand-in for `mlops doctor --repo`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.builders.scripts import calls, fake, needs_jq, run, script

pytestmark = pytest.mark.slow

LOOK = script("settings/settings", "Look at the settings")
UNSEEN = {"name": "forks", "verdict": "fail", "message": "cannot be read: HTTP 403", "hint": "Settings"}
WRONG = {"name": "branch", "verdict": "fail", "message": "anybody | may push", "hint": "Settings"}
GOOD = {"name": "repository", "verdict": "pass", "message": "as the workflows need it", "hint": ""}


def looked(folder: Path, *checks: dict[str, str], app: str = "", code: int | None = None) -> tuple[int, str]:
    ends = (6 if any(check["verdict"] == "fail" for check in checks) else 0) if code is None else code
    (folder / "answer").write_text(json.dumps(checks))
    fake(folder, f"cat answer; exit {ends}")
    summary = str(folder / "summary")
    done: subprocess.CompletedProcess[str] = run(
        folder, LOOK, GITHUB_REPOSITORY="shop/models", GITHUB_STEP_SUMMARY=summary, APP=app
    )
    assert calls(folder) == ["doctor --repo shop/models -o json"]
    return done.returncode, done.stdout


@needs_jq
def test_what_is_as_it_should_be_is_in_the_summary(tmp_path: Path) -> None:
    assert looked(tmp_path, GOOD) == (0, "")
    assert (tmp_path / "summary").read_text() == (
        "| setting | |\n| --- | --- |\n| repository | pass: as the workflows need it |\n"
    )


@needs_jq
@pytest.mark.parametrize("app", ["", "yes"])
def test_what_is_wrong_is_red_whoever_looks(app: str, tmp_path: Path) -> None:
    assert looked(tmp_path, GOOD, WRONG, app=app) == (6, "::error title=branch::anybody | may push\n")
    assert "| branch | fail: anybody / may push |" in (tmp_path / "summary").read_text()


@needs_jq
def test_what_a_plain_token_cannot_see_is_told_and_is_no_finding(tmp_path: Path) -> None:
    said = "a workflow's own token may not: set ci.app, or type mlops doctor --repo"
    assert looked(tmp_path, GOOD, UNSEEN) == (0, f"::notice title=Not looked at: forks::{said}\n")


@needs_jq
def test_what_the_app_cannot_see_counts_as_wrong(tmp_path: Path) -> None:
    assert looked(tmp_path, GOOD, UNSEEN, app="yes") == (6, "::error title=forks::cannot be read: HTTP 403\n")


@needs_jq
def test_a_doctor_that_cannot_look_ends_the_job(tmp_path: Path) -> None:
    assert looked(tmp_path, code=1) == (1, "")
