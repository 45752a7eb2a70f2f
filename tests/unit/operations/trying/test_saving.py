"""A combination is written into the YAML only if the file then says what was tried, and nothing else changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.errors import ConfigurationError
from mlops.operations.trying.combinations import combinations
from mlops.operations.trying.saving import Draft, draft
from tests.builders.repositories import edit, make_repository

FILE = "conf/pipeline/churn.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repository(tmp_path / "shop")


def drafted(root: Path, *texts: str, name: str = "churn") -> Draft:
    asked = combinations(root, name, texts)
    return draft(asked.now.configuration, name, asked.combinations[-1])


def added(found: Draft) -> list[str]:
    """List the lines that change."""
    return [line for line in found.diff.splitlines()[2:] if line[0] in "+-"]


def test_a_key_that_the_file_has_not_is_added_at_its_end(root: Path) -> None:
    found = drafted(root, "model.mlp.lr=0.001,0.01", "seed=4")
    assert (found.path, added(found)) == (FILE, ["+model: {mlp: {lr: 0.01}}", "+seed: 4"])
    assert (root / FILE).read_text() == found.before
    found.write(root)
    assert (root / FILE).read_text() == found.after
    assert drafted(root, "model.mlp.lr=0.01", "seed=4").diff == ""


def test_a_key_that_it_has_is_replaced_beside_its_comment(root: Path) -> None:
    edit(root, FILE, "description:", "# how\ntrainer: {max_epochs: 3, patience: 2}  # short\ndescription:")
    found = drafted(root, "trainer.patience=5", "data.split.by=random")
    assert added(found) == [
        "-trainer: {max_epochs: 3, patience: 2}  # short",
        "+trainer: {max_epochs: 3, patience: 5}  # short",
        "-data: {target: left, split: {by: stratified}}",
        "+data: {target: left, split: {by: random}}",
    ]


def test_a_group_is_replaced_among_the_defaults(root: Path) -> None:
    assert added(drafted(root, "model=[mlp]", "model.mlp.lr=0.3")) == [
        "-  - /model: [linear, mlp]",
        "+  - /model: [mlp]",
        "+model: {mlp: {lr: 0.3}}",
    ]
    with pytest.raises(ConfigurationError) as raised:
        drafted(root, "trainer=missing") if (root / "conf/trainer").exists() else drafted(root, "evaluate=full")
    assert "unknown group option" in raised.value.message


def test_a_row_of_a_fleet_is_written_in_its_row(root: Path) -> None:
    (root / "conf/fleet").mkdir()
    (root / "conf/fleet/eu.yaml").write_text(
        "template: pipeline/churn\nrows:\n  de: {model.mlp.lr: 0.5}  # slow\n  fr: {}\n"
    )
    for row in ("de", "fr"):
        (root / f"pipelines/eu-{row}/data").mkdir(parents=True)
        (root / f"pipelines/eu-{row}/data/churn.csv").write_text((root / "pipelines/churn/data/churn.csv").read_text())
    found = drafted(root, "model.mlp.lr=0.25", "seed=2", name="eu-de")
    assert added(found) == ["-  de: {model.mlp.lr: 0.5}  # slow", "+  de: {model.mlp.lr: 0.25, seed: 2}  # slow"]
    assert added(drafted(root, "seed=2", name="eu-fr")) == ["-  fr: {}", "+  fr: {seed: 2}"]


def test_a_row_of_a_table_is_not_written(root: Path) -> None:
    (root / "conf/fleet").mkdir()
    (root / "conf/fleet/eu.yaml").write_text("template: pipeline/churn\nrows: eu.csv\n")
    (root / "conf/fleet/eu.csv").write_text("name,seed\nde,1\n")
    (root / "pipelines/eu-de/data").mkdir(parents=True)
    (root / "pipelines/eu-de/data/churn.csv").write_text((root / "pipelines/churn/data/churn.csv").read_text())
    with pytest.raises(ConfigurationError) as raised:
        drafted(root, "seed=2", name="eu-de")
    assert (raised.value.message, raised.value.hint) == (
        "eu-de is a row of conf/fleet/eu.csv, a table",
        "add a column to conf/fleet/eu.csv by hand",
    )


def test_what_would_not_hold_is_not_written(root: Path) -> None:
    """Defaults that stand over the file's own keys."""
    text = (root / FILE).read_text()
    (root / FILE).write_text(text.replace("  - _self_\n", "").replace("defaults:\n", "defaults:\n  - _self_\n"))
    (root / "conf/model").mkdir(exist_ok=True)
    (root / "conf/model/mlp.yaml").write_text("# @package model.mlp\nkind: mlp\nlr: 0.5\n")
    with pytest.raises(ConfigurationError) as raised:
        drafted(root, "model.mlp.lr=0.25")
    assert (raised.value.message, raised.value.hint) == (
        f"{FILE}: something stands over these keys: written there, they would not hold",
        "write them by hand: model.mlp.lr: 0.25",
    )
