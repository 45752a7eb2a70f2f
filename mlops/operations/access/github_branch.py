"""Who may change the branch that everything is made from, and whether GitHub knows the owners that must agree.

https://docs.github.com/en/rest/repos/rules, https://docs.github.com/en/rest/branches/branch-protection and
https://docs.github.com/en/rest/repos/repos#list-codeowners-errors
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from pydantic import AliasChoices, AliasPath, Field

from mlops.configuration.project import Project
from mlops.diagnostics import visible
from mlops.documents.document import Part
from mlops.operations.access.answers import Flag, Repository, Unreadable, understood

VERDICT = "verdict"
_ACTIONS = 15368  # the App that GitHub Actions reports checks as
_RULES = "Settings, Rules, Rulesets: a ruleset for the branch, without exemptions"
_OWNERS = "name owners that exist and may write here in conf/policy.yaml and conf/pipeline/, then mlops compile"


@dataclass(frozen=True)
class _Guard:
    """What one ruleset, or the classic protection, asks of a change of the branch; who is exempt, None if unknown."""

    name: str
    checks: tuple[tuple[str, int | None], ...] = ()
    reviews: int = 0
    code_owners: bool = False
    fresh: bool = False
    exempt: tuple[str, ...] | None = ()

    @property
    def relied_on(self) -> bool:
        """Whether it asks for anything that the workflows count on."""
        return bool(self.reviews or self.code_owners or any(check == VERDICT for check, _ in self.checks))


class _OwnersError(Part):
    path: str
    line: int
    kind: str
    source: str | None = None
    suggestion: str | None = None


class _StatusCheck(Part):
    context: str
    source: int | None = Field(None, validation_alias=AliasChoices("integration_id", "app_id"))


class _Rule(Part):
    """A rule of a ruleset; what its parameters are depends on its type."""

    type: str
    ruleset_id: int
    parameters: Any = None


class _Checks(Part):
    required_status_checks: tuple[_StatusCheck, ...]


class _Reviews(Part):
    required_approving_review_count: int
    require_code_owner_review: Flag
    dismiss_stale_reviews_on_push: Flag


class _Actor(Part):
    actor_type: str


class _Ruleset(Part):
    """Who may pass it by is told only to whoever may change it."""

    name: str
    bypass_actors: tuple[_Actor, ...] | None = None


class _Allowances(Part):
    apps: tuple[Any, ...] | None = None
    teams: tuple[Any, ...] | None = None
    users: tuple[Any, ...] | None = None


class _ClassicReviews(Part):
    required_approving_review_count: int = 0
    require_code_owner_reviews: Flag | None = None
    dismiss_stale_reviews: Flag | None = None
    bypass_pull_request_allowances: _Allowances | None = None


class _Protection(Part):
    """The classic protection of a branch."""

    enforced: Flag = Field(validation_alias=AliasPath("enforce_admins", "enabled"))
    reviews: _ClassicReviews | None = Field(None, validation_alias="required_pull_request_reviews")
    checks: tuple[_StatusCheck, ...] | None = Field(
        None, validation_alias=AliasPath("required_status_checks", "checks")
    )


def looks_at_branch(project: Project, repository: Repository) -> Iterator[tuple[str, Callable[[], Iterable[str]], str]]:
    """Give what to look at of the branch: a title, the look, and what would put it right."""
    for title, look in (("verdict", _verdict), ("review", _review), ("exemptions", _exemptions)):
        yield f"branch: {title}", partial(look, project, repository), _RULES
    yield "code owners", partial(_owners, project, repository), _OWNERS


def _owners(project: Project, repository: Repository) -> Iterator[str]:
    """GitHub leaves out a line whose owners it does not know, without a word: its files then need nobody's review."""
    path = f"codeowners/errors?ref={quote(project.ci.branch, safe='')}"
    for error in repository.page(path, _OwnersError, "errors"):
        line, why = ((text or "").strip() for text in (error.source, error.suggestion))
        said = f"{error.path}:{error.line}: {error.kind}{f': {line}' if line else ''}"
        yield visible(f"{said} ({why})" if why else said)


def _verdict(project: Project, repository: Repository) -> Iterator[str]:
    guards = _guards(project, repository)
    sources = {source for guard in guards for check, source in guard.checks if check == VERDICT}
    if not sources:
        yield f"the check `{VERDICT}` is not required on {project.ci.branch}"
    elif _ACTIONS not in sources:
        yield f"the check `{VERDICT}` may come from anybody with a token: choose GitHub Actions as its source"


def _review(project: Project, repository: Repository) -> Iterator[str]:
    guards = _guards(project, repository)
    if not any(guard.reviews for guard in guards):
        yield f"a pull request to {project.ci.branch} needs no approval"
    if not any(guard.code_owners for guard in guards):
        yield "code owners need not approve what is theirs"
    if not any(guard.fresh for guard in guards):
        yield "an approval outlives the commits that it was given for"


def _exemptions(project: Project, repository: Repository) -> Iterator[str]:
    """A rule that two guards ask for holds where one of them has no exemption; each is named all the same."""
    for guard in _guards(project, repository):
        if not guard.relied_on:
            continue
        if guard.exempt is None:
            yield f"{guard.name}: who is exempt cannot be read; the token needs administration: read"
        elif guard.exempt:
            yield f"{guard.name}: {', '.join(guard.exempt)} may merge without any of it"


def _guards(project: Project, repository: Repository) -> list[_Guard]:
    branch = quote(project.ci.branch, safe="")
    guards = _rulesets(repository, repository.page(f"rules/branches/{branch}?per_page=100", _Rule))
    classic = repository.read(f"repos/{repository.name}/branches/{branch}/protection")
    if classic.status == 200:
        guards.append(_classic(understood(classic.value, _Protection)))
    elif not guards:
        raise Unreadable(f"no ruleset, and the protection of the branch cannot be read: HTTP {classic.status}")
    return guards


def _rulesets(repository: Repository, rules: Sequence[_Rule]) -> list[_Guard]:
    return [
        _ruleset(repository.get(f"rulesets/{number}", _Ruleset), [rule for rule in rules if rule.ruleset_id == number])
        for number in sorted({rule.ruleset_id for rule in rules})
    ]


def _ruleset(about: _Ruleset, rules: Iterable[_Rule]) -> _Guard:
    parameters: dict[str, type[_Checks | _Reviews]] = {"required_status_checks": _Checks, "pull_request": _Reviews}
    read = [understood(rule.parameters, parameters[rule.type]) for rule in rules if rule.type in parameters]
    reviews = [each for each in read if isinstance(each, _Reviews)]
    checks = [check for each in read if isinstance(each, _Checks) for check in each.required_status_checks]
    return _Guard(
        f"ruleset `{about.name}`",
        tuple((check.context, check.source) for check in checks),
        max((each.required_approving_review_count for each in reviews), default=0),
        any(each.require_code_owner_review for each in reviews),
        any(each.dismiss_stale_reviews_on_push for each in reviews),
        None if about.bypass_actors is None else tuple(sorted(actor.actor_type for actor in about.bypass_actors)),
    )


def _classic(protection: _Protection) -> _Guard:
    reviews = protection.reviews or _ClassicReviews()
    exempt = sorted(kind for kind, allowed in reviews.bypass_pull_request_allowances or () if allowed)
    if not protection.enforced:
        exempt.insert(0, "administrators")
    return _Guard(
        "branch protection",
        tuple((check.context, check.source) for check in protection.checks or ()),
        reviews.required_approving_review_count,
        reviews.require_code_owner_reviews is True,
        reviews.dismiss_stale_reviews is True,
        tuple(exempt),
    )
