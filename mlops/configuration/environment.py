"""`environments:` of `conf/project.yaml`: where models are live, and in which order."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from mlops.blocks.block import Block, Name, misplaced
from mlops.configuration.cloud import Cloud
from mlops.configuration.endpoint import Endpoint
from mlops.configuration.runner import Labels, Minutes
from mlops.diagnostics import suggest
from mlops.files.remote_folder import trouble

LIVE = "prod"
"""The live environment where none says that it is."""
_RESERVED = re.compile(r"champion|latest|model|v\d+")


def reserved(environment: str) -> str | None:
    """Say why a name cannot be an environment's, nor its alias's in MLflow, nor its ledger's; None where it can."""
    if not _RESERVED.fullmatch(environment):
        return None
    return f"`{environment}` cannot be the alias of an environment"


def _free(environment: str) -> str:
    if why := reserved(environment):
        raise PydanticCustomError("reserved_alias", "{why}", {"why": why})
    return environment


def _address(text: str) -> str:
    """Refuse what is no address: a path is a place that only this machine knows."""
    if (why := trouble(text)) is not None:
        raise ValueError(f"an address of what is published {why}: write one such as s3://bucket/live")
    return text


Alias = Annotated[Name, AfterValidator(_free)]
RESERVED_HINT = (
    "MLflow keeps `latest` and v1, v2 ... for itself, `champion` is what gates compare with, "
    "and `model` is the ledger of a model"
)


class Environment(Block):
    """One place where models are live; `conf/release/<environment>/` says which."""

    after: Name | None = None
    """The environment that a bundle must have been live in before it is released here."""
    role: Literal["live"] | None = None
    """`live`: what this environment serves is the champion, and is watched and retrained; of one environment alone."""
    propose: bool = False
    """Whether a newly registered bundle is proposed for it by a pull request."""
    runner: Labels | None = None
    """The machines that its jobs run on; those of `ci` where absent."""
    timeout: Minutes = 30
    """Minutes after which its job is stopped."""
    drift: bool = True
    """Whether it is looked at every day too; where the environment has reviewers, each of these runs waits for them."""
    cloud: Cloud | None = None
    """Where its jobs sign in with a short-lived identity; nowhere where absent."""
    publish: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_address)] | None = None
    """Place such as `s3://bucket/live` that gets each live bundle, and a signed pointer to it that servers follow
    (`mlops serve NAME --follow PLACE`); nowhere where absent."""
    endpoint: Endpoint | None = None
    """Where whoever serves here can be asked what is served; nobody is asked where absent."""


def _ordered(environments: dict[str, Environment]) -> dict[str, Environment]:
    """Refuse an order that nobody can follow, and more or less than one live environment."""
    live = [name for name, environment in environments.items() if environment.role == "live"]
    if len(live) > 1:
        raise ValueError(f"only one environment is `role: live`, not {' and '.join(live)}")
    if not live and len(environments) > 1 and LIVE not in environments:
        raise ValueError(f"none of {', '.join(environments)} is live: write `role: live` at the one that users meet")
    for name, environment in environments.items():
        passed, here = [name], environment.after
        while here is not None:
            at = (passed[-1], "after")
            if here not in environments:
                others = [other for other in environments if other != passed[-1]]
                hint = suggest(here, others) or f"write `{here}: {{}}` beside it, or remove `after`"
                raise misplaced(at, f"`{passed[-1]}` comes after `{here}`, which is no environment", hint)
            if here in passed:
                message = f"the order goes round in a circle: {' after '.join([*passed, here])}"
                raise misplaced(at, message, "remove `after` from the one that comes first")
            passed.append(here)
            here = environments[here].after
    return environments


class Keep(Block):
    """What `mlops gc` keeps of bundles that are live no longer, for each environment and pipeline."""

    releases: Annotated[int, Field(ge=1, le=1000)] = 5
    """So many releases before the live one can be gone back to ..."""
    days: Annotated[int, Field(ge=0, le=3650)] = 90
    """... and all that were live in so many last days."""
