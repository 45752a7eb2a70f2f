"""A plan for a pull request, folded by pipeline."""

from __future__ import annotations

from collections.abc import Iterator

import click

from mlops.documents.change_report import PipelineChange, Planned
from mlops.present.markdown.text import SUMMARY, escape, fitting, octets
from mlops.present.terminal import plan


def markdown(planned: Planned) -> str:
    """Print the plan, as much of it as the summary of a job holds; nothing a user wrote is read as Markdown."""
    head = [f"### mlops plan: {plan.counts(planned)}", ""]
    parts = ["\n".join(_folded(change)) for change in planned.pipelines if not change.unchanged]
    facts = [f"- {escape(line.strip(), 500)}" for line in plan.everywhere(planned)]
    room = SUMMARY - sum(octets(line) + 1 for line in (*head, *facts)) - 100
    return "\n".join([*head, *fitting(parts, room, "… and {:,} more\n".format, octets), *facts])


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
