"""`mlops validate`: read and check the YAML."""

from __future__ import annotations

import click

from mlops.cli.annotations import annotate
from mlops.cli.options import base_option, emit, output, root, say
from mlops.diagnostics import Diagnostic


@click.command(short_help="Read and check the YAML")
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@base_option("Hold the YAML against the policy of this commit too.")
@click.option("--author", envvar="MLOPS_AUTHOR", show_envvar=True, help="Who opened the pull request.")
@click.option("--hydra", is_flag=True, help="Compose with Hydra too, and report any value that differs.")
@output("text", "json")
def command(names: tuple[str, ...], strict: bool, base: str | None, author: str | None, hydra: bool, form: str) -> int:
    """Read and check the YAML; every problem at once, with file:line:column."""
    from mlops.app.language.validate import validate

    found, rendered = validate(root(merging=True), names, base, author=author, hydra=hydra)
    if form == "json":
        emit([_plain(diagnostic) for diagnostic in found])
    elif found:
        click.echo(rendered, err=True)
    else:
        say("the configuration holds")
    if form == "text":
        for diagnostic in found:
            text = f"{diagnostic.message}. {diagnostic.hint}"
            annotate(diagnostic.severity, text, diagnostic.position)
    errors = [diagnostic for diagnostic in found if diagnostic.severity == "error" or strict]
    return 4 if errors else 0


def _plain(diagnostic: Diagnostic) -> dict[str, object]:
    position = diagnostic.position
    return {
        "file": position.file,
        "line": position.line,
        "column": position.column,
        "severity": diagnostic.severity,
        "rule": diagnostic.rule,
        "message": diagnostic.message,
        "hint": diagnostic.hint,
    }
