"""`mlops doctor`: is everything here that is needed?"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from mlops.cli.options import emit, output, result, root
from mlops.operations.access.check import Check
from mlops.present.terminal.style import symbol


@click.command()
@click.option("--repo", metavar="OWNER/NAME", help="Check what GitHub is set to instead, with GITHUB_TOKEN.")
@click.option("--trust", metavar="ENVIRONMENT", help="Print what the cloud of an environment must ask of a job.")
@click.option("--writer", is_flag=True, help="With --trust: what `ci.writer` must ask, who pushes to the DVC remote.")
@click.option("--policy", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Judge this one instead.")
@click.option("--repository", envvar="GITHUB_REPOSITORY", metavar="OWNER/NAME", default="", help="With --trust.")
@click.option("--ids", metavar="OWNER_ID/ID", default="", help="With --trust: the repository's immutable numbers.")
@click.option("--processor", is_flag=True, help="Train a probe of every kind, and print digests to compare.")
@output("text", "json")
def command(
    repo: str | None,
    trust: str | None,
    writer: bool,
    policy: Path | None,
    repository: str,
    ids: str,
    processor: bool,
    form: str,
) -> int:
    """Check versions, the repository, DVC's remote and the tracking store; what cannot be read counts as wrong.

    With --repo, check the settings that the compiled workflows rely on: required checks and reviews, environments,
    secrets (by name), forks, machines. The token reads `administration`, where the YAML names secrets also `secrets`
    and `environments`, and of an organisation with machines of its own `self-hosted runners`. Exit 6 where anything is
    wrong, 5 where the --policy of a cloud trusts more than it must.
    """
    if writer and trust is None:
        raise click.UsageError("--writer is a role that --trust prints: name an environment with it")
    if processor:
        return _processor(form)
    if trust is not None:
        return _trust(trust, policy, repository, ids, writer=writer)
    checks = _checks(repo)
    result(form, [asdict(check) for check in checks], _lines(checks))
    return 6 if any(check.verdict == "fail" for check in checks) else 0


def _lines(checks: Sequence[Check]) -> Iterator[str]:
    width = max(len(check.name) for check in checks)
    for check in checks:
        yield f"{symbol(check.verdict)} {check.name:<{width}}  {check.message}"
        if check.hint and check.verdict != "pass":
            yield f"  {'':<{width}}  {check.hint}"


def _processor(form: str) -> int:
    from mlops.operations.processes.numerics import pin_numerics, processor

    pin_numerics(1)
    from mlops.ml.training.probe import probe  # imports what reads the settings

    name, found = processor(), probe()
    digests = (f"{kind:<20} {digest}" for kind, digest in found.items())
    result(form, {"processor": name, "digests": found}, [f"processor  {name}", *digests])
    return 0


def _checks(repository: str | None) -> tuple[Check, ...]:
    from mlops.errors import ConfigurationError
    from mlops.operations.access.answers import Answer
    from mlops.operations.access.doctor import examine
    from mlops.operations.access.github_settings import examine_settings
    from mlops.operations.project import open_project
    from mlops.operations.reviewing.github import Client

    if repository is None:
        return examine(root(merging=True))
    token = os.environ.get("GITHUB_TOKEN", "")
    if not token:
        raise ConfigurationError(
            "no token to ask GitHub with", hint="GITHUB_TOKEN=$(gh auth token) mlops doctor --repo OWNER/NAME"
        )
    _, project = open_project(root(merging=True))
    client = Client(repository, token, os.environ.get("GITHUB_API_URL", "https://api.github.com"))
    return examine_settings(project, repository, lambda path: Answer(*client.look(path)))


def _trust(environment: str, policy: Path | None, repository: str, ids: str, *, writer: bool) -> int:
    from mlops.operations.access.trust import judge, trust_of

    expected = trust_of(root(merging=True), environment, repository, ids, writer=writer)
    if policy is None:
        emit(expected.policy)
        return 0
    found = judge(expected, policy.read_text(encoding="utf-8"))
    for line in found:
        click.echo(line)
    return 5 if found else 0
