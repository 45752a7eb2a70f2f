"""Credentials of jobs beside a cloud's role: names of GitHub secrets, and what each is for. Values stand nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, WithJsonSchema

from mlops.blocks.block import Items
from mlops.diagnostics import suggest

Use = Literal["tracking", "remote", "log"]
USES: tuple[Use, ...] = ("log", "remote", "tracking")
RELEASING: tuple[Use, ...] = ("remote", "tracking")
"""What verbs need that look for a bundle: the registry, and DVC's remote where that does not have it."""

_FORM = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_REGISTRY = (
    *("MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN", "MLFLOW_TRACKING_USERNAME"),
    *("DATABRICKS_CLIENT_ID", "DATABRICKS_CLIENT_SECRET", "DATABRICKS_HOST", "DATABRICKS_TOKEN"),
)
_STORES = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
    *("AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"),
    *("AZURE_STORAGE_ACCOUNT", "AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ACCOUNT_KEY"),
    *("AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_SAS_TOKEN"),
)
# A closed list: of any other name nothing that a job calls reads a credential, and many would change what it runs.
KNOWN: Mapping[str, tuple[Use, ...]] = dict.fromkeys(_STORES, USES) | dict.fromkeys(_REGISTRY, ("tracking",))


def _name(name: str) -> str:
    """Refuse what is no credential's name, without repeating what may be its value."""
    if not _FORM.fullmatch(name):
        raise ValueError("a key of `ci.secrets` is the name of a secret, such as MLFLOW_TRACKING_TOKEN")
    if name not in KNOWN:
        raise ValueError(f"no job reads a credential called `{name}`: {suggest(name, KNOWN)}")
    return name


def _listed(value: Any) -> Any:
    """Take one use or several; what else stands there is not repeated: it may be the secret itself."""
    uses = [value] if isinstance(value, str) else value
    if not isinstance(uses, list | tuple) or not uses or any(use not in USES for use in uses):
        raise ValueError(
            f"a secret is for one or several of {', '.join(USES)}. Its value is set at GitHub and stands nowhere here: "
            "revoke one that was written down"
        )
    return tuple(uses)


def _fitting(secrets: dict[str, tuple[Use, ...]]) -> dict[str, tuple[Use, ...]]:
    for name, uses in secrets.items():
        if wrong := [use for use in uses if use not in KNOWN[name]]:
            raise ValueError(f"`{name}` is for {' and '.join(KNOWN[name])}: nothing reads it for {' and '.join(wrong)}")
    return secrets


_Uses = Annotated[Items[Use], BeforeValidator(_listed, json_schema_input_type=Use | list[Use])]
_Secret = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{_FORM.pattern}$"})]
Secrets = Annotated[dict[_Secret, _Uses], AfterValidator(_fitting)]


def beside_roles(secrets: Iterable[str], kinds: Iterable[str]) -> str | None:
    """Name a secret that a library would take instead of the role of a cloud that jobs sign in to; None if none is."""
    signed_in = tuple(f"{kind.upper()}_" for kind in kinds)
    return next((name for name in sorted(secrets) if name.startswith(signed_in)), None) if signed_in else None
