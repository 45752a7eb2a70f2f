"""`mlops upgrade`: another release of this program, as one change."""

from __future__ import annotations

import click

from mlops.cli.options import output, result, root, say
from mlops.files.figures import plural


@click.command()
@click.option("--from", "wheel", metavar="WHEEL|URL", help="The wheel to move to: a file, or an address.")
@click.option("--to", "version", metavar="VERSION", help="The version to move to, from the index that pip is set to.")
@click.option("--dry-run", is_flag=True, help="Write nothing; say what would change, and what becomes stale.")
@click.option("--propose", is_flag=True, help="Open a pull request instead of writing the files here.")
@click.option("--here", is_flag=True, hidden=True, help="This program was installed to be the release to move to.")
@output("text", "json")
def command(wheel: str | None, version: str | None, dry_run: bool, propose: bool, here: bool, form: str) -> int:
    """Move the pin and the lock in requirements.txt, compile, and say which stages become stale and why.

    Without --from and --to, the release that runs here. Another one is installed by its hashes into an environment of
    its own, and does the rest itself. All or nothing; an older release is refused with 4.
    """
    from mlops.operations.starting.elsewhere import call
    from mlops.operations.starting.upgrade import Wanted, upgrade
    from mlops.operations.starting.upgraded import lines
    from mlops.operations.starting.wheel import installed

    wanted = Wanted(wheel, version, dry_run, propose, here, form)
    done = upgrade(root(merging=True), wanted, installed(), call, tell=say)
    if isinstance(done, int):
        return done
    result(form, done.plain, lines(done))
    if done.kept:
        say(f"note: the new release does not name these, which stay in the lock: {', '.join(done.kept)}")
    if done.unentered:
        say(f"note: judged before there was a ledger: {', '.join(done.unentered)}; mlops enter begins one")
    pinned = "requirements.txt pins this wheel already" if done.done == "nothing to do" else None
    say(done.proposed.text if done.proposed else pinned or f"{plural(len(done.files), 'file')} {done.done}")
    if done.undo:
        say(f"undo: {done.undo}")
    if done.done == "written":
        say("next: install requirements.txt as README.md says, mlops run --all, and commit all of it as one change")
    return 0
