"""`mlops repair`: bad copies outside of this machine, put right on demand alone."""

from __future__ import annotations

import click

from mlops.cli.options import root, say
from mlops.extras import need


@click.command()
@click.argument("name", metavar="NAME")
@click.option("--remote", is_flag=True, help="Delete objects of the DVC remote that are not what they are named by.")
@click.option("--registry", is_flag=True, help="Register bundles anew of which MLflow's store holds something else.")
def command(name: str, *, remote: bool, registry: bool) -> None:
    """Put right what others hold of pipeline NAME, from copies that are what their digests say.

    Of the DVC remote, what is here is pushed in place of what is deleted. A version of the registry that is not its
    bundle is replaced by a new one; `mlops reconcile` then points the aliases there. What lies on this machine needs no
    verb: `mlops run NAME` moves bad objects out of DVC's cache and makes them again.
    """
    if not (remote or registry):
        raise click.UsageError("say what: --remote, --registry, or both")
    if remote:
        _remote(name)
    if registry:
        need("registry", "`mlops repair --registry`")
        _registry(name)


def _remote(name: str) -> None:
    from mlops.operations.integrity.remote_objects import repair_remote

    done = repair_remote(root(), name)
    for item in done.deleted:
        click.echo(f"deleted: {item.path}, {item.place}")
    say(f"the DVC remote: {done.read:,} objects read, {len(done.deleted):,} deleted, {done.pushed:,} pushed")
    if len(done.deleted) > done.pushed:
        say(f"hint: not all of it is here: mlops run {name} makes it again, then dvc push")


def _registry(name: str) -> None:
    from mlops.operations.live.copies import repair_copies

    done = repair_copies(root(), name)
    for item in done:
        click.echo(f"replaced: version {item.version} of the bundle {item.bundle[:19]}… by version {item.by}")
    say(f"the registry: {len(done):,} replaced")
    if done:
        say("hint: mlops reconcile --env E, for every environment where it is live")
