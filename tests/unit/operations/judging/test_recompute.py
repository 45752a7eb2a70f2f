"""What is recorded is made again from data and bundle: a forgery of any part is named, and decides nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from mlops.cli.main import run
from mlops.errors import Inconclusive, InfrastructureError, IntegrityError, MlopsError
from mlops.files.canonical import dumps
from mlops.operations.auditing.enter import enter
from mlops.operations.judging import recompute, replay
from mlops.operations.judging.agreement import close, first_difference
from mlops.operations.judging.recompute import recomputed
from mlops.operations.judging.rejudge import rejudge
from mlops.operations.processes.again import run_again
from tests.builders.believed import believing
from tests.builders.repositories import edit
from tests.builders.trained import in_this_process, relock, trained_shop

CHURN = "pipelines/churn"
PREDICTIONS = f"{CHURN}/artifacts/evaluation/predictions.parquet"


def test_the_first_difference_is_named_by_its_place() -> None:
    ours = {"models": {"a": {"auroc": 0.80001}}, "rows": [1, 2, None]}
    assert first_difference(ours, ours) == ""
    assert first_difference(ours, {**ours, "models": {"a": {"auroc": 0.80002}}}) == ""
    assert first_difference(ours, {**ours, "models": {"a": {"auroc": 0.801}}}) == "models.a.auroc"
    assert first_difference(ours, {**ours, "rows": [1, 2, False]}) == "rows[2]"
    assert first_difference(ours, {**ours, "rows": [1, 2]}) == "rows"
    assert first_difference(ours, {**ours, "more": 1}) == "more"
    assert first_difference(1, True) == "its top"


def test_what_is_no_number_of_a_machine_agrees_with_nothing() -> None:
    huge, endless = 10**400, float("inf")
    assert close(0.5, 0.50001)
    for one, other in ((endless, endless), (endless, 0.5), (huge, 0.5), (huge, huge), (float("nan"), float("nan"))):
        assert not close(one, other)
        assert first_difference({"value": one}, {"value": other}) == "value"


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the shop; stages are made again in this process, which has imported what they need."""
    monkeypatch.setattr(replay, "run_again", in_this_process)
    return shutil.copytree(trained_shop(), tmp_path / "work", symlinks=True)


def rewrite(root: Path, file: str, **columns: pl.Expr) -> None:
    """Change columns of a Parquet file, which keeps its facts."""
    path = root / file
    facts = pl.read_parquet_metadata(path)
    frame = pl.read_parquet(path).with_columns(**columns)
    path.unlink()
    frame.write_parquet(path, metadata={key: value for key, value in facts.items() if key == "mlops"})


def amend(root: Path, report: str, change: Callable[[Any], None]) -> None:
    path = root / CHURN / "reports" / report
    document = json.loads(path.read_bytes())
    change(document)
    path.unlink()
    path.write_text(dumps(document))


def said(root: Path) -> list[str]:
    with pytest.raises(IntegrityError) as raised, recomputed(root, "churn"):
        pass
    assert raised.value.exit_code == 5
    first, *rest = raised.value.message.splitlines()
    assert first == "churn: what is recorded is not what comes out of its data and its bundle"
    return [line.strip() for line in rest]


@pytest.mark.slow
def test_an_honest_run_agrees_and_is_judged_by_what_was_made_again(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "run_again", run_again)
    with recomputed(shop, "churn") as found:
        assert found.compared
        assert rejudge(shop, "churn", "HEAD", found).verdict == "pass"
        place = found.run.place
    assert not place.exists(), "nothing of it is left"
    assert list((shop / ".mlops/judge").iterdir()) == []


@pytest.mark.slow
def test_a_score_that_is_the_target_is_named_although_the_lock_was_told_to_agree(shop: Path) -> None:
    rewrite(shop, PREDICTIONS, candidate=pl.col("target").cast(pl.Float64))
    relock(shop)
    (sentence,) = said(shop)
    assert sentence.startswith("the score of candidate of ")


