"""A live model of several members: each row is answered by the one that has not seen it, by its own split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mlops.bundle.predictor import Predictor
from mlops.errors import Inconclusive
from mlops.ml.data.folds import FILE, Folds
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.judging import champion_folds
from mlops.operations.judging.champion_folds import SERVED, found, unseen
from mlops.stages import evaluate
from mlops.stages.confronting import confronted
from mlops.stages.tables import scored, transformed
from tests.builders.bundles import make_frame
from tests.builders.folded import COUNT, make_folded, rows_of


def known(rows: list[tuple[str, int, str]]) -> pl.DataFrame:
    fold = champion_folds._fold()
    return pl.DataFrame(
        {"__row__": range(len(rows)), "who": [r[0] for r in rows], "x": [r[1] for r in rows]}
    ).with_columns(pl.Series(fold, [int(r[2]) for r in rows], dtype=pl.Int64))


def test_a_row_is_known_by_its_content_its_keys_and_its_group() -> None:
    theirs = known([("ann", 1, "0"), ("bob", 2, "1"), ("bob", 3, "1"), ("cat", 4, "2"), ("cat", 5, "0")])
    test = pl.DataFrame({"__row__": range(5), "who": ["ann", "bob", "dan", "cat", "cat"], "x": [1, 9, 7, 4, 8]})
    by_content = found(test, theirs, (), None)
    assert by_content.members.tolist() == [0, SERVED, SERVED, 2, SERVED]
    assert by_content.kept.tolist() == [0, 1, 2, 3, 4]
    by_group = found(test, theirs, (), "who")
    assert by_group.members[:3].tolist() == [0, 1, SERVED]
    assert by_group.kept.tolist() == [0, 1, 2]  # every member has seen a row of cat
    assert found(test, theirs, ("who",), None).kept.tolist() == [0, 1, 2]
    with pytest.raises(Inconclusive):
        found(pl.DataFrame({"__row__": [0], "other": [1]}), theirs, (), None)


def test_the_live_model_answers_each_row_by_its_own_unseen_member(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = make_folded(tmp_path / "live", seed=3)
    ours = make_folded(tmp_path / "new", rows=160)
    evaluate.run(ours)
    predictions = Predictions.read(ours.path("artifacts/evaluation/predictions.parquet"))
    monkeypatch.setattr(champion_folds, "split_folder", lambda *_: theirs.path("artifacts/split"))
    test = pl.concat([rows_of(ours), make_frame(1, seed=9).with_columns(__row__=pl.lit(160, dtype=pl.Int64))])
    looked = unseen(tmp_path, "tiny", "sha256:0", ours.folder, test, (), None, COUNT)
    dealt = Folds.read(theirs.path("artifacts/split"))
    assert dealt is not None
    assert looked.members.tolist() == [*dealt.of(rows_of(ours)["__row__"]).tolist(), SERVED]
    assert looked.members[:160].tolist() != (predictions.folds.tolist() if predictions.folds is not None else [])
    live = Predictor.open(theirs.path("artifacts/bundle"))
    both = confronted(predictions, live, "sha256:0", test[:160], {}, (tmp_path, "tiny"), looked.members[:160])
    each = live.model.members(transformed(live.transform, test[:160]))
    assert both.scores["champion"] == pytest.approx(each[np.arange(160), looked.members[:160]])
    served = confronted(predictions, live, "sha256:0", test[:160], {}, (tmp_path, "tiny"), np.full(160, SERVED))
    assert served.scores["champion"] == pytest.approx(scored(live, test[:160]))


def test_members_whose_folds_nobody_knows_decide_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = make_folded(tmp_path)
    monkeypatch.setattr(champion_folds, "split_folder", lambda *_: theirs.path("artifacts/split"))
    with pytest.raises(Inconclusive) as raised:
        unseen(tmp_path, "tiny", "sha256:0", theirs.folder, rows_of(theirs), (), None, 5)
    assert raised.value.message == "the live model has 5 members, but the split that it was made of 4 folds"
    (theirs.path("artifacts/split") / FILE).unlink()
    with pytest.raises(Inconclusive) as raised:
        unseen(tmp_path, "tiny", "sha256:0", theirs.folder, rows_of(theirs), (), None, COUNT)
    assert raised.value.message == "the live model has 4 members, but the split that it was made of no folds"
