"""Where secrets are kept at GitHub: in the environments whose jobs need them, and nowhere else. Only names are read.

https://docs.github.com/en/rest/actions/secrets
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from urllib.parse import quote

from pydantic import AliasPath, Field

from mlops.configuration.project import Project
from mlops.documents.document import Part
from mlops.operations.access.answers import Flag, Repository


class About(Part):
    """What GitHub says of the repository itself."""

    private: Flag
    owner: str = Field(validation_alias=AliasPath("owner", "type"))
    """`User` or `Organization`."""


class _Secret(Part):
    name: str


def looks_at_secrets(
    project: Project, repository: Repository
) -> Iterator[tuple[str, Callable[[], Iterable[str]], str]]:
    """Give what to look at where a project names secrets: a title, the look, and what would put it right."""
    key = () if project.ci.app is None else (project.ci.app.key,)
    if names := (*project.secrets_in(project.ci.environment), *key):
        hint = "gh secret delete NAME, then gh secret set NAME --env ENVIRONMENT"
        yield "secrets", partial(_reachable, repository, names), hint
    for place in dict.fromkeys((project.ci.environment, *project.environments)):
        needed = (*project.secrets_in(place), *(key if place == project.ci.environment else ()))
        if needed:
            yield (
                f"secrets of {place}",
                partial(_absent, repository, place, needed),
                f"gh secret set NAME --env {place}",
            )


def _absent(repository: Repository, environment: str, names: Collection[str]) -> Iterator[str]:
    """Find secrets that jobs of an environment need and that it does not have: they would be empty there."""
    found = _names(repository, f"environments/{quote(environment, safe='')}/secrets")
    yield from (f"{name} is not there: jobs would find it empty" for name in names if name not in found)


def _reachable(repository: Repository, names: Collection[str]) -> Iterator[str]:
    """Find secrets that the repository or its organisation has too: any job may read these."""
    for name in sorted(_names(repository, "actions/secrets") & set(names)):
        yield f"{name} is a secret of the repository: a job of any branch may read it"
    if repository.get("", About).owner == "Organization":
        for name in sorted(_names(repository, "actions/organization-secrets") & set(names)):
            yield f"{name} is a secret of the organisation for this repository: a job of any branch may read it"


def _names(repository: Repository, place: str) -> set[str]:
    """List names; GitHub spells them in upper case."""
    return {secret.name.upper() for secret in repository.page(f"{place}?per_page=100", _Secret, "secrets")}
