"""`mlops retrain`: a pull request with a new data version."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.cli.options import FILE, emit, output, root, say
from mlops.cli.outcomes import pull_request
from mlops.diagnostics import visible
from mlops.extras import need


@click.command()
@click.argument("name")
@click.option("--cause", type=FILE, help="Report of `mlops monitor`. [default: its newest one here]")
@click.option(
    "--env", "environment", metavar="ENVIRONMENT", help="Whose servers were watched. [default: the live one's]"
)
@click.option("--propose", is_flag=True, help="Open the pull request, or update the one that is open for this cause.")
@output("text", "json")
def command(name: str, cause: Path | None, environment: str | None, propose: bool, form: str) -> int:
    """Decide by `monitor.retrain` of pipeline NAME whether it should learn again; alone, only say so.

    With --propose the exit code is 2 where the report has an alarm and no pull request tells it: nobody would see it.
    """
    need("train", "`mlops retrain`")
    from mlops.operations.watching.retrain import retrain
    from mlops.operations.workspace import open_workspace

    found = retrain(open_workspace(root(), (name,)), name, cause, environment, propose=propose)
    proposal, proposed = found.proposal, found.proposed
    code = 2 if propose and not found.delivered else 0
    if form == "json":
        made = proposal and {"branch": proposal.branch, "files": sorted(proposal.files)}
        told = {"schema_version": 1, "pipeline": name, "retrain": proposal is not None, "why": found.why}
        told |= {"cause": found.cause, "rows": found.rows}
        emit({**told, "proposal": made, "proposed": pull_request(proposed)})
        return code
    if proposal is None:
        click.echo(f"{name}: no retraining: {found.why}")
        if code:
            say(f"  the alarm is told nowhere else: {visible(found.alarm)}")
        return code
    click.echo(f"{name}: retrain on {found.rows:,} new rows: {found.why}")
    if proposed is not None:
        click.echo(proposed.text)
    else:
        say(f"it would be branch {proposal.branch}; propose it with --propose")
    return code
