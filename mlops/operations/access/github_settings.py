"""The settings of a GitHub repository that its compiled workflows rely on; what cannot be read counts as wrong.

Branches and code owners: `github_branch`. Environments: https://docs.github.com/en/rest/deployments/environments.
Secrets: `github_secrets`. Machines and forks:
https://docs.github.com/en/rest/actions/self-hosted-runner-groups and https://docs.github.com/en/rest/actions/permissions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from pydantic import Field

from mlops.configuration.project import Project
from mlops.configuration.runner import own
from mlops.documents.document import Part
from mlops.operations.access.answers import Flag, Read, Repository, Unreadable, understood
from mlops.operations.access.check import Check
from mlops.operations.access.github_branch import looks_at_branch
from mlops.operations.access.github_secrets import About, looks_at_secrets


class _Reviewed(Part):
    type: str
    reviewers: tuple[Any, ...] | None = None
    prevent_self_review: Flag | None = None


class _Branches(Part):
    """Which branches may run there; None where any may."""

    protected_branches: Flag


class _Environment(Part):
    protection_rules: tuple[_Reviewed, ...]
    can_admins_bypass: Flag | None = None
    branches: _Branches | None = Field(None, validation_alias="deployment_branch_policy")


class _Branch(Part):
    name: str
    type: str = "branch"


class _Count(Part):
    total_count: int


class _ForksOfPrivate(Part):
    """What a fork may; nothing else is asked where its pull requests run no workflow."""

    run_workflows_from_fork_pull_requests: Flag


class _ForksThatRun(Part):
    send_write_tokens_to_workflows: Flag
    send_secrets_and_variables: Flag
    require_approval_for_fork_pr_workflows: Flag


class _RunnerGroup(Part):
    name: str
    visibility: str
    allows_public_repositories: Flag
    restricted_to_workflows: Flag
    selected_workflows: tuple[str, ...] = ()


def examine_settings(project: Project, name: str, read: Read) -> tuple[Check, ...]:
    """Look at everything that the compiled workflows of a repository rely on; nothing is changed."""
    repository = Repository(name, read)
    machines = own(project.ci.runner) or any(own(item.runner) for item in project.environments.values() if item.runner)
    looks: list[tuple[str, Callable[[], Iterable[str]], str]] = [
        ("repository", partial(_visibility, project, repository), "say `ci.public: true` in conf/project.yaml"),
        *looks_at_branch(project, repository),
        ("forks", partial(_forks, repository, machines), "Settings, Actions, General, Fork pull request workflows"),
    ]
    for place, reviewed, on_branch in _environments(project):
        looks.append(
            (
                f"environment {place}",
                partial(_environment, repository, place, project.ci.branch if on_branch else "", reviewed),
                f"Settings, Environments, {place}",
            )
        )
    if project.ci.reader is not None:
        place = project.ci.reader.environment
        look = partial(_without_secrets, repository, place)
        looks.append((f"environment {place}", look, f"Settings, Environments, {place}"))
    looks += looks_at_secrets(project, repository)
    if machines:
        looks.append(("machines", partial(_machines, project, repository), "the organisation's Settings, Actions"))
    return tuple(check for title, look, hint in looks for check in _checks(title, look, hint))


def _checks(title: str, look: Callable[[], Iterable[str]], hint: str) -> Iterator[Check]:
    try:
        found = list(look())
    except Unreadable as error:
        found = [str(error)]
    if not found:
        yield Check(title, "pass", "as the workflows need it")
    yield from (Check(title, "fail", problem, hint) for problem in found)


def _visibility(project: Project, repository: Repository) -> Iterator[str]:
    private = repository.get("", About).private
    if private and project.ci.public:
        yield "is private, and conf/project.yaml says public"
    elif not private and not project.ci.public:
        yield "is public, and conf/project.yaml does not say so"


def _environments(project: Project) -> Iterator[tuple[str, bool, bool]]:
    """Name each environment, whether somebody must approve what runs there, and whether only the branch may."""
    settings = project.ci
    for name in project.environments:
        yield name, True, True
    trusted = settings.cloud or settings.writer or settings.app or settings.secrets
    if trusted and settings.environment not in project.environments:
        yield settings.environment, False, True
    if own(settings.runner) and settings.approval not in project.environments:
        yield settings.approval, True, False


def _environment(repository: Repository, name: str, branch: str, reviewed: bool) -> Iterator[str]:
    value = repository.get(f"environments/{quote(name, safe='')}", _Environment)
    rules = [rule for rule in value.protection_rules if rule.type == "required_reviewers"]
    if reviewed:
        if not any(rule.reviewers for rule in rules):
            yield "nobody has to approve what runs there"
        elif not all(rule.prevent_self_review is True for rule in rules):
            yield "who starts a run may approve it"
        if value.can_admins_bypass is not False:
            yield "administrators may pass its rules by"
    if branch:
        yield from _branches(repository, name, value.branches, branch)


def _without_secrets(repository: Repository, name: str) -> Iterator[str]:
    place = f"environments/{quote(name, safe='')}"
    repository.get(place, Part)
    if repository.get(f"{place}/secrets?per_page=1", _Count).total_count:
        yield "has secrets, and what a pull request says is run there"


def _branches(repository: Repository, name: str, policy: _Branches | None, branch: str) -> Iterator[str]:
    """GitHub takes "protected branches only" for all branches where no branch is protected."""
    if policy is None:
        yield f"any branch may run there, not only {branch}"
        return
    if policy.protected_branches:
        allowed = [item.name for item in repository.page("branches?protected=true&per_page=100", _Branch)]
    else:
        path = f"environments/{quote(name, safe='')}/deployment-branch-policies?per_page=100"
        found = repository.page(path, _Branch, "branch_policies")
        allowed = [item.name if item.type == "branch" else f"tag {item.name}" for item in found]
    if not allowed:
        yield f"any branch may run there, not only {branch}: the rule names none"
    elif allowed != [branch]:
        yield f"{', '.join(sorted(allowed))} may run there, not only {branch}"


def _forks(repository: Repository, machines: bool) -> Iterator[str]:
    if repository.get("", About).private:
        path = "actions/permissions/fork-pr-workflows-private-repos"
        told = repository.get(path, object)
        if not understood(told, _ForksOfPrivate).run_workflows_from_fork_pull_requests:
            return
        value = understood(told, _ForksThatRun)
        if value.send_write_tokens_to_workflows:
            yield "a fork's pull request gets a token that writes"
        if value.send_secrets_and_variables:
            yield "a fork's pull request gets the repository's secrets"
        if machines and not value.require_approval_for_fork_pr_workflows:
            yield "a fork's pull request reaches machines of your own without approval"
    elif machines:
        policy = repository.get("actions/permissions/fork-pr-contributor-approval", dict).get("approval_policy")
        if policy != "all_external_contributors":
            yield f"a fork's pull request may reach machines of your own without approval: `{policy}`"


def _machines(project: Project, repository: Repository) -> Iterator[str]:
    """Hold a group to our workflows where only they use it; one that judges pull requests cannot be held so.

    A group names a workflow with its branch, and that of a pull request is the pull request's.
    """
    about = repository.get("", About)
    if repository.get("actions/runners?per_page=1", _Count).total_count:
        yield "machines are registered with the repository itself, where no group holds other workflows back"
    if about.owner != "Organization":
        return
    owner, name = repository.name.split("/")
    path = f"orgs/{owner}/actions/runner-groups?visible_to_repository={name}&per_page=100"
    workflows = {f"{repository.name}/.github/workflows/mlops-release.yml@refs/heads/{project.ci.branch}"}
    for group in repository.page(path, _RunnerGroup, "runner_groups", whole=True):
        called = f"runner group `{group.name}`"
        if group.visibility != "selected":
            yield f"{called} is open to other repositories"
        if about.private and group.allows_public_repositories:
            yield f"{called} is open to public repositories"
        if not own(project.ci.runner):
            if not group.restricted_to_workflows:
                yield f"{called} takes jobs of any workflow"
            elif other := sorted({*group.selected_workflows} - workflows):
                yield f"{called} takes jobs of {', '.join(other)}"
