"""`mlops verify`: do lock, configuration, data and bundle agree?"""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import emit, output, root, say


@click.command(short_help="Do lock, configuration, data and bundle agree?")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@output("text", "json")
def command(names: tuple[str, ...], form: str) -> int:
    """Check that what was recorded is what the YAML says and what lies here; nothing is run or downloaded."""
    from mlops.app.running.verify import verify
    from mlops.app.workspace import open_workspace

    found = verify(open_workspace(root()), names)
    if form == "json":
        emit([asdict(finding) for finding in found])
    for finding in found if form == "text" else ():
        click.echo(f"{finding.pipeline}: {finding.message}")
    if not found and form == "text":
        say("lock, configuration, data and bundles agree")
    if found and form == "text":
        say("hint: run `mlops compile` and `mlops run NAME`, and commit what they write")
    return max((finding.code for finding in found), default=0)
