"""Which bundle of the last run may be released: none whose verdict is no pass, which is said, and none before a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops.documents.gate import GateReport
from mlops.errors import GateFailed, Inconclusive, MlopsError, StaleError
from mlops.operations.releasing.record import bundle_of

A = "sha256:" + "a" * 64


def ran(root: Path, verdict: str) -> Path:
    """Leave what a run leaves whose gate refused: a verdict, and no statement on the bundle."""
    reports = root / "pipelines/churn/reports"
    reports.mkdir(parents=True)
    (reports / "gate.json").write_text(GateReport(verdict=verdict, rules=(), bundle=A).dumps())
    return root


@pytest.mark.parametrize(("verdict", "kind"), [("fail", GateFailed), ("inconclusive", Inconclusive)])
def test_a_bundle_that_did_not_pass_is_told_by_its_verdict(
    verdict: str, kind: type[MlopsError], tmp_path: Path
) -> None:
    with pytest.raises(kind) as caught:
        bundle_of(ran(tmp_path, verdict), "churn")
    assert str(caught.value.message) == f"churn: the verdict on the bundle {A[:19]}… is {verdict}, not pass"
    assert caught.value.hint == "mlops gate churn --explain"


def test_where_nothing_ran_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(StaleError) as caught:
        bundle_of(tmp_path, "churn", ", or name one: --bundle")
    assert str(caught.value.message) == "pipelines/churn has no bundle"
    assert caught.value.hint == "run `mlops run churn` first, or name one: --bundle"
