"""`mlops release`: make a bundle live, by a file that is reviewed."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.cli.options import output, reviews_option, root


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME [NAME ...]")
@click.option("--env", "environment", required=True, metavar="E", help="Where it is to be live.")
@click.option("--bundle", metavar="DIGEST", help="This registered bundle instead of the one of the last run.")
@click.option("--reason", metavar="TEXT", help="A sentence that the file and the pull request carry.")
@click.option("--propose", is_flag=True, help="Open a pull request instead of writing the file here.")
@reviews_option
@output("text", "json")
def command(
    names: tuple[str, ...],
    environment: str,
    bundle: str | None,
    reason: str | None,
    propose: bool,
    reviews: Path | None,
    form: str,
) -> int:
    """Write conf/release/E/NAME.yaml, which names the registered bundle of pipeline NAME.

    The bundle must be registered, have passed its gates, verify, load and answer its golden rows. For `prod` it must
    have been judged against what is live now. Exit 2 for a verdict that is no pass, 3 where something moved.
    """
    from mlops.cli.outcomes import each
    from mlops.operations.releasing.release import Wanted, release
    from mlops.operations.reviewing.reviews import Answers

    if bundle is not None and len(names) > 1:
        raise click.UsageError("--bundle is one pipeline's: give one NAME")
    here, answers = root(), Answers.of(reviews)
    wanted = (Wanted(name, environment, bundle, reason) for name in names)
    return each(wanted, lambda item: release(here, item, propose=propose, answers=answers), form)
