"""`mlops comment`: the one comment of a pull request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mlops.cli.options import emit, needs_option, output, root, say

if TYPE_CHECKING:
    from mlops.documents.posted_comment import Posted


@click.command()
@click.argument("evidence", type=click.Path(exists=False, file_okay=False, path_type=Path))
@click.option("--job", "jobs", multiple=True, metavar="NAME=RESULT", help="How a job of the workflow ended.")
@needs_option
@click.option("--commit", default="", metavar="SHA", help="The commit that was judged.")
@click.option("--base", default="", metavar="SHA", help="The commit it was compared with.")
@click.option("--post/--dry-run", help="Create or update the comment; without it, only print the text.")
@click.option("--pull-request", type=click.IntRange(min=1), metavar="NUMBER", help="Where to post it.")
@click.option("--author", default="github-actions[bot]", show_default=True, help="The account of GITHUB_TOKEN.")
@output("md", "json")
def command(
    evidence: Path,
    jobs: tuple[str, ...],
    needs: str | None,
    commit: str,
    base: str,
    post: bool,
    pull_request: int | None,
    author: str,
    form: str,
) -> None:
    """Write one comment from the artifacts in folder EVIDENCE: `plan/plan.json` and `report-*/NAME/gate.json`.

    Exit 5 for a plan that cannot be read or an artifact that is not what its job made, 6 where GitHub does not
    answer: what was to be posted is printed all the same.
    """
    from mlops.documents.posted_comment import PostedComment
    from mlops.operations.project import open_project
    from mlops.operations.reviewing.artifacts import places
    from mlops.operations.reviewing.evidence import read_judged, read_plan
    from mlops.present.markdown.comment import Context, comment, marker, states

    _, project = open_project(root())
    found = None if needs is None else places(evidence, needs)
    plan = read_plan(evidence)
    judged = read_judged(evidence, plan, found) if plan else ()
    context = Context(project.name, commit, base, _run(), dict(_pair(job) for job in jobs))
    text = comment(context, plan, judged)
    if form == "md":
        click.echo(text, nl=False)
    if post and pull_request is None:
        raise click.UsageError("--post needs --pull-request NUMBER")
    posted = None
    try:
        if pull_request is not None and post:
            posted = _post(pull_request, author, marker(project.name), text)
    finally:
        if form == "json":
            emit(PostedComment(text=text, pipelines=states(judged), posted=posted).value())


def _post(number: int, author: str, begins: str, text: str) -> Posted:
    from mlops.documents.posted_comment import Posted
    from mlops.operations.reviewing.github import Client

    said = os.environ
    api = said.get("GITHUB_API_URL", "https://api.github.com")
    client = Client(said.get("GITHUB_REPOSITORY", ""), said.get("GITHUB_TOKEN", ""), api, author=author)
    posted = Posted.model_validate(dict(zip(("done", "url"), client.keep_comment(number, begins, text), strict=True)))
    say(f"comment {posted.done}: {posted.url}")
    return posted


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
