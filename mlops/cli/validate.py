"""`mlops validate`: read and check the YAML."""

from __future__ import annotations

from pathlib import Path

import click

from mlops.cli.annotations import annotate
from mlops.cli.options import FILE, base_option, emit, output, root, say
from mlops.diagnostics import Diagnostic, visible


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--strict", is_flag=True, help="Fail on warnings too.")
@base_option("Hold the YAML against the policy of this commit too.")
@click.option("--author", envvar="MLOPS_AUTHOR", show_envvar=True, help="Who opened the pull request.")
@click.option("--hydra", is_flag=True, help="Compose with Hydra too, and report any value that differs.")
@click.option(
    "--record-reviews",
    "record",
    type=FILE,
    help="Look up who approved the waivers, and write what GitHub told here, for `mlops gate --reviews`.",
)
@output("text", "json")
def command(
    names: tuple[str, ...],
    strict: bool,
    base: str | None,
    author: str | None,
    hydra: bool,
    record: Path | None,
    form: str,
) -> int:
    """Read and check the YAML; every problem at once, with file:line:column."""
    from mlops.operations.merging import unfinished
    from mlops.operations.validate import validate

    here = root(merging=True)
    if sentence := unfinished(here):
        say(f"note: {visible(sentence)}")
    found, rendered = validate(here, names, base, author=author, hydra=hydra)
    if record is not None:
        _record(here, names, base, record)
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


def _record(here: Path, names: tuple[str, ...], base: str | None, file: Path) -> None:
    from mlops.configuration.reading.library import Configuration
    from mlops.operations.judging.approved_waivers import look_up
    from mlops.operations.reviewing.reviews import Answers
    from mlops.operations.workspace import known

    answers = Answers.of()
    for sentence in look_up(here, base, known(Configuration(here), names), answers):
        say(visible(sentence))
    answers.write(file)


def _plain(diagnostic: Diagnostic) -> dict[str, str | int]:
    place = {key: getattr(diagnostic.position, key) for key in ("file", "line", "column")}
    return place | {key: getattr(diagnostic, key) for key in ("severity", "rule", "message", "hint")}
