"""docs/approvals.md: what it shows is read, and its commands say what it says."""

from __future__ import annotations

import importlib
import json
import re
import shlex
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from mlops.cli.main import module_of, run
from mlops.configuration.policy import Policy
from mlops.configuration.release import Release
from mlops.operations.releasing.approved import Looking
from mlops.operations.reviewing.reviews import Answers
from tests.builders.repositories import commit, git

if TYPE_CHECKING:
    import click

FILE = "conf/release/prod/tiny.yaml"


@pytest.fixture
def shown(repository: Path) -> dict[str, str]:
    """The blocks of the page by their names."""
    page = (repository / "docs/approvals.md").read_text()
    return dict(re.findall(r"```\w+ (\w+)\n(.*?)```", page, re.DOTALL))


@pytest.fixture
def root(tmp_path: Path, shown: dict[str, str]) -> Path:
    """A repository with the page's policy, whose model is live by a release of another reviewer's."""
    for file, text in {
        "conf/policy.yaml": shown["policy"],
        "conf/project.yaml": "name: shop\nenvironments: {prod: {}}\n",
        "conf/pipeline/tiny.yaml": "# not read here\n",
    }.items():
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text(text)
    commit(tmp_path)
    (tmp_path / FILE).parent.mkdir(parents=True)
    (tmp_path / FILE).write_text(f"bundle: sha256:{'2' * 64}\n")
    commit(tmp_path, "release")
    return tmp_path


def test_the_policy_and_the_release_are_read(shown: dict[str, str], root: Path) -> None:
    policy = Policy.model_validate(yaml.safe_load(shown["policy"]))
    assert policy.approvals.releases == policy.approvals.waivers == "refuse"
    assert Release.model_validate(yaml.safe_load(shown["release"])).break_glass is not None
    (root / FILE).write_text(shown["release"])
    commit(root, "break glass")
    for day, state in (("2026-11-23", "break-glass"), ("2026-11-24", "not looked at")):
        found = Looking(root, Answers(), "main", date.fromisoformat(day)).of_release("prod", "tiny")
        assert found.state == state


def test_the_recorded_answer_approves_it(
    shown: dict[str, str], root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    head = git(root, "rev-parse", "HEAD").strip()
    (root / "reviews.json").write_text(shown["reviews"].replace("COMMIT", head).replace("HEAD", head))
    monkeypatch.chdir(root)
    for name in ("GITHUB_TOKEN", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    record, again, _ = (shlex.split(line) for line in shown["look"].splitlines()[1:])
    assert run(again[1:]) == 0
    assert "approved by @bo" in capsys.readouterr().out
    assert run([*again[1:], "-o", "json"]) == 0
    (moment,) = json.loads(capsys.readouterr().out)
    assert (moment["approval"]["state"], moment["approval"]["pull_request"]) == ("approved", 7)
    assert run(record[1:]) == 0
    shown_then = capsys.readouterr()
    assert "not looked at" in shown_then.out
    assert "give --reviews FILE" in shown_then.err
    assert json.loads((root / "reviews.json").read_text()) == {"schema_version": 1, "answers": {}}


def test_every_command_of_the_page_is_one(shown: dict[str, str]) -> None:
    for line in shown["look"].splitlines()[1:]:
        _, verb, *rest = shlex.split(line)
        command: click.Command = importlib.import_module(module_of(verb)).command
        made = command.make_context(verb, rest)
        assert made.params.get("reviews") or made.params.get("record")
