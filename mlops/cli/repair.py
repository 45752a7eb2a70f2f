"""`mlops repair`: bad copies outside of this machine, put right on demand alone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from mlops.cli.options import emit, output, root, say
from mlops.extras import need

if TYPE_CHECKING:
    from mlops.files.plain_yaml import Values


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--remote", is_flag=True, help="Delete objects of the DVC remote that are not what they are named by.")
@click.option("--registry", is_flag=True, help="Register bundles anew of which MLflow's store holds something else.")
@output("text", "json")
def command(name: str, form: str, *, remote: bool, registry: bool) -> None:
    """Put right what others hold of pipeline NAME, from copies that are what their digests say.

    Of the DVC remote, what is here is pushed in place of what is deleted. A version of the registry that is not its
    bundle is replaced by a new one; `mlops reconcile` then points the aliases there. What lies on this machine needs no
    verb: `mlops run NAME` moves bad objects out of DVC's cache and makes them again.
    """
    if not (remote or registry):
        raise click.UsageError("say what: --remote, --registry, or both")
    value: Values = {"schema_version": 1}
    lines = form == "text"
    if remote:
        value["remote"] = _remote(name, lines=lines)
    if registry:
        need("registry", "`mlops repair --registry`")
        value["registry"] = _registry(name, lines=lines)
    if not lines:
        emit(value)


def _remote(name: str, *, lines: bool) -> Values:
    from mlops.operations.integrity.remote_objects import repair_remote

    done = repair_remote(root(), name)
    for item in done.deleted if lines else ():
        click.echo(f"deleted: {item.path}, {item.place}")
    say(f"the DVC remote: {done.read:,} objects read, {len(done.deleted):,} deleted, {done.pushed:,} pushed")
    if len(done.deleted) > done.pushed:
        say(f"hint: not all of it is here: mlops run {name} makes it again, then dvc push")
    return asdict(done)


def _registry(name: str, *, lines: bool) -> list[Values]:
    from mlops.operations.live.copies import repair_copies

    done = repair_copies(root(), name)
    for item in done if lines else ():
        click.echo(f"replaced: version {item.version} of the bundle {item.bundle[:19]}… by version {item.by}")
    say(f"the registry: {len(done):,} replaced")
    if done:
        say("hint: mlops reconcile --env E, for every environment where it is live")
    return [*map(asdict, done)]
