from __future__ import annotations

from pathlib import Path

import pytest

from mlops.cli.main import run
from mlops.errors import ConfigurationError
from mlops.operations.compiling.findings import findings
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import make_repository

BUNDLE = f"sha256:{'a' * 64}"


def release(root: Path, text: str, environment: str = "staging") -> Path:
    path = root / f"conf/release/{environment}/churn.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"bundle: {BUNDLE}\n{text}")
    return root


def test_a_canary_on_a_local_target_is_an_error_at_its_place(tmp_path: Path) -> None:
    root = release(make_repository(tmp_path), "rollout: {canary: 10%, then: promote}\n")
    (found,) = [item for item in findings(open_workspace(root)) if item.rule == "rollout-setting"]
    assert (str(found.position), found.severity) == ("conf/release/staging/churn.yaml:2:1", "error")
    assert found.message == (
        "0.1 of the traffic cannot go to this bundle: target `local` (local) serves one bundle at a time"
    )


def test_a_release_that_takes_all_of_the_traffic_is_none(tmp_path: Path) -> None:
    root = release(make_repository(tmp_path), "reason: it is better\n")
    assert [item for item in findings(open_workspace(root)) if item.rule == "rollout-setting"] == []


@pytest.mark.parametrize("canary", ["0", "1", "1.5", "100%", "ten", "-10%"])
def test_a_share_that_is_none_is_refused(tmp_path: Path, canary: str) -> None:
    root = release(make_repository(tmp_path), f"rollout: {{canary: {canary}}}\n")
    with pytest.raises(ConfigurationError) as caught:
        open_workspace(root)
    assert "conf/release/staging/churn.yaml:2" in str(caught.value)


def test_what_it_means_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    assert run(["explain", "rollout-setting"]) == 0
    assert "a local server is one process with one bundle" in capsys.readouterr().out
