"""`card.md`: a model card (Mitchell et al. 2019) written from evidence; what nobody said is "missing"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mlops.blocks.ensemble import ENSEMBLE
from mlops.bundle.recipe import Recipe
from mlops.documents.data import DataReport
from mlops.documents.gate import GateReport, RuleResult
from mlops.documents.metrics import MetricsReport
from mlops.documents.split import JUDGED, SplitReport
from mlops.documents.training import TrainingReport
from mlops.ml.evaluation.judging.names import called
from mlops.present.card.analyses import analyses, data_checks, important, threshold
from mlops.present.card.words import ROWS, escaped, interval, measure, table
from mlops.present.period import period
from mlops.present.taught import taught

MISSING = "missing"
_SAME_BITS = {"anywhere": "on any x86-64 processor", "processor": "on the same kind of processor alone"}


@dataclass(frozen=True)
class Evidence:
    """What a card is written from: documents that earlier stages left, and what the owners said."""

    pipeline: str
    task: str
    bundle: str = ""
    description: str = ""
    owners: Sequence[str] = ()
    risk: str = ""
    model: Mapping[str, Any] = field(default_factory=dict)
    recipe: Recipe | None = None
    schema: Mapping[str, Any] = field(default_factory=dict)
    data: DataReport = field(default_factory=DataReport)
    split: SplitReport = field(default_factory=SplitReport)
    training: TrainingReport = field(default_factory=TrainingReport)
    metrics: MetricsReport = field(default_factory=MetricsReport)
    gate: GateReport | None = None
    configuration: str = ""
    said: Mapping[str, str] = field(default_factory=dict)

    @property
    def rules(self) -> tuple[RuleResult, ...]:
        """What each rule came to; none where nothing was judged."""
        return () if self.gate is None else self.gate.rules

    def person(self, key: str) -> str:
        """Give what a person wrote under `card:`, or ask for it."""
        return escaped(self.said[key]) if self.said.get(key) else f"**{MISSING}**: write `card: {{{key}: ...}}`"


def write(evidence: Evidence) -> str:
    """Write the card as Markdown; the same evidence gives the same bytes."""
    sections = (
        ("Model details", _details(evidence)),
        ("Intended use", _use(evidence)),
        ("Factors", _factors(evidence)),
        ("Metrics", _metrics(evidence)),
        ("Evaluation data", _evaluation(evidence)),
        ("Training data", _training(evidence)),
        ("Quantitative analyses", _analyses(evidence)),
        ("Ethical considerations", _ethics(evidence)),
        ("Caveats and recommendations", _caveats(evidence)),
    )
    body = "\n".join(f"\n## {title}\n\n" + "\n".join(lines) for title, lines in sections)
    return f"# Model card: {escaped(evidence.pipeline)}\n{body}\n"


def _details(e: Evidence) -> Iterator[str]:
    parameters = ", ".join(f"{escaped(name)} {escaped(value)}" for name, value in _parameters(e))
    yield f"- Description: {_said(e.description)}"
    yield f"- Owners: {_said(', '.join(e.owners))}"
    yield f"- Task: {e.task}, predicts {_said(_target(e))}"
    yield f"- Kind: {_said(e.model.get('kind'))}, candidate {_said(e.model.get('candidate'))}"
    yield f"- Parameters: {parameters or MISSING}"
    yield f"- Trained again, the same bits: {_SAME_BITS.get(e.training.reproducible, MISSING)}"
    yield f"- Bundle: {_said(e.bundle)}"
    yield f"- Configuration: {_said(e.configuration)}"
    yield f"- License: {e.person('license')}"
    yield f"- Citation: {e.person('citation')}"
    yield f"- Questions to: {e.person('contact')}"


def _use(e: Evidence) -> Iterator[str]:
    yield f"- Risk class: {_said(e.risk)}"
    yield f"- Primary uses and users: {e.person('uses')}"
    yield f"- Out of scope: {e.person('out_of_scope')}"


def _factors(e: Evidence) -> Iterator[str]:
    judged = sorted({column for rule in e.rules for column in (rule.by, rule.of) if column})
    yield f"- Declared sensitive columns: {_said(', '.join(_sensitive(e)))}"
    yield f"- Columns by which the gate judged: {', '.join(map(escaped, judged)) or 'none'}"
    yield from important(e.metrics)
    yield f"- Relevant factors: {e.person('factors')}"


def _metrics(e: Evidence) -> Iterator[str]:
    judged, by = sorted({rule.metric for rule in e.rules if rule.metric}), e.training.select_by
    yield f"- Judged by the gate: {', '.join(escaped(called(name)) for name in judged) or 'none'}"
    yield f"- Candidates were compared on validation rows by {_said(by and called(by))}"
    yield from threshold(e.metrics)
    yield f"- Why these metrics and thresholds: {e.person('metrics')}"


def _evaluation(e: Evidence) -> Iterator[str]:
    if e.split.folds is None:
        rows = _said(_part(e, "test"))
        own = e.data.test
        of = f"split by {_said(e.split.by)}" if own is None else f"official test set {escaped(own.table)}"
        part = "test part of the " if own is None else ""
        yield f"- The {part}{of}: {rows} rows, never trained on"
    else:
        rows = _said(sum(part.rows or 0 for part in e.split.parts.values()))
        yield f"- All {rows} rows, in {e.split.folds} folds of the split by {_said(e.split.by)}; {JUDGED}"
    if lost := sum(item.rows for item in e.metrics.refused):
        yield f"- Left out of every measure: {lost:,} test rows that a server would refuse"


def _training(e: Evidence) -> Iterator[str]:
    yield f"- Source: {_said(e.data.source)}, {_said(e.data.rows)} rows before the split"
    if told := period(e.data, e.split):
        yield f"- Time of the rows: {escaped(told)}"
    if e.split.folds is None:
        yield f"- Trained on {_said(_part(e, 'train'))} rows, chosen on {_said(_part(e, 'validation'))}"
    else:
        many = e.split.folds
        yield f"- Each member trained on {many - 2} of {many} folds, chosen on one; their transform saw no target"
    if "validation" in e.training.learnt:
        yield f"- {escaped(taught(e.training, e.split))}"
    columns, features, notes = (e.recipe.columns, e.recipe.features or (), e.recipe.notes) if e.recipe else ((), (), ())
    yield from data_checks(e.data, e.split)
    yield f"- {len(columns)} columns become {len(features)} features"
    yield f"- How the data came about: {e.person('data')}"
    yield from (f"- {escaped(note)}" for note in notes[:ROWS])


def _analyses(e: Evidence) -> Iterator[str]:
    yield f"Verdict of the gate: **{MISSING if e.gate is None else e.gate.said}**"
    yield ""
    rows = [rule for rule in e.rules if rule.applicable]
    yield from table(
        ("rule", "slice", "value", "interval", "n", "verdict"),
        ((r.id, _slice(r), measure(r.value), interval(r.low, r.high), r.n, _verdict(r)) for r in rows),
    )
    candidates = e.training.candidates
    if candidates:
        yield ""
        yield from table(
            ("candidate", "kind", "validation"),
            ((name, item.kind, _scores(item.validation)) for name, item in sorted(candidates.items())),
        )
    yield from analyses(e.rules, {} if e.gate is None else e.gate.group_rates, e.metrics)


def _verdict(rule: RuleResult) -> str:
    """Say what a rule said and whether it stops anything."""
    said = rule.verdict
    return f"{said}, waived" if rule.waived else f"{said}, warns only" if rule.mode == "warn" else said


def _ethics(e: Evidence) -> Iterator[str]:
    used = {column.name for column in e.recipe.columns} if e.recipe else set()
    read = [name for name in _sensitive(e) if name in used]
    yield f"- Sensitive columns that the model reads: {', '.join(map(escaped, read)) or 'none declared'}"
    yield f"- Risks, harms and mitigations: {e.person('risks')}"


def _caveats(e: Evidence) -> Iterator[str]:
    skipped = [rule for rule in e.rules if not rule.applicable]
    yield from (f"- Not judged: {escaped(rule.sentence or rule.id)}" for rule in skipped[:ROWS])
    warned = [r for r in e.rules if r.applicable and r.verdict != "pass"]
    yield from (f"- {escaped(rule.sentence or rule.id)}" for rule in warned[:ROWS])
    yield from (
        f"- Waived until {escaped(w.expires)} by {escaped(w.approver)}: {escaped(w.reason)}"
        for w in (rule.waived for rule in e.rules)
        if w is not None
    )
    yield f"- Further caveats and recommendations: {e.person('caveats')}"


def _sensitive(e: Evidence) -> list[str]:
    return [column["name"] for column in e.schema.get("columns", ()) if column.get("sensitive")]


def _said(value: Any) -> str:
    if type(value) is int:
        return f"{value:,}"
    return MISSING if value in (None, "", [], {}) else escaped(value)


def _parameters(e: Evidence) -> list[tuple[str, Any]]:
    if e.model.get("kind") == ENSEMBLE:
        members = sorted(e.model["parameters"]["members"].items())
        return [(name, f"{float(each['weight']):.0%} ({each['kind']})") for name, each in members]
    return sorted((name, value) for name, value in e.model.get("parameters", {}).items() if name != "kind")


def _target(e: Evidence) -> str:
    if e.recipe is None:
        return MISSING
    known = e.recipe.target.classes or ()
    classes = ", ".join(str(each).lower() if isinstance(each, bool) else str(each) for each in known)
    return f"{e.recipe.target.name} ({classes})" if classes else e.recipe.target.name


def _part(e: Evidence, name: str) -> int | None:
    return None if (part := e.split.parts.get(name)) is None else part.rows


def _slice(rule: RuleResult) -> str | None:
    return f"{rule.by}={rule.slice}" if rule.by else None


def _scores(metrics: Mapping[str, float | None]) -> str:
    return ", ".join(f"{name} {measure(value)}" for name, value in sorted(metrics.items()))
