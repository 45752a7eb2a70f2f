"""What a run says about a bundle: reports as later stages leave them, and the statement that binds them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.documents.statement import REPORTS, Statement
from mlops.files.canonical import digest_file, dumps

DATA = "sha256:" + "1" * 64
PREDICTIONS = "sha256:" + "0" * 64


def gate_of(bundle: str, verdict: str = "pass", predictions: str = PREDICTIONS, **more: Any) -> dict[str, Any]:
    """A verdict by one rule."""
    rule = {"id": "auroc", "metric": "auroc", "against": "value", "by": None, "slice": None, "value": 0.75}
    rule |= {"low": 0.7, "high": 0.8, "bound": 0.6, "n": 40, "verdict": verdict, "mode": "block", "applicable": True}
    rule |= {"sentence": f"auroc is 0.75 | {verdict}"}
    made = {"schema_version": 1, "verdict": verdict, "rules": [rule], "champion": None, "predictions": predictions}
    return made | {"bundle": bundle} | more


def training() -> dict[str, Any]:
    """What training said of one candidate."""
    candidate = {"kind": "linear", "validation": {"auroc": 0.75}, "epochs": None, "best_epoch": None}
    return {"schema_version": 1, "select_by": "auroc", "chosen": "linear", "candidates": {"linear": candidate}}


def metrics_of(bundle: str, **more: Any) -> dict[str, Any]:
    """What evaluation said of the bundle."""
    return {"schema_version": 1, "bundle": bundle, "inputs": {"test.parquet": "sha256:" + "2" * 64}} | more


def reports_of(bundle: str, verdict: str = "pass", predictions: str = PREDICTIONS) -> dict[str, dict[str, Any]]:
    """All reports that a statement binds, but the card."""
    return {
        "gate": gate_of(bundle, verdict, predictions),
        "metrics": metrics_of(bundle),
        "training": training(),
        "data": {"schema_version": 1, "rows": 130, "source": DATA, "checks": [], "columns": []},
        "split": {"schema_version": 1, "by": "random", "parts": {"train": 60, "validation": 30, "test": 40}},
    }


def write_papers(reports: Path, bundle: Path, *, code: dict[str, str] | None = None, **other: dict[str, Any]) -> Papers:
    """Write the reports of a passed run and the statement on them; `other` stands for a report of that name."""
    reports.mkdir(parents=True, exist_ok=True)
    contents = Contents.read(bundle)
    for name, report in {**reports_of(contents.digest), **other}.items():
        (reports / f"{name}.json").write_text(dumps(report), encoding="utf-8")
    (reports / "card.md").write_text("# Model card: tiny\n", encoding="utf-8")
    statement = Statement(
        pipeline=contents.manifest.pipeline,
        digest=contents.digest,
        verdict="pass",
        files=len(contents.manifest.files),
        size=sum(entry.size for entry in contents.manifest.files.values()),
        reports={name: digest_file(reports / name) for name in REPORTS},
        rows={"test": "sha256:" + "2" * 64, "predictions": PREDICTIONS},
        data=DATA,
        configuration="",
        code=code or {},
        libraries={},
    )
    (reports / "bundle.json").write_text(statement.dumps(), encoding="utf-8")
    return Papers.read(reports, contents.digest)