@pytest.mark.slow
def test_a_gate_that_only_a_forgery_passes_ends_with_5_and_passes_where_nothing_is_made_again(
    shop: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(shop, "conf/pipeline/churn.yaml", "at_least: 0.85", "at_least: 0.96")
    monkeypatch.chdir(shop)
    assert run(["compile"]) == 0
    rewrite(shop, PREDICTIONS, candidate=pl.col("target").cast(pl.Float64))
    in_this_process(shop / CHURN, ("gate", "package"), shop / "log")
    relock(shop)
    enter(shop, "churn")  # a forger can
    capsys.readouterr()
    assert run(["gate", "churn", "--base", "HEAD"]) == 5
    assert "the score of candidate of " in capsys.readouterr().err
    monkeypatch.setattr(recompute, "recomputed", believing)
    assert run(["gate", "churn", "--base", "HEAD", "--explain"]) == 0, capsys.readouterr().out


@pytest.mark.slow
def test_without_the_predictions_the_figures_are_held_against_the_scores(shop: Path) -> None:
    shutil.rmtree(shop / CHURN / "artifacts/evaluation")
    with recomputed(shop, "churn") as found:
        assert not found.compared
    amend(shop, "metrics.json", lambda document: document["models"]["candidate"]["auroc"].update(value=0.999))
    relock(shop)
    (sentence,) = said(shop)
    assert sentence.startswith("reports/metrics.json says auroc 0.999 of candidate: it is 0.9")


def test_a_figure_that_cannot_be_computed_is_no_whole_number_however_large() -> None:
    assert recompute._agrees(None, float("nan"))
    assert recompute._agrees(float("inf"), float("nan"))
    assert not recompute._agrees(10**400, float("nan"))


@pytest.mark.slow
def test_what_a_report_says_begins_no_line_of_its_own(shop: Path) -> None:
    forged = {"by": "x\n::set-output name=x::1", "slice": "a", "n": 1, "metrics": {}}
    amend(shop, "metrics.json", lambda document: document.update(slices=[forged]))
    relock(shop)
    (sentence,) = said(shop)
    assert sentence == "reports/metrics.json has a slice x\\n::set-output name=x::1 = a that does not come out"


@pytest.mark.slow
@pytest.mark.parametrize(
    "shape", [{"models": 1}, {"models": {"candidate": {"auroc": 1}}}, {"slices": [1]}, {"rows": "1"}]
)
def test_figures_of_any_other_shape_are_damaged(shop: Path, shape: dict[str, Any]) -> None:
    amend(shop, "metrics.json", lambda document: document.update(shape))
    relock(shop)
    assert said(shop) == ["reports/metrics.json is missing or damaged"]


@pytest.mark.slow
def test_everything_that_was_forged_is_told_at_once(shop: Path) -> None:
    rewrite(shop, f"{CHURN}/artifacts/raw.parquet", age=pl.lit("50"))
    rewrite(shop, PREDICTIONS, target=1 - pl.col("target"))
    amend(shop, "data.json", lambda document: document.update(rows=501))
    relock(shop)
    found = said(shop)
    assert "artifacts/raw.parquet has other rows than dvc.lock names" in found
    assert "reports/data.json says something else at rows" in found
    assert any(line.startswith("the target of ") for line in found)


@pytest.mark.slow
def test_a_split_that_the_configuration_does_not_make_is_named(shop: Path) -> None:
    path = shop / CHURN / "artifacts/split/test.parquet"
    frame = pl.read_parquet(path)
    path.unlink()
    frame.head(frame.height - 1).write_parquet(path)
    relock(shop)
    assert "artifacts/split has other rows than dvc.lock names" in said(shop)


def _data(root: Path) -> None:
    (root / CHURN / "data/table.csv").write_text("age,visits,plan,left\n")


def _no_data(root: Path) -> None:
    (root / CHURN / "data/table.csv").unlink()


def _no_bundle(root: Path) -> None:
    shutil.rmtree(root / CHURN / "artifacts/bundle")
    shutil.rmtree(root / ".dvc/cache", ignore_errors=True)
    shutil.rmtree(root / ".mlops", ignore_errors=True)


def _newer(root: Path) -> None:
    edit(root, f"{CHURN}/params.yaml", "drop_null_target:", "drop_null_targets:")


def _no_lock(root: Path) -> None:
    (root / CHURN / "dvc.lock").unlink()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoil", "kind", "message"),
    [
        (_data, IntegrityError, "churn: data/table.csv is not the data that was learnt from"),
        (_no_data, InfrastructureError, "churn: data/table.csv is not here"),
        (_no_bundle, InfrastructureError, "churn: the bundle sha256:"),
        (_newer, Inconclusive, "churn: this version of mlops cannot read what the run was made with: validate.drop"),
        (_no_lock, InfrastructureError, "churn: there is no run to judge"),
    ],
)
def test_what_it_takes_is_asked_for(
    shop: Path, spoil: Callable[[Path], None], kind: type[MlopsError], message: str
) -> None:
    spoil(shop)
    with pytest.raises(kind) as raised, recomputed(shop, "churn"):
        pass
    assert raised.value.message.startswith(message)
    assert raised.value.hint
