"""A report that hides a model too good to be true decides nothing: the judge looks for itself."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from mlops.blocks.accepted_leak import AcceptedLeak
from mlops.documents.training import TooGood, TrainingReport
from mlops.ml.data.encoding import encode
from mlops.ml.evaluation.predictions import Predictions
from mlops.operations.judging.opponent import Run
from mlops.operations.judging.records import judged
from mlops.stages import score
from mlops.stages.context import StageContext
from mlops.stages.gate import Params
from mlops.stages.tables import transformed
from tests.builders.file_bundle import FileBundle

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

EVALUATE = {"task": "binary", "target": "y", "metrics": ["auroc"], "baselines": []}
FOUND = TooGood(measure="AUROC", value=1.0, rows=150, columns=("paid",), how="a tree says so")


def laid_out(root: Path, told: TooGood | None, *, leaks: bool = True) -> Run:
    """A run of a model that reads one column, which gives the target away where it `leaks`."""
    draw = np.random.default_rng(5)
    paid = draw.normal(50, 10, 300).round(2)
    left = paid + (0 if leaks else 15) * draw.normal(size=300) > 50
    lines = [f"{amount},{'yes' if gone else 'no'}" for amount, gone in zip(paid, left, strict=True)]
    made = FileBundle(root / "made", "\n".join(["paid,y", *lines]) + "\n")
    place = root / "pipelines/p"
    (place / "artifacts/split").mkdir(parents=True)
    shutil.copytree(made.folder, place / "artifacts/bundle")
    half = made.frame.height // 2
    train, transform = made.frame.head(half), made.predictor.transform
    (place / "artifacts/features").mkdir()
    np.save(place / "artifacts/features/train_x.npy", transformed(transform, train))
    np.save(place / "artifacts/features/train_y.npy", encode(transform.recipe.target, train))
    train.write_parquet(place / "artifacts/split/train.parquet")
    made.frame.tail(half).write_parquet(place / "artifacts/split/test.parquet")
    score.run(StageContext(place, "p", "score", EVALUATE))
    (place / "reports").mkdir()
    report = TrainingReport(chosen="linear", **({} if told is None else {"too_good": told}))
    (place / "reports/training.json").write_text(report.dumps(), encoding="utf-8")
    return Run(root, "p", place)


def verdicts(run: Run, **params: Any) -> list[tuple[str, str, str]]:
    """What is said of a model that is too good to be true."""
    gate = Params.model_validate({"task": "binary", "rules": [], **params})
    results = judged(run, gate, Predictions.read(run.predictions), None)
    return [(result.verdict, result.mode, result.sentence) for result in results]


def test_a_report_that_says_nothing_of_it_is_not_believed(tmp_path: Path) -> None:
    ((verdict, mode, said),) = verdicts(laid_out(tmp_path, None))
    assert (verdict, mode) == ("fail", "block")
    assert said.startswith(
        "AUROC 1.0000 on 150 rows of test is too good to be true, and hangs on `paid`: a tree of three questions on "
        "that alone is as good; reports/training.json does not say so"
    )


def test_nor_is_one_that_says_it_hangs_on_nothing(tmp_path: Path) -> None:
    ((verdict, mode, said),) = verdicts(laid_out(tmp_path, FOUND.model_copy(update={"columns": (), "how": ""})))
    assert (verdict, mode) == ("fail", "block")
    assert "hangs on `paid`" in said


def test_nor_is_one_that_hangs_on_what_was_accepted(tmp_path: Path) -> None:
    accepted = AcceptedLeak(columns=("other",), reason="it is known by then")
    told = FOUND.model_copy(update={"columns": ("other",)})
    ((verdict, _, said),) = verdicts(laid_out(tmp_path, told), accepted_leak=accepted.model_dump())
    assert verdict == "fail"
    assert "hangs on `paid`, `other`" in said


def test_what_a_report_says_against_its_own_model_is_believed(tmp_path: Path) -> None:
    ((verdict, _, said),) = verdicts(laid_out(tmp_path, FOUND, leaks=False))
    assert (verdict, "rows of validation" in said) == ("fail", True)


def test_an_honest_model_is_not_looked_at(tmp_path: Path) -> None:
    run = laid_out(tmp_path, None, leaks=False)
    assert verdicts(run) == []
    assert not (run.place / score.FOUND).exists()


def test_what_is_found_is_written_as_train_writes_it(tmp_path: Path) -> None:
    run = laid_out(tmp_path, None)
    assert json.loads((run.place / score.FOUND).read_bytes())["too_good"]["part"] == "test"


@pytest.mark.parametrize("columns", [("paid",), ("paid", "other")])
def test_what_was_accepted_passes_with_a_reason(tmp_path: Path, columns: tuple[str, ...]) -> None:
    accepted = AcceptedLeak(columns=columns, reason="it is known by then")
    ((verdict, _, said),) = verdicts(laid_out(tmp_path, FOUND), accepted_leak=accepted.model_dump())
    assert (verdict, said.endswith("; accepted: it is known by then")) == ("pass", True)
