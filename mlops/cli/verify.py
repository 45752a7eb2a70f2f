"""`mlops verify`: do lock, configuration, data and bundle agree?"""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import output, result, root, say


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--bytes", "whole", is_flag=True, help="Read every byte, and DVC's cache too, as wherever CI is set.")
@click.option("--remote", is_flag=True, help="Read what the DVC remote holds of it, too.")
@output("text", "json")
def command(names: tuple[str, ...], form: str, *, whole: bool, remote: bool) -> int:
    """Check that what was recorded is what the YAML says and what lies here; nothing is run.

    A file is read again where its size, time or inode moved since it was read the last time. Exit 5 where bytes are not
    what was recorded, 3 where something is stale.
    """
    from mlops.operations.integrity.verify import verify
    from mlops.operations.workspace import open_workspace

    found = verify(open_workspace(root()), names, whole=whole, remote=remote)
    result(form, [asdict(finding) for finding in found], (f"{item.pipeline}: {item.message}" for item in found))
    if form == "text":
        hints = dict.fromkeys(f"hint: {finding.hint}" for finding in found)
        say("\n".join(hints) if found else "lock, configuration, data and bundles agree")
    return max((finding.code for finding in found), default=0)
