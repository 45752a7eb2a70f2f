"""Reports of a run that was examined in every way: made up, small, and with what a page has to show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlops.files.canonical import dumps

if TYPE_CHECKING:
    from mlops.stages.context import StageContext


def interval(value: float, half: float = 0.01) -> dict[str, float]:
    """A value in the middle of its interval."""
    return {"value": value, "low": value - half, "high": value + half}


def perturbed(value: float, change: float) -> dict[str, float]:
    """A value on changed rows, and its paired change."""
    return {**interval(value), "change": change, "change_low": change - 0.005, "change_high": change + 0.005}


ROBUSTNESS = {
    "noise": {"strength": 0.1, "metrics": {"auroc": perturbed(0.85, -0.01), "log_loss": perturbed(0.45, 0.02)}},
    "unseen_categories": {"strength": 0.25, "metrics": {"auroc": perturbed(0.8, -0.06)}},
}
IMPORTANCE = {
    "metric": "auroc",
    "rows": 1000,
    "repetitions": 5,
    "columns": [{"column": f"column_{number}", **interval(0.2 / number, 0.005)} for number in range(1, 16)],
}
DISCOVERED = [{"slice": ["age over 60", "site = b"], "n": 120, "loss": 0.31, "rest": 0.14, "p": 0.0004}]
DECISION = {
    "unit": "EUR",
    "values": [[0.0, -5.0], [-40.0, 20.0]],
    "thresholds": {"candidate": 0.21, "champion": 0.3, "dummy": 0.5, "simple": 0.25},
    "chosen": "on validation, by the greatest mean value",
    "validation": {"rows": 1000, "value": 3.25},
    "theoretical": 0.0769,
    "break_even": {"false_positive": -18.0, "false_negative": None},
    "sentences": [
        "against leaving every row alone, deciding by the model pays while a false positive costs less than 18"
    ],
}
EXPLANATIONS = {
    "schema_version": 1,
    "candidate": "gradient_boosting",
    "method": "SHAP",
    "unit": "log-odds",
    "sample": 500,
    "gap": 0.0,
    "columns": [{"column": "age", "value": 0.4}, {"column": "income", "value": 0.1}],
    "key": "person",
    "rows": [{"row": "p7", "base": 0.1, "output": -0.3, "columns": {"age": -0.6, "income": 0.2}}],
}
LEARNING_CURVE = "share,rows,value,low,high\n0.1,300,0.7,0.66,0.74\n0.5,1500,0.8,0.77,0.83\n1,3000,0.86,,\n"
SERVING = {
    "schema_version": 1,
    "inputs": {},
    "champion": "sha256:" + "c" * 64,
    "units": {"latency_p50": "s", "throughput": "rows/s", "size": "MiB", "memory": "MiB"},
    "repetitions": {
        "candidate": {
            "latency_p50": [0.0012, 0.0011, 0.0013],
            "throughput": [90000.0, 91000.0, 89500.0],
            "size": [1.5, 1.5, 1.5],
            "memory": [None, None, None],
        },
        "champion": {"latency_p50": [0.0014, 0.0015, 0.0016], "throughput": [80000.0, 81000.0, 79000.0]},
    },
}
PROFILES = {
    "age": {"edges": [20.0, 40.0, 60.0], "counts": [1000, 2000, 1500, 500]},
    "income": {"levels": {"high": 700, "#0a1b2c3d": 3000}},
}
NOISE = {
    "method": "confident learning",
    "estimate": True,
    "rows": 5000,
    "seed": 0,
    "balanced_accuracy": 0.9,
    "share": 0.031,
    "pairs": [{"given": "yes", "likely": "no", "rows": 90}],
    "reason": "",
}
WAIVER = {
    "rule": "auroc-site",
    "reason": "site b opens in May and has few rows until then",
    "owner": "@ada",
    "approver": "@grace",
    "granted": "2026-03-01",
    "expires": "2026-03-20",
}


def examine(context: StageContext) -> None:
    """Add to the reports of a written run everything that can be asked for."""
    _add(
        context,
        "metrics",
        {"robustness": ROBUSTNESS, "importance": IMPORTANCE, "discovered": DISCOVERED, "decision": DECISION},
    )
    _add(context, "data", {"label_noise": NOISE, "drift": {"age": {"psi": 0.31, "ks": 0.1}, "income": {"psi": 0.02}}})
    data = json.loads(context.path("reports/data.json").read_text())
    columns = [column | {"profile": PROFILES[column["name"]]} for column in data["columns"]]
    _add(context, "data", {"columns": columns})
    leak = {"name": "near_duplicates", "column": None, "severity": "warn", "failed": 3, "total": 1000, "passed": True}
    _add(context, "split", {"checks": [{**leak, "message": "3 of 1,000 rows of test are almost copies"}]})
    texts = {
        "explanations.json": dumps(EXPLANATIONS),
        "serving.json": dumps(SERVING),
        "learning_curve.csv": LEARNING_CURVE,
        "plots/value.csv": "model,count,x,y\ncandidate,0,0,1.5\ncandidate,0,0.5,3\ncandidate,0,1,-2\n",
    }
    for name, text in texts.items():
        context.path(f"reports/{name}").write_text(text)


def _add(context: StageContext, name: str, more: dict[str, Any]) -> None:
    path = context.path(f"reports/{name}.json")
    path.write_text(dumps(json.loads(path.read_text()) | more))
