"""The top of the page: the verdict, the rules behind it, the figures that matter most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlops.documents.figures import Figures
from mlops.documents.gate import GateReport, RuleResult
from mlops.documents.metrics import MetricsReport
from mlops.files.figures import plural
from mlops.ml.evaluation.judging.names import called
from mlops.present.report.about import UNKNOWN, About
from mlops.present.report.charts import Scale, Tick, Track, track
from mlops.present.report.words import asked, count, figure, measured
from mlops.present.verdicts import about, warned
from mlops.verdict import DEFERRED

_HEADLINES = {"pass": "Passed", "fail": "Failed", "inconclusive": "Inconclusive"}
_SHOWN = 3


@dataclass(frozen=True)
class Banner:
    """The verdict in words."""

    verdict: str
    headline: str
    summary: str
    reasons: tuple[str, ...]
    waivers: tuple[tuple[str, RuleResult], ...] = ()
    """Rules that may be missed for a while, each by its title."""
    warning: str = ""
    """What warns, and stops nothing; it makes the banner amber."""


@dataclass(frozen=True)
class RuleRow:
    """One judged rule."""

    verdict: str
    title: str
    sentence: str
    mode: str
    track: Track | None
    value: str
    interval: str
    facts: tuple[str, ...] = ()
    ticks: tuple[Tick, ...] = ()
    bound: Tick | None = None
    """Where the bound lies, and what it says."""


@dataclass(frozen=True)
class Tile:
    """One figure of the candidate, large."""

    name: str
    value: str
    interval: str
    beside: str


def banner(gate: GateReport, labels: About = UNKNOWN) -> Banner:
    """Say what the gate said, and why if it did not pass."""
    rules, verdict, counts = gate.rules, gate.verdict, gate.tally
    against = [_said(rule, labels) for rule in rules if rule.mode == "block" and rule.state == verdict != "pass"]
    summary = "No rule applies to this model"
    if counts.judged:
        summary = f"{counts.passed} of {plural(counts.judged, 'rule')} passed"
    if counts.inconclusive and verdict == "fail":
        summary += f", {counts.inconclusive} inconclusive"
    if counts.waived:
        summary += f", {counts.waived} waived"
    if deferred := sum(rule.verdict == DEFERRED for rule in rules):
        summary += f", {deferred} over the live model still to be judged"
    more = [f"and {len(against) - _SHOWN} more below"] if len(against) > _SHOWN else []
    waived = tuple((_title(rule, labels), rule) for rule in rules if rule.waived is not None)
    warning = warned(rules)
    headline = "Passed with a warning" if warning and verdict == "pass" else _HEADLINES[verdict]
    return Banner(verdict, headline, summary, (*against[:_SHOWN], *more), waived, warning)


def rule_rows(gate: GateReport, labels: About) -> tuple[RuleRow, ...]:
    """List the rules, those that need attention first."""
    order = {"fail": 0, "inconclusive": 1, "waived": 2, "pass": 3, DEFERRED: 4}
    return tuple(sorted((_rule(rule, labels) for rule in gate.rules), key=lambda row: (order[row.verdict], row.mode)))


def _rule(rule: RuleResult, labels: About) -> RuleRow:
    judged = rule.verdict != DEFERRED and rule.value is not None
    value, span = measured(rule.value, rule.low, rule.high) if judged else ("", "")
    said = "waived" if rule.waived else rule.verdict
    scale = Scale.around([rule.value, rule.low, rule.high, rule.bound], pad=0.25)
    return RuleRow(
        verdict=said,
        title=_title(rule, labels),
        sentence=_said(rule, labels),
        mode=rule.mode,
        track=_track(rule, scale) if judged else None,
        value=value,
        interval=span,
        facts=_facts(rule),
        ticks=scale.ticks(3) if judged else (),
        bound=_bound(rule, scale) if judged else None,
    )


def _title(rule: RuleResult, labels: About) -> str:
    against = {"value": "", "clean": " against clean rows"}.get(rule.against, f" over the {rule.against}")
    part = None if rule.by is None or rule.slice is None else labels.label(rule.by, rule.slice)
    return about(rule.model_copy(update={"slice": part})) + against


def _said(rule: RuleResult, labels: About) -> str:
    """Give the recorded sentence, which names a slice by its code, as the title names it."""
    if rule.by is None or rule.slice is None:
        return rule.sentence
    return rule.sentence.replace(f"{rule.by}={rule.slice}", f"{rule.by}={labels.label(rule.by, rule.slice)}", 1)


def _facts(rule: RuleResult) -> tuple[str, ...]:
    """Say how sure a rule can be on so many rows."""
    facts = []
    if rule.power is not None:
        facts.append(f"power {rule.power:.0%}: how often an equally good model passes on so many rows")
    needed = rule.rows_needed
    if needed and rule.verdict != "pass" and f"{needed:,} row" not in rule.sentence:
        facts.append(f"needs about {count(needed)} rows{' of its smallest group' if rule.of else ''}")
    return tuple(facts)


def _bound(rule: RuleResult, scale: Scale) -> Tick | None:
    if rule.bound is None:
        return None
    return Tick(scale.at(rule.bound), f"{'≤' if rule.side == 'at_most' else '≥'} {asked(rule.bound)}")


def _track(rule: RuleResult, scale: Scale) -> Track:
    style = "idle" if rule.waived else rule.verdict
    value, span = measured(rule.value, rule.low, rule.high)
    text = f"{value}, interval {span}, bound {asked(rule.bound)}"
    return track(scale, rule.value, rule.low, rule.high, bound=rule.bound, style=style, text=text)


def ordered(gate: GateReport, metrics: MetricsReport) -> tuple[str, ...]:
    """Name the measured metrics, those that rules speak of first."""
    measured = metrics.candidate
    named = [rule.metric for rule in gate.rules if rule.metric in measured]
    return tuple(dict.fromkeys([*named, *sorted(measured)]))


def tiles(names: Sequence[str], metrics: MetricsReport) -> tuple[Tile, ...]:
    """Show the first four metrics of the candidate, each beside the best known other."""
    return tuple(_tile(name, metrics.models) for name in names[:4])


def _tile(name: str, models: Figures) -> Tile:
    own = models["candidate"][name]
    other = next((m for m in ("champion", "ets", "theta", "simple", "persistence", "dummy") if m in models), None)
    beside = f"{other} {figure(models[other][name].value)}" if other else ""
    return Tile(called(name), *measured(own.value, own.low, own.high), beside)
