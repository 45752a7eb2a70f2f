"""The settings that the compiled workflows rely on, each planted wrong once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mlops.cli.main import run
from mlops.configuration.project import Project
from mlops.operations.access.answers import Answer
from mlops.operations.access.check import Check
from mlops.operations.access.github_settings import examine_settings
from tests.builders.forge import forge
from tests.builders.repositories import make_repository

NAME = "acme/models"
REVIEW = {
    "required_approving_review_count": 1,
    "require_code_owner_review": True,
    "dismiss_stale_reviews_on_push": True,
}
POLICY = {"protected_branches": False, "custom_branch_policies": True}
RELEASE = f"{NAME}/.github/workflows/mlops-release.yml@refs/heads/main"

Answers = dict[str, Any]


def at(path: str) -> str:
    return f"repos/{NAME}/{path}".rstrip("/")


RULES = at("rules/branches/main?per_page=100")
RULESET = at("rulesets/7")
OWNERS = at("codeowners/errors?ref=main")
CLASSIC = at("branches/main/protection")
PROD = at("environments/prod")
PROD_BRANCHES = at("environments/prod/deployment-branch-policies?per_page=100")
OWN = at("environments/own-runners")
MAIN = at("environments/mlops-main")
FORKS = at("actions/permissions/fork-pr-workflows-private-repos")
APPROVAL = at("actions/permissions/fork-pr-contributor-approval")
RUNNERS = at("actions/runners?per_page=1")
GROUPS = "orgs/acme/actions/runner-groups?visible_to_repository=models&per_page=100"


KEPT = {
    "mlops-main": at("environments/mlops-main/secrets?per_page=100"),
    "prod": at("environments/prod/secrets?per_page=100"),
    "repository": at("actions/secrets?per_page=100"),
    "organisation": at("actions/organization-secrets?per_page=100"),
}


def listing(*names: str) -> dict[str, Any]:
    return {"total_count": len(names), "secrets": [{"name": name, "created_at": "2026-11-01"} for name in names]}


def environment(**keys: Any) -> dict[str, Any]:
    reviewers = {"type": "required_reviewers", "prevent_self_review": True, "reviewers": [{"type": "Team"}]}
    return {"protection_rules": [reviewers], "can_admins_bypass": False, "deployment_branch_policy": POLICY, **keys}


def good() -> Answers:
    """Answer as GitHub does for a private repository of an organisation where everything is as it should be."""
    checks = {"required_status_checks": [{"context": "verdict", "integration_id": 15368}]}
    rules = [{"type": "required_status_checks", "parameters": checks}, {"type": "pull_request", "parameters": REVIEW}]
    branches = {"branch_policies": [{"name": "main", "type": "branch"}]}
    group = {
        "name": "gpu",
        "visibility": "selected",
        "allows_public_repositories": False,
        "restricted_to_workflows": True,
        "selected_workflows": [RELEASE],
    }
    forks = {
        "run_workflows_from_fork_pull_requests": True,
        "send_write_tokens_to_workflows": False,
        "send_secrets_and_variables": False,
        "require_approval_for_fork_pr_workflows": True,
    }
    answers = {
        at(""): {"private": True, "owner": {"type": "Organization", "login": "acme"}},
        RULES: [{**rule, "ruleset_id": 7} for rule in rules],
        RULESET: {"name": "main", "bypass_actors": []},
        OWNERS: {"errors": []},
        PROD: environment(),
        PROD_BRANCHES: branches,
        OWN: environment(deployment_branch_policy=None),
        MAIN: environment(protection_rules=[], can_admins_bypass=True),
        at("environments/mlops-main/deployment-branch-policies?per_page=100"): branches,
        FORKS: forks,
        APPROVAL: {"approval_policy": "all_external_contributors"},
        RUNNERS: {"total_count": 0, "runners": []},
        GROUPS: {"total_count": 1, "runner_groups": [group]},
        KEPT["mlops-main"]: listing("MLOPS_APP_KEY"),
        KEPT["repository"]: listing("CODECOV_TOKEN"),
        KEPT["organisation"]: listing(),
    }
    value: Answers = json.loads(json.dumps(answers))  # no two places share an object
    return value


def project(runner: Any = "ubuntu-24.04", machine: Any = ("self-hosted", "gpu"), **ci: Any) -> Project:
    settings = {"runner": runner, "app": {"id": "Iv1"}, **ci}
    prod = {"runner": list(machine) if machine else None}
    return Project.model_validate({"name": "shop", "ci": settings, "environments": {"prod": prod}})


def look(answers: Answers, described: Project | None = None) -> tuple[Check, ...]:
    def read(path: str) -> Answer:
        value = answers.get(path, 404)
        return Answer(value) if isinstance(value, int) else Answer(200, value)

    return examine_settings(described or project(), NAME, read)


def wrong(answers: Answers, described: Project | None = None) -> list[str]:
    return [f"{check.name}: {check.message}" for check in look(answers, described) if check.verdict != "pass"]


def test_what_is_set_as_it_should_be_is_said_of_each() -> None:
    assert [(check.name, check.verdict) for check in look(good())] == [
        ("repository", "pass"),
        ("branch: verdict", "pass"),
        ("branch: review", "pass"),
        ("branch: exemptions", "pass"),
        ("code owners", "pass"),
        ("forks", "pass"),
        ("environment prod", "pass"),
        ("environment mlops-main", "pass"),
        ("secrets", "pass"),
        ("secrets of mlops-main", "pass"),
        ("machines", "pass"),
    ]


@pytest.mark.parametrize(
    ("secrets", "found"),
    [
        ({"total_count": 0}, []),
        ({"total_count": 1}, ["environment mlops-read: has secrets, and what a pull request says is run there"]),
        (404, ["environment mlops-read: cannot be read: HTTP 404"]),
    ],
)
def test_the_environment_of_pull_requests_holds_no_secret(secrets: Any, found: list[str]) -> None:
    role = {"kind": "aws", "role": "arn:aws:iam::123456789012:role/reads", "region": "eu-west-1"}
    read = {at("environments/mlops-read"): {}, at("environments/mlops-read/secrets?per_page=1"): secrets}
    assert wrong(good() | read, project(reader={"cloud": role})) == found


SECRETS = {"MLFLOW_TRACKING_TOKEN": "tracking", "AWS_ACCESS_KEY_ID": "log"}


def kept(**places: Any) -> Answers:
    """Answer as GitHub does where each secret is in the environments that need it, but for what is said otherwise."""
    where = {"mlops-main": listing("MLOPS_APP_KEY", *SECRETS), "prod": listing("MLFLOW_TRACKING_TOKEN")}
    return {KEPT[place]: value for place, value in {**where, **places}.items()}


def test_secrets_that_are_where_they_are_needed_and_nowhere_else_are_said_of_each_place() -> None:
    found = look(good() | kept(), project(secrets=SECRETS))
    assert [(check.name, check.verdict) for check in found if check.name.startswith("secrets")] == [
        ("secrets", "pass"),
        ("secrets of mlops-main", "pass"),
        ("secrets of prod", "pass"),
    ]


@pytest.mark.parametrize(
    ("place", "answer", "found"),
    [
        ("prod", listing(), ["secrets of prod: MLFLOW_TRACKING_TOKEN is not there: jobs would find it empty"]),
        ("prod", listing("mlflow_tracking_token"), []),
        ("prod", 404, ["secrets of prod: cannot be read: HTTP 404"]),
        (
            "prod",
            {"secrets": None},
            ["secrets of prod: cannot be read: the answer has another form than GitHub documents"],
        ),
        ("prod", listing(*["A"] * 100), ["secrets of prod: cannot be read: more than a page"]),
        (
            "mlops-main",
            listing("MLFLOW_TRACKING_TOKEN"),
            [
                "secrets of mlops-main: AWS_ACCESS_KEY_ID is not there: jobs would find it empty",
                "secrets of mlops-main: MLOPS_APP_KEY is not there: jobs would find it empty",
            ],
        ),
        (
            "repository",
            listing("AWS_ACCESS_KEY_ID"),
            ["secrets: AWS_ACCESS_KEY_ID is a secret of the repository: a job of any branch may read it"],
        ),
        (
            "repository",
            listing("MLOPS_APP_KEY"),
            ["secrets: MLOPS_APP_KEY is a secret of the repository: a job of any branch may read it"],
        ),
        (
            "organisation",
            listing("MLFLOW_TRACKING_TOKEN"),
            [
                "secrets: MLFLOW_TRACKING_TOKEN is a secret of the organisation for this repository: "
                "a job of any branch may read it"
            ],
        ),
        ("repository", 403, ["secrets: cannot be read: HTTP 403"]),
        ("organisation", 403, ["secrets: cannot be read: HTTP 403"]),
    ],
)
def test_a_secret_that_is_elsewhere_or_nowhere_is_named(place: str, answer: Any, found: list[str]) -> None:
    assert wrong(good() | kept(**{place: answer}), project(secrets=SECRETS)) == found


def test_the_environment_of_secrets_is_for_the_main_branch_alone() -> None:
    answers = good() | kept()
    answers[MAIN]["deployment_branch_policy"] = None
    assert wrong(answers, project(app=None, secrets=SECRETS)) == [
        "environment mlops-main: any branch may run there, not only main"
    ]


def test_a_persons_own_repository_has_no_organisation_whose_secrets_it_sees() -> None:
    answers = good() | kept(organisation=404)
    answers[at("")]["owner"]["type"] = "User"
    assert wrong(answers, project(secrets=SECRETS)) == []


def test_the_classic_protection_of_a_branch_will_do() -> None:
    answers = good()
    answers[RULES] = []
    answers[CLASSIC] = classic()
    assert wrong(answers) == []


def classic(**keys: Any) -> dict[str, Any]:
    reviews = {
        "required_approving_review_count": 2,
        "require_code_owner_reviews": True,
        "dismiss_stale_reviews": True,
    }
    checks = {"checks": [{"context": "verdict", "app_id": 15368}]}
    value = {"required_status_checks": checks, "required_pull_request_reviews": reviews}
    return {**value, "enforce_admins": {"enabled": True}, **keys}


def put(path: str, *keys: Any) -> Callable[[Answers], None]:
    """Set what is at a path of the API; all but the last of `keys` lead to the place within."""

    def plant(answers: Answers) -> None:
        *way, last, value = (path, *keys)
        place: Any = answers
        for step in way:
            place = place[step]
        place[last] = value

    return plant


CHECKS = (RULES, 0, "parameters", "required_status_checks")
GROUP = (GROUPS, "runner_groups", 0)
FAULTS: dict[str, tuple[Callable[[Answers], None], str]] = {
    "verdict not required": (
        put(*CHECKS, [{"context": "test"}]),
        "branch: verdict: the check `verdict` is not required on main",
    ),
    "verdict of anybody": (
        put(*CHECKS, [{"context": "verdict"}]),
        "branch: verdict: the check `verdict` may come from anybody with a token: choose GitHub Actions as its source",
    ),
    "no approval": (
        put(RULES, 1, "parameters", "required_approving_review_count", 0),
        "branch: review: a pull request to main needs no approval",
    ),
    "no code owners": (
        put(RULES, 1, "parameters", "require_code_owner_review", False),
        "branch: review: code owners need not approve what is theirs",
    ),
    "stale approvals": (
        put(RULES, 1, "parameters", "dismiss_stale_reviews_on_push", False),
        "branch: review: an approval outlives the commits that it was given for",
    ),
    "exempt": (
        put(RULESET, "bypass_actors", [{"actor_type": "OrganizationAdmin"}]),
        "branch: exemptions: ruleset `main`: OrganizationAdmin may merge without any of it",
    ),
    "exemptions hidden": (
        put(RULESET, {"name": "main"}),
        "branch: exemptions: ruleset `main`: who is exempt cannot be read; the token needs administration: read",
    ),
    "no environment": (put(PROD, 404), "environment prod: cannot be read: HTTP 404"),
    "forbidden": (put(PROD, 403), "environment prod: cannot be read: HTTP 403"),
    "no reviewers": (put(PROD, "protection_rules", []), "environment prod: nobody has to approve what runs there"),
    "empty reviewers": (
        put(PROD, "protection_rules", 0, "reviewers", []),
        "environment prod: nobody has to approve what runs there",
    ),
    "self review": (
        put(PROD, "protection_rules", 0, "prevent_self_review", False),
        "environment prod: who starts a run may approve it",
    ),
    "self review unsaid": (
        put(PROD, "protection_rules", 0, {"type": "required_reviewers", "reviewers": [{}]}),
        "environment prod: who starts a run may approve it",
    ),
    "administrators": (
        put(PROD, "can_admins_bypass", True),
        "environment prod: administrators may pass its rules by",
    ),
    "administrators unsaid": (
        put(PROD, "can_admins_bypass", None),
        "environment prod: administrators may pass its rules by",
    ),
    "any branch": (
        put(PROD, "deployment_branch_policy", None),
        "environment prod: any branch may run there, not only main",
    ),
    "another branch": (
        put(PROD_BRANCHES, "branch_policies", [{"name": "main"}, {"name": "feature/*"}]),
        "environment prod: feature/*, main may run there, not only main",
    ),
    "a tag": (
        put(PROD_BRANCHES, "branch_policies", [{"name": "main", "type": "tag"}]),
        "environment prod: tag main may run there, not only main",
    ),
    "a page of branches": (
        put(PROD_BRANCHES, "branch_policies", [{"name": "main"}] * 100),
        "environment prod: cannot be read: more than a page",
    ),
    "the key's environment": (
        put(MAIN, "deployment_branch_policy", None),
        "environment mlops-main: any branch may run there, not only main",
    ),
    "a token that writes": (
        put(FORKS, "send_write_tokens_to_workflows", True),
        "forks: a fork's pull request gets a token that writes",
    ),
    "secrets": (
        put(FORKS, "send_secrets_and_variables", True),
        "forks: a fork's pull request gets the repository's secrets",
    ),
    "no approval of forks": (
        put(FORKS, "require_approval_for_fork_pr_workflows", False),
        "forks: a fork's pull request reaches machines of your own without approval",
    ),
    "forks unreadable": (put(FORKS, 403), "forks: cannot be read: HTTP 403"),
    "forks half read": (
        put(FORKS, "send_secrets_and_variables", None),
        "forks: cannot be read: `send_secrets_and_variables` is neither true nor false",
    ),
    "public groups": (
        put(*GROUP, "allows_public_repositories", True),
        "machines: runner group `gpu` is open to public repositories",
    ),
    "everybody's group": (
        put(*GROUP, "visibility", "all"),
        "machines: runner group `gpu` is open to other repositories",
    ),
    "any workflow": (
        put(*GROUP, "restricted_to_workflows", False),
        "machines: runner group `gpu` takes jobs of any workflow",
    ),
    "another workflow": (
        put(*GROUP, "selected_workflows", [RELEASE, RELEASE.replace("main", "dev")]),
        f"machines: runner group `gpu` takes jobs of {RELEASE.replace('main', 'dev')}",
    ),
    "no group": (
        put(RUNNERS, "total_count", 1),
        "machines: machines are registered with the repository itself, where no group holds other workflows back",
    ),
    "a no that is a text": (
        put(*GROUP, "allows_public_repositories", "false"),
        "machines: cannot be read: `allows_public_repositories` is neither true nor false",
    ),
    "a yes that is a number": (
        put(at("environments/prod"), "deployment_branch_policy", "protected_branches", 0),
        "environment prod: cannot be read: `protected_branches` is neither true nor false",
    ),
    "a group without a limit": (
        put(GROUPS, "runner_groups", [{"name": "gpu", "visibility": "selected"}]),
        "machines: cannot be read: the answer has another form than GitHub documents",
    ),
    "a page of owners": (
        put(OWNERS, "errors", [{"path": "CODEOWNERS", "line": 1, "kind": "Unknown owner"}] * 100),
        "code owners: cannot be read: more than a page",
    ),
    "groups unreadable": (put(GROUPS, 403), "machines: cannot be read: HTTP 403"),
    "another form": (
        put(GROUPS, []),
        "machines: cannot be read: the answer has another form than GitHub documents",
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_setting_that_is_wrong_is_named(name: str) -> None:
    answers = good()
    plant, sentence = FAULTS[name]
    plant(answers)
    assert wrong(answers) == [sentence]


def test_nothing_that_can_be_read_is_nothing_that_holds() -> None:
    for status in (401, 403, 404, 301):
        found = look(dict.fromkeys(good(), status))
        assert {check.verdict for check in found} == {"fail"}
        assert {check.message.rsplit(": ", 1)[1] for check in found} == {f"HTTP {status}"}


def test_an_owner_that_does_not_exist_is_named() -> None:
    answers = good()
    unknown = {
        "line": 4,
        "column": 12,
        "source": "/.github/ @acme/gone\n",
        "kind": "Unknown owner",
        "suggestion": "make sure the team @acme/gone exists, is publicly visible, and has write access",
        "message": "Unknown owner on line 4: …",
        "path": ".github/CODEOWNERS",
    }
    answers[OWNERS]["errors"] = [unknown, {**unknown, "line": 7, "source": None, "suggestion": None}]
    assert wrong(answers) == [
        "code owners: .github/CODEOWNERS:4: Unknown owner: /.github/ @acme/gone "
        "(make sure the team @acme/gone exists, is publicly visible, and has write access)",
        "code owners: .github/CODEOWNERS:7: Unknown owner",
    ]
    answers[OWNERS] = {"errors": [{"line": "x"}]}
    assert wrong(answers) == ["code owners: cannot be read: the answer has another form than GitHub documents"]


def test_a_branch_that_nothing_protects() -> None:
    answers = good()
    answers[RULES] = []
    sentence = "no ruleset, and the protection of the branch cannot be read: HTTP 404"
    assert wrong(answers) == [f"branch: {title}: {sentence}" for title in ("verdict", "review", "exemptions")]


def test_administrators_and_others_that_the_classic_protection_lets_pass() -> None:
    answers = good()
    answers[RULES] = []
    reviews = classic()["required_pull_request_reviews"] | {"bypass_pull_request_allowances": {"users": [{"id": 1}]}}
    answers[CLASSIC] = classic(enforce_admins={"enabled": False}, required_pull_request_reviews=reviews)
    assert wrong(answers) == [
        "branch: exemptions: branch protection: administrators, users may merge without any of it"
    ]


def test_protected_branches_only_is_every_branch_where_none_is_protected() -> None:
    answers = good()
    answers[PROD]["deployment_branch_policy"] = {"protected_branches": True, "custom_branch_policies": False}
    path = at("branches?protected=true&per_page=100")
    answers[path] = []
    assert wrong(answers) == ["environment prod: any branch may run there, not only main: the rule names none"]
    answers[path] = [{"name": "main"}, {"name": "wild"}]
    assert wrong(answers) == ["environment prod: main, wild may run there, not only main"]
    answers[path] = [{"name": "main"}]
    assert wrong(answers) == []


def test_a_public_repository_that_is_not_said_to_be_one() -> None:
    answers = good()
    answers[at("")]["private"] = False
    assert wrong(answers, project(machine=None)) == ["repository: is public, and conf/project.yaml does not say so"]
    assert wrong(good(), project(machine=None, public=True)) == [
        "repository: is private, and conf/project.yaml says public"
    ]


@pytest.mark.parametrize("policy", ["first_time_contributors", "first_time_contributors_new_to_github", "", None])
def test_a_strangers_first_merge_does_not_open_the_machines_of_a_public_repository(policy: str | None) -> None:
    answers = good()
    answers[at("")]["private"] = False
    described = project(["self-hosted"], None, public=True, accept_own_runners="The platform team decided it in May.")
    assert wrong(answers, described) == []
    answers[APPROVAL]["approval_policy"] = policy
    assert wrong(answers, described) == [
        f"forks: a fork's pull request may reach machines of your own without approval: `{policy}`"
    ]


def test_what_a_pull_request_waits_for_before_it_reaches_own_machines() -> None:
    answers = good()
    assert wrong(answers, project(["self-hosted"])) == []
    del answers[OWN]
    assert wrong(answers, project(["self-hosted"])) == ["environment own-runners: cannot be read: HTTP 404"]


def test_without_machines_environments_or_an_app_there_is_less_to_look_at() -> None:
    described = Project.model_validate({"name": "shop"})
    assert [check.name for check in look(good(), described)] == [
        "repository",
        "branch: verdict",
        "branch: review",
        "branch: exemptions",
        "code owners",
        "forks",
    ]


def test_the_verb_asks_github_with_the_token_and_ends_with_6(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(make_repository(tmp_path))
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    assert run(["doctor", "--repo", NAME]) == 4
    assert "no token to ask GitHub with" in capsys.readouterr().err
    answers = good()
    with forge() as hub:
        monkeypatch.setenv("GITHUB_TOKEN", "secret")
        monkeypatch.setenv("GITHUB_API_URL", hub.api)
        hub.settings = answers
        assert run(["doctor", "--repo", NAME, "-o", "json"]) == 0
        assert {item["verdict"] for item in json.loads(capsys.readouterr().out)} == {"pass"}
        del answers[RULESET]
        assert run(["doctor", "--repo", NAME]) == 6
    assert "✗ branch: verdict     cannot be read: HTTP 404\n" in capsys.readouterr().out
    assert {method for method, _ in hub.requests} == {"GET"}
