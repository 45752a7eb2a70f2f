"""What the jobs of a pull request leave behind: a plan and, for every affected pipeline, its reports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

STAGES = ("ingest", "validate", "split", "features", "train", "bundle", "evaluate", "gate", "package")


def change(
    name: str, first: str = "", *, reasons: tuple[str, ...] = (), keys: tuple[Any, ...] = (), **more: Any
) -> Any:
    """Plan a pipeline: everything from stage `first` on runs; nothing where it is empty."""
    start = STAGES.index(first) if first else len(STAGES)
    stages = [
        {"name": stage, "runs": index >= start, "reasons": reasons if index == start else (), "follows": ()}
        for index, stage in enumerate(STAGES)
    ]
    found = [{"key": key, "before": before, "after": after, "where": where} for key, before, after, where in keys]
    return {"name": name, "keys": found, "stages": stages, "gates": {"rules": 6, "changed": False}, **more}


def rule(metric: str, value: float | None, low: float | None, high: float | None, **more: Any) -> Any:
    """Judge by one rule; it passes, against a fixed bound, unless said otherwise."""
    return {
        "id": metric, "metric": metric, "against": "value", "by": None, "slice": None, "bound": 0.65, "value": value,
        "low": low, "high": high, "n": 4038, "verdict": "pass", "mode": "block", "applicable": True,
        "sentence": f"{metric} is {value} [{low}, {high}], as required", **more,
    }  # fmt: skip


def gate(verdict: str, *rules: Any, champion: str | None = "sha256:" + "0" * 64) -> Any:
    """Write what `reports/gate.json` holds; one rule says the same where none is given."""
    rules = rules or (rule("auroc", 0.8, 0.75, 0.85, verdict=verdict),)
    return {"schema_version": 1, "verdict": verdict, "rules": rules, "champion": champion}


def write_plan(folder: Path, *changes: Any, unchanged: int = 0) -> None:
    """Write the plan's artifact; as many more pipelines are there and not affected."""
    (folder / "plan").mkdir(parents=True)
    others = [change(f"other_{index:04}") for index in range(unchanged)]
    value = {
        "schema_version": 1,
        "base": "0" * 40,
        "affected": [item["name"] for item in changes],
        "pipelines": [*changes, *others],
    }
    (folder / "plan" / "plan.json").write_text(json.dumps(value))


def write_report(folder: Path, name: str, judged: Any, *, code: int = 0, **models: dict[str, float]) -> None:
    """Write the artifact of a pipeline's job; `models` gives figures by model and metric."""
    here = folder / f"report-{name}" / name
    here.mkdir(parents=True)
    (here / "exit-code").write_text(f"{code}\n")
    (here / "gate.json").write_text(json.dumps(judged))
    (here / "report.html").touch()
    figures = {model: {key: {"value": value} for key, value in found.items()} for model, found in models.items()}
    (here / "metrics.json").write_text(json.dumps({"models": {m: f for m, f in figures.items() if m != "champion"}}))
    if "champion" in figures:
        (here / "judged.json").write_text(json.dumps({**judged, "models": figures}))
