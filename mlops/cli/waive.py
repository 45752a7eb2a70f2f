"""`mlops waive`: let a rule be missed for a while."""

from __future__ import annotations

import click

from mlops.cli.options import output, result, root, say


@click.command()
@click.argument("name")
@click.argument("rule")
@click.option("--reason", required=True, help="Why this is acceptable for now.")
@click.option("--owner", required=True, help="Who asks for it and repairs the cause: @user or @organisation/team.")
@click.option("--approver", required=True, help="Who allows it; not the owner.")
@click.option("--days", type=click.IntRange(0, 30), help="How long it holds. [default: 14; 7 for release.after]")
@click.option("--slice", "part", help="Only this slice of the rule.")
@output("text", "json")
def command(
    name: str, rule: str, reason: str, owner: str, approver: str, days: int | None, part: str | None, form: str
) -> None:
    """Write conf/waiver/NAME.yaml: RULE may be missed until a day. It counts once it is merged."""
    from datetime import date

    from mlops.blocks.waiver import AFTER, LONGEST_AFTER
    from mlops.ledger.entry import MODEL
    from mlops.operations.auditing.enter import enter
    from mlops.operations.judging.waive import draft, write

    here = root(merging=True)
    today = date.today()
    if days is None:
        days = LONGEST_AFTER if rule == AFTER else 14
    waived = draft(here, name, rule, reason=reason, owner=owner, approver=approver, days=days, today=today, part=part)
    write(here, waived)
    entered = enter(here, name, MODEL)
    value = {"schema_version": 1, "file": waived.path, "entered": [*entered], "expires": waived.waiver.expires}
    result(form, value, [waived.path])
    for path in entered:
        say(f"entered: {path}")
    say(f"`{rule}` may be missed until {waived.waiver.expires}, once {approver} has approved the pull request")
    say("then: mlops compile")
