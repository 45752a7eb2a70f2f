"""A stage of a pipeline's own code from YAML to a verdict: cached, stale with its code, made again by who judges."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mlops.files.plain_yaml import parse
from tests.builders.clones import Clone
from tests.builders.repositories import commit
from tests.builders.small import small

pytestmark = pytest.mark.long

STAGES = "stages:\n  enrich: {use: 'pipelines.churn.enrich:run', after: ingest, parameters: {scale: 10}}\n"
ENRICH = """\
import polars as pl

from pipelines.churn.helper import decade


def run(rows: pl.DataFrame, scale: int) -> pl.DataFrame:
    return rows.with_columns(decade(rows["age"].cast(pl.Int64), scale).alias("decade"))
"""
HELPER = "def decade(ages, scale):\n    return ages // scale\n"


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    made = small(tmp_path_factory.mktemp("own"), rows=600)
    with (made.root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write(STAGES)
    (made.root / "pipelines/churn/enrich.py").write_text(ENRICH)
    (made.root / "pipelines/churn/helper.py").write_text(HELPER)
    assert (done := made.mlops("compile")).returncode == 0, done.stderr
    done = made.mlops("run", "churn")
    assert done.returncode == 0, done.stderr
    assert "enrich: stage 2 of 10" in done.stderr
    assert "columns, made by pipelines.churn.enrich:run of 600" in done.stderr
    commit(made.root, "run")
    return made


def stale(made: Clone) -> list[str]:
    done = made.mlops("plan", "churn", "-o", "json")
    (change,) = json.loads(done.stdout)["pipelines"]
    return [stage["name"] for stage in change["stages"] if stage["runs"]]


def report(made: Clone, name: str) -> str:
    return (made.root / "pipelines/churn/reports" / name).read_text()


def test_its_rows_are_what_is_learnt_from_and_the_report_says_who_made_them(ran: Clone) -> None:
    data = json.loads(report(ran, "data.json"))
    assert data["made_by"] == ["enrich"]
    assert "decade" in [column["name"] for column in data["columns"]]
    assert "Rows made by own code" in report(ran, "report.html")


def test_it_is_compiled_with_every_file_of_its_code(ran: Clone) -> None:
    stage = parse((ran.root / "pipelines/churn/dvc.yaml").read_bytes(), "dvc.yaml")["stages"]["enrich"]
    assert stage["deps"] == ["artifacts/raw.parquet", "enrich.py", "helper.py"]
    assert stage["cmd"].endswith("mlops stage --own enrich")
    assert stage["outs"] == ["artifacts/enrich.parquet"]


def test_a_second_run_has_nothing_to_do(ran: Clone) -> None:
    assert stale(ran) == []
    assert ran.mlops("run", "churn").returncode == 0
    assert ran.status() == ""


def test_a_smoke_run_goes_through_it_too(ran: Clone) -> None:
    done = ran.mlops("run", "churn", "--smoke")
    assert done.returncode in (0, 2, 7), done.stderr
    assert "columns, made by pipelines.churn.enrich:run of 600" in done.stderr
    assert ran.status() == ""


def test_who_judges_makes_the_rows_again(ran: Clone) -> None:
    done = ran.mlops("gate", "churn", "--base", "HEAD")
    assert done.returncode == 0, done.stderr
    lock = ran.root / "pipelines/churn/helper.py"
    lock.write_text(HELPER.replace("//", "+"))
    try:
        done = ran.mlops("gate", "churn", "--base", "HEAD")
    finally:
        lock.write_text(HELPER)
    assert done.returncode == 5, done.stderr
    assert "artifacts/valid.parquet has other rows than dvc.lock names" in done.stderr


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("pipelines/churn/helper.py", "ages // scale", "ages // scale + 0"),
        ("conf/pipeline/churn.yaml", "scale: 10", "scale: 5"),
    ],
)
def test_it_is_stale_from_there_on_where_its_code_or_parameters_move(
    ran: Clone, file: str, before: str, after: str
) -> None:
    place: Path = ran.root / file
    text = place.read_text()
    assert before in text
    place.write_text(text.replace(before, after))
    try:
        assert ran.mlops("compile").returncode == 0
        found = stale(ran)
        told = ran.mlops("plan", "churn", "--base", "HEAD").stdout
    finally:
        place.write_text(text)
        ran.mlops("compile")
    assert found == ["enrich", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package"]
    assert "own-rows" in told
    assert "made by own code: enrich" in told


def test_a_policy_may_forbid_it(ran: Clone) -> None:
    policy = ran.root / "conf/policy.yaml"
    text = policy.read_text()
    policy.write_text(text + "own_stages: forbid\n")
    try:
        done = ran.mlops("validate")
    finally:
        policy.write_text(text)
    assert done.returncode == 4
    assert "stages of own code are not allowed" in done.stdout + done.stderr
