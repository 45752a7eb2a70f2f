"""`mlops comment`: the one comment of a pull request."""

from __future__ import annotations

import os
from pathlib import Path

import click

from mlops.cli.options import root, say


@click.command(short_help="The one comment of a pull request")
@click.argument("evidence", type=click.Path(exists=False, file_okay=False, path_type=Path))
@click.option("--job", "jobs", multiple=True, metavar="NAME=RESULT", help="How a job of the workflow ended.")
@click.option("--needs", envvar="MLOPS_NEEDS", metavar="JSON", help="The `needs` context: digests to compare with.")
@click.option("--commit", default="", metavar="SHA", help="The commit that was judged.")
@click.option("--base", default="", metavar="SHA", help="The commit it was compared with.")
@click.option("--post/--dry-run", help="Create or update the comment; without it, only print the text.")
@click.option("--pull-request", type=click.IntRange(min=1), metavar="NUMBER", help="Where to post it.")
@click.option("--author", default="github-actions[bot]", show_default=True, help="The account of GITHUB_TOKEN.")
def command(
    evidence: Path,
    jobs: tuple[str, ...],
    needs: str | None,
    commit: str,
    base: str,
    post: bool,
    pull_request: int | None,
    author: str,
) -> None:
    """Write one comment from the artifacts in folder EVIDENCE: `plan/plan.json` and `report-*/NAME/gate.json`.

    Exit 5 for a plan that cannot be read or an artifact that is not what its job made, 6 where GitHub does not
    answer.
    """
    from mlops.operations.project import open_project
    from mlops.operations.reviewing.artifacts import places
    from mlops.operations.reviewing.comment import Context, comment, marker
    from mlops.operations.reviewing.evidence import read_judged, read_plan
    from mlops.operations.reviewing.github import Client

    _, project = open_project(root())
    found = None if needs is None else places(evidence, needs)
    plan = read_plan(evidence)
    context = Context(project.name, commit, base, _run(), dict(_pair(job) for job in jobs))
    text = comment(context, plan, read_judged(evidence, plan, found) if plan else ())
    click.echo(text, nl=False)
    if post:
        if pull_request is None:
            raise click.UsageError("--post needs --pull-request NUMBER")
        environment = os.environ
        api = environment.get("GITHUB_API_URL", "https://api.github.com")
        client = Client(
            environment.get("GITHUB_REPOSITORY", ""), environment.get("GITHUB_TOKEN", ""), api, author=author
        )
        done, address = client.keep_comment(pull_request, marker(project.name), text)
        say(f"comment {done}: {address}")


def _pair(job: str) -> tuple[str, str]:
    name, equals, result = job.partition("=")
    if not equals:
        raise click.BadParameter(f"`{job}` is not NAME=RESULT", param_hint="--job")
    return name, result


def _run() -> str:
    """Give the address of the workflow run that this is part of; nothing outside of one."""
    keys = ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    server, repository, identity = (os.environ.get(key, "") for key in keys)
    return f"{server}/{repository}/actions/runs/{identity}" if server and repository and identity else ""
