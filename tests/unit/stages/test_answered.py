"""Test rows that a server would refuse: left out of every measure, counted, and packaged alike."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.bundle.schema import Requests, RequestSchema
from mlops.documents.metrics import Refused
from mlops.errors import DataError
from mlops.files.canonical import digest_file
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.judging.opponent import Run, judged_rows
from mlops.stages import evaluate, package
from mlops.stages.answered import acceptable, answered
from mlops.stages.context import StageContext
from tests.builders.bundles import make_frame, make_predictor
from tests.builders.papers import gate_of
from tests.builders.rows import json_row
from tests.unit.stages.test_step_evaluate import PREDICTIONS, pipeline, report

pytestmark = pytest.mark.slow

PARAMS = {"pipeline": "tiny", "configuration": "sha256:c"}


def spoilt() -> pl.DataFrame:
    """Rows of which three could not be sent: two have a new null, one an infinite age as well as a new null."""
    frame, row = make_frame(40, seed=2), pl.int_range(pl.len())
    return frame.with_columns(
        visits=pl.when(row.is_in([3, 4, 5])).then(None).otherwise(pl.col("visits")),
        age=pl.when(row == 5).then(float("inf")).otherwise(pl.col("age")),
    )


def test_a_table_is_sorted_as_a_server_would_sort_its_rows() -> None:
    frame, schema = spoilt(), make_predictor().schema
    rows = [json_row(row) for row in frame.select(field.name for field in schema.fields).iter_rows(named=True)]
    assert np.flatnonzero(~acceptable(frame, schema)).tolist() == sorted(schema.inspect(rows).causes) == [3, 4, 5]
    kept, refused = answered(frame, schema)
    assert kept.height == 37
    assert refused == (
        Refused(column="age", reason="value", rows=1),
        Refused(column="visits", reason="null", rows=2),
    )
    assert answered(frame, make_predictor(nulls="impute").schema)[1] == (Refused(column="age", reason="value", rows=1),)
    whole, none = answered(make_frame(), schema)
    assert (whole.height, none) == (60, ())


def test_a_server_that_would_refuse_every_row_leaves_nothing_to_judge() -> None:
    frame = make_frame().with_columns(visits=pl.lit(None, dtype=pl.Int64))
    with pytest.raises(DataError) as caught:
        answered(frame, make_predictor().schema)
    assert (caught.value.message, caught.value.hint) == (
        "a server would refuse every test row",
        "write `requests: {nulls: impute}`",
    )


@pytest.mark.parametrize(("nulls", "left"), [("refuse", 37), ("impute", 39)])
def test_what_is_judged_and_packaged_is_what_would_be_answered(
    tmp_path: Path, nulls: str, left: int, capsys: pytest.CaptureFixture[str]
) -> None:
    context = pipeline(tmp_path, requests={"nulls": nulls})
    spoilt().write_parquet(context.path("artifacts/split/test.parquet"))
    evaluate.run(context)
    assert "rows are left out, which a server would refuse: `age` value" in capsys.readouterr().err
    assert report(context)["rows"] == len(Predictions.read(context.path(PREDICTIONS)).rows) == left
    assert sum(item["rows"] for item in report(context)["refused"]) == 40 - left
    test, run = pl.read_parquet(context.path("artifacts/split/test.parquet")), Run(tmp_path, "tiny", context.folder)
    recorded = Predictions.read(context.path(PREDICTIONS))
    assert judged_rows(test, recorded, run).height == left, "the live model is asked about the same rows"
    fewer = replace(recorded, rows=recorded.rows[1:])
    assert judged_rows(test, fewer, run).height == 40, "a row that was lost otherwise is seen by who compares"
    judged = digest_file(context.path("artifacts/bundle/manifest.json"))
    gate = gate_of(judged, predictions=digest_file(context.path(PREDICTIONS)))
    context.path("reports/gate.json").write_text(json.dumps(gate))
    package.run(StageContext(context.folder, "tiny", "package", PARAMS))
    schema = RequestSchema.parse(context.path("artifacts/bundle/schema.json").read_bytes())
    assert schema.requests == Requests.model_validate({"nulls": nulls})
    card = context.path("reports/card.md").read_text()
    assert f"- Left out of every measure: {40 - left} test rows that a server would refuse" in card


def test_perturbed_rows_that_a_server_would_refuse_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for nulls, said in (("refuse", True), ("impute", False)):
        evaluate.run(pipeline(tmp_path / nulls, robustness={"missing": 0.3}, requests={"nulls": nulls}))
        assert ("missing: a server would refuse" in capsys.readouterr().err) == said
