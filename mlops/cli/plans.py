"""A plan as text, as Markdown and as JSON."""

from __future__ import annotations

import json
from typing import Any

from mlops.app.plan import KeyChange, PipelineChange, Planned, StagePlan
from mlops.cli.options import paint

SCHEMA_VERSION = 1


def text(planned: Planned) -> str:
    """Print the pipelines that will run, and count the others."""
    affected = [change for change in planned.pipelines if change.affected]
    return "\n".join([line for change in affected for line in _pipeline(change)] + [_counts(planned)])


def markdown(planned: Planned) -> str:
    """Print the plan for a pull request, folded by pipeline."""
    lines = [f"### mlops plan: {_counts(planned).removeprefix('Plan: ')}", ""]
    for change in planned.pipelines:
        if change.affected:
            running = ", ".join(stage.name for stage in change.stages if stage.runs)
            body = "\n".join(_pipeline(change, colour=False)).replace("```", "'''")
            lines += [
                f"<details><summary><b>{change.name}</b>: {running}</summary>",
                "",
                f"```\n{body}\n```",
                "</details>",
                "",
            ]
    return "\n".join(lines)


def as_json(planned: Planned) -> dict[str, Any]:
    """Give the plan as a value; a key is only ever added within a schema version."""
    return {
        "schema_version": SCHEMA_VERSION,
        "base": planned.base,
        "affected": [change.name for change in planned.pipelines if change.affected],
        "pipelines": [_value(change) for change in planned.pipelines],
    }


def _value(change: PipelineChange) -> dict[str, Any]:
    return {
        "name": change.name,
        "keys": [{"key": key.key, "before": key.before, "after": key.after, "where": key.where} for key in change.keys],
        "stages": [
            {"name": stage.name, "runs": stage.runs, "reasons": stage.reasons, "follows": stage.follows}
            for stage in change.stages
        ],
        "gates": {"rules": change.rules, "changed": change.rules_changed},
        "seconds": change.seconds,
    }


def _pipeline(change: PipelineChange, *, colour: bool = True) -> list[str]:
    lines = [paint(change.name, "white", bold=True) if colour else change.name]
    width = max([len(key.key) for key in change.keys] + [12])
    lines += [f"  {key.key:<{width}}  {_arrow(key)}    {key.where}" for key in change.keys]
    for stage in change.stages:
        if stage.reasons:
            lines.append(_row(_mark("~", "yellow", colour), stage.name, "; ".join(stage.reasons), width))
    lines += _following(change.stages, width, colour)
    unchanged = [stage.name for stage in change.stages if not stage.runs]
    if unchanged:
        lines.append(_row(_mark("=", "bright_black", colour), ", ".join(unchanged), "", width))
    rules = f"{change.rules} rules, {'changed' if change.rules_changed else 'unchanged'}"
    lines.append(f"  {'gates':<{width}}  {rules}")
    if change.seconds is not None:
        lines.append(f"  {'cost':<{width}}  about {change.seconds:.0f} s (last run on this machine)")
    return lines


def _following(stages: tuple[StagePlan, ...], width: int, colour: bool) -> list[str]:
    following = [stage for stage in stages if stage.runs and not stage.reasons]
    if not following:
        return []
    names = ", ".join(stage.name for stage in following)
    first = next(stage.name for stage in stages if stage.reasons)
    return [
        _row(
            _mark("~", "yellow", colour), names, f"follow {first}" if len(following) > 1 else f"follows {first}", width
        )
    ]


def _row(mark: str, names: str, why: str, width: int) -> str:
    return f"  {mark} {names:<{width - 2}}  {why}".rstrip()


def _mark(mark: str, colour: str, painted: bool) -> str:
    return paint(mark, colour) if painted else mark


def _arrow(key: KeyChange) -> str:
    return f"{_short(key.before)} → {_short(key.after)}"


def _short(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str) if not isinstance(value, str) else value
    return shown if len(shown) <= 40 else shown[:37] + "..."


def _counts(planned: Planned) -> str:
    affected = [change for change in planned.pipelines if change.affected]
    stages = [stage for change in affected for stage in change.stages]
    running = sum(stage.runs for stage in stages)
    same = len(planned.pipelines) - len(affected)
    pipelines = f"{same} {'pipeline' if same == 1 else 'pipelines'} unchanged"
    return f"Plan: {running} to run, {len(stages) - running} unchanged · {pipelines}"
