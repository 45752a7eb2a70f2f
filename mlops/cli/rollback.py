"""`mlops rollback`: make the bundle live again that was before."""

from __future__ import annotations

import click

from mlops.cli.options import output, root


@click.command()
@click.argument("name")
@click.option("--env", "environment", required=True, metavar="E", help="Where to go back.")
@click.option("--to", "bundle", metavar="DIGEST", help="This bundle, live there once, instead of the one before.")
@click.option("--reason", metavar="TEXT", help="A sentence that the file and the pull request carry.")
@click.option("--propose", is_flag=True, help="Open a pull request instead of writing the file here.")
@output("text", "json")
def command(name: str, environment: str, bundle: str | None, reason: str | None, propose: bool, form: str) -> int:
    """Write conf/release/E/NAME.yaml as it was before, once that bundle is proved to verify, load and answer.

    Nothing is trained, and MLflow need not answer. Exit 5 for a bundle that does not verify, 6 for one that cannot
    be had.
    """
    from mlops.cli.outcomes import each
    from mlops.operations.releasing.release import Wanted
    from mlops.operations.releasing.rollback import rollback

    here = root()
    return each([Wanted(name, environment, bundle, reason)], lambda item: rollback(here, item, propose=propose), form)
