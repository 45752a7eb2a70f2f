"""`mlops stage gate`: judge the predictions by the declared rules, and show everything on one page.

It records and does not stop: `package` is where a verdict has consequences. Only broken input is an error.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from mlops.blocks.cost import Cost
from mlops.documents.gate import GateReport, Rate
from mlops.documents.metrics import MetricsReport
from mlops.documents.split import JUDGED
from mlops.documents.summary import Summary
from mlops.errors import DataError, IntegrityError
from mlops.files.atomic import write_text
from mlops.files.canonical import digest_file
from mlops.gate_rules import FAIRNESS
from mlops.metrics import METRICS
from mlops.ml.evaluation.judging.fairness import Labelled, rates
from mlops.ml.evaluation.judging.gate import LATER, Gate, Reports, judge_gate
from mlops.ml.evaluation.judging.own_metrics import OwnMetric
from mlops.ml.evaluation.predictions import Predictions
from mlops.ml.evaluation.studies import costs
from mlops.plan.gate import registered
from mlops.present.report import page
from mlops.present.report.about import UNKNOWN, About
from mlops.verdict import verdict

if TYPE_CHECKING:
    from mlops.stages.context import StageContext

_PREDICTIONS = "artifacts/evaluation/predictions.parquet"
_MANIFEST = "artifacts/bundle/manifest.json"


class Params(Gate):
    """The `gate` section of params.yaml; code and libraries only make the stage stale."""

    task: Literal["binary", "multiclass", "regression"]
    about: About = UNKNOWN
    cost: Cost | None = None
    own: dict[str, OwnMetric] = Field(default_factory=dict)
    code: Any = None
    libraries: dict[str, str] = Field(default_factory=dict)


def run(context: StageContext) -> None:
    """Write gate.json, report.html and summary.json."""
    params = Params.model_validate(context.params)
    predictions = Predictions.read(context.path(_PREDICTIONS))
    if predictions.task != params.task:
        raise DataError(f"the predictions are {predictions.task} but the gate judges {params.task}")
    if costs.priced(predictions, params.cost).values != predictions.values:
        raise DataError("decisions were valued otherwise than the gate says", hint=f"mlops run {context.pipeline}")
    rules = judge_gate(params, predictions, Reports.read(context.path("reports")), LATER)
    treated = _group_rates(params, predictions)
    report = GateReport(
        verdict=verdict(rules),
        rules=rules,
        bundle=_judged(context),
        predictions=digest_file(context.path(_PREDICTIONS)),
        registered=registered(context.params),
        method=_method(params, predictions),
        **({"group_rates": treated} if treated else {}),
    )
    write_text(context.path("reports/gate.json"), report.dumps())
    measured = MetricsReport.read(context.path("reports/metrics.json")) or MetricsReport()
    write_text(context.path("reports/summary.json"), Summary.of(report, measured).dumps())
    better = {name: info.higher_is_better for name, info in METRICS.items()}
    better |= {name: metric.better == "higher" for name, metric in params.own.items()}
    better |= {name: kind.higher_is_better for name, kind in FAIRNESS.items()}
    html = page.render(context.pipeline, report, context.path("reports"), better, params.about)
    write_text(context.path("reports/report.html"), html)
    context.say(_line(report))


def _judged(context: StageContext) -> str:
    """Name the bundle that was scored; raises IntegrityError where another one lies here.

    Where the figures are gone the page says so, and `package` refuses.
    """
    bundle = digest_file(context.path(_MANIFEST))
    measured = MetricsReport.read(context.path("reports/metrics.json"))
    if measured is not None and measured.bundle not in (None, bundle):
        raise IntegrityError(f"reports/metrics.json is about another bundle than {bundle[:19]}…, which lies here")
    return bundle


def _group_rates(params: Params, predictions: Predictions) -> dict[str, dict[str, tuple[Rate, ...]]]:
    """Give the rates that fairness compares, by column and group, whichever of them a rule bounds."""
    columns = sorted({rule.of for rule in params.rules if rule.of} & set(predictions.slices))
    if predictions.task != "binary" or not columns:
        return {}
    decided, tail = predictions.decided("candidate"), params.bootstrap.tail
    labels = {column: predictions.slices[column].astype(object) for column in columns}
    found = {
        column: rates(Labelled(predictions.target, decided, group, predictions.groups, predictions.weights), tail)
        for column, group in labels.items()
    }
    return {
        column: {rate: tuple(group.rounded for group in groups) for rate, groups in table.items()}
        for column, table in found.items()
    }


def _method(params: Params, predictions: Predictions) -> str:
    """Say how intervals were made and what slices share."""
    boot = params.bootstrap
    unit = "rows" if predictions.groups is None else f"whole groups of {params.group}"
    dealt = ""
    if predictions.folds is not None:
        count = int(predictions.folds.max()) + 1
        dealt = f", inside each of {count} folds, and as wide as these differ (Nadeau and Bengio)"
    return (
        f"{boot.confidence:.0%} intervals: percentile bootstrap, {boot.samples:,} resamples of {unit}, the same ones "
        f"for every model (seed {boot.seed}){dealt}; slices of one rule share its error by Holm's method"
        + (
            ""
            if all(rule.correction == "holm" for rule in params.rules)
            else ", or by Benjamini and Hochberg's if asked"
        )
        + (
            ""
            if predictions.weights is None
            else f"; rows count by weight, worth {predictions.size():,} of equal weight"
        )
        + ("; fairness by score intervals of every pair of groups" if any(rule.of for rule in params.rules) else "")
        + ("; McNemar's and Tango's tests where asked" if any(r.test == "mcnemar" for r in params.rules) else "")
        + ("" if predictions.folds is None else f"; {JUDGED}")
    )


def _line(report: GateReport) -> str:
    counts = asdict(report.tally)
    words = ", ".join(f"{count} {said}" for said, count in counts.items() if count) or "no rule applies"
    return f"{report.verdict} ({words})"
