"""`mlops init`: a repository of your own."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from mlops.cli.options import output, result, say


@click.command()
@click.argument("folder", default=".", metavar="[DIR]", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the repository; the folder's where not given.")
@click.option("--owner", metavar="@TEAM", help="Who owns the policy: a user or a team.")
@click.option("--ci", type=click.Choice(["github", "none"]), default="github", show_default=True, help="Who judges.")
@click.option("--remote", metavar="URL", help="Where DVC keeps data and models.")
@click.option("--tracking", metavar="URI", help="Where MLflow records runs and registered models.")
@click.option("--from", "wheel", metavar="WHEEL|URL", help="The wheel that every machine installs.")
@click.option("--dry-run", is_flag=True, help="Write nothing; list what would be written.")
@output("text", "json")
def command(
    folder: Path,
    name: str | None,
    owner: str | None,
    ci: str,
    remote: str | None,
    tracking: str | None,
    wheel: str | None,
    dry_run: bool,
    form: str,
) -> int:
    """Make a repository in DIR, which is empty or not there yet: configuration, policy, DVC, lock, workflow."""
    from mlops.operations.starting.init import begin
    from mlops.operations.starting.settings import settle
    from mlops.operations.starting.wheel import installed

    here = folder.absolute()
    begun = begin(here, settle(here, name, owner, ci, remote, tracking), wheel, installed(), dry=dry_run)
    result(form, {"schema_version": 1, "dry_run": dry_run, **asdict(begun)}, begun.files)
    if dry_run:
        say(f"{len(begun.files)} files would be written")
        return 0
    for note in begun.notes:
        say(f"note: {note}")
    say(f"undo: {begun.undo}")
    say("next: commit it to main by hand, the root of trust; then mlops new NAME --data FILE --target COLUMN")
    return 0
