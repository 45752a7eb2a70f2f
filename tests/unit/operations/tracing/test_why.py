"""From a prediction, or a bundle, back to who decided what of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.cli.main import run
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.kept import bundle, judge, live, make_kept, merge
from tests.builders.logs import write_day
from tests.builders.repositories import commit, edit, git

pytestmark = pytest.mark.slow


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository that released bundle 2 by a pull request, and watches what it answers."""
    root = make_kept(tmp_path / "shop")
    monkeypatch.chdir(root)
    edit(root, "conf/pipeline/churn.yaml", "task: binary\n", "task: binary\nmonitor: {every: day}\n")
    (root / ".gitignore").write_text(".mlops/\n")
    judge(root, 2)
    commit(root, "Watch it (#3)")
    git(root, "switch", "-q", "-c", "release")
    live(root, 2)
    commit(root, "Release")
    git(root, "switch", "-q", "main")
    merge(root, "release")
    git(root, "commit", "-q", "--amend", "-m", "Merge pull request #4 from shop/release")
    return root


def test_a_prediction_leads_to_bundle_verdict_commit_and_pull_request(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (first, *_) = write_day(
        root / ".mlops/log/churn/prod", make_bundle(tmp_path / "bundle"), 0, make_frame(), bundle(2)
    )
    assert run(["why", first]) == 0
    judged, released = (git(root, "rev-parse", "--short=8", name).strip() for name in ("HEAD^", "HEAD"))
    lines = capsys.readouterr().out.splitlines()
    day = git(root, "log", "-1", "--format=%cs").strip()
    assert lines[0].startswith(f"prediction     {first}, made 2026-")
    assert lines[0].endswith(", in prod")
    assert lines[1:] == [
        "pipeline       churn",
        f"bundle         {bundle(2)}",
        "data           no commit says",
        "configuration  no commit says",
        "made by        no commit holds the reports of its run",
        f"verdict pass   model: {judged} of {day} by t #3: Watch it (#3)",
        f"release        prod: {released} of {day} by t #4: Merge pull request #4 from shop/release",
    ]


def test_a_bundle_leads_to_the_same_by_the_beginning_of_its_digest(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    judge(root, 2, "fail")
    commit(root, "Another verdict on it")
    assert run(["why", f"{bundle(2)}", "-o", "json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert [(one["kind"], one["verdict"], one["pull_request"]) for one in found["decisions"]] == [
        ("verdict", "pass", 3),
        ("release", None, 4),
        ("verdict", "fail", None),
    ]


def test_what_nobody_knows_is_said(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for what in ("5f2c9a0b1d3e4f60-0-0", "sha256:" + "e" * 64, "\x1b[31m"):
        assert run(["why", what]) == 4
        assert capsys.readouterr().err == (
            f"no ledger and no prediction log here knows {what!r}\n"
            "hint: give the prediction id or client_id of a logged answer, or 12 digits of a bundle's digest or more\n"
        )


def test_whoever_names_a_pipeline_is_told_which_verb_takes_one(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["why", "churn"]) == 4
    assert capsys.readouterr().err == (
        "no ledger and no prediction log here knows 'churn'\n"
        "hint: what was live of a pipeline: mlops history churn; give the prediction id or client_id of a logged "
        "answer, or 12 digits of a bundle's digest or more\n"
    )
