"""What a retraining adds can be read together with what is there, however that is spelt."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from mlops.bundle.contents import verify
from mlops.ml.data import types
from mlops.ml.data.sources import scan
from mlops.operations.watching.retrain import retrain
from mlops.operations.workspace import open_workspace
from mlops.sources.source import Source
from tests.builders.bundles import make_bundle, make_frame
from tests.builders.logs import write_day
from tests.builders.repositories import edit, make_repository

MONITOR = """
monitor:
  labels: labels.csv
  retrain: {when: [schedule], minimum_new_labels: 10}
"""
DATA = """\
source: {kind: csv, path: data/rows, nulls: ["", NA]}
keys: [branch]
columns:
  branch: {type: string}
  plan: {type: category}
"""
EURO = """\
branch;age;visits;insured;plan;joined;seen;left
007;40,5;3;Y;gold;31.12.2014;31.12.2020 08:30;yes
012;NA;4;Y;plus;01.02.2015;NA;no
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository whose source is a folder of one file, as a spreadsheet in Germany writes it."""
    made = make_repository(tmp_path / "shop")
    pipeline = made / "conf/pipeline/churn.yaml"
    pipeline.write_text(pipeline.read_text().rstrip("\n") + MONITOR)
    (made / "conf/data/churn.yaml").write_text(DATA)
    rows = made / "pipelines/churn/data/rows"
    rows.mkdir()
    (rows / "euro.csv").write_text(EURO)
    bundle = make_bundle(made / "pipelines/churn/artifacts/bundle")
    names = write_day(made / ".mlops/log/churn", bundle, 0, make_frame().with_columns(plan=pl.lit("plus;gold")))
    lines = [f"{name},2026-11-02,0{row % 3},{'yes' if row % 2 else 'no'}\n" for row, name in enumerate(names)]
    (made / "labels.csv").write_text("".join(["prediction_id,time,branch,left\n", *lines]))
    until = "2026-11-20T00:00:00Z"
    report = {"schema_version": 1, "pipeline": "churn", "until": until, "newest_record": until, "status": "ok"}
    found = {**report, "why": "", "alarms": [], "windows": [], "bundle": verify(bundle), "reference": "sha256:a"}
    (made / "report.json").write_text(json.dumps(found))
    return made


def added(root: Path) -> str:
    proposal = retrain(open_workspace(root, ("churn",)), "churn", root / "report.json").proposal
    assert proposal is not None
    (text,) = (text for path, text in proposal.files.items() if "/ledger/model/" not in path)
    assert len(proposal.files) == 2
    assert isinstance(text, str)
    return text


def test_a_new_file_is_spelt_like_the_source(root: Path) -> None:
    text = added(root)
    assert text.splitlines()[:2] == [
        EURO.splitlines()[0],
        '00;41,51;0;N;"plus;gold";07.05.2017;01.01.2022 10:20;no',
    ], text
    assert {line.split(";")[-1] for line in text.splitlines()[1:]} == {"yes", "no"}
    (root / "pipelines/churn/data/rows/new.csv").write_text(text)
    joined = scan(Source(kind="csv", path="data/rows", nulls=("", "NA")), root / "pipelines/churn").collect()
    settled = {name: types.settle(joined[name]) for name in ("branch", "age", "insured", "joined", "seen", "left")}
    assert [item.type for item in settled.values()] == ["category", "float", "bool", "date", "datetime", "bool"]
    assert joined["branch"].to_list()[:5] == ["007", "012", "00", "01", "02"]
    assert joined["age"].null_count() > 1


def test_a_header_that_the_pipeline_renames_is_written_as_it_is(root: Path) -> None:
    edit(
        root,
        "conf/data/churn.yaml",
        "path: data/rows,",
        "path: data/rows, names: [branch, age, visits, insured, plan, joined, seen, left],",
    )
    file = root / "pipelines/churn/data/rows/euro.csv"
    file.write_text(file.read_text().replace("branch;age", "Filiale;Alter"))
    assert added(root).startswith("Filiale;Alter;visits;")
