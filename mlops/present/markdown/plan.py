"""A plan for a pull request, folded by pipeline."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mlops.documents.change_report import PipelineChange, Planned
from mlops.present.markdown.text import escape
from mlops.present.terminal import plan


def markdown(planned: Planned) -> str:
    """Print the plan; nothing a user wrote is read as Markdown."""
    lines = [f"### mlops plan: {plan.counts(planned)}", ""]
    lines += [line for change in planned.pipelines if not change.unchanged for line in _folded(change)]
    return "\n".join([*lines, *(f"- {escape(line.strip(), 500)}" for line in plan.everywhere(planned))])


def _folded(change: PipelineChange) -> Iterator[str]:
    running = ", ".join(stage.name for stage in change.stages if stage.runs)
    running = running or ("to verify" if change.verifies else "nothing to run")
    body = click.unstyle("\n".join(plan.pipeline(change))).replace("```", "'''")
    yield from (
        f"<details><summary><b>{change.name}</b>: {running}</summary>",
        "",
        f"```\n{body}\n```",
        "</details>",
        "",
    )
