"""What conf/project.yaml may say about CI and environments, and how it is refused."""

from __future__ import annotations

import pytest

from mlops.configuration.load import parse_document
from mlops.configuration.policy import Policy
from mlops.configuration.project import Project
from mlops.configuration.reading.parse import read
from mlops.configuration.runner import own


def parse(text: str) -> tuple[Project | None, list[str]]:
    value, found = parse_document(Project, read("conf/project.yaml", f"name: shop\n{text}".encode()))
    return value, [f"{item.position.line}:{item.position.column} {item.message} | {item.hint}" for item in found]


def test_a_project_of_one_line_has_neither_environments_nor_an_app() -> None:
    project, found = parse("")
    assert not found
    assert project is not None
    assert (project.environments, project.ci.app, project.ci.public) == ({}, None, False)


def test_environments_keep_their_order_and_may_name_a_cloud() -> None:
    text = """\
ci: {app: {id: Iv23abc}}
environments:
  staging: {propose: true}
  prod:
    runner: [self-hosted, deploy]
    cloud: {kind: aws, role: "arn:aws:iam::123456789012:role/mlops-prod", region: eu-central-1}
"""
    project, found = parse(text)
    assert not found
    assert project is not None
    assert list(project.environments) == ["staging", "prod"]
    assert project.environments["prod"].cloud is not None
    assert project.ci.app is not None
    assert project.ci.app.key == "MLOPS_APP_KEY"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "environments: {prod: {cloud: {kind: aswf}}}\n",
            "2:37 unknown kind `aswf` of `cloud` | one of: aws, azure, gcp",
        ),
        (
            "environments: {prod: {cloud: {role: x}}}\n",
            "2:30 `cloud` has no `kind` | write `kind: ...`",
        ),
        (
            "environments: {prod: {cloud: {kind: gcp, provider: pool}}}\n",
            "2:52 `provider: pool` is not well-formed | it must match ^projects/\\d+/locations/global/"
            "workloadIdentityPools/[a-z0-9-]{4,32}/providers/[a-z0-9-]{4,32}$",
        ),
        (
            "environments: {prod: {propsoe: true}}\n",
            "2:23 unknown key `propsoe` | "
            "did you mean `propose`? also there: after, cloud, drift, endpoint, publish, role, runner, timeout",
        ),
        (
            "environments: {prod: {}, latest: {}}\n",
            "2:26 `latest` cannot be the alias of an environment | MLflow keeps `latest` and v1, v2 ... for itself, "
            "`champion` is what gates compare with, and `model` is the ledger of a model",
        ),
        (
            "environments:\n  v12: {timeout: 5}\n",
            "3:3 `v12` cannot be the alias of an environment | MLflow keeps `latest` and v1, v2 ... for itself, "
            "`champion` is what gates compare with, and `model` is the ledger of a model",
        ),
        (
            "environments: {model: {role: live}}\n",
            "2:16 `model` cannot be the alias of an environment | MLflow keeps `latest` and v1, v2 ... for itself, "
            "`champion` is what gates compare with, and `model` is the ledger of a model",
        ),
        (
            "ci: {app: {id: a, key: 'my key'}}\n",
            "2:24 `key: my key` is not well-formed | it must match ^[A-Z][A-Z0-9_]{0,99}$",
        ),
        (
            "ci: {public: true, runner: [self-hosted, gpu]}\n",
            "2:5 a public repository runs jobs on self-hosted, gpu: anybody's pull request can bring its own workflow "
            "there. Use a runner of GitHub's such as ubuntu-24.04, or write `accept_own_runners:` with the reason and "
            "who decided it | ",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_where_it_stands(text: str, expected: str) -> None:
    project, found = parse(text)
    assert project is None
    assert found == [expected]


def test_a_public_repository_with_own_machines_needs_a_signed_sentence() -> None:
    _, found = parse("ci: {public: true}\nenvironments: {prod: {runner: [self-hosted, gpu]}}\n")
    assert len(found) == 1
    reason = (
        "ci: {public: true, runner: gpu-a100, accept_own_runners: Ephemeral machines in a group of their own, @cto}\n"
    )
    reason = reason.replace("Ephemeral", '"Ephemeral').replace("@cto", '@cto"')
    project, found = parse(reason)
    assert not found
    assert project is not None


@pytest.mark.parametrize("name", ["prod", "mlops-main", "own-runners"])
def test_a_pull_request_is_in_no_environment_that_another_job_is_in(name: str) -> None:
    cloud = '{kind: aws, role: "arn:aws:iam::123456789012:role/reads", region: eu-west-1}'
    text = f"ci: {{reader: {{cloud: {cloud}, environment: {name}}}}}\nenvironments: {{prod: {{}}}}\n"
    assert parse(text)[1] == [
        f"1:1 `ci.reader.environment: {name}` is that of other jobs too: a pull request would have their secrets and "
        "their identity. Name an environment for it alone | "
    ]


@pytest.mark.parametrize("name", ["prod", "mlops-main"])
def test_whoever_waits_for_an_approval_is_in_no_environment_that_another_job_is_in(name: str) -> None:
    assert parse(f"ci: {{approval: {name}}}\nenvironments: {{prod: {{}}}}\n")[1] == [
        f"1:1 `ci.approval: {name}` is that of other jobs too: a pull request would have their secrets and "
        "their identity. Name an environment for it alone | "
    ]


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        (("ubuntu-24.04",), False),
        (("ubuntu-latest",), False),
        (("ubuntu-24.04-arm",), False),
        (("self-hosted",), True),
        (("gpu-a100",), True),
        (("ubuntu-24.04", "gpu"), True),
        (("acme-16-cores",), True),
    ],
)
def test_a_label_that_is_not_one_of_githubs_may_be_an_own_machine(labels: tuple[str, ...], expected: bool) -> None:
    assert own(labels) is expected


