"""`mlops identity`: the identity of a CI job, for a cloud."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.cli.annotations import mask
from mlops.cli.options import output, result, root, say


@click.command()
@click.option("--env", "environment", metavar="ENVIRONMENT", help="Whose cloud; that of `ci` where absent.")
@click.option("--writer", is_flag=True, help="As who may push to the DVC remote, `ci.writer`.")
@click.option(
    "--into",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write into, outside the repository.",
)
@output("text", "json")
def command(environment: str | None, writer: bool, into: Path, form: str) -> int:
    """Ask GitHub who this job is and write the files that the cloud's own libraries read."""
    from mlops.documents.signed_in import SignedIn
    from mlops.operations.access.identity import cloud_of, files_of, take_identity

    if writer and environment is not None:
        raise click.UsageError("--writer is who `ci` names: leave --env out")
    cloud = cloud_of(root(merging=True), environment, writer=writer)
    token = take_identity(cloud, into)
    mask(token, err=form == "json")
    files = tuple(str(into / name) for name in files_of(cloud))
    result(form, SignedIn(cloud=cloud.kind, files=files).value(), ())
    say(f"signed in for {cloud.kind}")
    return 0
