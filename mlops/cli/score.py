"""`mlops score`: answer the rows of Parquet files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops.cli.options import FOLDER, ended, output, result, root, say
from mlops.extras import need
from mlops.files.figures import plural

if TYPE_CHECKING:
    from mlops.operations.scoring.score import Outcome


@click.command()
@click.argument("name", default="")
@click.option(
    "--in", "given", metavar="PARQUET", help="A file, or a folder of them. [default: what `deploy:` of NAME says]"
)
@click.option(
    "--out", "into", metavar="PARQUET", help="Where predictions go: a file for a file, a folder for a folder."
)
@click.option(
    "--env", "environment", metavar="ENVIRONMENT", help="Score by what is live there. [default: the live one]"
)
@click.option("--bundle", type=FOLDER, help="Score by the bundle in this folder instead.")
@click.option("--expect", metavar="DIGEST", help="Score by this bundle and no other: sha256:… of its manifest.")
@click.option("--carry", metavar="COLUMN", multiple=True, help="A column of the input that the output has too.")
@click.option(
    "--refused",
    metavar="PARQUET",
    help="List rows that the model refuses here, and score the others. [default: one refuses its file]",
)
@click.option(
    "--due",
    "schedule",
    metavar="CRON",
    help="Score nothing: list what a schedule of the compiled workflow is for; everything for an empty one.",
)
@output("text", "json")
def command(
    name: str,
    given: str | None,
    into: str | None,
    environment: str | None,
    bundle: Path | None,
    expect: str | None,
    carry: tuple[str, ...],
    refused: str | None,
    schedule: str | None,
    form: str,
) -> int:
    """Score Parquet files by the live bundle of pipeline NAME, or by the bundle in folder NAME.

    The answers are those of `mlops serve` to the bit, in a file for each file of the input. A file that this bundle has
    scored is not scored again, whatever stopped the run before; OUT.manifest.json says what was made of what.

    A row that a server would refuse refuses its file, and with --refused is listed there and has no prediction. What is
    wrong with one file stops no other.
    """
    need("train", "`mlops score`")
    if schedule is not None:
        return _list(schedule, name, form)
    if not name:
        raise click.UsageError("Missing argument 'NAME'.")
    outcome = _scored(name, given, into, environment, bundle, expect, carry, refused)
    document = outcome.document
    for other in document.others:
        say(f"{document.manifest.output}/{other} is of no file of the input, and stays", always=True)
    counts = f"{plural(document.manifest.rows, 'row')} in {plural(len(document.manifest.partitions), 'file')}"
    also = f", {document.manifest.refused_rows:,} of them refused" if document.manifest.refused_rows else ""
    summary = f"{counts}{also}, {plural(len(document.scored), 'file')} scored now by {document.manifest.bundle}"
    result(form, document.value(), [summary] if document.written else [])
    if document.written:
        say(f"manifest: {document.written}")
    return ended(outcome.failed)


def _scored(
    name: str,
    given: str | None,
    into: str | None,
    environment: str | None,
    bundle: Path | None,
    expect: str | None,
    carry: tuple[str, ...],
    refused: str | None,
) -> Outcome:
    from mlops.bundle.contents import Contents
    from mlops.operations.root import search_root
    from mlops.operations.running.serve import find_bundle, find_settings, is_pipeline, vouching
    from mlops.operations.scoring.score import Lineage, score_all
    from mlops.operations.scoring.settings import find_target, lineage_of, wanted_of

    here = search_root(Path.cwd())
    place: str | None = None
    if bundle is None:
        folder, told, place = find_bundle(here, name, environment)
        if told:
            say(told)
    else:
        folder = bundle
    ours = here is not None and is_pipeline(here, name)
    target = find_target(here, name, place or environment) if here is not None and ours else None
    wanted = wanted_of(target, here, name, given=given, output=into, carry=carry, refused=refused)
    log = find_settings(here, name, place).log if here is not None and ours and bundle is None else None
    lineage = lineage_of(here, name, place) if here is not None and ours and bundle is None else Lineage()
    contents = Contents.read(folder, expect)
    vouching(here, name if bundle is None else str(folder), folder)(contents)
    return score_all(contents, wanted, lineage, log, say)


def _list(schedule: str, name: str, form: str) -> int:
    """Print the pipelines that a schedule is for."""
    from mlops.operations.scoring.settings import due
    from mlops.operations.workspace import open_workspace

    if name:
        raise click.UsageError("--due finds the pipelines: name none")
    found = due(open_workspace(root()), schedule)
    result(form, {"schema_version": 1, "pipelines": found}, found)
    return 0
