"""What the driver of a remote raises is a sentence and 6, whichever class of its own it is."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.errors import InfrastructureError, IntegrityError
from mlops.operations.dvc.remote import answering
from mlops.operations.live import keeping
from mlops.operations.releasing import gc
from tests.builders.repositories import commit, git, make_repository

DRIVERS_OWN = type("NoCredentialsError", (Exception,), {"__module__": "botocore.exceptions"})


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = make_repository(tmp_path / "work")
    git(root, "init", "-q", "-b", "main")
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text(
        "[core]\n    analytics = false\n    remote = s\n['remote \"s\"']\n    url = ../store\n"
    )
    (root / "pipelines/churn").mkdir(parents=True, exist_ok=True)
    (root / "pipelines/churn/dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    (root / "pipelines/churn/dvc.yaml").write_text("stages: {}\n")
    commit(root)
    git(tmp_path, "clone", "-q", "--bare", str(root), "origin.git")
    git(root, "remote", "add", "origin", str(tmp_path / "origin.git"))
    monkeypatch.chdir(root)
    return root


def failing(*_: Any, **__: Any) -> Any:
    raise DRIVERS_OWN("Unable to locate credentials\nand more")


@pytest.mark.slow  # DVC is imported whole
def test_gc_of_a_remote_that_does_not_answer(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gc, "_look", failing)
    assert run(["gc", "--remote"]) == 6
    assert capsys.readouterr().err == ("DVC or its remote refuses: Unable to locate credentials\nhint: dvc doctor\n")
    monkeypatch.setattr(gc, "answering", lambda *_: contextlib.nullcontext())
    assert run(["gc", "--remote"]) == 1


def test_a_push_that_the_remote_does_not_take(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "_into_cache", failing)
    with pytest.raises(InfrastructureError) as caught:
        keeping.push(root, "pipelines/churn/dvc.yaml")
    assert caught.value.message == (
        "the DVC remote does not take pipelines/churn/dvc.yaml: Unable to locate credentials"
    )
    assert caught.value.hint.startswith("dvc push; of a job, may its role or key write there?")


@pytest.mark.parametrize("error", [KeyError("defect"), PermissionError(13, "no"), IntegrityError("bytes")])
def test_what_is_no_drivers_stays_what_it_is(error: Exception) -> None:
    with pytest.raises(type(error)), answering("refused", "hint"):
        raise error


def test_an_error_without_words_has_its_name() -> None:
    with pytest.raises(InfrastructureError) as caught, answering("refused", "hint"):
        raise DRIVERS_OWN
    assert (str(caught.value), caught.value.hint) == ("refused: NoCredentialsError", "hint")
