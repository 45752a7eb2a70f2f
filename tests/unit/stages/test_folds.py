"""Folds from split to evidence: who answers which row, what baselines learnt from, by which threshold is decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mlops.bundle.predictor import Predictor
from mlops.errors import DataError, IntegrityError
from mlops.files.canonical import dumps
from mlops.ml.data import parquet
from mlops.ml.data.folds import FILE, Folds, learnt_by
from mlops.ml.evaluation import baselines
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.studies import threshold
from mlops.operations.judging.agreement import differing
from mlops.stages import evaluate, score, split
from mlops.stages.context import StageContext
from mlops.stages.tables import scored, transformed
from tests.builders.bundles import make_frame, make_model, make_schema
from tests.builders.folded import COUNT, METRICS, make_folded, rows_of

PREDICTIONS = "artifacts/evaluation/predictions.parquet"
COST = {"false_positive": -1.0, "false_negative": -3.0, "true_positive": 2.0}


def folds_of(context: StageContext) -> Folds:
    found = Folds.read(context.path("artifacts/split"))
    assert found is not None
    return found


@pytest.mark.parametrize("task", METRICS)
def test_a_row_is_judged_by_the_member_that_has_not_seen_it_and_served_by_all(tmp_path: Path, task: str) -> None:
    context = make_folded(tmp_path, task)
    evaluate.run(context)
    found, rows, served = (
        Predictions.read(context.path(PREDICTIONS)),
        rows_of(context),
        Predictor.open(context.path("artifacts/bundle")),
    )
    members = served.model.members(transformed(served.transform, rows))
    codes = folds_of(context).of(rows["__row__"])
    assert len(found) == rows.height == 160
    assert found.folds is not None
    assert found.folds.tolist() == codes.tolist()
    assert found.scores["candidate"] == pytest.approx(members[np.arange(160), codes])
    np.testing.assert_allclose(scored(served, rows), members.mean(axis=1), rtol=1e-5)
    report = json.loads(context.path("reports/metrics.json").read_bytes())
    assert sorted(report["models"]) == ["candidate", "dummy", "simple"]


def test_a_baseline_learns_from_what_the_member_learnt_from(tmp_path: Path) -> None:
    context = make_folded(tmp_path)
    evaluate.run(context)
    found = Predictions.read(context.path(PREDICTIONS))
    x, y, codes = (np.load(context.path(f"artifacts/features/{name}.npy")) for name in ("train_x", "train_y", "folds"))
    for member in range(COUNT):
        known, unseen = learnt_by(member, codes, COUNT), codes == member
        expected = baselines.simple("binary", x[known], y[known], 2, x[unseen])
        assert found.scores["simple"][unseen] == pytest.approx(expected)
        assert set(found.scores["dummy"][unseen]) == {y[known].mean()}


def test_no_threshold_is_chosen_on_rows_that_it_decides(tmp_path: Path) -> None:
    context = make_folded(tmp_path, cost=COST)
    evaluate.run(context)
    found, served = Predictions.read(context.path(PREDICTIONS)), Predictor.open(context.path("artifacts/bundle"))
    x, y, codes = (np.load(context.path(f"artifacts/features/{name}.npy")) for name in ("train_x", "train_y", "folds"))
    members, values = served.model.members(x), np.array(found.values)
    for member in range(COUNT):
        stopped, unseen = codes == (member + 1) % COUNT, codes == member
        chosen = threshold.choose(y[stopped], members[stopped, member], values).threshold
        expected = (found.scores["candidate"][unseen] > chosen).astype(int)
        assert found.decisions["candidate"][unseen].tolist() == expected.tolist()
    inner = members[np.arange(len(x)), (codes - 1) % COUNT]
    assert served.decision is not None
    assert served.decision.threshold == pytest.approx(threshold.choose(y, inner, values).threshold)
    decision = json.loads(context.path("reports/metrics.json").read_bytes())["decision"]
    assert decision["chosen"] == (
        "each member's on the fold that stopped it; what is served decides by the threshold of all of them"
    )


def test_evidence_of_a_member_that_has_seen_the_row_is_found_by_who_judges(tmp_path: Path) -> None:
    """What is recorded comes of a split whose folds were turned by one; made again, the rows are others'."""
    context = make_folded(tmp_path)
    place = context.path("artifacts/split") / FILE
    honest = pl.read_parquet(place)
    place.unlink()
    honest.with_columns(fold=((pl.col("fold") + 1) % COUNT).cast(pl.UInt8)).write_parquet(place)
    evaluate.run(context)
    recorded = Predictions.read(context.path(PREDICTIONS))
    split.run(
        StageContext(context.folder, "tiny", "split", {"target": "y", "task": "binary", "by": "stratified", "folds": 4})
    )
    score.run(context)
    assert [*differing(recorded, Predictions.read(context.path(PREDICTIONS)))] == [
        "the fold of 160 of 160 rows is another",
        "the score of candidate of 160 of 160 rows is another",
        "the score of simple of 160 of 160 rows is another",
    ]


