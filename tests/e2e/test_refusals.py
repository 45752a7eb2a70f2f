"""Mistakes that would make a model look better than it is, on the real data."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from tests.builders.clones import Clone, clone
from tests.builders.repositories import edit
from tests.builders.small import copy_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ingested(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """A clone that has read its data, which none of these mistakes is about."""
    made = clone(repository, tmp_path_factory.mktemp("ingested"))
    done = made.run("dvc", "repro", "-q", "--single-item", "pipelines/rand_hie/dvc.yaml:ingest")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture
def copy(ingested: Clone, tmp_path: Path) -> Clone:
    return copy_of(ingested, tmp_path / "repository")


@pytest.mark.parametrize(
    "column", ["outpdol", "mdvis", *(pytest.param(name, marks=pytest.mark.long) for name in ("drugdol", "lnmeddol"))]
)
def test_a_column_that_gives_the_target_away_is_refused_by_name(copy: Clone, column: str) -> None:
    edit(copy.root, "conf/data/rand_hie.yaml", f" {column}, ", " ")
    assert copy.mlops("compile").returncode == 0
    done = copy.mlops("run", "rand_hie")
    assert done.returncode == 4
    assert f"`{column}` gives the target away" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (copy.root / "pipelines/rand_hie/artifacts/valid.parquet").exists()


def test_a_split_by_row_is_refused_with_the_overlap_of_persons(copy: Clone) -> None:
    edit(copy.root, "conf/pipeline/rand_hie.yaml", "{by: group, key: zper}", "{by: random}")
    checked = copy.mlops("validate", "rand_hie")
    assert "rows of one `zper` may fall into several parts" in checked.stderr
    assert copy.mlops("validate", "rand_hie", "--strict").returncode == 4
    assert copy.mlops("compile").returncode == 0
    done = copy.mlops("run", "rand_hie")
    assert done.returncode == 4
    assert "values of the entity zper are in more than one part" in done.stderr
    assert not (copy.root / "pipelines/rand_hie/artifacts/split").exists()


def test_data_that_breaks_its_schema_stops_the_run_and_prints_no_value(copy: Clone) -> None:
    edit(
        copy.root,
        "conf/data/rand_hie.yaml",
        "xage: {type: float, between: [0, 100]}",
        "xage: {type: float, between: [0, 50]}",
    )
    assert copy.mlops("compile").returncode == 0
    done = copy.mlops("run", "rand_hie")
    assert done.returncode == 4
    assert "xage" in done.stderr
    with gzip.open(copy.root / "pipelines/rand_hie/data/rand_hie.csv.gz", "rt") as rows:
        ages = {row["xage"] for row in csv.DictReader(rows) if "." in row["xage"] and float(row["xage"]) > 50}
    assert len(ages) > 1000
    assert [age for age in ages if age in done.stdout + done.stderr] == []
    assert not (copy.root / "pipelines/rand_hie/artifacts/valid.parquet").exists()
    report = (copy.root / "pipelines/rand_hie/reports/data.json").read_text()
    assert '"xage"' in report
