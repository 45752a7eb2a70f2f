"""`mlops gate`: the verdict of the last run, or of the rules of a base commit too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlops.cli.annotations import annotate, annotated
from mlops.cli.options import FILE, attempt, base_option, ended, output, result, reviews_option, root, say
from mlops.diagnostics import visible

if TYPE_CHECKING:
    from mlops.files.plain_yaml import Values
    from mlops.operations.reviewing.reviews import Answers
    from mlops.operations.verdicts.gate import Verdict
    from mlops.operations.verdicts.rejudged import Rejudged

    _Judged = tuple[Verdict, Rejudged | None]


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME ...]")
@click.option("--explain", is_flag=True, help="A sentence for every rule.")
@base_option("Judge the recorded predictions again, by the rules of this commit too; the worse verdict holds.")
@click.option("--record", type=FILE, help="Write the verdict that holds here too.")
@reviews_option
@output("text", "json", "md")
def command(
    names: tuple[str, ...], explain: bool, base: str | None, record: Path | None, reviews: Path | None, form: str
) -> int:
    """Show what the gates said; exit 2 where one failed, 7 where one is inconclusive.

    With `--base`, a waiver counts where its approver approved the pull request that brought it, and a verdict only
    where the ledger has its entry: else 5.

    Rules over the live model are judged here, beside what is live now, or what the base has live. A pipeline without a
    verdict hides no other one: it is told after them, and the exit code is then its own.
    """
    if record is not None and (base is None or len(names) != 1):
        raise click.UsageError("--record is for one pipeline that is judged by a base: mlops gate NAME --base REF")
    from mlops.configuration.reading.library import Configuration
    from mlops.operations.reviewing.reviews import Answers
    from mlops.operations.workspace import known

    here = root()
    answers = Answers.of(reviews)
    judged, unread = attempt(known(Configuration(here), names), lambda name: _read(here, name, base, answers))
    show(judged, form, explain=explain)
    if record is not None and judged and (again := judged[0][1]) is not None:
        write(record, again)
    annotate_verdicts(here, [verdict for verdict, _ in judged])
    errors = [error for error in (verdict.error(explained=explain) for verdict, _ in judged) if error]
    ended([*errors, *unread])
    return max((error.exit_code for error in unread), default=min((error.exit_code for error in errors), default=0))


def _read(here: Path, name: str, base: str | None, answers: Answers) -> _Judged:
    if base is None:
        from mlops.operations.judging.settle import settled

        return settled(here, name), None
    from mlops.operations.auditing.held import hold_entered
    from mlops.operations.judging.approved_waivers import hold_waivers
    from mlops.operations.judging.recompute import recomputed
    from mlops.operations.judging.rejudge import rejudge

    hold_entered(here, name, base)
    with recomputed(here, name) as found:
        say(f"{name}: rows and scores made again in {found.seconds:.1f} s; what is recorded agrees")
        again = rejudge(here, name, base, found)
    again, told = hold_waivers(here, again, answers)
    for sentence in told:
        say(visible(sentence))
    return again.whole, again


def write(file: Path, again: Rejudged) -> None:
    """Write the verdict that holds, for the comment."""
    from mlops.documents.gate import GateReport
    from mlops.files.atomic import write_text

    whole = again.whole
    report = GateReport(
        verdict=whole.verdict,
        rules=whole.rules,
        champion=whole.champion,
        models=again.models,
        framework=again.framework,
    )
    write_text(file, report.dumps())


def annotate_verdicts(here: Path, verdicts: list[Verdict]) -> None:
    """Point at the rules that did not pass, where GitHub shows it."""
    if not annotated():
        return
    from mlops.operations.language.places import of_verdict

    for verdict in verdicts:
        for found in of_verdict(here, verdict):
            annotate(found.severity, found.message, found.position, err=True)


def show(judged: list[_Judged], form: str, *, explain: bool) -> None:
    """Print verdicts, each beside that by the rules of the base where it was judged by those too."""
    from mlops.present.markdown import verdict as markdown
    from mlops.present.terminal import verdict as terminal

    def text(said: Verdict, again: Rejudged | None) -> str:
        if again is not None:
            return markdown.compared(again) if form == "md" else terminal.compared(again, explain=explain)
        return markdown.verdict(said) if form == "md" else terminal.table(said, explain=explain)

    texts = ((said.verdict, text(said, again)) for said, again in judged)
    lines = markdown.verdicts([*texts]) if form == "md" else (shown for _, shown in texts)
    result(form, [_value(*each) for each in judged], lines)


def _value(verdict: Verdict, again: Rejudged | None) -> Values:
    """Give a verdict as a JSON value."""
    value = {"pipeline": verdict.pipeline, "verdict": verdict.verdict, "champion": verdict.champion}
    if again is None:
        return {**value, "rules": _rules(verdict)}
    before = again.before
    base = {"commit": again.base, "verdict": before and before.verdict, "rules": _rules(before)}
    told = {"labels": again.labels, "framework": again.framework, "base": {**base, "loosened": again.loosened}}
    return {**value, "rules": _rules(again.now), **told}


def _rules(verdict: Verdict | None) -> list[Any]:
    from mlops.documents.document import said

    return [] if verdict is None else [said(rule) for rule in verdict.rules]
