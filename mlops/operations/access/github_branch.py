"""Who may change the branch that everything is made from, and whether GitHub knows the owners that must agree.

https://docs.github.com/en/rest/repos/rules, https://docs.github.com/en/rest/branches/branch-protection and
https://docs.github.com/en/rest/repos/repos#list-codeowners-errors
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from mlops.configuration.project import Project
from mlops.diagnostics import visible
from mlops.operations.access.answers import Repository, Unreadable, flag, listed

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


def looks_at_branch(project: Project, repository: Repository) -> Iterator[tuple[str, Callable[[], Iterable[str]], str]]:
    """Give what to look at of the branch: a title, the look, and what would put it right."""
    for title, look in (("verdict", _verdict), ("review", _review), ("exemptions", _exemptions)):
        yield f"branch: {title}", partial(look, project, repository), _RULES
    yield "code owners", partial(_owners, project, repository), _OWNERS


def _owners(project: Project, repository: Repository) -> Iterator[str]:
    """GitHub leaves out a line whose owners it does not know, without a word: its files then need nobody's review."""
    value = repository.get(f"codeowners/errors?ref={quote(project.ci.branch, safe='')}")
    for error in listed(value["errors"]):
        line = str(error.get("source") or "").strip()
        why = str(error.get("suggestion") or "").strip()
        said = f"{error['path']}:{int(error['line'])}: {error['kind']}{f': {line}' if line else ''}"
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
    guards = _rulesets(repository, listed(repository.get(f"rules/branches/{branch}?per_page=100")))
    classic = repository.read(f"repos/{repository.name}/branches/{branch}/protection")
    if classic.status == 200:
        guards.append(_classic(classic.value))
    elif not guards:
        raise Unreadable(f"no ruleset, and the protection of the branch cannot be read: HTTP {classic.status}")
    return guards


def _rulesets(repository: Repository, rules: list[Any]) -> list[_Guard]:
    guards = []
    for number in sorted({int(rule["ruleset_id"]) for rule in rules}):
        own_rules = [rule for rule in rules if rule["ruleset_id"] == number]
        whole = repository.get(f"rulesets/{number}")
        actors = whole.get("bypass_actors")
        checks = [
            check
            for rule in own_rules
            if rule["type"] == "required_status_checks"
            for check in rule["parameters"]["required_status_checks"]
        ]
        reviews = [rule["parameters"] for rule in own_rules if rule["type"] == "pull_request"]
        guards.append(
            _Guard(
                f"ruleset `{whole['name']}`",
                tuple((str(check["context"]), check.get("integration_id")) for check in checks),
                max((int(review["required_approving_review_count"]) for review in reviews), default=0),
                any(flag(review, "require_code_owner_review") for review in reviews),
                any(flag(review, "dismiss_stale_reviews_on_push") for review in reviews),
                None if actors is None else tuple(sorted(str(actor["actor_type"]) for actor in actors)),
            )
        )
    return guards


def _classic(value: Any) -> _Guard:
    reviews = value.get("required_pull_request_reviews") or {}
    allowed = reviews.get("bypass_pull_request_allowances") or {}
    exempt = sorted(kind for kind in ("apps", "teams", "users") if allowed.get(kind))
    if not flag(value["enforce_admins"], "enabled"):
        exempt.insert(0, "administrators")
    checks = (value.get("required_status_checks") or {}).get("checks") or ()
    return _Guard(
        "branch protection",
        tuple((str(check["context"]), check.get("app_id")) for check in checks),
        int(reviews.get("required_approving_review_count", 0)),
        reviews.get("require_code_owner_reviews") is True,
        reviews.get("dismiss_stale_reviews") is True,
        tuple(exempt),
    )
