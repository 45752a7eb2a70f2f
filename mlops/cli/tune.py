"""`mlops tune`: search for parameters of candidates again."""

from __future__ import annotations

import click

from mlops.cli.options import output, quiet, result, root, say
from mlops.extras import need


@click.command()
@click.argument("name")
@output("text", "json")
def command(name: str, form: str) -> int:
    """Search again for parameters of pipeline NAME, as its `tune:` says, and show every trial.

    Trials are scored on validation; no test row is read. What was found stands in reports/tuning.json, is committed,
    and is what `mlops run` trains by from then on: a run searches by itself only where nothing was found yet. A search
    that was killed goes on where it was.
    """
    need("train", "`mlops tune`")
    need("tune", "`mlops tune`")
    from mlops.operations.compiling.current import in_ci, make_current
    from mlops.operations.running.run import reproduce_aside, reproduce_unseen
    from mlops.operations.running.tune import tune
    from mlops.operations.workspace import open_workspace
    from mlops.present.terminal.tuning import table

    frozen = in_ci()
    here = root()
    workspace = open_workspace(here, (name,))
    for path in make_current(workspace, (name,), frozen=frozen):
        say(f"compiled: {path}")
    found = tune(workspace, name, reproduce_unseen if quiet() else reproduce_aside)
    result(form, found.value(), table(found))
    say(f"written: pipelines/{name}/reports/tuning.json\nnext: mlops run {name}")
    return 0
