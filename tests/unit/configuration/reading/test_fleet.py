from __future__ import annotations

from pathlib import Path

import pytest

from mlops.configuration.reading.compose import compose
from mlops.errors import ConfigurationError
from mlops.operations.compiling.compile import compile_files
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import make_repository

YAML = """\
template: pipeline/churn
rows:
  eu: {owners: ["@growth-eu"], model.mlp.dropout: 0.3}
  us: {}
"""
TABLE = "name,seed,data.split.seed\neu,3,\nus,,7\n"


def repository(folder: Path, fleet: str, table: str = "") -> Path:
    root = make_repository(folder)
    (root / "conf" / "fleet").mkdir()
    (root / "conf" / "fleet" / "tenants.yaml").write_text(fleet)
    if table:
        (root / "conf" / "fleet" / "tenants.csv").write_text(table)
    for name in ("tenants-eu", "tenants-us"):
        (root / "pipelines" / name / "data").mkdir(parents=True)
        (root / "pipelines" / name / "data" / "churn.csv").write_bytes(
            (root / "pipelines/churn/data/churn.csv").read_bytes()
        )
    return root


def test_every_row_is_a_pipeline_of_its_own(tmp_path: Path) -> None:
    workspace = open_workspace(repository(tmp_path, YAML))
    assert list(workspace.pipelines) == ["churn", "tenants-eu", "tenants-us"]
    eu = workspace.pipelines["tenants-eu"]
    assert eu.spec.owners == ("@growth-eu",)
    assert str(eu.origins.where(("model", "mlp", "dropout"))) == "conf/fleet/tenants.yaml:3:51"
    assert workspace.pipelines["tenants-us"].spec == workspace.pipelines["churn"].spec
    compile_files(workspace)
    assert "from conf/fleet/tenants.yaml" in (tmp_path / "pipelines/tenants-eu/dvc.yaml").read_text()


def test_a_row_composes_to_what_hydra_composes(tmp_path: Path) -> None:
    workspace = open_workspace(repository(tmp_path, YAML), ("tenants-eu",))
    loaded = workspace.pipelines["tenants-eu"]
    over = loaded.layers[-1].document.value
    assert loaded.value == compose(workspace.configuration, "tenants-eu", file="pipeline/churn", over=(over,))


def test_rows_stand_in_a_table(tmp_path: Path) -> None:
    workspace = open_workspace(repository(tmp_path, "template: pipeline/churn\nrows: tenants.csv\n", TABLE))
    eu, us = (workspace.pipelines[name].spec for name in ("tenants-eu", "tenants-us"))
    assert (eu.seed, eu.data.split.seed, us.seed, us.data.split.seed) == (3, 0, 0, 7)


@pytest.mark.parametrize(
    ("fleet", "table", "said"),
    [
        (YAML.replace("us: {}", "eu: {}"), "", "tenants.yaml:4:3: the key `eu` is written twice"),
        (YAML.replace("mlp.dropout", "mlp.dropuot"), "", "tenants.yaml:3:32: unknown key `dropuot`"),
        (YAML.replace("pipeline/churn", "pipeline/chrun"), "", "there is no file conf/pipeline/chrun.yaml"),
        (YAML.replace("{}", "{model: {mlp: {lr: 1.0}}, model.mlp.lr: 2.0}"), "", "`model.mlp.lr` is set twice"),
        (YAML.replace("{}", "{defaults: []}"), "", "`defaults` is not a key that a row can set"),
        (YAML.replace("rows", "row"), "", "unknown key `row`"),
        (YAML.replace("us:", "EU West:"), "", "`tenants-EU West` is not the name of a pipeline"),
        ("template: pipeline/churn\nrows: tenants.csv\n", TABLE + "eu,1,1\n", "csv:4:1: the row `eu` is there twice"),
        ("template: pipeline/churn\nrows: tenants.csv\n", TABLE + "as,1\n", "csv:4:1: 2 cells, the header has 3"),
        ("template: pipeline/churn\nrows: tenants.csv\n", TABLE.replace("seed", "sede", 1), "unknown key `sede`"),
        ('template: "pipeline/churn\\n"\nrows: {a: {}}\n', "", "a fleet needs a `template`"),
        ('template: pipeline/churn\nrows: {a: {"seed\\n": 1}}\n', "", "is not a key that a row can set"),
        ("template: pipeline/churn\nrows: none.csv\n", "", "there is no file conf/fleet/none.csv"),
    ],
)
def test_what_is_wrong_with_a_fleet_has_a_place(fleet: str, table: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        open_workspace(repository(tmp_path, fleet, table))
    assert said in str(caught.value)


def test_a_row_may_not_take_the_name_of_another_pipeline(tmp_path: Path) -> None:
    root = repository(tmp_path, YAML)
    (root / "conf/pipeline/tenants-us.yaml").write_text((root / "conf/pipeline/churn.yaml").read_text())
    with pytest.raises(ConfigurationError, match="there are two pipelines `tenants-us`"):
        open_workspace(root)
