"""Where in the YAML a rule of a gate, or a budget, is written."""

from __future__ import annotations

from pathlib import Path

from mlops.configuration.load import Loaded, load_pipeline
from mlops.configuration.reading.library import Configuration
from mlops.diagnostics import Diagnostic, Position
from mlops.documents.gate import RuleResult
from mlops.operations.verdicts.gate import Verdict
from mlops.stages.declare.gate_bounds import rule_ids


def of_verdict(root: Path, verdict: Verdict) -> tuple[Diagnostic, ...]:
    """Place every rule that did not pass and that nothing waives; none where the YAML cannot be read."""
    loaded, _ = load_pipeline(Configuration(root), verdict.pipeline)
    if loaded is None:
        return ()
    missed = [rule for rule in verdict.rules if rule.applicable and rule.verdict != "pass" and not rule.waived]
    return tuple(
        Diagnostic(_of_rule(loaded, rule), f"{verdict.pipeline}: {rule.sentence}", severity=_severity(rule))
        for rule in missed
    )


def of_budget(loaded: Loaded) -> Position:
    """Place the budget of a pipeline."""
    return loaded.origins.where(("budget",), key=True)


def _severity(rule: RuleResult) -> str:
    return "error" if rule.mode == "block" else "warning"


def _of_rule(loaded: Loaded, rule: RuleResult) -> Position:
    """Find the bound's own line; a rule of a shipped preset is asked for by the pipeline's file."""
    for index, written in enumerate(loaded.spec.gates):
        if rule.id in rule_ids(written):
            keys = ("at_least", "at_most") if rule.against == "value" else (f"over_{rule.against}",)
            set_here = [key for key in keys if loaded.origins.of(("gates", index, key))]
            return loaded.origins.where(("gates", index, *set_here[:1]), key=bool(set_here))
    return loaded.origins.fallback
