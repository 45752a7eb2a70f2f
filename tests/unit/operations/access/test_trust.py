"""What a cloud is told to trust: one environment of one workflow of one repository, under both of its names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mlops.errors import ConfigurationError
from mlops.operations.access.trust import judge, trust_of

PROJECT = """\
name: shop
ci:
  cloud: {kind: aws, role: "arn:aws:iam::123456789012:role/mlops", region: eu-central-1}
  reader: {cloud: READER}
environments:
  aws: {role: live, cloud: {kind: aws, role: "arn:aws-cn:iam::123456789012:role/live", region: cn-north-1}}
  gcp: {cloud: {kind: gcp, provider: projects/12/locations/global/workloadIdentityPools/pool/providers/github}}
  azure:
    cloud:
      {kind: azure, tenant: 00000000-0000-0000-0000-000000000001, client: 00000000-0000-0000-0000-000000000002}
"""
GUID = "00000000-0000-0000-0000-00000000000"
READERS = {
    "aws": '{kind: aws, role: "arn:aws:iam::123456789012:role/reads", region: eu-central-1}',
    "gcp": "{kind: gcp, provider: projects/12/locations/global/workloadIdentityPools/pool/providers/github}",
    "azure": f"{{kind: azure, tenant: {GUID}1, client: {GUID}3}}",
}
SUBJECTS = ["repo:acme/models:environment:{}", "repo:acme@7/models@42:environment:{}"]
RELEASE = "acme/models/.github/workflows/mlops-release.yml@refs/heads/main"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "project.yaml").write_text(PROJECT.replace("READER", READERS["aws"]))
    return tmp_path


def policy(root: Path, environment: str) -> Any:
    return trust_of(root, environment, "acme/models", "7/42").policy


def test_aws(root: Path) -> None:
    issuer = "token.actions.githubusercontent.com"
    assert policy(root, "aws") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws-cn:iam::123456789012:oidc-provider/{issuer}"},
                "Action": "sts:AssumeRoleWithWebIdentity",
                "Condition": {
                    "StringEquals": {
                        f"{issuer}:aud": "sts.amazonaws.com",
                        f"{issuer}:environment": "aws",
                        f"{issuer}:job_workflow_ref": [RELEASE],
                        f"{issuer}:repository_id": "42",
                        f"{issuer}:sub": [subject.format("aws") for subject in SUBJECTS],
                    }
                },
            }
        ],
    }


def test_gcp(root: Path) -> None:
    pool = "projects/12/locations/global/workloadIdentityPools/pool"
    assert policy(root, "gcp") == {
        "provider": {
            "name": f"{pool}/providers/github",
            "oidc": {"issuerUri": "https://token.actions.githubusercontent.com"},
            "attributeMapping": {"google.subject": "assertion.sub"},
            "attributeCondition": "assertion.sub in ['repo:acme/models:environment:gcp', "
            "'repo:acme@7/models@42:environment:gcp'] && assertion.environment == 'gcp' && "
            f"assertion.job_workflow_ref in ['{RELEASE}'] && assertion.repository_id == '42'",
        },
        "members": [f"principal://iam.googleapis.com/{pool}/subject/{subject.format('gcp')}" for subject in SUBJECTS],
    }


def test_azure(root: Path) -> None:
    assert policy(root, "azure") == [
        {
            "name": f"mlops-azure-{index}",
            "issuer": "https://token.actions.githubusercontent.com",
            "audiences": ["api://AzureADTokenExchange"],
            "claimsMatchingExpression": {
                "value": f"claims['sub'] eq '{subject.format('azure')}' and claims['job_workflow_ref'] eq '{RELEASE}'",
                "languageVersion": 1,
            },
        }
        for index, subject in enumerate(SUBJECTS)
    ]


def test_the_jobs_of_the_main_branch_are_trusted_in_their_environment_and_workflows(root: Path) -> None:
    trust = trust_of(root, "mlops-main", "acme/models", "7/42")
    assert trust.subjects == tuple(subject.format("mlops-main") for subject in SUBJECTS)
    files = [Path(name.split("@")[0]).stem for name in trust.workflows]
    assert files == ["mlops-main", "mlops-monitor", "mlops-retrain", "mlops-rollback", "mlops-score"]


@pytest.mark.parametrize("environment", ["aws", "gcp", "azure", "mlops-main"])
def test_a_policy_as_printed_is_held(environment: str, root: Path) -> None:
    trust = trust_of(root, environment, "acme/models", "7/42")
    assert judge(trust, json.dumps(trust.policy)) == ()


@pytest.mark.parametrize("environment", ["aws", "gcp", "azure"])
@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("repo:acme/models:environment:{}", "repo:acme/*", "`repo:acme/*` is not this environment's"),
        ("repo:acme/models:environment:{}", "repo:acme/models:*", "`repo:acme/models:*` is not this environment's"),
        (
            "repo:acme/models:environment:{}",
            "repo:acme/models:pull_request",
            "`repo:acme/models:pull_request` is not this environment's",
        ),
        (
            RELEASE,
            RELEASE.replace("release", "*"),
            f"`{RELEASE.replace('release', '*')}` is not a workflow that signs in",
        ),
        (
            RELEASE,
            "anything",
            "`job_workflow_ref` is not asked for: any workflow of the repository may be this role",
        ),
    ],
)
def test_a_policy_that_trusts_more_is_refused(environment: str, before: str, after: str, said: str, root: Path) -> None:
    trust = trust_of(root, environment, "acme/models", "7/42")
    text = json.dumps(trust.policy)
    assert before.format(environment) in text
    assert said in judge(trust, text.replace(before.format(environment), after))


def test_a_policy_without_a_subject_or_with_an_open_operator_is_refused(root: Path) -> None:
    trust = trust_of(root, "aws", "acme/models", "7/42")
    assert "no subject is asked for: any repository of GitHub may be this role" in judge(trust, "{}")
    text = json.dumps(trust.policy).replace("StringEquals", "ForAllValues:StringEquals")
    assert judge(trust, text) == ("`ForAllValues:StringEquals` holds where the claim is missing",)
    text = json.dumps(trust.policy).replace("StringEquals", "StringEqualsIfExists")
    assert judge(trust, text) == ("`StringEqualsIfExists` holds where the claim is missing",)
    assert judge(trust, "{") == ("the policy is not JSON",)


@pytest.mark.parametrize(
    ("repository", "ids", "message"),
    [
        ("acme/*", "7/42", "`acme/*` is not one repository"),
        ("", "7/42", "which repository?"),
        ("acme/models", "", "the repository's numbers are needed: names can be taken over"),
    ],
)
def test_a_pattern_of_repositories_is_refused(repository: str, ids: str, message: str, root: Path) -> None:
    with pytest.raises(ConfigurationError) as caught:
        trust_of(root, "aws", repository, ids)
    assert caught.value.message == message


MAIN = "acme/models/.github/workflows/mlops-main.yml@"
ASKED = {
    "aws": f'"StringLike": {{"token.actions.githubusercontent.com:job_workflow_ref": ["{MAIN}*", "%s*"]}}',
    "gcp": f"assertion.job_workflow_ref.extract('{{name}}@') + '@' in ['{MAIN}', '%s']",
    "azure": "claims['job_workflow_ref'] matches '%s*'",
}


@pytest.mark.parametrize("kind", READERS)
def test_a_pull_request_may_be_of_any_branch_but_only_of_its_workflow_and_its_environment(
    kind: str, root: Path
) -> None:
    (root / "conf" / "project.yaml").write_text(PROJECT.replace("READER", READERS[kind]))
    expected = trust_of(root, "mlops-read", "acme/models", "7/42")
    text = json.dumps(expected.policy)
    assert ASKED[kind] % "acme/models/.github/workflows/mlops-pr.yml@" in text
    assert "environment:mlops-read" in text
    assert judge(expected, text) == ()
    for wider in ("mlops-*", "*"):
        changed = text.replace("mlops-pr.yml", f"{wider}.yml")
        assert judge(expected, changed) == (
            f"`acme/models/.github/workflows/{wider}.yml@` is not a workflow that signs in",
        )


def test_only_the_job_that_follows_a_merge_may_be_the_writer(root: Path) -> None:
    project = root / "conf" / "project.yaml"
    project.write_text(project.read_text().replace("  reader:", f"  writer: {READERS['gcp']}\n  reader:"))
    expected = trust_of(root, "mlops-main", "acme/models", "7/42", writer=True)
    assert expected.workflows == ("acme/models/.github/workflows/mlops-main.yml@refs/heads/main",)
    assert "workloadIdentityPools" in json.dumps(expected.policy)
    assert len(trust_of(root, "mlops-main", "acme/models", "7/42").workflows) == 5
    with pytest.raises(ConfigurationError) as caught:
        trust_of(root, "aws", "acme/models", "7/42", writer=True)
    assert (caught.value.message, caught.value.hint) == (
        "the writer is no role of `aws`",
        "write --trust mlops-main --writer",
    )


def test_the_workflow_of_a_release_may_not_be_of_any_branch(root: Path) -> None:
    expected = trust_of(root, "aws", "acme/models", "7/42")
    assert judge(expected, json.dumps(expected.policy).replace("refs/heads/main", "*")) == (
        "`acme/models/.github/workflows/mlops-release.yml@` is not a workflow that signs in",
    )


def test_a_statement_more_that_asks_for_nothing_is_found(root: Path) -> None:
    expected = trust_of(root, "aws", "acme/models", "7/42")
    (right,) = expected.policy["Statement"]
    wide = {key: item for key, item in right.items() if key != "Condition"}
    assert judge(expected, json.dumps({"Statement": [right, wide]})) == (
        "no subject is asked for: any repository of GitHub may be this role",
        "`job_workflow_ref` is not asked for: any workflow of the repository may be this role",
    )
    assert judge(expected, json.dumps({"Statement": [right, {**wide, "Effect": "Deny"}]})) == ()
    assert judge(expected, json.dumps({"Statement": right})) == ()


def test_a_credential_more_that_asks_for_nothing_is_found(root: Path) -> None:
    expected = trust_of(root, "azure", "acme/models", "7/42")
    wide = {"name": "more", "issuer": "https://token.actions.githubusercontent.com", "subject": "repo:acme/other:ref:x"}
    assert judge(expected, json.dumps([*expected.policy, wide])) == (
        "`repo:acme/other:ref:x` is not this environment's",
        "`job_workflow_ref` is not asked for: any workflow of the repository may be this role",
    )
    assert judge(expected, "[]")


@pytest.mark.parametrize(("kind", "more"), [("gcp", " || true"), ("azure", " or claims['sub'] matches '*'")])
def test_a_condition_with_another_way_in_is_found(kind: str, more: str, root: Path) -> None:
    expected = trust_of(root, kind, "acme/models", "7/42")
    policy = json.loads(json.dumps(expected.policy))
    if kind == "gcp":
        condition = policy["provider"]["attributeCondition"] = policy["provider"]["attributeCondition"] + more
    else:
        condition = policy[0]["claimsMatchingExpression"]["value"] = (
            policy[0]["claimsMatchingExpression"]["value"] + more
        )
    assert judge(expected, json.dumps(policy)) == (f"`{condition}` has another way in",)
