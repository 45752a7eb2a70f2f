"""`mlops sign`: vouch for registered bundles."""

from __future__ import annotations

from dataclasses import asdict

import click

from mlops.cli.options import attempt, emit, ended, output, root, say
from mlops.extras import need


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME [NAME ...]")
@output("text", "json")
def command(names: tuple[str, ...], form: str) -> int:
    """Sign the registered bundles of pipelines, each once, as `ci.signing` says, in the format of model-signing.

    The signature lies beside the bundle and in the registry. It is filed only where it is by one of `signers` in
    conf/policy.yaml; release, reconcile and every start of a server hold bundles to these. One bundle that cannot be
    signed stops no other; the exit code is then that of the first.
    """
    need("registry", "`mlops sign`")
    from mlops.operations.releasing.sign import sign

    found, errors = attempt(names, lambda name: sign(root(), name))
    if form == "json":
        emit([asdict(signed) for signed in found])
    for signed in found if form == "text" else ():
        say(f"{signed.name}: {'signed' if signed.made else 'signed already'} by {signed.signer}: {signed.bundle}")
    return ended(errors)
