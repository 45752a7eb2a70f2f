"""The quantitative analyses of a model card: what was measured, by group, by circumstance, by condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from mlops.documents.data import DataReport
from mlops.documents.figures import Figure
from mlops.documents.gate import Rate, RuleResult
from mlops.documents.metrics import Changed, MetricsReport, Reliability
from mlops.documents.split import SplitReport
from mlops.gate_rules.fairness import RATES, SELECTION
from mlops.ml.evaluation.judging.names import called
from mlops.present.card.words import ROWS, escaped, interval, measure, measured, number, table

Rules = tuple[RuleResult, ...]
Rates = Mapping[str, Mapping[str, tuple[Rate, ...]]]


def analyses(rules: Rules, rates: Rates, metrics: MetricsReport) -> Iterator[str]:
    """List every analysis that there is evidence of, each under its own heading."""
    parts = (
        ("Unitary and intersectional results", _slices(rules, metrics)),
        ("Fairness", _fairness(rules, rates)),
        ("Calibration", _calibration(metrics.reliability)),
        ("Robustness", _robustness(rules, metrics)),
        ("Slices that nobody declared", _discovered(metrics)),
        ("Errors by segment", _residuals(metrics)),
    )
    for title, part in parts:
        lines = list(part)
        if lines:
            yield from ("", f"### {title}", "", *lines)


def threshold(metrics: MetricsReport) -> Iterator[str]:
    """Say how scores become decisions, and what decisions are worth."""
    found = metrics.decision
    if found is None:
        if metrics.task in ("binary", "multiclass"):
            yield "- Decision threshold: none declared, the likeliest class is taken"
        return
    unit = f" {escaped(found.unit)}" if found.unit else ""
    at, chosen = number(found.thresholds.get("candidate")), escaped(found.chosen)
    yield f"- Decision threshold: {at}, chosen {chosen}" if at else f"- Decisions: chosen {chosen}"
    classes = metrics.classes or range(len(found.values))
    worth = [
        f"{number(value)}{unit} for {escaped(decided)} where {escaped(true)} is true"
        for true, row in zip(classes, found.values, strict=False)
        for decided, value in zip(classes, row, strict=False)
    ]
    yield f"- What a decision is worth: {'; '.join(worth[:ROWS])}" + (
        f"; and {len(worth) - ROWS} more" if len(worth) > ROWS else ""
    )
    yield from (f"- {escaped(sentence)}" for sentence in found.sentences)


def important(metrics: MetricsReport) -> Iterator[str]:
    """Name the columns that the scores rest on most."""
    found = metrics.importance
    columns = [] if found is None else [item for item in found.columns if item.low is not None and item.low > 0]
    if found is not None and columns:
        first = ", ".join(f"{escaped(item.column)} {measured(item)}" for item in columns[:5])
        yield f"- Columns that matter most, by the {escaped(called(found.metric))} lost when they are shuffled: {first}"


def data_checks(data: DataReport, split: SplitReport) -> Iterator[str]:
    """Say what the data was held against and what did not hold."""
    checks = [*data.checks, *split.checks]
    if not checks:
        return
    failed = [check for check in checks if not check.passed]
    yield f"- Checks of the data and of the split: {len(checks) - len(failed)} of {len(checks)} passed"
    yield from (f"- Not passed: {escaped(check.message or check.name)}" for check in failed[:ROWS])
    noise = data.label_noise
    if noise is not None and noise.share is not None:
        yield f"- Labels that are probably wrong: {noise.share:.1%}, an estimate by {escaped(noise.method)}"
    elif noise is not None:
        yield f"- Labels that are probably wrong: no estimate, {escaped(noise.reason)}"


def _judged(rules: Iterable[RuleResult], measures: Iterable[str]) -> list[str]:
    """Name the metric that the first rule about these measures speaks of, else the first known."""
    named = [rule.metric for rule in rules if rule.metric in measures]
    return [*named, *sorted(measures)][:1]


def _slices(rules: Rules, metrics: MetricsReport) -> Iterator[str]:
    slices = metrics.slices
    if not slices:
        return
    for metric in _judged((*(rule for rule in rules if rule.by), *rules), slices[0].metrics):
        yield from table(
            ("slice", "rows", escaped(called(metric)), "interval"),
            (
                (f"{item.by}={item.slice}", item.n, measure(known.value), interval(known.low, known.high))
                for item in slices
                for known in (item.metrics.get(metric) or Figure(),)
            ),
        )


def _fairness(rules: Rules, rates: Rates) -> Iterator[str]:
    if not rates:
        return
    yield "Rates of decisions by group, with their intervals."
    yield ""
    yield from table(
        ("group", *(rate.label.lower() for rate in RATES)),
        (
            (f"{column}={known[SELECTION.name][position].group}", *(measured(known[r.name][position]) for r in RATES))
            for column, known in sorted(rates.items())
            for position in range(len(known[SELECTION.name]))
        ),
    )
    yield ""
    yield from (f"- {escaped(rule.sentence)}" for rule in rules if rule.of)


def _calibration(found: Reliability | None) -> Iterator[str]:
    if found is None:
        return
    yield f"- {called('ece')}: {measure(found.ece)}, of the probability of {escaped(found.of)}"
    for name, known, right in (("slope", found.slope, 1), ("intercept", found.intercept, 0)):
        yield f"- Calibration {name}: {measured(known) or 'unknown'}; {right} is right"
    yield f"- Brier score: {measure(found.brier.score)}"


def _robustness(rules: Rules, metrics: MetricsReport) -> Iterator[str]:
    found = metrics.robustness
    if not found:
        return
    judged = (*(rule for rule in rules if rule.under), *rules)
    for metric in _judged(judged, next(iter(found.values())).metrics):
        yield from table(
            ("rows with", "strength", escaped(called(metric)), "change", "interval of the change"),
            (
                (name, number(item.strength), measured(known), measure(known.change), change)
                for name, item in found.items()
                for known in (item.metrics.get(metric) or Changed(),)
                for change in (interval(known.change_low, known.change_high),)
            ),
        )


def _discovered(metrics: MetricsReport) -> Iterator[str]:
    found = metrics.discovered
    if found == ():
        yield "Looked for on validation rows; none was confirmed on test rows."
    if found:
        yield from table(
            ("slice", "rows", "mean loss", "elsewhere"),
            ((" and ".join(i.slice), i.n, measure(i.loss), measure(i.rest)) for i in found),
        )


def _residuals(metrics: MetricsReport) -> Iterator[str]:
    found = [item for item in metrics.residuals or () if item.by != "prediction"]
    if found:
        yield from table(
            ("segment", "rows", "truth minus prediction", "interval", "spread"),
            (
                (
                    f"{each.by}={each.segment}",
                    each.n,
                    measure(each.bias),
                    interval(each.low, each.high),
                    measure(each.spread),
                )
                for each in found
            ),
        )
