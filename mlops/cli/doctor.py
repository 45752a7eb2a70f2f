"""`mlops doctor`: is everything here that is needed?"""

from __future__ import annotations

from pathlib import Path

import click

from mlops.cli.options import SYMBOLS, emit, output, paint, root


@click.command(short_help="Is everything here that is needed?")
@click.option("--trust", metavar="ENVIRONMENT", help="Print what the cloud of an environment must ask of a job.")
@click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Judge this one instead.")
@click.option("--repository", envvar="GITHUB_REPOSITORY", metavar="OWNER/NAME", default="", help="With --trust.")
@click.option("--ids", metavar="OWNER_ID/ID", default="", help="With --trust: the repository's immutable numbers.")
@output("text", "json")
def command(trust: str | None, policy: Path | None, repository: str, ids: str, form: str) -> int:
    """Check versions, the repository, DVC's remote and the tracking store; what cannot be read counts as wrong."""
    if trust is not None:
        return _trust(trust, policy, repository, ids)
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


def _trust(environment: str, policy: Path | None, repository: str, ids: str) -> int:
    from mlops.app.trust import judge, trust_of

    expected = trust_of(root(), environment, repository, ids)
    if policy is None:
        emit(expected.policy)
        return 0
    found = judge(expected, policy.read_text(encoding="utf-8"))
    for line in found:
        click.echo(line)
    return 5 if found else 0
