from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.documents.posted_comment import Posted, PostedComment
from mlops.present.markdown.text import breakable
from tests.builders.comments import change, gate, rule, write_plan, write_report
from tests.builders.forge import forge
from tests.builders.repositories import make_repository


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(make_repository(tmp_path / "repository"))
    for key in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID", "GITHUB_API_URL"):
        monkeypatch.delenv(key, raising=False)
    evidence = tmp_path / "evidence"
    write_plan(evidence, change("churn", "train"))
    write_report(evidence, "churn", gate("pass", rule("auroc", 0.9, 0.8, 1.0)))
    return evidence


def test_it_prints_the_text_and_posts_nothing_unless_asked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["comment", str(here), "--job", "pipeline=success"]) == 0
    shown = capsys.readouterr()
    assert shown.out.startswith("<!-- mlops:report:")
    assert "churn passed" in shown.out
    assert shown.err == ""


def test_posting_keeps_one_comment(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with forge() as hub:
        for key, value in {"API_URL": hub.api, "REPOSITORY": "acme/models", "TOKEN": "secret"}.items():
            monkeypatch.setenv(f"GITHUB_{key}", value)
        said = []
        for commit in ("1111111", "2222222"):
            assert run(["comment", str(here), "--post", "--pull-request", "7", "--commit", commit]) == 0
            said.append(capsys.readouterr().err)
        assert said == ["comment created: https://forge/c/1\n", "comment updated: https://forge/c/1\n"]
        assert len(hub.comments) == 1
        assert "`2222222`" in hub.comments[0]["body"]


def test_an_api_that_does_not_answer_ends_in_6_after_the_text_is_printed(
    here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with forge() as hub:
        hub.refusals += [404]
        for key, value in {"API_URL": hub.api, "REPOSITORY": "acme/models", "TOKEN": "secret"}.items():
            monkeypatch.setenv(f"GITHUB_{key}", value)
        assert run(["comment", str(here), "--post", "--pull-request", "7"]) == 6
    shown = capsys.readouterr()
    assert "churn passed" in shown.out
    assert "HTTP 404" in shown.err


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema_version": 2}', "[" * 100_000, '{"affected": ["../x"]}'])
def test_a_plan_that_cannot_be_read_ends_in_5(here: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "plan" / "plan.json").write_text(text)
    assert run(["comment", str(here)]) == 5
    assert "not a plan of schema version 1" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, '{"verdict": "great"}', '{"verdict": "pass", "rules": 1}'])
def test_a_damaged_report_is_no_verdict(here: Path, text: str, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "report-churn" / "churn" / "gate.json").write_text(text)
    assert run(["comment", str(here)]) == 0
    assert "churn without a verdict" in capsys.readouterr().out


def test_what_was_verified_and_not_run_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(here / "plan")
    files = [f"pipelines/churn/{name}" for name in ("dvc.lock", "reports/a.json", "reports/b.json")]
    write_plan(here, change("churn", verifies=files))
    assert run(["comment", str(here)]) == 0
    shown = capsys.readouterr().out
    named = "<br>".join([*(f"{breakable(path)} changed" for path in files[:2]), "and 1 more"])
    assert f"| ✅&nbsp;**churn** | {named} | 1/1 |" in shown
    assert "<b>churn</b>: what runs (nothing: it is verified) and why, every rule" in shown
    assert f"- {', '.join(files)} changed: held against each other and judged again, not run\n" in shown


def test_what_a_change_claims_is_marked_and_waits_for_its_merge(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    claim = rule("praise", 1.0, 1.0, 1.0, verdict="deferred", claimed=True)
    (here / "report-churn/churn/gate.json").write_text(json.dumps(gate("pass", rule("auroc", 0.9, 0.8, 1.0), claim)))
    assert run(["comment", str(here)]) == 0
    shown = capsys.readouterr().out
    assert "churn passed" in shown
    assert "| ⏳ Praise at least 0.65 (claimed by the change) |" in shown


@pytest.mark.parametrize("rules", [(), ({**rule("auroc", 0.9, 0.8, 1.0), "verdict": "fail"},)])
def test_a_pass_that_its_rules_do_not_give_is_none(
    here: Path, rules: tuple[object, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "report-churn/churn/gate.json").write_text(json.dumps({**gate("pass"), "rules": rules}))
    assert run(["comment", str(here)]) == 0
    assert ("churn blocked" if rules else "churn inconclusive") in capsys.readouterr().out


def test_a_wrong_command_line_is_said(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["comment", str(here), "--job", "pipeline"]) == 4
    assert "`pipeline` is not NAME=RESULT" in capsys.readouterr().err
    assert run(["comment", str(here), "--post"]) == 4
    assert "--post needs --pull-request NUMBER" in capsys.readouterr().err


@pytest.mark.parametrize("refused", [False, True], ids=["posted", "GitHub refuses"])
def test_a_program_is_told_the_text_what_became_of_each_and_where_it_stands(
    refused: bool, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["comment", str(here)]) == 0
    text = capsys.readouterr().out
    with forge() as hub:
        hub.refusals += [404] * refused
        for key, value in {"API_URL": hub.api, "REPOSITORY": "acme/models", "TOKEN": "secret"}.items():
            monkeypatch.setenv(f"GITHUB_{key}", value)
        assert run(["comment", str(here), "--post", "--pull-request", "7", "-o", "json"]) == (6 if refused else 0)
    posted = None if refused else Posted(done="created", url="https://forge/c/1")
    told = PostedComment(text=text, pipelines={"churn": "pass"}, posted=posted)
    assert PostedComment.parse(capsys.readouterr().out.encode()) == told
