"""`mlops identity`: the short-lived identity of a CI job, in the files that the clouds' own libraries read."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from mlops.configuration.cloud import Aws, Cloud, Gcp
from mlops.errors import ConfigurationError, InfrastructureError
from mlops.operations.https import refuse_unencrypted, send
from mlops.operations.project import open_project

_ATTEMPTS = 4
_LARGEST = 2**20
_IMPERSONATION = "service_account_impersonation_url"


def cloud_of(root: Path, environment: str | None, *, writer: bool = False) -> Cloud:
    """Find where an environment signs in, or the jobs of the main branch where none is named; or who `ci.writer` is.

    Raises:
        ConfigurationError: conf/project.yaml is wrong, there is no such environment, or it names no cloud.
    """
    _, project = open_project(root)
    if writer:
        cloud, where = project.ci.writer, "ci.writer"
    elif environment is None:
        cloud, where = project.ci.cloud, "ci"
    elif project.ci.reader is not None and environment == project.ci.reader.environment:
        return project.ci.reader.cloud
    elif environment in project.environments:
        cloud, where = project.environments[environment].cloud, f"environments.{environment}"
    else:
        known = ", ".join(project.environments) or "none"
        raise ConfigurationError(f"there is no environment `{environment}`", hint=f"conf/project.yaml has: {known}")
    if cloud is None:
        raise ConfigurationError(f"`{where}` names no cloud", hint="write `cloud: {kind: aws | gcp | azure, ...}`")
    return cloud


def audience(cloud: Cloud) -> str:
    """Say whom a token for this cloud is meant for."""
    if isinstance(cloud, Aws):
        return "sts.amazonaws.com"
    return f"https://iam.googleapis.com/{cloud.provider}" if isinstance(cloud, Gcp) else "api://AzureADTokenExchange"


def take_identity(
    cloud: Cloud,
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    wait: Callable[[float], None] = time.sleep,
) -> str:
    """Ask GitHub who this job is, write the answer for the cloud's library, and give the token, which is to be masked.

    https://docs.github.com/en/actions/reference/security/oidc#methods-for-requesting-the-oidc-token

    Raises:
        ConfigurationError: the job may not have an identity, or the address is not encrypted.
        InfrastructureError: GitHub does not answer, or refuses.
    """
    url, bearer = (environment.get(f"ACTIONS_ID_TOKEN_REQUEST_{name}", "") for name in ("URL", "TOKEN"))
    if not url or not bearer:
        hint = "this runs in a job with `permissions: {id-token: write}`; at home, sign in with the cloud's own tool"
        raise ConfigurationError("GitHub gives this job no identity", hint=hint)
    refuse_unencrypted(url, "use GitHub's runner")
    whole = f"{url}{'&' if urlsplit(url).query else '?'}audience={quote(audience(cloud), safe='')}"
    token = _ask(whole, bearer, wait)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    _secret(folder / "token", token)
    if isinstance(cloud, Gcp):
        _secret(folder / "credentials.json", json.dumps(external_account(cloud, whole, bearer), indent=2) + "\n")
    return token


def files_of(cloud: Cloud) -> tuple[str, ...]:
    """Name the files that `take_identity` writes into its folder."""
    return ("credentials.json", "token") if isinstance(cloud, Gcp) else ("token",)


def external_account(cloud: Gcp, url: str, bearer: str) -> dict[str, Any]:
    """Describe to Google's libraries where to get a token, each time they need one: https://google.aip.dev/auth/4117."""
    base = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts"
    return {
        "type": "external_account",
        "audience": f"//iam.googleapis.com/{cloud.provider}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": {
            "url": url,
            "headers": {"Authorization": f"Bearer {bearer}"},
            "format": {"type": "json", "subject_token_field_name": "value"},
        },
        **({} if cloud.account is None else {_IMPERSONATION: f"{base}/{cloud.account}:generateAccessToken"}),
    }


def _ask(url: str, bearer: str, wait: Callable[[float], None]) -> str:
    host = urlsplit(url).hostname
    said = ""
    for attempt in range(_ATTEMPTS):
        if attempt:
            wait(2.0 ** (attempt - 1))
        request = urllib.request.Request(  # noqa: S310 - the scheme is checked
            url, headers={"Authorization": f"Bearer {bearer}", "Accept": "application/json"}
        )
        try:
            with send(request) as answer:
                value = json.loads(answer.read(_LARGEST))
            token = value.get("value") if isinstance(value, dict) else None
            if isinstance(token, str) and token.count(".") == 2:
                return token
            raise InfrastructureError(f"{host} answered without a token", hint="run it again later")
        except urllib.error.HTTPError as error:
            error.close()
            said = f"HTTP {error.code}"
            if error.code < 500 and error.code != 429:
                raise InfrastructureError(
                    f"{host} refuses an identity: {said}", hint="does the job have `id-token: write`?"
                ) from error
        except (OSError, ValueError) as error:
            said = str(error)
    raise InfrastructureError(f"{host} did not answer: {said}", hint="run it again later")


def _secret(path: Path, text: str) -> None:
    """Write a file that only its owner reads; one that is there already may have another mode."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
