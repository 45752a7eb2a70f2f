"""`mlops catalogue`: every pipeline in one list."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import output, result, root, say
from mlops.present.terminal.tables import columns


@click.command()
@output("text", "json")
def command(form: str) -> None:
    """List every pipeline with the verdict and the bundle of its last run, and where a bundle of it is live.

    It is made of files in Git and nothing else; `mlops catalogue -o json > catalogue.json` keeps it for a page.
    """
    from mlops.operations.releasing.catalogue import catalogue
    from mlops.operations.workspace import open_workspace

    workspace = open_workspace(root())
    entries = catalogue(workspace)
    rows = [
        (
            entry.name,
            entry.verdict or "never ran",
            entry.bundle[:19] if entry.bundle else "–",
            ", ".join(f"{place} {bundle[:19]}" for place, bundle in entry.live.items()) or "–",
            " ".join(entry.owners),
        )
        for entry in entries
    ]
    value = {"schema_version": 2, "project": workspace.project.name, "pipelines": [asdict(entry) for entry in entries]}
    result(form, value, columns(("pipeline", "verdict", "bundle", "live", "owners"), rows))
    if form == "text" and not rows:
        say("there is no pipeline yet: mlops new")
