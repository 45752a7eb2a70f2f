"""`mlops fetch`: what is recorded and is not here."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import emit, output, root, say
from mlops.diagnostics import visible
from mlops.files.figures import plural


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@output("text", "json")
def command(names: tuple[str, ...], form: str) -> int:
    """Bring the data of pipelines and what their last runs wrote, from DVC's cache or its remote; nothing is run.

    Each file is held against the digest that a `.dvc` file or `dvc.lock` has for it, and laid out in the pipeline's own
    folder alone; `dvc pull` does neither. What lies here already stays. Exit 5 where an object is another one than its
    name says; what is nowhere is told, and no error.
    """
    from mlops.operations.running.fetch import fetch
    from mlops.operations.workspace import open_workspace

    found = fetch(open_workspace(root(), names))
    if form == "json":
        emit(asdict(found))
        return 0
    for path in found.absent:
        say(f"{visible(path)} is neither in DVC's cache nor in its remote")
    for path in found.other:
        say(f"{visible(path)} is something else than is recorded, and stays")
    say(f"{plural(found.brought, 'artifact')} brought")
    return 0
