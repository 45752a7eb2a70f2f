"""The trust policy of a cloud: which job, of which workflow, of which branch, may be which role.

Pinned are the subject in both of GitHub's forms (names, and since July 2026 names with immutable numbers), the
environment and the workflow that holds the job. https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlops.configuration.cloud import Aws, Cloud, Gcp
from mlops.errors import ConfigurationError
from mlops.operations.access.identity import audience, cloud_of
from mlops.operations.project import open_project

ISSUER = "token.actions.githubusercontent.com"
_ELSE = re.compile(r"\|\|| or ", re.IGNORECASE)
_PART = r"[A-Za-z0-9_.-]+"
_ANY = "*"  # the end of a workflow's name where a pull request, which may be of any branch, runs it
_READS = ("mlops-main", "mlops-pr")
_WRITES = ("mlops-main",)
_TRUSTED = ("mlops-main", "mlops-monitor", "mlops-retrain", "mlops-rollback", "mlops-score")


@dataclass(frozen=True)
class Trust:
    """A policy to give to the cloud, and what it pins."""

    policy: Any
    subjects: tuple[str, ...]
    workflows: tuple[str, ...]


def trust_of(root: Path, environment: str, repository: str, ids: str, *, writer: bool = False) -> Trust:
    """Say what the cloud of an environment must ask of a job; `ids` are the owner's and the repository's numbers.

    With `writer`, what the role that pushes to the DVC remote must: only the job that follows a merge takes it.

    Raises:
        ConfigurationError: no such environment, no cloud, or a repository that is not exactly one.
    """
    if not re.fullmatch(f"{_PART}/{_PART}", repository):
        message = f"`{repository}` is not one repository" if repository else "which repository?"
        raise ConfigurationError(
            message, hint="write --repository OWNER/NAME; a pattern would trust repositories to come"
        )
    if not re.fullmatch(r"\d+/\d+", ids):
        hint = f"write --ids OWNER_ID/ID, as `gh api repos/{repository} --jq '\"\\(.owner.id)/\\(.id)\"'` prints them"
        raise ConfigurationError("the repository's numbers are needed: names can be taken over", hint=hint)
    _, project = open_project(root)
    whole = environment == project.ci.environment and environment not in project.environments
    if writer and not whole:
        hint = f"write --trust {project.ci.environment} --writer"
        raise ConfigurationError(f"the writer is no role of `{environment}`", hint=hint)
    cloud = cloud_of(root, None if whole else environment, writer=writer)
    (owner, name), (owner_id, number) = repository.split("/"), ids.split("/")
    subjects = tuple(
        f"repo:{form}:environment:{environment}" for form in (repository, f"{owner}@{owner_id}/{name}@{number}")
    )
    reader = project.ci.reader
    reads = reader is not None and environment == reader.environment
    files = _READS if reads else _WRITES if writer else _TRUSTED if whole else ("mlops-release",)
    ref = _ANY if reads else f"refs/heads/{project.ci.branch}"
    workflows = tuple(f"{repository}/.github/workflows/{file}.yml@{ref}" for file in files)
    return Trust(_policy(cloud, environment, number, subjects, workflows), subjects, workflows)


def judge(expected: Trust, text: str) -> tuple[str, ...]:
    """Find what a policy that is in force trusts beyond the one expected; nothing where it trusts no more."""
    try:
        grants = _grants(json.loads(text))
    except ValueError:
        return ("the policy is not JSON",)
    return tuple(dict.fromkeys(problem for grant in grants for problem in _beyond(expected, _texts(grant))))


def _grants(value: Any) -> list[Any]:
    """Split a policy into what lets a job in by itself: a statement of AWS, a credential of Azure."""
    if isinstance(value, dict) and "Statement" in value:
        statements = value["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        return [each for each in statements if not (isinstance(each, dict) and each.get("Effect") == "Deny")]
    return (value if isinstance(value, list) else []) or [value]


def _beyond(expected: Trust, words: list[str]) -> Iterator[str]:
    subjects = {subject for word in words for subject in re.findall(r"repo:[^\s'\",]+", word)}
    yield from (f"`{subject}` is not this environment's" for subject in sorted(subjects - set(expected.subjects)))
    if not subjects:
        yield "no subject is asked for: any repository of GitHub may be this role"
    workflows = _named(
        name for word in words for name in re.findall(r"[^\s'\"=(]+/\.github/workflows/[^\s'\",]+", word)
    )
    yield from (f"`{name}` is not a workflow that signs in" for name in sorted(workflows - _named(expected.workflows)))
    if not workflows:
        yield "`job_workflow_ref` is not asked for: any workflow of the repository may be this role"
    yield from (f"`{word}` holds where the claim is missing" for word in words if _open(word))
    yield from (f"`{word}` has another way in" for word in words if _ELSE.search(word))


def _named(workflows: Iterable[str]) -> set[str]:
    """Spell `NAME@*` as Google's prefix is spelt; any other pattern stays one, and is nobody's."""
    return {name[:-1] if name.endswith(f"@{_ANY}") else name for name in workflows}


def _open(word: str) -> bool:
    """Whether AWS lets a condition of this operator hold where there is nothing to compare."""
    return word.startswith("ForAllValues:") or word.endswith("IfExists")


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for key, item in value.items() for text in (str(key), *_texts(item))]
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    return [str(value)]


def _policy(cloud: Cloud, environment: str, number: str, subjects: tuple[str, ...], workflows: tuple[str, ...]) -> Any:
    if isinstance(cloud, Aws):
        return _aws(cloud, environment, number, subjects, workflows)
    if isinstance(cloud, Gcp):
        return _gcp(cloud, environment, number, subjects, workflows)
    return [
        {
            "name": f"mlops-{environment}-{index}",
            "issuer": f"https://{ISSUER}",
            "audiences": [audience(cloud)],
            "claimsMatchingExpression": {
                "value": f"claims['sub'] eq '{subject}' and claims['job_workflow_ref'] "
                f"{'matches' if workflow.endswith(_ANY) else 'eq'} '{workflow}'",
                "languageVersion": 1,
            },
        }
        for index, (subject, workflow) in enumerate((s, w) for s in subjects for w in workflows)
    ]


def _aws(cloud: Aws, environment: str, number: str, subjects: tuple[str, ...], workflows: tuple[str, ...]) -> Any:
    """Write a role's trust policy: https://aws.amazon.com/about-aws/whats-new/2026/01/aws-sts-supports-validation-identity-provider-claims/."""
    partition, account = cloud.role.split(":")[1], cloud.role.split(":")[4]
    claims: dict[str, str | list[str]] = {
        "aud": audience(cloud),
        "environment": environment,
        "job_workflow_ref": list(workflows),
        "repository_id": number,
        "sub": list(subjects),
    }
    conditions: dict[str, dict[str, str | list[str]]] = {}
    for claim, value in claims.items():
        operator = "StringLike" if _ANY in str(value) else "StringEquals"
        conditions.setdefault(operator, {})[f"{ISSUER}:{claim}"] = value
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:{partition}:iam::{account}:oidc-provider/{ISSUER}"},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _gcp(cloud: Gcp, environment: str, number: str, subjects: tuple[str, ...], workflows: tuple[str, ...]) -> Any:
    """Write a provider's condition and who may act as the account: https://cloud.google.com/iam/docs/workload-identity-federation."""
    pool = cloud.provider.split("/providers/")[0]
    conditions = (
        f"assertion.sub in {_listed(subjects)}",
        f"assertion.environment == '{environment}'",
        _of_workflow(workflows),
        f"assertion.repository_id == '{number}'",
    )
    return {
        "provider": {
            "name": cloud.provider,
            "oidc": {"issuerUri": f"https://{ISSUER}"},
            "attributeMapping": {"google.subject": "assertion.sub"},
            "attributeCondition": " && ".join(conditions),
        },
        "members": [f"principal://iam.googleapis.com/{pool}/subject/{subject}" for subject in subjects],
    }


def _of_workflow(workflows: tuple[str, ...]) -> str:
    """Ask for one of them, of a branch or of any: an expression with `||` would have another way in."""
    names = [name.removesuffix(_ANY) for name in workflows if name.endswith(_ANY)]
    claim = "assertion.job_workflow_ref"
    return (
        f"{claim}.extract('{{name}}@') + '@' in {_listed(tuple(names))}"
        if names
        else f"{claim} in {_listed(workflows)}"
    )


def _listed(texts: tuple[str, ...]) -> str:
    return f"[{', '.join(repr(text) for text in texts)}]"
