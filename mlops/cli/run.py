"""`mlops run`: reproduce pipelines and show their verdicts."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from shlex import quote
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

import click

from mlops.cli.failure import report
from mlops.cli.gate import show
from mlops.cli.options import output, quiet, root, say
from mlops.errors import MlopsError
from mlops.extras import need

if TYPE_CHECKING:
    from mlops.operations.running.run import Reproduce
    from mlops.operations.verdicts.gate import Verdict
    from mlops.operations.workspace import Workspace


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--all", "every", is_flag=True, help="All pipelines.")
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    help="Run so many pipelines side by side. [default: as many as there are processors]",
)
@click.option(
    "--smoke", is_flag=True, help="Every stage on a little data, in a folder of its own; nothing is recorded."
)
@click.option(
    "--plan",
    "file",
    type=click.Path(path_type=Path),
    help="Run what this plan says (`mlops plan -o json`); exit 3 where something it was made of moved.",
)
@click.option("--stage", metavar="STAGE", help="Run this stage alone; exit 3 where one before it is stale. Is frozen.")
@click.option("--frozen", is_flag=True, help="Exit 3 where a compiled file is not up to date, as wherever CI is set.")
@output("text", "json")
def command(
    names: tuple[str, ...],
    every: bool,
    jobs: int | None,
    smoke: bool,
    file: Path | None,
    stage: str | None,
    frozen: bool,
    form: str,
) -> int:
    """Run what is stale of pipelines NAMES and show their verdicts.

    Where the YAML was edited since, what it compiles to is written first. Several pipelines run side by side, and what
    is wrong with one stops no other. The exit code is the worst: 3 to 6 where one could not be judged, else 2 for a
    failed gate, else 7 for an inconclusive one. JSON is that of `mlops gate`; what stages print is then on stderr.
    """
    need("train", "`mlops run`")
    from mlops.operations.compiling.current import in_ci
    from mlops.operations.workspace import open_workspace

    names = tuple(dict.fromkeys(names))
    alone = {"--smoke": smoke, "--plan": file is not None, "--stage": stage is not None}
    _refuse(names, every, [option for option, given in alone.items() if given], form)
    frozen = frozen or stage is not None or in_ci()
    here = root(merging=not frozen)
    if every or len(names) > 1:
        return _together(here, names, jobs, form, frozen=frozen)
    (name,) = names
    if file is not None:
        from mlops.operations.running.run_saved import apply

        return _show([apply(here, name, file, partial(_run, frozen=frozen, form=form))], form)
    workspace = open_workspace(here, (name,))
    if smoke:
        try_out(workspace, name)
        return 0
    if stage is not None:
        return _stage(workspace, name, stage, form)
    return _show([_run(workspace, name, frozen=frozen, form=form)], form)


def _run(workspace: Workspace, name: str, *, frozen: bool, form: str) -> Verdict:
    from mlops.operations.running.run import run_pipeline

    _compile(workspace, (name,), frozen=frozen)
    return run_pipeline(workspace, name, _reproducer(form))


def _reproducer(form: str) -> Reproduce:
    from mlops.operations.running.run import reproduce, reproduce_aside, reproduce_unseen

    if quiet():
        return reproduce_unseen
    return reproduce_aside if form == "json" else reproduce


def _compile(workspace: Workspace, names: tuple[str, ...], *, frozen: bool) -> None:
    from mlops.operations.compiling.current import make_current

    for path in make_current(workspace, names, frozen=frozen):
        say(f"compiled: {path}")


def _refuse(names: tuple[str, ...], every: bool, alone: list[str], form: str) -> None:
    """Refuse what does not go together; `alone` are the options given that are for one pipeline, and none beside."""
    if settings := [name for name in names if "=" in name]:
        asked = " ".join(quote(word) for word in ([n for n in names if n not in settings] or ["NAME"]) + settings)
        raise click.UsageError(f"a run goes by the YAML; to try other values in a copy: mlops try {asked}")
    if every == bool(names):
        raise click.UsageError("name the pipelines to run, or say --all")
    if alone == ["--smoke", "--plan"]:
        raise click.UsageError("--smoke and --plan cannot be used together: leave one out")
    if len(alone) > 1:
        raise click.UsageError(f"one stage is run by itself: leave out {' or '.join(alone)}")
    if form == "json" and "--smoke" in alone:
        raise click.UsageError("a smoke run has no result to keep: leave out -o json or --smoke")
    if alone and (every or len(names) > 1):
        raise click.UsageError(f"{alone[0]} is for one pipeline: name one")


def _stage(workspace: Workspace, name: str, stage: str, form: str) -> int:
    from mlops.operations.running.single_stage import run_single

    _compile(workspace, (name,), frozen=True)
    verdict = run_single(workspace, name, stage, _reproducer(form))
    return _show([] if verdict is None else [verdict], form)


def _together(here: Path, names: tuple[str, ...], jobs: int | None, form: str, *, frozen: bool) -> int:
    """Run several; verdicts stand below each other when all have ended."""
    from mlops.operations.processes.side_by_side import cores
    from mlops.operations.running.together import exit_code, run_together
    from mlops.operations.workspace import open_workspace

    workspace = open_workspace(here, names)
    _compile(workspace, names, frozen=frozen)
    outcomes = run_together(workspace, names or tuple(workspace.pipelines), jobs or cores(), say)
    _show([outcome.verdict for outcome in outcomes if outcome.verdict is not None], form)
    for outcome in outcomes:
        if outcome.error is not None:
            report(outcome.error)
    return exit_code(outcomes)


def try_out(workspace: Workspace, name: str, form: str = "text", *, here: bool = False) -> Verdict:
    """Run every stage on a little data, and show what came of it; where JSON is the result, on stderr.

    Stages run `here` where this process has imported what they import.
    """
    from mlops.operations.running.smoke import ROWS, smoke
    from mlops.present.terminal.verdict import table

    with _printed(form) as printed:
        verdict = smoke(workspace.root, workspace.pipeline(name), printed, here=here)
    tell = say if form == "json" else click.echo
    tell(table(verdict, explain=False))
    say(f"a smoke run: at most {ROWS:,} rows and a few epochs; its verdict is no evidence")
    return verdict


@contextmanager
def _printed(form: str) -> Iterator[IO[bytes] | None]:
    """Say where stages print: on stderr where JSON is the result, and under `-q` only once one stopped."""
    if not quiet():
        yield sys.stderr.buffer if form == "json" else None
        return
    with TemporaryFile() as kept:
        try:
            yield kept
        except MlopsError:
            kept.seek(0)
            shutil.copyfileobj(kept, sys.stderr.buffer)
            sys.stderr.flush()
            raise


def _show(verdicts: list[Verdict], form: str) -> int:
    """Print verdicts, and give the exit code of the last, which is that of one."""
    code = 0
    for path in (path for verdict in verdicts for path in verdict.entered):
        say(f"entered: {path}")
    for verdict in verdicts if form == "text" else ():
        show([(verdict, None)], form, explain=False)
        say(f"report: pipelines/{verdict.pipeline}/reports/report.html")
    if form == "json":
        show([(verdict, None) for verdict in verdicts], form, explain=False)
    for verdict in verdicts:
        error = verdict.error()
        code = 0 if error is None else error.exit_code
    return code
