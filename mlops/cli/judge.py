"""`mlops judge`: a change beside the repository that judges it, by the code that is installed here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops.cli.annotations import warn
from mlops.cli.gate import annotate_verdicts, show, write
from mlops.cli.options import FOLDER, attempt, ended, needs_option, output, reviews_option, root, say
from mlops.diagnostics import visible
from mlops.errors import IntegrityError, MlopsError

if TYPE_CHECKING:
    from mlops.operations.judging.beside import Beside
    from mlops.operations.verdicts.rejudged import Rejudged


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--change", type=FOLDER, metavar="FOLDER", help="A checkout of the change, with its history.")
@click.option("--place", is_flag=True, help="Only put it in its place: nothing of it steers the judge afterwards.")
@click.option("--fetch", is_flag=True, help="Only bring its data, by digest, from the DVC remote of what judges.")
@click.option("--who", is_flag=True, help="Only say who judges it: `base`, or `head` for an upgrade and nothing else.")
@click.option(
    "--evidence",
    type=FOLDER,
    metavar="FOLDER",
    help="What the job that ran left: its artifact, unpacked; without it, what the change records is judged.",
)
@needs_option
@click.option("--record", type=FOLDER, metavar="FOLDER", help="Write each verdict to FOLDER/NAME/judged.json too.")
@click.option(
    "--rows",
    type=FOLDER,
    metavar="FOLDER",
    help="Only make the rows of what is checked out here, and write their digests to FOLDER/NAME/rows.json.",
)
@reviews_option
@output("text", "json", "md")
def command(
    names: tuple[str, ...],
    change: Path | None,
    evidence: Path | None,
    needs: str | None,
    record: Path | None,
    rows: Path | None,
    reviews: Path | None,
    form: str,
    *,
    place: bool,
    fetch: bool,
    who: bool,
) -> int:
    """Judge pipelines of a change by the code, the settings and the rules of the commit that is checked out here.

    All pipelines that the change affects, where none is named; the ledger and the releases of all others are held too.
    Exit 2 where a gate failed, 5 where what is recorded is not what comes out, where a decision has no entry or where
    no job judges what is affected, 7 where this version cannot tell.
    """
    if evidence is not None and needs is None:
        raise click.UsageError("--evidence needs --needs JSON, which says what is in it")
    here = root()
    if rows is not None or change is None:
        return _rows(here, names, rows, change)
    if who:
        from mlops.operations.judging.appointed import appoint

        click.echo(appoint(here, change))
        return 0
    if place or fetch:
        _prepare(here, change, names, place=place)
        return 0
    from mlops.operations.judging.beside import Beside, hold_decided, owed, refuse_uncovered
    from mlops.operations.reviewing.artifacts import told

    beside = Beside.of(here, change)
    wanted = owed(beside)
    say(f"affected, as {beside.base[:8]} plans it: {', '.join(wanted) or 'nothing'}")
    checks = [lambda: hold_decided(beside, wanted)]
    if needs is not None:
        checks.append(lambda: refuse_uncovered(wanted, told(needs)))
    _, problems = attempt(checks, lambda check: check())
    judged, more = _each(beside, names or (wanted if needs is None else ()), _Left(evidence, needs or ""), reviews)
    show([(again.whole, again) for again in judged], form, explain=True)
    if record is not None:
        for again in judged:
            write(record / again.now.pipeline / "judged.json", again)
    annotate_verdicts(beside.root, [again.whole for again in judged])
    said = [error for error in (again.whole.error() for again in judged) if error]
    return _ended(said, [*problems, *more])


def _ended(said: list[MlopsError], problems: list[MlopsError]) -> int:
    """Tell what did not pass, then what was not judged; a forgery goes before all else, and that before a verdict."""
    ended([*said, *problems])
    codes = {error.exit_code for error in problems}
    if IntegrityError.exit_code in codes:
        return IntegrityError.exit_code
    return max(codes, default=min((error.exit_code for error in said), default=0))


@dataclass(frozen=True)
class _Left:
    """Where jobs left what they made, and what they told of it."""

    folder: Path | None
    needs: str

    def of(self, name: str) -> Path | None:
        from mlops.operations.reviewing.artifacts import left

        return None if self.folder is None else left(self.folder, name, self.needs)

    def rows(self, name: str) -> Path | None:
        from mlops.operations.reviewing.artifacts import left_rows

        return None if self.folder is None else left_rows(self.folder, name, self.needs)


def _prepare(here: Path, change: Path, names: tuple[str, ...], *, place: bool) -> None:
    if place:
        from mlops.operations.reviewing.beside import put_beside

        put_beside(here, change)
        return
    from mlops.operations.judging.given_data import fetch_data

    absent = fetch_data(here, change, names)
    for path in absent:
        say(f"{visible(path)} is not in the DVC remote, or is something else there")


def _rows(here: Path, names: tuple[str, ...], folder: Path | None, change: Path | None) -> int:
    """Make the rows of each pipeline; one that cannot be made keeps no other one back."""
    if folder is None:
        raise click.UsageError("Missing option '--change'.")
    if change is not None or not names:
        raise click.UsageError("--rows makes those of named pipelines, of no --change: mlops judge NAME --rows FOLDER")
    from mlops.configuration.reading.library import Configuration
    from mlops.operations.judging.rows import make_rows
    from mlops.operations.workspace import known

    def make(name: str) -> None:
        make_rows(here, name, folder)
        say(f"{name}: rows made by the code that is installed; their digests are in {folder / name / 'rows.json'}")

    return _ended([], attempt(known(Configuration(here), names), make)[1])


def _each(
    beside: Beside, names: tuple[str, ...], left: _Left, reviews: Path | None
) -> tuple[list[Rejudged], list[MlopsError]]:
    """Judge what can be judged, and give why the others cannot."""
    from mlops.operations.judging.beside import judge
    from mlops.operations.reviewing.reviews import Answers

    answers = Answers.of(reviews)

    def one(name: str) -> Rejudged:
        again, sentences = judge(beside, name, left.of(name), answers, left.rows(name))
        if again.cost is not None:
            say(f"{name}: judged in {again.cost.told}")
            if again.cost.beyond:
                warn(f"{name} took long to judge", f"{again.cost.told}; 0.3 of its run, or a minute, is what it should")
        for sentence in sentences:
            say(visible(sentence))
        return again

    return attempt(names, one)
