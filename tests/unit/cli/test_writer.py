"""`--writer` means a role; beside what it does not go with it would mean nothing, and say nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops.cli.main import run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_the_writer_is_no_environments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["identity", "--writer", "--env", "prod", "--into", str(tmp_path / "identity")]) == 4
    assert "--writer is who `ci` names: leave --env out" in capsys.readouterr().err
    assert not (tmp_path / "identity").exists()


def test_the_writers_trust_is_asked_for_by_environment(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--writer"]) == 4
    assert "--writer is a role that --trust prints: name an environment with it" in capsys.readouterr().err
