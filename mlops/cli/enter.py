"""`mlops enter`: the ledger's entries of what was decided by hand."""

from __future__ import annotations

import click

from mlops.cli.options import emit, output, root, say


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--repair", "mend", is_flag=True, help="Put back what is damaged; name what is gone for good.")
@output("text", "json")
def command(names: tuple[str, ...], mend: bool, form: str) -> None:
    """Write the entries of all that is decided of pipelines NAMES, or of all, and that no entry names yet.

    Verbs that decide something do so by themselves; this is for a file that was edited by hand, and begins the ledger
    of a pipeline that has none.
    """
    from mlops.operations.auditing.enter import enter
    from mlops.operations.auditing.named import asked
    from mlops.operations.auditing.repair import repair
    from mlops.operations.auditing.start import start_of
    from mlops.operations.project import open_project
    from mlops.operations.workspace import known

    here = root()
    configuration, project = open_project(here)
    by_files = asked(here, (), start_of(here, project.ci.branch)[0]) if names else ()
    known(configuration, tuple(name for name in names if name not in by_files))
    entered: dict[str, list[str]] = {}
    for name in names or known(configuration, ()):
        changed = repair(here, name) if mend else enter(here, name)
        entered[name] = [*changed]
        for path in changed if form == "text" else ():
            click.echo(path)
        if changed:
            say(f"{name}: commit them with what they are about: git add -A pipelines/{name}/ledger")
        else:
            say(f"{name}: nothing to enter")
    if form == "json":
        emit([{"pipeline": name, "entries": paths} for name, paths in entered.items()])
