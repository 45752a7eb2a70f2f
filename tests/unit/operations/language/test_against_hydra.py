"""`mlops validate --hydra`: the user's escape from doubt about our composition."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.configuration import load
from mlops.configuration.reading.layers import Layer
from mlops.operations.language.against_hydra import differing
from mlops.operations.validate import validate
from tests.builders.repositories import make_repository

pytestmark = pytest.mark.slow  # plays with Git or whole repositories

FLEET = 'template: pipeline/churn\nrows:\n  eu: {owners: ["@eu"], seed: 3}\n'


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_repository(tmp_path)
    (root / "conf" / "fleet").mkdir()
    (root / "conf" / "fleet" / "tenants.yaml").write_text(FLEET)
    data = (root / "pipelines/churn/data/churn.csv").read_bytes()
    (root / "pipelines/tenants-eu/data").mkdir(parents=True)
    (root / "pipelines/tenants-eu/data/churn.csv").write_bytes(data)
    return root


def spoil(monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]) -> None:
    """Let our merge be wrong."""
    right = load.merge

    def wrong(layers: tuple[Layer, ...]) -> dict[str, Any]:
        return {**right(layers), **change}

    monkeypatch.setattr(load, "merge", wrong)


@pytest.mark.slow
def test_a_composition_that_hydra_confirms_has_no_finding(root: Path) -> None:
    assert validate(root, hydra=True) == ((), "")


def test_a_value_that_hydra_composes_otherwise_is_a_finding_with_its_place(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spoil(monkeypatch, {"seed": 4})
    found, text = validate(root, ("tenants-eu",), hydra=True)
    (one,) = found
    assert str(one.position) == "conf/fleet/tenants.yaml:3:31"
    assert one.message == "`seed` is 4 to mlops and 3 to Hydra; set at conf/fleet/tenants.yaml:3:31"
    assert (one.rule, one.severity) == ("hydra-differs", "error")
    assert "conf/fleet/tenants.yaml:3:31" in text
    assert validate(root, ("tenants-eu",))[0] == (), "without the flag nobody asks Hydra"


def test_a_key_that_only_one_of_the_two_has_is_a_finding(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch, {"select_by": "auroc"})
    (one,) = validate(root, ("churn",), hydra=True)[0]
    assert one.message == "`select_by` is 'auroc' to mlops and absent to Hydra"


def test_the_command_line_asks_hydra(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(root)
    assert run(["validate", "--hydra", "churn"]) == 0
    spoil(monkeypatch, {"seed": 5})
    assert run(["validate", "--hydra", "churn"]) == 4
    assert "`seed` is 5 to mlops and" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("ours", "theirs", "paths"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 1.0}, [("a",)]),
        ({"a": 1}, {"a": True}, [("a",)]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 3}]}, [("a", 1, "b")]),
        ({"a": [1]}, {"a": [1, 2]}, [("a",)]),
        ({"a": None}, {}, [("a",)]),
    ],
)
def test_values_differ_by_type_too(ours: Any, theirs: Any, paths: list[tuple[str | int, ...]]) -> None:
    assert [path for path, _, _ in differing(ours, theirs)] == paths
