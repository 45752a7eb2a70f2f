"""A column that is named and not there is told before anything runs, where a header is at hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import polars as pl
import pytest

from mlops.operations.declared.unknown_columns import unknown
from mlops.operations.validate import validate
from mlops.operations.workspace import open_workspace
from tests.builders.repositories import edit, make_repository, record

DATA = "conf/data/churn.yaml"
FILE = "pipelines/churn/data/churn.csv"
SAID = "`plann` is not a column of data/churn.csv"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A pipeline that slices by `plann`, whose data has `plan`."""
    root = make_repository(tmp_path)
    with (root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write("evaluate: {slices: [plann]}\n")
    return root


def said(root: Path) -> list[tuple[str, str]]:
    return [(found.message, found.severity) for found in unknown(root, open_workspace(root).pipelines)]


def test_each_is_told_at_its_place_with_the_nearest_and_all_that_there_are(root: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "target: left,", "target: left, keys: [customer],")
    (one, two), shown = validate(root)
    assert (str(one.position), one.message, one.hint) == (
        "conf/pipeline/churn.yaml:13:29",
        "`customer` is not a column of data/churn.csv",
        "columns: age, left, plan",
    )
    assert (str(two.position), two.message, two.hint) == (
        "conf/pipeline/churn.yaml:17:21",
        SAID,
        "did you mean `plan`? columns: age, left, plan",
    )
    assert shown.endswith("2 problems in 1 file")


def test_it_is_told_together_with_what_else_is_wrong(root: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "at_least: 0.7", "at_least: 7")
    found, _ = validate(root)
    assert [each.rule for each in found] == ["bound-out-of-range", "unknown-column"]


def test_the_kinds_of_files_whose_header_is_read(root: Path) -> None:
    text = (root / FILE).read_text()
    (root / "pipelines/churn/data/churn.csv.gz").write_bytes(gzip.compress(text.encode()))
    edit(root, DATA, "churn.csv", "churn.csv.gz")
    assert said(root) == [("`plann` is not a column of data/churn.csv.gz", "error")]
    pl.read_csv(root / FILE).write_parquet(root / "pipelines/churn/data/churn.parquet")
    edit(root, DATA, "kind: csv, path: data/churn.csv.gz", "kind: parquet, path: data/churn.parquet")
    assert said(root) == [("`plann` is not a column of data/churn.parquet", "error")]
    edit(root, "conf/pipeline/churn.yaml", "plann", "unnamed_4")
    unnamed = pl.read_csv(root / FILE).with_columns(pl.lit(1).alias(" "))
    unnamed.write_parquet(root / "pipelines/churn/data/churn.parquet")
    assert said(root) == []  # as `ingest` calls a column without a name
    edit(root, "conf/pipeline/churn.yaml", "unnamed_4", "plann")
    (root / "pipelines/churn/data/churn.parquet").write_text("none")
    assert said(root) == []
    (root / "pipelines/churn/rows").mkdir()
    (root / FILE).rename(root / "pipelines/churn/rows/b.csv")
    edit(root, DATA, "kind: parquet, path: data/churn.parquet", "kind: csv, path: rows")
    assert said(root) == [("`plann` is not a column of rows", "error")]


def test_what_is_made_or_may_be_absent_is_there(root: Path) -> None:
    edit(root, DATA, "columns:\n", "derive: {plann: {from: age, rule: is_null}}\ncolumns:\n")
    assert said(root) == []
    edit(root, DATA, "derive: {plann: {from: age, rule: is_null}}\n", "")
    edit(root, DATA, "  left:", "  plann: {optional: true}\n  left:")
    assert said(root) == [(SAID, "error")]  # results are told by it
    edit(root, "conf/pipeline/churn.yaml", "evaluate: {slices: [plann]}", "monitor: {drift: {ignore: [plann]}}")
    assert said(root) == []


def test_a_monitor_may_name_a_part_of_a_column_that_is_there(root: Path) -> None:
    edit(root, "conf/pipeline/churn.yaml", "evaluate: {slices: [plann]}", "monitor: {drift: {ignore: [NAMED]}}")
    edit(root, "conf/pipeline/churn.yaml", "NAMED", "plan.tokens, plan.unseen, age.month")
    assert said(root) == []
    edit(root, "conf/pipeline/churn.yaml", "age.month", "age.moon, gone.month")
    assert [message.split("`")[1] for message, _ in said(root)] == ["age.moon", "gone.month"]


def test_names_that_are_declared_are_the_header(root: Path) -> None:
    edit(root, DATA, "path: data/churn.csv", "path: data/churn.csv, header: false, names: [age, plan, left]")
    assert said(root) == [(SAID, "error")]


def test_what_own_stages_make_is_not_known_before_they_ran(root: Path) -> None:
    (root / "pipelines/churn/enrich.py").write_text("def run(rows):\n    return rows\n")
    with (root / "conf/pipeline/churn.yaml").open("a") as file:
        file.write("stages: {enrich: {use: 'pipelines.churn.enrich:run'}}\n")
    assert said(root) == []


def test_a_file_outside_of_the_pipeline_is_not_read(root: Path, tmp_path: Path) -> None:
    (root / "elsewhere.csv").write_text("secret\n")
    (root / FILE).unlink()
    (root / FILE).symlink_to(root / "elsewhere.csv")
    found, shown = validate(root)
    assert [each.rule for each in found] == ["path-outside"]
    assert "secret" not in shown


def recorded(root: Path, **report: object) -> None:
    """Leave what a run of the right configuration would, then misspell it and lose the header of the file."""
    edit(root, "conf/pipeline/churn.yaml", "[plann]", "[plan]")
    record(root)
    (root / "pipelines/churn/reports/data.json").write_text(json.dumps({"schema_version": 1, **report}))
    edit(root, "conf/pipeline/churn.yaml", "[plan]", "[plann]")
    (root / FILE).write_text("")


def test_without_a_header_the_last_run_says_it_as_a_warning(root: Path) -> None:
    recorded(root, header=["age", "plan", "left"])
    assert said(root) == [("`plann` was no column of the data at its last run", "warning")]
    edit(root, DATA, "path: data/churn.csv", "path: data/churn.csv, nulls: [NA]")  # read otherwise since
    assert said(root) == []


def test_a_report_of_a_release_that_kept_no_header_says_nothing(root: Path) -> None:
    recorded(root)
    assert said(root) == []
