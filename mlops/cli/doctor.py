"""`mlops doctor`: is everything here that is needed?"""

from __future__ import annotations

import click

from mlops.cli.options import SYMBOLS, emit, output, paint, root


@click.command(short_help="Is everything here that is needed?")
@output("text", "json")
def command(form: str) -> int:
    """Check versions, the repository, DVC's remote and the tracking store; what cannot be read counts as wrong."""
    from mlops.app.doctor import examine

    checks = examine(root())
    if form == "json":
        emit(
            [
                {"name": check.name, "verdict": check.verdict, "message": check.message, "hint": check.hint}
                for check in checks
            ]
        )
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            symbol, colour = SYMBOLS[check.verdict]
            click.echo(f"{paint(symbol, colour)} {check.name:<{width}}  {check.message}")
            if check.hint and check.verdict != "pass":
                click.echo(f"  {'':<{width}}  {check.hint}")
    return 6 if any(check.verdict == "fail" for check in checks) else 0
