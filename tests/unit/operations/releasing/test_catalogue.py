"""The catalogue: every pipeline, what it recorded last and what is live of it, by what stands in Git."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.cli.main import run
from tests.builders.comments import gate
from tests.builders.repositories import BASE, make_repository

CHURN = (BASE / "conf/pipeline/churn.yaml").read_text()
BUNDLE = "sha256:" + "1" * 64
BEFORE = "sha256:" + "2" * 64


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two pipelines, of which `churn` ran and is live as an earlier bundle."""
    root = make_repository(tmp_path, rain=CHURN)
    (root / "pipelines/rain/data").mkdir(parents=True)
    (root / "pipelines/rain/data/churn.csv").write_bytes((root / "pipelines/churn/data/churn.csv").read_bytes())
    reports = root / "pipelines/churn/reports"
    reports.mkdir(parents=True)
    (reports / "bundle.json").write_text(json.dumps({"digest": BUNDLE, "verdict": "pass"}))
    (reports / "gate.json").write_text(json.dumps(gate("pass")))
    (root / "conf/release/prod").mkdir(parents=True)
    (root / "conf/release/prod/churn.yaml").write_text(f"bundle: {BEFORE}\n")
    monkeypatch.chdir(root)
    return root


def test_it_is_a_table_for_people(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue"]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[0] == ["pipeline", "verdict", "bundle", "live", "owners"]
    assert [row[:3] for row in rows[1:]] == [["churn", "pass", BUNDLE[:19]], ["rain", "never", "ran"]]
    assert rows[1][3:5] == ["prod", BEFORE[:19]]


def test_it_is_json_for_pages(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["catalogue", "-o", "json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["schema_version"], value["project"]) == (2, "shop")
    churn, rain = value["pipelines"]
    assert (churn["name"], churn["bundle"], churn["verdict"], churn["live"]) == (
        *("churn", BUNDLE, "pass"),
        {"prod": BEFORE},
    )
    assert (rain["name"], rain["bundle"], rain["verdict"], rain["live"]) == ("rain", None, None, {})
    assert churn.keys() == {"name", "description", "task", "risk", "owners", "bundle", "verdict", "live"}


@pytest.mark.parametrize("digest", [7, ["sha256:1"], "\x1b[31mred", "sha256:1"])
def test_what_is_no_digest_is_no_bundle(root: Path, digest: object, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pipelines/churn/reports/bundle.json").write_text(json.dumps({"digest": digest, "verdict": "pass"}))
    assert run(["catalogue"]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["churn", "pass", "–"]


def test_a_damaged_report_is_no_verdict(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "pipelines/churn/reports/gate.json").write_text("{}")
    assert run(["catalogue"]) == 5
    assert capsys.readouterr().err == "pipelines/churn/reports/gate.json is damaged\nhint: mlops run churn\n"
