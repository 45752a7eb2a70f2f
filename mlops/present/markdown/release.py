"""What a release or rollback pull request says: digest, what it replaces, gates, figures beside the live ones."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from mlops.blocks.waiver import Waiver
from mlops.bundle.contents import Contents
from mlops.bundle.papers import Papers
from mlops.documents.comparison import Comparison
from mlops.documents.figures import Figure
from mlops.documents.gate import RuleResult
from mlops.files.figures import figure
from mlops.files.intervals import measured
from mlops.ml.evaluation.judging.names import called
from mlops.present.markdown.text import MARKS, escape, folded, table
from mlops.present.verdicts import about

_RULES = 60


@dataclass(frozen=True)
class Step:
    """A bundle that is to become live in an environment, and the one before, where that can be read.

    `judged` is the bundle that the run of a pull request judged, as the registry's version says.
    """

    environment: str
    name: str
    bundle: Contents
    papers: Papers
    """What was said about it when it passed."""
    before: str | None = None
    live: Contents | None = None
    live_papers: Papers | None = None
    reason: str | None = None
    judged: str | None = None
    waiver: Waiver | None = None
    """What lets it skip the environment before."""
    comparison: Comparison | None = None
    """How it does beside the live one, on the same rows."""


def release_body(step: Step) -> str:
    """Write the body of a release: the evidence it was packaged with, beside the live one's."""
    lines = [*_head(step, "Merging this makes"), *_gates(step), *_figures(step)]
    return "\n".join(lines) + "\n"


def rollback_body(step: Step) -> str:
    """Write the body of a rollback: what was proved just now, then the evidence of that time."""
    rows = len(json.loads(step.bundle.files["golden.json"])["rows"])
    lines = [
        *_head(step, "Merging this goes back: it makes"),
        "Nothing was trained. Proved just now, without MLflow:",
        "",
        f"- ✅ {len(step.bundle.files):,} files are what the digest promises",
        f"- ✅ it loads and answers its {rows:,} golden rows as when it was made",
        f"- {_requests(step)}",
        "",
        *_gates(step),
        *_figures(step),
    ]
    return "\n".join(lines) + "\n"


def _head(step: Step, begins: str) -> Iterator[str]:
    yield f"{begins} `{step.bundle.digest}` live as **{escape(step.name)}** in **{escape(step.environment)}**."
    yield ""
    yield f"It replaces `{step.before}`." if step.before else "Nothing was live there before."
    if step.judged is not None:
        yield f"\n{_judged(step.judged, step.bundle.digest)}"
    if step.waiver is not None:
        yield (
            f"\n⚠️ It was not live where it should have been first: {escape(step.waiver.approver)} allows that until "
            f"{step.waiver.expires}, because {escape(step.waiver.reason, 500)}"
        )
    if step.reason:
        yield f"\nReason: {escape(step.reason, 500)}"
    yield ""


def _judged(judged: str, registered: str) -> str:
    """Name both bundles: the one that was judged in a pull request, and the one that is registered."""
    if judged == registered:
        return "Judged by the run of its pull request: the very same bundle."
    again = "on the main branch, and passed there by the rules of before and after the merge."
    if not judged.startswith("sha256:"):
        known = "Which bundle the run of its pull request judged is not known any more."
        return f"{known} `{registered}` was judged {again}"
    known = f"The run of its pull request judged `{escape(judged)}`, which could not be taken over."
    return f"{known} `{registered}` was made again {again}"


def _requests(step: Step) -> str:
    """Say whether clients of the live bundle can go on as they are."""
    if step.live is None:
        return "❔ the live bundle is not here, so whether both take the same requests is not known"
    old, new = (_fields(item) for item in (step.live, step.bundle))
    if old == new:
        return "✅ it takes the same requests as the live one"
    changed = sorted(name for name in {*old, *new} if old.get(name) != new.get(name))
    return f"❌ requests differ from the live one's in {', '.join(map(escape, changed[:20]))}"


def _fields(bundle: Contents) -> dict[str, Any]:
    return {field["name"]: field for field in json.loads(bundle.files["schema.json"]).get("fields", ())}


def _gates(step: Step) -> Iterator[str]:
    gate = step.papers.gate
    if step.comparison is not None:
        rules = (*(r for r in gate.rules if r.verdict != "deferred"), *step.comparison.rules)
        gate = gate.model_copy(update={"rules": rules})
    heads = (f"gate {MARKS[gate.verdict]}", "value", "interval", "bound", "rows")
    yield from table(heads, map(_rule, gate.rules[:_RULES]))
    if len(gate.rules) > _RULES:
        yield f"\n… and {len(gate.rules) - _RULES:,} more rules."
    yield ""
    yield folded("every rule in a sentence", [f"- {escape(rule.sentence, 500)}" for rule in gate.rules[:_RULES]])


def _rule(rule: RuleResult) -> tuple[str, ...]:
    against = "" if rule.against == "value" else f" against {escape(rule.against)}"
    title = f"{MARKS[rule.state]} {escape(about(rule))}{against}"
    rows = "–" if rule.n is None else f"{rule.n:,}"
    return title, *measured(rule.value, rule.low, rule.high), figure(rule.bound), rows


def _figures(step: Step) -> Iterator[str]:
    """Compare with the live bundle on the same rows where that was done, else with what it was packaged with."""
    made = step.comparison
    models = {} if made is None else made.models
    mine: Mapping[str, Figure]
    other: Mapping[str, Figure]
    mine, other, how = models.get("candidate", {}), models.get("champion", {}), "on the same test rows"
    if not mine:
        mine = step.papers.metrics.candidate
        other = step.live_papers.metrics.candidate if step.live_papers else {}
        how = "as measured when it was made, on its own test rows"
    if not mine:
        return
    heads = ("metric", "this bundle", f"live one{f', {how}' if other else ''}")
    rows = ((escape(called(name)), _figure(mine[name]), _figure(other.get(name))) for name in sorted(mine))
    yield from table(heads, rows)


def _figure(known: Figure | None) -> str:
    return "–" if known is None else " ".join(measured(known.value, known.low, known.high))
