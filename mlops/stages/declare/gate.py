"""The stage `gate`: predictions judged by the declared rules, and everything on one page."""

from __future__ import annotations

from typing import Any

from mlops.configuration.pipeline import Pipeline
from mlops.configuration.tuning import INSIDE
from mlops.kinds.kind import Kind as Named
from mlops.metrics import METRICS
from mlops.plan.stage import Kind, Output
from mlops.stages.declare.declaration import Declaration, Files, Given, Parameter
from mlops.stages.declare.evaluate import group
from mlops.stages.declare.forecasts import task_of
from mlops.stages.declare.gate_bounds import OWN, data_rules, lower_rules, serving_rules, spelt
from mlops.stages.declare.train import attributed

_RULES = "gates preset.gates"
_SOURCE = "data.source.path data.source.package data.source.recorded"  # what a person knows it by


def _group(spec: Pipeline) -> str | None:
    return group(spec) if spec.forecast is None else f"consecutive {spec.data.split.key}"


def _kinds(spec: Pipeline) -> list[Named]:
    """Name what rules bound."""
    found = (rule.kind or METRICS.get(rule.metric) for rule in (*spec.preset.gates, *spec.gates))
    return [kind for kind in found if kind is not None]


def _about(spec: Pipeline) -> dict[str, Any]:
    """Say what the report tells of the model beside its figures."""
    said: dict[str, Any] = {
        "description": spec.description,
        "owners": list(spec.owners),
        "risk": spec.risk,
        "target": spec.data.target,
        "source": spec.data.source.label,
        "recorded": spec.data.source.recorded,
        "labels": spec.evaluate.labels,
    }
    return {key: value for key, value in said.items() if value}


GATE = Declaration(
    "gate",
    parameters=(
        Parameter(
            "about",
            f"description owners risk data.target {_SOURCE} evaluate.labels",
            _about,
            whole=True,
        ),
        Parameter("task", "task", task_of),
        Parameter(
            "group",
            "data.entity data.split.by data.split.key forecast",
            _group,
            but="forecast.backtest forecast.sliding",
        ),
        Parameter("bootstrap", "evaluate.bootstrap"),
        Parameter("minimum_rows", "evaluate.minimum_rows"),
        Parameter(
            "rules",
            f"{_RULES} data.columns.*.in evaluate.bins",
            lambda spec: spelt(lower_rules(spec), by=True),
            whole=True,
        ),
        Parameter("serving", _RULES, lambda spec: spelt(serving_rules(spec)), optional=True, whole=True),
        Parameter("data", _RULES, lambda spec: spelt(data_rules(spec)), optional=True, whole=True),
        Given("waivers"),
        Given("accepted_leak"),
        Parameter("cost", "evaluate.cost", optional=True),
        OWN,
    ),
    inputs=(
        "artifacts/bundle",
        "artifacts/evaluation",
        "reports/data.json",
        "reports/history.csv",
        "reports/metrics.json",
        "reports/plots",
        "reports/split.json",
        "reports/training.json",
        Files(_RULES, lambda spec: ["reports/serving.json"] if serving_rules(spec) else []),
        Files("tune auto", lambda spec: [] if spec.tune is None else ["reports/tuning.json"], but=INSIDE),
        Files("evaluate.explain.attributions", lambda spec: ["reports/explanations.json"] if attributed(spec) else []),
        Files(
            "evaluate.learning_curve",
            lambda spec: ["reports/learning_curve.csv"] if spec.evaluate.learning_curve else [],
        ),
    ),
    outputs=(
        Output("reports/gate.json", Kind.REPORT),
        Output("reports/report.html", Kind.PAGE),
        Output("reports/summary.json", Kind.METRIC),
    ),
    kinds=_kinds,
)
