"""What the jobs of several workflows have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from mlops.compiler.github.credentials import holding, holds
from mlops.compiler.github.identity import SIGN_OUT, files_of, identity, signed_in
from mlops.compiler.github.workflow import Permission, Step
from mlops.configuration.ci import Continuous, Reader
from mlops.configuration.cloud import Cloud
from mlops.configuration.credentials import Use
from mlops.configuration.runner import own
from mlops.plan.shell import ASK, BRING, FETCH_RECORDED, INSTALL

READ = Permission("contents", "read", "to check out")
_PUSH = Permission("contents", "write", "to push the branch that it proposes")
_OPEN = Permission("pull-requests", "write", "to open the pull request")
TAKE = Permission("actions", "read", "to take over what a pull request judged")
LOOK = Permission("pull-requests", "read", "to find the pull request of a commit")
_SIGN_IN = Permission("id-token", "write", "to sign in to the cloud")

# A fork's pull request brings its own workflow, so this stops nobody who is set on it: the repository must ask for an
# approval of every such run, which `mlops doctor --repo` looks at. It stops those who did not know what they started.
_OUTSIDE = (
    "${{{{ github.event_name == 'pull_request' && "
    "github.event.pull_request.head.repo.full_name != github.repository && '{}' || '{}' }}}}"
)

_READER = '"$READER"'

# What this machine lacks comes from the remote; a repository without one makes it again, where nothing lies in reach of
# the pipelines' own code.
_FETCH = (
    ASK
    + f"""\
if [ -n "$remotes" ]; then
  {BRING}
else
  ELSE
fi
"""
)
_AGAIN = 'for name in $PIPELINES; do .venv/bin/mlops run "$name"; done'
_NOWHERE = """\
echo '::error title=No DVC remote::a job that holds a secret or may write runs no pipeline: dvc remote add -d NAME URL'
  exit 6"""

_NOTICE = """\
said='GitHub starts no checks for a pull request of the plain workflow token: close and open it, or set ci.app'
echo "::notice title=Checks do not start by themselves::$said"
echo "$said" >> "$GITHUB_STEP_SUMMARY"
"""


def set_up(settings: Continuous, reference: str = "", *, history: bool = False) -> tuple[Step, ...]:
    """Check out a commit (the one under test where none is named), and install what it pins."""
    inputs: dict[str, str | int | bool] = {"fetch-depth": 0, "persist-credentials": False}
    if reference:
        inputs = {"ref": reference, **({"fetch-depth": 0} if history else {}), "persist-credentials": False}
    return (
        Step("Check out", uses="actions/checkout", inputs=inputs),
        Step("Set up Python", uses="actions/setup-python", inputs={"python-version": settings.python}),
        Step("Install", run=INSTALL[settings.install]),
    )


def head(settings: Continuous) -> tuple[Step, ...]:
    """Check out what the main branch is now, not what it was when the event happened, with its history."""
    return set_up(settings, f"refs/heads/{settings.branch}", history=True)


def on_main(settings: Continuous) -> str:
    """Hold a job back where somebody dispatched the workflow of another branch."""
    return f"github.ref == 'refs/heads/{settings.branch}'"


def fetch(settings: Continuous, names: dict[str, str], *, makes: bool) -> Step:
    """Bring the data and the bundles of the pipelines that `PIPELINES` lists.

    A job `makes` what no remote keeps only where it is privileged in nothing.
    """
    run = _FETCH.replace("ELSE", _AGAIN if makes else _NOWHERE)
    return holding(settings, signed_in(settings.cloud, Step("Fetch", run=run, environment=names)), "remote")


def fetch_recorded(reader: Reader | None, names: dict[str, str]) -> Step:
    """Bring what the lock files record of the pipelines that `PIPELINES` lists, so that only what is stale runs."""
    bring, signed = reading(reader, BRING)
    return Step("Fetch what is recorded", run=FETCH_RECORDED.format(bring), environment=names | signed)


def reading(reader: Reader | None, command: str) -> tuple[str, dict[str, str]]:
    """Let a command sign in as who may read the DVC remote, until its step ends; give it and its environment."""
    if reader is None:
        return command, {}
    run = f"{{ {SIGN_OUT.strip()}; {identity(_READER)} && {command}; }}"
    return run, {"READER": reader.environment} | files_of(reader.cloud)


def approval(settings: Continuous, otherwise: str = "") -> str:
    """Let a stranger's change wait for a reviewer before it reaches a machine that is not thrown away after the job.

    The environment `otherwise` is that of everybody else's change.
    """
    return _OUTSIDE.format(settings.approval, otherwise) if own(settings.runner) else otherwise


def confidential(settings: Continuous) -> bool:
    """Whether no artifact may hold a bundle: anybody could download it whose own are kept in a cloud."""
    return settings.public and (settings.cloud is not None or settings.reader is not None)


def trusted(settings: Continuous, steps: Iterable[Step], *, writes: bool = False) -> str:
    """Name the environment of a job that holds the App's key, a secret or an identity; none where it holds nothing."""
    return settings.environment if settings.cloud or writes or holds(steps) else ""