@pytest.mark.parametrize("members", [0, COUNT])
def test_a_model_of_other_members_than_there_are_folds_is_refused(tmp_path: Path, members: int) -> None:
    context = make_folded(tmp_path)
    if members:
        (context.path("artifacts/split") / FILE).unlink()
        said = "the model has 4 members but the split no folds"
    else:
        folder = context.path("artifacts/bundle")
        said = "the model has no members, of which one would not have seen a row"
        _exchange(folder, make_model((Predictor.open(folder).transform.shape), "binary"))
    with pytest.raises(IntegrityError) as raised:
        evaluate.run(context)
    assert raised.value.message == said


def _exchange(bundle: Path, model: bytes) -> None:
    from mlops.bundle.manifest import seal

    (bundle / "model.onnx").write_bytes(model)
    (bundle / "manifest.json").unlink()
    seal(bundle, "tiny", "binary")


def refused(tmp_path: Path, frame: pl.DataFrame, **asked: Any) -> str:
    folder = tmp_path / "pipelines/tiny"
    parquet.write(frame, folder / "artifacts/valid.parquet")
    (folder / "artifacts/schema.json").write_text(dumps(make_schema()))
    with pytest.raises(DataError) as raised:
        split.run(StageContext(folder, "tiny", "split", {"target": "y", "task": "binary", "by": "random", **asked}))
    assert not (folder / "artifacts/split").exists()
    return raised.value.message


def test_an_entity_in_two_folds_is_refused(tmp_path: Path) -> None:
    frame = make_frame(120).with_columns(who=pl.col("__row__") // 2)
    said = refused(tmp_path, frame, folds=3, entity="who")
    assert said.endswith(" of 60 values of the entity who are in more than one fold")


def test_more_folds_than_a_class_has_rows_are_refused(tmp_path: Path) -> None:
    frame = make_frame(120).with_columns(y=pl.col("__row__") < 4)
    assert refused(tmp_path, frame, folds=5, by="stratified") == "the class True of y has fewer rows (4) than 5 folds"


def test_too_few_rows_are_refused(tmp_path: Path) -> None:
    assert refused(tmp_path, make_frame(40), folds=5, by="stratified") == "5 folds need 50 rows, 10 each: there are 40"


def test_copies_in_other_folds_are_refused(tmp_path: Path) -> None:
    frame = make_frame(300)
    copies = frame.head(60).with_columns(__row__=pl.col("__row__") + 300)
    said = refused(tmp_path, pl.concat([frame, copies]), folds=5)
    assert said.splitlines()[0].endswith(" of 360 rows are copies of rows of another fold")


def test_the_report_counts_folds_in_place_of_parts(tmp_path: Path) -> None:
    context = make_folded(tmp_path)
    report = json.loads(context.path("reports/split.json").read_bytes())
    assert report["folds"] == COUNT
    assert [(name, part["rows"]) for name, part in report["parts"].items()] == [
        (f"fold {number}", 40) for number in range(1, COUNT + 1)
    ]
