"""A name that no pipeline has is a slip of the hand, for every verb: what was meant is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.cli.main import run
from tests.builders.repositories import make_repository

SAID = """\
conf/pipeline/chorn.yaml:1:1: there is no pipeline `chorn` [unknown-pipeline]
  did you mean `churn`? also there: tenants-eu
1 problem in 1 file
"""


@pytest.mark.parametrize("verb", ["gate", "plan", "run", "render", "validate"])
def test_an_unknown_pipeline_is_named_with_those_near_it(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = make_repository(tmp_path)
    (root / "conf" / "fleet").mkdir()
    (root / "conf" / "fleet" / "tenants.yaml").write_text("template: pipeline/churn\nrows: {eu: {}}\n")
    monkeypatch.chdir(root)
    assert run([verb, "chorn"]) == 4
    captured = capsys.readouterr()
    assert captured.err == SAID
    assert captured.out == ""


@pytest.mark.parametrize("path", ["conf/pipeline/churn.yaml", "pipelines/churn/", "churn.yaml"])
def test_a_path_in_place_of_a_name_is_told_as_one(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    assert run(["plan", path]) == 4
    assert capsys.readouterr().err == (
        f"conf/pipeline/churn.yaml:1:1: `{path}` is a path, not the name of a pipeline [name]\n"
        "  write `churn`\n"
        "1 problem in 1 file\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "churn"], "two runs of one pipeline are compared: mlops compare churn main HEAD"),
        (["compare", "main", "HEAD"], "two runs of one pipeline are compared: mlops compare churn main HEAD"),
        (["compare", "churn", "a", "b", "c"], "two runs of one pipeline are compared: mlops compare churn a HEAD"),
        (["compare", "main", "HEAD", "churn"], "the pipeline stands before its runs: mlops compare churn main HEAD"),
        (["release", "--env", "prod"], "NAME is missing. one of: churn"),
        (["serve", "churn", "--port", "abc"], "Invalid value for '--port': `abc` is no whole number"),
    ],
)
def test_words_that_are_missing_or_swapped_are_told_with_what_to_type(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    assert run(words) == 4
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {said}"


def test_a_pipeline_that_was_never_judged_is_not_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    assert run(["gate", "churn"]) == 6
    assert capsys.readouterr().err == "churn: no verdict yet\nhint: mlops run churn\n"