def permissions(settings: Continuous, *, proposes: bool, adopts: bool = False) -> tuple[Permission, ...]:
    """List the least that a job of the main branch needs; a proposal of the App's needs nothing of the job's token.

    A job that `adopts` looks for the run of a pull request, takes its artifact, and may be the writer.
    """
    plain = proposes and settings.app is None
    own = ((_PUSH,) if plain else (READ,)) + ((TAKE,) if adopts else ()) + ((_OPEN,) if plain else ())
    cloud = settings.cloud or (settings.writer if adopts else None)
    return identified(own if plain or not adopts else (*own, LOOK), cloud)


def identified(granted: tuple[Permission, ...], cloud: Cloud | None) -> tuple[Permission, ...]:
    """Add the right to an identity where there is a cloud to take it to."""
    return granted if cloud is None else (*granted, _SIGN_IN)


def propose(
    settings: Continuous, title: str, run: str, names: dict[str, str], condition: str = "", uses: tuple[Use, ...] = ()
) -> tuple[Step, ...]:
    """Run a command that opens pull requests, the only step that holds a token which may."""
    if settings.app is None:
        token = {"GITHUB_TOKEN": "${{ github.token }}"}
        step = signed_in(settings.cloud, Step(title, run=run, environment=names | token, condition=condition))
        return (holding(settings, step, *uses), Step("Say that checks do not start", run=_NOTICE, condition=condition))
    inputs: dict[str, str | int | bool] = {
        "client-id": settings.app.id,
        "private-key": f"${{{{ secrets.{settings.app.key} }}}}",
        "permission-contents": "write",
        "permission-pull-requests": "write",
    }
    use = "actions/create-github-app-token"
    app = Step("Speak for the App", uses=use, inputs=inputs, identity="app", condition=condition)
    token = {"MLOPS_TOKEN": "${{ steps.app.outputs.token }}"}
    step = signed_in(settings.cloud, Step(title, run=run, environment=names | token, condition=condition))
    return (app, holding(settings, step, *uses))


def keep(title: str, name: str, path: str, *, found: str = "warn", condition: str = "", days: int = 30) -> Step:
    """Keep files as an artifact of the run, for so many days or as many as the repository allows."""
    inputs: dict[str, str | int | bool] = {
        "name": name,
        "path": path,
        "if-no-files-found": found,
        "retention-days": days,
    }
    return Step(title, uses="actions/upload-artifact", inputs=inputs, condition=condition)


PERIODS = ("hour", "day", "week")


def cron(project: str, period: str) -> str:
    """Choose a time by the project's name: the repositories of a company do not all start at the full hour."""
    digest = hashlib.sha256(f"{project}/{period}".encode()).digest()
    minute, hour, day = 1 + digest[0] % 59, digest[1] % 24, digest[2] % 7
    return {"hour": f"{minute} * * * *", "day": f"{minute} {hour} * * *", "week": f"{minute} {hour} * * {day}"}[period]
