"""Signing in to a cloud with the job's own identity: for one step, and what it takes is gone when the step ends."""

from __future__ import annotations

from dataclasses import replace

from mlops.compiler.github.credentials import holding
from mlops.compiler.github.workflow import Step
from mlops.configuration.ci import Continuous
from mlops.configuration.cloud import Aws, Cloud, Gcp

_IDENTITY = "${{ runner.temp }}/mlops-identity"

# However the step ends: what it wrote to sign in is gone before the next one starts.
SIGN_OUT = """\
trap 'rm -rf "$IDENTITY"' EXIT
"""


def signed_in(cloud: Cloud | None, step: Step, environment: str = "") -> Step:
    """Let a step sign in to a cloud with the job's own identity; no key of a cloud is ever a secret of the repository.

    GitHub's token is good for five minutes, so each step takes a new one, and leaves none to the steps after it.
    https://docs.github.com/en/actions/reference/security/oidc
    """
    if cloud is None:
        return step
    run = f"{SIGN_OUT}{identity(environment)}\n{step.run}"
    return replace(step, run=run, environment=step.environment | files_of(cloud))


def writing(settings: Continuous, step: Step) -> Step:
    """Let a step sign in as who may push to the DVC remote, and hold the secrets that are for it."""
    step = holding(settings, step, "remote")
    if settings.writer is None:
        return signed_in(settings.cloud, step)
    run = f"{SIGN_OUT}{identity('')} --writer\n{step.run}"
    return replace(step, run=run, environment=step.environment | files_of(settings.writer))


def identity(environment: str) -> str:
    """Give the command that signs in as the role of an environment; as that of `ci` where none is named."""
    return '.venv/bin/mlops identity --into "$IDENTITY"' + (f" --env {environment}" if environment else "")


def files_of(cloud: Cloud) -> dict[str, str]:
    """Name what the sign-in writes, below a folder that no checkout sees, as the clouds' own libraries read it.

    https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html,
    https://google.aip.dev/auth/4117, https://azure.github.io/azure-workload-identity/docs/
    """
    if isinstance(cloud, Aws):
        return {
            "IDENTITY": _IDENTITY,
            "AWS_REGION": cloud.region,
            "AWS_ROLE_ARN": cloud.role,
            "AWS_ROLE_SESSION_NAME": "mlops-${{ github.run_id }}",
            "AWS_WEB_IDENTITY_TOKEN_FILE": f"{_IDENTITY}/token",
        }
    if isinstance(cloud, Gcp):
        return {"IDENTITY": _IDENTITY, "GOOGLE_APPLICATION_CREDENTIALS": f"{_IDENTITY}/credentials.json"}
    return {
        "IDENTITY": _IDENTITY,
        "AZURE_CLIENT_ID": cloud.client,
        "AZURE_FEDERATED_TOKEN_FILE": f"{_IDENTITY}/token",
        "AZURE_TENANT_ID": cloud.tenant,
    }