@pytest.mark.parametrize(
    ("version", "refused"),
    [
        ("0.1.3", "0.1.3"),
        ("0.1.3.post1", None),
        ("0.1.4", None),
        ("0.0.9", "<0.1"),
        ("0.3rc1", ">=0.3a0,<0.3.2"),
        ("0.3.2", None),
    ],
)
def test_releases_are_refused_by_version_or_by_range(version: str, refused: str | None) -> None:
    text = 'owners: ["@a"]\nversions: {refused: ["0.1.3", "<0.1", ">=0.3a0,<0.3.2"]}\n'
    policy, found = parse_document(Policy, read("conf/policy.yaml", text.encode()))
    assert not found
    assert policy is not None
    assert policy.versions.refuses(version) == refused


@pytest.mark.parametrize("entry", ["one", "<", "0.1 or 0.2", "=>0.2", "", ","])
def test_what_names_no_versions_is_refused(entry: str) -> None:
    text = f'owners: ["@a"]\nversions: {{refused: ["{entry}"]}}\n'
    _, found = parse_document(Policy, read("conf/policy.yaml", text.encode()))
    (message,) = [item.message for item in found]
    assert message == f"`{entry}` names no versions, write one (`0.1.3`) or a range (`<0.2`)"


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("", "prod"),
        ("environments: {prod: {}}\n", "prod"),
        ("environments: {staging: {}}\n", "prod"),
        ("environments: {staging: {}, production: {after: staging, role: live}}\n", "production"),
        ("environments: {prod: {}, eu: {after: prod, role: live}}\n", "eu"),
    ],
)
def test_one_environment_is_live(text: str, live: str) -> None:
    project, found = parse(text)
    assert not found
    assert project is not None
    assert project.live == live


FIRST = "remove `after` from the one that comes first"


@pytest.mark.parametrize(
    ("environments", "place", "message", "hint"),
    [
        ("{a: {role: live}, b: {role: live}}", "2:15", "only one environment is `role: live`, not a and b", ""),
        ("{a: {}, b: {}}", "2:15", "none of a, b is live: write `role: live` at the one that users meet", ""),
        (
            "{prod: {after: stagin}}",
            "2:30",
            "`prod` comes after `stagin`, which is no environment",
            "write `stagin: {}` beside it, or remove `after`",
        ),
        (
            "{staging: {}, prod: {after: stagin}}",
            "2:43",
            "`prod` comes after `stagin`, which is no environment",
            "did you mean `staging`?",
        ),
        ("{prod: {after: prod}}", "2:30", "the order goes round in a circle: prod after prod", FIRST),
        (
            "{prod: {after: b}, b: {after: c}, c: {after: b}}",
            "2:60",
            "the order goes round in a circle: prod after b after c after b",
            FIRST,
        ),
    ],
)
def test_an_order_that_nobody_can_follow_is_refused(environments: str, place: str, message: str, hint: str) -> None:
    project, found = parse(f"environments: {environments}\n")
    assert project is None
    assert found == [f"{place} {message} | {hint}"]
