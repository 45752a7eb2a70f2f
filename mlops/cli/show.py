"""`mlops show`: what is live where."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops.cli.options import output, result, reviews_option, root, say
from mlops.present.terminal.tables import columns

if TYPE_CHECKING:
    from mlops.operations.releasing.show import Shown

_HEADS = ("environment", "pipeline", "bundle", "traffic", "since", "approval", "registry")


@click.command()
@click.option("--env", "environment", metavar="ENVIRONMENT", help="What is live there. [default: everywhere]")
@click.option("--bytes", "whole", is_flag=True, help="Read and hash what the registry's store holds, too.")
@click.option("--ask", "asked", is_flag=True, help="Ask the servers of each environment's `endpoint` what they serve.")
@reviews_option
@output("text", "json")
def command(environment: str | None, reviews: Path | None, form: str, *, whole: bool, asked: bool) -> int:
    """Show the bundle of every model in every environment, since when, and whether the registry agrees.

    Who approved a release is looked up where GITHUB_TOKEN and GITHUB_REPOSITORY are set, or in `--reviews`.
    Of the registry's copy the list of files is compared; `--bytes` reads all of it. One that is not the bundle is 5.
    Where no environment is declared, nothing is ever released, and the last runs' bundles are shown. Where there are
    environments and nothing is live in any of them, the exit code is 3. With `--ask` it is 3 too where another bundle
    is served than is to be, and 6 where no server answered.
    """
    from mlops.operations.live.live import LAST_RUN
    from mlops.operations.releasing.show import show
    from mlops.operations.reviewing.reviews import Answers

    shown = show(root(), environment, whole=whole, asked=asked, answers=Answers.of(reviews))
    rows = [
        (
            live.environment,
            live.name,
            live.bundle[:19],
            "all" if live.canary is None else f"{live.canary:.4g} first",
            live.since.date[:10] if live.since else "not committed",
            live.approval.short if live.approval else "not looked at",
            (live.registry or "–") + (f", bytes: {live.bytes}" if live.bytes else ""),
            *([live.answers or "no endpoint"] if asked else []),
        )
        for live in shown.live
    ]
    last = (f"{last.name}: bundle {last.bundle[:19]}…, {LAST_RUN}" for last in shown.last)
    result(
        form, {"schema_version": 1, **asdict(shown)}, (*columns((*_HEADS, "servers") if asked else _HEADS, rows), *last)
    )
    if form == "text":
        _notes(shown)
    return shown.code


def _notes(shown: Shown) -> None:
    """Say what is missing, not approved, or not looked at."""
    for place in shown.silent:
        say(f"nothing is live in {place}: mlops release NAME --env {place}")
    if not (shown.live or shown.last or shown.silent):
        say("no environment is declared, and nothing ran here: mlops run NAME")
    for live in shown.live:
        if live.approval is not None and live.approval.state in ("not approved", "break-glass"):
            say(f"{live.name} in {live.environment}: {live.approval.sentence}")
    for name in sorted({live.name for live in shown.live if live.spoilt}):
        say(f"hint: load nothing from there; find out who wrote it, then: mlops repair {name} --registry")
    for live in shown.live:
        if live.answers.startswith("differs"):
            say(f"hint: whoever serves {live.name} in {live.environment} takes what is to be live when it starts anew")
    if shown.unreachable:
        say(f"the registry was not asked: {shown.unreachable}")
