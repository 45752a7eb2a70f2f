"""What a schedule of the monitor workflow is for: asked of the YAML when it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.compiler.github.common_steps import PERIODS, cron
from mlops.errors import ConfigurationError
from mlops.operations.watching.due import due
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import BASE, make_repository

CHURN = (BASE / "conf/pipeline/churn.yaml").read_text()


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pipelines that are watched by hour and by day, and one that is not."""
    watched = {
        name: f"{CHURN}monitor: {{every: {every}}}\n" for name, every in (("a", "day"), ("b", "hour"), ("c", "day"))
    }
    root = make_repository(tmp_path, **watched)
    for name in watched:
        (root / f"pipelines/{name}/data").mkdir(parents=True)
        (root / f"pipelines/{name}/data/churn.csv").write_bytes((root / "pipelines/churn/data/churn.csv").read_bytes())
    monkeypatch.chdir(root)
    return root


def test_a_schedule_is_for_what_is_watched_as_often(root: Path) -> None:
    workspace = open_workspace(root)
    found = {period: due(workspace, cron("shop", period)) for period in PERIODS}
    assert found == {"hour": ("b",), "day": ("a", "c"), "week": ()}


def test_no_schedule_is_for_all_that_are_watched(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "--due", ""]) == 0
    assert capsys.readouterr().out == "a\nb\nc\n"
    assert run(["monitor", "--due", "", "-o", "json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"schema_version": 1, "pipelines": ["a", "b", "c"]}


def test_a_schedule_of_another_name_is_refused_and_those_there_are_are_told(root: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        due(open_workspace(root), cron("other", "day"))
    assert caught.value.message == f"`{cron('other', 'day')}` is no schedule of this repository"
    known = ", ".join(f"`{cron('shop', period)}` (every {period})" for period in PERIODS)
    assert caught.value.hint == f"one of: {known}"


def test_names_and_a_schedule_are_two_questions(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["monitor", "a", "--due", ""]) == 4
    assert "--due finds the pipelines: name none" in capsys.readouterr().err
