from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlops.cli.annotations import annotate, warn
from mlops.diagnostics import Position
from tests.builders.shop import make_shop

ROOT = Path(__file__).parent.parent.parent.parent


def test_a_finding_is_told_at_its_place_and_cannot_tell_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    annotate("error", "100 %\n::error::forged", Position("conf/a,b:c.yaml", 3, 5))
    assert capsys.readouterr().out == ("::error file=conf/a%2Cb%3Ac.yaml,line=3,col=5::100 %25\\n::error::forged\n")


def test_what_a_remote_said_begins_no_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    warn("Only the registry keeps a,b", "denied\r\n::add-mask::x")
    assert capsys.readouterr().err == "::warning title=Only the registry keeps a%2Cb::denied\\r\\n::add-mask::x\n"


def test_nothing_is_told_at_home(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    annotate("error", "text", Position("conf/a.yaml"))
    warn("title", "text")
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_a_compiled_file_edited_by_hand_is_told_where_it_differs(tmp_path: Path) -> None:
    root = make_shop(tmp_path / "shop", "churn")
    path = root / ".github" / "workflows" / "mlops-pr.yml"
    path.write_text(path.read_text().replace("permissions: {}", "permissions: write-all", 1))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "GITHUB_ACTIONS": "true"}
    command = [sys.executable, "-m", "mlops", "compile", "--check"]
    done = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("::")]
    assert line.startswith("::error file=.github/workflows/mlops-pr.yml,line=")
    assert line.endswith("::This is not what the YAML compiles to. Run `mlops compile` and commit what it writes.")
