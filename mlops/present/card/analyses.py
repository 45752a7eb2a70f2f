"""The quantitative analyses of a model card: what was measured, by group, by circumstance, by condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mlops.present.card.words import ROWS, escaped, interval, measured, number, table

Document = Mapping[str, Any]
_RATES = ("selection", "true positive", "false positive", "precision")


def analyses(gate: Document, metrics: Document) -> Iterator[str]:
    """List every analysis that there is evidence of, each under its own heading."""
    parts = (
        ("Unitary and intersectional results", _slices(gate, metrics)),
        ("Fairness", _fairness(gate)),
        ("Calibration", _calibration(metrics.get("reliability") or {})),
        ("Robustness", _robustness(gate, metrics)),
        ("Slices that nobody declared", _discovered(metrics)),
        ("Errors by segment", _residuals(metrics)),
    )
    for title, part in parts:
        lines = list(part)
        if lines:
            yield from ("", f"### {title}", "", *lines)


def threshold(metrics: Document) -> Iterator[str]:
    """Say how scores become decisions, and what decisions are worth."""
    found = metrics.get("decision") or {}
    if not found:
        if metrics.get("task") in ("binary", "multiclass"):
            yield "- Decision threshold: none declared, the likeliest class is taken"
        return
    unit = f" {escaped(found['unit'])}" if found.get("unit") else ""
    at = number((found.get("thresholds") or {}).get("candidate"))
    chosen = escaped(found.get("chosen", ""))
    yield f"- Decision threshold: {at}, chosen {chosen}" if at else f"- Decisions: chosen {chosen}"
    classes = metrics.get("classes") or range(len(found["values"]))
    worth = [
        f"{number(value)}{unit} for {escaped(decided)} where {escaped(true)} is true"
        for true, row in zip(classes, found["values"], strict=False)
        for decided, value in zip(classes, row, strict=False)
    ]
    yield f"- What a decision is worth: {'; '.join(worth[:ROWS])}" + (
        f"; and {len(worth) - ROWS} more" if len(worth) > ROWS else ""
    )
    yield from (f"- {escaped(sentence)}" for sentence in found.get("sentences") or ())


def important(metrics: Document) -> Iterator[str]:
    """Name the columns that the scores rest on most."""
    found = metrics.get("importance") or {}
    columns = [item for item in found.get("columns") or () if item["low"] is not None and item["low"] > 0]
    if columns:
        shown = ", ".join(f"{escaped(item['column'])} {measured(item)}" for item in columns[:5])
        yield f"- Columns that matter most, by the {escaped(found['metric'])} lost when they are shuffled: {shown}"


def data_checks(data: Document, split: Document) -> Iterator[str]:
    """Say what the data was held against and what did not hold."""
    checks = [*(data.get("checks") or ()), *(split.get("checks") or ())]
    if not checks:
        return
    failed = [check for check in checks if not check.get("passed")]
    yield f"- Checks of the data and of the split: {len(checks) - len(failed)} of {len(checks)} passed"
    yield from (f"- Not passed: {escaped(check.get('message') or check.get('name'))}" for check in failed[:ROWS])
    noise = data.get("label_noise") or {}
    if noise.get("share") is not None:
        yield f"- Labels that are probably wrong: {noise['share']:.1%}, an estimate by {escaped(noise['method'])}"
    elif noise:
        yield f"- Labels that are probably wrong: no estimate, {escaped(noise.get('reason'))}"


def _judged(gate: Document, measures: Document, condition: str) -> list[str]:
    """Name the metric that rules under a condition speak of, else the first of any rule, else the first known."""
    rules = gate.get("rules") or ()
    named = [r["metric"] for r in (*(r for r in rules if r.get(condition)), *rules) if r.get("metric") in measures]
    return [*named, *sorted(measures)][:1]


def _slices(gate: Document, metrics: Document) -> Iterator[str]:
    slices = metrics.get("slices") or ()
    if not slices:
        return
    for metric in _judged(gate, slices[0]["metrics"], "by"):
        yield from table(
            ("slice", "rows", escaped(metric), "interval"),
            (
                (f"{item['by']}={item['slice']}", item["n"], number(known.get("value")), interval(known))
                for item in slices
                for known in (item["metrics"].get(metric) or {},)
            ),
        )


def _fairness(gate: Document) -> Iterator[str]:
    rates = gate.get("group_rates") or {}
    if not rates:
        return
    yield "Rates of decisions by group, with their intervals."
    yield ""
    yield from table(
        ("group", "selected", "true positive rate", "false positive rate", "precision"),
        (
            (f"{column}={known['selection'][position]['group']}", *(measured(known[rate][position]) for rate in _RATES))
            for column, known in sorted(rates.items())
            for position in range(len(known["selection"]))
        ),
    )
    yield ""
    yield from (f"- {escaped(rule['sentence'])}" for rule in gate.get("rules") or () if rule.get("of"))


def _calibration(found: Document) -> Iterator[str]:
    if not found:
        return
    yield f"- Expected calibration error: {number(found.get('ece'))}, of the probability of {escaped(found.get('of'))}"
    for name, right in (("slope", 1), ("intercept", 0)):
        yield f"- Calibration {name}: {measured(found.get(name) or {}) or 'unknown'}; {right} is right"
    yield f"- Brier score: {number((found.get('brier') or {}).get('score'))}"


def _robustness(gate: Document, metrics: Document) -> Iterator[str]:
    found = metrics.get("robustness") or {}
    if not found:
        return
    for metric in _judged(gate, next(iter(found.values()))["metrics"], "under"):
        yield from table(
            ("rows with", "strength", escaped(metric), "change", "interval of the change"),
            (
                (name, number(item["strength"]), measured(known), number(known.get("change")), change)
                for name, item in found.items()
                for known in (item["metrics"].get(metric) or {},)
                for change in (interval(known, "change_low", "change_high"),)
            ),
        )


def _discovered(metrics: Document) -> Iterator[str]:
    found = metrics.get("discovered")
    if found == []:
        yield "Looked for on validation rows; none was confirmed on test rows."
    if found:
        yield from table(
            ("slice", "rows", "mean loss", "elsewhere"),
            ((" and ".join(i["slice"]), i["n"], number(i["loss"]), number(i["rest"])) for i in found),
        )


def _residuals(metrics: Document) -> Iterator[str]:
    found = [item for item in metrics.get("residuals") or () if item["by"] != "prediction"]
    if found:
        yield from table(
            ("segment", "rows", "truth minus prediction", "interval", "spread"),
            ((f"{i['by']}={i['segment']}", i["n"], number(i["bias"]), interval(i), number(i["spread"])) for i in found),
        )
